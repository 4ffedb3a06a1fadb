"""JupyterLab in a real browser, for the tests: it opens a notebook, clicks *Run all*, and says what is shown.

A module of tests that takes the fixture `lab` imports `running_lab`, and `running_browser` of browser.py.
"""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import nbformat
import pytest
import sync
from playwright.sync_api import Browser
from test_jupyter import LEARN, Server, jupyterlab

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
        dialogs: [...document.querySelectorAll(".jp-Dialog-content, .Toastify__toast")].map(
            element => element.innerText
        ),
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

    def run_all(self, notebook: nbformat.NotebookNode, name: str) -> dict:
        """Open a notebook under this name, run all its cells, and return what it shows then."""
        nbformat.write(notebook, self.folder / f"{name}.ipynb")
        address = f"http://127.0.0.1:{self.server.port}/lab/tree/{name}.ipynb"
        page = self.browser.new_page(reduced_motion="reduce")
        try:
            page.goto(f"{address}?reset&token={self.server.token}")
            page.locator(".jp-Notebook .jp-CodeCell").first.wait_for()
            return page.evaluate(RUN_ALL)
        finally:
            page.close()


@pytest.fixture(scope="module", name="lab")
def running_lab(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Return JupyterLab with a folder for notebooks: it saves by itself what it shows."""
    course = tmp_path_factory.mktemp("course")
    (course / "notebooks").mkdir()
    (course / "tools").mkdir()
    shutil.copy(sync.ROOT / "tools/learn_config.py", course / "tools")
    with pytest.MonkeyPatch.context() as environment:
        environment.delenv("MPLBACKEND")  # figures are drawn into the notebook, as for learners
        environment.setenv("COURSE_STRICT", "1")  # a check that fails is an error
        environment.setenv("COURSE_MODE", "small")
        tmp, expose = tmp_path_factory.mktemp("lab"), "--LabApp.expose_app_in_browser=True"
        # Here kernels die on purpose. One that was just starting again keeps the server from ending.
        ended_late = suppress(subprocess.TimeoutExpired)
        with ended_late, jupyterlab(course, tmp, LEARN, expose) as server:
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
