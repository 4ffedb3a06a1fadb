"""Every test and notebook runs as in CI unless asked otherwise: small mode, one torch thread a process.

nbmake finds the notebooks and reports on them; tools/runner.py runs them. What each took in time and memory
is printed at the end. It fails nothing.
"""

import os
import platform
from functools import partial
from importlib.metadata import version
from pathlib import Path

import nbformat
import pytest
import runner
from nbmake.nb_result import NotebookError, NotebookResult
from nbmake.pytest_items import NotebookFailedException, NotebookItem

for _name, _value in (runner.SMALL | {"MPLBACKEND": "agg"}).items():
    os.environ.setdefault(_name, _value)

collect_ignore_glob = ["notebooks/[!0-9]*"]  # a learner's own: Untitled.ipynb, the folder mine

GIB = 2**30
MOST = 2 * GIB  # what a notebook may take in small mode


def pytest_itemcollected(item: pytest.Item) -> None:
    """Let the course's runner run a notebook, and mark what needs a browser."""
    if isinstance(item, NotebookItem):
        item.runtest = partial(run_notebook, item)
    if "browser" in getattr(item, "fixturenames", ()):
        item.add_marker("browser")


def run_notebook(item: NotebookItem) -> None:
    """Run a notebook and its solutions; keep its outputs for the book, and what it took for the table."""
    notebook, root, ran = nbformat.read(item.path, as_version=4), item.config.rootpath, None
    try:
        ran = runner.run_and_solve(
            notebook, item.path.stem, timeout=item.config.option.nbmake_timeout, root=root
        )
    except (runner.NotebookError, ValueError) as error:
        ran = getattr(error, "ran", None)
        words = NotebookError(str(error).splitlines()[-1], str(error), failing_cell_index=-1)
        raise NotebookFailedException(NotebookResult(notebook, words)) from error
    else:
        runner.keep(ran.notebook, item.path.stem, root)
    finally:
        if ran:  # plain numbers: pytest-xdist takes them from process to process
            item.user_properties.append(("took", (ran.cells, ran.seconds, ran.peak)))


def pytest_terminal_summary(terminalreporter: "pytest.TerminalReporter") -> None:
    """Print what the notebooks took, and keep it in build/notebooks.txt."""
    reports = [one for each in terminalreporter.stats.values() for one in each]
    took = {
        Path(report.location[0]).stem: dict(report.user_properties)["took"]
        for report in reports
        if "took" in dict(getattr(report, "user_properties", ()))
    }
    if not took:
        return
    wide = max(map(len, took))
    lines = [f"{'':{wide}}  cells  seconds  peak GiB"]
    for name, (cells, seconds, peak) in sorted(took.items()):
        remark = "" if 0 < peak <= MOST else "more than 2 GiB" if peak else "memory was not measured"
        lines.append(f"{name:{wide}}  {cells:>5}  {seconds:>7.1f}  {peak / GIB:>8.2f}  {remark}".rstrip())
    terminalreporter.section("notebooks: time and memory")
    terminalreporter.write_line("\n".join(lines))
    lines.append(
        f"Measured on {os.cpu_count()} cores ({platform.system()}, {platform.machine()}) with Python "
        f"{platform.python_version()} and torch {version('torch')}, one torch thread."
    )
    kept = terminalreporter.config.rootpath / "build/notebooks.txt"
    kept.parent.mkdir(exist_ok=True)
    kept.write_text("\n".join(lines) + "\n", "utf-8")
