"""`Keeper`: one sync at a time, due when it is due, its last problem kept until it is solved."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from explorer.api import Client, RateBudget
from explorer.errors import CallCovError, MirrorError, SyncError
from explorer.mirror.keeper import REFRESH_EVERY_S, RETRY_AFTER_S, Keeper
from explorer.mirror.mirror import Mirror
from explorer.mirror.report import Report
from explorer.sandbox import SANDBOX_KEY
from tests.conftest import RunningSandbox


@dataclass
class Now:
    at: float = 1000.0

    def __call__(self) -> float:
        return self.at


@dataclass
class Syncs:
    """Stands for a mirror; a sync takes until `go` is set."""

    read_only: bool = False
    problem: Exception | None = None
    go: threading.Event = field(default_factory=threading.Event)
    asked: list[bool] = field(default_factory=list)
    running: int = 0
    most: int = 0

    def sync(self, *, everything: bool, stop: threading.Event) -> Report:
        self.asked.append(everything)
        self.running += 1
        self.most = max(self.most, self.running)
        while not self.go.wait(0.005) and not stop.is_set():
            pass
        self.running -= 1
        if self.problem is not None:
            raise self.problem
        return Report("refresh", 0.0, complete=not stop.is_set())


def kept(mirror: Any, **named: Any) -> Keeper:
    return Keeper(mirror, **named)


def test_one_sync_runs_when_eight_threads_look():
    mirror = Syncs()
    keeper = kept(mirror)
    start = threading.Barrier(8)

    def look() -> None:
        start.wait()
        for _ in range(20):
            keeper.look()
            keeper.refresh(everything=True)

    threads = [threading.Thread(target=look) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert keeper.state == "syncing"
    assert len(mirror.asked) == mirror.most == 1
    mirror.go.set()
    assert keeper.wait(10)
    assert keeper.state == "idle"
    assert len(mirror.asked) == 1


def test_sync_is_due_again_when_the_time_has_passed():
    mirror, now = Syncs(), Now()
    mirror.go.set()
    keeper = kept(mirror, clock=now)
    assert keeper.last is None
    for at, n in ((0, 1), (0, 1), (REFRESH_EVERY_S - 1, 1), (REFRESH_EVERY_S, 2)):
        now.at = 1000 + at
        keeper.look()
        assert keeper.wait(10)
        assert len(mirror.asked) == n
    assert keeper.last is not None
    assert keeper.last.complete
    keeper.refresh(everything=True)
    keeper.wait(10)
    assert mirror.asked == [False, False, True]


def test_problem_is_kept_until_a_sync_ends_well(caplog):
    mirror, now = Syncs(problem=MirrorError("the disk is full")), Now()
    mirror.go.set()
    keeper = kept(mirror, clock=now)
    keeper.look()
    keeper.wait(10)
    assert str(keeper.problem) == "the disk is full"
    assert "the disk is full" in caplog.text
    assert keeper.last is None
    keeper.look()
    keeper.wait(10)
    assert len(mirror.asked) == 1
    now.at += RETRY_AFTER_S
    mirror.problem = None
    keeper.look()
    keeper.wait(10)
    assert len(mirror.asked) == 2
    assert keeper.problem is None
    assert keeper.last is not None


def test_fault_of_ours_is_logged_and_not_tried_at_every_look(caplog):
    mirror, now = Syncs(problem=ZeroDivisionError("a bug")), Now()
    mirror.go.set()
    keeper = kept(mirror, clock=now)
    for _ in range(3):
        keeper.look()
        keeper.wait(10)
    assert len(mirror.asked) == 1
    assert "ZeroDivisionError" in str(keeper.problem)
    assert "a bug" not in str(keeper.problem)
    assert "a bug" in caplog.text
    now.at += RETRY_AFTER_S
    keeper.look()
    keeper.wait(10)
    assert len(mirror.asked) == 2


def test_reader_asks_now_and_then_whether_the_owner_is_gone():
    now = Now()
    keeper = kept(Syncs(read_only=True), clock=now)
    assert not keeper.owner_may_be_gone
    now.at += RETRY_AFTER_S
    assert keeper.owner_may_be_gone
    assert not keeper.owner_may_be_gone
    assert not kept(Syncs(), clock=now).owner_may_be_gone


def test_nothing_starts_after_stop():
    mirror = Syncs()
    keeper = kept(mirror)
    keeper.look()
    keeper.stop(10)
    assert keeper.state == "idle"
    keeper.look()
    keeper.refresh()
    assert len(mirror.asked) == 1
    assert keeper.wait(0)


def test_waiting_ends_when_the_time_is_over():
    mirror = Syncs()
    keeper = kept(mirror)
    assert keeper.wait(0)
    keeper.look()
    assert not keeper.wait(0.05)
    mirror.go.set()
    assert keeper.wait(10)


def test_reader_never_syncs():
    mirror = Syncs(read_only=True)
    keeper = kept(mirror)
    keeper.look()
    keeper.refresh(everything=True)
    assert keeper.state == "reading"
    assert mirror.asked == []


# --- over a real API ----------------------------------------------------------------------------


@pytest.fixture
def opened(
    run_sandbox: Callable[..., RunningSandbox], tmp_path: Path
) -> Iterator[tuple[RunningSandbox, Mirror]]:
    running = run_sandbox(analyses=2500)
    with (
        Client(running.base_url, running.key, max_retries=0, budget=RateBudget()) as client,
        Mirror.open(client, tmp_path / "kept.duckdb") as mirror,
    ):
        yield running, mirror


def test_mirror_is_filled_when_somebody_looks(opened):
    _, mirror = opened
    keeper = kept(mirror)
    keeper.look()
    assert keeper.wait(60)
    assert keeper.problem is None
    assert keeper.last is not None
    assert keeper.last.complete
    assert mirror.coverage().mirrored == 2500


def test_stopped_sync_goes_on_later(opened):
    _, mirror = opened
    keeper = kept(mirror)
    keeper.look()
    while mirror.coverage().mirrored == 0:
        time.sleep(0.002)
    keeper.stop(30)
    assert keeper.wait(0)
    there = mirror.coverage()
    assert there.mirrored in (1000, 1999, 2500)  # pages overlap by a row
    later = kept(mirror)
    later.look()
    assert later.wait(60)
    assert later.problem is None
    assert mirror.coverage().mirrored == 2500


def test_problem_of_the_api_is_in_words_without_the_key(opened, caplog):
    running, mirror = opened
    caplog.set_level(logging.DEBUG)
    account = running.sandbox.accounts.pop(SANDBOX_KEY)
    keeper = kept(mirror)
    keeper.look()
    keeper.wait(60)
    assert isinstance(keeper.problem, SyncError)
    assert isinstance(keeper.problem.__cause__, CallCovError)
    assert SANDBOX_KEY not in str(keeper.problem) + caplog.text
    running.sandbox.accounts[SANDBOX_KEY] = account
    keeper.refresh()
    keeper.wait(60)
    assert keeper.problem is None
