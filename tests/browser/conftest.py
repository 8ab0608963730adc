"""A real Chromium on the real app: windows that know what Streamlit must be waited for."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect, sync_playwright

from tests.conftest import RunningApp, RunningSandbox, chromium_path, running_app

_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WAIT_MS = 20_000
_RUNNING = re.compile("Syncing|Looking for changes")
# Streamlit draws the grid on a canvas, in rows of fixed height below one header.
_HEADER_PX, _ROW_PX = 36, 35
_SETTLED = """() => {
    const app = document.querySelector('[data-testid=stApp]');
    return app !== null
        && app.getAttribute('data-test-script-state') === 'notRunning'
        && app.getAttribute('data-test-connection-state') === 'CONNECTED'
        && document.querySelector('[data-testid=stMain] :is(h1, [data-testid=stAlert])') !== null
        && document.querySelector('[data-stale=true], [data-testid=stSkeleton]') === null;
}"""


@dataclass(frozen=True)
class Api:
    """The API itself, asked without the explorer in between."""

    base_url: str
    key: str

    def list(self, **parameters: Any) -> dict[str, Any]:
        """The list call's answer."""
        answer = httpx.get(
            f"{self.base_url}/analysis/",
            params=parameters,
            headers={"X-API-Key": self.key},
            verify=False,
        )
        found: dict[str, Any] = answer.raise_for_status().json()
        return found

    def records(self, **filters: str) -> list[dict[str, Any]]:
        """Every matching record, newest first."""
        found: list[dict[str, Any]] = []
        while page := self.list(limit=1000, offset=len(found), **filters)["data"]:
            found += page
        return found

    def total(self, **filters: str) -> int:
        """How many analyses match."""
        return int(self.list(limit=1, **filters)["total"])

    def ids(self, **parameters: Any) -> list[str]:
        """The ids of one page, newest first."""
        return [record["id"] for record in self.list(**parameters)["data"]]


class Window:
    """One tab with its own browser session."""

    def __init__(self, page: Page, origin: str) -> None:
        self.page, self.origin = page, origin
        self.main = page.get_by_test_id("stMain")
        self.sidebar = page.get_by_test_id("stSidebar")
        self.console: list[str] = []
        self.requested: list[str] = []
        page.on("console", lambda message: self._note(message.type, message.text, message.location))
        page.on("pageerror", lambda error: self.console.append(f"uncaught: {error}"))
        page.on("request", lambda request: self.requested.append(request.url))
        page.on("websocket", lambda socket: self.requested.append(socket.url))

    def open(self, path: str = "/", *, whole: bool = True) -> Window:
        """Go there as from a bookmark; ready when the page is, and no sync runs if `whole`."""
        self.page.goto(self.origin + path)
        self.settle()
        return self.whole() if whole else self

    def whole(self) -> Window:
        """Wait until the sync under way, if there is one, has ended and is on the page."""
        self.settle()  # a page half drawn does not say yet that one is under way
        expect(self.sidebar.get_by_text(_RUNNING)).to_have_count(0, timeout=2 * WAIT_MS)
        return self.settle()

    def settle(self) -> Window:
        """Wait until the script has ended and nothing on the page is from an earlier run."""
        self.page.wait_for_function(_SETTLED, timeout=WAIT_MS)
        return self

    def still(self) -> Window:
        """Wait until a run that begins late has ended too: it draws a field anew, and loses what is
        typed or clicked meanwhile."""
        self.page.wait_for_timeout(700)
        return self.settle()

    def shows(self, text: str | re.Pattern[str]) -> Locator:
        """Wait until the main part shows `text`."""
        found = self.main.get_by_text(text).first
        expect(found).to_be_visible(timeout=WAIT_MS)
        return found

    def text(self) -> str:
        """All text of the page, as it is laid out."""
        return self.main.inner_text()

    def at(self, path: str, **query: str | list[str]) -> Window:
        """Wait until the address has this path and exactly these parameters, and has settled."""
        pairs = [
            f"{name}={value}"
            for name, values in query.items()
            for value in ([values] if isinstance(values, str) else values)
        ]
        self.page.wait_for_function(
            """([path, pairs]) => location.pathname === path && JSON.stringify(
                [...new URLSearchParams(location.search)].map(p => p.join('=')).sort()
            ) === JSON.stringify(pairs.sort())""",
            arg=[path, pairs],
            timeout=WAIT_MS,
        )
        return self.settle()

    def choose(self, label: str, option: str) -> None:
        """Pick an option of a filter in the sidebar."""
        field, wanted = (
            self.sidebar.get_by_role("combobox", name=label),
            self.page.get_by_role("option", name=option, exact=True),
        )
        field.click()
        if not wanted.is_visible():
            # a click while the sidebar slides in only focuses the field
            field.press("ArrowDown")
        if not wanted.is_visible():
            # long lists hold the options in view only
            field.press_sequentially(option)
        wanted.click()
        if label in ("Agent", "Contact"):
            # choosing one of several leaves the list open
            self.page.keyboard.press("Tab")

    def type_in(self, label: str, text: str) -> None:
        """Type into a field of the sidebar and leave it."""
        field = self.sidebar.get_by_label(label, exact=True)
        self.still()
        field.fill(text)
        field.press("Enter")

    def press(self, name: str) -> None:
        """Click a button or link of the page."""
        self.main.get_by_role("button", name=name).or_(
            self.main.get_by_role("link", name=name)
        ).first.click()

    def follow_menu(self, page: str) -> None:
        """Go to a page through the navigation menu."""
        self.sidebar.get_by_role("link", name=page, exact=True).click()

    def grid(self, name: str) -> Locator:
        """The canvas of the table with this accessible name."""
        grid = self.page.get_by_role("region", name=name, exact=True).get_by_test_id(
            "data-grid-canvas"
        )
        expect(grid).to_be_visible(timeout=WAIT_MS)
        return grid

    def click_row(self, name: str, row: int, x: int = 320) -> None:
        """Click the cell in `row` (0 is the first) that lies `x` pixels from the table's left."""
        # forced: a transparent scroller lies on the canvas and takes the clicks for it
        place = {"x": x, "y": _HEADER_PX + _ROW_PX * row + 17}
        self.grid(name).click(position=place, force=True)

    def bars(self, figure: str) -> Locator:
        """The bars of the chart with this accessible name."""
        return self.page.get_by_role("figure", name=figure).locator(".bars .point")

    def connect(self, address: str, key: str) -> None:
        """Enter an account in the sidebar's connection panel."""
        field = self.sidebar.get_by_label("API key or token", exact=True)
        if not field.is_visible():
            self.sidebar.get_by_text("Connection", exact=True).click()
        expect(field).to_be_visible(timeout=WAIT_MS)
        self.still()
        self.sidebar.get_by_label("Address", exact=True).fill(address)
        field.fill(key)
        self.sidebar.get_by_role("button", name="Connect", exact=True).click()

    def download(self, label: str) -> bytes:
        """The bytes of an export, from the Export menu."""
        button = self.page.get_by_role("button", name=re.compile(rf"{label}$"))
        if not button.is_visible():
            self.main.get_by_role("button", name="Export").click()
        expect(button).to_be_visible(timeout=WAIT_MS)
        with self.page.expect_download(timeout=WAIT_MS) as found:
            button.click()
        return found.value.path().read_bytes()

    def _note(self, kind: str, text: str, location: dict[str, Any]) -> None:
        # On a deep link Streamlit first looks for its server below the page's path.
        probe = re.search(r"/_stcore/(health|host-config)$", location.get("url", ""))
        if kind in ("error", "warning") and not (probe and "404" in text):
            self.console.append(f"{kind}: {text} ({location.get('url')})")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium a file: Playwright's event loop must not outlive it into other tests."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=_ARGUMENTS)
        yield browser
        browser.close()


