"""Where a list differs from the mirror, found with few small requests.

The difference before a second b is what the mirror has minus what the account has among the rows
newer than b. Where b is the `created` of the mirror's row k, the mirror has k such rows. The
account's number is the place of its first row not newer than b, and one request for the rows
around the expected places shows it, whatever the order inside ties. Where the difference is the
same at both ends of a stretch nothing is sought in it (changes that cancel out inside it are
found by `everything` alone); otherwise it is halved, until one page holds it.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, log2

import numpy as np

from explorer.mirror.decode import DecodedPage

SLACK = 2
"""Rows beyond the expected places that a request asks for."""


@dataclass(frozen=True)
class Stretch:
    """Rows `start` to `end` of the mirror's list, with the differences before either."""

    start: int
    end: int
    before: int
    after: int


@dataclass(frozen=True)
class Step:
    """A request: to halve the stretch before its row `edge`, or to read it when that is None."""

    stretch: Stretch
    edge: int | None
    offset: int
    limit: int


class Search:
    """The requests that lead to every page that differs.

    Parameters
    ----------
    created : of the mirror's rows, newest first.
    difference : rows of the mirror minus rows of the account.
    """

    def __init__(self, created: np.ndarray, difference: int, page_size: int) -> None:
        self._older = -created  # ascending, for searchsorted
        self._page_size = page_size
        n_rows = len(created)
        self._open = [Stretch(0, n_rows, 0, difference)]
        self.pages = pages_of(max(n_rows, n_rows - difference), page_size)
        """Requests that reading the list takes."""
        self._left = bound(difference, self.pages)
        self.too_costly = (
            self._left >= self.pages or abs(difference) + 2 * SLACK + 2 > page_size or n_rows == 0
        )
        """Whether reading the list again takes no more requests."""
        self.failed = False
        """Whether it found no way on, as in ties longer than a page."""

    def next_step(self) -> Step | None:
        """The next request; None when all differences were read, or it `failed`."""
        while self._open and not self.failed:
            stretch = self._open.pop()
            if stretch.before == stretch.after:
                continue
            step = self._step(stretch)
            self._left -= 1
            self.failed = step is None or self._left < 0
            if not self.failed:
                return step
        return None

    def _step(self, stretch: Stretch) -> Step | None:
        changed = abs(stretch.after - stretch.before)
        if stretch.end - stretch.start + changed + 2 <= self._page_size:
            offset = max(0, stretch.start - stretch.before - 1)
            return Step(stretch, None, offset, self._page_size)
        edge = self._edge(stretch)
        if edge is None:
            return None
        first = edge - max(stretch.before, stretch.after) - SLACK - 1
        last = edge - min(stretch.before, stretch.after) + SLACK
        offset = max(0, first)
        return Step(stretch, edge, offset, max(1, min(self._page_size, last - offset + 1)))

    def tell(self, step: Step, page: DecodedPage) -> None:
        """Take in an answer; one that cannot be placed makes the search fail."""
        if step.edge is None:
            return
        newer = self._newer_in_account(step, page)
        if newer is None:
            self.failed = True
            return
        difference = step.edge - newer
        stretch = step.stretch
        self._open.append(Stretch(step.edge, stretch.end, difference, stretch.after))
        self._open.append(Stretch(stretch.start, step.edge, stretch.before, difference))

    def _newer_in_account(self, step: Step, page: DecodedPage) -> int | None:
        """How many of the account's rows are newer than the second that starts at the edge."""
        assert step.edge is not None
        second = -int(self._older[step.edge])
        listed = page.listed()
        place = next((i for i, (_, created) in enumerate(listed) if created <= second), None)
        if place is None:
            # all of it is newer: known only where the list ends with it
            at_end = bool(listed) and not page.has_more
            return step.offset + len(listed) if at_end else None
        return None if place == 0 and step.offset > 0 else step.offset + place

    def _edge(self, stretch: Stretch) -> int | None:
        """A row near the middle of the stretch that is the first of its second."""
        middle = (stretch.start + stretch.end) // 2
        second = self._older[middle]
        edges = [int(np.searchsorted(self._older, second, side=side)) for side in ("left", "right")]
        inside = [edge for edge in edges if stretch.start < edge < stretch.end]
        return min(inside, key=lambda edge: abs(edge - middle), default=None)


def pages_of(n_rows: int, page_size: int) -> int:
    """Requests that reading a list takes: pages overlap by a row."""
    return max(1, ceil((n_rows - 1) / (page_size - 1))) if page_size > 1 else n_rows


def bound(difference: int, pages: int) -> int:
    """The most requests that a search for so many rows makes in a list of so many pages."""
    return abs(difference) * (ceil(log2(max(2, pages))) + 2)
