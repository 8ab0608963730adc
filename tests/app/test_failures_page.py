"""The failures page: its states, the planted stories found first, numbers that open their calls."""

from __future__ import annotations

import re
import time
from typing import Any
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from explorer.analysis import queries
from explorer.analysis.filters import Filter
from explorer.sandbox import PLAIN_KEY, SANDBOX_KEY, Filters
from tests.app.harness import Api, Watched, go, open_app, plain, record, settle, titles, words

CODEC, OUTAGE = "Audio decode failed: webm", "Transcription backend unavailable"
HOSTILE = "<b>bold</b> **bold** [x](javascript:y) :red[z] $a$ ``` timed out"


def opened(**query: str) -> AppTest:
    """The page once the mirror is whole."""
    open_app("data")
    settle()
    return open_app("failures", **query)


def account(api: Api) -> list[dict[str, Any]]:
    return api.sandbox.accounts[SANDBOX_KEY].page(Filters(), 10_000, 0)[0]


def failing(api: Api, part: str) -> list[dict[str, Any]]:
    return [one for one in account(api) if part in (one["metadata"]["error_message"] or "")]


def reasons(at: AppTest) -> pd.DataFrame:
    return at.dataframe(key="reasons_table").value


def linked(at: AppTest, label: str) -> dict[str, Any]:
    """The parameters of the first link whose label begins so."""
    link = next(one for one in at.page_link if plain(one.value).startswith(label))
    return parse_qs(link.proto.query_string)


def shown_total(at: AppTest) -> int:
    found = re.search(r"of ([\d,]+)\*\*", words(at))
    assert found is not None, words(at)
    return int(found[1].replace(",", ""))


def boxes(at: AppTest) -> dict[str, str]:
    """The boxes on top: title → text."""
    return {box.proto.title: plain(box.value) for box in (*at.error, *at.warning)}


@pytest.fixture
def stories(serve) -> Api:
    return serve(analyses=2500, now=int(time.time()))


def test_stories_are_named_first_when_the_page_opens(stories):
    at = opened()
    found = boxes(at)
    outage = next(title for title in found if title.startswith("Outage: "))
    assert titles(at.error) == [outage]
    assert OUTAGE in found[outage]
    lost = failing(stories, OUTAGE)
    first = min(one["created"] for one in lost)
    assert f"Outage: {pd.Timestamp(first, unit='s'):%a %-d %b %Y, %H:%M} to " in outage
    most = found["Most frequent reason"]
    n_codec = len(failing(stories, CODEC))
    assert most.startswith(CODEC)
    assert f": {n_codec} calls, " in most
    assert f"All {n_codec} of these failures are calls with audio format “webm”, against " in most
    assert found["Stuck"].startswith("5 calls still processing")
    table = reasons(at)
    assert table["reason"].str.startswith((CODEC, OUTAGE))[:2].all()
    assert list(table["state"][:2]) == ["", "gone"]
    assert at.selectbox(key="failures_reason").value == table["reason"][0]
    assert len(at.get("plotly_chart")) == 6
    stuck_calls_are_listed_with_when_they_should_have_ended(at, stories)
    ids_of_the_outage_can_be_copied(at, stories)
    evidence_can_be_copied_and_holds_no_secret(at, stories)


def stuck_calls_are_listed_with_when_they_should_have_ended(at: AppTest, api: Api) -> None:
    table = at.dataframe(key="stuck_calls").value
    old = {
        one["id"]
        for one in account(api)
        if one["status"] == "processing" and one["created"] < time.time() - 86_400
    }
    assert set(table["id"]) == old
    assert (table["expected_at"] > table["created_at"]).all()
    assert table["overdue"][0].endswith("days")


def ids_of_the_outage_can_be_copied(at: AppTest, api: Api) -> None:
    lost = {one["id"] for one in failing(api, OUTAGE)}
    listed = next(set(code.value.split()) for code in at.code if lost <= set(code.value.split()))
    by_id = {one["id"]: one for one in account(api)}
    assert {by_id[name]["status"] for name in listed} == {"failed"}


