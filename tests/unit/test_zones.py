"""Local days as arithmetic, against Python's own time zones."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import duckdb
import pytest

from explorer.analysis.zones import (
    DAY_S,
    hour_sql,
    local_day_sql,
    local_second_sql,
    local_week_sql,
    monday,
    weekday_sql,
)

EPOCH = date(1970, 1, 1)
SEEDS = range(4)
N_ZONES = 16
N_SECONDS = 40


def days_in_sql(zone: ZoneInfo, seconds: list[int]) -> list[int]:
    expression = local_day_sql(zone, min(seconds), max(seconds), "unnest")
    with duckdb.connect() as connection:
        found = connection.execute(
            f"SELECT {expression} FROM unnest($s::BIGINT[]) WITH ORDINALITY ORDER BY ordinality",
            {"s": seconds},
        )
        return [row[0] for row in found.fetchall()]


def days_by_zoneinfo(zone: ZoneInfo, seconds: list[int]) -> list[int]:
    return [(datetime.fromtimestamp(s, UTC).astimezone(zone).date() - EPOCH).days for s in seconds]


@pytest.mark.parametrize("seed", SEEDS)
def test_day_is_that_of_zoneinfo_when_zone_and_second_are_random(seed):
    chance = random.Random(seed)
    names = sorted(available_timezones() - {"localtime"})
    for name in chance.sample(names, N_ZONES):
        zone = ZoneInfo(name)
        start = int(datetime(chance.randint(1890, 2090), 1, 1, tzinfo=UTC).timestamp())
        seconds = [start + chance.randrange(2 * 365 * DAY_S) for _ in range(N_SECONDS)]
        assert days_in_sql(zone, seconds) == days_by_zoneinfo(zone, seconds), name


def test_pairs_are_enough_when_counted():
    assert len(SEEDS) * N_ZONES * N_SECONDS >= 2000


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        pytest.param("Europe/Berlin", date(2026, 3, 29), id="hour_lost"),
        pytest.param("Europe/Berlin", date(2026, 10, 25), id="hour_twice"),
        pytest.param("America/Santiago", date(2026, 9, 6), id="no_midnight"),
        pytest.param("America/Santiago", date(2026, 4, 5), id="hour_before_midnight_twice"),
        pytest.param("America/Havana", date(2026, 11, 1), id="midnight_twice"),
        pytest.param("Australia/Lord_Howe", date(2026, 4, 5), id="half_an_hour"),
        pytest.param("Pacific/Apia", date(2011, 12, 30), id="day_left_out"),
        pytest.param("Asia/Kathmandu", date(1986, 1, 1), id="quarter_of_an_hour"),
        pytest.param("America/St_Johns", date(2006, 10, 29), id="one_minute_past_midnight"),
    ],
)
def test_day_is_right_on_every_side_when_the_clock_changes(zone, day):
    noon = int(datetime(day.year, day.month, day.day, 12, tzinfo=UTC).timestamp())
    seconds = [
        near
        for quarter in range(noon - 2 * DAY_S, noon + 2 * DAY_S, 900)
        for near in (quarter - 1, quarter, quarter + 60)
    ]
    assert days_in_sql(ZoneInfo(zone), seconds) == days_by_zoneinfo(ZoneInfo(zone), seconds)


@pytest.mark.parametrize(
    "year", [pytest.param(1, id="first_year"), pytest.param(9999, id="last_year")]
)
def test_day_is_right_when_far_from_1970(year):
    seconds = [
        int((datetime(year, 6, 1, tzinfo=UTC) + timedelta(hours=h)).timestamp()) for h in range(30)
    ]
    zone = ZoneInfo("America/New_York")
    assert days_in_sql(zone, seconds) == days_by_zoneinfo(zone, seconds)


def test_expression_has_no_cases_when_the_clock_never_changes():
    assert "CASE" not in local_day_sql(ZoneInfo("UTC"), 0, 2_000_000_000)
    assert "CASE" not in local_day_sql(ZoneInfo("Europe/Berlin"), 1_750_000_000, 1_750_000_000)


# --- hour and weekday -------------------------------------------------------------------------

ZONES = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "America/St_Johns",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Kiritimati",
]


def second_of(*moment: int) -> int:
    return int(datetime(*moment, tzinfo=UTC).timestamp())


def clock_in_sql(zone: ZoneInfo, seconds: list[int]) -> list[tuple[int, int, int]]:
    """Hour, weekday and second on the local clock."""
    with duckdb.connect() as connection:
        return connection.execute(
            f"SELECT {hour_sql(zone)}, {weekday_sql(zone)}, {local_second_sql(zone)} "
            "FROM unnest($s::BIGINT[]) WITH ORDINALITY AS calls(created, place) ORDER BY place",
            {"s": seconds},
        ).fetchall()


def clock_by_zoneinfo(zone: ZoneInfo, seconds: list[int]) -> list[tuple[int, int, int]]:
    moments = [datetime.fromtimestamp(s, UTC).astimezone(zone) for s in seconds]
    return [
        (at.hour, at.weekday(), int(at.replace(tzinfo=UTC).timestamp()))  # what the clock shows
        for at in moments
    ]


@pytest.mark.parametrize("name", ZONES)
def test_clock_is_that_of_zoneinfo_when_seconds_are_random(name):
    chance, zone = random.Random(name), ZoneInfo(name)
    seconds = [chance.randrange(second_of(1980, 1, 1), second_of(2100, 1, 1)) for _ in range(2000)]
    assert clock_in_sql(zone, seconds) == clock_by_zoneinfo(zone, seconds)


@pytest.mark.parametrize("name", ZONES)
def test_clock_is_right_on_every_side_when_the_clock_changes(name):
    zone = ZoneInfo(name)
    hours = range(second_of(2024, 1, 1), second_of(2026, 1, 1), 1800)
    offsets = [datetime.fromtimestamp(s, UTC).astimezone(zone).utcoffset() for s in hours]
    changes = [
        s for s, old, new in zip(hours[1:], offsets, offsets[1:], strict=False) if old != new
    ]
    assert len(changes) == (4 if name.partition("/")[2] in CHANGING else 0)
    seconds = [near for s in changes for near in range(s - 5400, s + 5400, 599)]
    edges = [second_of(year, month, 1) + n for year in (1999, 2055) for month in (4, 11) for n in (-1, 0, 1)]  # fmt: skip
    found = clock_in_sql(zone, [*seconds, *edges])
    assert found == clock_by_zoneinfo(zone, [*seconds, *edges])


CHANGING = {"Berlin", "New_York", "St_Johns", "Lord_Howe"}


def test_clock_is_right_where_the_quick_way_ends_and_icu_begins():
    zone, year = ZoneInfo("Europe/Berlin"), datetime.now(UTC).year
    seconds = [
        second_of(at, 1, 1) + n for at in (year - 10, year + 2) for n in (-7200, -3600, -1, 0, 1)
    ]
    assert clock_in_sql(zone, seconds) == clock_by_zoneinfo(zone, seconds)


def test_clock_is_right_when_before_1970_and_in_far_years():
    seconds = [-1, 0, second_of(1960, 2, 29), second_of(1, 1, 2), second_of(9999, 12, 30, 23)]
    for name in ("UTC", "Asia/Kolkata"):
        zone = ZoneInfo(name)
        assert clock_in_sql(zone, seconds) == clock_by_zoneinfo(zone, seconds)


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Asia/Kathmandu"])
def test_days_are_those_of_the_calendar_when_one_second_is_thousands_of_years_away(zone):
    seconds = [1_700_000_000 + n * 40_000_000 // 7 for n in range(14)]
    sql = local_day_sql(ZoneInfo(zone), -60_000_000_000, 200_000_000_000, "second")
    assert sql.count("WHEN") < 100, "not every change of the clock in 8,000 years"
    rows = duckdb.sql(f"SELECT {sql} FROM (SELECT unnest({seconds}) AS second)").fetchall()
    expected = [datetime.fromtimestamp(one, ZoneInfo(zone)).date() for one in seconds]
    assert [date(1970, 1, 1) + timedelta(days=int(day)) for (day,) in rows] == expected


def test_weeks_begin_on_monday_also_before_1970():
    seconds = [-86_400 * 10, -1, 0, 1_795_521_600]
    sql = local_week_sql(ZoneInfo("UTC"), min(seconds), max(seconds))
    rows = duckdb.sql(f"SELECT {sql} FROM (SELECT unnest({seconds}) AS created)").fetchall()
    assert [monday(week) for (week,) in rows] == [
        date(1969, 12, 22), date(1969, 12, 29), date(1969, 12, 29), date(2026, 11, 23)
    ]  # fmt: skip
