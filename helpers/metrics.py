"""How right a model is, always in percent."""

import copy
import functools
import inspect
from collections.abc import Callable

import torch
from torch import Tensor

from helpers.calls import understanding
from helpers.inputs import as_classes, as_count, as_tensor, described, is_one_hot, is_whole

SHARES = {"accuracy_score", "balanced_accuracy_score", "f1_score", "precision_score", "recall_score"}
SHARES |= {"fbeta_score", "jaccard_score", "top_k_accuracy_score"}  # scikit-learn's that go from 0 to 1


@understanding
def accuracy_fn(y_true: Tensor, y_pred: Tensor) -> float:
    """Return the percentage of predicted labels that are right, 0..100 (many other courses return 0..1).

    Both are labels of the same samples, usually [N]: a tensor, a NumPy array, a pandas column or a list. It
    counts samples: times N, divided by 100, it is a whole number. One-hot labels [N, classes] count by sample
    too. Where a sample can have several labels, [N, labels] of 0 and 1, each of them counts.

    Raises
    ------
    ValueError
        The shapes differ, the numbers are scores or fractions and no labels, or there is nothing to compare.
    TypeError
        There are no numbers.
    """
    true, predicted = as_tensor(y_true, "y_true"), as_tensor(y_pred, "y_pred")
    predicted = predicted.to(true.device)
    shown = "torch.tensor(y_pred)" if isinstance(y_pred, list | tuple) else "y_pred"
    if {true.shape, predicted.shape} == {true.reshape(-1).shape, (*true.reshape(-1).shape, 1)}:
        true, predicted = true.reshape(-1), predicted.reshape(-1)  # [N] and [N, 1] are the same samples
    if true.shape != predicted.shape:
        raise ValueError(
            f"y_true has shape {list(true.shape)} and y_pred {list(predicted.shape)}; they must agree. "
            f"{_way_to_one_shape(true, predicted)}"
        )
    if true.numel() == 0:
        raise ValueError(
            "There are no labels to compare: y_true and y_pred are empty. Give at least one of each."
        )
    if not is_whole(true):
        raise ValueError(
            f"y_true holds fractions, such as {_fraction(true):g}; an accuracy counts equal labels. For a "
            "regression measure a loss, such as nn.L1Loss()(y_pred, y_true)."
        )
    if predicted.is_floating_point():
        _refuse_scores(true, predicted, shown)
    if true.ndim == 2 and true.shape[1] > 1 and is_one_hot(true):
        if not is_one_hot(predicted):
            raise ValueError(
                "y_true is one-hot (each row has a single 1) and y_pred isn't: most zeros would count as "
                "right. Compare class numbers: accuracy_fn(y_true.argmax(1), logits.argmax(1)). Where a "
                "sample can have several labels, 100 * (y_true == y_pred).float().mean() counts each of them."
            )
        true, predicted = true.argmax(dim=1), predicted.argmax(dim=1)
    return 100 * torch.eq(true, predicted).sum().item() / true.numel()


def _way_to_one_shape(true: Tensor, predicted: Tensor) -> str:
    if predicted.ndim == true.ndim + 1 and len(predicted) == len(true):
        return "y_pred has a score for each class. Turn it into labels: y_pred.argmax(1)."
    if true.ndim == predicted.ndim + 1 and len(predicted) == len(true):
        return "y_true has a column for each class. Turn it into labels: y_true.argmax(1)."
    return "Give the labels and the predictions of the same samples, both [N]."


def _fraction(numbers: Tensor) -> float:
    return numbers[numbers != numbers.round()][0].item()


def _refuse_scores(true: Tensor, predicted: Tensor, shown: str) -> None:
    """Refuse floats that are no labels: fractions, or numbers outside what y_true could hold."""
    low, high = min(true.min().item(), 0), true.max().item()
    odd = (predicted != predicted.round()) | (predicted < low)
    if high <= 1:  # two classes
        odd |= predicted > 1
    if odd.any():
        raise ValueError(
            f"y_pred holds {predicted[odd][0].item():g}: scores, no labels. Turn logits into labels with "
            f"{shown} > 0, probabilities with {shown} > 0.5."
        )


