"""What was read, kept for a while: one bounded store an app, shared by its sessions.

Unlike `st.cache_data` it keeps an answer past its life as the fallback for a failed read, so
that a page goes on showing what it had and says how old it is.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar
from weakref import WeakValueDictionary

from explorer.api.account import Account
from explorer.errors import CallCovError

Value = TypeVar("Value")
Value_co = TypeVar("Value_co", covariant=True)
Key = tuple[Account, Hashable]


@dataclass(frozen=True)
class Answer(Generic[Value_co]):
    """Something read from the API.

    `read_at` is Unix seconds. `error` says why it could not be read again; `value` is then the
    older one.
    """

    value: Value_co
    read_at: float
    error: CallCovError | None = None


class Answers:
    """Answers by account and question; at most `max_entries`, fresh for `fresh_s` seconds.

    Thread-safe. Of several sessions that ask the same at once, one asks the API.
    """

    def __init__(
        self,
        *,
        fresh_s: float = 120,
        kept_s: float = 3600,
        max_entries: int = 256,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.fresh_s, self.kept_s, self.max_entries = fresh_s, kept_s, max_entries
        self._clock = clock
        self._kept: OrderedDict[Key, Answer[Any]] = OrderedDict()
        self._fresh: set[Key] = set()
        self._refreshes = 0
        # weak: a lock lives as long as somebody asks
        self._asking: WeakValueDictionary[Key, _Lock] = WeakValueDictionary()
        self._lock = threading.Lock()

    def get(self, account: Account, question: Hashable, ask: Callable[[], Value]) -> Answer[Value]:
        """The answer to `question`, asked anew when it is not fresh.

        Raises
        ------
        CallCovError : asking failed and no older answer is kept.
        """
        key = (account, question)
        with self._lock:
            asking = self._asking.setdefault(key, _Lock())
        with asking.lock:
            known: Answer[Value] | None = self.peek(account, question)
            if known is not None and self._is_fresh(key, known):
                return known
            started_at, refreshes = self._clock(), self._refreshes
            try:
                value = ask()
            except CallCovError as error:
                if known is None:
                    raise
                return replace(known, error=error)
            answer = Answer(value, started_at)
            self._keep(key, answer, refreshes)
            return answer

    def peek(self, account: Account, question: Hashable) -> Answer[Any] | None:
        """The kept answer, however old, without asking; None when there is none."""
        with self._lock:
            self._drop_old()
            found = self._kept.get((account, question))
            if found is not None:
                self._kept.move_to_end((account, question))
            return found

    def of(self, account: Account) -> list[Answer[Any]]:
        """Every kept answer of the account."""
        with self._lock:
            return [answer for key, answer in self._kept.items() if key[0] == account]

    def expire(self, account: Account) -> None:
        """Let every answer of the account be asked anew; until then the old ones are a fallback."""
        with self._lock:
            self._fresh = {key for key in self._fresh if key[0] != account}
            self._refreshes += 1

    def _is_fresh(self, key: Key, answer: Answer[Any]) -> bool:
        return key in self._fresh and self._clock() - answer.read_at < self.fresh_s

    def _keep(self, key: Key, answer: Answer[Any], refreshes: int) -> None:
        with self._lock:
            self._kept[key] = answer
            self._kept.move_to_end(key)
            # what was asked before a refresh does not answer it
            if refreshes == self._refreshes:
                self._fresh.add(key)
            while len(self._kept) > self.max_entries:
                self._forget(next(iter(self._kept)))

    def _drop_old(self) -> None:
        limit = self._clock() - self.kept_s
        for key in [key for key, answer in self._kept.items() if answer.read_at < limit]:
            self._forget(key)

    def _forget(self, key: Key) -> None:
        del self._kept[key]
        self._fresh.discard(key)


class _Lock:
    """A lock that can be referred to weakly."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
