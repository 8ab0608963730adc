"""The calls themselves: how many match, one page of them, all in chunks, what to choose from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pandas as pd

from explorer.analysis.failures import REASON_SQL
from explorer.analysis.filters import Filter
from explorer.analysis.frame import COLUMNS
from explorer.analysis.queries.kept import kept
from explorer.analysis.summary import Cursor, fetch, row

MOST_OPTIONS = 1000
"""Names offered to choose from; others can be typed."""


@kept
def count(cursor: Cursor, calls: Filter, zone: ZoneInfo) -> int:
    """How many calls of the mirror match."""
    where, parameters = calls.where(zone=zone)
    return int(row(cursor, f"SELECT count(*) FROM calls WHERE {where}", parameters)[0])


@kept
def calls_page(
    cursor: Cursor, calls: Filter, zone: ZoneInfo, *, limit: int, offset: int = 0
) -> pd.DataFrame:
    """One page of matching calls in the filter's order; the columns of `frame.COLUMNS`."""
    where, parameters = calls.where(zone=zone)
    # places first and columns only for the page: sorting whole rows takes several times longer
    places = f"SELECT rowid FROM calls WHERE {where} ORDER BY {calls.order()} LIMIT {limit} OFFSET {offset}"
    table = fetch(
        cursor,
        f"SELECT {COLUMNS_SQL} FROM calls WHERE rowid IN ({places}) ORDER BY {calls.order()}",
        parameters,
    )
    return table.astype(COLUMNS)


def calls_in_chunks(
    cursor: Cursor, calls: Filter, zone: ZoneInfo, size: int
) -> Iterator[pd.DataFrame]:
    """Every matching call in the filter's order, `size` rows at a time; at least one, maybe
    empty, chunk. The columns of `frame.COLUMNS`."""
    sql, parameters = _rows_sql(calls, zone)
    cursor.execute("SET TimeZone = 'UTC'")
    vectors = max(1, size // duckdb.__standard_vector_size__)
    cursor.execute(sql, parameters)
    yield cursor.fetch_df_chunk(vectors).astype(COLUMNS)
    while len(rows := cursor.fetch_df_chunk(vectors)):
        yield rows.astype(COLUMNS)


def _rows_sql(calls: Filter, zone: ZoneInfo) -> tuple[str, dict[str, Any]]:
    where, parameters = calls.where(zone=zone)
    return f"SELECT {COLUMNS_SQL} FROM calls WHERE {where} ORDER BY {calls.order()}", parameters


def options(cursor: Cursor) -> dict[str, tuple[str, ...]]:
    """What occurs in the account, to choose from, most frequent first: agents, contacts, formats,
    reasons."""
    found = {
        name: _distinct(
            cursor,
            f"SELECT {name} FROM calls WHERE {name} <> '' GROUP BY {name} "
            f"ORDER BY count(*) DESC, {name} LIMIT {MOST_OPTIONS}",
        )
        for name in ("agent_id", "contact_id", "audio_format")
    }
    found["reason"] = _distinct(
        cursor,
        f"SELECT {REASON_SQL} AS reason FROM calls WHERE status = 'failed' "
        "GROUP BY reason ORDER BY count(*) DESC, reason LIMIT 50",
    )
    return found


_PAGE_COLUMNS = {
    "created_at": "to_timestamp(created) AS created_at",
    "flagged_checks": "array_to_string(flagged_checks, ', ') AS flagged_checks",
}
COLUMNS_SQL = ", ".join(_PAGE_COLUMNS.get(name, name) for name in COLUMNS)


def _distinct(cursor: Cursor, sql: str) -> tuple[str, ...]:
    return tuple(str(found[0]) for found in cursor.execute(sql).fetchall())
