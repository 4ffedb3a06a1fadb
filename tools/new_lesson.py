"""Make a new lesson with all its parts, or list what is still empty in the lessons that are there.

    python tools/new_lesson.py 13_segmentation   write lesson, notebook, exercises, README row
    python tools/new_lesson.py --unfilled        list every line with FILL IN; exit 1 if there is one

A new lesson passes the tests as it is. The files it is made from stand in tools/lesson_template.
"""

import argparse
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from sync import HEADER, ROOT, build_notebook, fill_lesson, read_repository, table_of

TEMPLATE = Path(__file__).with_name("lesson_template")
# What the author of a lesson replaces, and where it may stand.
EMPTY = re.compile(r"FILL IN\b.*")
PARTS = ["README.md", "lessons/*.md", "helpers/exercises/lesson_*.py"]


class NotMade(Exception):
    """Why no lesson was made."""


def new_files(root: Path, name: str) -> dict[Path, str]:
    """Return the files of a new lesson with their texts, and the README with a row for it.

    Raises `NotMade` if the name is malformed or its number is taken.
    """
    if not re.fullmatch(r"\d\d_[a-z][a-z0-9_]*", name):
        raise NotMade(
            f"{name!r} is no name for a lesson. Write two digits, an underscore and the topic in small "
            "letters, digits and underscores, such as 13_segmentation."
        )
    number, table_path = name[:2], table_of(name)
    patterns = (f"lessons/{number}_*", f"notebooks/{number}_*", table_path)
    taken = [path.relative_to(root).as_posix() for pattern in patterns for path in root.glob(pattern)]
    if taken:
        raise NotMade(f"The number {number} is taken by {', '.join(sorted(taken))}. Choose another one.")
    lesson, table = (
        (TEMPLATE / file).read_text("utf-8").replace("NN", number) for file in ("lesson.md", "exercises.py")
    )
    repository = read_repository(root)
    lesson = fill_lesson(HEADER + lesson, name, repository, table)
    return {
        root / f"lessons/{name}.md": lesson,
        root / f"notebooks/{name}.ipynb": build_notebook(lesson, name, repository),
        root / table_path: table,
        root / "README.md": with_row((root / "README.md").read_text("utf-8"), name),
    }


def with_row(readme: str, name: str) -> str:
    """Return the README with a row for a lesson, in the order of the numbers."""
    row = f"| [{name[:2]}](notebooks/{name}.ipynb) | FILL IN: topic | FILL IN: what the reader will do |"
    lines = readme.split("\n")
    above = [i for i, line in enumerate(lines) if re.match(r"\| \[\d\d\]\(notebooks/", line) and line < row]
    if not above:
        raise NotMade("README.md has no table of lessons with a row above the new one.")
    return "\n".join([*lines[: above[-1] + 1], row, *lines[above[-1] + 1 :]])


def unfilled(root: Path) -> Iterator[str]:
    """Yield file, line number and text of each part that its author has not filled in yet."""
    for path in (path for pattern in PARTS for path in sorted(root.glob(pattern))):
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
            if found := EMPTY.search(line):
                yield f"{path.relative_to(root).as_posix()}:{number}: {found[0]}"


def main(argv: list[str] | None = None, root: Path = ROOT) -> int:
    """Run the tool on the course in `root`; return its exit status."""
    as_written = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=as_written)
    choice = parser.add_mutually_exclusive_group(required=True)
    choice.add_argument("name", nargs="?", metavar="NN_name", help="such as 13_segmentation")
    choice.add_argument("--unfilled", action="store_true", help="list what is empty, write nothing")
    options = parser.parse_args(argv)
    if options.unfilled:
        empty = list(unfilled(root))
        print("\n".join(empty) or "Nothing is empty.")
        return int(bool(empty))
    try:
        files = new_files(root, options.name)
    except NotMade as error:
        print(f"No lesson was made. {error}")
        return 1
    for path, text in files.items():
        path.write_text(text, "utf-8", newline="\n")
        print("wrote:", path.relative_to(root))
    print("Fill in what `python tools/new_lesson.py --unfilled` lists; CONTRIBUTING.md says how.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
