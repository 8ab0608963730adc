"""Every page in every state, over a real API on a real port."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from starlette.responses import JSONResponse
from streamlit.testing.v1 import AppTest

from explorer.sandbox import EMPTY_KEY, SANDBOX_KEY, SECOND_KEY, MemoryAccount
from tests.app.harness import (
    FOUNDING,
    NOW,
    Api,
    calls,
    go,
    keys,
    open_app,
    plain,
    problem,
    record,
    settle,
    titles,
    words,
)
from tests.conftest import serving

PAGES = ["overview", "calls", "call"]  # the Data page needs no answer of the API


# --- many calls -----------------------------------------------------------------------------


def test_overview_asks_five_times_when_opened_cold(serve):
    api = serve()
    at = open_app()
    settle()
    # those of the mirror's first read have other limits: it counts nothing
    asked = [part for part in api.new_requests() if re.search("limit=10?&", part)]
    assert len(asked) == 5
    assert sorted(part for part in asked if "limit=1&" in part) == [
        "/analysis/?limit=1&offset=0",
        *(f"/analysis/?status_filter={s}&limit=1&offset=0" for s in ("completed", "failed", "processing")),
    ]  # fmt: skip
    assert "/analysis/?limit=10&offset=0" in asked
    account = api.sandbox.accounts[SANDBOX_KEY]
    total = account.page(_filters(), 1, 0)[1]
    assert at.metric[0].value == f"{total:,}"
    assert sum(int(m.value.replace(",", "")) for m in at.metric[1:]) == total
    at.run()
    assert len(at.get("plotly_chart")) == 5
    assert api.new_requests() == []
    assert len(at.dataframe(key="newest").value) == 10
    assert not at.error


def _filters(**given: str) -> Any:
    from explorer.sandbox import Filters

    return Filters(**given)


def test_page_makes_no_request_when_it_is_seen_again(serve):
    api = serve()
    at = open_app()
    go(at, "calls", limit="20")
    settle()
    api.new_requests()
    go(at, "overview")
    go(at, "calls", limit="20")
    at.run()
    assert api.new_requests() == []
    assert not at.warning


def test_page_asks_again_when_refreshed(serve):
    api = serve()
    at = open_app("calls", limit="20")
    settle()
    api.new_requests()
    api.sandbox.accounts[SANDBOX_KEY] = MemoryAccount([FOUNDING])
    at.button(key="refresh").click().run()
    settle()
    assert [part for part in api.new_requests() if "limit=20&" in part] == [
        "/analysis/?limit=20&offset=0"
    ]
    assert calls(at) == [FOUNDING["id"]]
    at.run()
    assert api.new_requests() == []


def test_list_shows_what_the_api_answers_when_there_are_many(serve):
    api = serve()
    at = open_app("calls", limit="50")
    records, total = api.sandbox.accounts[SANDBOX_KEY].page(_filters(), 50, 0)
    assert calls(at) == [one["id"] for one in records]
    assert f"1–50 of {total}" in words(at)
    assert "/analysis/?limit=50&offset=0" in api.asked
    assert not {"error"} & {element.type for element in at.error}


def test_pages_follow_each_other_when_the_buttons_are_used(serve):
    serve()
    at = open_app("calls", limit="50")
    seen = calls(at)
    assert at.button(key="previous_page").disabled
    assert at.button(key="first_page").disabled
    for page in ("2", "3"):
        at.button(key="next_page").click().run()
        assert at.query_params["page"] == page
        seen += calls(at)
    assert len(seen) == len(set(seen)) == 120
    assert at.button(key="next_page").disabled
    assert at.button(key="last_page").disabled
    at.button(key="previous_page").click().run()
    assert calls(at) == seen[50:100]
    at.button(key="first_page").click().run()
    assert calls(at) == seen[:50]
    assert "page" not in at.query_params


def test_page_is_the_last_one_when_the_url_is_beyond_the_end(serve):
    api = serve()
    at = open_app("calls", limit="50", page="99")
    assert "Page 99 does not exist: the list ends with page 3" in words(at)
    assert at.query_params["page"] == "3"
    assert len(calls(at)) == 20
    assert len([part for part in api.asked if "limit=50" in part]) == 2
    assert not at.error


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        pytest.param({"limit": "5000"}, "“5000” is no limit", id="limit"),
        pytest.param({"page": "zero"}, "“zero” is no page", id="page"),
    ],
)
def test_url_is_named_when_a_part_of_it_cannot_be_used(query, sentence, serve):
    serve()
    at = open_app("calls", **query)
    assert sentence in words(at)
    assert len(calls(at)) == 50
    assert not set(query) & set(at.query_params)


def test_filters_of_the_url_are_in_the_widgets_when_a_link_is_opened(serve):
    api = serve()
    at = open_app("calls", status_filter="failed", search="A", limit="5")
    assert at.selectbox(key="status_filter").value == "failed"
    assert at.text_input(key="search").value == "A"
    assert "/analysis/?status_filter=failed&search=A&limit=5&offset=0" in api.asked
    assert "Failed calls whose agent or contact contains “A”" in words(at)
    assert {s[0] for s in at.dataframe(key="calls").value["status"]} <= {"failed"}


def test_list_starts_over_when_a_filter_changes(serve):
    serve()
    at = open_app("calls", limit="20", page="3")
    at.selectbox(key="status_filter").set_value("completed").run()
    assert at.query_params == {"status_filter": "completed", "limit": "20"}
    at.button(key="clear_filters").click().run()
    assert "status_filter" not in at.query_params
    assert len(calls(at)) == 20


@pytest.mark.parametrize("page", ["calls", "overview"])
def test_filters_follow_when_the_page_changes(page, serve):
    serve()
    query = {"status_filter": "failed", "limit": "20"}
    at = open_app("overview" if page == "calls" else "calls", **query)
    go(at, page, **query)  # links carry the filters
    assert at.selectbox(key="status_filter").value == "failed"
    assert at.query_params == query


def test_rows_a_page_stay_when_another_page_is_opened_without_parameters(serve):
    serve()
    at = open_app()
    go(at, "calls")
    assert len(calls(at)) == 50
    assert "limit" not in at.query_params


# --- few calls, none, no match ----------------------------------------------------------------


@pytest.mark.parametrize("page", ["overview", "calls"])
def test_founding_example_is_shown_when_it_is_the_only_call(page, serve):
    serve(FOUNDING)
    at = open_app(page)
    text = words(at)
    assert "agent_001" in text
    assert "customer_12345" in text
    assert "canary" not in text
    assert not at.error
    if page == "overview":
        assert [metric.value for metric in at.metric] == ["1", "0", "1", "0"]
        few = "(few calls: do not read much into it)"
        assert f"Mean effort **1.00** of 5 {few} over 1 scored" in text
        assert "This call did not fail." in text
    else:
        assert "1–1 of 1" in text
        assert at.button(key="next_page").disabled


def test_founding_example_is_shown_whole_when_opened(serve):
    serve(FOUNDING)
    at = open_app("call", id=FOUNDING["id"])
    text = words(at)
    for part in (
        "agent_001 with customer_12345",
        "Mon 15 Jan 2024, 16:00:00 (UTC)",
        "2:06",
        "8.5 s",
        "1.0 MB",
        "https://your-app.com/…",
        "1 of 5",
        "- Greet by name",
        "Slow down :gray[priority: high]",
        "missing disclosures: fees",
        "1:02",
        "(50% sure)",
    ):
        assert part in text
    assert [row.replace("\xa0", " ") for row in at.table[1].value["Verdict"]] == [
        ":green[✓ passed]", ":red[✗ failed]", ":gray[not stated]",
    ]  # fmt: skip
    assert "canary" not in text
    said = next(m.value for m in at.markdown if "Hello" in m.value)
    assert "<b>" not in said
    assert r"Good \*morning\*" in said


@pytest.mark.parametrize("page", ["overview", "calls"])
def test_account_is_said_to_be_empty_when_it_has_no_calls(page, serve):
    serve(key=EMPTY_KEY)
    at = open_app(page)
    assert "This account has no analyses yet" in words(at)
    assert not at.error
    assert not at.dataframe
    assert "clear_filters_here" not in keys(at)


@pytest.mark.parametrize("page", ["overview", "calls"])
def test_filter_is_named_and_can_be_cleared_when_nothing_matches(page, serve):
    serve()
    at = open_app(page, search="no*body", page="4")
    text = words(at)
    assert "No calls match" in text
    assert "Calls whose agent or contact contains “no*body”: none." in text
    assert not at.dataframe
    at.button(key="clear_filters_here").click().run()
    assert not at.exception
    assert at.dataframe
    assert "search" not in at.query_params


# --- one call in its states -------------------------------------------------------------------


def test_call_says_that_it_is_processing_when_it_is(serve):
    serve(record(1, "processing"))
    at = open_app("call", id="call-1")
    assert "Still processing" in words(at)
    assert "Compliance" not in words(at)
    assert not at.error


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        pytest.param("codec *opus* `x` at https://s3.x/a?sig=canary", "codec *opus* `x` at https://s3.x/a?…", id="message"),
        pytest.param(None, "The analysis failed and the API gives no message.", id="none"),
    ],
)  # fmt: skip
def test_call_says_why_when_it_failed(message, shown, serve):
    serve(record(1, "failed", metadata={"error_message": message}))
    at = open_app("call", id="call-1")
    assert shown in words(at)
    assert "canary" not in words(at)
    assert not at.error


@pytest.mark.parametrize(
    ("results", "shown", "absent"),
    [
        pytest.param(None, "No results", "Compliance", id="no_results"),
        pytest.param({"compliance": {}, "coaching": {"recommendations": []}}, "no score", "of 5", id="no_score"),
        pytest.param({"coaching": None, "quality": {"odd": 3}}, "odd", "Coaching", id="no_coaching"),
    ],
)  # fmt: skip
def test_call_is_shown_when_it_completed_without_something(results, shown, absent, serve):
    serve(record(1, results=results))
    at = open_app("call", id="call-1")
    assert shown in words(at)
    assert absent not in words(at)
    assert not at.error


def test_call_is_shown_when_its_status_is_unknown(serve):
    serve(record(1, "archived"))
    at = open_app("call", id="call-1")
    assert "Facts" in words(at)
    assert not at.error


def test_call_is_said_to_be_missing_when_the_id_is_unknown(serve):
    serve(record(1))
    at = open_app("call", id="nobody")
    assert at.error[0].proto.title == "Not found in this account"
    assert "Check the id" in words(at)
    assert "try_again" not in keys(at)
    assert "connect" in str(keys(at))


@pytest.mark.parametrize("wanted", ["a/b", "../analysis", "a?b#c", "ä ö%2F"])
def test_call_is_asked_for_by_exactly_its_id_when_that_is_odd(wanted, serve):
    api = serve(record(1))
    at = open_app("call", id=wanted)
    assert at.error[0].proto.title == "Not found in this account"
    asked = [part for part in api.asked if not part.startswith("/analysis/?")]
    assert asked == [f"/analysis/{wanted}?"]


def test_call_is_opened_when_its_id_is_entered(serve):
    serve(record(1))
    at = open_app("call")
    assert [title.value for title in at.title] == ["Call"]
    at.text_input(key="wanted_id").set_value(" call-1 ")
    at.form_submit_button[0].click().run()
    assert at.query_params["id"] == "call-1"
    assert "agent_1 with c1" in words(at)


@pytest.fixture
def stepped(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, list[str]]]]:
    """Where a button leads: AppTest knows no pages while a callback runs, so it cannot go there."""
    from explorer.ui import tables

    found: list[tuple[str, dict[str, list[str]]]] = []
    monkeypatch.setattr(tables, "open_call", lambda target, query: found.append((target, query)))
    return found


@pytest.mark.parametrize(
    ("opened", "page", "button", "found", "lands_on"),
    [
        pytest.param(3, "1", "older_call", 4, "1", id="inside"),
        pytest.param(5, "1", "older_call", 6, "2", id="over_the_edge"),
        pytest.param(6, "2", "newer_call", 5, "1", id="back_over_the_edge"),
    ],
)
def test_neighbour_is_the_next_in_the_list_when_stepping(
    opened, page, button, found, lands_on, serve, stepped
):
    serve(*(record(n) for n in range(1, 13)))
    at = open_app("call", id=f"call-{opened}", limit="5", page=page)
    at.button(key=button).click().run()
    ((target, query),) = stepped
    assert target == f"call-{found}"
    assert query == {"limit": ["5"]} | ({"page": [lands_on]} if lands_on != "1" else {})
    go(at, "call", **query, id=target)
    assert not at.error
    back = {"newer_call": "older_call", "older_call": "newer_call"}[button]
    assert not at.button(key=back).disabled


@pytest.mark.parametrize(
    ("opened", "page", "off"), [(1, "1", "newer_call"), (12, "3", "older_call")], ids=["newest", "oldest"]
)  # fmt: skip
def test_neighbour_is_none_when_the_list_ends(opened, page, off, serve):
    serve(*(record(n) for n in range(1, 13)))
    at = open_app("call", id=f"call-{opened}", limit="5", page=page)
    assert at.button(key=off).disabled
    other = {"newer_call": "older_call", "older_call": "newer_call"}[off]
    assert not at.button(key=other).disabled


def test_neighbours_are_of_the_filtered_list_when_there_is_a_filter(serve, stepped):
    serve(*(record(n, "failed" if n % 2 else "completed") for n in range(1, 9)))
    at = open_app("call", id="call-3", status_filter="failed")
    at.button(key="older_call").click().run()
    assert stepped == [("call-5", {"status_filter": ["failed"]})]
    assert "Back to the list: Failed calls" in [plain(link.value) for link in at.page_link]


# --- records that cannot be read ---------------------------------------------------------------


def test_bad_records_are_named_when_the_rest_is_shown(serve):
    serve(record(1), {"id": "odd", "created": NOW - 2.5}, record(3))
    at = open_app("calls")
    assert calls(at) == ["call-1", "call-3"]
    assert "1–3 of 3" in words(at)
    assert "1 record of this page could not be read" in at.expander[0].label
    assert "odd" in words(at)
    assert not at.error


# --- errors -----------------------------------------------------------------------------------


ERRORS = [
    pytest.param(problem(403), "This credential may not read the list", False, id="403"),
    pytest.param(problem(500), "The API has a problem", True, id="500"),
    pytest.param(
        problem(429, **{"Retry-After": "60"}), "The rate limit is reached", True, id="429"
    ),
    pytest.param(JSONResponse([1]), "The answer is not a list of analyses", True, id="not_a_list"),
    pytest.param(problem(418), "This cannot be shown", True, id="418"),
]


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize(("answer", "title", "again"), ERRORS)
def test_error_is_a_view_of_its_own_when_the_api_answers_one(answer, title, again, page, serve):
    api = serve(record(1))
    api.answer = lambda request: answer
    at = open_app(page, **({"id": "call-1"} if page == "call" else {}))
    assert [error.proto.title for error in at.error] == [title]
    assert ("try_again" in keys(at)) is again
    assert "refresh" in keys(at)  # the sidebar is there
    assert not at.dataframe
    assert SANDBOX_KEY not in words(at)


@pytest.mark.parametrize("page", PAGES)
def test_page_comes_back_when_trying_again_helps(page, serve):
    api = serve(record(1))
    api.answer = lambda request: problem(500)
    at = open_app(page, **({"id": "call-1"} if page == "call" else {}))
    api.answer = lambda request: None
    at.button(key="try_again").click().run()
    assert not at.error
    assert "agent_1" in words(at)


@pytest.mark.parametrize("page", PAGES)
def test_key_is_refused_in_words_when_it_is_wrong(page, serve):
    serve(key="sk_live_canary0123456789")
    at = open_app(page, **({"id": "call-1"} if page == "call" else {}))
    assert at.error[0].proto.title == "The credential was not accepted"
    assert "Check the API key" in words(at)
    assert "canary" not in words(at)
    assert at.text_input(key="entered_key")


def test_filter_is_named_when_the_api_does_not_accept_it(serve):
    serve()
    at = open_app("calls", status_filter="archived")
    assert at.error[0].proto.title == "The API does not accept a filter"
    assert "status_filter" in words(at)
    assert at.selectbox(key="status_filter").value == "archived"
    assert "clear_filters" in keys(at)
    at = open_app("calls")
    assert not at.error
    assert calls(at)


@pytest.mark.parametrize("page", PAGES)
def test_page_says_that_nobody_answers_when_offline(page, serve):
    api = serve(record(1))
    api.stop()
    at = open_app(page, **({"id": "call-1"} if page == "call" else {}))
    assert at.error[0].proto.title == "The API cannot be reached"
    assert "CALLCOV_BASE_URL" in words(at)
    assert SANDBOX_KEY not in words(at)


@pytest.mark.parametrize("page", PAGES)
def test_page_goes_on_with_its_age_when_refreshing_fails(page, serve):
    api = serve(record(1))
    at = open_app(page, **({"id": "call-1"} if page == "call" else {}))
    before = len(at.main.children)
    api.stop()
    at.button(key="refresh").click().run()
    assert not at.exception
    assert not at.error
    assert "Reading it again failed" in titles(at.warning)
    assert "What is shown was read at" in words(at)
    assert "agent_1" in words(at)
    assert len(at.main.children) >= before


def test_overview_is_shown_with_its_age_when_half_of_it_fails(serve):
    api = serve()
    at = open_app()
    shown = [metric.value for metric in at.metric]
    api.answer = lambda request: (
        problem(500) if request.query_params.get("status_filter") == "failed" else None
    )
    at.button(key="refresh").click().run()
    assert [metric.value for metric in at.metric] == shown
    assert "Reading it again failed" in titles(at.warning)
    assert not at.error


def test_overview_is_an_error_when_a_total_never_came(serve):
    api = serve()
    api.answer = lambda request: (
        problem(500) if request.query_params.get("status_filter") == "failed" else None
    )
    at = open_app()
    assert at.error[0].proto.title == "The API has a problem"
    assert not at.metric  # no total that is not exact


def test_page_is_shown_when_the_api_is_slow(serve):
    api = serve(record(1))
    api.delay_s = 0.3
    at = open_app("calls")
    assert calls(at) == ["call-1"]
    assert not at.error


def test_limit_is_said_and_not_passed_when_requests_are_used_up(serve):
    api = serve(rate_limit=8)
    at = open_app("calls", limit="20")
    settle()
    left = 8 - len(api.asked)
    for limit in range(21, 21 + left):
        go(at, "calls", limit=str(limit))
    assert not at.error
    go(at, "calls", limit="40")
    assert at.error[0].proto.title == "The rate limit is reached"
    used = len(api.asked)
    at.button(key="try_again").click().run()
    assert len(api.asked) <= used + 1
    assert "requests left this minute" in str([p.text for p in at.progress])


# --- accounts ---------------------------------------------------------------------------------


def test_account_is_another_when_a_key_is_entered(serve):
    api = serve(record(1))
    at = open_app("calls")
    enter(at, SECOND_KEY)
    records, _ = api.sandbox.accounts[SECOND_KEY].page(_filters(), 50, 0)
    assert calls(at) == [one["id"] for one in records]
    assert "Account entered here" in words(at)
    assert SECOND_KEY not in words(at) + json.dumps(dict(at.query_params))
    at.button(key="disconnect").click().run()
    assert calls(at) == ["call-1"]


def enter(at: AppTest, secret: str) -> None:
    at.text_input(key="entered_key").set_value(secret)
    next(b for b in at.button if b.label == "Connect").click().run()
    assert not at.exception


@pytest.mark.parametrize(
    "secret",
    [
        pytest.param("sk_live_canary0123456789", id="unknown_key"),
        pytest.param("Bearer canary", id="with_bearer"),
        pytest.param("a.b.canary", id="no_token"),
        pytest.param("", id="empty"),
    ],
)
def test_account_stays_when_the_entered_key_is_refused(secret, serve):
    serve(record(1))
    at = open_app("calls")
    enter(at, secret)
    assert at.error[0].proto.title == "Not connected"
    assert "canary" not in words(at)
    assert calls(at) == ["call-1"]
    assert "Your account" in words(at)


def test_other_viewer_sees_the_configured_account_when_one_entered_a_key(serve):
    serve(record(1))
    one, other = open_app("calls"), open_app("calls")
    enter(one, SECOND_KEY)
    other.run()
    assert calls(other) == ["call-1"]
    assert not set(calls(one)) & set(calls(other))


def test_configured_key_goes_nowhere_else_when_only_an_address_is_entered(serve):
    serve(record(1))
    at = open_app("calls")
    listener = Listener()
    with serving(listener) as origin:
        at.text_input(key="entered_address").set_value(f"{origin}/api/v1")
        enter(at, "")
    assert SANDBOX_KEY not in listener.received
    assert at.error[0].proto.title == "Not connected"
    assert calls(at) == ["call-1"]


class Listener:
    """Keeps the headers of what it is asked."""

    received = ""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.received += repr(scope["headers"])
        empty = {"object": "list", "data": [], "has_more": False, "total": 0}
        await JSONResponse(empty)(scope, receive, send)


@pytest.fixture
def with_token(serve, monkeypatch) -> Callable[..., Api]:
    def start(expires_in_s: float, *records: dict[str, Any]) -> Api:
        api = serve(*records, key=None)
        monkeypatch.setenv("CALLCOV_TOKEN", api.sandbox.token(expires_in_s=expires_in_s))
        return api

    return start


def renew(at: AppTest, token: str) -> None:
    at.text_input(key="entered_token").set_value(token)
    next(b for b in at.button if b.label == "Replace token").click().run()
    assert not at.exception


def test_page_goes_on_when_an_expired_token_is_replaced(with_token):
    api = with_token(-5, record(1))
    at = open_app("calls")
    assert at.error[0].proto.title == "The credential was not accepted"
    assert "The token expired at" in words(at)
    token = api.sandbox.token()
    renew(at, token)
    assert not at.error
    assert calls(at) == ["call-1"]
    assert token not in words(at)


def test_kept_content_stays_when_the_token_expires(with_token):
    api = with_token(60, record(1))
    at = open_app("calls")
    api.answer = lambda request: problem(401, "Invalid authentication credentials")
    at.button(key="refresh").click().run()
    assert calls(at) == ["call-1"]
    assert "Reading it again failed" in titles(at.warning)
    settle()
    api.answer = lambda request: None
    renew(at, api.sandbox.token())
    settle()
    at.run()
    assert not at.warning
    assert calls(at) == ["call-1"]


@pytest.mark.parametrize("kind", ["other_account", "expired", "no_token"])
def test_token_is_refused_when_it_does_not_open_this_account(kind, with_token):
    api = with_token(600, record(1))
    at = open_app("calls")
    token = {
        "other_account": api.sandbox.token(SECOND_KEY),
        "expired": api.sandbox.token(expires_in_s=-1),
        "no_token": "canary",
    }[kind]
    renew(at, token)
    assert at.error[0].proto.title == "Token not replaced"
    assert token not in words(at)
    assert calls(at) == ["call-1"]
    at.button(key="refresh").click().run()
    assert calls(at) == ["call-1"]
    assert not at.warning


def test_viewer_is_asked_for_a_key_when_there_is_none_and_no_sandbox(monkeypatch):
    from explorer.sandbox import embedded

    monkeypatch.setattr(embedded, "_seen", [])
    at = open_app()
    assert at.info[0].proto.title == "Connect an account"
    assert not at.error
    assert at.text_input(key="entered_key")


def test_setting_is_named_when_it_cannot_be_used(serve, monkeypatch):
    serve(record(1))
    monkeypatch.setenv("EXPLORER_LOG", "canary")
    at = open_app()
    assert "EXPLORER_LOG" in words(at)
    assert "canary" not in words(at)
    assert at.error


@pytest.mark.parametrize(("share", "opens"), [("", False), ("1", True)], ids=["own", "shared"])
def test_configured_key_is_not_lent_when_others_can_reach_the_server(
    share, opens, serve, monkeypatch
):
    api = serve(record(1))
    monkeypatch.setenv("EXPLORER_SHARE_KEY", share)
    monkeypatch.setattr("explorer.ui.connection.beyond_loopback", lambda: True)
    at = open_app("calls")
    assert bool(api.asked) is opens
    assert ("1–1 of 1" in words(at)) is opens
    if not opens:
        assert at.info[0].proto.title == "Connect an account"
        assert "entered_address" not in {field.key for field in at.text_input}


def test_configured_key_is_not_lent_when_nothing_is_entered(serve, monkeypatch):
    api = serve(record(1))
    monkeypatch.setattr("explorer.ui.connection.beyond_loopback", lambda: True)
    at = open_app("calls")
    enter(at, "")
    assert api.asked == []
    assert "agent_1" not in words(at)


def test_error_stands_beside_the_agent_when_the_list_is_of_failed_calls(serve):
    serve()
    anyone, failed = (
        list(open_app("calls", **query).dataframe(key="calls").proto.column_order)
        for query in ({}, {"status_filter": "failed"})
    )
    assert anyone.index("error_message") == len(anyone) - 1
    assert failed.index("error_message") == failed.index("agent_id") + 1
    assert sorted(anyone) == sorted(failed)
