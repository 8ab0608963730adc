"""The parts of the compliance page: what it says in sentences, and what was said on the calls."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from explorer.analysis import queries
from explorer.analysis.filters import Filter
from explorer.analysis.summary import Cursor
from explorer.ui import figures, tables, words

MASK = "••••••••"
PAGE_SIZE = 8
"""Calls of a list of what was said: each row has widgets of its own."""


def checked_sentence(cursor: Cursor, calls: Filter) -> int:
    """How many of the calls have check verdicts; returns how many."""
    zone = words.viewer_zone()
    n_calls = queries.count(cursor, calls, zone)
    checks = queries.check_failures(cursor, calls, zone)
    n_checked = 0 if checks.empty else int(checks["n_checked"].iloc[0])
    if not n_checked:
        none = "This call has no" if n_calls == 1 else f"None of these {n_calls:,} calls has"
        st.markdown(f"{none} check verdicts.")
        return 0
    left_out = n_calls - n_checked
    rest = f"; {left_out:,} without are left out of every share" if left_out else ""
    have = "has" if n_checked == 1 else "have"
    st.markdown(f"**{n_checked:,}** of {words.count(n_calls, 'call')} {have} check verdicts{rest}.")
    return n_checked


def disclosure_steps(steps: pd.DataFrame, calls: Filter) -> None:
    """A sentence for each disclosure that began or ceased to go missing; nothing where none did."""
    zone = words.viewer_zone()
    for place, row in zip(steps.index, steps.itertuples(), strict=True):
        if not row.clear:
            continue
        with st.container(border=True, gap="xsmall"):
            st.markdown(_step_sentence(row))
            with st.container(horizontal=True, gap="small"):
                for column, when in (("n_missing_since", "since"), ("n_missing_before", "before")):
                    which = queries.disclosure_steps.which(steps, int(place), column, calls, zone)
                    if which is not None:
                        label = words.count(int(steps[column].iloc[int(place)]), "call")
                        figures.link(f"{label} {when}", which)


def _step_sentence(row: Any) -> str:
    icon = ":material/trending_up:" if row.share_difference > 0 else ":material/trending_down:"
    low, high = sorted(abs(end) for end in (row.share_difference_low, row.share_difference_high))
    more = "more" if row.share_difference > 0 else "less"
    return (
        f"{icon} **“{words.literal(row.disclosure)}”** is missing in **{row.share_since:.0%}** of "
        f"checked calls since the week of {row.since:%a} {row.since.day} {row.since:%b %Y} "
        f"({row.n_missing_since:,} of {row.n_checked_since:,}), before in "
        f"**{row.share_before:.0%}** ({row.n_missing_before:,} of {row.n_checked_before:,}): "
        f"{100 * low:.0f}–{100 * high:.0f} points {more} (95% interval)."
    )


def together_sentence(pairs: pd.DataFrame) -> None:
    """The pairs of disclosures that go missing together clearly more often than by chance."""
    clear = pairs[pairs["clear"] & (pairs["lift"] > 1)]
    if clear.empty:
        st.markdown("No two go missing together clearly more often than by chance.")
    for row in clear.head(3).itertuples():
        n_together = int(str(row.n_together))
        first, other = words.literal(row.disclosure), words.literal(row.other)
        st.markdown(
            f"“{first}” and “{other}” are missing together in {words.count(n_together, 'call')}"
            f"; by chance it would be {row.expected:.1f}."
        )


def near_miss_sentence(bands: pd.DataFrame, calls: Filter) -> None:
    """How many calls stated the identity up to five seconds too late, of those that failed."""
    if bands.empty:
        return
    place = int(bands.index[bands["near_miss"]][0])
    n_near, n_failed = int(bands["n_failed"].iloc[place]), int(bands["n_failed"].sum())
    if not n_failed:
        st.markdown("No checked call failed identity verification.")
        return
    was = "was a near miss" if n_near == 1 else "were near misses"
    st.markdown(
        f"**{n_near:,}** of {words.count(n_failed, 'call')} that failed identity verification {was}: "
        "stated 15–20 seconds into the call, where 15 are allowed."
    )
    which = queries.identity_stated.which(bands, place, "n_failed", calls, words.viewer_zone())
    if which is not None:
        figures.link(f"Open {n_near:,} near {'miss' if n_near == 1 else 'misses'}", which)


def prohibited_phrases(cursor: Cursor, calls: Filter) -> None:
    """Prohibited phrases with their time in the call, newest first; a row opens its call."""
    found = _instances(cursor, calls, "prohibited_phrases")
    if found.empty:
        st.caption("No prohibited phrase is listed in these calls.")
        return
    zone = words.viewer_zone().key
    event = st.dataframe(
        found.assign(at=found["at_s"].map(_clock), kind=found["kind"].str.replace("_", " ")),
        key="prohibited_phrases_list",
        column_order=("created_at", "at", "text", "kind", "agent_id", "speaker"),
        column_config={
            "created_at": st.column_config.DatetimeColumn(
                f"Time ({zone})", format="D MMM YYYY, HH:mm", timezone=zone
            ),
            "agent_id": "Agent",
            "at": st.column_config.TextColumn("At", help="Minutes and seconds into the call."),
            "kind": "Category",
            "speaker": "Speaker",
            "text": st.column_config.TextColumn("Said", width="medium"),
        },
        hide_index=True,
        on_select="rerun",
        selection_mode=("single-row", "single-cell"),
        placeholder="–",
        alt="Prohibited phrases, newest call first",
    )
    rows = event.selection.rows or [row for row, _ in event.selection.cells]
    if rows and rows[0] < len(found):
        tables.open_call(str(found["id"].iloc[rows[0]]), calls.to_query())


def sensitive_data(cursor: Cursor, calls: Filter) -> None:
    """Where sensitive data was said, newest first; what was said only for who asks, row by row."""
    found = _instances(cursor, calls, "sensitive_data")
    if found.empty:
        st.caption("No sensitive data is listed in these calls.")
        return
    for row in found.itertuples():
        _sensitive_row(row, calls)


def _sensitive_row(row: Any, calls: Filter) -> None:
    name = f"{row.id}_{row.place}"
    zone = words.viewer_zone()
    with st.container(border=True, gap="xsmall"):
        at = row.created_at.astimezone(zone)
        known = [
            f"{at:%a} {at.day} {at:%b %Y, %H:%M}",
            row.agent_id or "agent not given",
            row.kind.replace("_", " "),
            "" if pd.isna(row.at_s) else f"at {words.duration(row.at_s)}",
            f"speaker {row.speaker}" if row.speaker else "",
        ]
        st.caption(words.literal(" · ".join(part for part in known if part)))
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            # the state of a toggle ends with the page: who comes back sees masks again
            shown = st.toggle("Show", key=f"show_{name}")
            st.text(row.text if shown else MASK)
            st.page_link(
                tables.CALL_PAGE,
                label="Open the call",
                icon=":material/arrow_forward:",
                query_params=calls.to_query() | {"id": [str(row.id)]},
            )


def _instances(cursor: Cursor, calls: Filter, check: str) -> pd.DataFrame:
    """One page of what a check found, with buttons to the pages around it."""
    key = f"{check}_page"
    page = max(0, int(st.session_state.get(key, 0)))
    zone = words.viewer_zone()
    # one call more than is shown tells whether there are older ones
    found = queries.check_instances(
        cursor, calls, zone, check=check, limit=PAGE_SIZE + 1, offset=page * PAGE_SIZE
    )
    ids = list(dict.fromkeys(found["id"]))
    if not ids and page:
        st.session_state[key] = 0
        return _instances(cursor, calls, check)
    if page or len(ids) > PAGE_SIZE:
        with st.container(horizontal=True, vertical_alignment="center", key=f"{key}s"):
            for label, icon, to, possible in (
                ("Newer", ":material/chevron_left:", page - 1, page > 0),
                ("Older", ":material/chevron_right:", page + 1, len(ids) > PAGE_SIZE),
            ):
                st.button(
                    label,
                    key=f"{check}_{label.lower()}",
                    icon=icon,
                    disabled=not possible,
                    on_click=_turn,
                    args=(key, to),
                )
            first = page * PAGE_SIZE + 1
            st.caption(f"Calls {first:,}–{first - 1 + len(ids[:PAGE_SIZE]):,}, newest first")
    return found[found["id"].isin(ids[:PAGE_SIZE])].reset_index(drop=True)


def _turn(key: str, page: int) -> None:
    st.session_state[key] = page


def _clock(second: float) -> str:
    return "–" if pd.isna(second) else words.duration(second)


def greeting_sentence(cursor: Cursor, calls: Filter) -> None:
    """How many of the calls that say so had a greeting."""
    table = queries.greetings(cursor, calls, words.viewer_zone())
    row: Any = next(table.itertuples())
    if not row.of_calls:
        st.markdown("No call says whether there was a greeting.")
        return
    silent = f"; {row.not_said:,} without the field are left out" if row.not_said else ""
    st.markdown(
        f"**{row.greeted_share:.1%}** of {words.count(row.of_calls, 'call')} whose results say whether "
        f"there was a greeting had one{words.spread(row.of_calls, row.share_low, row.share_high)}{silent}."
    )
    figures.links(
        queries.greetings, table, calls, {"n_greeted": "greeted", "n_not_greeted": "not greeted"}
    )


def contradicting_calls(cursor: Cursor, calls: Filter, most: int) -> None:
    """The calls whose fields disagree, newest first, with the rules that each breaks."""
    found = queries.contradicting_calls(cursor, calls, words.viewer_zone(), limit=most)
    tables.calls_table(
        found.rename(columns={"broken": "Fields disagree"}),
        key="contradicting_calls",
        columns=("created_at", "Fields disagree", "status", "agent_id", "contact_id", "duration_s"),
        query=calls.with_(contradicts=True).to_query(),
        alt=f"Calls whose fields disagree, {calls.order_words}",
    )


def contradicting_sentence(table: pd.DataFrame, rules: pd.DataFrame, calls: Filter) -> int:
    """How many calls break a rule, of all; returns how many. `rules` says how many could."""
    row: Any = next(table.itertuples())
    if not rules["of_possible"].any():
        st.info(
            "This call has none of the fields that the rules compare."
            if row.n_calls == 1
            else f"None of the {row.n_calls:,} calls has a field that the rules compare.",
            title="Nothing to judge",
            icon=":material/hourglass_empty:",
        )
        return 0
    if not row.n_contradicting:
        st.success(
            "The fields of this call agree with each other."
            if row.n_calls == 1
            else f"The fields of each of the {row.n_calls:,} calls agree with each other.",
            title="No contradictions",
            icon=":material/check_circle:",
        )
        return 0
    do = "contradicts itself" if row.n_contradicting == 1 else "contradict themselves"
    st.markdown(
        f"**{row.n_contradicting:,}** of {words.count(row.n_calls, 'call')} {do}, "
        f"{row.share:.1%}{words.spread(row.n_calls, row.share_low, row.share_high)}."
    )
    figures.links(queries.contradicting, table, calls, {"n_contradicting": "contradicting"})
    return int(row.n_contradicting)
