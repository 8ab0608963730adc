"""Secrets leave any text, in whatever spelling; what helps to find a fault stays."""

from __future__ import annotations

import time

import pytest

from explorer.redact import HIDDEN, redact, redact_link, redact_text

S = "Hq7xZ2kP9vTw"
PEM = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\n{}\n-----END RSA PRIVATE KEY-----"

SPELLINGS = {
    "authorization_bearer": "Authorization: Bearer {}",
    "authorization_basic": "authorization: Basic {}==",
    "authorization_token": "Authorization: Token {}",
    "authorization_bare": "Authorization: {}",
    "authorization_unknown_scheme": "Authorization: Vendor-Scheme {}",
    "authorization_digest": 'Authorization: Digest username="bob", realm="a b", response="{}"',
    "authorization_aws4": "Authorization: AWS4-HMAC-SHA256 Credential=AK/2, Signature={}",
    "authorization_json": '{{"Authorization": "Bearer {}"}}',
    "authorization_repr": "headers={{'authorization': 'Bearer {}'}}",
    "proxy_authorization": "Proxy-Authorization: Basic {}",
    "bearer": "sent bearer {} to it",
    "x_api_key": "X-API-Key: {}",
    "x_auth_token": "x-auth-token: {}",
    "api_key_space": "api-key {}",
    "api_key_words": "Invalid API key provided: {}",
    "api_key_sentence": "API key {} is not valid",
    "api_key_arrow": "api_key => {}",
    "token_is": "token is {}",
    "token_space": "refused token '{}'",
    "token_plain": "unknown token {}",
    "password_colon": "password: {}",
    "password_equals": "Password={}",
    "password_comma": "password=ab,{}",
    "password_quoted": "password='a b {}'",
    "password_option": "--password {}",
    "password_xml": "<password>{}</password>",
    "passphrase": "passphrase := {}",
    "json": '{{"password": "{}"}}',
    "json_quote_inside": '{{"password": "ab\\"{}"}}',
    "json_in_json": '{{\\"api_key\\": \\"{}\\"}}',
    "json_in_json_quote_inside": '{{\\"secret\\":\\"ab\\\\\\"{}\\"}}',
    "json_in_json_in_json": '{{\\\\\\"token\\\\\\":\\\\\\"{}\\\\\\"}}',
    "json_cut_off": '{{"client_secret": "{}',
    "list": "{{'token': ['{}']}}",
    "camel_case": "clientSecret={}",
    "aws_secret": "AWS_SECRET_ACCESS_KEY={}",
    "aws_ini": "aws_secret_access_key = {}",
    "refresh_token": "refresh_token={}&grant_type=refresh",
    "signature": "X-Amz-Signature={}",
    "encoded": "path%3Fa%3D1%26Signature%3D{}%26Expires%3D1",
    "encoded_twice": "a%2526sig%253D{}%2526x%253D1",
    "encoded_json": "%22password%22%3A%22{}%22",
    "connection_string": "Server=db;User Id=sa;Password={};Encrypt=true",
    "azure_account": "AccountName=a;AccountKey={}==;EndpointSuffix=x",
    "azure_sas": "https://a.blob.core.windows.net/c/b.wav?sv=2024&sig={}%3D",
    "azure_sas_bare": "?sv=2024&se=x&sig={}%3D&sp=r",
    "gcp_signed": "https://storage.googleapis.com/b/o.wav?X-Goog-Signature={}",
    "shared_access": "SharedAccessSignature sr=x&sig={}&se=1",
    "link_password": "https://user:{}@host/path",
    "link_user": "https://{}@host/path",
    "link_password_slash": "https://user:pa/{}@host/path",
    "link_password_hash": "https://user:p#{}@host/path",
    "link_password_caret": "postgres://user:p^{}@host/db",
    "link_cut_off": "redis://default:{}",
    "link_fragment": "https://host/cb#access_token={}",
    "link_query": "https://host/a.wav?anything={}",
    "no_scheme": "connect user:{}@db.internal failed",
    "slack": "https://hooks.slack.com/services/T0A/B0B/{}",
    "discord": "https://discord.com/api/webhooks/123/{}",
    "telegram": "https://api.telegram.org/bot123:{}/send",
    "cookie": "Cookie: a=b; theme={}",
    "cookie_several": "Cookie: a=b; c={}; d=e\nHost: x",
    "cookie_curl": '-H "Cookie: a=1; b={}" https://x',
    "set_cookie": "Set-Cookie: sid={}; Path=/; HttpOnly",
    "cookie_json": '"cookie": "a=b; c={}"',
    "pem": PEM,
    "pem_cut_off": "-----BEGIN PRIVATE KEY-----\n{}",
    "pem_one_line": "-----BEGIN EC PRIVATE KEY-----\\n{}\\n-----END EC PRIVATE KEY----- after",
    "stripe": "sk_live_{}",
    "github": "ghp_{}",
    "aws_id": "AKIA1234567890AB{}".upper(),
    "google": "AIzaSyD-1234567890{}",
    "jwt": "got eyJhbGciOiJIUzI1NiJ9.eyJ{}.{}",
    "opaque": "cdn refused abcdefABCDEF0123456789abcdefABCDEF0123{}",
}


