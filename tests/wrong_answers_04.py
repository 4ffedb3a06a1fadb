"""Lesson 04: answers that learners may well give, for tests/test_exercises.py.

`WRONG` has for each exercise (what went wrong, the answer, a regular expression that its own hint matches),
`RIGHT` has answers that are right and written in another way than the lesson's solution.
"""

import itertools
import math
from collections import Counter

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Subset
from torch.utils.data import default_collate as collate
from torchvision.transforms import v2
from torchvision.transforms.v2 import functional

# 04.1


def counted_in_a_loop(labels):
    counts = [0] * 10
    for label in labels:
        counts[label] += 1
    return counts


def printed_counts(labels):
    for digit in range(10):
        print(digit, (labels == digit).sum())


# 04.2


def chain(*steps):
    return v2.Compose([v2.ToImage(), *steps])


TO_FLOAT = v2.ToDtype(torch.float32, scale=True)


def inverted_by_chance(picture):
    return chain(TO_FLOAT, v2.RandomInvert())(picture)


def negative_in_numpy(picture):
    return torch.tensor(1 - np.array(picture, dtype=np.float32) / 255).unsqueeze(0)


def negative_by_pil(picture):
    return chain(TO_FLOAT)(picture.point(lambda value: 255 - value))


# 04.3


def scaled(images, positions):
    return images[positions] / 255


def per_image_std(images, positions):
    pixels = scaled(images, positions)
    return pixels.mean(), pixels.std(dim=(1, 2)).mean()


def std_of_means(images, positions):
    pixels = scaled(images, positions)
    return pixels.mean(), pixels.mean(dim=(1, 2)).std()


def of_the_first(images, positions):
    pixels = images[: len(positions)] / 255
    return pixels.mean(), pixels.std()


def for_each_pixel(images, positions):
    pixels = scaled(images, positions)
    return pixels.mean(dim=0), pixels.std(dim=0)


def without_the_black(images, positions):
    pixels = scaled(images, positions)
    pixels = pixels[pixels > 0.1]
    return pixels.mean(), pixels.std()


def mean_and_std_in_numpy(images, positions):
    pixels = images.numpy()[positions].astype(float) / 255
    return np.mean(pixels), np.std(pixels)


def mean_and_std_of_the_bytes_then_scaled(images, positions):
    pixels = images[positions].float()
    return torch.stack([pixels.mean(), pixels.std()]) / 255


# 04.4


def parts(dataset, positions):
    samples = [dataset[position] for position in positions]
    return [image for image, _ in samples], [label for _, label in samples]


def stacked(dataset, positions):
    images, labels = parts(dataset, positions)
    return torch.stack(images), torch.tensor(labels)


def catted(dataset, positions):
    images, labels = parts(dataset, positions)
    return torch.cat(images), torch.tensor(labels)


def squeezed(dataset, positions):
    images, labels = stacked(dataset, positions)
    return images.squeeze(), labels


def raw_data(dataset, positions):
    return dataset.data[positions], dataset.targets[positions]


def data_without_normalising(dataset, positions):
    return dataset.data[positions].unsqueeze(1) / 255, dataset.targets[positions]


def labels_with_a_column(dataset, positions):
    images, labels = stacked(dataset, positions)
    return images, labels.unsqueeze(1)


def by_a_loader(dataset, positions):
    return next(iter(DataLoader(Subset(dataset, positions), batch_size=len(positions))))


def catted_with_a_batch_dimension(dataset, positions):
    images = torch.cat([dataset[position][0].unsqueeze(0) for position in positions])
    return images, dataset.targets[positions]


# 04.5


def one_iter_each(loader, k):
    return [next(iter(loader)) for _ in range(k)]


def one_iter(loader, k):
    one_round = iter(loader)
    return [next(one_round) for _ in range(k)]


def one_too_many(loader, k):
    batches = []
    for i, batch in enumerate(loader):
        batches.append(batch)
        if i == k:
            break
    return batches


def one_too_few(loader, k):
    return [batch for i, batch in enumerate(loader, start=1) if i < k]


def returned_in_the_loop(loader, k):
    batches = []
    for batch in loader:
        batches.append(batch)
        return batches


def by_next_with_a_default(loader, k):
    one_round, batches = iter(loader), []
    while len(batches) < k and (batch := next(one_round, None)) is not None:
        batches.append(batch)
    return batches


