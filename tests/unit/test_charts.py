"""Each figure's traces, titles and hover sentences."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from explorer import charts
from explorer.analysis import queries
from explorer.charts import style

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
        "Tue 03 Mar 2026: mean effort 1.00<br>over 1 scored of 3 calls",
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


@pytest.mark.parametrize(("most", "ticks"), [(1, (1, None)), (3, (1, None)), (4, (None, 4))])
def test_axis_of_counts_has_no_tick_twice_when_there_are_few(most, ticks):
    axis = style.count_axis(most, title_text="calls")
    assert (axis.get("dtick"), axis.get("nticks")) == ticks
    assert axis["tickformat"] == ",d"
