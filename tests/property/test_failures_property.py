"""Reasons of failures: what must hold for any message and any set of messages."""

from __future__ import annotations

import string
import time
from random import Random
from statistics import median
from urllib.parse import quote

import pytest
from hypothesis import given, settings, strategies as st

from explorer.analysis.failures import (
    EMPTY_MESSAGE,
    MAX_LABEL,
    NO_MESSAGE,
    Rules,
    explain,
    group_messages,
    mask,
    merge_masks,
    merging,
)
from explorer.analysis.failures.rules import matches
from tests.corpus.corpus import DEVELOPED, HELD_OUT, fill, systems

PIECES = st.sampled_from(
    [
        "timeout after 30 s",
        "HTTP 503",
        "status code: 404",
        "error 7",
        "Error#7",
        "error no. 7",
        "status_code=404",
        "exit_code:1",
        "错误代码：404",
        "404 Not Found",
        "GET /a 404",
        "GET /a?x=1,2 ->",
        "https://s3.x/a:",
        "[404] fetch failed",
        "failed - 502",
        "HTTP_404",
        "upstream 502",
        "2026-11-25 13:00:00.123456+00:00",
        "ERROR:",
        "Error:",
        ".",
        "。",
        "550e8400-e29b-41d4-a716-446655440000",
        "https://s3.x/a.wav?sig=1",
        "2024-01-15T14:32:15.123Z",
        "15 Jan 2024",
        "12:30:45",
        "10.0.0.1:80",
        "db.internal:5432",
        "0xdeadbeef",
        "/var/lib/a/b.wav",
        "a.py:12:3",
        "worker-7",
        "x_y-9.z",
        "bob@example.com",
        "a@b:1",
        "<num>",
        "<url>",
        "<word>",
        "<",
        ">",
        "…",
        "\ue000",
        "\n",
        "\\n",
        "\u2028",
        "\tat x\n",
        "Traceback (most recent call last):",
        "Caused by: java.io.IOException: x",
        "ValueError: 12 of 13",
        "12,5 %",
        "1,2, 3, 4",
        "a1b2c3d4e5",
        "'a', 'b'",
        '"name": "x"',
        "user=",
        "k=v",
        "token",
        "password:",
        "「会議」",
        "[a, b]",
        " " * 5,
    ]
)
MESSAGES = st.one_of(
    st.text(max_size=120),
    st.lists(st.one_of(PIECES, st.text(max_size=6)), max_size=12).map(" ".join),
    st.lists(PIECES, max_size=40).map("".join),
)
TEMPLATES = [
    template
    for part in (DEVELOPED, HELD_OUT)
    for templates in systems(part).values()
    for template in templates
]
REAL = st.builds(
    lambda template, seed: fill(template, Random(seed)),
    st.sampled_from(TEMPLATES),
    st.integers(0, 10**6),
)
# Few words, so that places vary in every way and many masks meet.
WORDS = st.sampled_from(
    [
        "user",
        "queue",
        "anna",
        "bob",
        "carl",
        "dora",
        "eve",
        "finn",
        "gus",
        "hal",
        "timeout",
        "not",
        "failed",
        "<id>",
        "'x'",
        "'y'",
        "a.b",
        "worker-<num>",
        "<num>",
        "s",
        "ms",
        "KB",
        "k=v",
        "k=",
        "rc=1",
        "rc=2",
        "rc=<num>",
        "error_1",
        "Error:",
        "ERROR:",
        "gone.",
        ".",
        "KeyError",
        "HTTP",
        "503",
        "404",
        "[a,b]",
        "[c]",
        "会議",
        "である",
    ]
)
SMALL = st.lists(WORDS, min_size=1, max_size=7).map(" ".join)
FRAMED = st.builds(
    lambda frame, a, b, c: frame.format(a, b, c),
    st.sampled_from(
        [
            "user {} joined room {} today",
            "lost {} of {} in {} again",
            "queue {} has no reader",
            "k={} and '{}' of {} gone",
            "the {} said {} to the {}",
            "{} {} is gone from here, {}",
            "{} {} of {} is lost today",
        ]
    ),
    WORDS,
    WORDS,
    WORDS,
)
MASKS = st.lists(st.one_of(FRAMED, SMALL, REAL).map(mask), max_size=40)

