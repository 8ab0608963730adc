"""The sandbox over real HTTP, against the founding document and a naive reading of all records."""

from __future__ import annotations

import contextlib
import itertools
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette

from explorer.sandbox import (
    EMPTY_KEY,
    PLAIN_KEY,
    SANDBOX_KEY,
    SECOND_KEY,
    MemoryAccount,
    Sandbox,
)
from explorer.sandbox.generated_account import GeneratedAccount
from explorer.sandbox.names import main_vocabulary

NOW = 1_790_000_000
Answer = dict[str, Any]


@contextlib.contextmanager
def served(sandbox: Sandbox | Starlette) -> Iterator[httpx.Client]:
    """A client, with the main account's key, of a sandbox on a port of its own."""
    app = sandbox.app() if isinstance(sandbox, Sandbox) else sandbox
    with socket.socket(proto=socket.IPPROTO_TCP) as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            while not server.started:
                time.sleep(0.005)
            url = f"http://127.0.0.1:{listening.getsockname()[1]}/api/v1"
            key = {"X-API-Key": SANDBOX_KEY}
            with httpx.Client(base_url=url, headers=key, timeout=20) as client:
                yield client
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    return Sandbox(analyses=1200, now=NOW, rate_limit=0)


@pytest.fixture(scope="module")
def client(sandbox: Sandbox) -> Iterator[httpx.Client]:
    with served(sandbox) as client:
        yield client


@pytest.fixture(scope="module")
def everything(client: httpx.Client) -> list[Answer]:
    records: list[Answer] = []
    has_more = True
    while has_more:
        page = fetch(client, limit=1000, offset=len(records))
        records += page["data"]
        has_more = page["has_more"]
    return records


def fetch(client: httpx.Client, **parameters: Any) -> Answer:
    response = client.get("/analysis/", params=parameters)
    assert response.status_code == 200, response.text
    answer: Answer = response.json()
    assert set(answer) == {"object", "data", "has_more", "total"}
    assert answer["object"] == "list"
    return answer


def naive(records: list[Answer], **filters: str) -> list[Answer]:
    """The founding document's words, one after the other."""
    for name, value in filters.items():
        if name == "status_filter":
            records = [r for r in records if r["status"] == value]
        elif name == "search":
            records = [
                r
                for r in records
                if value.lower() in r["call"]["agent_id"].lower()
                or value.lower() in r["call"]["contact_id"].lower()
            ]
        else:
            records = [r for r in records if r["call"][name] == value]
    return records


def test_paging_to_the_end_gives_every_record_once(
    client: httpx.Client, everything: list[Answer]
) -> None:
    assert len({r["id"] for r in everything}) == len(everything) == 1200
    for limit in (7, 100, 999):
        paged: list[Answer] = []
        while True:
            page = fetch(client, limit=limit, offset=len(paged), agent_id="agent_001")
            paged += page["data"]
            if not page["has_more"]:
                break
        assert paged == naive(everything, agent_id="agent_001")


def test_the_default_is_the_newest_hundred(client: httpx.Client, everything: list[Answer]) -> None:
    page = fetch(client)
    assert page["data"] == everything[:100]
    assert page["total"] == 1200
    assert page["has_more"] is True
    assert everything == sorted(everything, key=lambda r: -r["created"])


FILTERS: dict[str, tuple[str | None, ...]] = {
    "status_filter": (None, "processing", "completed", "failed"),
    "agent_id": (None, "agent_001", "Мария Петрова", "AGENT_001", "nobody"),
    "contact_id": (None, "customer_12345", "=2+5+cmd|' /C calc'!A0"),
    "search": (None, "customer_1", "AGENT_00", "мария", "<SCRIPT>", ", john", "%", "zzz"),
}


@pytest.mark.parametrize("status", FILTERS["status_filter"], ids=str)
def test_any_combination_of_filters_equals_a_naive_filter(
    client: httpx.Client, everything: list[Answer], status: str | None
) -> None:
    others = itertools.product(*(FILTERS[n] for n in ("agent_id", "contact_id", "search")))
    for agent, contact, search in others:
        given = {
            "status_filter": status,
            "agent_id": agent,
            "contact_id": contact,
            "search": search,
        }
        filters = {name: value for name, value in given.items() if value is not None}
        page = fetch(client, limit=5, offset=1, **filters)
        expected = naive(everything, **filters)
        assert page["total"] == len(expected), filters
        assert page["data"] == expected[1:6], filters
        assert page["has_more"] == (len(expected) > 6), filters


