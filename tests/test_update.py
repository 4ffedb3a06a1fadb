"""tools/update.py: a new version arrives, and what a learner wrote is still there."""

import os
import shutil
import subprocess
import sys
from datetime import date

import nbformat
import pytest
import sync
import update
from test_sync import LESSON, NAME, edit, lesson_of, notebook_of, set_repository

MINE = f"notebooks/mine/{NAME} {date.today()}.ipynb"
OTHER = "06_hands"


def git(folder, *command):
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    env = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    subprocess.run(["git", *identity, *command], cwd=folder, check=True, env=env, capture_output=True)


@pytest.fixture
def upstream(tmp_path):
    """Return the course as its authors have it: two lessons, in git."""
    root = tmp_path / "upstream"
    (root / "lessons").mkdir(parents=True)
    for name in (NAME, OTHER):
        (root / f"lessons/{name}.md").write_text(LESSON, "utf-8", newline="\n")
    set_repository(root, "")
    (root / ".gitignore").write_text("notebooks/mine/\n")
    assert sync.main([], root) == 0
    git(root, "init", "-q", "-b", "main")
    publish(root)
    return root


@pytest.fixture(params=["git", "a zip"])
def learner(request, upstream, tmp_path):
    """Return a learner's course, and a function that updates it and returns the folder of the new version."""
    root = tmp_path / f"a learner's {'Übung' if sys.getfilesystemencoding() == 'utf-8' else 'course'}"
    if request.param == "git":
        git(tmp_path, "clone", "-q", upstream, root)
        return root, lambda: (update.main([], root), root)
    leave_git = shutil.ignore_patterns(".git")
    shutil.copytree(upstream, root, ignore=leave_git)

    def unpack_and_update():
        new = shutil.copytree(upstream, tmp_path / "new version", ignore=leave_git)
        return update.main([str(root)], new), new

    return root, unpack_and_update


def publish(upstream):
    assert sync.main([], upstream) == 0
    git(upstream, "add", "-A")
    git(upstream, "commit", "-q", "-m", "A new version")


def answer(root, text="answer = 42"):
    notebook = nbformat.read(notebook_of(root), as_version=4)
    notebook.cells[6].source = text
    notebook.cells[6].outputs = [nbformat.v4.new_output("stream", text="yes\n")]
    nbformat.write(notebook, notebook_of(root))
    return notebook_of(root).read_bytes()


def test_an_answer_is_set_aside_where_the_new_version_changes_that_very_cell(learner, upstream, capsys):
    root, update_it = learner
    mine = answer(root)
    edit(lesson_of(upstream), "answer = ...", "answer: int = ...")
    publish(upstream)
    status, new = update_it()
    assert status == 0
    assert (new / MINE).read_bytes() == mine
    assert notebook_of(new).read_bytes() == notebook_of(upstream).read_bytes()
    out = capsys.readouterr().out
    assert f"kept: {MINE} (its lesson has changed)" in out.replace(os.sep, "/")
    assert "Next: `make learn`" in out


def test_an_answer_stays_in_its_place_where_its_lesson_has_not_changed(learner, upstream, capsys):
    root, update_it = learner
    mine = answer(root)
    edit(upstream / f"lessons/{OTHER}.md", "answer = ...", "answer: int = ...")
    publish(upstream)
    status, new = update_it()
    assert status == 0
    assert notebook_of(new).read_bytes() == mine
    assert (new / f"notebooks/{OTHER}.ipynb").read_bytes() == (
        upstream / f"notebooks/{OTHER}.ipynb"
    ).read_bytes()
    assert f"kept in its place: {notebook_of(new).relative_to(new)}" in capsys.readouterr().out


def test_files_of_ones_own_are_still_there(learner, upstream):
    root, update_it = learner
    own = {"notebooks/models/05.pth": b"weights", "notebooks/mine/notes.ipynb": b"<<<<<<< broken"}
    for name, content in own.items():
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_bytes(content)
    status, new = update_it()
    assert status == 0
    assert {name: (new / name).read_bytes() for name in own} == own


def test_a_notebook_that_was_only_run_makes_room(learner, upstream):
    root, update_it = learner
    answer(root, "answer = ...")
    edit(lesson_of(upstream), "answer = ...", "answer: int = ...")
    publish(upstream)
    status, new = update_it()
    assert status == 0
    assert notebook_of(new).read_bytes() == notebook_of(upstream).read_bytes()
    assert not list(new.glob("notebooks/mine/*"))


def test_a_second_answer_on_the_same_day_takes_no_name_that_is_taken(learner, upstream):
    root, update_it = learner
    (root / MINE).parent.mkdir()
    (root / MINE).write_text("{}")
    mine = answer(root)
    edit(lesson_of(upstream), "answer = ...", "answer: int = ...")
    publish(upstream)
    _, new = update_it()
    assert (new / MINE).read_text() == "{}"
    assert (new / MINE.replace(".ipynb", " 2.ipynb")).read_bytes() == mine


@pytest.mark.parametrize("why", ["no network", "commits of one's own"])
def test_where_git_fails_everything_is_as_it_was_and_the_other_way_is_named(upstream, tmp_path, capfd, why):
    root = tmp_path / "course"
    git(tmp_path, "clone", "-q", upstream, root)
    if why == "no network":
        upstream.rename(tmp_path / "gone")
    else:
        for folder in (root, upstream):
            edit(lesson_of(folder), "Your turn.", f"Your turn in {folder.name}.")
            git(folder, "commit", "-q", "-a", "-m", "An edit")
    mine = answer(root)
    assert update.main([], root) == 1
    out = capfd.readouterr().out
    assert "Your notebooks are as they were." in out
    assert f'python tools/update.py "{root}"' in out
    assert notebook_of(root).read_bytes() == mine
    assert not list(root.glob("notebooks/mine/*"))


def test_without_git_the_way_is_named(upstream, tmp_path, capsys):
    shutil.rmtree(upstream / ".git")
    assert update.main([], upstream) == 1
    assert f'run there:\npython tools/update.py "{upstream}"' in capsys.readouterr().out
    assert update.main([str(tmp_path)], upstream) == 1
    assert f"{tmp_path} isn't the folder of another version" in capsys.readouterr().out


def test_the_tool_needs_no_package():
    tool = sync.ROOT / "tools/update.py"
    subprocess.run([sys.executable, "-S", "-E", tool, "--help"], check=True, capture_output=True)
