"""What goes with effort: calls with a sign against calls whose same field says otherwise."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from itertools import groupby
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
from explorer.analysis.summary import Cursor, summary

NEARLY_ALL = 0.99
MOST_TEXTS = 300
"""A field with more different values holds measures or free text."""
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

    def is_in(self, value: _Value) -> bool | None:
        """Whether a field's value is the sign, as `result` and `not_result` say; None: neither."""
        if self.value is not None:
            return value.text == self.value
        # a text keeps its quotes in JSON: "3" is no count
        return float(value.text) > 0 if value.kind in ("count", "measure") else None

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
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")


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
    compared_ones, since_at = newest(cursor, calls.with_(has_score=True), zone)
    found = _fields(cursor, compared_ones, zone)
    told = [(field, sign) for field in found for sign in field.signs]
    signs = [sign for _, sign in told]
    table = compared(_sides(told))
    table.insert(0, "sign", pd.Series([sign.words for sign in signs], dtype="str"))
    table.insert(1, "result", pd.Series([sign.text for sign in signs], dtype="str"))
    table = with_since(table, since_at)
    table = table.rename(columns={"mean_with": "with_effort", "mean_without": "without_effort"})
    table["_too_few"] = table["verdict"] == NOT_ENOUGH
    table["_size"] = -table["effort_difference"].abs()
    table = table.sort_values(["_too_few", "p_value", "_size", "result"], ignore_index=True)
    return table[_DRIVER_COLUMNS]


class _Value(NamedTuple):
    """A value of a field: its kind, what a filter calls it, and how many calls of a score have it."""

    kind: str
    text: str
    score: float
    n: int


@dataclass
class _Field:
    """A field of the results, and the values it has."""

    path: str
    values: list[_Value]

    @property
    def kind(self) -> str:
        """Of nearly all values: one odd record takes no sign away."""
        n_of = Counter[str]()
        for value in self.values:
            n_of[value.kind] += value.n
        kind, n = n_of.most_common(1)[0]
        return kind if n >= NEARLY_ALL * n_of.total() else "mixed"

    @property
    def signs(self) -> list[Sign]:
        kind = self.kind
        if kind == "flag":
            return [Sign(self.path, "false" if self.path == _TOLD_WHEN_FALSE else "true")]
        n_of = Counter[str]()
        for value in self.values:
            if value.kind == kind:
                n_of[value.text] += value.n
        if kind == "count":
            numbers = [int(text) for text in n_of]
            counts = 0 in numbers and min(numbers) >= 0 and max(numbers) <= MOST_COUNTED
            return [Sign(self.path, None)] if counts else []
        if kind != "word" or not 2 <= len(n_of) <= MOST_WORDS:
            return []
        if n_of.total() < len(n_of) * SMALL_SAMPLE:
            return []  # few calls: free text has few different values in them, too
        rare_first = sorted(n_of, key=lambda text: (n_of[text], text))
        # of two words each says the opposite of the other
        return [Sign(self.path, text) for text in rare_first[: 1 if len(rare_first) == 2 else None]]


def _fields(cursor: Cursor, scored: Filter, zone: ZoneInfo) -> list[_Field]:
    """The fields of the calls that may hold signs; the calls of each value and score are counted."""
    where, parameters = scored.where(zone=zone)
    places = [place for place in fields_of(cursor, where, parameters) if place != _OWN_PATH]
    rows = cursor.execute(
        f"""
        WITH found AS (SELECT results, {SCORE} AS score FROM calls WHERE {where}),
        texts AS MATERIALIZED (
            SELECT place, text, score, count(*) AS n
            FROM ({values_sql(LONGEST_WORD, beside="score")}) GROUP BY ALL)
        -- measures and free text would be most of the rows
        SELECT * FROM texts WHERE place IN (
            SELECT place FROM texts GROUP BY place HAVING count(DISTINCT text) <= {MOST_TEXTS})
        ORDER BY ALL
        """,
        parameters | {"places": places},
    ).fetchall()
    return [
        _Field(place, [_Value(*_read(text), score, n) for _, text, score, n in values])
        for place, values in groupby(rows, key=lambda row: row[0])
    ]


def _read(text: str) -> tuple[str, str]:
    """The kind of a value, given as JSON, and what a filter calls it."""
    if text in ("true", "false"):
        return "flag", text
    if _NUMBER.fullmatch(text):
        return "count" if text.lstrip("-").isdecimal() else "measure", text
    if text.startswith('"') and text != FREE_TEXT:
        return "word", str(json.loads(text))
    return "other", text


_SIDE = ("n", "mean", "deviation")


def _sides(told: list[tuple[_Field, Sign]]) -> pd.DataFrame:
    """``n``, ``mean`` and ``deviation`` of the scores ``…_with`` and ``…_without`` each sign."""
    scores = sorted({value.score for field, _ in told for value in field.values})
    place = {score: n for n, score in enumerate(scores)}
    counts = {side: np.zeros((len(told), len(scores))) for side in ("with", "without")}
    for row, (field, sign) in enumerate(told):
        for value in field.values:
            has = sign.is_in(value)
            if has is not None:
                counts["with" if has else "without"][row, place[value.score]] += value.n
    table = pd.DataFrame(index=range(len(told)))
    for side in ("with", "without"):
        moments = _moments(np.array(scores, dtype=float), counts[side])
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
