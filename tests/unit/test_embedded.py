"""The sandbox inside the app's server: where it answers, and whom it trusts."""

from __future__ import annotations

import asyncio
import ssl

import pytest

from explorer.sandbox import embedded
from explorer.sandbox.embedded import NotesAddress, base_url, embedded_sandbox, trust


@pytest.fixture(autouse=True)
def _nothing_seen(monkeypatch):
    monkeypatch.setattr(embedded, "_seen", [])


def visit(server: object) -> None:
    passed: list[object] = []

    async def app(scope, receive, send):
        passed.append(scope)

    async def nothing(*_):
        return {}

    scope = {"type": "http", "server": server}
    asyncio.run(NotesAddress(app)(scope, nothing, nothing))
    assert passed == [scope]


@pytest.mark.parametrize(
    ("server", "tls", "expected"),
    [
        pytest.param(("127.0.0.1", 8501), False, "http://127.0.0.1:8501/api/v1", id="ipv4"),
        pytest.param(("127.0.0.1", 8501), True, "https://127.0.0.1:8501/api/v1", id="tls"),
        pytest.param(("::1", 8501), False, "http://[::1]:8501/api/v1", id="ipv6"),
        pytest.param(("localhost", 1), False, "http://localhost:1/api/v1", id="name"),
        pytest.param(("/run/app.sock", None), False, None, id="unix_socket"),
        pytest.param(None, False, None, id="unknown"),
    ],
)
def test_address_is_the_servers_own_when_a_request_was_seen(server, tls, expected):
    visit(server)
    assert base_url(tls=tls) == expected


def test_address_is_none_when_no_request_was_seen():
    assert base_url(tls=False) is None


def test_address_stays_the_first_when_later_requests_come_elsewhere():
    visit(None)
    visit(("127.0.0.1", 1))
    visit(("127.0.0.1", 2))
    assert base_url(tls=False) == "http://127.0.0.1:1/api/v1"


def test_sandbox_moves_and_is_limited_when_embedded():
    paths = {route.path for route in embedded_sandbox().routes()}
    assert "/api/v1/analysis/" in paths


def test_only_the_given_certificate_is_trusted_when_the_process_calls_itself():
    with pytest.raises(FileNotFoundError):
        trust("/nowhere/cert.pem")
    context = trust(ssl.get_default_verify_paths().openssl_cafile) if _has_bundle() else None
    if context is not None:
        assert context.verify_mode is ssl.CERT_REQUIRED
        assert context.check_hostname is False


def _has_bundle() -> bool:
    from pathlib import Path

    return Path(ssl.get_default_verify_paths().openssl_cafile).is_file()
