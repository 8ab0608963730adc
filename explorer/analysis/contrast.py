"""What is different about the calls that fail: one variable at a time, against those that do not."""

from __future__ import annotations

from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from explorer.analysis import bands, zones
from explorer.analysis.dimensions import BY_NAME, WEEKDAYS
from explorer.analysis.statistics import SMALL_SAMPLE, corrected, difference_of_shares, lift

SIGNIFICANT = 0.05
"""Of the p-value after correction: below it, a difference is not chance."""
LEAST_LIFT = 1.5
"""A difference smaller than this is not said aloud, however certain it is."""
SAID = 3
"""Findings that one sentence holds."""


class Variable(NamedTuple):
    """What calls are compared by; its name is that of a dimension, its values the filter's."""

    name: str
    sql: str
    """Its value; null for calls that cannot be compared by it."""
    names: tuple[str, ...] | None = None
    """What the values are called, where `sql` gives places in here: numbers group faster."""

    @property
    def value_sql(self) -> str:
        """What the filter calls a value of the column that has the variable's name."""
        return self.name if self.names is None else f"{list(self.names)!r}[{self.name} + 1]"


def variables(zone: ZoneInfo) -> tuple[Variable, ...]:
    """All variables, hours and weekdays in `zone`."""
    return (
        Variable("audio_format", "coalesce(audio_format, '')"),
        _banded("size", bands.SIZE),
        _banded("bitrate", bands.BITRATE),
        _banded("duration", bands.DURATION),
        _banded("gap", bands.GAP),
        # known once there is a transcript: most failures have none, and that is no finding
        Variable("language", "nullif(language, '')"),
        Variable("agent_id", "coalesce(agent_id, '')"),
        Variable("contact_id", "coalesce(contact_id, '')"),
        Variable("hour", f"CAST({zones.hour_sql(zone)} AS TINYINT)", _HOURS),
        Variable("weekday", f"CAST({zones.weekday_sql(zone)} AS TINYINT)", WEEKDAYS),
        Variable("webhook", "CAST(coalesce(has_webhook, false) AS TINYINT)", _NO_YES),
        Variable("livemode", "CAST(livemode AS TINYINT)", _NO_YES),
    )


COUNTED_TOGETHER = (
    ("size", "bitrate", "duration", "gap"),
    ("hour", "weekday"),
    ("audio_format", "language", "webhook", "livemode"),
)
"""Names of variables of few values. Combinations are counted, and summed for each: to count each
alone would read all calls again."""
_NO_YES = ("no", "yes")
_HOURS = tuple(str(hour) for hour in range(24))


def _banded(name: str, found: bands.Bands) -> Variable:
    places = found.places_sql
    return Variable(name, f"CAST({places} AS TINYINT)", found.choices)


def condition(variable: str, value: str) -> dict[str, Any]:
    """The fields of a filter that mean a value of a variable."""
    if BY_NAME[variable].kind.shape == "flag":
        return {variable: value == "yes"}
    return {variable: (value,)}


