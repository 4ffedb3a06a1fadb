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

from helpers.calls import understanding
from helpers.inputs import as_tensor, described

MOST_CELLS = 256  # more can't be read
PAGE_SHIFT = 0.75  # how far a page of a 3-D tensor stands off from the one before it, in cells
GAP = 1.6  # between two tensors, in cells: room for the heading of the lower one
CELL_INCHES = 0.42
WINDOW_CELL_INCHES = 0.28  # without numbers, cells may be smaller
LETTER_WIDTH, SMALL_LETTER_WIDTH = 0.2, 0.3  # how wide a letter of a heading is in cells of these sizes
HEADING = 1.3  # the room above the cells for a heading, in cells
SHADES = LinearSegmentedColormap.from_list("shades", ["#FFFFFF", "#77AADD"])  # pale: black text stays legible
PICKED = "#CC3311"
REAL, PADDING, TAP = "#E4E4E4", "#FFFFFF", "#4477AA"
CENTRED = {"ha": "center", "va": "center"}


@understanding
def plot_tensors(tensors: Mapping[str, Tensor], title: str = "") -> None:
    """Draw tensors side by side, each as a grid of cells with its name and shape above.

    They have 0 to 3 dimensions. A tensor [N] is a row of cells; a tensor [pages, rows, columns] is drawn as
    pages that overlap, the first in front.

    Raises a ValueError where there is no tensor to draw, or one has more than 3 dimensions, no cells, or too
    many to be read.
    """
    tensors = {name: as_tensor(tensor, name) for name, tensor in _named(tensors, "tensors", "x").items()}
    grids = {name: _pages(name, tensor) for name, tensor in tensors.items()}
    counted = [pages for pages in grids.values() if pages.dtype != torch.bool] or list(grids.values())
    shades, mask_shades = _norm(*counted), Normalize(0, 1)  # a mask: True is dark, False white
    headings = {name: f"{name}\n{list(tensor.shape)}" for name, tensor in tensors.items()}
    shifts = {name: PAGE_SHIFT * (len(pages) - 1) for name, pages in grids.items()}
    sizes = {
        name: (pages.shape[2] + shifts[name], pages.shape[1] + shifts[name]) for name, pages in grids.items()
    }
    axis, lefts = _row_of_grids(headings, sizes, title)
    for name, pages in grids.items():
        norm = mask_shades if pages.dtype == torch.bool else shades
        for number, page in reversed(list(enumerate(pages))):
            shift = PAGE_SHIFT * number
            _draw_grid(axis, page, norm, lefts[name] + shift, shifts[name] - shift, depth=number)


@understanding
def plot_matmul(a: Tensor, b: Tensor, row: int = 0, column: int = 0, title: str = "") -> None:
    """Draw a matrix product: `a` to the left, `b` above, ``a @ b`` in the corner between them.

    In the other corner stands the rule for the shapes [n, k] and [k, m]: the inner dimensions agree, the
    outer ones remain. One entry of the product is framed, with the row and the column that make it.

    Raises a ValueError where one is no matrix, the inner dimensions differ, or there is no such entry.
    """
    a, b = as_tensor(a, "a"), as_tensor(b, "b")
    kind = torch.promote_types(torch.promote_types(a.dtype, b.dtype), torch.int64)  # no product of bools
    a, b = a.to(kind), b.to(a.device, kind)
    if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[0]:
        raise ValueError(
            f"a has shape {list(a.shape)}, b {list(b.shape)}; expected [n, k] and [k, m] with the same k. "
            "Does b.T fit?"
        )
    (n, k), m = a.shape, b.shape[1]
    if not (0 <= row < n and 0 <= column < m):
        raise ValueError(f"a @ b has shape [{n}, {m}]: it has no row {row} with a column {column}.")
    start = k + GAP  # where the product begins, to the right and downwards
    corners = {"a": (0, start), "b": (start, 0), "a @ b": (start, start)}
    grids = {name: _pages(name, tensor)[0] for name, tensor in zip(corners, (a, b, a @ b), strict=True)}
    axis = _canvas(start + m, start + n, title)
    norm = _norm(*grids.values())
    for name, (left, top) in corners.items():
        _draw_grid(axis, grids[name], norm, left, top)
        _write_heading(axis, f"{name}\n{list(grids[name].shape)}", left + grids[name].shape[1] / 2, top)
    axis.text(k / 2 + GAP / 2, k / 2, f"inner: {k} = {k}\nouter: [{n}, {m}]", **CENTRED, fontsize=10)
    _frame(axis, left=0, top=start + row, width=k, height=1)
    _frame(axis, left=start + column, top=0, width=1, height=k)
    _frame(axis, left=start + column, top=start + row, width=1, height=1)


