"""The Contacts page in every state, and the calls behind its numbers."""

from __future__ import annotations

import re
from collections import defaultdict
from itertools import pairwise
from typing import Any
from urllib.parse import parse_qs

import pytest
from streamlit.testing.v1 import AppTest

from explorer.sandbox import SANDBOX_KEY, Filters, MemoryAccount
from explorer.sandbox.names import ODD_CONTACTS
from tests.app.harness import Api, open_app, record, settle, titles, words

TABLE = "contacts_table"
WEEK_S = 7 * 86_400


@pytest.fixture
def told(serve) -> Api:
    """An account with the names of the default one, mirrored."""
    api = serve(analyses=600)
    open_app("data")
    settle()
    return api


def by_contact(api: Api) -> dict[str, list[dict[str, Any]]]:
    """Each contact's records, oldest first."""
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    records = api.sandbox.accounts[SANDBOX_KEY].page(Filters(), 10_000, 0)[0]
    for one in sorted(records, key=lambda one: one["created"]):
        found[one["call"]["contact_id"]].append(one)
    return found


def n_repeats(records: list[dict[str, Any]]) -> int:
    return sum(b["created"] - a["created"] <= WEEK_S for a, b in pairwise(records))


def select(at: AppTest, key: str, row: int) -> AppTest:
    at.session_state[key] = {"selection": {"rows": [row], "columns": [], "cells": []}}
    at.run()
    assert not at.exception
    return at


def links(at: AppTest, begins: str) -> list[Any]:
    return [one for one in at.page_link if one.value.startswith(begins)]


def follow(link: Any, page: str) -> AppTest:
    return open_app(page, **parse_qs(link.proto.query_string, keep_blank_values=True))


def total_shown(at: AppTest) -> int:
    found = re.search(r"of ([\d,]+)\*\*", words(at))
    assert found is not None
    return int(found[1].replace(",", ""))


# --- states -----------------------------------------------------------------------------------


def test_page_says_so_when_the_account_is_empty(serve):
    api = serve()
    api.sandbox.accounts[SANDBOX_KEY] = MemoryAccount([])
    open_app("contacts")
    settle()
    at = open_app("contacts")
    assert "This account has no analyses yet" in titles(at.info)


@pytest.mark.parametrize("query", [{}, {"contact_id": "c1"}], ids=["all", "one"])
def test_page_stands_when_there_is_one_call(query, serve):
    serve(record(1, "failed"))
    open_app("contacts")
    settle()
    at = open_app("contacts", **query)
    assert not at.error
    # a contact whose only call failed has no other that is completed
    assert "No failed analysis hides a call" in words(at)
    assert len(at.get("plotly_chart")) == 1


def test_page_says_so_when_nothing_matches(told):
    at = open_app("contacts", search="no such contact")
    assert titles(at.info) == ["No calls match"]
    at.button(key="clear_filters_here").click().run()
    assert len(at.dataframe(key=TABLE).value) == 200


def test_page_says_so_when_no_call_has_a_contact(serve):
    serve(*(record(n, call={"agent_id": "a"}) for n in range(3)), record(7, "failed"))
    open_app("contacts")
    settle()
    at = open_app("contacts", status_filter="completed")
    assert "None of these calls has a contact." in words(at)
    (link,) = links(at, "3 without a contact")
    assert total_shown(follow(link, "calls")) == 3
    at = open_app("contacts", contact_id="")
    assert "None of these calls has a contact." in words(at)


def test_page_obeys_the_filter(told):
    at = open_app("contacts", status_filter="failed")
    table = at.dataframe(key=TABLE).value
    assert (table["n_calls"] == table["n_failed"]).all()
    assert table["n_scored"].sum() == 0


# --- all contacts -----------------------------------------------------------------------------


