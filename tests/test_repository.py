"""What holds for the whole repository: one list of packages, and nothing in it that must not be there."""

import ast
import re
import subprocess
import tomllib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[1]
# Written in parts: this file may not hold what it looks for.
REGISTRY = re.compile(r"(?:pypi|pythonhosted|anaconda|npmjs)\.or" + r"g|pytorch\.or" + r"g/whl")
# A path such as a home folder's, but no part of an address (example.org/home/...).
MACHINE_PATH = re.compile(r"(?<![\w.~:/-])/(?:home|root|Users|work)/\w|\b[A-Z]:\\Users\b")
PYTHON_IN_MARKDOWN = re.compile(r"^```(?:python|\{code-cell\}[^\n]*)\n(?::[^\n]*\n)*(.*?)^```$", re.M | re.S)


def requirements(file: str) -> dict[str, str]:
    """Return name → bounds for the packages of a requirements file, without comments and options."""
    bare = [re.sub(r"(^|\s)#.*", "", line).strip() for line in (ROOT / file).read_text("utf-8").splitlines()]
    return bounds(line for line in bare if line and not line.startswith("-"))


def bounds(lines: Iterable[str]) -> dict[str, str]:
    parsed = map(Requirement, lines)
    return {requirement.name: str(requirement.specifier) for requirement in parsed}


def files_of_the_repository() -> list[str]:
    """Return what git tracks, and what it would with the next `git add .`."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return sorted(name for name in set(listed.split("\0")) if name and (ROOT / name).is_file())


def python_in(name: str, text: str) -> list[str]:
    """Return the Python code of a file: all of a module, the cells and fences of a Markdown file."""
    if name.endswith(".py"):
        return [text]
    return PYTHON_IN_MARKDOWN.findall(text) if name.endswith(".md") else []


def faults(name: str, text: str) -> Iterator[str]:
    """Say what a file of the repository holds that none may hold."""
    for found in REGISTRY.findall(text):
        yield f"names the host of a package registry: {found}"
    for found in MACHINE_PATH.findall(text):
        yield f"holds a path of one machine: {found}"
    for code in python_in(name, text):
        for node in ast.walk(ast.parse(code)):
            if not isinstance(node, ast.Call):
                continue
            keywords = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
            if keywords.get("pretrained") == "True":
                yield f"calls {ast.unparse(node.func)} with pretrained=True; weights= replaced it"
            # A learner's mistakes are there as code too; they read what they have just written themselves.
            if (
                ast.unparse(node.func) == "torch.load"
                and keywords.get("weights_only") != "True"
                and not name.startswith("helpers/exercises/")
            ):
                yield "calls torch.load without weights_only=True"
            # Tests and lessons write ASCII only.
            if not name.startswith(("tests/", "lessons/")) and in_the_systems_encoding(node, keywords):
                yield f"reads or writes text in the system's encoding: {ast.unparse(node)}"


def in_the_systems_encoding(call: ast.Call, keywords: dict[str, str]) -> bool:
    """Does this call read or write text in the system's encoding, which is another than UTF-8 on Windows?"""
    if "encoding" in keywords:
        return False
    match ast.unparse(call.func).rpartition(".")[2]:
        case "open" if isinstance(call.func, ast.Name):
            return not any("b" in ast.unparse(mode) for mode in call.args[1:2])
        case "read_text":
            return not call.args
        case "write_text":
            return len(call.args) < 2
        case "run" | "Popen" | "check_output":
            # What isn't known as the system's encoding must not end in an error.
            return keywords.get("text") == "True" and "errors" not in keywords
    return False


# One list of packages


def test_pyproject_names_what_requirements_name_but_for_jupyterlab():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    learners = requirements("requirements.txt")
    assert learners.items() >= bounds(project["dependencies"]).items()
    assert learners.keys() - bounds(project["dependencies"]).keys() == {"jupyterlab", "ipywidgets"}


def test_authors_get_the_package_itself_and_what_learners_get_which_is_listed_once():
    lines = (ROOT / "requirements-dev.txt").read_text("utf-8").splitlines()
    assert {"-r requirements.txt", "-e ."} <= set(lines)
    assert not requirements("requirements.txt").keys() & requirements("requirements-dev.txt").keys()


