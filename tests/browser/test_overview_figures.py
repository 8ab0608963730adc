"""The overview's numbers are the API's, its charts are drawn, and each opens what it counts."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from explorer.analysis.failures import group_messages
from explorer.redact import redact
from tests.browser.conftest import WAIT_MS, Api, OpenWindow
from tests.conftest import RunningApp

STATUS = "All matching calls by status"
REASONS = "The most frequent reasons of failed analyses"
EFFORT = "Mean customer effort per day"


def reasons_of_all(api: Api, **filters: str) -> dict[str, int]:
    """Reasons and how many calls each has, most frequent first; groups are the account's."""
    every = api.records(status_filter="failed")
    messages = [redact(record["metadata"]["error_message"]) for record in every]
    reason_of = {
        record["id"]: reason for record, reason in zip(every, group_messages(messages), strict=True)
    }
    chosen = api.records(status_filter="failed", **filters) if filters else every
    counts = Counter(reason_of[record["id"]] for record in chosen)
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def calls_by_day(api: Api) -> dict[int, int]:
    """Calls of each day with any, by days since 1970 in UTC, oldest first."""
    days = sorted(record["created"] // 86_400 for record in api.records())
    return {day: days.count(day) for day in days}


def scores(api: Api) -> list[tuple[int, float]]:
    """`created` and score of every scored call."""
    found = []
    for record in api.records():
        coaching = (record["results"] or {}).get("coaching") or {}
        if coaching.get("customer_effort_score") is not None:
            found.append((record["created"], coaching["customer_effort_score"]))
    return found


def test_charts_are_drawn_with_a_mark_for_each_number(
    explorer: RunningApp, open_window: OpenWindow, api: Api
) -> None:
    window = open_window(explorer, timezone_id="UTC").open()
    known = list(calls_by_day(api))
    days = known[-1] - known[0] + 1  # days without calls have their place too
    expect(window.bars(STATUS)).to_have_count(3, timeout=WAIT_MS)
    expect(window.bars(REASONS)).to_have_count(min(10, len(reasons_of_all(api))))
    expect(window.bars(EFFORT)).to_have_count(days)
    marks = window.page.get_by_role("figure", name=EFFORT).locator(".scatterlayer .point")
    assert 0 < marks.count() <= days
    widths = [bar.bounding_box()["width"] for bar in window.bars(REASONS).all()]
    assert min(widths) > 5


@pytest.mark.parametrize("status", ["processing", "completed", "failed"])
def test_status_number_is_the_apis_and_its_link_opens_that_many(
    explorer: RunningApp, open_window: OpenWindow, api: Api, status: str
) -> None:
    total = api.total(status_filter=status)
    window = open_window(explorer).open()
    card = window.main.get_by_test_id("stMetric").filter(has_text=status.capitalize())
    expect(card.get_by_test_id("stMetricValue")).to_have_text(f"{total:,}")
    window.press(f"Open {total:,} call")
    window.at("/calls", status_filter=status).shows(f"of {total:,} · {status.capitalize()} calls")


def test_bar_of_a_status_opens_its_calls(
    explorer: RunningApp, open_window: OpenWindow, api: Api
) -> None:
    window = open_window(explorer).open()
    window.bars(STATUS).last.click(force=True)
    window.at("/calls", status_filter="failed").shows(f"of {api.total(status_filter='failed'):,}")


def test_bar_of_a_reason_opens_as_many_calls_as_it_counts(
    explorer: RunningApp, open_window: OpenWindow, api: Api
) -> None:
    reason, n_calls = next(iter(reasons_of_all(api).items()))
    window = open_window(explorer).open()
    expect(window.bars(REASONS).last).to_be_visible(timeout=WAIT_MS)
    # the most frequent stands on top and is drawn last
    window.bars(REASONS).last.click(force=True)
    window.at("/calls", status_filter="failed", reason=reason).shows(f"of {n_calls:,} · Failed")


def test_row_of_the_table_under_the_figure_opens_the_same(
    explorer: RunningApp, open_window: OpenWindow, api: Api
) -> None:
    reason, n_calls = list(reasons_of_all(api).items())[1]
    window = open_window(explorer).open()
    window.page.locator(".st-key-failure_reasons_fold summary").click()
    table = window.page.locator(".st-key-failure_reasons_table").get_by_test_id("data-grid-canvas")
    # forced: a transparent scroller lies on the canvas and takes the clicks for it
    table.click(position={"x": 20, "y": 36 + 35 + 17}, force=True)
    window.main.get_by_role("link", name=f"Open {n_calls:,} call").click()
    window.at("/calls", status_filter="failed", reason=reason).shows(f"of {n_calls:,} · Failed")


def test_bar_of_a_day_opens_its_calls(
    explorer: RunningApp, open_window: OpenWindow, api: Api
) -> None:
    days = calls_by_day(api)
    day = list(days)[1]
    scored = [score for second, score in scores(api) if second // 86_400 == day]
    place = day - min(days)
    begins, ends = (
        datetime.fromtimestamp(86_400 * one, UTC).strftime("%Y-%m-%dT00:00:00Z")
        for one in (day, day + 1)
    )
    window = open_window(explorer, timezone_id="UTC").open()
    expect(window.bars(EFFORT).nth(place)).to_be_visible(timeout=WAIT_MS)
    window.bars(EFFORT).nth(place).click(force=True)
    window.at("/calls", since=begins, until=ends, has_score="yes").shows(
        f"of {len(scored):,} · Calls"
    )


def test_overview_of_one_agent_counts_that_agent_only(
    explorer: RunningApp, open_window: OpenWindow, api: Api
) -> None:
    window = open_window(explorer).open("/?agent_id=agent_001")
    total = api.total(agent_id="agent_001")
    window.shows(f"Open {total:,} calls")
    expect(window.bars(REASONS)).to_have_count(
        min(10, len(reasons_of_all(api, agent_id="agent_001"))), timeout=WAIT_MS
    )


def test_dragging_over_the_strip_filters_by_its_time(
    explorer: RunningApp, open_window: OpenWindow, api: Api
) -> None:
    window = open_window(explorer, timezone_id="UTC").open("/?status_filter=completed")
    strip = window.page.get_by_role("figure", name="Calls over time by status")
    expect(strip.locator(".bars .point")).not_to_have_count(0, timeout=WAIT_MS)
    box = strip.locator(".nsewdrag").bounding_box()
    assert box is not None
    mouse, middle = window.page.mouse, box["y"] + box["height"] / 2
    mouse.move(box["x"] + box["width"] * 0.4, middle)
    mouse.down()
    mouse.move(box["x"] + box["width"] * 0.6, middle, steps=5)
    mouse.up()
    expect(window.page).to_have_url(re.compile(r"since=\d{4}-.*until=\d{4}-"), timeout=WAIT_MS)
    query = parse_qs(urlsplit(window.page.url).query)
    assert query["status_filter"] == ["completed"]
    since, until = (datetime.fromisoformat(query[name][0]) for name in ("since", "until"))
    inside = [
        one
        for one in api.records()
        if since.timestamp() <= one["created"] < until.timestamp() and one["status"] == "completed"
    ]
    assert 0.1 < len(inside) / api.total(status_filter="completed") < 0.3
    window.press(f"Open {len(inside):,} calls")
    chosen = {name: values[0] for name, values in query.items()}
    window.at("/calls", **chosen).shows(f"of {len(inside):,} · Completed calls since")
