"""What a call is among the others: a repeat, hidden by a failure, stuck; in SQL over ``calls``."""

from __future__ import annotations

from explorer.analysis import bands, zones

REPEAT_DAYS = 7
"""A contact who calls again within this many days calls a second time about it."""
# Contacts by the hash of their names, 64 bits: sorting by names takes twice as long, and two of a
# million contacts have one hash in one account of 37 million. The calls that are no repeat are
# looked up, since where it matters they are far fewer.
REPEAT_SQL = f"""(coalesce(contact_id, '') <> '' AND rowid NOT IN (
    SELECT row FROM (
        SELECT row, created - lag(created) OVER (PARTITION BY contact ORDER BY created, row) AS gap
        FROM (SELECT rowid AS row, created, hash(contact_id) AS contact FROM calls
              WHERE contact_id <> ''))
    WHERE gap IS NULL OR gap > {REPEAT_DAYS * zones.DAY_S}))"""
"""Whether a contact's call came within `REPEAT_DAYS` of the one before it."""
HIDDEN_SQL = """(status = 'failed' AND coalesce(contact_id, '') IN (
    SELECT DISTINCT contact_id FROM calls WHERE status = 'completed' AND contact_id <> ''))"""
"""Whether a failed analysis hides a call of a contact of whom others are completed."""

TIMED_DAYS = 90
"""How long processing takes changes over time."""
TIMED_CALLS = 100_000
"""More completed calls than this, the newest, would not make a 99th percentile more certain."""
FEWEST_TIMED = 100
"""A 99th percentile of fewer is not much more than their slowest one."""
STUCK_GRACE_S = 300
"""A call may have ended since the mirror was refreshed, every three minutes."""
TURNAROUND_SQL = (
    "(CASE WHEN completed_ms >= created * 1000 THEN completed_ms / 1000.0 - created "
    "ELSE processing_time_s END)"
)
"""Seconds from a call's creation to its end; null where the API tells neither."""
WAITING_SQL = f"""
    WITH waiting AS (
        SELECT rowid AS row, created, {bands.AUDIO_LENGTH.measure} AS length_s,
               {bands.AUDIO_LENGTH.places_sql} AS band
        FROM calls WHERE status = 'processing'),
    ended AS (
        SELECT {bands.AUDIO_LENGTH.measure} AS length_s, {bands.AUDIO_LENGTH.places_sql} AS band,
               {TURNAROUND_SQL} AS took_s
        FROM calls
        WHERE status = 'completed' AND {TURNAROUND_SQL} >= 0 AND EXISTS (FROM waiting)
              AND created >= (SELECT max(created) FROM calls) - {TIMED_DAYS * zones.DAY_S}
              AND created >= coalesce((SELECT created FROM calls WHERE status = 'completed'
                  ORDER BY created DESC LIMIT 1 OFFSET {TIMED_CALLS}), created)),
    per_band AS (
        SELECT band, quantile_cont(took_s, 0.99) AS limit_s FROM ended
        WHERE band IN (SELECT band FROM waiting)
        GROUP BY band HAVING count(*) >= {FEWEST_TIMED}),
    overall AS (
        SELECT quantile_cont(took_s / length_s, 0.99) FILTER (length_s > 0) AS factor,
               quantile_cont(took_s, 0.99) AS limit_s
        FROM ended
        WHERE EXISTS (FROM waiting WHERE band NOT IN (SELECT band FROM per_band)))
    SELECT row, created + CAST(ceil(coalesce(
               per_band.limit_s, overall.factor * nullif(greatest(length_s, 0), 0), overall.limit_s
           )) AS BIGINT) AS expected
    FROM waiting LEFT JOIN per_band USING (band) CROSS JOIN overall"""
"""Calls still processing: ``row``, and ``expected``: the Unix second by which 99 % of completed
calls of that audio length had ended, of the newest `TIMED_CALLS` in the last `TIMED_DAYS` of the account. Where too few of
that length have, 99 % of all seconds of processing a second of audio are taken; null where none
has.
"""
LAST_SYNC_SQL = "SELECT max(ended_at) FROM syncs WHERE problem IS NULL"
"""When the mirror was last brought up to date, in Unix seconds; null while no sync has ended."""
AS_OF_SQL = f"""CAST(least(epoch(now()), coalesce(({LAST_SYNC_SQL}), epoch(now()))) AS BIGINT)"""
"""Unix second of the last sync: what has ended since, a mirror that nobody keeps up to date cannot
know. Now, while there was none."""
STUCK_SQL = f"""rowid IN (
    SELECT row FROM ({WAITING_SQL}) WHERE expected + {STUCK_GRACE_S} < {AS_OF_SQL})"""
"""Whether a call was still processing although 99 % of those like it had ended."""
