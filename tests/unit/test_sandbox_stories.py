"""Each planted story can be found in the records, and has the size its docstring says."""

from __future__ import annotations

from collections import Counter
from statistics import mean
from typing import Any

import pytest

from explorer.sandbox import SANDBOX_KEY, Filters, Sandbox
from explorer.sandbox.failure_messages import REASONS, message
from explorer.sandbox.mixing import mix
from explorer.sandbox.names import ODD_AGENTS, ODD_CONTACTS
from explorer.sandbox.stories import DAY_S, DROPPED_DISCLOSURE, Stories

NOW = 1_790_000_000
STORIES = Stories.before(NOW)

Records = list[dict[str, Any]]


@pytest.fixture(scope="module")
def records() -> Records:
    account = Sandbox(now=NOW).accounts[SANDBOX_KEY]
    return [r for offset in (0, 1000, 2000) for r in account.page(Filters(), 1000, offset)[0]]


@pytest.fixture(scope="module")
def results(records: Records) -> Records:
    return [r["results"] for r in records if r["results"]]


def share(records: Records, status: str = "failed") -> float:
    return sum(r["status"] == status for r in records) / len(records)


@pytest.mark.parametrize("days", range(7))
def test_the_outage_is_on_a_tuesday_and_wednesday(days: int) -> None:
    now = NOW + days * DAY_S
    stories = Stories.before(now)
    assert (stories.outage_start // DAY_S + 3) % 7 == 1
    assert stories.outage_start % DAY_S == 6 * 3600
    assert stories.outage_end - stories.outage_start == 36 * 3600
    assert 20 * DAY_S < now - stories.outage_end < 28 * DAY_S


def test_the_outage_fails_most_analyses_for_one_reason(records: Records) -> None:
    during = [r for r in records if STORIES.outage_start <= r["created"] < STORIES.outage_end]
    reasons = Counter(
        r["metadata"]["error_message"].partition(":")[0] for r in during if r["status"] == "failed"
    )
    assert len(during) > 30
    assert share(during) > 0.6
    assert reasons.most_common(1)[0][0] == "Transcription backend unavailable"
    assert reasons.most_common(1)[0][1] > 20


def test_otherwise_3_to_5_percent_fail(records: Records) -> None:
    ordinary = [
        r
        for r in records
        if not STORIES.outage_start <= r["created"] < STORIES.outage_end
        and r["audio"]["format"] != "webm"
    ]
    assert 0.03 <= share(ordinary) <= 0.05


def test_one_format_fails_for_its_codec(records: Records) -> None:
    failing = {
        r["audio"]["format"]
        for r in records
        if (r["metadata"]["error_message"] or "").startswith("Audio decode failed")
    }
    assert failing == {"webm"}
    assert share([r for r in records if r["audio"]["format"] == "webm"]) > 0.3


def test_the_effort_of_one_agent_falls_after_coaching(records: Records) -> None:
    efforts: dict[bool, list[int]] = {True: [], False: []}
    for r in records:
        if r["call"]["agent_id"] == "agent_007" and r["results"]:
            score = r["results"]["coaching"]["customer_effort_score"]
            if score is not None:
                efforts[r["created"] >= STORIES.coached_at].append(score)
    assert mean(efforts[False]) > 3.2
    assert mean(efforts[True]) < 2.0
    assert min(len(scores) for scores in efforts.values()) > 20


def test_a_disclosure_is_dropped_by_everybody(records: Records) -> None:
    read: dict[bool, Counter[bool]] = {True: Counter(), False: Counter()}
    for r in records:
        if r["results"]:
            found = r["results"]["compliance"]["mandatory_disclosures"]
            matched = DROPPED_DISCLOSURE in found["matched_disclosures"]
            if matched or DROPPED_DISCLOSURE in found["missing_disclosures"]:
                read[r["created"] >= STORIES.script_changed_at][matched] += 1
    assert read[False][True] / read[False].total() > 0.9
    assert read[True][True] / read[True].total() < 0.1
    assert read[True].total() > 100


def test_some_analyses_are_stuck_and_the_newest_still_processing(records: Records) -> None:
    ages = [NOW - r["created"] for r in records if r["status"] == "processing"]
    assert len([age for age in ages if age > 2 * DAY_S]) == 5
    assert ages[:4] == [20, 75, 140, 260]
    assert len([age for age in ages if 900 < age < 2 * DAY_S]) == 0


def test_some_verdicts_contradict_their_own_fields(results: Records) -> None:
    found = Counter[str]()
    for result in results:
        compliance = result["compliance"]
        identity = compliance["identity_verification"]
        disclosures = compliance["mandatory_disclosures"]
        prohibited = compliance["prohibited_phrases"]
        in_time = identity["timestamp"] is not None and identity["timestamp"] <= 15
        found["flagged in time"] += in_time and identity["flagged"]
        found["late, not flagged"] += not in_time and not identity["flagged"]
        found["unread"] += not disclosures["read"] and not disclosures["missing_disclosures"]
        found["read"] += disclosures["read"] and bool(disclosures["missing_disclosures"])
        found["used"] += prohibited["used"] and not prohibited["instances"]
        found["unused"] += not prohibited["used"] and bool(prohibited["instances"])
    assert {name for name, count in found.items() if count} == {"flagged in time", "unread", "used"}
    for name in ("flagged in time", "unread", "used"):
        assert 0.004 < found[name] / len(results) < 0.02


def test_verdicts_are_mostly_good(results: Records) -> None:
    flagged = mean(r["compliance"]["identity_verification"]["flagged"] for r in results)
    greeted = mean(r["quality"]["greeting"]["present"] for r in results)
    assert 0.03 < flagged < 0.25
    assert 0.75 < greeted < 0.98


def test_some_completed_analyses_lack_results_or_a_score(records: Records) -> None:
    completed = [r for r in records if r["status"] == "completed"]
    without_results = sum(r["results"] is None for r in completed)
    without_score = sum(
        r["results"] is not None and r["results"]["coaching"]["customer_effort_score"] is None
        for r in completed
    )
    assert 0.004 < without_results / len(completed) < 0.02
    assert 0.004 < without_score / len(completed) < 0.02


@pytest.mark.parametrize(
    "secret", ["X-Amz-Signature=", "sk_live_", "Bearer ey", "postgresql://analysis:"]
)
def test_failure_messages_hold_secrets(records: Records, secret: str) -> None:
    assert any(secret in (r["metadata"]["error_message"] or "") for r in records)


def test_failure_messages_are_of_many_kinds_and_long(records: Records) -> None:
    messages = [r["metadata"]["error_message"] for r in records if r["status"] == "failed"]
    assert len({text.split(maxsplit=1)[0] for text in messages}) >= 12
    assert any("Traceback" in text and text.count("\n") >= 3 for text in messages)
    assert any("\n\tat com.callcov" in text for text in messages)
    assert len(set(messages)) == len(messages)


@pytest.mark.parametrize("reason", range(len(REASONS)), ids=lambda n: REASONS[n].name)
def test_a_message_depends_on_its_bits_only(reason: int) -> None:
    texts = [message(reason, mix(1, n)) for n in range(20)]
    assert len(set(texts)) > 10
    assert texts == [message(reason, mix(1, n)) for n in range(20)]
    assert not any("{" in text for text in texts)


def test_several_analyses_are_created_in_one_second(records: Records) -> None:
    ties = Counter(r["created"] for r in records)
    assert len([second for second, count in ties.items() if count >= 5]) >= 10


def test_awkward_names_occur(records: Records) -> None:
    assert set(ODD_AGENTS) <= {r["call"]["agent_id"] for r in records}
    assert set(ODD_CONTACTS) <= {r["call"]["contact_id"] for r in records}
