"""Contacts: repeat calls, failed analyses that hide a call, and one contact's calls in order."""

from explorer.analysis import queries
from explorer.ui import contacts_view, mirror_page, narrowing, words

page = mirror_page.begin("contacts", "Contacts")
calls, cursor = page.calls, page.cursor
contact = narrowing.the_only(calls.contact_id)
if not queries.count(cursor, calls, words.viewer_zone()):
    page.nothing_found()
elif contact:
    contacts_view.one(cursor, calls, contact)
else:
    contacts_view.everyone(cursor, calls)
