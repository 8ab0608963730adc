"""Figures of contacts and of one contact's calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pandas as pd

from explorer.analysis.relations import REPEAT_DAYS
from explorer.charts.style import (
    COLOURS,
    COUNT_COLOUR,
    EFFORT_COLOUR,
    LITERAL_HOVER,
    OTHER_COLOUR,
    TIME_TICKS,
    count_axis,
    literal,
    marks,
    new_figure,
    shorten,
    wrapped,
)

if TYPE_CHECKING:
    import plotly.graph_objects as go

UTC = ZoneInfo("UTC")
FIRST_COLOUR = "#CC79A7"
"""After Okabe and Ito, as the rest of the palette."""
_NO_SCORE_AT = -0.6
"""Where calls without a score stand: below the scale."""
_SYMBOLS = {"failed": "x", "processing": "triangle-up-open", "completed": "circle-open"}


def contacts(table: pd.DataFrame, *, most: int = 10) -> go.Figure:
    """The first contacts of the table: repeat calls, and the others."""
    top = table.head(most)
    rows: list[Any] = list(top.itertuples())
    figure = new_figure(height=110 + 40 * len(rows))
    places = [-n for n in range(len(rows))]
    hover = [_contact_sentence(row) for row in rows]
    for name, values, column, colour in (
        ("repeat calls", top["n_repeats"], "n_repeats", EFFORT_COLOUR),
        ("other calls", top["n_calls"] - top["n_repeats"], "n_calls", COUNT_COLOUR),
    ):
        figure.add_bar(
            x=values,
            y=places,
            name=name,
            orientation="h",
            width=0.4,
            marker_color=colour,
            customdata=marks(len(rows), column),
            hovertext=hover,
            hovertemplate=LITERAL_HOVER,
        )
    for place, row in zip(places, rows, strict=True):
        figure.add_annotation(
            x=0,
            y=place + 0.42,
            xanchor="left",
            showarrow=False,
            text=literal(f"{shorten(row.contact_id, 36)} · {row.n_repeats:,} of {row.n_calls:,}"),
        )
    figure.update_layout(barmode="stack")
    figure.update_layout(
        legend={"orientation": "h", "x": 0, "y": 0, "yanchor": "top", "traceorder": "normal"}
    )
    figure.update_xaxes(**count_axis(top["n_calls"].max(), title_text="calls"), side="top")
    figure.update_yaxes(visible=False, range=[-len(rows) + 0.6, 0.75])
    return figure


def contact_calls(calls: pd.DataFrame, *, zone: ZoneInfo = UTC) -> go.Figure:
    """A contact's calls in order: when, and with how much effort; those without a score below.

    A diamond marks a call that is no repeat. Times are of `zone`.
    """
    figure = new_figure(height=360)
    scored, repeats = calls["customer_effort_score"].notna(), calls["repeat"]
    _add_calls(figure, calls[scored & repeats], zone, "repeat call", EFFORT_COLOUR, "circle")
    first = f"no call in the {REPEAT_DAYS} days before"
    _add_calls(figure, calls[scored & ~repeats], zone, first, FIRST_COLOUR, "diamond")
    rest = calls[~scored]
    for status in dict.fromkeys([*COLOURS, *rest["status"].dropna()]):
        name = "completed without a score" if status == "completed" else str(status)
        colour, symbol = COLOURS.get(status, OTHER_COLOUR), _SYMBOLS.get(status, "diamond-open")
        _add_calls(figure, rest[rest["status"] == status], zone, name, colour, symbol)
    figure.update_layout(
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"}, showlegend=True
    )
    figure.update_yaxes(
        title_text="effort, low is good",
        range=[_NO_SCORE_AT - 0.4, 5.3],
        tickvals=[_NO_SCORE_AT, *range(6)],
        ticktext=["none", *map(str, range(6))],
        zeroline=False,
    )
    figure.update_xaxes(nticks=6, tickformatstops=TIME_TICKS)
    return figure


def _add_calls(
    figure: go.Figure, some: pd.DataFrame, zone: ZoneInfo, name: str, colour: str, symbol: str
) -> None:
    if some.empty:
        return
    figure.add_scatter(
        x=some["created_at"].dt.tz_convert(zone).dt.tz_localize(None),
        y=some["customer_effort_score"].fillna(_NO_SCORE_AT),
        mode="markers",
        name=literal(name),
        marker={"size": 10, "color": colour, "symbol": symbol},
        customdata=marks(some.index, "id"),
        hovertext=[_call_sentence(row, zone) for row in some.itertuples()],
        hovertemplate=LITERAL_HOVER,
    )


def _contact_sentence(row: Any) -> str:
    effort = (
        "no call has a score"
        if not row.n_scored
        else f"mean effort {row.mean_effort:.2f} over {row.n_scored:,} scored"
    )
    return (
        f"{wrapped(shorten(row.contact_id, 100))}:<br>{row.n_repeats:,} of {row.n_calls:,} calls "
        f"came within {REPEAT_DAYS} days of the one before<br>{effort}, {row.n_failed:,} failed"
    )


def _call_sentence(row: Any, zone: ZoneInfo) -> str:
    at = f"{row.created_at.astimezone(zone):%a %d %b %Y, %H:%M}"
    effort = (
        f"effort {row.customer_effort_score:g} of 5"
        if pd.notna(row.customer_effort_score)
        else f"{literal(str(row.status))}, no score"
    )
    before = "" if pd.isna(row.gap_s) else f"<br>{days_words(row.gap_s)} after the call before"
    hides = "<br>the failed analysis hides this call" if row.hidden else ""
    return f"{at}:<br>{effort}{before}{hides}"


def days_words(seconds: float) -> str:
    """``3.2 days``, ``5.0 hours``, ``12 minutes``, ``30 seconds``."""
    if seconds >= 86_400:
        return f"{seconds / 86_400:.1f} days"
    if seconds >= 3600:
        return f"{seconds / 3600:.1f} hours"
    return f"{seconds / 60:.0f} minutes" if seconds >= 120 else f"{seconds:.0f} seconds"
