"""The founding document's own examples, run against the sandbox, beside what this project shows.

`founding_document.txt` is a copy of the page the project is built on. Only the address and the
key in its examples are changed. The copy has lost the indentation of its Python, and line breaks
around its curl commands: `INDENTATION` and `LOST_LINE_BREAKS` are all that is put back.
"""

from __future__ import annotations

import contextlib
import io
import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import streamlit as st
from streamlit.testing.v1 import AppTest

from explorer import Client, Filter, Mirror, calls_frame
from explorer.analysis import queries
from explorer.api import read_list
from explorer.sandbox import (
    PLAIN_KEY,
    SANDBOX_KEY,
    Filters as SandboxFilters,
    MemoryAccount,
    Sandbox,
)
from tests.conftest import RunningSandbox, serving

ROOT = Path(__file__).parents[2]
DOCUMENT = Path(__file__).with_name("founding_document.txt").read_text(encoding="utf-8")
ITS_ADDRESS = "https://api.callcov.com/api/v1"
ITS_KEY = "sk_live_abc123..."
# The account's last moment: with it and the sandbox's seed every figure below is fixed.
NOW = 1_790_000_000

# Title of an example, and the depth of each of its lines.
INDENTATION = {
    "Basic Pagination": "0000011000110",
    "Iterate Through All Pages": "00111111111111112232222321001100",
    "Get Recent Completed Analyses": "000011000111",
    "Get All Analyses for Agent": "011112211100",
    "Search Across Analyses": "00100",
    "Get Failed Analyses for Debugging": "01100011",
    "Dashboard: Show Recent Activity": "000",
    "Analytics: Calculate Average Quality Score": "0011000111000",
    "Agent Performance Report": "001100000010000",
}
LOST_LINE_BREAKS = (
    ('curl "', '\ncurl "'),
    ("\\-H ", "\\\n-H "),
    ('"Filtering Examples', '"\nFiltering Examples'),
)
# What its JSON leaves out.
LEFT_OUT = (("[...]", "[]"), ("{...}", "{}"))


def repaired() -> str:
    text = DOCUMENT
    for found, meant in LOST_LINE_BREAKS:
        assert found in text
        text = text.replace(found, meant)
    return text


def example(title: str) -> str:
    lines = DOCUMENT.split("\n")
    depths = INDENTATION[title]
    start = lines.index(title) + 1
    body = lines[start : start + len(depths)]
    return "\n".join("    " * int(n) + line for n, line in zip(depths, body, strict=True))


def section(start: str, end: str) -> str:
    return DOCUMENT.split(f"\n{start}\n")[1].split(f"\n{end}\n")[0]


def curl_commands() -> dict[str, list[str]]:
    """Words of each command, by the comment above it."""
    lines = repaired().replace("\\\n", "").split("\n")
    return {
        lines[place - 1].removeprefix("# "): shlex.split(line)
        for place, line in enumerate(lines)
        if line.startswith("curl ")
    }


class Reader:
    """Runs the document's examples one after the other, as its reader would in one session."""

    def __init__(self, place: RunningSandbox, key: str) -> None:
        self.place, self.key = place, key
        self.names: dict[str, Any] = {}
        self.run("Basic Pagination")  # later examples use its names

    def mine(self, text: str) -> str:
        return text.replace(ITS_ADDRESS, self.place.base_url).replace(ITS_KEY, self.key)

    def run(self, title: str) -> str:
        """Runs one example; what it printed."""
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            exec(compile(self.mine(example(title)), title, "exec"), self.names)
        return said.getvalue()

    def curl(self, words: list[str]) -> dict[str, Any]:
        """The answer to a curl command: curl's where it is installed, otherwise the same request."""
        words = [self.mine(word) for word in words]
        assert words[0] == "curl"
        if shutil.which("curl"):
            done = subprocess.run([*words, "--silent", "--fail"], capture_output=True, timeout=20)
            assert done.returncode == 0, done.stderr
            answer: dict[str, Any] = json.loads(done.stdout)
            return answer
        url, option, header = words[1:]
        assert option == "-H"
        name, _, value = header.partition(": ")
        return dict(requests.get(url, headers={name: value}, timeout=20).json())


@pytest.fixture(scope="module")
def place() -> Iterator[RunningSandbox]:
    sandbox = Sandbox(analyses=1800, now=NOW, rate_limit=0)
    with serving(sandbox.app()) as origin:
        yield RunningSandbox(sandbox, f"{origin}/api/v1")


