"""A check is worth having if it tells each likely mistake by its own hint, and every right answer from them.

The answers stand in tests/wrong_answers_NN.py, a module for each lesson.
"""

import inspect
import re
from collections import Counter
from importlib import import_module
from pathlib import Path

import pytest
import torch
from torch import nn

from helpers import checks
from helpers.checks import NotStarted, WrongAnswer, grade

TESTS = Path(__file__).parent
ROOT = TESTS.parent
LESSONS = sorted((ROOT / "lessons").glob("[0-9][0-9]_*.md"))
CHECK = re.compile(r'\bcheck\("(\d\d\.\d+)",')

ANSWERS = [import_module(path.stem) for path in sorted(TESTS.glob("wrong_answers_*.py"))]
WRONG = {number: answers for module in ANSWERS for number, answers in module.WRONG.items()}
SAME = {number: answers for module in ANSWERS for number, answers in module.SAME_MISTAKE.items()}
RIGHT = {number: answers for module in ANSWERS for number, answers in module.RIGHT.items()}
for path in (ROOT / "helpers/exercises").glob("lesson_*.py"):
    import_module(f"helpers.exercises.{path.stem}")
GRADERS = dict(checks._graders)


def hint_for(number: str, answer: object) -> str:
    with pytest.raises(WrongAnswer) as wrong:
        grade(number, answer)
    return str(wrong.value)


@pytest.fixture(autouse=True)
def _same_random_weights():
    torch.manual_seed(0)


@pytest.mark.parametrize(
    ("number", "answer", "hint"),
    [
        pytest.param(number, answer, hint, id=f"{number} {name}")
        for number, answers in WRONG.items()
        for name, answer, hint in answers
    ],
)
def test_a_wrong_answer_gets_the_hint_for_its_mistake(number, answer, hint):
    assert re.search(hint, hint_for(number, answer)), hint_for(number, answer)


@pytest.mark.parametrize(
    ("number", "answer", "hint"),
    [
        pytest.param(number, answer, hint, id=f"{number} {answer.__name__}")
        for number, answers in SAME.items()
        for answer, hint in answers
    ],
)
def test_another_way_to_the_same_mistake_gets_its_hint(number, answer, hint):
    assert re.search(hint, hint_for(number, answer)), hint_for(number, answer)


@pytest.mark.parametrize("number", WRONG)
def test_different_mistakes_get_different_hints(number):
    mistakes = [answer for _, answer, _ in WRONG[number]]
    hints = Counter(hint_for(number, answer) for answer in mistakes)
    assert [hint for hint, count in hints.items() if count > 1] == []


@pytest.mark.parametrize(
    ("number", "answer"),
    [
        pytest.param(number, answer, id=f"{number} {position}")
        for number, answers in RIGHT.items()
        for position, answer in enumerate(answers, start=1)
    ],
)
def test_a_right_answer_in_another_style_is_right(number, answer):
    assert grade(number, answer)


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
    int,
]
ODD += [torch.rand(2, 2), torch.rand(0), torch.zeros(2, dtype=torch.bool), nn.Linear(2, 2), 10**30, lambda: 1]


@pytest.mark.parametrize("number", GRADERS)
def test_an_odd_answer_gets_a_hint_and_breaks_no_grader(number):
    for odd in ODD:
        assert hint_for(number, odd)
        assert hint_for(number, lambda *_, odd=odd: odd)


@pytest.mark.parametrize("number", GRADERS)
def test_a_function_with_too_few_or_too_many_parameters_gets_a_hint(number):
    assert hint_for(number, lambda: 1)
    assert hint_for(number, lambda a, b, c, d, e, f: 1)


@pytest.mark.parametrize("number", GRADERS)
def test_an_error_in_the_learners_code_becomes_the_hint(number):
    class Broken(nn.Sequential):
        def forward(self, *_):
            return [][1]

    takes_a_model = next(iter(inspect.signature(GRADERS[number]).parameters.values())).annotation is nn.Module
    answer = Broken(*RIGHT[number][0]) if takes_a_model else Broken().forward
    assert "IndexError: list index out of range" in hint_for(number, answer)


@pytest.mark.parametrize("number", GRADERS)
def test_a_stub_is_not_started_whatever_the_exercise(number):
    with pytest.raises(NotStarted, match=f"Exercise {number} is waiting"):
        grade(number, ...)


@pytest.mark.parametrize("number", GRADERS)
def test_a_check_leaves_the_lessons_random_numbers_as_they_were(number):
    torch.manual_seed(1)
    expected = torch.rand(3)
    torch.manual_seed(1)
    grade(number, RIGHT[number][0])
    assert torch.equal(torch.rand(3), expected)


def test_every_exercise_of_the_lessons_has_a_grader_and_every_grader_its_exercise():
    in_lessons = [number for lesson in LESSONS for number in CHECK.findall(lesson.read_text("utf-8"))]
    assert sorted(in_lessons) == sorted(GRADERS)


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
def test_an_exercise_has_the_number_of_its_lesson(lesson):
    for number in CHECK.findall(lesson.read_text("utf-8")):
        assert number.startswith(lesson.name[:2])


def test_every_exercise_has_at_least_two_wrong_answers_and_a_right_one():
    assert sorted(number for number, answers in WRONG.items() if len(answers) >= 2) == sorted(GRADERS)
    assert sorted(RIGHT) == sorted(GRADERS)
