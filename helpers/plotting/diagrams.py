"""Tensors drawn as grids of cells, for the lessons that explain shapes, products and convolutions.

Equal numbers have the same shade in one figure, so that the eye can follow where a number went.
"""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.patches import Rectangle
from torch import Tensor

MOST_CELLS = 256  # more can't be read
PAGE_SHIFT = 0.75  # how far a page of a 3-D tensor stands off from the one before it, in cells
GAP = 1.6  # between two tensors, in cells: room for the heading of the lower one
CELL_INCHES = 0.42
SHADES = LinearSegmentedColormap.from_list("shades", ["#FFFFFF", "#77AADD"])  # pale: black text stays legible
PICKED = "#CC3311"
WINDOW_CELL_INCHES = 0.28  # without numbers, cells may be smaller
REAL, PADDING, TAP = "#E4E4E4", "#FFFFFF", "#4477AA"


def plot_tensors(tensors: Mapping[str, Tensor], title: str = "") -> None:
    """Draw tensors side by side, each as a grid of cells with its name and shape above.

    Parameters
    ----------
    tensors
        Name → tensor of 0 to 3 dimensions. A tensor [N] is a row of cells; a tensor [pages, rows, columns]
        is drawn as pages behind each other, the first in front.
    title
        What the figure shows.

    Raises
    ------
    ValueError
        There is no tensor to draw, or one has more than 3 dimensions, no cells, or too many to be read.
    """
    if not tensors:
        raise ValueError("There are no tensors to draw.")
    grids = {name: _pages(name, tensor) for name, tensor in tensors.items()}
    headings = {name: f"{name}\n{list(tensor.shape)}" for name, tensor in tensors.items()}
    widths = {name: max(_size(pages)[0], _text_width(headings[name])) for name, pages in grids.items()}
    width = sum(widths.values()) + GAP * (len(widths) - 1)
    axis = _canvas(width, max(_size(pages)[1] for pages in grids.values()), title)
    counted = [pages for pages in grids.values() if pages.dtype != torch.bool]
    shades, slot = _norm(*(counted or grids.values())), 0.0
    for name, pages in grids.items():
        norm = Normalize(0, 1) if pages.dtype == torch.bool else shades  # of a mask: True dark, False white
        behind = PAGE_SHIFT * (len(pages) - 1)
        left = slot + (widths[name] - _size(pages)[0]) / 2
        for number in reversed(range(len(pages))):
            shift = PAGE_SHIFT * number
            _draw_grid(axis, pages[number], norm, left + shift, behind - shift, depth=number)
        _write_heading(axis, headings[name], slot, widths[name], 0)
        slot += widths[name] + GAP


def plot_matmul(a: Tensor, b: Tensor, row: int = 0, column: int = 0, title: str = "") -> None:
    """Draw a matrix product: `a` to the left, `b` above, ``a @ b`` in the corner between them.

    In the other corner stands the rule for the shapes: the inner dimensions agree, the outer ones remain.

    Parameters
    ----------
    a, b
        Matrices [n, k] and [k, m].
    row, column
        Which entry of the product to follow: the row of `a`, the column of `b` and the entry are framed.
    title
        What the figure shows.

    Raises
    ------
    ValueError
        One of them is no matrix, their inner dimensions differ, or there is no such row or column.
    """
    if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[0]:
        raise ValueError(
            f"a has shape {list(a.shape)}, b {list(b.shape)}; expected [n, k] and [k, m] with the same k."
        )
    (n, k), m = a.shape, b.shape[1]
    if not (0 <= row < n and 0 <= column < m):
        raise ValueError(f"a @ b has shape [{n}, {m}]: it has no row {row} with a column {column}.")
    corners = {"a": (0, k + GAP), "b": (k + GAP, 0), "a @ b": (k + GAP, k + GAP)}
    grids = {name: _pages(name, tensor)[0] for name, tensor in zip(corners, (a, b, a @ b), strict=True)}
    axis = _canvas(k + GAP + m, k + GAP + n, title)
    norm = _norm(*grids.values())
    for name, (left, top) in corners.items():
        _draw_grid(axis, grids[name], norm, left, top)
        _write_heading(axis, f"{name}\n{list(grids[name].shape)}", left, grids[name].shape[1], top)
    # The corner left over says what the shapes have to do with each other.
    rule = f"inner: {k} = {k}\nouter: [{n}, {m}]"
    axis.text((k + GAP) / 2, k / 2, rule, ha="center", va="center", fontsize=10)
    _frame(axis, left=0, top=k + GAP + row, width=k, height=1)
    _frame(axis, left=k + GAP + column, top=0, width=1, height=k)
    _frame(axis, left=k + GAP + column, top=k + GAP + row, width=1, height=1)


