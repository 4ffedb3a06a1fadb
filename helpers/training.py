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
from torch.utils.data import DataLoader, Dataset, RandomSampler
from tqdm.auto import tqdm

from helpers.calls import understanding
from helpers.diagnosis import (
    check_can_learn,
    check_loss,
    check_one_number,
    device_for,
    dtype_of,
    note_on_loss,
    outputs_of,
    parameters_left_out,
    say_what_stands_still,
)
from helpers.inputs import as_count, as_tensor, batches, described
from helpers.metrics import accuracy_fn as accuracy_in_percent
from helpers.metrics import percent_by
from helpers.outputs import (
    ActivationSeen,
    check_fit,
    compared_labels,
    kind_of,
    labels_for,
    probabilities_of,
)

Device: TypeAlias = torch.device | str | None
AccuracyFn: TypeAlias = Callable[[Tensor, Tensor], float]
Augment: TypeAlias = Callable[[Tensor], Tensor]

MEASURE = "evaluation"  # what the progress bar says
BAR_EVERY = 0.5  # seconds before a progress bar appears, and between its moves: drawing it costs time too
HISTORY = ("epoch", "train_loss", "train_acc", "valid_loss", "valid_acc", "seconds")
PREDICT_BATCH = 256  # images a forward pass in make_predictions: memory stays small, speed is near its best


@understanding
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
        Gives logits for images [batch, C, H, W] or rows of a table [batch, features]: [batch, classes], or
        one for each image, [batch] or [batch, 1]. Set to train mode here.
    data_loader
        Gives (images, labels). The labels are class numbers [batch], 0 and 1 for a model with one logit, 0
        and 1 for each class, or the numbers of a regression. Their dtype, and [N] or [N, 1], follow the loss.
    loss_fn
        Averages over the batch, as torch's losses do by default. A model that ends in a sigmoid needs
        `nn.BCELoss`, one that ends in a log-softmax `nn.NLLLoss`.
    optimizer
        Holds this model's parameters.
    accuracy_fn
        Called once, with the labels `y_true` and predicted labels `y_pred` [N] of the whole epoch, and for a
        regression with the numbers. A metric of torchmetrics will do, or one of scikit-learn's.
    device
        Where the batches go; default: where the model is.
    augment
        Changes each batch of images on the device before the model learns from it; default: no change.

    Raises
    ------
    ValueError, TypeError
        The loader is empty or no loader; the model is on another device; outputs, labels and loss don't fit;
        the optimizer can't train the model.
    """
    loss, accuracy = one_epoch(
        model, data_loader, loss_fn, accuracy_fn, device, optimizer, "training", augment
    )
    print(f"Train loss: {loss:.5f} | {_in_words('Train accuracy:', accuracy)}")
    return loss, accuracy


@understanding
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
    print(f"Test loss: {loss:.5f} | {_in_words('Test accuracy:', accuracy)}")
    return loss, accuracy


test_step.__test__ = False  # pytest would take it for a test


@understanding
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


@understanding
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
    Interrupting it (the ■ button, or Ctrl-C) stops it and what comes after it, and says what is kept: the
    model its weights, and ``train.history`` the finished epochs. The other parameters are those of
    `train_step`. `verbose` prints a line each epoch; `augment` changes the training batches only.
    """
    epochs = as_count(epochs, "epochs")
    history: dict[str, list[float]] = {column: [] for column in HISTORY}
    train.history = history
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
                trained, validated = (_in_words("accuracy", value) for value in (train_acc, valid_acc))
                print(
                    f"Epoch {epoch}/{epochs} | train loss {train_loss:.4f}, {trained} | "
                    f"valid loss {valid_loss:.4f}, {validated} | {seconds:.1f} s"
                )
    except KeyboardInterrupt:
        print(
            f"Interrupted in epoch {len(history['epoch']) + 1} of {epochs}. The model keeps what it has "
            f"learned, train.history its {len(history['epoch'])} finished epochs. To go on, call train again "
            "with the same model and optimizer; to start again, make new ones."
        )
        raise
    return history


