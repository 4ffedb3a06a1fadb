"""The course's settings. No other module reads the environment.

=================== ========================= =====================================================
variable            values                    what it does
=================== ========================= =====================================================
``COURSE_MODE``     ``full`` (default)        what a learner runs
                    ``small``                 what CI runs: one epoch, a small balanced subset
``COURSE_DATA_DIR`` a folder                  where data sets are kept (default: the user's cache)
``COURSE_DATA``     ``auto`` (default)        real data first, else what ships with the course
                    ``real``                  real data or an error
``COURSE_DEVICE``   ``cpu``, ``cuda``, ``mps`` default: CUDA where there is one, else the CPU
``COURSE_STRICT``   ``0`` (default), ``1``    1: an exercise not solved, or a claim that fails, raises
=================== ========================= =====================================================
"""

import os
import platform
import sys
from importlib.metadata import version
from pathlib import Path

import platformdirs
import torch

# What a kernel may have loaded before the course was installed, as Colab's has: module and package.
_LOADED_EARLY = {"numpy": "numpy", "pandas": "pandas", "matplotlib": "matplotlib", "PIL": "pillow"}


def _choice(variable: str, *allowed: str) -> str:
    """Return the value of an environment variable, the first of `allowed` where it is unset."""
    value = os.environ.get(variable, "")
    choice = value.strip().lower() or allowed[0]
    if choice not in allowed:
        raise ValueError(f"{variable} is {value!r}; it can be {' or '.join(map(repr, allowed))}.")
    return choice


def course_mode() -> str:
    """Return ``"full"``, what a learner runs, or ``"small"``, what CI runs."""
    return _choice("COURSE_MODE", "full", "small")


def is_small() -> bool:
    """Is this CI's small mode?"""
    return course_mode() == "small"


def epochs(full: int) -> int:
    """Return how many epochs to train: `full` of them, or 1 in small mode."""
    return 1 if is_small() else full


def is_strict() -> bool:
    """Is an exercise that is not solved, or a claim that fails, an error, as in the tests?"""
    return _choice("COURSE_STRICT", "0", "1") == "1"


def real_data_only() -> bool:
    """Are embedded data forbidden (``COURSE_DATA=real``)?"""
    return _choice("COURSE_DATA", "auto", "real") == "real"


def data_dir() -> Path:
    """Return the folder that keeps the data sets; it need not exist yet.

    A relative path starts in the course's folder, wherever a notebook or a tool runs.
    """
    chosen = os.environ.get("COURSE_DATA_DIR")
    if not chosen:
        return platformdirs.user_cache_path("tensors-to-transfer")
    course = Path(__file__).resolve().parents[2]
    start = course if (course / "notebooks").is_dir() else Path.cwd()  # Colab has no folder of the course
    try:
        return start / Path(chosen).expanduser()
    except RuntimeError as error:
        raise ValueError(
            f"COURSE_DATA_DIR is {chosen!r}, and nobody here has that name. Name a folder."
        ) from error


def default_device() -> torch.device:
    """Return the device to compute on: CUDA where there is one, else the CPU.

    Apple's MPS is used only when asked for (``COURSE_DEVICE=mps``): its results differ from the CPU's.

    Raises
    ------
    ValueError
        The device asked for is unknown or not on this machine.
    """
    device = _choice("COURSE_DEVICE", "auto", "cpu", "cuda", "mps")
    available = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if device == "auto":
        device = "cuda" if available["cuda"] else "cpu"
    if not available[device]:
        raise ValueError(f"COURSE_DEVICE is {device!r}, but torch finds no such device here. Unset it.")
    return torch.device(device)


def show_setup() -> None:
    """Print the versions, device, number of threads, mode and data folder: what a result depends on.

    Raises
    ------
    RuntimeError
        pip has replaced a package that this kernel had loaded: two versions would be in one process.
    """
    for name, package in _LOADED_EARLY.items():
        if name in sys.modules and sys.modules[name].__version__ != version(package):
            raise RuntimeError(
                f"pip has replaced {name}, and this kernel still has the old version: restart the kernel "
                "(in Colab: Runtime › Restart session), then run the notebook from its first cell."
            )
    versions = f"Python {platform.python_version()}, torch {torch.__version__}"
    threads = torch.get_num_threads()
    print(f"{versions}, device: {default_device()}, threads: {threads}, {course_mode()} mode")
    print(f"Data sets are kept in {data_dir()}")
    if is_small():
        print("Small mode: 1 epoch, a small balanced subset of the data. The figures mean little.")
