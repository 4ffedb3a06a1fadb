"""Slides of a lesson: where they start, what they leave out, and that the notebook stays as it is."""

import re

import nbformat
import pytest
import slides
import sync
from slides import as_slides, parts, slide_type
from test_notebooks import CHECK, CODE, NOTEBOOKS, SHOW, STUB, TEXT, made_up


def types(notebook):
    return [(cell.source, cell.metadata.slideshow.slide_type) for cell in as_slides(notebook).cells]


def test_a_heading_starts_a_slide_even_within_a_cell():
    assert parts("We saw it.\n\n## 2. Next\n\nNow this.\n\n### A part\n\nThis too.") == [
        "We saw it.",
        "## 2. Next\n\nNow this.",
        "### A part\n\nThis too.",
    ]


def test_a_comment_in_a_fence_is_no_heading():
    text = "Look:\n\n```python\n# a comment\n## another\n```\n\nSo."
    assert parts(text) == [text]


def test_solutions_are_left_out_and_the_next_exercise_stays():
    after_solution = TEXT(f"{SHOW.source}\n\n### 05.2 The next one\n\nWrite it.")
    shown = types(made_up(TEXT("## Exercises"), STUB, CHECK, after_solution))
    assert shown[2:] == [
        ("## Exercises", "slide"),
        ("answer = ...", "-"),
        ('check("05.1", answer)', "skip"),
        ("### 05.2 The next one\n\nWrite it.", "subslide"),
    ]


def test_each_step_is_a_slide_with_its_code_and_the_first_cell_is_skipped():
    shown = types(made_up(TEXT("One step."), CODE("1"), TEXT("The next."), CODE("2"), CODE("3")))
    assert [kind for _, kind in shown] == ["slide", "skip", "subslide", "-", "subslide", "-", "-"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_lesson_becomes_slides_with_all_its_code_and_no_solution(path):
    notebook = nbformat.read(path, as_version=4)
    before = notebook.copy()
    made = as_slides(notebook)
    nbformat.validate(made)
    assert notebook == before
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.source for cell in made.cells if cell.cell_type == "code"] == code
    assert slide_type(made.cells[0]) == "slide"
    assert "Show a solution" not in "".join(cell.source for cell in made.cells)


def test_the_slides_of_a_lesson_show_its_outputs(tmp_path):
    (tmp_path / "notebooks").mkdir()
    notebook = made_up(STUB, CHECK, CODE("print(6 * 7)"))
    notebook.cells[1].source = "check = print"
    nbformat.write(notebook, tmp_path / "notebooks/05_made_up.ipynb")
    assert slides.main(["05_made_up"], tmp_path) == 0
    page = (tmp_path / "build/slides/05_made_up.slides.html").read_text("utf-8")
    assert re.search(r"<pre>42\s*</pre>", page)
    assert "check = print" not in re.sub("<[^>]+>", "", page)


def test_a_name_that_is_not_there_is_refused_with_those_that_are(capsys):
    assert slides.main(["05_clothes"], sync.ROOT) == 1
    assert re.search("no notebook '05_clothes'; there are 00_tensors, .*05_fashion", capsys.readouterr().out)
