"""Contacts' tables and figures against what the raw records say, and small cases by hand."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise
from statistics import mean
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from scipy import stats

from explorer import charts
from explorer.analysis import queries
from explorer.analysis.filters import Filter
from explorer.analysis.frame import COLUMNS
from explorer.charts.contacts import days_words
from explorer.sandbox.names import ODD_CONTACTS
from tests.conftest import Told

BERLIN = ZoneInfo("Europe/Berlin")
NAN = float("nan")
WEEK_S = 7 * 86_400
# id, UTC time, status, contact, effort
EIGHT = [
    ("h", "2026-03-20T08:00:00", "failed", None, None),
    ("g", "2026-03-20T07:00:00", "failed", "lost", None),
    ("f", "2026-03-19T12:00:01", "completed", "<b>x</b>", 4),
    ("e", "2026-03-12T12:00:00", "failed", "<b>x</b>", None),
    ("d", "2026-03-05T12:00:00", "completed", "<b>x</b>", None),
    ("c", "2026-03-05T11:00:00", "completed", "<b>x</b>", 2),
    ("b", "2026-03-05T11:00:00", "processing", "y", None),
    ("a", "2026-03-01T12:00:00", "completed", "y", 1),
]


@pytest.fixture
def eight(mirror_of):
    return mirror_of(
        {
            "id": name,
            "created": int(pd.Timestamp(at, tz="UTC").timestamp()),
            "status": status,
            "call": {"contact_id": contact},
            "results": {"coaching": {"customer_effort_score": effort}},
        }
        for name, at, status, contact, effort in EIGHT
    )


def score(record: dict[str, Any]) -> float | None:
    return ((record["results"] or {}).get("coaching") or {}).get("customer_effort_score")


def by_contact(told: Told) -> dict[str, list[dict[str, Any]]]:
    """Each contact's records, oldest first."""
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for record in sorted(told.records, key=lambda one: one["created"]):
        found[record["call"]["contact_id"]].append(record)
    return found


def repeats(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        later
        for earlier, later in pairwise(records)
        if later["created"] - earlier["created"] <= WEEK_S
    ]


# --- all contacts -----------------------------------------------------------------------------


def test_contacts_are_as_worked_out_when_eight_calls(eight):
    table = queries.contacts(eight).set_index("contact_id")
    assert list(table.index) == ["<b>x</b>", "y", "lost"]
    assert table["n_calls"].to_list() == [4, 2, 1]
    # a week to the second is within it, a second more is not
    assert table["n_repeats"].to_list() == [2, 1, 0]
    assert table["n_scored"].to_list() == [2, 1, 0]
    assert table["mean_effort"].to_list() == pytest.approx([3, 1, NAN], nan_ok=True)
    assert table["n_failed"].to_list() == [1, 0, 1]
    # nobody sees another call of a contact whose only call failed
    assert table["n_hidden"].to_list() == [1, 0, 0]
    assert table["few"].all()


def test_totals_are_as_worked_out_when_eight_calls(eight):
    (found,) = queries.contact_totals(eight).itertuples(index=False)
    assert found == (3, 2, 8, 3, 3, 1, 1)


def test_other_calls_count_when_the_filter_leaves_them_out(eight):
    failed = Filter(status_filter="failed")
    (found,) = queries.contact_totals(eight, failed).itertuples()
    assert (found.n_calls, found.n_repeats, found.n_hidden) == (3, 1, 1)
    late = queries.contacts(eight, Filter(since="2026-03-12")).set_index("contact_id")
    assert late.loc["<b>x</b>", ["n_calls", "n_repeats", "n_hidden"]].to_list() == [2, 1, 1]


def test_contacts_are_as_the_records_say(told: Told):
    groups = by_contact(told)
    table = queries.contacts(told, most=1000)
    order = sorted(groups, key=lambda c: (-len(repeats(groups[c])), -len(groups[c]), c))
    assert list(table["contact_id"]) == order
    assert set(ODD_CONTACTS) <= set(order)
    for row in table.head(40).itertuples():
        own = groups[row.contact_id]
        scores = [score(one) for one in own if score(one) is not None]
        n_failed = sum(one["status"] == "failed" for one in own)
        any_completed = any(one["status"] == "completed" for one in own)
        counts = (row.n_calls, row.n_repeats, row.n_scored, row.n_failed, row.n_hidden)
        hidden = n_failed if any_completed else 0
        assert counts == (len(own), len(repeats(own)), len(scores), n_failed, hidden)
        assert row.mean_effort == pytest.approx(mean(scores))
        interval = stats.t.interval(0.95, len(scores) - 1, mean(scores), stats.sem(scores))
        assert (row.low, row.high) == pytest.approx(
            (max(0, interval[0]), min(5, interval[1])), nan_ok=True
        )
        assert row.first_seen_at.timestamp() == own[0]["created"]
        assert row.last_seen_at.timestamp() == own[-1]["created"]


def test_totals_are_as_the_records_say(told: Told):
    groups = by_contact(told)
    (found,) = queries.contact_totals(told).itertuples()
    assert found.contacts == len(groups)
    assert found.contacts_with_repeats == sum(bool(repeats(own)) for own in groups.values())
    assert found.n_repeats == sum(len(repeats(own)) for own in groups.values())
    assert found.n_calls == len(told.records)


