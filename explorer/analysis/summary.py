"""A summary: a query that counts calls, and which calls each of its numbers counts."""

from __future__ import annotations

import functools
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from typing import Any, Protocol, TypeVar, cast
from weakref import WeakKeyDictionary
from zoneinfo import ZoneInfo

import duckdb
import pandas as pd

from explorer.analysis.filters import Filter
from explorer.analysis.zones import zone_of

Cursor = duckdb.DuckDBPyConnection
Answer = TypeVar("Answer")
Opens = Callable[[Filter, Any, ZoneInfo], Filter]
"""(the calls asked for, a row of the table, the zone) → the calls that a number of the row counts."""
ALL_CALLS = Filter()


class Kept:
    """Answers of queries that were asked lately, at most `most`; thread-safe."""

    def __init__(self, most: int = 128) -> None:
        self._most = most
        self._answers: OrderedDict[Hashable, object] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, question: Hashable, ask: Callable[[], Answer]) -> Answer:
        """The kept answer, or what `ask` returns, which is kept then."""
        with self._lock:
            if question in self._answers:
                self._answers.move_to_end(question)
                return cast(Answer, self._answers[question])
        answer = ask()
        with self._lock:
            self._answers[question] = answer
            while len(self._answers) > self._most:
                self._answers.popitem(last=False)
        return answer


_KEPT: WeakKeyDictionary[Cursor, Kept] = WeakKeyDictionary()


def keep_for(cursor: Cursor, kept: Kept) -> Cursor:
    """Let summaries asked of this cursor look among `kept` first; the cursor itself.

    All cursors that share a `Kept` must see the same rows, and much the same time.
    """
    _KEPT[cursor] = kept
    return cursor


def kept_of(cursor: Cursor) -> Kept | None:
    """What the cursor shares with others; None for one that shares nothing."""
    return _KEPT.get(cursor)


class Source(Protocol):
    """What has calls to query: a mirror."""

    def cursor(self) -> Cursor: ...


class Summary:
    """A query over the mirror's calls; call it as a function.

    Parameters
    ----------
    source : a `Mirror`, or a cursor of one.
    calls : which calls; all by default.
    zone : the time zone in which days, hours and weekdays count, or its name.

    Returns a DataFrame; the query's own docstring describes its columns.

    Raises
    ------
    InvalidFilterError : the range ends before it starts, or there is no such zone.
    """

    def __init__(self, query: Callable[..., pd.DataFrame], opens: Mapping[str, Opens]) -> None:
        functools.update_wrapper(self, query)
        self.name = query.__name__
        self.opens = opens
        """Column → which calls its numbers count."""
        self._query = query

    def __call__(
        self,
        source: Source | Cursor,
        calls: Filter = ALL_CALLS,
        zone: ZoneInfo | str = "UTC",
        **options: Any,
    ) -> pd.DataFrame:
        # a mirror's cursor is new; a cursor's own would leave the transaction it is in
        cursor = source if isinstance(source, Cursor) else source.cursor()
        zone = zone_of(zone)
        kept = kept_of(cursor)
        if kept is None:
            return self._query(cursor, calls, zone, **options)
        question = (self.name, calls, zone.key, tuple(sorted(options.items())))
        return kept.get(question, lambda: self._query(cursor, calls, zone, **options)).copy()

    def which(
        self, table: pd.DataFrame, row: int, column: str, calls: Filter, zone: ZoneInfo
    ) -> Filter | None:
        """The calls that one number of the table counts; None where it counts none."""
        if column not in self.opens or not table[column].iloc[row] > 0:
            return None
        # a tuple with names: a Series would give every value one type
        chosen = next(table.iloc[[row]].itertuples(index=False))
        return self.opens[column](calls, chosen, zone)

    def python(self, calls: Filter, zone: ZoneInfo, options: Mapping[str, Any], chart: bool) -> str:
        """The lines of Python that give the same table, and its figure if it has one."""
        arguments = ["mirror", calls.constructor, repr(zone.key)]
        arguments += [f"{name}={value!r}" for name, value in options.items()]
        drawn = f"\ncharts.{self.name}(table)" if chart else ""
        return (
            "from explorer import Client, Filter, Mirror, charts, queries\n"
            "with Mirror.open(Client()) as mirror:\n"
            f"    table = queries.{self.name}({', '.join(arguments)}){drawn}"
        )


SUMMARIES: dict[str, Summary] = {}
"""Every summary there is, by name."""


def summary(**opens: Opens) -> Callable[[Callable[..., pd.DataFrame]], Summary]:
    """Make a query a `Summary`; for each column of counts, which calls its numbers count."""

    def wrap(query: Callable[..., pd.DataFrame]) -> Summary:
        found = Summary(query, opens)
        SUMMARIES[found.name] = found
        return found

    return wrap


def fetch(cursor: Cursor, sql: str, parameters: Mapping[str, Any]) -> pd.DataFrame:
    """The rows of a query; times are UTC."""
    cursor.execute("SET TimeZone = 'UTC'")
    return cursor.execute(sql, dict(parameters)).df()


def row(cursor: Cursor, sql: str, parameters: Mapping[str, Any]) -> tuple[Any, ...]:
    """The one row of a query."""
    found = cursor.execute(sql, dict(parameters)).fetchone()
    assert found is not None
    return found
