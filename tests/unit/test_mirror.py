"""`Mirror` over a real sandbox: what it says it holds, who may write, and what is on disk."""

from __future__ import annotations

import json
import logging
import os
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from explorer.analysis import queries
from explorer.analysis.filters import Filter
from explorer.api import Client, RateBudget
from explorer.errors import InvalidFilterError, MirrorError, SyncError
from explorer.mirror import schema
from explorer.mirror.mirror import Coverage, Mirror, default_path
from explorer.mirror.snapshot import Snapshot
from explorer.sandbox import SECOND_KEY, Filters, MemoryAccount
from tests.conftest import ROOT, RunningSandbox, hours_since_half_of

UTC = ZoneInfo("UTC")
KEY = "sk_test_mirror_canary_0123456789"
SIGNATURE = "X-Amz-Signature=canarysignature"


def record(n: int, **changes: Any) -> dict[str, Any]:
    return {
        "id": f"call-{n}",
        "created": 1_760_000_000 - n,
        "status": "completed",
        "audio": {"url": f"https://s3.x/{n}.wav?{SIGNATURE}", "format": "wav"},
        "transcript": {"text": "canarytranscript"},
        **changes,
    }


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("EXPLORER_STORE", str(tmp_path / "store"))
    return tmp_path / "store"


@pytest.fixture
def running(run_sandbox: Callable[..., RunningSandbox]) -> RunningSandbox:
    """An account of ten records under `KEY`, beside those of the sandbox."""
    found = run_sandbox(analyses=300, now=int(time.time()))
    found.sandbox.accounts[KEY] = MemoryAccount(record(n) for n in range(10))
    return found


@pytest.fixture
def client(running: RunningSandbox) -> Iterator[Client]:
    with Client(running.base_url, KEY, budget=RateBudget()) as opened:
        yield opened


def test_mirror_says_that_it_is_empty_when_it_is_new(client, store):
    with Mirror.open(client) as mirror:
        assert mirror.coverage() == Coverage(0, None, None, None, False, None)
        assert mirror.calls().empty
        assert mirror.syncs().empty
        assert mirror.rejected().empty
        assert mirror.progress is None
        assert not mirror.syncing
        assert not mirror.read_only
        assert mirror.as_of is None


def test_mirror_holds_the_account_when_synced(client, store):
    before = time.time()
    with Mirror.open(client) as mirror:
        report = mirror.sync()
        assert (report.complete, report.inserted, report.total) == (True, 10, 10)
        found = mirror.coverage()
        assert (found.mirrored, found.total, found.whole) == (10, 10, True)
        assert (found.newest, found.oldest) == (1_760_000_000, 1_760_000_000 - 9)
        assert found.checked_at is not None
        assert before <= found.checked_at <= time.time()
        frame = mirror.calls()
        assert list(frame.columns) == ["id", "created_at", *schema.NAMES[1:]]
        assert list(frame["id"]) == [f"call-{n}" for n in range(10)]
        assert frame["created_at"].iloc[0] == pd.Timestamp(1_760_000_000, unit="s", tz="UTC")
        assert len(mirror.calls(limit=3)) == 3
        assert mirror.size_bytes > 0


