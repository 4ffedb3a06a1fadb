import json
import os

import nbformat
import pytest
import sync

REPOSITORY = "https://github.com/OWNER/NAME"
LESSON = (
    sync.HEADER
    + """
# 05 · Clothes

<!-- begin colab -->
<!-- end colab -->

```{code-cell} ipython3
:tags: [setup]

```

Twice the same:

```{code-cell} ipython3
print("again")
```

```{code-cell} ipython3
print("again")
```

Your turn.

```{code-cell} ipython3
:tags: [exercise]

answer = ...
```
"""
)
NAME = "05_clothes"


@pytest.fixture
def course(tmp_path):
    """Return a folder with a course of one lesson, in sync."""
    (tmp_path / "lessons").mkdir()
    (tmp_path / "lessons" / f"{NAME}.md").write_text(LESSON, "utf-8", newline="\n")
    set_repository(tmp_path, "")
    assert sync.main([], tmp_path) == 0
    return tmp_path


def set_repository(course, repository):
    (course / "pyproject.toml").write_text(f"[tool.course]\nrepository = {json.dumps(repository)}\n", "utf-8")


def lesson_of(course):
    return course / "lessons" / f"{NAME}.md"


def notebook_of(course):
    return course / "notebooks" / f"{NAME}.ipynb"


