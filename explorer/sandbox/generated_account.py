"""An account whose analyses are computed when they are asked for."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explorer.sandbox import stories
from explorer.sandbox.accounts import Filters, Record
from explorer.sandbox.columns import (
    LONGEST_PROCESSING_S,
    NEVER,
    PROCESSING,
    STATUSES,
    ColumnBuilder,
    Columns,
)
from explorer.sandbox.generator import Generator
from explorer.sandbox.mixing import Ids
from explorer.sandbox.names import Vocabulary
from explorer.sandbox.rhythm import Rhythm

_KEPT_FILTERS = 12  # 4 MB each in an account of a million
_GROWTH = 4096


@dataclass(frozen=True, slots=True)
class _View:
    """The account at one moment: how many have arrived, and each one's status."""

    count: int
    status: NDArray[np.int8]
    version: tuple[int, bytes]


class GeneratedAccount:
    """``analyses`` analyses over the 120 days before ``now``, and more as time goes on.

    Parameters
    ----------
    seed : the same seed, size and anchor give the same records.
    analyses : how many there are at the anchor.
    now : the anchor, Unix seconds.
    vocabulary : the agents and contacts.
    with_stories : whether the stories of `explorer.sandbox.generator` are planted.
    clock : the present moment in Unix seconds; None freezes the account at ``now``.
    """

    def __init__(
        self,
        *,
        seed: int,
        analyses: int,
        now: int,
        vocabulary: Vocabulary,
        with_stories: bool = True,
        clock: Callable[[], float] | None = None,
    ) -> None:
        self.analyses = analyses
        self.now = now
        self.vocabulary = vocabulary
        self.stories = stories.Stories.before(now) if with_stories else None
        self._clock = clock
        self._ids = Ids(seed, now)
        rhythm = Rhythm(seed, analyses, now, batches=with_stories)
        self._builder = ColumnBuilder(seed, rhythm, vocabulary, self.stories)
        self._columns = self._builder.build(0, analyses)
        self._hold_back(with_stories)
        self._generator = Generator(seed, vocabulary, self._ids, self.stories)
        self._lock = threading.Lock()
        self._view: _View | None = None
        self._found: OrderedDict[tuple[Filters, tuple[int, bytes]], NDArray[np.int32]] = (
            OrderedDict()
        )
        self._agents = [name.lower() for name in vocabulary.agents]
        self._contacts = [name.lower() for name in vocabulary.contacts]

    def _hold_back(self, with_stories: bool) -> None:
        """Leave the newest analyses and the stuck ones processing."""
        columns, n = self._columns, self.analyses
        fresh = min(len(stories.FRESH_AGES_S), n // 25)
        for place, age in enumerate(stories.FRESH_AGES_S[len(stories.FRESH_AGES_S) - fresh :]):
            index = n - fresh + place
            columns.created[index] = max(columns.created[index], self.now - age)
            # Live, they end one after the other in the first minutes.
            ends = self.now + 45 * (place + 1)
            columns.done_at[index] = ends
            columns.processing_ms[index] = (ends - columns.created[index]) * 1000 - 310
        if with_stories and n >= 200:
            stuck: set[int] = set()
            for days in stories.STUCK_AGES:
                # The last one before that moment; over a weekend two moments may find the same.
                index = int(np.searchsorted(columns.created, self.now - days * stories.DAY_S)) - 1
                while index in stuck:
                    index -= 1
                stuck.add(index)
            columns.outcome[list(stuck)] = PROCESSING
            columns.done_at[list(stuck)] = NEVER

    def page(self, filters: Filters, limit: int, offset: int) -> tuple[list[Record], int]:
        """See `explorer.sandbox.accounts.Account.page`."""
        columns, view = self._now()
        if filters.is_empty:
            total = view.count
            stop = max(total - offset, 0)
            chosen = range(max(stop - limit, 0), stop)[::-1]
            return [self._record(columns, view, index) for index in chosen], total
        found = self._matching(columns, view, filters)
        total = len(found)
        stop = max(total - offset, 0)
        rows = found[max(stop - limit, 0) : stop][::-1].tolist()
        return [self._record(columns, view, index) for index in rows], total

    def retrieve(self, analysis_id: str) -> Record | None:
        """See `explorer.sandbox.accounts.Account.retrieve`."""
        index = self._ids.decode(analysis_id)
        columns, view = self._now()
        if index is None or index >= view.count:
            return None
        return self._record(columns, view, index)

    def _record(self, columns: Columns, view: _View, index: int) -> Record:
        return self._generator.record(columns, index, STATUSES[view.status[index]])

    def _now(self) -> tuple[Columns, _View]:
        if self._clock is None:
            if self._view is None:
                self._view = self._view_at(self._columns, self.now, self.analyses)
            return self._columns, self._view
        present = max(int(self._clock()), self.now)
        with self._lock:
            while self.analyses and self._columns.created[-1] <= present:
                grown = len(self._columns)
                more = self._builder.build(grown, grown + _GROWTH)
                if more.created[-1] <= self._columns.created[-1]:
                    break  # the rhythm has come to its end
                self._columns = Columns.join([self._columns, more])
            columns = self._columns
        arrived = int(np.searchsorted(columns.created, present, side="right"))
        return columns, self._view_at(columns, present, max(arrived, self.analyses))

    def _view_at(self, columns: Columns, present: int, count: int) -> _View:
        oldest = int(np.searchsorted(columns.created, present - LONGEST_PROCESSING_S))
        unfinished = columns.done_at[oldest:count] > present
        version = (count, np.flatnonzero(unfinished).tobytes())
        kept = self._view
        if kept is not None and kept.version == version:
            return kept
        status = columns.outcome[:count].copy()
        status[oldest:][unfinished] = PROCESSING
        view = _View(count, status, version)
        self._view = view
        return view

    def _matching(self, columns: Columns, view: _View, filters: Filters) -> NDArray[np.int32]:
        """Indices that match, oldest first; kept, since pages of one list ask again and again."""
        key = (filters, view.version)
        with self._lock:
            if key in self._found:
                self._found.move_to_end(key)
                return self._found[key]
        mask = np.ones(view.count, bool)
        if filters.status_filter is not None:
            mask &= view.status == STATUSES.index(filters.status_filter)
        if filters.agent_id is not None:
            mask &= columns.agent[: view.count] == _code(self.vocabulary.agents, filters.agent_id)
        if filters.contact_id is not None:
            mask &= columns.contact[: view.count] == _code(
                self.vocabulary.contacts, filters.contact_id
            )
        if filters.search is not None:
            wanted = filters.search.lower()
            agents = np.array([wanted in name for name in self._agents])
            contacts = np.array([wanted in name for name in self._contacts])
            found = agents[columns.agent[: view.count]]
            if contacts.any():
                found |= contacts[columns.contact[: view.count]]
            mask &= found
        matching = np.flatnonzero(mask).astype(np.int32)
        with self._lock:
            self._found[key] = matching
            while len(self._found) > _KEPT_FILTERS:
                self._found.popitem(last=False)
        return matching


def _code(vocabulary: tuple[str, ...], name: str) -> int:
    try:
        return vocabulary.index(name)
    except ValueError:
        return -1
