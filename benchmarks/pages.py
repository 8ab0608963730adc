"""Each page over a mirror of a million analyses, on the server: ``python -m benchmarks.pages [rows]``.

The rows are some thousands of the sandbox's analyses, results and all, repeated at other times
and for other contacts, written straight to the store, newest first as a first sync does. A page
runs in Streamlit's own test runner, once with no table kept and again with what the first run
left; the median of several rounds.
"""

from __future__ import annotations

import os
import resource
import sys
import tempfile
import time
from statistics import median
from typing import Any

from benchmarks.measuring import ROOT, report, sandbox_process

ROWS = 1_000_000
BASE = 4_000
ROUNDS = 5
PAGES = (
    *("overview", "calls", "failures", "effort", "agents", "compliance", "verdicts", "contacts"),
    "data",
)


def main(rows: int = ROWS) -> None:
    """Measure, print and write the result."""
    with (
        tempfile.TemporaryDirectory() as folder,
        sandbox_process("--analyses", str(BASE)) as sandbox,
    ):
        os.environ |= {
            "EXPLORER_STORE": folder,
            "CALLCOV_BASE_URL": sandbox.base_url,
            "CALLCOV_API_KEY": sandbox.key,
        }
        _fill(rows)
        found = {page: _measure(page) for page in PAGES}
        report("pages", f"A page's run on the server, {rows:,} analyses", found, rounds=ROUNDS)


def _fill(rows: int) -> None:
    from explorer import Client, Mirror

    with Client() as client, Mirror.open(client) as mirror:
        assert mirror.sync().complete
        repeat(mirror._owned(), rows)


def repeat(store: Any, rows: int) -> None:
    """Fill a store that holds `BASE` analyses up to `rows`, in the order of a first sync."""
    with store.transaction() as cursor:
        cursor.execute("CREATE TEMP TABLE base AS SELECT * FROM calls")
        cursor.execute("DELETE FROM calls")
        columns = [row[0] for row in cursor.execute("DESCRIBE base").fetchall()]
        changed = {
            "id": "CASE WHEN n = 0 THEN id ELSE uuid()::VARCHAR END",
            "created": "moved",
            "contact_id": "contact_id || '-' || (n % 97)",
        }
        listed = ", ".join(changed.get(name, name) for name in columns)
        # another time of the same 120 days, so that days stay as full as in an account
        moved = "created - CASE WHEN n = 0 THEN 0 ELSE (hash(id, n) % 864000)::BIGINT END"
        oldest, newest = cursor.execute("SELECT min(created), max(created) FROM base").fetchone()
        # some days at once: to put a million results in order at once takes all memory
        for until in range(newest + 1, oldest - 864_000, -10 * 86_400):
            cursor.execute(
                f"INSERT INTO calls SELECT {listed} FROM ("
                f"SELECT *, {moved} AS moved FROM base, range({rows // BASE}) AS copy(n)) "
                f"WHERE moved < {until} AND moved >= {until - 10 * 86_400} ORDER BY moved DESC"
            )
        cursor.execute("DROP TABLE base")
        store.set_state(cursor, total=rows)


def _measure(page: str) -> dict[str, float]:
    from streamlit.testing.v1 import AppTest

    from explorer.mirror.keeper import Keeper
    from explorer.ui import mirrors

    Keeper.look = lambda self: None  # type: ignore[method-assign]  # the rows are no account's
    at = AppTest.from_file(str(ROOT / "explorer" / "app.py"), default_timeout=120)
    at.switch_page(f"../pages/{page}.py")
    at.run()
    first, again = [], []
    for _ in range(ROUNDS):
        mirrors._kept.clear()
        first.append(_run(at))
        again.append(_run(at))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {
        "first ms": round(median(spent for spent, _ in first)),
        "again ms": round(median(spent for spent, _ in again)),
        "first CPU ms": round(median(busy for _, busy in first)),
        "again CPU ms": round(median(busy for _, busy in again)),
        "peak MB so far": round(peak),
    }


def _run(at: Any) -> tuple[float, float]:
    """Milliseconds, and those of all processors, which do not count what else runs."""
    start, busy = time.perf_counter(), time.process_time()
    at.run()
    spent = (time.perf_counter() - start) * 1000, (time.process_time() - busy) * 1000
    assert not at.exception, at.exception
    return spent


if __name__ == "__main__":
    main(*(int(one) for one in sys.argv[1:]))
