"""Why analyses fail: messages that say the same are one reason."""

from __future__ import annotations

import pytest

from explorer.analysis.failures import (
    EMPTY_MESSAGE,
    MAX_LABEL,
    NO_MESSAGE,
    Rules,
    RulesError,
    SplitRule,
    explain,
    group_messages,
    group_of,
    load_rules,
    mask,
    merge_masks,
    reason_of,
)
from explorer.analysis.failures.masking import mask_redacted
from explorer.errors import SettingsError
from explorer.redact import redact_text
from tests.corpus.corpus import DEVELOPED, HELD_OUT, grouping_accuracy, messages, systems


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        pytest.param("timeout after 30 s", "timeout after <num> s", id="number"),
        pytest.param("took 12.5s of 1,000", "took <num>s of <num>", id="units"),
        pytest.param("HTTP 503 after 3 tries", "HTTP 503 after <num> tries", id="http"),
        pytest.param("status code: 404, 17 left", "status code: 404, <num> left", id="status"),
        pytest.param(
            "call 550e8400-e29b-41d4-a716-446655440000 is gone", "call <uuid> is gone", id="uuid"
        ),
        pytest.param(
            "GET https://s3.x/a/b.wav?sig=Hq7xZ2 gave 403", "GET <url> gave 403", id="url"
        ),
        pytest.param("GET /a 404", "GET <path> 404", id="request"),
        pytest.param("GET /a/c?x=1,2 -> 404", "GET <path> -> 404", id="request_arrow"),
        pytest.param("GET https://x.io/a -> 404", "GET <url> -> 404", id="request_url"),
        pytest.param("https://x.io/a: 404", "<url>: 404", id="url_status"),
        pytest.param("GET / 502 12 ms", "GET <path> 502 <num> ms", id="request_took"),
        pytest.param("at 2024-01-15T14:32:15.123Z it ended", "at <time> it ended", id="time"),
        pytest.param("Mon, 15 Jan 2024 10:11:12 GMT: x", "<time>: x", id="mail_time"),
        pytest.param(
            "at 2026-11-25 13:00:00+00:00 it ended", "at <time> it ended", id="python_time"
        ),
        pytest.param("at 2026-11-25 13:00:00.123456+00:00.", "at <time>.", id="python_micros"),
        pytest.param("at 2026-11-25 13:00:00-0730: x", "at <time>: x", id="python_strftime"),
        pytest.param("at 2026-11-25 13:00:00.123+00, x", "at <time>, x", id="postgres_time"),
        pytest.param("at 2026-11-25 13:00:00Z, x", "at <time>, x", id="time_utc"),
        pytest.param("bob@example.com is unknown", "<email> is unknown", id="email"),
        pytest.param("10.0.0.1:443 refused", "<ip> refused", id="ip"),
        pytest.param("[fe80::1ff:fe23:4567:890a] refused", "[<ip>] refused", id="ip6"),
        pytest.param("db-1.eu.internal:5432 is down", "<host> is down", id="host"),
        pytest.param("no file /var/lib/a-1/b.wav", "no file <path>", id="path"),
        pytest.param(r"no file C:\Users\a b.wav", r"no file <path> b.wav", id="windows_path"),
        pytest.param("rec_12.wav is empty", "<file> is empty", id="file"),
        pytest.param("in /srv/a/b.py:12:7", "in <path>", id="line"),
        pytest.param("segfault at 0xDEADbeef", "segfault at <hex>", id="hex"),
        pytest.param("lost worker-7", "lost worker-<num>", id="numbered"),
        pytest.param("lost cus_9sPq3XvB2", "lost <id>", id="id"),
        pytest.param("ids 1, 2, 3 are gone", "ids <nums> are gone", id="list"),
        pytest.param("utf-8 and mp3 over HTTP/1.1", "utf-8 and mp3 over HTTP/1.1", id="formats"),
        pytest.param("ended after 1m30.5s", "ended after <duration>", id="duration"),
        pytest.param("  a \n", "a", id="space"),
        pytest.param("first line\nsecond line", "first line", id="no_cause"),
        pytest.param("音声 12 が読めません", "音声 <num> が読めません", id="japanese"),
        pytest.param("音声１２が読めません", "音声<num>が読めません", id="wide_digits"),
        pytest.param("انتهت بعد ٣٠ ثانية", "انتهت بعد <num> ثانية", id="arabic_digits"),
    ],
)
def test_mask_leaves_what_messages_share_when_values_vary(message, reason):
    assert mask(message) == reason
    assert mask(reason) == reason


