"""The failures page's tables: against the API's own records, and small accounts by hand."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from scipy.stats import fisher_exact
from statsmodels.stats.multitest import multipletests

from explorer import charts
from explorer.analysis import bands, contrast, queries
from explorer.analysis.failures import mask, reason_of
from explorer.analysis.filters import Filter
from explorer.analysis.queries import failures as failure_queries
from explorer.analysis.relations import TIMED_CALLS, WAITING_SQL
from explorer.mirror.snapshot import Snapshot
from tests.conftest import STORY_NOW, Told

UTC_ZONE = ZoneInfo("UTC")
BERLIN = ZoneInfo("Europe/Berlin")
UNTIL = datetime.fromtimestamp(STORY_NOW, UTC).isoformat()
"""Ends the range where the account ends, whatever day the test runs on."""
CODEC, OUTAGE = "webm container carries opus", "Transcription backend unavailable"
SUMMARIES_HERE = (
    *("failure_totals", "reasons", "reason_over_time", "failure_contrast", "outages"),
    *("processing_now", "speed_per_day", "speed_per_format", "speed_per_hour"),
)
T0 = 1_790_000_000 // 3600 * 3600
WAIT_S = 90


def failed(told: Told) -> list[dict[str, Any]]:
    return [one for one in told.records if one["status"] == "failed"]


def message(record: dict[str, Any]) -> str:
    return str(record["metadata"]["error_message"])


def reason_with(told: Told, part: str) -> str:
    """The reason of most failures whose message says `part`."""
    found = Counter(mask(message(one)) for one in failed(told) if part in message(one))
    return found.most_common(1)[0][0]


def call(
    n: int,
    status: str = "completed",
    *,
    at: int | None = None,
    error: str | None = None,
    took_s: float | None = None,
    ended: bool = True,
    **fields: Any,
) -> dict[str, Any]:
    created = T0 + n * 60 if at is None else at
    took_ms = None if took_s is None else round(took_s * 1000)
    ended_at = datetime.fromtimestamp(created + WAIT_S + (took_s or 0), UTC)
    return {
        "id": f"call-{n:05}",
        "created": created,
        "status": status,
        "livemode": fields.get("livemode", True),
        "call": {
            "agent_id": fields.get("agent", f"agent_{n % 3}"),
            "contact_id": fields.get("contact", f"contact_{n % 7}"),
            "duration_seconds": fields.get("length", 100.0),
        },
        "audio": {
            "format": fields.get("form", "wav"),
            "duration_seconds": fields.get("length", 100.0),
            "size_bytes": 1_600_000,
        },
        "metadata": {
            "error_message": error,
            "processing_time_ms": took_ms,
            "completed_at": f"{ended_at:%Y-%m-%dT%H:%M:%S.%f}Z"
            if ended and took_ms is not None
            else None,
        },
    }


# --- reasons ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("calls", "keep"),
    [
        pytest.param(Filter(until=UNTIL), lambda one: True, id="all"),
        pytest.param(
            Filter(agent_id=("agent_001", "agent_007"), until=UNTIL),
            lambda one: one["call"]["agent_id"] in ("agent_001", "agent_007"),
            id="agents",
        ),
        pytest.param(
            Filter(since="2026-10-27", until="2026-10-31", audio_format="webm"),
            lambda one: (
                1_793_059_200 <= one["created"] < 1_793_404_800 and one["audio"]["format"] == "webm"
            ),
            id="days_and_format",
        ),
    ],
)
def test_reasons_are_those_of_the_records(calls, keep, told):
    kept = [one for one in told.records if keep(one)]
    of_reason = defaultdict(list)
    for one in kept:
        if one["status"] == "failed":
            of_reason[reason_of(mask(message(one)))].append(one)
    n_failed = sum(map(len, of_reason.values()))
    table = queries.reasons(told.cursor(), calls)
    assert set(table["reason"]) == set(of_reason)
    assert table["n_calls"].is_monotonic_decreasing
    for row in table.itertuples():
        found = of_reason[row.reason]
        newest = max(one["created"] for one in found)
        assert row.n_calls == len(found) == sum(row.over_time)
        assert row.failures_share == pytest.approx(len(found) / n_failed)
        assert row.calls_share == pytest.approx(len(found) / len(kept))
        assert (row.of_failures, row.of_calls) == (n_failed, len(kept))
        assert row.agents == len({one["call"]["agent_id"] for one in found} - {None, ""})
        assert row.contacts == len({one["call"]["contact_id"] for one in found} - {None, ""})
        assert row.first_seen_at.timestamp() == min(one["created"] for one in found)
        assert row.last_seen_at.timestamp() == newest
        assert row.latest_id in {one["id"] for one in found if one["created"] == newest}


def test_planted_stories_come_first_with_their_states(told):
    table = queries.reasons(told.cursor(), Filter(until=UNTIL)).set_index("reason")
    codec, outage = reason_with(told, CODEC), reason_with(told, OUTAGE)
    assert list(table.index[:2]) == [codec, outage]
    assert table["state"][codec] == ""
    assert table["state"][outage] == "gone"
    assert (table["state"] != "").sum() == 1


def test_states_look_back_beyond_the_range_and_beyond_the_filter(mirror_of):
    now = T0 + 40 * 86_400
    old = [call(n, at=T0 + n * 3600) for n in range(900)]
    recent = [
        call(2000 + n, at=now - 7200 + n, status="failed", error="Brand new") for n in range(3)
    ]
    again = call(3000, at=T0 + 5, status="failed", error="Known here", agent="other")
    seen = [call(4000, at=now - 3000, status="failed", error="Known here")]
    cursor = mirror_of([*old, *recent, again, *seen])
    until = datetime.fromtimestamp(now, UTC).isoformat()
    since = datetime.fromtimestamp(now - 86_400, UTC).isoformat()
    for calls in (Filter(until=until), Filter(since=since, until=until)):
        table = queries.reasons(cursor, calls).set_index("reason")
        assert table["state"].to_dict() == {"Brand new": "new", "Known here": ""}
    # another agent had it: it is not new in the account
    only = queries.reasons(cursor, Filter(until=until, agent_id="agent_1")).set_index("reason")
    assert only["state"].to_dict().get("Known here", "") == ""


# --- one reason -------------------------------------------------------------------------------


@pytest.mark.parametrize("zone", [UTC_ZONE, BERLIN, ZoneInfo("Asia/Kathmandu")], ids=str)
def test_days_of_a_reason_are_those_of_the_records(zone, told):
    reason = reason_with(told, CODEC)
    table = queries.reason_over_time(told.cursor(), Filter(reason=reason), zone)
    day = {id(one): datetime.fromtimestamp(one["created"], zone).date() for one in told.records}
    all_calls = Counter(day.values())
    hits = Counter(day[id(one)] for one in failed(told) if mask(message(one)) == reason)
    days = [at.date() for at in table["starts_at"].dt.tz_convert(zone)]
    assert dict(zip(days, table["n_calls"], strict=True)) == dict(all_calls)
    assert {d: n for d, n in zip(days, table["n_failures"], strict=True) if n} == dict(hits)


def test_hours_of_a_reason_are_told_when_the_range_is_short(told):
    calls = Filter(reason=reason_with(told, OUTAGE), since="2026-10-27", until="2026-10-29")
    table = queries.reason_over_time(told.cursor(), calls, ZoneInfo("Asia/Kathmandu"))
    assert set(table["ends_at"] - table["starts_at"]) == {pd.Timedelta(hours=1)}
    # the clock there is a quarter off the hour of UTC
    assert set(table["starts_at"].dt.minute) == {15}
    assert table["n_failures"].sum() > 30


def values_of(told: Told, zone: ZoneInfo) -> pd.DataFrame:
    """The variables of every record, read from the API's own documents."""

    def band(of: bands.Bands, measure: float | None) -> str:
        if measure is None:
            return bands.UNKNOWN
        return next(
            (n for e, n in zip(of.edges, of.names, strict=False) if measure < e), of.names[-1]
        )

    rows = []
    for one in told.records:
        at = datetime.fromtimestamp(one["created"], zone)
        audio, length = one["audio"], one["call"]["duration_seconds"]
        transcript = one["transcript"]
        rows.append(
            {
                "reason": mask(message(one)) if one["status"] == "failed" else None,
                "created": one["created"],
                "audio_format": audio["format"],
                "size": band(bands.SIZE, audio["size_bytes"]),
                "bitrate": band(
                    bands.BITRATE, audio["size_bytes"] * 8 / 1000 / audio["duration_seconds"]
                ),
                "duration": band(bands.DURATION, length),
                "gap": band(bands.GAP, abs(length - audio["duration_seconds"])),
                "language": transcript["language"] if transcript else None,
                "agent_id": one["call"]["agent_id"] or "",
                "contact_id": one["call"]["contact_id"] or "",
                "hour": str(at.hour),
                "weekday": f"{at:%a}".lower(),
                "webhook": "yes" if one["metadata"]["webhook_url"] else "no",
                "livemode": "yes" if one["livemode"] else "no",
            }
        )
    return pd.DataFrame(rows)


