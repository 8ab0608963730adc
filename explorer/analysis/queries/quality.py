"""Quality signs of any name, greetings, and recommendations rolled up.

Signs and recommendations lie inside ``results``, which is large: they are read of the newest
`NEWEST` matching calls, and the numbers open the calls of that time.
"""

from __future__ import annotations

import re
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from explorer.analysis.filters import Filter
from explorer.analysis.queries.fields import FREE_TEXT, fields_of, values_sql
from explorer.analysis.queries.newest import begun, newest, with_since
from explorer.analysis.results import RECOMMENDATIONS_SQL
from explorer.analysis.statistics import SMALL_SAMPLE, share_interval
from explorer.analysis.summary import Cursor, fetch, summary

ABOVE = "above 0"
"""The value of a count that is not 0."""
MOST_WORDS = 12
LONGEST_WORD = 32
LARGEST_COUNT = 1000
"""What a sign is: one of few short words, or a small count; others are free text and measures."""

# What other parts of the app show, and know the meaning of.
_KNOWN = re.compile(
    r"/coaching/customer_effort_score"
    r"|/compliance/identity_verification/(verified|timestamp|flagged)"
    r"|/compliance/mandatory_disclosures/read"
    r"|/compliance/purpose_declaration/(disclosed|interaction_number|flagged)"
    r"|/compliance/prohibited_phrases/used"
    r"|/compliance/sensitive_data/shared"
)


@summary(n_calls=lambda calls, row, _: _with_sign(begun(calls, row.since_at), row))
def quality_signs(cursor: Cursor, calls: Filter, zone: ZoneInfo) -> pd.DataFrame:
    """Flags, counts and words found anywhere in ``results``, with how often each value occurs.

    Fields are discovered in the newest `LOOKED_THROUGH` calls, so that those the API adds are
    there. Left out are the fields that the compliance tables count, the effort score, lists,
    measures and free text.

    Returns
    -------
    One row a sign and value, signs by name: ``sign`` (its place, ``/quality/greeting/present``),
    ``value`` (text; of counts ``0`` and ``above 0``), ``kind`` (``flag``, ``count`` or ``word``),
    ``n_calls``, ``of_calls`` (calls that say anything there), ``share`` (0–1 of these),
    ``share_low``, ``share_high`` (95 % Wilson interval), ``few_calls`` (fewer than `SMALL_SAMPLE` say
    anything), ``since_at`` (UTC; from when on calls are counted, missing where all are).

    Source: column ``results`` of the newest `NEWEST` matching calls; API field ``results``.
    """
    read, since_at = newest(cursor, calls, zone)
    where, parameters = read.where(zone=zone)
    found = fields_of(cursor, where, parameters)
    places = [place for place in found if not _KNOWN.fullmatch(place)]
    table = fetch(
        cursor,
        f"""
        WITH found AS (SELECT results FROM calls WHERE has_results AND {where}),
        texts AS (
            SELECT place AS sign, text, count(*) AS n FROM ({values_sql(LONGEST_WORD)}) GROUP BY ALL),
        kinds AS (
            SELECT sign, CASE
                WHEN bool_and(regexp_full_match(text, '[0-9]+')) THEN
                    CASE WHEN max(try_cast(text AS DOUBLE)) <= {LARGEST_COUNT} THEN 'count' END
                WHEN bool_and(text IN ('true', 'false')) THEN 'flag'
                WHEN bool_and(text LIKE '"%' OR text IN ('true', 'false'))
                     AND count(*) <= {MOST_WORDS} AND NOT bool_or(text = '{FREE_TEXT}')
                    THEN 'word' END AS kind
            FROM texts GROUP BY sign)
        SELECT *, CAST(sum(n_calls) OVER (PARTITION BY sign) AS BIGINT) AS of_calls FROM (
            SELECT sign, CASE WHEN kind = 'count' AND text <> '0' THEN '{ABOVE}'
                              ELSE text ->> '$' END AS value,
                   kind, CAST(sum(n) AS BIGINT) AS n_calls
            FROM texts JOIN kinds USING (sign) WHERE kind IS NOT NULL GROUP BY ALL)
        ORDER BY sign, value
        """,
        parameters | {"places": places},
    )
    return _with_share(table, since_at)


