"""Markdown for tickets: nothing of it can break out of its place, and no secret is in it."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from typing import Any

import pandas as pd
import pytest

from explorer.analysis import evidence

BASE = "https://api.callcov.com/api/v1"
HOSTILE = [
    pytest.param("``` \n# Heading", id="fence"),
    pytest.param("a ````` b\n````", id="long_fence"),
    pytest.param("`x` [a](javascript:alert(1)) <img src=x onerror=y>", id="markup"),
    pytest.param("~~~\n| a | b |\n![](http://x)", id="other_fence"),
]
SECRETS = (
    "sk_live_canary0123456789abcdef",
    "AKIACANARY0123456789",
    "canarysignature0123456789abcdef0123456789",
)


def call(**changes: Any) -> dict[str, Any]:
    return {
        "id": "a1",
        "created": 1_795_000_000,
        "agent_id": "agent_001",
        "contact_id": "c1",
        "livemode": True,
        "duration_s": 65.5,
        "audio_format": "webm",
        "audio_duration_s": 64.0,
        "size_bytes": 256_000.0,
        "completed_ms": 1_795_000_012_500,
        "processing_time_s": 12.5,
        "error_message": "Audio decode failed",
        "reason": "Audio decode failed",
        **changes,
    }


def reason(**changes: Any) -> dict[str, Any]:
    return {
        "reason": "Audio decode failed",
        "state": "new",
        "n_calls": 2,
        "failures_share": 0.5,
        "of_failures": 4,
        "calls_share": 0.1,
        "of_calls": 20,
        "agents": 1,
        "contacts": 2,
        "first_seen_at": pd.Timestamp("2026-11-01T12:00:00Z"),
        "last_seen_at": pd.Timestamp("2026-11-02T12:00:00Z"),
        **changes,
    }


def of_reason(changes: dict[str, Any], latest: list[dict[str, Any]]) -> str:
    table = pd.DataFrame(latest or [call()])[: len(latest)]
    return evidence.reason_ticket(
        reason(**changes), table, base_url=BASE, meant="All calls", finding="Nothing stands out."
    )


def outside_of_code(text: str) -> str:
    """What a renderer reads as Markdown: fenced blocks and code spans taken out, as CommonMark."""
    left: list[str] = []
    fence = ""
    for line in text.split("\n"):
        opening = re.match(r"(`{3,}|~{3,})(.*)", line)
        if fence:
            if re.fullmatch(rf"{fence[0]}{{{len(fence)},}}\s*", line):
                fence = ""
            continue
        if opening and "`" not in opening[2]:
            fence = opening[1]
            continue
        left.append(re.sub(r"(?<!`)(`+)(?!`)(.*?)(?<!`)\1(?!`)", "", line))
    assert not fence, "a block is left open"
    return "\n".join(left)


def test_ticket_of_a_call_says_what_an_engineer_asks_for():
    text = evidence.call_ticket(call(), base_url=BASE, finding="All of them are webm.")
    for part in (
        "### Analysis failed: `Audio decode failed`",
        "- Analysis: `a1`",
        "- Agent: `agent_001`, contact: `c1`",
        "- Created: 2026-11-18 11:06:40 UTC",
        "- Ended: 2026-11-18 11:06:52 UTC, after 12.5 s of processing",
        "- Audio: `webm`, 64.0 s, 256,000 bytes, 32 kbit/s implied, call of 65.5 s",
        "- Mode: live",
        "```\nAudio decode failed\n```",
        "All of them are webm.",
        f'curl -sS -H "X-API-Key: $CALLCOV_API_KEY" {BASE}/analysis/a1',
    ):
        assert part in text


def test_ticket_of_a_call_says_what_is_missing():
    gone = dict.fromkeys(call(), None) | {
        "id": "a1",
        "created": 1_795_000_000,
        "reason": "(no message)",
    }
    text = evidence.call_ticket(gone, base_url=BASE)
    assert "- Agent: not given, contact: not given" in text
    assert "- Audio: not given, length not given, size not given" in text
    assert "- Mode: not given" in text
    assert "```\n(no message)\n```" in text


def test_ticket_of_a_reason_says_what_an_engineer_asks_for():
    text = of_reason({}, [call(id="a1"), call(id="a2")])
    for part in (
        "### Analyses fail: `Audio decode failed` (new)",
        "- Failed: 2 calls, 50.0% of 4 failures and 10.0% of 20 calls",
        "- Hit: 1 agent, 2 contacts",
        "- First seen: 2026-11-01 12:00:00 UTC",
        "- Calls meant: `All calls`",
        "Latest ids (2 of 2):\n\n```\na1\na2\n```",
        "Nothing stands out.",
        f"{BASE}/analysis/a1",
    ):
        assert part in text


def test_ticket_of_a_reason_is_whole_when_no_call_is_at_hand():
    assert "Latest ids (0 of 2)" in of_reason({}, [])


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize(
    "field", ["error_message", "agent_id", "contact_id", "id", "audio_format", "reason"]
)
def test_text_of_the_api_stays_in_code_when_it_is_hostile(field, text):
    plain = outside_of_code(evidence.call_ticket(call(), base_url=BASE))
    told = evidence.call_ticket(call(**{field: text}), base_url=BASE)
    assert outside_of_code(told) == plain
    if field in ("error_message", "reason", "id"):
        changes = {"reason": text} if field == "reason" else {}
        assert outside_of_code(of_reason(changes, [call(**{field: text})])) == outside_of_code(
            of_reason({}, [call()])
        )


@pytest.mark.parametrize("secret", SECRETS)
def test_no_secret_is_in_a_ticket_when_a_message_holds_one(secret):
    message = (
        f"401 api_key={secret} GET https://s3.example.com/a.wav?X-Amz-Signature={secret} "
        f"Authorization: Bearer {secret}"
    )
    held = call(error_message=message, reason=message, agent_id=f"token={secret}")
    for text in (
        evidence.call_ticket(held, base_url=BASE, finding=f"agent token={secret}"),
        of_reason({"reason": message}, [held]),
    ):
        assert secret not in text
        assert "$CALLCOV_API_KEY" in text


@pytest.mark.parametrize(
    "analysis_id", ["a1", "a b", "../x?y=1#z", "'; touch owned; '", "$(id)", "`id`", "\n-o x", "é"]
)
def test_request_names_one_address_whatever_the_id(analysis_id, tmp_path):
    command = evidence.curl(analysis_id, f"{BASE}/")
    words = shlex.split(command)
    assert words[:4] == ["curl", "-sS", "-H", "X-API-Key: $CALLCOV_API_KEY"]
    assert len(words) == 5
    assert re.fullmatch(rf"{re.escape(BASE)}/analysis/[\w.~%-]+", words[4])
    # as a shell reads it: the key comes from its environment
    (tmp_path / "curl").write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    (tmp_path / "curl").chmod(0o755)
    done = subprocess.run(
        ["sh", "-c", command],
        env={"PATH": f"{tmp_path}:{os.environ['PATH']}", "CALLCOV_API_KEY": "sk_test_x"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == ["-sS", "-H", "X-API-Key: sk_test_x", words[4]]
    assert [file.name for file in tmp_path.iterdir()] == ["curl"]
