"""Lesson 08: answers that learners may well give, for tests/test_exercises.py.

`WRONG` has for each exercise (what went wrong, the answer, a regular expression that its own hint matches),
`RIGHT` has answers that are right and written in another way than the lesson's solution.
"""

import copy
import random
from itertools import pairwise
from statistics import mean, pstdev

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F
from torchvision.transforms import v2
from torchvision.transforms.v2 import functional

# 08.1: the layers of a block, in the order of a string


def block(order: str, padding: int = 1, chance: float | None = None, kind: type = nn.Dropout) -> type:
    """Return a class of blocks: convolutions c and d, norms n, ReLU r, dropout o, pooling p."""

    class Block(nn.Module):
        def __init__(self, in_channels, out_channels, dropout):
            super().__init__()
            make = {
                "c": lambda: nn.Conv2d(in_channels, out_channels, 3, padding=padding),
                "d": lambda: nn.Conv2d(out_channels, out_channels, 3, padding=padding),
                "n": lambda: nn.BatchNorm2d(out_channels),
                "r": nn.ReLU,
                "o": lambda: kind(dropout if chance is None else chance),
                "p": lambda: nn.MaxPool2d(2),
            }
            self.layers = nn.Sequential(*(make[part]() for part in order))

        def forward(self, x):
            return self.layers(x)

    return Block


class InAList(nn.Module):
    def __init__(self, in_channels, out_channels, dropout):
        super().__init__()
        self.layers = list(block("cnrdnrop")(in_channels, out_channels, dropout).layers)

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x


class NoSuper(nn.Module):
    def __init__(self, in_channels, out_channels, dropout):
        self.convolution = nn.Conv2d(in_channels, out_channels, 3, padding=1)


class NormOfTheInput(block("cnrdnrop")):
    def __init__(self, in_channels, out_channels, dropout):
        super().__init__(in_channels, out_channels, dropout)
        self.layers[1] = nn.BatchNorm2d(in_channels)


class NoReturn(block("cnrdnrop")):
    def forward(self, x):
        self.layers(x)


class OneNormTwice(block("cnrdnrop")):
    def forward(self, x):
        convolution_1, norm, relu, convolution_2, _, _, dropout, pool = self.layers
        return pool(dropout(relu(norm(convolution_2(relu(norm(convolution_1(x))))))))


class Functional(nn.Module):
    """A right block, with each layer by its own name, and functions for what learns nothing."""

    mode = True

    def __init__(self, in_channels, out_channels, dropout):
        super().__init__()
        self.norm_2 = nn.BatchNorm2d(out_channels)
        self.convolution_2 = nn.Conv2d(out_channels, out_channels, 3, padding="same")
        self.convolution_1 = nn.Conv2d(in_channels, out_channels, (3, 3), padding=1, bias=False)
        self.norm_1 = nn.BatchNorm2d(out_channels)
        self.dropout = dropout

    def forward(self, x):
        x = F.relu(self.norm_1(self.convolution_1(x)))
        x = torch.relu(self.norm_2(self.convolution_2(x)))
        return F.max_pool2d(F.dropout(x, self.dropout, self.training if self.mode else True), 2)


class FunctionalAlways(Functional):
    mode = False


class OneReluTwice(nn.Module):
    def __init__(self, in_channels, out_channels, dropout):
        super().__init__()
        relu = nn.ReLU(inplace=True)
        self.first = nn.Sequential(
            nn.Conv2d(in_channels, out_channels, 3, 1, 1), nn.BatchNorm2d(out_channels), relu
        )
        self.second = nn.Sequential(
            nn.Conv2d(out_channels, out_channels, 3, 1, 1), nn.BatchNorm2d(out_channels), relu
        )
        self.end = nn.Sequential(nn.Dropout(dropout), nn.MaxPool2d(kernel_size=2, stride=2))

    def forward(self, x):
        return self.end(self.second(self.first(x)))


# 08.2


def flipped_in_place(images):
    images[:] = images.flip(-1)
    return images


def flipped_by_rows(images):
    return torch.stack([torch.stack([row.flip(0) for row in image[0]]) for image in images])


def flipped_first_only(images):
    flipped = images.clone()
    flipped[0] = images[0].flip(-1)
    return flipped