@pytest.mark.parametrize(
    ("limit", "offset", "length", "has_more"),
    [
        (1000, 0, 1000, True),
        (1000, 200, 1000, False),
        (1000, 199, 1000, True),
        (1, 1199, 1, False),
        (1, 1198, 1, True),
        (1, 1200, 0, False),
        (100, 5000, 0, False),
        (100, 10**30, 0, False),
    ],
)
def test_has_more_and_total_are_exact_at_the_edges(
    client: httpx.Client, limit: int, offset: int, length: int, has_more: bool
) -> None:
    page = fetch(client, limit=limit, offset=offset)
    assert (len(page["data"]), page["has_more"], page["total"]) == (length, has_more, 1200)


def test_unknown_parameters_are_ignored(client: httpx.Client, everything: list[Answer]) -> None:
    assert fetch(client, limit=2, sort="created", page=3, Limit="x")["data"] == everything[:2]


def test_one_analysis_is_retrieved_by_its_id(
    client: httpx.Client, everything: list[Answer]
) -> None:
    for record in everything[::173]:
        assert client.get(f"/analysis/{record['id']}").json() == record


@pytest.mark.parametrize(
    "path",
    [
        "/analysis/550e8400-e29b-41d4-a716-446655440000",
        "/analysis/x",
        "/analysis/%00",
        "/analysis/é",
    ],
)
def test_an_unknown_id_is_not_found(client: httpx.Client, path: str) -> None:
    response = client.get(path)
    assert (response.status_code, response.json()) == (404, {"detail": "Analysis not found"})


@pytest.mark.parametrize("path", ["/analysis", "/analyses/", "/analysis/a/b", "/"])
def test_other_paths_are_not_found(client: httpx.Client, path: str) -> None:
    response = client.get(path)
    assert (response.status_code, response.json()) == (404, {"detail": "Not Found"})


def test_other_methods_are_not_allowed(client: httpx.Client) -> None:
    for response in (client.post("/analysis/"), client.delete("/analysis/x")):
        assert response.status_code == 405
        assert response.headers["allow"] == "GET"


UNAUTHORIZED = {"detail": "Invalid authentication credentials"}


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-API-Key": ""},
        {"X-API-Key": "sk_test_wrong"},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer eyJhbGciOiJub25lIn0.e30."},
        {"Authorization": f"Basic {SANDBOX_KEY}"},
        {"Authorization": SANDBOX_KEY},
        {"X-API-Key": "wrong", "Authorization": f"Bearer {SANDBOX_KEY}"},
    ],
)
@pytest.mark.parametrize("path", ["/analysis/", "/analysis/?limit=0", "/analysis/x"])
def test_without_valid_credentials_the_answer_is_401(
    client: httpx.Client, headers: dict[str, str], path: str
) -> None:
    response = httpx.get(str(client.base_url).rstrip("/") + path, headers=headers)
    assert (response.status_code, response.json()) == (401, UNAUTHORIZED)
    assert response.headers["x-request-id"]


def test_a_key_or_a_token_is_accepted_as_bearer(client: httpx.Client, sandbox: Sandbox) -> None:
    url = f"{client.base_url}analysis/"
    for credentials in (SANDBOX_KEY, sandbox.token()):
        for scheme in ("Bearer", "bearer"):
            headers = {"Authorization": f"{scheme} {credentials}"}
            assert httpx.get(url, headers=headers).json()["total"] == 1200


def test_a_token_ends(client: httpx.Client, sandbox: Sandbox) -> None:
    url = f"{client.base_url}analysis/"
    headers = {"Authorization": f"Bearer {sandbox.token(SECOND_KEY, expires_in_s=0.4)}"}
    assert httpx.get(url, headers=headers).json()["total"] == 150
    time.sleep(0.45)
    response = httpx.get(url, headers=headers)
    assert (response.status_code, response.json()) == (401, UNAUTHORIZED)


def test_a_token_of_another_sandbox_is_refused(client: httpx.Client) -> None:
    headers = {"Authorization": f"Bearer {Sandbox(analyses=0).token()}"}
    assert httpx.get(f"{client.base_url}analysis/", headers=headers).status_code == 401


def problem(name: str, message: str, kind: str) -> dict[str, Any]:
    return {"loc": ["query", name], "msg": message, "type": kind}


