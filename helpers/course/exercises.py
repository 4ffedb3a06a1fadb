"""Exercises as data: what is right, and each likely mistake as the code that makes it, with its hint.

An exercise is a call of `exercise` in `helpers.exercises.lesson_NN`. The engine runs the learner's answer,
the solution and the mistakes on copies of the same probes, with the same random numbers, and compares what
they return, raise and change. The learner sees the hint of the first mistake that behaves as the answer does.
If none does, they see what should have come and what came, for the smallest probe that shows the difference.
"""

import contextlib
import copy
import functools
import inspect
import io
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor, nn

from helpers.course.errors import ERRORS
from helpers.course.observing import (
    Calls,
    Failed,
    OutOfTime,
    first_difference,
    is_alike,
    kind_of,
    plain,
    same_conditions,
    shown,
    start_afresh,
    time_limit,
)

EXERCISES: dict[str, "Exercise"] = {}

RESULT = "the result"  # what a function returns, among all that is observed
# Packages that offer ready-made functions for what an exercise asks to write by hand.
READY_MADE_PACKAGES = "sklearn|scipy|torchmetrics|torchvision|mlxtend|skimage|cv2"


class WrongAnswer(AssertionError):
    """An answer is wrong; the message is the hint."""


@dataclass(frozen=True)
class When:
    """A mistake that a condition describes better than code: it fits if `test(got, right)` is true.

    `got` and `right` are what was observed: dictionaries such as ``{"the result": tensor}``, with all numbers
    as tensors of float64. `examples` make the mistake; the tests grade them.
    """

    test: Callable[[dict[str, Any], dict[str, Any]], bool]
    examples: tuple[Callable, ...]

    def fits(self, got: Any, right: Any) -> bool:
        """Is this the mistake? Not if the condition can't look at an answer of this kind."""
        if isinstance(got, Failed):
            return False
        try:
            return bool(self.test(got, right))
        except (TypeError, ValueError, RuntimeError, LookupError, AttributeError):
            return False


def differs(label: str, *examples: Callable) -> When:
    """Return the mistake that fits whenever the observation named `label` is wrong."""
    return When(lambda got, right: not is_alike(got[label], right.get(label), 1e-5), examples)


@dataclass
class Run:
    """What an answer did with one probe."""

    seen: dict[str, Any] | Failed
    printed: str = ""
    called: set[str] = field(default_factory=set)

    @property
    def is_none(self) -> bool:
        """Did a function return None?"""
        return isinstance(self.seen, dict) and self.seen.get(RESULT, 0) is None


