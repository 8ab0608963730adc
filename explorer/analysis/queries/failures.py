"""Failures: their reasons, and what is different about one."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from explorer.analysis import contrast, outages as runs, periods
from explorer.analysis.dimensions import (
    ANY_REASON,
)
from explorer.analysis.failures import REASON_ASKED_SQL, REASON_SQL
from explorer.analysis.filters import Filter
from explorer.analysis.queries.kept import kept
from explorer.analysis.statistics import share_interval
from explorer.analysis.summary import Cursor, fetch, row, summary
from explorer.analysis.zones import DAY_S, local_day_sql

HOUR_S = 3600
HOURS_UP_TO = 4 * DAY_S
"""A time no longer than this is counted by the hour."""
SPARK_PARTS = 24
MOST_VALUES = 300
"""Values of a contrast that are listed, the most telling ones."""
_EPOCH = date(1970, 1, 1)


def comparable(calls: Filter) -> Filter:
    """The calls whatever their status and whatever they failed for."""
    return calls.with_(status_filter=None, reason=None, not_reason=None, stuck=None, sort=None)


def history(calls: Filter) -> Filter:
    """The comparable calls from the account's first one to the end of the range."""
    return comparable(calls).with_(since=None)


def failures_of(calls: Filter, reason: str | None) -> Filter:
    """Those of the calls that failed for a reason; for any where it is None."""
    return comparable(calls).with_(status_filter="failed", reason=reason)


def between(calls: Filter, first: int, last: int, zone: ZoneInfo) -> Filter:
    """Those of the calls that were created from second `first` to second `last`, it included."""
    return periods.between(calls, moment(first), moment(last + 1), zone)


def moment(second: int) -> datetime:
    """Unix seconds as a time."""
    return datetime.fromtimestamp(second, UTC)


def second_of(at: Any) -> int:
    """A time as Unix seconds."""
    return int(pd.Timestamp(at).timestamp())


def _times(seconds: Any) -> pd.Series[Any]:
    return pd.to_datetime(pd.Series(seconds, dtype="Int64"), unit="s", utc=True)


# --- reasons ----------------------------------------------------------------------------------


@summary(
    n_failed=lambda calls, row, _: failures_of(calls, calls.reason),
    n_calls=lambda calls, row, _: comparable(calls),
)
def failure_totals(cursor: Cursor, calls: Filter, zone: ZoneInfo) -> pd.DataFrame:
    """How many calls failed, for the filter's reason if it has one, whatever status is asked for.

    Returns
    -------
    One row, or none where no calls match: ``n_failed``, ``n_calls`` (whatever their status),
    ``failed_share`` (0–1), ``share_low``, ``share_high`` (95 % Wilson interval).

    Source: table ``calls``; API field ``status``.
    """
    where, parameters = comparable(calls).where(zone=zone)
    table = fetch(
        cursor,
        f"SELECT count(*) FILTER ({fails_sql(calls)}) AS n_failed, count(*) AS n_calls "
        f"FROM calls WHERE {where} HAVING count(*) > 0",
        parameters | reason_parameter(calls),
    )
    table["failed_share"] = table["n_failed"] / table["n_calls"]
    table["share_low"], table["share_high"] = share_interval(table["n_failed"], table["n_calls"])
    return table


@summary(n_calls=lambda calls, row, _: calls.with_(status_filter="failed", reason=row.reason))
def reasons(cursor: Cursor, calls: Filter, zone: ZoneInfo) -> pd.DataFrame:
    """Failed calls by reason, most frequent first; ties by reason.

    Returns
    -------
    One row a reason: ``n_calls``, ``state`` (``new``, ``back``, ``rising``, ``gone`` or empty, by
    `outages.STATE_RULES`), ``reason``, ``over_time`` (calls in each of `SPARK_PARTS` equal parts of
    the time in view), ``failures_share`` (0–1 of the ``of_failures`` failed calls),
    ``calls_share`` (of all ``of_calls`` calls, whatever their status), ``agents`` and ``contacts``
    (how many were hit; calls without one do not count), ``first_seen_at``, ``last_seen_at`` (UTC,
    within the filter), ``latest_id`` (the newest such analysis).

    Source: table ``calls``; API field ``metadata.error_message``.
    """
    where, parameters = calls.where(zone=zone)
    table = fetch(
        cursor,
        f"""
        SELECT {REASON_SQL} AS reason, count(*) AS n_calls,
               count(DISTINCT nullif(agent_id, '')) AS agents,
               count(DISTINCT nullif(contact_id, '')) AS contacts,
               min(created) AS first_seen, max(created) AS last_seen,
               first(id ORDER BY created DESC, id) AS latest_id
        FROM calls WHERE status = 'failed' AND {where}
        GROUP BY reason ORDER BY n_calls DESC, reason
        """,
        parameters,
    )
    of_failures, of_calls, first, last = _totals(cursor, calls, zone)
    table["of_failures"], table["of_calls"] = of_failures, of_calls
    table["failures_share"] = table["n_calls"] / max(1, of_failures)
    table["calls_share"] = table["n_calls"] / max(1, of_calls)
    table["first_seen_at"] = _times(table["first_seen"])
    table["last_seen_at"] = _times(table["last_seen"])
    table["over_time"] = _over_time(cursor, calls, zone, list(table["reason"]), first, last)
    found = _states(cursor, calls, zone) if len(table) else {}
    table["state"] = [found.get(reason, "") for reason in table["reason"]]
    return table[
        [
            *("n_calls", "state", "reason", "over_time", "failures_share", "of_failures"),
            *("calls_share", "of_calls", "agents", "contacts", "first_seen_at", "last_seen_at"),
            "latest_id",
        ]
    ]


