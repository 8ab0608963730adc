"""The mirror of the account: what it holds, how it was filled, and what can be done with it."""

import streamlit as st

from explorer.ui import connection, mirror_view, mirrors, problems, sidebar

st.title("Data")
here = connection.current()
asked = sidebar.asked("data")
problems.show_refused(asked.refused)
kept = mirrors.keeper(here)
mirror_view.coverage(kept)
mirror_view.actions(here, kept)
mirror_view.export(kept.mirror, asked.calls)
mirror_view.syncs(kept.mirror)
mirror_view.set_aside(kept.mirror)
