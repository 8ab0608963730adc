"""From a click in the menu to a page's first figure, in Chromium: ``python -m benchmarks.browser [analyses]``.

The account is the sandbox's, mirrored before the first click; the app runs in its own process.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.measuring import ROOT, app_process, clean_environment, report, sandbox_process

if TYPE_CHECKING:
    from playwright.sync_api import Page

ANALYSES = 100_000
ROUNDS = 5
PAGES = {
    "Overview": "/",
    "Failures": "/failures",
    "Effort": "/effort",
    "Agents": "/agents",
    "Compliance": "/compliance",
    "Verdict check": "/verdicts",
    "Contacts": "/contacts",
}
_FIGURE = "[data-testid=stMain] :is(.js-plotly-plot .main-svg, [data-testid=data-grid-canvas])"
_DRAWN = f"""path => location.pathname === path
    && [...document.querySelectorAll({_FIGURE!r})].some(
        e => e.offsetParent !== null || e.getBoundingClientRect().width > 0)
    && document.querySelector('[data-testid=stMain] h1') !== null
    && !document.querySelector('[data-testid=stMain] [data-stale=true]')"""


def main(analyses: int = ANALYSES) -> None:
    """Measure, print and write the result."""
    from playwright.sync_api import sync_playwright

    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    with (
        tempfile.TemporaryDirectory() as store,
        sandbox_process("--analyses", str(analyses)) as sandbox,
    ):
        account = {
            "EXPLORER_STORE": store,
            "CALLCOV_BASE_URL": sandbox.base_url,
            "CALLCOV_API_KEY": sandbox.key,
        }
        subprocess.run(
            [sys.executable, "-m", "explorer", "sync"],
            cwd=ROOT,
            env=clean_environment() | account,
            check=True,
        )
        with app_process(**account) as app, sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
            )
            window = browser.new_page(viewport={"width": 1440, "height": 900})
            window.goto(app.url)
            window.wait_for_selector("[data-testid=stMain] h1", timeout=60_000)
            errors: list[str] = []
            window.on("pageerror", lambda error: errors.append(str(error)))
            times: dict[str, list[float]] = {name: [] for name in PAGES}
            for _ in range(ROUNDS + 1):
                for name, path in PAGES.items():
                    _open(window, "Data", "/data")
                    times[name].append(_open(window, name, path))
            browser.close()
    assert not errors, errors
    rows = {
        name: {"first ms": round(spent[0]), "median ms": round(median(spent[1:]))}
        for name, spent in times.items()
    }
    report("browser", f"Click to first figure, {analyses:,} analyses", rows, rounds=ROUNDS)


def _open(page: Page, name: str, path: str) -> float:
    """Milliseconds from the click to the first figure."""
    link = page.get_by_test_id("stSidebar").get_by_role("link", name=name, exact=True)
    link.wait_for()
    started = time.perf_counter()
    link.click()
    waited_for = _DRAWN if path != "/data" else "path => location.pathname === path"
    page.wait_for_function(waited_for, arg=path, timeout=60_000)
    spent = (time.perf_counter() - started) * 1000
    page.wait_for_timeout(1500)  # the rest of the page
    return spent


if __name__ == "__main__":
    main(*(int(one) for one in sys.argv[1:]))