@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS.keys())
def test_secret_is_gone_when_spelt_as(spelling):
    text = spelling.replace("{{", "\0").replace("}}", "\1").replace("{}", S)
    text = text.replace("\0", "{").replace("\1", "}")
    found = redact_text(f"before {text}")
    assert S.lower() not in found.lower()
    assert HIDDEN in found
    assert found.startswith("before ")
    assert redact_text(found) == found


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("timeout after 30 s", id="number"),
        pytest.param("no token given", id="no_token"),
        pytest.param("token expired", id="token_expired"),
        pytest.param("Invalid token: expired", id="token_colon_state"),
        pytest.param("secret is missing", id="secret_is_missing"),
        pytest.param("a password is required", id="password_required"),
        pytest.param("password=None", id="password_none"),
        pytest.param('{"token": null, "n": 3}', id="token_null"),
        pytest.param("bearer token missing", id="bearer_missing"),
        pytest.param("Authorization header missing", id="authorization_missing"),
        pytest.param("cookie: missing", id="cookie_missing"),
        pytest.param("HTTP 403 Forbidden", id="status"),
        pytest.param("id 550e8400-e29b-41d4-a716-446655440000", id="uuid"),
        pytest.param("md5 d41d8cd98f00b204e9800998ecf8427e", id="hash_of_32"),
        pytest.param("/var/lib/recordings/2024/11/24/call-12345678/audio.wav", id="path"),
        pytest.param("src/callcov/workers/transcription/segment_worker_v2.py:41", id="source"),
        pytest.param(
            "s3://bucket/550e8400-e29b-41d4-a716-446655440000/550e8400-e29b-41d4-a716-446655440000",
            id="uuids_in_path",
        ),
        pytest.param("https://s3.amazonaws.com/callcov-audio/2024/x.wav", id="link"),
        pytest.param("https://localhost:8443/x", id="port"),
        pytest.param("https://medium.com/@bob/post", id="at_in_path"),
        pytest.param("some-long-kebab-case-identifier-with-1-number-in-it", id="kebab"),
        pytest.param("maximum context length is 4096 tokens", id="tokens"),
        pytest.param("max_tokens=100, tokens: 512, token_type: bearer", id="token_names"),
        pytest.param("author: Bob; design=big; authenticated=false", id="names_inside_words"),
        pytest.param("KeyError: 'results'; duplicate key: id", id="key"),
        pytest.param("12:30:45 worker-7 failed", id="time"),
        pytest.param("basic plan, digest sent, codec=opus; rate=8000", id="words"),
        pytest.param("Invalid authentication credentials", id="credentials"),
        pytest.param("", id="empty"),
        pytest.param("通話 ошибка 🙂", id="other_scripts"),
    ],
)
def test_text_stays_when_it_holds_no_secret(text):
    assert redact_text(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "GET https://bob:pw@s3.amazonaws.com/a/b.wav?X-Amz-Signature=abc&x=1#f, then",
            "GET https://…@s3.amazonaws.com/a/b.wav?…#…, then",
            id="link",
        ),
        pytest.param("(see https://h/a?b=c).", "(see https://h/a?…).", id="punctuation"),
        pytest.param("Server=a;Password=b;Port=1", "Server=a;Password=…;Port=1", id="connection"),
        pytest.param('{"password": "ab", "n": 1}', '{"password": "…", "n": 1}', id="json"),
        pytest.param("Authorization: Bearer xyz", "Authorization: Bearer …", id="bearer"),
        pytest.param("api-key abc", "api-key …", id="api_key"),
        pytest.param("token is abc", "token is …", id="token_is"),
        pytest.param("a%26Signature%3Dabc%26E%3D1", "a%26Signature%3D…%26E%3D1", id="encoded"),
        pytest.param("Cookie: a=b; c=d\nHost: x", "Cookie: …\nHost: x", id="cookie"),
        pytest.param("user:pass@host:5432/db", "user:…@host:5432/db", id="no_scheme"),
    ],
)
def test_rest_of_the_text_reads_on_when_a_secret_goes(text, expected):
    assert redact_text(text) == expected


