"""Each notebook with its solutions in it: every cell runs, and all checks pass.

As learners get them, with exercises unsolved, nbmake runs the notebooks; test_lab.py runs them in JupyterLab.
"""

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from test_notebooks import CHECK, CODE, NOTEBOOKS, SHOW, SOLUTION, STUB, TEXT, made_up, tags


def put_solutions_in(notebook: nbformat.NotebookNode) -> int:
    """Put each solution into the stub above it and return how many there were.

    Raises
    ------
    ValueError
        A stub has no solution before the next one, or a solution no stub.
    """
    stub, count = None, 0
    for cell in notebook.cells:
        if "exercise" in tags(cell):
            if stub:
                break
            stub = cell
        elif cell.cell_type == "markdown":
            for solution in SOLUTION.finditer(cell.source):
                if not stub:
                    raise ValueError(f"This solution belongs to no exercise: {solution[1]!r}")
                stub.source, stub, count = solution[1], None, count + 1
    if stub:
        raise ValueError(f"This exercise has no solution: {stub.source!r}")
    return count


def solved(path) -> tuple[nbformat.NotebookNode, int]:
    """Return the notebook at a path with its solutions in it, and how many there are."""
    notebook = nbformat.read(path, as_version=4)
    return notebook, put_solutions_in(notebook)


def assert_each_passed(cells: list, path, count: int) -> None:
    """Assert that the outputs of a notebook's code cells say of each exercise that it is solved."""
    outputs = [output for cell in cells for output in cell["outputs"]]
    out = "".join("".join(output["text"]) for output in outputs if output.get("name") == "stdout")
    assert out.count(f"✅ {path.stem[:2]}.") == count
    assert "⬜" not in out
    assert "❌" not in out


@pytest.fixture(autouse=True)
def _strict_and_small(monkeypatch):
    monkeypatch.setenv("COURSE_STRICT", "1")
    monkeypatch.setenv("COURSE_MODE", "small")


def run(notebook: nbformat.NotebookNode, folder) -> None:
    """Run a notebook in a folder, in place; an error in a cell is an error here."""
    resources = {"metadata": {"path": str(folder)}}
    # Killed at its end, as nothing is left to do: taking torch apart takes a kernel two seconds.
    options = {"kernel_name": "python3", "timeout": 500, "shutdown_kernel": "immediate"}
    NotebookClient(notebook, resources=resources, **options).execute()


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_solution_is_right(path, tmp_path):
    notebook, count = solved(path)
    run(notebook, tmp_path)
    assert_each_passed([cell for cell in notebook.cells if cell.cell_type == "code"], path, count)


# The test itself, on made-up notebooks


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ([STUB, CHECK], "exercise has no solution: 'answer = ...'"),
        ([STUB, CHECK, STUB, CHECK, SHOW], "exercise has no solution"),
        ([STUB, CHECK, SHOW, STUB, CHECK], "exercise has no solution"),
        ([STUB, CHECK, TEXT("<details>The answer is 42.</details>")], "exercise has no solution"),
        ([SHOW], "belongs to no exercise: 'answer = 42'"),
        ([STUB, CHECK, SHOW, SHOW], "belongs to no exercise"),
        ([CHECK, SHOW, STUB], "belongs to no exercise"),
    ],
)
def test_a_stub_without_solution_and_a_solution_without_stub_are_found(cells, message):
    with pytest.raises(ValueError, match=message):
        put_solutions_in(copies(cells))


def copies(cells):
    return made_up(*(nbformat.from_dict(cell) for cell in cells))


def test_each_solution_gets_into_its_own_stub():
    other = TEXT(SHOW.source.replace("42", "43"))
    notebook = copies([STUB, CHECK, SHOW, TEXT("More."), STUB, CHECK, other])
    assert put_solutions_in(notebook) == 2
    assert [cell.source for cell in notebook.cells if "exercise" in tags(cell)] == [
        "answer = 42",
        "answer = 43",
    ]


@pytest.mark.parametrize("answer", ["...", "lambda n, batch_size: (n // batch_size, n % batch_size)"])
def test_a_solution_that_is_wrong_or_missing_stops_the_notebook(answer, tmp_path):
    solution = TEXT(SHOW.source.replace("42", answer))
    notebook = copies([CODE("from helpers import check"), STUB, CHECK, solution])
    assert put_solutions_in(notebook) == 1
    with pytest.raises(CellExecutionError, match=r"NotStarted|WrongAnswer"):
        run(notebook, tmp_path)
