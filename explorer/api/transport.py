"""One GET: signed, counted, retried, bounded, and every failure one of ours.

What must hold here: the credential goes to the configured origin and nowhere else, neither to
another host nor into a log, an exception or anything an exception refers to. httpx's exceptions
hold the signed request, so an error of ours is made where one is caught, and raised elsewhere.
"""

from __future__ import annotations

import contextvars
import json
import logging
import random
import ssl
import time
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import tenacity

from explorer.api.account import Credential
from explorer.api.address import is_loopback, origin
from explorer.api.budget import RateBudget, seconds_to_wait
from explorer.api.faults import (
    ANSWER_TIMEOUT_S,
    MAX_ANSWER_BYTES,
    MAX_REDIRECTS,
    TooMuch,
    circular,
    closed,
    not_an_answer,
    redirected,
    translate,
    worth_retrying,
)
from explorer.errors import (
    CallCovError,
    RateLimited,
    Request,
    SettingsError,
    UnexpectedAnswer,
    error_for_status,
)
from explorer.redact import redact_text

logger = logging.getLogger("explorer.api")

CONNECT_TIMEOUT_S = 10.0
# A page of 1,000 long transcripts takes a server a while to begin.
READ_TIMEOUT_S = 30.0
WRITE_TIMEOUT_S = 10.0
POOL_TIMEOUT_S = 30.0
MAX_ERROR_BYTES = 64 * 1024

MAX_CONNECTIONS = 8
MAX_IDLE_CONNECTIONS = 4
IDLE_CONNECTION_S = 30.0

MAX_RETRIES = 4
# A whole window of the documented limit, and a little.
MAX_WAIT_S = 65.0
FIRST_BACKOFF_S = 0.5
MAX_BACKOFF_S = 8.0

_REDIRECTS = {301, 302, 303, 307, 308}

# httpx logs whole URLs, people's ids included, and httpcore what a server answers, an echoed
# credential included; our own line replaces theirs while we send. A filter does not reach child
# loggers, so each that the two have is named.
_sending = contextvars.ContextVar("explorer_sending", default=False)


def _not_ours(record: logging.LogRecord) -> bool:
    return not _sending.get()


for _name in (
    "httpx",
    *(f"httpcore.{part}" for part in ("connection", "http11", "http2", "proxy", "socks")),
):
    logging.getLogger(_name).addFilter(_not_ours)


@dataclass(frozen=True, slots=True)
class Answer:
    """A 200 answer: its decoded bytes and what it answers."""

    content: bytes
    content_type: str
    request: Request

    def document(self) -> Any:
        """The JSON document.

        Raises
        ------
        UnexpectedAnswer : the body is not JSON.
        """
        try:
            return json.loads(self.content)
        except (ValueError, RecursionError):
            pass
        begin = redact_text(" ".join(self.content[:80].decode(errors="replace").split()))
        shown = f"; it begins {begin!r}" if begin else " and empty"
        raise UnexpectedAnswer(
            f"{self.request.method} {self.request.path} answered 200 with a body that is not JSON "
            f"({self.content_type or 'no content type'}{shown}). "
            "Check the address in CALLCOV_BASE_URL.",
            request=self.request,
        )


@dataclass(frozen=True, slots=True)
class _Outcome:
    """How one attempt ended; errors travel as values, so that none becomes a context."""

    answer: Answer | None = None
    error: CallCovError | None = None
    retry: bool = False
    wait_s: float | None = None


class _Signature(httpx.Auth):
    """Signs a request at the last moment: no headers of ours hold the credential before."""

    def __init__(self, credential: Credential) -> None:
        self.credential = credential

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers.update(self.credential.headers())
        yield request


