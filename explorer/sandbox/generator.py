"""Full analyses, each a pure function of its account's seed, size and anchor, and of its index.

Index 0 is the oldest. An analysis can be built alone or within any page and comes out the same,
and arrivals move none of the others. The account called main (and its smaller sibling, the
second) spans the 120 days before its anchor ``now`` and has these stories planted in it:

The outage
    For 36 hours, from a Tuesday 06:00 UTC to Wednesday 18:00, at least 20 days before ``now``,
    72 % of all analyses fail with "Transcription backend unavailable". Otherwise about 4 % of
    the analyses fail, for the other causes of `explorer.sandbox.failure_messages`.
The codec
    Of the recordings in ``webm``, and only of those, 40 % more fail with "Audio decode failed:
    webm container carries opus stream ...", at any time.
The coached agent
    ``agent_007`` costs customers an effort of about 3.8 until 45 days before ``now``, and of
    about 1.4 after the coaching. In the second account nobody is coached.
The dropped disclosure
    A new script came into use 30 days before ``now``. Until then "Right to cancel within 14
    days" was read on 95 % of the calls that need it (cancellation, upgrade, appointment and
    payment arrangement); since then all agents read it on 4 %.
The stuck ones
    Five analyses of about 2 to 9 days before ``now`` are still processing and will never end.
    The four newest are processing too, as they should be.
The contradictions
    About 1 % each of the completed analyses say that the identity was stated before 15 s and are
    flagged all the same; have disclosures unread with none missing; have prohibited phrases used
    without an instance.
The gaps
    About 1 % each of the completed analyses have no results, or no effort score.
The secrets
    Failure messages quote signed links, API keys, bearer tokens and a connection string with its
    password; many audio links are signed.
The long messages
    Python and Java tracebacks among the failure messages run over several lines.
The ties
    Now and then a batch of five recordings is created within one second.
The names
    Six agents and twelve contacts have commas, quotes, markup, Markdown, LaTeX, formulas, or
    letters that are not Latin in their ids.

The plain account has none of this, and the empty one has nothing at all.
"""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random
from typing import Any

from explorer.sandbox import conversation, stories
from explorer.sandbox.columns import FORMATS, Columns
from explorer.sandbox.conversation import Course
from explorer.sandbox.failure_messages import message
from explorer.sandbox.kinds import KINDS, Kind
from explorer.sandbox.mixing import Ids, mix
from explorer.sandbox.names import COACHED_AGENT, Vocabulary
from explorer.sandbox.verdicts import results

_BYTES_PER_S = {
    "wav": 16_000,
    "flac": 9_000,
    "mp3": 8_000,
    "mp4": 12_000,
    "mpeg": 12_000,
    "mpga": 8_000,
    "m4a": 6_000,
    "ogg": 5_000,
    "webm": 4_500,
}
_EFFORT = 1.7
_COACHED_EFFORT = (3.7, 1.3)


