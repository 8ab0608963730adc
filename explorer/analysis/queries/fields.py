"""Fields that the ``results`` of some calls have, whatever the API adds; found, not listed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from explorer.analysis.summary import Cursor

LOOKED_THROUGH = 300
"""Calls in which fields are looked for: what the API adds is in the newest ones. To find fields
takes five times as long as to read them."""
_NAME = re.compile(r"[\w-]+")
"""Names that the filter `result` can hold: what lies under others could not be opened."""


def fields_of(cursor: Cursor, where: str, parameters: dict[str, Any]) -> list[str]:
    """Where the newest of these calls have anything but lists: ``/quality/greeting/present``, sorted."""
    structures = cursor.execute(
        f"SELECT DISTINCT CAST(json_structure(results) AS VARCHAR) FROM ("
        f"SELECT results FROM calls WHERE has_results AND {where} "
        f"ORDER BY created DESC LIMIT {LOOKED_THROUGH})",
        parameters,
    ).fetchall()
    return sorted({place for (one,) in structures for place in _leaves(json.loads(one), "")})


def _leaves(structure: Any, place: str) -> Iterator[str]:
    if isinstance(structure, dict):
        for name, inner in structure.items():
            if _NAME.fullmatch(name):
                yield from _leaves(inner, f"{place}/{name}")
    elif isinstance(structure, str) and place:
        yield place


def values_sql(longest_word: int, *, beside: str = "") -> str:
    """Rows ``place``, ``text`` (JSON; `FREE_TEXT` for a longer text) of the calls ``FROM found``,
    with the column `beside`, if any. Takes the parameter ``places``."""
    also = f", {beside}" if beside else ""
    return f"""
        SELECT place, CASE WHEN length(text) > {longest_word + 2} THEN '{FREE_TEXT}' ELSE text END
               AS text{also}
        FROM (SELECT unnest($places) AS place,
                     unnest(CAST(json_extract(results, $places) AS VARCHAR[])) AS text{also}
              FROM found)
        WHERE text <> 'null'"""


FREE_TEXT = '"…"'
"""Stands for every text that is no word: thousands of greetings are then one group."""
