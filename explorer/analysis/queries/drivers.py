"""What goes with effort: calls with a sign against calls whose same field says otherwise."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pandas as pd

from explorer.analysis.filters import Filter
from explorer.analysis.queries.effort import NOT_ENOUGH, SCORE, compared
from explorer.analysis.queries.fields import FREE_TEXT, fields_of, values_sql
from explorer.analysis.queries.newest import begun, newest, with_since
from explorer.analysis.statistics import SMALL_SAMPLE
from explorer.analysis.summary import Cursor, fetch, summary

MOST_LOOKED_THROUGH = 2_000
"""Scored calls, the newest, whose values tell which fields hold signs."""
LONGEST_WORD = 100
"""A field with a longer text is free text."""
MOST_WORDS = 8
"""A field with more different words than this is free text, a name or a reference."""
MOST_COUNTED = 100
"""A field with larger whole numbers than this holds no counts."""


class Sign(NamedTuple):
    """One thing that a call's results say or do not: a field with `value`, or above 0."""

    path: str
    value: str | None

    @property
    def text(self) -> str:
        """As the dimensions `result` and `not_result` take it."""
        return f"{self.path}>0" if self.value is None else f"{self.path}={self.value}"

    @property
    def words(self) -> str:
        """``Interruptions: count above 0``."""
        if self.text in _NAMED:
            return _NAMED[self.text]
        *_, subject, field = ("", *(part.replace("_", " ") for part in self.path.split("/")[1:]))
        said = {None: f"{field} above 0", "true": field, "false": f"not {field}"}
        what = said.get(self.value, f"{field} {self.value or 'empty'}")
        return f"{subject.capitalize()}: {what}" if subject else what.capitalize()


_NAMED = {
    "/compliance/identity_verification/flagged=true": "Failed identity verification",
    "/compliance/mandatory_disclosures/read=false": "Failed mandatory disclosures",
    "/compliance/purpose_declaration/flagged=true": "Failed purpose declaration",
    "/compliance/prohibited_phrases/used=true": "Failed prohibited phrases",
    "/compliance/sensitive_data/shared=true": "Failed sensitive data",
    "/quality/greeting/present=true": "Greeting present",
}
_OWN_PATH = "/coaching/customer_effort_score"
_TOLD_WHEN_FALSE = "/compliance/mandatory_disclosures/read"
_COUNT = re.compile(r"-?[0-9]+")


def _with_sign(calls: Filter, one: Any, _: ZoneInfo) -> Filter:
    signs = dict.fromkeys([*(calls.result or ()), one.result])
    return _counted(calls, one).with_(result=tuple(signs))


def _without_sign(calls: Filter, one: Any, _: ZoneInfo) -> Filter:
    signs = dict.fromkeys([*(calls.not_result or ()), one.result])
    return _counted(calls, one).with_(not_result=tuple(signs))


def _counted(calls: Filter, one: Any) -> Filter:
    return begun(calls.with_(has_score=True), one.since_at)


_DRIVER_COLUMNS = [
    *("sign", "verdict", "effort_difference", "low", "high", "p_value", "n_with", "with_effort"),
    *("n_without", "without_effort", "result", "since_at"),
]


@summary(n_with=_with_sign, n_without=_without_sign)
def effort_drivers(cursor: Cursor, calls: Filter, zone: ZoneInfo) -> pd.DataFrame:
    """Effort of calls with and without each sign that their results tell of.

    Signs are found, not listed: flags, counts (above 0 against 0) and words of few kinds anywhere
    in ``results``, the checks and the greeting among them. Fields inside lists and free text are
    none. A call without the field, or with null in it, is on neither side: nobody knows. What goes
    with effort need not cause it.

    Returns
    -------
    One row a sign, the clearest difference first and those with too few calls last: ``sign`` (in
    words), ``verdict`` (``lower effort``, ``higher effort``, ``no clear difference``, or ``not
    enough calls`` where a side has fewer than `ENOUGH`), ``effort_difference`` (with − without;
    negative is better) with its 95 % Welch interval ``low`` to ``high``, ``p_value`` (corrected
    for the number of signs compared; Benjamini–Hochberg), ``n_with``, ``n_without`` (scored calls
    with the sign, and with another value in its field), ``with_effort``, ``without_effort``
    (0–5), ``result`` (the sign as the filter takes it), ``since_at`` (UTC; set where there are
    more than `NEWEST` scored calls and only the newest are compared).

    Source: table ``calls``; API field ``results``.
    """
    scored = calls.with_(has_score=True)
    compared_ones, since_at = newest(cursor, scored, zone)
    signs = _signs(cursor, compared_ones, zone)
    sides = _sides(cursor, compared_ones, zone, signs)
    table = compared(sides)
    table.insert(0, "sign", pd.Series([sign.words for sign in signs], dtype="str"))
    table.insert(1, "result", pd.Series([sign.text for sign in signs], dtype="str"))
    table = with_since(table, since_at)
    table = table.rename(columns={"mean_with": "with_effort", "mean_without": "without_effort"})
    table["_too_few"] = table["verdict"] == NOT_ENOUGH
    table["_size"] = -table["effort_difference"].abs()
    table = table.sort_values(["_too_few", "p_value", "_size", "result"], ignore_index=True)
    return table[_DRIVER_COLUMNS]


