"""tools/budget.py and the table that pytest prints with it, on tiny notebooks. No clock judges anything."""

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import budget
import nbformat
import pytest
import sync
import torch
from budget import GIB, Spent
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

MB = 10**6
HOLD = "import time\nkept = b'x' * 200_000_000\ntime.sleep(0.5)"
NOTEBOOKS = {
    "00_small": [new_code_cell("1 + 1"), new_markdown_cell("Text."), new_code_cell("2 + 2")],
    "01_large": [new_code_cell(HOLD)],
    "02_broken": [new_code_cell("1 / 0"), new_code_cell("never")],
    "03_text": [new_markdown_cell("Text.")],
}


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """Return a course of the notebooks above, with this repository's conftest.py."""
    root = tmp_path_factory.mktemp("course")
    (root / "notebooks").mkdir()
    for name, cells in NOTEBOOKS.items():
        nbformat.write(new_notebook(cells=cells), root / f"notebooks/{name}.ipynb")
    shutil.copytree(sync.ROOT / "tools", root / "tools", ignore=shutil.ignore_patterns("lesson_template"))
    for name in ("conftest.py", "pyproject.toml", "requirements.txt"):
        shutil.copy(sync.ROOT / name, root)
    shutil.copytree(sync.ROOT / "book", root / "book")
    return root


@pytest.fixture(scope="module")
def said(course):
    """Return what pytest says at its end, the notebooks having been run in a process of pytest-xdist."""
    command = [sys.executable, "-m", "pytest", "-n", "1", "-p", "no:cacheprovider", "notebooks"]
    environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(command, cwd=course, env=environment, capture_output=True, text=True).stdout


def line_of(said: str, name: str) -> list[str]:
    [line] = re.findall(rf"^{name}  .*$", said, re.M)
    return line.split()


# The table of `make test`


def test_the_table_has_a_line_for_each_notebook_in_order(said):
    table = said[said.index("notebooks: time and memory") :]
    assert re.findall(r"^(\d\d_\w+)  ", table, re.M) == list(NOTEBOOKS)


def test_a_line_says_how_many_cells_were_run_and_what_they_took(said):
    _, cells, seconds, gib = line_of(said, "00_small")
    assert cells == "2"
    assert float(seconds) > 0
    assert 0 < float(gib) < 0.2


def test_the_memory_of_the_kernel_is_seen(said):
    small, large = (float(line_of(said, name)[3]) for name in ("00_small", "01_large"))
    assert large - small > 190 * MB / GIB


def test_a_notebook_that_fails_is_in_the_table_too(said):
    assert line_of(said, "02_broken")[1] == "1"
    assert "ZeroDivisionError" in said


def test_a_notebook_without_a_cell_to_run_fails_and_the_table_says_why(said):
    assert "NOTHING WAS RUN" in " ".join(line_of(said, "03_text"))
    assert re.search(r"^_+ \S*/03_text.ipynb _+\n(\[gw.*\n)?no cell of this notebook was run$", said, re.M)
    assert re.search(r"= 2 failed, 2 passed", said)


def test_the_table_is_kept_with_what_it_depends_on(course, said):
    kept = (course / "build/notebooks.txt").read_text("utf-8")
    assert line_of(kept, "00_small") == line_of(said, "00_small")
    assert "Measured on" in kept


def test_what_ran_to_its_end_is_kept_for_the_book_with_its_outputs(course, said):
    kept = {path.stem: path for path in course.glob("build/book/ran/small-*/*.ipynb")}
    assert sorted(kept) == ["00_small", "01_large"]
    assert nbformat.read(kept["00_small"], as_version=4).cells[0].outputs[0].data["text/plain"] == "2"


# Measuring


def start(code: str) -> subprocess.Popen:
    return subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def peak_of_kernel(code: str) -> int:
    """Return what is measured of a program that says when it is ready, and then waits for a line."""
    with budget.measured() as spent:
        kernel = start(code)
        kernel.stdout.readline()
        time.sleep(3 * budget.LOOK_EVERY)
        kernel.communicate(b"\n")
    return spent.peak


def test_what_ran_before_is_not_counted():
    before = start("kept = b'x' * 200_000_000; print(flush=True); input()")
    before.stdout.readline()
    with budget.measured() as spent:
        time.sleep(0.05)
    before.communicate(b"\n")
    assert spent.peak == 0


