"""Why analyses fail: free text with ids, hosts, numbers and, at times, secrets in it."""

from __future__ import annotations

import random
from dataclasses import dataclass

_HEX = "0123456789abcdef"
_WORD = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


@dataclass(frozen=True)
class Reason:
    """One cause of failure, with several wordings of the same message."""

    name: str
    weight: float
    wordings: tuple[str, ...]
    secret: bool = False


# The first two belong to stories and never occur by themselves: weight 0.
REASONS: tuple[Reason, ...] = (
    Reason(
        "asr outage",
        0,
        (
            "Transcription backend unavailable: upstream asr-gateway-{small}.eu-west-1.internal:{port} "
            "returned 503 after {tries} attempts (request {hex12})",
        ),
    ),
    Reason(
        "codec",
        0,
        (
            "Audio decode failed: webm container carries opus stream {few} with unsupported channel "
            "mapping family {small} (file {uuid}.webm, {n} bytes)",
        ),
    ),
    Reason(
        "timeout",
        14,
        (
            "Transcription timed out after {seconds} s (worker w-{hex8})",
            "Transcription timed out after {seconds} s on worker w-{hex8}, attempt {few} of 3",
        ),
    ),
    Reason(
        "expired link",
        11,
        (
            "Could not download audio: GET https://s3.amazonaws.com/callcov-audio/{uuid}"
            "?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIA{upper16}%2F20240115%2Feu-west-1"
            "%2Fs3%2Faws4_request&X-Amz-Date=20240115T{n6}Z&X-Amz-Expires=3600"
            "&X-Amz-SignedHeaders=host&X-Amz-Signature={hex64} answered 403 Request has expired",
        ),
        secret=True,
    ),
    Reason(
        "too short",
        9,
        (
            "Audio too short: {ms} ms of speech found, 3000 ms needed",
            "Audio too short: {ms} ms of speech found after trimming, 3000 ms needed",
        ),
    ),
    Reason(
        "gpu memory",
        9,
        (
            "Traceback (most recent call last):\n"
            '  File "/srv/asr/worker.py", line {line}, in run\n'
            "    segments = model.transcribe(chunk, beam_size={few})\n"
            '  File "/srv/asr/model.py", line {line2}, in transcribe\n'
            "    logits = self.decoder(features.to(device))\n"
            "torch.cuda.OutOfMemoryError: CUDA out of memory. Tried to allocate {small}.{few} GiB "
            "(GPU {few}; 39.59 GiB total capacity; {small}.{two} GiB free)",
        ),
    ),
    Reason(
        "database",
        6,
        (
            "Saving results failed: could not connect to "
            "postgresql://analysis:{word14}@db-{small}.internal:5432/results: "
            "FATAL: remaining connection slots are reserved (pid {n})",
        ),
        secret=True,
    ),
    Reason(
        "scoring key",
        6,
        (
            "Scoring service refused the request: 401 invalid api key sk_live_{word24} "
            "(request_id req_{hex12})",
        ),
        secret=True,
    ),
    Reason(
        "webhook token",
        5,
        (
            "Speaker service answered 403 for call {uuid}: token expired\n"
            "> POST /v2/diarize HTTP/1.1\n"
            "> Host: diarize-{small}.internal\n"
            "> Authorization: Bearer eyJhbGciOiJIUzI1NiJ9.{word24}.{word24}\n"
            "> Content-Length: {n}",
        ),
        secret=True,
    ),
    Reason(
        "java codec",
        6,
        (
            "java.lang.IllegalStateException: sample rate {rate} not supported by stage resample\n"
            "\tat com.callcov.audio.Resampler.open(Resampler.java:{line})\n"
            "\tat com.callcov.audio.Pipeline.run(Pipeline.java:{line2})\n"
            "\tat java.base/java.util.concurrent.ThreadPoolExecutor.runWorker"
            "(ThreadPoolExecutor.java:1144)\n"
            "Caused by: java.io.IOException: frame {n} truncated at byte {n6}\n"
            "\tat com.callcov.audio.FrameReader.next(FrameReader.java:{line})\n"
            "\t... {small} more",
        ),
    ),
    Reason(
        "language",
        8,
        (
            "Detected language '{language}' (p=0.{two}) is not enabled for this account",
            "Detected language '{language}' (p=0.{two}) is not enabled for this account; enabled: en",
        ),
    ),
    Reason(
        "silence",
        8,
        (
            "No speech detected in {seconds} s of audio (mean level -{two}.{few} dBFS)",
            "No speech detected in channel {few} ({seconds} s of audio, mean level -{two} dBFS)",
        ),
    ),
    Reason(
        "one speaker",
        5,
        (
            "Diarization found {speakers} speaker(s) in {seconds} s, expected 2; job {hex12} stopped",
        ),
    ),
    Reason(
        "corrupt file",
        7,
        (
            "Invalid data found when processing input: s3://callcov-audio/{uuid} at offset {n6} "
            "(expected RIFF, found 0x{hex8})",
            "Invalid data found when processing input: s3://callcov-audio/{uuid} at offset {n6}",
        ),
    ),
    Reason(
        "checksum",
        4,
        ("Checksum mismatch for upload {uuid}: expected md5 {hex32}, got {hex32b}",),
    ),
    Reason(
        "result shape",
        5,
        (
            "Traceback (most recent call last):\n"
            '  File "/srv/score/pipeline.py", line {line}, in score\n'
            "    effort = int(answer['customer_effort_score'])\n"
            "ValueError: invalid literal for int() with base 10: '{small}/5 (job {hex8})'",
        ),
    ),
    Reason(
        "disk",
        3,
        (
            "[Errno 28] No space left on device: '/var/spool/callcov/{hex8}/{uuid}.pcm' on node-{small}",
        ),
    ),
    Reason(
        "dns",
        3,
        (
            "Temporary failure in name resolution: models-{small}.callcov.internal ({few} of 5 tries, "
            "resolver 10.{small}.{few}.53:{port})",
        ),
    ),
)

