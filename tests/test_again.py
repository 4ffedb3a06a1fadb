"""Learners run a cell again, and a whole notebook again, without a restart of the kernel."""

from copy import deepcopy

import nbformat
import pytest
from nbformat.v4 import new_code_cell
from test_notebooks import NOTEBOOKS, SOLUTION
from test_solutions import run


@pytest.mark.again  # not in `make test`: three notebooks' time for each
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_each_cell_runs_twice_and_after_the_solutions_the_notebook_runs_again(path, tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_STRICT", "0")  # the exercises are open
    notebook = nbformat.read(path, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    twice = [deepcopy(cell) for cell in code for _ in range(2)]
    solutions = [new_code_cell(text) for cell in notebook.cells for text in SOLUTION.findall(cell.source)]
    notebook.cells = [*twice, *solutions, *code]
    run(notebook, tmp_path)
