"""Outages: runs of failures far denser than usual, and the calls they lost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from explorer.analysis import outages as runs
from explorer.analysis.failures import REASON_SQL
from explorer.analysis.filters import Filter
from explorer.analysis.queries.failures import (
    HOUR_S,
    between,
    comparable,
    fails_sql,
    history,
    moment,
    reason_parameter,
    second_of,
)
from explorer.analysis.queries.kept import kept
from explorer.analysis.statistics import share_interval
from explorer.analysis.summary import Cursor, row, summary
from explorer.analysis.zones import DAY_S

MOST_OF_IT = 0.8
"""Of an outage's failures: a reason of so many is the outage, which begins and ends with it."""
MOST_IDS = 1000
"""Ids of an outage that are handed out at once."""


def _of_outage(calls: Filter, row: Any, zone: ZoneInfo) -> Filter:
    return between(comparable(calls), second_of(row.starts_at), second_of(row.ends_at), zone)


def lost_calls(calls: Filter, row: Any, zone: ZoneInfo) -> Filter:
    """The calls that an outage lost."""
    return _of_outage(calls, row, zone).with_(status_filter="failed", reason=calls.reason)


@summary(n_calls=_of_outage, n_failed=lost_calls)
def outages(cursor: Cursor, calls: Filter, zone: ZoneInfo) -> pd.DataFrame:
    """Runs of failures far denser than usual, the newest first; by `outages.find_runs`.

    What is usual is the share of calls that fail in all the filter's history; failures are those
    of the filter's reason, or all where it has none. Runs that reach into the range asked for are
    there, with the part that lies in it. Where one reason makes up `MOST_OF_IT` of a run, it begins
    and ends with that one: the others happened to fail nearby.

    Returns
    -------
    One row an outage: ``starts_at`` (its first failure, UTC), ``ends_at`` (its last failure),
    ``recovered_at`` (the first call after it that was completed; missing where none was yet),
    ``hours`` (from start to end), ``n_calls`` (in that time), ``n_failed``, ``failed_share``
    (0–1), ``share_low``, ``share_high`` (95 % Wilson interval), ``usual_share``, ``reason`` (the
    most frequent one), ``reason_share`` (of the failures), ``reasons`` (how many there are).

    Source: table ``calls``; API fields ``created``, ``status``, ``metadata.error_message``.
    """
    found = list(_found_outages(cursor, calls, zone))
    return pd.DataFrame(found, columns=list(_OUTAGE_COLUMNS)).astype(_OUTAGE_COLUMNS)


_OUTAGE_COLUMNS = {
    "starts_at": "datetime64[s, UTC]",
    "ends_at": "datetime64[s, UTC]",
    "recovered_at": "datetime64[s, UTC]",
    "hours": "float64",
    "n_calls": "int64",
    "n_failed": "int64",
    "failed_share": "float64",
    "share_low": "float64",
    "share_high": "float64",
    "usual_share": "float64",
    "reason": "str",
    "reason_share": "float64",
    "reasons": "int64",
}


def _found_outages(cursor: Cursor, calls: Filter, zone: ZoneInfo) -> Iterator[dict[str, Any]]:
    past = history(calls)
    where, parameters = past.where(zone=zone)
    hours = cursor.execute(
        f"SELECT created // {HOUR_S} AS hour, count(*) AS n, "
        f"count(*) FILTER ({fails_sql(calls)}) AS failed FROM calls WHERE {where} "
        "GROUP BY hour ORDER BY hour",
        parameters | reason_parameter(calls),
    ).df()
    found = runs.find_runs(hours["n"].to_numpy(np.int64), hours["failed"].to_numpy(np.int64))
    spans = [
        _to_the_call(cursor, calls, zone, hours.iloc[run.first : run.last + 1], found.usual)
        for run in reversed(found.runs)
    ]
    for one in _in_range(cursor, calls, zone, spans):
        yield _outage(cursor, calls, zone, *one) | {"usual_share": found.usual}


def _to_the_call(
    cursor: Cursor, calls: Filter, zone: ZoneInfo, within: pd.DataFrame, usual: float
) -> tuple[int, int]:
    """The seconds of the first and the last failure of a run of hours."""
    first, last = int(within["hour"].iloc[0]), int(within["hour"].iloc[-1])
    # a share of 1 would take in no call that passed
    high = float((within["failed"].sum() + 0.5) / (within["n"].sum() + 1))
    where, parameters = history(calls).where(zone=zone)
    # the hours around each end are enough; between them the run holds
    near = [(first - 1, first + 2), (last - 1, last + 2)]
    bound = {
        f"hour_{n}": hour * HOUR_S for n, hour in enumerate(hour for two in near for hour in two)
    }
    found = cursor.execute(
        f"SELECT created, {fails_sql(calls)} FROM calls WHERE {where} "
        "AND (created >= $hour_0 AND created < $hour_1 OR created >= $hour_2 AND created < $hour_3) "
        "ORDER BY created, id",
        parameters | reason_parameter(calls) | bound,
    ).fetchall()
    seconds, failed = [second for second, _ in found], [fails for _, fails in found]
    start, end = runs.edges(np.array(failed), usual, max(high, usual))
    return seconds[start], seconds[end]


