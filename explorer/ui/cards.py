"""Totals that open their calls, and sentences that say what a number was divided by."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from explorer import charts
from explorer.analysis import periods, queries
from explorer.analysis.dimensions import STATUSES
from explorer.analysis.filters import Filter
from explorer.analysis.statistics import share_interval
from explorer.ui import figures, words
from explorer.ui.load import OTHER, StatusCounts

_ICONS = {
    "processing": ":material/hourglass_empty:",
    "completed": ":material/check_circle:",
    "failed": ":material/error:",
}


def status_totals(found: StatusCounts, calls: Filter) -> None:
    """One card a status with its exact number, its share and a link to exactly those calls."""
    anyone = calls.with_(status_filter=None)
    if calls.status_filter is not None:
        st.caption("Totals are over every status; the rest of the page obeys the status filter.")
    with st.container(horizontal=True, key="status_totals"):
        _total_card("Any status", found.total, words.sentence(anyone), anyone, ":material/call:")
        for status, n in zip(found.counts["status"], found.counts["n_calls"], strict=True):
            share = f"{n / found.total:.1%} of {found.total:,}"
            only = None if status == OTHER else anyone.with_(status_filter=status)
            _total_card(status.capitalize(), int(n), share, only, _ICONS.get(status, ""))
    figure = charts.status_counts(found.counts)
    picked = st.plotly_chart(
        figure,
        key="status_breakdown",
        on_select="rerun",
        selection_mode="points",
        config={"displayModeBar": False},
        alt="All matching calls by status; the cards above hold the same numbers",
    )
    row = figures.picked_row(picked)
    if row is not None and found.counts["status"].iloc[row] in STATUSES:
        figures.open_calls(anyone.with_(status_filter=found.counts["status"].iloc[row]))


def effort_sentence(summary: pd.DataFrame, calls: Filter) -> None:
    """The mean with what it was divided by, in words; each number opens its calls."""
    found: Any = next(summary.itertuples())
    labels = {
        "n_scored": "scored",
        "n_processing": "processing",
        "n_failed": "failed",
        "n_completed_without_score": "completed without a score",
        "n_other_without_score": "in another status without a score",
    }
    left_out = [
        f"{getattr(found, name):,} {what}"
        for name, what in labels.items()
        if name != "n_scored" and getattr(found, name)
    ]
    rest = f"; not counted: {', '.join(left_out)}" if left_out else ""
    if found.n_scored:
        spread = words.spread(found.n_scored, found.low, found.high, ".2f")
        st.markdown(
            f"Mean effort **{found.mean_effort:.2f}** of 5{spread} over {found.n_scored:,} "
            f"scored{rest}. Low effort is good."
        )
    else:
        st.markdown(f"No call has a score{rest}.")
    figures.links(queries.effort_summary, summary, calls, labels)


def failure_sentence(n_failed: int, n_calls: int) -> None:
    """How many failed, of how many."""
    if not n_failed:
        these = (
            "This call did not fail" if n_calls == 1 else f"None of these {n_calls:,} calls failed"
        )
        st.markdown(f"{these}.")
        return
    low, high = share_interval(n_failed, n_calls)
    st.markdown(
        f"**{n_failed:,}** of {n_calls:,} failed, "
        f"{n_failed / n_calls:.1%}{words.spread(n_calls, low, high)}."
    )


def none_to_compare(calls: Filter) -> None:
    """Says that neither the period in view nor the one before has calls, and when they are."""
    zone = words.viewer_zone()
    this, that = periods.previous(calls, zone=zone)
    before, begins, ends = (
        words.minute_of(str(at), zone) for at in (that.since, this.since, this.until)
    )
    asked = "" if calls.since else " Set Since for another period."
    st.caption(f"No calls from {begins} to {ends}, nor from {before} to {begins}.{asked}")


def _total_card(label: str, n: int, what: str, calls: Filter | None, icon: str) -> None:
    with st.container(border=True, width=180, gap=None):
        st.metric(f"{icon} {label}", f"{n:,}")
        st.caption(words.literal(what))
        if calls is not None:
            st.page_link(
                figures.CALLS_PAGE,
                label=f"Open {words.count(n, 'call')}",
                icon=":material/arrow_forward:",
                query_params=calls.to_query(),
                disabled=n == 0,
            )
