"""Lesson 02, classification: its exercises."""

# ruff: noqa: B007 - the solutions have loops as the lesson writes them
import functools
import math
from unittest.mock import patch

import numpy as np
import torch
from sklearn.datasets import make_moons
from torch import nn
from torch.nn import functional as F

from helpers.course.exercises import When, exercise

SEED = 42


def tanh_by_hand(x):
    up, down = torch.exp(x), torch.exp(-x)  # at x = 100, up is inf; torch's own tanh avoids that
    return (up - down) / (up + down)


def tanh_seen(tanh, x):
    """Call it, and note NumPy's and Python's own tanh; the engine notes torch's."""
    with patch("numpy.tanh", wraps=np.tanh) as numpys, patch("math.tanh", wraps=math.tanh) as pythons:
        result = tanh(x)
    return {"the result": result, "a ready-made tanh": numpys.called or pythons.called, "x afterwards": x}


exercise(
    "02.1",
    tanh_by_hand,
    probes=[(torch.tensor([-2.0, -0.5, 0.0, 1.0, 3.0]),), (torch.linspace(-1.5, 1.5, 6).reshape(2, 3),)],
    observe=tanh_seen,
    ready_made=r"(?i)tanh\w*",
    says="Between -1 and 1, 0 at 0, and flat far out: there, almost no gradient passes.",
    mistakes={
        "That is sigmoid(2x). tanh has a minus in the numerator.": lambda x: torch.sigmoid(2 * x),
        "That is the sigmoid, between 0 and 1. tanh lies between -1 and 1, and tanh(0) is 0.": torch.sigmoid,
        "It is upside down: the difference goes above, the sum below.": lambda x: 1 / tanh_by_hand(x),
        "It is always 1 (or 0 / 0): the same stands above and below.": (torch.ones_like, lambda x: x / x),
        "The sign is wrong: tanh(1) is positive. What is subtracted?": lambda x: tanh_by_hand(-x),
        "Brackets are missing: / goes first.": lambda x: (up := x.exp()) - (down := (-x).exp()) / up + down,
        "That is the numerator. Divide it by the sum of both.": lambda x: torch.exp(x) - torch.exp(-x),
        "That is sinh(x). Divide by the sum of both exponentials, not by 2.": torch.sinh,
        "That is tanh(x / 2). With one exponential it is exp(2x), not exp(x).": lambda x: tanh_by_hand(x / 2),
        "That cuts x off at -1 and 1. tanh bends slowly.": lambda x: x.clamp(-1, 1),
        "math.exp takes a single number. For tensors write `torch.exp(x)`.": lambda x: math.exp(x),
        "NumPy's and Python's tanh are ready-made too. Write the formula.": lambda x: np.tanh(x.numpy()),
    },
    also_right=[lambda x: 1 - 2 / (np.exp(2 * x.numpy()) + 1)],
)


def leaky_relu(x, slope):
    return torch.where(x > 0, x, slope * x)


MIXED = torch.tensor([-3.0, -1.0, -0.5, 0.0, 0.5, 2.0])
exercise(
    "02.2",
    leaky_relu,
    probes=[(MIXED, 0.1), (MIXED, 0.6), (MIXED.reshape(3, 2), 0.2), (MIXED, 0.0), (MIXED[:3], 0.3)],
    ready_made=r"(?i)(leaky_?|p|r)relu",
    says="Left of 0 the derivative is slope and not 0: a unit that is negative can still learn.",
    mistakes={
        "That is the plain ReLU. Here negative numbers become slope times x.": lambda x, s: x.relu(),
        "The slope belongs to negative numbers.": lambda x, s: torch.where(x > 0, s * x, x),
        "You multiply all numbers by slope. Positive ones stay as they are.": lambda x, s: s * x,
        "That is the absolute value. Negative numbers stay negative.": lambda x, s: x.abs(),
        "Negative numbers times slope stay negative. Look at the sign.": lambda x, s: leaky_relu(x, -s),
        "Positive numbers got slope * x on top. Only negative ones get it.": lambda x, s: x.relu() + s * x,
        "All numbers came back as they were. Multiply the negative ones by slope.": lambda x, s: x,
        "Negative numbers became slope. They become slope * x.": lambda x, s: torch.where(x > 0, x, s),
        "That is a slope of 0.01, the default of nn.LeakyReLU. Use yours.": lambda x, s: leaky_relu(x, 0.01),
        "The slope is not always 0.1. Use the one that is given.": lambda x, s: leaky_relu(x, 0.1),
        "You divided by slope. Multiply.": lambda x, s: torch.where(x > 0, x, x / s),
        "x[x > 0] takes numbers out of their places. torch.where leaves each where it is, and chooses number "
        "by number.": (lambda x, s: torch.cat([x[x > 0], s * x[x <= 0]]), lambda x, s: x[x > 0]),
    },
    also_right=[lambda x, slope: torch.maximum(x, slope * x)],
)


