"""Calls whose own fields disagree: how many break each rule, and which."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from explorer.analysis.contradictions import ALIKE, ANY_SQL, BY_NAME, RULES
from explorer.analysis.dimensions import OWN_SORT
from explorer.analysis.filters import Filter
from explorer.analysis.queries.kept import kept
from explorer.analysis.queries.lists import calls_page
from explorer.analysis.queries.newest import begun, newest
from explorer.analysis.statistics import SMALL_SAMPLE, share_interval
from explorer.analysis.summary import Cursor, fetch, summary

LOOKED_AT = 20_000
"""The newest calls, in which a page of contradicting ones is looked for first: to
ask the rules of a million takes a while."""


@summary(n_calls=lambda calls, row, _: _breaking(calls, row.rule))
def contradictions(cursor: Cursor, calls: Filter, zone: ZoneInfo) -> pd.DataFrame:
    """How many calls break each rule, most first; every rule is there.

    Returns
    -------
    One row a rule of `contradictions.RULES`: ``n_calls`` (that break it), ``disagreement`` (in
    words), ``share`` (0–1 of those that could, NaN where there are none), ``of_possible`` (how many
    could), ``among`` (which could, in words), ``share_low``, ``share_high`` (95 % Wilson
    interval), ``few_calls`` (fewer than `SMALL_SAMPLE` could), ``rule`` (its name). Empty for no
    calls.

    Source: table ``calls``; the API fields that `contradictions.RULES` names.
    """
    found = _broken(cursor, calls, zone)
    rules = RULES if found["n"].iloc[0] else ()
    table = pd.DataFrame(
        [
            (rule.name, rule.words, found[f"broken_{n}"].iloc[0], found[f"of_{n}"].iloc[0],
             rule.among)
            for n, rule in enumerate(rules)
        ],
        columns=["rule", "disagreement", "n_calls", "of_possible", "among"],
    )  # fmt: skip
    table = table.astype({"n_calls": "int64", "of_possible": "int64"})
    table["share"] = table["n_calls"] / table["of_possible"].where(table["of_possible"] > 0)
    table["share_low"], table["share_high"] = share_interval(table["n_calls"], table["of_possible"])
    table["few_calls"] = table["of_possible"] < SMALL_SAMPLE
    table = table[
        ["n_calls", "disagreement", "share", "of_possible", "among", "share_low", "share_high",
         "few_calls", "rule"]
    ]  # fmt: skip
    return table.sort_values("n_calls", ascending=False, kind="stable", ignore_index=True)


@kept
def _broken(cursor: Cursor, calls: Filter, zone: ZoneInfo) -> pd.DataFrame:
    """One row: ``n`` calls, ``n_contradicting``, of each rule's place ``broken_…`` and ``of_…``."""
    where, parameters = calls.where(zone=zone)
    told = ", ".join(f"{sql} AS {name}" for name, (sql, _) in ALIKE.items())
    alike = ", ".join(f"{sql} AS {name}" for name, (_, sql) in ALIKE.items())
    conditions = {"n": "true", "n_contradicting": ANY_SQL}
    for place, rule in enumerate(RULES):
        conditions |= {f"broken_{place}": rule.sql, f"of_{place}": rule.applies}
    counts = ", ".join(
        f"CAST(coalesce(sum(kinds.n) FILTER ({sql}), 0) AS BIGINT) AS {name}"
        for name, sql in conditions.items()
    )
    return fetch(
        cursor,
        f"""
        WITH matching AS (SELECT {", ".join(ALIKE)} FROM calls WHERE {where}),
        counted AS (SELECT {told}, count(*) AS n FROM matching GROUP BY ALL),
        kinds AS (SELECT {alike}, n FROM counted)
        SELECT {counts} FROM kinds
        """,
        parameters,
    )


def _breaking(calls: Filter, rule: str) -> Filter:
    """Those of the calls that break a rule, whatever other rules they are filtered by."""
    before = calls.contradiction or ()
    return calls.with_(contradiction=tuple(dict.fromkeys([*before, rule])))


@summary(
    n_calls=lambda calls, row, _: calls,
    n_contradicting=lambda calls, row, _: calls.with_(contradicts=True),
)
def contradicting(cursor: Cursor, calls: Filter, zone: ZoneInfo) -> pd.DataFrame:
    """How many calls break a rule at all.

    Returns
    -------
    One row: ``n_calls``, ``n_contradicting`` (each once, however many rules it breaks), ``share``
    (0–1, NaN for no calls), ``share_low``, ``share_high`` (95 % Wilson interval).

    Source: as `contradictions`.
    """
    found = _broken(cursor, calls, zone)
    table = found[["n", "n_contradicting"]].rename(columns={"n": "n_calls"})
    table["share"] = table["n_contradicting"] / table["n_calls"].where(table["n_calls"] > 0)
    low, high = share_interval(table["n_contradicting"], table["n_calls"])
    return table.assign(share_low=low, share_high=high)


@kept
def contradicting_calls(
    cursor: Cursor, calls: Filter, zone: ZoneInfo, *, limit: int, offset: int = 0
) -> pd.DataFrame:
    """One page of the calls that break a rule, in the filter's order.

    Returns
    -------
    The columns of `frame.COLUMNS`, and ``broken`` (the rules in words, ``; `` between them).
    """
    # not `with_(contradicts=True)`: who asks for calls whose fields agree is to see none
    if calls.contradicts is False:
        limit = 0
    broken_ones = calls.with_(contradicts=True)
    newest = _newest(cursor, broken_ones, zone)
    found = calls_page(cursor, newest, zone, limit=limit, offset=offset)
    if len(found) < limit and newest != broken_ones:
        found = calls_page(cursor, broken_ones, zone, limit=limit, offset=offset)
    broken = ", ".join(f"CASE WHEN {rule.sql} THEN '{rule.name}' END" for rule in RULES)
    rules: dict[Any, list[str]] = dict(
        cursor.execute(
            f"SELECT id, list_filter([{broken}], lambda name: name IS NOT NULL) FROM calls "
            "WHERE id IN (SELECT unnest($ids))",
            {"ids": list(found["id"])},
        ).fetchall()
    )
    words = ["; ".join(BY_NAME[name].words for name in rules[one]) for one in found["id"]]
    return found.assign(broken=pd.Series(words, index=found.index, dtype="str"))


def _newest(cursor: Cursor, calls: Filter, zone: ZoneInfo) -> Filter:
    """Those that break a rule among the newest `LOOKED_AT` with results; all in another order."""
    if calls.sort not in (None, OWN_SORT):
        return calls
    _, since_at = newest(cursor, calls.with_(contradicts=None), zone, most=LOOKED_AT)
    return begun(calls, since_at)
