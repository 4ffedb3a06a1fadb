"""Make .venv with the Python that runs this, unless there is one that serves.

    python3 tools/make_venv.py             any Python that is new enough for the course serves
    python3.13 tools/make_venv.py --this   only this version serves

A .venv that doesn't serve is made again. This file must also run on a Python that is too old, to say so.
"""

import os
import re
import subprocess
import sys
from pathlib import Path
from subprocess import DEVNULL, PIPE

ROOT = Path(__file__).resolve().parents[1]
# `make` asks for pip: a .venv is whole only when it has it.
VERSION = "import pip, sys; print(*sys.version_info[:2])"


def oldest(root: Path) -> tuple:
    """Return the oldest version of Python that the course in `root` runs on."""
    found = re.search(r'requires-python = ">=(\d+)\.(\d+)"', (root / "pyproject.toml").read_text("utf-8"))
    return tuple(map(int, found.groups()))


def version_in(venv: Path) -> tuple:
    """Return the version of the Python in a virtual environment, an empty tuple if it doesn't work."""
    python = venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    try:
        done = subprocess.run([str(python), "-c", VERSION], check=True, stdout=PIPE, stderr=DEVNULL)
    except (OSError, subprocess.CalledProcessError):
        return ()
    return tuple(map(int, done.stdout.split()))


def main(argv: list, root: Path = ROOT) -> int:
    """Run the tool on the course in `root`; return its exit status."""
    venv, this, needed = root / ".venv", tuple(sys.version_info[:2]), oldest(root)
    there = version_in(venv)
    if there >= needed and ("--this" not in argv or there == this):
        return 0
    if this < needed:
        print("The course needs Python {}.{} or newer, but".format(*needed), end=" ")
        print("{} is {}.{}. Name another: make learn PYTHON=python3.13".format(sys.executable, *this))
        return 1
    print("Making {} with Python {}.{}".format(venv.name, *this))
    return subprocess.call([sys.executable, "-m", "venv", "--clear", str(venv)])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