@dataclass(eq=False)
class Exercise:
    """One exercise; `exercise` makes it and says what the parts are."""

    number: str
    solution: Callable
    says: str
    probes: Sequence[tuple]
    mistakes: dict[str, "Callable | tuple[Callable, ...] | When"]
    also_right: Sequence[Callable]
    makes: type | None
    observe: Callable[..., dict[str, Any]] | None
    looks: dict[str, Callable[[Any], Any]]
    ready_made: str
    errors: dict[str, str]
    tolerance: float
    seconds: float

    @property
    def name(self) -> str:
        """What the answer is called in the lesson."""
        return self.solution.__name__

    @property
    def parameters(self) -> list[str]:
        """The names of the arguments: those of the function, or those of `observe` without the answer."""
        parameters = list(inspect.signature(self.observe or self.solution).parameters)
        return parameters[1:] if self.observe else parameters

    def grade(self, answer: Any) -> str:
        """Return what a right answer shows.

        Raises
        ------
        WrongAnswer
            The answer is wrong; the message is the hint.
        """
        self._refuse_another_kind(answer)
        with same_conditions():
            return self._graded(answer)

    def _graded(self, answer: Any) -> str:
        runs = self._tried(answer)
        right = [self._run_way(self.solution, i) for i in range(len(runs))]
        for run in runs:
            self._refuse_ready_made(run)
        wrong = [i for i, run in enumerate(runs) if not self._is_right(run.seen, right[i].seen)]
        if not wrong:
            return self.says
        first = runs[wrong[0]]
        if first.is_none and first.printed.strip() and not right[wrong[0]].is_none:
            raise WrongAnswer(
                "Your function prints its result, and returns nothing. Use return in place of print."
            )
        hint = self._hint(runs, right, wrong[0])
        if hint is None:
            raised = [i for i in wrong if isinstance(runs[i].seen, Failed)]
            shown_here = raised[0] if raised else min(wrong, key=lambda i: _size(self.probes[i]))
            hint = self._difference(runs[shown_here], right[shown_here].seen, answer, self.probes[shown_here])
        raise WrongAnswer(hint)

    def ways(self) -> Iterator[tuple[str, Callable]]:
        """Yield the hint and the code of each mistake."""
        for hint, ways in self.mistakes.items():
            if isinstance(ways, When):
                ways = ways.examples
            for way in ways if isinstance(ways, tuple) else (ways,):
                yield hint, way

    @functools.cache  # noqa: B019 - exercises live as long as the process
    def answer_of(self, way: Callable) -> Any:
        """Return a learner's answer for a way to solve it: the way itself, or the object that it makes."""
        if self.makes is None:
            return way
        start_afresh()
        with contextlib.redirect_stdout(io.StringIO()):
            return way()

    def _tried(self, answer: Any) -> list[Run]:
        """Run the answer on all probes, within the time limit."""
        runs: list[Run] = []
        try:
            with time_limit(self.seconds):
                for probe in self.probes:
                    runs.append(self.run(answer, probe))
        except OutOfTime:
            case = self._case(self.probes[len(runs)])
            raise WrongAnswer(
                f"Your code had not ended after {self.seconds:g} seconds{case and f' {case}'}. Is there a "
                "loop that never ends, such as a `while` whose condition stays true?"
            ) from None
        return runs

    def run(self, answer: Any, probe: tuple) -> Run:
        """Run an answer on copies of one probe."""
        given = copy.deepcopy(probe)
        calls = Calls()
        start_afresh()
        with contextlib.redirect_stdout(io.StringIO()) as out:
            watched = calls if self.ready_made else contextlib.nullcontext()
            try:
                if self.observe:
                    with watched:
                        seen = self.observe(_own_copy(answer) if self.makes else answer, *given)
                    seen = {label: plain(value) for label, value in seen.items()}
                else:
                    with watched:
                        returned = answer(*given)
                    seen = {RESULT: plain(returned)}
                    seen |= {label: plain(look(returned)) for label, look in self._looks(returned)}
                    seen |= self._changes(probe, given)
            except (WrongAnswer, OutOfTime, KeyboardInterrupt):
                raise
            except BaseException as error:  # whatever a learner's code raises is shown, not lost
                seen = Failed.of(error, answer)
            finally:
                start_afresh()  # the engine's own tensors are not made on a device that the answer has set
        return Run(seen, "" if out.closed else out.getvalue(), calls.names)

    def _looks(self, returned: Any) -> Iterator[tuple[str, Callable]]:
        """Yield the further looks at what came back; there are none at None."""
        if returned is not None and returned is not ...:
            yield from self.looks.items()

    def _changes(self, probe: tuple, given: tuple) -> dict[str, Any]:
        """Return the arguments that have changed, with what they hold now."""
        names = self.parameters
        pairs = [(plain(before), plain(after)) for before, after in zip(probe, given, strict=True)]
        return {
            f"`{name}` afterwards": after
            for name, (before, after) in zip(names, pairs, strict=False)
            if not is_alike(after, before, 0.0)
        }

    @functools.cache  # noqa: B019
    def _run_way(self, way: Callable, i: int) -> Run:
        """Run the solution or a mistake on a probe: always the same, so once is enough."""
        return self.run(self.answer_of(way), self.probes[i])

    def _is_right(self, got: Any, right: Any) -> bool:
        if isinstance(right, Failed):
            return isinstance(got, Failed) and got.kind == right.kind
        if isinstance(got, Failed):
            return False
        told = [label for label in [*right, *got] if not label.startswith("_")]
        return all(
            label in got and label in right and is_alike(got[label], right[label], self.tolerance)
            for label in told
        )

    def _hint(self, runs: list[Run], right: list[Run], first: int) -> str | None:
        """Return the hint of a mistake that does what the answer does, on all probes or the first ones."""
        for few in (len(runs), first + 1):
            for hint, ways in self.mistakes.items():
                if isinstance(ways, When):
                    if ways.fits(runs[first].seen, right[first].seen):
                        return hint
                    continue
                for way in ways if isinstance(ways, tuple) else (ways,):
                    # The first wrong probe comes first: it is enough to rule most ways out.
                    if all(self._does_alike(runs[i], way, i) for i in (first, *range(few))):
                        return hint
        return None

    def _does_alike(self, run: Run, way: Callable, i: int) -> bool:
        return is_alike(run.seen, self._run_way(way, i).seen, self.tolerance)

    def _refuse_another_kind(self, answer: Any) -> None:
        """Raise a hint if the answer is not what the exercise asks for: a function, a class or an object."""
        is_class, came = isinstance(answer, type), kind_of(answer)
        if self.makes is not None and is_class:
            raise WrongAnswer(
                f"That is the class {answer.__name__}. Make an object of it, with brackets: "
                f"{answer.__name__}(...)."
            )
        if self.makes is not None:
            if not isinstance(answer, self.makes):
                wanted = {nn.Module: "a model (an nn.Module)", Callable: "something that can be called"}
                raise WrongAnswer(f"The answer should be {wanted[self.makes]}; yours is {came}.")
        elif isinstance(self.solution, type):
            if not is_class:
                raise WrongAnswer(
                    f"This exercise asks for a class; yours is {came}. Give the name of the class, without "
                    "brackets."
                )
            base = self.solution.__base__
            if not issubclass(answer, base):
                name = f"{'nn.' if base is nn.Module else ''}{base.__name__}"
                raise WrongAnswer(
                    f"Your class should be a subclass of {name}. Begin it with class {self.name}({name}):"
                )
        elif not callable(answer):
            raise WrongAnswer(
                f"This exercise asks for a function; yours is {came}. Give the name of the function, without "
                f"brackets: {self.name}."
            )
        else:
            self._refuse_other_parameters(answer)

    def _refuse_other_parameters(self, answer: Callable) -> None:
        """Raise a hint if a function can't be called with as many arguments as the solution."""
        wanted = list(inspect.signature(self.solution).parameters.values())
        try:
            signature = inspect.signature(answer)
        except (TypeError, ValueError):
            return  # written in C: what it takes shows when it is called
        given = [p for p in wanted if p.default is p.empty and p.kind is not p.VAR_POSITIONAL]
        for few in {len(given), len(wanted)}:
            try:
                signature.bind(*wanted[:few])
            except TypeError:
                if isinstance(answer, type):
                    raise WrongAnswer("This exercise asks for a function; yours is a class.") from None
                names = ", ".join(p.name for p in wanted)
                own = ", ".join(signature.parameters)
                raise WrongAnswer(
                    f"The function should take ({names}); yours takes {f'({own})' if own else 'none'}."
                ) from None

    def _refuse_ready_made(self, run: Run) -> None:
        if not self.ready_made:
            return
        for call in sorted(run.called):
            package, *_, name = call.split(".")
            name = name.strip("_")
            if re.fullmatch(READY_MADE_PACKAGES, package):
                raise WrongAnswer(f"Your code uses {package}. This exercise is about doing without it.")
            if re.fullmatch(self.ready_made, name):
                raise WrongAnswer(f"Your code uses torch's {name}. This exercise is about doing without it.")

    def _case(self, probe: tuple) -> str:
        """Return a probe in words, such as ``with n = 100, batch_size = 32``; nothing if that gets long."""
        names = self.parameters
        if not probe or (self.observe and len(self.probes) == 1):
            return ""
        values = [
            str(value)
            if isinstance(value, bool)
            else f"a table of shape {list(value.shape)}"
            if hasattr(value, "columns")
            else shown(plain(value))
            for value in probe
        ]
        case = ", ".join(f"{name} = {value}" for name, value in zip(names, values, strict=False))
        return f"with {case}" if len(case) <= 160 else ""

    def _difference(self, run: Run, right: Any, answer: Any, probe: tuple) -> str:
        """Say what should have come and what came."""
        case, got = self._case(probe), run.seen
        printed = f" It printed: {run.printed.strip()[:200]}" if run.printed.strip() else ""
        if isinstance(got, Failed):
            tried = "Trying your answer"
            if self.makes is None:
                tried = "Trying your class" if isinstance(answer, type) else "Calling your function"
            told = f"{tried}{case and f' {case}'} raised {got.kind}: {got.message}".rstrip(". ") + "."
            return f"{told}{got.place} {self._meaning(got)}".strip() + printed
        if isinstance(right, Failed):
            return (
                f"{case and f'{_capital(case)} your'}{'' if case else 'Your'} code should raise {right.kind}."
            )
        if run.is_none and right.get(RESULT) is not None:
            return _capital(f"{case and f'{case}, '}your function returns None. Does it end in a return?")
        for label in got:
            if label.startswith("`") and label not in right:
                told = f"Your function changed {label.split(' ')[0]}, which it was given. Work on a copy."
                if isinstance(
                    dict(zip(self.parameters, probe, strict=False)).get(label.split("`")[1]), Tensor
                ):
                    told += " (A slice of a tensor is a view: what you write into it lands in the original.)"
                return told + printed
        for label, value in right.items():
            if label.startswith("_"):
                continue
            if label not in got and label.startswith("`"):
                return f"Your function should change {label.split(' ')[0]}. It is as it was." + printed
            if label not in got:
                return f"{_capital(case)}{': ' if case else ''}{label} should be {shown(value)}." + printed
            if not is_alike(got[label], value, self.tolerance):
                told = first_difference(label, got[label], value, self.tolerance)
                return _capital(f"{case}, {told}" if case else told) + printed
        raise AssertionError("a wrong answer differs from the right one in something")

    def _meaning(self, failed: Failed) -> str:
        text = f"{failed.kind}: {failed.message}"
        meanings = [*self.errors.items(), *ERRORS.items()]
        return next((meaning for pattern, meaning in meanings if re.search(pattern, text)), "")


