"""The package as a whole: what `import helpers` costs and offers, its rooms, and that modules have tests."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import jedi
import pytest

import helpers

ROOT = Path(__file__).resolve().parents[1]
MODULES = sorted((ROOT / "helpers").rglob("*.py"))
TESTED_ELSEWHERE = {
    **dict.fromkeys(("inputs", "calls", "outputs", "diagnosis"), "test_accepted_input"),
    "figures": "test_plotting",
    "exercises": "test_exercise_engine",
    "observing": "test_exercise_engine",
    "common": "test_exercises",
}
HEAVY = {"gradio", "kagglehub", "matplotlib", "mlxtend", "pandas", "pooch", "requests", "seaborn", "torch"}
HEAVY |= {"torchmetrics", "efficientnet_lite_pytorch", "skimage", "torchvision", "tqdm"}
# No lesson imports these names. Learners know them from other courses.
OF_OTHER_COURSES = {"get_batch_accuracy"}
# Programs: a lesson names them by their module, as in `python -m helpers.apps.letters_app`.
PROGRAMS = {"helpers.apps.letters_app", "helpers.apps.train_fashion_mnist"}
# What a room may import besides itself.
LEARNER_FACING = {"training", "metrics", "timing", "models", "augmentation", "loading"}
LEARNER_FACING |= {"inputs", "calls", "outputs", "diagnosis"}  # what they read and refuse
MAY_IMPORT = {
    "course": {"data.sources"},  # claims ask which data served
    **{name: LEARNER_FACING | {"course.settings"} for name in LEARNER_FACING},
    "plotting": LEARNER_FACING,
    "explorables": LEARNER_FACING,
    "data": LEARNER_FACING | {"course.settings"},
    "apps": LEARNER_FACING | {"course.settings", "data", "plotting"},
    "exercises": LEARNER_FACING | {"course", "data"},
}


@pytest.mark.parametrize(
    ("code", "not_loaded"),
    [("import helpers; helpers.__all__", HEAVY), ("from helpers import claim, reached", {"torchvision"})],
)
def test_importing_helpers_loads_no_other_package_and_a_claim_no_torchvision(code, not_loaded):
    report = f"import sys\n{code}\nprint(*{{name.partition('.')[0] for name in sys.modules}})"
    loaded = subprocess.check_output([sys.executable, "-c", report], text=True, cwd=ROOT).split()
    assert "helpers" in loaded
    assert not set(loaded) & not_loaded


# The public names


def test_a_star_import_and_dir_offer_the_same_names_and_each_is_documented():
    namespace = {}
    exec("from helpers import *", namespace)
    assert sorted(set(namespace) - {"__builtins__"}) == sorted(dir(helpers)) == sorted(helpers.__all__)
    assert [name for name in helpers.__all__ if not namespace[name].__doc__] == []


def test_every_public_name_is_used_by_a_lesson_and_every_name_that_a_lesson_uses_is_public():
    used, others = set(), set()
    for path in (ROOT / "lessons").glob("[0-9]*.md"):
        for module, names in re.findall(r"\bfrom (helpers[\w.]*) import ([\w, ]+)", path.read_text("utf-8")):
            if module == "helpers":
                used |= {name.split()[0] for name in names.split(",")}
            else:
                others.add(module)
    assert used == set(helpers.__all__) - OF_OTHER_COURSES
    assert others <= PROGRAMS


def test_an_unknown_name_is_an_error_that_lists_what_there_is():
    listed = r"helpers has no 'plot_image'\. It has .*plot_images.*train_step"
    with pytest.raises(AttributeError, match=listed):
        _ = helpers.plot_image
    with pytest.raises(ImportError, match=listed):
        exec("from helpers import plot_image")
    assert not hasattr(helpers, "plot_image")


def test_an_editor_completes_the_names_and_shows_signatures():
    code = "from helpers import train_step\ntrain_step("
    [signature] = jedi.Script(code, project=jedi.Project(ROOT)).get_signatures()
    assert [parameter.name for parameter in signature.params][:3] == ["model", "data_loader", "loss_fn"]
    completions = jedi.Script("import helpers\nhelpers.plot_i", project=jedi.Project(ROOT)).complete()
    assert {"plot_images", "plot_image_predictions"} <= {completion.name for completion in completions}


def test_a_type_checker_sees_the_types_of_the_names(tmp_path):
    code = tmp_path / "learner.py"
    code.write_text("from helpers import accuracy_fn\nreveal_type(accuracy_fn)\naccuracy_fn(1)\n", "utf-8")
    # Following torch's imports would take a minute. Its types are Any here.
    options = ["--follow-imports=skip", "--ignore-missing-imports", f"--cache-dir={tmp_path}"]
    modules = ["helpers/__init__.pyi", "helpers/calls.py", "helpers/metrics.py", str(code)]
    command = [sys.executable, "-m", "mypy", *options, *modules]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert re.search(r'Revealed type is "def \(y_true: Any, y_pred: Any\) -> [\w.]*float"', done.stdout)
    assert "Missing positional argument" in done.stdout


# The rooms


def module_of(path: Path) -> str:
    """Return a module's name within helpers, such as ``course.checks``."""
    return path.relative_to(ROOT / "helpers").with_suffix("").as_posix().replace("/", ".")


def imports_of(path: Path) -> set[str]:
    """Return the modules of helpers that a module imports, `import_module` included."""
    text = path.read_text("utf-8")
    found = set(re.findall(r"import_module\(f?\"(helpers\.[\w.]+)", text))
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("helpers"):
            inner = {f"{node.module}.{alias.name}" for alias in node.names}
            there = {name for name in inner if (ROOT / f"{name.replace('.', '/')}.py").exists()}
            found |= there or {node.module}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names if alias.name.startswith("helpers.")}
    return {name.removeprefix("helpers.") for name in found}


@pytest.mark.parametrize("path", MODULES, ids=module_of)
def test_a_module_imports_from_its_own_room_and_those_below_only(path):
    module = module_of(path)
    room = module.partition(".")[0]
    allowed = MAY_IMPORT.get(room, set()) | {room}
    if module == "course.checks":  # it looks an exercise up in its table
        allowed = allowed | {"exercises"}
    assert [name for name in imports_of(path) if not {name, name.partition(".")[0]} & allowed] == []


def test_no_modules_import_each_other_in_a_circle():
    edges = {module_of(path): imports_of(path) for path in MODULES}
    while ends := {module for module, names in edges.items() if not names & edges.keys()}:
        edges = {module: names for module, names in edges.items() if module not in ends}
    assert edges == {}


def test_every_module_has_its_tests():
    modules = {path.stem for path in MODULES if not path.stem.startswith(("__init__", "lesson_"))}
    files = {TESTED_ELSEWHERE.get(module, f"test_{module}") for module in modules}
    assert [name for name in sorted(files) if not (ROOT / f"tests/{name}.py").exists()] == []
