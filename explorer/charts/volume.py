"""Calls over time by status, and how often each check fails."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from explorer.analysis.statistics import SMALL_SAMPLE
from explorer.charts.style import (
    BAD_COLOUR,
    COLOURS,
    COUNT_COLOUR,
    DAY_MS,
    LITERAL_HOVER,
    OTHER_COLOUR,
    TIME_TICKS,
    count_axis,
    literal,
    marks,
    new_figure,
    week_axis,
)

if TYPE_CHECKING:
    import plotly.graph_objects as go

HOUR_S = 3600


def calls_over_time(table: pd.DataFrame, zone: str = "UTC") -> go.Figure:
    """Calls by status over time as stacked bars, times on the clock of `zone`.

    A paler bar is not whole: its time still runs, or the range asked for cuts it.
    """
    figure = new_figure(height=220)
    starts = table["starts_at"].dt.tz_convert(zone)
    widths = (table["ends_at"] - table["starts_at"]).dt.total_seconds() * 1000
    hover = [_sentence(row, at) for row, at in zip(table.itertuples(), starts, strict=True)]
    others = table["n_calls"] - table[["n_completed", "n_failed", "n_processing"]].sum(axis=1)
    for status in ("failed", "completed", "processing"):
        column = f"n_{status}"
        figure.add_bar(
            x=starts.dt.tz_localize(None),
            y=table[column],
            width=widths * 0.92,
            offset=0,
            name=status,
            marker={
                "color": COLOURS[status],
                "opacity": [1.0 if whole else 0.45 for whole in table["whole"]],
            },
            customdata=marks(len(table), column),
            hovertext=hover,
            hovertemplate=LITERAL_HOVER,
        )
    if others.any():
        figure.add_bar(
            x=starts.dt.tz_localize(None),
            y=others,
            width=widths * 0.92,
            offset=0,
            name="other",
            marker_color=OTHER_COLOUR,
            customdata=marks(len(table), "n_calls"),
            hovertext=hover,
            hovertemplate=LITERAL_HOVER,
        )
    figure.update_layout(
        barmode="stack",
        dragmode="select",
        selectdirection="h",
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
    )
    figure.update_yaxes(**count_axis(table["n_calls"].max(), title_text="calls"))
    weekly = widths.min() > 2 * DAY_MS
    figure.update_xaxes(
        **(week_axis(starts.dt.date) if weekly else {"tickformatstops": TIME_TICKS})
    )
    return figure


def check_failures(table: pd.DataFrame) -> go.Figure:
    """The failing share of each check with its 95% interval; the words stand above their bar."""
    figure = new_figure(height=40 + 46 * len(table))
    rows = table.iloc[::-1]
    places = list(range(len(rows)))
    few = rows["n_checked"] < SMALL_SAMPLE
    figure.add_bar(
        y=places,
        x=rows["failed_share"],
        width=0.36,
        orientation="h",
        marker_color=[COUNT_COLOUR if small else BAD_COLOUR for small in few],
        error_x={
            "type": "data",
            "symmetric": False,
            "array": rows["share_high"] - rows["failed_share"],
            "arrayminus": rows["failed_share"] - rows["share_low"],
            "thickness": 1,
            "width": 3,
            "color": "#888888",
        },
        customdata=marks(reversed(range(len(rows))), "n_failed"),
        hovertext=[
            f"{check_words(str(row.check)).capitalize()} failed in {row.n_failed:,} of "
            f"{row.n_checked:,} checked calls:<br>{row.failed_share:.1%}, 95% interval "
            f"{row.share_low:.1%}–{row.share_high:.1%}"
            for row in rows.itertuples()
        ],
        hovertemplate=LITERAL_HOVER,
    )
    for place, row in zip(places, rows.itertuples(), strict=True):
        found: Any = row
        figure.add_annotation(
            x=0,
            y=place + 0.42,
            xanchor="left",
            align="left",
            showarrow=False,
            text=f"{found.failed_share:.0%} · {check_words(str(found.check))}",
        )
    figure.update_xaxes(title_text="share of checked calls that failed it", tickformat=".0%")
    figure.update_xaxes(rangemode="tozero", nticks=5)
    figure.update_yaxes(visible=False, range=[-0.5, len(rows) - 0.1])
    return figure


def check_words(name: str) -> str:
    """A check's name for a label: ``identity verification``."""
    return literal(name.replace("_", " "))


def _sentence(row: Any, starts: pd.Timestamp) -> str:
    seconds = (row.ends_at - row.starts_at).total_seconds()
    if seconds <= HOUR_S:
        when = f"{starts:%a %d %b %Y, %H:%M}"
    elif seconds < 2 * 86_400:
        when = f"{starts:%a %d %b %Y}"
    else:
        when = f"Week from {starts:%a %d %b %Y}"
    cut = "" if row.whole else "<br>Not a whole one: it still runs, or the range cuts it"
    return (
        f"{when}: {row.n_calls:,} calls<br>{row.n_completed:,} completed, "
        f"{row.n_processing:,} processing, {row.n_failed:,} failed<br>"
        f"{row.failed_share:.1%} failed, 95% interval {row.share_low:.1%}–{row.share_high:.1%}{cut}"
    )
