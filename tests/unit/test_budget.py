"""The rate budget: what it lets through, whom it makes wait, and how it reads the headers."""

from __future__ import annotations

import threading
import time
from email.utils import formatdate

import pytest

from explorer.api.account import Account
from explorer.api.budget import (
    FIRST_PENALTY_S,
    MAX_WAIT_S,
    RESET_MARGIN_S,
    Budget,
    RateBudget,
    budget_for,
    seconds_to_wait,
    seconds_until_reset,
)
from explorer.errors import RateLimited


class Clock:
    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def budget(clock: Clock) -> RateBudget:
    return RateBudget(clock, lambda: 1_700_000_000.0 + clock.now, clock.sleep)


def said(remaining: int, reset: object = 30, limit: int = 10) -> dict[str, str]:
    return {
        "X-RateLimit-Limit": str(limit),
        "X-RateLimit-Remaining": str(remaining),
        "X-RateLimit-Reset": str(reset),
    }


def ask(budget: RateBudget, headers: dict[str, str] | None, reserve: int = 0) -> None:
    budget.acquire(reserve)
    budget.release(headers)


def test_budget_is_unlimited_when_no_header_came(budget, clock):
    for _ in range(500):
        ask(budget, {})
    assert clock.slept == []
    assert budget.snapshot() == Budget(None, None, None)


def test_snapshot_counts_requests_in_flight(budget):
    ask(budget, said(8))
    budget.acquire()
    assert budget.snapshot() == Budget(10, 7, 30.0)
    budget.release(said(7))
    assert budget.snapshot() == Budget(10, 7, 30.0)


def test_acquire_waits_for_the_reset_when_nothing_is_left(budget, clock):
    ask(budget, said(0))
    budget.acquire()
    assert clock.slept == [pytest.approx(30 + RESET_MARGIN_S)]
    assert budget.snapshot().remaining == 9


def test_acquire_raises_when_the_wait_would_be_too_long(budget, clock):
    ask(budget, said(0))
    with pytest.raises(RateLimited, match="30 s") as caught:
        budget.acquire(timeout_s=5)
    assert caught.value.retry_after_s == pytest.approx(30 + RESET_MARGIN_S)
    assert caught.value.status_code == 429
    assert clock.slept == []


def test_reserve_is_left_for_others(budget, clock):
    ask(budget, said(3))
    with pytest.raises(RateLimited):
        budget.acquire(reserve=3, timeout_s=1)
    budget.acquire(reserve=2, timeout_s=1)
    with pytest.raises(RateLimited):
        budget.acquire(reserve=2, timeout_s=1)
    budget.acquire(timeout_s=1)


def test_reserve_is_at_most_half_when_the_limit_is_small(budget):
    ask(budget, said(10))
    budget.acquire(reserve=50, timeout_s=1)


def test_requests_in_flight_are_not_promised_twice(budget):
    ask(budget, said(2))
    budget.acquire(timeout_s=0)
    budget.acquire(timeout_s=0)
    with pytest.raises(RateLimited):
        budget.acquire(timeout_s=0)


def test_count_stays_right_when_answers_overtake_one_another(budget):
    ask(budget, said(9))
    for _ in range(3):
        budget.acquire()
    for remaining in (6, 8, 7):
        budget.release(said(remaining))
    assert budget.snapshot().remaining == 6


def test_count_falls_when_another_process_asks_too(budget):
    ask(budget, said(9))
    ask(budget, said(2))
    assert budget.snapshot().remaining == 2


def test_count_falls_when_no_answer_came(budget):
    ask(budget, said(5))
    ask(budget, None)
    ask(budget, {})
    assert budget.snapshot().remaining == 3


def test_window_is_new_when_the_reset_moved(budget, clock):
    ask(budget, said(1, 5))
    clock.now += 4
    ask(budget, said(9, 60))
    assert budget.snapshot() == Budget(10, 9, 60.0)


def test_answer_of_the_window_before_is_ignored_when_it_comes_late(budget, clock):
    ask(budget, said(3, 10))
    budget.acquire()
    clock.now += 11
    ask(budget, said(9, 60))
    budget.release(said(0, 0))
    assert budget.snapshot().remaining == 9


def test_true_reset_replaces_the_assumed_one_when_a_window_ran_out_unseen(budget, clock):
    ask(budget, said(0, 10))
    clock.now += 40
    ask(budget, said(4, 20))
    assert budget.snapshot() == Budget(10, 4, 20.0)


def test_window_of_a_minute_is_assumed_when_no_reset_is_named(budget, clock):
    ask(budget, {"X-RateLimit-Remaining": "0"})
    budget.acquire()
    assert clock.slept == [pytest.approx(60 + RESET_MARGIN_S)]


@pytest.mark.parametrize("text", ["", "many", "nan", "-3", "inf"])
def test_header_is_ignored_when_it_is_no_count(budget, text):
    ask(budget, {"X-RateLimit-Remaining": text, "X-RateLimit-Limit": text})
    assert budget.snapshot() == Budget(None, None, None)


