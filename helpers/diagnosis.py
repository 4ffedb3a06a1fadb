"""Why a model can't be trained or measured: checks before it starts, and notes on the errors of torch."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from weakref import WeakSet

import torch
from torch import Tensor, nn
from torch.optim import LBFGS, Optimizer

from helpers.inputs import described
from helpers.outputs import checked_outputs, kind_of

SAID: WeakSet[Optimizer] = WeakSet()  # optimizers that lack parameters: it was said once


def device_for(model: nn.Module, device: torch.device | str | None) -> torch.device:
    """Return where batches must go: where the model is. Asking for another place is an error."""
    try:
        asked = None if device is None else torch.device(device)
    except RuntimeError:
        raise ValueError(
            f"There is no device {device!r}. Write 'cpu', or 'cuda' for a GPU; or leave it out."
        ) from None
    parameter = next(model.parameters(), None)
    if parameter is None:
        return asked or torch.device("cpu")
    asked = asked or parameter.device
    if asked.type != parameter.device.type or asked.index not in (None, parameter.device.index):
        way = f"Move the model first: model.to('{asked}')."
        if asked.type == "cuda" and not torch.cuda.is_available():
            way = "PyTorch finds no GPU here, so leave the device out."
        raise ValueError(f"The model is on {parameter.device}, the batches would go to {asked}. {way}")
    return parameter.device


def dtype_of(model: nn.Module) -> torch.dtype | None:
    """Return the kind of floats that the model computes with."""
    return next((one.dtype for one in model.parameters() if one.is_floating_point()), None)


def check_loss(loss_fn: Callable) -> None:
    """Refuse a loss that doesn't average over the batch."""
    if getattr(loss_fn, "reduction", "mean") != "mean":
        raise ValueError(
            f"The loss has reduction={loss_fn.reduction!r}; expected the mean over the batch, so that the "
            f"mean over an epoch is right. Make it as nn.{type(loss_fn).__name__}()."
        )


def parameters_left_out(model: nn.Module, optimizer: Optimizer) -> dict[str, nn.Parameter]:
    """Return the parameters that could learn but aren't in the optimizer, or say why nothing can learn."""
    rate = optimizer.param_groups[0]["lr"]
    remake = f"torch.optim.{type(optimizer).__name__}(model.parameters(), lr={rate:g})"
    held = {id(parameter) for group in optimizer.param_groups for parameter in group["params"]}
    known = dict(model.named_parameters())
    learning = {name: parameter for name, parameter in known.items() if parameter.requires_grad}
    if isinstance(optimizer, LBFGS):
        raise ValueError(
            "LBFGS computes the loss several times a step. Use torch.optim.SGD or torch.optim.Adam."
        )
    if not known:
        raise ValueError(
            "The model has no parameters, so there is nothing to learn. Give it a layer like nn.Linear."
        )
    if not learning:
        raise ValueError(
            "All parameters of the model are frozen (requires_grad is False), so nothing can learn. Unfreeze "
            "some, such as model.requires_grad_(True), or add a new layer after freezing."
        )
    if held.isdisjoint(map(id, known.values())):
        raise ValueError(
            "The optimizer holds none of this model's parameters, so the model would never learn. "
            f"Make one for it: {remake}."
        )
    missing = {name: parameter for name, parameter in learning.items() if id(parameter) not in held}
    if missing and held - set(map(id, known.values())):
        raise ValueError(
            f"The optimizer lacks parameters that could learn: {_few(missing)}. It holds others, which are "
            f"no longer in the model. Make it again, after the last change of the model: {remake}."
        )
    return missing


def say_what_stands_still(
    optimizer: Optimizer, left_out: Mapping[str, nn.Parameter], before: Mapping[str, Tensor]
) -> None:
    """Say once which of the parameters left out had a gradient, and did not move in the first step.

    Another optimizer may move them, so they are asked after the step; `before` is what they were.
    """
    still = [name for name, value in before.items() if torch.equal(left_out[name], value)]
    if still and optimizer not in SAID:
        SAID.add(optimizer)
        print(
            f"The optimizer lacks parameters that could learn: {_few(still)}. They stay as they are. Should "
            "they learn, make it with model.parameters(); if not, freeze them with requires_grad_(False)."
        )


