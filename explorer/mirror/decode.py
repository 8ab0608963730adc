"""Bytes of a list answer → rows of the mirror, by msgspec; the lenient models are the fallback.

A page is decoded in one go into the few fields the mirror needs, which skips transcripts without
building them. If anything in it is of another type than documented, the page is decoded record by
record (`lenient`): first strictly, then through `explorer.api.models`, which lose a field and not
a record. What even they cannot read is kept aside.
"""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any

import msgspec

from explorer.analysis.failures.masking import mask_redacted
from explorer.api.models import COMPLIANCE_CHECKS, Analysis, read_analysis, verdict
from explorer.mirror.json_text import encoded, json_text, masked_json, with_signs
from explorer.mirror.lenient import decode_one_by_one
from explorer.mirror.page import (
    EARLIEST_CREATED,
    FIRST_MOMENT,
    LAST_MOMENT,
    LATEST_CREATED,
    Count,
    DecodedPage,
    DecodedRow,
    Rejected,
    Row,
)
from explorer.redact import encodable, redact_text

__all__ = [
    "EARLIEST_CREATED",
    "LATEST_CREATED",
    "DecodedPage",
    "DecodedRow",
    "Rejected",
    "Row",
    "decode_page",
    "decode_record",
    "row_of",
]


# None of these can be part of a cycle, and twenty objects a record keep the collector busy.
class _Call(msgspec.Struct, gc=False):
    agent_id: str | None = None
    contact_id: str | None = None
    duration_ms: float | None = None
    duration_seconds: float | None = None


class _Audio(msgspec.Struct, gc=False):
    size_bytes: float | None = None
    format: str | None = None
    duration_seconds: float | None = None


class _Transcript(msgspec.Struct, gc=False):
    language: str | None = None


class _Metadata(msgspec.Struct, gc=False):
    webhook_url: str | None = None
    completed_at: datetime | None = None
    processing_time_ms: float | None = None
    error_message: str | None = None


_Created = Annotated[int, msgspec.Meta(ge=EARLIEST_CREATED, le=LATEST_CREATED)]


class _Record(msgspec.Struct, gc=False):
    id: str
    created: _Created
    status: str
    livemode: bool | None = None
    call: _Call | None = None
    audio: _Audio | None = None
    transcript: _Transcript | None = None
    results: msgspec.Raw = msgspec.Raw(b"null")
    metadata: _Metadata | None = None


class _RecordWithTranscript(_Record, gc=False):
    transcript: msgspec.Raw = msgspec.Raw(b"null")  # type: ignore[assignment]


class _List(msgspec.Struct, gc=False):
    data: list[_Record]
    total: Count
    has_more: bool


class _ListWithTranscripts(msgspec.Struct, gc=False):
    data: list[_RecordWithTranscript]
    total: Count
    has_more: bool


class _Score(msgspec.Struct, gc=False):
    customer_effort_score: float | None = None


class _Check(msgspec.Struct, gc=False):
    """The fields of a compliance check that columns come from; any value, since any may arrive."""

    flagged: Any = None
    read: Any = None
    used: Any = None
    shared: Any = None
    verified: Any = None
    timestamp: Any = None
    missing_disclosures: Any = None
    disclosed: Any = None
    interaction_number: Any = None
    instances: list[msgspec.Raw] | None = None  # only counted


class _Greeting(msgspec.Struct, gc=False):
    present: Any = None


class _Quality(msgspec.Struct, gc=False):
    greeting: _Greeting | None = None


class _Results(msgspec.Struct, gc=False):
    compliance: dict[str, _Check | None] | None = None
    quality: _Quality | None = None
    coaching: _Score | None = None


_DECODERS: dict[bool, msgspec.json.Decoder[Any]] = {
    False: msgspec.json.Decoder(_List),
    True: msgspec.json.Decoder(_ListWithTranscripts),
}
_ONE: dict[bool, msgspec.json.Decoder[Any]] = {
    False: msgspec.json.Decoder(_Record),
    True: msgspec.json.Decoder(_RecordWithTranscript),
}
_RESULTS = msgspec.json.Decoder(_Results)
_LANGUAGE = msgspec.json.Decoder(_Transcript)


