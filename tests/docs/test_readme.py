"""What the README and the changelog say is what the code has."""

from __future__ import annotations

import inspect
import re
import shlex
import struct
import subprocess
import tomllib
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

import explorer.__main__ as command_line
from explorer import Filter, errors, sandbox
from explorer.analysis.view import View
from explorer.settings import Settings
from tests.conftest import RunningSandbox

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CHANGELOG = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]


def section(title: str) -> str:
    return README.split(f"\n## {title}\n")[1].split("\n## ")[0]


def table(title: str, first_column: str) -> dict[str, list[str]]:
    """Rows of a section's table by the code in their first cell."""
    lines = iter(section(title).split("\n"))
    next(line for line in lines if line.startswith(f"| {first_column} |"))
    next(lines)
    rows: dict[str, list[str]] = {}
    for line in lines:
        if not line.startswith("|"):
            break
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        rows[cells[0].strip("| `")] = [cell.rstrip(" |") for cell in cells[1:]]
    return rows


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def test_the_outline() -> None:
    titles = re.findall(r"^## (.+)$", README, re.MULTILINE)
    assert titles == [
        *("Try it", "Connect your account", "Pages", "How data flows", "Python and Jupyter"),
        *("Commands", "The sandbox", "Errors and what to do", "Behind a proxy", "Privacy"),
        *("Development", "Measured", "The average in the API's documentation", "Dependencies"),
    ]


def test_the_settings_table_is_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EXPLORER_STORE")
    fields = Settings.model_fields
    described = table("Connect your account", "setting")
    assert list(described) == [name.upper() for name in fields]
    for name, (default, meaning) in zip(fields, described.values(), strict=True):
        field = fields[name]
        known = {None: "–", True: "`1`", False: "`0`"}
        if field.default_factory is None:
            assert default == known.get(field.default, f"`{field.default}`")
        else:
            # a folder of the user's: where depends on the system
            assert default.split("`")[1] == Path(str(Settings().explorer_store)).name
        assert meaning == field.description


def test_every_setting_named_anywhere_exists() -> None:
    known = {name.upper() for name in Settings.model_fields}
    places = [
        ROOT / "README.md",
        ROOT / "CHANGELOG.md",
        *(ROOT / "explorer").rglob("*.py"),
        *(ROOT / "pages").glob("*.py"),
    ]
    for place in places:
        text = place.read_text(encoding="utf-8")
        for name in re.findall(r"\b(?:CALLCOV|EXPLORER)_[A-Z]+(?:_[A-Z]+)*\b", text):
            assert name in known, f"{place.name} names {name}, which is no setting"


def test_the_error_table_is_the_error_tree() -> None:
    kinds = [
        name
        for name, kind in inspect.getmembers(errors, inspect.isclass)
        if issubclass(kind, errors.ExplorerError)
    ]
    assert sorted(table("Errors and what to do", "class")) == sorted(kinds)
    assert set(re.findall(r"[├└]─ (\w+)", errors.__doc__ or "")) | {"ExplorerError"} == set(kinds)


@pytest.mark.parametrize("name", list(table("Errors and what to do", "class")))
def test_fields_named_in_the_error_table_exist(name: str) -> None:
    kind = getattr(errors, name)
    accepted: set[str] = set()
    for parent in kind.__mro__:
        accepted |= set(vars(parent))
        if "__init__" in vars(parent) and issubclass(parent, errors.ExplorerError):
            accepted |= set(inspect.signature(parent.__init__).parameters)
    for cell in table("Errors and what to do", "class")[name]:
        for field in re.findall(r"`\.(\w+)`", cell):
            assert field in accepted


def test_every_page_is_named_with_its_address() -> None:
    described = table("Pages", "page")
    files = {path.stem for path in (ROOT / "pages").glob("*.py")}
    paths = {
        name: address.strip("`").split("?")[0].strip("/")
        for name, (address, _) in described.items()
    }
    assert {path or "overview" for path in paths.values()} == files
    script = (ROOT / "explorer" / "app.py").read_text(encoding="utf-8")
    titles = dict(re.findall(r'"../pages/(\w+).py",\s+title="([^"]+)"', script))
    assert {name: titles[path or "overview"] for name, path in paths.items()} == {
        name: name for name in paths
    }


def test_the_url_parameters_are_the_filters_and_the_view() -> None:
    known = [*vars(Filter()), *vars(View()), "id"]
    named = [name for row in table("Pages", "parameter") for name in row.split("`, `")]
    assert named == known
    for query in re.findall(r"`/\w*\?([^`]+)`", README):
        assert {part.split("=")[0] for part in query.split("&")} <= set(known)
    assert f"{View().limit} when left out" in section("Pages")


def test_every_requirement_is_pinned_and_explained() -> None:
    pinned = {}
    for name in ("requirements.txt", "requirements-dev.txt"):
        lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
        required = [line for line in lines if line and not line.startswith(("#", "-r "))]
        assert all(re.fullmatch(r"[A-Za-z0-9_.-]+==[0-9][A-Za-z0-9.]*", line) for line in required)
        pinned[name] = [line.split("==")[0] for line in required]
    assert list(table("Dependencies", "package")) == pinned["requirements.txt"]


def test_every_make_target_named_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", MAKEFILE, re.MULTILINE))
    named = set(re.findall(r"\bmake ([a-z]+)\b", "\n".join([*blocks("sh"), *code(README)])))
    assert {"run", "test"} <= named <= targets


