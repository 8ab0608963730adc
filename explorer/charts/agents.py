"""Figures of agents beside their team."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from explorer.analysis.statistics import SMALL_SAMPLE
from explorer.charts.effort import effort_spread
from explorer.charts.style import (
    BAD_COLOUR,
    COUNT_COLOUR,
    EFFORT_COLOUR,
    GOOD_COLOUR,
    LITERAL_HOVER,
    OTHER_COLOUR,
    line_beside_words,
    literal,
    marks,
    new_figure,
    set_style,
    shorten,
    week_axis,
    wrapped,
)

if TYPE_CHECKING:
    import plotly.graph_objects as go

MOST_AGENTS = 40
"""More would make the figure longer than anyone scrolls; the table has them all."""
NO_AGENT = "(no agent)"
_ROW_HEIGHT = 38
_NOT_CLEAR = "no clear difference"
_VERDICTS = {
    "lower effort": GOOD_COLOUR,
    "higher effort": BAD_COLOUR,
    _NOT_CLEAR: OTHER_COLOUR,
}


def agents(table: pd.DataFrame, *, most: int = MOST_AGENTS) -> go.Figure:
    """Effort of each agent, drawn towards the team's, with its 95% interval; the team as a line.

    The first `most` agents in the table's order, the first on top. Hollow marks rest on fewer than
    `SMALL_SAMPLE` scores.
    """
    top = table[table["shrunk_effort"].notna()].head(most)
    rows: list[Any] = list(top.itertuples())
    figure = new_figure(height=110 + _ROW_HEIGHT * len(rows))
    places = [-n for n in range(len(rows))]
    for name, colour in _VERDICTS.items():
        own = [_verdict(row.differs) == name for row in rows]
        # typed: an empty list would choose no columns
        part = top[np.array(own, dtype=bool)]
        figure.add_scatter(
            x=part["shrunk_effort"],
            y=[place for place, one in zip(places, own, strict=True) if one],
            mode="markers",
            marker={
                "size": 10,
                "color": colour,
                "symbol": ["circle-open" if few else "circle" for few in part["few"]],
            },
            error_x=_errors(part["shrunk_effort"], part["low"], part["high"]),
            name=name,
            customdata=marks(part.index, "n_scored"),
            hovertext=[_agent_sentence(row) for row in part.itertuples()],
            hovertemplate=LITERAL_HOVER,
            showlegend=any(own),
        )
    for place, row in zip(places, rows, strict=True):
        _label(figure, place, f"{shorten(row.agent_id or NO_AGENT, 40)} · {row.n_scored:,} scored")
    if rows:
        line_beside_words(figure, rows[0].team_effort, places)
    figure.update_xaxes(title_text="customer effort, low is good", range=[0, 5.05], side="top")
    figure.update_layout(legend={"orientation": "h", "x": 0, "y": 0, "yanchor": "top"})
    figure.update_yaxes(visible=False, range=[0.4 - len(rows), 0.75])
    return figure


def effort_beside_team(weeks: pd.DataFrame) -> go.Figure:
    """Mean effort a week with its 95% interval, the team's as a line, above the scored calls.

    Hollow marks rest on fewer than `SMALL_SAMPLE` scores and have no interval.
    """
    from plotly.subplots import make_subplots

    figure = make_subplots(
        rows=2, cols=1, shared_xaxes=True, row_heights=[0.74, 0.26], vertical_spacing=0.06
    )
    set_style(figure, height=380)
    rows: list[Any] = list(weeks.itertuples())
    hover = [_week_sentence(row) for row in rows]
    enough = weeks["n_scored"] >= SMALL_SAMPLE
    figure.add_scatter(
        x=weeks["week"],
        y=weeks["team_effort"],
        mode="lines",
        line={"color": OTHER_COLOUR, "dash": "dot", "width": 2},
        name="team",
        hoverinfo="skip",
        row=1,
        col=1,
    )
    figure.add_scatter(
        x=weeks["week"],
        y=weeks["mean_effort"],
        mode="lines+markers",
        line={"color": EFFORT_COLOUR, "width": 2},
        marker={"size": 9, "symbol": ["circle" if one else "circle-open" for one in enough]},
        error_y=_errors(
            weeks["mean_effort"], weeks["low"].where(enough), weeks["high"].where(enough)
        ),
        name="these calls",
        customdata=marks(len(weeks), "n_scored"),
        hovertext=hover,
        hovertemplate=LITERAL_HOVER,
        row=1,
        col=1,
    )
    figure.add_bar(
        x=weeks["week"],
        y=weeks["n_scored"],
        marker_color=COUNT_COLOUR,
        customdata=marks(len(weeks), "n_scored"),
        hovertext=hover,
        hovertemplate=LITERAL_HOVER,
        showlegend=False,
        row=2,
        col=1,
    )
    figure.update_layout(legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"})
    figure.update_yaxes(title_text="effort, low is good", range=[0, 5.1], row=1, col=1)
    figure.update_yaxes(title_text="scored", rangemode="tozero", nticks=3, row=2, col=1)
    figure.update_xaxes(**week_axis(weeks["week"]))
    return figure


def checks_beside_team(table: pd.DataFrame) -> go.Figure:
    """Share of calls that fail each check with its 95% interval, beside the team's share."""
    shown = table[table["failed_share"].notna()]
    rows: list[Any] = list(shown.itertuples())
    figure = new_figure(height=100 + 46 * len(rows))
    places = [-n for n in range(len(rows))]
    hover = [_check_sentence(row) for row in rows]
    figure.add_scatter(
        x=shown["team_share"],
        y=places,
        mode="markers",
        marker={"size": 14, "symbol": "line-ns-open", "color": OTHER_COLOUR, "line": {"width": 3}},
        name="team",
        customdata=marks(shown.index, "n_team_failed"),
        hovertext=hover,
        hovertemplate=LITERAL_HOVER,
    )
    figure.add_scatter(
        x=shown["failed_share"],
        y=places,
        mode="markers",
        marker={"size": 10, "color": [_check_colour(row) for row in rows]},
        error_x=_errors(shown["failed_share"], shown["share_low"], shown["share_high"]),
        name="these calls",
        customdata=marks(shown.index, "n_failed"),
        hovertext=hover,
        hovertemplate=LITERAL_HOVER,
    )
    for place, row in zip(places, rows, strict=True):
        _label(figure, place, f"{_words(row.check)} · {row.n_failed:,} of {row.n_checked:,}")
    figure.update_layout(legend={"orientation": "h", "x": 0, "y": 0, "yanchor": "top"})
    figure.update_xaxes(
        title_text="share that failed, low is good",
        tickformat=".0%",
        rangemode="tozero",
        side="top",
    )
    figure.update_yaxes(visible=False, range=[0.4 - len(rows), 0.75])
    return figure


