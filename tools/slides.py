"""Make slides of a lesson, with its outputs, for a browser.

    python tools/slides.py 05_fashion_mnist   into build/slides/05_fashion_mnist.slides.html

A heading starts a slide, and so does each step of a lesson: a text with the code below it. The first cell,
the solutions and the cells that check an answer are left out. The lesson is run, in the mode of COURSE_MODE.
The notebook stays as it is: what is shown is a copy, cut where a heading stands within a cell. How the slides
look and which keys move them stands in slides_template/.
"""

import argparse
import re
import subprocess
import sys
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path

import nbformat
from build_book import kernel_environment
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell
from sync import ROOT

_DETAILS = re.compile(r"^<details>.*?^</details>(?:<!--.*?-->)?$", re.M | re.S)
_BEFORE_HEADING = re.compile(r"^(?=#{1,3} )", re.M)
# The hashes of a comment in a fence are no heading.
_FENCE = re.compile(r"^(`{3,}|~{3,}).*?^\1`*\s*?$", re.M | re.S)
_CHECK = re.compile(r'^check\("', re.M)


def parts(text: str) -> list[str]:
    """Return the text of a cell without what can be unfolded, cut before each heading."""
    text = _DETAILS.sub("", text)
    fences = [found.span() for found in _FENCE.finditer(text)]
    cuts = [found.start() for found in _BEFORE_HEADING.finditer(text)]
    cuts = [cut for cut in cuts if not any(start < cut < end for start, end in fences)]
    pieces = [text[start:end].strip() for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    return [piece for piece in pieces if piece]


def slide_type(cell: NotebookNode, following: NotebookNode | None = None) -> str:
    """Return what nbconvert shall do with a cell: start a slide, go on with it, skip the cell."""
    if cell.cell_type == "code":
        return "skip" if "setup" in cell.metadata.get("tags", []) or _CHECK.search(cell.source) else "-"
    if heading := re.match("(#{1,3}) ", cell.source):
        return "subslide" if heading[1] == "###" else "slide"
    # A last word on an output stays with it: alone on a slide, it would speak of what is gone.
    return "subslide" if following and following.cell_type == "code" else "-"


def as_slides(notebook: NotebookNode) -> NotebookNode:
    """Return a copy of a notebook whose cells say where slides start."""

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
    copy = root / f"build/slides/{name}.ipynb"
    copy.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(as_slides(nbformat.read(root / f"notebooks/{name}.ipynb", as_version=4)), copy)
    command = [sys.executable, "-m", "nbconvert", "--execute", "--no-prompt", str(copy)]
    command += ["--to=slides", "--template=slides_template"]
    command += [f"--TemplateExporter.extra_template_basedirs={ROOT / 'tools'}"]
    command += ["--SlidesExporter.reveal_width=1360", "--SlidesExporter.reveal_height=765"]
    return subprocess.run(command, env=kernel_environment(ROOT)).returncode


if __name__ == "__main__":
    sys.exit(main())