def edit(path, old, new):
    text = path.read_text("utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), "utf-8", newline="\n")


def contents(course):
    return {path: path.read_bytes() for path in course.rglob("*") if path.is_file()}


def cells(path):
    return nbformat.read(path, as_version=4).cells


def test_this_course_is_in_sync():
    assert sync.main(["--check"]) == 0


def test_a_second_run_changes_no_byte(course):
    before = contents(course)
    assert sync.main([], course) == 0
    assert contents(course) == before
    assert sync.main(["--check"], course) == 0


def test_a_course_without_lessons_is_in_sync(tmp_path):
    set_repository(tmp_path, "")
    assert sync.main([], tmp_path) == 0
    assert sync.main(["--check"], tmp_path) == 0


def test_notebooks_hold_no_outputs_and_end_with_a_newline(course):
    raw = notebook_of(course).read_bytes()
    assert raw.endswith(b"}\n")
    assert b"\r" not in raw
    assert "05 · Clothes".encode() in raw
    notebook = nbformat.reads(raw.decode(), as_version=4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code)
    assert set(notebook.metadata) == {"colab", "kernelspec", "language_info"}


def test_an_edited_lesson_that_is_older_than_its_notebook_wins(course):
    edit(lesson_of(course), "Your turn.", "Now you.")
    edited = lesson_of(course).read_bytes()
    os.utime(lesson_of(course), (0, 0))
    assert sync.main([], course) == 0
    assert lesson_of(course).read_bytes() == edited
    assert "Now you." in notebook_of(course).read_text("utf-8")


def test_an_edit_of_one_word_changes_one_cell(course):
    before = cells(notebook_of(course))
    edit(lesson_of(course), "Your turn.", "Your go.")
    sync.main([], course)
    after = cells(notebook_of(course))
    assert [(old.id, new.id) for old, new in zip(before, after, strict=True) if old != new] == [
        (before[-2].id, after[-2].id)
    ]
    assert before[-2].id != after[-2].id


def test_cells_with_the_same_source_have_different_ids(course):
    same = [cell.id for cell in cells(notebook_of(course)) if cell.source == 'print("again")']
    assert len(same) == len(set(same)) == 2


def test_check_names_a_notebook_that_was_edited_by_hand_and_writes_nothing(course, capsys):
    edit(notebook_of(course), "Your turn.", "My turn.")
    before = contents(course)
    assert sync.main(["--check"], course) == 1
    assert f"notebooks/{NAME}.ipynb" in capsys.readouterr().out
    assert contents(course) == before


def test_check_notices_other_line_ends(course):
    notebook_of(course).write_bytes(notebook_of(course).read_bytes().replace(b"\n", b"\r\n"))
    assert sync.main(["--check"], course) == 1


@pytest.mark.parametrize("argv", [[], ["--check"]])
def test_a_notebook_without_a_lesson_is_an_error(course, capsys, argv):
    lesson_of(course).rename(course / "lessons" / "06_other.md")
    assert sync.main(argv, course) == 1
    assert f"no lesson for notebooks/{NAME}.ipynb" in capsys.readouterr().out


def test_without_a_repository_there_is_no_badge(course):
    assert "colab.research" not in notebook_of(course).read_text("utf-8")


def test_with_a_repository_the_badge_leads_to_the_notebook(course):
    set_repository(course, REPOSITORY)
    before = lesson_of(course).read_text("utf-8")
    sync.main([], course)
    address = f"https://colab.research.google.com/github/OWNER/NAME/blob/main/notebooks/{NAME}.ipynb"
    assert f"]({address})" in cells(notebook_of(course))[0].source
    assert f'REPOSITORY = "{REPOSITORY}"' in cells(notebook_of(course))[1].source
    assert sync.main(["--check"], course) == 0
    # And back: the regions leave nothing behind.
    set_repository(course, "")
    sync.main([], course)
    assert lesson_of(course).read_text("utf-8") == before


def test_a_repository_that_is_not_on_github_has_no_colab_badge():
    assert sync.colab_badge(NAME, "https://example.org/OWNER/NAME") == ""
    assert "OWNER/NAME/blob" in sync.colab_badge(NAME, f"{REPOSITORY}.git")


def test_the_setup_cell_is_written_into_the_lesson_and_the_rest_stays(course):
    text = lesson_of(course).read_text("utf-8")
    assert text == LESSON.replace("[setup]\n\n", f"[setup]\n\n{sync.setup_cell('')}\n")


def test_a_lesson_whose_first_code_cell_is_not_the_setup_cell_is_named_and_nothing_is_written(course, capsys):
    edit(lesson_of(course), ":tags: [setup]\n", "")
    before = contents(course)
    assert sync.main([], course) == 1
    assert f"lessons/{NAME}.md: its first code cell" in capsys.readouterr().out
    assert contents(course) == before


def test_a_region_that_does_not_end_is_an_error(course, capsys):
    edit(lesson_of(course), "<!-- end colab -->\n", "")
    assert sync.main([], course) == 1
    assert "needs one line '<!-- begin colab -->'" in capsys.readouterr().out


def test_the_badges_and_the_page_of_results_are_written_and_the_rest_stays(course):
    readme = course / "README.md"
    empty = "# Title\n<!-- begin badges -->\n<!-- end badges -->\nProse.\n"
    readme.write_text(empty, "utf-8", newline="\n")
    (course / ".github/workflows").mkdir(parents=True)
    (course / ".github/workflows/tests.yml").touch()
    sync.main([], course)
    assert readme.read_text("utf-8") == empty
    results = course / "lessons/RESULTS.md"
    assert "The figures are not measured yet: `make full` measures them." in results.read_text("utf-8")
    set_repository(course, REPOSITORY)
    sync.main([], course)
    assert f"{REPOSITORY}/actions/workflows/tests.yml/badge.svg" in readme.read_text("utf-8")
    assert sync.main(["--check"], course) == 0
    results.write_text(results.read_text("utf-8").replace("not measured yet", "100 %"), "utf-8", newline="\n")
    assert sync.main(["--check"], course) == 1


def test_to_lesson_writes_the_edit_and_nothing_else_and_a_build_gives_the_same_cells(course):
    before = lesson_of(course).read_text("utf-8")
    notebook = nbformat.read(notebook_of(course), as_version=4)
    notebook.cells[-2].source = "My turn."
    # What Colab and JupyterLab leave behind does not get into the lesson.
    notebook.cells[-1].metadata["executionInfo"] = {"elapsed": 3}
    notebook.cells[-1].outputs = [nbformat.v4.new_output("stream", text="hello\n")]
    notebook.metadata["widgets"] = {}
    nbformat.write(notebook, notebook_of(course))
    assert sync.main(["--to-lesson", NAME], course) == 0
    assert lesson_of(course).read_text("utf-8") == before.replace("Your turn.", "My turn.")
    sync.main([], course)
    built = [(cell.cell_type, cell.source) for cell in cells(notebook_of(course))]
    assert built == [(cell.cell_type, cell.source) for cell in notebook.cells]


def test_to_lesson_without_edits_leaves_the_lesson_and_its_own_header(course):
    edit(lesson_of(course), "format_version: 0.13", "format_version: 0.13\n  note: mine")
    before = lesson_of(course).read_bytes()
    assert sync.main(["--to-lesson", NAME], course) == 0
    assert lesson_of(course).read_bytes() == before


def test_to_lesson_makes_a_new_lesson_with_the_usual_header(course):
    before = lesson_of(course).read_bytes()
    lesson_of(course).unlink()
    assert sync.main(["--to-lesson", NAME], course) == 0
    assert lesson_of(course).read_bytes() == before


def test_to_lesson_refuses_a_notebook_that_a_lesson_can_not_hold(course, capsys):
    before = lesson_of(course).read_bytes()
    notebook = nbformat.read(notebook_of(course), as_version=4)
    notebook.cells[-2].source = "One cell\n\n```{code-cell} ipython3\nthat = 'would be two'\n```"
    nbformat.write(notebook, notebook_of(course))
    assert sync.main(["--to-lesson", NAME], course) == 1
    assert "a lesson can't hold" in capsys.readouterr().out
    assert lesson_of(course).read_bytes() == before
    assert sync.main(["--to-lesson", "07_unknown"], course) == 1
