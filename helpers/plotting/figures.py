"""Figures that the lessons share. Each function draws one figure and leaves showing it to the notebook.

Tensors may be on any device and models in any mode: both are left as they were. Right and wrong differ by a
mark as well as a colour, and colour-blind readers can tell the colours apart.
"""

from collections.abc import Mapping, Sequence
from itertools import cycle

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from helpers.calls import understanding
from helpers.diagnosis import device_for, dtype_of, outputs_of
from helpers.inputs import as_classes, as_tensor, described
from helpers.outputs import ActivationSeen, add_up_to_1, is_one_number, probabilities_of
from helpers.training import in_mode

RIGHT, WRONG = "#117733", "#CC3311"  # green and red from Paul Tol's colour-blind-safe palettes
CLASS_COLOURS = ["#4477AA", "#EE6677", "#228833", "#CCBB44", "#66CCEE", "#AA3377", "#BBBBBB"]  # Tol, "bright"
CLASS_MARKERS = "o^sDvP*"
LEAST_OF_BYTES = 64  # floats from 0 to less than this are neither 0..1 nor 0..255
MOST_MARKERS = 30  # on a curve: more would hide it


@understanding
def plot_images(
    images: Tensor | Sequence[Tensor],
    titles: Sequence[str],
    columns: int = 5,
    title_colours: Sequence[str] | None = None,
    suptitle: str = "",
) -> None:
    """Draw images in a grid, each with its title (black, where `title_colours` has no other colour for it).

    The images are [N, H, W], [N, 1, H, W] (both drawn in grey) or [N, 3, H, W], as a tensor, in NumPy, or a
    list of tensors, NumPy arrays (also [H, W, 3]) or PIL images. Their values are bytes 0..255, or floats
    0..1 or 0..255.

    Raises
    ------
    ValueError, TypeError
        There are no images, an image has another shape or other values, or the numbers of images, titles and
        colours differ.
    """
    if isinstance(images, Dataset | DataLoader) or not hasattr(images, "__len__"):
        raise TypeError(
            f"`images` is {described(images)}; expected images. Take a batch: images, labels = "
            "next(iter(DataLoader(dataset, batch_size=10)))."
        )
    if isinstance(titles, str):
        raise TypeError(f"`titles` is one text, {titles!r}; expected one for each image. Write [{titles!r}].")
    pictures = _pictures(images)
    titles = titles.tolist() if isinstance(titles, Tensor | np.ndarray) else list(titles)
    if not pictures:
        raise ValueError("There are no images to draw. Give one or more, such as images[:10].")
    if len(pictures) != len(titles):
        raise ValueError(
            f"{len(pictures)} images, but {len(titles)} titles: each image needs one. "
            "(One image makes a batch as images[None].)"
        )
    colours = list(title_colours) if title_colours is not None else ["black"] * len(titles)
    if len(colours) != len(titles):
        raise ValueError(f"{len(titles)} titles, but {len(colours)} colours: each title needs one.")
    columns = min(columns, len(pictures))
    rows = -(-len(pictures) // columns)
    _, axes = plt.subplots(
        rows, columns, figsize=(1.9 * columns, 2.1 * rows), squeeze=False, layout="constrained"
    )
    for axis in axes.flat:
        axis.axis("off")
    for axis, picture, title, colour in zip(axes.flat, pictures, titles, colours, strict=False):
        axis.imshow(picture, cmap="gray", vmin=0, vmax=255 if picture.dtype == np.uint8 else 1)
        axis.set_title(title, fontsize=9, color=colour)
    if suptitle:
        plt.suptitle(suptitle)


@understanding
def plot_image_predictions(
    images: Tensor, labels: Tensor, probabilities: Tensor, classes: Sequence[str], suptitle: str = ""
) -> None:
    """Draw images with what the model makes of them: ✓ in green where it is right, ✗ in red where not.

    The images are those that `plot_images` draws, the true labels [N] or one-hot, and the probabilities
    [N, classes], as `make_predictions` returns them; one number a sample, [N] or [N, 1], is that of class 1.
    `classes` are the names of the classes, or a dictionary of them (torchvision's `class_to_idx`).

    Raises
    ------
    ValueError, TypeError
        The numbers of images, labels and probabilities differ, the probabilities are logits or labels, or a
        class has no name.
    """
    labels, rows = as_classes(labels, "labels").cpu(), _as_probabilities(probabilities).cpu()
    names = _class_names(classes, rows.shape[1], "probabilities")
    count = len(images) if hasattr(images, "__len__") else len(labels)
    if not count == len(labels) == len(rows):
        raise ValueError(
            f"{count} images, {len(labels)} labels, {len(rows)} rows of probabilities: each image needs one. "
            "Take the same of each, such as images[:10], labels[:10], probabilities[:10]."
        )
    if len(labels) and labels.max() >= len(names):
        raise ValueError(
            f"A label is {labels.max()}, and there are {len(names)} classes: labels are 0..{len(names) - 1}. "
            "Number the classes from 0."
        )
    titles, colours = [], []
    for label, row in zip(labels.tolist(), rows, strict=True):
        predicted = row.argmax().item()
        answer = f"{names[predicted]} ({100 * row[predicted]:.0f} %)"
        right = predicted == label
        titles.append(f"✓ {answer}" if right else f"✗ {answer}\nreally: {names[label]}")
        colours.append(RIGHT if right else WRONG)
    plot_images(images, titles, title_colours=colours, suptitle=suptitle)


@understanding
def plot_loss_curves(history: Mapping[str, Sequence[float]]) -> None:
    """Draw how loss and accuracy went over the epochs, from a history as `train` returns it.

    Each entry with "loss" in its name goes to the left, each with "acc" to the right, so that those of other
    courses do as well. Where ``epoch`` is there, it says when each value was measured. A history may be a
    dictionary, a pandas table, or a list of one dictionary for each epoch.

    Raises
    ------
    ValueError, TypeError
        There is no finished epoch to draw, curves have different lengths, or there is no history.
    """
    columns = _columns(history)
    sides = {"loss": "loss", "acc": "accuracy"}
    curves = {side: [name for name in columns if side in name.lower()] for side in sides}
    numbers = {name: as_tensor(columns[name], name).cpu() for names in curves.values() for name in names}
    curves["acc"] = [
        name for name in curves["acc"] if not numbers[name].isnan().all() or not len(numbers[name])
    ]
    drawn = [side for side in sides if curves[side]]
    if not any(len(numbers[name]) for side in drawn for name in curves[side]):
        raise ValueError(
            "The history has no finished epoch: there is nothing to draw. It needs a list of values for each "
            "curve, such as {'train_loss': [2.1, 1.7]}."
        )
    lengths = {name: len(numbers[name]) for side in drawn for name in curves[side]}
    given = columns.get("epoch")
    epochs = range(1, max(lengths.values()) + 1) if given is None else as_tensor(given, "epoch").tolist()
    if set(lengths.values()) != {len(epochs)}:
        lengths |= {} if given is None else {"epoch": len(epochs)}
        raise ValueError(
            f"The curves differ in length: {', '.join(f'{name} {n}' for name, n in lengths.items())}. Where "
            "one was measured less often, draw it by itself with its epochs: "
            "plot_loss_curves({'epoch': [20, 40], 'test_loss': [...]})."
        )
    _, axes = plt.subplots(1, len(drawn), figsize=(5 * len(drawn), 3.6), squeeze=False, layout="constrained")
    for axis, side in zip(axes[0], drawn, strict=True):
        percent = side == "acc" and max(numbers[name].nan_to_num().max() for name in curves[side]) > 1
        for name, style in zip(curves[side], cycle(("o-", "s--", "^:"))):
            every = -(-len(epochs) // MOST_MARKERS)
            label = name.removesuffix(f"_{side}").removesuffix("_accuracy")
            axis.plot(epochs, numbers[name], style, markevery=every, label=label)
        axis.set(xlabel="epoch", ylabel=f"{sides[side]} (%)" if percent else sides[side])
        axis.set(title=f"{sides[side].capitalize()} over the epochs")
        axis.xaxis.get_major_locator().set_params(integer=True)
        axis.legend()


def _columns(history: object) -> dict[str, Sequence[float]]:
    """Return a history as name → values."""
    if hasattr(history, "to_dict"):
        history = history.to_dict("list")
    if isinstance(history, list | tuple) and history and all(isinstance(row, Mapping) for row in history):
        history = {name: [row[name] for row in history if name in row] for name in history[0]}
    if not isinstance(history, Mapping):
        raise TypeError(
            f"The history is {described(history)}; expected what train returns. For a list of losses write "
            "plot_loss_curves({'train_loss': losses})."
        )
    wrong = [name for name, values in history.items() if not hasattr(values, "__len__")]
    if wrong:
        raise TypeError(
            f"{wrong[0]!r} is {described(history[wrong[0]])}; expected a list with a value for each epoch. "
            "Append to a list in each epoch, and draw the lists."
        )
    return {str(name): values for name, values in history.items()}


@understanding
def plot_confusion_matrix(matrix: Tensor, classes: Sequence[str], title: str = "") -> None:
    """Draw a confusion matrix: true classes in rows, predicted ones in columns.

    `matrix` has counts [classes, classes], as torchmetrics' `ConfusionMatrix` or scikit-learn's
    `confusion_matrix` returns them. `classes` are the names of the classes, or a dictionary of them.

    Raises
    ------
    ValueError, TypeError
        The matrix is none, or a class has no name.
    """
    counts = as_tensor(matrix, "matrix").cpu()
    if (
        counts.ndim != 2
        or counts.shape[0] != counts.shape[1]
        or not (counts >= 0).all()
        or not counts.numel()
    ):
        raise ValueError(
            f"`matrix` is {described(counts)}; expected counts [classes, classes], none below 0. Make it of "
            "labels: from sklearn.metrics import confusion_matrix, then confusion_matrix(y_true, y_pred)."
        )
    names = _class_names(classes, len(counts), "matrix")
    # Imported here since it brings scikit-learn along, which takes seconds.
    from mlxtend.plotting import plot_confusion_matrix as draw_confusion_matrix

    side = 0.7 * len(names) + 1.5
    _, axis = draw_confusion_matrix(counts.numpy(), class_names=names, figsize=(side, side))
    axis.set_title(title)


@understanding
def plot_predictions(
    train_data: Tensor,
    train_labels: Tensor,
    test_data: Tensor,
    test_labels: Tensor,
    predictions: Tensor | None = None,
    held_out: str = "test data",
) -> None:
    """Draw the points of a regression, and what a model predicts for the test points.

    All are [N] or [N, 1]: tensors, NumPy arrays, pandas columns or lists. `held_out` names the second part of
    the data, such as "validation data".

    Raises
    ------
    ValueError, TypeError
        They have another shape, or not as many x as y.
    """
    _, axis = plt.subplots(figsize=(8, 5), layout="constrained")
    points = [
        ("train", train_data, train_labels, "o", CLASS_COLOURS[0], "training data"),
        ("test", test_data, test_labels, "s", CLASS_COLOURS[2], held_out),
        ("predicted", test_data, predictions, "^", CLASS_COLOURS[1], "predictions"),
    ]
    for part, x, y, marker, colour, label in points[: 2 if predictions is None else 3]:
        axis.scatter(*_points(part, x, y), s=18, marker=marker, color=colour, label=label)
    axis.set(xlabel="x", ylabel="y", title="Data" if predictions is None else "Data and predictions")
    axis.legend()


def _points(part: str, x: object, y: object) -> tuple[Tensor, Tensor]:
    """Return two columns of numbers [N], or say why they are none."""
    names = {"train": ("train_data", "train_labels"), "test": ("test_data", "test_labels")}
    columns = []
    for name, values in zip(names.get(part, ("test_data", "predictions")), (x, y), strict=True):
        numbers = as_tensor(values, name).cpu()
        if not is_one_number(numbers):
            raise ValueError(
                f"`{name}` is {described(numbers)}; expected one number for each point, [N] or [N, 1]. "
                f"Of several features draw one: {name}[:, 0]."
            )
        columns.append((name, numbers.reshape(-1)))
    (x_name, x), (y_name, y) = columns
    if len(x) != len(y):
        raise ValueError(
            f"`{x_name}` has {len(x)} points, `{y_name}` {len(y)}: each point needs both. "
            f"Take the first {min(len(x), len(y))} of both."
        )
    return x, y


@understanding
def plot_decision_boundary(model: nn.Module, X: Tensor, y: Tensor, axis: Axes | None = None) -> None:
    """Colour the plane by the class that the model predicts, with the points on top, a mark for each class.

    The model takes points [N, 2] and gives one number a point, [N] or [N, 1], or [N, classes]. It may end in
    a sigmoid or a softmax. `X` are points, `y` their labels [N], [N, 1] or one-hot: tensors, NumPy arrays,
    pandas tables or lists. It draws into `axis`, by default the current axes.

    Raises
    ------
    ValueError, TypeError
        The points have more or fewer than two features, or labels are no class numbers or too few.
    """
    points, labels = as_tensor(X, "X").cpu(), as_classes(y, "y").cpu()
    if points.ndim != 2 or points.shape[1] != 2 or len(points) != len(labels) or not len(points):
        raise ValueError(
            f"`X` is {described(points)}, `y` {list(labels.shape)}; expected points [N, 2] and a label for "
            "each, [N]. Of more features choose two, X[:, :2], with a model that takes two."
        )
    axis = axis or plt.gca()
    points, labels = points.double().numpy(), labels.numpy()
    low, high = points.min(axis=0) - 0.1, points.max(axis=0) + 0.1
    across, up = np.meshgrid(*(np.linspace(a, b, 201) for a, b in zip(low, high, strict=True)))
    grid = torch.tensor(np.stack([across.ravel(), up.ravel()], axis=1))
    grid = grid.to(device_for(model, None), dtype_of(model) or torch.float32)
    watch = ActivationSeen()
    with in_mode(model, training=False), torch.inference_mode():
        outputs = outputs_of(model, grid, watch)
    predicted = probabilities_of(outputs, watch.of(outputs)).argmax(dim=1).cpu()
    count = 1 + max(int(predicted.max()), int(labels.max()))
    colours = ListedColormap(_colours(count))
    limits = {"cmap": colours, "vmin": 0, "vmax": colours.N - 1}
    axis.pcolormesh(across, up, predicted.reshape(across.shape), alpha=0.35, shading="nearest", **limits)
    for label in np.unique(labels):
        own, marker = points[labels == label], CLASS_MARKERS[int(label) % len(CLASS_MARKERS)]
        look = {"marker": marker, "s": 18, "edgecolors": "white", "linewidths": 0.4}
        axis.scatter(*own.T, c=np.full(len(own), label), **look, **limits)
    axis.set(xlabel="feature 0", ylabel="feature 1", xlim=(low[0], high[0]), ylim=(low[1], high[1]))


def _colours(count: int) -> list:
    """Return a colour for each of so many classes, all of them different."""
    if count <= len(CLASS_COLOURS):
        return CLASS_COLOURS
    more = plt.get_cmap("turbo")(np.linspace(0.05, 0.95, count - len(CLASS_COLOURS)))
    return CLASS_COLOURS + list(more)


def _class_names(classes: object, count: int, of: str) -> list[str]:
    """Return the name of each class, from a list or a dictionary of names."""
    if isinstance(classes, Mapping):
        names = (
            sorted(classes, key=classes.get) if all(isinstance(v, int) for v in classes.values()) else None
        )
        classes = names or [classes[number] for number in sorted(classes)]
    if isinstance(classes, str) or not hasattr(classes, "__len__"):
        raise TypeError(
            f"`classes` is {described(classes)}; expected the {count} names, such as ['cat', 'dog']. "
            f"Without names, [str(i) for i in range({count})] will do."
        )
    if len(classes) != count:
        raise ValueError(
            f"There are {len(classes)} names in `classes`, and `{of}` has {count} classes: each needs one. "
            f"Without names, [str(i) for i in range({count})] will do."
        )
    return [str(name) for name in classes]


def _as_probabilities(probabilities: object) -> Tensor:
    """Return probabilities [N, classes], or say why they are none."""
    rows = as_tensor(probabilities, "probabilities")
    if is_one_number(rows) and rows.is_floating_point():
        rows = torch.stack([1 - rows.reshape(-1), rows.reshape(-1)], dim=1)
    if rows.ndim != 2 or not ((rows >= 0).all() and add_up_to_1(rows)):
        raise ValueError(
            f"`probabilities` is {described(rows)}, and its rows are no probabilities, which go from 0 to 1 "
            "and add up to 1. Use make_predictions(model, images), or logits.softmax(dim=1)."
        )
    return rows


def _pictures(images: Sequence[object]) -> list[np.ndarray]:
    """Return images as matplotlib wants them: [H, W], or [H, W, 3] for colour; bytes, or floats 0..1."""
    pictures = [_channels_last(image) for image in images]
    others = [one for one in pictures if one.dtype not in (torch.uint8, torch.bool)]
    low = min((one.min().item() for one in others), default=0)
    high = max((one.max().item() for one in others), default=1)
    if not low >= -0.01 or not (high <= 1.01 or LEAST_OF_BYTES <= high <= 255):
        raise ValueError(
            f"The images have values from {low:.2f} to {high:.2f}; expected 0..1, or 0..255. Undo their "
            "normalisation with images * std + mean, or stretch them to 0..1: "
            "(images - images.min()) / (images.max() - images.min())."
        )
    scale = 1 if high <= 1.01 else 255
    return [one.numpy() if one.dtype == torch.uint8 else _floats(one, scale) for one in pictures]


def _floats(picture: Tensor, scale: int) -> np.ndarray:
    return (picture.float() / (1 if picture.dtype == torch.bool else scale)).clamp(0, 1).numpy()


def _channels_last(image: object) -> Tensor:
    """Return the numbers of an image as [H, W] or [H, W, 3]."""
    if hasattr(image, "convert"):  # PIL
        image = np.asarray(image.convert("L" if image.mode in ("1", "L", "LA") else "RGB"))
    numbers = as_tensor(image, "images").cpu()
    picture = numbers.squeeze(0) if numbers.ndim == 3 and len(numbers) == 1 else numbers
    if picture.ndim == 3 and len(picture) == 3:
        picture = picture.permute(1, 2, 0)
    if picture.ndim == 3 and picture.shape[2] == 1:
        picture = picture.squeeze(2)
    if picture.ndim not in (2, 3) or (picture.ndim == 3 and picture.shape[2] != 3) or not picture.numel():
        raise ValueError(
            f"An image has shape {list(numbers.shape)}; it should be [H, W], [1, H, W] or [3, H, W]. "
            "Give several images as [N, H, W], a single one as image[None]."
        )
    return picture