def softmax_by_hand(logits):
    largest = logits.max(dim=1, keepdim=True).values  # [N, 1]
    exponentials = torch.exp(logits - largest)  # [N, classes], at most 1
    return exponentials / exponentials.sum(dim=1, keepdim=True)


def without_max(z, dim=1):
    return z.exp() / z.exp().sum(dim=dim, keepdim=True)


exercise(
    "02.3",
    softmax_by_hand,
    probes=[
        (torch.tensor([[1.0, 2.0, 4.0], [0.5, 0.0, -1.0]]),),
        (torch.tensor([[1000.0, 999.0, 998.0], [0.0, 1.0, 2.0]]),),
        (torch.tensor([[-1000.0, -1001.0]]),),
        (torch.tensor([[3.0, -1.0, 0.0], [1.0, 1.0, 1.0], [-2.0, 500.0, 0.5]]),),
    ],
    ready_made=r"(?i).*softm(ax|in)\w*",
    says="Each row adds up to 1, whatever the size of the logits.",
    mistakes={
        "Here each column adds up to 1. A row is one sample: sum over dim=1.": When(
            lambda got, _: (got["the result"].sum(0) - 1).abs().max() < 1e-4, (lambda z: without_max(z, 0),)
        ),
        "You divided the logits themselves. Take exp of them first.": lambda z: z / z.sum(1, keepdim=True),
        "All rows together add up to 1. Each row should: sum over dim=1.": lambda z: z.exp() / z.exp().sum(),
        "Divide each row by its sum.": (torch.exp, lambda z: (z - z.amax(1, keepdim=True)).exp()),
        "Those are the logarithms of the probabilities.": lambda z: z - z.logsumexp(dim=1, keepdim=True),
        "That is the sigmoid of each logit on its own. A row must add up to 1.": lambda z: z.sigmoid(),
        "Ordinary logits are right, but exp(1000) is inf, and inf / inf is nan. Subtract the row's maximum "
        "first: exp then gets at most 0.": (without_max, lambda z: without_max(z.clamp(max=80))),
        "A row with logits of 1000 turned another row into nan. Each row needs its own maximum (dim=1), not "
        "that of the whole batch.": lambda z: without_max(z - z.max()),
        "That is each column's maximum. Subtract each row's.": lambda z: without_max(z - z.amax(0)),
        "Subtract the maximum: don't divide by it.": lambda z: without_max(z / z.amax(1, keepdim=True)),
        "Those are positions. Each logit gets a probability.": lambda z: z.argmax(dim=1),
        "The smallest logit got the largest probability. Look at the sign.": lambda z: softmax_by_hand(-z),
        "One number a row has shape [N], which doesn't fit [N, classes]. With keepdim=True it stays [N, 1], "
        "which does.": lambda z: z.exp() / z.exp().sum(dim=1),
    },
    also_right=[lambda z: [without_max((row - row.max())[None])[0].tolist() for row in z]],
)


def binary_labels(logits):
    probabilities = torch.sigmoid(logits.squeeze(dim=1))  # [N]
    return (probabilities > 0.5).long()


