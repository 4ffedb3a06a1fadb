"""A new lesson has all its bones: the project's own tests pass on it, and what is empty is listed."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import new_lesson
import pytest
import sync
from new_lesson import unfilled
from test_repository import files_of_the_repository

NAME = "77_new_topic"


@pytest.fixture
def course(tmp_path):
    """Return a copy of this repository, in git."""
    root = tmp_path / "course"
    for name in files_of_the_repository():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(sync.ROOT / name, root / name)
    subprocess.run(["git", "init", "--quiet"], cwd=root, check=True)
    return root


def run(course, *command):
    """Run Python in the course as its authors do; return what it prints. It must succeed."""
    environment = os.environ | {"PYTHONPATH": str(course), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, *command], cwd=course, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_no_part_of_a_lesson_is_empty():
    """No failure while an author is writing: pytest's last lines list what is still to fill in."""
    if empty := list(unfilled(sync.ROOT)):
        pytest.xfail("\n  ".join(["", *empty]))


def test_a_new_lesson_passes_the_tests_of_the_course_as_it_is(course):
    assert new_lesson.main([NAME], course) == 0
    files = ["notebooks", "exercises", "sync", "figures", "repository", "links"]
    for_the_whole_course = "every_exercise or no_file_holds or course_is_in_sync or row_in_the_readme"
    chosen = ["-k", f"{NAME} or 77.1 or {for_the_whole_course}", f"notebooks/{NAME}.ipynb"]
    paths = [f"tests/test_{name}.py" for name in files]
    out = run(course, "-m", "pytest", "-v", "-p", "no:cacheprovider", *chosen, *paths)
    assert "failed" not in out
    for ran in ("a_notebook_keeps_to_the_rules", f"{NAME}.ipynb PASSED", "gets_its_own_hint"):
        assert ran in out


def test_a_new_lesson_is_in_sync_and_in_style(course):
    assert new_lesson.main([NAME], course) == 0
    assert sync.main(["--check"], course) == 0
    notebook, lesson, table = (
        f"notebooks/{NAME}.ipynb",
        f"lessons/{NAME}.md",
        "helpers/exercises/lesson_77.py",
    )
    run(course, "-m", "ruff", "check", notebook, table)
    run(course, "-m", "ruff", "format", "--check", notebook, table)
    run(course, "-m", "codespell_lib", lesson, table)


def test_the_empty_parts_of_a_new_lesson_are_listed_until_they_are_filled(course, capsys):
    there_before = list(unfilled(course))
    assert new_lesson.main([NAME], course) == 0
    new = [part for part in unfilled(course) if part not in there_before]
    files = {part.partition(":")[0] for part in new}
    assert files == {"README.md", f"lessons/{NAME}.md", "helpers/exercises/lesson_77.py"}
    capsys.readouterr()
    assert new_lesson.main(["--unfilled"], course) == 1
    assert f"lessons/{NAME}.md:13: FILL IN: the topic" in capsys.readouterr().out
    for name in files:
        path = course / name
        path.write_text(path.read_text("utf-8").replace("FILL IN", "Filled"), "utf-8")
    assert list(unfilled(course)) == there_before


def test_the_row_of_a_new_lesson_stands_in_the_order_of_the_numbers():
    readme = "| [00](notebooks/00_a.ipynb) | a | b |\n| [05](notebooks/05_b.ipynb) | a | b |\n\nText.\n"
    rows = re.findall(r"\[(\d\d)\]", new_lesson.with_row(readme, "03_c"))
    assert rows == ["00", "03", "05"]


@pytest.mark.parametrize("name", ["segmentation", "7_a", "77-a", "77_A", "77_a/../b", "", "05_other"])
def test_a_malformed_or_taken_name_is_refused_and_nothing_is_written(monkeypatch, capsys, name):
    monkeypatch.delattr(Path, "write_text")
    assert new_lesson.main([name]) == 1
    taken = "number 05 is taken by .*lessons/05_fashion_mnist.md"
    reason = taken if name == "05_other" else "no name for a lesson.*such as 13_segmentation"
    assert re.search(rf"No lesson was made\. .*{reason}", capsys.readouterr().out)
