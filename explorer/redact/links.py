"""Secrets in links: user and password, query values, fragments, paths that grant access."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from explorer.redact.words import HIDDEN, LONG, TRAILING, is_opaque

_URL = re.compile(r"(?i)\b([a-z][a-z0-9+.-]{1,20})://([^\s\"'<>\\]++)")
_QUERY = re.compile(r"\?(?=[\w.~%+\[\]-]{1,80}=)[^\s\"'<>\\]++")
# What goes on after a quote or blank inside a query that was hidden up to there.
_REST_OF_QUERY = re.compile(
    r"(?<=\?…)(?:[\"' \t][^&=\n<>]{0,100}(?:&[\w.~%+-]{1,64}=[^\s\"'<>&\\]*+)++)*+"
    r"(?:([\"'])[\w.~%+/=-]{1,200}\1(?=[\s&,.;)\]}]|$))?"
)
# Hosts whose paths are the secret.
_SECRET_PATHS = re.compile(
    r"(?i)^(?:hooks\.slack\.com|(?:[\w-]+\.)?discord(?:app)?\.com/api/webhooks|hooks\.zapier\.com|"
    r"(?:[\w-]+\.)*webhook\.office\.com|outlook\.office(?:365)?\.com/webhook|api\.telegram\.org|"
    r"chat\.googleapis\.com|maker\.ifttt\.com)(?=[/:]|$)"
)
_USER_AND_PASSWORD = re.compile(
    r"(?<![\w.%+~-])([\w.%+~-]{1,64}):(?!//)([^\s@\"'<>]{1,200})(?=@[\w\[.-])"
)
_OPAQUE_SEGMENT = re.compile(r"[A-Za-z0-9_-]{20,}+")


def redact_link(link: str) -> str:
    """A link reduced to scheme and host: ``https://s3.amazonaws.com/…``.

    For fields that hold a link (`audio.url`, `metadata.webhook_url`), where the path itself may
    be what grants access.
    """
    try:
        parts = urlsplit(link)
        host = parts.hostname
    except ValueError:
        return HIDDEN
    return f"{parts.scheme}://{host}/{HIDDEN}" if host else HIDDEN


def hide_in_links(text: str) -> str:
    """The text without the secrets of the links in it, and of parts of links."""
    if "@" in text:
        text = _USER_AND_PASSWORD.sub(rf"\1:{HIDDEN}", text)
    if "://" in text:
        text = _URL.sub(_hide_in_link, text)
    if "?" in text:
        text = _QUERY.sub(_hide_query, text)
        text = _REST_OF_QUERY.sub("", text)
    return text


def _hide_in_link(match: re.Match[str]) -> str:
    scheme, whole = match[1], match[2]
    rest = whole.rstrip(TRAILING)
    tail = whole[len(rest) :]
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    port = authority.rpartition("@")[2].rpartition("]")[2].partition(":")[2]
    if "@" not in authority and port and not port.isdecimal():
        # user:password, and the password holds a / ? or #, or the host is cut off
        _, at, after = rest.rpartition("@")
        if not at:
            return f"{scheme}://{authority.partition(':')[0]}:{HIDDEN}{tail}"
        rest = f"{HIDDEN}@{after}"
        authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    elif "@" in authority:
        host = authority.rpartition("@")[2]
        rest = f"{HIDDEN}@{host}{rest[len(authority) :]}"
    before_fragment, fragment, _ = rest.partition("#")
    address, mark, _ = before_fragment.partition("?")
    secret_path = _SECRET_PATHS.match(address.rpartition("@")[2])
    if secret_path:
        shown = (
            f"{address[: len(address) - len(address.rpartition('@')[2])]}{secret_path[0]}/{HIDDEN}"
        )
    else:
        authority, slash, path = address.partition("/")
        shown = authority + slash + _OPAQUE_SEGMENT.sub(_hide_segment, path)
    return (
        f"{scheme}://{shown}{'?' + HIDDEN if mark else ''}{'#' + HIDDEN if fragment else ''}{tail}"
    )


def _hide_segment(match: re.Match[str]) -> str:
    text = match[0]
    mixed = any(c.isupper() for c in text) and any(c.islower() for c in text)
    return HIDDEN if mixed and is_opaque(text, LONG) else text


def _hide_query(match: re.Match[str]) -> str:
    query = match[0]
    return f"?{HIDDEN}{query[len(query.rstrip(TRAILING)) :]}"