def effort_of(client: Client, calls: Filter) -> dict[str, float | int]:
    """What the pages say of effort: from a mirror of the account."""
    with Mirror.open(client) as mirror:
        assert mirror.sync().complete
        (found,) = queries.effort_summary(mirror, calls).to_dict("records")
        return found


@pytest.fixture
def plain(place: RunningSandbox) -> Iterator[tuple[Reader, Client, list[dict[str, Any]]]]:
    """A reader, our client, and the truth: the plain account's records."""
    records, _ = place.sandbox.accounts[PLAIN_KEY].page(SandboxFilters(), 1000, 0)
    with Client(place.base_url, api_key=PLAIN_KEY) as client:
        yield Reader(place, PLAIN_KEY), client, records


def with_status(records: list[dict[str, Any]], status: str) -> list[dict[str, Any]]:
    return [record for record in records if record["status"] == status]


def test_every_python_line_of_the_document_is_in_an_example() -> None:
    ran = "\n".join(example(title) for title in INDENTATION)
    for line in DOCUMENT.split("\n"):
        if "requests.get(" in line or line.startswith(("print(", "def ", "for ")):
            assert line in ran


def test_paging_and_recent_activity(plain) -> None:
    reader, client, records = plain
    second = reader.names["response"].json()["data"]
    assert [one["id"] for one in second] == [record["id"] for record in records[100:200]]
    assert [one.id for one in client.list(limit=100, offset=100).data] == [o["id"] for o in second]
    reader.run("Dashboard: Show Recent Activity")
    recent = [one["id"] for one in reader.names["recent"]]
    assert recent == [one.id for one in client.list(limit=20).data]


def test_all_pages(plain) -> None:
    reader, client, records = plain
    said = reader.run("Iterate Through All Pages")
    completed = with_status(records, "completed")
    assert said == f"Total completed analyses: {len(completed)}\n"
    theirs = [one["id"] for one in reader.names["completed_analyses"]]
    assert theirs == [one.id for one in client.iterate(status_filter="completed")]
    assert len(theirs) == client.count(status_filter="completed")


def test_recent_completed_analyses(plain) -> None:
    reader, client, _ = plain
    said = reader.run("Get Recent Completed Analyses").splitlines()
    ours = calls_frame(client.list(status_filter="completed", limit=10).data)
    assert said == [
        f"{call.contact_id}: CES={call.customer_effort_score:g}/5, Greeting={call.greeting_present}"
        for call in ours.itertuples()
    ]
    assert len(said) == 10


def test_one_agent(plain) -> None:
    reader, client, records = plain
    said = reader.run("Get All Analyses for Agent")
    own = [record for record in records if record["call"]["agent_id"] == "agent_001"]
    assert said == f"Agent agent_001 has {len(own)} total analyses\n"
    assert client.count(agent_id="agent_001") == len(own) > 20


def test_search(plain) -> None:
    reader, client, records = plain
    reader.run("Search Across Analyses")
    answer = reader.names["response"].json()
    found = [
        record["id"]
        for record in records
        if "customer_123" in record["call"]["agent_id"] + "\n" + record["call"]["contact_id"]
    ]
    # without a limit it is the newest 100 of them
    assert [one["id"] for one in answer["data"]] == found[:100]
    assert client.count(search="customer_123") == answer["total"] == len(found)


def test_failed_analyses(plain) -> None:
    reader, client, records = plain
    said = reader.run("Get Failed Analyses for Debugging")
    failed = with_status(records, "failed")
    assert said == "".join(
        f"Analysis {record['id']} failed: {record['metadata']['error_message']}\n"
        for record in failed
    )
    assert [one.id for one in client.list(status_filter="failed").data] == [o["id"] for o in failed]


def test_the_agent_report(plain) -> None:
    reader, client, records = plain
    said = reader.run("Agent Performance Report")
    agent = Filter(agent_id="agent_001", status_filter="completed")
    ours = calls_frame(client.iterate(**agent.api_parameters))
    effort = effort_of(client, agent)
    flagged = ours["flagged_checks"].str.contains("identity_verification")
    assert said.splitlines() == [
        "Agent agent_001 Report:",
        f" Total calls: {len(ours)}",
        f" Avg customer effort: {effort['mean_effort']:.2f}/5",
        f" Compliance rate: {1 - flagged.mean():.1%}",
    ]
    assert effort["n_scored"] == len(ours) == reader.names["total_calls"]
    own = [r for r in with_status(records, "completed") if r["call"]["agent_id"] == "agent_001"]
    assert len(ours) == len(own)


