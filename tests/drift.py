"""An account that changes between any two requests, faults included, and a store in memory.

What the tests of the sync share. Requests go through the real `Client` and the sandbox's real
routes, without a server: the application's coroutine never waits, so it is run to its end in
place.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import httpx
import msgspec
import numpy as np
import pytest
import starlette.routing
from starlette.applications import Starlette

from explorer.api import Client, RateBudget
from explorer.mirror.decode import DecodedRow, Rejected, decode_page
from explorer.mirror.page import in_columns
from explorer.mirror.store import Change, Store
from explorer.mirror.tables import State
from explorer.sandbox.accounts import MemoryAccount, Record
from explorer.sandbox.limiter import Limiter
from explorer.sandbox.routes import Endpoints

BASE_URL = "http://127.0.0.1:9/api/v1"
Op = tuple[str, int]
FAULTS = ("429", "500", "503", "reset", "timeout", "cut", "html")
LIES = ("total low", "total high", "more", "no more", "ends early")


class Killed(BaseException):
    """The process ended in the middle of a request."""


def record(n: int, created: object, status: object = "completed", **fields: Any) -> Record:
    """A lean analysis."""
    failed = status == "failed"
    return {
        "id": f"00000000-0000-4000-8000-{n:012d}",
        "object": "analysis",
        "created": created,
        "status": status,
        "livemode": True,
        "call": {"agent_id": f"agent_{n % 3}", "contact_id": None, "duration_ms": 1000},
        "audio": None,
        "transcript": None,
        "results": None,
        "metadata": {"error_message": "no speech" if failed else None},
        **fields,
    }


class World:
    """An account that drifts; `now` never goes back, new records come with it.

    A change is a list of (what, where): see `_OPS`. Ties take a new order with every change.
    """

    def __init__(self, steps: Sequence[tuple[int, str]], seed: int, *, max_odd: int = 0) -> None:
        self.random = random.Random(seed)
        self.max_odd = max_odd
        self.now = 1_000_000
        self.n_made = 0
        self.records: list[Record] = []
        for seconds, status in steps:
            self.now += seconds
            self._add(status)
        self._place()

    def apply(self, change: Sequence[Op]) -> None:
        for what, where in change:
            getattr(self, f"_{what}")(where)
        if change:
            self._place()

    @property
    def ids(self) -> set[object]:
        return {known["id"] for known in self.records}

    def _place(self) -> None:
        self.random.shuffle(self.records)
        self.account = MemoryAccount(self.records)

    def _add(self, status: object, **fields: Any) -> None:
        self.n_made += 1
        self.records.append(record(self.n_made, **({"created": self.now} | fields), status=status))

    def _insert(self, seconds: int) -> None:
        self.now += seconds % 7 if seconds % 2 else 0
        self._add("processing" if seconds % 5 < 3 else "completed")

    def _burst(self, where: int) -> None:
        self.now += where % 2
        for i in range(where % 9):
            self._add("processing" if i % 2 else "failed")

    def _delete(self, where: int) -> None:
        if self.records:
            del self.records[where % len(self.records)]

    def _delete_many(self, where: int) -> None:
        for _ in range(where % 12):
            self._delete(where)

    def _change(self, where: int, old: Sequence[str], new: Callable[[Record], str]) -> None:
        found = [i for i, known in enumerate(self.records) if known["status"] in old]
        if found:
            i = found[where % len(found)]
            status = new(self.records[i])
            error = {"error_message": f"error {where}"} if status == "failed" else {}
            self.records[i] = self.records[i] | {
                "status": status,
                "metadata": {"processing_time_ms": where, **error},
            }

    def _finish(self, where: int) -> None:
        self._change(where, ["processing"], lambda _: "completed")

    def _fail(self, where: int) -> None:
        self._change(where, ["processing"], lambda _: "failed")

    def _flip(self, where: int) -> None:
        self._change(
            where,
            ["completed", "failed"],
            lambda known: "failed" if known["status"] == "completed" else "completed",
        )

    def _reopen(self, where: int) -> None:
        self._change(where, ["completed", "failed"], lambda _: "processing")

    def _edit(self, where: int) -> None:
        self._change(where, ["processing"], lambda _: "processing")

    def _odd(self, where: int) -> None:
        """A record that cannot be read, with an id or without."""
        if sum(map(is_odd, self.records)) >= self.max_odd:
            return
        if where % 3 == 0:
            self._add("failed", id=self.n_made)
        elif where % 3 == 1:
            self._add(None)
        else:
            self._add("processing", created=self.now + 0.5, call=None)

    def _spoil(self, where: int) -> None:
        """A record that can no longer be read."""
        if self.records and sum(map(is_odd, self.records)) < self.max_odd:
            i = where % len(self.records)
            self.records[i] = self.records[i] | {"status": None}


OPS = ("insert", "burst", "delete", "delete_many", "finish", "fail", "flip", "reopen", "edit")
ODD_OPS = ("odd", "spoil")


def is_odd(known: Record) -> bool:
    """Whether the client cannot read it."""
    return not (
        isinstance(known["id"], str)
        and isinstance(known["status"], str)
        and isinstance(known["created"], int)
    )


def status_of(row: DecodedRow) -> str:
    found: str = row.columns["status"][row.place].as_py()
    return found


def row_with(values: Sequence[Any]) -> DecodedRow:
    """A row of these values of `schema.FIELDS`."""
    return DecodedRow(values[0], values[1], in_columns([[value] for value in values]), 0)


def expected(account: MemoryAccount) -> dict[str, DecodedRow]:
    """The rows of a whole account."""
    body = msgspec.json.encode({"data": account.records(), "total": 0, "has_more": False})
    return {row.id: row for row in decode_page(body).data}


@dataclass
class Line:
    """The way to a world: what happens before each request, and what becomes of its answer.

    `changes` are applied one before each request but the first, in turn; `faults` and `lies` are
    by number of request; at request `kill_at` the process ends.
    """

    world: World
    changes: list[Sequence[Op]] = field(default_factory=list)
    faults: dict[int, str] = field(default_factory=dict)
    kill_at: int | None = None
    requests: int = 0
    n_changed: int = 0

    def next_fault(self) -> str | None:
        if self.requests and self.changes:
            change = self.changes.pop(0)
            self.world.apply(change)
            self.n_changed += bool(change)
        if self.kill_at == self.requests:
            raise Killed
        self.requests += 1
        return self.faults.get(self.requests - 1)


class Clock:
    """Time that passes only where somebody waits."""

    def __init__(self) -> None:
        self.now = 1e9

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def pause(self, seconds: float) -> bool:
        self.now += seconds
        return False


class InProcess(httpx.BaseTransport):
    """Runs the sandbox's application for each request; `line` is set for each run."""

    def __init__(self) -> None:
        self.line: Line
        endpoints = Endpoints(lambda _: ("key", self.line.world.account), Limiter(0))
        # routes that run their endpoints in place, not in threads
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(starlette.routing, "run_in_threadpool", _at_once)
            self._app = Starlette(routes=endpoints.routes("/api/v1"))

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        fault = self.line.next_fault()
        if fault == "reset":
            raise httpx.ReadError("Connection reset by peer", request=request)
        if fault == "timeout":
            raise httpx.ReadTimeout("timed out", request=request)
        if fault in ("429", "500", "503"):
            return httpx.Response(int(fault), json={"detail": "no"})
        status, headers, body = self._run(request)
        if fault == "cut":
            body = body[: len(body) // 2]
        elif fault == "html":
            body = b"<html>maintenance</html>"
        elif fault in LIES and status == 200 and b'"object":"list"' in body:
            body = _lie(body, fault)
        headers = [(name, value) for name, value in headers if name != b"content-length"]
        return httpx.Response(status, headers=headers, content=body)

    def _run(self, request: httpx.Request) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
        messages: list[Any] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Any) -> None:
            messages.append(message)

        scope = {
            "type": "http",
            "method": "GET",
            "path": request.url.path,
            "query_string": request.url.query,
            "root_path": "",
            "headers": request.headers.raw,
        }
        running = self._app(scope, receive, send)
        try:
            running.send(None)
        except StopIteration:
            body = b"".join(message.get("body", b"") for message in messages[1:])
            return messages[0]["status"], messages[0]["headers"], body
        raise AssertionError("the application waits for something")