@pytest.mark.parametrize("part", [CODEC, OUTAGE, "Transcription timed out"])
def test_contrast_is_that_of_an_independent_computation(part, told):
    reason = reason_with(told, part)
    table = values_of(told, BERLIN)
    hit = table["reason"] == reason
    first, last = table.loc[hit, "created"].min(), table.loc[hit, "created"].max()
    table = table[table["created"].between(first, last)]
    hit = table["reason"] == reason
    rows = []
    for one in contrast.variables(BERLIN):
        known = table[one.name].notna()
        for value in table.loc[known, one.name].unique():
            is_it = table[one.name] == value
            k1, k2 = int((hit & is_it).sum()), int((~hit & is_it).sum())
            n1, n2 = int((hit & known).sum()), int((~hit & known).sum())
            p = (
                fisher_exact([[k1, n1 - k1], [k2, n2 - k2]]).pvalue
                if k1 + k2 >= 5 and n1
                else np.nan
            )
            rows.append((one.name, value, k1, k2, n1, n2, p))
    expected = pd.DataFrame(
        rows,
        columns=["variable", "value", "n_failures", "n_others", "of_failures", "of_others", "p"],
    )
    tested = expected["p"].notna()
    expected.loc[tested, "adjusted"] = multipletests(expected.loc[tested, "p"], method="fdr_bh")[1]
    found = queries.failure_contrast(told.cursor(), Filter(reason=reason), BERLIN)
    both = found.merge(expected, on=["variable", "value"], suffixes=("", "_expected"))
    assert len(both) == len(found) > 20
    for name in ("n_failures", "n_others", "of_failures", "of_others"):
        assert (both[name] == both[f"{name}_expected"]).all(), name
    np.testing.assert_allclose(both["p_uncorrected"], both["p"], rtol=1e-6)
    np.testing.assert_allclose(both["p_corrected"], both["adjusted"], rtol=1e-6)
    ratio = (both["n_failures"] / both["of_failures"]) / (both["n_others"] / both["of_others"])
    np.testing.assert_allclose(both["lift"], ratio)
    # nothing is left out but values that no failure has
    left_out = expected.merge(found, on=["variable", "value"], how="left", indicator=True)
    left_out = left_out[left_out["_merge"] == "left_only"]
    assert (left_out["n_failures_x"] == 0).all()


