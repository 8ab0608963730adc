"""What a mirror holds and how rows get in: one DuckDB database an account, owned by one process.

Every statement runs on a cursor of its own: DuckDB refuses two queries on one connection. There
is no primary key, since deleting and inserting is several times faster without; that an id stands
in one row is the writer's duty (`Store.upsert`).
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from explorer.api.account import Account
from explorer.errors import MirrorError
from explorer.mirror import schema
from explorer.mirror.file import MEMORY_LIMIT, connect, copy, explained
from explorer.mirror.page import ARROW_SCHEMA, DecodedRow, Rejected
from explorer.mirror.tables import Tables

logger = logging.getLogger("explorer.sync")

SNAPSHOT_EVERY_S = 300
UNCHANGED_EVERY_S = 3600
"""As old the snapshot of a mirror gets in which nothing changed."""
OVERLAP = 50
"""Rows of a page that are remembered, since the next one may start with some of them."""
READING_LIMIT = "64MB"
"""While an account is read whole: written rows would fill the cache, and none is asked for again."""
READING_CHECKPOINT = "1MB"
"""Of the log meanwhile: a larger commit goes to its place in the file, and not to the log first."""
_LEFT_OUT_OF_COMPARISON = {"id", "created"}  # neither changes in a row
_COMPARED = [name for name in schema.NAMES if name not in _LEFT_OUT_OF_COMPARISON]


@dataclass(frozen=True)
class Change:
    """What applying a page did to the table."""

    inserted: int = 0
    updated: int = 0
    deleted: int = 0


class Store(Tables):
    """An open mirror file.

    Raises
    ------
    MirrorError : the file is damaged, from a newer version, of another account, or its folder
        cannot be written. A file that another process owns raises its subclass `Locked`.
    """

    def __init__(self, path: Path, account: Account, *, transcripts: bool = False) -> None:
        self.path = path
        self.transcripts = transcripts
        self.changed_at = 0.0  # Unix seconds of the last change to a row by this process
        # what was read at another version may differ; from the clock, so that a file made anew
        # does not repeat those of the one before
        self.version = time.time_ns()
        self._write_lock = threading.RLock()
        self._reads_whole = False
        self._last_rows: dict[str, DecodedRow] = {}  # the end of what the latest `upsert` put in
        self._connection = connect(path)
        try:
            with explained(path, duckdb.Error):
                self._prepare(account)
                self._may_have_rejected = self._count_rejected() > 0
        except BaseException:
            self._connection.close()
            raise

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A cursor for one query."""
        return self._connection.cursor()

    def close(self) -> None:
        """Release the file."""
        self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A cursor whose statements happen together or not at all; one writer at a time."""
        with self._write_lock, explained(self.path):
            cursor = self.cursor()
            cursor.execute("BEGIN")
            try:
                yield cursor
            except BaseException:
                self._last_rows = {}
                cursor.execute("ROLLBACK")
                raise
            written, self._last_rows = self._last_rows, {}  # nothing is, should this fail
            cursor.execute("COMMIT")
            self.version += 1
            self._last_rows = written
            with suppress(FileNotFoundError):
                os.chmod(f"{self.path}.wal", 0o600)

    @contextmanager
    def reading_whole(self) -> Iterator[None]:
        """Keep DuckDB's cache small meanwhile, and what is written in the order it was read."""
        self.cursor().execute(f"SET memory_limit = '{READING_LIMIT}'")
        # A checkpoint merges small row groups, here those of all the checkpoints before it: half
        # of the work for 100,000 rows. The first one after the next opening does it once.
        self.cursor().execute("SET max_vacuum_tasks = 0")
        self.cursor().execute(f"SET checkpoint_threshold = '{READING_CHECKPOINT}'")
        # Writing in order takes a third of the memory, and less work, with one thread.
        self.cursor().execute("SET threads = 1")
        self._reads_whole = True
        try:
            yield
        finally:
            self._reads_whole = False
            self.cursor().execute("RESET threads")
            self.cursor().execute("RESET checkpoint_threshold")
            self.cursor().execute(f"SET memory_limit = '{MEMORY_LIMIT}'")
            self._drop_twins()

    def set_state(self, cursor: duckdb.DuckDBPyConnection, **values: object) -> None:
        """Change fields of ``state`` within a transaction.

        No UPDATE: as long as a reader may see the row before it, DuckDB makes no checkpoint.
        """
        changes = ", ".join(f"? AS {name}" for name in values)
        row = cursor.execute(
            f"SELECT * REPLACE ({changes}) FROM state", list(values.values())
        ).fetchone()
        assert row is not None
        cursor.execute("DELETE FROM state")
        cursor.execute(f"INSERT INTO state VALUES ({', '.join('?' * len(row))})", list(row))

    def upsert(self, cursor: duckdb.DuckDBPyConnection, rows: Sequence[DecodedRow]) -> Change:
        """Put rows in, new ones and changed ones; of an id that comes twice the last counts."""
        unique = {row.id: row for row in rows}
        if not unique:
            return Change()
        if self._may_have_rejected:
            cursor.execute("DELETE FROM rejected WHERE id IN (SELECT unnest(?))", [list(unique)])
        known = self._known(cursor, unique)
        # Pages overlap by a row or two, which were written a moment ago.
        as_before = all(self._last_rows.get(name) == unique[name] for name in known)
        updated = 0 if as_before else self._update(cursor, [unique[name] for name in known])
        fresh = [row for row in unique.values() if row.id not in known]
        if fresh:
            with _registered(cursor, "page", _table(fresh)):
                cursor.execute("INSERT INTO calls SELECT * FROM page")
        self._last_rows = {row.id: row for row in rows[-OVERLAP:]}
        if self.transcripts:
            self._keep_transcripts(cursor, list(unique.values()))
        if fresh or updated:
            self.changed_at = time.time()
        return Change(inserted=len(fresh), updated=updated)

    def _known(self, cursor: duckdb.DuckDBPyConnection, rows: dict[str, DecodedRow]) -> set[str]:
        """Which of the rows are there, as they are or otherwise."""
        if self._reads_whole:
            # A row keeps its `created`, so those of a page are among few; to look for them among
            # all would make every page dearer than the one before.
            created = [row.created for row in rows.values()]
            limit = 4 * len(rows)
            sql = f"SELECT id FROM calls WHERE created BETWEEN ? AND ? LIMIT {limit}"
            near = cursor.execute(sql, [min(created), max(created)]).fetchall()
            if len(near) < limit:
                return {name for (name,) in near if name in rows}
        with _registered(cursor, "page", pa.table({"id": list(rows)})):
            found = cursor.execute("SELECT id FROM calls SEMI JOIN page USING (id)").fetchall()
        return {name for (name,) in found}

    def _update(self, cursor: duckdb.DuckDBPyConnection, rows: Sequence[DecodedRow]) -> int:
        """Replace those rows that differ from what is there; how many did."""
        with _registered(cursor, "page", _table(rows)):
            changed = [row[0] for row in cursor.execute(_CHANGED).fetchall()]
            if changed:
                cursor.execute("DELETE FROM calls WHERE id IN (SELECT unnest(?))", [changed])
                cursor.execute(
                    "INSERT INTO calls SELECT * FROM page WHERE id IN (SELECT unnest(?))", [changed]
                )
        return len(changed)

    def _drop_twins(self) -> None:
        """Of rows with one id keep the last: an account may answer an id with another `created`."""
        row = self.cursor().execute("SELECT count(*) - count(DISTINCT id) FROM calls").fetchone()
        if row and row[0]:
            with self.transaction() as cursor:
                cursor.execute(
                    "DELETE FROM calls WHERE rowid NOT IN (SELECT max(rowid) FROM calls GROUP BY id)"
                )

    def set_aside(
        self, cursor: duckdb.DuckDBPyConnection, records: Sequence[tuple[Rejected, str, int]]
    ) -> None:
        """Keep records that could not be read, each with its name and the `created` it is sorted by."""
        for record, name, created in records:
            self._may_have_rejected = True
            self.delete(cursor, [name])
            cursor.execute(
                "INSERT INTO rejected VALUES (?, ?, ?, ?, ?, ?)",
                [name, created, record.status, record.reason, record.record, time.time()],
            )

    def delete(self, cursor: duckdb.DuckDBPyConnection, ids: Sequence[str]) -> int:
        """Take rows out; how many there were."""
        if not ids:
            return 0
        cursor.execute("DELETE FROM transcripts WHERE id IN (SELECT unnest(?))", [list(ids)])
        cursor.execute("DELETE FROM rejected WHERE id IN (SELECT unnest(?))", [list(ids)])
        found = cursor.execute(
            "DELETE FROM calls WHERE id IN (SELECT unnest(?))", [list(ids)]
        ).fetchone()
        self.changed_at = time.time()
        return int(found[0]) if found else 0

    def newer_than(self, created: int) -> int:
        """How many records are newer: the place in the list where that second starts."""
        sql = f"SELECT count(*) FROM ({self._listed}) WHERE created > ?"
        row = self.cursor().execute(sql, [created]).fetchone()
        return int(row[0]) if row else 0

    def created_newest_first(self, status: str | None = None) -> np.ndarray:
        """`created` of every record of a status (of any), sorted as the list is."""
        sql = (
            f"SELECT created FROM ({self._listed}) WHERE $status IS NULL OR status = $status "
            "ORDER BY created DESC"
        )
        found = self.cursor().execute(sql, {"status": status})
        return np.asarray(found.fetchnumpy()["created"], dtype=np.int64)

    def rows_between(
        self, oldest: int | None, newest: int | None, status: str | None = None
    ) -> dict[str, int]:
        """Id → `created` of records created strictly between two seconds; None leaves an end open."""
        ends = {"oldest": oldest, "newest": newest, "status": status}
        given = {name: value for name, value in ends.items() if value is not None}
        terms = {
            "oldest": "created > $oldest",
            "newest": "created < $newest",
            "status": "status = $status",
        }
        where = " AND ".join(["true", *(terms[name] for name in given)])
        sql = f"SELECT id, created FROM ({self._listed}) WHERE {where}"
        return dict(self.cursor().execute(sql, given).fetchall())

    def created_of(self, status: str) -> dict[str, int]:
        """Id → `created` of every record of a status."""
        return self.rows_between(None, None, status)

    def write_snapshot(self, target: Path) -> None:
        """Copy the file to `target`, replacing that in one step; the one before stays where DuckDB
        makes no checkpoint now.

        Nothing writes to the file between a checkpoint and the next commit, whoever reads it, and
        to copy it costs a small part of what it costs to write its rows anew.
        """
        partial = target.with_suffix(".partial")
        with self._write_lock, explained(self.path):
            try:
                self.cursor().execute("CHECKPOINT")
            except duckdb.TransactionException as error:
                logger.info("no snapshot this time: %s", error)
                return
            partial.touch(mode=0o600)
            copy(self.path, partial)
            os.replace(partial, target)

    def _count_rejected(self) -> int:
        row = self.cursor().execute("SELECT count(*) FROM rejected").fetchone()
        return int(row[0]) if row else 0

    def _keep_transcripts(
        self, cursor: duckdb.DuckDBPyConnection, rows: Sequence[DecodedRow]
    ) -> None:
        kept = [(row.id, row.transcript) for row in rows if row.transcript is not None]
        ids, texts = [name for name, _ in kept], [text for _, text in kept]
        cursor.register("said", pa.table({"id": ids, "transcript": texts}))
        cursor.execute("DELETE FROM transcripts WHERE id IN (SELECT id FROM said)")
        cursor.execute("INSERT INTO transcripts SELECT * FROM said")
        cursor.unregister("said")

    def _prepare(self, account: Account) -> None:
        cursor = self.cursor()
        tables = {row[0] for row in cursor.execute("SHOW TABLES").fetchall()}
        if tables and "state" not in tables:
            raise MirrorError(f"{self.path} is a database of something else. Choose another path.")
        if not tables:
            with self.transaction() as writing:
                for statement in schema.TABLES:
                    writing.execute(statement)
                writing.execute(
                    "INSERT INTO state VALUES (?, ?, ?, NULL, NULL, NULL, false, NULL, NULL)",
                    [schema.VERSION, account.base_url, account.fingerprint],
                )
            return
        row = cursor.execute("SELECT version, base_url, fingerprint FROM state").fetchone()
        if row is None or (row[1], row[2]) != (account.base_url, account.fingerprint):
            of = "" if row is None else f", of {row[1]}"
            raise MirrorError(
                f"{self.path} mirrors another account{of}. Choose another path, or delete it."
            )
        self._migrate(int(row[0]))

    def _migrate(self, version: int) -> None:
        if version > schema.VERSION:
            raise MirrorError(
                f"{self.path.name} was written by a newer version of the explorer (schema "
                f"{version}, this one knows {schema.VERSION}). Update the explorer, or delete the "
                "file: it can be read again from the account."
            )
        while version < schema.VERSION:
            with self.transaction() as writing:
                for statement in schema.MIGRATIONS[version]:
                    writing.execute(statement)
                version += 1
                self.set_state(writing, version=version)


_CHANGED = f"""
    SELECT id FROM page JOIN calls USING (id)
    WHERE row({", ".join(f"page.{name}" for name in _COMPARED)})
          IS DISTINCT FROM row({", ".join(f"calls.{name}" for name in _COMPARED)})
"""


@contextmanager
def _registered(cursor: duckdb.DuckDBPyConnection, name: str, table: pa.Table) -> Iterator[None]:
    cursor.register(name, table)
    try:
        yield
    finally:
        with suppress(duckdb.TransactionException):  # of a statement that failed: it says more
            cursor.unregister(name)


def _table(rows: Sequence[DecodedRow]) -> pa.Table:
    """The rows in their order; neighbours of one page are taken together, without a copy."""
    parts = []
    for _, run in groupby(
        enumerate(rows), key=lambda pair: (id(pair[1].columns), pair[1].place - pair[0])
    ):
        together = [row for _, row in run]
        parts.append(together[0].columns.slice(together[0].place, len(together)))
    return pa.Table.from_batches(parts, schema=ARROW_SCHEMA)
