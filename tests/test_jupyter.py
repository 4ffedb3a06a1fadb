"""`make learn` and `make author` as a learner and an author meet them: a real server, and its requests."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager, suppress
from pathlib import Path

import nbformat
import pytest
import sync

LEARN, AUTHOR = "--config=tools/learn_config.py", "--config=tools/author_config.py"
LESSON = (
    sync.HEADER
    + """
# 05 · Clothes

<!-- begin colab -->
<!-- end colab -->

```{code-cell} ipython3
:tags: [setup]

```

Your turn.

```{code-cell} ipython3
:tags: [exercise]

answer = ...
```

One cell of text.

+++

<details><summary>Show a solution</summary>

```python
answer = 42
```

</details>

+++

## What this run reached

```{code-cell} ipython3
claim("2 is even", 2 % 2 == 0)
```
"""
)


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """Return a small course with this course's tools and settings, in sync."""
    root = tmp_path_factory.mktemp("course")
    (root / "lessons").mkdir()
    (root / "tools").mkdir()
    shutil.copy(sync.ROOT / "pyproject.toml", root)
    for config in ("learn_config.py", "author_config.py"):
        shutil.copy(sync.ROOT / "tools" / config, root / "tools")
    (root / "lessons/05_clothes.md").write_text(LESSON, "utf-8", newline="\n")
    assert sync.main([], root) == 0
    return root


class Server:
    """A running JupyterLab, and the requests that its page makes."""

    def __init__(self, info: dict):
        self.port, self.token, self.address = info["port"], info["token"], info["hostname"]

    def request(self, path: str, body: dict | None = None) -> dict:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/api/{path}",
            method="PUT" if body else "GET",
            data=json.dumps(body).encode() if body else None,
            headers={"Authorization": f"token {self.token}"},
        )
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.load(answer)

    def open(self, path: str) -> nbformat.NotebookNode:
        return nbformat.from_dict(self.request(f"contents/{path}?type=notebook&content=1")["content"])

    def save(self, path: str, notebook: nbformat.NotebookNode) -> None:
        """Save as JupyterLab does after a run: with what the kernel says of its language."""
        language = {"name": "python", "pygments_lexer": "ipython3", "version": "3.12.0"}
        notebook.metadata["language_info"] = language
        self.request(f"contents/{path}", {"type": "notebook", "format": "json", "content": notebook})


@contextmanager
def jupyterlab(folder: Path, tmp: Path, *options: str, module: str = "jupyterlab"):
    """Start JupyterLab in a folder with these options, and nothing of the user's own."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("JUPYTER")}
    for kind in ("CONFIG_DIR", "RUNTIME_DIR", "DATA_DIR"):
        env[f"JUPYTER_{kind}"] = str(tmp / kind)
    for kind in ("SETTINGS", "WORKSPACES"):
        env[f"JUPYTERLAB_{kind}_DIR"] = str(tmp / kind)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        module,
        "--no-browser",
        "--allow-root",
        f"--port={port}",
        *options,
    ]
    with open(tmp / "log", "w", encoding="utf-8") as log:
        process = subprocess.Popen(command, cwd=folder, env=env, stdout=log, stderr=subprocess.STDOUT)
        try:
            yield Server(_wait(process, tmp))
        finally:
            process.terminate()
            try:
                process.wait(60)  # it waits for kernels that are still busy
            except subprocess.TimeoutExpired:
                process.kill()  # kernels end with their server
                process.wait()
                raise


def _wait(process: subprocess.Popen, tmp: Path) -> dict:
    """Return what the server writes about itself, its token included, once it answers.

    On a busy machine it says that it is running before its file is written, and that before it listens.
    """
    for _ in range(1200):
        time.sleep(0.1)
        assert process.poll() is None, (tmp / "log").read_text("utf-8", "replace")
        for about in (tmp / "RUNTIME_DIR").glob("jpserver-*[0-9].json"):
            with suppress(json.JSONDecodeError, urllib.error.URLError):
                info = json.loads(about.read_text())
                Server(info).request("status")
                return info
    raise TimeoutError((tmp / "log").read_text("utf-8", "replace"))


@pytest.fixture(scope="module")
def learner(course, tmp_path_factory):
    with jupyterlab(course, tmp_path_factory.mktemp("learn"), LEARN) as server:
        yield server


@pytest.fixture(scope="module")
def author(course, tmp_path_factory):
    with jupyterlab(course, tmp_path_factory.mktemp("author"), AUTHOR) as server:
        yield server


@pytest.fixture
def lesson(course):
    """Return the lesson's file; afterwards lesson and notebook are as they were."""
    path = course / "lessons/05_clothes.md"
    before = path.read_bytes()
    yield path
    path.write_bytes(before)
    (course / "notebooks/05_clothes.ipynb").unlink()
    assert sync.main([], course) == 0


