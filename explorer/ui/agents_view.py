"""The two views of the Agents page: all agents beside their team, and one agent."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from explorer import charts
from explorer.analysis import queries
from explorer.analysis.filters import Filter
from explorer.analysis.statistics import SMALL_SAMPLE
from explorer.analysis.summary import Cursor
from explorer.charts.agents import MOST_AGENTS
from explorer.ui import cards, choices, figures, narrowing, tables, words
from explorer.ui.choices import AGENT_ORDERS, COACHING_KINDS, MOST_DRAWS, SAMPLE_SIZES


def everyone(cursor: Cursor, calls: Filter) -> None:
    """All agents that match: effort, compliance, checks, who is clearly different."""
    zone = words.viewer_zone()
    st.subheader("Effort by agent")
    summary = queries.effort_summary(cursor, calls, zone)
    cards.effort_sentence(summary, calls)
    options: dict[str, Any] = {"order": "name", "only_different": False}
    if summary["n_scored"].iloc[0]:
        with st.container(horizontal=True, vertical_alignment="bottom", key="agents_controls"):
            options = {"order": _order(), "only_different": _only_different()}
        st.caption(
            "Each mean is drawn towards the team's, the more the fewer scores it rests on, so that "
            "an agent with few calls is not first or last by chance; the line is its 95% interval, "
            "the dotted line the team. Clearly different: the interval leaves out the team. Hollow "
            f"marks rest on fewer than {SMALL_SAMPLE} scores. The team is everyone who matches the "
            "other filters."
        )
    table = queries.agents(cursor, calls, zone, **options)
    if table.empty:
        st.info(
            "No agent's interval leaves out the team: what differs may be chance.",
            title="No agent is clearly different from the team",
            icon=":material/balance:",
        )
    else:
        if len(table) > MOST_AGENTS:
            st.caption(f"Drawn: the first {MOST_AGENTS} of {len(table):,}. The table has all.")
        figures.show(
            queries.agents,
            cursor,
            calls,
            chart=charts.agents if table["n_scored"].any() else None,
            table=table,
            options=options,
            open_table=True,
            alt="Effort of each agent drawn towards the team's, with intervals",
        )
        _link_to_chosen(table, calls, "agents_table")
        st.caption(
            "Compliance: the share of analyses with a verdict on identity that did not flag it "
            "(“Identity judged” is what it is divided by). Weeks without scores are left out of "
            "the small lines."
        )
    st.subheader("Checks by agent")
    checks = figures.show(
        queries.checks_per_agent,
        cursor,
        calls,
        options={"order": options["order"]},
        alt="How often each agent's calls fail each check, lack a greeting, or fail to be analysed",
    )
    _link_to_chosen(checks, calls, "checks_per_agent_table")


def one(cursor: Cursor, calls: Filter, agent: str) -> None:
    """One agent: beside the team, over time, checks, coaching, a sample to review, calls."""
    zone = words.viewer_zone()
    narrowing.button(
        "All agents", calls.with_(agent_id=None), key="all_agents", icon=":material/arrow_back:"
    )
    st.header(words.literal(agent) if agent else "Calls without an agent", anchor=False)
    cards.effort_sentence(queries.effort_summary(cursor, calls, zone), calls)
    _beside_team(cursor, calls)
    trend, checks = st.columns(2)
    with trend:
        st.subheader("Effort by week, beside the team")
        st.caption(
            "Weeks begin on Monday. Lines are 95% intervals; "
            f"hollow marks rest on fewer than {SMALL_SAMPLE} scores and have none."
        )
        figures.show(
            queries.effort_beside_team,
            cursor,
            calls,
            chart=charts.effort_beside_team,
            alt="Mean effort by week with intervals, beside the team's, and the scored calls",
        )
    with checks:
        st.subheader("Checks, beside the team")
        st.caption(
            "Lines are 95% intervals, ticks the team with this agent. Coloured where the agent "
            "differs from the rest of the team beyond chance, corrected for the number of checks."
        )
        figures.show(
            queries.checks_beside_team,
            cursor,
            calls,
            chart=charts.checks_beside_team,
            alt="Share of calls that fail each check with intervals, beside the team's share",
        )
    _coaching(cursor, calls)
    _sample(cursor, calls)
    st.subheader("Newest calls")
    newest = queries.calls_page(cursor, calls.with_(sort=None), zone, limit=10)
    tables.calls_table(
        newest, key="agent_newest", query=calls.to_query(), alt="The agent's ten newest calls"
    )
    figures.link("All of these calls", calls)


def _order() -> str:
    choices.prepare("agents_order")
    chosen = st.segmented_control(
        "Order",
        list(AGENT_ORDERS),
        format_func=AGENT_ORDERS.__getitem__,
        key="agents_order",
        required=True,
    )
    return str(chosen)


def _only_different() -> bool:
    choices.prepare("agents_different")
    return st.toggle(
        "Only clearly different from the team",
        key="agents_different",
        help="Agents whose 95% interval of effort or compliance leaves out the team's value, "
        f"and who have {SMALL_SAMPLE} calls or more. In both directions; there is no ranking.",
    )


def _link_to_chosen(table: pd.DataFrame, calls: Filter, key: str) -> None:
    """The way to the page of the agent whose row is chosen."""
    chosen = st.session_state[key]["selection"]
    for row in sorted({*chosen["rows"], *(row for row, _ in chosen["cells"])}):
        if row >= len(table):
            continue
        agent = str(table["agent_id"].iloc[row])
        narrowing.button(
            f"Look at {words.literal(agent) if agent else 'calls without an agent'}",
            calls.with_(agent_id=agent),
            key=f"{key}_look_{row}",
            icon=":material/support_agent:",
        )


def _beside_team(cursor: Cursor, calls: Filter) -> None:
    table = queries.agents(cursor, calls, words.viewer_zone())
    found: Any = next(table.itertuples())
    sentences = []
    if pd.notna(found.shrunk_effort):
        spread = (
            f", 95% interval {found.low:.2f}–{found.high:.2f}" if found.high > found.low else ""
        )
        sentences.append(
            f"Drawn towards the team's {found.team_effort:.2f}, the more the fewer scores there "
            f"are: **{found.shrunk_effort:.2f}**{spread}."
        )
    if found.differs:
        sentences.append(f"Clearly {found.differs.replace(', ', ' and ')} than the team.")
    elif found.agent_id:
        sentences.append("Not clearly different from the team.")
    if found.n_identity_judged:
        passed = found.n_identity_judged - found.n_identity_flagged
        sentences.append(
            f"Compliance **{found.compliance_share:.1%}**: identity not flagged in {passed:,} of "
            f"{found.n_identity_judged:,} analyses with a verdict on it"
            f"{words.spread(found.n_identity_judged, found.share_low, found.share_high)}."
        )
    st.markdown(" ".join(sentences))
    cards.failure_sentence(found.n_failed, found.n_calls)
    figures.links(
        queries.agents,
        table,
        calls,
        {
            "n_calls": "calls",
            "n_identity_judged": "with a verdict on identity",
            "n_identity_flagged": "flagged",
            "n_failed": "failed analyses",
        },
    )


def _coaching(cursor: Cursor, calls: Filter) -> None:
    st.subheader("Coaching that came back")
    st.caption("What the analyses advised in two calls or more.")
    choices.prepare("coaching_by")
    by = st.segmented_control(
        "By",
        list(COACHING_KINDS),
        format_func=COACHING_KINDS.__getitem__,
        key="coaching_by",
        required=True,
    )
    options = {"by": str(by)}
    table = queries.coaching_that_came_back(cursor, calls, words.viewer_zone(), **options)
    if table.empty:
        st.caption("No advice came back.")
        return
    figures.counted_since(table)
    figures.show(
        queries.coaching_that_came_back,
        cursor,
        calls,
        table=table,
        options=options,
        alt="Coaching items of several calls, with how many, the first and the last",
    )


def _sample(cursor: Cursor, calls: Filter) -> None:
    st.subheader("Sample for a fair review")
    st.caption(
        "Completed calls drawn at random, so that nobody picks the good or the bad ones. The same "
        "number draws the same calls again, also for somebody else."
    )
    with st.container(horizontal=True, vertical_alignment="bottom", key="sample_controls"):
        choices.prepare("sample_seed")
        seed = st.number_input(
            "Number of the draw",
            min_value=1,
            max_value=MOST_DRAWS,
            key="sample_seed",
            width=180,
        )
        choices.prepare("sample_size")
        size = st.selectbox("Calls", SAMPLE_SIZES, key="sample_size", width=120)
    found = queries.review_sample(cursor, calls, words.viewer_zone(), seed=int(seed), size=size)
    if found.empty:
        st.caption("None of these calls is completed.")
        return
    tables.calls_table(
        found, key="sample", query=calls.to_query(), alt="Completed calls drawn at random"
    )
