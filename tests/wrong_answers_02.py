"""Lesson 02: answers that learners may well give, for tests/test_exercises.py.

`WRONG` has for each exercise (what went wrong, the answer, a regular expression that its own hint matches),
`RIGHT` has answers that are right and written in another way than the lesson's solution.
"""

import math
import statistics
from itertools import pairwise

import numpy as np
import torch
from sklearn.datasets import make_moons
from torch import nn
from torch.nn import functional as F
from torchmetrics.functional import precision, recall

from helpers.exercises.lesson_02 import _make_spirals

# 02.1


def tanh_that_survives(x):
    down = torch.exp(-2 * x.abs())
    return x.sign() * (1 - down) / (1 + down)


def tanh_in_place(x):
    return x.clone().tanh_()


def tanh_as_a_module(x):
    return nn.Tanh()(x)


def tanh_number_by_number(x):
    flat = [(math.exp(v) - math.exp(-v)) / (math.exp(v) + math.exp(-v)) for v in x.flatten().tolist()]
    return torch.tensor(flat).reshape(x.shape)


# 02.2


def leaky_by_if(x, slope):
    return x if x > 0 else slope * x


def leaky_in_place(x, slope):
    x[x < 0] *= slope
    return x


def leaky_mask_only(x, slope):
    return torch.cat([x[x > 0], slope * x[x <= 0]])


def leaky_as_a_module(x, slope):
    return nn.LeakyReLU(slope)(x)


def leaky_by_max(x, slope):
    return max(x, slope * x)


def the_smaller(x, slope):
    return torch.minimum(x, slope * x)


def leaky_by_mask(x, slope):
    y = x.clone()
    y[y < 0] *= slope
    return y


# 02.3


def softmax_global_max(logits):
    exponentials = (logits - logits.max()).exp()
    return exponentials / exponentials.sum(dim=1, keepdim=True)


def softmax_no_max(logits):
    return logits.exp() / logits.exp().sum(dim=1, keepdim=True)


def softmax_column_max_by_hand(logits):
    return softmax_no_max(logits - logits.amax(dim=0, keepdim=True))


def softmax_as_a_module(logits):
    return nn.Softmax(dim=1)(logits)


def softmax_clamped(logits):
    return softmax_no_max(logits.clamp(max=80))


def softmax_by_rows(logits):
    rows = []
    for row in logits.tolist():
        exponentials = [math.exp(z - max(row)) for z in row]
        rows.append([e / sum(exponentials) for e in exponentials])
    return rows


def softmax_by_numpy(logits):
    logits = logits.numpy()
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True)


# 02.5


def naive(z, y):
    p = z.sigmoid()
    return -(y * p.log() + (1 - y) * (1 - p).log()).mean()


def loss_of_probabilities(z, y):
    return F.binary_cross_entropy(torch.sigmoid(z), y)


def log_of_one_plus_exp(z, y):
    return (torch.log(1 + torch.exp(z)) - z * y).mean()


def with_epsilon(z, y):
    p = z.sigmoid()
    return -(y * (p + 1e-7).log() + (1 - y) * (1 - p + 1e-7).log()).mean()


def without_nan(z, y):
    p = z.sigmoid()
    losses = -(y * p.log() + (1 - y) * (1 - p).log())
    return losses.nan_to_num(0, posinf=1e6).mean()


def loss_number_by_number(logits, targets):
    total = 0
    for z, y in zip(logits.tolist(), targets.tolist(), strict=True):
        total += max(z, 0) - z * y + math.log(1 + math.exp(-abs(z)))
    return total / len(logits)


def loss_by_class(logits, targets):
    sign = 1 - 2 * targets  # a loss is small where sign * logit is far below 0
    return F.softplus(sign * logits).mean()


# 02.6


def layers_of(sizes, activation=nn.ReLU):
    layers = []
    for a, b in pairwise(sizes):
        layers += [nn.Linear(a, b), activation()]
    return layers


def network(sizes, activation=nn.ReLU, end=()):
    return nn.Sequential(*layers_of(sizes, activation)[:-1], *end)


def network_with_two_in_a_row(sizes):
    return network(sizes, lambda: nn.Sequential(nn.ReLU(), nn.Tanh()))


