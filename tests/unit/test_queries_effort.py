"""Customer effort's tables against pandas, SciPy and statsmodels, and its figures."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC as UTC_TIME, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from explorer import charts
from explorer.analysis import queries
from explorer.analysis.filters import Filter
from explorer.analysis.queries import newest
from explorer.analysis.summary import SUMMARIES
from explorer.charts import style
from tests.conftest import STORY_NOW, Told

UTC = ZoneInfo("UTC")
BERLIN = ZoneInfo("Europe/Berlin")
KATHMANDU = ZoneInfo("Asia/Kathmandu")
DAY_S = 86_400
NAN = float("nan")
ZONES = pytest.mark.parametrize("zone", [UTC, BERLIN, KATHMANDU], ids=str)
COACHED = STORY_NOW - 45 * DAY_S


def at(second: float) -> str:
    return datetime.fromtimestamp(second, UTC_TIME).strftime("%Y-%m-%dT%H:%M:%SZ")


def record(
    name: str, created: str, score: float | None = 2.0, agent: str | None = "a", **results: Any
) -> dict[str, Any]:
    """A completed call; `results` beside its coaching."""
    created_s = int(datetime.fromisoformat(created).timestamp())
    return {
        "id": name,
        "created": created_s,
        "status": "completed",
        "call": {"agent_id": agent},
        "results": {"coaching": {"customer_effort_score": score}, **results},
    }


def scored_calls(told: Told) -> pd.DataFrame:
    """The account's calls, from the API's own records: ``at`` (UTC), ``agent``, ``score``,
    ``results``."""
    rows = [
        (
            pd.Timestamp(one["created"], unit="s", tz="UTC"),
            one["call"]["agent_id"] or "",
            ((one["results"] or {}).get("coaching") or {}).get("customer_effort_score"),
            one["results"] or {},
        )
        for one in told.records
    ]
    table = pd.DataFrame(rows, columns=["at", "agent", "score", "results"])
    return table.astype({"score": float})


def t_interval(scores: pd.Series[float]) -> tuple[float, float]:
    if len(scores) < 2:
        return NAN, NAN
    half = stats.t.ppf(0.975, len(scores) - 1) * scores.std() / len(scores) ** 0.5
    return max(0.0, scores.mean() - half), min(5.0, scores.mean() + half)


def assert_means_equal(found: pd.DataFrame, groups: pd.core.groupby.SeriesGroupBy) -> None:
    """`found`, indexed as the groups are, has their counts, means and intervals."""
    expected = dict(iter(groups))
    assert set(expected) <= set(found.index)
    assert found["n_calls"].sum() == sum(map(len, expected.values()))
    for name, row in found.iterrows():
        group = expected.get(name, pd.Series([], dtype=float))
        known = group.dropna()
        assert (row["n_calls"], row["n_scored"]) == (len(group), len(known))
        wanted = [known.mean() if len(known) else NAN, *t_interval(known)]
        assert list(row[["mean_effort", "low", "high"]].astype(float)) == pytest.approx(
            wanted, nan_ok=True, abs=1e-9
        )


# --- over time --------------------------------------------------------------------------------


@ZONES
def test_weeks_and_months_equal_pandas_when_told(zone, told: Told):
    table = scored_calls(told)
    days = table["at"].dt.tz_convert(zone.key).dt.tz_localize(None).dt.normalize()
    for query, period in (
        (queries.effort_per_week, days - pd.to_timedelta(days.dt.day_of_week, unit="D")),
        (queries.effort_per_month, days.dt.to_period("M").dt.start_time),
    ):
        found = query(told, Filter(), zone).set_index("day")
        assert_means_equal(found, table["score"].groupby(period.dt.date))
        assert list(found.index) == sorted(found.index)


def test_periods_begin_at_midnight_of_the_zone_and_are_filled_when_worked_out_by_hand(mirror_of):
    rows = [
        record("a", "2025-12-31T22:59:59Z", 1),  # Wednesday, the last second of the year in Berlin
        record("b", "2025-12-31T23:00:00Z", 2),
        record("c", "2026-03-29T21:59:59Z", 3),  # Sunday of 23 hours, its last second
        record("d", "2026-03-29T22:00:00Z", 5),
        record("e", "2026-03-30T10:00:00Z", None),
    ]
    cursor = mirror_of(rows[::-1])
    months = queries.effort_per_month(cursor, Filter(), BERLIN)
    assert list(months["day"]) == [date(2025, 12, 1), *(date(2026, n, 1) for n in (1, 2, 3))]
    assert list(months["n_calls"]) == [1, 1, 0, 3]
    assert list(months["n_scored"]) == [1, 1, 0, 2]
    assert months["mean_effort"].tolist() == pytest.approx([1, 2, NAN, 4], nan_ok=True)
    weeks = queries.effort_per_week(cursor, Filter(), BERLIN)
    assert list(weeks["day"]) == [date(2025, 12, 29) + timedelta(days=7 * n) for n in range(14)]
    assert list(weeks["n_calls"]) == [2, *[0] * 11, 1, 2]
    in_utc = queries.effort_per_week(cursor, Filter(), UTC)
    assert list(in_utc["n_calls"]) == [2, *[0] * 11, 2, 1]


def test_periods_are_right_when_calls_are_far_away(mirror_of):
    rows = [record("a", "1969-12-28T12:00:00Z", 1), record("b", "1969-12-29T12:00:00Z", 2),
            record("c", "0001-01-03T12:00:00Z", 3), record("d", "9999-12-30T12:00:00Z", 4)]  # fmt: skip
    cursor = mirror_of(rows)
    weeks = queries.effort_per_week(cursor, Filter(), UTC)
    assert [f"{day:%Y-%m-%d}".zfill(10) for day in weeks["day"]] == [
        "0001-01-01", "1969-12-22", "1969-12-29", "9999-12-27"
    ]  # fmt: skip
    months = queries.effort_per_month(cursor, Filter(), UTC)
    assert [(day.year, day.month) for day in months["day"]] == [(1, 1), (1969, 12), (9999, 12)]


def test_period_is_not_whole_when_it_runs_or_the_range_cuts_it(mirror_of):
    now = datetime.now(UTC_TIME)
    days_ago = [f"{now - timedelta(days=n):%Y-%m-%dT%H:%M:%SZ}" for n in (0, 21, 28, 35)]
    cursor = mirror_of(record(str(n), day) for n, day in enumerate(days_ago))
    weeks = queries.effort_per_week(cursor, Filter(), UTC)
    assert list(weeks["whole"]) == [True] * (len(weeks) - 1) + [False]
    days = queries.effort_per_day(cursor, Filter(), UTC, whole=True)
    assert list(days["whole"]) == [True] * 35 + [False]
    monday = weeks["day"].iloc[0] + timedelta(days=7)
    exact = Filter(since=monday - timedelta(days=7), until=monday)
    assert list(queries.effort_per_week(cursor, exact, UTC)["whole"]) == [True]
    later = exact.with_(since=f"{monday - timedelta(days=7)}T00:00:01Z")
    assert list(queries.effort_per_week(cursor, later, UTC)["whole"]) == [False]


@pytest.mark.parametrize("query", [queries.effort_per_week, queries.effort_per_month])
def test_range_that_cuts_both_ends_leaves_no_whole_period_there(query, told: Told):
    calls = Filter(since="2026-08-12", until="2026-10-16")
    whole = query(told, calls, UTC)["whole"].tolist()
    assert whole == [False, *[True] * (len(whole) - 2), False]
    whole = query(told, Filter(since="2026-08-01", until="2026-08-03"), UTC)["whole"].tolist()
    assert whole == [False]


# --- this period and the one before -----------------------------------------------------------


def welch(first: pd.Series[float], second: pd.Series[float]) -> tuple[float, float, float, float]:
    """SciPy's difference of means, its 95 % interval and p-value."""
    found = stats.ttest_ind(first, second, equal_var=False)
    interval = found.confidence_interval(0.95)
    return first.mean() - second.mean(), interval.low, interval.high, found.pvalue


