"""The Effort page: its states, an agent's coaching as a reader sees it, numbers that open calls."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

import pytest
from streamlit.testing.v1 import AppTest

from explorer.sandbox import EMPTY_KEY
from explorer.sandbox.stories import Stories
from tests.app.harness import FOUNDING, NOW, go, open_app, record, settle, words

DAY_S = 86_400


def at(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def page_of(**query: str) -> AppTest:
    open_app("effort")
    settle()
    return open_app("effort", **query)


def scored(number: int, score: float | None, **quality: Any) -> dict[str, Any]:
    results = {"quality": quality, "coaching": {"customer_effort_score": score}}
    return record(number, results=results)


def shown(page: AppTest, key: str) -> Any:
    return page.dataframe(key=f"{key}_table").value


def calls_behind(page: AppTest, label: str) -> int:
    """How many calls the Calls page says there are behind a link."""
    (link,) = [one for one in page.page_link if one.value == label]
    opened = words(open_app("calls", **parse_qs(link.proto.query_string)))
    found = re.search(r"of ([\d,]+)\*\*", opened)
    assert found, opened
    return int(found[1].replace(",", ""))


# --- states -----------------------------------------------------------------------------------


def test_account_is_said_to_be_empty_when_it_has_no_calls(serve):
    serve(key=EMPTY_KEY)
    page = page_of()
    assert "This account has no analyses yet" in words(page)
    assert not page.dataframe
    assert not page.error


def test_filter_is_named_when_nothing_matches(serve):
    serve()
    page = page_of(agent_id="no*body")
    assert "Calls of agent “no*body”: none." in words(page)
    assert not page.get("plotly_chart")


def test_page_is_whole_when_the_account_has_one_call(serve):
    serve(FOUNDING)
    page = page_of()
    told = words(page)
    few = "(few calls: do not read much into it)"
    assert f"Mean effort **1.00** of 5 {few} over 1 scored. Low effort is good." in told
    assert "1 agent with fewer than 5 scored calls not ranked." in told
    assert "Not enough calls, fewer than 10 on a side: Failed identity verification (0 with, 1 without)" in told  # fmt: skip
    assert list(shown(page, "effort_per_day")["n_scored"]) == [1]
    assert "differ clearly" not in told


def test_interval_is_left_out_when_scores_are_few_or_all_the_same(serve):
    serve(*(scored(n, n % 3 if n < 6 else 2) for n in range(12)))
    few = words(page_of(since=at(NOW - 1)))
    assert "Mean effort **0.50** of 5 (few calls: do not read much into it) over 2 scored" in few
    assert "95% interval 0.00–" not in few
    same = words(page_of(until=at(NOW - 5)))
    assert "Mean effort **2.00** of 5 over 6 scored" in same
    assert "Mean effort **1.50** of 5 (95% interval 0.99–2.01) over 12 scored" in words(page_of())


def test_empty_periods_are_named_by_their_dates_when_since_is_not_set(serve):
    serve(*(scored(n, 2) for n in range(6)))
    told = words(page_of())
    day = "[A-Z][a-z]{2} [0-9]{2} [A-Z][a-z]{2} 20[0-9]{2}, [0-9:]{5}"
    assert re.search(
        f"No calls from {day} to {day}, nor from {day} to {day}. Set Since for another period.",
        told,
    ), told
    told = words(page_of(since="2025-10-05", until="2025-10-10"))
    assert "Not enough calls to compare with the period before: 6 scored now, 0 before" in told


def test_page_says_why_there_are_no_figures_when_nothing_is_scored(serve):
    serve(*(record(n, "failed" if n else "processing") for n in range(3)))
    page = page_of()
    assert "No call has a score; not counted: 1 processing, 2 failed." in words(page)
    assert not page.get("plotly_chart")
    assert calls_behind(page, "2 failed") == 2


def test_filter_holds_for_every_figure_when_set(serve):
    serve(analyses=2500)
    page = page_of(agent_id="agent_003", status_filter="completed")
    n_scored = int(shown(page, "effort_distribution")["n_scored"].iloc[0])
    assert f"over {n_scored:,} scored; not counted:" in words(page)
    for key in ("effort_per_week", "effort_per_hour", "effort_per_weekday", "effort_per_agent"):
        assert shown(page, key)["n_scored"].sum() == n_scored
    assert list(shown(page, "effort_per_agent")["agent_id"]) == ["agent_003"]
    assert "Effort" in page.title[0].value


def test_trend_is_by_the_grain_when_chosen(serve):
    serve()
    page = page_of()
    for grain in ("day", "month", "week"):
        page.segmented_control(key="effort_grain").set_value(grain).run()
        assert not page.exception
        table = shown(page, f"effort_per_{grain}")
        assert f"a {grain} that is not over yet" in words(page)
        # the account's calls are of last year: nothing runs
        assert table["whole"].all()
        assert table["n_calls"].sum() == 120


def test_running_week_is_marked_when_there_are_calls_of_now(serve):
    now = int(datetime.now(UTC).timestamp())
    serve(*(scored(n, 2) | {"created": now - 60 - n * DAY_S} for n in range(20)))
    page = page_of()
    page.segmented_control(key="effort_grain").set_value("week").run()
    table = shown(page, "effort_per_week")
    assert list(table["whole"]) == [True] * (len(table) - 1) + [False]


def test_trend_is_by_day_when_the_range_is_short_and_nobody_chose(serve):
    serve(*(scored(n, 2) | {"created": NOW - n * DAY_S} for n in range(60)))
    page = page_of()
    grain = page.segmented_control(key="effort_grain")
    assert grain.value == "week"
    short = {"since": at(NOW - 14 * DAY_S), "until": at(NOW)}
    assert page_of(**short).segmented_control(key="effort_grain").value == "day"
    # in one session: by the range until the viewer chooses, who is right from then on
    go(page, "effort", **short)
    assert page.segmented_control(key="effort_grain").value == "day"
    page.segmented_control(key="effort_grain").set_value("month").run()
    assert page.query_params["effort_grain"] in ("month", ["month"])
    narrower = {**short, "status_filter": "completed", "effort_grain": "month"}
    assert go(page, "effort", **narrower).segmented_control(key="effort_grain").value == "month"
    # a link without a choice means none
    assert go(page, "effort", **short).segmented_control(key="effort_grain").value == "day"


def test_figure_of_signs_is_said_to_be_cut_when_it_is(serve):
    signs = {f"sign_{n}": {"present": True} for n in range(16)}
    some = {name: {"present": False} for name in signs}
    serve(*(scored(n, n % 5, **(signs if n % 2 else some)) for n in range(40)))
    told = words(page_of())
    assert "of 16 signs differ clearly. Drawn: the 15 clearest; the table has all." in told


def test_field_that_nobody_knew_is_compared_when_it_arrives(serve):
    word = "*loud*"
    serve(
        *(
            scored(n, 1 + n % 2 + 2 * (n < 30), novelty={"tone": word if n < 30 else "calm"})
            for n in range(90)
        )
    )
    page = page_of()
    assert "**1** of 1 sign differ" in words(page)
    table = shown(page, "effort_drivers")
    assert list(table["sign"]) == [f"Novelty: tone {word}"]
    assert list(table["verdict"]) == ["higher effort"]
    page.session_state["effort_drivers_table"] = {
        "selection": {"rows": [0], "columns": [], "cells": []}
    }
    page.run()
    labels = [link.value for link in page.page_link if link.value.startswith("Open ")]
    assert [calls_behind(page, label) for label in labels] == [30, 60]


# --- the story of agent_007 -------------------------------------------------------------------


def test_coaching_is_read_on_the_page_when_the_agent_is_looked_at(serve):
    serve(analyses=2500)
    coached = Stories.before(NOW).coached_at
    page = page_of(agent_id="agent_007", since=at(coached), until=at(NOW))
    found = re.search(
        r"Mean effort\*\* fell from ([\d.]+) \(over (\d+) scored\) to ([\d.]+) \(over (\d+)\)"
        r".* Low effort is good: it got better",
        words(page),
    )
    assert found, words(page)
    before, n_before, now, n_now = found.groups()
    assert float(before) == pytest.approx(3.9, abs=0.3)
    assert float(now) == pytest.approx(1.45, abs=0.2)
    assert calls_behind(page, f"{n_now} scored now") == int(n_now)
    assert calls_behind(page, f"{n_before} scored before") == int(n_before)


def test_coaching_shows_in_the_weekly_trend_when_all_weeks_are_looked_at(serve):
    serve(analyses=2500)
    page = page_of(agent_id="agent_007")
    weeks = shown(page, "effort_per_week")
    coached = datetime.fromtimestamp(Stories.before(NOW).coached_at, UTC).date()
    known = weeks.dropna(subset="mean_effort")
    before = known[[(coached - day).days >= 7 for day in known["day"]]]
    after = known[[day >= coached for day in known["day"]]]
    assert len(before) >= 5
    assert len(after) >= 5
    assert before["mean_effort"].min() > 2.5 > after["mean_effort"].max()
    assert "higher effort" in list(shown(page, "effort_per_agent")["verdict"])
