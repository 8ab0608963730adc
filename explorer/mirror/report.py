"""What a sync says of itself: while it runs, and when it has ended."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Report:
    """What a sync did. `complete`: the mirror equalled the account when it ended."""

    kind: str
    started_at: float
    ended_at: float | None = None
    requests: int = 0
    fetched: int = 0
    inserted: int = 0
    updated: int = 0
    deleted: int = 0
    rejected: int = 0
    total: int | None = None
    complete: bool = False
    problem: str | None = None


@dataclass(frozen=True)
class Progress:
    """How far a running sync is: rows `mirrored` of `total`, `rate` in rows a second."""

    mirrored: int
    total: int
    rate: float

    @property
    def remaining_s(self) -> float | None:
        """Seconds left at this rate; None when it cannot be told."""
        return (self.total - self.mirrored) / self.rate if self.rate > 0 else None
