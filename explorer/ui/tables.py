"""Tables of calls: one set of columns, a click opens the call, the rows can be taken away."""

from __future__ import annotations

from typing import Any, Literal, NoReturn
from zoneinfo import ZoneInfo

import pandas as pd
import streamlit as st

from explorer.analysis import queries
from explorer.analysis.export import to_csv, to_json_lines
from explorer.analysis.filters import Filter
from explorer.analysis.frame import COLUMNS
from explorer.analysis.summary import Cursor
from explorer.api.models import RejectedRecord
from explorer.ui import figures, mirrors, words
from explorer.ui.load import Page

CALL_PAGE = "../pages/call.py"
FIRST_COLUMNS = (
    "created_at",
    "status",
    "agent_id",
    "contact_id",
    "duration_s",
    "customer_effort_score",
    "flagged_checks",
    "greeting_present",
    "error_message",
)
_BEFORE_THE_ERROR = ("id", "created_at", "status", "agent_id")
LABELS = {
    "id": "Id",
    "created_at": "Time",
    "status": "Status",
    "agent_id": "Agent",
    "contact_id": "Contact",
    "duration_s": "Duration",
    "customer_effort_score": "Effort",
    "n_flagged": "Flags",
    "flagged_checks": "Flagged checks",
    "greeting_present": "Greeting",
    "error_message": "Error",
    "audio_format": "Audio",
    "audio_duration_s": "Audio length",
    "size_bytes": "Audio size",
    "processing_time_s": "Processing time",
    "language": "Language",
    "livemode": "Live mode",
}
assert LABELS.keys() == COLUMNS.keys()
_STATUS_COLOURS = {"processing": "blue", "completed": "green", "failed": "red"}
_YES_NO = {True: "yes", False: "no"}


def calls_table(
    calls: pd.DataFrame,
    *,
    key: str,
    columns: tuple[str, ...] = FIRST_COLUMNS,
    query: dict[str, list[str]],
    alt: str,
    height: Literal["auto", "content"] = "auto",
) -> None:
    """A table of calls; clicking a row opens its call with `query` as the list it belongs to."""
    zone = words.viewer_zone()
    event = st.dataframe(
        _shown(calls),
        key=key,
        column_order=columns,
        column_config=_column_config(zone),
        hide_index=True,
        on_select="rerun",
        selection_mode=("single-row", "single-cell"),
        placeholder="",
        height=height,
        alt=alt,
    )
    chosen = event.selection.rows or [row for row, _ in event.selection.cells]
    if chosen:
        # the id, not the row number, is what stays the same when the list moves
        open_call(str(calls["id"].iloc[chosen[0]]), query)


def short_list(
    cursor: Cursor, calls: Filter, *, key: str, columns: tuple[str, ...], most: int = 5
) -> None:
    """The first few of the calls in their order, and the way to all of them."""
    zone = words.viewer_zone()
    total = queries.count(cursor, calls, zone)
    if not total:
        st.caption(f"{words.literal(words.sentence(calls))}: none.")
        return
    calls_table(
        queries.calls_page(cursor, calls, zone, limit=most),
        key=key,
        columns=columns,
        query=calls.to_query(),
        alt=f"{words.sentence(calls)}, {calls.order_words}",
    )
    if total > most:
        figures.link(f"All {words.count(total, 'call')}, {calls.order_words}", calls)


def open_call(analysis_id: str, query: dict[str, list[str]]) -> NoReturn:
    """Go to the page of one call."""
    st.switch_page(CALL_PAGE, query_params=query | {"id": [analysis_id]})


def choose_columns(calls: Filter) -> tuple[str, ...]:
    """The columns the viewer wants, in the table's order; kept for the session.

    Of failed calls the error comes first: what stands before it else is empty for them.
    """
    with st.popover("Columns", icon=":material/view_column:"):
        st.session_state.setdefault("columns", list(FIRST_COLUMNS))
        chosen = st.pills(
            "Columns shown",
            list(COLUMNS),
            format_func=LABELS.__getitem__,
            selection_mode="multi",
            key="columns",
            persist_state="session",
        )
    shown = [name for name in COLUMNS if name in chosen] or list(FIRST_COLUMNS)
    if calls.status_filter == "failed" and "error_message" in shown:
        shown.remove("error_message")
        shown.insert(sum(name in _BEFORE_THE_ERROR for name in shown), "error_message")
    return tuple(shown)


