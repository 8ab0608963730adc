"""Statistics, compared with SciPy's and statsmodels' own and with small cases worked by hand."""

from __future__ import annotations

import math
import time
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, stats
from statsmodels.stats.meta_analysis import combine_effects
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint
from statsmodels.stats.rates import test_poisson_2indep as poisson_test
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

from explorer.analysis.statistics import (
    CONFIDENCE,
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

NAN, INF = math.nan, math.inf
PAIRS = [
    (0, 5, 2, 5),
    (3, 10, 9, 10),
    (9, 10, 3, 10),
    (5, 5, 5, 5),
    (1, 1, 0, 1),
    (30, 100, 45, 90),
    (12, 3000, 4, 2800),
    (410_000, 1_000_000, 411_000, 1_000_000),
]


@pytest.mark.parametrize(
    "values", [[1, 2], [0, 0, 5], [2.5] * 4, list(np.linspace(0, 5, 200))], ids=len
)
def test_mean_interval_is_scipys_when_there_are_two_or_more(values):
    series = pd.Series(values, dtype=float)
    low, high = mean_interval(
        pd.Series([len(values)]), pd.Series([series.mean()]), pd.Series([series.std()])
    )
    scale = stats.sem(values)
    if scale:
        expected = stats.t.interval(CONFIDENCE, len(values) - 1, loc=series.mean(), scale=scale)
    else:
        expected = (2.5, 2.5)
    assert (low[0], high[0]) == pytest.approx(expected)


@pytest.mark.parametrize("n", [0, 1], ids=str)
def test_mean_interval_is_unknown_when_below_two_values(n):
    mean = 3.0 if n else math.nan
    low, high = mean_interval(pd.Series([n]), pd.Series([mean]), pd.Series([math.nan]))
    assert math.isnan(low[0])
    assert math.isnan(high[0])


def test_mean_interval_is_empty_when_there_are_no_rows():
    none = pd.Series([], dtype=float)
    low, high = mean_interval(none, none, none)
    assert len(low) == len(high) == 0


@pytest.mark.parametrize(
    ("successes", "n"), [(0, 1), (1, 1), (0, 10), (3, 10), (10, 10), (1, 1000), (500, 1000)]
)
def test_share_interval_is_scipys_wilson_when_there_are_calls(successes, n):
    expected = stats.binomtest(successes, n).proportion_ci(CONFIDENCE, method="wilson")
    assert share_interval(successes, n) == pytest.approx((expected.low, expected.high), abs=1e-12)
    low, high = share_interval(successes, n)
    assert 0 <= low <= successes / n <= high <= 1


def test_share_interval_is_unknown_when_there_are_no_calls():
    assert all(math.isnan(end) for end in share_interval(0, 0))


def test_share_interval_is_statsmodels_wilson_when_given_columns():
    k, n = pd.Series([0, 3, 10, 0, 70]), pd.Series([1, 10, 10, 0, 100], index=list("abcde"))
    low, high = share_interval(k, n)
    expected_low, expected_high = proportion_confint(
        k[n.array > 0], n[n > 0].array, method="wilson"
    )
    known = [0, 1, 2, 4]
    assert low[known] == pytest.approx(np.asarray(expected_low), abs=1e-12)
    assert high[known] == pytest.approx(np.asarray(expected_high), abs=1e-12)
    assert math.isnan(low[3])
    assert math.isnan(high[3])


def test_share_interval_is_plain_floats_when_given_numbers():
    assert [type(end) for end in share_interval(3, 10)] == [float, float]


def test_columns_keep_missing_values_when_pandas_marks_them_itself():
    low, _ = share_interval(pd.Series([1, None], dtype="Int64"), pd.Series([2, 2], dtype="Int64"))
    assert np.isnan(low).tolist() == [False, True]


SAMPLES = [
    ([1, 2, 4], [3, 3, 5, 5]),
    ([0, 5], [1, 1, 1, 2]),
    ([2.5, 2.5, 2.5], [3, 4, 4.5]),
    (list(np.linspace(0, 5, 50)), list(np.linspace(1, 5, 300))),
    ([1e-60, 2e-60, 4e-60], [3e-60, 3e-60, 5e-60]),
]


@pytest.mark.parametrize(
    ("first", "second"), SAMPLES, ids=["few", "two", "one_even", "many", "tiny"]
)
def test_difference_of_means_is_scipys_welch_test(first, second):
    summaries = [
        number
        for values in (first, second)
        for number in (len(values), np.mean(values), np.std(values, ddof=1))
    ]
    test = stats.ttest_ind_from_stats(*(summaries[i] for i in (1, 2, 0, 4, 5, 3)), equal_var=False)
    interval = CompareMeans(DescrStatsW(first), DescrStatsW(second)).tconfint_diff(usevar="unequal")
    found = difference_of_means(*summaries)
    assert found.value == pytest.approx(np.mean(first) - np.mean(second), abs=0, rel=1e-9)
    assert found.p_value == pytest.approx(test.pvalue, rel=1e-9)
    assert (found.low, found.high) == pytest.approx(interval, abs=0, rel=1e-9)


@pytest.mark.parametrize(
    ("summaries", "value"),
    [
        pytest.param((1, 3.0, NAN, 9, 2.0, 1.0), 1.0, id="one_call"),
        pytest.param((1, 3.0, 0.0, 9, 2.0, 1.0), 1.0, id="one_call_without_spread"),
        pytest.param((0, NAN, NAN, 9, 2.0, 1.0), NAN, id="no_call"),
        pytest.param((2, 3.0, 0.0, 2, 2.0, 0.0), 1.0, id="neither_varies"),
        pytest.param((9, 0.1, 1.4e-17, 9, 0.2, 2.8e-17), -0.1, id="rounding_only"),
    ],
)
def test_difference_of_means_has_no_interval_when_nothing_shows_the_spread(summaries, value):
    found = difference_of_means(*summaries)
    assert found.value == pytest.approx(value, nan_ok=True)
    assert np.isnan(found[1:]).all()


def test_difference_of_means_compares_each_when_the_second_is_one_group():
    found = difference_of_means(
        pd.Series([5, 6]), pd.Series([1.0, 2]), pd.Series([1.0, 1]), 9, 2.0, 1.0
    )
    assert [found.p_value[1], found.low[1]] == pytest.approx(
        [1.0, difference_of_means(6, 2.0, 1.0, 9, 2.0, 1.0).low]
    )


@pytest.mark.parametrize("counts", PAIRS, ids=str)
def test_difference_of_shares_is_newcombes_with_fishers_test(counts):
    k1, n1, k2, n2 = counts
    found = difference_of_shares(*counts)
    expected = confint_proportions_2indep(*counts, method="newcomb", compare="diff")
    assert found.value == pytest.approx(k1 / n1 - k2 / n2)
    assert (found.low, found.high) == pytest.approx(expected, abs=1e-10)
    fisher = stats.fisher_exact([[k1, n1 - k1], [k2, n2 - k2]])
    assert found.p_value == pytest.approx(fisher.pvalue, rel=1e-9)


def test_difference_of_shares_is_every_small_tables_fisher_test():
    tables = [
        (k1, n1, k2, n2)
        for n1 in range(1, 9)
        for n2 in range(1, 9)
        for k1 in range(n1 + 1)
        for k2 in range(n2 + 1)
    ]
    found = difference_of_shares(*np.array(tables).T).p_value
    assert found == pytest.approx([_fisher_by_counting(*table) for table in tables], rel=1e-12)


def _fisher_by_counting(k1: int, n1: int, k2: int, n2: int) -> float:
    both = k1 + k2
    ways = [math.comb(n1, k) * math.comb(n2, both - k) for k in range(both + 1)]
    return sum(way for way in ways if way <= ways[k1]) / sum(ways)


def test_difference_of_shares_is_published_when_newcombe_compares_56_of_70_with_48_of_80():
    # Newcombe 1998, table II, contrast (a), method 10
    found = difference_of_shares(56, 70, 48, 80)
    assert found[:3] == pytest.approx((0.2, 0.0524, 0.3339), abs=5e-5)


def test_difference_of_shares_is_unknown_when_a_group_has_no_calls():
    assert np.isnan(difference_of_shares(0, 0, 1, 2)).all()
    assert np.isnan(difference_of_shares(1, 2, 0, 0)).all()
    assert np.isnan(difference_of_shares(0, 0, 0, 0)).all()


def test_difference_of_shares_is_quick_when_a_thousand_tables_hold_a_million_calls():
    chance = np.random.default_rng(7)
    n1, n2 = chance.integers(1, 1_000_000, (2, 1000))
    share = chance.uniform(0, 1, 1000)
    k1, k2 = chance.binomial(n1, share), chance.binomial(n2, share)
    difference_of_shares(k1[:1], n1[:1], k2[:1], n2[:1])
    began = time.perf_counter()
    found = difference_of_shares(k1, n1, k2, n2)
    assert time.perf_counter() - began < 1
    some = [
        stats.fisher_exact([[k1[i], n1[i] - k1[i]], [k2[i], n2[i] - k2[i]]]).pvalue
        for i in range(0, 1000, 20)
    ]
    assert found.p_value[::20] == pytest.approx(some, rel=1e-6)


@pytest.mark.parametrize(
    "counts", [(3, 10, 9, 10), (30, 100, 45, 90), (12, 3000, 4, 2800)], ids=str
)
def test_lift_ends_where_the_difference_to_the_multiple_does(counts):
    k1, n1, k2, n2 = counts
    share1, share2 = k1 / n1, k2 / n2
    low1, high1 = proportion_confint(k1, n1, method="wilson")
    low2, high2 = proportion_confint(k2, n2, method="wilson")
    value = share1 / share2

    def above(ratio):
        return (share1 - ratio * share2) - math.hypot(share1 - low1, ratio * (high2 - share2))

    def below(ratio):
        return (share1 - ratio * share2) + math.hypot(high1 - share1, ratio * (share2 - low2))

    expected = (value, optimize.brentq(above, 0, value), optimize.brentq(below, value, 1e4))
    assert lift(*counts) == pytest.approx(expected, rel=1e-9)


def test_lift_is_close_to_the_logarithms_and_the_score_interval_when_calls_are_many():
    counts = (3000, 10_000, 2000, 10_000)
    for method in ("log", "score"):
        expected = confint_proportions_2indep(*counts, method=method, compare="ratio")
        assert lift(*counts)[1:] == pytest.approx(expected, rel=2e-4)


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        pytest.param((0, 5, 0, 5), (NAN, 0, INF), id="none_and_none"),
        pytest.param((0, 5, 2, 5), (0, 0, 1.5336), id="none_of_the_first"),
        pytest.param((2, 5, 0, 5), (INF, 0.6521, INF), id="none_of_the_second"),
        pytest.param((5, 5, 5, 5), (1, 0.5655, 1.7683), id="all_and_all"),
        pytest.param((3, 0, 3, 4), (NAN, NAN, NAN), id="no_first"),
        pytest.param((0, 4, 0, 0), (NAN, NAN, NAN), id="no_second"),
    ],
)
def test_lift_when_counts_are_at_their_ends(counts, expected):
    assert lift(*counts) == pytest.approx(expected, abs=5e-5, nan_ok=True)


