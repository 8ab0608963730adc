"""Runs of failures, and the states of reasons: by hand, by brute force, and at random."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from explorer.analysis.outages import (
    FALSE_ALARM,
    _maximal_sums,
    edges,
    find_runs,
    states,
)

WINDOW = 1000
"""The hour with which the recent time begins."""


def hours(*parts: tuple[int, int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Hours of calls and failures, from (hours, calls an hour, failures an hour)."""
    calls = np.concatenate([np.full(n, each) for n, each, _ in parts])
    failed = np.concatenate([np.full(n, each) for n, _, each in parts])
    return calls, failed


# --- runs -------------------------------------------------------------------------------------


def test_run_is_found_when_most_calls_of_some_hours_fail():
    calls, failed = hours((200, 10, 0), (6, 10, 8), (200, 10, 0))
    failed[:200:25] = 1  # what usually fails
    found = find_runs(calls, failed)
    (run,) = found.runs
    assert (run.first, run.last) == (200, 205)
    assert found.usual == 0.01  # the least that is taken for usual


def test_hours_around_a_run_are_left_out_when_they_hold_a_chance_failure():
    calls, failed = hours((100, 4, 0), (1, 4, 1), (3, 4, 0), (10, 4, 3), (100, 4, 0))
    failed[:100:10] = 1
    (run,) = find_runs(calls, failed).runs
    assert (run.first, run.last) == (104, 113)


def test_night_does_not_end_a_run_when_there_are_no_calls_in_it():
    # hours without calls have no row
    calls, failed = hours((50, 5, 0), (8, 5, 4), (50, 5, 0))
    assert len(find_runs(calls, failed).runs) == 1


def test_two_runs_are_two_when_calls_succeed_between_them():
    calls, failed = hours((80, 10, 0), (4, 10, 9), (40, 10, 0), (4, 10, 9), (80, 10, 0))
    assert [(one.first, one.last) for one in find_runs(calls, failed).runs] == [
        (80, 83),
        (124, 127),
    ]


@pytest.mark.parametrize(
    ("calls", "failed"),
    [
        pytest.param([], [], id="no_calls"),
        pytest.param([5], [0], id="no_failure"),
        pytest.param([1], [1], id="one_call_that_failed"),
        pytest.param([100, 100], [100, 100], id="everything_fails"),
        pytest.param([4, 4, 4, 4], [0, 4, 0, 0], id="four_failures"),
        pytest.param([10] * 100, [4] * 100, id="always_many"),
    ],
)
def test_nothing_is_found_when_nothing_is_out_of_the_usual(calls, failed):
    assert find_runs(np.array(calls, dtype=np.int64), np.array(failed, dtype=np.int64)).runs == []


def test_outage_that_goes_on_is_found_when_it_is_the_end_of_all_calls():
    calls, failed = hours((100, 10, 0), (30, 10, 10))
    failed[:100:20] = 1
    (run,) = find_runs(calls, failed).runs
    assert (run.first, run.last) == (100, 129)


def test_random_failures_make_runs_no_more_often_than_promised():
    draw = np.random.default_rng(5)
    n_accounts = 400
    false = 0
    for _ in range(n_accounts):
        calls = draw.poisson(3, 600)
        share = draw.choice([0.005, 0.02, 0.05, 0.15, 0.3])
        false += bool(find_runs(calls, draw.binomial(calls, share)).runs)
    # at most FALSE_ALARM of them; three standard deviations above
    assert false <= n_accounts * FALSE_ALARM + 3 * np.sqrt(n_accounts * FALSE_ALARM)


def brute_force(scores: np.ndarray) -> list[tuple[int, int]]:
    """Ruzzo and Tompa's definition: the best run, then those left and right of it."""
    n, best, found = len(scores), 0.0, None
    for first in range(n):
        for last in range(first, n):
            total = scores[first : last + 1].sum()
            if total > best + 1e-12:
                best, found = total, (first, last)
    if found is None:
        return []
    first, last = found
    left = brute_force(scores[:first])
    right = [(a + last + 1, b + last + 1) for a, b in brute_force(scores[last + 1 :])]
    return [*left, found, *right]


@pytest.mark.parametrize("seed", range(30))
def test_maximal_sums_are_those_of_the_definition(seed):
    scores = np.random.default_rng(seed).normal(-0.3, 1, 14)
    found = _maximal_sums(scores)
    assert [(one.first, one.last) for one in found] == brute_force(scores)
    assert [one.score for one in found] == pytest.approx(
        [scores[one.first : one.last + 1].sum() for one in found]
    )


def test_edges_are_the_first_and_the_last_failure_of_a_run():
    failed = [False] * 20 + [True, False] + [True] * 10 + [False] * 20 + [True] + [False] * 9
    assert edges(np.array(failed), usual=0.02, high=0.9) == (20, 31)


# --- states -----------------------------------------------------------------------------------


def states_of(reasons: dict[str, dict[int, int]], *, last: int = 1023, began: int = 0, **first):
    """The states of reasons given as hour → failures; 10 calls an hour from hour `began`."""
    cells = pd.DataFrame(
        [(name, hour, n) for name, each in reasons.items() for hour, n in each.items()],
        columns=["reason", "hour", "n"],
    )
    all_hours = pd.DataFrame({"hour": range(began, last + 1), "n": 10})
    seen = {name: min(each) * 3600 for name, each in reasons.items()} | first
    return states(
        cells,
        all_hours,
        pd.Series(seen, dtype="int64"),
        began=began * 3600,
        window=WINDOW,
        span=24,
    )


STEADY = dict.fromkeys(range(5, 1024, 20), 1)


@pytest.mark.parametrize(
    ("seen", "state"),
    [
        pytest.param(STEADY, None, id="steady"),
        pytest.param({1010: 1}, "new", id="new"),
        pytest.param(dict.fromkeys(range(0, 500, 20), 1), "gone", id="gone"),
        pytest.param({3: 2, 400: 2}, None, id="too_few_to_be_gone"),
        pytest.param({100: 40}, "gone", id="gone_after_a_burst"),
        pytest.param({**dict.fromkeys(range(0, 500, 20), 1), 1015: 1}, "back", id="back"),
        pytest.param(STEADY | dict.fromkeys(range(1000, 1024, 2), 2), "rising", id="rising"),
        pytest.param(STEADY | {1001: 1, 1011: 1}, None, id="a_little_more"),
    ],
)
def test_state_is_told_by_its_rule(seen, state):
    assert states_of({"one": seen, "steady": STEADY}).get("one") == state


def test_nothing_is_new_when_the_account_is_young():
    assert states_of({"one": {1010: 1}}, began=900) == {}
    assert states_of({"one": {1010: 1}}, began=784) == {"one": "new"}


def test_reason_is_not_new_when_the_account_had_it_outside_of_the_filter():
    assert states_of({"one": {1010: 1}}, one=5) == {}


def test_quiet_weeks_make_nothing_gone_when_there_were_no_calls():
    cells = pd.DataFrame({"reason": "one", "hour": range(0, 100, 5), "n": 1})
    calls = pd.DataFrame({"hour": [*range(100), 5000], "n": 10})
    first = pd.Series({"one": 0})
    assert states(cells, calls, first, began=0, window=4990, span=24) == {}


def test_no_failures_have_no_states():
    cells = pd.DataFrame({"reason": [], "hour": [], "n": []})
    assert states(cells, cells, pd.Series(dtype="int64"), began=0, window=5, span=1) == {}