def flipped_by_columns(images):
    flipped, width = torch.zeros_like(images), images.shape[-1]
    for column in range(width):
        flipped[:, :, :, column] = images[:, :, :, width - 1 - column]
    return flipped


# 08.3


def positive_only(images, rows, columns):
    shifted = torch.zeros_like(images)
    shifted[:, :, rows:, columns:] = images[:, :, : images.shape[2] - rows, : images.shape[3] - columns]
    return shifted


def empty_slices(images, rows, columns):
    shifted = images.roll((rows, columns), (2, 3))
    if rows < 0:
        shifted[:, :, rows:] = 0
    else:
        shifted[:, :, :rows] = 0
    if columns > 0:
        shifted[:, :, :, :columns] = 0
    else:
        shifted[:, :, :, columns:] = 0  # all of them where columns is 0
    return shifted


def minus_zero(images, rows, columns):
    if rows < 0 or columns < 0:
        return shifted(images, rows, columns)
    result = torch.zeros_like(images)
    result[:, :, rows:, columns:] = images[:, :, :-rows, :-columns]
    return result


def shifted(images, rows, columns):
    return F.pad(images, (columns, -columns, rows, -rows))


def shifted_with_the_edge(images, rows, columns):
    height, width = images.shape[2:]
    at_rows = (torch.arange(height) - rows).clamp(0, height - 1)
    at_columns = (torch.arange(width) - columns).clamp(0, width - 1)
    return images[:, :, at_rows][:, :, :, at_columns]


def else_for_zero(images, rows, columns):
    result = images.roll((rows, columns), (2, 3))
    for by, lines in ((rows, result), (columns, result.transpose(2, 3))):
        if by > 0:
            lines[:, :, :by] = 0
        else:
            lines[:, :, by:] = 0
    return result


def shifted_in_place(images, rows, columns):
    images[:] = shifted(images, rows, columns)
    return images


def grown(images, rows, columns):
    return F.pad(images, (abs(columns), 0, abs(rows), 0))


def shifted_by_pixels(images, rows, columns):
    result = torch.zeros_like(images)
    for r in range(images.shape[2]):
        for c in range(images.shape[3]):
            if 0 <= r - rows < images.shape[2] and 0 <= c - columns < images.shape[3]:
                result[:, :, r, c] = images[:, :, r - rows, c - columns]
    return result


def shifted_by_slices(images, rows, columns):
    height, width = images.shape[2:]
    result = torch.zeros_like(images)
    to = slice(max(rows, 0), height + min(rows, 0)), slice(max(columns, 0), width + min(columns, 0))
    source = slice(max(-rows, 0), height + min(-rows, 0)), slice(max(-columns, 0), width + min(-columns, 0))
    result[:, :, to[0], to[1]] = images[:, :, source[0], source[1]]
    return result


# 08.4


def brightness(*shape, clamp=True, draw=torch.rand):
    """Return an answer that draws factors of a shape whose letters n, c, h, w are those of the images."""

    def random_brightness(images, low, high):
        sizes = dict(zip("nchw", images.shape, strict=True))
        factors = low + (high - low) * draw([sizes.get(size, size) for size in shape])
        return (images * factors).clamp(0, 1) if clamp else images * factors

    return random_brightness


def seeded(images, low, high):
    torch.manual_seed(42)
    return brightness("n", 1, 1, 1)(images, low, high)


def added(images, low, high):
    return (images + low / 10 * torch.rand(len(images), 1, 1, 1)).clamp(0, 1)


def too_far(images, low, high):
    return (images * (low + high * torch.rand(len(images), 1, 1, 1))).clamp(0, 1)


def from_zero(images, low, high):
    return (images * torch.rand(len(images), 1, 1, 1)).clamp(0, 1)


def in_whole_numbers(images, low, high):
    return (images * torch.randint(int(low), int(high) + 1, (len(images), 1, 1, 1))).clamp(0, 1)


def two_factors(images, low, high):
    return (images * torch.tensor([low, high])[torch.arange(len(images)) % 2].reshape(-1, 1, 1, 1)).clamp(
        0, 1
    )


