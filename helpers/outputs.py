"""What a model's outputs mean: logits or probabilities, one number a sample or one for each class.

A function of a loss answers by its name, so that nn.BCELoss, its function F.binary_cross_entropy and classes
derived from it are the same.
"""

import functools
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from helpers.inputs import described, is_one_hot, is_whole

ACTIVATIONS = {"sigmoid", "softmax", "log_softmax"}
SAME_NUMBERS = {"squeeze", "unsqueeze", "flatten", "reshape", "view", "contiguous", "float", "to"}
SAME_NUMBERS.add("__getitem__")
# What a loss takes, by the names of losses and their functions.
KINDS = {
    "classes": {"CrossEntropyLoss", "cross_entropy", "NLLLoss", "nll_loss", "MultiMarginLoss"},
    "logits": {"BCEWithLogitsLoss", "binary_cross_entropy_with_logits", "MultiLabelSoftMarginLoss"},
    "probabilities": {"BCELoss", "binary_cross_entropy"},
    "numbers": {"MSELoss", "L1Loss", "SmoothL1Loss", "HuberLoss"}
    | {"mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss"},
}


def names_of(loss_fn: Callable) -> set[str]:
    """Return the names of a loss: that of its function, or those of its class and what it derives from."""
    while isinstance(loss_fn, functools.partial):
        loss_fn = loss_fn.func
    return {getattr(loss_fn, "__name__", ""), *(cls.__name__ for cls in type(loss_fn).__mro__)}


def kind_of(loss_fn: Callable) -> str:
    """Return what a loss takes: "classes", "logits", "probabilities", "numbers", or "" where nobody knows."""
    names = names_of(loss_fn)
    return next((kind for kind, known in KINDS.items() if names & known), "")


class ActivationSeen(TorchFunctionMode):
    """Watch a model's forward pass in a `with` block, to know whether it ends in a sigmoid or a softmax."""

    def __init__(self) -> None:
        super().__init__()
        self.made: dict[int, tuple[str, Tensor]] = {}

    def __torch_function__(self, func, types, args=(), kwargs=None):
        """Call torch's function, and note what comes out of an activation."""
        result = func(*args, **(kwargs or {}))
        name = getattr(func, "__name__", "")
        if isinstance(result, Tensor):
            if name in ACTIVATIONS:
                self.made[id(result)] = name, result
            elif name in SAME_NUMBERS and args and id(args[0]) in self.made:
                self.made[id(result)] = self.made[id(args[0])][0], result
        return result

    def of(self, outputs: Tensor) -> str:
        """Return which activation these outputs come from, or "" for none."""
        return self.made.get(id(outputs), ("", outputs))[0]


def checked_outputs(outputs: object, images: Tensor) -> Tensor:
    """Return a model's outputs, or say why they are none: one row of numbers is expected for each image."""
    if not isinstance(outputs, Tensor):
        raise TypeError(
            f"The model returned {described(outputs)}; expected a tensor of logits, [batch, classes]. "
            "Return only the logits in its forward."
        )
    if outputs.ndim == 0 or len(outputs) != len(images):
        raise ValueError(
            f"The model made {list(outputs.shape)} of images {list(images.shape)}; expected a row for each "
            "image. A batch of pictures is [batch, channels, height, width]: add what is missing, with "
            "images.unsqueeze(1) the channel, or with images.unsqueeze(0) the batch."
        )
    return outputs


def is_one_number(outputs: Tensor) -> bool:
    """Return whether outputs have one number a sample: [N] or [N, 1]."""
    return outputs.ndim == 1 or (outputs.ndim == 2 and outputs.shape[1] == 1)


def add_up_to_1(rows: Tensor) -> bool:
    """Return whether each row adds up to 1."""
    return bool(((rows.float().sum(dim=1) - 1).abs() < 0.01).all())


def probabilities_of(outputs: Tensor, activation: str) -> Tensor:
    """Return probabilities [N, classes] of a model's outputs.

    One number a sample is about class 1 of two: [N] and [N, 1] become [N, 2].
    """
    if activation == "softmax" and not add_up_to_1(outputs):
        raise ValueError(
            "The model ends in a softmax, but its rows don't add up to 1: it goes over the batch. "
            "Write softmax(dim=1), over the classes."
        )
    if is_one_number(outputs):
        ones = outputs.reshape(-1) if activation == "sigmoid" else outputs.reshape(-1).sigmoid()
        return torch.stack([1 - ones, ones], dim=1)
    if activation in ("sigmoid", "softmax"):
        return outputs
    return outputs.exp() if activation == "log_softmax" else outputs.softmax(dim=1)


