"""Quality signs as parts of a whole, recommendations as cells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from explorer.charts.compliance import cells
from explorer.charts.style import (
    BAD_COLOUR,
    COUNT_COLOUR,
    EFFORT_COLOUR,
    GOOD_COLOUR,
    LITERAL_HOVER,
    OTHER_COLOUR,
    literal,
    marks,
    new_figure,
    shorten,
    wrapped,
)

if TYPE_CHECKING:
    import plotly.graph_objects as go

MOST_SIGNS = 25
MOST_CATEGORIES = 20
_PRIORITIES = ("high", "medium", "low")
# words of one sign stand beside each other; after Okabe and Ito
_JUDGED_COLOURS = {"positive": GOOD_COLOUR, "neutral": OTHER_COLOUR, "negative": BAD_COLOUR}
_WORD_COLOURS = ("#56B4E9", "#E69F00", "#009E73", "#CC79A7", "#0072B2", "#F0E442", "#D55E00")


def quality_signs(table: pd.DataFrame) -> go.Figure:
    """Each sign as one bar of all calls that say anything there, parted by value.

    Grey parts are "no" and "0". At most `MOST_SIGNS` signs; the table has all.
    """
    signs = list(table["sign"].drop_duplicates().head(MOST_SIGNS))
    figure = new_figure(height=30 + 46 * len(signs))
    for place, sign in enumerate(reversed(signs)):
        rows = table[table["sign"] == sign]
        starts = rows["share"].cumsum() - rows["share"]
        figure.add_bar(
            y=[place] * len(rows),
            x=rows["share"],
            base=starts,
            width=0.4,
            orientation="h",
            marker={"color": _colours(rows), "line": {"width": 0}},
            # which colour is which word; flags and counts have one that matters
            text=[_named(row) for row in rows.itertuples()],
            constraintext="none",
            textposition="inside",
            insidetextanchor="middle",
            insidetextfont={"color": "#1A1A1A", "size": 11},
            customdata=marks(rows.index, "n_calls"),
            hovertext=[_sign_sentence(row) for row in rows.itertuples()],
            hovertemplate=LITERAL_HOVER,
        )
        figure.add_annotation(
            x=0,
            y=place + 0.42,
            xanchor="left",
            align="left",
            showarrow=False,
            text=f"{literal(shorten(sign_words(sign), 36))} · {_values(rows)}",
            font={"size": 12},
        )
    # room for half of the last tick's words, which plotly else leaves out
    figure.update_layout(barmode="overlay", showlegend=False, margin_r=24)
    figure.update_xaxes(range=[0, 1], tickformat=".0%", tickvals=[0, 0.25, 0.5, 0.75, 1])
    figure.update_yaxes(visible=False, range=[-0.5, len(signs) - 0.1])
    return figure


def sign_words(sign: str) -> str:
    """``interruptions by agent`` for ``/quality/interruptions/by_agent``."""
    return " ".join(sign.split("/")[2:] or [sign.strip("/")]).replace("_", " ")


def _named(row: Any) -> str:
    """A word in its part of the bar, where there is room on a phone."""
    return literal(row.value) if row.kind == "word" and len(row.value) < 45 * row.share else ""


def _values(rows: pd.DataFrame) -> str:
    """The most frequent values with their share, as a phone has room for."""
    first = rows.iloc[0]
    if first["kind"] == "flag":
        yes = rows.loc[rows["value"] == "true", "share"].sum()
        return f"yes {yes:.0%}"
    if first["kind"] == "count":
        return f"at least once {rows.loc[rows['value'] == 'above 0', 'share'].sum():.0%}"
    top = rows.sort_values("share", ascending=False).head(3)
    return ", ".join(
        f"{literal(shorten(str(value), 12))} {share:.0%}"
        for value, share in zip(top["value"], top["share"], strict=True)
    )


def _colours(rows: pd.DataFrame) -> list[str]:
    if set(rows["value"]) <= set(_JUDGED_COLOURS):
        return [_JUDGED_COLOURS[value] for value in rows["value"]]
    if rows["kind"].iloc[0] == "word":
        return [
            _WORD_COLOURS[place] if place < len(_WORD_COLOURS) else OTHER_COLOUR
            for place in range(len(rows))
        ]
    return [COUNT_COLOUR if value in ("false", "0") else EFFORT_COLOUR for value in rows["value"]]


def _sign_sentence(row: Any) -> str:
    few = "<br>Few calls: do not read much into it" if row.few_calls else ""
    value = {"true": "yes", "false": "no"}.get(row.value, row.value)
    return (
        f"{wrapped(sign_words(row.sign))}: {literal(value)}<br>in {row.n_calls:,} of "
        f"{row.of_calls:,} calls that say, {row.share:.1%}<br>"
        f"95% interval {row.share_low:.1%}–{row.share_high:.1%}{few}"
    )


def recommendations(table: pd.DataFrame, dark: bool | None = None) -> go.Figure:
    """Calls by priority and category of what coaching recommends, as cells.

    At most `MOST_CATEGORIES` categories, those of most calls; the table has all.
    """
    categories = list(table["category"].drop_duplicates().head(MOST_CATEGORIES))
    found = set(table["priority"])
    others = sorted(found - set(_PRIORITIES) - {""})
    priorities = [
        *(one for one in _PRIORITIES if one in found),
        *others,
        *([""] if "" in found else []),
    ]
    shown = table[table["category"].isin(categories)]
    strength = shown["n_calls"] / max(1, shown["n_calls"].max())
    return cells(
        down=[categories.index(one) for one in shown["category"]],
        across=[priorities.index(one) for one in shown["priority"]],
        down_labels=[one or "no category" for one in categories],
        across_labels=[one or "no priority" for one in priorities],
        colours=[f"rgba(59, 155, 217, {0.08 + 0.62 * value:.2f})" for value in strength],
        text=[f"{n:,}" for n in shown["n_calls"]],
        hover=[_advice_sentence(row) for row in shown.itertuples()],
        customdata=marks(shown.index, "n_calls"),
        dark=dark,
    )


def _advice_sentence(row: Any) -> str:
    priority = f"priority {row.priority}" if row.priority else "no priority"
    category = f"category {row.category}" if row.category else "no category"
    return (
        f"{row.n_calls:,} of {row.of_calls:,} calls with results<br>have a recommendation of<br>"
        f"{wrapped(f'{priority} and {category}')}: {row.share:.1%}"
    )
