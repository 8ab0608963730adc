"""The HTTP side: authentication, parameters, answers and headers as the API documents them."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from explorer.sandbox.accounts import Account, Filters
from explorer.sandbox.columns import STATUSES
from explorer.sandbox.limiter import Allowance, Limiter

DEFAULT_LIMIT = 100
LARGEST_LIMIT = 1000
# Both for speed beside Streamlit, measured on its server. It binds its socket so that asyncio
# leaves Nagle's algorithm on, and on a kept connection a small answer took 44 ms instead of 1.4.
# Its compression runs in the event loop, which a page of 1,000 analyses would hold up for 150 ms,
# longer than the loopback takes for all 8 MB; it leaves answers alone that name an encoding.
_MOUNTED_HEADERS = {"Connection": "close", "Content-Encoding": "identity"}
UNAUTHORIZED = {"detail": "Invalid authentication credentials"}

Authenticate = Callable[[Request], tuple[str, Account] | None]
_Handler = Callable[[Request, Account], Response]


def read_parameters(
    query: Mapping[str, str],
) -> tuple[Filters, int, int, list[dict[str, Any]]]:
    """The filters, limit and offset of a list call, and everything that is wrong with them.

    Unknown parameters are ignored. An empty ``agent_id``, ``contact_id`` or ``search`` filters
    nothing; an empty ``status_filter`` is not one of the three statuses.
    """
    problems: list[dict[str, Any]] = []
    status = query.get("status_filter")
    if status is not None and status not in STATUSES:
        allowed = ", ".join(f"'{name}'" for name in STATUSES)
        problems.append(
            _problem(
                "status_filter",
                f"value is not a valid enumeration member; permitted: {allowed}",
                "type_error.enum",
            )
        )
    limit = _integer(query, "limit", DEFAULT_LIMIT, 1, LARGEST_LIMIT, problems)
    offset = _integer(query, "offset", 0, 0, None, problems)
    filters = Filters(
        status_filter=status,
        agent_id=query.get("agent_id") or None,
        contact_id=query.get("contact_id") or None,
        search=query.get("search") or None,
    )
    return filters, limit, offset, problems


def _integer(
    query: Mapping[str, str],
    name: str,
    default: int,
    least: int,
    most: int | None,
    problems: list[dict[str, Any]],
) -> int:
    given = query.get(name)
    if given is None:
        return default
    try:
        value = int(given)
    except ValueError:
        problems.append(_problem(name, "value is not a valid integer", "type_error.integer"))
        return default
    if value < least:
        problems.append(
            _problem(
                name,
                f"ensure this value is greater than or equal to {least}",
                "value_error.number.not_ge",
            )
        )
    elif most is not None and value > most:
        problems.append(
            _problem(
                name,
                f"ensure this value is less than or equal to {most}",
                "value_error.number.not_le",
            )
        )
    return value


def _problem(name: str, message: str, kind: str) -> dict[str, Any]:
    return {"loc": ["query", name], "msg": message, "type": kind}


class Endpoints:
    """The API's two calls over whatever accounts ``authenticate`` finds.

    All of them are plain functions, which Starlette runs in its thread pool: building a page of a
    thousand analyses must not stop the server that it shares a process with.
    """

    def __init__(
        self, authenticate: Authenticate, limiter: Limiter, *, mounted: bool = False
    ) -> None:
        self._authenticate = authenticate
        self._limiter = limiter
        self._mounted = mounted

    def routes(self, prefix: str) -> list[BaseRoute]:
        """The two calls below ``prefix``, and a JSON 404 or 405 for everything else there."""
        prefix = prefix.rstrip("/")
        return [
            Route(f"{prefix}/analysis/", self.list, methods=["GET"]),
            Route(f"{prefix}/analysis/{{id}}", self.retrieve, methods=["GET"]),
            Route(f"{prefix}/analysis/", self.not_allowed, methods=_OTHER_METHODS),
            Route(f"{prefix}/analysis/{{id}}", self.not_allowed, methods=_OTHER_METHODS),
            Route(f"{prefix}/{{rest:path}}", self.not_found, methods=["GET", *_OTHER_METHODS]),
        ]

    def list(self, request: Request) -> Response:
        """``GET {prefix}/analysis/``."""
        return self._answer(request, _list)

    def retrieve(self, request: Request) -> Response:
        """``GET {prefix}/analysis/{id}``."""
        return self._answer(request, _retrieve)

    def not_allowed(self, request: Request) -> Response:
        """Any other method."""
        response = _json({"detail": "Method Not Allowed"}, 405)
        response.headers["Allow"] = "GET"
        return self._with_headers(response, self._limiter.peek())

    def not_found(self, request: Request) -> Response:
        """Any other path, the list's without its slash included."""
        return self._with_headers(_json({"detail": "Not Found"}, 404), self._limiter.peek())

    def _answer(self, request: Request, handler: _Handler) -> Response:
        known = self._authenticate(request)
        if known is None:
            response = _json(UNAUTHORIZED, 401)
            response.headers["WWW-Authenticate"] = "Bearer"
            return self._with_headers(response, self._limiter.peek())
        key, account = known
        allowance = self._limiter.take(key)
        if allowance is not None and not allowance.allowed:
            return self._with_headers(_too_many(allowance), allowance)
        return self._with_headers(handler(request, account), allowance)

    def _with_headers(self, response: Response, allowance: Allowance | None) -> Response:
        response.headers["X-Request-Id"] = f"req_{secrets.token_hex(12)}"
        if self._mounted:
            response.headers.update(_MOUNTED_HEADERS)
        if allowance is not None:
            response.headers.update(allowance.headers())
        return response


_OTHER_METHODS = ["POST", "PUT", "PATCH", "DELETE"]


def _list(request: Request, account: Account) -> Response:
    filters, limit, offset, problems = read_parameters(request.query_params)
    if problems:
        return _json({"detail": problems}, 422)
    records, total = account.page(filters, limit, offset)
    return _json(
        {
            "object": "list",
            "data": records,
            "has_more": offset + limit < total,
            "total": total,
        }
    )


def _retrieve(request: Request, account: Account) -> Response:
    record = account.retrieve(request.path_params["id"])
    return _json({"detail": "Analysis not found"}, 404) if record is None else _json(record)


def _too_many(allowance: Allowance) -> Response:
    seconds = allowance.retry_after_s
    text = f"Rate limit of {allowance.limit} requests a minute exceeded; try again in {seconds} s"
    return _json({"detail": text}, 429)


def _json(content: Any, status_code: int = 200) -> Response:
    try:
        body = msgspec.json.encode(content)
    except (OverflowError, UnicodeEncodeError):
        # A saved answer may hold integers of any size, or half of a surrogate pair.
        body = json.dumps(content).encode()
    return Response(body, status_code, media_type="application/json")
