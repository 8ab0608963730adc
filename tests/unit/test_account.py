"""Credentials hide, accounts stay the same, addresses have one spelling."""

from __future__ import annotations

import copy
import json
import pickle
from datetime import UTC, datetime

import jwt
import pytest

from explorer.api.account import Account, Credential
from explorer.api.address import is_loopback, normalised_base_url
from explorer.errors import SettingsError

KEY = "sk_live_canary0123456789"
SIGNING = "a signing key of thirty-two bytes!"


def token(**claims: object) -> str:
    return jwt.encode(claims, SIGNING, algorithm="HS256")


def fingerprint(value: str, kind: str = "token") -> str:
    return Credential(value, kind).fingerprint


def test_credential_shows_nothing_when_looked_at():
    credential = Credential(KEY, "key")
    for shown in (
        repr(credential),
        str(credential),
        f"{credential}",
        repr(credential.account("x")),
    ):
        assert "canary" not in shown
    with pytest.raises(TypeError):
        vars(credential)
    for make in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="not pickled"):
            make(credential)


def test_credential_signs_in_the_header_of_its_kind():
    assert Credential(KEY, "key").headers() == {"X-API-Key": KEY}
    assert Credential(KEY, "token").headers() == {"Authorization": f"Bearer {KEY}"}


@pytest.mark.parametrize("kind", ["key", "token"])
@pytest.mark.parametrize(
    "value",
    [
        pytest.param("", id="empty"),
        pytest.param("  ", id="blank"),
        pytest.param("canary\n", id="line break"),
        pytest.param("canary\r\nX-Evil: 1", id="header injection"),
        pytest.param("canary 2", id="space"),
        pytest.param("canary\u00e9", id="non-ASCII"),
        pytest.param("canary\u200b", id="zero-width space"),
        pytest.param("Bearer canary", id="with Bearer"),
        pytest.param("canary\x00", id="null byte"),
    ],
)
def test_credential_is_refused_without_its_value_when_no_header_can_carry_it(kind, value):
    with pytest.raises(SettingsError) as caught:
        Credential(value, kind)
    assert "canary" not in str(caught.value)
    assert {"key": "CALLCOV_API_KEY", "token": "CALLCOV_TOKEN"}[kind] in str(caught.value)
    assert caught.value.__context__ is None


def test_fingerprint_is_the_same_when_a_key_is_sent_as_token():
    assert fingerprint(KEY, "key") == fingerprint(KEY, "token")
    assert fingerprint(KEY) != fingerprint(KEY + "x")


def test_fingerprint_is_the_same_when_a_token_is_renewed():
    assert fingerprint(token(sub="u1", exp=1)) == fingerprint(token(sub="u1", exp=2, jti="z"))
    assert fingerprint(token(sub="u1")) != fingerprint(token(sub="u2"))
    assert fingerprint(token(org="o1", exp=1)) == fingerprint(token(org="o1", exp=2))
    assert fingerprint(token(org="o1")) != fingerprint(token(org="o2"))


@pytest.mark.parametrize("value", ["a.b.c", "opaque", "..", "eyJ.eyJ.x", "a.b.c.d"])
def test_fingerprint_is_of_the_token_when_it_is_no_jwt(value):
    assert fingerprint(value) != fingerprint(value + "x")
    assert Credential(value, "token").expires_at is None


def test_fingerprint_differs_when_a_token_names_only_its_times():
    assert fingerprint(token(exp=1)) != fingerprint(token(exp=2))


def test_fingerprint_is_short_and_not_the_key():
    assert len(fingerprint(KEY, "key")) == 16
    assert fingerprint(KEY, "key") not in KEY


@pytest.mark.parametrize(
    ("value", "livemode"),
    [("sk_live_a", True), ("sk_test_a", False), ("other", None), (token(sub="u"), None)],
    ids=["live", "test", "unknown", "jwt"],
)
def test_livemode_is_told_by_the_prefix(value, livemode):
    assert Credential(value, "token").livemode is livemode


def test_expiry_is_read_when_a_token_has_one():
    credential = Credential(token(sub="u", exp=1_700_000_000), "token")
    assert credential.expires_at == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
    assert credential.expired
    assert not Credential(token(sub="u", exp=32_503_680_000), "token").expired
    assert not Credential(KEY, "key").expired
    for odd in ("soon", 1e300, -1e300, [1], None):
        encoded = jwt.api_jws.encode(f'{{"sub": "u", "exp": {json.dumps(odd)}}}'.encode(), SIGNING)
        assert Credential(encoded, "token").expires_at is None


def test_account_is_a_key_when_hashed():
    account = Credential(KEY, "key").account("https://a.example")
    assert {account: 1}[Account("https://a.example", fingerprint(KEY))] == 1
    assert pickle.loads(pickle.dumps(account)) == account


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ("https://api.callcov.com/api/v1", "https://api.callcov.com/api/v1"),
        ("https://api.callcov.com/api/v1/", "https://api.callcov.com/api/v1"),
        (" HTTPS://API.CallCov.com:443/api/v1// ", "https://api.callcov.com/api/v1"),
        ("https://a.example", "https://a.example"),
        ("http://localhost:8765/api/v1/", "http://localhost:8765/api/v1"),
        ("http://127.1.2.3/", "http://127.1.2.3"),
        ("http://[::1]:9/x", "http://[::1]:9/x"),
    ],
)
def test_address_has_one_spelling(given, address):
    assert normalised_base_url(given) == address


@pytest.mark.parametrize(
    ("address", "said"),
    [
        pytest.param("", "not a web address", id="empty"),
        pytest.param("api.callcov.com", "not a web address", id="no scheme"),
        pytest.param("localhost:8000", "not a web address", id="host as scheme"),
        pytest.param("ftp://a.example", "not a web address", id="ftp"),
        pytest.param("https://", "not a web address", id="no host"),
        pytest.param("https://a.example:port", "not a web address", id="bad port"),
        pytest.param("https://u:canary@a.example", "a user", id="credentials"),
        pytest.param("https://a.example/?key=canary", "a query", id="query"),
        pytest.param("https://a.example/#canary", "a #", id="fragment"),
        pytest.param("http://a.example/", "EXPLORER_ALLOW_HTTP", id="plain http"),
        pytest.param("http://127.0.0.1.a.example/", "EXPLORER_ALLOW_HTTP", id="loopback as prefix"),
        pytest.param(
            "http://localhost.a.example/", "EXPLORER_ALLOW_HTTP", id="localhost as prefix"
        ),
        pytest.param("http://0.0.0.0/", "EXPLORER_ALLOW_HTTP", id="any address"),
    ],
)
def test_address_is_refused_when_it_is_none_or_gives_the_key_away(address, said):
    with pytest.raises(SettingsError, match=said) as caught:
        normalised_base_url(address)
    assert "canary" not in str(caught.value)
    assert caught.value.__context__ is None


def test_plain_http_is_taken_when_allowed():
    assert normalised_base_url("http://a.example", allow_http=True) == "http://a.example"


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST", "localhost.", "127.0.0.1", "::1"])
def test_loopback_is_known(host):
    assert is_loopback(host)
