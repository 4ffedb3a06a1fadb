"""Lesson 03, how a computer sees: the graders of its exercises."""

import math
from collections.abc import Callable, Sequence
from itertools import permutations, product
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from helpers.checks import WrongAnswer, attempt, exercise
from helpers.exercises.grading import Calls, by_hand, numbers, wrong_if

NOTHING = "Your function returns nothing: it needs a return."


def _values(got: Any, ndim: int) -> Tensor:
    """Return an answer's numbers as a float64 tensor; a hint for anything that holds no numbers."""
    wrong_if(got is None, NOTHING)
    try:
        return torch.as_tensor(got).detach().cpu().to(torch.float64)
    except (TypeError, ValueError, RuntimeError, OverflowError):
        kind = type(got).__name__
        raise WrongAnswer(f"Return a tensor with {ndim} dimensions, not this {kind}.") from None


def _same(got: Tensor, other: Tensor, atol: float = 1e-5) -> bool:
    """Tell whether two tensors agree in shape and, up to what float32 rounds away, in their numbers."""
    return got.shape == other.shape and torch.allclose(got, other.to(torch.float64), atol=atol, rtol=1e-4)


def _check_shape(got: Tensor, shape: Sequence[int], known: dict[tuple[int, ...], str]) -> None:
    """Raise the hint for a shape that a known mistake gives, or one that names both shapes."""
    found = tuple(got.shape)
    if found == tuple(shape):
        return
    wrong_if(found in known, known.get(found, ""))
    wrong_if(
        found == () and len(shape) > 0,
        f"The result is a single number; it should have shape {list(shape)}. Is `return` inside a loop, or "
        "did you sum over too much?",
    )
    wrong_if(
        found[-len(shape) :] == tuple(shape),
        f"The numbers come in shape {list(found)}. Return them as {list(shape)}, without further dimensions.",
    )
    raise WrongAnswer(f"The result should have shape {list(shape)}; yours has {list(found)}.")


def _check_formula(
    cases: Sequence[tuple],
    right: Callable[..., int],
    got: Sequence[float],
    mistakes: Sequence[tuple[Callable[..., float], str]],
    say: Callable[..., str],
) -> None:
    """Compare an answer's numbers, a number a case; a hint where they follow the formula of a known mistake.

    Parameters
    ----------
    cases
        The arguments of each call; the simplest come first.
    right
        Gives the right number for the arguments of a case.
    got
        What the answer gave, in the order of the cases.
    mistakes
        Pairs of a wrong formula and its hint.
    say
        Gives a case in words, for a mistake that isn't known.
    """
    expected = [right(*case) for case in cases]
    if list(got) == expected:
        return
    for formula, hint in mistakes:
        as_formula = (abs(found - formula(*case)) < 1e-4 for found, case in zip(got, cases, strict=True))
        wrong_if(all(as_formula), hint)
    for found, wanted, case in zip(got, expected, cases, strict=True):
        wrong_if(found != wanted, f"{say(*case)} the answer is {wanted}; you have {found}.")


# 03.1

GREY = (0.299, 0.587, 0.114)


def _weighted(image: Tensor, weights: Sequence[float]) -> Tensor:
    """Return the weighted sum over the channels of a picture, [1, H, W]."""
    return (torch.tensor(weights).reshape(3, 1, 1) * image).sum(dim=0, keepdim=True)


@exercise("03.1")
def to_grey(answer: Callable) -> str:
    """Grade ``answer(image)``, a grey picture [1, H, W] of a colour picture [3, H, W]."""

    def result(image: Tensor) -> Any:
        try:
            return by_hand(answer, image)
        except WrongAnswer as error:
            wrong_if(
                "must match the size of tensor" in str(error),
                f"{error}. Three weights of shape [3] are laid along the width, the last dimension. For the "
                "channels they need shape [3, 1, 1]; or take image[0], image[1] and image[2] one by one.",
            )
            raise

    colours = [[1.0, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 1], [0, 0, 0], [0.5] * 3, [1, 0.5, 0], [0.2, 0.4, 1]]
    image = torch.tensor(colours).T.reshape(3, 2, 4)  # red, green, blue, white; black, grey, orange, blue
    raw = result(image)
    got = _values(raw, 3)
    last = (
        "The channels are the first dimension of [3, H, W]: image[0] is red, image[1] green, image[2] blue."
    )
    _check_shape(
        got,
        (1, 2, 4),
        {
            (
                2,
                4,
            ): "The numbers may be right, but the channel is gone: [2, 4]. A grey picture has one channel, "
            "[1, 2, 4]. Add it again with unsqueeze(0), or keep it with keepdim=True.",
            (3, 2, 4): "The picture still has 3 channels. Add the three weighted channels up.",
            (2, 4, 1): "The channel comes first: [1, H, W], not [H, W, 1].",
            (1, 3, 2): last,
            (3, 2): last,
            (3, 2, 1): last,
            (3, 4): last,
            (3, 1, 4): last,
        },
    )
    wrong_if(
        isinstance(raw, Tensor) and not raw.is_floating_point(),
        f"The numbers have become {raw.dtype if isinstance(raw, Tensor) else ''}, which cuts off all "
        "decimals. A picture of floats stays one.",
    )
    for mistake, hint in (
        (
            _weighted(image, (1 / 3,) * 3),
            "That is the mean of the channels. The eye finds green the brightest.",
        ),
        (_weighted(image, (1,) * 3), "That is the plain sum: white would be 3. Weight the channels first."),
        (
            _weighted(image, GREY) / 3,
            "The weights add up to 1 already: sum the weighted channels, and divide by nothing.",
        ),
        (_weighted(image, GREY) * 255, "That is 0 to 255. The picture has 0 to 1, and so has its grey one."),
        (_weighted(image, (0.3, 0.59, 0.11)), "Your weights are rounded. Use 0.299, 0.587 and 0.114."),
        (
            _weighted(image, (0.2126, 0.7152, 0.0722)),
            "Those are the weights of another standard. Use 0.299, 0.587 and 0.114 here.",
        ),
        (
            _weighted(image, GREY[::-1]),
            "Red and blue are mixed up: your order is blue, green, red, as in OpenCV. Here image[0] is red.",
        ),
        *(
            (image[[c]], f"That is channel {c} alone. All three count, each with its weight.")
            for c in range(3)
        ),
        (image.amax(dim=0, keepdim=True), "That is the largest channel of each pixel. Use the weighted sum."),
        *(
            (_weighted(image, order), "The weights are right, but not their order: 0.299 is that of red.")
            for order in permutations(GREY)
            if order not in (GREY, GREY[::-1])
        ),
    ):
        wrong_if(_same(got, mistake, 2e-4), hint)
    right = _weighted(image, GREY)
    for colour, wanted, found in zip(colours, right.flatten().tolist(), got.flatten().tolist(), strict=True):
        wrong_if(
            not abs(wanted - found) < 2e-4,
            f"A pixel of red, green, blue = {colour} becomes {wanted:.3f}; you have {found:.3f}.",
        )
    for height, width in ((5, 3), (3, 7), (3, 3), (1, 1)):
        image = torch.rand(3, height, width, generator=torch.Generator().manual_seed(3))
        got = _values(result(image), 3)
        _check_shape(got, (1, height, width), {})
        wrong_if(
            not _same(got, _weighted(image, GREY), 2e-4),
            f"The first picture was right; one of {height} x {width} pixels is not.",
        )
    return "White stays 1 since the weights add up to 1, and green counts most, as it does for the eye."