@pytest.mark.parametrize(
    "code",
    [
        pytest.param(code, id=code.replace(" ", "_"))
        for code in (
            "HTTP 503",
            "HTTP/1.1 502",
            "status code 500",
            "statusCode=429",
            '{"status": 404}',
            "404 Not Found",
            "401 invalid api key",
            "answered 403 Request has expired",
            "returned 504",
            "exit code 137",
            "exited with code 1",
            "[Errno 111] refused",
            "error -110",
            "os error 2",
            "signal 9",
            "ORA-00942: no table",
            "Error 1205: lock",
            "SQLSTATE[23505]",
            "error 0x80070005",
            "error 28 from storage",
            '{"error":{"code":14,"detail":"x"}}',
            "<Response [503]>",
            "returned -22",
            "コード 401",
            "código 500",
            "码 503 状态码 503",
            "错误代码：404",
            "エラーコード：404",
            "错误：404",
            "错误代码（404）",
            "错误代码【404】",
            "错误代码＝404",
            "HTTP404",
            "HTTP_404",
            "Http404",
            "http-503: gone",
            "Download failed - 404",
            "server said 404",
            "server says 404",
            "upstream 502, retrying",
            "upstream 502",
            "upstream 502 from edge",
            "Error#17",
            "Error #17",
            "Error no. 17",
            "error number 17",
            "error_17",
            "kod błędu 17",
            "kod błędu: 17",
            "код ошибки 17",
            "статус 404",
            "estado: 404",
            "erro 17",
            "erro: 17",
            "errore 17",
            "hata kodu 17",
            "hata kodu: 17",
            "exit_code:137",
            "status:404",
            "winerror=10060 again",
            "sqlstate=42P01",
        )
    ],
)
def test_mask_keeps_a_number_when_it_says_what_happened(code):
    assert mask(f"read 17 of 29 failed: {code}").endswith(code.replace("码 503 ", "码 <num> "))


@pytest.mark.parametrize(
    "counted",
    [
        pytest.param("after 503 s", id="seconds"),
        pytest.param("returned 404 rows", id="rows"),
        pytest.param("received 512 bytes", id="bytes"),
        pytest.param("nach 416 Sekunden", id="german"),
        pytest.param("took 500ms", id="glued"),
        pytest.param("error: 400 files are missing", id="files"),
        pytest.param("port 443", id="port"),
        pytest.param("and took 404 ms", id="milliseconds"),
        pytest.param("at 404 bytes", id="bytes"),
        pytest.param("in attempt 404", id="attempt"),
        pytest.param("in line 404", id="line"),
        pytest.param("on port 500", id="port_500"),
        pytest.param("in job 502", id="job"),
        pytest.param("- 404 files", id="dash"),
        pytest.param("with 12 failed - 404 passed", id="tests"),
        pytest.param("as upstream 404, 405 and 406 are down", id="upstream_list"),
        pytest.param("as upstream 502 is down", id="upstream_number"),
        pytest.param("as upstream 502 ms", id="upstream_time"),
        pytest.param("GET /a 404 ms", id="request_time"),
        pytest.param("GET /a 200", id="request_2xx"),
        pytest.param("https://x.io/a: 404 bytes", id="link_size"),
        pytest.param("as server said 404 times", id="said_times"),
        pytest.param("of country code 404", id="country"),
        pytest.param("with country_code=404", id="country_field"),
        pytest.param("with requestCode=404", id="request_code"),
        pytest.param("failed to decode 404 frames", id="decode"),
        pytest.param("error number 17 of 20", id="error_of_many"),
        pytest.param("x:502", id="port_after_name"),
    ],
)
def test_mask_hides_a_number_when_it_only_says_how_many(counted):
    assert "<num>" in mask(f"reading ended {counted}")