def test_codec_is_what_stands_out_of_its_failures_and_nothing_of_the_outage(told):
    def said(part: str) -> str:
        calls = Filter(reason=reason_with(told, part))
        table = queries.failure_contrast(told.cursor(), calls)
        totals = queries.contrast_totals(told.cursor(), calls, UTC_ZONE)
        return contrast.sentence(table, *totals[2:])

    assert said(CODEC).startswith("All ")
    assert "calls with audio format “webm”" in said(CODEC)
    assert said(OUTAGE).startswith("Nothing stands out")


def test_contrast_is_of_all_failures_when_no_reason_is_asked_for(told):
    table = queries.failure_contrast(told.cursor(), Filter())
    formats = table[table["variable"] == "audio_format"].set_index("value")
    n_failed = Counter(one["audio"]["format"] for one in failed(told))
    assert formats["n_failures"].to_dict() == dict(n_failed)


def test_totals_of_a_contrast_open_what_they_count(told):
    calls = Filter(reason=reason_with(told, OUTAGE), agent_id=("agent_001", "agent_002"))
    one, other, n, m = queries.contrast_totals(told.cursor(), calls, BERLIN)
    assert (queries.count(told.cursor(), one, BERLIN), n) == (n, n)
    assert queries.count(told.cursor(), other, BERLIN) == m
    assert queries.contrast_totals(told.cursor(), Filter(reason="x"), UTC_ZONE)[2:] == (0, 0)


