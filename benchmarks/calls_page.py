"""The Calls page, from click to page, against the API's own answer: ``python -m benchmarks.calls_page``.

Each round takes one page of the list that was not read yet and measures, one after the other, the
API answering it to a plain HTTP client, the click that shows it, and two clicks whose answers are
kept. The click is sent over Streamlit's agent API and ends with the page as a tree: a browser's
drawing comes on top. What Streamlit and that API take of it is measured with a page that holds
one button.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import httpx

from benchmarks.measuring import (
    Session,
    app_process,
    elements,
    report,
    sandbox_process,
    timed,
)

ROUNDS = 24
LIMIT = 50
ONE_BUTTON = 'import streamlit as st\n\nst.button("One", key="one")\n'


def main() -> None:
    """Measure, print and write."""
    api, asked, kept = [], [], []
    with (
        sandbox_process() as sandbox,
        app_process(CALLCOV_BASE_URL=sandbox.base_url, CALLCOV_API_KEY=sandbox.key) as app,
        httpx.Client(headers={"X-API-Key": sandbox.key}, timeout=30) as http,
    ):
        viewer = Session(app)
        viewer.act(page="calls")
        for number in range(1, ROUNDS + 1):
            started = time.perf_counter()
            answer = http.get(
                f"{sandbox.base_url}/analysis/", params={"limit": LIMIT, "offset": number * LIMIT}
            )
            api.append(time.perf_counter() - started)
            assert len(answer.json()["data"]) == LIMIT
            asked.append(_click(viewer, "next_page", number * LIMIT))
            kept.append(_click(viewer, "previous_page", (number - 1) * LIMIT))
            kept.append(_click(viewer, "next_page", number * LIMIT))
    rows = {
        "API alone": timed(api),
        "a page of one button": timed(_one_button()),
        "page, asks the API": timed(asked),
        "page, answer kept": timed(kept),
    }
    base = rows["API alone"]["median_ms"]
    for row in rows.values():
        row["times_the_api"] = round(row["median_ms"] / base, 2)
    report("calls_page", f"Calls page, {LIMIT} rows, click to page", rows, rounds=ROUNDS)


def _one_button() -> list[float]:
    took = []
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "streamlit_app.py"
        script.write_text(ONE_BUTTON, encoding="utf-8")
        with app_process(script=script) as app:
            viewer = Session(app)
            viewer.act()
            for _ in range(ROUNDS):
                started = time.perf_counter()
                viewer.act(trigger={"key": "one"})
                took.append(time.perf_counter() - started)
    return took


def _click(viewer: Session, button: str, offset: int) -> float:
    started = time.perf_counter()
    page = viewer.act(trigger={"key": button})
    took = time.perf_counter() - started
    shown = [item["props"]["body"] for item in elements(page["tree"], "markdown")]
    assert any(text.startswith(f"**{offset + 1:,}–") for text in shown), shown
    return took


if __name__ == "__main__":
    main()
