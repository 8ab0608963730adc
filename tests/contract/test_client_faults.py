"""The client against a server that misbehaves, on a real port; the key must reach nothing."""

from __future__ import annotations

import gzip
import json
import logging
import pickle
import socket
import struct
import threading
import time
import traceback
from collections.abc import Callable, Iterator

import httpx
import pytest

from explorer.api import Client, RateBudget, faults, transport
from explorer.errors import (
    CallCovError,
    ConnectionFailed,
    InvalidParameter,
    NotFound,
    RateLimited,
    ServerError,
    StatusError,
    TimedOut,
    Unauthorized,
    UnexpectedAnswer,
)

CANARY = "sk_live_canary0123456789"
GOOD = {"object": "list", "data": [], "has_more": False, "total": 0}

Reply = bytes | Callable[[socket.socket], None]


def reply(status: int = 200, body: object = GOOD, **headers: str) -> bytes:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status} Status", f"Content-Length: {len(content)}", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


def reset(connection: socket.socket) -> None:
    """Close with RST."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


class Server:
    """Answers each connection with the next reply, the last one again and again."""

    def __init__(self) -> None:
        self.replies: list[Reply] = [reply()]
        self.requests: list[str] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/api/v1"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            with connection:
                self._answer(connection)

    def _answer(self, connection: socket.socket) -> None:
        connection.settimeout(5)
        received = b""
        while b"\r\n\r\n" not in received:
            chunk = connection.recv(65536)
            if not chunk:
                return
            received += chunk
        self.requests.append(received.decode("latin-1"))
        answer = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        try:
            if callable(answer):
                answer(connection)
            else:
                connection.sendall(answer)
        except OSError:
            pass

    def close(self) -> None:
        if self._listening.fileno() == -1:
            return
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join(5)


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


@pytest.fixture
def other() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def client(server: Server, pauses: list[float]) -> Iterator[Client]:
    with Client(
        server.url,
        CANARY,
        budget=RateBudget(),
        sleep=pauses.append,
        timeout=httpx.Timeout(0.3),
    ) as client:
        yield client


def lines_of(error: BaseException) -> str:
    """All that may be shown of an error, in any way."""
    return "".join(
        [
            str(error),
            repr(error),
            repr(vars(error)),
            *traceback.format_exception(error),
            repr(pickle.dumps(error)),
        ]
    )


def failing(call: Callable[[], object], kind: type[CallCovError]) -> CallCovError:
    with pytest.raises(kind) as caught:
        call()
    error = caught.value
    assert type(error) is kind
    assert error.__context__ is None
    assert error.__cause__ is None
    assert "canary" not in lines_of(error)
    assert error.request is not None
    assert error.request.method == "GET"
    return error


# -- retries ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(reply(500, b""), id="500"),
        pytest.param(reply(502, b"<html>bad gateway</html>"), id="502 html"),
        pytest.param(reply(503, {"detail": "busy"}), id="503"),
        pytest.param(reply(429, {"detail": "slow down"}, Retry_After="0"), id="429"),
        pytest.param(reset, id="reset"),
        pytest.param(b"", id="closed without an answer"),
        pytest.param(reply()[:-5], id="cut body"),
        pytest.param(b"HTTP/1.1 nonsense\r\n\r\n", id="not HTTP"),
    ],
)
def test_list_answers_when_a_passing_fault_is_over(server, client, fault):
    server.replies = [fault, fault, reply()]
    assert client.list().total == 0
    assert len(server.requests) == 3


@pytest.mark.parametrize("status", [400, 401, 403, 404, 408, 409, 418, 422, 501, 505])
def test_list_asks_once_when_no_repetition_would_help(server, client, pauses, status):
    server.replies = [reply(status, {"detail": "no"}, X_Request_Id="req-1"), reply()]
    with pytest.raises(StatusError) as caught:
        client.list()
    assert caught.value.status_code == status
    assert caught.value.request_id == "req-1"
    assert len(server.requests) == 1
    assert pauses == []


def test_retries_are_bounded_and_back_off(server, client, pauses):
    server.replies = [reply(500, b"")]
    failing(client.list, ServerError)
    assert len(server.requests) == 1 + transport.MAX_RETRIES
    for n, pause in enumerate(pauses):
        assert 0.25 * 2**n <= pause <= 0.5 * 2**n


def test_retry_waits_as_long_as_the_answer_asks_for(server, client, pauses):
    server.replies = [reply(503, b"", Retry_After="7"), reply()]
    client.list()
    assert 7 <= pauses[0] <= 7.7


def test_no_retry_when_the_answer_asks_for_longer_than_the_call_may_wait(server, client, pauses):
    server.replies = [reply(503, b"", Retry_After="3600"), reply()]
    failing(client.list, ServerError)
    assert len(server.requests) == 1
    assert pauses == []


def test_rate_limited_says_how_long_when_it_is_too_long_to_wait(server, client):
    server.replies = [reply(429, {"detail": "slow down"}, Retry_After="200"), reply()]
    error = failing(client.list, RateLimited)
    assert isinstance(error, RateLimited)
    assert error.retry_after_s == pytest.approx(200, abs=1)
    assert len(server.requests) == 1
    again = failing(client.list, RateLimited)
    assert isinstance(again, RateLimited)
    assert again.retry_after_s == pytest.approx(200, abs=1)
    assert len(server.requests) == 1, "the whole account waits, so nothing is sent"


def test_budget_follows_the_headers(server, client):
    server.replies = [
        reply(X_RateLimit_Limit="100", X_RateLimit_Remaining="42", X_RateLimit_Reset="30")
    ]
    client.list()
    shown = client.budget.snapshot()
    assert (shown.limit, shown.remaining) == (100, 42)
    assert shown.resets_in_s == pytest.approx(30, abs=1)


# -- no answer -------------------------------------------------------------------------------


def test_connection_failed_when_nobody_listens(server, client):
    server.close()
    error = failing(client.list, ConnectionFailed)
    assert "CALLCOV_BASE_URL" in str(error)


def test_timed_out_when_the_server_is_slow(server, pauses):
    server.replies = [lambda connection: time.sleep(0.3)]
    with Client(
        server.url, CANARY, budget=RateBudget(), max_retries=0, timeout=httpx.Timeout(0.1)
    ) as client:
        error = failing(client.list, TimedOut)
    assert "read timeout" in str(error)


def test_timed_out_when_the_answer_never_ends(server, client, monkeypatch):
    def drip(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(20):
            connection.sendall(b" ")
            time.sleep(0.02)

    monkeypatch.setattr(transport, "ANSWER_TIMEOUT_S", 0.1)
    monkeypatch.setattr(client._transport, "_max_retries", 0)
    server.replies = [drip]
    assert "still answering" in str(failing(client.list, TimedOut))


def test_unresolvable_host_is_a_failed_connection(pauses):
    with Client(
        "https://no-such-host.invalid",
        CANARY,
        budget=RateBudget(),
        max_retries=1,
        sleep=pauses.append,
    ) as client:
        failing(client.list, ConnectionFailed)


def test_closed_client_says_so(server):
    client = Client(server.url, CANARY, budget=RateBudget())
    client.close()
    assert "closed" in str(failing(client.list, CallCovError))


# -- odd answers -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(reply(body=b"<html>login</html>", Content_Type="text/html"), id="html"),
        pytest.param(reply(body=b""), id="empty"),
        pytest.param(reply(204, b""), id="204"),
        pytest.param(reply(304, b""), id="304"),
        pytest.param(reply(body=b"\xff\xfe\x00"), id="not text"),
        pytest.param(reply(body=b"[" * 50_000), id="deep"),
        pytest.param(reply(body=[]), id="array"),
        pytest.param(reply(body=None), id="null"),
        pytest.param(reply(body={"detail": "no"}), id="other object"),
        pytest.param(reply(body={**GOOD, "data": {}}), id="rows no array"),
        pytest.param(reply(body={**GOOD, "total": "many"}), id="total no number"),
        pytest.param(reply(body=b"garbage", Content_Encoding="gzip"), id="broken gzip"),
    ],
)
def test_unexpected_answer_when_it_is_no_list(server, client, answer):
    server.replies = [answer]
    error = failing(client.list, UnexpectedAnswer)
    assert "CALLCOV_BASE_URL" in str(error)
    assert len(server.requests) == 1
    failing(lambda: client.retrieve("a"), UnexpectedAnswer)


def test_compressed_answer_is_read(server, client):
    body = gzip.compress(json.dumps({**GOOD, "total": 7}).encode())
    server.replies = [reply(body=body, Content_Encoding="gzip")]
    assert client.count() == 7
    # asked for from other machines only: inside one, compression costs more than it saves
    assert "accept-encoding: identity" in server.requests[0].lower()
    with Client("https://api.example.com/api/v1", "key") as remote:
        assert "gzip" in remote._transport._http.headers["Accept-Encoding"]


def test_answer_is_refused_when_it_is_too_large(server, client, monkeypatch):
    monkeypatch.setattr(transport, "MAX_ANSWER_BYTES", 2**20)
    monkeypatch.setattr(faults, "MAX_ANSWER_BYTES", 2**20)
    bomb = gzip.compress(b" " * 2**22)
    server.replies = [reply(body=bomb, Content_Encoding="gzip")]
    error = failing(client.list, UnexpectedAnswer)
    assert "more than 1 MB" in str(error)
    assert client.budget._in_flight == 0


def test_error_body_is_read_only_so_far(server, client):
    server.replies = [reply(404, b"x" * 2**20)]
    error = failing(client.list, NotFound)
    assert len(str(error)) < 1000


def test_good_answer_after_a_bad_record_keeps_the_rest(server, client, caplog):
    row = {"id": "a", "created": 5, "status": "failed"}
    server.replies = [reply(body={**GOOD, "data": [row, {"id": "b"}, 3], "total": 3})]
    page = client.list()
    assert [analysis.id for analysis in page.data] == ["a"]
    assert len(page.rejected) == 2
    assert "2 of 3 records" in caplog.text


# -- redirects -------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("token", [False, True], ids=["key", "token"])
def test_redirect_carries_no_credential_to_another_host(server, other, status, token):
    target = f"http://127.0.0.1:{other.port}/api/v1/analysis/"
    server.replies = [reply(status, b"", Location=target)]
    given = {"token": CANARY} if token else {"api_key": CANARY}
    with Client(server.url, budget=RateBudget(), **given) as client:
        error = failing(client.list, UnexpectedAnswer)
    assert f"http://127.0.0.1:{other.port}" in str(error)
    assert "CALLCOV_BASE_URL" in str(error)
    assert other.requests == []


@pytest.mark.parametrize(
    "target",
    [
        pytest.param("http://localhost:{port}/api/v1/analysis/", id="host"),
        pytest.param("https://127.0.0.1:{port}/api/v1/analysis/", id="scheme"),
        pytest.param("//evil.example/analysis/", id="no scheme"),
        pytest.param("http://127.0.0.1:{port}@evil.example/", id="host as user"),
        pytest.param("ftp://127.0.0.1:{port}/", id="ftp"),
        pytest.param("javascript:alert(1)", id="javascript"),
        pytest.param("http://[broken", id="no address"),
        pytest.param("http://evil.example/?key=sk_live_canary0123456789", id="echo"),
        pytest.param("http://sk_live_canary0123456789.evil.example/", id="echo as host"),
    ],
)
def test_redirect_elsewhere_is_refused(server, client, target):
    server.replies = [reply(302, b"", Location=target.format(port=server.port))]
    failing(client.list, UnexpectedAnswer)
    assert len(server.requests) == 1


def test_redirect_within_the_origin_is_followed_with_the_credential(server, client):
    server.replies = [reply(307, b"", Location="/api/v2/analysis/?limit=5"), reply()]
    assert client.list().total == 0
    assert server.requests[1].startswith("GET /api/v2/analysis/?limit=5 ")
    assert CANARY in server.requests[1]


def test_redirect_in_a_circle_ends(server, client):
    server.replies = [reply(302, b"", Location="/api/v1/analysis/")]
    failing(client.list, UnexpectedAnswer)
    assert len(server.requests) == 4


def test_redirect_without_a_target_ends(server, client):
    server.replies = [reply(302, b"")]
    failing(client.list, UnexpectedAnswer)


# -- secrets ---------------------------------------------------------------------------------

ECHO = {"detail": f"Bad key {CANARY}", "request_id": CANARY}


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(reply(401, ECHO, X_Request_Id=CANARY), id="401"),
        pytest.param(reply(422, {"detail": [{"loc": [CANARY], "msg": CANARY}]}), id="422"),
        pytest.param(reply(500, {"error": {"message": CANARY, "details": [CANARY]}}), id="500"),
        pytest.param(reply(200, CANARY.encode(), Content_Type=CANARY), id="not JSON"),
        pytest.param(reply(429, ECHO, Retry_After="100"), id="429"),
        pytest.param(reset, id="reset"),
        pytest.param(f"HTTP/1.1 {CANARY}\r\n\r\n".encode(), id="not HTTP"),
    ],
)
def test_key_reaches_no_log_and_no_error_when_the_server_echoes_it(server, client, answer, caplog):
    caplog.set_level(logging.DEBUG)
    server.replies = [answer]
    with pytest.raises(CallCovError) as caught:
        client.list(agent_id="agent_secret_person")
    assert "canary" not in lines_of(caught.value)
    assert caught.value.__context__ is None
    ours = [r for r in caplog.records if r.name.startswith(("explorer", "httpx"))]
    assert ours
    shown = " ".join(f"{record.getMessage()} {vars(record)}" for record in ours)
    assert "canary" not in shown
    assert "agent_secret_person" not in shown
    assert "canary" not in caplog.text


def test_log_has_a_line_a_request(server, client, caplog):
    caplog.set_level(logging.INFO)
    server.replies = [reply(503, b""), reply(X_Request_Id="req-7")]
    client.list(search="somebody")
    lines = [record.getMessage() for record in caplog.records]
    assert len(lines) == 3
    assert lines[0].startswith("GET /analysis/ 503 in ")
    assert lines[1].startswith("GET /analysis/: retry 1 of 4 in ")
    assert lines[2].startswith("GET /analysis/ 200 in ")
    assert lines[2].endswith("(request id req-7)")
    assert "somebody" not in caplog.text


def test_httpx_logs_as_before_when_others_use_it(server, caplog):
    caplog.set_level(logging.INFO)
    with httpx.Client() as plain:
        plain.get(server.url)
    assert "HTTP Request" in caplog.text


def test_client_shows_and_gives_away_nothing(server, client):
    assert "canary" not in repr(client) + str(client) + repr(vars(client))
    with pytest.raises(TypeError):
        pickle.dumps(client)


def test_unauthorized_says_what_to_do(server, client):
    server.replies = [reply(401, {"detail": "Invalid authentication credentials"})]
    error = failing(client.list, Unauthorized)
    assert "Invalid authentication credentials" in str(error)
    assert "CALLCOV_API_KEY" in str(error)


def test_invalid_parameter_names_its_field(server, client):
    problem = {"loc": ["query", "limit"], "msg": "too large", "type": "value_error"}
    server.replies = [reply(422, {"detail": [problem]})]
    error = failing(lambda: client.list(limit=5000), InvalidParameter)
    assert isinstance(error, InvalidParameter)
    assert error.field == "limit"
    assert error.request is not None
    assert error.request.parameters["limit"] == "5000"


# -- the environment -------------------------------------------------------------------------


def test_no_proxy_is_asked_when_the_api_is_on_this_machine(server, other, monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{other.port}")
    with Client(server.url, CANARY, budget=RateBudget()) as client:
        client.list()
    assert other.requests == []


def test_proxy_of_the_environment_is_used_for_other_machines(server, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{server.port}")
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{server.port}")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    with Client("http://api.example/v1", CANARY, budget=RateBudget(), allow_http=True) as client:
        client.list()
    assert server.requests[0].startswith("GET http://api.example/v1/analysis/?limit=100&offset=0 ")


def test_settings_error_when_the_certificate_file_is_missing(monkeypatch):
    from explorer.errors import SettingsError

    monkeypatch.setenv("SSL_CERT_FILE", "/no/such/file.pem")
    with pytest.raises(SettingsError, match="SSL_CERT_FILE") as caught:
        Client("https://a.example", CANARY, budget=RateBudget())
    assert caught.value.__context__ is None