# 03.2


def _conv_size(size: int, kernel_size: int, stride: int, padding: int, dilation: int) -> int:
    """Return the height that nn.Conv2d itself gives; the device `meta` keeps shapes and no numbers."""
    layer = nn.Conv2d(1, 1, kernel_size, stride, padding, dilation, device="meta")
    return layer(torch.empty(1, 1, size, size, device="meta")).shape[2]


@exercise("03.2")
def output_size(answer: Callable) -> str:
    """Grade ``answer(size, kernel_size, stride, padding, dilation)``, the height that a convolution gives."""
    one = "Return one number: the picture is as wide as it is high."
    settings = product((1, 2), (0, 1), (1, 2, 3), (1, 2, 3, 4), (10, 11, 12, 13))
    cases = [
        (size, kernel, stride, padding, dilation) for dilation, padding, stride, kernel, size in settings
    ]
    cases += [(28, 5, 1, 2, 1), (224, 7, 2, 3, 1), (224, 11, 4, 2, 1), (20, 3, 1, 4, 4), (9, 3, 5, 0, 4)]
    got = []
    with Calls() as calls:
        for case in cases:
            found = attempt(answer, *case)
            wrong_if(found is None, NOTHING)
            got.append(numbers(found, 0, one))
    wrong_if("conv2d" in calls.names, "You asked a layer. Work the size out, with arithmetic only.")
    mistakes = (
        (
            lambda n, k, s, p, d: (n + 2 * p - k) // s + 1,
            "It is right while dilation is 1. With dilation 2, a kernel of 3 reaches over 5 pixels: "
            "dilation x (kernel_size - 1) + 1.",
        ),
        (
            lambda n, k, s, p, d: (n + 2 * p - d * k) // s + 1,
            "Dilation stretches the steps between the kernel's numbers, and there are kernel_size - 1 steps. "
            "A kernel of 3 with dilation 2 reaches over 5 pixels, not 6.",
        ),
        (
            lambda n, k, s, p, d: (n + 2 * p - k - (k - 1) * d) // s + 1,
            "Dilation 1 is the usual kernel, without gaps. Dilation d leaves gaps of d - 1 pixels.",
        ),
        (
            lambda n, k, s, p, d: (n + 2 * p - k - (d - 1)) // s + 1,
            "A gap comes between any two neighbours in the kernel, not once: it has kernel_size - 1 gaps.",
        ),
        (
            lambda n, k, s, p, d: (n + 2 * p - d * (k - 1) - 1) // s,
            "The kernel's first place counts too: + 1 at the end, after the division.",
        ),
        (
            lambda n, k, s, p, d: (n + 2 * p - d * (k - 1) - 1 + 1) // s,
            "Divide by the stride first, then + 1: the first place costs no step.",
        ),
        (
            lambda n, k, s, p, d: (n + 2 * p - d * (k - 1)) // s + 1,
            "One too many where stride is 1. A kernel reaches over dilation x (kernel_size - 1) + 1 pixels, "
            "and you left out this + 1.",
        ),
        (
            lambda n, k, s, p, d: (n + p - d * (k - 1) - 1) // s + 1,
            "Padding adds its pixels on both sides: the picture grows by 2 x padding.",
        ),
        (
            lambda n, k, s, p, d: (n - d * (k - 1) - 1) // s + 1,
            "Your result doesn't depend on padding. It adds pixels on both sides, before all else.",
        ),
        (
            lambda n, k, s, p, d: n + 2 * p - d * (k - 1),
            "Your result doesn't depend on stride: how far the kernel moves from one place to the next.",
        ),
        (
            lambda n, k, s, p, d: (n + 2 * p - d * (k - 1) - 1) / s + 1,
            "A picture has a whole number of pixels: round down, with // in place of /.",
        ),
        (
            lambda n, k, s, p, d: math.ceil((n + 2 * p - d * (k - 1) - 1) / s) + 1,
            "Rounded up: the last place would reach over the edge. Round down.",
        ),
        (
            lambda n, k, s, p, d: round((n + 2 * p - d * (k - 1) - 1) / s) + 1,
            "round() goes up as often as down. Round down always, with //.",
        ),
        (
            lambda n, k, s, p, d: n,
            "The size stays as it is only for some paddings. Work it out from all five.",
        ),
    )

    def say(n: int, k: int, s: int, p: int, d: int) -> str:
        return f"For size {n}, kernel_size {k}, stride {s}, padding {p}, dilation {d},"

    _check_formula(cases, _conv_size, got, mistakes, say)
    return (
        f"It agrees with nn.Conv2d in {len(cases)} cases, the first layers of AlexNet and ResNet among them."
    )


# 03.3


