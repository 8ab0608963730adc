"""The verdict check: its states, and the contradictions of the account counted exactly."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs

import pytest
from streamlit.testing.v1 import AppTest

from explorer.sandbox import SANDBOX_KEY, Filters
from tests.app.harness import Api, go, open_app, record, settle, titles, words


def opened(**query: str) -> AppTest:
    at = open_app("verdicts", **query)
    settle()
    return go(at, "verdicts", **query)


def contradicting(api: Api) -> dict[str, str]:
    """Id of each call that contradicts itself and what it does, from the API's records alone."""
    found = {}
    for one in api.sandbox.accounts[SANDBOX_KEY].page(Filters(), 10_000, 0)[0]:
        said = _contradiction(one)
        if said:
            found[str(one["id"])] = said
    return found


def _contradiction(one: dict[str, Any]) -> str:
    if one["status"] != "completed":
        return ""
    if one["results"] is None:
        return "Completed, without results"
    checks = one["results"]["compliance"]
    identity, read = checks["identity_verification"], checks["mandatory_disclosures"]
    phrases = checks["prohibited_phrases"]
    if identity["flagged"] and (identity["timestamp"] or 99) <= 15:
        return "Identity stated within 15 seconds, yet flagged"
    if not read["read"] and not read["missing_disclosures"]:
        return "Disclosures not read, with none missing"
    if phrases["used"] and not phrases["instances"]:
        return "Prohibited phrase used, without an instance"
    return ""


def listed(at: AppTest) -> dict[str, str]:
    table = at.dataframe(key="contradicting_calls").value
    return dict(zip(table["id"], table["Fields disagree"], strict=True))


def behind(at: AppTest, label: str) -> int:
    (link,) = (one for one in at.page_link if re.search(label, one.label))
    text = words(open_app("calls", **parse_qs(link.proto.query_string)))
    found = re.search(r"of ([\d,]+)\*\*", text)
    return int(found[1].replace(",", "")) if found else 0


def test_contradictions_are_counted_exactly_and_listed_with_their_rules(serve):
    api = serve(analyses=2500)
    expected = contradicting(api)
    at = opened()
    assert f"**{len(expected)}** of 2,500 calls contradict themselves" in words(at)
    assert behind(at, "contradicting$") == len(expected)
    shown = listed(at)
    assert len(shown) == min(100, len(expected))
    assert shown == {name: expected[name] for name in shown}
    rules = at.dataframe(key="contradictions_table").value.set_index("disagreement")
    for words_of_rule in set(expected.values()):
        n = list(expected.values()).count(words_of_rule)
        assert rules.loc[words_of_rule, "n_calls"] == n
    assert rules["n_calls"].sum() == len(expected)
    assert rules.loc["Completed, without results", "among"] == "completed calls"


def test_rule_opens_the_calls_that_break_it(serve):
    serve(analyses=800)
    at = opened()
    at.session_state["contradictions_table"] = {
        "selection": {"rows": [0], "columns": [], "cells": []}
    }
    at.run()
    assert not at.exception
    n = int(at.dataframe(key="contradictions_table").value["n_calls"].iloc[0])
    assert behind(at, r"^Open [\d,]+ calls?: ") == n > 3


def test_row_opens_its_call(serve):
    serve(record(1, results=None))
    at = opened()
    at.session_state["contradicting_calls"] = {
        "selection": {"rows": [0], "columns": [], "cells": []}
    }
    at.run()
    assert not at.exception
    assert at.query_params["id"] == "call-1"


def test_page_says_so_when_no_call_contradicts_itself(serve):
    serve(record(1, results={"coaching": {"customer_effort_score": 2}}), record(2, "processing"))
    at = opened()
    assert titles(at.success) == ["No contradictions"]
    assert "The fields of each of the 2 calls agree" in words(at)
    assert "Calls that contradict themselves" not in words(at)


@pytest.mark.parametrize("n", [1, 5])
def test_nothing_is_judged_when_no_rule_can_apply(n, serve):
    serve(*(record(one, "processing") for one in range(n)))
    at = opened()
    assert not at.success
    assert titles(at.info) == ["Nothing to judge"]
    told = "This call has none of the fields" if n == 1 else "None of the 5 calls has a field"
    assert f"{told} that the rules compare." in words(at)


def test_filter_narrows_what_is_checked(serve):
    api = serve(analyses=800)
    agents = {
        str(one["id"]): one["call"]["agent_id"]
        for one in api.sandbox.accounts[SANDBOX_KEY].page(Filters(), 10_000, 0)[0]
    }
    expected = {n: rule for n, rule in contradicting(api).items() if agents[n] == "agent_001"}
    assert listed(opened(agent_id="agent_001")) == expected
    assert titles(opened(contradicts="no").success) == ["No contradictions"]


def test_page_is_empty_when_there_are_no_calls(serve):
    serve(analyses=0)
    assert titles(opened().info) == ["This account has no analyses yet"]


def test_page_says_so_when_nothing_matches(serve):
    serve()
    at = opened(agent_id="nobody")
    assert titles(at.info) == ["No calls match"]
    assert not at.dataframe
