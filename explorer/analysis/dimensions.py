"""What calls can be filtered by: one table, of which every row is a field of `filters.Filter`.

A dimension's name is the filter's field, the URL parameter and the widget key; it knows its API
parameter if the API has one, its condition in SQL over the columns of the mirror, and its words. A
page that counts something new adds a row here, and its numbers can be opened.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from explorer.analysis import bands, contradictions, relations, results, zones
from explorer.analysis.failures import REASON_ASKED_SQL, REASON_SQL
from explorer.analysis.kinds import (
    FLAG,
    NUMBER,
    TEXT,
    TEXTS,
    TIME,
    Condition,
    Kind,
    Sql,
    choices,
    sort,
)
from explorer.analysis.times import time_words

STATUSES = ("processing", "completed", "failed")
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SORTS = {
    "newest": ("newest first", "created DESC, rowid"),
    "oldest": ("oldest first", "created, rowid"),
    "longest": ("longest first", "duration_s DESC NULLS LAST, created DESC, rowid"),
    "effort": (
        "highest effort first",
        "customer_effort_score DESC NULLS LAST, created DESC, rowid",
    ),
    "slowest": (
        "slowest to process first",
        "processing_time_s DESC NULLS LAST, created DESC, rowid",
    ),
}
OWN_SORT = "newest"
"""The API's own order: asking for it is the same as asking for none."""


@dataclass(frozen=True)
class Dimension:
    """One thing calls can be filtered by."""

    name: str
    label: str
    kind: Kind
    phrase: Callable[[Any], str]
    """The words for a value inside a sentence about calls."""
    sql: Sql
    """The condition over ``calls`` for a value in a zone; parameters start with the name."""
    api: bool = False
    """Whether the API has a parameter of this name, for one value."""


def named(values: tuple[str, ...], joined: str = "or") -> str:
    """``“a”, “b” or “c”``; an empty text is ``none``."""
    shown = [f"“{value}”" if value else "none" for value in values]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} {joined} {shown[-1]}"


def _spoken(values: tuple[str, ...], joined: str) -> str:
    return named(tuple(value.replace("_", " ") for value in values), joined)


def _any_of(expression: str, name: str) -> Sql:
    # an empty name stands for "has none": the API gives null or an empty text
    return lambda values, _: (
        f"coalesce({expression}, '') IN (SELECT unnest(${name}))",
        {name: list(values)},
    )


def _all_of(column: str, name: str) -> Sql:
    def condition(values: tuple[str, ...], _: ZoneInfo) -> Condition:
        # an empty name stands for "has none of them", as in `failed_check`
        none = f" AND len({column}) = 0" if "" in values else ""
        names = [value for value in values if value]
        return f"coalesce(list_has_all({column}, ${name}::VARCHAR[]){none}, false)", {name: names}

    return condition


def _bound(column: str, comparison: str, name: str) -> Sql:
    return lambda value, _: (f"{column} {comparison} ${name}", {name: value})


def _flag(condition: str) -> Sql:
    return lambda value, _: (condition if value else f"NOT ({condition})", {})


def _search_sql(text: str, _: ZoneInfo) -> Condition:
    found = " OR ".join(
        f"contains(lower({name}), lower($search))" for name in ("agent_id", "contact_id")
    )
    return f"coalesce({found}, false)" if text else "true", {"search": text} if text else {}


def _checks_sql(values: tuple[str, ...], _: ZoneInfo) -> Condition:
    # an empty name stands for "none failed", which only a call with verdicts can say
    none = " OR len(flagged_checks) = 0" if "" in values else ""
    return f"coalesce(list_has_any(flagged_checks, $failed_check){none}, false)", {
        "failed_check": list(values)
    }


def _hour_sql(values: tuple[str, ...], zone: ZoneInfo) -> Condition:
    return f"{zones.hour_sql(zone)} IN (SELECT unnest($hour))", {"hour": [int(v) for v in values]}


def _weekday_sql(values: tuple[str, ...], zone: ZoneInfo) -> Condition:
    days = [WEEKDAYS.index(value) for value in values]
    return f"{zones.weekday_sql(zone)} IN (SELECT unnest($weekday))", {"weekday": days}


def _contradiction_sql(values: tuple[str, ...], _: ZoneInfo) -> Condition:
    rules = (contradictions.BY_NAME[value].sql for value in values)
    return " AND ".join(f"coalesce({rule}, false)" for rule in rules), {}


def _judged_sql(values: tuple[str, ...], _: ZoneInfo) -> Condition:
    return " AND ".join(f"{JUDGED[value]} IS NOT NULL" for value in values), {}


JUDGED = {
    "identity_verification": "identity_flagged",
    "greeting": "greeting_present",
}
"""Verdicts of which the field may be missing where there are others, and their columns."""

ANY_REASON = "(any)"
"""Stands for every reason of a failure, where calls of one are left out."""