def export_buttons(calls: pd.DataFrame, columns: tuple[str, ...]) -> None:
    """Downloads of the rows shown, with the columns shown and the id."""
    rows = calls[list(dict.fromkeys(("id", *columns)))]
    with st.popover("Export", icon=":material/download:"):
        st.caption(f"{words.count(len(rows), 'row')}, the columns shown. Times are UTC.")
        st.download_button(
            "CSV",
            lambda: to_csv(rows),
            "calls.csv",
            "text/csv",
            key="export_csv",
            on_click="ignore",
            width="stretch",
            help="A cell that a spreadsheet would run as a formula starts with an apostrophe.",
        )
        st.download_button(
            "JSON Lines",
            lambda: to_json_lines(rows),
            "calls.jsonl",
            "application/x-ndjson",
            key="export_jsonl",
            on_click="ignore",
            width="stretch",
        )


def _shown(calls: pd.DataFrame) -> pd.DataFrame:
    """The same rows with values in the words of the page."""
    shown = calls.copy()
    for name in ("duration_s", "audio_duration_s", "processing_time_s"):
        shown[name] = pd.to_timedelta(shown[name].round(), unit="s")
    flagged = shown["flagged_checks"].str.replace("_", " ")
    shown["flagged_checks"] = flagged.mask(shown["n_flagged"].eq(0).fillna(False), "none")
    shown["status"] = [[status] for status in shown["status"]]
    for name in ("greeting_present", "livemode"):
        shown[name] = shown[name].map(_YES_NO).astype("str").where(shown[name].notna())
    return shown


def _column_config(zone: ZoneInfo) -> dict[str, Any]:
    column = st.column_config
    special: dict[str, Any] = {
        "status": column.MultiselectColumn(
            "Status",
            options=list(_STATUS_COLOURS),
            color=list(_STATUS_COLOURS.values()),
        ),
        "flagged_checks": column.TextColumn("Flagged checks", width="medium"),
        "created_at": column.DatetimeColumn(
            f"Time ({zone.key})", format="D MMM YYYY, HH:mm:ss", timezone=zone.key, pinned=True
        ),
        "customer_effort_score": column.NumberColumn(
            "Effort", format="%.3g / 5", help="Customer effort score, 0–5; low is good."
        ),
        "duration_s": column.NumberColumn("Duration", format="compact"),
        "audio_duration_s": column.NumberColumn("Audio length", format="compact"),
        "processing_time_s": column.NumberColumn("Processing time", format="compact"),
        "size_bytes": column.NumberColumn("Audio size", format="bytes"),
        "error_message": column.TextColumn("Error", width="large"),
    }
    return {name: special.get(name, column.Column(label)) for name, label in LABELS.items()}


def python_line(line: str) -> None:
    """The line of Python that gives the same rows."""
    with st.popover("Python", icon=":material/code:"):
        st.caption("The same rows in Python or Jupyter:")
        needed = [
            name for name in ("Client", "Filter", "Mirror") if name in line or name == "Client"
        ]
        st.code(f"from explorer import {', '.join(needed)}\n\nclient = Client()\n{line}", "python")


def show_source(found: Page) -> None:
    """A badge: the live list, or the mirror and what it holds."""
    if found.coverage is None:
        st.badge("Live list", icon=":material/bolt:", color="green")
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.badge("From the mirror", icon=":material/database:", color="blue")
        checked = found.coverage.checked_at
        equal = f" Equal to the account {words.age(checked)}." if checked is not None else ""
        st.caption(words.literal(f"{mirrors.coverage_sentence(found.coverage)}.{equal}"))


def show_rejected(rejected: tuple[RejectedRecord, ...]) -> None:
    """Records of the page that could not be read: how many, which, and why."""
    if not rejected:
        return
    with st.expander(
        f"{words.count(len(rejected), 'record')} of this page could not be read",
        icon=":material/report:",
    ):
        st.dataframe(
            pd.DataFrame(
                [(record.index + 1, record.id, record.reason) for record in rejected],
                columns=["Place on the page", "Id", "Why"],
            ),
            hide_index=True,
            alt="Records that could not be read, with the reason",
        )
