"""The columns that filters and times need, for a range of indices at once."""

from __future__ import annotations

from dataclasses import dataclass, fields
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from explorer.sandbox import stories
from explorer.sandbox.failure_messages import CODEC, OUTAGE, REASONS
from explorer.sandbox.mixing import mix_many, share_many
from explorer.sandbox.names import Vocabulary
from explorer.sandbox.rhythm import Rhythm

PROCESSING, COMPLETED, FAILED = 0, 1, 2
STATUSES = ("processing", "completed", "failed")
FORMATS = ("wav", "mp3", "m4a", "webm", "ogg", "flac", "mp4", "mpeg", "mpga")
_FORMAT_WEIGHTS = (0.35, 0.30, 0.12, 0.055, 0.06, 0.045, 0.03, 0.02, 0.02)
_SLOTS = 4096
_CHUNK = 100_000  # keeps the temporary arrays of a million analyses small
NEVER = np.iinfo(np.int64).max

# Call lengths: half are under three minutes, the longest below 25.
_DURATIONS_MS = np.array(
    [
        int(
            1000 * min(1400, max(55, 215 * np.exp(0.52 * NormalDist().inv_cdf((n + 0.5) / _SLOTS))))
        )
        for n in range(_SLOTS)
    ],
    np.int64,
)
# 1,400 s at the slowest factor of 0.62, plus the start-up, ends within this.
LONGEST_PROCESSING_S = 900


@dataclass(frozen=True, slots=True)
class Columns:
    """One value an analysis; ``outcome`` is the status once processing has ended."""

    created: NDArray[np.int64]
    done_at: NDArray[np.int64]
    duration_ms: NDArray[np.int32]
    processing_ms: NDArray[np.int32]
    contact: NDArray[np.int32]
    agent: NDArray[np.int16]
    outcome: NDArray[np.int8]
    format: NDArray[np.int8]
    reason: NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.created)

    @classmethod
    def join(cls, parts: list[Columns]) -> Columns:
        """The parts one after the other."""
        return cls(*(np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(cls)))


def _wheel(weights: tuple[float, ...]) -> NDArray[np.int16]:
    """Positions by weight: a random slot is a weighted choice."""
    edges = np.cumsum(weights) / sum(weights)
    return np.searchsorted(edges, (np.arange(_SLOTS) + 0.5) / _SLOTS).astype(np.int16)


_FORMAT_WHEEL = _wheel(_FORMAT_WEIGHTS)
_REASON_WHEEL = _wheel(tuple(reason.weight for reason in REASONS))


class ColumnBuilder:
    """Builds any range of an account's columns; the range changes no value."""

    def __init__(
        self, seed: int, rhythm: Rhythm, vocabulary: Vocabulary, planted: stories.Stories | None
    ) -> None:
        self._seed = seed
        self._rhythm = rhythm
        self._contacts = len(vocabulary.contacts)
        self._agent_wheel = _wheel(vocabulary.agent_weights)
        self._planted = planted

    def build(self, start: int, stop: int) -> Columns:
        """The columns of indices ``start`` to ``stop``, the latter excluded."""
        edges = range(start, stop, _CHUNK) or range(start, start + 1)
        return Columns.join([self._chunk(edge, min(edge + _CHUNK, stop)) for edge in edges])

    def _chunk(self, start: int, stop: int) -> Columns:
        seed = self._seed
        indices = np.arange(start, stop, dtype=np.uint64)
        created = self._rhythm.created(indices)
        bits = mix_many(seed, 501, indices)
        slot = np.uint64(_SLOTS - 1)
        agent = self._agent_wheel[bits & slot]
        audio_format = _FORMAT_WHEEL[(bits >> np.uint64(12)) & slot].astype(np.int8)
        reason = _REASON_WHEEL[(bits >> np.uint64(24)) & slot].astype(np.int8)
        duration = _DURATIONS_MS[(bits >> np.uint64(36)) & slot]
        duration += ((bits >> np.uint64(48)) & np.uint64(1023)).astype(np.int64)
        # Squared: some contacts call every week, most a few times.
        contact = (share_many(seed, 502, indices) ** 2 * self._contacts).astype(np.int32)
        chance = share_many(seed, 503, indices)
        failed = chance < stories.BASE_FAILURE_SHARE
        if self._planted is not None:
            # Another stream, or the outage would swallow the ordinary failures.
            story = share_many(seed, 504, indices)
            codec = ~failed & (story < stories.CODEC_SHARE)
            codec &= audio_format == FORMATS.index(stories.CODEC_FORMAT)
            reason[codec] = CODEC
            out = (created >= self._planted.outage_start) & (created < self._planted.outage_end)
            out &= story < stories.OUTAGE_SHARE
            reason[out] = OUTAGE
            failed |= codec | out
        factor = 18 + (mix_many(seed, 505, indices) % np.uint64(45)).astype(np.int64)
        processing = 3500 + duration * factor // 100
        # Failures end early, at any point of the way.
        part = share_many(seed, 506, indices)
        early = 1200 + (processing * part * 0.8).astype(np.int64)
        processing = np.where(failed, early, processing)
        return Columns(
            created=created,
            done_at=created + -(-processing // 1000),
            duration_ms=duration.astype(np.int32),
            processing_ms=processing.astype(np.int32),
            contact=contact,
            agent=agent,
            outcome=np.where(failed, FAILED, COMPLETED).astype(np.int8),
            format=audio_format,
            reason=reason,
        )
