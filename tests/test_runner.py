"""tools/runner.py, and what pytest makes of it, on tiny notebooks. No clock judges anything."""

import os
import re
import shutil
import subprocess
import sys

import nbformat
import psutil
import pytest
import runner
import sync
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from test_notebooks import CHECK, CODE, SHOW, STUB, TEXT, made_up

MB = 10**6
RIGHT = "def epoch_batches(n, batch_size):\n    return -(-n // batch_size), n % batch_size or batch_size"
IMPORT = CODE("from helpers import check")


def of(*cells):
    return new_notebook(cells=list(cells))


def with_solution(code):
    """Return a notebook with the exercise 05.1; this code is its solution."""
    cells = [IMPORT, CODE("answer = ...", metadata=STUB.metadata), CHECK]
    return made_up(*cells, TEXT(SHOW.source.replace("answer = 42", code)))


# A run


@pytest.fixture(scope="module")
def ran():
    """Return a run in which the cells say how they are run."""
    ask = 'import os\nprint(*(os.environ.get(f"COURSE_{name}") for name in ("MODE", "STRICT", "DATA")))'
    leave = 'open("left.txt", "w").close(); print(os.listdir()); kept = b"x" * 200_000_000\nos.getcwd()'
    draw = "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.title('It falls')\nplt.show()"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COURSE_STRICT", "1")
        patch.setenv("COURSE_DATA", "auto")
        names = "print([name for name in dir() if 'alt' in name])"
        notebook = of(CODE(ask), TEXT("Text."), CODE(leave), CODE(draw), CODE("import time; time.sleep(1)"))
        return runner.run(notebook, [names, "print(len(kept))"], {"COURSE_MODE": "full"})


def test_the_environment_is_this_ones_with_the_settings_and_exercises_are_not_strict(ran):
    assert runner.printed(ran.notebook.cells[:1]) == "full None auto\n"


def test_a_notebook_runs_in_an_empty_folder_that_is_thrown_away(ran):
    assert runner.printed(ran.notebook.cells[2:3]) == "['left.txt']\n"
    assert not os.path.exists(ran.notebook.cells[2].outputs[-1].data["text/plain"].strip("'"))


def test_figures_are_drawn_with_words_that_say_what_is_on_them(ran):
    [figure] = [output for output in ran.notebook.cells[3].outputs if "image/png" in output.data]
    assert figure.metadata == {"image/png": {"alt": "It falls."}}


def test_more_cells_run_in_the_same_kernel_and_its_names_are_the_notebooks_own(ran):
    assert runner.printed(ran.then) == "[]\n200000000\n"


