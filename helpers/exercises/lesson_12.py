"""Lesson 12, faster and further, to many machines: the graders of its exercises."""

import copy
import math
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any
from unittest import mock

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, one_hot
from torch.optim import SGD, Optimizer

from helpers.checks import WrongAnswer, attempt, exercise
from helpers.exercises.grading import explained, numbers, same, wrong_if

NOTHING = "Your function returns nothing: it needs a return."


def _attempt(answer: Callable, *arguments: Any, hints: dict[str, str]) -> Any:
    """Call a learner's function; to an error that is known here, its hint is added."""
    with explained(hints):
        return attempt(answer, *arguments)


# 12.1, 12.2 and 12.9: a formula, for several cases


Mistakes = list[tuple[Callable, str]]


def _close(got: Any, right: Any) -> bool:
    """Tell whether two numbers, or two lists of them, are the same but for rounding."""
    if isinstance(got, list) and isinstance(right, list):
        return len(got) == len(right) and all(map(_close, got, right))
    if not isinstance(got, int | float) or not isinstance(right, int | float):
        return False
    return (math.isnan(got) and math.isnan(right)) or math.isclose(got, right, rel_tol=1e-4, abs_tol=1e-9)


def _makes(formula: Callable, cases: Iterable[tuple], answers: list) -> bool:
    """Tell whether a formula gives these answers."""
    try:
        return all(_close(got, formula(*case)) for case, got in zip(cases, answers, strict=False))
    except ArithmeticError:  # then a learner's function would have failed there too
        return False


def _check_formula(
    answer: Callable,
    cases: list[tuple],
    right: Callable,
    mistakes: Mistakes,
    read: Callable,
    hints: dict[str, str],
    said: Callable,
) -> None:
    """Raise a hint where a function differs from a formula: that of the mistake which explains all answers.

    `read` makes numbers of an answer, `said` says for a case what is right and what the answer is.
    """
    answers: list = []
    for case in cases:
        try:
            answers.append(read(_attempt(answer, *case, hints=hints), *case))
        except WrongAnswer:
            if _makes(right, cases, answers):
                raise
            break  # an answer before this one is wrong, which explains more
    if len(answers) == len(cases) and _makes(right, cases, answers):
        return
    for some in (answers, answers[:3]):  # the edge cases come last: there, one mistake has many forms
        if not _makes(right, cases, some):
            for formula, hint in mistakes:
                wrong_if(_makes(formula, cases, some), hint)
    for case, got in zip(cases, answers, strict=False):
        if not _close(got, right(*case)):
            raise WrongAnswer(said(*case, got))


def _reads(ndim: int, hint: str) -> Callable:
    """Return a function that makes a number (`ndim` 0) or a list of them (1) of an answer to a case."""
    return lambda raw, *case: numbers(raw, ndim, hint if raw is not None else NOTHING)


def _rounding(formula: Callable, most: int) -> Mistakes:
    """Return the mistake to round what a formula gives, to as many places as `most` or fewer."""
    return [
        (lambda *case, places=places: round(formula(*case), places), "Don't round the result.")
        for places in range(1, most + 1)
    ]


# 12.1


def _speedup(share: float, factor: float) -> float:
    return 1 / (1 - share + share / factor)


SPEEDUP_MISTAKES: Mistakes = [
    (
        lambda share, factor: 1 / _speedup(share, factor),
        "That is the time that is left, as a part of the time before. Half of the time is twice as fast.",
    ),
    (
        lambda share, factor: 1 - 1 / _speedup(share, factor),
        "That is the time that is saved, as a part of the time before. How many times as fast it is: the old "
        "time divided by the new one.",
    ),
    (
        lambda share, factor: 1 - share + share * factor,
        "That averages the speeds. Add up times: the rest needs as long as before, the part less.",
    ),
    (
        lambda share, factor: 1 / (1 - share + share * factor),
        "A part that is made faster needs less time: divide its share by the factor.",
    ),
    (
        lambda share, factor: factor,
        "That is how many times as fast the part is. The rest stays as it was, and slows the whole.",
    ),
    (
        lambda share, factor: 1 / (1 - share),
        "That is the limit, for a part that takes no time any more. With a factor of 4, a quarter of the "
        "part's time is left.",
    ),
    (
        lambda share, factor: factor / share if share else math.inf,
        "You count the time of the part only. The rest, 1 - share, is still there.",
    ),
    (
        lambda share, factor: 1 / (share + (1 - share) / factor),
        "You made the rest faster, and left the part as it was. It is the other way round.",
    ),
    (
        lambda share, factor: _speedup(share / 100, factor),
        "The share is between 0 and 1, not in percent: don't divide it by 100.",
    ),
    (
        lambda share, factor: 100 * _speedup(share, factor),
        "How many times as fast it is, is a number such as 1.6, not percent.",
    ),
    (
        lambda share, factor: _speedup(share, factor) - 1,
        "Twice as fast means half of the time. Don't subtract 1: a remedy without effect gives 1.",
    ),
    *_rounding(_speedup, 3),
    (
        lambda share, factor: _speedup(share, factor) if factor < math.inf else math.nan,
        "With an infinite factor you return nan (infinity divided by infinity). Write it so that only the "
        "share is divided by the factor: share / float('inf') is 0.",
    ),
]


@exercise("12.1")
def speedup(answer: Callable) -> str:
    """Grade ``answer(share, factor)``, how many times as fast the whole is if a part is."""
    cases = [(0.5, 4.0), (0.8, 2.0), (0.25, 10.0), (0.9, math.inf), (1.0, 4.0), (0.0, 8.0), (0.3, 1.0)]

    def said(share: float, factor: float, got: float) -> str:
        return (
            f"A part with a share of {share} that is made {factor} times as fast: the whole is "
            f"{_speedup(share, factor):.4f} times as fast; you have {got:.4g}."
        )

    zero = {
        "ZeroDivisionError": "The share may be 0 or 1, and the factor infinite. So don't divide by "
        "share, by 1 - share or by share / factor alone. Only the whole new time is never 0 here."
    }
    read = _reads(0, "Return one number: how many times as fast the whole is.")
    _check_formula(answer, cases, _speedup, SPEEDUP_MISTAKES, read, zero, said)
    return "However fast a part of 90 % becomes, the whole becomes at most 10 times as fast."


# 12.2


def _made_of(rising: Callable, falling: Callable) -> Callable[[int, float, int], list[float]]:
    """Return a function of steps, peak, warm_up: a list of rates from a rise and a fall, each of k and w."""

    def rates(steps: int, peak: float, warm_up: int) -> list[float]:
        rise = [peak * rising(k, warm_up) for k in range(warm_up)]
        return rise + [peak * falling(k, steps, warm_up) for k in range(warm_up, steps)]

    return rates


def _up(k: int, warm_up: int) -> float:
    return (k + 1) / (warm_up + 1)


def _down(k: int, steps: int, warm_up: int) -> float:
    return (steps - k) / (steps - warm_up)


def _down_to_zero(k: int, steps: int, warm_up: int) -> float:
    return (steps - 1 - k) / (steps - 1 - warm_up) if steps - 1 > warm_up else 1.0


