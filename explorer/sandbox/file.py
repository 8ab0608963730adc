"""A saved answer as an account: list JSON, a bare JSON array, or JSON Lines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from explorer.sandbox.accounts import MemoryAccount, Record


class FileError(ValueError):
    """A file that cannot be served; the message names the file, the line and the next step."""


def read_account(path: str | Path) -> MemoryAccount:
    """The analyses of a file, with every field and status as it stands there.

    Raises
    ------
    FileError : the file cannot be read, a line is no JSON object, an analysis lacks its ``id`` or
        ``created``, or two share an ``id``.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileError(
            f"{path}: byte {error.start} is not UTF-8; save the file as UTF-8"
        ) from None
    except OSError as error:
        raise FileError(f"{path}: {error.strerror}; give the path of a readable file") from None
    placed = _whole(path, text)
    if placed is None:
        placed = _lines(path, text)
    seen: dict[str, str] = {}
    for place, record in placed:
        _check(f"{path}, {place}", place, record, seen)
    return MemoryAccount(record for _, record in placed)


def _whole(path: Path, text: str) -> list[tuple[str, Any]] | None:
    """The items of one JSON document, None when the file is JSON Lines."""
    start = text.lstrip()[:1]
    try:
        document = json.loads(text, parse_constant=_refuse)
    except json.JSONDecodeError as error:
        # JSON Lines: each line a document. An array that breaks off is none.
        first_line = text.strip().partition("\n")[0]
        if start == "{" and ("\n" in text.strip()) and _is_json(first_line):
            return None
        raise FileError(
            f"{path}, line {error.lineno}: not JSON ({error.msg}, column {error.colno}); "
            "correct the line or save the answer again"
        ) from None
    except _NotJson as error:
        raise FileError(f"{path}: {error} is not JSON; replace it by null or a number") from None
    except RecursionError:
        raise FileError(f"{path}: nested too deeply to be read; save the answer again") from None
    if isinstance(document, dict) and isinstance(document.get("data"), list):
        document = document["data"]
    elif isinstance(document, dict) and "id" in document:
        document = [document]
    if not isinstance(document, list):
        raise FileError(
            f'{path}, line 1: neither a list answer ({{"object": "list", "data": [...]}}), nor an '
            "array, nor JSON Lines; save the answer of the list call"
        )
    return [(f"item {n}", item) for n, item in enumerate(document, 1)]


def _lines(path: Path, text: str) -> list[tuple[str, Any]]:
    placed = []
    # Not splitlines(): U+2028 and its like may stand inside a JSON string.
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            placed.append((f"line {number}", json.loads(line, parse_constant=_refuse)))
        except (json.JSONDecodeError, _NotJson) as error:
            raise FileError(
                f"{path}, line {number}: not JSON ({error}); correct or remove the line"
            ) from None
    return placed


def _check(where: str, place: str, record: Any, seen: dict[str, str]) -> None:
    if not isinstance(record, dict):
        raise FileError(f"{where}: not a JSON object; one analysis a line or item, remove this one")
    analysis_id, created = record.get("id"), record.get("created")
    if not isinstance(analysis_id, str) or not analysis_id:
        raise FileError(f"{where}: no string `id`; add it or remove the analysis")
    if isinstance(created, bool) or not isinstance(created, int | float):
        raise FileError(f"{where}: no number `created`; add Unix seconds or remove the analysis")
    if analysis_id in seen:
        raise FileError(f"{where}: id {analysis_id} stands at {seen[analysis_id]} too; remove one")
    seen[analysis_id] = place


class _NotJson(ValueError):
    pass


def _refuse(name: str) -> Record:
    raise _NotJson(name)


def _is_json(line: str) -> bool:
    try:
        json.loads(line)
    except ValueError:
        return False
    return True
