"""Secrets in headers: cookies, and credentials after the name of a scheme."""

from __future__ import annotations

import re

from explorer.redact.words import (
    HIDDEN,
    ORDINARY,
    SCHEMES,
    TRAILING,
    folds_plainly,
    holds_any,
    looks_secret,
)

_COOKIE = re.compile(
    # a header inside quotes ends with them: -H "Cookie: a=b"
    r"(?i)([\"'])?((?:set-)?cookie2?)([ \t]{0,40}+[:=][ \t]{0,40}+)(?![\"'\s]|\\{1,4}[\"'rn])"
    r"((?:(?!\\[rn]|(?(1)\1|(?!)))[^\r\n])++)"
)
_AUTHORIZATION = re.compile(
    r"(?i)((?:proxy-|x-)?authorization[ \t]{0,40}+(?:=>|[:=])[ \t]{0,40}+)(?![\"'\\])"
    r"([a-z0-9_-]{1,30}(?=[ \t]++[^\s]))?+([ \t]{0,40})"
    r"((?:[\w-]{1,40}=(?:\"[^\"\n]*+\"|[^\s,\"]++)(?:,[ \t]{0,3})?)++|[^\s\"'<>]++)"
)
_SCHEME = re.compile(r"(?i)\b(bearer|basic|digest|negotiate)([ \t]{1,4}|%20|\+)([^\s,;\"'<>\\]++)")
_SCHEME_WORDS = ("bearer", "basic", "digest", "negotiate")


def hide_headers(text: str) -> str:
    """The text without the values of cookies and of authorization."""
    plain, folded = folds_plainly(text), text.lower()
    if not plain or "cookie" in folded:
        text = _COOKIE.sub(_hide_cookies, text)
    if not plain or "authorization" in folded:
        text = _AUTHORIZATION.sub(_hide_authorization, text)
    return text


def hide_credentials(text: str, folded: str) -> str:
    """The text (`folded`: in lower case) without what follows ``Bearer`` and the like."""
    if holds_any(folded, _SCHEME_WORDS):
        return _SCHEME.sub(_hide_credential, text)
    return text


def _hide_cookies(match: re.Match[str]) -> str:
    if match[4].strip().lower() in ORDINARY:
        return match[0]
    return f"{match[1] or ''}{match[2]}{match[3]}{HIDDEN}"


def _hide_authorization(match: re.Match[str]) -> str:
    name, scheme, space, value = match[1], match[2] or "", match[3], match[4]
    if (scheme or value).lower() in ORDINARY - SCHEMES:
        return match[0]
    if not scheme and value.lower() in SCHEMES:
        return match[0]
    if scheme.lower() not in SCHEMES:
        scheme, space = "", ""
    return f"{name}{scheme}{space}{HIDDEN}{value[len(value.rstrip(TRAILING)) :]}"


def _hide_credential(match: re.Match[str]) -> str:
    scheme, value = match[1], match[3]
    if value.rstrip(TRAILING).lower() in ORDINARY or value.startswith(HIDDEN):
        return match[0] if not value.startswith(HIDDEN) else f"{scheme}{match[2]}{HIDDEN}"
    if scheme.lower() != "bearer" and not looks_secret(value):
        return match[0]
    return f"{scheme}{match[2]}{HIDDEN}"
