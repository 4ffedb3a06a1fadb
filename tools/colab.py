"""Run notebooks as in Colab: on its packages, each in an empty folder. What is committed last is tried.

    python tools/colab.py              all notebooks, or those named, such as 05 09
    python tools/colab.py --refresh    only fetch Colab's list of packages again

In build/colab a Python gets Colab's versions of what the course needs (5 GB). A kernel has matplotlib loaded
when a notebook begins. Its first cell installs the course from git. In the end pip puts everything back.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import time
import tomllib
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.request import urlopen

import nbformat
import sync
from nbclient.client import CellExecutionError, DeadKernelError, NotebookClient

LIST = Path(__file__).with_name("colab_packages.txt")
SOURCE = "https://raw.githubusercontent.com/googlecolab/backend-info/main/pip-freeze.gpu.txt"
PYTHON = os.environ.get("COLAB_PYTHON", "python3.13")  # its list does not say which
FIRST = "%matplotlib inline\nimport matplotlib.pyplot, numpy, pandas"  # what Colab's kernel has loaded
SETTINGS = {"MPLBACKEND": "module://matplotlib_inline.backend_inline", "COURSE_MODE": "small"}
SETTINGS |= {"PYTHONPATH": "", "COURSE_STRICT": "", "PYDEVD_DISABLE_FILE_VALIDATION": "1"}
_PACKAGE = re.compile(r"([\w.-]+)(?:==| @ \S+/\w+-(?=\S+\.whl))(\d[\w.]*)")  # torch comes with an address


def packages(text: str) -> dict[str, str]:
    """Return name → version of a list as `pip freeze` prints it, without a build's mark such as +cu128."""
    found = filter(None, map(_PACKAGE.match, text.splitlines()))
    return {re.sub(r"[-_.]+", "-", line[1]).lower(): line[2] for line in found}


def colab_list(text: str, day: date) -> str:
    """Return our file of Colab's packages. CUDA's are not in it: they differ with the build of torch."""
    kept = [f"{name}=={at}" for name, at in packages(text).items() if not re.search("cuda|nvidia", name)]
    return "\n".join([f"# Colab's packages but for CUDA's: {SOURCE}", f"# of {day}", *sorted(kept), ""])


def way_back(before: dict[str, str], now: dict[str, str]) -> tuple[list[str], list[str]]:
    """Return what to uninstall and what to install (``name==version``), so that `now` becomes `before`."""
    changed = [f"{name}=={version}" for name, version in before.items() if now.get(name) != version]
    return [name for name in now if name not in before], changed


class Replica:
    """A Python with Colab's versions of what the course needs; made where it is missing or out of date."""

    def __init__(self, folder: Path):
        self.python, stamp, colabs = folder / "bin/python", folder / "replica.json", LIST.read_text("utf-8")
        if not stamp.exists() or json.loads(stamp.read_text("utf-8"))["list"] != colabs:
            subprocess.run([PYTHON, "-m", "venv", "--clear", folder], check=True)
            project = tomllib.loads((sync.ROOT / "pyproject.toml").read_text("utf-8"))["project"]
            needed = {re.match(r"[\w-]+", line)[0] for line in project["dependencies"]}
            needed = needed & packages(colabs).keys() | {"ipykernel", "ipython", "notebook"}
            self.call("pip", "install", "--constraint", LIST, *needed)
            self.call("ipykernel", "install", "--prefix", folder, "--name", "colab")
            stamp.write_text(json.dumps({"list": colabs, "packages": self.installed()}), "utf-8")
        self.before = json.loads(stamp.read_text("utf-8"))["packages"]
        os.environ["JUPYTER_PATH"] = str(folder / "share/jupyter")

    def call(self, module: str, *arguments: object) -> str:
        """Run a module such as pip, and return what it prints."""
        command = [self.python, "-m", module, *arguments]
        return subprocess.run(command, check=True, stdout=subprocess.PIPE, encoding="utf-8").stdout

    def installed(self) -> dict[str, str]:
        """Return name → version of all that is installed."""
        return packages(self.call("pip", "list", "--format=freeze"))

    def put_back(self) -> list[str]:
        """Undo what was installed since the replica was made; return Colab's packages that had changed."""
        added, changed = way_back(self.before, self.installed())
        if added:
            self.call("pip", "uninstall", "--yes", *added)
        if changed:
            self.call("pip", "install", "--no-deps", *changed)
        return changed


def run(lesson: Path) -> str:
    """Run a lesson's notebook as Colab does; return the error that ended it, or nothing."""
    text = sync.build_notebook(lesson.read_text("utf-8"), lesson.stem, sync.ROOT.as_uri())
    notebook = nbformat.reads(text, as_version=4)
    notebook.cells.insert(0, nbformat.v4.new_code_cell(FIRST))
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        try:
            client = NotebookClient(notebook, timeout=None, kernel_name="colab")
            client.execute(cwd=folder, env=os.environ | SETTINGS)
        except (CellExecutionError, DeadKernelError) as error:
            return str(error)
    return ""


def main(argv: list[str] | None = None) -> int:
    """Run the tool; return its exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("lessons", nargs="*", help="such as 05 09; default: all")
    parser.add_argument("--refresh", action="store_true", help="only fetch Colab's list of packages")
    options = parser.parse_args(argv)
    if options.refresh:
        text = colab_list(urlopen(SOURCE).read().decode(), date.today())
        LIST.write_text(text, "utf-8", newline="\n")
        return 0
    replica, failed = Replica(sync.ROOT / "build/colab"), 0
    replica.put_back()  # a run may have been interrupted
    for lesson in sorted((sync.ROOT / "lessons").glob(sync.LESSONS)):
        if not options.lessons or lesson.stem[:2] in options.lessons:
            start = time.perf_counter()
            error, seconds = run(lesson), time.perf_counter() - start
            changed = ", ".join(replica.put_back()) or "nothing"
            print(f"{lesson.stem}: {seconds:.0f} s, pip replaced {changed}.", error, flush=True)
            failed += bool(error)
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
