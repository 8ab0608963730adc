"""Reading a whole list by offsets while others change it.

The list is sorted by ``created``, newest first, and pages are offsets into it. Between two
requests rows arrive at the front and vanish anywhere, and rows of one ``created`` second may
change places whenever anything changes. Following ``offset += limit`` then repeats rows after an
arrival and, without a sign, loses rows after a removal. `Walk` yields each row that existed from
its start to its end exactly once, newest first, and says so when it cannot.

Why it misses nothing
---------------------
A page is one moment of the list. Let the *floor* be the lowest ``created`` read, and keep this
true: every row newer than the floor that has existed since the start was yielded. A page is
accepted when it starts at offset 0 or with a row newer than the floor. Whatever stands before
it is then newer than the floor too, so it was yielded or is an arrival; together with the page
itself this covers everything newer than the page's last ``created``, the next floor. A page that
starts lower (rows before it vanished) is not accepted: the walk steps back, by the number that
vanished or twice as far as before, until one is. The next page starts with the last row newer
than the floor, so pages overlap by one row and the ties at the floor. As no row changes its
``created``, a row newer than the floor never has to be looked at again, and the ids of the ties
at the floor are all that is remembered.

Why long ties need counting
---------------------------
When the rows of one second fill a page, the rule above makes no progress and the group is paged
by position. Let k be its first position in the first page of this pass and e the position after
its last row in the last one. If e - k distinct rows were seen and ``total`` is the same in the
first page and the last, nothing was missed, provided that no row can join the group: the rows
seen are all of the group as it was in the first page, since e - k plus the older rows that are
left equals the group plus all older rows at the start, and older rows only vanish. A row can
join only the newest second. There a second pass is made: if all that the first pass saw is still
there (it started at 0 and counted e rows), the last page of the first pass had no place for one
more. A pass that proves nothing is repeated, `MAX_PASSES` times at most.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Generic, Protocol, TypeVar

from explorer.errors import IncompleteListing, UnexpectedAnswer

# The API's own maximum: the fewest requests.
DEFAULT_PAGE_SIZE = 1000
# One row of overlap and one row of progress.
MIN_PAGE_SIZE = 2
# Two suffice for a list at rest, whichever group it is; more only help while others change it.
MAX_PASSES = 4
# Requests without a lower floor before giving up: stepping back takes some twenty, and a group
# of ties as long as the list takes this many times its pages.
PATIENCE = 60
PATIENCE_PER_PAGE = 12


class HasIdAndCreated(Protocol):
    """A row of the list."""

    @property
    def id(self) -> str: ...
    @property
    def created(self) -> int: ...


class Rejected(Protocol):
    """A record of a page that could not be read; it still takes its place in the list."""

    @property
    def index(self) -> int: ...
    @property
    def id(self) -> str | None: ...


Row = TypeVar("Row", bound=HasIdAndCreated)
Row_co = TypeVar("Row_co", bound=HasIdAndCreated, covariant=True)


class Page(Protocol[Row_co]):
    """One page as the API answered it."""

    @property
    def data(self) -> Sequence[Row_co]: ...
    @property
    def total(self) -> int: ...
    @property
    def has_more(self) -> bool: ...
    @property
    def rejected(self) -> Sequence[Rejected]: ...


@dataclass(frozen=True, slots=True)
class _View(Generic[Row]):
    """A page with its places in the list worked out."""

    offset: int
    limit: int
    rows: Sequence[Row]
    positions: Sequence[int]
    rejected: Sequence[Rejected]
    total: int
    has_more: bool

    @property
    def end(self) -> int:
        return self.offset + len(self.rows) + len(self.rejected)

    @property
    def more(self) -> bool:
        """Whether rows may follow. ``total`` and ``has_more`` may each be wrong: either one
        that says so is believed, and so is a full page beyond the end that both claim."""
        beyond = self.end > self.total and self.end - self.offset >= self.limit
        return self.has_more or self.end < self.total or beyond

    def last_newer_than(self, created: int) -> int | None:
        """Position of the last row newer than ``created``; None when there is none."""
        backwards = zip(reversed(self.rows), reversed(self.positions), strict=True)
        return next((p for r, p in backwards if r.created > created), None)

    def first_older_than(self, created: int) -> int | None:
        older = (p for r, p in zip(self.rows, self.positions, strict=True) if r.created < created)
        return next(older, None)


@dataclass(slots=True)
class _Pass:
    """What one pass over a long group of ties has seen."""

    first: int
    total: int
    closed: bool
    ids: set[str] = field(default_factory=set)
    unreadable: set[int] = field(default_factory=set)

    def add(self, view: _View[Row], created: int) -> None:
        self.ids.update(row.id for row in view.rows if row.created == created)
        places = (view.offset + record.index for record in view.rejected)
        self.unreadable.update(place for place in places if place >= self.first)

    def counts_to(self, end: int) -> bool:
        unreadable = sum(place < end for place in self.unreadable)
        return len(self.ids) + unreadable == end - self.first


class _GaveUp(Exception):
    pass


class Walk(Generic[Row]):
    """Every row of a list, each once and newest first; iterate over it once.

    Parameters
    ----------
    fetch : called with (offset, limit), returns that page.
    page_size : rows a request, at least `MIN_PAGE_SIZE`; a smaller number is raised to it.
    offset, floor : where an earlier walk's ``offset`` and ``floor`` stood, to go on from there;
        rows created at the floor come again.
    closed_before : Unix seconds; no row created earlier can join any more. Saves the second
        pass over a newest second that fills a page.
    joins_anywhere : rows may appear in the middle, as with a filter on a status that changes.
        Long ties are then always read twice.

    Attributes
    ----------
    total : the last page's; ``rejected`` the records that could not be read, each once;
    requests : pages asked for; ``reasons`` what could not be proven, in words;
    complete : True after an end that left nothing unproven.

    Raises
    ------
    IncompleteListing : at the very end, after all that could be read was yielded.
    UnexpectedAnswer : a page that is not sorted newest first, or has no readable record.
    """

    def __init__(
        self,
        fetch: Callable[[int, int], Page[Row]],
        page_size: int = DEFAULT_PAGE_SIZE,
        *,
        offset: int = 0,
        floor: int | None = None,
        closed_before: int | None = None,
        joins_anywhere: bool = False,
    ) -> None:
        self._ask = fetch
        self.page_size = max(page_size, MIN_PAGE_SIZE)
        self.offset = offset
        self.floor = floor
        self.total: int | None = None
        self.rejected: list[Rejected] = []
        self.requests = 0
        self.reasons: list[str] = []
        self.complete = False
        self._closed_before = closed_before
        self._joins_anywhere = joins_anywhere
        self._at_floor: set[str] = set()
        self._newest = floor
        self._rejected_keys: set[str] = set()
        self._finished = False
        self._pending: _View[Row] | None = None
        self._first_total = 0
        self._floor_offset = offset
        self._since_progress = 0
        self._step = 0
        self._passes = 0
        self._earlier: set[str] | None = None
        self._rows: Iterator[Row] | None = None

    def __iter__(self) -> Iterator[Row]:
        return self

    def __next__(self) -> Row:
        if self._rows is None:
            self._rows = (row for batch in self.batches() for row in batch)
        return next(self._rows)

    def batches(self) -> Iterator[list[Row]]:
        """The rows as they come, one list a request that brought any.

        Between two of them ``offset`` and ``floor`` say where a later walk can go on.
        """
        try:
            while not self._finished:
                yield from self._advance()
        except _GaveUp:
            self.reasons.append("the list changed faster than it could be read")
        if self.reasons:
            raise IncompleteListing(
                "The list could not be read whole: "
                + "; ".join(self.reasons)
                + ". What was read is good; read again when the account is quieter.",
                reasons=tuple(self.reasons),
            )
        self.complete = True

    def _advance(self) -> Iterator[list[Row]]:
        view, self._pending = self._pending, None
        if view is None:
            view = self._fetch(self.offset)
            if view.offset == 0 and not view.rows:
                self._read_empty(view)
                return
            if not self._accepts(view):
                self._step_back(view)
                return
        self._step = 0
        fresh = self._take(view, down_to=None)
        start = self._next_start(view)
        if not view.more:
            self._finished = True
        elif start > view.offset:
            self.offset = start
        else:
            yield fresh
            yield from self._read_ties(view)
            return
        if fresh:
            yield fresh

    def _accepts(self, view: _View[Row]) -> bool:
        if view.offset == 0:
            return True
        return bool(view.rows) and self.floor is not None and view.rows[0].created > self.floor

    def _step_back(self, view: _View[Row]) -> None:
        vanished = self._previous_total - view.total + 1
        self._step = max(2 * self._step, vanished, 1)
        self.offset = max(0, view.offset - self._step)

    def _next_start(self, view: _View[Row]) -> int:
        assert self.floor is not None
        start = view.last_newer_than(self.floor)
        return view.offset if start is None else start

    def _read_empty(self, view: _View[Row]) -> None:
        """A list that starts with nothing readable: empty, or not what it says."""
        if view.end >= view.total and (not view.more or view.end == 0):
            self._note_rejected(view)
            self._finished = True
        elif view.rejected:
            raise UnexpectedAnswer(
                f"None of the {len(view.rejected)} newest analyses could be read; check that "
                "CALLCOV_BASE_URL is a CallCov API of this version.",
                offset=0,
                index=0,
            )
        else:
            self._passes += 1
            if self._passes >= MAX_PASSES:
                self.reasons.append(f"the API counts {view.total} and lists none")
                self._finished = True

    def _read_ties(self, view: _View[Row]) -> Iterator[list[Row]]:
        """Page by position inside a group of ties that fills a page; see the module's text."""
        floor, start = self.floor, view.offset
        assert floor is not None
        newer = view.last_newer_than(floor)
        seen = _Pass(start if newer is None else newer + 1, view.total, self._is_closed(floor))
        seen.add(view, floor)
        stalled = False
        while view.more and not stalled and view.first_older_than(floor) is None:
            following = self._fetch(max(view.end - 1, view.offset + 1))
            stalled = following.end <= view.end
            view = following
            seen.add(view, floor)
            fresh = self._take(view, down_to=floor)
            if fresh:
                yield fresh
        self._judge(seen, view, start)

    def _judge(self, seen: _Pass, view: _View[Row], start: int) -> None:
        """End a pass: go on behind the group, or read it again."""
        assert self.floor is not None
        older = view.first_older_than(self.floor)
        end = view.end if older is None else older
        anchored = self._is_anchored(view, self.floor)
        counted = anchored and seen.counts_to(end)
        still = view.total == seen.total and (older is not None or view.total <= end)
        twice = self._earlier is not None and self._earlier <= seen.ids
        proven = counted and still and (seen.closed or twice)
        self._passes += 1
        if not proven and self._passes < MAX_PASSES:
            self._earlier = seen.ids if counted and still else None
            self.offset = start
            return
        if not proven:
            self.reasons.append(
                f"the API counts {view.total} and lists {end}"
                if older is None and view.total > end
                else f"the analyses created at {self.floor} changed during each of "
                f"{self._passes} readings"
            )
        self._finished = older is None
        self._pending = None if self._finished else view

    @staticmethod
    def _is_anchored(view: _View[Row], created: int) -> bool:
        """Whether a page of a pass starts inside the group, so that nothing older is before it."""
        if view.rows and view.positions[0] == view.offset:
            return view.rows[0].created >= created
        # What cannot be read has no `created`: the count decides. An empty page shows the end
        # only where the API counts as many rows as were passed.
        return bool(view.rejected) or view.total == view.offset

    def _is_closed(self, created: int) -> bool:
        """Whether no row can join those created then: something newer has been seen."""
        if self._joins_anywhere:
            return False
        if self._closed_before is not None and created < self._closed_before:
            return True
        return self._newest is not None and self._newest > created

    def _take(self, view: _View[Row], down_to: int | None) -> list[Row]:
        """The rows not yielded yet, and the floor lowered to the last of them."""
        self._note_rejected(view)
        floor, at_floor = self.floor, self._at_floor
        fresh = []
        for row in view.rows:
            created = row.created
            if down_to is not None and created < down_to:
                break
            if floor is None or created < floor:
                floor, at_floor = created, {row.id}
                fresh.append(row)
            elif created == floor and row.id not in at_floor:
                at_floor.add(row.id)
                fresh.append(row)
        if floor is not None and floor != self.floor:
            self._lower_floor(floor, at_floor)
        return fresh

    def _lower_floor(self, created: int, ids: set[str]) -> None:
        self.floor = created
        self._at_floor = ids
        self._floor_offset = self.offset
        self._since_progress = 0
        self._passes = 0
        self._earlier = None

    def _note_rejected(self, view: _View[Row]) -> None:
        for record in view.rejected:
            key = record.id or f"at {view.offset + record.index}"
            if key not in self._rejected_keys:
                self._rejected_keys.add(key)
                self.rejected.append(record)

    def _fetch(self, offset: int) -> _View[Row]:
        pages = max(self._first_total, self._floor_offset) // (self.page_size - 1) + 1
        if self._since_progress > PATIENCE + PATIENCE_PER_PAGE * pages:
            raise _GaveUp
        page = self._ask(offset, self.page_size)
        view = _view(page, offset, self.page_size)
        if self.requests == 0:
            self._first_total = view.total
        self._previous_total = view.total if self.total is None else self.total
        self.total = view.total
        self.requests += 1
        self._since_progress += 1
        if view.rows and (self._newest is None or view.rows[0].created > self._newest):
            self._newest = view.rows[0].created
        return view


def first_newer(rows: Sequence[Row]) -> int | None:
    """Place of the first row that is newer than the one before it; None in a sorted page."""
    created = [row.created for row in rows]
    if created == sorted(created, reverse=True):
        return None
    return next(i for i, (a, b) in enumerate(pairwise(created), 1) if b > a)


def _view(page: Page[Row], offset: int, limit: int) -> _View[Row]:
    index = first_newer(page.data)
    if index is not None:
        raise UnexpectedAnswer(
            f"The page at offset {offset} is not sorted newest first (record {index} is newer than "
            "the one before it), so the list cannot be read whole.",
            offset=offset,
            index=index,
        )
    taken = {record.index for record in page.rejected}
    places: Sequence[int] = range(offset, offset + len(page.data) + len(taken))
    if taken:
        places = [place for place in places if place - offset not in taken]
    return _View(offset, limit, page.data, places, page.rejected, page.total, page.has_more)