_PYTHON = (
    "Traceback (most recent call last):\n"
    '  File "/srv/{0}.py", line {1}, in run\n'
    "    raise KeyError({1})\n"
    "KeyError: {1}\n"
    "\n"
    "During handling of the above exception, another exception occurred:\n"
    "\n"
    "Traceback (most recent call last):\n"
    '  File "/srv/{0}.py", line {1}, in <module>\n'
    "ValueError: bad rate {1}\n"
)
_JAVA = (
    'Exception in thread "worker-{1}" java.lang.RuntimeException: stage {0}\n'
    "\tat com.acme.{0}.run(A.java:{1})\n"
    "Caused by: java.lang.IllegalStateException: middle {0}\n"
    "\tat com.acme.B.run(B.java:{1})\n"
    "Caused by: java.io.IOException: frame {1} truncated\n"
    "\t... {1} more\n"
)


@pytest.mark.parametrize(
    ("trace", "reason"),
    [
        pytest.param(_PYTHON, "ValueError: bad rate <num>", id="python"),
        pytest.param(
            'Traceback (most recent call last):\n  File "{0}.py", line {1}\n    x()\n'
            "requests.exceptions.ConnectTimeout: no answer in {1} s",
            "requests.exceptions.ConnectTimeout: no answer in <num> s",
            id="python_dotted",
        ),
        pytest.param(
            'Traceback (most recent call last):\n  File "{0}.py", line {1}\n    x()\n'
            "botocore.errorfactory.NoSuchKey: gone\n",
            "botocore.errorfactory.NoSuchKey: gone",
            id="python_other_name",
        ),
        pytest.param(
            'x: Traceback (most recent call last):\\n  File "{0}.py", line {1}\\nOSError: full',
            "OSError: full",
            id="written_out",
        ),
        pytest.param(_JAVA, "java.io.IOException: frame <num> truncated", id="java"),
        pytest.param(
            "java.lang.OutOfMemoryError: Java heap space\n\tat java.util.{0}(A.java:{1})\n",
            "java.lang.OutOfMemoryError: Java heap space",
            id="java_alone",
        ),
        pytest.param(
            "panic: runtime error: index out of range [{1}] with length 3\n\n"
            "goroutine {1} [running]:\nmain.{0}()\n\t/tmp/x.go:{1} +0x1d\nexit status 2",
            "runtime error: index out of range [<num>] with length <num>",
            id="go",
        ),
        pytest.param(
            "/srv/{0}.js:{1}\n    throw new Error('x')\n    ^\n\nTypeError: x is not a function\n"
            "    at {0} (/srv/a.js:{1}:5)\n\nNode.js v18.12.1",
            "TypeError: x is not a function",
            id="node",
        ),
        pytest.param(
            "Error: cannot load\n    at {0} (/srv/a.js:{1}:5) {\n  [cause]: Error: read ECONNRESET\n"
            "      at b (/srv/b.js:{1}:1)\n}",
            "Error: read ECONNRESET",
            id="node_cause",
        ),
        pytest.param(
            "System.Exception: {0}\n ---> System.IO.IOException: disk {1} is full\n   at A.B()\n"
            "   --- End of inner exception stack trace ---\n   at C.D()",
            "System.IO.IOException: disk <num> is full",
            id="dotnet",
        ),
        pytest.param(
            "thread 'main' panicked at src/{0}.rs:{1}:5:\nindex out of bounds: the len is {1}\n"
            "note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace",
            "index out of bounds: the len is <num>",
            id="rust",
        ),
        pytest.param(
            "Error: failed to read {0}\n\nCaused by:\n    0: cannot parse line {1}\n"
            "    1: invalid digit found in string",
            "invalid digit found in string",
            id="rust_chain",
        ),
        pytest.param(
            "PHP Fatal error:  Uncaught PDOException: no driver in /srv/{0}.php:{1}\nStack trace:\n#0",
            "PDOException: no driver in <path>",
            id="php",
        ),
        pytest.param(
            "java.lang.RuntimeException: {0}\n\tat a.B(C.java:{1})\n"
            "Caused by: java.io.IOException: 文件 {1} 已损坏\n\t... 3 more",
            "java.io.IOException: 文件 <num> 已损坏",
            id="java_in_chinese",
        ),
    ],
)
def test_trace_is_grouped_by_its_last_cause_when_it_has_several_lines(trace, reason):
    spelt = [trace.replace("{0}", name).replace("{1}", n) for name, n in (("ab", "7"), ("c", "81"))]
    assert [mask(one) for one in spelt] == [reason, reason]