def measured(found: pd.DataFrame) -> pd.DataFrame:
    """Each value's share among the failures beside its share among the others, in the order given.

    Parameters
    ----------
    found : one row a value: ``variable``, ``value``, ``n_failures``, ``n_others``.

    Returns
    -------
    The rows with ``of_failures``, ``of_others`` (what the shares are of: the calls that have the
    variable), ``failures_share``, ``others_share`` (0–1), ``lift`` with ``lift_low`` and
    ``lift_high``, ``p_uncorrected`` (Fisher's exact test), ``p_corrected`` (Benjamini and Hochberg, over
    all values of all variables), ``few_failures`` (fewer than `SMALL_SAMPLE` failures) and ``stands_out``
    (not few, corrected p below `SIGNIFICANT`, lift of `LEAST_LIFT` or more). Values of fewer than
    `SMALL_SAMPLE` calls in all are not tested: their p-values are NaN.
    """
    table = found.reset_index(drop=True)
    sums = table.groupby("variable")[["n_failures", "n_others"]].transform("sum")
    table["of_failures"], table["of_others"] = sums["n_failures"], sums["n_others"]
    four = ["n_failures", "of_failures", "n_others", "of_others"]
    # values of thousands of contacts have few distinct counts, and the test takes its time
    told = table[four].drop_duplicates()
    told["failures_share"] = _share(told["n_failures"], told["of_failures"])
    told["others_share"] = _share(told["n_others"], told["of_others"])
    told["lift"], told["lift_low"], told["lift_high"] = lift(*(told[name] for name in four))
    tested = told["n_failures"] + told["n_others"] >= SMALL_SAMPLE
    told["p_uncorrected"] = np.nan
    told.loc[tested, "p_uncorrected"] = difference_of_shares(
        *(told.loc[tested, name] for name in four)
    ).p_value
    table = table.merge(told, how="left", on=four)
    table["p_corrected"] = corrected(table["p_uncorrected"])
    table["few_failures"] = table["n_failures"] < SMALL_SAMPLE
    table["stands_out"] = (
        ~table["few_failures"]
        & (table["p_corrected"] < SIGNIFICANT)
        & (table["lift"] >= LEAST_LIFT)
    )
    return table


def in_order(table: pd.DataFrame) -> pd.DataFrame:
    """The rows of `measured`, the most telling first."""
    rank = np.where(table["stands_out"], 0, np.where(table["few_failures"], 2, 1))
    table = table.assign(rank=rank)
    order = ["rank", "p_corrected", "lift", "n_failures", "variable", "value"]
    ascending = [True, True, False, False, True, True]
    return table.sort_values(order, ascending=ascending, ignore_index=True).drop(columns="rank")


def sentence(table: pd.DataFrame, n_failures: int, n_others: int) -> str:
    """What stands out in a table of `in_order`, in one sentence; or that nothing does."""
    if n_failures < SMALL_SAMPLE or n_others < SMALL_SAMPLE:
        return (
            f"Too few calls to compare: {n_failures:,} failed so, and {n_others:,} others are "
            "of the same time."
        )
    findings = _one_a_variable(table[table["stands_out"]])
    if findings.empty:
        return (
            f"Nothing stands out: no value is at least {LEAST_LIFT:g} times as frequent among "
            f"these {n_failures:,} failures as among {n_others:,} comparable calls, beyond chance."
        )
    first, *others = (row for row in findings.head(SAID).itertuples())
    text = _finding(first)
    if others:
        text += f"; also {' and '.join(_finding_in_short(row) for row in others)}"
    rest = len(findings) - 1 - len(others)
    return text + (f"; {rest} more below." if rest > 0 else ".")


def value_words(variable: str, value: str) -> str:
    """What calls of a value are, after the word calls: ``with audio format “webm”``."""
    return BY_NAME[variable].phrase(condition(variable, value)[variable])


def _one_a_variable(findings: pd.DataFrame) -> pd.DataFrame:
    return findings.drop_duplicates("variable")


def _finding(row: Any) -> str:
    among = f"{row.failures_share:.0%} of these {row.of_failures:,} failures"
    if row.n_failures == row.of_failures:
        among = f"All {row.of_failures:,} of these failures"
    times = "" if np.isinf(row.lift) else f" ({row.lift:.1f} times as often)"
    return (
        f"{among} are calls {value_words(row.variable, row.value)}, against "
        f"{_percent(row.others_share)} of {row.of_others:,} comparable calls{times}"
    )


def _finding_in_short(row: Any) -> str:
    shares = f"{row.failures_share:.0%} against {_percent(row.others_share)}"
    return f"{value_words(row.variable, row.value)} ({shares})"


def _percent(share: float) -> str:
    return f"{share:.1%}" if 0 < share < 0.1 else f"{share:.0%}"


def _share(part: pd.Series[int], whole: pd.Series[int]) -> pd.Series[float]:
    return part / whole.where(whole > 0)
