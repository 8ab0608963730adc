"""When and to whom the planted stories happen; the generator's docstring tells them."""

from __future__ import annotations

from dataclasses import dataclass

from explorer.sandbox.mixing import mix

DAY_S = 86_400
OUTAGE_S = 36 * 3600
OUTAGE_SHARE = 0.72
CODEC_FORMAT = "webm"
CODEC_SHARE = 0.4
BASE_FAILURE_SHARE = 0.04
COACHED_DAYS_AGO = 45
SCRIPT_CHANGED_DAYS_AGO = 30
DROPPED_DISCLOSURE = "Right to cancel within 14 days"
# Days; every one far beyond the quarter of an hour that the longest call takes.
STUCK_AGES = (2.4, 3.1, 4.6, 6.2, 8.9)
# The newest analyses, seconds before the anchor; they are still processing then.
FRESH_AGES_S = (260, 140, 75, 20)

# Out of 1,000 completed analyses.
_FLAGGED_IN_TIME = 12
_UNREAD_NONE_MISSING = 12
_USED_NO_INSTANCE = 10
_NO_RESULTS = 10
_NO_SCORE = 12


@dataclass(frozen=True, slots=True)
class Quirks:
    """What is wrong with one completed analysis; at most one is true."""

    flagged_in_time: bool = False
    unread_none_missing: bool = False
    used_no_instance: bool = False
    no_results: bool = False
    no_score: bool = False


NO_QUIRKS = Quirks()


@dataclass(frozen=True, slots=True)
class Stories:
    """The moments of an account's stories, in Unix seconds."""

    outage_start: int
    outage_end: int
    coached_at: int
    script_changed_at: int

    @classmethod
    def before(cls, now: int) -> Stories:
        """The stories of an account whose anchor is ``now``.

        The outage runs from a Tuesday 06:00 UTC to Wednesday 18:00, on working days and at
        least 20 days back.
        """
        midnight = (now - 22 * DAY_S) // DAY_S * DAY_S
        weekday = (midnight // DAY_S + 3) % 7
        tuesday = midnight - (weekday - 1) % 7 * DAY_S
        start = tuesday + 6 * 3600
        return cls(
            outage_start=start,
            outage_end=start + OUTAGE_S,
            coached_at=now - COACHED_DAYS_AGO * DAY_S,
            script_changed_at=now - SCRIPT_CHANGED_DAYS_AGO * DAY_S,
        )


def quirks(seed: int, index: int) -> Quirks:
    """The contradictions and gaps of one completed analysis."""
    draw = mix(seed, 401, index) % 1000
    for share, quirk in (
        (_FLAGGED_IN_TIME, Quirks(flagged_in_time=True)),
        (_UNREAD_NONE_MISSING, Quirks(unread_none_missing=True)),
        (_USED_NO_INSTANCE, Quirks(used_no_instance=True)),
        (_NO_RESULTS, Quirks(no_results=True)),
        (_NO_SCORE, Quirks(no_score=True)),
    ):
        if draw < share:
            return quirk
        draw -= share
    return NO_QUIRKS
