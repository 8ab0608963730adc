"""Each figure's traces, titles and hover sentences."""

from __future__ import annotations

import re
import tomllib
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from explorer import charts
from explorer.analysis import queries
from explorer.analysis.summary import SUMMARIES
from explorer.charts import style
from explorer.ui import figures

CONFIG = Path(__file__).resolve().parents[2] / ".streamlit" / "config.toml"
READABLE = 4.5
"""Contrast that WCAG 2.2 asks of text, level AA."""
NAN = float("nan")
HOSTILE = "<b>x</b> & <a href='https://x'>y</a> %{y} 100 %"


@pytest.fixture
def days() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "day": [date(2026, 3, 2), date(2026, 3, 3), date(2026, 3, 4), date(2026, 3, 5)],
            "n_calls": [8, 3, 0, 1200],
            "n_scored": [6, 1, 0, 1100],
            "mean_effort": [2.0, 1.0, NAN, 3.25],
            "low": [1.5, NAN, NAN, 3.0],
            "high": [2.5, NAN, NAN, 3.5],
        }
    )


@pytest.fixture
def reasons() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "reason": ["timeout after <num> s", HOSTILE, "x" * 300],
            "n_calls": [1500, 3, 1],
            "share": [0.996, 0.002, 0.0006],
        }
    )


def test_status_breakdown_has_a_bar_a_status_when_drawn():
    counts = pd.DataFrame(
        {
            "status": ["processing", "failed", "<i>odd</i>"],
            "n_calls": [1, 2999, 0],
            "share": [1 / 3000, 2999 / 3000, 0.0],
        }
    )
    figure = charts.status_counts(counts)
    assert [trace.type for trace in figure.data] == ["bar"] * 3
    assert [trace.name for trace in figure.data] == [
        "processing",
        "failed",
        "&lt;i&gt;odd&lt;/i&gt;",
    ]
    assert [trace.x[0] for trace in figure.data] == [1, 2999, 0]
    assert [trace.customdata[0] for trace in figure.data] == [[n, "n_calls"] for n in range(3)]
    assert [trace.marker.color for trace in figure.data] == ["#56B4E9", "#D55E00", "#999999"]
    assert figure.data[1].hovertext == "2,999 calls are failed,<br>100.0% of all"
    assert figure.data[1].hovertemplate == "%{hovertext}<extra></extra>"
    assert figure.layout.barmode == "stack"
    assert figure.layout.showlegend


def test_status_breakdown_is_not_read_as_a_template_when_a_status_looks_like_one():
    counts = pd.DataFrame({"status": ["%{x}"], "n_calls": [1], "share": [1.0]})
    assert "%{x}" not in charts.status_counts(counts).data[0].hovertemplate


def test_effort_per_day_has_means_over_counts_when_drawn(days):
    figure = charts.effort_per_day(days)
    mean, scored = figure.data
    assert (mean.type, scored.type) == ("scatter", "bar")
    assert list(mean.x) == list(scored.x) == list(days["day"])
    assert list(scored.y) == [6, 1, 0, 1100]
    assert list(mean.marker.symbol) == ["circle", "circle-open", "circle-open", "circle"]
    assert mean.error_y.array[0] == mean.error_y.arrayminus[0] == 0.5
    assert [tuple(mark) for mark in mean.customdata] == [(n, "n_scored") for n in range(4)]
    assert figure.layout.yaxis.title.text == "effort, low is good"
    assert figure.layout.yaxis2.title.text == "scored"
    assert figure.layout.yaxis.range[0] == 0
    assert not mean.connectgaps  # a day without scores is a gap


def test_effort_hover_is_a_sentence_when_shown(days):
    assert list(charts.effort_per_day(days).data[0].hovertext) == [
        "Mon 02 Mar 2026: mean effort 2.00<br>over 6 scored of 8 calls<br>95% interval 1.50–2.50",
        "Tue 03 Mar 2026: mean effort 1.00<br>over 1 scored of 3 calls"
        "<br>Few scores: do not read much into it",
        "Wed 04 Mar 2026: none of 0 calls has a score",
        "Thu 05 Mar 2026: mean effort 3.25<br>over 1,100 scored of 1,200 calls"
        "<br>95% interval 3.00–3.50",
    ]


