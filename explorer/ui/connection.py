"""Which account this session looks at, and the client for it.

In order: what the viewer entered (held in this session's memory only), the configured account,
the sandbox. A client is never a cache key and its credential never leaves it.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from typing import Literal

import streamlit as st

from explorer.api.client import Client
from explorer.errors import SettingsError
from explorer.sandbox import SANDBOX_KEY, embedded
from explorer.settings import Settings, load_settings

_ENTERED = "_entered_client"
PATIENCE_S = 5.0
"""How long a page waits for its turn or for another try: a viewer rather reads why it is late."""


@dataclass(frozen=True)
class Connection:
    """The account in view."""

    client: Client
    kind: Literal["sandbox", "configured", "entered"]

    @property
    def mode(self) -> str:
        """``live mode``, ``test mode``, or ``unknown mode`` when the credential does not tell."""
        return {True: "live mode", False: "test mode", None: "mode not known"}[self.client.livemode]


class NoConnection(SettingsError):
    """Nothing to look at yet; the message says what the viewer can do."""


def current() -> Connection:
    """The connection of this session.

    Raises
    ------
    NoConnection : the configured key is not shared with viewers, and none was entered.
    SettingsError : a setting cannot be used.
    """
    entered = st.session_state.get(_ENTERED)
    if entered is not None:
        return Connection(entered, "entered")
    settings = load_settings()
    if settings.callcov_api_key or settings.callcov_token:
        if beyond_loopback() and not settings.explorer_share_key:
            raise NoConnection(
                "This server can be reached from other machines, so its own key is not used for "
                "viewers. Enter your key under Connection in the sidebar. (Whoever runs the "
                "server can set EXPLORER_SHARE_KEY=1 to share its key with everyone.)"
            )
        return Connection(_configured(settings), "configured")
    return Connection(_sandbox(), "sandbox")


def connect(base_url: str, api_key: str, token: str) -> None:
    """Look at another account for the rest of this session.

    The credential is tried with one request first: answers kept for an account are shown only to
    who could open it.

    Raises
    ------
    SettingsError, CallCovError : the address or credential cannot be used; nothing changed.
    """
    if not api_key and not token:
        # without one, Client would take the configured credential to the entered address
        raise SettingsError("No key is entered. Enter an API key or a token of the account.")
    settings = load_settings()
    client = Client(
        base_url or settings.callcov_base_url,
        api_key=api_key or None,
        token=token or None,
        allow_http=settings.explorer_allow_http,
        max_wait_s=PATIENCE_S,
    )
    try:
        client.count()
    except Exception:
        client.close()
        raise
    disconnect()
    st.session_state[_ENTERED] = client


def disconnect() -> None:
    """Forget the entered credential."""
    entered = st.session_state.pop(_ENTERED, None)
    if entered is not None:
        entered.close()


def renew(here: Connection, token: str) -> None:
    """Go on in the same account with a new token; it is tried with one request first.

    Raises
    ------
    SettingsError, CallCovError : not a token of this account, or refused; the old one stays.
    """
    with Client(here.client.base_url, token=token, allow_http=True) as trial:
        trial.count()
    here.client.replace_token(token)


def beyond_loopback() -> bool:
    """Whether people on other machines may be looking: a public address, or a proxy in front."""
    forwarded = {"X-Forwarded-For", "X-Real-Ip", "Forwarded"} & {
        name.title() for name in st.context.headers
    }
    address = st.get_option("server.address")
    if forwarded or not address:
        return True
    if address == "localhost":
        return False
    try:
        return not ip_address(str(address)).is_loopback
    except ValueError:
        return True


def _configured(settings: Settings) -> Client:
    # one client a process: the settings are read once, at its start
    return _client_of_process(settings.callcov_base_url, settings)


@st.cache_resource(max_entries=2, show_spinner=False, on_release=lambda client: client.close())
def _client_of_process(base_url: str, _settings: Settings) -> Client:
    key, token = _settings.callcov_api_key, _settings.callcov_token
    return Client(
        base_url,
        api_key=key.get_secret_value() if key else None,
        token=token.get_secret_value() if token else None,
        allow_http=_settings.explorer_allow_http,
        max_wait_s=PATIENCE_S,
    )


def _sandbox() -> Client:
    certificate = st.get_option("server.sslCertFile")
    base_url = embedded.base_url(tls=bool(certificate))
    if base_url is None:
        raise NoConnection(
            "No key is configured and this process serves no sandbox. Start the explorer with "
            "`streamlit run streamlit_app.py`, or set CALLCOV_API_KEY."
        )
    return _client_of_sandbox(base_url, certificate)


@st.cache_resource(max_entries=2, show_spinner=False, on_release=lambda client: client.close())
def _client_of_sandbox(base_url: str, certificate: str | None) -> Client:
    verify = embedded.trust(certificate) if certificate else True
    return Client(
        base_url, api_key=SANDBOX_KEY, allow_http=True, verify=verify, max_wait_s=PATIENCE_S
    )
