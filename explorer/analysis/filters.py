"""What the user asks for: one frozen `Filter`, whose fields are the rows of `dimensions.DIMENSIONS`."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime
from typing import Any, TypedDict, cast
from zoneinfo import ZoneInfo

from explorer.analysis.dimensions import (
    BY_NAME,
    DIMENSIONS,
    OWN_SORT,
    SORTS,
    STATUSES,
    Dimension,
)
from explorer.analysis.kinds import Parameters
from explorer.analysis.times import instant, local_words
from explorer.analysis.zones import zone_of
from explorer.errors import InvalidFilterError

Query = Mapping[str, str | Sequence[str]]
UTC_ZONE = ZoneInfo("UTC")


class ApiParameters(TypedDict, total=False):
    """The filters the API has, by the names of `Client`'s arguments."""

    status_filter: str
    agent_id: str
    contact_id: str
    search: str


@dataclass(frozen=True)
class Filter:
    """Which calls are meant; None means any.

    Fields that take several texts mean any of them; `failed_all`, `missing_disclosure`, `result`,
    `not_result`, `contradiction`, `judged`, `advice` and `recommended` mean all of them. An empty text means that
    the call has none (in `failed_check`: that it was checked and failed none). `since` and `until` take a span back
    from now (``90m``, ``24h``, ``7d``, ``2w``), a day (``2026-11-01``, in the zone asked for) or a
    time with offset (``2026-11-01T12:00:00Z``); `since` is part of the range, `until` is not.
    `hour` (0–23) and `weekday` (``mon`` …) are of the zone asked for. `result` names a field of
    ``results`` and its value: ``/quality/greeting/present=true``, or ``…/count>0``; `not_result`
    means the calls in which that field has another value (a count: 0), not those without it or
    with null in it. `recommended`
    names the priority, the category or both of one coaching item: ``priority=high&category=identity``;
    ``category=`` is an item without one. `sort` is one of `dimensions.SORTS`; ``newest`` is the
    same as none.

    Raises
    ------
    InvalidFilterError : a value that cannot be meant.
    """

    status_filter: str | None = None
    agent_id: str | Sequence[str] | None = None
    contact_id: str | Sequence[str] | None = None
    search: str | None = None
    since: str | date | None = None
    until: str | date | None = None
    weekday: str | Sequence[str] | None = None
    hour: str | int | Sequence[str | int] | None = None
    effort_min: float | None = None
    effort_max: float | None = None
    effort_score: str | Sequence[str] | None = None
    has_score: bool | None = None
    checked: bool | None = None
    judged: str | Sequence[str] | None = None
    flagged: bool | None = None
    failed_check: str | Sequence[str] | None = None
    failed_all: str | Sequence[str] | None = None
    missing_disclosure: str | Sequence[str] | None = None
    identity_stated: str | Sequence[str] | None = None
    greeting: bool | None = None
    result: str | Sequence[str] | None = None
    not_result: str | Sequence[str] | None = None
    contradiction: str | Sequence[str] | None = None
    contradicts: bool | None = None
    repeat: bool | None = None
    hidden: bool | None = None
    advice: str | Sequence[str] | None = None
    recommended: str | Sequence[str] | None = None
    reason: str | None = None
    not_reason: str | None = None
    stuck: bool | None = None
    audio_format: str | Sequence[str] | None = None
    language: str | Sequence[str] | None = None
    duration_min: float | None = None
    duration_max: float | None = None
    duration: str | Sequence[str] | None = None
    size: str | Sequence[str] | None = None
    bitrate: str | Sequence[str] | None = None
    gap: str | Sequence[str] | None = None
    webhook: bool | None = None
    livemode: bool | None = None
    sort: str | None = None

    def __post_init__(self) -> None:
        for item in DIMENSIONS:
            value = getattr(self, item.name)
            if value is not None:
                object.__setattr__(self, item.name, item.kind.accept(item.name, value))

    @classmethod
    def from_query(cls, query: Query) -> tuple[Filter, tuple[str, ...]]:
        """The filter in URL parameters, and a sentence for each that had to be refused.

        Parameters of other names are ignored.
        """
        refused: list[str] = []
        values: dict[str, Any] = {}
        for item in DIMENSIONS:
            if item.name not in query:
                continue
            given = query[item.name]
            texts = [given] if isinstance(given, str) else list(given)
            try:
                values[item.name] = item.kind.read(item.name, texts)
            except InvalidFilterError as error:
                refused.append(f"{error} It is left out.")
        return cls(**values), tuple(refused)

    def to_query(self) -> dict[str, list[str]]:
        """The URL parameters of this filter, those that are set only; inverse of `from_query`."""
        return {item.name: item.kind.write(value) for item, value in self.set_values()}

    def set_values(self) -> list[tuple[Dimension, Any]]:
        """The dimensions that are set, with their values."""
        found = [(item, getattr(self, item.name)) for item in DIMENSIONS]
        return [(item, value) for item, value in found if value is not None]

    @property
    def is_live(self) -> bool:
        """Whether the API itself can answer: only its own filters, one value each, its own order."""
        return all(
            item.api and value not in ("", ("",)) and (isinstance(value, str) or len(value) == 1)
            for item, value in self.set_values()
        )

    @property
    def api_parameters(self) -> ApiParameters:
        """The parameters for `Client.list` and `Client.count`; those that are set only.

        Raises
        ------
        InvalidFilterError : the API has no parameter for something that is set.
        """
        if not self.is_live:
            raise InvalidFilterError(f"The API cannot filter so: {self.sentence}. Ask the mirror.")
        found = {
            item.name: value if isinstance(value, str) else value[0]
            for item, value in self.set_values()
        }
        return cast(ApiParameters, found)

    def where(
        self, *, now: datetime | None = None, zone: ZoneInfo | str = UTC_ZONE
    ) -> tuple[str, Parameters]:
        """The condition over the mirror's ``calls``, and its named parameters.

        `now` is what relative times count back from, `zone` the one in which days begin.

        Raises
        ------
        InvalidFilterError : the range ends before it starts, or there is no such zone.
        """
        zone = zone_of(zone)
        conditions: list[str] = []
        parameters: Parameters = {}
        for item, value in self.set_values():
            meant = self._seconds(item.name, now, zone) if item.kind.shape == "time" else value
            condition, bound = item.sql(meant, zone)
            conditions.append(f"({condition})")
            parameters |= bound
        if (
            "since" in parameters
            and "until" in parameters
            and parameters["since"] >= parameters["until"]
        ):
            raise InvalidFilterError(
                f"The time range ends ({self.until}) before it starts ({self.since}). Swap them."
            )
        return " AND ".join(conditions) or "true", parameters

    def order(self) -> str:
        """The terms of an ORDER BY over the mirror's ``calls``."""
        return SORTS[self.sort or OWN_SORT][1]

    def frozen(self, *, now: datetime | None = None, zone: ZoneInfo = UTC_ZONE) -> Filter:
        """The same calls with the times fixed, so that a link means the same tomorrow."""
        fixed: dict[str, Any] = {
            name: datetime.fromtimestamp(self._seconds(name, now, zone), UTC).strftime(
                "%Y-%m-%dT%H:%M:%SZ"
            )
            for name in ("since", "until")
            if getattr(self, name) is not None
        }
        return replace(self, **fixed)

    def with_(self, **changes: Any) -> Filter:
        """A copy with some fields changed; None removes one."""
        return replace(self, **changes)

    @property
    def sentence(self) -> str:
        """This filter in words, without a full stop: ``Failed calls of agent “a1”``."""
        return self._said(lambda text: text)

    def sentence_in(self, zone: ZoneInfo) -> str:
        """`sentence`, with moments on the clock of a zone: ``Calls since 26 Oct 2026, 14:05``."""
        return self._said(lambda text: local_words(text, zone))

    def _said(self, time_of: Callable[[str], str]) -> str:
        known = self.status_filter in STATUSES
        subject = f"{self.status_filter} calls".capitalize() if known else "Calls"
        words = [
            item.phrase(time_of(value) if item.kind.shape == "time" else value)
            for item, value in self.set_values()
            if item.kind.shape != "sort" and not (known and item.name == "status_filter")
        ]
        if not words and not known:
            subject = "All calls"
        return " ".join([subject, *words])

    @property
    def order_words(self) -> str:
        """``newest first`` and the like."""
        return SORTS[self.sort or OWN_SORT][0]

    def python(self, *, limit: int, offset: int = 0, zone: ZoneInfo = UTC_ZONE) -> str:
        """The lines of Python that give the same rows; `zone` as for `where`."""
        if self.is_live:
            arguments = [f"{name}={value!r}" for name, value in self.api_parameters.items()]
            arguments += [f"limit={limit}", f"offset={offset}"]
            return f"page = client.list({', '.join(arguments)})"
        arguments = [self.constructor, f"limit={limit}", f"offset={offset}"]
        arguments += [f"zone={zone.key!r}"] if zone != UTC_ZONE else []
        return (
            f"with Mirror.open(client) as mirror:\n    frame = mirror.calls({', '.join(arguments)})"
        )

    @property
    def constructor(self) -> str:
        """The Python that makes this filter: ``Filter(agent_id='a1')``."""
        single = {n: v[0] if isinstance(v, tuple) and len(v) == 1 else v for n, v in self._named()}
        return f"Filter({', '.join(f'{name}={value!r}' for name, value in single.items())})"

    def _named(self) -> list[tuple[str, Any]]:
        return [(item.name, value) for item, value in self.set_values()]

    def _seconds(self, name: str, now: datetime | None, zone: ZoneInfo) -> int:
        text = str(getattr(self, name))
        at = instant(name, text, now=now or datetime.now(UTC), zone=zone)
        return math.ceil(at.timestamp())  # calls have whole seconds


# A row in the table is a field of the filter, and the other way round.
assert tuple(field.name for field in fields(Filter)) == tuple(BY_NAME)
