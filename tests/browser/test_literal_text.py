"""Text from the API is shown as it is: no page makes markup, links, formulas or scripts of it."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote, urlsplit

import pytest

from explorer.analysis.failures import mask
from explorer.sandbox import MemoryAccount, Sandbox
from tests.browser.conftest import OpenWindow, Window, analysis
from tests.conftest import RunningApp, running_app, serving

KEY = "sk_test_untrusted"
SCRIPT = "<script>window.pwned=1</script>"
IMAGE = "<img src=x onerror='window.pwned=1'>"
MARKUP = "**bold** $x^2$ :red[x] :material/home: <b>tag</b> `code` _em_"
LINK = "[a](javascript:alert(1)) https://evil.example/x www.evil.example me@evil.example"
FORMULA = "=cmd()"
AGENT = f"{FORMULA} {SCRIPT} **agent** $x^2$ :red[x]"
CONTACT = f"{IMAGE} [a](javascript:alert(1)) https://evil.example/x"
ERROR = f"{SCRIPT} {IMAGE} {MARKUP} [a](javascript:alert(1)) {FORMULA}"
ALL = f"{SCRIPT} {IMAGE} {MARKUP} {LINK} {FORMULA}"
_MADE_OF_IT = """() => [
    ...document.querySelectorAll(
        ':is([data-testid=stMain], [data-testid=stSidebar]) :is(.katex, b, em, img, script), svg a'),
    ...[...document.querySelectorAll('strong, .stMarkdownColoredText')].filter(
        e => ['bold', 'agent', 'x'].includes(e.innerText.trim())),
    ...[...document.links].filter(e => new URL(e.href).origin !== location.origin),
].map(e => e.outerHTML.slice(0, 200))"""


def untrusted_account() -> MemoryAccount:
    """A failed and a completed analysis in which every text tries something."""
    call = {"agent_id": AGENT, "contact_id": CONTACT, ALL: ALL}
    failed = analysis("failed-1", "failed", call=call, metadata={"error_message": ERROR})
    completed = analysis(
        "completed-1",
        "completed",
        call=call,
        transcript={
            "text": ALL,
            "language": ALL,
            "segments": [{"speaker": ALL, "text": ALL, "start": 0.0, "end": 2.0}],
        },
        results={
            "compliance": {ALL: {"flagged": True, ALL: ALL}},
            "quality": {"greeting": {"present": True, "text": ALL}, ALL: [ALL]},
            "coaching": {
                "customer_effort_score": 2,
                "recommendations": [ALL, {"text": ALL, "priority": ALL, ALL: ALL}],
            },
        },
    )
    odd_status = analysis("odd-1", ALL, call=call)
    return MemoryAccount([failed, completed, odd_status])


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    sandbox = Sandbox(analyses=0, rate_limit=0)
    sandbox.accounts[KEY] = untrusted_account()
    with (
        serving(sandbox.app()) as origin,
        running_app(
            tmp_path_factory.mktemp("untrusted"),
            CALLCOV_BASE_URL=f"{origin}/api/v1",
            CALLCOV_API_KEY=KEY,
        ) as app,
    ):
        yield app


def plain(text: str) -> str:
    """Text on one line, without the invisible joiners that keep addresses from being links."""
    return " ".join(text.replace("\u2060", "").split())


def is_inert(window: Window) -> None:
    """Nothing ran and nothing was built from the account's texts."""
    assert window.page.evaluate("window.pwned") is None
    assert window.page.evaluate(_MADE_OF_IT) == []
    assert window.page.get_by_test_id("stException").count() == 0
    assert not [url for url in window.requested if "evil" in urlsplit(url).netloc]
    assert window.console == []


def test_completed_call(app: RunningApp, open_window: OpenWindow) -> None:
    window = open_window(app).open("/call?id=completed-1")
    text = plain(window.text())
    assert f"{AGENT} with {CONTACT}" in text
    # speaker and words of the turn, two recommendations, check, aspect and their fields
    for part in (SCRIPT, IMAGE, MARKUP, LINK.split()[0], FORMULA):
        assert text.count(part) >= 9, part
    is_inert(window)


def test_failed_call(app: RunningApp, open_window: OpenWindow) -> None:
    window = open_window(app).open("/call?id=failed-1")
    assert window.main.get_by_test_id("stCode").first.inner_text().strip() == ERROR
    window.main.get_by_text("Raw document").click()
    window.settle()
    is_inert(window)


def test_status_the_explorer_does_not_know(app: RunningApp, open_window: OpenWindow) -> None:
    window = open_window(app).open("/call?id=odd-1")
    assert MARKUP in plain(window.text())
    is_inert(window)


def test_calls_filtered_by_such_an_agent(app: RunningApp, open_window: OpenWindow) -> None:
    window = open_window(app).open(f"/calls?agent_id={quote(AGENT)}&search={quote(FORMULA)}")
    assert f"1–3 of 3 · Calls of agent “{AGENT}” whose" in plain(window.text())
    is_inert(window)
    window.open(f"/calls?search={quote(ALL)}&limit={quote(ALL)}")
    assert f"“{SCRIPT} <img src” is no limit" in plain(window.text())
    assert MARKUP in plain(window.text())
    is_inert(window)


def test_overview_and_its_chart_labels(app: RunningApp, open_window: OpenWindow) -> None:
    window = open_window(app).open(f"/?agent_id={quote(AGENT)}")
    labels = window.page.get_by_role("figure", name="The most frequent reasons").locator(
        ".annotation-text"
    )
    label = plain(labels.first.text_content() or "")
    assert label.startswith(f"1 · 100% · {mask(ERROR)[:40]}")
    assert AGENT in plain(window.text())
    window.bars("The most frequent reasons").last.click(force=True)
    window.shows("1–1 of 1 · Failed calls of agent")
    is_inert(window.settle())
