"""A message's mask: secrets hidden, variable parts as slots such as ``<num>``.

Text is read in runs of printable ASCII that no space, bracket, quote, comma or "=" interrupts.
A run that holds a digit, a slash or an "@" may be variable, and its shape alone decides of what
kind. Other scripts and words stay. Every repetition is bounded, possessive or can match in one
way only, so that the time is linear in the length.
"""

from __future__ import annotations

import re
from functools import lru_cache

from explorer.analysis.failures.causes import MAX_READ, cause_of, excerpt
from explorer.analysis.failures.vocabulary import CODE_WORDS, OTHER_CODES, is_code_key
from explorer.redact import HIDDEN, redact_text

MAX_LABEL = 300
MAX_ROUNDS = 8
"""A slot may make the text around it match another: masked until it stays. Two rounds are usual."""
_MAX_CACHED = 1_000
"""Characters; longer messages are masked anew each time, so that the cache stays small."""

_RUN = r"!#$%&*+\-./0-9:?@A-Z\\^_a-z~"
_CANDIDATE = re.compile(
    rf"(?<![{_RUN}])(?=[!#$%&*+\-.:?A-Z^_a-z~]*+[0-9/\\@])(?:[{_RUN}]|(?<=\d),(?=\d))+"
)
_OTHER_DIGITS = re.compile(r"(?:(?![0-9])\d)+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
_ENDS = ".:!?"

_WHOLE = re.compile(
    r"""
    (?P<time>\d{4}[-/.]\d\d?[-/.]\d\d?(?:[T_:-]?\d\d?:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d(?::?\d\d)?)?)?
      |\d\d?:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d(?::?\d\d)?)?|\d\d:\d\d(?:\.\d+)?
      |\d\d?[/.-]\d\d?[/.-](?:19|20)\d\d|\d{8}T\d{6}Z?
      |\d\d?/[A-Z][a-z][a-z]/\d{4}(?::\d\d){0,3})
  |(?P<ip>/?\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5})?(?:/\d\d?)?
      |(?=[0-9a-fA-F]*:[0-9a-fA-F]*:)(?:[0-9a-fA-F]{0,4}:){2,7}[0-9a-fA-F]{0,4})
  |(?P<mac>(?:[0-9a-fA-F]{2}[:-]){5}[0-9a-fA-F]{2})
  |(?P<uuid>[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12})
  |(?P<hex>0[xX][0-9a-fA-F]+|(?=[0-9]*[a-fA-F])(?=[a-fA-F]*[0-9])[0-9a-fA-F]{7,})
  |(?P<email>[^@/\\:]+@(?=[^@/\\:]*\.)[^@/\\:]*[A-Za-z])
  |(?P<address>[^@/\\:]+@[^@/\\:]+(?::\d+)?)
  |(?P<path>(?:[A-Za-z]:|~|\.\.?)?[/\\].+)
    """,
    re.VERBOSE,
)
_LINK = re.compile(
    r"(?<![A-Za-z0-9])[A-Za-z][A-Za-z0-9+.-]{1,20}://[^\s\"'<>)\]},;`]++(?:<[a-z]+>[^\s\"'<>)\]},;`]*+)*"
)
_METHODS = r"(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS)"
_REQUESTED = re.compile(
    r" /(?:(?<=\bGET /)|(?<=\bPUT /)|(?<=\bHEAD /)|(?<=\bPOST /)|(?<=\bPATCH /)|(?<=\bDELETE /)|"
    r"(?<=\bOPTIONS /))[^\s\"'<>)\]}`]*"
)
_EXTENSION = re.compile(
    r"""(?i)[^/\\]*\.(?:wav|mp[34]|m4a|ogg|opus|oga|webm|flac|aac|amr|wma|aiff?|mov|mkv|avi|mpe?g|mpga|3gp|
    ts|tsx|jsx?|mjs|cjs|py[cx]?|java|kts?|scala|go|rs|rb|php|cs|cpp|cc|hpp|ex|exs|swift|
    json|ya?ml|xml|toml|csv|tsv|txt|log|conf|cfg|ini|html?|tmpl|md|sql|sh|bat|
    sqlite3?|db|parquet|avro|zip|gz|tgz|bz2|tar|xz|zst|pem|crt|cer|lock|sock|pid|dat|bin|tmp|part|
    jpe?g|png|gif|pdf|docx?|xlsx?|so|dll|exe|jar|war|onnx|pt|ckpt|gguf|safetensors|srt|vtt)""",
    re.VERBOSE,
)
_NUMBER = re.compile(r"[#$~^*&]*[+-]?\d+(?:[.,]\d+)*(?:[eE][+-]?\d+)?")
_UNIT = (
    r"(?:[num]?s|[mh]|min|secs?|hrs?|d|[kmgt]i?b?|bytes?|b|x|[kmg]?hz|[kmg]?bps|px|db|dbfs|v|w|c|f|"
    r"st|nd|rd|th|%|fps|pt|mo|gib/s|mib/s|[kmg]b/s)"
)
_MEASURE = re.compile(rf"(?i)([~+-]*\d+(?:[.,]\d+)*)({_UNIT})")
_DURATION = re.compile(r"(?:\d+(?:\.\d+)?(?:h|m|s|ms|us|ns|d)){2,}")
_ALNUM = re.compile(r"[A-Za-z0-9]+")
_DIGITS = re.compile(r"\d+(?:[.,]\d+)*")
_WORDLIKE = re.compile(r"[A-Za-z]*|\d+|[A-Za-z]{2,}\d+")
# Names of formats, protocols and machines: what they say is not how many.
_KNOWN = frozenset(
    """utf-8 utf8 utf-16 utf16 utf-32 utf8mb4 iso-8859-1 latin-1 latin1 cp1252 mp2 mp3 mp4 m4a m4v 3gp 3g2
    mj2 h264 h.264 h265 h.265 x264 x265 av1 vp8 vp9 ac3 eac3 g711 g.711 g722 g729 g.729 pcm_s16le pcm_s16be
    pcm_s24le pcm_f32le pcm_u8 s16 s16le s24le s32le f32le wmav1 wmav2 mpeg2 mpeg4 mpeg-4 jpeg2000
    7z bzip2 lz4 sha1 sha-1 sha256 sha-256 sha384 sha512 sha-512 md5 base32 base58 base64 crc32 hs256
    hs512 rs256 rs512 es256 es384 ps256 aes128 aes256 aes-128 aes-256 ed25519 x509 x.509 pkcs1 pkcs7
    pkcs8 pkcs12 http/1 http/1.0 http/1.1 http/2 http/2.0 http/3 http1 http2 http3 h2 h2c sip/2.0
    tlsv1 tlsv1.0 tlsv1.1 tlsv1.2 tlsv1.3 tls1.2 tls1.3 sslv2 sslv3 ssl3 ssh1 ssh2 socks4 socks5 ipv4
    ipv6 inet6 tcp4 tcp6 udp4 udp6 oauth1 oauth2 oauth2.0 oauth1.0 s3 ec2 route53 k8s i18n l10n x86
    x86_64 x64 x32 amd64 arm64 armv7 aarch64 i386 i586 i686 win32 win64 int8 int16 int32 int64 uint8
    uint16 uint32 uint64 i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 float16 float32 float64 bfloat16 fp8 fp16
    fp32 bf16 log4j log4j2 neo4j psycopg2 psycopg3 urllib2 urllib3 boto3 libx264 libmp3lame python2
    python3 es5 es6 cuda11 cuda12 2fa u2f ext2 ext3 ext4 ntfs p2p b2b e2e d3d11 3d 2d 3-d usb2 usb3 mpeg1
    auth0 web3 v8 d3 c3p0 db2 e2ee v4l2 mp2t 3des r2 dc3 l2 l3 l1 l1d l2cap""".split()  # noqa: SIM905
)
_ERROR_CODE = re.compile(
    r"(?:ORA|PLS|TNS|SQL|DB2|MSB|TS|CS|CA|NU|AADSTS|ERR|ERROR|EC|E|PGRST|IMP|RMAN|WSAE|LNK|DPY)[-_]?\d{3,8}[A-Z]?"
)
_NAMED_CODE = re.compile(r"(?i)http[-_]?[1-5]\d\d|err(?:or)?[#_-]\d{1,5}")

# Numbers that say what happened, by the words around them.
_CODE = re.compile(
    r"[#+-]?\d{1,5}|0x[0-9a-fA-F]{1,8}|[A-Z]{1,5}[-_]?\d{1,6}|\d\.\d\.\d{1,3}|\d[0-9A-Z]{4}"
)
_LOOKED_BACK = 28
"""Characters before a number that may say what it is."""
_BETWEEN = r"[\"'\])]{0,2}[ :=#(\[：＝＃（［【]{0,3}"
_AFTER_OTHER_CODE = re.compile(rf"(?i){OTHER_CODES}{_BETWEEN}[\"']?$")
_AFTER_CODE = re.compile(
    rf"(?i)(?:(?:{CODE_WORDS}|(?<![a-z])(?:xid|cause)|http(?:/\d(?:\.\d)?)?|sip/2\.0|smtp)"
    rf"{_BETWEEN}(?:with )?|err(?:or)?=)[\"']?$"
)
_AFTER_ERROR = re.compile(
    r"(?i)(?:errore?|(?<![a-z])(?:err|erro|hata)|exception|fehler|erreur|ошибка|błąd|"
    r"エラー|错误|錯誤|오류|خطأ|त्रुटि)"
    rf"(?: (?:no|nr|num|number)\b\.?)?{_BETWEEN}$"
)
_AFTER_ANSWER = re.compile(
    r"(?i)(?:answer(?:ed|s)?|return(?:ed|s)?|respon(?:ded|se|ds)|repl(?:ied|y)|got|gave|sa(?:id|ys)|with|failed|mit)"
    r"(?: (?:with|an?|error|status|http|mit)){0,2}[ :=(\[]{1,3}$"
)
_AFTER_REQUEST = re.compile(rf"{_METHODS} <(?:path|url)>[\"')\]]{{0,2}}:? ?(?:[-=]> |- |→ |\()?$")
_AFTER_LINK = re.compile(
    r"(?:<url>[\"')\]]{0,2}(?:: | [-=]> | - | → | \()|(?i:\bupstream:?|\bfailed -) )$"
)
_COUNTS = re.compile(r" ?(?!(?:from|in|on|at|while|when|during|after|by|occurred|was|is)\b)\w")
_HTTP_STATUS = re.compile(r"10[0-3]|20[0-8]|226|30[0-8]|4[0-5]\d|49\d|5[0-3]\d|59\d")
_COUNTED = re.compile(
    r"(?i: ?(?:[munk]?s|secs?|min|[kmgt]i?b|%|ms|px|hz|sekunden|minuten|stunden|dateien|mal|sek)\b)| (?!was\b|has\b|is\b|does\b|as\b|this\b)[a-z]{2,}s\b"
)
_STATUS_PHRASE = re.compile(
    r"(?i)[\"'\]]?:? ?(?:- |\()?(?:client error|server error|no content|moved perm|not found|not modified|bad gateway|"
    r"bad request|unauthori[sz]ed|unprocessable|forbidden|method not|conflict\b|gone\b|too many req|"
    r"internal server|service (?:temporarily )?unavailable|gateway time|payment req|busy here)"
)
_SAID_BEFORE = re.compile(r"[:,;(\"'\[>/] ?$")
_STATUS_WORD = re.compile(
    r"(?i)[\"']? ?(?:- |\()?(?:error\b|ok\b|created\b|accepted\b|moved|found\b|not |bad |un(?:supported|available)|"
    r"method|proxy|length|precondition|payload|uri\b|range|expectation|too |internal|service|"
    r"gateway|temporar|permanent|busy|ringing|declin|deadline|invalid|already|quota|permission|access |"
    r"request|page not|mailbox|the |[a-z]+ed\b)"
)
_CLAUSE_ENDS = re.compile(
    r"[\"')\]}]{0,2}(?:[.!?]?$|[.:;] |, (?!\d)| (?:[-–—|(\[<{]|(?:for|from|on|at|while|when|during|after|and|but)\b))"
)
_FETCH_FAILED = re.compile(
    r"(?i)\] (?:fetch|download|upload|request|http|get|post|put|webhook|upstream)\w*"
    r"(?: \S{1,80}){0,3}? (?:fail|error|denied|refused|rejected|not\b|unavailable)"
)
_SAYS = re.compile(r"[ :]+(?:[A-Z\"'{]|[a-z]+:)")
_ANNOUNCING = (
    ("code", _AFTER_CODE),
    ("error", _AFTER_ERROR),
    ("answer", _AFTER_ANSWER),
    ("clause", _SAID_BEFORE),
)

_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}"
_DATE = re.compile(
    rf"(?<!\w)(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]{{0,6}},? )?"
    rf"(?:{_MONTH} \d\d?(?:,? \d{{4}})?|\d\d?[ -]{_MONTH}[ -](?:\d{{4}}|\d\d))(?![\w.])"
    r"(?:,? \d\d:\d\d(?::\d\d(?:[.,]\d+)?)?)?(?: (?:[A-Z]{3,4} )?(?:19|20)\d\d(?!\w))?"
)
_MONTHS = re.compile(r"Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec")
_TIMES = re.compile(
    r"<time>(?:,? ?<time>)?(?:[,.]<num>(?!\S)| (?:UTC|GMT|CES?T|[EPCM][SD]T)(?!\w))?(?: [+-]<num>(?!\S))?"
)
_LESS_THAN = re.compile(r"<(?=\d)")
_LIST = re.compile(r"<(num|id|hex|ip|uuid|path|file|time|url|email)>(?:, ?<\1>)+")
_REPEATED = re.compile(r"(?<!\S)([\w./-]{0,40}<(num|id|hex|ip|uuid)>)(?: \1)+(?!\S)")


