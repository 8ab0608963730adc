"""What calls can be filtered by: one table, of which every row is a field of `filters.Filter`.

A dimension's name is the filter's field, the URL parameter and the widget key; it knows its API
parameter if the API has one, its condition in SQL over the columns of the mirror, and its words. A
page that counts something new adds a row here, and its numbers can be opened.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from explorer.analysis import bands, contradictions, zones
from explorer.analysis.failures import REASON_ASKED_SQL, REASON_SQL
from explorer.analysis.kinds import (
    FLAG,
    NUMBER,
    TEXT,
    TEXTS,
    TIME,
    Kind,
    choices,
    sort,
)
from explorer.analysis.times import time_words
from explorer.errors import InvalidFilterError

Parameters = dict[str, Any]
Condition = tuple[str, Parameters]
Sql = Callable[[Any, ZoneInfo], Condition]

STATUSES = ("processing", "completed", "failed")
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
REPEAT_DAYS = 7
"""A contact who calls again within this many days calls a second time about it."""
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


# Contacts by the hash of their names, 64 bits: sorting by names takes twice as long, and two of a
# million contacts have one hash in one account of 37 million. The calls that are no repeat are
# looked up, since where it matters they are far fewer.
REPEAT_SQL = f"""(coalesce(contact_id, '') <> '' AND rowid NOT IN (
    SELECT row FROM (
        SELECT row, created - lag(created) OVER (PARTITION BY contact ORDER BY created, row) AS gap
        FROM (SELECT rowid AS row, created, hash(contact_id) AS contact FROM calls
              WHERE contact_id <> ''))
    WHERE gap IS NULL OR gap > {REPEAT_DAYS * zones.DAY_S}))"""
"""Whether a contact's call came within `REPEAT_DAYS` of the one before it."""
HIDDEN_SQL = """(status = 'failed' AND coalesce(contact_id, '') IN (
    SELECT DISTINCT contact_id FROM calls WHERE status = 'completed' AND contact_id <> ''))"""
"""Whether a failed analysis hides a call of a contact of whom others are completed."""
ADVICE_WORDS_SQL = """CASE WHEN json_type(item) = 'OBJECT'
    THEN coalesce(item ->> '$.text', item ->> '$.recommendation', item ->> '$.message')
    ELSE item ->> '$' END"""
"""What a coaching item says, which is a text or an object."""
ADVICE_SQL = f"""list_distinct(flatten(list_transform(
    json_extract(results, '$.coaching.recommendations[*]'),
    lambda item: [nullif({ADVICE_WORDS_SQL}, ''), nullif(item ->> '$.category', '')])))"""
"""The words and the categories of a call's coaching items, each once; null without results."""
JUDGED = {
    "identity_verification": "identity_flagged",
    "greeting": "greeting_present",
}
"""Verdicts of which the field may be missing where there are others, and their columns."""

