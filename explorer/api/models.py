"""What the API answers, read leniently.

Three fields of an analysis must be there and of their type: ``id``, ``created`` and ``status``.
Everything else may be missing, null, unknown or of another type: unknown fields are kept, and a
known field whose value cannot be read is None here and still in `Analysis.raw`.

Source: the vendor's list page and its other public pages; the field names are the API's.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, NoReturn

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    PrivateAttr,
    SecretStr,
    StrictStr,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

from explorer.redact import encodable, redact, redact_text

COMPLIANCE_CHECKS = (
    "identity_verification",
    "mandatory_disclosures",
    "purpose_declaration",
    "prohibited_phrases",
    "sensitive_data",
)


# Between these every time zone can show the moment; a day's room for the offsets.
_FIRST_MOMENT = datetime.min.replace(tzinfo=UTC) + timedelta(days=1)
_LAST_MOMENT = datetime.max.replace(tzinfo=UTC) - timedelta(days=1)


def _or_none(value: Any, handler: ValidatorFunctionWrapHandler) -> Any:
    try:
        return handler(value)
    except ValidationError:
        return None


def _finite(number: float | None) -> float | None:
    return number if number is None or math.isfinite(number) else None


def _a_list(value: object) -> object:
    return value if isinstance(value, list) else []


def _turns(value: object) -> list[object]:
    # one odd turn must not cost the others; what cannot be a turn stays in `Analysis.raw`
    turns = value if isinstance(value, list) else []
    return [
        {"text": turn} if isinstance(turn, str) else turn
        for turn in turns
        if isinstance(turn, str | dict)
    ]


def _no_bool(value: object) -> object:
    # pydantic reads true as 1.0; a score of `true` is not a score
    return None if isinstance(value, bool) else value


def _refuse_bool(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("found true or false, not a number")
    return value


def _a_moment(seconds: int) -> int:
    if not _FIRST_MOMENT.timestamp() <= seconds <= _LAST_MOMENT.timestamp():
        raise ValueError("not a time in Unix seconds")
    return seconds


def _utc(moment: datetime | None) -> datetime | None:
    if moment is None:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware if _FIRST_MOMENT <= aware <= _LAST_MOMENT else None


def _encodable(value: object) -> object:
    # JSON may hold half of a surrogate pair, which no table, file or browser takes
    return encodable(value) if isinstance(value, str) else value


Lenient = WrapValidator(_or_none)
Name = Annotated[StrictStr, BeforeValidator(_encodable)]
Text = Annotated[str | None, BeforeValidator(_encodable), Lenient]
Number = Annotated[float | None, AfterValidator(_finite), BeforeValidator(_no_bool), Lenient]
Flag = Annotated[bool | None, Lenient]
Secret = Annotated[SecretStr | None, Lenient]
Message = Annotated[
    str | None,
    BeforeValidator(_encodable),
    AfterValidator(lambda text: text and redact_text(text)),
    Lenient,
]


class _Block(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True, coerce_numbers_to_str=True)

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        # no transcript, name or link may reach a log through a repr
        yield from ()

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "an analysis holds its transcript and links, so it is not pickled; take rows of "
            "calls_frame, or .raw if you mean to keep all of it"
        )


class Call(_Block):
    """Who spoke, and for how long."""

    agent_id: Text = None
    contact_id: Text = None
    duration_ms: Number = None
    duration_seconds: Number = None

    @property
    def duration_s(self) -> float | None:
        """Length of the call in seconds, from whichever of the two fields is there."""
        if self.duration_seconds is not None:
            return self.duration_seconds
        return None if self.duration_ms is None else self.duration_ms / 1000


class Audio(_Block):
    """The recording; `url` grants access to it and is kept as a secret."""

    url: Secret = None
    size_bytes: Number = None
    format: Text = None
    duration_seconds: Number = None


class Segment(_Block):
    """One turn; `start` and `end` in seconds, `confidence` 0–1."""

    speaker: Text = None
    text: Text = None
    start: Number = None
    end: Number = None
    confidence: Number = None


class Transcript(_Block):
    """What was said; never stored, logged or exported unless the user asks for it."""

    text: Text = None
    segments: Annotated[list[Segment], BeforeValidator(_turns)] = []
    language: Text = None


class Coaching(_Block):
    """`customer_effort_score` is 0–5, low is good; items of `recommendations` are text or objects."""

    recommendations: Annotated[list[Any], BeforeValidator(_a_list)] = []
    customer_effort_score: Number = None


Fields = Annotated[dict[str, Any] | None, Lenient]


class Results(_Block):
    """Verdicts. The documents leave the inner fields of quality open, so both stay mappings."""

    compliance: Fields = None
    quality: Fields = None
    coaching: Annotated[Coaching | None, Lenient] = None


class Metadata(_Block):
    """How the analysis itself went.

    `error_message` is free text, only on failures; secrets are taken out of it on reading.
    """

    webhook_url: Secret = None
    completed_at: Annotated[
        datetime | None, AfterValidator(_utc), BeforeValidator(_no_bool), Lenient
    ] = None
    processing_time_ms: Number = None
    error_message: Message = None


class Analysis(_Block):
    """One analysis. `raw` is the document exactly as answered."""

    id: Name
    created: Annotated[int, BeforeValidator(_refuse_bool), AfterValidator(_a_moment)]
    status: Name
    object: Text = None
    livemode: Flag = None
    call: Annotated[Call | None, Lenient] = None
    audio: Annotated[Audio | None, Lenient] = None
    transcript: Annotated[Transcript | None, Lenient] = None
    results: Annotated[Results | None, Lenient] = None
    metadata: Annotated[Metadata | None, Lenient] = None

    _raw: dict[str, Any] = PrivateAttr(default_factory=dict)

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        yield from (("id", self.id), ("created", self.created), ("status", self.status))

    @property
    def raw(self) -> dict[str, Any]:
        """The document as the API answered it, links and transcript included: show `masked`."""
        return self._raw

    @property
    def masked(self) -> dict[str, Any]:
        """The document with links reduced to their host and secrets taken out of every text."""
        document = redact(self._raw)
        assert isinstance(document, dict)
        return document

    @property
    def created_at(self) -> datetime:
        """Creation time, UTC."""
        return datetime.fromtimestamp(self.created, UTC)

    @property
    def duration_s(self) -> float | None:
        """Length of the call in seconds; of the audio where the call has none."""
        own = self.call.duration_s if self.call else None
        return own if own is not None or self.audio is None else self.audio.duration_seconds

    @property
    def customer_effort_score(self) -> float | None:
        """0–5, low is good; None when the analysis has no score."""
        coaching = self.results.coaching if self.results else None
        return coaching.customer_effort_score if coaching else None

    @property
    def error_message(self) -> str | None:
        """Why the analysis failed, secrets taken out; None when there is no message."""
        return self.metadata.error_message if self.metadata else None

    @property
    def greeting_present(self) -> bool | None:
        """Whether the agent greeted; None when not stated."""
        quality = (self.results.quality if self.results else None) or {}
        greeting = quality.get("greeting")
        present = greeting.get("present") if isinstance(greeting, dict) else None
        return present if isinstance(present, bool) else None

    @property
    def flagged_checks(self) -> tuple[str, ...] | None:
        """Names of the compliance checks that failed, in the API's order; None without results."""
        compliance = self.results.compliance if self.results else None
        if compliance is None:
            return None
        return tuple(name for name, block in compliance.items() if check_failed(block))


