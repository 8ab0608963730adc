"""Who may import whom: parsed from the source, and measured in a fresh process."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "pages").glob("*.py"))
MODULES = sorted(
    path.relative_to(ROOT)
    for path in (*(ROOT / "explorer").rglob("*.py"), *PAGES, ROOT / "streamlit_app.py")
)

# The flow of DESIGN.md from left to right: a module imports from its own layer or one before it.
FLOW = (
    # a message's reason depends on its text alone, and the mirror stores it
    ("explorer.errors", "explorer.redact", "explorer.settings", "explorer.analysis.failures"),
    ("explorer.api",),
    ("explorer.mirror",),
    ("explorer.analysis",),
    ("explorer.charts",),
    ("explorer.ui",),
    ("explorer.app", "pages", "streamlit_app"),
)
# Beside the flow: the package's front door imports lazily, the sandbox plays the API.
BESIDE = ("explorer", "explorer.__main__", "explorer.sandbox")
MAY_IMPORT_STREAMLIT = ("explorer.ui", "explorer.app", "pages", "streamlit_app")
MAY_IMPORT_THE_SANDBOX = ("explorer.ui", "streamlit_app", "explorer.__main__", "explorer.sandbox")
HIDDEN_FROM_THE_SANDBOX = (
    *("explorer.api", "explorer.mirror", "explorer.analysis", "explorer.charts", "explorer.ui"),
    "explorer.app",
)
HEAVY = ("pandas", "plotly", "scipy", "streamlit", "duckdb", "uvicorn", "numpy", "starlette")


def module_name(path: Path) -> str:
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path, *, at_run_time: bool = False) -> set[str]:
    """Modules that the file names in imports, functions included.

    `at_run_time` leaves out what only type checkers read.
    """
    source = (ROOT / path).read_text(encoding="utf-8")
    return set(_imports(ast.parse(source), path, at_run_time))


def _imports(node: ast.AST, path: Path, at_run_time: bool) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        assert node.level == 0, f"{path}: relative imports hide where a name comes from"
        assert node.module is not None
        # "from explorer import charts" names explorer.charts
        whole = [f"{node.module}.{alias.name}" for alias in node.names]
        known = [name for name in whole if _exists(name)]
        return known if len(known) == len(whole) else [node.module, *known]
    children = list(ast.iter_child_nodes(node))
    if at_run_time and isinstance(node, ast.If) and _is_type_checking(node.test):
        children = list(node.orelse)
    return [name for child in children for name in _imports(child, path, at_run_time)]


def _is_type_checking(test: ast.expr) -> bool:
    return isinstance(test, ast.Name) and test.id == "TYPE_CHECKING"


def _exists(name: str) -> bool:
    place = ROOT / Path(*name.split("."))
    return place.with_suffix(".py").exists() or (place / "__init__.py").exists()


def within(name: str, places: tuple[str, ...]) -> bool:
    return any(name == place or name.startswith(f"{place}.") for place in places)


def layer(name: str) -> int | None:
    return next((n for n, places in enumerate(FLOW) if within(name, places)), None)


def test_every_module_has_a_place() -> None:
    homeless = [
        name
        for path in MODULES
        if layer(name := module_name(path)) is None
        and name not in BESIDE
        and not within(name, ("explorer.sandbox",))
    ]
    assert not homeless, "give it a layer in FLOW"
    assert len(MODULES) > 40


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_no_module_imports_one_to_its_right(path: Path) -> None:
    own = layer(module_name(path))
    if own is None:
        return
    later = {
        name
        for name in imports(path, at_run_time=True)
        if (other := layer(name)) is not None and other > own
    }
    assert not later


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_streamlit_stays_in_the_ui(path: Path) -> None:
    if not within(module_name(path), MAY_IMPORT_STREAMLIT):
        assert not [name for name in imports(path) if within(name, ("streamlit",))]


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_the_sandbox_stands_apart(path: Path) -> None:
    name = module_name(path)
    found = imports(path)
    if within(name, ("explorer.sandbox",)):
        assert not [other for other in found if within(other, HIDDEN_FROM_THE_SANDBOX)]
    if not within(name, MAY_IMPORT_THE_SANDBOX):
        assert not [other for other in found if within(other, ("explorer.sandbox",))]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_a_page_asks_nobody_and_groups_nothing(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert "httpx" not in source
    assert not re.search(r"\.(groupby|pivot_table|resample|execute|sql)\(", source)
    assert not re.search(r"\bSELECT\b.*\bFROM\b", source, re.DOTALL | re.IGNORECASE)
    functions = [
        node.name for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)
    ]
    assert not functions, "a page reads like a script; its parts live in explorer/ui"


@pytest.mark.parametrize(
    ("statement", "allowed"),
    [
        pytest.param("import explorer", (), id="package"),
        pytest.param("from explorer.__main__ import main; quit_(main, ['--help'])", (), id="help"),
        pytest.param(
            "from explorer.__main__ import main; quit_(main, ['sandbox', '--help'])",
            (),
            id="sandbox-help",
        ),
        pytest.param("import explorer.errors, explorer.redact", (), id="errors"),
        pytest.param("from explorer import Client", (), id="client"),
        pytest.param("from explorer import Filter", (), id="filter"),
        pytest.param("from explorer import calls_frame", ("pandas", "numpy"), id="frame"),
        pytest.param("from explorer import charts", ("pandas", "numpy"), id="charts"),
        pytest.param("import explorer.sandbox", ("numpy", "starlette"), id="sandbox"),
    ],
)
def test_heavy_packages_wait_until_they_are_needed(
    statement: str, allowed: tuple[str, ...]
) -> None:
    script = (
        "import sys\n"
        "def quit_(main, arguments):\n"
        "    try: main(arguments)\n"
        "    except SystemExit: pass\n"
        f"{statement}\n"
        f"print('loaded:', *sorted(set({HEAVY!r}) & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, timeout=30
    )
    assert done.returncode == 0, done.stderr
    loaded = done.stdout.splitlines()[-1].removeprefix("loaded:").split()
    assert set(loaded) <= set(allowed)


def test_every_package_imported_is_required() -> None:
    required = {
        line.split("==")[0]
        for line in (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
        if "==" in line
    }
    homes = packages_distributions()
    missing = {
        f"{path} imports {package}"
        for path in MODULES
        for package in {name.partition(".")[0] for name in imports(path)}
        if package not in sys.stdlib_module_names
        and package not in ("explorer", "pages")
        and not required & set(homes.get(package, [package]))
    }
    assert not missing


def test_every_public_name_can_be_imported() -> None:
    import explorer

    for name in explorer.__all__:
        assert getattr(explorer, name) is not None
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        getattr(explorer, "nothing")  # noqa: B009
