"""Agents beside their team, one agent's trend, checks and coaching, and a sample to review."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from explorer.analysis import periods
from explorer.analysis.filters import Filter
from explorer.analysis.frame import COLUMNS
from explorer.analysis.queries.changes import SIGNIFICANT
from explorer.analysis.queries.kept import kept
from explorer.analysis.queries.lists import COLUMNS_SQL
from explorer.analysis.queries.newest import begun, newest, with_since
from explorer.analysis.queries.volume import failing
from explorer.analysis.results import ADVICE_WORDS_SQL, RECOMMENDATIONS_SQL
from explorer.analysis.statistics import (
    SMALL_SAMPLE,
    Shrunk,
    corrected,
    difference_of_shares,
    mean_interval,
    share_interval,
    shrunk_means,
    shrunk_shares,
)
from explorer.analysis.summary import Cursor, fetch, row, summary
from explorer.analysis.zones import local_week_sql, monday
from explorer.api.models import COMPLIANCE_CHECKS

SPARK_WEEKS = 26
"""The weeks that an agent's small trend shows at most."""
LONGEST_FILLED_WEEKS = 300
"""A longer range shows only weeks that have calls: one call may be dated centuries away."""
NO_GREETING, NO_ANALYSIS = "no_greeting", "analysis_failed"
"""What counts beside the compliance checks: no greeting, and analyses that failed."""
_AGENT = "coalesce(agent_id, '')"

Narrow = Callable[[Filter], Filter]


def _of_agent(narrow: Narrow = lambda calls: calls) -> Any:
    return lambda calls, row, _: narrow(calls.with_(agent_id=row.agent_id))


def _judged(calls: Filter, name: str) -> Filter:
    return calls.with_(judged=tuple(dict.fromkeys([*(calls.judged or ()), name])))


def _failed_check(check: str) -> Narrow:
    return lambda calls: failing(calls, check)


def _scored(calls: Filter) -> Filter:
    return calls.with_(has_score=True)


def _failed(calls: Filter) -> Filter:
    return calls.with_(status_filter="failed")


def _identity_judged(calls: Filter) -> Filter:
    return _judged(calls, "identity_verification")


def _identity_flagged(calls: Filter) -> Filter:
    return failing(_identity_judged(calls), "identity_verification")


_AGENT_COLUMNS = [
    *("agent_id", "differs", "trend", "n_calls", "n_scored", "mean_effort", "shrunk_effort"),
    *("low", "high", "few", "n_identity_judged", "n_identity_flagged", "compliance_share"),
    *("share_low", "share_high", "n_failed", "failed_share", "team_effort"),
]


@summary(
    n_calls=_of_agent(),
    n_scored=_of_agent(_scored),
    n_identity_judged=_of_agent(_identity_judged),
    n_identity_flagged=_of_agent(_identity_flagged),
    n_failed=_of_agent(_failed),
)
def agents(
    cursor: Cursor,
    calls: Filter,
    zone: ZoneInfo,
    *,
    order: str = "name",
    only_different: bool = False,
) -> pd.DataFrame:
    """Agents beside their team, which is everyone who matches the other filters.

    Parameters
    ----------
    order : ``name`` or ``calls`` (most first); calls without an agent come last.
    only_different : only agents who are clearly different from the team.

    Returns
    -------
    One row an agent: ``agent_id`` (empty for calls without one, which are no part of the team),
    ``differs`` (in which way the agent clearly differs: ``lower effort``, ``higher effort``,
    ``lower compliance``, ``higher compliance``; else empty), ``n_calls``, ``n_scored``,
    ``mean_effort`` (0–5, NaN without scores), ``shrunk_effort`` (drawn towards ``team_effort`` the
    more the fewer scores there are) with its 95 % interval ``low`` to ``high``, ``few`` (fewer than
    `SMALL_SAMPLE` scores), ``trend`` (mean effort of each of the last `SPARK_WEEKS` weeks that have
    scores, oldest first), ``n_identity_judged``, ``n_identity_flagged``, ``compliance_share`` (0–1,
    the judged ones not flagged) with its 95 % Wilson interval ``share_low`` to ``share_high``,
    ``n_failed`` (analyses), ``failed_share`` (0–1 of the calls).

    Source: table ``calls``; API fields ``results.coaching.customer_effort_score`` and
    ``results.compliance.identity_verification.flagged``.
    """
    where, parameters = calls.with_(agent_id=None).where(zone=zone)
    table = fetch(
        cursor,
        f"""
        SELECT {_AGENT} AS agent_id, count(*) AS n_calls,
               count(customer_effort_score) AS n_scored,
               avg(customer_effort_score) AS mean_effort,
               stddev_samp(customer_effort_score) AS deviation,
               count(identity_flagged) AS n_identity_judged,
               count(*) FILTER (identity_flagged) AS n_identity_flagged,
               count(*) FILTER (status = 'failed') AS n_failed
        FROM calls WHERE {where} GROUP BY 1 ORDER BY {_AGENT} = '', 1
        """,
        parameters,
    )
    named = table["agent_id"] != ""
    _add_effort(table, named)
    _add_compliance(table, named)
    table["failed_share"] = table["n_failed"] / table["n_calls"]
    if calls.agent_id is not None:
        table = table[table["agent_id"].isin(list(calls.agent_id))]
    if only_different:
        table = table[table["differs"] != ""]
    if order == "calls":
        table = table.sort_values("n_calls", ascending=False, kind="stable")
        table = table.sort_values("agent_id", key=lambda name: name == "", kind="stable")
    trends = _weekly_trends(cursor, calls, zone)
    table["trend"] = [trends.get(agent, []) for agent in table["agent_id"]]
    return table[_AGENT_COLUMNS].reset_index(drop=True)


