"""How the calls go: totals by status, volume, effort, checks, failures, changes, the slow and newest."""

import streamlit as st

from explorer.analysis.view import View
from explorer.errors import MirrorError
from explorer.ui import (
    cards,
    connection,
    load,
    mirrors,
    overview_view,
    problems,
    sidebar,
    tables,
)

st.title("Overview")
here = connection.current()
asked = sidebar.asked("overview")
problems.show_refused(asked.refused)
calls = asked.calls
totals = load.status_counts(here, calls)
if totals.value.total == 0:
    sidebar.nothing_found(calls)
    problems.show_age(totals)
else:
    cards.status_totals(totals.value, calls)
    try:
        mirror = mirrors.keeper(here).mirror
    except MirrorError as error:
        problems.show(error)
    else:
        mirrors.source_caption(calls, mirror, before="Below: ")
        cursor = mirrors.moment(mirror)  # the figures agree while a sync writes
        coverage = mirror.coverage()
        if coverage.mirrored or coverage.whole:
            overview_view.from_the_mirror(cursor, calls)
        else:
            sidebar.nothing_found(calls, coverage)

    st.subheader("Newest calls")
    newest = load.page(here, calls.with_(sort=None), View(limit=10))
    tables.calls_table(
        newest.calls, key="newest", query=calls.to_query(), alt="The ten newest calls"
    )
    problems.show_age(totals, newest.answer)
