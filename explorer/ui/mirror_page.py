"""How a page over the mirror begins."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from explorer.analysis.filters import Filter
from explorer.analysis.summary import Cursor
from explorer.mirror.mirror import Mirror
from explorer.ui import connection, mirrors, problems, sidebar
from explorer.ui.connection import Connection


@dataclass(frozen=True)
class MirrorPage:
    """What a page is about: the calls asked for, and one moment of their account's mirror."""

    here: Connection
    calls: Filter
    mirror: Mirror
    cursor: Cursor

    def nothing_found(self) -> None:
        """The view for no calls: none match, none are read yet, or the account has none."""
        sidebar.nothing_found(self.calls, self.mirror.coverage())


def begin(page: str, title: str, *, any_status: bool = False) -> MirrorPage:
    """Title, sidebar, refused parameters and where the page's numbers are from.

    A page of calls of any status says that it does not apply the filter by status.

    Raises
    ------
    MirrorError : the mirror cannot be opened.
    """
    st.title(title)
    here = connection.current()
    asked = sidebar.asked(page)
    problems.show_refused(asked.refused)
    mirror = mirrors.keeper(here).mirror
    calls = asked.calls.with_(status_filter=None) if any_status else asked.calls
    mirrors.source_caption(calls, mirror)
    if calls != asked.calls:
        st.caption("The status filter is not applied here: this page is about calls of any status.")
    # one moment: the figures agree while a sync writes
    return MirrorPage(here, calls, mirror, mirrors.moment(mirror))
