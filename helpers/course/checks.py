"""``check("05.2", answer)``: is a learner's answer right, and where it isn't, which mistake is it?

What is right for 05.2, and the hint for each likely mistake, stand in `helpers.exercises.lesson_05`.
"""

import dis
from importlib import import_module
from typing import Any

from helpers.course.exercises import EXERCISES, Exercise, WrongAnswer
from helpers.course.observing import same_conditions, start_afresh
from helpers.course.settings import is_strict


class NotStarted(AssertionError):
    """The stub of an exercise is still there."""


def find_exercise(number: str) -> Exercise:
    """Return an exercise.

    Raises
    ------
    ValueError
        There is no such exercise.
    """
    lesson = number.partition(".")[0]
    try:
        with same_conditions():  # a table may make models, whose numbers are not the learner's
            start_afresh()
            import_module(f"helpers.exercises.lesson_{lesson}")
    except ModuleNotFoundError as error:
        raise ValueError(f"There is no exercise {number}: lesson {lesson} has none.") from error
    if number not in EXERCISES:
        known = ", ".join(other for other in EXERCISES if other.startswith(f"{lesson}."))
        raise ValueError(f"There is no exercise {number}. Lesson {lesson} has {known}.")
    return EXERCISES[number]


def grade(number: str, answer: Any) -> str:
    """Return what a right answer shows.

    Raises
    ------
    NotStarted
        A part of the answer is still the stub.
    WrongAnswer
        The answer is wrong; the message is the hint.
    ValueError
        There is no such exercise.
    """
    exercise = find_exercise(number)
    if _is_stub(answer):
        raise NotStarted(
            f"Exercise {number} is waiting for you: replace the ... in the cell above, run it, and then "
            "this cell again."
        )
    return exercise.grade(answer)


def check(number: str, answer: Any) -> None:
    """Print whether the answer to an exercise is right, with a hint where it is not.

    In strict mode (the course's own tests) anything but a right answer raises.

    Parameters
    ----------
    number
        Such as ``"05.2"``.
    answer
        What the exercise asks for: a function, a class, a model.
    """
    try:
        print(f"✅ {number} Right. {grade(number, answer)}")
    except NotStarted as error:
        if is_strict():
            raise
        print(f"⬜ {error}")
    except WrongAnswer as error:
        if is_strict():
            raise
        print(f"❌ {number} Not yet. {error}")


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