def mask(message: str) -> str:
    """The message with secrets hidden and variable parts as slots; depends on the message alone.

    One line of at most `MAX_LABEL` characters. HTTP status codes, exit and error codes stay, since
    they carry meaning; of a trace the last cause is taken. Masking a mask changes nothing.
    """
    return _masked(message) if len(message) > _MAX_CACHED else _masked_once(message)


def mask_redacted(message: str) -> str:
    """`mask` of what `redact_text` returned; spares redacting it again, which changes nothing."""
    return mask(message) if len(message) > MAX_READ else _slotted_cause(message)


def _masked(message: str) -> str:
    # redacted as a whole first: a key over several lines is none in its single lines
    return _slotted_cause(redact_text(excerpt(message)))


_masked_once = lru_cache(maxsize=4096)(_masked)


def _slotted_cause(redacted: str) -> str:
    text = cause_of(redacted)
    masked = _cut(_slotted(text))
    return text if masked == text else _settled(masked)


@lru_cache(maxsize=4096)
def _settled(masked: str) -> str:
    """Masked until it stays; many messages come here as one."""
    text = redact_text(masked)
    for _ in range(MAX_ROUNDS - 1):
        masked = _cut(_slotted(text))
        if masked == text:
            return text
        text = redact_text(masked)
    return text


