"""Which failure messages are together: table ``reasons``, kept in step with the failed calls.

Groups are made from every mask the account ever had, never from a part: a mask stays in the table
when its calls are gone, so that groups only grow. A label that a group had before stays too, as an
alias, so that a link which holds it finds the group it has become. Until the next pass a new mask
is named by itself.
"""

from __future__ import annotations

import logging
import time
from pathlib import Path

import pyarrow as pa

from explorer.analysis.failures import (
    MASK_VERSION,
    Rules,
    RulesError,
    load_rules,
    mask,
    merge_masks,
)
from explorer.mirror.store import Store

logger = logging.getLogger("explorer.sync")

RULES_FILE = "reasons.toml"
"""Beside the mirror, for all accounts in that folder."""
GROWTH = 1.5
"""During a read, masks are grouped again when the calls have grown by this factor: all passes
together then cost a few times the last one."""
GROUPED_EVERY_S = 3
"""And no more often than this: nobody reads faster."""
_NEW = """
    SELECT DISTINCT error_mask FROM calls WHERE status = 'failed' AND error_mask <> ''
    EXCEPT SELECT mask FROM reasons WHERE NOT alias
"""
_MESSAGES = "SELECT DISTINCT error_message FROM calls WHERE error_message IS NOT NULL"


class Reasons:
    """The groups of one mirror's failure messages.

    Parameters
    ----------
    rules_file : a person's own merges and splits, if there is such a file; read again when it
        changes. One that cannot be used is named in `problem`, and the rules before it go on.
    """

    def __init__(self, store: Store, rules_file: Path) -> None:
        self._store, self._rules_file = store, rules_file
        self._grouped_at = 0  # calls mirrored at the last pass of a read
        self._followed_at = float("-inf")
        self.problem: RulesError | None = None
        self._rules: Rules | None = None
        self._rules_written_at: float | None = None
        self._mask_again()
        self._group(anew=True)  # the rules may have changed meanwhile

    def follow(self, mirrored: int) -> None:
        """Group again if enough calls have come since the last time."""
        now = time.monotonic()
        if mirrored > self._grouped_at * GROWTH and now - self._followed_at >= GROUPED_EVERY_S:
            self._grouped_at, self._followed_at = mirrored, now
            self.group()

    def group(self) -> None:
        """Group the masks there are now; does little when there is no new one."""
        self._group(anew=False)

    def _group(self, *, anew: bool) -> None:
        anew = self._read_rules() or anew
        cursor = self._store.cursor()
        fresh = [row[0] for row in cursor.execute(_NEW).fetchall()]
        if not fresh and not anew:
            return
        rows = cursor.execute("SELECT mask, label, alias FROM reasons").fetchall()
        known = {name: label for name, label, alias in rows if not alias}
        labels = merge_masks([*known, *fresh])
        if self._rules is not None:
            labels = self._rules.apply(labels)
        aliases = _aliases({name: label for name, label, alias in rows if alias}, known, labels)
        if fresh or labels != known:
            self._write(labels, aliases)

    def _write(self, labels: dict[str, str], aliases: dict[str, str]) -> None:
        both = [*labels.items(), *aliases.items()]
        table = pa.table(
            {
                "mask": pa.array([name for name, _ in both], pa.string()),
                "label": pa.array([label for _, label in both], pa.string()),
                "alias": [place >= len(labels) for place in range(len(both))],
            }
        )
        with self._store.transaction() as cursor:
            cursor.execute("DELETE FROM reasons")
            cursor.register("grouped", table)
            cursor.execute("INSERT INTO reasons SELECT * FROM grouped")
            cursor.unregister("grouped")

    def _read_rules(self) -> bool:
        """Read the file of rules if it has changed; whether it has."""
        written_at = self._rules_file.stat().st_mtime if self._rules_file.exists() else None
        if written_at == self._rules_written_at:
            return False
        self._rules_written_at, self.problem = written_at, None
        try:
            self._rules = None if written_at is None else load_rules(self._rules_file)
        except RulesError as error:
            self.problem = error
            logger.warning("%s", error)
        return True

    def _mask_again(self) -> None:
        """Masks that an older version of the explorer made are made anew."""
        cursor = self._store.cursor()
        row = cursor.execute("SELECT masks FROM state").fetchone()
        if row == (MASK_VERSION,):
            return
        messages = [row[0] for row in cursor.execute(_MESSAGES).fetchall()]
        table = pa.table(
            {"message": pa.array(messages, pa.string()), "mask": [mask(one) for one in messages]}
        )
        with self._store.transaction() as writing:
            if messages:
                writing.register("masked", table)
                writing.execute(
                    "UPDATE calls SET error_mask = masked.mask FROM masked "
                    "WHERE calls.error_message = masked.message"
                )
                writing.unregister("masked")
            writing.execute("DELETE FROM reasons")
            self._store.set_state(writing, masks=MASK_VERSION)


def _aliases(
    before: dict[str, str], known: dict[str, str], labels: dict[str, str]
) -> dict[str, str]:
    """Labels that groups had before → the label of what they have become."""
    became = {known[name]: labels[name] for name in sorted(known, reverse=True)}
    aliases = {name: became.get(label, label) for name, label in before.items()}
    aliases |= {old: new for old, new in became.items() if old != new}
    return {name: label for name, label in aliases.items() if name not in labels}
