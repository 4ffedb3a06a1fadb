"""The builder of the book, on made-up lessons. tests/test_book_pages.py looks at the book itself."""

import re
import shutil
from pathlib import Path

import build_book
import matplotlib.pyplot as plt
import pytest
import sync
from alt_text import describe

REPOSITORY = "https://github.com/someone/course"
LESSON = (
    sync.HEADER
    + """
# 00 · Tensors

<!-- begin colab -->
<!-- end colab -->

A tensor has a `shape`. Tensors have $n$ dimensions, and so has a batch.

You should know Python. Take about 30 minutes for reading and trying.

```{code-cell} ipython3
:tags: [setup]

```

$$\\frac{1}{2}$$

```{code-cell} ipython3
import matplotlib.pyplot as plt
from helpers.value import VALUE

print("tensor", VALUE, "run")
plt.plot([1, 2], label="loss")
plt.title("It falls")
plt.xlabel("epoch")
plt.legend()
plt.show()
```

<details><summary>Show a solution</summary>

```python
answer = 42
```

</details>

+++

"""
    + sync.LAST_SECTION
    + """

```{code-cell} ipython3
print("claims")
```
"""
)


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """Return a course of one lesson at a public address, and a module of its helpers."""
    root = tmp_path_factory.mktemp("course")
    for folder in ("book", "tools"):
        shutil.copytree(sync.ROOT / folder, root / folder)
    for folder in ("lessons", "helpers"):
        (root / folder).mkdir()
    shutil.copy(sync.ROOT / "requirements.txt", root)
    settings = (sync.ROOT / "pyproject.toml").read_text("utf-8")
    settings = re.sub(r'^repository = ".*"$', f'repository = "{REPOSITORY}"', settings, flags=re.M)
    (root / "pyproject.toml").write_text(settings, "utf-8")
    (root / "lessons/00_tensors.md").write_text(LESSON, "utf-8")
    (root / "helpers/__init__.py").write_text("show_setup = print\n", "utf-8")  # the first cell looks for it
    (root / "helpers/value.py").write_text("VALUE = 1\n", "utf-8")
    return root


def built(course: Path) -> str:
    """Build the book and return the page of its lesson."""
    assert build_book.main([], course) == 0
    return (course / "build/book/html/00_tensors.html").read_text("utf-8")


@pytest.fixture(scope="module")
def page(course):
    return built(course)


# The pages of a lesson


def test_the_first_use_of_a_term_in_prose_is_linked_and_no_other(page):
    linked = re.findall(r'<a class="[^"]*" href="(index.html#term-[\w-]+)"[^>]*>([^<]*)</a>', page)
    assert linked == [("index.html#term-tensor", "tensor"), ("index.html#term-batch", "batch")]


def test_a_formula_is_drawn_without_a_script(page):
    assert page.count("<math ") == 2
    assert "<mfrac>" in page
    assert not re.search(r'src="[^"]*(?:mathjax|katex)', page, re.I)


def test_a_figure_is_described_by_its_own_words(page):
    [picture] = re.findall(r'<img alt="([^"]*)"[^>]*_images/', page)
    assert picture == "It falls: epoch (loss)."


def test_setup_solution_and_claims_are_folded_and_no_other_cell(page):
    folded = re.findall(r"<details.*?</details>", page, re.S)
    for words, fold in zip(("distributions", "answer", "claims"), folded, strict=True):
        assert words in fold


def test_the_badge_is_left_out_because_it_is_a_picture_from_elsewhere(page):
    assert "colab-badge" not in page


def test_colab_opens_the_notebook(page):
    address = "https://colab.research.google.com/github/someone/course/blob/main/notebooks/00_tensors.ipynb"
    assert f'href="{address}"' in page


def test_the_notebook_to_download_is_the_one_that_the_course_has(page, course):
    assert 'href="_sources/00_tensors.ipynb"' in page
    download = (course / "build/book/html/_sources/00_tensors.ipynb").read_text("utf-8")
    assert download == sync.build_notebook(LESSON, "00_tensors", REPOSITORY)