def evidence_can_be_copied_and_holds_no_secret(at: AppTest, api: Api) -> None:
    of_reason, of_call = (
        next(code.value for code in at.code if code.value.startswith(heading))
        for heading in ("### Analyses fail", "### Analysis failed")
    )
    newest = max(failing(api, CODEC), key=lambda one: one["created"])
    for text in (of_reason, of_call):
        assert newest["id"] in text
        assert "$CALLCOV_API_KEY" in text
        assert SANDBOX_KEY not in text
        assert "webm" in text
        assert "X-Amz-Signature" not in text
        assert "s3.amazonaws.com" not in text
    assert at.selectbox(key="evidence_call").value == newest["id"]


def test_numbers_open_their_calls(stories):
    at = opened()
    at.session_state["reasons_table"] = {
        "selection": {"rows": [], "columns": [], "cells": [(1, "n_calls")]}
    }
    at.run()
    failed = sum(one["status"] == "failed" for one in account(stories))
    n_codec = len(failing(stories, CODEC))
    picked = int(reasons(at)["n_calls"][1])
    expected = {
        f"{failed:,} failed": failed,
        f"{n_codec} with this reason": n_codec,
        "5 stuck": 5,
        f"Open {picked} calls: ": picked,
    }
    labels = [plain(one.value) for one in at.page_link]
    for part in ("lost calls", "comparable calls"):
        label = next(one for one in labels if part in one)
        expected[label] = int(re.sub(r"\D", "", label))
    cursor = Watched.opened[-1].mirror.cursor()
    for label, n in expected.items():
        calls, refused = Filter.from_query(linked(at, label))
        assert refused == ()
        assert queries.count(cursor, calls, ZoneInfo("UTC")) == n > 0, label
    # also where one reason has several wordings
    table = queries.reasons(cursor, Filter())
    assert len(table) == len(reasons(at))
    for row in table.itertuples():
        one = Filter(reason=row.reason)
        assert queries.count(cursor, one, ZoneInfo("UTC")) == row.n_calls
        assert queries.contrast_totals(cursor, one, ZoneInfo("UTC"))[2] == row.n_calls
    # and the page that opens agrees
    assert shown_total(open_app("calls", **linked(at, "5 stuck"))) == 5


def test_row_that_is_chosen_is_the_reason_in_view(stories):
    at = opened()
    at.session_state["reasons_table"] = {"selection": {"rows": [1], "columns": [], "cells": []}}
    at.run()
    assert not at.exception
    assert at.selectbox(key="failures_reason").value.startswith(OUTAGE)
    assert "Nothing stands out" in words(at)
    # the widget may be changed afterwards, though the row stays chosen
    at.selectbox(key="failures_reason").select_index(0).run()
    assert at.selectbox(key="failures_reason").value.startswith(CODEC)
    # and the filter's reason is the only one there is
    name = reasons(at)["reason"][1]
    at = open_app("failures", reason=name)
    assert list(reasons(at)["reason"]) == [name]
    assert at.selectbox(key="failures_reason").value == name
    assert f"**{reasons(at)['n_calls'][0]}** of 2,500 failed" in words(at)


def test_page_obeys_the_filter(stories):
    at = opened(audio_format="webm", until="1d")
    until = int(time.time()) // 60 * 60 - 86_400
    kept = [
        one
        for one in account(stories)
        if one["audio"]["format"] == "webm" and one["created"] < until
    ]
    n = sum(one["status"] == "failed" for one in kept)
    assert f"**{n:,}** of {len(kept):,} failed" in words(at)
    assert reasons(at)["n_calls"].sum() == n


def test_status_filter_is_said_to_be_left_out_when_set(stories):
    at = opened(status_filter="completed")
    told, unfiltered = words(at), opened()
    assert "All calls, from the mirror." in told
    assert "The status filter is not applied here" in told
    assert "The status filter" not in words(unfiltered)
    assert reasons(at).equals(reasons(unfiltered))
    assert f"**{reasons(at)['n_calls'].sum()}** of 2,500 failed" in told


# --- states -----------------------------------------------------------------------------------


