"""Keeps a mirror equal to the account, with few requests, while others change the account.

One pass reads the head of the list down to what is known, whatever of a first read is missing,
and the list of processing analyses; it then compares three exact totals with the mirror's own. A
total that differs is traced by `Search`: the number of rows newer than some second is compared
on both sides, one small request each, until the difference is inside one page, which is read.

Why nothing is deleted that exists
----------------------------------
An answer deletes only what it shows to be gone (see `reader`). Rows older than the last row of the
list are judged only after a second answer agrees that the list ends there. Rows of a second that no
answer holds whole, ties longer than a page, are doubted when a walk that has proven itself did not
meet them, and asked for one by one.

Why nothing is missed
---------------------
New rows arrive at the front. Each walk from the front ends below the *ceiling*, the newest row
that an earlier finished walk had in its first answer; only then does the ceiling rise. So once
the front was read in a still account, the mirror lacks nothing: it can only have too much, and
whatever it has too much shows in the total.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from explorer.api.paging import Walk
from explorer.errors import CallCovError, IncompleteListing, SyncError
from explorer.mirror.page import DecodedPage, DecodedRow, is_unnamed
from explorer.mirror.reader import Reader, Source, Stopped
from explorer.mirror.report import Progress, Report
from explorer.mirror.search import SLACK, Search
from explorer.mirror.store import Store

logger = logging.getLogger("explorer.sync")

PAGE_SIZE = 1000
HEAD_SIZE = 200
"""Rows of a refresh's first request: what arrives in some minutes, at a fifth of the bytes."""
MAX_PASSES = 3
MAX_ASKED = 20
"""Doubted rows that are asked for one by one where the total already says that all are gone."""
SEARCHED_PAGES = 4
"""A list of more pages is not read again before its end was looked at."""
RESERVE = 15
"""Requests a minute that the sync leaves to the person clicking."""