@dataclass
class _Found:
    """What a field of the results holds: kinds of values, and the values with how often."""

    path: str
    kinds: set[str]
    counted: dict[str, int]

    @property
    def signs(self) -> list[Sign]:
        if self.kinds == {"flag"}:
            return [Sign(self.path, "false" if self.path == _TOLD_WHEN_FALSE else "true")]
        if self.kinds == {"count"}:
            numbers = [int(value) for value in self.counted]
            counts = 0 in numbers and min(numbers) >= 0 and max(numbers) <= MOST_COUNTED
            return [Sign(self.path, None)] if counts else []
        if self.kinds != {"word"} or not 2 <= len(self.counted) <= MOST_WORDS:
            return []
        if sum(self.counted.values()) < len(self.counted) * SMALL_SAMPLE:
            return []  # few calls: free text has few different values in them, too
        rare_first = sorted(self.counted, key=lambda value: (self.counted[value], value))
        # of two words each says the opposite of the other
        return [
            Sign(self.path, value) for value in rare_first[: 1 if len(rare_first) == 2 else None]
        ]


def _signs(cursor: Cursor, scored: Filter, zone: ZoneInfo) -> list[Sign]:
    """Signs that occur in the newest of the calls."""
    looked_through, _ = newest(cursor, scored, zone, most=MOST_LOOKED_THROUGH)
    where, parameters = looked_through.where(zone=zone)
    places = fields_of(cursor, where, parameters)
    rows = cursor.execute(
        f"""
        WITH found AS (SELECT results FROM calls WHERE has_results AND {where})
        SELECT place, text, count(*) FROM ({values_sql(LONGEST_WORD)}) GROUP BY ALL
        """,
        parameters | {"places": places},
    ).fetchall()
    fields = {place: _Found(place, set(), {}) for place in places if place != _OWN_PATH}
    for place, text, n in sorted(rows):
        if place in fields:
            kind, value = _read(text)
            fields[place].kinds.add(kind)
            fields[place].counted[value] = n
    return [sign for field in fields.values() for sign in field.signs]


def _read(text: str) -> tuple[str, str]:
    """The kind of a value, given as JSON, and the value as a filter says it."""
    if text in ("true", "false"):
        return "flag", text
    if _COUNT.fullmatch(text):
        return "count", text
    if text.startswith('"') and text != FREE_TEXT:
        return "word", str(json.loads(text))
    return "other", text


_SIDE = ("n", "mean", "deviation")


def _sides(cursor: Cursor, scored: Filter, zone: ZoneInfo, signs: list[Sign]) -> pd.DataFrame:
    """``n``, ``mean`` and ``deviation`` of the scores ``…_with`` and ``…_without`` each sign."""
    columns = [f"{name}_{side}" for side in ("with", "without") for name in _SIDE]
    if not signs:
        return pd.DataFrame({name: pd.Series([], dtype="float") for name in columns})
    where, parameters = scored.where(zone=zone)
    paths = list(dict.fromkeys(sign.path for sign in signs))
    place = {path: n + 1 for n, path in enumerate(paths)}
    tests = [_test_sql(sign, place[sign.path], n) for n, sign in enumerate(signs)]
    bound = {f"sign_{n}": sign.value for n, sign in enumerate(signs) if sign.value is not None}
    wanted = [
        f"count(*) FILTER ({which}) AS {side}_{n}"
        for n in range(len(signs))
        for side, which in (("with", f"s{n}"), ("without", f"NOT s{n}"))
    ]
    # one scan that reads each call's JSON once, and few scores: means of every sign would take longer
    found = fetch(
        cursor,
        f"""
        SELECT score, {", ".join(wanted)} FROM (
            SELECT score, {", ".join(tests)} FROM (
                SELECT {SCORE} AS score, json_extract(results, {paths!r}) AS field
                FROM calls WHERE {where}))
        GROUP BY score
        """,
        parameters | bound,
    )
    table = pd.DataFrame(index=range(len(signs)))
    for side in ("with", "without"):
        counts = found[[f"{side}_{n}" for n in range(len(signs))]].to_numpy(dtype=float).T
        moments = _moments(found["score"].to_numpy(), counts)
        for name, values in zip(_SIDE, moments, strict=True):
            table[f"{name}_{side}"] = values
    return table.astype({"n_with": "int64", "n_without": "int64"})


def _moments(
    scores: npt.NDArray[np.float64], counts: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.float64], ...]:
    """Of each row of `counts`, which has a column a score: calls, mean and sample deviation."""
    n = counts.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = counts @ scores / n
        squares = (counts * (scores - mean[:, None]) ** 2).sum(axis=1)
        deviation = np.sqrt(squares / np.where(n > 1, n - 1, np.nan))
    return n, mean, deviation


def _test_sql(sign: Sign, place: int, number: int) -> str:
    """Whether a call has the sign, null where nobody knows; as `result` and `not_result` do."""
    field = f"field[{place}]"
    if sign.value is None:
        # as JSON, where a text keeps its quotes: "3" is no count
        return f"try_cast(CAST({field} AS VARCHAR) AS DOUBLE) > 0 AS s{number}"
    return f"({field} ->> '$') = $sign_{number} AS s{number}"