ANY_REASON = "(any)"
"""Stands for every reason of a failure, where calls of one are left out."""
TIMED_DAYS = 90
"""How long processing takes changes over time."""
TIMED_CALLS = 100_000
"""More completed calls than this, the newest, would not make a 99th percentile more certain."""
FEWEST_TIMED = 100
"""A 99th percentile of fewer is not much more than their slowest one."""
STUCK_GRACE_S = 300
"""A call may have ended since the mirror was refreshed, every three minutes."""
TURNAROUND_SQL = (
    "(CASE WHEN completed_ms >= created * 1000 THEN completed_ms / 1000.0 - created "
    "ELSE processing_time_s END)"
)
"""Seconds from a call's creation to its end; null where the API tells neither."""
WAITING_SQL = f"""
    WITH waiting AS (
        SELECT rowid AS row, created, {bands.AUDIO_LENGTH.measure} AS length_s,
               {bands.AUDIO_LENGTH.places_sql} AS band
        FROM calls WHERE status = 'processing'),
    ended AS (
        SELECT {bands.AUDIO_LENGTH.measure} AS length_s, {bands.AUDIO_LENGTH.places_sql} AS band,
               {TURNAROUND_SQL} AS took_s
        FROM calls
        WHERE status = 'completed' AND {TURNAROUND_SQL} >= 0 AND EXISTS (FROM waiting)
              AND created >= (SELECT max(created) FROM calls) - {TIMED_DAYS * zones.DAY_S}
              AND created >= coalesce((SELECT created FROM calls WHERE status = 'completed'
                  ORDER BY created DESC LIMIT 1 OFFSET {TIMED_CALLS}), created)),
    per_band AS (
        SELECT band, quantile_cont(took_s, 0.99) AS limit_s FROM ended
        WHERE band IN (SELECT band FROM waiting)
        GROUP BY band HAVING count(*) >= {FEWEST_TIMED}),
    overall AS (
        SELECT quantile_cont(took_s / length_s, 0.99) FILTER (length_s > 0) AS factor,
               quantile_cont(took_s, 0.99) AS limit_s
        FROM ended
        WHERE EXISTS (FROM waiting WHERE band NOT IN (SELECT band FROM per_band)))
    SELECT row, created + CAST(ceil(coalesce(
               per_band.limit_s, overall.factor * nullif(greatest(length_s, 0), 0), overall.limit_s
           )) AS BIGINT) AS expected
    FROM waiting LEFT JOIN per_band USING (band) CROSS JOIN overall"""
"""Calls still processing: ``row``, and ``expected``: the Unix second by which 99 % of completed
calls of that audio length had ended, of the newest `TIMED_CALLS` in the last `TIMED_DAYS` of the account. Where too few of
that length have, 99 % of all seconds of processing a second of audio are taken; null where none
has.
"""
STUCK_SQL = f"""rowid IN (
    SELECT row FROM ({WAITING_SQL})
    WHERE expected + {STUCK_GRACE_S} < CAST(epoch(now()) AS BIGINT))"""
"""Whether a call is still processing although 99 % of those like it had ended."""


def _not_reason_sql(reason: str, _: ZoneInfo) -> Condition:
    if reason == ANY_REASON:
        return "status <> 'failed'", {}
    asked = REASON_ASKED_SQL.format("$not_reason")
    return f"NOT (status = 'failed' AND {REASON_SQL} = {asked})", {"not_reason": reason}


_SIGN = re.compile(r"(?P<path>(?:/[\w-]+)+)(?:=(?P<value>.*)|(?P<some>>0))", re.DOTALL)


def _accept_signs(name: str, value: Any) -> tuple[str, ...]:
    values: tuple[str, ...] = TEXTS.accept(name, value)
    for one in values:
        if _SIGN.fullmatch(one) is None:
            raise InvalidFilterError(
                f"“{one[:80]}” is no {name}: write /quality/greeting/present=true, or "
                "/quality/interruptions/count>0 for counts."
            )
    return values


def _signs_sql(name: str, *, other: bool) -> Sql:
    above, equal = ("<= 0", "<>") if other else ("> 0", "=")

    def condition(values: tuple[str, ...], _: ZoneInfo) -> Condition:
        conditions, parameters = [], {}
        for i, value in enumerate(values):
            sign = _SIGN.fullmatch(value)
            assert sign is not None
            if sign["some"]:
                # as JSON, where a text keeps its quotes: "nan" and "3" are no counts
                found = f"CAST(json_extract(results, '{sign['path']}') AS VARCHAR)"
                conditions.append(f"coalesce(try_cast({found} AS DOUBLE) {above}, false)")
            else:
                found = f"json_extract_string(results, '{sign['path']}')"
                conditions.append(f"coalesce({found} {equal} ${name}_{i}, false)")
                parameters[f"{name}_{i}"] = sign["value"]
        return " AND ".join(conditions), parameters

    return condition


