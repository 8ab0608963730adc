"""Each query on a table of ten rows, against numbers worked out by hand."""

from __future__ import annotations

import random
from datetime import UTC as UTC_OF_PYTHON, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from scipy import stats

from explorer.analysis import queries
from explorer.analysis.dimensions import SORTS, STATUSES
from explorer.analysis.failures import group_messages
from explorer.analysis.filters import Filter
from explorer.analysis.frame import COLUMNS, calls_frame
from explorer.api.models import COMPLIANCE_CHECKS, read_analysis
from explorer.errors import InvalidFilterError

UTC = ZoneInfo("UTC")
NAN = float("nan")

# id, UTC time, status, score, message
TEN = [
    ("j", "2026-03-05T10:00:00", "processing", None, None),
    ("i", "2026-03-05T09:00:00", "completed", 4, None),
    ("h", "2026-03-05T08:00:00", "completed", 2, None),
    ("g", "2026-03-05T07:00:00", "failed", None, "timeout after 30 s"),
    ("f", "2026-03-03T23:30:00", "completed", 1, None),
    ("e", "2026-03-03T12:00:00", "completed", None, None),
    ("d", "2026-03-03T11:00:00", "failed", None, "timeout after 9 s"),
    ("c", "2026-03-02T10:00:00", "failed", None, None),
    ("b", "2026-03-02T09:00:00", "archived", None, None),
    ("a", "2026-03-02T08:00:00", "failed", None, "file is empty"),
]


ANY = Filter()


def records(rows: list[tuple]) -> list[dict[str, Any]]:
    return [
        {
            "id": name,
            "created": int(pd.Timestamp(at, tz="UTC").timestamp()),
            "status": status,
            "results": {"coaching": {"customer_effort_score": score}},
            "metadata": {"error_message": message},
        }
        for name, at, status, score, message in rows
    ]


@pytest.fixture
def ten(mirror_of):
    return mirror_of(records(TEN))


def test_effort_per_day_is_as_worked_out_when_ten_calls(ten):
    days = queries.effort_per_day(ten, ANY, UTC)
    assert list(days.columns) == ["day", "n_calls", "n_scored", "mean_effort", "low", "high"]
    assert list(days["day"]) == [date(2026, 3, n) for n in (2, 3, 4, 5)]
    assert list(days["n_calls"]) == [3, 3, 0, 4]
    assert list(days["n_scored"]) == [0, 1, 0, 2]
    assert days["mean_effort"].tolist() == pytest.approx([NAN, 1, NAN, 3], nan_ok=True)
    # t of 0.975 with one degree of freedom is 12.7: cut to the scale, 0–5
    assert days["low"].tolist() == pytest.approx([NAN, NAN, NAN, 0], nan_ok=True)
    assert days["high"].tolist() == pytest.approx([NAN, NAN, NAN, 5], nan_ok=True)
    assert days["n_calls"].dtype == days["n_scored"].dtype == "int64"


def test_interval_is_not_cut_when_inside_the_scale(mirror_of):
    scores = [2, 2, 3, 3, 2, 3, 2, 3, 2, 3]
    rows = [(str(n), "2026-03-05T08:00:00", "completed", s, None) for n, s in enumerate(scores)]
    days = queries.effort_per_day(mirror_of(records(rows)), ANY, UTC)
    # mean 2.5, deviation 0.52705, t of 0.975 with nine degrees of freedom 2.26216
    assert days["low"][0] == pytest.approx(2.5 - 2.26216 * 0.52705 / 10**0.5, abs=1e-4)
    assert days["high"][0] == pytest.approx(2.5 + 2.26216 * 0.52705 / 10**0.5, abs=1e-4)


@pytest.mark.parametrize(
    ("zone", "days"),
    [
        pytest.param("UTC", {3: 3, 5: 4}, id="utc"),
        pytest.param("Europe/Berlin", {3: 2, 4: 1, 5: 4}, id="berlin"),
        pytest.param("Pacific/Kiritimati", {2: 2, 3: 1, 4: 3, 5: 3, 6: 1}, id="fourteen_hours_ahead"),
        pytest.param("Pacific/Pago_Pago", {1: 3, 2: 0, 3: 3, 4: 4}, id="eleven_hours_behind"),
    ],
)  # fmt: skip
def test_day_is_the_viewers_when_the_zone_differs(zone, days, ten):
    found = queries.effort_per_day(ten, ANY, ZoneInfo(zone))
    by_day = {day.day: n for day, n in zip(found["day"], found["n_calls"], strict=True)}
    assert {day: by_day.get(day) for day in days} == days
    assert found["n_calls"].sum() == 10


