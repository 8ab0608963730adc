"""The client against the sandbox on a real port: each call, both credentials, a moving list."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import uvicorn

from explorer.api import Analysis, Client, RateBudget
from explorer.errors import (
    InvalidFilterError,
    InvalidParameter,
    NotFound,
    RateLimited,
    SettingsError,
    Unauthorized,
)
from explorer.sandbox import EMPTY_KEY, SANDBOX_KEY, SECOND_KEY, Sandbox

N_ANALYSES = 300
SETTINGS = ("CALLCOV_API_KEY", "CALLCOV_TOKEN", "CALLCOV_BASE_URL", "EXPLORER_ALLOW_HTTP")


class Served:
    """A sandbox on a free port of this machine."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        # With its protocol named asyncio sends small answers at once, not 40 ms later.
        self._listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._listening.bind(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}/api/v1"
        config = uvicorn.Config(sandbox.app(), log_config=None, ws="none", lifespan="off")
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._listening]}, daemon=True
        )
        self._thread.start()
        while not self._server.started:
            time.sleep(0.005)

    def close(self) -> None:
        self._server.should_exit = True
        self._thread.join(10)
        self._listening.close()


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    served = Served(Sandbox(analyses=N_ANALYSES, rate_limit=0))
    yield served
    served.close()


@pytest.fixture
def limited() -> Iterator[Served]:
    served = Served(Sandbox(analyses=50, rate_limit=5))
    yield served
    served.close()


@pytest.fixture
def client(served: Served) -> Iterator[Client]:
    with Client(served.url, SANDBOX_KEY, budget=RateBudget()) as client:
        yield client


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)


def test_list_gives_one_page_newest_first(client):
    page = client.list(limit=20, offset=5)
    assert len(page.data) == 20
    assert (page.total, page.has_more, page.rejected) == (N_ANALYSES, True, [])
    assert all(isinstance(analysis, Analysis) for analysis in page.data)
    created = [analysis.created for analysis in page.data]
    assert created == sorted(created, reverse=True)
    assert page.data[0].id == client.list(limit=6).data[5].id


def test_list_has_the_documented_defaults(client):
    assert len(client.list().data) == 100


def test_list_filters_by_each_parameter(client):
    one = client.list(limit=1).data[0]
    assert one.call is not None
    agent, contact = one.call.agent_id, one.call.contact_id
    for filters in ({"agent_id": agent}, {"contact_id": contact}, {"search": agent}):
        page = client.list(**filters, limit=1000)
        assert 0 < page.total < N_ANALYSES
        assert one.id in [analysis.id for analysis in page.data]
        assert client.count(**filters) == page.total
    statuses = ("processing", "completed", "failed")
    assert sum(client.count(status_filter=status) for status in statuses) == N_ANALYSES


@pytest.mark.parametrize("name", ["status_filter", "agent_id", "contact_id", "search"])
def test_empty_filter_is_refused_since_it_could_mean_everything(client, name):
    for call in (client.list, client.count, client.iterate, client.list_bytes):
        with pytest.raises(InvalidFilterError, match=f"{name} is empty"):
            call(**{name: ""})


@pytest.mark.parametrize("text", ["a&limit=1", "a b+c", "%2F", "ü", "#", "?", "a\nb"])
def test_filter_arrives_as_it_is_written(client, text):
    assert client.count(agent_id=text) == 0
    assert client.list(search=text).data == []


@pytest.mark.parametrize(
    ("parameters", "field"),
    [({"limit": 0}, "limit"), ({"limit": 1001}, "limit"), ({"offset": -1}, "offset")],
    ids=["limit 0", "limit 1001", "offset -1"],
)
def test_parameter_is_judged_by_the_api(client, parameters, field):
    with pytest.raises(InvalidParameter) as caught:
        client.list(**parameters)
    assert caught.value.field == field


def test_list_bytes_is_the_answer_itself(client):
    assert client.list_bytes(limit=2).startswith(b'{"object":"list"')


