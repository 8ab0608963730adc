"""An account's local copy: `Mirror`."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import duckdb
import pandas as pd

from explorer.analysis.failures import RulesError
from explorer.api.account import Account
from explorer.api.client import Client
from explorer.errors import MirrorError
from explorer.mirror import schema
from explorer.mirror.file import Locked
from explorer.mirror.reasons import RULES_FILE, Reasons
from explorer.mirror.report import Progress, Report
from explorer.mirror.snapshot import Snapshot
from explorer.mirror.store import SNAPSHOT_EVERY_S, UNCHANGED_EVERY_S, Store
from explorer.mirror.sync import Sync


class Where(Protocol):
    """A filter that can say itself in SQL."""

    def where(self, *, zone: ZoneInfo | str) -> tuple[str, dict[str, Any]]:
        """A condition over the columns of ``calls``, and its named parameters."""
        ...

    def order(self) -> str:
        """The terms of an ORDER BY."""
        ...


@dataclass(frozen=True)
class Coverage:
    """How much of the account the mirror holds.

    `mirrored` of `total` analyses (None before the first answer), created from `oldest` to
    `newest` (Unix seconds); `whole` once a first read has ended; `checked_at` (Unix seconds) is
    when the mirror last equalled the account.
    """

    mirrored: int
    total: int | None
    newest: int | None
    oldest: int | None
    whole: bool
    checked_at: float | None


class Mirror:
    """The mirror of a client's account; made by `Mirror.open`.

    ``read_only`` is true where another process owns the file: queries then read the snapshot it
    keeps beside it, `as_of` says when that was written, and `sync` is refused.
    """

    def __init__(self, client: Client, path: Path, *, transcripts: bool) -> None:
        self.path = path
        self._client = client
        self._progress: Progress | None = None
        self._snapshot = path.with_name(f"{path.name}.snapshot")
        self._store: Store | None = None
        self._tables: Store | Snapshot
        self._reasons: Reasons | None = None
        self._closed = False
        self._syncing = threading.Lock()
        try:
            shared = _share(path, client.account, transcripts)
            self._store, self._reasons, self._syncing = shared.store, shared.reasons, shared.syncing
            self._tables = shared.store
        except Locked:
            self._tables = self._open_snapshot()

    @classmethod
    def open(cls, client: Client, path: str | Path | None = None) -> Mirror:
        """The mirror of the client's account, made when there is none yet.

        Parameters
        ----------
        path : the file; by default one of the account's own in ``EXPLORER_STORE``.

        Raises
        ------
        MirrorError : damaged, newer, another account's, not writable, or owned by another
            process that has not written a snapshot yet.
        """
        from explorer.settings import load_settings

        settings = load_settings()
        place = Path(path) if path is not None else default_path(client.account)
        return cls(client, place, transcripts=settings.explorer_transcripts == "keep")

    def sync(
        self,
        *,
        everything: bool = False,
        stop: threading.Event | None = None,
        on_progress: Callable[[Progress], None] | None = None,
    ) -> Report:
        """Make the mirror equal to the account; of several callers one syncs, the others wait.

        Parameters
        ----------
        everything : read every analysis again, which finds what no total shows.
        stop : set it to end after the request under way.

        Raises
        ------
        SyncError : the account could not be read to the end; `.report` says what was done.
        MirrorError : the mirror is read-only, or its file cannot be written.
        """
        store = self._owned()
        with self._syncing:
            sync = Sync(self._client, store, stop=stop, on_progress=self._teller(on_progress))
            whole = everything or not store.state().whole
            try:
                with store.reading_whole() if whole else nullcontext():
                    return sync.run(everything=everything)
            finally:
                self._progress = None
                assert self._reasons is not None
                self._reasons.group()
                self._keep_snapshot(store)

    @property
    def progress(self) -> Progress | None:
        """How far the running sync is; None while none runs."""
        return self._progress

    @property
    def syncing(self) -> bool:
        """Whether a sync is running."""
        return self._syncing.locked()

    @property
    def read_only(self) -> bool:
        """Whether another process owns the file."""
        return self._store is None

    @property
    def rules_problem(self) -> RulesError | None:
        """Why the file of rules for failure reasons cannot be used; the one before goes on."""
        return self._reasons.problem if self._reasons is not None else None

    @property
    def rules_file(self) -> Path:
        """Where a person's own rules for failure reasons are: see `failures.rules`."""
        return self.path.with_name(RULES_FILE)

    @property
    def as_of(self) -> float | None:
        """When the snapshot was written (Unix seconds); None where this process owns the file."""
        return self._tables.version / 1e9 if isinstance(self._tables, Snapshot) else None

    def use(self, client: Client) -> None:
        """Read the account with another client from the next sync on.

        Raises
        ------
        MirrorError : the client is for another account.
        """
        if client.account != self._client.account:
            raise MirrorError(f"{self.path.name} mirrors another account.")
        self._client = client

    @property
    def version(self) -> int:
        """Changes whenever what a query reads may have changed."""
        return self._tables.version

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A cursor over table ``calls`` (columns: `schema.FIELDS`) for one query.

        Raises
        ------
        MirrorError : the mirror is closed.
        """
        self._check_open()
        return self._tables.cursor()

    def moment(self) -> duckdb.DuckDBPyConnection:
        """A cursor whose queries all see the rows of one moment, whatever a sync writes."""
        cursor = self.cursor()
        cursor.execute("BEGIN")
        return cursor

    def calls(
        self,
        which: Where | None = None,
        *,
        zone: ZoneInfo | str = "UTC",
        limit: int | None = None,
        offset: int = 0,
    ) -> pd.DataFrame:
        """One row an analysis that matches, newest first unless the filter sorts.

        Parameters
        ----------
        zone : in which days, hours and weekdays of the filter count.
        limit, offset : rows at most, and rows of the same order that are left out before.

        Returns
        -------
        The columns of `schema.FIELDS`, with ``created_at`` (UTC) before ``created``.
        """
        condition, parameters = which.where(zone=zone) if which is not None else ("true", {})
        order = which.order() if which is not None else "created DESC, rowid"
        sql = (
            f"SELECT id, to_timestamp(created) AS created_at, {', '.join(schema.NAMES[1:])} "
            f"FROM calls WHERE {condition} ORDER BY {order}"
            + (f" LIMIT {int(limit)}" if limit is not None else "")
            + (f" OFFSET {int(offset)}" if offset else "")
        )
        cursor = self.cursor()
        cursor.execute("SET TimeZone = 'UTC'")
        return cursor.execute(sql, parameters).df()

    def coverage(self) -> Coverage:
        """What the mirror holds now."""
        row = self.cursor().execute("SELECT max(created), min(created) FROM calls").fetchone()
        assert row is not None
        state = self._tables.state()
        return Coverage(
            self._tables.count(), state.total, row[0], row[1], state.whole, state.checked_at
        )

    def syncs(self, limit: int = 20) -> pd.DataFrame:
        """The last syncs, newest first: the fields of `Report`."""
        sql = "SELECT * FROM syncs ORDER BY started_at DESC LIMIT ?"
        return self.cursor().execute(sql, [limit]).df()

    def rejected(self) -> pd.DataFrame:
        """Records that could not be read: ``id``, ``created``, ``reason``, ``record``, ``seen_at``."""
        return self.cursor().execute("SELECT * FROM rejected ORDER BY created DESC").df()

    @property
    def size_bytes(self) -> int:
        """Size of the mirror's files on disk."""
        sizes = []
        for file in self._files():
            with suppress(FileNotFoundError):
                sizes.append(file.stat().st_size)
        return sum(sizes)

    def close(self) -> None:
        """Release the file; a running sync ends first. Closing again does nothing."""
        if self._closed:
            return
        self._closed = True
        if self._store is None:
            self._tables.close()
            return
        with self._syncing:
            _release(self.path)

    def delete(self) -> None:
        """Close the mirror and remove its files; the account itself is untouched."""
        self._owned()
        with _shared_lock:
            if _shared[self.path.resolve()].users > 1:
                raise MirrorError(
                    f"{self.path.name} is open elsewhere in this process. Close it there first."
                )
        self.close()
        for file in self._files():
            file.unlink(missing_ok=True)

    def _files(self) -> list[Path]:
        # ".parquet" was the snapshot of versions before 2026-11-25
        endings = ("", ".wal", ".snapshot", ".partial", ".parquet")
        return [self.path.with_name(f"{self.path.name}{ending}") for ending in endings]

    def __enter__(self) -> Mirror:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _check_open(self) -> None:
        if self._closed:
            raise MirrorError(f"{self.path.name} is closed. Open it again with Mirror.open.")

    def _owned(self) -> Store:
        self._check_open()
        if self._store is None:
            raise MirrorError(
                f"{self.path.name} is open in another process, which keeps it up to date; this "
                "one reads its snapshot. Sync there, or close the other process."
            )
        return self._store

    def _teller(self, also: Callable[[Progress], None] | None) -> Callable[[Progress], None]:
        def tell(progress: Progress) -> None:
            self._progress = progress
            assert self._reasons is not None
            self._reasons.follow(progress.mirrored)
            if also is not None:
                also(progress)

        return tell

    def _keep_snapshot(self, store: Store) -> None:
        """Write the snapshot when it is old enough and rows have changed since.

        Of an account at rest, too, now and then: its readers are told how old it is.
        """
        try:
            written_at = self._snapshot.stat().st_mtime
        except OSError:
            written_at = 0.0
        changed = store.changed_at > written_at
        if time.time() - written_at >= (SNAPSHOT_EVERY_S if changed else UNCHANGED_EVERY_S):
            store.write_snapshot(self._snapshot)

    def _open_snapshot(self) -> Snapshot:
        if not self._snapshot.exists():
            raise Locked(
                f"{self.path.name} is open in another process, which has written no snapshot yet. "
                "Try again in a few minutes, or close the other process."
            )
        return Snapshot(self._snapshot)