def average_of(reader: Reader) -> str:
    reader.run("Iterate Through All Pages")
    return reader.run("Analytics: Calculate Average Quality Score")


def test_the_average_where_every_completed_analysis_is_scored(plain) -> None:
    reader, client, _ = plain
    ours = effort_of(client, Filter(status_filter="completed"))
    assert average_of(reader) == (f"Average customer effort score: {ours['mean_effort']:.2f}/5\n")
    assert ours["n_completed_without_score"] == 0


def test_the_average_of_the_document_divides_by_the_unscored_too(place: RunningSandbox) -> None:
    """The figures are the README's: the plain account, results taken from every tenth."""
    records, _ = place.sandbox.accounts[PLAIN_KEY].page(SandboxFilters(), 1000, 0)
    completed = with_status(records, "completed")
    without = {record["id"] for record in completed[::10]}
    place.sandbox.accounts["sk_test_gaps"] = MemoryAccount(
        record | ({"results": None} if record["id"] in without else {}) for record in records
    )
    theirs = average_of(Reader(place, "sk_test_gaps"))
    with Client(place.base_url, api_key="sk_test_gaps") as client:
        ours = effort_of(client, Filter())
    assert len(completed) == 573
    assert ours["n_scored"] == 515
    assert ours["n_completed_without_score"] == len(without) == 58
    assert theirs == "Average customer effort score: 1.71/5\n"
    assert f"{ours['mean_effort']:.2f}" == "1.91"
    right = sum(
        record["results"]["coaching"]["customer_effort_score"]
        for record in completed
        if record["id"] not in without
    ) / (573 - 58)
    assert ours["mean_effort"] == pytest.approx(right)


def test_where_results_are_missing_the_examples_crash_and_ours_answer(
    place: RunningSandbox,
) -> None:
    reader = Reader(place, SANDBOX_KEY)
    reader.run("Iterate Through All Pages")
    with pytest.raises(TypeError, match="unsupported operand"):  # a score is null
        reader.run("Analytics: Calculate Average Quality Score")
    with pytest.raises(TypeError, match="not subscriptable"):  # results are null
        reader.run("Agent Performance Report")
    # without a limit the report would be about 100 of the agent's calls, not about all
    assert reader.names["total_calls"] == 100
    with Client(place.base_url, api_key=SANDBOX_KEY) as client:
        calls = calls_frame(client.iterate(status_filter="completed"))
        assert len(calls) == len(reader.names["completed_analyses"])
        everyone = effort_of(client, Filter(status_filter="completed"))
        of_agent = effort_of(client, Filter(status_filter="completed", agent_id="agent_001"))
        agent = calls[calls["agent_id"] == "agent_001"]
        assert len(agent) == client.count(agent_id="agent_001", status_filter="completed") > 100
    scores = [
        one["results"]["coaching"]["customer_effort_score"]
        for one in reader.names["completed_analyses"]
        if one["results"]
    ]
    scored = [score for score in scores if score is not None]
    assert everyone["n_scored"] == len(scored) < len(scores) < len(calls)
    assert everyone["n_completed_without_score"] == len(calls) - len(scored)
    assert everyone["mean_effort"] == pytest.approx(sum(scored) / len(scored))
    assert 0 < of_agent["n_scored"] < of_agent["n_calls"] == len(agent)


@pytest.mark.parametrize(
    ("comment", "filters"),
    [
        ("Get all analyses", {}),
        ("Get only completed analyses", {"status_filter": "completed"}),
        ("Filter by agent", {"agent_id": "agent_001"}),
        ("Search with pagination", {"search": "customer", "limit": 50, "offset": 0}),
    ],
)
def test_curl(plain, comment: str, filters: dict[str, Any]) -> None:
    reader, client, _ = plain
    commands = curl_commands()
    assert len(commands) == 4
    answer = reader.curl(commands[comment])
    ours = client.list(**filters)
    assert answer["total"] == ours.total > 0
    assert [one["id"] for one in answer["data"]] == [one.id for one in ours.data]


