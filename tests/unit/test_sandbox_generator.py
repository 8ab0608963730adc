"""Generated analyses: pure, readable backwards by id, and of the documented shape."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from itertools import pairwise
from typing import Any
from uuid import UUID

import msgspec
import numpy as np
import pytest
from hypothesis import given, strategies as st

from explorer.sandbox import PLAIN_KEY, SANDBOX_KEY, SECOND_KEY, Filters, Sandbox
from explorer.sandbox.columns import FORMATS
from explorer.sandbox.mixing import Ids, mix

NOW = 1_790_000_000
EVERYTHING = Filters()


def read_all(sandbox: Sandbox, key: str) -> list[dict[str, Any]]:
    account = sandbox.accounts[key]
    records: list[dict[str, Any]] = []
    while True:
        page, total = account.page(EVERYTHING, 1000, len(records))
        records += page
        if len(records) >= total:
            return records


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    return Sandbox(now=NOW)


@pytest.fixture(scope="module")
def records(sandbox: Sandbox) -> list[dict[str, Any]]:
    return read_all(sandbox, SANDBOX_KEY)


@given(st.integers(0, 2**48 - 1), st.integers(0, 2**40), st.integers(0, 2**33))
def test_an_id_gives_its_index_back(index: int, seed: int, anchor: int) -> None:
    ids = Ids(seed, anchor)
    encoded = ids.encode(index)
    assert str(UUID(encoded)) == encoded
    assert ids.decode(encoded) == index
    assert ids.decode(encoded.upper()) == index
    assert Ids(seed + 1, anchor).decode(encoded) is None
    assert Ids(seed, anchor + 1).decode(encoded) is None


@pytest.mark.parametrize("text", ["", "x", "é", "550e8400-e29b-41d4-a716-446655440000", "1" * 32])
def test_an_id_of_another_account_has_no_index(text: str) -> None:
    assert Ids(7, NOW).decode(text) is None


def test_the_same_seed_gives_the_same_records_whatever_the_batch(
    records: list[dict[str, Any]],
) -> None:
    again = Sandbox(now=NOW).accounts[SANDBOX_KEY]
    for offset in (0, 1, 3, 777, 1234, 2499):
        assert again.page(EVERYTHING, 1, offset)[0] == [records[offset]]
    for record in records[::211]:
        assert again.retrieve(record["id"]) == record
    assert again.page(EVERYTHING, 50, 90)[0] == records[90:140]


def test_columns_do_not_depend_on_the_range_they_are_built_in(sandbox: Sandbox) -> None:
    builder = sandbox.accounts[SANDBOX_KEY]._builder  # type: ignore[attr-defined]
    whole = builder.build(0, 300)
    parts = [builder.build(0, 1), builder.build(1, 117), builder.build(117, 300)]
    for name in type(whole).__slots__:
        joined = np.concatenate([getattr(part, name) for part in parts])
        assert (joined == getattr(whole, name)).all(), name


def test_another_seed_gives_other_records(records: list[dict[str, Any]]) -> None:
    other, _ = Sandbox(seed=8, now=NOW).accounts[SANDBOX_KEY].page(EVERYTHING, 100, 0)
    assert not {r["id"] for r in other} & {r["id"] for r in records}


@pytest.mark.parametrize("analyses", [0, 1, 2, 7, 24, 25, 199, 200, 1001])
def test_an_account_has_exactly_the_asked_number(analyses: int) -> None:
    sandbox = Sandbox(analyses=analyses, now=NOW)
    records = read_all(sandbox, SANDBOX_KEY)
    assert len({record["id"] for record in records}) == analyses
    assert all(NOW - 120 * 86_400 <= record["created"] <= NOW for record in records)
    assert sandbox.accounts[SECOND_KEY].page(EVERYTHING, 1, 0)[1] == analyses // 8


def test_records_are_newest_first(records: list[dict[str, Any]]) -> None:
    assert all(a["created"] >= b["created"] for a, b in pairwise(records))


@pytest.mark.parametrize("key", [SANDBOX_KEY, SECOND_KEY, PLAIN_KEY])
def test_every_record_is_as_documented(sandbox: Sandbox, key: str) -> None:
    for record in read_all(sandbox, key):
        check_analysis(record)


def test_the_plain_account_has_all_that_the_documents_examples_read(sandbox: Sandbox) -> None:
    records = read_all(sandbox, PLAIN_KEY)
    completed = [record for record in records if record["status"] == "completed"]
    for record in completed:
        assert 0 <= record["results"]["coaching"]["customer_effort_score"] <= 5
        assert record["transcript"]["segments"]
    names = {r["call"]["agent_id"] for r in records} | {r["call"]["contact_id"] for r in records}
    assert all(name.replace("_", "").isalnum() and name.isascii() for name in names)
    assert 0 < sum(r["call"]["agent_id"] == "agent_001" for r in records) <= 100
    assert any("customer_123" in r["call"]["contact_id"] for r in records)
    assert {r["status"] for r in records} == {"processing", "completed", "failed"}


def test_no_two_transcripts_are_the_same(records: list[dict[str, Any]]) -> None:
    texts = [r["transcript"]["text"] for r in records if r["transcript"]]
    assert len(set(texts)) == len(texts)
    assert not any("{" in text or "}" in text or "|" in text for text in texts)


def test_both_forms_of_speakers_and_confidences_occur(records: list[dict[str, Any]]) -> None:
    forms = Counter(
        (segments[0]["speaker"], "confidence" in segments[0])
        for segments in (r["transcript"]["segments"] for r in records if r["transcript"])
    )
    assert set(forms) == {("A", True), ("A", False), ("Agent", True), ("Agent", False)}


def test_recommendations_are_texts_or_objects(records: list[dict[str, Any]]) -> None:
    kinds = {
        type(item).__name__
        for r in records
        if r["results"]
        for item in r["results"]["coaching"]["recommendations"]
    }
    assert kinds == {"str", "dict"}


def test_a_record_averages_8_to_11_kilobytes(records: list[dict[str, Any]]) -> None:
    mean = len(msgspec.json.encode(records)) / len(records)
    assert 8_000 < mean < 11_000


def test_calls_come_in_office_hours(records: list[dict[str, Any]]) -> None:
    hours = Counter(r["created"] // 3600 % 24 for r in records)
    weekdays = Counter((r["created"] // 86_400 + 3) % 7 for r in records)
    assert sum(hours[hour] for hour in range(8, 18)) > 0.8 * len(records)
    assert weekdays[6] < weekdays[5] < min(weekdays[day] for day in range(5))


def test_all_agents_and_most_contacts_occur(records: list[dict[str, Any]]) -> None:
    agents = Counter(r["call"]["agent_id"] for r in records)
    contacts = {r["call"]["contact_id"] for r in records}
    assert len(agents) == 24
    assert agents["agent_001"] > 100
    assert 300 < len(contacts) <= 400
    assert {"customer_12345", "customer_67890"} <= contacts


def test_formats_occur_as_documented(records: list[dict[str, Any]]) -> None:
    assert set(FORMATS) == {"flac", "mp3", "mp4", "mpeg", "mpga", "m4a", "ogg", "wav", "webm"}
    assert {r["audio"]["format"] for r in records} == set(FORMATS)


def test_mix_tells_the_order_of_its_parts() -> None:
    assert mix(1, 2) != mix(2, 1)


def check_analysis(record: dict[str, Any]) -> None:
    """Hold one record against the API's table of fields, and against itself."""
    assert set(record) == {
        "id", "object", "created", "status", "livemode", "call", "audio", "transcript", "results",
        "metadata",
    }  # fmt: skip
    assert str(UUID(record["id"])) == record["id"]
    assert record["object"] == "analysis"
    assert type(record["created"]) is int
    assert record["livemode"] is False
    call, audio, metadata = record["call"], record["audio"], record["metadata"]
    assert set(call) == {"agent_id", "contact_id", "duration_ms", "duration_seconds"}
    assert isinstance(call["agent_id"], str)
    assert isinstance(call["contact_id"], str)
    assert call["duration_seconds"] == audio["duration_seconds"] == call["duration_ms"] / 1000
    assert 30 < call["duration_seconds"] < 1500
    assert set(audio) == {"url", "size_bytes", "format", "duration_seconds"}
    assert audio["url"].startswith("https://s3.amazonaws.com/callcov-audio/")
    assert audio["size_bytes"] > 100_000
    assert set(metadata) == {"webhook_url", "completed_at", "processing_time_ms", "error_message"}
    status = record["status"]
    assert (metadata["completed_at"] is None) == (status == "processing")
    assert (metadata["processing_time_ms"] is None) == (status == "processing")
    assert (metadata["error_message"] is not None) == (status == "failed")
    assert (record["transcript"] is not None) == (status == "completed")
    if status != "processing":
        ended = datetime.fromisoformat(metadata["completed_at"]).timestamp()
        assert metadata["completed_at"].endswith("Z")
        assert ended == pytest.approx(record["created"] + metadata["processing_time_ms"] / 1000)
        assert ended < NOW + 1
    if record["transcript"] is not None:
        check_transcript(record["transcript"], call["duration_seconds"])
    if record["results"] is not None:
        assert status == "completed"
        check_results(record["results"], call["duration_seconds"])


