"""The book as a reader meets it: every page in a browser, light and dark, wide and on a phone."""

import re
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import build_book
import pytest
import sync
from axe_playwright_python.sync_playwright import Axe
from browser import running_browser  # noqa: F401  the fixture `browser`
from playwright.sync_api import Browser, Page

# The book is built once: all of these run in one process. The first waits for those lessons
# that `make test` did not run (tools/runner.py).
pytestmark = pytest.mark.timeout(3600)

LESSONS = [path.stem for path in sorted((sync.ROOT / "lessons").glob(sync.LESSONS))]
PAGES = ["index", "search", "accepted", "results", *LESSONS]
WIDTHS = [1300, 390]
WCAG = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
    "preload": False,
    "resultTypes": ["violations"],  # axe lists one element a rule of what is in order, not thousands
}
COLOURS = {"type": "rule", "values": ["color-contrast"]}
# One word of each colour stays an element in code: the thousands of others look the same.
ONE_WORD_OF_EACH_COLOUR = """() => {
    const seen = new Set();
    const repeated = [...document.querySelectorAll(".highlight span")].filter(word => {
        const {color} = getComputedStyle(word), {backgroundColor} = getComputedStyle(word.closest("pre"));
        const look = [word.className, color, backgroundColor].join();
        return seen.has(look) || !seen.add(look);
    });
    for (const word of repeated) word.replaceWith(...word.childNodes);
}"""
# Marks one text of each look that was not seen before: of each size and colour of letters on each stack of
# backgrounds. Contrast is what takes axe nearly all its time, and those that look the same have the same.
MARK_NEW_LOOKS = """known => {
    const seen = new Set(known), grounds = new Map([[null, ""]]);
    const ground = element => {
        if (!grounds.has(element)) {
            const {backgroundColor, backgroundImage, opacity, position} = getComputedStyle(element);
            const own = [backgroundColor, backgroundImage, opacity, position].join();
            const plain = own === "rgba(0, 0, 0, 0),none,1,static";
            grounds.set(element, ground(element.parentElement) + (plain ? "" : own));
        }
        return grounds.get(element);
    };
    for (const element of document.body.querySelectorAll("*")) {
        const {color, fontSize, fontWeight, textShadow} = getComputedStyle(element);
        const look = [color, fontSize, fontWeight, textShadow, ground(element)].join();
        const texts = [...element.childNodes].filter(node => node.nodeType === 3);
        const writes = texts.some(text => text.data.trim().length > 1);
        const isNew = writes && element.checkVisibility({visibilityProperty: true}) && !seen.has(look);
        element.toggleAttribute("data-look", isNew);
        if (isNew) seen.add(look);
    }
    return [...seen].slice(known.length);
}"""


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Write nothing: a line for each request would hide what a test says."""


class Site:
    """The book on a server, and what its pages ask for and complain about."""

    def __init__(self, browser: Browser, html, address: str):
        self.browser, self.html, self.address = browser, html, address
        self.looks: list[str] = []  # the looks of texts on the pages that were read

    def open(self, name: str, width: int = 1300) -> tuple[Page, list[str]]:
        """Open a page of the book as on a first visit; return it with the list of its complaints."""
        page = self.browser.new_page(viewport={"width": width, "height": 900}, reduced_motion="reduce")
        complaints = []
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("requestfailed", lambda request: complaints.append(f"not there: {request.url}"))
        own = (self.address, "data:")
        page.on(
            "request",
            lambda request: None if request.url.startswith(own) else complaints.append(f"asks {request.url}"),
        )
        page.goto(f"{self.address}/{name}")
        return page, complaints


@pytest.fixture(scope="module")
def site(browser, tmp_path_factory):
    """Return the book of the whole course. The browser comes first: without it nothing is built."""
    html = tmp_path_factory.mktemp("book") / "html"
    assert build_book.main(["--to", str(html)]) == 0
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietHandler, directory=html))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield Site(browser, html, f"http://127.0.0.1:{server.server_port}")
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def opened(site):
    """Return a function that opens a page; it is closed after the test."""
    pages = []

    def open_page(name: str, width: int = 1300) -> tuple[Page, list[str]]:
        page, complaints = site.open(name, width)
        pages.append(page)
        return page, complaints

    yield open_page
    for page in pages:
        page.close()


def violations(page: Page, looks: list[str]) -> list[str]:
    """Return what axe finds on a page, all of it opened, in light and in dark colours.

    Contrast is left out where a text looks as one of `looks`, to which the new looks of this page are added.
    """
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    page.evaluate(ONE_WORD_OF_EACH_COLOUR)
    found = list(axe(page, "any", rules={"color-contrast": {"enabled": False}}))
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.wait_for_function(f"document.documentElement.dataset.theme === '{scheme}'")
        page.wait_for_function("document.getAnimations().every(one => one.playState === 'finished')")
        if new := page.evaluate(MARK_NEW_LOOKS, looks):
            found += axe(page, scheme, include=["[data-look]"], runOnly=COLOURS)
            looks += new
    return found


def axe(page: Page, scheme: str, include: list[str] | None = None, **options: object) -> Iterator[str]:
    """Yield what axe finds on a page, or on its parts that CSS selectors name."""
    context = {"include": include} if include else None
    for each in Axe().run(page, context, WCAG | options).response["violations"]:
        for node in each["nodes"]:
            yield f"{scheme}: {each['id']} {node['html']}"


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_works_by_itself_fits_and_is_accessible_light_and_dark(opened, site, name, width):
    page, complaints = opened(f"{name}.html", width)
    assert complaints == []
    if name in LESSONS:
        assert_figures_have_words(page)
    assert violations(page, site.looks) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def assert_figures_have_words(page: Page) -> None:
    figures = page.locator(".cell_output img")
    assert figures.count() > 0
    assert figures.evaluate_all("all => all.filter(one => !one.naturalWidth).map(one => one.src)") == []
    assert figures.evaluate_all("all => all.filter(one => !one.alt.trim()).map(one => one.src)") == []
    assert "Traceback (most recent call last)" not in page.locator("body").inner_text()


@pytest.mark.parametrize(
    ("put_in", "found"),
    [
        ("<img src=data:,>", ["any: image-alt <img src"]),
        (
            "<p>Black.</p><p style='color: #999; background: white'>Faint.</p>",
            ["light: color", "dark: color"],
        ),
        ("<p style='color: #222'>Black on black.</p>", ["dark: color-contrast <p style="]),
        (
            "<div style='background: black'><p style='color: #222'>Black on black.</p></div>",
            ["light", "dark"],
        ),
        ("<div style='opacity: 0.3'><p>Faint.</p></div>", ["light: color", "dark: color"]),
        ("<details><summary>Open</summary><p style='color: #ddd'>Faint.</p></details>", ["light: color"]),
        (
            "<div class=highlight><pre><span style='color: #ddd'>word</span></pre></div>",
            ["light: color-contrast"],
        ),
    ],
)
def test_what_some_readers_could_not_read_is_found(opened, put_in, found):
    page, _ = opened("search.html")
    page.evaluate("html => document.querySelector('main').insertAdjacentHTML('beforeend', html)", put_in)
    there = violations(page, [])
    assert len(there) == len(found)
    assert all(one.startswith(start) for one, start in zip(there, found, strict=True)), there


def test_the_index_leads_to_every_lesson_and_shows_what_they_reach(opened):
    page, _ = opened("index.html")
    links = page.locator("article table a").evaluate_all("all => all.map(one => one.getAttribute('href'))")
    assert {f"{name}.html" for name in LESSONS} <= set(links)
    assert page.locator("article img[alt^='Bar chart of the validation accuracy']").count() == 1
    page.locator("article a", has_text="Every figure").click()
    assert page.locator("article table").is_visible()
    assert page.locator("article h1").inner_text().startswith("What the lessons reach")


def test_every_term_of_the_glossary_is_linked_from_a_lesson(site):
    index, *lessons = ((site.html / f"{name}.html").read_text("utf-8") for name in ("index", *LESSONS))
    terms = set(re.findall(r'<dt id="(term-[\w-]+)"', index))
    used = set(re.findall(r'href="index\.html#(term-[\w-]+)"', "".join(lessons)))
    assert len(terms) > 30
    assert terms - used == set()


def test_the_explorer_follows_the_arrow_keys(opened):
    page, complaints = opened("03_computer_vision.html")
    stride = page.locator(".conv-explorer input[name=stride]")
    status = page.locator(".conv-explorer [data-status]")
    assert status.inner_text().startswith("7 × 7 in, 5 × 5 out.")
    stride.focus()
    page.keyboard.press("ArrowRight")
    assert status.inner_text().startswith("7 × 7 in, 3 × 3 out.")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.shadowRoot.activeElement.name") == "padding"
    assert complaints == []


def test_a_cell_can_be_copied(opened):
    page, _ = opened("01_regression.html")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    cell = page.locator(".cell_input", has_text="TRUE_WEIGHT, TRUE_BIAS, NOISE =")
    cell.hover()
    cell.locator("button.copybtn").click()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("TRUE_WEIGHT, TRUE_BIAS, NOISE = 0.7, 0.3, 0.1")
