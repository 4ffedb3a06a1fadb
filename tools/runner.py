"""Run notebooks: for the tests, for the recorded results, for slides and for the book.

A notebook runs in an empty folder, in which no file is kept. Its figures are drawn into it, each with words
that say what is on it (book/alt_text.py). What a lesson printed and drew is kept in build/ran. Slides and the
book take it from there, as long as all that it depends on stays the same.
"""

import hashlib
import os
import re
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from copy import deepcopy
from dataclasses import dataclass
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import nbformat
import psutil
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell
from solution_folds import FOLD

ROOT = Path(__file__).resolve().parents[1]
SMALL = {"COURSE_MODE": "small", "OMP_NUM_THREADS": "1"}  # as the tests run notebooks
LOOK_EVERY = 0.2  # seconds
STRICT = 'import os\n\nos.environ["COURSE_STRICT"] = "1"'
_ANSI = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class Ran:
    """A notebook that was run, with its outputs, and the cells that ran after its own.

    `seconds` includes the start of the kernel. `peak` is the most memory at a time, in bytes. A peak shorter
    than `LOOK_EVERY` may be missed.
    """

    notebook: NotebookNode
    then: list[NotebookNode]
    seconds: float
    peak: int

    @property
    def cells(self) -> int:
        """The number of the notebook's cells that were run."""
        return sum(bool(cell.get("execution_count")) for cell in self.notebook.cells)


class NotebookError(Exception):
    """A notebook did not run to its end. `ran` is what came of it until then."""

    def __init__(self, message: str, ran: Ran):
        super().__init__(message)
        self.ran = ran


def run(
    notebook: NotebookNode,
    then: Iterable[str] = (),
    settings: dict[str, str] | None = None,
    timeout: float | None = None,
    root: Path = ROOT,
) -> Ran:
    """Run a copy of a notebook of the course in `root`, in a new kernel.

    `then` is the code of more cells, which run in the same kernel after the notebook's own. `settings` are
    variables of the kernel's environment. All others are this process's own, but exercises are not strict.
    No cell may take more than `timeout` seconds. Raises `NotebookError` if a cell raised an error or took too
    long, if the kernel died, or if there was no cell to run.
    """
    whole, own = deepcopy(notebook), len(notebook.cells)
    for cell in whole.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    whole.cells += map(new_code_cell, then)
    client = NotebookClient(
        whole,
        timeout=timeout,
        kernel_name="python3",
        extra_arguments=["--ext=alt_text", "--log-level=ERROR"],
        record_timing=False,
        store_widget_state=False,
        shutdown_kernel="immediate",  # nothing is left to do, and taking torch apart takes two seconds
    )
    failed, start = "", time.perf_counter()
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder, _watched(client) as sizes:
        try:
            client.execute(cwd=folder, env=_environment(root) | (settings or {}))
        except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
            failed = _ANSI.sub("", str(error)).strip()
    seconds = time.perf_counter() - start
    whole.cells, more = whole.cells[:own], whole.cells[own:]
    ran = Ran(whole, more, seconds, max(sizes))
    if failed or not ran.cells:
        raise NotebookError(failed or "no cell of this notebook was run", ran)
    return ran


def _environment(root: Path) -> dict[str, str]:
    # As for a learner: exercises are not strict, and figures are drawn into the notebook.
    unset = {"COURSE_STRICT", "MPLBACKEND"}
    environment = {name: text for name, text in os.environ.items() if name not in unset}
    paths = [str(root), str(root / "book"), *filter(None, [os.environ.get("PYTHONPATH")])]
    return environment | {"PYTHONPATH": os.pathsep.join(paths)}


@contextmanager
def _watched(client: NotebookClient) -> Iterator[list[int]]:
    """Yield a list to which the memory that a client's kernel takes is added a few times a second."""
    sizes, ended = [0], threading.Event()

    def look() -> None:
        while not ended.wait(LOOK_EVERY):
            with suppress(psutil.Error, AttributeError):  # it ended, or has not started yet
                sizes.append(memory(psutil.Process(client.km.provisioner.pid)))

    watch = threading.Thread(target=look, daemon=True)
    watch.start()
    try:
        yield sizes
    finally:
        ended.set()
        watch.join()


def memory(kernel: psutil.Process) -> int:
    """Return the bytes in memory of a kernel, and of the processes that it started.

    A started process counts with what is its own. The rest of it is the kernel's, and counted already.
    """
    total = kernel.memory_info().rss
    for child in kernel.children(recursive=True):
        with suppress(psutil.Error):
            total += child.memory_full_info().uss
    return total


# Exercises


class Exercise(NamedTuple):
    """The parts of an exercise in a notebook."""

    stub: NotebookNode
    check: NotebookNode
    solution: str


def tags(cell: NotebookNode) -> list[str]:
    """Return the tags of a cell."""
    return cell.metadata.get("tags", [])


