"""JSON text of an analysis's results as the mirror keeps it: without secrets, read or rewritten."""

from __future__ import annotations

import json
import re

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from explorer.redact import PASSWORD_ELSEWHERE, encodable, redact

_SECRET_SIGNS = (
    "://",
    "sk_",
    "bearer",
    "eyj",
    *("passw", "passphrase", "passcode", "pwd", "psk", "secret", "token", "akia", "signature"),
    *("credential", "creds", "authorization", "cookie", "jwt", "hmac", "csrf", "sessionid"),
    *("api_key", "apikey", "api-key", "api key", "access_key", "access key", "private_key"),
    *("private key", "account_key"),
    *PASSWORD_ELSEWHERE,
)
_ESCAPE = re.compile(r"\\[u/]")
_SIGN_OR_ESCAPE = "|".join([*map(re.escape, _SECRET_SIGNS), _ESCAPE.pattern])


def with_signs(texts: list[str | None]) -> list[tuple[int, str]]:
    """JSON texts that may hold a secret, and their places: one search by Arrow over all of them."""
    column = pa.array(texts, pa.string())
    found = pc.match_substring_regex(column, _SIGN_OR_ESCAPE, ignore_case=True)
    places = pc.indices_nonzero(found).to_pylist()
    return [(place, text) for place in places if (text := texts[place]) is not None]


def masked_json(text: str) -> str:
    """JSON text without secrets; redaction is costly, so only where a secret can be."""
    if _ESCAPE.search(text):
        text = encoded(json.loads(text))  # `\\u0070assword` and `https:\\/\\/` are signs too
    folded = text.lower()
    if any(sign in folded for sign in _SECRET_SIGNS):
        return encoded(redact(json.loads(text)))
    return text


def json_text(document: object) -> str:
    """A document as JSON text without secrets."""
    return masked_json(encoded(document))


def encoded(document: object) -> str:
    """JSON text of what was read from JSON, whatever it holds."""
    try:
        return msgspec.json.encode(document).decode()
    except (UnicodeEncodeError, OverflowError):
        # half of a surrogate pair, or an integer of more than 64 bits
        return encodable(json.dumps(document, ensure_ascii=False, separators=(",", ":")))
