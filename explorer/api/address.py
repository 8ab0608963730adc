"""The API's address: one spelling for one place, and none that would give a credential away."""

from __future__ import annotations

import ipaddress

import httpx

from explorer.errors import SettingsError

_DEFAULT_PORTS = {"http": 80, "https": 443}


def normalised_base_url(base_url: str, *, allow_http: bool = False) -> str:
    """The address without trailing slash, in the one spelling that accounts are kept by.

    Raises
    ------
    SettingsError : not an http(s) address; has a user, query or fragment; or plain http to
        another machine without ``allow_http``.
    """
    url = _parsed(base_url)
    if url is None or url.scheme not in _DEFAULT_PORTS or not url.host:
        raise SettingsError(
            "CALLCOV_BASE_URL is not a web address. Give it whole, such as "
            "https://api.callcov.com/api/v1."
        )
    for part, name in ((url.userinfo, "a user"), (url.query, "a query"), (url.fragment, "a #")):
        if part:
            raise SettingsError(
                f"CALLCOV_BASE_URL holds {name} part. Give scheme, host and path only; the "
                "credential belongs into CALLCOV_API_KEY or CALLCOV_TOKEN."
            )
    if url.scheme == "http" and not allow_http and not is_loopback(url.host):
        raise SettingsError(
            f"CALLCOV_BASE_URL is plain http to {url.host}, where anyone on the way reads the "
            "credential. Use https, or set EXPLORER_ALLOW_HTTP=1 if you accept that."
        )
    return str(url).rstrip("/")


def is_loopback(host: str) -> bool:
    """Whether a host is this machine: ``localhost``, 127.0.0.0/8 or ::1."""
    if host.lower().rstrip(".") == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def origin(url: httpx.URL) -> tuple[str, str, int | None]:
    """Scheme, host and port: what a credential may not leave."""
    return url.scheme, url.host, url.port or _DEFAULT_PORTS.get(url.scheme)


def _parsed(base_url: str) -> httpx.URL | None:
    try:
        # Twice: the first reading keeps a default port when the scheme is in capitals.
        return httpx.URL(str(httpx.URL(base_url.strip())))
    except (httpx.InvalidURL, ValueError, TypeError, AttributeError):
        return None
