"""Statistics keep their promises whatever the counts: in range, around the estimate, symmetric."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings, strategies as st
from scipy import special, stats

from explorer.analysis.statistics import (
    SMALL_SAMPLE,
    corrected,
    difference_of_means,
    difference_of_shares,
    lift,
    mean_interval,
    rate_ratio,
    share_interval,
    shrunk_means,
    shrunk_shares,
)

# the first call imports SciPy's part
assert special.ndtri(0.5) == 0
assert stats.hypergeom.name == "hypergeom"
QUICK = settings(deadline=None)

SIZES = st.integers(1, 60) | st.integers(1, 2_000_000)


@st.composite
def counted(draw, sizes=SIZES):
    n = draw(sizes)
    return draw(st.integers(0, n)), n


MEANS = st.floats(0, 5).map(lambda mean: round(mean, 3))
DEVIATIONS = st.floats(0.01, 2.5).map(lambda deviation: round(deviation, 3))
SCORED = st.tuples(st.integers(2, 500), MEANS, DEVIATIONS)
GROUPS = st.lists(st.tuples(st.integers(0, 200), MEANS, DEVIATIONS), min_size=1, max_size=12)
COUNTED_GROUPS = st.lists(counted(st.integers(0, 200)), min_size=1, max_size=12)


def columns_of_means(groups):
    n, mean, deviation = (np.array(column, dtype=float) for column in zip(*groups, strict=True))
    return n, np.where(n > 0, mean, np.nan), np.where(n > 1, deviation, np.nan)


def columns_of_shares(groups):
    k, n = (np.array(column) for column in zip(*groups, strict=True))
    return k, n


@QUICK
@given(counted())
def test_share_interval_holds_the_share_and_stays_possible(first):
    low, high = share_interval(*first)
    k, n = first
    assert 0 <= low <= k / n <= high <= 1


@QUICK
@given(counted(), st.integers(2, 50))
def test_share_interval_narrows_when_calls_grow(first, times):
    k, n = first
    low, high = share_interval(np.array([k, k * times]), np.array([n, n * times]))
    assert high[1] - low[1] < high[0] - low[0]


@QUICK
@given(SCORED, st.integers(2, 50))
def test_mean_interval_holds_the_mean_and_narrows_when_calls_grow(scored, times):
    n, mean, deviation = scored
    low, high = mean_interval(
        np.array([n, n * times]), np.array([mean, mean]), np.array([deviation, deviation])
    )
    assert (low <= mean).all()
    assert (high >= mean).all()
    assert high[1] - low[1] < high[0] - low[0]


@QUICK
@given(SCORED, SCORED)
def test_difference_of_means_turns_its_sign_when_groups_change_places(first, second):
    found, turned = difference_of_means(*first, *second), difference_of_means(*second, *first)
    assert found.low <= found.value <= found.high
    assert (found.value, found.low, found.high) == pytest.approx(
        (-turned.value, -turned.high, -turned.low)
    )
    assert 0 <= found.p_value <= 1
    assert found.p_value == pytest.approx(turned.p_value)
    assume(abs(found.p_value - 0.05) > 1e-9)
    assert (found.p_value < 0.05) == (found.low > 0 or found.high < 0)


@QUICK
@given(counted(), counted())
def test_difference_of_shares_turns_its_sign_when_groups_change_places(first, second):
    found, turned = difference_of_shares(*first, *second), difference_of_shares(*second, *first)
    assert -1 - 1e-12 <= found.low <= found.value <= found.high <= 1 + 1e-12
    assert (found.value, found.low, found.high) == pytest.approx(
        (-turned.value, -turned.high, -turned.low)
    )
    assert 0 <= found.p_value <= 1
    assert found.p_value == pytest.approx(turned.p_value, rel=1e-6)


@QUICK
@given(counted(), counted())
def test_difference_of_shares_is_scipys_fisher_test(first, second):
    (k1, n1), (k2, n2) = first, second
    expected = stats.fisher_exact([[k1, n1 - k1], [k2, n2 - k2]]).pvalue
    found = difference_of_shares(k1, n1, k2, n2).p_value
    assert found == pytest.approx(expected, rel=1e-6, abs=1e-250)


@QUICK
@given(counted(), counted())
def test_lift_is_the_reciprocal_when_groups_change_places(first, second):
    found, turned = lift(*first, *second), lift(*second, *first)
    if first[0] or second[0]:
        assert 0 <= found.low <= found.value <= found.high
    else:
        assert math.isnan(found.value)
    for here, there in zip(found, (turned.value, turned.high, turned.low), strict=True):
        if 0 < here < math.inf:
            assert here == pytest.approx(1 / there, rel=1e-6)
        elif not math.isnan(here):
            assert {here, there} == {0, math.inf}


@QUICK
@given(counted(), counted())
def test_lift_leaves_out_one_when_the_difference_leaves_out_zero(first, second):
    ratio, difference = lift(*first, *second), difference_of_shares(*first, *second)
    assume(min(abs(ratio.low - 1), abs(ratio.high - 1)) > 1e-9)
    assert (ratio.low > 1) == (difference.low > 0)
    assert (ratio.high < 1) == (difference.high < 0)


COUNTS = st.integers(0, 50) | st.integers(0, 1_000_000)
EXPOSURES = st.floats(0.1, 1000)


@QUICK
@given(COUNTS, EXPOSURES, COUNTS, EXPOSURES)
def test_rate_ratio_agrees_with_its_p_value(k1, exposure1, k2, exposure2):
    found = rate_ratio(k1, exposure1, k2, exposure2)
    turned = rate_ratio(k2, exposure2, k1, exposure1)
    if k1 or k2:
        assert 0 <= found.low <= found.value <= found.high
    assert found.p_value == pytest.approx(turned.p_value, rel=1e-6, abs=1e-250)
    if found.low > 0:
        assert found.low == pytest.approx(1 / turned.high, rel=1e-6)
    assume(abs(found.p_value - 0.05) > 1e-9)
    assert (found.p_value < 0.05) == (found.low > 1 or found.high < 1)


@QUICK
@given(st.lists(st.tuples(counted(), counted()), min_size=1, max_size=8))
def test_columns_give_what_their_numbers_give(pairs):
    table = np.array([(*first, *second) for first, second in pairs])
    for function in (difference_of_shares, lift, rate_ratio):
        together = np.array(function(*table.T)).T
        apart = np.array([function(*row.tolist()) for row in table])
        assert together == pytest.approx(apart, rel=1e-12, nan_ok=True)


@QUICK
@given(st.lists(st.floats(0, 1) | st.just(math.nan), max_size=30), st.randoms())
def test_corrected_never_lowers_and_keeps_the_order(p_values, chance):
    given_values = np.array(p_values)
    found = corrected(given_values)
    tested = ~np.isnan(given_values)
    assert np.isnan(found[~tested]).all()
    assert (found[tested] >= given_values[tested] * (1 - 1e-12)).all()
    assert (found[tested] <= 1).all()
    assert (np.diff(found[tested][np.argsort(given_values[tested])]) >= 0).all()
    assert found[tested] == pytest.approx(corrected(given_values[tested]))
    order = np.array(chance.sample(range(len(p_values)), len(p_values)), dtype=int)
    assert corrected(given_values[order]) == pytest.approx(found[order], nan_ok=True)


def assert_shrunk(found, own, n):
    used = n > 0
    value = found.value[used]
    lowest, highest = np.minimum(own[used], found.team), np.maximum(own[used], found.team)
    assert ((lowest - 1e-12 <= value) & (value <= highest + 1e-12)).all()
    assert np.isnan(found.value[~used]).all()
    assert ((found.low[used] <= value) & (value <= found.high[used])).all()
    assert not found.clearly_different[n < SMALL_SAMPLE].any()
    assert found.tau >= 0


@QUICK
@given(GROUPS)
def test_shrunk_means_lie_between_the_own_and_the_teams(groups):
    n, mean, deviation = columns_of_means(groups)
    assume((n > 1).any())
    assert_shrunk(shrunk_means(n, mean, deviation), mean, n)


@QUICK
@given(GROUPS, st.randoms())
def test_shrunk_means_are_the_same_in_any_order(groups, chance):
    shuffled = chance.sample(range(len(groups)), len(groups))
    columns = columns_of_means(groups)
    found, turned = shrunk_means(*columns), shrunk_means(*(column[shuffled] for column in columns))
    assert turned.value == pytest.approx(found.value[shuffled], nan_ok=True)
    assert turned.low == pytest.approx(found.low[shuffled], nan_ok=True)
    assert (turned.team, turned.tau) == pytest.approx(
        (found.team, found.tau), abs=1e-6, nan_ok=True
    )


@QUICK
@given(GROUPS, st.floats(-10, 10), st.floats(0.1, 10))
def test_shrunk_means_move_along_when_the_unit_changes(groups, shift, scale):
    n, mean, deviation = columns_of_means(groups)
    plain, moved = (
        shrunk_means(n, mean, deviation),
        shrunk_means(n, mean * scale + shift, deviation * scale),
    )
    for name in ("value", "low", "high"):
        assert getattr(moved, name) == pytest.approx(
            getattr(plain, name) * scale + shift, abs=1e-6, nan_ok=True
        )


@QUICK
@given(GROUPS)
def test_shrunk_means_are_the_same_when_groups_without_calls_go(groups):
    n, mean, deviation = columns_of_means(groups)
    used = n > 0
    assume(used.any())
    found = shrunk_means(n, mean, deviation)
    alone = shrunk_means(n[used], mean[used], deviation[used])
    assert found.value[used] == pytest.approx(alone.value, nan_ok=True)
    assert found.low[used] == pytest.approx(alone.low, nan_ok=True)


@QUICK
@given(COUNTED_GROUPS)
def test_shrunk_shares_lie_between_the_own_and_the_teams_and_stay_possible(groups):
    k, n = columns_of_shares(groups)
    found = shrunk_shares(k, n)
    if not n.any():
        assert math.isnan(found.team)
        return
    assert_shrunk(found, k / np.where(n > 0, n, 1), n)
    assert (found.low[n > 0] >= 0).all()
    assert (found.high[n > 0] <= 1).all()
    assert 0 <= found.team <= 1
    assert found.tau <= 0.5 + 1e-12


@QUICK
@given(COUNTED_GROUPS, st.randoms())
def test_shrunk_shares_are_the_same_in_any_order(groups, chance):
    shuffled = chance.sample(range(len(groups)), len(groups))
    k, n = columns_of_shares(groups)
    found, turned = shrunk_shares(k, n), shrunk_shares(k[shuffled], n[shuffled])
    assert turned.value == pytest.approx(found.value[shuffled], nan_ok=True)
    assert turned.low == pytest.approx(found.low[shuffled], abs=1e-9, nan_ok=True)


@QUICK
@given(COUNTED_GROUPS)
def test_shrunk_shares_are_mirrored_when_successes_and_failures_change_places(groups):
    k, n = columns_of_shares(groups)
    found, turned = shrunk_shares(k, n), shrunk_shares(n - k, n)
    assert turned.value == pytest.approx(1 - found.value, nan_ok=True)
    assert turned.low == pytest.approx(1 - found.high, abs=1e-9, nan_ok=True)
    assert (turned.clearly_different == found.clearly_different).all()
