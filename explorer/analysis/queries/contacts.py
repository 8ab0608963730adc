"""Contacts: who calls again soon, whose calls failed analyses hide, one contact's calls in order."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from explorer.analysis.filters import Filter
from explorer.analysis.frame import COLUMNS
from explorer.analysis.queries.kept import kept
from explorer.analysis.queries.lists import COLUMNS_SQL
from explorer.analysis.relations import REPEAT_DAYS
from explorer.analysis.statistics import SMALL_SAMPLE, mean_interval
from explorer.analysis.summary import Cursor, fetch, summary
from explorer.analysis.zones import DAY_S

MOST_CONTACTS = 200
"""Contacts listed; the others can be reached by the filters."""
ORDERS = {
    "repeats": ["n_repeats", "n_calls"],
    "calls": ["n_calls"],
    "hidden": ["n_hidden", "n_calls"],
}
_CONTACT = "coalesce(contact_id, '')"


@summary(
    n_calls=lambda calls, row, _: calls,
    n_repeats=lambda calls, row, _: calls.with_(repeat=True),
    n_failed=lambda calls, row, _: calls.with_(status_filter="failed"),
    n_hidden=lambda calls, row, _: calls.with_(hidden=True),
    n_without_contact=lambda calls, row, _: calls.with_(contact_id=""),
)
def contact_totals(cursor: Cursor, calls: Filter, zone: ZoneInfo) -> pd.DataFrame:
    """How many contacts called, and how many of their calls are repeats or hidden.

    Returns
    -------
    One row: ``contacts`` and ``contacts_with_repeats`` (int), ``n_calls``, ``n_repeats`` (calls
    within `REPEAT_DAYS` of the contact's call before, whether or not that one matches),
    ``n_failed`` (analyses), ``n_hidden`` (failed ones of contacts of whom the account has a
    completed analysis), ``n_without_contact``.

    Source: table ``calls``; API fields ``call.contact_id``, ``created`` and ``status``.
    """
    columns = ["contacts", "contacts_with_repeats", "n_calls", "n_repeats", "n_failed", "n_hidden"]
    columns += ["n_without_contact"]
    table = _most_telling(cursor, calls, zone, MOST_CONTACTS).head(1)
    return table[[f"all_{name}" for name in columns]].set_axis(columns, axis=1)


def _of_contact(**changes: Any) -> Any:
    return lambda calls, row, _: calls.with_(contact_id=row.contact_id, **changes)


@summary(
    n_calls=_of_contact(),
    n_repeats=_of_contact(repeat=True),
    n_scored=_of_contact(has_score=True),
    n_failed=_of_contact(status_filter="failed"),
    n_hidden=_of_contact(hidden=True),
)
def contacts(
    cursor: Cursor,
    calls: Filter,
    zone: ZoneInfo,
    *,
    order: str = "repeats",
    most: int = MOST_CONTACTS,
) -> pd.DataFrame:
    """The contacts with the most repeats, calls or hidden calls; ties by name.

    Parameters
    ----------
    order : ``repeats``, ``calls`` or ``hidden``; the most first.
    most : contacts listed; `contact_totals` says how many there are.

    Returns
    -------
    One row a contact: ``contact_id``, ``n_calls``, ``n_repeats``, ``n_scored``, ``mean_effort``
    (0–5, NaN without scores), ``low`` and ``high`` (95 % t interval cut to 0–5, NaN below two
    scores), ``few`` (fewer than `SMALL_SAMPLE` scores), ``n_failed``, ``n_hidden`` (as in
    `contact_totals`), ``first_seen_at``, ``last_seen_at`` (UTC).

    Raises
    ------
    KeyError : there is no such order.

    Source: table ``calls``; API field ``call.contact_id``.
    """
    columns = ["contact_id", "n_calls", "n_repeats", "n_scored", "mean_effort", "low", "high"]
    columns += ["few", "n_failed", "n_hidden", "first_seen_at", "last_seen_at"]
    table = _most_telling(cursor, calls, zone, most)
    table = table[table["contact_id"].notna()].sort_values("contact_id")
    table = table.sort_values(ORDERS[order], ascending=False, kind="stable", ignore_index=True)
    table = table.head(most)
    low, high = mean_interval(table["n_scored"], table["mean_effort"], table["deviation"])
    table["low"], table["high"] = low.clip(0, 5), high.clip(0, 5)
    table["few"] = table["n_scored"] < SMALL_SAMPLE
    return table[columns]


@kept
def _most_telling(cursor: Cursor, calls: Filter, zone: ZoneInfo, most: int) -> pd.DataFrame:
    """The `most` contacts by each of `ORDERS`, and beside each the totals of all.

    One row a contact; a single one without contact where none has any. Everything the page shows
    is found in one pass: putting the calls of each contact in order takes most of the time.
    """
    where, parameters = calls.where(zone=zone)
    listed = " UNION ".join(
        f"(SELECT contact FROM told ORDER BY {' DESC, '.join(order)} DESC, contact_id "
        f"LIMIT {int(most)})"
        for order in ORDERS.values()
    )
    return fetch(
        cursor,
        f"""
        WITH counted AS MATERIALIZED (
            SELECT contact_id, hash(contact_id) AS contact, {_COUNTS},
                   bool_or(status = 'completed') AS any_completed
            FROM (SELECT contact_id, created, status, {_SCORE}, {where} AS chosen
                  FROM calls WHERE contact_id <> '')
            GROUP BY contact_id HAVING n_calls > 0),
        -- contacts as in `REPEAT_SQL`, and nothing else: putting more in order takes longer
        spaced AS (
            SELECT contact, chosen,
                   created - lag(created) OVER (PARTITION BY contact ORDER BY created, place)
                   <= {REPEAT_DAYS * DAY_S} AS is_repeat
            FROM (SELECT hash(contact_id) AS contact, created, rowid AS place, {where} AS chosen
                  FROM calls WHERE contact_id <> '')),
        repeats AS (
            SELECT contact, count(*) AS n FROM spaced WHERE chosen AND is_repeat GROUP BY contact),
        told AS MATERIALIZED (
            SELECT counted.*, coalesce(repeats.n, 0) AS n_repeats,
                   CASE WHEN any_completed THEN n_failed ELSE 0 END AS n_hidden
            FROM counted LEFT JOIN repeats USING (contact)),
        totals AS (
            SELECT count(*) AS all_contacts,
                   count(*) FILTER (n_repeats > 0) AS all_contacts_with_repeats,
                   coalesce(sum(n_repeats), 0)::BIGINT AS all_n_repeats,
                   coalesce(sum(n_hidden), 0)::BIGINT AS all_n_hidden FROM told),
        matching AS (
            SELECT count(*) AS all_n_calls, count(*) FILTER (status = 'failed') AS all_n_failed,
                   count(*) FILTER ({_CONTACT} = '') AS all_n_without_contact
            FROM calls WHERE {where})
        SELECT * FROM totals CROSS JOIN matching
        LEFT JOIN (SELECT * FROM told WHERE contact IN ({listed})) ON true
        """,
        parameters,
    )


_SCORE = "customer_effort_score"
_COUNTS = f"""
    count(*) FILTER (chosen) AS n_calls,
    count({_SCORE}) FILTER (chosen) AS n_scored,
    avg({_SCORE}) FILTER (chosen) AS mean_effort,
    stddev_samp({_SCORE}) FILTER (chosen) AS deviation,
    count(*) FILTER (chosen AND status = 'failed') AS n_failed,
    to_timestamp(min(created) FILTER (chosen)) AS first_seen_at,
    to_timestamp(max(created) FILTER (chosen)) AS last_seen_at"""


@kept
def contact_calls(
    cursor: Cursor, calls: Filter, zone: ZoneInfo, *, contact: str, most: int = 500
) -> pd.DataFrame:
    """The last calls of a contact, oldest first.

    Parameters
    ----------
    most : calls at most; the newest ones.

    Returns
    -------
    One row a call: the columns of `COLUMNS`, ``gap_s`` (seconds since the contact's call before,
    whether or not that one matches; NaN for the first), ``repeat`` and ``hidden`` (as the filters
    of these names).

    Source: table ``calls``.
    """
    where, parameters = calls.with_(contact_id=None, sort=None).where(zone=zone)
    table = fetch(
        cursor,
        f"""
        WITH own AS (
            SELECT *, rowid AS place,
                   created - lag(created) OVER (ORDER BY created, rowid) AS gap_s,
                   bool_or(status = 'completed') OVER () AS any_completed
            FROM calls WHERE contact_id = $contact
        ), chosen AS (SELECT rowid AS place FROM calls WHERE contact_id = $contact AND {where})
        SELECT * FROM (
            SELECT {COLUMNS_SQL}, gap_s, created, place,
                   coalesce(gap_s <= {REPEAT_DAYS * DAY_S}, false) AS repeat,
                   coalesce(status = 'failed' AND any_completed, false) AS hidden
            FROM own WHERE place IN (SELECT place FROM chosen)
            ORDER BY created DESC, place DESC LIMIT $most)
        ORDER BY created, place
        """,
        parameters | {"contact": contact, "most": most},
    )
    types = {**COLUMNS, "gap_s": "float64", "repeat": "bool", "hidden": "bool"}
    return table[list(types)].astype(types)