def _with_sign(calls: Filter, row: Any) -> Filter:
    above = row.kind == "count" and row.value == ABOVE
    sign = f"{row.sign}>0" if above else f"{row.sign}={row.value}"
    return calls.with_(result=tuple(dict.fromkeys([*(calls.result or ()), sign])))


def _with_share(table: pd.DataFrame, since_at: Any) -> pd.DataFrame:
    table["share"] = table["n_calls"] / table["of_calls"]
    table["share_low"], table["share_high"] = share_interval(table["n_calls"], table["of_calls"])
    table["few_calls"] = table["of_calls"] < SMALL_SAMPLE
    return with_since(table, since_at)


@summary(
    n_greeted=lambda calls, row, _: calls.with_(greeting=True),
    n_not_greeted=lambda calls, row, _: calls.with_(greeting=False),
)
def greetings(cursor: Cursor, calls: Filter, zone: ZoneInfo) -> pd.DataFrame:
    """Calls with a greeting, of those that say whether there was one.

    Returns
    -------
    One row: ``n_greeted``, ``n_not_greeted``, ``of_calls`` (both), ``greeted_share`` (0–1, NaN
    where no call says), ``share_low``, ``share_high`` (95 % Wilson interval), ``not_said`` (calls
    that do not say).

    Source: table ``calls``; API field ``results.quality.greeting.present``.
    """
    where, parameters = calls.where(zone=zone)
    table = fetch(
        cursor,
        f"""
        SELECT count(*) FILTER (greeting_present) AS n_greeted,
               count(*) FILTER (NOT greeting_present) AS n_not_greeted,
               count(greeting_present) AS of_calls,
               count(*) - count(greeting_present) AS not_said
        FROM calls WHERE {where}
        """,
        parameters,
    )
    of_calls = table["of_calls"].where(table["of_calls"] > 0)
    table.insert(3, "greeted_share", table["n_greeted"] / of_calls)
    low, high = share_interval(table["n_greeted"], table["of_calls"])
    table.insert(4, "share_low", low)
    table.insert(5, "share_high", high)
    return table


@summary(n_calls=lambda calls, row, _: _recommended(begun(calls, row.since_at), row))
def recommendations(cursor: Cursor, calls: Filter, zone: ZoneInfo) -> pd.DataFrame:
    """Calls by the priority and category of what coaching recommends; a call may be in several.

    Returns
    -------
    One row a priority and category, most frequent first: ``priority``, ``category`` (empty where
    an item has none, as those that are plain text), ``n_calls`` (with such an item), ``of_calls``
    (calls with results), ``share`` (0–1 of these), ``share_low``, ``share_high`` (95 % Wilson
    interval), ``few_calls``, ``since_at`` (UTC; from when on calls are counted, missing where all are).

    Source: column ``results`` of the newest `NEWEST` matching calls; API field
    ``results.coaching.recommendations``.
    """
    read, since_at = newest(cursor, calls, zone)
    where, parameters = read.where(zone=zone)
    table = fetch(
        cursor,
        f"""
        WITH newest AS (SELECT results FROM calls WHERE has_results AND {where}),
        pairs AS (
            SELECT unnest(list_distinct(list_transform({RECOMMENDATIONS_SQL}, lambda item: {{
                'priority': coalesce(item ->> '$.priority', ''),
                'category': coalesce(item ->> '$.category', '')}}))) AS pair FROM newest)
        SELECT pair.priority AS priority, pair.category AS category, count(*) AS n_calls,
               (SELECT count(*) FROM newest) AS of_calls
        FROM pairs WHERE NOT contains(pair.priority, '&category=')  -- the filter cannot say it
        GROUP BY ALL ORDER BY n_calls DESC, priority, category
        """,
        parameters,
    )
    return _with_share(table, since_at)


def _recommended(calls: Filter, row: Any) -> Filter:
    item = f"priority={row.priority}&category={row.category}"
    return calls.with_(recommended=tuple(dict.fromkeys([*(calls.recommended or ()), item])))
