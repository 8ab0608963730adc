"""Compliance, quality and coaching tables, against the API's records and small cases by hand."""

from __future__ import annotations

from collections import Counter
from datetime import UTC as UTC_OF_PYTHON, date, datetime, timedelta
from itertools import combinations
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from scipy import stats
from scipy.stats.contingency import relative_risk

from explorer import charts
from explorer.analysis import queries
from explorer.analysis.filters import Filter
from explorer.analysis.queries import compliance, newest, quality
from explorer.api.models import COMPLIANCE_CHECKS, check_failed
from explorer.sandbox.stories import DAY_S, DROPPED_DISCLOSURE, SCRIPT_CHANGED_DAYS_AGO

UTC = ZoneInfo("UTC")
BERLIN = ZoneInfo("Europe/Berlin")
ANY = Filter()
NOON = int(datetime(2026, 3, 4, 12, tzinfo=UTC_OF_PYTHON).timestamp())  # a Wednesday


def call(name: str, results: Any, *, at: int = NOON, agent: str | None = "a") -> dict[str, Any]:
    return {
        "id": name,
        "created": at,
        "status": "completed",
        "call": {"agent_id": agent},
        "results": results,
    }


def checks(missing: list[str] | None = None, **blocks: Any) -> dict[str, Any]:
    disclosures = {"read": not missing, "missing_disclosures": missing or []}
    return {"compliance": {"mandatory_disclosures": disclosures, **blocks}}