_rates = _made_of(_up, _down)
RATES_MISTAKES: Mistakes = [
    (
        _made_of(lambda k, w: k / w, _down),
        "Your first rate is 0: a step that learns nothing. The 0 is one step before the first one, so at "
        "index k the line has gone k + 1 of warm_up + 1 steps.",
    ),
    (
        _made_of(lambda k, w: k / w, _down_to_zero),
        "Your first and your last rate are 0: two steps that learn nothing. The zeros are one step before "
        "the first and one step after the last.",
    ),
    (
        _made_of(lambda k, w: (k + 1) / w, _down),
        "You reach the peak at index warm_up - 1, and have it once more at index warm_up. The rise has "
        "warm_up + 1 steps, from the 0 before the first rate to the peak.",
    ),
    (
        _made_of(lambda k, w: (k + 1) / w, lambda k, n, w: (n - 1 - k) / (n - w)),
        "Your peak is at index warm_up - 1, one step too early, and the last rate is 0.",
    ),
    (
        _made_of(lambda k, w: k / (w - 1) if w > 1 else 0.0, _down_to_zero),
        "linspace puts both of its ends into the list: so the first and the last rate are 0, and the peak is "
        "there twice.",
    ),
    (
        _made_of(_up, _down_to_zero),
        "The rise is right. Your last rate is 0: a step that learns nothing. The 0 would be reached at index "
        "steps, one after the last.",
    ),
    (
        _made_of(_up, lambda k, n, w: (n - 1 - k) / (n - w)),
        "The rise is right. The fall begins one step too early: at index warm_up the rate is the peak.",
    ),
    (
        _made_of(_up, lambda k, n, w: 1.0),
        "The rise is right. After the peak the rate has to fall; yours stays.",
    ),
    (
        _made_of(_up, lambda k, n, w: (n - k) / n),
        "The rise is right. The fall should begin at the peak; it has steps - warm_up steps, not steps.",
    ),
    (
        lambda steps, peak, warm_up: _rates(steps, 1.0, warm_up),
        "The form is right: multiply it by the peak.",
    ),
    (
        lambda steps, peak, warm_up: _rates(steps, peak, warm_up)[::-1],
        "The rates are right, but backwards: the short rise comes first.",
    ),
    (
        lambda steps, peak, warm_up: [*_rates(steps, peak, warm_up), 0.0],
        "The rates are right, with one too many: the 0 at index steps is not in the list any more.",
    ),
    (
        lambda steps, peak, warm_up: [0.0, *_rates(steps, peak, warm_up)],
        "The rates are right, with one too many: the 0 before the first is not in the list.",
    ),
    (
        lambda steps, peak, warm_up: [0.0, *_rates(steps, peak, warm_up), 0.0],
        "The rates are right, with two too many: the zeros at both ends are not in the list.",
    ),
]


@exercise("12.2")
def rates(answer: Callable) -> str:
    """Grade ``answer(steps, peak, warm_up)``, the learning rates of one cycle, as a list."""
    cases = [(6, 0.12, 2), (10, 0.5, 4), (5, 2.0, 1), (100, 0.1, 30), (4, 0.8, 0), (5, 0.5, 4), (1, 0.1, 0)]

    def said(steps: int, peak: float, warm_up: int, got: list[float]) -> str:
        case = f"For {steps} steps, peak {peak} and warm_up {warm_up}"
        if len(got) != steps:
            return f"{case} there should be {steps} rates; you return {len(got)}."
        right = _rates(steps, peak, warm_up)
        k = next(k for k in range(steps) if not _close(got[k], right[k]))
        return f"{case}, the rate at index {k} is {right[k]:.4g}; yours is {got[k]:.4g}."

    zero = {
        "ZeroDivisionError": "warm_up may be 0: then the first rate is the peak. And where warm_up is "
        "steps - 1, the peak is the last rate. Both lines have a length of at least one step."
    }
    read = _reads(1, "Return a list of numbers: the learning rate of each step.")
    _check_formula(answer, cases, _rates, RATES_MISTAKES, read, zero, said)
    return "A rate above 0 in every step, with its peak where you want it."


# 12.3


SMOOTH = {
    r"one_hot is only applicable|Expected dtype int|must be int64|used as ind": "The labels are whole "
    "numbers, int64, and should stay so until one_hot or an index has used them.",
    r"same number of dimensions": "scatter wants an index with as many dimensions as the table has: "
    "labels[:, None].",
    r"non-singleton dimension|must match the size": "The table has a row for each label and a column for "
    "each class: [N, classes].",
    r"out of bounds": "The labels go from 0 to classes - 1; the table needs `classes` columns.",
    r"result type Float can't be cast": "one_hot gives whole numbers. Make them float before you change them "
    "in place.",
}


@exercise("12.3")
def smooth(answer: Callable) -> str:
    """Grade ``answer(labels, classes, smoothing)``: soft targets [N, classes]."""
    for labels, classes, smoothing in (
        ([2, 0, 1, 0, 2], 4, 0.2),
        ([1, 0, 1], 2, 0.1),
        ([3], 5, 0.5),
        ([1, 1, 3, 0], 4, 0.0),
        ([0, 2, 1], 3, 1.0),
        ([9, 0, 4, 4, 7, 1], 10, 0.1),
    ):
        given = torch.tensor(labels)
        got = _attempt(answer, given, classes, smoothing, hints=SMOOTH)
        wrong_if(
            given.tolist() != labels, "Your function changed the labels that it was given. Make a new tensor."
        )
        case = f"For the labels {labels}, {classes} classes and smoothing {smoothing}"
        _check_soft(got, torch.tensor(labels), classes, smoothing, case)
    return "cross_entropy with these targets is the loss with label_smoothing, to the last digits."


def _check_soft(got: Any, labels: Tensor, classes: int, smoothing: float, case: str) -> None:
    """Raise a hint where an answer isn't a table of the soft targets."""
    n = len(labels)
    wrong_if(got is None, NOTHING)
    wrong_if(not isinstance(got, Tensor), f"Return a tensor; you return a {type(got).__name__}.")
    wrong_if(
        got.ndim == 0,
        "That is one number. Return the targets, not the loss: a row for each label, a column for each "
        "class.",
    )
    wrong_if(got.shape == (n,), "Each label becomes a row with a number for each class: [N, classes].")
    wrong_if(
        got.shape == (classes, n) != (n, classes),
        f"{case} the shape is [{n}, {classes}]: a row for each label. Yours is the other way round.",
    )
    wrong_if(
        got.shape == (n, int(labels.max()) + 1) != (n, classes),
        f"{case} you return only {got.shape[-1]} columns. The largest label of a batch need not be the last "
        "class: one_hot(labels, classes).",
    )
    wrong_if(got.shape != (n, classes), f"{case} the shape is [{n}, {classes}]; yours is {list(got.shape)}.")
    wrong_if(not got.is_floating_point(), f"The targets are decimal numbers; yours are of type {got.dtype}.")
    hard = one_hot(labels, classes).double()
    right = (1 - smoothing) * hard + smoothing / classes
    if not same(got.detach(), right):
        for wrong, hint in _soft_mistakes(hard, classes, smoothing):
            wrong_if(same(got.detach(), wrong), hint)
        row = next(i for i in range(n) if not same(got[i].detach(), right[i]))
        raise WrongAnswer(
            f"{case} the row of label {labels[row]} is {_rounded(right[row])}; yours is {_rounded(got[row])}."
        )
    logits = torch.linspace(-2, 2, n * classes).sin().reshape(n, classes)
    expected = cross_entropy(logits, labels, label_smoothing=smoothing)
    loss = cross_entropy(logits, got.detach().to(logits.dtype))
    wrong_if(
        not same(loss, expected), f"{case}, the loss is {expected:.4f} in torch and {loss:.4f} with yours."
    )


