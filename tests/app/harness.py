"""What tests of the pages share: an API behind a door, records, and reading a page."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import streamlit as st
from starlette.requests import Request
from starlette.responses import JSONResponse
from streamlit.testing.v1 import AppTest

from explorer.api import Client
from explorer.mirror.keeper import Keeper
from explorer.sandbox import Sandbox

APP = Path(__file__).resolve().parents[2] / "explorer" / "app.py"
NOW = 1_760_000_000
FOUNDING = {
    "id": "550e8400-e29b-41d4-a716-446655440000",
    "object": "analysis",
    "created": 1705334400,
    "status": "completed",
    "livemode": False,
    "call": {
        "agent_id": "agent_001",
        "contact_id": "customer_12345",
        "duration_ms": 125500,
        "duration_seconds": 125.5,
    },
    "audio": {
        "url": "https://s3.amazonaws.com/callcov-audio/canary.wav",
        "size_bytes": 1048576,
        "format": "wav",
        "duration_seconds": 125.5,
    },
    "transcript": {
        "text": "Full transcript",
        "segments": [
            {"speaker": "A", "text": "Good *morning*", "start": 0, "end": 2},
            {"speaker": "B", "text": "<b>Hello</b>", "start": 62, "end": 63, "confidence": 0.5},
        ],
        "language": "en",
    },
    "results": {
        "compliance": {
            "identity_verification": {"verified": True, "flagged": False},
            "mandatory_disclosures": {"read": False, "missing_disclosures": ["fees"]},
            "purpose_declaration": {"disclosed": True},
        },
        "quality": {"greeting": {"present": True}},
        "coaching": {
            "recommendations": ["Greet by name", {"text": "Slow down", "priority": "high"}],
            "customer_effort_score": 1,
        },
    },
    "metadata": {
        "webhook_url": "https://your-app.com/webhooks/canary",
        "completed_at": "2024-01-15T14:32:15.123Z",
        "processing_time_ms": 8500,
        "error_message": None,
    },
}


def record(number: int, status: str = "completed", **changes: object) -> dict[str, Any]:
    return {
        "id": f"call-{number}",
        "object": "analysis",
        "created": NOW - number,
        "status": status,
        "livemode": True,
        "call": {"agent_id": f"agent_{number % 3}", "contact_id": "c1", "duration_seconds": 60},
        "audio": None,
        "transcript": None,
        "results": None,
        "metadata": None,
        **changes,
    }


class Api:
    """The sandbox behind a door that counts, and that a test can close."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.asked: list[str] = []
        self.answer: Callable[[Request], JSONResponse | None] = lambda request: None
        self.delay_s = 0.0
        self.held: Callable[[str], bool] = lambda asked: False
        self.base_url = ""
        self._app = sandbox.app()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        request = Request(scope)
        asked = scope["path"].removeprefix("/api/v1") + "?" + request.url.query
        self.asked.append(asked)
        while self.held(asked):
            await asyncio.sleep(0.01)
        if self.delay_s:
            await asyncio.sleep(self.delay_s)
        answer = self.answer(request)
        await (answer or self._app)(scope, receive, send)

    def new_requests(self) -> list[str]:
        """What was asked since this was called last."""
        asked, self.asked[:] = self.asked[:], []
        return asked


class AtOnce(Client):
    """Fails without retries: a page is to be seen as it is when they are over."""

    opened: ClassVar[list[Client]] = []

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **({"max_retries": 0, "max_wait_s": 0.5} | named))
        self.opened.append(self)


class Watched(Keeper):
    """Can be waited for."""

    opened: ClassVar[list[Keeper]] = []

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.opened.append(self)


def settle() -> None:
    """Wait until every sync has ended."""
    for kept in Watched.opened:
        assert kept.wait(20)


def clear_caches() -> None:
    st.cache_data.clear()
    st.cache_resource.clear()


def open_app(page: str = "overview", /, **query: str) -> AppTest:
    """A new session that opens a page by its link."""
    at = AppTest.from_file(str(APP), default_timeout=30)
    return go(at, page, **query)


def go(at: AppTest, page: str, /, **query: str) -> AppTest:
    at.switch_page(f"../pages/{page}.py")
    at.query_params.clear()
    for name, value in query.items():
        at.query_params[name] = value
    at.run()
    assert not at.exception
    return at


def plain(text: str) -> str:
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", text).replace("\u2060", "")


def words(at: AppTest) -> str:
    """Everything a reader of the page reads, in one text."""
    found: list[str] = []
    for kind in ("title", "header", "subheader", "markdown", "caption", "text", "code", "metric"):
        for element in getattr(at, kind):
            found += [str(getattr(element, "label", "")), str(element.value)]
    for kind in ("error", "warning", "info", "success"):
        for element in getattr(at, kind):
            found += [str(getattr(element.proto, "title", "")), str(element.value)]
    for table in (*at.table, *at.dataframe):
        found.append(table.value.to_string(max_colwidth=None))
    return plain("\n".join(found))


def calls(at: AppTest) -> list[str]:
    return list(at.dataframe(key="calls").value["id"])


def titles(alerts: Any) -> list[str]:
    return [alert.proto.title for alert in alerts]


def keys(at: AppTest) -> set[str]:
    return {button.key for button in at.button}


def problem(status: int, detail: object = "no", **headers: str) -> JSONResponse:
    return JSONResponse({"detail": detail}, status, headers)
