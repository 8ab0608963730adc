"""Times as a person writes them: ``7d``, ``2026-11-01``, ``2026-11-01T12:00:00Z``."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta, tzinfo

from explorer.errors import InvalidFilterError

_RELATIVE = re.compile(r"([1-9][0-9]{0,4})([mhdw])")
_UNITS = {"m": ("minute", 60), "h": ("hour", 3600), "d": ("day", 86_400), "w": ("week", 604_800)}


def instant(name: str, text: str, *, now: datetime, zone: tzinfo) -> datetime:
    """The moment that a span back from `now`, a day in `zone` or a time means.

    Raises
    ------
    InvalidFilterError : none of these.
    """
    relative = _RELATIVE.fullmatch(text)
    at: datetime | None
    try:
        if relative:
            span = timedelta(seconds=int(relative[1]) * _UNITS[relative[2]][1])
            # whole minutes, so that a page does not ask anew every second
            at = now.replace(second=0, microsecond=0) - span
        elif len(text) == 10:
            at = datetime.combine(date.fromisoformat(text), time.min, zone)
        else:
            at = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        at = None
    if at is None or at.tzinfo is None or not 1971 <= at.year <= 9000:
        raise InvalidFilterError(
            f"“{text[:40]}” is no time for {name}: write 7d, 24h, 2026-11-01 or "
            "2026-11-01T12:00:00Z."
        )
    return at


def span_s(text: str) -> int | None:
    """Seconds of a span such as ``90m``, ``24h`` or ``7d``; None for another text."""
    relative = _RELATIVE.fullmatch(text)
    return int(relative[1]) * _UNITS[relative[2]][1] if relative else None


def local_words(text: str, zone: tzinfo) -> str:
    """``26 Oct 2026, 14:05`` for a moment, on the clock of `zone`; a span or day as it is written."""
    if _RELATIVE.fullmatch(text) or len(text) == 10:
        return text
    at = datetime.fromisoformat(text).astimezone(zone)
    seconds = f":{at:%S}" if at.second else ""
    clock = "" if at.time() == time.min else f", {at:%H:%M}{seconds}"
    return f"{at.day} {at:%b %Y}{clock}"


def time_words(text: str) -> str:
    """``7 days ago`` for ``7d``; a day or time as it is written."""
    relative = _RELATIVE.fullmatch(text)
    if not relative:
        return text
    n, unit = int(relative[1]), _UNITS[relative[2]][0]
    return f"{n} {unit}{'' if n == 1 else 's'} ago"
