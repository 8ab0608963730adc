"""The pages over the mirror in a browser: every table leads to its calls, a ticket in few clicks."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import WAIT_MS, OpenWindow, Window
from tests.conftest import RunningApp

# page: a summary on it, and whether its table stands behind "Table"
TABLES = {
    "failures": ("reasons", False),
    "effort": ("effort_distribution", True),
    "agents": ("agents", False),
    "compliance": ("checks_by_agent", True),
    "verdicts": ("contradictions", False),
    "contacts": ("contacts", False),
}
_ROW_PX, _HEADER_PX = 35, 36
_OPENS = re.compile(r"Open ([\d,]+) calls?: ")


def grid(window: Window, page: str) -> Locator:
    """The canvas of the page's table, unfolded and in view."""
    key, folded = TABLES[page]
    if folded:
        fold = window.page.locator(f".st-key-{key}_fold summary").first
        fold.scroll_into_view_if_needed()
        fold.click()
    found = window.page.locator(f".st-key-{key}_table").get_by_test_id("data-grid-canvas")
    expect(found).to_be_visible(timeout=WAIT_MS)
    found.scroll_into_view_if_needed()
    return found


@pytest.mark.parametrize("page", TABLES)
def test_row_of_a_table_opens_as_many_calls_as_it_says(
    page: str, explorer: RunningApp, open_window: OpenWindow
) -> None:
    window = open_window(explorer).open(f"/{page}")
    # forced: a transparent scroller lies on the canvas and takes the clicks for it
    grid(window, page).click(position={"x": 20, "y": _HEADER_PX + _ROW_PX // 2}, force=True)
    link = window.main.get_by_role("link", name=_OPENS).first
    expect(link).to_be_visible(timeout=WAIT_MS)
    said = _OPENS.search(link.inner_text())
    assert said is not None
    link.click()
    window.page.wait_for_url(re.compile("/calls"), timeout=WAIT_MS)
    window.settle().shows(f"of {said[1]} · ")
    assert window.console == []


def test_table_is_reached_and_opened_with_the_keyboard_alone(
    explorer: RunningApp, open_window: OpenWindow
) -> None:
    window = open_window(explorer).open("/verdicts")
    grid(window, "verdicts").focus()
    window.page.keyboard.press("ArrowDown")
    link = window.main.get_by_role("link", name=_OPENS).first
    expect(link).to_be_visible(timeout=WAIT_MS)
    link.focus()
    window.page.keyboard.press("Enter")
    window.page.wait_for_url(re.compile("/calls"), timeout=WAIT_MS)
    window.settle().shows(re.compile(r"of [\d,]+ · "))


def test_text_for_a_ticket_is_four_clicks_away_from_overview(
    explorer: RunningApp, open_window: OpenWindow
) -> None:
    window = open_window(explorer, permissions=["clipboard-read", "clipboard-write"]).open()
    clicks = [
        window.sidebar.get_by_role("link", name="Failures", exact=True),
        window.main.get_by_text("Evidence for a ticket", exact=True),
        window.main.get_by_role("button", name=re.compile("copy", re.IGNORECASE)).first,
    ]
    for place, click in enumerate(clicks):
        if place == 2:
            code = window.main.locator("[data-testid=stCode]", has_text="### Analyses fail").first
            code.hover()
            click = code.get_by_role("button").first
        click.click()
        window.settle()
    text = window.page.evaluate("navigator.clipboard.readText()")
    assert text.startswith("### Analyses fail: ")
    assert "Audio decode failed: webm" in text
    assert "$CALLCOV_API_KEY" in text
    assert len(clicks) <= 4