def _errors(middle: pd.Series[Any], low: pd.Series[Any], high: pd.Series[Any]) -> dict[str, Any]:
    return {
        "type": "data",
        "symmetric": False,
        "array": high - middle,
        "arrayminus": middle - low,
        "thickness": 1.5,
        "width": 0,
        "color": OTHER_COLOUR,
    }


def _label(figure: go.Figure, place: float, text: str) -> None:
    # above its mark: beside it, it would leave the marks no room on a phone
    figure.add_annotation(
        xref="paper",
        x=0,
        y=place + 0.4,
        xanchor="left",
        showarrow=False,
        text=literal(text),
    )


def _verdict(differs: str) -> str:
    return next((name for name in ("higher effort", "lower effort") if name in differs), _NOT_CLEAR)


def _check_colour(row: Any) -> str:
    if not row.clear:
        return EFFORT_COLOUR
    return BAD_COLOUR if row.difference > 0 else GOOD_COLOUR


def _words(check: str) -> str:
    return check.replace("_", " ").capitalize()


def _agent_sentence(row: Any) -> str:
    name = wrapped(shorten(row.agent_id or NO_AGENT, 100))
    spread = "" if pd.isna(row.low) else f"<br>95% interval {row.low:.2f}–{row.high:.2f}"
    differs = f"<br>clearly {literal(row.differs)} than the team" if row.differs else ""
    return (
        f"{name}:<br>mean effort {row.mean_effort:.2f} over {row.n_scored:,} scored"
        f"<br>drawn to the team's {row.team_effort:.2f}: {row.shrunk_effort:.2f}{spread}{differs}"
    )


def _week_sentence(row: Any) -> str:
    week = f"Week of {row.week:%a %d %b %Y}"
    team = (
        "the team has no scores"
        if not row.n_team_scored
        else f"the team {row.team_effort:.2f} over {row.n_team_scored:,} scored"
    )
    if not row.n_scored:
        return f"{week}:<br>none of {row.n_calls:,} calls has a score,<br>{team}"
    return (
        f"{week}:<br>mean effort {row.mean_effort:.2f} over {row.n_scored:,} scored"
        f"{effort_spread(row)}<br>{team}"
    )


def _check_sentence(row: Any) -> str:
    clear = "<br>a clear difference" if row.clear else "<br>no clear difference"
    return (
        f"{_words(row.check)}:<br>{row.failed_share:.1%} of {row.n_checked:,} failed"
        f"<br>95% interval {row.share_low:.1%}–{row.share_high:.1%}"
        f"<br>the team: {row.team_share:.1%} of {row.n_team_checked:,}{clear}"
    )