def _totals(cursor: Cursor, calls: Filter, zone: ZoneInfo) -> tuple[int, int, int, int]:
    """Failures and all calls, whatever their status and reason; the first and the last second."""
    where, parameters = comparable(calls).where(zone=zone)
    failed, n, first, last = row(
        cursor,
        "SELECT count(*) FILTER (status = 'failed'), count(*), min(created), max(created) "
        f"FROM calls WHERE {where}",
        parameters,
    )
    return int(failed), int(n), int(first or 0), int(last or 0)


def _over_time(
    cursor: Cursor, calls: Filter, zone: ZoneInfo, names: list[str], first: int, last: int
) -> list[list[int]]:
    where, parameters = calls.where(zone=zone)
    size = max(1, -(-(last - first + 1) // SPARK_PARTS))
    found = cursor.execute(
        f"SELECT {REASON_SQL} AS reason, (created - {first}) // {size} AS part, count(*) "
        f"FROM calls WHERE status = 'failed' AND {where} GROUP BY ALL",
        parameters,
    ).fetchall()
    parts = {name: [0] * SPARK_PARTS for name in names}
    for reason, part, n in found:
        parts[reason][part] = n
    return [parts[name] for name in names]


def _states(cursor: Cursor, calls: Filter, zone: ZoneInfo) -> dict[str, str]:
    """See `outages.states`; over the filter's history, and for "new" over the whole account."""
    hours, cells = _per_hour(cursor, history(calls), zone), _reasons_per_hour(cursor, calls, zone)
    seen = cursor.execute(
        f"SELECT {REASON_SQL} AS reason, min(created) FROM calls WHERE status = 'failed' GROUP BY reason"
    ).fetchall()
    (began,) = row(cursor, "SELECT min(created) FROM calls", {})
    bound = calls.where(zone=zone)[1]
    ends = min(int(bound.get("until", 1 << 60)), int(datetime.now(UTC).timestamp()))
    starts = int(bound.get("since", int(hours["hour"].iloc[0]) * HOUR_S))
    span = int(min(24, max(1, (ends - starts) // (10 * HOUR_S))))
    return runs.states(
        cells,
        hours,
        pd.Series(dict(seen), dtype="int64"),
        began=int(began),
        window=ends // HOUR_S - span,
        span=span,
    )


def _per_hour(cursor: Cursor, calls: Filter, zone: ZoneInfo) -> pd.DataFrame:
    where, parameters = calls.where(zone=zone)
    return cursor.execute(
        f"SELECT created // {HOUR_S} AS hour, count(*) AS n FROM calls WHERE {where} "
        "GROUP BY hour ORDER BY hour",
        parameters,
    ).df()


def _reasons_per_hour(cursor: Cursor, calls: Filter, zone: ZoneInfo) -> pd.DataFrame:
    where, parameters = history(calls).where(zone=zone)
    return cursor.execute(
        f"SELECT {REASON_SQL} AS reason, created // {HOUR_S} AS hour, count(*) AS n FROM calls "
        f"WHERE status = 'failed' AND {where} GROUP BY ALL",
        parameters,
    ).df()


# --- one reason -------------------------------------------------------------------------------


def _of_bar(calls: Filter, row: Any, zone: ZoneInfo) -> Filter:
    return between(comparable(calls), second_of(row.starts_at), second_of(row.ends_at) - 1, zone)


@summary(
    n_calls=_of_bar,
    n_failures=lambda calls, row, zone: _of_bar(calls, row, zone).with_(
        status_filter="failed", reason=calls.reason
    ),
)
def reason_over_time(cursor: Cursor, calls: Filter, zone: ZoneInfo) -> pd.DataFrame:
    """The failures of the filter's reason, or all where it has none, beside all calls.

    Returns
    -------
    One row an hour (where all calls are of four days at most) or a day of `zone` that has calls:
    ``starts_at``, ``ends_at`` (UTC), ``n_calls`` (whatever their status), ``n_failures``,
    ``failures_share`` (0–1 of the calls), ``share_low``, ``share_high`` (95 % Wilson interval).

    Source: table ``calls``; API fields ``created``, ``status``, ``metadata.error_message``.
    """
    where, parameters = comparable(calls).where(zone=zone)
    first, last = row(
        cursor, f"SELECT min(created), max(created) FROM calls WHERE {where}", parameters
    )
    first, last = first or 0, last or 0
    by_hour = last - first <= HOURS_UP_TO
    # hours of the clock at the start; days as the calendar has them
    shift = round(datetime.fromtimestamp(first, zone).utcoffset().total_seconds()) % HOUR_S  # type: ignore[union-attr]
    place = f"(created + {shift}) // {HOUR_S}" if by_hour else local_day_sql(zone, first, last)
    table = fetch(
        cursor,
        f"SELECT {place} AS place, count(*) AS n_calls, "
        f"count(*) FILTER ({fails_sql(calls)}) AS n_failures "
        f"FROM calls WHERE {where} GROUP BY place ORDER BY place",
        parameters | reason_parameter(calls),
    )
    for at, name in enumerate(("starts_at", "ends_at")):
        places = table["place"] + at
        seconds = places * HOUR_S - shift if by_hour else [_midnight(int(n), zone) for n in places]
        table.insert(at, name, _times(seconds))
    table["failures_share"] = table["n_failures"] / table["n_calls"]
    table["share_low"], table["share_high"] = share_interval(table["n_failures"], table["n_calls"])
    return table.drop(columns="place")


def fails_sql(calls: Filter) -> str:
    """The condition that a call failed for the filter's reason, or at all where it has none."""
    if not calls.reason:
        return "status = 'failed'"
    # a reason may be asked for by a mask, or by a label of earlier
    return f"(status = 'failed' AND {REASON_SQL} = {REASON_ASKED_SQL.format('$in_view')})"


def reason_parameter(calls: Filter) -> dict[str, str]:
    """The parameter of `fails_sql`."""
    return {"in_view": calls.reason} if calls.reason else {}


def _midnight(day: int, zone: ZoneInfo) -> int:
    return int(periods.midnight(_EPOCH + timedelta(days=day), zone).timestamp())


def _having(calls: Filter, one: Any, zone: ZoneInfo) -> Filter:
    chosen = calls.with_(**contrast.condition(one.variable, one.value))
    return between(chosen, second_of(one.from_at), second_of(one.to_at), zone)


def compared_failures(calls: Filter) -> Filter:
    """The failures that a contrast of the calls is about."""
    return failures_of(calls, calls.reason)


def compared_others(calls: Filter) -> Filter:
    """The calls that a contrast of the calls compares with, the time apart."""
    return comparable(calls).with_(not_reason=calls.reason or ANY_REASON)


@summary(
    n_failures=lambda calls, row, zone: _having(compared_failures(calls), row, zone),
    n_others=lambda calls, row, zone: _having(compared_others(calls), row, zone),
)
def failure_contrast(cursor: Cursor, calls: Filter, zone: ZoneInfo) -> pd.DataFrame:
    """What the failures of the filter's reason have in common that other calls have not.

    The failures are those of the filter's reason, or all where it has none. Comparable are the
    calls that match apart from status and reason, did not fail so, and were created from the first
    of these failures to the last one.

    Returns
    -------
    One row a value: ``variable`` (a name of `contrast.variables`), ``value`` (as in a filter),
    ``n_failures``, ``n_others``, and the columns of `contrast.measured`; ``from_at``, ``to_at``
    (UTC, the time compared). Values that none of the failures has are left out unless few enough
    of them are to be expected by chance (corrected p below 0.05); `MOST_VALUES` rows at most.

    Source: table ``calls``.
    """
    found, first, last = _values(cursor, calls, zone)
    table = contrast.measured(found)
    telling = (table["n_failures"] > 0) | (table["p_corrected"] < contrast.SIGNIFICANT)
    # put in order without the others: contacts who never failed are most of the values
    table = contrast.in_order(table[telling]).head(MOST_VALUES)
    table["from_at"] = _times([first] * len(table))
    table["to_at"] = _times([last] * len(table))
    return table


def _values(cursor: Cursor, calls: Filter, zone: ZoneInfo) -> tuple[pd.DataFrame, int, int]:
    """Failures and others by variable and value, and the seconds of the first and last failure."""
    where, parameters = comparable(calls).where(zone=zone)
    parameters |= reason_parameter(calls)
    first, last = row(
        cursor,
        f"SELECT min(created), max(created) FROM calls WHERE {where} AND {fails_sql(calls)}",
        parameters,
    )
    if first is None:
        empty = {"variable": "str", "value": "str", "n_failures": "int64", "n_others": "int64"}
        return pd.DataFrame(columns=list(empty)).astype(empty), 0, 0
    listed = contrast.variables(zone)
    compared = f"calls WHERE {where} AND created BETWEEN $first_failure AND $last_failure"
    together = [[one for one in listed if one.name in names] for names in contrast.COUNTED_TOGETHER]
    counted = {one.name for several in together for one in several}
    groups = [*together, *([one] for one in listed if one.name not in counted)]
    combined = ", ".join(
        f"group_{n} AS MATERIALIZED ({_counted_sql(calls, several, compared)})"
        for n, several in enumerate(groups)
    )
    summed = " UNION ALL ".join(
        f"SELECT '{one.name}' AS variable, {one.value_sql} AS value, "
        "CAST(sum(n_failures) AS BIGINT) AS n_failures, CAST(sum(n_others) AS BIGINT) AS n_others "
        f"FROM group_{n} WHERE {one.name} IS NOT NULL GROUP BY {one.name}"
        for n, several in enumerate(groups)
        for one in several
    )
    found = cursor.execute(
        f"WITH {combined} {summed}",
        parameters | {"first_failure": first, "last_failure": last},
    ).df()
    return found, int(first), int(last)


def _counted_sql(calls: Filter, several: list[contrast.Variable], compared: str) -> str:
    """Failures and others by each combination of values of some variables."""
    columns = ", ".join(f"{one.sql} AS {one.name}" for one in several)
    return (
        f"SELECT {', '.join(one.name for one in several)}, "
        "count(*) FILTER (fails) AS n_failures, count(*) FILTER (NOT fails) AS n_others "
        f"FROM (SELECT {fails_sql(calls)} AS fails, {columns} FROM {compared}) GROUP BY ALL"
    )


@kept
def contrast_totals(
    cursor: Cursor, calls: Filter, zone: ZoneInfo
) -> tuple[Filter, Filter, int, int]:
    """The failures and the others that `failure_contrast` compares, and how many they are."""
    failures, others = compared_failures(calls), compared_others(calls)
    where, parameters = failures.where(zone=zone)
    first, last = row(
        cursor, f"SELECT min(created), max(created) FROM calls WHERE {where}", parameters
    )
    if first is None:
        return failures, others, 0, 0
    failures, others = (between(one, first, last, zone) for one in (failures, others))
    numbers = []
    for one in (failures, others):
        where, parameters = one.where(zone=zone)
        numbers.append(int(row(cursor, f"SELECT count(*) FROM calls WHERE {where}", parameters)[0]))
    return failures, others, numbers[0], numbers[1]


@kept
def latest_failures(cursor: Cursor, calls: Filter, zone: ZoneInfo, *, limit: int) -> pd.DataFrame:
    """The newest failures of the filter's reason, or of any: what a ticket says of a call.

    Returns
    -------
    One row a call, newest first: ``id``, ``created``, ``agent_id``, ``contact_id``, ``livemode``,
    ``duration_s``, ``audio_format``, ``audio_duration_s``, ``size_bytes``, ``completed_ms``,
    ``processing_time_s``, ``error_message`` (secrets taken out), ``reason``.
    """
    where, parameters = failures_of(calls, calls.reason).where(zone=zone)
    return fetch(
        cursor,
        f"""
        SELECT id, created, agent_id, contact_id, livemode, duration_s, audio_format,
               audio_duration_s, size_bytes, completed_ms, processing_time_s, error_message,
               {REASON_SQL} AS reason
        FROM calls WHERE {where} ORDER BY created DESC, id LIMIT {int(limit)}
        """,
        parameters,
    )