@understanding
def plot_convolution(image: Tensor, kernel: Tensor, row: int = 0, column: int = 0, title: str = "") -> None:
    """Draw an image [H, W], a kernel [kh, kw] and their convolution (no padding, stride 1).

    One number of the result is framed, with the window of the image that it is made from.

    Raises a ValueError where one is no matrix, the kernel doesn't fit, or there is no such number.
    """
    image, kernel = as_tensor(image, "image").cpu(), as_tensor(kernel, "kernel").cpu()
    if image.ndim != 2 or kernel.ndim != 2:
        raise ValueError(
            f"image has shape {list(image.shape)}, kernel {list(kernel.shape)}; expected two matrices. "
            "Take one channel, such as image[0]."
        )
    places = [side - window + 1 for side, window in zip(image.shape, kernel.shape, strict=True)]
    if min(places) < 1:
        raise ValueError(f"A kernel {list(kernel.shape)} does not fit into an image {list(image.shape)}.")
    if not (0 <= row < places[0] and 0 <= column < places[1]):
        raise ValueError(f"The result has shape {places}: it has no row {row} with a column {column}.")
    result = F.conv2d(image[None, None].double(), kernel[None, None].double())[0, 0]
    result = result.round(decimals=4) + 0.0  # without the noise of the last digits, and 0 for -0
    grids = {"image": image, "kernel": kernel, "result": result}
    headings = {name: f"{name}\n{list(grid.shape)}" for name, grid in grids.items()}
    sizes = {name: (grid.shape[1], grid.shape[0]) for name, grid in grids.items()}
    axis, lefts = _row_of_grids(headings, sizes, title)
    for name, grid in grids.items():
        # Each has a scale of its own: the numbers of a result are larger than those of a picture.
        _draw_grid(axis, grid, _norm(grid), lefts[name], 0)
    _frame(axis, lefts["image"] + column, row, kernel.shape[1], kernel.shape[0])
    _frame(axis, lefts["result"] + column, row, 1, 1)


@understanding
def plot_windows(layers: Mapping[str, Mapping[str, int]], title: str = "") -> None:
    """Draw where the kernel of each layer stands: its first place in blue, its second in a red frame.

    Above is the input with its padding (dashed, 0), below the output with the two cells that these places
    make. A cross marks what no place touches. A layer has a ``size`` (of a square input), a ``kernel_size``,
    and where needed ``stride``, ``padding`` and ``dilation``, as `nn.Conv2d` has them.

    Raises a ValueError where there are no layers, or a kernel doesn't fit.
    """
    layers = _named(layers, "layers", "conv")
    for name, layer in layers.items():
        _check_layer(name, layer)
    places = {name: _places(name, **layer) for name, layer in layers.items()}
    headings = {name: f"{name}\n{layer['size']} → {len(places[name])}" for name, layer in layers.items()}
    sides = {name: layer["size"] + 2 * layer.get("padding", 0) for name, layer in layers.items()}
    output_top = max(sides.values()) + GAP / 2
    sizes = {name: (side, output_top + len(places[name])) for name, side in sides.items()}
    axis, lefts = _row_of_grids(headings, sizes, title, WINDOW_CELL_INCHES, SMALL_LETTER_WIDTH)
    for name, layer in layers.items():
        _draw_input(axis, lefts[name], sides[name], layer.get("padding", 0), places[name])
        _draw_output(axis, lefts[name] + (sides[name] - len(places[name])) / 2, output_top, len(places[name]))


def _named(things: object, name: str, example: str) -> Mapping:
    """Return a dictionary that is not empty, or say how to make one."""
    if not isinstance(things, Mapping):
        raise TypeError(
            f"`{name}` is {described(things)}; expected names for them. Write {{{example!r}: {example}}}."
        )
    if not things:
        raise ValueError(f"There are no {name} to draw. Write {{{example!r}: {example}}}.")
    return things


def _pages(name: str, tensor: Tensor) -> Tensor:
    """Return a tensor as pages of rows of cells [pages, rows, columns]."""
    if tensor.ndim > 3:
        raise ValueError(f"{name} has {tensor.ndim} dimensions; up to 3 can be drawn. Draw {name}[0].")
    if not 0 < tensor.numel() <= MOST_CELLS:
        raise ValueError(
            f"{name} has {tensor.numel()} numbers; 1 to {MOST_CELLS} can be drawn. "
            f"Draw a part of it, such as {name}[..., :8]."
        )
    return tensor.cpu()[(None,) * (3 - tensor.ndim)]


def _norm(*grids: Tensor) -> Normalize:
    numbers = torch.cat([grid.flatten().double() for grid in grids])
    return Normalize(numbers.min().item(), numbers.max().item())


def _row_of_grids(
    headings: Mapping[str, str],
    sizes: Mapping[str, tuple[float, float]],
    title: str,
    cell_inches: float = CELL_INCHES,
    letter_width: float = LETTER_WIDTH,
) -> tuple[Axes, dict[str, float]]:
    """Return an axis for grids side by side, with their headings written, and the left edge of each grid.

    `sizes` are the widths and heights of the grids, in cells.
    """
    widths = {
        name: max(sizes[name][0], letter_width * max(map(len, heading.splitlines())))
        for name, heading in headings.items()
    }
    height = max(height for _, height in sizes.values())
    axis = _canvas(sum(widths.values()) + GAP * (len(widths) - 1), height, title, cell_inches)
    lefts, slot = {}, 0.0
    for name, width in widths.items():
        _write_heading(axis, headings[name], slot + width / 2, 0)
        lefts[name] = slot + (width - sizes[name][0]) / 2
        slot += width + GAP
    return axis, lefts


