"""Lesson 08, augmentation: the graders of its exercises."""

import copy
import io
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from statistics import mean, pstdev, stdev
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from helpers.checks import WrongAnswer, attempt, exercise
from helpers.exercises.grading import by_hand, explained, pair, same, wrong_if

NOTHING = "Your function returns nothing: it needs a return."


def _images(got: Any, shape: Sequence[int]) -> Tensor:
    """Return an answer's batch of images; a hint for anything else than float32 of this shape."""
    wrong_if(got is None, NOTHING)
    wrong_if(not isinstance(got, Tensor), f"Return a tensor, not this {type(got).__name__}.")
    wrong_if(
        got.shape != torch.Size(shape),
        f"The images came in shape {list(shape)} and should keep it; yours have {list(got.shape)}.",
    )
    wrong_if(got.dtype != torch.float32, f"The images came as float32; yours are {got.dtype}.")
    return got.detach().as_subclass(Tensor)


def _none_of(got: Tensor, mistakes: Iterable[tuple[Tensor, str]]) -> None:
    """Raise the hint of the first known mistake that gives these numbers."""
    for mistake, hint in mistakes:
        wrong_if(same(got, mistake), hint)


# 08.1

DOUBLE = "conv norm relu conv norm relu dropout pool"
IN_EVAL = [  # what is run in another order, and its hint
    ("conv norm conv norm relu dropout pool", "There is no ReLU after the first BatchNorm2d."),
    ("conv norm relu conv norm dropout pool", "There is no ReLU after the second BatchNorm2d."),
    (
        "conv norm conv norm dropout pool",
        "There is no ReLU at all: without it, two convolutions can do no more than one.",
    ),
    (
        "conv relu norm conv relu norm dropout pool",
        "The layers are there, but ReLU comes before BatchNorm2d. The order is convolution, norm, ReLU.",
    ),
    (
        "conv norm relu pool conv norm relu dropout",
        "The pooling stands between the convolutions. It is the last layer of the block.",
    ),
]
IN_TRAINING = [
    ("conv norm relu conv norm relu pool", "In training mode nothing is dropped. Where is the Dropout?"),
    (
        "conv norm relu conv norm relu pool dropout",
        "The Dropout stands behind the pooling. The order asked for is ReLU, Dropout, MaxPool2d.",
    ),
    (
        "conv norm relu dropout conv norm relu dropout pool",
        "Numbers are dropped twice, once behind each ReLU. The block has one Dropout, before the pooling.",
    ),
    (
        "conv norm relu dropout conv norm relu pool",
        "The Dropout stands behind the first ReLU. It belongs behind the second, just before the pooling.",
    ),
]


def _run(order: str, block: nn.Module, ran: list[nn.Module], dropout: float, x: Tensor) -> Tensor:
    """Run the convolutions and norms of a block, in the block's mode, with the rest in a given order."""
    convolutions = iter([layer for layer in ran if isinstance(layer, nn.Conv2d)])
    norms = iter([layer for layer in ran if isinstance(layer, nn.BatchNorm2d)])
    for part in order.split():
        if part == "conv":
            x = next(convolutions)(x)
        elif part == "norm":
            x = next(norms)(x)
        elif part == "relu":
            x = x.relu()
        elif part == "dropout":
            x = F.dropout(x, dropout, block.training)
        else:
            x = F.max_pool2d(x, 2)
    return x