exercise(
    "02.4",
    binary_labels,
    probes=[(torch.tensor(row)[:, None],) for row in ([-2.0, 0.3, 0.7, -0.1, 3.0, 1.4], [0.2], [-4.0])],
    looks={"True and False in it": lambda x: "True" in str(x) or "False" in str(x)},
    says="A probability above 0.5 is a logit above 0, so the sigmoid is not even needed for the label.",
    mistakes={
        "0.5 is the threshold of probabilities. That of logits is 0.": lambda z: (z > 0.5)[:, 0].long(),
        "A probability of 0.5 is a logit of 0, not of 1.": lambda z: (z > 1)[:, 0].long(),
        "You rounded the logits. Round the probabilities: take the sigmoid first.": lambda z: z.round()[:, 0],
        "Those are the probabilities. A label is 1 above 0.5, else 0.": lambda z: z.sigmoid()[:, 0],
        "Those are the logits. Make probabilities of them, then labels.": lambda z: z[:, 0],
        "All labels are 0, as by argmax over one column. Use a threshold.": lambda z: z.argmax(dim=1),
        "All labels are 1. A softmax over a single column is always 1, and a sigmoid of a sigmoid is always "
        "above 0.5. One sigmoid is enough.": lambda z: z.softmax(dim=1)[:, 0],
        "0 and 1 are exchanged: a positive logit means class 1.": lambda z: 1 - binary_labels(z),
        "The classes are 0 and 1; you return -1 and 1.": lambda z: z[:, 0].sign(),
        "Drop the last dimension: the shape should be [6], not [6, 1].": lambda z: z.sigmoid().round(),
        "They are right, as True and False. Labels are numbers: add .long().": lambda z: z[:, 0] > 0,
        "A batch may hold a single row, and squeeze() without dim drops its dimension too. To keep it, "
        "write `squeeze(dim=1)`.": lambda z: (z.squeeze() > 0).long(),
    },
    also_right=[lambda z: (z > 0).int().flatten(), lambda z: [int(value > 0) for value in z]],
)


def loss_from_logits(logits, targets):
    positive_part = logits.clamp(min=0)  # max(z, 0)
    losses = positive_part - logits * targets + torch.log(1 + torch.exp(-logits.abs()))  # [N]
    return losses.mean()


def naive(z, y, ones=1, zeros=1, more=0.0):
    p = z.sigmoid()
    return -(ones * y * (p + more).log() + zeros * (1 - y) * (1 - p + more).log()).mean()


def in_parts(last, sign=-1, first=torch.relu):
    return lambda z, y: (first(z) + sign * z * y + (1 + last(z).exp()).log()).mean()


exercise(
    "02.5",
    loss_from_logits,
    probes=[
        (torch.tensor([0.5, -1.2, 2.0, -0.3]), torch.tensor([1.0, 0.0, 0.0, 1.0])),
        *((torch.tensor([z]), torch.tensor([y])) for z in (200.0, -200.0) for y in (0.0, 1.0)),
    ],
    # Without BCELoss: it fails at 200, and the hint for that says more.
    ready_made=r"(?i)(?!bceloss$|binary_cross_entropy$).*(bce|cross_?entropy|nll_?loss|margin_?loss).*",
    says="A logit of 200 that is wrong costs 200, as in BCEWithLogitsLoss, and nothing overflows.",
    errors={"between 0 and 1": "BCELoss wants probabilities, and you have logits. Write the formula."},
    mistakes={
        "That is the sum over the samples. Take the mean.": lambda z, y: loss_from_logits(z, y) * len(z),
        "The sign is wrong: a loss is positive here.": lambda z, y: -loss_from_logits(z, y),
        "That is the sum, with the wrong sign.": lambda z, y: -loss_from_logits(z, y) * len(z),
        "Targets 0 and 1 are exchanged.": lambda z, y: loss_from_logits(z, 1 - y),
        "Samples of target 0 add nothing: (1 - y) * log(1 - p) is missing.": lambda z, y: naive(z, y, 1, 0),
        "Samples of target 1 add nothing: y * log(p) is missing.": lambda z, y: naive(z, y, 0, 1),
        "That is the mean squared error. Take the formula.": lambda z, y: (z.sigmoid() - y).pow(2).mean(),
        "The loss has its own sigmoid; yours is one too many.": lambda z, y: loss_from_logits(z.sigmoid(), y),
        "The last part is log(1 + exp(-|z|)): the absolute value is missing.": in_parts(torch.neg),
        "The last part is log(1 + exp(-|z|)): the minus is missing.": in_parts(torch.abs),
        "z * y is subtracted, not added.": in_parts(lambda z: -z.abs(), sign=1),
        "The first part is max(z, 0): z.clamp(min=0).": in_parts(lambda z: -z.abs(), first=torch.abs),
        "The loss is one number: the mean over all samples.": lambda z, y: F.softplus(z) - z * y,
        "Ordinary logits are right, but exp(200) is inf in float32. Take exp of -|z|, as in the formula: "
        "that is at most 1.": lambda z, y: ((1 + z.exp()).log() - z * y).mean(),
        "Ordinary logits are right, but a logit of 200 with target 0 costs 200. In float32 its sigmoid is "
        "exactly 1, so log(1 - p) is -inf, and what you add or cut off hides that. Use no sigmoid.": When(
            lambda got, right: right["the result"] > 100 and got["the result"].numel() == 1,
            (naive, lambda z, y: naive(z, y, more=1e-7), lambda z, y: F.binary_cross_entropy(z.sigmoid(), y)),
        ),
    },
    also_right=[lambda z, y: np.mean(np.logaddexp(0, z.numpy()) - z.numpy() * y.numpy())],
)


