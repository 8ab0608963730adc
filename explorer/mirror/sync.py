"""Keeps a mirror equal to the account, with few requests, while others change the account.

One pass reads the head of the list down to what is known, whatever of a first read is missing,
and the list of processing analyses; it then compares three exact totals with the mirror's own. A
total that differs is traced by `Search`: the number of rows newer than some second is compared
on both sides, one small request each, until the difference is inside one page, which is read.

Why nothing is deleted that exists
----------------------------------
An answer is one moment of the account. A row of the mirror that was created strictly between the
first and the last row of an answer, and is not in it, did not exist at that moment. Rows older
than the last row of the list are judged only after a second answer agrees that the list ends
there. Rows of a second that no answer holds whole, ties longer than a page, are doubted when a
walk that has proven itself did not meet them, and asked for one by one.

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
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeVar

import numpy as np

from explorer.api.paging import Walk, first_newer
from explorer.errors import (
    CallCovError,
    IncompleteListing,
    NotFound,
    RateLimited,
    SyncError,
    UnexpectedAnswer,
)
from explorer.mirror.decode import decode_page, decode_record
from explorer.mirror.page import LATEST_CREATED, DecodedPage, DecodedRow, Rejected, is_unnamed
from explorer.mirror.search import SLACK, Search
from explorer.mirror.store import Store

logger = logging.getLogger("explorer.sync")

PAGE_SIZE = 1000
HEAD_SIZE = 200
"""Rows of a refresh's first request: what arrives in some minutes, at a fifth of the bytes."""
MAX_PASSES = 3
MAX_READINGS = 3
"""Of a page whose answer is no list of analyses, before it is reported."""
MAX_ASKED = 20
"""Doubted rows that are asked for one by one where the total already says that all are gone."""
SEARCHED_PAGES = 4
"""A list of more pages is not read again before its end was looked at."""
HELD_PAGES = 4
"""Of a first read that are written together: a statement costs 3 ms to plan, whatever it writes."""
HELD_S = 5
"""Since the last write, when a page is written at once; a kill loses the held pages, no others."""
RESERVE = 15
"""Requests a minute that the sync leaves to the person clicking."""
Found = TypeVar("Found")


class Source(Protocol):
    """What the sync needs of a client."""

    def list_bytes(
        self, *, status_filter: str | None, limit: int, offset: int, reserve: int
    ) -> bytes: ...
    def retrieve_bytes(self, analysis_id: str, *, reserve: int) -> bytes: ...


@dataclass(frozen=True)
class Report:
    """What a sync did. `complete`: the mirror equalled the account when it ended."""

    kind: str
    started_at: float
    ended_at: float | None = None
    requests: int = 0
    fetched: int = 0
    inserted: int = 0
    updated: int = 0
    deleted: int = 0
    rejected: int = 0
    total: int | None = None
    complete: bool = False
    problem: str | None = None


@dataclass(frozen=True)
class Progress:
    """How far a running sync is: rows `mirrored` of `total`, `rate` in rows a second."""

    mirrored: int
    total: int
    rate: float

    @property
    def remaining_s(self) -> float | None:
        """Seconds left at this rate; None when it cannot be told."""
        return (self.total - self.mirrored) / self.rate if self.rate > 0 else None


class Stopped(Exception):
    """The sync was asked to stop."""


@dataclass
class _Pass:
    """Totals seen in one pass: of the whole list and of each status."""

    totals: list[int] = field(default_factory=list)
    by_status: dict[str, list[int]] = field(default_factory=dict)
    read_whole: bool = False

    def note(self, status: str | None, total: int) -> None:
        (self.totals if status is None else self.by_status.setdefault(status, [])).append(total)

    @property
    def steady(self) -> bool:
        """Whether every total stayed the same during the pass."""
        return all(len(set(seen)) <= 1 for seen in (self.totals, *self.by_status.values()))


