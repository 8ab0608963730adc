"""The search for rows that a list no longer has, on large accounts, without any HTTP."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from explorer.mirror.decode import DecodedPage, DecodedRow
from explorer.mirror.search import Search, bound, pages_of

PAGE = 1000


@dataclass
class Lists:
    """What the mirror and the account hold: `created` of the rows, newest first, and their ids."""

    mirror: np.ndarray
    mirror_ids: np.ndarray
    account: np.ndarray
    account_ids: np.ndarray
    requests: int = 0
    largest: int = 0

    def page(self, offset: int, limit: int) -> DecodedPage:
        self.requests += 1
        self.largest = max(self.largest, limit)
        assert 1 <= limit <= PAGE
        rows = [
            DecodedRow(str(name), int(created), None, 0)  # what else it holds is not looked at
            for name, created in zip(
                self.account_ids[offset : offset + limit],
                self.account[offset : offset + limit],
                strict=True,
            )
        ]
        total = len(self.account)
        return DecodedPage(rows, total, offset + limit < total)

    @property
    def difference(self) -> int:
        return len(self.mirror) - len(self.account)


def lists(rng: np.random.Generator, n: int, deleted: np.ndarray, *, ties: int = 3) -> Lists:
    """`n` rows, `ties` a second on average, some of them deleted in the account."""
    created = np.sort(rng.integers(0, max(1, n // ties), n))[::-1] + 1_000_000
    ids = np.arange(n)
    there = np.ones(n, bool)
    there[deleted] = False
    shuffled = rng.permutation(n)
    order = shuffled[np.argsort(-created[shuffled], kind="stable")]  # another order inside ties
    kept = order[there[order]]
    return Lists(created, ids, created[kept], ids[kept])


def find(of: Lists) -> tuple[set[int], Search]:
    """Rows of the mirror that the pages read show to be gone."""
    search = Search(of.mirror, of.difference, PAGE)
    gone: set[int] = set()
    if search.too_costly:
        return gone, search
    while (step := search.next_step()) is not None:
        page = of.page(step.offset, step.limit)
        if step.edge is None and page.data:
            oldest = page.data[-1].created if page.has_more else -1
            newest = page.data[0].created if step.offset else np.inf
            inside = (of.mirror > oldest) & (of.mirror < newest)
            present = {int(row.id) for row in page.data}
            gone |= {int(name) for name in of.mirror_ids[inside]} - present
        search.tell(step, page)
    return gone, search


@pytest.mark.parametrize("n_deleted", [1, 2, 3, 8])
@pytest.mark.parametrize("seed", range(8))
def test_deletions_in_100_000_rows_are_found_with_few_requests(n_deleted, seed):
    rng = np.random.default_rng(seed)
    deleted = rng.choice(100_000, n_deleted, replace=False)
    of = lists(rng, 100_000, deleted)
    gone, search = find(of)
    assert not search.failed
    assert gone == set(deleted.tolist())
    pages = pages_of(100_000, PAGE)
    assert of.requests <= bound(n_deleted, pages) <= n_deleted * 9
    assert of.requests < pages


@pytest.mark.parametrize("place", [0, 1, 499, 50_000, 99_998, 99_999])
def test_one_deletion_takes_at_most_nine_requests_wherever_it_is(place):
    rng = np.random.default_rng(place)
    of = lists(rng, 100_000, np.array([place]), ties=1)
    gone, search = find(of)
    assert not search.failed
    assert gone == {place}
    assert of.requests <= 9


def test_many_deletions_together_cost_as_much_as_one():
    of = lists(np.random.default_rng(1), 100_000, np.arange(70_000, 70_300))
    gone, search = find(of)
    assert not search.failed
    assert gone == set(range(70_000, 70_300)) or search.too_costly
    assert of.requests <= 12


def test_rows_missing_in_the_mirror_are_found_too():
    rng = np.random.default_rng(5)
    of = lists(rng, 100_000, np.array([], int))
    of.mirror, of.mirror_ids = np.delete(of.mirror, [40_000]), np.delete(of.mirror_ids, [40_000])
    search = Search(of.mirror, of.difference, PAGE)
    seen: set[int] = set()
    while (step := search.next_step()) is not None:
        page = of.page(step.offset, step.limit)
        if step.edge is None:
            seen |= {int(row.id) for row in page.data}
        search.tell(step, page)
    assert not search.failed
    assert 40_000 in seen
    assert of.requests <= 9


@pytest.mark.parametrize(
    ("n", "n_deleted"), [(0, 1), (500, 1), (1000, 1), (4000, 1), (20_000, 4), (100_000, 996)]
)
def test_reading_again_is_preferred_where_it_costs_no_more(n, n_deleted):
    created = np.arange(n)[::-1]
    search = Search(created, n_deleted, PAGE)
    assert search.too_costly
    assert bound(n_deleted, pages_of(n, PAGE)) >= pages_of(n, PAGE) or n_deleted > PAGE - 6


def test_bound_is_below_reading_again_wherever_a_search_is_made():
    for n in (6_000, 20_000, 100_000, 1_000_000):
        for n_deleted in (1, 2, 5, 20):
            search = Search(np.arange(n)[::-1], n_deleted, PAGE)
            if not search.too_costly:
                assert bound(n_deleted, pages_of(n, PAGE)) < pages_of(n, PAGE)


def test_ties_longer_than_a_page_end_the_search():
    created = np.concatenate([np.full(5000, 100), np.full(95_000, 50)])
    of = Lists(created, np.arange(100_000), created[:-1], np.arange(99_999))
    _, search = find(of)
    assert search.failed
    assert of.requests <= bound(1, pages_of(100_000, PAGE))


def test_an_answer_that_cannot_be_placed_ends_the_search():
    of = lists(np.random.default_rng(1), 100_000, np.array([5]))
    search = Search(of.mirror, of.difference, PAGE)
    step = search.next_step()
    assert step is not None
    search.tell(step, DecodedPage([], len(of.account), True))
    assert search.failed
    assert search.next_step() is None


def test_a_difference_that_cancels_out_inside_a_stretch_is_not_sought():
    search = Search(np.arange(100_000)[::-1], 0, PAGE)
    assert search.next_step() is None
    assert not search.failed