def decode_page(body: bytes, *, transcripts: bool = False) -> DecodedPage:
    """The rows of a list answer.

    Raises
    ------
    ValueError : not JSON, or not a list of analyses.
    """
    try:
        page = _DECODERS[transcripts].decode(body)
        rows = _rows(page.data)
    except (msgspec.DecodeError, ValueError, OverflowError, RecursionError):
        return decode_one_by_one(body, partial(_one, transcripts=transcripts))
    return DecodedPage(rows, page.total, page.has_more)


def decode_record(body: bytes, *, transcripts: bool = False) -> DecodedRow | Rejected:
    """The row of one analysis, or what is kept of it where it cannot be read.

    Raises
    ------
    ValueError : not JSON.
    """
    page = decode_page(
        b'{"data": [%b], "total": 1, "has_more": false}' % body, transcripts=transcripts
    )
    found: list[DecodedRow | Rejected] = [*page.data, *page.rejected]
    if len(found) != 1:
        raise ValueError(f"not one analysis but {len(found)}")
    return found[0]


def row_of(analysis: Analysis, *, transcripts: bool = False) -> DecodedRow:
    """The row of an analysis that the client read; the same as decoding its bytes."""
    call, audio, metadata = analysis.call, analysis.audio, analysis.metadata
    results = analysis.results
    raw_results = analysis.raw.get("results")
    completed_at = metadata.completed_at if metadata else None
    transcript = analysis.raw.get("transcript")
    values = (
        analysis.id,
        analysis.created,
        analysis.status,
        analysis.livemode,
        call.agent_id if call else None,
        call.contact_id if call else None,
        analysis.duration_s,
        audio.format if audio else None,
        audio.duration_seconds if audio else None,
        audio.size_bytes if audio else None,
        analysis.transcript.language if analysis.transcript else None,
        *_results_values(
            raw_results is not None,
            _checks(results.compliance if results else None),
            analysis.greeting_present,
            analysis.customer_effort_score,
        ),
        metadata is not None and metadata.webhook_url is not None,
        _milliseconds(completed_at),
        _seconds(metadata.processing_time_ms if metadata else None),
        *_error_values(metadata.error_message if metadata else None),
        None if raw_results is None else json_text(raw_results),
    )
    kept = encoded(transcript) if transcripts and transcript is not None else None
    return DecodedRow(analysis.id, analysis.created, values, kept)


def _rows(records: list[Any]) -> list[DecodedRow]:
    """The rows of records whose fields have the documented types."""
    texts = [_results_text(record) for record in records]
    for index, text in with_signs(texts):
        texts[index] = masked_json(text)
    return [_row(record, text) for record, text in zip(records, texts, strict=True)]


def _results_text(record: Any) -> str | None:
    text = str(record.results, "utf-8")
    return None if text == "null" else text


def _row(record: Any, results_text: str | None) -> DecodedRow:
    call, audio, metadata = record.call, record.audio, record.metadata
    results = _RESULTS.decode(record.results) if results_text is not None else None
    score = results.coaching.customer_effort_score if results and results.coaching else None
    quality = results.quality if results else None
    language, transcript = _transcript_values(record.transcript)
    values = (
        record.id,
        record.created,
        record.status,
        record.livemode,
        call.agent_id if call else None,
        call.contact_id if call else None,
        _duration_s(call, audio),
        audio.format if audio else None,
        audio.duration_seconds if audio else None,
        audio.size_bytes if audio else None,
        language,
        *(
            _NO_RESULTS
            if results is None
            else _results_values(
                True,
                results.compliance,
                quality.greeting.present if quality and quality.greeting else None,
                score,
            )
        ),
        metadata is not None and metadata.webhook_url is not None,
        _milliseconds(metadata.completed_at if metadata else None),
        _seconds(metadata.processing_time_ms if metadata else None),
        *_error_values(metadata.error_message if metadata else None),
        results_text,
    )
    return DecodedRow(record.id, record.created, values, transcript)


