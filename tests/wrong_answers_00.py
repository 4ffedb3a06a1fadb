"""Lesson 00: answers that learners may well give, for tests/test_exercises.py.

`WRONG` has for each exercise (what went wrong, the answer, a regular expression that its own hint matches),
`RIGHT` has answers that are right and written in another way than the lesson's solution.
"""

import copy

import numpy as np
import torch
from torch.nn import functional as F


def seeded(draw, *, after=False):
    """Return a function that sets the seed and draws; `after` sets it only when it has drawn."""

    def answer(seed):
        if after:
            drawn = draw()
            torch.manual_seed(seed)
            return drawn
        torch.manual_seed(seed)
        return draw()

    return answer


# 00.1


def seed_of_its_own(seed):
    torch.manual_seed(42)
    return torch.rand(7, 7)


def something_drawn_before(seed):
    torch.manual_seed(seed)
    torch.rand(3)
    return torch.rand(7, 7)


def seed_overwritten(seed):
    torch.manual_seed = seed
    return torch.rand(7, 7)


def printed_square(seed):
    torch.manual_seed(seed)
    print(torch.rand(7, 7))


def seed_for_numpy(seed):
    np.random.seed(seed)
    return torch.rand(7, 7)


def numpys_numbers(seed):
    return torch.from_numpy(np.random.default_rng(seed).random((7, 7)))


def square_by_generator(seed):
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(7, 7, generator=generator)


def square_by_rows(seed):
    torch.manual_seed(seed)
    return torch.stack([torch.rand(7) for _ in range(7)])


# 00.2


def along_the_columns(square, row):
    return (square * row.T).sum(dim=0)[:, None]


def product_by_loops(square, row):
    result = torch.zeros(7, 1)
    for i in range(7):
        for j in range(7):
            result[i, 0] += square[i, j] * row[0, j]
    return result


# 00.3


def seed_once(seed):
    torch.manual_seed(seed)
    return torch.rand(2, 3), torch.rand(2, 3)


def seed_for_the_second(seed):
    first = torch.rand(2, 3)
    torch.manual_seed(seed)
    return first, torch.rand(2, 3)


def one_under_two_names(seed):
    torch.manual_seed(seed)
    first = torch.rand(2, 3)
    second = first
    return first, second


def cloned(seed):
    torch.manual_seed(seed)
    first = torch.rand(2, 3)
    return first, first.clone()


def deep_copied(seed):
    torch.manual_seed(seed)
    first = torch.rand(2, 3)
    return first, copy.deepcopy(first)


def two_seeds(seed):
    torch.manual_seed(seed)
    first = torch.rand(2, 3)
    torch.manual_seed(seed + 1)
    return first, torch.rand(2, 3)


def twice(draw, fixed=None):
    """Return a function that sets the seed and draws, two times."""

    def answer(seed):
        drawn = []
        for _ in range(2):
            torch.manual_seed(seed if fixed is None else fixed)
            drawn.append(draw())
        return tuple(drawn)

    return answer


def second_only(seed):
    torch.manual_seed(seed)
    torch.rand(2, 3)
    torch.manual_seed(seed)
    return torch.rand(2, 3)


def twice_by_generators(seed):
    return [torch.rand(2, 3, generator=torch.Generator().manual_seed(seed)) for _ in range(2)]


def twice_by_state(seed):
    torch.manual_seed(seed)
    state = torch.get_rng_state()
    first = torch.rand(2, 3)
    torch.set_rng_state(state)
    return first, torch.rand(2, 3)


def twice_in_place(seed):
    torch.manual_seed(seed)
    first = torch.empty(2, 3).uniform_()
    torch.manual_seed(seed)
    return first, torch.rand_like(first)


# 00.4


def on(change, *, second="device"):
    """Return a function that draws two tensors and gives them to `change`."""

    def answer(device):
        a = torch.rand(2, 3, device=device)
        return change(a, torch.rand(2, 3, device=device if second == "device" else second))

    return answer


