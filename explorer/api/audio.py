"""A recording behind its link: read by this process, so that the link reaches no browser or log."""

from __future__ import annotations

import contextvars
import logging
from urllib.parse import urlsplit

import httpx
from pydantic import SecretStr

from explorer.api.address import is_loopback
from explorer.errors import ConnectionFailed, UnexpectedAnswer
from explorer.redact import redact_link

MAX_BYTES = 200_000_000
"""A recording of three hours as 16-bit mono at 8 kHz; more is not played but named."""
TIMEOUT_S = 30.0

# httpx and httpcore log the whole link, signature included: not while one is read.
_reading = contextvars.ContextVar("explorer_reading", default=False)


def _not_a_recording(record: logging.LogRecord) -> bool:
    return not _reading.get()


for _name in (
    "httpx",
    *(f"httpcore.{part}" for part in ("connection", "http11", "proxy", "socks")),
):
    logging.getLogger(_name).addFilter(_not_a_recording)


def fetch_recording(link: SecretStr, *, max_bytes: int = MAX_BYTES) -> bytes:
    """The recording's bytes. No credential is sent, and a redirect is not followed.

    Raises
    ------
    UnexpectedAnswer : not an https link, expired, refused, or larger than `max_bytes`.
    ConnectionFailed : the store does not answer.
    """
    url = link.get_secret_value()
    shown = redact_link(url)
    host = _checked_host(url, shown)
    body = bytearray()
    status, problem = 0, ""
    reading = _reading.set(True)
    try:
        with (
            # a proxy from the environment is for the outside
            httpx.Client(timeout=TIMEOUT_S, trust_env=not is_loopback(host)) as http,
            http.stream("GET", url, follow_redirects=False) as answer,
        ):
            status = answer.status_code
            if status == httpx.codes.OK:
                for chunk in answer.iter_bytes():
                    body += chunk
                    if len(body) > max_bytes:
                        problem = f"is larger than {max_bytes / 1e6:,.0f} MB"
                        break
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:  # IDNA errors are ValueError
        problem = type(error).__name__
        status = -1
    finally:
        _reading.reset(reading)
    # outside the except block: the original error holds the link
    if status == -1:
        raise ConnectionFailed(
            f"The recording at {shown} could not be read ({problem}). Try again later."
        )
    if status != httpx.codes.OK:
        raise UnexpectedAnswer(
            f"The recording at {shown} was refused (status {status}): links expire. Refresh for a "
            "new link, then load the recording again."
        )
    if problem:
        raise UnexpectedAnswer(f"The recording at {shown} {problem}: download it from its source.")
    return bytes(body)


def _checked_host(url: str, shown: str) -> str:
    try:
        parts = urlsplit(url)
        host, scheme = parts.hostname or "", parts.scheme
    except ValueError:
        host, scheme = "", ""
    if host and (scheme == "https" or (scheme == "http" and is_loopback(host))):
        return host
    raise UnexpectedAnswer(f"The recording's link ({shown}) is not an https address.")
