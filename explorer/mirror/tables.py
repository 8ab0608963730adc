"""What can be read of a mirror, in its file or in a snapshot of it."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

_STATE = "total, floor, ceiling, whole, checked_at"
_READABLE = "SELECT id, created, status FROM calls"
_LISTED = f"{_READABLE} UNION ALL SELECT id, created, status FROM rejected"


@dataclass(frozen=True)
class State:
    """Where the mirror stands; see `schema.TABLES`."""

    total: int | None
    floor: int | None
    ceiling: int | None
    whole: bool
    checked_at: float | None


class Tables:
    """What can be read of a mirror, in its file or in a snapshot of it."""

    _may_have_rejected = True  # false spares every page a statement

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A cursor for one query."""
        raise NotImplementedError

    def state(self) -> State:
        """The one row of ``state``."""
        row = self.cursor().execute(f"SELECT {_STATE} FROM state").fetchone()
        assert row is not None
        return State(*row)

    def count(self, status: str | None = None) -> int:
        """Records of a status; of any. Those set aside are counted too."""
        sql = f"SELECT count(*) FROM ({self._listed}) WHERE $status IS NULL OR status = $status"
        row = self.cursor().execute(sql, {"status": status}).fetchone()
        return int(row[0]) if row else 0

    @property
    def _listed(self) -> str:
        return _LISTED if self._may_have_rejected else _READABLE
