"""The parts of the page about failures."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from explorer import charts
from explorer.analysis import contrast, evidence, queries
from explorer.analysis.filters import Filter
from explorer.analysis.outages import FALSE_ALARM, STATE_RULES
from explorer.analysis.queries import Cursor
from explorer.analysis.queries.outages import MOST_IDS, lost_calls
from explorer.analysis.relations import FEWEST_TIMED, STUCK_GRACE_S, TIMED_CALLS, TIMED_DAYS
from explorer.analysis.statistics import SMALL_SAMPLE
from explorer.mirror.mirror import Mirror
from explorer.ui import cards, columns, figures, narrowing, tables, together_view, words

MOST_CARDS = 3
"""Outages that have a card; all are in the table."""
MOST_EXAMPLES = 20
_REASON = "failures_reason"
_ROW = "_failures_row"


@dataclass(frozen=True)
class Compared:
    """What a contrast found."""

    table: pd.DataFrame
    sentence: str
    failures: Filter
    others: Filter
    n_failures: int
    n_others: int


class Failures:
    """What the page shows of the failures of `calls`, all read from one moment of the mirror."""

    def __init__(self, cursor: Cursor, calls: Filter) -> None:
        self.cursor, self.calls, self.zone = cursor, calls, words.viewer_zone()
        self.totals = queries.failure_totals(cursor, calls, self.zone)
        self.reasons = queries.reasons(cursor, calls, self.zone)
        self.outages = queries.outages(cursor, calls, self.zone)
        self.processing = queries.processing_now(cursor, calls, self.zone)
        self._compared: dict[str, Compared] = {}

    @property
    def n_calls(self) -> int:
        """Calls that match, whatever their status and reason."""
        return int(self.totals["n_calls"].sum())

    def compared(self, reason: str) -> Compared:
        """The contrast of one reason with the rest."""
        if reason not in self._compared:
            calls = self.calls.with_(reason=reason)
            table = queries.failure_contrast(self.cursor, calls, self.zone)
            found = queries.contrast_totals(self.cursor, calls, self.zone)
            said = contrast.sentence(table, *found[2:])
            self._compared[reason] = Compared(table, said, *found)
        return self._compared[reason]


def at_a_glance(found: Failures) -> None:
    """What broke, since when, whom it hits, and what is different about it."""
    totals: Any = next(found.totals.itertuples())
    cards.failure_sentence(int(totals.n_failed), int(totals.n_calls))
    figures.links(
        queries.failure_totals,
        found.totals,
        found.calls,
        {"n_failed": "failed", "n_calls": "calls"},
    )
    for one in found.outages.head(MOST_CARDS).itertuples():
        st.error(
            f"{_lost(one)}, mostly for: {words.literal(one.reason)}.",
            title=_outage_title(one, found),
            icon=":material/bolt:",
        )
    if len(found.reasons):
        top: Any = next(found.reasons.itertuples())
        few = top.n_calls < SMALL_SAMPLE
        said = "" if few else f" {words.literal(found.compared(top.reason).sentence)}"
        st.warning(
            f"{words.literal(top.reason)}: {words.count(top.n_calls, 'call')}, "
            f"{top.failures_share:.0%} of the failures; hits {words.count(top.agents, 'agent')} and "
            f"{words.count(top.contacts, 'contact')}; last seen {_moment(top.last_seen_at, found)}.{said}",
            title="Most frequent reason",
            icon=":material/error:",
        )
    n_stuck = int(found.processing["n_stuck"].sum())
    if n_stuck:
        st.warning(
            f"{words.count(n_stuck, 'call')} still processing, longer than 99% of calls of that "
            "length took. They are listed below.",
            title="Stuck",
            icon=":material/hourglass_disabled:",
        )


def reasons(found: Failures) -> None:
    """The list of reasons."""
    st.subheader("Reasons")
    if found.reasons.empty:
        st.caption("None of these calls failed.")
        return
    states = found.reasons["state"].value_counts()
    told = ", ".join(f"{n} {state}" for state, n in states.items() if state)
    st.caption(
        f"{words.count(len(found.reasons), 'reason')}{f' ({told})' if told else ''}. "
        "Choose a row to look into its reason below.",
        help=STATE_RULES,
    )
    figures.show(
        queries.reasons,
        found.cursor,
        found.calls,
        table=found.reasons,
        chart=charts.reasons,
        open_table=True,
        alt="Reasons of failures by number of calls, with their states",
    )


def one_reason(found: Failures, mirror: Mirror, base_url: str) -> None:
    """One reason: when it happened, what is different about it, the text for a ticket."""
    if found.reasons.empty:
        return
    st.subheader("One reason")
    reason = _chosen_reason(found)
    row: dict[Hashable, Any] = found.reasons[found.reasons["reason"] == reason].iloc[0].to_dict()
    calls = found.calls.with_(reason=reason)
    compared = found.compared(reason)
    st.markdown(f"**{words.literal(compared.sentence)}**")
    with st.container(horizontal=True, gap="small", key="compared_links"):
        figures.link(
            f"{compared.n_failures:,} with this reason",
            compared.failures,
            disabled=not compared.n_failures,
        )
        figures.link(
            f"{compared.n_others:,} comparable calls",
            compared.others,
            disabled=not compared.n_others,
        )
        narrowing.button(
            "Filter every page by this reason",
            calls,
            key="filter_reason",
            icon=":material/filter_alt:",
        )
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown("**When**")
        st.caption("Failures for this reason; below, all calls of the filter.")
        figures.show(
            queries.reason_over_time,
            found.cursor,
            calls,
            chart=partial(charts.reason_over_time, zone=found.zone.key),
            alt="Calls that failed for this reason over time, above all calls",
        )
    with right:
        _contrast(found, calls, compared)
    together_view.together(mirror, found.cursor, calls)
    _evidence(found, calls, row, compared, base_url)


def outages(found: Failures) -> None:
    """Runs of failures far denser than usual, with the ids to resubmit."""
    st.subheader("Outages")
    usual = found.outages["usual_share"].max()
    st.caption(
        "Times in which far more calls fail than usual, in all the filter's history"
        + ("" if pd.isna(usual) else f" ({usual:.1%} outside of them)")
        + ".",
        help="Each failed call speaks for an outage, each other call against it; a run is shown "
        f"when failures at random would make one in at most {FALSE_ALARM:.0%} of accounts, and it "
        f"has {SMALL_SAMPLE} failures or more.",
    )
    if found.outages.empty:
        st.markdown("No outage found.")
        return
    for place, one in enumerate(found.outages.head(MOST_CARDS).itertuples()):
        with st.container(border=True, key=f"outage_{place}"):
            st.markdown(f"**{_outage_title(one, found)}**")
            st.markdown(_outage_sentence(one, found))
            lost = lost_calls(found.calls, one, found.zone)
            figures.link(f"Open {words.count(int(str(one.n_failed)), 'lost call')}", lost)
            _ids(found, lost, place)
    figures.show(
        queries.outages,
        found.cursor,
        found.calls,
        table=found.outages,
        open_table=len(found.outages) > MOST_CARDS,
        alt="Outages with their times, calls and reasons",
    )


def stuck(found: Failures) -> None:
    """Calls still processing far beyond their time."""
    st.subheader("Stuck")
    st.caption(
        "Still processing although 99% of completed calls of that audio length (of the last "
        f"{TIMED_DAYS} days) had ended, and {STUCK_GRACE_S // 60} minutes more.",
        help=f"The newest {TIMED_CALLS:,} completed calls are asked at most. Where fewer than "
        f"{FEWEST_TIMED} of a length are, 99% of all seconds of processing per second of audio are "
        "taken.",
    )
    n_processing, n_stuck = (
        int(found.processing[name].sum()) for name in ("n_processing", "n_stuck")
    )
    if not n_processing:
        st.markdown("No call is still processing.")
        return
    st.markdown(
        f"**{n_stuck:,}** of {words.count(n_processing, 'call')} still processing "
        f"{'is' if n_stuck == 1 else 'are'} stuck."
    )
    figures.links(
        queries.processing_now,
        found.processing,
        found.calls,
        {"n_stuck": "stuck", "n_processing": "processing"},
    )
    if n_stuck:
        _stuck_table(found)


def slow(found: Failures) -> None:
    """How long processing takes, and how long calls wait for it."""
    st.subheader("How long it takes")
    st.caption(
        "Of completed calls: half of them, 90% and 99% took this long or less. Low is good. The "
        "real-time factor is seconds of processing per second of audio; the wait is the time from "
        "creation to end that processing does not explain. Hollow and pale marks rest on fewer "
        f"than {SMALL_SAMPLE} calls."
    )
    figures.show(
        queries.speed_per_day,
        found.cursor,
        found.calls,
        chart=charts.speed_per_day,
        alt="Real-time factor and queue wait of completed calls per day",
    )
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown("**By audio format**")
        figures.show(
            queries.speed_per_format,
            found.cursor,
            found.calls,
            chart=charts.speed_per_format,
            alt="Real-time factor of completed calls by audio format",
        )
    with right:
        st.markdown("**By hour of day**")
        figures.show(
            queries.speed_per_hour,
            found.cursor,
            found.calls,
            chart=charts.speed_per_hour,
            alt="Real-time factor of completed calls by hour of day",
        )


def _chosen_reason(found: Failures) -> str:
    """The reason in view: that of a row just chosen above, or of the widget."""
    names = list(found.reasons["reason"])
    picked = st.session_state.get("reasons_table")
    rows = list(picked["selection"]["rows"]) if picked else []
    # only a choice that is new: the widget may have been changed since
    if rows != st.session_state.get(_ROW) and rows and rows[0] < len(names):
        st.session_state[_REASON] = names[rows[0]]
    st.session_state[_ROW] = rows
    if st.session_state.get(_REASON) not in names:
        st.session_state[_REASON] = names[0]
    chosen: str = st.selectbox("Reason in view", names, key=_REASON, persist_state="session")
    return chosen


def _contrast(found: Failures, calls: Filter, compared: Compared) -> None:
    st.markdown("**What is different**")
    # of fewer the sentence above says that they are too few, and there is nothing to draw
    enough = min(compared.n_failures, compared.n_others) >= SMALL_SAMPLE
    if enough:
        st.caption(
            "Share of these failures (bar) and of comparable calls (line). Coloured is what stands out: "
            f"{contrast.LEAST_LIFT:g} times as frequent or more, beyond chance. Pale is what fewer than "
            f"{SMALL_SAMPLE} failures have.",
            help="Comparable are the calls of the same filter, whatever their status, that did not fail "
            "for this reason and were created between its first and its last failure. Fisher's exact "
            "test, corrected for the number of values compared (Benjamini and Hochberg); said aloud is "
            f"what is below {contrast.SIGNIFICANT:g} and {contrast.LEAST_LIFT:g} times as frequent, "
            "one value a variable. The language is known of calls with a transcript only.",
        )
    figures.show(
        queries.failure_contrast,
        found.cursor,
        calls,
        table=compared.table,
        chart=charts.failure_contrast if enough else None,
        alt="Values by their share of these failures and of comparable calls",
    )


def _evidence(
    found: Failures,
    calls: Filter,
    row: dict[Hashable, Any],
    compared: Compared,
    base_url: str,
) -> None:
    latest = queries.latest_failures(found.cursor, calls, found.zone, limit=MOST_EXAMPLES)
    known = {str(name): value for name, value in row.items()}
    with st.expander("Evidence for a ticket", icon=":material/assignment:", key="evidence"):
        st.caption(
            "Markdown; the button at its corner copies it. No link to a recording, no transcript; "
            "the key in the request is read from your environment."
        )
        of_reason, of_call = st.tabs(["Of the reason", "Of one call"])
        with of_reason:
            text = evidence.reason_ticket(
                known,
                latest,
                base_url=base_url,
                meant=calls.with_(reason=None).sentence,
                finding=compared.sentence,
            )
            st.code(text, language="markdown", wrap_lines=True)
        with of_call:
            names = list(latest["id"])
            if st.session_state.get("evidence_call") not in names:
                st.session_state["evidence_call"] = names[0]
            chosen = st.selectbox("Call, newest first", names, key="evidence_call")
            call = latest[latest["id"] == chosen].iloc[0].to_dict()
            st.code(
                evidence.call_ticket(
                    {str(name): value for name, value in call.items()},
                    base_url=base_url,
                    finding=compared.sentence,
                ),
                language="markdown",
                wrap_lines=True,
            )


def _outage_title(one: Any, found: Failures) -> str:
    return f"Outage: {_moment(one.starts_at, found)} to {_moment(one.ends_at, found)}"


def _outage_sentence(one: Any, found: Failures) -> str:
    after = (
        "no call has completed since"
        if pd.isna(one.recovered_at)
        else f"the first success after came {_moment(one.recovered_at, found)}"
    )
    share = "All" if one.reasons == 1 else f"{one.reason_share:.0%}"
    more = "" if one.reasons == 1 else f" ({words.count(one.reasons, 'reason')} in all)"
    return (
        f"In {one.hours:.1f} hours {_lost(one)}; {after}. "
        f"{share} of them for: {words.literal(one.reason)}{more}."
    )


def _lost(one: Any) -> str:
    return (
        f"{one.n_failed:,} of {words.count(one.n_calls, 'call')} failed, {one.failed_share:.0%} "
        f"where {one.usual_share:.1%} is usual"
    )


def _moment(at: Any, found: Failures) -> str:
    return f"{pd.Timestamp(at).tz_convert(found.zone):%a %-d %b %Y, %H:%M}"


def _ids(found: Failures, lost: Filter, place: int) -> None:
    with st.expander("Ids to resubmit", icon=":material/content_copy:", key=f"lost_ids_{place}"):
        names = queries.ids(found.cursor, lost, found.zone)
        if len(names) == MOST_IDS:
            st.caption(f"The first {MOST_IDS:,}. Export the calls to have all.")
        st.code("\n".join(names), language=None, height=200)


def _stuck_table(found: Failures) -> None:
    table = queries.stuck_calls(found.cursor, found.calls, found.zone, limit=100)
    table.insert(0, "overdue", [words.rough(seconds) for seconds in table.pop("overdue_s")])
    event = st.dataframe(
        columns.shown(table),
        key="stuck_calls",
        column_config=columns.config(table),
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        placeholder="–",
        alt="Stuck calls, the longest overdue first, with the time by which they should have ended",
    )
    if event.selection.rows and event.selection.rows[0] < len(table):
        tables.open_call(str(table["id"].iloc[event.selection.rows[0]]), found.calls.to_query())
