"""The sync against a real sandbox server: how many requests it makes, and how it stops."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from explorer.api import Client, RateBudget
from explorer.api.models import read_list
from explorer.errors import ConnectionFailed, ServerError, SyncError
from explorer.mirror.report import Report
from explorer.mirror.store import Store
from explorer.mirror.sync import MAX_PASSES, Sync
from explorer.sandbox.accounts import MemoryAccount
from tests.conftest import RunningSandbox
from tests.drift import record

KEY = "sk_test_sync"
Opened = Callable[..., Any]


@dataclass
class Synced:
    """A client and a store; `asked` are the list calls made, `fail_at` the one that fails."""

    client: Client
    store: Store
    asked: list[dict[str, Any]]
    fail_at: int | None = None

    def list_bytes(self, **arguments: Any) -> bytes:
        self.asked.append(arguments)
        if self.fail_at == len(self.asked):
            raise ConnectionFailed("GET /analysis/ failed: reset")
        return self.client.list_bytes(**arguments)

    def retrieve_bytes(self, analysis_id: str, *, reserve: int) -> bytes:
        return self.client.retrieve_bytes(analysis_id, reserve=reserve)

    def sync(self, *, everything: bool = False, **arguments: Any) -> Report:
        self.asked.clear()
        return Sync(self, self.store, **arguments).run(everything=everything)

    def ids(self) -> list[str]:
        found = self.store.cursor().execute("SELECT id FROM calls").fetchall()
        return [row[0] for row in found]

    def statuses(self) -> dict[str, str]:
        found = self.store.cursor().execute("SELECT id, status FROM calls").fetchall()
        return dict(found)


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opened]:
    closing: list[Any] = []

    def open_(running: RunningSandbox, key: str | None = None, **arguments: Any) -> Synced:
        client = Client(
            running.base_url, key or running.key, **({"budget": RateBudget()} | arguments)
        )
        store = Store(tmp_path / f"{len(closing)}.duckdb", client.account)
        closing.extend([client, store])
        return Synced(client, store, [])

    yield open_
    for thing in closing:
        thing.close()


def memory(running: RunningSandbox, n: int, *, processing: int = 0) -> MemoryAccount:
    """An account of `n` lean records, two a second, the newest `processing` ones unfinished."""
    account = MemoryAccount(
        record(i, 1_700_000_000 + i // 2, "processing" if i >= n - processing else "completed")
        for i in range(n)
    )
    running.sandbox.accounts[KEY] = account
    return account


@pytest.mark.parametrize(("analyses", "pages"), [(2500, 3), (12_345, 13)])
def test_first_sync_takes_a_request_a_page_and_few_more(run_sandbox, opened, analyses, pages):
    synced = opened(run_sandbox(analyses=analyses))
    report = synced.sync()
    assert report.complete
    assert (report.kind, report.total, report.inserted) == ("first read", analyses, analyses)
    assert pages <= report.requests <= pages + 3
    assert len(set(synced.ids())) == len(synced.ids()) == analyses
    refresh = synced.sync()
    assert refresh.complete
    assert refresh.requests <= 3
    assert (refresh.kind, refresh.inserted, refresh.updated, refresh.deleted) == (
        "refresh",
        0,
        0,
        0,
    )
    assert [call["status_filter"] for call in synced.asked] == [None, "processing", "failed"]


def test_rows_equal_what_the_client_reads(sandbox_2500, opened):
    from explorer.mirror.decode import row_of

    synced = opened(sandbox_2500)
    synced.sync()
    rows = {row[0]: row for row in synced.store.cursor().execute("SELECT * FROM calls").fetchall()}
    assert rows == {analysis.id: row_of(analysis).values for analysis in synced.client.iterate()}
    everything = synced.sync(everything=True)
    assert (everything.inserted, everything.updated, everything.deleted) == (0, 0, 0)
    assert everything.kind == "everything"
    assert everything.requests <= 4


def test_new_analyses_are_read_with_the_refresh(run_sandbox, opened):
    running = run_sandbox()
    account = memory(running, 5000)
    synced = opened(running, KEY)
    synced.sync()
    for i in range(3):
        account.insert(record(5000 + i, 1_700_002_500))
    report = synced.sync()
    assert report.complete
    assert (report.inserted, report.requests) == (3, 3)
    for i in range(4000):
        account.insert(record(6000 + i, 1_700_003_000 + i // 2))
    report = synced.sync()
    assert report.complete
    assert report.inserted == 4000
    assert report.requests <= 8, "pages of full size once the head is long"


@pytest.mark.parametrize("place", [0, 9_999, 10_000, 19_998, 19_999])
def test_one_deletion_in_20_000_is_found_with_few_requests(run_sandbox, opened, place):
    running = run_sandbox()
    account = memory(running, 20_000)
    synced = opened(running, KEY)
    synced.sync()
    gone = account.records()[place]["id"]
    account.delete(gone)
    report = synced.sync()
    assert report.complete
    assert report.deleted == 1
    assert gone not in synced.ids()
    assert report.requests <= 3 + 9


def test_retention_of_the_oldest_costs_no_reading_again(run_sandbox, opened):
    running = run_sandbox()
    account = memory(running, 20_000)
    synced = opened(running, KEY)
    synced.sync()
    for known in account.records()[-3001:]:
        account.delete(known["id"])
    report = synced.sync()
    assert report.complete
    assert report.deleted == 3001
    assert report.requests <= 3 + 4


def test_many_deletions_are_found_by_reading_again(run_sandbox, opened):
    running = run_sandbox()
    account = memory(running, 8000)
    synced = opened(running, KEY)
    synced.sync()
    for known in account.records()[1::9]:
        account.delete(known["id"])
    report = synced.sync()
    assert report.complete
    assert synced.statuses().keys() == {known["id"] for known in account.records()}
    assert report.requests <= 3 + 4 + 9


def test_outage_that_ends_at_once_takes_a_few_pages(run_sandbox, opened):
    running = run_sandbox()
    account = memory(running, 10_000, processing=300)
    synced = opened(running, KEY)
    synced.sync()
    assert list(synced.statuses().values()).count("processing") == 300
    for known in account.records()[:300]:
        account.update(known["id"], {**known, "status": "completed", "metadata": {}})
    account.delete(account.records()[5_000]["id"])
    report = synced.sync()
    assert report.complete
    assert report.updated == 300
    assert set(synced.statuses().values()) == {"completed"}
    assert report.requests <= 3 + 1 + 7


def test_settled_change_is_found_by_the_totals(run_sandbox, opened):
    running = run_sandbox()
    account = memory(running, 10_000)
    synced = opened(running, KEY)
    synced.sync()
    changed = account.records()[7_000]
    account.update(changed["id"], {**changed, "status": "failed"})
    report = synced.sync()
    assert report.complete
    assert synced.statuses()[changed["id"]] == "failed"
    assert report.requests <= 4
    account.update(changed["id"], changed)
    report = synced.sync()
    assert report.complete
    assert synced.statuses()[changed["id"]] == "completed"
    assert report.requests <= 6


def test_settled_value_edited_in_place_is_found_by_reading_everything(run_sandbox, opened):
    running = run_sandbox()
    account = memory(running, 3000)
    synced = opened(running, KEY)
    synced.sync()
    changed = account.records()[2_000]
    account.update(changed["id"], {**changed, "livemode": False})
    assert synced.sync().updated == 0
    assert synced.sync(everything=True).updated == 1


def test_stop_ends_after_the_request_under_way_and_the_next_goes_on(run_sandbox, opened):
    synced = opened(run_sandbox(analyses=12_000))
    stop = threading.Event()
    progress: list[int] = []

    def tell(found: Any) -> None:
        progress.append(found.mirrored)
        if len(progress) == 4:
            stop.set()

    report = synced.sync(stop=stop, on_progress=tell)
    assert not report.complete
    assert report.problem == "stopped"
    assert report.requests == 4
    assert len(synced.ids()) == progress[-1] == report.inserted
    rest = synced.sync()
    assert rest.complete
    assert rest.kind == "first read"
    assert rest.inserted == 12_000 - report.inserted
    assert rest.requests <= 12 - 4 + 5


def test_error_carries_the_report_and_the_next_sync_goes_on(run_sandbox, opened):
    synced = opened(run_sandbox(analyses=6000), max_retries=0)
    synced.fail_at = 4
    with pytest.raises(SyncError, match="goes on from there") as caught:
        synced.sync()
    report = caught.value.report
    assert (report.requests, report.inserted, report.complete) == (4, len(synced.ids()), False)
    assert "reset" in report.problem
    logged = synced.store.cursor().execute("SELECT kind, requests, problem FROM syncs").fetchall()
    assert logged == [("first read", 4, report.problem)]
    synced.fail_at = None
    rest = synced.sync()
    assert rest.complete
    assert rest.inserted == 6000 - report.inserted


class Hurried:
    """A clock that goes as the real one, whose time the answers carry, and skips what is waited."""

    def __init__(self) -> None:
        self.waited = 0.0

    def __call__(self) -> float:
        return time.time() + self.waited

    def sleep(self, seconds: float) -> None:
        self.waited += seconds

    def pause(self, seconds: float) -> bool:
        self.sleep(seconds)
        return False


def test_rate_limit_is_waited_out_and_a_reserve_is_left(run_sandbox, opened):
    running = run_sandbox(rate_limit=30)
    memory(running, 20)
    clock = Hurried()
    budget = RateBudget(clock=clock, wall_clock=clock, sleep=clock.sleep)
    limiter = running.sandbox._limiter
    limiter._clock = clock
    synced = opened(running, KEY, budget=budget, sleep=clock.sleep, max_retries=0)
    report = synced.sync(page_size=2, head_size=2, clock=clock, pause=clock.pause)
    assert report.complete
    assert report.requests > 15
    assert clock.waited >= 50, "a window was waited out"
    left = budget.snapshot().remaining
    assert left is not None
    assert left >= 15


def test_analysis_that_turns_unreadable_stops_no_sync(run_sandbox, opened):
    running = run_sandbox()
    account = memory(running, 4000, processing=3)
    synced = opened(running, KEY)
    synced.sync()
    odd = account.records()[0]
    account.update(odd["id"], {**odd, "status": None})
    report = synced.sync()
    assert report.complete
    found = synced.store.cursor().execute("SELECT id, status FROM rejected").fetchall()
    assert found == [(odd["id"], None)]
    assert synced.sync().requests <= 3


def test_lost_half_of_a_pair_costs_no_sync(run_sandbox, opened):
    running = run_sandbox()
    account = memory(running, 10)
    account.insert(record(11, 1_800_000_000, call={"agent_id": "a\ud83d", "contact_id": "c"}))
    synced = opened(running, KEY)
    assert synced.sync().complete
    assert len(synced.ids()) == 11
    page = read_list(synced.client._answer({}, 0, 100, 0).document())
    assert len(page.data) == 11


def test_endless_change_ends_incomplete(run_sandbox, opened):
    running = run_sandbox()
    account = memory(running, 3000)
    synced = opened(running, KEY)
    places = iter(range(5000, 9000))

    def change(_: Any) -> None:
        n = next(places)
        account.insert(record(n, 1_700_100_000 + n))

    report = synced.sync(on_progress=change)
    assert not report.complete
    assert report.problem is None
    assert report.requests <= 8 * MAX_PASSES
    assert synced.sync().complete


def test_server_error_is_no_reason_to_delete(run_sandbox, opened):
    running = run_sandbox()
    account = memory(running, 50)
    synced = opened(running, KEY, max_retries=0)
    synced.sync()

    def refuse(**_: Any) -> Any:
        raise ServerError("GET /analysis/ answered 503", status_code=503)

    running.sandbox.accounts[KEY] = MemoryAccount()
    synced.client.list_bytes = refuse  # type: ignore[method-assign]
    with pytest.raises(SyncError):
        synced.sync()
    assert len(synced.ids()) == 50
    del synced.client.list_bytes
    running.sandbox.accounts[KEY] = account
    assert synced.sync().deleted == 0
    running.sandbox.accounts[KEY] = MemoryAccount()
    report = synced.sync()
    assert report.complete
    assert report.deleted == 50
