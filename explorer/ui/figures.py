"""A summary on a page: its figure, its table, and the way from each number to the calls it counts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from explorer.analysis.export import to_csv
from explorer.analysis.filters import Filter
from explorer.analysis.queries.newest import NEWEST
from explorer.analysis.summary import Cursor, Summary
from explorer.ui import columns, words

CALLS_PAGE = "../pages/calls.py"
_WORDS_ON_LIGHT = "#6B7280"
"""4.8 to 1 on white, where Streamlit's grey has 3.7; on the dark ground, should the theme just
have changed, 3.7."""
Chart = Callable[[pd.DataFrame], go.Figure]


def show(
    summary: Summary,
    cursor: Cursor,
    calls: Filter,
    *,
    alt: str,
    chart: Chart | None = None,
    key: str | None = None,
    options: Mapping[str, Any] | None = None,
    open_table: bool = False,
    sets_range: bool = False,
    table: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Draw a summary of the calls and return its table.

    A mark that is picked, and every number of the table, opens exactly the calls it counts. The
    table is the keyboard's way: choose a row, and links to its calls appear.

    Parameters
    ----------
    alt : what the figure shows, for those who cannot see it.
    chart : draws the table; none shows the table alone.
    key : by default the summary's name; give one where a page draws a summary twice.
    open_table : show the table at once instead of behind a click.
    sets_range : dragging over the figure, whose x is time in the viewer's zone, filters by it.
    table : the summary's table, where the page has it already.
    """
    key, options, zone = key or summary.name, options or {}, words.viewer_zone()
    if table is None:
        table = summary(cursor, calls, zone, **options)
    if table.empty:
        st.caption("Nothing to show: none of these calls has such results.")
        return table
    if chart is not None:
        # another range is another figure: what was dragged over belongs to the one before
        picked = st.plotly_chart(
            readable(chart(table)),
            key=f"{key}_{calls.since}_{calls.until}" if sets_range else key,
            on_select="rerun",
            selection_mode=("points", "box") if sets_range else "points",
            alt=alt,
        )
        if sets_range and picked.selection.box:
            _set_range(picked.selection.box[0]["x"], calls)
        _open_picked(summary, table, calls, picked)
    place = st.container() if open_table or chart is None else _folded(key)
    with place:
        _table(summary, table, calls, key=f"{key}_table", alt=alt)
        with st.container(horizontal=True, key=f"{key}_take"):
            _export(table, key)
            _python(summary, calls, options, chart is not None, key)
    return table


def is_dark() -> bool | None:
    """Whether the viewer's theme is dark; None where the browser does not say."""
    theme = st.context.theme.type
    return None if theme is None else theme == "dark"


def readable(figure: go.Figure) -> go.Figure:
    """The figure, its words dark enough on a light ground; on a dark one Streamlit's are."""
    if is_dark() is False:
        axes = {"tickfont_color": _WORDS_ON_LIGHT, "title_font_color": _WORDS_ON_LIGHT}
        figure.update_layout(font_color=_WORDS_ON_LIGHT).update_xaxes(axes).update_yaxes(axes)
    return figure


def open_calls(calls: Filter) -> NoReturn:
    """Go to exactly these calls."""
    st.switch_page(CALLS_PAGE, query_params=calls.to_query())


def link(label: str, calls: Filter, *, disabled: bool = False) -> None:
    """A link to exactly these calls."""
    st.page_link(
        CALLS_PAGE,
        label=label,
        icon=":material/arrow_forward:",
        query_params=calls.to_query(),
        disabled=disabled,
    )


def links(summary: Summary, table: pd.DataFrame, calls: Filter, labels: Mapping[str, str]) -> None:
    """The counts of a one-row table as links, in words: ``812 scored``."""
    with st.container(horizontal=True, key=f"{summary.name}_links", gap="small"):
        for column, label in labels.items():
            which = summary.which(table, 0, column, calls, words.viewer_zone())
            if which is not None:
                n = int(table[column].iloc[0])
                link(f"{n:,} {words.singular(label) if n == 1 else label}", which)


