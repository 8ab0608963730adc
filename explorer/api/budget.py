"""One rate budget an account, shared by every thread and client of this process.

The API allows an account so many requests a minute and says in ``X-RateLimit-*`` headers how
many are left. Whoever wants to ask takes a place here first: a background reader leaves a few
places for the person clicking, and nobody sends what would be refused. Other processes that
use the account are noticed through the remaining count, and through 429.
"""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from explorer.api.account import Account
from explorer.errors import RateLimited

# The documented window is a minute; it is assumed when an answer names no reset.
DEFAULT_WINDOW_S = 60.0
# A reset or Retry-After further away than this is a mistake, a unit mix-up or a trap.
MAX_WAIT_S = 300.0
# First pause after a 429 that names no time; doubled with each further one up to a window.
FIRST_PENALTY_S = 1.0
# Resets are rounded to seconds: two that differ by less belong to one window.
SAME_WINDOW_S = 1.5
# Waiting a little past a rounded reset avoids the 429 that asking a little early would earn.
RESET_MARGIN_S = 0.1
# How long `acquire` waits when not told.
ACQUIRE_TIMEOUT_S = 65.0
# Viewers bring their own keys: forget the budgets used longest ago beyond this many.
MAX_BUDGETS = 1024


@dataclass(frozen=True, slots=True)
class Budget:
    """A budget at one moment, for showing; None where the API has not said."""

    limit: int | None
    remaining: int | None
    resets_in_s: float | None


class RateBudget:
    """Counts what an account may still ask.

    Unlimited until an answer tells a remaining count or is a 429.

    Parameters
    ----------
    clock : monotonic seconds.
    wall_clock : Unix seconds, used when an answer carries an absolute reset and no ``Date``.
    sleep : replaces waiting on the other threads' answers, for tests.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        wall_clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] | None = None,
    ) -> None:
        self._clock = clock
        self._wall_clock = wall_clock
        self._sleep = sleep
        self._changed = threading.Condition()
        self._limit: int | None = None
        # What the API last reported for this window; requests in flight are not yet in it.
        self._reported: int | None = None
        self._reset_at: float | None = None
        self._reset_is_assumed = False
        self._blocked_until = -math.inf
        self._refusals = 0
        self._in_flight = 0

    def acquire(self, reserve: int = 0, timeout_s: float = ACQUIRE_TIMEOUT_S) -> None:
        """Wait until a request may go, and count it; every call needs one `release`.

        ``reserve`` places are left for others (at most half the limit, so that a small limit
        does not starve the caller).

        Raises
        ------
        RateLimited : the wait would pass ``timeout_s``; ``.retry_after_s`` says how long it is.
        """
        deadline = self._clock() + timeout_s
        while True:
            with self._changed:
                wait_s, answer_may_help = self._wait_s(reserve)
                if wait_s <= 0:
                    self._in_flight += 1
                    return
                left_s = deadline - self._clock()
                pause_s = min(wait_s, left_s) if answer_may_help else wait_s
                if pause_s > left_s or left_s <= 0:
                    break
                if self._sleep is None:
                    self._changed.wait(pause_s)
            if self._sleep is not None:
                self._sleep(pause_s)
        raise RateLimited(
            f"The account's rate limit is used up: the next request may go in {wait_s:.0f} s. "
            "Wait, then ask again.",
            retry_after_s=wait_s,
        )

    def release(self, headers: Mapping[str, str] | None = None) -> None:
        """Give the place back with what the answer said; None when no answer came."""
        with self._changed:
            self._in_flight -= 1
            remaining = _whole((headers or {}).get("X-RateLimit-Remaining"))
            if headers is not None and remaining is not None:
                self._report(headers, remaining)
            elif self._reported is not None:
                # Sent, so perhaps counted over there.
                self._reported = max(0, self._reported - 1)
            self._changed.notify_all()

    def refused(self, retry_after_s: float | None) -> float:
        """Note a 429, which stops the whole account; returns the seconds until it may go on."""
        with self._changed:
            self._refusals += 1
            now = self._clock()
            if retry_after_s is None:
                # The exponent is bounded: refusals may go on for a day.
                retry_after_s = min(FIRST_PENALTY_S * 2 ** min(self._refusals - 1, 10), 60.0)
                if self._reported == 0 and self._reset_at is not None:
                    retry_after_s = max(retry_after_s, self._reset_at - now)
            self._blocked_until = max(self._blocked_until, now + min(retry_after_s, MAX_WAIT_S))
            self._changed.notify_all()
            return self._blocked_until - now

    def accepted(self) -> None:
        """Note an answer that was not a 429: the next one starts with a short pause again."""
        with self._changed:
            self._refusals = 0

    def snapshot(self) -> Budget:
        """The budget now, requests in flight counted as used."""
        with self._changed:
            self._roll_over()
            if self._reported is None:
                return Budget(self._limit, None, None)
            resets_in_s = None
            if self._reset_at is not None:
                resets_in_s = max(0.0, self._reset_at - self._clock())
            return Budget(self._limit, max(0, self._reported - self._in_flight), resets_in_s)

    def _wait_s(self, reserve: int) -> tuple[float, bool]:
        """Seconds until a request may go, and whether an answer in flight may end the wait.

        An answer may have counted requests sent after its own; until theirs come they are
        counted twice, so that places look taken that are free.
        """
        now = self._clock()
        blocked_s = self._blocked_until - now
        if blocked_s > 0:
            return blocked_s, False
        self._roll_over()
        if self._reported is None:
            return 0.0, False
        if self._limit is not None:
            reserve = min(reserve, self._limit // 2)
        if self._reported - self._in_flight > reserve:
            return 0.0, False
        answer_may_help = self._reported > reserve
        if self._reset_at is None:
            return DEFAULT_WINDOW_S, answer_may_help
        return self._reset_at - now + RESET_MARGIN_S, answer_may_help

    def _roll_over(self) -> None:
        """Start a new window when the old one's time has passed."""
        if self._reset_at is None or self._clock() < self._reset_at + RESET_MARGIN_S:
            return
        self._reported = self._limit
        # Unknown until an answer comes; so that a wait in between ends, a window is assumed.
        self._reset_at = None if self._limit is None else self._clock() + DEFAULT_WINDOW_S
        self._reset_is_assumed = True

    def _report(self, headers: Mapping[str, str], remaining: int) -> None:
        limit = _whole(headers.get("X-RateLimit-Limit"))
        if limit:
            self._limit = limit
            remaining = min(remaining, limit)
        now = self._clock()
        reset_in_s = seconds_until_reset(
            headers.get("X-RateLimit-Reset"), headers.get("Date"), self._wall_clock()
        )
        assumed = reset_in_s is None
        reset_at = now + (DEFAULT_WINDOW_S if reset_in_s is None else reset_in_s)
        if assumed or self._reset_is_assumed or self._reset_at is None or self._reported is None:
            later_s = math.inf
        else:
            later_s = reset_at - self._reset_at
        if later_s > SAME_WINDOW_S:
            self._reported, self._reset_at = remaining, reset_at
            self._reset_is_assumed = assumed
        elif later_s >= -SAME_WINDOW_S and self._reported is not None:
            # Within a window the count only falls: answers may overtake one another. One that
            # ends earlier is left over from the window before.
            self._reported = min(self._reported, remaining)


