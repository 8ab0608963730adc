"""Queries over the mirror: each is a noun with its grain.

Those that count are summaries (`explorer.analysis.summary`): called with a mirror, a `Filter` and
a time zone they return a DataFrame, and know which calls each number counts. Relative times count
back from now. The chart of a summary has the same name in `explorer.charts`.
"""

from explorer.analysis.filters import UTC_ZONE as UTC  # noqa: F401
from explorer.analysis.queries.agents import (
    agents as agents,
    checks_beside_team as checks_beside_team,
    checks_per_agent as checks_per_agent,
    coaching_that_came_back as coaching_that_came_back,
    effort_beside_team as effort_beside_team,
    review_sample as review_sample,
)
from explorer.analysis.queries.changes import changes as changes
from explorer.analysis.queries.compliance import (
    check_instances as check_instances,
    checks_by_agent as checks_by_agent,
    checks_by_week as checks_by_week,
    disclosure_steps as disclosure_steps,
    disclosures_by_week as disclosures_by_week,
    identity_stated as identity_stated,
    missing_disclosures as missing_disclosures,
    missing_together as missing_together,
)
from explorer.analysis.queries.contacts import (
    contact_calls as contact_calls,
    contact_totals as contact_totals,
    contacts as contacts,
)
from explorer.analysis.queries.drivers import (
    effort_drivers as effort_drivers,
)
from explorer.analysis.queries.effort import (
    effort_before_and_now as effort_before_and_now,
    effort_distribution as effort_distribution,
    effort_per_agent as effort_per_agent,
    effort_per_hour as effort_per_hour,
    effort_per_month as effort_per_month,
    effort_per_week as effort_per_week,
    effort_per_weekday as effort_per_weekday,
    effort_per_weekday_and_hour as effort_per_weekday_and_hour,
)
from explorer.analysis.queries.failures import (
    comparable as comparable,
    contrast_totals as contrast_totals,
    failure_contrast as failure_contrast,
    failure_totals as failure_totals,
    latest_failures as latest_failures,
    reason_over_time as reason_over_time,
    reasons as reasons,
)
from explorer.analysis.queries.lists import (
    calls_in_chunks as calls_in_chunks,
    calls_page as calls_page,
    count as count,
    options as options,
)
from explorer.analysis.queries.masks import masks_of as masks_of, messages as messages
from explorer.analysis.queries.outages import (
    ids as ids,
    outages as outages,
)
from explorer.analysis.queries.overview import (
    effort_per_day as effort_per_day,
    effort_summary as effort_summary,
    failure_reasons as failure_reasons,
    status_counts as status_counts,
)
from explorer.analysis.queries.quality import (
    greetings as greetings,
    quality_signs as quality_signs,
    recommendations as recommendations,
)
from explorer.analysis.queries.speed import (
    processing_now as processing_now,
    speed_per_day as speed_per_day,
    speed_per_format as speed_per_format,
    speed_per_hour as speed_per_hour,
    stuck_calls as stuck_calls,
)
from explorer.analysis.queries.verdicts import (
    contradicting as contradicting,
    contradicting_calls as contradicting_calls,
    contradictions as contradictions,
)
from explorer.analysis.queries.volume import (
    calls_over_time as calls_over_time,
    check_failures as check_failures,
)
from explorer.analysis.summary import (
    SUMMARIES as SUMMARIES,
    Cursor as Cursor,
    Summary as Summary,
)
