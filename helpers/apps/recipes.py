"""Two ways to train on FashionMNIST: the traditional one of lesson 05, and the better one of lesson 12."""

from collections.abc import Callable
from dataclasses import dataclass
from weakref import proxy

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize
from torch.optim import SGD, Muon
from torch.optim.lr_scheduler import OneCycleLR

from helpers.models import FashionMNISTModelV2, FashionMNISTModelV3

# The rate rises from a tenth of its peak for a fifth of the steps, then falls in a straight line to nearly 0.
CYCLE = {"pct_start": 0.2, "div_factor": 10, "anneal_strategy": "linear", "cycle_momentum": False}


@dataclass(frozen=True)
class Recipe:
    """How to train: everything except the data and the number of epochs.

    Attributes
    ----------
    make_model
        Returns a network with fresh weights.
    batch_size
        How many images a step takes.
    learning_rate, momentum
        For SGD with Nesterov's momentum. In one cycle the rate is the peak.
    one_cycle
        Whether the rates rise and then fall to 0, step by step (Smith and Topin 2017, arXiv:1708.07120).
    muon_rate, weight_decay
        For Muon, which trains the kernels of the convolutions in SGD's place where it has a rate.
    label_smoothing
        As in `CrossEntropyLoss` (Szegedy and others 2015, arXiv:1512.00567).
    augment
        Changes each batch of training images, or None.
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
    """Let each convolution except the first keep its kernels as a matrix; return the matrices.

    Muon is meant for the layers between the first and the last.
    """
    convolutions = [module for module in model.modules() if isinstance(module, nn.Conv2d)][1:]
    for convolution in convolutions:
        parametrize.register_parametrization(convolution, "weight", AsMatrix())
    return [convolution.parametrizations.weight.original for convolution in convolutions]


class Training:
    """A recipe at work: ``model``, ``loss_fn`` and ``optimizer``, as `helpers.train_step` takes them.

    A step of this optimizer is a step of all optimizers and their schedules. One cycle takes all of `steps`.

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
        optimizers, schedules = [self.optimizer], []
        if matrices:
            # Muon's approximation takes three rounds in place of five: less work for each step.
            decay, momentum = recipe.weight_decay, recipe.momentum
            optimizers.append(Muon(matrices, recipe.muon_rate, decay, momentum, ns_steps=3))
        if recipe.one_cycle:
            schedules = [OneCycleLR(one, one.defaults["lr"], steps, **CYCLE) for one in optimizers]
        self.parts = [self.model, *optimizers, *schedules]
        # A schedule refers to its optimizer. If the optimizer's hook referred back, their memory would stay
        # taken until the garbage collector runs. A proxy does not keep a schedule alive; `parts` does.
        for part in (*optimizers[1:], *map(proxy, schedules)):
            self.optimizer.register_step_post_hook(lambda *_, part=part: part.step())
        for other in optimizers[1:]:
            self.optimizer.register_step_post_hook(lambda *_, other=other: other.zero_grad())

    def state_dict(self) -> dict[str, list]:
        """Return the states of network, optimizers and schedules: what is needed to go on later."""
        return {"parts": [part.state_dict() for part in self.parts]}

    def load_state_dict(self, state: dict[str, list]) -> None:
        """Go on from such states."""
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
