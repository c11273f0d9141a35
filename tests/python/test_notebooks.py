"""The notebooks run from top to bottom and show what they promise; in git they are bare."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

import pytest

nbformat = pytest.importorskip("nbformat")
nbclient = pytest.importorskip("nbclient")

FOLDER = Path(__file__).parents[2] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))


def code_cells(notebook: Any) -> list[Any]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def run(path: Path) -> Any:
    """The notebook after it ran in its own folder, which it must leave as it was."""
    before = {p: p.stat().st_mtime_ns for p in path.parent.iterdir()}
    notebook = nbformat.read(path, as_version=4)
    where = {"metadata": {"path": str(path.parent)}}
    nbclient.NotebookClient(notebook, timeout=300, resources=where).execute()
    assert {p: p.stat().st_mtime_ns for p in path.parent.iterdir()} == before
    return notebook


@pytest.fixture(scope="module")
def first_closure() -> Any:
    return run(FOLDER / "01_first_closure.ipynb")


def test_there_are_notebooks():
    assert [path.name for path in NOTEBOOKS] == [
        "01_first_closure.ipynb",
        "02_exposure_of_a_department.ipynb",
        "03_without_a_car.ipynb",
    ]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_notebooks_are_bare_in_git(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    assert notebook.metadata.kernelspec.name == "python3"
    assert notebook.cells[0].cell_type == "markdown"
    for cell in notebook.cells:
        assert cell.metadata == {}
    for cell in code_cells(notebook):
        assert cell.outputs == []
        assert cell.execution_count is None
        assert len(cell.source.splitlines()) <= 20


def test_every_cell_shows_something_and_nothing_complains(first_closure):
    for cell in code_cells(first_closure):
        assert cell.outputs, cell.source
        for output in cell.outputs:
            assert output.output_type != "error"
            assert output.get("name") != "stderr", output.get("text")


def test_the_maps_are_pictures(first_closure):
    pytest.importorskip("PIL")
    from PIL import Image

    pictures = [
        output.data["image/png"]
        for cell in code_cells(first_closure)
        for output in cell.outputs
        if "image/png" in output.get("data", {})
    ]
    assert len(pictures) == 3  # who is exposed by age, where, and who gets farther
    for picture in pictures:
        image = Image.open(io.BytesIO(base64.b64decode(picture)))
        assert image.width > 500
        assert len(image.convert("RGB").getcolors(maxcolors=10**7)) > 5


def test_it_ends_with_the_map_and_the_places_that_lose(first_closure):
    *_, map_cell, list_cell = code_cells(first_closure)
    assert "image/png" in map_cell.outputs[-1].data
    table = list_cell.outputs[-1].data["text/html"]
    assert table.count("<tr") > 3
    assert "person_minutes" in table
    assert "NaN" not in table