def test_period_before_is_compared_as_scipy_does_when_an_agent_was_coached(told: Told):
    calls = Filter(agent_id="agent_007", since=at(COACHED), until=at(STORY_NOW))
    (row,) = queries.effort_before_and_now(told, calls, BERLIN).itertuples()
    table = scored_calls(told).query("agent == 'agent_007'").dropna(subset="score")
    seconds = table["at"].map(pd.Timestamp.timestamp)
    now = table["score"][seconds >= COACHED]
    before = table["score"][(seconds >= COACHED - 45 * DAY_S) & (seconds < COACHED)]
    assert (row.n_now, row.n_before) == (len(now), len(before))
    assert (row.now_effort, row.before_effort) == pytest.approx((now.mean(), before.mean()))
    difference = (row.effort_difference, row.low, row.high, row.p_value)
    assert difference == pytest.approx(welch(now, before))
    assert row.verdict == "lower effort"
    assert row.now_effort == pytest.approx(1.45, abs=0.15)
    assert row.before_effort == pytest.approx(3.9, abs=0.2)
    assert (row.before_at, row.from_at, row.to_at) == (
        at(COACHED - 45 * DAY_S), at(COACHED), at(STORY_NOW)
    )  # fmt: skip


@pytest.mark.parametrize(
    ("n_before", "n_now", "verdict"),
    [(9, 10, "not enough calls"), (10, 9, "not enough calls"), (10, 10, "higher effort")],
)
def test_periods_are_compared_when_both_have_enough_calls(n_before, n_now, verdict, mirror_of):
    rows = [record(f"b{n}", "2026-03-01T12:00:00Z", n % 2) for n in range(n_before)]
    rows += [record(f"n{n}", "2026-03-02T12:00:00Z", 4 + n % 2) for n in range(n_now)]
    calls = Filter(since="2026-03-02", until="2026-03-03")
    (row,) = queries.effort_before_and_now(mirror_of(rows), calls, UTC).itertuples()
    assert (row.n_before, row.n_now, row.verdict) == (n_before, n_now, verdict)
    assert pd.isna(row.p_value) is (verdict == "not enough calls")


