"""Build notebooks/NN_name.ipynb from lessons/NN_name.md: one way, the same bytes every time.

    python tools/sync.py                     write every notebook that differs from its lesson
    python tools/sync.py --check             only name what differs; exit 1 if anything does
    python tools/sync.py --to-lesson NN_name write the lesson from its notebook, once

The age of a file never matters. A notebook that has text of its own stays as it is.

This tool writes three parts of a lesson: the body of the cell tagged `setup` (tools/setup_cell.py), the badge
between `<!-- begin colab -->` and `<!-- end colab -->`, and the solutions of the exercises
(helpers/exercises). In the README it writes the region `badges`, and all of lessons/RESULTS.md.
"""

import argparse
import json
import re
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import zip_longest
from pathlib import Path

import jupytext
import nbformat
from answers import cell_id, lost
from figures import read_results, results_table
from jupytext.myst import MystMetadataParsingError
from solution_folds import fill_solutions
from yaml import YAMLError

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
    # By the extension nbconvert names the script that it makes of a notebook.
    "language_info": {"file_extension": ".py", "name": "python", "pygments_lexer": "ipython3"},
}
RESULTS_TITLE = """\
# What the lessons reach

Every figure that the lessons report, in full mode, each run with several seeds: the mean, and in brackets the
least and the most. `make full` measures them and writes `lessons/results.json`; this page is made from it."""

_HEADER = re.compile(r"\A---\n.*?^---\n", re.M | re.S)
_FENCE = re.compile(r" {0,3}(`{3,}(?!.*`)|~{3,})(.*)")
# What an editor or git leaves behind in a lesson.
_LEFT_BEHIND = {
    "\ufeff": "a byte-order mark: save the file as UTF-8 without one",
    "\t": "a tab: write spaces",
    "[\0-\x08\x0b-\x1f\x7f-\x9f]": "a character that can't be seen: delete it",
    "^([<|>])\\1{6} ": "a merge marker: keep one side, and delete the markers",
}
# The last section of each lesson: its figures and claims.
LAST_SECTION = "## What this run reached"
OWN_TEXT = """\
A learner's answers: all is well. To check the course or to build its notebooks, move yours to notebooks/mine.
An author's text: `python tools/sync.py --to-lesson NN_name` writes it into the lesson. To drop it, delete the
notebook, and `make sync` writes a new one."""
# How the first code cell of a lesson begins.
_SETUP = "```{code-cell} ipython3\n:tags: [setup]\n"


class LessonError(ValueError):
    """A lesson, notebook or README that this tool can't work with."""


@contextmanager
def _named(file: str) -> Iterator[None]:
    """Put the name of a file before what is wrong with it."""
    try:
        yield
    except UnicodeDecodeError as error:
        raise LessonError(f"{file} is not UTF-8: save it as UTF-8 ({error})") from error
    except SyntaxError as error:
        raise LessonError(f"{file}: {error.msg} in {error.filename}, line {error.lineno}") from error
    except (OSError, YAMLError, MystMetadataParsingError, nbformat.ValidationError) as error:
        message = getattr(error, "message", str(error))  # nbformat's errors print the whole notebook
        raise LessonError(f"{file} can't be read: {' '.join(message.split())}") from error
    except ValueError as error:
        raise LessonError(f"{file}: {error}") from error


def check_text(text: str) -> None:
    """Raise `LessonError` where a lesson has something that its author can't have meant."""
    lines = text.split("\n")
    for pattern, what in _LEFT_BEHIND.items():
        if found := re.search(pattern, text, re.M):
            above = text.count("\n", 0, found.start())
            raise LessonError(f"line {above + 1} has {what}. It is {lines[above][:60]!r}")
    fence, opened = "", 0
    for number, line in enumerate(lines, start=1):
        mark, info = found.groups() if (found := _FENCE.match(line)) else ("", "")
        if not fence:
            fence, opened = mark, number
        elif mark.startswith(fence) and info.strip():
            raise LessonError(f"the fence of line {opened} has no end above line {number}: add {fence} there")
        elif mark.startswith(fence):
            fence = ""
    if fence:
        raise LessonError(f"the fence of line {opened} has no end: add {fence} there")


