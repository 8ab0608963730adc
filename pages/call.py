"""One call: whatever the API knows about it, also while it is processing and after it failed."""

import streamlit as st

from explorer.ui import call_view, connection, load, problems, sidebar

here = connection.current()
asked = sidebar.asked("call")
analysis_id = st.query_params.get("id", "").strip()

if not analysis_id:
    st.title("Call")
    call_view.ask_for_id()
else:
    call_view.neighbours(here, asked, analysis_id)
    answer = load.call(here, analysis_id)
    analysis = answer.value
    problems.show_refused(asked.refused)
    call_view.heading(analysis)
    call_view.error_message(analysis, here.client.base_url)
    facts, verdicts = st.columns([2, 3], gap="medium")
    with facts:
        call_view.facts(analysis)
        call_view.recording(analysis)
        call_view.coaching(analysis)
    with verdicts:
        call_view.checks(analysis)
        call_view.quality(analysis)
        call_view.transcript(analysis)
    call_view.raw_document(analysis)
    problems.show_age(answer)
