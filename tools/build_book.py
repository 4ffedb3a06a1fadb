"""Build the book, a site to read and search, from the lessons.

    python tools/build_book.py                 into build/book/html
    python tools/build_book.py --to FOLDER     into another folder

A lesson is run in the mode that COURSE_MODE asks for, unless the outputs of an earlier run still serve. The
tests leave theirs, too (tools/runner.py). A warning is an error.
"""

import argparse
import re
import shutil
import subprocess
import sys
from pathlib import Path
from statistics import mean

import accepted
import nbformat
from figures import other_than_real, read_results
from matplotlib.figure import Figure
from runner import NotebookError, tags, with_outputs
from sync import (
    LAST_SECTION,
    LESSONS,
    ROOT,
    LessonError,
    build_notebook,
    fill_region,
    read_repository,
    results_page,
)

from helpers.plotting.figures import CLASS_COLOURS

# What stands on the folds of the last section.
PROMPTS = {"code_prompt_show": "Show what this run reached", "code_prompt_hide": "Hide it"}
_TITLE = re.compile(r"^# (.+)$", re.M)
_ABOUT = re.compile(
    r"^You should know (?P<known>.+?) Take about (?P<time>an hour|\d+ minutes) for reading", re.M
)
_LESSONS = re.compile(r"\blessons? (\d\d(?:(?:–|, | and )\d\d)*)")
_MODEL = re.compile(r"([^,:]+), validation accuracy(?:, last five epochs)?")


def lesson_map(lessons: dict[str, str]) -> str:
    """Return the table of the lessons, each with its time and with what it builds on.

    `lessons` has the text of each by its name, such as ``05_fashion_mnist``. Raises `LessonError` if a lesson
    doesn't say how long it takes, or builds on one that isn't there.
    """
    names = {name[:2]: name for name in lessons}
    rows = ["| lesson | time | builds on |", "| --- | --- | --- |"]
    for name, text in lessons.items():
        title, about = _TITLE.search(text), _ABOUT.search(text)
        if not title or not about:
            raise LessonError(
                f"{name}: the book's map needs a title and a line such as 'You should know tensors (lesson "
                "00). Take about 60 minutes for reading and trying.'"
            )
        # "lesson 04", "lessons 01 and 02", "lessons 00–02"
        known = ", ".join(_LESSONS.findall(about["known"]))
        ranges = [part.split("–") for part in re.split(", | and ", known) if part]
        before = {f"{i:02}" for ends in ranges for i in range(int(ends[0]), int(ends[-1]) + 1)}
        if unknown := before - names.keys():
            raise LessonError(f"{name} builds on lesson {', '.join(sorted(unknown))}, which isn't there")
        links = ", ".join(f"[{number}]({names[number]}.ipynb)" for number in sorted(before))
        rows.append(f"| [{title[1]}]({name}.ipynb) | {about['time']} | {links or 'no other lesson'} |")
    return "\n".join(rows)


def draw_results(results: dict, path: Path) -> str:
    """Draw the validation accuracies that the lessons reach; return in words what the figure shows."""
    names, values = [], []
    for lesson, run in sorted(results.items()):
        on = f" ({other})" if (other := other_than_real(run["data"])) else ""
        for figure in run["figures"].values():
            if model := _MODEL.fullmatch(figure["title"]):
                names.append(f"{lesson[:2]} · {model[1]}{on}")
                values.append(figure["values"])
    means = [mean(each) for each in values]
    spread = [(m - min(each), max(each) - m) for m, each in zip(means, values, strict=True)]
    figure = Figure(figsize=(7, 0.8 + 0.3 * len(names)), layout="constrained")
    axis = figure.subplots()
    axis.barh(names, means, xerr=list(zip(*spread, strict=True)), color=CLASS_COLOURS[0])
    axis.set(xlim=(0, 100), xlabel="validation accuracy (%)", title="Validation accuracy in the lessons")
    axis.invert_yaxis()
    figure.savefig(path)
    reached = (f"{name} {value:.1f} %" for name, value in zip(names, means, strict=True))
    return f"Bar chart of the validation accuracy in the lessons: {'; '.join(reached)}."


def write_sources(root: Path, source: Path) -> dict[str, str]:
    """Write what Sphinx reads into the folder `source`; return the notebook of each lesson, to download."""
    shutil.rmtree(source, ignore_errors=True)
    source.mkdir(parents=True)
    repository, results = read_repository(root), read_results(root / "lessons/results.json")
    lessons = {path.stem: path.read_text("utf-8") for path in sorted((root / "lessons").glob(LESSONS))}
    index = fill_region((root / "book/index.md").read_text("utf-8"), "map", lesson_map(lessons))
    if results:
        alt = draw_results(results, source / "results.svg")
        index = fill_region(index, "figure", f"![{alt}](results.svg)")
    shutil.copy(root / "book/static/glance.png", source)
    (source / "results.md").write_text(results_page(results, folder=""), "utf-8")
    (source / "accepted.md").write_text(accepted.page(), "utf-8")
    (source / "index.md").write_text(index, "utf-8")
    notebooks = {name: build_notebook(text, name, repository) for name, text in lessons.items()}
    for name, text in notebooks.items():
        notebook = with_outputs(nbformat.reads(text, as_version=4), name, root)
        nbformat.write(for_the_book(notebook), source / f"{name}.ipynb")
    return notebooks


def for_the_book(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Leave out the badge, a picture from elsewhere, and fold the setup cell and the claims."""
    in_last_section = False
    for cell in notebook.cells:
        in_last_section = in_last_section or cell.source.startswith(LAST_SECTION)
        if cell.cell_type == "markdown":
            cell.source = fill_region(cell.source, "colab", "")
        elif in_last_section:
            cell.metadata |= {"tags": ["hide-cell"], "mystnb": PROMPTS}
        elif "setup" in tags(cell):
            cell.metadata["tags"] += ["hide-input"]
    return notebook


def build(root: Path, html: Path) -> int:
    """Build the book of the course in `root` into the folder `html`; return Sphinx's exit status."""
    book = root / "build/book"
    notebooks = write_sources(root, book / "source")
    # -E: Sphinx keeps no pages of its own from last time. It doesn't know what they depend on.
    command = [sys.executable, "-m", "sphinx", "-b", "html", "-E", "-W", "--keep-going", "-q"]
    command += ["-c", str(root / "book"), "-d", str(book / "doctrees"), str(book / "source"), str(html)]
    status = subprocess.run(command).returncode
    for name, notebook in notebooks.items():
        download = html / "_sources" / f"{name}.ipynb"
        if download.exists():
            download.write_text(notebook, "utf-8", newline="\n")
    return status


def main(argv: list[str] | None = None, root: Path = ROOT) -> int:
    """Run the tool on the course in `root`; return its exit status."""
    as_written = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=as_written)
    parser.add_argument("--to", type=Path, metavar="FOLDER", default=root / "build/book/html")
    options = parser.parse_args(argv)
    try:
        status = build(root, options.to)
    except (LessonError, NotebookError) as error:
        print(error)
        return 1
    if status == 0:
        print("The book:", options.to / "index.html")
    return status


if __name__ == "__main__":
    sys.exit(main())
