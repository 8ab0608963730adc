"""The two views of the Contacts page: all contacts, and one contact's calls in order."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from explorer import charts
from explorer.analysis import queries
from explorer.analysis.filters import Filter
from explorer.analysis.queries.contacts import MOST_CONTACTS
from explorer.analysis.relations import REPEAT_DAYS
from explorer.analysis.statistics import SMALL_SAMPLE
from explorer.analysis.summary import Cursor
from explorer.charts.contacts import days_words
from explorer.ui import cards, choices, figures, narrowing, tables, words
from explorer.ui.choices import CONTACT_ORDERS

MOST_CALLS = 500
_SINCE_BEFORE, _REPEAT, _HIDES = "Since the call before", "Repeat", "Hides a call"


def everyone(cursor: Cursor, calls: Filter) -> None:
    """The contacts with the most repeats, calls or hidden calls."""
    totals = queries.contact_totals(cursor, calls, words.viewer_zone())
    _totals_sentence(totals, calls)
    choices.prepare("contacts_order")
    chosen = st.segmented_control(
        "Order",
        list(CONTACT_ORDERS),
        format_func=CONTACT_ORDERS.__getitem__,
        key="contacts_order",
        required=True,
    )
    n_contacts = int(totals["contacts"].iloc[0])
    if not n_contacts:
        st.caption("None of these calls has a contact.")
        return
    listed = f"the first {MOST_CONTACTS:,} of " if n_contacts > MOST_CONTACTS else ""
    st.caption(
        f"Listed: {listed}{words.count(n_contacts, 'contact')}. Few scores: fewer than "
        f"{SMALL_SAMPLE}. Low effort is good."
    )
    options = {"order": str(chosen)}
    table = figures.show(
        queries.contacts,
        cursor,
        calls,
        chart=charts.contacts,
        options=options,
        open_table=True,
        alt="The first ten contacts of the table: repeat calls and other calls",
    )
    _link_to_chosen(table, calls)


def one(cursor: Cursor, calls: Filter, contact: str) -> None:
    """One contact's calls in order: when, how long after the one before, with what effort."""
    zone = words.viewer_zone()
    narrowing.button(
        "All contacts",
        calls.with_(contact_id=None),
        key="all_contacts",
        icon=":material/arrow_back:",
    )
    st.header(words.literal(contact), anchor=False)
    cards.effort_sentence(queries.effort_summary(cursor, calls, zone), calls)
    totals = queries.contact_totals(cursor, calls, zone)
    _own_sentence(totals, calls)
    found = queries.contact_calls(cursor, calls, zone, contact=contact, most=MOST_CALLS)
    n_calls = int(totals["n_calls"].iloc[0])
    newest = f"The newest {MOST_CALLS} of {n_calls:,} calls. " if n_calls > MOST_CALLS else ""
    st.subheader("Calls in order")
    st.caption(
        f"{newest}A repeat call came within {REPEAT_DAYS} days of the "
        "contact's call before; calls without a score stand below the scale. Choose a mark or a "
        "row to open its call."
    )
    picked = st.plotly_chart(
        figures.readable(charts.contact_calls(found, zone=zone)),
        key="contact_calls",
        on_select="rerun",
        selection_mode="points",
        alt="The contact's calls over time by effort; the table below holds the same calls",
    )
    row = figures.picked_row(picked)
    if row is not None and row < len(found):
        tables.open_call(str(found["id"].iloc[row]), calls.to_query())
    tables.calls_table(
        _with_words(found),
        key="contact_calls_table",
        columns=(
            *("created_at", _SINCE_BEFORE, _REPEAT, "status", "customer_effort_score", _HIDES),
            *("agent_id", "duration_s", "flagged_checks", "error_message"),
        ),
        query=calls.to_query(),
        alt="The contact's calls in order, oldest first, with the time since the call before",
    )
    figures.link("All of these calls", calls)


def _totals_sentence(totals: pd.DataFrame, calls: Filter) -> None:
    found: Any = next(totals.itertuples())
    without = (
        f" {words.count(found.n_without_contact, 'call')} without a contact."
        if found.n_without_contact
        else ""
    )
    again = (
        f"**{found.contacts_with_repeats:,}** of them called again within {REPEAT_DAYS} days, in "
        f"**{words.count(found.n_repeats, 'repeat call')}**"
        if found.n_repeats
        else f"none called again within {REPEAT_DAYS} days"
    )
    st.markdown(
        f"**{words.count(found.contacts, 'contact')}** in {words.count(found.n_calls, 'call')}; "
        f"{again}.{without} {_hidden_words(found)}"
    )
    _links(totals, calls)


def _own_sentence(totals: pd.DataFrame, calls: Filter) -> None:
    found: Any = next(totals.itertuples())
    st.markdown(
        f"**{found.n_repeats:,}** of {words.count(found.n_calls, 'call')} came within "
        f"{REPEAT_DAYS} days of the one before. {_hidden_words(found)}"
    )
    _links(totals, calls)


def _hidden_words(found: Any) -> str:
    if not found.n_hidden:
        return "No failed analysis hides a call of a contact whose other calls are completed."
    return (
        f"**{found.n_hidden:,}** of {found.n_failed:,} failed analyses hide a call of a contact "
        "whose other calls are completed: the call is there, but nobody sees its effort."
    )


def _links(totals: pd.DataFrame, calls: Filter) -> None:
    figures.links(
        queries.contact_totals,
        totals,
        calls,
        {
            "n_calls": "calls",
            "n_repeats": "repeat calls",
            "n_hidden": "hidden calls",
            "n_without_contact": "without a contact",
        },
    )


def _link_to_chosen(table: pd.DataFrame, calls: Filter) -> None:
    """The way to the page of the contact whose row is chosen."""
    chosen = st.session_state["contacts_table"]["selection"]
    for row in sorted({*chosen["rows"], *(row for row, _ in chosen["cells"])}):
        if row < len(table):
            contact = str(table["contact_id"].iloc[row])
            narrowing.button(
                f"Look at {words.literal(contact)}",
                calls.with_(contact_id=contact),
                key=f"contacts_look_{row}",
                icon=":material/contacts:",
            )


def _with_words(calls: pd.DataFrame) -> pd.DataFrame:
    shown = calls.copy()
    gaps = calls["gap_s"]
    shown[_SINCE_BEFORE] = [None if pd.isna(gap) else days_words(gap) for gap in gaps]
    shown[_REPEAT] = ["yes" if one else "" for one in calls["repeat"]]
    shown[_HIDES] = ["yes" if one else "" for one in calls["hidden"]]
    return shown
