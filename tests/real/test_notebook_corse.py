"""The notebook about Corsica runs from top to bottom on the open data."""

from __future__ import annotations

from pathlib import Path

import pytest

nbformat = pytest.importorskip("nbformat")
nbclient = pytest.importorskip("nbclient")

FOLDER = Path(__file__).parents[2] / "notebooks"


def test_the_story_of_corsica_runs_and_shows(shared_data: Path):
    notebook = nbformat.read(FOLDER / "02_exposure_of_a_department.ipynb", as_version=4)
    for cell in notebook.cells:
        cell.source = cell.source.replace("../../shared/data/corse", str(shared_data / "corse"))
    where = {"metadata": {"path": str(FOLDER)}}
    nbclient.NotebookClient(notebook, timeout=300, resources=where).execute()
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for cell in code:
        assert cell.outputs, cell.source
        for output in cell.outputs:
            assert output.output_type != "error" and output.get("name") != "stderr"
    pictures = [o for cell in code for o in cell.outputs if "image/png" in o.get("data", {})]
    assert len(pictures) == 2
    text = "".join(str(o.get("data", {})) for cell in code for o in cell.outputs)
    for word in ("stranded_high", "persons_short", "kolm_pollak_ede", "proxy", "cannot go online"):
        assert word in text