def _correlate(image: Tensor, kernel: Tensor) -> Tensor:
    """Return what nn.Conv2d computes, for a single picture [H, W] and a single kernel [kh, kw]."""
    return F.conv2d(image[None, None], kernel[None, None])[0, 0]


@exercise("03.3")
def convolve(answer: Callable) -> str:
    """Grade ``answer(image, kernel)``, a convolution as nn.Conv2d does it, without padding."""
    image = (torch.arange(35.0) * 8 % 11 - 3).reshape(5, 7)
    kernel = torch.tensor([[1.0, 2, -1], [4, 3, -2]])
    try:
        raw = by_hand(answer, image, kernel, ready_made=("conv",))
    except WrongAnswer as error:
        wrong_if(
            "size=[]" in str(error)
            or "only one element" in str(error)
            or "cannot be converted" in str(error),
            f"{error}. Each place of the kernel gives one number: sum the products, with .sum().",
        )
        wrong_if(
            "must match the size of tensor" in str(error),
            f"{error}. Your window and the kernel differ in shape. A window is image[row : row + kh, "
            "column : column + kw], with kh, kw = kernel.shape. It must not stick out of the picture: there "
            "are H - kh + 1 rows and W - kw + 1 columns of places.",
        )
        raise
    got = _values(raw, 2)
    right = _correlate(image, kernel)  # [4, 5]
    fits = "A kernel of 2 x 3 fits at 4 x 5 places on a picture of 5 x 7"
    _check_shape(
        got,
        (4, 5),
        {
            (5, 7): f"{fits}: without padding, the result is smaller than the picture.",
            (6, 9): f"{fits}. You padded the picture; here the kernel stays inside.",
            (3, 4): f"{fits}, and you have 3 x 4. Its first place counts too: H - kh + 1 and W - kw + 1.",
            (5, 4): "Rows and columns are swapped: the result has 4 rows and 5 columns.",
            (3, 6): f"{fits}. kh belongs to the height, kw to the width; yours are swapped.",
            (4, 6): f"{fits}. A kernel need not be square: its width is kernel.shape[1].",
            (3, 5): f"{fits}. A kernel need not be square: its height is kernel.shape[0].",
            (2, 2): f"{fits}. The stride is 1: the kernel moves pixel by pixel, so windows overlap.",
            (2, 3): f"{fits}. The stride is 1: the kernel moves pixel by pixel.",
        },
    )
    windows = image.unfold(0, 2, 1).unfold(1, 3, 1)  # [4, 5, 2, 3]
    for mistake, hint in (
        (
            _correlate(image, kernel.flip(0, 1)),
            "Your kernel is turned by 180 degrees, as in the convolution of mathematics. nn.Conv2d lays the "
            "kernel on the picture as it is.",
        ),
        (_correlate(image, kernel.flip(0)), "Your kernel is upside down: its first row belongs on top."),
        (_correlate(image, kernel.flip(1)), "Your kernel is mirrored: its first column belongs to the left."),
        (right / 6, "That is the mean of the products. Take their sum."),
        (
            (windows * kernel).amax((2, 3)),
            "That is the largest product in each window. Take the sum of all products.",
        ),
        (
            (windows @ kernel.T).sum((2, 3)),
            "@ is the matrix product. Here each pixel meets one number: use *.",
        ),
        (
            windows.sum((2, 3)) * kernel.sum(),
            "You multiplied two sums. Multiply pixel by pixel first, then sum.",
        ),
        (windows.sum((2, 3)), "That is the sum of the pixels. Multiply them by the kernel's numbers first."),
        (
            right.flatten().cumsum(0).reshape(4, 5),
            "Each result has those before it in it. Set the sum back to 0 at each new place of the kernel.",
        ),
        (
            right.cumsum(1),
            "Within a row, each result has those to its left in it. Set the sum back to 0 at each place.",
        ),
        (
            (windows * kernel)[..., -1, -1],
            "That is the last product alone: each one overwrote the one before. Add them up, with +=.",
        ),
        (
            (windows * kernel)[..., -1, :].sum(2),
            "That is the kernel's last row alone. Set the sum back to 0 for each place, not for each row.",
        ),
        ((windows * kernel)[..., 0, :].sum(2), "That is the kernel's first row alone. All its rows count."),
        (torch.zeros(4, 5), "All results are 0: nothing was written into them."),
        (right.relu(), "Negative results have become 0. That is a ReLU; here they stay."),
        (right.abs(), "Negative results have lost their sign. Keep it."),
    ):
        wrong_if(_same(got, mistake), hint)
    if not _same(got, right):
        row, column = ((got - right).abs() > 1e-4).nonzero()[0].tolist() if got.isfinite().all() else (0, 0)
        raise WrongAnswer(
            f"At row {row}, column {column} the products add up to {right[row, column]:g}; you have "
            f"{got[row, column]:g}."
        )
    random = torch.Generator().manual_seed(3)
    for height, width, kh, kw in ((4, 4, 3, 3), (5, 5, 1, 1), (6, 3, 3, 1), (3, 8, 1, 4), (7, 6, 7, 6)):
        image = torch.rand(height, width, generator=random)
        kernel = torch.rand(kh, kw, generator=random) - 0.5
        raw = by_hand(answer, image, kernel, ready_made=("conv",))
        case = f"a picture of {height} x {width} and a kernel of {kh} x {kw}"
        got, right = _values(raw, 2), _correlate(image, kernel)
        wrong_if(
            got.shape != right.shape,
            f"For {case} the result has shape {list(right.shape)}; yours has {list(got.shape)}.",
        )
        wrong_if(
            _same(got, right.trunc()) and not _same(got, right),
            "Your results have lost their decimals: put them into a tensor of floats.",
        )
        wrong_if(not _same(got, right), f"The first result was right; that of {case} is not.")
    return "The same numbers as F.conv2d: laid on, multiplied, summed, moved on by one."


# 03.4