def test_a_figure_without_words_and_a_formula_that_cannot_be_drawn_stop_the_build(course, page, capfd):
    bare = LESSON.replace("Tensors", "A figure").replace(', label="loss"', "")
    bare = re.sub(r"^plt\.(title|xlabel|legend).*\n", "", bare, flags=re.M)
    lesson = course / "lessons/01_figure.md"
    lesson.write_text(bare.replace("$n$", r"$\nonsense$"), "utf-8")
    try:
        assert build_book.main([], course) == 1
        said = capfd.readouterr().err
    finally:
        lesson.unlink()
    assert "a figure has no title and no labels" in said
    assert r'Unknown LaTeX command "\nonsense"' in said


def test_a_lesson_that_does_not_run_stops_the_build_with_its_words(course, page, capsys):
    lesson = course / "lessons/01_broken.md"
    lesson.write_text(
        LESSON.replace("Tensors", "Broken").replace("import matplotlib", "1 / 0\nimport matplotlib"), "utf-8"
    )
    try:
        assert build_book.main([], course) == 1
        assert "ZeroDivisionError" in capsys.readouterr().out
    finally:
        lesson.unlink()


def test_outputs_that_are_kept_serve(course, page, tmp_path):
    """Which outputs still serve is tested in test_runner.py."""
    [kept] = (course / "build/ran").glob("00_tensors-*.ipynb")
    kept.write_text(kept.read_text("utf-8").replace("tensor 1 run", "tensor from a run before"), "utf-8")
    build_book.write_sources(course, tmp_path / "source")
    assert "tensor from a run before" in (tmp_path / "source/00_tensors.ipynb").read_text("utf-8")


# What a figure is described by


def test_a_figure_is_described_by_titles_axes_and_legends_each_once_and_not_at_any_length():
    figure, axes = plt.subplots(1, 4)
    figure.suptitle("Two runs")
    for axis, title in zip(axes, ["Loss", "Accuracy", "Accuracy"], strict=False):
        axis.plot([1, 2], label="training")
        axis.set(title=title, xlabel="epoch", ylabel=title.lower())
        axis.legend()
    expected = "Two runs. Loss: loss against epoch (training). Accuracy: accuracy against epoch (training)."
    assert describe(figure) == expected
    figure.suptitle("long " * 200)
    assert len(describe(figure)) <= 600
    plt.close(figure)


# The index page


def about(known: str, time: str = "30 minutes") -> str:
    return f"# A title\n\nYou should know {known}. Take about {time} for reading and trying.\n"


def test_the_map_has_each_lesson_with_its_time_and_what_it_builds_on():
    lessons = {
        "00_a": about("Python"),
        "01_b": about("tensors (lesson 00)", "an hour"),
        "02_c": about("a line (lesson 01)"),
        "03_d": about("tensors (lessons 00–02), more (lesson 01). Lesson 05 tells more, but isn't needed"),
        "04_e": about("tensors (lessons 00 and 02)"),
    }
    rows = build_book.lesson_map(lessons).splitlines()[2:]
    assert rows[0] == "| [A title](00_a.ipynb) | 30 minutes | no other lesson |"
    assert rows[1] == "| [A title](01_b.ipynb) | an hour | [00](00_a.ipynb) |"
    assert rows[3].endswith("| [00](00_a.ipynb), [01](01_b.ipynb), [02](02_c.ipynb) |")
    assert rows[4].endswith("| [00](00_a.ipynb), [02](02_c.ipynb) |")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("# A title\n\nNothing about time.\n", "00_a: .* needs"),
        (about("it all (lesson 07)"), "lesson 07, which"),
    ],
)
def test_a_lesson_that_the_map_cannot_place_is_named(text, reason):
    with pytest.raises(sync.LessonError, match=reason):
        build_book.lesson_map({"00_a": text})


def test_the_figure_of_the_results_says_in_words_what_it_shows(tmp_path):
    figures = {
        "a": {"title": "CNN, validation accuracy", "unit": "%", "values": [80.0, 82.0]},
        "b": {"title": "CNN, test accuracy", "unit": "%", "values": [10.0]},
    }
    hands = {"data": {"ASL letters": "synthetic: hands", "Clothes": "real: Debian"}, "figures": figures}
    alt = build_book.draw_results({"07_cnn": hands}, tmp_path / "results.svg")
    assert alt.endswith(": 07 · CNN (synthetic) 81.0 %.")
    assert "</svg>" in (tmp_path / "results.svg").read_text("utf-8")