@pytest.mark.parametrize("page_size", [7, 100, 1000])
def test_iterate_gives_each_analysis_once(client, page_size):
    walk = client.iterate(page_size=page_size)
    rows = list(walk)
    assert len({row.id for row in rows}) == len(rows) == N_ANALYSES
    assert (walk.total, walk.complete, walk.rejected) == (N_ANALYSES, True, [])
    if page_size > 7:
        assert walk.requests <= -(-N_ANALYSES // page_size) + 1


def test_iterate_keeps_to_its_filter(client):
    rows = list(client.iterate(status_filter="failed", page_size=5))
    assert {row.status for row in rows} == {"failed"}
    assert len(rows) == client.count(status_filter="failed")


def test_iterate_over_an_empty_account_ends(served):
    with Client(served.url, EMPTY_KEY, budget=RateBudget()) as client:
        assert list(client.iterate()) == []
        assert client.count() == 0


def test_retrieve_gives_the_analysis(client):
    one = client.list(limit=1).data[0]
    assert client.retrieve(one.id).raw == one.raw


@pytest.mark.parametrize("analysis_id", ["", " ", ".", "..", "\t", None])
def test_retrieve_refuses_an_id_that_would_be_the_list(client, analysis_id):
    with pytest.raises(ValueError, match="id"):
        client.retrieve(analysis_id)


@pytest.mark.parametrize(
    "analysis_id",
    ["unknown", "../analysis", "..%2f", "a/b", "?limit=1", "#", "a?b=c", "/", "%2e%2e", "\u00e4 b"],
)
def test_retrieve_stays_below_the_list_whatever_the_id(client, analysis_id):
    with pytest.raises(NotFound):
        client.retrieve(analysis_id)


def test_another_accounts_analysis_is_not_found(client, served):
    with Client(served.url, SECOND_KEY, budget=RateBudget()) as second:
        foreign = second.list(limit=1).data[0]
    with pytest.raises(NotFound):
        client.retrieve(foreign.id)


def test_token_and_key_as_token_are_accepted(served, client):
    for token in (served.sandbox.token(), SANDBOX_KEY):
        with Client(served.url, token=token, budget=RateBudget()) as other:
            assert other.count() == N_ANALYSES
            assert other.credential_kind == "token"
    with Client(served.url, token=SANDBOX_KEY) as other:
        assert other.account == client.account


@pytest.mark.parametrize("value", [["a", "b"], ("a",), 5, "\ud800"])
def test_parameter_that_is_no_text_is_refused(client, value):
    for call in (client.list, client.count, client.list_bytes):
        with pytest.raises(InvalidFilterError, match=r"agent_id takes one text.*mirror\.calls"):
            call(agent_id=value)


def test_wrong_key_is_unauthorized(served):
    with (
        Client(served.url, "sk_test_wrong", budget=RateBudget()) as client,
        pytest.raises(Unauthorized, match="CALLCOV_API_KEY"),
    ):
        client.list()


def test_expired_token_is_replaced_within_the_account(served):
    expired = served.sandbox.token(expires_in_s=-60)
    with Client(served.url, token=expired, budget=RateBudget()) as client:
        with pytest.raises(Unauthorized, match=r"token expired at .* UTC.*CALLCOV_TOKEN"):
            client.list()
        account, walk = client.account, client.iterate(page_size=50)
        client.replace_token(served.sandbox.token())
        assert client.account == account
        assert client.token_expires_at is not None
        assert len(list(walk)) == N_ANALYSES
        for other in (served.sandbox.token(SECOND_KEY), "opaque", SECOND_KEY):
            with pytest.raises(SettingsError, match="not of this account") as caught:
                client.replace_token(other)
            assert other not in str(caught.value)
        assert client.count() == N_ANALYSES


def test_rate_limit_is_kept_when_threads_and_clients_ask_at_once(limited):
    budget = RateBudget()
    with (
        Client(limited.url, SANDBOX_KEY, budget=budget, max_wait_s=20) as one,
        Client(limited.url, SANDBOX_KEY, budget=budget, max_wait_s=20) as two,
    ):
        assert one.count() == 50
        with ThreadPoolExecutor(8) as threads:
            calls = [threads.submit(client.count) for client in (one, two) * 6]
        failures = [call.exception() for call in calls if call.exception()]
    assert len(calls) - len(failures) == 4
    assert all(isinstance(failure, RateLimited) for failure in failures)
    # a window is 60 s; the reset is rounded up to a second, Date down to one and a tick late
    assert all(0 < failure.retry_after_s <= 64 for failure in failures)
    assert budget.snapshot().limit == 5
    assert budget.snapshot().remaining == 0


def test_background_reader_leaves_requests_for_the_person_clicking(limited):
    with Client(limited.url, SANDBOX_KEY, budget=RateBudget(), max_wait_s=0.2) as client:
        for _ in range(3):
            client.count(reserve=2)
        with pytest.raises(RateLimited):
            client.count(reserve=2)
        assert client.count() == 50


def test_one_budget_serves_all_clients_of_an_account(served):
    with (
        Client(served.url, SANDBOX_KEY) as one,
        Client(served.url + "/", token=SANDBOX_KEY) as two,
        Client(served.url, SECOND_KEY) as other,
    ):
        assert one.budget is two.budget
        assert one.budget is not other.budget


def test_list_stays_whole_when_the_account_moves(served):
    live = Served(Sandbox(analyses=300, rate_limit=0, live=True))
    try:
        with Client(live.url, SANDBOX_KEY, budget=RateBudget()) as client:
            before = {row.id for row in client.list(limit=1000).data}
            seen = [row.id for row in client.iterate(page_size=20)]
    finally:
        live.close()
    assert len(set(seen)) == len(seen)
    assert before <= set(seen)


# -- what a client is made of ----------------------------------------------------------------


def test_credential_and_address_come_from_the_environment(served, monkeypatch):
    monkeypatch.setenv("CALLCOV_BASE_URL", served.url + "/")
    monkeypatch.setenv("CALLCOV_API_KEY", SANDBOX_KEY)
    with Client(budget=RateBudget()) as client:
        assert client.count() == N_ANALYSES
        assert client.base_url == served.url
        assert client.livemode is False
    monkeypatch.delenv("CALLCOV_API_KEY")
    monkeypatch.setenv("CALLCOV_TOKEN", served.sandbox.token())
    with Client(budget=RateBudget()) as client:
        assert client.credential_kind == "token"


def test_argument_wins_over_the_environment(monkeypatch):
    monkeypatch.setenv("CALLCOV_API_KEY", "sk_live_other")
    with Client("https://a.example", token="sk_test_mine") as client:
        assert (client.credential_kind, client.livemode) == ("token", False)


def test_settings_error_when_no_credential_is_given():
    with pytest.raises(SettingsError, match="CALLCOV_API_KEY"):
        Client("https://a.example")


def test_settings_error_when_two_credentials_are_given(monkeypatch):
    with pytest.raises(SettingsError, match="Both"):
        Client("https://a.example", "sk_live_canary", token="canary")
    monkeypatch.setenv("CALLCOV_API_KEY", "sk_live_canary")
    monkeypatch.setenv("CALLCOV_TOKEN", "canary")
    with pytest.raises(SettingsError, match="Both"):
        Client("https://a.example")


def test_empty_key_is_not_taken_for_a_missing_one(monkeypatch):
    monkeypatch.setenv("CALLCOV_API_KEY", "sk_live_other")
    with pytest.raises(SettingsError, match="empty"):
        Client("https://a.example", "")


def test_plain_http_needs_permission(monkeypatch):
    with pytest.raises(SettingsError, match="EXPLORER_ALLOW_HTTP"):
        Client("http://a.example", "sk_live_a")
    Client("http://a.example", "sk_live_a", allow_http=True).close()
    monkeypatch.setenv("EXPLORER_ALLOW_HTTP", "1")
    Client("http://a.example", "sk_live_a").close()
    with pytest.raises(SettingsError, match="EXPLORER_ALLOW_HTTP"):
        Client("http://a.example", "sk_live_a", allow_http=False)


def test_requests_name_the_explorer(served, client):
    assert client._transport._http.headers["User-Agent"].startswith("callcov-explorer/")