def _not_reason_sql(reason: str, _: ZoneInfo) -> Condition:
    if reason == ANY_REASON:
        return "status <> 'failed'", {}
    asked = REASON_ASKED_SQL.format("$not_reason")
    return f"NOT (status = 'failed' AND {REASON_SQL} = {asked})", {"not_reason": reason}


def _not_read(values: tuple[str, ...]) -> str:
    if values == ("",):
        return "in which no disclosure was left out"
    return f"in which {named(values, 'and')} {'was' if len(values) == 1 else 'were'} not read"


_HOURS = choices(*(str(hour) for hour in range(24)))
_WEEKDAYS = choices(*WEEKDAYS)
_DAYS = dict(
    zip(
        WEEKDAYS,
        ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays"),
        strict=True,
    )
)
_RULES = choices(*contradictions.BY_NAME)
_SORT = sort(SORTS, OWN_SORT)


def _hours_words(values: tuple[str, ...]) -> str:
    return " or ".join(f"{int(v):02}:00–{int(v):02}:59" for v in values)


DIMENSIONS = (
    Dimension(
        "status_filter",
        "Status",
        TEXT,
        lambda v: f"with status “{v}”",
        lambda v, _: ("status = $status_filter", {"status_filter": v}),
        api=True,
    ),
    Dimension(
        "agent_id",
        "Agent",
        TEXTS,
        lambda v: "without an agent" if v == ("",) else f"of agent {named(v)}",
        _any_of("agent_id", "agent_id"),
        api=True,
    ),
    Dimension(
        "contact_id",
        "Contact",
        TEXTS,
        lambda v: "without a contact" if v == ("",) else f"with contact {named(v)}",
        _any_of("contact_id", "contact_id"),
        api=True,
    ),
    Dimension(
        "search",
        "Search",
        TEXT,
        lambda v: f"whose agent or contact contains “{v}”",
        _search_sql,
        api=True,
    ),
    Dimension(
        "since",
        "Since",
        TIME,
        lambda v: f"since {time_words(v)}",
        _bound("created", ">=", "since"),
    ),
    Dimension(
        "until",
        "Until",
        TIME,
        lambda v: f"before {time_words(v)}",
        _bound("created", "<", "until"),
    ),
    Dimension(
        "weekday",
        "Weekday",
        _WEEKDAYS,
        lambda v: f"on {' or '.join(_DAYS[one] for one in v)}",
        _weekday_sql,
    ),
    Dimension("hour", "Hour", _HOURS, lambda v: f"at {_hours_words(v)}", _hour_sql),
    Dimension(
        "effort_min",
        "Effort from",
        NUMBER,
        lambda v: f"with effort of {v:g} or more",
        _bound("customer_effort_score", ">=", "effort_min"),
    ),
    Dimension(
        "effort_max",
        "Effort to",
        NUMBER,
        lambda v: f"with effort of {v:g} or less",
        _bound("customer_effort_score", "<=", "effort_max"),
    ),
    Dimension(
        "effort_score",
        "Effort score",
        choices(*bands.EFFORT_SCORES, bands.UNKNOWN),
        lambda v: f"with an effort score of about {' or '.join(v)}",
        _any_of(bands.EFFORT_SQL, "effort_score"),
    ),
    Dimension(
        "has_score",
        "Score",
        FLAG,
        lambda v: "with a score" if v else "without a score",
        _flag("customer_effort_score IS NOT NULL"),
    ),
    Dimension(
        "checked",
        "Checked",
        FLAG,
        lambda v: "with check verdicts" if v else "without check verdicts",
        _flag("n_flagged IS NOT NULL"),
    ),
    Dimension(
        "judged",
        "Verdict on",
        choices(*JUDGED),
        lambda v: f"with a verdict on {_spoken(v, 'and')}",
        _judged_sql,
    ),
    Dimension(
        "flagged",
        "Any check failed",
        FLAG,
        lambda v: "that failed a check" if v else "that failed no check",
        _flag("coalesce(n_flagged, 0) > 0"),
    ),
    Dimension(
        "failed_check",
        "Failed check",
        TEXTS,
        lambda v: f"that failed {_spoken(v, 'or')}",
        _checks_sql,
    ),
    Dimension(
        "failed_all",
        "Failed every check of",
        TEXTS,
        lambda v: f"that failed {_spoken(v, 'and')}",
        _all_of("flagged_checks", "failed_all"),
    ),
    Dimension(
        "missing_disclosure",
        "Missing disclosure",
        TEXTS,
        _not_read,
        _all_of("missing_disclosures", "missing_disclosure"),
    ),
    Dimension(
        "identity_stated",
        "Identity stated at",
        choices(*bands.IDENTITY.choices),
        lambda v: f"with identity stated at {' or '.join(v)}",
        _any_of(bands.IDENTITY.sql, "identity_stated"),
    ),
    Dimension(
        "greeting",
        "Greeting",
        FLAG,
        lambda v: "with a greeting" if v else "without a greeting",
        lambda v, _: ("greeting_present IS NOT DISTINCT FROM $greeting", {"greeting": v}),
    ),
    Dimension(
        "result",
        "Result",
        results.SIGNS,
        lambda v: f"where {' and '.join(map(results.sign_words, v))}",
        results.signs_sql("result", other=False),
    ),
    Dimension(
        "not_result",
        "Other result than",
        results.SIGNS,
        lambda v: f"where {' and '.join(results.sign_words(one, other=True) for one in v)}",
        results.signs_sql("not_result", other=True),
    ),
    Dimension(
        "contradiction",
        "Contradiction",
        _RULES,
        lambda v: " and ".join(f"where “{contradictions.BY_NAME[one].words}”" for one in v),
        _contradiction_sql,
    ),
    Dimension(
        "contradicts",
        "Any contradiction",
        FLAG,
        lambda v: "whose fields disagree" if v else "whose fields agree",
        _flag(contradictions.ANY_SQL),
    ),
    Dimension(
        "repeat",
        "Repeat call",
        FLAG,
        lambda v: (
            f"within {relations.REPEAT_DAYS} days of the contact's call before"
            if v
            else f"with no call of the contact in the {relations.REPEAT_DAYS} days before"
        ),
        _flag(relations.REPEAT_SQL),
    ),
    Dimension(
        "hidden",
        "Hides a call",
        FLAG,
        lambda v: (
            "that failed while another call of the contact completed"
            if v
            else "not hidden by a failed analysis"
        ),
        _flag(relations.HIDDEN_SQL),
    ),
    Dimension(
        "advice",
        "Coaching",
        TEXTS,
        lambda v: f"with the coaching {named(v, 'and')}",
        _all_of(results.ADVICE_SQL, "advice"),
    ),
    Dimension(
        "recommended",
        "Recommendation",
        results.ITEMS,
        lambda v: f"with a recommendation of {', and one of '.join(map(results.item_words, v))}",
        results.items_sql,
    ),
    Dimension(
        "reason",
        "Failure reason",
        TEXT,
        lambda v: f"that failed for “{v}”",
        lambda v, _: (
            f"status = 'failed' AND {REASON_SQL} = {REASON_ASKED_SQL.format('$reason')}",
            {"reason": v},
        ),
    ),
    Dimension(
        "not_reason",
        "Other than reason",
        TEXT,
        lambda v: "that did not fail" if v == ANY_REASON else f"that did not fail for “{v}”",
        _not_reason_sql,
    ),
    Dimension(
        "stuck",
        "Stuck",
        FLAG,
        lambda v: "that are stuck" if v else "that are not stuck",
        _flag(relations.STUCK_SQL),
    ),
    Dimension(
        "audio_format",
        "Audio format",
        TEXTS,
        lambda v: f"with audio format {named(v)}",
        _any_of("audio_format", "audio_format"),
    ),
    Dimension(
        "language",
        "Language",
        TEXTS,
        lambda v: f"in language {named(v)}",
        _any_of("language", "language"),
    ),
    Dimension(
        "duration_min",
        "Seconds from",
        NUMBER,
        lambda v: f"of {v:g} seconds or more",
        _bound("duration_s", ">=", "duration_min"),
    ),
    Dimension(
        "duration_max",
        "Seconds to",
        NUMBER,
        lambda v: f"of {v:g} seconds or less",
        _bound("duration_s", "<=", "duration_max"),
    ),
    Dimension(
        "duration",
        "Duration",
        choices(*bands.DURATION.choices),
        lambda v: f"with a duration of {' or '.join(v)}",
        _any_of(bands.DURATION.sql, "duration"),
    ),
    Dimension(
        "size",
        "Audio size",
        choices(*bands.SIZE.choices),
        lambda v: f"with an audio size of {' or '.join(v)}",
        _any_of(bands.SIZE.sql, "size"),
    ),
    Dimension(
        "bitrate",
        "Implied bitrate",
        choices(*bands.BITRATE.choices),
        lambda v: f"with an implied bitrate of {' or '.join(v)}",
        _any_of(bands.BITRATE.sql, "bitrate"),
    ),
    Dimension(
        "gap",
        "Call and audio differ by",
        choices(*bands.GAP.choices),
        lambda v: f"whose call and audio lengths differ by {' or '.join(v)}",
        _any_of(bands.GAP.sql, "gap"),
    ),
    Dimension(
        "webhook",
        "Webhook",
        FLAG,
        lambda v: "with a webhook" if v else "without a webhook",
        _flag("coalesce(has_webhook, false)"),
    ),
    Dimension(
        "livemode",
        "Live mode",
        FLAG,
        lambda v: "in live mode" if v else "in test mode",
        lambda v, _: ("livemode IS NOT DISTINCT FROM $livemode", {"livemode": v}),
    ),
    Dimension("sort", "Sort", _SORT, lambda _: "", lambda _, __: ("true", {})),
)
BY_NAME = {item.name: item for item in DIMENSIONS}