def checked(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [one for one in records if one["results"] and "compliance" in one["results"]]


def failed_checks(record: dict[str, Any]) -> set[str]:
    return {name for name, block in record["results"]["compliance"].items() if check_failed(block)}


def missing_of(record: dict[str, Any]) -> set[str]:
    return set(record["results"]["compliance"]["mandatory_disclosures"]["missing_disclosures"])


def monday_of(record: dict[str, Any], zone: ZoneInfo) -> date:
    day = datetime.fromtimestamp(record["created"], zone).date()
    return day - timedelta(days=day.weekday())


def wilson(k: int, n: int) -> tuple[float, float]:
    found = stats.binomtest(k, n).proportion_ci(method="wilson")
    return float(found.low), float(found.high)


# --- checks -----------------------------------------------------------------------------------


def test_checks_by_agent_are_those_of_the_records(told):
    table = queries.checks_by_agent(told.cursor(), ANY, UTC)
    n_checked = Counter(one["call"]["agent_id"] for one in checked(told.records))
    n_failed = Counter(
        (one["call"]["agent_id"], check)
        for one in checked(told.records)
        for check in failed_checks(one)
    )
    assert len(table) == len(n_checked) * len(COMPLIANCE_CHECKS)
    for row in table.itertuples():
        assert row.n_checked == n_checked[row.agent_id]
        assert row.n_failed == n_failed[row.agent_id, row.check]
        assert row.failed_share == pytest.approx(row.n_failed / row.n_checked)
        low, high = wilson(row.n_failed, row.n_checked)
        assert (row.share_low, row.share_high) == pytest.approx((low, high))
        assert row.few_calls == (row.n_checked < 5)
    assert table["n_checked"].is_monotonic_decreasing
    assert list(table["check"].head(5)) == list(COMPLIANCE_CHECKS)


def test_checks_by_week_are_those_of_the_records_in_the_zone(told):
    table = queries.checks_by_week(told.cursor(), ANY, BERLIN)
    n_checked = Counter(monday_of(one, BERLIN) for one in checked(told.records))
    n_failed = Counter(
        (monday_of(one, BERLIN), check)
        for one in checked(told.records)
        for check in failed_checks(one)
    )
    assert set(table["week"]) == set(n_checked)
    assert table["week"].is_monotonic_decreasing
    for row in table.itertuples():
        assert row.n_checked == n_checked[row.week]
        assert row.n_failed == n_failed[row.week, row.check]


def test_week_begins_on_monday_in_the_zone_when_a_call_is_near_midnight(mirror_of):
    sunday = int(datetime(2026, 3, 8, 23, 30, tzinfo=UTC_OF_PYTHON).timestamp())
    cursor = mirror_of([call("x", checks(["fees"]), at=sunday)])
    assert set(queries.checks_by_week(cursor, ANY, UTC)["week"]) == {date(2026, 3, 2)}
    assert set(queries.checks_by_week(cursor, ANY, BERLIN)["week"]) == {date(2026, 3, 9)}


def test_a_check_the_api_adds_has_cells_of_its_own(mirror_of):
    cursor = mirror_of(
        [
            call("x", checks(tone={"flagged": True})),
            call("y", checks(tone={"flagged": False}), agent=None),
            call("z", None, agent="b"),
        ]
    )
    table = queries.checks_by_agent(cursor, ANY, UTC)
    tone = table[table["check"] == "tone"].set_index("agent_id")
    assert tone["n_failed"].to_dict() == {"": 0, "a": 1}  # `b` has no checked call
    assert tone["few_calls"].all()


# --- disclosures ------------------------------------------------------------------------------


def test_missing_disclosures_are_those_of_the_records(told):
    table = queries.missing_disclosures(told.cursor(), ANY, UTC)
    records = checked(told.records)
    expected = Counter(name for one in records for name in missing_of(one))
    assert dict(zip(table["disclosure"], table["n_missing"], strict=True)) == expected
    assert table["n_missing"].is_monotonic_decreasing
    for row in table.itertuples():
        seen = [one["created"] for one in records if row.disclosure in missing_of(one)]
        assert row.n_checked == len(records)
        assert row.first_seen_at.timestamp() == min(seen)
        assert row.last_seen_at.timestamp() == max(seen)
        assert (row.share_low, row.share_high) == pytest.approx(wilson(len(seen), len(records)))


def test_disclosure_counts_once_a_call_when_it_is_named_twice_or_has_no_name(mirror_of):
    cursor = mirror_of([call("x", checks(["fees", "fees", ""])), call("y", checks(["fees"]))])
    table = queries.missing_disclosures(cursor, ANY, UTC)
    assert table[["disclosure", "n_missing", "n_checked"]].values.tolist() == [["fees", 2, 2]]
    weeks = queries.disclosures_by_week(cursor, ANY, UTC)
    assert weeks[["disclosure", "n_missing"]].values.tolist() == [["fees", 2]]
    assert queries.missing_together(cursor, ANY, UTC).empty


def test_disclosures_by_week_are_those_of_the_records(told):
    table = queries.disclosures_by_week(told.cursor(), ANY, BERLIN)
    records = checked(told.records)
    n_checked = Counter(monday_of(one, BERLIN) for one in records)
    expected = Counter(
        (name, monday_of(one, BERLIN)) for one in records for name in missing_of(one)
    )
    assert len(table) == table["disclosure"].nunique() * len(n_checked)
    for row in table.itertuples():
        assert row.n_missing == expected[row.disclosure, row.week]
        assert row.n_checked == n_checked[row.week]


def test_the_dropped_disclosure_is_the_one_clear_step(told):
    table = queries.disclosure_steps(told.cursor(), ANY, UTC)
    clear = table[table["clear"]]
    assert list(clear["disclosure"]) == [DROPPED_DISCLOSURE]
    changed = datetime.fromtimestamp(told.now - SCRIPT_CHANGED_DAYS_AGO * DAY_S, UTC).date()
    row = next(clear.itertuples())
    assert abs(row.since - changed) <= timedelta(days=6)
    records = checked(told.records)
    late = [
        one for one in records if datetime.fromtimestamp(one["created"], UTC).date() >= row.since
    ]
    k = sum(DROPPED_DISCLOSURE in missing_of(one) for one in late)
    before_k = sum(DROPPED_DISCLOSURE in missing_of(one) for one in records) - k
    before_n = len(records) - len(late)
    assert (row.n_missing_since, row.n_checked_since) == (k, len(late))
    assert (row.n_missing_before, row.n_checked_before) == (before_k, before_n)
    assert row.share_since > 0.3 > 0.03 > row.share_before
    # it is the best of all Mondays: no other has a smaller p-value
    p = stats.fisher_exact([[k, len(late) - k], [before_k, before_n - before_k]]).pvalue
    for monday in {monday_of(one, UTC) for one in records} - {row.since}:
        after = [one for one in records if monday_of(one, UTC) >= monday]
        n = sum(DROPPED_DISCLOSURE in missing_of(one) for one in after)
        rest = len(records) - len(after)
        other = [[n, len(after) - n], [k + before_k - n, rest - (k + before_k - n)]]
        assert stats.fisher_exact(other).pvalue >= p


def weekly(shares: list[float], n: int = 40) -> list[dict[str, Any]]:
    return [
        call(
            f"{week}-{i}",
            checks(["fees"] if i < round(share * n) else []),
            at=NOON + week * 7 * DAY_S + i,
        )
        for week, share in enumerate(shares)
        for i in range(n)
    ]


def test_step_is_found_where_it_was_made_with_its_p_value_corrected_for_the_mondays(mirror_of):
    table = queries.disclosure_steps(mirror_of(weekly([0.1, 0.1, 0.1, 0.5, 0.5])), ANY, UTC)
    row = next(table.itertuples())
    assert row.since == date(2026, 3, 23)
    assert (row.n_missing_since, row.n_checked_since) == (40, 80)
    assert (row.n_missing_before, row.n_checked_before) == (12, 120)
    assert row.p_value == pytest.approx(4 * stats.fisher_exact([[40, 40], [12, 108]]).pvalue)
    assert row.clear


def test_step_down_is_a_step(mirror_of):
    row = next(queries.disclosure_steps(mirror_of(weekly([0.6, 0.6, 0, 0])), ANY, UTC).itertuples())
    assert row.clear
    assert row.share_difference == pytest.approx(-0.6)
    assert row.share_difference_low < -0.6 < row.share_difference_high


@pytest.mark.parametrize(
    ("shares", "n"),
    [
        pytest.param([0.3, 0.3, 0.3, 0.3], 40, id="level"),
        pytest.param([0.2, 0.3, 0.2, 0.35], 20, id="noise"),
        pytest.param([0.0, 0.04], 1000, id="certain_but_small"),
    ],
)
def test_no_step_is_clear_when_there_is_none(shares, n, mirror_of):
    table = queries.disclosure_steps(mirror_of(weekly(shares, n)), ANY, UTC)
    assert len(table) == 1
    assert not table["clear"].any()


def test_no_step_is_looked_for_when_a_side_has_few_calls(mirror_of):
    assert queries.disclosure_steps(mirror_of(weekly([0, 1], 19)), ANY, UTC).empty
    assert queries.disclosure_steps(mirror_of([]), ANY, UTC).empty


def test_numbers_of_a_step_open_their_calls_when_the_range_is_cut(told):
    zone, calls = ZoneInfo("Asia/Kathmandu"), Filter(since="2026-09-02", until="2026-11-20")
    cursor = told.cursor()
    table = queries.disclosure_steps(cursor, calls, zone)
    for column in queries.disclosure_steps.opens:
        which = queries.disclosure_steps.which(table, 0, column, calls, zone)
        assert queries.count(cursor, which, zone) == table[column].iloc[0] > 0


def test_pairs_are_those_of_the_records(told):
    table = queries.missing_together(told.cursor(), ANY, UTC)
    records = checked(told.records)
    n, single = len(records), Counter(name for one in records for name in missing_of(one))
    both = Counter(
        frozenset(pair) for one in records for pair in combinations(sorted(missing_of(one)), 2)
    )
    assert len(table) == len(single) * (len(single) - 1) / 2
    p_values = []
    for row in table.itertuples():
        a, b = single[row.disclosure], single[row.other]
        k = both[frozenset((row.disclosure, row.other))]
        assert (row.n_together, row.n_first, row.n_other, row.n_checked) == (k, a, b, n)
        assert row.expected == pytest.approx(a * b / n)
        if 0 < k < b:
            ratio = relative_risk(k, a, b - k, n - a).relative_risk
            assert row.lift == pytest.approx(ratio)
            assert row.lift_low < ratio < row.lift_high
        p_values.append(stats.fisher_exact([[k, a - k], [b - k, n - a - b + k]]).pvalue)
    corrected = stats.false_discovery_control(p_values)
    assert table["p_value"].tolist() == pytest.approx(corrected.tolist())
    assert table["clear"].tolist() == [p < 0.05 for p in corrected]


def test_pair_is_clear_when_two_always_go_missing_together(mirror_of):
    lost = [call(f"m{n}", checks(["fees", "rights"])) for n in range(10)]
    read = [call(f"r{n}", checks()) for n in range(90)]
    (row,) = queries.missing_together(mirror_of(lost + read), ANY, UTC).itertuples()
    assert (row.n_together, row.expected, row.clear) == (10, pytest.approx(1.0), True)
    assert row.lift == float("inf")


# --- identity ---------------------------------------------------------------------------------


def identity(at: float | None, flagged: bool) -> dict[str, Any]:
    return checks(
        identity_verification={"verified": at is not None, "timestamp": at, "flagged": flagged}
    )


def test_near_misses_are_those_stated_within_five_seconds_after_the_limit(mirror_of):
    said = [(3, False), (14.9, False), (15, True), (19.9, True), (20, True), (None, True)]
    cursor = mirror_of([call(str(n), identity(*one)) for n, one in enumerate(said)])
    table = queries.identity_stated(cursor, ANY, UTC).set_index("identity_stated")
    assert table["n_checked"].to_dict() == {
        "under 5 s": 1, "5-10 s": 0, "10-15 s": 1, "15-20 s": 2, "20-30 s": 1, "over 30 s": 0,
        "unknown": 1,
    }  # fmt: skip
    assert table.loc["15-20 s", "n_failed"] == 2
    assert list(table.index[table["near_miss"]]) == ["15-20 s"]
    assert table["n_failed"].sum() == 4


# --- what was said ----------------------------------------------------------------------------


def said(*instances: Any) -> dict[str, Any]:
    return checks(sensitive_data={"shared": True, "instances": list(instances)})


def instances(cursor, **options: Any) -> pd.DataFrame:
    return queries.check_instances(
        cursor, ANY, UTC, **({"check": "sensitive_data", "limit": 10} | options)
    )


def test_instances_are_read_whatever_their_shape(mirror_of):
    cursor = mirror_of(
        [
            call(
                "x",
                said(
                    "my pin is 1234",
                    {"type": "card", "text": "4111", "timestamp": 7.5, "speaker": "B"},
                    {"category": "iban", "phrase": "DE00", "start": 9, "timestamp": True},
                    {"value": 12, "text": None},
                    None,
                    [1],
                    {},
                ),
            )
        ]
    )
    found = instances(cursor)
    assert found["text"].tolist() == ["my pin is 1234", "4111", "DE00", "12", "", "[1]", ""]
    assert found["kind"].tolist() == ["", "card", "iban", "", "", "", ""]
    assert found["at_s"].fillna(-1).tolist() == [-1, 7.5, 9, -1, -1, -1, -1]
    assert found["speaker"].tolist()[1] == "B"
    assert found["place"].tolist() == list(range(7))


def test_instances_are_of_the_newest_calls_page_by_page(mirror_of):
    cursor = mirror_of([call(f"c{n}", said("one", "two"), at=NOON + n) for n in range(5)])
    assert instances(cursor, limit=2)["id"].tolist() == ["c4", "c4", "c3", "c3"]
    assert instances(cursor, limit=2, offset=4)["id"].tolist() == ["c0", "c0"]
    assert instances(cursor, limit=2, offset=5).empty
    assert instances(cursor, check="prohibited_phrases").empty


@pytest.mark.parametrize("check", compliance.INSTANCE_CHECKS)
def test_instances_are_all_those_of_the_records(check, told):
    found = instances(told.cursor(), check=check, limit=10_000)
    expected = [
        (one["id"], item["timestamp"], item["speaker"])
        for one in told.records
        if one["results"]
        for item in one["results"]["compliance"][check]["instances"]
    ]
    assert sorted(zip(found["id"], found["at_s"], found["speaker"], strict=True)) == sorted(
        expected
    )
    assert (found["text"] != "").all()
    assert (found["kind"] != "").all()


# --- quality ----------------------------------------------------------------------------------


def test_signs_are_those_of_the_records(told):
    table = queries.quality_signs(told.cursor(), ANY, UTC).set_index(["sign", "value"])
    qualities = [one["results"]["quality"] for one in checked(told.records)]
    moods = Counter(one["sentiment_analysis"]["overall"] for one in qualities)
    for mood, n in moods.items():
        row = table.loc[("/quality/sentiment_analysis/overall", mood)]
        assert (row["n_calls"], row["of_calls"], row["kind"]) == (n, len(qualities), "word")
        assert row["share"] == pytest.approx(n / len(qualities))
    interrupted = sum(one["interruptions"]["count"] > 0 for one in qualities)
    assert table.loc[("/quality/interruptions/count", "above 0"), "n_calls"] == interrupted
    greeted = sum(one["greeting"]["present"] for one in qualities)
    assert table.loc[("/quality/greeting/present", "true"), "n_calls"] == greeted
    shown = set(table.index.get_level_values("sign"))
    # measures, free text, lists, and what the compliance tables say
    assert not {place for place in shown if place.endswith(("score", "text", "timestamp", "share"))}
    assert not {place for place in shown if place.startswith("/compliance")}


def test_sign_appears_without_code_when_the_api_adds_a_field(mirror_of):
    new = {
        "quality": {
            "jargon": {"used": True, "count": 3, "level": "high"},
            "hold": {"count": 0},
            "deep": {"er": {"still": False}},
        },
        "compliance": {"identity_verification": {"flagged": False, "method": "name"}},
        "outlook": "good",
    }
    cursor = mirror_of([call("x", new), call("y", {"quality": {"jargon": {"used": False}}})])
    table = queries.quality_signs(cursor, ANY, UTC)
    assert {
        tuple(row) for row in table[["sign", "value", "kind", "n_calls", "of_calls"]].values
    } == {
        ("/quality/jargon/used", "true", "flag", 1, 2),
        ("/quality/jargon/used", "false", "flag", 1, 2),
        ("/quality/jargon/count", "above 0", "count", 1, 1),
        ("/quality/jargon/level", "high", "word", 1, 1),
        ("/quality/hold/count", "0", "count", 1, 1),
        ("/quality/deep/er/still", "false", "flag", 1, 1),
        ("/compliance/identity_verification/method", "name", "word", 1, 1),
        ("/outlook", "good", "word", 1, 1),
    }
    for place in range(len(table)):
        which = queries.quality_signs.which(table, place, "n_calls", ANY, UTC)
        assert queries.count(cursor, which, UTC) == table["n_calls"].iloc[place]


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("a text that goes on and on and on and on", id="free_text"),
        pytest.param(0.5, id="measure"),
        pytest.param(-1, id="below_zero"),
        pytest.param(20_000, id="large_number"),
        pytest.param(["a"], id="list"),
        pytest.param([{"a": True}], id="flag_in_a_list"),
        pytest.param({"a'b": True}, id="name_with_a_quote"),
        pytest.param(None, id="null"),
        pytest.param({}, id="nothing"),
    ],
)
def test_field_is_no_sign_when_it_is_no_flag_count_or_word(value, mirror_of):
    cursor = mirror_of([call("x", {"quality": {"new": value, "known": True}})])
    assert list(queries.quality_signs(cursor, ANY, UTC)["sign"]) == ["/quality/known"]