OpenWindow = Callable[..., Window]


@pytest.fixture(scope="module")
def contexts(browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Browser contexts by their options, each used again: it keeps Streamlit's scripts cached."""
    opened: dict[str, BrowserContext] = {}

    def context_for(fresh: bool, **options: Any) -> BrowserContext:
        name = f"{len(opened)}" if fresh else json.dumps(options, sort_keys=True)
        if name not in opened:
            opened[name] = browser.new_context(**options)
            opened[name].set_default_timeout(WAIT_MS)
        return opened[name]

    yield context_for
    for context in opened.values():
        context.close()


@pytest.fixture
def open_window(contexts: Callable[..., BrowserContext]) -> Iterator[OpenWindow]:
    """Opens windows, each a Streamlit session; `fresh` ones share no cookie or cache either.

    Takes the options of a browser context.
    """
    pages = []

    def open_one(app: RunningApp, *, fresh: bool = False, **options: Any) -> Window:
        usual = {"viewport": {"width": 1440, "height": 1000}, "ignore_https_errors": True}
        pages.append(contexts(fresh, **(usual | options)).new_page())
        return Window(pages[-1], app.url)

    yield open_one
    for page in pages:
        page.close()


@pytest.fixture(scope="session")
def explorer(
    sandbox_2500: RunningSandbox, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningApp]:
    """The app with a key for the default account, in which time stands still."""
    with running_app(
        tmp_path_factory.mktemp("explorer"),
        CALLCOV_BASE_URL=sandbox_2500.base_url,
        CALLCOV_API_KEY=sandbox_2500.key,
        EXPLORER_LOG="DEBUG",
    ) as app:
        yield app


@pytest.fixture(scope="session")
def api(sandbox_2500: RunningSandbox) -> Api:
    """The account that `explorer` shows."""
    return Api(sandbox_2500.base_url, sandbox_2500.key)


@pytest.fixture(scope="session")
def first_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    """The app as it starts with nothing configured: it serves its own sandbox."""
    with running_app(tmp_path_factory.mktemp("first_run")) as app:
        yield app


def analysis(analysis_id: str, status: str, **changes: Any) -> dict[str, Any]:
    """A whole analysis as the API gives it, some of its blocks changed: ``call={"agent_id": …}``."""
    record: dict[str, Any] = {
        "id": analysis_id,
        "object": "analysis",
        "created": 1_790_000_000,
        "status": status,
        "livemode": False,
        "call": {"agent_id": "agent_1", "contact_id": "contact_1", "duration_seconds": 61},
        "audio": {"url": None, "size_bytes": 1_000_000, "format": "wav", "duration_seconds": 61},
        "transcript": None,
        "results": None,
        "metadata": {"processing_time_ms": 1200, "completed_at": "2026-09-21T12:00:00Z"},
    }
    for block, change in changes.items():
        known = record.get(block)
        record[block] = known | change if isinstance(known, dict) else change
    return record