def check_failed(block: object) -> bool | None:
    """Whether a compliance check failed, as its own verdict field says; None when it says nothing.

    ``flagged`` where the check has one; otherwise ``read`` (disclosures), ``used`` (phrases) or
    ``shared`` (sensitive data).
    """
    if not isinstance(block, dict):
        return None
    return verdict(block.get("flagged"), block.get("read"), block.get("used"), block.get("shared"))


def verdict(flagged: object, read: object, used: object, shared: object) -> bool | None:
    """`check_failed` from the values of the verdict fields; what is no boolean says nothing."""
    if isinstance(flagged, bool):
        return flagged
    if isinstance(read, bool):
        return not read
    if isinstance(used, bool):
        return used
    return shared if isinstance(shared, bool) else None


class RejectedRecord(BaseModel):
    """A record of a page that could not be read: its place in the page, why, and its id if it has one."""

    index: int
    reason: str
    id: str | None = None


class AnalysisList(BaseModel):
    """One page of the list, newest first; `total` counts every analysis that matches the filters."""

    object: str
    data: list[Analysis]
    has_more: bool
    total: int
    rejected: list[RejectedRecord] = []


def read_analysis(document: object) -> Analysis:
    """The analysis in a decoded JSON document.

    Raises
    ------
    ValueError : not an object, or ``id``, ``created`` or ``status`` is missing or unusable. The
        message names the fields, never their values.
    """
    if not isinstance(document, dict):
        raise ValueError(f"expected an object, found {_kind(document)}")
    problem: str
    try:
        analysis = Analysis.model_validate(document)
    except ValidationError as error:
        problem = "; ".join(
            f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors()
        )
    else:
        analysis._raw = document
        return analysis
    raise ValueError(problem)


def read_list(document: object, *, offset: int = 0) -> AnalysisList:
    """The page in a decoded JSON document; records that cannot be read are kept aside in `rejected`.

    Raises
    ------
    ValueError : the document is not a list of analyses.
    """
    if not isinstance(document, dict):
        raise ValueError(f"expected a list of analyses, found {_kind(document)}")
    records, total, has_more = (document.get(name) for name in ("data", "total", "has_more"))
    if not isinstance(records, list):
        raise ValueError(f"expected an array in `data`, found {_kind(records)}")
    if isinstance(total, bool) or not isinstance(total, int) or total < 0:
        raise ValueError(f"expected a count in `total`, found {_kind(total)}")
    if not isinstance(has_more, bool):
        has_more = offset + len(records) < total
    page = AnalysisList(object="list", data=[], has_more=has_more, total=total)
    for index, record in enumerate(records):
        try:
            page.data.append(read_analysis(record))
        except ValueError as error:
            found = record.get("id") if isinstance(record, dict) else None
            page.rejected.append(
                RejectedRecord(
                    index=index,
                    reason=encodable(str(error)),
                    id=encodable(found) if isinstance(found, str) else None,
                )
            )
    return page


def _kind(value: object) -> str:
    names = {dict: "an object", list: "an array", str: "text", bool: "true or false"}
    if value is None:
        return "nothing"
    return names.get(type(value), "a number")
