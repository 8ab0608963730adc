"""Customer effort over time, its distribution, by hour and agent, and what goes with it."""

import streamlit as st

from explorer import charts
from explorer.analysis import queries
from explorer.ui import cards, effort_view, figures, mirror_page, words

page = mirror_page.begin("effort", "Effort")
calls, cursor = page.calls, page.cursor
zone = words.viewer_zone()
summary = queries.effort_summary(cursor, calls, zone)
if not summary["n_calls"].iloc[0]:
    page.nothing_found()
else:
    cards.effort_sentence(summary, calls)
    if summary["n_scored"].iloc[0]:
        effort_view.before_and_now(cursor, calls)
        st.subheader("Over time")
        effort_view.trend(cursor, calls)
        spread_column, agents_column = st.columns(2, gap="medium")
        with spread_column:
            st.subheader("Distribution")
            st.caption("Scores are rounded to the nearest half. Low effort is good.")
            figures.show(
                queries.effort_distribution,
                cursor,
                calls,
                chart=charts.effort_distribution,
                alt="Number of calls with each effort score",
            )
            st.subheader("By hour and weekday")
            effort_view.hours_and_weekdays(cursor, calls)
        with agents_column:
            st.subheader("By agent")
            effort_view.agents(cursor, calls)
        st.subheader("What goes with effort")
        effort_view.drivers(cursor, calls)
