"""Ways to serve the app: below a path, with TLS, with a key, and behind a proxy."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import expect

from explorer.sandbox import SANDBOX_KEY
from tests.browser.conftest import WAIT_MS, OpenWindow
from tests.conftest import RunningApp, RunningSandbox, running_app

PROXIED = {"extra_http_headers": {"X-Forwarded-For": "203.0.113.9"}}
ALL = "All calls, newest first."


def test_app_below_a_path_finds_its_sandbox(tmp_path: Path, open_window: OpenWindow) -> None:
    with running_app(tmp_path, "--server.baseUrlPath=/explore") as app:
        window = open_window(app).open("/explore/calls?status_filter=failed")
        window.shows("Failed calls, newest first.")
        window.follow_menu("Overview")
        window.at("/explore/", status_filter="failed").shows("Why analyses fail")
        window.page.go_back()
        window.at("/explore/calls", status_filter="failed").shows("Failed calls, newest first.")


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """A self-signed certificate for a public name, and its key."""
    key, cert = tmp_path / "key.pem", tmp_path / "cert.pem"
    subprocess.run(
        [
            *[
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "rsa:2048",
                "-nodes",
                "-days",
                "2",
                "-subj",
                "/CN=explorer.example",
            ],
            *["-keyout", str(key), "-out", str(cert)],
        ],
        check=True,
        capture_output=True,
    )
    return cert, key


def test_app_with_tls_finds_its_sandbox(
    tmp_path: Path, certificate: tuple[Path, Path], open_window: OpenWindow
) -> None:
    cert, key = certificate
    arguments = (f"--server.sslCertFile={cert}", f"--server.sslKeyFile={key}")
    with running_app(tmp_path, *arguments) as app:
        window = open_window(app).open("/calls")
        window.shows(ALL)
        expect(window.sidebar.get_by_text("Sandbox", exact=True)).to_be_visible()
        assert all(url.startswith(("https:", "wss:", "data:", "blob:")) for url in window.requested)


def asks_as_api(app: RunningApp) -> httpx.Response:
    """What the app answers to a list call."""
    return httpx.get(
        f"{app.url}/api/v1/analysis/", headers={"X-API-Key": SANDBOX_KEY}, follow_redirects=True
    )


def test_sandbox_is_served_without_a_key_only(explorer: RunningApp, first_run: RunningApp) -> None:
    assert asks_as_api(first_run).json()["object"] == "list"
    answer = asks_as_api(explorer)
    assert "application/json" not in answer.headers.get("content-type", "")
    assert '"object"' not in answer.text


def test_key_is_not_used_for_viewers_from_elsewhere(
    explorer: RunningApp, open_window: OpenWindow
) -> None:
    for path in ("/calls", "/", "/call?id=anything"):
        window = open_window(explorer, **PROXIED).open(path)
        window.shows("Connect an account")
        assert window.page.get_by_test_id("stDataFrame").count() == 0
        expect(window.sidebar.get_by_label("API key or token", exact=True)).to_be_visible()
        # nobody from outside may make the server call addresses of its own network
        expect(window.sidebar.get_by_label("Address", exact=True)).to_have_count(0)


def test_viewer_from_elsewhere_connects_with_a_key_of_their_own(
    explorer: RunningApp, open_window: OpenWindow
) -> None:
    window = open_window(explorer, **PROXIED).open("/calls")
    window.sidebar.get_by_label("API key or token", exact=True).fill(SANDBOX_KEY)
    window.sidebar.get_by_role("button", name="Connect", exact=True).click()
    expect(window.sidebar.get_by_text("Account entered here")).to_be_visible(timeout=WAIT_MS)
    window.shows("1–50 of 2,500")


@pytest.fixture
def sharing(sandbox_2500: RunningSandbox, tmp_path: Path) -> Iterator[RunningApp]:
    with running_app(
        tmp_path,
        CALLCOV_BASE_URL=sandbox_2500.base_url,
        CALLCOV_API_KEY=sandbox_2500.key,
        EXPLORER_SHARE_KEY="1",
    ) as app:
        yield app


def test_key_is_used_for_everyone_when_it_is_shared(
    sharing: RunningApp, open_window: OpenWindow
) -> None:
    window = open_window(sharing, **PROXIED).open("/calls")
    window.shows("1–50 of 2,500")
