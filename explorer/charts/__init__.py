"""Tables of `explorer.analysis.queries` as plotly figures; a figure has the name of its table."""

from explorer.charts.agents import (
    agents as agents,
    checks_beside_team as checks_beside_team,
    effort_beside_team as effort_beside_team,
)
from explorer.charts.compliance import (
    checks_by_agent as checks_by_agent,
    checks_by_week as checks_by_week,
    disclosures_by_week as disclosures_by_week,
)
from explorer.charts.contacts import (
    contact_calls as contact_calls,
    contacts as contacts,
)
from explorer.charts.effort import (
    effort_distribution as effort_distribution,
    effort_drivers as effort_drivers,
    effort_per_agent as effort_per_agent,
    effort_per_hour as effort_per_hour,
    effort_per_month as effort_per_month,
    effort_per_week as effort_per_week,
    effort_per_weekday as effort_per_weekday,
    effort_per_weekday_and_hour as effort_per_weekday_and_hour,
)
from explorer.charts.failures import (
    failure_contrast as failure_contrast,
    reason_over_time as reason_over_time,
    reasons as reasons,
    speed_per_day as speed_per_day,
    speed_per_format as speed_per_format,
    speed_per_hour as speed_per_hour,
)
from explorer.charts.overview import (
    effort_per_day as effort_per_day,
    failure_reasons as failure_reasons,
    status_counts as status_counts,
)
from explorer.charts.quality import (
    quality_signs as quality_signs,
    recommendations as recommendations,
)
from explorer.charts.volume import (
    calls_over_time as calls_over_time,
    check_failures as check_failures,
)
