"""The app over a real API on a real port, its mirrors in a folder of the test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from explorer.api import budget
from explorer.sandbox import SANDBOX_KEY, MemoryAccount, Sandbox
from explorer.ui import connection, mirrors
from tests.app.harness import NOW, Api, AtOnce, Watched, clear_caches
from tests.conftest import serving


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where the mirrors of the test are; none is kept beyond it."""
    folder = tmp_path / "store"
    monkeypatch.setenv("EXPLORER_STORE", str(folder))
    monkeypatch.setattr(mirrors, "Keeper", Watched)
    clear_caches()
    yield folder
    clear_caches()
    assert all(kept._stop.is_set() and kept.wait(0) for kept in Watched.opened)
    Watched.opened.clear()


@pytest.fixture
def serve(store: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Api]]:
    """Starts an API with the sandbox's accounts, or with these records, and points the app there."""
    monkeypatch.setattr(connection, "Client", AtOnce)
    monkeypatch.setattr(budget, "_budgets", type(budget._budgets)())
    apis: list[Api] = []
    with ExitStack() as opened:

        def start(*records: dict[str, Any], key: str | None = SANDBOX_KEY, **arguments: Any) -> Api:
            sandbox = Sandbox(**({"analyses": 120, "rate_limit": 0, "now": NOW} | arguments))
            if records:
                sandbox.accounts[SANDBOX_KEY] = MemoryAccount(records)
            api = Api(sandbox)
            apis.append(api)
            server = ExitStack()
            opened.push(server)
            api.base_url = server.enter_context(serving(api)) + "/api/v1"
            api.stop = server.close
            monkeypatch.setenv("CALLCOV_BASE_URL", api.base_url)
            if key:
                monkeypatch.setenv("CALLCOV_API_KEY", key)
            return api

        yield start
        for api in apis:
            api.held = lambda asked: False
        clear_caches()
        # first, so that the servers need not wait for idle connections
        while AtOnce.opened:
            AtOnce.opened.pop().close()