def test_every_package_has_a_lower_bound_and_no_pin():
    packages = requirements("requirements.txt") | requirements("requirements-dev.txt")
    assert [name for name, bound in packages.items() if not re.fullmatch(r">=[\d.]+", bound)] == []


def test_conda_installs_the_same_list_and_has_none_of_its_own():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))
    *packages, by_pip = environment["dependencies"]
    assert [re.match(r"\w+", package)[0] for package in packages] == ["python", "pip"]
    assert by_pip == {"pip": ["-r requirements.txt", "-e ."]}


def test_scripts_lessons_and_notebooks_have_unix_line_ends_on_every_system():
    names = [name for name in files_of_the_repository() if not name.endswith((".gz", ".png"))]
    command = ["git", "check-attr", "eol", "--", *names]
    listed = subprocess.check_output(command, cwd=ROOT, encoding="utf-8").splitlines()
    assert {".ci/run: eol: lf", ".binder/postBuild: eol: lf"} <= set(listed)
    assert [line for line in listed if not line.endswith(": eol: lf")] == []


def test_every_system_can_hold_all_files_side_by_side():
    names = files_of_the_repository()
    assert len({name.lower() for name in names}) == len(names)
    assert [name for name in names if not re.fullmatch(r"[\w./-]+", name, re.ASCII)] == []


# What no file may hold


def test_no_file_holds_what_must_not_be_there():
    texts = {}
    for name in files_of_the_repository():
        with suppress(UnicodeDecodeError):  # no text: a sample of a data set, a picture
            texts[name] = (ROOT / name).read_text("utf-8")
    assert {"README.md", "helpers/course/checks.py"} <= texts.keys()
    assert [f"{name} {fault}" for name, text in texts.items() for fault in faults(name, text)] == []


@pytest.mark.parametrize(
    ("name", "text", "fault"),
    [
        ("a.md", "```{code-cell} ipython3\n:tags: [x]\n\ntorch.load(path)\n```", "torch.load"),
        ("a.md", "Text.\n\n```python\ntorch.load(path)\n```\n", "torch.load"),
        ("a.py", "torch.load(path, weights_only=False)", "torch.load"),
        ("a.py", "path.read_text()", "the system's encoding: path.read_text()"),
        ("a.py", "Path(name).write_text('€')", "the system's encoding"),
        ("a.py", "open(name, 'w')", "the system's encoding"),
        ("a.py", "subprocess.run(pip, text=True)", "the system's encoding"),
        ("a.py", "models.vgg16(pretrained=True)", "models.vgg16 with pretrained"),
        ("Makefile", "pip install -i https://" + "pypi" + ".org/simple x", "package registry"),
        ("a.yml", "--index-url https://download." + "pytorch" + ".org/whl/cpu", "package registry"),
        ("a.md", "Look into /" + "home/ada/course.", "path of one machine"),
        ("a.py", "open('/" + "root/x')", "path of one machine"),
        ("a.py", "open(r'C:" + r"\Users\ada')", "path of one machine"),
        ("a.py", "torch.load(path, weights_only=True, map_location=device)", ""),
        ("a.py", "models.vgg16(weights=DEFAULT, pretrained=None)", ""),
        ("a.md", "Never write `except:` or `torch.load(path)`.", ""),
        ("a.md", "See https://example.org/home/ada and https://docs.pytorch.org/docs/.", ""),
        ("helpers/exercises/lesson_05.py", "torch.load(path)", ""),
    ],
)
def test_only_what_must_not_be_there_is_found(name, text, fault):
    found = list(faults(name, text))
    assert bool(found) == bool(fault)
    assert fault in "".join(found)


def test_licences_are_there_and_the_readme_can_be_read_in_two_minutes():
    assert all((ROOT / name).stat().st_size for name in ("LICENSE", "THIRD_PARTY.md", "SECURITY.md"))
    assert 0 < (ROOT / "README.md").stat().st_size <= 8_000
