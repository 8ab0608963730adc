"""The sandbox inside the app's own server: its routes, and the address the server answers at.

The server's port is known to the server alone (the setting may be taken, or belong to another
launcher), so a middleware notes the socket address that requests arrive at. Behind a proxy that
is still the server's own address, and Streamlit serves its routes there with and without
`server.baseUrlPath`.
"""

from __future__ import annotations

import ssl
from collections.abc import Awaitable, Callable, MutableMapping
from ipaddress import ip_address
from typing import Any

from explorer.sandbox.sandbox import Sandbox

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
PREFIX = "/api/v1"

_seen: list[tuple[str, int]] = []


class NotesAddress:
    """ASGI middleware that notes the address of the server it runs in."""

    def __init__(self, app: Callable[[Scope, Receive, Send], Awaitable[None]]) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Note the address once, then pass the request on."""
        server = scope.get("server")
        if not _seen and server and server[1]:
            _seen.append((str(server[0]), int(server[1])))
        await self.app(scope, receive, send)


def embedded_sandbox() -> Sandbox:
    """The sandbox of `streamlit run`: time moves, and 100 requests a minute as the API allows."""
    return Sandbox(live=True)


def base_url(*, tls: bool) -> str | None:
    """Where this process serves the sandbox; None when no server of this process was seen."""
    if not _seen:
        return None
    host, port = _seen[0]
    try:
        shown = f"[{host}]" if ip_address(host.partition("%")[0]).version == 6 else host
    except ValueError:
        shown = host
    return f"{'https' if tls else 'http'}://{shown}:{port}{PREFIX}"


def trust(certificate: str) -> ssl.SSLContext:
    """A TLS context that trusts the server's own certificate, for the process to call itself.

    The name is not compared: the certificate is for the public name, the call goes to loopback.
    """
    context = ssl.create_default_context(cafile=certificate)
    context.check_hostname = False
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return context
