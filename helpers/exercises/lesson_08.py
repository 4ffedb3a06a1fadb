"""Lesson 08, augmentation: its exercises."""

import contextlib
import copy
import io
from functools import partial
from statistics import mean, pstdev

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from helpers.course.exercises import RESULT, When, differs, exercise
from helpers.course.observing import is_alike, plain


def kind_and_change(got, images, given):
    seen = {"the kind of the result": f"{getattr(got, 'dtype', type(got))} {list(getattr(got, 'shape', ()))}"}
    return seen if torch.equal(images, given) else {**seen, "`images` afterwards": given}


class MyDoubleBlock(nn.Module):
    def __init__(self, in_channels, out_channels, dropout):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(in_channels, out_channels, kernel_size=3, padding=1),
            nn.BatchNorm2d(out_channels),
            nn.ReLU(),
            nn.Conv2d(out_channels, out_channels, kernel_size=3, padding=1),
            nn.BatchNorm2d(out_channels),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.MaxPool2d(kernel_size=2),
        )

    def forward(self, x):
        return self.layers(x)


def block_seen(answer, in_channels, out_channels, dropout):
    """Run a block in both modes; its kernels are replaced by numbers that depend on shapes alone."""
    block, images = answer(in_channels, out_channels, dropout), torch.arange(384 * in_channels).sin()
    images = images.reshape(4, in_channels, 12, 8)
    block.eval()(images)  # from here on, lazy layers have their shapes
    state = block.state_dict()
    for name, value in state.items():
        if value.ndim == 4:
            value.copy_(torch.arange(value.numel()).sin().view_as(value))
        elif "bias" in name:  # a convolution before a BatchNorm2d may do without
            value.zero_()
    torch.manual_seed(1)  # the same numbers are dropped
    outputs = {"what comes out in eval mode": block.eval()(images)}
    outputs["what comes out in training mode"] = block.train()(images)
    runs = sorted(int(value) for name, value in state.items() if name.endswith("num_batches_tracked"))
    kernels = sorted(list(value.shape) for value in state.values() if value.ndim == 4)
    seen = {"the list of the kernels' shapes": str(kernels), RUNS: runs}
    return {**seen, **outputs} if len(kernels) == len(runs) == 2 else seen


def double(order="cnrCNRop", padding=1, drop=nn.Dropout):
    """Return a class with the layers of the solution in another order, or a bit different."""

    class Block(MyDoubleBlock):
        def __init__(self, in_channels, out_channels, dropout):
            super().__init__(in_channels, out_channels, dropout)
            layers = dict(zip("cnrCNRop", self.layers, strict=True)) | {"o": drop(dropout)}
            layers["c"].padding = layers["C"].padding = (padding, padding)
            layers["C"].bias = None  # before a BatchNorm2d it may be left out
            self.layers = nn.Sequential(*(layers[key] for key in order))

    return Block


RUNS = "how often each BatchNorm2d runs"
InAList = type("InAList", (MyDoubleBlock,), {"state_dict": dict})  # empty, as where torch finds no layers
Always = type("Always", (nn.Dropout,), {"forward": lambda self, x: F.dropout(x, self.p)})
exercise(
    "08.1",
    MyDoubleBlock,
    probes=[(1, 8, 0.25), (3, 5, 0.6)],
    observe=block_seen,
    says="Two convolutions before each halving see more of the picture than one: 5 x 5 pixels, not 3 x 3.",
    errors={
        r"to have \d+ channels|running_mean": "After the first convolution there are out_channels channels."
    },
    mistakes={
        "Torch finds no layers in your block. Put them into an nn.Sequential, in __init__.": InAList,
        "There is one convolution, as in the lesson's MyConvBlock. This block has two.": double("cnrop"),
        "Each convolution needs its own BatchNorm2d.": When(
            lambda got, right: got[RUNS].numel() < 2 or got[RUNS].max() > 1,
            (*map(double, ("cnrCRop", "cnrCnRop")),),
        ),
        "Only the pooling makes the picture smaller. Give both convolutions padding=1.": double(padding=0),
        "In eval mode your block still drops numbers. F.dropout needs training=self.training.": (
            double(drop=Always)
        ),
        "There is one pooling, at the end.": (*map(double, ("cnrCNRo", "cnrpCNRop", "cnrpCNRo")),),
        "A ReLU comes after each BatchNorm2d.": (*map(double, ("cnCNRop", "cnrCNop", "cnCNop")),),
        "Your ReLU comes before BatchNorm2d, and should come after it.": double("crnCRNop"),
        "There is one dropout, after the second ReLU and before the pooling: nn.Dropout(dropout).": (
            *map(double, ("cnrCNRp", "cnrCNRpo", "cnroCNRop", "cnroCNRp")),
            *(double(drop=lambda p, chance=chance: nn.Dropout(chance)) for chance in (0.2, 0.5)),
            double(drop=nn.Dropout2d),
        ),
    },
    also_right=[double("cnrCNoRp")],
)


