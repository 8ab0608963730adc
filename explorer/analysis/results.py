"""What calls can be asked about their ``results``: signs, and the items of coaching."""

from __future__ import annotations

import re
from typing import Any
from zoneinfo import ZoneInfo

from explorer.analysis.kinds import TEXTS, Condition, Kind, Parameters, Sql
from explorer.errors import InvalidFilterError

RECOMMENDATIONS_SQL = "json_extract(results, '$.coaching.recommendations[*]')"
"""A call's coaching items, as a list of JSON."""
ADVICE_WORDS_SQL = """CASE WHEN json_type(item) = 'OBJECT'
    THEN coalesce(item ->> '$.text', item ->> '$.recommendation', item ->> '$.message')
    ELSE item ->> '$' END"""
"""What a coaching item says, which is a text or an object."""
ADVICE_SQL = f"""list_distinct(flatten(list_transform(
    {RECOMMENDATIONS_SQL},
    lambda item: [nullif({ADVICE_WORDS_SQL}, ''), nullif(item ->> '$.category', '')])))"""
"""The words and the categories of a call's coaching items, each once; null without results."""

_SIGN = re.compile(r"(?P<path>(?:/[\w-]+)+)(?:=(?P<value>.*)|(?P<some>>0))", re.DOTALL)


def _accept_signs(name: str, value: Any) -> tuple[str, ...]:
    values: tuple[str, ...] = TEXTS.accept(name, value)
    for one in values:
        if _SIGN.fullmatch(one) is None:
            raise InvalidFilterError(
                f"“{one[:80]}” is no {name}: write /quality/greeting/present=true, or "
                "/quality/interruptions/count>0 for counts."
            )
    return values


def signs_sql(name: str, *, other: bool) -> Sql:
    """The condition that a call has each of the signs; with `other`, that its field says otherwise.

    A call without the field has neither.
    """
    above, equal = ("<= 0", "<>") if other else ("> 0", "=")

    def condition(values: tuple[str, ...], _: ZoneInfo) -> Condition:
        conditions, parameters = [], {}
        for i, value in enumerate(values):
            sign = _SIGN.fullmatch(value)
            assert sign is not None
            if sign["some"]:
                # as JSON, where a text keeps its quotes: "nan" and "3" are no counts
                found = f"CAST(json_extract(results, '{sign['path']}') AS VARCHAR)"
                conditions.append(f"coalesce(try_cast({found} AS DOUBLE) {above}, false)")
            else:
                found = f"json_extract_string(results, '{sign['path']}')"
                conditions.append(f"coalesce({found} {equal} ${name}_{i}, false)")
                parameters[f"{name}_{i}"] = sign["value"]
        return " AND ".join(conditions), parameters

    return condition


def sign_words(value: str, *, other: bool = False) -> str:
    """``“quality greeting present is true”``."""
    sign = _SIGN.fullmatch(value)
    assert sign is not None
    spoken = sign["path"].strip("/").replace("/", " ").replace("_", " ")
    if sign["some"]:
        return f"“{spoken} {'not ' if other else ''}above 0”"
    return f"“{spoken} is {'not ' if other else ''}{sign['value'] or 'empty'}”"


_ITEM = re.compile(
    r"(?:priority=(?P<priority>.*?))?(?:(?(priority)&|)category=(?P<category>.*))?", re.DOTALL
)


def _accept_items(name: str, value: Any) -> tuple[str, ...]:
    values: tuple[str, ...] = TEXTS.accept(name, value)
    for one in values:
        if not one or _ITEM.fullmatch(one) is None:
            raise InvalidFilterError(
                f"“{one[:80]}” is no {name}: write priority=high, category=identity, or "
                "priority=high&category=identity."
            )
    return values


def items_sql(values: tuple[str, ...], _: ZoneInfo) -> Condition:
    """The condition that a call was given an item of each priority and category."""
    conditions: list[str] = []
    parameters: Parameters = {}
    for i, value in enumerate(values):
        item = _ITEM.fullmatch(value)
        assert item is not None
        wanted = {part: text for part, text in item.groupdict().items() if text is not None}
        tests = [f"coalesce(item ->> '$.{part}', '') = $recommended_{i}_{part}" for part in wanted]
        found = f"list_filter({RECOMMENDATIONS_SQL}, lambda item: {' AND '.join(tests)})"
        conditions.append(f"coalesce(len({found}) > 0, false)")
        parameters |= {f"recommended_{i}_{part}": text for part, text in wanted.items()}
    return " AND ".join(conditions), parameters


def item_words(value: str) -> str:
    """``priority “high” and category “tone”``."""
    item = _ITEM.fullmatch(value)
    assert item is not None
    return " and ".join(
        f"{part} “{text}”" if text else f"no {part}"
        for part, text in item.groupdict().items()
        if text is not None
    )


ITEMS = Kind("texts", _accept_items, list, _accept_items)
SIGNS = Kind("texts", _accept_signs, list, _accept_signs)
