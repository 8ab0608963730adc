"""Secrets of an account leave the process for no page, frame, address, file or log."""

from __future__ import annotations

import io
import re
import wave
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import expect
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from explorer.sandbox import MemoryAccount, Sandbox
from tests.browser.conftest import WAIT_MS, OpenWindow, Window, analysis
from tests.conftest import RunningApp, running_app, serving

KEY = "sk_test_CANARYCONFIGUREDKEY0001"
ERROR = (
    "Download failed: https://store.example/a.wav?X-Amz-Signature=CANARYERRORSIG001 "
    "password=CANARYPW0000001 key sk_live_CANARYLIVEKEY00001 refused; see the worker's log"
)
CANARY = "CANARY"
WITH_SOURCE = re.compile(".+")


def recording() -> bytes:
    """Half a second of silence."""
    sound = io.BytesIO()
    with wave.open(sound, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(8000))
    return sound.getvalue()


@dataclass
class Store:
    """An object store that answers signed links only."""

    asked: list[str] = field(default_factory=list)

    def app(self) -> Starlette:
        return Starlette(routes=[Route("/CANARYPATH0001/recording.wav", self.answer)])

    def answer(self, request: Request) -> Response:
        self.asked.append(request.url.query)
        signed = request.query_params.get("X-Amz-Signature") == "CANARYSIG00000000001"
        return Response(recording(), 200 if signed else 403, media_type="audio/wav")


def secret_account(store: str) -> MemoryAccount:
    """A failed and a completed analysis with a secret wherever one may be."""
    link = f"{store}/CANARYPATH0001/recording.wav?X-Amz-Signature=CANARYSIG00000000001"
    changes = {
        "audio": {"url": link},
        "metadata": {
            "webhook_url": "https://hooks.example/CANARYHOOKPATH01?token=CANARYHOOKTOKEN01",
            "error_message": ERROR,
            "retry_of": "https://store.example/b.wav?sig=CANARYUNKNOWNFIELD1",
        },
        "extension": {"download_url": "https://store.example/CANARYEXTPATH01/c.wav"},
    }
    return MemoryAccount(
        [analysis("failed-1", "failed", **changes), analysis("completed-1", "completed", **changes)]
    )


@dataclass
class Watched:
    """A window, and all that reached it."""

    window: Window
    received: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        page = self.window.page
        page.on("websocket", lambda socket: socket.on("framereceived", self._note))
        page.on("response", lambda answer: self.received.append(answer.url))

    def _note(self, frame: str | bytes) -> None:
        self.received.append(frame if isinstance(frame, str) else frame.decode("utf-8", "replace"))

    def look(self) -> None:
        """Keep what the page holds now."""
        self.received += [self.window.page.content(), self.window.text()]


@dataclass
class Secretive:
    """The app on that account, and the store behind its recordings."""

    app: RunningApp
    store: Store


@pytest.fixture(scope="module")
def secretive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secretive]:
    store = Store()
    sandbox = Sandbox(analyses=0, rate_limit=0)
    with serving(store.app()) as store_origin, serving(sandbox.app()) as origin:
        sandbox.accounts[KEY] = secret_account(store_origin)
        with running_app(
            tmp_path_factory.mktemp("secretive"),
            CALLCOV_BASE_URL=f"{origin}/api/v1",
            CALLCOV_API_KEY=KEY,
            EXPLORER_LOG="DEBUG",
        ) as app:
            yield Secretive(app, store)


def play_recording(window: Window) -> None:
    """Load the recording and play it to its end."""
    window.main.get_by_text("Load the recording").click()
    audio = window.page.locator("audio")
    expect(audio).to_have_attribute("src", WITH_SOURCE, timeout=WAIT_MS)
    window.page.wait_for_function("() => document.querySelector('audio').readyState >= 1")
    assert audio.evaluate("e => e.duration") == pytest.approx(0.5, abs=0.05)
    assert (audio.get_attribute("src") or "").startswith((window.origin, "/", "./media", "media"))


def visit_call(watched: Watched, analysis_id: str) -> None:
    """Everything there is on the page of a call."""
    window = watched.window
    window.open(f"/call?id={analysis_id}")
    play_recording(window)
    window.main.get_by_text("Raw document").click()
    expect(window.page.get_by_test_id("stJson")).to_be_visible(timeout=WAIT_MS)
    window.settle()
    watched.look()


def visit_overview(watched: Watched) -> None:
    """The overview with the calls behind a reason opened."""
    window = watched.window.open()
    watched.look()
    window.bars("The most frequent reasons").last.click(force=True)
    window.shows("1–1 of 1 · Failed calls that failed for")
    window.settle()
    watched.look()
    window.open("/data")
    watched.look()


def test_no_secret_reaches_browser_log_or_file(
    secretive: Secretive, open_window: OpenWindow
) -> None:
    watched = Watched(open_window(secretive.app))
    visit_overview(watched)
    for analysis_id in ("failed-1", "completed-1"):
        visit_call(watched, analysis_id)
    window = watched.window.open("/calls")
    files = [window.download("CSV").decode(), window.download("JSON Lines").decode()]
    watched.look()
    window.open("/data")
    files += [window.download(form).decode("latin-1") for form in ("CSV", "JSON Lines", "Parquet")]
    kept = [path.read_bytes() for path in secretive.app.store.rglob("*") if path.is_file()]

    # the test would see them: the readable rest of the message is everywhere
    assert "Download failed: https://store.example/a.wav" in files[0]
    assert any("refused; see the worker" in part for part in watched.received)
    assert secretive.store.asked == ["X-Amz-Signature=CANARYSIG00000000001"] * 2
    assert any(b"Download failed" in part for part in kept)
    assert not any(CANARY.encode() in part for part in kept)
    log = secretive.app.log.read_text()
    assert "GET /analysis/" in log
    found = [
        part[max(0, part.index(CANARY) - 80) :][:160]
        for part in (*watched.received, *files, *window.requested, log)
        if CANARY in part
    ]
    assert found == []


def test_error_message_reads_on_without_its_secrets(
    secretive: Secretive, open_window: OpenWindow
) -> None:
    window = open_window(secretive.app).open("/call?id=failed-1")
    message = window.main.get_by_test_id("stCode").first.inner_text()
    assert "https://store.example/a.wav?…" in message
    assert "password=…" in message
    assert "refused; see the worker's log" in message
