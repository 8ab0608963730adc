"""The copy of a mirror's file that other processes read: DuckDB lets one process have the file."""

from __future__ import annotations

import threading
from pathlib import Path

import duckdb

from explorer.errors import MirrorError
from explorer.mirror import schema
from explorer.mirror.file import MEMORY_LIMIT, explained, quoted
from explorer.mirror.tables import Tables


class Snapshot(Tables):
    """The copy that the owner of a mirror keeps beside it, read by another process.

    A cursor reads one whole copy, the latest there is when it is made.

    Raises
    ------
    MirrorError : it cannot be read, or another version of the explorer wrote it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._opening = threading.Lock()
        self._opened = -1  # the `version` of the copy that is open
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._latest()

    @property
    def version(self) -> int:
        """Changes with each copy: when the latest was written, in Unix nanoseconds."""
        self._latest()
        return self._opened

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A cursor for one query."""
        return self._latest().cursor()

    def close(self) -> None:
        """Let go of the copy."""
        if self._connection is not None:
            self._connection.close()

    def _latest(self) -> duckdb.DuckDBPyConnection:
        with self._opening, explained(self.path, duckdb.Error):
            try:
                written = self.path.stat().st_mtime_ns
            except FileNotFoundError:
                if self._connection is None:
                    raise
                written = self._opened  # the owner deleted the mirror: this copy stays readable
            if self._connection is None or written != self._opened:
                # cursors of the copy before keep it open until they are gone
                self._connection, self._opened = self._open(), written
            return self._connection

    def _open(self) -> duckdb.DuckDBPyConnection:
        # Opened by its path, DuckDB would find the copy before, which this process has open.
        connection = duckdb.connect(config={"memory_limit": MEMORY_LIMIT})
        connection.execute(f"ATTACH '{quoted(self.path)}' AS snapshot (READ_ONLY)")
        row = connection.execute("SELECT version FROM snapshot.state").fetchone()
        if row != (schema.VERSION,):
            raise MirrorError(
                f"{self.path.name} was written by another version of the explorer. Use the same "
                "one in both processes."
            )
        tables = connection.execute(
            "SELECT table_name FROM duckdb_tables() WHERE database_name = 'snapshot'"
        ).fetchall()
        for (name,) in tables:
            place = ", rowid" if name == "calls" else ""  # that of a view is not its table's
            connection.execute(f"CREATE VIEW {name} AS SELECT *{place} FROM snapshot.{name}")
        return connection
