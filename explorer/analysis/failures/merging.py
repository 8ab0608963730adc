"""Masks that differ only where something varies are one group, with one label.

Two masks are joined

1. when they are equal but for places that look like a value: slots, quoted names, values after
   ``=``, dotted names such as hosts, units behind a number; or
2. when they match one *pattern*: a mask with one or two more places left open, each of which many
   different words fill in the masks at hand. Words that carry meaning are never left open.

Both are symmetric and stay true when masks are added, and groups are the connected components: no
order matters, and more masks can join groups but part none. Masks are only compared with those of
the same length, punctuation and function words, so that the work stays near linear in their number.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from explorer.analysis.failures import masking, tokens
from explorer.analysis.failures.masking import mask
from explorer.analysis.failures.tokens import (
    OPEN,
    VALUE,
    WORD,
    is_name,
    may_be_open,
    parsed,
    slot_for,
)
from explorer.analysis.failures.vocabulary import NAMED_BEFORE

MANY = 6
"""Different words at one place that make it a place for names; few are different failures."""
MANY_ENDINGS = 3
"""Different last letters among them: verbs of one form end alike in most languages, names do not."""
MANY_NAMED = 3
"""The same where a word such as "user" stands before it."""
MANY_BESIDE_VALUES = 2
"""The same where some masks have a value such as ``<id>`` there; one, where both are so."""
MAX_OPEN = 24
"""Places of a mask that are tried two at a time; longer masks are tried one at a time."""
MAX_SHOWN = 20
"""Values of a varying place that an explanation lists."""


def merge_masks(masks: Iterable[str]) -> dict[str, str]:
    """Each distinct mask and the label of its group.

    Depends on the set alone. A label is the mask where a group has one, otherwise their common
    text with a slot where they vary.
    """
    by_signature: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for one in sorted(set(masks)):
        by_signature[parsed(one).shapes].append(one)
    groups = _joined(by_signature.keys())
    labels: dict[str, str] = {}
    for group in groups:
        members = [one for signature in group for one in by_signature[signature]]
        label = _label(members)
        labels.update(dict.fromkeys(members, label))
    return labels


def group_of(one: str, labels: Mapping[str, str]) -> tuple[str, ...]:
    """The masks of the group that holds a mask now, in order; `labels` as `merge_masks` gave them.

    A mask that no failure has any more is a group of its own.
    """
    if one not in labels:
        return (one,)
    return tuple(sorted(other for other, label in labels.items() if label == labels[one]))


@dataclass(frozen=True, slots=True)
class Position:
    """A place where the masks of a group vary.

    ``slot`` is what the label shows there, ``before`` the text of the label up to it, ``why`` the
    reason for which it counts as varying, and ``values`` what stands there, in order, at most
    `MAX_SHOWN` of the ``n_values``.
    """

    slot: str
    before: str
    why: str
    values: tuple[str, ...]
    n_values: int


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why masks are together: the label, the masks and the places where they vary."""

    label: str
    masks: tuple[str, ...]
    varying: tuple[Position, ...]


def explain(masks_in_group: Iterable[str]) -> Explanation:
    """Why these masks are one group.

    Masks that a person's rule put together may have no common text: ``varying`` is then empty.
    """
    masks = tuple(sorted(set(masks_in_group)))
    if not masks:
        return Explanation("", (), ())
    rows = [parsed(one).tokens for one in masks]
    if len({len(row) for row in rows}) > 1:
        return Explanation(masks[0], masks, ())
    shapes = [parsed(one).shapes for one in masks]
    common = _common(masks)
    varying = tuple(
        _position(place, common, rows, shapes)
        for place in range(len(common))
        if len({row[place] for row in rows}) > 1
    )
    return Explanation(_label(masks), masks, varying)


def _position(
    place: int,
    common: Sequence[str],
    rows: Sequence[Sequence[str]],
    shapes: Sequence[Sequence[str]],
) -> Position:
    values = sorted({row[place] for row in rows})
    kinds = {shape[place] for shape in shapes}
    if len(kinds) > 1:
        why = "filled by many different words"
    else:
        why = "looks like a value" if kinds == {VALUE} else "is only written in another way"
    return Position(
        common[place], "".join(common[:place]), why, tuple(values[:MAX_SHOWN]), len(values)
    )


Signature = tuple[str, ...]


def _joined(signatures: Iterable[Signature]) -> list[list[Signature]]:
    """The signatures in connected components, the components and their members in order."""
    ordered = sorted(signatures)
    parent = {signature: signature for signature in ordered}

    def root(signature: Signature) -> Signature:
        while parent[signature] != signature:
            parent[signature] = parent[parent[signature]]
            signature = parent[signature]
        return signature

    for members in _patterns(ordered):
        first = root(members[0])
        for other in members[1:]:
            parent[root(other)] = first
    components: dict[Signature, list[Signature]] = defaultdict(list)
    for signature in ordered:
        components[root(signature)].append(signature)
    return list(components.values())


