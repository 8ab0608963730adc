"""The way from a page to the same page with other filters."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from explorer.analysis.filters import Filter
from explorer.ui import choices, url


def the_only(named: Sequence[str] | None) -> str | None:
    """The name, where a filter names exactly one; empty for calls that have none."""
    return named[0] if named is not None and len(named) == 1 else None


def button(label: str, calls: Filter, *, key: str, icon: str) -> None:
    """Show this page of these calls instead, with a step in the browser's history.

    A link to the page that it stands on changes the page but not the address: measured with
    Streamlit 1.67, and a reload or a copied address then lose the filters.
    """
    st.button(label, key=key, icon=icon, type="tertiary", on_click=_show, args=(calls,))


def _show(calls: Filter) -> None:
    """Callback: the URL is the state, and the run that follows takes the filters from it; what else
    was chosen on the page stays."""
    st.query_params.from_dict(calls.to_query() | choices.among(url.read()))
