"""The folder for teaching offline: its README's two commands work, with a tiny package for all others."""

import errno
import os
import re
import shutil
import subprocess
import zipfile
from unittest.mock import Mock

import offline_bundle
import pytest
from sync import ROOT

# Takes the place of JupyterLab: says how it was started, and where a first cell finds the course.
STAND_IN = """
import json, os, sys
os.chdir("notebooks")
with open("05_fashion_mnist.ipynb", encoding="utf-8") as file:
    cells = json.load(file)["cells"]
exec("".join(next(cell["source"] for cell in cells if cell["cell_type"] == "code")), {})
import importlib.util
print(sys.argv[1:], os.environ["COURSE_DATA_DIR"], importlib.util.find_spec("helpers").origin, sep="\\n")
"""
# This is enough of the package lazy_loader for the first cell, which imports `helpers`.
LAZY = "def attach_stub(*_):\n    return (lambda name: None), None, ['show_setup']\n"


@pytest.fixture
def course(tmp_path, monkeypatch):
    """Return a copy of the course with some data. It requires one tiny package; the wheel is at hand."""
    root = tmp_path / "course"
    for name in offline_bundle.COURSE:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, root / name)
        else:
            shutil.copy(ROOT / name, root / name)
    (root / "requirements.txt").write_text("stand-in>=1.0\n")
    (tmp_path / "wheels").mkdir()
    about = "stand_in-1.0.dist-info"
    with zipfile.ZipFile(tmp_path / "wheels/stand_in-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("stand_in.py", "def main():" + STAND_IN.replace("\n", "\n    "))
        wheel.writestr("torch.py", "")
        wheel.writestr("lazy_loader.py", LAZY)
        wheel.writestr(f"{about}/METADATA", "Metadata-Version: 2.1\nName: stand-in\nVersion: 1.0\n")
        wheel.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{about}/entry_points.txt", "[console_scripts]\njupyter = stand_in:main\n")
        wheel.writestr(f"{about}/RECORD", "")
    for folder in ("models", "mine"):
        (root / "notebooks" / folder).mkdir(exist_ok=True)  # what a learner's own notebooks leave
    (tmp_path / "cache/synthetic-hands").mkdir(parents=True)
    (tmp_path / "cache/synthetic-hands/hands.bin").write_bytes(b"hands")
    (tmp_path / "debian").mkdir()
    (tmp_path / "debian/train-images-idx3-ubyte.gz").write_bytes(b"clothes")
    monkeypatch.setenv("COURSE_DATA_DIR", str(tmp_path / "cache"))
    monkeypatch.setitem(offline_bundle.DEBIAN_FOLDERS, "FashionMNIST", tmp_path / "debian")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "wheels"))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    return root


@pytest.fixture
def no_pip(monkeypatch):
    """Let pip do nothing: it takes seconds."""
    monkeypatch.setattr(subprocess, "run", Mock())


def commands(bundle):
    """Return the two commands of the README for Linux."""
    first_fence = re.search(r"^```\n(.+?)\n```", (bundle / "README.md").read_text("utf-8"), re.M | re.S)
    return first_fence[1].splitlines()


@pytest.mark.skipif(os.name != "posix", reason="the commands are those for Linux and macOS")
def test_the_two_commands_of_its_readme_start_jupyter_on_another_machine(course, tmp_path, capfd):
    assert offline_bundle.main(["--to", str(tmp_path / "bundle")], course) == 0
    assert "README.md says how" in capfd.readouterr().out
    # The other machine has it in another place, and none of this one's settings.
    bundle = (tmp_path / "bundle").rename(tmp_path / "elsewhere")
    assert not {"models", "mine"} & {path.name for path in (bundle / "notebooks").iterdir()}
    environment = {"PATH": os.environ["PATH"], "PIP_CONFIG_FILE": os.devnull}
    install, start = commands(bundle)
    subprocess.run(install, shell=True, cwd=bundle, env=environment, check=True)
    out = subprocess.run(
        start, shell=True, cwd=bundle, env=environment, check=True, stdout=subprocess.PIPE, text=True
    ).stdout
    arguments, data, helpers = out.splitlines()
    assert arguments == "['lab', '--config=tools/learn_config.py']"
    assert data == str(bundle / "data")
    assert helpers == str(bundle / "helpers/__init__.py")