def test_periods_are_compared_without_scores_when_there_are_none(mirror_of):
    rows = [record("a", "2026-03-02T12:00:00Z", None)]
    cursor, calls = mirror_of(rows), Filter(since="2026-03-02", until="2026-03-03")
    (row,) = queries.effort_before_and_now(cursor, calls, UTC).itertuples()
    assert (row.n_now, row.n_before, row.verdict) == (0, 0, "not enough calls")
    assert pd.isna([row.now_effort, row.before_effort, row.effort_difference]).all()
    elsewhere = Filter(since="2025-03-02", until="2025-03-03")
    assert queries.effort_before_and_now(cursor, elsewhere, UTC).empty


# --- spread, hours and weekdays, agents -------------------------------------------------------


def test_distribution_is_as_worked_out_when_scores_have_decimals(mirror_of):
    scores = [0, 0.2, 1, 1.26, 4.75, 5, 7, None]
    rows = [record(str(n), "2026-03-02T12:00:00Z", score) for n, score in enumerate(scores)]
    found = queries.effort_distribution(mirror_of(rows), Filter(), UTC)
    assert dict(zip(found["effort_score"], found["n_calls"], strict=True)) == {
        "0": 2, "1": 1, "1.5": 1, "2": 0, "3": 0, "4": 0, "5": 3
    }  # fmt: skip
    assert list(found["n_scored"]) == [7] * 7
    assert found["share"].sum() == pytest.approx(1)


def test_distribution_equals_pandas_when_told(told: Told):
    found = queries.effort_distribution(told, Filter(), UTC)
    counted = scored_calls(told)["score"].value_counts()
    assert dict(zip(found["effort_score"].astype(float), found["n_calls"], strict=True)) == dict(
        counted
    )


