"""What several summaries of a page rest on, and queries that are none, asked once a mirror version.

Where a cursor shares tables with others (`summary.keep_for`), so do these: rows of one moment.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from copy import copy
from typing import Concatenate, ParamSpec, TypeVar, cast

from explorer.analysis.summary import Cursor, kept_of

Arguments = ParamSpec("Arguments")
Answer = TypeVar("Answer")
Query = Callable[Concatenate[Cursor, Arguments], Answer]


def kept(query: Query[Arguments, Answer]) -> Query[Arguments, Answer]:
    """The query, whose answers are kept; its arguments are hashable, and each caller has a copy."""

    @functools.wraps(query)
    def asked(cursor: Cursor, *arguments: Arguments.args, **options: Arguments.kwargs) -> Answer:
        found = kept_of(cursor)
        if found is None:
            return query(cursor, *arguments, **options)
        question = (query.__module__, query.__qualname__, arguments, tuple(sorted(options.items())))
        answer = found.get(question, lambda: query(cursor, *arguments, **options))
        return copy(answer)

    return cast(Query[Arguments, Answer], asked)