def test_last_cause_is_found_when_the_trace_is_long():
    frames = "".join(f"\tat com.acme.Deep.call{n}(Deep.java:{n})\n" for n in range(900))
    trace = (
        f"java.lang.RuntimeException: x\n{frames}Caused by: java.io.IOException: reset\n{frames}"
    )
    assert mask(trace) == "java.io.IOException: reset"
    lines = "".join(f'  File "a.py", line {n}, in f\n    f()\n' for n in range(900))
    assert mask(f"Traceback (most recent call last):\n{lines}OSError: full\n") == "OSError: full"


@pytest.mark.parametrize(
    "same",
    [
        pytest.param(["timeout after 30 s", "timeout after 4.5 s"], id="numbers"),
        pytest.param(["GET http://a/1 failed", "GET http://b/2?x=1 failed"], id="links"),
        pytest.param(["job ab12cd34ef failed", "job 00ff00ff00aa failed"], id="hex"),
        pytest.param(["token=abc1 is bad", "token=xyz2 is bad"], id="secrets"),
        pytest.param(["KeyError: 'user_id'", "KeyError: 'name'"], id="quoted"),
        pytest.param(["Datei „a.wav“ fehlt", "Datei „b.wav“ fehlt"], id="german_quotes"),
        pytest.param(["音声「会議」が壊れています", "音声「面談」が壊れています"], id="japanese"),
        pytest.param(["needs 3 GiB, has 1 GiB", "needs 300 MiB, has 10 KiB"], id="units"),
        pytest.param(
            ["missing [a]", "missing 'x' of [a, b]", "missing 'y' of [c, d, e]"][1:], id="lists"
        ),
        pytest.param(["cannot reach db.internal now", "cannot reach a.b.internal now"], id="hosts"),
        pytest.param(["auth uid=0 user=root failed", "auth uid=0 user= failed"], id="fields"),
        pytest.param(["ERROR: disk full", "Error: disk full", "error: disk full"], id="level"),
        pytest.param(["disk is full.", "disk is full"], id="full_stop"),
        pytest.param(["磁盘已满。", "磁盘已满"], id="wide_full_stop"),
        pytest.param(["GET /a?x=1&y=ab 404", "GET /b/c 404", "GET / 404"], id="requests"),
        pytest.param(["login code=Hq7xZ2kP9Lm", "login code=c29tZSB0ZXh0"], id="code_that_varies"),
        pytest.param(
            [f"login code={letters * 5}" for letters in ("qwertyui", "asdfghjk")],
            id="code_of_letters",
        ),
        pytest.param(["bad country_code=49", "bad country_code=1"], id="country_numbers"),
        pytest.param(["bad country_code=DE", "bad country_code=FR"], id="country_letters"),
        pytest.param(["exit_code=3221225477 x", "exit_code=3221225786 x"], id="long_exit_code"),
        pytest.param(
            [f"queue {name} has no reader" for name in ("mail", "orders", "ledger", "search")],
            id="named_words",
        ),
        pytest.param(
            [
                f"could not find {name} in the catalogue"
                for name in ["anna", "bob", "carl", "dora", "eve", "finn"]
            ],
            id="many_words",
        ),
    ],
)
def test_messages_are_one_reason_when_only_values_differ(same):
    assert len(set(group_messages(same))) == 1


