"""What the Overview says of an account's stories."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from explorer.sandbox.stories import Stories
from tests.app.harness import NOW, open_app, record, settle, words

DAY_S = 86_400


def at(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_outage_is_named_when_its_days_are_looked_at(serve):
    serve(analyses=2500)
    open_app()
    settle()
    stories = Stories.before(NOW)
    page = open_app("overview", since=at(stories.outage_start), until=at(stories.outage_end))
    told = words(page)
    rose = re.search(
        r"Failed analyses\*\* rose from ([\d.]+)% .* to ([\d.]+)% \((\d+) of (\d+)", told
    )
    assert rose, told
    assert float(rose[1]) < 20 < 50 < float(rose[2])
    assert "Failures for “Transcription backend unavailable" in told
    # the counts open their calls
    labels = [link.value for link in page.page_link]
    assert f"{rose[3]} calls now" in labels


def test_nothing_is_said_to_have_changed_when_nothing_has(serve):
    serve(analyses=2500)
    open_app()
    settle()
    stories = Stories.before(NOW)
    ends = stories.outage_start - 21 * DAY_S
    page = open_app("overview", since=at(ends - 14 * DAY_S), until=at(ends), agent_id="agent_001")
    assert "Nothing changed clearly" in words(page)


def test_too_few_calls_are_said_to_be_too_few_when_compared(serve):
    serve(record(1))
    open_app()
    settle()
    told = words(open_app("overview", since=at(NOW - 60), until=at(NOW)))
    assert "Too few calls to compare: 1 in this period, 0 in the one before." in told
    assert "Nothing changed clearly" not in told
    assert "Set Since for another period." in words(open_app())


def test_waiting_and_slow_ones_are_listed_when_there_are_any(serve):
    serve(analyses=2500)
    open_app()
    settle()
    told = words(open_app())
    assert "Longest in processing" in told
    assert "Slowest to process" in told
    assert "Longest in processing" not in words(open_app("overview", status_filter="failed"))
