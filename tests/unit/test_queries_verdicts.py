"""Contradictions: counted exactly in the account that has them, none where fields are absent."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pytest
from scipy import stats

from explorer.analysis import queries
from explorer.analysis.contradictions import BY_NAME, RULES
from explorer.analysis.filters import Filter

UTC = ZoneInfo("UTC")
ANY = Filter()


def call(name: str, status: str = "completed", **parts: Any) -> dict[str, Any]:
    message = parts.pop("error", None)
    results = parts.pop("results", {}) if "results" in parts else dict(parts)
    return {
        "id": name,
        "created": 1_772_600_000,
        "status": status,
        "results": results,
        "metadata": {"error_message": message},
    }


def checks(**blocks: Any) -> dict[str, Any]:
    return {"compliance": blocks}


def identity(**fields: Any) -> dict[str, Any]:
    return checks(identity_verification=fields)


def purpose(**fields: Any) -> dict[str, Any]:
    return checks(purpose_declaration=fields)


def disclosures(**fields: Any) -> dict[str, Any]:
    return checks(mandatory_disclosures=fields)


def broken_in_python(record: dict[str, Any]) -> set[str]:
    """The rules a record of the sandbox breaks, from its own fields alone."""
    results = record["results"]
    if record["status"] != "completed":
        return set()
    if results is None:
        return {"completed_without_results"}
    found = results["compliance"]
    stated = found["identity_verification"]
    read = found["mandatory_disclosures"]
    said = found["prohibited_phrases"]
    broken = {
        "identity_in_time_yet_flagged": stated["flagged"]
        and stated["timestamp"] is not None
        and stated["timestamp"] <= 15,
        "disclosures_unread_none_missing": not read["read"] and not read["missing_disclosures"],
        "prohibited_without_instance": said["used"] and not said["instances"],
    }
    return {name for name, breaks in broken.items() if breaks}


def test_contradictions_are_those_of_the_records(told):
    table = queries.contradictions(told.cursor(), ANY, UTC).set_index("rule")
    broken = {one["id"]: broken_in_python(one) for one in told.records}
    for rule in RULES:
        assert table.loc[rule.name, "n_calls"] == sum(rule.name in each for each in broken.values())
    total = queries.contradicting(told.cursor(), ANY, UTC)
    assert total["n_contradicting"].iloc[0] == sum(bool(each) for each in broken.values())
    assert total["n_calls"].iloc[0] == len(told.records)
    listed = queries.contradicting_calls(told.cursor(), ANY, UTC, limit=1000)
    words = {key: {BY_NAME[name].words for name in each} for key, each in broken.items() if each}
    assert {row.id: set(row.broken.split("; ")) for row in listed.itertuples()} == words
    assert listed["created_at"].is_monotonic_decreasing
    # the sandbox plants each in about one of a hundred completed calls
    planted = table.loc[table["n_calls"] > 0]
    completed = sum(one["status"] == "completed" for one in told.records)
    assert len(planted) == 4
    assert (planted["n_calls"] / completed).between(0.004, 0.02).all()


def test_shares_are_of_the_calls_that_could_break_the_rule(told):
    table = queries.contradictions(told.cursor(), ANY, UTC).set_index("rule")
    verdicts = [one["results"]["compliance"] for one in told.records if one["results"]]
    could = {
        "disclosures_unread_none_missing": sum(
            not one["mandatory_disclosures"]["read"] for one in verdicts
        ),
        "prohibited_without_instance": sum(one["prohibited_phrases"]["used"] for one in verdicts),
        "identity_in_time_yet_flagged": sum(
            (one["identity_verification"]["timestamp"] or 99) <= 15 for one in verdicts
        ),
        "completed_without_results": sum(one["status"] == "completed" for one in told.records),
    }
    for name, n in could.items():
        row = table.loc[name]
        assert row["of_possible"] == n
        assert row["share"] == pytest.approx(row["n_calls"] / n)
        interval = stats.binomtest(int(row["n_calls"]), n).proportion_ci(method="wilson")
        assert (row["share_low"], row["share_high"]) == pytest.approx((interval.low, interval.high))


BROKEN = [
    pytest.param("identity_in_time_yet_flagged", identity(verified=True, timestamp=15, flagged=True), id="in_time"),
    pytest.param("identity_late_not_flagged", identity(verified=True, timestamp=15.1, flagged=False), id="late"),
    pytest.param("identity_late_not_flagged", identity(verified=False, flagged=False), id="never"),
    pytest.param("purpose_in_time_yet_flagged", purpose(disclosed=True, interaction_number=4, flagged=True), id="purpose"),
    pytest.param("purpose_late_not_flagged", purpose(disclosed=True, interaction_number=5, flagged=False), id="purpose_late"),
    pytest.param("disclosures_unread_none_missing", disclosures(read=False, missing_disclosures=[]), id="unread"),
    pytest.param("disclosures_read_some_missing", disclosures(read=True, missing_disclosures=["fees"]), id="read"),
    pytest.param("prohibited_without_instance", checks(prohibited_phrases={"used": True, "instances": []}), id="phrase"),
    pytest.param("prohibited_instance_not_used", checks(prohibited_phrases={"used": False, "instances": ["x"]}), id="no_phrase"),
    pytest.param("sensitive_without_instance", checks(sensitive_data={"shared": True, "instances": []}), id="shared"),
    pytest.param("sensitive_instance_not_shared", checks(sensitive_data={"shared": False, "instances": ["x"]}), id="not_shared"),
    pytest.param("score_out_of_range", {"coaching": {"customer_effort_score": 5.5}}, id="score"),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "results"), BROKEN)
def test_rule_is_broken_when_the_fields_disagree(rule, results, mirror_of):
    cursor = mirror_of([call("x", results=results)])
    table = queries.contradictions(cursor, ANY, UTC).set_index("rule")
    assert table.index[table["n_calls"] > 0].tolist() == [rule]
    assert table.loc[rule, "of_possible"] == 1
    listed = queries.contradicting_calls(cursor, ANY, UTC, limit=5)
    assert listed["broken"].tolist() == [BY_NAME[rule].words]
    assert queries.count(cursor, Filter(contradiction=rule), UTC) == 1


@pytest.mark.parametrize(
    ("rule", "record"),
    [
        pytest.param("completed_without_results", call("x", results=None), id="no_results"),
        pytest.param(
            "failed_with_results", call("x", "failed", results={}, error="e"), id="failed"
        ),
        pytest.param("completed_with_error", call("x", results={}, error="boom"), id="error"),
    ],
)
def test_rule_is_broken_when_status_and_content_disagree(rule, record, mirror_of):
    table = queries.contradictions(mirror_of([record]), ANY, UTC).set_index("rule")
    assert table.index[table["n_calls"] > 0].tolist() == [rule]


@pytest.mark.parametrize(
    "record",
    [
        pytest.param(call("x", results={}), id="empty_results"),
        pytest.param(call("x", results={"compliance": None, "quality": None, "coaching": None}), id="nulls"),
        pytest.param(call("x", results=checks()), id="no_checks"),
        pytest.param(call("x", results=identity()), id="empty_check"),
        pytest.param(call("x", results=identity(verified=True, flagged=True)), id="no_time"),
        pytest.param(call("x", results=identity(timestamp=3, flagged=True)), id="no_verified"),
        pytest.param(call("x", results=identity(verified=True, timestamp=99)), id="no_flag"),
        pytest.param(call("x", results=identity(verified=True, flagged=False)), id="founding"),
        pytest.param(call("x", results=purpose(disclosed=True, flagged=True)), id="no_turn"),
        pytest.param(call("x", results=purpose(interaction_number=9)), id="no_purpose_flag"),
        pytest.param(call("x", results=disclosures(read=False)), id="no_missing"),
        pytest.param(call("x", results=disclosures(missing_disclosures=["fees"])), id="no_read"),
        pytest.param(call("x", results=checks(prohibited_phrases={"used": True})), id="no_instances"),
        pytest.param(call("x", results=checks(sensitive_data={"instances": ["x"]})), id="no_shared"),
        pytest.param(call("x", results=checks(sensitive_data={"shared": True, "instances": None})), id="null_instances"),
        pytest.param(call("x", results={"coaching": {"customer_effort_score": None}}), id="no_score"),
        pytest.param(call("x", "processing", results=None), id="processing"),
        pytest.param(call("x", "failed", results=None), id="failed_without_message"),
        pytest.param(call("x", "archived", results=None, error="e"), id="new_status"),
    ],
)  # fmt: skip
def test_no_rule_is_broken_when_fields_are_absent(record, mirror_of):
    cursor = mirror_of([record])
    table = queries.contradictions(cursor, ANY, UTC)
    assert table.loc[table["n_calls"] > 0, "rule"].tolist() == []
    assert queries.contradicting(cursor, ANY, UTC)["n_contradicting"].iloc[0] == 0
    assert queries.contradicting_calls(cursor, ANY, UTC, limit=5).empty


def test_a_call_counts_once_and_is_listed_with_all_its_rules(mirror_of):
    both = disclosures(read=False, missing_disclosures=[])["compliance"]
    both |= checks(sensitive_data={"shared": True, "instances": []})["compliance"]
    cursor = mirror_of([call("x", results={"compliance": both})])
    assert queries.contradicting(cursor, ANY, UTC)["n_contradicting"].iloc[0] == 1
    (row,) = queries.contradicting_calls(cursor, ANY, UTC, limit=5).itertuples()
    assert row.broken == (
        "Disclosures not read, with none missing; Sensitive data shared, without an instance"
    )
    table = queries.contradictions(cursor, ANY, UTC)
    which = queries.contradictions.which(
        table, 0, "n_calls", Filter(contradiction=table["rule"][1]), UTC
    )
    assert set(which.contradiction) == set(table["rule"][:2])


def test_none_is_listed_when_calls_are_asked_for_whose_fields_agree(told):
    calls, cursor = Filter(contradicts=False), told.cursor()
    assert queries.contradicting_calls(cursor, calls, UTC, limit=10).empty
    total = queries.contradicting(cursor, calls, UTC)
    assert total["n_contradicting"].iloc[0] == 0
    assert queries.contradicting.which(total, 0, "n_contradicting", calls, UTC) is None


def test_every_rule_is_a_part_of_what_it_can_apply_to(told):
    for rule in RULES:
        sql = f"SELECT count(*) FROM calls WHERE ({rule.sql}) AND ({rule.applies}) IS NOT TRUE"
        assert told.cursor().execute(sql).fetchone() == (0,)
        assert rule.among
        assert rule.words[0].isupper()
