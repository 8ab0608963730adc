"""What tests share: a real sandbox on a real port, the real app as a process, a real Chromium."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import hypothesis
import pytest
import uvicorn

from explorer.sandbox import SANDBOX_KEY, Sandbox

ROOT = Path(__file__).resolve().parent.parent
# The same examples in every run, so that a failure is of the change at hand; where SYNC_EXAMPLES
# asks for more, new ones.
hypothesis.settings.register_profile("repeatable", derandomize=True)
if "SYNC_EXAMPLES" not in os.environ:
    hypothesis.settings.load_profile("repeatable")

_OWN_SETTINGS = ("CALLCOV_", "EXPLORER_", "STREAMLIT_")


@pytest.fixture(autouse=True)
def _no_settings_of_the_machine(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    for name in os.environ:
        if name.startswith(_OWN_SETTINGS):
            monkeypatch.delenv(name)
    # no test may write into the user's folder
    monkeypatch.setenv("EXPLORER_STORE", str(tmp_path_factory.getbasetemp() / "store"))


@contextmanager
def serving(app: Any) -> Iterator[str]:
    """An ASGI app on a free loopback port; gives ``http://127.0.0.1:PORT``."""
    # named protocol: asyncio turns off Nagle's delay (40 ms an answer) for such sockets only
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        deadline = time.monotonic() + 20
        while not server.started:
            assert time.monotonic() < deadline, "the server did not start"
            time.sleep(0.005)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)
        listening.close()


@dataclass
class RunningSandbox:
    """A sandbox and where it answers."""

    sandbox: Sandbox
    base_url: str
    key: str = SANDBOX_KEY


@pytest.fixture
def run_sandbox() -> Iterator[Callable[..., RunningSandbox]]:
    """Starts sandboxes with the arguments of `Sandbox`; no rate limit unless one is given."""
    opened: list[Any] = []

    def start(**arguments: Any) -> RunningSandbox:
        sandbox = Sandbox(**({"rate_limit": 0} | arguments))
        context = serving(sandbox.app())
        origin = context.__enter__()
        opened.append(context)
        return RunningSandbox(sandbox, f"{origin}/api/v1")

    yield start
    for context in opened:
        context.__exit__(None, None, None)


@pytest.fixture(scope="session")
def sandbox_2500() -> Iterator[RunningSandbox]:
    """The default account, without rate limit and with time standing still."""
    sandbox = Sandbox(rate_limit=0)
    with serving(sandbox.app()) as origin:
        yield RunningSandbox(sandbox, f"{origin}/api/v1")


@dataclass(frozen=True)
class Told:
    """The sandbox's default account at `now`, mirrored: its `records`, newest first, and `store`."""

    records: list[dict[str, Any]]
    store: Any
    now: int

    def cursor(self) -> Any:
        return self.store.cursor()


STORY_NOW = 1_795_521_600  # Tue 24 Nov 2026, 12:00 UTC


@pytest.fixture(scope="session")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    """The default account with its planted stories, which `explorer.sandbox.generator` tells."""
    from explorer.api.account import Account
    from explorer.mirror.decode import decode_page
    from explorer.mirror.store import Store
    from explorer.sandbox.accounts import Filters

    account = Sandbox(rate_limit=0, now=STORY_NOW).accounts[SANDBOX_KEY]
    records: list[dict[str, Any]] = []
    store = Store(tmp_path_factory.mktemp("told") / "mirror.duckdb", Account("x", "y"))
    while True:
        page, total = account.page(Filters(), 1000, len(records))
        records += page
        body = json.dumps({"data": page, "total": total, "has_more": False}).encode()
        with store.transaction() as cursor:
            store.upsert(cursor, decode_page(body).data)
        if len(records) >= total:
            break
    yield Told(records, store, STORY_NOW)
    store.close()


def hours_since_half_of(account: list[dict[str, Any]]) -> int:
    """Whole hours from the middle one of these records, newest first, to now: some are newer."""
    return int(time.time() - account[len(account) // 2]["created"]) // 3600 + 1


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class RunningApp:
    """`streamlit run` as a process."""

    url: str
    log: Path
    process: subprocess.Popen[bytes]
    store: Path


@contextmanager
def running_app(folder: Path, *arguments: str, **environment: str) -> Iterator[RunningApp]:
    """The app on a free port, log and mirrors in `folder`; settings given as environment variables.

    Each app has a store of its own: a mirror file has one owner.
    """
    port = free_port()
    log, store = folder / f"app-{port}.log", folder / f"store-{port}"
    clean = {k: v for k, v in os.environ.items() if not k.startswith(_OWN_SETTINGS)}
    command = [sys.executable, "-m", "streamlit", "run", "--server.headless=true"]
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*command, f"--server.port={port}", *arguments],
            cwd=ROOT,
            env=clean | {"EXPLORER_STORE": str(store)} | environment,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    scheme = "https" if any("sslCertFile" in part for part in arguments) else "http"
    url = f"{scheme}://127.0.0.1:{port}"
    try:
        below = next((part.partition("=")[2] for part in arguments if "baseUrlPath" in part), "")
        _wait_until_healthy(url + below, process, log)
        yield RunningApp(url, log, process, store)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)


def _wait_until_healthy(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert process.poll() is None, f"the app ended:\n{log.read_text()}"
        try:
            if httpx.get(f"{url}/_stcore/health", verify=False, timeout=2).text == "ok":
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.05)
    raise AssertionError(f"the app did not start:\n{log.read_text()}")


def chromium_path() -> str:
    """The Chromium that `make test` installs, or the one named by CHROMIUM."""
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    assert path, "No Chromium: install Debian's package chromium, or name one in CHROMIUM."
    return path


def pytest_sessionfinish(session: pytest.Session) -> None:
    """In CI a skipped test is a failure: it proves nothing."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") and reporter is not None and reporter.stats.get("skipped"):
        reporter.write_line("skipped tests fail in CI", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