def test_a_learners_save_changes_the_notebook_and_never_the_lesson(learner, course, lesson):
    before = lesson.read_bytes(), lesson.stat().st_mtime_ns
    notebook = learner.open("05_clothes.ipynb")
    notebook.cells[2].source = "My notes."
    learner.save("05_clothes.ipynb", notebook)
    assert "My notes." in (course / "notebooks/05_clothes.ipynb").read_text("utf-8")
    assert (lesson.read_bytes(), lesson.stat().st_mtime_ns) == before
    there = {path.name for path in lesson.parent.iterdir() if path.is_file()}
    assert there == {lesson.name, "RESULTS.md"}  # `make sync` writes the page of results


def test_markdown_opens_as_a_notebook_for_authors_only(learner, author, course):
    notes = course / "notebooks/notes.md"
    notes.write_text("# Notes\n", "utf-8")
    try:
        assert learner.request("contents/notes.md")["type"] == "file"
        assert author.request("contents/notebooks/notes.md")["type"] == "notebook"
    finally:
        notes.unlink()


def test_an_authors_save_writes_the_edit_into_the_lesson_and_nothing_else(author, course, lesson):
    before = lesson.read_text("utf-8")
    notebook = author.open("notebooks/05_clothes.ipynb")
    notebook.cells[2].source = "Now you."
    notebook.cells[3].outputs = [nbformat.v4.new_output("stream", text="hello\n")]
    author.save("notebooks/05_clothes.ipynb", notebook)
    assert lesson.read_text("utf-8") == before.replace("Your turn.", "Now you.")
    saved = nbformat.read(course / "notebooks/05_clothes.ipynb", as_version=4)
    built = nbformat.reads(sync.build_notebook(lesson.read_text("utf-8"), lesson.stem, ""), as_version=4)
    assert [(cell.cell_type, cell.source, cell.metadata.get("tags")) for cell in saved.cells] == [
        (cell.cell_type, cell.source, cell.metadata.get("tags")) for cell in built.cells
    ]


def test_an_authors_save_without_edits_leaves_the_lesson_as_it_is(author, lesson):
    before = lesson.read_bytes()
    os.utime(lesson, (1e9, 1e9))  # the notebook is newer than its lesson, and opens all the same
    notebook = author.open("notebooks/05_clothes.ipynb")
    notebook.cells[-2].metadata["jp-MarkdownHeadingCollapsed"] = True  # to fold a heading is no edit
    author.save("notebooks/05_clothes.ipynb", notebook)
    assert lesson.stat().st_mtime > 1e9  # it was written
    assert lesson.read_bytes() == before


def test_an_author_sees_an_edit_of_the_lesson_in_the_notebook(author, lesson):
    edited = lesson.read_text("utf-8").replace("Your turn.", "Edited as text.")
    lesson.write_text(edited, "utf-8", newline="\n")
    assert author.open("notebooks/05_clothes.ipynb").cells[2].source == "Edited as text."


def test_make_author_begins_with_make_sync_which_stops_where_an_answer_would_be_lost():
    makefile = (sync.ROOT / "Makefile").read_text("utf-8")
    assert re.search(r"^author:.*\n\t\$\(BIN\)/python tools/sync.py\n", makefile, re.M)


def test_a_lesson_and_its_notebook_are_one_for_an_author_who_opens_the_lesson(author, course, lesson):
    notebook = author.open("lessons/05_clothes.md")
    notebook.cells[2].source = "Now you."
    author.save("lessons/05_clothes.md", notebook)
    assert "Now you." in lesson.read_text("utf-8")
    assert "Now you." in (course / "notebooks/05_clothes.ipynb").read_text("utf-8")


@pytest.mark.parametrize("folder", [".", "notebooks"])
def test_a_plain_jupyterlab_leaves_lessons_and_answers_alone(course, lesson, tmp_path, folder):
    before = lesson.read_bytes()
    path = (course / "notebooks/05_clothes.ipynb").relative_to(course / folder).as_posix()
    # The server of JupyterLab and of Jupyter Notebook; jupytext is installed. VS Code has none.
    with jupyterlab(course / folder, tmp_path, module="jupyter_server") as server:
        notebook = server.open(path)
        notebook.cells[3].source = "answer = 42"
        server.save(path, notebook)
        assert lesson.read_bytes() == before
        # An update brought another lesson, which is older than the notebook or newer.
        lesson.write_bytes(before.replace(b"Your turn.", b"Now you."))
        for age in (1e9, 4e9):
            os.utime(lesson, (age, age))
            assert server.open(path).cells[3].source == "answer = 42"


def test_both_listen_on_this_machines_loopback_address_only(learner, author):
    """The course's own choice, whatever JupyterLab's default is: both configurations say so."""
    assert {learner.address, author.address} == {"127.0.0.1"}


def test_an_author_starts_among_the_notebooks_and_a_learner_sees_nothing_else(author, learner):
    assert [item["name"] for item in learner.request("contents")["content"]] == ["05_clothes.ipynb"]
    assert {"lessons", "notebooks"} <= {item["name"] for item in author.request("contents")["content"]}
