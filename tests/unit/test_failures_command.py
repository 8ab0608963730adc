"""``python -m explorer failures``: what it prints, for people and machines, and its exit codes."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from explorer.__main__ import THRESHOLD_REACHED, main
from explorer.analysis.failure_report import Threshold, printable
from explorer.api import Client
from explorer.mirror.mirror import Mirror
from explorer.sandbox import SANDBOX_KEY, Filters, MemoryAccount
from tests.conftest import RunningSandbox

pytestmark = pytest.mark.usefixtures("logger")  # a command sets it up
OUTAGE, CODEC = "Transcription backend unavailable", "Audio decode failed: webm"


def prepare(
    run_sandbox: Callable[..., RunningSandbox],
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    *records: dict[str, Any],
    **arguments: Any,
) -> RunningSandbox:
    found = run_sandbox(**({"analyses": 2500, "now": int(time.time())} | arguments))
    if records:
        found.sandbox.accounts[SANDBOX_KEY] = MemoryAccount(records)
    monkeypatch.setenv("EXPLORER_STORE", str(folder / "store"))
    monkeypatch.setenv("CALLCOV_BASE_URL", found.base_url)
    monkeypatch.setenv("CALLCOV_API_KEY", SANDBOX_KEY)
    return found


@pytest.fixture
def running(run_sandbox, tmp_path, monkeypatch) -> RunningSandbox:
    return prepare(run_sandbox, tmp_path, monkeypatch)


def small_calls(now: int) -> list[dict[str, Any]]:
    """Completed ones, enough to tell how long others take."""
    return [{"id": f"c{n}", "created": now - 600 - n, "status": "completed"} for n in range(120)]


@pytest.fixture
def small(run_sandbox, tmp_path, monkeypatch) -> RunningSandbox:
    """20 calls of the last hour, of which 2 failed; 20 older ones, of which 10 did."""
    now = int(time.time())
    records = [
        {
            "id": f"a{n}",
            "created": now - (60 + n if n < 20 else 90_000 + n),
            "status": "failed" if n % (10 if n < 20 else 2) == 0 else "completed",
            "metadata": {
                "error_message": "Timed out\x1b[31m after 30 s, token=sk_live_canary0123456789"
            },
        }
        for n in range(40)
    ]
    return prepare(run_sandbox, tmp_path, monkeypatch, *records)


def test_list_tells_the_planted_stories_first(running, capsys):
    assert main(["failures"]) == 0
    out, err = capsys.readouterr()
    account = running.sandbox.accounts[SANDBOX_KEY].page(Filters("failed"), 10_000, 0)
    lines = out.splitlines()
    assert lines[0].startswith(f"All calls: {account[1]:,} of 2,500 failed, ")
    assert lines[1].startswith(f"As of {time.gmtime().tm_year}-")
    assert CODEC in lines[4]
    assert OUTAGE in lines[5]
    assert " gone " in lines[5]
    assert "calls with audio format “webm”" in out
    assert "\nOutage 20" in out
    assert "\nStuck: 5 of 9 still processing" in out
    assert err == ""


def test_json_has_the_same_numbers_for_machines(running, capsys):
    assert main(["failures", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    codec, outage = told["reasons"][:2]
    assert codec["finding"].startswith("All ")
    assert (outage["state"], outage["finding"]) == ("gone", None)
    failed = running.sandbox.accounts[SANDBOX_KEY].page(Filters("failed"), 10_000, 0)[0]
    assert told["n_failed"] == len(failed) == sum(one["n_calls"] for one in told["reasons"])
    assert codec["n_calls"] == sum(CODEC in one["metadata"]["error_message"] for one in failed)
    (run,) = told["outages"]
    assert run["starts_at"] < run["ends_at"] < run["recovered_at"]
    assert run["recovered_at"].endswith("Z")
    assert (told["n_stuck"], told["threshold"], told["reached"]) == (5, None, False)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        pytest.param(["--threshold", "15%"], THRESHOLD_REACHED, id="share_reached"),
        pytest.param(["--threshold", "35.5%"], 0, id="share_not_reached"),
        pytest.param(["--threshold", "12"], THRESHOLD_REACHED, id="count_reached"),
        pytest.param(["--threshold", "13"], 0, id="count_not_reached"),
        pytest.param(["--since", "24h", "--threshold", "10%"], THRESHOLD_REACHED, id="since"),
        pytest.param(["--since", "24h", "--threshold", "3"], 0, id="since_not_reached"),
        pytest.param(["--since", "24h", "--threshold", "3", "--json"], 0, id="json"),
        pytest.param(["--until", "24h", "--threshold", "50%"], THRESHOLD_REACHED, id="until"),
        pytest.param(["--where", "agent_id=nobody", "--threshold", "1"], 0, id="no_calls"),
        pytest.param([], 0, id="none"),
    ],
)
def test_exit_code_says_whether_the_threshold_is_reached(arguments, code, small, capsys):
    assert main(["failures", *arguments]) == code
    out = capsys.readouterr().out
    if "--json" in arguments:
        assert json.loads(out)["reached"] is (code == THRESHOLD_REACHED)
    elif "--threshold" in arguments:
        assert ("Threshold of" in out) is True
        assert ("not reached" in out) is (code == 0)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--threshold", "0"], ["--threshold", "0%"], ["--threshold", "101%"], ["--threshold", "many"],
        ["--threshold", "1.5"], ["--threshold", "nan%"], ["--zone", "Nowhere"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_argument_is_refused_when_it_cannot_be_meant(arguments, capsys):
    with pytest.raises(SystemExit) as caught:
        main(["failures", *arguments])
    assert caught.value.code == 2
    assert arguments[1].strip("%") in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [["--since", "yesterday"], ["--since", "1h", "--until", "2h"], ["--where", "nothing=1"],
     ["--since", "1h", "--where", "since=2h"]],
    ids=" ".join,
)  # fmt: skip
def test_filter_is_refused_when_it_cannot_be_meant(arguments, capsys):
    assert main(["failures", *arguments]) == 2
    assert "python -m explorer failures: error: " in capsys.readouterr().err


def test_mirror_is_read_as_it_is_when_told_so(small, capsys):
    assert main(["failures", "--no-sync"]) == 1
    assert "leave out --no-sync" in capsys.readouterr().err
    assert main(["failures"]) == 0
    before = capsys.readouterr().out
    small.sandbox.accounts[SANDBOX_KEY] = MemoryAccount([])
    assert main(["failures", "--no-sync"]) == 0
    assert capsys.readouterr().out == before
    assert main(["failures"]) == 0
    assert capsys.readouterr().out.startswith("All calls: 0 of 0 failed\nAs of 20")


def test_old_mirror_says_its_age_and_fails_when_told_so(small, capsys):
    now = int(time.time())
    records = [
        *(call | {"metadata": {"processing_time_ms": 60_000}} for call in small_calls(now)),
        {"id": "waiting", "created": now - 10, "status": "processing"},
    ]
    small.sandbox.accounts[SANDBOX_KEY] = MemoryAccount(records)
    assert main(["failures", "--max-age", "1h", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["n_stuck"] == 0
    with Client() as client, Mirror.open(client) as mirror:
        # as if the mirror had been left alone for two days since
        mirror.cursor().execute("UPDATE syncs SET ended_at = ended_at - 172800")
        mirror.cursor().execute("UPDATE calls SET created = created - 172800")
    assert main(["failures", "--no-sync", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert time.time() - 172_900 < pd.Timestamp(told["as_of"]).timestamp() < time.time() - 172_700
    assert (told["n_processing"], told["n_stuck"]) == (1, 0), "what ended since nobody knows"
    assert main(["failures", "--no-sync", "--max-age", "1h"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "older than --max-age: As of 20" in err
    with pytest.raises(SystemExit):
        main(["failures", "--max-age", "soon"])
    assert "'soon' is no span, such as 90m" in capsys.readouterr().err


def test_status_asked_for_is_not_said_of_all_calls(small, capsys):
    for term in ("status_filter=completed", "reason=Timed out"):
        assert main(["failures", "--where", term]) == 0
        assert capsys.readouterr().out.startswith("All calls: ")


def test_command_fails_in_words_when_the_account_cannot_be_read(small, capsys, monkeypatch):
    monkeypatch.setenv("CALLCOV_API_KEY", "sk_live_canary0123456789")
    assert main(["failures"]) == 1
    out, err = capsys.readouterr()
    assert "python -m explorer failures: error: The sync stopped early" in err
    assert "canary" not in out + err


@pytest.mark.parametrize("form", [[], ["--json"]], ids=["text", "json"])
def test_nothing_printed_moves_the_terminal_or_tells_a_secret(form, small, capsys):
    assert main(["failures", *form]) == 0
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "canary" not in out
    assert "Timed out" in out


def test_snapshot_is_read_when_another_process_keeps_the_mirror(small, capsys, monkeypatch):
    assert main(["failures"]) == 0
    before = capsys.readouterr()
    with Client() as client, Mirror.open(client) as mirror:
        monkeypatch.setattr(type(mirror), "sync", lambda *_: pytest.fail("it must not sync"))
        monkeypatch.setattr(Mirror, "open", lambda *_: mirror)
        monkeypatch.setattr(Mirror, "read_only", True)
        assert main(["failures"]) == 0
    after = capsys.readouterr()
    assert after.out == before.out
    assert "its last snapshot is read" in after.err


def test_threshold_is_reached_at_its_value():
    assert Threshold.parse("5%").reached(5, 100)
    assert not Threshold.parse("5%").reached(4, 100)
    assert not Threshold.parse("5%").reached(0, 0)
    assert Threshold.parse("2").reached(2, 1000)
    assert printable("a\x1b[2J\r\u202eb") == "a\ufffd[2J\ufffd\ufffdb"