@understanding
def get_batch_accuracy(output: Tensor, y: Tensor, N: int) -> float:
    """Return what one batch adds to the accuracy of a data set: percent of the whole data set, 0..100.

    (Some other courses return a fraction, 0..1.) Added up over the batches of an epoch, it gives the accuracy
    of the epoch. A last batch that is smaller counts for what it is.

    `output` has logits or probabilities [batch, classes] of two classes or more. `y` has class numbers
    [batch] or is one-hot [batch, classes]. `N` counts the samples of the whole data set, not of the batch.

    Raises
    ------
    ValueError, TypeError
        One of them is something else.
    """
    scores, labels, count = as_tensor(output, "output"), as_classes(y, "y"), as_count(N, "N")
    if scores.ndim != 2 or scores.shape[1] < 2:
        raise ValueError(
            f"`output` is {described(output)}; expected a score for each class, [batch, classes]. For one "
            "number a sample use accuracy_fn(y, output > 0) * len(y) / N, > 0.5 where it is a probability."
        )
    if count < len(labels):
        raise ValueError(
            f"N is {count}, fewer than the {len(labels)} samples of this batch. Use N=len(dataset)."
        )
    return accuracy_fn(y_true=labels, y_pred=scores.argmax(dim=1)) * len(labels) / count


def percent_by(accuracy_fn: Callable, y_true: Tensor, y_pred: Tensor, ours: float | None) -> float:
    """Return what an accuracy function says about labels, in percent.

    It may be the learner's own, one of scikit-learn's scores from 0 to 1, or a metric of torchmetrics. `ours`
    is the accuracy by our own count: a function that gives a hundredth of it gives fractions.

    Raises
    ------
    ValueError, TypeError
        It is called in a way that can't be known, or its result is no share.
    """
    function = accuracy_fn.func if isinstance(accuracy_fn, functools.partial) else accuracy_fn
    name = getattr(function, "__name__", type(function).__name__)
    where = getattr(function, "__module__", None) or ""
    is_metric = hasattr(function, "compute") and hasattr(function, "update")
    if is_metric or where.startswith(("torchmetrics", "sklearn")):
        is_share = function.plot_upper_bound == 1 if is_metric else name in SHARES or "torchmetrics" in where
        if not is_share:
            raise ValueError(
                f"{name} is no share from 0 to 1, and the accuracy is in percent. Leave accuracy_fn out, and "
                f"call {name} on the labels yourself."
            )
        y_true, y_pred = _as_theirs(y_true), _as_theirs(y_pred)
        if is_metric:
            metric = copy.deepcopy(function).to(y_true.device)  # a copy: what theirs has counted stays
            metric.reset()
            return 100 * _number(metric(y_pred, y_true), name)
        if "sklearn" in where:
            return 100 * _number(accuracy_fn(y_true.cpu().numpy(), y_pred.cpu().numpy()), name)
        return 100 * _number(accuracy_fn(y_pred, y_true), name)
    result = _number(_called(accuracy_fn, name, y_true, y_pred), name)
    is_fraction = ours is not None and ours > 1 and abs(100 * result - ours) < 1e-3
    return 100 * result if is_fraction else result


def _called(accuracy_fn: Callable, name: str, y_true: Tensor, y_pred: Tensor) -> object:
    """Call a function of the learner's own by the names of its parameters."""
    try:
        parameters = inspect.signature(accuracy_fn).parameters
    except ValueError:  # some built-in functions
        parameters = {}
    if {"y_true", "y_pred"} <= set(parameters) or "kwargs" in parameters:
        return accuracy_fn(y_true=y_true, y_pred=y_pred)
    if {"preds", "target"} <= set(parameters):
        return accuracy_fn(preds=y_pred, target=y_true)
    raise TypeError(
        f"{name} takes ({', '.join(parameters)}), so nobody knows which are the true labels. Write: "
        f"accuracy_fn=lambda y_true, y_pred: {name}(...)."
    )


def _as_theirs(labels: Tensor) -> Tensor:
    """Return labels as other packages want them: whole numbers as integers, [N] rather than [N, 1]."""
    labels = labels.squeeze(1) if labels.shape[1:] == (1,) else labels
    return labels.long() if is_whole(labels) else labels


def _number(result: object, name: str) -> float:
    try:
        return float(result)
    except (TypeError, ValueError, RuntimeError):
        raise TypeError(
            f"{name} returned {described(result)}; expected one number, in percent. Leave accuracy_fn out, "
            f"and call {name} on the labels yourself."
        ) from None