def labels_for(kind: str, outputs: Tensor, labels: Tensor) -> Tensor:
    """Return a batch's labels as a loss of this kind wants them, or say why they can't belong to the outputs.

    Losses of classes get class numbers, int64 [N]; all others get floats of the outputs' shape.
    """
    is_usual = kind == "classes" and labels.dtype is torch.int64 and labels.ndim == 1
    if is_usual and outputs.ndim == 2 and outputs.shape[1] > 1:
        return labels  # at once, since this comes for each batch
    if kind == "classes" or (not kind and not is_one_number(outputs) and not labels.is_floating_point()):
        return _class_labels(outputs, labels, strict=bool(kind))
    if labels.shape != outputs.shape and is_one_number(outputs) and is_one_number(labels):
        labels = labels.reshape(outputs.shape)
    if labels.shape == outputs.shape:
        return labels if labels.dtype == outputs.dtype else labels.to(outputs.dtype)
    if not kind:
        return labels  # a loss of the learner's own: it knows what it takes
    seen = f"The outputs are {list(outputs.shape)}, the labels {list(labels.shape)}; they must agree."
    if is_one_number(labels):
        raise ValueError(
            f"{seen} For class numbers use nn.CrossEntropyLoss(), or make the labels one-hot: "
            f"F.one_hot(labels.long(), {outputs.shape[1]}).float(). To predict one number, let the model end "
            "in one output."
        )
    if is_one_number(outputs):
        raise ValueError(
            f"{seen} Let the model end in {labels.shape[-1]} outputs, one for each column of the labels."
        )
    raise ValueError(f"{seen} Give the last layer as many outputs as the labels have columns.")


def _class_labels(outputs: Tensor, labels: Tensor, strict: bool) -> Tensor:
    if is_one_number(outputs):
        raise ValueError(
            f"The outputs are {list(outputs.shape)}: one number for each image, and this loss compares "
            "classes. Use nn.BCEWithLogitsLoss(), or let the model end in an output for each class."
        )
    if labels.shape == outputs.shape:  # one-hot, or a probability for each class
        return labels if labels.dtype == outputs.dtype else labels.to(outputs.dtype)
    if labels.ndim == outputs.ndim and labels.shape[1] == 1:
        labels = labels.squeeze(1)
    if strict and labels.shape != outputs.shape[:1] + outputs.shape[2:]:
        raise ValueError(
            f"The outputs are {list(outputs.shape)}, the labels {list(labels.shape)}; expected class numbers "
            f"{list(outputs.shape[:1] + outputs.shape[2:])}, or a column for each of the {outputs.shape[1]} "
            "classes. Give the last layer as many outputs as there are classes."
        )
    if labels.is_floating_point() and not is_whole(labels):
        fraction = labels[labels != labels.round()][0].item()
        raise ValueError(
            f"The labels are fractions, such as {fraction:g}, and this loss compares classes. "
            "To predict numbers, end the model in one output and use nn.MSELoss()."
        )
    return labels if labels.dtype == torch.int64 else labels.long()


def check_fit(loss_fn: Callable, outputs: Tensor, labels: Tensor, activation: str) -> None:
    """Refuse a batch if its values show that its outputs or labels are not what the loss takes."""
    kind, names = kind_of(loss_fn), names_of(loss_fn)
    name = (
        type(loss_fn).__name__ if isinstance(loss_fn, nn.Module) else getattr(loss_fn, "__name__", "loss_fn")
    )
    if names & {"NLLLoss", "nll_loss"}:
        if not add_up_to_1(outputs.exp()):
            raise ValueError(
                f"{name} takes the logarithms of probabilities, and the outputs are none. Use "
                "nn.CrossEntropyLoss() on logits, or end the model in nn.LogSoftmax(dim=1)."
            )
    elif kind in ("classes", "logits") and activation in ("sigmoid", "softmax"):
        instead = ", or use nn.BCELoss()" if (kind, activation) == ("logits", "sigmoid") else ""
        raise ValueError(
            f"The model ends in a {activation}, and {name} takes logits. "
            f"Leave the {activation} out of the model{instead}."
        )
    if kind in ("logits", "probabilities") and ((labels < 0) | (labels > 1)).any():
        odd = labels[(labels < 0) | (labels > 1)][0].item()
        raise ValueError(
            f"A label is {odd:g}, and {name} takes 0 and 1. For two classes make them so, with "
            "(labels > 0).float(); for more classes use nn.CrossEntropyLoss()."
        )


def compared_labels(
    loss_fn: Callable, outputs: Tensor, labels: Tensor, activation: str
) -> tuple[Tensor, Tensor] | None:
    """Return true and predicted labels of a whole epoch; None where the labels are numbers, not classes.

    `outputs` are the model's, or already class numbers where the labels are.
    """
    kind = kind_of(loss_fn)
    if not labels.is_floating_point():
        return labels, outputs
    several = labels.ndim == 2 and labels.shape[1] > 1
    if several and (kind == "classes" or is_one_hot(labels)):
        return labels.argmax(dim=1), outputs.argmax(dim=1)
    if kind in ("logits", "probabilities"):
        labels = labels.round()  # smoothed labels count too: 0.05 is a 0
    if not ((labels == 0) | (labels == 1)).all() or labels.shape != outputs.shape:
        return None
    is_probability = activation == "sigmoid" or kind in ("probabilities", "numbers")
    return labels, (outputs > (0.5 if is_probability else 0)).to(labels.dtype)
