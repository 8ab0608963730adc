"""A mask as tokens, each with the shape by which it is compared.

A token is a word, a quoted name, a number with its unit, a list in brackets, or one character. Its
shape is the token itself, or `VALUE` where it looks like one of many: a slot, a quoted name, the
value of a field, a host.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from explorer.analysis.failures.vocabulary import (
    FUNCTION_WORDS,
    KEYS_WITH_MEANING,
    STATE_WORDS,
    UNITS,
    is_code_key,
)
from explorer.redact import HIDDEN

LOOKED_BACK = 6
"""Tokens before a word that may decide what it is."""
MAX_TOKENS = 56
"""Compared of a mask: where a long one was cut depends on the values before."""
# no mask holds control characters
VALUE, OPEN = "\x00", "\x01"
"""Shapes: a place that looks like a value, and one that a pattern may leave open."""
_BREAKS = r"\s()\[\]{}\"'`,;=|…„“”«»「」『』《》‹›：，。、；（）【】！？｡､"
_LATIN = r"!-~À-ɏḀ-ỿ"
_UNITS = "|".join(sorted(map(re.escape, UNITS | {"<unit>"}), key=len, reverse=True))
_TOKEN = re.compile(
    rf"""
    (?<![\w>])(["'`])(?P<name>[^"'`\s{{}}]{{1,80}}(?:\1(?:,\ ?|\ and\ |\ or\ )\1[^"'`\s]{{1,80}})*+)\1(?![\w<])
    |[„“«「『《‹]\ ?(?P<quoted>[^„“”«»「」『』《》‹›]{{1,80}}?)\ ?[“”»」』》›]
    |(?<==)(["'])(?P<text>[^"']{{0,80}})(?:["'])(?![\w<])
    |(?P<measure><num>\ (?i:{_UNITS})(?!\w))
    |(?<=\[)(?P<list>[^{_BREAKS}]{{1,60}}(?:,\ ?[^{_BREAKS}]{{1,60}})++)(?=\])
    |(?P<word>(?:(?![{_BREAKS}])[{_LATIN}])++|[^{_BREAKS}{_LATIN}]++)
    |.
    """,
    re.VERBOSE | re.DOTALL,
)
_ENDS = ".:!?"
_MEASURE = re.compile(rf"<num> (?i:{_UNITS})")
_SLOT = re.compile(r"<[a-z]{2,10}>")
_DOTTED = re.compile(r"[A-Za-z][\w$/-]*(?:\.[\w$/-]+)+")
_MIME = re.compile(r"(?:audio|video|application|text|image|multipart|font|model)/[\w.+-]+")
_FAILURE_NAME = re.compile(
    r"(?:.*[.:$])?[A-Z]\w*?(?:Error|Exception|Timeout|Fault|Warning|Failure)\d*"
)
_ANSWERS = frozenset(("true", "false", "yes", "no", "null", "none", "nil", "undefined"))
_RANDOM = re.compile(
    r"(?:[a-z]{1,3}[_-])?[a-f]{7,}|::|[A-Za-z]{1,8}[_-](?=[a-z]*[A-Z])(?=[A-Z]*[a-z])[A-Za-z]{7,}"
)
_CODE_LIKE = re.compile(
    r"[A-Z][A-Z0-9_]+|NoneType|None|null|nil|undefined|\d+|[+#-]\d+|\w*_error\w*"
)
# words that hold a code that the mask kept
_CODED = re.compile(r"[A-Z]+-\d+[A-Z]?|.*:[#+-]?\d+|(?i:http|err(?:or)?)[#_-]?\d+")
_CODE_VALUE = re.compile(rf"{_CODE_LIKE.pattern}|0x[0-9a-fA-F]+|[A-Z]+-\d+|\d[0-9A-Z]+")
MAX_CODE = 32
"""Characters of a code; a longer value varies freely, as in ``code=`` of a login."""
_LEVELS = frozenset(("error", "fatal", "critical", "warning", "failure"))
"""At the start and before a colon they say the same in small letters and in capitals."""
_STOPS = frozenset(".。")
_INFLECTED = re.compile(r"\w{2,}(?:ed|ing|tion|sion|able|ible|ment|ly|ful|less|ness)")
WORD = "<word>"
"""What a label shows at a place that many words fill.

A label that holds `WORD` takes part in no pattern, so that labels group as their masks did.
"""


class Parsed(NamedTuple):
    """The tokens of a mask and their shapes, as many of the one as of the other."""

    tokens: tuple[str, ...]
    shapes: tuple[str, ...]


@lru_cache(maxsize=16_384)
def parsed(text: str) -> Parsed:
    """The first `MAX_TOKENS` tokens of a mask; what comes after them is one token more."""
    tokens = [""] * LOOKED_BACK
    shapes = tokens[:]
    for match in _TOKEN.finditer(text):
        whole, kind = match[0], match.lastgroup
        if kind is None:
            tokens.append(whole)
            shapes.append(VALUE if whole == HIDDEN else whole)
            if whole in "=(" and _has_no_value(whole, tokens, text, match.end()):
                tokens.append("")
                shapes.append(VALUE)
        elif kind == "word":
            bare = whole.rstrip(_ENDS) or whole
            ends = whole[len(bare) :]
            shapes.append(_shape(bare, tokens, ends))
            tokens.append(bare)
            tokens.extend(ends)
            shapes.extend(ends)
        elif kind in ("list", "measure"):
            tokens.append(whole)
            shapes.append(VALUE)
        else:
            _append_quoted(match, kind, tokens, shapes)
    end = LOOKED_BACK + MAX_TOKENS
    if tokens[LOOKED_BACK + 1 : LOOKED_BACK + 2] == [":"]:
        level = tokens[LOOKED_BACK].lower()
        if level in _LEVELS:
            shapes[LOOKED_BACK] = level
    if len(tokens) > end:
        return Parsed((*tokens[LOOKED_BACK:end], HIDDEN), (*shapes[LOOKED_BACK:end], HIDDEN))
    # a place for the full stop at the end, whether there is one or not
    if tokens[-1] in _STOPS and tokens[-2] not in _STOPS:
        shapes[-1] = ""
    else:
        tokens.append("")
        shapes.append("")
    return Parsed(tuple(tokens[LOOKED_BACK:]), tuple(shapes[LOOKED_BACK:]))


def _has_no_value(mark: str, tokens: Sequence[str], text: str, after: int) -> bool:
    """Whether nothing stands where others have a value: in ``user= uid=0`` and in ``from x ()``."""
    if mark == "=":
        return _is_key(tokens[-2]) and text[after : after + 1] in ("", " ")
    return tokens[-2] == " " and text.startswith(")", after)


def _append_quoted(match: re.Match[str], kind: str, tokens: list[str], shapes: list[str]) -> None:
    name = match[kind]
    start = match.start(kind) - match.start()
    opening, closing = match[0][:start], match[0][start + len(name) :]
    varies = _quoted_varies(name, tokens, match.string[match.end() : match.end() + 1])
    tokens += (opening, name, closing)
    shapes += (opening, VALUE if varies else name, closing)


def _shape(word: str, before: Sequence[str], ends: str) -> str:
    if before[-1] == "=" and word != WORD and _varies_behind(before[-2], word):
        return VALUE
    if word.lower() in _ANSWERS and ("=" in before[-2:] or ":" in before[-2:]):
        return VALUE
    return _shape_alone(word, ends[:1] == ":")


@lru_cache(maxsize=16_384)
def _shape_alone(word: str, is_announced: bool) -> str:
    """The shape of a word wherever it stands; `is_announced` when a colon follows it."""
    if "<" in word and _SLOT.search(word):
        return word if word == WORD else VALUE
    if _FAILURE_NAME.fullmatch(word):
        return word
    if _DOTTED.fullmatch(word) and not (is_announced and word.rpartition(".")[2][:1].isupper()):
        return VALUE
    return VALUE if _MIME.fullmatch(word) or _RANDOM.fullmatch(word) else word


def _is_key(word: str) -> bool:
    key = word.lower()
    return key[-1:].isalnum() and key not in KEYS_WITH_MEANING


@lru_cache(maxsize=16_384)
def _varies_behind(key: str, value: str) -> bool:
    """Whether ``key=`` takes values of which one is as good as another."""
    if not key[-1:].isalnum():
        return False
    key = key.lower()
    if key.endswith("code") and len(value) > MAX_CODE and "_" not in value:
        return _FAILURE_NAME.fullmatch(value) is None
    if key in KEYS_WITH_MEANING or key.endswith("status"):
        return False
    return not (is_code_key(key) and _CODE_VALUE.fullmatch(value))


def _quoted_varies(name: str, before: Sequence[str], after: str) -> bool:
    if after == ":":  # the name of a JSON field
        return False
    if _key(before).lower() in KEYS_WITH_MEANING:
        return False
    return not (_FAILURE_NAME.fullmatch(name) or _CODE_LIKE.fullmatch(name))


def _key(before: Sequence[str]) -> str:
    """The word before ``:`` or ``=``, as in ``"error": "denied"``; none without them."""
    assigned = False
    for token in reversed(before[-LOOKED_BACK:]):
        if token in (":", "="):
            assigned = True
        elif token.strip(" \"'"):
            return token if assigned else ""
    return ""


@lru_cache(maxsize=16_384)
def may_be_open(shape: str, previous: str) -> bool:
    """Whether a place that holds `shape` can be left open: a word is no function word or code."""
    if shape == VALUE:
        return True
    if not any(c.isalnum() for c in shape) or shape == WORD or previous in ("=", "'"):
        return False
    return not (
        shape.lower() in FUNCTION_WORDS
        or _FAILURE_NAME.fullmatch(shape)
        or _CODE_LIKE.fullmatch(shape)
        or _CODED.fullmatch(shape)
        or "'" in shape
    )


@lru_cache(maxsize=16_384)
def is_name(shape: str) -> bool:
    """Whether a word says that its place is one for names, as "expired" or "timeout" do not."""
    word = shape.lower()
    return shape != VALUE and word not in STATE_WORDS and _INFLECTED.fullmatch(word) is None


def slot_for(values: set[str], before: Sequence[str]) -> str:
    """What a label shows for tokens that look like values; `before` are the label's own so far."""
    slots = {slot for value in values for slot in _SLOT.findall(value)}
    if all(_MEASURE.fullmatch(value) for value in values):
        return "<num> <unit>"
    if slots == {"<num>"}:
        return "<num>" if all(value.startswith("<num>") for value in values) else "<id>"
    if slots:
        return slots.pop() if len(slots) == 1 else "<value>"
    return "<value>" if before[-1:] == ["="] else "<name>"


def forget() -> None:
    """Empty the caches."""
    for cached in (parsed, _shape_alone, _varies_behind, may_be_open, is_name):
        cached.cache_clear()
