"""What stands where a secret could, and is none: words, states, names of fields."""

from __future__ import annotations

import re
from itertools import pairwise

HIDDEN = "…"
# Words that follow "token", "password:" and the like in sentences; anything else there is a value.
ORDINARY = frozenset(
    """a an the is was are were be been being not no none null nil true false undefined empty
    missing required invalid valid expired revoked wrong incorrect unknown unset unauthorized
    forbidden denied given provided supplied found must should cannot can could will would may might
    has had have for of in on at to from with without by and or but if when while after before as
    does did do failed failure fails error errors mismatch mismatched rejected refused accepted
    disabled enabled present absent set too only endpoint refresh exchange request response header
    headers field value type format parameter name file string store check verification validation
    authentication authorization auth scheme credential credentials token tokens key keys bearer
    basic digest negotiate signature secret password malformed bad correct ok yes needed necessary
    limit quota count exceeded expires expiry service server provider generation reset policy hidden
    redacted masked rotated about already currently unavailable mandatory optional
    used unused requires require expects expected needs option argument flag""".split()  # noqa: SIM905
)
# Where a quote or "=" says that a value follows, only these are none: `password=secret` is one.
STATES = frozenset(
    """none null nil true false undefined missing required invalid valid expired revoked denied
    failed unset empty disabled enabled rejected malformed mismatch hidden redacted masked""".split()  # noqa: SIM905
)
# Names in lists of fields and headers: what stands beside "password" there may be one more.
FIELDS = frozenset(
    """email e-mail user username user_name login name id agent_id contact_id client_id account phone
    host port url accept accept-encoding accept-language cache-control connection content-length
    content-type cookie date etag origin referer user-agent x-request-id""".split()  # noqa: SIM905
)
SCHEMES = frozenset({"bearer", "basic", "digest", "negotiate", "token", "apikey", "hawk"})
TRAILING = ".,;:!?)]}|`"
"""Marks at the end of a value that belong to the sentence around it."""
LONG = 40
"""Characters without a break that are no word, path or hash that people compare."""
_UUID_OR_HASH = re.compile(
    r"(?i)(?<![a-z0-9])(?:[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|[0-9a-f]{6,39})(?![a-z0-9])"
)
PIECE = re.compile(r"[A-Za-z0-9]+")


def holds_any(text: str, words: tuple[str, ...]) -> bool:
    """Whether one of the words stands in the text."""
    for word in words:  # noqa: SIM110 - any() with a generator takes twice as long
        if word in text:
            return True
    return False


def folds_plainly(text: str) -> bool:
    """Whether lower case folds all that ``(?i)`` does, which also takes ``\u017f`` for an s."""
    return text.isascii() or text.replace(HIDDEN, "").isascii()


def encodable(text: str) -> str:
    """`text` with half surrogate pairs, which JSON can hold and UTF-8 cannot, as U+FFFD."""
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def is_field(word: str) -> bool:
    """Whether a word beside the name of a secret is one more name, or an ordinary word."""
    return is_ordinary(word) or word.lower() in FIELDS


def is_ordinary(word: str) -> bool:
    """Whether a word belongs to the sentence: it is no value."""
    return " " in word or word.lower() in ORDINARY


def looks_secret(value: str) -> bool:
    """Whether a word after the name of a secret is more likely its value than a word."""
    word = value.strip("\\\"'`()[]{},.;:!?")
    if len(word) < 5 or word.lower() in ORDINARY:
        return False
    digits = sum(c.isdigit() for c in word)
    if digits == len(word):
        return len(word) >= 6
    if digits or len(word) >= 24 or "=" in word:
        return True
    return any(c.isupper() for c in word[1:]) and any(c.islower() for c in word)


def is_opaque(text: str, long: int) -> bool:
    """Whether a run without spaces is a key or token, not a path, an id or words in a row."""
    if any(len(piece) >= long for piece in PIECE.findall(text)):
        return True
    rest = "".join(PIECE.findall(_UUID_OR_HASH.sub("", text)))
    if len(rest) < 18:
        return False
    kinds = [0 if c.isdigit() else 1 if c.isupper() else 2 for c in rest]
    changes = sum(a != b for a, b in pairwise(kinds))
    return changes >= 0.35 * len(rest)
