"""Calls whose own fields disagree: how many break each rule, and which."""

import streamlit as st

from explorer.analysis import queries
from explorer.ui import compliance_view, figures, mirror_page, words

MOST_CALLS = 100

page = mirror_page.begin("verdicts", "Verdict check")
calls, cursor = page.calls, page.cursor
zone = words.viewer_zone()
if not queries.count(cursor, calls, zone):
    page.nothing_found()
else:
    st.markdown("Calls whose own fields disagree: do not trust their verdicts unseen.")
    total = queries.contradicting(cursor, calls, zone)
    rules = queries.contradictions(cursor, calls, zone)
    n_contradicting = compliance_view.contradicting_sentence(total, rules, calls)
    st.subheader("Rules")
    st.caption(
        "Each share is of the calls that could break the rule. A call without a field that a rule "
        "needs does not break it."
    )
    figures.show(
        queries.contradictions,
        cursor,
        calls,
        table=rules,
        open_table=True,
        alt="How many calls break each rule, most first",
    )
    if n_contradicting:
        st.subheader("Calls that contradict themselves")
        if n_contradicting > MOST_CALLS:
            st.caption(f"The first {MOST_CALLS:,} of {n_contradicting:,}, {calls.order_words}.")
        compliance_view.contradicting_calls(cursor, calls, MOST_CALLS)