def test_nothing_is_found_when_the_account_has_no_stories(serve):
    serve(now=int(time.time()), key=PLAIN_KEY)
    at = opened()
    assert "of 600 failed" in words(at)
    assert not at.error
    assert "No outage found." in words(at)
    assert not [title for title in titles(at.warning) if title != "Most frequent reason"]
    assert (reasons(at)["state"] == "").all()
    assert "times as often" not in words(at)


def test_page_says_so_when_the_account_is_empty(serve):
    serve(key="sk_test_sandbox_empty")
    at = opened()
    assert titles(at.info) == ["This account has no analyses yet"]
    assert not at.get("plotly_chart")


def test_page_says_so_when_nothing_matches(serve):
    serve()
    at = opened(agent_id="nobody")
    assert titles(at.info) == ["No calls match"]
    assert at.button(key="clear_filters_here")


@pytest.mark.parametrize("status", ["completed", "processing", "failed"])
def test_page_is_whole_when_there_is_one_call(status, serve):
    error = {"metadata": {"error_message": HOSTILE}} if status == "failed" else {}
    serve(record(1, status, **error))
    at = opened()
    text = words(at)
    assert ("This call did not fail." in text) is (status != "failed")
    assert "No outage found." in text
    if status == "failed":
        assert list(reasons(at)["n_calls"]) == [1]
        assert "Too few calls to compare" in text


def test_text_of_the_api_is_shown_literally(serve):
    serve(*(record(n, "failed", metadata={"error_message": HOSTILE}) for n in range(8)))
    at = opened()
    markdown = [*at.markdown, *at.caption, *at.warning, *at.error]
    shown = [one.value for one in markdown if "bold" in one.value]
    assert shown
    assert not [text for text in shown if "<b>" in text or "[x](" in text or ":red[" in text]
    labels = [one.value for one in at.page_link if "bold" in one.value]
    assert not [text for text in labels if ":red[" in text]


def test_page_says_which_part_is_synced_while_the_first_sync_runs(serve):
    api = serve(*(record(n, "completed" if n % 4 else "failed") for n in range(2500)))
    api.held = lambda asked: "limit=1000&offset=" in asked and "offset=0" not in asked
    open_app("failures")
    deadline = time.monotonic() + 10
    while "1,000 of 2,500 synced" not in words(at := open_app("failures")):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert "of 1,000 failed" in words(at)
    api.held = lambda asked: False
    settle()
    assert "of 2,500 failed" in words(go(at, "failures"))


def test_reason_says_why_its_messages_are_together(serve):
    serve(analyses=2500)
    page = opened()
    told = words(page)
    assert "Why these messages are together" in [block.label for block in page.expander]
    assert "Every message reads so" in told or "forms of message differ" in told
    (shown,) = (one.value for one in page.dataframe if "times" in one.value)
    assert shown["times"].sum() > 0
    assert all("sig" not in str(one).lower() for one in shown["error_message"])


def test_rules_of_ones_own_name_a_reason_and_bad_ones_are_told(serve, store):
    serve(analyses=2500)
    store.mkdir(parents=True, exist_ok=True)
    rules = store / "reasons.toml"
    rules.write_text('[[merge]]\ncontains = "webm"\nlabel = "webm cannot be decoded"\n')
    open_app()
    settle()
    assert "webm cannot be decoded" in words(open_app("failures"))
    rules.write_text("[[merge]]\nlabel = 3\n")
    at = open_app("failures")
    at.button(key="refresh").click().run()
    settle()
    told = words(open_app("failures"))
    assert "Your rules are not in use" in told
    assert "reasons.toml" in told


def test_failed_call_has_its_ticket_and_the_way_to_its_reason(serve):
    api = serve(analyses=2500)
    open_app()
    settle()
    failed = failing(api, CODEC)[0]
    page = open_app("call", id=failed["id"])
    (link,) = (one for one in page.page_link if one.value == "Calls that failed for this reason")
    assert "### Analysis failed:" in words(page)
    assert "$CALLCOV_API_KEY" in words(page)
    there = open_app("failures", **parse_qs(link.proto.query_string))
    assert reasons(there)["n_calls"].tolist() == [len(failing(api, CODEC))]