def counted_since(table: pd.DataFrame) -> None:
    """Say so where only the newest calls were read."""
    since = table["since_at"].iloc[0] if len(table) else pd.NaT
    if not pd.isna(since):
        at = words.moment(since.to_pydatetime(), words.viewer_zone())
        st.caption(f"Counted over the newest {NEWEST:,} calls with results: since {at}.")


def _set_range(ends: Sequence[str], calls: Filter) -> NoReturn:
    zone = words.viewer_zone()
    since, until = (
        pd.Timestamp(end).tz_localize(zone, ambiguous=True, nonexistent="shift_forward")
        for end in sorted(ends)
    )
    chosen = calls.with_(since=_utc(since.floor("min")), until=_utc(until.ceil("min")))
    # the URL is the state: the run that follows takes the filters from it
    st.query_params.from_dict(chosen.to_query())
    st.rerun()


def _utc(at: pd.Timestamp) -> str:
    return f"{at.tz_convert('UTC'):%Y-%m-%dT%H:%M:%SZ}"


def _folded(key: str) -> Any:
    return st.expander("Table", icon=":material/table:", key=f"{key}_fold")


def picked_row(picked: Any) -> int | None:
    """The row of the table that a picked mark draws; None where none is picked."""
    meaning = _meaning(picked)
    return None if meaning is None else meaning[0]


def _meaning(picked: Any) -> tuple[int, str] | None:
    """Row and column of a picked mark: charts keep them in `customdata`."""
    points = picked.selection.points if picked else []
    meaning = points[0].get("customdata") if points else None
    return (int(meaning[0]), str(meaning[1])) if meaning else None


def _open_picked(summary: Summary, table: pd.DataFrame, calls: Filter, picked: Any) -> None:
    meaning = _meaning(picked)
    if meaning is None or meaning[0] >= len(table):
        return
    which = summary.which(table, *meaning, calls, words.viewer_zone())
    if which is not None:
        open_calls(which)


def _table(summary: Summary, table: pd.DataFrame, calls: Filter, *, key: str, alt: str) -> None:
    chosen = st.container(horizontal=True, key=f"{key}_opens", gap="small")
    event = st.dataframe(
        columns.shown(table),
        key=key,
        column_config=columns.config(table),
        hide_index=True,
        on_select="rerun",
        selection_mode=("single-row", "single-cell"),
        placeholder="–",
        alt=alt,
    )
    cells = [
        *((row, column) for row in event.selection.rows for column in summary.opens),
        *event.selection.cells,
    ]
    with chosen:
        if not cells and summary.opens:
            st.caption("Choose a number or a row to open its calls.")
        for row, column in cells:
            _cell_link(summary, table, calls, row, column)


def _cell_link(summary: Summary, table: pd.DataFrame, calls: Filter, row: int, column: str) -> None:
    if row >= len(table) or column not in table.columns:
        return
    which = summary.which(table, row, column, calls, words.viewer_zone())
    if which is None:
        return
    n = int(table[column].iloc[row])
    link(f"Open {words.count(n, 'call')}: {words.literal(words.sentence(which))}", which)


def _export(table: pd.DataFrame, key: str) -> None:
    st.download_button(
        "CSV",
        lambda: to_csv(table),
        f"{key}.csv",
        "text/csv",
        key=f"{key}_csv",
        icon=":material/download:",
        on_click="ignore",
        help="The table as shown. Times are UTC.",
    )


def _python(
    summary: Summary, calls: Filter, options: Mapping[str, Any], chart: bool, key: str
) -> None:
    with st.popover("Same view in Python", icon=":material/code:", key=f"{key}_python"):
        st.code(summary.python(calls, words.viewer_zone(), options, chart), language="python")