@pytest.mark.parametrize(
    ("zone", "times", "n_calls"),
    [
        pytest.param("Europe/Berlin", ["2026-03-28T23:30:00", "2026-03-29T00:30:00", "2026-03-29T01:30:00", "2026-03-29T22:30:00"], [3, 1], id="spring_23_hours"),
        pytest.param("Europe/Berlin", ["2026-10-24T22:30:00", "2026-10-25T00:30:00", "2026-10-25T01:30:00", "2026-10-25T23:30:00"], [3, 1], id="autumn_25_hours"),
        pytest.param("America/Santiago", ["2026-09-06T03:30:00", "2026-09-06T04:30:00", "2026-09-07T04:30:00"], [1, 1, 1], id="no_midnight"),
        pytest.param("Africa/Cairo", ["2026-04-23T21:30:00", "2026-04-23T22:30:00", "2026-04-24T22:30:00"], [1, 1, 1], id="no_midnight_cairo"),
    ],
)  # fmt: skip
def test_every_call_is_counted_on_its_day_when_clocks_change(zone, times, n_calls, mirror_of):
    rows = [(str(n), at, "completed", 1, None) for n, at in enumerate(times)]
    days = queries.effort_per_day(mirror_of(records(rows[::-1])), ANY, ZoneInfo(zone))
    assert list(days["n_calls"]) == n_calls
    apart = {(b - a).days for a, b in zip(days["day"], days["day"][1:], strict=False)}
    assert apart <= {1}


def test_effort_per_day_has_its_columns_when_there_are_no_calls(mirror_of):
    days = queries.effort_per_day(mirror_of([]), ANY, UTC)
    assert days.empty
    assert list(days.columns) == ["day", "n_calls", "n_scored", "mean_effort", "low", "high"]


def summary_of(cursor) -> dict[str, float]:
    """The one row, without the interval, which has its own test."""
    (found,) = (
        queries.effort_summary(cursor, ANY, UTC).drop(columns=["low", "high"]).to_dict("records")
    )
    return found


def test_effort_summary_has_the_t_interval_when_two_are_scored(mirror_of):
    rows = [
        (str(n), "2026-03-02T10:00:00Z", "completed", score, None)
        for n, score in enumerate((1, 2, 4))
    ]
    (found,) = queries.effort_summary(mirror_of(records(rows)), ANY, UTC).to_dict("records")
    low, high = stats.t.interval(0.95, 2, loc=7 / 3, scale=stats.sem([1, 2, 4]))
    assert found["low"] == max(0, low)
    assert found["high"] == pytest.approx(min(5, high))


def test_effort_summary_divides_by_the_scored_when_some_have_none(ten):
    assert summary_of(ten) == {
        "mean_effort": pytest.approx((4 + 2 + 1) / 3),
        "n_calls": 10,
        "n_scored": 3,
        "n_processing": 1,
        "n_failed": 4,
        "n_completed_without_score": 1,
        "n_other_without_score": 1,
    }


@pytest.mark.parametrize("rows", [[], TEN[-1:]], ids=["no_calls", "no_scores"])
def test_effort_summary_is_nan_when_nothing_is_scored(rows, mirror_of):
    found = summary_of(mirror_of(records(rows)))
    assert found["mean_effort"] != found["mean_effort"]
    assert found["n_scored"] == 0
    assert found["n_failed"] == len(rows)


def test_failure_reasons_are_as_worked_out_when_ten_calls(ten):
    reasons = queries.failure_reasons(ten, ANY, UTC)
    assert list(reasons["reason"]) == ["timeout after <num> s", "(no message)", "file is empty"]
    assert list(reasons["n_calls"]) == [2, 1, 1]
    assert list(reasons["share"]) == [0.5, 0.25, 0.25]
    assert list(reasons["latest_id"]) == ["g", "c", "a"]
    assert reasons["first_seen_at"][0] == pd.Timestamp("2026-03-03T11:00:00Z")
    assert reasons["last_seen_at"][0] == pd.Timestamp("2026-03-05T07:00:00Z")


def test_failure_reasons_are_the_same_when_rows_are_shuffled(ten, mirror_of):
    shuffled = mirror_of(records(random.Random(3).sample(TEN, len(TEN))))
    pd.testing.assert_frame_equal(
        queries.failure_reasons(shuffled, ANY, UTC), queries.failure_reasons(ten, ANY, UTC)
    )


