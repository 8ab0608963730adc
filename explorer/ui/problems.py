"""What a page shows when something is wrong; the one place that turns errors into words on screen."""

from __future__ import annotations

import streamlit as st

from explorer.errors import (
    ConnectionFailed,
    ExplorerError,
    Forbidden,
    InvalidParameter,
    NotFound,
    RateLimited,
    ServerError,
    TimedOut,
    Unauthorized,
    UnexpectedAnswer,
)
from explorer.ui import words
from explorer.ui.answers import Answer
from explorer.ui.connection import NoConnection

# The first that fits counts, so a class stands before its parents.
_TITLES: tuple[tuple[type[ExplorerError], str, str], ...] = (
    (NoConnection, "Connect an account", ":material/key:"),
    (Unauthorized, "The credential was not accepted", ":material/key_off:"),
    (Forbidden, "This credential may not read the list", ":material/block:"),
    (NotFound, "Not found in this account", ":material/search_off:"),
    (InvalidParameter, "The API does not accept a filter", ":material/filter_alt_off:"),
    (RateLimited, "The rate limit is reached", ":material/hourglass_top:"),
    (TimedOut, "The API took too long", ":material/timer_off:"),
    (ConnectionFailed, "The API cannot be reached", ":material/cloud_off:"),
    (ServerError, "The API has a problem", ":material/cloud_alert:"),
    (UnexpectedAnswer, "The answer is not a list of analyses", ":material/help:"),
    (ExplorerError, "This cannot be shown", ":material/error:"),
)


def show(problem: ExplorerError) -> None:
    """The error in full, and a button that tries again where that can help."""
    _, title, icon = next(row for row in _TITLES if isinstance(problem, row[0]))
    if isinstance(problem, NoConnection):
        st.info(words.literal(problem), title=title, icon=icon)
        return
    st.error(words.literal(problem), title=title, icon=icon)
    if not isinstance(problem, Unauthorized | Forbidden | NotFound | InvalidParameter):
        st.button("Try again", key="try_again", icon=":material/refresh:")


def show_refused(refused: tuple[str, ...]) -> None:
    """Name the parts of the URL that could not be used."""
    for sentence in refused:
        st.warning(words.literal(sentence), icon=":material/link_off:")


def show_age(*answers: Answer[object]) -> None:
    """When what is on the page was read, and why it is not newer if reading again failed."""
    zone = words.viewer_zone()
    oldest = min(answers, key=lambda answer: answer.read_at)
    failed = next((answer.error for answer in answers if answer.error), None)
    when = f"{words.clock(oldest.read_at, zone)} ({words.age(oldest.read_at)})"
    if failed is not None:
        st.warning(
            f"What is shown was read at {words.literal(when)}. {words.literal(failed)}",
            title="Reading it again failed",
            icon=":material/history:",
        )
    st.caption(f"Read at {words.literal(when)} · times in {words.literal(zone.key)}")