def test_rows_are_those_meant_when_filtered(running, store):
    with Client(running.base_url, running.key, budget=RateBudget()) as client:
        with Mirror.open(client) as mirror:
            mirror.sync()
            account = running.sandbox.accounts[running.key].page(Filters("failed"), 1000, 0)[0]
            hours = hours_since_half_of(account)
            frame = mirror.calls(Filter(status_filter="failed", since=f"{hours}h"))
        since = (int(time.time()) // 60) * 60 - hours * 3600
        assert list(frame["id"]) == [one["id"] for one in account if one["created"] >= since]
        assert 0 < len(frame) < len(account)


def test_syncs_are_listed_newest_first(client, store):
    with Mirror.open(client) as mirror:
        mirror.sync()
        mirror.sync()
        mirror.sync(everything=True)
        table = mirror.syncs()
        assert list(table["kind"]) == ["everything", "refresh", "first read"]
        assert table["complete"].all()
        assert len(mirror.syncs(2)) == 2


def test_records_that_cannot_be_read_are_listed(running, client, store):
    odd = record(3, id="odd", status=7)
    running.sandbox.accounts[KEY] = MemoryAccount([record(1), odd, record(5)])
    with Mirror.open(client) as mirror:
        mirror.sync()
        (row,) = mirror.rejected().to_dict("records")
        assert row["id"] == "odd"
        assert "status" in row["reason"]
        assert json.loads(row["record"])["id"] == "odd"
        assert "canary" not in row["record"]
        assert mirror.coverage().mirrored == 3
        assert len(mirror.calls()) == 2


def test_sync_error_has_the_report_when_the_server_fails(running, client, store):
    with Mirror.open(client) as mirror:
        mirror.sync()
        del running.sandbox.accounts[KEY]  # the key is refused from now on
        with pytest.raises(SyncError) as raised:
            mirror.sync()
        assert raised.value.report.complete is False
        assert KEY not in str(raised.value)
        assert mirror.progress is None
        assert not mirror.syncing
        assert len(mirror.calls()) == 10
        assert mirror.syncs()["problem"].iloc[0]


def test_progress_is_told_while_a_sync_runs(client, store):
    told = []
    with Mirror.open(client) as mirror:
        mirror.sync(on_progress=lambda progress: told.append((progress, mirror.syncing)))
    assert (told[-1][0].mirrored, told[-1][0].total, told[-1][1]) == (10, 10, True)


def test_nothing_is_left_when_deleted(running, client, store):
    mirror = Mirror.open(client)
    mirror.sync()
    # the snapshot of an older version
    mirror.path.with_name(f"{mirror.path.name}.parquet").touch()
    mirror.delete()
    assert list(store.iterdir()) == []
    mirror.close()
    with Mirror.open(client) as again:
        assert again.coverage().total is None
    assert running.sandbox.accounts[KEY].page(Filters(), 1, 0)[1] == 10


def test_queries_of_one_moment_agree_while_a_sync_writes(running, client, store):
    with Mirror.open(client) as mirror:
        mirror.sync()
        cursor = mirror.moment()
        assert queries.count(cursor, Filter(), UTC) == 10
        running.sandbox.accounts[KEY] = MemoryAccount(record(n) for n in range(-5, 10))
        mirror.sync()
        assert queries.effort_summary(cursor, Filter(), UTC)["n_calls"].iloc[0] == 10
        assert queries.failure_reasons(cursor, Filter(), UTC).empty
        assert queries.count(mirror.moment(), Filter(), UTC) == 15


# --- where it is ------------------------------------------------------------------------------


def test_file_is_the_accounts_own_in_the_store(client, running, store):
    place = default_path(client.account)
    assert place.parent == store
    assert place.name.startswith("127.0.0.1-")
    assert place.name.endswith(f"{client.account.fingerprint}.duckdb")
    assert KEY not in str(place)
    with Client(running.base_url, SECOND_KEY) as other:
        assert default_path(other.account) != place
    for path in ("", "/api/v2", "/tenant/api/v1"):
        url = running.base_url.removesuffix("/api/v1") + path
        with Client(url, KEY) as other:
            assert default_path(other.account) != place
    with Mirror.open(client) as mirror:
        assert mirror.path == place
        assert place.exists()


def test_rows_of_a_page_are_those_of_the_viewers_zone(client, store):
    tokyo = ZoneInfo("Asia/Tokyo")
    with Mirror.open(client) as mirror:
        mirror.sync()
        hours = queries.calls_page(mirror.cursor(), Filter(), tokyo, limit=10)["created_at"]
        hour = str(hours.iloc[0].tz_convert(tokyo).hour)
        found = mirror.calls(Filter(hour=hour, sort="oldest"), zone="Asia/Tokyo", limit=3, offset=2)
        asked = queries.calls_page(
            mirror.cursor(), Filter(hour=hour, sort="oldest"), tokyo, limit=3, offset=2
        )
        assert list(found["id"]) == list(asked["id"])
        assert len(found) == 3
        assert mirror.calls(Filter(hour=hour)).empty, "it is another hour in UTC"
        with pytest.raises(InvalidFilterError, match=r"“Mars/X” is no time zone"):
            mirror.calls(Filter(hour=hour), zone="Mars/X")
        with pytest.raises(InvalidFilterError, match=r"“Mars/X” is no time zone"):
            queries.effort_per_day(mirror, Filter(), "Mars/X")


def test_closed_mirror_says_so(client, store):
    mirror = Mirror.open(client)
    mirror.close()
    for ask in (mirror.calls, mirror.sync, mirror.coverage, mirror.delete):
        with pytest.raises(MirrorError, match="is closed"):
            ask()


def test_folder_and_files_are_the_users_alone(client, store):
    before = os.umask(0)
    try:
        with Mirror.open(client) as mirror:
            mirror.sync()
            files = list(store.iterdir())
            assert {file.suffix for file in files} >= {".duckdb", ".snapshot"}
            assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
        assert stat.S_IMODE(store.stat().st_mode) == 0o700
        assert {stat.S_IMODE(file.stat().st_mode) for file in store.iterdir()} == {0o600}
    finally:
        os.umask(before)


def test_path_is_the_given_one(client, tmp_path, store):
    with Mirror.open(client, str(tmp_path / "mine.duckdb")) as mirror:
        mirror.sync()
    assert (tmp_path / "mine.duckdb").exists()
    assert not store.exists()


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"no database" * 500, "damaged"), (b"x", "damaged")],
    ids=["long", "short"],
)
def test_file_is_said_to_be_damaged_when_it_is_no_mirror(content, words, client, tmp_path):
    path = tmp_path / "notes.duckdb"
    path.write_bytes(content)
    with pytest.raises(MirrorError, match=words):
        Mirror.open(client, path)
    assert path.read_bytes() == content