def _soft_mistakes(hard: Tensor, classes: int, smoothing: float) -> list[tuple[Tensor, str]]:
    even = smoothing / classes
    return [
        (hard, "These targets are hard still: smoothing did nothing."),
        (
            (1 - smoothing) * hard + smoothing / (classes - 1) * (1 - hard),
            "You gave the smoothing to the other classes only. It is spread over all classes, the right one "
            "too: smoothing / classes for each.",
        ),
        (
            (1 - smoothing) * hard,
            "What you took from the right class is lost: each row should sum to 1. Add smoothing / classes "
            "everywhere.",
        ),
        (
            (1 - smoothing) * hard + even * (1 - hard),
            "The right class gets its part of the smoothing too, on top of 1 - smoothing: each row should "
            "sum to 1.",
        ),
        (
            hard + even,
            "The right class should have less than before: 1 - smoothing, and then smoothing / classes on "
            "top.",
        ),
        (
            hard + even * (1 - hard),
            "The right class still has 1, and a row sums to more than 1. What the others get is taken from "
            "it.",
        ),
        (
            smoothing * hard + (1 - smoothing) / classes,
            "The other way round: smoothing is the small part, which all classes share.",
        ),
        (
            (1 - smoothing) * hard + smoothing,
            "The smoothing is shared by all classes: divide it by their number.",
        ),
        (
            (1 - smoothing) * hard + smoothing * (1 - hard),
            "The smoothing is shared by the classes: each gets smoothing / classes, the right one too.",
        ),
    ]


def _rounded(row: Tensor) -> list[float]:
    return [round(number, 4) for number in row.tolist()]


# 12.4


AS_POSITIONS = (
    "As an index, the coins 0 and 1 stand for the pictures 0 and 1 of the batch. Coins that choose pictures "
    "are True or False: torch.rand(len(images)) < 0.5."
)
FLIP = {
    r"ambiguous": "`if` wants one truth value, and you have a coin for each picture. Use torch.where with "
    "coins of shape [N, 1, 1, 1], or index with the coins.",
    r"must match the size of tensor|broadcast|non-singleton dimension|does not match the shape": "Coins of "
    "shape [N] would be matched with the last dimension, the width, and not with the pictures. For "
    "torch.where they need the shape [N, 1, 1, 1]. (A transpose changes the shape of a picture; flip keeps "
    "it.)",
    r"step must be greater than zero": "A tensor can't be read backwards by [::-1] as a list can: use flip.",
    r"index 1 is out of bounds": AS_POSITIONS,
    r"not implemented for|expected condition to be|condition.*bool|boolean|used as indices": "A coin is True "
    "or False: torch.rand(...) < 0.5.",
}
KINDS = {"as it was": (), "mirrored": (2,), "upside down": (1,), "turned": (1, 2), "colours": (0,)}
CALLS, BATCH = 60, 32


@exercise("12.4")
def mirror_some(answer: Callable) -> str:
    """Grade ``answer(images)``: each picture of a batch mirrored with probability one half."""
    for shape in ((8, 3, 4, 5), (7, 1, 6, 4), (1, 3, 4, 5), (1, 1, 3, 3)):
        _mirrored(answer, shape)
    calls = torch.stack([_mirrored(answer, (BATCH, 3, 4, 5)) for _ in range(CALLS)])  # [calls, pictures]
    counts = calls.sum(dim=1)
    wrong_if(not calls.any(), "No picture was ever mirrored.")
    wrong_if(
        bool(calls.all()), "All pictures were mirrored, each time. Half of them should stay as they are."
    )
    wrong_if(
        bool(((counts == 0) | (counts == BATCH)).all()),
        "In a batch, either all pictures were mirrored or none: one coin for the whole batch. Each picture "
        "needs a coin of its own.",
    )
    wrong_if(not calls[:, 2:].any(), AS_POSITIONS)
    wrong_if(
        bool((calls == calls[0]).all()),
        "The same pictures of a batch were mirrored in each call. Toss the coins anew in every call.",
    )
    wrong_if(
        bool((counts == counts[0]).all()),
        f"In each call exactly {counts[0]} of {BATCH} pictures were mirrored. With a coin for each picture, "
        "the number varies.",
    )
    share = calls.float().mean().item()
    wrong_if(
        abs(share - 0.5) > 0.065,
        f"Of {calls.numel():,} pictures, {calls.sum():,} were mirrored. It should be about half of them.",
    )
    often = calls.float().mean(dim=0)  # of each position, 0.5 give or take 0.06
    wrong_if(
        bool((often < 0.1).any() or (often > 0.9).any()),
        f"The pictures at some positions of the batch, such as {int((often - 0.5).abs().argmax())}, were "
        "nearly always or nearly never mirrored. Each has a coin of its own, and each coin is fair.",
    )
    return "The whole batch is mirrored at once, and each picture has its own coin."


def _mirrored(answer: Callable, shape: tuple[int, ...]) -> Tensor:
    """Return which pictures of a random batch were mirrored; raise a hint where something else happened."""
    images = torch.rand(shape)
    given = images.clone()
    got = _attempt(answer, given, hints=FLIP)
    wrong_if(
        not torch.equal(given, images),
        "Your function changed the images that it was given: in the next epoch they would be mirrored again. "
        "Make new ones, or work on a clone().",
    )
    wrong_if(got is None, NOTHING)
    wrong_if(
        isinstance(got, list | tuple),
        f"Return one tensor [N, C, H, W]; you return a {type(got).__name__}. torch.stack makes a batch of a "
        "list of pictures.",
    )
    wrong_if(not isinstance(got, Tensor), f"Return a tensor; you return a {type(got).__name__}.")
    wrong_if(
        got.shape != images.shape,
        f"Images of shape {list(shape)} should keep it; yours have the shape {list(got.shape)}.",
    )
    wrong_if(
        not got.is_floating_point(),
        f"The pictures are decimal numbers and should stay so; yours are of type {got.dtype}.",
    )
    kinds = [_kind(one, images[i], images) for i, one in enumerate(got.detach())]
    hints = {
        "upside down": "A picture is upside down. Left and right are along the width, the last dimension.",
        "turned": "A picture is mirrored in both directions. Mirror it along the width only.",
        "colours": "The channels of a picture are in another order. The width is the last dimension.",
        "moved": "At the place of a picture there is another one. Keep the order: the labels belong to it.",
        "mixed": "Of one picture, some numbers are mirrored and others are not. It needs one coin for all of "
        "its channels and pixels: coins of shape [N, 1, 1, 1].",
        "other": "A picture is neither as it was nor mirrored: its numbers are others.",
    }
    for kind, hint in hints.items():
        wrong_if(kind in kinds, hint)
    return torch.tensor([kind == "mirrored" for kind in kinds])


