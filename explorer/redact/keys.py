"""Secrets that show by their own form: keys of known services, PEM blocks, opaque strings."""

from __future__ import annotations

import re

from explorer.redact.words import HIDDEN, LONG, is_opaque

_PEM = re.compile(
    r"-----BEGIN [A-Z0-9 ]{1,40}-----(?:[\s\S]*?-----END [A-Z0-9 ]{1,40}-----|[\s\S]*+)"
)
_NO_LETTER_BEFORE = r"(?<![A-Za-z0-9])"
_PREFIXED = (
    r"(?:sk|pk|rk|whsec|gh[pousr]|github_pat|glpat|npm|hf|shpat|xox[abeoprs]|xapp|dop_v1|pypi)"
    r"[_-][A-Za-z0-9_\-]{6,}+"
)
_KEYS = (
    (
        # the ends of those words: a search for the words themselves takes three times as long
        re.compile(r"[_-](?<=[spr]k.|h[pousrf].|ec.|at.|pm.|o[abeoprs].|pp.|v1.|pi.)"),
        re.compile(_NO_LETTER_BEFORE + _PREFIXED),
    ),
    (
        re.compile("A(?:KIA|SIA|GPA|IDA|ROA)[A-Z0-9]{12}"),
        # the secret beside it goes too, which may look like a path
        re.compile(
            rf"(?:(?<![\w/+])[\w/+]{{40}}[^\w/+\n]{{1,10}})?+{_NO_LETTER_BEFORE}"
            r"A(?:KIA|SIA|GPA|IDA|ROA)[A-Z0-9]{12,}+[\w-]*+(?:[^\w/+\n]{1,10}[\w/+]{40}(?![\w/+]))?+"
        ),
    ),
    (
        re.compile(":[A-Za-z0-9_-]{30}"),
        re.compile(r"(?<!\d)(?:bot)?\d{6,12}:[A-Za-z0-9_-]{30,}+"),
    ),
)
"""What a key of some kind cannot do without, which is looked for much faster, and the key."""
_KEYS_BY_SIGN = tuple(
    (sign, re.compile(_NO_LETTER_BEFORE + pattern))
    for sign, pattern in (
        ("AIza", r"AIza[A-Za-z0-9_-]{20,}+"),
        ("ya29.", r"ya29\.[A-Za-z0-9._-]{10,}+"),
        ("SG.", r"SG\.[A-Za-z0-9_-]{10,}+\.[A-Za-z0-9_-]{10,}+"),
        ("eyJ", r"eyJ[A-Za-z0-9_-]{4,}+(?:\.[A-Za-z0-9_-]*+)*+"),
    )
)
_OPAQUE = re.compile(r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{40,}+={0,2}")
_LONG_WORD = re.compile(rf"(?<!\S)\S{{{LONG}}}")


def hide_key_blocks(text: str) -> str:
    """The text without keys of several lines."""
    return _PEM.sub(f"<key {HIDDEN}>", text) if "-----BEGIN" in text else text


def hide_keys(text: str) -> str:
    """The text without keys of one word."""
    for sign, pattern in _KEYS_BY_SIGN:
        if sign in text:
            text = pattern.sub(HIDDEN, text)
    for gate, pattern in _KEYS:
        if gate.search(text):
            text = pattern.sub(HIDDEN, text)
    if not _LONG_WORD.search(text):
        return text
    return _OPAQUE.sub(lambda match: HIDDEN if is_opaque(match[0], LONG) else match[0], text)
