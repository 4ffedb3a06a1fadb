"""Build the book, a site to read and search, from the lessons.

    python tools/build_book.py                 into build/book/html
    python tools/build_book.py --to FOLDER     into another folder

Every lesson is run in the mode that COURSE_MODE asks for. Its outputs are kept in build/book/cache and serve
as long as the code of the lesson, `helpers`, the packages and the mode stay the same. The tests, which run
every notebook in the same way, leave what they ran in build/book/ran, and it serves as well. A warning is an
error.
"""

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from statistics import mean

import nbformat
from figures import other_than_real, read_results
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn
from matplotlib.figure import Figure
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

from helpers.course.settings import course_mode
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

    Parameters
    ----------
    lessons
        The text of each lesson by its name, such as ``05_fashion_mnist``.

    Raises
    ------
    LessonError
        A lesson doesn't say how long it takes, or builds on one that isn't there.
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
        before = sorted(set(_numbers(about["known"])))
        if unknown := [number for number in before if number not in names]:
            raise LessonError(f"{name} builds on lesson {', '.join(unknown)}, which isn't there")
        links = ", ".join(f"[{number}]({names[number]}.ipynb)" for number in before) or "no other lesson"
        rows.append(f"| [{title[1]}]({name}.ipynb) | {about['time']} | {links} |")
    return "\n".join(rows)


def _numbers(known: str) -> list[str]:
    """Return the numbers in "lessons 00–02", "lesson 04", "lessons 01 and 02"."""
    numbers = []
    for found in _LESSONS.finditer(known):
        for part in re.split(", | and ", found[1]):
            first, _, last = part.partition("–")
            numbers += [f"{number:02}" for number in range(int(first), int(last or first) + 1)]
    return numbers


def _on(data: dict[str, str]) -> str:
    return f" ({other})" if (other := other_than_real(data)) else ""


def draw_results(results: dict, path: Path) -> str:
    """Draw the validation accuracies that the lessons reach; return in words what the figure shows."""
    bars = [
        (f"{lesson[:2]} · {model[1]}{_on(run['data'])}", figure["values"])
        for lesson, run in sorted(results.items())
        for figure in run["figures"].values()
        if (model := _MODEL.fullmatch(figure["title"]))
    ]
    names, values = [name for name, _ in bars], [values for _, values in bars]
    means = [mean(each) for each in values]
    spread = [[m - min(v) for m, v in zip(means, values, strict=True)]]
    spread += [[max(v) - m for m, v in zip(means, values, strict=True)]]
    figure = Figure(figsize=(7, 0.8 + 0.3 * len(bars)), layout="constrained")
    axis = figure.subplots()
    axis.barh(names, means, xerr=spread, color=CLASS_COLOURS[0])
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
    notebooks = {name: build_notebook(text, name, repository) for name, text in lessons.items()}
    for name, text in notebooks.items():
        (source / f"{name}.ipynb").write_text(nbformat.writes(for_the_book(text)), "utf-8")
    index = fill_region((root / "book/index.md").read_text("utf-8"), "map", lesson_map(lessons))
    if results:
        alt = draw_results(results, source / "results.svg")
        index = fill_region(index, "figure", f"![{alt}](results.svg)")
    shutil.copy(root / "book/static/glance.png", source)
    (source / "results.md").write_text(results_page(results, folder=""), "utf-8")
    (source / "index.md").write_text(index, "utf-8")
    return notebooks


def for_the_book(notebook: str) -> nbformat.NotebookNode:
    """Return a notebook without its badge, a picture from elsewhere; its setup cell and claims are folded."""
    page = nbformat.reads(notebook, as_version=4)
    in_last_section = False
    for cell in page.cells:
        in_last_section = in_last_section or cell.source.startswith(LAST_SECTION)
        if cell.cell_type == "markdown":
            cell.source = fill_region(cell.source, "colab", "")
        elif in_last_section:
            cell.metadata |= {"tags": ["hide-cell"], "mystnb": PROMPTS}
        elif "setup" in cell.metadata.get("tags", []):
            cell.metadata["tags"] += ["hide-input"]
    return page


def execution_key(root: Path) -> str:
    """Return a name for all that the outputs depend on besides a lesson's own code.

    The tables of the exercises are not part of it: in the book every exercise is still open.
    """
    known = hashlib.sha256(sys.version.encode())
    for path in sorted((root / "helpers").rglob("*")):
        if path.is_file() and path.suffix != ".pyc" and path.parent.name != "exercises":
            known.update(f"{path.relative_to(root)}\n".encode() + path.read_bytes())
    for line in (root / "requirements.txt").read_text("utf-8").splitlines():
        if package := re.match(r"[\w.-]+", line):
            known.update(f"{package[0]} {version(package[0])}\n".encode())
    return f"{course_mode()}-{known.hexdigest()[:16]}"


def kernel_environment(root: Path) -> dict[str, str]:
    """Return the environment in which lessons are run to be shown: their figures say what is on them."""
    # As for a learner: exercises are open, and figures are drawn into the notebook.
    unset = {"COURSE_STRICT", "MPLBACKEND"}
    environment = {name: text for name, text in os.environ.items() if name not in unset}
    paths = [str(root), str(root / "book"), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment["PYTHONPATH"] = os.pathsep.join(paths)
    environment["PYTHONSTARTUP"] = str(root / "book/kernel_startup.py")
    return environment


def keep_run(notebook: nbformat.NotebookNode, name: str, root: Path) -> None:
    """Keep a notebook that was run in `kernel_environment`, without an error, for the next build."""
    page = for_the_book(nbformat.writes(notebook))
    for cell in page.cells:
        cell.metadata.pop("execution", None)  # when it ran, which the cache would take for a difference
    folder = root / "build/book/ran" / execution_key(root)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.ipynb"
    nbformat.write(page, path.with_suffix(".tmp"))
    path.with_suffix(".tmp").replace(path)  # in one go: another process may be building the book


def take_runs(root: Path, key: str) -> None:
    """Put the notebooks that were kept into the cache, which tells by their code whether they still serve."""
    for path in sorted((root / "build/book/ran" / key).glob("*.ipynb")):
        bundle = CacheBundleIn(nbformat.read(path, as_version=4), str(path))
        cache = get_cache(root / "build/book/cache" / key)
        cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)
        path.unlink()


def build(root: Path, html: Path) -> int:
    """Build the book of the course in `root` into the folder `html`; return Sphinx's exit status."""
    book, caches = root / "build/book", root / "build/book/cache"
    notebooks = write_sources(root, book / "source")
    key = execution_key(root)
    for folder in (caches, book / "ran"):
        for old in folder.glob(f"{course_mode()}-*"):
            if old.name != key:
                shutil.rmtree(old)
    take_runs(root, key)
    # -E: Sphinx keeps no pages of its own from last time. It doesn't know what they depend on.
    command = [sys.executable, "-m", "sphinx", "-b", "html", "-E", "-W", "--keep-going", "-q"]
    command += ["-c", str(root / "book"), "-d", str(book / "doctrees"), "-j", "1"]
    command += ["-D", f"nb_execution_cache_path={caches / key}", str(book / "source"), str(html)]
    status = subprocess.run(command, env=kernel_environment(root)).returncode
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
    except LessonError as error:
        print(error)
        return 1
    if status == 0:
        print("The book:", options.to / "index.html")
    return status


if __name__ == "__main__":
    sys.exit(main())
