"""Accounts: what the routes need of one, and one kept in memory."""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Filters:
    """The list call's filters; None leaves one out. ``search`` ignores case."""

    status_filter: str | None = None
    agent_id: str | None = None
    contact_id: str | None = None
    search: str | None = None

    @property
    def is_empty(self) -> bool:
        """True when every analysis matches."""
        return self == _NO_FILTERS


_NO_FILTERS = Filters()


class Account(Protocol):
    """Analyses of one key, newest first by ``created``."""

    def page(self, filters: Filters, limit: int, offset: int) -> tuple[list[Record], int]:
        """The matching analyses from ``offset`` on, ``limit`` at most, and how many match."""
        ...

    def retrieve(self, analysis_id: str) -> Record | None:
        """One analysis, None when this account has no such id."""
        ...


def matches(record: Record, filters: Filters) -> bool:
    """Whether a record passes the filters, read field by field; the plain definition of them."""
    call = record.get("call")
    call = call if isinstance(call, dict) else {}
    agent, contact = call.get("agent_id"), call.get("contact_id")
    if filters.status_filter is not None and record.get("status") != filters.status_filter:
        return False
    if filters.agent_id is not None and agent != filters.agent_id:
        return False
    if filters.contact_id is not None and contact != filters.contact_id:
        return False
    if filters.search is None:
        return True
    wanted = filters.search.lower()
    return any(isinstance(n, str) and wanted in n.lower() for n in (agent, contact))


class MemoryAccount:
    """Records kept as they are given, newest first; safe to change while it is being read.

    Records of one ``created`` keep the order they were given in; an inserted one comes before
    the others of its second. Give a changed record to ``update``: a record changed in place
    might be seen half changed.

    Raises
    ------
    ValueError : two records have one ``id``.
    """

    def __init__(self, records: Iterable[Record] = ()) -> None:
        self._lock = threading.RLock()
        self._records = sorted(records, key=_age)
        self._ages = [_age(record) for record in self._records]
        self._by_id = {record["id"]: record for record in self._records}
        if len(self._by_id) != len(self._records):
            raise ValueError("two records have one id; ids are unique within an account")

    def __len__(self) -> int:
        return len(self._records)

    def records(self) -> list[Record]:
        """All records as they stand, newest first."""
        with self._lock:
            return list(self._records)

    def page(self, filters: Filters, limit: int, offset: int) -> tuple[list[Record], int]:
        """See `Account.page`."""
        with self._lock:
            if filters.is_empty:
                return self._records[offset : offset + limit], len(self._records)
            found = [record for record in self._records if matches(record, filters)]
        return found[offset : offset + limit], len(found)

    def retrieve(self, analysis_id: str) -> Record | None:
        """See `Account.retrieve`."""
        with self._lock:
            return self._by_id.get(analysis_id)

    def insert(self, record: Record) -> None:
        """Add a record; ValueError when its id is there already."""
        with self._lock:
            if record["id"] in self._by_id:
                raise ValueError(f"{record['id']} is there already; use update")
            self._place(bisect_left(self._ages, _age(record)), record)

    def delete(self, analysis_id: str) -> None:
        """Remove a record; KeyError when there is none."""
        with self._lock:
            self._remove(self._position(analysis_id))

    def update(self, analysis_id: str, record: Record) -> None:
        """Replace a record; it keeps its place unless its ``created`` changed.

        Raises
        ------
        KeyError : no such id.
        ValueError : the new record has another id.
        """
        if record["id"] != analysis_id:
            raise ValueError(f"the record's id is {record['id']}, not {analysis_id}")
        with self._lock:
            position = self._position(analysis_id)
            if self._ages[position] == _age(record):
                self._records[position] = record
                self._by_id[analysis_id] = record
            else:
                self._remove(position)
                self._place(bisect_left(self._ages, _age(record)), record)

    def _position(self, analysis_id: str) -> int:
        position = bisect_left(self._ages, _age(self._by_id[analysis_id]))
        while self._records[position]["id"] != analysis_id:
            position += 1
        return position

    def _place(self, position: int, record: Record) -> None:
        self._records.insert(position, record)
        self._ages.insert(position, _age(record))
        self._by_id[record["id"]] = record

    def _remove(self, position: int) -> None:
        record = self._records.pop(position)
        del self._ages[position]
        del self._by_id[record["id"]]


def _age(record: Record) -> float:
    return -float(record["created"])
