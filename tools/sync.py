"""Build notebooks/NN_name.ipynb from lessons/NN_name.md: one way, the same bytes every time.

    python tools/sync.py                     write every notebook that differs from its lesson
    python tools/sync.py --check             only name what differs; exit 1 if anything does
    python tools/sync.py --to-lesson NN_name write the lesson from its notebook, once

A file's age never matters. Of a lesson this tool writes three parts only: the body of the cell tagged
`setup` (tools/setup_cell.py), what stands between `<!-- begin colab -->` and `<!-- end colab -->`, and the
solutions of the exercises (helpers/exercises). In the README it writes the region `badges`, and all of
lessons/RESULTS.md.
"""

import argparse
import hashlib
import json
import re
import sys
import tomllib
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path

import jupytext
import nbformat
from figures import read_results, results_table
from solution_folds import fill_solutions

ROOT = Path(__file__).resolve().parents[1]
SETUP_CELL = Path(__file__).with_name("setup_cell.py")
LESSONS = "[0-9][0-9]_*.md"
FORMAT = "md:myst"

# A lesson's first lines. No `jupytext_version`: lessons would change with the version that saves them.
HEADER = """\
---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
    format_version: 0.13
kernelspec:
  display_name: Python 3 (ipykernel)
  language: python
  name: python3
---
"""
# A notebook's metadata: the kernel, highlighting on GitHub, and Colab's table of contents.
METADATA = {
    "colab": {"provenance": [], "toc_visible": True},
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python", "pygments_lexer": "ipython3"},
}
# Folds a code cell in Colab, and in JupyterLab.
FOLDED = {"cellView": "form", "jupyter": {"source_hidden": True}}
_HEADER = re.compile(r"\A---\n.*?^---\n", re.M | re.S)
_FIRST_CODE = re.compile(
    r"^```\{code-cell\}[^\n]*\n(?P<options>(?::[^\n]*\n)*)\n*(?P<body>.*?)^```$", re.M | re.S
)
_SETUP_TAG = re.compile(r"^:tags: \[.*\bsetup\b.*\]$", re.M)


RESULTS_TITLE = """\
# What the lessons reach

Every figure that the lessons report, in full mode, each run with several seeds: the mean, and in brackets the
least and the most. `make full` measures them and writes `lessons/results.json`; this page is made from it."""


class LessonError(ValueError):
    """A lesson, notebook or README that this tool can't work with."""


def fill_region(text: str, name: str, content: str) -> str:
    """Replace what stands between a region's two lines; a text without them stays as it is."""
    begin, end = f"<!-- begin {name} -->", f"<!-- end {name} -->"
    lines = text.split("\n")
    if begin not in lines and end not in lines:
        return text
    if lines.count(begin) != 1 or lines.count(end) != 1 or lines.index(begin) > lines.index(end):
        raise LessonError(f"needs one line {begin!r} and below it one line {end!r}")
    between = ["", content, ""] if content else []
    return "\n".join([*lines[: lines.index(begin) + 1], *between, *lines[lines.index(end) :]])


def colab_badge(name: str, repository: str) -> str:
    """Return the badge that opens a notebook in Colab, nothing where the course isn't on GitHub."""
    on_github = re.fullmatch(r"https://github\.com/([\w.-]+/[\w.-]+?)(?:\.git)?/?", repository)
    if not on_github:
        return ""
    colab = "https://colab.research.google.com"
    address = f"{colab}/github/{on_github[1]}/blob/main/notebooks/{name}.ipynb"
    return f"[![Open in Colab]({colab}/assets/colab-badge.svg)]({address})"


def readme_badges(repository: str, workflows: list[str]) -> str:
    """Return the README's badges: CI where it has a workflow, and the licence."""
    if not repository:
        return ""
    actions = [f"{repository}/actions/workflows/{workflow}" for workflow in workflows]
    badges = [f"[![Tests]({address}/badge.svg)]({address})" for address in actions]
    licence = "https://img.shields.io/badge/licence-MIT-blue.svg"
    return "\n".join([*badges, f"[![Licence: MIT]({licence})](LICENSE)"])


def setup_cell(repository: str) -> str:
    """Return the first code cell of every notebook, for a course that lives at `repository`."""
    source = SETUP_CELL.read_text("utf-8").strip()
    return source.replace('REPOSITORY = ""', f"REPOSITORY = {json.dumps(repository)}")


def fill_lesson(text: str, name: str, repository: str) -> str:
    """Write the two generated parts of a lesson: its setup cell and its badge."""
    cell = _FIRST_CODE.search(text)
    if not cell or not _SETUP_TAG.search(cell["options"]):
        raise LessonError("its first code cell must have the line `:tags: [setup]`")
    opening = text[: cell.start("options")] + cell["options"]
    text = f"{opening}\n{setup_cell(repository)}\n{text[cell.end('body') :]}"
    return fill_region(text, "colab", colab_badge(name, repository))


def with_solutions(lesson: str, root: Path, name: str) -> str:
    """Return a lesson with the solutions of its table of exercises; without a table, as it is."""
    module = f"helpers/exercises/lesson_{name[:2]}.py"
    table = root / module
    return fill_solutions(lesson, table.read_text("utf-8"), module) if table.exists() else lesson


def results_page(results: dict, folder: str = "../notebooks/") -> str:
    """Return the page of all figures that the lessons reach; its links find the notebooks in `folder`."""
    return f"{RESULTS_TITLE}\n\n{results_table(results, folder)}\n"


