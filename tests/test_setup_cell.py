"""The first cell of every notebook, run where learners run it: installed, in the course, in Colab."""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import venv
from importlib.metadata import version
from pathlib import Path

import pytest
import sync
from oldest import constraints

import helpers

REPORT = """
from importlib.metadata import version
from importlib.util import find_spec
import helpers
print(helpers.__file__, version("torch"), find_spec("torch").origin)
"""


class Machine:
    """A Python that has all packages of this one, but not the course's; pip installs beside them."""

    def __init__(self, root: Path):
        self.folder, packages = root / "empty", root / "packages"
        for folder in (self.folder, packages):
            folder.mkdir()
        for package in Path(sysconfig.get_paths()["purelib"]).iterdir():
            ours = package.name.startswith(("tensors_to_transfer", "__editable__", "helpers"))
            if not ours and package.suffix not in {".pth", ".egg-link"}:
                (packages / package.name).symlink_to(package)
        venv.EnvBuilder(with_pip=False, symlinks=True).create(root / "venv")
        self.python = root / "venv/bin/python"
        [self.site] = (root / "venv/lib").glob("python*/site-packages")
        (self.site / "packages.pth").write_text(f"{packages}\n")

    def install(self, course: Path) -> None:
        """Do what pip does to install a course without copying it."""
        about = self.site / "tensors_to_transfer-0.1.0.dist-info"
        about.mkdir()
        (about / "METADATA").write_text("Metadata-Version: 2.1\nName: tensors-to-transfer\nVersion: 0.1.0\n")
        (self.site / "course.pth").write_text(f"{course}\n")

    def run(
        self, repository: str, folder: Path | None = None, path: str = "", before: str = ""
    ) -> tuple[list[str], str]:
        """Run the cell as a kernel would: no network, no course; return what is reported, and the error."""
        folder = folder or self.folder
        env = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "PYTHON"))}
        # PIP_NO_BUILD_ISOLATION=0 means *no* isolation: the build uses the flit that is there.
        env |= {"PIP_NO_INDEX": "1", "PIP_NO_BUILD_ISOLATION": "0", "PIP_CONFIG_FILE": os.devnull}
        env |= {"PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1", "GIT_CONFIG_GLOBAL": os.devnull}
        script = folder / "cell.py"
        lines = ["import sys, types", "sys.path[0] = ''", before, sync.setup_cell(repository), REPORT]
        script.write_text("\n".join(lines), "utf-8")
        command = [self.python, script]
        done = subprocess.run(command, cwd=folder, env=env, capture_output=True, errors="replace")
        script.unlink()
        return done.stdout.split(), done.stderr

    def torches(self) -> list[str]:
        """Return what pip has installed of torch."""
        return [path.name for path in self.site.iterdir() if "torch" in path.name]


@pytest.fixture
def machine(tmp_path):
    if os.name != "posix":
        pytest.skip("the machine is made of links, in Unix's folders")
    root = tmp_path / "co$t"  # setuptools would look for a variable `t`
    root.mkdir()
    return Machine(root)


