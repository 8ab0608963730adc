"""The overview's tables: calls by status, effort a day, why analyses fail."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from explorer.analysis.dimensions import STATUSES
from explorer.analysis.failures import REASON_SQL
from explorer.analysis.filters import Filter
from explorer.analysis.queries.effort import effort_per_day as effort_per_day
from explorer.analysis.statistics import mean_interval
from explorer.analysis.summary import Cursor, fetch, summary


@summary(n_calls=lambda calls, row, _: calls.with_(status_filter=row.status))
def status_counts(cursor: Cursor, calls: Filter, zone: ZoneInfo) -> pd.DataFrame:
    """Calls by status, whatever the filter's own status is.

    Returns
    -------
    One row a status, the documented ones first and always there: ``status``, ``n_calls``,
    ``share`` (0–1 of all, 0 for no calls).

    Source: table ``calls``; API field ``status``.
    """
    where, parameters = calls.with_(status_filter=None).where(zone=zone)
    sql = f"SELECT status, count(*) AS n_calls FROM calls WHERE {where} GROUP BY status"
    found: dict[str, int] = dict(cursor.execute(sql, parameters).fetchall())
    names = [*STATUSES, *sorted(set(found) - set(STATUSES))]
    table = pd.DataFrame({"status": names, "n_calls": [found.get(name, 0) for name in names]})
    table["share"] = table["n_calls"] / max(1, sum(found.values()))
    return table


def _unscored(status: str) -> Any:
    return lambda calls, row, _: calls.with_(status_filter=status, has_score=False)


@summary(
    n_calls=lambda calls, row, _: calls,
    n_scored=lambda calls, row, _: calls.with_(has_score=True),
    n_processing=_unscored("processing"),
    n_failed=_unscored("failed"),
    n_completed_without_score=_unscored("completed"),
)
def effort_summary(cursor: Cursor, calls: Filter, zone: ZoneInfo) -> pd.DataFrame:
    """Mean effort of the calls and what it was divided by.

    Returns
    -------
    One row: ``mean_effort`` (0–5, NaN without scores), ``low`` and ``high`` (95 % t interval cut
    to 0–5, NaN below two scores), ``n_calls``, ``n_scored``, and why the others have none:
    ``n_processing``, ``n_failed``, ``n_completed_without_score``, ``n_other_without_score``.

    Source: table ``calls``; API field ``results.coaching.customer_effort_score``.
    """
    where, parameters = calls.where(zone=zone)
    unscored = "count(*) FILTER (customer_effort_score IS NULL AND status {}) AS n_{}"
    named = [
        unscored.format(f"= '{status}'", name)
        for status, name in (
            ("processing", "processing"),
            ("failed", "failed"),
            ("completed", "completed_without_score"),
        )
    ]
    listed = ", ".join(f"'{status}'" for status in STATUSES)
    table = fetch(
        cursor,
        f"""
        SELECT avg(customer_effort_score) AS mean_effort,
               stddev_samp(customer_effort_score) AS deviation,
               count(*) AS n_calls, count(customer_effort_score) AS n_scored,
               {", ".join(named)},
               {unscored.format(f"NOT IN ({listed})", "other_without_score")}
        FROM calls WHERE {where}
        """,
        parameters,
    )
    low, high = mean_interval(table["n_scored"], table["mean_effort"], table["deviation"])
    table.insert(1, "low", low.clip(0, 5))
    table.insert(2, "high", high.clip(0, 5))
    return table.drop(columns="deviation")


@summary(n_calls=lambda calls, row, _: calls.with_(status_filter="failed", reason=row.reason))
def failure_reasons(cursor: Cursor, calls: Filter, zone: ZoneInfo) -> pd.DataFrame:
    """Failed calls by reason, most frequent first; ties by reason.

    Returns
    -------
    One row a reason: ``reason`` (text), ``n_calls``, ``share`` (0–1, of the failed calls),
    ``first_seen_at``, ``last_seen_at`` (UTC), ``latest_id`` (the newest such analysis).

    Source: table ``calls``; API field ``metadata.error_message``.
    """
    where, parameters = calls.where(zone=zone)
    table = fetch(
        cursor,
        f"""
        SELECT {REASON_SQL} AS reason,
               count(*) AS n_calls,
               to_timestamp(min(created)) AS first_seen_at,
               to_timestamp(max(created)) AS last_seen_at,
               first(id ORDER BY created DESC, id) AS latest_id
        FROM calls WHERE status = 'failed' AND {where}
        GROUP BY reason ORDER BY n_calls DESC, reason
        """,
        parameters,
    )
    table.insert(2, "share", table["n_calls"] / max(1, int(table["n_calls"].sum())))
    return table
