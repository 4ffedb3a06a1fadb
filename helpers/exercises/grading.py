"""What the graders of all lessons share: turning an answer into numbers, and a mistake into its hint."""

from typing import Any

import torch

from helpers.checks import WrongAnswer


def wrong_if(wrong: bool, hint: str) -> None:
    """Raise `WrongAnswer` with the hint where the answer is wrong."""
    if wrong:
        raise WrongAnswer(hint)


def numbers(got: Any, ndim: int, hint: str) -> Any:
    """Return a number (`ndim` 0) or a list of them (1), whatever holds them; for anything else, the hint."""
    try:
        found = torch.as_tensor(got)
    except (TypeError, ValueError, RuntimeError):
        raise WrongAnswer(hint) from None
    wrong_if(found.ndim != ndim, hint)
    return found.tolist()


def pair(got: Any, hint: str) -> tuple[float, float]:
    """Return two numbers, whatever holds them; for anything else, the hint."""
    found = tuple(numbers(got, 1, hint))
    wrong_if(len(found) != 2, hint)
    return found
