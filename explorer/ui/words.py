"""Numbers, times and untrusted text in the words the pages use."""

from __future__ import annotations

import re
import time
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st

from explorer.analysis import times
from explorer.analysis.filters import Filter
from explorer.analysis.statistics import SMALL_SAMPLE

_ADDRESS = re.compile(r"(:(?=//)|\bwww(?=\.)|@)", re.IGNORECASE)
_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")


def literal(text: object) -> str:
    """`text` for a place that renders Markdown, shown as it is, on one line.

    Every punctuation mark is escaped. Addresses would become links all the same, since the
    renderer looks for them after escapes are gone: an invisible word joiner parts them.
    """
    plain = re.sub(r"\s+", " ", str(text)).strip()
    return _PUNCTUATION.sub(r"\\\1", _ADDRESS.sub("\\1\u2060", plain))


def count(n: int, noun: str) -> str:
    """``1 call``, ``2,470 calls``."""
    return f"{n:,} {noun}{'' if n == 1 else 's'}"


def singular(noun: str) -> str:
    """``repeat call`` for ``repeat calls``, ``failed analysis`` for ``failed analyses``; other
    words as they are."""
    for many, one in (("calls", "call"), ("analyses", "analysis")):
        if noun.endswith(many):
            return noun.removesuffix(many) + one
    return noun


def spread(n: int, low: float, high: float, form: str = ".1%") -> str:
    """`` (95% interval 12.0%–31.0%)`` for after a number that rests on `n` calls; of few calls that
    they are, and nothing for an interval without width."""
    if n < SMALL_SAMPLE:
        return " (few calls: do not read much into it)"
    return f" (95% interval {low:{form}}–{high:{form}})" if high > low else ""


def viewer_zone() -> ZoneInfo:
    """The viewer's time zone as their browser names it; UTC when it does not."""
    try:
        return ZoneInfo(st.context.timezone or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: the name of a folder
        return ZoneInfo("UTC")


def moment(at: datetime, zone: ZoneInfo) -> str:
    """``Tue 24 Nov 2026, 14:02:31``, in `zone`."""
    return f"{at.astimezone(zone):%a %d %b %Y, %H:%M:%S}"


def minute(at: datetime, zone: ZoneInfo) -> str:
    """``Tue 24 Nov 2026, 14:02``, in `zone`."""
    return f"{at.astimezone(zone):%a %d %b %Y, %H:%M}"


def minute_of(text: str, zone: ZoneInfo) -> str:
    """The same for a time as filters hold it, such as ``2026-11-24T13:02:00Z``."""
    return minute(times.instant("time", text, now=datetime.now(zone), zone=zone), zone)


def sentence(calls: Filter) -> str:
    """The calls in words, with moments in the viewer's zone; not yet safe as Markdown."""
    return calls.sentence_in(viewer_zone())


def clock(read_at: float, zone: ZoneInfo) -> str:
    """``14:02:31``, in `zone`."""
    return f"{datetime.fromtimestamp(read_at, zone):%H:%M:%S}"


def age(read_at: float) -> str:
    """``just now``, ``40 seconds ago``, ``12 minutes ago``."""
    seconds = max(0, round(time.time() - read_at))
    if seconds < 5:
        return "just now"
    if seconds < 120:
        return f"{count(seconds, 'second')} ago"
    return f"{count(seconds // 60, 'minute')} ago"


def duration(seconds: float | None) -> str:
    """``2:05``, ``1:02:05``; a dash when unknown or below zero."""
    if seconds is None or seconds < 0:
        return "–"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def instant(second: int, zone: ZoneInfo) -> str:
    """``14:02`` today, ``3 May`` this year, ``3 May 2025`` otherwise, in `zone`."""
    at, now = datetime.fromtimestamp(second, zone), datetime.now(zone)
    if at.date() == now.date():
        return f"{at:%H:%M}"
    return f"{at.day} {at:%b}" if at.year == now.year else f"{at.day} {at:%b %Y}"


def rough(seconds: float) -> str:
    """``40 seconds``, ``12 minutes``, ``3 hours``, ``9 days``."""
    for size, noun in ((86_400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= 2 * size:
            return count(round(seconds / size), noun)
    return count(max(1, round(seconds)), "second")