def test_words_are_no_sign_when_there_are_many(mirror_of):
    def mirror(n):
        return [call(str(i), {"quality": {"word": f"w{i}"}}) for i in range(n)]

    assert queries.quality_signs(mirror_of(mirror(quality.MOST_WORDS + 1)), ANY, UTC).empty
    assert len(queries.quality_signs(mirror_of(mirror(quality.MOST_WORDS)), ANY, UTC)) == 12


def test_only_the_newest_are_read_and_opened_when_there_are_many(mirror_of, monkeypatch):
    monkeypatch.setattr(newest, "NEWEST", 3)
    # two of one second: none of them, since a filter cannot part them
    moments = [0, 1, 2, 2, 3, 4]
    advice = {"recommendations": [{"priority": "high", "category": "tone"}]}
    cursor = mirror_of(
        [
            call(str(n), {"quality": {"ok": True}, "coaching": advice}, at=NOON + at)
            for n, at in enumerate(moments)
        ]
    )
    counted = (queries.quality_signs, queries.recommendations, queries.coaching_that_came_back)
    for summary in counted:
        options = {"by": "category"} if summary is queries.coaching_that_came_back else {}
        table = summary(cursor, ANY, UTC, **options)
        assert table["n_calls"].tolist() == table.get("of_calls", table["n_calls"]).tolist() == [2]
        assert table["since_at"].iloc[0].timestamp() == NOON + 3
        which = summary.which(table, 0, "n_calls", ANY, UTC)
        assert queries.count(cursor, which, UTC) == 2


