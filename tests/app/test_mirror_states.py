"""What pages show of the mirror: while it fills, when a filter needs it, when it cannot be had."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from explorer.analysis.failures import group_messages
from explorer.sandbox import SANDBOX_KEY, SECOND_KEY, Filters, MemoryAccount
from tests.app.harness import (
    FOUNDING,
    NOW,
    Api,
    Watched,
    calls,
    go,
    keys,
    open_app,
    problem,
    record,
    settle,
    titles,
    words,
)

DAY_S = 86_400


def everything(api: Api, key: str = SANDBOX_KEY) -> list[dict[str, Any]]:
    account = api.sandbox.accounts[key]
    return account.page(Filters(), 10_000, 0)[0]


def total_shown(at: AppTest) -> int:
    """The number of calls that the Calls page says match."""
    found = re.search(r"of ([\d,]+)\*\*", words(at))
    if found is None:
        assert "No calls match" in words(at)
        return 0
    return int(found[1].replace(",", ""))


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def table(at: AppTest, column: str) -> pd.DataFrame:
    """The table with this column: AppTest knows the key of selectable ones only."""
    (found,) = (one.value for one in at.dataframe if column in one.value)
    return found


def syncs(at: AppTest) -> pd.DataFrame:
    return table(at, "inserted")


def select_row(at: AppTest, key: str, row: int) -> AppTest:
    at.session_state[key] = {"selection": {"rows": [row], "columns": [], "cells": []}}
    at.run()
    assert not at.exception
    return at


def open_row(at: AppTest, key: str, row: int) -> AppTest:
    """The page behind the first link that a summary's table offers for a row."""
    select_row(at, key, row)
    link = next(one for one in at.page_link if re.match(r"Open [\d,]+ calls?: ", one.value))
    return open_app("calls", **parse_qs(link.proto.query_string))


# --- while the first sync runs ----------------------------------------------------------------


@pytest.mark.parametrize("page", ["overview", "calls", "data"])
def test_page_works_and_says_how_far_when_the_first_sync_runs(page, serve):
    api = serve(*(record(n, "completed" if n % 4 else "failed") for n in range(2500)))
    api.held = lambda asked: "limit=1000&offset=" in asked and "offset=0" not in asked
    open_app(page)
    (kept,) = Watched.opened
    wait_for(lambda: kept.mirror.coverage().mirrored >= 1000)
    at = open_app(page)
    text = words(at)
    assert "Syncing: 1,000 of 2,500" in str([bar.text for bar in at.progress])
    assert not at.error
    if page != "calls":
        assert "1,000 of 2,500 synced, newest" in text
        assert "back to" in text
    if page == "overview":
        assert at.metric[0].value == "2,500"  # the API's own total, whatever is mirrored
        assert len(at.get("plotly_chart")) == 3
    if page == "calls":
        assert total_shown(at) == 2500
    if page == "data":
        assert at.button(key="mirror_verify").disabled
        assert "Syncing" in [metric.value for metric in at.metric]
    api.held = lambda asked: False
    settle()
    at.run()
    assert not at.progress
    assert "Mirror checked just now" in words(at)
    if page != "calls":
        assert "2,500 of 2,500 synced, newest" in words(at)


@pytest.mark.parametrize("page", ["overview", "data"])
def test_page_says_that_nothing_is_here_when_the_first_answer_has_not_come(page, serve):
    api = serve()
    api.held = lambda asked: "limit=1000" in asked
    at = open_app(page)
    assert "Nothing synced yet" in words(at)
    assert "Looking for changes" in words(at)
    assert not at.error
    if page == "overview":
        assert at.metric[0].value == "120"
        assert len(at.dataframe(key="newest").value) == 10


def test_page_is_drawn_again_when_the_first_sync_ends_while_it_is_drawn(serve):
    api = serve()
    drawn: list[str] = []

    def held(asked: str) -> bool:
        if "limit=10&" in asked:  # the newest calls, below the figures of the mirror
            drawn.append(asked)
            (kept,) = Watched.opened
            return kept.state == "syncing"
        return "limit=1000" in asked and not drawn

    api.held = held
    at = open_app()
    assert drawn
    assert "120 of 120 synced" in words(at)
    assert not at.info


