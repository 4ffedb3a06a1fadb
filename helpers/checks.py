"""Exercises that check themselves, and errors that are shown on purpose.

A lesson calls ``check("05.2", answer)``. What is right for 05.2, and the hint for each likely mistake, stand
in `helpers.exercises.lesson_05`, in a function marked ``@exercise("05.2")``: it raises `WrongAnswer` with a
hint, or returns what the right answer shows.
"""

import dis
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import torch

from helpers.settings import is_strict

_graders: dict[str, Callable[..., str]] = {}


class WrongAnswer(AssertionError):
    """An answer is wrong; the message is a hint for that mistake."""


class NotStarted(AssertionError):
    """The stub of an exercise is still there."""


def exercise(number: str) -> Callable[[Callable[..., str]], Callable[..., str]]:
    """Mark the function that grades an exercise such as ``"05.2"``."""

    def register(grader: Callable[..., str]) -> Callable[..., str]:
        if number in _graders:
            raise ValueError(f"Exercise {number} has two graders.")
        _graders[number] = grader
        return grader

    return register


def grade(number: str, *answer: Any) -> str:
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
    lesson = number.partition(".")[0]
    try:
        import_module(f"helpers.exercises.lesson_{lesson}")
    except ModuleNotFoundError as error:
        raise ValueError(f"There is no exercise {number}: lesson {lesson} has none.") from error
    if number not in _graders:
        known = ", ".join(other for other in _graders if other.startswith(f"{lesson}."))
        raise ValueError(f"There is no exercise {number}. Lesson {lesson} has {known}.")
    if any(_is_stub(part) for part in answer):
        raise NotStarted(
            f"Exercise {number} is waiting for you: replace the ... in the cell above, run it, and then "
            "this cell again."
        )
    with torch.random.fork_rng(devices=[]):  # a check may draw random numbers; the lesson's stay as they are
        return _graders[number](*answer)


def check(number: str, *answer: Any) -> None:
    """Print whether the answer to an exercise is right, with a hint where it is not.

    In strict mode (the course's own tests) anything but a right answer raises.

    Parameters
    ----------
    number
        Such as ``"05.2"``.
    answer
        What the exercise asks for: a value, a function, a model.
    """
    try:
        print(f"✅ {number} Right. {grade(number, *answer)}")
    except NotStarted as error:
        if is_strict():
            raise
        print(f"⬜ {error}")
    except WrongAnswer as error:
        if is_strict():
            raise
        print(f"❌ {number} Not yet. {error}")


def attempt(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a learner's function; an error in it is a wrong answer whose hint is that error."""
    if not callable(function):
        raise WrongAnswer(f"This exercise asks for a function; the answer is a {type(function).__name__}.")
    try:
        return function(*arguments)
    except Exception as error:  # whatever a learner's code may raise: it is shown, not lost
        raise WrongAnswer(f"Calling your function raised {type(error).__name__}: {error}") from error


def _is_stub(answer: Any) -> bool:
    """Tell whether an answer is ``...``, holds one, or is a function whose body is only ``...``."""
    if answer is ...:
        return True
    if isinstance(answer, tuple | list):
        return any(part is ... for part in answer)
    code = getattr(answer, "__code__", None)
    if code is None:
        return False
    # Such a function only returns None, or the `...` itself; a docstring leaves no instruction.
    steps = [step.argval for step in dis.get_instructions(code) if step.opname != "RESUME"]
    return all(step is None or step is ... for step in steps)


@contextmanager
def expect_error(kind: type[Exception], match: str) -> Iterator[None]:
    """Show an error that a lesson provokes on purpose, and go on.

    Parameters
    ----------
    kind
        The class of the error, such as ``RuntimeError``.
    match
        A regular expression that the error's message must contain.

    Raises
    ------
    AssertionError
        No error came, or one with another message: then the lesson no longer shows what it says.
    """
    try:
        yield
    except kind as error:
        if not re.search(match, str(error)):
            raise AssertionError(f"The error came, but its message doesn't say {match!r}: {error}") from error
        print(f"{type(error).__name__}: {error}")
    else:
        raise AssertionError(f"A {kind.__name__} was expected here, but no error came.")
