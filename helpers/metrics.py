"""How right a model is, always in percent."""

import torch
from torch import Tensor


def accuracy_fn(y_true: Tensor, y_pred: Tensor) -> float:
    """Return the percentage of predicted labels that are right, 0..100.

    Both are labels of one shape, usually [N]. It counts samples: times N, divided by 100, it is a whole
    number.

    Raises
    ------
    ValueError
        The shapes differ (comparing would broadcast them and count pairs that don't belong together), or
        there is nothing to compare.
    """
    if y_true.shape != y_pred.shape:
        hint = "Give both the same shape, for example with squeeze() or unsqueeze(1)."
        if y_pred.ndim == y_true.ndim + 1:
            hint = "Turn logits into labels first: logits.argmax(dim=1)."
        raise ValueError(
            f"y_true has shape {list(y_true.shape)} and y_pred {list(y_pred.shape)}; they must agree. {hint}"
        )
    if y_true.numel() == 0:
        raise ValueError("There are no labels to compare: y_true and y_pred are empty.")
    return 100 * torch.eq(y_true, y_pred).sum().item() / y_true.numel()


def get_batch_accuracy(output: Tensor, y: Tensor, N: int) -> float:
    """Return what one batch adds to the accuracy of a data set, in percent of the whole data set.

    Added up over the batches of an epoch, it gives the accuracy of the epoch. A last batch that is smaller
    counts for what it is. `output` are logits [batch, classes], `y` the labels [batch], and `N` is the number
    of samples in the whole data set (not in the batch).
    """
    return accuracy_fn(y_true=y, y_pred=output.argmax(dim=1)) * len(y) / N
