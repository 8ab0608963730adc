"""The failures of an account as text for a terminal, and as JSON for machines."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from explorer.analysis import contrast, queries, summary
from explorer.analysis.filters import Filter
from explorer.analysis.relations import LAST_SYNC_SQL
from explorer.analysis.statistics import SMALL_SAMPLE
from explorer.analysis.summary import Cursor


@dataclass(frozen=True)
class Threshold:
    """How many failures are too many: a count, or a share of all calls."""

    text: str
    count: int | None = None
    share: float | None = None

    @classmethod
    def parse(cls, text: str) -> Threshold:
        """``5%`` is a share of all calls, ``10`` a number of failures; either above 0.

        Raises
        ------
        ValueError : neither.
        """
        if text.endswith("%"):
            share = float(text[:-1]) / 100
            if not 0 < share <= 1:
                raise ValueError(text)
            return cls(text, share=share)
        count = int(text)
        if count < 1:
            raise ValueError(text)
        return cls(text, count=count)

    def reached(self, n_failed: int, n_calls: int) -> bool:
        """Whether so many failures are too many."""
        if self.count is not None:
            return n_failed >= self.count
        return n_calls > 0 and n_failed / n_calls >= (self.share or 0)


@dataclass(frozen=True)
class FailureReport:
    """What the failures page tells, read from one mirror."""

    calls: Filter
    zone: ZoneInfo
    n_failed: int
    n_calls: int
    reasons: pd.DataFrame
    outages: pd.DataFrame
    findings: dict[str, str]
    """Reason → what is different about it, for those with enough failures to tell."""
    n_processing: int
    n_stuck: int
    as_of: datetime | None
    """When the mirror was last brought up to date (UTC); None where no sync has ended."""
    threshold: Threshold | None = None

    @property
    def reached(self) -> bool:
        """Whether the threshold is reached; false without one."""
        return self.threshold is not None and self.threshold.reached(self.n_failed, self.n_calls)

    @property
    def age_s(self) -> float:
        """Seconds since the mirror was brought up to date; infinite where no sync has ended."""
        return math.inf if self.as_of is None else (datetime.now(UTC) - self.as_of).total_seconds()

    @property
    def as_of_words(self) -> str:
        """``As of 2026-11-28 14:02 (UTC)``."""
        if self.as_of is None:
            return "As of no sync that ended"
        return f"As of {self._time(pd.Timestamp(self.as_of))} ({self.zone.key})"

    def text(self) -> str:
        """For people: one line a reason, the most frequent first."""
        share = f", {self.n_failed / self.n_calls:.1%}" if self.n_calls else ""
        reason = f" for “{self.calls.reason}”" if self.calls.reason else ""
        lines = [
            f"{queries.comparable(self.calls).sentence}: "
            f"{self.n_failed:,} of {self.n_calls:,} failed{reason}{share}",
            self.as_of_words,
        ]
        if len(self.reasons):
            lines += ["", self._row("failed", "share", "state", "last seen", "hit", "reason")]
            lines += [self._reason(row) for row in self.reasons.itertuples()]
        for reason, finding in self.findings.items():
            lines += ["", reason, f"  {finding}"]
        for row in self.outages.itertuples():
            lines += ["", self._outage(row)]
        if self.n_stuck:
            lines += ["", f"Stuck: {self.n_stuck:,} of {self.n_processing:,} still processing"]
        if self.threshold is not None:
            state = "reached" if self.reached else "not reached"
            lines += ["", f"Threshold of {self.threshold.text} {state}"]
        return "\n".join(map(printable, lines)) + "\n"

    def json(self) -> str:
        """For machines; times in ISO 8601, UTC."""
        document = {
            "calls": self.calls.to_query(),
            "as_of": _value(self.as_of),
            "n_failed": self.n_failed,
            "n_calls": self.n_calls,
            "reasons": [
                one | {"finding": self.findings.get(one["reason"])} for one in records(self.reasons)
            ],
            "outages": records(self.outages),
            "n_processing": self.n_processing,
            "n_stuck": self.n_stuck,
            "threshold": self.threshold.text if self.threshold else None,
            "reached": self.reached,
        }
        return json.dumps(document, indent=2, allow_nan=False) + "\n"

    def _reason(self, row: Any) -> str:
        return self._row(
            f"{row.n_calls:,}",
            f"{row.failures_share:.1%}",
            row.state,
            self._time(row.last_seen_at),
            f"{_count(row.agents, 'agent')}, {_count(row.contacts, 'contact')}",
            row.reason,
        )

    @staticmethod
    def _row(n: str, share: str, state: str, last: str, hit: str, reason: str) -> str:
        return f"{n:>7}  {share:>6}  {state:<6}  {last:<16}  {hit:<24}  {reason}".rstrip()

    def _outage(self, row: Any) -> str:
        ends = "no success since"
        if not pd.isna(row.recovered_at):
            ends = f"first success after {self._time(row.recovered_at)}"
        return (
            f"Outage {self._time(row.starts_at)} to {self._time(row.ends_at)} ({self.zone.key}), "
            f"{ends}: {row.n_failed:,} of {row.n_calls:,} failed, {row.reason_share:.0%} of them for "
            f"{row.reason}"
        )

    def _time(self, at: pd.Timestamp) -> str:
        return f"{at.tz_convert(self.zone):%Y-%m-%d %H:%M}"


def failure_report(
    cursor: Cursor, calls: Filter, zone: ZoneInfo, threshold: Threshold | None = None
) -> FailureReport:
    """The report of the calls, whatever their status."""
    totals = queries.failure_totals(cursor, calls, zone)
    processing = queries.processing_now(cursor, calls, zone)
    reasons = queries.reasons(cursor, calls, zone)
    findings = {}
    for row in reasons.itertuples():
        one: Any = row
        if one.n_calls < SMALL_SAMPLE:
            break  # the most frequent come first
        of_reason = calls.with_(reason=one.reason)
        table = queries.failure_contrast(cursor, of_reason, zone)
        if table["stands_out"].any():
            found = queries.contrast_totals(cursor, of_reason, zone)
            findings[one.reason] = contrast.sentence(table, found[2], found[3])
    return FailureReport(
        calls=calls,
        zone=zone,
        n_failed=int(totals["n_failed"].sum()),
        n_calls=int(totals["n_calls"].sum()),
        reasons=reasons,
        outages=queries.outages(cursor, calls, zone),
        findings=findings,
        n_processing=int(processing["n_processing"].sum()),
        n_stuck=int(processing["n_stuck"].sum()),
        as_of=_last_sync(cursor),
        threshold=threshold,
    )


def _last_sync(cursor: Cursor) -> datetime | None:
    (ended_at,) = summary.row(cursor, LAST_SYNC_SQL, {})
    return None if ended_at is None else datetime.fromtimestamp(ended_at, UTC)


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows as JSON values; missing ones null."""
    return [
        {str(name): _value(value) for name, value in one.items()}
        for one in table.to_dict(orient="records")
    ]


def printable(text: str) -> str:
    """`text` without what a terminal would act upon."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def _count(n: int, noun: str) -> str:
    return f"{n:,} {noun}{'' if n == 1 else 's'}"


def _value(value: Any) -> Any:
    if isinstance(value, list):
        return value
    if value is None or pd.isna(value):
        return None
    if isinstance(value, datetime):
        return f"{pd.Timestamp(value).tz_convert('UTC'):%Y-%m-%dT%H:%M:%SZ}"
    return value.item() if hasattr(value, "item") else value
