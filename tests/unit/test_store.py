"""The file of a mirror: what goes in, who may open it, and what is said when it cannot be."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from explorer.api.account import Account
from explorer.errors import MirrorError
from explorer.mirror import schema
from explorer.mirror.decode import DecodedRow, decode_page
from explorer.mirror.file import Locked
from explorer.mirror.snapshot import Snapshot
from explorer.mirror.store import Change, Store
from tests.conftest import ROOT
from tests.drift import row_with
from tests.unit.test_decode import full, page

ACCOUNT = Account("http://127.0.0.1/api/v1", "0123456789abcdef")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "folder" / "mirror.duckdb"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    store = Store(path, ACCOUNT)
    yield store
    store.close()


def rows(*records: dict[str, Any]) -> list[DecodedRow]:
    return decode_page(page(*records), transcripts=True).data


def upsert(store: Store, *records: dict[str, Any]) -> Change:
    with store.transaction() as cursor:
        return store.upsert(cursor, rows(*records))


def all_rows(store: Store) -> list[Any]:
    return store.cursor().execute("SELECT * FROM calls ORDER BY id").fetchall()


def test_upsert_counts_what_changed(store):
    assert upsert(store) == Change()
    assert upsert(store, full(id="a"), full(id="b")) == Change(inserted=2)
    assert upsert(store, full(id="a"), full(id="b")) == Change()
    assert upsert(store, full(id="a", status="failed"), full(id="c")) == Change(1, 1)
    assert [row[0] for row in all_rows(store)] == ["a", "b", "c"]


@pytest.mark.parametrize("field", [f for f in schema.NAMES if f not in {"id", "created"}])
def test_a_change_of_any_column_is_one(store, field):
    (row,) = rows(full())
    place = schema.NAMES.index(field)
    with store.transaction() as cursor:
        store.upsert(cursor, [row])
    values = list(row.values)
    values[place] = None
    cleared = row_with(values)
    for given in (cleared, row):
        with store.transaction() as cursor:
            assert store.upsert(cursor, [given]) == Change(updated=1)
        with store.transaction() as cursor:
            assert store.upsert(cursor, [given]) == Change()
        assert all_rows(store) == [given.values]


def test_several_pages_are_put_in_at_once(store):
    (row,) = rows(full())
    several = [row_with([f"{i}", *row.values[1:]]) for i in range(2500)]
    with store.transaction() as cursor:
        assert store.upsert(cursor, several) == Change(inserted=2500)
        assert store.upsert(cursor, several[-60:]) == Change()
    found = store.cursor().execute("SELECT * FROM calls ORDER BY id::INT").fetchall()
    assert found == [one.values for one in several]


def test_of_an_id_twice_in_a_page_the_last_counts(store):
    change = upsert(store, full(id="a"), full(id="b"), full(id="a", status="failed"))
    assert change == Change(inserted=2)
    found = store.cursor().execute("SELECT id, status FROM calls ORDER BY id").fetchall()
    assert found == [("a", "failed"), ("b", "completed")]


def test_transaction_happens_whole_or_not(store):
    def fail() -> None:
        with store.transaction() as cursor:
            store.upsert(cursor, rows(full()))
            store.set_state(cursor, total=5)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert all_rows(store) == []
    assert store.state().total is None
    assert upsert(store, full()) == Change(inserted=1)


def test_record_is_in_one_of_the_two_tables(store):
    upsert(store, full(id="a"), full(id="b"))
    spoiled = decode_page(page(full(id="a", created=None), full(id="b")))
    with store.transaction() as cursor:
        store.set_aside(cursor, spoiled.set_aside())
        store.set_aside(cursor, spoiled.set_aside())
    assert [row[0] for row in all_rows(store)] == ["b"]
    assert store.count() == 2
    assert store.count("completed") == 2
    assert store.created_of("completed").keys() == {"a", "b"}
    assert upsert(store, full(id="a")) == Change(inserted=1)
    assert store.cursor().execute("SELECT count(*) FROM rejected").fetchone() == (0,)
    with store.transaction() as cursor:
        assert store.delete(cursor, ["a", "b", "unknown"]) == 2
        assert store.delete(cursor, []) == 0
    assert store.count() == 0


def test_upsert_counts_the_same_while_an_account_is_read_whole(store):
    with store.reading_whole():
        assert upsert(store, *(full(id=f"{i}", created=9) for i in range(30))) == Change(30)
        assert upsert(store, full(id="3", created=9), full(id="x", created=8)) == Change(1)
        change = upsert(store, full(id="3", created=9, status="failed"), full(id="x", created=8))
        assert change == Change(updated=1)
    assert len(all_rows(store)) == 31


def test_id_with_another_created_is_in_one_row(store):
    with store.reading_whole():
        upsert(store, full(id="a", created=9), full(id="b", created=8))
        upsert(store, full(id="a", created=5))
    assert [row[:2] for row in all_rows(store)] == [("a", 5), ("b", 8)]
    upsert(store, full(id="a", created=3))
    assert len(all_rows(store)) == 2


def test_reading_whole_leaves_no_setting_behind(store):
    names = "current_setting('memory_limit'), current_setting('threads')"
    before = store.cursor().execute(f"SELECT {names}").fetchone()
    with store.reading_whole():
        assert store.cursor().execute(f"SELECT {names}").fetchone() != before
    assert store.cursor().execute(f"SELECT {names}").fetchone() == before


def test_page_rolled_back_is_compared_anew(store):
    upsert(store, full(id="a"))
    changed = rows(full(id="a", status="failed"))

    def fail() -> None:
        with store.transaction() as cursor:
            store.upsert(cursor, changed)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with store.transaction() as cursor:
        assert store.upsert(cursor, changed) == Change(updated=1)


def test_row_deleted_since_its_page_is_inserted(store):
    upsert(store, full(id="a"))
    with store.transaction() as cursor:
        store.delete(cursor, ["a"])
    assert upsert(store, full(id="a")) == Change(inserted=1)


def test_places_in_the_list(store):
    upsert(store, *(full(id=f"{i}", created=100 + i // 2) for i in range(6)))
    assert store.created_newest_first().tolist() == [102, 102, 101, 101, 100, 100]
    assert store.created_newest_first("failed").tolist() == []
    assert (store.newer_than(101), store.newer_than(0), store.newer_than(102)) == (2, 6, 0)
    assert store.rows_between(100, 102).keys() == {"2", "3"}
    assert store.rows_between(None, 101).keys() == {"0", "1"}
    assert store.rows_between(101, None, "completed").keys() == {"4", "5"}
    assert store.rows_between(None, None, "failed") == {}


def test_state_is_kept(path):
    store = Store(path, ACCOUNT)
    with store.transaction() as cursor:
        store.set_state(cursor, total=7, floor=1, ceiling=9, whole=True, checked_at=2.5)
    store.close()
    again = Store(path, ACCOUNT)
    state = again.state()
    again.close()
    assert (state.total, state.floor, state.ceiling) == (7, 1, 9)
    assert (state.whole, state.checked_at) == (True, 2.5)


def test_files_are_the_owner_s_alone(store, path):
    upsert(store, full())
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    snapshot = path.with_suffix(".snapshot")
    store.write_snapshot(snapshot)
    assert stat.S_IMODE(snapshot.stat().st_mode) == 0o600
    assert not path.with_suffix(".partial").exists()
    assert Snapshot(snapshot).count() == 1
    assert [oct(file.stat().st_mode & 0o077) for file in path.parent.iterdir()] == ["0o0"] * 2


@pytest.mark.parametrize("transcripts", [False, True])
def test_no_secret_is_in_the_file(path, transcripts):
    store = Store(path, ACCOUNT, transcripts=transcripts)
    spoiled = decode_page(page(full(id="x", status=None)), transcripts=transcripts)
    decoded = decode_page(page(full(id="a"), full(id="b", livemode=1)), transcripts=transcripts)
    with store.transaction() as cursor:
        store.upsert(cursor, decoded.data)
        store.set_aside(cursor, spoiled.set_aside())
    kept = store.cursor().execute("SELECT count(*) FROM transcripts").fetchone()
    assert kept == (2 if transcripts else 0,)
    snapshot = path.with_suffix(".snapshot")
    store.write_snapshot(snapshot)
    exported = path.parent / "rows.csv"
    for table in ("calls", "rejected", "syncs", "state"):
        store.cursor().execute(f"COPY {table} TO '{exported}'")
        assert b"CANARY" not in exported.read_bytes()
    store.cursor().execute("CHECKPOINT")
    store.close()
    for file in path.parent.iterdir():
        text = file.read_bytes()
        assert b"CANARYsignature" not in text
        assert b"CANARYhunter2" not in text
        if not transcripts:
            assert b"CANARYwords" not in text


def test_snapshot_holds_every_table_and_is_read_anew_when_it_is_replaced(store, path):
    upsert(store, full(id="a"), full(id="b"))
    spoiled = decode_page(page(full(id="x", status=None)))
    with store.transaction() as cursor:
        store.set_aside(cursor, spoiled.set_aside(whole=True))
        store.set_state(cursor, total=3)
    place = path.with_suffix(".snapshot")
    store.write_snapshot(place)
    snapshot = Snapshot(place)
    assert (snapshot.count(), snapshot.state()) == (3, store.state())
    before, first = snapshot.cursor(), snapshot.version
    for sql in (
        "SELECT * FROM calls",
        "SELECT rowid FROM calls",
        "SELECT * FROM rejected",
        "SELECT * FROM reasons",
        "SELECT * FROM syncs",
        "SELECT * FROM transcripts",
    ):
        columns = [name for name, *_ in store.cursor().execute(sql).description]
        found = before.execute(f"SELECT {', '.join(columns)} FROM ({sql})").fetchall()
        assert found == store.cursor().execute(sql).fetchall()
    with pytest.raises(duckdb.Error):
        before.execute("DELETE FROM snapshot.calls")
    # a reader holds the moment it began with, in either process, while the copy is replaced
    before.execute("BEGIN")
    moment = store.cursor().execute("BEGIN")
    for cursor in (before, moment):
        assert cursor.execute("SELECT count(*) FROM calls").fetchone() == (2,)
    with store.transaction() as cursor:
        store.delete(cursor, ["a"])
        store.set_state(cursor, total=3002)
    upsert(store, *(full(id=f"n{n}") for n in range(3000)))
    store.write_snapshot(place)
    assert snapshot.version > first
    assert snapshot.cursor().execute("SELECT count(*) FROM calls").fetchone() == (3001,)
    for cursor in (before, moment):
        assert cursor.execute("SELECT count(*), min(id) FROM calls").fetchone() == (2, "a")
    assert snapshot.state() == store.state()
    place.unlink()
    assert snapshot.count() == 3002
    snapshot.close()


def test_snapshot_that_cannot_be_written_is_an_error_that_leaves_the_one_before(store, path):
    upsert(store, full(id="a"))
    place = path.with_suffix(".snapshot")
    store.write_snapshot(place)
    before = place.read_bytes()
    path.with_suffix(".partial").mkdir()
    upsert(store, full(id="b"))
    with pytest.raises(MirrorError, match=r"cannot be read or written.*EXPLORER_STORE"):
        store.write_snapshot(place)
    assert place.read_bytes() == before
    assert Snapshot(place).count() == 1
    assert store.count() == 2


def test_snapshot_waits_for_the_next_sync_where_the_file_cannot_be_settled_now(store, path):
    upsert(store, full(id="a"))
    place = path.with_suffix(".snapshot")
    store.write_snapshot(place)
    moment = store.cursor().execute("BEGIN")
    assert moment.execute("SELECT count(*) FROM calls").fetchone() == (1,)
    # what a reader may still see of an UPDATE, DuckDB keeps out of a checkpoint
    store.cursor().execute("UPDATE calls SET status = 'failed'")
    store.write_snapshot(place)
    assert Snapshot(place).count("failed") == 0
    moment.close()
    store.write_snapshot(place)
    assert Snapshot(place).count("failed") == 1


def test_snapshot_of_another_version_is_refused(store, path):
    with store.transaction() as cursor:
        store.set_state(cursor, version=schema.VERSION + 1)
    place = path.with_suffix(".snapshot")
    store.write_snapshot(place)
    with pytest.raises(MirrorError, match="another version of the explorer"):
        Snapshot(place)
    place.write_bytes(b"no database")
    with pytest.raises(MirrorError, match="is a damaged mirror, or none"):
        Snapshot(place)


def test_transcripts_follow_their_rows(path):
    store = Store(path, ACCOUNT, transcripts=True)
    upsert(store, full(id="a"), full(id="b"))
    upsert(store, full(id="a"))
    upsert(store, full(id="c", transcript=None))
    with store.transaction() as cursor:
        store.delete(cursor, ["b"])
    found = store.cursor().execute("SELECT id FROM transcripts").fetchall()
    store.close()
    assert found == [("a",)]


def test_damaged_file_is_named(path):
    path.parent.mkdir()
    path.write_bytes(b"this is no database" * 1000)
    with pytest.raises(
        MirrorError, match=r"mirror\.duckdb is a damaged mirror, or none.*delete it"
    ):
        Store(path, ACCOUNT)
    assert path.read_bytes().startswith(b"this is"), "nothing is deleted on its own"


def test_database_that_is_no_mirror_is_named(path):
    path.parent.mkdir()
    with duckdb.connect(str(path)) as other:
        other.execute("CREATE TABLE state (a INTEGER)")
    with pytest.raises(MirrorError, match="is a damaged mirror, or none"):
        Store(path, ACCOUNT)


def test_database_of_something_else_is_left_as_it_is(path):
    path.parent.mkdir()
    with duckdb.connect(str(path)) as other:
        other.execute("CREATE TABLE orders (a INTEGER)")
    with pytest.raises(MirrorError, match="is a database of something else"):
        Store(path, ACCOUNT)
    with duckdb.connect(str(path)) as other:
        assert other.execute("SHOW TABLES").fetchall() == [("orders",)]


def test_folder_is_not_taken_for_a_file(tmp_path):
    with pytest.raises(MirrorError, match=r"is a folder\. Name a file in it"):
        Store(tmp_path, ACCOUNT)


def test_newer_schema_is_refused(store, path):
    with store.transaction() as cursor:
        store.set_state(cursor, version=schema.VERSION + 1)
    store.close()
    with pytest.raises(MirrorError, match="newer version of the explorer"):
        Store(path, ACCOUNT)


def test_older_schema_is_led_to_this_one(store, path, monkeypatch):
    upsert(store, full())
    store.close()
    monkeypatch.setattr(schema, "VERSION", schema.VERSION + 2)
    steps = {
        schema.VERSION - 2: ("ALTER TABLE calls ADD COLUMN one INTEGER",),
        schema.VERSION - 1: (
            "UPDATE calls SET one = 1",
            "ALTER TABLE syncs ADD COLUMN two INTEGER",
        ),
    }
    monkeypatch.setattr(schema, "MIGRATIONS", steps)
    for _ in range(2):
        migrated = Store(path, ACCOUNT)
        found = migrated.cursor().execute("SELECT one FROM calls").fetchall()
        version = migrated.cursor().execute("SELECT version FROM state").fetchall()
        migrated.close()
        assert (found, version) == ([(1,)], [(schema.VERSION,)])


def test_migration_that_fails_changes_nothing(store, path, monkeypatch):
    store.close()
    monkeypatch.setattr(schema, "VERSION", schema.VERSION + 1)
    steps = {schema.VERSION - 1: ("ALTER TABLE calls ADD COLUMN one INTEGER", "SELECT nonsense")}
    monkeypatch.setattr(schema, "MIGRATIONS", steps)
    with pytest.raises(MirrorError):
        Store(path, ACCOUNT)
    with duckdb.connect(str(path)) as plain:
        assert plain.execute("SELECT version FROM state").fetchone() == (schema.VERSION - 1,)
        assert "one" not in [row[0] for row in plain.execute("DESCRIBE calls").fetchall()]


@pytest.mark.parametrize(
    "other",
    [Account("http://127.0.0.1/api/v2", ACCOUNT.fingerprint), Account(ACCOUNT.base_url, "f" * 16)],
)
def test_mirror_of_another_account_is_refused(store, path, other):
    store.close()
    with pytest.raises(MirrorError, match="mirrors another account"):
        Store(path, other)
    Store(path, ACCOUNT).close()


def test_file_of_another_process_is_locked(store, path):
    store.close()
    code = (
        "import sys, duckdb; c = duckdb.connect(sys.argv[1]); print('open', flush=True); "
        "sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
        text=True,
    ) as owner:
        assert owner.stdout is not None
        assert owner.stdout.readline() == "open\n"
        with pytest.raises(Locked, match="open in another process"):
            Store(path, ACCOUNT)
        owner.communicate("")
    Store(path, ACCOUNT).close()


def test_damaged_file_whose_path_holds_lock_is_not_taken_for_locked(tmp_path):
    damaged = tmp_path / "locksmith" / "clock.duckdb"
    damaged.parent.mkdir()
    damaged.write_bytes(b"no database" * 4000)
    with pytest.raises(MirrorError, match="is a damaged mirror, or none") as caught:
        Store(damaged, ACCOUNT)
    assert not isinstance(caught.value, Locked)


@pytest.mark.parametrize("folder", ["file/below", "/proc/no-such-folder"])
def test_folder_that_cannot_be_written_is_named(tmp_path, folder):
    (tmp_path / "file").write_text("")
    with pytest.raises(MirrorError, match=r"cannot be read or written.*EXPLORER_STORE"):
        Store(tmp_path / folder / "mirror.duckdb", ACCOUNT)


def test_errors_hold_no_database_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(MirrorError) as caught:
        Store(tmp_path / "file" / "mirror.duckdb", ACCOUNT)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_process_killed_while_making_the_file_leaves_none_or_a_good_one(path):
    code = (
        "import sys; from pathlib import Path; from explorer.api.account import Account; "
        "from explorer.mirror.store import Store; print('go', flush=True); "
        f"Store(Path(sys.argv[1]), Account({ACCOUNT.base_url!r}, {ACCOUNT.fingerprint!r}))"
    )
    for milliseconds in (0, 5, 10, 20, 40):
        command = [sys.executable, "-c", code, str(path)]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(milliseconds / 1000)
            process.kill()
        store = Store(path, ACCOUNT)
        assert upsert(store, full()) == Change(inserted=1)
        store.close()
        path.unlink()


def test_empty_file_is_made_anew(path):
    path.parent.mkdir()
    path.touch()
    store = Store(path, ACCOUNT)
    assert upsert(store, full()) == Change(inserted=1)
    store.close()


def test_wal_of_a_killed_process_is_read(path):
    code = f"""
import os, sys
from pathlib import Path
from explorer.api.account import Account
from explorer.mirror.store import Store
from tests.unit.test_decode import full, page
from explorer.mirror.decode import decode_page
store = Store(Path(sys.argv[1]), Account({ACCOUNT.base_url!r}, {ACCOUNT.fingerprint!r}))
with store.transaction() as cursor:
    store.upsert(cursor, decode_page(page(full(id="a"), full(id="b"))).data)
cursor = store.cursor()
cursor.execute("BEGIN")
store.upsert(cursor, decode_page(page(full(id="c"))).data)
os.kill(os.getpid(), 9)
"""
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=False,
    )
    assert done.returncode == -9, done.stderr
    store = Store(path, ACCOUNT)
    assert [row[0] for row in all_rows(store)] == ["a", "b"]
    store.close()