_OWN_PATH = "/api/v1"
"""Where the API is on its host. A file's name need not say it; another path is another account."""


def default_path(account: Account) -> Path:
    """The account's file in ``EXPLORER_STORE`` (a folder of the user's by default)."""
    from explorer.settings import load_settings

    parts = urlsplit(account.base_url)
    path = "" if parts.path == _OWN_PATH else parts.path or "/"
    place = re.sub(r"[^a-z0-9.-]", "-", f"{parts.netloc or 'local'}{path}".lower())
    return load_settings().explorer_store / f"{place}-{account.fingerprint}.duckdb"


@dataclass
class _Shared:
    """A file that mirrors of this process have open: its one store, its one sync at a time."""

    store: Store
    reasons: Reasons
    account: Account
    users: int = 0
    syncing: threading.Lock = field(default_factory=threading.Lock)


_shared: dict[Path, _Shared] = {}
_shared_lock = threading.Lock()


def _share(path: Path, account: Account, transcripts: bool) -> _Shared:
    key = path.resolve()
    with _shared_lock:
        found = _shared.get(key)
        if found is None:
            store = Store(path, account, transcripts=transcripts)
            try:
                reasons = Reasons(store, path.with_name(RULES_FILE))
            except BaseException:
                store.close()
                raise
            found = _shared[key] = _Shared(store, reasons, account)
        elif found.account != account:
            raise MirrorError(
                f"{path} mirrors another account, of {found.account.base_url}. Choose another "
                "path, or delete it."
            )
        found.users += 1
        return found


def _release(path: Path) -> None:
    key = path.resolve()
    with _shared_lock:
        found = _shared[key]
        found.users -= 1
        if not found.users:
            del _shared[key]
            found.store.close()
