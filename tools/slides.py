"""Make slides of a lesson, with its outputs, for a browser. They need no network: all is in one file.

    python tools/slides.py 05_fashion_mnist   into build/slides/05_fashion_mnist.slides.html

A heading starts a slide, and so does each step of a lesson: a text with the code below it. The first cell,
the solutions and the cells that check an answer are left out. The outputs are those that tools/runner.py
keeps, or the lesson is run, in the mode of COURSE_MODE. The notebook stays as it is: what is shown is a copy,
cut where a heading stands within a cell. How slides look and which keys move them stands in slides_template/.
"""

import argparse
import re
import sys
from collections.abc import Iterator
from importlib.metadata import distribution
from itertools import zip_longest
from pathlib import Path

import nbformat
from docutils.utils.math.latex2mathml import tex2mathml
from nbconvert import SlidesExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell
from runner import ROOT, NotebookError, tags, with_outputs

# This package brings reveal.js, which turns the slides. Nothing else of it is used.
REVEAL = Path(distribution("sphinx-revealjs").locate_file("sphinx_revealjs/_static/revealjs/dist"))
_DETAILS = re.compile(r"^<details>.*?^</details>(?:<!--.*?-->)?$", re.M | re.S)
_BEFORE_HEADING = re.compile(r"^(?=#{1,3} )", re.M)
# The hashes of a comment in a fence are no heading.
FENCE = re.compile(r"^(`{3,}|~{3,}).*?^\1`*\s*?$", re.M | re.S)
_CHECK = re.compile(r'^check\("', re.M)


class Renderer(IPythonRenderer):
    """Writes formulas as MathML, which browsers draw by themselves."""

    def block_math(self, body: str) -> str:
        """Return a formula between two lines of text."""
        return tex2mathml(body, as_block=True)

    def inline_math(self, body: str) -> str:
        """Return a formula within a line."""
        return tex2mathml(body)


def parts(text: str) -> list[str]:
    """Return the text of a cell without what can be unfolded, cut before each heading."""
    text = _DETAILS.sub("", text)
    fences = [found.span() for found in FENCE.finditer(text)]
    cuts = [found.start() for found in _BEFORE_HEADING.finditer(text)]
    cuts = [cut for cut in cuts if not any(start < cut < end for start, end in fences)]
    pieces = [text[start:end].strip() for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    return [piece for piece in pieces if piece]


def slide_type(cell: NotebookNode, following: NotebookNode | None = None) -> str:
    """Return what nbconvert is to do with a cell: start a slide, go on with it, skip the cell."""
    if cell.cell_type == "code":
        return "skip" if "setup" in tags(cell) or _CHECK.search(cell.source) else "-"
    if heading := re.match("(#{1,3}) ", cell.source):
        return "subslide" if heading[1] == "###" else "slide"
    # A last word on an output stays with it: on a slide of its own, it would speak of what is gone.
    return "subslide" if following and following.cell_type == "code" else "-"


def as_slides(notebook: NotebookNode) -> NotebookNode:
    """Return a copy of a notebook with cells that say where slides start."""

    def cells() -> Iterator[NotebookNode]:
        for cell in notebook.cells:
            if cell.cell_type == "markdown":
                yield from map(new_markdown_cell, parts(cell.source))
            else:
                yield nbformat.from_dict(cell)

    slides = nbformat.v4.new_notebook(metadata=notebook.metadata, cells=list(cells()))
    for cell, following in zip_longest(slides.cells, slides.cells[1:]):
        cell.metadata["slideshow"] = {"slide_type": slide_type(cell, following)}
    return slides


def as_page(slides: NotebookNode, title: str) -> str:
    """Return the page that shows slides."""
    exporter = SlidesExporter(
        template_name="slides_template",
        extra_template_basedirs=[str(Path(__file__).parent)],
        exclude_input_prompt=True,
        exclude_output_prompt=True,
        filters={"markdown2html": MarkdownWithMath(renderer=Renderer(escape=False)).render},
    )
    style = "".join((REVEAL / name).read_text("utf-8") for name in ("reveal.css", "theme/simple.css"))
    reveal = {
        "style": re.sub(r"@import[^;]*;", "", style),  # fonts that would be fetched
        "script": (REVEAL / "reveal.js").read_text("utf-8"),
    }
    page, _ = exporter.from_notebook_node(slides, {"reveal": reveal, "metadata": {"name": title}})
    return page


def main(argv: list[str] | None = None, root: Path = ROOT) -> int:
    """Run the tool on the course in `root`; return its exit status."""
    as_written = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=as_written)
    parser.add_argument("name", metavar="NN_name", help="such as 05_fashion_mnist")
    name = parser.parse_args(argv).name
    there = sorted(path.stem for path in (root / "notebooks").glob("*.ipynb"))
    if name not in there:
        print(f"There is no notebook {name!r}; there are {', '.join(there)}.")
        return 1
    try:
        notebook = with_outputs(nbformat.read(root / f"notebooks/{name}.ipynb", as_version=4), name, root)
    except NotebookError as error:
        print(error)
        return 1
    path = root / f"build/slides/{name}.slides.html"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(as_page(as_slides(notebook), name), "utf-8")
    print("wrote:", path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
