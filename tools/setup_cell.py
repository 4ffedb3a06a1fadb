# @title Setup: lets Python find the course's package `helpers`
# In the course's folder it downloads nothing. Elsewhere, as in Colab, pip installs the course, but no torch.
import os
import subprocess
import sys
from importlib import import_module, invalidate_caches, metadata, util
from pathlib import Path

REPOSITORY = ""
folders = [Path.cwd(), *Path.cwd().parents]
here = [str(folder) for folder in folders if os.path.isfile(folder / "helpers/course/settings.py")]
sys.path[:0] = here[:1]
if not here and not any(metadata.distributions(name="tensors-to-transfer")):
    if not REPOSITORY:
        raise ModuleNotFoundError("helpers isn't here: open this notebook in the course's folder.")
    keep = [f"{name}=={metadata.version(name)}" for name in ("torch", "torchvision") if util.find_spec(name)]
    pip = [sys.executable, "-m", "pip", "install", "-q", f"git+{REPOSITORY}", *keep]
    if (done := subprocess.run(pip, stderr=subprocess.PIPE, text=True)).returncode:
        raise ModuleNotFoundError(f"pip can't install {REPOSITORY}. Is there a network?\n{done.stderr}")
    invalidate_caches()
if not util.find_spec("torch"):
    raise ModuleNotFoundError(f"{sys.executable} has no PyTorch: choose the kernel of the folder `.venv`.")
sys.modules.pop("helpers", None)
if not hasattr(import_module("helpers"), "show_setup"):
    raise ImportError(f"{sys.modules['helpers']} isn't the course's: rename it, restart the kernel.")
