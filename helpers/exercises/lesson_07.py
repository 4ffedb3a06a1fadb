"""Lesson 07, letters of sign language with a CNN: the graders of its exercises."""

from collections.abc import Callable, Sequence
from itertools import product
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from helpers.checks import WrongAnswer, attempt, exercise
from helpers.exercises.grading import by_hand, explained, numbers, same, wrong_if


def _tensor(got: Any, what: str = "a tensor") -> Tensor:
    """Return the answer's tensor; a hint for anything else."""
    wrong_if(got is None, "Your function returns nothing: it needs a return.")
    wrong_if(not isinstance(got, Tensor), f"Return {what}, not this {type(got).__name__}.")
    return got.detach().cpu()


@exercise("07.1")
def as_images(answer: Callable) -> str:
    """Grade ``answer(rows)``, images [N, 1, 28, 28] of rows [N, 784], row by row."""
    for n in (3, 5, 1):
        rows = torch.arange(n * 784.0).reshape(n, 784)
        right = rows.reshape(n, 1, 28, 28)
        got = _tensor(by_hand(answer, rows), "a tensor of images")
        shape = list(got.shape)
        wrong_if(shape == [n, 784], "The shape is still that of the rows. reshape() returns a new tensor.")
        wrong_if(
            shape == [n, 28, 28],
            f"{shape} has no channel. nn.Conv2d wants [N, 1, 28, 28]: a grey picture has one channel.",
        )
        wrong_if(shape == [n, 28, 28, 1], "The channel comes before height and width: [N, 1, 28, 28].")
        wrong_if(
            shape == [1, n, 28, 28] and n > 1,
            f"{shape} is one picture with {n} channels. The number of pictures comes first.",
        )
        wrong_if(shape == [28, 28] and n == 1, "A batch of one picture keeps all dimensions: [1, 1, 28, 28].")
        wrong_if(shape != list(right.shape), f"{n} rows make images {list(right.shape)}; yours are {shape}.")
        wrong_if(
            same(got, right.transpose(2, 3)),
            "Each picture is mirrored at its diagonal: rows have become columns. The first 28 numbers are "
            "the first row from the top.",
        )
        wrong_if(same(got, right.flip(2)), "The pictures stand on their heads: the first row is the top one.")
        wrong_if(same(got, right / 255), "Shape only: the numbers stay as they are. Don't divide here.")
        wrong_if(
            same(got.flatten().sort().values, rows.flatten()) and not same(got, right),
            "The numbers of different pictures, or of different rows, are mixed up: neighbours are no longer "
            "neighbours. A reshape to [N, 1, 28, 28] needs no change of order.",
        )
        wrong_if(not same(got, right), "These aren't the numbers of the rows.")
        wrong_if(
            got.dtype != rows.dtype,
            f"The numbers were {rows.dtype} and should stay so; you have {got.dtype}.",
        )
    return "The pixel below another one stood 28 places further on; now it is its neighbour again."


