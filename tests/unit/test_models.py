"""What the API answers, read leniently: what is odd is lost alone, and never with its neighbours."""

from __future__ import annotations

import copy
import json
import pickle
import traceback
from datetime import UTC, datetime

import pytest

from explorer.api.models import Analysis, check_failed, read_analysis, read_list

LINK = "https://s3.x/bucket/rec.wav?X-Amz-Signature=abcdef123"
SAID = "my card is 4111"
FULL = {
    "id": "550e8400-e29b-41d4-a716-446655440000",
    "object": "analysis",
    "created": 1705334400,
    "status": "completed",
    "livemode": False,
    "call": {
        "agent_id": "agent_001",
        "contact_id": "customer_12345",
        "duration_ms": 125500,
        "duration_seconds": 125.5,
    },
    "audio": {"url": LINK, "size_bytes": 1048576, "format": "wav", "duration_seconds": 126},
    "transcript": {
        "text": SAID,
        "segments": [{"speaker": "A", "text": SAID, "start": 0, "end": 2.5, "confidence": 0.9}],
        "language": "en",
    },
    "results": {
        "compliance": {
            "identity_verification": {"verified": True, "flagged": False},
            "mandatory_disclosures": {"read": False, "missing_disclosures": ["x"]},
            "purpose_declaration": {"disclosed": True, "flagged": True},
            "prohibited_phrases": {"used": True, "instances": []},
            "sensitive_data": {"shared": False},
        },
        "quality": {"greeting": {"present": True}},
        "coaching": {"recommendations": ["Greet"], "customer_effort_score": 1},
    },
    "metadata": {
        "webhook_url": "https://your-app.com/hook/secretpath",
        "completed_at": "2024-01-15T14:32:15.123Z",
        "processing_time_ms": 8500,
        "error_message": None,
    },
}
LEAST = {"id": "a", "created": 1, "status": "processing"}


def read(**changes: object) -> Analysis:
    return read_analysis({**FULL, **changes})


def test_every_field_is_there_when_the_record_is_whole():
    found = read_analysis(FULL)
    assert found.created_at == datetime(2024, 1, 15, 16, 0, tzinfo=UTC)
    assert found.duration_s == 125.5
    assert found.customer_effort_score == 1
    assert found.greeting_present is True
    assert found.flagged_checks == (
        "mandatory_disclosures",
        "purpose_declaration",
        "prohibited_phrases",
    )
    assert found.metadata.completed_at == datetime(2024, 1, 15, 14, 32, 15, 123000, tzinfo=UTC)
    assert found.audio.url.get_secret_value() == LINK
    assert found.raw == FULL
    assert found.error_message is None


@pytest.mark.parametrize("name", [n for n in FULL if n not in ("id", "created", "status")])
@pytest.mark.parametrize(
    "value",
    [
        pytest.param(None, id="null"),
        pytest.param(7, id="number"),
        pytest.param("text", id="text"),
        pytest.param([], id="list"),
        pytest.param({}, id="object"),
        pytest.param(True, id="true"),
        pytest.param(float("nan"), id="nan"),
        pytest.param({"segments": 1, "url": [], "compliance": 2, "coaching": []}, id="odd_fields"),
    ],
)
def test_record_is_read_when_one_block_is_of_another_kind(name, value):
    found = read(**{name: value})
    assert found.id == FULL["id"]
    assert found.raw[name] is value
    for part in ("duration_s", "customer_effort_score", "error_message", "greeting_present"):
        getattr(found, part)
    if name != "results":
        assert found.customer_effort_score == 1


def test_record_is_read_when_only_the_three_needed_fields_are_there():
    found = read_analysis(LEAST)
    assert found.call is found.audio is found.transcript is found.results is found.metadata is None
    assert found.duration_s is found.flagged_checks is found.greeting_present is None


def test_unknown_things_are_kept_when_they_arrive():
    found = read(
        status="archived", sentiment={"a": 1}, raw="x", masked=2, model_config=3, created_at=4
    )
    assert found.status == "archived"
    assert found.sentiment == {"a": 1}
    assert found.raw["raw"] == "x"
    assert found.masked["masked"] == 2
    assert found.created_at.year == 2024


@pytest.mark.parametrize(
    ("score", "expected"),
    [
        pytest.param(0, 0.0, id="zero"),
        pytest.param(3.5, 3.5, id="half"),
        pytest.param("4", 4.0, id="text_number"),
        pytest.param(True, None, id="true"),
        pytest.param(float("nan"), None, id="nan"),
        pytest.param(float("inf"), None, id="infinity"),
        pytest.param("high", None, id="text"),
        pytest.param([3], None, id="list"),
    ],
)
def test_score_is_a_finite_number_or_none_when_the_field_is(score, expected):
    found = read(results={"coaching": {"customer_effort_score": score, "recommendations": ["x"]}})
    assert found.customer_effort_score == expected
    assert found.results.coaching.recommendations == ["x"]


