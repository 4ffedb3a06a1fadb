"""Lesson 00, tensors: its exercises."""

import math
from collections import Counter
from functools import partial

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

from helpers.course.exercises import RESULT, When, differs, exercise
from helpers.course.observing import is_alike, plain

AGAIN, OTHER_SEED = "the result of a second call", "the result for another seed"
TIMES, SHAPES = "how often you draw the same number", "the list of the shapes that you draw"
near = partial(is_alike, tolerance=1e-5)


class Noted(TorchFunctionMode):
    """Note what is drawn and made, and the devices of tensors that meet in one call."""

    def __init__(self):
        super().__init__()
        self.drawn, self.made, self.devices = [], [], set()

    def __torch_function__(self, func, types, args=(), kwargs=None):
        result, name = func(*args, **(kwargs or {})), getattr(func, "__name__", "")
        if name.startswith(("rand", "normal", "uniform")):
            self.drawn.append(result.clone())
        self.made += [result] if isinstance(result, Tensor) else []
        devices = [part.device.type for part in args if isinstance(part, Tensor)]
        if len(devices) > 1 and name != "to":
            self.devices.update(devices)
        return result


def draws_seen(answer):
    """Call with seed 7, with seed 7 again, and with seed 8."""
    try:
        with Noted() as noted:
            seen = {RESULT: answer(7)}
        seen |= {AGAIN: answer(7), OTHER_SEED: answer(8)}
    finally:
        if overwritten := not callable(torch.manual_seed):
            torch.manual_seed = torch.random.manual_seed
    numbers = Counter(number for draw in noted.drawn for number in draw.flatten().tolist())
    return {**seen, TIMES: min(max(numbers.values(), default=0), 2), "_overwritten": overwritten}


def seeded(*shape, then=lambda drawn: drawn):
    """Return an answer that sets the seed, draws, and changes what it drew."""
    return lambda seed: torch.manual_seed(seed) and then(torch.rand(shape))


def seed_mistakes(solution):
    """Return the mistakes with the seed and the kind of draw."""
    return {
        "`torch.manual_seed = …` puts a number in the place of the function. (It is back now.) To call it, "
        "write `torch.manual_seed(seed)`.": When(
            lambda got, right: got["_overwritten"], (lambda seed: setattr(torch, "manual_seed", seed),)
        ),
        "That is torch's generator. Set the seed, then draw, and return what you drew.": torch.manual_seed,
        "Draw with torch.rand: its numbers lie between 0 and 1.": When(
            lambda got, right: ((got[RESULT][0].view_as(right[RESULT][0]) - 0.5).abs() >= 0.5).any(),
            (lambda seed: [9 * part for part in solution(seed)],),
        ),
        "The seeds 7 and 8 give the same numbers. Use the seed that the function is given.": When(
            lambda got, right: near(got[RESULT][0].view_as(right[RESULT][0]), got[OTHER_SEED][0]),
            (lambda seed: solution(42),),
        ),
        "Two calls with seed 7 differ. A seed helps the draws after it, so before each draw, write "
        "`torch.manual_seed(seed)`.": When(
            lambda got, right: not near(got[RESULT], got[AGAIN]), (lambda seed: solution(torch.seed()),)
        ),
    }


SEED_ERRORS = {r"seed\(\) (missing|takes)|seed=int": "Before you draw, write `torch.manual_seed(seed)`."}


def random_square(seed):
    torch.manual_seed(seed)
    return torch.rand(7, 7)


exercise(
    "00.1",
    random_square,
    observe=lambda answer: {**draws_seen(answer), TIMES: "as you like"},
    says="The same seed gives the same 49 numbers, whatever was drawn before.",
    mistakes={
        "49 numbers in a row have shape [49]. Ask for 7 rows of 7.": seeded(49),
        "That is one row of 7 numbers. Give both sizes, rows and columns.": seeded(7),
        "[7, 7] has two dimensions; yours has three.": seeded(1, 7, 7),
        "Draw the square first, right after setting the seed.": seeded(3, then=lambda _: torch.rand(7, 7)),
        **seed_mistakes(random_square),
    },
    errors=SEED_ERRORS,
    also_right=[
        seeded(49, then=lambda x: x.reshape(7, 7)),
        lambda seed: torch.rand(7, 7, generator=torch.Generator().manual_seed(seed)),
    ],
)


def times_row(square, row):
    return square @ row.T  # [7, 7] @ [7, 1] -> [7, 1]


