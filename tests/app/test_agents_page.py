"""The Agents page in every state, its stories, and the calls behind its numbers."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest
from streamlit.testing.v1 import AppTest

from explorer.sandbox import SANDBOX_KEY, Filters, MemoryAccount
from explorer.sandbox.names import ODD_AGENTS
from explorer.sandbox.stories import COACHED_DAYS_AGO
from tests.app.harness import NOW, Api, open_app, plain, record, settle, titles, words

TABLE = "agents_table"


def everything(api: Api) -> list[dict[str, Any]]:
    return api.sandbox.accounts[SANDBOX_KEY].page(Filters(), 10_000, 0)[0]


@pytest.fixture
def told(serve) -> Api:
    """An account with the stories of the default one, mirrored."""
    return mirrored(serve(analyses=600))


def mirrored(api: Api) -> Api:
    open_app("data")
    settle()
    return api


def select(at: AppTest, key: str, *rows: int) -> AppTest:
    at.session_state[key] = {"selection": {"rows": list(rows), "columns": [], "cells": []}}
    at.run()
    assert not at.exception
    return at


def links(at: AppTest, begins: str) -> list[Any]:
    return [one for one in at.page_link if one.value.startswith(begins)]


def follow(link: Any, page: str) -> AppTest:
    return open_app(page, **parse_qs(link.proto.query_string, keep_blank_values=True))


def look_at_chosen(at: AppTest) -> AppTest:
    (look,) = (one for one in at.button if one.label.startswith("Look at"))
    look.click().run()
    assert not at.exception
    return at


def total_shown(at: AppTest) -> int:
    found = re.search(r"of ([\d,]+)\*\*", words(at))
    assert found is not None
    return int(found[1].replace(",", ""))


def agents_shown(at: AppTest) -> list[str]:
    return list(at.dataframe(key=TABLE).value["agent_id"])


# --- states -----------------------------------------------------------------------------------


def test_page_says_so_when_the_account_is_empty(serve):
    api = serve()
    api.sandbox.accounts[SANDBOX_KEY] = MemoryAccount([])
    open_app("agents")
    settle()
    at = open_app("agents")
    assert "This account has no analyses yet" in titles(at.info)
    assert not at.get("plotly_chart")


@pytest.mark.parametrize("query", [{}, {"agent_id": "agent_1"}], ids=["all", "one"])
def test_page_stands_when_there_is_one_call(query, serve):
    serve(record(1, "processing"))
    open_app("agents")
    settle()
    at = open_app("agents", **query)
    assert not at.error
    assert "No call has a score; not counted: 1 processing" in words(at)
    if query:
        assert "None of these calls is completed." in words(at)
        assert "No advice came back." in words(at)


def test_page_says_so_when_nothing_matches(told):
    at = open_app("agents", search="no such agent")
    assert titles(at.info) == ["No calls match"]
    at.button(key="clear_filters_here").click().run()
    assert len(agents_shown(at)) == 24


def test_page_says_how_far_when_the_first_sync_runs(serve):
    api = serve(*(record(n) for n in range(1500)))
    api.held = lambda asked: "limit=1000" in asked
    at = open_app("agents")
    assert "Nothing synced yet" in words(at)
    assert not at.error


def test_page_says_why_when_the_mirror_cannot_be_opened(serve, tmp_path, monkeypatch):
    serve(record(1))
    (tmp_path / "a file").write_text("x")
    monkeypatch.setenv("EXPLORER_STORE", str(tmp_path / "a file" / "store"))
    at = open_app("agents")
    assert titles(at.error) == ["This cannot be shown"]


def test_page_obeys_the_filter(told):
    at = open_app("agents", status_filter="failed")
    failed = [one for one in everything(told) if one["status"] == "failed"]
    table = at.dataframe(key=TABLE).value
    assert table["n_calls"].sum() == len(failed)
    assert table["n_scored"].sum() == 0
    assert "No call has a score" in words(at)
    assert f"{len(failed):,} failed" in [link.value for link in at.page_link]
    # there is no figure to order or to explain
    assert not at.get("plotly_chart")
    assert not at.segmented_control
    assert not at.toggle
    assert "Each mean is drawn towards" not in words(at)


# --- all agents -------------------------------------------------------------------------------


def test_agents_are_by_name_and_odd_names_are_shown_literally(told):
    at = open_app("agents")
    assert agents_shown(at) == sorted(agents_shown(at))
    assert set(ODD_AGENTS) <= set(agents_shown(at))
    text = words(at)
    assert re.search(r"\d\.\d\d\*\* of 5 .* over [\d,]+ scored; not counted: .* failed", text)
    assert "Low effort is good" in text
    assert "“Identity judged” is what it is divided by" in text
    assert "UTC" in text


def test_order_is_by_calls_when_asked_and_never_by_score(told):
    at = open_app("agents")
    (order,) = (one for one in at.get("button_group") if one.key == "agents_order")
    assert [option.content for option in order.proto.options] == ["Name", "Most calls"]
    at.session_state["agents_order"] = "calls"
    at.run()
    assert at.dataframe(key=TABLE).value["n_calls"].is_monotonic_decreasing


def test_only_the_clearly_different_are_left_when_asked(told):
    at = open_app("agents")
    everyone = agents_shown(at)
    at.toggle(key="agents_different").set_value(True).run()
    table = at.dataframe(key=TABLE).value
    assert 0 < len(table) < len(everyone)
    assert (table["differs"] != "").all()
    by_name = dict(zip(table["agent_id"], table["differs"], strict=True))
    assert "higher effort" in by_name["agent_007"]
    assert any("lower effort" in differs for differs in by_name.values())


def test_page_says_so_when_no_agent_is_different(serve):
    coaching = {"coaching": {"customer_effort_score": 2}}
    serve(*(record(n, results=coaching) for n in range(60)))
    open_app("agents")
    settle()
    at = open_app("agents")
    at.toggle(key="agents_different").set_value(True).run()
    assert "No agent is clearly different from the team" in titles(at.info)


def test_row_opens_the_agent_and_its_numbers_open_their_calls(told):
    at = open_app("agents")
    row = agents_shown(at).index(ODD_AGENTS[0])
    table = at.dataframe(key=TABLE).value
    at = select(at, TABLE, row)
    offered = links(at, "Open ")
    counts = [int(re.match(r"Open ([\d,]+) call", one.value)[1]) for one in offered]
    names = ["n_calls", "n_scored", "n_identity_judged", "n_identity_flagged", "n_failed"]
    assert counts == [n for n in table.loc[row, names] if n]
    for link, n in zip(offered, counts, strict=True):
        assert total_shown(follow(link, "calls")) == n
    at = look_at_chosen(at)
    assert at.query_params["agent_id"] in (ODD_AGENTS[0], [ODD_AGENTS[0]])
    assert ODD_AGENTS[0] in [plain(one.value) for one in at.header]
    at.button(key="all_agents").click().run()
    assert not at.query_params
    assert len(agents_shown(at)) == 24


# --- one agent --------------------------------------------------------------------------------


def test_coached_agent_falls_from_high_effort_to_low(serve):
    mirrored(serve(analyses=2500))
    at = open_app("agents", agent_id="agent_007")
    weeks = at.dataframe(key="effort_beside_team_table").value
    coached_on = datetime.fromtimestamp(NOW, UTC).date() - timedelta(days=COACHED_DAYS_AGO)
    before = weeks[[week + timedelta(days=7) <= coached_on for week in weeks["week"]]]
    after = weeks[[week >= coached_on for week in weeks["week"]]]
    assert len(before) >= 5
    assert len(after) >= 5
    assert before["mean_effort"].mean() == pytest.approx(3.9, abs=0.4)
    assert after["mean_effort"].mean() == pytest.approx(1.45, abs=0.4)
    assert (weeks["team_effort"] < 2.6).all()
    trends = dict(open_app("agents").dataframe(key=TABLE).value[["agent_id", "trend"]].to_numpy())
    # the small line stays a list of numbers, which the table draws
    assert list(trends["agent_007"]) == pytest.approx(weeks["mean_effort"].to_list())
    text = words(at)
    assert "Clearly higher effort" in text
    assert len(at.get("plotly_chart")) == 2


def test_sentence_of_the_agent_says_what_its_shares_are_divided_by(told):
    own = [one for one in everything(told) if one["call"]["agent_id"] == "agent_007"]
    judged = [
        one["results"]["compliance"]["identity_verification"]["flagged"]
        for one in own
        if one["results"]
    ]
    at = open_app("agents", agent_id="agent_007")
    text = words(at)
    passed = judged.count(False)
    assert f"Compliance **{passed / len(judged):.1%}**" in text
    assert f"identity not flagged in {passed:,} of {len(judged):,} analyses with a verdict" in text
    failed = sum(one["status"] == "failed" for one in own)
    assert f"**{failed}** of {len(own)} failed" in text
    (flagged,) = links(at, f"{judged.count(True)} flagged")
    assert total_shown(follow(flagged, "calls")) == judged.count(True)


def test_odd_names_are_the_headings_of_their_pages(told):
    for agent in ODD_AGENTS:
        at = open_app("agents", agent_id=agent)
        assert not at.error
        assert agent in words(at)
        assert set(at.dataframe(key="agent_newest").value["agent_id"]) == {agent}


def test_calls_without_an_agent_have_a_page(serve):
    serve(*(record(n, call={"agent_id": None}) for n in range(3)), record(7))
    open_app("agents")
    settle()
    at = open_app("agents")
    assert agents_shown(at) == ["agent_1", "(none)"]
    at = look_at_chosen(select(at, TABLE, 1))
    assert "Calls without an agent" in words(at)
    assert len(at.dataframe(key="agent_newest").value) == 3


def test_coaching_that_came_back_opens_its_calls(told):
    at = open_app("agents", agent_id="agent_007")
    key = "coaching_that_came_back_table"
    table = at.dataframe(key=key).value
    assert (table["n_calls"] >= 2).all()
    (link,) = links(select(at, key, 0), "Open")
    at = follow(link, "calls")
    assert total_shown(at) == table["n_calls"].iloc[0]
    at = open_app("agents", agent_id="agent_007")
    at.session_state["coaching_by"] = "category"
    at.run()
    categories = at.dataframe(key=key).value
    assert "effort" in set(categories["advice"])
    assert list(categories["advice"]) == list(categories["category"])


def test_sample_is_drawn_again_by_its_number(told):
    def sample(at: AppTest) -> list[str]:
        return list(at.dataframe(key="sample").value["id"])

    at = open_app("agents", agent_id="agent_007")
    first = sample(at)
    assert len(first) == 5
    assert set(at.dataframe(key="sample").value["agent_id"]) == {"agent_007"}
    at.number_input(key="sample_seed").set_value(2).run()
    second = sample(at)
    assert second != first
    at.selectbox(key="sample_size").select(10).run()
    assert sample(at)[:5] == second
    at.number_input(key="sample_seed").set_value(1).run()
    assert sample(at)[:5] == first
    assert sample(open_app("agents", agent_id="agent_007")) == first