def fill_region(text: str, name: str, content: str) -> str:
    """Replace what stands between a region's two lines; a text without them stays as it is."""
    begin, end = f"<!-- begin {name} -->", f"<!-- end {name} -->"
    lines = text.split("\n")
    if begin not in lines and end not in lines:
        return text
    if lines.count(begin) != 1 or lines.count(end) != 1 or lines.index(begin) > lines.index(end):
        raise LessonError(f"needs one line {begin!r} and below it one line {end!r}")
    for line in lines[lines.index(begin) + 1 : lines.index(end)]:
        if line and not line.startswith("[!["):
            raise LessonError(f"what stands below {begin!r} is replaced. Move this line from there: {line!r}")
    between = ["", content, ""] if content else []
    return "\n".join([*lines[: lines.index(begin) + 1], *between, *lines[lines.index(end) :]])


def colab_badge(name: str, repository: str) -> str:
    """Return the badge that opens a notebook in Colab; nothing if the course isn't on GitHub."""
    on_github = re.fullmatch(r"https://github\.com/([\w.-]+/[\w.-]+?)(?:\.git)?/?", repository)
    if not on_github:
        return ""
    colab = "https://colab.research.google.com"
    address = f"{colab}/github/{on_github[1]}/blob/main/notebooks/{name}.ipynb"
    return f"[![Open in Colab]({colab}/assets/colab-badge.svg)]({address})"


def readme_badges(repository: str, workflows: list[str]) -> str:
    """Return the README's badges: one for each CI workflow, and the licence."""
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


def fill_lesson(text: str, name: str, repository: str, table: str | None = None) -> str:
    """Write the generated parts of a lesson: setup cell, badge, and the solutions if it has a table."""
    before, _, after = _around_setup(text)
    text = f"{before}\n{setup_cell(repository)}\n{after}"
    text = fill_region(text, "colab", colab_badge(name, repository))
    return text if table is None else fill_solutions(text, table, table_of(name))


def _around_setup(text: str) -> tuple[str, str, str]:
    """Return what stands before the code of the setup cell, that code, and what stands after it."""
    check_text(text)
    before, fence, cell = text.partition("```{code-cell}")
    if not f"{fence}{cell}".startswith(_SETUP):
        raise LessonError("its first code cell must have the line `:tags: [setup]`")
    cell = f"{fence}{cell}".removeprefix(_SETUP)
    end = re.search("^`{3,} *$", cell, re.M).start()
    return before + _SETUP, cell[:end].strip(), cell[end:]


def table_of(name: str) -> str:
    """Return the path of a lesson's table of exercises."""
    return f"helpers/exercises/lesson_{name[:2]}.py"


def results_page(results: dict, folder: str = "../notebooks/") -> str:
    """Return the page of all figures that the lessons reach; its links find the notebooks in `folder`."""
    return f"{RESULTS_TITLE}\n\n{results_table(results, folder)}\n"


def build_notebook(text: str, name: str, repository: str) -> str:
    """Return the notebook of a lesson, as the text of its file."""
    notebook = jupytext.reads(fill_lesson(text, name, repository), fmt=FORMAT)
    notebook.metadata = nbformat.from_dict(METADATA)
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    seen: Counter[str] = Counter()
    for cell in notebook.cells:
        # From the content: an edit changes the id of the edited cell and of no other.
        name_of_cell = cell_id(cell.cell_type, cell.source)
        seen[name_of_cell] += 1
        cell["id"] = name_of_cell if seen[name_of_cell] == 1 else f"{name_of_cell}-{seen[name_of_cell]}"
        if cell.source.startswith(LAST_SECTION):
            # The first mark folds the section in JupyterLab, the list in Colab, which finds cells by this id.
            cell.metadata |= {"jp-MarkdownHeadingCollapsed": True, "id": cell.id}
            notebook.metadata.colab["collapsed_sections"] = [cell.id]
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


def write_lesson(root: Path, name: str) -> None:
    """Write a lesson from its notebook, under the header that the lesson has (a new one gets ours)."""
    notebook_path, lesson_path = root / f"notebooks/{name}.ipynb", root / f"lessons/{name}.md"
    if not notebook_path.exists():
        raise LessonError(f"there is no notebooks/{name}.ipynb")
    with _named(f"notebooks/{name}.ipynb"):
        notebook = nbformat.read(notebook_path, as_version=4)
        header = _HEADER.match(lesson_path.read_text("utf-8")) if lesson_path.exists() else None
        lesson = (header[0] if header else HEADER) + lesson_body(notebook)
        lesson = fill_lesson(lesson, name, read_repository(root))
        kept = jupytext.reads(lesson, fmt=FORMAT)
        changed = [was for was, now in zip_longest(_own(notebook), _own(kept)) if was != now]
        if changed:
            raise LessonError(f"a lesson can't hold this cell as it is: {str(changed[0])[:80]!r}")
    _write(lesson_path, lesson)
    print("wrote:", lesson_path.relative_to(root))