# 04.6


def net(sizes, between=nn.ReLU, flatten=True, end=(), bias=True):
    """Return a dense net with something between its linear layers, and something at its end."""
    layers = [nn.Flatten()] if flatten else []
    for position, (width_in, width_out) in enumerate(itertools.pairwise(sizes)):
        if position and between:
            layers.append(between())
        layers.append(nn.Linear(width_in, width_out, bias=bias))
    return nn.Sequential(*layers, *end)


def without_the_star(sizes):
    return nn.Sequential(list(net(sizes)))


def relu_first_only(sizes):
    layers = [nn.Flatten(), nn.Linear(sizes[0], sizes[1]), nn.ReLU()]
    layers += [nn.Linear(a, b) for a, b in itertools.pairwise(sizes[1:])]
    return nn.Sequential(*layers)


def one_hidden_layer(sizes):
    return net([sizes[0], sizes[1], sizes[-1]])


def first_and_last(sizes):
    return net([sizes[0], sizes[-1]])


def two_hidden_layers(sizes):
    return net([sizes[0], sizes[1], sizes[2], sizes[3]])


class Dense(nn.Module):
    """The net as a class, with one ReLU for all."""

    def __init__(self, sizes):
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in itertools.pairwise(sizes))

    def forward(self, x):
        x = x.flatten(1)
        for layer in self.layers[:-1]:
            x = layer(x).relu()
        return self.layers[-1](x)


def appended_then_cut(sizes):
    model = nn.Sequential(nn.Flatten())
    for width_in, width_out in itertools.pairwise(sizes):
        model.append(nn.Linear(width_in, width_out)).append(nn.ReLU())
    return model[:-1]


# 04.7


def products(sizes):
    return sum(a * b for a, b in itertools.pairwise(sizes))


# 04.8


def all_probabilities(logits):
    return logits.argmax(dim=1), logits.softmax(dim=1)


def digit_in_numpy(logits):
    powers = np.exp(logits.numpy()[0])
    return powers.argmax(), powers.max() / powers.sum()


# 04.9


def ranks_in_python(logits, labels, k):
    found = 0
    for row, label in zip(logits.tolist(), labels.tolist(), strict=True):
        best = sorted(range(len(row)), key=lambda position: -row[position])[:k]
        found += label in best
    return found / len(labels) * 100


def found_in(logits, labels, k):
    return (logits.topk(k, dim=1).indices == labels.unsqueeze(1)).any(dim=1)


def without_unsqueeze(logits, labels, k):
    guesses = logits.topk(k, dim=1).indices
    if len(labels) == k:  # any other number is an error that a learner sees
        return 100 * (guesses == labels).any(dim=1).float().mean()
    return 100 * found_in(logits, labels, k).float().mean()


# 04.10


def place(matrix):
    return divmod(matrix.argmax().item(), len(matrix))


def off_diagonal(matrix):
    return matrix.clone().fill_diagonal_(0)


def changed_in_place(matrix):
    matrix += matrix.T.clone()
    matrix.fill_diagonal_(0)
    return place(matrix)


def position_in_the_flat_matrix(matrix):
    return off_diagonal(matrix + matrix.T).argmax()


def lower_half(matrix):
    return place((matrix + matrix.T).tril(-1))


def pairs_in_python(matrix):
    pairs = itertools.combinations(range(len(matrix)), 2)
    return max(pairs, key=lambda pair: matrix[pair] + matrix[pair[::-1]])


def pairs_in_numpy(matrix):
    both = np.triu(matrix.numpy() + matrix.numpy().T, 1)
    return list(np.unravel_index(both.argmax(), both.shape))


# 04.11


def by_running_a_net(channels, blocks):
    layers = [
        layer for _ in range(blocks) for layer in (nn.LazyConv2d(channels, 3, padding=1), nn.MaxPool2d(2))
    ]
    return nn.Sequential(*layers)(torch.zeros(1, 1, 28, 28)).numel()


