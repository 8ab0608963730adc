"""The UI script: page settings, navigation and the one place where errors become a view."""

from pathlib import Path

import streamlit as st

from explorer.errors import ExplorerError
from explorer.ui import connection, problems, sidebar

st.set_page_config(
    page_title="Call explorer",
    page_icon=str(Path(__file__).parent / "ui" / "icon.svg"),
    layout="wide",
)

page = st.navigation(
    [
        st.Page(
            "../pages/overview.py",
            title="Overview",
            icon=":material/dashboard:",
            default=True,
            help="Status of all matching calls, effort per day, why analyses fail, newest calls.",
        ),
        st.Page(
            "../pages/calls.py",
            title="Calls",
            icon=":material/call:",
            help="The calls that match: filter, page, sort, choose columns, export, open a call.",
        ),
        st.Page(
            "../pages/call.py",
            title="Call",
            icon=":material/description:",
            visibility="hidden",
            help="One call: facts, checks, coaching, transcript, recording, error, raw document.",
        ),
        st.Page(
            "../pages/failures.py",
            title="Failures",
            icon=":material/error:",
            help="Why analyses fail: reasons, what stands out, outages, stuck calls, evidence for a ticket.",
        ),
        st.Page(
            "../pages/effort.py",
            title="Effort",
            icon=":material/trending_down:",
            help="Customer effort over time, its distribution, by hour and agent, and what drives it.",
        ),
        st.Page(
            "../pages/agents.py",
            title="Agents",
            icon=":material/support_agent:",
            help="Agents beside their team, with intervals; one agent with trend, coaching and a fair sample.",
        ),
        st.Page(
            "../pages/compliance.py",
            title="Compliance",
            icon=":material/verified_user:",
            help="Checks by agent and week, missing disclosures, near misses, phrases, sentiment, coaching.",
        ),
        st.Page(
            "../pages/verdicts.py",
            title="Verdict check",
            icon=":material/rule:",
            help="Calls whose own fields disagree.",
        ),
        st.Page(
            "../pages/contacts.py",
            title="Contacts",
            icon=":material/contacts:",
            help="One contact's calls in order, repeat calls, failed analyses that hide a call.",
        ),
        st.Page(
            "../pages/data.py",
            title="Data",
            icon=":material/database:",
            help="The mirror of the account: coverage, syncs, verify, delete, whole exports.",
        ),
    ],
    # the sidebar has a menu of its own, whose links take the filters along
    position="hidden",
)

here = None
try:
    here = connection.current()
    page.run()
except ExplorerError as error:
    problems.show(error)
if here is None:
    with st.sidebar:
        sidebar.menu({})
sidebar.connection_panel(here)
