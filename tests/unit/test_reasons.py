"""Table ``reasons``: every mask in the group that holds it now, whatever a link was made from."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from explorer.analysis import queries
from explorer.analysis.failures import group_messages, mask
from explorer.analysis.filters import Filter
from explorer.api.account import Account
from explorer.api.models import read_analysis
from explorer.mirror.decode import row_of
from explorer.mirror.reasons import Reasons
from explorer.mirror.store import Store

UTC = ZoneInfo("UTC")
HOSTS = [
    f"connect to {name} refused"
    for name in ("Amber", "Basil", "Cedar", "Dahlia", "Elm", "Fir", "Gorse")
]


@pytest.fixture
def store(tmp_path: Path):
    opened = Store(tmp_path / "m.duckdb", Account("x", "y"))
    yield opened
    opened.close()


@pytest.fixture
def fail(store: Store) -> Callable[..., None]:
    def add(*messages: str | None) -> None:
        (n,) = store.cursor().execute("SELECT count(*) FROM calls").fetchone()
        rows = [
            {"id": f"f{n + i}", "created": 1_790_000_000 + n + i, "status": "failed",
             "metadata": {"error_message": message}}
            for i, message in enumerate(messages)
        ]  # fmt: skip
        with store.transaction() as cursor:
            store.upsert(cursor, [row_of(read_analysis(row)) for row in rows])

    return add


def reasons_of(store: Store) -> dict[str, int]:
    found = queries.failure_reasons(store.cursor(), Filter(), UTC)
    return dict(zip(found["reason"], found["n_calls"], strict=True))


def test_reasons_equal_the_groups_of_all_messages_when_grouped(store, fail, tmp_path):
    messages = [
        *HOSTS, None, "", "Transcription timed out after 30 s", "Transcription timed out after 9 s",
        "HTTP 403 from store", "HTTP 404 from store",
    ]  # fmt: skip
    fail(*messages)
    Reasons(store, tmp_path / "none.toml")
    expected = group_messages(messages)
    assert reasons_of(store) == {name: expected.count(name) for name in set(expected)}
    assert len(reasons_of(store)) < len({mask(m) for m in messages if m is not None}) + 1


def test_new_mask_is_named_by_itself_until_the_next_pass(store, fail, tmp_path):
    reasons = Reasons(store, tmp_path / "none.toml")
    fail(HOSTS[0])
    assert reasons_of(store) == {HOSTS[0]: 1}
    fail(*HOSTS[1:])
    reasons.group()
    assert list(reasons_of(store).values()) == [len(HOSTS)]


def test_link_finds_its_group_when_that_has_grown(store, fail, tmp_path):
    reasons = Reasons(store, tmp_path / "none.toml")
    fail(*HOSTS[:2])
    reasons.group()
    links = list(reasons_of(store))
    assert len(links) == 2
    fail(*HOSTS[2:])
    reasons.group()
    (label,) = reasons_of(store)
    for link in (*links, label):
        assert queries.count(store.cursor(), Filter(reason=link), UTC) == len(HOSTS)
        assert queries.count(store.cursor(), Filter(not_reason=link), UTC) == 0
    assert queries.count(store.cursor(), Filter(reason="another"), UTC) == 0


def test_label_of_before_finds_the_group_when_the_label_changes(store, fail, tmp_path):
    rules = tmp_path / "reasons.toml"
    rules.write_text('[[merge]]\ncontains = "refused"\nlabel = "Refused"\n')
    fail(*HOSTS)
    Reasons(store, rules)
    assert reasons_of(store) == {"Refused": len(HOSTS)}
    rules.write_text('[[merge]]\ncontains = "refused"\nlabel = "No one listens"\n')
    Reasons(store, rules)
    assert reasons_of(store) == {"No one listens": len(HOSTS)}
    assert queries.count(store.cursor(), Filter(reason="Refused"), UTC) == len(HOSTS)


def test_groups_do_not_shrink_when_their_calls_are_gone(store, fail, tmp_path):
    fail(*HOSTS)
    reasons = Reasons(store, tmp_path / "none.toml")
    (label,) = reasons_of(store)
    with store.transaction() as cursor:
        store.delete(cursor, [f"f{n}" for n in range(1, len(HOSTS))])
    reasons.group()
    assert reasons_of(store) == {label: 1}


def test_rules_that_cannot_be_used_are_named_and_those_before_go_on(store, fail, tmp_path, caplog):
    rules = tmp_path / "reasons.toml"
    rules.write_text('[[merge]]\ncontains = "refused"\nlabel = "Refused"\n')
    fail(*HOSTS[:2])
    reasons = Reasons(store, rules)
    rules.write_text("[[merge]]\nlabel = 3\n")
    reasons._rules_written_at = 0.0  # the clock of the file system may be coarse
    reasons.group()
    assert "reasons.toml" in str(reasons.problem)
    assert reasons_of(store) == {"Refused": 2}
    rules.unlink()
    reasons.group()
    assert reasons.problem is None
    assert reasons_of(store) == dict.fromkeys(HOSTS[:2], 1)


def test_masks_are_made_anew_when_an_older_version_made_them(store, fail, tmp_path):
    fail("Transcription timed out after 30 s", "Transcription timed out after 31 s", None)
    with store.transaction() as cursor:
        cursor.execute("UPDATE calls SET error_mask = 'old ' || id WHERE error_mask IS NOT NULL")
        store.set_state(cursor, masks=1)
    Reasons(store, tmp_path / "none.toml")
    assert reasons_of(store) == {
        mask("Transcription timed out after 30 s"): 2, "(no message)": 1
    }  # fmt: skip


def test_calls_are_grouped_seldom_during_a_read(store, fail, tmp_path, monkeypatch):
    reasons = Reasons(store, tmp_path / "none.toml")
    passes: list[int] = []
    monkeypatch.setattr(reasons, "group", lambda: passes.append(1))
    for mirrored in range(1000, 1_000_001, 1000):
        reasons.follow(mirrored)
    assert len(passes) < 80
