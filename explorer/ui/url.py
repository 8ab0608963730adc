"""The state of a page in its URL: widget keys are URL parameters, both ways.

Streamlit can bind a widget to a URL parameter itself. Measured with 1.67, a bound filter is lost
on Back across pages, `st.switch_page` refuses to run while one is set, and a choice makes no
history entry. Here the URL is the state: a run whose URL differs from the one this session wrote
last was started by a link, Back, Forward or reload, and sets the widgets; otherwise the widgets
set the URL.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import streamlit as st

_WRITTEN = "_url_written"


def read() -> dict[str, list[str]]:
    """The URL's parameters, each with all its values."""
    return {name: st.query_params.get_all(name) for name in st.query_params}


def changed_elsewhere(page: str) -> bool:
    """Whether the URL, and not a widget, is what the viewer changed since the last run.

    Another page counts too, even with the same parameters: its widgets start anew.
    """
    return bool((page, read()) != st.session_state.get(_WRITTEN))


def write(page: str, query: Mapping[str, list[str]], *, keep: Iterable[str] = ()) -> None:
    """Make `query` the URL's parameters, keeping those named in `keep` that it has now."""
    now = read()
    wanted = {**query, **{name: now[name] for name in keep if name in now}}
    if wanted != now:
        st.query_params.from_dict(wanted)
    st.session_state[_WRITTEN] = (page, wanted)
