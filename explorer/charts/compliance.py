"""Compliance: shares of failed checks as cells, missing disclosures per week."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from explorer.charts.style import (
    BAD_COLOUR,
    COUNT_COLOUR,
    LITERAL_HOVER,
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

MOST_AGENTS = 30
MOST_WEEKS = 26
MOST_DISCLOSURES = 5
_SHORT = {
    "identity_verification": "identity",
    "mandatory_disclosures": "disclosures",
    "purpose_declaration": "purpose",
    "prohibited_phrases": "phrases",
    "sensitive_data": "sensitive",
}
_ROW_HEIGHT = 26
_NUMBERS = {True: "#FAFAFA", False: "#262730"}
_FULL = 0.3
"""A share that has the full colour, where none is higher: one of 2 % is not to look alarming."""


def checks_by_agent(table: pd.DataFrame, dark: bool | None = None) -> go.Figure:
    """The failing share of each agent and check as cells, agents with most calls on top.

    Grey cells rest on few calls. At most `MOST_AGENTS` agents; the table has all.
    """
    agents = table["agent_id"].drop_duplicates().head(MOST_AGENTS)
    return _check_cells(table, "agent_id", {agent: agent or "(none)" for agent in agents}, dark)


def checks_by_week(table: pd.DataFrame, dark: bool | None = None) -> go.Figure:
    """The failing share of each week and check as cells, newest week on top.

    Grey cells rest on few calls. At most `MOST_WEEKS` weeks; the table has all.
    """
    weeks = table["week"].drop_duplicates().head(MOST_WEEKS)
    same_year = len({week.year for week in weeks}) == 1
    form = "%d %b" if same_year else "%d %b %y"
    return _check_cells(table, "week", {week: f"{week:{form}}" for week in weeks}, dark)


def _check_cells(
    table: pd.DataFrame, group: str, labels: dict[Any, str], dark: bool | None
) -> go.Figure:
    shown = table[table[group].isin(list(labels))]
    strength = shown["failed_share"] / max(_FULL, shown["failed_share"][~shown["few_calls"]].max())
    checks, groups = list(shown["check"].unique()), list(labels)
    return cells(
        down=[groups.index(value) for value in shown[group]],
        across=[checks.index(check) for check in shown["check"]],
        down_labels=list(labels.values()),
        across_labels=[_SHORT.get(check, check.replace("_", " ")) for check in checks],
        colours=[
            COUNT_COLOUR if few else f"rgba(213, 94, 0, {0.04 + 0.7 * min(1, value):.2f})"
            for few, value in zip(shown["few_calls"], strength, strict=True)
        ],
        text=[
            f"{row.n_failed}/{row.n_checked}" if row.few_calls else f"{row.failed_share:.0%}"
            for row in shown.itertuples()
        ],
        hover=[_cell_sentence(row, labels[getattr(row, group)]) for row in shown.itertuples()],
        customdata=marks(shown.index, "n_failed"),
        dark=dark,
    )


def _cell_sentence(row: Any, name: str) -> str:
    whose = f"Week from {name}" if hasattr(row, "week") else name
    few = "<br>Few calls: do not read much into it" if row.few_calls else ""
    return (
        f"{wrapped(shorten(whose))}: {literal(row.check.replace('_', ' '))} failed in<br>"
        f"{row.n_failed:,} of {row.n_checked:,} checked calls, {row.failed_share:.1%}<br>"
        f"95% interval {row.share_low:.1%}–{row.share_high:.1%}{few}"
    )


def cells(
    *,
    down: Sequence[int],
    across: Sequence[int],
    down_labels: Sequence[str],
    across_labels: Sequence[str],
    colours: Sequence[str],
    text: Sequence[str],
    hover: Sequence[str],
    customdata: list[list[object]],
    dark: bool | None,
) -> go.Figure:
    """Rectangles in rows and columns with their number inside.

    `dark` is whether the ground is; where nobody knows, numbers have the colour of labels.

    Bars, since points of a heatmap cannot be picked; their text in a trace of its own, since that
    of bars does not follow a dark ground.
    """
    figure = new_figure(height=40 + _ROW_HEIGHT * max(2, len(down_labels)))
    figure.add_bar(
        y=down,
        x=[0.96] * len(across),
        base=[column - 0.48 for column in across],
        width=0.9,
        orientation="h",
        marker={"color": list(colours), "line": {"width": 0}},
        customdata=customdata,
        hovertext=list(hover),
        hovertemplate=LITERAL_HOVER,
    )
    figure.add_scatter(
        x=across,
        y=down,
        mode="text",
        text=list(text),
        # labels are paler than a number on a full colour may be
        textfont={"size": 11} | ({} if dark is None else {"color": _NUMBERS[dark]}),
        hoverinfo="skip",
    )
    figure.update_layout(barmode="overlay", showlegend=False)
    figure.update_xaxes(
        side="top",
        tickvals=list(range(len(across_labels))),
        ticktext=[literal(shorten(label, 14)) for label in across_labels],
        range=[-0.5, len(across_labels) - 0.5],
        # beside each other where there is room, at an angle where not
        autotickangles=[0, 30, 60],
        tickfont={"size": 11},
        showgrid=False,
        zeroline=False,
    )
    figure.update_yaxes(
        tickvals=list(range(len(down_labels))),
        ticktext=[literal(shorten(label, 14)) for label in down_labels],
        range=[max(2, len(down_labels)) - 0.5, -0.5],
        tickfont={"size": 11},
        showgrid=False,
        zeroline=False,
    )
    return figure


def disclosures_by_week(table: pd.DataFrame) -> go.Figure:
    """The missing share of each disclosure per week, one strip each, most missing on top.

    Grey bars rest on few calls. At most `MOST_DISCLOSURES`; the table has more.
    """
    from plotly.subplots import make_subplots

    names: list[Hashable] = list(table["disclosure"].drop_duplicates().head(MOST_DISCLOSURES))
    figure = make_subplots(
        rows=max(1, len(names)),
        cols=1,
        shared_xaxes=True,
        vertical_spacing=min(0.12, 0.5 / max(1, len(names))),
        subplot_titles=[literal(shorten(str(name))) for name in names],
    )
    set_style(figure, height=50 + 84 * len(names))
    # the words stand above their strip: beside it they would leave it no room on a phone
    figure.update_annotations(x=0, xanchor="left", font_size=12)
    for place, name in enumerate(names, start=1):
        weeks = table[table["disclosure"] == name]
        figure.add_bar(
            x=weeks["week"],
            y=weeks["missing_share"],
            marker_color=[COUNT_COLOUR if few else BAD_COLOUR for few in weeks["few_calls"]],
            customdata=marks(weeks.index, "n_missing"),
            hovertext=[_week_sentence(row) for row in weeks.itertuples()],
            hovertemplate=LITERAL_HOVER,
            row=place,
            col=1,
        )
    highest = float(table[table["disclosure"].isin(names)]["missing_share"].max())
    # one scale for all, so that strips can be compared
    figure.update_yaxes(range=[0, max(0.1, 1.1 * highest)], tickformat=".0%", nticks=3)
    figure.update_layout(showlegend=False, margin={"t": 24})
    figure.update_xaxes(**week_axis(table["week"]))
    return figure


def _week_sentence(row: Any) -> str:
    few = "<br>Few calls: do not read much into it" if row.few_calls else ""
    return (
        f"Week from {row.week:%a %d %b %Y}:<br>{wrapped(shorten(str(row.disclosure), 120))}<br>"
        f"missing in {row.n_missing:,} of {row.n_checked:,} checked calls, "
        f"{row.missing_share:.1%}<br>95% interval {row.share_low:.1%}–{row.share_high:.1%}{few}"
    )
