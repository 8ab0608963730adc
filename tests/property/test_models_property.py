"""Any JSON as an answer: read, kept aside or refused, and nothing lost."""

from __future__ import annotations

import json

from hypothesis import given, settings, strategies as st

from explorer.analysis.export import to_csv, to_json_lines
from explorer.analysis.frame import COLUMNS, calls_frame
from explorer.api.models import read_list

TEXT = st.text(st.characters(exclude_categories=()), max_size=12)  # half surrogates included
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(0, 2_000_000_000),
    st.floats(),
    TEXT,
    st.sampled_from(["2024-01-15T14:32:15Z", "0001-01-01T00:00:00", "9999-12-31T23:59:59-12:00"]),
)
JSON = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)


def fields(*names: str) -> st.SearchStrategy[object]:
    return JSON | st.fixed_dictionaries({}, optional=dict.fromkeys(names, JSON))


RECORDS = JSON | st.fixed_dictionaries(
    {
        "id": st.sampled_from(["a", "b", "c"]) | TEXT,
        "created": st.integers(-(10**12), 10**12) | JSON,
        "status": st.sampled_from(["processing", "completed", "failed", "new"]) | TEXT,
    },
    optional={
        "livemode": JSON,
        "call": fields("agent_id", "contact_id", "duration_ms", "duration_seconds"),
        "audio": fields("url", "size_bytes", "format", "duration_seconds"),
        "transcript": fields("text", "segments", "language")
        | st.fixed_dictionaries({"segments": st.lists(fields("speaker", "text", "start"))}),
        "results": st.fixed_dictionaries(
            {},
            optional={
                "compliance": st.dictionaries(TEXT, fields("flagged", "read"), max_size=3),
                "quality": fields("greeting"),
                "coaching": fields("recommendations", "customer_effort_score"),
            },
        ),
        "metadata": fields("webhook_url", "completed_at", "processing_time_ms", "error_message"),
        "raw": JSON,
        "model_fields": JSON,
    },
)
PAGES = st.fixed_dictionaries(
    {"data": st.lists(RECORDS, max_size=5), "total": st.integers(0, 9)}, optional={"has_more": JSON}
)


@settings(max_examples=100, deadline=None)
@given(JSON | st.fixed_dictionaries({}, optional={"data": JSON, "total": JSON, "has_more": JSON}))
def test_answer_is_read_or_a_value_error_when_it_is_any_json(document):
    try:
        page = read_list(document)
    except ValueError:
        return
    assert len(page.data) + len(page.rejected) == len(document["data"])


@settings(max_examples=100, deadline=None)
@given(PAGES)
def test_no_record_is_lost_when_some_are_odd(document):
    page = read_list(document)
    records = document["data"]
    assert len(page.data) + len(page.rejected) == len(records)
    aside = {record.index for record in page.rejected}
    good = [record for index, record in enumerate(records) if index not in aside]
    assert all(a.raw is r for a, r in zip(page.data, good, strict=True))
    for analysis in page.data:
        assert repr(analysis).startswith("Analysis(id=")
        json.dumps(analysis.masked, ensure_ascii=False).encode()
        if analysis.metadata and analysis.metadata.completed_at:
            assert analysis.metadata.completed_at.tzinfo
    # what was read can be shown and taken away
    frame = calls_frame(page.data)
    assert {name: str(kind) for name, kind in frame.dtypes.items()} == COLUMNS
    assert len(frame) == len(page.data)
    to_csv(frame)
    lines = to_json_lines(frame).decode().split("\n")
    assert [json.loads(line)["id"] for line in lines if line] == [a.id for a in page.data]
