"""Explore a CallCov account: the modules behind the app, for Python and Jupyter.

>>> from explorer import Client, Filter, charts

Names are imported when first used, so that ``import explorer`` costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from explorer import charts as charts
    from explorer.analysis import queries as queries
    from explorer.analysis.filters import Filter as Filter
    from explorer.analysis.frame import calls_frame as calls_frame
    from explorer.api.client import Client as Client
    from explorer.mirror.mirror import Mirror as Mirror

__version__ = "0.1.0"

_HOMES = {
    "Client": "explorer.api.client",
    "Filter": "explorer.analysis.filters",
    "Mirror": "explorer.mirror.mirror",
    "calls_frame": "explorer.analysis.frame",
}
_MODULES = {"charts": "explorer.charts", "queries": "explorer.analysis.queries"}
__all__ = ["Client", "Filter", "Mirror", "calls_frame", "charts", "queries"]


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return importlib.import_module(_MODULES[name])
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
