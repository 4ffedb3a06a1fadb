"""``check("05.2", answer)``: is a learner's answer right, and if not, which mistake is it?

What is right for 05.2, and the hint for each likely mistake, stand in `helpers.exercises.lesson_05`.
"""

import dis
from importlib import import_module
from typing import Any

from helpers.course.exercises import EXERCISES, Exercise, WrongAnswer
from helpers.course.observing import kind_of, same_conditions
from helpers.course.settings import is_strict

_NO_ANSWER = object()


class NotStarted(AssertionError):
    """The stub of an exercise is still there."""


class CannotCheck(ValueError):
    """There is nothing to grade: no such exercise, no answer, or a package is missing."""


def find_exercise(number: str | None) -> Exercise:
    """Return an exercise, or raise `CannotCheck` if there is none of this number."""
    if not isinstance(number, str):
        raise CannotCheck(
            "check takes the number of the exercise as text in quotes, and then your answer: "
            f'check("05.2", answer). Here the number is {kind_of(number)}.'
        )
    lesson, dot, rest = number.strip().partition(".")
    lesson = lesson.zfill(2)
    number = f"{lesson}{dot}{rest}"
    try:
        with same_conditions():  # a table may make models: they take none of the learner's random numbers
            import_module(f"helpers.exercises.lesson_{lesson}")
    except ModuleNotFoundError as error:
        if not str(error.name).startswith("helpers."):
            raise CannotCheck(
                f"Checking {number} needs the package {error.name}, which isn't installed here. All that the "
                "course needs is installed by `pip install -r requirements.txt` in the course's folder."
            ) from error
        raise CannotCheck(f"There is no exercise {number}: lesson {lesson} has none.") from error
    if number not in EXERCISES:
        known = ", ".join(other for other in EXERCISES if other.startswith(f"{lesson}."))
        raise CannotCheck(f"There is no exercise {number}. Lesson {lesson} has {known}.")
    return EXERCISES[number]


def grade(number: str, answer: Any) -> str:
    """Return what a right answer shows.

    Raises `NotStarted` if the answer is still the stub, `WrongAnswer` with a hint if it is wrong, and
    `CannotCheck` if there is no such exercise or no answer, or if a package is missing.
    """
    exercise = find_exercise(number)
    if answer is _NO_ANSWER:
        raise CannotCheck(f'check needs your answer, too: check("{exercise.number}", {exercise.name}).')
    if _is_stub(answer):
        raise NotStarted(
            f"Exercise {exercise.number} is waiting for you: replace the ... in the cell above, run it, and "
            "then this cell again."
        )
    return exercise.grade(answer)


def check(number: str | None = None, answer: Any = _NO_ANSWER) -> None:
    """Print whether the answer to an exercise such as ``"05.2"`` is right, with a hint if it is not.

    The answer is what the exercise asks for: a function, a class, a model. In strict mode (the course's own
    tests) anything but a right answer raises an error.
    """
    try:
        number = find_exercise(number).number
        said = f"✅ {number} Right. {grade(number, answer)}"
    except (NotStarted, WrongAnswer, CannotCheck) as error:
        if is_strict():
            raise
        marks = {NotStarted: "⬜", WrongAnswer: f"❌ {number} Not yet.", CannotCheck: "❓"}
        said = f"{marks[type(error)]} {error}"
    print(said)


def _is_stub(answer: Any) -> bool:
    """Is an answer ``...``, or a function whose body is only ``...``?"""
    if answer is ...:
        return True
    code = getattr(answer, "__code__", None)
    if code is None:
        return False
    # Such a function only returns None, or the `...` itself; a docstring leaves no instruction.
    steps = [step.argval for step in dis.get_instructions(code) if step.opname != "RESUME"]
    return all(step is None or step is ... for step in steps)
