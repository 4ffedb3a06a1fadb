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

from helpers.training import in_mode

RIGHT, WRONG = "#117733", "#CC3311"  # green and red from Paul Tol's colour-blind-safe palettes
CLASS_COLOURS = ["#4477AA", "#EE6677", "#228833", "#CCBB44", "#66CCEE", "#AA3377", "#BBBBBB"]  # Tol, "bright"
CLASS_MARKERS = "o^sDvP*"
MOST_MARKERS = 30  # on a curve: more would hide it


def plot_images(
    images: Tensor | Sequence[Tensor],
    titles: Sequence[str],
    columns: int = 5,
    title_colours: Sequence[str] | None = None,
    suptitle: str = "",
) -> None:
    """Draw images in a grid, each with its title (black, where `title_colours` has no other colour for it).

    The images are [N, H, W], [N, 1, H, W] (both drawn in grey) or [N, 3, H, W]; uint8 0..255 or float 0..1.

    Raises
    ------
    ValueError
        There are no images, an image has another shape, or the numbers of images, titles and colours differ.
    """
    if len(images) == 0:
        raise ValueError("There are no images to draw.")
    if len(images) != len(titles):
        raise ValueError(f"{len(images)} images, but {len(titles)} titles: each image needs one.")
    colours = title_colours or ["black"] * len(images)
    if len(colours) != len(titles):
        raise ValueError(f"{len(titles)} titles, but {len(colours)} colours: each title needs one.")
    columns = min(columns, len(images))
    rows = -(-len(images) // columns)
    _, axes = plt.subplots(
        rows, columns, figsize=(1.9 * columns, 2.1 * rows), squeeze=False, layout="constrained"
    )
    for axis in axes.flat:
        axis.axis("off")
    for axis, image, title, colour in zip(axes.flat, images, titles, colours, strict=False):
        axis.imshow(_picture(image), cmap="gray", vmin=0, vmax=255 if image.dtype == torch.uint8 else 1)
        axis.set_title(title, fontsize=9, color=colour)
    if suptitle:
        plt.suptitle(suptitle)


def plot_image_predictions(
    images: Tensor, labels: Tensor, probabilities: Tensor, classes: Sequence[str], suptitle: str = ""
) -> None:
    """Draw images with what the model makes of them: ✓ in green where it is right, ✗ in red where not.

    The images are [N, 1, H, W] in 0..1, the true labels [N], and the probabilities [N, classes], as
    `make_predictions` returns them. `classes` are the names of the classes.
    """
    titles, colours = [], []
    for label, row in zip(labels.tolist(), probabilities.cpu(), strict=True):
        predicted = row.argmax().item()
        answer = f"{classes[predicted]} ({100 * row[predicted]:.0f} %)"
        right = predicted == label
        titles.append(f"✓ {answer}" if right else f"✗ {answer}\nreally: {classes[label]}")
        colours.append(RIGHT if right else WRONG)
    plot_images(images, titles, title_colours=colours, suptitle=suptitle)


def plot_loss_curves(history: Mapping[str, Sequence[float]]) -> None:
    """Draw how loss and accuracy went over the epochs, from a history as `train` returns it.

    Each entry that ends in ``_loss`` goes to the left, each that ends in ``_acc`` (percent) to the right, so
    that ``train_loss, test_loss, ...`` of other courses do as well.

    Raises
    ------
    ValueError
        There is no finished epoch to draw.
    """
    if not any(len(values) for name, values in history.items() if name.endswith("_loss")):
        raise ValueError("The history has no finished epoch: there is nothing to draw.")
    sides = {"_loss": "loss", "_acc": "accuracy (%)"}
    drawn = [side for side in sides if any(name.endswith(side) for name in history)]
    _, axes = plt.subplots(1, len(drawn), figsize=(5 * len(drawn), 3.6), squeeze=False, layout="constrained")
    for axis, ending in zip(axes[0], drawn, strict=True):
        label = sides[ending]
        curves = [name for name in history if name.endswith(ending)]
        for name, style in zip(curves, cycle(("o-", "s--", "^:"))):
            epochs = range(1, len(history[name]) + 1)
            every = -(-len(epochs) // MOST_MARKERS)
            axis.plot(epochs, history[name], style, markevery=every, label=name.removesuffix(ending))
        axis.set(xlabel="epoch", ylabel=label, title=f"{label.split()[0].capitalize()} over the epochs")
        axis.xaxis.get_major_locator().set_params(integer=True)
        axis.legend()


def plot_confusion_matrix(matrix: Tensor, classes: Sequence[str], title: str = "") -> None:
    """Draw a confusion matrix: true classes in rows, predicted ones in columns.

    `matrix` has counts [classes, classes], as torchmetrics' `ConfusionMatrix` returns them. `classes` are
    the names of the classes.
    """
    # Imported here since it brings scikit-learn along, which takes seconds.
    from mlxtend.plotting import plot_confusion_matrix as draw_confusion_matrix

    side = 0.7 * len(classes) + 1.5
    _, axis = draw_confusion_matrix(matrix.cpu().numpy(), class_names=list(classes), figsize=(side, side))
    axis.set_title(title)


def plot_predictions(
    train_data: Tensor,
    train_labels: Tensor,
    test_data: Tensor,
    test_labels: Tensor,
    predictions: Tensor | None = None,
    held_out: str = "test data",
) -> None:
    """Draw the points of a regression, and what a model predicts for the test points.

    All tensors are [N] or [N, 1]. `held_out` names the second part of the data, such as "validation data".
    """
    _, axis = plt.subplots(figsize=(8, 5), layout="constrained")

    def draw(x: Tensor, y: Tensor, **look: str) -> None:
        axis.scatter(x.detach().cpu().reshape(-1), y.detach().cpu().reshape(-1), s=18, **look)

    draw(train_data, train_labels, marker="o", color=CLASS_COLOURS[0], label="training data")
    draw(test_data, test_labels, marker="s", color=CLASS_COLOURS[2], label=held_out)
    if predictions is not None:
        draw(test_data, predictions, marker="^", color=CLASS_COLOURS[1], label="predictions")
    axis.set(xlabel="x", ylabel="y", title="Data" if predictions is None else "Data and predictions")
    axis.legend()


def plot_decision_boundary(model: nn.Module, X: Tensor, y: Tensor, axis: Axes | None = None) -> None:
    """Colour the plane by the class that the model predicts, with the points on top, a mark for each class.

    The model takes points [N, 2] and gives logits [N], [N, 1] (binary) or [N, classes]. `X` are points, `y`
    their labels [N]. It draws into `axis`, by default the current axes.
    """
    axis = axis or plt.gca()
    points, labels = X.detach().cpu().numpy(), y.detach().cpu().reshape(-1).numpy()
    low, high = points.min(axis=0) - 0.1, points.max(axis=0) + 0.1
    across, up = np.meshgrid(*(np.linspace(a, b, 201) for a, b in zip(low, high, strict=True)))
    grid = torch.tensor(np.stack([across.ravel(), up.ravel()], axis=1), dtype=X.dtype)
    device = next((parameter.device for parameter in model.parameters()), X.device)
    with in_mode(model, training=False), torch.inference_mode():
        logits = model(grid.to(device)).cpu()
    binary = logits.ndim == 1 or logits.shape[1] == 1
    predicted = (logits.reshape(-1) > 0).long() if binary else logits.argmax(dim=1)
    colours = ListedColormap(CLASS_COLOURS)
    limits = {"cmap": colours, "vmin": 0, "vmax": len(CLASS_COLOURS) - 1}
    axis.pcolormesh(across, up, predicted.reshape(across.shape), alpha=0.35, shading="nearest", **limits)
    for label in np.unique(labels):
        own, marker = points[labels == label], CLASS_MARKERS[int(label) % len(CLASS_MARKERS)]
        look = {"marker": marker, "s": 18, "edgecolors": "white", "linewidths": 0.4}
        axis.scatter(*own.T, c=np.full(len(own), label), **look, **limits)
    axis.set(xlabel="feature 0", ylabel="feature 1", xlim=(low[0], high[0]), ylim=(low[1], high[1]))


def _picture(image: Tensor) -> np.ndarray:
    """Return an image as matplotlib wants it: [H, W], or [H, W, 3] for colour."""
    image = image.detach().cpu()
    if image.ndim == 2:
        return image.numpy()
    if image.ndim == 3 and image.shape[0] in (1, 3):
        return image.permute(1, 2, 0).squeeze(2).numpy()  # squeeze leaves 3 channels as they are
    raise ValueError(f"An image has shape {list(image.shape)}; it should be [H, W], [1, H, W] or [3, H, W].")
