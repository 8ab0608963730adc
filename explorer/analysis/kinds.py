"""The kinds of value a filter has: how each is read from a URL, written to it and checked."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Literal, cast
from zoneinfo import ZoneInfo

from explorer.analysis.times import instant
from explorer.errors import InvalidFilterError
from explorer.redact import encodable

Shape = Literal["text", "texts", "number", "flag", "time", "choices", "sort"]
Parameters = dict[str, Any]
Condition = tuple[str, Parameters]
"""A condition in SQL over ``calls``, and the parameters that it binds."""
Sql = Callable[[Any, ZoneInfo], Condition]
"""(a value, a zone) → the condition that a call has the value."""


@dataclass(frozen=True)
class Kind:
    """How values of a dimension are read, written and checked."""

    shape: Shape
    read: Callable[[str, list[str]], Any]
    """(name, URL values) → value; raises InvalidFilterError."""
    write: Callable[[Any], list[str]]
    """value → URL values; the inverse of `read`."""
    accept: Callable[[str, Any], Any]
    """(name, argument) → value in its one form; raises InvalidFilterError."""
    choices: tuple[str, ...] = ()
    """The only values there are, where these are known."""


def whole_number(name: str, text: str, lowest: int, highest: int | None) -> int:
    """The whole number in `text`.

    Raises
    ------
    InvalidFilterError : not a whole number, or outside ``lowest``–``highest``.
    """
    allowed = f"from {lowest} to {highest}" if highest is not None else f"of {lowest} or more"
    # isdecimal, not int(): "１２", "1_000" and " 7" are not what a URL of ours holds
    number = int(text) if text.isascii() and text.isdecimal() and len(text) <= 12 else None
    if number is None or number < lowest or (highest is not None and number > highest):
        raise InvalidFilterError(f"“{text[:40]}” is no {name}: it takes a whole number {allowed}.")
    return number


def choices(*names: str) -> Kind:
    """The kind of one or several of `names`."""

    def accept(name: str, value: Any) -> tuple[str, ...]:
        # hours are numbers in Python and text in a URL
        whole = (str(one) if type(one) is int else one for one in _several(value))
        values = _accept_texts(name, tuple(whole))
        for one in values:
            if one not in names:
                raise InvalidFilterError(
                    f"“{one[:40]}” is no {name}: it is one of {', '.join(names)}."
                )
        return values

    return Kind("choices", accept, list, accept, names)


def sort(names: Iterable[str], own: str) -> Kind:
    """The kind of a sort; `own` is the order that needs no asking for."""
    known = tuple(names)

    def accept(name: str, value: Any) -> str | None:
        if not isinstance(value, str) or value not in known:
            raise InvalidFilterError(
                f"“{str(value)[:40]}” is no sort: it is one of {', '.join(known)}."
            )
        return None if value == own else value

    return Kind(
        "sort", lambda name, values: accept(name, _one(name, values)), _alone, accept, known
    )


def _one(name: str, values: list[str]) -> str:
    if len(values) != 1:
        raise InvalidFilterError(f"{name} is given {len(values)} times: give it once.")
    return values[0]


def _alone(value: str) -> list[str]:
    return [value]


def _several(value: Any) -> tuple[Any, ...]:
    several = isinstance(value, Iterable) and not isinstance(value, str | bytes)
    return tuple(value) if several else (value,)


def _accept_texts(name: str, value: Any) -> tuple[str, ...]:
    values = _several(value)
    if not values or not all(map(_is_text, values)):
        raise InvalidFilterError(f"{name} takes text or several texts, not {value!r}.")
    return tuple(dict.fromkeys(values))


def _accept_text(name: str, value: Any) -> str:
    if not _is_text(value):
        raise InvalidFilterError(f"{name} takes text, not {value!r}.")
    return cast(str, value)


def _is_text(value: object) -> bool:
    # half of a surrogate pair cannot be sent, and no row of the mirror has one
    return isinstance(value, str) and encodable(value) == value


def _read_number(name: str, values: list[str]) -> float:
    text = _one(name, values)
    # float() reads "1_0" too, which nobody means
    return _accept_number(name, "" if "_" in text else text)


def _accept_number(name: str, value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        number = float("nan")
    if isinstance(value, bool) or not 0 <= number < 1e12:
        raise InvalidFilterError(f"“{str(value)[:40]}” is no {name}: it takes a number from 0.")
    return number


def _write_number(value: float) -> list[str]:
    return [str(int(value)) if value.is_integer() else repr(value)]


def _read_flag(name: str, values: list[str]) -> bool:
    text = _one(name, values)
    if text not in _FLAGS:
        raise InvalidFilterError(f"“{text[:40]}” is no {name}: it is yes or no.")
    return _FLAGS[text]


def _accept_flag(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise InvalidFilterError(f"{name} is True or False, not {value!r:.40}.")
    return value


_FLAGS = {"yes": True, "no": False}


def _accept_time(name: str, value: Any) -> str:
    text = value.isoformat() if isinstance(value, date) else value
    if not isinstance(text, str):
        raise InvalidFilterError(f"{name} takes a time, not {value!r}.")
    instant(name, text, now=datetime.now(UTC), zone=UTC)
    return text


TEXTS = Kind("texts", _accept_texts, list, _accept_texts)
TEXT = Kind("text", _one, _alone, _accept_text)
NUMBER = Kind("number", _read_number, _write_number, _accept_number)
FLAG = Kind("flag", _read_flag, lambda value: ["yes" if value else "no"], _accept_flag)
TIME = Kind(
    "time", lambda name, values: _accept_time(name, _one(name, values)), _alone, _accept_time
)
