"""tools/record.py, on courses of one tiny notebook. Kernels are slow to start, so runs are shared."""

import json
from pathlib import Path

import nbformat
import pytest
import record
from figures import read_results, results_table, wrong_figures
from runner import NotebookError, Ran

LESSON = "05_clothes"
OTHER = {"02_shapes": {"kept": "as it is"}, "11_pets": {"kept": "as well"}}
SETTINGS = """
from helpers import claim, reached
from helpers.data.sources import Source, served_by

SEED = 7
"""
BODY = """
from pathlib import Path

from helpers.course.settings import course_mode, is_strict

served_by(Source("Clothes train", "a package", "real", "MIT", (f"not in {Path.cwd()}",)))
Path("left_behind.txt").write_text("models are saved like this")
reached("seed", SEED, "The seed", "%")
reached("full", course_mode() == "full" and not is_strict(), "Full mode, exercises not strict")
claim("a seed is below 100", SEED < 100)
"""


def make_course(folder):
    """Make a course of one notebook. Its other lessons were recorded before."""
    (folder / "notebooks").mkdir()
    (folder / "lessons").mkdir()
    (folder / "lessons/results.json").write_text(json.dumps(OTHER), "utf-8")
    cells = [
        nbformat.v4.new_markdown_cell("# Clothes"),
        nbformat.v4.new_code_cell(SETTINGS.strip(), metadata={"tags": ["parameters"]}),
        nbformat.v4.new_code_cell(BODY.strip()),
    ]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), folder / f"notebooks/{LESSON}.ipynb")
    return folder