def _sign_words(value: str, *, other: bool = False) -> str:
    sign = _SIGN.fullmatch(value)
    assert sign is not None
    spoken = sign["path"].strip("/").replace("/", " ").replace("_", " ")
    if sign["some"]:
        return f"“{spoken} {'not ' if other else ''}above 0”"
    return f"“{spoken} is {'not ' if other else ''}{sign['value'] or 'empty'}”"


_ITEM = re.compile(
    r"(?:priority=(?P<priority>.*?))?(?:(?(priority)&|)category=(?P<category>.*))?", re.DOTALL
)
RECOMMENDATIONS_SQL = "json_extract(results, '$.coaching.recommendations[*]')"


def _accept_items(name: str, value: Any) -> tuple[str, ...]:
    values: tuple[str, ...] = TEXTS.accept(name, value)
    for one in values:
        if not one or _ITEM.fullmatch(one) is None:
            raise InvalidFilterError(
                f"“{one[:80]}” is no {name}: write priority=high, category=identity, or "
                "priority=high&category=identity."
            )
    return values


def _items_sql(values: tuple[str, ...], _: ZoneInfo) -> Condition:
    conditions: list[str] = []
    parameters: Parameters = {}
    for i, value in enumerate(values):
        item = _ITEM.fullmatch(value)
        assert item is not None
        wanted = {part: text for part, text in item.groupdict().items() if text is not None}
        tests = [f"coalesce(item ->> '$.{part}', '') = $recommended_{i}_{part}" for part in wanted]
        found = f"list_filter({RECOMMENDATIONS_SQL}, lambda item: {' AND '.join(tests)})"
        conditions.append(f"coalesce(len({found}) > 0, false)")
        parameters |= {f"recommended_{i}_{part}": text for part, text in wanted.items()}
    return " AND ".join(conditions), parameters


def _item_words(value: str) -> str:
    item = _ITEM.fullmatch(value)
    assert item is not None
    return " and ".join(
        f"{part} “{text}”" if text else f"no {part}"
        for part, text in item.groupdict().items()
        if text is not None
    )


_ITEMS = Kind("texts", _accept_items, list, _accept_items)


def _not_read(values: tuple[str, ...]) -> str:
    if values == ("",):
        return "in which no disclosure was left out"
    return f"in which {named(values, 'and')} {'was' if len(values) == 1 else 'were'} not read"


_SIGNS = Kind("texts", _accept_signs, list, _accept_signs)
_HOURS = choices(*(str(hour) for hour in range(24)))
_WEEKDAYS = choices(*WEEKDAYS)
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
        lambda v: f"of agent {named(v)}",
        _any_of("agent_id", "agent_id"),
        api=True,
    ),
    Dimension(
        "contact_id",
        "Contact",
        TEXTS,
        lambda v: f"with contact {named(v)}",
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
        lambda v: f"begun on {' or '.join(one.capitalize() for one in v)}",
        _weekday_sql,
    ),
    Dimension("hour", "Hour", _HOURS, lambda v: f"begun at {_hours_words(v)}", _hour_sql),
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
        _SIGNS,
        lambda v: f"where {' and '.join(map(_sign_words, v))}",
        _signs_sql("result", other=False),
    ),
    Dimension(
        "not_result",
        "Other result than",
        _SIGNS,
        lambda v: f"where {' and '.join(_sign_words(one, other=True) for one in v)}",
        _signs_sql("not_result", other=True),
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
            f"within {REPEAT_DAYS} days of the contact's call before"
            if v
            else f"with no call of the contact in the {REPEAT_DAYS} days before"
        ),
        _flag(REPEAT_SQL),
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
        _flag(HIDDEN_SQL),
    ),
    Dimension(
        "advice",
        "Coaching",
        TEXTS,
        lambda v: f"with the coaching {named(v, 'and')}",
        _all_of(ADVICE_SQL, "advice"),
    ),
    Dimension(
        "recommended",
        "Recommendation",
        _ITEMS,
        lambda v: f"with a recommendation of {', and one of '.join(map(_item_words, v))}",
        _items_sql,
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
        _flag(STUCK_SQL),
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
