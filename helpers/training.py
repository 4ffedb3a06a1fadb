"""Training and evaluating a classifier: one epoch, many epochs, predictions.

The functions take batches to `device`, never the model, and leave the model's mode (train or eval) as they
found it. Losses and accuracies are averages over *samples*: a smaller last batch counts for what it is.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from operator import length_hint
from timeit import default_timer as timer
from typing import TypeAlias

import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.utils.data import DataLoader
from tqdm.auto import tqdm

from helpers.metrics import accuracy_fn as accuracy_in_percent

Device: TypeAlias = torch.device | str | None
AccuracyFn: TypeAlias = Callable[[Tensor, Tensor], float]
Augment: TypeAlias = Callable[[Tensor], Tensor]

MEASURE = "evaluation"  # what the progress bar says
BAR_EVERY = 0.5  # seconds before a progress bar appears, and between its moves: drawing it costs time too
HISTORY = ("epoch", "train_loss", "train_acc", "valid_loss", "valid_acc", "seconds")
PREDICT_BATCH = 256  # images a forward pass in make_predictions: memory stays small, speed is near its best


def train_step(
    model: nn.Module,
    data_loader: DataLoader,
    loss_fn: nn.Module,
    optimizer: Optimizer,
    accuracy_fn: AccuracyFn = accuracy_in_percent,
    device: Device = None,
    augment: Augment | None = None,
) -> tuple[float, float]:
    """Train the model for one epoch; print and return its loss and accuracy (percent).

    Both are averages over the samples of the epoch, while the model was learning.

    Parameters
    ----------
    model
        Gives logits [batch, classes] for images [batch, C, H, W]. Set to train mode here.
    data_loader
        Gives (images, labels): labels int64 [batch] for `CrossEntropyLoss`, or float of the logits' shape for
        `BCEWithLogitsLoss`.
    loss_fn
        Averages over the batch, as torch's losses do by default.
    optimizer
        Holds this model's parameters.
    accuracy_fn
        Called once, with the labels `y_true` and predicted labels `y_pred` [N] of the whole epoch.
    device
        Where the batches go; default: where the model is.
    augment
        Changes each batch of images on the device before the model learns from it; default: no change.

    Raises
    ------
    ValueError
        The loader is empty; the model is on another device; shapes of logits and labels don't fit; the
        optimizer holds none of the model's parameters.
    """
    loss, accuracy = one_epoch(
        model, data_loader, loss_fn, accuracy_fn, device, optimizer, "training", augment
    )
    print(f"Train loss: {loss:.5f} | Train accuracy: {accuracy:.2f} %")
    return loss, accuracy


def test_step(
    model: nn.Module,
    data_loader: DataLoader,
    loss_fn: nn.Module,
    accuracy_fn: AccuracyFn = accuracy_in_percent,
    device: Device = None,
) -> tuple[float, float]:
    """Measure the model on data it doesn't learn from; print and return its loss and accuracy (percent).

    Parameters and errors are those of `train_step`. The model is in eval mode meanwhile.
    """
    loss, accuracy = one_epoch(model, data_loader, loss_fn, accuracy_fn, device, title=MEASURE)
    print(f"Test loss: {loss:.5f} | Test accuracy: {accuracy:.2f} %")
    return loss, accuracy


test_step.__test__ = False  # pytest would take it for a test


def eval_model(
    model: nn.Module,
    data_loader: DataLoader,
    loss_fn: nn.Module,
    accuracy_fn: AccuracyFn = accuracy_in_percent,
    device: Device = None,
) -> dict[str, str | float]:
    """Measure the model as `test_step` does and return a row for a table of results.

    It has a ``model_name`` (its class), a ``model_loss`` and a ``model_acc`` (percent).
    """
    loss, accuracy = one_epoch(model, data_loader, loss_fn, accuracy_fn, device, title=MEASURE)
    return {"model_name": type(model).__name__, "model_loss": loss, "model_acc": accuracy}


def train(
    model: nn.Module,
    train_loader: DataLoader,
    valid_loader: DataLoader,
    loss_fn: nn.Module,
    optimizer: Optimizer,
    epochs: int,
    accuracy_fn: AccuracyFn = accuracy_in_percent,
    device: Device = None,
    verbose: bool = True,
    augment: Augment | None = None,
) -> dict[str, list[float]]:
    """Train for some epochs, measure on the validation data after each, and return the history.

    The history has ``epoch`` (from 1), ``train_loss``, ``train_acc``, ``valid_loss``, ``valid_acc`` (percent)
    and ``seconds``: a list each with one value an epoch, ready for `plot_loss_curves` and `pandas.DataFrame`.
    Interrupting it (the ■ button, or Ctrl-C) keeps what was reached: the model its weights, the history its
    finished epochs. The other parameters are those of `train_step`. `verbose` prints a line each epoch;
    `augment` changes the training batches only.
    """
    history: dict[str, list[float]] = {column: [] for column in HISTORY}
    try:
        for epoch in range(1, epochs + 1):
            start = timer()
            train_loss, train_acc = one_epoch(
                model, train_loader, loss_fn, accuracy_fn, device, optimizer, f"epoch {epoch}", augment
            )
            valid_loss, valid_acc = one_epoch(
                model, valid_loader, loss_fn, accuracy_fn, device, title=MEASURE
            )
            seconds = timer() - start
            row = (epoch, train_loss, train_acc, valid_loss, valid_acc, seconds)
            for column, value in zip(HISTORY, row, strict=True):
                history[column].append(value)
            if verbose:
                print(
                    f"Epoch {epoch}/{epochs} | train loss {train_loss:.4f}, accuracy {train_acc:.2f} % | "
                    f"valid loss {valid_loss:.4f}, accuracy {valid_acc:.2f} % | {seconds:.1f} s"
                )
    except KeyboardInterrupt:
        print(f"Interrupted: the model and the history of {len(history['epoch'])} finished epochs are kept.")
    return history


def make_predictions(model: nn.Module, data: Tensor | Sequence[Tensor], device: Device = None) -> Tensor:
    """Return the model's class probabilities [N, classes], on the CPU, for some images.

    The images are [N, C, H, W], or a list of images [C, H, W]. The model gives logits [batch, classes]. It is
    in eval mode meanwhile, and the batches go to `device`, by default where the model is.

    Raises
    ------
    ValueError
        There are no images, or the model is on another device.
    """
    if len(data) == 0:
        raise ValueError("There are no images to predict: `data` is empty.")
    device = _device_for(model, device)
    images = data if isinstance(data, Tensor) else torch.stack(list(data))
    batches, probabilities = images.split(PREDICT_BATCH), []
    bar = _progress_bar(len(batches), "predicting")
    with bar, in_mode(model, training=False), torch.inference_mode():
        for batch in batches:
            with _explained(model, batch):
                logits = model(batch.to(device))
            probabilities.append(logits.softmax(dim=1).cpu())
            bar.update()
    return torch.cat(probabilities)


def one_epoch(
    model: nn.Module,
    data_loader: DataLoader,
    loss_fn: nn.Module,
    accuracy_fn: AccuracyFn = accuracy_in_percent,
    device: Device = None,
    optimizer: Optimizer | None = None,
    title: str | None = None,
    augment: Augment | None = None,
) -> tuple[float, float]:
    """Go once through the loader, learning where there is an optimizer; return mean loss and accuracy.

    All other functions here are made of this one. It prints nothing, and draws a progress bar only where that
    has a `title`. Parameters and errors are otherwise those of `train_step`.

    What a batch gives stays on the device until the end: fetching it each time would make a GPU wait.
    """
    device = _device_for(model, device)
    training = optimizer is not None
    if training:
        _check_optimizer(model, optimizer)
    losses, sizes, predictions, targets = [], [], [], []
    bar = _progress_bar(length_hint(data_loader), title)
    with bar, in_mode(model, training), torch.inference_mode(not training):
        for images, labels in data_loader:
            if augment is not None:
                images = augment(images.to(device))
            with _explained(model, images, labels):
                images, labels = images.to(device), labels.to(device)
                logits = model(images)
                _check_shapes(logits, labels)
                loss = loss_fn(logits, labels)
            if training:
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
            losses.append(loss.detach())
            sizes.append(len(labels))
            predictions.append(_predicted_labels(logits, labels))
            targets.append(labels)
            bar.update()
    if not losses:
        raise ValueError("The data loader gave no batch: its data set is empty, or drop_last dropped it all.")
    mean_loss = torch.stack(losses).cpu().double() @ torch.tensor(sizes, dtype=torch.float64) / sum(sizes)
    return mean_loss.item(), float(accuracy_fn(y_true=torch.cat(targets), y_pred=torch.cat(predictions)))


def _progress_bar(batches: int, title: str | None) -> tqdm:
    """Return a bar that the caller moves; it is never drawn where it has no title.

    ``tqdm(data_loader)`` would start an iterator of its own, which draws random numbers: the same seed would
    no longer give the same batches as a plain loop.
    """
    style = {"unit": "batch", "leave": False, "delay": BAR_EVERY, "mininterval": BAR_EVERY}
    return tqdm(total=batches, desc=title, disable=title is None, **style)


def _predicted_labels(logits: Tensor, labels: Tensor) -> Tensor:
    """Return labels of the same kind as the true ones: class numbers, or 0. and 1. for binary logits."""
    if labels.is_floating_point():
        return (logits > 0).to(labels.dtype)  # sigmoid(0) is one half
    return logits.argmax(dim=1)


@contextmanager
def in_mode(model: nn.Module, training: bool) -> Iterator[None]:
    """Put the model into train or eval mode for a `with` block; give each module its own mode back after."""
    before = [(module, module.training) for module in model.modules()]
    model.train(training)
    try:
        yield
    finally:
        for module, mode in before:
            module.training = mode


def _device_for(model: nn.Module, device: Device) -> torch.device:
    """Return where batches must go: where the model is. Asking for another place is an error."""
    parameter = next(model.parameters(), None)
    if parameter is None:
        return torch.device(device or "cpu")
    asked = parameter.device if device is None else torch.device(device)
    if asked.type != parameter.device.type or asked.index not in (None, parameter.device.index):
        raise ValueError(
            f"The model is on {parameter.device}, the batches would go to {asked}. "
            f"Move the model first: model.to('{asked}')."
        )
    return parameter.device


def _check_optimizer(model: nn.Module, optimizer: Optimizer) -> None:
    held = {id(parameter) for group in optimizer.param_groups for parameter in group["params"]}
    if held.isdisjoint(id(parameter) for parameter in model.parameters()):
        raise ValueError(
            "The optimizer holds none of this model's parameters, so the model would never learn. "
            f"Make one for it: torch.optim.{type(optimizer).__name__}(model.parameters(), ...)."
        )


def _check_shapes(logits: Tensor, labels: Tensor) -> None:
    """Refuse float labels of another shape: a loss would broadcast [N] against [N, 1] to [N, N]."""
    if labels.is_floating_point() and labels.shape != logits.shape:
        raise ValueError(
            f"The logits have shape {list(logits.shape)}, the labels {list(labels.shape)}; they must agree. "
            "Use labels.unsqueeze(1), or logits.squeeze(1)."
        )


@contextmanager
def _explained(model: nn.Module, images: Tensor, labels: Tensor | None = None) -> Iterator[None]:
    """Add a note to an error of torch: what the batch looked like, and what is probably wrong with it."""
    try:
        yield
    except (RuntimeError, IndexError) as error:
        error.add_note(_what_is_wrong(model, images, labels))
        raise


def _what_is_wrong(model: nn.Module, images: Tensor, labels: Tensor | None) -> str:
    if not images.is_floating_point():
        return (
            f"The images are {images.dtype}; the model computes with floats. Convert them: "
            "images.float() / 255, or v2.ToDtype(torch.float32, scale=True) as the transform."
        )
    if images.ndim != 4:
        return (
            f"The images have shape {list(images.shape)}; a batch is [batch, channels, height, width]. "
            "Add what is missing with unsqueeze: image.unsqueeze(0) makes a batch of one."
        )
    seen = f"The images have shape {list(images.shape)}"
    if labels is None:
        return f"{seen}. The model: {model}"
    classes = _number_of_classes(model)
    if classes and not labels.is_floating_point():
        wrong = ((labels < 0) | (labels >= classes)).nonzero()
        if len(wrong):
            first = wrong[0].tolist()
            return (
                f"Label {labels[tuple(first)].item()} at position {first[0]} of the batch is outside the "
                f"model's {classes} classes: labels are 0..{classes - 1}."
            )
    return f"{seen}, the labels {list(labels.shape)} ({labels.dtype}). The model: {model}"


def _number_of_classes(model: nn.Module) -> int | None:
    """Return the width of the model's last linear layer, or None where it has none."""
    linear = [module for module in model.modules() if isinstance(module, nn.Linear)]
    return linear[-1].out_features if linear else None
