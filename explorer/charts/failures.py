"""The figures of the failures page."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pandas as pd

from explorer.analysis.contrast import value_words
from explorer.analysis.statistics import SMALL_SAMPLE
from explorer.charts.style import (
    COLOURS,
    COUNT_COLOUR,
    DAY_MS,
    EFFORT_COLOUR,
    LITERAL_HOVER,
    OTHER_COLOUR,
    TIME_TICKS,
    count_axis,
    literal,
    marks,
    new_figure,
    set_style,
    shorten,
    wrapped,
)

if TYPE_CHECKING:
    import plotly.graph_objects as go

MOST_REASONS = 8
MOST_VALUES = 8
_FAILED = COLOURS["failed"]
_SPEED_COLOURS = {"p50": "#009E73", "p90": EFFORT_COLOUR, "p99": "#CC79A7"}
_SPEED_NAMES = {"p50": "half", "p90": "90%", "p99": "99%"}


def reasons(table: pd.DataFrame) -> go.Figure:
    """The most frequent reasons as bars, most frequent on top, with their state."""
    top = table.head(MOST_REASONS).iloc[::-1]
    figure = new_figure(height=50 + 44 * len(top))
    rows: list[Any] = list(top.itertuples())
    figure.add_bar(
        y=list(range(len(rows))),
        x=top["n_calls"],
        width=0.4,
        orientation="h",
        marker_color=_FAILED,
        customdata=marks(reversed(range(len(rows))), "n_calls"),
        hovertext=[_reason_sentence(row) for row in rows],
        hovertemplate=LITERAL_HOVER,
    )
    for place, row in enumerate(rows):
        state = f" · <b>{literal(row.state)}</b>" if row.state else ""
        _words_above(
            figure,
            place,
            f"{row.n_calls:,} · {row.failures_share:.0%}{state} · {literal(shorten(row.reason))}",
        )
    figure.update_xaxes(**count_axis(top["n_calls"].max(), title_text="failed calls"))
    figure.update_yaxes(visible=False, range=[-0.5, len(rows) - 0.1])
    return figure


def reason_over_time(table: pd.DataFrame, zone: str = "UTC") -> go.Figure:
    """Failures over time above all calls, times on the clock of `zone`."""
    from plotly.subplots import make_subplots

    figure = make_subplots(
        rows=2, cols=1, shared_xaxes=True, row_heights=[0.6, 0.4], vertical_spacing=0.08
    )
    set_style(figure, height=260)
    starts = table["starts_at"].dt.tz_convert(zone)
    widths = (table["ends_at"] - table["starts_at"]).dt.total_seconds() * 1000
    hover = [_bar_sentence(row, at) for row, at in zip(table.itertuples(), starts, strict=True)]
    for place, (column, colour) in enumerate((("n_failures", _FAILED), ("n_calls", COUNT_COLOUR))):
        figure.add_bar(
            x=starts.dt.tz_localize(None),
            y=table[column],
            width=widths * 0.92,
            offset=0,
            marker_color=colour,
            customdata=marks(len(table), column),
            hovertext=hover,
            hovertemplate=LITERAL_HOVER,
            showlegend=False,
            row=place + 1,
            col=1,
        )
    for place, title in enumerate(("failures", "all calls")):
        most = table[("n_failures", "n_calls")[place]].max()
        figure.update_yaxes(**count_axis(most, title_text=title), row=place + 1, col=1)
    figure.update_xaxes(tickformatstops=TIME_TICKS)
    return figure


def failure_contrast(table: pd.DataFrame) -> go.Figure:
    """Shares of values among the failures (bar) and among comparable calls (line), most telling
    on top; grey where fewer than `SMALL_SAMPLE` failures have the value.
    """
    top = table[table["n_failures"] > 0].head(MOST_VALUES).iloc[::-1]
    places = list(range(len(top)))
    rows: list[Any] = list(top.itertuples())
    figure = new_figure(height=60 + 48 * len(top))
    hover = [_contrast_sentence(row) for row in rows]
    figure.add_bar(
        y=places,
        x=top["failures_share"],
        width=0.4,
        orientation="h",
        marker_color=[_FAILED if row.stands_out else OTHER_COLOUR for row in rows],
        marker_opacity=[0.4 if row.few_failures else 1.0 for row in rows],
        customdata=marks((row.Index for row in rows), "n_failures"),
        hovertext=hover,
        hovertemplate=LITERAL_HOVER,
    )
    figure.add_scatter(
        y=places,
        x=top["others_share"],
        mode="markers",
        marker={
            "symbol": "line-ns-open",
            "size": 13,
            "color": EFFORT_COLOUR,
            "line": {"width": 4, "color": EFFORT_COLOUR},
        },
        customdata=marks((row.Index for row in rows), "n_others"),
        hovertext=hover,
        hovertemplate=LITERAL_HOVER,
    )
    for place, row in enumerate(rows):
        value = literal(shorten(value_words(row.variable, row.value), 44))
        others = f"{row.others_share:.0%}" if row.of_others else "–"
        _words_above(figure, place, f"{row.failures_share:.0%} : {others} · {value}")
    figure.update_layout(showlegend=False)
    figure.update_xaxes(title_text="share of calls", tickformat=".0%", range=[0, 1.02], nticks=5)
    figure.update_yaxes(visible=False, range=[-0.5, len(rows) - 0.1])
    return figure


def speed_per_day(table: pd.DataFrame) -> go.Figure:
    """Real-time factor a day above the queue wait: half, 90% and 99% of completed calls.

    A hollow mark rests on fewer than `SMALL_SAMPLE` calls.
    """
    from plotly.subplots import make_subplots

    figure = make_subplots(
        rows=2, cols=1, shared_xaxes=True, row_heights=[0.6, 0.4], vertical_spacing=0.08
    )
    set_style(figure, height=340)
    for place, measure in enumerate(("factor", "wait")):
        _speed_lines(figure, table, measure, "day", lambda day: f"{day:%a %d %b %Y}", place + 1)
    # ticks on whole days only, not on parts of the one day there is
    figure.update_xaxes(tickformat="%d %b", tickangle=0, dtick=DAY_MS * max(1, -(-len(table) // 6)))
    figure.update_yaxes(title_text="s per s of audio", rangemode="tozero", row=1, col=1)
    figure.update_yaxes(title_text="wait, s", rangemode="tozero", nticks=4, row=2, col=1)
    figure.update_layout(legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0})
    return figure


def speed_per_hour(table: pd.DataFrame) -> go.Figure:
    """Real-time factor by hour of day: half, 90% and 99% of completed calls."""
    figure = new_figure(height=260)
    _speed_lines(figure, table, "factor", "hour", lambda hour: f"{hour:02}:00–{hour:02}:59")
    figure.update_xaxes(title_text="hour of day", dtick=3, range=[-0.5, 23.5])
    figure.update_yaxes(title_text="s per s of audio", rangemode="tozero")
    figure.update_layout(legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0})
    return figure


def speed_per_format(table: pd.DataFrame) -> go.Figure:
    """Real-time factor by audio format, slowest on top; half of the calls as bar, 90 and 99% as
    marks; paler where fewer than `SMALL_SAMPLE` calls are counted.
    """
    rows: list[Any] = list(table.iloc[::-1].itertuples())
    places = list(range(len(rows)))
    figure = new_figure(height=110 + 40 * len(rows))
    hover = [
        _speed_sentence(row, "factor", _format_words(row.audio_format).capitalize()) for row in rows
    ]
    figure.add_bar(
        y=places,
        x=[row.factor_p50 for row in rows],
        width=0.36,
        orientation="h",
        name=_SPEED_NAMES["p50"],
        marker_color=_SPEED_COLOURS["p50"],
        marker_opacity=[0.4 if row.few_calls else 1.0 for row in rows],
        customdata=marks((row.Index for row in rows), "n_completed"),
        hovertext=hover,
        hovertemplate=LITERAL_HOVER,
    )
    for part in ("p90", "p99"):
        figure.add_scatter(
            y=places,
            x=[getattr(row, f"factor_{part}") for row in rows],
            mode="markers",
            name=_SPEED_NAMES[part],
            marker={"size": 9, "color": _SPEED_COLOURS[part]},
            customdata=marks((row.Index for row in rows), "n_completed"),
            hovertext=hover,
            hovertemplate=LITERAL_HOVER,
        )
    for place, row in enumerate(rows):
        _words_above(figure, place, f"{_format_words(row.audio_format)} · {row.n_completed:,}")
    figure.update_layout(legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0})
    figure.update_xaxes(title_text="processing, s per s of audio", rangemode="tozero")
    figure.update_yaxes(visible=False, range=[-0.5, len(rows) - 0.1])
    return figure


def _words_above(figure: go.Figure, place: int, text: str) -> None:
    # beside its bar the text would leave it no room on a phone
    figure.add_annotation(
        x=0, y=place + 0.42, xanchor="left", align="left", showarrow=False, text=text
    )


def _speed_lines(
    figure: go.Figure,
    table: pd.DataFrame,
    measure: str,
    name: str,
    say: Callable[[Any], str],
    panel: int | None = None,
) -> None:
    place = {} if panel is None else {"row": panel, "col": 1}
    rows: list[Any] = list(table.itertuples())
    few = table["timed" if measure == "factor" else "waits_known"] < SMALL_SAMPLE
    hover = [_speed_sentence(row, measure, say(getattr(row, name))) for row in rows]
    for part, colour in _SPEED_COLOURS.items():
        figure.add_scatter(
            x=table[name],
            y=table[f"{measure}_{part}"],
            mode="lines+markers",
            name=_SPEED_NAMES[part],
            legendgroup=part,
            showlegend=panel in (None, 1),
            line={"color": colour, "width": 1.5},
            marker={
                "size": 6,
                "symbol": ["circle-open" if one else "circle" for one in few],
            },
            customdata=marks(len(table), "n_completed"),
            hovertext=hover,
            hovertemplate=LITERAL_HOVER,
            **place,
        )


def _reason_sentence(row: Any) -> str:
    state = f"<br>State: {row.state}" if row.state else ""
    return (
        f"{row.n_calls:,} failed calls, {row.failures_share:.1%} of the failed and "
        f"{row.calls_share:.1%} of all,<br>of {row.agents:,} agents and {row.contacts:,} contacts"
        f"{state}<br>{wrapped(shorten(row.reason, 160))}"
    )


def _bar_sentence(row: Any, at: pd.Timestamp) -> str:
    hourly = (row.ends_at - row.starts_at).total_seconds() <= 3600
    when = f"{at:%a %d %b %Y, %H:%M}" if hourly else f"{at:%a %d %b %Y}"
    return (
        f"{when}: {row.n_failures:,} of {row.n_calls:,} calls failed for this reason,<br>"
        f"{row.failures_share:.1%}, 95% interval {row.share_low:.1%}–{row.share_high:.1%}"
    )


def _contrast_sentence(row: Any) -> str:
    if not row.of_others:
        others = "No comparable calls"
    else:
        chance = "not tested" if pd.isna(row.p_corrected) else f"corrected p {row.p_corrected:.2g}"
        others = (
            f"{row.n_others:,} of {row.of_others:,} comparable calls, {row.others_share:.1%}<br>"
            f"Lift {row.lift:.2g} (95% interval {row.lift_low:.2g}–{row.lift_high:.2g}), {chance}"
        )
    small = "<br>Few failures: do not read much into it" if row.few_failures else ""
    return (
        f"Calls {wrapped(value_words(row.variable, row.value))}:<br>"
        f"{row.n_failures:,} of {row.of_failures:,} failures, {row.failures_share:.1%}<br>"
        f"{others}{small}"
    )


def _speed_sentence(row: Any, measure: str, what: str) -> str:
    known = row.timed if measure == "factor" else row.waits_known
    if not known:
        return f"{what}: none of {row.n_completed:,} completed calls says how long it took"
    half, most, nearly = (getattr(row, f"{measure}_{part}") for part in _SPEED_COLOURS)
    unit = "s per second of audio" if measure == "factor" else "s of waiting"
    small = "<br>Few calls: do not read much into it" if known < SMALL_SAMPLE else ""
    return (
        f"{what}: half of the calls took {half:.2f} {unit} or less,<br>90% {most:.2f}, "
        f"99% {nearly:.2f}; over {known:,} of {row.n_completed:,} completed calls{small}"
    )


def _format_words(name: str) -> str:
    return literal(shorten(name, 30)) if name else "no format given"
