"""Grouping failure messages into reasons: ``python -m benchmarks.grouping``.

Accuracy over messages made from known templates of many systems, and messages a second on one
core. A message is right when its group holds all messages of its template and no other. The naive
way takes two messages for the same when they are equal but for their digits.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from statistics import mean, median

from benchmarks.measuring import report
from explorer.analysis.failures import group_messages, mask, merge_masks, merging
from tests.corpus.corpus import DEVELOPED, HELD_OUT, grouping_accuracy, messages, systems

MESSAGES_A_SYSTEM = 2_000
REPEATS = 5
"""How often each text comes in the stream: failures repeat, since calls are tried again."""
RUNS = 3
_DIGITS = re.compile(r"\d+")


def naive(texts: Sequence[str]) -> list[str]:
    """Each text with its digits replaced."""
    return [_DIGITS.sub("0", text) for text in texts]


def main() -> None:
    """Measure, print and write the result."""
    rows: dict[str, dict[str, float]] = {}
    stream: list[str] = []
    for part in (DEVELOPED, HELD_OUT):
        in_part: list[dict[str, float]] = []
        for system, templates in systems(part).items():
            made = messages(system, templates, MESSAGES_A_SYSTEM)
            truth, texts = [number for number, _ in made], [text for _, text in made]
            stream += texts
            row = {
                "accuracy": grouping_accuracy(truth, group_messages(texts)),
                "naive": grouping_accuracy(truth, naive(texts)),
                "templates": len(templates),
            }
            rows[f"{part}: {system}"] = row
            in_part.append(row)
        rows[f"{part}: mean of {len(in_part)}"] = {
            name: mean(row[name] for row in in_part) for name in ("accuracy", "naive", "templates")
        }
    distinct = list(dict.fromkeys(stream))
    masks = list({mask(text) for text in distinct})
    speeds = {
        "distinct texts a second": _a_second(group_messages, distinct),
        f"texts that come {REPEATS} times, a second": _a_second(group_messages, stream * REPEATS),
        "masked, distinct texts a second": _a_second(
            lambda texts: list(map(mask, texts)), distinct
        ),
        "masks merged a second": _a_second(merge_masks, masks),
        "naive, texts a second": _a_second(naive, distinct),
    }
    rows |= {name: {"a second": speed} for name, speed in speeds.items()}
    report(
        "grouping",
        "Grouping accuracy by system, and speed on one core",
        rows,
        n_messages=len(stream),
        n_distinct=len(distinct),
        n_masks=len(masks),
        mean_characters=round(mean(map(len, distinct))),
    )


def _a_second(act: Callable[[list[str]], object], texts: list[str]) -> float:
    seconds = []
    for _ in range(RUNS):
        merging.forget()
        before = time.process_time()
        act(texts)
        seconds.append(time.process_time() - before)
    return round(len(texts) / median(seconds))


if __name__ == "__main__":
    main()