def make_network(sizes):
    layers = []
    for in_features, out_features in zip(sizes[:-1], sizes[1:], strict=True):
        layers += [nn.Linear(in_features, out_features), nn.ReLU()]
    return nn.Sequential(*layers[:-1])  # without the last ReLU


def kind_of(layer):
    name, is_active = type(layer).__name__, type(layer).__module__ == nn.ReLU.__module__
    return "non-linearity" if is_active and "oftm" not in name else name


def network_seen(make_network, sizes):
    """Look at the layers. Any non-linearity is right, and a Sequential in the Sequential is, too."""
    network = make_network(sizes)
    if not isinstance(network, nn.Sequential):
        return {"the result": None if network is None else f"a {type(network).__name__}"}
    parts = network.named_modules(remove_duplicate=False)
    layers = [part for _, part in parts if not list(part.children())]
    linear = [layer for layer in layers if isinstance(layer, nn.Linear)]
    return {
        "the result": "a Sequential",
        "the sizes": [(layer.in_features, layer.out_features) for layer in linear],
        "the order": tuple(map(kind_of, layers)),
        "the number of linear layers that stand there a second time": len(linear) - len(set(linear)),
        "the list of sizes afterwards": sizes,
    }


def with_between(new):
    return lambda s: nn.Sequential(*(new if isinstance(part, nn.ReLU) else part for part in make_network(s)))


exercise(
    "02.6",
    make_network,
    probes=[([2, 16, 16, 3],), ([4, 8, 1],), ([5, 3],), ([2, 8, 8, 8, 8, 2],)],
    observe=network_seen,
    says="The sizes are all that differs between many networks: one function makes them all.",
    errors={
        r"\.[a-z]\w* is not a Module": "A function is no layer. The layer is an object: write `nn.ReLU()`.",
        r"to unpack|IndexError": "n sizes make n - 1 linear layers, for any n from 2 on. Use a loop.",
        r"tuple is not": "Add the layers to the list one by one: layers += [linear, relu].",
    },
    mistakes={
        "Nothing comes after the last linear layer: logits may be any number. The loss has its own softmax "
        "or sigmoid.": tuple(lambda s, e=e: make_network(s).append(e) for e in (nn.ReLU(), nn.Softmax(1))),
        "nn.ReLU is a class. For a layer, write `nn.ReLU()`.": lambda s: nn.Sequential(nn.ReLU),
        "nn.Sequential takes no list. Put a star before it: *layers.": lambda s: nn.Sequential([]),
        "Linear layers follow each other with nothing between: together they do no more than one linear "
        "layer. Put a ReLU between.": lambda s: make_network(s)[::2],
        "That is a list, and no model yet: nn.Sequential(*layers).": lambda s: list(make_network(s)),
        "It is nn.Linear(in_features, out_features); yours is the other way around.": When(
            lambda got, right: got["the sizes"].equal(right["the sizes"].flip(1)),
            (lambda s: nn.Sequential(*(nn.Linear(b, a) for a, b in zip(s[:-1], s[1:], strict=True))),),
        ),
        "The last linear layer, from 16 to 3, is missing.": lambda s: make_network(s[:-1]),
        "4 sizes make 3 linear layers; you have more.": lambda s: make_network([*s, s[-1]]),
        "Go through the whole list of sizes.": lambda s: make_network([s[0], s[1], s[-1]]),
        "The sizes may be others. Use the list that is given.": lambda s: make_network([2, 16, 16, 3]),
        "Between two linear layers stands one non-linearity such as a ReLU, and nothing else anywhere.": When(
            lambda g, r: g["the sizes"].equal(r["the sizes"]) and g["the order"] != r["the order"],
            tuple(map(with_between, (nn.Identity(), nn.Softmax(1), nn.Sequential(nn.ReLU(), nn.Tanh())))),
        ),
    },
    also_right=[with_between(nn.Tanh()), lambda s: nn.Sequential(make_network(s))],
)


