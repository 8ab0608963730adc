"""Takes secrets out of text before anything shows, stores or exports it.

What counts as a secret: the signature and every other query value of a link, credentials inside
a link, API keys, tokens, passwords and the like in any of the usual spellings. What is taken out
is replaced by ``…``, so that the text still reads and can be compared.

`redact_text` is linear in the length of its input: repetitions here are possessive or bounded,
so that no pattern matches the same text in two ways. Where it is in doubt it hides a word too
many rather than a secret too few.
"""

from __future__ import annotations

import math
import re
from functools import lru_cache
from itertools import pairwise
from urllib.parse import urlsplit

HIDDEN = "…"

# Words that follow "token", "password:" and the like in sentences; anything else there is a value.
_ORDINARY = frozenset(
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
    used unused""".split()  # noqa: SIM905
)
# Where a quote or "=" says that a value follows, only these are none: `password=secret` is one.
_STATES = frozenset(
    """none null nil true false undefined missing required invalid valid expired revoked denied
    failed unset empty disabled enabled rejected malformed mismatch hidden redacted masked""".split()  # noqa: SIM905
)
_SCHEMES = frozenset({"bearer", "basic", "digest", "negotiate", "token", "apikey", "hawk"})

_PEM = re.compile(
    r"-----BEGIN [A-Z0-9 ]{1,40}-----(?:[\s\S]*?-----END [A-Z0-9 ]{1,40}-----|[\s\S]*+)"
)
_URL = re.compile(r"(?i)\b([a-z][a-z0-9+.-]{1,20})://([^\s\"'<>\\]++)")
_TRAILING = ".,;:!?)]}|`"
# Hosts whose paths are the secret.
_SECRET_PATHS = re.compile(
    r"(?i)^(?:hooks\.slack\.com|(?:[\w-]+\.)?discord(?:app)?\.com/api/webhooks|hooks\.zapier\.com|"
    r"(?:[\w-]+\.)*webhook\.office\.com|outlook\.office(?:365)?\.com/webhook|api\.telegram\.org|"
    r"chat\.googleapis\.com|maker\.ifttt\.com)(?=[/:]|$)"
)
_USER_AND_PASSWORD = re.compile(
    r"(?<![\w.%+~-])([\w.%+~-]{1,64}):(?!//)([^\s@\"'<>]{1,200})(?=@[\w\[.-])"
)

_COOKIE = re.compile(
    r"(?i)([\"']?)((?:set-)?cookie2?)([ \t]{0,3}[:=][ \t]{0,3})(?![\"'\s\\])"
    r"((?:(?!\\[rn])[^\r\n])++)"
)
_AUTHORIZATION = re.compile(
    r"(?i)((?:proxy-|x-)?authorization[ \t]{0,3}(?:=>|[:=])[ \t]{0,3})(?![\"'\\])"
    r"([a-z0-9_-]{1,30}(?=[ \t]++[^\s]))?+([ \t]{0,3})"
    r"((?:[\w-]{1,40}=(?:\"[^\"\n]*+\"|[^\s,\"]++)(?:,[ \t]{0,3})?)++|[^\s\"'<>]++)"
)
_SCHEME = re.compile(r"(?i)\b(bearer|basic|digest|negotiate)([ \t]{1,4}|%20|\+)([^\s,;\"'<>\\]++)")

# Names of secrets. What follows some of them makes them names of something else: `token_type`.
_STRONG = (
    r"pass(?:word|wd|phrase|code)|pwd|"
    r"(?:api|access|account|private|secret|shared[ _.-]?access|master|signing|encryption|"
    r"subscription|auth|service|storage|license|consumer|app)[_.-]?key"
)
_SPACED_KEY = r"(?:api|access|private|secret|signing|encryption|master) key"
_WEAK = (
    r"secret(?!ar)|token(?!s\b|iz)|signature|credentials?|authorization|session[ _-]?id|"
    r"(?<![a-z])sessid|jsessionid|phpsessid|(?:set-)?cookie|"
    r"(?<![a-z])sig(?![a-z])|(?<![a-z])auth(?![a-z])|(?<![a-z])pass(?![a-z])|"
    r"(?<![a-z])pgpass(?![a-z])|(?<![a-z])dbpass(?![a-z])|(?<![a-z])nonce(?![a-z])"
)
_NOT_A_NAME = (
    r"(?![ _-]?(?:count|type|limit|length|len|ttl|usage|expir|name|error|status|polic|version|"
    r"present|valid|found|required|verified))"
)
_NAME = rf"(?:{_STRONG}|{_SPACED_KEY}|{_WEAK}){_NOT_A_NAME}[a-z0-9_-]{{0,20}}"
_VALUE = (
    r"(?:(?P<escaped>\\{1,4}[\"'])(?:[^\"'\\\n]|\\\\++[^\n]|\\[^\"'\\\n])*+(?:\\[\"'])?"
    r"|\"(?:[^\"\\\n]|\\[^\n])*+\"?|'(?:[^'\\\n]|\\[^\n])*+'?"
    r"|\[[^\]\n]*+\]?"
    r"|[^\s\"'&;<>]++)"
)
_ASSIGNED = re.compile(
    rf"(?i)({_NAME}\\{{0,4}}[\"'\]]?\s{{0,3}}(?:=>|->|:=|==|[:=]|(?<=[a-z0-9])>(?=[^\s=<])))"
    rf"([ \t]{{0,3}})({_VALUE})"
)
_ENCODED_END = r"%(?:25){0,3}(?:26|22|27|3B|2C|7D|5D|0A|0D)"
_ENCODED = re.compile(
    rf"(?i)({_NAME}(?:%(?:25){{0,3}}2[27])?%(?:25){{0,3}}3[AD](?:%(?:25){{0,3}}2[027]|\+){{0,2}})"
    rf"((?:(?!{_ENCODED_END})[^\s\"'&;<>])++)"
)
_SAID = re.compile(
    rf"(?i)({_NAME}[\"']?[ \t]{{1,3}}(?:(?:is|was|equals|set to|provided:|given:|used:|received:|"
    rf"supplied:|value:)|(?P<loose>of|provided|given|used|received|supplied|value|in use))"
    rf"[ \t]{{1,3}})({_VALUE})"
)
_FOLLOWED_STRONG = re.compile(
    rf"(?i)((?:(?:{_STRONG}){_NOT_A_NAME}|--(?:{_STRONG}|token|secret|auth|pass))[ \t]{{1,3}})"
    rf"(?![=:>]|->)({_VALUE})"
)
_FOLLOWED_WEAK = re.compile(
    rf"(?i)((?:{_SPACED_KEY}|secret(?!ar)|token(?!s\b|iz)|signature|cookie|session id|credential)"
    rf"[ \t]{{1,3}})(?![=:>]|->)({_VALUE})"
)

_NO_LETTER_BEFORE = r"(?<![A-Za-z0-9])"
_PREFIXED = (
    r"(?:sk|pk|rk|whsec|gh[pousr]|github_pat|glpat|npm|hf|shpat|xox[abeoprs]|xapp|dop_v1|pypi)"
    r"[_-][A-Za-z0-9_\-]{6,}+"
)
_KEYS = (
    (re.compile(_PREFIXED), re.compile(_NO_LETTER_BEFORE + _PREFIXED)),
    (
        re.compile("A(?:KIA|SIA|GPA|IDA|ROA)[A-Z0-9]{12}"),
        re.compile(rf"{_NO_LETTER_BEFORE}A(?:KIA|SIA|GPA|IDA|ROA)[A-Z0-9]{{12,}}+"),
    ),
    (re.compile("AIza"), re.compile(rf"{_NO_LETTER_BEFORE}AIza[A-Za-z0-9_-]{{20,}}+")),
    (re.compile(r"ya29\."), re.compile(rf"{_NO_LETTER_BEFORE}ya29\.[A-Za-z0-9._-]{{10,}}+")),
    (
        re.compile(r"SG\."),
        re.compile(rf"{_NO_LETTER_BEFORE}SG\.[A-Za-z0-9_-]{{10,}}+\.[A-Za-z0-9_-]{{10,}}+"),
    ),
    (
        re.compile(":[A-Za-z0-9_-]{30}"),
        re.compile(r"(?<!\d)(?:bot)?\d{6,12}:[A-Za-z0-9_-]{30,}+"),
    ),
    (
        re.compile("eyJ"),
        re.compile(rf"{_NO_LETTER_BEFORE}eyJ[A-Za-z0-9_-]{{4,}}+(?:\.[A-Za-z0-9_-]*+)*+"),
    ),
)
"""What a key of some kind cannot do without, which is looked for much faster, and the key."""
_WORDS_OF_NAMES = (
    *("pass", "pwd", "key", "secret", "token", "sig", "credential", "auth", "sess", "cookie"),
    "nonce",
)
_SCHEME_WORDS = ("bearer", "basic", "digest", "negotiate")
# What the patterns around names cannot match without, in lower case. These begin with plain
# characters, which `re` finds many times faster than the names themselves.
_NAME_ENDS = (
    r"(?:pass(?:word|wd|phrase|code)?|pwd|key|secret|token|signature|credentials?|authorization|"
    r"session[ _-]?id|sessid|cookie|sig|auth|nonce)"
)
_MAY_BE_ASSIGNED = re.compile(rf"{_NAME_ENDS}[a-z0-9_-]{{0,20}}\\{{0,4}}[\"'\]]?\s{{0,3}}[-=:>]")
_MAY_BE_SAID = re.compile(
    r"[ \t](?:is|was|equals|set to|provided|given|used|received|supplied|value|of|in use)[: \t]"
)
_MAY_BE_FOLLOWED = re.compile(rf"{_NAME_ENDS}[ \t]")
_OPAQUE = re.compile(r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{40,}+={0,2}")
_OPAQUE_SEGMENT = re.compile(r"[A-Za-z0-9_-]{20,}+")
_UUID_OR_HASH = re.compile(
    r"(?i)(?<![a-z0-9])(?:[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|[0-9a-f]{6,39})(?![a-z0-9])"
)
_PIECE = re.compile(r"[A-Za-z0-9]+")
LONG = 40
"""Characters without a break that are no word, path or hash that people compare."""


def redact_text(text: str) -> str:
    """`text` without its secrets; everything else stays as it is.

    Links keep scheme, host and path and lose their user, query values and fragment; whatever
    follows a name such as ``password=`` or ``Authorization:`` goes, as do keys, JWTs, PEM blocks
    and opaque strings of 40 or more characters. Redacting again changes nothing.
    """
    text = encodable(text)
    if "-----BEGIN" in text:
        text = _PEM.sub(f"<key {HIDDEN}>", text)
    # Each pattern needs some plain text to match at all; looking for that first makes the usual
    # text, which holds none of it, ten times cheaper.
    folded = text.lower()
    if "://" in text:
        text = _URL.sub(_hide_in_link, text)
    if "@" in text:
        text = _USER_AND_PASSWORD.sub(rf"\1:{HIDDEN}", text)
    named = _holds_any(folded, _WORDS_OF_NAMES)
    if named:
        text = _hide_headers(text)
    if _holds_any(folded, _SCHEME_WORDS):
        text = _SCHEME.sub(_hide_credential, text)
    if named:
        text = _hide_after_names(text)
    for gate, pattern in _KEYS:
        if gate.search(text):
            text = pattern.sub(HIDDEN, text)
    if max(map(len, text.split()), default=0) < LONG:
        return text
    return _OPAQUE.sub(lambda match: HIDDEN if _is_opaque(match[0], LONG) else match[0], text)


def _holds_any(text: str, words: tuple[str, ...]) -> bool:
    for word in words:  # noqa: SIM110 - any() with a generator takes twice as long
        if word in text:
            return True
    return False


def _hide_headers(text: str) -> str:
    plain, folded = _plain(text), text.lower()
    if not plain or "cookie" in folded:
        text = _COOKIE.sub(_hide_cookies, text)
    if not plain or "authorization" in folded:
        text = _AUTHORIZATION.sub(_hide_authorization, text)
    return text


def _hide_after_names(text: str) -> str:
    if _may_match(_MAY_BE_ASSIGNED, text):
        text = _ASSIGNED.sub(_hide_assigned, text)
    if "%" in text:
        text = _ENCODED.sub(rf"\1{HIDDEN}", text)
    if _may_match(_MAY_BE_SAID, text):
        text = _SAID.sub(_hide_said, text)
    if _may_match(_MAY_BE_FOLLOWED, text):
        text = _FOLLOWED_STRONG.sub(_hide_followed_strong, text)
        text = _FOLLOWED_WEAK.sub(_hide_followed_weak, text)
    return text


def _may_match(gate: re.Pattern[str], text: str) -> bool:
    return not _plain(text) or gate.search(text.lower()) is not None


def _plain(text: str) -> bool:
    """Whether lower case folds all that ``(?i)`` does, which also takes ``\u017f`` for an s."""
    return text.isascii() or text.replace(HIDDEN, "").isascii()


def encodable(text: str) -> str:
    """`text` with half surrogate pairs, which JSON can hold and UTF-8 cannot, as U+FFFD."""
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


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


def redact(document: object) -> object:
    """A copy of a JSON document in which links are reduced and every string is redacted.

    A string under a name that ends in ``url`` or ``uri`` is treated as a link, one under the name
    of a secret is hidden, any other is treated as text. Numbers, booleans and null stay; names of
    fields are redacted as text too.
    """
    if isinstance(document, str):
        return redact_text(document)
    if isinstance(document, dict):
        return {
            _shown_name(str(name)): _redact_field(str(name), value)
            for name, value in document.items()
        }
    if isinstance(document, list):
        return [redact(item) for item in document]
    if isinstance(document, float) and not math.isfinite(document):
        return str(document)  # JSON has no such number, and a browser refuses the whole document
    return document


_SECRET_FIELD = re.compile(rf"(?i).*(?:{_STRONG}|{_SPACED_KEY}|{_WEAK}){_NOT_A_NAME}[a-z0-9_-]*")


def _redact_field(name: str, value: object) -> object:
    if isinstance(value, str):
        if name.lower().endswith(("url", "uri")):
            return redact_link(value)
        if value and value.lower() not in _STATES and _names_a_secret(name[:100]):
            return HIDDEN
    return redact(value)


# the same few names come with every record
_shown_name = lru_cache(maxsize=2048)(redact_text)


@lru_cache(maxsize=2048)
def _names_a_secret(name: str) -> bool:
    return _SECRET_FIELD.fullmatch(name) is not None


def _hide_in_link(match: re.Match[str]) -> str:
    scheme, whole = match[1], match[2]
    rest = whole.rstrip(_TRAILING)
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
    return HIDDEN if mixed and _is_opaque(text, LONG) else text


def _hide_cookies(match: re.Match[str]) -> str:
    quote, name, separator, value = match.groups()
    if value.strip().lower() in _ORDINARY:
        return match[0]
    # a header inside quotes ends with them: -H "Cookie: a=b"
    end = value.find(quote) if quote else -1
    rest = value[end:] if end >= 0 else ""
    return f"{quote}{name}{separator}{HIDDEN}{rest}"


def _hide_authorization(match: re.Match[str]) -> str:
    name, scheme, space, value = match[1], match[2] or "", match[3], match[4]
    if (scheme or value).lower() in _ORDINARY - _SCHEMES:
        return match[0]
    if not scheme and value.lower() in _SCHEMES:
        return match[0]
    if scheme.lower() not in _SCHEMES:
        scheme, space = "", ""
    return f"{name}{scheme}{space}{HIDDEN}"


def _hide_credential(match: re.Match[str]) -> str:
    scheme, value = match[1], match[3]
    if value.rstrip(_TRAILING).lower() in _ORDINARY or value.startswith(HIDDEN):
        return match[0] if not value.startswith(HIDDEN) else f"{scheme}{match[2]}{HIDDEN}"
    if scheme.lower() != "bearer" and not _looks_secret(value):
        return match[0]
    return f"{scheme}{match[2]}{HIDDEN}"


def _hide_assigned(match: re.Match[str]) -> str:
    return _hidden_value(match[0], match[1] + match[2], match[3], sure=match[1].endswith("="))


def _hide_said(match: re.Match[str]) -> str:
    value = match[3]
    if match["loose"] and not _looks_secret(value):
        return match[0]
    return _hidden_value(match[0], match[1], value)


def _hide_followed_strong(match: re.Match[str]) -> str:
    name = match[1].rstrip().lower()
    certain = name.startswith("--") or name.endswith("key")
    if certain or _looks_secret(match[2]):
        return _hidden_value(match[0], match[1], match[2])
    return match[0]


def _hide_followed_weak(match: re.Match[str]) -> str:
    return _hidden_value(match[0], match[1], match[2]) if _looks_secret(match[2]) else match[0]


def _hidden_value(whole: str, before: str, value: str, *, sure: bool = False) -> str:
    quote = re.match(r"\\{0,4}[\"']", value)
    opening = quote[0] if quote else ""
    inner = value[len(opening) :]
    closed = bool(opening) and inner.endswith(opening)
    if closed:
        inner = inner[: -len(opening)]
    tail = ""
    if not opening:
        stripped = inner.rstrip(_TRAILING + "\\")
        inner, tail = stripped, inner[len(stripped) :]
    word = inner.strip("<>()[]{} ").lower()
    if not word or word in (_STATES if sure or opening else _ORDINARY):
        return whole
    return f"{before}{opening}{HIDDEN}{opening if closed else ''}{tail}"


def _looks_secret(value: str) -> bool:
    word = value.strip("\\\"'`()[]{},.;:!?")
    if len(word) < 5 or word.lower() in _ORDINARY:
        return False
    digits = sum(c.isdigit() for c in word)
    if digits == len(word):
        return len(word) >= 6
    if digits or len(word) >= 24 or "=" in word:
        return True
    return any(c.isupper() for c in word[1:]) and any(c.islower() for c in word)


def _is_opaque(text: str, long: int) -> bool:
    """Whether a run without spaces is a key or token, not a path, an id or words in a row."""
    if any(len(piece) >= long for piece in _PIECE.findall(text)):
        return True
    rest = "".join(_PIECE.findall(_UUID_OR_HASH.sub("", text)))
    if len(rest) < 18:
        return False
    kinds = [0 if c.isdigit() else 1 if c.isupper() else 2 for c in rest]
    changes = sum(a != b for a, b in pairwise(kinds))
    return changes >= 0.35 * len(rest)
