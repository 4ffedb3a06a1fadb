"""Every solution that a lesson shows passes the lesson's own check, with the whole notebook around it."""

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


def printed(notebook: nbformat.NotebookNode) -> str:
    """Return what all cells printed."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return "".join(output.text for output in outputs if output.get("name") == "stdout")


def run(notebook: nbformat.NotebookNode, folder) -> str:
    """Run a notebook with its solutions in a folder; return what it printed."""
    resources = {"metadata": {"path": str(folder)}}
    NotebookClient(notebook, kernel_name="python3", timeout=500, resources=resources).execute()
    return printed(notebook)


@pytest.fixture(autouse=True)
def _strict_and_small(monkeypatch):
    monkeypatch.setenv("COURSE_STRICT", "1")
    monkeypatch.setenv("COURSE_MODE", "small")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_solution_is_right(path, tmp_path):
    notebook = nbformat.read(path, as_version=4)
    count = put_solutions_in(notebook)
    out = run(notebook, tmp_path)
    assert out.count(f"✅ {path.stem[:2]}.") == count
    assert "⬜" not in out
    assert "❌" not in out


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
