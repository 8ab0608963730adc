"""Every query of a page over mirrors of growing size: ``python -m benchmarks.queries [rows …]``.

Every summary there is and the lists run over the sandbox's own analyses, results and all, repeated
(see `benchmarks.pages`), at 100 thousand and 1 million rows. With ``--ten-million`` some also run
over ten million rows without results, which are written straight to the store with the spread of
values a real account has. Each query runs on a cursor of its own, as in the app, with no table
kept; the median of several runs is reported.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

from benchmarks.measuring import report, sandbox_process
from benchmarks.pages import BASE, repeat
from explorer import Client, Filter, Mirror
from explorer.analysis import queries
from explorer.api.account import Account
from explorer.mirror import schema
from explorer.mirror.store import Store

SIZES = (100_000, 1_000_000)
TEN_MILLION = 10_000_000
RUNS = 5
SLOW_MS = 1000
"""A query that takes longer is asked once."""
ZONE = ZoneInfo("Europe/Berlin")
_ACCOUNT = Account("https://benchmark.invalid", "0")
NEWEST = 1_795_000_000
_VALUES = {
    "id": "uuid()::VARCHAR",
    "created": f"{NEWEST} - (i * 31_536_000 // $n)",
    "status": "CASE WHEN r < 0.06 THEN 'failed' WHEN r < 0.062 THEN 'processing' ELSE 'completed' END",
    "livemode": "true",
    "agent_id": "'agent_' || lpad((hash(i) % 40)::VARCHAR, 3, '0')",
    "contact_id": "'customer_' || (hash(i + 1) % greatest(400, $n // 50))",
    "duration_s": "30 + 600 * random()",
    "audio_format": "['wav', 'mp3', 'ogg', 'webm'][(1 + hash(i) % 4)::INTEGER]",
    "audio_duration_s": "30 + 600 * random()",
    "size_bytes": "1e6 * random()",
    "language": "'en'",
    "has_results": "r >= 0.07",
    "customer_effort_score": "CASE WHEN r >= 0.08 THEN floor(random() * 6) END",
    "greeting_present": "random() < 0.9",
    "n_flagged": "CASE WHEN r >= 0.07 THEN (r < 0.3)::INTEGER END",
    "flagged_checks": "CASE WHEN r < 0.07 THEN NULL WHEN r < 0.3 THEN ['mandatory_disclosures'] ELSE [] END",
    "processing_time_s": "5 + 60 * random()",
    "error_message": "CASE WHEN r < 0.06 THEN 'Transcription timed out after ' || (hash(i) % 900) || ' s' END",
    "error_mask": "CASE WHEN r < 0.06 THEN 'Reason ' || (hash(i) % 40) END",
    "results": "CASE WHEN r >= 0.07 THEN '{\"coaching\": {\"customer_effort_score\": ' || (hash(i) % 6) || '}}' END",
}
Query = Callable[[Any], object]
WITHOUT_RESULTS: dict[str, Query] = {
    "status_counts": lambda c: queries.status_counts(c, Filter(), ZONE),
    "effort_per_day": lambda c: queries.effort_per_day(c, Filter(), ZONE),
    "effort_summary": lambda c: queries.effort_summary(c, Filter(), ZONE),
    "failure_reasons": lambda c: queries.failure_reasons(c, Filter(), ZONE),
    "count, 30 days": lambda c: queries.count(c, _LAST_MONTH, ZONE),
    "page, 30 days": lambda c: queries.calls_page(c, _LAST_MONTH, ZONE, limit=50),
    "page, highest effort": lambda c: queries.calls_page(c, Filter(sort="effort"), ZONE, limit=50),
    "count, search": lambda c: queries.count(c, Filter(search="ER_12"), ZONE),
    "page, search": lambda c: queries.calls_page(
        c, Filter(search="ER_12", sort="oldest"), ZONE, limit=50
    ),
    "options": queries.options,
}
_LAST_MONTH = Filter(since="2026-10-15", until="2026-11-15")
_FAILED = Filter(status_filter="failed")
_ONE_AGENT = Filter(agent_id="agent_001")
LISTS: dict[str, Query] = {
    "count": lambda c: queries.count(c, Filter(), ZONE),
    "count, repeat calls": lambda c: queries.count(c, Filter(repeat=True), ZONE),
    "count, hidden": lambda c: queries.count(c, Filter(hidden=True), ZONE),
    "count, search": WITHOUT_RESULTS["count, search"],
    "page": lambda c: queries.calls_page(c, Filter(), ZONE, limit=50),
    "page, failed": lambda c: queries.calls_page(c, _FAILED, ZONE, limit=50),
    "page, highest effort": WITHOUT_RESULTS["page, highest effort"],
    "page, search": WITHOUT_RESULTS["page, search"],
    "options": queries.options,
    "ids": lambda c: queries.ids(c, _FAILED, ZONE),
    "contrast_totals": lambda c: queries.contrast_totals(c, Filter(), ZONE),
    "latest_failures": lambda c: queries.latest_failures(c, Filter(), ZONE, limit=5),
    "stuck_calls": lambda c: queries.stuck_calls(c, Filter(), ZONE, limit=100),
    "check_instances": lambda c: queries.check_instances(
        c, Filter(), ZONE, check="prohibited_phrases", limit=20
    ),
    "contradicting_calls": lambda c: queries.contradicting_calls(c, Filter(), ZONE, limit=50),
    "review_sample, one agent": lambda c: queries.review_sample(
        c, _ONE_AGENT, ZONE, seed=1, size=20
    ),
    "coaching_that_came_back, one agent": lambda c: queries.coaching_that_came_back(
        c, _ONE_AGENT, ZONE
    ),
}


def main(sizes: tuple[int, ...] = SIZES, *, ten_million: bool = False) -> None:
    """Measure, print and write the result."""
    rows: dict[str, dict[str, float]] = {}
    asked = _summaries() | LISTS
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder) / "base.duckdb"
        _sync(base)
        for n in sizes:
            path = Path(shutil.copy(base, Path(folder) / f"{n}.duckdb"))
            store = Store(path, _ACCOUNT)
            repeat(store, n)
            _measure(store, asked, f"{n:,} rows", rows)
        if ten_million:
            store = Store(Path(folder) / "ten_million.duckdb", _ACCOUNT)
            _fill(store, TEN_MILLION)
            title = f"{TEN_MILLION:,} rows without results"
            _measure(store, WITHOUT_RESULTS, title, rows)
    report("queries", "Queries of the pages over the mirror", rows, runs=RUNS)


def _summaries() -> dict[str, Query]:
    """Every summary there is, over all calls."""

    def asked(found: queries.Summary) -> Query:
        return lambda cursor: found(cursor, Filter(), ZONE)

    return {name: asked(found) for name, found in queries.SUMMARIES.items()}


def _sync(path: Path) -> None:
    """A mirror of `BASE` of the sandbox's analyses, as this benchmark's own account."""
    with sandbox_process("--analyses", str(BASE)) as sandbox:
        client = Client(base_url=sandbox.base_url, api_key=sandbox.key)
        with client, Mirror.open(client, path) as mirror:
            assert mirror.sync().complete
    with duckdb.connect(str(path)) as connection:
        account = [_ACCOUNT.base_url, _ACCOUNT.fingerprint]
        connection.execute("UPDATE state SET base_url = ?, fingerprint = ?", account)


def _measure(
    store: Store, asked: dict[str, Query], title: str, rows: dict[str, dict[str, float]]
) -> None:
    for name, query in asked.items():
        spent, busy = _median_ms(store, query)
        rows.setdefault(name, {})[f"{title}, ms"] = round(spent, 1)
        rows[name][f"{title}, CPU ms"] = round(busy, 1)
    store.close()


def _fill(store: Store, n: int) -> None:
    columns = ", ".join(f"{_VALUES.get(name, 'NULL')} AS {name}" for name in schema.NAMES)
    with store.transaction() as cursor:
        cursor.execute(
            f"INSERT INTO calls SELECT {columns} FROM (SELECT range AS i, random() AS r FROM range($n))",
            {"n": n},
        )


def _median_ms(store: Store, query: Query) -> tuple[float, float]:
    """Milliseconds, and those of all processors, which do not count what else runs."""
    found: list[tuple[float, float]] = []
    while len(found) < RUNS and (not found or found[-1][0] < SLOW_MS):
        cursor = store.cursor()
        before, busy = time.perf_counter(), time.process_time()
        query(cursor)
        found.append(((time.perf_counter() - before) * 1000, (time.process_time() - busy) * 1000))
    return median(spent for spent, _ in found), median(busy for _, busy in found)


if __name__ == "__main__":
    given = [one for one in sys.argv[1:] if one != "--ten-million"]
    main(tuple(int(one) for one in given) or SIZES, ten_million="--ten-million" in sys.argv)
