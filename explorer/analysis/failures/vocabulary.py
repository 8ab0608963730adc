"""Words whose meaning decides what a message says, so that they are never taken for names."""

from __future__ import annotations

import re

FUNCTION_WORDS = frozenset(
    """a an the this that these those it its is are was were be been being am has have had do does did
    of in on at to from with without by for as into onto over under between within after before during
    until while when where which who whose what why how if then else than so such and or but nor not no
    none never neither cannot can't can could will would shall should must may might need needs only
    still yet already again also too very more most less least all any some each every both either
    other another same own out up down off about against through per via because due however there
    here you your we our they their he she i my me us them his her him
    nicht kein keine keinen keiner ohne nie der die das den dem des ein eine einen einem ist sind war
    wurde wurden wird werden und oder aber mit von zu zum zur bei nach vor auf aus im am für über unter
    hat haben konnte kann sich als durch
    pas non sans ni ne le la les l un une des du de au aux et ou est sont a été avec pour par sur dans
    en n'est n'a qui que ce
    el los las una unos del al y o es son fue fueron con sin para por no se su tras ha han
    nie bez jest z w na do niet geen het een van voor met op te ej inte och att som för
    değil ve bir ile için não sem foi com uma um os
    не нет ни без и или в на с со от до из по для при за к у что как это был была было не""".split()  # noqa: SIM905
)
"""They hold a sentence together or turn its meaning around; messages that differ here say two things."""

STATE_WORDS = frozenset(
    """abort aborted absent accept accepted access active add added address alive allocate allocated allow
    allowed answer append archive assert async attach attempt auth authenticate authorize await back bad
    begin bind blocked boot broken buffer build busy bytes cache call cancel canceled cancelled change
    check clean clear client clone close closed code commit complete completed config configure confirm
    connect connected connection content convert copy corrupt corrupted count crash crashed create created
    credentials data database dead debug decline declined decode decoder decrypt delayed delete deleted
    denied deploy destroy detach detected device digest directory disabled disconnect disconnected disk
    dispatch done double download drop dropped dump duplicate early edit empty enabled encode encoder
    encrypt end ended enqueue entry error errors evict exceeded exception exec execute exhausted exist
    exists exit expect expected expire expired explicit export extra extract fail failed failure fatal
    fetch file files finish finished first flush forbidden forced format found free frozen full gateway
    generate get gone good grant granted group halt handle handshake hang header healthy high host http
    idle ignore ignored illegal import in-use inactive incomplete incompatible incorrect index info init
    input insert insecure install insufficient internal interrupt interrupted invalid item join joined key
    kill killed language large last late launch leave left length limit line link list listen load local
    locate lock locked login logout long lookup lost low malformed many mark master match max maximum media
    memory merge message method migrate min minimum mismatch missing mount move moved name negative network
    new next node null object offline ok old online open opened operation output overflow owner page
    parameter parse parser partial password patch path pause paused payload pending permission persist ping
    pool poll port positive post prepare primary print private process processed promote protocol proxy
    public publish pull purge push put query queue queued quit quota range rate reached read reader ready
    rebuild receive received recover redirect redis refresh refuse refused register reject rejected release
    reload remote remove removed rename render repair replace reply replica request required reserve reset
    resize resolve resource respond response restart restore result resume retrieve retry return revert
    revoke revoked rollback rotate route run running save scan schedule schema scope search secondary secret
    section secure seek segment send sent server service session set setup shared short shutdown signal size
    skip sleep slow small socket source space stale stalled start started state status stdin stdout stderr
    stop stopped storage store stream stuck submit subscribe succeed succeeded success suspend suspended
    switch sync table task terminate terminated test text thread time timed timeout token too transcribe
    transcode transfer transform trigger truncate truncated type unable unauthorized unavailable
    unbind undefined unexpected unhealthy unknown unlock unmount unreachable unreadable unregister
    unresolved unsupported unset update updated upgrade upload uploaded upstream url usage use used user
    username valid validate validation value verify version view violate wait waiting warn warning weak
    write writer written wrong yield zero true false yes high low lower upper left right hot cold on off
    reading writing red green""".split()  # noqa: SIM905
)
"""Common words of failures. Many of them at one place are many failures, not many names."""

NAMED_BEFORE = frozenset(
    """user users account customer host node server service instance machine pod container deployment image
    job task worker queue topic stream table index column field relation collection bucket file folder
    directory volume device disk module package plugin library class model codec encoder decoder format
    language locale region zone group role team tenant project repository branch agent caller speaker
    session channel named called dev comm benutzer dienst projekt datei utilisateur service fichier usuario
    cola archivo idioma servicio formato códec пользователь файл формат кодек""".split()  # noqa: SIM905
)
"""Words that a name follows: fewer different ones suffice to see it."""

KEYS_WITH_MEANING = frozenset(
    """error err code errorcode error_code errno status state reason type kind level severity msg message
    detail details desc description cause result exception event action op operation outcome category
    title signal phase""".split()  # noqa: SIM905
)
"""What stands behind ``=`` after these says what happened."""

CODE_WORDS = (
    r"(?:code|status|exit|exited|err(?:or)?_?(?:no|nr|num|number)|sqlstate|sql state|signal|hresult|"
    r"(?<![a-z])(?:rc|ret|retval|retcode)|statut|estado|статус|c[oó]digo|codice|"
    r"k[oó]du?(?: b[lł][eę]du)?|код(?:ом)?(?: ошибки)?|"
    r"コード|ステータス|状态码|狀態碼|错误码|錯誤碼|代码|代碼|코드|رمز(?: الخطأ)?|कोड)"
)
"""A pattern of the words, and ends of words, after which a number says what happened."""

OTHER_CODES = (
    r"(?:(?:bar|zip|post|postal|source|scan|char|version|hash|request|trans|byte|country|lang|"
    r"language|locale|currency|area|region|dial|airport|city|branch|station|store|department|"
    r"promo|coupon|voucher|discount|gift|referral|invite|verification|confirmation|activation|"
    r"auth|authorization|security|access|pass|swift|bank|sort|product|item|order|tracking|booking|"
    r"reservation|employee|customer|agent|account|symbol|colou?r|"
    r"(?<![a-z])(?:key|op|uni|de|en|geo|pin|qr|tax|sku|otp|tz))[_ -]?code)"
)
"""A pattern of the codes that name one of many instead."""

_CODE_KEY = re.compile(rf"(?i)(?:{CODE_WORDS}|err(?:or)?)$")
_OTHER_KEY = re.compile(rf"(?i){OTHER_CODES}$")


def is_code_key(key: str) -> bool:
    """Whether a short number behind ``key=`` says what happened."""
    return _CODE_KEY.search(key) is not None and _OTHER_KEY.search(key) is None


UNITS = frozenset(
    """s ms us µs ns sec secs second seconds msec min mins minute minutes h hr hrs hour hours d day days
    b kb mb gb tb kib mib gib tib byte bytes k m g bit bits kbit mbit hz khz mhz %
    eur usd gbp jpy chf sek nok dkk pln czk cad aud inr brl cny krw mxn zar try huf ron
    sekunde sekunden stunden tage seconde secondes segundo segundos мс сек мин мб кб гб mo ko go""".split()  # noqa: SIM905
)
