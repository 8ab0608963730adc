"""The error tree, what a message says, and which bodies are read."""

from __future__ import annotations

import json
import pickle

import httpx
import pytest

from explorer import errors
from explorer.api.faults import translate
from explorer.errors import (
    CallCovError,
    ConnectionFailed,
    ExplorerError,
    Forbidden,
    IncompleteListing,
    InvalidFilterError,
    InvalidParameter,
    NotFound,
    RateLimited,
    Request,
    ServerError,
    SettingsError,
    StatusError,
    SyncError,
    TimedOut,
    Unauthorized,
    UnexpectedAnswer,
    error_for_status,
)

REQUEST = Request("GET", "/analysis/", {"agent_id": "agent_001"})
ALL = [
    kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, ExplorerError)
]


def made(kind: type[ExplorerError]) -> ExplorerError:
    if issubclass(kind, StatusError):
        return kind("what failed", status_code=418, request_id="r1", detail=["d"], request=REQUEST)
    if issubclass(kind, CallCovError):
        return kind("what failed", request=REQUEST)
    return kind("what failed")


def test_tree_when_compared_with_the_module_docstring():
    assert errors.__doc__ is not None
    for kind in ALL:
        assert kind.__name__ in errors.__doc__
        assert kind.__doc__
    assert issubclass(TimedOut, ConnectionFailed)
    assert issubclass(InvalidFilterError, ValueError)
    assert not issubclass(SettingsError, CallCovError)


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.__name__)
def test_error_is_the_same_when_pickled(kind):
    error = made(kind)
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is kind
    assert str(again) == str(error)
    assert vars(again) == vars(error)


def test_sync_error_keeps_its_report_when_pickled():
    assert pickle.loads(pickle.dumps(SyncError("stopped", report={"requests": 3}))).report == {
        "requests": 3
    }
    incomplete = pickle.loads(pickle.dumps(IncompleteListing("x", reasons=("a", "b"))))
    assert incomplete.reasons == ("a", "b")


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        pytest.param(400, StatusError, id="400"),
        pytest.param(401, Unauthorized, id="401"),
        pytest.param(403, Forbidden, id="403"),
        pytest.param(404, NotFound, id="404"),
        pytest.param(409, StatusError, id="409"),
        pytest.param(422, InvalidParameter, id="422"),
        pytest.param(429, RateLimited, id="429"),
        pytest.param(500, ServerError, id="500"),
        pytest.param(501, ServerError, id="501"),
        pytest.param(503, ServerError, id="503"),
        pytest.param(599, ServerError, id="599"),
    ],
)
def test_error_has_its_class_when_a_status_comes(status, kind):
    error = error_for_status(status, '{"detail": "no"}', request=REQUEST, request_id="r-7")
    assert type(error) is kind
    assert error.status_code == status
    assert error.detail == "no"
    assert error.request_id == "r-7"
    assert error.request == REQUEST
    assert str(error).startswith(f"GET /analysis/ answered {status}: no (request id r-7). ")
    assert "agent_001" not in str(error)


DETAIL_LIST = {
    "detail": [
        {"loc": ["query", "limit"], "msg": "must be 1000 or less", "type": "value_error"},
        {"loc": ["query", "offset"], "msg": "must be 0 or more", "type": "value_error"},
    ]
}
ERROR_OBJECT = {
    "error": {
        "code": "invalid_parameter",
        "message": "limit is too large",
        "details": {"field": "limit"},
        "request_id": "req_9",
    }
}


def test_field_is_named_when_the_body_is_a_list_of_problems():
    error = error_for_status(422, json.dumps(DETAIL_LIST), request=REQUEST)
    assert isinstance(error, InvalidParameter)
    assert error.field == "limit"
    assert "limit: must be 1000 or less; offset: must be 0 or more" in str(error)


def test_field_and_request_id_are_read_when_the_body_is_an_error_object():
    error = error_for_status(422, json.dumps(ERROR_OBJECT), request=REQUEST, request_id="header")
    assert isinstance(error, InvalidParameter)
    assert (error.field, error.request_id, error.detail) == ("limit", "req_9", "limit is too large")


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("", id="empty"),
        pytest.param("<html><h1>Bad gateway</h1></html>", id="html"),
        pytest.param("{", id="cut"),
        pytest.param("null", id="null"),
        pytest.param("[]", id="array"),
        pytest.param('"text"', id="text"),
        pytest.param("{}", id="empty object"),
        pytest.param('{"detail": null}', id="null detail"),
        pytest.param('{"error": {}}', id="empty error"),
        pytest.param('{"detail": []}', id="no problems"),
        pytest.param(
            '{"detail": [null, 3, {"loc": "x"}, {"loc": [], "msg": 1}]}', id="odd problems"
        ),
        pytest.param('{"error": {"message": {"a": 1}, "request_id": {}, "details": 5}}', id="odd"),
        pytest.param("[" * 100_000, id="deep"),
    ],
)
def test_error_is_made_when_the_body_says_nothing(body):
    for status in (400, 422, 500):
        error = error_for_status(status, body, request=REQUEST)
        assert str(status) in str(error)
        assert len(str(error)) < 1000


def test_message_stays_short_when_the_detail_is_a_novel():
    for detail in ("x y " * 100_000, [{"msg": "a" * 9000, "loc": ["query", "q" * 9000]}] * 50):
        error = error_for_status(400, json.dumps({"detail": detail}), request=REQUEST)
        assert len(str(error)) < 3000
        assert len(json.dumps(error.detail)) < 11_000


def test_secrets_are_masked_when_a_body_holds_them():
    body = json.dumps({"detail": "bad link https://s3.example/a.wav?X-Amz-Signature=abc123def"})
    error = error_for_status(400, body, request=REQUEST)
    assert "abc123def" not in str(error) + repr(error.detail)
    body = json.dumps({"detail": [{"loc": ["header", "key"], "msg": "key sk_live_abcdef123456"}]})
    error = error_for_status(422, body, request=REQUEST)
    assert "abcdef123456" not in str(error) + repr(error.detail)


def subclasses(kind: type) -> list[type]:
    return [kind, *(below for child in kind.__subclasses__() for below in subclasses(child))]


HTTPX_ERRORS = [
    *subclasses(httpx.HTTPError),
    *subclasses(httpx.StreamError),
    httpx.InvalidURL,
    httpx.CookieConflict,
]


@pytest.mark.parametrize("kind", HTTPX_ERRORS, ids=lambda kind: kind.__name__)
def test_error_is_ours_when_httpx_raises(kind):
    error = translate(kind.__new__(kind), "what httpx says", REQUEST)
    assert isinstance(error, CallCovError)
    assert error.request == REQUEST
    assert str(error).startswith("GET /analysis/")
    if issubclass(kind, httpx.TimeoutException):
        assert type(error) is TimedOut
    elif issubclass(kind, httpx.TransportError):
        assert type(error) is ConnectionFailed
        assert "what httpx says" in str(error)
    else:
        assert type(error) is UnexpectedAnswer
