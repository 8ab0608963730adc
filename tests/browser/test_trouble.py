"""When the API is limited, gone or slow, the page says so and keeps what it has."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from explorer.sandbox import SANDBOX_KEY, Sandbox
from tests.browser.conftest import WAIT_MS, OpenWindow, Window
from tests.conftest import RunningApp, running_app, serving


@dataclass
class Gate:
    """ASGI middleware before a sandbox; closed, it lets requests wait."""

    app: Any
    opened: threading.Event = field(default_factory=threading.Event)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        import anyio.to_thread

        await anyio.to_thread.run_sync(self.opened.wait, 30)
        await self.app(scope, receive, send)


@contextmanager
def app_on(folder: Path, api: Any) -> Iterator[RunningApp]:
    """The app with an API of its own."""
    with (
        serving(api) as origin,
        running_app(
            folder, CALLCOV_BASE_URL=f"{origin}/api/v1", CALLCOV_API_KEY=SANDBOX_KEY
        ) as app,
    ):
        yield app


@pytest.fixture
def limited(tmp_path: Path) -> Iterator[RunningApp]:
    with app_on(tmp_path, Sandbox(analyses=120, rate_limit=6).app()) as app:
        yield app


def refresh(window: Window) -> None:
    """Press Refresh in the sidebar."""
    window.sidebar.get_by_role("button", name="Refresh").click()


def is_old_but_there(window: Window, kept: str, why: re.Pattern[str]) -> None:
    """The page goes on showing `kept` and says how old it is and why."""
    alert = window.main.get_by_test_id("stAlert").filter(has_text="Reading it again failed")
    expect(alert).to_contain_text(why, timeout=WAIT_MS)
    expect(alert).to_contain_text(re.compile(r"read at \d\d:\d\d:\d\d \(.* ago|just now\)"))
    window.settle().shows(kept)
    assert window.page.get_by_test_id("stException").count() == 0


def test_rate_limit_on_the_first_view_and_later(
    limited: RunningApp, open_window: OpenWindow
) -> None:
    window = open_window(limited).open("/calls?limit=10", whole=False)
    window.shows("1–10 of 120")
    kept, reached = "1–10 of 120", window.main.get_by_text("The rate limit is reached")
    for first in range(11, 111, 10):  # the mirror's sync takes its share of the six
        window.settle().press("Older")
        expect(reached.or_(window.main.get_by_text(f"{first}–{first + 9} of 120"))).to_be_visible(
            timeout=WAIT_MS
        )
        if reached.count():
            break
        kept = f"{first}–{first + 9} of 120"
    # a page that was never read has nothing to fall back on
    window.settle().shows("The rate limit is reached")
    expect(window.main.get_by_role("heading", name="Calls")).to_be_visible()
    expect(window.main.get_by_role("button", name="Try again")).to_be_visible()
    expect(window.sidebar.get_by_text(re.compile("[01] of 6 requests left"))).to_be_visible()

    window.page.go_back()
    window.shows(kept)
    refresh(window)
    is_old_but_there(window, kept, re.compile("rate limit", re.IGNORECASE))

    window.follow_menu("Overview")
    window.shows("The rate limit is reached")
    expect(window.main.get_by_role("heading", name="Overview")).to_be_visible()


@dataclass
class Api:
    """A sandbox that can be stopped."""

    url: str
    stop: Callable[[], None]


@pytest.fixture
def stoppable() -> Iterator[Api]:
    with ExitStack() as stack:
        origin = stack.enter_context(serving(Sandbox(analyses=120, rate_limit=0).app()))
        yield Api(f"{origin}/api/v1", stack.close)


def test_offline_after_the_first_view(
    tmp_path: Path, stoppable: Api, open_window: OpenWindow
) -> None:
    with running_app(tmp_path, CALLCOV_BASE_URL=stoppable.url, CALLCOV_API_KEY=SANDBOX_KEY) as app:
        window = open_window(app).open("/calls")
        window.shows("1–50 of 120")
        window.follow_menu("Overview")
        window.at("/").shows("Open 120 calls")
        stoppable.stop()

        refresh(window)
        is_old_but_there(window, "Open 120 calls", re.compile("[Rr]efused"))
        window.settle()  # news of the sync may draw the menu anew under a click
        window.follow_menu("Calls")
        is_old_but_there(window, "1–50 of 120", re.compile("[Rr]efused"))


@pytest.mark.parametrize(("path", "title"), [("/", "Overview"), ("/calls", "Calls")])
def test_title_and_filters_are_there_while_the_api_is_slow(
    tmp_path: Path, open_window: OpenWindow, path: str, title: str
) -> None:
    gate = Gate(Sandbox(analyses=120, rate_limit=0).app())
    with app_on(tmp_path, gate) as app:
        window = open_window(app)
        window.page.goto(app.url + path)
        expect(window.main.get_by_role("heading", name=title)).to_be_visible(timeout=WAIT_MS)
        expect(window.sidebar.get_by_role("combobox", name="Status")).to_be_visible()
        expect(window.sidebar.get_by_role("link", name="Calls", exact=True)).to_be_visible()
        expect(window.main.get_by_text("120")).to_have_count(0)
        gate.opened.set()
        window.settle().shows(re.compile("of 120 |Open 120 calls"))
