"""The rate limit: so many requests in a window of one minute, counted an account."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

WINDOW_S = 60.0


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left of an account's window after one request."""

    allowed: bool
    limit: int
    remaining: int
    reset_at: float
    now: float

    @property
    def retry_after_s(self) -> int:
        """Whole seconds until a request is allowed again, 1 at least."""
        return max(1, math.ceil(self.reset_at - self.now))

    def headers(self) -> dict[str, str]:
        """The rate headers of a response; ``Retry-After`` only when the request was refused."""
        headers = {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(self.remaining),
            "X-RateLimit-Reset": str(math.ceil(self.reset_at)),
        }
        if not self.allowed:
            headers["Retry-After"] = str(self.retry_after_s)
        return headers


class Limiter:
    """Counts requests in windows that open with an account's first request.

    Parameters
    ----------
    limit : requests in a window; 0 turns the limit off.
    clock : epoch seconds, replaced in tests.
    """

    def __init__(self, limit: int, clock: Callable[[], float] = time.time) -> None:
        self.limit = limit
        self._clock = clock
        self._lock = threading.Lock()
        self._windows: dict[str, tuple[float, int]] = {}

    def peek(self) -> Allowance | None:
        """The allowance of a caller who has no account, which nothing is counted against."""
        if not self.limit:
            return None
        now = self._clock()
        return Allowance(True, self.limit, self.limit, now + WINDOW_S, now)

    def take(self, account: str) -> Allowance | None:
        """Count one request; None when the limit is off. Refused requests are not counted."""
        if not self.limit:
            return None
        now = self._clock()
        with self._lock:
            opened, used = self._windows.get(account, (now, 0))
            # A clock set back must not leave an account locked out for longer than a window.
            if not opened <= now < opened + WINDOW_S:
                opened, used = now, 0
            allowed = used < self.limit
            used += allowed
            self._windows[account] = (opened, used)
        return Allowance(allowed, self.limit, self.limit - used, opened + WINDOW_S, now)