TOO_LARGE = problem(
    "limit", "ensure this value is less than or equal to 1000", "value_error.number.not_le"
)
TOO_SMALL = problem(
    "limit", "ensure this value is greater than or equal to 1", "value_error.number.not_ge"
)
NEGATIVE = problem(
    "offset", "ensure this value is greater than or equal to 0", "value_error.number.not_ge"
)
NOT_LIMIT = problem("limit", "value is not a valid integer", "type_error.integer")
NOT_OFFSET = problem("offset", "value is not a valid integer", "type_error.integer")
NOT_STATUS = problem(
    "status_filter",
    "value is not a valid enumeration member; permitted: 'processing', 'completed', 'failed'",
    "type_error.enum",
)


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ("limit=1001", [TOO_LARGE]),
        ("limit=0", [TOO_SMALL]),
        ("limit=-3", [TOO_SMALL]),
        ("limit=ten", [NOT_LIMIT]),
        ("limit=", [NOT_LIMIT]),
        ("limit=1.5", [NOT_LIMIT]),
        ("offset=-1", [NEGATIVE]),
        ("offset=x", [NOT_OFFSET]),
        ("status_filter=done", [NOT_STATUS]),
        ("status_filter=", [NOT_STATUS]),
        ("status_filter=FAILED", [NOT_STATUS]),
        ("limit=5000&offset=-1", [TOO_LARGE, NEGATIVE]),
        ("offset=x&limit=0&status_filter=done&agent_id=a", [NOT_STATUS, TOO_SMALL, NOT_OFFSET]),
    ],
)
def test_every_bad_value_is_named(
    client: httpx.Client, query: str, detail: list[dict[str, Any]]
) -> None:
    response = client.get(f"/analysis/?{query}")
    assert (response.status_code, response.json()) == (422, {"detail": detail})


def test_accounts_cannot_see_each_other(client: httpx.Client) -> None:
    seen: dict[str, set[str]] = {}
    for key in (SANDBOX_KEY, SECOND_KEY, PLAIN_KEY, EMPTY_KEY):
        page = client.get("/analysis/", params={"limit": 1000}, headers={"X-API-Key": key}).json()
        seen[key] = {record["id"] for record in page["data"]}
    assert [len(found) for found in seen.values()] == [1000, 150, 600, 0]
    for (key, _), (_, others) in itertools.permutations(seen.items(), 2):
        for analysis_id in list(others)[:2]:
            answer = client.get(f"/analysis/{analysis_id}", headers={"X-API-Key": key})
            assert answer.status_code == 404
    agents = [
        {
            r["call"]["agent_id"]
            for r in client.get("/analysis/", headers={"X-API-Key": k}).json()["data"]
        }
        for k in (SANDBOX_KEY, SECOND_KEY)
    ]
    assert not agents[0] & agents[1]


def test_an_account_of_ones_own_is_served_with_its_changes(
    client: httpx.Client, sandbox: Sandbox
) -> None:
    account = MemoryAccount([{"id": "a", "created": 1, "status": "completed"}])
    sandbox.accounts["sk_test_mine"] = account
    mine = {"X-API-Key": "sk_test_mine"}
    account.insert({"id": "b", "created": 2, "status": "archived", "new": 1})
    page = client.get("/analysis/", headers=mine).json()
    assert [r["id"] for r in page["data"]] == ["b", "a"]
    assert client.get("/analysis/b", headers=mine).json()["new"] == 1
    account.delete("b")
    assert client.get("/analysis/b", headers=mine).status_code == 404
    assert client.get("/analysis/?status_filter=archived", headers=mine).status_code == 422
    headers = {"Authorization": f"Bearer {sandbox.token('sk_test_mine')}"}
    assert httpx.get(f"{client.base_url}analysis/", headers=headers).json()["total"] == 1


