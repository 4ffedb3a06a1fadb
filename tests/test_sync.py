"""tools/sync.py on a course of one lesson: what it writes, what it reports, and that age never matters."""

import errno
import json
import os
from pathlib import Path

import nbformat
import pytest
import sync
from nbconvert import ScriptExporter

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

## What this run reached

```{code-cell} ipython3
claim("2 is even", 2 % 2 == 0)
```
"""
)
NAME = "05_clothes"


@pytest.fixture
def course(tmp_path):
    """Return a folder with a course of one lesson, in sync."""
    (tmp_path / "lessons").mkdir()
    lesson_of(tmp_path).write_text(LESSON, "utf-8", newline="\n")
    set_repository(tmp_path, "")
    assert sync.main([], tmp_path) == 0
    return tmp_path


def set_repository(course, repository):
    (course / "pyproject.toml").write_text(f"[tool.course]\nrepository = {json.dumps(repository)}\n", "utf-8")


def lesson_of(course):
    return course / f"lessons/{NAME}.md"


def notebook_of(course):
    return course / f"notebooks/{NAME}.ipynb"


def edit(path, old, new):
    text = path.read_text("utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), "utf-8", newline="\n")


def contents(course):
    return {path: path.read_bytes() for path in course.rglob("*") if path.is_file()}


def cells(course):
    return nbformat.read(notebook_of(course), as_version=4).cells


def test_this_course_is_in_sync():
    assert sync.main(["--check"]) == 0


def test_a_second_run_changes_no_byte(course):
    before = contents(course)
    assert sync.main([], course) == sync.main(["--check"], course) == 0
    assert contents(course) == before


def test_a_notebook_has_unix_line_ends_readable_letters_and_no_metadata_but_ours(course):
    raw = notebook_of(course).read_bytes()
    assert raw.endswith(b"}\n")
    assert b"\r" not in raw
    assert "05 · Clothes".encode() in raw
    assert set(json.loads(raw)["metadata"]) == {"colab", "kernelspec", "language_info"}


def test_nbconvert_makes_a_python_script_of_a_notebook(course):
    _, resources = ScriptExporter().from_filename(str(notebook_of(course)))
    assert resources["output_extension"] == ".py"


def test_the_last_section_is_folded_in_jupyterlab_and_in_colab(course):
    notebook = nbformat.read(notebook_of(course), as_version=4)
    heading = notebook.cells[-2]
    assert heading.source == sync.LAST_SECTION
    assert heading.metadata == {"jp-MarkdownHeadingCollapsed": True, "id": heading.id}
    assert notebook.metadata.colab.collapsed_sections == [heading.id]
    assert not any(cell.metadata.get("id") for cell in notebook.cells if cell != heading)


def test_an_edited_lesson_that_is_older_than_its_notebook_wins_and_changes_one_cell(course):
    before = cells(course)
    edit(lesson_of(course), "Your turn.", "Your go.")
    edited = lesson_of(course).read_bytes()
    os.utime(lesson_of(course), (0, 0))
    assert sync.main([], course) == 0
    assert lesson_of(course).read_bytes() == edited
    [(old, new)] = [pair for pair in zip(before, cells(course), strict=True) if pair[0] != pair[1]]
    assert new.source == "Your go."
    assert old.id != new.id


def test_cells_with_the_same_source_have_different_ids(course):
    same = [cell.id for cell in cells(course) if cell.source == 'print("again")']
    assert len(same) == len(set(same)) == 2


def test_check_names_a_notebook_that_differs_and_writes_nothing(course, capsys):
    notebook_of(course).write_bytes(notebook_of(course).read_bytes().replace(b"\n", b"\r\n"))
    before = contents(course)
    assert sync.main(["--check"], course) == 1
    assert f"differs: notebooks/{NAME}.ipynb\n`make sync` writes" in capsys.readouterr().out
    assert contents(course) == before
    assert sync.main([], course) == 0


@pytest.mark.parametrize("argv", [["--check"], []])
@pytest.mark.parametrize(
    "change", ["an answer", "an answer as elsewhere", "a new cell", "a cell of another kind", "a broken file"]
)
def test_what_somebody_wrote_into_a_notebook_stays_and_all_else_is_written(course, capsys, change, argv):
    notebook = nbformat.read(notebook_of(course), as_version=4)
    if change == "an answer":
        notebook.cells[6].source = "answer = 42"
    elif change == "an answer as elsewhere":
        notebook.cells[6].source = notebook.cells[3].source
    elif change == "a new cell":
        notebook.cells.append(nbformat.v4.new_code_cell("answer = 42"))
    elif change == "a cell of another kind":
        notebook.cells[5].update(cell_type="raw")
    nbformat.write(notebook, notebook_of(course))
    if change == "a broken file":
        notebook_of(course).write_text("<<<<<<< HEAD\n{}", "utf-8")
    answered = notebook_of(course).read_bytes()
    set_repository(course, REPOSITORY)  # the lesson changes as well
    assert sync.main(argv, course) == 1
    out = capsys.readouterr().out
    assert f"notebooks/{NAME}.ipynb has text that its lesson lacks, and stays as it is: '" in out
    assert notebook_of(course).read_bytes() == answered
    assert (f"wrote: lessons/{NAME}.md" if not argv else f"differs: lessons/{NAME}.md") in out
    # As the message says: it is moved, or deleted.
    notebook_of(course).unlink()
    assert sync.main([], course) == 0


def test_outputs_and_marks_of_an_editor_are_no_text_of_ones_own(course):
    notebook = nbformat.read(notebook_of(course), as_version=4)
    notebook.cells[3].outputs = [nbformat.v4.new_output("stream", text="again\n")]
    notebook.cells[4].metadata["collapsed"] = True
    notebook.cells.append(nbformat.v4.new_code_cell(""))  # JupyterLab adds one behind the last cell
    nbformat.write(notebook, notebook_of(course))
    assert sync.main([], course) == 0
    assert cells(course)[3].outputs == []


def test_text_that_an_author_brought_into_the_lesson_is_no_longer_in_the_way(course):
    notebook = nbformat.read(notebook_of(course), as_version=4)
    notebook.cells[5].source = "My turn."
    nbformat.write(notebook, notebook_of(course))
    assert sync.main(["--to-lesson", NAME], course) == sync.main([], course) == 0
    assert cells(course)[5].source == "My turn."


@pytest.mark.parametrize("argv", [[], ["--check"]])
def test_a_notebook_without_a_lesson_is_an_error_but_not_one_of_ones_own(course, capsys, argv):
    (course / "notebooks/Untitled.ipynb").touch()
    assert sync.main(argv, course) == 0
    lesson_of(course).rename(course / "lessons/06_other.md")
    assert sync.main(argv, course) == 1
    assert f"no lesson for notebooks/{NAME}.ipynb" in capsys.readouterr().out


def test_the_badge_leads_to_the_notebook_and_goes_with_the_repository(course):
    without = lesson_of(course).read_text("utf-8")
    assert "colab.research" not in notebook_of(course).read_text("utf-8")
    set_repository(course, REPOSITORY)
    sync.main([], course)
    address = f"https://colab.research.google.com/github/OWNER/NAME/blob/main/notebooks/{NAME}.ipynb"
    assert f"]({address})" in cells(course)[0].source
    assert f'REPOSITORY = "{REPOSITORY}"' in cells(course)[1].source
    set_repository(course, "")
    sync.main([], course)
    assert lesson_of(course).read_text("utf-8") == without


def test_a_repository_that_is_not_on_github_has_no_colab_badge():
    assert sync.colab_badge(NAME, "https://example.org/OWNER/NAME") == ""
    assert "OWNER/NAME/blob" in sync.colab_badge(NAME, f"{REPOSITORY}.git")


def test_the_setup_cell_is_written_into_the_lesson_and_the_rest_stays(course):
    text = lesson_of(course).read_text("utf-8")
    assert text == LESSON.replace("[setup]\n\n", f"[setup]\n\n{sync.setup_cell('')}\n")


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        (":tags: [setup]\n", "", ": its first code cell"),
        ("<!-- end colab -->\n", "", ": needs one line '<!-- begin colab -->'"),
        (
            "<!-- end colab -->",
            "Mine.\n<!-- end colab -->",
            ": what stands below '<!-- begin colab -->'",
        ),
        # The end of a cell is missing: of the setup cell, of another, of the last.
        ("```\n\nTwice", "\nTwice", ": the fence of line 18 has no end above line"),
        ("```\n\nYour turn", "\nYour turn", ": the fence of line "),
        ("== 0)\n```\n", "== 0)\n", ": the fence of line "),
        ("---\njupytext:", "\ufeff---\njupytext:", ": line 1 has a byte-order mark: save the file as UTF-8"),
        (
            ":tags: [exercise]",
            ":tags:\t[exercise]",
            ": line 61 has a tab: write spaces. It is ':tags:\\t[exercise]'",
        ),
        ("Your turn.", "Your\0 turn.", ": line 58 has a character that can't be seen: delete it"),
        ("Your turn.", "Yo\udce9.", " is not UTF-8: save it as UTF-8"),
        (
            "Your turn.",
            "<<<<<<< HEAD\nMine.\n=======\nYours.\n>>>>>>> branch",
            ": line 58 has a merge marker: keep one side, and delete the markers. It is '<<<<<<< HEAD'",
        ),
        ("name: python3", "name: [python3", " can't be read: while parsing a flow sequence"),
        (
            ":tags: [exercise]",
            ":tags: [exercise",
            " can't be read: Code cell 6 at line 60",
        ),
        (":tags: [exercise]", ":tags: exercise", " can't be read: 'exercise' is not of type 'array'"),
    ],
)
def test_a_lesson_with_a_fault_is_named_and_nothing_is_written(course, capsys, old, new, fault):
    text = lesson_of(course).read_text("utf-8")
    assert text.count(old) == 1
    lesson_of(course).write_bytes(text.replace(old, new).encode("utf-8", "surrogateescape"))
    before = contents(course)
    assert sync.main([], course) == 1
    assert f"lessons/{NAME}.md{fault}" in capsys.readouterr().out
    assert contents(course) == before


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("lessons/results.json", "<<<<<<< HEAD"),
        ("pyproject.toml", "<<<<<<< HEAD"),
        (sync.table_of(NAME), "<<<<<<< HEAD"),
        (sync.table_of(NAME), "half = lambda x: x / 2\nexercise('05.1', half, says='')"),
    ],
)
def test_another_file_that_cannot_be_read_is_named_and_nothing_is_written(course, capsys, name, text):
    (course / name).parent.mkdir(parents=True, exist_ok=True)
    (course / name).write_text(text)
    before = contents(course)
    assert sync.main([], course) == 1
    assert name in capsys.readouterr().out
    assert contents(course) == before


def test_a_setup_cell_that_was_edited_in_one_lesson_is_reported_and_kept(course, capsys):
    for name in ("06_one", "07_other"):
        (course / f"lessons/{name}.md").write_text(LESSON, "utf-8", newline="\n")
    assert sync.main([], course) == 0
    edit(lesson_of(course), 'REPOSITORY = ""', 'REPOSITORY = ""\nMINE = 1')
    edited = lesson_of(course).read_bytes()
    assert sync.main([], course) == 1
    assert f"lessons/{NAME}.md: its setup cell was edited here" in capsys.readouterr().out
    assert lesson_of(course).read_bytes() == edited
    # As the message says: the cell is emptied.
    edit(lesson_of(course), sync.setup_cell("").replace('""', '""\nMINE = 1', 1), "")
    assert sync.main([], course) == 0


def test_what_is_saved_while_a_sync_runs_stays(course, capsys, monkeypatch):
    set_repository(course, REPOSITORY)  # so that the lesson would be written
    build = sync.build_notebook

    def meanwhile(*given):
        edit(lesson_of(course), "Your turn.", "My words.")
        return build(*given)

    monkeypatch.setattr(sync, "build_notebook", meanwhile)
    assert sync.main([], course) == 1
    assert f"lessons/{NAME}.md was saved while this ran: run it again" in capsys.readouterr().out
    assert "My words." in lesson_of(course).read_text("utf-8")


def test_a_lesson_that_is_a_link_stays_one(course):
    elsewhere = lesson_of(course).rename(course / "elsewhere.md")
    lesson_of(course).symlink_to(elsewhere)
    set_repository(course, REPOSITORY)
    assert sync.main([], course) == 0
    assert lesson_of(course).is_symlink()
    assert REPOSITORY in elsewhere.read_text("utf-8")


def test_a_write_that_fails_leaves_the_old_lesson_and_nothing_else(course, monkeypatch):
    set_repository(course, REPOSITORY)
    before = contents(course)

    def full_disk(path, text, *_, **__):
        path.write_bytes(text[:100].encode())
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "write_text", full_disk)
    with pytest.raises(OSError, match="No space left"):
        sync.main([], course)
    assert contents(course) == before


def test_the_badges_and_the_page_of_results_are_written_and_the_rest_stays(course):
    readme, results = course / "README.md", course / "lessons/RESULTS.md"
    empty = "# Title\n<!-- begin badges -->\n<!-- end badges -->\nProse.\n"
    readme.write_text(empty, "utf-8", newline="\n")
    (course / ".github/workflows").mkdir(parents=True)
    (course / ".github/workflows/tests.yml").touch()
    sync.main([], course)
    assert readme.read_text("utf-8") == empty
    assert "The figures are not measured yet: `make full` measures them." in results.read_text("utf-8")
    set_repository(course, REPOSITORY)
    sync.main([], course)
    assert f"{REPOSITORY}/actions/workflows/tests.yml/badge.svg" in readme.read_text("utf-8")
    assert sync.main(["--check"], course) == 0
    edit(results, "not measured yet", "100 %")
    assert sync.main(["--check"], course) == 1


def test_to_lesson_writes_the_edit_and_nothing_else_and_a_build_gives_the_same_cells(course):
    before = lesson_of(course).read_text("utf-8")
    notebook = nbformat.read(notebook_of(course), as_version=4)
    notebook.cells[-4].source = "My turn."
    # What Colab and JupyterLab leave behind does not get into the lesson.
    notebook.cells[-3].metadata["executionInfo"] = {"elapsed": 3}
    notebook.cells[-3].outputs = [nbformat.v4.new_output("stream", text="hello\n")]
    notebook.metadata["widgets"] = {}
    nbformat.write(notebook, notebook_of(course))
    assert sync.main(["--to-lesson", NAME], course) == 0
    assert lesson_of(course).read_text("utf-8") == before.replace("Your turn.", "My turn.")
    sync.main([], course)
    kept = [(cell.cell_type, cell.source) for cell in notebook.cells]
    assert [(cell.cell_type, cell.source) for cell in cells(course)] == kept


@pytest.mark.parametrize("is_new", [False, True])
def test_to_lesson_keeps_the_header_of_a_lesson_and_gives_a_new_one_the_usual_header(course, is_new):
    usual = lesson_of(course).read_text("utf-8")
    edit(lesson_of(course), "format_version: 0.13", "format_version: 0.13\n  note: mine")
    own = lesson_of(course).read_text("utf-8")
    if is_new:
        lesson_of(course).unlink()
    assert sync.main(["--to-lesson", NAME], course) == 0
    assert lesson_of(course).read_text("utf-8") == (usual if is_new else own)


def test_to_lesson_refuses_a_notebook_that_a_lesson_can_not_hold_and_one_that_is_not_there(course, capsys):
    before = lesson_of(course).read_bytes()
    notebook = nbformat.read(notebook_of(course), as_version=4)
    notebook.cells[-4].source = "One cell\n\n```{code-cell} ipython3\nthat = 'would be two'\n```"
    nbformat.write(notebook, notebook_of(course))
    assert sync.main(["--to-lesson", NAME], course) == 1
    assert f"notebooks/{NAME}.ipynb: a lesson can't hold" in capsys.readouterr().out
    assert lesson_of(course).read_bytes() == before
    assert sync.main(["--to-lesson", "07_unknown"], course) == 1
    assert "there is no notebooks/07_unknown.ipynb" in capsys.readouterr().out