@exercise("07.2")
def block_shapes(answer: Callable) -> str:
    """Grade ``answer(n, size, channels)``, the shapes after each block, and after Flatten."""

    def result(n: int, size: int, channels: list[int]) -> list[list[float]]:
        hint = "Return a list of shapes, each a list such as [32, 16, 14, 14]."
        got = attempt(answer, n, size, list(channels))
        wrong_if(got is None, "Your function returns nothing: it needs a return.")
        wrong_if(not isinstance(got, tuple | list), hint)
        return [numbers(list(shape) if isinstance(shape, tuple) else shape, 1, hint) for shape in got]

    def right(n: int, size: int, channels: list[int], flat: bool = True) -> list[list[int]]:
        sizes = [size // 2 ** (block + 1) for block in range(len(channels))]
        shapes = [[n, c, s, s] for c, s in zip(channels, sizes, strict=True)]
        return shapes + [[n, channels[-1] * sizes[-1] ** 2]] * flat

    def sized(sizes: list[float]) -> list[list[float]]:
        """Return the shapes for 32 pictures and channels 16, 32, 64 if these were the sizes."""
        shapes = [[32, c, s, s] for c, s in zip((16, 32, 64), sizes, strict=True)]
        return [*shapes, [32, 64 * sizes[-1] ** 2]]

    got, wanted = result(32, 28, [16, 32, 64]), right(32, 28, [16, 32, 64])
    wrong_if(got == wanted[:3], "The blocks are right. Add the shape after nn.Flatten(), [N, numbers].")
    for mistake, hint in (
        (sized([14, 7, 3.5]), "7 pixels have no half: pooling drops the last row and column. Use //."),
        (sized([14, 7, 4]), "Pooling rounds down: 7 pixels become 3."),
        (sized([28, 28, 28]), "Each block ends in a pooling, which halves height and width."),
        (sized([14, 14, 14]), "Each block halves once more, starting with what the one before gave."),
        (sized([13, 5, 1]), "With padding=1 a convolution keeps the size: 28 x 28. Only the pooling halves."),
        ([shape[1:] for shape in wanted], "The batch is missing: N comes first in each shape, N pictures."),
        ([*wanted[:3], [32 * 576]], "Flatten keeps the batch: [N, numbers]. It flattens each picture."),
        ([*wanted[:3], [32, 64, 9]], "Flatten makes one row of each picture, channels included: [32, 576]."),
        ([*wanted[:3], [32, 9]], "Flatten takes along all channels: 64 x 3 x 3 numbers."),
        ([*wanted[:3], [32, 64 * 3]], "Each of the 64 maps has rows and columns: 64 x 3 x 3 numbers."),
        (
            [[32, s, s, c] for _, c, s, _ in wanted[:3]] + wanted[3:],
            "PyTorch has the channels before height and width: [N, C, H, W].",
        ),
        (
            [[32, c, s, s] for c, s in ((1, 14), (16, 7), (32, 3))] + [[32, 288]],
            "Those are the channels that go into each block. What comes out has the block's own number.",
        ),
    ):
        wrong_if(got == mistake, hint)
    for case in ((32, 28, [16, 32, 64]), (1, 28, [8]), (5, 64, [3, 6, 12, 10]), (2, 45, [7, 7])):
        got, wanted = result(*case), right(*case)
        n, size, channels = case
        wrong_if(
            got != wanted, f"For N {n}, size {size} and channels {channels} it is {wanted}; you have {got}."
        )
    return "Fewer places and more channels from block to block: less of where, more of what."


@exercise("07.3")
def batch_norm_by_hand(answer: Callable) -> str:
    """Grade ``answer(x, eps)``, what nn.BatchNorm2d does in training mode, without scale and shift."""
    ready = ("batch_norm", "instance_norm", "layer_norm", "group_norm")
    random = torch.Generator().manual_seed(7)

    def normalised(x: Tensor, dims: tuple[int, ...], form: str, correction: int) -> Tensor:
        mean = x.mean(dims, keepdim=True)
        var = x.var(dims, correction=correction, keepdim=True)
        below = {
            "right": (var + eps).sqrt(),
            "none": var.sqrt(),
            "outside": var.sqrt() + eps,
            "variance": var + eps,
            "square": (var + eps * eps).sqrt(),
            "minus": 1 / (var + eps).sqrt(),
            "centred": torch.ones_like(var),
        }
        return (x - mean) / below[form]

    which = {
        (0, 2, 3): "",
        (0,): "You have a mean for each pixel. Batch norm has one for each channel, over dimensions 0, 2, 3.",
        (2, 3): "You have a mean for each picture and channel. Batch norm takes all pictures of the batch "
        "together: dimensions 0, 2 and 3.",
        (
            1,
            2,
            3,
        ): "You have a mean for each picture. Batch norm has one for each channel, over dimensions 0, "
        "2 and 3.",
        (
            0,
            1,
            2,
            3,
        ): "You have one mean for everything. Batch norm has one for each channel, over dimensions "
        "0, 2 and 3.",
        (1,): "You averaged over the channels. Each channel has its own mean, over dimensions 0, 2 and 3.",
        (0, 1): "Over dimensions 0 and 1 channels are mixed up. Take 0, 2 and 3, so that one mean a channel "
        "stays.",
    }
    forms = {
        "right": "",
        "none": "eps is missing: divide by the square root of (variance + eps).",
        "outside": "eps belongs to the variance, under the root: sqrt(variance + eps).",
        "variance": "You divide by the variance. Take its square root: sqrt(variance + eps).",
        "square": "eps is added as it is, not squared.",
        "minus": "You multiply by the root. Divide by it.",
        "centred": "The mean is gone, but the spread is as before. Divide by sqrt(variance + eps).",
    }
    for shape, eps in (((4, 2, 3, 5), 0.5), ((3, 4, 2, 4), 0.1), ((2, 3, 3, 3), 1e-5), ((1, 2, 4, 4), 0.2)):
        scale = 1 + torch.arange(shape[1]).reshape(1, -1, 1, 1)
        x = torch.randn(shape, generator=random) * scale + 3 * scale
        try:
            got = _tensor(by_hand(answer, x, eps, ready_made=ready))
        except WrongAnswer as error:
            wrong_if(
                "must match the size of tensor" in str(error),
                f"{error}. A mean of shape [C] is laid along the width, the last dimension. keepdim=True "
                "keeps it [1, C, 1, 1].",
            )
            raise
        wrong_if(
            got.shape != x.shape,
            f"The result has the shape of x, {list(x.shape)}; yours has {list(got.shape)}.",
        )
        right = normalised(x, (0, 2, 3), "right", 0)
        if same(got, right, 1e-4):
            continue
        wrong_if(
            same(got, x / (x.var((0, 2, 3), correction=0, keepdim=True) + eps).sqrt(), 1e-4),
            "The mean is still there. Subtract it first.",
        )
        for (dims, where), (form, how), correction in product(which.items(), forms.items(), (0, 1)):
            if same(got, normalised(x, dims, form, correction), 1e-4):
                wrong_if(bool(where), where)
                wrong_if(bool(how), how)
                raise WrongAnswer(
                    "Your variance divides by the count less 1, as var() and std() do by themselves. Batch "
                    "norm divides by the count: var(..., correction=0)."
                )
        raise WrongAnswer(
            f"For x of shape {list(shape)} each channel should have mean 0 and a variance of nearly 1. (x - "
            "mean) / sqrt(variance + eps), with a mean and a variance for each channel, kept in shape "
            "[1, C, 1, 1]."
        )
    return (
        "The same as nn.BatchNorm2d as it starts; after that it learns a scale and a shift for each channel."
    )


@exercise("07.4")
def dropout(answer: Callable) -> str:
    """Grade ``answer(x, mask, p, training)``, dropout with a mask that says which numbers stay."""
    ready = ("dropout", "alpha_dropout", "feature_dropout")
    x = torch.tensor([[1.0, -2.0, 3.0, 4.0, 5.0], [6.0, 7.0, -8.0, 9.0, 10.0]])
    mask = torch.tensor([[True, False, True, True, True], [False, True, True, False, True]])

    def result(x: Tensor, mask: Tensor, p: float, training: bool) -> Tensor:
        got = _tensor(by_hand(answer, x, mask, p, training, ready_made=ready))
        wrong_if(
            got.shape != x.shape,
            f"The result has the shape of x, {list(x.shape)}; yours has {list(got.shape)}. What is dropped "
            "becomes 0, it isn't taken out.",
        )
        return got

    got, kept, dropped = result(x, mask, 0.2, True), x * mask, x * ~mask
    for mistake, hint in (
        (kept, "The right numbers are 0, but the others should grow: divide them by 1 - p."),
        (kept * 0.8, "You multiplied by 1 - p. Divide, so that the sum stays the same on average."),
        (kept * 0.2, "You multiplied by p. Divide by 1 - p, the share that stays on average."),
        (kept / 0.2, "You divided by p, the share that is dropped. 1 - p is the share that stays."),
        (kept * 1.2, "1 + p is not the same as 1 / (1 - p): divide by 1 - p."),
        (
            kept / mask.float().mean(),
            "You divided by the share that stays in this mask. It is 1 - p: that of all masks, on average.",
        ),
        (dropped / 0.8, "True in the mask means that the number stays; you dropped those."),
        (
            dropped,
            "True in the mask means that the number stays; you dropped those. Divide by 1 - p as well.",
        ),
        (x, "Nothing was dropped. Where the mask is False the result is 0."),
        (x / 0.8, "Nothing was dropped. Where the mask is False the result is 0."),
        (
            torch.where(mask, x / 0.8, x),
            "What the mask drops has stayed as it was. It becomes 0.",
        ),
    ):
        wrong_if(same(got, mistake), hint)
    wrong_if(not same(got, kept / 0.8), f"It should be {(kept / 0.8 + 0).tolist()}; you have {got.tolist()}.")
    for p, chosen in ((0.5, mask), (0.0, torch.ones_like(mask)), (0.9, ~mask)):
        got = result(x, chosen, p, True)
        wrong_if(
            not same(got, x * chosen / (1 - p)),
            f"The first answer, for p = 0.2, was right; the one for p = {p} is not.",
        )
    for p in (0.2, 0.5):
        got = result(x, mask, p, False)
        wrong_if(
            same(got, x * mask / (1 - p)), "With training False nothing is dropped: the result is x itself."
        )
        wrong_if(
            same(got, x * (1 - p)) or same(got, x / (1 - p)) or same(got, x * mask),
            "With training False nothing is done at all, no scaling either: the growing in training has "
            "seen to that. The result is x.",
        )
        wrong_if(not same(got, x), "With training False the result is x, as it came.")
    return "On average each number keeps its size, so the next layer meets the same scale in both modes."


HALVED = "Is 7 halved to 3.5 in yours? Pooling rounds down: size // 2."


@exercise("07.5")
def conv_net(answer: Callable) -> str:
    """Grade ``answer(channels, classes)``, a CNN of conv-BN-ReLU-pool blocks for grey 28 x 28 pictures."""
    wrong_if(
        isinstance(answer, nn.Module), "That is one net. Write a function that makes a net of any depth."
    )
    for channels, classes in (([16, 32, 64], 24), ([8], 10), ([4, 6], 3), ([4, 8, 6, 10], 5)):
        torch.manual_seed(0)
        case = f"For channels {channels} and {classes} classes"
        try:
            model = attempt(answer, list(channels), classes)
        except WrongAnswer as error:
            wrong_if("list is not a Module" in str(error), f"{error}. Mind the star: nn.Sequential(*layers).")
            wrong_if("'size' failed to unpack" in str(error), f"{error}. {HALVED}")
            raise
        wrong_if(
            isinstance(model, list | tuple | nn.ModuleList),
            "That is a list of layers. nn.Sequential(*layers) makes a model of it; mind the star.",
        )
        wrong_if(not isinstance(model, nn.Module), f"Return a model, not a {type(model).__name__}.")
        images = torch.randn(6, 1, 28, 28)
        try:
            logits = _tensor(attempt(model, images.clone()), "a model that gives a tensor")
        except WrongAnswer as error:
            wrong_if(
                "mat1 and mat2" in str(error),
                f"{error}. {case}, {channels[-1]} x {28 // 2 ** len(channels)} x {28 // 2 ** len(channels)} "
                f"numbers reach the linear layer, behind Flatten, with padding=1. {HALVED}",
            )
            wrong_if(
                "running_mean should contain" in str(error),
                f"{error}. BatchNorm2d takes the number of channels that the convolution before it puts out.",
            )
            wrong_if(
                "to have" in str(error) and "channels" in str(error),
                f"{error}. A block takes as many channels as the one before gives; the first takes 1.",
            )
            raise
        _check_layers(model, channels, classes, case)
        wrong_if(
            logits.shape != (6, classes),
            f"{case}, 6 pictures should give logits [6, {classes}]; yours are {list(logits.shape)}.",
        )
        _check_conv_net(model, images, case)
    return "Any depth in one line: [16, 32, 64] gives three blocks, as in this lesson but without dropout."


def _layers(model: nn.Module, kind: type) -> list:
    return [layer for layer in model.modules() if isinstance(layer, kind)]


def _check_layers(model: nn.Module, channels: Sequence[int], classes: int, case: str) -> None:
    """Raise a hint where the convolutions, batch norms or linear layers aren't those asked for."""
    convolutions, norms, linear = (_layers(model, kind) for kind in (nn.Conv2d, nn.BatchNorm2d, nn.Linear))
    got = [layer.out_channels for layer in convolutions]
    wrong_if(
        got != list(channels), f"{case}, the convolutions should give {channels} channels; yours: {got}."
    )
    wrong_if(not norms, "There is no nn.BatchNorm2d in your blocks.")
    got = [layer.num_features for layer in norms]
    wrong_if(got != list(channels), f"{case}, each block has one BatchNorm2d, {channels}; yours: {got}.")
    wrong_if(
        any(norm.weight is None or norm.running_mean is None for norm in norms),
        "Leave nn.BatchNorm2d as it is by itself: give it the number of channels, and no more.",
    )
    wrong_if(
        any(layer.kernel_size != (3, 3) or layer.padding not in ((1, 1), "same") for layer in convolutions),
        "Each convolution has kernel_size=3 and padding=1, so that only the pooling makes pictures smaller.",
    )
    wrong_if(
        any(layer.stride != (1, 1) for layer in convolutions),
        "Leave the stride of the convolutions at 1. Only the pooling makes pictures smaller.",
    )
    wrong_if(len(linear) != 1, f"The head is one linear layer; yours has {len(linear)}.")
    side = 28 // 2 ** len(channels)
    wrong_if(
        linear[0].in_features != channels[-1] * side * side,
        f"{case}, {channels[-1]} x {side} x {side} numbers should reach the linear layer; in yours it is "
        f"{linear[0].in_features}. Each block ends in one MaxPool2d(2), which halves height and width.",
    )
    wrong_if(
        linear[0].out_features != classes,
        f"{case}, the last layer gives {classes} numbers; yours gives {linear[0].out_features}.",
    )


def _check_conv_net(model: nn.Module, images: Tensor, case: str) -> None:
    """Raise a hint where the model isn't blocks of conv, batch norm, ReLU, pooling, and a linear layer."""
    convolutions, norms, (head,) = (_layers(model, kind) for kind in (nn.Conv2d, nn.BatchNorm2d, nn.Linear))
    for norm in norms:  # a batch norm as it starts changes next to nothing in eval mode
        for numbers_of_norm in (norm.weight, norm.bias, norm.running_mean):
            numbers_of_norm.data = torch.randn(norm.num_features)

    def run(order: str, pool: Callable[[Tensor, int], Tensor] = F.max_pool2d) -> Tensor:
        x = images
        for conv, norm in zip(convolutions, norms, strict=True):
            for step in order:
                x = {"c": conv, "n": norm, "r": torch.relu, "p": lambda x: pool(x, 2)}[step](x)
        return head(x.flatten(1))

    model.eval()
    with torch.no_grad():
        logits = attempt(model, images.clone())
        try:
            right = run("cnrp")
        except RuntimeError:
            raise WrongAnswer(f"{case}, the layers don't fit in the order that the exercise gives.") from None
        if same(logits, right, 1e-4):
            return
        for mistake, hint in (
            (run("cnp"), "Your blocks have no ReLU."),
            (
                run("crnp"),
                "The ReLU comes before the batch norm in yours. The order is conv, batch norm, ReLU.",
            ),
            (
                run("crpn"),
                "The batch norm comes last in yours. The order is conv, batch norm, ReLU, pooling.",
            ),
            (run("cpnr"), "The pooling comes before the batch norm in yours. It ends the block."),
            (run("cnrp", F.avg_pool2d), "You pool by the mean. Take nn.MaxPool2d(2)."),
            (right.relu(), "Your model ends in a ReLU, but a logit must be able to be negative."),
            (right.softmax(1), "Your model ends in a softmax. CrossEntropyLoss wants logits: leave it out."),
            (right.log_softmax(1), "Your model ends in a log-softmax. CrossEntropyLoss has its own."),
            (right.sigmoid(), "Your model ends in a sigmoid. CrossEntropyLoss wants the logits."),
        ):
            wrong_if(same(logits, mistake, 1e-4), hint)
    raise WrongAnswer(
        f"{case}, the layers are right, but not their order or what is between them. Each block is Conv2d, "
        "BatchNorm2d, ReLU, MaxPool2d(2); then come Flatten and Linear, and nothing else."
    )


@exercise("07.6")
def jumpiness(answer: Callable) -> str:
    """Grade ``answer(values)``, the mean absolute change from one epoch to the next."""

    def result(values: list[float]) -> float:
        given = list(values)
        got = attempt(answer, given)
        wrong_if(given != values, "Your function changed the list that it was given.")
        return numbers(got, 0, "Return one number: the mean over all changes.")

    values = [60.0, 72.0, 69.0, 67.0, 81.0, 76.0]  # changes 12, -3, -2, 14, -5
    got, spread = result(values), torch.tensor(values)
    cancel = "Ups and downs cancel out in yours. Take the absolute value of each change, then the mean."
    square = "You squared the changes. Take the absolute value of each."
    down = "The changes down count for nothing in yours. A fall is a jump too."
    around = "You have a change from the last value to the first too: values[-1] is the last. Begin at 1."
    mean = "That is a spread around the mean of all values. Take the changes from one value to the next."
    for mistake, hint in (
        (16 / 5, cancel),
        (-16 / 5, cancel),
        (16 / 6, cancel),
        (16.0, cancel),
        (36 / 6, "There are 6 values, but only 5 changes. Divide by 5."),
        (36.0, "That is the sum of the changes' sizes. Divide by their number."),
        (14.0, "That is the largest change. Take the mean of all."),
        (21.0, "That is the range: the largest value less the smallest. Take the mean of the changes."),
        (378 / 5, square),
        ((378 / 5) ** 0.5, square),
        (26 / 2, down),
        (26 / 5, down),
        (52 / 6, around),
        (52 / 5, around),
        (5.0, "That is the last change, or a median. Take the mean of all five."),
        (12.0, "That is the first change alone. Take the mean of all five."),
        (spread.std(correction=0).item(), mean),
        (spread.std().item(), mean),
        ((spread - spread.mean()).abs().mean().item(), mean),
    ):
        wrong_if(abs(got - mistake) < 1e-4, hint)
    wrong_if(
        not abs(got - 7.2) < 1e-4,
        f"60, 72, 69, 67, 81, 76 change by 12, 3, 2, 14, 5: the mean is 7.2; you have {got:g}.",
    )
    for values, right in (([5.0, 2.0], 3.0), ([1.0, 1.0, 1.0], 0.0), ([90.0, 91.5, 89.0, 90.0], 5 / 3)):
        got = result(values)
        wrong_if(not abs(got - right) < 1e-4, f"For {values} it is {right:.4g}; you have {got:.4g}.")
    return "A curve that still climbs moves too: measure it over the last epochs, where the climb is over."


@exercise("07.7")
def occlude(answer: Callable) -> str:
    """Grade ``answer(image, row, column, size)``, a copy with a grey square around a pixel."""

    def covered(image: Tensor, row: int, column: int, size: int, value: float = 0.5) -> Tensor:
        result, half = image.clone(), size // 2
        result[:, max(row - half, 0) : row + half + 1, max(column - half, 0) : column + half + 1] = value
        return result

    random = torch.Generator().manual_seed(7)
    for shape, row, column, size in (
        ((1, 28, 28), 10, 15, 5),
        ((1, 28, 28), 9, 4, 1),
        ((1, 28, 28), 1, 14, 7),
        ((1, 28, 28), 20, 0, 3),
        ((1, 28, 28), 27, 26, 9),
        ((1, 28, 28), 0, 0, 5),
        ((3, 12, 20), 6, 17, 5),
    ):
        image = torch.rand(shape, generator=random) * 0.4
        with explained({"slice indices must be integers": "Use size // 2."}):
            got = _tensor(by_hand(answer, image, row, column, size))
        case = f"For row {row}, column {column}, size {size}, on a picture of {shape[1]} x {shape[2]},"
        wrong_if(
            list(got.shape) != list(shape),
            f"{case} the result should keep the shape {list(shape)}; yours has {list(got.shape)}.",
        )
        right, half = covered(image, row, column, size), size // 2
        if same(got, right):
            continue
        wrong_if(
            same(got, image) and min(row, column) < half,
            f"{case} nothing is covered. A slice must not begin below 0, since row -2 is the last but one: "
            "max(row - size // 2, 0).",
        )
        wrong_if(same(got, image), f"{case} nothing is covered: the picture is as it was.")
        wrong_if(
            same(got, covered(image, column, row, size)), "Row and column are swapped: image[:, row, column]."
        )
        wrong_if(
            same(got, covered(image, row + half, column + half, size)),
            f"{case} your square begins at the pixel. The pixel is its middle: begin size // 2 before it.",
        )
        wrong_if(
            same(got, covered(image, row, column, 2 * size + 1)),
            f"{case} your square is 2 * size + 1 wide: half of size is size // 2.",
        )
        cut = image.clone()
        cut[:, max(row - half, 0) : row + half, max(column - half, 0) : column + half] = 0.5
        wrong_if(
            same(got, cut),
            f"{case} the last row and column are missing: a slice ends before its end. Add 1.",
        )
        first = image.clone()
        first[0] = right[0]
        wrong_if(same(got, first), "A colour picture has three channels. Cover all: image[:, ...].")
        for value, hint in (
            (0.0, "Your square is black, 0."),
            (1.0, "Your square is white, 1."),
            (127.0, "Your square has 127, but the picture goes from 0 to 1."),
            (128.0, "Your square has 128, but the picture goes from 0 to 1."),
        ):
            wrong_if(same(got, covered(image, row, column, size, value)), f"{hint} Grey is 0.5.")
        around = image.clone()
        rows = torch.arange(row - half, row + half + 1) % shape[1]
        around[:, rows[:, None], torch.arange(column - half, column + half + 1) % shape[2]] = 0.5
        wrong_if(
            same(got, around),
            f"{case} your square comes in again on the other side: position -1 is the last one. Leave out "
            "what lies beyond the border.",
        )
        outside = torch.where(right == 0.5, 0.5, torch.zeros(()))
        wrong_if(same(got, outside), "The rest of the picture is gone. Start from image.clone().")
        place = (got - right).abs().gt(1e-4).nonzero()[0].tolist() if got.isfinite().all() else [0, 0, 0]
        bottom, end = min(row + half, shape[1] - 1), min(column + half, shape[2] - 1)
        raise WrongAnswer(
            f"{case} the square goes from row {max(row - half, 0)} to {bottom} and from column "
            f"{max(column - half, 0)} to {end}, both included; yours differs first at row {place[1]}, column "
            f"{place[2]}."
        )
    return "Slide it over a hand, ask the net each time, and you see which places it needs."


class _Watched(nn.Module):
    """A small CNN with batch norm and dropout that notes how it is called."""

    def __init__(self) -> None:
        super().__init__()
        self.norm, self.drop, self.head = nn.BatchNorm2d(1), nn.Dropout(0.5), nn.Linear(16, 3)
        self.modes: list[bool] = []
        self.graphs: list[bool] = []

    def forward(self, x: Tensor) -> Tensor:
        self.modes.append(self.training)
        self.graphs.append(torch.is_grad_enabled())
        return self.head(self.drop(self.norm(x)).flatten(1))


@exercise("07.8")
def predict(answer: Callable) -> str:
    """Grade ``answer(model, images)``: labels in eval mode, without a graph, the mode given back."""
    for training, n in ((True, 7), (False, 7), (True, 1)):
        torch.manual_seed(n)
        model, images = _Watched(), torch.randn(n, 1, 4, 4) * 3 + 1
        with torch.no_grad():
            logits = model.eval()(images)
        right = logits.argmax(dim=1)
        model.train(training)
        model.modes, model.graphs = [], []
        state = {name: value.clone() for name, value in model.state_dict().items()}
        got = _tensor(attempt(answer, model, images.clone()), "a tensor of labels")
        wrong_if(not model.modes, "The model was never asked: call model(images).")
        wrong_if(
            any(model.modes),
            "The model was in training mode when you asked it: dropout drops at random, and batch norm "
            "learns from the pictures. Call model.eval() first.",
        )
        wrong_if(
            got.shape == (n, 3),
            "There are 3 numbers for each picture still. The label is the place of the "
            "largest: argmax(dim=1).",
        )
        wrong_if(
            got.shape == (3,), "You have one label for each class. Compare along the classes: argmax(dim=1)."
        )
        wrong_if(got.ndim == 0 and n > 1, "That is one label for all pictures. Give argmax the dim: dim=1.")
        wrong_if(
            got.shape != (n,), f"{n} pictures should give labels [{n}]; yours have shape {list(got.shape)}."
        )
        wrong_if(got.is_floating_point(), "Those are scores. A label is the place of the largest: argmax.")
        wrong_if(
            not torch.equal(got.long(), right),
            f"The labels should be {right.tolist()}; you have {got.tolist()}.",
        )
        wrong_if(
            model.training != training and training,
            "The model was in training mode, and you leave it in eval mode: the next epoch would train "
            "without dropout. Note model.training first, and at the end call model.train(was_training).",
        )
        wrong_if(
            model.training != training,
            "The model was in eval mode, and you leave it in training mode. Give back the mode that it had: "
            "model.train(was_training).",
        )
        wrong_if(
            any(layer.training != training for layer in model.modules()),
            "Only the model itself has its mode back, not its layers. model.train(was_training) reaches all.",
        )
        wrong_if(
            any(model.graphs),
            "The labels are right, but a graph for gradients was built. Call the model within `with "
            "torch.inference_mode():`.",
        )
        wrong_if(
            any(not torch.equal(value, state[name]) for name, value in model.state_dict().items()),
            "Your function changed numbers of the model.",
        )
        wrong_if(
            not all(parameter.requires_grad for parameter in model.parameters()),
            "You froze the model's parameters; it could no longer learn.",
        )
    return "The model comes back as it went, so you may ask it in the middle of training."
