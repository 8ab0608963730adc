"""The state of the list is its address: written on change, kept on reload, undone by Back."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from playwright.sync_api import expect

from explorer.sandbox import SANDBOX_KEY
from tests.browser.conftest import WAIT_MS, Api, OpenWindow, Window
from tests.conftest import RunningApp

FAILED = {"status_filter": "failed"}


def holds(window: Window, label: str, value: str) -> None:
    """Wait until a filter of the sidebar shows this value; the agent's shows each as a tag."""
    if label == "Agent":
        several = window.sidebar.get_by_test_id("stMultiSelect").filter(has_text=label).first
        if value:
            expect(several).to_contain_text(value, timeout=WAIT_MS)
        else:
            hint = several.get_by_placeholder("Any agent")
            expect(hint).to_be_visible(timeout=WAIT_MS)
        return
    field = window.sidebar.get_by_label(label, exact=True).first
    expect(field).to_have_value(value, timeout=WAIT_MS)


def test_count_is_the_apis_own_total_in_the_sandbox_of_the_first_run(
    first_run: RunningApp, open_window: OpenWindow
) -> None:
    own = Api(f"{first_run.url}/api/v1", SANDBOX_KEY)
    window = open_window(first_run).open("/calls")
    before = own.total(status_filter="failed")
    window.choose("Status", "failed")
    window.at("/calls", **FAILED).shows("Failed calls, newest first.")
    # the sandbox goes on while it is looked at
    possible = range(before, own.total(status_filter="failed") + 1)
    assert any(f"1–50 of {total:,} · Failed calls" in window.text() for total in possible)


def test_reload_and_back_when_filters_and_page_were_changed(
    explorer: RunningApp, open_window: OpenWindow, api: Api
) -> None:
    total = api.total(status_filter="failed")
    window = open_window(explorer).open("/calls")
    window.choose("Status", "failed")
    window.at("/calls", **FAILED).shows(f"1–50 of {total}")
    window.press("Older")
    window.at("/calls", **FAILED, page="2").shows(f"51–100 of {total}")

    window.page.reload()
    window.at("/calls", **FAILED, page="2").shows(f"51–100 of {total}")
    holds(window, "Status", "failed")
    holds(window, "Page", "2")

    window.page.go_back()
    window.at("/calls", **FAILED).shows(f"1–50 of {total}")
    window.page.go_back()
    window.at("/calls").shows("1–50 of 2,500")
    holds(window, "Status", "")
    window.page.go_forward()
    window.at("/calls", **FAILED).shows(f"1–50 of {total}")
    holds(window, "Status", "failed")


def test_every_filter_change_is_one_step_back(
    explorer: RunningApp, open_window: OpenWindow
) -> None:
    window = open_window(explorer).open("/calls")
    window.choose("Status", "completed")
    window.at("/calls", status_filter="completed")
    window.choose("Agent", "agent_004")
    window.at("/calls", status_filter="completed", agent_id="agent_004")
    window.choose("Agent", "agent_005")
    window.at("/calls", status_filter="completed", agent_id=["agent_004", "agent_005"])
    window.page.go_back()
    window.at("/calls", status_filter="completed", agent_id="agent_004")
    window.type_in("Search", "customer")
    window.at("/calls", status_filter="completed", agent_id="agent_004", search="customer")

    window.page.go_back()
    window.at("/calls", status_filter="completed", agent_id="agent_004")
    window.page.go_back()
    window.at("/calls", status_filter="completed")
    holds(window, "Agent", "")
    window.page.go_back()
    window.at("/calls").shows("1–50 of 2,500")


def test_cold_deep_link_sets_the_filters(
    explorer: RunningApp, open_window: OpenWindow, api: Api
) -> None:
    total = api.total(status_filter="failed", agent_id="agent_001")
    window = open_window(explorer, fresh=True)
    window.open("/calls?status_filter=failed&agent_id=agent_001&page=1")
    window.shows(f"1–{total} of {total} · Failed calls of agent “agent_001”")
    holds(window, "Status", "failed")
    holds(window, "Agent", "agent_001")


