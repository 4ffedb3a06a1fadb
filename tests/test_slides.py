"""Slides of a lesson: where they start, what they leave out, how they look, and that the notebook stays."""

import re
import shutil
from itertools import pairwise

import nbformat
import pytest
import slides
import sync
from browser import running_browser  # noqa: F401  the fixture `browser`
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


def test_the_last_word_on_an_output_stays_with_it():
    last = TEXT("What it means.\n\n### A heading\n\nNo code.")
    shown = types(made_up(TEXT("Look:"), CODE("1"), last, TEXT("One more."), TEXT("A step:"), CODE("2")))
    assert shown[2:] == [
        ("Look:", "subslide"),
        ("1", "-"),
        ("What it means.", "-"),
        ("### A heading\n\nNo code.", "subslide"),
        ("One more.", "-"),
        ("A step:", "subslide"),
        ("2", "-"),
    ]


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


# The page, of a made-up lesson that is run once.

LONGEST = 'LONGEST = "' + "x" * 88 + '"'
FIGURE = """import matplotlib.pyplot as plt

plt.figure(figsize=(4, 12))
plt.plot([1, 2])
plt.title('"It" falls')
plt.show()"""
BAR = "from tqdm.auto import tqdm\n\nlist(tqdm(range(3)))"
SLIDER = """from IPython.display import HTML

script = "document.querySelector('article').attachShadow({mode: 'open'}).innerHTML = '<input>'"
HTML(f"<article></article><script>{script}</script>")"""


IS_SHOWN = "one => one === Reveal.getCurrentSlide()"


@pytest.fixture(scope="module")
def html(tmp_path_factory):
    """Return the slides of a lesson, made with the tests' MPLBACKEND, which shows no figure."""
    root = tmp_path_factory.mktemp("course")
    (root / "notebooks").mkdir()
    setup = CODE("check = print", metadata={"tags": ["setup"]})
    steps = [CODE("print(6 * 7)"), CODE(LONGEST), CODE(FIGURE), CODE(BAR)]
    turning = [TEXT("### Slider"), CODE(SLIDER), TEXT("### Long"), CODE('print("one\\n" * 100)')]
    notebook = made_up(STUB, CHECK, TEXT("Steps: $x^2$"), *steps, *turning, TEXT("### End"))
    notebook.cells[1] = setup
    nbformat.write(notebook, root / "notebooks/05_made_up.ipynb")
    shutil.copytree(sync.ROOT / "book", root / "book")
    shutil.copy(sync.ROOT / "requirements.txt", root)
    assert slides.main(["05_made_up"], root) == 0
    return root / "build/slides/05_made_up.slides.html"


@pytest.fixture
def page(browser, html):
    """Return the slides in a browser that has no network."""
    page = browser.new_page(viewport={"width": 1400, "height": 800})
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(html.as_uri())
    page.wait_for_function("Reveal.isReady()")
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    yield page
    page.close()


def show(page, heading: str):
    """Turn to the slide with this heading, and return it."""
    slide = page.locator("section > section", has=page.locator("h3", has_text=heading))
    slide.evaluate("one => { const {h, v} = Reveal.getIndices(one); Reveal.slide(h, v); }")
    return slide


def test_the_slides_of_a_lesson_show_its_outputs(html):
    page = html.read_text("utf-8")
    assert re.search(r"<pre>42\s*</pre>", page)
    assert "check = print" not in re.sub("<[^>]+>", "", page)


def test_a_formula_is_drawn_without_a_script(html):
    assert "<msup><mi>x</mi><mn>2</mn></msup>" in re.sub(r"\s*\n\s*", "", html.read_text("utf-8"))


def test_there_are_no_prompts_and_no_progress_bars(html):
    page = html.read_text("utf-8")
    assert "list(tqdm(range(3)))" in re.sub("<[^>]+>", "", page)
    assert not re.search(r"(?:In|Out)(?:\s|&nbsp;|\xa0)*\[\d|widget-view|html-manager", page)


def test_a_figure_is_drawn_and_says_what_is_on_it(page):
    [figure] = page.locator("img").all()
    assert figure.get_attribute("alt") == '"It" falls.'
    assert 100 < figure.bounding_box()["height"] < page.locator(".slides").bounding_box()["height"]


def test_the_longest_line_of_code_fits(page):
    assert len(LONGEST) == 100
    height = "one => one.offsetHeight"
    line = page.locator(".jp-InputArea pre", has_text="LONGEST")
    assert line.evaluate("one => one.scrollWidth <= one.clientWidth")
    assert line.evaluate(height) == page.locator(".jp-InputArea pre", has_text="6 * 7").evaluate(height)


def test_what_measures_in_rem_is_as_large_as_the_text(page):
    size = "one => getComputedStyle(one).fontSize"
    assert page.locator("html").evaluate(size) == page.locator("p", has_text="Steps:").evaluate(size)


@pytest.mark.parametrize(
    ("onward", "backward"), [("Space", "Shift+Space"), ("PageDown", "PageUp"), ("ArrowDown", "ArrowUp")]
)
def test_keys_show_all_of_a_long_slide_before_they_leave_it(page, onward, backward):
    slide = show(page, "Long")
    screen = page.locator(".slides").bounding_box()["height"]
    assert slide.bounding_box()["height"] <= screen + 1
    end = slide.evaluate("one => one.scrollHeight - one.clientHeight")
    for key, first, last in ((onward, 0, end), (backward, end, 0)):
        show(page, "Long").evaluate("(one, top) => { one.scrollTop = top; }", first)
        tops = []
        while slide.evaluate(IS_SHOWN) and len(tops) < 20:
            tops.append(slide.evaluate("one => one.scrollTop"))
            page.keyboard.press(key)
        assert len(tops) > 2
        assert max(abs(after - before) for before, after in pairwise(tops)) < screen
        assert abs(tops[-1] - last) <= 1


def test_the_keys_of_a_slider_turn_no_slide(page):
    slide = show(page, "Slider")
    page.evaluate("document.querySelector('article').shadowRoot.querySelector('input').focus()")
    page.keyboard.press("ArrowDown")
    assert slide.evaluate(IS_SHOWN)
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    assert not slide.evaluate(IS_SHOWN)


def test_a_name_that_is_not_there_is_refused_with_those_that_are(capsys):
    assert slides.main(["05_clothes"], sync.ROOT) == 1
    assert re.search("no notebook '05_clothes'; there are 00_tensors, .*05_fashion", capsys.readouterr().out)
