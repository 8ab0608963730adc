"""Dialogues become an answer that the sandbox serves and the client reads whole."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from benchmarks import from_dialogues
from explorer import calls_frame
from explorer.api import read_list
from explorer.sandbox.accounts import Filters
from explorer.sandbox.file import read_account

DIALOGUES = [
    {
        "id": f"7_{n}",
        "services": ["Trains_1"],
        "turns": [["C", "A ticket to Bath, it's $5?"], ["A", "Of course, for 9 am."]] * (n + 1),
    }
    for n in range(20)
]
NOW = 1_790_000_000


@pytest.mark.parametrize("zipped", [True, False], ids=["gzip", "plain"])
def test_dialogues_become_a_saved_answer(
    zipped: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, out = tmp_path / "dialogues.json", tmp_path / "answer.jsonl"
    content = json.dumps(DIALOGUES).encode()
    source.write_bytes(gzip.compress(content) if zipped else content)
    from_dialogues.main([str(source), str(out), "--copies", "3", "--now", str(NOW)])
    assert "60 analyses" in capsys.readouterr().out

    records, total = read_account(out).page(Filters(), 1000, 0)
    page = read_list({"object": "list", "data": records, "has_more": False, "total": total})
    assert (len(page.data), page.rejected) == (60, [])
    calls = calls_frame(page.data)
    assert set(calls["status"]) == {"processing", "completed", "failed"}
    assert calls["created_at"].max().timestamp() < NOW
    assert calls["customer_effort_score"].dropna().between(0, 5).all()
    assert (calls["status"] == "failed").eq(calls["error_message"].notna()).all()
    done = next(one for one in page.data if one.transcript)
    assert done.transcript is not None
    assert [turn.speaker for turn in done.transcript.segments[:2]] == ["Customer", "Agent"]
    assert done.transcript.segments[0].text == "A ticket to Bath, it's $5?"


def test_the_same_dialogues_give_the_same_answer() -> None:
    first, second = (list(from_dialogues.analyses(DIALOGUES, now=NOW)) for _ in range(2))
    assert first == second
    assert len({one["id"] for one in first}) == len(DIALOGUES)
