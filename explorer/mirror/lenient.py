"""A list answer that is not as documented, record by record: what can be read, and what cannot.

Half of a surrogate pair, which JSON can hold, stops msgspec in the whole page; Python's own JSON
reader then takes its place, as in the client. A record of which no row can be made is kept aside,
with what it has of id, `created` and status.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import msgspec

from explorer.mirror.json_text import encoded
from explorer.mirror.page import (
    EARLIEST_CREATED,
    LATEST_CREATED,
    Count,
    DecodedPage,
    DecodedRow,
    Rejected,
)
from explorer.redact import encodable, redact, redact_text


class _RawList(msgspec.Struct, gc=False):
    data: list[msgspec.Raw]
    total: Count
    has_more: bool


_RAW_LIST = msgspec.json.Decoder(_RawList)


def decode_one_by_one(body: bytes, row_of: Callable[[Any], DecodedRow]) -> DecodedPage:
    """The rows of a list answer, and its records of which `row_of` makes none.

    `row_of` is given a record as bytes, or as a document where msgspec does not read the page; its
    ValueError or RecursionError says why there is no row.

    Raises
    ------
    ValueError : not JSON, or not a list of analyses.
    """
    records: list[Any]
    try:
        page = _RAW_LIST.decode(body)
        records, total, has_more = [bytes(raw) for raw in page.data], page.total, page.has_more
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        records, total, has_more = _list_of_documents(body)
    rows: list[DecodedRow] = []
    rejected: list[Rejected] = []
    for index, record in enumerate(records):
        try:
            rows.append(row_of(record))
        except (ValueError, RecursionError) as error:
            rejected.append(_rejected(index, record, str(error)))
    return DecodedPage(rows, total, has_more, rejected)


def _list_of_documents(body: bytes) -> tuple[list[Any], int, bool]:
    """The records of a page that msgspec does not read, as documents."""
    document: Any = None
    try:
        document = json.loads(body.decode(errors="replace"))
    except (ValueError, RecursionError) as error:
        problem = redact_text(str(error))
    else:
        problem = "no object with an array `data` and a count `total`"
    found = document if isinstance(document, dict) else {}
    records, total, has_more = (found.get(name) for name in ("data", "total", "has_more"))
    if not isinstance(records, list) or type(total) is not int or total < 0:
        raise ValueError(f"not a list of analyses: {problem}")
    return records, total, has_more is True  # `total` says it too


def _rejected(index: int, record: Any, reason: str) -> Rejected:
    found_id = found_created = found_status = None
    if isinstance(record, bytes):
        try:
            record = json.loads(record.decode(errors="replace"))
        except (ValueError, RecursionError):
            record = None
    if isinstance(record, dict):
        record = {name: value for name, value in record.items() if name != "transcript"}
        found_id, found_created = record.get("id"), record.get("created")
        found_status = record.get("status")
    if type(found_created) is not int or not EARLIEST_CREATED <= found_created <= LATEST_CREATED:
        found_created = None
    return Rejected(
        index,
        encodable(found_id) if isinstance(found_id, str) else None,
        found_created,
        encodable(found_status) if isinstance(found_status, str) else None,
        redact_text(reason),
        _shown(record),
    )


def _shown(record: object) -> str:
    try:
        return encoded(redact(record))
    except RecursionError:
        return "null"
