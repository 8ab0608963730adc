"""What the Overview page shows from the mirror."""

from __future__ import annotations

import functools

import streamlit as st

from explorer import charts
from explorer.analysis import queries
from explorer.analysis.filters import Filter
from explorer.analysis.statistics import SMALL_SAMPLE
from explorer.analysis.summary import Cursor
from explorer.ui import cards, changes_view, figures, tables, words


def from_the_mirror(cursor: Cursor, calls: Filter) -> None:
    """Volume, effort, checks, failures, changes, the longest in processing and the slowest."""
    st.subheader("Calls over time")
    # while dragging selects a range, Streamlit lets no click pick a bar
    st.caption(
        "Drag over the bars to look at a range; the table opens their calls. Paler bars are not "
        "over yet, or cut by the range."
    )
    figures.show(
        queries.calls_over_time,
        cursor,
        calls,
        chart=functools.partial(charts.calls_over_time, zone=words.viewer_zone().key),
        sets_range=True,
        alt="Calls over time by status",
    )
    effort_column, reasons_column = st.columns(2, gap="medium")
    with effort_column:
        _effort_and_checks(cursor, calls)
    with reasons_column:
        _reasons_and_changes(cursor, calls)
    waiting_column, slow_column = st.columns(2, gap="medium")
    with waiting_column:
        _longest_in_processing(cursor, calls)
    with slow_column:
        _slowest(cursor, calls)


def _effort_and_checks(cursor: Cursor, calls: Filter) -> None:
    st.subheader("Customer effort per day")
    summary = queries.effort_summary(cursor, calls, words.viewer_zone())
    cards.effort_sentence(summary, calls)
    if summary["n_scored"].iloc[0]:
        st.caption(
            "Lines are 95% intervals; hollow marks rest on fewer than "
            f"{SMALL_SAMPLE} scored calls and have none."
        )
        figures.show(
            queries.effort_per_day,
            cursor,
            calls,
            chart=charts.effort_per_day,
            alt="Mean customer effort per day with its interval, and the number of scored calls",
        )
    st.subheader("Failed checks")
    figures.show(
        queries.check_failures,
        cursor,
        calls,
        chart=charts.check_failures,
        alt="Share of checked calls that failed each compliance check",
    )


def _reasons_and_changes(cursor: Cursor, calls: Filter) -> None:
    zone = words.viewer_zone()
    st.subheader("Why analyses fail")
    reasons = queries.failure_reasons(cursor, calls, zone)
    cards.failure_sentence(int(reasons["n_calls"].sum()), queries.count(cursor, calls, zone))
    if not reasons.empty:
        figures.show(
            queries.failure_reasons,
            cursor,
            calls,
            table=reasons,
            chart=charts.failure_reasons,
            alt="The most frequent reasons of failed analyses, by number of calls",
        )
    st.subheader("What changed most")
    changes_view.changes(cursor, calls)


def _longest_in_processing(cursor: Cursor, calls: Filter) -> None:
    if calls.status_filter in (None, "processing"):
        st.subheader("Longest in processing")
        tables.short_list(
            cursor,
            calls.with_(status_filter="processing", sort="oldest"),
            key="waiting",
            columns=("created_at", "agent_id", "contact_id", "audio_duration_s"),
        )


def _slowest(cursor: Cursor, calls: Filter) -> None:
    if calls.status_filter in (None, "completed"):
        st.subheader("Slowest to process")
        tables.short_list(
            cursor,
            calls.with_(status_filter="completed", sort="slowest"),
            key="slowest",
            columns=("created_at", "processing_time_s", "audio_duration_s", "agent_id"),
        )