def precision_and_recall(y_true, y_pred):
    found = ((y_true == 1) & (y_pred == 1)).sum().item()
    predicted = (y_pred == 1).sum().item()
    precision = found / predicted if predicted else 0
    return precision, found / (y_true == 1).sum().item()


def instead(both):
    return lambda y, p: both(*precision_and_recall(y, p), (y == p).float().mean())


exercise(
    "02.7",
    precision_and_recall,
    probes=[
        (torch.arange(12).lt(6).long(), torch.tensor([1, 1, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0])),
        (torch.tensor([0, 1, 0, 1]), torch.tensor([0, 0, 0, 0])),
        (torch.tensor([0, 1, 0, 1]), torch.tensor([1, 0, 1, 0])),
        (torch.tensor([0, 1, 0, 1, 0]), torch.tensor([1, 1, 1, 1, 1])),
        (torch.tensor([1, 1, 1, 1, 1, 0, 0, 0]), torch.tensor([1, 0, 0, 0, 0, 1, 1, 1])),
    ],
    ready_made="precision|recall",  # torch has none; sklearn and torchmetrics are refused by this too
    says="A model that always says no gets 0 and 0, however high its accuracy is.",
    mistakes={
        "The other way around: first precision, then recall.": lambda y, p: precision_and_recall(y, p)[::-1],
        "Those are percent. Fractions, 0 to 1, are asked for.": instead(lambda p, r, a: (100 * p, 100 * r)),
        "Those are of class 0. Class 1 is asked for.": lambda y, p: precision_and_recall(1 - y, 1 - p),
        "8 of 12 right is the accuracy. Precision looks only at what was predicted as 1, recall only at what "
        "is 1.": (instead(lambda p, r, a: (a, r)), instead(lambda p, r, a: (p, a))),
        "You divided by the number of all samples. Precision divides by how many were predicted as 1, recall "
        "by how many are 1.": lambda y, p: ((y * p).float().mean(), precision_and_recall(y, p)[1]),
        "// cuts the fraction off. Divide with /.": instead(lambda p, r, a: (int(p), int(r))),
        "That is how many were found. Divide by a total.": lambda y, p: ((y * p).sum(), (y * p).sum()),
        "The model may never say 1, and then you divide by 0 (in torch that is nan). Precision is 0 then.": (
            lambda y, p: ((y * p).sum().item() / p.sum().item(), 0.5),
            lambda y, p: ((y * p).sum() / p.sum(), (y * p).sum() / y.sum()),
            lambda y, p: precision_and_recall(y, p) if p.any() else (1, 0),
        ),
        "Return two numbers: precision, then recall.": lambda y, p: precision_and_recall(y, p)[0],
    },
    also_right=[instead(lambda p, r, a: [round(p, 2), torch.tensor(r)])],
)


def make_spirals(arms, points, noise, seed):
    """Return points and labels, as the function of this name in the lesson does."""
    generator, distance = torch.Generator().manual_seed(seed), torch.linspace(0.1, 1, points)
    positions, labels = [], torch.arange(arms).repeat_interleave(points)
    for arm in range(arms):
        angle = 2 * torch.pi * (1.5 * distance + arm / arms)
        spiral = torch.stack([distance * angle.cos(), distance * angle.sin()], dim=1)
        positions.append(spiral + noise * torch.randn(points, 2, generator=generator))
    return torch.cat(positions), labels