@understanding
def make_predictions(model: nn.Module, data: Tensor | Sequence[Tensor], device: Device = None) -> Tensor:
    """Return the model's class probabilities [N, classes], on the CPU, for some images.

    A model with one logit has two classes: [N, 2], so that ``argmax(dim=1)`` is the label and ``[:, 1]`` the
    probability of class 1. A model that ends in a softmax or a sigmoid gives probabilities already. (For
    several labels a picture, let the model end in a sigmoid: a softmax would make it choose one.)

    The images are [N, C, H, W] or a table [N, features], a list of images [C, H, W], NumPy arrays, a data set
    or a loader that doesn't shuffle. The model is in eval mode meanwhile, and the batches go to `device`, by
    default where the model is.

    Raises
    ------
    ValueError, TypeError
        There are no images, the loader shuffles, or the model is on another device.
    """
    device = device_for(model, device)
    dtype = dtype_of(model)
    parts, probabilities = _parts_to_predict(data), []
    bar = _progress_bar(length_hint(parts), "predicting")
    with (
        bar,
        in_mode(model, training=False),
        torch.inference_mode(),
        _interrupted("predicting", probabilities),
    ):
        for images in parts:
            images = images.to(device, dtype if images.is_floating_point() else None)
            watch = ActivationSeen()
            outputs = outputs_of(model, images, watch)
            probabilities.append(probabilities_of(outputs, watch.of(outputs)).cpu())
            bar.update()
    return torch.cat(probabilities)


def _parts_to_predict(
    data: Tensor | Sequence[Tensor] | Dataset | DataLoader,
) -> Sequence[Tensor] | Iterator[Tensor]:
    """Return the images in batches, whatever they come in."""
    if isinstance(data, DataLoader) and isinstance(data.sampler, RandomSampler):
        raise ValueError(
            "The loader shuffles, so nobody could say which prediction belongs to which image. "
            "Make one that doesn't: DataLoader(dataset, batch_size=32)."
        )
    if isinstance(data, Dataset):
        data = DataLoader(data, PREDICT_BATCH)
    if hasattr(data, "__len__") and len(data) == 0:
        raise ValueError("There are no images to predict: `data` is empty. Give one or more.")
    if isinstance(data, DataLoader):
        return (batch[0] if isinstance(batch, tuple | list) else batch for batch in data)
    images = as_tensor(data, "data")
    if images.ndim < 2:
        raise ValueError(
            f"`data` is {described(images)}; expected images [N, C, H, W] or a table [N, features]. "
            "Make a batch of one with data[None]."
        )
    return images.split(PREDICT_BATCH)


