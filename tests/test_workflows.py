"""What holds for the files that GitHub reads, as only GitHub can run them."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
WORKFLOWS = {path.name: path.read_text("utf-8") for path in (ROOT / ".github/workflows").glob("*.yml")}
MAY_WRITE = {("book.yml", "pages"), ("book.yml", "id-token")}

each_workflow = pytest.mark.parametrize("name", sorted(WORKFLOWS))


def steps(name: str) -> list[dict]:
    """Return the steps of all jobs of a workflow."""
    return [step for job in yaml.safe_load(WORKFLOWS[name])["jobs"].values() for step in job["steps"]]


@each_workflow
def test_a_workflow_asks_make_only_for_targets_that_are_there(name):
    commands = "\n".join(step.get("run", "") for step in steps(name))
    assert set(re.findall(r"\bmake ([a-z-]+)", commands)) <= set(re.findall(r"^([a-z-]+):", MAKEFILE, re.M))


@each_workflow
def test_every_action_is_pinned_to_a_commit_and_its_version_stands_beside_it(name):
    used = re.findall(r"\buses: (.+)", WORKFLOWS[name])
    assert used
    assert [line for line in used if not re.fullmatch(r"[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line)] == []


@each_workflow
def test_a_workflow_may_do_only_what_it_needs_and_ends_by_itself(name):
    workflow = yaml.safe_load(WORKFLOWS[name])
    assert workflow["permissions"] == {}
    for job in workflow["jobs"].values():
        assert {(name, what) for what, right in job["permissions"].items() if right != "read"} <= MAY_WRITE
        assert job["timeout-minutes"] <= 180
    checkouts = [step for step in steps(name) if step.get("uses", "").startswith("actions/checkout@")]
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


@each_workflow
def test_no_command_holds_a_secret_or_what_somebody_else_wrote(name):
    assert [step["run"] for step in steps(name) if "${{" in step.get("run", "")] == []


def test_windows_runs_the_lines_of_make_test():
    (windows,) = (step for step in steps("tests.yml") if "Windows" in step.get("if", ""))
    makefile = MAKEFILE.replace("$(INSTALL)", "$(BIN)/python -m pip install")
    assert all(f"\t$(BIN)/{line}\n" in makefile for line in windows["run"].splitlines())


def test_the_citation_names_the_version_of_the_package():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))["version"] == project["version"]