def trained_seen(model, points, y, enough):
    """Tell what a model gives for fresh points, and for the middles between two of them each."""
    model.eval()
    device, n, classes = next(model.parameters(), points).device, len(y), int(y.max()) + 1
    with torch.no_grad():
        logits, middles = (model(x.to(device)) for x in (points, (points + points.flip(0)) / 2))
    shapes = [(n, classes)] if classes > 2 else [(n, 2), (n, 1), (n,)]
    if not isinstance(logits, torch.Tensor) or logits.shape not in shapes:
        return {"the model's output": "something else than logits for each point"}
    logits, middles = logits.cpu().float().reshape(n, -1), middles.cpu().float().reshape(n, -1)
    column, zeros, one = logits[:, 0], (logits == 0).float().mean(), logits.shape[1] == 1
    predictions = (column > 0).long() if one else logits.argmax(dim=1)
    percent = 100 * (predictions == y).float().mean()
    # A net that was not trained may give small numbers above 0 too, so those of a sigmoid have to be good.
    shares = ((column > 0.5) == y).double().mean() > 0.75 if one else logits.sum(1).sub(1).abs().max() < 1e-5
    shares = shares or (logits.max() <= 1 and percent >= enough)
    shows = {
        "nan, or always the same": not (logits.std(dim=0) > 1e-6).all(),
        "nothing below 0": logits.min() >= 0 and (shares or zeros > 0.05),
        "right": percent >= enough,
        "linear": torch.allclose(middles, (logits + logits.flip(0)) / 2, 0, 1e-4 * logits.abs().max().item()),
        "guesses": percent < 130 / classes or len(predictions.unique()) < classes,
        "too few right": True,
    }
    return {"the model's output": next(name for name, is_so in shows.items() if is_so)}


def spoiled(make, then):
    """Return a function that makes a model, with something done to what it gives."""
    forward = {"forward": lambda self, x: then(self[0](x))}
    return lambda: type("Spoiled", (nn.Sequential,), forward)(trained_once(make))


@functools.cache
def trained_once(make):
    """Return a trained model, the same each time: training takes long, and the engine looks at copies."""
    return make()


def model_mistakes(trained, outputs):
    last = nn.Sigmoid() if outputs == 1 else nn.Softmax(dim=1)
    return {
        "For each point your model should give the logits alone: one or two for two classes, three for "
        "three. Look at its last layer.": (lambda: nn.Linear(2, 4), spoiled(trained, lambda z: (z, z))),
        "The model gives nan, or the same for every point: by a ReLU or a softmax at the end, or by too "
        "large a learning rate.": (spoiled(trained, torch.log), spoiled(trained, torch.zeros_like)),
        "The model gives nothing below 0, and logits may be any number. End it with a linear layer: no ReLU, "
        "no sigmoid, no softmax.": (spoiled(trained, torch.relu), spoiled(trained, last)),
        "The model is linear: no straight line parts these classes. Put a non-linearity between two layers, "
        "or lower the learning rate.": lambda: nn.Sequential(nn.Linear(2, 9), nn.Linear(9, outputs)),
        "The model is hardly better than guessing, or mixes the classes up. Was it trained (backward and "
        "step), on the points as they are, with their own labels?": (
            lambda: nn.Sequential(nn.Linear(2, 9), nn.ReLU(), nn.Linear(9, outputs)),
            spoiled(trained, torch.neg),
        ),
        "Too few of the fresh points are right. Train for more epochs, with Adam, with more units, and with "
        "the loss for logits.": spoiled(trained, lambda z: z * torch.linspace(-0.3, 1, len(z))[:, None]),
    }


