"""Agents beside their team, with intervals; one agent with trend, coaching and a fair sample."""

from explorer.analysis import queries
from explorer.ui import agents_view, mirror_page, narrowing, words

page = mirror_page.begin("agents", "Agents")
calls, cursor = page.calls, page.cursor
agent = narrowing.the_only(calls.agent_id)
if not queries.count(cursor, calls, words.viewer_zone()):
    page.nothing_found()
elif agent is not None:
    agents_view.one(cursor, calls, agent)
else:
    agents_view.everyone(cursor, calls)
