"""The parts of the page of one call."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal

import pandas as pd
import streamlit as st
from pydantic import SecretStr

from explorer.analysis import evidence
from explorer.analysis.failures import reason_of
from explorer.api.audio import fetch_recording
from explorer.api.models import Analysis, Segment, check_failed
from explorer.errors import ExplorerError
from explorer.mirror import schema
from explorer.mirror.decode import row_of
from explorer.redact import redact, redact_link
from explorer.ui import load, tables, words
from explorer.ui.connection import Connection
from explorer.ui.sidebar import Asked

_BADGES: dict[str, tuple[Literal["blue", "green", "red", "gray"], str]] = {
    "processing": ("blue", ":material/hourglass_empty:"),
    "completed": ("green", ":material/check_circle:"),
    "failed": ("red", ":material/error:"),
}
_VERDICTS = {
    True: ":red[✗\u00a0failed]",
    False: ":green[✓\u00a0passed]",
    None: ":gray[not stated]",
}
FAILURES_PAGE = "../pages/failures.py"
TRANSCRIPT_HEIGHT = 520
_RECORDING = "_recording"
_Neighbour = tuple[str, int]
"""The id of a call and the page of the list it is on."""


def ask_for_id() -> None:
    """A field for an id, for who comes with one from a log or a ticket."""
    with st.form("open_call"):
        wanted = st.text_input("Id of the analysis", key="wanted_id")
        if st.form_submit_button("Open", icon=":material/arrow_forward:") and wanted.strip():
            tables.open_call(wanted.strip(), {})


def neighbours(here: Connection, asked: Asked, analysis_id: str) -> None:
    """Back to the list, and the previous and next call in it, across its pages."""
    newer, older = _around(here, asked, analysis_id)
    with st.container(horizontal=True, vertical_alignment="center", key="neighbours"):
        st.page_link(
            "../pages/calls.py",
            label=f"Back to the list: {words.literal(words.sentence(asked.calls))}",
            icon=":material/arrow_back:",
            query_params=asked.query(),
        )
        for key, label, icon, target in (
            ("newer_call", "Newer call", ":material/chevron_left:", newer),
            ("older_call", "Older call", ":material/chevron_right:", older),
        ):
            st.button(
                label,
                key=key,
                icon=icon,
                disabled=target is None,
                on_click=_go,
                args=(target, asked),
            )


def heading(analysis: Analysis) -> None:
    """Who, when, and how it stands."""
    call = analysis.call
    agent = call.agent_id if call and call.agent_id else "agent not given"
    contact = call.contact_id if call and call.contact_id else "contact not given"
    st.title(f"{words.literal(agent)} with {words.literal(contact)}", anchor=False)
    colour, icon = _BADGES.get(analysis.status, ("gray", ":material/help:"))
    with st.container(horizontal=True, vertical_alignment="center"):
        # `st.badge` escapes brackets itself; escaped twice they would show their backslash
        status = re.sub(r"\\([\[\]])", r"\1", words.literal(analysis.status))
        st.badge(status, color=colour, icon=icon)
        zone = words.viewer_zone()
        st.text(f"{words.moment(analysis.created_at, zone)} ({zone.key})")
    st.caption(f"Id {words.literal(analysis.id)}")
    if analysis.status == "processing":
        st.info(
            "Checks, coaching and transcript appear when it ends. Refresh to look again.",
            title="Still processing",
            icon=":material/hourglass_empty:",
        )
    elif analysis.status == "completed" and analysis.results is None:
        st.warning(
            "The analysis is completed, but the API gave no results for it.",
            title="No results",
            icon=":material/help:",
        )


def error_message(analysis: Analysis, base_url: str) -> None:
    """The whole message of a failure, as text, secrets taken out; its reason and ticket text."""
    message = analysis.error_message
    if message:
        st.subheader("Error", anchor=False)
        st.code(message, language=None, wrap_lines=True)
    elif analysis.status == "failed":
        st.warning("The analysis failed and the API gives no message.", icon=":material/help:")
    if analysis.status == "failed":
        call = dict(zip(schema.NAMES, row_of(analysis).values, strict=True))
        call["reason"] = reason_of(call["error_mask"])
        with st.container(horizontal=True, vertical_alignment="center", key="failed_call"):
            st.page_link(
                FAILURES_PAGE,
                label="Calls that failed for this reason",
                icon=":material/error:",
                query_params={"reason": [call["reason"]]},
            )
            with st.popover("Ticket text", icon=":material/assignment:", key="ticket"):
                st.caption("Markdown; the button at its corner copies it.")
                text = evidence.call_ticket(call, base_url=base_url)
                st.code(text, language="markdown", wrap_lines=True)


def facts(analysis: Analysis) -> None:
    """Call, audio and processing as a list."""
    st.subheader("Facts", anchor=False)
    audio, metadata = analysis.audio, analysis.metadata
    zone = words.viewer_zone()
    call_s = analysis.call.duration_s if analysis.call else None
    took_ms = metadata.processing_time_ms if metadata else None
    size = audio.size_bytes if audio else None
    rows = {
        "Duration": words.duration(call_s),
        "Audio length": words.duration(audio.duration_seconds if audio else None),
        "Audio": " · ".join(
            part for part in ((audio.format if audio else None), _megabytes(size)) if part
        ),
        "Processing time": None if took_ms is None else f"{took_ms / 1000:.1f} s",
        "Ended": words.moment(metadata.completed_at, zone)
        if metadata and metadata.completed_at
        else None,
        "Language": analysis.transcript.language if analysis.transcript else None,
        "Mode": None if analysis.livemode is None else ("live" if analysis.livemode else "test"),
        "Webhook": redact_link(metadata.webhook_url.get_secret_value())
        if metadata and metadata.webhook_url
        else None,
    }
    st.table(
        {name: words.literal(value) if value else "–" for name, value in rows.items()},
        border="horizontal",
        alt="Facts of the call",
    )


def recording(analysis: Analysis) -> None:
    """The recording, read when asked for; its link stays in this process."""
    link = analysis.audio.url if analysis.audio else None
    if link is None:
        st.caption("No recording.")
        return
    if not st.toggle("Load the recording", key=f"recording_{analysis.id}"):
        return
    try:
        with st.spinner("Reading the recording"):
            sound = _sound(link)
    except ExplorerError as error:
        st.warning(words.literal(error), icon=":material/volume_off:")
        return
    form = analysis.audio.format if analysis.audio and analysis.audio.format else "wav"
    st.audio(sound, format=f"audio/{form}", alt="Recording of the call")


def _sound(link: SecretStr) -> bytes:
    """The recording; the one in view is kept, so that other clicks do not read it again."""
    kept: tuple[SecretStr, bytes] | None = st.session_state.get(_RECORDING)
    if kept is None or kept[0] != link:
        kept = link, fetch_recording(link)
        st.session_state[_RECORDING] = kept
    return kept[1]


def coaching(analysis: Analysis) -> None:
    """Effort score and recommendations."""
    found = analysis.results.coaching if analysis.results else None
    if found is None:
        return
    st.subheader("Coaching", anchor=False)
    score = found.customer_effort_score
    st.metric(
        "Customer effort score",
        "no score" if score is None else f"{score:g} of 5",
        help="0–5; low is good for the customer.",
    )
    for item in found.recommendations:
        st.markdown(f"- {_recommendation(item)}")
    if not found.recommendations:
        st.caption("No recommendations.")


def checks(analysis: Analysis) -> None:
    """Each compliance check with its verdict and all its fields."""
    compliance = analysis.results.compliance if analysis.results else None
    if compliance is None:
        return
    st.subheader("Compliance", anchor=False)
    rows = [
        (words.literal(_title(name)), _VERDICTS[check_failed(block)], words.literal(_fields(block)))
        for name, block in compliance.items()
    ]
    _verdict_table(rows, ["Check", "Verdict", "Fields"], "Compliance checks and their verdicts")


def quality(analysis: Analysis) -> None:
    """Whatever quality fields arrived."""
    found = analysis.results.quality if analysis.results else None
    if not found:
        return
    st.subheader("Quality", anchor=False)
    rows = [
        (words.literal(_title(name)), words.literal(_fields(block)))
        for name, block in found.items()
    ]
    _verdict_table(rows, ["Aspect", "Fields"], "Quality aspects and their fields")


def transcript(analysis: Analysis) -> None:
    """What was said, turn by turn; the plain text where there are no turns."""
    found = analysis.transcript
    if found is None:
        return
    st.subheader("Transcript", anchor=False)
    if not found.segments and not found.text:
        st.caption("The transcript is empty.")
        return
    with st.container(height=TRANSCRIPT_HEIGHT, border=True, key="transcript"):
        if found.segments:
            st.markdown("\n\n".join(_turn(segment) for segment in found.segments))
        else:
            st.text(found.text)


def raw_document(analysis: Analysis) -> None:
    """The document as the API answered it, links and secrets masked."""
    panel = st.expander(
        "Raw document", icon=":material/data_object:", key="raw_document", on_change="rerun"
    )
    if panel.open:
        panel.json(analysis.masked, expanded=2)


def _around(
    here: Connection, asked: Asked, analysis_id: str
) -> tuple[_Neighbour | None, _Neighbour | None]:
    """The newer and the older neighbour in the filtered list; None at its ends."""
    page = asked.view.page
    try:
        ids = _ids(here, asked, page)
        if analysis_id not in ids:
            return None, None
        place = ids.index(analysis_id)
        newer = (ids[place - 1], page) if place else _edge(here, asked, page - 1, -1)
        at_end = place == len(ids) - 1
        older = _edge(here, asked, page + 1, 0) if at_end else (ids[place + 1], page)
    except ExplorerError:
        # the call itself can be shown without its neighbours
        return None, None
    return newer, older


def _edge(here: Connection, asked: Asked, page: int, place: int) -> _Neighbour | None:
    ids = _ids(here, asked, page) if page >= 1 else []
    return (ids[place], page) if ids else None


def _ids(here: Connection, asked: Asked, page: int) -> list[str]:
    view = type(asked.view)(asked.view.limit, page)
    return list(load.page(here, asked.calls, view).calls["id"])


def _go(target: _Neighbour, asked: Asked) -> None:
    analysis_id, page = target
    tables.open_call(analysis_id, replace(asked, view=replace(asked.view, page=page)).query())


def _turn(segment: Segment) -> str:
    spoken = words.literal(segment.text or "")
    who = words.literal(segment.speaker or "speaker not given")
    doubt = (
        f" _({segment.confidence:.0%} sure)_"
        if segment.confidence is not None and segment.confidence < 0.8
        else ""
    )
    return f":gray[{words.duration(segment.start)}] **{who}** {spoken}{doubt}"


def _recommendation(item: Any) -> str:
    if not isinstance(item, dict):
        return words.literal(redact(item))
    known = {str(name): redact(value) for name, value in item.items()}
    text = next(
        (known.pop(name) for name in ("text", "recommendation", "message") if name in known), ""
    )
    rest = ", ".join(f"{_title(name)}: {_value(value)}" for name, value in known.items())
    return f"{words.literal(text)} :gray[{words.literal(rest)}]" if rest else words.literal(text)


def _verdict_table(rows: Sequence[tuple[str, ...]], columns: list[str], alt: str) -> None:
    st.table(
        pd.DataFrame(list(rows), columns=columns),
        border="horizontal",
        hide_index=True,
        alt=alt,
    )


def _fields(block: object) -> str:
    masked = redact(block)
    if not isinstance(masked, dict):
        return _value(masked)
    return "; ".join(f"{_title(str(name))}: {_value(value)}" for name, value in masked.items())


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return "not given"
    if isinstance(value, dict):
        return ", ".join(f"{_title(str(name))} {_value(inner)}" for name, inner in value.items())
    if isinstance(value, list):
        return (
            ", ".join(
                f"({_value(item)})" if isinstance(item, dict) else _value(item) for item in value
            )
            or "none"
        )
    return str(value)


def _title(name: str) -> str:
    return name.replace("_", " ")


def _megabytes(size: float | None) -> str | None:
    return None if size is None else f"{size / 1e6:,.1f} MB"