def test_distribution_is_empty_when_nothing_is_scored(mirror_of):
    rows = [record("a", "2026-03-02T12:00:00Z", None)]
    assert queries.effort_distribution(mirror_of(rows), Filter(), UTC).empty


@ZONES
def test_hours_and_weekdays_equal_pandas_when_told(zone, told: Told):
    table = scored_calls(told)
    local = table["at"].dt.tz_convert(zone.key)
    weekday = local.dt.strftime("%a").str.lower()
    for query, keys in (
        (queries.effort_per_hour, {"hour": local.dt.hour}),
        (queries.effort_per_weekday, {"weekday": weekday}),
        (queries.effort_per_weekday_and_hour, {"weekday": weekday, "hour": local.dt.hour}),
    ):
        found = query(told, Filter(), zone)
        assert list(found["few"]) == list(found["n_scored"] < 5)
        names = list(keys)
        key = names[0] if len(names) == 1 else names
        groups = table["score"].groupby([values.rename(name) for name, values in keys.items()])
        if len(names) == 1:
            groups = table["score"].groupby(keys[names[0]])
        assert_means_equal(found.set_index(key), groups)


def test_agents_are_ranked_by_shrunk_means_when_told(told: Told):
    found = queries.effort_per_agent(told, Filter(), UTC)
    scores = scored_calls(told).groupby("agent")["score"]
    own = found.set_index("agent_id")
    assert own["n_calls"].to_dict() == scores.size().to_dict()
    assert own["n_scored"].to_dict() == scores.count().to_dict()
    assert own["mean_effort"].to_dict() == pytest.approx(scores.mean().to_dict())
    ranked = found[~found["few"]]
    assert ranked["shrunk_effort"].is_monotonic_increasing
    between = found[["mean_effort", "team_effort"]]
    assert (found["shrunk_effort"] >= between.min(axis=1) - 1e-9).all()
    assert (found["shrunk_effort"] <= between.max(axis=1) + 1e-9).all()
    assert own.loc["agent_007", "verdict"] == "higher effort"
    clear = found["verdict"].isin(["lower effort", "higher effort"])
    outside = (found["low"] > found["team_effort"]) | (found["high"] < found["team_effort"])
    assert (clear == outside).all()


def test_agent_stays_beside_the_whole_team_when_filtered_by(told: Told):
    everyone = queries.effort_per_agent(told, Filter(), UTC).set_index("agent_id")
    (one,) = queries.effort_per_agent(told, Filter(agent_id="agent_003"), UTC).to_dict("records")
    assert one == everyone.reset_index().query("agent_id == 'agent_003'").to_dict("records")[0]


def test_agents_with_few_calls_and_none_come_last_when_ranked(mirror_of):
    rows = [
        record(f"{agent}{n}", "2026-03-02T12:00:00Z", score + n % 2, agent)
        for agent, count, score in (("low", 6, 1), ("high", 6, 4), ("new", 4, 0), (None, 6, 0))
        for n in range(count)
    ]
    found = queries.effort_per_agent(mirror_of(rows), Filter(), UTC)
    assert list(found["agent_id"]) == ["low", "high", "", "new"]
    assert list(found["verdict"])[2:] == ["no clear difference", "not enough calls"]
    # calls without an agent are no part of the team
    assert found["team_effort"].iloc[0] > 1.5
    assert pd.isna(found["shrunk_effort"].iloc[2])


# --- what goes with effort --------------------------------------------------------------------

TOLD_SIGNS: dict[str, Callable[[dict[str, Any]], bool | None]] = {
    "/quality/greeting/present=true": lambda r: r["quality"]["greeting"]["present"],
    "/quality/sentiment_analysis/overall=positive": lambda r: (
        r["quality"]["sentiment_analysis"]["overall"] == "positive"
    ),
    "/quality/interruptions/count>0": lambda r: r["quality"]["interruptions"]["count"] > 0,
    "/compliance/mandatory_disclosures/read=false": lambda r: (
        not (r["compliance"]["mandatory_disclosures"]["read"])
    ),
    "/compliance/identity_verification/flagged=true": lambda r: r["compliance"][
        "identity_verification"
    ]["flagged"],
}


