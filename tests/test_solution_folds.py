"""Solutions come from the tables into the lessons, and one that was edited in the lesson is told."""

import pytest
from solution_folds import SolutionError, fill_solutions

TABLE = """
import math
from torch import nn

def up(x):
    # To the next whole number.
    return math.ceil(x)

exercise("99.1", up, says="")

def model():
    first = nn.Linear(2, 3)  # [N, 3]
    return nn.Sequential(first)

exercise("99.2", model, makes=nn.Module, says="")

def named():
    named = nn.Linear(1, 1)
    return named

exercise("99.3", named, makes=nn.Module, says="")
"""
MODULE = "helpers/exercises/lesson_99.py"


def lesson(number: str, name: str, fold: str = "", before: str = "") -> str:
    cell = "```{code-cell} ipython3\n%s\n```\n\n"
    show = f"<details><summary>Show a solution</summary>\n\n```python\n{fold}```\n\n</details>\n"
    return "# 99\n\n" + cell % before + cell % f'check("{number}", {name})' + show


def filled(*parts: str, table: str = TABLE, **more: str) -> str:
    return fill_solutions(lesson(*parts, **more), table, MODULE)


def test_an_empty_fold_gets_the_solution_and_the_import_that_the_lesson_lacks():
    code = "import math\n\n\ndef up(x):\n    # To the next whole number.\n    return math.ceil(x)\n"
    assert f"```python\n{code}```\n\n</details><!-- from {MODULE}: " in filled("99.1", "up")


@pytest.mark.parametrize("before", ["import math", "import os, math", "with a as math: pass"])
def test_what_the_lesson_knows_is_not_imported_again(before):
    assert "```python\ndef up(x)" in filled("99.1", "up", before=before)


@pytest.mark.parametrize("before", ["import mathematics as maths", "def f():\n    import math"])
def test_what_only_looks_like_it_is(before):
    assert "```python\nimport math\n\n\ndef up(x)" in filled("99.1", "up", before=before)


def test_what_a_function_makes_gets_the_name_of_the_answer():
    made = "first = nn.Linear(2, 3)  # [N, 3]\nmodel = nn.Sequential(first)\n```"
    assert made in filled("99.2", "model", before="from torch import nn")
    assert "```python\nnamed = nn.Linear(1, 1)\n```" in filled("99.3", "named", before="from torch import nn")


def test_filling_twice_changes_nothing():
    once = filled("99.1", "up")
    assert fill_solutions(once, TABLE, MODULE) == once


def test_a_change_in_the_table_comes_into_the_lesson():
    changed = TABLE.replace("To the next", "Up to the next")
    assert "# Up to the next" in fill_solutions(filled("99.1", "up"), changed, MODULE)


def test_an_edit_in_the_lesson_is_told_and_accepted_once_the_table_has_it():
    edited = filled("99.1", "up").replace("To the next", "Up to the next")
    with pytest.raises(SolutionError, match=rf"99\.1 was edited here, but it stands in {MODULE}"):
        fill_solutions(edited, TABLE, MODULE)
    changed = TABLE.replace("To the next", "Up to the next")
    assert fill_solutions(edited, changed, MODULE) == fill_solutions(filled("99.1", "up"), changed, MODULE)


def test_another_solution_without_a_mark_is_told_too():
    with pytest.raises(SolutionError, match=r"99\.1"):
        filled("99.1", "up", fold="def up(x): return x + 1\n")


def test_an_exercise_that_the_table_lacks_stays_as_it_is():
    assert filled("99.7", "up", fold="1\n") == lesson("99.7", "up", fold="1\n")