def squared(images, low, high):
    return brightness("n", 1, 1, 1, draw=lambda shape: torch.rand(shape) ** 2)(images, low, high)


def one_by_one(images, low, high):
    return torch.stack([(image * random.uniform(low, high)).clamp(0, 1) for image in images])


def in_numpy(images, low, high):
    factors = np.random.default_rng().uniform(low, high, (len(images), 1, 1, 1)).astype(np.float32)
    return torch.from_numpy(np.clip(images.numpy() * factors, 0, 1))


def in_float64(images, low, high):
    return (images * torch.from_numpy(np.random.uniform(low, high, (len(images), 1, 1, 1)))).clamp(0, 1)


def by_uniform(images, low, high):
    factors = torch.empty(images.shape[0]).uniform_(low, high)
    return torch.minimum(images * factors[:, None, None, None], torch.tensor(1.0))


# 08.5


def by_asking_a_method(model, images, augment):
    if model.train:
        images = augment(images)
    return model(images)


def by_setting_the_mode(model, images, augment):
    if model.train():
        images = augment(images)
    return model(images)


def not_kept(model, images, augment):
    if model.training:
        augment(images)
    return model(images)


def always_called(model, images, augment):
    changed = augment(images)
    return model(changed if model.training else images)


def without_gradients(model, images, augment):
    with torch.no_grad():
        return model(augment(images) if model.training else images)


def one_image_at_a_time(model, images, augment):
    if model.training:
        images = torch.cat([augment(image.unsqueeze(0)) for image in images])
    return model(images)


def twice(model, images, augment):
    return model(augment(augment(images)) if model.training else images)


def returned_images(model, images, augment):
    return augment(images) if model.training else images


# 08.6


def last(histories, k, column="valid_acc"):
    return [history[column][-k:] for history in histories]


def summary(values):
    values = list(values)
    return sum(values) / len(values), max(values) - min(values)


def pooled_spread(histories, k):
    values = [x for row in last(histories, k) for x in row]
    return summary(values)


def spread_within(histories, k):
    rows = last(histories, k)
    return mean(map(mean, rows)), mean(max(row) - min(row) for row in rows)


def deviation(histories, k):
    means = [mean(row) for row in last(histories, k)]
    return mean(means), pstdev(means)


def cut_in_place(histories, k):
    for history in histories:
        history["valid_acc"] = history["valid_acc"][-k:]
    return summary(mean(history["valid_acc"]) for history in histories)


def summary_in_torch(histories, k):
    means = torch.tensor([history["valid_acc"] for history in histories])[:, -k:].mean(dim=1)
    return torch.stack([means.mean(), means.max() - means.min()])


def summary_in_numpy(histories, k):
    means = np.array(last(histories, k)).mean(axis=1)
    return [means.mean(), np.ptp(means)]


# 08.7


def checkpoint(model, classes, **other):
    state = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    return {"state_dict": state, "classes": classes, "version": 1, **other}


def with_the_state(make, **other):
    """Return an answer whose state dict is what `make` gives for the model."""
    return lambda model, classes: checkpoint(model, classes, state_dict=make(model), **other)


def without_version(model, classes):
    return {"state_dict": model.state_dict(), "classes": classes}


def learned_only(model, classes):
    state = {name: tensor.detach().clone() for name, tensor in model.named_parameters()}
    return checkpoint(model, classes, state_dict=state)


def shallow(model, classes):
    return checkpoint(model, classes, state_dict=copy.copy(model.state_dict()))


def nothing_returned(model, classes):
    made = checkpoint(model, classes)
    assert made


def of_the_gradients(model, classes):
    made = checkpoint(model, classes)
    for name, parameter in model.named_parameters():
        made["state_dict"][name] = parameter.clone()
    return made


def in_eval_mode(model, classes):
    model.eval()
    return checkpoint(model, classes)


def as_lists(model, classes):
    state = {name: tensor.tolist() for name, tensor in model.state_dict().items()}
    return checkpoint(model, classes, state_dict=state)


def start_again(model, classes):
    new_model = copy.deepcopy(model)
    for layer in new_model:
        if hasattr(layer, "reset_parameters"):
            layer.reset_parameters()
    return checkpoint(new_model, classes)


# 08.8


def spread(values):
    return max(values) - min(values)


