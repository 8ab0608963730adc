"""What the figures share: one palette, labels that show text literally, marks that open calls.

The palette is after Okabe and Ito's, told apart by colour-blind readers, and readable on light and
dark ground. Hover texts are sentences. Text that came from the API is shown literally: plotly
reads a few HTML tags in labels, so they are escaped.
"""

from __future__ import annotations

import html
import textwrap
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import plotly.graph_objects as go

COLOURS = {"processing": "#56B4E9", "completed": "#009E73", "failed": "#D55E00"}
OTHER_COLOUR = "#999999"
EFFORT_COLOUR = "#3B9BD9"
GOOD_COLOUR = "#009E73"
BAD_COLOUR = "#D55E00"
COUNT_COLOUR = "rgba(128, 128, 128, 0.45)"
MAX_LABEL = 48
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
    """An axis of whole numbers up to `most`; few of them would else be ticked 0, 1, 1, 2."""
    ticks = {"dtick": 1} if most <= 3 else {"nticks": 4}
    return {"rangemode": "tozero", "tickformat": ",d"} | ticks | more


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
