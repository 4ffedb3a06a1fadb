"""Lesson 04, MNIST: its exercises."""

import math
from collections import Counter
from collections.abc import Callable
from functools import reduce
from itertools import islice, pairwise

import torch
from PIL import Image
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset
from torchvision.transforms import v2

from helpers.course.exercises import RESULT, When, differs, exercise
from helpers.course.observing import kind_of, plain
from helpers.data.grey_images import ImageDataset
from helpers.exercises.common import layers_in_order


def then(solution, change):
    """Return an answer that changes a right result."""
    return lambda *given: change(solution(*given))


def digit_counts(labels):
    return torch.bincount(labels, minlength=10)


def as_counts(got):
    """Return the counts in a dictionary that has all ten digits, in their order."""
    counts = plain(got)
    is_whole = isinstance(counts, dict) and set(counts) == set(range(10))
    return [counts[digit] for digit in range(10)] if is_whole else counts


exercise(
    "04.1",
    digit_counts,
    probes=[(torch.tensor(labels),) for labels in ([3, 1, 3, 0, 3, 5], [9, 2, 2, 9, 9], [0, 4, 8, 8, 6, 7])],
    says="In the whole MNIST the 1 is the most frequent digit; in the sample all are equally frequent.",
    looks={RESULT: as_counts},
    errors={"KeyError": "A number of a tensor is a tensor, which is no key of yours. Use labels.tolist()."},
    mistakes={
        "Yours ends at the largest digit that occurs. Use minlength=10.": lambda y: y.bincount(),
        "Digits that don't occur are missing. Ask for the count of each digit from 0 to 9.": (
            lambda y: y.unique(return_counts=True)[1],
            lambda y: Counter(y.tolist()),
        ),
        "Equal labels aren't counted as one. A Counter needs labels.tolist().": (Counter, lambda y: [0] * 10),
        "Those are the labels themselves. Count how often each digit occurs.": lambda y: y,
        "One digit is missing: range(10) goes from 0 to 9.": lambda y: digit_counts(y)[:9],
        "The first count is that of the 0, not of the 1.": lambda y: [*digit_counts(y)[1:], 0],
        "Those are shares. Return the counts.": lambda y: digit_counts(y) / len(y),
        "Yours says which digits occur. Count how often.": lambda y: digit_counts(y).clamp(max=1),
    },
    also_right=[lambda y: {digit: Counter(y.tolist())[digit] for digit in range(9, -1, -1)}],
)


def negative():
    return v2.Compose(
        [
            v2.ToImage(),
            v2.ToDtype(torch.float32, scale=True),
            v2.RandomInvert(p=1.0),
        ]
    )


TO_FLOAT, INVERT = v2.ToDtype(torch.float32, scale=True), v2.RandomInvert(p=1.0)
PALE = (torch.arange(28 * 28) % 128 + 50).byte().reshape(28, 28)  # neither black nor white
KIND, CALLS = "what it gives", "the results of 20 calls"


def negative_seen(transform):
    first, *others = [transform(Image.fromarray(PALE.numpy())) for _ in range(20)]
    if not isinstance(first, Tensor):
        return {KIND: kind_of(first)}
    calls = "agree" if all(torch.equal(first, other) for other in others) else "differ"
    return {KIND: "a tensor", CALLS: calls, "the dtype": first.dtype, "the shape": first.shape, RESULT: first}


def chain(*steps):
    return lambda: v2.Compose([v2.ToImage(), *steps])