def test_failure_reasons_has_the_most_frequent_on_top_when_drawn(reasons):
    figure = charts.failure_reasons(reasons, most=2)
    (bars,) = figure.data
    assert list(bars.x) == [3, 1500]
    assert [tuple(mark) for mark in bars.customdata] == [(1, "n_calls"), (0, "n_calls")]
    assert bars.orientation == "h"
    assert figure.layout.xaxis.title.text == "failed calls"
    assert [note.text for note in figure.layout.annotations] == [
        f"3 · 0% · {style.literal(style.shorten(HOSTILE))}",
        "1,500 · 100% · timeout after &lt;num&gt; s",
    ]
    assert bars.hovertext[1] == (
        "1,500 failed calls, 99.6% of the failed:<br>timeout after &lt;num&gt; s"
    )


def test_no_markup_is_left_when_a_reason_holds_some(reasons):
    figure = charts.failure_reasons(reasons)
    texts = [*figure.data[0].hovertext, *(note.text for note in figure.layout.annotations)]
    for text in texts:
        assert "<b>" not in text
        assert "<a " not in text
        assert len(text) < 260


@pytest.mark.parametrize(
    ("draw", "columns"),
    [
        pytest.param(charts.status_counts, ["status", "n_calls", "share"], id="status"),
        pytest.param(
            charts.effort_per_day,
            ["day", "n_calls", "n_scored", "mean_effort", "low", "high"],
            id="effort",
        ),
        pytest.param(charts.failure_reasons, ["reason", "n_calls", "share"], id="reasons"),
    ],
)
def test_figure_is_drawn_when_the_table_is_empty(draw, columns):
    figure = draw(pd.DataFrame(columns=columns))
    assert sum(len(trace.x) for trace in figure.data) == 0
    figure.to_json()


@pytest.mark.parametrize("name", sorted(set(SUMMARIES) & set(vars(charts))))
def test_chart_of_a_summary_is_drawn_when_there_are_no_calls(name, mirror_of):
    figure = getattr(charts, name)(SUMMARIES[name](mirror_of([])))
    assert "nan" not in figure.to_json().lower()


def brightness(colour: str) -> float:
    """Relative luminance of ``#rrggbb``, as WCAG defines it."""
    parts = [int(part, 16) / 255 for part in re.findall("[0-9A-Fa-f]{2}", colour)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(colour: str, ground: str) -> float:
    darker, lighter = sorted(map(brightness, (colour, ground)))
    return (lighter + 0.05) / (darker + 0.05)


def mixed(colour: str, ground: str, share: float) -> str:
    parts = (
        [int(part, 16) for part in re.findall("[0-9A-Fa-f]{2}", one)] for one in (colour, ground)
    )
    return "#" + "".join(
        f"{round(share * a + (1 - share) * b):02x}" for a, b in zip(*parts, strict=True)
    )


@pytest.mark.parametrize("dark", [False, True, None])
def test_words_of_figures_are_readable_when_the_ground_is_light(dark, days, monkeypatch):
    monkeypatch.setattr(figures, "is_dark", lambda: dark)
    layout = figures.readable(charts.effort_per_day(days)).layout
    axes = [layout.xaxis, layout.xaxis2, layout.yaxis, layout.yaxis2]
    colours = {layout.font.color, *(axis.tickfont.color for axis in axes)}
    colours |= {axis.title.font.color for axis in axes}
    if dark is False:
        (colour,) = colours
        assert contrast(colour, "#ffffff") >= READABLE
    else:
        # Streamlit's own on the dark ground have 14 to 1
        assert colours == {None}


def test_theme_is_readable_when_light_and_when_dark():
    theme = tomllib.loads(CONFIG.read_text())["theme"]
    primary = theme["primaryColor"]
    for name in ("light", "dark"):
        own = theme[name]
        chips = own.get("sidebar", {}).get("primaryColor", own.get("primaryColor", primary))
        assert contrast("#ffffff", chips) >= READABLE
        for ground in (own["backgroundColor"], own["secondaryBackgroundColor"]):
            # Streamlit draws captions with this much of the text's colour
            assert contrast(mixed(own["textColor"], ground, 0.6), ground) >= READABLE
        # the chosen one of several buttons: words in the primary colour on a tenth of it
        chosen = own.get("primaryColor", primary)
        ground = mixed(chosen, own["backgroundColor"], 0.1)
        assert contrast(chosen, ground) >= READABLE


def test_every_chart_has_the_name_of_its_query_when_both_exist():
    for name in ("effort_per_day", "failure_reasons"):
        assert callable(getattr(charts, name))
        assert callable(getattr(queries, name))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("a<b>&c", "a&lt;b&gt;&amp;c", id="markup"),
        pytest.param("&lt;", "&amp;lt;", id="entity"),
        pytest.param('"it\'s"', '"it\'s"', id="quotes"),
        pytest.param("", "", id="empty"),
    ],
)
def test_text_is_shown_as_it_is_when_literal(text, shown):
    assert style.literal(text) == shown