def _patterns(signatures: Iterable[Signature]) -> Iterator[list[Signature]]:
    """The members of every pattern whose open places many words fill."""
    blocks: dict[Signature, list[Signature]] = defaultdict(list)
    for signature in signatures:
        if WORD not in signature:
            blocks[_skeleton(signature)].append(signature)
    for skeleton, members in blocks.items():
        if len(members) > 1:
            yield from _patterns_of(skeleton, members)


def _skeleton(signature: Signature) -> Signature:
    previous = ""
    shapes = []
    for shape in signature:
        shapes.append(OPEN if may_be_open(shape, previous) else shape)
        previous = shape
    return tuple(shapes)


def _patterns_of(skeleton: Signature, members: list[Signature]) -> Iterator[list[Signature]]:
    open_places = [place for place, shape in enumerate(skeleton) if shape == OPEN]
    n_said = sum(any(c.isalnum() for c in shape) for shape in skeleton)
    introduced_by = [_introduction(skeleton, place) for place in open_places]
    # the rest is the same in all of them
    rows = [tuple(member[place] for place in open_places) for member in members]
    places = [n for n in range(len(open_places)) if _is_filled(rows, n, True, len(skeleton))]
    tried: list[tuple[int, ...]] = [(place,) for place in places]
    if len(open_places) <= MAX_OPEN:  # of the skeleton, since more masks must not undo it
        tried += combinations(places, 2)
    for opened in tried:
        left_open = {open_places[place] for place in opened}
        matching: dict[Signature, list[int]] = defaultdict(list)
        for number, row in enumerate(rows):
            matching[_without(row, opened)].append(number)
        for kept, numbers in matching.items():
            if len(numbers) == 1:
                continue
            found = [rows[number] for number in numbers]
            one = members[numbers[0]]
            n_words = n_said + len(kept) - kept.count(VALUE)
            if n_words >= len(opened) and all(
                _is_filled(found, place, _is_named(one, introduced_by[place], left_open), n_words)
                for place in opened
            ):
                yield [members[number] for number in numbers]


def _without(row: Signature, places: tuple[int, ...]) -> Signature:
    if len(places) == 1:
        return row[: places[0]] + row[places[0] + 1 :]
    return row[: places[0]] + row[places[0] + 1 : places[1]] + row[places[1] + 1 :]


def _is_filled(rows: Sequence[Signature], place: int, named: bool, n_words: int) -> bool:
    """Whether so many names stand at a place that it must be one for names.

    `n_words` is how many words all of them have in common.
    """
    shapes = {row[place] for row in rows}
    names = [shape for shape in shapes if is_name(shape)]
    if VALUE in shapes:
        return n_words >= 2 and len(names) >= (1 if named else MANY_BESIDE_VALUES)
    if named:
        return n_words >= 2 and len(names) >= MANY_NAMED
    endings = {name[-1] if name.isalnum() else name for name in names}
    return n_words >= 3 and len(names) >= MANY and len(endings) >= MANY_ENDINGS


def _introduction(skeleton: Signature, place: int) -> int:
    """The place of the word before a place, over ``: ``, ``(`` and the like; -1 for none."""
    before = place - 1
    while before >= 0 and skeleton[before] in (" ", ":", "(", "[", "#"):
        before -= 1
    return before


def _is_named(one: Signature, before: int, opened: set[int]) -> bool:
    """Whether a word that names follow comes first, as in "user x"; in all of a pattern or none."""
    return before >= 0 and before not in opened and one[before].lower() in NAMED_BEFORE


def _label(members: Sequence[str]) -> str:
    return members[0] if len(members) == 1 else mask("".join(_common(members)))


def _common(members: Sequence[str]) -> list[str]:
    """The tokens that masks of one group share, with a slot where they vary."""
    common = _with_slots(members, slot_for)
    text = "".join(common)
    # two slots of one kind in a row would be masked as a list of them
    return common if mask(text) == text else _with_slots(members, lambda _, __: "<value>")


def _with_slots(
    members: Sequence[str], slot: Callable[[set[str], Sequence[str]], str]
) -> list[str]:
    common: list[str] = []
    columns = zip(*(parsed(one).tokens for one in members), strict=True)
    shapes = zip(*(parsed(one).shapes for one in members), strict=True)
    for column, kinds in zip(columns, shapes, strict=True):
        values = set(column)
        if len(values) == 1:
            common.append(column[0])
        elif len(set(kinds)) > 1:
            common.append(WORD)
        else:
            common.append(slot(values, common) if kinds[0] == VALUE else min(values))
    return common


def forget() -> None:
    """Empty the caches, those of masking too, as when a process starts."""
    masking.forget()
    tokens.forget()
