"""Names of secrets, in the spellings of programs and of people."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from explorer.redact.words import holds_any

# "Password" in other languages. In other letters first as one character each, then as letter and
# mark, as some systems write them.
_ELSEWHERE_PLAIN = r"kennwort|mots? de passe|senha|wachtwoord"
_ELSEWHERE = (
    "contraseña|hasło|пароль|密码|密碼|パスワード|비밀번호|كلمة المرور|lösenord|şifre|mật khẩu"
)
_ELSEWHERE += f"|{unicodedata.normalize('NFD', _ELSEWHERE)}"
PASSWORD_ELSEWHERE: tuple[str, ...] = ("passwort", "kennwort", "de passe", "senha", "wachtwoord")
PASSWORD_ELSEWHERE += tuple(_ELSEWHERE.split("|"))
"""Texts without which no word of another language for a password is there, in lower case."""
# Names of secrets. What follows some of them makes them names of something else: `token_type`.
# Looking at the first letter before anything else makes the search for names much faster.
STRONG = (
    rf"pass(?:word|wd|phrase|code|wort)|pwd|(?=[kmsw])(?:{_ELSEWHERE_PLAIN})|"
    rf"(?=[chlmsş]|[^\x00-\u036f])(?:{_ELSEWHERE})|"
    r"(?=[aceglmps])(?:api|access|account|private|secret|shared[ _.-]?access|master|signing|"
    r"encryption|subscription|auth|service|storage|license|consumer|app)[_.-]?key"
)
SPACED_KEY = r"(?:api|access|private|secret|signing|encryption|master) key"
WEAK = (
    r"secret(?!ar)|token(?!s\b|iz)|signature|credentials?|authorization|session[ _-]?id|"
    r"jsessionid|phpsessid|(?:set-)?cookie|"
    r"(?=[adnps])(?<![a-z])(?:sessid|(?:sig|auth|pass|pgpass|dbpass|nonce)(?![a-z]))|"
    r"(?=[ph])(?:(?<![a-z])|(?-i:(?<=[a-z])(?=[PH])))(?:psk|pw|hmac)(?![a-z])"
)
# These name a secret where a value is assigned to them, and something else in sentences.
VAGUE = (
    r"(?=[cjptx])(?:(?<![a-z])|(?-i:(?<=[a-z])(?=[TCJX])))"
    r"(?:ticket|creds?|jwt|[cx]srf|clave|parola)(?![a-z])[a-z0-9_-]{0,20}"
)
OTHER_THINGS = (
    r"(?:count|type|limit|length|len|ttl|usage|expir|name|error|status|polic|version|"
    r"present|valid|found|required|verified)"
)
NOT_A_NAME = rf"(?![ _-]?{OTHER_THINGS})"
NAME = (
    rf"(?=[acdehjklmnpstwş]|[^\x00-\u036f])(?:{STRONG}|{SPACED_KEY}|{WEAK}){NOT_A_NAME}"
    r"[a-z0-9_-]{0,20}"
)
_WORDS_OF_NAMES = (
    *("pass", "pw", "key", "secret", "token", "sig", "cred", "auth", "sess", "cookie", "nonce"),
    *("psk", "hmac", "jwt", "ticket", "srf", "wort", "senha", "clave", "woord", "parola"),
    "identified",
)
_WORDS_ELSEWHERE = re.compile(_ELSEWHERE)
# What the patterns around names cannot match without, in lower case. These begin with plain
# characters, which `re` finds many times faster than the names themselves.
NAME_ENDS = (
    r"(?:pass(?:word|wd|phrase|code)?|pwd|key|secret|token|signature|credentials?|authorization|"
    r"session[ _-]?id|sessid|cookie|sig|auth|nonce|passwort|kennwort|passe|senha|wachtwoord|"
    r"psk|pw|hmac)"
)
_SECRET_FIELD = re.compile(
    rf"(?i).*(?:{STRONG}|{SPACED_KEY}|{WEAK}|(?<![a-z])(?:creds?|jwt|[cx]srf)(?![a-z]))"
    rf"{NOT_A_NAME}[a-z0-9_-]*"
)


def may_name_a_secret(text: str, folded: str) -> bool:
    """Whether a text (`folded`: in lower case) holds part of a name; most hold none."""
    return holds_any(folded, _WORDS_OF_NAMES) or (
        not text.isascii() and _WORDS_ELSEWHERE.search(folded) is not None
    )


@lru_cache(maxsize=2048)
def names_a_secret(name: str) -> bool:
    """Whether a field of this name holds a secret."""
    return _SECRET_FIELD.fullmatch(name) is not None