exercise(
    "04.2",
    negative,
    makes=Callable,
    observe=negative_seen,
    says="A photo of ink on paper needs this before our nets can read it: they know light ink on black.",
    errors={"unsupported operand .*Image": "A PIL picture can't be subtracted. First make a tensor of it."},
    mistakes={
        "That is no tensor. Begin with v2.ToImage().": differs(KIND, lambda: INVERT),
        "It inverts only sometimes. Give it p=1.0.": differs(CALLS, chain(TO_FLOAT, v2.RandomInvert())),
        "Make float32 of it: v2.ToDtype(torch.float32, scale=True).": differs("the dtype", chain(INVERT)),
        "The shape should be [1, 28, 28].": differs("the shape", chain(TO_FLOAT, INVERT, lambda x: x[0])),
        "That is the picture as it was. Invert it too.": chain(TO_FLOAT),
        "Scale the bytes to 0 to 1 first, then subtract from 1.": chain(lambda x: 1 - x, TO_FLOAT),
        "Minus the picture is below 0. Black (0) should become 1.": chain(TO_FLOAT, lambda x: -x),
        "The negative of x is 1 - x, whatever the other pixels are.": chain(TO_FLOAT, lambda x: x.max() - x),
        "Yours leaves 0 to 1. Scale the bytes to that, then take 1 - x; leave v2.Normalize out.": When(
            lambda got, right: got[RESULT].min() < 0 or got[RESULT].max() > 1, (chain(lambda x: 255.0 - x),)
        ),
    },
    also_right=[lambda: lambda picture: 1 - TO_FLOAT(v2.ToImage()(picture)), chain(INVERT, TO_FLOAT)],
)


def mean_and_std(images, positions):
    pixels = images[positions] / 255
    return pixels.mean().item(), pixels.std().item()


def measured(of=lambda x, p: x[p] / 255, mean=Tensor.mean, std=Tensor.std):
    """Return an answer that takes the numbers of something else, or takes other numbers."""
    return lambda images, positions: (mean(of(images, positions)), std(of(images, positions)))