def test_cells_seconds_and_the_memory_of_the_kernel_are_measured(ran):
    assert ran.cells == 4
    assert ran.seconds > 1
    assert 250 * MB < ran.peak < 1000 * MB


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ([CODE("1 / 0"), CODE("never")], "ZeroDivisionError: division by zero"),
        ([CODE("import os; os._exit(1)")], "Kernel died"),
        ([CODE("import time; time.sleep(60)")], "timed out .* after 2 seconds"),
    ],
)
def test_what_did_not_run_to_its_end_says_why_without_colours(cells, words):
    notebook = of(*cells)
    with pytest.raises(runner.NotebookError, match=words) as failed:
        runner.run(notebook, timeout=2)
    assert "\x1b" not in str(failed.value)
    assert failed.value.ran.seconds > 0
    assert notebook == of(*cells)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_process_that_the_kernel_starts_counts_with_what_is_its_own():
    fork = """
import os
kept = b'x' * 200_000_000
if os.fork() == 0:
    own = b'x' * 100_000_000
    print(flush=True)
    input()
else:
    os.wait()
"""
    kernel = subprocess.Popen([sys.executable, "-c", fork], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    kernel.stdout.readline()
    assert 295 * MB < runner.memory(psutil.Process(kernel.pid)) < 350 * MB
    kernel.communicate(b"\n")


# Solutions


def test_solutions_run_after_the_notebook_in_strict_mode():
    notebook = with_solution(f"{RIGHT}\n\n\nanswer = epoch_batches")
    notebook.cells.append(CODE("print(answer)"))
    ran = runner.run_and_solve(notebook, "05_clothes")
    assert "⬜ Exercise 05.1" in runner.printed(ran.notebook.cells)
    assert runner.printed(ran.notebook.cells[-1:]) == "Ellipsis\n"
    assert runner.printed(ran.then).startswith("✅ 05.1")


def test_a_check_that_says_nothing_is_noticed():
    silent = made_up(CODE("def check(number, answer): pass"), STUB, CHECK, SHOW)
    with pytest.raises(runner.NotebookError, match="not every one of 1 checks printed ⬜"):
        runner.run_and_solve(silent, "05_clothes")


# What is kept


@pytest.fixture
def course(tmp_path, monkeypatch):
    """Return a course with a module that its notebook imports."""
    monkeypatch.setenv("COURSE_MODE", "small")
    shutil.copytree(sync.ROOT / "book", tmp_path / "book")
    shutil.copy(sync.ROOT / "requirements.txt", tmp_path)
    (tmp_path / "helpers/exercises").mkdir(parents=True)
    (tmp_path / "helpers/value.py").write_text("VALUE = 1\n", "utf-8")
    return tmp_path


def outputs(notebook, course, monkeypatch):
    """Return the outputs of a notebook, and whether it was run for them; a run prints its code."""
    runs = []

    def run(notebook, root):
        runs.append(notebook)
        ran = nbformat.from_dict(notebook)
        for cell in ran.cells:
            if cell.cell_type == "code":
                cell.outputs = [nbformat.v4.new_output("stream", text=cell.source)]
        return runner.Ran(ran, [], 1.0, 1)

    monkeypatch.setattr(runner, "run", run)
    return runner.printed(runner.with_outputs(notebook, "00_a", course).cells), bool(runs)


def test_outputs_serve_until_what_they_depend_on_changes(course, monkeypatch):
    notebook = of(TEXT("Text."), CODE("print(1)"))
    assert outputs(notebook, course, monkeypatch) == ("print(1)", True)
    assert outputs(notebook, course, monkeypatch) == ("print(1)", False)
    notebook.cells[0].source = "Other text."
    (course / "helpers/exercises/lesson_00.py").write_text("HINT = 'Round up.'\n", "utf-8")
    assert outputs(notebook, course, monkeypatch) == ("print(1)", False)
    (course / "helpers/value.py").write_text("VALUE = 2\n", "utf-8")
    assert outputs(notebook, course, monkeypatch) == ("print(1)", True)
    notebook.cells[1].source = "print(2)"
    assert outputs(notebook, course, monkeypatch) == ("print(2)", True)
    assert len(list((course / "build/ran").iterdir())) == 1  # older outputs are gone
    monkeypatch.setenv("COURSE_MODE", "full")
    assert outputs(notebook, course, monkeypatch)[1]
    assert len(list((course / "build/ran").iterdir())) == 2
    monkeypatch.setattr(runner, "version", lambda package: "0.0.1")
    assert outputs(notebook, course, monkeypatch)[1]


# pytest


@pytest.fixture(scope="module")
def said(tmp_path_factory):
    """Return what pytest, with pytest-xdist, says of a course of four notebooks, and the course's root."""
    root = tmp_path_factory.mktemp("course")
    shutil.copytree(sync.ROOT / "tools", root / "tools")
    shutil.copytree(sync.ROOT / "book", root / "book")
    for name in ("conftest.py", "pyproject.toml", "requirements.txt"):
        shutil.copy(sync.ROOT / name, root)
    (root / "notebooks").mkdir()
    notebooks = {
        "00_small": [new_code_cell("1 + 1"), new_markdown_cell("Text."), new_code_cell("2 + 2")],
        "02_broken": [new_code_cell("1 / 0"), new_code_cell("never")],
        "03_text": [new_markdown_cell("Text.")],
        "05_clothes": with_solution("answer = lambda n, batch_size: (n // batch_size, 0)").cells,
    }
    for name, cells in notebooks.items():
        nbformat.write(of(*cells), root / f"notebooks/{name}.ipynb")
    command = [sys.executable, "-m", "pytest", "-n", "1", "-p", "no:cacheprovider"]
    paths = {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(sync.ROOT)}
    done = subprocess.run(command, cwd=root, env=os.environ | paths, capture_output=True, text=True)
    return done.stdout, root


def test_the_table_has_a_line_for_each_notebook_and_is_kept(said):
    out, root = said
    table = out[out.index("notebooks: time and memory") :]
    assert re.findall(r"^(\d\d_\w+)  ", table, re.M) == ["00_small", "02_broken", "03_text", "05_clothes"]
    [small] = re.findall(r"^00_small +2 +\d+\.\d +0\.\d\d$", table, re.M)
    kept = (root / "build/notebooks.txt").read_text("utf-8")
    assert small in kept
    assert re.search(r"\d+ cores .* Python 3\.\d+\.\d+ and torch \d+\.", kept)


def test_each_notebook_that_fails_says_why(said):
    out, _ = said
    for name, why in (
        ("02_broken", "ZeroDivisionError: division by zero"),
        ("03_text", "no cell of this notebook was run"),
        ("05_clothes", "WrongAnswer"),
    ):
        report = re.split(rf"^_+ \S*{name}.ipynb _+$", out, flags=re.M)[1]
        assert why in re.split(r"^_+ \S", report, flags=re.M)[0]
    assert re.search(r"= 3 failed, 1 passed", out)


def test_what_ran_to_its_end_is_kept_for_the_book_with_its_outputs(said):
    [kept] = (said[1] / "build/ran").glob("*.ipynb")
    assert kept.name.startswith("00_small-small-")
    assert nbformat.read(kept, as_version=4).cells[0].outputs[0].data["text/plain"] == "2"