@pytest.mark.parametrize(
    "rates", [(30, 10, 20, 10), (3, 2.5, 9, 1.5), (1, 7, 4, 7), (5000, 31, 4500, 30)], ids=str
)
def test_rate_ratio_is_the_binomial_test_of_the_first_count(rates):
    k1, exposure1, k2, exposure2 = rates
    chance = exposure1 / (exposure1 + exposure2)
    test = stats.binomtest(k1, k1 + k2, chance)
    ends = test.proportion_ci(CONFIDENCE, method="exact")
    ratio = [share / (1 - share) * exposure2 / exposure1 for share in (ends.low, ends.high)]
    tails = [
        stats.binomtest(k1, k1 + k2, chance, alternative=side).pvalue
        for side in ("less", "greater")
    ]
    found = rate_ratio(*rates)
    assert found.value == pytest.approx(k1 / exposure1 / (k2 / exposure2))
    assert found[1:3] == pytest.approx(ratio, rel=1e-6)
    assert found.p_value == pytest.approx(min(1, 2 * min(tails)), rel=1e-9)
    if exposure1 == exposure2:
        expected = poisson_test(*rates, method="exact-cond", compare="ratio")
        assert found.p_value == pytest.approx(expected.pvalue, rel=1e-9)


@pytest.mark.parametrize(
    ("rates", "expected"),
    [
        pytest.param((0, 5, 0, 5), (NAN, 0, INF, 1), id="none_and_none"),
        pytest.param((0, 5, 2, 5), (0, 0, 5.3246, 0.5), id="none_of_the_first"),
        pytest.param((2, 5, 0, 5), (INF, 0.1878, INF, 0.5), id="none_of_the_second"),
        pytest.param((2, 0, 3, 5), (NAN, NAN, NAN, NAN), id="no_first_exposure"),
        pytest.param((2, 5, 3, 0), (NAN, NAN, NAN, NAN), id="no_second_exposure"),
    ],
)
def test_rate_ratio_when_counts_or_exposures_are_zero(rates, expected):
    assert rate_ratio(*rates) == pytest.approx(expected, abs=5e-5, nan_ok=True)