exercise(
    "00.2",
    times_row,
    probes=[(torch.arange(49.0).reshape(7, 7), torch.tensor([[3.0, 1, 4, 1, 5, 9, 2]]))],
    says="[7, 7] times [7, 1]: the inner 7s meet and vanish, and [7, 1] is left.",
    mistakes={
        "`*` multiplies entry by entry. The matrix product is `@`.": lambda s, r: s * r,
        "The inner numbers must be equal, here 7 and 7: write `square @ row.T`.": lambda s, r: s @ r,
        "The shape is [1, 7]: the row came first. Write `square @ row.T`.": lambda s, r: r @ s,
        "Right numbers, but in a row, [1, 7]: write `square @ row.T`.": lambda s, r: (s @ r.T).T,
        "Right numbers, but in shape [7]. square @ row.T keeps both dimensions.": lambda s, r: s @ r[0],
        "(row @ square).T is square.T @ row.T. Transpose only the row.": lambda s, r: s.T @ r.T,
        "Multiply each row of the square by `row`, then add up.": lambda s, r: s.sum(dim=1, keepdim=True),
        "That is one number. Each of the 7 rows gives one of its own.": lambda s, r: (s * r).sum(),
    },
    also_right=[lambda s, r: (r @ s.T).T, lambda s, r: (s * r).sum(dim=1, keepdim=True)],
)


def same_twice(seed):
    torch.manual_seed(seed)
    first = torch.rand(2, 3)
    torch.manual_seed(seed)
    second = torch.rand(2, 3)
    return first, second


exercise(
    "00.3",
    same_twice,
    observe=draws_seen,
    says="A seed fixes the whole sequence of draws; setting it again starts the sequence again.",
    mistakes={
        "Return the two tensors: write `return first, second`.": tuple(
            lambda seed, of=of: of(*same_twice(seed)) for of in (torch.equal, torch.eq, lambda one, two: two)
        ),
        "Each should have 2 rows and 3 columns.": lambda seed: (seeded(3, 2)(seed), seeded(3, 2)(seed)),
        "The second is only a copy. Set the seed again, and draw again.": seeded(2, 3, then=lambda x: (x, x)),
        "The second tensor differs from the first: each draw goes on where the last one stopped. Set the "
        "same seed again before the second draw.": (
            seeded(2, 3, then=lambda x: (x, torch.rand(2, 3))),
            lambda seed: (seeded(2, 3)(seed), seeded(2, 3)(seed + 1)),
        ),
        **seed_mistakes(same_twice),
    },
    errors=SEED_ERRORS,
    also_right=[lambda seed: [torch.rand(2, 3, generator=torch.manual_seed(seed)) for _ in range(2)]],
)


def product_on(device):
    first = torch.rand(2, 3, device=device)
    second = torch.rand(2, 3, device=device)
    return first @ second.T  # [2, 3] @ [3, 2] -> [2, 2]


def product_seen(answer):
    """Look at the shapes and numbers on the CPU, and at the devices on both."""
    with Noted() as on_cpu:
        got = answer("cpu")
    with Noted() as on_meta:
        result = answer("meta")
    devices = [getattr(part, "device", "none") for part in (got, result)]
    drawn = [part.double() for draw in on_cpu.drawn for part in draw.reshape(-1, *draw.shape[-2:])]
    shapes = [list(part.shape) for part in drawn]
    if shapes == [[2, 3], [2, 3]]:
        made = [part.double() for part in on_cpu.made if part.shape == (2, 3)]  # also by 2 * torch.rand(2, 3)
        pairs = [drawn, drawn[::-1], *((one, two) for one in made for two in made if not near(one, two))]
        got = "first @ second.T" if any(near(plain(got), one @ other.T) for one, other in pairs) else got
    return {
        RESULT: got,
        SHAPES: shapes,
        'the devices of the results for "cpu" and "meta"': [str(device) for device in devices],
        'the device that multiplies for "meta"': " and ".join(sorted(on_meta.devices)),
    }


def on(change, second=None):
    """Return an answer that draws two tensors on the device and gives them to `change`."""
    return lambda device: change(torch.rand(2, 3, device=device), torch.rand(2, 3, device=second or device))


