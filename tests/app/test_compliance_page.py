"""The compliance page: its states, the dropped disclosure, and what stays masked."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import parse_qs

from streamlit.testing.v1 import AppTest

from explorer.sandbox.stories import DROPPED_DISCLOSURE
from explorer.ui.compliance_view import MASK, PAGE_SIZE
from tests.app.harness import FOUNDING, NOW, go, keys, open_app, record, settle, titles, words

SECRET = "four one one one"
HOSTILE = "**<b>x</b>** :red[y] $z$"


def opened(**query: str) -> AppTest:
    at = open_app("compliance", **query)
    settle()
    return go(at, "compliance", **query)


def number_of_calls(at: AppTest, label: str) -> tuple[int, int]:
    """The number in a link of the page, and how many calls the page behind it lists."""
    (link,) = (one for one in at.page_link if re.search(label, one.label))
    said = int(re.search(r"[\d,]+", link.label)[0].replace(",", ""))
    behind = words(open_app("calls", **parse_qs(link.proto.query_string)))
    found = re.search(r"of ([\d,]+)\*\*", behind)
    return said, int(found[1].replace(",", "")) if found else 0


def said(number: int, *, check: str = "sensitive_data", **item: Any) -> dict[str, Any]:
    verdict = "shared" if check == "sensitive_data" else "used"
    item = {
        "type": "card_number",
        "text": f"{SECRET} {number}",
        "timestamp": 61.0,
        "speaker": "B",
    } | item
    results = {"compliance": {check: {verdict: True, "instances": [item]}}}
    return record(number, results=results)


def test_account_is_empty_when_there_are_no_calls(serve):
    serve(analyses=0)
    at = opened()
    assert titles(at.info) == ["This account has no analyses yet"]
    assert not at.get("plotly_chart")
    assert not at.dataframe


def test_page_shows_the_one_call(serve):
    serve(FOUNDING)
    text = words(opened())
    assert "**1** of 1 call has check verdicts." in text
    assert "fees" in text
    assert "No checked call failed identity verification." in text
    assert "**100.0%** of 1 call whose results say whether there was a greeting had one" in text
    assert "is missing in" not in text


def test_page_says_so_when_no_call_has_check_verdicts(serve):
    serve(record(1, "failed"), record(2, "processing"))
    at = opened()
    text = words(at)
    assert "None of these 2 calls has check verdicts." in text
    assert "No call says whether there was a greeting." in text
    assert "Missing disclosures" not in text
    assert not at.get("plotly_chart")


def test_page_says_so_when_nothing_matches(serve):
    serve()
    at = opened(agent_id="nobody")
    assert titles(at.info) == ["No calls match"]
    assert "clear_filters_here" in keys(at)


def test_dropped_disclosure_is_named_with_its_week_and_opens_its_calls(serve):
    serve(analyses=2500)
    at = opened()
    text = words(at)
    (sentence,) = re.findall(
        rf"“{re.escape(DROPPED_DISCLOSURE)}”\*\* is missing in \*\*(\d+)%\*\* of checked calls "
        r"since the week of (\w+ \d+ \w+ \d+) \([\d,]+ of [\d,]+\), before in \*\*(\d+)%\*\*",
        text,
    )
    since, week, before = sentence
    assert int(since) > 30 > 4 > int(before)
    assert week == "Mon 8 Sep 2025"  # the week of 30 days before the account's now
    assert text.count("is missing in **") == 1
    shown, listed = number_of_calls(at, "calls since$")
    assert shown == listed > 100
    assert len(at.get("plotly_chart")) == 5


def test_filter_narrows_what_is_counted(serve):
    serve(analyses=800)
    at = opened(agent_id="agent_001", since="2025-09-20")
    text = words(at)
    assert "of agent “agent_001”" in text
    table = next(
        one.value for one in at.dataframe if "agent_id" in one.value and "check" in one.value
    )
    assert set(table["agent_id"]) == {"agent_001"}
    assert "is missing in **" not in text  # all of it lies after the step


# --- what was said ----------------------------------------------------------------------------


def everything_sent(at: AppTest) -> str:
    """All that goes to the browser: texts, tables, figures and their hover texts."""
    sent = [words(at)]
    sent += [str(one.proto) for one in at.get("plotly_chart")]
    sent += [json.dumps(one.value.astype(str).to_dict()) for one in at.dataframe]
    return "\n".join(sent)


def test_sensitive_words_are_masked_until_asked_for_row_by_row(serve):
    serve(*(said(n) for n in range(3)))
    at = opened()
    assert SECRET not in everything_sent(at)
    assert words(at).count(MASK) == 3
    assert "card number · at 1:01 · speaker B" in words(at)
    at.toggle(key="show_call-1_0").set_value(True).run()
    assert f"{SECRET} 1" in [one.value for one in at.text]
    assert everything_sent(at).count(SECRET) == 1
    assert words(at).count(MASK) == 2
    at.toggle(key="show_call-1_0").set_value(False).run()
    assert SECRET not in everything_sent(at)


def test_sensitive_words_are_masked_again_when_the_page_was_left(serve):
    serve(said(1))
    at = opened()
    at.toggle(key="show_call-1_0").set_value(True).run()
    assert SECRET in everything_sent(at)
    go(at, "overview")
    assert SECRET not in everything_sent(at)
    assert SECRET not in everything_sent(go(at, "compliance"))


def test_sensitive_row_links_to_its_call(serve):
    serve(said(1))
    at = opened()
    (link,) = (one for one in at.page_link if one.label == "Open the call")
    assert parse_qs(link.proto.query_string) == {"id": ["call-1"]}


def test_lists_turn_pages(serve):
    serve(*(said(n) for n in range(PAGE_SIZE + 2)))
    at = opened()
    assert "Calls 1–8, newest first" in words(at)
    assert at.button(key="sensitive_data_newer").disabled
    at.button(key="sensitive_data_older").click().run()
    assert "Calls 9–10, newest first" in words(at)
    assert words(at).count(MASK) == 2
    assert at.button(key="sensitive_data_older").disabled
    # fewer calls than the page begins with
    go(at, "compliance", agent_id="agent_0")
    assert words(at).count(MASK) == 4


def test_prohibited_phrases_are_listed_with_their_time_and_open_their_call(serve):
    serve(
        said(1, check="prohibited_phrases", category="false_promise", text=HOSTILE, timestamp=125)
    )
    at = opened()
    table = at.dataframe(key="prohibited_phrases_list").value
    assert table[["at", "text", "kind", "speaker"]].values.tolist() == [
        ["2:05", HOSTILE, "false promise", "B"]
    ]
    at.session_state["prohibited_phrases_list"] = {
        "selection": {"rows": [0], "columns": [], "cells": []}
    }
    at.run()
    assert not at.exception
    assert at.query_params["id"] == "call-1"


def test_names_are_shown_literally_when_they_look_like_markup(serve):
    compliance = {
        "mandatory_disclosures": {"read": False, "missing_disclosures": [HOSTILE]},
        "sensitive_data": {"shared": True, "instances": [{"type": HOSTILE, "speaker": HOSTILE}]},
    }
    late = [record(n, results={"compliance": compliance}) for n in range(25)]
    fine = {"mandatory_disclosures": {"read": True, "missing_disclosures": []}}
    early = [
        record(n, results={"compliance": fine}) | {"created": NOW - 15 * 86_400 - n}
        for n in range(30, 60)
    ]
    serve(*late, *early)
    at = opened()
    assert f"“{HOSTILE}”** is missing in **100%** of checked calls" in words(at)
    for text in (one.value for one in (*at.markdown, *at.caption)):
        assert "<b>" not in text
        assert ":red[" not in text
