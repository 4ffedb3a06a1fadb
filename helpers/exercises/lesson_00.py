"""Lesson 00, tensors: the graders of its exercises."""

import math
from collections.abc import Callable
from numbers import Real
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from helpers.checks import WrongAnswer, attempt, exercise
from helpers.exercises.grading import explained, numbers, pair, same, wrong_if

DRAWING = {"rand", "rand_like", "randn", "randn_like", "randint", "uniform_", "normal_", "random_"}
MOVING = {"to", "copy_", "type_as"}  # what may be called with tensors on two devices


class Recorder(TorchFunctionMode):
    """While this is on, keep a copy of every tensor that is drawn, and note how devices are used.

    Attributes
    ----------
    drawn
        What was drawn at random, in order.
    moved
        The shapes of the tensors that ``to`` took to another device.
    mixes_devices
        Whether a function was called with tensors on two devices.
    """

    def __init__(self) -> None:
        super().__init__()
        self.drawn: list[Tensor] = []
        self.moved: list[torch.Size] = []
        self.mixes_devices = False

    def __torch_function__(
        self, function: Callable, types: Any, args: tuple = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Call a function of torch, as without this, and look at what goes in and comes out."""
        result = function(*args, **(kwargs or {}))
        name = getattr(function, "__name__", "")
        if name in DRAWING and isinstance(result, Tensor):
            self.drawn.append(result.detach().clone())
        if name == "to" and args[0].device != result.device:
            self.moved.append(args[0].shape)
        # Torch itself lets a matrix product of a tensor on "meta" with one on the CPU pass.
        devices = {part.device.type for part in args if isinstance(part, Tensor) and part.ndim}
        self.mixes_devices |= len(devices) > 1 and name not in MOVING
        return result


def attempt_drawing(answer: Callable, *arguments: Any) -> tuple[Any, list[Tensor]]:
    """Return what a learner's function returns, and the tensors that it drew."""
    with Recorder() as recorder:
        got = attempt(answer, *arguments)
    if not callable(torch.manual_seed):
        torch.manual_seed = torch.random.manual_seed
        raise WrongAnswer(
            "`torch.manual_seed = ...` puts a number in the place of torch's function. (It is back now.) "
            "Call it: torch.manual_seed(seed)."
        )
    return got, recorder.drawn


def tensor(got: Any, device: str = "cpu") -> Tensor:
    """Return a tensor on this device without its graph; for anything else, a hint."""
    wrong_if(got is None, "Your function returns nothing. Its last line should start with `return`.")
    wrong_if(isinstance(got, np.ndarray), "That is a NumPy array. torch.from_numpy makes a tensor of it.")
    wrong_if(not isinstance(got, Tensor), f"Return a tensor; yours is of the type {type(got).__name__}.")
    wrong_if(
        got.device.type != device, f"The tensor should be on the device {device}; yours is on {got.device}."
    )
    return got.detach()


def two_tensors(got: Any) -> tuple[Tensor, Tensor]:
    """Return two tensors; for anything else, a hint."""
    wrong_if(isinstance(got, Tensor), "That is one tensor. Return two: return first, second.")
    wrong_if(not isinstance(got, tuple | list) or len(got) != 2, "Return two tensors: return first, second.")
    return tensor(got[0]), tensor(got[1])


def rand_from(seed: int, *shape: int) -> Tensor:
    """Return what torch.rand draws right after the seed is set."""
    torch.random.manual_seed(seed)
    return torch.rand(*shape)


def check_seed(draw: Callable[[int], Tensor]) -> None:
    """Raise a hint where ``draw(seed)`` isn't what torch.rand draws right after the seed is set."""
    torch.random.manual_seed(1)
    first, again, other = draw(7), draw(7), draw(8)
    right = rand_from(7, *first.shape)
    wrong_if(
        not first.is_floating_point(), "Those are whole numbers. torch.rand draws floats between 0 and 1."
    )
    wrong_if(
        bool((first < 0).any() or (first >= 1).any()),
        "Some of the numbers are not between 0 and 1. torch.randn draws from the normal distribution; "
        "uniform random numbers come from torch.rand.",
    )
    wrong_if(
        same(first, other),
        "The seeds 7 and 8 give the same numbers. Use the seed that the function is given.",
    )
    wrong_if(
        same(again, right) and not same(first, right),
        "The seed is set after drawing, so it only helps the next draw. Set it first, then draw.",
    )
    wrong_if(
        not same(first, again),
        "Two calls with seed 7 give different numbers. Set the seed inside the function, right before you "
        "draw: torch.manual_seed(seed).",
    )
    wrong_if(
        not same(first, right) or not same(other, rand_from(8, *other.shape)),
        "The numbers repeat, but they are not the ones that torch.rand gives right after "
        "torch.manual_seed(seed). Draw nothing else in between; leave the numbers and dtype as they are.",
    )


@exercise("00.1")
def random_square(answer: Callable) -> str:
    """Grade ``answer(seed)``, uniform random numbers of shape [7, 7]."""

    def draw(seed: int) -> Tensor:
        got = tensor(attempt_drawing(answer, seed)[0])
        wrong_if(
            got.shape == (49,),
            "49 numbers in a row have shape [49]. Ask for 7 rows of 7: give both sizes.",
        )
        wrong_if(got.shape == (7,), "That is one row of 7 numbers. Give both sizes, rows and columns.")
        wrong_if(got.shape != (7, 7), f"The shape should be [7, 7]; yours is {list(got.shape)}.")
        return got

    check_seed(draw)
    return "The same seed gives the same 49 numbers, whatever was drawn before."


@exercise("00.2")
def times_row(answer: Callable) -> str:
    """Grade ``answer(square, row)``, the matrix product [7, 7] @ [7, 1]."""
    inner = (
        "The inner numbers must be equal. [7, 7] times [1, 7] doesn't fit; [7, 7] times [7, 1] does: "
        "transpose the row."
    )
    errors = {"shapes cannot be multiplied": inner, "must match the size": inner}
    for seed in range(2):
        torch.random.manual_seed(seed)
        square, row = torch.rand(7, 7), torch.rand(1, 7)
        right = square @ row.T
        with explained(errors):
            got = tensor(attempt(answer, square.clone(), row.clone()))
        wrong_if(
            got.shape == (7, 7),
            "A [7, 7] result: `*` multiplies entry by entry and repeats the row. The matrix product is `@`.",
        )
        wrong_if(
            same(got, right.T), "The numbers are right, but they lie in a row: [1, 7]. Make a column, [7, 1]."
        )
        wrong_if(
            got.shape == (1, 7),
            "The shape is [1, 7]: the row came first (row @ square). The square comes first.",
        )
        wrong_if(
            same(got, right.squeeze(1)),
            "The numbers are right, but the shape is [7]. Transposing keeps both dimensions; squeezing or "
            "indexing the row lost one.",
        )
        wrong_if(
            same(got, square.T @ row.T), "You transposed the square as well. Only the row must be transposed."
        )
        wrong_if(got.shape != (7, 1), f"The shape should be [7, 1]; yours is {list(got.shape)}.")
        wrong_if(
            not same(got, right),
            "The shape is right, the numbers are not. Entry i is row i of the square times the row, entry by "
            "entry, added up.",
        )
    return "[7, 7] times [7, 1]: the inner 7s meet and vanish, and [7, 1] is left."


@exercise("00.3")
def same_twice(answer: Callable) -> str:
    """Grade ``answer(seed)``, two tensors [2, 3] that were drawn separately and are equal."""

    def draw(seed: int) -> Tensor:
        got, draws = attempt_drawing(answer, seed)
        first, second = two_tensors(got)
        for one in (first, second):
            wrong_if(one.shape != (2, 3), f"Both shapes should be [2, 3]; one of yours is {list(one.shape)}.")
        wrong_if(
            first.data_ptr() == second.data_ptr(),
            "That is one tensor under two names: change one, and the other changes too. Draw a second time.",
        )
        right = rand_from(seed, 2, 3)
        if not same(first, second):
            wrong_if(
                same(first, right),
                "The second tensor differs from the first: each draw goes on where the last one stopped. "
                "Set the seed again before the second draw.",
            )
            wrong_if(
                same(second, right),
                "Only the second tensor is what the seed gives. Set the seed before the first draw too.",
            )
            raise WrongAnswer(
                "The two tensors differ. Set the seed twice: right before each of the two draws."
            )
        wrong_if(
            len(draws) == 1,
            "The second tensor is a copy of the first. Set the seed again and draw anew.",
        )
        return first

    check_seed(draw)
    return "A seed fixes the whole sequence of draws; setting it again starts the sequence anew."


@exercise("00.4")
def product_on(answer: Callable) -> str:
    """Grade ``answer(device)``, the product [2, 2] of two random tensors [2, 3] that are on the device."""

    def check_shape(got: Tensor) -> None:
        wrong_if(got.shape == (2, 3), "A [2, 3] result: `*` multiplies entry by entry. Use `@`.")
        wrong_if(
            got.shape == (3, 3),
            "A [3, 3] result: the first tensor was transposed. [2, 3] times [3, 2] gives [2, 2].",
        )
        wrong_if(got.shape != (2, 2), f"The shape should be [2, 2]; yours is {list(got.shape)}.")

    errors = {
        "shapes cannot be multiplied": "Transpose the second: [2, 3] times [3, 2] has equal inner numbers.",
        "out of meta tensor": "The result stays on the device: nothing has to be copied to the CPU.",
    }
    with Recorder() as recorder, explained(errors):
        got = tensor(attempt(answer, "cpu"))
    check_shape(got)
    shapes = [list(drawn.shape) for drawn in recorder.drawn]
    wrong_if(
        not shapes or any(shape not in ([2, 3], [2, 2, 3]) for shape in shapes),
        f"Draw two random tensors of shape [2, 3]; you drew {shapes or 'nothing with torch'}.",
    )
    drawn = torch.cat([one.cpu().reshape(-1, 2, 3) for one in recorder.drawn])
    wrong_if(
        len(drawn) != 2, f"Draw two random tensors of shape [2, 3]; the number of yours is {len(drawn)}."
    )
    first, second = drawn
    for one, other in ((first, second), (second, first)):
        wrong_if(
            same(got, one @ other.reshape(3, 2)),
            "You reshaped a tensor to [3, 2]. That moves the numbers to other places; .T swaps rows and "
            "columns.",
        )
    wrong_if(
        same(got, first @ first.T) or same(got, second @ second.T),
        "That is a tensor times itself transposed. Multiply the first with the second.",
    )
    wrong_if(
        not same(got, first @ second.T) and not same(got, second @ first.T),
        "The shape is right, the numbers are not: multiply the first, as it was drawn, with the second "
        "transposed.",
    )
    with Recorder() as recorder, explained(errors):
        got = attempt(answer, "meta")
    wrong_if(
        recorder.mixes_devices,
        "One tensor is on the device that was asked for, the other is not. Two tensors of one product must "
        "be on the same device: make both there.",
    )
    wrong_if(
        isinstance(got, Tensor) and got.device.type != "meta",
        'For the device "meta" your result is on another one. Make both tensors on the device that the '
        "function is given: torch.rand(..., device=device).",
    )
    check_shape(tensor(got, device="meta"))
    wrong_if(
        (2, 2) in recorder.moved,
        "The product was computed on the CPU, and only then moved. Make both tensors on the device, so that "
        "it does the work.",
    )
    return "The same line makes its tensors on a CPU, on a GPU, or on a device that only knows shapes."


@exercise("00.5")
def summary(answer: Callable) -> str:
    """Grade ``answer(x)``, the smallest and the largest entry and the mean of whole numbers."""
    errors = {
        r"mean\(\):": "A mean of whole numbers needn't be whole: convert to a float type first, x.float().",
        "ambiguous": "Python's own functions stumble over several dimensions: use the tensor's methods.",
    }

    def result(x: Tensor) -> tuple[Real, Real, Real]:
        with explained(errors):
            got = attempt(answer, x)
        wrong_if(
            not isinstance(got, tuple | list) or len(got) != 3,
            "Return three numbers: the smallest, the largest, the mean.",
        )
        for part in got:
            wrong_if(
                isinstance(part, Tensor) and part.ndim == 0,
                "These are tensors that hold one number each. .item() makes a Python number of one.",
            )
            wrong_if(
                not isinstance(part, Real),
                f"Return three numbers, for the whole tensor; one of yours is a {type(part).__name__}.",
            )
        return tuple(got)

    got = result(torch.tensor([[4, 9, 2], [7, 1, 4]]))  # 27 in all, mean 4.5
    right = (1, 9, 4.5)
    wrong_if(sorted(got) == sorted(right) and got != right, "Right numbers, another order: min, max, mean.")
    wrong_if(got[:2] != (1, 9), f"The smallest is 1, the largest 9; you have {got[0]} and {got[1]}.")
    wrong_if(got[2] == 13.5, "27 / 2 is not the mean: len(x) counts rows. x.numel() counts the entries.")
    wrong_if(got[2] == 5, "That is halfway from 1 to 9. The mean is the sum of all entries by their number.")
    wrong_if(got[2] == 27, "27 is the sum. The mean is the sum divided by the number of entries.")
    wrong_if(
        got[2] == 4,
        "The mean is 4.5; you have 4. Either it was cut to a whole number (no //, no int(), no conversion "
        "back), or it is the median.",
    )
    wrong_if(not abs(got[2] - 4.5) < 1e-4, f"The mean of 4, 9, 2, 7, 1, 4 is 4.5; you have {got[2]}.")
    cases = [
        torch.tensor([-5, -2, -2, -6]),
        torch.tensor([[[200, 100], [250, 3]]], dtype=torch.uint8),
        torch.tensor([[3]], dtype=torch.int32),
        torch.tensor([[[0], [1]], [[2], [0]]]),
    ]
    for x in cases:
        values = x.flatten().tolist()
        right, got = (min(values), max(values), sum(values) / len(values)), result(x.clone())
        wrong_if(
            got[:2] != right[:2] or not abs(got[2] - right[2]) < 1e-3,
            f"For {x.tolist()} of {x.dtype} it is {right}; you have {got}.",
        )
    return "min and max of whole numbers are whole; a mean needs floats."


@exercise("00.6")
def position_of_largest(answer: Callable) -> str:
    """Grade ``answer(matrix)``, the row and the column of the largest entry."""
    hint = "Return two numbers, the row and the column."

    def result(matrix: Tensor) -> Any:
        got = attempt(answer, matrix.clone())
        if isinstance(got, tuple | list):  # torch.where gives a row and a column as tensors [1] each
            one = [isinstance(part, Tensor | np.ndarray) and math.prod(part.shape) == 1 for part in got]
            got = [part.item() if single else part for part, single in zip(got, one, strict=True)]
        return got

    got = result(torch.tensor([[3, 8, 1, 2], [5, 0, 9, 7], [4, 6, -9, 8]]))
    parts = got if isinstance(got, tuple | list) else [got]
    for part in parts:
        shape = tuple(part.shape) if isinstance(part, Tensor | np.ndarray) else None
        wrong_if(
            shape == (4,),
            "With dim=0 you get a result for each of the 4 columns. Search the whole matrix at once.",
        )
        wrong_if(
            shape == (3,),
            "With dim=1 you get a result for each of the 3 rows. Search the whole matrix at once.",
        )
        wrong_if(shape == (1, 2), "nonzero() gives a list of positions, here with one in it. Take it: [0].")
        wrong_if(len(parts) > 1 and bool(shape), hint)
    if (
        len(parts) == 1
        and isinstance(parts[0], Tensor | np.ndarray | Real)
        and math.prod(np.shape(parts[0])) == 1
    ):
        wrong_if(
            bool(parts[0] == 6),
            "6 is the position if all rows stand one behind the other. Make a row and a column of it: how "
            "many entries has a row?",
        )
        wrong_if(bool(parts[0] == 9), "9 is the largest entry itself. Its position was asked for.")
    got = pair(got, hint)
    wrong_if(got == (2, 1), "Yours is (column, row). The row comes first, as in the index of a matrix.")
    wrong_if(got == (2, 2), "At row 2, column 2 stands -9: it is the smallest entry, not the largest one.")
    wrong_if(got == (2, 0), "Divide the flat position by the number of columns (4), not of rows.")
    wrong_if(
        got == (1.5, 2), "6 / 4 is 1.5, and a row is a whole number: divide with //, which drops the rest."
    )
    wrong_if(got == (2, 3), "Count rows and columns from 0, as an index does.")
    wrong_if(got != (1, 2), f"The largest entry, 9, is at row 1, column 2; you have {got}.")
    cases = [
        torch.tensor([[-4.0, -3.5], [-7.0, -0.5], [-2.0, -8.0]]),
        torch.tensor([[2, 5, 3, 1, 4]]),
        torch.tensor([[1], [2], [9], [4], [3]]),
        torch.tensor([[9, 1, 1], [8, 8, 1], [8, 1, 8]]),
        torch.arange(12).reshape(4, 3),
    ]
    for matrix in cases:
        right = divmod(matrix.flatten().argmax().item(), matrix.shape[1])
        got = pair(result(matrix), hint)
        wrong_if(got != right, f"For {matrix.tolist()} it is {right}; you have {got}.")
    return "argmax counts through the rows; dividing by the number of columns gives row and column back."


@exercise("00.7")
def squeezed(answer: Callable) -> str:
    """Grade ``answer(seed)``, random numbers of shape [1, 1, 1, 10], and the same ones of shape [10]."""

    def draw(seed: int) -> Tensor:
        got, draws = attempt_drawing(answer, seed)
        first, second = two_tensors(got)
        shapes = (tuple(first.shape), tuple(second.shape))
        wrong_if(shapes == ((10,), (1, 1, 1, 10)), "The other way round: first [1, 1, 1, 10], then [10].")
        wrong_if(
            shapes == ((10,), (10,)),
            "Both tensors have shape [10]. Keep the one that you drew, [1, 1, 1, 10], and return it first.",
        )
        wrong_if(
            shapes[0] != (1, 1, 1, 10),
            f"The first tensor should have shape [1, 1, 1, 10]; yours has {list(first.shape)}.",
        )
        wrong_if(
            shapes[1] == (1, 1, 1, 10),
            "The second tensor still has four dimensions. squeeze() doesn't change a tensor, it returns "
            "another one: keep what it returns.",
        )
        wrong_if(
            second.ndim in (2, 3) and second.numel() == 10,
            f"The second tensor has shape {list(second.shape)}: a dimension of size 1 is left. "
            "squeeze() without a number takes all of them out.",
        )
        wrong_if(
            shapes[1] != (10,), f"The second tensor should have shape [10]; yours is {list(second.shape)}."
        )
        wrong_if(
            not same(second, first.flatten()),
            "The second tensor holds other numbers. Don't draw again: squeeze the first one.",
        )
        wrong_if(
            len(draws) > 1,
            "You drew twice, with the same seed. Draw once: a squeeze only changes the shape.",
        )
        return first

    check_seed(draw)
    return "squeeze takes dimensions of size 1 out and touches no number."


@exercise("00.8")
def one_number_each(answer: Callable) -> str:
    """Grade ``answer(output)``, a model's output [N, 1] as [N]."""
    output = torch.tensor([[0.5], [-1.0], [2.0], [0.25]])
    got = attempt(answer, output.clone())
    wrong_if(
        isinstance(got, list), "That is a Python list. Return a tensor of shape [4] for an output of [4, 1]."
    )
    got = tensor(got)
    wrong_if(
        got.shape == (4, 1),
        "The shape is still [4, 1]. The dimension of size 1 is the second one: dim 1, not dim 0.",
    )
    wrong_if(got.shape == (1, 4), "A transposed [4, 1] is [1, 4], which has two dimensions still.")
    wrong_if(
        got.shape in ((1,), ()), "Of 4 numbers, one is left. Take out the dimension of size 1, and no row."
    )
    wrong_if(got.shape != (4,), f"An output of [4, 1] should become [4]; yours is {list(got.shape)}.")
    wrong_if(
        not same(got, output[:, 0]),
        f"The numbers should stay 0.5, -1, 2, 0.25; the first of yours is {got[0]:g}.",
    )
    for n in (1, 2, 9):
        output = torch.linspace(-1, 1, n)[:, None]
        got = tensor(attempt(answer, output.clone()))
        wrong_if(
            n == 1 and got.ndim == 0,
            "A batch of one, [1, 1], became a tensor without dimensions: squeeze() takes *every* 1 out. Say "
            "which one.",
        )
        wrong_if(
            not same(got, output[:, 0]),
            f"An output of [{n}, 1] should become [{n}] with the same numbers; yours is {list(got.shape)}.",
        )
    return "squeeze(dim=1) takes out one dimension, and a batch of one stays a batch."


@exercise("00.9")
def as_picture(answer: Callable) -> str:
    """Grade ``answer(image)``, a batch [1, 3, H, W] of one image as [H, W, 3]."""
    errors = {
        "number of dimensions": "permute wants every dimension named, once. The batch [1, 3, H, W] has four: "
        "take the batch away first, with image[0]. (A bare squeeze() also removes an H or W of 1.)"
    }
    for height, width in ((4, 5), (6, 2), (3, 3), (4, 1)):
        image = torch.linspace(0, 1, 3 * height * width).reshape(1, 3, height, width)
        right = image[0].permute(1, 2, 0)
        with explained(errors):
            got = attempt(answer, image.clone())
        got = tensor(torch.from_numpy(got.copy()) if _is_numeric_array(got) else got)
        shape, before = tuple(got.shape), f"[1, 3, {height}, {width}]"
        wrong_if(
            shape in ((1, height, width, 3), (height, width, 3, 1)),
            f"The batch is still there: {list(shape)}. matplotlib takes one picture: image[0].",
        )
        wrong_if(
            shape == (3, height, width) and height != 3,
            f"{list(shape)} has the channels first. matplotlib wants them last.",
        )
        wrong_if(
            (shape == (width, height, 3) and height != width) or same(got, right.transpose(0, 1)),
            f"{list(shape)}: height and width are swapped, so the picture lies on its side. The height comes "
            "first.",
        )
        wrong_if(
            shape != (height, width, 3),
            f"{before} should become [{height}, {width}, 3]; yours is {list(shape)}.",
        )
        wrong_if(
            same(got, image.reshape(height, width, 3)),
            "The shape is right and the picture is scrambled: reshape deals the same numbers out in the same "
            "order. permute moves the dimensions.",
        )
        wrong_if(same(got, right.flip(-1)), "The channels are in reverse order: red and blue are swapped.")
        wrong_if(
            same(got, (right * 255).floor()) or same(got, (right * 255).round()) or same(got, right * 255),
            "The numbers are 255 times as large. Floats from 0 to 1 are fine for matplotlib: keep them.",
        )
        wrong_if(
            not same(got, right),
            "The shape is right, but the numbers are in the wrong places. Entry [row, column] should hold "
            "the three channels of that pixel: only permute the dimensions.",
        )
    return "permute moves whole dimensions, so each pixel keeps its own three colours."


def _is_numeric_array(got: Any) -> bool:
    """Tell whether this is a NumPy array of numbers."""
    return isinstance(got, np.ndarray) and got.dtype.kind in "fiu"


@exercise("00.10")
def mean_squared_error(answer: Callable) -> str:
    """Grade ``answer(predictions, targets)`` for shapes [N] and [N, 1]."""

    def result(predictions: Tensor, targets: Tensor) -> float:
        n = len(predictions)
        got = attempt(answer, predictions.clone(), targets.clone())
        wrong_if(got is None, "Your function returns nothing. Its last line should start with `return`.")
        if isinstance(got, Tensor) and n > 1:
            wrong_if(
                got.shape == (n, n),
                f"[{n}] and [{n}, 1] broadcast to [{n}, {n}]: every prediction meets every target. Give both "
                "the same shape; then take the mean.",
            )
            wrong_if(got.shape in ((n,), (n, 1)), "One number for each pair: now take the mean of them all.")
        return numbers(got, 0, "Return one number, for all predictions together.")

    predictions, targets = torch.tensor([1.0, 2.0, 4.0, 8.0]), torch.tensor([[2.0], [5.0], [3.0], [4.0]])
    got = result(predictions, targets)  # differences -1, -3, 1, 4
    every = (predictions - targets) ** 2

    def close(value: float | Tensor) -> bool:
        return abs(got - float(value)) < 1e-4

    wrong_if(
        close(every.mean()),
        "That is the mean over 4 x 4 differences: [4] and [4, 1] broadcast to [4, 4], so every prediction "
        "met every target. Give both the same shape first.",
    )
    wrong_if(close(every.sum()), "That is the sum of 4 x 4 squares. Give both the same shape, then the mean.")
    wrong_if(close(27), "27 is the sum of the squares. Divide by their number, or take the mean.")
    wrong_if(close(2.25), "2.25 is the mean of the absolute differences. Square them instead.")
    wrong_if(
        close(0.25) or close(-0.25), "The differences aren't squared, so those of opposite sign cancel out."
    )
    wrong_if(close(0.0625), "You squared the mean. Square each difference, then take the mean.")
    wrong_if(close(6.75**0.5), "That is the root of the right number. Leave the root out.")
    wrong_if(close(9), "27 / 3: there are 4 pairs, so divide by 4.")
    wrong_if(not close(6.75), f"The squares are 1, 9, 1, 16, and their mean is 6.75; you have {got:g}.")
    cases = [
        (torch.tensor([0.5, -1.0, 3.0]), torch.tensor([[0.5], [-1.0], [3.0]])),
        (torch.tensor([2.0]), torch.tensor([[5.0]])),
        (torch.tensor([0.0, 1.5, -2.0, 0.5, 1.0]), torch.tensor([[1.0], [-1.0], [0.0], [2.0], [-3.0]])),
    ]
    for predictions, targets in cases:
        right = ((predictions - targets[:, 0]) ** 2).mean().item()
        got = result(predictions, targets)
        wrong_if(
            not close(right),
            f"For {predictions.tolist()} and {targets.tolist()} it is {right:g}; you have {got:g}.",
        )
    return "Perfect predictions give 0; with the broadcast they would not."


@exercise("00.11")
def standardise(answer: Callable) -> str:
    """Grade ``answer(images)``: each channel minus its mean, divided by its standard deviation."""
    errors = {
        "must match the size": "What is left of the mean is lined up from the right, and doesn't fit there. "
        "You need one mean for each channel, [1, 3, 1, 1]: name dims 0, 2 and 3, with keepdim=True.",
        "must be broadcastable": "The means should have shape [1, 3, 1, 1]: keepdim=True.",
    }
    for shape in ((4, 3, 2, 3), (2, 3, 4, 5), (1, 3, 3, 3), (3, 3, 3, 3)):  # width 3 hides a lost keepdim
        torch.random.manual_seed(0)
        scale, level = torch.tensor([0.2, 0.5, 2.0])[:, None, None], torch.tensor([0.5, -1.0, 3.0])
        images = torch.randn(shape) * scale + level[:, None, None]
        given = images.clone()
        with explained(errors):
            got = tensor(attempt(answer, given))
        wrong_if(got.shape != shape, f"The shape should stay {list(shape)}; yours is {list(got.shape)}.")
        for wrong, hint in _standardised_wrongly(images):
            wrong_if(same(got, wrong, 1e-3), hint)
        std, mean = torch.std_mean(images, dim=(0, 2, 3), keepdim=True)
        if not same(got, (images - mean) / std, 1e-3):  # so that a learner may add a tiny number to std
            means = [round(value, 3) + 0.0 for value in got.double().mean(dim=(0, 2, 3)).tolist()]
            stds = [round(value, 3) + 0.0 for value in got.double().std(dim=(0, 2, 3)).tolist()]
            raise WrongAnswer(
                "Afterwards each channel should have mean 0 and standard deviation 1, over all images and "
                f"pixels together. Images of {list(shape)} have means {means} and deviations {stds}."
            )
        wrong_if(
            not torch.equal(given, images),
            "The result is right, but the images that were given have changed too. -= and /= work in place: "
            "make a new tensor.",
        )
    return "Mean 0 and deviation 1 for each channel, also where the width is 3 and nothing warns you."


def _standardised_wrongly(images: Tensor) -> list[tuple[Tensor, str]]:
    """Return what the likely mistakes make of images, each with its hint."""
    std, mean = torch.std_mean(images, dim=(0, 2, 3), keepdim=True)
    wrong = [
        (images - mean, "The means are gone, but nothing was divided: divide by the standard deviation too."),
        (images / std, "You divided, but no mean was subtracted. Subtract the mean first."),
        (
            images - mean / std,
            "Division comes before subtraction: put brackets round the difference, (images - mean) / std.",
        ),
        ((images - mean) / std**2, "You divided by the variance. Its root is the standard deviation: std()."),
        (
            (images - mean) / images.std(dim=(0, 2, 3), keepdim=True, correction=0),
            "Almost: your standard deviation divides by n. torch's own, std(), divides by n - 1: use that.",
        ),
        (
            (images - images.mean()) / images.std(),
            "That is one mean and one deviation for all channels together. Each channel has its own.",
        ),
        (
            (images - mean) / images.std(),
            "Each channel has its own mean, but you divide all by one deviation. Give std() the dims too.",
        ),
    ]
    by_dims = {
        (
            1,
            2,
            3,
        ): "That is a mean for each image. Each channel needs one, over all images: dim 0 goes, dim 1 stays.",
        (2, 3): "Each image has means of its own there. Take them over all images too: dim 0 goes as well.",
        (0,): "That is a mean for each pixel. Height and width have to go too: dims 2 and 3.",
        (1,): "dim=1 mixes the channels of a pixel. Name the dims that *disappear*: all but the channels.",
    }
    for dims, hint in by_dims.items():
        if not (dims == (2, 3) and len(images) == 1) and not (dims == (0,) and len(images) == 1):
            own_std, own_mean = torch.std_mean(images, dim=dims, keepdim=True)
            wrong.append(((images - own_mean) / own_std, hint))
    if images.shape[3] == 3:
        wrong.append(
            (
                (images - mean.flatten()) / std.flatten(),
                "No error, and wrong: the means have shape [3] and so has the width, so each *column* got a "
                "mean. Let them be [1, 3, 1, 1]: keepdim=True.",
            )
        )
    return wrong