def flip_left_right(images):
    return images.flip(dims=[3])  # the last dimension runs from left to right


def calls_seen(flip, images):
    """Call several times: what happens by chance shows."""
    given = [images.clone() for _ in range(8)]
    first, *more = map(flip, given)
    return {RESULT: first, "what other calls return": more, **kind_and_change(first, images, given[0])}


exercise(
    "08.2",
    flip_left_right,
    probes=[(torch.arange(120.0).reshape(2, 3, 4, 5),), (torch.arange(6.0).reshape(1, 1, 2, 3),)],
    observe=calls_seen,
    says="One call flips the whole batch; for a sign, it makes the left hand of a right one.",
    errors={"step must be greater than zero": "A tensor can't be sliced backwards. It has a method flip."},
    mistakes={
        "Flip each time; yours flips only by chance.": lambda x: x.flip(3) if torch.rand(1) < 0.5 else x,
        "Flip the last dimension, which runs from left to right, and no other.": (
            *(partial(torch.flip, dims=dims) for dims in ([0], [1], [2], [0, 3], [2, 3], [0, 1, 2, 3])),
        ),
        "Flip every picture of the batch, not only one.": lambda x: torch.cat([x[:1].flip(3), x[1:]]),
        "The numbers are right. Return a tensor.": lambda x: x.numpy()[..., ::-1],
    },
)


def shift(images, rows, columns):
    shifted = images.roll(shifts=(rows, columns), dims=(2, 3))  # a copy that wraps around
    if rows > 0:
        shifted[:, :, :rows] = 0
    if rows < 0:
        shifted[:, :, rows:] = 0
    if columns > 0:
        shifted[:, :, :, :columns] = 0
    if columns < 0:
        shifted[:, :, :, columns:] = 0
    return shifted


def by_slices(x, r, c, end=lambda size, by: size - by):
    shifted = torch.zeros_like(x)
    shifted[:, :, r:, c:] = x[:, :, : end(x.shape[2], r), : end(x.shape[3], c)]
    return shifted


to_minus = partial(by_slices, end=lambda size, by: -by)
SHIFTS = [(1, 2), (3, 1), (-1, 2), (1, -3), (-2, -1), (0, 2), (1, 0), (0, -2), (0, 0)]
exercise(
    "08.3",
    shift,
    probes=[(torch.arange(1.0, 41).reshape(2, 1, 4, 5), *by) for by in SHIFTS],
    says="Nothing wraps around, whichever way the hand moves.",
    mistakes={
        "rows moves up or down, columns to the side.": lambda x, r, c: shift(x, c, r),
        "Both rows and columns count.": (lambda x, r, c: shift(x, r, 0), lambda x, r, c: shift(x, 0, c)),
        "What leaves on one side should not come in on the other.": lambda x, *by: x.roll(by, (2, 3)),
        "Positive numbers shift down and right; yours up and left.": lambda x, r, c: shift(x, -r, -c),
        "Negative numbers shift up and left: they need slices of their own.": (by_slices, to_minus),
        "A shift of 0 goes wrong. The slice [0:] is everything, and [:-0] is [:0], which is nothing.": (
            lambda x, r, c: to_minus(x, r, c) if min(r, c) >= 0 else shift(x, r, c),
            *(lambda x, *by, i=i: shift(x, *by) * all(by[i:]) for i in (0, 1)),
        ),
        "Where nothing comes from, put zeros.": lambda x, r, c: F.pad(x, (c, -c, r, -r), mode="replicate"),
    },
    also_right=[lambda images, rows, columns: F.pad(images, (columns, -columns, rows, -rows))],
)


