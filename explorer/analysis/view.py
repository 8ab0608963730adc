"""Which part of a list is on screen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

from explorer.analysis.kinds import whole_number
from explorer.errors import InvalidFilterError

MAX_LIMIT = 1000
DEFAULT_LIMIT = 50


@dataclass(frozen=True)
class View:
    """Which part of the matching calls is on screen: `limit` calls (1–1000), page 1 the newest."""

    limit: int = DEFAULT_LIMIT
    page: int = 1

    @property
    def offset(self) -> int:
        """The API's `offset` of this page."""
        return (self.page - 1) * self.limit

    @classmethod
    def from_query(cls, query: Mapping[str, str | Sequence[str]]) -> tuple[View, tuple[str, ...]]:
        """The view in URL parameters, and a sentence for each parameter that had to be refused."""
        refused: list[str] = []
        chosen: dict[str, int] = {}
        for name, lowest, highest in (("limit", 1, MAX_LIMIT), ("page", 1, None)):
            text = query.get(name)
            if text is None:
                continue
            text = text if isinstance(text, str) else text[-1]
            try:
                chosen[name] = whole_number(name, text, lowest, highest)
            except InvalidFilterError as error:
                refused.append(f"{error} {getattr(cls, name)} is used instead.")
        return cls(**chosen), tuple(refused)

    def to_query(self) -> dict[str, list[str]]:
        """The URL parameters that differ from the default."""
        return {
            field.name: [str(value)]
            for field in fields(self)
            if (value := getattr(self, field.name)) != field.default
        }

    def pages(self, total: int) -> int:
        """Number of pages that `total` calls fill; 1 for none."""
        return max(1, -(-total // self.limit))
