"""What changed since the previous period of equal length."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from explorer.analysis import periods
from explorer.analysis.failures import REASON_SQL
from explorer.analysis.filters import Filter
from explorer.analysis.queries.volume import failing
from explorer.analysis.statistics import (
    corrected,
    difference_of_means,
    difference_of_shares,
    rate_ratio,
)
from explorer.analysis.summary import Cursor, fetch, row, summary

SIGNIFICANT = 0.05
"""Of the p-value after correction: what is below is called a clear change."""
MOST_REASONS = 20
_COLUMNS = [
    *("measure", "subject", "before", "now", "n_before", "n_now", "of_before", "of_now"),
    *("p_value", "clear", "before_at", "from_at", "to_at"),
]


def _period(calls: Filter, one: Any, *, now: bool) -> Filter:
    begins, ends = (one.from_at, one.to_at) if now else (one.before_at, one.from_at)
    return calls.with_(since=begins, until=ends)


def _divisor(now: bool) -> Any:
    def opens(calls: Filter, one: Any, _: ZoneInfo) -> Filter:
        within = _period(calls, one, now=now)
        return within.with_(checked=True) if one.measure == "check" else within

    return opens


def _counted(now: bool) -> Any:
    def opens(calls: Filter, one: Any, _: ZoneInfo) -> Filter:
        within = _period(calls, one, now=now)
        if one.measure == "effort":
            return within.with_(has_score=True)
        if one.measure == "check":
            return failing(within, one.subject)
        if one.measure == "reason":
            return within.with_(status_filter="failed", reason=one.subject)
        return within.with_(status_filter="failed") if one.measure == "failed" else within

    return opens


@summary(
    n_before=_counted(False), n_now=_counted(True), of_before=_divisor(False), of_now=_divisor(True)
)
def changes(cursor: Cursor, calls: Filter, zone: ZoneInfo) -> pd.DataFrame:
    """The period asked for (the last 7 days without a start) against the one right before it.

    Returns
    -------
    One row a comparison, the clearest first: ``measure`` (``calls``, ``failed``, ``effort``,
    ``check`` or ``reason``), ``subject`` (the check or reason), ``before`` and ``now`` (calls,
    shares 0–1, or mean effort 0–5), ``n_before`` and ``n_now`` (calls with it; for effort the
    scored ones), ``of_before`` and ``of_now`` (calls that the share was divided by),
    ``p_value`` (corrected for the number of comparisons; NaN with too few calls), ``clear``,
    ``before_at``, ``from_at``, ``to_at`` (where the periods begin and end, UTC).

    Compared are numbers of calls as rates (exact conditional test), shares by Fisher's test, means
    by Welch's; corrected after Benjamini and Hochberg.

    Source: table ``calls``.
    """
    this, that = periods.previous(calls, zone=zone)
    now, before = (_figures(cursor, period, zone) for period in (this, that))
    if now.empty and before.empty:
        return pd.DataFrame(columns=_COLUMNS)
    keys = ["measure", "subject"]
    both = before.merge(now, "outer", on=keys, suffixes=("_before", "_now"))
    for side in ("before", "now"):
        for name in ("n", "of"):
            # a check or reason that does not occur counts none of the period's calls
            both[f"{name}_{side}"] = both[f"{name}_{side}"].fillna(0)
    both = _with_divisors(both)
    p_values = _p_values(both)
    if _begins_after(cursor, that, zone):
        # the account is younger than the period before: fewer calls then say nothing
        p_values[both["measure"] == "calls"] = np.nan
    both["p_value"] = corrected(p_values)
    both["clear"] = both["p_value"] < SIGNIFICANT
    for side in ("before", "now"):
        share = both[f"n_{side}"] / both[f"of_{side}"].where(both[f"of_{side}"] > 0)
        counts = both["measure"] == "calls"
        both[side] = np.select(
            [both["measure"] == "effort", counts], [both[f"mean_{side}"], both[f"n_{side}"]], share
        )
        for name in ("n", "of"):
            both[f"{name}_{side}"] = both[f"{name}_{side}"].astype("int64")
    both["before_at"], both["from_at"], both["to_at"] = that.since, this.since, this.until
    return both.sort_values(["p_value", *keys], ignore_index=True)[_COLUMNS]


def _begins_after(cursor: Cursor, period: Filter, zone: ZoneInfo) -> bool:
    _, parameters = period.where(zone=zone)
    (oldest,) = row(cursor, "SELECT min(created) FROM calls", {})
    return oldest is None or bool(oldest > parameters["since"])


def _figures(cursor: Cursor, calls: Filter, zone: ZoneInfo) -> pd.DataFrame:
    """Of one period: ``measure``, ``subject``, ``n``, ``of``, ``mean``, ``deviation``."""
    where, parameters = calls.where(zone=zone)
    return fetch(
        cursor,
        f"""
        WITH chosen AS (
            SELECT status, customer_effort_score, n_flagged, flagged_checks,
                   CASE WHEN status = 'failed' THEN {REASON_SQL} END AS reason
            FROM calls WHERE {where}
        ), checks AS (SELECT unnest(flagged_checks) AS name FROM chosen)
        SELECT 'calls' AS measure, '' AS subject, count(*) AS n, count(*) AS of,
               NULL::DOUBLE AS mean, NULL::DOUBLE AS deviation FROM chosen
        UNION ALL SELECT 'failed', '', count(*) FILTER (status = 'failed'), count(*), NULL, NULL
        FROM chosen
        UNION ALL SELECT 'effort', '', count(customer_effort_score), count(*),
               avg(customer_effort_score), stddev_samp(customer_effort_score) FROM chosen
        UNION ALL SELECT 'check', name, count(*), (SELECT count(n_flagged) FROM chosen), NULL, NULL
        FROM checks GROUP BY name
        UNION ALL (
            SELECT 'reason', reason, count(*), (SELECT count(*) FROM chosen), NULL, NULL
            FROM chosen WHERE status = 'failed' GROUP BY reason
            ORDER BY count(*) DESC, reason LIMIT {MOST_REASONS})
        """,
        parameters,
    )


def _with_divisors(both: pd.DataFrame) -> pd.DataFrame:
    """Checks and reasons that one of the periods lacks have its divisor too."""
    for side in ("before", "now"):
        of = f"of_{side}"
        divisors = both.groupby("measure")[of].max()
        all_calls = divisors.get("calls", 0)
        missing = both["measure"].isin(["check", "reason"]) & (both[of] == 0)
        both.loc[missing & (both["measure"] == "reason"), of] = all_calls
        both.loc[missing & (both["measure"] == "check"), of] = divisors.get("check", 0)
    return both


def _p_values(both: pd.DataFrame) -> np.ndarray:
    shares = difference_of_shares(
        both["n_now"], both["of_now"], both["n_before"], both["of_before"]
    )
    means = difference_of_means(
        both["n_now"],
        both["mean_now"].astype(float),
        both["deviation_now"].astype(float),
        both["n_before"],
        both["mean_before"].astype(float),
        both["deviation_before"].astype(float),
    )
    rates = rate_ratio(both["n_now"], np.ones(len(both)), both["n_before"], 1.0)
    measure = both["measure"]
    return np.select(
        [measure == "calls", measure == "effort"], [rates.p_value, means.p_value], shares.p_value
    )