@pytest.mark.parametrize("rows", [[], TEN[:3]], ids=["no_calls", "no_failures"])
def test_failure_reasons_have_their_columns_when_nothing_failed(rows, mirror_of):
    reasons = queries.failure_reasons(mirror_of(records(rows)), ANY, UTC)
    assert reasons.empty
    assert list(reasons.columns) == [
        "reason", "n_calls", "share", "first_seen_at", "last_seen_at", "latest_id"
    ]  # fmt: skip


def test_mirror_is_left_alone_when_queried(ten):
    before = ten.execute("SELECT * FROM calls ORDER BY rowid").fetchall()
    queries.effort_per_day(ten, ANY, UTC)
    queries.effort_summary(ten, ANY, UTC)
    queries.failure_reasons(ten, ANY, UTC)
    queries.status_counts(ten, ANY, UTC)
    queries.calls_page(ten, ANY, UTC, limit=3)
    queries.options(ten)
    assert ten.execute("SELECT * FROM calls ORDER BY rowid").fetchall() == before


def test_status_counts_hold_every_status_when_one_is_filtered_by(ten):
    found = queries.status_counts(ten, Filter(status_filter="failed"), UTC)
    assert list(found["status"]) == ["processing", "completed", "failed", "archived"]
    assert list(found["n_calls"]) == [1, 4, 4, 1]
    assert list(found["share"]) == [0.1, 0.4, 0.4, 0.1]
    day = queries.status_counts(ten, Filter(since="2026-03-05"), UTC)
    assert dict(zip(day["status"], day["n_calls"], strict=True)) == {
        "processing": 1, "completed": 2, "failed": 1
    }  # fmt: skip


def test_status_counts_are_zero_when_there_are_no_calls(mirror_of):
    found = queries.status_counts(mirror_of([]), ANY, UTC)
    assert list(found["status"]) == list(STATUSES)
    assert list(found["n_calls"]) == list(found["share"]) == [0, 0, 0]


@pytest.mark.parametrize(
    ("calls", "zone", "expected"),
    [
        pytest.param(Filter(), "UTC", 10, id="any"),
        pytest.param(Filter(status_filter="failed"), "UTC", 4, id="status"),
        pytest.param(Filter(since="2026-03-03", until="2026-03-04"), "UTC", 3, id="day"),
        pytest.param(Filter(since="2026-03-03", until="2026-03-04"), "Europe/Berlin", 2, id="day_in_berlin"),
        pytest.param(Filter(since="2026-03-05T09:00:00Z"), "UTC", 2, id="since_counts"),
        pytest.param(Filter(until="2026-03-05T09:00:00Z"), "UTC", 8, id="until_does_not_count"),
        pytest.param(Filter(effort_min=2, effort_max=4), "UTC", 2, id="effort"),
        pytest.param(Filter(agent_id="nobody"), "UTC", 0, id="none"),
    ],
)  # fmt: skip
def test_count_is_as_worked_out_when_filtered(calls, zone, expected, ten):
    assert queries.count(ten, calls, ZoneInfo(zone)) == expected
    assert len(queries.calls_page(ten, calls, ZoneInfo(zone), limit=50)) == expected
    assert queries.effort_per_day(ten, calls, ZoneInfo(zone))["n_calls"].sum() == expected


@pytest.mark.parametrize(
    "query",
    [
        queries.status_counts,
        queries.effort_per_day,
        queries.effort_summary,
        queries.failure_reasons,
        queries.count,
    ],
    ids=lambda query: query.__name__,
)
def test_query_is_refused_when_the_range_ends_before_it_starts(query, ten):
    with pytest.raises(InvalidFilterError, match="Swap them"):
        query(ten, Filter(since="2026-03-05", until="2026-03-02"), UTC)


def test_page_has_the_calls_in_order_when_turned(ten):
    pages = [queries.calls_page(ten, ANY, UTC, limit=4, offset=n) for n in (0, 4, 8, 12)]
    assert ["".join(page["id"]) for page in pages] == ["jihg", "fedc", "ba", ""]
    for page in pages:
        assert dict(page.dtypes.astype(str)) == dict(pages[0].dtypes.astype(str))
        assert list(page.columns) == list(COLUMNS)


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        pytest.param("newest", "jihgfedcba", id="newest"),
        pytest.param("oldest", "abcdefghij", id="oldest"),
        pytest.param("effort", "ihfjgedcba", id="effort_without_a_score_last"),
    ],
)
def test_page_is_sorted_when_asked(sort, expected, ten):
    page = queries.calls_page(ten, Filter(sort=sort), UTC, limit=10)
    assert "".join(page["id"]) == expected


