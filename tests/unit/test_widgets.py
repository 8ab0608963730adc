"""Each dimension's widget: what it shows of a filter, and what it asks for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from explorer.analysis import contradictions
from explorer.analysis.dimensions import BY_NAME, DIMENSIONS, SORTS, STATUSES
from explorer.analysis.filters import Filter
from explorer.api.models import COMPLIANCE_CHECKS
from explorer.ui.widgets import DAILY, FIRST, PICKED, fixed_options

ALL = Filter(
    status_filter="archived", agent_id=["", "new"], contact_id=["c"], search="x", since="3h",
    until="1h", weekday=["sun", "mon"], hour=[9, 23], effort_min=2.5, effort_max=4,
    effort_score=["2.5", "unknown"], has_score=False, checked=True, judged=["greeting"],
    flagged=True, failed_check=["sensitive_data"], failed_all=["sensitive_data", "Own check"],
    missing_disclosure=["fees"], identity_stated=["5-10 s"], greeting=False,
    result=["/quality/greeting/present=true"], not_result=["/a=1"], contradiction=["score_out_of_range"],
    contradicts=True, repeat=False, hidden=True, advice=["Greet"], recommended=["priority=high"],
    reason="timeout", not_reason="(any)", stuck=False, audio_format=["wav"], language=["en", ""],
    duration_min=1, duration_max=90, duration=["1-3 min"], size=["empty"],
    bitrate=["under 8 kbit/s"], gap=["over 2 min"], webhook=True, livemode=True, sort="effort",
)  # fmt: skip


def script() -> None:
    import streamlit as st

    from explorer.analysis.dimensions import DIMENSIONS
    from explorer.analysis.filters import Filter
    from explorer.ui import widgets

    if "shown" in st.session_state:
        widgets.set_widgets(st.session_state.pop("shown"))
    options = {**widgets.fixed_options(), "agent_id": ("a", "b"), "reason": ("timeout",)}

    def changed() -> None:
        st.session_state["n_changes"] = st.session_state.get("n_changes", 0) + 1

    asked = widgets.filter_widgets([item.name for item in DIMENSIONS], options, changed)
    st.session_state["asked"] = asked
    st.session_state["calls"] = Filter(**asked)


def panel() -> None:
    import streamlit as st

    from explorer.ui import sidebar, widgets

    if "shown" in st.session_state:
        widgets.set_widgets(st.session_state.pop("shown"))
    calls, _ = sidebar._filter_widgets(widgets.fixed_options())
    st.session_state["calls"] = calls


def drawn(shown: Filter | None = None, by: Callable[[], None] = script) -> AppTest:
    app = AppTest.from_function(by, default_timeout=20)
    if shown is not None:
        app.session_state["shown"] = shown
    return app.run()


def widget(app: AppTest, name: str) -> Any:
    (found,) = [item for item in widgets_of(app) if item.key == name]
    return found


def widgets_of(app: AppTest) -> list[Any]:
    kinds = (app.selectbox, app.multiselect, app.text_input, app.number_input)
    return [item for kind in kinds for item in kind if item.key in BY_NAME]


def test_filter_is_any_when_nothing_is_chosen():
    app = drawn()
    assert not app.exception
    assert app.session_state["asked"] == {item.name: None for item in DIMENSIONS}
    assert app.session_state["calls"] == Filter()
    for item in DIMENSIONS:
        assert widget(app, item.name).label == item.label


@pytest.mark.parametrize(
    "calls",
    [
        pytest.param(ALL, id="all"),
        pytest.param(Filter(agent_id=""), id="no_agent"),
        pytest.param(Filter(failed_check=""), id="no_check"),
        pytest.param(Filter(effort_min=0), id="zero"),
        pytest.param(Filter(has_score=True, livemode=False), id="flags"),
        pytest.param(Filter(), id="any"),
    ],
)
def test_widgets_ask_for_the_filter_when_they_show_it(calls):
    app = drawn(calls)
    assert not app.exception
    assert app.session_state["calls"] == calls
    assert app.run().session_state["calls"] == calls


def test_widgets_are_all_set_anew_when_another_filter_is_shown():
    app = drawn(ALL)
    app.session_state["shown"] = Filter("failed")
    assert app.run().session_state["calls"] == Filter("failed")


@pytest.mark.parametrize(
    ("name", "chosen", "expected"),
    [
        pytest.param("status_filter", "failed", Filter("failed"), id="status"),
        pytest.param("agent_id", ["b", "a"], Filter(agent_id=["b", "a"]), id="agents"),
        pytest.param("search", "A%", Filter(search="A%"), id="search"),
        pytest.param("since", "7d", Filter(since="7d"), id="since"),
        pytest.param("effort_min", 2.5, Filter(effort_min=2.5), id="number"),
        pytest.param("has_score", "no", Filter(has_score=False), id="flag"),
        pytest.param("failed_check", ["sensitive_data"], Filter(failed_check="sensitive_data"), id="check"),
        pytest.param("weekday", ["mon"], Filter(weekday="mon"), id="weekday"),
        pytest.param("hour", ["9", "10"], Filter(hour=[9, 10]), id="hours"),
        pytest.param("greeting", "yes", Filter(greeting=True), id="greeting"),
        pytest.param("contradiction", ["score_out_of_range"], Filter(contradiction="score_out_of_range"), id="rule"),
        pytest.param("size", ["empty", "unknown"], Filter(size=["empty", "unknown"]), id="band"),
        pytest.param("sort", "oldest", Filter(sort="oldest"), id="sort"),
        pytest.param("sort", "newest", Filter(), id="own_sort"),
    ],
)  # fmt: skip
def test_widget_asks_for_what_is_chosen_when_changed(name, chosen, expected):
    app = drawn()
    widget(app, name).set_value(chosen)
    app.run()
    assert app.session_state["calls"] == expected
    assert app.session_state["n_changes"] == 1


def test_value_can_be_chosen_when_no_call_has_it_any_more():
    app = drawn(Filter(agent_id=["gone"]))
    assert widget(app, "agent_id").options == ["a", "b", "gone"]
    app = drawn(Filter(reason="gone"))
    assert widget(app, "reason").options == ["timeout", "gone"]


def test_options_are_in_words_when_drawn():
    app = drawn(Filter(agent_id=""))
    assert widget(app, "agent_id").options == ["a", "b", "(none)"]
    assert widget(app, "failed_check").options == [n.replace("_", " ") for n in COMPLIANCE_CHECKS]
    assert widget(app, "sort").options == [words.capitalize() for words, _ in SORTS.values()]
    assert widget(app, "weekday").options == ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    assert widget(app, "hour").options == [f"{hour:02}:00" for hour in range(24)]
    assert widget(app, "contradiction").options == [rule.words for rule in contradictions.RULES]
    assert widget(app, "gap").options == list(BY_NAME["gap"].kind.choices)


def test_options_read_differently_when_they_differ():
    app = drawn(ALL)
    for item in widgets_of(app):
        options = getattr(item, "options", ())
        assert len(set(options)) == len(options), item.key


def test_only_texts_are_open_to_others_when_drawn():
    app = drawn()
    for item in DIMENSIONS:
        proto = widget(app, item.name).proto
        if item.kind.shape in ("texts", "time", "text") and item.name != "search":
            is_open = item.name not in ("failed_check", "failed_all")
            assert proto.accept_new_options is is_open, item.name
        elif item.kind.shape in ("choices", "sort", "flag"):
            assert not proto.accept_new_options, item.name


def test_fixed_options_are_accepted_when_filtered_by():
    options = fixed_options()
    assert tuple(options["status_filter"]) == STATUSES
    for name, values in options.items():
        for value in values:
            Filter(**{name: value})
    assert set(FIRST) == {item.name for item in DIMENSIONS if item.api}


# --- in the sidebar ---------------------------------------------------------------------------

ALWAYS = [*FIRST, *(name for _, rows in DAILY for row in rows for name in row)]


def headings(app: AppTest) -> list[str]:
    return [text.value.strip("*") for text in app.markdown]


def test_dimensions_have_one_place_when_counted():
    assert sorted([*ALWAYS, *PICKED]) == sorted(BY_NAME)


def test_only_what_is_used_daily_is_there_when_nothing_is_set():
    app = drawn(by=panel)
    assert not app.exception
    assert sorted(item.key for item in widgets_of(app)) == sorted(ALWAYS)
    assert headings(app) == [heading for heading, _ in DAILY]
    assert [part.label for part in app.expander] == ["More filters"]
    assert app.button(key="freeze").disabled
    assert app.session_state["calls"] == Filter()


@pytest.mark.parametrize("name", PICKED)
def test_picked_filter_is_there_and_kept_when_set(name):
    calls = Filter(**{name: getattr(ALL, name)})
    app = drawn(calls, panel)
    assert not app.exception
    assert sorted(item.key for item in widgets_of(app)) == sorted([*ALWAYS, name])
    assert headings(app) == [*(heading for heading, _ in DAILY), "Picked on a page"]
    assert [part.label for part in app.expander] == ["More filters (1)"]
    app.run()
    app.text_input(key="search").set_value("x").run()
    assert app.session_state["calls"] == calls.with_(search="x")
    widget(app, name).set_value([] if widget(app, name).type == "multiselect" else None)
    app.run()
    assert app.session_state["calls"] == Filter(search="x")
    assert not app.run().exception
    assert sorted(item.key for item in widgets_of(app)) == sorted(ALWAYS)
    assert [part.label for part in app.expander] == ["More filters"]


def test_every_filter_is_asked_for_and_cleared_when_all_are_set():
    app = drawn(ALL, panel)
    assert not app.exception
    assert app.session_state["calls"] == ALL
    n_more = len(BY_NAME) - len(FIRST)
    assert [part.label for part in app.expander] == [f"More filters ({n_more})"]
    assert app.run().session_state["calls"] == ALL
    app.button(key="clear_filters").click().run()
    assert app.session_state["calls"] == Filter()
    assert sorted(item.key for item in widgets_of(app)) == sorted(ALWAYS)
    assert "clear_filters" not in {button.key for button in app.button}


def test_picked_filter_is_left_out_and_named_when_typed_wrong():
    app = drawn(Filter(result="/a=1"), panel)
    app.session_state["result"] = ["/a=1", "present"]
    app.run()
    assert app.session_state["calls"] == Filter()
    (refusal,) = app.session_state["_refused"]
    assert refusal.startswith("“present” is no result")
    assert refusal.endswith("It is left out.")


def test_options_can_be_added_to_when_set_with_others():
    app = drawn(Filter(failed_all=["Own check"], weekday="mon"), panel)
    options = widget(app, "failed_all").options
    assert options == [*(n.replace("_", " ") for n in COMPLIANCE_CHECKS), "Own check"]
    assert len(widget(app, "weekday").options) == 7