def by(value, equal="neither"):
    def which(a, b, k):
        one, other = value(a[-k:]), value(b[-k:])
        return equal if one == other else "a" if one < other else "b"

    return which


def sorted_in_place(a, b, k):
    del a[:-k], b[:-k]
    a.sort()
    b.sort()
    one, other = a[-1] - a[0], b[-1] - b[0]
    return "a" if one < other else "b" if one > other else "neither"


def by_sorting_copies(a, b, k):
    (*_, x), (*_, y) = sorted(a[-k:]), sorted(b[-k:])
    one, other = x - min(a[-k:]), y - min(b[-k:])
    return min([(one, "a"), (other, "b")])[1] if one != other else "neither"


def in_torch(a, b, k):
    one, other = (torch.tensor(values[len(values) - k :]) for values in (a, b))
    difference = (one.max() - one.min()) - (other.max() - other.min())
    return ["a", "neither", "b"][int(difference.sign()) + 1]


WRONG = {
    "08.1": [
        ("the lesson's", block("cnrop"), "one convolution, as in"),
        ("no padding", block("cnrdnrop", padding=0), "no padding=1"),
        ("0.2 always", block("cnrdnrop", chance=0.2), r"made with dropout 0.25; its Dropout has \[0.2\]"),
        ("Dropout2d", block("cnrdnrop", kind=nn.Dropout2d), "whole feature maps"),
        ("both from in_channels", block("cnrcnrop"), r"\(8, 8\)\] .*; yours are \[\(1, 8\), \(1, 8\)\]"),
        ("one norm", block("cnrdrop"), "of its own; you have 1"),
        ("one norm twice", OneNormTwice, "one and the same layer twice"),
        ("no first ReLU", block("cndnrop"), "after the first"),
        ("no second ReLU", block("cnrdnop"), "after the second"),
        ("no ReLU", block("cndnop"), "no ReLU at all"),
        ("ReLU first", block("crndrnop"), "ReLU comes before"),
        ("no pooling", block("cnrdnro"), "keeps its size"),
        ("pooled twice", block("cnrpdnrop"), r"yours become \[4, 8, 7, 7\]"),
        ("pooled between", block("cnrpdnro"), "between the convolutions"),
        ("no dropout", block("cnrdnrp"), "nothing is dropped"),
        ("dropout last", block("cnrdnrpo"), "behind the pooling"),
        ("dropout twice", block("cnrodnrop"), "dropped twice"),
        ("dropout first", block("cnrodnrp"), "behind the first ReLU"),
        ("a list", InAList, "a plain list"),
        ("no return", NoReturn, "forward returns nothing"),
        ("F.dropout always", FunctionalAlways, "training=self.training"),
        ("no super", NoSuper, "The first line of __init__"),
        ("a norm of the input", NormOfTheInput, "as the convolution before it gives"),
        ("a block", block("cnrdnrop")(1, 8, 0.2), "That is one block"),
    ],
    "08.2": [
        ("up and down", lambda images: images.flip(2), "up and down"),
        ("sliced backwards", lambda images: images[:, :, :, ::-1], "torch.flip"),
        ("the batch", lambda images: images.flip(0), "order of the images in the batch"),
        ("turned", lambda images: images.rot90(2, (2, 3)), "180 degrees"),
        ("all", lambda images: images.flip(0, 1, 2, 3), "all dimensions"),
        ("by chance", v2.RandomHorizontalFlip(p=0.5), "by chance"),
        ("transposed", lambda images: images.mT, r"yours have \[3, 1, 5, 4\]"),
        ("rolled", lambda images: images.roll(1, 3), "should become"),
        ("no channel", flipped_by_rows, r"yours have \[3, 4, 5\]"),
        ("in place", flipped_in_place, "changed a tensor"),
        ("NumPy", lambda images: np.flip(images.numpy(), 3), "not this ndarray"),
    ],
    "08.3": [
        ("rolled", lambda images, *by: images.roll(by, (2, 3)), "comes in on the other"),
        ("the other way", lambda images, rows, columns: shifted(images, -rows, -columns), "the other way"),
        ("swapped", lambda images, rows, columns: shifted(images, columns, rows), "one for the other"),
        ("rows only", lambda images, rows, columns: shifted(images, rows, 0), "only the rows"),
        ("columns only", lambda images, rows, columns: shifted(images, 0, columns), "only the columns"),
        ("positive only", positive_only, "slices of their own"),
        ("minus zero", minus_zero, "mind a shift of 0.*must match"),
        ("zero takes all", empty_slices, r"columns = 0: mind a shift of 0.*which is nothing\.$"),
        ("else for zero", else_for_zero, r"\[0:\] is everything"),
        ("the edge repeated", shifted_with_the_edge, "should be black"),
        ("in place", shifted_in_place, "changed a tensor"),
        ("grown", grown, r"yours have \[2, 1, 7, 10\]"),
        ("nothing", lambda images, rows, columns: images * 1, "not moved"),
    ],
    "08.4": [
        ("one for the batch", brightness(1), "same factor"),
        ("factors in a row", brightness("n"), r"RuntimeError.*in shape \[N, 1, 1, 1\]"),
        ("one a pixel", brightness("n", "c", "h", "w"), "which is noise"),
        ("one a channel", brightness("n", "c", 1, 1), "changes the colours"),
        ("pixels of all images", brightness("h", "w"), "pixel by pixel"),
        ("not clamped", brightness("n", 1, 1, 1, clamp=False), "above 1"),
        ("added", added, "You add a number"),
        ("low + high", too_far, "width of the range"),
        ("0 to 1", from_zero, "stretch it"),
        ("whole numbers", in_whole_numbers, r"0.00 to 1.00. There are only a few"),
        ("low or high", two_factors, "0.50 to 1.50. There are only a few"),
        ("mostly low", squared, "as likely as any other"),
        ("normal", brightness("n", 1, 1, 1, draw=torch.randn), "outside of the range"),
        ("seeded", seeded, "no seed"),
        ("float64", in_float64, "float64"),
        ("nothing", lambda images, low, high: images.clamp(0, 1), "as bright as they came"),
    ],
    "08.5": [
        ("always", lambda model, images, augment: model(augment(images)), "In eval mode too"),
        ("never", lambda model, images, augment: model(images), "are not augmented"),
        (
            "the other way",
            lambda model, images, augment: model(images if model.training else augment(images)),
            "other way round",
        ),
        ("the mode set", by_setting_the_mode, "don't ask"),
        ("not kept", not_kept, "use what it returns"),
        ("called for nothing", always_called, "for nothing"),
        ("no gradients", without_gradients, "nothing can be learned"),
        ("one image at a time", one_image_at_a_time, "called 4 times. Once"),
        ("twice", twice, "called 2 times"),
        ("images", returned_images, "Those are images"),
    ],
    "08.6": [
        ("all epochs", lambda h, k: summary(map(mean, last(h, 0))), "took all epochs"),
        ("the first", lambda h, k: summary(mean(x["valid_acc"][:k]) for x in h), "the first k"),
        ("training", lambda h, k: summary(map(mean, last(h, k, "train_acc"))), "took train_acc"),
        ("the best", lambda h, k: summary(max(x["valid_acc"]) for x in h), "lucky moments"),
        ("the last", lambda h, k: summary(x["valid_acc"][-1] for x in h), "the last epoch of each"),
        ("swapped", lambda h, k: summary(map(mean, last(h, k)))[::-1], "other way round"),
        ("pooled", pooled_spread, "all epochs together"),
        ("within", spread_within, "between the seeds"),
        ("std", deviation, "standard deviation"),
        ("one seed", lambda h, k: summary(h[0]["valid_acc"][-k:]), "of one seed"),
        ("mean only", lambda h, k: summary(map(mean, last(h, k)))[0], "Return two numbers"),
        ("in place", cut_in_place, "changed the histories"),
        ("a fraction", lambda h, k: [x / 100 for x in summary(map(mean, last(h, k)))], "you have 0.83"),
    ],
    "08.7": [
        ("the state dict", lambda model, classes: model.state_dict(), "state dict alone"),
        ("the model", with_the_state(lambda model: model), "whole model"),
        ("no brackets", with_the_state(lambda model: model.state_dict), "brackets"),
        ("not copied", with_the_state(lambda model: model.state_dict()), r"clone\(\)"),
        ("learned only", learned_only, "they are buffers"),
        ("a list", with_the_state(lambda model: list(model.parameters())), "is a list, w"),
        ("lists of numbers", as_lists, "can't be saved and loaded again"),
        ("no version", without_version, "'version'"),
        ("a text", lambda model, classes: checkpoint(model, classes, version="1"), "yours is '1'"),
        ("how many", lambda model, classes: checkpoint(model, len(classes)), "does not say which"),
        ("sorted", lambda model, classes: checkpoint(model, sorted(classes)), "in this order"),
        ("a set", lambda model, classes: checkpoint(model, set(classes)), "no order"),
        ("nothing returned", nothing_returned, "whoever calls"),
        ("with a module", lambda model, classes: checkpoint(model, classes, layer=nn.ReLU()), "ReLU"),
        ("gradients", of_the_gradients, "graph of the gradients"),
        ("eval mode", in_eval_mode, "changed the model"),
        ("another start", start_again, "not those of the model"),
    ],
    "08.8": [
        ("the other way", lambda a, b, k: by(spread)(b, a, k), "The other way round"),
        ("all", lambda a, b, k: by(spread)(a, b, 0), "compare all epochs"),
        ("the first", lambda a, b, k: by(spread)(a[:k], b[:k], k), "the first k"),
        ("the higher", by(lambda x: -mean(x)), "how high"),
        ("std", by(pstdev), "standard deviations"),
        ("jumps", by(lambda x: sum(abs(p - q) for p, q in pairwise(x))), "epoch to epoch"),
        ("the ends", by(lambda x: abs(x[-1] - x[0])), "What lies between"),
        ("b for equal", by(spread, "b"), 'yours is "b"'),
        ("a for equal", by(spread, "a"), 'yours is "a"'),
        ("True", lambda a, b, k: spread(a[-k:]) < spread(b[-k:]), "yours is (True|False)"),
        ("the list", lambda a, b, k: min(a, b, key=spread), "name of the list"),
        ("sorted in place", sorted_in_place, r"sorted\(\)"),
        ("always a", lambda a, b, k: "a", 'you have "a"'),
    ],
}
# Other ways to the same mistake: their hint is that of the answer named.
SAME_MISTAKE = {
    "08.2": [(flipped_first_only, "should become")],
    "08.5": [(by_asking_a_method, "an attribute")],
    "08.7": [(shallow, "own tensors")],
}