@pytest.mark.parametrize(
    "query", [line for line in section("Filter Examples", "Response").split("\n") if line[0] == "?"]
)
def test_filter_examples(plain, query: str) -> None:
    _, client, _ = plain
    url = f"{client.base_url}/analysis/{query}"
    answer = requests.get(url, headers={"X-API-Key": PLAIN_KEY}, timeout=20).json()
    given = dict(part.split("=") for part in query[1:].split("&"))
    calls, refused = Filter.from_query(given)
    assert not refused
    assert calls.to_query() == {name: [value] for name, value in given.items() if name != "limit"}
    assert answer["total"] == client.count(**calls.api_parameters)


def test_errors_are_answered_as_written(plain) -> None:
    _, client, _ = plain
    url = f"{client.base_url}/analysis/"
    unauthorized = requests.get(url, headers={"X-API-Key": ITS_KEY}, timeout=20)
    assert unauthorized.status_code == 401
    written = section("Invalid or missing authentication:", "422 Validation Error")
    assert unauthorized.json() == json.loads(written)
    too_many = {"limit": 1001}
    refused = requests.get(url, headers={"X-API-Key": PLAIN_KEY}, params=too_many, timeout=20)
    assert refused.status_code == 422
    assert refused.json() == json.loads(section("Invalid parameter values:", "Common Use Cases"))


def test_the_answer_in_the_document_can_be_read() -> None:
    written = section("Success Response (200 OK)", "Response Fields")
    for left_out, value in LEFT_OUT:
        assert left_out in written
        written = written.replace(left_out, value)
    page = read_list(json.loads(written))
    assert (page.total, page.has_more, page.rejected) == (247, True, [])
    calls = calls_frame(page.data)
    assert list(calls["status"]) == ["completed", "processing"]
    assert list(calls["duration_s"]) == [125.5, 98.2]
    assert calls["customer_effort_score"].iloc[0] == 1
    assert calls["processing_time_s"].iloc[0] == 45.23


def opened(
    monkeypatch: pytest.MonkeyPatch,
    place: RunningSandbox,
    page: str = "overview",
    **query: str,
) -> AppTest:
    """A page of the app, of the plain account, opened at a URL with these parameters."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("CALLCOV_BASE_URL", place.base_url)
    monkeypatch.setenv("CALLCOV_API_KEY", PLAIN_KEY)
    st.cache_resource.clear()
    with Client() as client, Mirror.open(client) as mirror:
        mirror.sync()  # the app finds it there and need not be waited for
    app = AppTest.from_file(str(ROOT / "explorer" / "app.py"), default_timeout=30)
    for name, value in query.items():
        app.query_params[name] = value
    app.switch_page(str(ROOT / "pages" / f"{page}.py"))
    app.run()
    assert not app.exception
    return app


def test_the_pages_show_the_documents_figures(plain, monkeypatch: pytest.MonkeyPatch) -> None:
    reader, _, records = plain
    overview = opened(monkeypatch, reader.place)
    shown = {metric.label.split()[-1]: metric.value for metric in overview.metric}
    assert shown == {
        "status": f"{len(records):,}",
        "Processing": str(len(with_status(records, "processing"))),
        "Completed": str(len(with_status(records, "completed"))),
        "Failed": str(len(with_status(records, "failed"))),
    }
    average = average_of(reader).split()[-1].removesuffix("/5")
    scored = len(with_status(records, "completed"))
    said = [text.value for text in overview.markdown]
    meant = rf"Mean effort \*\*{average}\*\* of 5( \([^)]*\))? over {scored:,} scored"
    assert any(re.match(meant, text) for text in said), said

    report = {"agent_id": "agent_001", "status_filter": "completed"}
    overview = opened(monkeypatch, reader.place, **report)
    reader.run("Agent Performance Report")
    calls, effort = reader.names["total_calls"], reader.names["avg_effort"]
    said = [text.value for text in overview.markdown]
    meant = rf"Mean effort \*\*{effort:.2f}\*\* of 5( \([^)]*\))? over {calls} scored"
    assert any(re.match(meant, text) for text in said), said

    listed = opened(monkeypatch, reader.place, "calls", **report)
    said = [text.value for text in listed.markdown]
    assert any(text.startswith(f"**1–50 of {calls}**") for text in said), said