class Sync:
    """One run over one account; use it once.

    Parameters
    ----------
    page_size, head_size : rows a request, and of a refresh's first request.
    stop : set to end after the request under way; what was read stays.
    on_progress : called after every page, and when pages that were held have been written.
    pause : waits so many seconds for the rate limit; true when asked to stop meanwhile.
    """

    def __init__(
        self,
        source: Source,
        store: Store,
        *,
        page_size: int = PAGE_SIZE,
        head_size: int = HEAD_SIZE,
        reserve: int = RESERVE,
        stop: threading.Event | None = None,
        on_progress: Callable[[Progress], None] | None = None,
        clock: Callable[[], float] = time.time,
        pause: Callable[[float], bool] | None = None,
    ) -> None:
        self._store = store
        self._page_size, self._head_size = page_size, min(head_size, page_size)
        self._clock = clock
        self._reader = Reader(
            source,
            store,
            reserve=reserve,
            stop=stop,
            on_progress=on_progress,
            clock=clock,
            pause=pause,
        )
        self._read_whole = False  # in this pass
        self._edges: dict[int, set[str]] = {}  # seconds no answer of a walk held whole → ids
        self._bottom: int | None = None  # `created` of the last readable row of a walk so far

    @property
    def report(self) -> Report:
        """What was done so far."""
        return self._reader.report

    def run(self, *, everything: bool = False) -> Report:
        """Make the mirror equal to the account; `everything` re-reads all of it.

        Raises
        ------
        SyncError : the account could not be read to the end; `.report` says what was done, and
            the next run goes on from there.
        """
        first = not self._store.state().whole
        kind = "first read" if first else "everything" if everything else "refresh"
        self._reader.report = replace(self.report, kind=kind)
        problem: Exception | None = None
        try:
            self._passes(everything)
        except (CallCovError, Stopped) as error:
            problem = error
        self._end(problem)
        if isinstance(problem, CallCovError):
            raise SyncError(
                f"The sync stopped early: {problem} What was read stays; it goes on from there.",
                report=self.report,
            ) from problem
        return self.report

    def _passes(self, everything: bool) -> None:
        left = everything  # to be read again
        for attempt in range(MAX_PASSES):
            self._reader.begin_pass()
            self._read_whole = False
            try:
                self._read(left)
                left = left and not self._read_whole
                self._compare()
                settled = self._is_settled()
            except IncompleteListing as error:
                self._keep_reached()
                logger.info("pass %d: %s", attempt + 1, error)
                settled = False
            if settled:
                self._reader.report = replace(self.report, complete=True)
                self._set_state(checked_at=self._clock())
                return
            logger.info("pass %d saw changes", attempt + 1)

    def _read(self, everything: bool) -> None:
        """The head down to what is known, and what a first read has left."""
        state = self._store.state()
        small = state.whole and self._store.count() <= self._page_size
        begun = state.ceiling is not None and (state.whole or state.floor is not None)
        if everything or small or not begun:
            self._walk_all()
            return
        assert state.ceiling is not None
        newest = self._walk_head(state.ceiling, state.whole)
        if self._read_whole:
            self._finish(newest)
            return
        self._set_state(ceiling=newest)
        if not state.whole:
            assert state.floor is not None
            self._walk_rest(state.floor)

    def _walk_head(self, ceiling: int, whole: bool) -> int | None:
        """Read down to below the ceiling; the newest second of the first answer."""
        walk = Walk(self._walker(), self._head_size if whole else self._page_size)
        newest = None
        for batch in walk.batches():
            newest = batch[0].created if newest is None else newest
            walk.page_size = self._page_size  # more has arrived than usual
            if walk.floor is not None and walk.floor < ceiling:
                break
        else:
            self._read_whole = True
        if walk.reasons:
            raise IncompleteListing("the newest analyses changed", reasons=tuple(walk.reasons))
        return newest

    def _walk_all(self) -> None:
        read = self._walker(hold=not self._store.state().whole)
        newest = self._walk(Walk(read, self._page_size), from_front=True)
        self._read_whole = True
        self._finish(newest)

    def _walk_rest(self, floor: int) -> None:
        offset = max(0, self._store.newer_than(floor) - 1)
        read = self._walker(hold=True)
        self._walk(Walk(read, self._page_size, offset=offset, floor=floor), from_front=False)
        self._finish(None)

    def _walk(self, walk: Walk[DecodedRow], *, from_front: bool) -> int | None:
        """Walk to the end; how far a first read has come is kept with the pages after."""
        whole = self._store.state().whole
        newest = None
        for batch in walk.batches():
            newest = batch[0].created if newest is None else newest
            if not whole and not walk.reasons:
                self._reader.reached = {"floor": walk.floor} | (
                    {"ceiling": newest} if from_front else {}
                )
        self._keep_reached()
        return newest

    def _finish(self, newest: int | None) -> None:
        """After a walk that reached the end and left nothing unproven."""
        state = self._store.state()
        self._confirm_end(always=not state.whole)
        if not state.whole and self._reader.end_seen is None:
            return  # the list may be longer than one answer said
        ceiling = {} if newest is None else {"ceiling": newest}
        self._set_state(whole=True, floor=None, **ceiling)
        self._doubt()

    def _keep_reached(self) -> None:
        self._reader.write_held()
        if self._reader.reached:
            self._set_state(**self._reader.reached)
            self._reader.reached = {}

    def _set_state(self, **values: object) -> None:
        with self._store.transaction() as cursor:
            self._store.set_state(cursor, **values)

    def _compare(self) -> None:
        """Bring the rest of the mirror in line: processing ones, deletions, settled changes."""
        if self._read_whole:
            self._resolve_suspects()
            return
        self._read_processing()
        failed = self._reader.total("failed")
        if abs(self._reader.excess()) > self._page_size // 2:
            self._trace(None)  # places in the list are too uncertain to look for suspects
        self._resolve_suspects()
        if any(map(is_unnamed, self._reader.suspects)):
            self._walk_all()  # changed, they have another name somewhere
            self._resolve_suspects()
        excess, steady = self._reader.excess(), self._reader.seen.steady
        if excess > 0 or (excess < 0 and steady):  # else it is at the front: next pass
            self._trace(None)
        for status, total in (
            ("processing", self._reader.latest("processing")),
            ("failed", failed),
        ):
            if self._store.count(status) != total:
                self._trace(status)

    def _is_settled(self) -> bool:
        if not self._reader.seen.steady or self._reader.suspects or not self._store.state().whole:
            return False
        return not self._reader.excess() and all(
            self._store.count(status) == seen[-1]
            for status, seen in self._reader.seen.by_status.items()
        )

    def _read_processing(self) -> None:
        """Every processing row again, in the mirror or in the account."""
        if self._reader.unread:
            self._walk_list("processing")
            self._reader.suspects.update(self._reader.unread)
        else:
            self._reader.total("processing")

    def _resolve_suspects(self) -> None:
        """Read again the rows in doubt: neighbours in one page; those alone or not met there one by
        one."""
        if not self._reader.suspects:
            return
        older = -self._store.created_newest_first()
        ordered = sorted(self._reader.suspects, key=lambda name: -self._reader.suspects[name])
        seconds = [-self._reader.suspects[name] for name in ordered]
        first = np.searchsorted(older, seconds, side="left").tolist()
        last = np.searchsorted(older, seconds, side="right").tolist()
        excess = self._reader.excess()
        start = 0
        while start < len(ordered):
            offset = max(0, first[start] - max(0, excess) - 1 - SLACK)
            margin = max(0, -excess) + 1 + SLACK
            room = offset + self._page_size - margin
            stop = start + 1
            while stop < len(ordered) and last[stop] <= room:
                stop += 1
            limit = min(self._page_size, last[stop - 1] + margin - offset)
            if sum(name in self._reader.suspects for name in ordered[start:stop]) > 1:
                self._reader.page(None, offset, limit)
            for name in ordered[start:stop]:
                if name in self._reader.suspects:
                    self._reader.ask(name)
            start = stop

    def _trace(self, status: str | None) -> None:
        """Find and read the pages in which a list differs from the mirror."""
        search = self._search(status)
        if status is None and search.too_costly and search.pages > SEARCHED_PAGES:
            self._look_at_the_end()
            if not self._reader.excess():
                return
            search = self._search(status)
        if not search.too_costly:
            while (step := search.next_step()) is not None:
                search.tell(step, self._reader.page(status, step.offset, step.limit))
            if status is None:
                self._confirm_end()
            self._resolve_suspects()
        if self._store.count(status) != self._reader.latest(status):
            self._walk_list(status)
            self._resolve_suspects()

    def _search(self, status: str | None) -> Search:
        created = self._store.created_newest_first(status)
        return Search(created, len(created) - self._reader.latest(status), self._page_size)

    def _look_at_the_end(self) -> None:
        """Two requests for what is often gone in numbers: the oldest, by a rule of retention."""
        self._reader.page(None, max(0, self._reader.latest(None) - 1 - 2 * SLACK), 2 * SLACK + 2)
        self._confirm_end()
        self._resolve_suspects()

    def _walk_list(self, status: str | None) -> None:
        if status is None:
            self._walk_all()
            return
        unmet = self._store.created_of(status)

        def read(offset: int, limit: int) -> DecodedPage:
            page = self._reader.page(status, offset, limit)
            for name, _ in page.listed():
                unmet.pop(name, None)
            return page

        for _ in Walk(read, self._page_size, joins_anywhere=True).batches():
            pass
        self._reader.suspects.update(unmet)

    def _confirm_end(self, *, always: bool = False) -> None:
        """Take out what is older than the list's last row, if a second answer sees the same end."""
        if self._reader.end_seen is None:
            return
        seen, self._reader.end_seen = self._reader.end_seen, None
        if not always and not self._store.rows_between(None, seen.oldest).keys() - seen.behind:
            self._reader.end_seen = seen
            return
        self._reader.page(None, max(0, seen.total - 1 - 2 * SLACK), 2 * SLACK + 2)
        if self._reader.end_seen != seen:
            self._reader.end_seen = None
            return
        with self._store.transaction() as cursor:
            doomed = self._store.rows_between(None, seen.oldest).keys() - seen.behind
            self._reader.add(deleted=self._store.delete(cursor, list(doomed)))

    def _doubt(self) -> None:
        """Suspect the rows that a whole walk should have met and has not."""
        if self._reader.excess() <= 0:
            return
        doubted: dict[str, int] = {}
        for second, met in self._edges.items():
            there = self._store.rows_between(second - 1, second + 1)
            doubted.update({name: at for name, at in there.items() if name not in met})
        if (
            len(doubted) > MAX_ASKED
            and len(doubted) == self._reader.excess()
            and self._reader.seen.steady
        ):
            with self._store.transaction() as cursor:
                self._reader.add(deleted=self._store.delete(cursor, list(doubted)))
            return
        for name in doubted:
            self._reader.suspects[name] = doubted[name]

    def _walker(self, *, hold: bool = False) -> Callable[[int, int], DecodedPage]:
        """Reads the pages of one walk and keeps its `_edges`; `hold`: may write several at once."""
        self._edges, self._bottom = {}, None

        def read(offset: int, limit: int) -> DecodedPage:
            page = self._reader.page(None, offset, limit, hold=hold)
            self._note_edges(page, offset)
            return page

        return read

    def _note_edges(self, page: DecodedPage, offset: int) -> None:
        """Add what the page has of seconds at its end; forget those that it holds whole."""
        listed = page.listed()
        if not listed:
            return
        newest = page.data[0].created if page.data else listed[0][1]
        oldest = page.data[-1].created if page.data else listed[0][1]
        # between the last page's last row and this one's first stand only unreadable records, whose
        # time proves nothing: neither page holds the seconds from one to the other whole
        after_gap = self._bottom is not None and newest < self._bottom
        if after_gap:
            for created in self._store.rows_between(newest, self._bottom).values():
                self._edges.setdefault(created, set())
        if page.data:
            self._bottom = oldest
        for name, created in listed:
            if oldest < created and (created < newest or offset == 0):
                self._edges.pop(created, None)
            elif created <= oldest or (after_gap and created == newest):
                self._edges.setdefault(created, set()).add(name)
            elif created in self._edges:
                self._edges[created].add(name)

    def _end(self, problem: Exception | None) -> None:
        self._keep_reached()
        total = self._reader.seen.totals[-1] if self._reader.seen.totals else None
        words = None if problem is None else str(problem) or "stopped"
        self._reader.report = replace(
            self.report, ended_at=self._clock(), total=total, problem=words
        )
        with self._store.transaction() as cursor:
            r = self.report
            cursor.execute(
                "INSERT INTO syncs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    r.started_at,
                    r.ended_at,
                    r.kind,
                    r.requests,
                    r.fetched,
                    r.inserted,
                    r.updated,
                    r.deleted,
                    r.rejected,
                    r.total,
                    r.complete,
                    r.problem,
                ],
            )
