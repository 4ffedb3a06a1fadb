"""The course on another system: other names of folders, another encoding, workers that spawn."""

import os
import shutil
import subprocess
import sys

import pytest
import sync

# A learner's own script. Its workers don't fork, as on Windows and macOS: they import all that they need.
SCRIPT = """
import matplotlib.pyplot as plt
import torch
from torch.utils.data import DataLoader
from torchvision.transforms import v2
from helpers import fashion_mnist, plot_images, sign_mnist

if __name__ == "__main__":
    transform = v2.Compose([v2.ToImage(), v2.ToDtype(torch.float32, scale=True)])
    data = fashion_mnist(train=False, transform=transform)
    images, labels = next(iter(DataLoader(data, 32, num_workers=1, multiprocessing_context="spawn")))
    plot_images(images[:4], [data.classes[label] for label in labels[:4]])
    plt.savefig("pictures.png")
    print(len(images), "pictures and", len(sign_mnist(train=False)), "hands")
"""


@pytest.fixture
def folder(tmp_path):
    """Return a course in a folder whose name has a space and a letter beyond ASCII."""
    root = tmp_path / "für mich"
    if sys.getfilesystemencoding() != "utf-8":
        pytest.skip("no such folder can be made here")
    shutil.copytree(sync.ROOT / "helpers", root / "helpers", ignore=shutil.ignore_patterns("__pycache__"))
    (root / "notebooks").mkdir()
    return root


def test_all_works_with_an_ascii_system_a_home_that_cannot_be_written_and_spawned_workers(folder, tmp_path):
    (tmp_path / "file").touch()
    home = str(tmp_path / "file/home")  # nobody can make it, not even root
    mine = ("XDG_", "MPL", "COURSE_", "PYTHON", "LC_", "LANG")
    env = {name: value for name, value in os.environ.items() if not name.startswith(mine)}
    env |= {"HOME": home, "USERPROFILE": home, "LOCALAPPDATA": home}
    env |= {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONPATH": str(folder)}
    env |= {"COURSE_MODE": "small", "MPLBACKEND": "agg"}
    script = folder / "notebooks/my_script.py"
    script.write_text(SCRIPT, "utf-8")
    command = [sys.executable, script]
    done = subprocess.run(command, cwd=script.parent, env=env, capture_output=True, errors="replace")
    assert done.returncode == 0, done.stderr
    assert "32 pictures and 240 hands" in done.stdout
    assert (script.parent / "pictures.png").stat().st_size
