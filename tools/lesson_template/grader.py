"""Lesson NN: the graders of its exercises."""

from collections.abc import Callable

from helpers.checks import attempt, exercise
from helpers.exercises.grading import numbers, wrong_if


# FILL IN: a grader for each exercise of the lesson, in place of this one.
@exercise("NN.1")
def double(answer: Callable) -> str:
    """Grade ``answer(x)``, twice the number x."""

    def result(x: float) -> float:
        return numbers(attempt(answer, x), 0, "Return one number.")

    wrong_if(result(3) == 9, "That is 3 times 3. Twice 3 is 3 + 3.")
    for x in (3, 0, -1.5):
        wrong_if(result(x) != 2 * x, f"Twice {x} is {2 * x}; you have {result(x)}.")
    return "Twice 3 is 6."