def _few(names: Sequence[str]) -> str:
    return ", ".join(list(names)[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")


def check_can_learn(outputs: Tensor) -> None:
    """Refuse outputs without a gradient."""
    if not outputs.requires_grad:
        raise ValueError(
            "The model's outputs carry no gradient, so nothing can learn. Leave .detach(), .item() and "
            "torch.no_grad() out of its forward, and call this function outside of torch.no_grad()."
        )


def check_one_number(loss: object) -> None:
    """Refuse a loss that is no tensor of one number."""
    if not isinstance(loss, Tensor) or loss.ndim:
        raise TypeError(
            f"The loss is {described(loss)}; expected a tensor of one number, the mean over the batch. "
            "Let loss_fn return loss.mean()."
        )


def outputs_of(model: nn.Module, images: Tensor, watch: AbstractContextManager | None = None) -> Tensor:
    """Return a model's outputs for a batch, a row for each image. An error of the model gets a note.

    `watch` is around the forward pass only.
    """
    try:
        with watch or nullcontext():
            outputs = model(images)
    except Exception as error:
        error.add_note(_note_on_model(error, model, images))
        raise
    return checked_outputs(outputs, images)


def _note_on_model(error: Exception, model: nn.Module, images: Tensor) -> str:
    """Say which images a model failed on, and what is probably wrong with them."""
    seen = f"The images are {list(images.shape)} of {images.dtype}."
    if not isinstance(error, RuntimeError | ValueError | IndexError):
        return seen  # an error of the model's own code
    if isinstance(error, torch.OutOfMemoryError):
        return (
            f"{seen} The GPU's memory is full. Take smaller batches: batch_size={max(1, len(images) // 2)}."
        )
    if not images.is_floating_point():
        return (
            f"{seen} The model computes with floats. Convert them: images.float() / 255, or "
            "v2.ToDtype(torch.float32, scale=True) as the transform."
        )
    if "more than 1 value per channel" in str(error):
        return f"{seen} Batch normalisation can't learn from one image. Make the loader with drop_last=True."
    return f"{seen} {_wrong_shape(model, images)}".strip()


def note_on_loss(loss_fn: Callable, outputs: Tensor, labels: Tensor) -> str:
    """Say which outputs and labels a loss failed on, and which label has no class."""
    seen = f"The outputs are {list(outputs.shape)}, the labels {list(labels.shape)} of {labels.dtype}."
    if kind_of(loss_fn) == "probabilities" and ((outputs < 0) | (outputs > 1)).any():
        return f"{seen} This loss takes probabilities. For logits use nn.BCEWithLogitsLoss()."
    if labels.is_floating_point() or outputs.ndim < 2:
        return seen
    classes = outputs.shape[1]
    wrong = ((labels < 0) | (labels >= classes)) & (labels != getattr(loss_fn, "ignore_index", -100))
    if not wrong.any():
        return seen
    first = wrong.nonzero()[0].tolist()
    return (
        f"{seen} Label {labels[tuple(first)].item()} at position {first[0]} of the batch is outside the "
        f"model's {classes} classes: labels are 0..{classes - 1}. Number the classes from 0, or give the "
        "last layer more outputs."
    )


def _wrong_shape(model: nn.Module, images: Tensor) -> str:
    """Compare the images with what the model's first layer takes, and say how to make them fit."""
    layers = [module for module in model.modules() if isinstance(module, nn.Conv2d | nn.Linear | nn.Flatten)]
    first = next((layer for layer in layers if not isinstance(layer, nn.Flatten)), None)
    if isinstance(first, nn.Conv2d):
        takes = f"The first layer takes [batch, {first.in_channels}, height, width]."
        if images.ndim == 4 and images.shape[3] == first.in_channels != images.shape[1]:
            return f"{takes} Put the channels first: images.permute(0, 3, 1, 2)."
        if images.ndim == 4 and images.shape[1] != first.in_channels:
            return f"{takes} Make it nn.Conv2d({images.shape[1]}, ...), or change the images' channels."
        if images.ndim == 3 and images.shape[0] == first.in_channels:
            return f"{takes} Make a batch of one: images.unsqueeze(0)."
        if images.ndim == 3 and first.in_channels == 1:
            return f"{takes} Add the channel: images.unsqueeze(1)."
        if images.ndim == 2:
            return f"{takes} Make pictures of the rows, such as images.reshape(-1, 1, 28, 28)."
    if isinstance(first, nn.Linear):
        takes = f"The first linear layer takes {first.in_features} numbers."
        numbers = images[0].numel() if len(images) else 0
        if images.ndim > 2 and numbers == first.in_features and not isinstance(layers[0], nn.Flatten):
            return f"{takes} Put nn.Flatten() before it, or give images.flatten(1)."
        if images.ndim > 1 and images.numel() == first.in_features:
            return f"{takes} Make a batch of one: images.unsqueeze(0)."
        if numbers != first.in_features:
            return f"{takes} There are {numbers} for each image: make it nn.Linear({numbers}, ...)."
    return f"The images fit the first layer, so look further in. The model: {model}" if first else ""
