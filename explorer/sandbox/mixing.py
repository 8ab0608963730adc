"""Random bits that depend on a seed and an index only, for one index or for a whole array.

Every property of a generated analysis is read from these bits, so an analysis never depends on
which others were built beside it. The mixer is splitmix64's finaliser.
"""

from __future__ import annotations

from uuid import UUID

import numpy as np
from numpy.typing import NDArray

_MASK_64 = (1 << 64) - 1
_MASK_48 = (1 << 48) - 1
_GOLDEN = 0x9E3779B97F4A7C15
_FACTOR_A = 0xBF58476D1CE4E5B9
_FACTOR_B = 0x94D049BB133111EB
# Odd numbers have an inverse modulo 2**48, which is what makes an id readable backwards.
_ID_FACTOR = 0x9E3779B97F4B & _MASK_48 | 1
_ID_INVERSE = pow(_ID_FACTOR, -1, 1 << 48)


def mix(*parts: int) -> int:
    """64 well-mixed bits of the given integers, in their order."""
    state = 0
    for part in parts:
        state = (state + part + _GOLDEN) & _MASK_64
        state = ((state ^ (state >> 30)) * _FACTOR_A) & _MASK_64
        state = ((state ^ (state >> 27)) * _FACTOR_B) & _MASK_64
        state ^= state >> 31
    return state


def mix_many(seed: int, stream: int, indices: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """64 bits for each index; another ``stream`` gives bits independent of the first."""
    # A one-element array and not a scalar: numpy warns when a scalar overflows.
    state = indices * np.array([_GOLDEN], np.uint64) + np.array([mix(seed, stream)], np.uint64)
    state ^= state >> np.uint64(30)
    state *= np.uint64(_FACTOR_A)
    state ^= state >> np.uint64(27)
    state *= np.uint64(_FACTOR_B)
    state ^= state >> np.uint64(31)
    return state


def share_many(seed: int, stream: int, indices: NDArray[np.uint64]) -> NDArray[np.float64]:
    """A number in [0, 1) for each index."""
    bits = mix_many(seed, stream, indices) >> np.uint64(11)
    return bits.astype(np.float64) * (1.0 / (1 << 53))


class Ids:
    """UUID strings from which the index can be read back.

    The first 48 bits are the index, shuffled by a bijection; the rest are a check over seed,
    anchor and index, so that a foreign id is refused rather than read as some other analysis.
    The anchor is in it since all times hang on it: an id never stands for two different records.
    """

    def __init__(self, seed: int, anchor: int) -> None:
        self._key = mix(seed, 101) & _MASK_48
        self._check = mix(seed, 102, anchor)

    def encode(self, index: int) -> str:
        """The id of an index below 2**48."""
        x = ((index ^ self._key) * _ID_FACTOR) & _MASK_48
        x ^= x >> 24
        x = (x * _ID_FACTOR) & _MASK_48
        x ^= x >> 24
        check = mix(self._check, index)
        head = f"{x:012x}"
        tail = f"{mix(check):016x}"
        third = f"4{check & 0xFFF:03x}"
        fourth = f"{'89ab'[(check >> 12) & 3]}{(check >> 16) & 0xFFF:03x}"
        return f"{head[:8]}-{head[8:]}-{third}-{fourth}-{tail[:12]}"

    def decode(self, analysis_id: str) -> int | None:
        """The index of an id, None when this seed never gave that id."""
        try:
            x = UUID(analysis_id).int >> 80
        except ValueError:
            return None
        for _ in range(2):
            x ^= x >> 24  # its own inverse: the shift is half of the 48 bits
            x = (x * _ID_INVERSE) & _MASK_48
        index = x ^ self._key
        return index if self.encode(index) == analysis_id.lower() else None
