"""When failures come: runs far denser than usual, and reasons that begin, rise, return and end.

Both work on calls counted per hour, so that an account of any size is a few thousand numbers, and
measure time in calls: a night without calls neither ends an outage nor makes a reason look gone.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from explorer.analysis.statistics import SMALL_SAMPLE, corrected, rate_ratio

Array = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

FALSE_ALARM = 0.01
"""The chance that an account whose failures come at random shows an outage at all."""
USUAL_AT_LEAST = 0.01
"""Where next to nothing fails usually, a single failure must not weigh as much as an outage."""
SIGNIFICANT = 0.05
EXPECTED = 5
"""A reason is gone when none came although so many would have been expected."""
_PARTS = 20
_ROUNDS = 5


class Run(NamedTuple):
    """A run of hours: places of its first and last one, and how much better an outage explains it."""

    first: int
    last: int
    score: float


class Outages(NamedTuple):
    """Runs of failures, the oldest first, and the share of calls that fail outside of them."""

    runs: list[Run]
    usual: float


def find_runs(n_calls: Whole, n_failed: Whole) -> Outages:
    """Runs of hours in which far more calls fail than usually.

    Parameters
    ----------
    n_calls, n_failed : one entry an hour that has calls, in their order.

    A call that fails speaks for an outage by the logarithm of how much more often calls fail in
    one, a call that does not fail against it. Runs are the maximal sums (Ruzzo and Tompa, ISMB
    1999). Such a sum reaches `s` with a chance of `n_calls` times exp(-s) at most when failures
    come at random (Ville's inequality, at each call that a run may begin with), which is held below
    `FALSE_ALARM`. A run has `SMALL_SAMPLE` failures or more. What is usual is estimated anew
    without the runs until it stays.
    """
    total = int(n_calls.sum())
    if not n_failed.sum():
        return Outages([], 0.0)
    usual = _usual(n_calls, n_failed)
    runs: list[Run] = []
    for _ in range(_ROUNDS):
        least = np.log(total / FALSE_ALARM)
        found = [
            run
            for run in _maximal_sums(_scores(n_calls, n_failed, usual, _elevated(usual)))
            if run.score > least and n_failed[run.first : run.last + 1].sum() >= SMALL_SAMPLE
        ]
        if found == runs:
            break
        runs = found
        outside = np.ones(len(n_calls), dtype=bool)
        for run in runs:
            outside[run.first : run.last + 1] = False
        if not outside.any():
            break
        usual = _share(n_calls[outside], n_failed[outside])
    return Outages([_tight(run, n_calls, n_failed, usual) for run in runs], usual)


def edges(failed: npt.NDArray[np.bool_], usual: float, high: float) -> tuple[int, int]:
    """Places of the first and the last of these calls that an outage explains best.

    `usual` is the share of calls that fail without an outage, `high` the one that fails in it.
    """
    scores = _scores(np.ones(len(failed), dtype=np.int64), failed.astype(np.int64), usual, high)
    best = max(_maximal_sums(scores), key=lambda run: run.score)
    return best.first, best.last


def _tight(run: Run, n_calls: Whole, n_failed: Whole, usual: float) -> Run:
    """The part of a run that an outage as strong as it is explains best.

    Others than those looked for would take in too much before and after, or too little.
    """
    for _ in range(_ROUNDS):
        within = slice(run.first, run.last + 1)
        calls, failed = n_calls[within], n_failed[within]
        sums = _maximal_sums(_scores(calls, failed, usual, max(_share(calls, failed), usual)))
        best = max(sums, key=lambda one: one.score, default=None)
        if best is None or (best.first, best.last) == (0, len(calls) - 1):
            break
        run = Run(run.first + best.first, run.first + best.last, run.score)
    return run


def _elevated(usual: float) -> float:
    """The share of calls that fail in the outages looked for: halfway from the usual one to all.

    Weaker ones, down to about half of it, are found as well.
    """
    return (1 + usual) / 2


def _usual(n_calls: Whole, n_failed: Whole) -> float:
    """A first estimate of the usual share that an outage of less than half of all calls leaves."""
    position = np.cumsum(n_calls) - n_calls / 2
    part = (position * _PARTS // max(1, int(n_calls.sum()))).astype(int)
    calls = np.bincount(part, weights=n_calls)
    failed = np.bincount(part, weights=n_failed)
    shares = failed[calls > 0] / calls[calls > 0]
    overall = _share(n_calls, n_failed)
    median = float(np.median(shares))
    return max(USUAL_AT_LEAST, min(overall, median)) if median > 0 else overall


def _share(n_calls: Whole, n_failed: Whole) -> float:
    # never 1: the logarithm of the rest is needed
    return max(USUAL_AT_LEAST, float((n_failed.sum() + 0.5) / (n_calls.sum() + 1)))


def _scores(n_calls: Whole, n_failed: Whole, usual: float, high: float) -> Array:
    fails, passes = np.log(high / usual), np.log((1 - high) / (1 - usual))
    scores: Array = n_failed * fails + (n_calls - n_failed) * passes
    return scores


def _maximal_sums(scores: Array) -> list[Run]:
    """All maximal runs of `scores`, none overlapping, in their order; linear."""
    runs: list[tuple[int, int, float, float]] = []  # first, last, sum before it, sum with it
    before = 0.0
    for place, score in enumerate(scores):
        if score <= 0:
            before += score
            continue
        run = (place, place, before, before + score)
        before += score
        while True:
            j = len(runs) - 1
            while j >= 0 and runs[j][2] >= run[2]:
                j -= 1
            if j < 0 or runs[j][3] >= run[3]:
                runs.append(run)
                break
            run = (runs[j][0], run[1], runs[j][2], run[3])
            del runs[j:]
    return [Run(first, last, float(end - start)) for first, last, start, end in runs]


STATE_RULES = """A reason's state looks back from the end of the range over all its history.
**New**: never seen in the account before the last day, or before the last tenth of a range shorter
than ten days (where the account goes back nine times as long). **Back**: seen again in that time after none came although at least 5 were expected.
**Rising**: more of the calls fail for it in that time than before. **Gone**: none came since
although at least 5 were expected. All but the first only where chance hardly explains it
(p below 0.05, corrected for the number of reasons), and with 5 failures or more."""


def states(
    cells: pd.DataFrame,
    hours: pd.DataFrame,
    first_seen: pd.Series[int],
    *,
    began: int,
    window: int,
    span: int,
) -> dict[str, str]:
    """Each reason's state by `STATE_RULES`: ``new``, ``back``, ``rising``, ``gone``; others have none.

    Parameters
    ----------
    cells : failures: ``reason``, ``hour`` (hours since 1970), ``n``.
    hours : all comparable calls: ``hour``, ``n``; sorted.
    first_seen : Unix second at which each reason was first seen in the whole account.
    began : Unix second of the account's first call.
    window : the hour (since 1970) with which the recent time begins.
    span : its length in hours.
    """
    if cells.empty:
        return {}
    moments = _moments(cells, hours, window)
    recent, before = moments["n_recent"], moments["n_before"]
    n = recent + before
    # what lies before must be several times as long, or everything in a young account is new
    known = window * 3600 - began >= 9 * span * 3600
    new = (first_seen.reindex(moments.index) >= window * 3600) & known
    gone = _vanished(n, moments["until_last"], moments["since_last"])
    back = _vanished(before, moments["until_gap"], moments["gap"]) & (recent > 0)
    ratio = rate_ratio(recent, moments["calls_recent"], before, moments["calls_before"])
    p_value = corrected(np.where(new, np.nan, ratio.p_value))
    rising = (p_value < SIGNIFICANT) & (ratio.low > 1) & (recent >= SMALL_SAMPLE)
    found: dict[str, str] = {}
    for name, flags in (("gone", gone), ("rising", rising), ("back", back), ("new", new)):
        found |= dict.fromkeys(moments.index[np.asarray(flags, dtype=bool)], name)
    return found


def _vanished(
    n: pd.Series[int], seen: pd.Series[int], unseen: pd.Series[int]
) -> npt.NDArray[np.bool_]:
    """Whether none of the `unseen` calls failed so after `n` of the `seen` ones had."""
    seen_calls = np.maximum(seen.to_numpy(dtype=float), 1.0)
    unseen_calls = unseen.to_numpy(dtype=float)
    count = n.to_numpy(dtype=float)
    tested = (count >= SMALL_SAMPLE) & (unseen_calls > 0)
    # that all of n failures come among the first calls
    chance = (seen_calls / (seen_calls + unseen_calls)) ** count
    p_value = corrected(np.where(tested, chance, np.nan))
    expected = count / seen_calls * unseen_calls
    flags: npt.NDArray[np.bool_] = tested & (expected >= EXPECTED) & (p_value < SIGNIFICANT)
    return flags


def _moments(cells: pd.DataFrame, hours: pd.DataFrame, window: int) -> pd.DataFrame:
    """Per reason: failures before and in the recent time, and the calls between its moments."""
    calls = hours["n"].to_numpy(dtype=np.int64)
    until = np.concatenate([[0], np.cumsum(calls)])  # calls of the hours before each place
    total = until[-1]
    place = np.searchsorted(hours["hour"].to_numpy(), cells["hour"].to_numpy())
    border = until[np.searchsorted(hours["hour"].to_numpy(), window)]
    recent = cells["hour"] >= window
    marked = pd.DataFrame(
        {
            "reason": cells["reason"],
            "n_recent": cells["n"].where(recent, 0),
            "n_before": cells["n"].where(~recent, 0),
            "until_last": until[place + 1],
            "until_gap": np.where(recent, 0, until[place + 1]),
            "gap_ends": np.where(recent, until[place], total),
        }
    )
    grouped = marked.groupby("reason", sort=True)
    found = grouped[["n_recent", "n_before"]].sum()
    found[["until_last", "until_gap"]] = grouped[["until_last", "until_gap"]].max()
    found["since_last"] = total - found["until_last"]
    found["gap"] = (grouped["gap_ends"].min() - found["until_gap"]).clip(lower=0)
    found["calls_recent"], found["calls_before"] = total - border, border
    return found
