"""Checks by agent and week, missing disclosures, near misses, what was said, quality, coaching."""

import functools

import streamlit as st

from explorer import charts
from explorer.analysis import queries
from explorer.analysis.statistics import SMALL_SAMPLE
from explorer.ui import compliance_view, figures, mirror_page, words

page = mirror_page.begin("compliance", "Compliance")
calls, cursor = page.calls, page.cursor
zone = words.viewer_zone()
dark = figures.is_dark()
if not queries.count(cursor, calls, zone):
    page.nothing_found()
else:
    n_checked = compliance_view.checked_sentence(cursor, calls)
    if n_checked:
        st.caption(
            "Shares are of the checked calls; a cell opens the calls that failed. Grey cells rest "
            f"on fewer than {SMALL_SAMPLE} checked calls."
        )
        agents_column, weeks_column = st.columns(2, gap="medium")
        with agents_column:
            st.subheader("Failed checks by agent")
            st.caption("The agents with most checked calls; the table has all of them.")
            figures.show(
                queries.checks_by_agent,
                cursor,
                calls,
                chart=functools.partial(charts.checks_by_agent, dark=dark),
                alt="Share of checked calls that failed, by agent and check",
            )
        with weeks_column:
            st.subheader("Failed checks by week")
            st.caption("Weeks begin on Mondays; the newest is on top and may not be over.")
            figures.show(
                queries.checks_by_week,
                cursor,
                calls,
                chart=functools.partial(charts.checks_by_week, dark=dark),
                alt="Share of checked calls that failed, by week and check",
            )

        st.subheader("Missing disclosures")
        missing = queries.missing_disclosures(cursor, calls, zone)
        if missing.empty:
            st.markdown("No checked call misses a disclosure.")
        else:
            steps = queries.disclosure_steps(cursor, calls, zone)
            compliance_view.disclosure_steps(steps, calls)
            which_column, when_column = st.columns(2, gap="medium")
            with which_column:
                figures.show(
                    queries.missing_disclosures,
                    cursor,
                    calls,
                    table=missing,
                    alt="Disclosures that were not read, most frequent first",
                )
                if not steps.empty:
                    with st.expander("Strongest steps", icon=":material/stairs:", key="steps_fold"):
                        st.caption(
                            "For each disclosure the week that parts its shares most. p is the "
                            "chance of such a step without a change, corrected for all weeks and "
                            "disclosures tried."
                        )
                        figures.show(
                            queries.disclosure_steps,
                            cursor,
                            calls,
                            table=steps,
                            alt="The strongest step in the weekly share of each disclosure",
                        )
            with when_column:
                figures.show(
                    queries.disclosures_by_week,
                    cursor,
                    calls,
                    chart=charts.disclosures_by_week,
                    alt="Share of checked calls in which each disclosure was missing, per week",
                )
            pairs = queries.missing_together(cursor, calls, zone)
            if not pairs.empty:
                compliance_view.together_sentence(pairs)
                with st.expander("Missing together", icon=":material/join:", key="together_fold"):
                    figures.show(
                        queries.missing_together,
                        cursor,
                        calls,
                        table=pairs,
                        alt="Pairs of disclosures missing in the same calls, against chance",
                    )

        st.subheader("When the identity was stated")
        stated = queries.identity_stated(cursor, calls, zone)
        compliance_view.near_miss_sentence(stated, calls)
        figures.show(
            queries.identity_stated,
            cursor,
            calls,
            table=stated,
            alt="When the identity was stated, and how often that failed",
        )

        phrases_column, sensitive_column = st.columns(2, gap="medium")
        with phrases_column:
            st.subheader("Prohibited phrases")
            st.caption("A row opens its call.")
            compliance_view.prohibited_phrases(cursor, calls)
        with sensitive_column:
            st.subheader("Sensitive data")
            st.caption("Masked until you ask for a row, and again when you leave the page.")
            compliance_view.sensitive_data(cursor, calls)

    st.subheader("Quality")
    compliance_view.greeting_sentence(cursor, calls)
    signs = queries.quality_signs(cursor, calls, zone)
    st.caption(
        "Every flag, count and word in the results, whatever the API adds. Shares are of the calls "
        "that say anything there; grey is “no” and “never”."
    )
    figures.counted_since(signs)
    figures.show(
        queries.quality_signs,
        cursor,
        calls,
        table=signs,
        chart=charts.quality_signs,
        alt="Quality signs with how often each value occurs",
    )
    st.subheader("Recommendations")
    advice = queries.recommendations(cursor, calls, zone)
    st.caption(
        "Calls by priority and category of what coaching recommends; a call may be in several "
        "cells. Recommendations that are plain text have neither."
    )
    figures.counted_since(advice)
    figures.show(
        queries.recommendations,
        cursor,
        calls,
        table=advice,
        chart=functools.partial(charts.recommendations, dark=dark),
        alt="Calls by priority and category of their recommendations",
    )