@pytest.mark.parametrize(
    ("call", "audio", "expected"),
    [
        pytest.param({"duration_seconds": 2, "duration_ms": 9}, {}, 2, id="seconds"),
        pytest.param({"duration_ms": 2500}, {"duration_seconds": 9}, 2.5, id="milliseconds"),
        pytest.param({"duration_seconds": None}, {"duration_seconds": 9}, 9, id="audio"),
        pytest.param(None, {"duration_seconds": 9}, 9, id="no_call"),
        pytest.param({"duration_seconds": True}, {"duration_seconds": 9}, 9, id="true"),
        pytest.param({}, None, None, id="nothing"),
        pytest.param({"duration_seconds": 0}, {"duration_seconds": 9}, 0, id="zero"),
    ],
)
def test_duration_is_the_calls_own_when_it_has_one(call, audio, expected):
    assert read(call=call, audio=audio).duration_s == expected


@pytest.mark.parametrize(
    ("segments", "expected"),
    [
        pytest.param([{"speaker": "A", "text": "x"}, {"speaker": "B"}], ["A", "B"], id="letters"),
        pytest.param([{"speaker": "Agent"}, {"speaker": "Customer"}], ["Agent", "Customer"], id="names"),
        pytest.param([{"speaker": 1}], ["1"], id="number"),
        pytest.param([{"speaker": None}, None, 7, [], "said"], [None, None], id="odd_turns"),
        pytest.param({"0": {}}, [], id="object"),
        pytest.param(None, [], id="null"),
    ],
)  # fmt: skip
def test_turns_stay_when_one_of_them_is_odd(segments, expected):
    found = read(transcript={"segments": segments, "text": "whole"})
    assert [segment.speaker for segment in found.transcript.segments] == expected
    assert found.transcript.text == "whole"


def test_turn_keeps_its_text_when_a_number_in_it_is_odd():
    turn = {"speaker": "A", "text": "hello", "start": "soon", "end": True, "confidence": "NaN"}
    found = read(transcript={"segments": [turn]}).transcript.segments[0]
    assert (found.text, found.start, found.end, found.confidence) == ("hello", None, None, None)


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        pytest.param(["a", {"text": "b", "priority": "high"}], 2, id="mixed"),
        pytest.param([], 0, id="empty"),
        pytest.param(None, 0, id="null"),
        pytest.param("a", 0, id="text"),
        pytest.param([None, 3, [1]], 3, id="odd"),
    ],
)
def test_recommendations_are_kept_as_they_come_when_a_list(items, expected):
    found = read(results={"coaching": {"recommendations": items, "customer_effort_score": 2}})
    assert len(found.results.coaching.recommendations) == expected
    assert found.customer_effort_score == 2


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        pytest.param({"flagged": True, "read": True}, True, id="flagged_first"),
        pytest.param({"flagged": False, "verified": False}, False, id="not_flagged"),
        pytest.param({"read": False}, True, id="not_read"),
        pytest.param({"used": True}, True, id="used"),
        pytest.param({"shared": False}, False, id="not_shared"),
        pytest.param({"flagged": None, "used": False}, False, id="null_then_used"),
        pytest.param({"flagged": "yes"}, None, id="text"),
        pytest.param({"flagged": 1}, None, id="number"),
        pytest.param({}, None, id="empty"),
        pytest.param([True], None, id="list"),
        pytest.param(None, None, id="null"),
    ],
)
def test_check_says_what_its_own_field_says_when_asked(block, expected):
    assert check_failed(block) is expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param("2024-01-15T14:32:15Z", datetime(2024, 1, 15, 14, 32, 15, tzinfo=UTC), id="z"),
        pytest.param("2024-01-15T14:32:15", datetime(2024, 1, 15, 14, 32, 15, tzinfo=UTC), id="naive"),
        pytest.param("2024-01-15T15:32:15+01:00", datetime(2024, 1, 15, 14, 32, 15, tzinfo=UTC), id="offset"),
        pytest.param("yesterday", None, id="words"),
        pytest.param(True, None, id="true"),
        pytest.param("0001-01-01T00:00:00Z", None, id="no_zone_can_show_it"),
    ],
)  # fmt: skip
def test_completed_at_is_utc_when_it_can_be_read(value, expected):
    assert read(metadata={"completed_at": value}).metadata.completed_at == expected


def test_error_message_has_no_secret_when_the_api_sends_one():
    found = read(metadata={"error_message": f"GET {LINK} gave 403; api_key=abc123"})
    assert found.error_message == "GET https://s3.x/bucket/rec.wav?… gave 403; api_key=…"
    assert "abcdef123" not in json.dumps(found.masked)