@pytest.mark.parametrize(
    "page", ["overview", "failures", "effort", "agents", "compliance", "verdicts", "contacts"]
)
def test_page_says_that_nothing_is_read_yet_when_the_first_sync_runs(page, serve):
    api = serve()
    api.held = lambda asked: "limit=1000" in asked
    at = open_app(page)
    assert titles(at.info) == ["No analyses have been read yet"]
    assert "Times in UTC." in words(at)
    assert "no analyses yet" not in words(at)


def test_mirror_list_says_what_it_holds_when_the_first_sync_runs(serve):
    api = serve(*(record(n, "completed" if n % 4 else "failed") for n in range(2500)))
    api.held = lambda asked: "limit=1000&offset=" in asked and "offset=0" not in asked
    open_app("calls")
    (kept,) = Watched.opened
    wait_for(lambda: kept.mirror.coverage().mirrored >= 1000)
    at = open_app("calls", duration_min="0")
    assert "From the mirror" in words(at)
    assert "1,000 of 2,500 synced" in words(at)
    assert "Equal to the account" not in words(at)


# --- live list or mirror ----------------------------------------------------------------------


def test_list_is_the_mirrors_when_a_filter_is_by_date(serve):
    api = serve(now=int(time.time()), analyses=400)
    open_app("calls")
    settle()
    api.new_requests()
    at = open_app("calls", since="7d", limit="1000")
    since = (int(time.time()) // 60) * 60 - 7 * DAY_S
    recent = [one["id"] for one in everything(api) if one["created"] >= since]
    assert 0 < len(recent) < 400
    assert calls(at) == recent
    assert total_shown(at) == len(recent)
    text = words(at)
    assert "From the mirror" in text
    assert "Live list" not in text
    assert "400 of 400 synced, newest" in text
    assert "Equal to the account" in text
    assert "All calls" not in text
    assert "Calls since 7 days ago, newest first" in text
    assert at.selectbox(key="since").value == "7d"
    assert "More filters (1)" in [panel.label for panel in at.expander]
    assert api.new_requests() == []
    at.button(key="clear_filters").click().run()
    assert "Live list" in words(at)
    assert total_shown(at) == 400


@pytest.mark.parametrize(
    "query",
    [{}, {"status_filter": "failed"}, {"search": "a"}, {"agent_id": "agent_1"}, {"sort": "newest"}],
    ids=lambda query: "-".join(query) or "none",
)
def test_list_stays_live_when_the_api_can_filter_so(query, serve):
    api = serve(*(record(n, "failed" if n % 2 else "completed") for n in range(1, 20)))
    at = open_app("calls", **query)
    assert "Live list" in words(at)
    assert "From the mirror" not in words(at)
    asked = "&".join(f"{k}={v}" for k, v in query.items() if k != "sort")
    assert f"/analysis/?{asked}{'&' if asked else ''}limit=50&offset=0" in api.asked


def test_list_is_sorted_by_the_mirror_when_asked(serve):
    serve(*(record(n, call={"duration_seconds": n * 7 % 20}) for n in range(20)))
    open_app("calls")
    settle()
    at = open_app("calls", sort="longest", limit="1000")
    shown = list(at.dataframe(key="calls").value["duration_s"])
    assert shown == sorted(shown, reverse=True)
    assert "longest first" in words(at)
    assert "From the mirror" in words(at)


def test_several_agents_are_asked_of_the_mirror(serve):
    api = serve(*(record(n) for n in range(1, 20)))
    open_app("calls")
    settle()
    at = open_app("calls", agent_id=["agent_1", "agent_2"])
    wanted = [r["id"] for r in everything(api) if r["call"]["agent_id"] != "agent_0"]
    assert calls(at) == wanted
    assert at.multiselect(key="agent_id").value == ["agent_1", "agent_2"]
    assert "From the mirror" in words(at)


@pytest.mark.parametrize("page", ["overview", "calls", "data"])
@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        pytest.param({"since": "yesterday"}, "“yesterday” is no time", id="since"),
        pytest.param({"effort_min": "low"}, "“low”", id="number"),
        pytest.param({"sort": "loudest"}, "“loudest”", id="sort"),
    ],
)
def test_filter_of_the_url_is_named_when_it_means_nothing(query, sentence, page, serve):
    serve(record(1))
    at = open_app(page, **query)
    assert sentence in words(at)
    assert "It is left out." in words(at)
    assert not set(query) & set(at.query_params)
    assert not at.error


