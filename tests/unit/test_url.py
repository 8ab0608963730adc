"""Whether the URL or a widget is what changed, and what is written back."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from explorer.ui import url


class Parameters(dict[str, list[str]]):
    """Streamlit's parameters as far as `url` uses them: several values a name."""

    writes = 0

    def get_all(self, name: str) -> list[str]:
        return list(self.get(name, []))

    def from_dict(self, query: dict[str, list[str]]) -> None:
        self.writes += 1
        self.clear()
        self.update(query)


@pytest.fixture
def browser(monkeypatch) -> SimpleNamespace:
    found = SimpleNamespace(query_params=Parameters(), session_state={})
    monkeypatch.setattr(url, "st", found)
    return found


def test_url_counts_when_the_session_begins(browser):
    assert url.changed_elsewhere("calls")


def test_every_value_is_read_when_a_name_comes_twice(browser):
    browser.query_params.update({"agent_id": ["b", "a", ""], "page": ["2"]})
    assert url.read() == {"agent_id": ["b", "a", ""], "page": ["2"]}


@pytest.mark.parametrize(
    ("page", "query", "expected"),
    [
        pytest.param("calls", {"page": ["2"], "agent_id": ["a", "b"]}, False, id="as_written"),
        pytest.param("calls", {"agent_id": ["a", "b"], "page": ["2"]}, False, id="in_another_order"),
        pytest.param("calls", {"page": ["3"], "agent_id": ["a", "b"]}, True, id="back_or_link"),
        pytest.param("calls", {}, True, id="parameters_taken_away"),
        pytest.param("calls", {"page": ["2"], "agent_id": ["a", "b"], "search": ["x"]}, True, id="parameter_added"),
        pytest.param("calls", {"page": ["2"], "agent_id": ["b"]}, True, id="value_taken_away"),
        pytest.param("calls", {"page": ["2"], "agent_id": ["a", "b", "c"]}, True, id="value_added"),
        pytest.param("overview", {"page": ["2"], "agent_id": ["a", "b"]}, True, id="another_page"),
    ],
)  # fmt: skip
def test_url_counts_when_it_differs_from_what_was_written(page, query, expected, browser):
    url.write("calls", {"page": ["2"], "agent_id": ["a", "b"]})
    browser.query_params.clear()
    browser.query_params.update(query)
    assert url.changed_elsewhere(page) is expected


def test_own_parameters_stay_when_others_are_written(browser):
    browser.query_params.update({"id": ["x"], "stale": ["1"]})
    url.write("call", {"page": ["2"]}, keep=("id", "other"))
    assert browser.query_params == {"page": ["2"], "id": ["x"]}
    assert not url.changed_elsewhere("call")


def test_nothing_is_written_when_nothing_changed(browser):
    url.write("calls", {"page": ["2"], "agent_id": ["a", "b"]})
    url.write("calls", {"page": ["2"], "agent_id": ["a", "b"]})
    assert browser.query_params.writes == 1