def test_greetings_are_shares_of_the_calls_that_say(mirror_of):
    answers = [True, True, False, None]
    cursor = mirror_of(
        [call(str(n), {"quality": {"greeting": {"present": one}}}) for n, one in enumerate(answers)]
    )
    row = next(queries.greetings(cursor, ANY, UTC).itertuples())
    assert (row.n_greeted, row.n_not_greeted, row.of_calls, row.not_said) == (2, 1, 3, 1)
    assert row.greeted_share == pytest.approx(2 / 3)
    assert (row.share_low, row.share_high) == pytest.approx(wilson(2, 3))
    none = next(queries.greetings(cursor, Filter(agent_id="x"), UTC).itertuples())
    assert pd.isna(none.greeted_share)


# --- coaching ---------------------------------------------------------------------------------


def test_recommendations_are_those_of_the_records(told):
    table = queries.recommendations(told.cursor(), ANY, UTC)
    expected: Counter[tuple[str, str]] = Counter()
    with_results = [one for one in told.records if one["results"]]
    for one in with_results:
        items = one["results"]["coaching"]["recommendations"]
        expected.update(
            {
                (item["priority"], item["category"]) if isinstance(item, dict) else ("", "")
                for item in items
            }
        )
    rows = zip(table["priority"], table["category"], table["n_calls"], strict=True)
    assert {(priority, category): n for priority, category, n in rows} == expected
    assert set(table["of_calls"]) == {len(with_results)}
    assert table["n_calls"].is_monotonic_decreasing