class Transport:
    """Sends GET requests to one address with one credential; safe to share between threads."""

    def __init__(
        self,
        base_url: str,
        credential: Credential,
        budget: RateBudget,
        *,
        user_agent: str,
        timeout: httpx.Timeout | None = None,
        max_retries: int = MAX_RETRIES,
        max_wait_s: float = MAX_WAIT_S,
        verify: ssl.SSLContext | bool = True,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.base_url = base_url
        self._signature = _Signature(credential)
        self._budget = budget
        self._max_retries = max_retries
        self._max_wait_s = max_wait_s
        self._sleep = sleep
        self._http = _http_client(base_url, user_agent, timeout, verify, transport)

    @property
    def credential(self) -> Credential:
        """The credential that signs the next request."""
        return self._signature.credential

    @credential.setter
    def credential(self, credential: Credential) -> None:
        self._signature.credential = credential

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def get(self, path: str, parameters: dict[str, str], *, reserve: int = 0) -> Answer:
        """The answer to ``GET base_url + path``.

        Raises
        ------
        CallCovError : no good answer, after the retries that could help.
        """
        request = Request("GET", path, parameters)
        if self._http.is_closed:
            raise closed(request)
        deadline = time.monotonic() + self._max_wait_s
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_result(lambda outcome: outcome.retry),
            stop=tenacity.stop_after_attempt(self._max_retries + 1)
            | tenacity.stop_before_delay(self._max_wait_s),
            wait=_wait_s,
            sleep=self._sleep,
            before_sleep=self._log_retry,
            retry_error_callback=_last_outcome,
        )
        outcome: _Outcome = retrying(self._attempt, request, reserve, deadline)
        if outcome.error is not None:
            raise outcome.error
        assert outcome.answer is not None
        return outcome.answer

    def _attempt(self, request: Request, reserve: int, deadline: float) -> _Outcome:
        limited = self._take_place(request, reserve, deadline)
        if limited is not None:
            return _Outcome(error=limited)
        started = time.monotonic()
        headers: httpx.Headers | None = None
        status: int | str = "failed"
        try:
            response, body, problem = self._send(request)
            if response is not None:
                headers, status = response.headers, response.status_code
        finally:
            self._budget.release(headers)
        if problem is not None:
            outcome = _Outcome(error=problem, retry=worth_retrying(problem))
        else:
            assert response is not None
            outcome = self._read(request, response, body, deadline)
        self._log(request, status, time.monotonic() - started, headers, outcome.error)
        return outcome

    def _take_place(self, request: Request, reserve: int, deadline: float) -> RateLimited | None:
        try:
            self._budget.acquire(reserve, timeout_s=max(0.0, deadline - time.monotonic()))
        except RateLimited as limited:
            limited.request = request
            return limited.with_traceback(None)
        return None

    def _send(self, request: Request) -> tuple[httpx.Response | None, bytes, CallCovError | None]:
        """Send, following redirects within the origin: (response, body, problem)."""
        sending = _sending.set(True)
        try:
            url = httpx.URL(self.base_url + request.path)
            if request.parameters:
                url = url.copy_with(params=request.parameters)
            for _ in range(MAX_REDIRECTS + 1):
                response, body = self._send_once(url)
                if response.status_code not in _REDIRECTS:
                    return response, body, None
                target = url.join(response.headers.get("Location", ""))
                if origin(target) != origin(url):
                    return response, b"", redirected(request, target, self.credential)
                url = target
            return response, b"", circular(request)
        except (
            httpx.HTTPError,
            httpx.InvalidURL,
            httpx.StreamError,
            httpx.CookieConflict,
        ) as error:
            return None, b"", self._ours(error, request)
        except TooMuch as error:
            return None, b"", error.named(request)
        except RuntimeError:
            # httpx's word for a client that another thread closed meanwhile.
            if not self._http.is_closed:
                raise
            return None, b"", closed(request)
        finally:
            _sending.reset(sending)

    def _send_once(self, url: httpx.URL) -> tuple[httpx.Response, bytes]:
        started = time.monotonic()
        with self._http.stream("GET", url, auth=self._signature) as response:
            if response.status_code in _REDIRECTS:
                return response, b""
            good = response.status_code == 200
            cap = MAX_ANSWER_BYTES if good else MAX_ERROR_BYTES
            chunks: list[bytes] = []
            size = 0
            for chunk in response.iter_bytes():
                chunks.append(chunk)
                size += len(chunk)
                if size > cap:
                    if good:
                        raise TooMuch("size")
                    break
                if time.monotonic() - started > ANSWER_TIMEOUT_S:
                    raise TooMuch("time")
            return response, b"".join(chunks)[: cap + 1]

    def _read(
        self, request: Request, response: httpx.Response, body: bytes, deadline: float
    ) -> _Outcome:
        """What an answer means."""
        status = response.status_code
        if status != 429:
            self._budget.accepted()
        if status == 200:
            content_type = self._clean(response.headers.get("Content-Type")) or ""
            return _Outcome(answer=Answer(body, content_type, request))
        if status < 400:
            return _Outcome(error=not_an_answer(request, status))
        error = error_for_status(
            status,
            self.credential.scrub(body[:MAX_ERROR_BYTES].decode(errors="replace")),
            request=request,
            request_id=self._clean(response.headers.get("X-Request-Id")),
            next_step=self._next_step(status),
        )
        wait_s = seconds_to_wait(
            response.headers.get("Retry-After"), response.headers.get("Date"), time.time()
        )
        if isinstance(error, RateLimited):
            # The budget does the waiting: the whole account is stopped, not this thread alone.
            error.retry_after_s = self._budget.refused(wait_s)
            in_time = time.monotonic() + error.retry_after_s <= deadline
            return _Outcome(error=error, retry=in_time, wait_s=0.0)
        return _Outcome(error=error, retry=worth_retrying(error), wait_s=wait_s)

    def _next_step(self, status: int) -> str | None:
        if status != 401:
            return None
        if self.credential.kind == "key":
            return "Check the API key: CALLCOV_API_KEY, or the one entered on the page."
        if self.credential.expired:
            return (
                f"The token expired at {self.credential.expires_at:%Y-%m-%d %H:%M} UTC: get a new "
                "one and set CALLCOV_TOKEN, or enter it on the page to go on."
            )
        return "Check the token: CALLCOV_TOKEN, or the one entered on the page."

    def _ours(self, error: Exception, request: Request) -> CallCovError:
        said = redact_text(self.credential.scrub(str(error)))[:300] or type(error).__name__
        return translate(error, said, request)

    def _clean(self, value: str | None) -> str | None:
        """A header's text fit for a log line or message."""
        if not value:
            return None
        text = redact_text(self.credential.scrub(value))
        return "".join(c for c in text if c.isprintable())[:100]

    def _log(
        self,
        request: Request,
        status: int | str,
        seconds: float,
        headers: Mapping[str, str] | None,
        error: CallCovError | None,
    ) -> None:
        request_id = self._clean((headers or {}).get("X-Request-Id"))
        named = f" (request id {request_id})" if request_id else ""
        failed = f": {type(error).__name__}" if error else ""
        logger.log(
            logging.WARNING if error else logging.INFO,
            "%s %s %s in %d ms%s%s",
            request.method,
            request.path,
            status,
            seconds * 1000,
            named,
            failed,
        )

    def _log_retry(self, state: tenacity.RetryCallState) -> None:
        request: Request = state.args[0]
        logger.warning(
            "%s %s: retry %d of %d in %.1f s",
            request.method,
            request.path,
            state.attempt_number,
            self._max_retries,
            state.upcoming_sleep,
        )