def printed(cells: Iterable[NotebookNode]) -> str:
    """Return what cells printed."""
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    return "".join("".join(output["text"]) for output in outputs if output.get("name") == "stdout")


def exercises(notebook: NotebookNode, lesson: str) -> list[Exercise]:
    """Return the exercises of the notebook of a lesson, such as ``"05_fashion_mnist"``.

    Raises a ValueError if one is not the three parts: a stub, then its check, then a solution to open.
    """
    cells, found = notebook.cells, {}
    stubs = [i for i, cell in enumerate(cells) if "exercise" in tags(cell)]
    for start, end in pairwise([*stubs, len(cells)]):
        stub, *rest = cells[start:end]
        name = repr(stub.source[:40])
        if "..." not in stub.source:
            raise ValueError(f"exercise {name} has no `...` to fill in")
        code = next((i for i, cell in enumerate(rest) if cell.cell_type == "code"), None)
        check = code is not None and re.search(rf'\bcheck\("({lesson[:2]}\.\d+)",', rest[code].source)
        if not check:
            raise ValueError(f'exercise {name} is not followed by check("{lesson[:2]}.k", ...)')
        if check[1] in found:
            raise ValueError(f"exercise {check[1]} comes twice")
        solutions = _solutions(rest[code + 1 :])
        if not solutions:
            raise ValueError(f"exercise {check[1]} has no solution to open")
        found[check[1]] = Exercise(stub, rest[code], solutions[0])
    if len(_solutions(cells)) > len(found):
        raise ValueError(f"there are {len(_solutions(cells))} solutions, but {len(found)} exercises")
    return list(found.values())


def _solutions(cells: list[NotebookNode]) -> list[str]:
    folds = (fold for cell in cells for fold in FOLD.finditer(cell.source))
    return [fold["code"].rstrip() for fold in folds if fold["code"]]


def run_and_solve(notebook: NotebookNode, lesson: str, **options: object) -> Ran:
    """Run a notebook as a learner finds it, then each solution and its check in strict mode.

    All of the notebook's own cells run while the exercises are still open. `options` are those of `run`, and
    so is `NotebookError`; the cell that failed may be a solution or its check. Raises as `exercises` does.
    """
    found = exercises(notebook, lesson)
    then = [STRICT, *(code for each in found for code in (each.solution, each.check.source))]
    ran = run(notebook, then, **options)
    for mark, cells in (("⬜", ran.notebook.cells), ("✅", ran.then)):
        if printed(cells).count(f"{mark} ") < len(found):
            raise NotebookError(f"not every one of {len(found)} checks printed {mark}", ran)
    return ran


# What is kept


def key_of(notebook: NotebookNode, root: Path = ROOT) -> str:
    """Return a name for all that a lesson's outputs depend on.

    The tables of the exercises are not part of it: in what is kept every exercise is still open.
    """
    known = hashlib.sha256(sys.version.encode())
    for cell in notebook.cells:
        if cell.cell_type == "code":
            known.update(f"{cell.source}\n".encode())
    for path in [root / "book/alt_text.py", *sorted((root / "helpers").rglob("*"))]:
        if path.is_file() and path.suffix != ".pyc" and path.parent.name != "exercises":
            known.update(f"{path.relative_to(root)}\n".encode() + path.read_bytes())
    for line in (root / "requirements.txt").read_text("utf-8").splitlines():
        if package := re.match(r"[\w.-]+", line):
            known.update(f"{package[0]} {version(package[0])}\n".encode())
    mode = (os.environ.get("COURSE_MODE") or "full").strip().lower()  # as helpers.course.settings reads it
    return f"{mode}-{known.hexdigest()[:16]}"


def keep(ran: NotebookNode, lesson: str, root: Path = ROOT) -> None:
    """Keep a notebook that was run, instead of an older run of the same lesson in the same mode."""
    folder, key = root / "build/ran", key_of(ran, root)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{lesson}-{key}.ipynb"
    nbformat.write(ran, path.with_suffix(".tmp"))
    path.with_suffix(".tmp").replace(path)  # in one go: another process may be reading it
    for other in folder.glob(f"{lesson}-{key.partition('-')[0]}-*.ipynb"):
        if other != path:
            other.unlink(missing_ok=True)


def with_outputs(notebook: NotebookNode, lesson: str, root: Path = ROOT) -> NotebookNode:
    """Return a copy of a lesson's notebook with its outputs: those that are kept, else those of a new run.

    Raises `NotebookError` if it did not run to its end.
    """
    path = root / f"build/ran/{lesson}-{key_of(notebook, root)}.ipynb"
    if not path.exists():
        keep(run(notebook, root=root).notebook, lesson, root)
    filled = deepcopy(notebook)
    code = [cell for cell in filled.cells if cell.cell_type == "code"]
    ran = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    for cell, other in zip(code, ran, strict=True):
        cell.outputs, cell.execution_count = other.outputs, other.execution_count
    return filled