def on_the_cpu(device):
    return torch.rand(2, 3) @ torch.rand(2, 3).T


def one_moved(device):
    return torch.rand(2, 3).to(device) @ torch.rand(2, 3).T


def moved_and_forgotten(device):
    a, b = torch.rand(2, 3), torch.rand(2, 3)
    a.to(device)
    b.to(device)
    return a @ b.T


def drawn_transposed(device):
    return torch.rand(2, 3, device=device) @ torch.rand(3, 2, device=device)


def drawn_right_away(device):
    return torch.rand(2, 2, device=device)


def with_itself(device):
    a = torch.rand(2, 3, device=device)
    return a @ a.T


def made_then_moved(device):
    a, b = torch.rand(2, 3), torch.randn(2, 3)
    return torch.matmul(a.to(device), b.to(device).T)


def within_a_device(device):
    with torch.device(device):
        a = torch.rand(2, 3)
        b = torch.rand_like(a)
    return a.mm(b.transpose(0, 1))


def both_in_one(device):
    a, b = torch.randn(2, 2, 3, device=device)
    return torch.einsum("ik,jk->ij", a, b)


# 00.5


def summary_of(function):
    """Return a function of smallest, largest and mean."""
    return lambda x: function(x.min().item(), x.max().item(), x.float().mean().item())


def summary_by_python(x):
    values = x.flatten().tolist()
    return min(values), max(values), sum(values) / len(values)


def summary_by_numpy(x):
    values = x.numpy()
    return [values.min(), values.max(), values.mean()]


def summary_of_floats(x):
    x = x.to(torch.float64)
    return float(x.min()), float(x.max()), float(x.mean())


def sorted_summary(x):
    values = x.flatten().sort().values
    return values[0].item(), values[-1].item(), values.sum().item() / values.numel()


# 00.6


def flat(matrix):
    return matrix.argmax().item()


def position_by_looping(matrix):
    best = (0, 0)
    for row in range(matrix.shape[0]):
        for column in range(matrix.shape[1]):
            if matrix[row, column] > matrix[best]:
                best = (row, column)
    return best


def largest_from_nought(matrix):
    best, position = 0, (0, 0)
    for row in range(matrix.shape[0]):
        for column in range(matrix.shape[1]):
            if matrix[row, column] > best:
                best, position = matrix[row, column], (row, column)
    return position


def position_by_axes(matrix):
    return matrix.max(dim=1).values.argmax().item(), matrix.max(dim=0).values.argmax().item()


def row_with_the_largest_sum(matrix):
    row = matrix.sum(dim=1).argmax().item()
    return row, matrix[row].argmax().item()


# 00.7


def drawn_then(change, draw=lambda: torch.rand(1, 1, 1, 10)):
    """Return a function that sets the seed, draws, and gives the tensor to `change`."""

    def answer(seed):
        torch.manual_seed(seed)
        return change(draw())

    return answer


def squeeze_not_kept(x):
    y = x
    y.squeeze()
    return x, y.unsqueeze(0).squeeze(0)


def squeezed_without_seed(seed):
    x = torch.rand(1, 1, 1, 10)
    return x, x.squeeze()


def squeezed_and_seeded_late(seed):
    x = torch.rand(1, 1, 1, 10)
    torch.manual_seed(seed)
    return x, x.squeeze()


def squeezed_with_its_own_seed(seed):
    torch.manual_seed(7)
    x = torch.rand(1, 1, 1, 10)
    return x, x.squeeze()


def drawn_twice_from_the_seed(seed):
    torch.manual_seed(seed)
    x = torch.rand(1, 1, 1, 10)
    torch.manual_seed(seed)
    return x, torch.rand(10)


# 00.8


def all_but_the_first(output):
    return torch.stack([row[0] for row in output])


# 00.10


def broadcast_by_torch(predictions, targets):
    return ((predictions - targets) ** 2).mean()


def by_pairs(predictions, targets):
    total = 0
    for prediction, target in zip(predictions, targets, strict=True):
        total += (prediction - target) ** 2
    return total / len(predictions)


