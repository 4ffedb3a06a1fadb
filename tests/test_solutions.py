"""Each notebook with its solutions in it: *Run all* in JupyterLab runs every cell, and all checks pass.

Without Chromium they run without JupyterLab, and the tests of its eyes are skipped. (As learners get them,
with exercises unsolved, nbmake runs the notebooks.)
"""

import nbformat
import pytest
from browser import browser_path, chromium, running_browser  # noqa: F401  the fixture `browser`
from lab import problems, running_lab  # noqa: F401  the fixture `lab`
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


def run_without_browser(notebook: nbformat.NotebookNode, folder) -> dict:
    """Run a notebook in a folder and return its code cells, and no dialogs, as `Lab.run_all` does."""
    resources = {"metadata": {"path": str(folder)}}
    NotebookClient(notebook, kernel_name="python3", timeout=500, resources=resources).execute()
    return {"cells": [cell for cell in notebook.cells if cell.cell_type == "code"], "dialogs": []}


@pytest.fixture(autouse=True)
def _strict_and_small(monkeypatch):
    monkeypatch.setenv("COURSE_STRICT", "1")
    monkeypatch.setenv("COURSE_MODE", "small")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_run_all_shows_no_error_and_every_solution_is_right(path, request, tmp_path):
    notebook = nbformat.read(path, as_version=4)
    count = put_solutions_in(notebook)
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    if browser_path():
        shown = request.getfixturevalue("lab").run_all(notebook, path.stem)
    else:
        shown = run_without_browser(notebook, tmp_path)
    assert [cell["source"] for cell in shown["cells"]] == code
    assert list(problems(shown)) == []
    outputs = [output for cell in shown["cells"] for output in cell["outputs"]]
    out = "".join("".join(output["text"]) for output in outputs if output.get("name") == "stdout")
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
        run_without_browser(notebook, tmp_path)


@pytest.mark.parametrize(
    ("name", "cells", "kernel", "found"),
    [
        (
            "error",
            ["1 / 0", "2"],
            "python3",
            ["'1 / 0' shows ZeroDivisionError: division", "'2' was not run"],
        ),
        ("dies", ["import os; os._exit(1)"], "python3", ["a dialog asks: The kernel for dies.ipynb appears"]),
        ("no_kernel", ["1"], "not-there", ["a dialog asks: Select Kernel", "'1' was not run"]),
    ],
)
def test_what_a_learner_would_stumble_over_is_found(lab, name, cells, kernel, found):
    kernelspec = {"name": kernel, "display_name": kernel, "language": kernel}
    notebook = nbformat.v4.new_notebook(cells=[*map(CODE, cells)], metadata={"kernelspec": kernelspec})
    there = list(problems(lab.run_all(notebook, name)))
    for problem in found:
        assert any(one.startswith(problem) for one in there), there


def test_a_browser_that_was_asked_for_and_is_not_there_fails_the_tests(monkeypatch):
    monkeypatch.setenv("COURSE_CHROMIUM", "no/such/browser")
    with pytest.raises(AssertionError, match="no/such/browser"):
        chromium()


def test_without_a_browser_the_reason_is_given(monkeypatch):
    monkeypatch.delenv("COURSE_CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(pytest.skip.Exception, match="needs Chromium"):
        chromium()
