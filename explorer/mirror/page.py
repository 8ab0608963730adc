"""What a page of the list is once it is decoded: rows, records kept aside, and their order."""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import msgspec
import pyarrow as pa

from explorer.mirror import schema

Row = tuple[Any, ...]
"""One value a column of `schema.FIELDS`, in their order."""
_ARROW = {
    "VARCHAR": pa.string(),
    "BIGINT": pa.int64(),
    "INTEGER": pa.int32(),
    "DOUBLE": pa.float64(),
    "BOOLEAN": pa.bool_(),
    "VARCHAR[]": pa.list_(pa.string()),
}
ARROW_SCHEMA = pa.schema([(field.name, _ARROW[field.sql]) for field in schema.FIELDS])

# The times that the models accept: every time zone can show them.
FIRST_MOMENT = datetime.min.replace(tzinfo=UTC) + timedelta(days=1)
LAST_MOMENT = datetime.max.replace(tzinfo=UTC) - timedelta(days=1)
EARLIEST_CREATED = math.ceil(FIRST_MOMENT.timestamp())
LATEST_CREATED = math.floor(LAST_MOMENT.timestamp())
Count = Annotated[int, msgspec.Meta(ge=0)]


@dataclass(frozen=True, slots=True)
class Rejected:
    """A record that could not be read: place in the page, what it has of id, created and status,
    why, and the record with links masked and without its transcript."""

    index: int
    id: str | None
    created: int | None
    status: str | None
    reason: str
    record: str


class DecodedRow(msgspec.Struct, frozen=True, eq=False, gc=False):
    """One analysis as the mirror keeps it: row `place` of a page's `columns`."""

    id: str
    created: int
    columns: pa.RecordBatch
    place: int
    transcript: str | None = None

    @property
    def values(self) -> Row:
        """Of every column; for few rows, since each value is made anew."""
        return tuple(column[self.place].as_py() for column in self.columns.columns)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, DecodedRow):
            return NotImplemented
        return self.transcript == other.transcript and self.values == other.values


def in_columns(columns: Iterable[Sequence[Any] | pa.Array]) -> pa.RecordBatch:
    """The values of the columns of `schema.FIELDS`, as Arrow holds them or to be made so."""
    return pa.RecordBatch.from_arrays(
        [
            values if isinstance(values, pa.Array) else pa.array(values, type=field.type)
            for values, field in zip(columns, ARROW_SCHEMA, strict=True)
        ],
        schema=ARROW_SCHEMA,
    )


@dataclass(frozen=True, slots=True)
class DecodedPage:
    """One page of the list; `data` and `rejected` together are its records."""

    data: list[DecodedRow]
    total: int
    has_more: bool
    rejected: list[Rejected] = field(default_factory=list)

    def listed(self, *, whole: bool = False) -> list[tuple[str, int]]:
        """Name and `created` of every record in the list's order, unreadable ones included.

        One without an id is named by its content; one whose time is missing or out of order has
        that of the record before it (at the start of the page: behind it). If no record has a
        time: all of them the earliest where the page is the `whole` list, none otherwise.
        """
        if not self.rejected:
            return [(row.id, row.created) for row in self.data]
        entries = _merged(self.data, self.rejected)
        first = next((created for _, created in entries if created is not None), None)
        if first is None and whole:
            first = EARLIEST_CREATED
        if first is None:
            return []
        latest = max([first, *(row.created for row in self.data[:1])])
        listed = []
        n_left = len(self.data)
        for name, created in entries:
            next_readable = self.data[-n_left].created if n_left else EARLIEST_CREATED
            if created is not None and next_readable <= created <= latest:
                latest = created
            listed.append((name, latest))
            n_left -= n_left > 0 and name == self.data[-n_left].id
        return listed

    def set_aside(self, *, whole: bool = False) -> list[tuple[Rejected, str, int]]:
        """The unreadable records with the name and `created` they are kept under."""
        listed = self.listed(whole=whole)
        return [(record, *listed[record.index]) for record in self.rejected] if listed else []


def _merged(rows: list[DecodedRow], rejected: list[Rejected]) -> list[tuple[str, int | None]]:
    aside = {record.index: record for record in rejected}
    readable = iter(rows)
    contents: Counter[str] = Counter()
    entries: list[tuple[str, int | None]] = []
    for index in range(len(rows) + len(aside)):
        record = aside.get(index)
        if record is None:
            row = next(readable)
            entries.append((row.id, row.created))
        else:
            contents[record.record] += 1
            entries.append((_name_of(record, contents[record.record]), record.created))
    return entries


_UNNAMED = "unreadable-"


def is_unnamed(name: str) -> bool:
    """Whether a name is one given to a record without an id, for which nobody can ask."""
    return name.startswith(_UNNAMED)


def _name_of(record: Rejected, nth: int) -> str:
    if record.id:
        return record.id
    digest = hashlib.sha256(record.record.encode()).hexdigest()[:16]
    return f"{_UNNAMED}{digest}" if nth == 1 else f"{_UNNAMED}{digest}-{nth}"