@pytest.mark.parametrize(
    ("length", "shown"), [(5, "abcde"), (4, "abc…"), (1, "…")], ids=["fits", "cut", "one"]
)
def test_text_is_cut_when_too_long(length, shown):
    assert style.shorten("abcde", length) == shown


@pytest.mark.parametrize(("n", "ticks"), [(1, 1), (6, 1), (7, 2), (90, 15)])
def test_ticks_are_whole_days_when_many(n, ticks):
    table = pd.DataFrame(
        {
            "day": pd.date_range("2026-01-01", periods=n).date,
            "n_calls": 1,
            "n_scored": 0,
            "mean_effort": NAN,
            "low": NAN,
            "high": NAN,
        }
    )
    assert charts.effort_per_day(table).layout.xaxis.dtick == ticks * 86_400_000


def weekly(*mondays: date) -> list[tuple[str, Any]]:
    """The figures whose axis is of weeks, each of a table with these weeks."""
    n = len(mondays)
    effort = {
        "n_calls": [9] * n,
        "n_scored": [9] * n,
        "mean_effort": [2.0] * n,
        "low": [1.5] * n,
        "high": [2.5] * n,
    }
    team = {"week": mondays, "team_effort": [2.0] * n, "n_team_scored": [90] * n}
    missing = {
        "week": mondays,
        "disclosure": ["fees"] * n,
        "n_missing": [3] * n,
        "n_checked": [9] * n,
        "missing_share": [1 / 3] * n,
        "share_low": [0.1] * n,
        "share_high": [0.6] * n,
        "few_calls": [False] * n,
    }
    starts = pd.to_datetime(list(mondays), utc=True)
    calls = {
        "starts_at": starts,
        "ends_at": starts + pd.Timedelta(days=7),
        "n_calls": [9] * n,
        "n_completed": [9] * n,
        "n_failed": [0] * n,
        "n_processing": [0] * n,
        "failed_share": [0.0] * n,
        "share_low": [0.0] * n,
        "share_high": [0.3] * n,
        "whole": [True] * n,
    }
    return [
        ("effort_per_week", {"day": mondays} | effort),
        ("effort_beside_team", team | effort),
        ("disclosures_by_week", missing),
        ("calls_over_time", calls),
    ]