def test_texts_can_be_encoded_when_half_a_surrogate_pair_arrives():
    half = json.loads('"a\\ud83d"')
    found = read(id=half, call={"agent_id": half}, transcript={"segments": [{"text": half}]})
    for text in (found.id, found.call.agent_id, found.transcript.segments[0].text):
        assert text.encode() == "a\ufffd".encode()
    json.dumps(found.masked, ensure_ascii=False).encode()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        pytest.param({"id": None}, "id", id="id_null"),
        pytest.param({"id": 5}, "id", id="id_number"),
        pytest.param({"created": None}, "created", id="created_null"),
        pytest.param({"created": True}, "created", id="created_true"),
        pytest.param({"created": 1.5}, "created", id="created_half"),
        pytest.param({"created": float("nan")}, "created", id="created_nan"),
        pytest.param({"created": 10**30}, "created", id="created_beyond_time"),
        pytest.param({"created": 1705334400000}, "created", id="created_milliseconds"),
        pytest.param({"created": "sk_live_secret"}, "created", id="created_text"),
        pytest.param({"status": 3}, "status", id="status_number"),
    ],
)
def test_record_is_refused_when_a_needed_field_is_unusable(changes, field):
    with pytest.raises(ValueError, match=rf"^{field}: ") as caught:
        read(**changes)
    everything = "".join(traceback.format_exception(caught.value))
    for secret in (SAID, "agent_001", "abcdef123", "sk_live_secret"):
        assert secret not in everything
    assert caught.value.__context__ is None


@pytest.mark.parametrize("document", [None, 3, "x", [], True], ids=repr)
def test_document_is_refused_when_no_object(document):
    with pytest.raises(ValueError, match="expected an object"):
        read_analysis(document)
    with pytest.raises(ValueError, match="expected a list of analyses"):
        read_list(document)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"data": None}, id="no_data"),
        pytest.param({"data": {}}, id="data_object"),
        pytest.param({"total": None}, id="no_total"),
        pytest.param({"total": True}, id="total_true"),
        pytest.param({"total": -1}, id="total_negative"),
        pytest.param({"total": 2.5}, id="total_half"),
        pytest.param({"total": "2"}, id="total_text"),
    ],
)
def test_page_is_refused_when_it_is_no_list_of_analyses(changes):
    with pytest.raises(ValueError, match="expected"):
        read_list({"object": "list", "data": [], "has_more": False, "total": 0, **changes})


@pytest.mark.parametrize(
    ("has_more", "total", "offset", "expected"),
    [
        pytest.param(True, 1, 0, True, id="said"),
        pytest.param(None, 3, 0, True, id="unsaid_more"),
        pytest.param("no", 3, 2, False, id="text_last_page"),
    ],
)
def test_has_more_is_worked_out_when_it_is_not_said(has_more, total, offset, expected):
    page = read_list({"data": [LEAST], "has_more": has_more, "total": total}, offset=offset)
    assert page.has_more is expected


def test_bad_records_are_kept_aside_when_the_rest_goes_on():
    records = [LEAST, {"id": "b", "status": "x"}, 7, {**LEAST, "id": "c"}, {"id": 9, "created": 1}]
    page = read_list({"object": "list", "data": records, "has_more": False, "total": 5})
    assert [analysis.id for analysis in page.data] == ["a", "c"]
    assert [(record.index, record.id) for record in page.rejected] == [(1, "b"), (2, None), (4, None)]  # fmt: skip
    assert page.rejected[0].reason == "created: Field required"
    assert page.total == 5


def test_nothing_private_is_seen_when_an_analysis_is_printed():
    found = read_analysis(FULL)
    page = read_list({"data": [FULL], "total": 1})
    blocks = [found.call, found.audio, found.transcript, found.transcript.segments[0]]
    blocks += [found.results, found.results.coaching, found.metadata, page]
    seen = [repr(found), str(found), f"{found}", "%s" % found]  # noqa: UP031
    seen += [shown(block) for block in blocks for shown in (repr, str, format)]
    for text in seen:
        for private in (SAID, "agent_001", "customer_12345", "s3.x", "abcdef123", "secretpath"):
            assert private not in text
    assert repr(found) == f"Analysis(id='{FULL['id']}', created=1705334400, status='completed')"


def test_nothing_private_is_written_when_an_analysis_would_be_pickled():
    found = read_analysis(FULL)
    for block in (found, found.call, found.transcript):
        with pytest.raises(TypeError, match="not pickled"):
            pickle.dumps(block)
    # copies stay in memory
    assert copy.deepcopy(found).transcript.text == SAID
    assert found.model_copy().id == found.id
