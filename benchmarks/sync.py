"""The first sync against the naive loop and against reading bytes: ``python -m benchmarks.sync``.

Each way reads a whole account from a sandbox in another process, in a process of its own, once
with few and once with ten times as many analyses; CPU a record is the slope between the two, so
that imports and start-up do not count. Memory is the peak of the process. The ways take turns in
every round, and ratios are of one round, so that they bear what else the machine does.

httpx asks for compressed answers by default; the explorer does not on loopback, so both ways to
compare with are also measured without compression.
"""

from __future__ import annotations

import json
import subprocess
import sys
from statistics import median

from benchmarks.measuring import ROOT, SandboxProcess, clean_environment, report, sandbox_process

FEW, MANY = 2_000, 20_000
ROUNDS = 3

BYTES = """
import httpx
with httpx.Client(headers={"X-API-Key": key}, timeout=60) as http:
    offset, total = 0, 1
    while offset < total:
        with http.stream("GET", f"{base_url}/analysis/", params={"limit": 1000, "offset": offset}) as answer:
            tail = b""
            for chunk in answer.iter_bytes():
                tail = (tail + chunk)[-200:]
        total = int(tail.rsplit(b'"total":', 1)[1].split(b",")[0].strip(b"} \\n"))
        offset += 1000
"""
NAIVE = """
import httpx, pandas
found, offset = [], 0
with httpx.Client(headers={"X-API-Key": key}, timeout=60) as http:
    while True:
        page = http.get(f"{base_url}/analysis/", params={"limit": 100, "offset": offset}).json()
        found.extend(page["data"])
        if not page["has_more"]:
            break
        offset += 100
frame = pandas.json_normalize(found)
"""
SYNC = """
import tempfile, pathlib
from explorer import Client, Mirror
with tempfile.TemporaryDirectory() as folder:
    with Client(base_url, api_key=key) as client:
        with Mirror.open(client, pathlib.Path(folder) / "mirror.duckdb") as mirror:
            report = mirror.sync()
            assert report.complete, report
        disk = (pathlib.Path(folder) / "mirror.duckdb").stat().st_size
"""
PLAIN = '"X-API-Key": key, "Accept-Encoding": "identity"'
WAYS = {
    "bytes only": BYTES,
    "naive loop": NAIVE,
    "first sync": SYNC,
    "bytes only, uncompressed": BYTES.replace('"X-API-Key": key', PLAIN),
    "naive loop, uncompressed": NAIVE.replace('"X-API-Key": key', PLAIN),
}
Pair = tuple[dict[str, float], dict[str, float]]
"""What a way took for few and for many."""
Round = dict[str, Pair]
_WRAPPED = """
import json, resource, sys, time
base_url, key = sys.argv[1:]
disk = 0
{body}
used = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps({{"cpu_s": used.ru_utime + used.ru_stime, "peak_mb": used.ru_maxrss / 1024, "disk": disk}}))
"""


def main() -> None:
    """Measure, print and write the result."""
    with (
        sandbox_process("--analyses", str(FEW)) as few,
        sandbox_process("--analyses", str(MANY)) as many,
    ):
        rounds = [
            {way: (_run(body, few), _run(body, many)) for way, body in WAYS.items()}
            for _ in range(ROUNDS)
        ]
    rows = {way: _figures(way, rounds) for way in WAYS}
    disk = rounds[0]["first sync"][1]["disk"] / MANY
    rows["first sync"]["disk B"] = round(disk)
    report("sync", f"Reading {MANY:,} analyses (slope from {FEW:,})", rows, rounds=ROUNDS)


def _figures(way: str, rounds: list[Round]) -> dict[str, float]:
    few = median(found[way][0]["peak_mb"] for found in rounds)
    many = median(found[way][1]["peak_mb"] for found in rounds)
    return {
        "µs a record": round(median(_slope(found[way]) for found in rounds), 1),
        "of naive": round(median(_ratio(found, way, "naive loop") for found in rounds), 3),
        "of bytes": round(median(_ratio(found, way, "bytes only") for found in rounds), 2),
        "peak MB few": round(few, 1),
        "peak MB many": round(many, 1),
        "memory": round(many / few, 3),
    }


def _slope(pair: Pair) -> float:
    few, many = pair
    return (many["cpu_s"] - few["cpu_s"]) / (MANY - FEW) * 1e6


def _ratio(found: Round, way: str, other: str) -> float:
    return _slope(found[way]) / _slope(found[other])


def _run(body: str, sandbox: SandboxProcess) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-c", _WRAPPED.format(body=body), sandbox.base_url, sandbox.key],
        cwd=ROOT,
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    measured: dict[str, float] = json.loads(done.stdout)
    return measured


if __name__ == "__main__":
    main()