@pytest.mark.parametrize(
    ("query", "named"),
    [
        pytest.param("limit=5000", "“5000” is no limit", id="limit too large"),
        pytest.param("limit=abc", "“abc” is no limit", id="limit no number"),
        pytest.param("page=0", "“0” is no page", id="page zero"),
        pytest.param("page=999", "Page 999 does not exist", id="page beyond the end"),
        pytest.param("status_filter=lost", "status_filter: value is not", id="unknown status"),
    ],
)
def test_bad_values_of_the_address_are_named(
    explorer: RunningApp, open_window: OpenWindow, query: str, named: str
) -> None:
    window = open_window(explorer).open(f"/calls?{query}")
    alert = window.main.get_by_test_id("stAlert").filter(has_text=named)
    expect(alert).to_be_visible(timeout=WAIT_MS)
    assert window.page.get_by_test_id("stException").count() == 0


def test_bad_values_are_forgotten_when_the_filter_changes(
    explorer: RunningApp, open_window: OpenWindow
) -> None:
    window = open_window(explorer).open("/calls?limit=5000")
    window.shows("“5000” is no limit")
    window.choose("Status", "failed")
    window.at("/calls", **FAILED).shows("Failed calls, newest first.")
    expect(window.main.get_by_test_id("stAlert")).to_have_count(0)


def test_filters_go_along_to_another_page_and_come_back(
    explorer: RunningApp, open_window: OpenWindow, api: Api
) -> None:
    total = api.total(status_filter="failed")
    window = open_window(explorer).open("/calls")
    window.choose("Status", "failed")
    window.at("/calls", **FAILED).shows(f"1–50 of {total}")
    window.follow_menu("Overview")
    window.at("/", **FAILED).shows("Why analyses fail")
    holds(window, "Status", "failed")

    window.follow_menu("Calls")
    window.at("/calls", **FAILED).shows(f"1–50 of {total}")
    window.page.go_back()
    window.at("/", **FAILED).shows("Why analyses fail")
    window.page.go_back()
    window.at("/calls", **FAILED).shows(f"1–50 of {total}")
    holds(window, "Status", "failed")


@pytest.mark.parametrize("agent", ["Мария Петрова", 'O\'Neil, Shauna "Sho"', "田中 美咲"])
def test_names_in_any_script_survive_the_address(
    explorer: RunningApp, open_window: OpenWindow, api: Api, agent: str
) -> None:
    total = api.total(agent_id=agent)
    assert total
    window = open_window(explorer).open(f"/calls?agent_id={quote(agent)}&limit=1000")
    window.shows(f"1–{total} of {total} · Calls of agent “{agent}”")
    holds(window, "Agent", agent)


def test_clear_filters_shows_all_again(explorer: RunningApp, open_window: OpenWindow) -> None:
    window = open_window(explorer).open("/calls?status_filter=failed&search=agent_0&page=2")
    window.shows("51–100 of")
    window.sidebar.get_by_role("button", name="Clear filters").click()
    window.at("/calls").shows("1–50 of 2,500")
    holds(window, "Search", "")


def test_choice_of_a_page_is_one_step_back_and_in_a_shared_link(
    explorer: RunningApp, open_window: OpenWindow
) -> None:
    window = open_window(explorer).open("/contacts?status_filter=failed")
    window.page.get_by_role("radio", name="Most calls").click()
    window.at("/contacts", **FAILED, contacts_order="calls")
    chosen = window.page.get_by_role("radio", name="Most calls")
    expect(chosen).to_be_checked(timeout=WAIT_MS)
    shared = open_window(explorer).open("/contacts?status_filter=failed&contacts_order=calls")
    expect(shared.page.get_by_role("radio", name="Most calls")).to_be_checked(timeout=WAIT_MS)
    window.page.go_back()
    window.at("/contacts", **FAILED)
    expect(window.page.get_by_role("radio", name="Most repeats")).to_be_checked(timeout=WAIT_MS)
    window.page.go_forward()
    window.at("/contacts", **FAILED, contacts_order="calls")
    expect(chosen).to_be_checked(timeout=WAIT_MS)
