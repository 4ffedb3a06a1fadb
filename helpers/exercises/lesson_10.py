"""Lesson 10, a pretrained network: the graders of its exercises."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from helpers.checks import WrongAnswer, exercise
from helpers.exercises.grading import by_hand, explained, numbers, same, wrong_if

NOTHING = "Your function returns nothing, None: it needs a return that is reached in this case, too."
SIZES = "must match the size"


def _call(answer: Callable, *arguments: Any, hints: dict[str, str]) -> Any:
    """Call a learner's function; to an error whose message has a certain part, a sentence is added."""
    with explained(hints):
        got = by_hand(answer, *arguments)
    wrong_if(got is None, NOTHING)
    return got


def _tensor(got: Any, what: str) -> Tensor:
    """Return an answer that is a tensor, without its graph; a hint for anything else."""
    wrong_if(not isinstance(got, Tensor), f"Return a tensor, {what}, not this {type(got).__name__}.")
    return got.detach().as_subclass(Tensor)


# 10.1


@exercise("10.1")
def top_k_accuracy(answer: Callable) -> str:
    """Grade ``answer(logits, targets, k)``, the percentage of pictures with the target among the first k."""
    generator = torch.Generator().manual_seed(0)
    many = torch.stack([torch.randperm(12, generator=generator) for _ in range(40)]).float() / 2 - 3
    places = torch.tensor([0] * 10 + [1] * 7 + [2] * 4 + [3] * 3 + [5] * 8 + [8] * 6 + [10] * 2)
    spread = many.argsort(dim=1, descending=True).gather(1, places[:, None])[:, 0]
    few = torch.tensor(
        [
            [4.0, 3.0, 2.0, 1.0, 0.0],
            [1.0, 4.0, 3.0, 2.0, 0.0],
            [0.0, 3.0, 4.0, 1.0, 2.0],
            [2.0, 0.0, 1.0, 3.0, 4.0],
        ]
    )
    for logits, targets, k in (
        (many, spread, 3),
        (few, torch.tensor([0, 2, 0, 0]), 2),  # first, second, last, third: 2 of 4
        (few, torch.tensor([0, 2, 0, 0]), 3),
        (few, torch.tensor([1, 2, 4, 0]), 4),
        (many, torch.randint(0, 12, (40,), generator=generator), 1),
        (few[:3] - 9, torch.tensor([0, 0, 2]), 1),  # 2 of 3
        (few[1:2], torch.tensor([2]), 2),
    ):
        got = _call(
            answer,
            logits,
            targets,
            k,
            hints={
                SIZES: f"With {len(logits)} pictures and k = {k}, the positions should be [{len(logits)}, "
                f"{k}]: topk with dim=1. The targets are [{len(logits)}]. targets[:, None] is a column, "
                "which is compared with each of the k.",
                "'bool' object": "topk gives two things, the largest logits and their positions. Compare "
                "the positions: .indices.",
                "could not infer output dtype": "True and False have no mean before .float() makes them 1 "
                "and 0.",
            },
        )
        value = numbers(got, 0, "Return one number for the whole batch, in percent.")
        _check_top_k(value, logits, targets, k)
    return "With k = 1 it is accuracy as you know it. No softmax was needed: it keeps the order."


