"""The store of answers: fresh, old, failed, bounded, and one account's own."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from explorer.api.account import Account
from explorer.errors import ConnectionFailed, SettingsError
from explorer.ui.answers import Answers

ONE, OTHER = Account("https://x", "1"), Account("https://x", "2")
DOWN = ConnectionFailed("the API is down")


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(clock) -> Answers:
    return Answers(fresh_s=120, kept_s=3600, max_entries=3, clock=clock)


def fails() -> int:
    raise DOWN


def counting() -> Callable[[], int]:
    asked = iter(range(100))
    return lambda: next(asked)


@pytest.mark.parametrize(
    ("later_s", "value"), [(0, 0), (119, 0), (120, 1)], ids=["now", "fresh", "old"]
)
def test_answer_is_asked_again_when_it_is_old(later_s, value, store, clock):
    ask = counting()
    store.get(ONE, "q", ask)
    clock.now += later_s
    again = store.get(ONE, "q", ask)
    assert again.value == value
    assert again.read_at == (1000 if value == 0 else 1000 + later_s)
    assert again.error is None


def test_old_answer_is_kept_with_the_reason_when_asking_fails(store, clock):
    store.get(ONE, "q", lambda: "old")
    clock.now += 500
    found = store.get(ONE, "q", fails)
    assert (found.value, found.read_at, found.error) == ("old", 1000, DOWN)
    # the next run asks again, and the reason goes
    found = store.get(ONE, "q", lambda: "new")
    assert (found.value, found.read_at, found.error) == ("new", 1500, None)


def test_error_goes_through_when_nothing_is_kept(store, clock):
    with pytest.raises(ConnectionFailed):
        store.get(ONE, "q", fails)
    assert store.peek(ONE, "q") is None
    store.get(ONE, "q", lambda: 1)
    clock.now += 3601
    with pytest.raises(ConnectionFailed):
        store.get(ONE, "q", fails)


@pytest.mark.parametrize("error", [SettingsError("x"), ValueError("x")], ids=["settings", "bug"])
def test_other_errors_go_through_when_an_answer_is_kept(error, store, clock):
    store.get(ONE, "q", lambda: 1)
    clock.now += 500

    def ask() -> int:
        raise error

    with pytest.raises(type(error)):
        store.get(ONE, "q", ask)
    assert store.get(ONE, "q", lambda: 2).value == 2


def test_answers_are_bounded_when_many_are_asked(store):
    for question in "abc":
        store.get(ONE, question, lambda: 1)
    store.peek(ONE, "a")  # used last, so it stays
    store.get(ONE, "d", lambda: 1)
    assert store.peek(ONE, "b") is None
    assert [store.peek(ONE, q) is not None for q in "acd"] == [True] * 3
    assert len(store.of(ONE)) == 3
    assert len(store._fresh) == 3


def test_answers_are_forgotten_when_kept_for_too_long(store, clock):
    store.get(ONE, "q", lambda: 1)
    clock.now += 3600
    assert store.peek(ONE, "q") is not None
    clock.now += 1
    assert store.peek(ONE, "q") is None
    assert store.of(ONE) == []


def test_everything_is_asked_anew_when_expired(store):
    ask = counting()
    store.get(ONE, "q", ask)
    store.get(OTHER, "q", ask)
    store.expire(ONE)
    assert store.peek(ONE, "q").value == 0  # kept as a fallback
    assert store.get(ONE, "q", fails).error is DOWN
    assert store.get(ONE, "q", ask).value == 2
    assert store.get(ONE, "q", ask).value == 2
    assert store.get(OTHER, "q", ask).value == 1


def test_accounts_never_see_each_other_when_they_ask_the_same(store):
    store.get(ONE, "q", lambda: "secret of one")
    with pytest.raises(ConnectionFailed):
        store.get(OTHER, "q", fails)
    assert store.get(OTHER, "q", lambda: "of other").value == "of other"
    assert store.peek(ONE, "q").value == "secret of one"
    assert [answer.value for answer in store.of(OTHER)] == ["of other"]
    same_key_elsewhere = Account("https://y", "1")
    assert store.peek(same_key_elsewhere, "q") is None


def test_value_may_be_none_or_false_when_that_is_the_answer(store):
    ask = counting()
    store.get(ONE, "q", lambda: None)
    assert store.get(ONE, "q", ask).value is None


def test_one_asks_when_eight_threads_ask_the_same():
    store = Answers()
    asked = []
    started = threading.Barrier(8)

    def ask() -> int:
        asked.append(1)
        threading.Event().wait(0.05)
        return 7

    def run(_: int) -> int:
        started.wait(5)
        return store.get(ONE, "q", ask).value

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(run, range(8))) == [7] * 8
    assert len(asked) == 1
    gc.collect()
    assert len(store._asking) == 0  # no lock outlives its question


def test_questions_do_not_wait_for_each_other_when_one_is_slow():
    store = Answers()
    slow, done = threading.Event(), threading.Event()

    def wait() -> int:
        assert slow.wait(5)
        return 1

    def first() -> None:
        store.get(ONE, "slow", wait)
        done.set()

    thread = threading.Thread(target=first)
    thread.start()
    assert store.get(ONE, "quick", lambda: 2).value == 2
    assert store.get(OTHER, "slow", lambda: 3).value == 3
    assert not done.is_set()
    slow.set()
    thread.join(5)
    assert done.is_set()


def test_answer_that_was_under_way_is_not_fresh_when_refreshed_meanwhile():
    store = Answers()
    asking, go_on = threading.Event(), threading.Event()

    def ask() -> str:
        asking.set()
        assert go_on.wait(5)
        return "before refresh"

    thread = threading.Thread(target=lambda: store.get(ONE, "q", ask))
    thread.start()
    assert asking.wait(5)
    store.expire(ONE)
    go_on.set()
    thread.join(5)
    assert store.get(ONE, "q", lambda: "after refresh").value == "after refresh"
