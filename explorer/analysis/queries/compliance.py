"""Compliance: checks per agent and week, missing disclosures, near misses, what was said wrongly."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from itertools import combinations
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from explorer.analysis import bands, periods
from explorer.analysis.filters import Filter
from explorer.analysis.queries.kept import kept
from explorer.analysis.queries.volume import failing
from explorer.analysis.statistics import (
    SMALL_SAMPLE,
    corrected,
    difference_of_shares,
    lift,
    share_interval,
)
from explorer.analysis.summary import Cursor, fetch, row, summary
from explorer.analysis.zones import local_week_sql, monday
from explorer.api.models import COMPLIANCE_CHECKS

MOST_DISCLOSURES = 12
"""Followed over weeks and in pairs: the ones that go missing most."""
NEAR_MISS = "15-20 s"
"""The identity is to be stated in the first 15 seconds."""
FEWEST_A_SIDE = 20
"""Checked calls before and after a step: with fewer the share before says little."""
STEP_P = 0.01
SMALLEST_STEP = 0.05
"""Of many calls a step of a thousandth is certain too, and tells nobody anything."""
INSTANCE_CHECKS = {"prohibited_phrases": "n_prohibited", "sensitive_data": "n_sensitive"}
"""Checks that list what was said, and the columns that count it."""

_CHECKED = "n_flagged IS NOT NULL"


def missing(calls: Filter, *disclosures: str) -> Filter:
    """Those of the calls in which these were not read, whatever others they are filtered by."""
    before = calls.missing_disclosure or ()
    return calls.with_(missing_disclosure=tuple(dict.fromkeys([*before, *disclosures])))


def week_sql(cursor: Cursor, where: str, parameters: dict[str, Any], zone: ZoneInfo) -> str:
    """The expression of `local_week_sql` for the calls."""
    first, last = row(
        cursor, f"SELECT min(created), max(created) FROM calls WHERE {where}", parameters
    )
    return local_week_sql(zone, first or 0, last or 0)


def _of_week(calls: Filter, found: Any, zone: ZoneInfo) -> Filter:
    return periods.within(calls, found.week, found.week + timedelta(days=7), zone)


@summary(
    n_checked=lambda calls, row, _: calls.with_(agent_id=row.agent_id, checked=True),
    n_failed=lambda calls, row, _: failing(calls.with_(agent_id=row.agent_id), row.check),
)
def checks_by_agent(cursor: Cursor, calls: Filter, zone: ZoneInfo) -> pd.DataFrame:
    """How often each agent's calls fail each check.

    Returns
    -------
    One row an agent and check, agents with most checked calls first: ``agent_id`` (empty where
    none is given), ``check``, ``n_checked`` (calls with check verdicts), ``n_failed``,
    ``failed_share`` (0–1 of the checked), ``share_low``, ``share_high`` (95 % Wilson interval),
    ``few_calls`` (fewer than `SMALL_SAMPLE` checked).

    Source: table ``calls``; API fields ``call.agent_id`` and ``results.compliance``.
    """
    where, parameters = calls.where(zone=zone)
    agent = "coalesce(agent_id, '')"
    checked = fetch(
        cursor,
        f"SELECT {agent} AS agent_id, count(*) AS n_checked FROM calls "
        f"WHERE {where} AND {_CHECKED} GROUP BY 1 ORDER BY 1",
        parameters,
    )
    table = _failed_cells(cursor, where, parameters, agent, checked)
    return table.sort_values(
        ["n_checked", "agent_id"], ascending=[False, True], kind="stable", ignore_index=True
    )


@summary(
    n_checked=lambda calls, row, zone: _of_week(calls, row, zone).with_(checked=True),
    n_failed=lambda calls, row, zone: failing(_of_week(calls, row, zone), row.check),
)
def checks_by_week(cursor: Cursor, calls: Filter, zone: ZoneInfo) -> pd.DataFrame:
    """How often each check fails per week of `zone`, newest first; weeks with checked calls only.

    Returns
    -------
    One row a week and check: ``week`` (its Monday, date) and the columns of `checks_by_agent`.

    Raises
    ------
    InvalidFilterError : the range ends before it starts.

    Source: table ``calls``; API fields ``created`` and ``results.compliance``.
    """
    where, parameters = calls.where(zone=zone)
    week = week_sql(cursor, where, parameters, zone)
    checked = _checked_by_week(cursor, calls, zone)
    table = _failed_cells(cursor, where, parameters, week, checked)
    table = table.sort_values("week", ascending=False, kind="stable", ignore_index=True)
    table["week"] = pd.Series([monday(one) for one in table["week"]], dtype=object)
    return table


def _failed_cells(
    cursor: Cursor, where: str, parameters: dict[str, Any], group: str, checked: pd.DataFrame
) -> pd.DataFrame:
    """One row a group and check; groups that are not among the ``checked`` have none."""
    name = checked.columns[0]
    failed = fetch(
        cursor,
        f"""
        SELECT {name}, "check", count(*) AS n_failed FROM (
            SELECT {group} AS {name}, unnest(flagged_checks) AS "check"
            FROM calls WHERE {where} AND n_flagged > 0)
        GROUP BY ALL
        """,
        parameters,
    )
    checks = [*COMPLIANCE_CHECKS, *sorted(set(failed["check"]) - set(COMPLIANCE_CHECKS))]
    table = checked.merge(pd.DataFrame({"check": checks}), how="cross")
    table = table.merge(failed, how="left", on=[name, "check"])
    table["n_failed"] = table["n_failed"].fillna(0).astype("int64")
    table = table[[name, "check", "n_checked", "n_failed"]]
    return _with_share(table, "n_failed", "n_checked", "failed_share")


def _with_share(table: pd.DataFrame, count: str, of: str, name: str) -> pd.DataFrame:
    """The table with a share, its interval and whether it rests on few calls."""
    low, high = share_interval(table[count], table[of])
    share = table[count] / table[of].where(table[of] > 0)
    return table.assign(
        **{name: share}, share_low=low, share_high=high, few_calls=table[of] < SMALL_SAMPLE
    )


@summary(
    n_missing=lambda calls, row, _: missing(calls, row.disclosure),
    n_checked=lambda calls, row, _: calls.with_(checked=True),
)
def missing_disclosures(cursor: Cursor, calls: Filter, zone: ZoneInfo) -> pd.DataFrame:
    """Disclosures that were not read, most frequent first; ties by name.

    Returns
    -------
    One row a disclosure: ``disclosure``, ``n_missing``, ``n_checked`` (calls with check verdicts),
    ``missing_share`` (0–1 of the checked), ``share_low``, ``share_high`` (95 % Wilson interval),
    ``few_calls``, ``first_seen_at``, ``last_seen_at`` (UTC, of its being missing).

    Source: table ``calls``; API field
    ``results.compliance.mandatory_disclosures.missing_disclosures``.
    """
    table = (
        _named(_missing_by_week(cursor, calls, zone))
        .groupby("disclosure", as_index=False)
        .agg(n_missing=("n", "sum"), first_seen_at=("first", "min"), last_seen_at=("last", "max"))
    )
    table = table.sort_values(["n_missing", "disclosure"], ascending=[False, True])
    table.insert(2, "n_checked", int(_checked_by_week(cursor, calls, zone)["n_checked"].sum()))
    seen = table[["first_seen_at", "last_seen_at"]].apply(
        lambda seconds: seconds.astype("datetime64[s]").dt.tz_localize("UTC")
    )
    table = _with_share(table.drop(columns=seen.columns), "n_missing", "n_checked", "missing_share")
    return table.join(seen).reset_index(drop=True)


@kept
def _checked_by_week(cursor: Cursor, calls: Filter, zone: ZoneInfo) -> pd.DataFrame:
    """``week`` (as in `week_sql`) and ``n_checked``, oldest first."""
    where, parameters = calls.where(zone=zone)
    week = week_sql(cursor, where, parameters, zone)
    return fetch(
        cursor,
        f"SELECT {week} AS week, count(*) AS n_checked FROM calls "
        f"WHERE {where} AND {_CHECKED} GROUP BY week ORDER BY week",
        parameters,
    )


@kept
def _missing_by_week(cursor: Cursor, calls: Filter, zone: ZoneInfo) -> pd.DataFrame:
    """Calls of each week by all the disclosures that they lack: there are few ways.

    ``week``, ``names`` (each once; an empty name says nothing), ``n``, ``first`` and ``last``
    (Unix seconds).
    """
    where, parameters = calls.where(zone=zone)
    week = week_sql(cursor, where, parameters, zone)
    # one scan for all tables of disclosures; unnesting every call takes four times as long
    table = fetch(
        cursor,
        f"""
        SELECT {week} AS week, missing_disclosures AS names, count(*) AS n,
               min(created) AS first, max(created) AS last
        FROM calls WHERE {where} AND {_CHECKED} AND len(missing_disclosures) > 0 GROUP BY ALL
        """,
        parameters,
    )
    names = [sorted({str(one) for one in names if one}) for names in table["names"]]
    return table.assign(names=pd.Series(names, index=table.index, dtype=object))


def _named(sets: pd.DataFrame) -> pd.DataFrame:
    """``disclosure``, ``week``, ``n``, ``first``, ``last``: several rows for each two."""
    table = sets.explode("names").dropna(subset="names")
    return table.rename(columns={"names": "disclosure"}).astype({"disclosure": "str"})


@summary(
    n_missing=lambda calls, row, zone: missing(_of_week(calls, row, zone), row.disclosure),
    n_checked=lambda calls, row, zone: _of_week(calls, row, zone).with_(checked=True),
)
def disclosures_by_week(cursor: Cursor, calls: Filter, zone: ZoneInfo) -> pd.DataFrame:
    """How often the disclosures that go missing most do, per week of `zone` with checked calls.

    Returns
    -------
    One row a disclosure (the `MOST_DISCLOSURES` first of `missing_disclosures`) and week:
    ``disclosure``, ``week`` (its Monday, date; oldest first), ``n_missing``, ``n_checked``,
    ``missing_share`` (0–1), ``share_low``, ``share_high`` (95 % Wilson interval), ``few_calls``.

    Source: as `missing_disclosures`.
    """
    named = _named(_missing_by_week(cursor, calls, zone))
    names = _most_missing(named)
    missed = named.groupby(["disclosure", "week"], as_index=False).agg(n_missing=("n", "sum"))
    table = pd.DataFrame({"disclosure": pd.Series(names, dtype="str")})
    table = table.merge(_checked_by_week(cursor, calls, zone), how="cross")
    table = table.merge(missed, how="left", on=["disclosure", "week"])
    table["n_missing"] = table["n_missing"].fillna(0).astype("int64")
    table["week"] = pd.Series([monday(one) for one in table["week"]], dtype=object)
    table = table[["disclosure", "week", "n_missing", "n_checked"]]
    return _with_share(table, "n_missing", "n_checked", "missing_share")


def _most_missing(named: pd.DataFrame) -> list[str]:
    totals = named.groupby("disclosure", as_index=False).agg(n=("n", "sum"))
    totals = totals.sort_values(["n", "disclosure"], ascending=[False, True])
    return list(totals["disclosure"].head(MOST_DISCLOSURES))


def _before(calls: Filter, found: Any, zone: ZoneInfo) -> Filter:
    until = periods.within(calls, found.since - timedelta(days=1), found.since, zone).until
    return calls.frozen(zone=zone).with_(until=until)


def _since(calls: Filter, found: Any, zone: ZoneInfo) -> Filter:
    since = periods.within(calls, found.since, found.since + timedelta(days=1), zone).since
    return calls.frozen(zone=zone).with_(since=since)


@summary(
    n_missing_since=lambda calls, row, zone: missing(_since(calls, row, zone), row.disclosure),
    n_checked_since=lambda calls, row, zone: _since(calls, row, zone).with_(checked=True),
    n_missing_before=lambda calls, row, zone: missing(_before(calls, row, zone), row.disclosure),
    n_checked_before=lambda calls, row, zone: _before(calls, row, zone).with_(checked=True),
)
def disclosure_steps(cursor: Cursor, calls: Filter, zone: ZoneInfo) -> pd.DataFrame:
    """The strongest step in how often each disclosure goes missing from week to week.

    A step is the Monday that parts the weeks so that the two shares explain them best, with
    `FEWEST_A_SIDE` checked calls or more on either side.

    Returns
    -------
    One row a disclosure of `disclosures_by_week` that can have a step, clear and large ones
    first: ``disclosure``, ``since`` (the Monday, date), ``n_missing_since``, ``n_checked_since``,
    ``share_since``, ``n_missing_before``, ``n_checked_before``, ``share_before``, ``share_difference``
    (since minus before), ``share_difference_low``, ``share_difference_high`` (95 % Newcombe interval),
    ``p_value`` (Fisher's, times the Mondays looked at, corrected for the disclosures looked at),
    ``clear`` (p below `STEP_P` and a difference of `SMALLEST_STEP` or more).

    Source: as `missing_disclosures`.
    """
    weeks = disclosures_by_week(cursor, calls, zone)
    steps = [
        step
        for name in weeks["disclosure"].unique()
        if (step := _strongest_step(weeks[weeks["disclosure"] == name])) is not None
    ]
    table = pd.DataFrame(steps, columns=[*_STEP_COLUMNS, "n_mondays"])
    counts = ["n_missing_since", "n_checked_since", "n_missing_before", "n_checked_before"]
    table[counts] = table[counts].astype("int64")
    found = difference_of_shares(*(table[name].to_numpy(dtype=float) for name in counts))
    table["share_since"] = table["n_missing_since"] / table["n_checked_since"]
    table["share_before"] = table["n_missing_before"] / table["n_checked_before"]
    table["share_difference"] = found.value
    table["share_difference_low"], table["share_difference_high"] = found.low, found.high
    # the strongest of many Mondays is chosen: each of them could have been
    tried = table.pop("n_mondays").to_numpy(dtype=float)
    table["p_value"] = corrected(np.minimum(1.0, found.p_value * tried))
    size = table["share_difference"].abs().astype(float)
    table["clear"] = (table["p_value"] < STEP_P) & (size >= SMALLEST_STEP)
    order = pd.DataFrame({"unclear": ~table["clear"], "small": -size}).sort_values(
        ["unclear", "small"], kind="stable"
    )
    return table.loc[order.index, _ALL_STEP_COLUMNS].reset_index(drop=True)


_STEP_COLUMNS = [
    *("disclosure", "since", "n_missing_since", "n_checked_since"),
    *("n_missing_before", "n_checked_before"),
]
_ALL_STEP_COLUMNS = [
    *("disclosure", "since", "n_missing_since", "n_checked_since", "share_since"),
    *("n_missing_before", "n_checked_before", "share_before"),
    *("share_difference", "share_difference_low", "share_difference_high", "p_value", "clear"),
]


def _strongest_step(weeks: pd.DataFrame) -> tuple[Any, ...] | None:
    """Name, Monday, counts since and before, and how many Mondays could have been it."""
    k, n = (np.cumsum(weeks[name].to_numpy(dtype=float)) for name in ("n_missing", "n_checked"))
    before_k, before_n = k[:-1], n[:-1]
    since_k, since_n = k[-1] - before_k, n[-1] - before_n
    possible = (before_n >= FEWEST_A_SIDE) & (since_n >= FEWEST_A_SIDE)
    if not possible.any():
        return None
    fit = _likelihood(before_k, before_n) + _likelihood(since_k, since_n)
    best = int(np.argmax(np.where(possible, fit, -np.inf)))
    sides = (since_k[best], since_n[best], before_k[best], before_n[best])
    name, week = weeks["disclosure"].iloc[0], weeks["week"].iloc[best + 1]
    return (name, week, *sides, int(possible.sum()))


def _likelihood(k: Any, n: Any) -> Any:
    """Logarithm of the likelihood of `k` of `n` at their own share."""
    from scipy.special import xlogy

    return xlogy(k, k) + xlogy(n - k, n - k) - xlogy(n, n)


@summary(
    n_together=lambda calls, row, _: missing(calls, row.disclosure, row.other),
    n_first=lambda calls, row, _: missing(calls, row.disclosure),
    n_other=lambda calls, row, _: missing(calls, row.other),
    n_checked=lambda calls, row, _: calls.with_(checked=True),
)
def missing_together(cursor: Cursor, calls: Filter, zone: ZoneInfo) -> pd.DataFrame:
    """Which disclosures go missing in the same calls, against what chance alone would give.

    Returns
    -------
    One row a pair of the `MOST_DISCLOSURES` that go missing most, most frequent first:
    ``disclosure``, ``other``, ``n_together`` (calls without both), ``expected`` (calls, if the one
    had nothing to do with the other), ``n_first``, ``n_other`` (calls without the one and the
    other), ``n_checked``, ``lift`` (how many times as often the other is missing where the first
    is as where it is not), ``lift_low``, ``lift_high`` (95 % interval), ``p_value`` (Fisher's,
    corrected for the number of pairs), ``clear`` (p below 0.05).

    Source: as `missing_disclosures`.
    """
    sets = _missing_by_week(cursor, calls, zone)
    names = _most_missing(_named(sets))
    n_checked = _checked_by_week(cursor, calls, zone)["n_checked"].sum()
    singles, pairs = _missing_counts(sets)
    table = pd.DataFrame(
        [
            (one, other, pairs.get((one, other), pairs.get((other, one), 0)))
            for one, other in combinations(names, 2)
        ],
        columns=["disclosure", "other", "n_together"],
    )
    for column, name in (("n_first", "disclosure"), ("n_other", "other")):
        table[column] = table[name].map(singles).astype("int64")
    table["n_checked"] = int(n_checked)
    table.insert(3, "expected", table["n_first"] * table["n_other"] / table["n_checked"])
    together, first, other = (
        table[name].to_numpy(dtype=float) for name in ("n_together", "n_first", "n_other")
    )
    counts = (together, first, other - together, n_checked - first)
    found = lift(*counts)
    table["lift"], table["lift_low"], table["lift_high"] = found
    table["p_value"] = corrected(difference_of_shares(*counts).p_value)
    table["clear"] = table["p_value"] < 0.05
    return table.sort_values("n_together", ascending=False, kind="stable", ignore_index=True)


def _missing_counts(sets: pd.DataFrame) -> tuple[dict[str, int], dict[tuple[str, str], int]]:
    """Calls without each disclosure, and without each two."""
    singles: dict[str, int] = {}
    pairs: dict[tuple[str, str], int] = {}
    for names, n in zip(sets["names"], sets["n"], strict=True):
        for name in names:
            singles[name] = singles.get(name, 0) + int(n)
        for pair in combinations(names, 2):
            pairs[pair] = pairs.get(pair, 0) + int(n)
    return singles, pairs


@summary(
    n_checked=lambda calls, row, _: calls.with_(identity_stated=row.identity_stated, checked=True),
    n_failed=lambda calls, row, _: failing(
        calls.with_(identity_stated=row.identity_stated), "identity_verification"
    ),
)
def identity_stated(cursor: Cursor, calls: Filter, zone: ZoneInfo) -> pd.DataFrame:
    """When the identity was stated, and how often that failed the check.

    Returns
    -------
    One row a band of `bands.IDENTITY`, the unknown last: ``identity_stated``, ``n_checked`` (calls
    with check verdicts), ``n_failed`` (failed identity verification), ``failed_share``,
    ``share_low``, ``share_high`` (0–1, 95 % Wilson interval), ``few_calls``, ``near_miss`` (failed by
    five seconds or less). Empty for no checked calls.

    Source: table ``calls``; API field ``results.compliance.identity_verification``.
    """
    where, parameters = calls.where(zone=zone)
    found = fetch(
        cursor,
        f"""
        SELECT {bands.IDENTITY.places_sql} AS place, count(*) AS n_checked,
               count(*) FILTER (list_contains(flagged_checks, 'identity_verification')) AS n_failed
        FROM calls WHERE {where} AND {_CHECKED} GROUP BY place
        """,
        parameters,
    )
    places = found.pop("place")
    found["identity_stated"] = pd.Series(
        [bands.IDENTITY.choices[place] for place in places], dtype="str"
    )
    names = bands.IDENTITY.choices if len(found) else ()
    table = pd.DataFrame({"identity_stated": pd.Series(names, dtype="str")})
    table = table.merge(found, how="left", on="identity_stated")
    table[["n_checked", "n_failed"]] = table[["n_checked", "n_failed"]].fillna(0).astype("int64")
    table = _with_share(table, "n_failed", "n_checked", "failed_share")
    return table.assign(near_miss=table["identity_stated"] == NEAR_MISS)


@kept
def check_instances(
    cursor: Cursor, calls: Filter, zone: ZoneInfo, *, check: str, limit: int, offset: int = 0
) -> pd.DataFrame:
    """What was said that a check forbids, of the newest `limit` calls after `offset` that have any.

    Parameters
    ----------
    check : a key of `INSTANCE_CHECKS`.

    Returns
    -------
    One row an instance, newest call first, in the API's order within a call: ``id``,
    ``created_at`` (UTC), ``agent_id``, ``place`` (0 for the first of the call), ``at_s`` (seconds
    into the call, NaN where not given), ``kind`` (category or type), ``speaker``, ``text``; empty
    where not given. ``text`` is what people said: it may be private.

    Source: API field ``results.compliance.<check>.instances``, whose items are texts or objects.
    """
    where, parameters = calls.where(zone=zone)
    order = "ORDER BY created DESC, rowid"
    # places first: `results` is by far the largest column
    places = (
        f"SELECT rowid FROM calls WHERE {where} AND {INSTANCE_CHECKS[check]} > 0 "
        f"{order} LIMIT {int(limit)} OFFSET {int(offset)}"
    )
    found = fetch(
        cursor,
        f"""
        SELECT id, to_timestamp(created) AS created_at, coalesce(agent_id, '') AS agent_id,
               CAST(json_extract(results, '/compliance/{check}/instances') AS VARCHAR) AS items
        FROM calls WHERE rowid IN ({places}) {order}
        """,
        parameters,
    )
    rows = [
        (call.id, call.created_at, call.agent_id, place, *_instance(item))
        for call in found.itertuples()
        for place, item in enumerate(json.loads(str(call.items)))
    ]
    return pd.DataFrame(rows, columns=_INSTANCE_COLUMNS)


_INSTANCE_COLUMNS = [
    *("id", "created_at", "agent_id", "place", "at_s", "kind", "speaker", "text"),
]


def _instance(item: object) -> tuple[float, str, str, str]:
    """Second, kind, speaker and words of an item, by the names that occur."""
    if not isinstance(item, dict):
        return float("nan"), "", "", "" if item is None else str(item)
    at = next(
        (item[name] for name in ("timestamp", "start", "time") if _is_number(item.get(name))),
        float("nan"),
    )
    return (
        float(at),
        _first_text(item, ("category", "type", "kind")),
        _first_text(item, ("speaker",)),
        _first_text(item, ("text", "phrase", "match", "value", "quote")),
    )


def _first_text(item: dict[str, Any], names: Sequence[str]) -> str:
    found = (item[name] for name in names if item.get(name) not in (None, ""))
    return str(next(found, ""))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