@exercise("03.4")
def edge_kernel(answer: Callable) -> str:
    """Grade ``answer()``, a kernel [3, 3] for edges with dark to the left and bright to the right."""
    kernel = attempt(answer)
    wrong_if(kernel is None, NOTHING)
    wrong_if(
        not isinstance(kernel, Tensor),
        f"Return a tensor, such as torch.tensor([...]); you return a {type(kernel).__name__}.",
    )
    wrong_if(
        kernel.shape in ((1, 3, 3), (1, 1, 3, 3)),
        f"Its shape is {list(kernel.shape)}. Return the kernel alone, [3, 3].",
    )
    wrong_if(
        kernel.shape != (3, 3),
        f"The kernel has shape [3, 3], three rows of three numbers; yours has {list(kernel.shape)}.",
    )
    wrong_if(
        not kernel.is_floating_point(),
        f"A kernel of {kernel.dtype} can't be used on a picture of floats. Write -1.0 in place of -1.",
    )
    kernel = kernel.detach().cpu().double()
    wrong_if(not bool(kernel.isfinite().all()), "There are numbers in it that are not finite.")
    flat = torch.ones(6, 6, dtype=torch.float64)
    dark_left = flat.clone()
    dark_left[:, :3] = 0
    on_flat, on_edge = _correlate(flat, kernel), _correlate(dark_left, kernel)
    on_horizontal = _correlate(dark_left.T, kernel)
    total, strongest = kernel.sum().item(), on_edge.abs().max().item()
    of_section_4 = torch.tensor([[-1.0, 0, 1]] * 3, dtype=torch.float64)
    wrong_if(not kernel.any(), "All nine numbers are 0: that answers nothing, to any edge.")
    wrong_if(
        on_flat.abs().max().item() > 1e-5,
        f"On a flat area it doesn't give 0: its numbers add up to {total:.4g}. They must add up to 0.",
    )
    wrong_if(
        strongest < 1e-5 and on_horizontal.abs().max().item() > 1e-5,
        "It answers to horizontal edges, where dark is above bright. A vertical edge stands upright: the "
        "numbers must differ from left to right. Transpose it.",
    )
    wrong_if(
        strongest < 1e-5,
        "It gives 0 on a vertical edge: each of its columns adds up to 0. Put negative numbers on one side "
        "and positive ones on the other.",
    )
    wrong_if(
        on_edge.min().item() < -1e-5 and on_edge.max().item() > 1e-5,
        "It gives a positive and a negative answer at the same edge, as a kernel does whose middle stands "
        "out. Where dark is left and bright is right, no answer may be negative.",
    )
    wrong_if(
        on_edge.min().item() < -1e-5,
        "The sign is turned round: it is positive where the left is bright. Swap left and right.",
    )
    wrong_if(
        on_horizontal.abs().max().item() > 1e-5,
        "It answers to vertical edges and to horizontal ones too. Let each row of it add up to 0.",
    )
    wrong_if(
        strongest < 1 - 1e-5,
        f"Its strongest answer to an edge from 0 to 1 is {strongest:.3g}. It must be 1 or more.",
    )
    wrong_if(
        torch.allclose(kernel, kernel[0, 2] * of_section_4),
        "That is the kernel of section 4. Find another one: must all three rows weigh the same?",
    )
    return f"Its strongest answer to an edge from 0 to 1 is {strongest:.3g}; on flat areas it stays silent."


# 03.5


