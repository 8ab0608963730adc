"""``python -m explorer sync`` and ``export``: what they print and write, and their exit codes."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from explorer.__main__ import main
from explorer.api import Client
from explorer.mirror.mirror import Mirror
from explorer.sandbox import SANDBOX_KEY, Filters, MemoryAccount
from tests.conftest import ROOT, RunningSandbox, hours_since_half_of

pytestmark = pytest.mark.usefixtures("logger")  # a command sets it up
Done = subprocess.CompletedProcess[bytes]


@pytest.fixture
def running(
    run_sandbox: Callable[..., RunningSandbox], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> RunningSandbox:
    found = run_sandbox(analyses=300, now=int(time.time()))
    monkeypatch.setenv("EXPLORER_STORE", str(tmp_path / "store"))
    monkeypatch.setenv("CALLCOV_BASE_URL", found.base_url)
    monkeypatch.setenv("CALLCOV_API_KEY", SANDBOX_KEY)
    return found


@pytest.fixture
def synced(running: RunningSandbox) -> RunningSandbox:
    with Client() as client, Mirror.open(client) as mirror:
        mirror.sync()
    return running


def command(*arguments: str, **settings: str) -> Done:
    return subprocess.run(
        [sys.executable, "-m", "explorer", *arguments],
        cwd=ROOT,
        env=os.environ | settings,
        capture_output=True,
        timeout=60,
    )


def rows(written: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(written.decode("utf-8-sig"))))


@pytest.mark.parametrize("name", ["sync", "failures"])
def test_empty_name_of_the_mirror_is_refused(name):
    done = command(name, "--path", "")
    assert done.returncode == 2
    assert b"the name of the file is empty" in done.stderr


def test_every_command_writes_log_lines_when_told_to(synced, tmp_path):
    for arguments in (["failures", "--no-sync"], ["export", "-"], ["sync"]):
        done = command(*arguments, EXPLORER_LOG="INFO")
        assert done.returncode == 0, done.stderr
        assert (b"GET /analysis/" in done.stderr) == (arguments == ["sync"])
    done = command("failures", EXPLORER_LOG="INFO")
    assert b"GET /analysis/" in done.stderr


def test_target_that_cannot_be_written_is_named(synced, tmp_path):
    target = tmp_path / "none" / "calls.csv"
    done = command("export", str(target))
    assert done.returncode == 1
    assert f"{target} cannot be written (No such file or directory)".encode() in done.stderr


# --- sync -------------------------------------------------------------------------------------


def test_sync_says_what_it_did(running, tmp_path):
    done = command("sync")
    assert done.returncode == 0, done.stderr
    said = done.stdout.decode()
    assert re.fullmatch(
        r"first read: \d requests, \d+ rows read; 300 new, 0 changed, 0 gone, 0 unreadable; "
        r"300 analyses; the mirror equals the account\n",
        said,
    )
    assert done.stderr == b""
    assert len(list((tmp_path / "store").glob("*.duckdb"))) == 1
    again = command("sync", "--everything").stdout.decode()
    assert again.startswith("everything: ")
    assert " 0 new, 0 changed, 0 gone" in again


def test_sync_writes_where_it_is_told(running, tmp_path):
    done = command("sync", "--path", str(tmp_path / "here.duckdb"))
    assert done.returncode == 0
    assert (tmp_path / "here.duckdb").exists()
    assert not (tmp_path / "store").exists()


def test_sync_fails_in_words_when_the_key_is_refused(running):
    key = "sk_live_canary0123456789"
    done = command("sync", CALLCOV_API_KEY=key, EXPLORER_LOG="DEBUG")
    assert done.returncode == 1
    assert b"python -m explorer sync: error: The sync stopped early" in done.stderr
    assert b"Traceback" not in done.stderr
    assert key.encode() not in done.stdout + done.stderr
    assert done.stdout == b""


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        pytest.param({"CALLCOV_API_KEY": ""}, "CALLCOV_API_KEY", id="no_key"),
        pytest.param({"EXPLORER_LOG": "loud"}, "EXPLORER_LOG", id="bad_setting"),
        pytest.param({"EXPLORER_STORE": "/dev/null/store"}, "EXPLORER_STORE", id="no_folder"),
    ],
)
def test_sync_fails_in_words_when_it_cannot_begin(settings, words, running):
    done = command("sync", **settings)
    assert done.returncode == 1
    assert words in done.stderr.decode()
    assert b"Traceback" not in done.stderr


# --- export -----------------------------------------------------------------------------------


def test_export_is_refused_when_nothing_is_mirrored(running, tmp_path):
    target = tmp_path / "calls.csv"
    done = command("export", str(target))
    assert done.returncode == 1
    assert b"run sync first" in done.stderr
    assert not target.exists()


def test_csv_goes_to_standard_output(synced):
    done = command("export", "-")
    assert done.returncode == 0, done.stderr
    assert done.stderr == b""
    account = synced.sandbox.accounts[SANDBOX_KEY].page(Filters(), 1000, 0)[0]
    assert [row["id"] for row in rows(done.stdout)] == [one["id"] for one in account]


def test_rows_are_those_meant_when_filtered(synced):
    account = synced.sandbox.accounts[SANDBOX_KEY].page(Filters("failed"), 1000, 0)[0]
    hours = hours_since_half_of(account)
    done = command("export", "-", "--where", "status_filter=failed", "--where", f"since={hours}h")
    since = (int(time.time()) // 60) * 60 - hours * 3600
    wanted = [one["id"] for one in account if one["created"] >= since]
    assert [row["id"] for row in rows(done.stdout)] == wanted
    assert 0 < len(wanted) < len(account)


def test_filter_takes_several_values_when_it_is_repeated(synced, tmp_path):
    account = synced.sandbox.accounts[SANDBOX_KEY].page(Filters(), 1000, 0)[0]
    agents = sorted({one["call"]["agent_id"] for one in account if one["call"]["agent_id"]})[:2]
    terms = [part for agent in agents for part in ("--where", f"agent_id={agent}")]
    target = tmp_path / "calls.csv"
    assert main(["export", str(target), *terms]) == 0
    found = rows(target.read_bytes())
    assert {row["agent_id"] for row in found} == set(agents)
    assert len(found) == sum(one["call"]["agent_id"] in agents for one in account)


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet", "CSV"])
def test_file_has_every_row_in_each_form(form, synced, tmp_path):
    target = tmp_path / f"calls.{form}"
    assert main(["export", str(target), "--where", "sort=oldest"]) == 0
    if form == "parquet":
        ids = list(pd.read_parquet(target)["id"])
    elif form == "jsonl":
        ids = [json.loads(line)["id"] for line in target.read_text("utf-8").splitlines()]
    else:
        ids = [row["id"] for row in rows(target.read_bytes())]
    account = synced.sandbox.accounts[SANDBOX_KEY].page(Filters(), 1000, 0)[0]
    assert len(ids) == 300
    assert set(ids) == {one["id"] for one in account}
    assert ids[0] == account[-1]["id"]


def test_day_begins_where_the_zone_says(running, tmp_path):
    at = int(pd.Timestamp("2026-01-10T12:00:00Z").timestamp())
    running.sandbox.accounts[SANDBOX_KEY] = MemoryAccount(
        {"id": f"h{n}", "created": at + n * 3600, "status": "completed"} for n in range(24)
    )
    assert command("sync").returncode == 0
    here, there = tmp_path / "here.csv", tmp_path / "there.csv"
    wanted = ["--where", "since=2026-01-11"]
    assert main(["export", str(here), *wanted]) == 0
    assert main(["export", str(there), *wanted, "--zone", "Asia/Tokyo"]) == 0
    assert (len(rows(here.read_bytes())), len(rows(there.read_bytes()))) == (12, 21)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param(["--where", "since=yesterday"], "“yesterday” is no time for since", id="time"),
        pytest.param(["--where", "effort_min=x"], "“x”", id="number"),
        pytest.param(["--where", "colour=red"], "“colour=red” is no filter", id="name"),
        pytest.param(["--where", "failed"], "“failed” is no filter: write NAME=VALUE", id="no_value"),
        pytest.param(["--where", "since=1d", "--where", "since=2d"], "since is given 2 times", id="twice"),
        pytest.param(["--where", "since=2026-01-02", "--where", "until=2026-01-01"], "before it starts", id="range"),
    ],
)  # fmt: skip
def test_filter_is_named_when_it_means_nothing(arguments, words, synced, tmp_path, capsys):
    target = tmp_path / "calls.csv"
    assert main(["export", str(target), *arguments]) == 2
    said = capsys.readouterr().err
    assert said.startswith("python -m explorer export: error: ")
    assert words in said
    assert "left out" not in said
    assert not target.exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["calls.xlsx"], "ends in none of .csv, .jsonl, .parquet"),
        (["calls"], "ends in none of"),
    ],
    ids=["other_form", "no_form"],
)
def test_form_is_named_when_it_is_none_of_ours(arguments, words, running, capsys):
    assert main(["export", *arguments]) == 2
    assert words in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [["-", "--zone", "Mars/Base"], ["-", "--zone", "Europe"], [], ["-", "--what"]],
    ids=["zone", "folder_of_zones", "no_target", "unknown"],
)
def test_bad_arguments_end_with_code_2(arguments, running, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["export", *arguments])
    assert ended.value.code == 2


def test_target_is_named_when_it_cannot_be_written(synced, tmp_path, capsys):
    assert main(["export", str(tmp_path / "nowhere" / "calls.csv")]) == 1
    assert "nowhere" in capsys.readouterr().err


def test_older_file_stays_when_the_mirror_cannot_be_read(synced, tmp_path, capsys):
    target = tmp_path / "calls.csv"
    target.write_text("what was there")
    broken = tmp_path / "broken.duckdb"
    broken.write_bytes(b"no mirror" * 1000)
    assert main(["export", str(target), "--path", str(broken)]) == 1
    assert "damaged" in capsys.readouterr().err
    assert target.read_text() == "what was there"


def test_reader_may_stop_early(synced):
    """As in ``python -m explorer export - | head``."""
    with subprocess.Popen(
        [sys.executable, "-m", "explorer", "export", "-"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        said = process.stderr.read()
        process.wait(20)
    assert b"Traceback" not in said
    assert b"Exception ignored" not in said


def test_snapshot_is_exported_when_another_process_has_the_mirror(synced):
    with Client() as client, Mirror.open(client) as mirror:
        mirror.sync()
        done = command("export", "-")
        assert done.returncode == 0, done.stderr
        assert len(rows(done.stdout)) == 300
        refused = command("sync")
        assert refused.returncode == 1
        assert b"open in another process" in refused.stderr


def test_no_secret_is_printed(synced):
    done = command("sync", EXPLORER_LOG="DEBUG")
    exported = command("export", "-", EXPLORER_LOG="DEBUG")
    for text in (done.stdout, done.stderr, exported.stdout, exported.stderr):
        assert SANDBOX_KEY.encode() not in text
        assert b"Signature" not in text
    assert b"GET /analysis/" in done.stderr
