"""Calls over time by status, and how often each check fails."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from explorer.analysis import periods
from explorer.analysis.filters import Filter
from explorer.analysis.statistics import share_interval
from explorer.analysis.summary import Cursor, fetch, row, summary
from explorer.analysis.zones import DAY_S, local_second_sql
from explorer.api.models import COMPLIANCE_CHECKS

HOURS_UP_TO = 4 * DAY_S
DAYS_UP_TO = 400 * DAY_S
_MONDAY = date(1969, 12, 29)  # the Monday before 1970: weeks count from it
_EPOCH = date(1970, 1, 1)


def _of_bar(calls: Filter, row: Any, zone: ZoneInfo) -> Filter:
    return periods.between(calls, row.starts_at, row.ends_at, zone)


def _with_status(status: str) -> Any:
    return lambda calls, row, zone: _of_bar(calls, row, zone).with_(status_filter=status)


@summary(
    n_calls=_of_bar,
    n_completed=_with_status("completed"),
    n_failed=_with_status("failed"),
    n_processing=_with_status("processing"),
)
def calls_over_time(cursor: Cursor, calls: Filter, zone: ZoneInfo) -> pd.DataFrame:
    """Calls by status per hour, day or week of `zone`, whichever suits the range they span.

    Returns
    -------
    One row for each hour (up to 4 days), day (up to 400 days) or week that has calls:
    ``starts_at``, ``ends_at`` (UTC), ``n_calls``, ``n_completed``, ``n_failed``, ``n_processing``,
    ``failed_share`` (0–1 of the calls), ``share_low``, ``share_high`` (95 % Wilson interval),
    ``ended`` (false while the hour, day or week still runs).

    Source: table ``calls``; API fields ``created`` and ``status``.
    """
    where, parameters = calls.where(zone=zone)
    first, last = row(
        cursor, f"SELECT min(created), max(created) FROM calls WHERE {where}", parameters
    )
    span = 0 if first is None else last - first
    local = local_second_sql(zone)
    size = 3600 if span <= HOURS_UP_TO else DAY_S if span <= DAYS_UP_TO else 7 * DAY_S
    shift = (_EPOCH - _MONDAY).days * DAY_S if size > DAY_S else 0
    # floor, since `//` rounds towards zero
    bucket = f"CAST(floor(({local} + {shift}) / {size}) AS BIGINT)"
    counts = ", ".join(
        f"count(*) FILTER (status = '{status}') AS n_{status}"
        for status in ("completed", "failed", "processing")
    )
    table = fetch(
        cursor,
        f"SELECT {bucket} AS bucket, count(*) AS n_calls, {counts} FROM calls "
        f"WHERE {where} GROUP BY bucket ORDER BY bucket",
        parameters,
    )
    places = table.pop("bucket")
    for at, name in enumerate(("starts_at", "ends_at")):
        moments = [_instant((int(place) + at) * size - shift, zone) for place in places]
        table.insert(at, name, pd.to_datetime(pd.Series(moments, dtype=object), utc=True))
    table["failed_share"] = table["n_failed"] / table["n_calls"]
    low, high = share_interval(table["n_failed"], table["n_calls"])
    table["share_low"], table["share_high"] = low, high
    begins, ends = parameters.get("since", 0), parameters.get("until", float("inf"))
    ends = min(ends, datetime.now(UTC).timestamp())
    table["whole"] = [
        begins <= start.timestamp() and stop.timestamp() <= ends
        for start, stop in zip(table["starts_at"], table["ends_at"], strict=True)
    ]
    return table


def _instant(local_second: int, zone: ZoneInfo) -> datetime:
    """The moment at which the clock of `zone` shows so many seconds since 1970."""
    shown = datetime.combine(_EPOCH, time.min) + timedelta(seconds=local_second)
    return shown.replace(tzinfo=zone).astimezone(UTC)


@summary(
    n_checked=lambda calls, row, _: calls.with_(checked=True),
    n_failed=lambda calls, row, _: failing(calls, row.check),
)
def check_failures(cursor: Cursor, calls: Filter, zone: ZoneInfo) -> pd.DataFrame:
    """How often each compliance check fails.

    Returns
    -------
    One row a check, the API's own first and others that occur after them: ``check``,
    ``n_checked`` (calls with check verdicts), ``n_failed``, ``failed_share`` (0–1 of the checked),
    ``share_low``, ``share_high`` (95 % Wilson interval).

    Source: table ``calls``; API field ``results.compliance``.
    """
    where, parameters = calls.where(zone=zone)
    found = fetch(
        cursor,
        f"""
        SELECT unnest(flagged_checks) AS name, count(*) AS n FROM calls
        WHERE {where} AND n_flagged > 0 GROUP BY name
        """,
        parameters,
    )
    n_failed = dict(zip(found["name"], found["n"], strict=True))
    (n_checked,) = row(cursor, f"SELECT count(n_flagged) FROM calls WHERE {where}", parameters)
    names = [*COMPLIANCE_CHECKS, *sorted(set(n_failed) - set(COMPLIANCE_CHECKS))]
    table = pd.DataFrame(
        {
            "check": names if n_checked else pd.Series([], dtype="str"),
            "n_checked": n_checked,
            "n_failed": [int(n_failed.get(name, 0)) for name in names] if n_checked else [],
        }
    )
    table["failed_share"] = table["n_failed"] / table["n_checked"]
    table["share_low"], table["share_high"] = share_interval(table["n_failed"], table["n_checked"])
    return table


def failing(calls: Filter, check: str) -> Filter:
    """Those of the calls that failed a check, whatever other checks they are filtered by."""
    before = calls.failed_all or ()
    return calls.with_(failed_all=tuple(dict.fromkeys([*before, check])))