def exercise(
    number: str,
    solution: Callable,
    *,
    says: str,
    mistakes: dict[str, "Callable | tuple[Callable, ...] | When"],
    probes: Sequence[tuple] = ((),),
    also_right: Sequence[Callable] = (),
    makes: type | None = None,
    observe: Callable[..., dict[str, Any]] | None = None,
    looks: dict[str, Callable[[Any], Any]] | None = None,
    ready_made: str = "",
    errors: dict[str, str] | None = None,
    tolerance: float = 1e-5,
    seconds: float = 20,
) -> None:
    """Add an exercise to the course.

    Parameters
    ----------
    number
        Such as ``"05.2"``.
    solution
        The function or class that the lesson shows as its solution; `tools/sync.py` copies it there.
    says
        What a right answer shows.
    mistakes
        For each hint the code that makes the mistake, several ways to it, or a `When`. The first that fits
        counts.
    probes
        What the answer is tried on: the arguments of each call.
    also_right
        Other right answers, for the tests.
    makes
        The kind of object that the answer is: ``nn.Module``, or ``Callable`` for a transform. Solution and
        mistakes are then functions without parameters that make it, and `observe` looks at it.
    observe
        ``observe(answer, *probe)`` returns what counts, by name: ``{"the logits": …, "_calls": …}``. What
        stands under a name that starts with ``_`` helps to find the mistake, but is never wrong in itself.
        Without `observe` the answer is called, and what it returns and changes counts.
    looks
        Further looks at what a function returns, by name: ``{"the dtype": lambda x: x.dtype}``. A look named
        ``the result`` replaces what is returned.
    ready_made
        A regular expression: names of functions, methods and layers that the answer may not call or build.
        Scikit-learn, torchmetrics, torchvision and similar packages are then refused, too.
    errors
        What an error means here: a regular expression for its kind and message, and the meaning.
    tolerance
        By how much a number may be off. The relative tolerance is ten times that.
    seconds
        How long an answer may take.
    """
    if number in EXERCISES:
        raise ValueError(f"Exercise {number} stands twice in the tables.")
    EXERCISES[number] = Exercise(
        number, solution, says, probes, mistakes, also_right, makes, observe, looks or {}, ready_made,
        errors or {}, tolerance, seconds,
    )  # fmt: skip


def _own_copy(answer: Any) -> Any:
    """Return a copy of an object. A model gets the dtype of the probes, float32."""
    answer = copy.deepcopy(answer)
    return answer.float() if isinstance(answer, nn.Module) else answer


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _size(probe: tuple) -> tuple[bool, int]:
    """Return how hard a probe is to read. One with something empty in it is the hardest."""
    parts = [plain(value) for value in probe]
    sizes = [part.numel() if isinstance(part, Tensor) else len(str(part)) for part in parts]
    return 0 in sizes, sum(sizes)