exercise(
    "00.4",
    product_on,
    observe=product_seen,
    says="The same line makes its tensors on a CPU, on a GPU, or on a device that only knows shapes.",
    errors={"(out of|convert|called on) meta": "The result stays on the device: copy nothing to the CPU."},
    mistakes={
        "`*` multiplies entry by entry. The matrix product is `@`.": on(lambda a, b: a * b),
        "[2, 3] fits [3, 2]: transpose the second, and only the second.": on(lambda a, b: a @ b),
        "A [3, 3] result: the first was transposed. Transpose the second.": on(lambda a, b: a.T @ b),
        "reshape puts numbers in other places. Write `second.T`.": on(lambda a, b: a @ b.reshape(3, 2)),
        "That is a tensor times itself: write `first @ second.T`.": on(lambda a, b: a @ a.T),
        "The product has four numbers: don't add them up.": on(lambda a, b: (a @ b.T).sum()),
        "Draw two random tensors with torch, both of shape [2, 3], and nothing else. Transpose the second "
        "only when you multiply.": differs(
            SHAPES, lambda device: torch.rand(2, 3, device=device) @ torch.rand(3, 2, device=device)
        ),
        "Both tensors must be on the device that was asked for.": on(lambda a, b: a @ b.T, second="cpu"),
        'For the device "meta" your result is on the CPU. Make both tensors on the device that the function '
        "is given: write `torch.rand(2, 3, device=device)`.": lambda device: product_on("cpu"),
        "The product was computed on the CPU, and only then moved. Make both tensors on the device, so that "
        "it does the work.": lambda device: product_on("cpu").to(device),
    },
    also_right=[
        on(lambda a, b: b @ (10 * a - 5).T),
        lambda device: torch.einsum("ik,jk->ij", *torch.randn(2, 2, 3, device=device)),
        lambda device: torch.randn(2, 3).to(device) @ torch.rand(2, 3).to(device).T,
    ],
)


def summary(x):
    return x.min().item(), x.max().item(), x.float().mean().item()


def mean_by(mean):
    """Return a summary with another mean."""
    return lambda x: (x.min().item(), x.max().item(), mean(x))


exercise(
    "00.5",
    summary,
    probes=[
        (torch.tensor([[3, 9, 2], [8, 1, 4]]),),  # 27 in all, mean 4.5
        (torch.tensor([-5, -2, -2, -6]),),
        (torch.tensor([[[200, 100], [250, 3]]], dtype=torch.uint8),),
    ],
    says="min and max of whole numbers are whole; a mean needs floats.",
    looks={"the kind of the numbers": lambda got: "tensors" if "tensor(" in str(got) else "plain Python"},
    mistakes={
        "A mean of whole numbers needn't be whole. Make floats first: x.float().": mean_by(torch.mean),
        "Python's min, max and sum go through the rows of a tensor. Use the tensor's own methods, such as "
        "x.min().": lambda x: (min(x), max(x), sum(x) / len(x)),
        "These are tensors. item() makes a number of each.": lambda x: (x.min(), x.max(), x.float().mean()),
        "The order should be smallest, largest, mean.": lambda x: summary(x)[2:] + summary(x)[:2],
        "len(x) counts rows. x.numel() counts the entries.": mean_by(lambda x: x.sum().item() / len(x)),
        "27 is the sum. Divide it by the number of entries, x.numel().": mean_by(lambda x: x.sum().item()),
        "That is halfway from 1 to 9, not the mean.": mean_by(lambda x: (x.min() + x.max()).item() / 2),
        "4.5 was cut to a whole number. Keep the decimals.": mean_by(lambda x: int(x.float().mean())),
        "Those are positions, not entries.": lambda x: (int(x.argmin()), int(x.argmax()), summary(x)[2]),
        "Leave the dim out, for one number each.": lambda x: (x.amin(0), x.amax(0), x.float().mean(0)),
        "Return three numbers: the smallest, the largest, the mean.": lambda x: summary(x)[2],
        "A sum in uint8 starts again at 0 after 255. Make floats before you add up, which x.float() does, or "
        "let sum() choose the dtype.": mean_by(lambda x: x.sum(dtype=x.dtype).item() / x.numel()),
    },
    also_right=[
        lambda x: [x.numpy().min(), x.numpy().max(), x.numpy().mean()],
        lambda x: (float(x.min()), float(x.max()), x.sum().item() / x.numel()),
    ],
)


def position_of_largest(matrix):
    position = matrix.argmax().item()  # counted through all rows, one after the other
    columns = matrix.shape[1]
    return position // columns, position % columns


