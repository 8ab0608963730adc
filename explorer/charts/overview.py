"""The overview's figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from explorer.charts.effort import effort_per_day as effort_per_day
from explorer.charts.style import (
    COLOURS,
    LITERAL_HOVER,
    OTHER_COLOUR,
    count_axis,
    literal,
    marks,
    new_figure,
    shorten,
    wrapped,
)

if TYPE_CHECKING:
    import plotly.graph_objects as go


def status_counts(counts: pd.DataFrame) -> go.Figure:
    """One bar of all matching calls by status.

    `counts`: ``status`` (text), ``n_calls`` (int), ``share`` (0–1 of all matching calls).
    """
    figure = new_figure(height=120)
    for place, row in enumerate(counts.itertuples()):
        name = literal(str(row.status))
        figure.add_bar(
            y=[""],
            x=[row.n_calls],
            name=name,
            orientation="h",
            marker_color=COLOURS.get(str(row.status), OTHER_COLOUR),
            customdata=marks([place], "n_calls"),
            # not in the template: a status may look like a part of one
            hovertext=f"{row.n_calls:,} calls are {name},<br>{row.share:.1%} of all",
            hovertemplate=LITERAL_HOVER,
        )
    figure.update_layout(barmode="stack", bargap=0, showlegend=True)
    figure.update_layout(legend={"orientation": "h", "y": -0.9, "x": 0, "traceorder": "normal"})
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False)
    return figure


def failure_reasons(reasons: pd.DataFrame, *, most: int = 10) -> go.Figure:
    """The most frequent reasons as bars, most frequent on top."""
    top = reasons.head(most).iloc[::-1]
    figure = new_figure(height=50 + 44 * len(top))
    places = list(range(len(top)))
    named = list(zip(top["reason"], top["n_calls"], top["share"], strict=True))
    figure.add_bar(
        y=places,
        x=top["n_calls"],
        width=0.4,
        orientation="h",
        marker_color=COLOURS["failed"],
        customdata=marks(reversed(range(len(top))), "n_calls"),
        hovertext=[
            f"{n:,} failed calls, {share:.1%} of the failed:<br>{wrapped(shorten(reason, 160))}"
            for reason, n, share in named
        ],
        hovertemplate=LITERAL_HOVER,
    )
    # the words stand above their bar: beside it they would leave it no room on a phone
    for place, (reason, n, share) in zip(places, named, strict=True):
        figure.add_annotation(
            x=0,
            y=place + 0.42,
            xanchor="left",
            align="left",
            showarrow=False,
            text=f"{n:,} · {share:.0%} · {literal(shorten(reason))}",
        )
    figure.update_xaxes(**count_axis(top["n_calls"].max(), title_text="failed calls"))
    figure.update_yaxes(visible=False, range=[-0.5, len(top) - 0.1])
    return figure