def test_drivers_equal_scipy_and_statsmodels_when_told(told: Told):
    found = queries.effort_drivers(told, Filter(), UTC).set_index("result")
    table = scored_calls(told).dropna(subset="score")
    for result, has in TOLD_SIGNS.items():
        sign = table["results"].map(has)
        with_it, without = table["score"][sign], table["score"][~sign]
        row: Any = found.loc[result]
        assert (row.n_with, row.n_without) == (len(with_it), len(without))
        assert (row.with_effort, row.without_effort) == pytest.approx(
            (with_it.mean(), without.mean())
        )
        assert (row.effort_difference, row.low, row.high) == pytest.approx(
            welch(with_it, without)[:3]
        )
    tested = found[found["verdict"] != "not enough calls"]
    raw = [
        stats.ttest_ind(table["score"][sign], table["score"][~sign], equal_var=False).pvalue
        for sign in (table["results"].map(_reader(result)) for result in tested.index)
    ]
    assert tested["p_value"].to_numpy() == pytest.approx(multipletests(raw, method="fdr_bh")[1])
    assert {"/quality/call_structure/closing=true"} == set(
        found.index[found["verdict"] == "not enough calls"]
    )
    assert found["since_at"].isna().all()


def _reader(result: str) -> Callable[[dict[str, Any]], bool]:
    """Whether results have a sign, read in Python."""
    path, _, value = result.partition(">" if result.endswith(">0") else "=")

    def has(results: Any) -> bool:
        for part in path.split("/")[1:]:
            results = results[part]
        if result.endswith(">0"):
            return bool(results > 0)
        return {True: "true", False: "false"}.get(results, results) == value

    return has


def drivers_of(cursor: Any, calls: Filter = Filter()) -> pd.DataFrame:  # noqa: B008
    return queries.effort_drivers(cursor, calls, UTC).set_index("result")


def test_calls_without_the_field_are_on_neither_side_when_compared(mirror_of):
    quality = [
        *[{"x": {"on": True, "n": 3, "mood": "glad"}}] * 10,
        *[{"x": {"on": False, "n": 0, "mood": "sad"}}] * 11,
        *[{"x": {"on": None, "n": None, "mood": None}}, {"x": {}}, {}, {"x": None}, None],
    ]
    rows = [
        record(str(n), "2026-03-02T12:00:00Z", n % 3, quality=one) for n, one in enumerate(quality)
    ]
    cursor = mirror_of(
        [*rows, record("unscored", "2026-03-02T12:00:00Z", None, quality=quality[0])]
    )
    found = drivers_of(cursor)
    assert set(found.index) == {"/quality/x/on=true", "/quality/x/n>0", "/quality/x/mood=glad"}
    assert list(found["n_with"]) == [10] * 3
    assert list(found["n_without"]) == [11] * 3
    assert list(found["sign"]) == ["X: mood glad", "X: n above 0", "X: on"]
    scores = np.arange(21) % 3
    assert found["with_effort"].tolist() == pytest.approx([scores[:10].mean()] * 3)
    assert found["without_effort"].tolist() == pytest.approx([scores[10:].mean()] * 3)


def test_fields_that_tell_nothing_are_no_signs_when_looked_through(mirror_of):
    rows = [
        record(
            str(n),
            "2026-03-02T12:00:00Z",
            n % 3,
            quality={
                "text": f"free text {n}",
                "at": n,  # a time, an age: too large for a count
                "turn": 1 + n % 3,  # never 0
                "below": n % 3 - 1,
                "share": n / 7,
                "list": [True, {"on": True}],
                "same": "word",
                "mixed": True if n % 2 else "yes",
                "it's": True,
                "a b": {"on": True},
                "ok-1": {"ä_2": n % 2 == 0},
                "dotted.name": True,
            },
        )
        for n in range(101 * 2)
    ]
    assert set(drivers_of(mirror_of(rows)).index) == {"/quality/ok-1/ä_2=true"}


