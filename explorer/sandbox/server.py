"""The sandbox as a server of its own, for ``python -m explorer sandbox``."""

from __future__ import annotations

import socket

import uvicorn

from explorer.sandbox.sandbox import (
    EMPTY_KEY,
    PLAIN_KEY,
    PREFIX,
    SANDBOX_KEY,
    SECOND_KEY,
    Sandbox,
)


class CannotListen(OSError):
    """The address or port cannot be bound; the message says what to do."""


def ready_line(host: str, port: int) -> str:
    """What is printed once requests are answered: ``name=value`` pairs parted by spaces."""
    shown = f"[{host}]" if ":" in host else host
    return (
        f"Sandbox ready: base_url=http://{shown}:{port}{PREFIX} key={SANDBOX_KEY} "
        f"second_key={SECOND_KEY} empty_key={EMPTY_KEY} plain_key={PLAIN_KEY}"
    )


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, ready: str) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            print(self._ready, flush=True)


def serve(sandbox: Sandbox, host: str = "127.0.0.1", port: int = 8765) -> None:
    """Serve until interrupted.

    Raises
    ------
    CannotListen : the port is taken, or the host is not one of this machine's addresses.
    """
    try:
        listening = _listen(host, port)
    except OSError as error:
        raise CannotListen(
            f"cannot listen on {host} port {port}: {error.strerror}; "
            "use --port 0 for a free port, or another --host"
        ) from None
    with listening:
        config = uvicorn.Config(sandbox.app(), log_level="warning")
        server = _Server(config, ready_line(host, listening.getsockname()[1]))
        try:
            server.run(sockets=[listening])
        except KeyboardInterrupt:
            return


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol must be named: asyncio turns Nagle's algorithm off only where it is, and with it
    # on each answer on a kept connection waits 40 ms for the client's delayed acknowledgement.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
    except BaseException:
        listening.close()
        raise
    return listening
