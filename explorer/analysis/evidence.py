"""Markdown for a ticket: what is known of a failed call, or of all that failed for one reason.

Text that came from the API stands in code, where no markup works and which it cannot close. There
is no link to a recording and no transcript, and secrets are taken out; the key in the request is
read from the environment of whoever runs it.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import pandas as pd

from explorer.redact import redact_text

MOST_IDS = 20
"""Ids that a ticket lists; the others are one click away."""
_BACKTICKS = re.compile(r"`+")


def call_ticket(call: Mapping[str, Any], *, base_url: str, finding: str | None = None) -> str:
    """Markdown about one failed call.

    Parameters
    ----------
    call : a row of `queries.latest_failures`.
    base_url : of the API.
    finding : the sentence of a contrast for calls that failed so.

    Source: table ``calls``; nothing of ``results``, ``transcript`` or ``audio.url``.
    """
    lines = [
        f"### Analysis failed: {span(call['reason'])}",
        "",
        f"- Analysis: {span(call['id'])}",
        f"- Agent: {span(call['agent_id'])}, contact: {span(call['contact_id'])}",
        f"- Created: {_time(call['created'])}",
        f"- Ended: {_ended(call)}",
        f"- Audio: {_audio(call)}",
        f"- Mode: {_mode(call['livemode'])}",
        "",
        "Error:",
        "",
        fenced(_known(call["error_message"]) or "(no message)"),
    ]
    return "\n".join([*lines, *_finding(finding), *_request([str(call["id"])], base_url), ""])


def reason_ticket(
    reason: Mapping[str, Any],
    latest: pd.DataFrame,
    *,
    base_url: str,
    meant: str,
    finding: str | None = None,
) -> str:
    """Markdown about all calls that failed for one reason.

    Parameters
    ----------
    reason : a row of `queries.reasons`.
    latest : its newest failures, rows of `queries.latest_failures`.
    base_url : of the API.
    meant : the filter in words.
    finding : the sentence of its contrast.
    """
    shown = [str(one) for one in latest["id"].head(MOST_IDS)]
    state = f" ({reason['state']})" if reason["state"] else ""
    example = _known(latest["error_message"].iloc[0]) if len(latest) else None
    lines = [
        f"### Analyses fail: {span(reason['reason'])}{state}",
        "",
        f"- Failed: {reason['n_calls']:,} calls, {reason['failures_share']:.1%} of "
        f"{reason['of_failures']:,} failures and {reason['calls_share']:.1%} of "
        f"{reason['of_calls']:,} calls",
        f"- Hit: {_count(reason['agents'], 'agent')}, {_count(reason['contacts'], 'contact')}",
        f"- First seen: {_time(reason['first_seen_at'])}",
        f"- Last seen: {_time(reason['last_seen_at'])}",
        f"- Calls meant: {span(meant)}",
        "",
        "Latest message:",
        "",
        fenced(example or "(no message)"),
        *_finding(finding),
        "",
        f"Latest ids ({len(shown):,} of {reason['n_calls']:,}):",
        "",
        fenced("\n".join(shown)),
    ]
    return "\n".join([*lines, *_request(shown[:1], base_url), ""])


def span(text: object) -> str:
    """`text` on one line as inline code that it cannot end; ``not given`` for none."""
    plain = redact_text(" ".join(str(_known(text) or "").split()))
    if not plain:
        return "not given"
    fence = "`" * (_longest_run(plain) + 1)
    # a space is taken off each side when both have one
    padded = f" {plain} " if plain.startswith("`") or plain.endswith("`") else plain
    return f"{fence}{padded}{fence}"


def fenced(text: str, language: str = "") -> str:
    """`text` as a block of code that it cannot end."""
    fence = "`" * max(3, _longest_run(text) + 1)
    return f"{fence}{language}\n{text}\n{fence}"


def curl(analysis_id: str, base_url: str) -> str:
    """The request for one analysis; the key comes from the environment of whoever runs it."""
    address = f"{base_url.rstrip('/')}/analysis/{quote(analysis_id, safe='')}"
    return f'curl -sS -H "X-API-Key: $CALLCOV_API_KEY" {shlex.quote(address)}'


def _request(analysis_ids: Sequence[str], base_url: str) -> list[str]:
    if not analysis_ids:
        return []
    commands = "\n".join(curl(one, base_url) for one in analysis_ids)
    return ["", "Request:", "", fenced(commands, "sh")]


def _finding(finding: str | None) -> list[str]:
    return ["", "Compared with other calls:", "", fenced(redact_text(finding))] if finding else []


def _longest_run(text: str) -> int:
    return max((len(found) for found in _BACKTICKS.findall(text)), default=0)


def _known(value: Any) -> Any:
    """The value, secrets taken out of text; None where it is missing."""
    if value is None or pd.isna(value):
        return None
    return redact_text(value) if isinstance(value, str) else value


def _time(at: Any) -> str:
    moment = pd.Timestamp(at, unit="s", tz=UTC) if isinstance(at, int) else pd.Timestamp(at)
    return f"{moment.tz_convert('UTC'):%Y-%m-%d %H:%M:%S} UTC"


def _ended(call: Mapping[str, Any]) -> str:
    ended, took = _known(call["completed_ms"]), _known(call["processing_time_s"])
    at = "not given" if ended is None else _time(datetime.fromtimestamp(ended / 1000, UTC))
    return at if took is None else f"{at}, after {took:.1f} s of processing"


def _audio(call: Mapping[str, Any]) -> str:
    size, length = _known(call["size_bytes"]), _known(call["audio_duration_s"])
    parts = [span(call["audio_format"])]
    parts.append("length not given" if length is None else f"{length:.1f} s")
    parts.append("size not given" if size is None else f"{size:,.0f} bytes")
    if size and length and length > 0:
        parts.append(f"{size * 8 / 1000 / length:.0f} kbit/s implied")
    of_call = _known(call["duration_s"])
    if of_call is not None:
        parts.append(f"call of {of_call:.1f} s")
    return ", ".join(parts)


def _mode(livemode: Any) -> str:
    known = _known(livemode)
    return "not given" if known is None else "live" if known else "test"


def _count(n: int, noun: str) -> str:
    return f"{n:,} {noun}{'' if n == 1 else 's'}"
