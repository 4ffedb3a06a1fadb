"""What the errors of everyday slips mean: each meaning has its slip, and what it says to do works."""

import math
import re

import numpy as np
import pytest
import torch
from torch import nn

from helpers.course.errors import ERRORS

a, b, model, parameter = torch.ones(2, 3), torch.ones(2), nn.Linear(3, 2), nn.Parameter(torch.ones(2))
two = 2


class NoSelf(nn.Module):
    def forward(x):  # noqa: N805
        return x


class WithSelf(nn.Module):
    def forward(self, x):
        return x


class NotPrepared(nn.Module):
    def __init__(self):
        self.layer = nn.Linear(1, 1)


class Prepared(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(1, 1)


def without_a_return():
    a.sum()


def too_early():
    print(late)  # noqa: F821
    late = 1
    return late


def in_place():
    with torch.no_grad():
        parameter.sub_(0.1)


def without_brackets():
    with torch.no_grad:
        pass


def itself(n):
    return itself(n + 1)


# A slip, and the code that follows what the course says about its error.
SLIPS = [
    (lambda: a + ..., lambda: a + 1),
    (lambda: a > 0 and a < 2, lambda: (a > 0) & (a < 2)),
    (lambda: torch.exp(a.max(dim=1)), lambda: torch.exp(a.max(dim=1).values)),
    (lambda: NoSelf()(a), lambda: WithSelf()(a)),
    (lambda: nn.Sequential(nn.ReLU), lambda: nn.Sequential(nn.ReLU())),
    (NotPrepared, Prepared),
    (lambda: nn.Module()(a), lambda: WithSelf()(a)),
    (lambda: parameter.sub_(0.1), in_place),
    (lambda: parameter.numpy(), lambda: parameter.detach().numpy()),
    (lambda: a.sum().backward(), lambda: parameter.sum().backward()),
    (lambda: a @ a, lambda: a @ a.T),
    (lambda: np.ones((2, 3)) + np.ones(2), lambda: np.ones((2, 3)) + np.ones(3)),
    (lambda: a.reshape(4), lambda: a.reshape(6)),
    (lambda: torch.stack([a, b]), lambda: torch.stack([a, a])),
    (lambda: b.sum(dim=1), lambda: a.sum(dim=1)),
    (lambda: math.exp(a), lambda: torch.exp(a)),
    (lambda: a.item(), lambda: a.sum().item()),
    (lambda: torch.arange(3).mean(), lambda: torch.arange(3).float().mean()),
    (lambda: nn.functional.softmax(torch.arange(3), dim=0), lambda: torch.arange(3).float().softmax(dim=0)),
    (lambda: a.double() @ torch.ones(3, 2), lambda: a @ torch.ones(3, 2)),
    (lambda: [1.0, 2.0].mean(), lambda: torch.tensor([1.0, 2.0]).mean()),
    (lambda: np.ones(2).unsqueeze(0), lambda: torch.from_numpy(np.ones(2)).unsqueeze(0)),
    (lambda: torch.exp([1.0]), lambda: torch.exp(torch.tensor([1.0]))),
    (lambda: torch.stack([1.0, 2.0]), lambda: torch.tensor([1.0, 2.0])),
    (lambda: a.sums(), lambda: a.sum()),
    (lambda: without_a_return() + 1, lambda: a.sum() + 1),
    (lambda: a.sum + 1, lambda: a.sum() + 1),
    (lambda: itself + 1, lambda: 1 + 1),
    (lambda: two(a), lambda: two * (a)),
    (lambda: not_there, lambda: a),  # noqa: F821
    (too_early, lambda: a),
    (lambda: [1, 2] * 0.5, lambda: torch.tensor([1, 2]) * 0.5),
    (lambda: [1] + 1, lambda: torch.tensor([1]) + 1),
    (lambda: [x for x, y in [(1, 2, 3)]], lambda: [x for x, y, z in [(1, 2, 3)]]),
    (lambda: itself(0), lambda: 0),
    (lambda: nn.Sequential([nn.ReLU()]), lambda: nn.Sequential(*[nn.ReLU()])),
    (lambda: nn.L1Loss(a, a), lambda: nn.L1Loss()(a, a)),
    (lambda: a ^ 2, lambda: a**2),
    (without_brackets, in_place),
    (lambda: [1, 2, 3][: 0.5 * 3], lambda: [1, 2, 3][: int(0.5 * 3)]),
]


def meanings(slip) -> list[str]:
    """Return the patterns that are found in the error of a slip, the one that counts first."""
    with pytest.raises(Exception) as error:  # noqa: PT011 - whatever torch raises
        slip()
    text = f"{type(error.value).__name__}: {error.value}"
    found = [pattern for pattern in ERRORS if re.search(pattern, text)]
    assert found, f"no meaning for {text}"
    return found[:1]


def test_every_meaning_is_that_of_a_slip():
    assert {pattern for slip, _ in SLIPS for pattern in meanings(slip)} == set(ERRORS)


@pytest.mark.parametrize("way_out", [way_out for _, way_out in SLIPS])
def test_what_is_said_about_an_error_works(way_out):
    way_out()