def _results_values(
    has_results: bool,
    checks: dict[str, _Check | None] | None,
    greeting: object,
    score: float | None,
) -> Row:
    find = (checks or {}).get
    identity, disclosures, purpose, prohibited, sensitive = [
        find(name) or _NO_CHECK for name in COMPLIANCE_CHECKS
    ]
    flagged = None if checks is None else _flagged(checks)
    missing = disclosures.missing_disclosures
    return (
        has_results,
        score,
        _flag(greeting),
        None if flagged is None else len(flagged),
        flagged,
        _flag(identity.verified),
        _number(identity.timestamp),
        _flag(identity.flagged),
        _flag(disclosures.read),
        [encodable(str(name)) for name in missing] if isinstance(missing, list) else None,
        _flag(purpose.disclosed),
        _number(purpose.interaction_number),
        _flag(purpose.flagged),
        _flag(prohibited.used),
        None if prohibited.instances is None else len(prohibited.instances),
        _flag(sensitive.shared),
        None if sensitive.instances is None else len(sensitive.instances),
    )


def _flagged(checks: dict[str, _Check | None]) -> list[str]:
    return [
        encodable(name)
        for name, check in checks.items()
        # most say so themselves, and a call for each is a tenth of the work of a record
        if check
        and (
            check.flagged is True
            or (
                check.flagged is not False
                and verdict(check.flagged, check.read, check.used, check.shared)
            )
        )
    ]


_NO_CHECK = _Check()
_CHECK_FIELDS = frozenset(_Check.__struct_fields__)


def _checks(compliance: dict[str, Any] | None) -> dict[str, _Check | None] | None:
    """Checks that the models read, as `_RESULTS` decodes them; a block that is none says nothing."""
    if compliance is None:
        return None
    return {name: _check(block) for name, block in compliance.items()}


def _check(block: object) -> _Check | None:
    if not isinstance(block, dict):
        return None
    found = {name: value for name, value in block.items() if name in _CHECK_FIELDS}
    if not isinstance(found.get("instances"), list):
        found.pop("instances", None)
    return _Check(**found)


def _one(record: Any, *, transcripts: bool) -> DecodedRow:
    """The row of a record, given as bytes or as a document."""
    if isinstance(record, bytes):
        try:
            return _rows([_ONE[transcripts].decode(record)])[0]
        except (msgspec.DecodeError, ValueError, OverflowError, RecursionError):
            record = json.loads(record.decode(errors="replace"))
    return row_of(read_analysis(record), transcripts=transcripts)


def _transcript_values(found: Any) -> tuple[str | None, str | None]:
    """Language, and the transcript's JSON where it is kept."""
    if found is None:
        return None, None
    if isinstance(found, _Transcript):
        return found.language, None
    raw = bytes(found)
    if raw == b"null":
        return None, None
    return _LANGUAGE.decode(raw).language, raw.decode()


def _error_values(message: str | None) -> tuple[str | None, str | None]:
    if message is None:
        return None, None
    shown = redact_text(message)
    return shown, mask_redacted(shown)


def _duration_s(call: _Call | None, audio: _Audio | None) -> float | None:
    if call is not None and call.duration_seconds is not None:
        return call.duration_seconds
    if call is not None and call.duration_ms is not None:
        return call.duration_ms / 1000
    return audio.duration_seconds if audio is not None else None


def _flag(value: object) -> bool | None:
    return value if value is True or value is False else None


def _number(value: object) -> float | None:
    if value is None or isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _milliseconds(at: datetime | None) -> int | None:
    if at is None:
        return None
    moment = at if at.tzinfo else at.replace(tzinfo=UTC)
    return round(moment.timestamp() * 1000) if FIRST_MOMENT <= moment <= LAST_MOMENT else None


def _seconds(milliseconds: float | None) -> float | None:
    return None if milliseconds is None else milliseconds / 1000


_NO_RESULTS = _results_values(False, None, None, None)