def test_corrected_is_statsmodels_when_some_tests_are_missing():
    p_values = np.array([0.01, NAN, 0.04, 0.03, 0.005, NAN, 0.55, 0.03])
    tested = ~np.isnan(p_values)
    found = corrected(pd.Series(p_values))
    assert found[tested] == pytest.approx(multipletests(p_values[tested], method="fdr_bh")[1])
    assert np.isnan(found).tolist() == (~tested).tolist()


@pytest.mark.parametrize("p_values", [[], [NAN, NAN]], ids=["none", "all_missing"])
def test_corrected_is_itself_when_there_is_no_test(p_values):
    assert corrected(np.array(p_values)) == pytest.approx(p_values, nan_ok=True)


def test_corrected_leaves_its_argument_alone():
    p_values = np.array([0.01, 0.04])
    corrected(p_values)
    assert p_values.tolist() == [0.01, 0.04]


def test_shrunk_means_when_three_groups_are_worked_by_hand():
    # within 1, of a mean 1/4; between (4·2 - 2)/(12 - 4) = 3/4; so a quarter of the way is drawn,
    # and the variance of the first is 3/4·1/4 + 1/16·1/3 + 1·1/16·2/3 = 1/4
    found = shrunk_means(np.array([4, 4, 4]), np.array([1.0, 2, 3]), np.array([1.0, 1, 1]))
    assert (found.team, found.tau) == pytest.approx((2, math.sqrt(0.75)))
    assert found.value == pytest.approx([1.25, 2, 2.75])
    half = np.array([0.25, 0.25 - 1 / 24, 0.25]) ** 0.5 * 1.959964
    assert found.low == pytest.approx(np.array([1.25, 2, 2.75]) - half)
    assert found.high == pytest.approx(np.array([1.25, 2, 2.75]) + half)


