"""The mirror of the account in view, kept fresh while a page is open."""

from __future__ import annotations

import time

import streamlit as st

from explorer.analysis.filters import Filter
from explorer.analysis.summary import Cursor, Kept, keep_for
from explorer.api.account import Account
from explorer.errors import MirrorError
from explorer.mirror.keeper import Keeper
from explorer.mirror.mirror import Coverage, Mirror
from explorer.ui import words
from explorer.ui.connection import Connection

_TICK_S = 2.0
_DRAWN = "_mirror_drawn"
_IN_PAGE = "_mirror_panel_in_page"


def keeper(here: Connection) -> Keeper:
    """The keeper of the account's mirror; somebody looks, so a sync starts when one is due.

    Raises
    ------
    MirrorError : the mirror cannot be opened; the live list works without it.
    """
    found = _keeper(here.client.account, here)
    if found.owner_may_be_gone:
        forget(here.client.account)
        found = _keeper(here.client.account, here)
    # the client of who looks: the one it was opened with is closed when its session disconnects
    found.mirror.use(here.client)
    found.look()
    return found


def forget(account: Account) -> None:
    """Stop keeping the mirror and close it; the next look opens it again."""
    _keeper.clear(account, None)


@st.cache_resource(max_entries=16, show_spinner=False, on_release=lambda kept: _release(kept))
def _keeper(account: Account, _here: Connection) -> Keeper:
    return Keeper(Mirror.open(_here.client))


def _release(kept: Keeper) -> None:
    kept.stop()
    kept.mirror.close()


def moment(mirror: Mirror) -> Cursor:
    """A cursor whose queries all see the rows of one moment, and share the tables of summaries
    with whoever looks at the same rows within the minute: relative times move on."""
    minute = int(time.time() // 60)
    kept = _kept(str(mirror.path), mirror.version, minute)
    return keep_for(mirror.moment(), kept)


@st.cache_resource(max_entries=8, show_spinner=False)
def _kept(path: str, version: int, minute: int) -> Kept:
    return Kept()


def coverage_sentence(found: Coverage) -> str:
    """What the mirror holds, in words: ``4,000 of 12,345 synced, newest …, back to …``."""
    if found.newest is None or found.oldest is None:
        return "No analyses in the account" if found.whole else "Nothing synced yet"
    zone = words.viewer_zone()
    total = f" of {found.total:,}" if found.total is not None else ""
    newest, oldest = (words.instant(at, zone) for at in (found.newest, found.oldest))
    return f"{found.mirrored:,}{total} synced, newest {newest}, back to {oldest}"


def source_caption(calls: Filter, mirror: Mirror, before: str = "") -> None:
    """Which calls the page is about, how much of the account the mirror holds, whose clock."""
    st.caption(
        f"{before}{words.literal(words.sentence(calls))}, from the mirror. "
        f"{words.literal(coverage_sentence(mirror.coverage()))}. "
        f"Times in {words.literal(words.viewer_zone().key)}."
    )


def draws(here: Connection) -> None:
    """Remember what the mirror holds as the page begins to draw: later news redraws the page.

    Compared with the run before instead, a first sync that ends while the first page is drawn
    left that page empty.
    """
    try:
        kept = keeper(here)
    except MirrorError:
        return
    st.session_state[_DRAWN] = _state(kept)


def panel(here: Connection) -> None:
    """The mirror's state in the sidebar, alive while a sync runs, without holding up the page."""
    try:
        kept = keeper(here)
    except MirrorError as error:
        st.warning(words.literal(error), title="No mirror", icon=":material/database_off:")
        return
    running = kept.state == "syncing"
    st.session_state[_IN_PAGE] = running
    st.fragment(_panel, run_every=_TICK_S if running else None)(kept)


def _panel(kept: Keeper) -> None:
    # first, so that the sidebar says that a sync has ended only together with the page it filled
    _rerun_when_news(kept)
    progress, found = kept.mirror.progress, kept.mirror.coverage()
    state = kept.state
    if progress is not None and state == "syncing" and not found.whole:
        left = "" if progress.remaining_s is None else f", {words.rough(progress.remaining_s)} left"
        st.progress(
            min(1.0, progress.mirrored / max(1, progress.total)),
            text=f"Syncing: {progress.mirrored:,} of {progress.total:,} ({progress.rate:,.0f} a second{left})",
        )
    elif state == "syncing":
        st.caption(":material/sync: Looking for changes")
    elif kept.problem is not None:
        st.warning(
            words.literal(kept.problem), title="Sync stopped", icon=":material/sync_problem:"
        )
    elif state == "reading":
        assert kept.mirror.as_of is not None
        st.caption(
            f":material/database: Another process keeps the mirror; snapshot of {words.age(kept.mirror.as_of)}"
        )
    elif found.checked_at is not None:
        st.caption(f":material/database: Mirror checked {words.age(found.checked_at)}")


def _rerun_when_news(kept: Keeper) -> None:
    """Draw the page anew when the mirror has moved on, so that charts fill while a sync runs."""
    # a page that was drawn while a sync runs stays until the next tick: somebody reads it
    if st.session_state.pop(_IN_PAGE, False):
        return
    drawn = st.session_state.get(_DRAWN)
    if drawn is not None and drawn != _state(kept):
        st.session_state[_DRAWN] = _state(kept)
        st.rerun()


def _state(kept: Keeper) -> tuple[int, bool]:
    return kept.mirror.coverage().mirrored, kept.state == "syncing"