@pytest.mark.parametrize(
    "apart",
    [
        pytest.param(["HTTP 503", "HTTP 404", "HTTP 500"], id="statuses"),
        pytest.param(["codec not supported", "file is empty"], id="words"),
        pytest.param(["", None], id="empty_and_missing"),
        pytest.param(
            ["file can be read", "file cannot be read", "file can not be read"], id="negation"
        ),
        pytest.param(
            ["x failed: ValueError", "x failed: KeyError", "x failed: OSError"], id="exceptions"
        ),
        pytest.param(["raised 'ValueError'", "raised 'KeyError'"], id="quoted_exceptions"),
        pytest.param(["[Errno 2] x", "[Errno 13] x", "[Errno 28] x"], id="errno"),
        pytest.param(["call gave ACCESS_DENIED", "call gave NOT_FOUND"], id="error_names"),
        pytest.param(['{"error": "denied"}', '{"error": "expired"}'], id="json_errors"),
        pytest.param(
            [
                f"connection to <ip> was {w}"
                for w in ["refused", "reset", "closed", "lost", "aborted", "dropped", "stopped"]
            ],
            id="many_states",
        ),
        pytest.param(["status=failed", "status=expired"], id="field_with_meaning"),
        pytest.param(
            [f"call code=FUNCTION_INVOCATION_OF_HANDLER_{end}" for end in ("TIMEOUT", "DENIED")],
            id="long_code_names",
        ),
        *(
            pytest.param([f"Download failed: {key}{value}" for value in values], id=key)
            for key, values in (
                ("status_code=", (404, 500)),
                ("exit_code=", (1, 137)),
                ("http_status=", (403, 503)),
                ("rc=", (1, 2)),
                ("ret=", (-1, -22)),
                ("retval=", (1, 2)),
                ("returncode=", (1, -9)),
                ("sqlstate=", ("23505", "42P01", "HY000")),
                ("hresult=", ("0x80070005", "0x80004005")),
                ("grpc_status=", (14, 4, "UNAVAILABLE", "Internal")),
                ("winerror=", (5, 10060)),
                ("last_error=", (5, 6)),
                ("error-code=", (1, 2)),
                ("statusCode=", (404, 500)),
                ("responseCode=", (404, 500)),
                ("result_code=", (1, 2, "TIMED_OUT", "BUSY")),
                ("response.code=", (404, 500)),
                ('status_code="', ('404"', '500"')),
                ("errno=", (2, 13)),
                ("code=", (2, 13, "Unavailable")),
                ("errorCode=", (2, 13)),
                ("status_code: ", (404, 500)),
            )
        ),
        *(
            pytest.param(
                [said.format(n) for n in (401, 404, 418, 500, 502, 503)], id=said.format("")
            )
            for said in (
                "Download of the file ended: status_code:{}",
                "Download of the file ended: Http{}",
                "Download of the file ended: error_{}",
                "Download of the file ended: ORA-00{}",
                "Download of the file ended: 错误：{}",
                "GET /a {}",
                "GET https://x.io/a -> {}",
                "[{}] fetch failed",
                "[{}] Not Found",
                "Download failed - {}",
                "server said {}",
                "upstream {}",
            )
        ),
        pytest.param(["接続が拒否されました", "接続が切断されました"], id="japanese"),
        pytest.param(["a: b", "c: d", "e: f", "g: h", "i: j", "k: l", "m: n"], id="short"),
    ],
)
def test_messages_are_apart_when_they_say_different_things(apart):
    assert len(set(group_messages(apart))) == len(apart)


def test_reason_has_a_name_when_there_is_no_text():
    assert group_messages([None, "", " \n\t", "x"]) == [
        NO_MESSAGE,
        EMPTY_MESSAGE,
        EMPTY_MESSAGE,
        "x",
    ]
    assert group_messages([]) == []
    assert [reason_of(None), reason_of(""), reason_of("x")] == [NO_MESSAGE, EMPTY_MESSAGE, "x"]