def _check_layers(block: nn.Module, in_channels: int, out_channels: int, dropout: float) -> None:
    """Raise a hint where the layers of a double block are not those asked for."""
    layers = list(block.modules())
    convolutions = [layer for layer in layers if isinstance(layer, nn.Conv2d)]
    wrong_if(
        not convolutions,
        "No convolution is to be found in the block. Keep the layers as self.… in __init__, alone or in an "
        "nn.Sequential; the model does not see what is in a plain list.",
    )
    wrong_if(
        len(convolutions) == 1,
        "There is one convolution, as in the lesson's MyConvBlock. This block has two.",
    )
    got = [(layer.in_channels, layer.out_channels) for layer in convolutions]
    right = [(in_channels, out_channels), (out_channels, out_channels)]
    wrong_if(
        sorted(got) != sorted(right),
        f"For {in_channels} channels in and {out_channels} out, the convolutions are {right} "
        f"(in_channels, out_channels); yours are {got}.",
    )
    for layer in convolutions:
        wrong_if(layer.kernel_size != (3, 3), f"The kernels are 3 x 3; one of yours is {layer.kernel_size}.")
        wrong_if(
            layer.padding not in ((1, 1), "same"),
            "A convolution has no padding=1, so it makes the picture smaller. Only the pooling should.",
        )
        wrong_if(layer.stride != (1, 1), "A convolution has a stride, so it makes the picture smaller.")
    norms = [layer for layer in layers if isinstance(layer, nn.BatchNorm2d)]
    wrong_if(
        len(norms) != 2, f"Each of the two convolutions has a BatchNorm2d of its own; you have {len(norms)}."
    )
    wrong_if(
        any(isinstance(layer, nn.Dropout2d) for layer in layers),
        "nn.Dropout2d drops whole feature maps. This block has an nn.Dropout, which drops single numbers.",
    )
    chances = [layer.p for layer in layers if isinstance(layer, nn.Dropout)]
    wrong_if(
        any(chance != dropout for chance in chances),
        f"The block was made with dropout {dropout}; its Dropout has {chances}.",
    )


def _called(function: Callable, *arguments: Any) -> Any:
    """Call a learner's class or block, and say more of two frequent errors than torch does."""
    try:
        return attempt(function, *arguments)
    except WrongAnswer as error:
        wrong_if(
            "before Module.__init__() call" in str(error),
            f"{error}. The first line of __init__ is super().__init__().",
        )
        wrong_if(
            "running_mean should contain" in str(error),
            f"{error}. A BatchNorm2d has as many channels as the convolution before it gives.",
        )
        raise


@exercise("08.1")
def double_block(answer: Callable) -> str:
    """Grade ``answer(in_channels, out_channels, dropout)``, a class of blocks with two convolutions each."""
    wrong_if(isinstance(answer, nn.Module), "That is one block. The answer is the class, without brackets.")
    for in_channels, out_channels, dropout, size in ((1, 8, 0.25, (28, 28)), (3, 5, 0.6, (14, 8))):
        torch.manual_seed(0)
        block = _called(answer, in_channels, out_channels, dropout)
        wrong_if(
            not isinstance(block, nn.Module),
            f"Calling your class should give an nn.Module; it gives a {type(block).__name__}.",
        )
        _check_layers(block, in_channels, out_channels, dropout)
        ran: list[nn.Module] = []
        for layer in block.modules():
            if isinstance(layer, nn.BatchNorm2d):  # away from the start, where it changes nothing
                with torch.no_grad():
                    for numbers in layer.state_dict().values():
                        if numbers.is_floating_point():
                            numbers.copy_(torch.rand_like(numbers) + 0.3)
            if isinstance(layer, nn.Conv2d | nn.BatchNorm2d):
                layer.register_forward_hook(lambda layer, *_, ran=ran: ran.append(layer))
        _check_block(block, ran, dropout, torch.randn(4, in_channels, *size), out_channels)
    return "Two convolutions before each halving see more of the picture than one: 5 x 5 pixels, not 3 x 3."