def check_transcript(transcript: dict[str, Any], duration_s: float) -> None:
    segments = transcript["segments"]
    assert set(transcript) == {"text", "segments", "language"}
    assert len(segments) >= 8
    assert {s["speaker"] for s in segments} in ({"A", "B"}, {"Agent", "Customer"})
    assert transcript["text"] == " ".join(segment["text"] for segment in segments)
    assert all(0 <= s["start"] < s["end"] <= duration_s for s in segments)
    assert all(a["start"] < b["start"] for a, b in pairwise(segments))
    assert segments[-1]["end"] > duration_s - 5
    assert all(0 <= s.get("confidence", 0.5) <= 1 for s in segments)


def check_results(results: dict[str, Any], duration_s: float) -> None:
    compliance, quality, coaching = (results[k] for k in ("compliance", "quality", "coaching"))
    identity = compliance["identity_verification"]
    assert isinstance(identity["verified"], bool)
    assert isinstance(identity["flagged"], bool)
    assert identity["timestamp"] is None or 0 <= identity["timestamp"] <= duration_s
    disclosures = compliance["mandatory_disclosures"]
    assert isinstance(disclosures["read"], bool)
    for name in ("matched_disclosures", "missing_disclosures"):
        assert all(isinstance(item, str) for item in disclosures[name])
    purpose = compliance["purpose_declaration"]
    assert purpose["disclosed"] == (purpose["interaction_number"] is not None)
    assert purpose["flagged"] == (not purpose["disclosed"] or purpose["interaction_number"] > 4)
    assert isinstance(compliance["prohibited_phrases"]["used"], bool)
    assert compliance["sensitive_data"]["shared"] == bool(compliance["sensitive_data"]["instances"])
    assert set(quality) == {
        "sentiment_analysis", "greeting", "empathetic_language", "interruptions", "call_structure"
    }  # fmt: skip
    assert isinstance(quality["greeting"]["present"], bool)
    score = coaching["customer_effort_score"]
    assert score is None or (type(score) is int and 0 <= score <= 5)
    for item in coaching["recommendations"]:
        assert isinstance(item, str) or {"priority", "category"} <= set(item)
