"""*Run all* in a real JupyterLab, in a real browser, as a learner clicks it: each notebook, to its end."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
import sync
from browser import chromium, running_browser  # noqa: F401  the fixture `browser`
from playwright.sync_api import Browser
from test_jupyter import Server, jupyterlab
from test_notebooks import CODE, NOTEBOOKS

# The kernel is there before the cells run: a click on *Run all* may come too early, these promises don't.
RUN_ALL = """async () => {
    const panel = jupyterapp.shell.currentWidget;
    const dialog = new Promise(found => {
        const look = () => document.querySelector(".jp-Dialog") ? found() : setTimeout(look, 200);
        look();
    });
    const run = async () => {
        await panel.context.ready;
        await panel.sessionContext.ready;
        await jupyterapp.commands.execute("notebook:run-all-cells");
    };
    await Promise.race([run(), dialog]);
    const shown = {
        cells: panel.content.model.sharedModel.toJSON().cells.filter(cell => cell.cell_type === "code"),
        dialogs: [...document.querySelectorAll(".jp-Dialog-content")].map(element => element.innerText),
    };
    // A kernel keeps its memory until it ends. (One that died is just starting again: ending it then would
    // leave the server hanging at its own end.)
    if (!shown.dialogs.length) await panel.sessionContext.shutdown();
    return shown;
}"""


class Lab:
    """JupyterLab in the browser, with notebooks in a folder."""

    def __init__(self, server: Server, browser: Browser, folder: Path):
        self.server, self.browser, self.folder = server, browser, folder

    def run_all(self, name: str) -> dict:
        """Open a notebook, run all its cells, and return what it shows then."""
        page = self.browser.new_page()
        try:
            page.goto(f"http://127.0.0.1:{self.server.port}/lab/tree/{name}?reset&token={self.server.token}")
            page.locator(".jp-Notebook .jp-CodeCell").first.wait_for()
            return page.evaluate(RUN_ALL)
        finally:
            page.close()


@pytest.fixture(scope="module")
def lab(browser, tmp_path_factory):
    """Return JupyterLab with a copy of the notebooks: it saves by itself what it shows."""
    course = tmp_path_factory.mktemp("course")
    shutil.copytree(sync.ROOT / "notebooks", course / "notebooks")
    (course / "tools").mkdir()
    shutil.copy(sync.ROOT / "tools/learn_config.py", course / "tools")
    with pytest.MonkeyPatch.context() as environment:
        environment.delenv("MPLBACKEND")  # figures are drawn into the notebook, as for learners
        tmp, expose = tmp_path_factory.mktemp("lab"), "--LabApp.expose_app_in_browser=True"
        with jupyterlab(course, "learn_config.py", tmp, expose) as server:
            yield Lab(server, browser, course / "notebooks")


def problems(shown: dict) -> Iterator[str]:
    """Say what a learner would see after *Run all* that is not as it should be."""
    for text in shown["dialogs"]:
        yield f"a dialog asks: {text}"
    for cell in shown["cells"]:
        start = repr(cell["source"][:40])
        if not cell["execution_count"]:
            yield f"{start} was not run"
        for output in cell["outputs"]:
            if output["output_type"] == "error":
                yield f"{start} shows {output['ename']}: {output['evalue']}"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_run_all_runs_every_cell_without_an_error_or_a_question(lab, path):
    shown = lab.run_all(path.name)
    code = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    assert [cell["source"] for cell in shown["cells"]] == [cell.source for cell in code]
    assert list(problems(shown)) == []


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
    nbformat.write(notebook, lab.folder / f"{name}.ipynb")
    there = list(problems(lab.run_all(f"{name}.ipynb")))
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
