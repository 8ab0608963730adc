"""Whatever is in the rows: files read back the same, and no cell is a formula."""

from __future__ import annotations

import csv
import io
import json
import unicodedata
from collections.abc import Iterator
from zoneinfo import ZoneInfo

import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings, strategies as st

from explorer.analysis import export
from explorer.analysis.dimensions import SORTS
from explorer.analysis.export import to_csv, to_json_lines, write_export
from explorer.analysis.filters import Filter
from explorer.analysis.frame import COLUMNS, calls_frame
from explorer.analysis.queries import calls_page
from explorer.api.account import Account
from explorer.api.models import read_analysis
from explorer.mirror.decode import row_of
from explorer.mirror.store import Store

TEXT = st.text(max_size=15) | st.sampled_from(["=", "+", "-", "@", "\t", "\r", "\n", "＝", " "]).flatmap(
    lambda start: st.text(max_size=6).map(lambda rest: start + rest)
)  # fmt: skip
NUMBERS = st.none() | st.floats(-1e6, 1e6)
ANALYSES = st.fixed_dictionaries(
    {
        "id": TEXT,
        "created": st.integers(0, 4_000_000_000),
        "status": TEXT,
        "livemode": st.none() | st.booleans(),
        "call": st.fixed_dictionaries(
            {"agent_id": st.none() | TEXT, "contact_id": TEXT, "duration_seconds": NUMBERS}
        ),
        "results": st.none()
        | st.fixed_dictionaries(
            {
                "coaching": st.fixed_dictionaries({"customer_effort_score": NUMBERS}),
                "compliance": st.dictionaries(
                    TEXT, st.fixed_dictionaries({"flagged": st.booleans()}), max_size=2
                ),
            }
        ),
    }
)
UTC = ZoneInfo("UTC")
FRAMES = st.lists(ANALYSES, max_size=5).map(lambda rows: calls_frame(map(read_analysis, rows)))


def starts_like_a_formula(cell: str) -> bool:
    # Spreadsheets skip spaces and invisible characters, and read full-width forms.
    shown = "".join(c for c in cell if unicodedata.category(c)[0] not in "CZ")
    return unicodedata.normalize("NFKC", shown[:1]).startswith(("=", "+", "-", "@"))


@settings(max_examples=120, deadline=None)
@given(FRAMES)
def test_csv_reads_back_the_same_and_is_inert_when_any_text_is_in_it(frame):
    text = to_csv(frame).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert rows[0] == list(frame.columns)
    assert len(rows) == len(frame) + 1
    for name, column in zip(frame.columns, zip(*rows[1:], strict=True), strict=False):
        if pd.api.types.is_numeric_dtype(frame[name].dtype) or name == "created_at":
            continue
        for cell, value in zip(column, frame[name], strict=True):
            assert not starts_like_a_formula(cell)
            whole = "" if pd.isna(value) else str(value)
            assert cell in (whole, f"'{whole}")
    again = pd.read_csv(io.StringIO(text, newline=""))
    for name in ("duration_s", "customer_effort_score"):
        assert again[name].fillna(-1e9).tolist() == frame[name].fillna(-1e9).tolist()


@settings(max_examples=100, deadline=None)
@given(FRAMES)
def test_json_lines_read_back_the_same_when_any_text_is_in_them(frame):
    lines = to_json_lines(frame).decode().split("\n")
    rows = [json.loads(line) for line in lines if line]
    assert len(rows) == len(frame)
    for row, (_, whole) in zip(rows, frame.iterrows(), strict=True):
        assert list(row) == list(frame.columns)
        for name, value in row.items():
            if name == "created_at":
                assert pd.Timestamp(value) == whole[name]
            elif value is None:
                assert pd.isna(whole[name])
            elif isinstance(value, float):
                assert value == pytest.approx(whole[name], rel=1e-12, abs=1e-12)
            else:
                assert value == whole[name]


@pytest.fixture(scope="module")
def store(tmp_path_factory) -> Iterator[Store]:
    found = Store(tmp_path_factory.mktemp("mirror") / "m.duckdb", Account("x", "y"))
    yield found
    found.close()


def fill(store: Store, records: list[dict]) -> None:
    with store.transaction() as cursor:
        cursor.execute("DELETE FROM calls")
        store.upsert(cursor, [row_of(read_analysis(record)) for record in records])


def written(store: Store, calls: Filter, form: str) -> bytes:
    with write_export(store.cursor(), calls, UTC, form) as file:
        return file.read()


@settings(max_examples=25, deadline=None)
@given(
    st.lists(ANALYSES, max_size=6, unique_by=lambda record: record["id"]),
    st.sampled_from(sorted(SORTS)),
)
def test_export_holds_the_rows_of_the_mirror_when_any_text_is_in_them(store, records, sort):
    fill(store, records)
    calls = Filter(sort=sort)
    expected = calls_page(store.cursor(), calls, UTC, limit=1000)
    assert written(store, calls, "csv") == to_csv(expected)
    lines = written(store, calls, "jsonl")
    assert lines.strip() == to_json_lines(expected).strip()
    table = pq.read_table(io.BytesIO(written(store, calls, "parquet"))).to_pandas()
    pd.testing.assert_frame_equal(table.astype(COLUMNS), expected)


N_ROWS = 5000


@pytest.fixture(scope="module")
def many(store) -> pd.DataFrame:
    """More rows than two of DuckDB's vectors of 2048, as the mirror holds them newest first."""
    texts = ["=1+1", 'a,"b"', "x\r\ny", "通話", "", None]
    fill(
        store,
        [
            {
                "id": f"an_{n}",
                "created": n // 3,
                "status": "failed" if n % 4 else "completed",
                # the first chunk has none of these: later ones must not change their columns' types
                "livemode": None if n > 2000 else bool(n % 2),
                "call": {"agent_id": texts[n % 6], "duration_seconds": n / 7 if n < 1500 else None},
                "results": {"compliance": {}} if n < 100 else None,
                "metadata": {"error_message": texts[n % 5] if n < 2500 else None},
            }
            for n in range(N_ROWS)
        ],
    )
    return calls_page(store.cursor(), Filter(), UTC, limit=10 * N_ROWS)


@pytest.mark.parametrize("calls", [Filter(), Filter("failed", sort="oldest")], ids=["all", "some"])
def test_export_equals_the_rows_when_it_is_written_in_many_chunks(calls, store, many, monkeypatch):
    monkeypatch.setattr(export, "CHUNK", 1)
    assert len(many) == N_ROWS
    assert len(list(export.queries.calls_in_chunks(store.cursor(), calls, UTC, 1))) > 1
    expected = many
    if calls != Filter():
        expected = many[many["status"] == "failed"].sort_values("created_at", kind="stable")
        expected = expected.reset_index(drop=True)

    table = written(store, calls, "csv")
    assert table == to_csv(expected)
    rows = list(csv.DictReader(io.StringIO(table.decode("utf-8-sig"), newline="")))
    assert [row["id"] for row in rows] == expected["id"].tolist()
    lines = written(store, calls, "jsonl")
    assert lines == to_json_lines(expected)
    assert [json.loads(line)["id"] for line in lines.splitlines()] == expected["id"].tolist()
    parquet = pq.ParquetFile(io.BytesIO(written(store, calls, "parquet")))
    assert parquet.num_row_groups > 1
    pd.testing.assert_frame_equal(parquet.read().to_pandas().astype(COLUMNS), expected)
