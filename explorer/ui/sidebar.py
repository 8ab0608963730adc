"""The sidebar: filters that live in the URL, the connection, the rate budget, refresh."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import streamlit as st

from explorer.analysis.dimensions import BY_NAME
from explorer.analysis.filters import Filter
from explorer.analysis.view import DEFAULT_LIMIT, MAX_LIMIT, View
from explorer.errors import ExplorerError, InvalidFilterError
from explorer.mirror.mirror import Coverage
from explorer.ui import choices, connection, load, mirrors, url, widgets, words
from explorer.ui.connection import Connection

_REFUSED = "_refused"
_CORRECTED = "_corrected_page"
_NOT_CONNECTED = "_not_connected"
_NOT_REPLACED = "_not_replaced"
_OWN_PARAMETERS = {"call": ("id",)}
_MENU = (
    ("../pages/overview.py", ":material/dashboard:"),
    ("../pages/calls.py", ":material/call:"),
    ("../pages/failures.py", ":material/error:"),
    ("../pages/effort.py", ":material/trending_down:"),
    ("../pages/agents.py", ":material/support_agent:"),
    ("../pages/compliance.py", ":material/verified_user:"),
    ("../pages/verdicts.py", ":material/rule:"),
    ("../pages/contacts.py", ":material/contacts:"),
    ("../pages/data.py", ":material/database:"),
)


@dataclass(frozen=True)
class Asked:
    """What the sidebar asks for: which calls, which part of them, and what its URL could not say."""

    calls: Filter
    view: View
    refused: tuple[str, ...]

    def query(self) -> dict[str, list[str]]:
        """URL parameters that bring a page to this state."""
        return self.calls.to_query() | self.view.to_query()


def asked(page: str) -> Asked:
    """The filters and the view, from their widgets; widgets and URL are brought in step first."""
    with suppress(ExplorerError):
        mirrors.draws(connection.current())
    corrected = st.session_state.pop(_CORRECTED, None)
    if corrected is not None:
        st.session_state["page"] = corrected
    elif url.changed_elsewhere(page):
        _set_widgets_from_url(page)
    place = st.sidebar.container(key="menu", gap="xxsmall")
    with st.sidebar:
        calls, view = _filter_widgets(widgets.fixed_options() | load.known_options())
    found = Asked(calls, view, st.session_state.get(_REFUSED, ()))
    own = choices.to_query(page)
    url.write(page, found.query() | own, keep=_OWN_PARAMETERS.get(page, ()))
    with place:
        menu(found.query())
    return found


def menu(query: dict[str, list[str]]) -> None:
    """Links to the pages, with `query` as their parameters.

    Streamlit's own menu links without parameters: each visit then left two history entries, one
    of them without the filters, and Back lost them.
    """
    for path, icon in _MENU:
        own = choices.made_on(Path(path).stem)
        st.page_link(path, icon=icon, query_params=query | own, width="stretch")
    st.divider()


def go_to_page(page: int) -> None:
    """Callback: show another page of the list."""
    st.session_state["page"] = page
    st.session_state[_REFUSED] = ()


def correct_page(last: int) -> NoReturn:
    """Run again on the last page there is, and say so."""
    wanted = st.session_state["page"]
    st.session_state[_CORRECTED] = last
    st.session_state[_REFUSED] = (
        f"Page {wanted:,} does not exist: the list ends with page {last:,}, which is shown.",
    )
    st.rerun()


def clear_filters() -> None:
    """Callback: any status, agent, contact and text; the newest calls."""
    widgets.set_widgets(Filter())
    _start_over()


def connection_panel(here: Connection | None) -> None:
    """The account in view, its rate budget, refresh, and the fields for another account."""
    with st.sidebar.container(key="connection"):
        st.divider()
        if here is not None:
            _account_in_view(here)
        with st.expander("Connection", icon=":material/key:", expanded=here is None):
            _connection_fields(here)


def _set_widgets_from_url(page: str) -> None:
    query = url.read()
    view, refused_view = View.from_query(query)
    calls, refused = Filter.from_query(query)
    widgets.set_widgets(calls)
    st.session_state["limit"], st.session_state["page"] = view.limit, view.page
    st.session_state[_REFUSED] = (*refused, *refused_view, *choices.set_from(page, query))


def _start_over() -> None:
    st.session_state["page"] = 1
    st.session_state[_REFUSED] = ()


def _filter_widgets(options: Mapping[str, Sequence[str]]) -> tuple[Filter, View]:
    chosen = widgets.filter_widgets(widgets.FIRST, options, _start_over)
    n_more = sum(widgets.is_set(name) for name in BY_NAME if name not in widgets.FIRST)
    label = f"More filters ({n_more})" if n_more else "More filters"
    with st.expander(label, icon=":material/tune:", key="more_filters"):
        st.caption("Answered by the mirror: the API has no such filters.")
        for heading, rows in widgets.groups():
            st.markdown(f"**{heading}**")
            chosen |= widgets.filter_rows(rows, options, _start_over)
            if heading == "When":
                _freeze_button(disabled=not (chosen["since"] or chosen["until"]))
    left, right = st.columns(2)
    st.session_state.setdefault("limit", DEFAULT_LIMIT)
    limit = left.number_input(
        "Rows per page",
        min_value=1,
        max_value=MAX_LIMIT,
        key="limit",
        on_change=_start_over,
        persist_state="session",
    )
    st.session_state.setdefault("page", 1)
    number = right.number_input(
        "Page", min_value=1, key="page", help="1 is the newest.", persist_state="session"
    )
    if any(value is not None for value in chosen.values()):
        st.button(
            "Clear filters",
            key="clear_filters",
            icon=":material/filter_alt_off:",
            on_click=clear_filters,
            width="stretch",
        )
    return _acceptable(chosen), View(limit, number)


def _acceptable(chosen: dict[str, Any]) -> Filter:
    """The filter of the widgets; what was typed and cannot be meant is named and left out."""
    calls, refused = Filter(), []
    for name, value in chosen.items():
        try:
            calls = calls.with_(**{name: value})
        except InvalidFilterError as error:
            refused.append(f"{error} It is left out.")
    try:
        calls.where(zone=words.viewer_zone())
    except InvalidFilterError as error:
        refused.append(f"{error} The end is left out.")
        calls = calls.with_(until=None)
    if refused:
        before = st.session_state.get(_REFUSED, ())
        st.session_state[_REFUSED] = tuple(dict.fromkeys([*before, *refused]))
    return calls


def _freeze_button(*, disabled: bool) -> None:
    st.button(
        "Freeze times",
        key="freeze",
        icon=":material/ac_unit:",
        help="Replace spans such as 7d by the times they mean now, so that a link stays the same.",
        disabled=disabled,
        on_click=_freeze,
        width="stretch",
    )


def _freeze() -> None:
    """Callback: fix the times of the filter; what cannot be meant stays as it is."""
    for name in ("since", "until"):
        with suppress(InvalidFilterError):
            only = Filter(**{name: st.session_state.get(name) or None})
            fixed = getattr(only.frozen(zone=words.viewer_zone()), name)
            st.session_state[name] = fixed or st.session_state.get(name)


def _account_in_view(here: Connection) -> None:
    titles = {"sandbox": "Sandbox", "configured": "Your account", "entered": "Account entered here"}
    st.markdown(f"**{titles[here.kind]}** · {here.mode}")
    if here.kind == "sandbox":
        st.caption("Invented calls. Set CALLCOV_API_KEY to explore your own.")
    else:
        st.text(here.client.base_url)
    budget = here.client.budget.snapshot()
    if budget.limit is not None and budget.remaining is not None:
        st.progress(
            min(1.0, budget.remaining / max(1, budget.limit)),
            text=f"{budget.remaining} of {budget.limit} requests left this minute",
        )
    mirrors.panel(here)
    st.button(
        "Refresh",
        key="refresh",
        icon=":material/refresh:",
        on_click=load.refresh,
        args=(here,),
        width="stretch",
        help="Read again what is on the page.",
    )


def _connection_fields(here: Connection | None) -> None:
    if here is not None and here.client.credential_kind == "token":
        _token_fields(here)
    with st.form("connect", border=False):
        st.caption("Look at another account. What you enter stays in this browser session.")
        if not connection.beyond_loopback():
            st.text_input("Address", key="entered_address", placeholder="As configured")
        st.text_input("API key or token", key=_secret_field("entered_key"), type="password")
        st.form_submit_button(
            "Connect", icon=":material/login:", width="stretch", on_click=_connect
        )
    if (problem := st.session_state.pop(_NOT_CONNECTED, None)) is not None:
        st.error(words.literal(problem), title="Not connected")
    if here is not None and here.kind == "entered":
        st.button("Disconnect", key="disconnect", on_click=connection.disconnect, width="stretch")


def _secret_field(name: str) -> str:
    """The widget key of a field for a secret: another one each time the secret was taken.

    An emptied field was filled again where news of the mirror drew the page anew with what the
    browser had said before.
    """
    n_taken = st.session_state.get(f"_taken_{name}", 0)
    return f"{name}_{n_taken}" if n_taken else name


def _take_secret(name: str) -> str:
    """What was entered; the field starts anew and empty."""
    field = _secret_field(name)
    entered: str = st.session_state[field]
    st.session_state[field] = ""
    st.session_state[f"_taken_{name}"] = st.session_state.get(f"_taken_{name}", 0) + 1
    return entered.strip()


def _connect() -> None:
    """Callback, because only a callback can empty the field: the key must not stay in the page."""
    key = _take_secret("entered_key")
    # there is no address field when the server is reachable beyond this machine
    address = st.session_state.get("entered_address") or ""
    try:
        # a JWT has three parts divided by dots, an API key has none
        is_token = key.count(".") == 2
        connection.connect(address.strip(), "" if is_token else key, key if is_token else "")
    except ExplorerError as error:
        st.session_state[_NOT_CONNECTED] = str(error)


def _token_fields(here: Connection) -> None:
    expires_at = here.client.token_expires_at
    if expires_at is not None:
        st.caption(
            f"The token expires at {words.clock(expires_at.timestamp(), words.viewer_zone())}."
        )
    with st.form("renew", border=False):
        st.text_input(
            "New token for this account", key=_secret_field("entered_token"), type="password"
        )
        st.form_submit_button("Replace token", width="stretch", on_click=_renew, args=(here,))
    if (problem := st.session_state.pop(_NOT_REPLACED, None)) is not None:
        st.error(words.literal(problem), title="Token not replaced")


def _renew(here: Connection) -> None:
    """Callback: the run that follows may be cut short by news of the mirror, and would lose it."""
    token = _take_secret("entered_token")
    try:
        connection.renew(here, token)
    except ExplorerError as error:
        st.session_state[_NOT_REPLACED] = str(error)
    else:
        load.refresh(here)


def page_buttons(page: int, last_page: int) -> None:
    """First, previous, next and last page; none leaves the range."""
    for key, label, icon, target in (
        ("first_page", "First", ":material/first_page:", 1),
        ("previous_page", "Newer", ":material/chevron_left:", page - 1),
        ("next_page", "Older", ":material/chevron_right:", page + 1),
        ("last_page", "Last", ":material/last_page:", last_page),
    ):
        st.button(
            label,
            key=key,
            icon=icon,
            disabled=target == page or not 1 <= target <= last_page,
            on_click=go_to_page,
            args=(target,),
        )


def nothing_found(calls: Filter, found: Coverage | None = None) -> None:
    """The view for no calls: none match, the account has none, or, where `found` is what the
    mirror holds and that is nothing so far, none are read."""
    if found is not None and not found.mirrored and not found.whole:
        st.info(
            "This page fills by itself as the first sync goes on; the sidebar says how far it is.",
            title="No analyses have been read yet",
            icon=":material/sync:",
        )
        return
    if calls == Filter():
        st.info(
            "Analyses appear here as soon as audio is submitted.",
            title="This account has no analyses yet",
            icon=":material/inbox:",
        )
        return
    st.info(
        words.literal(f"{words.sentence(calls)}: none."),
        title="No calls match",
        icon=":material/search_off:",
    )
    st.button("Clear filters", key="clear_filters_here", on_click=clear_filters)