@pytest.fixture
def course(tmp_path):
    """Return a git repository with what makes up the course's package, and a folder for notebooks."""
    root = tmp_path / "course"
    (root / "notebooks").mkdir(parents=True)
    shutil.copytree(sync.ROOT / "helpers", root / "helpers", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(sync.ROOT / name, root)
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    env = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    for command in (["init", "-q"], ["add", "-A"], [*identity, "commit", "-q", "--no-verify", "-m", "A"]):
        subprocess.run(["git", *command], cwd=root, check=True, env=env)
    return root


def test_an_installed_course_is_left_alone(monkeypatch, tmp_path):
    monkeypatch.delattr(subprocess, "run")
    monkeypatch.setitem(sys.modules, "helpers", helpers)
    monkeypatch.chdir(tmp_path)
    path = list(sys.path)
    exec(sync.setup_cell("https://example.org/course"), {})
    assert sys.path == path


def test_the_course_is_found_from_the_folder_of_the_notebooks(machine, course):
    # Another package called helpers is installed: it must not be taken for ours.
    (machine.site / "helpers").mkdir()
    (machine.site / "helpers/__init__.py").touch()
    out, err = machine.run("", course / "notebooks")
    assert out[:1] == [str(course / "helpers/__init__.py")], err


@pytest.mark.parametrize(
    ("installed", "in_the_way"),
    [("course", "helpers/"), ("course", "helpers.py"), ("renamed", "helpers/__init__.py")],
)
def test_the_nearest_course_comes_first(machine, course, tmp_path, in_the_way, installed):
    machine.install(tmp_path / installed)  # the folder of which this is a copy, or its former name
    copy = shutil.copytree(course, tmp_path / "copy")
    (copy / "notebooks" / in_the_way).parent.mkdir(exist_ok=True)
    if in_the_way.endswith("/"):
        (copy / "notebooks" / in_the_way).mkdir()
    else:
        (copy / "notebooks" / in_the_way).touch()
    out, err = machine.run("", copy / "notebooks")
    assert out[:1] == [str(copy / "helpers/__init__.py")], err


def test_another_helpers_that_is_loaded_already_makes_room(machine, course):
    before = "sys.modules['helpers'] = types.ModuleType('helpers')"
    out, err = machine.run("", course / "notebooks", before=before)
    assert out[:1] == [str(course / "helpers/__init__.py")], err


def test_a_file_that_hides_the_installed_course_is_named(machine, course):
    machine.install(course)
    (machine.folder / "helpers.py").touch()
    out, err = machine.run("")
    assert out == []
    assert "helpers.py'> isn't the course's: rename it, then restart." in err


def test_a_kernel_without_torch_hears_which_one_to_choose(machine, course):
    out, err = machine.run("", course / "notebooks", before="sys.modules['torch'] = None")
    assert out == []
    assert f"{machine.python} has no torch: choose the kernel of `.venv`." in err


def test_projects_around_the_course_may_hold_anything(machine, course):
    (course / "notebooks/pyproject.toml").write_bytes("name = 'Łódź'".encode("iso-8859-2"))
    out, err = machine.run("", course / "notebooks")
    assert out[:1] == [str(course / "helpers/__init__.py")], err


def test_outside_the_course_and_without_an_address_the_cell_says_what_to_do(machine):
    (machine.folder / "helpers").mkdir()  # another project's
    out, err = machine.run("")
    assert out == []
    assert "open this notebook in the course's folder" in err


def other_torch(folder: Path, torch: str, torchvision: str) -> str:
    """Return a folder whose packages say that they are these versions of torch and torchvision."""
    for name, number in (("torch", torch), ("torchvision", torchvision)):
        about = folder / f"{name}-{number}.dist-info"
        about.mkdir(parents=True)
        (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {number}\n")
    return str(folder)


def files_of(folder: Path) -> set[Path]:
    return {path.relative_to(folder) for path in folder.rglob("*.*") if path.suffix != ".pyc"}


OLDEST = dict(line.split("==") for line in constraints(sync.ROOT))


@pytest.mark.parametrize(
    "versions",
    [None, (OLDEST["torch"], OLDEST["torchvision"]), ("99.0.0", "99.0.0")],
    ids=["this", "oldest", "newer"],
)
def test_elsewhere_pip_installs_the_course_and_any_torch_that_it_works_with_stays(
    machine, course, tmp_path, versions
):
    path = other_torch(tmp_path / "other", *versions) if versions else ""
    (machine.site / "helpers").mkdir()  # pip was interrupted
    (machine.site / "helpers/__init__.py").write_text("half of it")
    out, err = machine.run(course.as_uri(), path=path)
    assert out[:2] == [str(machine.site / "helpers/__init__.py"), (versions or [version("torch")])[0]], err
    assert out[2].startswith(str(machine.folder.parent / "packages"))
    assert machine.torches() == []
    assert files_of(machine.site / "helpers") == files_of(course / "helpers")


def test_a_torch_that_is_too_old_is_named_and_not_replaced(machine, course, tmp_path):
    out, err = machine.run(course.as_uri(), path=other_torch(tmp_path / "old", "2.0.0", "0.15.0"))
    assert out == []
    assert "ModuleNotFoundError: pip can't install" in err
    assert "torch==2.0.0" in err
    assert machine.torches() == []


@pytest.mark.parametrize(
    "nowhere", ["file:///nothing/here", "http://127.0.0.1:9/course"], ids=["wrong", "offline"]
)
def test_an_address_that_cannot_be_reached_is_named(machine, nowhere):
    out, err = machine.run(nowhere)
    assert out == []
    assert f"pip can't install {nowhere} (no network?):" in err
    assert "fatal: " in err  # what git says


def test_the_cell_is_short_enough_to_be_read():
    assert len(sync.setup_cell("").splitlines()) <= 25


def test_the_cell_is_folded_in_colab():
    # A notebook's metadata could do it in JupyterLab, too. But jupytext would then take it for an edit.
    assert re.fullmatch(r"# @title .* \{display-mode: \"form\"\}", sync.setup_cell("").splitlines()[0])