def moons_model():
    from sklearn.datasets import make_moons

    def train_on_moons():
        points, labels = make_moons(1000, noise=0.1, random_state=SEED)  # they come shuffled
        X = torch.tensor(points, dtype=torch.float32)  # [1000, 2]
        y = torch.tensor(labels, dtype=torch.float32)  # [1000]
        torch.manual_seed(SEED)
        model = nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, 1))
        optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
        for epoch in range(200):
            loss = nn.BCEWithLogitsLoss()(model(X[:800]).squeeze(dim=1), y[:800])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        with torch.inference_mode():
            predictions = (model(X[800:]).squeeze(dim=1) > 0).float()  # [200]
        print(f"{(predictions == y[800:]).float().mean():.1%} of the validation points are right")
        return model

    # Inside a function, X, y and the other names are its own. Those of the lesson stay as they are.
    moons_model = train_on_moons()
    return moons_model


MOONS, OF_MOON = map(torch.tensor, make_moons(1000, noise=0.1, random_state=20_000))
exercise(
    "02.8",
    moons_model,
    makes=nn.Module,
    probes=[(MOONS.float(), OF_MOON, 96)],
    says="At least 96 % of 1,000 fresh points are right.",
    also_right=[spoiled(moons_model, lambda z: torch.cat([-z, z], dim=1))],
    observe=trained_seen,
    mistakes=model_mistakes(moons_model, outputs=1),
)


