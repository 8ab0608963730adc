"""What is downloaded is what is shown, and no spreadsheet runs it."""

from __future__ import annotations

import csv
import io
import json
from urllib.parse import quote

from tests.browser.conftest import Api, OpenWindow
from tests.conftest import RunningApp

FORMULA = "=HYPERLINK"


def formula_agent(api: Api) -> str:
    """The agent of the sandbox whose name a spreadsheet would run."""
    records = api.list(search=FORMULA, limit=1)["data"]
    return str(records[0]["call"]["agent_id"])


def test_csv_has_the_rows_shown_and_no_formula(
    explorer: RunningApp, open_window: OpenWindow, api: Api
) -> None:
    agent = formula_agent(api)
    assert agent.startswith("=")
    expected = api.list(agent_id=agent, limit=20)["data"]
    window = open_window(explorer).open(f"/calls?agent_id={quote(agent)}&limit=20")
    content = window.download("CSV").decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(content)))
    assert [row["id"] for row in rows] == [record["id"] for record in expected]
    assert [row["status"] for row in rows] == [record["status"] for record in expected]
    assert {row["agent_id"] for row in rows} == {f"'{agent}"}
    first_characters = {cell[0] for row in rows for cell in row.values() if cell}
    assert not first_characters & set("=+-@\t\r")
    assert "amazonaws" not in content
    assert "hooks." not in content


def test_json_lines_has_the_rows_shown_with_the_apis_values(
    explorer: RunningApp, open_window: OpenWindow, api: Api
) -> None:
    expected = api.list(status_filter="failed", limit=25, offset=25)["data"]
    window = open_window(explorer).open("/calls?status_filter=failed&limit=25&page=2")
    content = window.download("JSON Lines").decode()
    rows = [json.loads(line) for line in content.splitlines()]
    assert [(row["id"], row["agent_id"]) for row in rows] == [
        (record["id"], record["call"]["agent_id"]) for record in expected
    ]
    assert all(row["error_message"] for row in rows)
    assert "X-Amz-Signature=" not in content


def test_export_has_the_columns_that_were_chosen(
    explorer: RunningApp, open_window: OpenWindow
) -> None:
    window = open_window(explorer).open("/calls?status_filter=failed&limit=5")
    window.main.get_by_role("button", name="Columns", exact=True).click()
    window.page.get_by_role("button", name="Audio size").click()
    window.page.get_by_role("button", name="Contact").click()
    window.page.keyboard.press("Escape")
    window.settle()
    header = window.download("CSV").decode("utf-8-sig").splitlines()[0].split(",")
    assert "size_bytes" in header
    assert "contact_id" not in header
