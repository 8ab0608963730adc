"""Bytes of a list answer → rows of the mirror, by msgspec; the lenient models are the fallback.

A page is decoded in one go into the few fields the mirror needs, which skips transcripts without
building them. If anything in it is of another type than documented, the page is decoded record by
record (`lenient`): first strictly, then through `explorer.api.models`, which lose a field and not
a record. What even they cannot read is kept aside.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any

import msgspec
import pyarrow as pa

from explorer.analysis.failures.masking import mask_redacted
from explorer.api.models import COMPLIANCE_CHECKS, Analysis, read_analysis, verdict
from explorer.mirror.json_text import encoded, json_text, without_secrets
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
    in_columns,
)
from explorer.redact import HIDDEN, encodable, redact_text

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
    """The fields of a compliance check that columns come from."""

    flagged: bool | None = None
    read: bool | None = None
    used: bool | None = None
    shared: bool | None = None
    verified: bool | None = None
    timestamp: float | None = None
    missing_disclosures: list[str] | None = None
    disclosed: bool | None = None
    interaction_number: float | None = None
    instances: list[msgspec.Raw] | None = None  # only counted


class _Greeting(msgspec.Struct, gc=False):
    present: bool | None = None


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
    transcript = analysis.raw.get("transcript")
    record = _Record(
        analysis.id,
        analysis.created,
        analysis.status,
        analysis.livemode,
        _Call(
            call.agent_id if call else None,
            call.contact_id if call else None,
            duration_seconds=analysis.duration_s,
        ),
        _Audio(audio.size_bytes, audio.format, audio.duration_seconds) if audio else None,
        _Transcript(analysis.transcript.language) if analysis.transcript else None,
        metadata=_Metadata(
            None if metadata.webhook_url is None else HIDDEN,
            metadata.completed_at,
            metadata.processing_time_ms,
            metadata.error_message,
        )
        if metadata
        else None,
    )
    found = _Results(
        _checks(results.compliance if results else None),
        _Quality(_Greeting(_flag(analysis.greeting_present))),
        _Score(analysis.customer_effort_score),
    )
    texts = pa.array([None if raw_results is None else json_text(raw_results)], pa.string())
    kept = encoded(transcript) if transcripts and transcript is not None else None
    columns = _columns([record], [record.transcript], texts, [_results_values(found)])
    return DecodedRow(analysis.id, analysis.created, columns, 0, kept)


def _rows(records: list[Any]) -> list[DecodedRow]:
    """The rows of records whose fields have the documented types."""
    if not records:
        return []
    texts = [_results_text(record) for record in records]
    # each is decoded, read and let go before the next is: together they do not fit the caches
    results = [
        _NO_RESULTS if text is None else _results_values(_RESULTS.decode(record.results))
        for record, text in zip(records, texts, strict=True)
    ]
    heard, kept = _heard(records)
    columns = _columns(records, heard, without_secrets(texts), results)
    return [
        DecodedRow(record.id, record.created, columns, place, transcript)
        for place, (record, transcript) in enumerate(zip(records, kept, strict=True))
    ]


def _results_text(record: Any) -> str | None:
    text = str(record.results, "utf-8")
    return None if text == "null" else text


def _columns(
    records: Sequence[Any],
    heard: Sequence[_Transcript | None],
    texts: pa.StringArray,
    results: Iterable[Row],
) -> pa.RecordBatch:
    """The columns of `schema.FIELDS`: of records, their transcripts, and the JSON and the values of
    their results."""
    calls = [record.call or _NO_CALL for record in records]
    audios = [record.audio or _NO_AUDIO for record in records]
    metadata = [record.metadata or _NO_METADATA for record in records]
    errors = [_error_values(one.error_message) for one in metadata]
    return in_columns(
        [
            [record.id for record in records],
            [record.created for record in records],
            [record.status for record in records],
            [record.livemode for record in records],
            [call.agent_id for call in calls],
            [call.contact_id for call in calls],
            [_duration_s(call, audio) for call, audio in zip(calls, audios, strict=True)],
            [audio.format for audio in audios],
            [audio.duration_seconds for audio in audios],
            [audio.size_bytes for audio in audios],
            [found.language if found else None for found in heard],
            texts.is_valid(),
            *zip(*results, strict=True),
            [one.webhook_url is not None for one in metadata],
            [_milliseconds(one.completed_at) for one in metadata],
            [_seconds(one.processing_time_ms) for one in metadata],
            [shown for shown, _ in errors],
            [masked for _, masked in errors],
            texts,
        ]
    )


def _results_values(found: _Results) -> Row:
    """The values of the columns that results fill, from the score on.

    An empty list is one for all: a container a record and column would keep the collector busy.
    """
    checks, coaching, quality = found.compliance, found.coaching, found.quality
    find = (checks or _NOTHING).get
    identity, disclosures, purpose, prohibited, sensitive = [
        find(name) or _NO_CHECK for name in COMPLIANCE_CHECKS
    ]
    flagged = None if checks is None else _flagged(checks) or ()
    missing = disclosures.missing_disclosures
    return (
        coaching.customer_effort_score if coaching else None,
        quality.greeting.present if quality and quality.greeting else None,
        None if flagged is None else len(flagged),
        flagged,
        identity.verified,
        identity.timestamp,
        identity.flagged,
        disclosures.read,
        () if missing == [] else missing,
        purpose.disclosed,
        purpose.interaction_number,
        purpose.flagged,
        prohibited.used,
        None if prohibited.instances is None else len(prohibited.instances),
        sensitive.shared,
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


_NOTHING: dict[str, _Check | None] = {}
_NO_CALL, _NO_AUDIO, _NO_METADATA = _Call(), _Audio(), _Metadata()
_NO_CHECK = _Check()


def _checks(compliance: dict[str, Any] | None) -> dict[str, _Check | None] | None:
    """Checks given as documents, as `_RESULTS` decodes them; a block that is none says nothing."""
    if compliance is None:
        return None
    return {name: _check(block) for name, block in compliance.items()}


def _check(block: object) -> _Check | None:
    if not isinstance(block, dict):
        return None
    find = block.get
    missing, instances = find("missing_disclosures"), find("instances")
    return _Check(
        flagged=_flag(find("flagged")),
        read=_flag(find("read")),
        used=_flag(find("used")),
        shared=_flag(find("shared")),
        verified=_flag(find("verified")),
        timestamp=_number(find("timestamp")),
        missing_disclosures=[encodable(str(name)) for name in missing]
        if isinstance(missing, list)
        else None,
        disclosed=_flag(find("disclosed")),
        interaction_number=_number(find("interaction_number")),
        instances=instances if isinstance(instances, list) else None,
    )


def _one(record: Any, *, transcripts: bool) -> DecodedRow:
    """The row of a record, given as bytes or as a document."""
    if isinstance(record, bytes):
        try:
            return _rows([_ONE[transcripts].decode(record)])[0]
        except (msgspec.DecodeError, ValueError, OverflowError, RecursionError):
            record = json.loads(record.decode(errors="replace"))
    return row_of(read_analysis(record), transcripts=transcripts)


def _heard(records: Sequence[Any]) -> tuple[list[_Transcript | None], list[str | None]]:
    """What the mirror keeps of transcripts, and their JSON where that is kept."""
    found = [record.transcript for record in records]
    if not isinstance(records[0], _RecordWithTranscript):
        return found, [None] * len(found)
    texts = [None if one is None or bytes(one) == b"null" else bytes(one) for one in found]
    return (
        [None if text is None else _LANGUAGE.decode(text) for text in texts],
        [None if text is None else text.decode() for text in texts],
    )


def _error_values(message: str | None) -> tuple[str | None, str | None]:
    if message is None:
        return _NO_ERROR
    shown = redact_text(message)
    return shown, mask_redacted(shown)


_NO_ERROR = (None, None)


def _duration_s(call: _Call, audio: _Audio) -> float | None:
    if call.duration_seconds is not None:
        return call.duration_seconds
    if call.duration_ms is not None:
        return call.duration_ms / 1000
    return audio.duration_seconds


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


_NO_RESULTS = _results_values(_Results())
