import sys
from contextlib import suppress
from types import ModuleType

import pytest
import torch

from helpers import check, checks, expect_error
from helpers.checks import NotStarted, WrongAnswer, attempt, exercise, grade


@pytest.fixture(autouse=True)
def lesson_99(monkeypatch):
    """A lesson with two exercises: 99.1 asks for a function that doubles, 99.10 for two numbers."""
    monkeypatch.setitem(sys.modules, "helpers.exercises.lesson_99", ModuleType("lesson_99"))
    monkeypatch.setattr(checks, "_graders", {})
    monkeypatch.delenv("COURSE_STRICT", raising=False)

    @exercise("99.1")
    def double(answer):
        if attempt(answer, 2) != 4:
            raise WrongAnswer("Twice 2 is 4.")
        return "Doubling is adding to itself."

    @exercise("99.10")
    def two_numbers(first, second):
        if first == second:
            raise WrongAnswer("They must differ.")
        return "They differ."

    @exercise("98.1")
    def of_another_lesson(answer):
        return "Never asked."


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
    stub,
    cell["stub_of_a_lesson"],
    stub_with_annotations,
    stub_with_a_docstring,
    stub_with_a_docstring_only,
    stub_with_a_comment,
    stub_that_returns_it,
    lambda x: ...,
]


# Right, wrong, not started


def test_a_right_answer_says_what_it_shows(capsys):
    check("99.1", lambda x: x + x)
    assert capsys.readouterr().out == "✅ 99.1 Right. Doubling is adding to itself.\n"


def test_a_wrong_answer_prints_its_hint_and_the_notebook_goes_on(capsys):
    check("99.1", lambda x: x + 1)
    assert capsys.readouterr().out == "❌ 99.1 Not yet. Twice 2 is 4.\n"


def test_an_answer_of_several_parts_is_graded_as_a_whole(capsys):
    check("99.10", 1, 2)
    check("99.10", 1, 1)
    assert capsys.readouterr().out == "✅ 99.10 Right. They differ.\n❌ 99.10 Not yet. They must differ.\n"


@pytest.mark.parametrize(
    "answer", [..., (1, ...), [..., 2], *STUBS], ids=lambda a: getattr(a, "__name__", str(a))
)
def test_a_stub_left_as_it_is_is_not_started_and_the_notebook_goes_on(capsys, answer):
    check("99.1", answer)
    assert capsys.readouterr().out.startswith("⬜ Exercise 99.1 is waiting for you: replace the ...")


def test_one_part_left_as_a_stub_is_not_started(capsys):
    check("99.10", 1, ...)
    assert capsys.readouterr().out.startswith("⬜ Exercise 99.10")


@pytest.mark.parametrize(
    "answer",
    [
        lambda x: x,
        lambda x: 4,
        lambda x: "x",
        lambda x: (1, 2),
        lambda x: [...][0],
        print,
        "...",
        (1, 2),
        torch.zeros(3),
        torch.nn.Linear(1, 1),
    ],
)
def test_an_answer_that_says_anything_is_started(answer):
    with suppress(WrongAnswer):
        grade("99.1", answer)


def test_strict_mode_raises_what_a_learner_would_read(strict):
    with pytest.raises(WrongAnswer, match="Twice 2 is 4"):
        check("99.1", lambda x: x + 1)
    with pytest.raises(NotStarted, match=r"99\.1 is waiting"):
        check("99.1", ...)


def test_strict_mode_lets_a_right_answer_pass(strict, capsys):
    check("99.1", lambda x: x + x)
    assert "✅ 99.1" in capsys.readouterr().out


# Exercises


def test_an_exercise_that_is_not_there_is_an_error_that_names_those_of_its_lesson():
    with pytest.raises(ValueError, match=r"no exercise 99\.7\. Lesson 99 has 99\.1, 99\.10\.$"):
        check("99.7", 1)


def test_a_lesson_without_exercises_is_an_error_that_says_so():
    with pytest.raises(ValueError, match=r"no exercise 97\.1: lesson 97 has none"):
        check("97.1", 1)


def test_two_graders_for_one_exercise_are_refused():
    with pytest.raises(ValueError, match=r"99\.1 has two graders"):
        exercise("99.1")(lambda answer: "")


def test_grading_leaves_the_lessons_random_numbers_as_they_were():
    @exercise("99.2")
    def random(answer):
        torch.manual_seed(0)
        return "Seeded."

    torch.manual_seed(1)
    expected = torch.rand(3)
    torch.manual_seed(1)
    check("99.2", 1)
    assert torch.equal(torch.rand(3), expected)


# The learner's function


def test_a_learners_function_gets_the_arguments_and_its_result_comes_back():
    assert attempt(lambda a, b: a - b, 5, 3) == 2


def test_an_error_in_a_learners_function_becomes_a_hint_that_names_it(capsys):
    check("99.1", lambda x: x / 0)
    assert "❌ 99.1 Not yet. Calling your function raised ZeroDivisionError: division by zero" in (
        capsys.readouterr().out
    )


def test_a_function_of_the_wrong_arity_becomes_a_hint(capsys):
    check("99.1", lambda: 4)
    assert "raised TypeError" in capsys.readouterr().out


def test_the_error_itself_stays_for_who_wants_to_see_where_it_came_from():
    with pytest.raises(WrongAnswer) as wrong:
        attempt(lambda x: x / 0, 1)
    assert isinstance(wrong.value.__cause__, ZeroDivisionError)


@pytest.mark.parametrize(("answer", "kind"), [(4, "int"), ("4", "str"), (None, "NoneType")])
def test_an_answer_that_is_no_function_becomes_a_hint(capsys, answer, kind):
    check("99.1", answer)
    assert f"asks for a function; the answer is a {kind}" in capsys.readouterr().out


def test_the_stop_button_is_no_hint():
    def interrupted(x):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        check("99.1", interrupted)


# Errors on purpose


def test_the_expected_error_is_shown_and_the_notebook_goes_on(capsys):
    with expect_error(ZeroDivisionError, match="by zero"):
        _ = 1 / 0
    assert capsys.readouterr().out == "ZeroDivisionError: division by zero\n"


def test_an_error_of_a_narrower_kind_is_shown_by_its_own_name(capsys):
    with expect_error(ArithmeticError, match="division"):
        _ = 1 / 0
    assert capsys.readouterr().out.startswith("ZeroDivisionError:")


def test_an_expected_error_that_does_not_come_fails():
    with pytest.raises(AssertionError, match="A ZeroDivisionError was expected here, but no error came"):  # noqa: SIM117
        with expect_error(ZeroDivisionError, match="by zero"):
            _ = 1 / 1


def test_an_error_with_another_message_fails():
    with pytest.raises(AssertionError, match="its message doesn't say 'by one': division by zero"):  # noqa: SIM117
        with expect_error(ZeroDivisionError, match="by one"):
            _ = 1 / 0


def test_an_error_of_another_kind_comes_through():
    with pytest.raises(KeyError), expect_error(ZeroDivisionError, match="x"):
        _ = {}["x"]