def arms_model():
    def train_on_arms():
        X, y = make_spirals(3, 300, noise=0.03, seed=SEED)  # [900, 2], [900]
        torch.manual_seed(SEED)
        model = nn.Sequential(nn.Linear(2, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 3))
        optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
        for epoch in range(400):
            loss = nn.CrossEntropyLoss()(model(X), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        print(f"Loss on the training points: {loss.item():.4f}")
        return model

    arms_model = train_on_arms()
    return arms_model


exercise(
    "02.9",
    arms_model,
    makes=nn.Module,
    probes=[(*make_spirals(arms=3, points=500, noise=0.03, seed=20_000), 95)],
    says="At least 95 % of 1,500 fresh points of three arms are right.",
    also_right=[spoiled(arms_model, lambda z: z.log_softmax(dim=1))],
    observe=trained_seen,
    mistakes=model_mistakes(arms_model, outputs=3),
)


def best_optimizer(accuracies):
    means = {name: sum(runs) / len(runs) for name, runs in accuracies.items()}
    worse, better = sorted(means, key=means.get)  # the name with the lower mean comes first
    if min(accuracies[better]) <= max(accuracies[worse]):
        return None
    return better


def best_by(key=np.mean, overlap=lambda better, worse: min(better) <= max(worse)):
    """Return an answer that goes by something else than the means, or by another rule for an overlap."""

    def best(runs):
        better = max(runs, key=lambda name: key(runs[name]))
        (worse,) = set(runs) - {better}
        return None if overlap(runs[better], runs[worse]) else better

    return best


exercise(
    "02.10",
    best_optimizer,
    probes=[
        ({"SGD": [85.0, 86.5, 84.0], "Adam": [97.0, 98.5, 96.0]},),
        ({"Adam": [97.0, 98.5, 96.0], "SGD": [85.0, 86.5, 84.0]},),
        ({"SGD": [97.0, 98.5, 96.0], "Adam": [85.0, 86.5, 84.0]},),
        ({"SGD": [90.0, 91.0, 92.0], "Adam": [80.0, 85.0, 99.0]},),
        ({"SGD": [80.0, 81.0, 79.0, 80.5, 80.0], "Adam": [95.0, 96.0]},),
        ({"SGD": [90.0, 92.0], "Adam": [92.0, 95.0]},),
        ({"SGD": [70.0, 90.0, 90.0, 90.0, 90.0], "Adam": [69.0, 70.5, 69.5, 70.0, 69.0]},),
        ({"plain": [60.0, 62.5, 61.0, 60.5], "momentum": [63.0, 99.0, 80.0]},),
    ],
    looks={"the result": lambda name: str(name) if isinstance(name, str) else name},  # NumPy's text, too
    says="With 5 runs each, equal optimizers would be told apart by luck once in 126 times; with 2 runs "
    "each, once in 3.",
    mistakes={
        "SGD's runs go from 84 to 86.5 %, Adam's from 96 to 98.5 %: no overlap, so Adam is better, "
        "and not None.": best_by(overlap=lambda better, worse: max(better) >= min(worse)),
        "Adam is better here. Higher is better.": best_by(lambda runs: -np.mean(runs), lambda *_: False),
        "The order of the names says nothing: either may be the better one.": (
            lambda runs: best_optimizer(runs) and list(runs)[1],
            lambda runs: best_optimizer(runs) if best_optimizer(runs) == list(runs)[1] else None,
        ),
        "The best run may be luck. Compare the means.": best_by(max, lambda *_: False),
        "SGD has the higher mean, but its runs (90 to 92) and Adam's (80 to 99) overlap. There your "
        "function should return None.": best_by(overlap=lambda *_: False),
        "There may be 5 runs of SGD and 2 of Adam. Compare means, not sums.": best_by(sum),
        "Where the lowest run of the better one equals the highest of the other, the ranges touch. Return "
        "None there too.": best_by(overlap=lambda better, worse: min(better) < max(worse)),
        "The names may be others than SGD and Adam. Take them from the dictionary.": (
            lambda runs: best_optimizer({"SGD": runs["SGD"], "Adam": runs["Adam"]})
        ),
        "With the accuracies exchanged, SGD is the better one.": lambda runs: "Adam",
        'Return None itself, not the text "None".': lambda runs: str(best_optimizer(runs)),
        "Where the ranges overlap, return None, no name.": lambda runs: best_optimizer(runs) or [*runs][1],
        "Return one of the two names, or None, and nothing else.": When(
            lambda got, right: got["the result"] is not None and not isinstance(got["the result"], str),
            (lambda runs: 84.5, lambda runs: ("Adam", 97.2), lambda runs: best_optimizer(runs) or False),
        ),
    },
    also_right=[best_by(min)],
)


def label_grid(model, across, up):
    feature_0, feature_1 = torch.meshgrid(across, up, indexing="xy")  # [H, W] each
    points = torch.stack([feature_0.flatten(), feature_1.flatten()], dim=1)  # [H * W, 2]
    with torch.inference_mode():
        logits = model(points)  # [H * W, classes]
    return logits.argmax(dim=1).reshape(len(up), len(across))  # [H, W]


def three_classes(points):
    x, y = points.unbind(dim=-1)
    return torch.stack([x + 0.3 * y + 0.1, 0.2 * y - x, 0.1 * x + 2 * y - 1], dim=-1)


def two_classes(points):
    x, y = points.unbind(dim=-1)
    return torch.stack([x - y + 0.2, 2 * y - x], dim=-1)


exercise(
    "02.11",
    label_grid,
    probes=[
        (three_classes, torch.linspace(-2, 2, 4), torch.linspace(-1, 2, 3)),
        (two_classes, torch.tensor([-1.0, 0.0, 3.0]), torch.tensor([-2.0, 0.5, 1.0])),
    ],
    says="A boundary is where the label of this grid changes: no more than the model's answers, drawn.",
    mistakes={
        'Yours is [W, H]. Rows are for `up`, columns for `across`: indexing="xy" gives [H, W].': (
            lambda model, across, up: label_grid(model, across, up).T
        ),
        "The labels are right, in a row. Give them the shape of the grid: reshape(len(up), len(across)).": (
            lambda model, across, up: label_grid(model, across, up).flatten()
        ),
        "Those are the logits of each point. Take the argmax over the classes, then the shape [H, W].": (
            lambda model, across, up: model(torch.cartesian_prod(up, across).flip(1)).reshape(
                len(up), len(across), -1
            )
        ),
        "The two features are exchanged: `across` is feature 0 and comes first in each point.": (
            lambda model, across, up: (
                model(torch.cartesian_prod(up, across)).argmax(dim=1).reshape(len(up), len(across))
            )
        ),
        "Flatten both features in the same way: your points are in another order than the grid.": (
            lambda model, across, up: (
                model(torch.cartesian_prod(across, up)).argmax(dim=1).reshape(len(up), len(across))
            )
        ),
        "The rows are upside down: row 0 belongs to up[0].": (
            lambda model, across, up: label_grid(model, across, up).flip(0)
        ),
    },
    also_right=[
        lambda model, across, up: [[model(torch.stack([x, y])).argmax().item() for x in across] for y in up]
    ],
)
