"""Every error this package raises on purpose, and how an API answer becomes one.

::

    ExplorerError
    ├─ SettingsError             a setting, address or credential that cannot be used
    ├─ CallCovError              .request (method, path, parameters; never headers)
    │  ├─ ConnectionFailed       no answer came
    │  │  └─ TimedOut            … in time
    │  ├─ StatusError            .status_code .request_id .detail
    │  │  ├─ Unauthorized        401
    │  │  ├─ Forbidden           403
    │  │  ├─ NotFound            404
    │  │  ├─ InvalidParameter    422, .field
    │  │  ├─ RateLimited         429, .retry_after_s
    │  │  └─ ServerError         5xx
    │  ├─ UnexpectedAnswer       not JSON, or not a list of analyses (.offset, .index)
    │  └─ IncompleteListing      the list changed too much to be read whole (.reasons)
    ├─ SyncError                 .report so far; resumable
    ├─ MirrorError               locked by another process, newer schema, damaged
    └─ InvalidFilterError        a filter or argument that cannot be meant; also ValueError

Any of them may be pickled, shown and logged: none holds a credential.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from explorer.redact import redact, redact_text

# An explanation is read by people: more of an error page than this helps nobody.
MAX_DETAIL_CHARACTERS = 500


class Request(NamedTuple):
    """What was asked of the API: method, path and parameters, without headers."""

    method: str
    path: str
    parameters: dict[str, str]


class ExplorerError(Exception):
    """The root of this package's errors."""

    def __reduce__(self) -> tuple[Any, ...]:
        # The default calls the class with ``args`` alone, which keyword-only fields break.
        return _rebuild, (type(self), self.args, self.__dict__.copy())


def _rebuild(
    kind: type[ExplorerError], args: tuple[Any, ...], state: dict[str, Any]
) -> ExplorerError:
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(state)
    return error


class SettingsError(ExplorerError):
    """A setting, address or credential that cannot be used; the message names which."""


class MirrorError(ExplorerError):
    """The mirror cannot be opened or written: locked, from a newer version, or damaged."""


class SyncError(ExplorerError):
    """A sync that stopped early; ``.report`` holds what it did, and it can be resumed."""

    def __init__(self, message: str, *, report: Any = None) -> None:
        super().__init__(message)
        self.report = report


class InvalidFilterError(ExplorerError, ValueError):
    """A filter or argument that cannot be meant, refused before anything is asked."""


class CallCovError(ExplorerError):
    """Something went wrong between this client and the API."""

    def __init__(self, message: str, *, request: Request | None = None) -> None:
        super().__init__(message)
        self.request = request


class ConnectionFailed(CallCovError):
    """No answer: refused, reset, cut short, unresolvable or not to be trusted."""


class TimedOut(ConnectionFailed):
    """No answer in time."""


class UnexpectedAnswer(CallCovError):
    """An answer that is not what the contract says.

    ``offset`` is the page's place in the list and ``index`` the record's place in the page,
    where known.
    """

    def __init__(
        self,
        message: str,
        *,
        request: Request | None = None,
        offset: int | None = None,
        index: int | None = None,
    ) -> None:
        super().__init__(message, request=request)
        self.offset = offset
        self.index = index


class IncompleteListing(CallCovError):
    """The list changed too much to be read whole; raised after all that could be read.

    ``reasons`` says what could not be proven, in words.
    """

    def __init__(
        self, message: str, *, request: Request | None = None, reasons: tuple[str, ...] = ()
    ) -> None:
        super().__init__(message, request=request)
        self.reasons = reasons


class StatusError(CallCovError):
    """The API answered with an error status.

    ``detail`` is its own explanation, with credentials masked: text, a list of problems, or
    None when the body held none. ``request_id`` is what the vendor's support asks for.
    """

    def __init__(
        self,
        message: str,
        *,
        status_code: int,
        request_id: str | None = None,
        detail: Any = None,
        request: Request | None = None,
    ) -> None:
        super().__init__(message, request=request)
        self.status_code = status_code
        self.request_id = request_id
        self.detail = detail


class Unauthorized(StatusError):
    """401: the credential is wrong, revoked or expired; the message says what to do."""


class Forbidden(StatusError):
    """403: the credential is good, and not for this."""


class NotFound(StatusError):
    """404: no such analysis in this account, or no such API at this address."""


class ServerError(StatusError):
    """5xx: the API failed, also on every retry."""


class InvalidParameter(StatusError):
    """422: the API refused a parameter; ``field`` is its name where the answer tells."""

    field: str | None = None


