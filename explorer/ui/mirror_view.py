"""The parts of the Data page."""

from __future__ import annotations

from functools import partial

import pandas as pd
import streamlit as st

from explorer.analysis import queries
from explorer.analysis.export import FORMATS, write_export
from explorer.analysis.filters import Filter
from explorer.errors import MirrorError
from explorer.mirror.keeper import Keeper
from explorer.mirror.mirror import Mirror
from explorer.ui import mirrors, words
from explorer.ui.connection import Connection

_NOT_DELETED = "_mirror_not_deleted"
_STATES = {"reading": "Read-only", "syncing": "Syncing", "idle": "Idle"}


def coverage(kept: Keeper) -> None:
    """How much of the account is here, as of when, and how much disk it takes."""
    found, mirror = kept.mirror.coverage(), kept.mirror
    st.markdown(words.literal(mirrors.coverage_sentence(found)) + ".")
    with st.container(horizontal=True, key="coverage"):
        share = (
            f"of {found.total:,} in the account" if found.total is not None else "not counted yet"
        )
        _card("Analyses here", f"{found.mirrored:,}", share)
        zone = words.viewer_zone()
        checked = (
            "never" if found.checked_at is None else words.instant(int(found.checked_at), zone)
        )
        _card("Equal to the account", checked, "when a sync last saw no difference")
        each = (
            f"{mirror.size_bytes / found.mirrored:,.0f} bytes each" if found.mirrored else "empty"
        )
        _card("On disk", f"{mirror.size_bytes / 1e6:,.1f} MB", each)
        _card("Now", _STATES[kept.state], "one sync at a time, whoever asks")
    if mirror.read_only and mirror.as_of is not None:
        st.info(
            f"Another process keeps this mirror up to date. Shown is its snapshot of {words.age(mirror.as_of)}.",
            icon=":material/database:",
        )


def actions(here: Connection, kept: Keeper) -> None:
    """Refresh, verify, read everything again, delete."""
    if (problem := st.session_state.pop(_NOT_DELETED, None)) is not None:
        st.error(words.literal(problem), title="Not deleted", icon=":material/database_off:")
    if kept.mirror.read_only:
        return
    busy = kept.state == "syncing"
    with st.container(horizontal=True, key="mirror_actions"):
        st.button(
            "Look for changes",
            key="mirror_refresh",
            icon=":material/sync:",
            disabled=busy,
            on_click=kept.refresh,
            help="About three requests.",
        )
        st.button(
            "Verify",
            key="mirror_verify",
            icon=":material/fact_check:",
            disabled=busy,
            on_click=kept.refresh,
            kwargs={"everything": True},
            help="Read every analysis again and correct what differs: one request a thousand.",
        )
        with st.popover("Delete the mirror", icon=":material/delete:", disabled=busy):
            st.caption(
                "Removes this account's file from this machine. The account itself stays as it "
                "is, and is read again from the start."
            )
            st.button(
                "Delete and read again",
                key="mirror_delete",
                type="primary",
                on_click=_delete,
                args=(here, kept),
            )
    if kept.last is not None and kept.last.kind == "everything" and not busy:
        last = kept.last
        st.success(
            f"Read all {last.fetched:,} rows again: {last.inserted:,} were missing, "
            f"{last.updated:,} differed, {last.deleted:,} were gone from the account.",
            title="Verified",
            icon=":material/fact_check:",
        )


def export(mirror: Mirror, calls: Filter) -> None:
    """The filtered calls as a file, complete whatever their number."""
    st.subheader("Export")
    zone = words.viewer_zone()
    n = queries.count(mirror.cursor(), calls, zone)
    st.markdown(f"**{n:,}** · {words.literal(calls.sentence)}, {calls.order_words}. Times are UTC.")
    with st.container(horizontal=True, key="exports"):
        for name, form in FORMATS.items():
            st.download_button(
                form.label,
                partial(_write, mirror, calls, name),
                f"calls.{form.suffix}",
                form.mime,
                key=f"export_all_{name}",
                icon=":material/download:",
                disabled=n == 0,
                on_click="ignore",
            )


def syncs(mirror: Mirror) -> None:
    """The last syncs with what they asked and changed."""
    st.subheader("Last syncs")
    found = mirror.syncs()
    if found.empty:
        st.caption("None yet.")
        return
    for name in ("started_at", "ended_at"):
        found[name] = pd.to_datetime(found[name], unit="s", utc=True)
    found.insert(1, "seconds", (found.pop("ended_at") - found["started_at"]).dt.total_seconds())
    zone = words.viewer_zone()
    st.dataframe(
        found,
        key="syncs",
        hide_index=True,
        placeholder="",
        column_config={
            "started_at": st.column_config.DatetimeColumn(
                f"Started ({zone.key})", format="D MMM, HH:mm:ss", timezone=zone.key
            ),
            "seconds": st.column_config.NumberColumn("Seconds", format="%.1f"),
            **{
                name: st.column_config.NumberColumn(name.capitalize(), format="localized")
                if pd.api.types.is_integer_dtype(found[name].dtype)
                else st.column_config.Column(name.capitalize())
                for name in found.columns[2:]
            },
        },
        alt="The last syncs: kind, requests, rows read, inserted, updated, deleted",
    )


def set_aside(mirror: Mirror) -> None:
    """Records that could not be read."""
    found = mirror.rejected()
    if found.empty:
        return
    st.subheader("Records set aside")
    st.markdown(
        f"{words.count(len(found), 'record')} could not be read. They count in totals and in "
        "nothing else; links are masked, transcripts left out."
    )
    st.dataframe(
        found[["id", "reason", "record"]],
        key="set_aside",
        hide_index=True,
        column_config={
            "id": st.column_config.TextColumn("Id"),
            "reason": st.column_config.TextColumn("Why", width="medium"),
            "record": st.column_config.TextColumn("Record", width="large"),
        },
        alt="Records that could not be read, with the reason",
    )


def _write(mirror: Mirror, calls: Filter, form: str) -> bytes:
    # bytes, since Streamlit takes no temporary file and would read one into memory anyway
    with write_export(mirror.cursor(), calls, words.viewer_zone(), form) as file:
        return file.read()


def _card(label: str, value: str, what: str) -> None:
    # two in a row on a phone, and wide enough for "Read-only"
    with st.container(border=True, width=186, gap=None):
        st.metric(label, value)
        st.caption(words.literal(what))


def _delete(here: Connection, kept: Keeper) -> None:
    """Callback."""
    kept.stop()
    try:
        kept.mirror.delete()
    except MirrorError as error:
        st.session_state[_NOT_DELETED] = str(error)
    finally:
        # the next look opens the mirror again, with a keeper that runs
        mirrors.forget(here.client.account)
