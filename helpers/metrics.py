"""How right a model is, always in percent."""

import torch
from torch import Tensor


def accuracy_fn(y_true: Tensor, y_pred: Tensor) -> float:
    """Return the percentage of predicted labels that are right.

    Parameters
    ----------
    y_true, y_pred
        The labels and the predicted labels, of one shape, usually [N].

    Returns
    -------
    float
        0..100. It counts samples: times N, divided by 100, it is a whole number.

    Raises
    ------
    ValueError
        The shapes differ (comparing them would broadcast and count pairs that don't belong together), or
        there is nothing to compare.
    """
    if y_true.shape != y_pred.shape:
        looks_like_logits = y_pred.ndim == y_true.ndim + 1
        hint = (
            "Turn logits into labels first: logits.argmax(dim=1)."
            if looks_like_logits
            else ("Give both the same shape, for example with squeeze() or unsqueeze(1).")
        )
        raise ValueError(
            f"y_true has shape {list(y_true.shape)} and y_pred {list(y_pred.shape)}; they must agree. {hint}"
        )
    if y_true.numel() == 0:
        raise ValueError("There are no labels to compare: y_true and y_pred are empty.")
    return 100 * torch.eq(y_true, y_pred).sum().item() / y_true.numel()


def get_batch_accuracy(output: Tensor, y: Tensor, N: int) -> float:
    """Return what one batch adds to the accuracy of a data set of `N` samples.

    Add it up over the batches of an epoch to get the accuracy of the epoch. A last batch that is smaller
    than the others then counts for what it is.

    Parameters
    ----------
    output
        Logits [batch, classes].
    y
        Labels [batch].
    N
        The number of samples in the whole data set (not in the batch).

    Returns
    -------
    float
        Percent of the whole data set, 0..100.
    """
    return accuracy_fn(y_true=y, y_pred=output.argmax(dim=1)) * len(y) / N