class RateLimited(StatusError):
    """429, or a request not made because it would be; wait ``retry_after_s`` seconds."""

    def __init__(
        self,
        message: str,
        *,
        status_code: int = 429,
        request_id: str | None = None,
        detail: Any = None,
        request: Request | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(
            message,
            status_code=status_code,
            request_id=request_id,
            detail=detail,
            request=request,
        )
        self.retry_after_s = retry_after_s


_BY_STATUS: dict[int, type[StatusError]] = {
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    422: InvalidParameter,
    429: RateLimited,
}

_NEXT_STEP: dict[int, str] = {
    401: "Check the key (CALLCOV_API_KEY) or ask for a new token (CALLCOV_TOKEN).",
    403: "This credential may not read it: use one of the account that owns it.",
    404: "Check the id, and the address in CALLCOV_BASE_URL.",
    422: "Correct the parameter and ask again.",
    429: "Wait, then ask again; analyses already in the mirror stay available.",
}
_NEXT_STEP_SERVER = "The fault is on the API's side: try again later."
_NEXT_STEP_OTHER = "Check the address in CALLCOV_BASE_URL."


def error_for_status(
    status_code: int,
    body: str,
    *,
    request: Request,
    request_id: str | None = None,
    next_step: str | None = None,
) -> StatusError:
    """The error of an answer with an error status.

    ``body`` may be anything: both of the API's JSON shapes are understood, an HTML page, an
    empty or cut body is not an error of its own. ``request_id`` is the answer's header, used
    when the body names none.
    """
    detail, body_request_id, field = read_error_body(body)
    request_id = body_request_id or request_id
    kind = _kind(status_code)
    error = kind(
        _message(status_code, request, detail, request_id, next_step),
        status_code=status_code,
        request_id=request_id,
        detail=detail,
        request=request,
    )
    if isinstance(error, InvalidParameter):
        error.field = field
    return error


def read_error_body(body: str) -> tuple[Any, str | None, str | None]:
    """What an error body says: (detail, request id, parameter), each None when unsaid."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return None, None, None
    if not isinstance(document, dict):
        return None, None, None
    error = document.get("error")
    if isinstance(error, dict):
        detail = _short(error.get("message") or error.get("code"))
        return detail, _text(error.get("request_id")), _field(error.get("details"))
    detail = _short(document.get("detail") or error)
    return detail, _text(document.get("request_id")), _field(document.get("detail"))


def _kind(status_code: int) -> type[StatusError]:
    if status_code >= 500:
        return ServerError
    return _BY_STATUS.get(status_code, StatusError)


def _message(
    status_code: int,
    request: Request,
    detail: Any,
    request_id: str | None,
    next_step: str | None,
) -> str:
    said = explain(detail)
    if next_step is None:
        other = _NEXT_STEP_SERVER if status_code >= 500 else _NEXT_STEP_OTHER
        next_step = _NEXT_STEP.get(status_code, other)
    parts = [
        f"{request.method} {request.path} answered {status_code}",
        f": {said}" if said else "",
        f" (request id {request_id})" if request_id else "",
        f". {next_step}",
    ]
    return "".join(parts)


def explain(detail: Any) -> str:
    """An error's detail as one line of words: ``limit: must be 1000 or less; …``."""
    if isinstance(detail, list):
        return "; ".join(filter(None, (explain(item) for item in detail[:5])))
    if isinstance(detail, Mapping):
        words = detail.get("msg") or detail.get("message") or json.dumps(detail, default=str)
        name = _field(detail)
        return _cut(f"{name}: {words}" if name else str(words))
    return _cut(str(detail).rstrip(".")) if detail is not None else ""


def _field(detail: Any) -> str | None:
    """The parameter a problem is about: the end of its ``loc``, or its ``field``."""
    if isinstance(detail, list):
        return next(filter(None, (_field(item) for item in detail)), None)
    if not isinstance(detail, Mapping):
        return None
    loc = detail.get("loc")
    if isinstance(loc, list) and loc:
        return _text(loc[-1])
    return _text(detail.get("field") or detail.get("parameter") or detail.get("param"))


def _text(value: Any) -> str | None:
    if not isinstance(value, str | int) or value == "":
        return None
    return _cut(redact_text(str(value)[:MAX_DETAIL_CHARACTERS]), 100)


def _short(value: Any) -> Any:
    """A detail fit to keep: redacted, and cut when a server sends a novel."""
    if value is None or value == "":
        return None
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    if isinstance(value, str) or len(text) > 20 * MAX_DETAIL_CHARACTERS:
        # Cut before and after: masking a novel takes long, and what is masked gets shorter.
        return _cut(redact_text(text[: 4 * MAX_DETAIL_CHARACTERS]))
    return redact(value)


def _cut(text: str, length: int = MAX_DETAIL_CHARACTERS) -> str:
    line = " ".join(text.split())
    return line if len(line) <= length else line[: length - 1] + "…"