def _canvas(width: float, height: float, title: str, cell_inches: float = CELL_INCHES) -> Axes:
    """Return an axis of so many square cells, rows downwards, with room for the headings above."""
    margin = 0.2
    figure, axis = plt.subplots(
        figsize=(cell_inches * (width + 2 * margin), cell_inches * (height + HEADING + 2 * margin)),
        layout="constrained",
    )
    axis.set(xlim=(-margin, width + margin), ylim=(height + margin, -HEADING), aspect="equal")
    axis.axis("off")
    if title:
        figure.suptitle(title, fontsize=11)
    return axis


def _draw_grid(axis: Axes, grid: Tensor, norm: Normalize, left: float, top: float, depth: int = 0) -> None:
    """Draw rows of cells, their upper left corner at (left, top). A smaller depth hides a larger one."""
    for i, numbers in enumerate(grid.tolist()):
        for j, number in enumerate(numbers):
            text = f"{number:.3g}" if isinstance(number, float) else str(number)
            _cell(axis, left + j, top + i, SHADES(norm(float(number))), text, size=9, depth=depth)


def _write_heading(axis: Axes, text: str, middle: float, top: float) -> None:
    axis.text(middle, top - 0.15, text, ha="center", va="bottom", fontsize=9)


def _frame(axis: Axes, left: float, top: float, width: float, height: float) -> None:
    axis.add_patch(Rectangle((left, top), width, height, fill=False, edgecolor=PICKED, linewidth=2.5))


def _check_layer(name: str, layer: object) -> None:
    example = f"{{{name!r}: {{'size': 28, 'kernel_size': 3}}}}"
    least = {"size": 1, "kernel_size": 1, "stride": 1, "padding": 0, "dilation": 1}
    if not isinstance(layer, Mapping) or not {"size", "kernel_size"} <= set(layer) <= set(least):
        raise TypeError(
            f"{name} is {layer if isinstance(layer, Mapping) else described(layer)}; expected a dictionary "
            f"with {', '.join(least)}; the first two are needed. Write {example}."
        )
    for key, value in layer.items():
        if not isinstance(value, int) or value < least[key]:
            raise ValueError(
                f"{name}: {key} is {described(value)}; expected a whole number of at least {least[key]}. "
                f"Write {example}."
            )


def _places(
    name: str, size: int, kernel_size: int, stride: int = 1, padding: int = 0, dilation: int = 1
) -> list[list[int]]:
    """Return the columns of the padded input that each place of the kernel touches."""
    span = dilation * (kernel_size - 1) + 1
    starts = range(0, size + 2 * padding - span + 1, stride)
    if not starts:
        raise ValueError(
            f"{name}: the kernel spans {span} cells, the input has {size + 2 * padding}. Add padding."
        )
    return [[start + dilation * tap for tap in range(kernel_size)] for start in starts]


def _draw_input(axis: Axes, left: float, side: int, padding: int, places: list[list[int]]) -> None:
    first, visited = places[0], {column for place in places for column in place}
    for i in range(side):
        for j in range(side):
            taken = i in first and j in first
            if all(padding <= line < side - padding for line in (i, j)):
                colour, text, line = REAL, "" if {i, j} <= visited else "×", "-"
            else:
                colour, text, line = PADDING, "0", ":"
            ink = "white" if taken else "black"
            _cell(axis, left + j, i, TAP if taken else colour, text, line, ink)
    if len(places) > 1:
        second = places[1]
        _frame(axis, left + second[0], first[0], second[-1] - second[0] + 1, first[-1] - first[0] + 1)


def _draw_output(axis: Axes, left: float, top: float, side: int) -> None:
    for i in range(side):
        for j in range(side):
            _cell(axis, left + j, top + i, REAL if i or j else TAP)
    if side > 1:
        _frame(axis, left + 1, top, 1, 1)


def _cell(
    axis: Axes,
    x: float,
    y: float,
    colour: str | tuple[float, ...],
    text: str = "",
    line: str = "-",
    ink: str = "black",
    size: int = 8,
    depth: int = 0,
) -> None:
    """Draw one cell with its upper left corner at (x, y), and write into it."""
    patch = Rectangle((x, y), 1, 1, facecolor=colour, edgecolor="#555555", linestyle=line, linewidth=0.8)
    axis.add_patch(patch).set_zorder(-depth)
    if text:
        axis.text(x + 0.5, y + 0.5, text, **CENTRED, fontsize=size, color=ink, zorder=-depth)
