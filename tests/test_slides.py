"""Slides of a lesson: where they start, what they leave out, how they look, and that the notebook stays."""

import re
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
# Of reveal.js, which would come from another host, what the page asks for. It shows all slides at once.
REVEAL = """
const went = [], Reveal = {
    initialize: ({width, height}) => {
        document.querySelector(".slides").style = `width: ${width}px; height: ${height}px`;
    },
    configure: ({keyboard, keyboardCondition}) => document.addEventListener("keydown", event => {
        if (keyboardCondition(event) && keyboard[event.keyCode]) {
            keyboard[event.keyCode](event);
            event.preventDefault();
        }
    }),
    addEventListener: () => {},
    getCurrentSlide: () => document.querySelector(".present"),
};
for (const move of ["next", "prev", "up", "down"]) Reveal[move] = () => went.push(move);
const require = (...given) => given.at(-1)(Reveal);
"""


@pytest.fixture(scope="module")
def html(tmp_path_factory):
    """Return the slides of a lesson, made with the tests' MPLBACKEND, which shows no figure."""
    root = tmp_path_factory.mktemp("course")
    (root / "notebooks").mkdir()
    setup = CODE("check = print", metadata={"tags": ["setup"]})
    steps = [CODE("print(6 * 7)"), CODE(LONGEST), CODE(FIGURE), CODE(BAR), CODE(SLIDER)]
    long = [TEXT("## Long"), CODE('print("one\\n" * 100)')]
    notebook = made_up(STUB, CHECK, TEXT("Steps:"), *steps, *long)
    notebook.cells[1] = setup
    nbformat.write(notebook, root / "notebooks/05_made_up.ipynb")
    assert slides.main(["05_made_up"], root) == 0
    return root / "build/slides/05_made_up.slides.html"


@pytest.fixture
def page(browser, html):
    """Return the slides in a browser without a network."""
    page = browser.new_page(viewport={"width": 1400, "height": 800})
    page.route("https://**", lambda route: route.abort())
    page.route("**/require.min.js", lambda route: route.fulfill(body=REVEAL))
    page.goto(html.as_uri())
    # As reveal.js has it: a section is as high as the screen, and its slides lie in it.
    page.add_style_tag(content=".slides > section { height: 100% }")
    yield page
    page.close()


def present(page):
    """Return the long slide, as the one that is shown."""
    slide = page.locator("section > section", has=page.locator("h2"))
    slide.evaluate("one => one.classList.add('present')")
    return slide


def test_the_slides_of_a_lesson_show_its_outputs(html):
    page = html.read_text("utf-8")
    assert re.search(r"<pre>42\s*</pre>", page)
    assert "check = print" not in re.sub("<[^>]+>", "", page)


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
    height = "one => one.getBoundingClientRect().height"
    line = page.locator(".jp-InputArea pre", has_text="LONGEST")
    assert line.evaluate("one => one.scrollWidth <= one.clientWidth")
    assert line.evaluate(height) == page.locator(".jp-InputArea pre", has_text="6 * 7").evaluate(height)


def test_what_measures_in_rem_is_as_large_as_the_text(page):
    size = "one => getComputedStyle(one).fontSize"
    assert page.locator("html").evaluate(size) == page.locator("p", has_text="Steps:").evaluate(size)


@pytest.mark.parametrize(
    ("onward", "backward", "moves"),
    [
        ("Space", "Shift+Space", ["next", "prev"]),
        ("PageDown", "PageUp", ["next", "prev"]),
        ("ArrowDown", "ArrowUp", ["down", "up"]),
    ],
)
def test_keys_show_all_of_a_long_slide_before_they_leave_it(page, onward, backward, moves):
    slide = present(page)
    height, screen = (one.bounding_box()["height"] for one in (slide, page.locator(".slides")))
    assert height == screen
    to_the_end = slide.evaluate("one => one.scrollHeight - one.clientHeight")
    for key, end, move in zip([onward, backward], [to_the_end, 0], moves, strict=True):
        tops = []
        while page.evaluate("went.length") == 0 and len(tops) < 20:
            tops.append(slide.evaluate("one => one.scrollTop"))
            page.keyboard.press(key)
        assert len(tops) > 2
        assert max(abs(after - before) for before, after in pairwise(tops)) < screen
        assert tops[-1] == end
        assert page.evaluate("went.pop()") == move


def test_the_keys_of_a_slider_turn_no_slide(page):
    present(page)
    page.evaluate("document.querySelector('article').shadowRoot.querySelector('input').focus()")
    page.keyboard.press("ArrowUp")
    assert page.evaluate("went") == []
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowUp")
    assert page.evaluate("went") == ["up"]


def test_a_name_that_is_not_there_is_refused_with_those_that_are(capsys):
    assert slides.main(["05_clothes"], sync.ROOT) == 1
    assert re.search("no notebook '05_clothes'; there are 00_tensors, .*05_fashion", capsys.readouterr().out)