@exercise("03.5")
def max_pool(answer: Callable) -> str:
    """Grade ``answer(image, size)``, the largest number of each window of a picture [H, W]."""

    def result(image: Tensor, size: int) -> Tensor:
        try:
            raw = by_hand(answer, image, size, ready_made=("max_pool",))
        except WrongAnswer as error:
            ragged = any(side % size for side in image.shape)
            wrong_if(
                ragged and "is invalid for input of size" in str(error),
                f"{error}. {image.shape[0]} x {image.shape[1]} pixels can't be cut into windows of {size} x "
                f"{size} without a rest. Cut the rest off before you reshape.",
            )
            wrong_if(
                "ambiguous" in str(error),
                "Python's max() compares whole rows. window.max() gives the largest number of a tensor.",
            )
            wrong_if(
                ragged and "out of bounds" in str(error),
                f"{error}. The last rows or columns fill no window. Stop before them.",
            )
            raise
        wrong_if(
            isinstance(raw, torch.return_types.max),
            "max(dim=...) gives two tensors: the largest numbers, and their positions. Return its .values, "
            "or use amax.",
        )
        return _values(raw, 2)

    image = torch.tensor(
        [[1.0, 5, -2, -7, 0, 3], [2, 4, -3, -9, 8, -1], [-6, -4, 7, 2, -5, 9], [-8, -6, 1, 6, -2, 4]]
    )
    got, right = result(image, 2), F.max_pool2d(image[None], 2)[0]  # [2, 3]
    _check_shape(
        got,
        (2, 3),
        {
            (3, 5): "Your windows overlap. They move on by their own size: window 2, stride 2.",
            (4, 6): "The picture has kept its size. Each window of 2 x 2 becomes one number.",
            (3, 2): "Rows and columns are swapped: 4 x 6 pixels become 2 x 3 numbers.",
            (2, 6): "Only the height has been halved. Windows are as wide as they are high.",
            (4, 3): "Only the width has been halved. Windows are as high as they are wide.",
            (1, 2): "4 pixels hold two windows of 2, 6 pixels three. The last window is missing.",
        },
    )
    windows = image.unfold(0, 2, 2).unfold(1, 2, 2).flatten(2)  # [2, 3, 4]
    for mistake, hint in (
        (
            right.relu(),
            "A window of negative numbers gives 0 in yours. Its largest number is negative: start with "
            "-inf, or with the first pixel, not with 0.",
        ),
        (
            F.avg_pool2d(image[None], 2)[0],
            "That is the mean of each window: average pooling. Take the largest.",
        ),
        (
            F.avg_pool2d(image[None], 2)[0] * 4,
            "That is the sum of each window. Take the largest number in it.",
        ),
        (-F.max_pool2d(-image[None], 2)[0], "That is the smallest number of each window. Take the largest."),
        (F.max_pool2d(image.abs()[None], 2)[0], "Signs are lost: -7 is smaller than 2, not larger."),
        (
            windows.gather(2, windows.abs().argmax(2, keepdim=True))[..., 0],
            "That is the number farthest from 0. A negative number is smaller, however far from 0 it is.",
        ),
        (
            image[::2, ::2],
            "That is the upper left pixel of each window. Look at all its pixels, take the largest.",
        ),
        (
            image.reshape(2, 3, 2, 2).amax((2, 3)),
            "Your windows are 4 pixels that follow each other in memory, but a window lies in two rows. "
            "Reshape to [2, 2, 3, 2]: rows of windows, rows in a window, and columns likewise. Take the "
            "largest along dimensions 1 and 3.",
        ),
        (
            F.max_pool2d(image[None], 2, stride=1)[0][:2, :3],
            "Your windows move on by one pixel. Window number `row` begins at row * size, columns likewise.",
        ),
        (torch.zeros(2, 3), "All results are 0: nothing was written into them."),
    ):
        wrong_if(_same(got, mistake), hint)
    if not _same(got, right):
        row, column = [*((got - right).abs() > 1e-4).nonzero().tolist(), [0, 0]][0]
        raise WrongAnswer(
            f"In row {row}, column {column} the largest number is {right[row, column]:g}; you have "
            f"{got[row, column]:g}."
        )
    random = torch.Generator().manual_seed(3)
    for height, width, size in ((5, 7, 2), (5, 4, 2), (9, 6, 3), (7, 11, 3), (3, 5, 1), (4, 4, 4)):
        image = torch.rand(height, width, generator=random) - 1.2  # all negative
        got, right = result(image, size), F.max_pool2d(image[None], size)[0]
        case = f"{height} x {width} pixels and windows of {size} x {size}"
        wrong_if(
            got.shape == (math.ceil(height / size), math.ceil(width / size)) and got.shape != right.shape,
            f"For {case} you have {list(got.shape)}: the rest at the edge fills no window. Drop it.",
        )
        wrong_if(
            got.shape == (height // 2, width // 2) and got.shape != right.shape,
            f"For {case} you halved the picture. The window is `size` pixels wide and high.",
        )
        wrong_if(
            got.shape != right.shape,
            f"For {case} the result has shape {list(right.shape)}; yours has {list(got.shape)}.",
        )
        wrong_if(_same(got, right.trunc()), "Your results have lost their decimals: keep them as floats.")
        wrong_if(not _same(got, right), f"The first result was right; for {case}, all negative, it is not.")
    return "As F.max_pool2d: a quarter of the numbers for size 2, nothing learned, negative ones kept."


# 03.6


@exercise("03.6")
def conv_parameters(answer: Callable) -> str:
    """Grade ``answer(in_channels, out_channels, kernel_size, bias)``, how many numbers a Conv2d learns."""
    cases = [
        (1, 1, 3, False),
        (1, 1, 3, True),
        (3, 1, 3, False),
        (3, 8, 5, False),
        (3, 8, 5, True),
        (16, 4, 1, True),
        (6, 16, 5, True),
        (3, 64, 7, False),
        (3, 64, 3, True),
        (512, 512, 3, True),
    ]

    def right(i: int, o: int, k: int, b: bool) -> int:
        layer = nn.Conv2d(i, o, k, bias=b, device="meta")
        return sum(parameter.numel() for parameter in layer.parameters())

    got = []
    for case in cases:
        found = attempt(answer, *case)
        wrong_if(found is None, NOTHING)
        got.append(numbers(found, 0, "Return one number: weights and biases together."))
    mistakes = (
        (
            lambda i, o, k, b: o * k * k + o * b,
            "A kernel is as deep as the picture: each of the out_channels has its own k x k numbers for "
            "each of the in_channels.",
        ),
        (lambda i, o, k, b: i * k * k + b, "That is one kernel. There is one for each of the out_channels."),
        (
            lambda i, o, k, b: (i + o) * k * k + o * b,
            "Each output channel looks at each input channel: multiply the two, don't add them.",
        ),
        (lambda i, o, k, b: i * o * k + o * b, "kernel_size 3 means 3 x 3 numbers: take kernel_size twice."),
        (
            lambda i, o, k, b: i * o * 2 * k + o * b,
            "kernel_size 3 means 3 x 3 = 9 numbers, not 2 x 3: square it.",
        ),
        (lambda i, o, k, b: i * o * k * k + o, "There is no bias where bias is False."),
        (lambda i, o, k, b: i * o * k * k, "Where bias is True, there are biases too."),
        (
            lambda i, o, k, b: i * o * k * k + b,
            "One bias in all is too few: each output channel has its own.",
        ),
        (
            lambda i, o, k, b: i * o * k * k + i * b,
            "Biases belong to the output channels, not to the input's.",
        ),
        (
            lambda i, o, k, b: i * o * (k * k + b),
            "Each output channel has one bias; it doesn't get another for each input channel.",
        ),
        (
            lambda i, o, k, b: i * o * k * k + o * k * k * b,
            "A bias is one number for an output channel, not one for each place in the kernel.",
        ),
    )

    def say(i: int, o: int, k: int, b: bool) -> str:
        return f"For Conv2d({i}, {o}, kernel_size={k}, bias={b}),"

    _check_formula(cases, right, got, mistakes, say)
    return "The first layer of VGG16 has 1,792 parameters, and the size of the picture plays no part in it."


# 03.7


def _receptive_field(layers: Sequence[tuple[int, int]]) -> int:
    """Return how many pixels in a row an output sees, going back from it to the picture."""
    seen = 1
    for kernel_size, stride in reversed(layers):
        seen = (seen - 1) * stride + kernel_size
    return seen


def _field(layers: Sequence[tuple[int, int]], start: int = 1, early: bool = False) -> int:
    """Return the receptive field going forwards; `early` multiplies the jump a layer too soon."""
    seen, jump = start, 1
    for kernel_size, stride in layers:
        if early:
            jump *= stride
        seen += (kernel_size - 1) * jump
        if not early:
            jump *= stride
    return seen


@exercise("03.7")
def receptive_field(answer: Callable) -> str:
    """Grade ``answer(layers)``, how many pixels in a row one output sees."""
    cases = [
        [(3, 1)],
        [(5, 2)],
        [(3, 1), (3, 1)],
        [(3, 1), (3, 1), (3, 1)],
        [(2, 2), (3, 1)],
        [(3, 2), (3, 2), (3, 2)],
        [(3, 1), (3, 1), (2, 2), (3, 1), (3, 1), (2, 2)],
        [(7, 2), (3, 2), (3, 1), (1, 2), (3, 1)],
        [(5, 1), (2, 2), (5, 1), (2, 2), (5, 1)],
        [],
    ]
    got = []
    for layers in cases:
        given = list(layers)
        found = attempt(answer, given)
        wrong_if(found is None, NOTHING)
        got.append(numbers(found, 0, "Return one number: how many pixels in a row one output sees."))
        wrong_if(given != layers, "Your function changed the list it was given. Leave it as it was.")
    mistakes = (
        (
            lambda layers: 1 + sum(k - 1 for k, _ in layers),
            "It is right while every stride is 1. After a stride of 2, neighbours are 2 pixels apart in the "
            "picture, so the next layer adds (kernel_size - 1) x 2.",
        ),
        (
            lambda layers: sum(k for k, _ in layers),
            "Two kernels of 3 in a row see 5 pixels, not 6: the windows overlap. Each layer adds "
            "kernel_size - 1, to the 1 pixel you start with.",
        ),
        (
            lambda layers: math.prod(k for k, _ in layers),
            "Two kernels of 3 in a row see 5 pixels, not 9: the windows overlap. A layer adds, it doesn't "
            "multiply.",
        ),
        (
            lambda layers: _field(layers, early=True),
            "A layer's own stride comes too soon: it sets its outputs apart, so it counts for the layers "
            "after it. Add first, then multiply the jump by the stride.",
        ),
        (
            lambda layers: 1 + sum((k - 1) * s for k, s in layers),
            "What counts for a layer is not its own stride, but those of all layers before it, multiplied.",
        ),
        (
            lambda layers: (
                1 + sum((k - 1) * s for (k, _), (_, s) in zip(layers, [(1, 1), *layers], strict=False))
            ),
            "You take the stride of the layer just before alone. Strides multiply up: after two of 2, "
            "neighbours are 4 pixels apart.",
        ),
        (
            lambda layers: (
                1
                + sum((k - 1) * (1 + sum(s - 1 for _, s in layers[:at])) for at, (k, _) in enumerate(layers))
            ),
            "You add the strides up. They multiply: after three of 2, neighbours are 8 pixels apart.",
        ),
        (
            lambda layers: _field(layers, start=0),
            "One too few: an output of no layer at all sees 1 pixel, itself. Start with 1.",
        ),
        (
            lambda layers: _field(layers[::-1]),
            "You went through the layers from the wrong end. With the rule r + (kernel_size - 1) x jump, the "
            "first layer, next to the picture, comes first.",
        ),
        (
            lambda layers: math.prod(s for _, s in layers),
            "That is the jump: how far apart neighbours are in the end. Return how far one output sees.",
        ),
        (
            lambda layers: max((k for k, _ in layers), default=1),
            "That is the largest kernel. Each layer widens what the one before it saw.",
        ),
        (
            lambda layers: _field(layers) ** 2,
            "That is the number of pixels in the whole square. Return how many it is wide.",
        ),
    )

    def say(layers: list[tuple[int, int]]) -> str:
        return f"For layers = {layers},"

    _check_formula([(layers,) for layers in cases], _receptive_field, got, mistakes, say)
    return "Stacked small kernels see far, and every stride before them makes them see farther."


# 03.8

LAYERS = (
    "the first convolution",
    "the first ReLU",
    "the pooling",
    "the second convolution",
    "the second ReLU",
    "Flatten",
    "the linear layer",
)


def _shapes(size: int) -> list[list[int]]:
    """Return the shapes after each layer of the network of 03.8."""
    first = size - 4
    pooled = first // 2
    second = (pooled + 2 - 3) // 2 + 1
    return [
        [1, 8, first, first],
        [1, 8, first, first],
        [1, 8, pooled, pooled],
        [1, 16, second, second],
        [1, 16, second, second],
        [1, 16 * second * second],
        [1, 10],
    ]


def _check_layer(at: int, got: list[float], right: list[list[int]], size: int) -> None:
    """Raise the hint for the shape after one layer; the shapes before it are right."""
    wanted, before = right[at], right[at - 1] if at else [1, 3, size, size]
    if got == wanted:
        return
    name, side = LAYERS[at], wanted[-1]
    start = f"For size {size}, after {name} you have {got}."
    wrong_if(
        any(number != int(number) for number in got if math.isfinite(number)),
        f"{start} There is no part of a pixel: round down, with //.",
    )
    wrong_if(got == wanted[1:], f"{start} The batch of one is missing: the first number of each shape is 1.")
    if at in (0, 2, 3):
        wrong_if(
            got == [wanted[0], *wanted[2:], wanted[1]],
            f"{start} PyTorch has the channels before height and width: [1, C, H, W].",
        )
        wrong_if(
            got[1:2] == [before[1]] and got[1] != wanted[1] and len(got) == 4,
            f"{start} A convolution has as many channels afterwards as its second argument says.",
        )
    sides = {
        0: {
            size: "Without padding a picture gets smaller: a kernel of 5 takes 4 pixels away.",
            size - 5: "A kernel of 5 takes 4 pixels away, not 5: its first place counts too.",
            size - 2: "That is a kernel of 3. This one has 5 x 5 numbers.",
            size // 2: "The stride of the first convolution is 1.",
        },
        2: {
            before[-1]: "MaxPool2d(2) halves height and width: its stride is its size.",
            (before[-1] + 1) // 2: "The last column fills no window of 2 and is dropped: round down.",
            before[-1] - 1: "The stride of MaxPool2d(2) is 2, the same as its window.",
        },
        3: {
            before[-1]: "With padding 1 a kernel of 3 would keep the size, but the stride here is 2.",
            (before[-1] - 1)
            // 2: "Padding 1 adds a pixel on both sides, and the kernel's first place counts "
            "too: (H + 2 - 3) // 2 + 1.",
            before[-1] // 2: "Padding 1 adds a pixel on both sides, 2 in all: (H + 2 - 3) // 2 + 1.",
        },
    }.get(at, {})
    wrong_if(
        got[:2] == wanted[:2] and len(got) == 4 and got[2] == got[3] and got[2] in sides and got[2] != side,
        f"{start} {sides.get(got[-1], '')}",
    )
    wrong_if(at in (1, 4), f"{start} A ReLU changes numbers and never a shape.")
    if at == 5:
        wrong_if(got == before, f"{start} Flatten turns C x H x W into one dimension.")
        wrong_if(
            got == [1, before[2] * before[3]],
            f"{start} Flatten takes the channels along too: C x H x W numbers.",
        )
        wrong_if(
            got == [1, before[1] * before[2]],
            f"{start} Flatten takes height and width, both: C x H x W numbers.",
        )
    if at == 6:
        wrong_if(got == before, f"{start} Linear(..., 10) puts out 10 numbers, whatever came in.")
        wrong_if(got == [10, 1], f"{start} The batch comes first.")
    raise WrongAnswer(f"{start} What goes into this layer has shape {before}: work it out from there.")


@exercise("03.8")
def shapes_through(answer: Callable) -> str:
    """Grade ``answer(size)``, the shapes after each layer of the network that the text describes."""
    for size in (32, 28, 33, 34, 31, 64, 7):
        with Calls() as calls:
            got = attempt(answer, size)
        wrong_if(
            not calls.names.isdisjoint({"conv2d", "max_pool2d", "linear"}),
            "You ran a network. Work the shapes out: that is what you do when you design one.",
        )
        wrong_if(got is None, NOTHING)
        wrong_if(
            not isinstance(got, list | tuple),
            f"Return a list of seven shapes, a shape for each layer; you return a {type(got).__name__}.",
        )
        right = _shapes(size)
        wrong_if(
            len(got) == 4 and all(isinstance(number, int) for number in got),
            "That is one shape. Return a list of seven shapes, a shape for each layer.",
        )
        hint = "Each entry of your list is a shape, such as [1, 8, 28, 28]."
        found = [numbers(shape, 1, hint) for shape in got]
        wrong_if(
            len(found) == 8 and found[0] == [1, 3, size, size],
            "Your list starts with the picture itself. Start with the shape after the first layer.",
        )
        wrong_if(len(found) == 5, "You have 5 shapes. A ReLU and Flatten are layers as well: list 7 shapes.")
        wrong_if(len(found) != 7, f"The network has 7 layers; your list has {len(found)} shapes.")
        wrong_if(
            size != 32 and found == _shapes(32),
            f"For size {size} you give the shapes of size 32: use `size`.",
        )
        for at, shape in enumerate(found):
            _check_layer(at, shape, right, size)
    return "You read a network without running it. With 32 x 32 pixels, the linear layer has in_features=784."


# 03.9


@exercise("03.9")
def same_padding(answer: Callable) -> str:
    """Grade ``answer(kernel_size, dilation)``, the padding that keeps the size at stride 1."""
    cases = [(k, d) for d in (1, 2, 3, 5) for k in (3, 5, 7, 1)] + [(11, 4)]
    got = []
    for case in cases:
        found = attempt(answer, *case)
        wrong_if(found is None, NOTHING)
        wrong_if(
            isinstance(found, str) and found == "same",
            'padding="same" asks nn.Conv2d to work it out. Here you do it: return the number.',
        )
        number = numbers(found, 0, "Return one number: the padding on each side.")
        got.append(number)
    mistakes = (
        (
            lambda k, d: k // 2,
            "It is right while dilation is 1. A kernel of 3 with dilation 2 reaches over 5 pixels: it needs "
            "a padding of 2.",
        ),
        (
            lambda k, d: d * (k - 1),
            "That is how much the picture shrinks in all. Padding adds pixels on both sides: take half.",
        ),
        (lambda k, d: k - 1, "A kernel of 3 needs 1 on each side, not 2. And dilation counts too."),
        (
            lambda k, d: d * k // 2,
            "A kernel has kernel_size - 1 steps between its numbers, and only they are stretched: subtract 1 "
            "before you multiply.",
        ),
        (
            lambda k, d: (d * (k - 1) + 1) / 2,
            "You halve the whole reach of the kernel. The pixel in its middle needs no padding: halve "
            "one less.",
        ),
        (
            lambda k, d: (k + d - 1) // 2,
            "The gaps come between any two neighbours in the kernel. It reaches over dilation x "
            "(kernel_size - 1) + 1 pixels.",
        ),
        (
            lambda k, d: k // 2 + d - 1,
            "It is right for kernels of 3 only: dilation stretches the way from the middle to the edge.",
        ),
        (lambda k, d: d, "That is right for kernels of 3 only. A larger kernel needs more."),
        (lambda k, d: 1, "1 is right for a kernel of 3 without dilation. Work it out from both."),
        (lambda k, d: 0, "Without padding the picture shrinks, by dilation x (kernel_size - 1) pixels."),
        (
            lambda k, d: d * (k - 1) + 1,
            "That is how far the kernel reaches. Find how many pixels it lacks on each side.",
        ),
    )

    def say(k: int, d: int) -> str:
        return f"For kernel_size {k} and dilation {d},"

    _check_formula(cases, lambda k, d: d * (k - 1) // 2, got, mistakes, say)
    wrong_if(
        any(isinstance(number, float) for number in got),
        "The number is right, but a float: nn.Conv2d takes whole numbers only. Divide with //.",
    )
    for (kernel_size, dilation), padding in zip(cases, got, strict=True):
        kept = _conv_size(9, kernel_size, 1, padding, dilation)
        wrong_if(kept != 9, f"{say(kernel_size, dilation)} 9 pixels become {kept}.")
    return (
        "The size stays for every odd kernel. An even one, undilated, would need one pixel more on one side."
    )


# 03.10


def _extractors() -> list[tuple[nn.Sequential, list[int], int]]:
    """Return feature extractors, the shape of a picture for each, and what their heads take in."""

    def block(in_channels: int, out_channels: int, **settings: Any) -> nn.Sequential:
        convolution = nn.Conv2d(in_channels, out_channels, **settings)
        return nn.Sequential(convolution, nn.BatchNorm2d(out_channels), nn.ReLU())

    plain = nn.Sequential(nn.Conv2d(3, 5, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2))
    return [
        (plain, [3, 12, 20], 5 * 6 * 10),
        (nn.Sequential(nn.Conv2d(1, 6, 5), nn.ReLU(), nn.AvgPool2d(2)), [1, 28, 28], 6 * 12 * 12),
        (
            nn.Sequential(block(3, 4, kernel_size=3, stride=2), nn.Dropout(0.5), block(4, 7, kernel_size=2)),
            [3, 17, 9],
            7 * 7 * 3,
        ),
        (nn.Sequential(block(2, 8, kernel_size=3), nn.AdaptiveAvgPool2d(1)), [2, 9, 9], 8),
        (nn.Sequential(nn.Conv2d(4, 3, 2), nn.Flatten()), [4, 6, 5], 3 * 5 * 4),
    ]


def _state(model: nn.Module) -> dict[str, Tensor]:
    """Return copies of a model's parameters and buffers."""
    return {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}


def _check_left_alone(model: nn.Module, before: dict[str, Tensor], training: bool) -> None:
    """Raise a hint where a model isn't as it was before the answer was called."""
    wrong_if(
        any(layer.training != training for layer in model.modules()),
        "The model came in training mode and left in eval mode. Remember its mode and set it again."
        if training
        else "The model came in eval mode and left in training mode. Set the mode that it had, "
        "with model.train(was_training).",
    )
    after = model.state_dict()
    for name, tensor in before.items():
        same = name in after and after[name].device == tensor.device and torch.equal(after[name], tensor)
        wrong_if(
            not same,
            f"Sending the picture through has changed {name!r} of the model. Some layers, such as "
            "BatchNorm2d, note what they see in training mode: call eval() before."
            if "running" in name or "num_batches" in name
            else f"Your function has changed {name!r} of the model. Leave its parameters as they are.",
        )
    wrong_if(
        any(not parameter.requires_grad for parameter in model.parameters()),
        "The model's parameters no longer require gradients: it couldn't learn any more. Switch gradients "
        "off for your own call only, with torch.inference_mode().",
    )


@exercise("03.10")
def head_in_features(answer: Callable) -> str:
    """Grade ``answer(features, shape)``, the in_features of the linear layer behind a feature extractor."""
    one = "Return one number: the in_features of the linear layer."
    for training in (False, True):
        for features, shape, right in _extractors():
            kept = []
            features.train(training)
            for layer in features.modules():
                layer.register_forward_hook(
                    lambda *_, kept=kept: kept.append(torch.is_grad_enabled()), always_call=True
                )
            before, given, layers = _state(features), list(shape), list(features.modules())
            with torch.enable_grad():  # whatever the answer switches, it ends with this block
                found = _send_through(answer, features, given)
                switched_off = not torch.is_grad_enabled()
            wrong_if(found is None, NOTHING)
            wrong_if(given != shape, "Your function changed the list with the shape. Leave it as it was.")
            _check_number(numbers(found, 0, one), right, features, shape)
            wrong_if(
                switched_off,
                "Your function switched gradients off for good: nothing could be trained after it. Use "
                "`with torch.inference_mode():`, which ends where its block ends.",
            )
            wrong_if(
                any(kept),
                "The number is right. Nobody learns here, and yet gradients were prepared: send the picture "
                "through inside `with torch.inference_mode():`.",
            )
            wrong_if(
                list(features.modules()) != layers,
                "The number is right, but your function has changed the layers of `features`. Flatten what "
                "comes out, or build a new nn.Sequential.",
            )
            _check_left_alone(features, before, training)
    return "Whatever stands before the head, one picture tells its in_features, and the model is as it was."


def _send_through(answer: Callable, features: nn.Sequential, shape: list[int]) -> Any:
    """Call a learner's function; a hint where a picture came without the dimension of its batch."""
    try:
        return attempt(answer, features, shape)
    except WrongAnswer as error:
        wrong_if(
            "expected 4D input" in str(error),
            f"{error}. BatchNorm2d wants a batch, even of one picture: [1, C, H, W].",
        )
        wrong_if(
            "failed to unpack" in str(error), f"{error}. `shape` is a list: write torch.zeros(1, *shape)."
        )
        wrong_if(
            "tuple index out of range" in str(error),
            f"{error}. These features end in a Flatten already: count with numel(), not by dimensions.",
        )
        raise


def _check_number(got: float, right: int, features: nn.Sequential, shape: list[int]) -> None:
    """Raise the hint for a wrong number of features."""
    if got == right:
        return
    features.eval()
    with torch.inference_mode():
        out = features(torch.zeros(1, *shape))
    case = f"For a picture of shape {shape} your function returns {got}, and the head takes in {right}."
    wrong_if(
        got == math.prod(shape),
        f"{case} That is the picture itself. Send it through the features and count what comes out.",
    )
    wrong_if(
        out.ndim == 4 and got == out.shape[1],
        f"{case} That is the number of channels. Flatten makes one number of C, H and W: multiply all three.",
    )
    wrong_if(
        out.ndim == 4 and got == out.shape[2] * out.shape[3],
        f"{case} That is height x width. The channels count too.",
    )
    wrong_if(
        out.ndim == 4 and got in out.shape[2:],
        f"{case} That is one side of what comes out. Count all its numbers: channels x height x width.",
    )
    wrong_if(
        out.ndim == 4 and got == out.shape[1] * out.shape[2] ** 2,
        f"{case} Height and width of what comes out need not be equal: take each of them.",
    )
    wrong_if(
        got > right and got % right == 0,
        f"{case} That is {int(got // right)} times as much: the batch doesn't count. Send one picture, or "
        "flatten from dimension 1 on.",
    )
    wrong_if(
        math.isfinite(got) and got > 0 and right % got == 0 and out.ndim == 2,
        f"{case} These features end in a Flatten already: what comes out has shape {list(out.shape)}.",
    )
    raise WrongAnswer(f"{case} What comes out has shape {list(out.shape)}.")