def test_recommendation_opens_the_calls_in_which_one_item_is_both(mirror_of):
    def advised(name, *items):
        return call(name, {"coaching": {"recommendations": list(items)}})

    high = {"priority": "high", "category": "tone", "text": "x"}
    cursor = mirror_of(
        [
            advised("both", high, high),
            advised("apart", {"priority": "high"}, {"priority": "low", "category": "tone"}),
            advised("plain", "say hello"),
            advised("none"),
        ]
    )
    table = queries.recommendations(cursor, ANY, UTC)
    found = {(row.priority, row.category): row.n_calls for row in table.itertuples()}
    assert found == {("high", "tone"): 1, ("high", ""): 1, ("low", "tone"): 1, ("", ""): 1}
    for place in range(len(table)):
        which = queries.recommendations.which(table, place, "n_calls", ANY, UTC)
        assert queries.count(cursor, which, UTC) == 1
    assert queries.count(cursor, Filter(recommended="category=tone"), UTC) == 2
    assert queries.count(cursor, Filter(recommended=["priority=low", "priority=high"]), UTC) == 1


# --- figures ----------------------------------------------------------------------------------


CHARTS = [
    "checks_by_agent", "checks_by_week", "disclosures_by_week", "quality_signs", "recommendations"
]  # fmt: skip