def _add_effort(table: pd.DataFrame, named: pd.Series[bool]) -> None:
    team = table[named]
    drawn = shrunk_means(team["n_scored"], team["mean_effort"], team["deviation"])
    for name, values in (
        ("shrunk_effort", drawn.value),
        ("low", drawn.low.clip(0, 5)),
        ("high", drawn.high.clip(0, 5)),
    ):
        table[name] = _placed(values, named)
    table["team_effort"] = drawn.team
    table["few"] = table["n_scored"] < SMALL_SAMPLE
    table["differs"] = ""
    table.loc[named, "differs"] = _ways(drawn, "effort")


def _add_compliance(table: pd.DataFrame, named: pd.Series[bool]) -> None:
    judged = table["n_identity_judged"]
    passed = judged - table["n_identity_flagged"]
    table["compliance_share"] = passed / judged.where(judged > 0)
    table["share_low"], table["share_high"] = share_interval(passed, judged)
    ways = _ways(shrunk_shares(passed[named], judged[named]), "compliance")
    before = table.loc[named, "differs"]
    table.loc[named, "differs"] = [
        ", ".join(filter(None, both)) for both in zip(before, ways, strict=True)
    ]


def _ways(drawn: Shrunk, what: str) -> list[str]:
    found = np.where(drawn.value > drawn.team, f"higher {what}", f"lower {what}")
    return [str(way) for way in np.where(drawn.clearly_different, found, "")]


def _placed(values: np.ndarray, where: pd.Series[bool]) -> np.ndarray:
    placed = np.full(len(where), np.nan)
    placed[where.to_numpy()] = values
    return placed


def _weekly_trends(cursor: Cursor, calls: Filter, zone: ZoneInfo) -> dict[str, list[float]]:
    where, parameters = calls.where(zone=zone)
    week = _week_sql(cursor, where, parameters, zone)
    if week is None:
        return {}
    found = cursor.execute(
        f"""
        WITH weeks AS (
            SELECT {_AGENT} AS agent, {week} AS week, avg(customer_effort_score) AS mean
            FROM calls WHERE customer_effort_score IS NOT NULL AND {where} GROUP BY agent, week)
        SELECT agent, list(mean ORDER BY week) FROM weeks
        WHERE week > (SELECT max(week) FROM weeks) - {SPARK_WEEKS} GROUP BY agent
        """,
        parameters,
    ).fetchall()
    return dict(found)


def _week_sql(cursor: Cursor, where: str, parameters: dict[str, Any], zone: ZoneInfo) -> str | None:
    """The expression of `local_week_sql` for the calls; None where there are none."""
    first, last = row(
        cursor, f"SELECT min(created), max(created) FROM calls WHERE {where}", parameters
    )
    return None if first is None else local_week_sql(zone, first, last)


def _check_columns() -> dict[str, tuple[str, str, str, Narrow]]:
    """What is checked → column of its count and of its divisor, its SQL, the calls it counts."""
    checks = {
        check: (
            f"n_{check}",
            "n_checked",
            f"count(*) FILTER (n_flagged > 0 AND list_contains(flagged_checks, '{check}'))",
            _failed_check(check),
        )
        for check in COMPLIANCE_CHECKS
    }
    greeting = (
        f"n_{NO_GREETING}",
        "n_greeting_judged",
        "count(*) FILTER (NOT greeting_present)",
        lambda calls: calls.with_(greeting=False),
    )
    analysis = (f"n_{NO_ANALYSIS}", "n_calls", "count(*) FILTER (status = 'failed')", _failed)
    return {**checks, NO_GREETING: greeting, NO_ANALYSIS: analysis}