def plot_convolution(image: Tensor, kernel: Tensor, row: int = 0, column: int = 0, title: str = "") -> None:
    """Draw an image, a kernel and their convolution (no padding, stride 1), with one window picked out.

    Parameters
    ----------
    image, kernel
        [H, W] and [kh, kw], small enough for their numbers to be read.
    row, column
        Which number of the result to follow: it and the window that it is made from are framed.
    title
        What the figure shows.

    Raises
    ------
    ValueError
        One of them is no matrix, the kernel doesn't fit, or the result has no such row or column.
    """
    if image.ndim != 2 or kernel.ndim != 2:
        raise ValueError(
            f"image has shape {list(image.shape)}, kernel {list(kernel.shape)}; expected two matrices."
        )
    places = [side - window + 1 for side, window in zip(image.shape, kernel.shape, strict=True)]
    if min(places) < 1:
        raise ValueError(f"A kernel {list(kernel.shape)} does not fit into an image {list(image.shape)}.")
    if not (0 <= row < places[0] and 0 <= column < places[1]):
        raise ValueError(f"The result has shape {places}: it has no row {row} with a column {column}.")
    image, kernel = image.detach().cpu(), kernel.detach().cpu()
    result = F.conv2d(image[None, None].double(), kernel[None, None].double())[0, 0]
    result = result.round(decimals=4) + 0.0  # without the last digits' noise, and 0 for -0
    grids = {"image": image, "kernel": kernel, "result": result}
    headings = {name: f"{name}\n{list(grid.shape)}" for name, grid in grids.items()}
    widths = {name: max(grid.shape[1], _text_width(headings[name])) for name, grid in grids.items()}
    height = max(grid.shape[0] for grid in grids.values())
    axis = _canvas(sum(widths.values()) + 2 * GAP, height, title)
    slot = 0.0
    for name, grid in grids.items():
        left = slot + (widths[name] - grid.shape[1]) / 2
        # Each has a scale of its own: the numbers of a result are larger than those of a picture.
        _draw_grid(axis, grid, _norm(grid), left, 0)
        _write_heading(axis, headings[name], slot, widths[name], 0)
        if name == "image":
            _frame(axis, left + column, row, kernel.shape[1], kernel.shape[0])
        if name == "result":
            _frame(axis, left + column, row, 1, 1)
        slot += widths[name] + GAP


def plot_windows(layers: Mapping[str, Mapping[str, int]], title: str = "") -> None:
    """Draw where the kernel of each layer stands: its first place in blue, its second in a red frame.

    Above is the input with its padding (dashed, 0), below the output with the two cells that these places
    make. A cross marks what no place touches.

    Parameters
    ----------
    layers
        Name → ``size`` (of a square input), ``kernel_size``, and where needed ``stride``, ``padding`` and
        ``dilation``, as `nn.Conv2d` has them.
    title
        What the figure shows.

    Raises
    ------
    ValueError
        There are no layers, or a kernel doesn't fit.
    """
    if not layers:
        raise ValueError("There are no layers to draw.")
    places = {name: _places(name, **layer) for name, layer in layers.items()}
    padded = {name: layer["size"] + 2 * layer.get("padding", 0) for name, layer in layers.items()}
    headings = {name: f"{name}\n{layer['size']} → {len(places[name])}" for name, layer in layers.items()}
    widths = {
        name: max(side, 0.3 * max(map(len, headings[name].split("\n")))) for name, side in padded.items()
    }
    width, below = sum(widths.values()) + GAP * (len(layers) - 1), max(padded.values()) + GAP / 2
    height = below + max(map(len, places.values()))
    figure, axis = plt.subplots(
        figsize=(WINDOW_CELL_INCHES * (width + 1), WINDOW_CELL_INCHES * (height + 4)), layout="constrained"
    )
    axis.set(xlim=(-0.5, width + 0.5), ylim=(height + 0.5, -2), aspect="equal")
    axis.axis("off")
    figure.suptitle(title, fontsize=11)
    slot = 0.0
    for name, layer in layers.items():
        middle = slot + widths[name] / 2
        axis.text(middle, -0.3, headings[name], ha="center", va="bottom", fontsize=9)
        _draw_input(axis, middle - padded[name] / 2, padded[name], layer.get("padding", 0), places[name])
        _draw_output(axis, middle - len(places[name]) / 2, below, len(places[name]))
        slot += widths[name] + GAP


def _pages(name: str, tensor: Tensor) -> Tensor:
    """Return a tensor as pages of rows of cells [pages, rows, columns]."""
    if tensor.ndim > 3:
        raise ValueError(f"{name} has {tensor.ndim} dimensions; up to 3 can be drawn.")
    if not 0 < tensor.numel() <= MOST_CELLS:
        raise ValueError(f"{name} has {tensor.numel()} numbers; 1 to {MOST_CELLS} can be drawn.")
    return tensor.detach().cpu()[(None,) * (3 - tensor.ndim)]


