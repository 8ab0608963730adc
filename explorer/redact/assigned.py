"""Secrets that a name before them gives away: assigned, listed, said, given to a command."""

from __future__ import annotations

import re
from collections.abc import Callable

from explorer.redact.names import (
    NAME,
    NAME_ENDS,
    NOT_A_NAME,
    OTHER_THINGS,
    SPACED_KEY,
    STRONG,
    VAGUE,
    WEAK,
)
from explorer.redact.words import (
    FIELDS,
    HIDDEN,
    ORDINARY,
    PIECE,
    STATES,
    TRAILING,
    folds_plainly,
    holds_any,
    is_ordinary,
    looks_secret,
)

_Hide = str | Callable[[re.Match[str]], str]
# A sign that ends a value only where something else begins: `a=1&b=2`, `a;b=c`, `"a=b", "c"`.
_GOES_ON = (
    r"(?:&(?!…|(?:amp|quot|apos|lt|gt|nbsp|\#\w{1,6});|[\w.~%\[\]-]{1,64}=)|;(?!\s|$|…|[\w .-]{1,40}[=:])"
    r"|<(?![/!…]|[a-z][\w:-]{0,40}(?:/?>|\s{1,9}[\w:-]{1,40}=))|>(?=\w)"
    r"|(?<![\s{\[(,:=\\…])[\"'](?!\s|$|[,;:.)}\]>&|\"'\\]|/>))"
)
_VALUE = (
    r"(?:(?P<escaped>\\{1,4}[\"'])(?:[^\"'\\\n]|\\\\++[^\n]|\\[^\"'\\\n])*+(?:\\[\"'])?"
    r"|\"(?:[^\"\\\n]|\\[^\n]|\"\"(?=\w))*+(?:\"\w*+)?|'(?:[^'\\\n]|\\[^\n]|''(?=\w))*+(?:'\w*+)?"
    r"|\[[^\]\n]*+\]?"
    rf"|[^\s\"'&;<>]++(?:{_GOES_ON}[^\s\"'&;<>]*+)*+)"
)
_QUOTE = r"\\{0,4}[\"']"
_NAME_OF_VALUE = (
    rf"(?:{_QUOTE}|(?<![a-z0-9]))(?:value|val|content)(?:{_QUOTE})?[ \t]{{0,9}}[:=]\s{{0,9}}"
)
# What may stand between a name and its quoted value: `b'…'`, `Some("…")`, `{"value": "…"}`.
_WRAPPER = (
    rf"(?P<wrapper>(?:(?:\{{[^{{}}]{{0,200}}?{_NAME_OF_VALUE}|[\w.:]{{0,40}}+\(\s{{0,9}})"
    rf"{{0,3}}+[bur]{{0,2}}(?={_QUOTE}))?+)"
)
# A value on the next line is quoted or alone on it, else the line is one of a trace or a sentence.
_GAP = (
    r"(?:[ \t]{0,40}+(?:[|>][+-]?[ \t]{0,9})?[\r\n]\s{0,40}+(?=[\"'\\]|"
    r"(?![\w.]*+(?-i:(?<=Error)|(?<=Exception))[\s:])[^\s\"'{}\[\]]++(?<![:,(])[ \t]{0,40}+(?:[\r\n]|\Z))"
    r"|[ \t]{0,40}+(?=\S))"
)
_ASSIGNED = re.compile(
    rf"(?i)({NAME}\\{{0,4}}[\"'\]]{{0,2}}\s{{0,40}}+"
    rf"(?:=>|->|:=|={{1,3}}|:))"
    rf"({_GAP})(?!{NAME}[\"']?[:=]\s){_WRAPPER}(?P<value>{_VALUE})"
)
_ASSIGNED_VAGUE = re.compile(
    rf"(?i)({VAGUE}\\{{0,4}}[\"'\]]{{0,2}}[ \t]{{0,40}}+"
    # in a sentence more words follow: `CSRF: origin check failed`
    rf"(?:(?:=>|:=|=)[ \t]{{0,40}}+|:(?!\s)|:[ \t]{{1,40}}+(?=(?:{_QUOTE})?[^\s\"'\\]++"
    r"(?:[\"'\\]|[ \t]{0,40}+(?:[\r\n]|\Z)|(?<=[,;)}\]])))))"
    # a number is that of a customer's ticket
    rf"()(?!(?:{_QUOTE})?\d{{1,12}}(?![\w-])){_WRAPPER}(?P<value>{_VALUE})"
)
_LISTED = re.compile(
    rf"(?i)({NAME}{_QUOTE}\s{{0,40}}+,\s{{0,40}}+){_WRAPPER}(?={_QUOTE})(?P<value>{_VALUE})"
)
_OPENED = re.compile(rf"(?i)([\[(]\s{{0,9}})?[bur]{{0,2}}{_QUOTE}([\w.-]{{0,40}})\Z")
_CLOSED = re.compile(r"\s{0,9}(?:[\])]|\Z)")
_NAMED_VALUE = re.compile(
    rf"(?i)({NAME}(?:{_QUOTE})?[,;\s][^{{}}<>]{{0,120}}?{_NAME_OF_VALUE}){_WRAPPER}"
    rf"(?P<value>{_VALUE})"
)
_NAMES_IT = r"(?:name|key|header|field|variable|id|k)"
_SAYS_NAME = re.compile(
    rf"(?i)(?<![a-z]){_NAMES_IT}(?:{_QUOTE})?[ \t]{{0,9}}[:=][ \t]{{0,9}}(?:{_QUOTE})?[\w .-]{{0,40}}\Z|"
    r"<[\w:.-]{0,40}\Z"
)
_VALUE_NAMED = re.compile(
    rf"(?i)({_NAME_OF_VALUE}{_QUOTE})[^\"'\\\n]++(?={_QUOTE}\s{{0,9}},\s{{0,9}}{_QUOTE}{_NAMES_IT}{_QUOTE}"
    rf"\s{{0,9}}:\s{{0,9}}{_QUOTE}[\w.-]{{0,40}}?{NAME}{_QUOTE})"
)
_ELEMENT = re.compile(
    rf"(?i)(<(?:[\w:.-]{{0,60}}?|[\w:.-]{{1,60}}\s[^<>]{{0,200}}?)(?:{STRONG}|{WEAK})"
    rf"(?![_-]?{OTHER_THINGS})[a-z0-9_-]{{0,20}}[\"']?(?:\s[^<>]{{0,300}})?>(?:<!\[CDATA\[)?\s{{0,40}}+)"
    r"(?![<=])(?:(?P<whole>[^<]++)(?=</)|(?P<value>[^\s<]++))"
)
_IDENTIFIED_BY = re.compile(
    r"(?i)((user[ \t]{1,9}\S{1,100}[ \t]{1,9})?identified[ \t]{1,9}(?:with[ \t]{1,9}\S{1,60}[ \t]{1,9})?"
    rf"(?:by|as)[ \t]{{1,9}}(?:password[ \t]{{1,9}})?)(?P<wrapper>)(?P<value>{_VALUE})"
)
# The bare key of some service, but not one under which something is found again.
_KEY_DIGITS = re.compile(
    r"(?i)(?<![\w-])(key[\"')\]]{0,2}\s{0,9}[:=]\s{0,9}[\"']?)[0-9a-f]{32,}+(?![\w-])"
)
_MAY_BE_KEY_DIGITS = re.compile(r"key[\"')\]]{0,2}\s{0,9}[:=]\s{0,9}[\"']?[0-9a-f]{32}")
_IDENTIFYING = frozenset(
    """cache object idempotency primary foreign partition sort row s3 routing lookup map duplicate
    group join hash index unique record message storage""".split()  # noqa: SIM905
)
# Options of commands whose value is a password though nothing in their names says so.
_LOGIN_OPTION = re.compile(
    r"(-(?<!\S-)(?:[uU]|-(?:proxy-)?user)[ \t=]{0,9}(?P<quote>[\"'])?(?!\d{1,9}:\d{1,9}(?!\S))"
    r"[^\s:\"']{1,64}:)(?!//)(?(quote)[^\"'\n]++|[^\s\"']++)"
)
_COMMANDS = ("mysql", "mariadb", "sshpass", "mongo", "login", "redis-cli", "ldap", "zip", "7z")
_COMMAND_OPTION = re.compile(
    r"(\b(?:(?:mysql|mariadb|7z)[^\n]{0,200}?[ \t]-p(?=\S)|sshpass[ \t]{1,9}-p[ \t]{0,9}"
    r"|(?:mongo\w{0,9}|(?:docker|podman|oc|az)[ \t]{1,9}login)[^\n]{0,200}?[ \t]-p[ \t]{1,9}"
    r"|redis-cli[^\n]{0,200}?[ \t]-a[ \t]{1,9}|ldap\w{3,9}[^\n]{0,200}?[ \t]-w[ \t]{1,9}"
    rf"|zip[^\n]{{0,200}}?[ \t]-P[ \t]{{1,9}}))(?P<wrapper>)(?P<value>{_VALUE})"
)
_ENCODED_END = r"%(?:25){0,3}(?:26|22|27|3B|2C|7D|5D|0A|0D)"
_ENCODED = re.compile(
    rf"(?i)({NAME}(?:%(?:25){{0,3}}2[27])?%(?:25){{0,3}}3[AD](?:%(?:25){{0,3}}2[027]|\+){{0,2}})"
    rf"((?:(?!{_ENCODED_END})[^\s\"'&;<>])++)"
)
_SAID = re.compile(
    rf"(?i)({NAME}[\"']?[ \t]{{1,40}}+(?:(?:is:?|was:?|equals|set to|provided:|given:|used:|received:|"
    rf"supplied:|value:)|(?P<loose>of|provided|given|used|received|supplied|value|in use))"
    rf"[ \t]{{1,40}}+){_WRAPPER}(?P<value>{_VALUE})"
)
_FOLLOWED_STRONG = re.compile(
    rf"(?i)((?:(?:{STRONG}){NOT_A_NAME}|"
    rf"(?P<option>(?<!\S)--?(?:[a-z0-9]{{1,20}}-){{0,3}}+"
    rf"(?:{STRONG}|token|secret|auth|(?:store|key|src|dest)?pass(?:in|out)?|psk|pw)))"
    # also `PASSWORD('…')`, and a quote right after the word where words have no blanks between them
    rf"(?:[ \t]{{1,40}}+|(?=\({_QUOTE})|(?<=[^\x00-\u036f])(?={_QUOTE})))"
    rf"(?![=:>]|->|[\w:-]{{1,40}}=[\"']){_WRAPPER}(?P<value>{_VALUE})"
)
_FOLLOWED_WEAK = re.compile(
    rf"(?i)((?:{SPACED_KEY}|secret(?!ar)|token(?!s\b|iz)|(?P<loose>signature|cookie)|session id|"
    rf"credential)[ \t]{{1,40}}+)(?![=:>]|->|[\w:-]{{1,40}}=[\"']){_WRAPPER}(?P<value>{_VALUE})"
)
# A parser's token, and a secret of that name, are no secrets: `Unexpected token 'else'`.
_PARSED = re.compile(r"(?i)(?:expected|illegal)[ \t]\Z")
_NOT_FOUND = re.compile(r"(?i)[ \t](?:not found|does not exist|doesn't exist)")
_MAY_BE_ASSIGNED = re.compile(
    rf"{NAME_ENDS}[a-z0-9_-]{{0,20}}\\{{0,4}}[\"'\]]{{0,2}}\s{{0,40}}+[-=:>]"
)
_MAY_BE_VAGUE = re.compile(
    r"(?:ticket|creds?|jwt|srf|clave|parola)[a-z0-9_-]{0,20}[\\\"'\] \t]*+[:=]"
)
_MAY_NAME_A_VALUE = re.compile(r"(?:value|val|content)(?:\\{0,4}[\"'])?[ \t]{0,9}[:=]")
_IDENTIFIED = re.compile("identified[ \t]")
_MAY_BE_LISTED = re.compile(rf"{NAME_ENDS}[a-z0-9_-]{{0,20}}{_QUOTE}\s{{0,40}}+,")
_MAY_BE_SAID = re.compile(
    r"[ \t](?:is|was|equals|set to|provided|given|used|received|supplied|value|of|in use)[: \t]"
)
_MAY_BE_FOLLOWED_STRONG = re.compile(
    r"(?:pass(?:word|wd|phrase|code|wort|in|out|e)?|pwd|key|kennwort|senha|wachtwoord|psk|pw|"
    r"-(?:token|secret|auth))[ \t(]"
)
_MAY_BE_FOLLOWED_WEAK = re.compile(
    r"(?:key|secret|token|signature|cookie|session id|credential)[ \t]"
)


