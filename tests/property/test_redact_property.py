"""Whatever the secret and however it is spelt, it does not come through."""

from __future__ import annotations

import re
import string

import pytest
from hypothesis import assume, given, settings, strategies as st

from explorer.redact import HIDDEN, assigned, headers, keys, names, redact, redact_text
from explorer.redact.words import LONG

_LETTERS = string.ascii_letters + string.digits
# With a digit and twelve characters or more: a shorter one may stand in the text around it.
SECRETS = st.builds(
    lambda head, tail: f"{head}7{tail}",
    st.text(_LETTERS + "-._~+/", min_size=5, max_size=30).filter(lambda t: t[0] in _LETTERS),
    st.text(_LETTERS, min_size=6, max_size=30),
)
NAMES = st.sampled_from(
    [
        "password",
        "passwd",
        "pwd",
        "secret",
        "token",
        "api_key",
        "api-key",
        "apiKey",
        "X-API-Key",
        "access_token",
        "refreshToken",
        "client_secret",
        "AWS_SECRET_ACCESS_KEY",
        "AccountKey",
        "signature",
        "sig",
        "X-Amz-Signature",
        "auth",
        "session_id",
        "credential",
    ]
)
FRAMES = st.sampled_from(
    [
        "{name}={secret}",
        "{name}: {secret}",
        "{name} = {secret}",
        "{name}='{secret}'",
        '{name}: "{secret}"',
        '"{name}": "{secret}"',
        '"{name}":"{secret}"',
        '\\"{name}\\": \\"{secret}\\"',
        "'{name}': '{secret}'",
        "{name}=>{secret}",
        "{name} is {secret}",
        "{name}%3D{secret}%26x%3D1",
        "?x=1&{name}={secret}&y=2",
        "a=1;{name}={secret};b=2",
        "https://user:{secret}@host/x {name}",
        "https://host/x?{name}={secret}",
        "user:{secret}@host {name}",
        "Authorization: Bearer {secret} {name}",
        "authorization: {secret} {name}",
        "Cookie: {name}={secret}; a=b",
        "Cookie: a=b; {name}={secret}",
        "sk_live_{plain} {name}",
        "-----BEGIN PRIVATE KEY-----\n{secret}\n-----END PRIVATE KEY----- {name}",
        "{name}：{secret}",
        "{name}      =\u00a0  {secret}",
        "{name}:\n{secret}\n",
        "{name}=b'{secret}'",
        '{name}: Some("{secret}")',
        "[('{name}', '{secret}')]",
        '{{"name":"{name}","value":"{secret}"}}',
        '{{"{name}":{{"value":"{secret}"}}}}',
        '<{name} a="b">{secret}</{name}>',
        "&quot;{name}&quot;:&quot;{secret}&quot;",
        "{name}\\u003d{secret}\\u0026a=1",
        "Passwort: {secret} {name}",
        "パスワード：{secret} {name}",
        "curl -u bob:{secret} {name}",
        "mysql -ubob -p{secret} {name}",
        "IDENTIFIED BY '{secret}' {name}",
        "/a/b.wav?{name}=1&b={secret}",
        "https://h/x?a='b'&c={secret} {name}",
        "{name}=a&b;c<{secret}",
    ]
)
AROUND = st.sampled_from(["", "failed: ", "(", "[", "{", "got ", "\n", "err=1, ", "“", "a b "])
AFTER = st.sampled_from(["", ".", ", next", ")", "}", "]", " after", "\n", "; x=1", "”"])


def _spelt(secret: str, name: str, frame: str, around: str, after: str) -> tuple[str, str]:
    if "{plain}" in frame:  # keys have no punctuation
        secret = "".join(c for c in secret if c in _LETTERS)
    return secret, around + frame.format(name=name, secret=secret, plain=secret) + after


SPELT = st.builds(_spelt, SECRETS, NAMES, FRAMES, AROUND, AFTER)
# Text in which the patterns find much to do.
HOSTILE = st.lists(
    st.one_of(
        st.sampled_from(
            [
                "password",
                "token",
                "api-key",
                "Bearer ",
                "Cookie: ",
                "Authorization: ",
                "=",
                ": ",
                "https://",
                "user:",
                "@",
                "%3D",
                "%26",
                '"',
                "'",
                "\\",
                "[",
                "]",
                "{",
                ";",
                "&",
                "…",
                "-----BEGIN KEY-----",
                "-----END KEY-----",
                "sk_",
                "eyJ",
                " ",
                "\n",
                " is ",
                "abc",
                "&",
                "&amp;",
                "quot;",
                "\\u003d",
                "\\u0026",
                "u003d",
                "：",
                "＝",
                "＆",
                "パスワード",
                "\u00a0",
                "?a=",
                "&b=",
                "value",
                "name",
                "<",
                ">",
                "</",
                "(",
                ", ",
                " -u a:",
                "mysql -p",
                "jwt: ",
                "IDENTIFIED BY ",
                "AKIA1234567890ABCDEF",
            ]
        ),
        st.text(max_size=8),
        st.text(_LETTERS + "/+-_", min_size=1, max_size=50),
    ),
    max_size=14,
).map("".join)


@settings(max_examples=250, deadline=None)
@given(SPELT)
def test_secret_never_comes_through_when_spelt_any_way(spelt):
    secret, text = spelt
    assume(text.count(secret[-6:]) == text.count(secret))  # its end is no word of the frame
    found = redact_text(text)
    assert secret not in found
    assert secret[-6:] not in found  # nor its end


@settings(max_examples=250, deadline=None)
@given(st.one_of(HOSTILE, SPELT.map(lambda p: p[1]), st.text(max_size=80)))
def test_redacting_again_changes_nothing(text):
    once = redact_text(text)
    assert redact_text(once) == once


@settings(max_examples=100, deadline=None)
@given(SPELT, st.sampled_from(["error_message", "note", "url", "client_secret"]))
def test_secret_never_comes_through_when_inside_a_document(spelt, name):
    secret, text = spelt
    assert secret not in repr(redact({"a": [{name: text}], text: 1}))


@pytest.mark.parametrize("size", [40, 64, 200], ids=str)
@given(st.data())
@settings(max_examples=60, deadline=None)
def test_opaque_run_never_comes_through_when_long(size, data):
    run = data.draw(st.text(_LETTERS, min_size=size, max_size=size))
    assert run not in redact_text(f"refused {run} here")


ODD_CASES = st.sampled_from(
    ["ſ", "ı", "\u212a", "İ", "…", " is set to ", "--token x9x9", " used: "]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(HOSTILE, SPELT.map(lambda p: p[1]), ODD_CASES), max_size=4).map("".join))
def test_looking_for_signs_first_changes_nothing(text):
    quick = redact_text(text)
    with pytest.MonkeyPatch.context() as patched:
        for module in (assigned, headers):
            patched.setattr(module, "folds_plainly", lambda text: False)
        for module in (assigned, headers, names):
            patched.setattr(module, "holds_any", lambda text, words: True)
        always = re.compile("")
        patched.setattr(keys, "_KEYS", tuple((always, pattern) for _, pattern in keys._KEYS))
        by_sign = tuple(("", pattern) for _, pattern in keys._KEYS_BY_SIGN)
        patched.setattr(keys, "_KEYS_BY_SIGN", by_sign)
        assert redact_text(text) == quick


@given(st.text(string.ascii_lowercase, min_size=1, max_size=60))
def test_one_plain_word_is_no_secret_whatever_way_it_is_read(word):
    assert redact_text(f"{word} ") == f"{redact_text(word)} "
    assert redact_text(word) == (word if len(word) < LONG else HIDDEN)