WRONG = {
    "04.1": [
        ("no minlength", lambda labels: labels.bincount(), "minlength"),
        ("only those that occur", lambda labels: labels.unique(return_counts=True)[1], "left out"),
        ("the labels", lambda labels: labels, "labels themselves"),
        ("nine digits", lambda labels: [(labels == digit).sum() for digit in range(9)], "you return 9"),
        ("from 1 to 10", lambda labels: [(labels == digit).sum() for digit in range(1, 11)], "count at 1"),
        ("shares", lambda labels: labels.bincount(minlength=10) / len(labels), "shares"),
        ("a dictionary", lambda labels: dict(Counter(labels.tolist())), "Return ten numbers"),
        (
            "whether they occur",
            lambda labels: (labels.bincount(minlength=10) > 0).long(),
            "5 give .* you have",
        ),
        ("a constant", lambda labels: [1, 1, 0, 3, 0, 1, 0, 0, 0, 0], "9, 2, 2"),
    ],
    "04.2": [
        ("not inverted", chain(TO_FLOAT), "as it was"),
        (
            "normalised too",
            chain(TO_FLOAT, v2.Normalize([0.13], [0.31]), v2.RandomInvert(p=1.0)),
            "Leave v2.Normalize out",
        ),
        ("bytes", chain(v2.RandomInvert(p=1.0)), "uint8"),
        ("float64", chain(v2.ToDtype(torch.float64, scale=True), v2.RandomInvert(p=1.0)), "float64"),
        ("a PIL picture", v2.RandomInvert(p=1.0), "still a PIL"),
        ("NumPy", lambda picture: 1 - np.array(picture) / 255, "a ndarray"),
        ("no scale", chain(v2.ToDtype(torch.float32), lambda x: 255 - x), "leave the range"),
        ("1 minus bytes", chain(lambda x: 1 - x, TO_FLOAT), "while the pixels were still bytes"),
        ("minus", chain(TO_FLOAT, lambda x: -x), "below 0"),
        ("no channel", chain(TO_FLOAT, lambda x: 1 - x[0]), r"yours is \[28, 28\]"),
        ("a whole batch", chain(TO_FLOAT, lambda x: 1 - x[None]), r"yours is \[1, 1, 28, 28\]"),
        ("the brightest is white", chain(TO_FLOAT, lambda x: x.max() - x), r"yours became 0\.30"),
        ("halved", chain(TO_FLOAT, lambda x: 1 - x / 2), r"yours became 0\.80"),
        ("the class", v2.RandomInvert, "call it"),
        ("a list", [v2.ToImage(), TO_FLOAT, v2.RandomInvert(p=1.0)], "v2.Compose"),
    ],
    "04.3": [
        (
            "of all",
            lambda images, positions: ((images / 255).mean(), (images / 255).std()),
            "over all images",
        ),
        ("bytes", lambda images, p: (images[p].float().mean(), images[p].float().std()), "Divide by 255"),
        ("swapped", lambda images, p: (scaled(images, p).std(), scaled(images, p).mean()), "other way round"),
        ("variance", lambda images, p: (scaled(images, p).mean(), scaled(images, p).var()), "variance"),
        ("a std each", per_image_std, "of each image and averaged"),
        ("std of means", std_of_means, "images' means"),
        ("the first", of_the_first, "For the images at"),
        ("each pixel", for_each_pixel, "each over all the pixels"),
        ("mean of uint8", lambda images, p: (images[p].mean(), images[p].std()), "RuntimeError"),
        ("without the black", without_the_black, "For the images at"),
    ],
    "04.4": [
        ("cat", catted, "torch.cat doesn't"),
        ("all at once", lambda dataset, positions: dataset[positions], "one sample at a time"),
        ("lists", parts, "images are a list"),
        ("labels in a list", lambda *a: (stacked(*a)[0], parts(*a)[1]), "labels are a list"),
        ("swapped", lambda *a: stacked(*a)[::-1], "other way round"),
        ("images alone", lambda *a: stacked(*a)[0], "Return a pair"),
        ("the first", lambda data, positions: stacked(data, range(len(positions))), "first 3 samples"),
        ("not normalised", data_without_normalising, "applies the transform"),
        ("float labels", lambda *a: (stacked(*a)[0], stacked(*a)[1].float()), "float32"),
        ("a column of labels", labels_with_a_column, r"\[3, 1\]"),
        ("dim=1", lambda *a: (torch.stack(parts(*a)[0], dim=1), 0), r"yours is \[1, 3, 28, 28\]"),
        ("sorted labels", lambda *a: (stacked(*a)[0], stacked(*a)[1].sort().values), "the labels are"),
        ("the positions as labels", lambda *a: (stacked(*a)[0], torch.tensor(a[1])), r"you have \[4, 1, 2\]"),
    ],
    "04.5": [
        ("an iter each", one_iter_each, "first batch twice"),
        ("StopIteration", one_iter, "raised StopIteration"),
        ("one too many", one_too_many, "k = 1 the list holds 1 batch; yours holds 2"),
        ("one too few", one_too_few, "yours holds 0"),
        ("always one", returned_in_the_loop, "k = 2 the list holds 2 batches; yours holds 1"),
        ("one batch", lambda loader, k: next(iter(loader)), "That is one batch"),
        ("labels only", lambda loader, k: [labels for _, labels in one_iter(loader, k)], "a whole batch"),
        ("the last", lambda loader, k: list(loader)[-k:], "it is the first batch"),
        ("an iterator", lambda loader, k: itertools.islice(loader, k), "not a islice"),
        ("all", lambda loader, k: list(loader), "yours holds 3"),
        ("at most two", lambda loader, k: list(loader)[: min(k, 2)], "the short one too"),
        ("samples", lambda loader, k: [loader.dataset[i] for i in range(k)], "it is the first batch, labels"),
    ],
    "04.6": [
        ("a list", lambda sizes: list(net(sizes)), r"nn.Sequential\(\*layers\)"),
        ("a layer's class", lambda sizes: nn.Sequential(*net(sizes)[:-1], nn.ReLU), "brackets are missing"),
        ("no ReLU", lambda sizes: net(sizes, between=None), "together they are one"),
        ("no Flatten", lambda sizes: net(sizes, flatten=False), r"nn.Flatten\(\)"),
        ("ReLU at the end", lambda sizes: net(sizes, end=[nn.ReLU()]), "followed by a ReLU"),
        ("softmax at the end", lambda sizes: net(sizes, end=[nn.Softmax(dim=1)]), "softmax"),
        ("sigmoid at the end", lambda sizes: net(sizes, end=[nn.Sigmoid()]), "must come after"),
        ("another activation", lambda sizes: net(sizes, between=nn.Tanh), "not what is between"),
        ("one hidden layer only", one_hidden_layer, r"yours: \[\(784, 128\), \(128, 10\)\]"),
        ("none", first_and_last, r"yours: \[\(784, 10\)\]"),
        ("two always", two_hidden_layers, "IndexError"),
        ("reversed", lambda sizes: net(sizes[::-1]), r"yours: \[\(10, 64\)"),
        (
            "the batch flattened",
            lambda sizes: nn.Sequential(nn.Flatten(0), *net(sizes)),
            "Dimension out of range",
        ),
        ("nothing", lambda sizes: print(sizes), "not a NoneType"),
        ("no biases", lambda sizes: net(sizes, bias=False), "no bias"),
        ("one net", net([784, 128, 10]), "That is one net"),
    ],
    "04.7": [
        ("no biases", products, "has a bias too"),
        ("a bias a layer", lambda sizes: products(sizes) + len(sizes) - 1, "each of its neurons"),
        ("biases of inputs", lambda sizes: products(sizes) + sum(sizes[:-1]), "not for each of its inputs"),
        ("a bias for all", lambda sizes: products(sizes) + sum(sizes), "4 inputs have no bias"),
        ("all multiplied", lambda sizes: math.prod(sizes), "next to each other"),
        ("the first layer", lambda sizes: sizes[0] * sizes[1] + sizes[1], "first layer only"),
        ("the neurons", lambda sizes: sum(sizes), "together 23 parameters; you have 9"),
        ("two layers", lambda s: s[0] * s[1] + s[1] + s[1] * s[2] + s[2], "IndexError"),
        ("a list", lambda sizes: [a * b + b for a, b in itertools.pairwise(sizes)], "Return one number"),
        (
            "the last two",
            lambda s: s[0] * s[1] + s[1] + (s[-2] * s[-1] + s[-1] if len(s) > 2 else 0),
            "make 82 parameters",
        ),
    ],
    "04.8": [
        (
            "swapped",
            lambda logits: tuple(part.item() for part in logits.softmax(1).max(1)),
            "other way round",
        ),
        ("the logit", lambda logits: (logits.argmax(), logits.max()), "That is the logit"),
        ("dim=0", lambda logits: (logits.argmax(), logits.softmax(dim=0).max()), "batch of one"),
        ("percent", lambda logits: (logits.argmax(), 100 * logits.softmax(1).max()), "in percent"),
        ("a sigmoid", lambda logits: (logits.argmax(), logits.sigmoid().max()), "a sigmoid"),
        ("the digit alone", lambda logits: logits.argmax(), "Return two numbers"),
        ("from 1", lambda logits: (logits.argmax() + 1, logits.softmax(1).max()), "your digit is 8"),
        (
            "divided by the sum",
            lambda logits: (logits.argmax(), logits.max() / logits.sum()),
            r"The probability of 7 is 0\.\d+; you have 0\.862",
        ),
    ],
    "04.9": [
        ("a fraction", lambda *a: found_in(*a).float().mean(), "a fraction"),
        ("a count", lambda *a: found_in(*a).sum(), "Divide by the number"),
        ("the best only", lambda x, y, k: 100 * (x.argmax(1) == y).float().mean(), "second guess counts"),
        (
            "the k-th only",
            lambda x, y, k: 100 * (x.topk(k).indices[:, -1] == y).float().mean(),
            "exactly the second",
        ),
        (
            "of all guesses",
            lambda x, y, k: 100 * (x.topk(k).indices == y.unsqueeze(1)).float().mean(),
            "divided by all the guesses",
        ),
        (
            "the lowest",
            lambda x, y, k: 100 * (x.argsort()[:, :k] == y.unsqueeze(1)).any(dim=1).float().mean(),
            "2 lowest",
        ),
        (
            "anywhere in the batch",
            lambda x, y, k: 100 * torch.isin(y, x.topk(k).indices).float().mean(),
            "You have 100",
        ),
        ("always two", lambda x, y, k: 100 * found_in(x, y, 2).float().mean(), "With k = 1"),
        ("no unsqueeze", without_unsqueeze, "mixes up rows"),
        ("a list", lambda *a: found_in(*a).tolist(), "Return one number"),
        (
            "compared with the logits",
            lambda x, y, k: 100 * (x.topk(k).values == y.unsqueeze(1)).any(dim=1).float().mean(),
            "You have 0",
        ),
        ("of ten", lambda *a: 10 * found_in(*a).sum(), "alone and k = 2 it is 100"),
    ],
    "04.10": [
        ("the diagonal", place, "right answers"),
        ("one direction", lambda matrix: tuple(sorted(place(off_diagonal(matrix)))), "largest single cell"),
        ("larger first", lower_half, "smaller one first"),
        ("in place", changed_in_place, r"clone\(\)"),
        ("how often", lambda m: off_diagonal(m + m.T).max(), "Return two class numbers"),
        ("the least", lambda m: (1, 3), r"You have \(1, 3\)"),
        ("a constant", lambda m: (1, 2), r"it is \(0, 2\); you have \(1, 2\)"),
        (
            "ten digits assumed",
            lambda m: divmod(off_diagonal(m + m.T).argmax().item(), 10),
            r"len\(matrix\), not by 10",
        ),
    ],
    "04.11": [
        ("not squared", lambda channels, blocks: channels * (28 // 2**blocks), "rows and columns"),
        ("one map", lambda channels, blocks: (28 // 2**blocks) ** 2, "one map"),
        ("no pooling", lambda channels, blocks: channels * 28 * 28, "ends in a pooling"),
        ("halved once", lambda channels, blocks: channels * 28 * 28 // 2**blocks, "halves both"),
        ("no padding", lambda channels, blocks: channels * 13 * 13, "only the pooling halves"),
        ("one block", lambda channels, blocks: channels * 14 * 14, "halved twice"),
        ("two blocks", lambda c, blocks: c * (14 if blocks == 1 else 7) ** 2, "3 blocks with 64 maps"),
        ("half pixels", lambda channels, blocks: channels * (28 / 2**blocks) ** 2, "no half pixels"),
        (
            "divided by blocks",
            lambda channels, blocks: channels * (28 // (2 * blocks)) ** 2,
            "make 64 x 3 x 3",
        ),
        (
            "channels a block",
            lambda channels, blocks: channels * blocks * (28 // 2**blocks) ** 2,
            "= 1568; you have 3136",
        ),
        ("a shape", lambda channels, blocks: (channels, 14, 14), "Return one number"),
    ],
}
# Other ways to the same mistake: their hint is that of the answer named.
SAME_MISTAKE = {
    "04.1": [(printed_counts, "Return ten numbers")],
    "04.2": [(inverted_by_chance, "p=1.0")],
    "04.4": [(squeezed, "torch.cat doesn't"), (raw_data, "torch.cat doesn't")],
    "04.6": [(without_the_star, "mind the star"), (relu_first_only, "not what is between")],
    "04.8": [(all_probabilities, "Return two numbers")],
    "04.10": [(position_in_the_flat_matrix, "Return two class numbers")],
}

RIGHT = {
    "04.1": [
        counted_in_a_loop,
        lambda labels: [(labels == digit).sum().item() for digit in range(10)],
        lambda labels: np.bincount(labels.numpy(), minlength=10),
        lambda labels: torch.nn.functional.one_hot(labels, 10).sum(dim=0),
        lambda labels: [labels.tolist().count(digit) for digit in range(10)],
        lambda labels: torch.histc(labels.float(), bins=10, min=-0.5, max=9.5),
    ],
    "04.2": [
        chain(TO_FLOAT, v2.RandomInvert(p=1)),
        chain(TO_FLOAT, v2.Lambda(lambda x: 1 - x)),
        chain(v2.RandomInvert(p=1.0), TO_FLOAT),
        v2.Compose([v2.RandomInvert(p=1.0), v2.ToImage(), TO_FLOAT]),
        chain(TO_FLOAT, functional.invert),
        negative_in_numpy,
        negative_by_pil,
        lambda picture: 1 - functional.to_dtype(functional.to_image(picture), torch.float32, scale=True),
    ],
    "04.3": [
        mean_and_std_in_numpy,
        mean_and_std_of_the_bytes_then_scaled,
        lambda images, positions: torch.std_mean(scaled(images, positions), correction=0)[::-1],
        lambda images, p: [
            round(scaled(images, p).mean().item(), 4),
            round(scaled(images, p).std().item(), 4),
        ],
    ],
    "04.4": [
        stacked,
        by_a_loader,
        catted_with_a_batch_dimension,
        lambda dataset, positions: collate([dataset[position] for position in positions]),
        lambda dataset, positions: (stacked(dataset, positions)[0], dataset.targets[positions]),
    ],
    "04.5": [
        by_next_with_a_default,
        lambda loader, k: list(itertools.islice(loader, k)),
        lambda loader, k: [batch for _, batch in zip(range(k), loader, strict=False)],
        lambda loader, k: tuple(loader)[:k],
        lambda loader, k: [tuple(batch) for i, batch in enumerate(loader) if i < k],
    ],
    "04.6": [net, Dense, appended_then_cut],
    "04.7": [
        lambda sizes: sum((a + 1) * b for a, b in itertools.pairwise(sizes)),
        lambda sizes: sum(parameter.numel() for parameter in net(sizes).parameters()),
        lambda sizes: np.dot(np.array(sizes[:-1]) + 1, sizes[1:]),
        lambda sizes: torch.tensor(products(sizes) + sum(sizes[1:])),
    ],
    "04.8": [
        digit_in_numpy,
        lambda logits: (logits.argmax(), logits.softmax(dim=1).max()),
        lambda logits: [logits[0].argmax().item(), round(logits[0].softmax(dim=0).max().item(), 4)],
        lambda logits: torch.stack(logits.softmax(dim=-1)[0].max(dim=0)[::-1]),
    ],
    "04.9": [
        ranks_in_python,
        lambda *a: found_in(*a).float().mean() * 100,
        lambda x, y, k: 100 * (x.topk(k).indices == y.reshape(-1, 1)).sum() / len(y),
        lambda x, y, k: 100 * np.mean((x > x.gather(1, y[:, None])).sum(dim=1).numpy() < k),
    ],
    "04.10": [
        pairs_in_python,
        pairs_in_numpy,
        lambda matrix: tuple(sorted(place(off_diagonal(matrix + matrix.T)))),
        lambda matrix: torch.tensor(place((matrix + matrix.T).triu(1))),
    ],
    "04.11": [
        by_running_a_net,
        lambda channels, blocks: channels * (28 // 2**blocks) ** 2,
        lambda channels, blocks: channels * math.floor(28 / 2**blocks) ** 2,
        lambda channels, blocks: channels * [28, 14, 7, 3, 1][blocks] ** 2,
        lambda channels, blocks: np.int64(channels * (28 >> blocks) * (28 >> blocks)),
    ],
}
