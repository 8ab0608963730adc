"""Parts of the Effort page: the trend by grain, this period against the one before, what goes with effort."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from explorer import charts
from explorer.analysis import periods, queries
from explorer.analysis.filters import Filter
from explorer.analysis.queries.effort import CLEAR, ENOUGH, NOT_ENOUGH
from explorer.analysis.queries.newest import NEWEST
from explorer.analysis.statistics import SMALL_SAMPLE
from explorer.analysis.summary import Cursor
from explorer.charts.effort import MOST_AGENTS, MOST_SIGNS, signed
from explorer.ui import cards, choices, figures, words

_TRENDS: dict[str, tuple[Any, Any, dict[str, Any]]] = {
    "day": (queries.effort_per_day, charts.effort_per_day, {"whole": True}),
    "week": (queries.effort_per_week, charts.effort_per_week, {}),
    "month": (queries.effort_per_month, charts.effort_per_month, {}),
}
_ICONS = {
    CLEAR["lower"]: ":material/trending_down:",
    CLEAR["higher"]: ":material/trending_up:",
}
_MOST_NAMED = 5
_FEWEST_WEEKS = 5
"""Fewer make an all but empty figure: by day, unless the viewer chose."""
_FEW = f"fewer than {SMALL_SAMPLE} scored calls"


def trend(cursor: Cursor, calls: Filter) -> None:
    """Effort per day, week or month, as the viewer chooses."""
    if not choices.is_chosen("effort_grain"):
        weeks = queries.effort_per_week(cursor, calls, words.viewer_zone())
        st.session_state["effort_grain"] = "day" if len(weeks) < _FEWEST_WEEKS else "week"
    grain = st.segmented_control(
        "One mark per",
        periods.GRAINS,
        required=True,
        format_func=str.capitalize,
        key="effort_grain",
        on_change=choices.keep,
        args=("effort_grain",),
    )
    st.caption(
        f"Lines are 95% intervals; hollow marks rest on {_FEW} and have none. Paler: a {grain} "
        "that is not over yet, or that the range cuts."
    )
    summary, chart, options = _TRENDS[grain or "week"]
    figures.show(
        summary,
        cursor,
        calls,
        chart=chart,
        options=options,
        alt=f"Mean customer effort per {grain} with its interval, and the number of scored calls",
    )


def before_and_now(cursor: Cursor, calls: Filter) -> None:
    """The period asked for against the one before, in a sentence with links to the calls of both."""
    zone = words.viewer_zone()
    summary = queries.effort_before_and_now
    table = summary(cursor, calls, zone)
    if table.empty:
        cards.none_to_compare(calls)
        return
    found: Any = next(table.itertuples())
    begins, ends, before = (
        words.minute_of(text, zone) for text in (found.from_at, found.to_at, found.before_at)
    )
    asked = "" if calls.since else " Set Since for another period."
    with st.container(border=True, gap="xsmall"):
        st.markdown(_sentence(found))
        st.caption(f"{begins} to {ends}, against {before} to {begins}.{asked}")
        with st.container(horizontal=True, gap="small"):
            for column, when in (("n_now", "now"), ("n_before", "before")):
                which = summary.which(table, 0, column, calls, zone)
                if which is not None:
                    figures.link(f"{getattr(found, column):,} scored {when}", which)


def _sentence(found: Any) -> str:
    if found.verdict == NOT_ENOUGH:
        return (
            f"Not enough calls to compare with the period before: {found.n_now:,} scored now, "
            f"{found.n_before:,} before; it takes {ENOUGH} in each."
        )
    verb = {CLEAR["lower"]: "fell", CLEAR["higher"]: "rose"}.get(found.verdict)
    figures_of_both = (
        f"from {found.before_effort:.2f} (over {found.n_before:,} scored) to "
        f"{found.now_effort:.2f} (over {found.n_now:,}): {_difference(found)}"
    )
    if verb is None:
        return f"**Mean effort** did not change clearly, {figures_of_both}."
    good = "Low effort is good: it got better" if verb == "fell" else "It got worse"
    return f"{_ICONS[found.verdict]} **Mean effort** {verb} {figures_of_both}. {good}."


def _difference(found: Any) -> str:
    low, high = (signed(one) for one in (found.low, found.high))
    between = f" (95% interval {low} to {high})" if found.high > found.low else ""
    return f"{signed(found.effort_difference)}{between}"


def hours_and_weekdays(cursor: Cursor, calls: Filter) -> None:
    """A grid of weekdays and hours, and each of them alone."""
    st.caption(
        f"When calls began, in {words.literal(words.viewer_zone().key)}. Hollow grey squares rest "
        f"on {_FEW}."
    )
    figures.show(
        queries.effort_per_weekday_and_hour,
        cursor,
        calls,
        chart=charts.effort_per_weekday_and_hour,
        alt="Mean customer effort by weekday and hour of day",
    )
    # alone, each hour and weekday rests on more calls
    figures.show(
        queries.effort_per_hour,
        cursor,
        calls,
        chart=charts.effort_per_hour,
        alt="Mean customer effort by hour of day with intervals",
    )
    figures.show(
        queries.effort_per_weekday,
        cursor,
        calls,
        chart=charts.effort_per_weekday,
        alt="Mean customer effort by weekday with intervals",
    )


def agents(cursor: Cursor, calls: Filter) -> None:
    """Agents beside the team; those with few calls are in the table only."""
    table = queries.effort_per_agent(cursor, calls, words.viewer_zone())
    n_few = int(table["few"].sum())
    not_ranked = f" {words.count(n_few, 'agent')} with {_FEW} not ranked." if n_few else ""
    ranked = len(table) - n_few
    drawn = f" Drawn: the {MOST_AGENTS} with most scored calls." if ranked > MOST_AGENTS else ""
    st.caption(
        "Means are drawn towards the team's, the more the fewer calls they rest on; lines are "
        f"their 95% intervals. The team: all who match the other filters.{not_ranked}{drawn}"
    )
    figures.show(
        queries.effort_per_agent,
        cursor,
        calls,
        table=table,
        chart=charts.effort_per_agent if ranked else None,
        alt="Mean customer effort of each agent with its interval, beside the team's mean",
    )


def drivers(cursor: Cursor, calls: Filter) -> None:
    """Effort with and without each sign; says for which there are not enough calls."""
    table = queries.effort_drivers(cursor, calls, words.viewer_zone())
    if table.empty:
        st.caption("The results of these calls hold no flags, counts or words to compare by.")
        return
    compared = table["verdict"] != NOT_ENOUGH
    n_clear = int(table["verdict"].isin(CLEAR.values()).sum())
    st.caption(
        "Mean effort of calls with a sign minus that of calls whose same field says otherwise; "
        "calls without the field are on neither side. Lines are 95% intervals; a difference is "
        "clear where p, corrected for the number of signs, is below 0.05. What goes with effort "
        f"need not cause it.{_newest_only(table)}"
    )
    n_compared = int(compared.sum())
    if n_compared:
        differ = "differs" if n_clear == 1 else "differ"
        cut = n_compared > MOST_SIGNS
        drawn = f" Drawn: the {MOST_SIGNS} clearest; the table has all." if cut else ""
        st.markdown(f"**{n_clear}** of {words.count(n_compared, 'sign')} {differ} clearly.{drawn}")
    _not_enough(table[~compared])
    figures.show(
        queries.effort_drivers,
        cursor,
        calls,
        table=table,
        chart=charts.effort_drivers if n_compared else None,
        alt="Difference of mean customer effort between calls with and without each sign",
    )


def _not_enough(table: pd.DataFrame) -> None:
    if table.empty:
        return
    named = "; ".join(
        f"{words.literal(row.sign)} ({row.n_with:,} with, {row.n_without:,} without)"
        for row in table.head(_MOST_NAMED).itertuples()
    )
    more = f"; and {len(table) - _MOST_NAMED:,} more, in the table" * (len(table) > _MOST_NAMED)
    st.markdown(f"Not enough calls, fewer than {ENOUGH} on a side: {named}{more}.")


def _newest_only(table: pd.DataFrame) -> str:
    since = table["since_at"].iloc[0]
    if pd.isna(since):
        return ""
    at = words.moment(since.to_pydatetime(), words.viewer_zone())
    return f" Compared are the newest {NEWEST:,} scored calls, from {at} on."
