"""Whose analyses these are, and the credential that opens them.

An :class:`Account` names the owner of a mirror, a cache entry and a rate budget without being
a secret; a :class:`Credential` is the secret and shows itself only to the request it signs.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, NoReturn

import jwt

from explorer.errors import SettingsError

# 64 bits: far beyond chance collisions between a person's accounts, and not enough to stand
# in for the key.
FINGERPRINT_CHARACTERS = 16

# Claims that differ from one token of an account to its next.
_PASSING_CLAIMS = {"exp", "iat", "nbf", "jti", "auth_time", "sid", "nonce", "at_hash"}

_HEADER_SAFE = re.compile(r"[\x21-\x7e]+")
_KEY_MODES = {"sk_live_": True, "sk_test_": False}
_SETTING = {"key": "CALLCOV_API_KEY", "token": "CALLCOV_TOKEN"}


@dataclass(frozen=True, slots=True)
class Account:
    """One account at one address: what mirrors, caches and budgets are kept by.

    Equal for an API key sent either way, and for every token of one subject.
    """

    base_url: str
    fingerprint: str


class Credential:
    """An API key or a token that hides its value.

    Parameters
    ----------
    value : the key or token; printable ASCII without spaces.
    kind : ``"key"`` goes out as ``X-API-Key``, ``"token"`` as ``Authorization: Bearer``.

    Raises
    ------
    SettingsError : the value cannot stand in a header; the message does not repeat it.
    """

    __slots__ = ("__value", "_claims", "kind")

    def __init__(self, value: str, kind: Literal["key", "token"]) -> None:
        _check(value, kind)
        self.__value = value
        self.kind: Literal["key", "token"] = kind
        self._claims = _claims(value)

    def headers(self) -> dict[str, str]:
        """The header that signs a request."""
        if self.kind == "key":
            return {"X-API-Key": self.__value}
        return {"Authorization": f"Bearer {self.__value}"}

    def scrub(self, text: str) -> str:
        """``text`` without the credential, for answers that echo it."""
        return text.replace(self.__value, "[credential]")

    @property
    def livemode(self) -> bool | None:
        """Whether it opens production analyses; None when its form does not tell."""
        return next((m for p, m in _KEY_MODES.items() if self.__value.startswith(p)), None)

    @property
    def expires_at(self) -> datetime | None:
        """When a token ends (UTC); None for keys and for tokens that do not say."""
        try:
            return datetime.fromtimestamp(float(self._claims["exp"]), tz=UTC)
        except (KeyError, TypeError, ValueError, OverflowError, OSError):
            return None

    @property
    def expired(self) -> bool:
        """Whether a token's time has passed by this machine's clock."""
        return self.expires_at is not None and self.expires_at <= datetime.now(UTC)

    @property
    def fingerprint(self) -> str:
        """A short hash that stays the same for all tokens of one subject."""
        subject = self._claims.get("sub")
        if subject not in (None, ""):
            return _digest(f"subject {subject}")
        stable = {name: self._claims[name] for name in self._claims if name not in _PASSING_CLAIMS}
        if stable:
            return _digest(f"claims {json.dumps(stable, sort_keys=True, default=str)}")
        return _digest(self.__value)

    def account(self, base_url: str) -> Account:
        """The account this credential opens at an address."""
        return Account(base_url, self.fingerprint)

    def __repr__(self) -> str:
        return f"<Credential {self.kind}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a credential is not pickled, copied or cached")


def _check(value: str, kind: str) -> None:
    setting = _SETTING[kind]
    if not isinstance(value, str):
        raise SettingsError(f"The {kind} is of type {type(value).__name__}: {setting} is text.")
    if not value.strip():
        raise SettingsError(f"The {kind} is empty. Set {setting}, or leave it unset.")
    if _HEADER_SAFE.fullmatch(value):
        return
    if value.lower().startswith("bearer "):
        raise SettingsError(f"The {kind} starts with the word Bearer: give {setting} without it.")
    raise SettingsError(
        f"The {kind} holds a space, line break or non-ASCII character, which no header may "
        f"carry. Copy it again and set {setting} to it alone."
    )


def _claims(value: str) -> dict[str, Any]:
    """A JWT's claims, unverified: only the API can verify them, and it does."""
    if value.startswith("sk_") or value.count(".") != 2:
        return {}
    try:
        claims = jwt.decode(value, options={"verify_signature": False})
    except (jwt.PyJWTError, ValueError, RecursionError):
        return {}
    return claims if isinstance(claims, dict) else {}


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:FINGERPRINT_CHARACTERS]