def test_latest_failures_are_the_newest_and_hold_no_secret(told):
    table = queries.latest_failures(told.cursor(), Filter(), UTC_ZONE, limit=50)
    newest = sorted((one["created"] for one in failed(told)), reverse=True)[:50]
    assert list(table["created"]) == newest
    assert not {"results", "transcript", "url"} & set(table.columns)
    shown = table.to_csv()
    assert "X-Amz-Signature=…" in shown or "X-Amz" not in shown
    assert "sk_live_" not in shown


# --- outages ----------------------------------------------------------------------------------


def test_planted_outage_is_found_to_the_call(told):
    hits = [one for one in failed(told) if OUTAGE in message(one)]
    (one,) = queries.outages(told.cursor(), Filter()).itertuples()
    first, last = (pick(h["created"] for h in hits) for pick in (min, max))
    assert (one.starts_at.timestamp(), one.ends_at.timestamp()) == (first, last)
    within = [h for h in told.records if first <= h["created"] <= last]
    n_failed = sum(h["status"] == "failed" for h in within)
    assert (one.n_calls, one.n_failed) == (len(within), n_failed)
    assert one.failed_share == pytest.approx(n_failed / len(within))
    assert one.hours == pytest.approx((last - first) / 3600)
    assert one.reason == reason_with(told, OUTAGE)
    after = [
        h["created"] for h in told.records if h["created"] > last and h["status"] == "completed"
    ]
    assert one.recovered_at.timestamp() == min(after)
    rest = [h for h in told.records if not first <= h["created"] <= last]
    usual = sum(h["status"] == "failed" for h in rest) / len(rest)
    assert one.usual_share == pytest.approx(usual, rel=0.05)


def test_outage_is_found_when_the_range_lies_within_it(told):
    (whole,) = queries.outages(told.cursor(), Filter()).itertuples()
    middle = (whole.starts_at + timedelta(hours=6)).floor("h")
    calls = Filter(since=middle.isoformat(), until=(middle + timedelta(hours=8)).isoformat())
    (part,) = queries.outages(told.cursor(), calls).itertuples()
    assert middle <= part.starts_at <= part.ends_at < middle + timedelta(hours=8)
    assert 0 < part.n_failed < whole.n_failed


def test_outage_of_before_or_after_the_range_is_left_out(told):
    for calls in (Filter(until="2026-10-26"), Filter(since="2026-10-30")):
        assert queries.outages(told.cursor(), calls).empty


def test_reason_has_no_outage_when_it_comes_at_any_time(told):
    assert queries.outages(told.cursor(), Filter(reason=reason_with(told, CODEC))).empty
    assert len(queries.outages(told.cursor(), Filter(reason=reason_with(told, OUTAGE)))) == 1


def test_outage_has_not_recovered_when_nothing_completed_since(mirror_of):
    passed = [call(n) for n in range(300)]
    down = [call(300 + n, "failed", error="Down") for n in range(30)]
    (one,) = queries.outages(mirror_of([*passed, *down]), Filter()).itertuples()
    assert (one.starts_at.timestamp(), one.n_failed, one.n_calls) == (T0 + 300 * 60, 30, 30)
    assert pd.isna(one.recovered_at)


def test_ids_of_an_outage_are_those_that_were_lost(told):
    table = queries.outages(told.cursor(), Filter())
    lost = queries.outages.which(table, 0, "n_failed", Filter(), UTC_ZONE)
    assert lost is not None
    names = queries.ids(told.cursor(), lost, UTC_ZONE)
    by_id = {one["id"]: one for one in told.records}
    assert len(names) == table["n_failed"].iloc[0]
    assert {by_id[name]["status"] for name in names} == {"failed"}
    assert queries.ids(told.cursor(), lost, UTC_ZONE, limit=3) == names[:3]


# --- stuck and slow ---------------------------------------------------------------------------


def test_planted_stuck_calls_are_found(told):
    old = {
        one["id"]
        for one in told.records
        if one["status"] == "processing" and one["created"] < STORY_NOW - 86_400
    }
    table = queries.stuck_calls(told.cursor(), Filter(until="2026-11-24"), UTC_ZONE)
    assert set(table["id"]) == old
    assert len(old) == 5
    assert table["overdue_s"].is_monotonic_decreasing
    (row,) = queries.processing_now(told.cursor(), Filter(until="2026-11-24")).itertuples()
    assert (row.n_processing, row.n_stuck) == (5, 5)


