"""Stuck calls, and how long processing takes and calls wait for it."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from explorer.analysis import bands, periods
from explorer.analysis.filters import Filter
from explorer.analysis.queries.failures import (
    comparable,
)
from explorer.analysis.queries.kept import kept
from explorer.analysis.relations import AS_OF_SQL, STUCK_GRACE_S, WAITING_SQL
from explorer.analysis.statistics import SMALL_SAMPLE
from explorer.analysis.summary import Cursor, fetch, row, summary
from explorer.analysis.zones import hour_sql, local_day_sql

MOST_STUCK = 1000
"""Stuck calls that are listed at most."""
_EPOCH = date(1970, 1, 1)


def _processing(calls: Filter, *, stuck: bool | None = None) -> Filter:
    return comparable(calls).with_(status_filter="processing", stuck=stuck)


@summary(
    n_processing=lambda calls, row, _: _processing(calls),
    n_stuck=lambda calls, row, _: _processing(calls, stuck=True),
)
def processing_now(cursor: Cursor, calls: Filter, zone: ZoneInfo) -> pd.DataFrame:
    """Calls still processing, and those of them that are stuck; whatever status is asked for.

    Stuck is what 99 % of completed calls of that audio length had ended before; see
    `relations.WAITING_SQL`.

    Returns
    -------
    One row: ``n_processing``, ``n_stuck``. None where no calls match.

    Source: table ``calls``; API fields ``status``, ``created``, ``metadata.completed_at``.
    """
    found = _awaited(cursor, calls, zone, MOST_STUCK)[["n_processing", "n_stuck"]].head(1)
    if found.empty and _matches_any(cursor, comparable(calls), zone):
        return pd.DataFrame({"n_processing": [0], "n_stuck": [0]})
    return found


def _matches_any(cursor: Cursor, calls: Filter, zone: ZoneInfo) -> bool:
    where, parameters = calls.where(zone=zone)
    return bool(row(cursor, f"SELECT EXISTS (FROM calls WHERE {where})", parameters)[0])


def stuck_calls(
    cursor: Cursor, calls: Filter, zone: ZoneInfo, *, limit: int = MOST_STUCK
) -> pd.DataFrame:
    """Stuck calls, the longest overdue first.

    Returns
    -------
    One row a call: ``overdue_s``, ``created_at``, ``expected_at`` (by when 99 % of calls like it
    had ended; UTC), ``agent_id``, ``contact_id``, ``audio_length_s``, ``audio_format``, ``id``.

    Source: table ``calls``.
    """
    found = _awaited(cursor, calls, zone, max(limit, MOST_STUCK))
    stuck = found[found["overdue_s"] > STUCK_GRACE_S].head(limit).reset_index(drop=True)
    return stuck.drop(columns=["n_processing", "n_stuck"])


@kept
def _awaited(cursor: Cursor, calls: Filter, zone: ZoneInfo, limit: int) -> pd.DataFrame:
    """Calls still processing as in `stuck_calls`, `limit` at most, and how many of all there are."""
    where, parameters = _processing(calls).where(zone=zone)
    return fetch(
        cursor,
        f"""
        SELECT as_of - expected AS overdue_s,
               to_timestamp(created) AS created_at, to_timestamp(expected) AS expected_at,
               agent_id, contact_id, {bands.AUDIO_LENGTH.measure} AS audio_length_s, audio_format, id,
               count(*) OVER () AS n_processing,
               count(*) FILTER (overdue_s > {STUCK_GRACE_S}) OVER () AS n_stuck
        FROM calls JOIN ({WAITING_SQL}) AS awaited
            ON calls.rowid = awaited.row
        CROSS JOIN (SELECT {AS_OF_SQL} AS as_of)
        WHERE {where}
        ORDER BY overdue_s DESC NULLS LAST, id LIMIT {int(limit)}
        """,
        parameters,
    )


_FACTOR_SQL = f"(processing_time_s / nullif(greatest({bands.AUDIO_LENGTH.measure}, 0), 0))"
_WAIT_MS_SQL = "(completed_ms - created * 1000 - CAST(round(processing_time_s * 1000) AS BIGINT))"
_SPEEDS = ("p50", "p90", "p99")
_SPEED_SQL = """
    count(*) AS n_completed, count(factor) AS timed,
    quantile_cont(factor, [0.5, 0.9, 0.99]) AS factors,
    count(wait_s) AS waits_known, quantile_cont(wait_s, [0.5, 0.9, 0.99]) AS waits"""


def _completed(calls: Filter) -> Filter:
    return comparable(calls).with_(status_filter="completed")


@summary(
    n_completed=lambda calls, row, zone: periods.within(
        _completed(calls), row.day, row.day + timedelta(days=1), zone
    )
)
def speed_per_day(cursor: Cursor, calls: Filter, zone: ZoneInfo) -> pd.DataFrame:
    """How long completed calls took a day of `zone`, whatever status is asked for.

    Returns
    -------
    One row a day with completed calls: ``day`` (date) and the columns of `_speeds`.

    Source: table ``calls``; API fields ``metadata.processing_time_ms``, ``metadata.completed_at``,
    ``audio.duration_seconds``.
    """
    where, parameters = _completed(calls).where(zone=zone)
    first, last = row(
        cursor, f"SELECT min(created), max(created) FROM calls WHERE {where}", parameters
    )
    grain = local_day_sql(zone, first or 0, last or 0)
    table = _speeds(cursor, calls, zone, "day", grain)
    table["day"] = pd.Series([_EPOCH + timedelta(days=int(n)) for n in table["day"]], dtype=object)
    return table


@summary(
    n_completed=lambda calls, row, _: _completed(calls).with_(audio_format=(row.audio_format,))
)
def speed_per_format(cursor: Cursor, calls: Filter, zone: ZoneInfo) -> pd.DataFrame:
    """How long completed calls took by audio format, the slowest first, few calls last.

    Returns
    -------
    One row a format: ``audio_format`` (empty where it is not given) and the columns of `_speeds`.

    Source: as `speed_per_day`; API field ``audio.format``.
    """
    table = _speeds(cursor, calls, zone, "audio_format", "coalesce(audio_format, '')")
    table["few_calls"] = table["n_completed"] < SMALL_SAMPLE
    order = ["few_calls", "factor_p50", "audio_format"]
    return table.sort_values(order, ascending=[True, False, True], ignore_index=True)


@summary(n_completed=lambda calls, row, _: _completed(calls).with_(hour=(str(row.hour),)))
def speed_per_hour(cursor: Cursor, calls: Filter, zone: ZoneInfo) -> pd.DataFrame:
    """How long completed calls took by the hour of `zone` they were created in.

    Returns
    -------
    One row an hour that has any: ``hour`` (0–23) and the columns of `_speeds`.

    Source: as `speed_per_day`; API field ``created``.
    """
    return _speeds(cursor, calls, zone, "hour", f"CAST({hour_sql(zone)} AS INTEGER)")


def _speeds(cursor: Cursor, calls: Filter, zone: ZoneInfo, name: str, grain: str) -> pd.DataFrame:
    """Real-time factor and queue wait of completed calls.

    Returns
    -------
    `name`, ``n_completed``, ``timed`` (those with processing time and length), ``factor_p50``,
    ``factor_p90``, ``factor_p99`` (seconds of processing a second of audio), ``waits_known``,
    ``wait_p50``, ``wait_p90``, ``wait_p99`` (seconds between creation and end that processing does
    not explain; a call where they would be below 0 counts as missing). NaN where none is known.
    """
    where, parameters = _completed(calls).where(zone=zone)
    table = fetch(
        cursor,
        f"""
        SELECT {name}, {_SPEED_SQL} FROM (
            SELECT {grain} AS {name}, {_FACTOR_SQL} AS factor,
                   CASE WHEN {_WAIT_MS_SQL} >= 0 THEN {_WAIT_MS_SQL} / 1000.0 END AS wait_s
            FROM calls WHERE {where})
        GROUP BY {name} ORDER BY {name}
        """,
        parameters,
    )
    for measure in ("factor", "wait"):
        lists = table.pop(f"{measure}s")
        for place, part in enumerate(_SPEEDS):
            table[f"{measure}_{part}"] = [
                float(found[place]) if isinstance(found, list | np.ndarray) else np.nan
                for found in lists
            ]
    return table[
        [
            *(name, "n_completed", "timed", "factor_p50", "factor_p90", "factor_p99"),
            *("waits_known", "wait_p50", "wait_p90", "wait_p99"),
        ]
    ]
