"""Analyses as rows: columns, types, and what is missing."""

from __future__ import annotations

import pandas as pd
import pytest

from explorer.analysis.frame import COLUMNS, calls_frame
from explorer.api.models import read_analysis

WHOLE = {
    "id": "a1",
    "created": 1705334400,
    "status": "completed",
    "livemode": True,
    "call": {"agent_id": "agent_001", "contact_id": "c1", "duration_ms": 125500},
    "audio": {
        "url": "https://s3.x/private?sig=canary",
        "size_bytes": 1048576,
        "format": "wav",
        "duration_seconds": 126,
    },
    "transcript": {"text": "private words", "segments": [], "language": "en"},
    "results": {
        "compliance": {
            "identity_verification": {"flagged": True},
            "mandatory_disclosures": {"read": False},
            "sensitive_data": {"shared": False},
        },
        "quality": {"greeting": {"present": False}},
        "coaching": {"customer_effort_score": 2.5},
    },
    "metadata": {
        "webhook_url": "https://h/private",
        "processing_time_ms": 8500,
        "error_message": "x?sig=canary",
    },
}
LEAST = {"id": "a2", "created": 0, "status": "processing"}


def test_row_holds_every_value_when_the_analysis_is_whole():
    row = calls_frame([read_analysis(WHOLE)]).iloc[0].to_dict()
    assert row == {
        "id": "a1",
        "created_at": pd.Timestamp("2024-01-15T16:00:00Z"),
        "status": "completed",
        "agent_id": "agent_001",
        "contact_id": "c1",
        "duration_s": 125.5,
        "customer_effort_score": 2.5,
        "n_flagged": 2,
        "flagged_checks": "identity_verification, mandatory_disclosures",
        "greeting_present": False,
        "error_message": "x?…",
        "audio_format": "wav",
        "audio_duration_s": 126.0,
        "size_bytes": 1048576.0,
        "processing_time_s": 8.5,
        "language": "en",
        "livemode": True,
    }


def test_row_is_missing_values_when_the_analysis_has_only_what_it_needs():
    frame = calls_frame([read_analysis(LEAST)])
    missing = frame.iloc[0].isna()
    assert list(missing[~missing].index) == ["id", "created_at", "status"]


@pytest.mark.parametrize("analyses", [[], [LEAST], [WHOLE, LEAST]], ids=["none", "least", "mixed"])
def test_types_are_the_same_when_rows_differ(analyses):
    frame = calls_frame(read_analysis(one) for one in analyses)
    assert {name: str(kind) for name, kind in frame.dtypes.items()} == COLUMNS
    assert list(frame["id"]) == [one["id"] for one in analyses]


@pytest.mark.parametrize(
    ("compliance", "n", "names"),
    [
        pytest.param({}, 0, "", id="no_checks"),
        pytest.param({"new_check": {"flagged": True}}, 1, "new_check", id="unknown_check"),
        pytest.param({"identity_verification": None}, 0, "", id="null_check"),
        pytest.param(None, None, None, id="no_compliance"),
    ],
)
def test_flags_are_counted_when_there_are_results(compliance, n, names):
    frame = calls_frame([read_analysis({**LEAST, "results": {"compliance": compliance}})])
    assert (None if frame["n_flagged"].isna()[0] else frame["n_flagged"][0]) == n
    assert (None if frame["flagged_checks"].isna()[0] else frame["flagged_checks"][0]) == names


@pytest.mark.parametrize("created", [-(10**10), 0, 2**31, 250_000_000_000], ids=str)
def test_time_is_kept_when_far_away(created):
    frame = calls_frame([read_analysis({**LEAST, "created": created})])
    assert int(frame["created_at"].astype("int64")[0]) == created


def test_nothing_private_is_in_the_table_when_it_is_written():
    text = calls_frame([read_analysis(WHOLE)]).to_csv()
    for private in ("canary", "private", "s3.x", "https"):
        assert private not in text