def test_page_keeps_the_lists_order_when_calls_have_one_second(mirror_of):
    same = [{"id": name, "created": 60, "status": "failed"} for name in "qaz"]
    assert "".join(queries.calls_page(mirror_of(same), ANY, UTC, limit=9)["id"]) == "qaz"


def test_times_are_right_when_the_year_is_far_away(mirror_of):
    years = (1, 1600, 1969, 2300, 9998)
    made = [
        {"id": str(y), "created": int(datetime(y, 6, 1, tzinfo=UTC_OF_PYTHON).timestamp()), "status": "failed"}
        for y in years
    ]  # fmt: skip
    page = queries.calls_page(mirror_of(made), Filter(sort="oldest"), UTC, limit=9)
    assert [at.year for at in page["created_at"]] == list(years)


def test_options_are_most_frequent_first_when_read(mirror_of):
    def record(n: int, agent: str | None, message: str | None, form: str) -> dict[str, Any]:
        return {
            "id": str(n), "created": n, "status": "failed", "call": {"agent_id": agent},
            "audio": {"format": form}, "metadata": {"error_message": message},
        }  # fmt: skip

    cursor = mirror_of(
        [
            record(1, "b", "timeout after 3 s", "wav"),
            record(2, "a", "timeout after 4 s", "mp3"),
            record(3, "a", None, "mp3"),
            record(4, "", "", "mp3"),
            record(5, None, "timeout after 5 s", ""),
        ]
    )
    assert queries.options(cursor) == {
        "agent_id": ("a", "b"),
        "contact_id": (),
        "audio_format": ("mp3", "wav"),
        "reason": ("timeout after <num> s", "(empty message)", "(no message)"),
    }


def test_options_end_when_there_are_very_many(mirror_of, monkeypatch):
    monkeypatch.setattr(queries.lists, "MOST_OPTIONS", 3)
    made = [{"id": str(n), "created": n, "status": "failed", "call": {"agent_id": str(n)}} for n in range(9)]  # fmt: skip
    assert queries.options(mirror_of(made))["agent_id"] == ("0", "1", "2")


# --- generated rows against pandas --------------------------------------------------------------

SEEDS = [1, 2, 3]
MESSAGES = [None, "", "timeout after 3 s", "timeout after 40 s", "HTTP 503 from a", "bad file é"]


def generated(seed: int, n: int = 400) -> list[dict[str, Any]]:
    chance = random.Random(seed)
    start = int(datetime(2026, chance.choice([3, 10]), 20, tzinfo=UTC_OF_PYTHON).timestamp())

    def results() -> dict[str, Any] | None:
        return chance.choice(
            [
                None,
                {
                    "coaching": {
                        "customer_effort_score": chance.choice(
                            [None, chance.randint(0, 5), round(chance.uniform(0, 5), 3)]
                        )
                    },
                    "compliance": {
                        name: {"flagged": chance.random() < 0.3} for name in COMPLIANCE_CHECKS
                    },
                    "quality": {"greeting": {"present": chance.choice([True, False, None])}},
                },
            ]
        )

    return [
        {
            "id": f"an_{n_th}",
            "created": start + chance.randrange(14 * 86_400),
            "status": chance.choice([*STATUSES, "archived"]),
            "livemode": chance.choice([True, False, None]),
            "call": {
                "agent_id": chance.choice([None, "", "a1", "A2"]),
                "contact_id": chance.choice([None, "c%", "c_"]),
                "duration_seconds": chance.choice([None, chance.uniform(0, 900)]),
            },
            "audio": {"format": chance.choice(["wav", "mp3", None]), "size_bytes": 10.0},
            "results": results(),
            "transcript": {"language": "en"},
            "metadata": {
                "error_message": chance.choice(MESSAGES),
                "processing_time_ms": chance.choice([None, chance.randrange(9000)]),
            },
        }
        for n_th in range(n)
    ]


@pytest.fixture(params=SEEDS, ids=lambda seed: f"seed_{seed}")
def both(request, mirror_of):
    """The same rows as a mirror and as a table of pandas."""
    made = generated(request.param)
    return mirror_of(made), calls_frame(map(read_analysis, made))