exercise(
    "00.6",
    position_of_largest,
    probes=[
        (torch.tensor([[1, -10, 7, 2], [4, 3, 9, 8], [5, 1, 6, 2]]),),
        (torch.tensor([[-4.0, -3.5], [-7.0, -0.5], [-2.0, -8.0], [-6.0, -5.0]]),),
        (torch.tensor([[9, 1, 1], [7, 8, 1], [7, 2, 8]]),),
    ],
    says="argmax counts through the rows; dividing by the number of columns gives row and column back.",
    mistakes={
        "Leave the dim out, to search the whole matrix.": (lambda m: m.argmax(0), lambda m: m.argmax(1)),
        "nonzero() gives a list of positions. Take the only one: [0].": lambda m: (m == m.max()).nonzero(),
        "6 is the position if all rows stand one after the other. Make a row and a column of it: how many "
        "entries has a row?": lambda m: m.argmax(),
        "9 is the largest entry itself. Its position was asked for.": lambda m: m.max(),
        "Yours is (column, row). The row comes first.": lambda m: position_of_largest(m)[::-1],
        "That is the place of the smallest entry, -10.": lambda m: position_of_largest(-m),
        "Divide by the number of columns, not of rows.": lambda m: divmod(int(m.argmax()), len(m)),
        "A row is whole: divide with //.": lambda m: (m.argmax() / m.shape[1], m.argmax() % m.shape[1]),
        "Count rows and columns from 0.": lambda m: [i + 1 for i in position_of_largest(m)],
        "There needn't be 4 columns: matrix.shape[1] has their number.": lambda m: divmod(int(m.argmax()), 4),
        "All entries may be below 0: don't start from 0.": tuple(
            lambda m, at=at: position_of_largest(m) if m.max() > 0 else at for at in (None, (0, 0))
        ),
        "The largest entry needn't be in the row with the largest sum. Compare the entries, and not what "
        "they add up to.": lambda m: (i := m.sum(1).argmax(), m[i].argmax()),
        "Return the column too: two numbers.": lambda m: position_of_largest(m)[0],
    },
    also_right=[
        lambda matrix: torch.where(matrix == matrix.max()),
        lambda matrix: (matrix == matrix.max()).nonzero()[0],
        lambda matrix: np.unravel_index(matrix.numpy().argmax(), matrix.shape),
    ],
)


def squeezed(seed):
    torch.manual_seed(seed)
    x = torch.rand(1, 1, 1, 10)
    return x, x.squeeze()


def drawn_and(second):
    """Return an answer that draws [1, 1, 1, 10], and makes the second tensor of it."""
    return seeded(1, 1, 1, 10, then=lambda x: (x, second(x)))


exercise(
    "00.7",
    squeezed,
    observe=draws_seen,
    says="squeeze takes dimensions of size 1 out and touches no number.",
    mistakes={
        "The other way round: first [1, 1, 1, 10], then [10].": lambda seed: squeezed(seed)[::-1],
        "Both are [10]. Let the first be as drawn; squeeze_() would change it.": drawn_and(Tensor.squeeze_),
        "Both are [1, 1, 1, 10]. Return what x.squeeze() gives, without a number.": drawn_and(lambda x: x),
        "A dimension of size 1 is left. Give squeeze() no number.": drawn_and(lambda x: x.squeeze(0)),
        "The first should have shape [1, 1, 1, 10].": seeded(1, 1, 10, then=lambda x: (x, x.squeeze())),
        "Return two: the one that you drew, then the squeezed one.": lambda seed: squeezed(seed)[1],
        "You drew twice. Draw once, and squeeze what you drew: squeeze() gives the same numbers in another "
        "shape.": (drawn_and(lambda x: torch.rand(10)), lambda seed: (squeezed(seed)[0], squeezed(seed)[1])),
        **seed_mistakes(squeezed),
    },
    errors=SEED_ERRORS,
    also_right=[
        drawn_and(lambda x: x.flatten().clone()),
        seeded(10, then=lambda x: (x.reshape(1, 1, 1, 10), x)),
    ],
)


def one_number_each(output):
    return output.squeeze(dim=1)  # [N, 1] -> [N]