def test_words_of_few_kinds_are_signs_when_they_come_back(mirror_of):
    rows = [
        record(
            str(n),
            "2026-03-02T12:00:00Z",
            n % 3,
            quality={
                "three": "abc"[n % 3],
                "two": "no" if n % 5 else "yes",
                "eleven": f"w{n % 11}",
            },
        )
        for n in range(60)
    ]
    found = drivers_of(mirror_of(rows))
    # the rarer of two: the other says the opposite
    assert set(found.index) == {"/quality/two=yes", *(f"/quality/three={x}" for x in "abc")}


@pytest.mark.parametrize(
    "word",
    ["<b>x</b>", "it's", "a=b>0", "", "true", '"quoted"', "ünï\n code", "$sign_0 {x} %s", "'; --"],
)
def test_every_number_opens_its_calls_when_words_are_hostile(word, mirror_of):
    rows = [
        record(str(n), "2026-03-02T12:00:00Z", n % 3, quality={"mood": word if n % 3 else "zz"})
        for n in range(40)
    ]
    rows += [record(f"no{n}", "2026-03-02T12:00:00Z", 1, quality={"mood": 3}) for n in range(2)]
    cursor = mirror_of([row for row in rows if row["results"]["quality"]["mood"] != 3])
    table = queries.effort_drivers(cursor, Filter(), UTC)
    assert len(table) == 1
    for column in ("n_with", "n_without"):
        which = queries.effort_drivers.which(table, 0, column, Filter(), UTC)
        assert Filter.from_query(which.to_query()) == (which, ())
        assert queries.count(cursor, which, UTC) == table[column].iloc[0]


def test_texts_that_look_like_counts_are_none_when_compared(mirror_of):
    rows = [
        record(str(n), "2026-03-02T12:00:00Z", n % 3, quality={"n": n % 2 if n < 40 else "3"})
        for n in range(60)
    ]
    # the field holds words, too: what it means is not known
    assert drivers_of(mirror_of(rows)).empty


def test_only_the_newest_are_compared_when_there_are_more(told: Told, monkeypatch):
    monkeypatch.setattr(newest, "NEWEST", 300)
    calls = Filter(since="2026-08-01", status_filter="completed")
    table = queries.effort_drivers(told, calls, UTC)
    (since,) = table["since_at"].unique()
    scored = scored_calls(told).dropna(subset="score").sort_values("at", ascending=False)
    assert since == scored["at"].iloc[300] + pd.Timedelta(1, "s")
    greeting = table.set_index("result").loc["/quality/greeting/present=true"]
    assert greeting.n_with + greeting.n_without == (scored["at"] >= since).sum()
    for place in range(len(table)):
        for column in ("n_with", "n_without"):
            which = queries.effort_drivers.which(table, place, column, calls, UTC)
            counted = 0 if which is None else queries.count(told.cursor(), which, UTC)
            assert counted == table[column].iloc[place]


@pytest.mark.parametrize(
    ("n_with", "n_without", "verdict"),
    [(9, 30, "not enough calls"), (30, 9, "not enough calls"), (10, 10, "lower effort")],
)
def test_sign_is_said_to_have_not_enough_calls_when_a_side_has_few(
    n_with, n_without, verdict, mirror_of
):
    rows = [
        record(str(n), "2026-03-02T12:00:00Z", n % 2 + (0 if n < n_with else 3), quality={"on": n < n_with})
        for n in range(n_with + n_without)
    ]  # fmt: skip
    (row,) = drivers_of(mirror_of(rows)).itertuples()
    assert row.verdict == verdict
    assert pd.isna(row.p_value) is (verdict == "not enough calls")


def test_drivers_are_none_when_results_hold_no_signs(mirror_of):
    assert drivers_of(mirror_of([record("a", "2026-03-02T12:00:00Z")])).empty


