"""Calls whose own fields disagree: each rule is a name, what it says in words, and its SQL.

A rule speaks of fields that are there: where one that it needs is absent, its condition is NULL
and the call does not break it.
"""

from __future__ import annotations

from typing import NamedTuple


class Rule(NamedTuple):
    """One way in which fields of a call can disagree; `sql` is a condition over ``calls``."""

    name: str
    words: str
    sql: str
    applies: str
    """The calls that could break it, as a condition over ``calls``; `sql` holds for some of them."""
    among: str
    """These calls in words: ``of 120 …``."""


def _rule(name: str, words: str, among: str, applies: str, broken: str) -> Rule:
    """A rule that those of the calls break for which `broken` holds too."""
    known = f"({broken}) IS NOT NULL"
    return Rule(name, words, f"{applies} AND {broken}", f"{applies} AND {known}", among)


# API.md: identity is flagged when it was not stated in the first 15 s, the purpose when it was not
# in the first 4 turns of the agent.
RULES = (
    _rule(
        "identity_in_time_yet_flagged",
        "Identity stated within 15 seconds, yet flagged",
        "calls with identity stated within 15 seconds",
        "identity_verified AND identity_stated_s <= 15",
        "identity_flagged",
    ),
    _rule(
        "identity_late_not_flagged",
        "Identity stated after 15 seconds or not at all, yet not flagged",
        "calls with identity stated later or not at all",
        "(identity_stated_s > 15 OR NOT identity_verified)",
        "NOT identity_flagged",
    ),
    _rule(
        "purpose_in_time_yet_flagged",
        "Purpose declared within four turns, yet flagged",
        "calls with the purpose declared within four turns",
        "purpose_disclosed AND purpose_turn <= 4",
        "purpose_flagged",
    ),
    _rule(
        "purpose_late_not_flagged",
        "Purpose declared after four turns or not at all, yet not flagged",
        "calls with the purpose declared later or not at all",
        "(purpose_turn > 4 OR NOT purpose_disclosed)",
        "NOT purpose_flagged",
    ),
    _rule(
        "disclosures_unread_none_missing",
        "Disclosures not read, with none missing",
        "calls with disclosures not read",
        "NOT disclosures_read",
        "len(missing_disclosures) = 0",
    ),
    _rule(
        "disclosures_read_some_missing",
        "Disclosures read, with some missing",
        "calls with disclosures read",
        "disclosures_read",
        "len(missing_disclosures) > 0",
    ),
    _rule(
        "prohibited_without_instance",
        "Prohibited phrase used, without an instance",
        "calls with a prohibited phrase used",
        "prohibited_used",
        "n_prohibited = 0",
    ),
    _rule(
        "prohibited_instance_not_used",
        "Instances of a prohibited phrase, yet none used",
        "calls with no prohibited phrase used",
        "NOT prohibited_used",
        "n_prohibited > 0",
    ),
    _rule(
        "sensitive_without_instance",
        "Sensitive data shared, without an instance",
        "calls with sensitive data shared",
        "sensitive_shared",
        "n_sensitive = 0",
    ),
    _rule(
        "sensitive_instance_not_shared",
        "Instances of sensitive data, yet none shared",
        "calls with no sensitive data shared",
        "NOT sensitive_shared",
        "n_sensitive > 0",
    ),
    _rule(
        "completed_without_results",
        "Completed, without results",
        "completed calls",
        "status = 'completed'",
        "NOT has_results",
    ),
    Rule(
        "score_out_of_range",
        "Effort score below 0 or above 5",
        "customer_effort_score NOT BETWEEN 0 AND 5",
        "customer_effort_score IS NOT NULL",
        "calls with an effort score",
    ),
    _rule(
        "failed_with_results",
        "Failed, with results",
        "failed calls",
        "status = 'failed'",
        "has_results",
    ),
    _rule(
        "completed_with_error",
        "Completed, with an error message",
        "completed calls",
        "status = 'completed'",
        "coalesce(error_message, '') <> ''",
    ),
)
BY_NAME = {rule.name: rule for rule in RULES}
ALIKE = {
    **{
        name: name
        for name in (
            *("status", "has_results", "identity_verified", "identity_flagged"),
            *("purpose_disclosed", "purpose_flagged", "disclosures_read"),
            *("prohibited_used", "sensitive_shared"),
        )
    },
    "identity_stated_s": "CASE WHEN identity_stated_s <= 15 THEN 15 "
    "WHEN identity_stated_s > 15 THEN 16 END",
    "purpose_turn": "CASE WHEN purpose_turn <= 4 THEN 4 WHEN purpose_turn > 4 THEN 5 END",
    "missing_disclosures": "CASE WHEN len(missing_disclosures) > 0 THEN 'some' "
    "WHEN len(missing_disclosures) = 0 THEN '' END",
    "n_prohibited": "sign(n_prohibited)",
    "n_sensitive": "sign(n_sensitive)",
    "customer_effort_score": "CASE WHEN customer_effort_score BETWEEN 0 AND 5 THEN 0 "
    "WHEN customer_effort_score IS NOT NULL THEN 6 END",
    "error_message": "CASE WHEN error_message = '' THEN '' "
    "WHEN error_message IS NOT NULL THEN 'some' END",
}
"""Every column that a rule reads → an expression: a value that all rules treat as the call's own,
of which there are few. The rules are then asked of some dozens of kinds of calls, not of each."""
# CASE asks a rule only of the calls that broke none before it: OR would ask every one of all
ANY_SQL = f"CASE {' '.join(f'WHEN {rule.sql} THEN true' for rule in RULES)} ELSE false END"
"""The condition that a call breaks at least one rule."""