def random_brightness(images, low, high):
    factors = low + (high - low) * torch.rand(len(images), 1, 1, 1)  # [N, 1, 1, 1]
    return (images * factors).clamp(0, 1)


def factors_seen(brightness, low, high):
    """Look at the factors of 1000 dark pictures with a white column each. What is seen depends on no draw."""
    images = torch.cat([0.02 + 0.1 * torch.rand(1000, 3, 2, 3), torch.ones(1000, 3, 2, 1)], dim=3)
    given = images.clone()
    got, again = brightness(given, low, high), brightness(images.clone(), low, high)
    seen = kind_and_change(got, images, given)
    if seen != kind_and_change(images, images, images):
        return seen
    factors = (got / images)[..., :3]  # the last column is white
    drawn = factors[:, :1, :1, :1]
    seen[SHARED] = torch.allclose(factors, drawn, rtol=1e-3)
    seen[OWN] = not torch.allclose(drawn, drawn[:1])
    # A fifth of the range has 200 factors; 70 more or less come by chance once in a million times.
    seen[EVEN] = all(abs(n - 200) < 70 for n in drawn.histc(5, low, high).tolist())
    seen["the brightest pixel"] = f"{got.max():.1f}"
    seen["other factors in a second call"] = not torch.allclose(got, again)
    return {label: str(value) for label, value in seen.items()}


def light(factors=lambda a, b, x: a + (b - a) * x, draw=lambda x: torch.rand(len(x), 1, 1, 1)):
    """Return an answer that draws other numbers, or makes other factors of them."""
    return lambda x, low, high: (x * factors(low, high, draw(x))).clamp(0, 1)


EVEN = "factors that are equally likely in the whole range"
SHARED, OWN = "one factor for all pixels of a picture", "a factor of its own for each picture"
exercise(
    "08.4",
    random_brightness,
    probes=[(0.5, 1.5), (0.2, 0.4)],  # low = high is an error of torch.distributions.Uniform
    observe=factors_seen,
    says="A thousand images, a thousand factors, and nothing above 1.",
    errors={"must match the size": "Factors of shape [N] meet the width. Draw them in shape [N, 1, 1, 1]."},
    mistakes={
        "These are float64: make the factors float32.": lambda *given: random_brightness(*given).double(),
        "Pixels come out above 1. Cut them to 0..1 after they were multiplied, by clamp(0, 1).": When(
            lambda got, right: float(got["the brightest pixel"]) > 1,
            (lambda x, a, b: x * (a + (b - a) * torch.rand(len(x), 1, 1, 1)),),
        ),
        "Multiply all pixels and channels of a picture by one factor: draw in shape [N, 1, 1, 1].": differs(
            SHARED, light(draw=torch.rand_like), lambda x, a, b: (x + a / 9).clamp(0, 1)
        ),
        "All pictures got the same factor. Draw one for each, in shape [N, 1, 1, 1].": differs(
            OWN, light(draw=lambda x: torch.rand(1))
        ),
        "Cut the pixels to 0..1, not the factors.": light(lambda a, b, x: (a + (b - a) * x).clamp(0, 1)),
        "All from low to high are equally likely. Multiply torch.rand by high - low, then add low.": differs(
            EVEN, *map(light, (lambda a, b, x: x, lambda a, b, x: a + x, lambda a, b, x: a + b * x))
        ),
        "A second call has the same factors. Draw new ones in each call, and set no seed.": (
            lambda *given: torch.manual_seed(42) and random_brightness(*given)
        ),
    },
    also_right=[light(lambda a, b, x: torch.distributions.Uniform(a, b).sample(x.shape))],
)


def only_in_training(model, images, augment):
    if model.training:
        images = augment(images)
    return model(images)


def logits_seen(answer, mode):
    """Look at the logits of a model in one mode, and at the calls of augment."""
    model, calls = nn.Sequential(nn.Flatten(), nn.Linear(9, 5)).train(mode == "training"), []
    got = answer(model, torch.rand(4, 1, 3, 3), lambda batch: calls.append(1) or batch.flip(2) + 1)
    seen = {"the logits": got, CALLS: len(calls), "model.training afterwards": str(model.training)}
    return {**seen, "gradients in training": str(mode == "eval" or getattr(got, "requires_grad", False))}


