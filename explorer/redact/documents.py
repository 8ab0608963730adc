"""Takes secrets out of JSON documents, where names of fields say what a value is."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

from explorer.redact.links import redact_link
from explorer.redact.names import names_a_secret
from explorer.redact.text import redact_text
from explorer.redact.words import HIDDEN, STATES, is_field

_NEVER_SECRET = frozenset({type(None), bool, int})


def redact(document: object, redact_string: Callable[[str], str] = redact_text) -> object:
    """A copy of a JSON document in which links are reduced and every string is redacted.

    A string under a name that ends in ``url`` or ``uri`` is treated as a link, one under the name
    of a secret is hidden, any other is treated as text. Numbers, booleans and null stay; names of
    fields are redacted as text too. `redact_string`: `redact_text`, perhaps with a memory.
    """
    if isinstance(document, dict):
        shown = {}
        for name, value in document.items():
            field = _field(str(name))
            if type(value) in _NEVER_SECRET:  # half of them
                shown[field.shown] = value
            else:
                shown[field.shown] = _redact_value(field, value, redact_string)
        if not _VALUE_FIELDS.isdisjoint(document):
            named = document.get("name") or document.get("key") or document.get("header")
            return _hide_within(shown) if _is_secret_name(named) else shown
        return shown
    if isinstance(document, str):
        return redact_string(document)
    if isinstance(document, list):
        if len(document) == 2 and _is_secret_name(document[0]):
            return [redact(document[0]), _hide_within([document[1]])[0]]
        return [redact(item, redact_string) for item in document]
    if isinstance(document, float) and not math.isfinite(document):
        return str(document)  # JSON has no such number, and a browser refuses the whole document
    return document


class _Field(NamedTuple):
    """How a name is shown, and what it says of its value."""

    shown: str
    holds_link: bool
    holds_secret: bool


@lru_cache(maxsize=2048)  # the same few names come with every record
def _field(name: str) -> _Field:
    holds_link = name.lower().endswith(("url", "uri"))
    return _Field(redact_text(name), holds_link, names_a_secret(name[:100]))


def _redact_value(field: _Field, value: object, redact_string: Callable[[str], str]) -> object:
    if isinstance(value, str):
        if field.holds_link:
            return redact_link(value)
        if field.holds_secret and value and value.lower() not in STATES:
            return HIDDEN
        return redact_string(value)
    shown = redact(value, redact_string)
    return _hide_within(shown) if field.holds_secret and isinstance(value, dict | list) else shown


_VALUE_FIELDS = frozenset({"value", "val", "content"})


def _hide_within(found: Any) -> Any:
    """A redacted document that a name says is a secret: without its strings, or its value."""
    if isinstance(found, dict):
        return {
            name: HIDDEN if name.lower() in _VALUE_FIELDS and isinstance(value, str) else value
            for name, value in found.items()
        }
    if isinstance(found, list):
        return [HIDDEN if isinstance(item, str) and not is_field(item) else item for item in found]
    return found


def _is_secret_name(name: object) -> bool:
    return isinstance(name, str) and " " not in name and names_a_secret(name[:100])
