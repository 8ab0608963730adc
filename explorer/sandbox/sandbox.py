"""The sandbox: accounts, their keys and tokens, and the routes that serve them."""

from __future__ import annotations

import hashlib
import secrets
import time
from pathlib import Path

import jwt
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.routing import BaseRoute

from explorer.sandbox.accounts import Account
from explorer.sandbox.file import read_account
from explorer.sandbox.generated_account import GeneratedAccount
from explorer.sandbox.limiter import Limiter
from explorer.sandbox.mixing import mix
from explorer.sandbox.names import main_vocabulary, plain_vocabulary, second_vocabulary
from explorer.sandbox.routes import Endpoints

SANDBOX_KEY = "sk_test_sandbox"
SECOND_KEY = "sk_test_sandbox_second"
EMPTY_KEY = "sk_test_sandbox_empty"
PLAIN_KEY = "sk_test_sandbox_plain"

PREFIX = "/api/v1"
_PLAIN_ANALYSES = 600


class Sandbox:
    """A CallCov list API with four accounts of its own.

    Parameters
    ----------
    analyses : size of the main account; the second has an eighth of it.
    seed : the same seed, size and anchor give the same analyses.
    rate_limit : requests a minute and account; 0 turns the limit and its headers off.
    live : whether analyses go on arriving and ending; otherwise all is frozen at ``now``.
    now : the moment the accounts end at, epoch seconds; the present one by default.
    file : a saved answer to serve as the main account, see `explorer.sandbox.file`.

    Attributes
    ----------
    accounts : by API key; add your own, for instance a `MemoryAccount`.

    Raises
    ------
    FileError : ``file`` cannot be served.
    """

    def __init__(
        self,
        analyses: int = 2500,
        seed: int = 7,
        rate_limit: int = 100,
        live: bool = False,
        now: float | None = None,
        file: str | Path | None = None,
    ) -> None:
        if analyses < 0 or rate_limit < 0:
            raise ValueError("analyses and rate_limit cannot be negative")
        started = time.time()
        anchor = int(started if now is None else now)

        def present() -> float:
            return anchor + time.time() - started

        clock = present if live else None
        second_seed = mix(seed, 1)
        self.accounts: dict[str, Account] = {
            SANDBOX_KEY: read_account(file)
            if file is not None
            else GeneratedAccount(
                seed=seed,
                analyses=analyses,
                now=anchor,
                vocabulary=main_vocabulary(seed, analyses),
                clock=clock,
            ),
            SECOND_KEY: GeneratedAccount(
                seed=second_seed,
                analyses=analyses // 8,
                now=anchor,
                vocabulary=second_vocabulary(second_seed, analyses // 8),
                clock=clock,
            ),
            EMPTY_KEY: GeneratedAccount(
                seed=seed, analyses=0, now=anchor, vocabulary=main_vocabulary(seed, 0)
            ),
            PLAIN_KEY: GeneratedAccount(
                seed=mix(seed, 2),
                analyses=_PLAIN_ANALYSES,
                now=anchor,
                vocabulary=plain_vocabulary(seed, _PLAIN_ANALYSES),
                with_stories=False,
            ),
        }
        self._limiter = Limiter(rate_limit)
        self._secret = secrets.token_bytes(32)
        self._keys_by_subject: dict[str, str] = {}

    def routes(self, prefix: str = PREFIX) -> list[BaseRoute]:
        """Routes to mount in another Starlette application.

        Their answers are never compressed, and each closes its connection.
        """
        return Endpoints(self._authenticate, self._limiter, mounted=True).routes(prefix)

    def app(self) -> Starlette:
        """An application of its own, with compression for clients that accept it."""
        return Starlette(
            routes=Endpoints(self._authenticate, self._limiter).routes(PREFIX),
            middleware=[Middleware(GZipMiddleware, minimum_size=1024, compresslevel=1)],
        )

    def token(self, key: str = SANDBOX_KEY, expires_in_s: float = 1800) -> str:
        """A JWT for the account of ``key``; a negative time gives one that has expired."""
        if key not in self.accounts:
            raise KeyError(key)
        subject = f"acct_{hashlib.sha256(key.encode()).hexdigest()[:16]}"
        self._keys_by_subject[subject] = key
        issued = time.time()
        claims = {"sub": subject, "iat": int(issued), "exp": issued + expires_in_s}
        return jwt.encode(claims, self._secret, algorithm="HS256")

    def _authenticate(self, request: Request) -> tuple[str, Account] | None:
        key = request.headers.get("x-api-key")
        if key is None:
            scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
            if scheme.lower() != "bearer":
                return None
            key = credentials.strip()
            if key not in self.accounts:
                key = self._key_of_token(key)
        account = self.accounts.get(key) if key else None
        return None if account is None or not key else (key, account)

    def _key_of_token(self, token: str) -> str | None:
        try:
            claims = jwt.decode(
                token,
                self._secret,
                algorithms=["HS256"],
                # Checked here: PyJWT cuts the expiry to whole seconds.
                options={"verify_exp": False, "require": ["sub", "exp"]},
            )
        except jwt.InvalidTokenError:
            return None
        if claims["exp"] <= time.time():
            return None
        return self._keys_by_subject.get(claims["sub"])
