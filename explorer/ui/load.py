"""What pages read: each loader keeps its answers per account and question (`Answers`)."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TypeVar

import pandas as pd
import streamlit as st

from explorer.analysis import queries
from explorer.analysis.dimensions import STATUSES
from explorer.analysis.filters import Filter
from explorer.analysis.frame import calls_frame
from explorer.analysis.view import View
from explorer.api.account import Account
from explorer.api.models import Analysis, RejectedRecord
from explorer.errors import ExplorerError, MirrorError
from explorer.mirror.mirror import Coverage, Mirror
from explorer.ui import connection, mirrors, words
from explorer.ui.answers import Answer, Answers
from explorer.ui.connection import Connection

Value = TypeVar("Value")

OTHER = "other"
"""Stands for statuses the API's filter does not know; they cannot be told apart there."""
OPTIONS_STEP = 1000
"""New rows after which the names to choose from are looked up again within their minute."""


@dataclass(frozen=True)
class Page:
    """One page of matching calls as rows; `total` counts all of them.

    `coverage` is None for the live list; otherwise the page is the mirror's, and says what that
    holds. `answer` tells when it was read.
    """

    calls: pd.DataFrame
    total: int
    rejected: tuple[RejectedRecord, ...] = ()
    coverage: Coverage | None = None
    answer: Answer[object] = field(default_factory=lambda: Answer(None, time.time()))


@dataclass(frozen=True)
class StatusCounts:
    """Calls by status: ``status``, ``n_calls``, ``share`` (0–1 of `total`)."""

    counts: pd.DataFrame
    total: int


@st.cache_resource(show_spinner=False)
def answers() -> Answers:
    """The app's one store of answers."""
    return Answers()


def page(here: Connection, calls: Filter, view: View) -> Page:
    """One page of matching calls: the live list (one request, kept) where the API can filter so,
    the mirror otherwise.

    Raises
    ------
    CallCovError : the list could not be read, now or in the last hour.
    MirrorError : the mirror is needed and cannot be opened.
    """
    if not calls.is_live:
        return _mirror_page(here, calls, view)
    question = ("list", calls, view.limit, view.offset)
    answer = _ask(here, question, lambda: _read(here, calls, view))
    return replace(answer.value, answer=answer)


def call(here: Connection, analysis_id: str) -> Answer[Analysis]:
    """One analysis, whole."""
    return _ask(here, ("call", analysis_id), lambda: here.client.retrieve(analysis_id))


def status_counts(here: Connection, calls: Filter) -> Answer[StatusCounts]:
    """Calls by status, the filter's own status left out: exact totals of the API where it can
    filter so, one request each; of the mirror otherwise."""
    anyone = calls.with_(status_filter=None)
    if not anyone.is_live:
        mirror = mirrors.keeper(here).mirror
        counts = queries.status_counts(mirror.cursor(), anyone, words.viewer_zone())
        return Answer(StatusCounts(counts, int(counts["n_calls"].sum())), time.time())
    asked = [anyone.with_(status_filter=status) for status in (None, *STATUSES)]
    # at once: on a slow network four requests take the time of one
    with ThreadPoolExecutor(len(asked)) as pool:
        found = list(pool.map(lambda one: _count(here, one), asked))
    total, *each = (answer.value for answer in found)
    rows = list(zip(STATUSES, each, strict=True))
    if (other := total - sum(each)) > 0:
        rows.append((OTHER, other))
    counts = pd.DataFrame(rows, columns=["status", "n_calls"])
    counts["share"] = counts["n_calls"] / max(1, total)
    oldest = min(found, key=lambda answer: answer.read_at)
    error = next((answer.error for answer in found if answer.error), None)
    return Answer(StatusCounts(counts, total), oldest.read_at, error)


def known_options() -> dict[str, tuple[str, ...]]:
    """Names to choose from in the sidebar, from the mirror; makes no request."""
    try:
        here = connection.current()
        mirror = mirrors.keeper(here).mirror
    except ExplorerError:
        return {}
    return _options(here.client.account, -(-mirror.coverage().mirrored // OPTIONS_STEP), mirror)


@st.cache_data(ttl="1m", max_entries=16, show_spinner=False)
def _options(account: Account, step: int, _mirror: Mirror) -> dict[str, tuple[str, ...]]:
    return queries.options(_mirror.cursor())


def expire(here: Connection) -> None:
    """Let everything of the account be read again."""
    answers().expire(here.client.account)


def refresh(here: Connection) -> None:
    """Callback: read again what is on the page, and look for changes in the account."""
    expire(here)
    with suppress(MirrorError):
        mirrors.keeper(here).refresh()


def _count(here: Connection, calls: Filter) -> Answer[int]:
    return answers().get(
        here.client.account,
        ("count", calls),
        lambda: here.client.count(**calls.api_parameters),
    )


def _read(here: Connection, calls: Filter, view: View) -> Page:
    found = here.client.list(**calls.api_parameters, limit=view.limit, offset=view.offset)
    return Page(calls_frame(found.data), found.total, tuple(found.rejected))


def _mirror_page(here: Connection, calls: Filter, view: View) -> Page:
    mirror, zone = mirrors.keeper(here).mirror, words.viewer_zone()
    cursor = mirror.moment()
    total = queries.count(cursor, calls, zone)
    rows = queries.calls_page(cursor, calls, zone, limit=view.limit, offset=view.offset)
    return Page(rows, total, coverage=mirror.coverage())


def _ask(here: Connection, question: tuple[object, ...], ask: Callable[[], Value]) -> Answer[Value]:
    return answers().get(here.client.account, question, ask)
