"""How often the failures page cries wolf: ``python -m benchmarks.false_alarms [accounts]``.

Accounts without stories: the sandbox's rhythm, agents, formats and reasons, in which failures come
at random. Reported is the share of accounts in which something was found that is not there. A
second row has the stories, to show that they are found.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from benchmarks.measuring import report
from explorer.analysis import queries
from explorer.analysis.filters import Filter
from explorer.analysis.statistics import SMALL_SAMPLE
from explorer.api.account import Account
from explorer.mirror.decode import decode_page
from explorer.mirror.store import Store
from explorer.sandbox.accounts import Filters
from explorer.sandbox.generated_account import GeneratedAccount
from explorer.sandbox.names import main_vocabulary

ACCOUNTS = 50
ANALYSES = 1000
PAGE = 1000
UTC = ZoneInfo("UTC")


@dataclass(frozen=True)
class Alarms:
    """What was found in one account."""

    outage: bool
    finding: bool
    state: bool
    stuck: bool


def main(accounts: int = ACCOUNTS) -> None:
    """Measure, print and write the result."""
    rows = {}
    for name, planted in (("without stories", False), ("with stories", True)):
        found = [_alarms(seed, planted) for seed in range(1, accounts + 1)]
        rows[name] = {
            kind: round(sum(getattr(one, kind) for one in found) / accounts, 3)
            for kind in Alarms.__dataclass_fields__
        }
    report(
        "false_alarms",
        "Share of accounts in which the failures page finds something",
        rows,
        accounts=accounts,
        analyses_an_account=ANALYSES,
    )


def _alarms(seed: int, planted: bool) -> Alarms:
    calls = Filter()
    with _mirrored(seed, planted) as store:
        cursor = store.cursor()
        reasons = queries.reasons(cursor, calls, UTC)
        frequent = reasons[reasons["n_calls"] >= SMALL_SAMPLE]["reason"]
        asked = [calls, *(calls.with_(reason=reason) for reason in frequent)]
        return Alarms(
            outage=len(queries.outages(cursor, calls, UTC)) > 0,
            finding=any(
                queries.failure_contrast(cursor, one, UTC)["stands_out"].any() for one in asked
            ),
            state=bool((reasons["state"] != "").any()),
            stuck=bool(queries.processing_now(cursor, calls, UTC)["n_stuck"].sum()),
        )


@contextmanager
def _mirrored(seed: int, planted: bool) -> Iterator[Store]:
    # as of now: what is stuck depends on the clock
    account = GeneratedAccount(
        seed=seed,
        analyses=ANALYSES,
        now=int(time.time()),
        vocabulary=main_vocabulary(seed, ANALYSES),
        with_stories=planted,
    )
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder) / "mirror.duckdb", Account("https://benchmark.invalid", "0"))
        for offset in range(0, ANALYSES, PAGE):
            page, total = account.page(Filters(), PAGE, offset)
            body = json.dumps({"data": page, "total": total, "has_more": False}).encode()
            with store.transaction() as cursor:
                store.upsert(cursor, decode_page(body).data)
        yield store
        store.close()


if __name__ == "__main__":
    main(*(int(accounts) for accounts in sys.argv[1:]))