def network_swapped(sizes):
    return nn.Sequential(*(nn.Linear(b, a) for a, b in pairwise(sizes)))


def network_without_last(sizes):
    return network(sizes[:-1])


def network_for_four_sizes(sizes):
    a, b, c, d = sizes
    return nn.Sequential(nn.Linear(a, b), nn.ReLU(), nn.Linear(b, c), nn.ReLU(), nn.Linear(c, d))


def network_of_first_and_last(sizes):
    return nn.Sequential(nn.Linear(sizes[0], sizes[1]), nn.ReLU(), nn.Linear(sizes[1], sizes[-1]))


def network_sharing_its_middle(sizes):
    first, last = nn.Linear(sizes[0], sizes[1]), nn.Linear(sizes[-2], sizes[-1])
    if len(sizes) == 2:
        return nn.Sequential(first)
    middle = nn.Linear(sizes[1], sizes[1])
    layers = [first] + (len(sizes) - 3) * [nn.ReLU(), middle]
    return nn.Sequential(*layers, nn.ReLU(), last)


def network_that_pops(sizes):
    layers = []
    while len(sizes) > 1:
        layers += [nn.Linear(sizes.pop(0), sizes[0]), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def network_that_ends_too_early(sizes):
    return nn.Sequential(*layers_of(sizes)[:-2])


def network_by_position(sizes):
    model = nn.Sequential()
    for i in range(len(sizes) - 1):
        model.append(nn.Linear(sizes[i], sizes[i + 1]))
        if i < len(sizes) - 2:
            model.append(nn.Tanh())
    return model


def network_in_blocks(sizes):
    relu = nn.ReLU()
    blocks = [nn.Sequential(nn.Linear(a, b), relu) for a, b in pairwise(sizes[:-1])]
    return nn.Sequential(*blocks, nn.Linear(sizes[-2], sizes[-1]))


# 02.7


def counts(y_true, y_pred):
    """Return how many are found, wrongly found, and missed."""
    found = ((y_true == 1) & (y_pred == 1)).sum().item()
    return found, (y_pred == 1).sum().item() - found, (y_true == 1).sum().item() - found


def divided(y_true, y_pred):
    found, wrong, missed = counts(y_true, y_pred)
    return found / (found + wrong), found / (found + missed)


def safe(y_true, y_pred):
    found, wrong, missed = counts(y_true, y_pred)
    return found / max(1, found + wrong), found / (found + missed)


def accuracy_and_recall(y_true, y_pred):
    return (y_true == y_pred).float().mean(), safe(y_true, y_pred)[1]


def of_all_samples(y_true, y_pred):
    found, _, _ = counts(y_true, y_pred)
    return found / len(y_true), found / (y_true == 1).sum()


def with_specificity(y_true, y_pred):
    zeros = y_true == 0
    return safe(y_true, y_pred)[0], (y_pred[zeros] == 0).float().mean().item()


def whole_numbers(y_true, y_pred):
    found, wrong, missed = counts(y_true, y_pred)
    return found // max(1, found + wrong), found // (found + missed)


def one_for_none_found(y_true, y_pred):
    return safe(y_true, y_pred) if y_pred.any() else (1.0, 0.0)


def by_tensors(y_true, y_pred):
    found = (y_true * y_pred).sum()
    return torch.stack([found / y_pred.sum().clamp(min=1), found / y_true.sum()])


def by_numpy(y_true, y_pred):
    y_true, y_pred = y_true.numpy(), y_pred.numpy()
    share = y_true[y_pred == 1].mean() if y_pred.sum() > 0 else 0.0
    return np.array([share, y_pred[y_true == 1].mean()])


def by_torchmetrics(y_true, y_pred):
    return precision(y_pred, y_true, task="binary"), recall(y_pred, y_true, task="binary")


# 02.8 and 02.9


def trained(model, X, y, loss_fn, epochs, lr=0.02):
    """Return the model after some epochs of Adam on all points."""
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    for _ in range(epochs):
        loss = loss_fn(model(X), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model


def hidden(*end, units=16, activation=nn.ReLU):
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(2, units), activation(), nn.Linear(units, units), activation(), *end)


class Subclassed(nn.Module):
    """A model that squeezes its logits itself, drops out units, and is left in training mode."""

    def __init__(self):
        super().__init__()
        self.hidden_1, self.hidden_2 = nn.Linear(2, 32), nn.Linear(32, 32)
        self.dropout = nn.Dropout(0.2)
        self.output = nn.Linear(32, 1)

    def forward(self, x):
        x = self.dropout(self.hidden_2(self.hidden_1(x).tanh()).tanh())
        return self.output(x).squeeze(dim=1)


class LogitsAndMore(nn.Sequential):
    def forward(self, x):
        return super().forward(x), x


class Labels(nn.Sequential):
    def forward(self, x):
        return super().forward(x).argmax(dim=1)


class After(nn.Sequential):
    """A trained model with something done to what it gives."""

    def __init__(self, model, then):
        super().__init__(model)
        self.then = then

    def forward(self, x):
        return self.then(super().forward(x))


def filled(model, value):
    """Return a model whose parameters all have one value."""
    for parameter in model.parameters():
        nn.init.constant_(parameter, value)
    return model


def moons():
    """Return models for 02.8 that are good in several ways, and those that go wrong in training."""
    points, labels = make_moons(1000, noise=0.1, random_state=42)
    X, y = torch.tensor(points, dtype=torch.float32), torch.tensor(labels)
    column, bce = y.float().unsqueeze(1), nn.BCEWithLogitsLoss()
    torch.manual_seed(0)
    good = trained(hidden(nn.Linear(16, 1)), X, column, bce, 150)
    flat = trained(Subclassed(), X, y.float(), bce, 100)
    two = trained(hidden(nn.Linear(16, 2), activation=nn.LeakyReLU), X, y, nn.CrossEntropyLoss(), 150)
    line = trained(nn.Linear(2, 1), X, column, bce, 150, lr=0.1)
    lines = trained(hidden(nn.Linear(16, 1), activation=nn.Identity), X, column, bce, 60)
    early = trained(hidden(nn.Linear(16, 1)), X, column, bce, 30)
    ends_in_relu = trained(hidden(nn.Linear(16, 1), nn.ReLU()), X, column, nn.MSELoss(), 100)
    squared = trained(hidden(nn.Linear(16, 1)), X, column, nn.MSELoss(), 150)
    return good, flat, two, line, lines, early, ends_in_relu, squared


def spirals():
    """Return models for 02.9: a good one, another good one, a linear one, one of two arms, an early one."""
    X, y = _make_spirals(3, 200, 0.3, 42)
    two_arms = _make_spirals(2, 200, 0.3, 42)
    loss_fn = nn.CrossEntropyLoss()
    good = trained(hidden(nn.Linear(64, 3), units=64), X, y, loss_fn, 250)
    other = trained(hidden(nn.Linear(48, 3), units=48, activation=nn.Tanh), X, y, loss_fn, 250)
    line = trained(nn.Linear(2, 3), X, y, loss_fn, 100)
    of_two = trained(hidden(nn.Linear(32, 3), units=32), *two_arms, loss_fn, 150)
    early = trained(hidden(nn.Linear(64, 3), units=64), X, y, loss_fn, 40)
    return good, other, line, of_two, early


MOONS, MOONS_FLAT, MOONS_TWO, MOONS_LINE, MOONS_LINES, MOONS_EARLY, MOONS_RELU, MOONS_MSE = moons()
SPIRAL, SPIRAL_TANH, SPIRAL_LINE, SPIRAL_OF_TWO, SPIRAL_EARLY = spirals()


# 02.10


def mean(runs):
    return sum(runs) / len(runs)


def by(key, highest=max):
    return lambda accuracies: highest(accuracies, key=lambda name: key(accuracies[name]))


def unless_overlapping(choose, touches=lambda low, high: low <= high):
    def best(accuracies):
        better = choose(accuracies)
        (other,) = set(accuracies) - {better}
        return None if touches(min(accuracies[better]), max(accuracies[other])) else better

    return best


def always_overlapping(accuracies):
    better = by(mean)(accuracies)
    (other,) = set(accuracies) - {better}
    return None if max(accuracies[better]) >= min(accuracies[other]) else better


def by_deviations(accuracies):
    (a, x), (b, y) = accuracies.items()
    if abs(mean(x) - mean(y)) <= statistics.stdev(x) + statistics.stdev(y):
        return None
    return a if mean(x) > mean(y) else b


def only_sgd_and_adam(accuracies):
    sgd, adam = accuracies["SGD"], accuracies["Adam"]
    return "Adam" if min(adam) > max(sgd) else "SGD" if min(sgd) > max(adam) else None


def only_if_the_second_is_better(accuracies):
    (_, x), (b, y) = accuracies.items()
    return b if min(y) > max(x) else None


def first_if_no_overlap(accuracies):
    (_, x), (b, y) = accuracies.items()
    return None if min(y) <= max(x) and min(x) <= max(y) else b


def sorting_the_runs(accuracies):
    for runs in accuracies.values():
        runs.sort()
    return only_sgd_and_adam(accuracies)


def text_none(accuracies):
    return str(unless_overlapping(by(mean))(accuracies))


def each_against_the_other(accuracies):
    (a, x), (b, y) = accuracies.items()
    if min(x) > max(y):
        return a
    if min(y) > max(x):
        return b


def best_by_numpy(accuracies):
    names = np.array(sorted(accuracies, key=lambda name: np.mean(accuracies[name]), reverse=True))
    if np.min(accuracies[names[0]]) > np.max(accuracies[names[1]]):
        return names[0]
    return None


def best_by_torch(accuracies):
    runs = {name: torch.tensor(values) for name, values in accuracies.items()}
    (a, x), (b, y) = runs.items()
    if x.mean() < y.mean():
        a, x, b, y = b, y, a, x
    return a if x.min() > y.max() else None


WRONG = {
    "02.1": [
        ("torch's own", torch.tanh, "ready-made tanh"),
        ("sigmoid", lambda x: 1 / (1 + torch.exp(-x)), "That is the sigmoid, between 0 and 1"),
        ("a plus above", lambda x: x.exp() / (x.exp() + (-x).exp()), r"sigmoid\(2x\)"),
        ("minus below", lambda x: (x.exp() - (-x).exp()) / (x.exp() - (-x).exp()), "always 1"),
        ("plus above", lambda x: (x.exp() + (-x).exp()) / (x.exp() + (-x).exp()), "1 everywhere"),
        ("upside down", lambda x: (x.exp() + (-x).exp()) / (x.exp() - (-x).exp()), "upside down"),
        ("no brackets", lambda x: x.exp() - (-x).exp() / x.exp() + (-x).exp(), "brackets"),
        ("turned round", lambda x: ((-x).exp() - x.exp()) / (x.exp() + (-x).exp()), "sign is turned round"),
        ("half of x", lambda x: (x.exp() - 1) / (x.exp() + 1), r"tanh\(x / 2\)"),
        ("numerator only", lambda x: x.exp() - (-x).exp(), "still to be divided"),
        ("sinh", lambda x: (x.exp() - (-x).exp()) / 2, "That is sinh"),
        ("cut off", lambda x: x.clamp(-1, 1), "you have"),
        ("math.exp", lambda x: math.exp(x) - math.exp(-x), "Calling your function raised"),
        ("a mean", lambda x: tanh_that_survives(x).mean(), r"should have shape \[5\]; yours has \[\]"),
    ],
    "02.2": [
        ("plain relu", lambda x, slope: x.relu(), "plain ReLU"),
        ("wrong side", lambda x, slope: torch.where(x > 0, slope * x, x), "on the wrong side"),
        ("all times slope", lambda x, slope: slope * x, "You multiply all"),
        ("absolute", lambda x, slope: x.abs(), "absolute value"),
        ("sign lost", lambda x, slope: x.relu() + slope * (-x).relu(), "stays negative: mind the sign"),
        ("twice", lambda x, slope: x.relu() + slope * x, "on top"),
        ("slope itself", lambda x, slope: torch.where(x > 0, x, slope), "became slope itself"),
        ("the default slope", lambda x, slope: torch.where(x > 0, x, 0.01 * x), "default of nn.LeakyReLU"),
        ("this slope", lambda x, slope: torch.where(x > 0, x, 0.1 * x), "slope 0.5 it is"),
        ("divided", lambda x, slope: torch.where(x > 0, x, x / slope), "You divided"),
        ("unchanged", lambda x, slope: x, "came back as they were"),
        ("an if", leaky_by_if, "torch.where and clamp"),
        ("in place", leaky_in_place, r"changed a tensor .* clone\(\)"),
        ("torch's own", F.leaky_relu, "ready-made leaky_relu"),
        ("sorted by mask", leaky_mask_only, r"you have \[0.5, 2.0"),
        ("dropped", lambda x, slope: x[x > 0], r"should have shape \[6\]; yours has \[2\]"),
    ],
    "02.3": [
        ("torch's own", lambda z: torch.softmax(z, dim=1), "ready-made softmax"),
        ("over the batch", lambda z: z.exp() / z.exp().sum(dim=0), "each column adds up"),
        ("no exp", lambda z: z / z.sum(dim=1, keepdim=True), "the logits themselves"),
        ("the total of all", lambda z: z.exp() / z.exp().sum(), "All rows together"),
        ("not divided", lambda z: z.exp(), "Those are the exponentials"),
        ("over the largest", lambda z: z.exp() / z.exp().max(dim=1, keepdim=True).values, "row's sum"),
        ("log", lambda z: z - z.logsumexp(dim=1, keepdim=True), "logarithms"),
        ("sigmoid", lambda z: 1 / (1 + (-z).exp()), "sigmoid of each logit"),
        ("overflow", softmax_no_max, "Subtract the row's maximum"),
        ("global maximum", softmax_global_max, "its own maximum"),
        ("clamped", softmax_clamped, "Logits of 1000, 999, 998 give 0.665"),
        ("divided by max", lambda z: softmax_no_max(z / z.max()), "Dividing by the maximum"),
        ("no keepdim", lambda z: z.exp() / z.exp().sum(dim=1), "keepdim=True keeps it"),
        ("values forgotten", lambda z: (z - z.max(dim=1, keepdim=True)).exp(), "TypeError"),
        ("largest class", lambda z: z.argmax(dim=1), r"shape \[2, 3\]; yours has \[2\]"),
        ("minus", lambda z: softmax_no_max(-z), "smallest logit"),
    ],
    "02.4": [
        ("0.5 on logits", lambda z: (z.squeeze(1) > 0.5).long(), "threshold of probabilities"),
        ("rounded logits", lambda z: z.squeeze(1).round(), "You rounded the logits"),
        ("probabilities", lambda z: z.squeeze(1).sigmoid(), "Those are the probabilities"),
        ("logits", lambda z: z.flatten(), "the logits still"),
        ("a column", lambda z: z.sigmoid().round(), r"have shape \[6, 1\], and should have \[6\]"),
        ("argmax", lambda z: z.sigmoid().argmax(dim=1), "argmax over the only column"),
        ("softmax", lambda z: z.softmax(dim=1).squeeze(1).round(), "One sigmoid is enough"),
        ("squeezed", lambda z: (z.squeeze() > 0).float(), r"squeeze\(dim=1\)\.$"),
        ("the other way", lambda z: (z.squeeze(1) < 0).long(), "turned round"),
        ("signs", lambda z: z.squeeze(1).sign(), "return -1 and 1"),
        ("True and False", lambda z: z.squeeze(1) > 0, "as True and False"),
        ("argmax of all", lambda z: z.argmax(), r"shape \[6\]; yours has \[\]"),
        ("above 1", lambda z: (z.squeeze(1) > 1).long(), r"yours are \[0.0, 0.0, 0.0, 0.0, 1.0"),
    ],
    "02.5": [
        ("naive", naive, "exactly 1"),
        ("epsilon", with_epsilon, "hides the loss"),
        ("nan replaced", without_nan, r"you have 1e\+06"),
        ("BCELoss", lambda z, y: nn.BCELoss()(z.sigmoid(), y), "BCELoss too cuts"),
        ("the ready-made", nn.BCEWithLogitsLoss(), "ready-made binary_cross_entropy_with_logits"),
        ("sum", lambda z, y: 4 * loss_by_class(z, y), "That is the sum over"),
        ("sign", lambda z, y: -loss_by_class(z, y), "a loss is positive"),
        ("sum and sign", lambda z, y: F.logsigmoid(z * (2 * y - 1)).sum(), "minus the mean"),
        ("targets swapped", lambda z, y: loss_by_class(z, 1 - y), "0 and 1 are turned round"),
        ("only ones", lambda z, y: -(y * z.sigmoid().log()).mean(), r"\(1 - y\) \* log\(1 - p\) is missing"),
        (
            "only zeros",
            lambda z, y: -((1 - y) * (1 - z.sigmoid()).log()).mean(),
            r" y \* log\(p\) is missing",
        ),
        ("squared error", lambda z, y: (z.sigmoid() - y).square().mean(), "squared error"),
        ("sigmoid first", lambda z, y: loss_by_class(z.sigmoid(), y), "one sigmoid too many"),
        ("no abs", lambda z, y: (z.relu() - z * y + (1 + (-z).exp()).log()).mean(), "absolute value"),
        (
            "no minus",
            lambda z, y: (z.relu() - z * y + (1 + z.abs().exp()).log()).mean(),
            "the minus is missing",
        ),
        (
            "plus",
            lambda z, y: (z.relu() + z * y + (1 + (-z.abs()).exp()).log()).mean(),
            "subtracted, not added",
        ),
        ("each sample", lambda z, y: F.softplus(z) - z * y, "The loss is one number"),
        ("Python's max", lambda z, y: max(z, 0) - z * y, "want one truth value"),
        ("limited", lambda z, y: loss_by_class(z.clamp(-50, 50), y), "you have 50"),
    ],
    "02.6": [
        ("a ReLU at the end", lambda sizes: nn.Sequential(*layers_of(sizes)), "ends in ReLU"),
        ("softmax", lambda sizes: network(sizes, end=[nn.Softmax(dim=1)]), "ends in Softmax"),
        ("sigmoid", lambda sizes: network(sizes, end=[nn.Sigmoid()]), "ends in Sigmoid"),
        ("linear", lambda sizes: nn.Sequential(*layers_of(sizes)[::2]), "no more than one linear layer"),
        ("a list", lambda sizes: layers_of(sizes)[:-1], "not yet a model"),
        ("a function", lambda sizes: network(sizes, lambda: torch.relu), "torch.relu is a function"),
        ("two in a row", network_with_two_in_a_row, "follow each other"),
        ("list not unpacked", lambda sizes: nn.Sequential(layers_of(sizes)), "with the star"),
        ("class of activation", lambda sizes: nn.Sequential(nn.Linear(2, 3), nn.ReLU), "TypeError"),
        ("swapped", network_swapped, "in_features, out_features"),
        ("last is missing", network_without_last, "16 to 3, is missing"),
        ("four sizes", network_for_four_sizes, "not enough values to unpack"),
        ("one hidden", network_of_first_and_last, r"yours are \[\(2, 16\), \(16, 3\)\]"),
        ("shared", network_sharing_its_middle, "share their weights"),
        ("list emptied", network_that_pops, "changed the list"),
        ("not returned", lambda sizes: print(end=""), "returns nothing"),
        ("first a ReLU", lambda sizes: nn.Sequential(nn.ReLU(), *network(sizes)), "starts with ReLU"),
        ("dropout", lambda sizes: nn.Sequential(nn.Dropout(), *network(sizes)), "no Dropout"),
        ("identity", lambda sizes: network(sizes, nn.Identity), "no Identity"),
        ("softmax between", lambda sizes: network(sizes, lambda: nn.Softmax(1)), "no good non-linearity"),
        ("fixed", lambda sizes: network([2, 16, 16, 3]), r"For sizes \[4, 8, 1\] the linear layers are"),
        ("one more", lambda sizes: network([*sizes, sizes[-1]]), "a layer too many"),
    ],
    "02.7": [
        ("swapped", lambda t, p: safe(t, p)[::-1], "The other way round"),
        ("percent", lambda t, p: tuple(100 * value for value in safe(t, p)), "Those are percent"),
        ("class 0", lambda t, p: safe(1 - t, 1 - p), "of class 0"),
        ("accuracy", accuracy_and_recall, "is the accuracy"),
        ("of all", of_all_samples, "number of all samples"),
        ("specificity", with_specificity, "share of the zeros"),
        ("//", whole_numbers, "cuts the fraction off"),
        ("counts", lambda t, p: (counts(t, p)[0],) * 2, "how many were found"),
        ("ZeroDivisionError", divided, "you divide by 0"),
        ("nan", lambda t, p: ((t * p).sum() / p.sum(), (t * p).sum() / t.sum()), "your precision is nan"),
        ("1 for none", one_for_none_found, r"recall is 0; you have \(1.0, 0.0\)"),
        ("one number", lambda t, p: safe(t, p)[0], "Return two numbers"),
        ("always the same", lambda t, p: (0.75, 0.5) if p.any() else (0, 0), "For y_true"),
    ],
    "02.8": [
        ("untrained", hidden(nn.Linear(16, 1)), "hardly better than guessing"),
        ("linear", MOONS_LINE, r"linear, and 8\d"),
        ("linear layers", MOONS_LINES, r"linear, and 8\d"),
        ("sigmoid at the end", nn.Sequential(MOONS, nn.Sigmoid()), "ends in a sigmoid"),
        ("labels", After(MOONS, lambda z: (z > 0).float()), "gives labels, 0 and 1"),
        ("whole labels", Labels(MOONS_TWO), "gives labels. Its forward"),
        ("softmax", nn.Sequential(MOONS_TWO, nn.Softmax(dim=1)), "ends in a softmax"),
        ("swapped", After(MOONS, torch.neg), "takes each for the other"),
        ("early", MOONS_EARLY, "at least 96 % is asked for"),
        ("ReLU at the end", MOONS_RELU, "ends in a ReLU"),
        ("mean squared error", MOONS_MSE, "but enough with 0.5"),
        ("dead", nn.Sequential(filled(nn.Linear(2, 8), 0.0), nn.ReLU(), nn.Linear(8, 1)), "same for every"),
        ("the class", Subclassed, "That is the class"),
        ("state_dict", MOONS.state_dict(), "dictionary, such as"),
        ("two results", LogitsAndMore(MOONS), "no tensor but a tuple"),
        ("three classes", nn.Linear(2, 3), r"shape \[1000, 3\]"),
        ("nan", filled(nn.Linear(2, 1), float("nan")), "smaller learning rate"),
        ("wrong input", nn.Linear(1, 2), "RuntimeError"),
        ("predictions", torch.zeros(1000), "That is a tensor"),
        ("one for all", After(MOONS, torch.mean), r"gives shape \[\]"),
    ],
    "02.9": [
        ("untrained", hidden(nn.Linear(64, 3), units=64), "never answers with one|guessing among three"),
        ("linear", SPIRAL_LINE, "The model is linear"),
        ("early", SPIRAL_EARLY, "at least 95 % is asked for"),
        ("two arms", SPIRAL_OF_TWO, r"on three arms: make_spirals\(3"),
        ("two logits", nn.Linear(2, 2), "out_features=3"),
        ("one logit", nn.Linear(2, 1), "three arms need three logits"),
        ("softmax", nn.Sequential(SPIRAL, nn.Softmax(dim=1)), "ends in a softmax"),
        ("ReLU at the end", nn.Sequential(SPIRAL, nn.ReLU()), "ends in a ReLU"),
        ("labels", After(SPIRAL, lambda z: z.argmax(dim=1)), "gives labels"),
        ("four", nn.Linear(2, 4), r"shape \[1500, 3\]; the model gives \[1500, 4\]"),
        ("arms mixed up", After(SPIRAL, lambda z: z.roll(1, dims=1)), "in another order"),
        ("nothing given", nn.Identity, "That is the class"),
    ],
    "02.10": [
        ("by the best run", by(max), "You went by the best run"),
        ("by the mean", by(mean), "SGD has the higher mean"),
        ("the lower mean", by(mean, min), "higher accuracy is better"),
        ("the mean itself", lambda runs: mean(runs["SGD"]), "you return a float"),
        ("always overlapping", always_overlapping, "no overlap, so Adam"),
        ("by the sum", unless_overlapping(by(sum)), "Compare means, not sums"),
        ("touching", unless_overlapping(by(mean), lambda low, high: low < high), "the ranges touch"),
        ("by deviations", by_deviations, r"For {'SGD': \[70.0, 90.0"),
        ("only two names", only_sgd_and_adam, "KeyError: 'SGD'"),
        ("the second", only_if_the_second_is_better, "still Adam"),
        ("sorted in place", sorting_the_runs, "changed the accuracies"),
        ("a text", text_none, "None itself"),
        ("name and mean", lambda runs: ("Adam", 97.2), "one of the two names"),
        ("always Adam", lambda runs: "Adam", "accuracies exchanged"),
    ],
}

SAME_MISTAKE = {
    "02.1": [(tanh_in_place, "ready-made tanh"), (tanh_as_a_module, "ready-made tanh")],
    "02.2": [
        (leaky_as_a_module, "ready-made leaky_relu"),
        (leaky_by_max, "torch.where and clamp"),
        (the_smaller, "on the wrong side"),
    ],
    "02.3": [(softmax_as_a_module, "ready-made softmax"), (softmax_column_max_by_hand, "of each column")],
    "02.5": [(loss_of_probabilities, "BCELoss too cuts"), (log_of_one_plus_exp, "200, and you have inf")],
}

RIGHT = {
    "02.1": [
        tanh_that_survives,
        tanh_number_by_number,
        lambda x: 1 - 2 / (torch.exp(2 * x) + 1),
        lambda x: 2 * torch.sigmoid(2 * x) - 1,
        lambda x: (np.exp(x.numpy()) - np.exp(-x.numpy())) / (np.exp(x.numpy()) + np.exp(-x.numpy())),
        lambda x: (torch.e**x - torch.e**-x) / (torch.e**x + torch.e**-x),
    ],
    "02.2": [
        leaky_by_mask,
        lambda x, slope: x.relu() - slope * (-x).relu(),
        lambda x, slope: torch.maximum(x, slope * x),
        lambda x, slope: x.clamp(min=0) + slope * x.clamp(max=0),
        lambda x, slope: x * ((x > 0) + slope * (x <= 0)),
        lambda x, slope: np.where(x.numpy() > 0, x.numpy(), slope * x.numpy()),
    ],
    "02.3": [
        softmax_by_rows,
        softmax_by_numpy,
        lambda z: torch.exp(z - z.logsumexp(dim=1, keepdim=True)),
        lambda z: torch.stack([softmax_global_max(row[None])[0] for row in z]),
        lambda z: ((e := (z.T - z.max(dim=1).values).exp()) / e.sum(dim=0)).T,
    ],
    "02.4": [
        lambda z: (z > 0).int().flatten(),
        lambda z: z.sigmoid().round().squeeze(dim=-1),
        lambda z: torch.where(z[:, 0] > 0, 1.0, 0.0),
        lambda z: torch.cat([torch.zeros_like(z), z], dim=1).argmax(dim=1),
        lambda z: [int(value > 0) for value in z],
    ],
    "02.5": [
        loss_number_by_number,
        loss_by_class,
        lambda z, y: (torch.logaddexp(z, torch.zeros_like(z)) - z * y).mean(),
        lambda z, y: -(y * F.logsigmoid(z) + (1 - y) * F.logsigmoid(-z)).mean(),
        lambda z, y: ((1 + z.double().exp()).log() - z * y).mean(),
        lambda z, y: np.mean(np.logaddexp(0, z.numpy()) - z.numpy() * y.numpy()),
    ],
    "02.6": [
        network_by_position,
        network_in_blocks,
        lambda sizes: network(sizes, nn.LeakyReLU),
        lambda sizes: network(tuple(sizes), nn.GELU),
    ],
    "02.7": [safe, by_tensors, by_numpy, by_torchmetrics, lambda t, p: [round(v, 2) for v in safe(t, p)]],
    "02.8": [MOONS, MOONS_FLAT, MOONS_TWO],
    "02.9": [SPIRAL, SPIRAL_TANH, nn.Sequential(SPIRAL, nn.LogSoftmax(dim=1))],
    "02.10": [each_against_the_other, best_by_numpy, best_by_torch],
}