def test_call_is_expected_when_99_of_100_of_its_length_had_ended(mirror_of):
    now = int(time.time())
    took = np.linspace(10, 109, 100)
    ended = [
        call(n, at=now - 90_000 - n, took_s=float(s), length=100.0) for n, s in enumerate(took)
    ]
    waiting = [
        call(500, "processing", at=now - 100, length=100.0),
        call(501, "processing", at=now - 1000, length=100.0),
    ]
    cursor = mirror_of([*ended, *waiting])
    table = queries.stuck_calls(cursor, Filter(), UTC_ZONE)
    assert list(table["id"]) == ["call-00501"]
    # what they took is from creation to end, the wait included
    limit = np.ceil(np.quantile(took + WAIT_S, 0.99))
    assert table["expected_at"].iloc[0].timestamp() == pytest.approx(now - 1000 + limit, abs=1)
    assert table["overdue_s"].iloc[0] == pytest.approx(1000 - limit, abs=5)
    assert queries.count(cursor, Filter(stuck=True), UTC_ZONE) == 1
    assert queries.count(cursor, Filter(stuck=False), UTC_ZONE) == 101


def test_only_the_newest_completed_calls_say_how_long_it_takes(mirror_of):
    now = int(time.time())
    slow = [call(n, at=now - 95_000 - n, took_s=5000.0, length=100.0) for n in range(300)]
    fast = [call(1000 + n, at=now - 90_000 - n, took_s=50.0, length=100.0) for n in range(120)]
    waiting = call(5000, "processing", at=now - 1000, length=100.0)
    cursor = mirror_of([*slow, *fast, waiting])
    assert queries.count(cursor, Filter(stuck=True), UTC_ZONE) == 0
    fewer = WAITING_SQL.replace(f"OFFSET {TIMED_CALLS}", "OFFSET 119")
    assert fewer != WAITING_SQL
    ((_, expected),) = cursor.execute(fewer).fetchall()
    assert expected == now - 1000 + 50 + WAIT_S


def test_factor_of_all_calls_is_taken_when_few_are_of_that_length(mirror_of):
    now = int(time.time())
    ended = [
        call(n, at=now - 90_000 - n, took_s=50.0, length=100.0, ended=False) for n in range(20)
    ]
    long = call(500, "processing", at=now - 1500, length=2000.0)
    short = call(501, "processing", at=now - 1500, length=100.0)
    table = queries.stuck_calls(mirror_of([*ended, long, short]), Filter(), UTC_ZONE)
    # 0.5 s a second: the long one is expected after 1,000 s, the short one after 50
    assert list(table["id"]) == ["call-00501", "call-00500"]
    assert list(table["overdue_s"]) == [pytest.approx(1450, abs=5), pytest.approx(500, abs=5)]


def test_nothing_is_stuck_when_no_call_tells_how_long_it_takes(mirror_of):
    cursor = mirror_of([call(1), call(2, "processing")])
    assert queries.count(cursor, Filter(stuck=True), UTC_ZONE) == 0
    assert queries.stuck_calls(cursor, Filter(), UTC_ZONE).empty


def test_speeds_are_those_of_the_records(told):
    rows = [
        (
            one["audio"]["format"],
            datetime.fromtimestamp(one["created"], BERLIN),
            one["metadata"]["processing_time_ms"] / 1000 / one["audio"]["duration_seconds"],
        )
        for one in told.records
        if one["status"] == "completed"
    ]
    frame = pd.DataFrame(rows, columns=["audio_format", "at", "factor"])
    frame["day"] = [at.date() for at in frame["at"]]
    frame["hour"] = [at.hour for at in frame["at"]]
    for summary, grain in (
        (queries.speed_per_format, "audio_format"),
        (queries.speed_per_hour, "hour"),
        (queries.speed_per_day, "day"),
    ):
        table = summary(told.cursor(), Filter(), BERLIN).set_index(grain)
        expected = frame.groupby(grain)["factor"]
        assert table["n_completed"].to_dict() == expected.count().to_dict()
        for part, share in (("p50", 0.5), ("p90", 0.9), ("p99", 0.99)):
            quantile = expected.quantile(share).reindex(table.index)
            np.testing.assert_allclose(table[f"factor_{part}"], quantile)


def test_wait_is_what_processing_does_not_explain(mirror_of):
    cursor = mirror_of([
        call(0, took_s=10.0),
        call(1, took_s=30.0),
        call(2, took_s=10.0) | {"metadata": {"completed_at": "2020-01-01T00:00:00Z", "processing_time_ms": 1000}},
        call(3),
    ])  # fmt: skip
    (row,) = queries.speed_per_format(cursor, Filter()).itertuples()
    assert (row.n_completed, row.timed, row.waits_known) == (4, 3, 2)
    assert (row.wait_p50, row.wait_p99) == (WAIT_S, WAIT_S)
    assert row.factor_p50 == pytest.approx(0.1)