def _check_top_k(got: float, logits: Tensor, targets: Tensor, k: int) -> None:
    """Raise a hint where a number isn't the percentage of targets among the first k."""
    order = logits.argsort(dim=1, descending=True)
    by_column = logits.softmax(dim=0).topk(k, dim=1).indices
    hits = order[:, :k] == targets[:, None]
    right = 100 * hits.any(dim=1).double().mean().item()
    case = f"{len(logits)} pictures, {hits.sum().item()} targets among the first {k}: {right:.2f} %. "
    for mistake, hint in (
        (right, ""),
        (right / 100, "Yours is a fraction. Give it in percent."),
        (hits.sum().item(), "Yours is a count. Divide by the number of pictures, and give percent."),
        (right / k, "You divide by all answers, k for each picture. Divide by the number of pictures."),
        (100 * hits[:, 0].double().mean().item(), "You look at the first answer only; k says how many."),
        (100 * hits[:, -1].double().mean().item(), f"You look at the answer number {k} only."),
        (round(right), "Keep the decimals: no rounding, no //."),
        (right // 1, "Keep the decimals: no rounding, no //."),
        (
            100 * torch.isin(targets, order[:, :k].contiguous()).double().mean().item(),
            "You look for a target among the answers to *all* pictures. It must be among those to its own "
            "picture.",
        ),
        (
            100 * (order.flip(1)[:, :k] == targets[:, None]).any(dim=1).double().mean().item(),
            f"Those are the {k} smallest logits. The largest ones are wanted.",
        ),
        (
            100 * (order[:, : k + 1] == targets[:, None]).any(dim=1).double().mean().item(),
            f"You look at {k + 1} answers instead of {k}.",
        ),
        (
            100 * (by_column == targets[:, None]).any(dim=1).double().mean().item(),
            "Softmax over the pictures, dim=0, changes the order. None is needed.",
        ),
        (100 - right, "Yours is the percentage of wrong pictures."),
    ):
        if abs(got - mistake) < 0.006:
            wrong_if(bool(hint), case + hint)
            return
    raise WrongAnswer(f"{case}You return {got:g}.")


# 10.2


LISTS = "`mean` and `std` are lists. torch.tensor(mean) can be calculated with."
BATCH = (
    "In a batch, [N, 3, H, W], the first dimension is the pictures. Counted from the end, the channels are "
    "always the third: images[..., 0, :, :] is the first channel of a picture or of a batch."
)


@exercise("10.2")
def normalise(answer: Callable) -> str:
    """Grade ``answer(images, mean, std)``, float32 of bytes, normalised channel by channel."""
    generator = torch.Generator().manual_seed(0)
    for shape, mean, std in (
        ([3, 4, 5], [0.4, 0.5, 0.3], [0.2, 0.25, 0.3]),
        ([2, 3, 4, 5], [0.4, 0.5, 0.3], [0.2, 0.25, 0.3]),
        ([3, 5, 3], [0.1, 0.6, 0.7], [0.5, 0.3, 0.2]),
        ([3, 3, 4], [0.1, 0.6, 0.7], [0.5, 0.3, 0.2]),
        ([3, 3, 4, 5], [0.1, 0.6, 0.7], [0.5, 0.3, 0.2]),
        ([1, 3, 3, 3], [0.5, 0.45, 0.4], [0.2, 0.3, 0.4]),
    ):
        images = torch.randint(0, 256, shape, generator=generator).to(torch.uint8)
        got = _call(
            answer,
            images,
            list(mean),
            list(std),
            hints={
                "'list'": LISTS,
                "not list": LISTS,
                "list indices": LISTS,
                "out of bounds for dimension": BATCH,
                r"permute\(": BATCH,
                "should be a float tensor": "First make floats from 0 to 1 of the bytes: images / 255.",
                SIZES: "Your three numbers stand along another dimension than the channels. Their shape "
                "should be [3, 1, 1], as in section 2.",
                "can't be cast": "Bytes can't hold the result, so -= and /= fail on them. Make new tensors.",
                "could not infer output dtype": "Don't work out a mean of the picture: `mean` is given.",
            },
        )
        _check_normalised(_tensor(got, "the normalised picture"), images, *map(torch.tensor, (mean, std)))
    return "A shape [3, 1, 1] fits one picture and a batch: broadcasting counts from the right."


def _check_normalised(got: Tensor, images: Tensor, mean: Tensor, std: Tensor) -> None:
    """Raise a hint where a tensor isn't the images, normalised."""
    shape = list(images.shape)
    case = f"For an input of shape {shape}: "
    wrong_if(
        list(got.shape) == [1, *shape],
        f"{case}yours is [1, {', '.join(map(str, shape))}]. The shape should stay. With [3, 1, 1] for the "
        "mean it does, [1, 3, 1, 1] adds a dimension to a single picture.",
    )
    wrong_if(list(got.shape) != shape, f"{case}the shape should stay; yours is {list(got.shape)}.")
    wrong_if(got.dtype != torch.float32, f"{case}the result should be float32; yours is {got.dtype}.")
    m, s = mean[:, None, None], std[:, None, None]
    pixels = images / 255
    own = {"dim": (-2, -1), "keepdim": True}
    right = (pixels - m) / s
    for mistake, hint in (
        (right, ""),
        ((images - m) / s, "The bytes go up to 255, but the mean is for pixels from 0 to 1. Divide by 255."),
        (images / 255 - m, "You don't divide by std."),
        (pixels / s, "You don't subtract the mean."),
        ((pixels - m) * s, "You multiply by std. Divide by it."),
        (pixels * s + m, "That is the way back, as in to_pixels. Here: subtract the mean, divide by std."),
        ((pixels - s) / m, "mean and std are swapped: subtract the mean, divide by std."),
        (pixels / s - m, "First subtract the mean, then divide by std: the difference in brackets."),
        (pixels - m / s, "The difference needs brackets: Python divides before it subtracts."),
        (right / 255, "Divide the bytes by 255 first, and then normalise."),
        ((images // 255 - m) / s, "images // 255 leaves 0 and 1 only. Divide with /."),
        ((pixels + m) / s, "You add the mean. Subtract it."),
        ((pixels - m) / s**2, "You divide by std twice."),
        ((pixels - m[0]) / s[0], "You use the numbers of the first channel for all three."),
        (pixels, "The pixels are from 0 to 1; now subtract the mean and divide by std."),
        (
            (pixels - pixels.mean(**own)) / pixels.std(**own),
            "You use the mean and std of each picture. The network expects the given ones, for any picture.",
        ),
        *_along_other_dimensions(pixels, mean, std),
        (
            nn.functional.normalize(pixels),
            "nn.functional.normalize does something else: it divides so that squares add up to 1.",
        ),
    ):
        if same(got, mistake, 1e-4):
            wrong_if(bool(hint), case + hint)
            return
    first = (0,) * len(shape)
    raise WrongAnswer(
        f"{case}the first byte, {images[first].item()}, should become {right[first].item():.4f}; yours is "
        f"{got[first].item():.4f}."
    )


def _along_other_dimensions(pixels: Tensor, mean: Tensor, std: Tensor) -> list[tuple[Tensor, str]]:
    """Return what the three numbers give along another dimension that is 3 long, with the hints."""
    found = []
    for dim, what in ((-1, "columns"), (-2, "rows"), (-4, "pictures")):
        if pixels.ndim >= -dim and pixels.shape[dim] == 3:
            shape = (3, *[1] * (-dim - 1))
            hint = (
                f"there are 3 {what} here, so your three numbers go along the {what} without an error. They "
                "belong to the channels: shape [3, 1, 1]."
            )
            found.append(((pixels - mean.view(shape)) / std.view(shape), hint))
    return found


# 10.3


SIDES = "Height belongs to the rows, width to the columns, and each has its own start."


@exercise("10.3")
def centre_crop(answer: Callable) -> str:
    """Grade ``answer(image, size)``, the middle of a picture [C, H, W]."""
    for channels, height, width, size in (
        (3, 6, 10, 4),
        (3, 7, 4, 4),
        (3, 8, 6, 5),
        (1, 5, 10, 3),
        (3, 5, 5, 5),
        (3, 6, 7, 1),
    ):
        image = torch.arange(channels * height * width, dtype=torch.float32)
        image = image.reshape(channels, height, width)
        top, left = (height - size) // 2, (width - size) // 2
        case = f"Of a picture [{channels}, {height}, {width}], with size {size}: "
        got = _call(
            answer,
            image,
            size,
            hints={
                "slice indices must be integers": "/ gives 1.0, and a slice wants 1. Divide with //.",
                "to unpack": "image.shape has three numbers: channels, height, width.",
                "out of bounds": "The numbers of rows and columns are image.shape[1] and image.shape[2].",
                "too many indices": "A picture has three dimensions: image[:, rows, columns].",
            },
        )
        got = _tensor(got, "the part in the middle")
        shape = [channels, size, size]
        wrong_if(
            got.ndim == 3 and got.numel() == 0,
            f"{case}your crop is empty, {list(got.shape)}. Where nothing is cut off, top:-top is 0:0, "
            "which is nothing. Let a slice end at top + size.",
        )
        wrong_if(
            list(got.shape) == list(image[:, top:, left:].shape) != shape,
            f"{case}you cut off the top and the left side only. The slices need an end: start + size.",
        )
        wrong_if(
            got.ndim == 3 and got.shape[0] != channels and got.shape[2] == width != size,
            f"{case}you cut the channels and the rows. The channels come first: image[:, rows, columns].",
        )
        wrong_if(
            list(got.shape) == [channels, size - 1, size - 1],
            f"{case}yours is {list(got.shape)}. An odd size is not twice size // 2. Let a slice end at start "
            "+ size.",
        )
        wrong_if(
            list(got.shape) == [channels, height - 2 * top, width - 2 * left] != shape,
            f"{case}yours is {list(got.shape)}. If an odd number is left over, cutting the same on both "
            "sides leaves one too many. Let a slice end at start + size.",
        )
        wrong_if(
            list(got.shape) == list(image[:, left : left + size, top : top + size].shape) != shape,
            f"{case}yours is {list(got.shape)}. {SIDES}",
        )
        wrong_if(list(got.shape) != shape, f"{case}the shape should be {shape}; yours is {list(got.shape)}.")
        if torch.equal(got, image[:, top : top + size, left : left + size]):
            continue
        _name_other_crop(got, image, (top, left), case)
    return "So all that lies at the edge is lost. Now you know what the network doesn't get to see."


def _name_other_crop(got: Tensor, image: Tensor, right: tuple[int, int], case: str) -> None:
    """Raise the hint for a part of the right shape that isn't the middle."""
    (_, height, width), size = image.shape, got.shape[1]
    start = int(got[0, 0, 0].item())
    row, column = start // width, start % width
    wrong_if(
        not 0 <= start < height * width
        or not torch.equal(got, image[:, row : row + size, column : column + size]),
        f"{case}the shape is right, but it is no part of the picture: pixels were changed or moved.",
    )
    top, left = right
    wrong_if(
        (row, column) == (0, 0),
        f"{case}you took the corner at the top left. The middle starts at half of what is left over.",
    )
    wrong_if(
        (row, column) == (height - size, width - size), f"{case}you took the corner at the bottom right."
    )
    wrong_if(
        row - top in (0, 1) and column - left in (0, 1),
        f"{case}yours starts at row {row}, column {column}, not at {top}, {left}. Where an odd number is "
        "left over, the extra row goes at the bottom, the extra column on the right. (torchvision rounds "
        "otherwise; height // 2 - size // 2 does, too.)",
    )
    wrong_if(
        (row, column) == (left, top) or row == column,
        f"{case}yours starts at row {row}, column {column}, not at {top}, {left}. {SIDES}",
    )
    raise WrongAnswer(f"{case}the middle starts at row {top}, column {left}; yours at {row}, {column}.")


# 10.4

DOGS, CATS = slice(151, 269), slice(281, 286)


def _logits(shares: dict[int, float], shift: float) -> Tensor:
    """Return 1,000 logits whose softmax gives these shares; the rest goes to the other categories."""
    rest = (1 - sum(shares.values())) / (1000 - len(shares))
    probabilities = torch.full((1000,), rest, dtype=torch.float64)
    for category, share in shares.items():
        probabilities[category] = share
    return (probabilities.log() + shift).float()


def _sharp(*categories: int) -> Tensor:
    """Return 1,000 logits whose softmax shares everything among these categories, in equal parts."""
    logits = torch.zeros(1000)
    logits[list(categories)] = 100.0
    return logits


def _sums(
    logits: Tensor,
    dogs: slice = DOGS,
    cats: slice = CATS,
    values: Callable = lambda logits: logits.softmax(dim=1),
) -> tuple[Tensor, Tensor]:
    """Return what all dogs and all cats have together, for each picture."""
    return values(logits)[:, dogs].sum(dim=1), values(logits)[:, cats].sum(dim=1)


def _mistaken_doors(x: Tensor, threshold: float) -> list[tuple[Tensor, str]]:
    """Return the decisions of likely mistakes, True for open, with their hints."""
    dogs, cats = _sums(x)
    probabilities = x.softmax(dim=1)
    kinds = [probabilities[:, part].amax(dim=1) for part in (DOGS, CATS)]
    best = x.argmax(dim=1)
    is_dog = (best >= 151) & (best <= 268)

    def door(sums: tuple[Tensor, Tensor]) -> Tensor:
        return (sums[0] >= threshold) & (sums[0] > sums[1])

    both = door(_sums(x, slice(151, 268), slice(281, 285)))
    return [
        (
            both,
            "The last ones are missing, category 268 and category 285: a slice ends *before* its second "
            "number.",
        ),
        (door(_sums(x, dogs=slice(151, 268))), "Category 268 is a dog too: a slice ends *before* its end."),
        (
            door(_sums(x, cats=slice(281, 285))),
            "Category 285, the Egyptian cat, is missing: a slice ends *before* its end.",
        ),
        (
            door(_sums(x, slice(152, 269), slice(282, 286))),
            "Category 151 is the first dog, 281 the first cat: positions count from 0, as the lesson does.",
        ),
        (
            door(_sums(x, slice(152, 270), slice(282, 287))),
            "Everything is moved by one: position 151 is the first dog, as Python counts.",
        ),
        (door((kinds[0], kinds[1])), "You take the most likely breed. *Add up* the breeds of each group."),
        (door((kinds[0], cats)), "For the dogs you take the most likely breed. Add up all breeds."),
        (dogs >= threshold, "The door opens although the cats together have more than the dogs."),
        (is_dog, "You look at the most likely category only. Add up all dogs, and use the threshold."),
        (
            is_dog & (probabilities.amax(dim=1) >= threshold),
            "You hold the most likely category alone against the threshold. The sum of all dogs counts.",
        ),
        (
            (dogs >= threshold) & (cats < threshold),
            "Cats that reach the threshold keep your door shut where the dogs have more. Compare the two "
            "sums.",
        ),
        (dogs > cats, "The threshold isn't used: the door opens for any dog that beats the cats."),
        ((dogs > threshold) & (dogs > cats), "At least the threshold: exactly reached is enough, >=."),
        ((dogs >= threshold) & (dogs >= cats), "If both have the same, it stays shut: dogs > cats."),
        (
            (dogs / (dogs + cats) >= threshold) & (dogs > cats),
            "You share everything among dogs and cats, as if there was nothing else. Softmax over all 1,000.",
        ),
        (
            door(_sums(x, values=lambda logits: logits)),
            "You add up logits. Softmax first: only probabilities can be added.",
        ),
        (
            door(_sums(x, values=lambda logits: logits.sigmoid())),
            "A sigmoid looks at each category alone. One of 1,000: softmax.",
        ),
        (
            door(_sums(x, values=lambda logits: logits.softmax(dim=0))),
            "Your softmax goes over the pictures, dim=0. The categories are dim=1.",
        ),
        (
            torch.zeros_like(is_dog),
            "Your door never opens, not even for 98 % of one dog. Add up the *columns* of the dogs, "
            "probabilities[:, 151:269].sum(dim=1), or go row by row: without the : a slice takes pictures. "
            "And a mean is no sum.",
        ),
        ((dogs < threshold) | (dogs <= cats), "The other way round: the door opens for dogs."),
    ]


@exercise("10.4")
def door_decisions(answer: Callable) -> str:
    """Grade ``answer(logits, threshold)``, "open" or "shut" for each picture of a batch."""
    terriers = {160: 0.2, 170: 0.2, 180: 0.2}
    batches = [
        (
            0.5,
            {
                "98 % category 151, a dog": _logits({151: 0.98}, 5),
                "98 % category 268, a dog": _logits({268: 0.98}, 5),
                "98 % category 150, a sea lion": _logits({150: 0.98}, 5),
                "98 % category 269, a wolf": _logits({269: 0.98}, 5),
                "three breeds with 32 % each": _logits({160: 0.32, 200: 0.32, 230: 0.32}, -2),
                "60 % dogs in three breeds, 30 % of one cat": _logits({**terriers, 283: 0.3}, 0),
                "30 % of a dog, 60 % of a cup": _logits({200: 0.3, 968: 0.6}, 9),
                "the same share for each category": _logits({}, 8),
                "exactly 50 % of a dog, 50 % of a cup": _sharp(200, 968),
                "98 % of a cat": _logits({281: 0.98}, 5),
            },
        ),
        (
            0.3,
            {
                "45 % of a dog, 20 % of category 281, 30 % of category 285, cats both": _logits(
                    {200: 0.45, 281: 0.2, 285: 0.3}, 3
                ),
                "45 % of a dog, 30 % of category 281, 20 % of category 282, cats both": _logits(
                    {200: 0.45, 281: 0.3, 282: 0.2}, 3
                ),
                "40 % of a dog, 50 % of category 280, no cat": _logits({200: 0.4, 280: 0.5}, 3),
                "40 % of a dog, 50 % of category 286, no cat": _logits({200: 0.4, 286: 0.5}, 3),
                "50 % of a dog, 50 % of a cat": _sharp(200, 283),
                "55 % of a dog, 35 % of a cat": _logits({200: 0.55, 283: 0.35}, 3),
            },
        ),
        (
            0.8,
            {
                "60 % of a dog, 35 % of a cat": _logits({200: 0.6, 283: 0.35}, 1),
                "90 % of a dog": _logits({200: 0.9}, 1),
            },
        ),
        (0.1, {"the same share for each category": _logits({}, -8)}),
    ]
    given = [(torch.stack(list(pictures.values())), threshold) for threshold, pictures in batches]
    got = [_decisions(answer, logits, threshold) for logits, threshold in given]
    right = []
    for logits, threshold in given:
        dogs, cats = _sums(logits)
        right.append(((dogs >= threshold) & (dogs > cats)).tolist())
    if got == right:
        return "And whatever is neither, a wolf or a cup or the dark, keeps the door shut."
    cases = [_mistaken_doors(logits, threshold) for logits, threshold in given]
    for parts in zip(*cases, strict=True):
        wrong_if([part.tolist() for part, _ in parts] == got, parts[0][1])
    for (threshold, pictures), mine, theirs in zip(batches, right, got, strict=True):
        for what, opens, opened in zip(pictures, mine, theirs, strict=True):
            words = ["shut", "open"]
            wrong_if(
                opens != opened,
                f"With threshold {threshold} and {what}, the door is {words[opens]}; yours is "
                f"{words[opened]}.",
            )
    raise AssertionError("No difference was found.")


def _decisions(answer: Callable, logits: Tensor, threshold: float) -> list[bool]:
    """Return an answer's decisions, True for open; a hint for anything else than texts in a list."""
    n = len(logits)
    got = _call(
        answer,
        logits,
        threshold,
        hints={
            "ambiguous": "There are many pictures: go through them row by row, `for row in ...`.",
            "Dimension out of range": "A single row has one dimension only, dim=0.",
            "converted to Scalar": "There is a number for each picture: take them one by one, in a loop.",
            "only one element": "There is a number for each picture: take them one by one, in a loop.",
            "out of bounds for dimension": "The categories are the *second* dimension, dim=1, of [N, 1000].",
        },
    )
    form = f'Return a list of {n} texts, "open" or "shut", one for each picture'
    wrong_if(isinstance(got, str), f"{form}, not one text for the whole batch.")
    wrong_if(not isinstance(got, list | tuple), f"{form}, not this {type(got).__name__}.")
    for part in got:
        wrong_if(
            isinstance(part, bool) or (isinstance(part, Tensor) and part.dtype == torch.bool),
            f"{form}. Yours holds {part!r}, a truth value.",
        )
        wrong_if(not isinstance(part, str) or part not in ("open", "shut"), f"{form}. Yours holds {part!r}.")
    wrong_if(len(got) != n, f"{form}; yours has {len(got)}.")
    return [part == "open" for part in got]


# 10.5


@exercise("10.5")
def swap_channels(answer: Callable) -> str:
    """Grade ``answer(images)``, the same batch [N, 3, H, W] with red and blue swapped."""
    for shape, dtype in (
        ([2, 3, 4, 5], torch.float32),
        ([3, 3, 3, 3], torch.uint8),
        ([1, 3, 2, 6], torch.float32),
    ):
        images = torch.arange(torch.Size(shape).numel()).reshape(shape).to(dtype)
        got = _call(
            answer,
            images,
            hints={
                "step must be greater than zero": "A slice of a tensor can't go backwards (in NumPy it can). "
                "flip() can, or a list of the channels in their new order.",
                "negative": "torch can't use an array that is read backwards; .copy() writes it forwards.",
                "out of bounds for dimension 0": "The first dimension is the pictures: images[:, ...] "
                "reaches the channels.",
            },
        )
        got = _tensor(got, "the batch in the new order")
        case = f"For a batch {shape}: "
        n, _, height, width = shape
        wrong_if(
            list(got.shape) in ([3 * n, height, width], [n, 3 * height, width], [3, n, height, width])
            and list(got.shape) != shape,
            f"{case}the shape should stay; yours is {list(got.shape)}. images[:, 2] has no dimension for the "
            "channels any more. torch.stack(..., dim=1) makes a new one.",
        )
        wrong_if(list(got.shape) != shape, f"{case}the shape should stay; yours is {list(got.shape)}.")
        wrong_if(got.dtype != dtype, f"{case}the type should stay {dtype}; yours is {got.dtype}.")
        red, green, blue = images.unbind(dim=1)
        for mistake, hint in (
            (images, "the colours are as they were: the first channel should be the third one now."),
            (images.flip(0), "you turned the order of the pictures. The channels are dimension 1."),
            (images.flip(2), "the pictures stand on their heads. The channels are dimension 1."),
            (images.flip(3), "left and right are swapped. The channels are dimension 1."),
            (images.flip(1, 2), "the pictures are upside down as well. Turn the channels only."),
            (images.flip(1, 3), "left and right are swapped as well. Turn the channels only."),
            (images.flip(1, 2, 3), "the pictures are turned as well. Turn the channels only."),
            (images.flip(0, 1), "the order of the pictures is turned as well. Turn the channels only."),
            (images.flip(0, 1, 2, 3), "flip() without a dimension, or with all, turns everything."),
            (images.roll(1, 1), "the channels moved round. Green stays in the middle: [2, 1, 0]."),
            (images.roll(-1, 1), "the channels moved round by one. Green stays in the middle: [2, 1, 0]."),
            (
                torch.stack([blue, green, blue], 1),
                "blue is there twice and red is lost. When the first channel is overwritten, its old numbers "
                "are gone before the third can get them. Write all from the original.",
            ),
            (torch.stack([red, green, red], 1), "red is there twice and blue is lost."),
        ):
            wrong_if(same(got, mistake) and not same(got, images.flip(1)), case + hint)
        wrong_if(not same(got, images.flip(1)), f"{case}the channels should be those of positions 2, 1, 0.")
    return "Done twice it changes nothing, so the same function goes from RGB to BGR and back."


# 10.6


def _parts(**parts: nn.Module) -> nn.Sequential:
    return nn.Sequential(OrderedDict(parts))


@exercise("10.6")
def share_in_percent(answer: Callable) -> str:
    """Grade ``answer(model, part)``, the percentage of a model's parameters that lie in one part of it."""
    frozen = _parts(
        features=nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU()),  # 112 + 8
        pool=nn.Flatten(),
        head=nn.Linear(4, 6),  # 30
    )
    frozen.features.requires_grad_(False)
    tail = nn.Sequential(nn.Linear(6, 2), nn.ReLU(), nn.Linear(2, 9, bias=False))  # 14 + 18
    deep = _parts(
        body=_parts(head=nn.Linear(2, 3), neck=nn.Linear(3, 4)),  # 9 + 16
        head=tail,
        head_norm=nn.LayerNorm(9),  # 18
    )
    for model, part in (
        (frozen, "head"),
        (deep, "head"),
        (frozen, "features"),
        (deep, "body"),
        (frozen, "pool"),
        (nn.Sequential(*[nn.Linear(i + 1, 1) for i in range(12)]), "1"),
    ):
        got = _call(
            answer,
            model,
            part,
            hints={
                "no attribute 'part'": "model.part looks for a part that is *called* part. "
                "getattr(model, part) takes the name that the variable holds.",
                "is not subscriptable": "model.named_children() is no dictionary and a model neither. "
                "dict(model.named_children())[part] works, getattr(model, part) too.",
                r"no len\(\)": "parameters() gives the tensors one by one. Add up parameter.numel() of each.",
                "'str' object cannot be interpreted": "model[...] takes positions, and not in every model. "
                "getattr(model, part) takes a name.",
                SIZES: "Add up parameter.numel(), how many numbers a tensor has, not the numbers.",
                "'str' object has no attribute": "part is a name, a text. The part itself is "
                "getattr(model, part).",
                "no attribute 'numel'": "A layer has no numel(). Each of its parameters() has.",
                "has no attribute": "Other models have other parts: getattr(model, part).",
            },
        )
        got = numbers(got, 0, "Return one number, in percent.")
        _check_share(got, model, part)
    return "VGG16: most of it lies in the classifier. The pooling has none, 0 %: it learns nothing."


def _check_share(got: float, model: nn.Module, part: str) -> None:
    """Raise a hint where a number isn't the percentage of the parameters in one part of a model."""
    sizes = {name: parameter.numel() for name, parameter in model.named_parameters()}
    inside = {name: size for name, size in sizes.items() if name.split(".")[0] == part}
    count, total = sum(inside.values()), sum(sizes.values())
    right = 100 * count / total
    if abs(got - right) < 0.006:
        return
    buffers = {name: tensor.numel() for name, tensor in model.state_dict().items()}
    learning = {name for name, parameter in model.named_parameters() if parameter.requires_grad}
    direct = len(list(getattr(model, part).parameters(recurse=False)))

    def share(names: dict[str, int], chosen: Callable[[str], bool] = lambda name: True) -> float:
        everything = sum(size for name, size in names.items() if chosen(name))
        ours = sum(size for name, size in names.items() if chosen(name) and name.split(".")[0] == part)
        return 100 * ours / max(1, everything)

    case = f"{count} of {total} parameters are in {part!r}: {right:.2f} %. "
    for mistake, hint in (
        (right / 100, "Yours is a fraction. Give it in percent."),
        (count, "Yours is the count. Divide by all parameters of the model, and give percent."),
        (100 - right, "Yours is the share of everything else."),
        (100 * count / max(1, total - count), "Divide by *all* parameters, those of the part included."),
        (round(right), "Keep the decimals: no rounding, no //."),
        (right // 1, "Keep the decimals: no rounding, no //."),
        (100 * total / max(1, count), "The other way round: the part divided by the whole."),
        (100 * len(inside) / len(sizes), "You count tensors. Add up the numbers in them: numel()."),
        (share(sizes, lambda name: "weight" in name), "You count the weights; the biases belong to it too."),
        *[(0, "This part is made of layers, and your function doesn't look into it.")][
            : direct == 0 < len(learning & set(inside))
        ],
        (share(sizes, lambda name: name in learning), "You leave out the frozen ones. Count all."),
        (
            share(buffers),
            "You count what is in the state_dict. Its running means and counters are no parameters: "
            "parameters().",
        ),
        (
            100 * sum(size for name, size in sizes.items() if part in name) / total,
            f"You count every parameter with {part!r} anywhere in its name, so other parts are in it too. "
            "Take the part itself: getattr(model, part).",
        ),
        (
            100 * sum(size for name, size in sizes.items() if name.startswith(part)) / total,
            f"Other parts' names start with {part!r} as well. Take the part itself: getattr(model, part).",
        ),
        (
            100 * sum(size for name, size in sizes.items() if part in name.split(".")) / total,
            f"Inside of another part there is a layer called {part!r} too. Only the model's own part counts.",
        ),
    ):
        wrong_if(abs(got - mistake) < 1e-3, case + hint)
    raise WrongAnswer(f"{case}You return {got:g}.")


# 10.7


class _Nested(nn.Module):
    """A tiny network whose first convolution lies deeper inside and sees other numbers than the images."""

    def __init__(self) -> None:
        super().__init__()
        self.pool = nn.AvgPool2d(2)
        block = nn.Sequential(nn.Conv2d(3, 5, 2), nn.ReLU(inplace=True))
        self.body = nn.Sequential(block, nn.Dropout(0.5), nn.Conv2d(5, 7, 2), nn.Flatten())

    def forward(self, images: Tensor) -> Tensor:
        """Return logits of images [N, 3, 6, 6]."""
        return self.body(2 * self.pool(images) - 0.1)


def _nets() -> list[nn.Module]:
    """Return two tiny networks: a convolution at once; one deeper inside, behind a pooling."""
    plain = nn.Sequential(
        nn.Conv2d(3, 4, 3, padding=1),
        nn.ReLU(inplace=True),
        nn.Conv2d(4, 6, 3),
        nn.Flatten(),
        nn.Linear(96, 5),
    )
    return [plain.eval(), _Nested().train()]


LOCAL = "What a hook assigns is its own variable, not one outside. Put the maps into a dictionary or a list."


@exercise("10.7")
def first_conv_maps(answer: Callable) -> str:
    """Grade ``answer(network, images)``, the maps behind the first Conv2d, by a hook that goes again."""
    images = torch.rand(2, 3, 6, 6, generator=torch.Generator().manual_seed(0)) - 0.5
    for network in _nets():
        seen: dict[str, Tensor] = {}
        layers = dict(network.named_modules())
        for name, layer in layers.items():  # these stay: an answer should remove its own hook only
            layer.register_forward_hook(_note(seen, name))
        with torch.no_grad():
            network(images)
        right = seen[next(name for name, layer in layers.items() if isinstance(layer, nn.Conv2d))]
        seen.clear()
        hooks, mode = _hooks(network), network.training
        got = _call(
            answer,
            network,
            images,
            hints={
                "but 3 were given": "A forward hook is called with three things: the layer, its inputs, its "
                "output.",
                "no attribute 'remove'": "register_forward_hook() returns an object, and that has remove().",
                "missing 3 required": "If these are the arguments of your hook: give the function itself, "
                "without calling it, register_forward_hook(keep_maps).",
                "must be Tensor, not": "What a hook returns takes the place of the layer's output. Ours "
                "should only keep something, and return nothing.",
                "input to conv2d": "`images` is a batch already, [N, 3, H, W].",
                "is not defined": LOCAL,
                "UnboundLocalError": LOCAL,
                "not subscriptable": "modules() gives the layers one by one. The first Conv2d is "
                "next(layer for layer in network.modules() if isinstance(layer, nn.Conv2d)).",
                "StopIteration": "next() found nothing. Look through network.modules(), all layers inside "
                "others too; children() gives the outermost ones only.",
                "has no attribute": "Other networks have other parts. Find the first Conv2d by its type.",
                "KeyError": "If that is where your hook keeps the maps: it keeps nothing before the network "
                "has seen the images, network(images).",
                "IndexError": "If that is where your hook keeps the maps: it keeps nothing before the "
                "network has seen the images, network(images).",
            },
        )
        _check_maps(got, right, seen, layers, images)
        _check_traces(network, hooks, mode)
    return "The network is as it was, and you have seen what it sees first."


def _note(seen: dict[str, Tensor], name: str) -> Callable:
    """Return a hook that notes a copy of what comes out of a layer, before the next one changes it."""

    def hook(layer: nn.Module, inputs: tuple, output: Tensor) -> None:
        seen[name] = output.detach().clone()

    return hook


def _hooks(network: nn.Module) -> dict[str, list[int]]:
    """Return the numbers of all hooks of a network, layer by layer."""
    return {
        name: [*layer._forward_hooks, *layer._forward_pre_hooks] for name, layer in network.named_modules()
    }


def _check_maps(
    got: Any, right: Tensor, seen: dict[str, Tensor], layers: dict[str, nn.Module], images: Tensor
) -> None:
    """Raise a hint where an answer isn't what came out of the first Conv2d."""
    wrong_if(
        isinstance(got, tuple | list) and len(got) > 0 and isinstance(got[0], Tensor),
        f"That is a {type(got).__name__} with tensors. Return one tensor: what came *out* of the layer "
        "(a hook's inputs are a tuple).",
    )
    wrong_if(isinstance(got, nn.Module), "That is a layer. Return what came out of it.")
    maps = _tensor(got, "what came out of the convolution")
    names = [name for name, layer in layers.items() if isinstance(layer, nn.Conv2d)]
    first = layers[names[0]]
    with torch.no_grad():
        by_itself = nn.Conv2d.forward(first, images)  # no hooks are called
    wrong_if(
        same(maps, right.clamp(min=0)),
        "The negative numbers are gone: the ReLU behind the convolution wrote its result into the same "
        "memory. Keep output.clone().",
    )
    wrong_if(
        same(maps, images), "Those are the images, which go *into* the layer. Keep what comes out of it."
    )
    wrong_if(
        same(maps, first.weight.detach()), "Those are the kernels, the weights. Keep the layer's output."
    )
    wrong_if(
        len(names) > 1 and names[-1] in seen and same(maps, seen[names[-1]]),
        "Those are the maps of the last convolution. If each Conv2d has a hook, the last one wins. Give one "
        "to the first only.",
    )
    wrong_if(
        same(maps, by_itself) and not same(by_itself, right),
        "You gave the images to the convolution itself. In this network something is done with them before. "
        "Run the whole network, and let a hook keep the maps.",
    )
    for name, output in reversed(seen.items()):  # the whole network comes before its last layer
        wrong_if(
            same(maps, output) and not same(output, right) and name != names[0],
            f"That comes out of {'the whole network' if name == '' else f'the layer {name!r}'}, not of the "
            f"first Conv2d, which is {names[0]!r} here.",
        )
    wrong_if(
        list(maps.shape) != list(right.shape),
        f"The maps of all images should be {list(right.shape)}; yours are {list(maps.shape)}.",
    )
    wrong_if(not same(maps, right), "The shape is right, the numbers aren't those behind the convolution.")


def _check_traces(network: nn.Module, hooks: dict[str, list[int]], mode: bool) -> None:
    """Raise a hint where an answer left a hook or another mode behind, or took other hooks away."""
    now = _hooks(network)
    wrong_if(
        any(set(now[name]) - set(hooks[name]) for name in now),
        "The maps are right, but your hook is still there and will keep tensors with each call. "
        "register_forward_hook() returns what has remove().",
    )
    wrong_if(
        now != hooks,
        "Someone else's hooks are gone too. Remove only yours: register_forward_hook() returns what has "
        "remove().",
    )
    words = {True: "training", False: "eval"}
    wrong_if(
        any(layer.training != mode for layer in network.modules()),
        f"The maps are right, but the network came in {words[mode]} mode and left in {words[not mode]} mode.",
    )


# 10.8


@exercise("10.8")
def count_mistakes(answer: Callable) -> str:
    """Grade ``answer(decisions, guests, cost_open, cost_shut)``: wrong openings, wrong waits, their cost."""
    guests = ["dog", "cat", "dog", "fox", "dog", "dog", "nobody", "cat", "cat", "dog", "dog"]
    decisions = ["open", "shut", "shut", "open", "shut", "open", "open", "shut", "open", "shut", "shut"]
    for decided, came, costs in (
        (decisions, guests, (100, 3)),
        (["open", "open", "shut"], ["dog", "cat", "fox"], (50, 2)),
        (["shut", "shut"], ["dog", "cat"], (10, 0.5)),
        (["open", "shut"], ["dog", "nobody"], (10, 1)),
        ([], [], (10, 1)),
        (["open"] * 4, ["cat", "fox", "nobody", "dog"], (7, 0)),
    ):
        got = _call(
            answer,
            list(decided),
            list(came),
            *costs,
            hints={
                "'bool' object": "A list compared with a text is one False, not a list of them. Go through "
                "both lists with zip().",
                "'bool' and": "A list compared with a text is one False, not a list of them. Go through both "
                "lists with zip().",
                "'str' and 'list'": "A list can't be compared as a whole. Go through both lists with zip().",
                "'list' and 'list'": "Lists can't be joined by & or subtracted. Go through both with zip().",
                "too many dimensions 'str'": "A tensor holds no texts. Go through both lists with zip().",
                "to unpack": "zip() goes through both lists together, pair by pair.",
                "division by zero": "No guest at all is no mistake either: 0, 0 and 0. Nothing need be "
                "divided here.",
            },
        )
        _check_mistakes(got, decided, came, costs)
    return "Weighted by what they cost, one cat on the road outweighs many a dog that waits."


def _check_mistakes(
    got: Any, decided: Sequence[str], came: Sequence[str], costs: tuple[float, float]
) -> None:
    """Raise a hint where three numbers aren't the wrong openings, the wrong waits and their cost."""
    form = "Return three numbers: how often it was wrongly open, how often wrongly shut, and the cost."
    wrong_if(isinstance(got, dict), form)
    found = tuple(numbers(got, 1, form))
    wrong_if(len(found) != 3, form)
    pairs = list(zip(decided, came, strict=True))
    opened = sum(door == "open" and guest != "dog" for door, guest in pairs)
    waited = sum(door == "shut" and guest == "dog" for door, guest in pairs)
    cats = pairs.count(("open", "cat"))
    let_out, kept_in = pairs.count(("open", "dog")), len(pairs) - decided.count("open") - waited
    cost = opened * costs[0] + waited * costs[1]
    n = max(1, len(pairs))
    case = f"With {', '.join(f'{guest}: {door}' for door, guest in pairs) or 'no guest'}: "
    counts = found[:2]
    for mistake, hint in (
        ((opened, waited), ""),
        ((waited, opened), "The other way round: first the wrong openings, then the dogs that wait."),
        (
            (cats, waited),
            "You count the wrong openings for cats only. For a fox, or for nobody, the door should stay shut "
            "as well.",
        ),
        ((let_out, kept_in), "Those are the *right* decisions. Count the wrong ones."),
        ((kept_in, let_out), "Those are the *right* decisions. Count the wrong ones."),
        (
            (decided.count("open"), decided.count("shut")),
            "You count how often the door was open and shut at all. An opening is wrong for no dog only.",
        ),
        (
            (opened, decided.count("shut")),
            "You count every shut door. Shut is wrong only if the guest is a dog.",
        ),
        (
            (opened, n - opened),
            "You count all the others as wrongly shut, the dogs that went out included. An else is too much.",
        ),
        ((opened, kept_in), "You count the doors that were shut for no dog, which is right."),
        ((let_out, waited), "You count the doors that were open for a dog, which is right."),
        (
            (opened + waited, opened + waited),
            "You count both mistakes together. Each has its own count.",
        ),
        ((100 * opened / n, 100 * waited / n), "Yours are percent. Return counts."),
        ((opened / n, waited / n), "Yours are shares. Return counts."),
        ((opened * costs[0], waited * costs[1]), "The first two are counts, without their costs."),
    ):
        if all(abs(one - other) < 1e-6 for one, other in zip(counts, mistake, strict=True)):
            wrong_if(bool(hint), case + hint)
            break
    else:
        raise WrongAnswer(
            f"{case}{opened} times wrongly open, {waited} times wrongly shut; you have {found[0]} and "
            f"{found[1]}."
        )
    for mistake, hint in (
        (cost, ""),
        (opened * costs[1] + waited * costs[0], "The costs are swapped: cost_open is for a wrong opening."),
        ((opened + waited) * sum(costs), "Each mistake has its own cost. Multiply first, then add."),
        (opened + waited, "The counts are right. The third number is the cost, not the sum of the counts."),
        (sum(costs), "The counts are right. Each cost counts as often as its mistake was made."),
        (cost / n, "The counts are right. The cost is for all guests together, not for each one."),
        (
            cost / max(1, opened + waited),
            "The counts are right. The cost is that of all mistakes together, not of each one.",
        ),
    ):
        if abs(found[2] - mistake) < 1e-3:
            wrong_if(bool(hint), case + hint)
            return
    raise WrongAnswer(
        f"{case}the counts are right. {opened} x {costs[0]} + {waited} x {costs[1]} is {cost:g}; your cost "
        f"is {found[2]:g}."
    )