def _wait_s(state: tenacity.RetryCallState) -> float:
    """Backoff before the next attempt: what the answer asks for, else doubling; with jitter."""
    assert state.outcome is not None
    asked_for: float | None = state.outcome.result().wait_s
    if asked_for is not None:
        return asked_for + random.uniform(0, 0.1 * asked_for)
    backoff = min(MAX_BACKOFF_S, FIRST_BACKOFF_S * 2.0 ** (state.attempt_number - 1))
    return random.uniform(0.5, 1.0) * backoff


def _last_outcome(state: tenacity.RetryCallState) -> Any:
    assert state.outcome is not None
    return state.outcome.result()


def _http_client(
    base_url: str,
    user_agent: str,
    timeout: httpx.Timeout | None,
    verify: ssl.SSLContext | bool,
    transport: httpx.BaseTransport | None,
) -> httpx.Client:
    host = httpx.URL(base_url).host
    # A proxy from the environment is for the outside, and would see the key of a local test.
    direct = {f"all://{_bracketed(host)}": None} if is_loopback(host) else None
    headers = {"User-Agent": user_agent, "Accept": "application/json"}
    if is_loopback(host):
        # To send fewer bytes inside one machine costs more than to send them.
        headers["Accept-Encoding"] = "identity"
    try:
        return httpx.Client(
            headers=headers,
            timeout=timeout
            or httpx.Timeout(
                connect=CONNECT_TIMEOUT_S,
                read=READ_TIMEOUT_S,
                write=WRITE_TIMEOUT_S,
                pool=POOL_TIMEOUT_S,
            ),
            limits=httpx.Limits(
                max_connections=MAX_CONNECTIONS,
                max_keepalive_connections=MAX_IDLE_CONNECTIONS,
                keepalive_expiry=IDLE_CONNECTION_S,
            ),
            follow_redirects=False,
            verify=verify,
            transport=transport,
            mounts=direct,
        )
    except (OSError, ValueError, httpx.InvalidURL) as error:
        problem = redact_text(str(error))
    raise _environment_error(problem)


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _environment_error(problem: str) -> SettingsError:
    return SettingsError(
        f"The connection could not be set up: {problem}. Check the proxy variables "
        "(HTTPS_PROXY, NO_PROXY) and SSL_CERT_FILE."
    )
