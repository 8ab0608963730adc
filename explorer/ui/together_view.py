"""Why messages are one reason, the messages themselves, and how to split or merge by a rule."""

from __future__ import annotations

import streamlit as st

from explorer.analysis import queries
from explorer.analysis.failures import explain
from explorer.analysis.filters import Filter
from explorer.analysis.summary import Cursor
from explorer.mirror.mirror import Mirror
from explorer.ui import columns, words

_RULES = """[[merge]]
contains = "connection reset"          # or pattern = "dial tcp *: connect: *"
label = "Connection reset"

[[split]]
pattern = "Audio decode failed: *"     # each of these masks becomes a reason of its own
"""


def together(mirror: Mirror, cursor: Cursor, calls: Filter) -> None:
    """Of the reason that `calls` are filtered by."""
    if (problem := mirror.rules_problem) is not None:
        st.warning(
            words.literal(problem), title="Your rules are not in use", icon=":material/rule:"
        )
    with st.expander("Why these messages are together", icon=":material/join:", key="together"):
        _masks(queries.masks_of(cursor, str(calls.reason)))
        found = queries.messages(cursor, calls, words.viewer_zone())
        st.dataframe(
            columns.shown(found),
            key="together_messages",
            column_config=columns.config(found),
            hide_index=True,
            placeholder="(no message)",
            alt="The messages as they came, secrets taken out, most frequent first",
        )
        st.markdown("**Split or merge by a rule of your own**")
        st.caption(
            "In this file, beside the mirror; it is read at the next sync. Case does not matter, "
            "`*` is any text, the first rule that fits decides."
        )
        st.code(str(mirror.rules_file), language=None)
        st.code(_RULES, language="toml")


def _masks(masks: list[str]) -> None:
    if not masks:
        st.markdown("These failures have no message.")
        return
    found = explain(masks)
    if len(masks) == 1:
        st.markdown(
            "Every message reads so, but for what its slots stand for: numbers, ids, addresses."
        )
        st.code(masks[0], language=None, wrap_lines=True)
        return
    st.markdown(f"{len(masks):,} forms of message differ only where something varies:")
    for place in found.varying:
        shown = ", ".join(f"“{value}”" for value in place.values[:8])
        more = f" and {place.n_values - 8:,} more" if place.n_values > 8 else ""
        st.markdown(
            f"- after “{words.literal(place.before[-60:])}”, {words.literal(place.why)}: "
            f"{words.literal(shown)}{more}"
        )
    if not found.varying:
        st.markdown("A rule of yours puts them together.")
    st.code("\n".join(masks[:20]), language=None, wrap_lines=True)