@pytest.mark.parametrize(
    "message",
    [
        "",
        "connect to 10.0.0.1:5432 failed after 3 tries: password=hunter2 refused",
        "GET https://bucket.s3.amazonaws.com/a/b.wav?X-Amz-Signature=0f8fad5bd9cb469f answered 403",
        'Traceback (most recent call last):\n  File "a.py", line 3\nValueError: bad token: abc123def',
        "token " * 900 + "secret=correct-horse-9 end",
    ],
    ids=["empty", "password", "link", "trace", "long"],
)
def test_mask_is_the_same_when_the_message_was_redacted_before(message):
    assert mask_redacted(redact_text(message)) == mask(message)
    assert mask_redacted(mask(message)) == mask(message)


@pytest.mark.parametrize(
    "before", [pytest.param("", id="short"), pytest.param("word\n" * 2_000, id="long")]
)
def test_secret_is_not_in_the_reason_when_it_spans_lines(before):
    lines = "ValueError: Hq7xZ2kP9\n" * 80
    pem = f"-----BEGIN PRIVATE KEY-----\n{lines}-----END PRIVATE KEY-----"
    assert "Hq7xZ2kP9" not in mask(f"{before}cannot read\n{pem}")
    assert "Hq7xZ2kP9" not in mask(f"{before}cannot read\n{pem[:900]}")


