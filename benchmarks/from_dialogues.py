"""Real dialogues as a saved list answer: ``python -m benchmarks.from_dialogues PATH OUT [--copies N]``.

PATH is JSON, gzipped or not: ``[{"id": …, "services": […], "turns": [["C" or "A", text], …]}]``,
as dialogues of the Schema-Guided Dialogue dataset (Rastogi et al., 2020, CC BY-SA 4.0) can be
written. OUT becomes JSON Lines in the API's format, for ``python -m explorer sandbox --file OUT``.
The text is as people wrote it; durations are estimated from the number of words, and statuses,
scores and checks are drawn with a fixed seed.
"""

from __future__ import annotations

import argparse
import gzip
import json
import time
import uuid
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

SEED = 7
DAYS = 60
DAY_S = 86_400
WORDS_A_SECOND = 2.6
AGENTS = 24
SPEAKERS = {"A": "Agent", "C": "Customer"}
FORMATS = (("wav", 16_000), ("mp3", 8_000), ("ogg", 5_000))
GREETINGS = ("hello", "hi ", "hi,", "good morning", "good afternoon", "welcome", "how may i help")
KIND_WORDS = ("sorry", "understand", "of course", "no problem", "my pleasure", "glad")
FAILURES = (
    "Transcription backend unavailable: upstream answered 503 after {} ms",
    "Audio decode failed: container holds no audio stream (probe {})",
    "Audio too short: {} ms of speech found, 3000 needed",
    "Download of https://s3.amazonaws.com/callcov-audio/{}.wav?X-Amz-Signature=0f3a timed out",
)
RECOMMENDATIONS = (
    "Confirm the booking details once, at the end.",
    "Ask one question at a time.",
    "State your name in the first sentence.",
)


def analyses(
    dialogues: Sequence[dict[str, Any]], *, copies: int = 1, now: int
) -> Iterator[dict[str, Any]]:
    """One analysis a dialogue and copy, oldest first, the newest just before `now` (Unix seconds)."""
    n = len(dialogues) * copies
    for index in range(n):
        dialogue = dialogues[index % len(dialogues)]
        draw = Random(f"{SEED} {index} {dialogue['id']}")
        created = now - int((n - index) * DAYS * DAY_S / n)
        yield _analysis(dialogue, draw, created, is_new=n - index <= min(5, n // 20))


def main(arguments: Sequence[str] | None = None) -> None:
    """Read PATH, write OUT and say how many."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.from_dialogues",
        description="Turn dialogues into a saved list answer.",
    )
    parser.add_argument("path", type=Path, help="JSON file of dialogues, may be gzipped")
    parser.add_argument("out", type=Path, help="JSON Lines file to write")
    parser.add_argument(
        "--copies", type=int, default=1, help="times each dialogue is used (default: %(default)s)"
    )
    parser.add_argument("--now", type=int, default=None, help="Unix seconds the list ends at")
    chosen = parser.parse_args(arguments)
    now = int(time.time()) if chosen.now is None else chosen.now
    dialogues = read_dialogues(chosen.path)
    with chosen.out.open("w", encoding="utf-8") as out:
        for analysis in analyses(dialogues, copies=chosen.copies, now=now):
            out.write(json.dumps(analysis, ensure_ascii=False) + "\n")
    print(f"{len(dialogues) * chosen.copies:,} analyses written to {chosen.out}")


def read_dialogues(path: Path) -> list[dict[str, Any]]:
    """The dialogues of a JSON file, gzipped or not."""
    content = path.read_bytes()
    if content[:2] == b"\x1f\x8b":
        content = gzip.decompress(content)
    dialogues: list[dict[str, Any]] = json.loads(content)
    return dialogues


def _analysis(
    dialogue: dict[str, Any], draw: Random, created: int, *, is_new: bool
) -> dict[str, Any]:
    segments = _segments(dialogue["turns"], draw)
    duration_s = round(segments[-1]["end"] + 1.5, 3) if segments else 0.0
    status = "processing" if is_new else draw.choices(("completed", "failed"), (95, 5))[0]
    analysis_id = str(uuid.UUID(int=draw.getrandbits(128), version=4))
    audio_format, bytes_a_second = draw.choice(FORMATS)
    took_ms = 4000 + int(duration_s * draw.uniform(150, 500))
    completed = status == "completed"
    return {
        "id": analysis_id,
        "object": "analysis",
        "created": created,
        "status": status,
        "livemode": False,
        "call": {
            "agent_id": f"agent_{draw.randrange(1, AGENTS + 1):03}",
            "contact_id": f"customer_{dialogue['id']}",
            "duration_ms": round(duration_s * 1000),
            "duration_seconds": duration_s,
        },
        "audio": {
            "url": f"https://s3.amazonaws.com/callcov-audio/{analysis_id}.{audio_format}",
            "size_bytes": int(duration_s * bytes_a_second),
            "format": audio_format,
            "duration_seconds": duration_s,
        },
        "transcript": {
            "text": " ".join(segment["text"] for segment in segments),
            "segments": segments,
            "language": "en",
        }
        if completed
        else None,
        "results": _results(segments, draw) if completed else None,
        "metadata": {
            "webhook_url": None,
            "completed_at": _iso(created + took_ms / 1000) if status != "processing" else None,
            "processing_time_ms": took_ms if status != "processing" else None,
            "error_message": draw.choice(FAILURES).format(draw.randrange(100, 9999))
            if status == "failed"
            else None,
        },
    }


def _segments(turns: Sequence[Sequence[str]], draw: Random) -> list[dict[str, Any]]:
    at_s = 0.8
    segments = []
    for speaker, text in turns:
        end_s = at_s + max(0.6, len(text.split()) / WORDS_A_SECOND * draw.uniform(0.85, 1.2))
        segments.append(
            {
                "speaker": SPEAKERS.get(speaker, speaker),
                "text": text,
                "start": round(at_s, 2),
                "end": round(end_s, 2),
                "confidence": round(draw.uniform(0.7, 1), 3),
            }
        )
        at_s = end_s + draw.uniform(0.2, 1.4)
    return segments


def _results(segments: Sequence[dict[str, Any]], draw: Random) -> dict[str, Any]:
    said = [segment["text"].lower() for segment in segments if segment["speaker"] == "Agent"]
    greeted = bool(said) and any(word in said[0] for word in GREETINGS)
    kind = sum(word in text for text in said for word in KIND_WORDS)
    verified_at = round(draw.uniform(3, 22), 1)
    missing = ["Calls are recorded"] if draw.random() < 0.15 else []
    # longer dialogues cost the customer more
    effort = min(5, max(0, round(draw.gauss(len(segments) / 10, 0.8))))
    return {
        "compliance": {
            "identity_verification": {
                "verified": True,
                "timestamp": verified_at,
                "flagged": verified_at > 15,
            },
            "mandatory_disclosures": {
                "read": not missing,
                "matched_disclosures": [] if missing else ["Calls are recorded"],
                "missing_disclosures": missing,
            },
            "purpose_declaration": {
                "disclosed": True,
                "interaction_number": draw.randrange(1, 7),
                "flagged": draw.random() < 0.1,
            },
        },
        "quality": {
            "greeting": {"present": greeted},
            "empathetic_language": {"present": kind > 0, "count": kind},
        },
        "coaching": {
            "recommendations": draw.sample(RECOMMENDATIONS, draw.randrange(3)),
            "customer_effort_score": effort,
        },
    }


def _iso(at_s: float) -> str:
    return datetime.fromtimestamp(at_s, UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


if __name__ == "__main__":
    main()
