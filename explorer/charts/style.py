"""What the figures share: one palette, labels that show text literally, marks that open calls.

The palette is after Okabe and Ito's, told apart by colour-blind readers, and readable on light and
dark ground. Hover texts are sentences. Text that came from the API is shown literally: plotly
reads a few HTML tags in labels, so they are escaped.
"""

from __future__ import annotations

import html
import textwrap
from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    import plotly.graph_objects as go

COLOURS = {"processing": "#56B4E9", "completed": "#009E73", "failed": "#D55E00"}
OTHER_COLOUR = "#999999"
EFFORT_COLOUR = "#3B9BD9"
GOOD_COLOUR = "#009E73"
BAD_COLOUR = "#D55E00"
COUNT_COLOUR = "rgba(128, 128, 128, 0.45)"
MAX_LABEL = 48
DAY_MS = 86_400_000
TIME_TICKS = [
    {"dtickrange": [None, DAY_MS - 1], "value": "%H:%M\n%d %b"},
    {"dtickrange": [DAY_MS, "M1"], "value": "%d %b"},
    {"dtickrange": ["M1", None], "value": "%b %Y"},
]
"""Ticks of an axis of times, however far apart: plotly's own put the month first."""
LITERAL_HOVER = "%{hovertext}<extra></extra>"
"""A hover template that shows `hovertext` alone: a name may look like a part of a template."""


def marks(rows: int | Iterable[int], column: str) -> list[list[object]]:
    """`customdata` of marks: of each its row in the table and the column that it draws."""
    places = range(rows) if isinstance(rows, int) else rows
    return [[place, column] for place in places]


def literal(text: str) -> str:
    """`text` for a plotly label, where ``<b>`` and the like would otherwise be markup."""
    return html.escape(text, quote=False)


def wrapped(text: str, width: int = 50) -> str:
    """`text` literally, in lines that a phone has room for."""
    return "<br>".join(literal(line) for line in textwrap.wrap(text, width))


def shorten(text: str, length: int = MAX_LABEL) -> str:
    """`text` in at most `length` characters, cut with an ellipsis."""
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def count_axis(most: float, **more: Any) -> dict[str, Any]:
    """An axis of whole numbers up to `most`; few of them would else be ticked 0, 1, 1, 2.

    `most` is missing where there are none.
    """
    ticks = {"nticks": 4} if pd.notna(most) and most > 3 else {"dtick": 1}
    return {"rangemode": "tozero", "tickformat": ",d"} | ticks | more


def week_axis(weeks: Iterable[date]) -> dict[str, Any]:
    """An axis of times with ticks where weeks begin only; `weeks` are the days on which they do."""
    days = list(weeks)
    if not days:
        return {"tickformat": "%d %b"}
    first, last = min(days), max(days)
    every = max(1, -(-((last - first).days // 7 + 1) // 7))
    return {"tickformat": "%d %b", "tick0": f"{first:%Y-%m-%d}", "dtick": 7 * DAY_MS * every}


def line_beside_words(figure: go.Figure, x: float, places: Iterable[float]) -> None:
    """A dotted line at `x` through the marks of rows, with gaps for the words above them.

    On a phone the words are as wide as the figure. A ground behind them would have to be the
    page's, which a figure does not know.
    """
    for place in places:
        figure.add_shape(
            type="line",
            x0=x,
            x1=x,
            y0=place - 0.36,
            y1=place + 0.18,
            line={"color": OTHER_COLOUR, "width": 2, "dash": "dot"},
            layer="below",
        )


def new_figure(height: int) -> go.Figure:
    import plotly.graph_objects as go

    figure = go.Figure()
    set_style(figure, height)
    return figure


def set_style(figure: go.Figure, height: int) -> None:
    figure.update_layout(
        height=height,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        hoverlabel={"align": "left"},
        # Streamlit's theme sets fonts and ground; transparent ground serves Jupyter in both modes
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
    )