_CHECKED = _check_columns()
_DIVISORS: dict[str, tuple[str, Narrow]] = {
    "n_calls": ("count(*)", lambda calls: calls),
    "n_checked": ("count(n_flagged)", lambda calls: calls.with_(checked=True)),
    "n_greeting_judged": ("count(greeting_present)", lambda calls: _judged(calls, "greeting")),
}
_COUNTS_SQL = {
    **{name: sql for name, (sql, _) in _DIVISORS.items()},
    **{name: sql for name, _, sql, _ in _CHECKED.values()},
}


@summary(
    **{name: _of_agent(narrow) for name, (_, narrow) in _DIVISORS.items()},
    **{name: _of_agent(narrow) for name, _, _, narrow in _CHECKED.values()},
)
def checks_per_agent(
    cursor: Cursor, calls: Filter, zone: ZoneInfo, *, order: str = "name"
) -> pd.DataFrame:
    """How often each agent's calls fail each check, lack a greeting, or their analysis fails.

    Parameters
    ----------
    order : ``name`` or ``calls`` (most first); calls without an agent come last.

    Returns
    -------
    One row an agent: ``agent_id`` (empty for calls without one), ``n_calls``, ``n_checked`` (calls
    with check verdicts), then for each compliance check ``n_<check>`` (calls that failed it) and
    ``<check>_share`` (0–1 of the checked, NaN where there are none); ``n_greeting_judged``,
    ``n_no_greeting``, ``no_greeting_share`` (of the judged); ``n_analysis_failed``,
    ``analysis_failed_share`` (of the calls).

    Source: table ``calls``; API fields ``results.compliance``, ``results.quality.greeting.present``
    and ``status``.
    """
    where, parameters = calls.where(zone=zone)
    counts = ", ".join(f"{sql} AS {name}" for name, sql in _COUNTS_SQL.items())
    first = "n_calls DESC, " if order == "calls" else ""
    table = fetch(
        cursor,
        f"SELECT {_AGENT} AS agent_id, {counts} FROM calls WHERE {where} GROUP BY 1 "
        f"ORDER BY {_AGENT} = '', {first}1",
        parameters,
    )
    columns = ["agent_id", "n_calls", "n_checked"]
    for check, (count, divisor, _, _) in _CHECKED.items():
        table[f"{check}_share"] = table[count] / table[divisor].where(table[divisor] > 0)
        columns += [name for name in (divisor, count, f"{check}_share") if name not in columns]
    return table[columns]


def _week_of(calls: Filter, row: Any, zone: ZoneInfo) -> Filter:
    return periods.within(calls, row.week, row.week + timedelta(days=7), zone)


@summary(
    n_calls=_week_of,
    n_scored=lambda calls, row, zone: _scored(_week_of(calls, row, zone)),
    n_team_scored=lambda calls, row, zone: _scored(_week_of(calls.with_(agent_id=None), row, zone)),
)
def effort_beside_team(cursor: Cursor, calls: Filter, zone: ZoneInfo) -> pd.DataFrame:
    """Mean effort per week in `zone` beside that of everyone who matches the other filters.

    Returns
    -------
    One row a week, from the first to the last with calls, weeks without calls included (unless
    they are more than `LONGEST_FILLED_WEEKS`): ``week`` (date, its Monday), ``n_calls``,
    ``n_scored``, ``mean_effort`` (0–5, NaN without scores), ``low`` and ``high`` (95 % t interval
    cut to 0–5, NaN below two scores), ``n_team_scored``, ``team_effort`` (0–5, NaN without scores;
    the agents asked for are part of the team).

    Source: table ``calls``; API field ``results.coaching.customer_effort_score``.
    """
    columns = ["week", "n_calls", "n_scored", "mean_effort", "low", "high"]
    columns += ["n_team_scored", "team_effort"]
    team = calls.with_(agent_id=None)
    where, parameters = team.where(zone=zone)
    chosen = _chosen_sql(calls)
    bound = parameters | calls.where(zone=zone)[1]
    week = _week_sql(cursor, where, parameters, zone)
    if week is None:
        return pd.DataFrame(columns=columns)
    table = fetch(
        cursor,
        f"""
        SELECT week,
               count(*) FILTER (chosen) AS n_calls,
               count(customer_effort_score) FILTER (chosen) AS n_scored,
               avg(customer_effort_score) FILTER (chosen) AS mean_effort,
               stddev_samp(customer_effort_score) FILTER (chosen) AS deviation,
               count(customer_effort_score) AS n_team_scored,
               avg(customer_effort_score) AS team_effort
        FROM (
            SELECT {week} AS week, customer_effort_score, {chosen} AS chosen
            FROM calls WHERE {where}
        ) GROUP BY week ORDER BY week
        """,
        bound,
    )
    table = _filled_weeks(table)
    low, high = mean_interval(table["n_scored"], table["mean_effort"], table["deviation"])
    table["low"], table["high"] = low.clip(0, 5), high.clip(0, 5)
    return table[columns]