def test_secret_is_not_in_the_reason_when_the_cut_divides_it():
    for size in range(1_300, 1_360):
        text = (
            "x" * 20 + " y" * ((size - 20) // 2) + " https://me:Hq7xZ2kP9Lm@host/a " + "z " * 2_000
        )
        assert "Hq7x" not in mask("error: " + text)
        assert "Hq7x" not in mask(text)


def test_reason_is_cut_when_the_message_is_long():
    reason = mask("word " * 10_000)
    assert len(reason) <= MAX_LABEL
    assert reason.endswith("…")
    assert mask(reason) == reason


def test_reasons_are_one_when_the_cut_falls_elsewhere():
    long = "the upstream service {} did not finish " + "the next step of its plan " * 20
    assert (
        len(set(group_messages([long.format("a.b"), long.format("gateway.internal.example")]))) == 1
    )


def test_label_reads_like_a_message_when_masks_are_merged():
    labels = merge_masks(["No module named 'yaml'", "No module named 'numpy'", "disk full"])
    assert labels == {
        "No module named 'yaml'": "No module named '<name>'",
        "No module named 'numpy'": "No module named '<name>'",
        "disk full": "disk full",
    }


def test_mask_is_found_in_its_group_when_others_joined_it():
    labels = merge_masks(["KeyError: 'a'", "KeyError: 'b'", "disk full"])
    assert group_of("KeyError: 'b'", labels) == ("KeyError: 'a'", "KeyError: 'b'")
    assert group_of("gone by now", labels) == ("gone by now",)


def test_explanation_names_what_varies():
    names = ["mail", "orders", "ledger"]
    found = explain([f"queue {name} on 'a{n}' is full" for n, name in enumerate(names)])
    assert found.label == "queue <word> on '<name>' is full"
    assert len(found.masks) == 3
    assert [(p.slot, p.before, p.values, p.n_values) for p in found.varying] == [
        ("<word>", "queue ", ("ledger", "mail", "orders"), 3),
        ("<name>", "queue <word> on '", ("a0", "a1", "a2"), 3),
    ]
    assert [p.why for p in found.varying] == [
        "filled by many different words",
        "looks like a value",
    ]


def test_explanation_says_so_when_only_the_spelling_differs():
    found = explain(["ERROR: disk full", "Error: disk full."])
    assert found.label == "ERROR: disk full"
    assert [(p.slot, p.values, p.why) for p in found.varying] == [
        ("ERROR", ("ERROR", "Error"), "is only written in another way"),
        ("", ("", "."), "is only written in another way"),
    ]
    assert explain(["no module 'a'.", "no module 'b'."]).label == "no module '<name>'."


def test_explanation_is_empty_when_nothing_varies():
    assert explain([]).masks == ()
    assert explain(["a"]).varying == ()
    assert explain(["a", "b c"]).varying == ()


RULES = """
[[split]]
contains = "webm"
label = "webm cannot be decoded"

[[split]]
pattern = "No module named 'torch'"

[[merge]]
pattern = "dial tcp *: connect: *"
label = "Connection refused"

[[merge]]
contains = "econnrefused"
label = "Connection refused"
"""


def test_rules_change_groups_when_a_person_wrote_some(tmp_path):
    path = tmp_path / "reasons.toml"
    path.write_text(RULES, encoding="utf-8")
    rules = load_rules(path)
    assert group_messages(
        [
            "dial tcp 10.0.0.1:80: connect: connection refused",
            "Error: connect ECONNREFUSED 10.0.0.2:80",
            "Cannot decode 'webm' here",
            "Cannot decode 'ogg' here",
            "No module named 'torch'",
            "No module named 'yaml'",
            "No module named 'numpy'",
            None,
        ],
        rules,
    ) == [
        "Connection refused",
        "Connection refused",
        "webm cannot be decoded",
        "Cannot decode '<name>' here",
        "No module named 'torch'",
        "No module named '<name>'",
        "No module named '<name>'",
        NO_MESSAGE,
    ]


def test_rules_change_nothing_when_there_are_none(tmp_path):
    path = tmp_path / "reasons.toml"
    path.write_text("", encoding="utf-8")
    assert load_rules(path) == Rules()
    assert Rules((), (SplitRule("x*y*z"),)).apply({"x1y2": "a"}) == {"x1y2": "a"}


@pytest.mark.parametrize(
    ("text", "named"),
    [
        pytest.param("[[merge]\n", "not a TOML file", id="syntax"),
        pytest.param("[[join]]\n", "'join' is unknown", id="kind"),
        pytest.param("[merge]\ncontains='a'\nlabel='b'\n", "two brackets", id="brackets"),
        pytest.param("merge = [1]\n", "number 1: not a table", id="table"),
        pytest.param("[[merge]]\ncontains='a'\n", "label is missing", id="label"),
        pytest.param("[[merge]]\nlabel='a'\n", "contains or pattern", id="nothing"),
        pytest.param("[[split]]\ncontains='a'\npattern='b'\n", "contains or pattern", id="both"),
        pytest.param("[[split]]\nregex='a'\n", "'regex' is unknown", id="field"),
        pytest.param("[[split]]\ncontains=3\n", "contains must be text", id="type"),
        pytest.param("[[split]]\ncontains='  '\n", "contains must be text", id="blank"),
        pytest.param(f"[[split]]\ncontains='{'a' * 600}'\n", "500 characters", id="long"),
        pytest.param(
            f"[[split]]\ncontains='a'\nlabel='{'a' * 301}'\n", "300 characters", id="long_label"
        ),
        pytest.param(
            "[[split]]\ncontains='a'\nlabel='password=Hq7xZ2kP9'\n", "a secret", id="secret"
        ),
    ],
)
def test_rules_are_refused_with_their_place_when_they_cannot_be_meant(tmp_path, text, named):
    path = tmp_path / "reasons.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RulesError, match=r"reasons\.toml") as caught:
        load_rules(path)
    assert named in str(caught.value)
    assert "Hq7xZ2kP9" not in str(caught.value)
    assert isinstance(caught.value, SettingsError)


def test_rules_are_refused_when_there_is_no_file(tmp_path):
    with pytest.raises(RulesError, match="cannot be read"):
        load_rules(tmp_path / "none.toml")


@pytest.mark.parametrize("part", [DEVELOPED, HELD_OUT])
def test_most_messages_are_grouped_as_their_templates_when_systems_differ(part):
    accuracies = []
    for system, templates in systems(part).items():
        made = messages(system, templates, 250)
        groups = group_messages([text for _, text in made])
        accuracies.append(grouping_accuracy([number for number, _ in made], groups))
    assert sum(accuracies) / len(accuracies) > 0.9
