"""From ``streamlit run`` to the first page, sandbox included: ``python -m benchmarks.startup``."""

from __future__ import annotations

import time

from benchmarks.measuring import Session, app_process, elements, report, timed

ROUNDS = 5


def main() -> None:
    """Measure, print and write."""
    answers, first, second = [], [], []
    for _ in range(ROUNDS):
        with app_process() as app:
            answers.append(time.perf_counter() - app.started_at)
            page = Session(app).act()
            first.append(time.perf_counter() - app.started_at)
            assert any(
                item["props"]["body"] == "Overview" for item in elements(page["tree"], "title")
            )
            started = time.perf_counter()
            Session(app).act()
            second.append(time.perf_counter() - started)
    rows = {
        "server answers": timed(answers),
        "first page ready": timed(first),
        "the next viewer's first page": timed(second),
    }
    report("startup", "Start of the app with the sandbox", rows, rounds=ROUNDS)


if __name__ == "__main__":
    main()
