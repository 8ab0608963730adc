"""Why analyses fail: reasons, what stands out, outages, stuck calls, evidence for a ticket."""

from explorer.ui import failures_view, mirror_page

page = mirror_page.begin("failures", "Failures", any_status=True)
found = failures_view.Failures(page.cursor, page.calls)
if not found.n_calls:
    page.nothing_found()
else:
    failures_view.at_a_glance(found)
    failures_view.reasons(found)
    failures_view.one_reason(found, page.mirror, page.here.client.base_url)
    failures_view.outages(found)
    failures_view.stuck(found)
    failures_view.slow(found)
