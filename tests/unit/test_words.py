"""Numbers, times and foreign text as the pages show them."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest

from explorer.ui import words

NAN = float("nan")
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    "text",
    ["**b**", "<b>x</b>", "$x^2$", ":red[x]", ":material/key:", "`c`", "[a](https://x)", "# h", "- i", "a_b_c", "1. x", "~~x~~", "|a|b|", "&amp;", "\\n", "![i](j)", ":smile:", "> q"],
    ids=repr,
)  # fmt: skip
def test_no_mark_is_left_to_the_renderer_when_text_is_literal(text):
    shown = words.literal(text)
    unescaped = re.sub(r"\\[!-/:-@\[-`{-~]", "", shown)
    assert not re.search(r"[!-/:-@\[-`{-~]", unescaped)
    assert re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", shown).replace("\u2060", "") == text


@pytest.mark.parametrize(
    ("n", "ends", "form", "shown"),
    [
        pytest.param(5, (0.12, 0.3141), ".1%", " (95% interval 12.0%–31.4%)", id="share"),
        pytest.param(900, (1.881, 1.97), ".2f", " (95% interval 1.88–1.97)", id="mean"),
        pytest.param(4, (1, 2), ".2f", " (few calls: do not read much into it)", id="few"),
        pytest.param(5, (2.0, 2.0), ".2f", "", id="no-width"),
        pytest.param(5, (NAN, NAN), ".2f", "", id="unknown"),
    ],
)
def test_interval_is_shown_when_it_says_something(n, ends, form, shown):
    assert words.spread(n, *ends, form) == shown


@pytest.mark.parametrize(
    ("text", "parted"),
    [
        pytest.param("https://x.y", "https\\:\u2060\\/\\/x\\.y", id="https"),
        pytest.param("WWW.x.y", "WWW\u2060\\.x\\.y", id="www"),
        pytest.param("a@b.c", "a\\@\u2060b\\.c", id="mail"),
    ],
)
def test_address_is_parted_when_text_is_literal(text, parted):
    assert words.literal(text) == parted


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        pytest.param(" a\n\tb\u2028c ", "a b c", id="one_line"),
        pytest.param("", "", id="empty"),
        pytest.param(3.5, "3\\.5", id="number"),
        pytest.param("通話 🙂", "通話 🙂", id="other_scripts"),
    ],
)
def test_text_is_one_line_when_literal(value, shown):
    assert words.literal(value) == shown


@pytest.mark.parametrize(
    ("n", "shown"),
    [(0, "0 calls"), (1, "1 call"), (2470, "2,470 calls")],
    ids=["none", "one", "thousands"],
)
def test_noun_agrees_when_counted(n, shown):
    assert words.count(n, "call") == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        pytest.param(None, "–", id="unknown"),
        pytest.param(0, "0:00", id="zero"),
        pytest.param(59.6, "1:00", id="rounds_into_the_minute"),
        pytest.param(125.5, "2:06", id="minutes"),
        pytest.param(3599.5, "1:00:00", id="rounds_into_the_hour"),
        pytest.param(3725, "1:02:05", id="hours"),
        pytest.param(-3, "–", id="negative"),
    ],
)
def test_duration_reads_like_a_clock_when_shown(seconds, shown):
    assert words.duration(seconds) == shown


@pytest.mark.parametrize(
    ("ago_s", "shown"),
    [
        pytest.param(-5, "just now", id="clock_set_back"),
        pytest.param(4, "just now", id="now"),
        pytest.param(40, "40 seconds ago", id="seconds"),
        pytest.param(119, "119 seconds ago", id="below_two_minutes"),
        pytest.param(121, "2 minutes ago", id="minutes"),
        pytest.param(7200, "120 minutes ago", id="hours"),
    ],
)
def test_age_is_in_words_when_shown(ago_s, shown, monkeypatch):
    monkeypatch.setattr(words, "time", SimpleNamespace(time=lambda: 1_000_000.0))
    assert words.age(1_000_000.0 - ago_s) == shown


@pytest.mark.parametrize(
    ("at", "shown"),
    [
        pytest.param(
            datetime(2026, 10, 25, 0, 30, tzinfo=UTC), "Sun 25 Oct 2026, 02:30:00", id="summer"
        ),
        pytest.param(
            datetime(2026, 10, 25, 1, 30, tzinfo=UTC), "Sun 25 Oct 2026, 02:30:00", id="winter"
        ),
    ],
)
def test_moment_is_in_the_zone_when_clocks_change(at, shown):
    assert words.moment(at, BERLIN) == shown
    assert words.clock(at.timestamp(), BERLIN) == "02:30:00"


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        pytest.param("Europe/Berlin", "Europe/Berlin", id="named"),
        pytest.param(None, "UTC", id="not_named"),
        pytest.param("", "UTC", id="empty"),
        pytest.param("Mars/Olympus", "UTC", id="unknown"),
        pytest.param("../../etc/passwd", "UTC", id="path"),
        pytest.param("\x00", "UTC", id="null"),
        pytest.param("Europe", "UTC", id="folder"),
        pytest.param("é" * 300, "UTC", id="long"),
    ],
)
def test_zone_is_the_viewers_when_the_browser_names_a_real_one(named, expected, monkeypatch):
    monkeypatch.setattr(words.st, "context", SimpleNamespace(timezone=named))
    assert words.viewer_zone().key == expected


def test_age_is_measured_with_the_clock_when_not_replaced():
    assert words.age(time.time()) == "just now"


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        pytest.param(0.2, "1 second", id="less_than_one"),
        pytest.param(40, "40 seconds", id="seconds"),
        pytest.param(119, "119 seconds", id="below_two_minutes"),
        pytest.param(120, "2 minutes", id="minutes"),
        pytest.param(7199, "120 minutes", id="below_two_hours"),
        pytest.param(10_800, "3 hours", id="hours"),
        pytest.param(777_600, "9 days", id="days"),
    ],
)
def test_span_is_rough_when_it_is_left(seconds, shown):
    assert words.rough(seconds) == shown


def test_instant_is_as_exact_as_its_distance_needs():
    now = datetime.now(BERLIN)
    assert words.instant(int(now.timestamp()), BERLIN) == f"{now:%H:%M}"
    assert (
        words.instant(int(datetime(2024, 5, 3, 12, tzinfo=UTC).timestamp()), BERLIN) == "3 May 2024"
    )
    other = now.replace(month=1 if now.month != 1 else 2, day=9, hour=12)
    shown = words.instant(int(other.timestamp()), BERLIN)
    assert shown == f"9 {other:%b}"


@pytest.mark.parametrize(
    ("many", "one"),
    [
        ("repeat calls", "repeat call"),
        ("failed analyses", "failed analysis"),
        ("scored", "scored"),
    ],
)
def test_noun_is_singular_when_there_is_one(many, one):
    assert words.singular(many) == one
