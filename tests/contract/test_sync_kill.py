"""A sync that is killed at any moment: nothing committed is lost, and the next one goes on.

The number of runs is KILL_RUNS (20 by default).
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from explorer.api import Client, RateBudget
from explorer.mirror.store import Store
from explorer.mirror.sync import Sync
from explorer.sandbox import Sandbox
from tests.conftest import ROOT, serving
from tests.drift import OPS, World, expected, status_of

KILL_RUNS = int(os.environ.get("KILL_RUNS", "20"))
KEY = "sk_test_kill"
PAGE_SIZE, HEAD_SIZE = 20, 5

# Prints how many rows and which of them are committed after every page, then syncs for ever.
DRIVER = f"""
import sys, time
from pathlib import Path
from explorer.api import Client
from explorer.errors import SyncError
from explorer.mirror.store import Store
from explorer.mirror.sync import Sync

client = Client(sys.argv[1], "{KEY}")
store = Store(Path(sys.argv[2]), client.account)

def tell(progress):
    ids = [row[0] for row in store.cursor().execute("SELECT id FROM calls").fetchall()]
    print(*ids, flush=True)

print("open", flush=True)
while True:
    Sync(client, store, page_size={PAGE_SIZE}, head_size={HEAD_SIZE}, on_progress=tell).run()
    time.sleep(0.02)
"""


class Drifting:
    """A sandbox account that changes all the time, until told to rest."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        steps = [
            (self.random.choice([0, 0, 1, 4]), self.random.choice(["completed", "processing"]))
            for _ in range(400)
        ]
        self.world = World(steps, seed)
        self.resting = threading.Event()
        self.deleted: set[object] = set()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def page(self, *arguments: object) -> object:
        return self.world.account.page(*arguments)  # type: ignore[arg-type]

    def retrieve(self, analysis_id: str) -> object:
        return self.world.account.retrieve(analysis_id)

    def start(self) -> None:
        self._thread.start()

    def rest(self) -> None:
        self.resting.set()
        self._thread.join(10)

    def _run(self) -> None:
        while not self.resting.wait(self.random.random() * 0.03):
            before = self.world.ids
            self.world.apply([(self.random.choice(OPS[:-1]), self.random.randrange(10_000))])
            self.deleted |= before - self.world.ids


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Sandbox, str]]:
    sandbox = Sandbox(analyses=0, rate_limit=0)
    with serving(sandbox.app()) as origin:
        yield sandbox, f"{origin}/api/v1"


def killed_after(seconds: float, url: str, path: Path) -> tuple[bool, set[str]]:
    """Run the driver and kill it: whether it had opened the mirror, and the last rows it told."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("CALLCOV_", "EXPLORER_"))}
    with subprocess.Popen(
        [sys.executable, "-c", DRIVER, url, str(path)],
        cwd=ROOT,
        env=clean,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        opened = process.stdout.readline() == "open\n"
        assert opened, process.stderr.read() if process.stderr else ""
        time.sleep(seconds)
        process.kill()
        said, problem = process.communicate()
    assert not problem, problem
    lines = said.splitlines(keepends=True)
    whole = [line for line in lines if line.endswith("\n")]
    return opened, set(whole[-1].split()) if whole else set()


@pytest.mark.parametrize("run", range(KILL_RUNS))
def test_killed_sync_loses_nothing_and_goes_on(run, served, tmp_path):
    sandbox, url = served
    drifting = Drifting(run)
    sandbox.accounts[KEY] = drifting  # type: ignore[assignment]
    drifting.start()
    path = tmp_path / "mirror" / "kill.duckdb"
    moments = random.Random(run)
    told: set[str] = set()
    try:
        for _ in range(moments.choice([1, 1, 2])):
            _, told = killed_after(moments.random() ** 2 * 0.6, url, path)
    finally:
        drifting.rest()
    with Client(url, KEY, budget=RateBudget()) as client:
        store = Store(path, client.account)
        try:
            ids = [row[0] for row in store.cursor().execute("SELECT id FROM calls").fetchall()]
            assert len(ids) == len(set(ids))
            assert told - set(ids) <= drifting.deleted, "a committed row is lost"
            report = Sync(client, store, page_size=PAGE_SIZE, head_size=HEAD_SIZE).run()
            assert report.complete
            assert store.state().whole
            rows = dict(store.cursor().execute("SELECT id, status FROM calls").fetchall())
            account = expected(drifting.world.account)
            assert rows.keys() == account.keys()
            n_failed = [
                list(of).count("failed") for of in (rows.values(), map(status_of, account.values()))
            ]
            assert n_failed[0] == n_failed[1]
            again = Sync(client, store, page_size=PAGE_SIZE, head_size=HEAD_SIZE).run()
            assert again.complete
            assert again.fetched <= report.fetched + PAGE_SIZE
            Sync(client, store, page_size=PAGE_SIZE).run(everything=True)
            found = store.cursor().execute("SELECT * FROM calls").fetchall()
            assert {row[0]: row for row in found} == {k: v.values for k, v in account.items()}
        finally:
            store.close()