def _size(pages: Tensor) -> tuple[float, float]:
    """Return the width and the height of the pages, in cells."""
    shift = PAGE_SHIFT * (len(pages) - 1)
    return pages.shape[2] + shift, pages.shape[1] + shift


def _norm(*grids: Tensor) -> Normalize:
    numbers = torch.cat([grid.flatten().double() for grid in grids])
    return Normalize(numbers.min().item(), numbers.max().item())


def _text_width(text: str) -> float:
    """Return about how many cells wide a heading is."""
    return 0.2 * max(map(len, text.splitlines()))


def _canvas(width: float, height: float, title: str) -> Axes:
    """Return an axis of so many square cells, rows downwards, with room for the headings above."""
    heading, margin = 1.3, 0.2
    figure, axis = plt.subplots(
        figsize=(CELL_INCHES * (width + 2 * margin), CELL_INCHES * (height + heading + 2 * margin)),
        layout="constrained",
    )
    axis.set(xlim=(-margin, width + margin), ylim=(height + margin, -heading), aspect="equal")
    axis.axis("off")
    if title:
        figure.suptitle(title, fontsize=11)
    return axis


def _draw_grid(axis: Axes, grid: Tensor, norm: Normalize, left: float, top: float, depth: int = 0) -> None:
    """Draw rows of cells, their upper left corner at (left, top); what is deeper is hidden by the rest."""
    for i, numbers in enumerate(grid.tolist()):
        for j, number in enumerate(numbers):
            x, y, colour = left + j, top + i, SHADES(norm(float(number)))
            cell = Rectangle((x, y), 1, 1, facecolor=colour, edgecolor="#555555", linewidth=0.8)
            axis.add_patch(cell).set_zorder(-depth)
            text = axis.text(x + 0.5, y + 0.5, _written(number), ha="center", va="center", fontsize=9)
            text.set_zorder(-depth)


def _write_heading(axis: Axes, text: str, left: float, width: float, top: float) -> None:
    axis.text(left + width / 2, top - 0.15, text, ha="center", va="bottom", fontsize=9)


def _frame(axis: Axes, left: float, top: float, width: float, height: float) -> None:
    axis.add_patch(Rectangle((left, top), width, height, fill=False, edgecolor=PICKED, linewidth=2.5))


def _written(number: float | int | bool) -> str:
    """Write a number so that it fits into a cell."""
    return f"{number:.3g}" if isinstance(number, float) else str(number)


def _places(
    name: str, size: int, kernel_size: int, stride: int = 1, padding: int = 0, dilation: int = 1
) -> list[list[int]]:
    """Return the columns of the padded input that each place of the kernel touches."""
    span = dilation * (kernel_size - 1) + 1
    starts = range(0, size + 2 * padding - span + 1, stride)
    if not starts:
        raise ValueError(f"{name}: the kernel spans {span} cells, the input has {size + 2 * padding}.")
    return [[start + dilation * tap for tap in range(kernel_size)] for start in starts]


def _draw_input(axis: Axes, left: float, side: int, padding: int, places: list[list[int]]) -> None:
    first, visited = places[0], {column for place in places for column in place}
    for i in range(side):
        for j in range(side):
            real = all(padding <= line < side - padding for line in (i, j))
            taken = i in first and j in first
            _cell(axis, left + j, i, TAP if taken else REAL if real else PADDING, "-" if real else ":")
            if not real:
                _mark(axis, left + j, i, "0", "white" if taken else "black")
            elif not {i, j} <= visited:
                _mark(axis, left + j, i, "×")
    if len(places) > 1:
        second = places[1]
        _frame(axis, left + second[0], first[0], second[-1] - second[0] + 1, first[-1] - first[0] + 1)


def _draw_output(axis: Axes, left: float, top: float, side: int) -> None:
    for i in range(side):
        for j in range(side):
            _cell(axis, left + j, top + i, REAL if i or j else TAP)
    if side > 1:
        _frame(axis, left + 1, top, 1, 1)


def _cell(axis: Axes, x: float, y: float, colour: str, line: str = "-") -> None:
    axis.add_patch(
        Rectangle((x, y), 1, 1, facecolor=colour, edgecolor="#555555", linestyle=line, linewidth=0.8)
    )


def _mark(axis: Axes, x: float, y: float, text: str, colour: str = "black") -> None:
    axis.text(x + 0.5, y + 0.5, text, ha="center", va="center", fontsize=8, color=colour)