_budgets: OrderedDict[Account, RateBudget] = OrderedDict()
_budgets_lock = threading.Lock()


def budget_for(account: Account) -> RateBudget:
    """The budget of an account: the same object for every client of this process."""
    with _budgets_lock:
        budget = _budgets.setdefault(account, RateBudget())
        _budgets.move_to_end(account)
        while len(_budgets) > MAX_BUDGETS:
            _budgets.popitem(last=False)
        return budget


def seconds_until_reset(value: str | None, date: str | None, now: float) -> float | None:
    """Seconds until ``X-RateLimit-Reset``, whichever of its three forms it has.

    Epoch seconds and milliseconds are counted from the answer's own ``Date``, so that a wrong
    local clock does no harm. None when missing or unreadable.
    """
    number = _number(value)
    if number is None or number < 0:
        return None
    if number > 1e11:
        number /= 1000
    if number > 1e9:
        server_now = _http_date(date)
        number -= now if server_now is None else server_now
    return min(max(number, 0.0), MAX_WAIT_S)


def seconds_to_wait(value: str | None, date: str | None, now: float) -> float | None:
    """Seconds of a ``Retry-After`` (a number or an HTTP date), at most `MAX_WAIT_S`."""
    number = _number(value)
    if number is None:
        moment = _http_date(value)
        if moment is None:
            return None
        server_now = _http_date(date)
        number = moment - (now if server_now is None else server_now)
    return min(max(number, 0.0), MAX_WAIT_S)


def _http_date(value: str | None) -> float | None:
    try:
        return parsedate_to_datetime(value).timestamp() if value else None
    except (ValueError, OverflowError, TypeError, IndexError):
        return None


def _number(value: str | None) -> float | None:
    try:
        number = float(value) if value is not None else math.nan
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _whole(value: str | None) -> int | None:
    number = _number(value)
    return None if number is None or number < 0 else int(number)
