"""Calls over time, failed checks and changes, against pandas, SciPy and statsmodels."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

from explorer.analysis import queries
from explorer.analysis.failures import group_messages
from explorer.analysis.filters import Filter
from tests.conftest import STORY_NOW, Told

UTC = ZoneInfo("UTC")
BERLIN = ZoneInfo("Europe/Berlin")
DAY_S = 86_400


def at(second: float) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def record(name: str, created: str, status: str = "completed", flagged: bool | None = None) -> dict:
    results = None
    if flagged is not None:
        results = {"compliance": {"identity_verification": {"flagged": flagged}}}
    created_s = int(datetime.fromisoformat(created).timestamp())
    return {"id": name, "created": created_s, "status": status, "results": results}


# --- calls over time --------------------------------------------------------------------------


@pytest.mark.parametrize("zone", [UTC, BERLIN, ZoneInfo("Asia/Kathmandu")], ids=str)
@pytest.mark.parametrize(
    ("days", "size"),
    [
        pytest.param(3, timedelta(hours=1), id="hours"),
        pytest.param(60, timedelta(days=1), id="days"),
    ],
)
def test_calls_over_time_equal_pandas_when_told(days, size, zone, told: Told):
    calls = Filter(since=at(STORY_NOW - days * DAY_S), until=at(STORY_NOW))
    found = queries.calls_over_time(told, calls, zone)
    counted: Counter[tuple[str, str]] = Counter()
    for one in told.records:
        if STORY_NOW - days * DAY_S <= one["created"] < STORY_NOW:
            local = datetime.fromtimestamp(one["created"], zone)
            begins = local.replace(minute=0, second=0) if size < timedelta(days=1) else local.date()
            counted[str(begins)[:13], one["status"]] += 1
    shown = {
        (str(row.starts_at.tz_convert(zone))[:13], status): getattr(row, f"n_{status}")
        for row in found.itertuples()
        for status in ("completed", "failed", "processing")
    }
    length = 13 if size < timedelta(days=1) else 10
    assert {(k[:length], s): n for (k, s), n in shown.items() if n} == {
        (k[:length], s): n for (k, s), n in counted.items()
    }
    assert found["n_calls"].sum() == sum(counted.values())
    low, high = proportion_confint(found["n_failed"], found["n_calls"], method="wilson")
    assert found["share_low"].to_numpy() == pytest.approx(low.to_numpy(), abs=1e-9)
    assert found["share_high"].to_numpy() == pytest.approx(high.to_numpy(), abs=1e-9)


def test_calls_over_time_are_weeks_from_monday_when_the_range_is_long(mirror_of):
    rows = [record("a", "2024-01-01T10:00:00Z"), record("b", "2026-03-04T10:00:00Z", "failed")]
    found = queries.calls_over_time(mirror_of(rows), Filter(), BERLIN)
    assert [str(one) for one in found["starts_at"]] == [
        "2023-12-31 23:00:00+00:00", "2026-03-01 23:00:00+00:00"
    ]  # fmt: skip
    assert [one.days for one in found["ends_at"] - found["starts_at"]] == [7, 7]
    assert list(found["failed_share"]) == [0, 1]
    assert list(found["whole"]) == [True, True]


def test_day_is_23_hours_when_the_clock_goes_forward(mirror_of):
    rows = [record(str(n), f"2026-03-{day}T12:00:00Z") for n, day in enumerate((20, 29, 30))]
    found = queries.calls_over_time(mirror_of(rows), Filter(), BERLIN)
    assert [one.total_seconds() / 3600 for one in found["ends_at"] - found["starts_at"]] == [
        24, 23, 24
    ]  # fmt: skip


def test_bars_are_not_whole_when_the_range_cuts_them(mirror_of):
    rows = [record(str(n), f"2026-03-{10 + n}T12:00:00Z") for n in range(6)]
    calls = Filter(since="2026-03-10T06:00:00Z", until="2026-03-15T13:00:00Z")
    found = queries.calls_over_time(mirror_of(rows), calls, UTC)
    assert list(found["whole"]) == [False, True, True, True, True, False]


# --- failed checks ----------------------------------------------------------------------------


def test_check_failures_are_as_worked_out_when_few(mirror_of):
    rows = [
        record("a", "2026-03-04T10:00:00Z", flagged=True),
        record("b", "2026-03-04T11:00:00Z", flagged=False),
        record("c", "2026-03-04T12:00:00Z", flagged=False),
        record("d", "2026-03-04T12:00:00Z", "failed"),
    ]
    found = queries.check_failures(mirror_of(rows), Filter(), UTC).set_index("check")
    assert list(found["n_checked"]) == [3] * 5
    assert list(found["n_failed"]) == [1, 0, 0, 0, 0]
    assert found.loc["identity_verification", "failed_share"] == pytest.approx(1 / 3)
    low, high = proportion_confint(1, 3, method="wilson")
    assert found.loc["identity_verification", "share_low"] == pytest.approx(low)
    assert found.loc["identity_verification", "share_high"] == pytest.approx(high)


# --- changes ----------------------------------------------------------------------------------


def outcome(one: dict, measure: str, subject: str) -> bool | None:
    """Whether a record counts for a comparison; None where it is not divided by."""
    compliance = (one["results"] or {}).get("compliance")
    if measure == "check":
        if compliance is None:
            return None
        block = compliance.get(subject) or {}
        read, used, shared = (block.get(name) for name in ("read", "used", "shared"))
        return bool(block.get("flagged") or used or shared or read is False)
    if measure == "reason":
        message = one["metadata"]["error_message"]
        return one["status"] == "failed" and group_messages([message]) == [subject]
    return one["status"] == "failed"


def test_changes_equal_scipy_when_an_outage_begins(told: Told):
    failed = sorted(one["created"] for one in told.records if one["status"] == "failed")
    # the densest day and a half of failures
    start = max(failed, key=lambda t: sum(t <= other < t + 36 * 3600 for other in failed))
    since, until = start - start % 60, start - start % 60 + 36 * 3600
    found = queries.changes(told, Filter(since=at(since), until=at(until)), UTC)
    now, before = (
        [one for one in told.records if begins <= one["created"] < begins + 36 * 3600]
        for begins in (since, since - 36 * 3600)
    )
    expected = []
    for row in found.itertuples():
        assert (row.from_at, row.to_at, row.before_at) == (
            at(since), at(until), at(since - 36 * 3600)
        )  # fmt: skip
        if row.measure == "calls":
            assert (row.n_now, row.n_before) == (len(now), len(before))
            expected.append(stats.binomtest(len(now), len(now) + len(before)).pvalue)
            continue
        if row.measure == "effort":
            a, b = (
                [
                    score for one in side
                    if (score := ((one["results"] or {}).get("coaching") or {}).get(
                        "customer_effort_score")) is not None
                ] for side in (now, before)
            )  # fmt: skip
            assert (row.n_now, row.n_before) == (len(a), len(b))
            assert row.now == pytest.approx(sum(a) / len(a))
            expected.append(stats.ttest_ind(a, b, equal_var=False).pvalue)
            continue
        a, b = (
            [hit for one in side if (hit := outcome(one, row.measure, row.subject)) is not None]
            for side in (now, before)
        )
        assert (row.n_now, row.of_now, row.n_before, row.of_before) == (
            sum(a), len(a), sum(b), len(b)
        )  # fmt: skip
        expected.append(
            stats.fisher_exact([[sum(a), len(a) - sum(a)], [sum(b), len(b) - sum(b)]]).pvalue
        )
    # statsmodels corrects; two-sided exact tests of one count are defined in more than one way
    _, adjusted, _, _ = multipletests(expected, method="fdr_bh")
    close = found["measure"] != "calls"
    assert found["p_value"][close].to_numpy() == pytest.approx(adjusted[close], rel=0.15, abs=1e-6)
    assert found["measure"].iloc[0] in ("failed", "reason")
    assert found["clear"].iloc[0]
    assert found["now"].iloc[0] > found["before"].iloc[0]


def test_changes_have_no_rate_when_the_account_is_younger(mirror_of):
    rows = [record(str(n), f"2026-03-{10 + n}T12:00:00Z") for n in range(9)]
    calls = Filter(since="2026-03-12", until="2026-03-19")
    found = queries.changes(mirror_of(rows), calls, UTC).set_index("measure")
    assert (found.loc["calls", "n_before"], found.loc["calls", "n_now"]) == (2, 7)
    assert pd.isna(found.loc["calls", "p_value"])


def test_changes_are_of_the_last_week_when_no_start_is_given(told: Told):
    found = queries.changes(told, Filter(until=at(STORY_NOW)), UTC)
    assert set(found["from_at"]) == {at(STORY_NOW - 7 * DAY_S)}
    assert set(found["before_at"]) == {at(STORY_NOW - 14 * DAY_S)}