def code(text: str) -> list[str]:
    return re.findall(r"`([^`\n]+)`", text)


@pytest.fixture
def configured(sandbox_2500: RunningSandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("CALLCOV_BASE_URL", sandbox_2500.base_url)
    monkeypatch.setenv("CALLCOV_API_KEY", sandbox_2500.key)
    return


@pytest.mark.usefixtures("configured")
def test_the_python_blocks_run_one_after_the_other(capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, object] = {}
    for place, block in enumerate(blocks("python")):
        exec(compile(block, f"README python block {place + 1}", "exec"), names)
    said = capsys.readouterr().out
    assert re.match(r"\d+ failed; 50 on this page; 0 unreadable\n", said)
    assert re.search(r"Failed calls.*\n", said)
    assert "Completed calls of agent “agent_001”" in said
    names["client"].close()  # type: ignore[attr-defined]


def test_the_sandbox_options_are_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        command_line.main(["sandbox", "--help"])
    said = " ".join(capsys.readouterr().out.split())
    described = table("The sandbox", "option")
    assert set(described) == set(re.findall(r"--[a-z-]+", said)) - {"--help"}
    for option, (default, meaning) in described.items():
        if default.startswith("`"):
            value = default.strip("`")
            assert re.search(rf"{option} [A-Z_]+ [^-]*default: {re.escape(value)}\b", said)
        if option != "--seed":
            assert meaning.split(",")[0] in said


def test_the_sandbox_keys_are_its_keys() -> None:
    keys = [sandbox.SANDBOX_KEY, sandbox.SECOND_KEY, sandbox.EMPTY_KEY, sandbox.PLAIN_KEY]
    assert list(table("The sandbox", "key")) == keys


def shell_commands() -> list[str]:
    return [line for block in blocks("sh") for line in block.splitlines() if line]


@pytest.mark.parametrize("line", [line for line in shell_commands() if "-m explorer" in line])
def test_the_explorer_commands_parse(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []
    words = shlex.split(line)
    command = words[words.index("explorer") + 1]
    monkeypatch.setattr(command_line, f"_run_{command}", lambda chosen: ran.append(command) or 0)
    assert command_line.main(words[words.index("explorer") + 1 :]) == 0
    assert ran == [command]


def test_streamlit_knows_the_options_named() -> None:
    from streamlit import config

    options = set(re.findall(r"--((?:server|browser)\.\w+)", README))
    assert options
    for option in options:
        config.get_option(option)


def test_the_screenshot_is_there_and_small() -> None:
    (picture,) = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", README)
    content = (ROOT / picture).read_bytes()
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">I", content[16:20]) == (1440,)
    assert len(content) < 300_000


def test_every_file_and_module_named_exists() -> None:
    for name in code(README) + code(CHANGELOG):
        if re.fullmatch(r"(?:explorer|pages|tests|benchmarks|docs)/[\w./]*", name):
            assert (ROOT / name).exists(), name
        if re.fullmatch(r"(?:explorer|benchmarks)(?:\.[a-z_]+)+", name):
            assert find_spec(name), name
    for module in re.findall(r"python -m (benchmarks\.\w+)", README + CHANGELOG):
        assert find_spec(module), module
    anchors = {re.sub(r"[^a-z ]", "", t.lower()).replace(" ", "-") for t in _titles()}
    assert set(re.findall(r"\]\(#([^)]+)\)", README)) <= anchors


def _titles() -> list[str]:
    return re.findall(r"^#+ (.+)$", README, re.MULTILINE)


def test_the_figures_of_the_average_are_the_tests() -> None:
    said = section("The average in the API's documentation")
    proof = (ROOT / "tests/contract/test_founding_document.py").read_text(encoding="utf-8")
    for figure in ("1.71", "1.91", "58", "573"):
        assert figure in said
        assert figure in proof


def test_the_measured_section_says_when_and_where() -> None:
    said = section("Measured")
    assert re.search(r"\b20\d\d-\d\d-\d\d\b", said)
    assert "2 cores" in said
    for name in re.findall(r"`benchmarks\.(\w+)`", said):
        assert (ROOT / "benchmarks" / f"{name}.py").exists()


def test_the_changelog_is_in_keep_a_changelog_form() -> None:
    assert CHANGELOG.startswith("# Changelog\n")
    assert "https://keepachangelog.com/" in CHANGELOG
    versions = re.findall(r"^## (.+)$", CHANGELOG, re.MULTILINE)
    assert versions[0] == "[Unreleased]"
    for line in versions[1:]:
        assert re.fullmatch(r"\[\d+\.\d+\.\d+\] - 20\d\d-\d\d-\d\d", line)
    assert versions[1].startswith(f"[{VERSION}]")
    kinds = set(re.findall(r"^### (.+)$", CHANGELOG, re.MULTILINE))
    assert kinds <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_no_tracked_file_names_a_machine_or_a_registry() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    # put together here, so that this file does not name them either
    refused = [
        str(ROOT) + "/",
        *("/" + place + "/" for place in ("work/main", "work/shared", "root", "Users")),
        *("pypi" + ".org", "pythonhosted" + ".org", "index" + "-url", "registry" + ".npmjs"),
    ]
    for name in filter(None, listed.stdout.split("\0")):
        path = ROOT / name
        if not path.is_file() or b"\0" in path.read_bytes()[:1000]:
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        found = [place for place in refused if place in text]
        assert not found, f"{name} names {found}"
