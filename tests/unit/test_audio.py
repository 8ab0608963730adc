"""A recording behind its link: what is read, what is refused, and that the link stays secret."""

from __future__ import annotations

import pickle
import socket
import threading
import traceback
from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from explorer.api import audio
from explorer.api.audio import fetch_recording
from explorer.errors import CallCovError, ConnectionFailed, UnexpectedAnswer

SECRET = "X-Amz-Signature=Hq7xZ2kP9canary"
SOUND = bytes(range(256)) * 40


class Store:
    """Answers every request with `reply`, and keeps what was asked."""

    def __init__(self) -> None:
        self.reply = b""
        self.asked: list[str] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def answer(self, status: int, body: bytes = SOUND, **headers: str) -> None:
        lines = [f"HTTP/1.1 {status} S", f"Content-Length: {len(body)}", "Connection: close"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        self.reply = "\r\n".join(lines).encode() + b"\r\n\r\n" + body

    def link(self, host: str = "127.0.0.1") -> SecretStr:
        return SecretStr(f"http://{host}:{self.port}/bucket/private/rec.wav?{SECRET}")

    def close(self) -> None:
        self._listening.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            with connection:
                received = b""
                while b"\r\n\r\n" not in received and (chunk := connection.recv(65536)):
                    received += chunk
                self.asked.append(received.decode("latin-1"))
                try:
                    connection.sendall(self.reply)
                    connection.shutdown(socket.SHUT_WR)
                    while connection.recv(65536):
                        pass
                except OSError:
                    pass


@pytest.fixture
def store() -> Iterator[Store]:
    found = Store()
    found.answer(200)
    yield found
    found.close()


def assert_secret(error: CallCovError) -> None:
    """The link is nowhere in what is shown, logged, kept or pickled of an error."""
    seen = "".join(traceback.format_exception(error)) + repr(error) + repr(vars(error))
    seen += repr(pickle.dumps(error))
    assert error.__context__ is None
    assert error.__cause__ is None
    for part in ("canary", "Amz", "private", "rec.wav"):
        assert part not in seen


def test_bytes_come_back_when_the_store_gives_them(store, monkeypatch):
    monkeypatch.setenv("CALLCOV_API_KEY", "sk_live_canary0123456789")
    assert fetch_recording(store.link()) == SOUND
    assert store.asked[0].startswith(f"GET /bucket/private/rec.wav?{SECRET} HTTP/1.1")
    lowered = store.asked[0].lower()
    assert "authorization" not in lowered
    assert "x-api-key" not in lowered
    assert "sk_live" not in lowered


def test_environment_proxy_is_not_asked_when_the_store_is_this_machine(store, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert fetch_recording(store.link()) == SOUND


@pytest.mark.parametrize("status", [403, 404, 410, 500, 204], ids=str)
def test_refusal_names_the_status_and_the_next_step_when_the_link_expired(status, store):
    store.answer(status, b"" if status == 204 else b"<Code>canary</Code>")
    with pytest.raises(
        UnexpectedAnswer, match=rf"status {status}.*Refresh for a new link"
    ) as caught:
        fetch_recording(store.link())
    assert_secret(caught.value)


@pytest.mark.parametrize("status", [301, 302, 307], ids=str)
def test_redirect_is_not_followed_when_the_store_sends_one(status, store):
    store.answer(status, b"", Location=f"http://127.0.0.1:{store.port}/elsewhere?canary")
    with pytest.raises(UnexpectedAnswer, match=f"status {status}") as caught:
        fetch_recording(store.link())
    assert len(store.asked) == 1
    assert_secret(caught.value)


def test_recording_is_refused_when_too_large(store):
    with pytest.raises(UnexpectedAnswer, match="is larger than 0 MB") as caught:
        fetch_recording(store.link(), max_bytes=len(SOUND) - 1)
    assert_secret(caught.value)
    assert fetch_recording(store.link(), max_bytes=len(SOUND)) == SOUND


@pytest.mark.parametrize(
    "link",
    [
        pytest.param(f"http://example.com/private/rec.wav?{SECRET}", id="http_elsewhere"),
        pytest.param(f"file:///private/rec.wav?{SECRET}", id="file"),
        pytest.param(f"ftp://127.0.0.1/private/rec.wav?{SECRET}", id="ftp"),
        pytest.param(f"/private/rec.wav?{SECRET}", id="no_host"),
        pytest.param(f"https:///private/rec.wav?{SECRET}", id="empty_host"),
        pytest.param(f"https://[::1/private/rec.wav?{SECRET}", id="broken"),
        pytest.param("", id="empty"),
        pytest.param(f"http://localhost.example.com/private/rec.wav?{SECRET}", id="looks_local"),
        pytest.param(
            f"http://127.0.0.1@example.com/private/rec.wav?{SECRET}", id="user_looks_local"
        ),
    ],
)
def test_link_is_refused_unasked_when_it_is_not_https(link, monkeypatch):
    monkeypatch.setattr(audio.httpx, "Client", None)
    with pytest.raises(UnexpectedAnswer, match="is not an https address") as caught:
        fetch_recording(SecretStr(link))
    assert_secret(caught.value)


def test_failure_names_the_host_only_when_nobody_answers():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    link = SecretStr(f"http://127.0.0.1:{port}/private/rec.wav?{SECRET}")
    with pytest.raises(ConnectionFailed, match=r"http://127\.0\.0\.1/….*ConnectError") as caught:
        fetch_recording(link)
    assert_secret(caught.value)


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nshort", id="cut_short"),
        pytest.param(b"canary private\r\n\r\n", id="no_http"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nshort",
            id="not_gzip",
        ),
    ],
)
def test_failure_is_ours_when_the_answer_breaks_off(reply, store):
    store.reply = reply
    with pytest.raises(ConnectionFailed, match="could not be read") as caught:
        fetch_recording(store.link())
    assert_secret(caught.value)


@pytest.mark.parametrize(
    "link",
    [
        pytest.param(f"https://exa\tmple.com:99999/private?{SECRET}", id="port_too_large"),
        pytest.param(f"https://xn--/private/rec.wav?{SECRET}", id="broken_name"),
        pytest.param(f"http://127.0.0.1:1/\x00private?{SECRET}", id="null_character"),
    ],
)
def test_failure_is_ours_when_the_link_cannot_be_asked(link):
    with pytest.raises((ConnectionFailed, UnexpectedAnswer)) as caught:
        fetch_recording(SecretStr(link))
    assert_secret(caught.value)


def test_link_is_not_logged_when_the_recording_is_read(store, caplog):
    caplog.set_level("DEBUG")
    fetch_recording(store.link())
    store.answer(403)
    with pytest.raises(UnexpectedAnswer):
        fetch_recording(store.link())
    assert "canary" not in caplog.text
    assert "rec.wav" not in caplog.text