def test_a_process_that_is_still_a_copy_of_this_one_is_not_counted():
    """Between fork and exec a kernel seems to have all that pytest has."""
    copy = f"""
import os, sys, time
sys.path.insert(0, {str(sync.ROOT / "tools")!r})
import budget
kept = b'x' * 200_000_000
with budget.measured() as spent:
    if os.fork() == 0:
        time.sleep(3 * budget.LOOK_EVERY)
        os._exit(0)
    os.wait()
print(spent.peak)
"""
    if not hasattr(os, "fork"):
        pytest.skip("this system has no fork")
    done = subprocess.run([sys.executable, "-c", copy], capture_output=True, text=True)
    assert done.stdout == "0\n", done.stderr


def test_a_process_that_the_kernel_starts_is_counted_and_what_they_share_only_once():
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
    if not hasattr(os, "fork"):
        pytest.skip("this system has no fork")
    assert 295 * MB < peak_of_kernel(fork) < 350 * MB


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells such pages apart")
def test_a_file_that_a_started_process_only_reads_takes_no_memory_of_its_own():
    """The system has its pages anyway, once for all, and drops them when memory is short."""
    libraries = (Path(torch.__file__).parent / "lib").glob("*.so*")
    largest = max(libraries, key=lambda path: path.stat().st_size)
    reads = f"""
import mmap
with open({str(largest)!r}, "rb") as file:
    mapped = mmap.mmap(file.fileno(), 100_000_000, access=mmap.ACCESS_READ)
mapped[::4096]
own = b"x" * 50_000_000
print(flush=True)
input()
"""
    kernel = rf"""
import subprocess, sys
job = subprocess.Popen([sys.executable, "-c", {reads!r}], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
print(job.stdout.readline(), flush=True)
input()
job.communicate(b"\n")
"""
    assert 45 * MB < peak_of_kernel(kernel) < 95 * MB


# The table of `make bench`


@pytest.fixture
def course_of_two(tmp_path):
    """Return the root of a course of two notebooks."""
    (tmp_path / "notebooks").mkdir()
    for name in ("01_b", "00_a"):
        nbformat.write(new_notebook(cells=[new_code_cell("1")]), tmp_path / f"notebooks/{name}.ipynb")
    return tmp_path


def test_the_table_is_printed_with_what_it_depends_on(course_of_two, capsys):
    spent = {"00_a": Spent(3, 12.34, GIB // 2), "01_b": Spent(1, 2.0, GIB)}
    assert budget.main([], course_of_two, lambda path, root: spent[path.stem]) == 0
    out = capsys.readouterr().out
    assert "00_a      3     12.3      0.50" in out
    assert re.search(r"\d+ cores .* Python 3\.\d+\.\d+ and torch \d+\.", out)


@pytest.mark.parametrize(
    ("spent", "remark"),
    [
        (Spent(0, 1.0, GIB), "NOTHING WAS RUN"),
        (Spent(1, 1.0, 0), "memory was not measured"),
        (Spent(1, 1.0, 2 * GIB + 1), "more than 2 GiB"),
    ],
)
def test_what_is_not_well_is_printed_and_fails_the_tool(course_of_two, capsys, spent, remark):
    assert budget.main([], course_of_two, lambda path, root: spent) == 1
    assert capsys.readouterr().out.count(remark) >= 2
    assert budget.as_text({"00_a": spent})[1].endswith(remark)


def test_two_gib_and_any_time_are_well():
    assert budget.remarks(Spent(1, 10_000.0, 2 * GIB)) == ""


def test_a_notebook_is_run_in_small_mode_with_one_thread_and_leaves_no_file(course_of_two, monkeypatch):
    monkeypatch.setenv("COURSE_MODE", "full")
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    settings = 'os.environ["COURSE_MODE"], os.environ["OMP_NUM_THREADS"]'
    check = f'import os\nassert ({settings}) == ("small", "1")\nopen("left.txt", "w").close()'
    path = course_of_two / "notebooks/00_a.ipynb"
    nbformat.write(new_notebook(cells=[new_code_cell(check), new_code_cell("2")]), path)
    files = set(course_of_two.rglob("*"))
    spent = budget.run_alone(path, course_of_two)
    assert spent.cells == 2
    assert spent.peak > 10 * MB
    assert set(course_of_two.rglob("*")) == files


def test_a_notebook_that_fails_is_named_and_fails_the_tool(course_of_two, capsys):
    nbformat.write(new_notebook(cells=[new_code_cell("1 / 0")]), course_of_two / "notebooks/00_a.ipynb")
    assert budget.main([], course_of_two) == 1
    assert "00_a did not run to its end" in capsys.readouterr().out
