"""Accounts in memory and from files, the rate limiter, and parameters."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest

from explorer.sandbox import SANDBOX_KEY, FileError, Filters, MemoryAccount, Sandbox
from explorer.sandbox.file import read_account
from explorer.sandbox.limiter import Limiter
from explorer.sandbox.routes import read_parameters

EVERYTHING = Filters()


def record(name: str, created: int, **call: Any) -> dict[str, Any]:
    return {"id": name, "created": created, "status": "completed", "call": call}


def ids(account: Any, filters: Filters = EVERYTHING, limit: int = 1000, offset: int = 0) -> str:
    return " ".join(r["id"] for r in account.page(filters, limit, offset)[0])


def test_records_are_newest_first_and_ties_keep_their_order() -> None:
    account = MemoryAccount([record("a", 1), record("b", 3), record("c", 1), record("d", 2)])
    assert ids(account) == "b d a c"
    assert account.page(EVERYTHING, 2, 1) == ([account.retrieve("d"), account.retrieve("a")], 4)
    assert account.page(EVERYTHING, 2, 9) == ([], 4)


def test_an_inserted_record_comes_before_the_others_of_its_second() -> None:
    account = MemoryAccount([record("a", 1), record("b", 3)])
    account.insert(record("c", 3))
    account.insert(record("d", 1))
    account.insert(record("e", 2))
    assert ids(account) == "c b e d a"
    assert len(account) == 5


def test_an_updated_record_keeps_its_place_unless_its_created_changed() -> None:
    account = MemoryAccount([record("a", 2), record("b", 2), record("c", 2), record("d", 1)])
    account.update("b", record("b", 2, agent_id="x"))
    assert ids(account) == "a b c d"
    assert account.retrieve("b") == record("b", 2, agent_id="x")
    account.update("c", record("c", 0))
    assert ids(account) == "a b d c"


def test_a_deleted_record_is_gone() -> None:
    account = MemoryAccount([record("a", 2), record("b", 2), record("c", 2)])
    account.delete("b")
    assert ids(account) == "a c"
    assert account.retrieve("b") is None
    assert [r["id"] for r in account.records()] == ["a", "c"]


def test_wrong_changes_are_refused() -> None:
    account = MemoryAccount([record("a", 2)])
    with pytest.raises(ValueError, match="use update"):
        account.insert(record("a", 5))
    with pytest.raises(ValueError, match="not a"):
        account.update("a", record("b", 5))
    with pytest.raises(KeyError):
        account.delete("b")
    with pytest.raises(KeyError):
        account.update("b", record("b", 5))
    with pytest.raises(ValueError, match="one id"):
        MemoryAccount([record("a", 1), record("a", 2)])
    assert ids(account) == "a"


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(agent_id="Ann"), "d b"),
        (Filters(agent_id="ann"), ""),
        (Filters(contact_id="c_1"), "d a"),
        (Filters(search="AN"), "d c b"),
        (Filters(search="_1"), "d a"),
        (Filters(search="ÉLO"), "e"),
        (Filters(agent_id="Ann", contact_id="c_1"), "d"),
        (Filters(status_filter="failed"), ""),
        (Filters(status_filter="completed", search="joan"), "c"),
    ],
)
def test_filters_combine(filters: Filters, expected: str) -> None:
    account = MemoryAccount(
        [
            record("a", 1, agent_id="Bo", contact_id="c_1"),
            record("b", 2, agent_id="Ann", contact_id="c_2"),
            record("c", 3, agent_id="Joan", contact_id=None),
            record("d", 4, agent_id="Ann", contact_id="c_1"),
            record("e", 5, agent_id="Éloïse", contact_id=7),
            {"id": "f", "created": 6, "call": None},
        ]
    )
    assert ids(account, filters) == expected


def test_changes_and_reads_may_come_from_many_threads() -> None:
    account = MemoryAccount([record(f"start-{n}", n) for n in range(50)])
    problems: list[BaseException] = []

    def change(worker: int) -> None:
        try:
            for n in range(60):
                account.insert(record(f"{worker}-{n}", n))
                page, total = account.page(Filters(status_filter="completed"), 1000, 0)
                assert len(page) == total
                account.update(f"{worker}-{n}", record(f"{worker}-{n}", n + 1))
                if n % 2:
                    account.delete(f"{worker}-{n}")
        except BaseException as error:
            problems.append(error)

    threads = [threading.Thread(target=change, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not problems
    assert len(account) == 50 + 4 * 30


SAVED = [
    {"id": "old", "created": 1, "status": "archived", "extra": {"kept": [1.5, None]}},
    {"id": "new", "created": 2, "status": "failed", "call": {"agent_id": "ü\u2028x"}},
]


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({"object": "list", "data": SAVED, "has_more": True, "total": 9}, indent=1),
        json.dumps(SAVED, ensure_ascii=False),
        "\n".join(json.dumps(r, ensure_ascii=False) for r in SAVED),
        "\r\n\r\n".join(json.dumps(r) for r in SAVED) + "\r\n",
        "\ufeff" + json.dumps(SAVED),
    ],
    ids=["list", "array", "lines", "windows lines", "byte order mark"],
)
def test_a_saved_answer_is_served_as_it_stands(tmp_path: Path, text: str) -> None:
    path = tmp_path / "saved.json"
    path.write_text(text, encoding="utf-8", newline="")
    account = Sandbox(file=path).accounts[SANDBOX_KEY]
    assert account.page(EVERYTHING, 10, 0) == ([SAVED[1], SAVED[0]], 2)
    assert account.retrieve("old") == SAVED[0]


def test_one_record_or_none_is_an_account_too(tmp_path: Path) -> None:
    path = tmp_path / "saved.json"
    path.write_text(json.dumps(SAVED[0]))
    assert read_account(path).records() == [SAVED[0]]
    path.write_text("[]")
    assert read_account(path).records() == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"id": "a", "created": 1}\n{"id": "b", "created"', "line 2: not JSON"),
        ('{"id": "a", "created": 1}\n\n[1]', "line 3: not a JSON object"),
        ('{"id": "a", "created": 1}\n{"id": "b"}', "line 2: no number `created`"),
        ('{"id": "a", "created": 1}\n{"created": 1}', "line 2: no string `id`"),
        ('{"id": "a", "created": 1}\n{"id": "a", "created": 2}', "line 2: id a stands at line 1"),
        ('{"id": "a", "created": 1}\n{"id": "b", "created": NaN}', "line 2: not JSON"),
        ('[{"id": "a", "created": 1},\n {"id": "b",}]', "line 2: not JSON"),
        ('[{"id": "a", "created": 1}, {"id": "b", "created": true}]', "item 2: no number"),
        ('[{"id": "a", "created": Infinity}]', "Infinity is not JSON"),
        ('{"detail": "Invalid authentication credentials"}', "line 1: neither a list answer"),
        ('"text"', "line 1: neither a list answer"),
        ("", "line 1: not JSON"),
        ("id,created\na,1\n", "line 1: not JSON"),
    ],
)
def test_a_bad_file_is_named_with_its_line(tmp_path: Path, text: str, expected: str) -> None:
    path = tmp_path / "bad.json"
    path.write_text(text)
    with pytest.raises(FileError) as raised:
        read_account(path)
    assert str(path) in str(raised.value)
    assert expected in str(raised.value)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="No such file"):
        read_account(tmp_path / "missing.json")
    (tmp_path / "latin.json").write_bytes(b'[{"id": "\xe9"}]')
    with pytest.raises(FileError, match="not UTF-8"):
        read_account(tmp_path / "latin.json")


def test_the_limiter_opens_a_new_window_after_a_minute() -> None:
    time = [1000.0]
    limiter = Limiter(2, clock=lambda: time[0])
    seen = []
    for at in (1000.0, 1030.0, 1059.5, 1060.0, 1061.0):
        time[0] = at
        allowance = limiter.take("a")
        assert allowance is not None
        seen.append((allowance.allowed, allowance.remaining, allowance.retry_after_s))
    assert seen == [(True, 1, 60), (True, 0, 30), (False, 0, 1), (True, 1, 60), (True, 0, 59)]
    refused = limiter.take("a")
    assert refused is not None
    assert refused.headers() == {
        "X-RateLimit-Limit": "2",
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset": "1120",
        "Retry-After": "59",
    }
    other = limiter.take("b")
    assert other is not None
    assert other.remaining == 1


def test_a_clock_set_back_locks_nobody_out() -> None:
    time = [5000.0]
    limiter = Limiter(1, clock=lambda: time[0])
    limiter.take("a")
    time[0] = 10.0
    allowance = limiter.take("a")
    assert allowance is not None
    assert allowance.allowed


def test_no_limit_means_no_allowance() -> None:
    assert Limiter(0).take("a") is None
    assert Limiter(0).peek() is None


def test_parameters_have_the_documented_defaults() -> None:
    assert read_parameters({}) == (Filters(), 100, 0, [])
    assert read_parameters({"search": "", "agent_id": "", "contact_id": ""})[0].is_empty


@pytest.mark.parametrize("arguments", [{"analyses": -1}, {"rate_limit": -1}])
def test_negative_sizes_are_refused(arguments: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="negative"):
        Sandbox(**arguments)  # type: ignore[arg-type]