_LETTERS = string.ascii_letters + string.digits
SECRETS = st.text(_LETTERS, min_size=8, max_size=30).map(lambda text: f"Q{text}7z")
SPELLINGS = st.sampled_from(
    [
        "password={}",
        "password: {}",
        "password is {}",
        'passwd="{}"',
        "PGPASSWORD={}",
        "Authorization: Bearer {}",
        "authorization: Basic {}",
        "x\nValueError: token is {}",
        "Bearer {}",
        "api_key: '{}'",
        "X-Api-Key: {}",
        "api_key={}&x=1",
        "AWS_SECRET_ACCESS_KEY={}",
        '{{"client_secret": "{}"}}',
        '{{\\"access_token\\": \\"{}\\"}}',
        "{{'token': '{}'}}",
        "https://u:{}@h/x",
        "postgresql://u:{}@db-1:5432/x",
        "https://s3.x/a.wav?X-Amz-Signature={}&X-Amz-Expires=3600",
        "https://b.x/c?sv=2020&sig={}",
        "https://x.y/#access_token={}",
        "https://hooks.slack.com/services/{}",
        "Cookie: sid={}; a=b",
        "Set-Cookie: session={}",
        "sk_live_{}",
        "ghp_{}",
        "eyJhbGciOi.{}.{}",
        "AccountKey={};EndpointSuffix=x",
        "curl -H 'Authorization: token {}'",
        "--password {}",
        "-----BEGIN PRIVATE KEY-----\n{}\nE: {}\n-----END PRIVATE KEY-----",
        "-----BEGIN RSA PRIVATE KEY-----\n{}\nValueError: {}",
    ]
)


@settings(max_examples=200, deadline=None)
@given(st.one_of(MESSAGES, REAL))
def test_mask_is_one_short_line_that_stays_when_masked_again(message):
    label = mask(message)
    assert len(label) <= MAX_LABEL
    assert len(label.splitlines()) <= 1
    assert label == label.strip()
    assert mask(label) == label
    assert mask(message) == label


def _spelt(frame: str, secret: str, encoded: bool) -> str:
    text = frame.format(secret, secret)
    return quote(text, safe=" \n") if encoded and "-----" not in frame else text


@settings(max_examples=150, deadline=None)
@given(
    SPELLINGS,
    SECRETS,
    st.one_of(MESSAGES, REAL),
    st.sampled_from(
        ["", "Traceback (most recent call last):\n", "word " * 1_200, "line\n" * 1_200]
    ),
)
def test_label_never_holds_a_secret_when_the_message_does(frame, secret, around, long):
    text = _spelt(frame, secret, encoded=False)
    spelt = [text, f"{text}\n{around}", f"{around}\n{text}", f"{long}{text}", f"{text} {long}"]
    labels = [*group_messages(spelt), *map(mask, spelt)]
    assert not [label for label in labels if secret in label or secret[-7:] in label]


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(["password={}", "api_key={}", "token={}&a=b", "X-Amz-Signature={}"]), SECRETS
)
def test_label_never_holds_a_secret_when_it_is_url_encoded(frame, secret):
    text = _spelt(frame, secret, encoded=True)
    assert not [label for label in group_messages([text, f"GET {text} failed"]) if secret in label]


@settings(max_examples=100, deadline=None)
@given(SPELLINGS, st.lists(SECRETS, min_size=2, max_size=8), REAL)
def test_label_of_many_never_holds_a_secret_when_only_secrets_differ(frame, secrets, around):
    spelt = [f"{around} {frame.format(s, s)}" for s in secrets]
    labels = group_messages([*spelt, *(frame.format(s, s) for s in secrets)])
    assert not [s for s in secrets for label in labels if s in label]
    shown = explain(map(mask, spelt))
    assert not [s for s in secrets if s in repr(shown)]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.one_of(st.none(), MESSAGES, REAL), max_size=12), st.randoms())
def test_reason_is_the_same_when_the_order_changes(messages, random):
    reasons = group_messages(messages)
    assert len(reasons) == len(messages)
    order = list(range(len(messages)))
    random.shuffle(order)
    assert group_messages([messages[i] for i in order]) == [reasons[i] for i in order]
    assert group_messages([*messages, *messages]) == reasons * 2
    assert group_messages(messages, Rules()) == reasons
    for message, reason in zip(messages, reasons, strict=True):
        assert (reason == NO_MESSAGE) == (message is None or mask(message) == NO_MESSAGE)
        assert reason
        if message is not None and not message.strip():
            assert reason == EMPTY_MESSAGE