@pytest.mark.parametrize(("n", "every"), [(1, 1), (7, 1), (8, 2), (40, 6)])
@pytest.mark.parametrize("place", range(4), ids=[name for name, _ in weekly()])
def test_ticks_are_where_weeks_begin_when_an_axis_is_of_weeks(place, n, every):
    name, columns = weekly(*(date(2026, 3, 2) + timedelta(weeks=week) for week in range(n)))[place]
    axis = getattr(charts, name)(pd.DataFrame(columns)).layout.xaxis
    assert (axis.tick0, axis.dtick) == ("2026-03-02", every * 7 * 86_400_000)
    assert axis.tickformat == "%d %b"


def test_weeks_between_count_when_ticks_are_chosen():
    far = style.week_axis([date(2026, 3, 2), date(2027, 3, 1)])
    assert far["dtick"] == 8 * 7 * 86_400_000


def test_times_have_the_day_first_when_they_are_hours():
    starts = pd.date_range("2026-08-16 09:00", periods=2, freq="h", tz="UTC")
    table = pd.DataFrame(
        {
            "starts_at": starts,
            "ends_at": starts + pd.Timedelta(hours=1),
            "n_calls": [4, 4],
            "n_completed": [3, 4],
            "n_failed": [1, 0],
            "n_processing": 0,
            "failed_share": 0.1,
            "share_low": 0.0,
            "share_high": 0.5,
            "whole": True,
            "n_failures": [1, 0],
            "failures_share": [0.25, 0.0],
        }
    )
    for figure in (charts.calls_over_time(table), charts.reason_over_time(table)):
        formats = [stop.value for stop in figure.layout.xaxis.tickformatstops]
        assert formats == ["%H:%M\n%d %b", "%d %b", "%b %Y"]
        assert figure.data[0].hovertext[0].startswith("Sun 16 Aug 2026, 09:00: ")


def test_contrast_has_a_dash_when_there_is_nothing_to_compare_with():
    table = pd.DataFrame(
        {
            "variable": ["audio_format"],
            "value": ["webm"],
            "n_failures": [1],
            "of_failures": [1],
            "failures_share": [1.0],
            "n_others": [0],
            "of_others": [0],
            "others_share": [NAN],
            "lift": [NAN],
            "lift_low": [NAN],
            "lift_high": [NAN],
            "p_corrected": [NAN],
            "few_failures": [True],
            "stands_out": [False],
        }
    )
    figure = charts.failure_contrast(table)
    (note,) = figure.layout.annotations
    assert note.text == "100% : – · with audio format “webm”"
    (hover,) = figure.data[0].hovertext
    assert hover == (
        "Calls with audio format “webm”:<br>1 of 1 failures, 100.0%<br>No comparable calls"
        "<br>Few failures: do not read much into it"
    )


def test_line_of_the_team_leaves_the_words_free_when_drawn():
    table = pd.DataFrame(
        {
            "agent_id": ["a", "b"],
            "n_calls": [9, 9],
            "n_scored": [9, 9],
            "mean_effort": [1.0, 3.0],
            "shrunk_effort": [1.2, 2.8],
            "low": [1.0, 2.5],
            "high": [1.5, 3.2],
            "team_effort": [2.0, 2.0],
            "few": [False, False],
            "differs": ["lower effort", ""],
            "verdict": ["lower effort", "higher effort"],
        }
    )
    for figure in (charts.agents(table), charts.effort_per_agent(table)):
        names = [note for note in figure.layout.annotations if note.xref == "paper"]
        lines = [(line.y0, line.y1) for line in figure.layout.shapes]
        assert len(names) == len(lines) == 2
        assert {line.x0 for line in figure.layout.shapes} == {2.0}
        for note in names:
            # text of twelve pixels in rows of 38, with a rest
            assert not [line for line in lines if line[0] < note.y + 0.2 and line[1] > note.y - 0.2]


@pytest.mark.parametrize(("most", "ticks"), [(1, (1, None)), (3, (1, None)), (4, (None, 4))])
def test_axis_of_counts_has_no_tick_twice_when_there_are_few(most, ticks):
    axis = style.count_axis(most, title_text="calls")
    assert (axis.get("dtick"), axis.get("nticks")) == ticks
    assert axis["tickformat"] == ",d"