RIGHT = {
    "08.1": [block("cnrdnrop"), Functional, OneReluTwice, block("cnrdnorp")],
    "08.2": [
        flipped_by_columns,
        v2.RandomHorizontalFlip(p=1),
        functional.horizontal_flip,
        lambda images: images[..., torch.arange(images.shape[-1] - 1, -1, -1)],
        lambda images: torch.from_numpy(images.numpy()[..., ::-1].copy()),
        lambda images: (
            torch.stack([torch.fliplr(image[0])[None] for image in images])
            if images.shape[1] == 1
            else torch.flip(images, dims=(-1,))
        ),
    ],
    "08.3": [
        shifted,
        shifted_by_pixels,
        shifted_by_slices,
        lambda images, rows, columns: functional.affine(images, 0, [columns, rows], 1, [0.0, 0.0]),
    ],
    "08.4": [brightness("n", 1, 1, 1), one_by_one, in_numpy, by_uniform],
    "08.5": [
        lambda model, images, augment: model(augment(images) if model.training else images),
        lambda model, images, augment: (
            model.forward([images, augment][model.training](images)) if model.training else model(images)
        ),
    ],
    "08.6": [
        summary_in_torch,
        summary_in_numpy,
        lambda h, k: tuple(round(x, 2) for x in summary(map(mean, last(h, k)))),
    ],
    "08.7": [
        checkpoint,
        lambda model, classes: checkpoint(model, tuple(classes), epoch=3, mean=0.5),
        with_the_state(lambda model: copy.deepcopy(model).state_dict(), note="best"),
        with_the_state(lambda model: copy.deepcopy(model.state_dict())),
    ],
    "08.8": [by(spread), in_torch, by_sorting_copies, by(np.ptp)],
}
