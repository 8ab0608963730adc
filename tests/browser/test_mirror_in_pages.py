"""The mirror behind the pages: it fills while one looks, answers what the API cannot, exports."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pandas as pd
import pytest
from playwright.sync_api import expect

from explorer.sandbox import SANDBOX_KEY, Sandbox
from tests.browser.conftest import WAIT_MS, Api, OpenWindow, Window
from tests.conftest import RunningApp, running_app, serving

N = 12_000
WEEK_S = 7 * 86_400
SYNCED = re.compile(r"([\d,]+) of 12,000 synced")


@dataclass
class Slow:
    """ASGI middleware: the long pages of a sync take a while, as on a real network."""

    app: Any
    seconds: float = 0.6

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if b"limit=1000" in scope.get("query_string", b""):
            await asyncio.sleep(self.seconds)
        await self.app(scope, receive, send)


@dataclass(frozen=True)
class Site:
    """An app with an empty store on a large account."""

    app: RunningApp
    api: Api


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    slow = Slow(Sandbox(analyses=N, rate_limit=0).app())
    with serving(slow) as origin:
        address = f"{origin}/api/v1"
        folder = tmp_path_factory.mktemp("large")
        with running_app(folder, CALLCOV_BASE_URL=address, CALLCOV_API_KEY=SANDBOX_KEY) as app:
            yield Site(app, Api(address, SANDBOX_KEY))


@pytest.fixture(scope="module")
def records(site: Site) -> list[dict[str, Any]]:
    """Every record of the account, newest first."""
    return site.api.records()


def synced(window: Window) -> int:
    """How many analyses the coverage sentence of the page counts."""
    found = SYNCED.search(window.text())
    return int(found[1].replace(",", "")) if found else 0


def filter_since(window: Window, text: str) -> None:
    """Type a start into More filters."""
    window.sidebar.get_by_text(re.compile("^More filters")).click()
    field = window.sidebar.get_by_role("combobox", name="Since")
    expect(field).to_be_visible(timeout=WAIT_MS)
    field.fill(text)
    field.press("Enter")


def test_first_sync_is_seen_and_charts_fill_before_it_ends(
    site: Site, open_window: OpenWindow
) -> None:
    window = open_window(site.app).open(whole=False)
    expect(window.sidebar.get_by_text(re.compile(r"Syncing: [\d,]+ of 12,000"))).to_be_visible(
        timeout=WAIT_MS
    )
    effort = window.bars("Mean customer effort per day")
    seen, charts_before_whole = [], False
    deadline = time.monotonic() + 60
    while (n := synced(window)) < N:
        assert time.monotonic() < deadline, seen
        seen.append(n)
        drawn = effort.count() > 0
        charts_before_whole = charts_before_whole or (drawn and 0 < synced(window) < N)
        window.page.wait_for_timeout(150)
    assert seen == sorted(seen)
    assert len({n for n in seen if n}) >= 2
    assert charts_before_whole
    window.whole()
    expect(window.sidebar.get_by_text("Mirror checked")).to_be_visible(timeout=WAIT_MS)
    assert window.console == []


def test_span_is_answered_by_the_mirror_and_its_frozen_link_by_any_browser(
    site: Site, open_window: OpenWindow, records: list[dict[str, Any]]
) -> None:
    window = open_window(site.app).open("/calls")
    window.shows("Live list")
    filter_since(window, "7d")
    window.at("/calls", since="7d").shows("From the mirror")

    window.sidebar.get_by_role("button", name="Freeze times").click()
    window.page.wait_for_url(re.compile(r"since=2\d{3}-"), timeout=WAIT_MS)
    address = urlsplit(window.settle().page.url)
    (since,) = parse_qs(address.query)["since"]
    second = datetime.fromisoformat(since).timestamp()
    assert abs(time.time() - WEEK_S - second) < 60
    expected = [record["id"] for record in records if record["created"] >= second]
    other = open_window(site.app, fresh=True).open(f"{address.path}?{address.query}")
    for one in (window, other):
        one.shows(f"of {len(expected):,} · Calls since")
        rows = [json.loads(line)["id"] for line in one.download("JSON Lines").splitlines()]
        assert rows == expected[:50]


def test_exports_hold_exactly_the_filtered_rows(
    site: Site, open_window: OpenWindow, records: list[dict[str, Any]]
) -> None:
    begins = records[0]["created"] - 20 * 86_400
    since = datetime.fromtimestamp(begins, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    wanted = [
        record["id"]
        for record in records
        if record["created"] >= begins and record["status"] == "failed"
    ]
    window = open_window(site.app).open(f"/data?since={since}&status_filter=failed")
    window.shows(f"{len(wanted):,} · Failed calls since")
    as_csv = csv.DictReader(io.StringIO(window.download("CSV").decode("utf-8-sig")))
    assert [row["id"] for row in as_csv] == wanted
    lines = window.download("JSON Lines").splitlines()
    assert [json.loads(line)["id"] for line in lines] == wanted
    parquet = pd.read_parquet(io.BytesIO(window.download("Parquet")))
    assert list(parquet["id"]) == wanted
