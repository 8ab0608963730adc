"""Bands: ranges of a measure, named as people say them, that calls are counted and filtered by."""

from __future__ import annotations

from dataclasses import dataclass

UNKNOWN = "unknown"


@dataclass(frozen=True)
class Bands:
    """Ranges of `measure`, an SQL expression over ``calls``; each holds its lower edge.

    `names` has one more than `edges`; a call without the measure is in `UNKNOWN`.
    """

    measure: str
    edges: tuple[float, ...]
    names: tuple[str, ...]

    def __post_init__(self) -> None:
        assert len(self.names) == len(self.edges) + 1

    @property
    def sql(self) -> str:
        """An expression: the name of the call's band."""
        return self._cases([f"'{name}'" for name in self.choices])

    @property
    def places_sql(self) -> str:
        """An expression: the place of the call's band in `choices`."""
        return self._cases([str(place) for place in range(len(self.choices))])

    def _cases(self, values: list[str]) -> str:
        *below, last, unknown = values
        steps = " ".join(
            f"WHEN {self.measure} < {edge} THEN {value}"
            for edge, value in zip(self.edges, below, strict=True)
        )
        return f"CASE WHEN {self.measure} IS NULL THEN {unknown} {steps} ELSE {last} END"

    @property
    def choices(self) -> tuple[str, ...]:
        """Every name, the unknown last."""
        return (*self.names, UNKNOWN)


DURATION = Bands(
    "duration_s",
    (60, 180, 300, 600, 1200, 1800),
    ("under 1 min", "1-3 min", "3-5 min", "5-10 min", "10-20 min", "20-30 min", "over 30 min"),
)
AUDIO_LENGTH = Bands(
    # of the recording; of the call where the recording's is not given
    "coalesce(nullif(greatest(audio_duration_s, 0), 0), duration_s)",
    DURATION.edges,
    DURATION.names,
)
_MB = 1_000_000
SIZE = Bands(
    "size_bytes",
    (1, 0.5 * _MB, 1 * _MB, 2 * _MB, 5 * _MB, 10 * _MB, 25 * _MB, 100 * _MB),
    (
        *("empty", "under 0.5 MB", "0.5-1 MB", "1-2 MB", "2-5 MB", "5-10 MB", "10-25 MB"),
        *("25-100 MB", "over 100 MB"),
    ),
)
BITRATE = Bands(
    # what the file's size implies, whatever its header says
    "(size_bytes * 8 / 1000 / nullif(greatest(audio_duration_s, 0), 0))",
    (8, 16, 32, 64, 128, 256),
    (
        *("under 8 kbit/s", "8-16 kbit/s", "16-32 kbit/s", "32-64 kbit/s", "64-128 kbit/s"),
        *("128-256 kbit/s", "over 256 kbit/s"),
    ),
)
GAP = Bands(
    # between the length of the call and that of its recording
    "abs(duration_s - audio_duration_s)",
    (1, 5, 30, 120),
    ("under 1 s", "1-5 s", "5-30 s", "30-120 s", "over 2 min"),
)
IDENTITY = Bands(
    "identity_stated_s",
    (5, 10, 15, 20, 30),
    ("under 5 s", "5-10 s", "10-15 s", "15-20 s", "20-30 s", "over 30 s"),
)
EFFORT_SCORES = tuple(f"{half / 2:g}" for half in range(11))
# halfway between two halves, so that each band is a half and what rounds to it
EFFORT_SQL = Bands(
    "customer_effort_score", tuple(half / 2 + 0.25 for half in range(10)), EFFORT_SCORES
).sql
"""The score to the next half, as text: scores may have any decimals."""
