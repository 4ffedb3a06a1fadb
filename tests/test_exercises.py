"""The tables of the exercises: what is right passes, each mistake gets its own hint, nothing odd passes.

An exercise needs no test of its own: all go through these.
"""

import copy
import inspect
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from helpers.course.checks import NotStarted, find_exercise, grade
from helpers.course.exercises import EXERCISES, WrongAnswer
from helpers.course.observing import Failed, is_alike

ROOT = Path(__file__).resolve().parents[1]
LESSONS = sorted((ROOT / "lessons").glob("[0-9][0-9]_*.md"))
CHECK = re.compile(r'\bcheck\("(\d\d\.\d+)",')
# What a hint tells a learner to write.
WRITE = re.compile(r"\b[Ww]rite `([^`]+)`")

for path in sorted((ROOT / "helpers/exercises").glob("lesson_*.py")):
    find_exercise(f"{path.stem[-2:]}.1")

each_exercise = pytest.mark.parametrize("exercise", EXERCISES.values(), ids=lambda exercise: exercise.number)


def hint_for(number: str, answer: object) -> str:
    with pytest.raises(WrongAnswer) as wrong:
        grade(number, answer)
    return str(wrong.value)


@each_exercise
def test_the_solution_and_other_right_ways_are_right(exercise):
    for way in (exercise.solution, *exercise.also_right):
        assert grade(exercise.number, exercise.answer_of(way)) == exercise.says
    answer = exercise.answer_of(exercise.solution)
    assert not all(isinstance(exercise.run(answer, probe).seen, Failed) for probe in exercise.probes)


@each_exercise
def test_each_mistake_gets_its_own_hint(exercise):
    assert len(exercise.mistakes) >= 2
    for hint, way in exercise.ways():
        assert hint_for(exercise.number, exercise.answer_of(way)) == hint


@each_exercise
def test_what_a_hint_says_to_write_is_right(exercise):
    right = "".join(map(source_of, (exercise.solution, *exercise.also_right)))
    for hint in [*exercise.mistakes, *exercise.errors.values()]:
        for code in WRITE.findall(hint):
            assert without_spaces(code) in without_spaces(right), f"no right answer does what it says: {code}"


def source_of(way: object) -> str:
    try:
        return inspect.getsource(way)
    except OSError:  # from Python 3.13 on: a class that a function has made
        return ""


def without_spaces(code: str) -> str:
    return re.sub(r"\s+", "", code).replace("'", '"')


ODD = [
    None,
    "four",
    b"4",
    3.5,
    True,
    [],
    (),
    {},
    (1, 2, 3),
    [None, None],
    ("a", "b"),
    [[1], [2, 3]],
    object(),
]
ODD += [
    int,
    torch.rand(2, 2),
    torch.rand(0),
    torch.zeros(2, dtype=torch.bool),
    nn.Linear(2, 2),
    10**30,
    float,
]


@each_exercise
def test_an_odd_answer_gets_a_hint_and_breaks_nothing(exercise):
    for odd in ODD:
        assert hint_for(exercise.number, odd)
        assert hint_for(exercise.number, lambda *_, odd=odd: odd)
    assert hint_for(exercise.number, lambda: 1)
    assert hint_for(exercise.number, lambda a, b, c, d, e, f, g: 1)
    assert hint_for(exercise.number, nn.Module())
    assert hint_for(exercise.number, type("Empty", (nn.Module,), {}))
    with pytest.raises(NotStarted, match=f"Exercise {exercise.number} is waiting"):
        grade(exercise.number, ...)


def plain_functions():
    """Return the exercises that count only what a function returns."""
    return [e for e in EXERCISES.values() if not (e.observe or e.looks or isinstance(e.solution, type))]


def dressed(value: object, one: Callable, many: Callable) -> object:
    """Return numbers in other clothes, in whatever they are."""
    if isinstance(value, tuple | list):
        return [dressed(part, one, many) for part in value]
    if isinstance(value, torch.Tensor) and value.ndim:
        return many(value.detach())
    is_number = isinstance(value, torch.Tensor | int | float | np.generic) and not isinstance(value, bool)
    return one(value) if is_number else value


@pytest.mark.parametrize("exercise", plain_functions(), ids=lambda exercise: exercise.number)
def test_numbers_count_in_any_clothing(exercise):
    for one, many in [
        (lambda x: torch.tensor([float(x)]), torch.Tensor.double),
        (lambda x: np.float64(x), torch.Tensor.numpy),
        (lambda x: np.float32(x), torch.Tensor.tolist),
    ]:
        assert grade(
            exercise.number, lambda *given, one=one, many=many: dressed(exercise.solution(*given), one, many)
        )


@pytest.mark.parametrize("exercise", plain_functions(), ids=lambda exercise: exercise.number)
def test_no_probe_is_so_near_an_edge_that_float64_decides_otherwise(exercise):
    for probe in exercise.probes:
        if any(isinstance(value, torch.Tensor) and value.is_floating_point() for value in probe):
            seen = exercise.run(exercise.solution, probe).seen
            exact = tuple(
                v.double() if isinstance(v, torch.Tensor) and v.is_floating_point() else v for v in probe
            )
            assert is_alike(exercise.run(exercise.solution, exact).seen, seen, 10 * exercise.tolerance)


@each_exercise
def test_a_right_answer_is_right_whatever_is_set_and_a_check_leaves_that_as_it_was(exercise):
    torch.manual_seed(1)
    np.random.seed(1)
    expected = torch.rand(3), np.random.rand()
    answer = exercise.answer_of(exercise.solution)
    if isinstance(answer, nn.Module):
        answer = copy.deepcopy(answer).double()  # as it is made where float64 is the default
    torch.manual_seed(1)
    np.random.seed(1)
    try:
        torch.set_grad_enabled(False)
        torch.set_default_dtype(torch.float64)
        torch.set_default_device("meta")  # tensors without numbers: one that is made there spoils the check
        assert grade(exercise.number, answer) == exercise.says
        assert not torch.is_grad_enabled()
        assert torch.get_default_dtype() == torch.float64
        assert torch.get_default_device().type == "meta"
    finally:
        torch.set_grad_enabled(True)
        torch.set_default_dtype(torch.float32)
        torch.set_default_device(None)
    assert torch.equal(torch.rand(3), expected[0])
    assert np.random.rand() == expected[1]


def test_every_exercise_of_the_lessons_is_in_the_tables_and_the_other_way_round():
    in_lessons = [number for lesson in LESSONS for number in CHECK.findall(lesson.read_text("utf-8"))]
    assert sorted(in_lessons) == sorted(EXERCISES)
    for path in LESSONS:
        for number in CHECK.findall(path.read_text("utf-8")):
            assert number.startswith(path.name[:2])


def test_the_exercise_that_contributing_shows_is_the_one_of_the_course():
    shown = (ROOT / "CONTRIBUTING.md").read_text("utf-8").partition("This is 05.4, whole:\n\n```python\n")[2]
    code = shown.partition("\n```")[0]
    assert 'exercise(\n    "05.4",' in code
    assert code in (ROOT / "helpers/exercises/lesson_05.py").read_text("utf-8")
