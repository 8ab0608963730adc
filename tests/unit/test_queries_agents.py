"""Agents' tables and figures against what the raw records say, and small cases by hand."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from statistics import mean
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

from explorer import charts
from explorer.analysis import queries
from explorer.analysis.filters import Filter
from explorer.analysis.frame import COLUMNS
from explorer.analysis.statistics import SMALL_SAMPLE, shrunk_means
from explorer.api.models import COMPLIANCE_CHECKS
from explorer.sandbox.names import ODD_AGENTS
from explorer.sandbox.stories import COACHED_DAYS_AGO
from tests.conftest import Told

BERLIN = ZoneInfo("Europe/Berlin")
COACHED = Filter(agent_id="agent_007")
ANY = Filter()
NAN = float("nan")


def score(record: dict[str, Any]) -> float | None:
    return ((record["results"] or {}).get("coaching") or {}).get("customer_effort_score")


def compliance(record: dict[str, Any]) -> dict[str, Any] | None:
    return (record["results"] or {}).get("compliance")


def greeting(record: dict[str, Any]) -> bool | None:
    return ((record["results"] or {}).get("quality") or {}).get("greeting", {}).get("present")


def failed(block: dict[str, Any]) -> bool:
    """Whether a check failed, by its own field."""
    if "flagged" in block:
        return block["flagged"]
    return not block["read"] if "read" in block else block.get("used", block.get("shared"))


def by_agent(records: Iterable[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for record in records:
        found[record["call"]["agent_id"] or ""].append(record)
    return found


def call(
    number: int,
    agent: str | None,
    effort: float | None = None,
    status: str = "completed",
    at: str = "2026-03-02T12:00:00",
    **results: Any,
) -> dict[str, Any]:
    return {
        "id": f"call-{number}",
        "created": int(pd.Timestamp(at, tz="UTC").timestamp()),
        "status": status,
        "call": {"agent_id": agent},
        "results": {"coaching": {"customer_effort_score": effort}} | results,
    }


# --- agents -----------------------------------------------------------------------------------


def test_agents_are_as_the_records_say(told: Told):
    table = queries.agents(told)
    groups = by_agent(told.records)
    assert list(table["agent_id"]) == sorted(groups)
    assert set(ODD_AGENTS) <= set(table["agent_id"])
    for row in table.itertuples():
        own = groups[row.agent_id]
        scores = [score(one) for one in own if score(one) is not None]
        verdicts = [c["identity_verification"]["flagged"] for one in own if (c := compliance(one))]
        assert row.n_calls == len(own)
        assert row.n_scored == len(scores)
        assert row.mean_effort == pytest.approx(mean(scores))
        assert row.few == (len(scores) < SMALL_SAMPLE)
        assert row.n_identity_judged == len(verdicts)
        assert row.n_identity_flagged == sum(verdicts)
        # the founding document: the share that is not flagged
        assert row.compliance_share == pytest.approx(1 - sum(verdicts) / len(verdicts))
        low, high = proportion_confint(
            len(verdicts) - sum(verdicts), len(verdicts), method="wilson"
        )
        assert (row.share_low, row.share_high) == pytest.approx((low, high))
        assert row.n_failed == sum(one["status"] == "failed" for one in own)
        assert row.failed_share == pytest.approx(row.n_failed / row.n_calls)


def test_effort_is_drawn_towards_the_team_as_the_statistics_say(told: Told):
    table = queries.agents(told)
    groups = by_agent(told.records)
    scores = [[s for one in groups[a] if (s := score(one)) is not None] for a in table["agent_id"]]
    drawn = shrunk_means(
        np.array([len(one) for one in scores]),
        np.array([np.mean(one) for one in scores]),
        np.array([np.std(one, ddof=1) for one in scores]),
    )
    assert table["shrunk_effort"].to_numpy() == pytest.approx(drawn.value)
    assert table["low"].to_numpy() == pytest.approx(drawn.low)
    assert table["high"].to_numpy() == pytest.approx(drawn.high)
    assert table["team_effort"].to_list() == pytest.approx([drawn.team] * len(table))
    said = [("effort" in differs) for differs in table["differs"]]
    assert said == list(drawn.clearly_different)
    higher = table[table["differs"].str.contains("higher effort")]
    assert (higher["low"] > higher["team_effort"]).all()
    assert "agent_007" in set(higher["agent_id"])
    lower = table[table["differs"].str.contains("lower effort")]
    assert (lower["high"] < lower["team_effort"]).all()
    assert len(lower)


def test_team_is_everyone_when_agents_are_asked_for(told: Told):
    everyone = queries.agents(told).set_index("agent_id")
    some = queries.agents(told, Filter(agent_id=("agent_007", "agent_002"))).set_index("agent_id")
    assert list(some.index) == ["agent_002", "agent_007"]
    pd.testing.assert_frame_equal(some, everyone.loc[["agent_002", "agent_007"]])


def test_only_the_clearly_different_are_listed_when_asked(told: Told):
    everyone = queries.agents(told)
    some = queries.agents(told, only_different=True)
    assert list(some["agent_id"]) == list(everyone.loc[everyone["differs"] != "", "agent_id"])
    assert 0 < len(some) < len(everyone)


def test_agents_are_in_the_order_asked_for(told: Told):
    table = queries.agents(told, order="calls")
    assert table["n_calls"].is_monotonic_decreasing
    assert list(table.index) == list(range(len(table)))


def test_calls_without_an_agent_are_last_and_no_part_of_the_team(mirror_of):
    scores = {"a": [1, 1, 2, 2, 1, 2], "b": [4, 4, 5, 5, 4, 5], None: [0] * 50, "": [0]}
    records = [
        call(100 * place + n, agent, effort)
        for place, (agent, efforts) in enumerate(scores.items())
        for n, effort in enumerate(efforts)
    ]
    cursor = mirror_of(records)
    for order in ("name", "calls"):
        table = queries.agents(cursor, order=order)
        assert list(table["agent_id"]) == ["a", "b", ""]
        assert list(table["n_calls"]) == [6, 6, 51]
        assert table["shrunk_effort"].isna().tolist() == [False, False, True]
        assert 2.9 < table["team_effort"].iloc[0] < 3.1
        assert table["differs"].iloc[2] == ""


def test_compliance_differs_where_its_interval_leaves_out_the_team(mirror_of):
    def verdicts(agent: str, n: int, flagged: int) -> list[dict[str, Any]]:
        return [
            call(
                hash((agent, k)),
                agent,
                2,
                compliance={"identity_verification": {"flagged": k < flagged}},
            )
            for k in range(n)
        ]

    records = [one for k in range(8) for one in verdicts(f"a{k}", 100, 5)]
    table = queries.agents(mirror_of([*records, *verdicts("bad", 100, 60)]))
    assert dict(zip(table["agent_id"], table["differs"], strict=True))["bad"] == "lower compliance"
    assert table["compliance_share"].iloc[-1] == pytest.approx(0.4)


def test_verdict_is_no_part_of_the_divisor_where_the_api_gives_none(mirror_of):
    given = [{"flagged": False}, {"flagged": True}, {"verified": True}, {"flagged": None}]
    records = [
        call(n, "a", 1, compliance={"identity_verification": one}) for n, one in enumerate(given)
    ]
    (row,) = queries.agents(mirror_of([*records, call(9, "a")])).itertuples()
    assert (row.n_identity_judged, row.n_identity_flagged) == (2, 1)
    assert row.compliance_share == 0.5


def test_trend_is_the_mean_of_each_week_with_scores(told: Told):
    table = queries.agents(told, zone=BERLIN).set_index("agent_id")
    weeks: dict[date, list[float]] = defaultdict(list)
    for one in by_agent(told.records)["agent_007"]:
        if score(one) is not None:
            day = datetime.fromtimestamp(one["created"], BERLIN).date()
            weeks[day - timedelta(days=day.weekday())].append(score(one))
    assert table["trend"]["agent_007"] == pytest.approx([mean(weeks[w]) for w in sorted(weeks)])


# --- checks -----------------------------------------------------------------------------------


def counted_checks(records: list[dict[str, Any]]) -> dict[str, tuple[int, int]]:
    """What is checked → how many failed, of how many."""
    checked = [found for one in records if (found := compliance(one)) is not None]
    greeted = [found for one in records if (found := greeting(one)) is not None]
    return {
        **{
            check: (sum(failed(one[check]) for one in checked), len(checked))
            for check in COMPLIANCE_CHECKS
        },
        "no_greeting": (greeted.count(False), len(greeted)),
        "analysis_failed": (sum(r["status"] == "failed" for r in records), len(records)),
    }


def test_checks_per_agent_are_as_the_records_say(told: Told):
    table = queries.checks_per_agent(told).set_index("agent_id")
    groups = by_agent(told.records)
    assert list(table.index) == sorted(groups)
    for agent in ("agent_007", "<b>Bram</b> & Söhne", "agent_018"):
        row = table.loc[agent]
        for check, (n_failed, n_checked) in counted_checks(groups[agent]).items():
            assert row[f"n_{check}"] == n_failed
            assert row[f"{check}_share"] == pytest.approx(n_failed / n_checked)
        assert row["n_checked"] == counted_checks(groups[agent])["sensitive_data"][1]
        assert row["n_greeting_judged"] == counted_checks(groups[agent])["no_greeting"][1]


def test_checks_beside_team_are_as_scipy_and_statsmodels_say(told: Told):
    table = queries.checks_beside_team(told, COACHED).set_index("check")
    own = counted_checks(by_agent(told.records)["agent_007"])
    team = counted_checks(told.records)
    assert list(table.index) == list(own)
    p_values = []
    for check, (k, n) in own.items():
        row, (k_team, n_team) = table.loc[check], team[check]
        counts = ["n_failed", "n_checked", "n_team_failed", "n_team_checked"]
        assert tuple(row[counts]) == (k, n, k_team, n_team)
        assert row["failed_share"] == pytest.approx(k / n)
        assert row["team_share"] == pytest.approx(k_team / n_team)
        assert (row["share_low"], row["share_high"]) == pytest.approx(
            proportion_confint(k, n, method="wilson")
        )
        rest = (k_team - k, n_team - n)
        assert row["difference"] == pytest.approx(k / n - rest[0] / rest[1])
        p_values.append(stats.fisher_exact([[k, n - k], [rest[0], rest[1] - rest[0]]]).pvalue)
    corrected = multipletests(p_values, method="fdr_bh")[1]
    assert table["p_value"].to_numpy() == pytest.approx(corrected)
    assert list(table["clear"]) == list(corrected < 0.05)


def test_checks_have_no_difference_when_there_is_nobody_else(told: Told):
    table = queries.checks_beside_team(told)
    assert table["difference"].isna().all()
    assert table["p_value"].isna().all()
    assert not table["clear"].any()
    assert (table["n_failed"] == table["n_team_failed"]).all()


# --- effort beside the team -------------------------------------------------------------------


def test_effort_beside_team_is_as_the_records_say(told: Told):
    table = queries.effort_beside_team(told, COACHED, BERLIN)
    weeks: dict[date, list[dict[str, Any]]] = defaultdict(list)
    for one in told.records:
        day = datetime.fromtimestamp(one["created"], BERLIN).date()
        weeks[day - timedelta(days=day.weekday())].append(one)
    assert list(table["week"]) == sorted(weeks)
    for row in table.itertuples():
        own = by_agent(weeks[row.week])["agent_007"]
        scores = [score(one) for one in own if score(one) is not None]
        team = [score(one) for one in weeks[row.week] if score(one) is not None]
        assert (row.n_calls, row.n_scored, row.n_team_scored) == (len(own), len(scores), len(team))
        assert row.mean_effort == pytest.approx(mean(scores))
        assert row.team_effort == pytest.approx(mean(team))
        interval = stats.t.interval(0.95, len(scores) - 1, mean(scores), stats.sem(scores))
        assert (row.low, row.high) == pytest.approx(np.clip(interval, 0, 5))


def test_coached_agent_has_less_effort_after_the_coaching(told: Told):
    table = queries.effort_beside_team(told, COACHED)
    coached_on = datetime.fromtimestamp(told.now, UTC).date() - timedelta(days=COACHED_DAYS_AGO)
    before = table[[week + timedelta(days=7) <= coached_on for week in table["week"]]]
    after = table[[week >= coached_on for week in table["week"]]]
    assert before["mean_effort"].min() > 3.2
    assert after["mean_effort"].max() < 2
    assert (after["mean_effort"] < after["team_effort"]).all()


def test_weeks_without_calls_have_their_place(mirror_of):
    ends = ["2026-03-02T12:00:00", "2026-03-25T12:00:00"]
    records = [call(n, "a", 3, at=at) for n, at in enumerate(ends)]
    records += [call(7, "b", 1, at="2026-03-10T12:00:00"), call(8, "b", at="2026-01-10T12:00:00")]
    table = queries.effort_beside_team(mirror_of(records), Filter(agent_id="a"))
    assert list(table["week"]) == [date(2026, 3, n) for n in (2, 9, 16, 23)]
    assert list(table["n_calls"]) == [1, 0, 0, 1]
    assert list(table["n_team_scored"]) == [1, 1, 0, 1]
    assert table["mean_effort"].tolist() == pytest.approx([3, NAN, NAN, 3], nan_ok=True)
    assert table["team_effort"].tolist() == pytest.approx([3, 1, NAN, 3], nan_ok=True)


def test_weeks_are_not_filled_over_centuries(mirror_of):
    records = [call(1, "a", 1, at="1700-01-01T12:00:00"), call(2, "a", 1)]
    table = queries.effort_beside_team(mirror_of(records))
    assert list(table["week"]) == [date(1699, 12, 28), date(2026, 3, 2)]


# --- coaching ---------------------------------------------------------------------------------


def items(record: dict[str, Any]) -> list[Any]:
    return ((record["results"] or {}).get("coaching") or {}).get("recommendations") or []


@pytest.mark.parametrize("by", ["words", "category"])
def test_coaching_that_came_back_is_as_the_records_say(by, told: Told):
    table = queries.coaching_that_came_back(told, COACHED, by=by)
    seen: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for record in by_agent(told.records)["agent_007"]:
        said = set()
        for item in items(record):
            words = item["recommendation"] if isinstance(item, dict) else item
            category = item["category"] if isinstance(item, dict) else None
            said.add(words if by == "words" else category)
        for one in said - {None}:
            seen[one].append(record)
    wanted = {one: calls for one, calls in seen.items() if len(calls) >= 2}
    order = sorted(wanted, key=lambda one: (-len(wanted[one]), one))
    assert list(table["advice"]) == order
    for row in table.itertuples():
        times = [record["created"] for record in wanted[row.advice]]
        assert row.n_calls == len(times)
        assert row.first_seen_at.timestamp() == min(times)
        assert row.last_seen_at.timestamp() == max(times)


def test_items_of_any_shape_are_counted_once_a_call(mirror_of):
    def coached(number: int, *given: Any) -> dict[str, Any]:
        coaching = {"customer_effort_score": 1, "recommendations": list(given)}
        return call(number, "a", coaching=coaching)

    odd = "Say “hi”, <b>then</b> listen"
    records = [
        coached(1, odd, odd, {"text": odd, "priority": "high", "category": "opening"}),
        coached(2, {"recommendation": odd, "category": "opening", "priority": "low"}),
        coached(3, {"message": odd, "priority": "high"}, None, 7, [], {}),
        coached(4, "only here", "opening"),
        call(5, "a", coaching={"recommendations": "no list"}),
        call(6, "a"),
    ]
    cursor = mirror_of(records)
    table = queries.coaching_that_came_back(cursor)
    assert table[["advice", "n_calls"]].to_numpy().tolist() == [[odd, 3], ["opening", 3]]
    assert table["category"].iloc[0] == "opening"
    assert table["priority"].iloc[0] == "high"
    by_category = queries.coaching_that_came_back(cursor, by="category")
    assert by_category[["advice", "n_calls"]].to_numpy().tolist() == [["opening", 3]]
    assert queries.count(cursor, Filter(advice=(odd, "opening")), BERLIN) == 2
    assert queries.count(cursor, Filter(advice="only here"), BERLIN) == 1


# --- the sample -------------------------------------------------------------------------------


def sample(source: Any, calls: Filter = ANY, *, seed: int = 1, size: int = 10) -> list[str]:
    return list(queries.review_sample(source.cursor(), calls, BERLIN, seed=seed, size=size)["id"])


def test_sample_is_drawn_by_the_hash_of_id_and_seed(told: Told):
    own = [r for r in by_agent(told.records)["agent_007"] if r["status"] == "completed"]
    ids = sorted((r["id"] for r in own), key=lambda i: hashlib.md5(f"{i}:3".encode()).hexdigest())
    assert sample(told, COACHED, seed=3, size=20) == ids[:20]
    found = queries.review_sample(told.cursor(), COACHED, BERLIN, seed=3, size=20)
    assert {name: str(kind) for name, kind in found.dtypes.items()} == COLUMNS


def test_sample_stays_when_it_is_drawn_again_and_grows_by_itself(told: Told):
    assert sample(told) == sample(told, Filter(sort="effort")) == sample(told, size=50)[:10]
    assert set(sample(told)) != set(sample(told, seed=2))


def test_one_more_call_takes_the_place_of_one_at_most(mirror_of):
    records = [call(n, "a", 1) for n in range(60)]
    before = sample(mirror_of(records))
    longer = mirror_of([*records, call(99, "a")])
    after = [sample(longer, seed=seed) for seed in range(1, 30)]
    assert len(set(before) - set(after[0])) <= 1
    assert any("call-99" in one for one in after)


def test_sample_is_fair(mirror_of):
    """Every call is drawn about as often as any other."""
    cursor = mirror_of(call(n, "a", 1) for n in range(20))
    drawn = Counter(one for seed in range(100) for one in sample(cursor, seed=seed, size=5))
    assert len(drawn) == 20
    assert stats.chisquare(list(drawn.values())).pvalue > 0.001


def test_sample_holds_completed_calls_only(mirror_of):
    statuses = ["completed", "failed", "processing"]
    cursor = mirror_of(call(n, "a", status=status) for n, status in enumerate(statuses))
    assert sample(cursor) == ["call-0"]
    assert sample(cursor, Filter(status_filter="failed")) == []


# --- figures ----------------------------------------------------------------------------------


def test_agents_figure_has_a_mark_an_agent_with_its_interval(told: Told):
    table = queries.agents(told)
    figure = charts.agents(table)
    drawn = {}
    for trace in figure.data:
        for (place, column), x, above, said in zip(
            trace.customdata, trace.x, trace.error_x.array, trace.hovertext, strict=True
        ):
            assert column == "n_scored"
            drawn[place] = (x, above, trace.marker.color, said)
    assert sorted(drawn) == list(range(len(table)))
    for place, row in enumerate(table.itertuples()):
        assert drawn[place][0] == pytest.approx(row.shrunk_effort)
        assert drawn[place][1] == pytest.approx(row.high - row.shrunk_effort)
    _, _, colour, said = drawn[table["agent_id"].to_list().index("agent_007")]
    assert colour == "#D55E00"
    assert "clearly higher effort" in said
    labels = [one.text for one in figure.layout.annotations]
    assert any("&lt;b&gt;Bram&lt;/b&gt; &amp; Söhne" in text for text in labels)
    assert not any("<b>" in text for text in labels)
    assert "low is good" in figure.layout.xaxis.title.text


def test_agents_figure_draws_the_first_ones_and_opens_their_rows(told: Told):
    table = queries.agents(told, order="calls", only_different=True)
    figure = charts.agents(table, most=3)
    assert sorted(mark for trace in figure.data for mark, _ in trace.customdata) == [0, 1, 2]


def test_marks_are_hollow_when_they_rest_on_few_scores(mirror_of):
    cursor = mirror_of(call(n, "a" if n < 6 else "b", n % 3) for n in range(9))
    table = queries.agents(cursor)
    assert list(table["few"]) == [False, True]
    symbols = {
        place: symbol
        for trace in charts.agents(table).data
        for (place, _), symbol in zip(trace.customdata, trace.marker.symbol, strict=True)
    }
    assert symbols == {0: "circle", 1: "circle-open"}
    weeks = queries.effort_beside_team(cursor, Filter(agent_id="b"))
    trace = charts.effort_beside_team(weeks).data[1]
    assert list(trace.marker.symbol) == ["circle-open"]
    assert np.isnan(trace.error_y.array).all()


def test_weeks_figure_says_team_and_own(told: Told):
    weeks = queries.effort_beside_team(told, COACHED)
    team, own, bars = charts.effort_beside_team(weeks).data
    assert list(team.y) == pytest.approx(weeks["team_effort"].to_list())
    assert list(own.y) == pytest.approx(weeks["mean_effort"].to_list())
    assert list(bars.y) == weeks["n_scored"].to_list()
    assert own.hovertext[0].startswith(f"Week of {weeks['week'][0]:%a %d %b %Y}")
    assert f"the team {weeks['team_effort'][0]:.2f}" in own.hovertext[0]


def test_checks_figure_colours_clear_differences_only(told: Told):
    table = queries.checks_beside_team(told, COACHED)
    team, own = charts.checks_beside_team(table).data
    assert list(own.x) == pytest.approx(table["failed_share"].to_list())
    assert list(team.x) == pytest.approx(table["team_share"].to_list())
    coloured = [colour != "#3B9BD9" for colour in own.marker.color]
    assert coloured == table["clear"].to_list()
    assert {column for _, column in own.customdata} == {"n_failed"}
    assert {column for _, column in team.customdata} == {"n_team_failed"}


@pytest.mark.parametrize("name", ["agents", "effort_beside_team", "checks_beside_team"])
def test_figure_can_be_drawn_of_one_call(name, mirror_of):
    cursor = mirror_of([call(1, "<b>", None, status="processing")])
    table = queries.SUMMARIES[name](cursor)
    assert len(table) >= 1
    assert getattr(charts, name)(table).layout.height > 50
