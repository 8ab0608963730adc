"""One widget a dimension: what a filter looks like in the sidebar, from the dimension's kind."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import streamlit as st

from explorer.analysis import contradictions
from explorer.analysis.dimensions import BY_NAME, DIMENSIONS, SORTS, STATUSES, Dimension
from explorer.analysis.filters import Filter
from explorer.api.models import COMPLIANCE_CHECKS

Rows = tuple[tuple[str, ...], ...]
"""Names of dimensions; those in one row stand side by side."""

FIRST = ("status_filter", "agent_id", "contact_id", "search")
"""Shown at once: what the API itself can filter by. The others are under "More filters"."""
DAILY: tuple[tuple[str, Rows], ...] = (
    ("When", (("since",), ("until",), ("weekday",), ("hour",))),
    (
        "Effort and checks",
        (("effort_min", "effort_max"), ("has_score", "greeting"), ("failed_check",)),
    ),
    (
        "Call and audio",
        (("duration_min", "duration_max"), ("repeat", "livemode"), ("audio_format",), ("reason",)),
    ),
    ("Order", (("sort",),)),
)
"""Always there under "More filters", by heading."""
_ALWAYS_THERE = {*FIRST, *(name for _, rows in DAILY for row in rows for name in row)}
PICKED = tuple(item.name for item in DIMENSIONS if item.name not in _ALWAYS_THERE)
"""Reached by the numbers of a page, and there only while set: all of them would fill a phone."""
SPANS = ("24h", "7d", "30d", "90d")
_CHECKS = ("failed_check", "failed_all")
_HINTS = {
    "status_filter": "Any status",
    "agent_id": "Any agent",
    "contact_id": "Any contact",
    "search": "Part of an agent or contact",
    "since": "Any time: 7d, 2026-11-01",
    "until": "Now",
    "reason": "Any reason",
    "audio_format": "Any format",
    "sort": "Newest first",
}
_HELP = {
    "search": "Finds calls whose agent or contact contains this text, in any case.",
    "since": "A span back from now (90m, 24h, 7d, 2w), a day, or a time such as "
    "2026-11-01T12:00:00Z.",
    "until": "As Since; the calls of that moment and later are left out.",
    "weekday": "In your time zone.",
    "hour": "The hour in which calls began, in your time zone.",
    "result": "A field of the results and its value: /quality/greeting/present=true, or "
    "/quality/interruptions/count>0 for counts.",
}
_YES_NO = {"yes": True, "no": False}


def set_widgets(calls: Filter) -> None:
    """Make the widgets show a filter; before they are drawn."""
    for item in DIMENSIONS:
        value = getattr(calls, item.name)
        if _takes_several(item):
            value = list(value or ())
        elif isinstance(value, bool):
            value = "yes" if value else "no"
        st.session_state[item.name] = value


def is_set(name: str) -> bool:
    """Whether something is chosen in the widget of a dimension, drawn or not."""
    return st.session_state.get(name) not in (None, [])


def groups() -> tuple[tuple[str, Rows], ...]:
    """What is to be drawn under "More filters" now: headings, and the rows below each."""
    picked = tuple((name,) for name in PICKED if is_set(name))
    return (*DAILY, ("Picked on a page", picked)) if picked else DAILY


def filter_rows(
    rows: Rows, options: Mapping[str, Sequence[str]], on_change: Callable[[], None]
) -> dict[str, Any]:
    """Draw the widgets of some dimensions in rows; what they ask for, as `filter_widgets`."""
    asked: dict[str, Any] = {}
    for row in rows:
        for place, name in zip(st.columns(len(row)), row, strict=True):
            with place:
                asked |= filter_widgets((name,), options, on_change)
    return asked


def filter_widgets(
    names: Iterable[str], options: Mapping[str, Sequence[str]], on_change: Callable[[], None]
) -> dict[str, Any]:
    """Draw the widgets of some dimensions; what they ask for, None where nothing is chosen."""
    return {name: _widget(BY_NAME[name], options.get(name, ()), on_change) for name in names}


def _widget(item: Dimension, options: Sequence[str], on_change: Callable[[], None]) -> Any:
    shape = item.kind.shape
    common: dict[str, Any] = {
        "key": item.name,
        "on_change": on_change,
        "help": _HELP.get(item.name),
        "persist_state": "session",
    }
    hint = _HINTS.get(item.name, "Any")
    if _takes_several(item):
        st.session_state.setdefault(item.name, [])
        known = item.kind.choices or options
        chosen = st.multiselect(
            item.label,
            list(dict.fromkeys([*known, *st.session_state[item.name]])),
            placeholder=hint,
            accept_new_options=shape == "texts" and item.name not in _CHECKS,
            format_func=_READABLE.get(item.name, _or_none),
            **common,
        )
        return tuple(chosen) or None
    st.session_state.setdefault(item.name, None)
    if shape == "number":
        return st.number_input(item.label, min_value=0.0, value=None, format="%g", **common)
    if shape == "flag":
        answer = st.selectbox(item.label, list(_YES_NO), index=None, placeholder=hint, **common)
        return None if answer is None else _YES_NO[answer]
    if item.name == "search":
        return st.text_input(item.label, value=None, placeholder=hint, **common) or None
    # a value that was typed, or that no call has any more, is an option as well
    typed = st.session_state[item.name]
    known = item.kind.choices or (*options, *(() if typed is None else (typed,)))
    return (
        st.selectbox(
            item.label,
            list(dict.fromkeys(known)),
            index=None,
            placeholder=hint,
            accept_new_options=not item.kind.choices,
            format_func=_READABLE.get(item.name, str),
            **common,
        )
        or None
    )


def fixed_options() -> dict[str, Sequence[str]]:
    """Options that do not depend on the account, and are not the only ones there can be."""
    return {
        "status_filter": STATUSES,
        "since": SPANS,
        "until": SPANS,
        **dict.fromkeys(_CHECKS, COMPLIANCE_CHECKS),
    }


def _takes_several(item: Dimension) -> bool:
    return item.kind.shape in ("texts", "choices")


def _or_none(name: str) -> str:
    return name or "(none)"


def _check(name: str) -> str:
    return name.replace("_", " ") if name in COMPLIANCE_CHECKS else _or_none(name)


# Two values never read the same: a widget tells its options apart by what it shows.
_READABLE: dict[str, Callable[[str], str]] = {
    "weekday": str.capitalize,
    "hour": lambda hour: f"{int(hour):02}:00",
    **dict.fromkeys(_CHECKS, _check),
    "contradiction": lambda name: contradictions.BY_NAME[name].words,
    "sort": lambda name: SORTS[name][0].capitalize(),
}