def _in_range(
    cursor: Cursor, calls: Filter, zone: ZoneInfo, spans: list[tuple[int, int]]
) -> Iterator[tuple[int, int, list[_Seen]]]:
    """The part of each outage that lies in the range asked for, if any, and its reasons."""
    bound = comparable(calls).where(zone=zone)[1]
    spans = [(max(first, int(bound.get("since", first))), last) for first, last in spans]
    found = _reasons_within(cursor, calls, zone, spans)
    tight = [_tight(names) for names in found if names]
    for (first, last), names in zip(
        tight, _reasons_within(cursor, calls, zone, tight), strict=True
    ):
        yield first, last, names


def _tight(names: list[_Seen]) -> tuple[int, int]:
    """From the first to the last failure; of the main reason if there is one."""
    main = names[:1] if names[0].n >= MOST_OF_IT * sum(one.n for one in names) else names
    return min(one.first for one in main), max(one.last for one in main)


def _outage(
    cursor: Cursor, calls: Filter, zone: ZoneInfo, first: int, last: int, names: list[_Seen]
) -> dict[str, Any]:
    where, parameters = between(comparable(calls), first, last, zone).where(zone=zone)
    (n_calls,) = row(cursor, f"SELECT count(*) FROM calls WHERE {where}", parameters)
    n_failed = sum(one.n for one in names)
    low, high = share_interval(n_failed, n_calls)
    return {
        "starts_at": moment(first),
        "ends_at": moment(last),
        "recovered_at": _recovered(cursor, calls, zone, last),
        "hours": (last - first) / HOUR_S,
        "n_calls": n_calls,
        "n_failed": n_failed,
        "failed_share": n_failed / n_calls,
        "share_low": low,
        "share_high": high,
        "reason": names[0].reason,
        "reason_share": names[0].n / n_failed,
        "reasons": len(names),
    }


class _Seen(NamedTuple):
    reason: str
    n: int
    first: int
    last: int


def _reasons_within(
    cursor: Cursor, calls: Filter, zone: ZoneInfo, spans: list[tuple[int, int]]
) -> list[list[_Seen]]:
    """For each span of seconds the reasons of the failures in it, the most frequent first."""
    if not spans:
        return []
    where, parameters = comparable(calls).where(zone=zone)
    found = cursor.execute(
        f"""
        SELECT place, reason, count(*) AS n, min(created), max(created)
        FROM (SELECT unnest($firsts) AS first, unnest($lasts) AS last,
                     unnest(range(len($firsts))) AS place)
        JOIN (SELECT created, {REASON_SQL} AS reason FROM calls WHERE {where} AND {fails_sql(calls)})
            ON created BETWEEN first AND last
        GROUP BY place, reason ORDER BY place, n DESC, reason
        """,
        parameters
        | reason_parameter(calls)
        | {"firsts": [first for first, _ in spans], "lasts": [last for _, last in spans]},
    ).fetchall()
    names: list[list[_Seen]] = [[] for _ in spans]
    for place, *one in found:
        names[place].append(_Seen(*one))
    return names


def _recovered(cursor: Cursor, calls: Filter, zone: ZoneInfo, last: int) -> datetime | None:
    where, parameters = comparable(calls).with_(since=None, until=None).where(zone=zone)
    # most recover within the day, of which a small part of the table tells
    for until in ("AND created <= $last_failure + $day", ""):
        bound = {"last_failure": last} | ({"day": DAY_S} if until else {})
        (second,) = row(
            cursor,
            f"SELECT min(created) FROM calls WHERE {where} AND status = 'completed' "
            f"AND created > $last_failure {until}",
            parameters | bound,
        )
        if second is not None:
            return moment(second)
    return None


@kept
def ids(cursor: Cursor, calls: Filter, zone: ZoneInfo, *, limit: int = MOST_IDS) -> list[str]:
    """The ids of matching calls, oldest first; `limit` at most."""
    where, parameters = calls.where(zone=zone)
    sql = f"SELECT id FROM calls WHERE {where} ORDER BY created, id LIMIT {int(limit)}"
    return [str(one) for (one,) in cursor.execute(sql, parameters).fetchall()]
