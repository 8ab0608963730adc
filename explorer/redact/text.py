"""Takes secrets out of text.

Linear in the length of its input: repetitions in the patterns of this package are possessive or
bounded, so that none matches the same text in two ways.
"""

from __future__ import annotations

import re

from explorer.redact.assigned import hide_after_names, hide_in_commands
from explorer.redact.headers import hide_credentials, hide_headers
from explorer.redact.keys import hide_key_blocks, hide_keys
from explorer.redact.links import hide_in_links
from explorer.redact.names import may_name_a_secret
from explorer.redact.words import LONG, encodable


def redact_text(text: str) -> str:
    """`text` without its secrets; everything else stays as it is.

    Links keep scheme, host and path and lose their user, query values and fragment; whatever
    follows a name such as ``password=`` or ``Authorization:`` goes, as do keys, JWTs, PEM blocks
    and opaque strings of 40 or more characters. A text whose secret shows only once full-width
    characters or escapes are read as plain ones comes back in plain ones. Redacting again changes
    nothing.
    """
    if text.isalpha() and text.islower() and text.isascii() and len(text) < LONG:
        return text  # one word, as most values of fields are
    text = encodable(text)
    text = _hide(text) if text.isascii() else _hide_in(text, _in_plain_characters(text))
    if "\\" in text or "&" in text:
        text = _hide_in(text, _without_escapes(_in_plain_characters(text)))
    return text


def _hide_in(text: str, plain: str) -> str:
    """`text` as it is when its plain spelling holds no secret, else that without its secrets."""
    hidden = _hide(plain)
    return text if hidden == plain else hidden


# Other characters for the marks and letters that the patterns look for.
_CHARACTERS = {chr(0xFEE0 + code): chr(code) for code in range(0x21, 0x7F) if chr(code) != "\\"}
_CHARACTERS |= dict.fromkeys("\u00a0\u1680\u202f\u205f\u3000", " ")
_CHARACTERS |= {chr(code): " " for code in range(0x2000, 0x200B)}
_CHARACTERS |= dict.fromkeys("\u00ad\u200b\u200c\u200d\u2060\ufeff", "")
_CHARACTERS |= dict.fromkeys("“”„‟«»「」『』", '"') | dict.fromkeys("‘’‚‹›", "'")
_CHARACTERS |= {"ſ": "s", "\u212a": "k", "İ": "I", "ı": "i"}
_OTHER_CHARACTER = re.compile(f"[{''.join(_CHARACTERS)}]")
# Only marks: were letters or digits among them, what they spell could be the next escape.
_ESCAPED = re.compile(r"(?i)(?<!\\)\\{1,4}(?:u00|x)(2[0-9a-f]|3[a-f]|40|5[bdf]|7[bcd])")
_ENTITIES = {
    "quot": '"',
    "apos": "'",
    "lt": "<",
    "gt": ">",
    "equals": "=",
    "colon": ":",
    "amp": "&",
}
_ENTITIES |= {"nbsp": " ", "#34": '"', "#39": "'", "#58": ":", "#60": "<", "#61": "=", "#62": ">"}
_ENTITIES |= {"#x22": '"', "#x27": "'", "#x3a": ":", "#x3c": "<", "#x3d": "=", "#x3e": ">"}
_ENTITY = re.compile(rf"(?i)&(?:amp;)*+(?:({'|'.join(_ENTITIES)});|(?<=amp;))")


def _in_plain_characters(text: str) -> str:
    if text.isascii():
        return text
    return _OTHER_CHARACTER.sub(lambda match: _CHARACTERS[match[0]], text)


def _without_escapes(text: str) -> str:
    """`text` with `\\u003d` and `&quot;` as the marks they stand for; no new ones come of it."""
    text = _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)
    return _ENTITY.sub(lambda match: _ENTITIES[(match[1] or "amp").lower()], text)


def _hide(text: str) -> str:
    """Each part needs some plain text to match at all; looking for that first makes the usual text,
    which holds none of it, ten times cheaper."""
    text = hide_key_blocks(text)
    folded = text.lower()
    text = hide_in_links(text)
    if " -" in text:
        text = hide_in_commands(text, folded)
    named = may_name_a_secret(text, folded)
    if named:
        text = hide_headers(text)
    text = hide_credentials(text, folded)
    if named:
        text = hide_after_names(text)
    return hide_keys(text)
