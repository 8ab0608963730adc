"""How the columns of summaries look in a table: one name, one label, one format."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import streamlit as st

from explorer.analysis.dimensions import BY_NAME
from explorer.ui import words

_LABELS = {
    "n_calls": "Calls",
    "n_scored": "Scored",
    "mean_effort": "Mean effort",
    "low": "95% from",
    "high": "to",
    "share": "Share",
    "status": "Status",
    "day": "Day",
    "reason": "Reason",
    "first_seen_at": "First seen",
    "last_seen_at": "Last seen",
    "latest_id": "Latest call",
    "check": "Check",
    "n_checked": "Checked",
    "failed_share": "Share failed",
    "share_low": "95% from",
    "share_high": "to",
    "disclosure": "Disclosure",
    "other": "Other disclosure",
    "n_missing": "Missing",
    "missing_share": "Share missing",
    "since": "Since the week of",
    "n_missing_since": "Missing since",
    "n_checked_since": "Checked since",
    "share_since": "Share since",
    "n_missing_before": "Missing before",
    "n_checked_before": "Checked before",
    "share_before": "Share before",
    "share_difference": "Step",
    "share_difference_low": "95% from",
    "share_difference_high": "to",
    "n_together": "Both missing",
    "expected": "By chance",
    "n_first": "First missing",
    "n_other": "Other missing",
    "lift": "Times as often",
    "lift_low": "95% from",
    "lift_high": "to",
    "near_miss": "Near miss",
    "sign": "Sign",
    "value": "Value",
    "kind": "Kind",
    "since_at": "Counted since",
    "disagreement": "Fields disagree",
    "n_contradicting": "Contradicting",
    "of_possible": "Of",
    "among": "Of what",
    "of_before": "of, before",
    "of_now": "of, now",
    "whole": "Whole",
    "week": "Week of",
    "differs": "Clearly different from the team",
    "shrunk_effort": "Drawn to the team's",
    "team_effort": "Team's effort",
    "few": "Few scores",
    "trend": "Mean effort by week",
    "n_identity_judged": "Identity judged",
    "n_identity_flagged": "Identity flagged",
    "compliance_share": "Compliance",
    "n_failed": "Failed",
    "n_greeting_judged": "Greeting judged",
    "n_team_checked": "Team checked",
    "n_team_failed": "Team failed",
    "team_share": "Team's share",
    "difference": "Difference to the rest",
    "effort_difference": "Difference",
    "verdict": "Verdict",
    "n_with": "With",
    "n_without": "Without",
    "with_effort": "Effort with",
    "without_effort": "Effort without",
    "now_effort": "Effort now",
    "before_effort": "Effort before",
    "difference_from": "95% from",
    "difference_to": "to",
    "p_value": "p, corrected",
    "n_repeats": "Repeats",
    "n_hidden": "Hidden",
    "failures_share": "Of the failures",
    "of_failures": "Failures in all",
    "calls_share": "Of all calls",
    "of_calls": "Calls in all",
    "over_time": "Over time",
    "n_failures": "Failures",
    "n_others": "Others",
    "of_others": "Others in all",
    "others_share": "Of the others",
    "p_corrected": "p, for many tests",
    "p_uncorrected": "p, for one test",
    "few_failures": "Few failures",
    "from_at": "Compared from",
    "to_at": "Compared to",
    "starts_at": "From",
    "ends_at": "To",
    "recovered_at": "First success after",
    "usual_share": "Usual share",
    "reason_share": "Of the failed",
    "n_stuck": "Stuck",
    "audio_length_s": "Audio length",
    "few_calls": "Few calls",
    "timed": "Of known time",
    "waits_known": "Of known wait",
    **{
        f"{measure}_p{part}": f"{name}, {part_words}"
        for measure, name in (("factor", "Real-time factor"), ("wait", "Wait, s"))
        for part, part_words in (("50", "half"), ("90", "90%"), ("99", "99%"))
    },
}
_SHARES = ("share", "difference", "difference_from", "difference_to")
_LINES = ("trend",)
"""Lists of numbers, drawn as small lines."""
_BARS = ("over_time",)
"""Lists of counts, drawn as small bars."""
_RATIOS = ("hours", "lift", "factor_p50", "factor_p90", "factor_p99")
_NAMES = {"agent_id", "contact_id"}
"""Where an empty text means that the calls have none."""
_MEANS = ("mean_effort", "effort_difference", "low", "high", "expected", "lift")


def label(name: str) -> str:
    """The heading of a column."""
    known = _LABELS.get(name) or (BY_NAME[name].label if name in BY_NAME else None)
    return known or name.removeprefix("n_").replace("_", " ").capitalize()


def config(table: pd.DataFrame) -> dict[str, Any]:
    """Streamlit's column configuration of a summary's table."""
    found = {
        str(name): _column(str(name), values)(label(str(name))) for name, values in table.items()
    }
    first = str(table.columns[0])
    if first in _NAMES:
        # so that a row scrolled to the side still says whose it is
        found[first] = st.column_config.TextColumn(label(first), pinned=True)
    return found


def shown(table: pd.DataFrame) -> pd.DataFrame:
    """The table as cells: lists and unknown things as text, so that they are shown literally."""
    cells = {
        name: values if name in (*_LINES, *_BARS) or _plain(values) else values.astype(str)
        for name, values in table.items()
    }
    for name in filter(_is_share, cells):
        # percents with one decimal, small ones with two: 31.7%, 0.04%
        share = cells[name].astype("float64")
        cells[name] = share.round(3).where(share.abs() >= 0.01, share.round(4))
    for name in _NAMES & set(cells):
        cells[name] = cells[name].replace("", "(none)")
    return pd.DataFrame(cells, index=table.index)


def _is_share(name: object) -> bool:
    text = str(name)
    if text.startswith("n_"):
        return False
    if text in _MEANS or text in _RATIOS:
        return False
    return text in _SHARES or text.endswith("_share") or text.startswith("share_")


def _plain(column: pd.Series[Any]) -> bool:
    return column.dtype != object or not column.map(lambda value: isinstance(value, list)).any()


def _column(name: str, values: pd.Series[Any]) -> Callable[[str], Any]:
    column = st.column_config
    if isinstance(values.dtype, pd.DatetimeTZDtype):
        zone = words.viewer_zone().key
        return lambda text: column.DatetimeColumn(text, format="D MMM YYYY, HH:mm", timezone=zone)
    if name.startswith("n_") or pd.api.types.is_integer_dtype(values.dtype):
        return lambda text: column.NumberColumn(text, format="localized")
    if name.endswith("_length_s"):
        return lambda text: column.NumberColumn(text, format="%.0f s")
    if name == "differs":
        return lambda text: column.TextColumn(text, width="medium")
    if name in ("day", "week"):
        return lambda text: column.DateColumn(text, format="ddd D MMM YYYY")
    if name in _LINES:
        # effort, which is 0–5
        return lambda text: column.LineChartColumn(text, y_min=0, y_max=5, width="medium")
    if name in _BARS:
        return lambda text: column.BarChartColumn(text, y_min=0)
    if name.startswith("p_"):
        return lambda text: column.NumberColumn(text, format="%.3g")
    if name in _RATIOS or name.startswith("wait_"):
        return lambda text: column.NumberColumn(text, format="%.2f")
    if _is_share(name):
        return lambda text: column.NumberColumn(text, format="percent")
    if name in _MEANS or name.endswith(("_effort", "_low", "_high")):
        return lambda text: column.NumberColumn(text, format="%.2f")
    return lambda text: column.Column(text)
