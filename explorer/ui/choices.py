"""Choices on a page that are no filters: a grain, an order, the number of a draw; in its URL too.

The key of a choice's widget is its URL parameter. As with filters the URL is the state: a link
without a choice means its default.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from explorer.analysis import periods

AGENT_ORDERS = {"name": "Name", "calls": "Most calls"}
CONTACT_ORDERS = {"repeats": "Most repeats", "calls": "Most calls", "hidden": "Most hidden"}
COACHING_KINDS = {"words": "Words", "category": "Category"}
SAMPLE_SIZES = (5, 10, 20, 50)
MOST_DRAWS = 999_999_999


@dataclass(frozen=True)
class Choice:
    """A choice: its `key`, the value that each text of a URL means (None: whole numbers from 1),
    and the value where the URL has none (None: the page decides)."""

    key: str
    values: Mapping[str, Any] | None
    default: Any

    def read(self, text: str) -> Any:
        """The value that a URL's text means; None where it means none."""
        if self.values is not None:
            return self.values.get(text)
        is_number = text.isascii() and text.isdecimal() and len(text) <= len(str(MOST_DRAWS))
        return (int(text) or None) if is_number else None

    def said(self, value: Any) -> str:
        """A value as a URL has it."""
        if self.values is None:
            return str(value)
        return next(text for text, meant in self.values.items() if meant == value)


def _one_of(key: str, names: Mapping[str, str]) -> Choice:
    return Choice(key, {name: name for name in names}, next(iter(names)))


OF_PAGE: dict[str, tuple[Choice, ...]] = {
    "effort": (Choice("effort_grain", {grain: grain for grain in periods.GRAINS}, None),),
    "agents": (
        _one_of("agents_order", AGENT_ORDERS),
        Choice("agents_different", {"yes": True}, False),
        _one_of("coaching_by", COACHING_KINDS),
        Choice("sample_seed", None, 1),
        Choice("sample_size", {str(size): size for size in SAMPLE_SIZES}, SAMPLE_SIZES[0]),
    ),
    "contacts": (_one_of("contacts_order", CONTACT_ORDERS),),
}
_BY_KEY = {one.key: one for choices in OF_PAGE.values() for one in choices}
_MADE = "_choices_made"  # page → its parameters, for links from elsewhere


def set_from(page: str, query: Mapping[str, list[str]]) -> list[str]:
    """Make the page's widgets show the choices of a URL; what it says and cannot be meant."""
    refused = []
    for one in OF_PAGE.get(page, ()):
        texts = query.get(one.key, [])
        value = one.read(texts[-1]) if texts else None
        if texts and value is None:
            wanted = "a whole number from 1" if one.values is None else ", ".join(one.values)
            refused.append(f"“{texts[-1][:80]}” is no {one.key}: write {wanted}. It is left out.")
        st.session_state[one.key] = one.default if value is None else value
        st.session_state[_chosen(one.key)] = value is not None
    return refused


def prepare(key: str) -> None:
    """Before the widget is drawn: the default where it was not drawn before."""
    if st.session_state.get(key) is None:
        st.session_state[key] = _BY_KEY[key].default


def keep(key: str) -> None:
    """Callback: what the page decided itself is from now on the viewer's choice."""
    st.session_state[_chosen(key)] = True


def is_chosen(key: str) -> bool:
    """Whether the viewer, or the link, chose what the page would decide itself."""
    return bool(st.session_state.get(_chosen(key)))


def _chosen(key: str) -> str:
    return f"_{key}_chosen"


def to_query(page: str) -> dict[str, list[str]]:
    """URL parameters that bring the page to the choices made."""
    made = {}
    for one in OF_PAGE.get(page, ()):
        value = st.session_state.get(one.key)
        decided = one.default is None and not is_chosen(one.key)  # by the page
        if value is not None and value != one.default and not decided:
            made[one.key] = [one.said(value)]
    st.session_state.setdefault(_MADE, {})[page] = made
    return made


def among(query: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """Those of a URL's parameters that are choices."""
    return {name: texts for name, texts in query.items() if name in _BY_KEY}


def made_on(page: str) -> dict[str, list[str]]:
    """The choices made on another page, for links to it."""
    found: dict[str, list[str]] = st.session_state.get(_MADE, {}).get(page, {})
    return found