@settings(max_examples=150, deadline=None)
@given(MASKS, st.randoms())
def test_labels_are_the_same_when_the_order_changes(masks, random):
    labels = merge_masks(masks)
    assert set(labels) == set(masks)
    shuffled = masks[:]
    random.shuffle(shuffled)
    assert merge_masks(shuffled) == labels
    assert merge_masks([*masks, *shuffled]) == labels


@settings(max_examples=200, deadline=None)
@given(MASKS, MASKS)
def test_groups_are_never_split_when_masks_are_added(some, more):
    few, many = merge_masks(some), merge_masks([*some, *more])
    for one in few:
        for other in few:
            if few[one] == few[other]:
                assert many[one] == many[other]


@settings(max_examples=200, deadline=None)
@given(MASKS)
def test_labels_stay_when_they_are_grouped_themselves(masks):
    labels = sorted(set(merge_masks(masks).values()) - {""})
    assert [mask(label) for label in labels] == labels
    assert group_messages(labels) == labels


@settings(max_examples=200, deadline=None)
@given(MASKS)
def test_explanation_fits_every_mask_of_its_group(masks):
    groups: dict[str, list[str]] = {}
    for one, label in merge_masks(masks).items():
        groups.setdefault(label, []).append(one)
    for label, members in groups.items():
        found = explain(members)
        assert found.label == label
        assert found.masks == tuple(sorted(members))
        assert bool(found.varying) == (len(members) > 1)
        assert all(position.n_values > 1 for position in found.varying)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.sampled_from(["a", "b", "ab", "*", "**", "ß", "…"]), max_size=8).map("".join),
    st.lists(st.sampled_from("abß…"), max_size=10).map("".join),
)
def test_pattern_fits_as_a_star_is_read_by_hand(pattern, text):
    def fits(rest: str, left: str) -> bool:
        if not rest:
            return not left
        if rest[0] == "*":
            return any(fits(rest[1:], left[n:]) for n in range(len(left) + 1))
        return bool(left) and rest[0] == left[0] and fits(rest[1:], left[1:])

    assert matches(pattern, text) == fits(pattern.casefold().replace("**", "*"), text.casefold())


HOSTILE = [
    "a",
    "a1",
    "a ",
    "1,",
    "<",
    "a.",
    "a/",
    "a@",
    "a:",
    "'a'",
    "'a', ",
    "=",
    "a=",
    "\\n",
    "a-1_",
]
HOSTILE += [
    "[a, ",
    "{",
    "\n",
    "Caused by: ",
    "A.",
    "ab1 ",
    "0:",
    "é1",
    "字1",
    "GET /a ",
    "GET /",
    "code ",
    "code:1",
    "error no. ",
    ".",
    "…",
    "//",
    "<num>, ",
    "ab",
]


def _growth(act, make, short: int) -> float:
    """How many times longer ten times as much takes; the machine's other work only adds to it."""

    def seconds(argument) -> float:
        merging.forget()
        before = time.process_time()
        act(argument)
        return max(time.process_time() - before, 1e-4)

    small, large = make(short), make(10 * short)
    quick = median(seconds(small) for _ in range(5))
    return min(seconds(large) for _ in range(3)) / quick


@pytest.mark.parametrize("piece", HOSTILE, ids=repr)
@pytest.mark.parametrize("start", ["", "a@"], ids=repr)
def test_masking_takes_time_in_proportion_when_the_text_is_hostile(start, piece):
    def make(length: int) -> str:
        return start + (piece * length)[:length] + "é1"

    # below and above the length from which only parts are read
    assert _growth(mask, make, 390) < 15
    assert _growth(mask, make, 3_900) < 15


@pytest.mark.parametrize("words", ["w{} lost x", "user w{} lost w{}", "k=w{} 'w{}' lost"], ids=str)
def test_merging_takes_time_in_proportion_when_there_are_many_masks(words):
    def make(n: int) -> list[str]:
        names = ["".join(Random(place).choices(string.ascii_lowercase, k=6)) for place in range(n)]
        return [words.format(name, name[::-1]) for name in names]

    assert _growth(merge_masks, make, 200) < 15