def files(course):
    return sorted(str(path.relative_to(course)) for path in course.rglob("*") if path.is_file())


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """Return a course that was recorded with one seed."""
    course = make_course(tmp_path_factory.mktemp("course"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COURSE_STRICT", "1")  # COURSE_MODE is "small" in all tests
        assert record.main([LESSON, "--seeds", "43"], course) == 0
    return course


@pytest.fixture
def results(recorded):
    return read_results(recorded / "lessons/results.json")


# A run that is good


def test_the_notebook_runs_in_full_mode_with_the_seed_asked_for_instead_of_its_own(results):
    entry = results[LESSON]
    assert entry["mode"] == "full"
    assert entry["seeds"] == [43]
    assert entry["figures"]["seed"] == {"title": "The seed", "unit": "%", "values": [43.0]}
    assert entry["figures"]["full"]["values"] == [1.0]
    assert len(entry["seconds"]) == 1


def test_what_the_figures_depend_on_is_kept(results):
    entry = results[LESSON]
    assert entry["data"] == {"Clothes train": "real: a package"}
    assert {"Python", "torch", "torchvision"} <= entry["versions"].keys()
    assert entry["device"]
    assert entry["cpus"] >= 1
    assert entry["threads"] >= 1


def test_lessons_that_did_not_run_keep_their_entries_and_lessons_stay_in_order(results):
    assert list(results) == ["02_shapes", LESSON, "11_pets"]
    assert {name: results[name] for name in OTHER} == OTHER


def test_nothing_else_is_written_into_the_course(recorded):
    assert files(recorded) == ["lessons/results.json", f"notebooks/{LESSON}.ipynb"]
    notebook = nbformat.read(recorded / f"notebooks/{LESSON}.ipynb", as_version=4)
    assert len(notebook.cells) == 3
    assert not notebook.cells[2].outputs


def test_the_file_names_no_folder_of_this_machine(recorded):
    text = (recorded / "lessons/results.json").read_text("utf-8")
    assert "/tmp" not in text
    assert str(Path.home()) not in text


def test_the_readme_can_show_it_and_prose_can_be_held_against_it(results):
    clothes = {LESSON: results[LESSON]}
    table = results_table(clothes)
    assert "The seed | 43.0 % |" in table
    assert "Clothes train (real: a package); full mode; seeds 43;" in table
    assert list(wrong_figures("43.0 %<!--seed-->", clothes, LESSON)) == []


# Runs that are not recorded


def refused(course, capsys, *arguments):
    """Return what the tool says when it records nothing, as it must."""
    before = (course / "lessons/results.json").read_bytes()
    assert record.main(list(arguments), course) == 1
    assert (course / "lessons/results.json").read_bytes() == before
    said = capsys.readouterr().out
    assert "lessons/results.json stays as it was" in said
    return said


def test_a_claim_that_fails_stops_it_and_is_named(tmp_path, capsys):
    course = make_course(tmp_path)
    said = refused(course, capsys, "--seeds", "100", "42")
    assert f"{LESSON}, seed 100: running" in said
    assert "did not show what its claims say: a seed is below 100" in said
    assert "seed 42" not in said
    assert files(course) == ["lessons/results.json", f"notebooks/{LESSON}.ipynb"]


def test_a_name_without_a_notebook_is_refused_before_anything_runs(tmp_path, capsys):
    said = refused(make_course(tmp_path), capsys, LESSON, "05_cloths")
    assert f"no notebook 05_cloths; there are {LESSON}" in said
    assert "running" not in said


# Without a kernel


def report(figures, kind="real"):
    return {
        "mode": "full",
        "data": {"Clothes train": [kind, "a package"]},
        "device": "cpu",
        "cpus": 2,
        "threads": 1,
        "versions": {"torch": "2"},
        "failed_claims": [],
        "made_for_samples": False,
        "figures": {name: {"title": name, "unit": "%", "value": value} for name, value in figures.items()},
    }


@pytest.fixture
def course(tmp_path, monkeypatch):
    """Return a course with runs that only say which seed they had, and that they took a tenth of it."""

    def run(notebook, then, settings):
        seeds = [int(cell.source.split()[-1]) for cell in notebook.cells if cell.source.startswith("SEED =")]
        text = f"a line of a library\n{record.MARKER}{json.dumps(report({'seed': sum(seeds)}))}\n"
        output = nbformat.v4.new_output("stream", text=text)
        ran = Ran(notebook, [nbformat.v4.new_code_cell(outputs=[output])], sum(seeds) / 10, peak=0)
        if seeds == [13]:
            raise NotebookError("13 is unlucky", ran)
        return ran

    monkeypatch.setattr(record, "run", run)
    return make_course(tmp_path)


def test_a_notebook_runs_once_for_each_seed_and_values_stand_in_their_order(course):
    assert record.main([], course) == 0
    entry = read_results(course / "lessons/results.json")[LESSON]
    assert entry["seeds"] == [42, 43, 44]
    assert entry["seconds"] == [4.2, 4.3, 4.4]
    assert entry["figures"]["seed"]["values"] == [42, 43, 44]


def test_a_later_seed_that_fails_leaves_the_file_as_it_was(course, capsys):
    assert "13 is unlucky" in refused(course, capsys, "--seeds", "42", "13")


def test_a_lesson_without_parameters_runs_once_as_it_is(course):
    path = course / f"notebooks/{LESSON}.ipynb"
    path.write_text(path.read_text("utf-8").replace('"parameters"', '"plain"'), "utf-8")
    assert record.main([], course) == 0
    entry = read_results(course / "lessons/results.json")[LESSON]
    assert entry["seeds"] == []
    assert entry["seconds"] == [0.0]


def test_two_cells_that_set_the_seed_are_refused(course, capsys):
    path = course / f"notebooks/{LESSON}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell("SEED = 1", metadata={"tags": ["parameters"]}))
    nbformat.write(notebook, path)
    assert f"2 cells of {LESSON} are tagged" in refused(course, capsys)


def read(report):
    return record.read_report(record.MARKER + json.dumps(report))


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (report({"a": 1.0}, kind="sample"), "only a sample of Clothes train was there"),
        (report({"a": float("nan")}), "a is nan"),
    ],
)
def test_results_on_a_sample_and_what_is_no_number_are_refused(bad, reason):
    with pytest.raises(record.NotRecorded, match=reason):
        read(bad)


def test_a_lesson_that_is_made_for_samples_is_recorded_on_one_and_says_so():
    found = read(report({"a": 1.0}, kind="sample") | {"made_for_samples": True})
    assert record.entry([1], [1.0], [found])["data"] == {"Clothes train": "sample: a package"}


def test_seeds_that_reach_different_figures_are_refused():
    with pytest.raises(record.NotRecorded, match="names differ"):
        record.entry([1, 2], [1.0, 1.0], [report({"a": 1.0}), report({"b": 1.0})])
