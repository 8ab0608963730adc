"""The calls that match: as the API lists them, or from the mirror where the API cannot filter so."""

import streamlit as st

from explorer.ui import connection, load, problems, sidebar, tables, words

st.title("Calls")
here = connection.current()
asked = sidebar.asked("calls")
found = load.page(here, asked.calls, asked.view)
last_page = asked.view.pages(found.total)
if asked.view.page > last_page:
    sidebar.correct_page(last_page)

problems.show_refused(asked.refused)
tables.show_source(found)
if found.total == 0:
    sidebar.nothing_found(asked.calls)
else:
    first = asked.view.offset + 1
    last = asked.view.offset + len(found.calls) + len(found.rejected)
    st.markdown(
        f"**{first:,}–{last:,} of {found.total:,}** · "
        f"{words.literal(words.sentence(asked.calls))}, {asked.calls.order_words}."
    )
    with st.container(horizontal=True, vertical_alignment="bottom", key="list_controls"):
        sidebar.page_buttons(asked.view.page, last_page)
        columns = tables.choose_columns(asked.calls)
        tables.export_buttons(found.calls, columns)
        python = asked.calls.python(
            limit=asked.view.limit, offset=asked.view.offset, zone=words.viewer_zone()
        )
        tables.python_line(python)
    tables.calls_table(
        found.calls,
        key="calls",
        columns=columns,
        query=asked.query(),
        alt=f"The calls that match the filters, {asked.calls.order_words}",
        height="content",
    )
    tables.show_rejected(found.rejected)
problems.show_age(found.answer)
