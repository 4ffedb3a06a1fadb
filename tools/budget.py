"""What a notebook takes: time, and memory at its peak.

`make test` prints it of every notebook that pytest runs (conftest.py), two at a time. By itself:

    python tools/budget.py     run every notebook alone, print the table

Nothing fails by the clock. Of a kernel all memory counts that is resident, with the libraries that it shares
with other programs. Of the processes that a kernel starts only what they have written counts: the rest is the
kernel's own, or files that the system keeps once for all. Memory is looked at a few times a second, so a
shorter peak may be missed.
"""

import argparse
import os
import platform
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
import psutil
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError
from nbmake.nb_result import NotebookError, NotebookResult
from nbmake.nb_run import NotebookRun
from sync import ROOT

LOOK_EVERY = 0.2  # seconds
GIB = 2**30
MOST = 2 * GIB  # what a notebook may take in small mode
SMALL = {"COURSE_MODE": "small", "OMP_NUM_THREADS": "1"}  # as conftest.py asks for in `make test`
NOTHING_RAN = "no cell of this notebook was run"


@dataclass
class Spent:
    """What a notebook took.

    Attributes
    ----------
    cells
        How many of its cells were run.
    seconds
        How long that took, the start and the end of the kernel included.
    peak
        The most memory at a time, in bytes.
    """

    cells: int = 0
    seconds: float = 0.0
    peak: int = 0


# Measuring


@contextmanager
def measured() -> Iterator[Spent]:
    """Measure time and memory of the processes that this one starts meanwhile, and of theirs."""
    own, spent, ended = psutil.Process(), Spent(), threading.Event()
    command, before = own.cmdline(), set(own.children())

    def look() -> None:
        while not ended.is_set():
            kernels = set(own.children()) - before
            spent.peak = max(spent.peak, sum(resident(kernel, command) for kernel in kernels))
            ended.wait(LOOK_EVERY)

    watch = threading.Thread(target=look, daemon=True)
    start = time.perf_counter()
    watch.start()
    try:
        yield spent
    finally:
        spent.seconds = time.perf_counter() - start
        ended.set()
        watch.join()


def resident(kernel: psutil.Process, parents_command: list[str]) -> int:
    """Return the bytes that a process and those that it started have in memory."""
    total = 0
    with suppress(psutil.Error):  # it has just ended
        if kernel.cmdline() == parents_command:  # not a kernel yet, but a copy of the process that starts it
            return 0
        total = kernel.memory_info().rss
        for child in kernel.children(recursive=True):
            with suppress(psutil.Error):
                total += written(child)
    return total


def written(process: psutil.Process) -> int:
    """Return the bytes that are a process's own and in no file: what it alone has written.

    Only Linux tells them apart. Elsewhere, pages of files that no other process has at the moment are in it.
    """
    if sys.platform == "linux":
        return sum(mapped.private_dirty for mapped in process.memory_maps())
    return process.memory_full_info().uss


def cells_run(notebook: nbformat.NotebookNode) -> int:
    """Count the cells of an executed notebook that were run."""
    return sum(bool(cell.get("execution_count")) for cell in notebook.cells)


@contextmanager
def cells_counted(spent: Spent, keep: Callable[[nbformat.NotebookNode], None]) -> Iterator[None]:
    """Count the cells that nbmake runs meanwhile; a notebook of which it runs none fails.

    `keep` gets a notebook that ran to its end, with its outputs.
    """
    execute = NotebookRun.execute

    def execute_and_count(run: NotebookRun) -> NotebookResult:
        result = execute(run)
        spent.cells = cells_run(result.nb)
        if not spent.cells and not result.error:
            result.error = NotebookError(NOTHING_RAN, NOTHING_RAN, failing_cell_index=-1)
        if not result.error:
            keep(result.nb)
        return result

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(NotebookRun, "execute", execute_and_count)
        yield


def run_alone(path: Path, root: Path) -> Spent:
    """Run a notebook in small mode, in a folder that is thrown away.

    Raises
    ------
    CellExecutionError, DeadKernelError
        It did not run to its end.
    """
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        cell.pop("execution_count", None)
    client = NotebookClient(notebook, timeout=None, kernel_name="python3")
    # As for a learner, and in `make test`: without MPLBACKEND, figures are drawn into the notebook.
    environment = {name: value for name, value in os.environ.items() if name != "MPLBACKEND"}
    environment |= SMALL | {"PYTHONPATH": str(root)}
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder, measured() as spent:
        client.execute(cwd=folder, env=environment)
    spent.cells = cells_run(notebook)
    return spent


# What came out


def remarks(spent: Spent) -> str:
    """Say what is wrong with what a notebook took; nothing where all is well."""
    found = []
    if not spent.cells:
        found.append("NOTHING WAS RUN")
    if not spent.peak:
        found.append("memory was not measured")
    if spent.peak > MOST:
        found.append(f"more than {MOST / GIB:.0f} GiB")
    return ", ".join(found)


def rows(table: dict[str, Spent]) -> Iterator[tuple[str, str, str, str, str]]:
    """Yield name, cells, seconds, GiB and remarks of each notebook, in the order of the names."""
    for name, spent in sorted(table.items()):
        yield name, str(spent.cells), f"{spent.seconds:.1f}", f"{spent.peak / GIB:.2f}", remarks(spent)


def as_text(table: dict[str, Spent]) -> list[str]:
    """Return the lines of the table for a terminal."""
    wide = max(map(len, table))
    lines = [f"{'':{wide}}  cells  seconds  peak GiB"]
    for name, cells, seconds, gib, remark in rows(table):
        lines.append(f"{name:{wide}}  {cells:>5}  {seconds:>7}  {gib:>8}  {remark}".rstrip())
    return lines


def machine_facts() -> str:
    """Say in a line what the table depends on."""
    return (
        f"Measured on {os.cpu_count()} cores ({platform.system()}, {platform.machine()}) with Python "
        f"{platform.python_version()} and torch {version('torch')}, one torch thread."
    )


def reported(reports: Iterable[pytest.TestReport]) -> dict[str, Spent]:
    """Return what the notebooks took by what pytest reports of its tests."""
    found = {}
    for report in reports:
        spent = dict(report.user_properties).get("spent")
        if spent:
            found[Path(report.location[0]).stem] = Spent(**spent)
    return found


def main(
    argv: list[str] | None = None, root: Path = ROOT, run: Callable[[Path, Path], Spent] = run_alone
) -> int:
    """Run the tool on the course in `root`; return its exit status."""
    as_written = argparse.RawDescriptionHelpFormatter
    argparse.ArgumentParser(description=__doc__, formatter_class=as_written).parse_args(argv)
    table = {}
    for path in sorted((root / "notebooks").glob("*.ipynb")):
        try:
            table[path.stem] = run(path, root)
        except (CellExecutionError, DeadKernelError) as error:
            print(f"{path.stem} did not run to its end: {error}")
            return 1
        print(as_text({path.stem: table[path.stem]})[-1], flush=True)
    print("\n".join([*as_text(table), machine_facts()]))
    return int(any(map(remarks, table.values())))


if __name__ == "__main__":
    sys.exit(main())