OUTAGE, CODEC = 0, 1
"""Positions in ``REASONS`` of the causes that belong to a story."""


def _letters(draw: random.Random, alphabet: str, count: int) -> str:
    return "".join(draw.choices(alphabet, k=count))


def message(reason: int, bits: int) -> str:
    """The text of a failure: the same bits give the same text."""
    draw = random.Random(bits)
    uuid = _letters(draw, _HEX, 32)
    parts = {
        "small": draw.randint(2, 31),
        "few": draw.randint(1, 3),
        "tries": draw.randint(3, 6),
        "speakers": draw.choice((1, 3, 4, 5)),
        "two": draw.randint(41, 97),
        "port": draw.choice((7070, 8443, 9090, 50051)),
        "n": draw.randint(11_000, 9_900_000),
        "n6": draw.randint(100_000, 235_959),
        "ms": draw.randint(120, 2900),
        "line": draw.randint(40, 480),
        "line2": draw.randint(40, 480),
        "seconds": draw.choice((300, 420, 600, 900, draw.randint(31, 880))),
        "rate": draw.choice((6000, 11_025, 22_255, 192_000)),
        "language": draw.choice(("cy", "pt", "tr", "hi", "ro")),
        "hex8": _letters(draw, _HEX, 8),
        "hex12": _letters(draw, _HEX, 12),
        "hex32": _letters(draw, _HEX, 32),
        "hex32b": _letters(draw, _HEX, 32),
        "hex64": _letters(draw, _HEX, 64),
        "word14": _letters(draw, _WORD, 14),
        "word24": _letters(draw, _WORD, 24),
        "upper16": _letters(draw, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16),
        "uuid": f"{uuid[:8]}-{uuid[8:12]}-4{uuid[13:16]}-8{uuid[17:20]}-{uuid[20:]}",
    }
    return draw.choice(REASONS[reason].wordings).format_map(parts)
