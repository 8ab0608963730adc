"""When analyses are created: office hours and weekdays, the same every week.

The account's whole span is cut into quarters of an hour, each with a weight. Analysis ``i`` is
created where the summed weight reaches ``i``, so times only grow with the index, and arrivals
after the anchor follow the same rhythm without moving anything before it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from explorer.sandbox.mixing import mix_many, share_many

SPAN_S = 120 * 86_400
# Live accounts stop to grow after this long; a restart gives a fresh anchor.
_AHEAD_S = 400 * 86_400
_CELL_S = 900
_BATCH = 5  # a nightly upload hands in five recordings within one second
_ONE_BATCH_IN = 24

# Weight of each UTC hour: a morning peak, a lunch dip, an afternoon peak, next to nothing at night.
_HOURS = np.array(
    [1, 1, 1, 1, 1, 2, 8, 30, 70, 95, 100, 88, 62, 72, 92, 90, 76, 48, 26, 14, 8, 4, 2, 1], float
)
# Monday to Sunday: Mondays are busiest.
_WEEKDAYS = np.array([1.2, 1.05, 1.0, 0.98, 0.92, 0.28, 0.09])


class Rhythm:
    """Creation times of an account of ``analyses`` analyses that ends at ``now``."""

    def __init__(self, seed: int, analyses: int, now: int, *, batches: bool) -> None:
        self._seed = seed
        self._analyses = analyses
        self._batches = batches
        self._start = now - SPAN_S
        starts = self._start + np.arange(0, SPAN_S + _AHEAD_S, _CELL_S)
        weights = _HOURS[starts // 3600 % 24] * _WEEKDAYS[(starts // 86_400 + 3) % 7]
        weights *= analyses / weights[: SPAN_S // _CELL_S].sum()
        self._weights = weights
        self._reached = np.concatenate([[0.0], np.cumsum(weights)])

    def created(self, indices: NDArray[np.uint64]) -> NDArray[np.int64]:
        """Unix seconds of each index; they never fall as the index grows."""
        position = indices + share_many(self._seed, 201, indices)
        if self._batches:
            batch = indices // np.uint64(_BATCH)
            first = batch * np.uint64(_BATCH)
            together = mix_many(self._seed, 202, batch) % np.uint64(_ONE_BATCH_IN) == 0
            # A batch across the anchor would put an arrival of the future into the past.
            together &= (first + np.uint64(_BATCH) <= self._analyses) | (first >= self._analyses)
            position = np.where(together, first, position)
        cell = np.searchsorted(self._reached, position, side="right") - 1
        cell = np.minimum(cell, len(self._weights) - 1)
        part = np.minimum((position - self._reached[cell]) / self._weights[cell], 1.0)
        seconds = cell * _CELL_S + part * (_CELL_S - 1)
        return np.asarray(self._start + seconds.astype(np.int64), np.int64)
