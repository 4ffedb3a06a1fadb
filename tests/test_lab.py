"""Each notebook, solved, by *Run all* in a real JupyterLab: what one sees who did every exercise."""

import nbformat
import pytest
import runner
import sync
from browser import chromium, running_browser  # noqa: F401  the fixture `browser`
from lab import problems, running_lab  # noqa: F401  the fixture `lab`
from test_notebooks import CODE, NOTEBOOKS


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_run_all_shows_every_cell_run_no_error_and_no_dialog(lab, path):
    notebook = nbformat.read(path, as_version=4)
    exercises = runner.exercises(notebook, path.stem)
    for exercise in exercises:
        exercise.stub.source = exercise.solution
    shown = lab.run_all(notebook, path.stem)
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell["source"] for cell in shown["cells"]] == code
    assert list(problems(shown)) == []
    said = runner.printed(shown["cells"])
    assert said.count(f"✅ {path.stem[:2]}.") == len(exercises)
    assert not set("⬜❌") & set(said)


# The test itself, on made-up notebooks


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
    for problem in found:  # "Select Kernel" or "Select kernel", as JupyterLab's version has it
        assert any(one.lower().startswith(problem.lower()) for one in there), there


def test_jupyterlab_asks_nothing_on_the_first_start(lab):
    notebook = nbformat.v4.new_notebook(cells=[CODE("1")], metadata=sync.METADATA)
    assert list(problems(lab.run_all(notebook, "first"))) == []


def test_a_browser_that_was_asked_for_and_is_not_there_fails_the_tests(monkeypatch):
    monkeypatch.setenv("COURSE_CHROMIUM", "no/such/browser")
    with pytest.raises(AssertionError, match="no/such/browser"):
        chromium()


def test_without_a_browser_the_reason_is_given(monkeypatch):
    monkeypatch.delenv("COURSE_CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(pytest.skip.Exception, match="needs Chromium"):
        chromium()
