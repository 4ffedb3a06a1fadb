"""The package as a whole: what `import helpers` costs, what it offers, and that each module has its tests."""

import subprocess
import sys
from pathlib import Path

import pytest

import helpers

ROOT = Path(__file__).resolve().parents[1]
TESTED_ELSEWHERE = {"models": "test_lesson_05"}  # against the classes written out in the lesson
HEAVY = {
    "gradio",
    "kagglehub",
    "matplotlib",
    "mlxtend",
    "pandas",
    "pooch",
    "requests",
    "seaborn",
    "torch",
    "torchmetrics",
}
HEAVY |= {"efficientnet_lite_pytorch", "skimage", "torchvision", "tqdm"}


def loaded_by(code: str) -> set[str]:
    """Return the packages that a fresh Python has loaded after running `code`."""
    report = f"import sys\n{code}\nprint(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run(
        [sys.executable, "-c", report], capture_output=True, text=True, check=True, cwd=ROOT
    )
    return set(done.stdout.split())


def test_importing_helpers_loads_no_other_package():
    loaded = loaded_by("import helpers; helpers.__all__")
    assert "helpers" in loaded
    assert not loaded & HEAVY


def test_a_claim_costs_no_import_of_torchvision():
    assert "torchvision" not in loaded_by("from helpers import claim, reached")


@pytest.mark.parametrize("name", helpers.__all__)
def test_every_name_that_helpers_offers_is_there_and_documented(name):
    assert getattr(helpers, name).__doc__


def test_a_star_import_and_dir_offer_the_same_names():
    namespace = {}
    exec("from helpers import *", namespace)
    assert sorted(set(namespace) - {"__builtins__"}) == dir(helpers) == helpers.__all__


def test_no_name_is_offered_twice():
    offered = [name for names in helpers._MODULES.values() for name in names]
    assert len(offered) == len(set(offered))


def test_an_unknown_name_is_an_error_that_lists_what_there_is():
    with pytest.raises(
        AttributeError, match=r"helpers has no 'plot_image'\. It has .*plot_images.*train_step"
    ):
        _ = helpers.plot_image
    with pytest.raises(ImportError, match="plot_image"):
        exec("from helpers import plot_image")


@pytest.mark.parametrize("module", sorted(path.stem for path in (ROOT / "helpers").glob("[a-z]*.py")))
def test_every_module_has_its_tests(module):
    assert (ROOT / "tests" / f"{TESTED_ELSEWHERE.get(module, f'test_{module}')}.py").exists()
