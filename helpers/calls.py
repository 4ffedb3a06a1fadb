"""Calls in the order and with the names of other courses: understood, or answered with the line to write."""

import functools
import inspect
import re
from collections.abc import Callable, Mapping
from typing import ParamSpec, TypeVar

import torch
from torch import nn
from torch.optim import Optimizer
from torch.utils.data import Dataset

from helpers.inputs import described, is_loss

P = ParamSpec("P")
R = TypeVar("R")


def _is_model(value: object) -> bool:
    return isinstance(value, nn.Module) and not is_loss(value)


def _is_loader(value: object) -> bool:
    other = nn.Module | Optimizer | str | Mapping | type
    return (hasattr(value, "__iter__") or isinstance(value, Dataset)) and not isinstance(value, other)


def _is_function(value: object) -> bool:
    return callable(value) and not isinstance(value, type) and not is_loss(value)


def _can_learn(value: object) -> bool:
    return isinstance(value, nn.Module) and next(value.parameters(), None) is not None


def _names_a_device(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch(r"[a-z]+(:\d+)?", value) is not None


# A parameter's name → what it takes, as a function and in words. Another kind of value is in the wrong place.
LOADER = (_is_loader, "a loader, such as DataLoader(dataset, batch_size=32)")
KINDS: dict[str, tuple[Callable[[object], bool], str]] = {
    "model": (_is_model, "a model"),
    "data_loader": LOADER,
    "train_loader": LOADER,
    "valid_loader": LOADER,
    "loss_fn": (
        lambda value: (_is_function(value) and not _can_learn(value)) or is_loss(value),
        "a loss, such as nn.CrossEntropyLoss()",
    ),
    "optimizer": (
        lambda value: isinstance(value, Optimizer),
        "an optimizer, such as torch.optim.SGD(model.parameters(), lr=0.1)",
    ),
    "epochs": (lambda value: isinstance(value, int | float), "a number of epochs"),
    "accuracy_fn": (lambda value: value is None or _is_function(value), "a function of y_true and y_pred"),
    "device": (
        lambda value: value is None or isinstance(value, torch.device) or _names_a_device(value),
        "a device, such as 'cpu' or 'cuda'",
    ),
    "verbose": (lambda value: isinstance(value, int), "True or False"),
    "augment": (lambda value: value is None or _is_function(value), "a function of a batch of images"),
    **dict.fromkeys(
        ("in_channels", "out_channels", "input_shape", "hidden_units", "output_shape"),
        (
            lambda value: isinstance(value, int) and not isinstance(value, bool) and value >= 1,
            "a whole number of at least 1",
        ),
    ),
    "dropout": (
        lambda value: isinstance(value, int | float) and 0 <= value <= 1,
        "a share from 0 to 1, such as 0.2",
    ),
    "data": (lambda value: not isinstance(value, nn.Module | str | torch.device | None), "images"),
}
# What can be told by its kind alone, so that it may be moved to another place.
MOVABLE = {"model", "data_loader", "train_loader", "valid_loader", "loss_fn", "optimizer", "epochs"}
MOVABLE |= {"accuracy_fn", "device", "augment", "data"}
# Other courses' names → ours; the first one that a function has is meant.
OTHER_NAMES = {
    **dict.fromkeys(("dataloader", "loader"), ("data_loader",)),
    **dict.fromkeys(("train_dataloader", "train_dl"), ("train_loader", "data_loader")),
    **dict.fromkeys(
        ("test_dataloader", "test_loader", "val_loader", "val_dataloader", "valid_dataloader", "valid_dl"),
        ("valid_loader", "data_loader"),
    ),
    **dict.fromkeys(("loss_function", "criterion", "loss"), ("loss_fn",)),
    **dict.fromkeys(("num_epochs", "n_epochs"), ("epochs",)),
    **dict.fromkeys(("metric", "metric_fn", "accuracy"), ("accuracy_fn",)),
    "random_trans": ("augment",),
    "opt": ("optimizer",),
    **dict.fromkeys(("X", "images", "inputs", "samples"), ("data", "X", "images")),
    **dict.fromkeys(("predictions", "preds", "predicted"), ("y_pred",)),
    **dict.fromkeys(("labels", "target", "targets"), ("y_true", "y", "labels")),
}


def understanding(function: Callable[P, R]) -> Callable[P, R]:
    """Let a function take its arguments in the order and under the names of other courses.

    An argument of the wrong kind goes to the place where it fits, if there is only one. Otherwise a TypeError
    says which one is wrong, and the line to write.
    """
    signature = inspect.signature(function)
    names = list(signature.parameters)
    required = [name for name, one in signature.parameters.items() if one.default is one.empty]
    defaults = {name: one.default for name, one in signature.parameters.items() if name not in required}
    title = function.__qualname__.removesuffix(".__init__")  # a class has its own name
    line = f"{title}({', '.join(name for name in required if name != 'self')})"

    @functools.wraps(function)
    def call(*args: object, **kwargs: object) -> R:
        if len(args) > len(names):
            raise TypeError(f"{len(args)} arguments came; {title} takes {', '.join(names)}. Write: {line}")
        given = dict(zip(names, args, strict=False))
        for other, value in kwargs.items():
            name = (
                other if other in names else next((n for n in OTHER_NAMES.get(other, ()) if n in names), None)
            )
            if name is None or name in given:
                problem = f"`{name}` came twice" if name else f"there is no `{other}`"
                raise TypeError(f"{problem}; {title} takes {', '.join(names)}. Write: {line}")
            given[name] = value
        given = {name: value for name, value in given.items() if value is not defaults.get(name, given)}
        given = _put_right(given, names, required)
        wrong = next((name for name in given if not _fits(name, given[name])), None)
        missing = [name for name in required if name not in given]
        if wrong:
            came = given[wrong]
            way = f"Write {wrong}={came.__name__}(...)." if isinstance(came, type) else f"Write: {line}"
            raise TypeError(f"`{wrong}` is {described(came)}; expected {KINDS[wrong][1]}. {way}")
        if missing:
            raise TypeError(f"{title} needs `{'`, `'.join(missing)}` too. Write: {line}")
        return function(**given)

    return call


def _fits(name: str, value: object) -> bool:
    return name not in KINDS or KINDS[name][0](value)


def _put_right(given: dict[str, object], names: list[str], required: list[str]) -> dict[str, object]:
    """Return the arguments, moving those of the wrong kind to the only place where they fit."""
    misplaced = [name for name, value in given.items() if not _fits(name, value) and name in MOVABLE]
    free = [name for name in names if name in MOVABLE and (name in misplaced or name not in given)]
    moved: dict[str, object] = {}
    values = [given[name] for name in misplaced]
    while values:
        for value in values:
            fitting = [name for name in free if name not in moved and _fits(name, value)]
            fitting = [name for name in fitting if name in required] or fitting
            if len(fitting) == 1:
                moved[fitting[0]] = value
                values = [other for other in values if other is not value]
                break
        else:
            return given
    return {name: value for name, value in given.items() if name not in misplaced} | moved
