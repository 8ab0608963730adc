"""The CallCov API as Python calls: `Client`."""

from __future__ import annotations

import logging
import ssl
import sys
import time
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import quote

import httpx

from explorer.api.account import Account, Credential
from explorer.api.address import is_loopback, normalised_base_url
from explorer.api.budget import RateBudget, budget_for
from explorer.api.models import Analysis, AnalysisList, read_analysis, read_list
from explorer.api.paging import DEFAULT_PAGE_SIZE, Walk
from explorer.api.transport import MAX_RETRIES, MAX_WAIT_S, Answer, Transport
from explorer.errors import InvalidFilterError, SettingsError, UnexpectedAnswer
from explorer.redact import encodable, redact_text

if TYPE_CHECKING:
    from explorer.settings import Settings

logger = logging.getLogger("explorer.api")

LIST_PATH = "/analysis/"
DEFAULT_LIMIT = 100


class Client:
    """A CallCov account's analyses.

    Parameters
    ----------
    base_url : the API's address up to and without ``/analysis/``; from ``CALLCOV_BASE_URL`` by
        default.
    api_key : sent as ``X-API-Key``. With neither key nor token, the environment's
        (``CALLCOV_API_KEY``, ``CALLCOV_TOKEN``) is used.
    token : a JWT, or an API key, sent as ``Authorization: Bearer``.
    max_retries, max_wait_s : how often a request that failed for a passing reason is repeated,
        and how long one call may wait in all; 0 retries to fail at once.
    allow_http : plain http to other machines; from ``EXPLORER_ALLOW_HTTP`` by default.
    timeout, verify, transport : handed to httpx.
    budget : the rate budget to use instead of the account's own.
    sleep : how to pause between retries.

    Raises
    ------
    SettingsError : no credential, two of them, or one or an address that cannot be used.

    A client may be shared between threads. It is closed by `close` or at the end of ``with``.
    """

    def __init__(
        self,
        base_url: str | None = None,
        api_key: str | None = None,
        *,
        token: str | None = None,
        max_retries: int = MAX_RETRIES,
        max_wait_s: float = MAX_WAIT_S,
        allow_http: bool | None = None,
        timeout: httpx.Timeout | None = None,
        verify: ssl.SSLContext | bool = True,
        transport: httpx.BaseTransport | None = None,
        budget: RateBudget | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        credential = _credential(api_key, token)
        self.base_url = _address(base_url, allow_http)
        self.account: Account = credential.account(self.base_url)
        self.budget: RateBudget = budget_for(self.account) if budget is None else budget
        self._transport = Transport(
            self.base_url,
            credential,
            self.budget,
            user_agent=f"callcov-explorer/{_version()}",
            timeout=timeout,
            max_retries=max_retries,
            max_wait_s=max_wait_s,
            verify=verify,
            transport=transport,
            sleep=sleep,
        )

    @property
    def credential_kind(self) -> str:
        """``"key"`` or ``"token"``: which header signs the requests."""
        return self._transport.credential.kind

    @property
    def livemode(self) -> bool | None:
        """True for ``sk_live_`` keys, False for ``sk_test_`` keys, None when it cannot be told."""
        return self._transport.credential.livemode

    @property
    def token_expires_at(self) -> datetime | None:
        """When the token ends (UTC); None for keys and for tokens that do not say."""
        return self._transport.credential.expires_at

    def list(
        self,
        *,
        status_filter: str | None = None,
        agent_id: str | None = None,
        contact_id: str | None = None,
        search: str | None = None,
        limit: int = DEFAULT_LIMIT,
        offset: int = 0,
        reserve: int = 0,
    ) -> AnalysisList:
        """One page of the list, newest first: ``.data``, ``.total``, ``.has_more``, ``.rejected``.

        A filter that is None is not sent. Values go to the API as they are: it decides which
        are valid and says so with `InvalidParameter`. ``reserve`` requests of the rate budget
        are left for others.

        Raises
        ------
        InvalidFilterError : a filter is an empty string; the API does not say whether that
            means everything or nothing, so leave it None.
        CallCovError : no good answer.
        """
        filters = _filters(status_filter, agent_id, contact_id, search)
        return self._page(filters, offset, limit, reserve)

    def list_bytes(
        self,
        *,
        status_filter: str | None = None,
        agent_id: str | None = None,
        contact_id: str | None = None,
        search: str | None = None,
        limit: int = DEFAULT_LIMIT,
        offset: int = 0,
        reserve: int = 0,
    ) -> bytes:
        """One page as the JSON text the API answered, for readers with their own decoder."""
        filters = _filters(status_filter, agent_id, contact_id, search)
        return self._answer(filters, offset, limit, reserve).content

    def count(
        self,
        *,
        status_filter: str | None = None,
        agent_id: str | None = None,
        contact_id: str | None = None,
        search: str | None = None,
        reserve: int = 0,
    ) -> int:
        """How many analyses match; one request."""
        filters = _filters(status_filter, agent_id, contact_id, search)
        return self._page(filters, 0, 1, reserve).total

    def iterate(
        self,
        *,
        status_filter: str | None = None,
        agent_id: str | None = None,
        contact_id: str | None = None,
        search: str | None = None,
        page_size: int = DEFAULT_PAGE_SIZE,
        reserve: int = 0,
    ) -> Walk[Analysis]:
        """Every matching analysis, each once and newest first, also while the list changes.

        Returns
        -------
        An iterator, also with ``.total``, ``.rejected`` (records that could not be read, each
        once), ``.requests`` and ``.complete``. Nothing is asked before the first row is.

        Raises
        ------
        IncompleteListing : while iterating, after the last row: the list changed too much to
            prove that none is missing.
        """
        filters = _filters(status_filter, agent_id, contact_id, search)

        def fetch(offset: int, limit: int) -> AnalysisList:
            return self._page(filters, offset, limit, reserve)

        # A status changes, so analyses enter and leave such a list in its middle.
        return Walk(fetch, page_size, joins_anywhere=status_filter is not None)

    def retrieve(self, analysis_id: str, *, reserve: int = 0) -> Analysis:
        """One analysis by its id.

        Raises
        ------
        InvalidFilterError : the id is empty or a path.
        NotFound : this account has no such analysis.
        UnexpectedAnswer : the answer is not an analysis.
        """
        answer = self._transport.get(_analysis_path(analysis_id), {}, reserve=reserve)
        document = answer.document()
        try:
            return read_analysis(document)
        except ValueError as error:
            problem = redact_text(str(error))
        raise UnexpectedAnswer(
            f"GET {answer.request.path} did not answer an analysis: {problem}. "
            "Check the address in CALLCOV_BASE_URL.",
            request=answer.request,
        )

    def retrieve_bytes(self, analysis_id: str, *, reserve: int = 0) -> bytes:
        """One analysis as the JSON text the API answered; errors as of `retrieve`."""
        return self._transport.get(_analysis_path(analysis_id), {}, reserve=reserve).content

    def replace_token(self, token: str) -> None:
        """Go on with a new token of the same account, in this client and all that use it.

        Raises
        ------
        SettingsError : the token is of another account (its subject differs), or cannot be used.
        """
        credential = Credential(token, "token")
        if credential.account(self.base_url) != self.account:
            raise SettingsError(
                "The new token is not of this account (its subject differs, or it names none). "
                "Sign in as the same user, or start again with the other account."
            )
        self._transport.credential = credential

    def close(self) -> None:
        """Close the connections; further calls raise CallCovError."""
        self._transport.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Client {self.base_url} {self.credential_kind}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a client holds a credential and is not pickled, copied or cached by value")

    def _answer(self, filters: dict[str, str], offset: int, limit: int, reserve: int) -> Answer:
        parameters = {**filters, "limit": str(limit), "offset": str(offset)}
        return self._transport.get(LIST_PATH, parameters, reserve=reserve)

    def _page(self, filters: dict[str, str], offset: int, limit: int, reserve: int) -> AnalysisList:
        answer = self._answer(filters, offset, limit, reserve)
        document = answer.document()
        try:
            page = read_list(document, offset=offset)
        except ValueError as error:
            problem = redact_text(str(error))
        else:
            if page.rejected:
                logger.warning(
                    "%s at offset %d: %d of %d records could not be read (the first: %s)",
                    LIST_PATH,
                    offset,
                    len(page.rejected),
                    len(page.rejected) + len(page.data),
                    page.rejected[0].reason,
                )
            return page
        raise UnexpectedAnswer(
            f"GET {LIST_PATH} did not answer a list of analyses: {problem}. "
            "Check the address in CALLCOV_BASE_URL.",
            request=answer.request,
            offset=offset,
        )


def _filters(
    status_filter: str | None, agent_id: str | None, contact_id: str | None, search: str | None
) -> dict[str, str]:
    given: dict[str, Any] = {
        "status_filter": status_filter,
        "agent_id": agent_id,
        "contact_id": contact_id,
        "search": search,
    }
    for name, value in given.items():
        if value is None:
            continue
        if value == "":
            raise InvalidFilterError(f"{name} is empty. Leave it out (None) to not filter by it.")
        # half of a surrogate pair cannot be sent
        if not isinstance(value, str) or encodable(value) != value:
            raise InvalidFilterError(
                f"{name} takes one text, not {value!r:.80}. Several are asked of the mirror: "
                f"mirror.calls(Filter({name}=[…]))."
            )
    return {name: value for name, value in given.items() if value is not None}


def _analysis_path(analysis_id: str) -> str:
    text = str(analysis_id) if analysis_id is not None else ""
    if not text.strip():
        raise InvalidFilterError("The analysis id is empty. Give the id of one analysis.")
    if text in {".", ".."}:
        raise InvalidFilterError(f"{text!r} is no analysis id. Give the id of one analysis.")
    return f"{LIST_PATH}{quote(text, safe='')}"


def _credential(api_key: str | None, token: str | None) -> Credential:
    if api_key is None and token is None:
        settings = _settings()
        key, jwt = settings.callcov_api_key, settings.callcov_token
        api_key = key.get_secret_value() if key else None
        token = jwt.get_secret_value() if jwt else None
    if api_key is not None and token is not None:
        raise SettingsError(
            "Both an API key and a token are given. Give one: CALLCOV_API_KEY or CALLCOV_TOKEN."
        )
    if api_key is not None:
        return Credential(api_key, "key")
    if token is not None:
        return Credential(token, "token")
    raise SettingsError(
        "No credential. Set CALLCOV_API_KEY to an API key (or CALLCOV_TOKEN to a token)."
    )


def _address(base_url: str | None, allow_http: bool | None) -> str:
    if base_url is None:
        base_url = _settings().callcov_base_url
    if allow_http is None:
        url = base_url.strip().lower()
        # Asked only where it matters, so that a client given everything needs no settings.
        plain = url.startswith("http://") and not is_loopback(_host(url))
        allow_http = plain and _settings().explorer_allow_http
    return normalised_base_url(base_url, allow_http=allow_http)


def _host(url: str) -> str:
    try:
        return httpx.URL(url).host
    except httpx.InvalidURL:
        return ""


def _settings() -> Settings:
    from explorer.settings import load_settings

    return load_settings()


def _version() -> str:
    return str(getattr(sys.modules.get("explorer"), "__version__", "0.1.0"))
