"""Run every benchmark and write ``benchmarks/results/*.json``."""

from __future__ import annotations

from benchmarks import (
    browser,
    calls_page,
    client,
    false_alarms,
    grouping,
    pages,
    queries,
    startup,
    sync,
)


def main() -> None:
    """Run one after the other, so that none disturbs another."""
    for benchmark in (
        calls_page,
        startup,
        client,
        sync,
        queries,
        pages,
        browser,
        grouping,
        false_alarms,
    ):
        benchmark.main()


if __name__ == "__main__":
    main()