@dataclass(frozen=True)
class _End:
    """Where an answer saw the list end: `created` of the last row that could be read, and the
    unreadable records that are older by their own time."""

    total: int
    oldest: int | None
    behind: frozenset[str]


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
        self._source, self._store = source, store
        self._page_size, self._head_size = page_size, min(head_size, page_size)
        self._reserve, self._stop = reserve, stop or threading.Event()
        self._on_progress = on_progress
        self._clock = clock
        self._pause = pause or self._stop.wait
        self._pass = _Pass()
        self._unread: dict[str, int] = {}  # processing rows not read again yet, id → created
        self._suspects: dict[str, int] = {}  # rows whose status changed, to be read again
        self._edges: dict[int, set[str]] = {}  # seconds no answer of a walk held whole → ids
        self._bottom: int | None = None  # `created` of the last readable row of a walk so far
        self._end_seen: _End | None = None
        self._reached: dict[str, int | None] = {}  # fields of the state to keep with the next page
        self._held: list[tuple[DecodedPage, int]] = []  # read and not written yet, with offsets
        self._n_written = 0  # rows of the mirror after the last write
        self._written_at = float("-inf")
        self.report = Report("refresh", clock())

    def run(self, *, everything: bool = False) -> Report:
        """Make the mirror equal to the account; `everything` re-reads all of it.

        Raises
        ------
        SyncError : the account could not be read to the end; `.report` says what was done, and
            the next run goes on from there.
        """
        first = not self._store.state().whole
        kind = "first read" if first else "everything" if everything else "refresh"
        self.report = replace(self.report, kind=kind)
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
            self._pass = _Pass()
            self._unread = self._store.created_of("processing")
            self._suspects, self._end_seen = {}, None
            try:
                self._read(left)
                left = left and not self._pass.read_whole
                self._compare()
                settled = self._is_settled()
            except IncompleteListing as error:
                self._keep_reached()
                logger.info("pass %d: %s", attempt + 1, error)
                settled = False
            if settled:
                self.report = replace(self.report, complete=True)
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
        if self._pass.read_whole:
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
            self._pass.read_whole = True
        if walk.reasons:
            raise IncompleteListing("the newest analyses changed", reasons=tuple(walk.reasons))
        return newest

    def _walk_all(self) -> None:
        read = self._walker(hold=not self._store.state().whole)
        newest = self._walk(Walk(read, self._page_size), from_front=True)
        self._pass.read_whole = True
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
                self._reached = {"floor": walk.floor} | ({"ceiling": newest} if from_front else {})
        self._keep_reached()
        return newest

    def _finish(self, newest: int | None) -> None:
        """After a walk that reached the end and left nothing unproven."""
        state = self._store.state()
        self._confirm_end(always=not state.whole)
        if not state.whole and self._end_seen is None:
            return  # the list may be longer than one answer said
        ceiling = {} if newest is None else {"ceiling": newest}
        self._set_state(whole=True, floor=None, **ceiling)
        self._doubt()

    def _keep_reached(self) -> None:
        self._write_held()
        if self._reached:
            self._set_state(**self._reached)
            self._reached = {}

    def _set_state(self, **values: object) -> None:
        with self._store.transaction() as cursor:
            self._store.set_state(cursor, **values)

    def _compare(self) -> None:
        """Bring the rest of the mirror in line: processing ones, deletions, settled changes."""
        if self._pass.read_whole:
            self._resolve_suspects()
            return
        self._read_processing()
        failed = self._total("failed")
        if abs(self._excess()) > self._page_size // 2:
            self._trace(None)  # places in the list are too uncertain to look for suspects
        self._resolve_suspects()
        if any(map(is_unnamed, self._suspects)):
            self._walk_all()  # changed, they have another name somewhere
            self._resolve_suspects()
        excess = self._excess()
        if excess > 0 or (excess < 0 and self._pass.steady):  # else it is at the front: next pass
            self._trace(None)
        for status, total in (("processing", self._latest("processing")), ("failed", failed)):
            if self._store.count(status) != total:
                self._trace(status)

    def _excess(self) -> int:
        """Rows that the mirror has too many, by the latest total."""
        return self._store.count() - self._latest(None)

    def _is_settled(self) -> bool:
        if not self._pass.steady or self._suspects or not self._store.state().whole:
            return False
        return not self._excess() and all(
            self._store.count(status) == seen[-1] for status, seen in self._pass.by_status.items()
        )

    def _read_processing(self) -> None:
        """Every processing row again, in the mirror or in the account."""
        if self._unread:
            self._walk_list("processing")
            self._suspects.update(self._unread)
        else:
            self._total("processing")

    def _resolve_suspects(self) -> None:
        """Read again the rows in doubt: neighbours in one page; those alone or not met there one by
        one."""
        if not self._suspects:
            return
        older = -self._store.created_newest_first()
        ordered = sorted(self._suspects, key=lambda name: -self._suspects[name])
        seconds = [-self._suspects[name] for name in ordered]
        first = np.searchsorted(older, seconds, side="left").tolist()
        last = np.searchsorted(older, seconds, side="right").tolist()
        excess = self._excess()
        start = 0
        while start < len(ordered):
            offset = max(0, first[start] - max(0, excess) - 1 - SLACK)
            margin = max(0, -excess) + 1 + SLACK
            room = offset + self._page_size - margin
            stop = start + 1
            while stop < len(ordered) and last[stop] <= room:
                stop += 1
            limit = min(self._page_size, last[stop - 1] + margin - offset)
            if sum(name in self._suspects for name in ordered[start:stop]) > 1:
                self._page(None, offset, limit)
            for name in ordered[start:stop]:
                if name in self._suspects:
                    self._ask(name)
            start = stop

    def _ask(self, analysis_id: str) -> None:
        """Read one row by its id; it stays a suspect if the answer settles nothing."""
        if is_unnamed(analysis_id):
            self._not_there(analysis_id)
            return
        self._check_stop()
        self._count_request()
        try:
            body = self._patiently(
                lambda: self._source.retrieve_bytes(analysis_id, reserve=self._reserve)
            )
            found = decode_record(body, transcripts=self._store.transcripts)
        except NotFound:
            self._not_there(analysis_id)
            return
        except (UnexpectedAnswer, ValueError) as error:
            logger.info("%s: %s", analysis_id, error)
            return
        if found.id != analysis_id:
            logger.info("%s: the answer is another analysis, or none", analysis_id)
            return
        created = self._suspects.pop(analysis_id)
        with self._store.transaction() as cursor:
            if isinstance(found, Rejected):
                created = created if found.created is None else found.created
                self._store.set_aside(cursor, [(found, analysis_id, created)])
                self._add(rejected=1)
            else:
                change = self._store.upsert(cursor, [found])
                self._add(fetched=1, inserted=change.inserted, updated=change.updated)

    def _not_there(self, analysis_id: str) -> None:
        """Take out a suspect that the account has not."""
        if self._excess() <= 0:
            return  # contradicts the total: another address, or a change since
        del self._suspects[analysis_id]
        with self._store.transaction() as cursor:
            self._add(deleted=self._store.delete(cursor, [analysis_id]))

    def _trace(self, status: str | None) -> None:
        """Find and read the pages in which a list differs from the mirror."""
        search = self._search(status)
        if status is None and search.too_costly and search.pages > SEARCHED_PAGES:
            self._look_at_the_end()
            if not self._excess():
                return
            search = self._search(status)
        if not search.too_costly:
            while (step := search.next_step()) is not None:
                search.tell(step, self._page(status, step.offset, step.limit))
            if status is None:
                self._confirm_end()
            self._resolve_suspects()
        if self._store.count(status) != self._latest(status):
            self._walk_list(status)
            self._resolve_suspects()

    def _search(self, status: str | None) -> Search:
        created = self._store.created_newest_first(status)
        return Search(created, len(created) - self._latest(status), self._page_size)

    def _look_at_the_end(self) -> None:
        """Two requests for what is often gone in numbers: the oldest, by a rule of retention."""
        self._page(None, max(0, self._latest(None) - 1 - 2 * SLACK), 2 * SLACK + 2)
        self._confirm_end()
        self._resolve_suspects()

    def _walk_list(self, status: str | None) -> None:
        if status is None:
            self._walk_all()
            return
        unmet = self._store.created_of(status)

        def read(offset: int, limit: int) -> DecodedPage:
            page = self._page(status, offset, limit)
            for name, _ in page.listed():
                unmet.pop(name, None)
            return page

        for _ in Walk(read, self._page_size, joins_anywhere=True).batches():
            pass
        self._suspects.update(unmet)

    def _confirm_end(self, *, always: bool = False) -> None:
        """Take out what is older than the list's last row, if a second answer sees the same end."""
        if self._end_seen is None:
            return
        seen, self._end_seen = self._end_seen, None
        if not always and not self._store.rows_between(None, seen.oldest).keys() - seen.behind:
            self._end_seen = seen
            return
        self._page(None, max(0, seen.total - 1 - 2 * SLACK), 2 * SLACK + 2)
        if self._end_seen != seen:
            self._end_seen = None
            return
        with self._store.transaction() as cursor:
            doomed = self._store.rows_between(None, seen.oldest).keys() - seen.behind
            self._add(deleted=self._store.delete(cursor, list(doomed)))

    def _doubt(self) -> None:
        """Suspect the rows that a whole walk should have met and has not."""
        if self._excess() <= 0:
            return
        doubted: dict[str, int] = {}
        for second, met in self._edges.items():
            there = self._store.rows_between(second - 1, second + 1)
            doubted.update({name: at for name, at in there.items() if name not in met})
        if len(doubted) > MAX_ASKED and len(doubted) == self._excess() and self._pass.steady:
            with self._store.transaction() as cursor:
                self._add(deleted=self._store.delete(cursor, list(doubted)))
            return
        for name in doubted:
            self._suspects[name] = doubted[name]

    def _total(self, status: str) -> int:
        return self._page(status, 0, 1).total

    def _latest(self, status: str | None) -> int:
        seen = self._pass.totals if status is None else self._pass.by_status[status]
        return seen[-1]

    def _walker(self, *, hold: bool = False) -> Callable[[int, int], DecodedPage]:
        """Reads the pages of one walk and keeps its `_edges`; `hold`: may write several at once."""
        self._edges, self._bottom = {}, None

        def read(offset: int, limit: int) -> DecodedPage:
            page = self._page(None, offset, limit, hold=hold)
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

    def _page(
        self, status: str | None, offset: int, limit: int, *, hold: bool = False
    ) -> DecodedPage:
        """One page, read and applied to the mirror in one transaction; with `hold`, perhaps later."""
        page = self._fetch(status, offset, limit)
        self._pass.note(status, page.total)
        n = len(page.data) + len(page.rejected)
        if hold and page.data and not page.rejected and page.has_more and offset + n < page.total:
            self._hold(page, offset)
            return page
        self._write_held()
        whole = status is None and offset == 0 and n == page.total and not page.has_more
        gone = self._vanished(page, offset, status, whole=whole)
        with self._store.transaction() as cursor:
            change = self._store.upsert(cursor, page.data)
            self._store.set_aside(cursor, page.set_aside(whole=whole))
            deleted = 0
            if status is None:
                deleted = self._store.delete(cursor, list(gone))
                self._store.set_state(cursor, total=page.total, **self._reached)
                self._reached = {}
        seen = {name for name, _ in page.listed(whole=whole)}
        if status is None:
            seen.update(gone)
        for name in seen:
            self._unread.pop(name, None)
            self._suspects.pop(name, None)
        if status is None:
            self._note_end(page, offset, whole=whole)
        else:
            self._suspects.update(gone)
        self._add(
            fetched=len(page.data),
            inserted=change.inserted,
            updated=change.updated,
            deleted=deleted,
            rejected=len(page.rejected),
        )
        self._note_written()
        self._tell_progress()
        return page

    def _hold(self, page: DecodedPage, offset: int) -> None:
        """Keep a page of readable records, not the list's last, to be written with others."""
        self._held.append((page, offset))
        for row in page.data if self._unread or self._suspects else ():
            self._unread.pop(row.id, None)
            self._suspects.pop(row.id, None)
        self._add(fetched=len(page.data))
        waited_s = self._clock() - self._written_at
        if len(self._held) >= HELD_PAGES or waited_s >= HELD_S:
            self._write_held()
        else:
            self._tell_progress()

    def _write_held(self) -> None:
        """Apply the pages that are held, as one after the other would be."""
        if not self._held:
            return
        held, self._held = self._held, []
        rows, gone = self._applied(held)
        with self._store.transaction() as cursor:
            deleted = self._store.delete(cursor, list(gone))
            change = self._store.upsert(cursor, list(rows.values()))
            self._store.set_state(cursor, total=held[-1][0].total, **self._reached)
            self._reached = {}
        for name in gone - rows.keys():
            self._unread.pop(name, None)
            self._suspects.pop(name, None)
        self._add(inserted=change.inserted, updated=change.updated, deleted=deleted)
        self._note_written()
        self._tell_progress()

    def _applied(
        self, held: list[tuple[DecodedPage, int]]
    ) -> tuple[dict[str, DecodedRow], set[str]]:
        """The rows that the pages leave, and those of the mirror that they show to be gone."""
        oldest = min(page.data[-1].created for page, _ in held)
        newest = None
        if all(offset for _, offset in held):
            newest = max(page.data[0].created for page, _ in held)
        mirrored = self._store.rows_between(oldest, newest)
        rows: dict[str, DecodedRow] = {}
        gone: set[str] = set()
        for page, offset in held:
            first = page.data[0].created if offset else LATEST_CREATED + 1
            last = page.data[-1].created
            present = {row.id: row for row in page.data}
            for name in [name for name, row in rows.items() if last < row.created < first]:
                if name not in present:
                    del rows[name]
            gone.update(
                name for name, at in mirrored.items() if last < at < first and name not in present
            )
            rows |= present
        return rows, gone

    def _vanished(
        self, page: DecodedPage, offset: int, status: str | None, *, whole: bool
    ) -> dict[str, int]:
        """Rows of the mirror that this answer shows to be gone (from the list of the status)."""
        if whole and page.rejected and not page.data:
            present = {name for name, _ in page.listed(whole=True)}
            known = self._store.rows_between(None, None)
            return {name: created for name, created in known.items() if name not in present}
        whole_tail = offset + len(page.data) + len(page.rejected) >= page.total
        # rows behind the last one: of a status they are only read again, which harms nothing
        ends = status is not None and whole_tail and not page.has_more
        if not page.data and (not ends or offset or page.rejected):
            return {}
        newest = None if offset == 0 else page.data[0].created
        oldest = None if ends else page.data[-1].created
        present = {name for name, _ in page.listed()}
        known = self._store.rows_between(oldest, newest, status)
        return {name: created for name, created in known.items() if name not in present}

    def _note_end(self, page: DecodedPage, offset: int, *, whole: bool) -> None:
        """Remember where the list ended, if this answer shows it."""
        listed = page.listed(whole=whole)
        n = len(page.data) + len(page.rejected)
        if page.has_more or offset + n != page.total or len(listed) != n:
            return
        if n or page.total == 0:
            oldest = (
                page.data[-1].created if page.data else min((at for _, at in listed), default=None)
            )
            behind = {name for name, at in listed if oldest is not None and at < oldest}
            self._end_seen = _End(page.total, oldest, frozenset(behind))
        if page.data and (offset == 0 or page.data[0].created > page.data[-1].created):
            # all that the last second has: what the mirror has more of it is asked for
            second, present = page.data[-1].created, {name for name, _ in listed}
            there = self._store.rows_between(second - 1, second + 1)
            self._suspects.update({k: v for k, v in there.items() if k not in present})

    def _fetch(self, status: str | None, offset: int, limit: int) -> DecodedPage:
        for reading in range(1, MAX_READINGS + 1):
            self._check_stop()
            self._count_request()
            body = self._patiently(
                lambda: self._source.list_bytes(
                    status_filter=status, limit=limit, offset=offset, reserve=self._reserve
                )
            )
            try:
                page = decode_page(body, transcripts=self._store.transcripts)
            except ValueError as error:
                problem = str(error)
            else:
                if first_newer(page.data) is None:
                    return page
                problem = "it is not sorted newest first"
            logger.warning("offset %d, reading %d: %s", offset, reading, problem)
        raise UnexpectedAnswer(
            f"The page at offset {offset} could not be read in {MAX_READINGS} tries: {problem}.",
            offset=offset,
        )

    def _patiently(self, ask: Callable[[], Found]) -> Found:
        """Ask; when the rate limit is reached, wait as long as it says and ask again."""
        while True:
            try:
                return ask()
            except RateLimited as error:
                wait_s = error.retry_after_s or 1.0
            if self._pause(wait_s):
                raise Stopped

    def _check_stop(self) -> None:
        if self._stop.is_set():
            raise Stopped

    def _count_request(self) -> None:
        self._add(requests=1)

    def _add(self, **counts: int) -> None:
        changes = {name: getattr(self.report, name) + n for name, n in counts.items()}
        self.report = replace(self.report, **changes)

    def _note_written(self) -> None:
        self._n_written = self._store.count()
        self._written_at = self._clock()

    def _tell_progress(self) -> None:
        if self._on_progress is not None and self._pass.totals:
            seconds = max(1e-3, self._clock() - self.report.started_at)
            self._on_progress(
                Progress(self._n_written, self._latest(None), self.report.fetched / seconds)
            )

    def _end(self, problem: Exception | None) -> None:
        self._keep_reached()
        total = self._pass.totals[-1] if self._pass.totals else None
        words = None if problem is None else str(problem) or "stopped"
        self.report = replace(self.report, ended_at=self._clock(), total=total, problem=words)
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