def _kind(one: Tensor, before: Tensor, images: Tensor) -> str:
    """Say what became of a picture [C, H, W]."""
    for kind, dims in KINDS.items():
        if same(one, before.flip(dims), 1e-6):
            return kind
    if any(same(one, other) or same(one, other.flip(2)) for other in images):
        return "moved"
    either = ((one - before).abs() < 1e-6) | ((one - before.flip(2)).abs() < 1e-6)
    return "mixed" if either.all() else "other"


# 12.5


AVERAGE = {
    r"leaf Variable": "A parameter that learns can't be changed in place while gradients are recorded. "
    "Put `with torch.no_grad():` around the update.",
    r"can't be cast to the desired output type Long|output type Long|infer output dtype": "A buffer of batch "
    "normalisation, the count of batches, is a whole number. Buffers are copied, not averaged.",
    r"weights must be|must be .*Long|expected dtype|expected `?weight`?|'Long'": "A buffer of batch "
    "normalisation, the count of batches, is a whole number: copy the buffers, they are not averaged.",
    r"slice\(\) cannot be applied to a 0-dim": "The count of batches has no dimension that [:] could go "
    "through; copy_ takes any shape.",
    r"Missing key\(s\) in state_dict": "load_state_dict() wants the buffers too: copies of the model's.",
    r"cannot assign": "A plain tensor can't take the place of a parameter. Change the parameter itself, in "
    "place: mul_ and add_, lerp_ or copy_.",
    r"unsupported operand type\(s\).*Sequential": "A model is no number. Go through its "
    "parameters: zip(average.parameters(), model.parameters()).",
    r"unsupported operand type\(s\).*generator": "parameters() gives one parameter after the other: go "
    "through those of both models with zip.",
    r"unsupported operand type\(s\).*(OrderedDict|'dict')": "A state dict is no number. Go through its "
    "tensors.",
    r"'method' object": "A method is called with brackets: parameters(), buffers(), state_dict().",
    r"unsupported operand type\(s\).*'tuple'|can't multiply sequence|'tuple' object has no": "A loop over "
    "named_parameters() gives pairs of a name and a parameter, and one over a dictionary gives names. "
    "parameters() gives the parameters alone.",
    r"'str' object": "That is a name. A loop over a dictionary gives its names; the tensor is state[name].",
    r"values to unpack": "zip gives two things, one of each model; named_parameters() gives pairs itself.",
}


def _normalised(seed: int, batches: int) -> nn.Sequential:
    """Return a tiny network with batch normalisation that has seen some batches."""
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Linear(4, 2))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.rand_like(parameter))
        for _ in range(batches):
            model(torch.randn(8, 3) + seed)
    return model


def _copied(model: nn.Module) -> dict[str, Tensor]:
    """Return a copy of the state dict."""
    return {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}


@exercise("12.5")
def update_average(answer: Callable) -> str:
    """Grade ``answer(average, model, decay)``: a moving average of the weights, in place."""
    for learning, decays in ((True, (0.9, 0.75, 0.0, 1.0)), (False, (0.8, 0.99))):
        average = _normalised(seed=1, batches=2).requires_grad_(learning)
        for seed, decay in enumerate(decays, start=2):
            model = _normalised(seed, batches=5 + seed)
            objects = dict(average.named_parameters())
            before, target = _copied(average), _copied(model)
            _attempt(answer, average, model, decay, hints=AVERAGE)
            _check_model_unchanged(model, before, target, decay)
            _check_same_parameters(average, objects, before, learning)
            _check_averaged(average, before, target, decay)
            _check_buffers(average, model, before, target, decay)
    return "Batch normalisation comes along, and the model itself trains on as if nothing had happened."


def _check_model_unchanged(model: nn.Module, before: dict, target: dict, decay: float) -> None:
    """Raise a hint where the model, from which an average is made, was changed."""
    now = model.state_dict()
    wrong_if(list(now) != list(target), "Your function changed the layers of the model. It should only read.")
    changed = [name for name, tensor in target.items() if not torch.equal(now[name].detach(), tensor)]
    wrong_if(
        any(same(now[name], decay * before[name] + (1 - decay) * target[name]) for name in changed),
        "You wrote the average into the model, which is still training. It belongs into `average`.",
    )
    wrong_if(bool(changed), f"Your function changed the model: {', '.join(changed)}. It should only read it.")
    wrong_if(
        not all(parameter.requires_grad for parameter in model.parameters()),
        "The parameters of the model can't learn any more. Leave their requires_grad as it is.",
    )
    wrong_if(not model.training, "The model, which is still training, is in eval mode now. Leave its mode.")


def _check_same_parameters(
    average: nn.Module, objects: dict[str, nn.Parameter], before: dict, learning: bool
) -> None:
    """Raise a hint where parameters were replaced, or became part of a graph."""
    now = dict(average.named_parameters())
    wrong_if(list(now) != list(objects), "The average has lost parameters. Change their numbers only.")
    wrong_if(
        any(now[name].grad_fn is not None for name in now),
        "The average is part of a graph now, which grows with every step. Put `with torch.no_grad():` around "
        "the update.",
    )
    wrong_if(
        any(now[name] is not objects[name] for name in now),
        "You put new parameters into the average. Change the numbers of those that are there, in place: mul_ "
        "and add_, lerp_ or copy_.",
    )
    wrong_if(
        any(parameter.requires_grad != learning for parameter in now.values()),
        "Your function changed requires_grad of the average. Leave it as it is.",
    )
    wrong_if(
        any((now[n].shape, now[n].dtype) != (before[n].shape, before[n].dtype) for n in now),
        "A parameter of the average has another shape or type than before. Only its numbers change.",
    )