def _check_block(
    block: nn.Module, ran: list[nn.Module], dropout: float, x: Tensor, out_channels: int
) -> None:
    """Raise a hint where a double block doesn't do what the layers in their order do."""
    height, width = x.shape[2:]
    shape = [4, out_channels, height // 2, width // 2]
    for training, mistakes in ((False, IN_EVAL), (True, IN_TRAINING)):
        block.train(training)
        ran.clear()
        torch.manual_seed(1)
        got = _called(block, x.clone())
        wrong_if(got is None, "forward returns nothing: it needs a return.")
        wrong_if(not isinstance(got, Tensor), f"forward gives a {type(got).__name__}, not a tensor.")
        wrong_if(
            list(got.shape) == [4, out_channels, height, width],
            "The picture keeps its size. The block ends with an nn.MaxPool2d(kernel_size=2).",
        )
        wrong_if(
            list(got.shape) != shape,
            f"Images {list(x.shape)} should become {shape}; yours become {list(got.shape)}.",
        )
        order = list(ran)
        used = [sum(isinstance(layer, kind) for layer in order) for kind in (nn.Conv2d, nn.BatchNorm2d)]
        wrong_if(
            used != [2, 2], f"forward runs {used[0]} convolutions and {used[1]} norms; it should run 2 and 2."
        )
        wrong_if(len({id(layer) for layer in order}) < 4, "forward runs one and the same layer twice.")
        wrong_if(
            not training and not same(got, attempt(block, x.clone())),
            "In eval mode the block still drops numbers. nn.Dropout knows the mode; F.dropout has to be "
            "told, with training=self.training.",
        )
        for parts, hint in [(DOUBLE, ""), *mistakes]:
            torch.manual_seed(1)
            agrees = same(got, _run(parts, block, order, dropout, x), 1e-4)
            wrong_if(agrees and parts != DOUBLE, hint)
            if agrees:
                break
        else:
            raise WrongAnswer(
                f"In {'training' if training else 'eval'} mode the block does not give what its layers give "
                f"in the order {', '.join(DOUBLE.split())}."
            )


# 08.2


@exercise("08.2")
def flip_left_right(answer: Callable) -> str:
    """Grade ``answer(images)``, the batch with each image mirrored."""
    for shape in ((3, 1, 4, 5), (2, 3, 6, 6), (1, 1, 2, 2)):
        images = torch.rand(shape, generator=torch.Generator().manual_seed(0))
        for _ in range(8):  # one that flips by chance shows
            try:
                raw = by_hand(answer, images)
            except WrongAnswer as error:
                wrong_if(
                    "step must be greater than zero" in str(error),
                    f"{error}. A tensor can't be sliced backwards with ::-1; torch.flip does that.",
                )
                raise
            got = _images(raw, shape)
            if same(got, images.flip(3)):
                continue
            _none_of(
                got,
                [
                    (
                        images,
                        "Those are the images as they came, or your function flips only sometimes: "
                        "RandomHorizontalFlip does it by chance, and torch.fliplr turns dimension 1, the "
                        "channels. Here every image is flipped along its last dimension.",
                    ),
                    (
                        images.flip(2),
                        "You turned up and down. In [N, C, H, W], left and right run along the last.",
                    ),
                    (
                        images.flip(0),
                        "You turned the order of the images in the batch. Each image should be flipped.",
                    ),
                    (images.flip(2, 3), "That is up-down too: the images are turned by 180 degrees."),
                    (images.flip(0, 1, 2, 3), "You flipped all dimensions. Flip the last one only."),
                    (images.flip(0, 3), "You turned the order of the images too. Flip the last one only."),
                ],
            )
            row = [round(x, 2) for x in images[0, 0, 0].tolist()]
            raise WrongAnswer(
                f"The first row {row} should become {row[::-1]}, and so on for each row of each image."
            )
    return "One call flips the whole batch; for a sign, it makes the left hand of a right one."


# 08.3


def _shifted(images: Tensor, rows: int, columns: int) -> Tensor:
    height, width = images.shape[2:]
    framed = F.pad(images, (width, width, height, height))
    top, left = height - rows, width - columns
    return framed[:, :, top : top + height, left : left + width]


@exercise("08.3")
def shift(answer: Callable) -> str:
    """Grade ``answer(images, rows, columns)``, the batch shifted, with zeros where nothing comes from."""
    images = torch.rand(2, 1, 6, 8, generator=torch.Generator().manual_seed(0)) + 0.1
    for rows, columns in ((1, 2), (3, 1), (-1, 2), (1, -3), (-2, -1), (0, 2), (1, 0), (0, -2), (0, 0)):
        case, negative = f"With rows = {rows} and columns = {columns}", min(rows, columns) < 0
        zero = (
            f"{case}: mind a shift of 0. The slice [0:] is everything, and [:-0] is [:0], which is nothing."
        )
        try:
            raw = by_hand(answer, images, rows, columns)
        except WrongAnswer as error:
            unfit = "must match the" in str(error) or "shape mismatch" in str(error)
            wrong_if(0 in (rows, columns) and unfit, f"{zero} ({error})")
            wrong_if(
                negative and unfit,
                f"{case}: {error}. Negative numbers shift up and to the left; they need slices of their own.",
            )
            raise
        got = _images(raw, images.shape)
        right = _shifted(images, rows, columns)
        if same(got, right):
            continue
        _none_of(
            got,
            [
                (images, f"{case} your images have not moved."),
                (
                    images.roll((rows, columns), (2, 3)),
                    f"{case}, what leaves on one side comes in on the other. torch.roll does that; here, "
                    "zeros come in.",
                ),
                (
                    _shifted(images, -rows, -columns),
                    f"{case} you shifted the other way: positive means down and to the right.",
                ),
                (
                    _shifted(images, columns, rows),
                    f"{case} you took one for the other: rows shift up or down, columns to the side.",
                ),
                (_shifted(images, rows, 0), f"{case}, only the rows have moved."),
                (_shifted(images, 0, columns), f"{case}, only the columns have moved."),
            ],
        )
        wrong_if(0 in (rows, columns) and not got.any(), zero)
        wrong_if(
            bool(((got != 0) & (right == 0)).any()),
            f"{case}, something else than 0 stands where nothing came from: that edge should be black."
            + (" Negative numbers shift up and to the left; they need slices of their own." * negative),
        )
        raise WrongAnswer(
            f"{case}, the pixel at row r, column c should be the old one at r - {rows}, c - {columns}, or 0 "
            "where that lies outside. Some of yours are not."
        )
    return "Nothing wraps around, whichever way the hand moves."


# 08.4


@exercise("08.4")
def random_brightness(answer: Callable) -> str:
    """Grade ``answer(images, low, high)``, the batch with each image times a random factor, clamped."""
    torch.manual_seed(0)
    low, high, shape = 0.5, 1.5, (1000, 3, 4, 5)
    images = 0.02 + 0.1 * torch.rand(shape)  # dark: nothing to clamp, even by far too large a factor
    shapes = "Factors of shape [N] are compared with the width. Draw them in shape [N, 1, 1, 1]."
    with explained({"must match the size": shapes}):
        raw = by_hand(answer, images, low, high)
    factors = (_images(raw, shape) / images).flatten(1)
    spread = (factors.amax(dim=1) - factors.amin(dim=1)).max().item()
    drawn = factors.mean(dim=1)
    wrong_if(
        bool((drawn - 1).abs().max() < 1e-3) and spread < 1e-3, "Your images are as bright as they came."
    )
    if spread > 1e-3:
        each = factors.reshape(1000, 3, 20)
        wrong_if(
            bool((each.amax(2) - each.amin(2)).max() < 1e-3),
            "Each channel has a factor of its own, which changes the colours. All channels of an image "
            "share one: shape [N, 1, 1, 1].",
        )
        added = (factors - 1) * images.flatten(1)
        wrong_if(
            bool((added.amax(1) - added.amin(1)).max() < 1e-3),
            "You add a number to the pixels. Multiply them by a factor: black stays black.",
        )
        wrong_if(
            bool((factors.amax(0) - factors.amin(0)).max() < 1e-3),
            "All images share the same factors, pixel by pixel. Each image has one factor: [N, 1, 1, 1].",
        )
        raise WrongAnswer(
            "Within one image, the pixels have different factors, which is noise. One factor for each image: "
            "draw N numbers in shape [N, 1, 1, 1]."
        )
    wrong_if(
        bool((drawn.max() - drawn.min()).abs() < 1e-3),
        "All images of the batch got the same factor. Draw one for each: shape [N, 1, 1, 1].",
    )
    least, most = drawn.min().item(), drawn.max().item()
    found = f"From {low} to {high}, your factors go from {least:.2f} to {most:.2f}."
    wrong_if(
        len(drawn.round(decimals=2).unique()) < 20,
        f"{found} There are only a few different ones, and any number between could come: torch.rand.",
    )
    wrong_if(
        most > high + 1e-3 and abs(most - low - high) < 0.05,
        f"{found} low + high * rand goes too far: the width of the range is high - low.",
    )
    wrong_if(least < 0.05 and most < 1.01, f"{found} torch.rand goes from 0 to 1: stretch it, then add low.")
    wrong_if(
        least < low - 1e-3 or most > high + 1e-3, f"{found} Some lie outside of the range that was asked for."
    )
    wrong_if(least > low + 0.05 or most < high - 0.05, f"{found} They should come from the whole range.")
    wrong_if(
        abs(drawn.mean().item() - 1) > 0.05 or abs(drawn.std().item() - 12**-0.5) > 0.03,
        f"{found} Each number of the range should be as likely as any other: torch.rand draws like that.",
    )
    again = (_images(by_hand(answer, images, low, high), shape) / images).flatten(1).mean(dim=1)
    wrong_if(
        same(again, drawn, 1e-4),
        "A second call draws the same factors. Set no seed in the function: each epoch needs new ones.",
    )
    for low, high in ((2.0, 3.0), (0.2, 0.4), (1.0, 1.0)):
        for n in (1, 4):
            images = torch.rand(n, 1, 6, 6)
            images[:, :, 0, 0] = 1
            got = _images(by_hand(answer, images, low, high), images.shape)
            wrong_if(
                bool(got.max() > 1 + 1e-5),
                "Some pixels are above 1. Clamp what comes out to the range from 0 to 1.",
            )
            wrong_if(
                bool((got < (low * images).clamp(max=1) - 1e-3).any())
                or bool((got > (high * images).clamp(max=1) + 1e-3).any()),
                f"A batch of {n}, with factors from {low} to {high}, comes out darker or brighter than that.",
            )
    return "A thousand images, a thousand factors, and nothing above 1."


# 08.5


@exercise("08.5")
def only_in_training(answer: Callable) -> str:
    """Grade ``answer(model, images, augment)``, the logits, of augmented images in training mode only."""
    images = torch.rand(4, 1, 3, 3, generator=torch.Generator().manual_seed(0))
    found = {}
    for training in (True, False):
        torch.manual_seed(0)
        model = nn.Sequential(nn.Flatten(), nn.Linear(9, 5)).train(training)
        calls: list[Tensor] = []

        def augment(batch: Tensor, calls: list[Tensor] = calls) -> Tensor:
            calls.append(batch)
            return batch.flip(2) + 1

        plain, changed = model(images), model(images.flip(2) + 1)
        mode = "training" if training else "eval"
        got = by_hand(answer, model, images, augment)
        wrong_if(
            model.training != training,
            f"The model came in {mode} mode and left in another: train() and eval() set the mode, they don't "
            "ask. The mode stands in model.training.",
        )
        wrong_if(got is None, NOTHING)
        wrong_if(not isinstance(got, Tensor), f"Return the logits, a tensor, not this {type(got).__name__}.")
        wrong_if(
            same(got, images) or same(got, images.flip(2) + 1),
            "Those are images. Send them through the model and return its logits.",
        )
        found[training] = (same(got, changed), same(got, plain), len(calls), got.requires_grad)
    in_training, in_eval = found[True], found[False]
    wrong_if(
        in_training[1] and in_eval[0],
        "The other way round: yours augments in eval mode and leaves the images alone in training.",
    )
    wrong_if(
        in_training[0] and in_eval[0],
        "In eval mode too, the images are augmented. Ask `if model.training:`, an attribute, without "
        "brackets. (model.train is a method, and a method always counts as true.)",
    )
    wrong_if(
        in_training[1] and in_training[2] > 0,
        "In training mode augment is called, but the model gets the images as they came. augment returns "
        "new images: use what it returns.",
    )
    wrong_if(in_training[1] and in_eval[1], "In training mode the images are not augmented.")
    wrong_if(
        not in_training[0],
        "In training mode the logits are not those of augment(images)"
        + (f", and augment was called {in_training[2]} times." if in_training[2] != 1 else "."),
    )
    wrong_if(not in_eval[1], "In eval mode the logits are not those of the images as they came.")
    wrong_if(in_training[2] > 1, f"augment was called {in_training[2]} times. Once, on the batch, is enough.")
    wrong_if(
        in_eval[2] > 0,
        "The logits are right, but in eval mode augment is called all the same, for nothing. Call it only "
        "where it is needed.",
    )
    wrong_if(
        not in_training[3],
        "The logits are right, but nothing can be learned from them: in training mode they need their "
        "gradients. Leave inference_mode, no_grad and detach out.",
    )
    return "Validation sees the images as they are, so its figures can be compared."


# 08.6


def _last_means(histories: Sequence[dict], k: int) -> list[float]:
    return [mean(history["valid_acc"][-k:]) for history in histories]


@exercise("08.6")
def mean_and_spread(answer: Callable) -> str:
    """Grade ``answer(histories, k)``: the mean of the seeds' last epochs, and largest minus smallest."""
    first, second, third = [10, 40, 70, 81, 83, 82], [20, 50, 77, 79, 84, 86], [5, 45, 72, 86, 80, 89]
    rows = [[float(x) for x in row] for row in (first, second, third)]
    hint = "Return two numbers: the mean over the seeds and the spread."
    cases = [(rows, 3), (rows[1:], 2), (rows[::-1], 1), (rows, 6), (rows[:1], 2)]
    for accuracies, k in cases:
        histories = [
            {"epoch": [*range(1, 7)], "train_acc": [x + 9.0 for x in row], "valid_acc": list(row)}
            for row in accuracies
        ]
        before = copy.deepcopy(histories)
        got = pair(attempt(answer, histories, k), hint)
        wrong_if(histories != before, "Your function changed the histories that it was given.")
        last = [row[-k:] for row in accuracies]
        means = [mean(row) for row in last]
        flat = [x for row in last for x in row]
        right = (mean(means), max(means) - min(means))
        if _near(got, right):
            continue
        case = f"For {len(accuracies)} seeds and k = {k}"
        whole = [mean(row) for row in accuracies]
        start = [mean(row[:k]) for row in accuracies]
        seen = [mean(x + 9 for x in row) for row in last]
        best = [max(row) for row in accuracies]
        for values, say in (
            (whole, "you took all epochs. Only the last k count."),
            (start, "you took the first k epochs. The last ones are at the end: [-k:]."),
            (seen, "you took train_acc. The figure that counts is valid_acc."),
            (best, "you took the best epoch of each seed. That would pick lucky moments: take the last k."),
            ([row[-1] for row in last], "you took the last epoch of each seed alone."),
        ):
            wrong_if(_near(got, (mean(values), max(values) - min(values))), f"{case} {say}")
        wrong_if(_near(got, right[::-1]), "The other way round: first the mean, then the spread.")
        wrong_if(
            _near(got, (right[0], max(flat) - min(flat))),
            f"{case} your spread is that of all epochs together. First take the mean of each seed, then "
            "compare these means.",
        )
        wrong_if(
            _near(got, (right[0], mean(max(row) - min(row) for row in last))),
            f"{case} your spread lies within each seed, from epoch to epoch. This one is between the seeds.",
        )
        deviations = [pstdev(means), stdev(means) if len(means) > 1 else 0.0]
        wrong_if(
            any(_near(got, (right[0], deviation)) for deviation in deviations),
            f"{case} you return the standard deviation. The spread here is largest minus smallest.",
        )
        wrong_if(
            _near(got, (right[0], max(means))), f"{case} your spread is the largest mean: minus the smallest."
        )
        wrong_if(
            _near(got, (right[0], -right[1])), f"{case} your spread is negative: largest minus smallest."
        )
        wrong_if(
            _near(got, (mean(last[-1]), max(last[-1]) - min(last[-1])))
            or _near(got, (mean(last[0]), max(last[0]) - min(last[0]))),
            f"{case} you return the figures of one seed.",
        )
        raise WrongAnswer(
            f"{case} the seeds' means are {[round(x, 2) for x in means]}, so the mean is {right[0]:.2f} and "
            f"the spread {right[1]:.2f}; you have {got[0]:.2f} and {got[1]:.2f}."
        )
    return "A difference between two models that is smaller than the spread may well be luck."


def _near(got: tuple[float, float], right: tuple[float, float]) -> bool:
    return all(abs(one - other) < 6e-3 for one, other in zip(got, right, strict=True))


# 08.7


def _letter_net(classes: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Flatten(), nn.Linear(18, classes))


@exercise("08.7")
def make_checkpoint(answer: Callable) -> str:
    """Grade ``answer(model, classes)``, a dictionary to save that stays as it is when the model learns on."""
    for classes in (list("BAC"), list("LOVE")):
        torch.manual_seed(0)
        model = _letter_net(len(classes))
        model(torch.rand(6, 1, 5, 5))  # the running means have moved
        before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
        got = attempt(answer, model, list(classes))
        _check_parts(got, before, classes)
        _check_saved(got, before, len(classes))
        wrong_if(
            any(not torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
            or not model.training
            or not all(parameter.requires_grad for parameter in model.parameters()),
            "The checkpoint is right, but your function changed the model: its numbers, its mode, or "
            "whether it can learn.",
        )
        with torch.no_grad():
            for tensor in model.state_dict().values():
                tensor.add_(1)
        wrong_if(
            any(not torch.equal(tensor, before[name]) for name, tensor in got["state_dict"].items()),
            "When the model learns on, the numbers in your checkpoint change with it: state_dict() gives the "
            "model's own tensors, not copies. clone() each of them, or copy.deepcopy the state dict.",
        )
    return "The best epoch can be kept in memory while the model learns on, and saved at the end."


def _check_parts(got: Any, state: dict[str, Tensor], classes: list[str]) -> None:
    """Raise a hint where a checkpoint doesn't hold the three things asked for."""
    wrong_if(
        got is None,
        "Your function returns nothing. Return the dictionary; whoever calls the function saves it.",
    )
    wrong_if(isinstance(got, nn.Module), "That is the model. Return a dictionary with three keys.")
    wrong_if(not isinstance(got, dict), f"Return a dictionary, not this {type(got).__name__}.")
    wrong_if(set(got) == set(state), 'That is the state dict alone. Put it under the key "state_dict".')
    missing = [key for key in ("state_dict", "classes", "version") if key not in got]
    wrong_if(bool(missing), f"Your dictionary has no {missing}. It has the keys {list(got)}.")
    saved = got["state_dict"]
    wrong_if(
        isinstance(saved, nn.Module),
        'Under "state_dict" is the whole model: only who has its class could load it. model.state_dict().',
    )
    wrong_if(callable(saved), 'Under "state_dict" is the method, not what it gives: brackets are missing.')
    wrong_if(
        not isinstance(saved, dict),
        f'Under "state_dict" is a {type(saved).__name__}, without the names. model.state_dict() has them.',
    )
    learned = {name for name in state if "running" not in name and "num_batches" not in name}
    wrong_if(
        set(saved) == learned,
        "The parameters are there, the running means of BatchNorm2d are not: they are buffers, and the "
        "model needs them in eval mode. state_dict() has both.",
    )
    wrong_if(
        set(saved) != set(state),
        f"The names should be {', '.join(state)}; yours are {', '.join(map(str, saved))}.",
    )
    names = got["classes"]
    wrong_if(
        isinstance(names, int) and not isinstance(names, bool),
        "How many classes there are does not say which. Keep the list of their names, in its order.",
    )
    wrong_if(
        isinstance(names, set | frozenset), "A set has no order. Position 0 of the logits is classes[0]."
    )
    wrong_if(
        not isinstance(names, list | tuple) or list(names) != classes,
        f'Under "classes" should be {classes}, in this order; yours is {names!r}.',
    )
    version = got["version"]
    wrong_if(
        type(version) is not int or version != 1,
        f'Under "version" should be the number 1, for the first form of this file; yours is {version!r}.',
    )


def _check_saved(got: dict, state: dict[str, Tensor], classes: int) -> None:
    """Raise a hint where a checkpoint can't be saved, loaded with weights_only=True, and used."""
    file = io.BytesIO()
    try:
        torch.save(got, file)
        file.seek(0)
        loaded = torch.load(file, weights_only=True)
        _letter_net(classes).load_state_dict(loaded["state_dict"])
    except Exception as error:  # torch raises several kinds, each for another sort of content
        raise WrongAnswer(
            "Your dictionary can't be saved and loaded again with weights_only=True: besides tensors, keep "
            f"only plain text, numbers, lists and dictionaries. {type(error).__name__}: {error}"
        ) from error
    wrong_if(
        any(not torch.equal(tensor.detach(), state[name]) for name, tensor in loaded["state_dict"].items()),
        "The numbers in the checkpoint are not those of the model.",
    )
    wrong_if(
        any(tensor.requires_grad for tensor in got["state_dict"].values()),
        "The tensors in your checkpoint still belong to the graph of the gradients. Take those of "
        "model.state_dict(), or detach() them.",
    )


# 08.8


def _by(value: Callable[[list[float]], float]) -> Callable[[list[float], list[float], int], str]:
    """Return a function that says which list has the smaller value."""

    def which(a: list[float], b: list[float], k: int) -> str:
        one, other = value(a[-k:]), value(b[-k:])
        return "neither" if one == other else "a" if one < other else "b"

    return which


def _range(values: list[float]) -> float:
    return max(values) - min(values)


def _jumps(values: list[float]) -> float:
    return sum(abs(after - before) for before, after in pairwise(values))


STEADIER_MISTAKES = [
    (
        lambda a, b, k: {"a": "b", "b": "a"}.get(_by(_range)(a, b, k), "neither"),
        "The other way round: the smaller spread is the steadier one.",
    ),
    (
        lambda a, b, k: _by(_range)(a, b, len(a)),
        "You compare all epochs. At the start every curve climbs: only the last k count.",
    ),
    (
        lambda a, b, k: _by(_range)(a[:k], b[:k], k),
        "You compare the first k epochs. The last k are [-k:].",
    ),
    (_by(lambda x: -mean(x)), "You compare how high the curves are. A high curve can jump all the same."),
    (_by(pstdev), "You compare standard deviations. The spread here is largest minus smallest."),
    (_by(_jumps), "You compare the changes from epoch to epoch. The spread here is largest minus smallest."),
    (
        lambda a, b, k: "a" if _by(_range)(a, b, k) == "a" else "b",
        'Where both spreads are equal, the answer is "neither"; yours is "b".',
    ),
    (
        lambda a, b, k: "b" if _by(_range)(a, b, k) == "b" else "a",
        'Where both spreads are equal, the answer is "neither"; yours is "a".',
    ),
    (
        _by(lambda x: abs(x[-1] - x[0])),
        "You compare the last epoch with the first of the k. What lies between may be higher or lower.",
    ),
]
STEADIER_CASES = [
    ([10.0, 50, 80, 82, 81, 80.5], [20.0, 60, 84, 90, 83, 91], 4),
    ([5.0, 61, 88, 94, 85, 92], [15.0, 70, 79, 80, 81, 80], 4),
    ([60.0, 62, 64, 70, 79, 71], [9.0, 50, 77, 78, 79, 80], 3),
    ([30.0, 82, 82, 82, 82, 86], [70.0, 80, 83.5, 80, 83.5, 80], 5),
    ([40.0, 70, 80, 81, 82, 83], [40.0, 71, 80, 82, 80, 82], 4),
    ([40.0, 70, 82, 80, 82, 80], [40.0, 71, 80, 81, 82, 84], 4),
    ([1.0, 50, 80, 82, 81, 80], [2.0, 40, 70, 60, 71, 72], 1),
    ([1.0, 50, 80, 84, 82, 81], [2.0, 40, 90, 91, 94, 93], 4),
]


@exercise("08.8")
def steadier(answer: Callable) -> str:
    """Grade ``answer(a, b, k)``: "a", "b" or "neither", the one whose last k epochs differ less."""
    found, right = [], [_by(_range)(*case) for case in STEADIER_CASES]
    for a, b, k in STEADIER_CASES:
        given = list(a), list(b)
        got = attempt(answer, *given, k)
        wrong_if(got is None, NOTHING)
        wrong_if(given != (a, b), "Your function changed a list. sort() does that; sorted() makes a new one.")
        wrong_if(isinstance(got, list | tuple), 'Return the name of the list, "a" or "b", not what is in it.')
        wrong_if(
            not isinstance(got, str) or got not in ("a", "b", "neither"),
            f'Return one of the texts "a", "b" and "neither"; yours is {got!r}.',
        )
        found.append(got)
    if found != right:
        for formula, hint in STEADIER_MISTAKES:
            wrong_if(found == [formula(*case) for case in STEADIER_CASES], hint)
    for (a, b, k), got, wanted in zip(STEADIER_CASES, found, right, strict=True):
        wrong_if(
            got != wanted,
            f"The last {k} of {a} lie {_range(a[-k:])} apart, those of {b} {_range(b[-k:])}: that is "
            f'"{wanted}"; you have "{got}".',
        )
    return "Higher and steadier are two questions: a curve can win one and lose the other."
