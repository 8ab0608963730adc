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


def _told(name: str, condition: str, holds: str, fails: str) -> tuple[str, str]:
    return condition, f"CASE WHEN {name} THEN {holds} WHEN NOT {name} THEN {fails} END"


ALIKE = {
    **{
        name: (name, name)
        for name in (
            *("status", "has_results", "identity_verified", "identity_flagged"),
            *("purpose_disclosed", "purpose_flagged", "disclosures_read"),
            *("prohibited_used", "sensitive_shared"),
        )
    },
    "identity_stated_s": _told("identity_stated_s", "identity_stated_s <= 15", "15", "16"),
    "purpose_turn": _told("purpose_turn", "purpose_turn <= 4", "4", "5"),
    "missing_disclosures": _told(
        "missing_disclosures", "len(missing_disclosures) > 0", "['one']", "[]"
    ),
    "n_prohibited": _told("n_prohibited", "n_prohibited > 0", "1", "0"),
    "n_sensitive": _told("n_sensitive", "n_sensitive > 0", "1", "0"),
    "customer_effort_score": _told(
        "customer_effort_score", "customer_effort_score BETWEEN 0 AND 5", "0", "6"
    ),
    "error_message": _told("error_message", "error_message <> ''", "'some'", "''"),
}
"""Every column that a rule reads → an expression of few values that tells calls apart, and, over
these under the column's name, a value that all rules treat as the call's own. The rules are then
asked of some dozens of kinds of calls, not of each; truth values are the fastest to group by."""
# CASE asks a rule only of the calls that broke none before it: OR would ask every one of all
ANY_SQL = f"CASE {' '.join(f'WHEN {rule.sql} THEN true' for rule in RULES)} ELSE false END"
"""The condition that a call breaks at least one rule."""
