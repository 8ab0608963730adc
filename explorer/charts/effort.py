"""Figures of customer effort: over time, its spread, by hour and agent, and what goes with it.

Low effort is good: axes say so, and where a colour judges, good and bad are those of `style`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from explorer.analysis.statistics import SMALL_SAMPLE
from explorer.charts.style import (
    BAD_COLOUR,
    COUNT_COLOUR,
    DAY_MS,
    EFFORT_COLOUR,
    GOOD_COLOUR,
    LITERAL_HOVER,
    OTHER_COLOUR,
    count_axis,
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

MOST_AGENTS = 24
MOST_SIGNS = 15
_MIDDLE_COLOUR = "#BDBDBD"
# the verdicts of the tables: importing their module would load DuckDB, which no figure needs
_LOWER, _HIGHER, _NOT_ENOUGH = "lower effort", "higher effort", "not enough calls"
_VERDICT_COLOURS = {_LOWER: GOOD_COLOUR, _HIGHER: BAD_COLOUR}
_WEEKDAYS = {
    "mon": "Monday",
    "tue": "Tuesday",
    "wed": "Wednesday",
    "thu": "Thursday",
    "fri": "Friday",
    "sat": "Saturday",
    "sun": "Sunday",
}
_MANY = 45
"""Marks beside each other from which on they are drawn lighter."""
_PALE_EFFORT = "rgba(59, 155, 217, 0.35)"
_LOW_IS_GOOD = "effort, low is good"


# --- over time --------------------------------------------------------------------------------


def effort_per_day(days: pd.DataFrame) -> go.Figure:
    """Mean effort a day with its 95% interval, above the number of scored calls.

    A hollow mark rests on fewer than `SMALL_SAMPLE` scored calls; a paler one is not ``whole``.
    """
    figure = _over_time(days, [f"{day:%a %d %b %Y}" for day in days["day"]])
    # ticks on whole days only: a tick at noon would repeat the day's name
    figure.update_xaxes(tickformat="%d %b", tickangle=0, dtick=DAY_MS * _every(len(days), 6))
    return figure


def effort_per_week(weeks: pd.DataFrame) -> go.Figure:
    """Mean effort a week, drawn as `effort_per_day`; a week stands at its Monday."""
    figure = _over_time(weeks, [f"Week from {day:%a %d %b %Y}" for day in weeks["day"]])
    figure.update_xaxes(**week_axis(weeks["day"]))
    return figure


def effort_per_month(months: pd.DataFrame) -> go.Figure:
    """Mean effort a month, drawn as `effort_per_day`."""
    figure = _over_time(months, [f"{day:%B %Y}" for day in months["day"]])
    figure.update_xaxes(tickformat="%b %Y", dtick=f"M{_every(len(months), 7)}")
    return figure


def _over_time(table: pd.DataFrame, names: Sequence[str]) -> go.Figure:
    from plotly.subplots import make_subplots

    figure = make_subplots(
        rows=2, cols=1, shared_xaxes=True, row_heights=[0.72, 0.28], vertical_spacing=0.06
    )
    set_style(figure, height=360)
    whole = table["whole"] if "whole" in table else pd.Series(True, index=table.index)
    opacity = [1.0 if one else 0.45 for one in whole]
    common = {
        "x": table["day"],
        "customdata": marks(len(table), "n_scored"),
        "hovertext": [
            f"{name}: {_mean_sentence(row)}{'' if one else _NOT_WHOLE}"
            for name, row, one in zip(names, _each(table), whole, strict=True)
        ],
        "hovertemplate": LITERAL_HOVER,
        "showlegend": False,
        "col": 1,
    }
    many = len(table) > _MANY
    # of very few calls the interval spans the whole scale and hides the rest
    shown = table["n_scored"] >= SMALL_SAMPLE
    figure.add_scatter(
        y=table["mean_effort"],
        mode="lines+markers",
        line={"color": EFFORT_COLOUR, "width": 1 if many else 2},
        marker={"size": 5 if many else 7, "symbol": _symbols(table), "opacity": opacity},
        error_y=_error(table, "mean_effort", shown)
        # side by side, full lines would hide the means
        | {"color": _PALE_EFFORT if many else EFFORT_COLOUR, "width": 0},
        row=1,
        **common,
    )
    figure.add_bar(
        y=table["n_scored"],
        marker={"color": COUNT_COLOUR, "opacity": opacity},
        row=2,
        **common,
    )
    figure.update_yaxes(title_text=_LOW_IS_GOOD, range=[0, 5.1], row=1, col=1)
    figure.update_yaxes(**count_axis(table["n_scored"].max(), title_text="scored"), row=2, col=1)
    return figure


def _each(table: pd.DataFrame) -> Iterator[Any]:
    """Its rows, with the columns as fields of any type."""
    return table.itertuples()


_NOT_WHOLE = "<br>Not a whole one: it still runs, or the range cuts it"


def _mean_sentence(row: Any) -> str:
    if not row.n_scored:
        return f"none of {row.n_calls:,} calls has a score"
    return (
        f"mean effort {row.mean_effort:.2f}<br>"
        f"over {row.n_scored:,} scored of {row.n_calls:,} calls{effort_spread(row)}"
    )


def effort_spread(row: Any) -> str:
    """The interval of a mean, on a line of its own; of few scores that they are few."""
    if row.n_scored < SMALL_SAMPLE:
        return "<br>Few scores: do not read much into it"
    # without width where all scores are the same
    return f"<br>95% interval {row.low:.2f}–{row.high:.2f}" if row.high > row.low else ""


def _symbols(table: pd.DataFrame, name: str = "circle") -> list[str]:
    # hollow: few calls, so do not read much into it
    return [name if n >= SMALL_SAMPLE else f"{name}-open" for n in table["n_scored"]]


def _error(
    table: pd.DataFrame, middle: str, shown: pd.Series[bool] | None = None
) -> dict[str, Any]:
    shown = pd.Series(True, index=table.index) if shown is None else shown
    return {
        "type": "data",
        "symmetric": False,
        "array": (table["high"] - table[middle]).where(shown),
        "arrayminus": (table[middle] - table["low"]).where(shown),
        "thickness": 1,
    }


def _every(n: int, ticks: int = 12) -> int:
    return max(1, -(-n // ticks))


# --- spread, hours and weekdays ---------------------------------------------------------------


def effort_distribution(table: pd.DataFrame) -> go.Figure:
    """How many calls have each score, 0 to 5."""
    figure = new_figure(height=260)
    figure.add_bar(
        x=[float(score) for score in table["effort_score"]],
        y=table["n_calls"],
        width=0.42 if len(table) > 6 else 0.8,
        marker_color=EFFORT_COLOUR,
        text=[f"{share:.0%}" for share in table["share"]],
        textposition="outside",
        cliponaxis=False,
        customdata=marks(len(table), "n_calls"),
        hovertext=[
            f"{row.n_calls:,} of {row.n_scored:,} scored calls<br>"
            f"have an effort of about {row.effort_score}: {row.share:.1%}"
            for row in _each(table)
        ],
        hovertemplate=LITERAL_HOVER,
    )
    figure.update_xaxes(title_text=_LOW_IS_GOOD, range=[-0.6, 5.6], dtick=1)
    figure.update_yaxes(**count_axis(table["n_calls"].max(), title_text="calls"))
    figure.update_layout(margin_t=24)
    return figure


def effort_per_weekday_and_hour(table: pd.DataFrame) -> go.Figure:
    """Weekdays by hours as squares in the colour of their mean effort.

    A hollow grey square rests on fewer than `SMALL_SAMPLE` scored calls.
    """
    figure = new_figure(height=320)
    for few in (False, True):
        part = table[table["few"].astype(bool) == few]
        figure.add_scatter(
            x=part["hour"],
            y=[_WEEKDAYS[day][:3] for day in part["weekday"]],
            mode="markers",
            marker=_hollow() if few else _coloured(part["mean_effort"]),
            # of few calls all are opened: they may be without a score
            customdata=marks(part.index, "n_calls" if few else "n_scored"),
            hovertext=[
                f"{_WEEKDAYS[row.weekday]}, {_hour(row.hour)}: {_mean_sentence(row)}"
                for row in _each(part)
            ],
            hovertemplate=LITERAL_HOVER,
            showlegend=False,
        )
    days = [name[:3] for name in _WEEKDAYS.values()]
    figure.update_yaxes(
        categoryorder="array", categoryarray=days[::-1], range=[-0.6, 6.6], showgrid=False
    )
    figure.update_xaxes(
        title_text="hour of day", range=[-0.7, 23.7], dtick=3, tick0=0, showgrid=False
    )
    return figure


def _hollow() -> dict[str, Any]:
    return {"symbol": "square-open", "size": 9, "color": OTHER_COLOUR, "opacity": 0.6}


def _coloured(means: pd.Series[float]) -> dict[str, Any]:
    return {
        "symbol": "square",
        "size": 12,
        "color": means,
        "colorscale": [[0, GOOD_COLOUR], [0.5, _MIDDLE_COLOUR], [1, BAD_COLOUR]],
        "colorbar": {
            "title": {"text": f"mean {_LOW_IS_GOOD}", "side": "top"},
            "orientation": "h",
            "thickness": 10,
            "len": 0.9,
            "y": -0.28,
            "yanchor": "top",
            "nticks": 5,
        },
    }


def _hour(hour: int) -> str:
    return f"{hour:02}:00–{hour:02}:59"


def effort_per_hour(table: pd.DataFrame) -> go.Figure:
    """Mean effort by hour of day with 95% intervals; hollow marks rest on few calls."""
    figure = _dots(table, list(table["hour"]), [_hour(hour) for hour in table["hour"]])
    figure.update_xaxes(title_text="hour of day", range=[-0.7, 23.7], dtick=3, tick0=0)
    return figure


def effort_per_weekday(table: pd.DataFrame) -> go.Figure:
    """Mean effort by weekday with 95% intervals; hollow marks rest on few calls."""
    names = [_WEEKDAYS[day] for day in table["weekday"]]
    figure = _dots(table, [name[:3] for name in names], names)
    days = [name[:3] for name in _WEEKDAYS.values()]
    figure.update_xaxes(categoryorder="array", categoryarray=days, range=[-0.6, 6.6])
    return figure


def _dots(table: pd.DataFrame, places: list[Any], names: list[str]) -> go.Figure:
    figure = new_figure(height=220)
    shown = table["n_scored"] >= SMALL_SAMPLE
    figure.add_scatter(
        x=places,
        y=table["mean_effort"],
        mode="markers",
        marker={"size": 8, "symbol": _symbols(table), "color": EFFORT_COLOUR},
        error_y=_error(table, "mean_effort", shown) | {"color": EFFORT_COLOUR, "width": 0},
        customdata=marks(len(table), "n_scored"),
        hovertext=[
            f"{name}: {_mean_sentence(row)}" for name, row in zip(names, _each(table), strict=True)
        ],
        hovertemplate=LITERAL_HOVER,
    )
    figure.update_yaxes(title_text=_LOW_IS_GOOD, range=[0, 5.1], dtick=1)
    return figure


# --- agents and signs -------------------------------------------------------------------------


def effort_per_agent(table: pd.DataFrame, *, most: int = MOST_AGENTS) -> go.Figure:
    """The agents with most scored calls, lowest effort on top, beside the team's mean.

    Agents with few scored calls are not ranked, and not drawn.
    """
    ranked = table[~table["few"].astype(bool) & table["shrunk_effort"].notna()]
    chosen = ranked.loc[ranked["n_scored"].nlargest(most).index.sort_values()]
    labels = [
        f"{row.shrunk_effort:.2f} · {literal(shorten(row.agent_id, 36))}" for row in _each(chosen)
    ]
    hover = [
        f"{wrapped(shorten(row.agent_id, 160))}: {_own_sentence(row)}<br>"
        f"Drawn towards the team's {row.team_effort:.2f}: {row.shrunk_effort:.2f},<br>"
        f"95% interval {row.low:.2f}–{row.high:.2f}: {row.verdict}"
        for row in _each(chosen)
    ]
    figure = _rows(chosen, "shrunk_effort", "n_scored", labels, hover)
    if len(chosen):
        _line(figure, float(chosen["team_effort"].iloc[0]), len(chosen), "team")
    figure.update_xaxes(title_text=f"mean {_LOW_IS_GOOD}")
    return figure


def effort_drivers(table: pd.DataFrame, *, most: int = MOST_SIGNS) -> go.Figure:
    """Differences of mean effort with and without the signs, the clearest on top.

    Signs with too few calls on a side are not drawn.
    """
    chosen = table[table["verdict"] != _NOT_ENOUGH].head(most)
    labels = [
        f"{signed(row.effort_difference)} · {literal(shorten(row.sign, 40))}"
        for row in _each(chosen)
    ]
    hover = [
        f"{wrapped(shorten(row.sign, 160))}<br>"
        f"With: mean effort {row.with_effort:.2f} over {row.n_with:,} scored calls<br>"
        f"Without: {row.without_effort:.2f} over {row.n_without:,}<br>"
        f"Difference {signed(row.effort_difference)}{_between(row)}<br>{row.verdict.capitalize()}"
        for row in _each(chosen)
    ]
    figure = _rows(chosen, "effort_difference", "n_with", labels, hover)
    _line(figure, 0.0, len(chosen))
    figure.update_xaxes(title_text="difference of mean effort; below 0 is good")
    return figure


def _own_sentence(row: Any) -> str:
    return f"mean effort {row.mean_effort:.2f}<br>over {row.n_scored:,} scored of {row.n_calls:,} calls"


def signed(difference: float) -> str:
    """``+0.45``, ``−0.29``."""
    return f"{difference:+.2f}".replace("-", "−")


def _between(row: Any) -> str:
    if pd.isna(row.low):
        return ""
    return f", 95% interval {signed(row.low)} to {signed(row.high)}"


def _rows(
    chosen: pd.DataFrame, value: str, column: str, labels: Sequence[str], hover: Sequence[str]
) -> go.Figure:
    """One dot a row with its interval, in the colour of its verdict, the words above it."""
    figure = new_figure(height=120 + 38 * len(chosen))
    places = list(range(len(chosen)))[::-1]
    for verdict in (_LOWER, _HIGHER, None):
        # one trace a colour: the lines of intervals take one colour each
        own = chosen["verdict"] == verdict if verdict else ~chosen["verdict"].isin(_VERDICT_COLOURS)
        part = chosen[own]
        colour = _VERDICT_COLOURS.get(str(verdict), OTHER_COLOUR)
        figure.add_scatter(
            x=part[value],
            y=[place for place, one in zip(places, own, strict=True) if one],
            mode="markers",
            marker={"size": 10, "color": colour},
            error_x=_error(part, value) | {"color": colour, "thickness": 2, "width": 0},
            name=verdict or "no clear difference",
            customdata=marks(part.index, column),
            hovertext=[text for text, one in zip(hover, own, strict=True) if one],
            hovertemplate=LITERAL_HOVER,
            showlegend=bool(own.any()),
        )
    # the words stand above their dot: beside it they would leave it no room on a phone
    for place, label in zip(places, labels, strict=True):
        figure.add_annotation(
            xref="paper",
            x=0,
            y=place + 0.42,
            xanchor="left",
            align="left",
            showarrow=False,
            text=label,
        )
    figure.update_yaxes(visible=False, range=[-0.6, len(chosen) - 0.2])
    figure.update_layout(
        legend={"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0}, margin_t=32
    )
    return figure


def _line(figure: go.Figure, x: float, rows: int, name: str = "") -> None:
    line_beside_words(figure, x, range(rows))
    if name:
        figure.add_annotation(
            x=x, yref="paper", y=0, yanchor="bottom", xanchor="left", xshift=4,
            showarrow=False, text=f"{name} {x:.2f}",
        )  # fmt: skip