CALLS = "the number of calls of augment"
exercise(
    "08.5",
    only_in_training,
    probes=[("training",), ("eval",)],
    observe=logits_seen,
    says="Validation sees the images as they are, so its figures can be compared.",
    mistakes={
        "Those are images. Return the model's logits.": lambda m, x, f: f(x) if m.training else x,
        "train() sets the mode. Ask for it by model.training.": lambda m, x, f: m(f(x) if m.train() else x),
        "Augment in training mode only: `if model.training:`, without brackets.": lambda m, x, f: m(f(x)),
        "In training mode the images are not augmented.": lambda m, x, f: m(x),
        "Yours augments in eval mode, not in training.": lambda m, x, f: m(x if m.training else f(x)),
        "augment returns new images: give the model those.": lambda m, x, f: [m.training and f(x)] and m(x),
        "Nothing can be learned from these logits: leave no_grad, inference_mode and detach out.": (
            lambda m, x, f: only_in_training(m, x, f).detach()
        ),
        "Call augment once, in training only.": differs(CALLS, lambda m, x, f: m([x, f(x)][m.training])),
    },
)


def mean_and_spread(histories, k):
    means = [sum(history["valid_acc"][-k:]) / k for history in histories]  # one for each seed
    return sum(means) / len(means), max(means) - min(means)


def of_rows(change, key="valid_acc"):
    """Return an answer that takes other numbers of each seed, `change(accuracies, k)`."""
    return lambda h, k: mean_and_spread([{"valid_acc": change(x[key], k)} for x in h], k)


SEEDS = [  # the last three of each have the means 83, 87, 82; all results have two decimals at most
    {"epoch": [1, 2, 3, 4, 5, 6], "train_acc": [x + 9 for x in accuracies], "valid_acc": accuracies}
    for accuracies in ([20.0, 50, 77, 79, 84, 86], [5.0, 45, 72, 86, 84, 91], [10.0, 40, 70, 81, 83, 82])
]
exercise(
    "08.6",
    mean_and_spread,
    probes=[(SEEDS, 3), (SEEDS[1:], 2), (SEEDS[1:], 1), (SEEDS[::2], 6), (SEEDS[:1], 2)],
    says="A difference between two models that is smaller than the spread may well be luck.",
    mistakes={
        "Only the last k count: [-k:].": (of_rows(lambda x, k: x[:k]), lambda h, k: mean_and_spread(h, 6)),
        "You took train_acc. Take valid_acc.": of_rows(lambda x, k: x, key="train_acc"),
        "For each seed take the mean of its last k epochs, not the last or the best epoch alone.": (
            *map(of_rows, (lambda x, k: x[-1:] * k, lambda x, k: [max(x)] * k)),
        ),
        "Return first the mean, then the spread.": lambda h, k: mean_and_spread(h, k)[::-1],
        "Go through all seeds.": lambda h, k: (mean(x := h[0]["valid_acc"][-k:]), max(x) - min(x)),
        "Return two numbers: the mean and the spread.": lambda h, k: mean_and_spread(h, k)[0],
        "Keep the accuracies in percent.": lambda h, k: [x / 100 for x in mean_and_spread(h, k)],
        "The mean is right. The spread is the largest of the seeds' means minus the smallest.": When(
            lambda got, right: len(got) == 1 and is_alike(got[RESULT][0], right[RESULT][0], 1e-5),
            (lambda h, k: (mean_and_spread(h, k)[0], pstdev([mean(x["valid_acc"][-k:]) for x in h])),),
        ),
    },
)


def make_checkpoint(model, classes):
    state = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    return {"state_dict": state, "classes": classes, "version": 1}


def checkpoint_seen(make, classes):
    """Look at a checkpoint, save and load it, and look again when the model has learned on."""
    model, file = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3)), io.BytesIO()
    model(torch.rand(6, 2))  # the running means have moved
    before, got = plain(model), make(model, classes)
    if not isinstance(got, dict) or not {"state_dict", "classes", "version"} <= set(got):
        return {RESULT: got}
    held, seen = plain(got), {RESULT: "a dictionary with the three keys", SAFE: "False"}
    seen |= {key: held[key] for key in ("state_dict", "classes", "version")}
    seen |= {} if is_alike(plain(model), before, 0.0) else {"`model` afterwards": plain(model)}
    with contextlib.suppress(Exception):  # torch raises several kinds, each for another sort of content
        torch.save(got, file)
        file.seek(0)
        model.load_state_dict(torch.load(file, weights_only=True)["state_dict"])
        seen[SAFE] = "True"
        seen["tensors that require gradients"] = str(any(x.requires_grad for x in got["state_dict"].values()))
    for tensor in model.state_dict().values():
        tensor.add_(1)
    return {**seen, "the same numbers when the model learns on": str(is_alike(plain(got), held, 0.0))}