def test_the_rate_limit_is_counted_per_account_and_told_in_headers() -> None:
    sandbox = Sandbox(analyses=30, rate_limit=4)
    with served(sandbox) as client:
        paths = ["/analysis/", "/analysis/x", "/analysis/?limit=0", "/analysis/", "/analysis/"]
        answers = [client.get(path) for path in paths]
        assert [a.status_code for a in answers] == [200, 404, 422, 200, 429]
        assert [a.headers["x-ratelimit-remaining"] for a in answers] == ["3", "2", "1", "0", "0"]
        assert {a.headers["x-ratelimit-limit"] for a in answers} == {"4"}
        for answer in answers:
            assert 0 < int(answer.headers["x-ratelimit-reset"]) - time.time() <= 61
        assert 1 <= int(answers[-1].headers["retry-after"]) <= 60
        assert not any("retry-after" in answer.headers for answer in answers[:-1])
        assert answers[-1].json()["detail"].startswith("Rate limit of 4 requests a minute exceeded")
        # A token is the same account; another account has its own window.
        token = {"Authorization": f"Bearer {sandbox.token()}"}
        url = f"{client.base_url}analysis/"
        assert httpx.get(url, headers=token).status_code == 429
        assert client.get("/analysis/", headers={"X-API-Key": SECOND_KEY}).status_code == 200
        unknown = client.get("/analysis/", headers={"X-API-Key": "wrong"})
        assert (unknown.status_code, unknown.headers["x-ratelimit-remaining"]) == (401, "4")
        assert client.get("/other").headers["x-ratelimit-limit"] == "4"


def test_request_ids_differ_and_answers_are_compressed(client: httpx.Client) -> None:
    first, second = client.get("/analysis/"), client.get("/analysis/")
    assert first.headers["x-request-id"] != second.headers["x-request-id"]
    assert first.headers["content-encoding"] == "gzip"
    plain = client.get("/analysis/", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.json() == first.json()


def test_a_live_account_moves(client: httpx.Client, sandbox: Sandbox) -> None:
    present = [float(NOW)]
    sandbox.accounts["sk_test_moving"] = GeneratedAccount(
        seed=7,
        analyses=1200,
        now=NOW,
        vocabulary=main_vocabulary(7, 1200),
        clock=lambda: present[0],
    )
    moving = {"X-API-Key": "sk_test_moving"}

    def read(**parameters: Any) -> Answer:
        answer: Answer = client.get("/analysis/", params=parameters, headers=moving).json()
        return answer

    before = read(limit=1000)
    assert before == fetch(client, limit=1000)
    waiting = [r["id"] for r in before["data"] if r["status"] == "processing"]
    assert len(waiting) >= 4
    present[0] += 46
    assert client.get(f"/analysis/{waiting[3]}", headers=moving).json()["status"] != "processing"
    assert client.get(f"/analysis/{waiting[0]}", headers=moving).json()["status"] == "processing"
    present[0] += 2 * 86_400
    after = read(limit=1000)
    arrived = after["total"] - 1200
    assert 5 < arrived < 60
    settled = [r for r in before["data"] if r["status"] != "processing"]
    later = {r["id"]: r for r in after["data"]}
    assert all(later.get(r["id"], r) == r for r in settled)
    assert [r["id"] for r in after["data"][arrived:]] == [
        r["id"] for r in before["data"][: 1000 - arrived]
    ]
    assert all(later[i]["status"] != "processing" for i in waiting[:4])
    now_records = after["data"] + read(limit=1000, offset=1000)["data"]
    for status in ("processing", "completed", "failed"):
        page = read(status_filter=status, limit=1000)
        assert page["total"] == len(naive(now_records, status_filter=status))
        assert page["data"] == naive(now_records, status_filter=status)[:1000]


def test_a_live_sandbox_starts_at_its_anchor() -> None:
    with served(Sandbox(analyses=60, now=NOW, live=True)) as client:
        page = fetch(client)
        assert page["total"] == 60
        assert [NOW - r["created"] for r in page["data"][:2]] == [20, 75]


def test_values_that_few_encoders_take_arrive_as_they_are(
    client: httpx.Client, sandbox: Sandbox
) -> None:
    record = {"id": "a", "created": 1, "huge": 10**40, "half": "\ud83d"}
    sandbox.accounts["sk_test_odd"] = MemoryAccount([record])
    page = client.get("/analysis/", headers={"X-API-Key": "sk_test_odd"}).json()
    assert page["data"] == [record]


def test_mounted_routes_close_their_connections_and_answer_below_any_prefix() -> None:
    app = Starlette(routes=Sandbox(analyses=50).routes("/sandbox/v9/"))
    with served(app) as client:
        client.base_url = str(client.base_url).replace("/api/v1", "/sandbox/v9")
        for path, status in (("/analysis/", 200), ("/analysis/x", 404), ("/analysis", 404)):
            answer = client.get(path)
            assert answer.status_code == status
            assert answer.json()
            assert answer.headers["connection"] == "close"
            assert answer.headers["x-ratelimit-limit"] == "100"
            assert answer.headers["content-encoding"] == "identity"
