"""Gather all that learners need without a network in one folder: packages, notebooks, helpers, data.

    python tools/offline_bundle.py               into build/offline
    python tools/offline_bundle.py --to FOLDER   into another folder, which must not be there yet

Copy the folder to machines like this one, with the same system and the same version of Python; its README
says the two commands. The data are those of the course's cache: `python -m helpers.data.prepare` fills it.
"""

import argparse
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from helpers.course.settings import data_dir
from helpers.data.downloads import UNFINISHED
from helpers.data.grey_images import DEBIAN_FOLDERS, FASHION_MNIST

ROOT = Path(__file__).resolve().parents[1]
# pyproject.toml shows the first cell of each notebook where the course is.
COURSE = ["notebooks", "helpers", "pyproject.toml", "requirements.txt", "tools/learn_config.py"]
COURSE += ["LICENSE", "THIRD_PARTY.md"]
README = """\
# Tensors to Transfer, offline

For {system} on {machine} with Python {python}. No network is needed. Open a terminal in this folder.

On Linux and macOS, the first line once, the second each time:

```
python3 -m venv .venv && .venv/bin/pip install --no-index --find-links wheels -r requirements.txt
COURSE_DATA_DIR="$PWD/data" .venv/bin/jupyter lab --config=tools/learn_config.py
```

On Windows, in PowerShell:

```
python -m venv .venv; .venv\\Scripts\\pip install --no-index --find-links wheels -r requirements.txt
$env:COURSE_DATA_DIR="$PWD\\data"; .venv\\Scripts\\jupyter lab --config=tools/learn_config.py
```

Data in this folder: {data}. If its data are not here, a lesson takes what comes with the course, and says so.
"""


def left_out(aside: Path, *patterns: str) -> Callable[[str, list[str]], set[str]]:
    """Return what `shutil.copytree` asks for: which names in a folder it leaves out.

    They are those like `patterns`, and where copying would never end: the folder `aside`, in which the bundle
    is made, and links to a folder that holds the link.
    """
    named = shutil.ignore_patterns(*patterns)

    def names(folder: str, there: list[str]) -> set[str]:
        here, real = Path(folder).resolve(), {name: os.path.realpath(Path(folder, name)) for name in there}
        endless = {name for name in there if real[name] == str(aside) or here.is_relative_to(real[name])}
        return endless | named(folder, there)

    return names


def fill(bundle: Path, root: Path) -> None:
    """Write the packages of the course in `root`, its data and its files into the folder `bundle`."""
    # What may fail comes first.
    pip = [sys.executable, "-m", "pip", "wheel", "-w", bundle / "wheels", "-r", root / "requirements.txt"]
    subprocess.run(pip, check=True)
    data = bundle / "data"
    data.mkdir()
    if data_dir().is_dir():
        ignore = left_out(bundle.parent, f"{UNFINISHED}*")
        shutil.copytree(data_dir(), data, ignore=ignore, ignore_dangling_symlinks=True, dirs_exist_ok=True)
    # Where only Debian's package has FashionMNIST. The course reads both alike.
    fashion_mnist, debian = data / FASHION_MNIST.folder, DEBIAN_FOLDERS[FASHION_MNIST.name]
    if debian.is_dir() and not fashion_mnist.exists():
        shutil.copytree(debian, fashion_mnist)
    leave_out = left_out(bundle.parent, "__pycache__", ".ipynb_checkpoints", "models", "mine")
    for name in COURSE:
        (bundle / name).parent.mkdir(exist_ok=True)
        copy = partial(shutil.copytree, ignore=leave_out) if (root / name).is_dir() else shutil.copy
        copy(root / name, bundle / name)
    readme = README.format(
        system=platform.system(),
        machine=platform.machine(),
        python=".".join(platform.python_version_tuple()[:2]),
        data=", ".join(sorted(path.name for path in (bundle / "data").iterdir())) or "none",
    )
    (bundle / "README.md").write_text(readme, "utf-8", newline="\n")


def main(argv: list[str] | None = None, root: Path = ROOT) -> int:
    """Run the tool on the course in `root`; return its exit status."""
    as_written = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=as_written)
    parser.add_argument("--to", type=Path, default=root / "build/offline", metavar="FOLDER")
    bundle = parser.parse_args(argv).to
    if bundle.exists():
        print(f"{bundle} is there already. Remove it, or name another folder with --to.")
        return 1
    try:
        bundle.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=bundle.parent, prefix=f"{bundle.name}-") as aside:
            made = Path(aside).resolve() / bundle.name
            made.mkdir()
            fill(made, root)
            made.rename(bundle)
    except subprocess.CalledProcessError:
        print("pip couldn't get all packages; its last lines say why. Nothing was kept.")
        return 1
    except OSError as error:
        why = error.args[0][0][-1] if isinstance(error, shutil.Error) else error  # the first of many
        print(f"{bundle} can't be written: {why}. Nothing was kept.")
        return 1
    except KeyboardInterrupt:
        print("Stopped. Nothing was kept.")
        return 130
    size = sum(path.stat().st_size for path in bundle.rglob("*") if path.is_file())
    print(f"wrote: {bundle}, {size / 1e9:.1f} GB. Its README.md says how to use it.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
