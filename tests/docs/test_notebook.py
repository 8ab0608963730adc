"""The notebook runs from top to bottom against the sandbox, and is committed without outputs."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from tests.conftest import ROOT, RunningSandbox

NOTEBOOK = ROOT / "notebooks" / "explore.ipynb"


@pytest.fixture(scope="module")
def notebook() -> Any:
    return nbformat.read(NOTEBOOK, as_version=4)


def code_cells(notebook: Any) -> list[Any]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def test_notebook_is_committed_without_outputs(notebook: Any) -> None:
    nbformat.validate(notebook)
    for cell in code_cells(notebook):
        assert cell.outputs == []
        assert cell.execution_count is None


def test_notebook_gets_to_an_effort_chart_in_five_lines(notebook: Any) -> None:
    lines = [line for line in code_cells(notebook)[0].source.splitlines() if line.strip()]
    assert len(lines) == 5
    assert lines[0].startswith("from explorer import")
    assert "charts.effort_per_day" in lines[-1]


def test_notebook_tells_its_story_when_it_runs(
    notebook: Any, sandbox_2500: RunningSandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CALLCOV_BASE_URL", sandbox_2500.base_url)
    monkeypatch.setenv("CALLCOV_API_KEY", sandbox_2500.key)
    monkeypatch.setenv("EXPLORER_STORE", str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    client = NotebookClient(
        notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(ROOT)}}
    )
    client.execute(env=os.environ.copy())
    outputs = [output for cell in code_cells(notebook) for output in cell.outputs]
    assert not [output for output in outputs if output.output_type == "error"]
    figures = [o for o in outputs if "application/vnd.plotly.v1+json" in o.get("data", {})]
    assert len(figures) >= 4
    said = "\n".join(
        output.get("text", "") + str(output.get("data", {}).get("text/plain", ""))
        for output in outputs
    )
    assert "2,500 of 2,500" in said
    assert "Transcription backend unavailable" in said
    assert "agent_007" in said
    assert "Right to cancel within 14 days" in said
    assert sandbox_2500.key not in said