@understanding
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
    has a `title`. Parameters and errors are otherwise those of `train_step`. The accuracy of a regression is
    nan, unless `accuracy_fn` is another than ours.

    What a batch gives stays on the device until the end: fetching it each time would make a GPU wait. For the
    same reason the values of the first batch only are looked at before the end.
    """
    device, dtype = device_for(model, device), dtype_of(model)
    training = optimizer is not None
    check_loss(loss_fn)
    kind = kind_of(loss_fn)
    left_out = parameters_left_out(model, optimizer) if training else {}
    losses, sizes, predictions, targets = [], [], [], []
    bar = _progress_bar(length_hint(data_loader), title)
    with (
        bar,
        in_mode(model, training),
        torch.inference_mode(not training),
        _interrupted("training" if training else "measuring", sizes),
    ):
        for images, labels in batches(data_loader):
            is_first = not losses
            if training and images.is_inference():
                images = images.clone()  # features that were made in inference_mode
            images = images.to(device)
            if images.dtype is not dtype and images.is_floating_point():
                images = images.to(dtype)
            if augment is not None:
                images = augment(images)
            watch = ActivationSeen() if is_first else None
            outputs = outputs_of(model, images, watch)
            labels = labels_for(kind, outputs, labels.to(device))
            if is_first:
                activation = watch.of(outputs)
                check_fit(loss_fn, outputs, labels, activation)
            try:
                loss = loss_fn(outputs, labels)
            except Exception as error:
                error.add_note(note_on_loss(loss_fn, outputs, labels))
                raise
            if is_first:
                check_one_number(loss)
            if training:
                if is_first:
                    check_can_learn(outputs)
                optimizer.zero_grad()
                loss.backward()
                before = {
                    name: one.detach().clone() for name, one in left_out.items() if one.grad is not None
                }
                optimizer.step()
                if before:
                    say_what_stands_still(optimizer, left_out, before)
                left_out = {}
            losses.append(loss.detach())
            sizes.append(len(labels))
            # Float labels may be numbers or classes. The end shows which, so the outputs are kept.
            predictions.append(outputs.detach() if labels.is_floating_point() else outputs.argmax(dim=1))
            targets.append(labels)
            bar.update()
    if not losses:
        raise ValueError(
            "The data loader gave no batch: its data set is empty, drop_last dropped it all, or it is an "
            "iterator that has been used up. Give a loader, and check len(loader.dataset)."
        )
    weights = _weights_of_batches(loss_fn, targets, sizes)
    mean_loss = torch.stack(losses).cpu().double() @ weights / weights.sum()
    accuracy = _accuracy(
        accuracy_fn or accuracy_in_percent, loss_fn, torch.cat(predictions), torch.cat(targets), activation
    )
    return mean_loss.item(), accuracy


def _weights_of_batches(loss_fn: Callable, targets: list[Tensor], sizes: list[int]) -> Tensor:
    """Return how much the loss of each batch counts: its samples, or what the loss weighs them with."""
    weight = getattr(loss_fn, "weight", None)
    if targets[0].is_floating_point() or (weight is None and not _ignored(loss_fn, torch.cat(targets)).any()):
        return torch.tensor(sizes, dtype=torch.float64)
    counted = [labels[~_ignored(loss_fn, labels)] for labels in targets]
    sums = [labels.numel() if weight is None else weight[labels].sum().item() for labels in counted]
    return torch.tensor(sums, dtype=torch.float64)


def _ignored(loss_fn: Callable, labels: Tensor) -> Tensor:
    """Return which class numbers a loss leaves out by its `ignore_index`."""
    return labels == getattr(loss_fn, "ignore_index", -100)


def _accuracy(
    accuracy_fn: AccuracyFn, loss_fn: Callable, outputs: Tensor, labels: Tensor, activation: str
) -> float:
    """Return the accuracy of an epoch in percent; nan where the labels are numbers, not classes."""
    if not labels.is_floating_point() and _ignored(loss_fn, labels).any():
        counted = ~_ignored(loss_fn, labels)
        outputs, labels = outputs[counted], labels[counted]
    pair = compared_labels(loss_fn, outputs, labels, activation)
    if pair is None and "acc" in getattr(accuracy_fn, "__name__", type(accuracy_fn).__name__).lower():
        return float("nan")
    if accuracy_fn is accuracy_in_percent:
        return accuracy_fn(*pair)
    return percent_by(accuracy_fn, *(pair or (labels, outputs)), accuracy_in_percent(*pair) if pair else None)


def _in_words(name: str, accuracy: float) -> str:
    return f"{name} {accuracy:.2f} %" if accuracy == accuracy else "no accuracy: the labels are numbers"


@contextmanager
def _interrupted(doing: str, done: list) -> Iterator[None]:
    """Say what an interrupt stopped; it goes on and stops the cell."""
    try:
        yield
    except KeyboardInterrupt as interrupt:
        kept = " The model keeps what it has learned." if doing == "training" else ""
        interrupt.add_note(f"Interrupted while {doing}, after {len(done)} batches.{kept}")
        raise


def _progress_bar(batches: int, title: str | None) -> tqdm:
    """Return a bar that the caller moves; it is never drawn where it has no title.

    ``tqdm(data_loader)`` would start an iterator of its own, which draws random numbers: the same seed would
    no longer give the same batches as a plain loop.
    """
    style = {"unit": "batch", "leave": False, "delay": BAR_EVERY, "mininterval": BAR_EVERY}
    return tqdm(total=batches, desc=title, disable=title is None, **style)


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
