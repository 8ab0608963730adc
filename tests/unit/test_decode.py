"""Bytes to rows: the fast way and the client's models agree, and no record is lost."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from explorer.api.models import read_list
from explorer.mirror import schema
from explorer.mirror.decode import DecodedPage, Rejected, decode_page, decode_record, row_of
from explorer.sandbox import Sandbox
from explorer.sandbox.accounts import Filters
from explorer.sandbox.sandbox import PLAIN_KEY, SANDBOX_KEY, SECOND_KEY

SIGNATURE = "CANARYsignature0123456789abcdefCANARY"
PASSWORD = "CANARYhunter2"


def full(**changes: Any) -> dict[str, Any]:
    """A record with every field; `changes` by name or dotted path."""
    record: dict[str, Any] = {
        "id": "0f8fad5b-d9cb-469f-a165-70867728950e",
        "object": "analysis",
        "created": 1_700_000_000,
        "status": "completed",
        "livemode": True,
        "call": {
            "agent_id": "agent_1",
            "contact_id": "contact_2",
            "duration_ms": 61_500,
            "duration_seconds": 61.5,
        },
        "audio": {
            "url": f"https://s3.example/a.mp3?X-Amz-Signature={SIGNATURE}",
            "size_bytes": 1234,
            "format": "mp3",
            "duration_seconds": 61.4,
        },
        "transcript": {
            "text": "CANARYwords",
            "language": "en",
            "segments": [{"speaker": "A", "text": "CANARYwords", "start": 0.0, "end": 1.5}],
        },
        "results": {
            "compliance": {
                "identity_verification": {"verified": True, "timestamp": 12.5, "flagged": False},
                "mandatory_disclosures": {
                    "read": False,
                    "matched_disclosures": [],
                    "missing_disclosures": ["recorded"],
                },
                "purpose_declaration": {
                    "disclosed": True,
                    "interaction_number": 2,
                    "flagged": False,
                },
                "prohibited_phrases": {"used": True, "instances": [{"text": "x"}]},
                "sensitive_data": {"shared": False, "instances": []},
                "extra_check": {"flagged": True},
            },
            "quality": {"greeting": {"present": True}},
            "coaching": {"recommendations": ["a"], "customer_effort_score": 2.5},
        },
        "metadata": {
            "webhook_url": f"https://hooks.example/{PASSWORD}",
            "completed_at": "2023-11-14T22:15:00Z",
            "processing_time_ms": 4200,
            "error_message": f"could not sign in: password={PASSWORD}",
        },
    }
    for path, value in changes.items():
        *parents, name = path.replace("__", ".").split(".")
        place = record
        for parent in parents:
            place = place[parent]
        place[name] = value
    return record


def page(*records: Any, **more: Any) -> bytes:
    document = {"object": "list", "data": records, "has_more": False, "total": len(records)}
    return msgspec.json.encode(document | more)


def value_of(decoded: DecodedPage, name: str, index: int = 0) -> Any:
    return decoded.data[index].values[schema.NAMES.index(name)]


def by_models(body: bytes) -> list[Any]:
    return [row_of(analysis) for analysis in read_list(json.loads(body)).data]


ODD = [
    full(call=None, audio=None, transcript=None, results=None, metadata=None),
    {"id": "a", "created": 1, "status": "processing"},
    full(created="1700000000"),
    full(call={"agent_id": 7, "duration_ms": "1500"}),
    full(call__duration_seconds=None),
    full(call={}),
    full(livemode="true"),
    full(audio="none"),
    full(results={}),
    full(results=[]),
    full(results__compliance=[1]),
    full(results__compliance={"a": 1, "identity_verification": {"flagged": "yes"}}),
    full(results__coaching={"customer_effort_score": True}),
    full(results__coaching={"customer_effort_score": "3.5"}),
    full(results__quality={"greeting": None}),
    full(results__quality={"greeting": {"present": "yes"}}),
    full(results__quality={"greeting": {"present": True, "new": 1}}, results__note=1),
    full(results__compliance__prohibited_phrases={"used": "no", "instances": "none"}),
    full(results__compliance__prohibited_phrases={"used": True, "instances": [1, {"a": 2}]}),
    full(results__compliance__sensitive_data={"shared": 1, "instances": [{}]}),
    full(results__compliance__purpose_declaration={"disclosed": None, "interaction_number": "3"}),
    full(results__compliance__purpose_declaration={"interaction_number": True, "flagged": True}),
    full(results__compliance__identity_verification={"timestamp": 5, "verified": "true"}),
    full(results__compliance__identity_verification=None, results__compliance__new={"flagged": 0}),
    full(results__compliance__identity_verification={"timestamp": 10**30}),
    full(results__compliance__mandatory_disclosures={"missing_disclosures": [1, None, "x"]}),
    full(metadata__completed_at="2023-11-14T22:15:00"),
    full(metadata__completed_at="2023-11-14T22:15:00.123456+02:00"),
    full(metadata__completed_at="yesterday"),
    full(metadata__completed_at=1_700_000_000),
    full(metadata__completed_at="0001-01-01T00:00:00Z"),
    full(metadata__processing_time_ms="soon"),
    full(metadata__error_message=""),
    full(metadata__error_message="x" * 5000 + f" password={PASSWORD}"),
    full(metadata__error_message=f"password={PASSWORD} " * 400),
    full(metadata__webhook_url=5),
    full(transcript="words"),
    full(transcript={"language": 5}),
    full(status="a new one"),
    full(unknown={"deep": [1, 2]}),
]


@pytest.mark.parametrize("key", [SANDBOX_KEY, SECOND_KEY, PLAIN_KEY])
def test_generated_records_give_the_same_rows_both_ways(key):
    sandbox = Sandbox(analyses=600)
    records, total = sandbox.accounts[key].page(Filters(), 600, 0)
    body = page(*records, total=total)
    decoded = decode_page(body)
    assert not decoded.rejected
    assert len(decoded.data) == len(records) > 50
    assert decoded.data == by_models(body)


@pytest.mark.parametrize("record", ODD, ids=lambda record: str(ODD.index(record)))
def test_odd_records_give_the_same_rows_both_ways(record):
    for body in (page(record), page(full(id="first"), record, full(id="last"))):
        decoded = decode_page(body)
        assert not decoded.rejected
        assert decoded.data == by_models(body)
        assert all(len(row.values) == len(schema.FIELDS) for row in decoded.data)


def paths(value: Any, before: str = "") -> list[str]:
    if not isinstance(value, dict):
        return []
    found = []
    for name, inner in value.items():
        found += [before + name, *paths(inner, f"{before}{name}.")]
    return found


REQUIRED = {"id", "created", "status"}


@pytest.mark.parametrize("path", [path for path in paths(full()) if path not in REQUIRED])
def test_field_of_a_wrong_type_costs_no_record(path):
    for wrong in (None, True, 5, -1.5, "text", [], [1], {}, {"a": 1}, 10**25):
        body = page(full(**{path: wrong}))
        decoded = decode_page(body)
        assert not decoded.rejected
        assert decoded.data == by_models(body)
        assert value_of(decoded, "id") == full()["id"]


@pytest.mark.parametrize("name", sorted(REQUIRED))
@pytest.mark.parametrize("wrong", [None, True, 1.5, [], {}, 10**25])
def test_record_without_its_needs_is_kept_aside_masked(name, wrong):
    decoded = decode_page(page(full(id="good"), full(**{name: wrong}), full(id="also good")))
    assert [row.id for row in decoded.data] == ["good", "also good"]
    (aside,) = decoded.rejected
    assert aside.index == 1
    assert name in aside.reason
    assert "CANARY" not in aside.record
    assert "CANARY" not in aside.reason
    assert "transcript" not in json.loads(aside.record)
    assert aside.id == (None if name == "id" else full()["id"])
    assert aside.status == (None if name == "status" else "completed")
    assert aside.created == (None if name == "created" else full()["created"])
    listed = decoded.listed()
    assert len(listed) == 3
    assert listed[1][1] == full()["created"]


@pytest.mark.parametrize("junk", [None, 5, "text", [], [[]], True])
def test_what_is_no_record_is_kept_aside(junk):
    decoded = decode_page(page(full(), junk, junk))
    assert len(decoded.data) == 1
    names = [name for name, _ in decoded.listed()]
    assert len(set(names)) == 3, "the same content twice is two records"
    assert [name for _, name, _ in decoded.set_aside()] == names[1:]


def test_names_of_unreadable_records_stay():
    record = full(id=None)
    first = decode_page(page(record)).listed()[0][0]
    assert first == decode_page(page(full(), record)).listed()[1][0]
    signed = full(id=None, audio__url="https://s3.example/a.mp3?X-Amz-Signature=another")
    assert first == decode_page(page(signed)).listed()[0][0], "links are signed anew"


def test_times_out_of_order_are_those_of_the_record_before():
    records = [full(id=None, created=7), full(created=100), full(id=2, created=5), full(created=50)]
    listed = [at for _, at in decode_page(page(*records)).listed()]
    assert listed == [100, 100, 100, 50]
    assert decode_page(page(full(id=3, created=None))).listed() == []
    assert len(decode_page(page(full(id=3, created=None))).listed(whole=True)) == 1


def test_half_of_a_surrogate_pair_costs_a_field_and_no_page():
    record = full(call__agent_id="a\ud83d", results__quality={"note": "b\ud83d"})
    record["results"]["compliance"]["c\ud83d"] = {"flagged": True}
    body = json.dumps({"data": [full(id="x"), record], "has_more": False, "total": 2}).encode()
    decoded = decode_page(body, transcripts=True)
    assert [row.id for row in decoded.data] == ["x", full()["id"]]
    assert decoded.total == 2
    assert [row.values for row in decoded.data] == [row.values for row in by_models(body)]
    for row in decoded.data:
        msgspec.json.encode(row.values)


def test_bytes_that_are_no_utf8_cost_no_page():
    body = page(full(id="x"), full(call__agent_id="CUT")).replace(b"CUT", b"\xff")
    assert len(decode_page(body).data) == 2


def test_numbers_that_json_has_not_cost_no_page():
    body = page(full(call__duration_seconds=-77.25)).replace(b"-77.25", b"NaN")
    decoded = decode_page(body)
    assert value_of(decoded, "duration_s") == 61.5
    assert decoded.data == by_models(body)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b"<html>",
        b'{"data": [',
        b'{"data": 5, "total": 1, "has_more": false}',
        b'{"data": [], "total": -1, "has_more": false}',
        b'{"data": [], "total": true, "has_more": false}',
        b'{"data": [], "total": "1", "has_more": false}',
        b'{"detail": "no"}',
        b"\xff\xfe",
    ],
)
def test_what_is_no_list_is_refused(body):
    with pytest.raises(ValueError, match="not a list of analyses"):
        decode_page(body)


def test_missing_has_more_is_read_from_the_total():
    assert decode_page(page(full(), has_more=None, total=9)).has_more is False
    assert decode_page(page(full(), has_more=None, total=9)).total == 9


def test_canaries_reach_no_column():
    for record in (full(), full(livemode=1), full(results__note=f"password={PASSWORD}")):
        for transcripts in (False, True):
            (row,) = decode_page(page(record), transcripts=transcripts).data
            assert "CANARY" not in str(row.values)
            assert (row.transcript is not None) == transcripts


@pytest.mark.parametrize("name", ["password", "api_key", "callback"])
def test_canaries_spelt_with_escapes_reach_no_column(name):
    def escaped(text: str) -> str:
        return "".join(f"\\u{ord(c):04x}" for c in text)

    link = f"https://user:{PASSWORD}@host/?{SIGNATURE}"
    for written in (escaped(name), name):
        for value in (PASSWORD, link):
            for spelt in (escaped(value), value.replace("/", "\\/")):
                body = page(full(results={"note": f"{name}=_"})).replace(
                    f'"note":"{name}=_"'.encode(), f'"{written}":"{spelt}"'.encode()
                )
                if name == "callback" and value == PASSWORD:
                    continue  # says of nothing that it is secret
                decoded = decode_page(body)
                assert not decoded.rejected
                assert "CANARY" not in str(decoded.data[0].values)
                assert decoded.data == by_models(body)


def test_escapes_without_a_secret_stay_readable():
    body = page(full(results={"note": "_"})).replace(b'"_"', b'"caf\\u00e9 a\\/b"')
    assert json.loads(value_of(decode_page(body), "results")) == {"note": "café a/b"}


def test_transcripts_are_kept_only_when_asked_for():
    assert decode_page(page(full())).data[0].transcript is None
    (row,) = decode_page(page(full()), transcripts=True).data
    assert row.transcript is not None
    assert json.loads(row.transcript)["text"] == "CANARYwords"
    for none in (full(transcript=None), {"id": "a", "created": 1, "status": "x"}):
        assert decode_page(page(none), transcripts=True).data[0].transcript is None


def test_one_record_is_a_row_or_kept_aside():
    record = full()
    body = msgspec.json.encode(record)
    assert [decode_record(body)] == decode_page(page(record)).data
    spoiled = decode_record(json.dumps({**record, "status": None}).encode())
    assert isinstance(spoiled, Rejected)
    assert (spoiled.id, spoiled.status) == (record["id"], None)
    assert "CANARY" not in spoiled.record
    for none in (b"", b"<html>", b'{"id": "a"', body + b"," + body):
        with pytest.raises(ValueError, match="not"):
            decode_record(none)


@pytest.mark.parametrize(
    "name", ["Kennwort", "mot de passe", "Пароль", "パスワード", "psk", "private_key", "db_creds"]
)
def test_canary_reaches_no_column_whatever_it_is_called(name):
    for note in (f"sign-in with {name}={PASSWORD}", f"{name}: {PASSWORD}"):
        (row,) = decode_page(page(full(results__note=note))).data
        assert "CANARY" not in str(row.values)
