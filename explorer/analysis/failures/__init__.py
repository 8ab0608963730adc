"""Why analyses fail: free-text messages grouped by what they say.

Two layers. `mask` depends on one message alone and is stored beside it. `merge_masks` runs over
the set of all distinct masks and joins those that differ only where something varies; it depends
on the set, not on its order, and more masks join groups but part none. A link or a filter stores
a mask and resolves to the group that holds it now. `Rules` are a person's own merges and splits.
"""

from __future__ import annotations

from collections.abc import Sequence

from explorer.analysis.failures.masking import MAX_LABEL, mask
from explorer.analysis.failures.merging import Explanation, Position, explain, group_of, merge_masks
from explorer.analysis.failures.rules import MergeRule, Rules, RulesError, SplitRule, load_rules

NO_MESSAGE = "(no message)"
EMPTY_MESSAGE = "(empty message)"
MASK_VERSION = 3
"""Of what `mask` returns; masks that were stored by another version are made anew."""
REASON_SQL = (
    f"CASE WHEN error_mask IS NULL THEN '{NO_MESSAGE}' "
    f"WHEN error_mask = '' THEN '{EMPTY_MESSAGE}' "
    "ELSE coalesce((SELECT label FROM reasons WHERE mask = error_mask), error_mask) END"
)
"""The reason of a failed row of the mirror: the label of the group that holds its mask, which table
``reasons`` has for every mask that the account ever had."""
REASON_ASKED_SQL = "coalesce((SELECT label FROM reasons WHERE mask = {0}), {0})"
"""The reason that a text in place of ``{0}`` means now: a mask, or a label of now or of earlier."""


__all__ = [
    "EMPTY_MESSAGE",
    "MASK_VERSION",
    "MAX_LABEL",
    "NO_MESSAGE",
    "REASON_ASKED_SQL",
    "REASON_SQL",
    "Explanation",
    "MergeRule",
    "Position",
    "Rules",
    "RulesError",
    "SplitRule",
    "explain",
    "group_messages",
    "group_of",
    "load_rules",
    "mask",
    "merge_masks",
    "reason_of",
]


def reason_of(mask: str | None) -> str:
    """A mask as it is named; a missing and an empty one have names of their own."""
    if mask is None:
        return NO_MESSAGE
    return mask or EMPTY_MESSAGE


def group_messages(messages: Sequence[str | None], rules: Rules | None = None) -> list[str]:
    """Each message's reason: the label of its group, in the order given.

    The groups are those of the messages given: give all failures of an account, not a part.
    """
    mask_of = {message: mask(message) for message in set(messages) if message is not None}
    masks = {found for found in mask_of.values() if found}
    labels = merge_masks(masks)
    if rules is not None:
        labels = rules.apply(labels)
    reasons: dict[str | None, str] = {
        message: labels.get(found, EMPTY_MESSAGE) for message, found in mask_of.items()
    }
    reasons[None] = NO_MESSAGE
    return [reasons[message] for message in messages]
