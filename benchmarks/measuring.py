"""What the benchmarks share: processes to measure against, the machine, tables and result files."""

from __future__ import annotations

import json
import os
import platform
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

import httpx

ROOT = Path(__file__).resolve().parent.parent
RESULTS = Path(__file__).resolve().parent / "results"
START_TIMEOUT_S = 60
_OWN_SETTINGS = ("CALLCOV_", "EXPLORER_", "STREAMLIT_")


@dataclass(frozen=True)
class SandboxProcess:
    """A sandbox of its own process, so that its work is not counted with the client's."""

    base_url: str
    key: str


@contextmanager
def sandbox_process(*arguments: str) -> Iterator[SandboxProcess]:
    """``python -m explorer sandbox`` on a free port, without rate limit."""
    command = [sys.executable, "-m", "explorer", "sandbox", "--port", "0", "--rate-limit", "0"]
    with subprocess.Popen(
        [*command, *arguments], cwd=ROOT, env=clean_environment(), stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            said = dict(re.findall(r"(\w+)=(\S+)", process.stdout.readline()))
            yield SandboxProcess(said["base_url"], said["key"])
        finally:
            process.terminate()


@dataclass(frozen=True)
class AppProcess:
    """`streamlit run` with its agent API, and when it was started (`time.perf_counter`)."""

    url: str
    started_at: float


@contextmanager
def app_process(script: Path | None = None, **environment: str) -> Iterator[AppProcess]:
    """The app on a free port, as soon as its server answers; settings as environment variables.

    `script` runs another one in its place.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with (
        tempfile.TemporaryDirectory() as store,
        _started_app(script, port, {"EXPLORER_STORE": store} | environment) as app,
    ):
        yield app


@contextmanager
def _started_app(
    script: Path | None, port: int, environment: Mapping[str, str]
) -> Iterator[AppProcess]:
    started_at = time.perf_counter()
    with subprocess.Popen(
        [
            *(sys.executable, "-m", "streamlit", "run", *([str(script)] if script else [])),
            "--server.headless=true",
            *(f"--server.port={port}", "--server.enableAgentApi=true"),
        ],
        cwd=ROOT,
        env=clean_environment() | dict(environment),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            url = f"http://127.0.0.1:{port}"
            _wait_until_healthy(url, process)
            yield AppProcess(url, started_at)
        finally:
            process.terminate()
            process.wait(10)


def clean_environment() -> dict[str, str]:
    """This process's environment without the settings of the explorer and of Streamlit."""
    return {k: v for k, v in os.environ.items() if not k.startswith(_OWN_SETTINGS)}


class Session:
    """One viewer of a running app, driven over HTTP."""

    def __init__(self, app: AppProcess) -> None:
        self._http = httpx.Client(base_url=app.url, timeout=60)
        self._id: str | None = None

    def act(self, **what: Any) -> dict[str, Any]:
        """Send a change, wait until the page is done, and return its tree of elements."""
        known = {"session_id": self._id} if self._id else {}
        answer = self._http.post("/_stcore/agent/interact", json=known | what)
        answer.raise_for_status()
        page: dict[str, Any] = answer.json()
        assert page.get("status") == "ready", f"the page did not get ready: {str(page)[:500]}"
        self._id = page["session_id"]
        return page


def elements(tree: dict[str, Any], kind: str) -> Iterator[dict[str, Any]]:
    """Every element of one type in a page's tree."""
    if tree.get("type") == kind:
        yield tree
    for child in tree.get("children", ()):
        yield from elements(child, kind)


def timed(seconds: Sequence[float]) -> dict[str, float]:
    """Median, fastest and slowest of several times, in milliseconds."""
    return {
        "median_ms": round(median(seconds) * 1000, 2),
        "fastest_ms": round(min(seconds) * 1000, 2),
        "slowest_ms": round(max(seconds) * 1000, 2),
        "n": len(seconds),
    }


def report(name: str, title: str, rows: Mapping[str, Mapping[str, float]], **more: Any) -> None:
    """Print the rows as a table and write them to ``benchmarks/results/NAME.json``."""
    columns = list(dict.fromkeys(column for row in rows.values() for column in row))
    width = max(map(len, rows))
    print(f"\n{title}")
    print(" " * width, *(f"{column:>14}" for column in columns))
    for label, row in rows.items():
        cells = (f"{row[c]:>14,.5g}" if c in row else f"{'–':>14}" for c in columns)
        print(f"{label:<{width}}", *cells)
    RESULTS.mkdir(exist_ok=True)
    result = {"benchmark": name, "title": title, "rows": rows, **more, **_circumstances()}
    path = RESULTS / f"{name}.json"
    path.write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"written: {path.relative_to(ROOT)}")


def _circumstances() -> dict[str, Any]:
    required = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    names = re.findall(r"^([A-Za-z0-9_.-]+)==", required, re.MULTILINE)
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {
            "cores": os.cpu_count(),
            "processor": _processor(),
            "system": f"{platform.system()} {platform.machine()}",
            "load_average": [round(load, 2) for load in os.getloadavg()],
        },
        "versions": {"python": platform.python_version()} | {n: version(n) for n in names},
    }


def _processor() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor()
    found = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
    return found[1] if found else platform.processor()


def _wait_until_healthy(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        assert process.poll() is None, "the app ended before it answered"
        try:
            if httpx.get(f"{url}/_stcore/health", timeout=2).text == "ok":
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.02)
    raise TimeoutError(f"the app did not answer within {START_TIMEOUT_S} s")