def by_pairs_of_numbers(predictions, targets):
    pairs = zip(predictions.tolist(), targets.flatten().tolist(), strict=True)
    squares = [(p - t) ** 2 for p, t in pairs]
    return sum(squares) / len(squares)


# 00.11

DIMS = (0, 2, 3)


def over(dims, keepdim=True):
    """Return a function that standardises over these dims."""
    return lambda x: (x - x.mean(dim=dims, keepdim=keepdim)) / x.std(dim=dims, keepdim=keepdim)


def population(x):
    return (x - x.mean(dim=DIMS, keepdim=True)) / x.std(dim=DIMS, keepdim=True, correction=0)


def in_place(x):
    mean, std = x.mean(dim=DIMS, keepdim=True), x.std(dim=DIMS, keepdim=True)
    x -= mean
    x /= std
    return x


def channel_by_channel(x):
    result = torch.empty_like(x)
    for channel in range(3):
        values = x[:, channel]
        result[:, channel] = (values - values.mean()) / values.std()
    return result


def first_image_only(x):
    mean, std = x[:1].mean(dim=DIMS, keepdim=True), x[:1].std(dim=DIMS, keepdim=True)
    return (x - mean) / std


def lined_up_with_the_height(x):
    return (x - x.mean(dim=DIMS)[:, None]) / x.std(dim=DIMS)[:, None]


def standardised_by_numpy(x):
    values = x.numpy()
    mean = values.mean(axis=DIMS, keepdims=True)
    return torch.from_numpy((values - mean) / values.std(axis=DIMS, keepdims=True, ddof=1))


def standardised_by_flattening(x):
    channels = x.permute(1, 0, 2, 3).reshape(3, -1)
    return (x - channels.mean(1).view(1, 3, 1, 1)) / channels.std(1).view(1, 3, 1, 1)