@pytest.mark.parametrize("sort", SORTS)
def test_page_equals_pandas_when_rows_are_generated(sort, both):
    cursor, frame = both
    column, ascending = {
        "newest": ("created_at", False),
        "oldest": ("created_at", True),
        "longest": ("duration_s", False),
        "effort": ("customer_effort_score", False),
        "slowest": ("processing_time_s", False),
    }[sort]
    by = [column] if column == "created_at" else [column, "created_at"]
    up = [ascending] if column == "created_at" else [False, False]
    expected = frame.sort_values(by, ascending=up, kind="stable").reset_index(drop=True)
    page = queries.calls_page(cursor, Filter(sort=sort), UTC, limit=1000)
    pd.testing.assert_frame_equal(page, expected)
    part = queries.calls_page(cursor, Filter(sort=sort), UTC, limit=30, offset=50)
    pd.testing.assert_frame_equal(part, expected[50:80].reset_index(drop=True))


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "Pacific/Kiritimati", "America/New_York"])
def test_effort_per_day_equals_pandas_when_rows_are_generated(zone, both):
    cursor, frame = both
    days = queries.effort_per_day(cursor, ANY, ZoneInfo(zone)).set_index("day")
    local = frame["created_at"].dt.tz_convert(zone).dt.date
    scores = frame.groupby(local)["customer_effort_score"]
    assert days.index[0] == local.min()
    assert days.index[-1] == local.max()
    assert [(b - a) for a, b in zip(days.index, days.index[1:], strict=False)] == [
        timedelta(days=1)
    ] * (len(days) - 1)
    expected = pd.DataFrame({"n_calls": scores.size(), "n_scored": scores.count(), "mean": scores.mean()})  # fmt: skip
    expected = expected.reindex(days.index).fillna({"n_calls": 0, "n_scored": 0})
    assert days["n_calls"].tolist() == expected["n_calls"].tolist()
    assert days["n_scored"].tolist() == expected["n_scored"].tolist()
    assert days["mean_effort"].tolist() == pytest.approx(expected["mean"].tolist(), nan_ok=True)
    for day, group in scores:
        known = group.dropna()
        if len(known) < 2:
            assert pd.isna(days.loc[day, "low"])
            assert pd.isna(days.loc[day, "high"])
            continue
        half = stats.t.ppf(0.975, len(known) - 1) * known.std() / len(known) ** 0.5
        assert days.loc[day, "low"] == pytest.approx(max(0, known.mean() - half), abs=1e-9)
        assert days.loc[day, "high"] == pytest.approx(min(5, known.mean() + half), abs=1e-9)


def test_summaries_equal_pandas_when_rows_are_generated(both):
    cursor, frame = both
    unscored = frame[frame["customer_effort_score"].isna()]["status"].value_counts()
    assert summary_of(cursor) == {
        "mean_effort": pytest.approx(frame["customer_effort_score"].mean()),
        "n_calls": len(frame),
        "n_scored": frame["customer_effort_score"].count(),
        "n_processing": unscored["processing"],
        "n_failed": unscored["failed"],
        "n_completed_without_score": unscored["completed"],
        "n_other_without_score": unscored["archived"],
    }
    counts = queries.status_counts(cursor, ANY, UTC).set_index("status")
    assert counts["n_calls"].to_dict() == frame["status"].value_counts().to_dict()
    assert counts["share"].sum() == pytest.approx(1)
    assert queries.count(cursor, ANY, UTC) == len(frame)


def test_failure_reasons_equal_pandas_when_rows_are_generated(both):
    cursor, frame = both
    failed = frame[frame["status"] == "failed"].copy()
    failed["reason"] = group_messages([None if pd.isna(m) else m for m in failed["error_message"]])
    found = queries.failure_reasons(cursor, ANY, UTC).set_index("reason")
    groups = failed.groupby("reason")
    assert found["n_calls"].to_dict() == groups.size().to_dict()
    order = sorted(groups.size().items(), key=lambda item: (-item[1], item[0]))
    assert list(found.index) == [reason for reason, _ in order]
    for reason, group in groups:
        row = found.loc[reason]
        assert row["share"] == pytest.approx(len(group) / len(failed))
        assert (row["first_seen_at"], row["last_seen_at"]) == (
            group["created_at"].min(),
            group["created_at"].max(),
        )
        newest = group[group["created_at"] == group["created_at"].max()]
        assert row["latest_id"] == newest["id"].min()
