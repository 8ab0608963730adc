"""On any page, at any width, in light and dark: no error, no other host, no overflow, all named."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from tests.browser.conftest import Api, OpenWindow, Window
from tests.conftest import RunningApp

PHONE, DESK = 420, 1440
ANALYSES = ("failures", "effort", "agents", "compliance", "verdicts", "contacts")
_UNNAMED = """() => {
    const named = e => [...e.querySelectorAll('[role=region], [role=figure]'), e].some(
        x => (x.getAttribute('aria-label') || '').trim());
    return [...document.querySelectorAll(
        '[data-testid=stPlotlyChart], [data-testid=stDataFrame], [data-testid=stTable]')]
        .filter(e => !named(e) && !e.querySelector('table[aria-label]'))
        .map(e => e.outerHTML.slice(0, 200));
}"""
_OVERFLOW = "() => document.scrollingElement.scrollWidth - innerWidth"
_CUT_OFF = """() => [...document.querySelectorAll(
        '[data-testid=stMain] :is(button, a, h1, h2, h3, p, td)')]
    .filter(e => e.offsetParent && e.getBoundingClientRect().right > innerWidth + 1)
    .map(e => e.innerText)"""


def paths(api: Api, *, every_state: bool) -> dict[str, str]:
    """Every page in its states, or the one with the most on it."""
    if not every_state:
        return {"overview": "/", "failures": "/failures"}
    pages = {
        "overview": "/",
        "calls": "/calls",
        "calls of the mirror": "/calls?since=30d&sort=longest",
        "data": "/data?since=30d",
        **{name: f"/{name}" for name in ANALYSES},
        "one agent": "/agents?agent_id=agent_007",
        "failed call": f"/call?id={api.ids(status_filter='failed', limit=1)[0]}",
    }
    return pages | {
        "no calls": "/calls?search=nothing-like-this",
        "completed call": f"/call?id={api.ids(status_filter='completed', limit=1)[0]}",
        "processing call": f"/call?id={api.ids(status_filter='processing', limit=1)[0]}",
        "no such call": "/call?id=none",
    }


def hosts(window: Window) -> set[str]:
    """Whom the browser talked to, apart from what never leaves it."""
    return {
        urlsplit(url).netloc
        for url in window.requested
        if urlsplit(url).scheme not in ("data", "blob")
    }


@pytest.mark.parametrize(
    ("width", "scheme", "every_state"),
    [(DESK, "light", True), (PHONE, "dark", True), (DESK, "dark", False), (PHONE, "light", False)],
)
def test_every_page_is_sound(
    explorer: RunningApp,
    open_window: OpenWindow,
    api: Api,
    width: int,
    scheme: str,
    every_state: bool,
) -> None:
    window = open_window(explorer, viewport={"width": width, "height": 900}, color_scheme=scheme)
    for name, path in paths(api, every_state=every_state).items():
        window.open(path)
        assert window.page.evaluate(_UNNAMED) == [], name
        assert window.page.evaluate(_OVERFLOW) <= 0, name
        assert window.page.evaluate(_CUT_OFF) == [], name
        assert window.page.get_by_test_id("stException").count() == 0, name
    assert window.console == []
    assert hosts(window) == {urlsplit(explorer.url).netloc}


def test_ground_follows_the_viewers_scheme(explorer: RunningApp, open_window: OpenWindow) -> None:
    grounds = {}
    for scheme in ("light", "dark"):
        window = open_window(explorer, color_scheme=scheme).open("/calls")
        colour = window.page.evaluate(
            "getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor"
        )
        grounds[scheme] = sum(map(int, colour.strip("rgb()").split(",")))
    assert grounds["dark"] < 100 < 700 < grounds["light"]


def test_pages_can_be_reached_with_the_keyboard(
    explorer: RunningApp, open_window: OpenWindow
) -> None:
    window = open_window(explorer).open()
    link = window.sidebar.get_by_role("link", name="Calls", exact=True)
    link.focus()
    window.page.keyboard.press("Enter")
    window.at("/calls").shows("All calls, newest first.")


def test_sidebar_gives_way_on_a_phone(explorer: RunningApp, open_window: OpenWindow) -> None:
    window = open_window(explorer, viewport={"width": PHONE, "height": 900}).open("/calls")
    window.page.get_by_test_id("stExpandSidebarButton").click()
    window.choose("Status", "failed")
    window.at("/calls", status_filter="failed")
    window.page.get_by_test_id("stSidebarCollapseButton").get_by_role("button").click()
    window.shows("Failed calls, newest first.")