WRONG = {
    "00.1": [
        ("normal distribution", seeded(lambda: torch.randn(7, 7)), "torch.randn draws"),
        ("no seed", lambda seed: torch.rand(7, 7), "Set the seed inside"),
        ("seed after drawing", seeded(lambda: torch.rand(7, 7), after=True), "Set it first, then draw"),
        ("49 in a row", seeded(lambda: torch.rand(49)), r"shape \[49\]"),
        ("7 numbers", seeded(lambda: torch.rand(7)), "one row of 7"),
        ("whole numbers", seeded(lambda: torch.randint(0, 10, (7, 7))), "whole numbers"),
        ("a seed of its own", seed_of_its_own, "seed that the function is given"),
        ("something drawn before", something_drawn_before, "nothing else in between"),
        ("a batch of one", seeded(lambda: torch.rand(1, 7, 7)), r"yours is \[1, 7, 7\]"),
        ("seed overwritten", seed_overwritten, "puts a number in the place"),
        ("printed", printed_square, "returns nothing"),
        ("seed not given", lambda seed: torch.manual_seed() and torch.rand(7, 7), "missing 1 required"),
        ("the generator", lambda seed: torch.manual_seed(seed), "of the type Generator"),
    ],
    "00.2": [
        ("entry by entry", lambda square, row: square * row, "multiplies entry by entry"),
        ("row first", lambda square, row: row @ square, "the row came first"),
        ("not transposed", lambda square, row: square @ row, "cannot be multiplied.* transpose the row"),
        ("lost a dimension", lambda square, row: square @ row[0], r"the shape is \[7\]"),
        ("the wrong one transposed", lambda square, row: square.T @ row.T, "transposed the square as well"),
        ("transposed twice", lambda square, row: (square @ row.T).T, "lie in a row"),
        ("sums of rows", lambda square, row: square.sum(dim=1, keepdim=True), "the numbers are not"),
        ("dot product", lambda square, row: (square * row).sum(), r"yours is \[\]"),
    ],
    "00.3": [
        ("seed once", seed_once, "goes on where the last one stopped"),
        ("seed for the second only", seed_for_the_second, "before the first draw too"),
        ("no seed", lambda seed: (torch.rand(2, 3), torch.rand(2, 3)), "Set the seed twice"),
        ("two names", one_under_two_names, "one tensor under two names"),
        ("a clone", cloned, "is a copy of the first"),
        ("a fixed seed", twice(lambda: torch.rand(2, 3), fixed=42), "seed that the function is given"),
        ("normal", twice(lambda: torch.randn(2, 3)), "normal distribution"),
        ("only one returned", second_only, "That is one tensor"),
        ("compared", lambda seed: torch.equal(*twice(lambda: torch.rand(2, 3))(seed)), "Return two tensors"),
        ("rows for columns", twice(lambda: torch.rand(3, 2)), r"one of yours is \[3, 2\]"),
    ],
    "00.4": [
        ("on the CPU", on_the_cpu, "on another one"),
        ("entry by entry", on(lambda a, b: a * b), "multiplies entry by entry"),
        ("the first transposed", on(lambda a, b: a.T @ b), r"A \[3, 3\] result"),
        ("not transposed", on(lambda a, b: a @ b), "shapes cannot be multiplied.*Transpose the second"),
        ("reshaped", on(lambda a, b: a @ b.reshape(3, 2)), "reshaped"),
        ("the second on the CPU", on(lambda a, b: a @ b.T, second="cpu"), "must be on the same device"),
        ("with itself", with_itself, "number of yours is 1"),
        ("with itself, two drawn", on(lambda a, b: a @ a.T), "times itself"),
        ("drawn transposed", drawn_transposed, r"you drew \[\[2, 3\], \[3, 2\]\]"),
        ("a product drawn", drawn_right_away, r"you drew \[\[2, 2\]\]"),
        ("back to the CPU", on(lambda a, b: (a @ b.T).cpu()), "nothing has to be copied"),
        ("the product moved", lambda device: on_the_cpu(device).to(device), "only then moved"),
        ("summed up", on(lambda a, b: (a @ b.T).sum()), r"yours is \[\]"),
        ("nothing drawn", lambda device: torch.ones(2, 3) @ torch.ones(2, 3).T, "nothing with torch"),
    ],
    "00.5": [
        ("whole numbers", lambda x: (x.min().item(), x.max().item(), x.mean().item()), r"x\.float\(\)"),
        ("tensors", lambda x: (x.min(), x.max(), x.float().mean()), r"\.item\(\) makes"),
        ("cut", summary_of(lambda low, high, mean: (low, high, int(mean))), "4.5; you have 4"),
        (
            "divided by rows",
            lambda x: (x.min().item(), x.max().item(), x.sum().item() / len(x)),
            "len",
        ),
        ("mean first", summary_of(lambda low, high, mean: (mean, low, high)), "another order"),
        (
            "the middle",
            summary_of(lambda low, high, mean: (low, high, (low + high) / 2)),
            "halfway",
        ),
        ("the sum", lambda x: (x.min().item(), x.max().item(), x.sum().item()), "27 is the sum"),
        ("the mean alone", summary_of(lambda low, high, mean: mean), "Return three numbers: the"),
        ("columns", lambda x: (x.amin(0), x.amax(0), x.float().mean(0)), "one of yours is a Tensor"),
        ("Python's min", lambda x: (min(x), max(x), sum(x) / len(x)), "Python's own functions"),
        (
            "as bytes",
            lambda x: (x.min().item(), x.max().item(), x.sum(dtype=x.dtype).item() / x.numel()),
            "torch.uint8 it is",
        ),
        (
            "positions",
            lambda x: (x.argmin().item(), x.argmax().item(), x.float().mean().item()),
            "you have 4 and 1",
        ),
    ],
    "00.6": [
        (
            "a fraction of a row",
            lambda matrix: (matrix.argmax().item() / 4, matrix.argmax().item() % 4),
            "//",
        ),
        ("flat", flat, "all rows stand one behind"),
        ("one axis", lambda matrix: matrix.argmax(dim=0), "the 4 columns"),
        ("the other axis", lambda matrix: matrix.argmax(dim=1), "the 3 rows"),
        ("turned", lambda matrix: divmod(flat(matrix), matrix.shape[1])[::-1], "column, row"),
        ("smallest", lambda matrix: divmod(matrix.argmin().item(), matrix.shape[1]), "smallest"),
        ("rows for columns", lambda matrix: divmod(flat(matrix), matrix.shape[0]), "of rows"),
        ("from 1", lambda matrix: [i + 1 for i in divmod(flat(matrix), matrix.shape[1])], "from 0"),
        ("the entry", lambda matrix: matrix.max(), "largest entry itself"),
        ("a fixed width", lambda matrix: divmod(flat(matrix), 4), r"it is \(1, 1\)"),
        ("all positions", lambda matrix: (matrix == matrix.max()).nonzero(), r"Take it: \[0\]"),
        ("never below nought", largest_from_nought, r"it is \(1, 1\); you have \(0, 0\)"),
        ("by sums", row_with_the_largest_sum, r"you have \(0, 1\)"),
        ("one number", lambda matrix: flat(matrix) // 4, "Return two numbers"),
    ],
    "00.7": [
        ("another draw", drawn_then(lambda x: (x, torch.rand(10))), "holds other numbers"),
        ("drawn again from the seed", drawn_twice_from_the_seed, "drew twice"),
        ("one dimension", drawn_then(lambda x: (x, x.squeeze(0))), r"shape \[1, 1, 10\]"),
        ("not kept", drawn_then(squeeze_not_kept), "keep what it returns"),
        ("in place", drawn_then(lambda x: (x, x.squeeze_())), r"Both tensors have shape \[10\]"),
        ("no seed", squeezed_without_seed, "Set the seed inside"),
        ("seed after", squeezed_and_seeded_late, "Set it first"),
        ("a fixed seed", squeezed_with_its_own_seed, "seed that the function is given"),
        ("turned", drawn_then(lambda x: (x.squeeze(), x)), "other way round"),
        ("one", drawn_then(lambda x: x.squeeze()), "That is one tensor"),
        (
            "normal",
            drawn_then(lambda x: (x, x.squeeze()), lambda: torch.randn(1, 1, 1, 10)),
            "normal distribution",
        ),
        (
            "three dimensions",
            drawn_then(lambda x: (x, x.squeeze()), lambda: torch.rand(1, 1, 10)),
            r"should have shape \[1, 1, 1, 10\]; yours has \[1, 1, 10\]",
        ),
    ],
    "00.8": [
        ("every 1", lambda output: output.squeeze(), "batch of one"),
        ("the first", lambda output: output[0], "one is left"),
        ("the wrong dim", lambda output: output.squeeze(0), "dim 1, not dim 0"),
        ("transposed", lambda output: output.T, r"transposed \[4, 1\]"),
        ("the position", lambda output: output.argmax(dim=1), "numbers should stay"),
        ("another one", lambda output: output.unsqueeze(1), r"yours is \[4, 1, 1\]"),
        ("a list", lambda output: output.flatten().tolist(), "That is a Python list"),
        ("of four", lambda output: output.reshape(4), "RuntimeError: shape"),
        ("NumPy", lambda output: output.numpy().ravel(), "torch.from_numpy"),
        ("printed", lambda output: print(output), "returns nothing"),
    ],
    "00.9": [
        ("squeezed without a dimension", lambda image: image.squeeze().permute(1, 2, 0), "H or W of 1"),
        ("reshaped", lambda image: image.reshape(*image.shape[2:], 3), "scrambled"),
        ("turned", lambda image: image[0].permute(2, 1, 0), "on its side"),
        ("batch kept", lambda image: image.permute(0, 2, 3, 1), "The batch is still there"),
        ("channels first", lambda image: image[0], "channels first"),
        ("the other way", lambda image: image[0].permute(2, 0, 1), r"yours is \[5, 3, 4\]"),
        ("a permute too many", lambda image: image.permute(1, 2, 0), "RuntimeError: permute"),
        ("blue first", lambda image: image[0].permute(1, 2, 0).flip(-1), "red and blue"),
        ("bytes", lambda image: (image[0].permute(1, 2, 0) * 255).to(torch.uint8), "255 times"),
        (
            "turned, then reshaped",
            lambda image: image[0].transpose(0, 2).reshape(*image.shape[2:], 3),
            "wrong places",
        ),
        ("grey", lambda image: image[0].mean(dim=0), r"yours is \[4, 5\]"),
    ],
    "00.10": [
        ("broadcast", broadcast_by_torch, "mean over 4 x 4"),
        ("sum", lambda p, t: ((p - t.squeeze()) ** 2).sum(), "27 is the sum"),
        ("no square", lambda p, t: (p - t.squeeze()).mean(), "aren't squared"),
        ("absolute", lambda p, t: (p - t.squeeze()).abs().mean(), "absolute"),
        ("square of the mean", lambda p, t: (p - t.squeeze()).mean() ** 2, "squared the mean"),
        ("root", lambda p, t: ((p - t.squeeze()) ** 2).mean().sqrt(), "Leave the root out"),
        ("no mean", lambda p, t: (p - t.squeeze()) ** 2, "One number for each pair"),
        ("no mean, broadcast", lambda p, t: (p - t) ** 2, r"broadcast to \[4, 4\]: every prediction meets"),
        ("sum of the broadcast", lambda p, t: ((p - t) ** 2).sum(), "sum of 4 x 4"),
        ("divided by 4", lambda p, t: ((p - t.squeeze()) ** 2).sum() / 4, "For .* you have"),
        ("n - 1", lambda p, t: ((p - t.squeeze()) ** 2).sum() / (len(p) - 1), "27 / 3"),
        ("other torch", lambda p, t: ((p - t) ** 2).sum() / len(p), "you have 34"),
    ],
    "00.11": [
        ("one for all channels", lambda x: (x - x.mean()) / x.std(), "one mean and one deviation"),
        ("an image's own", over((1, 2, 3)), "a mean for each image"),
        ("an image's and channel's own", over((2, 3)), "means of its own"),
        ("over images", over(0), "for each pixel"),
        ("over channels", over(1), "mixes the channels"),
        ("keepdim lost", over(DIMS, keepdim=False), "No error, and wrong"),
        ("lined up with the height", lined_up_with_the_height, r"must match the size.*keepdim"),
        ("not divided", lambda x: x - x.mean(dim=DIMS, keepdim=True), "nothing was divided"),
        ("not subtracted", lambda x: x / x.std(dim=DIMS, keepdim=True), "no mean was subtracted"),
        (
            "no brackets",
            lambda x: x - x.mean(dim=DIMS, keepdim=True) / x.std(dim=DIMS, keepdim=True),
            "brackets",
        ),
        (
            "variance",
            lambda x: (x - x.mean(dim=DIMS, keepdim=True)) / x.var(dim=DIMS, keepdim=True),
            "variance",
        ),
        ("by n", population, "divides by n - 1"),
        ("one deviation", lambda x: (x - x.mean(dim=DIMS, keepdim=True)) / x.std(), "Give std"),
        ("the first image's", first_image_only, "Afterwards each channel"),
        ("in place", in_place, "work in place"),
        ("between 0 and 1", lambda x: (x - x.min()) / (x.max() - x.min()), "Images of .* have means"),
        ("means alone", lambda x: x.mean(dim=DIMS), r"yours is \[3\]"),
    ],
}
# Other ways to the same mistake: their hint is that of the answer named.
SAME_MISTAKE = {
    "00.1": [
        (seed_for_numpy, "Set the seed inside"),
        (numpys_numbers, "nothing else in between"),
    ],
    "00.2": [(along_the_columns, "transposed the square as well")],
    "00.3": [(deep_copied, "is a copy of the first"), (two_seeds, "goes on where")],
    "00.4": [(one_moved, "must be on the same device"), (moved_and_forgotten, "on another one")],
}

RIGHT = {
    "00.1": [
        seeded(lambda: torch.rand(size=(7, 7))),
        seeded(lambda: torch.rand(49).reshape(7, 7)),
        seeded(lambda: torch.empty(7, 7).uniform_()),
        square_by_generator,
        square_by_rows,
    ],
    "00.2": [
        lambda square, row: torch.matmul(square, row.T),
        lambda square, row: torch.mm(square, row.transpose(0, 1)),
        lambda square, row: square @ row.reshape(7, 1),
        lambda square, row: (row @ square.T).T,
        lambda square, row: (square * row).sum(dim=1, keepdim=True),
        lambda square, row: torch.from_numpy(square.numpy() @ row.numpy().T),
        product_by_loops,
    ],
    "00.3": [
        twice(lambda: torch.rand(2, 3)),
        twice_by_generators,
        twice_by_state,
        twice_in_place,
    ],
    "00.4": [
        on(lambda a, b: torch.matmul(a, b.T)),
        on(lambda a, b: b @ a.T),
        on(lambda a, b: (a[:, None] * b).sum(dim=-1)),
        made_then_moved,
        within_a_device,
        both_in_one,
    ],
    "00.5": [
        summary_by_python,
        summary_by_numpy,
        summary_of_floats,
        sorted_summary,
        summary_of(lambda *three: list(three)),
    ],
    "00.6": [
        position_by_looping,
        position_by_axes,
        lambda matrix: torch.unravel_index(matrix.argmax(), matrix.shape),
        lambda matrix: (matrix == matrix.max()).nonzero()[0],
        lambda matrix: torch.where(matrix == matrix.max()),
        lambda matrix: np.unravel_index(matrix.numpy().argmax(), matrix.shape),
        lambda matrix: np.where(matrix.numpy() == matrix.numpy().max()),
        lambda matrix: (matrix.argmax() // matrix.shape[1], matrix.argmax() % matrix.shape[1]),
    ],
    "00.7": [
        drawn_then(lambda x: (x, x.reshape(10))),
        drawn_then(lambda x: [x, x.flatten()]),
        drawn_then(lambda x: (x, x[0, 0, 0])),
        drawn_then(lambda x: (x.reshape(1, 1, 1, 10), x), lambda: torch.rand(10)),
    ],
    "00.8": [
        lambda output: output.flatten(),
        lambda output: output.squeeze(-1),
        lambda output: output[:, 0],
        lambda output: output.reshape(len(output)),
        all_but_the_first,
    ],
    "00.9": [
        lambda image: image[0].permute(1, 2, 0).numpy(),
        lambda image: np.transpose(image.numpy()[0], (1, 2, 0)),
        lambda image: image.squeeze(0).movedim(0, -1),
        lambda image: torch.stack([image[0, 0], image[0, 1], image[0, 2]], dim=2),
        lambda image: image.permute(0, 2, 3, 1)[0].contiguous(),
    ],
    "00.10": [
        lambda p, t: ((p - t.squeeze(1)) ** 2).mean().item(),
        lambda p, t: ((p[:, None] - t) ** 2).mean(),
        lambda p, t: F.mse_loss(p, t.flatten()),
        lambda p, t: np.mean((p.numpy() - t.numpy().ravel()) ** 2),
        by_pairs_of_numbers,
    ],
    "00.11": [
        channel_by_channel,
        lambda x: (x - x.mean(DIMS, keepdim=True)) / (x.std(DIMS, keepdim=True) + 1e-6),
        standardised_by_numpy,
        standardised_by_flattening,
        lambda x: (x - x.mean(DIMS)[:, None, None]) / x.std(DIMS)[:, None, None],
        lambda x: (x.double() - x.double().mean(DIMS, True)) / x.double().std(DIMS, keepdim=True),
    ],
}
