"""What can go wrong with one request, as errors that say what to do."""

from __future__ import annotations

import httpx

from explorer.api.account import Credential
from explorer.errors import (
    CallCovError,
    ConnectionFailed,
    Request,
    StatusError,
    TimedOut,
    UnexpectedAnswer,
)
from explorer.redact import redact_text

MAX_REDIRECTS = 3
# A server that sends a byte a second never trips the read timeout.
ANSWER_TIMEOUT_S = 180.0
# 1,000 ordinary records are 11 MB; this is room for hour-long calls and none for a bomb.
MAX_ANSWER_BYTES = 256 * 1024 * 1024
# Statuses that no repetition changes: not implemented, HTTP version, network login.
_LASTING = {501, 505, 511}


class TooMuch(Exception):
    """An answer larger or slower than anything meant."""

    def named(self, request: Request) -> CallCovError:
        asked = f"{request.method} {request.path}"
        if self.args[0] == "time":
            return TimedOut(
                f"{asked} was still answering after {ANSWER_TIMEOUT_S:.0f} s. "
                "Ask for fewer analyses at once (limit).",
                request=request,
            )
        return UnexpectedAnswer(
            f"{asked} answered more than {MAX_ANSWER_BYTES // 2**20} MB. "
            "Ask for fewer analyses at once (limit).",
            request=request,
        )


def translate(error: Exception, said: str, request: Request) -> CallCovError:
    """Our error for one of httpx's; ``said`` is its text without secrets."""
    asked = f"{request.method} {request.path}"
    if isinstance(error, httpx.PoolTimeout):
        return TimedOut(
            f"{asked} found no free connection in time: too many requests at once. Ask again.",
            request=request,
        )
    if isinstance(error, httpx.TimeoutException):
        phase = type(error).__name__.removesuffix("Timeout").lower()
        return TimedOut(
            f"{asked} got no answer in time ({phase} timeout). Check the network, then ask again.",
            request=request,
        )
    if isinstance(error, httpx.TransportError):
        return ConnectionFailed(
            f"{asked} failed: {said}. {_connection_step(said)}", request=request
        )
    if isinstance(error, httpx.InvalidURL):
        return UnexpectedAnswer(
            f"{asked} was sent to an address that is none: {said}. Check CALLCOV_BASE_URL.",
            request=request,
        )
    return UnexpectedAnswer(
        f"{asked} answered something that could not be read ({type(error).__name__}: {said}). "
        "Ask again; if it lasts, check the address in CALLCOV_BASE_URL.",
        request=request,
    )


def _connection_step(said: str) -> str:
    if "CERTIFICATE_VERIFY_FAILED" in said:
        return "If your network has its own certificate authority, name its file in SSL_CERT_FILE."
    return "Check the network and the address in CALLCOV_BASE_URL."


def worth_retrying(error: CallCovError) -> bool:
    if isinstance(error, StatusError):
        return error.status_code >= 500 and error.status_code not in _LASTING
    return isinstance(error, ConnectionFailed) and "CERTIFICATE_VERIFY_FAILED" not in str(error)


def redirected(request: Request, target: httpx.URL, credential: Credential) -> UnexpectedAnswer:
    place = redact_text(credential.scrub(f"{target.scheme}://{target.netloc.decode('ascii')}"))
    return UnexpectedAnswer(
        f"{request.method} {request.path} was redirected to another address, {place}; the "
        "credential was not sent there. If that is the API's address now, set CALLCOV_BASE_URL.",
        request=request,
    )


def closed(request: Request) -> CallCovError:
    """For a request of a client that is closed."""
    return CallCovError(
        f"{request.method} {request.path} was asked of a client that is closed. Make a new one.",
        request=request,
    )


def circular(request: Request) -> UnexpectedAnswer:
    return UnexpectedAnswer(
        f"{request.method} {request.path} was redirected more than {MAX_REDIRECTS} times. "
        "Check the address in CALLCOV_BASE_URL.",
        request=request,
    )


def not_an_answer(request: Request, status: int) -> UnexpectedAnswer:
    return UnexpectedAnswer(
        f"{request.method} {request.path} answered {status}, which holds no analyses. "
        "Check the address in CALLCOV_BASE_URL.",
        request=request,
    )
