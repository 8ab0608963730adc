"""Analyses as a table: one row each, with the columns that lists, charts and exports use."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from explorer.api.models import Analysis

COLUMNS: dict[str, str] = {
    "id": "str",
    "created_at": "datetime64[s, UTC]",
    "status": "str",
    "agent_id": "str",
    "contact_id": "str",
    "duration_s": "float64",
    "customer_effort_score": "float64",
    "n_flagged": "Int64",
    "flagged_checks": "str",
    "greeting_present": "boolean",
    "error_message": "str",
    "audio_format": "str",
    "audio_duration_s": "float64",
    "size_bytes": "float64",
    "processing_time_s": "float64",
    "language": "str",
    "livemode": "boolean",
}


def calls_frame(analyses: Iterable[Analysis]) -> pd.DataFrame:
    """One row an analysis, in the order given; column types as in `COLUMNS`.

    Missing values are NaN or NA: ``customer_effort_score`` (0–5) without a score,
    ``n_flagged`` and ``flagged_checks`` without results, ``greeting_present`` when not stated.
    Transcripts and links are left out; secrets are taken out of ``error_message``.

    Source: the API's analysis object.
    """
    rows = [_row(analysis) for analysis in analyses]
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    frame["created_at"] = pd.to_datetime(frame["created_at"], unit="s", utc=True)
    return frame.astype(COLUMNS)


def _row(analysis: Analysis) -> tuple[object, ...]:
    call, audio, metadata = analysis.call, analysis.audio, analysis.metadata
    flagged = analysis.flagged_checks
    took_ms = metadata.processing_time_ms if metadata else None
    return (
        analysis.id,
        analysis.created,
        analysis.status,
        call.agent_id if call else None,
        call.contact_id if call else None,
        analysis.duration_s,
        analysis.customer_effort_score,
        None if flagged is None else len(flagged),
        None if flagged is None else ", ".join(flagged),
        analysis.greeting_present,
        analysis.error_message,
        audio.format if audio else None,
        audio.duration_seconds if audio else None,
        audio.size_bytes if audio else None,
        None if took_ms is None else took_ms / 1000,
        analysis.transcript.language if analysis.transcript else None,
        analysis.livemode,
    )