def _cut(text: str) -> str:
    if len(text) <= MAX_LABEL:
        return text
    return text[: MAX_LABEL - 1].rsplit(" ", 1)[0].rstrip() + HIDDEN


def _slotted(text: str) -> str:
    if not text.isprintable():
        text = _CONTROL.sub(" ", text)
    text = " ".join(text.split())
    if not text.isascii():
        text = _OTHER_DIGITS.sub(lambda match: "".join(str(int(c)) for c in match[0]), text)
    if "://" in text:
        text = _LINK.sub(_link, text)
    if " /" in text:
        text = _REQUESTED.sub(_request, text)
    if "<" in text:
        text = _LESS_THAN.sub("", text)  # "<1 s" is a number of seconds
    if _MONTHS.search(text):
        text = _DATE.sub("<time>", text)
    text = _CANDIDATE.sub(_slot, text)
    if "<" not in text:
        return text
    if "<time>" in text:
        text = _TIMES.sub("<time>", text)
    if text.count("<") > 1:
        if ">," in text:
            text = _LIST.sub(r"<\1s>", text)
        text = _REPEATED.sub(lambda match: match[1][:-1] + "s>", text)
    return text


def _link(match: re.Match[str]) -> str:
    link = match[0]
    return "<url>" + link[len(link.rstrip(_ENDS)) :]