def _lie(body: bytes, fault: str) -> bytes:
    document = json.loads(body)
    if fault == "total low":
        document["total"] //= 2
    elif fault == "total high":
        document["total"] += 3
    elif fault == "ends early":
        document["has_more"] = False
        document["total"] = max(0, document["total"] - 2)
    else:
        document["has_more"] = fault == "more"
    return msgspec.json.encode(document)


async def _at_once(function: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    return function(*arguments, **named)


@contextmanager
def in_process_client() -> Iterator[tuple[Client, InProcess, Clock]]:
    """A client of in-process accounts that neither waits nor repeats."""
    transport, clock = InProcess(), Clock()
    budget = RateBudget(clock=clock, sleep=clock.sleep)
    with Client(
        BASE_URL,
        "sk_test_drift",
        transport=transport,
        budget=budget,
        max_retries=0,
        sleep=clock.sleep,
    ) as client:
        yield client, transport, clock


class MemoryStore:
    """What the sync needs of a `Store`, with dicts; `PairedStore` holds the two equal."""

    transcripts = False

    def __init__(self) -> None:
        self.rows: dict[str, DecodedRow] = {}
        self.rejected: dict[str, tuple[int, str | None]] = {}
        self.values = State(None, None, None, False, None)
        self.syncs: list[Any] = []

    @contextmanager
    def transaction(self) -> Iterator[Any]:
        yield self

    def execute(self, sql: str, parameters: list[Any]) -> None:
        assert sql.startswith("INSERT INTO syncs")
        self.syncs.append(parameters)

    def state(self) -> State:
        return self.values

    def set_state(self, cursor: Any, **values: Any) -> None:
        self.values = replace(self.values, **values)

    def upsert(self, cursor: Any, rows: Sequence[DecodedRow]) -> Change:
        unique = {row.id: row for row in rows}
        inserted = sum(name not in self.rows for name in unique)
        updated = sum(
            name in self.rows and self.rows[name].values != row.values
            for name, row in unique.items()
        )
        self.rows.update(unique)
        for name in unique:
            self.rejected.pop(name, None)
        return Change(inserted=inserted, updated=updated)

    def set_aside(self, cursor: Any, records: Sequence[tuple[Rejected, str, int]]) -> None:
        for found, name, created in records:
            self.rows.pop(name, None)
            self.rejected[name] = (created, found.status)

    def delete(self, cursor: Any, ids: Sequence[str]) -> int:
        for name in ids:
            self.rejected.pop(name, None)
        return sum(self.rows.pop(name, None) is not None for name in ids)

    def _listed(self, status: str | None) -> Iterator[tuple[str, int]]:
        for row in self.rows.values():
            if status is None or status_of(row) == status:
                yield row.id, row.created
        for name, (created, found) in self.rejected.items():
            if status is None or found == status:
                yield name, created

    def count(self, status: str | None = None) -> int:
        return sum(1 for _ in self._listed(status))

    def newer_than(self, created: int) -> int:
        return sum(at > created for _, at in self._listed(None))

    def created_newest_first(self, status: str | None = None) -> np.ndarray:
        return np.asarray(sorted((at for _, at in self._listed(status)), reverse=True), np.int64)

    def rows_between(
        self, oldest: int | None, newest: int | None, status: str | None = None
    ) -> dict[str, int]:
        return {
            name: at
            for name, at in self._listed(status)
            if (oldest is None or at > oldest) and (newest is None or at < newest)
        }

    def created_of(self, status: str) -> dict[str, int]:
        return dict(self._listed(status))


class PairedStore:
    """A `Store` and a `MemoryStore` that are given the same and must answer the same."""

    transcripts = False

    def __init__(self, real: Store) -> None:
        self.real, self.memory = real, MemoryStore()
        with real.transaction() as cursor:
            for table in ("calls", "transcripts", "rejected", "syncs"):
                cursor.execute(f"DELETE FROM {table}")
            real.set_state(
                cursor, total=None, floor=None, ceiling=None, whole=False, checked_at=None
            )

    @property
    def rows(self) -> dict[str, DecodedRow]:
        columns = self.real.cursor().execute("SELECT * FROM calls").fetchall()
        assert len({values[0] for values in columns}) == len(columns), "an id is there twice"
        if not columns:
            return {}
        made = in_columns(list(zip(*columns, strict=True)))
        return {
            values[0]: DecodedRow(values[0], values[1], made, place)
            for place, values in enumerate(columns)
        }

    @property
    def rejected(self) -> dict[str, tuple[int, str | None]]:
        found = self.real.cursor().execute("SELECT id, created, status FROM rejected").fetchall()
        assert len({values[0] for values in found}) == len(found), "an id is there twice"
        return {name: (created, status) for name, created, status in found}

    @contextmanager
    def transaction(self) -> Iterator[Any]:
        with self.real.transaction() as cursor:
            yield cursor

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def both(*arguments: Any, **named: Any) -> Any:
            found = getattr(self.real, name)(*arguments, **named)
            same = getattr(self.memory, name)(*arguments, **named)
            assert np.array_equal(found, same) if name == "created_newest_first" else found == same
            return found

        return both