exercise(
    "00.8",
    one_number_each,
    probes=[(torch.tensor([[0.5], [-1.0], [2.0], [0.25]]),), (torch.full((1, 1), 2.5),), (torch.ones(2, 1),)],
    says="squeeze(dim=1) takes out one dimension, and a batch of one stays a batch.",
    looks={"the kind of what you return": lambda got: "tensor" if isinstance(got, Tensor) else "other"},
    mistakes={
        "A batch of one, [1, 1], became a tensor without dimensions: squeeze() takes *every* 1 out. Say "
        "which one.": lambda x: x.squeeze(),
        "The shape is still [4, 1]. Return what squeeze(dim=1) gives.": lambda x: x.squeeze(0),
        "[1, 4] still has two dimensions. Take the one of size 1 out.": lambda x: x.T,
        "Of 4 numbers, one is left. Keep all rows, and take out the dimension of size 1.": lambda x: x[0],
        "unsqueeze adds a dimension of size 1. squeeze takes one out.": lambda x: x.unsqueeze(1),
        "Those are positions. The numbers should stay as they are.": lambda x: x.argmax(dim=1),
        "N may be another number than 4. Name the dimension to take out.": lambda x: x.reshape(4),
        "Right numbers, in a list or an array. Return a tensor.": lambda x: x.flatten().tolist(),
    },
    also_right=[
        lambda x: x.flatten(),
        lambda x: x[:, 0],
        lambda x: torch.tensor([number.item() for number in x]),
    ],
)


def as_picture(image):
    return image[0].permute(1, 2, 0)  # [3, H, W] -> [H, W, 3]


exercise(
    "00.9",
    as_picture,
    probes=[(torch.linspace(0.1, 0.9, 3 * h * w).reshape(1, 3, h, w),) for h, w in ((4, 5), (6, 2), (4, 1))],
    says="permute moves whole dimensions, so each pixel keeps its own three colours.",
    mistakes={
        "permute wants each dimension once: three of image[0], [3, H, W].": lambda x: x.permute(1, 2, 0),
        "A picture that is 1 pixel wide lost its width: a bare squeeze() takes every 1 out. Take only the "
        "batch away, with image[0].": lambda x: x.squeeze().permute(1, 2, 0),
        "The batch is still there. One picture is wanted: image[0].": lambda x: x.permute(0, 2, 3, 1),
        "The channels come first. matplotlib wants them last: [H, W, 3].": lambda x: x[0],
        "Height and width are swapped, so the picture lies on its side.": lambda x: x[0].permute(2, 1, 0),
        "The picture is scrambled: reshape deals out the numbers in the same order. To move dimensions, "
        "permute.": (lambda x: x.view(*x.shape[2:], 3), lambda x: x.swapaxes(1, 3).reshape(*x.shape[2:], 3)),
        "[3, H, W] should become [H, W, 3]; yours begins with W.": lambda x: x[0].permute(2, 0, 1),
        "That has no colours. Keep all three channels, last.": (lambda x: x[0].mean(0), lambda x: x[0, 0]),
        "The channels are in reverse order: red and blue are swapped.": lambda x: as_picture(x.flip(1)),
        "The numbers are 255 times as large. matplotlib takes floats from 0 to 1 as they are: leave the "
        "factor out.": (lambda x: as_picture(x) * 255, lambda x: (as_picture(x) * 255).byte()),
    },
    also_right=[
        lambda x: np.transpose(x.numpy()[0], (1, 2, 0)),
        lambda x: x.squeeze(0).movedim(0, -1),
        lambda x: torch.stack([x[0, 0], x[0, 1], x[0, 2]], dim=2),
    ],
)


def mean_squared_error(predictions, targets):
    differences = predictions - targets.squeeze(dim=1)  # [N]
    return (differences**2).mean()


exercise(
    "00.10",
    mean_squared_error,
    probes=[
        (torch.tensor([1.0, 2, 4, 9]), torch.tensor([[3.0], [5], [3], [4]])),  # -2, -3, 1, 5
        (torch.tensor([0, 1.5, -2, 0.5, 1]), torch.tensor([[1.0], [-1], [0], [2], [-3]])),
    ],
    says="Perfect predictions give 0; with the broadcast they would not.",
    errors={"ambiguous": "nn.MSELoss() makes the loss; then call it.", "xor": "A square is **2, not ^2."},
    mistakes={
        "[4] and [4, 1] broadcast to [4, 4]: every prediction meets every target. Give both the same shape, "
        "by targets.squeeze(dim=1), before you subtract. Then take the mean of the 4 squares.": tuple(
            lambda p, t, end=end: end((p - t) ** 2)
            for end in (torch.mean, torch.sum, torch.clone, lambda x: x.sum() / len(x), lambda x: x.mean(0))
        ),
        "39 is the sum of the squares. Take the mean.": lambda p, t: ((p - t[:, 0]) ** 2).sum(),
        "2.75 is the mean of the absolute differences. Square them.": lambda p, t: F.l1_loss(p, t[:, 0]),
        "Opposite signs cancel out. Square each difference first.": lambda p, t: (p - t[:, 0]).mean(),
        "You squared the mean. Square each difference, then take the mean.": lambda p, t: (p - t).mean() ** 2,
        "Subtract first, then square.": lambda p, t: (p**2 - t[:, 0] ** 2).mean(),
        "That is the root of the right number.": lambda p, t: mean_squared_error(p, t).sqrt(),
        "You have the square for each pair. Now take their mean.": lambda p, t: (p - t[:, 0]) ** 2,
        "39 / 3: leave the - 1 out.": lambda p, t: ((p - t[:, 0]) ** 2).sum() / (len(p) - 1),
        "There may be any number of pairs, not 4 only.": lambda p, t: ((p - t[:, 0]) ** 2).sum() / 4,
    },
    also_right=[
        lambda p, t: sum((a - b) ** 2 for a, b in zip(p, t, strict=True)) / len(p),
        lambda p, t: F.mse_loss(p, t.flatten()).item(),
        lambda p, t: np.mean((p.numpy() - t.numpy().ravel()) ** 2),
    ],
)


