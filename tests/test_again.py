"""Learners run a cell again, and a whole notebook again, without a restart of the kernel."""

import nbformat
import pytest
import runner
from test_notebooks import NOTEBOOKS


@pytest.mark.again  # not in `make test`: three notebooks' time for each
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("path", NOTEBOOKS[::-1], ids=lambda path: path.stem)  # 12 takes longest
def test_each_cell_runs_twice_and_after_the_solutions_the_notebook_runs_again(path):
    notebook = nbformat.read(path, as_version=4)
    solutions = [each.solution for each in runner.exercises(notebook, path.stem)]
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    notebook.cells = [cell for cell in code for _ in range(2)]
    runner.run(notebook, [*solutions, *(cell.source for cell in code)])