@pytest.mark.usefixtures("no_pip")
def test_it_holds_notebooks_configuration_and_the_data_that_are_there(course, tmp_path):
    bundle = tmp_path / "bundle"
    assert offline_bundle.main(["--to", str(bundle)], course) == 0
    notebooks = {path.name for path in (bundle / "notebooks").glob("*.ipynb")}
    assert notebooks == {path.name for path in (ROOT / "notebooks").glob("*.ipynb")}
    assert (bundle / "data/synthetic-hands/hands.bin").read_bytes() == b"hands"
    assert (bundle / "data/fashion-mnist/train-images-idx3-ubyte.gz").read_bytes() == b"clothes"
    assert "fashion-mnist, synthetic-hands." in (bundle / "README.md").read_text("utf-8")
    assert not list(bundle.rglob("__pycache__"))
    # What the cache has of FashionMNIST comes before Debian's.
    shutil.rmtree(bundle)
    (tmp_path / "cache/fashion-mnist").mkdir()
    assert offline_bundle.main(["--to", str(bundle)], course) == 0
    assert not list((bundle / "data/fashion-mnist").iterdir())


def test_a_package_that_cannot_be_had_is_an_error_and_leaves_nothing(course, tmp_path, capfd):
    (course / "requirements.txt").write_text("stand-in>=2.0\n")
    assert offline_bundle.main(["--to", str(tmp_path / "bundle")], course) == 1
    assert "pip couldn't get all packages" in capfd.readouterr().out
    assert not (tmp_path / "bundle").exists()


@pytest.mark.usefixtures("no_pip")
@pytest.mark.parametrize(
    ("error", "said"),
    [
        (KeyboardInterrupt(), "Stopped. Nothing was kept."),
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), "can't be written: [Errno 28] No space left"),
        (
            shutil.Error([("from", "to", "a named pipe"), ("a", "b", "c")]),
            "can't be written: a named pipe. Nothing was kept.",
        ),
    ],
)
def test_ctrl_c_and_a_full_disk_leave_nothing_and_the_next_try_works(
    course, tmp_path, capsys, monkeypatch, error, said
):
    bundle, copy = tmp_path / "bundles/offline", shutil.copy
    monkeypatch.setattr(shutil, "copy", Mock(side_effect=error))  # after wheels, data and notebooks
    assert offline_bundle.main(["--to", str(bundle)], course) != 0
    assert said in capsys.readouterr().out
    assert list(bundle.parent.iterdir()) == []
    monkeypatch.setattr(shutil, "copy", copy)
    assert offline_bundle.main(["--to", str(bundle)], course) == 0
    assert list(bundle.parent.iterdir()) == [bundle]


@pytest.mark.usefixtures("no_pip")
def test_unfinished_downloads_and_links_that_lead_nowhere_or_to_themselves_stay_behind(course, tmp_path):
    (tmp_path / "cache/nowhere").symlink_to(tmp_path / "not there")
    (tmp_path / "cache/itself").symlink_to("itself")
    (tmp_path / "cache/synthetic-hands/above").symlink_to(tmp_path / "cache")
    (tmp_path / "cache/synthetic-hands/.unfinished-1a2b").mkdir()
    (tmp_path / "cache/synthetic-hands/.unfinished-1a2b/half.bin").touch()
    (tmp_path / "disk").mkdir()
    (tmp_path / "disk/photo.jpg").touch()
    (tmp_path / "cache/pets").symlink_to(tmp_path / "disk")
    assert offline_bundle.main(["--to", str(tmp_path / "bundle")], course) == 0
    kept = {path.name for path in (tmp_path / "bundle/data").rglob("*") if path.is_file()}
    assert kept == {"hands.bin", "photo.jpg", "train-images-idx3-ubyte.gz"}


@pytest.mark.usefixtures("no_pip")
@pytest.mark.parametrize("around", ["cache", "cache/synthetic-hands", "course/notebooks"])
def test_a_bundle_within_what_is_copied_does_not_hold_itself(course, tmp_path, around):
    bundle = tmp_path / around / "build/offline"
    assert offline_bundle.main(["--to", str(bundle)], course) == 0
    assert (bundle / "data/synthetic-hands/hands.bin").exists()
    assert (bundle / "notebooks/05_fashion_mnist.ipynb").exists()
    assert not list(bundle.rglob("offline*"))


def test_a_folder_that_is_there_is_left_as_it_is(course, tmp_path, capsys):
    (tmp_path / "cache/mine").touch()
    assert offline_bundle.main(["--to", str(tmp_path / "cache")], course) == 1
    assert "is there already" in capsys.readouterr().out
    assert (tmp_path / "cache/mine").exists()