@pytest.mark.parametrize(
    "piece",
    [
        "a",
        "a:",
        "a@",
        '\\"',
        '"',
        "password=",
        "token is ",
        "Cookie: ",
        "https://",
        "eyJ",
        "/a1",
        "-----BEGIN A-----",
        "-----BEGIN A",
        "%3D",
        "password=[",
        "password",
        " ",
        "sk_",
        "A1",
    ],
    ids=repr,
)
def test_time_grows_with_the_length_only_when_the_text_is_hostile(piece):
    def seconds(n: int) -> float:
        text = (piece * n)[:n]
        best = float("inf")
        for _ in range(2):
            started = time.perf_counter()
            redact_text(text)
            best = min(best, time.perf_counter() - started)
        return best

    # ten times when linear, a hundred times when quadratic; the room is for a busy machine
    assert seconds(30_000) < 4 * 10 * seconds(3_000) + 0.05


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        pytest.param("https://s3.x/a/b.wav?sig=1", "https://s3.x/…", id="signed"),
        pytest.param("https://u:p@s3.x:9/a", "https://s3.x/…", id="user"),
        pytest.param("not a link", "…", id="none"),
        pytest.param("https://[::1", "…", id="broken"),
        pytest.param("", "…", id="empty"),
    ],
)
def test_link_shows_scheme_and_host_only_when_it_is_a_fields_value(link, expected):
    assert redact_link(link) == expected


def test_document_keeps_its_shape_when_redacted():
    document = {
        "audio": {"url": f"https://s3.x/{S}?sig={S}", "size_bytes": 3},
        "metadata": {"webhook_url": f"https://h/{S}", "error_message": f"token={S}"},
        "list": [True, None, 1.5, f"Bearer {S}", {"client_secret": S, "token": None}],
        f"api_key={S}": "name",
        "token_type": "bearer",
    }
    found = redact(document)
    assert S not in repr(found)
    assert found == {
        "audio": {"url": "https://s3.x/…", "size_bytes": 3},
        "metadata": {"webhook_url": "https://h/…", "error_message": "token=…"},
        "list": [True, None, 1.5, "Bearer …", {"client_secret": "…", "token": None}],
        "api_key=…": "name",
        "token_type": "bearer",
    }
    assert document["audio"]["size_bytes"] == 3
    assert S in repr(document)  # a copy, not the document itself
