"""What is different about failures: against SciPy and statsmodels, by hand, and in words."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from scipy.stats import fisher_exact
from statsmodels.stats.multitest import multipletests

from explorer.analysis import contrast
from explorer.analysis.dimensions import BY_NAME
from explorer.analysis.filters import Filter

ROWS = [
    ("audio_format", "webm", 40, 60),
    ("audio_format", "wav", 5, 900),
    ("audio_format", "mp3", 2, 540),
    ("webhook", "yes", 25, 800),
    ("webhook", "no", 22, 700),
    ("agent_id", "a", 4, 0),
    ("agent_id", "b", 43, 1496),
    ("agent_id", "c", 0, 4),
]


def counted(rows=ROWS) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["variable", "value", "n_failures", "n_others"])


def compared(found: pd.DataFrame) -> pd.DataFrame:
    return contrast.in_order(contrast.measured(found))


def test_figures_are_those_of_an_independent_computation():
    found = compared(counted())
    expected = counted()
    sums = expected.groupby("variable")[["n_failures", "n_others"]].transform("sum")
    table = [
        [[k1, n1 - k1], [k2, n2 - k2]]
        for k1, k2, n1, n2 in zip(
            expected["n_failures"], expected["n_others"], sums["n_failures"], sums["n_others"],
            strict=True,
        )
    ]  # fmt: skip
    tested = expected["n_failures"] + expected["n_others"] >= 5
    p_values = pd.Series([fisher_exact(one).pvalue for one in table]).where(tested)
    adjusted = pd.Series(np.nan, index=p_values.index)
    adjusted[tested] = multipletests(p_values[tested], method="fdr_bh")[1]
    expected["p_uncorrected"], expected["p_corrected"] = p_values, adjusted
    expected["failures_share"] = expected["n_failures"] / sums["n_failures"]
    expected["others_share"] = expected["n_others"] / sums["n_others"]
    both = expected.merge(found, on=["variable", "value"], suffixes=("_expected", ""))
    assert len(both) == len(ROWS)
    for name in ("p_uncorrected", "p_corrected", "failures_share", "others_share"):
        np.testing.assert_allclose(both[name], both[f"{name}_expected"], rtol=1e-6, err_msg=name)
    with np.errstate(divide="ignore"):
        np.testing.assert_allclose(both["lift"], both["failures_share"] / both["others_share"])


def test_most_telling_comes_first_and_few_failures_last():
    found = compared(counted())
    assert found.loc[0, ["variable", "value", "stands_out"]].tolist() == [
        "audio_format", "webm", True,
    ]  # fmt: skip
    assert found["stands_out"].sum() == 1
    assert found["few_failures"].is_monotonic_increasing
    few = found.set_index("value")["few_failures"]
    assert few["a"]
    assert not few["wav"]


def test_nothing_is_tested_of_a_value_when_it_has_few_calls():
    found = compared(counted()).set_index("value")
    assert np.isnan(found.loc["a", "p_uncorrected"])
    assert np.isinf(found.loc["a", "lift"])
    assert not found.loc["a", "stands_out"]


def test_no_rows_make_an_empty_table_with_the_same_columns():
    none = compared(counted()[:0])
    assert list(none.columns) == list(compared(counted()).columns)
    assert none.empty


@pytest.mark.parametrize("seed", range(4))
def test_nothing_stands_out_when_failures_are_drawn_at_random(seed):
    draw = np.random.default_rng(seed)
    values = pd.DataFrame(
        {name: draw.integers(0, 12, 3000) for name in ("agent_id", "size", "gap")}
    )
    fails = draw.random(3000) < 0.05
    rows = [
        (name, str(value), int((fails & (values[name] == value)).sum()),
         int((~fails & (values[name] == value)).sum()))
        for name in values for value in range(12)
    ]  # fmt: skip
    assert not compared(counted(rows))["stands_out"].any()


# --- in words ---------------------------------------------------------------------------------


def test_sentence_names_what_stands_out():
    table = compared(counted())
    assert contrast.sentence(table, 47, 1500) == (
        "85% of these 47 failures are calls with audio format “webm”, against 4.0% of 1,500 "
        "comparable calls (21.3 times as often)."
    )


def test_sentence_says_all_and_counts_the_rest():
    rows = [
        *[("audio_format", "webm", 40, 60), ("audio_format", "wav", 0, 1440)],
        *[("size", "1-2 MB", 38, 100), ("size", "2-5 MB", 2, 1400)],
        *[("hour", "9", 30, 100), ("hour", "10", 10, 1400)],
        *[("webhook", "no", 36, 400), ("webhook", "yes", 4, 1100)],
    ]
    said = contrast.sentence(compared(counted(rows)), 40, 1500)
    assert said.startswith("All 40 of these failures are calls with audio format “webm”, against ")
    assert "; also with an audio size of 1-2 MB (95% against 6.7%) and at " in said
    assert said.endswith("; 1 more below.")


def test_sentence_says_so_when_nothing_stands_out():
    table = compared(counted([("size", "a", 10, 100), ("size", "b", 10, 100)]))
    assert contrast.sentence(table, 20, 200).startswith("Nothing stands out: ")


@pytest.mark.parametrize(("n_failures", "n_others"), [(4, 900), (900, 4), (0, 0)])
def test_sentence_says_so_when_there_is_too_little_to_compare(n_failures, n_others):
    said = contrast.sentence(compared(counted()), n_failures, n_others)
    assert said.startswith("Too few calls to compare: ")


def test_variables_are_dimensions_whose_values_can_be_filtered_by():
    for one in contrast.variables(ZoneInfo("Asia/Kathmandu")):
        assert one.name in BY_NAME
        for value in one.names or ("x",):
            calls = Filter(**contrast.condition(one.name, value))
            assert Filter.from_query(calls.to_query()) == (calls, ())
            assert contrast.value_words(one.name, value) in calls.sentence