def _check_averaged(average: nn.Module, before: dict, target: dict, decay: float) -> None:
    """Raise a hint where the parameters aren't decay x average + (1 - decay) x model."""
    now = {name: parameter.detach() for name, parameter in average.named_parameters()}

    def are(formula: Callable) -> bool:
        return all(same(now[name], formula(before[name], target[name])) for name in now)

    if are(lambda a, m: decay * a + (1 - decay) * m):
        return
    wrong_if(
        are(lambda a, m: a),
        "The average is as it was. `a = decay * a + ...` gives the name a to a new tensor, and the average "
        "never sees it. Change its parameters in place: mul_ and add_, lerp_ or copy_.",
    )
    wrong_if(
        are(lambda a, m: (1 - decay) * a + decay * m),
        "The other way round: decay is the part of the average that stays, and 1 - decay that of the model.",
    )
    wrong_if(are(lambda a, m: m), "That copies the model. The average should keep its part, decay.")
    wrong_if(are(lambda a, m: decay * a + m), "Of the model's numbers, only 1 - decay comes in.")
    wrong_if(are(lambda a, m: a + (1 - decay) * m), "Of the average's own numbers, only decay stays.")
    wrong_if(
        are(lambda a, m: decay * a), "The average only shrinks: the model's part, 1 - decay, is missing."
    )
    wrong_if(
        are(lambda a, m: decay * a + (1 - decay) * decay * a),
        "The model's numbers did not come in: did the first line change what the second one reads?",
    )
    wrong_if(are(lambda a, m: (a + m) / 2), "That is the mean of both. decay says how much of each comes in.")
    wrong = [n for n in now if not same(now[n], decay * before[n] + (1 - decay) * target[n])]
    name = wrong[0]
    start, goal, got = (part[name].flatten()[0].item() for part in (before, target, now))
    right = decay * start + (1 - decay) * goal
    raise WrongAnswer(
        f"Not averaged as they should be: {', '.join(wrong)}. The first number of {name}, with decay "
        f"{decay}: {start:.4f} in the average and {goal:.4f} in the model make {right:.4f}; you have "
        f"{got:.4f}."
    )


def _check_buffers(average: nn.Module, model: nn.Module, before: dict, target: dict, decay: float) -> None:
    """Raise a hint where the buffers aren't copies of the model's."""
    now, models = dict(average.named_buffers()), dict(model.named_buffers())
    wrong_if(list(now) != list(models), "The average has lost buffers. Change their numbers only.")
    wrong = [name for name in now if not torch.equal(now[name].detach(), target[name])]
    wrong_if(
        all(torch.equal(now[name].detach(), before[name]) for name in now),
        "The parameters are averaged. The buffers are as they were: copy those of the model, from "
        "model.buffers().",
    )
    decimal = [name for name in wrong if target[name].is_floating_point()]
    wrong_if(
        bool(decimal)
        and all(same(now[n].detach(), decay * before[n] + (1 - decay) * target[n]) for n in decimal),
        "The running means and variances of batch normalisation are buffers; you averaged them too. Copy "
        "them from the model, as they are.",
    )
    wrong_if(
        bool(wrong),
        f"The parameters are averaged. These buffers are not those of the model: {', '.join(wrong)}.",
    )
    wrong_if(
        any(now[name].dtype != models[name].dtype for name in now),
        "The count of batches is a whole number in the model and no longer one in the average.",
    )
    wrong_if(
        any(now[name].data_ptr() == models[name].data_ptr() for name in now),
        "The average and the model share their buffers now: what the model learns next would appear in the "
        "average at once. Copy the numbers: copy_.",
    )


# 12.6


SHARE = {
    r"IndexError": "If your index is the rank, there are fewer parts than processes: chunk may give fewer "
    "than asked for; tensor_split gives as many, and so do steps of world_size.",
    r"range\(\) arg 3": "The third number of range is its step. The rank may be 0, and can't be that.",
    r"'float' object cannot be interpreted": "A position is a whole number: divide with //.",
    r"ZeroDivisionError|must be.* positive": "The rank may be 0, and so may n // world_size, where there are "
    "fewer pictures than processes.",
    r"bound inconsistent with step": "torch.arange wants no start behind the end; "
    "range is empty then, as the share should be where there are too few pictures.",
}


@exercise("12.6")
def share(answer: Callable) -> str:
    """Grade ``answer(n, rank, world_size)``, the positions that a process measures."""
    cases = [(12, 3), (10, 4), (11, 4), (7, 2), (5, 1), (6, 4), (9, 5), (2, 3), (1, 4), (100, 7)]
    for n, world_size in cases:
        shares = [
            _positions(_attempt(answer, n, rank, world_size, hints=SHARE)) for rank in range(world_size)
        ]
        if world_size > 1:
            _check_shares(shares, n, f"For {n} pictures and {world_size} processes")
        elif sorted(shares[0]) != list(range(n)):
            raise WrongAnswer(
                f"A single process measures all {n} pictures, 0 to {n - 1}; yours has {shares[0]}."
            )
    return "Every picture counts once, whatever the number of processes."


def _positions(raw: Any) -> list[int]:
    """Return the positions that an answer holds."""
    wrong_if(raw is None, NOTHING)
    wrong_if(
        isinstance(raw, slice), "That is a slice. range(start, stop, step) gives the positions themselves."
    )
    hint = (
        "Return the positions of this process's pictures: a list, a range or a tensor [k] of whole numbers."
    )
    if isinstance(raw, set | frozenset):
        raw = sorted(raw, key=str)
    wrong_if(
        isinstance(raw, int | float) or (isinstance(raw, Tensor) and raw.ndim == 0),
        f"{hint} One number, such as how many they are, does not say which.",
    )
    got = numbers(raw, 1, hint)
    wrong_if(
        any(isinstance(position, bool) for position in got),
        "That is a truth value for each picture. Return the positions at which it is True.",
    )
    wrong_if(
        any(not isinstance(position, int) for position in got),
        "A position is a whole number. Divide with // and not with /.",
    )
    return got


