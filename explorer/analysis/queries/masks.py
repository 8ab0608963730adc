"""Why failure messages are one reason: their masks, and the messages themselves."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pandas as pd

from explorer.analysis.failures import REASON_ASKED_SQL, REASON_SQL
from explorer.analysis.filters import Filter
from explorer.analysis.summary import Cursor, fetch

MOST_MASKS = 200


def masks_of(cursor: Cursor, reason: str) -> list[str]:
    """The masks of the account's failures that are together in a reason, at most `MOST_MASKS`.

    Empty for failures without a message.

    Source: tables ``calls`` and ``reasons``.
    """
    found = cursor.execute(
        f"""
        SELECT DISTINCT error_mask FROM calls
        WHERE status = 'failed' AND error_mask <> ''
              AND {REASON_SQL} = {REASON_ASKED_SQL.format("$reason")}
        ORDER BY error_mask LIMIT {MOST_MASKS}
        """,
        {"reason": reason},
    )
    return [row[0] for row in found.fetchall()]


def messages(cursor: Cursor, calls: Filter, zone: ZoneInfo, *, limit: int = 50) -> pd.DataFrame:
    """The messages of failed calls as they came, secrets taken out, most frequent first.

    Returns
    -------
    One row a distinct message, at most `limit`: ``error_message`` (missing where there is none),
    ``times``, ``last_seen_at`` (UTC).

    Source: table ``calls``; API field ``metadata.error_message``.
    """
    where, parameters = calls.where(zone=zone)
    return fetch(
        cursor,
        f"""
        SELECT error_message, count(*) AS times, to_timestamp(max(created)) AS last_seen_at
        FROM calls WHERE status = 'failed' AND {where}
        GROUP BY error_message ORDER BY times DESC, error_message LIMIT {int(limit)}
        """,
        parameters,
    )
