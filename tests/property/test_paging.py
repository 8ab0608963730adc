"""Any account, any drift between any two requests: the walk misses nothing and repeats nothing."""

from __future__ import annotations

import itertools
import random
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from explorer.api.paging import MAX_PASSES, Walk
from explorer.errors import IncompleteListing


@dataclass(frozen=True)
class Row:
    id: str
    created: int


@dataclass
class Page:
    data: list[Row]
    total: int
    has_more: bool
    rejected: list = field(default_factory=list)


@dataclass(frozen=True)
class Change:
    """What happens between two requests: arrivals by seconds after the newest, removals by place."""

    arrivals: tuple[int, ...] = ()
    removals: tuple[float, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.arrivals or self.removals)


class DriftingAccount:
    """A list that changes before each request but the first, ties in any order after a change."""

    def __init__(self, steps: list[int], changes: list[Change], seed: int) -> None:
        self.random = random.Random(seed)
        self.changes = list(changes)
        self.n_made = 0
        self.now = 1000
        self.rows: list[Row] = []
        for step in steps:
            self.now += step
            self.arrive(self.now)
        self.shuffle_ties()
        self.at_start = {row.id for row in self.rows}
        self.requests = 0
        self.n_changed = 0

    def arrive(self, created: int) -> None:
        self.rows.append(Row(f"row {self.n_made}", created))
        self.n_made += 1

    def shuffle_ties(self) -> None:
        self.random.shuffle(self.rows)
        self.rows.sort(key=lambda row: -row.created)

    def apply(self, change: Change) -> None:
        for place in change.removals:
            if self.rows:
                del self.rows[int(place * len(self.rows))]
        for seconds in change.arrivals:
            self.now += seconds
            self.arrive(self.now)
        self.n_changed += 1
        self.shuffle_ties()

    def fetch(self, offset: int, limit: int) -> Page:
        if self.requests and self.changes:
            change = self.changes.pop(0)
            if change:
                self.apply(change)
        self.requests += 1
        page = self.rows[offset : offset + limit]
        return Page(page, len(self.rows), offset + limit < len(self.rows))


def read(account: DriftingAccount, page_size: int, **options) -> tuple[list[Row], Walk, bool]:
    walk = Walk(account.fetch, page_size, **options)
    rows: list[Row] = []
    try:
        for row in walk:
            rows.append(row)
    except IncompleteListing:
        return rows, walk, False
    return rows, walk, True


def assert_whole(account: DriftingAccount, rows: list[Row]) -> None:
    assert not account.at_start & {row.id for row in account.rows} - {row.id for row in rows}


def assert_tidy(rows: list[Row]) -> None:
    assert len({row.id for row in rows}) == len(rows)
    assert all(a.created >= b.created for a, b in itertools.pairwise(rows))


steps = st.lists(st.sampled_from([0, 0, 1, 1, 1, 5]), max_size=60)
changes = st.lists(
    st.builds(
        Change,
        st.lists(st.sampled_from([0, 0, 1, 3]), max_size=4).map(tuple),
        st.lists(st.floats(0, 1, exclude_max=True), max_size=4).map(tuple),
    ),
    max_size=25,
)
seeds = st.integers(0, 2**32)
quick = settings(max_examples=2000, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@quick
@given(steps, changes, st.integers(2, 12), seeds)
def test_walk_yields_all_that_stayed_once_when_the_list_drifts(steps, changes, page_size, seed):
    account = DriftingAccount(steps, changes, seed)
    rows, walk, whole = read(account, page_size)
    assert_tidy(rows)
    assert walk.complete == whole
    if whole:
        assert_whole(account, rows)
    else:
        assert account.n_changed, "a list at rest is always read whole"
    assert walk.requests == account.requests
    assert walk.requests <= 40 + MAX_PASSES * 2 * account.n_made + 8 * account.n_changed


@quick
@given(
    st.lists(st.integers(1, 3), max_size=60),
    st.lists(
        st.builds(
            Change,
            st.lists(st.integers(1, 3), max_size=3).map(tuple),
            st.lists(st.floats(0, 1, exclude_max=True), max_size=6).map(tuple),
        ),
        max_size=25,
    ),
    st.integers(3, 12),
    seeds,
)
def test_walk_always_ends_whole_when_ties_fit_into_a_page(steps, changes, page_size, seed):
    account = DriftingAccount(steps, changes, seed)
    rows, walk, whole = read(account, page_size)
    assert_tidy(rows)
    assert whole, walk.reasons
    assert_whole(account, rows)


@settings(max_examples=300, deadline=None)
@given(steps, st.integers(2, 12), seeds, st.booleans())
def test_walk_takes_few_requests_when_the_list_is_at_rest(steps, page_size, seed, settled):
    account = DriftingAccount(steps, [], seed)
    rows, walk, whole = read(account, page_size, closed_before=10_000 if settled else None)
    assert whole
    assert [row.created for row in rows] == [row.created for row in account.rows]
    assert {row.id for row in rows} == account.at_start
    sizes = [sum(r.created == c for r in rows) for c in {r.created for r in rows}]
    if max(sizes, default=1) == 1 and page_size > 2:
        assert walk.requests <= max(1, -(-len(rows) // (page_size - 2)))


@settings(max_examples=300, deadline=None)
@given(steps, changes, st.integers(4, 12), seeds, st.integers(1, 8))
def test_walk_goes_on_from_where_another_stopped(steps, changes, page_size, seed, n_batches):
    account = DriftingAccount(steps, changes, seed)
    first = Walk(account.fetch, page_size)
    rows: list[Row] = []
    batches = first.batches()
    try:
        for _ in range(n_batches):
            rows.extend(next(batches))
    except (StopIteration, IncompleteListing):
        return
    second, _walk, whole = read(account, page_size, offset=first.offset, floor=first.floor)
    again = {row.id for row in rows} & {row.id for row in second}
    assert all(row.created == first.floor for row in second if row.id in again)
    if whole:
        assert_whole(account, rows + second)


@settings(max_examples=200, deadline=None)
@given(
    steps, st.integers(2, 8), seeds, st.sampled_from(["more", "no more", "total 0", "total high"])
)
def test_walk_ends_and_loses_nothing_in_silence_when_the_counts_are_wrong(
    steps, page_size, seed, lie
):
    account = DriftingAccount(steps, [], seed)
    n_rows = len(account.rows)

    def fetch(offset: int, limit: int) -> Page:
        page = account.fetch(offset, limit)
        if lie in ("more", "no more"):
            page.has_more = lie == "more"
        else:
            page.total = 0 if lie == "total 0" else n_rows + 7
        return page

    walk = Walk(fetch, page_size)
    rows: list[Row] = []
    if lie == "total high":
        with pytest.raises(IncompleteListing, match="lists"):
            rows.extend(walk)
    else:
        rows.extend(walk)
    assert len(rows) == n_rows
    assert walk.requests <= 40 + 4 * MAX_PASSES * (n_rows + 1)


@pytest.mark.parametrize("n_arrivals", [1, 5, 50])
def test_walk_ends_when_the_list_never_stops_growing(n_arrivals):
    account = DriftingAccount([1] * 40, [Change((1,) * n_arrivals)] * 5000, 1)
    rows, walk, _ = read(account, 6)
    assert_tidy(rows)
    assert walk.requests < 1000


def test_walk_ends_when_one_second_never_stops_growing():
    account = DriftingAccount([0] * 40, [Change((0,) * 9, (0.5,))] * 5000, 1)
    _, walk, whole = read(account, 6)
    assert not whole
    assert walk.reasons
    assert walk.requests < 1000