def hide_in_commands(text: str, folded: str) -> str:
    """The text (`folded`: in lower case) without passwords in options of commands."""
    text = _LOGIN_OPTION.sub(rf"\1{HIDDEN}", text)
    if holds_any(folded, _COMMANDS):
        text = _COMMAND_OPTION.sub(_hide_value, text)
    return text


def hide_after_names(text: str) -> str:
    """The text without the values that follow names of secrets."""
    folded, plain = text.lower(), folds_plainly(text)
    for gate, pattern, hide in _AFTER_NAMES:
        if plain and gate.search(folded) is None:
            continue
        hidden = pattern.sub(hide, text)
        if hidden != text:
            text, folded, plain = hidden, hidden.lower(), folds_plainly(hidden)
    return text


def _hide_value(match: re.Match[str]) -> str:
    """What was matched without the value; its part before the value is group 1 and maybe 2."""
    before = match.string[match.start() : match.start("value")]
    return _hidden_value(match[0], before, match["value"], sure=match[1].endswith("="))


def _hide_vague(match: re.Match[str]) -> str:
    # `ticket:read` is a permission
    if match[1].endswith(":") and match["value"].isalpha():
        return match[0]
    return _hide_value(match)


def _hide_said(match: re.Match[str]) -> str:
    if match["loose"] and not looks_secret(match["value"]):
        return match[0]
    return _hide_value(match)