NOISE = torch.randint(0, 40, (8, 28, 28), generator=torch.Generator().manual_seed(0)).byte()
BRIGHTER = NOISE + 25 * torch.arange(8).byte()[:, None, None]  # each picture brighter than the last
exercise(
    "04.3",
    mean_and_std,
    probes=[(BRIGHTER, [0, 2, 6]), (BRIGHTER, [7, 1, 5, 0, 3])],
    says="Validation and test data are normalised with these same two numbers, and never with their own.",
    tolerance=1e-4,  # std may divide by n or by n - 1
    errors={"infer output dtype": "Bytes have no mean. Divide by 255 first, which makes floats of them."},
    mistakes={
        "Take only the images at `positions`, the training data.": measured(lambda x, p: x / 255),
        "Those are of bytes. Divide by 255, for the scale from 0 to 1.": measured(lambda x, p: x[p].float()),
        "images // 255 leaves 0 and 1 only: use /.": measured(lambda x, p: (x[p] // 255).float()),
        "Those are the first images. Take those at `positions`.": measured(lambda x, p: x[: len(p)] / 255),
        "First the mean, then the standard deviation.": then(mean_and_std, lambda pair: pair[::-1]),
        "That is the variance. std() gives its square root.": measured(std=Tensor.var),
        "Call std() once, for all pixels together.": measured(std=lambda x: x.std((1, 2)).mean()),
        "Call std() of the pixels, not of the means.": measured(std=lambda x: x.mean((1, 2)).std()),
        "Leave dim out: return one number each.": measured(mean=lambda x: x.mean(0), std=lambda x: x.std(0)),
        "Return the standard deviation too.": then(mean_and_std, lambda pair: pair[0]),
    },
)


def make_batch(dataset, positions):
    samples = [dataset[position] for position in positions]
    images = torch.stack([image for image, _ in samples])
    labels = torch.tensor([label for _, label in samples])
    return images, labels


def dtypes(got):
    return [getattr(part, "dtype", type(part)) for part in got] if isinstance(got, tuple | list) else got


def batch(images=lambda images: images, labels=lambda labels: labels):
    """Return an answer that changes the images or the labels."""
    return then(make_batch, lambda pair: (images(pair[0]), labels(pair[1])))


PIXELS = torch.randint(0, 256, (6, 28, 28), generator=torch.Generator().manual_seed(0)).byte()
NORMALISED = v2.Compose([v2.ToImage(), TO_FLOAT, v2.Normalize([0.1], [0.3])])
SIX = ImageDataset(PIXELS, torch.tensor([5, 0, 4, 1, 9, 2]), list("0123456789"), None, NORMALISED)
exercise(
    "04.4",
    make_batch,
    probes=[(SIX, [4, 1, 2]), (SIX, [3])],
    says="A DataLoader does just that for each batch; its name for it is `collate`.",
    looks={"the dtypes of images and labels": dtypes},
    errors={
        "handle this data type": "A data set gives one sample at a time: dataset[position], one by one.",
        "expected Tensor as element": "Each sample is a pair, an image and a label. Stack the images alone.",
    },
    mistakes={
        "A dimension is missing: torch.stack makes [n, 1, 28, 28].": batch(lambda x: x.flatten(0, 1)),
        "The images are a list still. torch.stack makes a tensor.": (batch(list), batch(list, Tensor.tolist)),
        "The labels are a list still. torch.tensor makes a tensor.": batch(labels=Tensor.tolist),
        "Those are samples. Return all the images and all the labels.": lambda d, p: [d[i] for i in p],
        "The other way round: first the images, then the labels.": then(make_batch, lambda pair: pair[::-1]),
        "Return a pair: the images and the labels.": then(make_batch, lambda pair: pair[0]),
        "Those are the first samples. Take those at `positions`.": lambda d, p: make_batch(d, range(len(p))),
        "Labels stay int64.": (batch(labels=Tensor.float), batch(labels=Tensor.int)),
        "The labels should have the shape [n], no more.": batch(labels=lambda y: y[:, None]),
        "The new dimension belongs in front: no dim=1.": batch(lambda x: x.transpose(0, 1)),
        "`dataset.data` holds bare bytes. Only dataset[position] applies the transform.": (
            lambda d, p: (d.data[p], d.targets[p]),
            lambda d, p: (d.data[p][:, None] / 255, d.targets[p]),
        ),
        "The images are right. The label is the second part of each sample.": When(
            lambda got, right: [*map(bool, map(torch.dist, got[RESULT], right[RESULT]))] == [False, True],
            (batch(labels=lambda y: y.sort().values),),
        ),
    },
    also_right=[lambda d, p: [make_batch(d, p)[0], d.targets[p]]],
)


def first_batches(loader, k):
    batches = []
    for batch in loader:
        batches.append(batch)
        if len(batches) == k:
            break
    return batches


def by_next(loader, k):
    one_round = iter(loader)
    return [next(one_round) for _ in range(k)]


TEN = TensorDataset(torch.arange(10.0).reshape(10, 1), torch.arange(10))
exercise(
    "04.5",
    first_batches,
    probes=[(DataLoader(TEN, batch_size=4), k) for k in (2, 1, 3, 5)],  # batches of 4, 4 and 2
    says="One iter, many next: that is what a for loop does.",
    errors={
        "StopIteration": "The round has fewer than k batches. A for loop ends by itself.",
        "is not an iterator": "next() wants an iterator. Make one, once: one_round = iter(loader).",
        "not subscriptable": "A loader has no positions. Go through it with a for loop.",
    },
    mistakes={
        "Each iter(loader) starts a new round. Call it once, before the loop.": lambda x, k: (
            by_next(x, 1) * k
        ),
        "The round has 3 batches. For k = 5 return these 3: a for loop ends by itself.": by_next,
        "One batch too many. Append, then compare.": lambda loader, k: first_batches(loader, k + 1),
        "One batch too few. Append, then compare.": lambda loader, k: list(loader)[: k - 1],
        "Your loop ends after one batch, by a return or a break.": lambda loader, k: by_next(loader, 1),
        "Stop when the list holds k batches.": lambda loader, k: list(loader),
        "That is one batch. Return a list of batches.": lambda loader, k: next(iter(loader)),
        "Each entry is a whole batch, images and labels.": lambda loader, k: [y for _, y in loader][:k],
        "Those are the last batches. Take the first.": lambda loader, k: list(loader)[-k:],
        "Make a list of that.": (lambda x, k: islice(x, k), lambda x, k: (batch for batch in x)),
        "The last batch is shorter, but it belongs to the round.": lambda loader, k: list(loader)[:2][:k],
        "Take batches, not samples.": lambda loader, k: [loader.dataset[i] for i in range(k)],
    },
    also_right=[lambda loader, k: [batch for batch, _ in zip(loader, range(k), strict=False)]],
)


def dense_net(sizes):
    layers = [nn.Flatten(), nn.Linear(sizes[0], sizes[1])]
    for i in range(1, len(sizes) - 1):
        layers.append(nn.ReLU())
        layers.append(nn.Linear(sizes[i], sizes[i + 1]))
    return nn.Sequential(*layers)


LINEAR, LAYERS = "the linear layers (in_features, out_features)", "the layers that a picture goes through"


def net_seen(answer, sizes):
    """Observe the net for these sizes; it runs if its linear layers have them."""
    given = [*sizes]
    net = answer(given)
    if not isinstance(net, nn.Module) or given != sizes:
        return {RESULT: net} if given == sizes else {"`sizes` afterwards": given}
    linear = [layer for layer in net.modules() if isinstance(layer, nn.Linear)]
    seen = {RESULT: "a net", LINEAR: [(layer.in_features, layer.out_features) for layer in linear]}
    if seen[LINEAR] == list(pairwise(sizes)):
        images = torch.ones(5, 1, sizes[0] // 28, 28)
        seen["the logits' shapes for 2 and 5 pictures"] = [net(images[:n]).shape for n in (2, 5)]
        seen[LAYERS] = layers_in_order(net, images)
        seen["the number of biases"] = sum(layer.bias is not None for layer in linear)
    return seen


def spoiled(change):
    return then(dense_net, lambda net: nn.Sequential(*change(list(net))))


def between(*active):
    """Return an answer that puts something else between its linear layers."""
    return spoiled(lambda net: [x for part in net for x in (active if type(part) is nn.ReLU else [part])])


exercise(
    "04.6",
    dense_net,
    observe=net_seen,
    probes=[([784, 32, 10],), ([784, 128, 64, 10],), ([784, 10],), ([84, 9, 8, 7, 3],)],
    says="784, 512, 10 is the net of this lesson; now you can try any other in one line.",
    errors={
        "list index": "`sizes` is shorter than that. A list of n sizes makes n - 1 linear layers.",
        "'flatten'|'input'.* not list": "That is one net. Write a function that makes a net of any sizes.",
        "list is not a Module": "Mind the star in nn.Sequential(*layers): it hands them over one by one.",
        "ModuleList": "A ModuleList only holds layers. nn.Sequential(*layers) also runs them.",
        "mat1|mismatch|Dimension out": "Begin with nn.Flatten(): [batch, 1, 28, 28] becomes [batch, 784].",
    },
    mistakes={
        "That is a list. nn.Sequential(*layers) makes a model of it.": then(dense_net, list),
        "Put nn.ReLU() between the linear layers: without it they are no more than one.": between(),
        "Leave out the last ReLU: a logit may be negative.": spoiled(lambda net: [*net, nn.ReLU()]),
        "Leave out the softmax: the loss has its own.": spoiled(lambda net: [*net, nn.Softmax(dim=1)]),
        "Put one nn.ReLU() between each two linear layers, and nothing else there or at the end.": differs(
            LAYERS, between(nn.Tanh()), between(nn.ReLU(), nn.ReLU()), spoiled(lambda net: [*net, nn.Tanh()])
        ),
        "In a loop, make a linear layer for each two sizes that are next to each other.": differs(
            LINEAR, lambda sizes: dense_net([sizes[0], sizes[-1]]), lambda sizes: dense_net(sizes[::-1])
        ),
    },
)


def dense_parameters(sizes):
    total = 0
    for i in range(len(sizes) - 1):
        total += sizes[i] * sizes[i + 1] + sizes[i + 1]  # a weight for each pair, and the biases
    return total


def counted(of_layer):
    return lambda sizes: sum(of_layer(a, b) for a, b in pairwise(sizes))


exercise(
    "04.7",
    dense_parameters,
    probes=[([5, 3, 4],), ([5, 2],), ([6, 5, 4, 3, 2],), ([784, 512, 10],)],
    says="Nearly all of the lesson's 407,050 sit in its first layer: 784 pixels times 512 neurons.",
    errors={"IndexError": "A list of n sizes makes n - 1 layers: range(len(sizes) - 1)."},
    mistakes={
        "You counted the weights. Each neuron has a bias too.": counted(lambda a, b: a * b),
        "One bias for each layer isn't enough: each of its neurons has one.": counted(lambda a, b: a * b + 1),
        "A layer has a bias for each of its outputs, not of its inputs.": counted(lambda a, b: a * b + a),
        "The inputs of the net have no bias.": lambda sizes: dense_parameters(sizes) + sizes[0],
        "Multiply only sizes that are next to each other: 5 x 3, then 3 x 4, and add up.": math.prod,
        "That is the first layer only. Add the others.": lambda sizes: dense_parameters(sizes[:2]),
        "The last layer is missing.": lambda sizes: dense_parameters(sizes[:-1]),
        "Those are neurons. Count the weights between them, and the biases.": (sum, lambda s: sum(s[1:])),
        "Return one number, for all layers together.": lambda s: [a * b + b for a, b in pairwise(s)],
    },
)


def digit_and_probability(logits):
    probability, digit = logits.softmax(dim=1).max(dim=1)
    return digit.item(), probability.item()


def sure(probability):
    return lambda logits: (logits.argmax(), probability(logits))


ROWS = [[0.5, -1, 0.2, 1.8, -2, 0, 0.3, 2.5, 1, -0.4], [-3, -3.5, -2.9, -3, -3, -2, -1, -4, -4.5, -4]]
exercise(
    "04.8",
    digit_and_probability,
    probes=[(torch.tensor([row]),) for row in ROWS],
    says="The argmax of logits and of probabilities is the same; only for 'how sure' you need the softmax.",
    tolerance=1e-4,  # rounded to four decimals is right
    errors={"elements cannot be converted": "The classes are dimension 1 of [1, 10]: dim=1."},
    mistakes={
        "First the digit, then its probability.": then(digit_and_probability, lambda pair: pair[::-1]),
        "That is the logit. A softmax gives probabilities.": sure(Tensor.max),
        "Exactly 1? The softmax must run over the classes: dim=1.": When(
            lambda got, right: got[RESULT][1] == 1, (sure(lambda z: z.softmax(0).max()),)
        ),
        "That is in percent. Return a number from 0 to 1.": sure(lambda z: 100 * z.softmax(1).max()),
        "Ten classes share a probability of 1: softmax, not sigmoid.": sure(lambda z: z.sigmoid().max()),
        "Logits may be negative. Don't divide by their sum: softmax.": sure(lambda z: z.max() / z.sum()),
        "Digits count from 0. Don't add 1.": lambda z: (z.argmax() + 1, z.softmax(1).max()),
        "Return the digit and one probability.": (lambda z: z.argmax(), sure(lambda z: z.softmax(1))),
    },
)


def top_k_accuracy(logits, labels, k):
    guesses = logits.topk(k, dim=1).indices  # [N, k]
    found = (guesses == labels.unsqueeze(1)).any(dim=1)  # [N, k] and [N, 1] -> [N]
    return 100 * found.sum().item() / len(labels)


def ranked(guesses=lambda z, k: z.topk(k).indices, result=lambda found: 100 * found.any(1).double().mean()):
    return lambda z, y, k: result(guesses(z, k) == y[:, None])


DRAWN = torch.Generator().manual_seed(88)
exercise(
    "04.9",
    top_k_accuracy,
    # As many pictures as guesses come first: labels [23] and guesses [23, 23] broadcast without an error.
    probes=[
        (torch.randn(n, c, generator=DRAWN), torch.randint(c, (n,), generator=DRAWN), k)
        for n, c, k in [(23, 50, 23), (8, 4, 2), (8, 4, 1), (8, 4, 4)]
    ],
    says="With k = 1 it is the usual accuracy, and with k = 10 every net is always right.",
    errors={
        "must match the size": "labels.unsqueeze(1) is [N, 1]: it gives each row of guesses its own label.",
        "'bool' object": "topk gives two things, logits and positions. Compare the positions: .indices.",
    },
    mistakes={
        "Each row of guesses needs its own label: write `labels.unsqueeze(1)`.": lambda z, y, k: (
            100 * (z.topk(k).indices == y).any(1).double().mean()
        ),
        "That is a fraction. Give it in percent.": then(top_k_accuracy, lambda percent: percent / 100),
        "That is 0 or 100: use /, not //.": then(top_k_accuracy, lambda percent: percent // 100 * 100),
        "Divide the count by the number of pictures, and give percent.": ranked(result=torch.sum),
        "That is the best guess alone. k says how many count.": lambda z, y, k: top_k_accuracy(z, y, 1),
        "You look at the last of the k guesses only.": ranked(lambda z, k: z.topk(k).indices[:, -1:]),
        "Divide by the number of pictures, not of guesses.": ranked(result=lambda f: 100 * f.double().mean()),
        "Those are the k lowest. Take the k highest.": lambda z, y, k: top_k_accuracy(-z, y, k),
        "Only guesses for its own picture count.": ranked(lambda z, k: z.topk(k).indices.reshape(1, -1)),
        "Take the k highest of each row: dim=1.": ranked(lambda z, k: z.topk(k, dim=0).indices),
        "One of the k is enough: any(dim=1).": ranked(result=lambda f: 100 * f.all(1).double().mean()),
        "k may be another number than 2.": lambda z, y, k: top_k_accuracy(z, y, 2),
        "Compare labels with positions, not with logits: .indices.": ranked(lambda z, k: z.topk(k).values),
        "Divide by len(labels), not always by 10.": ranked(result=lambda f: 10 * f.any(1).sum()),
        "Return one number, in percent.": ranked(result=lambda found: found.any(1)),
    },
)


def mixed_up(matrix):
    both = matrix + matrix.T  # a new matrix: both[4, 9] is 4 for 9 and 9 for 4
    both.fill_diagonal_(0)
    return divmod(both.argmax().item(), len(both))  # argmax gives the first: above the diagonal


def place(matrix):
    return divmod(matrix.argmax().item(), len(matrix))


def off(matrix):
    """Return what lies off the diagonal."""
    return matrix.clone().fill_diagonal_(0)


MATRICES = [
    [[90, 1, 12, 7], [2, 80, 11, 1], [0, 4, 70, 0], [7, 2, 1, 20]],  # in one direction, the largest is 0, 2
    [[5, 1, 4], [1, 9, 2], [6, 2, 8]],
]
exercise(
    "04.10",
    mixed_up,
    probes=[(torch.tensor(matrix),) for matrix in MATRICES],
    says="Call it with your own confusion matrix, and look at the pictures of these two digits.",
    errors={"single memory location": "`+=` changes the matrix while its .T is read. Make a new one with +."},
    mistakes={
        "On the diagonal stand right answers. Leave it out.": (place, lambda m: place(m + m.T)),
        "Add both directions, 11 + 4 for 1 and 2.": (lambda m: place(off(m)), lambda m: place(m.tril(-1))),
        "The right two; return the smaller one first.": then(mixed_up, lambda pair: pair[::-1]),
        "That is how often. Return the two classes.": lambda m: off(m + m.T).max(),
        "divmod makes a row and a column of that position.": lambda m: off(m + m.T).argmax(),
        "Divide by len(matrix), not by 10.": lambda m: divmod(off(m + m.T).argmax().item(), 10),
    },
)


def in_features(channels, blocks):
    size = 28
    for _ in range(blocks):
        size = size // 2  # the convolution keeps the size; pooling halves it, rounded down
    return channels * size * size


def shrunk(step=lambda size: size // 2, result=lambda channels, size: channels * size * size):
    """Return an answer with blocks that make a picture smaller in another way."""
    return lambda channels, blocks: result(channels, reduce(lambda size, _: step(size), range(blocks), 28))


exercise(
    "04.11",
    in_features,
    probes=[(16, 1), (32, 2), (5, 4), (64, 3)],
    says="It agrees with PyTorch's own layers. Where you can't compute it, print the shape.",
    mistakes={
        "A map has rows and columns: height x width numbers.": shrunk(result=lambda c, size: c * size),
        "That is one map. There are as many maps as channels.": shrunk(result=lambda c, size: size * size),
        "Each block ends in a pooling, which halves height and width.": shrunk(lambda size: size),
        "A pooling halves both, height and width: 14 x 14.": lambda c, b: c * 28 * 28 // 2**b,
        "The padding keeps the size. Only the pooling halves it.": shrunk(lambda size: (size - 2) // 2),
        "Each block halves once more.": tuple(lambda c, b, n=n: in_features(c, min(b, n)) for n in (1, 2)),
        "A pooling rounds down, in each block: half of 7 is 3. Use //.": shrunk(lambda size: size / 2),
        "Two blocks divide by 2**2, three by 2**3, not by 2 * 3.": lambda c, b: c * (28 // (2 * b)) ** 2,
        "`channels` is that of the last block. Don't multiply it.": lambda c, b: in_features(c * b, b),
        "Return one number: channels x height x width.": shrunk(result=lambda c, size: (c, size, size)),
    },
)


def centre_of_mass(image):
    rows, columns = torch.arange(image.shape[0]), torch.arange(image.shape[1])
    row = (image.sum(dim=1) * rows).sum() / image.sum()  # how much ink is in each row
    column = (image.sum(dim=0) * columns).sum() / image.sum()
    return row.item(), column.item()


def centred(of=lambda image: image, change=lambda row, column, image: (row, column)):
    """Return an answer that looks at something else, or changes a right result."""
    return lambda image: change(*centre_of_mass(of(image)), image)


PALE_L = torch.tensor([[0.0, 0, 0, 0, 0], [0, 1, 0, 0, 0], [0, 0.5, 0, 0, 0], [0, 0.5, 1, 0.25, 0]])
SPOT = torch.zeros(6, 3).index_put((torch.tensor(4), torch.tensor(1)), torch.tensor(0.8))
exercise(
    "04.12",
    centre_of_mass,
    probes=[(PALE_L,), (SPOT,), (NOISE[0, :9, :7] / 255,)],
    says="Move this point to the middle, and a digit stands where MNIST has it.",
    tolerance=1e-4,
    mistakes={
        "First the row, then the column.": centred(change=lambda r, c, x: (c, r)),
        "Brighter pixels count more. Weight each position by its pixel.": centred(lambda x: (x > 0).float()),
        "That is the middle of the picture, wherever the ink is.": lambda x: (
            (len(x) - 1) / 2,
            (len(x[0]) - 1) / 2,
        ),
        "Divide by the sum of the pixels.": centred(change=lambda r, c, x: (r * x.sum(), c * x.sum())),
        "Divide by the sum of the pixels, not by their number.": centred(
            change=lambda r, c, x: (r * x.mean(), c * x.mean())
        ),
        "Rows and columns count from 0: torch.arange(n), without + 1.": centred(
            change=lambda r, c, x: (r + 1, c + 1)
        ),
        "Don't round: the centre may lie between two pixels.": centred(
            change=lambda r, c, x: (round(r), round(c))
        ),
        "That is the brightest pixel. Take the mean over all of them.": lambda x: divmod(
            x.argmax().item(), x.shape[1]
        ),
        "Return two numbers, the row and the column.": centred(change=lambda r, c, x: r),
    },
)
