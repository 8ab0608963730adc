"""The client against the loop people write first: ``python -m benchmarks.client``.

Both read a whole account of 2,000 analyses from a sandbox in another process; CPU is this
process's. The loop asks for 100 a page, decodes with ``.json()`` and flattens with pandas'
``json_normalize``; ours asks for as much as the API gives, checks each record and copes with a
list that changes while it is read.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median
from typing import Any

import httpx
import pandas as pd

from benchmarks.measuring import SandboxProcess, report, sandbox_process
from explorer import Client, calls_frame

ANALYSES = 2000
ROUNDS = 7


def naive_records(sandbox: SandboxProcess) -> list[dict[str, Any]]:
    """All analyses by the loop of the API's documentation."""
    records: list[dict[str, Any]] = []
    with httpx.Client(headers={"X-API-Key": sandbox.key}, timeout=60) as http:
        offset = 0
        while True:
            answer = http.get(
                f"{sandbox.base_url}/analysis/", params={"limit": 100, "offset": offset}
            ).json()
            records.extend(answer["data"])
            if not answer["has_more"]:
                return records
            offset += 100


def naive_frame(sandbox: SandboxProcess) -> pd.DataFrame:
    """The loop's records as a table."""
    return pd.json_normalize(naive_records(sandbox))


def our_records(sandbox: SandboxProcess) -> list[Any]:
    """All analyses by `Client.iterate`."""
    with Client(sandbox.base_url, api_key=sandbox.key) as client:
        return list(client.iterate())


def our_frame(sandbox: SandboxProcess) -> pd.DataFrame:
    """`Client.iterate` as a table, one row at a time: no list of analyses is kept."""
    with Client(sandbox.base_url, api_key=sandbox.key) as client:
        return calls_frame(client.iterate())


WAYS: dict[str, Callable[[SandboxProcess], Any]] = {
    "loop, records": naive_records,
    "client.iterate": our_records,
    "loop + json_normalize": naive_frame,
    "calls_frame(iterate)": our_frame,
}
BASE = {"client.iterate": "loop, records", "calls_frame(iterate)": "loop + json_normalize"}


def main() -> None:
    """Measure, print and write; the ways take turns, so that all see the same machine."""
    cpu: dict[str, list[float]] = {name: [] for name in WAYS}
    wall: dict[str, list[float]] = {name: [] for name in WAYS}
    with sandbox_process("--analyses", str(ANALYSES)) as sandbox:
        for turn in range(ROUNDS + 1):
            for name, read in WAYS.items():
                started, cpu_started = time.perf_counter(), time.process_time()
                found = read(sandbox)
                took = time.perf_counter() - started
                cpu_took = time.process_time() - cpu_started
                assert len(found) == ANALYSES
                if turn:  # the first turn warms up
                    cpu[name].append(cpu_took)
                    wall[name].append(took)
    rows: dict[str, dict[str, float]] = {}
    for name in WAYS:
        rows[name] = {
            "cpu_us_a_record": round(median(cpu[name]) / ANALYSES * 1e6, 1),
            "seconds": round(median(wall[name]), 3),
        }
        if name in BASE:
            pairs = zip(cpu[name], cpu[BASE[name]], strict=True)
            rows[name]["cpu_ratio"] = round(median(ours / loop for ours, loop in pairs), 2)
    report("client", f"Reading {ANALYSES:,} analyses", rows, rounds=ROUNDS)


if __name__ == "__main__":
    main()
