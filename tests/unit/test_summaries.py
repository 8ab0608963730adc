"""Every number of every summary opens exactly the calls that it counts."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import duckdb
import pytest

from explorer.analysis import queries
from explorer.analysis.filters import Filter
from explorer.analysis.summary import SUMMARIES
from tests.conftest import Told

UTC = ZoneInfo("UTC")
MOST_ROWS = 12
"""Of a table that are walked: the first ones and the last ones."""
WALKED = [
    pytest.param(Filter(), UTC, id="all"),
    pytest.param(
        Filter(since="2026-10-20", until="2026-11-12"), ZoneInfo("Europe/Berlin"), id="over_dst"
    ),
    pytest.param(
        Filter(agent_id=("agent_001", "agent_007"), failed_check="mandatory_disclosures"),
        ZoneInfo("Asia/Kathmandu"),
        id="agents_and_check",
    ),
    pytest.param(Filter(status_filter="failed", since="2026-10-01"), UTC, id="failed"),
    pytest.param(Filter(effort_min=2, effort_max=4, has_score=True), UTC, id="effort"),
]


@pytest.fixture
def cursor(told: Told) -> duckdb.DuckDBPyConnection:
    return told.cursor()


@pytest.mark.parametrize("name", SUMMARIES)
@pytest.mark.parametrize(("calls", "zone"), WALKED)
def test_each_number_opens_as_many_calls_as_it_counts(name, calls, zone, cursor):
    summary = SUMMARIES[name]
    table = summary(cursor, calls, zone)
    assert set(summary.opens) <= set(table.columns)
    n_rows = len(table)
    places = {*range(n_rows)[: MOST_ROWS // 2], *range(n_rows)[-MOST_ROWS // 2 :]}
    for place in sorted(places):
        for column in summary.opens:
            which = summary.which(table, place, column, calls, zone)
            if which is None:
                assert not table[column].iloc[place] > 0
                continue
            assert Filter.from_query(which.to_query()) == (which, ())
            counted = queries.count(cursor, which, zone)
            assert counted == table[column].iloc[place], (column, table.iloc[place].to_dict())


@pytest.mark.parametrize("name", SUMMARIES)
def test_summary_has_its_columns_when_there_are_no_calls(name, cursor):
    full = SUMMARIES[name](cursor, Filter(), UTC)
    none = SUMMARIES[name](cursor, Filter(agent_id="nobody"), UTC)
    assert list(none.columns) == list(full.columns)


@pytest.mark.parametrize("name", SUMMARIES)
def test_counts_are_calls_that_can_be_opened_or_said_why_not(name, cursor):
    """A column named ``n_…`` counts calls: it opens them."""
    summary = SUMMARIES[name]
    table = summary(cursor, Filter(), UTC)
    counts = {str(column) for column in table.columns if str(column).startswith("n_")}
    assert counts - set(summary.opens) <= NOT_OPENED.get(name, set())


# Statuses that the filter cannot name together.
NOT_OPENED = {"effort_summary": {"n_other_without_score"}}