def test_totals_are_said_and_open_their_calls(told):
    groups = by_contact(told)
    total = sum(map(n_repeats, groups.values()))
    at = open_app("contacts")
    text = words(at)
    assert f"**{len(groups)} contacts** in 600 calls" in text
    assert f"**{total} repeat calls**" in text
    assert f"Listed: the first 200 of {len(groups)} contacts" in text
    hidden = sum(
        sum(one["status"] == "failed" for one in own)
        for own in groups.values()
        if any(one["status"] == "completed" for one in own)
    )
    assert f"**{hidden}** of " in text
    for label, n in (("repeat calls", total), ("hidden calls", hidden)):
        (link,) = links(at, f"{n} {label}")
        assert total_shown(follow(link, "calls")) == n


def test_contacts_are_by_repeats_and_odd_names_are_shown_literally(told):
    groups = by_contact(told)
    at = open_app("contacts")
    table = at.dataframe(key=TABLE).value
    order = sorted(groups, key=lambda c: (-n_repeats(groups[c]), -len(groups[c]), c))
    assert list(table["contact_id"]) == order[:200]
    shown = set(table["contact_id"]) & set(ODD_CONTACTS)
    assert "<script>alert(1)</script>" in shown
    at.session_state["contacts_order"] = "calls"
    at.run()
    assert at.dataframe(key=TABLE).value["n_calls"].is_monotonic_decreasing


def test_row_opens_the_contact_and_its_numbers_open_their_calls(told):
    at = open_app("contacts")
    table = at.dataframe(key=TABLE).value
    at = select(at, TABLE, 2)
    offered = links(at, "Open ")
    counts = [int(re.match(r"Open ([\d,]+) call", one.value)[1]) for one in offered]
    names = ["n_calls", "n_repeats", "n_scored", "n_failed", "n_hidden"]
    assert counts == [n for n in table.loc[2, names] if n]
    for link, n in zip(offered, counts, strict=True):
        assert total_shown(follow(link, "calls")) == n
    (look,) = (one for one in at.button if one.label.startswith("Look at"))
    look.click().run()
    assert at.query_params["contact_id"] in (table["contact_id"][2], [table["contact_id"][2]])
    assert len(at.dataframe(key="contact_calls_table").value) == table["n_calls"].iloc[2]
    at.button(key="all_contacts").click().run()
    assert not at.query_params
    assert len(at.dataframe(key=TABLE).value) == 200


# --- one contact ------------------------------------------------------------------------------


def test_calls_of_a_contact_are_in_order(told):
    groups = by_contact(told)
    # the contact with the most failed analyses
    contact = max(groups, key=lambda c: sum(one["status"] == "failed" for one in groups[c]))
    own = groups[contact]
    at = open_app("contacts", contact_id=contact)
    table = at.dataframe(key="contact_calls_table").value
    assert [int(t.timestamp()) for t in table["created_at"]] == [r["created"] for r in own]
    assert (table["Repeat"] == "yes").sum() == n_repeats(own)
    assert (table["Hides a call"] == "yes").sum() == sum(r["status"] == "failed" for r in own)
    text = words(at)
    assert f"**{n_repeats(own)}** of {len(own)} calls came within 7 days of the one before" in text
    assert "nobody sees its effort" in text
    assert "Times in UTC" in text
    (link,) = links(at, "All of these calls")
    assert total_shown(follow(link, "calls")) == len(own)


def test_odd_names_are_the_headings_of_their_pages(told):
    known = set(ODD_CONTACTS) & set(by_contact(told))
    assert len(known) > 8
    for contact in sorted(known)[:6]:
        at = open_app("contacts", contact_id=contact)
        assert not at.error
        assert contact in words(at)
        assert set(at.dataframe(key="contact_calls_table").value["contact_id"]) == {contact}


def test_newest_calls_are_shown_and_it_is_said_when_there_are_too_many(serve):
    serve(*(record(n) for n in range(501)))
    open_app("contacts")
    settle()
    at = open_app("contacts", contact_id="c1")
    assert "The newest 500 of 501 calls." in words(at)
    table = at.dataframe(key="contact_calls_table").value
    assert len(table) == 500
    assert table["id"].iloc[-1] == "call-0"


def test_row_opens_its_call(told):
    at = open_app("contacts", contact_id="customer_67890")
    first = at.dataframe(key="contact_calls_table").value["id"].iloc[0]
    at = select(at, "contact_calls_table", 0)
    assert at.query_params["id"] in (first, [first])
