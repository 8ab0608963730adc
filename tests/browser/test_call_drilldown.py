"""From a row of the list to the call, along the list, and back."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.conftest import WAIT_MS, Api, OpenWindow, Window
from tests.conftest import RunningApp

LIST = "The calls that match the filters, newest first"
FAILED = {"status_filter": "failed"}


def on_call(window: Window, analysis_id: str, **query: str) -> None:
    """Wait until the page of this call is there, and nothing of the one before."""
    window.at("/call", **query, id=analysis_id)
    window.shows(f"Id {analysis_id}")


def test_row_opens_the_failed_call_with_its_whole_error(
    explorer: RunningApp, open_window: OpenWindow, api: Api
) -> None:
    chosen = api.list(status_filter="failed", limit=50)["data"][3]
    window = open_window(explorer).open("/calls?status_filter=failed")
    window.click_row(LIST, 3)
    on_call(window, chosen["id"], **FAILED)
    shown = window.main.get_by_test_id("stCode").first.inner_text()
    assert shown.strip() == chosen["metadata"]["error_message"].strip()
    window.shows(f"{chosen['call']['agent_id']} with {chosen['call']['contact_id']}")

    window.page.go_back()
    window.at("/calls", **FAILED).shows("Failed calls, newest first.")
    expect(window.sidebar.get_by_label("Status").first).to_have_value("failed", timeout=WAIT_MS)


def test_longest_error_is_shown_to_its_end(
    explorer: RunningApp, open_window: OpenWindow, api: Api
) -> None:
    failed = api.list(status_filter="failed", limit=1000)["data"]
    # without what is taken out as a secret, so that it can be compared
    plain = [
        record
        for record in failed
        if "://" not in record["metadata"]["error_message"]
        and "key" not in record["metadata"]["error_message"]
    ]
    longest = max(plain, key=lambda record: len(record["metadata"]["error_message"]))
    message = longest["metadata"]["error_message"]
    window = open_window(explorer, viewport={"width": 420, "height": 900})
    window.open(f"/call?id={longest['id']}")
    code = window.main.get_by_test_id("stCode").first
    assert code.inner_text().split() == message.split()
    assert code.evaluate("e => e.querySelector('pre').scrollWidth <= e.clientWidth + 1")


def test_newer_and_older_follow_the_filtered_list_across_its_pages(
    explorer: RunningApp, open_window: OpenWindow, api: Api
) -> None:
    ids = api.ids(status_filter="failed", limit=30)
    query = {**FAILED, "limit": "10"}
    window = open_window(explorer).open("/calls?status_filter=failed&limit=10")
    window.click_row(LIST, 8)
    on_call(window, ids[8], **query)
    window.press("Older call")
    on_call(window, ids[9], **query)
    window.press("Older call")
    on_call(window, ids[10], **query, page="2")
    window.press("Older call")
    on_call(window, ids[11], **query, page="2")
    window.press("Newer call")
    on_call(window, ids[10], **query, page="2")
    window.press("Newer call")
    on_call(window, ids[9], **query)
    window.press("Back to the list: Failed calls")
    window.at("/calls", **query).shows("1–10 of")


def test_the_ends_of_the_list_have_no_further_call(
    explorer: RunningApp, open_window: OpenWindow, api: Api
) -> None:
    filters = {"agent_id": "agent_001", "status_filter": "failed"}
    ids = api.ids(**filters)
    window = open_window(explorer)
    window.open(f"/call?agent_id=agent_001&status_filter=failed&id={ids[0]}")
    expect(window.main.get_by_role("button", name="Newer call")).to_be_disabled()
    expect(window.main.get_by_role("button", name="Older call")).to_be_enabled()
    window.open(f"/call?agent_id=agent_001&status_filter=failed&id={ids[-1]}")
    expect(window.main.get_by_role("button", name="Older call")).to_be_disabled()


def test_unknown_id_is_named_and_the_way_out_stays(
    explorer: RunningApp, open_window: OpenWindow
) -> None:
    window = open_window(explorer).open("/call?id=no-such-call")
    window.shows("Not found in this account")
    expect(window.main.get_by_role("link", name="Back to the list")).to_be_visible()


def test_id_can_be_typed_where_none_is_given(
    explorer: RunningApp, open_window: OpenWindow, api: Api
) -> None:
    wanted = api.ids(limit=1, status_filter="completed")[0]
    window = open_window(explorer).open("/call")
    window.main.get_by_label("Id of the analysis").fill(wanted)
    window.press("Open")
    on_call(window, wanted)
    expect(window.main.get_by_text("Transcript", exact=True)).to_be_visible(timeout=WAIT_MS)
