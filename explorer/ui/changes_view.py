"""What changed most since the previous period, in sentences that open their calls."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from explorer.analysis import queries
from explorer.analysis.filters import Filter
from explorer.analysis.statistics import SMALL_SAMPLE
from explorer.analysis.summary import Cursor
from explorer.ui import cards, figures, words

MOST = 5


def changes(cursor: Cursor, calls: Filter) -> None:
    """The clearest changes first; says so where nothing changed clearly."""
    zone = words.viewer_zone()
    table = queries.changes(cursor, calls, zone)
    counts: Any = next(table[table["measure"] == "calls"].itertuples(), None)
    if counts is None or not counts.n_now + counts.n_before:
        cards.none_to_compare(calls)
        return
    st.caption(_periods(table))
    clear = table[table["clear"]]
    if clear.empty:
        st.markdown(
            f"Too few calls to compare: {counts.n_now:,} in this period, {counts.n_before:,} in "
            "the one before."
            if min(counts.n_now, counts.n_before) < SMALL_SAMPLE
            else "Nothing changed clearly: every difference may be chance."
        )
    for place, row in zip(clear.index[:MOST], clear.head(MOST).itertuples(), strict=True):
        _change(table, int(place), row, calls)
    with st.expander("All comparisons", icon=":material/compare_arrows:", key="changes_fold"):
        st.caption(
            "p is the chance of such a difference without a change, corrected for the number of "
            "comparisons (Benjamini–Hochberg). Clear: below 0.05."
        )
        figures.show(
            queries.changes,
            cursor,
            calls,
            table=table,
            open_table=True,
            alt="This period and the one before, compared",
        )


def _change(table: pd.DataFrame, place: int, row: Any, calls: Filter) -> None:
    with st.container(border=True, gap="xsmall"):
        st.markdown(_sentence(row))
        with st.container(horizontal=True, gap="small"):
            for column, when in (("n_now", "now"), ("n_before", "before")):
                which = queries.changes.which(table, place, column, calls, words.viewer_zone())
                if which is not None:
                    figures.link(f"{words.count(getattr(row, column), 'call')} {when}", which)


def _sentence(row: Any) -> str:
    rose = row.now > row.before
    icon = ":material/trending_up:" if rose else ":material/trending_down:"
    verb = "rose" if rose else "fell"
    if row.measure == "calls":
        return f"{icon} **Calls** {verb} from {row.n_before:,} to {row.n_now:,}."
    if row.measure == "effort":
        return (
            f"{icon} **Mean effort** {verb} from {row.before:.2f} (over {row.n_before:,} scored) "
            f"to {row.now:.2f} (over {row.n_now:,})."
        )
    named = {
        "failed": "**Failed analyses**",
        "check": f"**Calls that failed {words.literal(row.subject.replace('_', ' '))}**",
        "reason": f"**Failures for “{words.literal(row.subject)}”**",
    }[row.measure]
    before, now = (0.0 if pd.isna(share) else share for share in (row.before, row.now))
    of = "checked calls" if row.measure == "check" else "calls"
    return (
        f"{icon} {named} {verb} from {before:.1%} ({row.n_before:,} of {row.of_before:,} {of}) "
        f"to {now:.1%} ({row.n_now:,} of {row.of_now:,})."
    )


def _periods(table: pd.DataFrame) -> str:
    zone = words.viewer_zone()
    begins, ends = (words.minute_of(table[name].iloc[0], zone) for name in ("from_at", "to_at"))
    before = words.minute_of(table["before_at"].iloc[0], zone)
    return f"{begins} to {ends}, compared with {before} to {begins}. Times in {zone.key}."
