"""A first read writes several pages together: what is seen, and what a kill may lose."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from explorer.mirror.reader import HELD_PAGES, HELD_S
from explorer.mirror.report import Progress
from explorer.mirror.sync import Sync
from tests.drift import Killed, Line, MemoryStore, World, in_process_client

PAGE_SIZE = 10
FRESH = PAGE_SIZE - 2  # pages overlap by two rows
WORLD = [(1, "completed")] * 200


class CountingStore(MemoryStore):
    """Notes how many rows it holds after each transaction that put some in."""

    def __init__(self) -> None:
        super().__init__()
        self.held: list[int] = []

    @contextmanager
    def transaction(self) -> Iterator[Any]:
        before = len(self.rows)
        with super().transaction() as cursor:
            yield cursor
        if len(self.rows) > before:
            self.held.append(len(self.rows))


def read(
    store: MemoryStore,
    line: Line,
    *,
    told: list[Progress] | None = None,
    seconds_a_page: float = 0,
    everything: bool = False,
) -> None:
    with in_process_client() as (client, transport, clock):
        transport.line = line

        def tell(progress: Progress) -> None:
            clock.sleep(seconds_a_page)
            if told is not None:
                told.append(progress)

        sync = Sync(
            client,
            store,  # type: ignore[arg-type]
            page_size=PAGE_SIZE,
            on_progress=tell,
            clock=clock,
            pause=clock.pause,
        )
        assert sync.run(everything=everything).complete


def test_first_page_is_there_at_once_and_later_ones_together():
    store, told = CountingStore(), []
    read(store, Line(World(WORLD, 1)), told=told)
    steps = [after - before for before, after in zip([0, *store.held], store.held, strict=False)]
    assert steps[0] == PAGE_SIZE
    assert steps[1] == HELD_PAGES * FRESH
    assert told[0].mirrored == PAGE_SIZE
    assert told[-1].mirrored == len(store.rows) == 200
    assert len(store.held) < 200 // FRESH // 2


def test_pages_that_come_slowly_are_written_each():
    store = CountingStore()
    read(store, Line(World(WORLD, 1)), seconds_a_page=HELD_S)
    assert len(store.held) >= 200 // PAGE_SIZE


@pytest.mark.parametrize("kill_at", range(1, 20))
def test_kill_loses_no_more_than_the_pages_held(kill_at):
    store, world = MemoryStore(), World(WORLD, 1)
    with pytest.raises(Killed):
        read(store, Line(world, kill_at=kill_at))
    assert len(store.rows) > (kill_at - HELD_PAGES) * FRESH
    assert store.rows
    line = Line(world)
    read(store, line)
    assert store.rows.keys() == world.ids
    assert line.requests <= 200 // FRESH - max(0, kill_at - HELD_PAGES) + 6


def test_row_that_vanishes_between_held_pages_is_not_written():
    store, world = MemoryStore(), World([(0 if i % 20 else 5, "completed") for i in range(200)], 1)
    deletions = [[("delete_many", place)] for place in range(0, 200, 10)]
    read(store, Line(world, [[], *deletions]))
    assert store.rows.keys() == world.ids