def _request(match: re.Match[str]) -> str:
    whole = match[0]
    return " <path>" + whole[len(whole.rstrip(_ENDS + ",;")) :]


def _slot(match: re.Match[str]) -> str:
    run = match[0]
    before = match.start()
    if before and match.string[before - 1] == "<" and run[0] == "/":
        return run  # a closing tag
    if len(run) <= 14:
        body = run.strip(_ENDS)
        start = before + run.find(body)
        if _is_code(body, match.string, start, start + len(body)):
            return run
    return _slot_of(run)


def _is_code(run: str, text: str, before: int, after: int) -> bool:
    """Whether a number says what happened rather than how many."""
    if not _CODE.fullmatch(run):
        return False
    announced = _announced(text[max(0, before - _LOOKED_BACK) : before])
    if announced == "code":
        return True
    is_status = _HTTP_STATUS.fullmatch(run) is not None
    if is_status and (_STATUS_PHRASE.match(text, after) or _is_answer(run, text, before, after)):
        return True
    if not announced or _COUNTED.match(text, after):
        return False
    if announced == "error":
        return is_status or _COUNTS.match(text, after) is None
    if announced == "start":
        return is_status and bool(_SAYS.match(text, after) or _STATUS_WORD.match(text, after))
    if announced == "answer":
        return is_status or run.startswith("-")
    return is_status and _STATUS_WORD.match(text, after) is not None


