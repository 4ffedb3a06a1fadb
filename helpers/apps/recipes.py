"""Two ways to train on FashionMNIST: the traditional one of lesson 05, and the better one of lesson 12."""

from collections.abc import Callable
from dataclasses import dataclass
from weakref import proxy

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize
from torch.optim import SGD, Muon, Optimizer
from torch.optim.lr_scheduler import ConstantLR, OneCycleLR

from helpers.models import FashionMNISTModelV2, FashionMNISTModelV3

# Of the steps, a fifth to warm up from a tenth of the rate; then in a straight line down to nearly 0.
CYCLE = {"pct_start": 0.2, "div_factor": 10, "anneal_strategy": "linear", "cycle_momentum": False}


@dataclass(frozen=True)
class Recipe:
    """All that makes up a training, but for the data and how long it takes.

    Attributes
    ----------
    make_model
        Returns a network with fresh weights.
    batch_size
        Images a step.
    learning_rate
        Of SGD: the constant one, or the peak of the cycle.
    momentum
        Of SGD, after Nesterov.
    one_cycle
        Whether the rates rise and then fall to 0, step by step (Smith and Topin 2017, arXiv:1708.07120).
    muon_rate
        The learning rate of Muon, which then trains the kernels of the convolutions in SGD's place; or None.
    weight_decay
        Of Muon: how much each of its steps shrinks the weights, times the rate.
    label_smoothing
        As in `CrossEntropyLoss` (Szegedy and others 2015, arXiv:1512.00567).
    augment
        What to do to each batch of training images, or None.
    """

    make_model: Callable[[], nn.Module]
    batch_size: int
    learning_rate: float
    momentum: float = 0.0
    one_cycle: bool = False
    muon_rate: float | None = None
    weight_decay: float = 0.0
    label_smoothing: float = 0.0
    augment: Callable[[Tensor], Tensor] | None = None


class AsMatrix(nn.Module):
    """A parametrisation for `nn.Conv2d`: its kernels become rows of a matrix, which is what Muon trains.

    The convolution sees them with the channels last in memory, where CPUs and GPUs are fastest.
    """

    def forward(self, matrix: Tensor) -> Tensor:
        """Return the kernels [out_channels, in_channels, height, width] of a matrix."""
        return matrix.view(self.out, self.height, self.width, -1).permute(0, 3, 1, 2)

    def right_inverse(self, kernels: Tensor) -> Tensor:
        """Return the matrix [out_channels, height * width * in_channels] of some kernels."""
        self.out, _, self.height, self.width = kernels.shape
        return kernels.permute(0, 2, 3, 1).flatten(1)


def as_matrices(model: nn.Module) -> list[nn.Parameter]:
    """Let each convolution that is not the first keep its kernels as a matrix; return the matrices.

    The first one's kernels look at the pixels. Muon is meant for the layers between the first and the last.
    """
    convolutions = [module for module in model.modules() if isinstance(module, nn.Conv2d)]
    for convolution in convolutions[1:]:
        parametrize.register_parametrization(convolution, "weight", AsMatrix())
    return [convolution.parametrizations.weight.original for convolution in convolutions[1:]]


class Training:
    """A network in training by a recipe: network, loss, and optimizers whose rates follow a schedule.

    `helpers.train_step` takes ``model``, ``loss_fn`` and ``optimizer``. A step of this optimizer is a step of
    all optimizers and their schedules.

    Parameters
    ----------
    recipe
        What to do.
    steps
        How many steps the training will have; one cycle takes them all.
    device
        Where the network goes.

    Raises
    ------
    ValueError
        The steps are too few for one cycle.
    """

    def __init__(self, recipe: Recipe, steps: int, device: torch.device | str = "cpu") -> None:
        if recipe.one_cycle and steps * CYCLE["pct_start"] <= 1:
            raise ValueError(
                f"{steps} steps are too few for one cycle of the learning rate: a fifth of them has to be "
                "more than one. Train for more epochs, or with smaller batches."
            )
        self.model = recipe.make_model()
        matrices = as_matrices(self.model) if recipe.muon_rate else []
        self.model.to(device=device, memory_format=torch.channels_last)
        self.loss_fn = nn.CrossEntropyLoss(label_smoothing=recipe.label_smoothing)
        others = [one for one in self.model.parameters() if all(one is not matrix for matrix in matrices)]
        self.optimizer = SGD(others, recipe.learning_rate, recipe.momentum, nesterov=recipe.momentum > 0)
        optimizers: list[Optimizer] = [self.optimizer]
        if matrices:
            # Three rounds of its approximation in place of five: less work for each step.
            decay, momentum = recipe.weight_decay, recipe.momentum
            optimizers.append(Muon(matrices, recipe.muon_rate, decay, momentum, ns_steps=3))
        schedules = [
            OneCycleLR(one, one.param_groups[0]["lr"], steps, **CYCLE)
            if recipe.one_cycle
            else ConstantLR(one, 1)
            for one in optimizers
        ]
        self.parts = [self.model, *optimizers, *schedules]
        # A schedule holds its optimizer. If that held the schedule, too, its memory would not be free
        # before Python's garbage collector comes by. A proxy doesn't hold; `parts` does.
        for part in (*optimizers[1:], *map(proxy, schedules)):
            self.optimizer.register_step_post_hook(lambda *_, part=part: part.step())
        for other in optimizers[1:]:
            self.optimizer.register_step_post_hook(lambda *_, other=other: other.zero_grad())

    def state_dict(self) -> dict[str, list]:
        """Return what has to be saved to go on later: the states of network, optimizers and schedules."""
        return {"parts": [part.state_dict() for part in self.parts]}

    def load_state_dict(self, state: dict[str, list]) -> None:
        """Take over such states."""
        for part, one in zip(self.parts, state["parts"], strict=True):
            part.load_state_dict(one)


RECIPES = {
    "v2": Recipe(lambda: FashionMNISTModelV2(1, 10, 10), batch_size=32, learning_rate=0.1),
    "v3": Recipe(
        lambda: FashionMNISTModelV3(1, 16, 10),
        batch_size=256,
        learning_rate=0.1,
        momentum=0.9,
        one_cycle=True,
        muon_rate=0.2,
        weight_decay=0.02,
        label_smoothing=0.1,
    ),
}
