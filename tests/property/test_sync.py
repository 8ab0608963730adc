"""The sync over any account, with any drift and any fault between any two requests.

SYNC_EXAMPLES examples in all, 2,000 by default.
"""

from __future__ import annotations

import logging
import os
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, event, example, given, settings, strategies as st

from explorer.errors import SyncError
from explorer.mirror.report import Report
from explorer.mirror.store import Store
from explorer.mirror.sync import Sync
from tests.drift import (
    FAULTS,
    LIES,
    ODD_OPS,
    OPS,
    Clock,
    InProcess,
    Killed,
    Line,
    MemoryStore,
    PairedStore,
    World,
    expected,
    in_process_client,
    is_odd,
    status_of,
)

EXAMPLES = int(os.environ.get("SYNC_EXAMPLES", "2000"))


def examples(share: float) -> settings:
    return settings(
        max_examples=max(20, int(EXAMPLES * share)),
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


@dataclass
class Session:
    """One sync: what happened before it, and what happens while it runs."""

    before: list[tuple[str, int]] = field(default_factory=list)
    during: list[list[tuple[str, int]]] = field(default_factory=list)
    faults: dict[int, str] = field(default_factory=dict)
    kill_at: int | None = None
    everything: bool = False


@dataclass
class Scenario:
    steps: list[tuple[int, str]]
    seed: int
    page_size: int
    head_size: int
    max_odd: int
    sessions: list[Session]


places = st.integers(0, 200)
statuses = st.sampled_from(["completed"] * 4 + ["failed", "processing"])
steps = st.lists(st.tuples(st.sampled_from([0, 0, 1, 1, 1, 5]), statuses), max_size=20)
# a large account of few words: the list again and again
accounts = st.tuples(steps, st.sampled_from([1, 2, 9])).map(lambda of: (of[0] * of[1])[:150])


def changes(ops: tuple[str, ...], most: int) -> st.SearchStrategy[list[tuple[str, int]]]:
    return st.lists(st.tuples(st.sampled_from(ops), places), max_size=most)


@st.composite
def scenarios(
    draw: Any, *, drift: bool = False, faults: tuple[str, ...] = (), odd: bool = False
) -> Scenario:
    page_size = draw(st.sampled_from([6, 9, 20, 40] if odd else [2, 3, 4, 6, 10, 20, 40]))
    head_size = draw(st.sampled_from([5, 8] if odd else [2, 3, 8]))
    ops = (*OPS, *ODD_OPS) if odd else OPS
    sessions = []
    for _ in range(draw(st.integers(1, 3))):
        session = Session(before=draw(changes(ops, 4)), everything=draw(st.integers(0, 5)) == 5)
        if drift:
            session.during = draw(st.lists(changes(ops, 3), max_size=8))
        if faults:
            session.faults = draw(
                st.dictionaries(st.integers(0, 12), st.sampled_from(faults), max_size=3)
            )
            session.kill_at = draw(st.one_of(st.none(), st.integers(0, 15)))
        sessions.append(session)
    return Scenario(
        draw(accounts), draw(st.integers(0, 99)), page_size, head_size, 2 if odd else 0, sessions
    )


class Runner:
    """Runs a scenario's sessions over one mirror and holds what must hold after each."""

    def __init__(self, line_of: tuple[Any, InProcess, Clock], scenario: Scenario, store: Any):
        self.client, self.transport, self.clock = line_of
        self.scenario, self.store = scenario, store
        self.world = World(scenario.steps, scenario.seed, max_odd=scenario.max_odd)

    def sync(self, session: Session) -> tuple[Report | None, Line]:
        line = Line(self.world, list(session.during), session.faults, session.kill_at)
        self.transport.line = line
        sync = Sync(
            self.client,
            self.store,
            page_size=self.scenario.page_size,
            head_size=self.scenario.head_size,
            clock=self.clock,
            pause=self.clock.pause,
        )
        try:
            return sync.run(everything=session.everything), line
        except SyncError as error:
            return error.report, line
        except Killed:
            return None, line

    def mirrored(self) -> set[str]:
        return {*self.store.rows, *self.store.rejected}

    def sessions(self) -> None:
        for session in self.scenario.sessions:
            self.world.apply(session.before)
            at_start, known = self.readable(), self.mirrored()
            report, line = self.sync(session)
            stayed = at_start & self.readable()
            lost = (known & stayed) - self.mirrored()
            assert not lost, "a row that existed all the time was deleted"
            assert report is not None or session.kill_at is not None
            honest = not set(session.faults.values()) & set(LIES)
            if report is not None and report.complete and honest:
                assert stayed <= self.mirrored(), "a row that existed all the time is missing"
            if report is not None and report.complete and honest and not line.n_changed:
                self.assert_equal(exactly=session.everything)
            if report is not None and report.problem is None and honest and not line.n_changed:
                assert report.complete, "nothing changed, and the sync saw no end"

    def readable(self) -> set[str]:
        return {known["id"] for known in self.world.records if not is_odd(known)}

    def assert_ends_equal(self) -> tuple[Report, Report]:
        """A refresh of the account at rest, then one of everything."""
        before = dict(self.store.rows)
        still, line = self.sync(Session())
        assert still is not None
        assert still.complete, "the account was still"
        assert still.requests == line.requests
        self.assert_equal(before=before)
        everything, _ = self.sync(Session(everything=True))
        assert everything is not None
        assert everything.complete
        # rows that are gone and share a second are asked for one by one, twenty at most
        one_by_one = min(20, still.deleted)
        assert still.requests <= 3 * everything.requests + 15 + one_by_one
        self.assert_equal(exactly=True)
        return still, everything

    def assert_equal(self, *, exactly: bool = False, before: dict[str, Any] | None = None) -> None:
        rows, account = dict(self.store.rows), expected(self.world.account)
        rejected = self.store.rejected
        odd = {known["id"] for known in self.world.records if is_odd(known)}
        # made unreadable when it was settled: as any such edit, found by reading everything
        spoiled = rows.keys() & odd
        assert rows.keys() == account.keys() | spoiled
        assert len(rejected) + len(spoiled) == len(odd)
        if exactly:
            assert not spoiled
            assert {name: row.values for name, row in rows.items()} == {
                name: row.values for name, row in account.items()
            }
            return
        counts = Counter(status_of(row) for row in rows.values())
        counts.update(status for _, status in rejected.values())
        true_counts = Counter(known["status"] for known in self.world.records)
        for status in ("failed", "processing", *([] if spoiled else ["completed"])):
            assert counts[status] == true_counts[status], "changes that do not cancel out"
        for name in spoiled:
            assert status_of(rows.pop(name)) != "processing"
        differ = {name for name, row in rows.items() if status_of(row) != status_of(account[name])}
        for name in differ:
            pair = {status_of(rows[name]), status_of(account[name])}
            assert pair == {"completed", "failed"}, "only settled ones may differ"
        if differ:
            event("settled changes cancelled out")
        for name, row in rows.items() if before is not None else ():
            if name not in before or status_of(before[name]) == "processing":
                assert row.values == account[name].values


@pytest.fixture(scope="module")
def line_of() -> Iterator[tuple[Any, InProcess, Clock]]:
    logger = logging.getLogger("explorer")
    level = logger.level
    logger.setLevel(logging.ERROR)  # a line a request
    with in_process_client() as found:
        yield found
    logger.setLevel(level)


@examples(0.2)
@given(scenario=scenarios())
def test_refresh_makes_mirror_equal_when_account_is_still(line_of, scenario):
    runner = Runner(line_of, scenario, MemoryStore())
    runner.sessions()
    runner.assert_ends_equal()


@examples(0.4)
@given(scenario=scenarios(drift=True))
def test_nothing_is_lost_while_account_drifts(line_of, scenario):
    runner = Runner(line_of, scenario, MemoryStore())
    runner.sessions()
    runner.assert_ends_equal()


@examples(0.25)
@given(scenario=scenarios(drift=True, faults=(*FAULTS, *LIES)))
def test_nothing_is_lost_when_requests_fail_or_lie_or_process_dies(line_of, scenario):
    runner = Runner(line_of, scenario, MemoryStore())
    runner.sessions()
    runner.assert_ends_equal()


UNREADABLE_AT_THE_EDGE = Scenario(
    [*[(0, "completed")] * 3, (1, "completed")] * 9,
    seed=80,
    page_size=6,
    head_size=5,
    max_odd=2,
    sessions=[
        Session(
            during=[
                [("burst", 29)],
                [("insert", 0), ("insert", 0)],
                [("odd", 0)],
                [("fail", 0)],
                [("odd", 0)],
            ]
        ),
        Session(
            before=[("delete", 167)],
            during=[
                [("insert", 0), ("delete_many", 69)],
                [("insert", 179), ("spoil", 0)],
                [],
                [("spoil", 164), ("delete_many", 57), ("delete_many", 63)],
                [],
                [("fail", 0), ("odd", 0), ("fail", 0)],
                [("flip", 0), ("insert", 0), ("burst", 38)],
            ],
        ),
        Session(
            before=[("edit", 0)],
            during=[
                [("delete_many", 171), ("insert", 0), ("insert", 0)],
                [],
                [],
                [("flip", 0), ("insert", 21), ("delete", 116)],
                [],
                [("burst", 142)],
                [],
                [("insert", 0), ("insert", 0)],
            ],
        ),
    ],
)
"""Two unreadable records end one page of a walk and begin the next; a row behind them is gone."""


UNREADABLE_WITHOUT_AN_ID = Scenario(
    [(0, "completed")] * 18,
    seed=94,
    page_size=6,
    head_size=5,
    max_odd=2,
    sessions=[
        Session(during=[[("burst", 0)], [("burst", 0)], [("burst", 0)]]),
        Session(before=[("burst", 0)], during=[[("odd", 0)], [("insert", 193), ("reopen", 32)]]),
        Session(before=[("finish", 0)]),
    ],
)
"""A processing record that nobody can ask for ends, among ties longer than a page."""


@examples(0.15)
@example(scenario=UNREADABLE_AT_THE_EDGE)
@example(scenario=UNREADABLE_WITHOUT_AN_ID)
@given(scenario=scenarios(drift=True, faults=FAULTS, odd=True))
def test_records_that_cannot_be_read_take_their_place(line_of, scenario):
    runner = Runner(line_of, scenario, MemoryStore())
    runner.sessions()
    runner.assert_ends_equal()


@pytest.fixture(scope="module")
def real_store() -> Iterator[Store]:
    shm = Path("/dev/shm")
    with (
        tempfile.TemporaryDirectory(dir=shm if shm.is_dir() else None) as folder,
        in_process_client() as (client, _, _),
    ):
        store = Store(Path(folder) / "mirror.duckdb", client.account)
        yield store
        store.close()


@examples(0.015)
@given(scenario=scenarios(drift=True, faults=FAULTS, odd=True))
def test_store_answers_as_the_one_in_memory_does(line_of, real_store, scenario):
    runner = Runner(line_of, scenario, PairedStore(real_store))
    runner.sessions()
    runner.assert_ends_equal()


def test_processing_one_that_turns_unreadable_in_ties_longer_than_a_page_is_kept_aside(line_of):
    runner = Runner(line_of, Scenario([(0, "completed")] * 27, 1, 6, 5, 1, []), MemoryStore())
    runner.world.apply([("insert", 0), ("insert", 1)])
    runner.sync(Session())
    place = [known["status"] for known in runner.world.records].index("processing", 1)
    runner.world.apply([("spoil", place)])
    still, _ = runner.assert_ends_equal()
    assert still.rejected == 1


@pytest.mark.parametrize("gone", [1, 2])
def test_rows_gone_between_unreadable_records_and_the_next_page_are_found(line_of, gone):
    """Two unreadable records end one page and begin the next; what was behind them is gone."""
    steps = [*[(1, "completed")] * 10, *[(3, "completed")] * 13]
    runner = Runner(line_of, Scenario(steps, 1, 6, 5, 2, []), MemoryStore())
    runner.sync(Session(everything=True))
    newest_first = sorted(runner.world.records, key=lambda known: -known["created"])
    for known in newest_first[10:12]:
        runner.world.apply([("spoil", runner.world.records.index(known))])
    runner.sync(Session(everything=True))
    doomed = newest_first[12 : 12 + gone]
    runner.world.records = [known for known in runner.world.records if known not in doomed]
    runner.world.apply([("edit", 0)])
    still, _ = runner.assert_ends_equal()
    assert still.deleted == gone


@pytest.mark.parametrize("n_deleted", range(8))
def test_deletions_do_not_hide_what_an_interrupted_refresh_has_not_read(line_of, n_deleted):
    scenario = Scenario([(1, "completed")] * 20, 1, 4, 2, 0, [])
    runner = Runner(line_of, scenario, MemoryStore())
    runner.sync(Session())
    interrupted = Session(before=[("insert", 3)] * 8, kill_at=1)
    runner.world.apply(interrupted.before)
    runner.sync(interrupted)
    assert len(runner.store.rows) == 22
    oldest = sorted(runner.world.records, key=lambda known: known["created"])[:n_deleted]
    runner.world.records = [known for known in runner.world.records if known not in oldest]
    runner.world.apply([("edit", 0)])
    runner.assert_ends_equal()


def test_few_deletions_in_ties_longer_than_a_page_are_asked_for(line_of):
    scenario = Scenario([(0, "completed")] * 60, 1, 10, 5, 0, [])
    runner = Runner(line_of, scenario, MemoryStore())
    runner.sync(Session())
    runner.world.apply([("delete", 5)] * 3)
    still, _ = runner.assert_ends_equal()
    assert still.deleted == 3


def test_many_deletions_in_ties_longer_than_a_page_need_no_asking(line_of):
    scenario = Scenario([(0, "completed")] * 120, 1, 10, 5, 0, [])
    runner = Runner(line_of, scenario, MemoryStore())
    runner.sync(Session())
    runner.world.apply([("delete", 5)] * 50)
    still, everything = runner.assert_ends_equal()
    assert still.deleted == 50
    assert still.requests <= 2 * everything.requests
