"""Lesson 07: answers that learners may well give, for tests/test_exercises.py.

`WRONG` has for each exercise (what went wrong, the answer, a regular expression that its own hint matches),
`SAME_MISTAKE` other ways to such a mistake, and `RIGHT` answers that are right and written in another way
than the lesson's solution.
"""

import statistics
from itertools import pairwise

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

# 07.1


def image_by_image(rows):
    return torch.stack([row.reshape(1, 28, 28) for row in rows])


def cut_into_rows(rows):
    return torch.stack(rows.split(28, dim=1), dim=1).unsqueeze(1)


def in_place(rows):
    rows /= 255
    return rows.reshape(-1, 1, 28, 28)


# 07.2


def shapes(n, size, channels, half=lambda side: side // 2, flat=lambda n, c, side: [n, c * side * side]):
    found = []
    for c in channels:
        size = half(size)
        found.append([n, c, size, size])
    return [*found, flat(n, c, size)]


def by_running_layers(n, size, channels):
    x, found = torch.zeros(n, 1, size, size), []
    for c in channels:
        x = F.max_pool2d(nn.LazyConv2d(c, 3, padding=1)(x), 2)
        found.append(x.shape)
    return [*found, x.flatten(1).shape]


def of_incoming_channels(n, size, channels):
    *blocks, (_, _, _, side) = shapes(n, size, [1, *channels[:-1]], flat=lambda n, c, s: [n, c, s, s])
    blocks = [*blocks, [n, channels[-2] if len(channels) > 1 else 1, side, side]][: len(channels)]
    return [*blocks, [n, blocks[-1][1] * side * side]]


def channels_last(n, size, channels):
    *blocks, flat = shapes(n, size, channels)
    return [*([n, h, w, c] for n, c, h, w in blocks), flat]


# 07.3


def normalised(x, eps, dims=(0, 2, 3), correction=0, root=lambda var, eps: torch.sqrt(var + eps)):
    mean = x.mean(dim=dims, keepdim=True)
    return (x - mean) / root(x.var(dim=dims, correction=correction, keepdim=True), eps)


def without_keepdim(x, eps):
    mean, var = x.mean(dim=(0, 2, 3)), x.var(dim=(0, 2, 3), correction=0)
    return (x - mean) / torch.sqrt(var + eps)


def centred_in_place(x, eps):
    x -= x.mean(dim=(0, 2, 3), keepdim=True)
    return x / torch.sqrt((x**2).mean(dim=(0, 2, 3), keepdim=True) + eps)


def statistics_alone(x, eps):
    return x.mean(dim=(0, 2, 3)), x.var(dim=(0, 2, 3))


def channel_by_channel(x, eps):
    result = torch.empty_like(x)
    for c in range(x.shape[1]):
        channel = x[:, c]
        var = ((channel - channel.mean()) ** 2).mean()
        result[:, c] = (channel - channel.mean()) / (var + eps) ** 0.5
    return result


def by_numpy(x, eps):
    x = x.numpy()
    mean, var = x.mean(axis=(0, 2, 3), keepdims=True), x.var(axis=(0, 2, 3), keepdims=True)
    return torch.tensor((x - mean) / np.sqrt(var + eps))


def with_channels_in_rows(x, eps):
    rows = x.transpose(0, 1).flatten(1)  # [C, N * H * W]
    mean, var = rows.mean(1).reshape(1, -1, 1, 1), rows.var(1, unbiased=False)[None, :, None, None]
    return (x - mean) * (var + eps).rsqrt()


# 07.4


def dropped(x, mask, p, training, scale=lambda p, mask: 1 / (1 - p)):
    return x * mask * scale(p, mask) if training else x


def zeroed_in_place(x, mask, p, training):
    if training:
        x[~mask] = 0
        x /= 1 - p
    return x


def by_where(x, mask, p, training):
    if not training:
        return x.clone()
    return torch.where(mask, x, 0.0) / (1 - p)


def on_a_clone(x, mask, p, training):
    result = x.clone()
    if training:
        result[~mask] = 0
        result = result / (1 - p)
    return result


# 07.5


def block(c_in, c_out, order="cnrp", padding=1, bias=True):
    layers = {
        "c": nn.Conv2d(c_in, c_out, kernel_size=3, padding=padding, bias=bias),
        "n": nn.BatchNorm2d(c_out),
        "r": nn.ReLU(),
        "p": nn.MaxPool2d(2),
        "a": nn.AvgPool2d(2),
    }
    return [layers[step] for step in order]


def net(channels, classes, order="cnrp", padding=1, end=(), flatten=True, bias=True, features=None):
    layers = [
        layer
        for c_in, c_out in pairwise([1, *channels])
        for layer in block(c_in, c_out, order, padding, bias)
    ]
    layers += [nn.Flatten()] if flatten else []
    side = 28 // 2 ** len(channels)
    in_features = features(channels) if features else channels[-1] * side * side
    return nn.Sequential(*layers, nn.Linear(in_features, classes), *end)


def all_from_one_channel(channels, classes):
    layers = [layer for c in channels for layer in block(1, c)]
    return nn.Sequential(*layers, nn.Flatten(), nn.LazyLinear(classes))


def batch_norm_of_what_comes_in(channels, classes):
    layers = []
    for c_in, c_out in pairwise([1, *channels]):
        layers += [nn.Conv2d(c_in, c_out, 3, padding=1), nn.BatchNorm2d(c_in), nn.ReLU(), nn.MaxPool2d(2)]
    return nn.Sequential(*layers, nn.Flatten(), nn.LazyLinear(classes))


def two_linear_layers(channels, classes):
    return net(channels, 256, end=[nn.ReLU(), nn.Linear(256, classes)])


def without_the_star(channels, classes):
    return nn.Sequential(list(net(channels, classes)))


def three_blocks(channels, classes):
    return net([channels[0], channels[1], channels[2]], classes)


def no_padding_and_lazy(channels, classes):
    layers = [layer for c_in, c_out in pairwise([1, *channels]) for layer in block(c_in, c_out, padding=0)]
    return nn.Sequential(*layers, nn.Flatten(), nn.LazyLinear(classes))


def no_pooling(channels, classes):
    return net(channels, classes, "cnr", features=lambda c: c[-1] * 28 * 28)


class ConvNet(nn.Module):
    """The net as a class, with one ReLU and one pooling for all blocks."""

    def __init__(self, channels, classes):
        super().__init__()
        widths = [1, *channels]
        self.convs = nn.ModuleList(nn.Conv2d(a, b, 3, padding="same") for a, b in pairwise(widths))
        self.norms = nn.ModuleList(nn.BatchNorm2d(c) for c in channels)
        self.pool = nn.MaxPool2d(2, 2)
        self.head = nn.LazyLinear(classes)

    def forward(self, x):
        for conv, norm in zip(self.convs, self.norms, strict=True):
            x = self.pool(norm(conv(x)).relu())
        return self.head(x.flatten(1))


def appended(channels, classes):
    model, c_in, side = nn.Sequential(), 1, 28
    for c in channels:
        model.append(nn.Sequential(*block(c_in, c, bias=False), nn.Dropout(0.2)))
        c_in, side = c, side // 2
    return model.append(nn.Flatten()).append(nn.Linear(c_in * side**2, classes))


# 07.6


def changes(values):
    return [later - earlier for earlier, later in pairwise(values)]


def sizes(values):
    return [abs(change) for change in changes(values)]


def summed_over_positions(values):
    total = 0
    for i in range(1, len(values)):
        total += abs(values[i] - values[i - 1])
    return total / (len(values) - 1)


def popped(values):
    first = values.pop(0)
    return statistics.mean(abs(b - a) for a, b in pairwise([first, *values]))


# 07.7


def square(image, row, column, size, value=0.5, before=None, extra=1, clip=True):
    """Return the right answer, or one with another value, begin or end."""
    half, result = size // 2, image.clone()
    before = half if before is None else before
    top, left = row - before, column - before
    bottom, right = top + 2 * half + extra, left + 2 * half + extra
    if clip:
        top, left = max(top, 0), max(left, 0)
    result[:, top:bottom, left:right] = value
    return result


def with_half_a_pixel(image, row, column, size):
    result, half = image.clone(), size / 2
    result[:, max(row - half, 0) : row + half, max(column - half, 0) : column + half] = 0.5
    return result


def on_the_given_image(image, row, column, size):
    image[:] = square(image, row, column, size)
    return image


def pixel_by_pixel(image, row, column, size, inside=None):
    result, half = image.clone(), size // 2
    for i in range(row - half, row + half + 1):
        for j in range(column - half, column + half + 1):
            if inside is None or inside(i, j, image):
                result[:, i % image.shape[1], j % image.shape[2]] = 0.5
    return result


def within(i, j, image):
    return 0 <= i < image.shape[1] and 0 <= j < image.shape[2]


def first_channel(image, row, column, size):
    result = image.clone()
    result[0] = square(image, row, column, size)[0]
    return result


def square_alone(image, row, column, size):
    return square(torch.zeros_like(image), row, column, size)


def without_its_channel(image, row, column, size):
    return square(image, row, column, size)[0]


def for_28_pixels_only(image, row, column, size):
    half, rows = size // 2, torch.arange(28)
    near = ((rows - row).abs() <= half)[:, None] & ((rows - column).abs() <= half)
    return torch.where(near, 0.5, image)


def by_distance(image, row, column, size):
    rows, columns = torch.arange(image.shape[1]), torch.arange(image.shape[2])
    near = ((rows - row).abs() <= size // 2)[:, None] & ((columns - column).abs() <= size // 2)
    return torch.where(near, 0.5, image)


def by_numpy_slices(image, row, column, size):
    result, half = image.numpy().copy(), size // 2
    result[:, max(0, row - half) : row + half + 1, max(0, column - half) : column + half + 1] = 0.5
    return torch.from_numpy(result)


# 07.8


def labels_of(model, images):
    with torch.inference_mode():
        return model(images).argmax(dim=1)


def in_mode(ask, back=lambda model, was: model.train(was)):
    """Return an answer that asks in eval mode and gives some mode back."""

    def answer(model, images):
        was = model.training
        model.eval()
        got = ask(model, images)
        back(model, was)
        return got

    return answer


def of_logits(choose):
    return in_mode(lambda model, images: choose(model(images).detach()))


def back_of_itself_alone(model, was):
    model.training = was


def frozen(model, images):
    for parameter in model.parameters():
        parameter.requires_grad = False
    return in_mode(labels_of)(model, images)


@torch.no_grad()
def predict_decorated(model, images):
    mode = "train" if model.training else "eval"
    logits = model.eval()(images)
    getattr(model, mode)()
    return logits.softmax(dim=1).max(dim=1).indices


def predict_at_last(model, images):
    was = model.training
    try:
        model.eval()
        with torch.no_grad():
            return torch.cat([model(images[i : i + 2]).argmax(1) for i in range(0, len(images), 2)])
    finally:
        if was:
            model.train()


WRONG = {
    "07.1": [
        ("as it was", lambda rows: rows, "still that of the rows"),
        ("no channel", lambda rows: rows.reshape(-1, 28, 28), "no channel"),
        ("channel last", lambda rows: rows.reshape(-1, 28, 28, 1), "channel comes before"),
        ("one picture", lambda rows: rows.reshape(1, -1, 28, 28), "one picture with 3 channels"),
        ("transposed", lambda rows: rows.reshape(-1, 1, 28, 28).mT, "mirrored at its diagonal"),
        ("upside down", lambda rows: rows.reshape(-1, 1, 28, 28).flip(2), "on their heads"),
        ("pictures mixed", lambda rows: rows.T.reshape(-1, 1, 28, 28), "mixed up"),
        ("scaled", lambda rows: rows.reshape(-1, 1, 28, 28) / 255, "Shape only"),
        (
            "squeezed",
            lambda rows: rows.reshape(-1, 28, 28).squeeze().unsqueeze(-3),
            r"no channel",
        ),
        ("three pictures", lambda rows: rows.reshape(3, 1, 28, 28), "RuntimeError"),
        ("float64", lambda rows: rows.reshape(-1, 1, 28, 28).double(), "torch.float32 and should stay"),
        ("in place", in_place, "changed a tensor"),
        ("NumPy", lambda rows: rows.numpy().reshape(-1, 1, 28, 28), "not this ndarray"),
    ],
    "07.2": [
        ("half pixels", lambda n, s, c: shapes(n, s, c, half=lambda x: x / 2), "have no half"),
        ("rounded up", lambda n, s, c: shapes(n, s, c, half=lambda x: -(-x // 2)), "rounds down"),
        ("no pooling", lambda n, s, c: shapes(n, s, c, half=lambda x: x), "ends in a pooling"),
        ("halved once", lambda n, s, c: shapes(n, s // 2, c, half=lambda x: x), "halves once more"),
        ("no padding", lambda n, s, c: shapes(n, s, c, half=lambda x: (x - 2) // 2), "With padding=1"),
        ("no batch", lambda n, s, c: [shape[1:] for shape in shapes(n, s, c)], "batch is missing"),
        ("no Flatten", lambda n, s, c: shapes(n, s, c)[:-1], "Add the shape after"),
        (
            "flat batch",
            lambda n, s, c: shapes(n, s, c, flat=lambda n, c, x: [n * c * x * x]),
            "keeps the batch",
        ),
        ("maps flat", lambda n, s, c: shapes(n, s, c, flat=lambda n, c, x: [n, c, x * x]), "one row of each"),
        ("one map", lambda n, s, c: shapes(n, s, c, flat=lambda n, c, x: [n, x * x]), "along all channels"),
        ("not squared", lambda n, s, c: shapes(n, s, c, flat=lambda n, c, x: [n, c * x]), "rows and columns"),
        ("channels last", channels_last, "channels before height"),
        ("incoming channels", of_incoming_channels, "go into each block"),
        ("only sizes", lambda n, s, c: [14, 7, 3], "a list of shapes"),
        ("28 always", lambda n, s, c: shapes(n, 28, c), "For N 5, size 64"),
    ],
    "07.3": [
        ("each pixel", lambda x, eps: normalised(x, eps, (0,)), "mean for each pixel"),
        (
            "each picture and channel",
            lambda x, eps: normalised(x, eps, (2, 3)),
            "for each picture and channel",
        ),
        ("each picture", lambda x, eps: normalised(x, eps, (1, 2, 3)), "for each picture\\. "),
        ("everything", lambda x, eps: normalised(x, eps, (0, 1, 2, 3)), "one mean for everything"),
        ("over channels", lambda x, eps: normalised(x, eps, (1,)), "averaged over the channels"),
        ("correction", lambda x, eps: normalised(x, eps, correction=1), "count less 1"),
        ("no eps", lambda x, eps: normalised(x, eps, root=lambda v, e: v.sqrt()), "eps is missing"),
        ("eps outside", lambda x, eps: normalised(x, eps, root=lambda v, e: v.sqrt() + e), "under the root"),
        ("variance", lambda x, eps: normalised(x, eps, root=lambda v, e: v + e), "divide by the variance"),
        ("centred", lambda x, eps: x - x.mean(dim=(0, 2, 3), keepdim=True), "spread is as before"),
        (
            "not centred",
            lambda x, e: x / (x.var((0, 2, 3), correction=0, keepdim=True) + e).sqrt(),
            "still there",
        ),
        ("no keepdim", without_keepdim, "keepdim=True"),
        ("in place", centred_in_place, "changed a tensor"),
        ("ready-made", lambda x, eps: nn.BatchNorm2d(x.shape[1], eps=eps)(x), "ready-made batch_norm"),
        ("statistics alone", statistics_alone, "not this tuple"),
        ("minimum and maximum", lambda x, eps: (x - x.min()) / (x.max() - x.min() + eps), "mean 0"),
    ],
    "07.4": [
        ("no scaling", lambda x, m, p, t: x * m if t else x, "should grow"),
        ("times 1 - p", lambda *a: dropped(*a, scale=lambda p, m: 1 - p), "multiplied by 1 - p"),
        ("times p", lambda *a: dropped(*a, scale=lambda p, m: p), "multiplied by p"),
        ("divided by p", lambda *a: dropped(*a, scale=lambda p, m: 1 / (p or 1)), "divided by p"),
        ("times 1 + p", lambda *a: dropped(*a, scale=lambda p, m: 1 + p), "not the same"),
        ("by this mask", lambda *a: dropped(*a, scale=lambda p, m: 1 / m.float().mean()), "in this mask"),
        ("mask turned round", lambda x, m, p, t: dropped(x, ~m, p, t), "you dropped those.$"),
        ("both", lambda x, m, p, t: x * ~m if t else x, "by 1 - p as well"),
        ("eval as training", lambda x, m, p, t: dropped(x, m, p, True), "the result is x itself"),
        ("scaled in eval", lambda x, m, p, t: dropped(x, m, p, t) if t else x * (1 - p), "no scaling either"),
        ("modes turned round", lambda x, m, p, t: dropped(x, m, p, not t), "Nothing was dropped"),
        ("taken out", lambda x, m, p, t: x[m] / (1 - p) if t else x, "isn't taken out"),
        ("in place", zeroed_in_place, "changed a tensor"),
        ("ready-made", lambda x, m, p, t: F.dropout(x, p, t), "ready-made dropout"),
        ("others stay", lambda x, m, p, t: torch.where(m, x / (1 - p), x) if t else x, "stayed as it was"),
        ("nothing in eval", lambda x, m, p, t: dropped(x, m, p, t) if t else None, "returns nothing"),
    ],
    "07.5": [
        ("a list", lambda c, k: list(net(c, k)), "That is a list"),
        ("no star", without_the_star, "TypeError.*Mind the star"),
        ("no Flatten", lambda c, k: net(c, k, flatten=False), "behind Flatten"),
        ("all from 1 channel", all_from_one_channel, "the one before gives"),
        ("no batch norm", lambda c, k: net(c, k, "crp"), "no nn.BatchNorm2d"),
        ("no ReLU", lambda c, k: net(c, k, "cnp"), "no ReLU"),
        ("ReLU first", lambda c, k: net(c, k, "crnp"), "ReLU comes before"),
        ("batch norm last", lambda c, k: net(c, k, "crpn"), "batch norm comes last"),
        ("pooling first", lambda c, k: net(c, k, "cpnr"), "The pooling comes before"),
        ("mean pooling", lambda c, k: net(c, k, "cnra"), "pool by the mean"),
        ("no padding", no_padding_and_lazy, "kernel_size=3 and padding=1"),
        ("ReLU at the end", lambda c, k: net(c, k, end=[nn.ReLU()]), "ends in a ReLU"),
        ("softmax at the end", lambda c, k: net(c, k, end=[nn.Softmax(dim=1)]), "ends in a softmax"),
        ("log-softmax", lambda c, k: net(c, k, end=[nn.LogSoftmax(dim=1)]), "log-softmax"),
        ("two linear layers", two_linear_layers, "one linear layer; yours has 2"),
        ("24 always", lambda c, k: net(c, 24), "gives 10 numbers; yours gives 24"),
        ("three blocks", three_blocks, "IndexError"),
        (
            "in_features for 3 blocks",
            lambda c, k: net(c, k, features=lambda c: c[-1] * 9),
            "8 x 14 x 14 numbers",
        ),
        ("two ReLUs and no order", lambda c, k: net(c, k, "rcnp"), "not their order"),
        ("nothing", lambda c, k: print(end=""), "not a NoneType"),
        ("batch norm of what comes in", batch_norm_of_what_comes_in, "before it puts out"),
        (
            "3.5 pixels",
            lambda c, k: net(c, k, features=lambda c: c[-1] * (28 / 2 ** len(c)) ** 2),
            "rounds down: size // 2",
        ),
        (
            "3.5 pixels, whole at last",
            lambda c, k: net(c, k, features=lambda c: int(c[-1] * (28 / 2 ** len(c)) ** 2)),
            "rounds down: size // 2",
        ),
    ],
    "07.6": [
        ("signed", lambda v: statistics.mean(changes(v)), "cancel out"),
        ("by the epochs", lambda v: sum(sizes(v)) / len(v), "only 5 changes"),
        ("a sum", lambda v: sum(sizes(v)), "sum of the changes"),
        ("the largest", lambda v: max(sizes(v)), "largest change"),
        ("the range", lambda v: max(v) - min(v), "the range"),
        ("squared", lambda v: statistics.mean(change**2 for change in changes(v)), "squared the changes"),
        (
            "ups only",
            lambda v: statistics.mean(c for c in changes(v) if c > 0) if len(v) > 4 else 0,
            "A fall",
        ),
        ("the median", lambda v: statistics.median(sizes(v)), "a median"),
        ("a standard deviation", lambda v: torch.tensor(v).std(), "mean of all values"),
        ("the first", lambda v: abs(v[1] - v[0]), "first change alone"),
        ("a list", sizes, "Return one number"),
        ("popped", popped, "changed the list"),
        ("from the last", lambda v: sum(abs(v[i] - v[i - 1]) for i in range(len(v))) / len(v), "Begin at 1"),
        ("for six values", lambda v: sum(sizes(v)) / 5, "For .5.0, 2.0. it is 3"),
    ],
    "07.7": [
        ("from its corner", lambda *a: square(*a, before=0), "begins at the pixel"),
        ("half a pixel", with_half_a_pixel, "Use size // 2"),
        ("size for half", lambda i, r, c, s: square(i, r, c, 2 * s + 1), r"half of size is size // 2"),
        ("without the last", lambda *a: square(*a, extra=0), "last row and column are missing"),
        ("row and column", lambda i, r, c, s: square(i, c, r, s), "swapped"),
        ("slices below 0", lambda *a: square(*a, clip=False), "nothing is covered"),
        ("around the edge", pixel_by_pixel, "comes in again"),
        ("as it was", lambda *a: a[0].clone(), "as it was"),
        ("black", lambda *a: square(*a, value=0), "black"),
        ("white", lambda *a: square(*a, value=1), "white"),
        ("bytes", lambda *a: square(*a, value=127), "127"),
        ("in place", on_the_given_image, "changed a tensor"),
        ("the first channel", first_channel, "Cover all"),
        ("the square alone", square_alone, "rest of the picture"),
        ("no channel", without_its_channel, "keep the shape"),
        ("28 pixels assumed", for_28_pixels_only, "RuntimeError"),
        ("of another size", lambda i, r, c, s: square(i, r, c, s + 2), "goes from row 8 to 12"),
    ],
    "07.8": [
        ("no eval", labels_of, "in training mode when you asked"),
        ("left in eval", in_mode(labels_of, lambda model, was: None), "leave it in eval mode"),
        (
            "always back to train",
            in_mode(labels_of, lambda model, was: model.train()),
            "leave it in training",
        ),
        ("not its layers", in_mode(labels_of, back_of_itself_alone), "not its layers"),
        ("with a graph", of_logits(lambda logits: logits.argmax(dim=1)), "a graph"),
        ("logits", of_logits(lambda logits: logits), "3 numbers for each picture"),
        ("over the batch", of_logits(lambda logits: logits.argmax(dim=0)), "for each class"),
        ("no dim", of_logits(lambda logits: logits.argmax()), "Give argmax the dim"),
        ("the largest", of_logits(lambda logits: logits.max(dim=1).values), "Those are scores"),
        ("the smallest", of_logits(lambda logits: logits.argmin(dim=1)), "labels should be"),
        ("squeezed", in_mode(lambda m, x: labels_of(m, x).squeeze()), r"\[1\]; yours have shape \[\]"),
        ("a list", in_mode(lambda m, x: labels_of(m, x).tolist()), "not this list"),
        ("frozen", frozen, "froze"),
        ("not asked", lambda model, images: torch.zeros(len(images)), "never asked"),
    ],
}
# Other ways to the same mistake: their hint is that of the answer named.
SAME_MISTAKE = {
    "07.3": [
        (lambda x, eps: normalised(x, eps, root=lambda v, e: v.sqrt() + e, correction=1), "under the root"),
        (lambda x, eps: normalised(x, eps, (2, 3), correction=1), "for each picture and channel"),
        (lambda x, eps: F.instance_norm(x, eps=eps), "ready-made instance_norm"),
    ],
    "07.4": [(lambda x, m, p, t: nn.Dropout(p)(x), "ready-made dropout")],
    "07.5": [(lambda c, k: net(c, k, end=[nn.Sigmoid()]), "ends in a sigmoid")],
    "07.6": [(lambda v: v[-1] - v[0], "cancel out"), (lambda v: np.std(v), "mean of all values")],
}

RIGHT = {
    "07.1": [
        image_by_image,
        cut_into_rows,
        lambda rows: rows.view(rows.shape[0], 28, 28).unsqueeze(1),
        lambda rows: torch.unflatten(rows, 1, (1, 28, 28)),
        lambda rows: torch.tensor(rows.numpy().reshape(-1, 1, 28, 28)),
    ],
    "07.2": [
        shapes,
        by_running_layers,
        lambda *a: [tuple(shape) for shape in shapes(*a)],
        lambda *a: tuple(torch.tensor(shape) for shape in shapes(*a)),
    ],
    "07.3": [normalised, channel_by_channel, by_numpy, with_channels_in_rows],
    "07.4": [
        dropped,
        by_where,
        on_a_clone,
        lambda x, m, p, t: x.masked_fill(~m, 0) / (1 - p) if t else x,
    ],
    "07.5": [net, ConvNet, appended, lambda c, k: net(c, k, "cnpr")],
    "07.6": [
        summed_over_positions,
        lambda v: np.abs(np.diff(v)).mean(),
        lambda v: torch.tensor(v).diff().abs().mean(),
        lambda v: statistics.fmean(sizes(v)),
    ],
    "07.7": [
        square,
        by_distance,
        by_numpy_slices,
        lambda *a: pixel_by_pixel(*a, inside=within),
    ],
    "07.8": [predict_decorated, predict_at_last, in_mode(labels_of)],
}