class Generator:
    """Builds the analyses of one account from its columns."""

    def __init__(
        self, seed: int, vocabulary: Vocabulary, ids: Ids, planted: stories.Stories | None
    ) -> None:
        self._seed = seed
        self._vocabulary = vocabulary
        self._ids = ids
        self._planted = planted
        # Each agent has habits: how often they greet, say their name, and cost effort.
        self._habits = [Random(mix(seed, 601, n)) for n in range(len(vocabulary.agents))]
        self._greets = [0.80 + 0.18 * habit.random() for habit in self._habits]
        self._says_name = [0.80 + 0.18 * habit.random() for habit in self._habits]
        self._effort = [_EFFORT + 0.9 * (habit.random() - 0.5) for habit in self._habits]

    def record(self, columns: Columns, index: int, status: str) -> dict[str, Any]:
        """One analysis as the API answers it, in the given status."""
        draw = Random(mix(self._seed, 602, index))
        created = int(columns.created[index])
        agent = int(columns.agent[index])
        duration_ms = int(columns.duration_ms[index])
        audio_format = FORMATS[columns.format[index]]
        analysis_id = self._ids.encode(index)
        ended = status != "processing"
        record: dict[str, Any] = {
            "id": analysis_id,
            "object": "analysis",
            "created": created,
            "status": status,
            "livemode": False,
            "call": {
                "agent_id": self._vocabulary.agents[agent],
                "contact_id": self._vocabulary.contacts[columns.contact[index]],
                "duration_ms": duration_ms,
                "duration_seconds": duration_ms / 1000,
            },
            "audio": {
                "url": _audio_url(draw, analysis_id, created, audio_format),
                "size_bytes": duration_ms * _BYTES_PER_S[audio_format] // 1000 + 44,
                "format": audio_format,
                "duration_seconds": duration_ms / 1000,
            },
            "transcript": None,
            "results": None,
            "metadata": {
                "webhook_url": _webhook_url(draw),
                "completed_at": None,
                "processing_time_ms": None,
                "error_message": None,
            },
        }
        if ended:
            processing_ms = int(columns.processing_ms[index])
            record["metadata"]["completed_at"] = _iso(created * 1000 + processing_ms)
            record["metadata"]["processing_time_ms"] = processing_ms
        if status == "failed":
            reason = int(columns.reason[index])
            record["metadata"]["error_message"] = message(reason, mix(self._seed, 603, index))
        if status == "completed":
            self._complete(record, draw, index, agent, created, duration_ms / 1000)
        return record

    def _complete(
        self,
        record: dict[str, Any],
        draw: Random,
        index: int,
        agent: int,
        created: int,
        duration_s: float,
    ) -> None:
        planted = self._planted is not None
        quirk = stories.quirks(self._seed, index) if planted else stories.NO_QUIRKS
        kind = KINDS[int(draw.random() * len(KINDS))]
        effort = self._draw_effort(draw, kind, agent, created)
        course = self._draw_course(draw, kind, agent, created, effort, quirk)
        hour = created // 3600 % 24
        transcript = conversation.write(draw, kind, course, agent, duration_s, hour)
        record["transcript"] = {
            "text": " ".join([segment["text"] for segment in transcript.segments]),
            "segments": transcript.segments,
            "language": "en",
        }
        if not quirk.no_results:
            record["results"] = results(draw, kind, course, transcript, effort, quirk)

    def _draw_effort(self, draw: Random, kind: Kind, agent: int, created: int) -> int:
        mean = self._effort[agent] + kind.effort
        planted = self._planted
        if planted is not None and self._vocabulary.agents[agent] == COACHED_AGENT:
            before, after = _COACHED_EFFORT
            mean = (before if created < planted.coached_at else after) + kind.effort * 0.4
        return min(5, max(0, round(draw.gauss(mean, 0.85))))

    def _draw_course(
        self,
        draw: Random,
        kind: Kind,
        agent: int,
        created: int,
        effort: int,
        quirk: stories.Quirks,
    ) -> Course:
        random = draw.random
        planted = self._planted
        script_changed = planted is not None and created >= planted.script_changed_at
        read = []
        for name in kind.disclosures:
            dropped = script_changed and name == stories.DROPPED_DISCLOSURE
            if random() < (0.04 if dropped else 0.95):
                read.append(name)
        says_name = random() < self._says_name[agent] or quirk.flagged_in_time
        purpose = random()
        return Course(
            greeting=random() < self._greets[agent],
            name_at="start" if says_name else "late" if random() < 0.7 else "never",
            purpose_at=2 + int(purpose * 3.4) if purpose < 0.88 else 6 if purpose < 0.95 else None,
            disclosures=tuple(read),
            empathy=int(random() * 3.4),
            prohibited=random() < 0.04 and not quirk.used_no_instance,
            sensitive=random() < 0.07,
            glad=random() < 0.95 - 0.15 * effort,
        )


def _iso(milliseconds: int) -> str:
    moment = datetime.fromtimestamp(milliseconds // 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{milliseconds % 1000:03d}Z"


def _audio_url(draw: Random, analysis_id: str, created: int, audio_format: str) -> str:
    moment = datetime.fromtimestamp(created, UTC)
    url = f"https://s3.amazonaws.com/callcov-audio/{moment:%Y/%m/%d}/{analysis_id}.{audio_format}"
    if draw.random() < 0.5:
        return url
    return (
        f"{url}?X-Amz-Algorithm=AWS4-HMAC-SHA256"
        f"&X-Amz-Credential=AKIA{draw.getrandbits(64):016X}%2F{moment:%Y%m%d}%2Feu-west-1%2Fs3%2Faws4_request"
        f"&X-Amz-Date={moment:%Y%m%dT%H%M%S}Z&X-Amz-Expires=3600&X-Amz-SignedHeaders=host"
        f"&X-Amz-Signature={draw.getrandbits(256):064x}"
    )


def _webhook_url(draw: Random) -> str | None:
    choice = draw.random()
    if choice < 0.4:
        return None
    if choice < 0.8:
        return "https://hooks.example.com/callcov/analysis"
    return f"https://hooks.example.com/callcov/analysis?team={1 + int(draw.random() * 6)}"