def test_folder_is_named_when_it_cannot_be_made(client, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("x")
    monkeypatch.setenv("EXPLORER_STORE", str(tmp_path / "file" / "store"))
    with pytest.raises(MirrorError, match="EXPLORER_STORE"):
        Mirror.open(client)


# --- who has it open --------------------------------------------------------------------------


def test_file_is_shared_when_opened_twice_in_one_process(client, store):
    one, other = Mirror.open(client), Mirror.open(client)
    one.sync()
    assert len(other.calls()) == 10
    assert not other.read_only
    with pytest.raises(MirrorError, match="open elsewhere"):
        one.delete()
    one.close()
    one.close()
    assert len(other.calls()) == 10
    assert other.sync().complete
    other.delete()
    assert list(store.iterdir()) == []


def test_file_of_another_account_is_refused(client, running, tmp_path):
    path = tmp_path / "one.duckdb"
    with Client(running.base_url, SECOND_KEY) as other:
        with Mirror.open(client, path), pytest.raises(MirrorError, match="another account"):
            Mirror.open(other, path)
        with pytest.raises(MirrorError, match="another account"):
            Mirror.open(other, path)


def test_one_syncs_at_a_time_of_several_callers(client, store):
    running_now, most = 0, 0
    lock = threading.Lock()

    def tell(progress: object) -> None:
        nonlocal running_now, most
        with lock:
            running_now += 1
            most = max(most, running_now)
        time.sleep(0.01)
        with lock:
            running_now -= 1

    mirrors = [Mirror.open(client) for _ in range(4)]
    threads = [
        threading.Thread(target=mirror.sync, kwargs={"on_progress": tell})
        for mirror in mirrors
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert most == 1
    assert len(mirrors[0].syncs()) == 8
    assert len(mirrors[0].calls()) == 10
    for mirror in mirrors:
        mirror.close()


def test_another_client_is_used_when_given(client, running, store):
    with Mirror.open(client) as mirror:
        client.close()
        with pytest.raises(SyncError):
            mirror.sync()
        with Client(running.base_url, KEY) as later:
            mirror.use(later)
            assert mirror.sync().complete
        with (
            Client(running.base_url, SECOND_KEY) as other,
            pytest.raises(MirrorError, match="another account"),
        ):
            mirror.use(other)


HOLDER = """
import sys
from explorer.api.client import Client
from explorer.mirror.mirror import Mirror

with Client() as client, Mirror.open(client) as mirror:
    if sys.argv[1] == "synced":
        mirror.sync()
    print("ready", flush=True)
    for line in sys.stdin:
        mirror.sync(everything=True)
        print("again", flush=True)
"""


@contextmanager
def held(running: RunningSandbox, how: str) -> Iterator[subprocess.Popen[str]]:
    """Another process that has the mirror open."""
    settings = {"CALLCOV_BASE_URL": running.base_url, "CALLCOV_API_KEY": KEY}
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, how],
        cwd=ROOT,
        env=os.environ | settings,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        try:
            yield process
        finally:
            process.communicate(timeout=20)


def test_snapshot_is_read_when_another_process_has_the_file(running, client, store):
    with held(running, "synced"), Mirror.open(client) as mirror:
        assert mirror.read_only
        assert mirror.as_of is not None
        assert abs(mirror.as_of - time.time()) < 60
        found = mirror.coverage()
        assert (found.mirrored, found.total, found.whole) == (10, 10, True)
        assert found.checked_at is not None
        assert list(mirror.calls()["id"]) == [f"call-{n}" for n in range(10)]
        assert len(mirror.calls(Filter(sort="oldest"), limit=2)) == 2
        page = queries.calls_page(mirror.moment(), Filter(), UTC, limit=4, offset=2)
        assert list(page["id"]) == ["call-2", "call-3", "call-4", "call-5"]
        assert list(mirror.syncs()["complete"]) == [True]
        assert mirror.rejected().empty
        with pytest.raises(MirrorError, match="another process"):
            mirror.sync()
        with pytest.raises(MirrorError, match="another process"):
            mirror.delete()
        assert mirror.size_bytes > 0
        mirror.close()
        mirror.close()
    with Mirror.open(client) as mirror:
        assert not mirror.read_only
        assert mirror.coverage().mirrored == 10


def test_mirror_is_refused_when_another_process_has_no_snapshot_yet(running, client, store):
    with held(running, "empty"), pytest.raises(MirrorError, match="no snapshot yet"):
        Mirror.open(client)


# --- secrets ----------------------------------------------------------------------------------


def test_no_secret_is_on_disk_or_in_a_log(running, client, store, caplog):
    odd = record(20, id="odd", status=7, metadata={"webhook_url": f"https://w/?{SIGNATURE}"})
    failed = record(
        21, status="failed", metadata={"error_message": f"at https://s3.x/a?{SIGNATURE} key {KEY}"}
    )
    running.sandbox.accounts[KEY].insert(odd)
    running.sandbox.accounts[KEY].insert(failed)
    caplog.set_level(logging.DEBUG)
    with Mirror.open(client) as mirror:
        mirror.sync()
        mirror.sync(everything=True)
        del running.sandbox.accounts[KEY]
        with pytest.raises(SyncError) as raised:
            mirror.sync()
    # columns are compressed: their text is looked at as text too
    snapshot = Snapshot(next(store.glob("*.snapshot"))).cursor()
    tables = ("calls", "transcripts", "rejected", "syncs", "state", "reasons")
    texts = [snapshot.execute(f"SELECT * FROM {name}").df().to_csv() for name in tables]
    kept = b"".join(file.read_bytes() for file in store.iterdir()) + "".join(texts).encode()
    assert b"call-1" in kept
    for secret in (KEY, "canarysignature", "canarytranscript"):
        assert secret.encode() not in kept
        assert secret not in caplog.text + str(raised.value) + repr(raised.value)
    assert not any(KEY in file.name for file in store.iterdir())