SAFE = "a checkpoint that can be saved, and loaded with weights_only=True,"
exercise(
    "08.7",
    make_checkpoint,
    probes=[(list("BAC"),), (list("LOVE"),)],
    observe=checkpoint_seen,
    says="The best epoch can be kept in memory while the model learns on, and saved at the end.",
    mistakes={
        'Return a dictionary with three keys: "state_dict", "classes" and "version".': differs(
            RESULT, lambda m, c: m, lambda m, c: m.state_dict(), lambda m, c: {"state_dict": m.state_dict()}
        ),
        "Keep all of model.state_dict(), names and tensors. Parameters lack the running means.": differs(
            "state_dict", lambda m, c: make_checkpoint(m, c) | {"state_dict": dict(m.named_parameters())}
        ),
        "Keep the classes, in their order.": differs("classes", lambda m, c: make_checkpoint(m, sorted(c))),
        "The version is the whole number 1.": lambda m, c: make_checkpoint(m, c) | {"version": "1"},
        "The state dict holds tensors. Besides it keep only text, numbers, lists and dictionaries.": differs(
            SAFE, lambda m, c: make_checkpoint(m, c) | {"layer": nn.ReLU()}
        ),
        "When the model learns on, your checkpoint changes with it. Keep copies: clone() each tensor.": (
            lambda m, c: make_checkpoint(m, c) | {"state_dict": m.state_dict()}
        ),
    },
    also_right=[lambda m, c: make_checkpoint(m, c) | {"state_dict": copy.deepcopy(m.state_dict())}],
)


def steadier(a, b, k):
    spread_a = max(a[-k:]) - min(a[-k:])
    spread_b = max(b[-k:]) - min(b[-k:])
    if spread_a == spread_b:
        return "neither"
    return "a" if spread_a < spread_b else "b"


def by(value, equal="neither"):
    """Return an answer that compares something else of the last k numbers."""
    return lambda a, b, k: equal if (x := value(a[-k:])) == (y := value(b[-k:])) else "a" if x < y else "b"


exercise(
    "08.8",
    steadier,
    probes=[
        ([40.0, 51, 49, 50], [20.0, 10, 90, 50], 3),
        ([20.0, 10, 90, 50], [40.0, 51, 49, 50], 3),
        ([10.0, 50, 80, 82, 81, 80.5], [20.0, 60, 84, 90, 83, 91], 4),
        ([60.0, 62, 64, 70, 79, 71], [9.0, 50, 77, 78, 79, 80], 3),
        ([30.0, 82, 82, 82, 82, 86], [70.0, 40, 43.5, 40, 43.5, 40], 5),
        ([40.0, 70, 80, 81, 82, 83], [40.0, 71, 80, 82, 80, 82], 4),
        ([1.0, 50, 80, 82, 81, 80], [2.0, 40, 70, 60, 71, 72], 1),
    ],
    says="Higher and steadier are two questions: a curve can win one and lose the other.",
    mistakes={
        'Return one of the texts "a", "b" and "neither".': When(
            lambda got, right: not isinstance(got[RESULT], str), (lambda a, b, k: a, lambda a, b, k: a < b)
        ),
        "The other way round: the smaller spread is the steadier one.": lambda a, b, k: steadier(b, a, k),
        "Only the last k numbers count, [-k:]: at the start every curve climbs.": (
            lambda a, b, k: steadier(a, b, 0),
            lambda a, b, k: steadier(a[:k], b[:k], k),
        ),
        "You compare how high the curves are, not how far they jump.": by(lambda x: -sum(x)),
        "The spread is the largest minus the smallest: no standard deviation, no change between epochs.": (
            *map(by, (pstdev, lambda x: abs(x[-1] - x[0]), lambda x: abs(np.diff(x)).sum())),
        ),
        'Equal spreads give "neither".': (*(by(lambda x: max(x) - min(x), equal) for equal in "ab"),),
        "You return the same text each time. Compare the spreads.": (lambda *_: "a", lambda *_: "b"),
    },
)
