"""Rows as files: CSV that no spreadsheet runs, JSON Lines, Parquet.

`to_csv` and `to_json_lines` make the rows on screen into bytes; `write_export` writes every
matching call of a mirror, however many, some thousand rows at a time.
"""

from __future__ import annotations

import tempfile
import unicodedata
from collections.abc import Iterator
from typing import IO, Any, NamedTuple
from zoneinfo import ZoneInfo

import pandas as pd

from explorer.analysis import queries
from explorer.analysis.filters import Filter

CHUNK = 20_000
"""Rows held in memory at a time while a whole export is written."""


class Format(NamedTuple):
    """How an export is called and what it is."""

    label: str
    suffix: str
    mime: str


FORMATS = {
    "csv": Format("CSV", "csv", "text/csv"),
    "jsonl": Format("JSON Lines", "jsonl", "application/x-ndjson"),
    "parquet": Format("Parquet", "parquet", "application/vnd.apache.parquet"),
}
_FORMULA_STARTS = ("=", "+", "-", "@")


def to_csv(calls: pd.DataFrame) -> bytes:
    """UTF-8 CSV with a header; times in ISO 8601, missing values empty.

    A text cell that a spreadsheet would run as a formula gets a leading apostrophe, which
    spreadsheets take as "this is text" and readers of the file can strip.
    """
    safe = calls.copy()
    for name in safe.columns:
        if isinstance(safe[name].dtype, pd.DatetimeTZDtype):
            safe[name] = _iso(safe[name])
        elif not pd.api.types.is_numeric_dtype(safe[name].dtype):
            safe[name] = safe[name].map(_inert, na_action="ignore")
    safe.columns = [_inert(name) for name in safe.columns]
    # CRLF also makes the writer quote a lone CR, which would begin a row of its own; the mark
    # lets spreadsheets read names in other scripts
    return safe.to_csv(index=False, lineterminator="\r\n").encode("utf-8-sig")


def to_json_lines(calls: pd.DataFrame) -> bytes:
    """One JSON object a line, UTF-8; times in ISO 8601, missing values null."""
    plain = calls.copy()
    for name in plain.columns:
        if isinstance(plain[name].dtype, pd.DatetimeTZDtype):
            plain[name] = _iso(plain[name])
    # 15 digits are the most pandas writes; its default of 10 would change numbers
    lines: str = plain.to_json(orient="records", lines=True, force_ascii=False, double_precision=15)
    return lines.encode()


def write_export(
    cursor: queries.Cursor,
    calls: Filter,
    zone: ZoneInfo,
    form: str,
    target: IO[bytes] | None = None,
) -> IO[bytes]:
    """Write every matching call of a mirror in the filter's order; the columns of `COLUMNS`.

    Parameters
    ----------
    form : a key of `FORMATS`.
    target : a binary file; a nameless temporary one by default.

    Returns
    -------
    The file; the temporary one at its start.
    """
    if target is not None:
        _write(cursor, calls, zone, form, target)
        return target
    file = tempfile.TemporaryFile()  # noqa: SIM115
    try:
        _write(cursor, calls, zone, form, file)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return file


def _write(
    cursor: queries.Cursor, calls: Filter, zone: ZoneInfo, form: str, file: IO[bytes]
) -> None:
    chunks = queries.calls_in_chunks(cursor, calls, zone, CHUNK)
    if form == "parquet":
        _write_parquet(chunks, file)
        return
    write = to_csv if form == "csv" else to_json_lines
    for n, rows in enumerate(chunks):
        text = write(rows)
        # later chunks repeat neither the mark nor the header
        file.write(text if n == 0 or form == "jsonl" else text.split(b"\r\n", 1)[1])


def _write_parquet(chunks: Iterator[pd.DataFrame], file: IO[bytes]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    first = next(chunks)
    table = pa.Table.from_pandas(first, preserve_index=False)
    with pq.ParquetWriter(file, table.schema, compression="zstd") as writer:
        writer.write_table(table)
        for rows in chunks:
            writer.write_table(
                pa.Table.from_pandas(rows, schema=table.schema, preserve_index=False)
            )


def _inert(value: object) -> object:
    if not isinstance(value, str) or not value:
        return value
    if value[0] in "\t\r\n" or _first_seen(value).startswith(_FORMULA_STARTS):
        return f"'{value}"
    return value


def _first_seen(text: str) -> str:
    """The first character that a spreadsheet does not skip, its full-width form as the plain one."""
    seen = next((c for c in text if unicodedata.category(c)[0] not in "CZ"), "")
    return unicodedata.normalize("NFKC", seen)


def _iso(times: pd.Series[Any]) -> pd.Series[Any]:
    text: pd.Series[Any] = times.dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    return text