# --- what holds for all ------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["completed", "processing"])
def test_comparisons_stay_when_another_status_is_asked_for(status, told):
    calls = Filter(status_filter=status)
    assert queries.reasons(told.cursor(), calls).empty
    whole = queries.failure_totals(told.cursor(), Filter())
    pd.testing.assert_frame_equal(queries.failure_totals(told.cursor(), calls), whole)
    assert len(queries.outages(told.cursor(), calls)) == 1


def test_tables_are_the_same_when_they_are_read_from_a_snapshot(told, tmp_path):
    place = tmp_path / "mirror.snapshot"
    told.store.write_snapshot(place)
    snapshot = Snapshot(place)
    reading = snapshot.cursor()
    calls = Filter(until="2026-11-24")
    for name in SUMMARIES_HERE:
        summary = getattr(queries, name)
        found, expected = summary(reading, calls, BERLIN), summary(told.cursor(), calls, BERLIN)
        pd.testing.assert_frame_equal(found, expected)
    stuck = queries.stuck_calls(reading, calls, BERLIN)
    assert list(stuck["id"]) == list(queries.stuck_calls(told.cursor(), calls, BERLIN)["id"])
    snapshot.close()


def test_other_than_a_reason_is_every_other_call(told):
    cursor, reason = told.cursor(), reason_with(told, CODEC)
    n = queries.count(cursor, Filter(reason=reason), UTC_ZONE)
    assert queries.count(cursor, Filter(not_reason=reason), UTC_ZONE) == len(told.records) - n
    none_failed = queries.count(cursor, Filter(not_reason="(any)"), UTC_ZONE)
    assert none_failed == len(told.records) - len(failed(told))


@pytest.mark.parametrize("text", ["'; DROP TABLE calls; --", "' OR 1=1 --", "$not_reason ? %s"])
def test_other_reason_is_bound_when_it_is_hostile(text, told):
    where, parameters = Filter(not_reason=text).where()
    assert text not in where
    assert parameters == {"not_reason": text}
    assert queries.count(told.cursor(), Filter(not_reason=text), UTC_ZONE) == len(told.records)


@pytest.mark.parametrize(
    "name",
    ["reasons", "reason_over_time", "failure_contrast", "speed_per_day", "speed_per_format",
     "speed_per_hour"],
)  # fmt: skip
def test_figure_has_a_mark_for_each_row_that_opens_its_calls(name, told):
    summary, draw = getattr(queries, name), getattr(charts, name)
    table = summary(told.cursor(), Filter(), BERLIN)
    figure = draw(table)
    assert figure.data
    for trace in figure.data:
        assert len(trace.customdata) == len(trace.x)
        for place, column in trace.customdata:
            assert column in summary.opens
            assert 0 <= place < len(table)
    assert not draw(table[:0]).layout.title.text


def test_figure_shows_text_literally_when_it_looks_like_markup(mirror_of):
    hostile = "<b>bold</b> %{x} <a href='x'>link</a>"
    cursor = mirror_of(
        [call(n, "failed", error=hostile, form="<i>x</i>") for n in range(6)]
        + [call(10 + n) for n in range(9)]
    )
    for figure in (
        charts.reasons(queries.reasons(cursor, Filter())),
        charts.failure_contrast(queries.failure_contrast(cursor, Filter())),
        charts.speed_per_format(queries.speed_per_format(cursor, Filter())),
    ):
        shown = [note.text for note in figure.layout.annotations]
        shown += [text for trace in figure.data for text in trace.hovertext]
        assert not [text for text in shown if "<i>" in text or "<a" in text or "<b>bold" in text]


def test_hours_are_drawn_on_the_clock_of_the_viewer(told):
    table = queries.reason_over_time(told.cursor(), Filter(), BERLIN)
    figure = charts.reason_over_time(table, zone=BERLIN.key)
    assert {pd.Timestamp(at).hour for at in figure.data[0].x} == {0}


def test_values_of_a_contrast_are_in_full_when_the_account_has_many(told):
    table = queries.failure_contrast(told.cursor(), Filter())
    assert len(table) <= failure_queries.MOST_VALUES