GROUPS = [
    ([5, 10, 20, 40], [1.0, 2, 3, 3.5], [1.0, 0.5, 2, 1]),
    ([2, 3, 2, 300], [0.0, 5, 1, 3], [0.5, 2, 1, 1.5]),
    ([1, 1, 8, 9], [4.0, 1, 2, 2], [NAN, NAN, 1, 1.2]),
    ([30, 30, 30], [2.0, 2.1, 2.2], [1.0, 1, 1]),
]


@pytest.mark.parametrize(
    ("n", "mean", "deviation"), GROUPS, ids=["even", "uneven", "single_calls", "no_difference"]
)
def test_shrunk_means_are_statsmodels_dersimonian_laird(n, mean, deviation):
    n, mean, deviation = np.array(n), np.array(mean), np.array(deviation)
    varied = n > 1
    within = np.average(deviation[varied] ** 2, weights=n[varied] - 1)
    expected = combine_effects(mean, within / n, method_re="dl")
    found = shrunk_means(n, mean, deviation)
    assert found.tau**2 == pytest.approx(max(0, expected.tau2), abs=1e-12)
    assert found.team == pytest.approx(
        expected.mean_effect_re if expected.tau2 > 0 else expected.mean_effect_fe
    )


def test_shrunk_means_are_the_teams_when_groups_differ_by_chance_only():
    found = shrunk_means(np.array([30, 30, 30]), np.array([2.0, 2.1, 2.2]), np.ones(3))
    assert found.tau == 0
    assert found.value == pytest.approx([2.1, 2.1, 2.1])
    # of the group whose own mean is the team's: the interval of a mean of 90
    half = 1.959964 / math.sqrt(90)
    assert (found.low[1], found.high[1]) == pytest.approx((2.1 - half, 2.1 + half))
    assert found.high[0] > found.high[1]
    assert not found.clearly_different.any()