def _hide_followed_strong(match: re.Match[str]) -> str:
    certain = match["option"] or match[1].rstrip().lower().endswith("key")
    value = match["value"]
    if certain or looks_secret(value) or _is_quoted_word(value, 1):
        return _hide_value(match)
    return match[0]


def _hide_followed_weak(match: re.Match[str]) -> str:
    value = match["value"]
    if looks_secret(value):
        return _hide_value(match)
    if match["loose"] or not _is_quoted_word(value, 4) or _PARSED.search(_before(match)):
        return match[0]
    if match[1].lower().startswith("secret") and _NOT_FOUND.match(match.string, match.end()):
        return match[0]
    return _hide_value(match)


def _is_quoted_word(value: str, at_least: int) -> bool:
    """Whether a value in quotes is one word, as prose and names of states are not."""
    word = value.strip("\\\"'")
    return at_least <= len(word) < len(value) and not is_ordinary(word)


def _before(match: re.Match[str]) -> str:
    return match.string[max(0, match.start() - 60) : match.start()]


def _hide_listed(match: re.Match[str]) -> str:
    opened = _OPENED.search(_before(match))
    word = match["value"].strip("\\\"'").lower()
    if not opened or word in ORDINARY or word in FIELDS:
        return match[0]
    name = opened[2] + match[1]
    of_a_header = "-" in name or "authorization" in name.lower()
    if of_a_header or (opened[1] and _CLOSED.match(match.string, match.end())):
        return _hide_value(match)
    return match[0]


