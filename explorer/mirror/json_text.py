"""JSON text of an analysis's results as the mirror keeps it: without secrets, read or rewritten."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import cache

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from explorer.redact import PASSWORD_ELSEWHERE, encodable, redact, redact_text

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


def without_secrets(texts: list[str | None]) -> pa.StringArray:
    """JSON texts without secrets. Redaction is costly, so only where one search by Arrow over all
    finds that a secret can be; and once for each string, since labels come with every record."""
    column = pa.array(texts, pa.string())
    found = pc.match_substring_regex(column, _SIGN_OR_ESCAPE, ignore_case=True).fill_null(False)
    redact_string = cache(redact_text)
    shown = [
        _masked(texts[place] or "", redact_string)
        for place in pc.indices_nonzero(found).to_pylist()
    ]
    return pc.replace_with_mask(column, found, pa.array(shown, pa.string())) if shown else column


def _masked(text: str, redact_string: Callable[[str], str]) -> str:
    document = msgspec.json.decode(text)
    if _ESCAPE.search(text):
        text = encoded(document)  # `\\u0070assword` and `https:\\/\\/` are signs too
        if not _has_sign(text):
            return text
    return encoded(redact(document, redact_string))


def json_text(document: object) -> str:
    """A document as JSON text without secrets; redaction is costly, so only where one can be."""
    text = encoded(document)
    return encoded(redact(json.loads(text))) if _has_sign(text) else text


def _has_sign(text: str) -> bool:
    folded = text.lower()
    return any(sign in folded for sign in _SECRET_SIGNS)


def encoded(document: object) -> str:
    """JSON text of what was read from JSON, whatever it holds."""
    try:
        return msgspec.json.encode(document).decode()
    except (UnicodeEncodeError, OverflowError):
        # half of a surrogate pair, or an integer of more than 64 bits
        return encodable(json.dumps(document, ensure_ascii=False, separators=(",", ":")))
