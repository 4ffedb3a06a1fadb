"""Every test and notebook runs as in CI unless asked otherwise: small mode, one torch thread a process.

What each notebook took in time and memory is printed at the end. It fails nothing.
"""

import os
from collections.abc import Generator
from dataclasses import asdict

import budget
import pytest
from nbmake.pytest_items import NotebookItem

for _name, _value in budget.SMALL.items():
    os.environ.setdefault(_name, _value)


# What takes minutes begins first, and what takes seconds fills the gaps at the end. (pytest-xdist gives the
# files to its processes in this order, as pyproject.toml says --no-loadscope-reorder.)
LONG = ["test_book_pages.py", "test_browser.py", "test_exercises.py", "test_solutions.py"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests of the longest files first; all others stay in their order."""
    items.sort(key=lambda item: LONG.index(item.path.name) if item.path.name in LONG else len(LONG))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Measure a notebook; its report carries what it took, out of the processes of pytest-xdist too."""
    if not isinstance(item, NotebookItem):
        return (yield)
    spent = budget.Spent()
    try:
        with budget.measured() as spent, budget.cells_counted(spent):
            return (yield)
    finally:
        item.user_properties.append(("spent", asdict(spent)))  # numbers only: it goes between processes


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what the notebooks took."""
    reports = [one for each in terminalreporter.stats.values() for one in each]
    table = budget.reported(one for one in reports if isinstance(one, pytest.TestReport))
    if table:
        terminalreporter.section("notebooks: time and memory")
        terminalreporter.write_line("\n".join(budget.as_text(table)))