def build_notebook(text: str, name: str, repository: str) -> str:
    """Return the notebook of a lesson, as the text of its file."""
    notebook = jupytext.reads(fill_lesson(text, name, repository), fmt=FORMAT)
    notebook.metadata = nbformat.from_dict(METADATA)
    next(cell for cell in notebook.cells if cell.cell_type == "code").metadata |= FOLDED
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    seen: dict[str, int] = {}
    for cell in notebook.cells:
        # From the content: an edit changes the id of the edited cell and of no other.
        cell_id = hashlib.sha256(f"{cell.cell_type}\n{cell.source}".encode()).hexdigest()[:12]
        seen[cell_id] = seen.get(cell_id, 0) + 1
        cell["id"] = cell_id if seen[cell_id] == 1 else f"{cell_id}-{seen[cell_id]}"
    nbformat.validate(notebook)
    return nbformat.writes(notebook).rstrip("\n") + "\n"


def lesson_body(notebook: nbformat.NotebookNode) -> str:
    """Return the cells of a notebook as jupytext writes them into a lesson, without the header."""
    plain = nbformat.v4.new_notebook(metadata=METADATA)
    for cell in notebook.cells:
        # Colab and JupyterLab leave marks of their own in a cell's metadata; lessons use tags only.
        tags = {"tags": cell.metadata["tags"]} if cell.metadata.get("tags") else {}
        plain.cells.append({**cell, "metadata": tags})
    return _HEADER.sub("", jupytext.writes(nbformat.from_dict(plain), fmt=FORMAT), count=1)


def to_lesson(notebook_text: str, lesson_text: str, name: str, repository: str) -> str:
    """Return the lesson of a notebook, under the header of the lesson as it is (a new one needs none)."""
    notebook = nbformat.reads(notebook_text, as_version=4)
    header = _HEADER.match(lesson_text)
    lesson = fill_lesson((header[0] if header else HEADER) + lesson_body(notebook), name, repository)
    kept = jupytext.reads(lesson, fmt=FORMAT)
    changed = [was for was, now in zip_longest(_own(notebook), _own(kept)) if was != now]
    if changed:
        raise LessonError(f"a lesson can't hold this cell as it is: {str(changed[0])[:80]!r}")
    return lesson


def _own(notebook: nbformat.NotebookNode) -> list[str]:
    """Return the sources of the cells without what this tool writes into them."""
    cells = [cell for cell in notebook.cells if "setup" not in cell.metadata.get("tags", [])]
    return [fill_region(cell.source, "colab", "").strip() for cell in cells]


def expected_files(root: Path) -> Iterator[tuple[Path, str]]:
    """Yield each file that this tool writes, with the text that it should have; raise `LessonError`."""
    repository = read_repository(root)
    for path in sorted((root / "lessons").glob(LESSONS)):
        try:
            lesson = fill_lesson(path.read_text("utf-8"), path.stem, repository)
            lesson = with_solutions(lesson, root, path.stem)
            notebook = build_notebook(lesson, path.stem, repository)
        except ValueError as error:
            raise LessonError(f"lessons/{path.name}: {error}") from error
        yield path, lesson
        yield root / "notebooks" / f"{path.stem}.ipynb", notebook
    yield root / "lessons/RESULTS.md", results_page(read_results(root / "lessons/results.json"))
    readme = root / "README.md"
    if readme.exists():
        workflows = sorted(path.name for path in (root / ".github/workflows").glob("*.y*ml"))
        try:
            badges = readme_badges(repository, workflows)
            yield readme, fill_region(readme.read_text("utf-8"), "badges", badges)
        except LessonError as error:
            raise LessonError(f"README.md: {error}") from error


def read_repository(root: Path) -> str:
    """Return the course's address from pyproject.toml, an empty string while it has none."""
    settings = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))
    return settings["tool"]["course"]["repository"]


def main(argv: list[str] | None = None, root: Path = ROOT) -> int:
    """Run the tool on the course in `root`; return its exit status."""
    as_written = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=as_written)
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--check", action="store_true", help="write nothing, name what differs")
    choice.add_argument("--to-lesson", metavar="NN_name", help="write this lesson from its notebook")
    options = parser.parse_args(argv)
    try:
        if options.to_lesson:
            return _write_lesson(root, options.to_lesson)
        return _sync(root, options.check)
    except LessonError as error:
        print(error)
        return 1


def _sync(root: Path, check: bool) -> int:
    # All texts before the first write: a lesson that can't be built leaves every file as it is.
    expected = list(expected_files(root))
    # Bytes, so that other line ends are a difference too.
    differing = [
        (path, text) for path, text in expected if not path.exists() or path.read_bytes() != text.encode()
    ]
    for path, text in differing:
        print("differs:" if check else "wrote:", path.relative_to(root))
        if not check:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, "utf-8", newline="\n")
    if check and differing:
        print("`make sync` writes them. A notebook that was edited by hand: --to-lesson NN_name first.")
    extra = sorted(set((root / "notebooks").glob("*.ipynb")) - {path for path, _ in expected})
    for path in extra:
        print("no lesson for", path.relative_to(root))
    return int(bool(extra or (check and differing)))


def _write_lesson(root: Path, name: str) -> int:
    notebook, lesson = root / "notebooks" / f"{name}.ipynb", root / "lessons" / f"{name}.md"
    if not notebook.exists():
        raise LessonError(f"there is no {notebook.relative_to(root)}")
    before = lesson.read_text("utf-8") if lesson.exists() else ""
    try:
        text = to_lesson(notebook.read_text("utf-8"), before, name, read_repository(root))
    except ValueError as error:
        raise LessonError(f"{notebook.relative_to(root)}: {error}") from error
    lesson.write_text(text, "utf-8", newline="\n")
    print("wrote:", lesson.relative_to(root))
    return 0


if __name__ == "__main__":
    sys.exit(main())
