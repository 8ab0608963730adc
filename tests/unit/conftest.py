"""What unit tests share: a mirror filled from records of the API."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import duckdb
import pytest

from explorer.api.account import Account
from explorer.api.models import read_analysis
from explorer.mirror.decode import row_of
from explorer.mirror.store import Store


@pytest.fixture
def logger() -> Iterator[logging.Logger]:
    """The explorer's logger without handlers; it is left as it was found."""
    own = logging.getLogger("explorer")
    before = own.handlers[:], own.level, own.propagate
    own.handlers.clear()
    yield own
    own.handlers[:], own.propagate = before[0], before[2]
    own.setLevel(before[1])


@pytest.fixture(scope="session")
def _stores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Store]]:
    # making and closing a file takes ten times longer than filling and emptying it
    folder = tmp_path_factory.mktemp("mirrors")
    stores = [Store(folder / f"{n}.duckdb", Account("x", "y")) for n in range(2)]
    yield stores
    for store in stores:
        store.close()


@pytest.fixture
def mirror_of(
    _stores: list[Store],
) -> Iterator[Callable[[Iterable[dict[str, Any]]], duckdb.DuckDBPyConnection]]:
    """Gives a cursor of a mirror that holds the records, in their order; two mirrors at most."""
    free = list(_stores)

    def fill(records: Iterable[dict[str, Any]]) -> duckdb.DuckDBPyConnection:
        store = free.pop()
        with store.transaction() as cursor:
            store.upsert(cursor, [row_of(read_analysis(record)) for record in records])
        return store.cursor()

    yield fill
    for store in _stores:
        store.cursor().execute("DELETE FROM calls")
