"""Rows as files that no spreadsheet runs."""

from __future__ import annotations

import csv
import io
import json
from zoneinfo import ZoneInfo

import pandas as pd
import pyarrow.parquet as pq
import pytest

from explorer.analysis.export import FORMATS, to_csv, to_json_lines, write_export
from explorer.analysis.filters import Filter
from explorer.analysis.frame import calls_frame
from explorer.api.models import read_analysis
from explorer.errors import InvalidFilterError


def frame(**call: object) -> pd.DataFrame:
    return calls_frame(
        [read_analysis({"id": "a", "created": 60, "status": "failed", "call": call})]
    )


def cells(table: pd.DataFrame) -> dict[str, str]:
    return next(csv.DictReader(io.StringIO(to_csv(table).decode("utf-8-sig"), newline="")))


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1", "-1", "@SUM(A1)", "\t1", "\r=1", "\n=1", " =1", "  @x", "＝1", "＋1", "－1", "＠1",
     "\u00a0=1", "\u3000=1", "\u200b=1", "\ufeff=1", "\v=1", "=cmd|'/c'!A0", "﹦1", "⁼1"],
    ids=ascii,
)  # fmt: skip
def test_cell_is_text_when_a_spreadsheet_would_run_it(text):
    assert cells(frame(agent_id=text))["agent_id"] == f"'{text}"


@pytest.mark.parametrize(
    "text", ["agent_001", "a=b", "a@b.c", "1-2", "'quoted", 'a"b', "a,b", "a\nb", "通話", "#N/A"], ids=ascii
)  # fmt: skip
def test_cell_stays_as_it_is_when_harmless(text):
    assert cells(frame(agent_id=text))["agent_id"] == text


def test_numbers_and_times_stay_plain_when_written():
    row = cells(frame(duration_seconds=-3.5))
    assert row["duration_s"] == "-3.5"
    assert row["created_at"] == "1970-01-01T00:01:00Z"
    assert row["customer_effort_score"] == row["n_flagged"] == row["error_message"] == ""


def test_header_is_safe_when_a_column_has_a_hostile_name():
    table = pd.DataFrame({"=cmd()": ["x"]})
    assert to_csv(table).decode("utf-8-sig").startswith("'=cmd()")


@pytest.mark.parametrize("write", [to_csv, to_json_lines], ids=["csv", "jsonl"])
def test_table_is_left_alone_when_written(write):
    table = frame(agent_id="=1")
    before = table.copy(deep=True)
    write(table)
    pd.testing.assert_frame_equal(table, before)


def test_files_hold_columns_only_when_there_are_no_rows():
    none = calls_frame([])
    assert to_csv(none).decode("utf-8-sig").splitlines() == [",".join(none.columns)]
    assert to_json_lines(none).strip() == b""


def test_json_lines_hold_null_and_numbers_when_written():
    row = json.loads(to_json_lines(frame(agent_id="=1", duration_seconds=2)))
    assert row["agent_id"] == "=1"
    assert row["duration_s"] == 2.0
    assert row["created_at"] == "1970-01-01T00:01:00Z"
    assert row["customer_effort_score"] is row["n_flagged"] is row["livemode"] is None


def test_file_opens_in_a_spreadsheet_when_names_are_in_other_scripts():
    assert to_csv(frame(agent_id="通話")).startswith(b"\xef\xbb\xbf")


UTC = ZoneInfo("UTC")
THREE = [
    {"id": "c", "created": 30, "status": "failed", "call": {"agent_id": "=1"}},
    {"id": "b", "created": 20, "status": "completed"},
    {"id": "a", "created": 10, "status": "failed"},
]


def written(cursor, calls: Filter, form: str) -> bytes:
    with write_export(cursor, calls, UTC, form) as file:
        return file.read()


@pytest.mark.parametrize(
    ("calls", "expected"),
    [
        pytest.param(Filter(), "cba", id="all"),
        pytest.param(Filter("failed"), "ca", id="filtered"),
        pytest.param(Filter(sort="oldest"), "abc", id="sorted"),
        pytest.param(Filter(agent_id="nobody"), "", id="none"),
    ],
)
def test_export_holds_the_matching_calls_when_written(calls, expected, mirror_of):
    cursor = mirror_of(THREE)
    table = written(cursor, calls, "csv").decode("utf-8-sig")
    assert "".join(row["id"] for row in csv.DictReader(io.StringIO(table, newline=""))) == expected
    assert table.startswith("id,created_at,status,")
    lines = written(cursor, calls, "jsonl").splitlines()
    assert "".join(json.loads(line)["id"] for line in lines if line) == expected
    parquet = pq.read_table(io.BytesIO(written(cursor, calls, "parquet")))
    assert "".join(parquet["id"].to_pylist()) == expected
    assert parquet.schema.names == list(calls_frame([]).columns)


@pytest.mark.parametrize("form", FORMATS)
def test_export_goes_to_a_file_when_one_is_given(form, mirror_of, tmp_path):
    cursor = mirror_of(THREE)
    path = tmp_path / f"calls.{FORMATS[form].suffix}"
    with path.open("wb") as file:
        assert write_export(cursor, Filter(), UTC, form, file) is file
    assert path.read_bytes() == written(cursor, Filter(), form)


def test_export_has_inert_cells_in_csv_only_when_written(mirror_of):
    cursor = mirror_of(THREE)
    assert b",'=1," in written(cursor, Filter(), "csv")
    assert b'"agent_id":"=1"' in written(cursor, Filter(), "jsonl")
    table = pq.read_table(io.BytesIO(written(cursor, Filter(), "parquet")))
    assert table["agent_id"].to_pylist() == ["=1", None, None]


def test_export_is_refused_when_the_range_ends_before_it_starts(mirror_of):
    with pytest.raises(InvalidFilterError, match="Swap them"):
        write_export(mirror_of(THREE), Filter(since="1h", until="2h"), UTC, "csv")
