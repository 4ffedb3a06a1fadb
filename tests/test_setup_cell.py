"""The first cell of every notebook, run where learners run it: installed, in the course, in Colab."""

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from importlib.metadata import version
from pathlib import Path

import nbformat
import pytest
import sync
from oldest import constraints

REPORT_HELPERS = """
import helpers
print(helpers.__file__)
"""
REPORT_TORCH = """
from importlib.metadata import version
from importlib.util import find_spec
print(version("torch"), find_spec("torch").origin)
"""


def first_cell(repository: str) -> str:
    """Return the first code cell of a notebook that is built for a course at `repository`."""
    lesson = sync.HEADER + "\n# 05 · Clothes\n\n```{code-cell} ipython3\n:tags: [setup]\n\n```\n"
    notebook = nbformat.reads(sync.build_notebook(lesson, "05_clothes", repository), as_version=4)
    return next(cell.source for cell in notebook.cells if cell.cell_type == "code")


class Machine:
    """A Python that has all packages of this one, but not the course's; pip installs beside them."""

    def __init__(self, root: Path):
        packages = root / "packages"
        packages.mkdir()
        for package in Path(sysconfig.get_paths()["purelib"]).iterdir():
            ours = package.name.startswith(("tensors_to_transfer", "__editable__", "helpers"))
            if not ours and package.suffix not in {".pth", ".egg-link"}:
                (packages / package.name).symlink_to(package)
        venv.EnvBuilder(with_pip=False, symlinks=True).create(root / "venv")
        self.python = root / "venv/bin/python"
        self.site = Path(
            self.run("import sysconfig; print(sysconfig.get_paths()['purelib'])", root)[0].strip()
        )
        (self.site / "packages.pth").write_text(f"{packages}\n")

    def run(self, code: str, folder: Path, path: str = "") -> tuple[str, str]:
        """Run code in a folder, as a kernel would: no network, no course; return what it prints."""
        env = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "PYTHON"))}
        # PIP_NO_BUILD_ISOLATION=0 means *no* isolation: the build uses the setuptools that is there.
        env |= {"PIP_NO_INDEX": "1", "PIP_NO_BUILD_ISOLATION": "0", "PIP_CONFIG_FILE": os.devnull}
        env |= {"PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1", "GIT_CONFIG_GLOBAL": os.devnull}
        script = folder / "cell.py"
        script.write_text(f"import sys; sys.path[0] = ''\n{code}", "utf-8")
        done = subprocess.run([self.python, script], cwd=folder, env=env, capture_output=True, text=True)
        script.unlink()
        return done.stdout, done.stderr


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


@pytest.fixture
def course(tmp_path):
    """Return a copy of what makes up the course's package, and a folder for notebooks."""
    root = tmp_path / "course"
    (root / "notebooks").mkdir(parents=True)
    shutil.copytree(sync.ROOT / "helpers", root / "helpers", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(sync.ROOT / name, root)
    return root


@pytest.fixture
def repository(course):
    """Return the address of a git repository that holds the course."""
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    for command in (["init", "-q"], ["add", "-A"], [*identity, "commit", "-q", "--no-verify", "-m", "A"]):
        env = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
        subprocess.run(["git", *command], cwd=course, check=True, env=env)
    return course.as_uri()


@pytest.fixture
def empty(tmp_path):
    folder = tmp_path / "empty"
    folder.mkdir()
    return folder


def test_an_installed_course_is_left_alone(monkeypatch, empty):
    def refuse(*_, **__):
        raise AssertionError("a process was started")

    monkeypatch.setattr(subprocess, "run", refuse)
    monkeypatch.chdir(empty)
    path = list(sys.path)
    exec(first_cell("https://example.org/course"), {})
    assert sys.path == path


def test_the_course_is_found_from_the_folder_of_the_notebooks(machine, course):
    # Another package called helpers is installed: it must not be taken for ours.
    (machine.site / "helpers").mkdir()
    (machine.site / "helpers/__init__.py").touch()
    out, err = machine.run(first_cell("") + REPORT_HELPERS, course / "notebooks")
    assert out.splitlines() == [str(course / "helpers/__init__.py")], err


def test_outside_the_course_and_without_an_address_the_cell_says_what_to_do(machine, empty):
    (empty / "pyproject.toml").write_text('dependencies = ["tensors-to-transfer"]')  # another project
    out, err = machine.run(first_cell("") + REPORT_HELPERS, empty)
    assert out == ""
    assert "open this notebook in the course's folder" in err


def test_elsewhere_pip_installs_the_course_and_torch_stays(machine, empty, repository):
    before, _ = machine.run(REPORT_TORCH, empty)
    out, err = machine.run(first_cell(repository) + REPORT_HELPERS + REPORT_TORCH, empty)
    assert out.splitlines() == [str(machine.site / "helpers/__init__.py"), before.strip()], err
    assert before.split()[0] == version("torch")
    assert [path.name for path in machine.site.iterdir() if "torch" in path.name] == []


def other_torch(folder: Path, torch: str, torchvision: str) -> str:
    """Return a folder whose packages say that they are these versions of torch and torchvision."""
    for name, number in (("torch", torch), ("torchvision", torchvision)):
        about = folder / f"{name}-{number}.dist-info"
        about.mkdir(parents=True)
        (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {number}\n")
    return str(folder)


OLDEST = dict(line.split("==") for line in constraints(sync.ROOT))


@pytest.mark.parametrize(
    ("torch", "torchvision"),
    [(OLDEST["torch"], OLDEST["torchvision"]), ("99.0.0", "99.0.0")],
    ids=["oldest", "newer"],
)
def test_any_torch_that_the_course_works_with_stays(machine, empty, repository, tmp_path, torch, torchvision):
    path = other_torch(tmp_path / "other", torch, torchvision)
    out, err = machine.run(first_cell(repository) + REPORT_HELPERS + REPORT_TORCH, empty, path)
    helpers, found = out.splitlines()
    assert helpers == str(machine.site / "helpers/__init__.py"), err
    assert found.split()[0] == torch
    assert [path.name for path in machine.site.iterdir() if "torch" in path.name] == []


def test_a_torch_that_is_too_old_is_named_and_not_replaced(machine, empty, repository, tmp_path):
    path = other_torch(tmp_path / "old", "2.0.0", "0.15.0")
    out, err = machine.run(first_cell(repository) + REPORT_HELPERS, empty, path)
    assert out == ""
    assert "ModuleNotFoundError: pip can't install" in err
    assert "torch==2.0.0" in err
    assert [path.name for path in machine.site.iterdir() if "torch" in path.name] == []


def test_an_address_that_leads_nowhere_is_named(machine, empty):
    nowhere = (empty / "nothing").as_uri()
    out, err = machine.run(first_cell(nowhere) + REPORT_HELPERS, empty)
    assert out == ""
    assert f"pip can't install {nowhere}:" in err


def test_the_cell_is_short_enough_to_be_read():
    assert len(sync.setup_cell("").splitlines()) <= 25
