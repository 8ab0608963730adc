"""Choices that are no filters: from the URL, to the URL, and what a URL says wrong."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from explorer.ui import choices
from tests.app.harness import go, open_app, settle, words

CHOSEN = [
    pytest.param("effort", {}, "effort_grain", "month", "month", id="grain"),
    pytest.param("agents", {}, "agents_order", "calls", "calls", id="order"),
    pytest.param("agents", {}, "agents_different", "yes", True, id="different"),
    pytest.param(
        "agents", {"agent_id": "agent_007"}, "coaching_by", "category", "category", id="kind"
    ),
    pytest.param("agents", {"agent_id": "agent_007"}, "sample_seed", "12", 12, id="draw"),
    pytest.param("agents", {"agent_id": "agent_007"}, "sample_size", "20", 20, id="size"),
    pytest.param("contacts", {}, "contacts_order", "hidden", "hidden", id="contacts"),
]


@pytest.fixture
def told(serve):
    """An account with the stories of the default one, mirrored."""
    serve(analyses=600)
    open_app("data")
    settle()


def test_every_choice_of_every_page_is_tried():
    every = {(page, one.key) for page, found in choices.OF_PAGE.items() for one in found}
    assert every == {(case.values[0], case.values[2]) for case in CHOSEN}


def value_of(at: AppTest, key: str) -> object:
    return at.session_state[key]


@pytest.mark.parametrize(("page", "calls", "key", "text", "value"), CHOSEN)
def test_choice_is_the_links_and_stays_in_the_address(told, page, calls, key, text, value):
    at = open_app(page, **calls, **{key: text})
    assert value_of(at, key) == value
    assert at.query_params[key] in (text, [text])
    # the menu leads back to it from another page
    at = go(at, "overview", **calls)
    assert key not in at.query_params
    (back,) = (one for one in at.page_link if one.value.lower() == page)
    assert f"{key}={text}" in back.proto.query_string
    # without it the link means the default, as for everybody else
    at = go(at, page, **calls)
    assert value_of(at, key) == value_of(open_app(page, **calls), key) != value
    assert key not in at.query_params


@pytest.mark.parametrize(("page", "calls", "key", "text", "value"), CHOSEN)
def test_choice_that_means_nothing_is_named_and_left_out(told, page, calls, key, text, value):
    at = open_app(page, **calls, **{key: "0x *odd*"})
    assert f"“0x *odd*” is no {key}: write " in words(at)
    assert value_of(at, key) != value
    assert key not in at.query_params


def test_choice_made_on_the_page_is_in_its_address(told):
    at = open_app("agents", agent_id="agent_007")
    at.number_input(key="sample_seed").set_value(7).run()
    assert at.query_params["sample_seed"] in ("7", ["7"])
    drawn = list(at.dataframe(key="sample").value["id"])
    other = open_app("agents", agent_id="agent_007", sample_seed="7")
    assert list(other.dataframe(key="sample").value["id"]) == drawn
    at.number_input(key="sample_seed").set_value(1).run()
    assert "sample_seed" not in at.query_params