def test_shrunk_means_mark_a_group_when_it_is_different_and_not_small():
    n = np.array([SMALL_SAMPLE - 1, SMALL_SAMPLE, 50, 50, 0])
    mean = np.array([5.0, 5, 1, 1.05, NAN])
    found = shrunk_means(n, mean, np.array([0.1, 0.1, 0.1, 0.1, NAN]))
    assert found.clearly_different.tolist() == [False, True, True, True, False]
    assert np.isnan([found.value[4], found.low[4], found.high[4]]).all()


def test_shrunk_means_mark_none_when_only_rounding_tells_them_apart():
    found = shrunk_means(np.array([10, 10]), np.array([0.3, 0.3 + 1e-15]), np.array([1e-17, 1e-17]))
    assert found.low[1] > found.team
    assert not found.clearly_different.any()


@pytest.mark.parametrize(
    ("n", "mean", "deviation", "value", "team"),
    [
        pytest.param([], [], [], [], NAN, id="no_group"),
        pytest.param([0, 0], [NAN, NAN], [NAN, NAN], [NAN, NAN], NAN, id="no_call"),
        pytest.param([1, 1], [2, 3], [NAN, NAN], [NAN, NAN], 2.5, id="single_calls"),
        pytest.param([3, 3], [2, 4], [0, 0], [2, 4], 3, id="nothing_varies_within"),
        pytest.param([3, 2], [4, 4], [0, 0], [4, 4], 4, id="nothing_varies"),
    ],
)
def test_shrunk_means_have_no_interval_when_nothing_varies_within(n, mean, deviation, value, team):
    found = shrunk_means(np.array(n), np.array(mean), np.array(deviation))
    assert found.value == pytest.approx(value, nan_ok=True)
    assert found.team == pytest.approx(team, nan_ok=True)
    assert np.isnan(found.low).all()
    assert np.isnan(found.high).all()
    assert not found.clearly_different.any()


def test_shrunk_means_are_the_groups_own_when_there_is_one_group():
    found = shrunk_means(np.array([9]), np.array([2.0]), np.array([1.5]))
    half = 1.959964 * 0.5
    assert (found.value[0], found.low[0], found.high[0]) == pytest.approx((2, 2 - half, 2 + half))
    assert (found.team, found.tau) == (2, 0)


@pytest.mark.parametrize("tau", [0, 0.5, 1], ids=str)
def test_shrunk_means_hold_the_truth_and_raise_few_false_alarms_when_simulated(tau):
    chance = np.random.default_rng(3)
    held = marked = nearer = 0.0
    for _ in range(300):
        n = chance.integers(2, 40, 12)
        truth = 3 + tau * chance.standard_normal(12)
        mean = truth + chance.standard_normal(12) / np.sqrt(n)
        deviation = np.sqrt(chance.chisquare(n - 1) / (n - 1))
        found = shrunk_means(n, mean, deviation)
        held += ((found.low <= truth) & (truth <= found.high)).mean() / 300
        marked += found.clearly_different.mean() / 300
        nearer += (((found.value - truth) ** 2).mean() < ((mean - truth) ** 2).mean()) / 300
    assert 0.89 < held < 0.995
    assert nearer > (0.55 if tau else 0.95)
    assert (marked < 0.01) if tau == 0 else (marked > 0.2)


def test_shrunk_shares_when_four_groups_are_worked_by_hand():
    # correlation (10·0.2/0.25 - 3)/(3·9) = 5/27: the team weighs as 22/5 calls
    found = shrunk_shares(np.array([2, 4, 6, 8]), np.array([10, 10, 10, 10]))
    assert (found.team, found.tau) == pytest.approx((0.5, math.sqrt(0.25 * 5 / 27)))
    assert found.value == pytest.approx([4.2 / 14.4, 6.2 / 14.4, 8.2 / 14.4, 10.2 / 14.4])
    value, drawn = 4.2 / 14.4, 4.4 / 14.4
    variance = value * (1 - value) / 15.4
    variance += drawn**2 * 0.25 * (22 / 270 + 5 / 27) / 4 + 0.3**2 * drawn**2 / 2
    weight = value * (1 - value) / variance - 1
    expected = stats.beta.interval(CONFIDENCE, value * weight, (1 - value) * weight)
    assert (found.low[0], found.high[0]) == pytest.approx(expected)
    assert (1 - found.high[3], 1 - found.low[3]) == pytest.approx(expected)


