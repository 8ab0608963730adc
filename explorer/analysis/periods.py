"""Periods: single days, weeks and months in a zone, and the period before the one asked for."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from explorer.analysis.filters import Filter
from explorer.analysis.times import instant

GRAINS = ("day", "week", "month")
DEFAULT_SPAN = timedelta(days=7)


def between(calls: Filter, begins: datetime, ends: datetime, zone: ZoneInfo) -> Filter:
    """Those of the calls from one moment to another, which is not part of it."""
    since, until = _text(begins), _text(ends)
    fixed = calls.frozen(zone=zone)  # their own range may begin or end in between
    return calls.with_(
        since=max(since, str(fixed.since or since)), until=min(until, str(fixed.until or until))
    )


def within(calls: Filter, first: date, last: date, zone: ZoneInfo) -> Filter:
    """Those of the calls from the day `first` to the day before `last`, in `zone`."""
    return between(calls, midnight(first, zone), midnight(last, zone), zone)


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The moment at which a day of `zone` begins."""
    return datetime.combine(day, time.min, zone)


def period_end(first: date, grain: str) -> date:
    """The day after the day, week or month that begins with `first`."""
    if grain == "month":
        return (first.replace(day=1) + timedelta(days=32)).replace(day=1)
    return first + timedelta(days=7 if grain == "week" else 1)


def previous(
    calls: Filter, *, now: datetime | None = None, zone: ZoneInfo
) -> tuple[Filter, Filter]:
    """The calls of the period asked for, and of the one of equal length right before it.

    Both with fixed times. Without a start the period is the last `DEFAULT_SPAN` before its end.
    """
    now = now or datetime.now(UTC)
    end = _instant("until", calls, now, zone) or now.replace(second=0, microsecond=0)
    start = _instant("since", calls, now, zone) or end - DEFAULT_SPAN
    before = start - (end - start)
    this, that = (
        calls.with_(since=_text(a), until=_text(b)) for a, b in ((start, end), (before, start))
    )
    return this, that


def _instant(name: str, calls: Filter, now: datetime, zone: ZoneInfo) -> datetime | None:
    text = getattr(calls, name)
    return None if text is None else instant(name, str(text), now=now, zone=zone)


def _text(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