def _is_answer(run: str, text: str, before: int, after: int) -> bool:
    """Whether a number of three digits is the HTTP status with which a request failed."""
    if run[0] not in "45":
        return False
    words = text[max(0, before - _LOOKED_BACK) : before]
    if words == "[":
        return _FETCH_FAILED.match(text, after) is not None
    if _AFTER_REQUEST.search(words):
        return _COUNTED.match(text, after) is None
    return bool(_AFTER_LINK.search(words) and _CLAUSE_ENDS.match(text, after))


@lru_cache(maxsize=8192)
def _announced(before: str) -> str:
    """What the words before a number say it is; the same words come before many."""
    if not before:
        return "start"
    for kind, pattern in _ANNOUNCING:
        if pattern.search(before):
            return "" if kind == "code" and _AFTER_OTHER_CODE.search(before) else kind
    return ""


@lru_cache(maxsize=8192)
def _slot_of(run: str) -> str:
    body = run.rstrip(_ENDS)
    end = run[len(body) :]
    if not body or body.lower() in _KNOWN:
        return run
    whole = _WHOLE.fullmatch(body)
    if whole and not (whole.lastgroup == "path" and len(body.strip("/\\.")) == 0):
        return f"<{whole.lastgroup}>{end}"
    if ":" in body:
        return _joined(body.split(":")) + end
    return _part(body) + end


def _joined(parts: list[str]) -> str:
    """Parts between colons; a port belongs to its host, a line to its file."""
    key = parts[0]
    if len(parts) == 2 and "." not in key and _CODE.fullmatch(parts[1]) and is_code_key(key):
        return ":".join(parts)
    slots = [_part(part) if part else "" for part in parts]
    place = 1
    while place < len(slots) and slots[place] == "<num>":
        place += 1
    if place > 1:
        first = parts[0]
        if slots[0] in ("<path>", "<file>"):
            slots[:place] = [slots[0]]
        elif place == 2 and (first == "localhost" or "." in first or "-" in first):
            slots[:place] = ["<host>"]
    return ":".join(slots)


def _part(part: str) -> str:
    if part.lower() in _KNOWN or _ERROR_CODE.fullmatch(part):
        return part
    if _NUMBER.fullmatch(part):
        return part[: len(part) - len(part.lstrip("#$~^*&"))] + "<num>"
    whole = _WHOLE.fullmatch(part)
    if whole and len(part) > 1:
        return f"<{whole.lastgroup}>"
    if _EXTENSION.fullmatch(part):
        return "<file>"
    if "/" in part:
        if part.count("/") > 1 or _EXTENSION.fullmatch(part.rpartition("/")[2]):
            return "<path>"
        return "/".join(_part(piece) if piece else "" for piece in part.split("/"))
    if not any(c.isdigit() for c in part):
        return part
    measure = _MEASURE.fullmatch(part)
    if measure:
        return f"<num>{measure[2]}"
    if _DURATION.fullmatch(part):
        return "<duration>"
    return _identifier(part)


def _identifier(part: str) -> str:
    """``worker-7`` as ``worker-<num>``, since the word says what it is; a mix as ``<id>``."""
    if _NAMED_CODE.fullmatch(part):
        return part
    words = re.split(r"[^A-Za-z0-9]+", part)
    if not all(_WORDLIKE.fullmatch(word) or _MEASURE.fullmatch(word) for word in words):
        return "<id>"
    if "." in part and len(words) > 2 and part.islower() and part[0].isalpha():
        return "<host>"
    slotted = _ALNUM.sub(_numbers_slotted, part)
    return slotted if slotted.count("<num>") < 3 else "<id>"


def _numbers_slotted(word: re.Match[str]) -> str:
    return word[0] if word[0].lower() in _KNOWN else _DIGITS.sub("<num>", word[0])


def forget() -> None:
    """Empty the caches, as when a process starts."""
    _masked_once.cache_clear()
    _settled.cache_clear()
    _slot_of.cache_clear()
    _announced.cache_clear()
