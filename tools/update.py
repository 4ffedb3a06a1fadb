"""Get the newest version of the course, and keep what you wrote into its notebooks.

    python tools/update.py        fetch the new version with git
    python tools/update.py OLD    without git: in the new folder, take over what you wrote in the folder OLD

Where a lesson is still the same, your notebook stays in its place. Where it has changed, your notebook moves
to notebooks/mine, and the new one takes its place. The folder OLD isn't changed. Close JupyterLab first. This
tool needs no package.
"""

import argparse
import filecmp
import shutil
import subprocess
import sys
from datetime import date
from itertools import count
from pathlib import Path

from answers import cells, written

ROOT = Path(__file__).resolve().parents[1]
OTHER_WAY = """\
Another way: download the new version, unpack it beside this folder, and run there:
python tools/update.py "{}\""""
NEXT = "Next: `make learn`. Without make: python -m pip install -r requirements.txt -e ."


def set_aside(notebook: Path, root: Path) -> Path:
    """Copy a notebook into notebooks/mine, under a name that is free; return the copy."""
    mine = root / "notebooks/mine"
    mine.mkdir(parents=True, exist_ok=True)
    name = f"{notebook.stem} {date.today()}"
    copies = (mine / f"{name}{f' {number}' if number > 1 else ''}.ipynb" for number in count(1))
    copy = next(path for path in copies if not path.exists() or filecmp.cmp(path, notebook, shallow=False))
    shutil.copy2(notebook, copy)
    return copy


def settle(copy: Path, place: Path, root: Path) -> None:
    """Put the copy of a notebook back into its place if its lesson is still the same, and say where it is."""
    mine, new = (path.read_text("utf-8", "replace") if path.exists() else "" for path in (copy, place))
    if is_same_lesson(mine, new):
        copy.replace(place)
        print("kept in its place:", place.relative_to(root))
    elif written(mine):
        print(f"kept: {copy.relative_to(root)} (its lesson has changed)")
    else:
        copy.unlink()  # outputs only


def is_same_lesson(mine: str, new: str) -> bool:
    """Was a reader's notebook made from the lesson of which `new` is the notebook, still without answers?"""
    mine_ids, new_ids = ({name for *_, name in cells(text)} for text in (mine, new))
    return new_ids <= mine_ids and not written(new)


def update_with_git(root: Path) -> int:
    """Pull the new version; return the exit status."""

    def git(*command: str) -> str:
        done = subprocess.run(["git", *command], cwd=root, check=True, stdout=subprocess.PIPE)
        return done.stdout.decode()

    copies = {}
    try:
        changed = git("diff", "--name-only", "-z", "HEAD", "--", "notebooks/*.ipynb").split("\0")[:-1]
        copies = {root / name: set_aside(root / name, root) for name in changed if (root / name).exists()}
        if changed:
            git("checkout", "-q", "HEAD", "--", *changed)
        print(git("pull", "--ff-only"), end="")
    except subprocess.CalledProcessError:
        print("git can't get the new version: see above. Your notebooks are as they were.")
        print(OTHER_WAY.format(root))
        return 1
    finally:
        for place, copy in copies.items():
            settle(copy, place, root)
    return 0


def take_over(old: Path, root: Path) -> int:
    """Bring here what was written in the folder `old`; return the exit status."""
    if not (old / "notebooks").is_dir() or old.resolve() == root:
        print(f"{old} isn't the folder of another version: it has no notebooks, or it is this one.")
        return 1
    # First what lies in folders: notebooks that were set aside before keep their names.
    for path in sorted((old / "notebooks").rglob("*"), key=lambda path: len(path.parts), reverse=True):
        place = root / path.relative_to(old)
        is_notebook = path.suffix == ".ipynb"
        if not path.is_file() or ".ipynb_checkpoints" in path.parts:
            continue
        if is_notebook and not written(path.read_text("utf-8", "replace")):
            continue
        if not place.exists():
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, place)
            print("kept:", place.relative_to(root))
        elif is_notebook and not filecmp.cmp(path, place, shallow=False):
            settle(set_aside(path, root), place, root)
    return 0


def main(argv: list[str] | None = None, root: Path = ROOT) -> int:
    """Run the tool on the course in `root`; return its exit status."""
    as_written = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=as_written)
    parser.add_argument("old", metavar="OLD", type=Path, nargs="?", help="the folder in which you worked")
    old = parser.parse_args(argv).old
    if not old and not ((root / ".git").exists() and shutil.which("git")):
        print("This folder didn't come with git, or git isn't installed.")
        print(OTHER_WAY.format(root))
        return 1
    status = take_over(old, root) if old else update_with_git(root)
    if not status:
        print(NEXT)
    return status


if __name__ == "__main__":
    sys.exit(main())
