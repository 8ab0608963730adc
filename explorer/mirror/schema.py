"""What the mirror holds: one row an analysis, and the one place where API fields are renamed.

`FIELDS` is the table of columns: name, DuckDB type and what the column is in the API.
Checks are columns, the whole of ``results`` is kept as JSON beside them; transcripts have a table
of their own, which stays empty unless ``EXPLORER_TRANSCRIPTS=keep``.
"""

from __future__ import annotations

from typing import NamedTuple

VERSION = 2
"""Of the schema; `MIGRATIONS` leads from each older one to the next."""


class Field(NamedTuple):
    """One column of ``calls``."""

    name: str
    sql: str
    source: str


FIELDS = (
    Field("id", "VARCHAR", "id"),
    Field("created", "BIGINT", "created: Unix seconds UTC"),
    Field("status", "VARCHAR", "status"),
    Field("livemode", "BOOLEAN", "livemode"),
    Field("agent_id", "VARCHAR", "call.agent_id"),
    Field("contact_id", "VARCHAR", "call.contact_id"),
    Field("duration_s", "DOUBLE", "call.duration_seconds, or duration_ms / 1000, or of the audio"),
    Field("audio_format", "VARCHAR", "audio.format"),
    Field("audio_duration_s", "DOUBLE", "audio.duration_seconds"),
    Field("size_bytes", "DOUBLE", "audio.size_bytes"),
    Field("language", "VARCHAR", "transcript.language"),
    Field("has_results", "BOOLEAN", "results is not null"),
    Field("customer_effort_score", "DOUBLE", "results.coaching.customer_effort_score, 0–5"),
    Field("greeting_present", "BOOLEAN", "results.quality.greeting.present"),
    Field("n_flagged", "INTEGER", "number of compliance checks that failed; null without results"),
    Field("flagged_checks", "VARCHAR[]", "their names, in the API's order; null without results"),
    Field("identity_verified", "BOOLEAN", "results.compliance.identity_verification.verified"),
    Field("identity_stated_s", "DOUBLE", "results.compliance.identity_verification.timestamp"),
    Field("identity_flagged", "BOOLEAN", "results.compliance.identity_verification.flagged"),
    Field("disclosures_read", "BOOLEAN", "results.compliance.mandatory_disclosures.read"),
    Field("missing_disclosures", "VARCHAR[]", "results.compliance.mandatory_disclosures"),
    Field("purpose_disclosed", "BOOLEAN", "results.compliance.purpose_declaration.disclosed"),
    Field("purpose_turn", "DOUBLE", "results.compliance.purpose_declaration.interaction_number"),
    Field("purpose_flagged", "BOOLEAN", "results.compliance.purpose_declaration.flagged"),
    Field("prohibited_used", "BOOLEAN", "results.compliance.prohibited_phrases.used"),
    Field("n_prohibited", "INTEGER", "length of results.compliance.prohibited_phrases.instances"),
    Field("sensitive_shared", "BOOLEAN", "results.compliance.sensitive_data.shared"),
    Field("n_sensitive", "INTEGER", "length of results.compliance.sensitive_data.instances"),
    Field("has_webhook", "BOOLEAN", "metadata.webhook_url is not null"),
    Field("completed_ms", "BIGINT", "metadata.completed_at: Unix milliseconds UTC"),
    Field("processing_time_s", "DOUBLE", "metadata.processing_time_ms / 1000"),
    Field("error_message", "VARCHAR", "metadata.error_message, secrets taken out"),
    Field("error_mask", "VARCHAR", "its mask: variable parts as slots"),
    Field("results", "VARCHAR", "results as JSON, links and secrets masked"),
)
NAMES = tuple(field.name for field in FIELDS)

# By far the largest column: zstd takes a third of the disk and half the time of DuckDB's choice.
_COMPRESSION = {"results": " USING COMPRESSION zstd"}
_CALLS = ", ".join(
    f"{field.name} {field.sql}{_COMPRESSION.get(field.name, '')}" for field in FIELDS
)
# Masks of failures and the label of the group that holds each; labels that a group had before are
# aliases. See `explorer.mirror.reasons`.
_REASONS = "CREATE TABLE reasons (mask VARCHAR, label VARCHAR, alias BOOLEAN)"
TABLES = (
    f"CREATE TABLE calls ({_CALLS})",
    "CREATE TABLE transcripts (id VARCHAR, transcript VARCHAR)",
    # Records that cannot be read still take their place in the list: `created` is their own, or
    # that of the row before them.
    "CREATE TABLE rejected (id VARCHAR, created BIGINT, status VARCHAR, reason VARCHAR, "
    "record VARCHAR, seen_at DOUBLE)",
    "CREATE TABLE syncs (started_at DOUBLE, ended_at DOUBLE, kind VARCHAR, requests INTEGER, "
    "fetched INTEGER, inserted INTEGER, updated INTEGER, deleted INTEGER, rejected INTEGER, "
    "total INTEGER, complete BOOLEAN, problem VARCHAR)",
    "CREATE TABLE state (version INTEGER, base_url VARCHAR, fingerprint VARCHAR, total BIGINT, "
    "floor BIGINT, ceiling BIGINT, whole BOOLEAN, checked_at DOUBLE, masks INTEGER)",
    _REASONS,
)
"""``state`` has one row. `ceiling`: everything older than it is mirrored; while a first read is
unfinished only what is newer than `floor`. `whole`: a first read has ended; `checked_at`: when
the mirror last equalled the account; `masks`: which version of `mask` made the masks. Rows at and above the ceiling may be mirrored, without the
others around them: a sync was interrupted there, or read past it for another reason.
"""

MIGRATIONS: dict[int, tuple[str, ...]] = {
    1: (_REASONS, "ALTER TABLE state ADD COLUMN masks INTEGER"),
}
"""Version → statements that lead to the next version."""
