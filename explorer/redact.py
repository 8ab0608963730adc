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
import unicodedata
from collections.abc import Callable
from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple
from urllib.parse import urlsplit

HIDDEN = "…"
_Hide = str | Callable[[re.Match[str]], str]

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
    used unused requires require expects expected needs option argument flag""".split()  # noqa: SIM905
)
# Where a quote or "=" says that a value follows, only these are none: `password=secret` is one.
_STATES = frozenset(
    """none null nil true false undefined missing required invalid valid expired revoked denied
    failed unset empty disabled enabled rejected malformed mismatch hidden redacted masked""".split()  # noqa: SIM905
)
# Names in lists of fields and headers: what stands beside "password" there may be one more.
_FIELDS = frozenset(
    """email e-mail user username user_name login name id agent_id contact_id client_id account phone
    host port url accept accept-encoding accept-language cache-control connection content-length
    content-type cookie date etag origin referer user-agent x-request-id""".split()  # noqa: SIM905
)
_SCHEMES = frozenset({"bearer", "basic", "digest", "negotiate", "token", "apikey", "hawk"})

_PEM = re.compile(
    r"-----BEGIN [A-Z0-9 ]{1,40}-----(?:[\s\S]*?-----END [A-Z0-9 ]{1,40}-----|[\s\S]*+)"
)
_URL = re.compile(r"(?i)\b([a-z][a-z0-9+.-]{1,20})://([^\s\"'<>\\]++)")
_TRAILING = ".,;:!?)]}|`"
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
_STRONG = (
    rf"pass(?:word|wd|phrase|code|wort)|pwd|(?=[kmsw])(?:{_ELSEWHERE_PLAIN})|"
    rf"(?=[chlmsş]|[^\x00-\u036f])(?:{_ELSEWHERE})|"
    r"(?=[aceglmps])(?:api|access|account|private|secret|shared[ _.-]?access|master|signing|"
    r"encryption|subscription|auth|service|storage|license|consumer|app)[_.-]?key"
)
_SPACED_KEY = r"(?:api|access|private|secret|signing|encryption|master) key"
_WEAK = (
    r"secret(?!ar)|token(?!s\b|iz)|signature|credentials?|authorization|session[ _-]?id|"
    r"jsessionid|phpsessid|(?:set-)?cookie|"
    r"(?=[adnps])(?<![a-z])(?:sessid|(?:sig|auth|pass|pgpass|dbpass|nonce)(?![a-z]))|"
    r"(?=[ph])(?:(?<![a-z])|(?-i:(?<=[a-z])(?=[PH])))(?:psk|pw|hmac)(?![a-z])"
)
# These name a secret where a value is assigned to them, and something else in sentences.
_VAGUE = (
    r"(?=[cjptx])(?:(?<![a-z])|(?-i:(?<=[a-z])(?=[TCJX])))"
    r"(?:ticket|creds?|jwt|[cx]srf|clave|parola)(?![a-z])[a-z0-9_-]{0,20}"
)
_OTHER_THINGS = (
    r"(?:count|type|limit|length|len|ttl|usage|expir|name|error|status|polic|version|"
    r"present|valid|found|required|verified)"
)
_NOT_A_NAME = rf"(?![ _-]?{_OTHER_THINGS})"
_NAME = (
    rf"(?=[acdehjklmnpstwş]|[^\x00-\u036f])(?:{_STRONG}|{_SPACED_KEY}|{_WEAK}){_NOT_A_NAME}"
    r"[a-z0-9_-]{0,20}"
)
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
    rf"(?i)({_NAME}\\{{0,4}}[\"'\]]{{0,2}}\s{{0,40}}+"
    rf"(?:=>|->|:=|={{1,3}}|:))"
    rf"({_GAP})(?!{_NAME}[\"']?[:=]\s){_WRAPPER}(?P<value>{_VALUE})"
)
_ASSIGNED_VAGUE = re.compile(
    rf"(?i)({_VAGUE}\\{{0,4}}[\"'\]]{{0,2}}[ \t]{{0,40}}+"
    # in a sentence more words follow: `CSRF: origin check failed`
    rf"(?:(?:=>|:=|=)[ \t]{{0,40}}+|:(?!\s)|:[ \t]{{1,40}}+(?=(?:{_QUOTE})?[^\s\"'\\]++"
    r"(?:[\"'\\]|[ \t]{0,40}+(?:[\r\n]|\Z)|(?<=[,;)}\]])))))"
    # a number is that of a customer's ticket
    rf"()(?!(?:{_QUOTE})?\d{{1,12}}(?![\w-])){_WRAPPER}(?P<value>{_VALUE})"
)
_LISTED = re.compile(
    rf"(?i)({_NAME}{_QUOTE}\s{{0,40}}+,\s{{0,40}}+){_WRAPPER}(?={_QUOTE})(?P<value>{_VALUE})"
)
_OPENED = re.compile(rf"(?i)([\[(]\s{{0,9}})?[bur]{{0,2}}{_QUOTE}([\w.-]{{0,40}})\Z")
_CLOSED = re.compile(r"\s{0,9}(?:[\])]|\Z)")
_NAMED_VALUE = re.compile(
    rf"(?i)({_NAME}(?:{_QUOTE})?[,;\s][^{{}}<>]{{0,120}}?{_NAME_OF_VALUE}){_WRAPPER}"
    rf"(?P<value>{_VALUE})"
)
_NAMES_IT = r"(?:name|key|header|field|variable|id|k)"
_SAYS_NAME = re.compile(
    rf"(?i)(?<![a-z]){_NAMES_IT}(?:{_QUOTE})?[ \t]{{0,9}}[:=][ \t]{{0,9}}(?:{_QUOTE})?[\w .-]{{0,40}}\Z|"
    r"<[\w:.-]{0,40}\Z"
)
_VALUE_NAMED = re.compile(
    rf"(?i)({_NAME_OF_VALUE}{_QUOTE})[^\"'\\\n]++(?={_QUOTE}\s{{0,9}},\s{{0,9}}{_QUOTE}{_NAMES_IT}{_QUOTE}"
    rf"\s{{0,9}}:\s{{0,9}}{_QUOTE}[\w.-]{{0,40}}?{_NAME}{_QUOTE})"
)
_ELEMENT = re.compile(
    rf"(?i)(<(?:[\w:.-]{{0,60}}?|[\w:.-]{{1,60}}\s[^<>]{{0,200}}?)(?:{_STRONG}|{_WEAK})"
    rf"(?![_-]?{_OTHER_THINGS})[a-z0-9_-]{{0,20}}[\"']?(?:\s[^<>]{{0,300}})?>(?:<!\[CDATA\[)?\s{{0,40}}+)"
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
    rf"(?i)({_NAME}(?:%(?:25){{0,3}}2[27])?%(?:25){{0,3}}3[AD](?:%(?:25){{0,3}}2[027]|\+){{0,2}})"
    rf"((?:(?!{_ENCODED_END})[^\s\"'&;<>])++)"
)
_SAID = re.compile(
    rf"(?i)({_NAME}[\"']?[ \t]{{1,40}}+(?:(?:is:?|was:?|equals|set to|provided:|given:|used:|received:|"
    rf"supplied:|value:)|(?P<loose>of|provided|given|used|received|supplied|value|in use))"
    rf"[ \t]{{1,40}}+){_WRAPPER}(?P<value>{_VALUE})"
)
_FOLLOWED_STRONG = re.compile(
    rf"(?i)((?:(?:{_STRONG}){_NOT_A_NAME}|"
    rf"(?P<option>(?<!\S)--?(?:[a-z0-9]{{1,20}}-){{0,3}}+"
    rf"(?:{_STRONG}|token|secret|auth|(?:store|key|src|dest)?pass(?:in|out)?|psk|pw)))"
    # also `PASSWORD('…')`, and a quote right after the word where words have no blanks between them
    rf"(?:[ \t]{{1,40}}+|(?=\({_QUOTE})|(?<=[^\x00-\u036f])(?={_QUOTE})))"
    rf"(?![=:>]|->|[\w:-]{{1,40}}=[\"']){_WRAPPER}(?P<value>{_VALUE})"
)
_FOLLOWED_WEAK = re.compile(
    rf"(?i)((?:{_SPACED_KEY}|secret(?!ar)|token(?!s\b|iz)|(?P<loose>signature|cookie)|session id|"
    rf"credential)[ \t]{{1,40}}+)(?![=:>]|->|[\w:-]{{1,40}}=[\"']){_WRAPPER}(?P<value>{_VALUE})"
)
# A parser's token, and a secret of that name, are no secrets: `Unexpected token 'else'`.
_PARSED = re.compile(r"(?i)(?:expected|illegal)[ \t]\Z")
_NOT_FOUND = re.compile(r"(?i)[ \t](?:not found|does not exist|doesn't exist)")

_NO_LETTER_BEFORE = r"(?<![A-Za-z0-9])"
_PREFIXED = (
    r"(?:sk|pk|rk|whsec|gh[pousr]|github_pat|glpat|npm|hf|shpat|xox[abeoprs]|xapp|dop_v1|pypi)"
    r"[_-][A-Za-z0-9_\-]{6,}+"
)
_KEYS = (
    (
        # the ends of those words: a search for the words themselves takes three times as long
        re.compile(r"[_-](?<=[spr]k.|h[pousrf].|ec.|at.|pm.|o[abeoprs].|pp.|v1.|pi.)"),
        re.compile(_NO_LETTER_BEFORE + _PREFIXED),
    ),
    (
        re.compile("A(?:KIA|SIA|GPA|IDA|ROA)[A-Z0-9]{12}"),
        # the secret beside it goes too, which may look like a path
        re.compile(
            rf"(?:(?<![\w/+])[\w/+]{{40}}[^\w/+\n]{{1,10}})?+{_NO_LETTER_BEFORE}"
            r"A(?:KIA|SIA|GPA|IDA|ROA)[A-Z0-9]{12,}+[\w-]*+(?:[^\w/+\n]{1,10}[\w/+]{40}(?![\w/+]))?+"
        ),
    ),
    (
        re.compile(":[A-Za-z0-9_-]{30}"),
        re.compile(r"(?<!\d)(?:bot)?\d{6,12}:[A-Za-z0-9_-]{30,}+"),
    ),
)
"""What a key of some kind cannot do without, which is looked for much faster, and the key."""
_KEYS_BY_SIGN = tuple(
    (sign, re.compile(_NO_LETTER_BEFORE + pattern))
    for sign, pattern in (
        ("AIza", r"AIza[A-Za-z0-9_-]{20,}+"),
        ("ya29.", r"ya29\.[A-Za-z0-9._-]{10,}+"),
        ("SG.", r"SG\.[A-Za-z0-9_-]{10,}+\.[A-Za-z0-9_-]{10,}+"),
        ("eyJ", r"eyJ[A-Za-z0-9_-]{4,}+(?:\.[A-Za-z0-9_-]*+)*+"),
    )
)
_WORDS_OF_NAMES = (
    *("pass", "pw", "key", "secret", "token", "sig", "cred", "auth", "sess", "cookie", "nonce"),
    *("psk", "hmac", "jwt", "ticket", "srf", "wort", "senha", "clave", "woord", "parola"),
    "identified",
)
_WORDS_ELSEWHERE = re.compile(_ELSEWHERE)
_SCHEME_WORDS = ("bearer", "basic", "digest", "negotiate")
# What the patterns around names cannot match without, in lower case. These begin with plain
# characters, which `re` finds many times faster than the names themselves.
_NAME_ENDS = (
    r"(?:pass(?:word|wd|phrase|code)?|pwd|key|secret|token|signature|credentials?|authorization|"
    r"session[ _-]?id|sessid|cookie|sig|auth|nonce|passwort|kennwort|passe|senha|wachtwoord|"
    r"psk|pw|hmac)"
)
_MAY_BE_ASSIGNED = re.compile(
    rf"{_NAME_ENDS}[a-z0-9_-]{{0,20}}\\{{0,4}}[\"'\]]{{0,2}}\s{{0,40}}+[-=:>]"
)
_MAY_BE_VAGUE = re.compile(
    r"(?:ticket|creds?|jwt|srf|clave|parola)[a-z0-9_-]{0,20}[\\\"'\] \t]*+[:=]"
)
_MAY_NAME_A_VALUE = re.compile(r"(?:value|val|content)(?:\\{0,4}[\"'])?[ \t]{0,9}[:=]")
_IDENTIFIED = re.compile("identified[ \t]")
_MAY_BE_LISTED = re.compile(rf"{_NAME_ENDS}[a-z0-9_-]{{0,20}}{_QUOTE}\s{{0,40}}+,")
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
LONG = 40
"""Characters without a break that are no word, path or hash that people compare."""
_OPAQUE = re.compile(r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{40,}+={0,2}")
_LONG_WORD = re.compile(rf"(?<!\S)\S{{{LONG}}}")
_OPAQUE_SEGMENT = re.compile(r"[A-Za-z0-9_-]{20,}+")
_UUID_OR_HASH = re.compile(
    r"(?i)(?<![a-z0-9])(?:[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|[0-9a-f]{6,39})(?![a-z0-9])"
)
_PIECE = re.compile(r"[A-Za-z0-9]+")


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
    if "-----BEGIN" in text:
        text = _PEM.sub(f"<key {HIDDEN}>", text)
    # Each pattern needs some plain text to match at all; looking for that first makes the usual
    # text, which holds none of it, ten times cheaper.
    folded = text.lower()
    if "@" in text:
        text = _USER_AND_PASSWORD.sub(rf"\1:{HIDDEN}", text)
    if "://" in text:
        text = _URL.sub(_hide_in_link, text)
    if "?" in text:
        text = _QUERY.sub(_hide_query, text)
        text = _REST_OF_QUERY.sub("", text)
    if " -" in text:
        text = _hide_in_commands(text, folded)
    named = _holds_any(folded, _WORDS_OF_NAMES) or (
        not text.isascii() and _WORDS_ELSEWHERE.search(folded) is not None
    )
    if named:
        text = _hide_headers(text)
    if _holds_any(folded, _SCHEME_WORDS):
        text = _SCHEME.sub(_hide_credential, text)
    if named:
        text = _hide_after_names(text)
    for sign, pattern in _KEYS_BY_SIGN:
        if sign in text:
            text = pattern.sub(HIDDEN, text)
    for gate, pattern in _KEYS:
        if gate.search(text):
            text = pattern.sub(HIDDEN, text)
    if not _LONG_WORD.search(text):
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


def _hide_in_commands(text: str, folded: str) -> str:
    text = _LOGIN_OPTION.sub(rf"\1{HIDDEN}", text)
    if _holds_any(folded, _COMMANDS):
        text = _COMMAND_OPTION.sub(_hide_value, text)
    return text


def _hide_after_names(text: str) -> str:
    folded, plain = text.lower(), _plain(text)
    for gate, pattern, hide in _AFTER_NAMES:
        if plain and gate.search(folded) is None:
            continue
        hidden = pattern.sub(hide, text)
        if hidden != text:
            text, folded, plain = hidden, hidden.lower(), _plain(hidden)
    return text


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


_NEVER_SECRET = frozenset({type(None), bool, int})


def redact(document: object, redact_string: Callable[[str], str] = redact_text) -> object:
    """A copy of a JSON document in which links are reduced and every string is redacted.

    A string under a name that ends in ``url`` or ``uri`` is treated as a link, one under the name
    of a secret is hidden, any other is treated as text. Numbers, booleans and null stay; names of
    fields are redacted as text too. `redact_string`: `redact_text`, perhaps with a memory.
    """
    if isinstance(document, dict):
        shown = {}
        for name, value in document.items():
            field = _field(str(name))
            if type(value) in _NEVER_SECRET:  # half of them
                shown[field.shown] = value
            else:
                shown[field.shown] = _redact_value(field, value, redact_string)
        if not _VALUE_FIELDS.isdisjoint(document):
            named = document.get("name") or document.get("key") or document.get("header")
            return _hide_within(shown) if _is_secret_name(named) else shown
        return shown
    if isinstance(document, str):
        return redact_string(document)
    if isinstance(document, list):
        if len(document) == 2 and _is_secret_name(document[0]):
            return [redact(document[0]), _hide_within([document[1]])[0]]
        return [redact(item, redact_string) for item in document]
    if isinstance(document, float) and not math.isfinite(document):
        return str(document)  # JSON has no such number, and a browser refuses the whole document
    return document


_SECRET_FIELD = re.compile(
    rf"(?i).*(?:{_STRONG}|{_SPACED_KEY}|{_WEAK}|(?<![a-z])(?:creds?|jwt|[cx]srf)(?![a-z]))"
    rf"{_NOT_A_NAME}[a-z0-9_-]*"
)


class _Field(NamedTuple):
    """How a name is shown, and what it says of its value."""

    shown: str
    holds_link: bool
    holds_secret: bool


@lru_cache(maxsize=2048)  # the same few names come with every record
def _field(name: str) -> _Field:
    holds_link = name.lower().endswith(("url", "uri"))
    return _Field(redact_text(name), holds_link, _names_a_secret(name[:100]))


def _redact_value(field: _Field, value: object, redact_string: Callable[[str], str]) -> object:
    if isinstance(value, str):
        if field.holds_link:
            return redact_link(value)
        if field.holds_secret and value and value.lower() not in _STATES:
            return HIDDEN
        return redact_string(value)
    shown = redact(value, redact_string)
    return _hide_within(shown) if field.holds_secret and isinstance(value, dict | list) else shown


_VALUE_FIELDS = frozenset({"value", "val", "content"})


def _hide_within(found: Any) -> Any:
    """A redacted document that a name says is a secret: without its strings, or its value."""
    if isinstance(found, dict):
        return {
            name: HIDDEN if name.lower() in _VALUE_FIELDS and isinstance(value, str) else value
            for name, value in found.items()
        }
    if isinstance(found, list):
        return [HIDDEN if isinstance(item, str) and not _is_field(item) else item for item in found]
    return found


def _is_field(word: str) -> bool:
    return _is_ordinary(word) or word.lower() in _FIELDS


def _is_secret_name(name: object) -> bool:
    return isinstance(name, str) and " " not in name and _names_a_secret(name[:100])


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
    if match[4].strip().lower() in _ORDINARY:
        return match[0]
    return f"{match[1] or ''}{match[2]}{match[3]}{HIDDEN}"


def _hide_authorization(match: re.Match[str]) -> str:
    name, scheme, space, value = match[1], match[2] or "", match[3], match[4]
    if (scheme or value).lower() in _ORDINARY - _SCHEMES:
        return match[0]
    if not scheme and value.lower() in _SCHEMES:
        return match[0]
    if scheme.lower() not in _SCHEMES:
        scheme, space = "", ""
    return f"{name}{scheme}{space}{HIDDEN}{value[len(value.rstrip(_TRAILING)) :]}"


def _hide_credential(match: re.Match[str]) -> str:
    scheme, value = match[1], match[3]
    if value.rstrip(_TRAILING).lower() in _ORDINARY or value.startswith(HIDDEN):
        return match[0] if not value.startswith(HIDDEN) else f"{scheme}{match[2]}{HIDDEN}"
    if scheme.lower() != "bearer" and not _looks_secret(value):
        return match[0]
    return f"{scheme}{match[2]}{HIDDEN}"


def _hide_query(match: re.Match[str]) -> str:
    query = match[0]
    return f"?{HIDDEN}{query[len(query.rstrip(_TRAILING)) :]}"


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
    if match["loose"] and not _looks_secret(match["value"]):
        return match[0]
    return _hide_value(match)


def _hide_followed_strong(match: re.Match[str]) -> str:
    certain = match["option"] or match[1].rstrip().lower().endswith("key")
    value = match["value"]
    if certain or _looks_secret(value) or _is_quoted_word(value, 1):
        return _hide_value(match)
    return match[0]


def _hide_followed_weak(match: re.Match[str]) -> str:
    value = match["value"]
    if _looks_secret(value):
        return _hide_value(match)
    if match["loose"] or not _is_quoted_word(value, 4) or _PARSED.search(_before(match)):
        return match[0]
    if match[1].lower().startswith("secret") and _NOT_FOUND.match(match.string, match.end()):
        return match[0]
    return _hide_value(match)


def _is_quoted_word(value: str, at_least: int) -> bool:
    """Whether a value in quotes is one word, as prose and names of states are not."""
    word = value.strip("\\\"'")
    return at_least <= len(word) < len(value) and not _is_ordinary(word)


def _is_ordinary(word: str) -> bool:
    return " " in word or word.lower() in _ORDINARY


def _before(match: re.Match[str]) -> str:
    return match.string[max(0, match.start() - 60) : match.start()]


def _hide_listed(match: re.Match[str]) -> str:
    opened = _OPENED.search(_before(match))
    word = match["value"].strip("\\\"'").lower()
    if not opened or word in _ORDINARY or word in _FIELDS:
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
    return match[0] if match["whole"].strip().lower() in _STATES else f"{match[1]}{HIDDEN}"


def _hide_identified_by(match: re.Match[str]) -> str:
    return _hide_value(match) if match[2] or "IDENTIFIED" in match[1] else match[0]


def _hide_key_digits(match: re.Match[str]) -> str:
    words = _PIECE.findall(_before(match))
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