def test_shrunk_shares_find_the_spread_when_there_are_many_groups():
    chance = np.random.default_rng(5)
    n = chance.integers(5, 60, 4000)
    found = shrunk_shares(chance.binomial(n, chance.beta(2, 6, 4000)), n)
    assert found.team == pytest.approx(0.25, abs=0.01)
    assert found.tau == pytest.approx(stats.beta(2, 6).std(), rel=0.03)


@pytest.mark.parametrize(
    ("k", "n", "team"),
    [
        pytest.param([], [], NAN, id="no_group"),
        pytest.param([0, 0], [0, 0], NAN, id="no_call"),
        pytest.param([3], [4], 0.75, id="one_group"),
        pytest.param([0, 1, 1], [1, 1, 1], 2 / 3, id="single_calls"),
        pytest.param([2, 2, 0], [4, 4, 0], 0.5, id="no_difference"),
    ],
)
def test_shrunk_shares_are_the_teams_when_groups_do_not_differ(k, n, team):
    n = np.array(n)
    found = shrunk_shares(np.array(k), n)
    assert found.team == pytest.approx(team, nan_ok=True)
    assert found.value[n > 0] == pytest.approx(np.full((n > 0).sum(), team))
    assert np.isnan(found.value[n == 0]).all()
    assert not found.clearly_different.any()


@pytest.mark.parametrize("share", [0, 1], ids=["none", "all"])
def test_shrunk_shares_have_the_wilson_interval_when_all_calls_are_alike(share):
    n = np.array([3, 20, 0])
    found = shrunk_shares(share * n, n)
    assert found.value[:2].tolist() == [share, share]
    low, high = share_interval(share * 23, 23)
    assert found.low == pytest.approx([low, low, NAN], nan_ok=True)
    assert found.high == pytest.approx([high, high, NAN], nan_ok=True)


def test_shrunk_shares_stay_possible_when_groups_are_all_or_nothing():
    n = np.array([1, 3, 40, 40, 3, 40])
    found = shrunk_shares(np.array([0, 0, 0, 40, 3, 40]), n)
    assert found.tau == pytest.approx(0.5, abs=0.03)
    assert 0 < found.value[0] < found.high[0] < 1
    assert found.value[1] > found.value[2] > 0
    assert found.clearly_different.tolist() == [False, False, True, True, False, True]


def test_shrunk_shares_lie_in_their_intervals_when_one_of_many_single_calls_succeeds():
    found = shrunk_shares(np.arange(400) == 7, np.ones(400))
    assert found.value == pytest.approx(np.full(400, 1 / 400))
    assert (found.low <= found.value).all()
    assert (found.value <= found.high).all()


@pytest.mark.parametrize("correlation", [0, 0.1, 0.4], ids=str)
def test_shrunk_shares_hold_the_truth_and_raise_few_false_alarms_when_simulated(correlation):
    chance = np.random.default_rng(3)
    held = marked = 0.0
    for _ in range(300):
        n = chance.integers(2, 60, 12)
        truth = np.full(12, 0.3)
        if correlation:
            weight = 1 / correlation - 1
            truth = chance.beta(0.3 * weight, 0.7 * weight, 12)
        found = shrunk_shares(chance.binomial(n, truth), n)
        held += ((found.low <= truth) & (truth <= found.high)).mean() / 300
        marked += found.clearly_different.mean() / 300
    assert 0.87 < held < 0.995
    assert (marked < 0.01) if correlation == 0 else (marked > 0.1)


def test_shrunk_intervals_narrow_when_calls_grow():
    widths = [
        shrunk_shares(np.array([2, 6, 8]) * times, np.array([10, 10, 10]) * times)
        for times in (1, 4, 16)
    ]
    for fewer, more in pairwise(widths):
        assert (more.high - more.low < fewer.high - fewer.low).all()