def _check_shares(shares: list[list[int]], n: int, case: str) -> None:
    """Raise a hint where the shares of all processes aren't a fair division of n pictures."""
    sizes = [len(part) for part in shares]
    every = [position for part in shares for position in part]
    least, most = min(every, default=0), max(every, default=0)
    count = len(shares)
    wrong_if(not every, f"{case}, nobody measures anything.")
    wrong_if(
        all(sorted(part) == list(range(n)) for part in shares),
        f"{case}, each process measures all pictures: no time is saved. Each should have a part of them.",
    )
    wrong_if(
        sorted(shares[0]) == list(range(n)) and len(every) == n > 1,
        f"{case}, process 0 measures everything and the others wait.",
    )
    wrong_if(
        all(part == shares[0] for part in shares), f"{case}, each process has the same part, {shares[0]}."
    )
    wrong_if(
        all(len(part) == 2 for part in shares) and all(a[1] == b[0] for a, b in pairwise(shares)),
        f"{case}, process 0 has {shares[0]}. If that is a start and an end: range(start, end) gives the "
        "positions.",
    )
    outside = f"{case}, the positions go from 0 to {n - 1}; yours go from {least} to {most}. "
    wrong_if(
        least == 0 and most >= n,
        f"{outside}No share goes beyond the last picture: end it at n at the latest.",
    )
    wrong_if(
        least < 0 or most >= n,
        f"{outside}(Positions count from 0, and so does the rank: the first process has rank 0, the last one "
        "world_size - 1.)",
    )
    twice = sorted(position for position, times in Counter(every).items() if times > 1)
    missing = sorted(set(range(n)) - set(every))
    wrong_if(
        bool(twice) and not missing and len(set(sizes)) == 1,
        f"{case}, all shares have the same size, because the pictures at {_few(twice)} are measured twice. "
        "DistributedSampler does so too; a measurement should count each picture once.",
    )
    wrong_if(
        bool(twice),
        f"{case}, the pictures at {_few(twice)} are measured more than once"
        + (f", and those at {_few(missing)} by nobody." if missing else "."),
    )
    wrong_if(
        bool(missing) and len(set(sizes)) == 1 and sizes[0] == n // count,
        f"{case}, the rest is left out: nobody measures the pictures at {_few(missing)}.",
    )
    wrong_if(bool(missing), f"{case}, nobody measures the pictures at {_few(missing)}.")
    wrong_if(
        sizes[:-1] == [n // count] * (count - 1) and max(sizes) - min(sizes) > 1,
        f"{case}, the last process gets the whole rest: the sizes are {sizes}. They may differ by one at "
        "most.",
    )
    wrong_if(
        max(sizes) - min(sizes) > 1,
        f"{case}, the sizes are {sizes}, and the others wait for the largest share. They may differ by one "
        "at most.",
    )


def _few(positions: list[int]) -> str:
    return ", ".join(map(str, positions[:4])) + ", ..." * (len(positions) > 4)


# 12.7


GRADIENTS = {
    r"NoneType": "A parameter that is frozen or took no part in the loss has no gradient: its .grad is None. "
    "Leave it out.",
    r"assign a gradient of size|data of a different size": "The mean is taken over the replicas, number by "
    "number, so it has the shape of the parameter: torch.stack(gradients).mean(dim=0).",
    r"leaf Variable": "That changes the parameters. Average their gradients, .grad.",
    r"'tuple' object has no": "named_parameters() gives pairs of a name and a parameter. parameters() gives "
    "the parameters alone.",
    r"values to unpack": "There may be any number of replicas: go through the list.",
    r"'list' object has no attribute": "`models` is a list of replicas. Go through it.",
    r"'generator' object": "parameters() gives one parameter after the other. To go through the parameters "
    "of all replicas side by side: zip(*[model.parameters() for model in models]).",
    r"'method' object": "A method is called with brackets: parameters().",
    r"unsupported operand type\(s\).*Replica": "A model is no number. Average the "
    "gradients of its parameters.",
    r"'Replica' object has no attribute 'grad'": "A model has no .grad; each of its parameters has one.",
    r"can't assign a|Tensor or None|gradient with dtype|of a different type": "A gradient is a tensor, of "
    "the parameter's shape and type.",
}


class Replica(nn.Module):
    """A tiny network with a frozen layer and one that takes no part."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(3, 4)
        self.frozen = nn.Linear(4, 4).requires_grad_(False)
        self.spare = nn.Linear(4, 4)
        self.last = nn.Linear(4, 2)

    def forward(self, x: Tensor) -> Tensor:
        """Give [batch, 2] for [batch, 3]."""
        return self.last(torch.tanh(self.frozen(torch.tanh(self.first(x)))))


@exercise("12.7")
def average_gradients(answer: Callable) -> str:
    """Grade ``answer(models)``: every replica gets the mean of all gradients."""
    for count in (3, 2, 5, 1):
        torch.manual_seed(count)
        single = Replica()
        models = [copy.deepcopy(single) for _ in range(count)]
        X, y = 3 * torch.randn(4 * count, 3), torch.randint(2, (4 * count,))
        cross_entropy(single(X), y).backward()
        for model, some_X, some_y in zip(models, X.split(4), y.split(4), strict=True):
            cross_entropy(model(some_X), some_y).backward()
        before = [_gradients(model) for model in models]
        parameters = [dict(model.named_parameters()) for model in models]
        given = list(models)
        got = _attempt(answer, given, hints=GRADIENTS)
        case = f"With {count} replica{'s' * (count > 1)}"
        wrong_if(len(given) != count, "Your function changed the list of replicas.")
        for model, objects in zip(models, parameters, strict=True):
            now = dict(model.named_parameters())
            wrong_if(
                any(now.get(name) is not parameter for name, parameter in objects.items()),
                "Your function replaced parameters. Only their gradients change.",
            )
            wrong_if(
                any(not same(now[n].detach(), p.detach()) for n, p in single.named_parameters()),
                "Your function changed the parameters. Only their gradients change: the step is the "
                "optimizer's.",
            )
        _check_gradients([_gradients(model) for model in models], before, _gradients(single), got, case)
    return "The mean over the replicas is the gradient of the whole batch, so all take the same step."


def _gradients(model: nn.Module) -> dict[str, Tensor | None]:
    """Return a copy of the gradients."""
    return {
        name: None if parameter.grad is None else parameter.grad.detach().clone()
        for name, parameter in model.named_parameters()
    }


def _check_gradients(now: list[dict], before: list[dict], right: dict, got: Any, case: str) -> None:
    """Raise a hint where not all replicas have the gradient of the whole batch."""
    learning = [name for name, gradient in right.items() if gradient is not None]
    count = len(now)
    wrong_if(
        any(model[name] is None for model in now for name in learning),
        f"{case}, gradients are gone: .grad is None. Each replica should have the mean.",
    )
    wrong_if(
        any(model[name] is not None for model in now for name in right if name not in learning),
        f"{case}, parameters that had no gradient in any replica have one now. Their .grad should stay None: "
        "the optimizer passes over them, but a gradient of 0 still lets momentum and weight decay act.",
    )

    def are(gradients: list[dict], formula: Callable) -> bool:
        parts = [(model[name], [b[name] for b in before]) for model in gradients for name in learning]
        return all(same(gradient, formula(every)) for gradient, every in parts)

    def mean(every: list[Tensor]) -> Tensor:
        return torch.stack(every).mean(dim=0)

    if are(now, mean):
        return
    unchanged = [all(same(a[name], b[name]) for name in learning) for a, b in zip(now, before, strict=True)]
    wrong_if(
        all(unchanged) and got is not None,
        f"{case}, the gradients of the replicas are as before. Don't return the means: write them into each "
        "parameter's .grad.",
    )
    wrong_if(
        all(unchanged),
        f"{case}, the gradients of the replicas are as before. Write the mean into each parameter's .grad. "
        "(A name such as `gradient = ...` is not .grad, and the parameters are alike in all replicas "
        "already.)",
    )
    wrong_if(
        are(now, lambda every: torch.stack(every).sum(dim=0)),
        f"{case}, each replica has the sum of the gradients: a step that is {count} times too long. The loss "
        "of the whole batch is the mean of the parts' losses.",
    )
    wrong_if(
        are(now, lambda every: mean(every) / count),
        f"{case}, the gradients are {count} times too small. You divided twice.",
    )
    wrong_if(
        all(same(a[n], b[n] / count) for a, b in zip(now, before, strict=True) for n in learning),
        f"{case}, each replica has a part of its own gradient. Add the gradients of all, then divide.",
    )
    wrong_if(
        are(now, lambda every: every[0]),
        f"{case}, all replicas have the gradient of the first one: what the others saw is lost.",
    )
    wrong_if(
        are(now, lambda every: every[-1]),
        f"{case}, all replicas have the gradient of the last one: what the others saw is lost.",
    )
    wrong_if(
        are(now[:1], mean) and all(unchanged[1:]),
        f"{case}, the first replica has the mean, and the others still have their own gradient.",
    )
    wrong_if(
        are(now[-1:], mean) and all(unchanged[:-1]),
        f"{case}, the last replica has the mean, and the others still have their own gradient.",
    )
    wrong_if(
        are(now[:1], mean),
        f"{case}, the first replica has the mean, the others do not. Do you compute the mean anew for each "
        "replica, when some gradients are changed already? Compute it once, then write it everywhere.",
    )
    wrong_if(
        any(not same(model[name], now[0][name]) for model in now for name in learning),
        f"{case}, the replicas don't have the same gradients. For each parameter, compute the mean over the "
        "replicas once, of the gradients as they were, then write it everywhere.",
    )
    name = next(n for n in learning if not same(now[0][n], right[n]))
    raise WrongAnswer(
        f"{case}, the gradient of {name} differs from that of the whole batch: its first number is "
        f"{right[name].flatten()[0]:.5f} there and {now[0][name].flatten()[0]:.5f} here."
    )


# 12.8


RESUME = {
    r"Missing key\(s\) in state_dict": "A state dict belongs to what it came from. Give the model what is "
    'under "model", not the whole checkpoint or another part of it.',
    r"parameter group|param_groups": 'Give the optimizer what is under "optimizer", not the whole '
    "checkpoint or another part of it.",
    r"unexpected keyword argument 'weights_only'": "weights_only=True belongs to torch.load(), which "
    "reads the file.",
    r"KeyError": 'The file holds a dictionary with "step", "model" and "optimizer".',
    r"Expected state_dict to be dict-like|'str'.*state_dict": "load_state_dict() takes a state dict. Read "
    "the file first: torch.load(path, weights_only=True).",
    r"'(str|PosixPath|WindowsPath|Path)' object": "`path` is where the file is. torch.load(path, "
    "weights_only=True) reads it.",
    r"has no attribute 'load'": "It is torch.load() that reads a file; models and optimizers have "
    "load_state_dict().",
    r"'dict' object has no attribute": 'The checkpoint is a dictionary: checkpoint["step"] is the step.',
    r"FileNotFoundError": "The file is the one at `path`.",
    r"cannot assign": "Nothing needs to be assigned: load_state_dict() puts the numbers back.",
    r"WeightsUnpickler|weights_only": "The file holds tensors and plain values; weights_only=True reads it.",
}
INPUTS = torch.linspace(-1, 1, 24).reshape(8, 3).sin() * torch.tensor([1.0, -2.0, 3.0])


def _training(seed: int, learning_rate: float) -> tuple[nn.Module, Optimizer]:
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(3, 6), nn.BatchNorm1d(6), nn.Tanh(), nn.Linear(6, 2))
    return model, SGD(model.parameters(), lr=learning_rate, momentum=0.9)


def _steps(model: nn.Module, optimizer: Optimizer, count: int) -> list[float]:
    """Take some steps, and return their losses."""
    y = torch.tensor([0, 1, 1, 0, 1, 0, 0, 1])
    losses = []
    for _ in range(count):
        loss = cross_entropy(model(INPUTS), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@exercise("12.8")
def resume(answer: Callable) -> str:
    """Grade ``answer(path, model, optimizer)``: put a checkpoint back, return its step."""
    for step in (5, 12):
        model, optimizer = _training(seed=step, learning_rate=0.1)
        _steps(model, optimizer, step)
        optimizer.param_groups[0]["lr"] = 0.05  # as a schedule changes it
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "checkpoint.pt"
            content = {"step": step, "model": model.state_dict(), "optimizer": optimizer.state_dict()}
            torch.save(content, path)
            written = path.read_bytes()
            state, old = _copied(model), copy.deepcopy(optimizer.state_dict())
            model_2, optimizer_2 = _training(seed=100 + step, learning_rate=0.1)
            parameters = list(model_2.parameters())
            start = _copied(model_2)
            with mock.patch.object(torch, "load", wraps=torch.load) as load:
                got = _attempt(answer, path, model_2, optimizer_2, hints=RESUME)
            modes = [call.kwargs.get("weights_only") for call in load.call_args_list]
            wrong_if(
                not path.exists() or path.read_bytes() != written,
                "Your function changed the file. It should only read it: the next stop may need it again.",
            )
        wrong_if(not modes, "The file was never read: torch.load(path, weights_only=True).")
        wrong_if(
            not callable(model_2.state_dict) or not callable(optimizer_2.state_dict),
            "state_dict is a method: what you assign to it takes the method's place and puts nothing back. "
            "Call load_state_dict().",
        )
        _check_restored(model_2, parameters, state, start)
        _check_optimizer(optimizer_2, parameters, old)
        _check_step(got, step)
        wrong_if(
            not model_2.training, "The model is in eval mode now, and training shall go on: leave its mode."
        )
        wrong_if(
            not all(parameter.requires_grad for parameter in parameters),
            "The parameters of the model can't learn any more. Leave their requires_grad as it is.",
        )
        right, losses = _steps(model, optimizer, 3), _steps(model_2, optimizer_2, 3)
        wrong_if(
            not _close(losses, right),
            f"Without a stop, the next losses would be {_few_losses(right)}; after yours they are "
            f"{_few_losses(losses)}. The model and the optimizer need all of their state.",
        )
        wrong_if(
            any(mode is not None and not mode for mode in modes),
            "With weights_only=False, a file may run any code on your computer. A checkpoint holds tensors "
            "and plain values: True.",
        )
        wrong_if(
            None in modes,
            "All is restored. Write weights_only=True too: older versions of PyTorch leave it off, and then "
            "a file may run any code on your computer.",
        )
    return "The next losses are those of a training that was never stopped."


def _few_losses(losses: list[float]) -> str:
    return ", ".join(f"{loss:.4f}" for loss in losses)


def _check_restored(model: nn.Module, parameters: list, state: dict, start: dict) -> None:
    """Raise a hint where the model doesn't have the numbers of the file, in its own parameters."""
    now = model.state_dict()
    wrong_if(list(now) != list(state), "The model has other layers than before.")
    wrong_if(
        any(new is not old for new, old in zip(model.parameters(), parameters, strict=True)),
        "The model has new parameters, and the optimizer still holds the old ones: it would train what "
        "nobody uses. load_state_dict() without assign=True fills those that are there.",
    )
    wrong_if(
        all(torch.equal(now[name], start[name]) for name in now),
        'The given model still has its random start. Call its load_state_dict() with what is under "model".',
    )
    wrong = [n for n in now if now[n].dtype != state[n].dtype or not torch.equal(now[n], state[n])]
    wrong_if(bool(wrong), f"In the model, these numbers are not those of the file: {', '.join(wrong)}.")


def _check_optimizer(optimizer: Optimizer, parameters: list, old: dict) -> None:
    """Raise a hint where the optimizer doesn't have the state of the file, for the model's parameters."""
    held = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    wrong_if(
        list(map(id, held)) != list(map(id, parameters)),
        "The optimizer has lost the parameters of the model: the groups in the file only number them. "
        "load_state_dict() takes the rest of a group and keeps the parameters.",
    )
    now = optimizer.state_dict()
    wrong_if(
        not now["state"] and now["param_groups"][0]["lr"] == 0.1,
        "The model is restored. The given optimizer is as new: its momentum and its learning rate are lost. "
        'Call its load_state_dict() with what is under "optimizer".',
    )
    wrong_if(
        now["param_groups"][0]["lr"] != old["param_groups"][0]["lr"],
        "The learning rate of the optimizer is not that of the file. load_state_dict() restores it too.",
    )
    wrong_if(not now["state"], "The momentum of the optimizer is lost. load_state_dict() restores it too.")


def _check_step(got: Any, step: int) -> None:
    """Raise a hint where an answer isn't the step of the file."""
    done = "Model and optimizer are restored. "
    wrong_if(got is None, f"{done}Now return the step.")
    wrong_if(isinstance(got, dict), f"{done}That is the whole checkpoint. Return the step alone.")
    wrong_if(hasattr(got, "missing_keys"), f"{done}load_state_dict() returns a report. Return the step.")
    wrong_if(
        isinstance(got, nn.Module), f"{done}The model need not be returned: you filled it. Return the step."
    )
    wrong_if(
        isinstance(got, tuple | list),
        f"{done}Return the step alone: the model and the optimizer are those that were given.",
    )
    got = numbers(got, 0, f"{done}Return the step, a number; you return a {type(got).__name__}.")
    wrong_if(
        got == step + 1,
        f"{done}The step in the file is {step}; you return {got}. Return it as it is written.",
    )
    wrong_if(got != step, f"{done}The step in the file is {step}; you return {got}.")


# 12.9


def _seconds(compute: float, gradient_bytes: float, bandwidth: float, workers: int) -> float:
    return compute / workers + 2 * (workers - 1) / workers * gradient_bytes / bandwidth


SECONDS_MISTAKES: Mistakes = [
    (
        lambda compute, size, bandwidth, w: compute / w + (w - 1) / w * size / bandwidth,
        "A factor of 2 is missing: the ring goes round once to add up and once to spread the sums.",
    ),
    (
        lambda compute, size, bandwidth, w: compute + 2 * (w - 1) / w * size / bandwidth,
        "Each worker computes on its part of the batch only: divide the computing by the workers.",
    ),
    (
        lambda compute, size, bandwidth, w: compute + (w - 1) / w * size / bandwidth,
        "Two things are missing: the workers share the computing, and the ring sends its part two times.",
    ),
    (
        lambda compute, size, bandwidth, w: compute / w + 16 * (w - 1) / w * size / bandwidth,
        "gradient_bytes and bandwidth are both in bytes. There are no bits here: no factor of 8.",
    ),
    (
        lambda compute, size, bandwidth, w: compute / w + 0.25 * (w - 1) / w * size / bandwidth,
        "You divide by 8. gradient_bytes and bandwidth are both in bytes already.",
    ),
    (
        lambda compute, size, bandwidth, w: compute / w + 8 * (w - 1) / w * size / bandwidth,
        "gradient_bytes is a number of bytes, not of gradients: no factor of 4.",
    ),
    (
        lambda compute, size, bandwidth, w: compute / w + 2 * size / bandwidth,
        "One worker alone sends nothing, and each of more workers sends 2 * (workers - 1) / workers times "
        "the gradients.",
    ),
    (
        lambda compute, size, bandwidth, w: compute / w + (2 * size / bandwidth if w > 1 else 0),
        "One worker is right. With more, each sends 2 * (workers - 1) / workers times the gradients, not "
        "twice all of them.",
    ),
    (
        lambda compute, size, bandwidth, w: compute / w + size / bandwidth,
        "The gradients don't go over the link just once: a ring sends 2 * (workers - 1) / workers times "
        "their bytes, and one worker sends nothing.",
    ),
    (
        lambda compute, size, bandwidth, w: compute / w + 2 * (w - 1) * size / bandwidth,
        "In a ring, each message is a part of the gradients: divide by the number of workers there too.",
    ),
    (
        lambda compute, size, bandwidth, w: (
            compute / w + 2 * w / (w - 1) * size / bandwidth if w > 1 else compute
        ),
        "It is (workers - 1) / workers, less than 1; you have it upside down.",
    ),
    (
        lambda compute, size, bandwidth, w: compute / w + 2 * (w - 1) / w * size * bandwidth,
        "A faster link needs less time: divide the bytes by the bandwidth.",
    ),
    (
        lambda compute, size, bandwidth, w: compute / w + 2 * (w - 1) / w * bandwidth / size,
        "Bytes divided by bytes a second are seconds; you have this division upside down.",
    ),
    (
        lambda compute, size, bandwidth, w: (compute + 2 * (w - 1) / w * size / bandwidth) / w,
        "You divided the sending by the workers once more. It has its own factor; divide only the computing.",
    ),
    (
        lambda compute, size, bandwidth, w: max(compute / w, 2 * (w - 1) / w * size / bandwidth),
        "Nothing overlaps here: first all compute, then all send. Add both times.",
    ),
    (
        lambda compute, size, bandwidth, w: 2 * (w - 1) / w * size / bandwidth,
        "That is the time of sending. The computing comes on top.",
    ),
    (
        lambda compute, size, bandwidth, w: compute / w,
        "That is the time of computing. The sending comes on top.",
    ),
    (
        lambda compute, size, bandwidth, w: compute * w + 2 * (w - 1) / w * size / bandwidth,
        "More workers compute in less time: divide the computing by them.",
    ),
    (
        lambda compute, size, bandwidth, w: compute / _seconds(compute, size, bandwidth, w),
        "That is how many times as fast it is. Return the seconds of a step.",
    ),
    *_rounding(_seconds, 3),
]


@exercise("12.9")
def seconds_per_step(answer: Callable) -> str:
    """Grade ``answer(compute, gradient_bytes, bandwidth, workers)``, the seconds of a step."""
    cases = [
        *((0.6, 12e6, 100e6, 3), (0.25, 100e6, 125e6, 2), (1.2345, 45e6, 1.25e9, 8), (0.9, 5e6, 12.5e6, 1)),
        *((0.064, 400e6, 50e9, 16), (2.0, 1, 3, 4), (0.5, 3_200_000, 1_000_000_000, 1)),
    ]

    def said(compute: float, size: float, bandwidth: float, workers: int, got: float) -> str:
        right = _seconds(compute, size, bandwidth, workers)
        return (
            f"With {compute} s to compute, {size:,.0f} bytes of gradients, {bandwidth:,.0f} bytes a second "
            f"and {workers} worker{'s' * (workers > 1)}, a step takes {right:.4g} s; you have {got:.4g}."
        )

    read = _reads(0, "Return one number, the seconds of a step.")
    zero = {"ZeroDivisionError": "There may be one worker: workers - 1 is 0 then, so don't divide by it."}
    _check_formula(answer, cases, _seconds, SECONDS_MISTAKES, read, zero, said)
    return "Over a slow link, two workers can be slower than one."
