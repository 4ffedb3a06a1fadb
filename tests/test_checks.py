"""``check``: right, wrong, not started; what it leaves alone."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from helpers import check
from helpers.course.checks import CannotCheck, NotStarted, grade
from helpers.course.exercises import EXERCISES, WrongAnswer, exercise

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(autouse=True)
def lesson_05_has_another_exercise(monkeypatch):
    """05.1 and the others of lesson 05, and 05.98, which asks for a function that doubles."""
    monkeypatch.delenv("COURSE_STRICT", raising=False)
    exercise(
        "05.98",
        lambda x: 2 * x,
        probes=[(2,), (3,)],
        says="Doubling is adding to itself.",
        mistakes={"That is one more.": lambda x: x + 1},
    )
    yield
    del EXERCISES["05.98"]


@pytest.fixture
def strict(monkeypatch):
    monkeypatch.setenv("COURSE_STRICT", "1")


def stub(x): ...


def stub_with_annotations(x: int, *more: float, key: str = "a") -> tuple[int, int]: ...


def stub_with_a_docstring(x):
    """Return twice x."""
    ...


def stub_with_a_docstring_only(x):
    """Return twice x."""


def stub_with_a_comment(x):
    # Your turn:
    ...


def stub_that_returns_it(x):
    return ...


cell = {}
exec("def stub_of_a_lesson(x):\n    ...\n", cell)  # on a line of its own, where ruff would move it up

STUBS = [
    ...,
    stub,
    cell["stub_of_a_lesson"],
    stub_with_annotations,
    stub_with_a_docstring,
    stub_with_a_docstring_only,
    stub_with_a_comment,
    stub_that_returns_it,
    lambda x: ...,
]


def test_a_right_answer_says_what_it_shows(capsys):
    check("05.98", lambda x: x + x)
    assert capsys.readouterr().out == "✅ 05.98 Right. Doubling is adding to itself.\n"


def test_a_wrong_answer_prints_its_hint_and_the_notebook_goes_on(capsys):
    check("05.98", lambda x: 1 + x)
    assert capsys.readouterr().out == "❌ 05.98 Not yet. That is one more.\n"


@pytest.mark.parametrize("answer", STUBS, ids=lambda a: getattr(a, "__name__", str(a)))
def test_a_stub_left_as_it_is_is_not_started_and_the_notebook_goes_on(capsys, answer):
    check("05.98", answer)
    assert capsys.readouterr().out.startswith("⬜ Exercise 05.98 is waiting for you: replace the ...")


@pytest.mark.parametrize(
    "answer", [lambda x: x, lambda x: 4, lambda x: [...][0], print, "...", (1, 2), torch.zeros(3)]
)
def test_an_answer_that_says_anything_is_started(answer):
    with pytest.raises(WrongAnswer):
        grade("05.98", answer)


def test_strict_mode_raises_what_a_learner_would_read(strict):
    with pytest.raises(WrongAnswer, match="That is one more"):
        check("05.98", lambda x: x + 1)
    with pytest.raises(NotStarted, match=r"05\.98 is waiting"):
        check("05.98", ...)


def test_strict_mode_lets_a_right_answer_pass(strict, capsys):
    check("05.98", lambda x: x + x)
    assert "✅ 05.98" in capsys.readouterr().out


def test_the_table_of_a_lesson_is_read_without_the_learners_random_numbers():
    code = """
import torch
from helpers.course.checks import find_exercise
torch.manual_seed(1)
find_exercise("11.1")
print(torch.rand(1).item())
torch.manual_seed(1)
print(torch.rand(1).item())
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    first, second = done.stdout.split()
    assert first == second


# A slip in the call itself


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: check("05.98"), 'check needs your answer, too: check("05.98", <lambda>).'),
        (lambda: check(), 'as text in quotes, and then your answer: check("05.2", answer).'),
        (lambda: check(5.2, print), "Here the number is a float."),
        (lambda: check(print, "05.98"), "Here the number is a builtin_function_or_method."),
        (lambda: check("05.77", 1), "There is no exercise 05.77. Lesson 05 has 05.1, 05.2,"),
        (lambda: check("97.1", 1), "There is no exercise 97.1: lesson 97 has none."),
        (lambda: check("", 1), "There is no exercise 00. Lesson 00 has 00.1,"),
    ],
)
def test_a_slip_in_the_call_is_named_in_a_sentence_and_the_notebook_goes_on(capsys, monkeypatch, call, said):
    call()
    out = capsys.readouterr().out
    assert out.startswith("❓ ")
    assert said in out
    monkeypatch.setenv("COURSE_STRICT", "1")
    with pytest.raises(CannotCheck, match=re.escape(said)):
        call()


@pytest.mark.parametrize("number", ["5.98", " 05.98", "05.98 "])
def test_a_number_is_understood_without_its_zero_or_with_spaces(capsys, number):
    check(number, lambda x: x + x)
    assert capsys.readouterr().out.startswith("✅ 05.98 Right.")


def test_a_package_that_is_missing_is_named_with_the_way_to_get_it(capsys, monkeypatch):
    monkeypatch.delitem(sys.modules, "helpers.exercises.lesson_06", raising=False)
    monkeypatch.setitem(sys.modules, "pandas", None)
    check("06.1", ...)
    said = capsys.readouterr().out
    assert said.startswith("❓ Checking 06.1 needs the package pandas, which isn't installed here.")
    assert "`pip install -r requirements.txt` in the course's folder" in said