def test_signs_keep_the_filters_own_when_opened(told: Told):
    calls = Filter(
        result="/quality/greeting/present=true", not_result="/quality/empathetic_language/used=true"
    )
    table = queries.effort_drivers(told, calls, UTC)
    for place in range(len(table)):
        for column in ("n_with", "n_without"):
            which = queries.effort_drivers.which(table, place, column, calls, UTC)
            counted = 0 if which is None else queries.count(told.cursor(), which, UTC)
            assert counted == table[column].iloc[place]


# --- figures ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", [name for name in SUMMARIES if name.startswith("effort_per_") or name in
             ("effort_distribution", "effort_drivers") if hasattr(charts, name)],
)  # fmt: skip
def test_marks_open_the_rows_they_draw_when_picked(name, told: Told):
    table = SUMMARIES[name](told, Filter(since="2026-09-01"), UTC)
    figure = getattr(charts, name)(table)
    drawn = [mark for trace in figure.data for mark in trace.customdata]
    assert drawn
    for place, column in drawn:
        assert column in SUMMARIES[name].opens
        assert place in table.index
    for trace in figure.data:
        assert len(trace.customdata) == len(trace.x) == len(trace.hovertext)
    titles = [figure.layout.xaxis.title.text, figure.layout.yaxis.title.text]
    titles += [one.marker.colorbar.title.text for one in figure.data]
    assert any("good" in (title or "") for title in titles), titles
    empty = getattr(charts, name)(table.iloc[:0])
    assert sum(len(trace.x) for trace in empty.data) == 0


def test_period_is_paler_and_says_so_when_not_whole(told: Told):
    table = queries.effort_per_week(told, Filter(until="2026-11-20"), UTC)
    mean, scored = charts.effort_per_week(table).data
    assert list(mean.marker.opacity[-2:]) == list(scored.marker.opacity[-2:]) == [1.0, 0.45]
    assert "Not a whole one" in mean.hovertext[-1]
    assert "Not a whole one" not in mean.hovertext[-2]
    assert mean.hovertext[-1].startswith("Week from Mon 16 Nov 2026: mean effort ")
    month = charts.effort_per_month(queries.effort_per_month(told, Filter(), UTC)).data[0]
    assert month.hovertext[1].startswith("August 2026: mean effort ")


def test_drivers_are_coloured_by_what_is_good_when_drawn(told: Told):
    table = queries.effort_drivers(told, Filter(), UTC)
    figure = charts.effort_drivers(table)
    lower, higher, neither = figure.data
    assert [trace.marker.color for trace in figure.data] == [
        style.GOOD_COLOUR, style.BAD_COLOUR, style.OTHER_COLOUR
    ]  # fmt: skip
    assert max(lower.x) < 0 < min(higher.x)
    enough = (table["verdict"] != "not enough calls").sum()
    assert len(lower.x) + len(higher.x) + len(neither.x) == min(15, enough)
    assert "Difference −1.27, 95% interval −1.35 to −1.20<br>Lower effort" in lower.hovertext[0]


def test_cells_are_hollow_when_they_rest_on_few_calls(told: Told):
    table = queries.effort_per_weekday_and_hour(told, Filter(), UTC)
    enough, few = charts.effort_per_weekday_and_hour(table).data
    assert (enough.marker.symbol, few.marker.symbol) == ("square", "square-open")
    assert len(enough.x) == (table["n_scored"] >= 5).sum()
    assert len(few.x) == (table["n_scored"] < 5).sum()


def test_names_are_literal_when_they_hold_markup(told: Told):
    table = queries.effort_per_agent(told, Filter(), UTC)
    figure = charts.effort_per_agent(table)
    labels = " ".join(note.text for note in figure.layout.annotations)
    assert "&lt;b&gt;Bram&lt;/b&gt; &amp; Söhne" in labels
    assert "<b>" not in labels
    assert "<b>" not in " ".join(text for trace in figure.data for text in trace.hovertext)