def _chosen_sql(calls: Filter) -> str:
    """The condition that a call of the team is of the agents asked for."""
    return "true" if calls.agent_id is None else Filter(agent_id=calls.agent_id).where()[0]


def _filled_weeks(table: pd.DataFrame) -> pd.DataFrame:
    """The weeks of the calls asked for as dates, those between the first and the last filled."""
    own = table.loc[table["n_calls"] > 0, "week"]
    if own.empty:
        return table.head(0)
    first, last = int(own.iloc[0]), int(own.iloc[-1])
    table = table[table["week"].between(first, last)].set_index("week")
    if last - first < LONGEST_FILLED_WEEKS:
        table = table.reindex(range(first, last + 1))
    for name in ("n_calls", "n_scored", "n_team_scored"):
        table[name] = table[name].fillna(0).astype("int64")
    table.insert(0, "week", [monday(n) for n in table.index])
    return table.reset_index(drop=True)


def _of_check(part: str, *, team: bool) -> Any:
    def opens(calls: Filter, row: Any, _: ZoneInfo) -> Filter:
        calls = calls.with_(agent_id=None) if team else calls
        divisor, narrow = _CHECKED[row.check][1], _CHECKED[row.check][3]
        return _DIVISORS[divisor][1](calls) if part == "divisor" else narrow(calls)

    return opens


@summary(
    n_checked=_of_check("divisor", team=False),
    n_failed=_of_check("count", team=False),
    n_team_checked=_of_check("divisor", team=True),
    n_team_failed=_of_check("count", team=True),
)
def checks_beside_team(cursor: Cursor, calls: Filter, zone: ZoneInfo) -> pd.DataFrame:
    """How often each check fails, beside everyone who matches the other filters.

    Returns
    -------
    One row a compliance check of the API, then ``no_greeting`` and ``analysis_failed``: ``check``,
    ``n_checked`` (calls it was judged on; for failed analyses all calls), ``n_failed``,
    ``failed_share`` (0–1), ``share_low`` and ``share_high`` (95 % Wilson interval),
    ``n_team_checked``, ``n_team_failed``, ``team_share`` (0–1; the agents asked for are part of the
    team), ``difference`` (of shares, from -1 to 1, to the team without them),
    ``difference_from``, ``difference_to`` (95 % Newcombe interval), ``p_value`` (Fisher's test,
    corrected after Benjamini and Hochberg for the number of rows; NaN where one side has no
    calls), ``clear``. Shares without calls are NaN. Empty for no calls.

    Source: table ``calls``; API fields as in `checks_per_agent`.
    """
    columns = ["check", "n_checked", "n_failed", "failed_share", "share_low", "share_high"]
    columns += ["n_team_checked", "n_team_failed", "team_share"]
    columns += ["difference", "difference_from", "difference_to", "p_value", "clear"]
    where, parameters = calls.with_(agent_id=None).where(zone=zone)
    counts = ", ".join(f"{sql} AS {name}" for name, sql in _COUNTS_SQL.items())
    both = fetch(
        cursor,
        f"SELECT {_chosen_sql(calls)} AS chosen, {counts} FROM calls WHERE {where} GROUP BY chosen",
        parameters | calls.where(zone=zone)[1],
    )
    own, team = both[both["chosen"]].sum(), both.sum()
    if not own["n_calls"] > 0:
        return pd.DataFrame(columns=columns)
    table = pd.DataFrame(
        [
            (check, own[divisor], own[count], team[divisor], team[count])
            for check, (count, divisor, _, _) in _CHECKED.items()
        ],
        columns=["check", "n_checked", "n_failed", "n_team_checked", "n_team_failed"],
    ).astype(dict.fromkeys(["n_checked", "n_failed", "n_team_checked", "n_team_failed"], "int64"))
    n, k = table["n_checked"], table["n_failed"]
    n_team, k_team = table["n_team_checked"], table["n_team_failed"]
    table["failed_share"] = k / n.where(n > 0)
    table["share_low"], table["share_high"] = share_interval(k, n)
    table["team_share"] = k_team / n_team.where(n_team > 0)
    apart = difference_of_shares(k, n, k_team - k, n_team - n)
    table["difference"] = apart.value
    table["difference_from"], table["difference_to"] = apart.low, apart.high
    table["p_value"] = corrected(apart.p_value)
    table["clear"] = table["p_value"] < SIGNIFICANT
    return table[columns]


