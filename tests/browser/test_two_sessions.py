"""Keys entered in the browser: each session sees its own account, and the key stays inside."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import expect

from explorer.sandbox import EMPTY_KEY, SANDBOX_KEY, SECOND_KEY
from tests.browser.conftest import WAIT_MS, Api, OpenWindow, Window
from tests.conftest import RunningApp, RunningSandbox, running_app

EMPTY = "This account has no analyses yet"


@dataclass(frozen=True)
class Site:
    """An app with nothing configured, and another sandbox that its viewers may enter."""

    app: RunningApp
    address: str


@pytest.fixture(scope="module")
def site(sandbox_2500: RunningSandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running_app(tmp_path_factory.mktemp("site"), EXPLORER_LOG="DEBUG") as app:
        yield Site(app, sandbox_2500.base_url)


def connected(window: Window, site: Site, key: str) -> Window:
    """The window after it entered an account."""
    window.connect(site.address, key)
    expect(window.sidebar.get_by_text("Account entered here")).to_be_visible(timeout=WAIT_MS)
    window.whole()
    field = window.sidebar.get_by_label("API key or token", exact=True)
    expect(field).to_have_value("", timeout=WAIT_MS)
    return window


def leaves_no_trace(window: Window, key: str) -> bool:
    """Whether the key is in no URL the window used and nowhere in its page."""
    page = window.page.content()
    return key not in page and all(key not in url for url in window.requested)


def test_each_session_sees_its_own_account_only(site: Site, open_window: OpenWindow) -> None:
    first = connected(open_window(site.app, fresh=True).open("/calls"), site, SANDBOX_KEY)
    second = connected(open_window(site.app, fresh=True).open("/calls"), site, SECOND_KEY)
    own = {key: Api(site.address, key) for key in (SANDBOX_KEY, SECOND_KEY)}
    first.shows(f"1–50 of {own[SANDBOX_KEY].total():,}")
    second.shows(f"1–50 of {own[SECOND_KEY].total():,}")

    wanted = {id_: key for key, one in own.items() for id_ in one.ids(limit=50)}
    for window, key in ((first, SANDBOX_KEY), (second, SECOND_KEY)):
        exported = window.download("JSON Lines").decode().splitlines()
        assert {wanted[line.split('"')[3]] for line in exported} == {key}
        window.page.keyboard.press("Escape")
        assert leaves_no_trace(window, SECOND_KEY)
    # names to choose from are the account's own too
    second.sidebar.get_by_role("combobox", name="Agent").click()
    offered = set(second.page.get_by_role("option").all_inner_texts())
    assert offered
    assert not {name for name in offered if name.startswith("agent_0")}
    log = site.app.log.read_text()
    assert "GET /analysis/" in log
    assert SECOND_KEY not in log


def test_call_of_another_account_is_not_found(site: Site, open_window: OpenWindow) -> None:
    foreign = Api(site.address, SANDBOX_KEY).ids(limit=1)[0]
    window = connected(open_window(site.app).open("/calls"), site, SECOND_KEY)
    # in the same session: typed, as a new address would start another one
    window.page.evaluate(
        "id => { history.pushState({}, '', `/call?id=${id}`); dispatchEvent(new PopStateEvent('popstate')) }",
        foreign,
    )
    window.shows("Not found in this account")


def test_wrong_key_is_refused_and_the_old_connection_stays(
    site: Site, open_window: OpenWindow
) -> None:
    window = connected(open_window(site.app).open("/calls"), site, SECOND_KEY)
    total = Api(site.address, SECOND_KEY).total()
    wrong = "sk_test_wrong_and_secret_enough"
    window.connect(site.address, wrong)
    alert = window.sidebar.get_by_test_id("stAlert")
    expect(alert).to_contain_text("Not connected", timeout=WAIT_MS)
    expect(alert).to_contain_text("401")
    window.settle().shows(f"1–50 of {total:,}")
    assert wrong not in alert.inner_text()
    assert wrong not in site.app.log.read_text()
    assert all(wrong not in url for url in window.requested)


def test_disconnect_returns_to_the_sandbox(site: Site, open_window: OpenWindow) -> None:
    window = connected(open_window(site.app).open("/calls"), site, SECOND_KEY)
    button = window.sidebar.get_by_role("button", name="Disconnect")
    if not button.is_visible():
        window.sidebar.get_by_text("Connection", exact=True).click()
    button.click()
    expect(window.sidebar.get_by_text("Sandbox", exact=True)).to_be_visible(timeout=WAIT_MS)
    window.settle().shows("All calls, newest first.")


def test_empty_account_has_its_view_on_every_page(site: Site, open_window: OpenWindow) -> None:
    window = connected(open_window(site.app).open("/calls"), site, EMPTY_KEY)
    window.shows(EMPTY)
    window.follow_menu("Overview")
    window.at("/").shows(EMPTY)
    expect(window.main.get_by_role("heading", name="Overview")).to_be_visible()
    assert window.page.get_by_test_id("stPlotlyChart").count() == 0
    assert window.page.get_by_test_id("stException").count() == 0
    window.choose("Status", "failed")
    window.at("/", status_filter="failed").shows("No calls match")