@pytest.mark.parametrize(("order", "column"), [("calls", "n_calls"), ("hidden", "n_hidden")])
def test_contacts_are_in_the_order_asked_for(order, column, told: Told):
    table = queries.contacts(told, order=order)
    assert len(table) == 200
    assert table[column].is_monotonic_decreasing
    everyone = queries.contacts(told, most=1000)[column]
    assert sorted(table[column], reverse=True) == sorted(everyone, reverse=True)[:200]


@pytest.mark.parametrize(
    "calls",
    [
        pytest.param(Filter(), id="all"),
        pytest.param(Filter(status_filter="failed"), id="failed"),
        pytest.param(Filter(since="2026-11-01"), id="since"),
    ],
)
def test_contacts_are_the_same_when_asked_for_by_name(calls, told: Told):
    """A way that reads only their calls must count as the one that reads all."""
    some = ("customer_12345", "<script>alert(1)</script>", 'Smith, John "JJ"')
    everyone = queries.contacts(told, calls, most=1000).set_index("contact_id")
    named = queries.contacts(told, calls.with_(contact_id=some)).set_index("contact_id")
    pd.testing.assert_frame_equal(named, everyone[everyone.index.isin(some)])


# --- one contact ------------------------------------------------------------------------------


def in_order(source: Any, contact: str, calls: Filter | None = None, **options: Any) -> Any:
    return queries.contact_calls(source, calls or Filter(), BERLIN, contact=contact, **options)


def test_calls_of_a_contact_are_in_order_with_the_time_between(eight):
    table = in_order(eight, "<b>x</b>")
    assert list(table["id"]) == ["c", "d", "e", "f"]
    assert table["gap_s"].to_list() == pytest.approx([NAN, 3600, WEEK_S, WEEK_S + 1], nan_ok=True)
    assert table["repeat"].to_list() == [False, True, True, False]
    assert table["hidden"].to_list() == [False, False, True, False]
    assert not in_order(eight, "lost")["hidden"].any()


def test_gaps_count_from_calls_that_do_not_match(eight):
    table = in_order(eight, "<b>x</b>", Filter(status_filter="failed"))
    assert list(table["id"]) == ["e"]
    assert table["gap_s"].to_list() == [WEEK_S]
    assert table["hidden"].to_list() == [True]


def test_newest_calls_are_kept_when_there_are_too_many(eight):
    assert list(in_order(eight, "<b>x</b>", most=2)["id"]) == ["e", "f"]


def test_calls_of_a_contact_are_as_the_filters_say(told: Told):
    contact = "customer_12345"
    table = in_order(told.cursor(), contact)
    own = by_contact(told)[contact]
    assert [int(at.timestamp()) for at in table["created_at"]] == [r["created"] for r in own]
    assert list(table.columns) == [*COLUMNS, "gap_s", "repeat", "hidden"]
    for flag in ("repeat", "hidden"):
        wanted = Filter(contact_id=contact, **{flag: True})
        assert table[flag].sum() == queries.count(told.cursor(), wanted, BERLIN) > 0


def test_nothing_comes_back_when_the_contact_is_unknown(eight):
    table = in_order(eight, "nobody")
    assert table.empty
    assert list(table.columns) == [*COLUMNS, "gap_s", "repeat", "hidden"]


# --- figures ----------------------------------------------------------------------------------


def test_contacts_figure_stacks_repeats_and_others(eight):
    table = queries.contacts(eight)
    repeated, others = charts.contacts(table).data
    assert list(repeated.x) == [2, 1, 0]
    assert list(others.x) == [2, 1, 1]
    assert [list(mark) for mark in repeated.customdata] == [[n, "n_repeats"] for n in range(3)]
    assert [list(mark) for mark in others.customdata] == [[n, "n_calls"] for n in range(3)]
    assert others.hovertext[0].startswith("&lt;b&gt;x&lt;/b&gt;:<br>2 of 4 calls")


def test_calls_figure_marks_each_call_once(eight):
    table = in_order(eight, "<b>x</b>")
    figure = charts.contact_calls(table, zone=BERLIN)
    marked = {
        trace.name: [table["id"][mark] for mark, _ in trace.customdata] for trace in figure.data
    }
    assert marked == {
        "no call in the 7 days before": ["c", "f"],
        "completed without a score": ["d"],
        "failed": ["e"],
    }
    failed = next(trace for trace in figure.data if trace.name == "failed")
    assert failed.y[0] < 0
    assert failed.hovertext[0] == (
        "Thu 12 Mar 2026, 13:00:<br>failed, no score<br>7.0 days after the call before"
        "<br>the failed analysis hides this call"
    )
    assert str(failed.x[0]).startswith("2026-03-12T13:00")


def test_calls_figure_shows_a_status_nobody_knows(mirror_of):
    cursor = mirror_of([{"id": "1", "created": 1, "status": "<i>", "call": {"contact_id": "c"}}])
    (trace,) = charts.contact_calls(in_order(cursor, "c")).data
    assert trace.name == "&lt;i&gt;"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(30, "30 seconds"), (720, "12 minutes"), (3600, "1.0 hours"), (277_000, "3.2 days")],
)
def test_time_between_calls_is_said_in_its_unit(seconds, words):
    assert days_words(seconds) == words
