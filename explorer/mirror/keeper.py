"""Keeps a mirror fresh while somebody looks: one background thread an account, whoever asks."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Literal

from explorer.errors import ExplorerError, SyncError
from explorer.mirror.mirror import Mirror
from explorer.mirror.report import Report

logger = logging.getLogger("explorer.sync")

REFRESH_EVERY_S = 180
"""While someone looks; each refresh takes about three requests of the hundred a minute."""
RETRY_AFTER_S = 60
"""After a sync that failed: soon enough to go on, too seldom to burden a server in trouble."""


class Keeper:
    """Syncs one mirror on request and, while it is looked at, every few minutes.

    `last` is the report of the last sync that ended, `problem` why the last one failed (None
    after a good one). All methods may be called from any thread; none waits for a sync.
    """

    def __init__(
        self,
        mirror: Mirror,
        *,
        every_s: float = REFRESH_EVERY_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.mirror = mirror
        self.every_s = every_s
        self.last: Report | None = None
        self.problem: ExplorerError | None = None
        self._clock = clock
        self._due_at = clock() + RETRY_AFTER_S if mirror.read_only else float("-inf")
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    @property
    def state(self) -> Literal["reading", "syncing", "idle"]:
        """``reading``: another process keeps the file; otherwise whether a sync runs."""
        if self.mirror.read_only:
            return "reading"
        return "syncing" if self._thread is not None and self._thread.is_alive() else "idle"

    def look(self) -> None:
        """Somebody looks: start a sync when one is due."""
        if self._clock() >= self._due_at:
            self.refresh()

    def refresh(self, *, everything: bool = False) -> None:
        """Start a sync now, unless one is running."""
        with self._lock:
            if self._stop.is_set() or self.state != "idle":
                return
            self._thread = threading.Thread(
                target=self._run, args=(everything,), name="mirror-sync", daemon=True
            )
            self._thread.start()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait for the running sync to end; whether none runs now."""
        thread = self._thread
        if thread is not None:
            thread.join(timeout_s)
        return thread is None or not thread.is_alive()

    def stop(self, timeout_s: float = 30) -> None:
        """End the running sync after its request under way, and start no other."""
        self._stop.set()
        self.wait(timeout_s)

    def _run(self, everything: bool) -> None:
        try:
            self.last = self.mirror.sync(everything=everything, stop=self._stop)
        except ExplorerError as error:
            self.problem = error
            self._due_at = self._clock() + min(RETRY_AFTER_S, self.every_s)
            logger.warning("sync: %s", error)
        except Exception as error:
            # a fault of ours: in the log with its trace, named on the page, and not at every look
            self.problem = SyncError(
                f"The sync ended by {type(error).__name__}, a fault of the explorer; what was read "
                "stays, and it is tried again in a minute. The log has the details."
            )
            self._due_at = self._clock() + RETRY_AFTER_S
            logger.exception("sync ended unexpectedly")
        else:
            self.problem = None
            self._due_at = self._clock() + self.every_s

    @property
    def owner_may_be_gone(self) -> bool:
        """Whether it is time to try whether the process that owned the file still does."""
        if not self.mirror.read_only or self._clock() < self._due_at:
            return False
        self._due_at = self._clock() + RETRY_AFTER_S
        return True