def test_end_is_left_out_and_said_when_it_is_before_the_start(serve):
    serve(record(1))
    open_app("calls")
    settle()
    at = open_app("calls", since="2024-01-02", until="2024-01-01")
    assert "ends (2024-01-01) before it starts (2024-01-02)" in words(at)
    assert "The end is left out." in words(at)
    assert calls(at) == ["call-1"]
    assert not at.error


def test_times_are_fixed_when_frozen(serve):
    serve(record(1))
    at = open_app("calls", since="7d")
    at.button(key="freeze").click().run()
    fixed = at.query_params["since"]
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:00Z", fixed if isinstance(fixed, str) else fixed[0]
    )


# --- from a mark to its calls -----------------------------------------------------------------


@pytest.mark.parametrize("query", [{}, {"status_filter": "completed"}], ids=["all", "completed"])
def test_calls_of_a_day_are_as_many_as_its_row_says(query, serve):
    serve(analyses=200)
    open_app()
    settle()
    at = open_app("overview", **query)
    days = at.dataframe(key="effort_per_day_table").value
    assert days["n_calls"].sum() > 0
    with_calls = [row for row, n in enumerate(days["n_calls"]) if n]
    for row in (with_calls[0], with_calls[len(with_calls) // 2]):
        at = open_row(open_app("overview", **query), "effort_per_day_table", row)
        assert set(at.query_params) >= {"since", "until", *query}
        assert total_shown(at) == days["n_calls"].iloc[row]


def test_calls_of_a_reason_are_as_many_as_its_row_says(serve):
    api = serve(analyses=400)
    open_app()
    settle()
    at = open_app()
    reasons = at.dataframe(key="failure_reasons_table").value
    failed = [one for one in everything(api) if one["status"] == "failed"]
    named_reasons = group_messages([one["metadata"]["error_message"] for one in failed])
    assert reasons["n_calls"].sum() == len(failed) > 0
    for row in range(2):
        at = open_row(open_app(), "failure_reasons_table", row)
        reason = reasons["reason"].iloc[row]
        assert set(at.query_params) == {"reason", "status_filter"}
        assert total_shown(at) == reasons["n_calls"].iloc[row]
        counted = [f for f, named in zip(failed, named_reasons, strict=True) if named == reason]
        assert set(calls(at)) <= {one["id"] for one in counted}
        assert total_shown(at) == len(counted)


def test_summaries_obey_a_filter_that_only_the_mirror_has(serve):
    api = serve(now=int(time.time()), analyses=400)
    open_app()
    settle()
    api.new_requests()
    at = open_app("overview", since="7d")
    since = (int(time.time()) // 60) * 60 - 7 * DAY_S
    recent = [one for one in everything(api) if one["created"] >= since]
    assert at.metric[0].value == f"{len(recent):,}"
    assert at.dataframe(key="effort_per_day_table").value["n_calls"].sum() == len(recent)
    assert api.new_requests() == []


# --- no mirror --------------------------------------------------------------------------------


@pytest.fixture
def no_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a file").write_text("x")
    monkeypatch.setenv("EXPLORER_STORE", str(tmp_path / "a file" / "store"))


@pytest.mark.usefixtures("no_store")
def test_live_list_goes_on_when_the_mirror_cannot_be_opened(serve):
    serve(record(1), record(2))
    at = open_app("calls")
    assert calls(at) == ["call-1", "call-2"]
    assert titles(at.warning) == ["No mirror"]
    assert "EXPLORER_STORE" in words(at)
    assert not at.error
    at.button(key="refresh").click().run()
    assert not at.exception
    assert calls(at) == ["call-1", "call-2"]


@pytest.mark.usefixtures("no_store")
def test_overview_says_why_when_the_mirror_cannot_be_opened(serve):
    serve(record(1), record(2))
    at = open_app()
    assert [metric.value for metric in at.metric] == ["2", "0", "2", "0"]
    assert list(at.dataframe(key="newest").value["id"]) == ["call-1", "call-2"]
    assert titles(at.error) == ["This cannot be shown"]
    assert "EXPLORER_STORE" in at.error[0].value.replace("\\", "")


@pytest.mark.usefixtures("no_store")
@pytest.mark.parametrize(
    ("page", "query"), [("calls", {"since": "7d"}), ("data", {})], ids=["calls", "data"]
)
def test_page_of_the_mirror_is_an_error_in_words_when_there_is_none(page, query, serve):
    serve(record(1))
    at = open_app(page, **query)
    assert titles(at.error) == ["This cannot be shown"]
    assert "EXPLORER_STORE" in at.error[0].value.replace("\\", "")
    assert "try_again" in keys(at)
    assert "refresh" in keys(at)


def test_sync_that_failed_is_said_and_the_page_goes_on(serve):
    api = serve(record(1))
    at = open_app("calls")
    settle()
    api.answer = lambda request: problem(500) if "limit=1000" in request.url.query else None
    at.button(key="refresh").click().run()
    settle()
    at.run()
    assert titles(at.warning) == ["Sync stopped"]
    assert calls(at) == ["call-1"]
    api.answer = lambda request: None
    at.button(key="refresh").click().run()
    settle()
    at.run()
    assert not at.warning
    assert "Mirror checked" in words(at)


# --- the Data page ----------------------------------------------------------------------------


def test_data_page_says_what_is_here(serve):
    serve()
    open_app("data")
    settle()
    at = open_app("data")
    values = {metric.label: metric.value for metric in at.metric}
    assert values["Analyses here"] == "120"
    assert values["Now"] == "Idle"
    assert values["On disk"].endswith("MB")
    assert values["Equal to the account"] != "never"
    assert "120 of 120 synced, newest" in words(at)
    (row,) = syncs(at).to_dict("records")
    assert (row["kind"], row["inserted"], row["total"], row["complete"]) == (
        "first read",
        120,
        120,
        True,
    )
    assert row["seconds"] >= 0
    assert "120** · All calls" in words(at)
    assert not at.error
    assert "Records set aside" not in words(at)


def test_data_page_is_shown_when_the_account_is_empty(serve):
    from explorer.sandbox import EMPTY_KEY

    serve(key=EMPTY_KEY)
    open_app("data")
    settle()
    at = open_app("data")
    assert "No analyses in the account" in words(at)
    assert "Nothing synced yet" not in words(at)
    assert not at.error


def test_filter_counts_on_the_data_page(serve):
    serve(*(record(n, "failed" if n % 3 == 0 else "completed") for n in range(1, 31)))
    open_app("data")
    settle()
    at = open_app("data", status_filter="failed")
    assert "10** · Failed calls, newest first" in words(at)


def test_changes_are_found_when_looked_for(serve):
    api = serve(*(record(n) for n in range(1, 11)))
    at = open_app("data")
    settle()
    api.sandbox.accounts[SANDBOX_KEY] = MemoryAccount(record(n) for n in range(-2, 9))
    at.run()
    at.button(key="mirror_refresh").click().run()
    settle()
    at.run()
    newest = syncs(at).iloc[0]
    assert (newest["kind"], newest["inserted"], newest["deleted"]) == ("refresh", 3, 2)
    assert "11 of 11 synced" in words(at)


def test_everything_is_read_again_when_verified(serve):
    api = serve(*(record(n) for n in range(1, 11)))
    at = open_app("data")
    settle()
    changed = [record(n, call={"agent_id": "another"}) for n in range(1, 11)]
    api.sandbox.accounts[SANDBOX_KEY] = MemoryAccount(changed)
    at.run()
    assert not at.success
    at.button(key="mirror_verify").click().run()
    settle()
    at.run()
    assert syncs(at).iloc[0]["kind"] == "everything"
    assert titles(at.success) == ["Verified"]
    assert "Read all 10 rows again: 0 were missing, 10 differed, 0 were gone" in words(at)


def test_mirror_is_read_again_when_deleted(serve, store):
    api = serve()
    at = open_app("data")
    settle()
    at.run()
    (first,) = Watched.opened
    (file,) = store.glob("*.duckdb")
    born = file.stat().st_ino, file.stat().st_mtime_ns
    api.new_requests()
    at.button(key="mirror_delete").click().run()
    assert not at.exception
    settle()
    at.run()
    assert Watched.opened[-1] is not first
    assert (file.stat().st_ino, file.stat().st_mtime_ns) != born
    (row,) = syncs(at).to_dict("records")
    assert (row["kind"], row["inserted"]) == ("first read", 120)
    assert "120 of 120 synced" in words(at)
    assert not at.error


def test_records_set_aside_are_listed_with_their_reason(serve):
    link = "https://s3.x/canary.wav?sig=canary"
    odd = {"id": "odd", "created": NOW - 2, "status": 7, "audio": {"url": link}}
    serve(record(1), odd, record(3))
    open_app("data")
    settle()
    at = open_app("data")
    (row,) = table(at, "record").to_dict("records")
    assert row["id"] == "odd"
    assert row["reason"]
    assert "1 record could not be read" in words(at)
    assert "canary" not in words(at)
    assert "3 of 3 synced" in words(at)  # it counts in totals
    assert "2** · All calls" in words(at)  # and in nothing else


def test_whole_export_is_offered_of_the_filtered_calls(serve):
    serve(*(record(n) for n in range(1, 11)))
    open_app("data")
    settle()
    at = open_app("data", agent_id="agent_1")
    buttons = {b.key: b for b in at.get("download_button")}
    assert set(buttons) == {"export_all_csv", "export_all_jsonl", "export_all_parquet"}
    assert not any(b.proto.disabled for b in buttons.values())
    at = open_app("data", agent_id="nobody")
    assert all(b.proto.disabled for b in at.get("download_button"))


# --- whose mirror -----------------------------------------------------------------------------


def connect(at: AppTest, secret: str) -> None:
    at.text_input(key="entered_key").set_value(secret)
    next(b for b in at.button if b.label == "Connect").click().run()
    assert not at.exception


def test_each_account_has_a_mirror_of_its_own(serve, store):
    api = serve(record(1))
    at = open_app("data")
    settle()
    connect(at, SECOND_KEY)
    settle()
    at.run()
    n = len(everything(api, SECOND_KEY))
    assert f"{n:,} of {n:,} synced" in words(at)
    assert len(list(store.glob("*.duckdb"))) == 2
    at.button(key="disconnect").click().run()
    assert "1 of 1 synced" in words(at)


def test_mirror_stays_fresh_when_who_opened_it_has_disconnected(serve):
    serve(record(1))
    one, other = open_app("data"), open_app("data")
    for at in (one, other):
        connect(at, SECOND_KEY)
    settle()
    one.button(key="disconnect").click().run()
    other.button(key="refresh").click().run()
    settle()
    other.run()
    assert not other.warning
    assert len(syncs(other)) == 2
    assert Watched.opened[-1].problem is None


def test_founding_example_is_whole_in_the_mirror(serve):
    serve(FOUNDING)
    open_app("calls")
    settle()
    at = open_app("calls", until="2024-02-01")
    assert calls(at) == [FOUNDING["id"]]
    live = open_app("calls")
    assert at.dataframe(key="calls").value.equals(live.dataframe(key="calls").value)


def test_another_process_keeps_the_mirror_and_this_one_reads(serve):
    import subprocess
    import sys

    from tests.conftest import ROOT

    serve(record(1), record(2))
    holder = (
        "from explorer.api.client import Client\n"
        "from explorer.mirror.mirror import Mirror\n"
        "client = Client(); mirror = Mirror.open(client); mirror.sync()\n"
        "print('ready', flush=True); input()\n"
    )
    command = [sys.executable, "-c", holder]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        try:
            at = open_app("data")
            assert "Another process keeps this mirror up to date" in words(at)
            assert "Read-only" in [metric.value for metric in at.metric]
            assert "mirror_delete" not in keys(at)
            assert "2 of 2 synced" in words(at)
            go(at, "calls", duration_min="0")
            assert calls(at) == ["call-1", "call-2"]
            go(at, "overview")
            assert len(at.get("plotly_chart")) >= 1
            at.button(key="refresh").click().run()
            assert not at.exception
            assert not at.error
        finally:
            process.communicate("\n", timeout=20)