@pytest.mark.parametrize("name", CHARTS)
def test_marks_name_their_row_and_column(name, told):
    summary = getattr(queries, name)
    table = summary(told.cursor(), ANY, UTC)
    figure = getattr(charts, name)(table)
    drawn = [mark for trace in figure.data for mark in (trace.customdata or ())]
    assert len(drawn) == len({place for place, _ in drawn}) > 5
    assert {column for _, column in drawn} <= set(summary.opens)
    first = figure.data[0]
    place, column = first.customdata[0]
    assert f"{table[column].iloc[place]:,} of" in first.hovertext[0]


def test_cells_are_grey_and_written_in_calls_when_they_rest_on_few(mirror_of):
    table = queries.checks_by_agent(mirror_of([call("x", checks(["fees"]))]), ANY, UTC)
    bars, numbers = charts.checks_by_agent(table, dark=True).data
    assert set(bars.marker.color) == {charts.style.COUNT_COLOUR}
    assert numbers.text[1] == "1/1"
    assert "Few calls" in bars.hovertext[0]
    assert numbers.textfont.color == "#FAFAFA"


def test_labels_are_shown_literally_when_they_look_like_markup(mirror_of):
    hostile = "<b>%{x}</b>"
    results = checks([hostile]) | {
        "coaching": {"recommendations": [{"category": hostile, "priority": "high"}]},
        "quality": {"mood": hostile},
    }
    cursor = mirror_of([call("x", results, agent=hostile)])
    for name in CHARTS:
        drawn = getattr(charts, name)(getattr(queries, name)(cursor, ANY, UTC)).to_json()
        assert "\\u003cb\\u003e" not in drawn
        assert "<b>" not in drawn


def test_heatmap_has_at_most_so_many_agents(mirror_of):
    cursor = mirror_of([call(str(n), checks(), agent=f"agent {n}") for n in range(40)])
    table = queries.checks_by_agent(cursor, ANY, UTC)
    assert table["agent_id"].nunique() == 40
    assert len(charts.checks_by_agent(table).layout.yaxis.ticktext) == 30
