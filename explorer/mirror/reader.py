"""Reads pages and rows of the account, and brings what they say into the mirror.

Why nothing is deleted that exists
----------------------------------
An answer is one moment of the account. A row of the mirror that was created strictly between the
first and the last row of an answer, and is not in it, did not exist at that moment. Rows older
than the last row of the list are judged only after a second answer agrees that the list ends
there: see `sync`.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeVar

from explorer.api.paging import first_newer
from explorer.errors import NotFound, RateLimited, UnexpectedAnswer
from explorer.mirror.decode import decode_page, decode_record
from explorer.mirror.page import LATEST_CREATED, DecodedPage, DecodedRow, Rejected, is_unnamed
from explorer.mirror.report import Progress, Report
from explorer.mirror.store import Store

logger = logging.getLogger("explorer.sync")

MAX_READINGS = 3
"""Of a page whose answer is no list of analyses, before it is reported."""
HELD_PAGES = 4
"""Of a first read that are written together: a statement costs 3 ms to plan, whatever it writes,
and of a smaller commit DuckDB writes some rows twice."""
HELD_S = 5
"""Since the last write, when a page is written at once; a kill loses the held pages, no others."""
Found = TypeVar("Found")


class Source(Protocol):
    """What the sync needs of a client."""

    def list_bytes(
        self, *, status_filter: str | None, limit: int, offset: int, reserve: int
    ) -> bytes: ...
    def retrieve_bytes(self, analysis_id: str, *, reserve: int) -> bytes: ...


class Stopped(Exception):
    """The sync was asked to stop."""


@dataclass
class Seen:
    """Totals seen in one pass: of the whole list and of each status."""

    totals: list[int] = field(default_factory=list)
    by_status: dict[str, list[int]] = field(default_factory=dict)

    def note(self, status: str | None, total: int) -> None:
        (self.totals if status is None else self.by_status.setdefault(status, [])).append(total)

    @property
    def steady(self) -> bool:
        """Whether every total stayed the same during the pass."""
        return all(len(set(seen)) <= 1 for seen in (self.totals, *self.by_status.values()))


@dataclass(frozen=True)
class End:
    """Where an answer saw the list end: `created` of the last row that could be read, and the
    unreadable records that are older by their own time."""

    total: int
    oldest: int | None
    behind: frozenset[str]


class Reader:
    """What a sync reads with; see `Sync` for the parameters.

    ``unread`` (processing rows not read again yet) and ``suspects`` (rows whose status changed, to
    be read again) are id → `created`; a row that an answer shows leaves both. ``reached`` are
    fields of the mirror's state to be kept with the next page.
    """

    def __init__(
        self,
        source: Source,
        store: Store,
        *,
        reserve: int,
        stop: threading.Event | None,
        on_progress: Callable[[Progress], None] | None,
        clock: Callable[[], float],
        pause: Callable[[float], bool] | None,
    ) -> None:
        self._source, self._store = source, store
        self._reserve, self._stop = reserve, stop or threading.Event()
        self._on_progress = on_progress
        self._clock = clock
        self._pause = pause or self._stop.wait
        self._held: list[tuple[DecodedPage, int]] = []  # read and not written yet, with offsets
        self._n_written = 0  # rows of the mirror after the last write
        self._written_at = float("-inf")
        self.seen = Seen()
        self.unread: dict[str, int] = {}
        self.suspects: dict[str, int] = {}
        self.end_seen: End | None = None
        self.reached: dict[str, int | None] = {}
        self.report = Report("refresh", clock())

    def begin_pass(self) -> None:
        """Forget what the pass before saw; everything processing is to be read again."""
        self.seen = Seen()
        self.unread = self._store.created_of("processing")
        self.suspects, self.end_seen = {}, None

    def ask(self, analysis_id: str) -> None:
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
        created = self.suspects.pop(analysis_id)
        with self._store.transaction() as cursor:
            if isinstance(found, Rejected):
                created = created if found.created is None else found.created
                self._store.set_aside(cursor, [(found, analysis_id, created)])
                self.add(rejected=1)
            else:
                change = self._store.upsert(cursor, [found])
                self.add(fetched=1, inserted=change.inserted, updated=change.updated)

    def _not_there(self, analysis_id: str) -> None:
        """Take out a suspect that the account has not."""
        if self.excess() <= 0:
            return  # contradicts the total: another address, or a change since
        del self.suspects[analysis_id]
        with self._store.transaction() as cursor:
            self.add(deleted=self._store.delete(cursor, [analysis_id]))

    def total(self, status: str) -> int:
        """How many of a status the account has: one small request."""
        return self.page(status, 0, 1).total

    def latest(self, status: str | None) -> int:
        """The total that the latest answer told; None: of all."""
        seen = self.seen.totals if status is None else self.seen.by_status[status]
        return seen[-1]

    def excess(self) -> int:
        """Rows that the mirror has too many, by the latest total."""
        return self._store.count() - self.latest(None)

    def page(
        self, status: str | None, offset: int, limit: int, *, hold: bool = False
    ) -> DecodedPage:
        """One page, read and applied to the mirror in one transaction; with `hold`, perhaps later."""
        page = self._fetch(status, offset, limit)
        self.seen.note(status, page.total)
        n = len(page.data) + len(page.rejected)
        if hold and page.data and not page.rejected and page.has_more and offset + n < page.total:
            self._hold(page, offset)
            return page
        self.write_held()
        whole = status is None and offset == 0 and n == page.total and not page.has_more
        gone = self._vanished(page, offset, status, whole=whole)
        with self._store.transaction() as cursor:
            change = self._store.upsert(cursor, page.data)
            self._store.set_aside(cursor, page.set_aside(whole=whole))
            deleted = 0
            if status is None:
                deleted = self._store.delete(cursor, list(gone))
                self._store.set_state(cursor, total=page.total, **self.reached)
                self.reached = {}
        seen = {name for name, _ in page.listed(whole=whole)}
        if status is None:
            seen.update(gone)
        for name in seen:
            self.unread.pop(name, None)
            self.suspects.pop(name, None)
        if status is None:
            self._note_end(page, offset, whole=whole)
        else:
            self.suspects.update(gone)
        self.add(
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
        for row in page.data if self.unread or self.suspects else ():
            self.unread.pop(row.id, None)
            self.suspects.pop(row.id, None)
        self.add(fetched=len(page.data))
        waited_s = self._clock() - self._written_at
        if len(self._held) >= HELD_PAGES or waited_s >= HELD_S:
            self.write_held()
        else:
            self._tell_progress()

    def write_held(self) -> None:
        """Apply the pages that are held, as one after the other would be."""
        if not self._held:
            return
        held, self._held = self._held, []
        rows, gone = self._applied(held)
        with self._store.transaction() as cursor:
            deleted = self._store.delete(cursor, list(gone))
            change = self._store.upsert(cursor, list(rows.values()))
            self._store.set_state(cursor, total=held[-1][0].total, **self.reached)
            self.reached = {}
        for name in gone - rows.keys():
            self.unread.pop(name, None)
            self.suspects.pop(name, None)
        self.add(inserted=change.inserted, updated=change.updated, deleted=deleted)
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
            self.end_seen = End(page.total, oldest, frozenset(behind))
        if page.data and (offset == 0 or page.data[0].created > page.data[-1].created):
            # all that the last second has: what the mirror has more of it is asked for
            second, present = page.data[-1].created, {name for name, _ in listed}
            there = self._store.rows_between(second - 1, second + 1)
            self.suspects.update({k: v for k, v in there.items() if k not in present})

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
        self.add(requests=1)

    def add(self, **counts: int) -> None:
        """Add to the counts of the report."""
        changes = {name: getattr(self.report, name) + n for name, n in counts.items()}
        self.report = replace(self.report, **changes)

    def _note_written(self) -> None:
        self._n_written = self._store.count()
        self._written_at = self._clock()

    def _tell_progress(self) -> None:
        if self._on_progress is not None and self.seen.totals:
            seconds = max(1e-3, self._clock() - self.report.started_at)
            self._on_progress(
                Progress(self._n_written, self.latest(None), self.report.fetched / seconds)
            )
