"""How the columns of summaries look in a table."""

from __future__ import annotations

import pandas as pd
import pytest

from explorer.ui import columns


@pytest.mark.parametrize(
    ("share", "shown"),
    [
        pytest.param(0.31737, 0.317, id="one_decimal"),
        pytest.param(0.00042, 0.0004, id="two_when_small"),
        pytest.param(-0.12345, -0.123, id="below_zero"),
    ],
)
def test_share_has_few_decimals_when_shown(share, shown):
    table = pd.DataFrame({"failed_share": [share], "mean_effort": [share]})
    cells = columns.shown(table)
    assert cells["failed_share"].tolist() == [shown]
    assert cells["mean_effort"].tolist() == [share]
    assert table["failed_share"].tolist() == [share]  # the export has it in full


def test_whole_numbers_are_in_thousands_when_they_are_not_counts():
    table = pd.DataFrame({"of_possible": [2087], "audio_length_s": [95.373]})
    formats = [column["type_config"]["format"] for column in columns.config(table).values()]
    assert formats == ["localized", "%.0f s"]


def test_name_stays_in_sight_when_it_is_the_first_column():
    table = pd.DataFrame({"agent_id": ["a"], "contact_id": ["c"]})
    found = columns.config(table)
    assert found["agent_id"]["pinned"] is True
    assert not found["contact_id"].get("pinned")