def standardise(images):
    mean = images.mean(dim=(0, 2, 3), keepdim=True)  # [1, 3, 1, 1]
    std = images.std(dim=(0, 2, 3), keepdim=True)  # [1, 3, 1, 1]
    return (images - mean) / std


mean_of = partial(torch.mean, dim=(0, 2, 3), keepdim=True)
std_of = partial(torch.std, dim=(0, 2, 3), keepdim=True)


def over(**dims):
    """Return an answer that takes mean and deviation over other dimensions."""
    return lambda x: (x - mean_of(x, **dims)) / std_of(x, **dims)


exercise(
    "00.11",
    standardise,
    # A width of 3 hides a lost keepdim.
    probes=[
        (torch.linspace(0, 2, math.prod(shape)).reshape(shape) ** 3,)
        for shape in ((4, 3, 2, 3), (2, 3, 4, 5), (3, 3, 3, 3))
    ],
    says="Mean 0 and deviation 1 for each channel, also where the width is 3 and nothing warns you.",
    tolerance=1e-4,  # so that a learner may add a tiny number to the deviation
    mistakes={
        "The means are gone. Divide by the standard deviation too.": lambda x: x - mean_of(x),
        "No mean was subtracted. Subtract it, then divide.": lambda x: x / std_of(x),
        "Division comes first: write `(images - mean) / std`.": lambda x: x - mean_of(x) / std_of(x),
        "You divided by the variance. Its root is std().": lambda x: (x - mean_of(x)) / std_of(x) ** 2,
        "torch's std() divides by n - 1, yours by n.": lambda x: (x - mean_of(x)) / std_of(x, correction=0),
        "Each channel has its own mean and deviation: name the dims.": lambda x: (x - x.mean()) / x.std(),
        "Each channel has its own deviation: give std() the dims.": lambda x: (x - mean_of(x)) / x.std(),
        "Each channel has its own mean: give mean() the dims.": lambda x: (x - x.mean()) / std_of(x),
        "Each image has its own means there: dim 0 has to go too.": tuple(
            over(dim=dim, keepdim=keep) for dim in ((1, 2, 3), (2, 3)) for keep in (True, False)
        ),
        "That is a mean for each pixel. Height and width have to go too: dims 2 and 3.": over(dim=0),
        "dim=1 mixes the channels. Name the other dims.": (over(dim=1), over(dim=1, keepdim=False)),
        "The means have shape [3], and that is lined up with the width. Where the width is 3 you get no "
        "error, and each *column* its own mean. Let them be [1, 3, 1, 1]: keepdim=True.": over(keepdim=False),
        "Shapes are lined up from the right, so [3, 1] meets the height. The shape should be [1, 3, 1, 1]: "
        "keepdim=True.": lambda x: (x - mean_of(x)[0, :, 0]) / std_of(x)[0, :, 0],
        "Take the mean over all images, not the first.": lambda x: (x - mean_of(x[:1])) / std_of(x[:1]),
        "Use the mean and the deviation, not min and max.": lambda x: (x - x.min()) / (x.max() - x.min()),
        "-= and /= change the given images. Make a new tensor.": lambda x: x.copy_(standardise(x)),
        "Return the images, standardised, not their means.": lambda x: x.mean((0, 2, 3)),
    },
    also_right=[
        lambda x: (x - mean_of(x)) / (std_of(x) + 1e-6),
        lambda x: torch.stack([(c - c.mean()) / c.std() for c in x.unbind(1)], dim=1),
    ],
)
