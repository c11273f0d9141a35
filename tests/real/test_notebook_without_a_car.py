"""The notebook about Corsica without a car runs from top to bottom on the open data."""

from __future__ import annotations

from pathlib import Path

import pytest

nbformat = pytest.importorskip("nbformat")
nbclient = pytest.importorskip("nbclient")

FOLDER = Path(__file__).parents[2] / "notebooks"


def find_table(code: list, source: str) -> str:
    """The shown text of the cell that holds some words."""
    cell = next(cell for cell in code if source in cell.source)
    return cell.outputs[-1]["data"]["text/plain"]


def test_a_tuesday_in_corsica_without_a_car(shared_data: Path):
    notebook = nbformat.read(FOLDER / "03_without_a_car.ipynb", as_version=4)
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
    who = find_table(code, "find_visits(sunday").splitlines()
    assert who[-1].split() == ["All", "33,919", "3,150", "22,904", "59,973"]
    days = find_table(code, "week.access(").splitlines()
    assert days[2].split() == ["no", "day", "0", "0", "22,904"]
    assert "1,279" in find_table(code, "def find_change")  # without the coach of the east coast
    assert "248" in find_table(code, "from Bastia to the Casinca")
    walking, coach = find_table(code, "beyond = {}").splitlines()[-3::2]
    assert float(coach.split()[-1].replace(",", "")) < float(walking.split()[-1].replace(",", ""))