def _own(notebook: nbformat.NotebookNode) -> list[str]:
    """Return the sources of the cells without what this tool writes into them."""
    cells = [cell for cell in notebook.cells if "setup" not in cell.metadata.get("tags", [])]
    return [fill_region(cell.source, "colab", "").strip() for cell in cells]


def expected_files(root: Path) -> Iterator[tuple[Path, str]]:
    """Yield each file that this tool writes, with the text that it should have; raise `LessonError`."""
    repository = read_repository(root)
    texts, setups = {}, {}
    for path in sorted((root / "lessons").glob(LESSONS)):
        with _named(f"lessons/{path.name}"):
            texts[path] = path.read_text("utf-8")
            setups[path] = _around_setup(texts[path])[1]
    known = ["", setup_cell(repository), *(setup for setup, _ in Counter(setups.values()).most_common(1))]
    for path, text in texts.items():
        table = root / table_of(path.stem)
        with _named(table_of(path.stem)):
            solutions = table.read_text("utf-8") if table.exists() else None
        with _named(f"lessons/{path.name}"):
            if setups[path] not in known:
                raise LessonError(
                    "its setup cell was edited here, but it stands in tools/setup_cell.py. Write the same "
                    "there, or empty the cell; then run this again"
                )
            lesson = fill_lesson(text, path.stem, repository, solutions)
            notebook = build_notebook(lesson, path.stem, repository)
        yield path, lesson
        yield root / f"notebooks/{path.stem}.ipynb", notebook
    with _named("lessons/results.json"):
        results = read_results(root / "lessons/results.json")
    yield root / "lessons/RESULTS.md", results_page(results)
    readme = root / "README.md"
    if readme.exists():
        workflows = sorted(path.name for path in (root / ".github/workflows").glob("*.y*ml"))
        with _named("README.md"):
            badges = readme_badges(repository, workflows)
            yield readme, fill_region(readme.read_text("utf-8"), "badges", badges)
    for path, text in texts.items():
        if path.read_text("utf-8") != text:
            raise LessonError(f"lessons/{path.name} was saved while this ran: run it again")


def read_repository(root: Path) -> str:
    """Return the course's address from pyproject.toml, an empty string while it has none."""
    with _named("pyproject.toml"):
        settings = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))
    return settings["tool"]["course"]["repository"]


def sync(root: Path, check: bool) -> int:
    """Write what differs from what it should be, or with `check` only name it; return the exit status."""
    # All texts before the first write: a lesson that can't be built leaves every file as it is.
    expected = dict(expected_files(root))
    # Bytes, so that other line ends are a difference too.
    differing = [
        path for path in expected if not path.exists() or path.read_bytes() != expected[path].encode()
    ]
    own = {path: text for path in differing if (text := _own_text(path, expected[path]))}
    stale = [path for path in differing if path not in own]
    for path in stale:
        print("differs:" if check else "wrote:", path.relative_to(root))
        if not check:
            path.parent.mkdir(exist_ok=True)
            _write(path, expected[path])
    if check and stale:
        print("`make sync` writes what differs.")
    for path, text in own.items():
        print(f"{path.relative_to(root)} has text that its lesson lacks, and stays as it is: {text!r}")
    if own:
        print(OWN_TEXT)
    extra = sorted(set((root / "notebooks").glob("[0-9][0-9]_*.ipynb")) - expected.keys())
    for path in extra:
        print("no lesson for", path.relative_to(root))
    return int(bool(own or extra or (check and stale)))


def _own_text(path: Path, expected: str) -> str:
    """Return how the first cell begins that somebody wrote into a notebook and that would be lost."""
    if path.suffix != ".ipynb" or not path.exists():
        return ""
    return next((text[:60] for text in lost(path.read_text("utf-8", "replace"), expected)), "")


def _write(path: Path, text: str) -> None:
    """Write a file in one go. Where that fails, what was there before is kept."""
    path = path.resolve()  # a link stays a link
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_text(text, "utf-8", newline="\n")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def main(argv: list[str] | None = None, root: Path = ROOT) -> int:
    """Run the tool on the course in `root`; return its exit status."""
    as_written = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=as_written)
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--check", action="store_true", help="write nothing, name what differs")
    choice.add_argument("--to-lesson", metavar="NN_name", help="write this lesson from its notebook")
    options = parser.parse_args(argv)
    try:
        if not options.to_lesson:
            return sync(root, options.check)
        write_lesson(root, options.to_lesson)
    except LessonError as error:
        print(error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