def _hide_named_value(match: re.Match[str]) -> str:
    return _hide_value(match) if _SAYS_NAME.search(_before(match)) else match[0]


def _hide_element(match: re.Match[str]) -> str:
    if match["whole"] is None:
        return _hide_value(match)
    return match[0] if match["whole"].strip().lower() in STATES else f"{match[1]}{HIDDEN}"


def _hide_identified_by(match: re.Match[str]) -> str:
    return _hide_value(match) if match[2] or "IDENTIFIED" in match[1] else match[0]


def _hide_key_digits(match: re.Match[str]) -> str:
    words = PIECE.findall(_before(match))
    if words and words[-1].lower() in _IDENTIFYING:
        return match[0]
    return f"{match[1]}{HIDDEN}"


def _hidden_value(whole: str, before: str, value: str, *, sure: bool = False) -> str:
    quote = re.match(r"\\{0,4}[\"']", value)
    opening = quote[0] if quote else ""
    inner = value[len(opening) :]
    closed = False
    if opening:
        inside, closing, after = inner.rpartition(opening)
        closed = bool(closing) and re.fullmatch(r"\w*+", after) is not None
        if closed and not after:
            inner = inside
    tail = ""
    if not opening:
        stripped = inner.rstrip(TRAILING + "\\")
        inner, tail = stripped, inner[len(stripped) :]
    word = inner.strip("<>()[]{} ").lower()
    if not word or word in (STATES if sure or opening else ORDINARY):
        return whole
    return f"{before}{opening}{HIDDEN}{opening if closed else ''}{tail}"


_AFTER_NAMES: tuple[tuple[re.Pattern[str], re.Pattern[str], _Hide], ...] = (
    (re.compile("<"), _ELEMENT, _hide_element),
    (_MAY_NAME_A_VALUE, _NAMED_VALUE, _hide_named_value),
    (_MAY_NAME_A_VALUE, _VALUE_NAMED, rf"\1{HIDDEN}"),
    (_MAY_BE_LISTED, _LISTED, _hide_listed),
    (_MAY_BE_ASSIGNED, _ASSIGNED, _hide_value),
    (_MAY_BE_VAGUE, _ASSIGNED_VAGUE, _hide_vague),
    (_MAY_BE_KEY_DIGITS, _KEY_DIGITS, _hide_key_digits),
    (_IDENTIFIED, _IDENTIFIED_BY, _hide_identified_by),
    (re.compile("%"), _ENCODED, rf"\1{HIDDEN}"),
    (_MAY_BE_SAID, _SAID, _hide_said),
    (_MAY_BE_FOLLOWED_STRONG, _FOLLOWED_STRONG, _hide_followed_strong),
    (_MAY_BE_FOLLOWED_WEAK, _FOLLOWED_WEAK, _hide_followed_weak),
)
"""In turn: what a pattern cannot match without, looked for in lower case; the pattern; and what
takes the place of a match."""