def test_refusal_stops_the_whole_account(budget, clock):
    budget.acquire()
    budget.release({})
    assert budget.refused(12.0) == 12.0
    with pytest.raises(RateLimited) as caught:
        budget.acquire(timeout_s=10)
    assert caught.value.retry_after_s == pytest.approx(12)
    budget.acquire(timeout_s=15)
    assert clock.slept == [pytest.approx(12)]


def test_pause_doubles_when_refusals_name_no_time(budget):
    pauses = [budget.refused(None) for _ in range(3)]
    assert pauses == [FIRST_PENALTY_S * factor for factor in (1, 2, 4)]
    for _ in range(2000):
        assert budget.refused(None) <= 60
    budget.accepted()
    budget._blocked_until = 0
    assert budget.refused(None) == FIRST_PENALTY_S


def test_refusal_waits_for_the_reset_when_the_headers_tell(budget):
    ask(budget, said(0, 25))
    assert budget.refused(None) == pytest.approx(25)


def test_silly_retry_after_is_capped(budget):
    assert budget.refused(1e9) == MAX_WAIT_S


NOW = 1_700_000_000.0


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        pytest.param("30", 30, id="seconds from now"),
        pytest.param("30.5", 30.5, id="fraction"),
        pytest.param(str(int(NOW) + 30), 30, id="epoch seconds"),
        pytest.param(str(int(NOW + 30) * 1000), 30, id="epoch milliseconds"),
        pytest.param(str(int(NOW) - 30), 0, id="past"),
        pytest.param("99999", MAX_WAIT_S, id="too long"),
        pytest.param("-1", None, id="negative"),
        pytest.param("soon", None, id="words"),
        pytest.param("nan", None, id="nan"),
        pytest.param(None, None, id="missing"),
    ],
)
def test_reset_is_read_in_each_form(value, seconds):
    assert seconds_until_reset(value, None, NOW) == seconds


def test_reset_is_counted_by_the_servers_clock_when_it_tells():
    date = formatdate(NOW + 1000, usegmt=True)
    assert seconds_until_reset(str(int(NOW) + 1030), date, NOW) == 30


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        pytest.param("7", 7, id="seconds"),
        pytest.param(formatdate(NOW + 7, usegmt=True), 7, id="date"),
        pytest.param(formatdate(NOW - 7, usegmt=True), 0, id="past date"),
        pytest.param("-5", 0, id="negative"),
        pytest.param("1e99", MAX_WAIT_S, id="huge"),
        pytest.param("Wed, 99 Foo", None, id="nonsense"),
        pytest.param(None, None, id="missing"),
    ],
)
def test_retry_after_is_read_in_each_form(value, seconds):
    assert seconds_to_wait(value, None, NOW) == seconds


def test_budget_is_shared_by_account():
    account = Account("https://a.example", "one")
    assert budget_for(account) is budget_for(Account("https://a.example", "one"))
    assert budget_for(account) is not budget_for(Account("https://a.example", "two"))
    assert budget_for(account) is not budget_for(Account("https://b.example", "one"))


def test_threads_never_ask_more_than_is_left():
    budget = RateBudget()
    window = {"left": 20}
    lock = threading.Lock()
    refusals: list[RateLimited] = []

    def work() -> None:
        for _ in range(5):
            try:
                budget.acquire(timeout_s=0.05)
            except RateLimited as limited:
                refusals.append(limited)
                return
            with lock:
                window["left"] -= 1
                left = window["left"]
            time.sleep(0.001)
            budget.release(said(left, 600, 20))

    budget.acquire()
    budget.release(said(20, 600, 20))
    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert window["left"] == 0
    assert refusals


def test_place_counted_twice_is_waited_for_though_the_reset_is_far():
    budget = RateBudget()
    ask(budget, said(2, 200))
    budget.acquire()
    budget.acquire()
    # This answer has counted both requests already: one place is left after them.
    budget.release(said(1, 200))
    went = threading.Event()

    def wait() -> None:
        budget.acquire(timeout_s=30)
        went.set()

    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    assert not went.wait(0.05)
    budget.release(said(1, 200))
    assert went.wait(5)
    with pytest.raises(RateLimited, match="200 s"):
        budget.acquire(timeout_s=0.05)


def test_waiting_thread_goes_on_when_another_answer_makes_room():
    budget = RateBudget()
    budget.acquire()
    budget.release(said(1, 600))
    budget.acquire()
    went = threading.Event()

    def wait() -> None:
        budget.acquire(timeout_s=650)
        went.set()

    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    time.sleep(0.05)
    assert not went.is_set()
    # A later reset: a new window, in which places are free.
    budget._reset_at -= 500
    budget.release(said(9, 600))
    assert went.wait(5)
    thread.join()
