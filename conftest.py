"""Every test and notebook runs as in CI unless asked otherwise: small mode, one torch thread a process.

A notebook runs as the book runs its lesson, so that the book need not run it again. What each took in time
and memory is printed at the end. It fails nothing.
"""

import os
from collections.abc import Generator
from dataclasses import asdict
from functools import partial
from unittest.mock import patch

import budget
import pytest
from nbclient import NotebookClient
from nbmake.pytest_items import NotebookItem

for _name, _value in (budget.SMALL | {"MPLBACKEND": "agg"}).items():
    os.environ.setdefault(_name, _value)


# What takes minutes begins first, and what takes seconds fills the gaps at the end. (pytest-xdist gives the
# files to its processes in this order, as pyproject.toml says --no-loadscope-reorder.)
LONG = [
    "test_solutions.py",
    "test_lab.py",
    "test_book_pages.py",
    "test_train_fashion_mnist.py",
    "test_book.py",
]


# First, before pytest looks which tests `-m` wants.
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs a browser. First come the notebooks: the book takes their outputs."""
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker("browser")

    def place(item: pytest.Item) -> int:
        if isinstance(item, NotebookItem):
            return -1
        return LONG.index(item.path.name) if item.path.name in LONG else len(LONG)

    items.sort(key=place)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Measure a notebook; its report carries what it took, out of the processes of pytest-xdist too."""
    if not isinstance(item, NotebookItem):
        return (yield)
    import build_book  # here: it imports torch and matplotlib, which read the environment

    spent, root = budget.Spent(), item.config.rootpath
    keep = partial(build_book.keep_run, name=item.path.stem, root=root)
    try:
        with (
            patch.dict(os.environ, build_book.kernel_environment(root), clear=True),
            # Killed at its end, as nothing is left to do: taking torch apart takes a kernel two seconds.
            patch("nbmake.nb_run.NotebookClient", partial(NotebookClient, shutdown_kernel="immediate")),
            budget.measured() as spent,
            budget.cells_counted(spent, keep),
        ):
            return (yield)
    finally:
        item.user_properties.append(("spent", asdict(spent)))  # numbers only: it goes between processes


def pytest_terminal_summary(terminalreporter: "pytest.TerminalReporter") -> None:
    """Print what the notebooks took, and keep it in build/notebooks.txt."""
    reports = [one for each in terminalreporter.stats.values() for one in each]
    table = budget.reported(one for one in reports if isinstance(one, pytest.TestReport))
    if table:
        terminalreporter.section("notebooks: time and memory")
        lines = "\n".join(budget.as_text(table))
        terminalreporter.write_line(lines)
        kept = terminalreporter.config.rootpath / "build/notebooks.txt"
        kept.parent.mkdir(exist_ok=True)
        kept.write_text(f"{lines}\n{budget.machine_facts()}\n", "utf-8")
