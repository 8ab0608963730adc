"""A person's own merges and splits of reasons, kept in a small file.

::

    [[merge]]
    contains = "connection reset"        # or pattern = "dial tcp *: connect: *"
    label = "Connection reset"

    [[split]]
    pattern = "Audio decode failed: *webm*"
    label = "webm cannot be decoded"     # optional: without it, each mask is on its own

Text is compared without regard to case. In a ``pattern`` a ``*`` stands for any text; there is
nothing else, so that no rule can take long. Of several rules that fit, the first in the file
decides; splits come before merges.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from explorer.analysis.failures.masking import MAX_LABEL
from explorer.errors import SettingsError
from explorer.redact import redact_text

MAX_PATTERN = 500
_FIELDS = {"contains", "pattern", "label"}


class RulesError(SettingsError, ValueError):
    """A file of rules that cannot be used; the message names the rule and what to change."""


@dataclass(frozen=True, slots=True)
class MergeRule:
    """Reasons that match become one, named `label`."""

    pattern: str
    label: str

    def fits(self, mask: str, label: str) -> bool:
        """Whether a mask, or the label of its group, matches."""
        return matches(self.pattern, mask) or matches(self.pattern, label)


@dataclass(frozen=True, slots=True)
class SplitRule:
    """Masks that match leave their group: under `label`, or each on its own."""

    pattern: str
    label: str | None = None


@dataclass(frozen=True, slots=True)
class Rules:
    """What `load_rules` read; applied after the automatic merge."""

    merges: tuple[MergeRule, ...] = ()
    splits: tuple[SplitRule, ...] = ()

    def apply(self, labels: Mapping[str, str]) -> dict[str, str]:
        """The labels of `merge_masks` as these rules change them, one mask at a time."""
        return {mask: self.label_of(mask, label) for mask, label in labels.items()}

    def label_of(self, mask: str, label: str) -> str:
        """The label of one mask whose group is named `label`."""
        for split in self.splits:
            if matches(split.pattern, mask):
                label = split.label or mask
                break
        for merge in self.merges:
            if merge.fits(mask, label):
                return merge.label
        return label


def matches(pattern: str, text: str) -> bool:
    """Whether all of `text` fits a pattern in which ``*`` is any text; linear for each part."""
    first, *rest = pattern.casefold().split("*")
    text = text.casefold()
    if not rest:
        return text == first
    *middle, last = rest
    if not text.startswith(first) or not text.endswith(last):
        return False
    place, end = len(first), len(text) - len(last)
    for part in middle:
        place = text.find(part, place, end)
        if place < 0:
            return False
        place += len(part)
    return place <= end


def load_rules(path: str | Path) -> Rules:
    """The rules of a TOML file, in its order.

    Raises
    ------
    RulesError : no such file, no TOML, or a rule that cannot be meant; names which.
    """
    path = Path(path)
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise RulesError(f"{path.name}: cannot be read ({error.strerror})") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RulesError(f"{path.name}: not a TOML file: {redact_text(str(error))}") from error
    unknown = sorted(set(document) - {"merge", "split"})
    if unknown:
        raise RulesError(f"{path.name}: {unknown[0]!r} is unknown; use [[merge]] and [[split]]")
    merges = [_read(path, "merge", n, rule) for n, rule in _each(path, "merge", document)]
    splits = [_read(path, "split", n, rule) for n, rule in _each(path, "split", document)]
    return Rules(
        tuple(MergeRule(pattern, label or "") for pattern, label in merges),
        tuple(SplitRule(pattern, label) for pattern, label in splits),
    )


def _each(path: Path, kind: str, document: Mapping[str, Any]) -> list[tuple[int, Any]]:
    rules = document.get(kind, [])
    if not isinstance(rules, list):
        raise RulesError(f"{path.name}: write [[{kind}]] with two brackets")
    return list(enumerate(rules, start=1))


def _read(path: Path, kind: str, number: int, rule: Any) -> tuple[str, str | None]:
    where = f"{path.name}: [[{kind}]] number {number}"
    if not isinstance(rule, dict):
        raise RulesError(f"{where}: not a table; write [[{kind}]] with two brackets")
    unknown = sorted(set(rule) - _FIELDS)
    if unknown:
        raise RulesError(f"{where}: {unknown[0]!r} is unknown; use contains or pattern, and label")
    for name, value in rule.items():
        if not isinstance(value, str) or not value.strip():
            raise RulesError(f"{where}: {name} must be text")
    if ("contains" in rule) == ("pattern" in rule):
        raise RulesError(f"{where}: give either contains or pattern")
    if kind == "merge" and "label" not in rule:
        raise RulesError(f"{where}: label is missing")
    pattern = rule.get("pattern") or f"*{rule['contains']}*"
    if len(pattern) > MAX_PATTERN:
        raise RulesError(f"{where}: more than {MAX_PATTERN} characters")
    return pattern, _checked_label(where, rule.get("label"))


def _checked_label(where: str, label: str | None) -> str | None:
    if label is None:
        return None
    label = " ".join(label.split())
    if len(label) > MAX_LABEL:
        raise RulesError(f"{where}: label has more than {MAX_LABEL} characters")
    if redact_text(label) != label:
        raise RulesError(f"{where}: label holds what looks like a secret")
    return label
