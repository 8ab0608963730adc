"""The walk on lists small enough to follow by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from explorer.api.paging import MIN_PAGE_SIZE, Walk
from explorer.errors import IncompleteListing, UnexpectedAnswer


@dataclass(frozen=True)
class Row:
    id: str
    created: int


@dataclass(frozen=True)
class Bad:
    index: int
    id: str | None = None


@dataclass
class Page:
    data: list[Row]
    total: int
    has_more: bool
    rejected: list[Bad] = field(default_factory=list)


class Listing:
    """Rows ``name:created``; a name that starts with ``!`` cannot be read."""

    def __init__(self, *rows: str) -> None:
        self.rows = list(rows)
        self.asked: list[tuple[int, int]] = []
        self.before: dict[int, Callable[[], None]] = {}

    def fetch(self, offset: int, limit: int) -> Page:
        self.before.get(len(self.asked), lambda: None)()
        self.asked.append((offset, limit))
        shown = [row.split(":") for row in self.rows[offset : offset + limit]]
        return Page(
            [Row(name, int(created)) for name, created in shown if name[0] != "!"],
            len(self.rows),
            offset + limit < len(self.rows),
            [Bad(i, name) for i, (name, _) in enumerate(shown) if name[0] == "!"],
        )


def ids(walk: Walk) -> str:
    return " ".join(row.id for row in walk)


def test_pages_overlap_by_one_row():
    listing = Listing("a:9", "b:8", "c:7", "d:6", "e:5")
    walk = Walk(listing.fetch, 3)
    assert ids(walk) == "a b c d e"
    assert listing.asked == [(0, 3), (1, 3), (2, 3)]
    assert (walk.total, walk.requests, walk.complete) == (5, 3, True)


def test_one_request_when_all_fits():
    listing = Listing("a:9", "b:8")
    walk = Walk(listing.fetch, 3)
    assert ids(walk) == "a b"
    assert walk.requests == 1


def test_nothing_is_asked_before_the_first_row_is():
    listing = Listing("a:9")
    walk = Walk(listing.fetch)
    assert (listing.asked, walk.complete) == ([], False)


def test_empty_list_is_complete():
    walk = Walk(Listing().fetch)
    assert ids(walk) == ""
    assert walk.complete
    assert walk.total == 0


def test_row_is_not_lost_when_the_row_before_it_vanishes():
    # offset += limit would ask for [3:6] and never see d, which moved to place 2
    listing = Listing("a:9", "b:8", "c:7", "d:6", "e:5", "f:4")
    listing.before[1] = lambda: listing.rows.remove("a:9")
    assert ids(Walk(listing.fetch, 3)) == "a b c d e f"


def test_walk_steps_back_when_rows_before_the_page_vanish():
    listing = Listing(*(f"r{i}:{100 - i}" for i in range(20)))

    def remove_six() -> None:
        del listing.rows[2:8]

    listing.before[2] = remove_six
    walk = Walk(listing.fetch, 5)
    assert {f"r{i}" for i in range(20)} - set(ids(walk).split()) <= {f"r{i}" for i in range(2, 8)}
    assert walk.complete


def test_arrival_shows_no_row_twice():
    listing = Listing("a:9", "b:8", "c:7", "d:6")
    listing.before[1] = lambda: listing.rows.insert(0, "new:10")
    assert ids(Walk(listing.fetch, 3)) == "a b c d"


def test_long_tie_is_read_once_when_it_is_not_the_newest_second():
    listing = Listing("a:9", *(f"t{i}:5" for i in range(6)), "z:1")
    walk = Walk(listing.fetch, 3)
    assert ids(walk) == "a t0 t1 t2 t3 t4 t5 z"
    assert listing.asked == [(0, 3), (2, 3), (4, 3), (6, 3)]


def test_newest_second_is_read_twice_when_it_fills_a_page():
    listing = Listing(*(f"t{i}:5" for i in range(5)))
    walk = Walk(listing.fetch, 3)
    assert ids(walk) == "t0 t1 t2 t3 t4"
    assert listing.asked == [(0, 3), (2, 3)] * 2


def test_newest_second_is_read_once_when_it_is_long_past():
    listing = Listing(*(f"t{i}:5" for i in range(5)))
    assert len(list(Walk(listing.fetch, 3, closed_before=6))) == 5
    assert len(listing.asked) == 2


def test_long_tie_is_read_twice_when_rows_may_join_it():
    listing = Listing("a:9", *(f"t{i}:5" for i in range(4)))
    assert len(list(Walk(listing.fetch, 3, closed_before=6, joins_anywhere=True))) == 5
    assert len(listing.asked) == 4


def test_long_tie_is_read_again_when_it_changes_meanwhile():
    listing = Listing("a:9", *(f"t{i}:5" for i in range(6)), "z:1")

    def swap_and_remove() -> None:
        listing.rows[1:7] = ["t5:5", "t0:5", "t1:5", "t2:5", "t3:5"]

    listing.before[2] = swap_and_remove
    walk = Walk(listing.fetch, 3)
    assert ids(walk) == "a t0 t1 t2 t3 t5 z"
    assert walk.complete
    assert [offset for offset, _ in listing.asked].count(0) == 2


def test_walk_says_so_at_the_end_when_a_tie_never_rests():
    listing = Listing("a:9", *(f"t{i}:5" for i in range(300)), "z:1")
    for request in range(1, 1000):
        listing.before[request] = lambda: listing.rows.pop(1)
    walk = Walk(listing.fetch, 3)
    read = []
    with pytest.raises(IncompleteListing, match="created at 5 changed during each") as caught:
        read.extend(row.id for row in walk)
    assert read[-1] == "z"
    assert not walk.complete
    assert caught.value.reasons == tuple(walk.reasons)


def test_rejected_records_are_kept_once_and_cost_no_other_row():
    listing = Listing("a:9", "!x:8", "b:7", "c:6", "!y:5", "!z:4", "d:3", "e:2")
    walk = Walk(listing.fetch, 4)
    assert ids(walk) == "a b c d e"
    assert [record.id for record in walk.rejected] == ["!x", "!y", "!z"]
    assert walk.complete


def test_rejected_records_in_a_long_run_are_passed():
    listing = Listing("a:9", "b:8", *(f"!{i}:7" for i in range(9)), "c:6", "d:5")
    walk = Walk(listing.fetch, 3)
    assert ids(walk) == "a b c d"
    assert len(walk.rejected) == 9
    assert walk.complete


def test_rejected_record_alone_is_no_error():
    walk = Walk(Listing("!x:9").fetch)
    assert ids(walk) == ""
    assert len(walk.rejected) == 1
    assert walk.complete


def test_walk_raises_when_no_record_of_the_first_page_can_be_read():
    walk = Walk(Listing("!x:9", "!y:8", "!z:7").fetch, 2)
    with pytest.raises(UnexpectedAnswer, match="None of the 2 newest"):
        list(walk)


def test_walk_raises_when_a_page_is_not_sorted():
    with pytest.raises(UnexpectedAnswer, match="not sorted newest first") as caught:
        list(Walk(Listing("a:9", "b:7", "c:8").fetch))
    assert (caught.value.offset, caught.value.index) == (0, 2)


def test_page_size_is_raised_when_it_allows_no_overlap():
    listing = Listing("a:9", "b:8", "c:7")
    assert ids(Walk(listing.fetch, 1)) == "a b c"
    assert {limit for _, limit in listing.asked} == {MIN_PAGE_SIZE}


def test_walk_copes_when_the_api_answers_shorter_pages_than_asked_for():
    rows = [Row(f"r{i}", 100 - i) for i in range(30)]

    def fetch(offset: int, limit: int) -> Page:
        page = rows[offset : offset + 10]
        return Page(page, 30, offset + 10 < 30)

    walk = Walk(fetch, 1000)
    assert len(list(walk)) == 30
    assert walk.complete


@pytest.mark.parametrize(
    ("total", "has_more", "whole"),
    [
        pytest.param(4, True, True, id="more claimed"),
        pytest.param(0, True, True, id="none counted, more claimed"),
        pytest.param(9, False, False, id="more counted"),
        pytest.param(9, True, False, id="more counted and claimed"),
        pytest.param(1, False, True, id="fewer counted"),
    ],
)
def test_walk_ends_when_the_counts_are_wrong(total, has_more, whole):
    listing = Listing("a:9", "b:8", "c:7", "d:6")

    def fetch(offset: int, limit: int) -> Page:
        page = listing.fetch(offset, limit)
        return Page(page.data, total, has_more)

    walk = Walk(fetch, 4)
    read: list[str] = []
    if whole:
        read.extend(row.id for row in walk)
    else:
        with pytest.raises(IncompleteListing, match="counts 9 and lists 4"):
            read.extend(row.id for row in walk)
    assert read == ["a", "b", "c", "d"]
    assert len(listing.asked) < 20


def test_walk_ends_when_the_api_counts_rows_and_lists_none():
    walk = Walk(lambda offset, limit: Page([], 5, True))
    with pytest.raises(IncompleteListing, match="counts 5 and lists none"):
        list(walk)


def test_walk_goes_on_from_an_earlier_ones_place():
    listing = Listing(*(f"r{i}:{20 - i}" for i in range(9)))
    first = Walk(listing.fetch, 4)
    batches = first.batches()
    seen = [row.id for row in next(batches)]
    second = Walk(listing.fetch, 4, offset=first.offset, floor=first.floor)
    seen += [row.id for row in second]
    assert set(seen) == {f"r{i}" for i in range(9)}
    assert listing.asked[1][0] == 2
