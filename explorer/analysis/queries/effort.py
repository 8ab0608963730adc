"""Customer effort over time, its spread, by hour, weekday and agent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from explorer.analysis import bands, periods
from explorer.analysis.dimensions import WEEKDAYS
from explorer.analysis.filters import Filter
from explorer.analysis.queries.kept import kept
from explorer.analysis.statistics import (
    SMALL_SAMPLE,
    corrected,
    difference_of_means,
    mean_interval,
    shrunk_means,
)
from explorer.analysis.summary import Cursor, Opens, fetch, row, summary
from explorer.analysis.zones import hour_sql, local_day_sql, weekday_sql

SIGNIFICANT = 0.05
"""Of the corrected p-value: a difference below it is called clear."""
ENOUGH = 2 * SMALL_SAMPLE
"""Scored calls on each side of a comparison; with fewer it says nothing."""
LONGEST_FILLED = 1500
"""A longer range shows only periods that have calls: one call may be dated centuries away."""
CLEAR = {"lower": "lower effort", "higher": "higher effort"}
NOT_CLEAR = "no clear difference"
NOT_ENOUGH = "not enough calls"

SCORE = "customer_effort_score"
_MEANS = (
    f"count(*) AS n_calls, count({SCORE}) AS n_scored, "
    f"avg({SCORE}) AS mean_effort, stddev_samp({SCORE}) AS deviation"
)
_EPOCH = date(1970, 1, 1)
_FIRST_MONDAY = -3  # days from 1970: weeks count from the Monday before it
_SHIFT_WEEKS = 200_000  # `//` rounds towards zero: shifted, weeks before 1970 are not negative


def _scored(opens: Opens) -> Opens:
    return lambda calls, row, zone: opens(calls, row, zone).with_(has_score=True)


def _with_interval(table: pd.DataFrame) -> pd.DataFrame:
    """``deviation`` replaced by ``low`` and ``high``: the t interval, cut to the scale."""
    deviation = table.pop("deviation")
    low, high = mean_interval(table["n_scored"], table["mean_effort"], deviation)
    table["low"], table["high"] = low.clip(0, 5), high.clip(0, 5)
    return table


# --- over time --------------------------------------------------------------------------------


def _of_period(grain: str) -> Opens:
    return lambda calls, row, zone: periods.within(calls, row.day, _end(row.day, grain), zone)


def _end(first: date, grain: str) -> date:
    try:
        return periods.period_end(first, grain)
    except OverflowError:  # the last week or month that has a date
        return date.max


@summary(n_calls=_of_period("day"), n_scored=_scored(_of_period("day")))
def effort_per_day(
    cursor: Cursor, calls: Filter, zone: ZoneInfo, *, whole: bool = False
) -> pd.DataFrame:
    """Mean customer effort per day in `zone`, days without calls included.

    Parameters
    ----------
    whole : add the column of that name, as in `effort_per_week`.

    Returns
    -------
    One row a day: ``day`` (date), ``n_calls``, ``n_scored`` (int), ``mean_effort`` (0–5, NaN when
    ``n_scored`` is 0), ``low`` and ``high`` (95 % t interval cut to 0–5, NaN below two scored
    calls). Empty for no calls; over more than `LONGEST_FILLED` days only days with calls.

    Raises
    ------
    InvalidFilterError : the range ends before it starts.

    Source: table ``calls``; API field ``results.coaching.customer_effort_score``.
    """
    table = _effort_per("day", cursor, calls, zone)
    return table if whole else table.drop(columns="whole")


@summary(n_calls=_of_period("week"), n_scored=_scored(_of_period("week")))
def effort_per_week(cursor: Cursor, calls: Filter, zone: ZoneInfo) -> pd.DataFrame:
    """Mean customer effort per week from Monday in `zone`, weeks without calls included.

    Returns
    -------
    One row a week: ``day`` (date, the Monday), and the columns of `effort_per_day`; ``whole`` is
    false while the week still runs and where the range asked for cuts it.

    Source: table ``calls``; API field ``results.coaching.customer_effort_score``.
    """
    return _effort_per("week", cursor, calls, zone)


@summary(n_calls=_of_period("month"), n_scored=_scored(_of_period("month")))
def effort_per_month(cursor: Cursor, calls: Filter, zone: ZoneInfo) -> pd.DataFrame:
    """Mean customer effort per month of the calendar in `zone`, months without calls included.

    Returns
    -------
    One row a month: ``day`` (date, the first), and the columns of `effort_per_week`.

    Source: table ``calls``; API field ``results.coaching.customer_effort_score``.
    """
    return _effort_per("month", cursor, calls, zone)


def _effort_per(grain: str, cursor: Cursor, calls: Filter, zone: ZoneInfo) -> pd.DataFrame:
    columns = ["day", "n_calls", "n_scored", "mean_effort", "low", "high", "whole"]
    where, parameters = calls.where(zone=zone)
    first, last = row(
        cursor, f"SELECT min(created), max(created) FROM calls WHERE {where}", parameters
    )
    if first is None:
        return pd.DataFrame(columns=columns)
    period = _period_sql(grain, local_day_sql(zone, first, last))
    table = cursor.execute(
        f"SELECT {period} AS period, {_MEANS} FROM calls WHERE {where} GROUP BY 1 ORDER BY 1",
        parameters,
    ).df()
    table = _filled(table.set_index("period"))
    table.insert(0, "day", [_first_day(grain, int(n)) for n in table.index])
    table["whole"] = _whole(table["day"], grain, parameters, zone)
    return _with_interval(table.reset_index(drop=True))[columns]


def _period_sql(grain: str, day: str) -> str:
    """An expression: the number of the day, week or month that the day number `day` is in."""
    if grain == "week":
        return f"({day} - {_FIRST_MONDAY} + {7 * _SHIFT_WEEKS}) // 7 - {_SHIFT_WEEKS}"
    if grain == "month":
        on = f"(DATE '1970-01-01' + CAST({day} AS INTEGER))"
        return f"year({on}) * 12 + month({on}) - 1"
    return day


def _first_day(grain: str, period: int) -> date:
    if grain == "month":
        return date(period // 12, period % 12 + 1, 1)
    return _EPOCH + timedelta(days=period if grain == "day" else 7 * period + _FIRST_MONDAY)


def _filled(table: pd.DataFrame) -> pd.DataFrame:
    """With a row for every period; those without calls count none."""
    first, last = int(table.index[0]), int(table.index[-1])
    if last - first < LONGEST_FILLED:
        table = table.reindex(range(first, last + 1))
    for name in ("n_calls", "n_scored"):
        table[name] = table[name].fillna(0).astype("int64")
    return table


def _whole(
    days: Iterable[date], grain: str, parameters: Mapping[str, Any], zone: ZoneInfo
) -> list[bool]:
    now = datetime.now(UTC).timestamp()
    begins, ends = parameters.get("since"), min(now, parameters.get("until", now))
    return [
        (begins is None or begins <= periods.midnight(day, zone).timestamp())
        and periods.midnight(_end(day, grain), zone).timestamp() <= ends
        for day in days
    ]


# --- this period and the one before -----------------------------------------------------------


def _of_side(now: bool) -> Opens:
    def opens(calls: Filter, one: Any, _: ZoneInfo) -> Filter:
        begins, ends = (one.from_at, one.to_at) if now else (one.before_at, one.from_at)
        return calls.with_(since=begins, until=ends, has_score=True)

    return opens


@summary(n_before=_of_side(False), n_now=_of_side(True))
def effort_before_and_now(cursor: Cursor, calls: Filter, zone: ZoneInfo) -> pd.DataFrame:
    """Mean effort of the period asked for, and of the one of equal length right before it.

    Returns
    -------
    One row: ``before_effort``, ``now_effort`` (0–5, NaN without scores), ``n_before``, ``n_now``
    (scored calls), ``effort_difference`` (now − before; negative is better) with its 95 % Welch
    interval ``low`` to ``high``, ``p_value``, ``verdict`` (``lower effort``, ``higher effort``, ``no clear
    difference``, or ``not enough calls`` where a period has fewer than `ENOUGH`), ``before_at``,
    ``from_at``, ``to_at`` (where the periods begin and end, UTC). Without a start the period is
    the last 7 days. Empty where neither period has calls.

    Source: table ``calls``; API field ``results.coaching.customer_effort_score``.
    """
    this, that = periods.previous(calls, zone=zone)
    now, before = (_figures(cursor, period, zone) for period in (this, that))
    table = compared(
        pd.DataFrame({"n_with": [now[1]], "mean_with": [now[2]], "deviation_with": [now[3]]}).join(
            pd.DataFrame(
                {
                    "n_without": [before[1]],
                    "mean_without": [before[2]],
                    "deviation_without": [before[3]],
                }
            )
        )
    )
    renamed = {"n_with": "n_now", "n_without": "n_before"}
    renamed |= {"mean_with": "now_effort", "mean_without": "before_effort"}
    table = table.rename(columns=renamed)
    table["before_at"], table["from_at"], table["to_at"] = that.since, this.since, this.until
    columns = ["before_effort", "now_effort", "n_before", "n_now", *_COMPARED]
    columns += ["before_at", "from_at", "to_at"]
    return table[columns] if now[0] or before[0] else table[columns].iloc[:0]


def _figures(cursor: Cursor, calls: Filter, zone: ZoneInfo) -> tuple[int, int, float, float]:
    """Calls, scored ones, their mean and deviation."""
    where, parameters = calls.where(zone=zone)
    n_calls, n_scored, mean, deviation = row(
        cursor, f"SELECT {_MEANS} FROM calls WHERE {where}", parameters
    )
    return n_calls, n_scored, *(np.nan if one is None else one for one in (mean, deviation))


_COMPARED = ["effort_difference", "low", "high", "p_value", "verdict"]


def compared(sides: pd.DataFrame) -> pd.DataFrame:
    """The table with `_COMPARED`: ``…_with`` against ``…_without``, p-values corrected."""
    given = [
        sides[f"{name}_{side}"].astype(float)
        for side in ("with", "without")
        for name in ("n", "mean", "deviation")
    ]
    found = difference_of_means(*given)
    table = sides.assign(effort_difference=found.value, low=found.low, high=found.high)
    enough = sides[["n_with", "n_without"]].min(axis=1) >= ENOUGH
    table["p_value"] = corrected(np.where(enough, found.p_value, np.nan))
    clear = table["p_value"] < SIGNIFICANT
    named = np.where(table["effort_difference"] < 0, CLEAR["lower"], CLEAR["higher"])
    verdict = np.where(enough, np.where(clear, named, NOT_CLEAR), NOT_ENOUGH)
    table["verdict"] = pd.Series(verdict, index=table.index, dtype="str")
    return table


# --- spread, hours and weekdays, agents -------------------------------------------------------


@summary(
    n_calls=lambda calls, row, _: calls.with_(effort_score=row.effort_score),
    n_scored=lambda calls, row, _: calls.with_(has_score=True),
)
def effort_distribution(cursor: Cursor, calls: Filter, zone: ZoneInfo) -> pd.DataFrame:
    """How many calls have each effort score, scores taken to the next half.

    Returns
    -------
    One row a score, 0 to 5 always there and halves where they occur: ``effort_score`` (text),
    ``n_calls``, ``n_scored`` (all scored calls), ``share`` (0–1 of the scored). Empty without
    scores.

    Source: table ``calls``; API field ``results.coaching.customer_effort_score``.
    """
    where, parameters = calls.where(zone=zone)
    # each score once: there are few, and to name the band of every call takes its time
    found = dict(
        cursor.execute(
            f"SELECT {bands.EFFORT_SQL} AS score, CAST(sum(n) AS BIGINT) FROM ("
            f"SELECT {SCORE}, count(*) AS n FROM calls "
            f"WHERE {where} AND {SCORE} IS NOT NULL GROUP BY {SCORE}) GROUP BY 1",
            parameters,
        ).fetchall()
    )
    n_scored = sum(found.values())
    scores = [one for one in bands.EFFORT_SCORES if "." not in one or one in found]
    scores = scores if n_scored else []
    table = pd.DataFrame({"effort_score": pd.Series(scores, dtype="str")})
    table["n_calls"] = pd.Series([found.get(one, 0) for one in scores], dtype="int64")
    table["n_scored"] = n_scored
    table["share"] = table["n_calls"] / max(1, n_scored)
    return table


def _at_hour(calls: Filter, row: Any, _: ZoneInfo) -> Filter:
    return calls.with_(hour=int(row.hour))


def _on_weekday(calls: Filter, row: Any, _: ZoneInfo) -> Filter:
    return calls.with_(weekday=row.weekday)


def _in_cell(calls: Filter, row: Any, zone: ZoneInfo) -> Filter:
    return _at_hour(_on_weekday(calls, row, zone), row, zone)


@summary(n_calls=_in_cell, n_scored=_scored(_in_cell))
def effort_per_weekday_and_hour(cursor: Cursor, calls: Filter, zone: ZoneInfo) -> pd.DataFrame:
    """Mean effort by weekday and hour of day in `zone`.

    Returns
    -------
    One row for each weekday and hour that has calls, from Monday: ``weekday`` (``mon`` …),
    ``hour`` (0–23), ``n_calls``, ``n_scored``, ``mean_effort`` (0–5, NaN without scores), ``low``
    and ``high`` (95 % t interval cut to 0–5), ``few`` (fewer than `SMALL_SAMPLE` scores).

    Source: table ``calls``; API fields ``created`` and
    ``results.coaching.customer_effort_score``.
    """
    return _effort_by(["weekday", "hour"], cursor, calls, zone)


@summary(n_calls=_at_hour, n_scored=_scored(_at_hour))
def effort_per_hour(cursor: Cursor, calls: Filter, zone: ZoneInfo) -> pd.DataFrame:
    """Mean effort by hour of day in `zone`; the columns of `effort_per_weekday_and_hour`."""
    return _effort_by(["hour"], cursor, calls, zone)


@summary(n_calls=_on_weekday, n_scored=_scored(_on_weekday))
def effort_per_weekday(cursor: Cursor, calls: Filter, zone: ZoneInfo) -> pd.DataFrame:
    """Mean effort by weekday in `zone`; the columns of `effort_per_weekday_and_hour`."""
    return _effort_by(["weekday"], cursor, calls, zone)


def _effort_by(parts: list[str], cursor: Cursor, calls: Filter, zone: ZoneInfo) -> pd.DataFrame:
    cells = _effort_cells(cursor, calls, zone)
    table = cells if len(parts) == 2 else _merged(cells, parts)
    if "weekday" in parts:
        weekdays = [WEEKDAYS[int(n)] for n in table["weekday"]]
        table["weekday"] = pd.Series(weekdays, dtype="str")
    table = _with_interval(table)
    table["few"] = table["n_scored"] < SMALL_SAMPLE
    return table


@kept
def _effort_cells(cursor: Cursor, calls: Filter, zone: ZoneInfo) -> pd.DataFrame:
    """``weekday`` (0 for Monday), ``hour`` and `_MEANS`: one scan for the three tables."""
    where, parameters = calls.where(zone=zone)
    return fetch(
        cursor,
        f"SELECT {weekday_sql(zone)} AS weekday, {hour_sql(zone)} AS hour, {_MEANS} "
        f"FROM calls WHERE {where} GROUP BY 1, 2 ORDER BY 1, 2",
        parameters,
    )


def _merged(cells: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """`_MEANS` of groups of cells: their mean, and the squares within and between them."""
    n, mean = cells["n_scored"], cells["mean_effort"].fillna(0.0)
    parts = cells[[*by, "n_calls", "n_scored"]].assign(
        total=n * mean, within=cells["deviation"].fillna(0.0) ** 2 * (n - 1).clip(lower=0)
    )
    table = parts.groupby(by, as_index=False).sum()
    table["mean_effort"] = table["total"] / table["n_scored"].where(table["n_scored"] > 0)
    own = cells[by].merge(table, how="left", on=by)["mean_effort"].fillna(0.0).to_numpy()
    squares = parts.assign(between=n * (mean - own) ** 2).groupby(by)[["within", "between"]].sum()
    freedom = (table["n_scored"] - 1).where(table["n_scored"] > 1)
    table["deviation"] = np.sqrt(squares.sum(axis=1).to_numpy() / freedom)
    return table[[*by, "n_calls", "n_scored", "mean_effort", "deviation"]]


def _of_agent(calls: Filter, row: Any, _: ZoneInfo) -> Filter:
    return calls.with_(agent_id=row.agent_id)


_AGENT_COLUMNS = [
    *("agent_id", "verdict", "n_calls", "n_scored", "mean_effort", "shrunk_effort", "low", "high"),
    *("team_effort", "few"),
]


@summary(n_calls=_of_agent, n_scored=_scored(_of_agent))
def effort_per_agent(cursor: Cursor, calls: Filter, zone: ZoneInfo) -> pd.DataFrame:
    """Mean effort of each agent beside the team, which is everyone who matches the other filters.

    Returns
    -------
    One row an agent, lowest effort first, those with ``few`` scores after all others and not
    ranked: ``agent_id`` (empty for calls without one, which are no part of the team), ``n_calls``,
    ``n_scored``, ``mean_effort`` (0–5, NaN without scores), ``shrunk_effort`` (drawn towards
    ``team_effort`` the more the fewer scores there are) with its 95 % interval ``low`` to
    ``high``, ``team_effort``, ``verdict`` (``lower effort``, ``higher effort`` or ``no clear
    difference``; ``not enough calls`` where ``few``), ``few`` (fewer than `SMALL_SAMPLE` scores).

    Source: table ``calls``; API field ``results.coaching.customer_effort_score``.
    """
    where, parameters = calls.with_(agent_id=None).where(zone=zone)
    table = fetch(
        cursor,
        f"SELECT coalesce(agent_id, '') AS agent_id, {_MEANS} FROM calls WHERE {where} GROUP BY 1",
        parameters,
    )
    _add_shrunk(table)
    if calls.agent_id is not None:
        table = table[table["agent_id"].isin(list(calls.agent_id))]
    ranked = ["few", "shrunk_effort", "agent_id"]
    return table.sort_values(ranked, ignore_index=True)[_AGENT_COLUMNS]


def _add_shrunk(table: pd.DataFrame) -> None:
    named = table["agent_id"] != ""
    team = table[named]
    shrunk = shrunk_means(team["n_scored"], team["mean_effort"], team["deviation"])
    for name, values in (
        ("shrunk_effort", shrunk.value),
        ("low", shrunk.low.clip(0, 5)),
        ("high", shrunk.high.clip(0, 5)),
    ):
        table[name] = np.nan
        table.loc[named, name] = values
    table["team_effort"] = shrunk.team
    few = table["n_scored"] < SMALL_SAMPLE
    clear = np.zeros(len(table), dtype=bool)
    clear[named.to_numpy()] = shrunk.clearly_different
    below = table["shrunk_effort"] < shrunk.team
    verdict = np.where(
        clear,
        np.where(below, CLEAR["lower"], CLEAR["higher"]),
        np.where(few, NOT_ENOUGH, NOT_CLEAR),
    )
    table["verdict"] = pd.Series(verdict, index=table.index, dtype="str")
    table["few"] = few