def _with_advice(calls: Filter, row: Any, _: ZoneInfo) -> Filter:
    calls = begun(calls, row.since_at)
    return calls.with_(advice=tuple(dict.fromkeys([*(calls.advice or ()), row.advice])))


@summary(n_calls=_with_advice)
def coaching_that_came_back(
    cursor: Cursor,
    calls: Filter,
    zone: ZoneInfo,
    *,
    by: str = "words",
    least: int = 2,
    most: int = 100,
) -> pd.DataFrame:
    """Coaching items that several calls were given, most frequent first; ties by words.

    Parameters
    ----------
    by : ``words`` (an item's text) or ``category``.
    least : calls that an item needs to be listed.
    most : items listed.

    Returns
    -------
    One row a text or category: ``advice``, ``category`` and ``priority`` (the most frequent ones
    of the items with this text or category; None where no item says), ``n_calls``,
    ``first_seen_at``, ``last_seen_at`` (UTC), ``since_at`` (UTC; from when on calls are counted,
    missing where all are). A call that has an item twice counts once.

    Source: column ``results`` of the newest `NEWEST` matching calls; API field
    ``results.coaching.recommendations``, whose items are texts or objects with ``recommendation`` or ``text``, ``category`` and ``priority``.
    """
    read, since_at = newest(cursor, calls, zone)
    where, parameters = read.where(zone=zone)
    table = fetch(
        cursor,
        f"""
        WITH given AS MATERIALIZED (
            SELECT id, created, unnest(CAST({RECOMMENDATIONS_SQL} AS VARCHAR[])) AS text
            FROM calls WHERE has_results AND {where}
        ), said AS (
            -- each item is read once, however many calls were given it
            SELECT text, {ADVICE_WORDS_SQL} AS words,
                   item ->> '$.category' AS category, item ->> '$.priority' AS priority
            FROM (SELECT DISTINCT text, CAST(text AS JSON) AS item FROM given)
        ), kinds AS (
            SELECT *, words AS advice, 'words' AS kind FROM said WHERE words <> ''
            UNION ALL
            SELECT *, category, 'category' FROM said WHERE category <> ''
        ), named AS (SELECT * FROM given JOIN kinds USING (text))
        SELECT advice, mode(category) AS category, mode(priority) AS priority,
               count(DISTINCT id) AS n_calls, to_timestamp(min(created)) AS first_seen_at,
               to_timestamp(max(created)) AS last_seen_at
        FROM named GROUP BY advice
        HAVING bool_or(kind = $by) AND n_calls >= $least
        ORDER BY n_calls DESC, advice LIMIT $most
        """,
        parameters | {"by": by, "least": least, "most": most},
    )
    return with_since(table, since_at)


@kept
def review_sample(
    cursor: Cursor, calls: Filter, zone: ZoneInfo, *, seed: int, size: int
) -> pd.DataFrame:
    """Completed calls drawn at random, each as likely as any other; the columns of `COLUMNS`.

    The same `seed` draws the same calls again, on any machine: calls are ordered by the MD5 of
    their id and the seed. One more call can only take the place of one of the sample, and a larger
    sample holds the smaller one.

    Source: table ``calls``.
    """
    where, parameters = calls.with_(sort=None).where(zone=zone)
    order = "ORDER BY md5(id || ':' || $seed), id"
    # places first and columns only for the sample, as in `calls_page`
    table = fetch(
        cursor,
        f"""
        SELECT {COLUMNS_SQL} FROM calls WHERE rowid IN (
            SELECT rowid FROM calls WHERE status = 'completed' AND {where} {order} LIMIT $size)
        {order}
        """,
        parameters | {"seed": str(seed), "size": size},
    )
    return table.astype(COLUMNS)
