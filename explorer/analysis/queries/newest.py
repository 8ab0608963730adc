"""The newest calls: what is asked where reading the ``results`` of all would take long."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from explorer.analysis.filters import Filter
from explorer.analysis.summary import Cursor

NEWEST = 5_000
"""Calls whose ``results`` are read at most: a share is then within 1.5 percentage points."""
_LAST_SECOND = 253_402_300_800  # what a text of a time can say


def newest(
    cursor: Cursor, calls: Filter, zone: ZoneInfo, *, most: int | None = None
) -> tuple[Filter, Any]:
    """Those of the calls that are the newest with results, `most` (`NEWEST`) at most.

    Returns
    -------
    They, and since when they are (UTC; NaT where they are all, or no filter could say it). Whole
    seconds, so that a filter can say it: all of the calls of a second, or none.
    """
    where, parameters = calls.where(zone=zone)
    found = cursor.execute(
        f"SELECT created FROM calls WHERE {where} AND has_results "
        f"ORDER BY created DESC LIMIT 1 OFFSET {NEWEST if most is None else most}",
        parameters,
    ).fetchone()
    if found is None or not 0 <= found[0] < _LAST_SECOND:
        return calls, pd.NaT
    since_at = pd.Timestamp(int(found[0]) + 1, unit="s", tz="UTC")
    return begun(calls, since_at), since_at


def begun(calls: Filter, since_at: datetime | Any) -> Filter:
    """Those of the calls that began then or later; all where it is missing."""
    return calls if pd.isna(since_at) else calls.with_(since=f"{since_at:%Y-%m-%dT%H:%M:%SZ}")


def with_since(table: pd.DataFrame, since_at: Any) -> pd.DataFrame:
    """The table with ``since_at`` in every row."""
    since = pd.Series(since_at, index=table.index, dtype="datetime64[s, UTC]")
    return table.assign(since_at=since)
