"""One filter as URL, sentence, condition in SQL, API parameters and lines of Python."""

from __future__ import annotations

import dataclasses
from contextlib import nullcontext
from datetime import UTC, date, datetime, timedelta, timezone
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from explorer.analysis import bands, contradictions, zones
from explorer.analysis.dimensions import (
    BY_NAME,
    DIMENSIONS,
    SORTS,
    STATUSES,
    WEEKDAYS,
)
from explorer.analysis.failures import REASON_ASKED_SQL, REASON_SQL
from explorer.analysis.filters import Filter
from explorer.analysis.kinds import whole_number
from explorer.analysis.relations import HIDDEN_SQL, REPEAT_SQL, STUCK_SQL
from explorer.analysis.results import ADVICE_SQL, RECOMMENDATIONS_SQL
from explorer.analysis.times import instant
from explorer.analysis.view import MAX_LIMIT, View
from explorer.api.client import Client
from explorer.errors import InvalidFilterError

NOW = datetime(2026, 11, 25, 12, 30, 45, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
HOSTILE = [
    pytest.param("a') or __import__('os').system('x')#\n\"\\", id="python"),
    pytest.param("'; DROP TABLE calls; --", id="sql"),
    pytest.param("' OR 1=1 --", id="always_true"),
    pytest.param("$search $agent_id ? %s {0}", id="placeholders"),
    pytest.param("a\0b", id="nul"),
    pytest.param("<b>&amp;</b> [x](y) **z**", id="markup"),
    pytest.param("x" * 5_000, id="long"),
]


@pytest.mark.parametrize(
    ("calls", "query", "sentence"),
    [
        pytest.param(Filter(), {}, "All calls", id="any"),
        pytest.param(Filter(status_filter="failed"), {"status_filter": ["failed"]}, "Failed calls", id="status"),
        pytest.param(
            Filter(status_filter="archived"), {"status_filter": ["archived"]},
            "Calls with status “archived”", id="unknown_status",
        ),
        pytest.param(
            Filter("completed", "a 1", "c&1", "x=y"),
            {"status_filter": ["completed"], "agent_id": ["a 1"], "contact_id": ["c&1"], "search": ["x=y"]},
            "Completed calls of agent “a 1” with contact “c&1” whose agent or contact contains “x=y”",
            id="all",
        ),
        pytest.param(Filter(agent_id="a"), {"agent_id": ["a"]}, "Calls of agent “a”", id="agent"),
    ],
)  # fmt: skip
def test_filter_says_the_same_when_written_each_way(calls, query, sentence):
    assert calls.to_query() == query
    assert Filter.from_query(query) == (calls, ())
    assert calls.sentence == sentence
    assert calls.is_live
    assert calls.api_parameters == {name: values[0] for name, values in query.items()}


# dimension: value, URL, words, condition, parameters
EACH = [
    pytest.param("status_filter", "failed", ["failed"], "Failed calls", "status = $status_filter", {"status_filter": "failed"}, id="status"),
    pytest.param("agent_id", ("a", "b", "c"), ["a", "b", "c"], "Calls of agent “a”, “b” or “c”", "coalesce(agent_id, '') IN (SELECT unnest($agent_id))", {"agent_id": ["a", "b", "c"]}, id="agents"),
    pytest.param("agent_id", ("",), [""], "Calls without an agent", "coalesce(agent_id, '') IN (SELECT unnest($agent_id))", {"agent_id": [""]}, id="no_agent"),
    pytest.param("contact_id", ("c",), ["c"], "Calls with contact “c”", "coalesce(contact_id, '') IN (SELECT unnest($contact_id))", {"contact_id": ["c"]}, id="contact"),
    pytest.param("search", "A1", ["A1"], "Calls whose agent or contact contains “A1”", "coalesce(contains(lower(agent_id), lower($search)) OR contains(lower(contact_id), lower($search)), false)", {"search": "A1"}, id="search"),
    pytest.param("since", "7d", ["7d"], "Calls since 7 days ago", "created >= $since", {"since": 1_795_005_000}, id="since"),
    pytest.param("until", "2026-11-02", ["2026-11-02"], "Calls before 2026-11-02", "created < $until", {"until": 1_793_574_000}, id="until"),
    pytest.param("weekday", ("mon", "sun"), ["mon", "sun"], "Calls on Mondays or Sundays", f"{zones.weekday_sql(BERLIN)} IN (SELECT unnest($weekday))", {"weekday": [0, 6]}, id="weekdays"),
    pytest.param("hour", ("9", "23"), ["9", "23"], "Calls at 09:00–09:59 or 23:00–23:59", f"{zones.hour_sql(BERLIN)} IN (SELECT unnest($hour))", {"hour": [9, 23]}, id="hours"),
    pytest.param("effort_min", 2.5, ["2.5"], "Calls with effort of 2.5 or more", "customer_effort_score >= $effort_min", {"effort_min": 2.5}, id="effort_from"),
    pytest.param("effort_max", 4.0, ["4"], "Calls with effort of 4 or less", "customer_effort_score <= $effort_max", {"effort_max": 4.0}, id="effort_to"),
    pytest.param("effort_score", ("2.5", "unknown"), ["2.5", "unknown"], "Calls with an effort score of about 2.5 or unknown", f"coalesce({bands.EFFORT_SQL}, '') IN (SELECT unnest($effort_score))", {"effort_score": ["2.5", "unknown"]}, id="effort_scores"),
    pytest.param("has_score", True, ["yes"], "Calls with a score", "customer_effort_score IS NOT NULL", {}, id="scored"),
    pytest.param("has_score", False, ["no"], "Calls without a score", "NOT (customer_effort_score IS NOT NULL)", {}, id="unscored"),
    pytest.param("checked", True, ["yes"], "Calls with check verdicts", "n_flagged IS NOT NULL", {}, id="checked"),
    pytest.param("checked", False, ["no"], "Calls without check verdicts", "NOT (n_flagged IS NOT NULL)", {}, id="unchecked"),
    pytest.param("judged", ("identity_verification", "greeting"), ["identity_verification", "greeting"], "Calls with a verdict on “identity verification” and “greeting”", "identity_flagged IS NOT NULL AND greeting_present IS NOT NULL", {}, id="judged"),
    pytest.param("flagged", True, ["yes"], "Calls that failed a check", "coalesce(n_flagged, 0) > 0", {}, id="flagged"),
    pytest.param("flagged", False, ["no"], "Calls that failed no check", "NOT (coalesce(n_flagged, 0) > 0)", {}, id="unflagged"),
    pytest.param("failed_check", ("sensitive_data",), ["sensitive_data"], "Calls that failed “sensitive data”", "coalesce(list_has_any(flagged_checks, $failed_check), false)", {"failed_check": ["sensitive_data"]}, id="check"),
    pytest.param("failed_check", ("",), [""], "Calls that failed none", "coalesce(list_has_any(flagged_checks, $failed_check) OR len(flagged_checks) = 0, false)", {"failed_check": [""]}, id="no_check"),
    pytest.param("failed_all", ("sensitive_data", "purpose_declaration"), ["sensitive_data", "purpose_declaration"], "Calls that failed “sensitive data” and “purpose declaration”", "coalesce(list_has_all(flagged_checks, $failed_all::VARCHAR[]), false)", {"failed_all": ["sensitive_data", "purpose_declaration"]}, id="checks_together"),
    pytest.param("missing_disclosure", ("fees",), ["fees"], "Calls in which “fees” was not read", "coalesce(list_has_all(missing_disclosures, $missing_disclosure::VARCHAR[]), false)", {"missing_disclosure": ["fees"]}, id="disclosure"),
    pytest.param("missing_disclosure", ("a_b", "c"), ["a_b", "c"], "Calls in which “a_b” and “c” were not read", "coalesce(list_has_all(missing_disclosures, $missing_disclosure::VARCHAR[]), false)", {"missing_disclosure": ["a_b", "c"]}, id="disclosures"),
    pytest.param("missing_disclosure", ("",), [""], "Calls in which no disclosure was left out", "coalesce(list_has_all(missing_disclosures, $missing_disclosure::VARCHAR[]) AND len(missing_disclosures) = 0, false)", {"missing_disclosure": []}, id="no_disclosure"),
    pytest.param("identity_stated", ("under 5 s", "unknown"), ["under 5 s", "unknown"], "Calls with identity stated at under 5 s or unknown", f"coalesce({bands.IDENTITY.sql}, '') IN (SELECT unnest($identity_stated))", {"identity_stated": ["under 5 s", "unknown"]}, id="identity"),
    pytest.param("greeting", True, ["yes"], "Calls with a greeting", "greeting_present IS NOT DISTINCT FROM $greeting", {"greeting": True}, id="greeting"),
    pytest.param("greeting", False, ["no"], "Calls without a greeting", "greeting_present IS NOT DISTINCT FROM $greeting", {"greeting": False}, id="no_greeting"),
    pytest.param("result", ("/quality/greeting/present=true", "/quality/interruptions/count>0"), ["/quality/greeting/present=true", "/quality/interruptions/count>0"], "Calls where “quality greeting present is true” and “quality interruptions count above 0”", "coalesce(json_extract_string(results, '/quality/greeting/present') = $result_0, false) AND coalesce(try_cast(CAST(json_extract(results, '/quality/interruptions/count') AS VARCHAR) AS DOUBLE) > 0, false)", {"result_0": "true"}, id="results"),
    pytest.param("result", ("/a_b=c=d>0",), ["/a_b=c=d>0"], "Calls where “a b is c=d>0”", "coalesce(json_extract_string(results, '/a_b') = $result_0, false)", {"result_0": "c=d>0"}, id="result_with_signs"),
    pytest.param("result", ("/a=",), ["/a="], "Calls where “a is empty”", "coalesce(json_extract_string(results, '/a') = $result_0, false)", {"result_0": ""}, id="result_empty"),
    pytest.param("not_result", ("/quality/greeting/present=true", "/quality/interruptions/count>0"), ["/quality/greeting/present=true", "/quality/interruptions/count>0"], "Calls where “quality greeting present is not true” and “quality interruptions count not above 0”", "coalesce(json_extract_string(results, '/quality/greeting/present') <> $not_result_0, false) AND coalesce(try_cast(CAST(json_extract(results, '/quality/interruptions/count') AS VARCHAR) AS DOUBLE) <= 0, false)", {"not_result_0": "true"}, id="not_results"),
    pytest.param("contradiction", ("completed_without_results", "score_out_of_range"), ["completed_without_results", "score_out_of_range"], "Calls where “Completed, without results” and where “Effort score below 0 or above 5”", " AND ".join(f"coalesce({contradictions.BY_NAME[rule].sql}, false)" for rule in ("completed_without_results", "score_out_of_range")), {}, id="contradictions"),
    pytest.param("contradicts", True, ["yes"], "Calls whose fields disagree", contradictions.ANY_SQL, {}, id="contradicts"),
    pytest.param("contradicts", False, ["no"], "Calls whose fields agree", f"NOT ({contradictions.ANY_SQL})", {}, id="contradicts_not"),
    pytest.param("repeat", True, ["yes"], "Calls within 7 days of the contact's call before", REPEAT_SQL, {}, id="repeat"),
    pytest.param("repeat", False, ["no"], "Calls with no call of the contact in the 7 days before", f"NOT ({REPEAT_SQL})", {}, id="first"),
    pytest.param("hidden", True, ["yes"], "Calls that failed while another call of the contact completed", HIDDEN_SQL, {}, id="hidden"),
    pytest.param("hidden", False, ["no"], "Calls not hidden by a failed analysis", f"NOT ({HIDDEN_SQL})", {}, id="not_hidden"),
    pytest.param("advice", ("Greet", "tone"), ["Greet", "tone"], "Calls with the coaching “Greet” and “tone”", f"coalesce(list_has_all({ADVICE_SQL}, $advice::VARCHAR[]), false)", {"advice": ["Greet", "tone"]}, id="advice"),
    pytest.param("recommended", ("priority=high&category=", "category=tone"), ["priority=high&category=", "category=tone"], "Calls with a recommendation of priority “high” and no category, and one of category “tone”", f"coalesce(len(list_filter({RECOMMENDATIONS_SQL}, lambda item: coalesce(item ->> '$.priority', '') = $recommended_0_priority AND coalesce(item ->> '$.category', '') = $recommended_0_category)) > 0, false) AND coalesce(len(list_filter({RECOMMENDATIONS_SQL}, lambda item: coalesce(item ->> '$.category', '') = $recommended_1_category)) > 0, false)", {"recommended_0_priority": "high", "recommended_0_category": "", "recommended_1_category": "tone"}, id="recommended"),
    pytest.param("recommended", ("priority=high", "category="), ["priority=high", "category="], "Calls with a recommendation of priority “high”, and one of no category", f"coalesce(len(list_filter({RECOMMENDATIONS_SQL}, lambda item: coalesce(item ->> '$.priority', '') = $recommended_0_priority)) > 0, false) AND coalesce(len(list_filter({RECOMMENDATIONS_SQL}, lambda item: coalesce(item ->> '$.category', '') = $recommended_1_category)) > 0, false)", {"recommended_0_priority": "high", "recommended_1_category": ""}, id="recommended"),
    pytest.param("reason", "timeout", ["timeout"], "Calls that failed for “timeout”", f"status = 'failed' AND {REASON_SQL} = {REASON_ASKED_SQL.format('$reason')}", {"reason": "timeout"}, id="reason"),
    pytest.param("not_reason", "timeout", ["timeout"], "Calls that did not fail for “timeout”", f"NOT (status = 'failed' AND {REASON_SQL} = {REASON_ASKED_SQL.format('$not_reason')})", {"not_reason": "timeout"}, id="other_reason"),
    pytest.param("not_reason", "(any)", ["(any)"], "Calls that did not fail", "status <> 'failed'", {}, id="no_reason"),
    pytest.param("stuck", True, ["yes"], "Calls that are stuck", STUCK_SQL, {}, id="stuck"),
    pytest.param("stuck", False, ["no"], "Calls that are not stuck", f"NOT ({STUCK_SQL})", {}, id="not_stuck"),
    pytest.param("audio_format", ("wav", ""), ["wav", ""], "Calls with audio format “wav” or none", "coalesce(audio_format, '') IN (SELECT unnest($audio_format))", {"audio_format": ["wav", ""]}, id="format"),
    pytest.param("language", ("en", ""), ["en", ""], "Calls in language “en” or none", "coalesce(language, '') IN (SELECT unnest($language))", {"language": ["en", ""]}, id="language"),
    pytest.param("duration_min", 90.0, ["90"], "Calls of 90 seconds or more", "duration_s >= $duration_min", {"duration_min": 90.0}, id="seconds_from"),
    pytest.param("duration_max", 0.5, ["0.5"], "Calls of 0.5 seconds or less", "duration_s <= $duration_max", {"duration_max": 0.5}, id="seconds_to"),
    pytest.param("duration", ("1-3 min",), ["1-3 min"], "Calls with a duration of 1-3 min", f"coalesce({bands.DURATION.sql}, '') IN (SELECT unnest($duration))", {"duration": ["1-3 min"]}, id="duration"),
    pytest.param("size", ("empty",), ["empty"], "Calls with an audio size of empty", f"coalesce({bands.SIZE.sql}, '') IN (SELECT unnest($size))", {"size": ["empty"]}, id="size"),
    pytest.param("bitrate", ("8-16 kbit/s",), ["8-16 kbit/s"], "Calls with an implied bitrate of 8-16 kbit/s", f"coalesce({bands.BITRATE.sql}, '') IN (SELECT unnest($bitrate))", {"bitrate": ["8-16 kbit/s"]}, id="bitrate"),
    pytest.param("gap", ("over 2 min",), ["over 2 min"], "Calls whose call and audio lengths differ by over 2 min", f"coalesce({bands.GAP.sql}, '') IN (SELECT unnest($gap))", {"gap": ["over 2 min"]}, id="gap"),
    pytest.param("webhook", True, ["yes"], "Calls with a webhook", "coalesce(has_webhook, false)", {}, id="webhook"),
    pytest.param("webhook", False, ["no"], "Calls without a webhook", "NOT (coalesce(has_webhook, false))", {}, id="no_webhook"),
    pytest.param("livemode", False, ["no"], "Calls in test mode", "livemode IS NOT DISTINCT FROM $livemode", {"livemode": False}, id="livemode"),
    pytest.param("sort", "effort", ["effort"], "All calls", "true", {}, id="sort"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value", "texts", "sentence", "condition", "parameters"), EACH)
def test_dimension_says_the_same_when_written_each_way(
    name, value, texts, sentence, condition, parameters
):
    calls = Filter(**{name: value})
    assert getattr(calls, name) == value
    assert calls.to_query() == {name: texts}
    assert Filter.from_query({name: texts}) == (calls, ())
    assert calls.sentence == sentence
    assert calls.where(now=NOW, zone=BERLIN) == (f"({condition})", parameters)
    assert run(calls)[1] == calls
    assert eval(calls.constructor) == calls


def test_dimensions_are_all_written_each_way_when_counted():
    assert {case.values[0] for case in EACH} == {item.name for item in DIMENSIONS}


def test_parameters_keep_apart_when_every_dimension_is_set():
    every = Filter(**{case.values[0]: case.values[1] for case in EACH} | {"until": "1h"})
    assert [item.name for item, _ in every.set_values()] == list(BY_NAME)
    where, parameters = every.where(now=NOW, zone=BERLIN)
    for item, value in every.set_values():
        if item.kind.shape != "time":
            condition, own = item.sql(value, BERLIN)
            assert f"({condition})" in where
            assert own.items() <= parameters.items()
            assert all(name == item.name or name.startswith(f"{item.name}_") for name in own)
    assert Filter.from_query(every.to_query()) == (every, ())
    assert eval(every.constructor) == every


def test_conditions_are_all_asked_for_when_several_are_set():
    where, parameters = Filter("failed", agent_id="a", livemode=True).where()
    assert where == (
        "(status = $status_filter) AND (coalesce(agent_id, '') IN (SELECT unnest($agent_id))) "
        "AND (livemode IS NOT DISTINCT FROM $livemode)"
    )
    assert parameters == {"status_filter": "failed", "agent_id": ["a"], "livemode": True}
    assert Filter().where() == ("true", {})


def run(calls: Filter, **view: int) -> tuple[dict[str, object], Filter | None]:
    """What the lines of Python of a filter ask a client for, and a mirror."""
    asked: dict[str, object] = {}
    given: list[Filter | None] = [None]

    def of_mirror(which: Filter, **page: int) -> None:
        given[0] = which

    client = SimpleNamespace(list=lambda **arguments: asked.update(arguments))
    mirror = SimpleNamespace(calls=of_mirror)
    opened = SimpleNamespace(open=lambda _: nullcontext(mirror))
    exec(
        calls.python(**({"limit": 1} | view)),
        {"client": client, "Mirror": opened, "Filter": Filter},
    )
    if asked:
        only_api = {k: v for k, v in asked.items() if k not in ("limit", "offset")}
        return asked, Filter(**only_api)
    return asked, given[0]


@pytest.mark.parametrize(
    "query",
    [
        pytest.param({"agentId": ["a"], "page": ["2"], "id": ["x"]}, id="unknown"),
        pytest.param({}, id="none"),
        pytest.param({"sort": ["newest"]}, id="own_sort"),
    ],
)
def test_filter_is_any_when_the_url_names_none(query):
    assert Filter.from_query(query) == (Filter(), ())


def test_url_values_count_when_they_are_single_texts():
    query = {"status_filter": "failed", "agent_id": "a", "has_score": "no"}
    assert Filter.from_query(query) == (Filter("failed", "a", has_score=False), ())


def test_unset_and_empty_differ_when_in_the_url():
    unset, empty = Filter(), Filter(agent_id="")
    assert Filter.from_query({"agent_id": [""]}) == (empty, ())
    assert empty != unset
    assert empty.to_query() == {"agent_id": [""]}
    assert Filter(search="").to_query() == {"search": [""]}


CALLS = [
    {"id": "null", "created": 1, "status": "failed"},
    {"id": "empty", "created": 2, "status": "failed", "call": {"agent_id": "", "contact_id": ""}},
    {"id": "a", "created": 3, "status": "completed", "call": {"agent_id": "a", "contact_id": "X%_y"}},
    {"id": "b", "created": 4, "status": "completed", "call": {"agent_id": "B", "contact_id": "É"},
     "audio": {"format": "wav"}, "livemode": True,
     "results": {"compliance": {"sensitive_data": {"flagged": True}}}},
    {"id": "c", "created": 5, "status": "completed", "call": {"agent_id": "c"}, "livemode": False,
     "results": {"compliance": {"sensitive_data": {"flagged": False}}}},
]  # fmt: skip


@pytest.fixture
def found(mirror_of):
    """Gives the ids of `CALLS` that a filter means, newest last."""
    cursor = mirror_of(CALLS)

    def ids(calls: Filter) -> list[str]:
        where, parameters = calls.where(now=NOW)
        sql = f"SELECT id FROM calls WHERE {where} ORDER BY created"
        return [row[0] for row in cursor.execute(sql, parameters).fetchall()]

    return ids


@pytest.mark.parametrize(
    ("calls", "expected"),
    [
        pytest.param(Filter(), ["null", "empty", "a", "b", "c"], id="any"),
        pytest.param(Filter(agent_id=[""]), ["null", "empty"], id="no_agent"),
        pytest.param(Filter(agent_id=["", "a"]), ["null", "empty", "a"], id="no_agent_or_one"),
        pytest.param(Filter(agent_id=["c", "a"]), ["a", "c"], id="agents"),
        pytest.param(Filter(agent_id="b"), [], id="agent_in_its_case"),
        pytest.param(Filter(contact_id=""), ["null", "empty", "c"], id="no_contact"),
        pytest.param(Filter(search=""), ["null", "empty", "a", "b", "c"], id="search_for_nothing"),
        pytest.param(Filter(search="x%_Y"), ["a"], id="search_in_any_case"),
        pytest.param(Filter(search="é"), ["b"], id="search_with_accent"),
        pytest.param(Filter(search="%"), ["a"], id="search_percent"),
        pytest.param(Filter(search="_"), ["a"], id="search_underscore"),
        pytest.param(Filter(audio_format=["wav"]), ["b"], id="format"),
        pytest.param(Filter(audio_format=[""]), ["null", "empty", "a", "c"], id="no_format"),
        pytest.param(Filter(livemode=True), ["b"], id="live"),
        pytest.param(Filter(livemode=False), ["c"], id="test"),
        pytest.param(Filter(failed_check="sensitive_data"), ["b"], id="check"),
        pytest.param(Filter(failed_check=""), ["c"], id="checked_and_failed_none"),
        pytest.param(Filter(failed_check=["", "sensitive_data"]), ["b", "c"], id="checked"),
        pytest.param(Filter(reason="(no message)"), ["null", "empty"], id="reason"),
        pytest.param(Filter("completed", reason="(no message)"), [], id="reason_of_failed_only"),
    ],
)
def test_calls_are_found_when_filtered(calls, expected, found):
    assert found(calls) == expected


@pytest.mark.parametrize("value", HOSTILE)
@pytest.mark.parametrize(
    "name",
    ["status_filter", "agent_id", "contact_id", "search", "failed_check", "failed_all",
     "missing_disclosure", "advice", "reason", "audio_format", "language"],
)  # fmt: skip
def test_value_is_bound_and_never_spliced_when_hostile(name, value, found):
    calls = Filter(**{name: value})
    where, parameters = calls.where()
    assert value not in where
    assert where == Filter(**{name: "harmless"}).where()[0]
    assert parameters[name] in (value, [value])
    assert found(calls) == []
    assert len(found(Filter())) == len(CALLS)
    assert run(calls)[1] == calls
    assert Filter.from_query(calls.to_query()) == (calls, ())


@pytest.mark.parametrize("value", HOSTILE)
def test_wanted_result_is_bound_and_never_spliced_when_hostile(value, found):
    calls = Filter(result=f"/quality/x={value}")
    where, parameters = calls.where()
    assert where == Filter(result="/quality/x=harmless").where()[0]
    assert parameters == {"result_0": value}
    assert found(calls) == []
    assert run(calls)[1] == calls
    assert Filter.from_query(calls.to_query()) == (calls, ())


CLOCK = 1_790_460_000  # Sat 26 Sep 2026, 22:00 UTC: midnight to Sunday in Berlin
DAY_S = 86_400


def _call(name: str, created: int, contact: str | None = None, **fields: Any) -> dict[str, Any]:
    return {"id": name, "created": created, "status": "completed", "call": {"contact_id": contact}, **fields}  # fmt: skip


def _checked(**compliance: Any) -> dict[str, Any]:
    return {"results": {"compliance": compliance, "coaching": {"customer_effort_score": 2.25}}}


OTHERS = [
    _call("first", CLOCK - 1, "c"),
    _call("again", CLOCK + 7 * DAY_S - 1, "c"),
    _call("late", CLOCK + 14 * DAY_S, "c"),
    _call("both", CLOCK + 20 * DAY_S, "", **_checked(
        sensitive_data={"shared": True, "instances": []}, prohibited_phrases={"used": True},
        mandatory_disclosures={"missing_disclosures": ["fees", "recording"]})),
    _call("one", CLOCK + 21 * DAY_S, "", **_checked(
        sensitive_data={"shared": True, "instances": [1]}, identity_verification={"timestamp": 30},
        mandatory_disclosures={"missing_disclosures": ["fees"]})),
    _call("none", CLOCK + 23 * DAY_S, None, **_checked(
        sensitive_data={"shared": False}, mandatory_disclosures={"missing_disclosures": []})),
    _call("signs", CLOCK + 24 * DAY_S, results={"quality": {
        "greeting": {"present": True}, "n": {"count": 2}, "nan": {"count": "nan"}, "mood": ""}}),
    _call("more", CLOCK + 25 * DAY_S, results={"quality": {
        "greeting": {"present": False}, "n": {"count": 0}, "mood": None, "list": [{"a": 0.5}]}}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("calls", "expected"),
    [
        pytest.param(Filter(repeat=True), ["again"], id="repeat"),
        pytest.param(Filter(repeat=True, weekday="sat"), ["again"], id="repeat_of_one_left_out"),
        pytest.param(Filter(repeat=False, until="2026-10-15"), ["first", "late"], id="first_of_a_contact"),
        pytest.param(Filter(hour=0, until="2026-10-15"), ["late"], id="first_hour"),
        pytest.param(Filter(hour=[23], until="2026-10-15"), ["first", "again"], id="last_hour"),
        pytest.param(Filter(weekday="sun", until="2026-10-15"), ["late"], id="sunday"),
        pytest.param(Filter(weekday=["fri", "sat"], until="2026-10-15"), ["first", "again"], id="saturday"),
        pytest.param(Filter(failed_all="sensitive_data"), ["both", "one"], id="one_check"),
        pytest.param(Filter(failed_all=["prohibited_phrases", "sensitive_data"]), ["both"], id="checks_together"),
        pytest.param(Filter(failed_all=""), ["none"], id="no_check"),
        pytest.param(Filter(failed_all=["", "sensitive_data"]), [], id="no_check_and_one"),
        pytest.param(Filter(missing_disclosure=["recording", "fees"]), ["both"], id="disclosures"),
        pytest.param(Filter(missing_disclosure=""), ["none"], id="no_disclosure"),
        pytest.param(Filter(identity_stated="over 30 s"), ["one"], id="edge_is_in_the_upper_band"),
        pytest.param(Filter(effort_score="2.5"), ["both", "one", "none"], id="score_halfway"),
        pytest.param(Filter(effort_score="2"), [], id="score_below_halfway"),
        pytest.param(Filter(contradiction="sensitive_without_instance"), ["both"], id="rule"),
        pytest.param(Filter(contradicts=True, checked=True), ["both"], id="any_rule"),
        pytest.param(Filter(checked=True, flagged=False), ["none"], id="checked"),
        pytest.param(Filter(result="/quality/greeting/present=true"), ["signs"], id="sign"),
        pytest.param(Filter(result="/quality/n/count>0"), ["signs"], id="count"),
        pytest.param(Filter(result="/quality/nan/count>0"), [], id="no_count"),
        pytest.param(Filter(result="/quality/n/count=0"), ["more"], id="count_of_none"),
        pytest.param(Filter(not_result="/quality/n/count>0"), ["more"], id="not_above"),
        pytest.param(Filter(not_result="/quality/nan/count>0"), [], id="not_above_and_no_count"),
        pytest.param(Filter(not_result="/quality/n/count=0"), ["signs"], id="other_value"),
        pytest.param(Filter(result="/quality/mood="), ["signs"], id="empty_text"),
        pytest.param(Filter(result="/quality/mood=null"), [], id="null"),
        pytest.param(Filter(result=["/quality/list/0/a>0", "/quality/n/count=0"]), ["more"], id="signs"),
        pytest.param(Filter(not_result="/quality/greeting/present=true"), ["more"], id="other_sign"),
        pytest.param(Filter(not_result="/quality/n/count>0"), ["more"], id="count_not_above_0"),
        pytest.param(Filter(not_result="/quality/nan/count>0"), [], id="not_above_0_is_a_number"),
        pytest.param(Filter(not_result="/quality/mood=glad"), ["signs"], id="null_is_no_other_value"),
    ],
)  # fmt: skip
def test_calls_of_a_page_are_found_when_their_number_is_opened(calls, expected, mirror_of):
    cursor = mirror_of(OTHERS)
    where, parameters = calls.where(now=NOW, zone=BERLIN)
    found = cursor.execute(f"SELECT id FROM calls WHERE {where} ORDER BY created", parameters)
    assert [row[0] for row in found.fetchall()] == expected


def test_condition_is_prefixed_by_nothing_but_its_zone_when_zones_differ():
    for name, value in (("hour", 9), ("weekday", "mon")):
        calls = Filter(**{name: value})
        assert calls.where(zone=BERLIN)[0] != calls.where()[0]
        assert calls.where(zone=BERLIN)[1] == calls.where()[1]


@pytest.mark.parametrize(
    ("query", "refusal"),
    [
        pytest.param({"hour": ["24"]}, f"“24” is no hour: it is one of {', '.join(map(str, range(24)))}. It is left out.", id="hour"),
        pytest.param({"hour": ["9", "09"]}, f"“09” is no hour: it is one of {', '.join(map(str, range(24)))}. It is left out.", id="hour_of_two_digits"),
        pytest.param({"weekday": ["monday"]}, "“monday” is no weekday: it is one of mon, tue, wed, thu, fri, sat, sun. It is left out.", id="weekday"),
        pytest.param({"weekday": ["mon", ""]}, "“” is no weekday: it is one of mon, tue, wed, thu, fri, sat, sun. It is left out.", id="weekday_empty"),
        pytest.param({"effort_score": ["2.25"]}, f"“2.25” is no effort_score: it is one of {', '.join(bands.EFFORT_SCORES)}, unknown. It is left out.", id="effort_score"),
        pytest.param({"gap": ["1–5 s"]}, "“1–5 s” is no gap: it is one of under 1 s, 1-5 s, 5-30 s, 30-120 s, over 2 min, unknown. It is left out.", id="band"),
        pytest.param({"contradiction": ["x" * 99]}, f"“{'x' * 40}” is no contradiction: it is one of {', '.join(contradictions.BY_NAME)}. It is left out.", id="rule"),
        pytest.param({"result": ["present=true"]}, "“present=true” is no result: write /quality/greeting/present=true, or /quality/interruptions/count>0 for counts. It is left out.", id="result_without_path"),
        pytest.param({"result": ["/quality/greeting"]}, "“/quality/greeting” is no result: write /quality/greeting/present=true, or /quality/interruptions/count>0 for counts. It is left out.", id="result_without_value"),
        pytest.param({"result": ["/a=1", "/a'b=1"]}, "“/a'b=1” is no result: write /quality/greeting/present=true, or /quality/interruptions/count>0 for counts. It is left out.", id="result_with_quote"),
        pytest.param({"result": ["/a>1"]}, "“/a>1” is no result: write /quality/greeting/present=true, or /quality/interruptions/count>0 for counts. It is left out.", id="result_above_1"),
        pytest.param({"recommended": ["high"]}, "“high” is no recommended: write priority=high, category=identity, or priority=high&category=identity. It is left out.", id="recommended"),
        pytest.param({"greeting": ["1"]}, "“1” is no greeting: it is yes or no. It is left out.", id="greeting"),
        pytest.param({"repeat": ["yes", "no"]}, "repeat is given 2 times: give it once. It is left out.", id="repeat_twice"),
        pytest.param({"weekday": []}, "weekday takes text or several texts, not (). It is left out.", id="weekday_without_value"),
        pytest.param({"status_filter": ["a", "b"]}, "status_filter is given 2 times: give it once. It is left out.", id="status_twice"),
        pytest.param({"search": []}, "search is given 0 times: give it once. It is left out.", id="search_without_value"),
        pytest.param({"since": ["1d", "2d"]}, "since is given 2 times: give it once. It is left out.", id="since_twice"),
        pytest.param({"since": ["yesterday"]}, "“yesterday” is no time for since: write 7d, 24h, 2026-11-01 or 2026-11-01T12:00:00Z. It is left out.", id="since_in_words"),
        pytest.param({"until": ["2026-02-30"]}, "“2026-02-30” is no time for until: write 7d, 24h, 2026-11-01 or 2026-11-01T12:00:00Z. It is left out.", id="no_such_day"),
        pytest.param({"effort_min": ["much"]}, "“much” is no effort_min: it takes a number from 0. It is left out.", id="no_number"),
        pytest.param({"effort_max": ["-1"]}, "“-1” is no effort_max: it takes a number from 0. It is left out.", id="negative"),
        pytest.param({"duration_min": ["nan"]}, "“nan” is no duration_min: it takes a number from 0. It is left out.", id="nan"),
        pytest.param({"duration_max": ["inf"]}, "“inf” is no duration_max: it takes a number from 0. It is left out.", id="infinite"),
        pytest.param({"duration_max": [""]}, "“” is no duration_max: it takes a number from 0. It is left out.", id="number_empty"),
        pytest.param({"effort_min": ["x" * 99]}, f"“{'x' * 40}” is no effort_min: it takes a number from 0. It is left out.", id="long"),
        pytest.param({"has_score": ["true"]}, "“true” is no has_score: it is yes or no. It is left out.", id="flag"),
        pytest.param({"livemode": [""]}, "“” is no livemode: it is yes or no. It is left out.", id="flag_empty"),
        pytest.param({"sort": ["id; DROP TABLE calls"]}, "“id; DROP TABLE calls” is no sort: it is one of newest, oldest, longest, effort, slowest. It is left out.", id="sort"),
        pytest.param({"agent_id": []}, "agent_id takes text or several texts, not []. It is left out.", id="agents_without_value"),
    ],
)  # fmt: skip
def test_value_is_refused_by_name_and_the_rest_kept_when_unusable(query, refusal):
    assert Filter.from_query(query | {"contact_id": ["c"]}) == (Filter(contact_id="c"), (refusal,))


def test_every_refusal_is_named_when_there_are_several():
    _, refused = Filter.from_query({"since": ["x"], "until": ["y"], "livemode": ["z"]})
    assert [next(n for n in ("since", "until", "livemode") if n in text) for text in refused] == [
        "since", "until", "livemode"
    ]  # fmt: skip


@pytest.mark.parametrize(
    "arguments",
    [
        {"status_filter": 3}, {"status_filter": ["failed"]}, {"agent_id": []}, {"agent_id": 3},
        {"agent_id": ["a", None]}, {"agent_id": b"a"}, {"search": ("x",)}, {"since": 7},
        {"since": datetime(2026, 1, 1)}, {"effort_min": True}, {"effort_min": "x"}, {"effort_min": 10**400},
        {"has_score": 1}, {"livemode": "yes"}, {"sort": "agent_id"}, {"sort": ["effort"]},
        {"search": "\ud800"}, {"agent_id": ["a", "\udfff"]}, {"hour": 24}, {"hour": -1}, {"hour": True},
        {"hour": 9.0}, {"hour": []}, {"hour": [9, None]}, {"weekday": 0}, {"weekday": "Mon"},
        {"weekday": b"mon"}, {"duration": "5 min"}, {"contradiction": ""}, {"result": "//=1"},
        {"result": "/=1"}, {"result": "/a/=1"}, {"result": ""}, {"result": 3}, {"greeting": 1},
        {"effort_score": 2.5}, {"size": "\ud800"},
    ],
    ids=lambda arguments: ascii(arguments)[:40],
)  # fmt: skip
def test_filter_is_refused_when_a_value_cannot_be_meant(arguments):
    with pytest.raises(InvalidFilterError, match=next(iter(arguments))):
        Filter(**arguments)


def test_error_is_a_value_error_when_caught():
    with pytest.raises(ValueError, match="has_score is True or False"):
        Filter(has_score=2)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        pytest.param({"agent_id": ["b", "a", "b"]}, {"agent_id": ("b", "a")}, id="repeated"),
        pytest.param({"agent_id": "a"}, {"agent_id": ("a",)}, id="single"),
        pytest.param({"effort_min": "3"}, {"effort_min": 3.0}, id="number_as_text"),
        pytest.param({"since": date(2026, 11, 1)}, {"since": "2026-11-01"}, id="date"),
        pytest.param({"since": datetime(2026, 11, 1, tzinfo=UTC)}, {"since": "2026-11-01T00:00:00+00:00"}, id="datetime"),
        pytest.param({"sort": "newest"}, {"sort": None}, id="own_sort"),
        pytest.param({"hour": 9}, {"hour": ("9",)}, id="hour_as_number"),
        pytest.param({"hour": range(8, 11)}, {"hour": ("8", "9", "10")}, id="hours_as_range"),
        pytest.param({"hour": [9, "9", 10]}, {"hour": ("9", "10")}, id="hour_repeated"),
        pytest.param({"effort_score": 3}, {"effort_score": ("3",)}, id="score_as_number"),
        pytest.param({"weekday": "mon"}, {"weekday": ("mon",)}, id="weekday"),
        pytest.param({"result": "/a=1"}, {"result": ("/a=1",)}, id="result"),
    ],
)  # fmt: skip
def test_value_has_one_form_when_given_in_another(given, kept):
    (name,) = given
    assert getattr(Filter(**given), name) == kept[name]
    assert Filter(**given) == Filter(**kept)
    assert hash(Filter(**given)) == hash(Filter(**kept))


@pytest.mark.parametrize(
    ("text", "zone", "expected"),
    [
        pytest.param("1m", UTC, "2026-11-25T12:29:00+00:00", id="minute"),
        pytest.param("24h", UTC, "2026-11-24T12:30:00+00:00", id="hours"),
        pytest.param("7d", BERLIN, "2026-11-18T12:30:00+00:00", id="days_in_any_zone"),
        pytest.param("2w", UTC, "2026-11-11T12:30:00+00:00", id="weeks"),
        pytest.param("2026-11-01", UTC, "2026-11-01T00:00:00+00:00", id="day"),
        pytest.param("2026-11-01", BERLIN, "2026-10-31T23:00:00+00:00", id="day_in_berlin"),
        pytest.param("2026-07-01", BERLIN, "2026-06-30T22:00:00+00:00", id="day_in_summer"),
        pytest.param("2026-03-29", BERLIN, "2026-03-28T23:00:00+00:00", id="day_of_23_hours"),
        pytest.param("2026-03-30", BERLIN, "2026-03-29T22:00:00+00:00", id="day_after_23_hours"),
        pytest.param("2026-10-26", BERLIN, "2026-10-25T23:00:00+00:00", id="day_after_25_hours"),
        pytest.param("2026-09-06", ZoneInfo("America/Santiago"), "2026-09-06T04:00:00+00:00", id="no_midnight"),
        pytest.param("2026-11-01", ZoneInfo("America/Havana"), "2026-11-01T04:00:00+00:00", id="midnight_twice"),
        pytest.param("2026-11-01T12:00:00Z", BERLIN, "2026-11-01T12:00:00+00:00", id="time"),
        pytest.param("2026-11-01T12:00:00+05:30", BERLIN, "2026-11-01T06:30:00+00:00", id="offset"),
    ],
)  # fmt: skip
def test_time_is_the_moment_meant_when_read(text, zone, expected):
    found = instant("since", text, now=NOW, zone=zone)
    assert found.astimezone(UTC).isoformat() == expected
    where, parameters = Filter(since=text).where(now=NOW, zone=zone)
    assert where == "(created >= $since)"
    assert parameters == {"since": int(datetime.fromisoformat(expected).timestamp())}


@pytest.mark.parametrize(
    "text",
    ["", " 7d", "7d ", "0d", "-7d", "7D", "7", "d", "7y", "1.5h", "99999999d", "99999w", "٧d", "2026-13-01",
     "2026-11-01T12:00:00", "2026-11-01 12:00", "now", "0001-01-01", "9999-12-31", "1969-12-31T00:00:00Z",
     "2026-11-01T25:00:00Z", "2026-11-01T12:00:00+24:00", "9999-12-31T23:59:59-12:00"],
    ids=ascii,
)  # fmt: skip
def test_time_is_refused_when_it_means_no_moment(text):
    with pytest.raises(InvalidFilterError, match="no time for until"):
        Filter(until=text)


def test_end_of_second_counts_when_a_time_has_parts_of_it():
    # a call of second 0 is before 0.5 s: it is out since, and in until
    assert Filter(since="2026-11-01T00:00:00.5Z").where()[1] == {"since": 1_793_491_201}
    assert Filter(until="2026-11-01T00:00:00.5Z").where()[1] == {"until": 1_793_491_201}


@pytest.mark.parametrize(
    ("since", "until"),
    [
        pytest.param("2026-11-02", "2026-11-01", id="days"),
        pytest.param("2026-11-01", "2026-11-01", id="the_same"),
        pytest.param("1h", "2h", id="spans"),
        pytest.param("2026-11-25", "1d", id="day_and_span"),
        pytest.param("2026-11-01T00:00:00Z", "2026-11-01T00:00:00+01:00", id="offsets"),
    ],
)
def test_range_is_refused_when_it_ends_before_it_starts(since, until):
    calls = Filter(since=since, until=until)
    with pytest.raises(InvalidFilterError, match="Swap them") as caught:
        calls.where(now=NOW)
    assert since in str(caught.value)
    assert until in str(caught.value)


@pytest.mark.parametrize("zone", [UTC, BERLIN, timezone(timedelta(hours=14))], ids=str)
@pytest.mark.parametrize(
    "calls",
    [
        pytest.param(Filter(since="24h"), id="since"),
        pytest.param(Filter("failed", since="7d", until="90m", sort="effort"), id="both"),
        pytest.param(Filter(since="2026-03-29", until="2026-03-30"), id="day"),
        pytest.param(Filter(until="2026-11-01T00:00:00.5+01:00"), id="part_of_a_second"),
        pytest.param(Filter(agent_id="a"), id="no_times"),
    ],
)
def test_frozen_filter_means_the_same_when_asked_later_and_elsewhere(calls, zone):
    frozen = calls.frozen(now=NOW, zone=zone)
    later = frozen.where(now=NOW + timedelta(days=400), zone=ZoneInfo("America/New_York"))
    assert later == calls.where(now=NOW, zone=zone)
    assert Filter.from_query(frozen.to_query()) == (frozen, ())
    assert frozen.frozen(now=NOW + timedelta(days=1)) == frozen
    assert frozen.with_(since=None, until=None) == calls.with_(since=None, until=None)


@pytest.mark.parametrize(
    ("calls", "is_live"),
    [
        pytest.param(Filter(), True, id="any"),
        pytest.param(Filter("failed", "a", "c", "x"), True, id="own_filters"),
        pytest.param(Filter(sort="newest"), True, id="own_sort"),
        pytest.param(Filter(agent_id=["a", "b"]), False, id="several_agents"),
        pytest.param(Filter(agent_id=""), False, id="no_agent"),
        pytest.param(Filter(search=""), False, id="empty_search"),
        *(pytest.param(Filter(**{case.values[0]: case.values[1]}), False, id=str(case.id))
          for case in EACH if case.values[0] not in ("status_filter", "agent_id", "contact_id", "search")),
    ],
)  # fmt: skip
def test_api_answers_only_what_it_can_filter_by_when_asked(calls, is_live):
    assert calls.is_live is is_live
    if is_live:
        assert calls.python(limit=1).startswith("page = client.list(")
        return
    assert "Mirror.open" in calls.python(limit=1)
    with pytest.raises(InvalidFilterError, match="Ask the mirror") as caught:
        calls.api_parameters
    assert calls.sentence in str(caught.value)


def test_filter_keeps_the_rest_when_one_field_changes():
    calls = Filter("failed", "a")
    assert calls.with_(status_filter=None) == Filter(agent_id="a")
    assert calls == Filter("failed", "a")
    with pytest.raises(dataclasses.FrozenInstanceError):
        calls.agent_id = "b"
    with pytest.raises(InvalidFilterError):
        calls.with_(since="never")


def test_python_line_asks_the_same_when_run(sandbox_2500):
    calls = Filter(status_filter="completed", search="AGENT")
    line = calls.python(limit=7, offset=3)
    assert line == (
        "page = client.list(status_filter='completed', search='AGENT', limit=7, offset=3)"
    )  # fmt: skip
    with Client(sandbox_2500.base_url, sandbox_2500.key) as client:
        names = {"client": client}
        exec(line, names)
        direct = client.list(**calls.api_parameters, limit=7, offset=3)
    assert [a.id for a in names["page"].data] == [a.id for a in direct.data]
    assert len(names["page"].data) == 7


@pytest.mark.parametrize(
    ("calls", "constructor"),
    [
        pytest.param(Filter(), "Filter()", id="any"),
        pytest.param(Filter("failed"), "Filter(status_filter='failed')", id="status"),
        pytest.param(Filter(hour=9), "Filter(hour='9')", id="hour"),
        pytest.param(Filter(weekday=["mon", "tue"]), "Filter(weekday=('mon', 'tue'))", id="weekdays"),
        pytest.param(Filter(greeting=False, repeat=True), "Filter(greeting=False, repeat=True)", id="flags"),
        pytest.param(Filter(result='/a="b"'), "Filter(result='/a=\"b\"')", id="result"),
    ],
)  # fmt: skip
def test_constructor_makes_the_filter_when_run(calls, constructor):
    assert calls.constructor == constructor
    assert eval(constructor) == calls


def test_python_lines_are_these_when_the_api_cannot_filter_so():
    assert Filter("failed", ["a", "b"], contact_id=[""], effort_min=3).python(limit=7) == (
        "with Mirror.open(client) as mirror:\n"
        "    frame = mirror.calls(Filter(status_filter='failed', agent_id=('a', 'b'), "
        "contact_id='', effort_min=3.0), limit=7, offset=0)"
    )
    assert Filter(hour=9).python(limit=5, offset=10, zone=BERLIN) == (
        "with Mirror.open(client) as mirror:\n"
        "    frame = mirror.calls(Filter(hour='9'), limit=5, offset=10, zone='Europe/Berlin')"
    )


@pytest.mark.parametrize("value", HOSTILE)
def test_python_line_stays_a_line_when_a_value_is_hostile(value):
    line = Filter(agent_id=value).python(limit=1, offset=0)
    assert "\n" not in line
    assert run(Filter(agent_id=value)) == (
        {"agent_id": value, "limit": 1, "offset": 0},
        Filter(agent_id=value),
    )
    assert Filter(agent_id=value, livemode=True).python(limit=1).count("\n") == 1


def test_dimensions_are_the_fields_when_counted():
    names = [item.name for item in DIMENSIONS]
    assert names == [field.name for field in dataclasses.fields(Filter)]
    assert all(item.label for item in DIMENSIONS)
    assert set(STATUSES) == {"processing", "completed", "failed"}
    assert tuple(f"{date(2026, 11, 23 + n):%a}".lower() for n in range(7)) == WEEKDAYS


def test_names_are_as_many_as_there_are_bands_when_listed():
    for name in ("identity_stated", "duration", "size", "bitrate", "gap"):
        choices = BY_NAME[name].kind.choices
        assert len(set(choices)) == len(choices)
        assert choices[-1] == bands.UNKNOWN
    assert BY_NAME["effort_score"].kind.choices == (*bands.EFFORT_SCORES, bands.UNKNOWN)
    assert BY_NAME["contradiction"].kind.choices == tuple(contradictions.BY_NAME)


@pytest.mark.parametrize("name", SORTS)
def test_sort_says_the_same_when_written_each_way(name):
    calls = Filter(sort=name)
    words, terms = SORTS[name]
    assert (calls.order_words, calls.order()) == (words, terms)
    assert Filter.from_query({"sort": [name]}) == (calls, ())
    assert calls.sentence == "All calls"
    assert calls.order().endswith("rowid")


def test_order_is_the_apis_when_no_sort_is_set():
    assert Filter().order() == "created DESC, rowid"
    assert Filter().order_words == "newest first"


@pytest.mark.parametrize(
    ("query", "view", "refused"),
    [
        pytest.param({}, View(), (), id="default"),
        pytest.param({"limit": ["100"], "page": ["3"]}, View(100, 3), (), id="both"),
        pytest.param({"limit": "100", "page": ["2", "3"]}, View(100, 3), (), id="text_and_last_of_two"),
        pytest.param({"limit": ["1000"]}, View(1000), (), id="most"),
        pytest.param({"limit": ["1001"]}, View(), ("“1001” is no limit: it takes a whole number from 1 to 1000. 50 is used instead.",), id="too_many"),
        pytest.param({"limit": ["0"], "page": ["2"]}, View(page=2), ("“0” is no limit: it takes a whole number from 1 to 1000. 50 is used instead.",), id="zero"),
        pytest.param({"page": ["-1"]}, View(), ("“-1” is no page: it takes a whole number of 1 or more. 1 is used instead.",), id="negative"),
        pytest.param({"page": ["x" * 99]}, View(), (f"“{'x' * 40}” is no page: it takes a whole number of 1 or more. 1 is used instead.",), id="long"),
        pytest.param({"page": [""]}, View(), ("“” is no page: it takes a whole number of 1 or more. 1 is used instead.",), id="empty"),
    ],
)  # fmt: skip
def test_view_is_read_or_refused_by_name_when_in_the_url(query, view, refused):
    assert View.from_query(query) == (view, refused)


@pytest.mark.parametrize(
    "text", ["１２", "1_000", " 7", "7 ", "1e3", "+1", "0x1", "٣", "1.0", "9" * 13]
)
def test_number_is_refused_when_not_plain_digits(text):
    with pytest.raises(InvalidFilterError):
        whole_number("page", text, 1, None)


@pytest.mark.parametrize(
    ("limit", "total", "pages"),
    [(50, 0, 1), (50, 1, 1), (50, 50, 1), (50, 51, 2), (1000, 2500, 3), (1, 7, 7)],
)
def test_pages_hold_all_calls_when_counted(limit, total, pages):
    assert View(limit).pages(total) == pages


def test_offset_is_where_the_page_begins_when_asked():
    assert (View(50, 1).offset, View(50, 3).offset) == (0, 100)
    assert View(50, 2).to_query() == {"page": ["2"]}
    assert View(MAX_LIMIT).to_query() == {"limit": ["1000"]}


@pytest.mark.parametrize(
    ("since", "words"),
    [
        ("2026-10-25T23:00:00Z", "26 Oct 2026"),
        ("2026-10-26T13:05:00Z", "26 Oct 2026, 14:05"),
        ("2026-10-26T13:05:09+02:00", "26 Oct 2026, 12:05:09"),
        ("2026-10-26", "2026-10-26"),
        ("7d", "7 days ago"),
    ],
)
def test_moments_are_said_on_the_clock_of_the_viewer(since, words):
    assert Filter("failed", since=since).sentence_in(BERLIN) == f"Failed calls since {words}"
