# ruff: noqa: E501 (a row of the table is a line)
# fmt: off
"""What the helpers accept: the whole table of what a learner may bring to each public function.

A row of `SERVED` gives the right result. A row of `REFUSED` raises a sentence with a way out, and following
the way out gives the right result. No row ends in a bare traceback or in a wrong figure.

The rows are text, read by `served` and `refused`: one line for what is served,

    what comes | the call | the right result

and two for what is refused; without a call the second line takes the one above it:

    what comes | the call
        a part of the sentence | a call that does what it says | the right result
"""

import functools
import itertools
import math  # noqa: F401 (the rows use it)
from collections.abc import Callable
from typing import NamedTuple

import accepted
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import torch
import torch.nn.functional as F
import torchmetrics
from PIL import Image
from sklearn import metrics as sklearn_metrics
from torch import nn
from torch.utils.data import DataLoader, Dataset, Subset, TensorDataset  # noqa: F401
from torchvision.transforms import ToTensor, v2

import helpers
from helpers import *  # noqa: F403
from helpers import accuracy_fn, eval_model, one_epoch, plot_decision_boundary, test_step, train, train_step
from helpers.augmentation import augment


class Row(NamedTuple):
    """One cell of the table. Calls and results are Python expressions."""

    functions: str
    comes: str
    call: str
    right: str
    way: str = ""
    follow: str = ""


SERVED: list[Row] = []
REFUSED: list[Row] = []


def served(functions: str, text: str) -> None:
    """Take up rows for a function, or for several with the name of their group: "steps"."""
    for line in text.strip().splitlines():
        comes, call, right = (part.strip() for part in line.split("|"))
        SERVED.append(Row(functions, comes, call, right))


def refused(functions: str, text: str) -> None:
    """Take up rows that are refused; the last two columns may be left out where they are those above."""
    lines, follow, right = text.strip().splitlines(), "", ""
    for first, second in zip(lines[::2], lines[1::2], strict=True):
        comes, call = (part.strip() for part in first.split("|"))
        way, *rest = (part.strip() for part in second.split("|"))
        follow, right = rest or (follow, right)
        REFUSED.append(Row(functions, comes, call, right, way, follow))


# Numbers of every kind

KINDS = {
    "a tensor": lambda values: values,
    "a tensor with a gradient": lambda values: values.float().clone().requires_grad_(),
    "a tensor of float64": lambda values: values.double(),
    "a NumPy array": lambda values: values.numpy(),
    "a NumPy array of float64": lambda values: values.numpy().astype(float),
    "a list": lambda values: values.tolist(),
    "a list of tensors": list,
}
LABEL_KINDS = KINDS | {
    "a tensor of int32": lambda values: values.int(),
    "a tensor of uint8": lambda values: values.byte(),
    "a pandas column": lambda values: pd.Series(values.numpy()),
}
TABLE_KINDS = KINDS | {"a pandas table": lambda values: pd.DataFrame(values.numpy())}
NUMBER = {"[N]": lambda values: values, "[N, 1]": lambda values: values[:, None]}

# accuracy_fn and get_batch_accuracy

Y = torch.tensor([0, 1, 2, 1, 0, 2, 1, 2])
PREDICTED = torch.tensor([0, 1, 2, 1, 0, 2, 0, 0])  # 6 of 8 are right
SCORES = F.one_hot(PREDICTED, 3) * 3.0 - 1
ONE_HOT = F.one_hot(Y, 3)
SEVERAL = torch.tensor([[1, 1, 0], [0, 0, 0], [0, 1, 1], [1, 0, 1]])
BINARY, LOGITS = torch.tensor([0, 1, 1, 0]), torch.tensor([-3.0, 2, 1, -1])
PRICES = torch.tensor([1.5, 2.25, 7.1])
WORDS = ["cat", "dog", "cat"]
NAMES = sorted(set(WORDS))

for a, b in itertools.product(LABEL_KINDS, repeat=2):
    served("accuracy_fn", f"labels as {a}, predictions as {b} | "
           f"accuracy_fn(LABEL_KINDS[{a!r}](Y), LABEL_KINDS[{b!r}](PREDICTED)) | 75")  # fmt: skip
    if a in KINDS:
        served("get_batch_accuracy", f"scores as {a}, labels as {b} | "
               f"get_batch_accuracy(KINDS[{a!r}](SCORES), LABEL_KINDS[{b!r}](Y), 16) | 37.5")  # fmt: skip
for a, b in itertools.product(NUMBER, repeat=2):
    served("accuracy_fn", f"labels {a}, predictions {b} | accuracy_fn(NUMBER[{a!r}](Y), NUMBER[{b!r}](PREDICTED)) | 75")
served("accuracy_fn", """
one-hot labels and predictions | accuracy_fn(ONE_HOT, F.one_hot(PREDICTED, 3)) | 75
bools | accuracy_fn(Y > 0, PREDICTED > 0) | 75
several labels a sample | accuracy_fn(SEVERAL, SEVERAL * 0) | 50
names of other courses | accuracy_fn(labels=Y, preds=PREDICTED) | 75
classes -1 and 1 | accuracy_fn(torch.tensor([-1, 1]), torch.tensor([-1, -1])) | 50
""")
refused("accuracy_fn", """
a score for each class | accuracy_fn(Y, SCORES)
    y_pred.argmax(1) | accuracy_fn(Y, SCORES.argmax(1)) | 75
one-hot labels, class numbers | accuracy_fn(ONE_HOT, PREDICTED)
    y_true.argmax(1) | accuracy_fn(ONE_HOT.argmax(1), PREDICTED) | 75
one-hot labels, an answer for each class by itself | accuracy_fn(ONE_HOT, torch.zeros(8, 3))
    accuracy_fn(y_true.argmax(1), logits.argmax(1)) | accuracy_fn(ONE_HOT.argmax(1), SCORES.argmax(1)) | 75
the numbers of a regression | accuracy_fn(PRICES, PRICES + 1)
    nn.L1Loss()(y_pred, y_true) | nn.L1Loss()(PRICES + 1, PRICES).item() | 1
other samples | accuracy_fn(Y, PREDICTED[:6])
    of the same samples | accuracy_fn(Y[:6], PREDICTED[:6]) | 100
nothing | accuracy_fn([], [])
    at least one | accuracy_fn([1], [1]) | 100
words | accuracy_fn(WORDS, WORDS)
    [names.index(word) for word in | accuracy_fn([NAMES.index(word) for word in WORDS], [0, 1, 1]) | 200 / 3
a pandas column of words | accuracy_fn(pd.Series(WORDS), [0, 1, 1])
    [names.index(word) for word in
a NumPy array of words | accuracy_fn(np.array(WORDS), [0, 1, 1])
    [names.index(word) for word in
a loader | accuracy_fn(Y, DataLoader(TensorDataset(Y)))
    next(iter(loader)) | accuracy_fn(Y[:1], next(iter(DataLoader(TensorDataset(Y))))[0]) | 100
a model | accuracy_fn(Y, nn.Linear(1, 1))
    Call it first | accuracy_fn(Y, nn.Identity()(PREDICTED)) | 75
None | accuracy_fn(Y, None)
    A tensor, a NumPy array
one argument | accuracy_fn(Y)
    accuracy_fn(y_true, y_pred)
""")
for name in KINDS:
    shown = "torch.tensor(y_pred)" if "list" in name else "y_pred"
    refused("accuracy_fn", f"""
whole logits of one number each, as {name} | accuracy_fn(BINARY, KINDS[{name!r}](LOGITS))
    {shown} > 0, | (lambda y_pred: accuracy_fn(BINARY, {shown} > 0))(KINDS[{name!r}](LOGITS)) | 100
probabilities of class 1, as {name} | accuracy_fn(BINARY, KINDS[{name!r}](LOGITS.sigmoid()))
    {shown} > 0.5 | (lambda y_pred: accuracy_fn(BINARY, {shown} > 0.5))(KINDS[{name!r}](LOGITS.sigmoid())) | 100
""")
served("get_batch_accuracy", """
labels [N, 1] | get_batch_accuracy(SCORES, Y[:, None], 16) | 37.5
one-hot labels | get_batch_accuracy(SCORES, ONE_HOT, N=16) | 37.5
N as a tensor | get_batch_accuracy(SCORES, Y, torch.tensor(16)) | 37.5
""")
refused("get_batch_accuracy", """
one number a sample, [N] | get_batch_accuracy(LOGITS, BINARY, 8)
    accuracy_fn(y, output > 0) * len(y) / N | accuracy_fn(BINARY, LOGITS > 0) * len(BINARY) / 8 | 50
one number a sample, [N, 1] | get_batch_accuracy(LOGITS[:, None], BINARY, 8)
    accuracy_fn(y, output > 0) * len(y) / N
N of the batch | get_batch_accuracy(SCORES, Y, 4)
    N=len(dataset) | get_batch_accuracy(SCORES, Y, N=len(TensorDataset(Y))) | 75
N as a data set | get_batch_accuracy(SCORES, Y, TensorDataset(Y))
    N=len(
N = 0 | get_batch_accuracy(SCORES, Y, 0)
    N=10 | get_batch_accuracy(SCORES, Y, N=10) | 60
labels that are scores | get_batch_accuracy(SCORES, SCORES, 8)
    y.argmax(1) | get_batch_accuracy(SCORES, SCORES.argmax(1), 8) | 100
""")


# train_step, test_step, eval_model, one_epoch and train


class Answers(nn.Module):
    """A model that gives its images as its outputs, after an activation; [N, 1] as [N] if `flat`."""

    def __init__(self, outputs: int, activation: Callable = lambda x: x, flat: bool = False) -> None:
        super().__init__()
        self.layer = nn.Linear(outputs, outputs, bias=False)
        nn.init.eye_(self.layer.weight)
        self.activation, self.flat = activation, flat

    def forward(self, x: torch.Tensor) -> object:
        outputs = self.activation(self.layer(x.flatten(1)))
        return outputs.squeeze(1) if self.flat else outputs


class Pair(Answers):
    """A model that returns more than its logits."""

    def forward(self, x: torch.Tensor) -> object:
        return super().forward(x), x


class Cut(Answers):
    """A model that gives outputs without a gradient."""

    def forward(self, x: torch.Tensor) -> object:
        return super().forward(x).detach()


def still(model: nn.Module) -> torch.optim.SGD:
    """Return an optimizer that trains without changing anything, so that the result is known."""
    return torch.optim.SGD(model.parameters(), lr=0.0)


def in_batches(images: object, labels: object, batch_size: int = 3) -> list | DataLoader:
    """Return a loader with a ragged last batch; of NumPy and other kinds, a list of batches."""
    if isinstance(images, torch.Tensor) and isinstance(labels, torch.Tensor):
        return DataLoader(TensorDataset(images, labels), batch_size)
    parts = [slice(i, i + batch_size) for i in range(0, len(images), batch_size)]
    return [(images[part], labels[part]) for part in parts]


def by_train(model: nn.Module, loader: object, loss_fn: Callable, **more: object) -> tuple[float, float]:
    history = train(model, loader, loader, loss_fn, still(model), 1, verbose=False, **more)
    assert history["valid_loss"] == pytest.approx(history["train_loss"], rel=1e-4)
    assert history["valid_acc"] == pytest.approx(history["train_acc"], nan_ok=True)
    return history["train_loss"][0], history["train_acc"][0]


def by_eval_model(model: nn.Module, loader: object, loss_fn: Callable, **more: object) -> tuple[float, float]:
    row = eval_model(model, loader, loss_fn, **more)
    return row["model_loss"], row["model_acc"]


# "steps" are all of these, called as step(model, loader, loss_fn); each returns loss and accuracy.
STEPS = {
    "train_step": lambda model, loader, loss_fn, **more: train_step(
        model, loader, loss_fn, still(model), **more
    ),
    "test_step": test_step,
    "eval_model": by_eval_model,
    "one_epoch": one_epoch,
    "train": by_train,
}


class Derived(nn.CrossEntropyLoss):
    """A loss that a learner derived."""


DATA = TensorDataset(SCORES, Y)
CE = F.cross_entropy(SCORES, Y).item()
TWO = torch.tensor([0, 1, 1, 0, 1])
TWO_X = torch.tensor([-3.0, 2, 0.3, 0.2, -1])[:, None]  # 3 of 5 are right
BCE = F.binary_cross_entropy_with_logits(TWO_X[:, 0], TWO.float()).item()
SEVERAL_X = SEVERAL * 4.0 - 2
SEVERAL_X[0] *= -1  # 9 of 12 answers are right
BCE_SEVERAL = F.binary_cross_entropy_with_logits(SEVERAL_X, SEVERAL.float()).item()
SIZES = torch.tensor([[1.5], [2.5], [4.0], [8.25]])
TEN, NOTHING = torch.arange(100) % 10, nn.Linear(4, 10).requires_grad_(False)
NOTHING.weight[:], NOTHING.bias[:] = 0, 0
NOTHING.requires_grad_(True)
softmax, log_softmax = functools.partial(torch.softmax, dim=1), functools.partial(torch.log_softmax, dim=1)
CLASS_LABELS = {
    "int64 [N]": Y,
    "int32 [N]": Y.int(),
    "uint8 [N]": Y.byte(),
    "whole float32 [N]": Y.float(),
    "whole float64 [N]": Y.double(),
    "int64 [N, 1]": Y[:, None],
    "float32 [N, 1]": Y[:, None].float(),
    "one-hot int64": ONE_HOT,
    "one-hot float32": ONE_HOT.float(),
    "one-hot float64": ONE_HOT.double(),
    "a NumPy array": Y.numpy(),
    "NumPy uint8 [N, 1]": Y.byte().numpy()[:, None],
    "a list": Y.tolist(),
}
BINARY_LABELS = {
    "float32 [N]": TWO.float(),
    "float32 [N, 1]": TWO.float()[:, None],
    "float64 [N]": TWO.double(),
    "int64 [N]": TWO,
    "int64 [N, 1]": TWO[:, None],
    "bool [N]": TWO.bool(),
    "uint8 [N, 1]": TWO.byte()[:, None],
    "a NumPy array": TWO.numpy(),
}
BINARY_LOSSES = {
    "BCEWithLogitsLoss": "nn.BCEWithLogitsLoss(), None",
    "its function": "F.binary_cross_entropy_with_logits, None",
    "BCELoss after a sigmoid": "nn.BCELoss(), torch.sigmoid",
    "its function after nn.Sigmoid": "F.binary_cross_entropy, nn.Sigmoid()",
    "a loss of one's own, logits": "lambda o, y: F.binary_cross_entropy_with_logits(o, y), None",
    "a loss of one's own, after a sigmoid": "lambda o, y: F.binary_cross_entropy(o, y), torch.sigmoid",
}


def binary(step: Callable, loss_fn: Callable, activation: Callable | None, flat: bool, images: object, labels: object):
    """Run a step on a model of one output, or of as many as there are columns."""
    model = Answers(images.shape[1], activation or (lambda x: x), flat)
    return step(model, in_batches(images, labels), loss_fn)


for labels, loss in itertools.product(
    CLASS_LABELS,
    ("nn.CrossEntropyLoss()", "F.cross_entropy", "Derived()", "functools.partial(F.cross_entropy)"),
):
    served("steps", f"{loss}, labels {labels} | "
           f"step(Answers(3), in_batches(SCORES, CLASS_LABELS[{labels!r}]), {loss}) | (CE, 75)")  # fmt: skip
for labels, (name, loss), flat in itertools.product(BINARY_LABELS, BINARY_LOSSES.items(), (False, True)):
    served("steps", f"{name}, one output {'[N]' if flat else '[N, 1]'}, labels {labels} | "
           f"binary(step, {loss}, {flat}, TWO_X, BINARY_LABELS[{labels!r}]) | (BCE, 60)")  # fmt: skip
for (name, loss), kind in itertools.product(list(BINARY_LOSSES.items())[:4], ("float", "long", "bool")):
    served("steps", f"{name}, several labels a sample, {kind} | "
           f"binary(step, {loss}, False, SEVERAL_X, SEVERAL.{kind}()) | (BCE_SEVERAL, 75)")  # fmt: skip
for loss, labels, flat in itertools.product(
    ("nn.MSELoss()", "nn.L1Loss()", "nn.HuberLoss()", "F.mse_loss"),
    ("SIZES", "SIZES[:, 0]", "SIZES[:, 0].double()"),
    (False, True),
):
    served("steps", f"a regression, {loss}, one output {'[N]' if flat else '[N, 1]'}, labels {labels} | binary("
           f"step, {loss}, None, {flat}, SIZES, {labels} + 1) | (({loss})(SIZES, SIZES + 1).item(), math.nan)")  # fmt: skip
for images in ("SCORES.double()", "SCORES.half()", "SCORES.numpy()", "SCORES.double().numpy()", "FEATURES"):
    served("steps", f"images as {images} | step(Answers(3), in_batches({images}, Y), nn.CrossEntropyLoss()) | (CE, 75)")
with torch.inference_mode():
    FEATURES = SCORES.clone()
SOFT = ONE_HOT * 0.9 + 0.1 / 3
WEIGHTS = torch.tensor([1.0, 5.0, 0.5])
HOLES = torch.where(torch.arange(8) == 7, -100, Y)
SMOOTH = TWO * 0.9 + 0.05
served("steps", """
a probability for each class | step(Answers(3), in_batches(SCORES, SOFT), L) | (L(SCORES, SOFT).item(), 75)
NLLLoss after a log-softmax | step(Answers(3, log_softmax), in_batches(SCORES, Y), nn.NLLLoss()) | (CE, 75)
CrossEntropyLoss after a log-softmax | step(Answers(3, log_softmax), in_batches(SCORES, Y), L) | (CE, 75)
weights of classes | step(Answers(3), D, nn.CrossEntropyLoss(WEIGHTS)) | (F.cross_entropy(SCORES, Y, WEIGHTS).item(), 75)
labels to ignore | step(Answers(3), in_batches(SCORES, HOLES), L) | (L(SCORES, HOLES).item(), 600 / 7)
MSELoss, one-hot labels | step(Answers(3), in_batches(SCORES, ONE_HOT), nn.MSELoss()) | (None, 75)
BCEWithLogitsLoss, one-hot labels | step(Answers(3), in_batches(SCORES, ONE_HOT), nn.BCEWithLogitsLoss()) | (None, 75)
smoothed labels | binary(step, nn.BCEWithLogitsLoss(), None, False, TWO_X, SMOOTH) | (None, 60)
p = 0.05 everywhere, 70 % zeros | binary(step, nn.BCELoss(), torch.sigmoid, False, -torch.ones(10, 1), RARE) | (None, 70)
knows nothing, class numbers | step(NOTHING, in_batches(torch.rand(100, 4), TEN), L) | (math.log(10), 10)
knows nothing, one-hot labels | step(NOTHING, in_batches(torch.rand(100, 4), F.one_hot(TEN)), L) | (math.log(10), 10)
the same, BCEWithLogitsLoss | step(NOTHING, in_batches(torch.rand(100, 4), F.one_hot(TEN)), BCE_LOSS) | (math.log(2), 10)
the same, MSELoss | step(NOTHING, in_batches(torch.rand(100, 4), F.one_hot(TEN)), nn.MSELoss()) | (0.1, 10)
a regression with a figure of its own | step(Answers(1), in_batches(SIZES, SIZES + 1), nn.L1Loss(), accuracy_fn=gap) | (1, -1)
a loader as a list of pairs | step(Answers(3), [(SCORES[:5], Y[:5]), [SCORES[5:], Y[5:]]], L) | (CE, 75)
""")
RARE = (torch.arange(10) > 6).float()
L, BCE_LOSS, D = nn.CrossEntropyLoss(), nn.BCEWithLogitsLoss(), in_batches(SCORES, Y)


def gap(y_true: torch.Tensor, y_pred: torch.Tensor) -> torch.Tensor:
    """Return a learner's figure of a regression."""
    return (y_true - y_pred).mean() * -1


# Accuracies of other packages

ACCURACIES = {
    "ours": accuracy_fn,
    "None": None,
    "a function of y_true and y_pred, in percent": lambda y_true, y_pred: 100 * (y_true == y_pred).double().mean(),
    "a function of y_true and y_pred, a fraction": lambda y_true, y_pred: (y_true == y_pred).double().mean(),
    "a function of preds and target": lambda preds, target: 100 * (preds == target).double().mean(),
    "torchmetrics' Accuracy": torchmetrics.Accuracy(task="multiclass", num_classes=3),
    "torchmetrics' functional accuracy": functools.partial(
        torchmetrics.functional.accuracy, task="multiclass", num_classes=3
    ),
    "scikit-learn's accuracy_score": sklearn_metrics.accuracy_score,
}
F1 = functools.partial(sklearn_metrics.f1_score, average="macro")
OF_TWO = {"torchmetrics": torchmetrics.Accuracy(task="binary"), "sklearn": sklearn_metrics.accuracy_score}
for name in ACCURACIES:
    served("steps", f"accuracy_fn: {name} | step(Answers(3), D, L, accuracy_fn=ACCURACIES[{name!r}]) | (CE, 75)")
for name in OF_TWO:
    served("steps", f"""
accuracy_fn of {name}, one output | step(Answers(1), in_batches(TWO_X, TWO), BCE_LOSS, accuracy_fn=OF_TWO[{name!r}]) | (BCE, 60)
accuracy_fn of {name}, a regression | step(Answers(1), in_batches(SIZES, SIZES + 1), nn.L1Loss(), accuracy_fn=OF_TWO[{name!r}]) | (1, math.nan)
""")
served("steps", "accuracy_fn: f1_score | step(Answers(3), D, L, accuracy_fn=F1) | (CE, 100 * F1(Y, PREDICTED))")
refused("steps", """
accuracy_fn: mean_squared_error | step(Answers(3), D, L, accuracy_fn=sklearn_metrics.mean_squared_error)
    Leave accuracy_fn out | step(Answers(3), D, L) | (CE, 75)
accuracy_fn: confusion_matrix | step(Answers(3), D, L, accuracy_fn=sklearn_metrics.confusion_matrix)
    Leave accuracy_fn out
accuracy_fn: MeanSquaredError | step(Answers(3), D, L, accuracy_fn=torchmetrics.MeanSquaredError())
    Leave accuracy_fn out
accuracy_fn: a function that returns a table | step(Answers(3), D, L, accuracy_fn=lambda y_true, y_pred: y_true)
    Leave accuracy_fn out
accuracy_fn: a function of other names | step(Answers(3), D, L, accuracy_fn=lambda a, b: 12)
    accuracy_fn=lambda y_true, y_pred: | step(Answers(3), D, L, accuracy_fn=lambda y_true, y_pred: 12) | (CE, 12)
""")

# Models, losses, labels and images that don't belong together

PICTURES, COLOURS = torch.rand(6, 1, 5, 5), torch.rand(6, 3, 5, 5)
BYTES, KNOWN = (PICTURES * 255).byte(), torch.arange(6) % 3
torch.manual_seed(0)
CONV = nn.Sequential(nn.Conv2d(1, 2, 3), nn.Flatten(), nn.Linear(18, 3)).eval()
COLOUR = nn.Sequential(nn.Conv2d(3, 2, 3), nn.Flatten(), nn.Linear(18, 3)).eval()
ROWS = nn.Sequential(nn.Linear(25, 3)).eval()


def known(model: nn.Module, images: torch.Tensor) -> tuple[float, float]:
    """Return the loss and the accuracy of a model on some pictures, by torch alone."""
    with torch.no_grad():
        logits = model(images)
    right = (logits.argmax(1) == KNOWN[: len(images)]).double()
    return F.cross_entropy(logits, KNOWN[: len(images)]).item(), 100 * right.mean().item()


refused("steps", """
CrossEntropyLoss after a softmax | step(Answers(3, softmax), D, L)
    Leave the softmax out of the model | step(Answers(3), D, L) | (CE, 75)
F.cross_entropy after nn.Softmax | step(nn.Sequential(Answers(3), nn.Softmax(1)), D, F.cross_entropy)
    Leave the softmax out of the model
CrossEntropyLoss after a sigmoid | step(Answers(3, torch.sigmoid), D, L)
    Leave the sigmoid out of the model
NLLLoss on logits | step(Answers(3), D, nn.NLLLoss())
    nn.CrossEntropyLoss() on logits
a label without a class | step(Answers(3), in_batches(SCORES, Y + 1), L)
    Number the classes from 0
a loss that adds up | step(Answers(3), D, nn.CrossEntropyLoss(reduction="sum"))
    Make it as nn.CrossEntropyLoss()
the class of a loss | step(Answers(3), D, nn.CrossEntropyLoss)
    loss_fn=CrossEntropyLoss(...)
a model that returns a pair | step(Pair(3), D, L)
    Return only the logits
a table with other features | step(nn.Linear(4, 3), D, L)
    make it nn.Linear(3, ...)
a device without a name | step(Answers(3), D, L, device="gpu")
    or leave it out
another device | step(Answers(3), D, L, device="meta")
    model.to('meta')
NLLLoss after a softmax | step(Answers(3, softmax), D, nn.NLLLoss())
    end the model in nn.LogSoftmax(dim=1) | step(Answers(3, nn.LogSoftmax(dim=1)), D, nn.NLLLoss()) | (CE, 75)
BCEWithLogitsLoss after a sigmoid | binary(step, BCE_LOSS, torch.sigmoid, True, TWO_X, TWO)
    or use nn.BCELoss() | binary(step, nn.BCELoss(), torch.sigmoid, True, TWO_X, TWO) | (BCE, 60)
CrossEntropyLoss on one output [N, 1] | binary(step, L, None, False, TWO_X, TWO)
    Use nn.BCEWithLogitsLoss() | binary(step, nn.BCEWithLogitsLoss(), None, False, TWO_X, TWO) | (BCE, 60)
CrossEntropyLoss on one output [N] | binary(step, L, None, True, TWO_X, TWO.float())
    Use nn.BCEWithLogitsLoss()
BCELoss without a sigmoid | binary(step, nn.BCELoss(), None, False, TWO_X, TWO)
    use nn.BCEWithLogitsLoss()
BCEWithLogitsLoss, classes -1 and 1 | binary(step, BCE_LOSS, None, False, TWO_X, 2 * TWO - 1)
    (labels > 0).float() | binary(step, BCE_LOSS, None, False, TWO_X, (2 * TWO - 1 > 0).float()) | (BCE, 60)
BCEWithLogitsLoss, class numbers | step(Answers(3), D, BCE_LOSS)
    F.one_hot(labels.long(), 3).float() | step(Answers(3), in_batches(SCORES, F.one_hot(Y.long(), 3).float()), BCE_LOSS) | (None, 75)
MSELoss, class numbers | step(Answers(3), D, nn.MSELoss())
    F.one_hot(labels.long(), 3).float() | step(Answers(3), in_batches(SCORES, F.one_hot(Y.long(), 3).float()), nn.MSELoss()) | (None, 75)
MSELoss, one output and several columns | step(Answers(1), in_batches(SIZES, SIZES.repeat(1, 3)), nn.MSELoss())
    end in 3 outputs | step(Answers(3), in_batches(SIZES.repeat(1, 3), SIZES.repeat(1, 3)), nn.MSELoss()) | (0, math.nan)
labels that are fractions | step(Answers(3), in_batches(SCORES, Y + 0.5), L)
    one output and use nn.MSELoss() | step(Answers(1), in_batches(SIZES, SIZES + 1), nn.MSELoss()) | (1, math.nan)
a loss for each sample | step(Answers(3), D, lambda o, y: F.cross_entropy(o, y, reduction="none"))
    loss.mean() | step(Answers(3), D, lambda o, y: F.cross_entropy(o, y, reduction="none").mean()) | (CE, 75)
""")
WRONG_IMAGES = """
bytes | CONV | BYTES | images.float() / 255 | BYTES.float() / 255
bytes in a table | ROWS | BYTES.flatten(1) | images.float() / 255 | BYTES.flatten(1).float() / 255
grey pictures without their channel | CONV | PICTURES[:, 0] | images.unsqueeze(1) | PICTURES[:, 0].unsqueeze(1)
channels last | COLOUR | COLOURS.permute(0, 2, 3, 1) | images.permute(0, 3, 1, 2) | COLOURS
rows for a convolution | CONV | PICTURES.flatten(1) | images.reshape(-1, 1, | PICTURES.flatten(1).reshape(-1, 1, 5, 5)
pictures for a linear layer | ROWS | PICTURES | images.flatten(1) | PICTURES.flatten(1)
colour for a grey model | CONV | COLOURS | make it nn.Conv2d(3, ...) | COLOURS[:, :1]
"""
for line in WRONG_IMAGES.replace("make it", "").strip().splitlines():
    comes, model, images, way, fixed = (part.strip() for part in line.split("|"))
    refused("steps", f"{comes} | step({model}, in_batches({images}, KNOWN), L)\n"
            f"    {way} | step({model}, in_batches({fixed}, KNOWN), L) | known({model}, {fixed})")  # fmt: skip
    refused("make_predictions", f"{comes} | make_predictions({model}, {images})\n"
            f"    {way} | make_predictions({model}, {fixed}) | {model}({fixed}).softmax(1).detach()")  # fmt: skip


# What is no loader


TO_TENSOR = v2.Compose([v2.Resize((5, 5)), v2.ToImage(), v2.ToDtype(torch.float32, scale=True)])
refused("steps", """
a data set | step(Answers(3), DATA, L)
    DataLoader(dataset, batch_size=32) | step(Answers(3), DataLoader(DATA, batch_size=32), L) | (CE, 75)
a tensor | step(Answers(3), SCORES, L)
    DataLoader(dataset, batch_size=32)
samples and not batches | step(Answers(3), [(SCORES[0], 0), (SCORES[1], 1)], L)
    DataLoader(dataset, batch_size=32)
a path | step(Answers(3), "data/train", L)
    DataLoader(dataset, batch_size=32)
None | step(Answers(3), None, L)
    DataLoader(dataset, batch_size=32)
a number | step(Answers(3), 5, L)
    DataLoader(dataset, batch_size=32)
nothing | step(Answers(3), [], L)
    Give a loader
a loader that is used up | step(Answers(3), iter([]), L)
    Give a loader
a loader that drops its only batch | step(Answers(3), DataLoader(DATA, 9, drop_last=True), L)
    Give a loader
a pair of tensors | step(Answers(3), (SCORES, Y), L)
    DataLoader(TensorDataset(images, labels), batch_size=32)
a loader without labels | step(Answers(3), DataLoader(TensorDataset(SCORES)), L)
    DataLoader(TensorDataset(images, labels), batch_size=32)
a loader of one tensor | step(Answers(3), DataLoader(SCORES), L)
    DataLoader(TensorDataset(images, labels), batch_size=32)
a loader of three parts | step(Answers(3), THREE, L)
    [(batch[0], batch[1]) for batch in loader] | step(Answers(3), [(b[0], b[1]) for b in THREE], L) | (CE, 75)
a loader of dictionaries | step(Answers(3), DICTIONARIES, L)
    [(batch['pixels'], batch['y']) for batch in loader] | step(Answers(3), [(b["pixels"], b["y"]) for b in DICTIONARIES], L) | (CE, 75)
labels that are words | step(Answers(3), [(SCORES[:3], WORDS)], L)
    [names.index(word) for word in labels] | step(Answers(3), [(SCORES[:3], [NAMES.index(w) for w in WORDS])], L) | None
a loader of PIL images | step(CONV, DataLoader(Stored(), batch_size=4), L)
    v2.ToImage(), v2.ToDtype(torch.float32, scale=True)]) | step(CONV, DataLoader(Stored(TO_TENSOR), batch_size=4), L) | known(CONV, BYTES / 255)
""")
THREE, DICTIONARIES = DataLoader(TensorDataset(SCORES, Y, Y), 4), [{"pixels": SCORES, "y": Y}]

# Optimizers


def learns(after: Callable = lambda model: None, before: Callable = lambda model: None, **options: object) -> bool:
    """Train a model that was changed before and after its optimizer was made; say whether all of it learned."""
    model = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3))
    before(model)
    optimizer = options.get("optimizer") or torch.optim.SGD(model.parameters(), lr=0.1)
    after(model)
    start = [one.detach().clone() for one in model.parameters()]
    train_step(model, D, L, optimizer)
    return not any(map(torch.equal, start, model.parameters()))


def new_head(model: nn.Sequential) -> None:
    model[1] = nn.Linear(3, 3)


NORM = nn.Sequential(nn.Linear(3, 3), nn.BatchNorm1d(3))
refused("train_step", """
an optimizer made before the head was replaced | learns(after=new_head)
    1.weight, 1.bias. It holds others, which are no longer in the model | learns(before=new_head) | True
another model's optimizer | learns(optimizer=still(nn.Linear(1, 1)))
    torch.optim.SGD(model.parameters(), lr=0)
a model that is frozen | learns(after=lambda model: model.requires_grad_(False))
    model.requires_grad_(True) | learns(after=lambda model: model.requires_grad_(True)) | True
LBFGS | learns(optimizer=torch.optim.LBFGS(nn.Linear(1, 1).parameters()))
    Use torch.optim.SGD
the class of an optimizer | learns(optimizer=torch.optim.SGD)
    optimizer=SGD(...)
a model without parameters | train_step(nn.Flatten(), D, L, still(Answers(3)))
    a layer like nn.Linear
no optimizer | train_step(Answers(3), D, L)
    train_step(model, data_loader, loss_fn, optimizer)
a model that detaches its outputs | STEPS["train_step"](Cut(3), D, L)
    Leave .detach() | STEPS["train_step"](Answers(3), D, L) | (CE, 75)
a last batch of one, with batch normalisation | STEPS["train_step"](NORM, in_batches(SCORES[:4], Y[:4]), L)
    drop_last=True | STEPS["train_step"](NORM, DataLoader(DATA, 3, drop_last=True), L) | None
""")
refused("train", """
0 epochs | train(M, D, D, L, O, 0)
    epochs=10 | len(train(M, D, D, L, O, epochs=10)["epoch"]) | 10
epochs as a text | train(M, D, D, L, O, "3")
    train(model, train_loader, valid_loader, loss_fn, optimizer, epochs) | losses(train(M, D, D, L, O, 1)) | [CE, CE]
epochs as None | train(M, D, D, L, O, None)
    train(model, train_loader, valid_loader, loss_fn, optimizer, epochs)
NVIDIA's train | train(M, D, 8, v2.RandomHorizontalFlip(), O, L)
    train(model, train_loader, valid_loader, loss_fn, optimizer, epochs)
no validation | train(M, D, L, O, 3)
    train(model, train_loader, valid_loader, loss_fn, optimizer, epochs)
an unknown name | train(M, D, D, L, O, 1, patience=3)
    train(model, train_loader, valid_loader, loss_fn, optimizer, epochs)
a model twice | train(M, D, D, L, O, M, M)
    train(model, train_loader, valid_loader, loss_fn, optimizer, epochs)
too many arguments | train(M, D, D, L, O, 1, accuracy_fn, "cpu", True, None, 7)
    train(model, train_loader, valid_loader, loss_fn, optimizer, epochs)
the class of a model | train(Answers, D, D, L, O, 1)
    model=Answers(...)
""")

# Habits of other courses: orders and names

M = Answers(3)
O = still(M)  # noqa: E741


def losses(history: dict) -> list[float]:
    return history["train_loss"] + history["valid_loss"]


served("train_step", """
learnpytorch.io, chapter 3 | train_step(model=M, data_loader=D, loss_fn=L, optimizer=O, accuracy_fn=accuracy_fn, device="cpu") | (CE, 75)
learnpytorch.io, chapter 5: device in fifth place | train_step(M, D, L, O, "cpu") | (CE, 75)
learnpytorch.io, chapter 5: names | train_step(model=M, dataloader=D, loss_fn=L, optimizer=O, device="cpu") | (CE, 75)
pytorch.org: the order of train_loop | train_step(D, M, L, O) | (CE, 75)
a name of other courses | train_step(M, D, criterion=L, optimizer=O) | (CE, 75)
loss and optimizer changed places | train_step(M, D, O, L) | (CE, 75)
""")
served("test_step", """
learnpytorch.io, chapter 3: the loader first | test_step(D, M, L, accuracy_fn, "cpu") | (CE, 75)
learnpytorch.io, chapter 5: device in fourth place | test_step(M, D, L, "cpu") | (CE, 75)
learnpytorch.io, chapter 5: names | test_step(model=M, dataloader=D, loss_fn=L, device=torch.device("cpu")) | (CE, 75)
pytorch.org: the order of test_loop | test_step(D, M, L) | (CE, 75)
any order | test_step(L, "cpu", M, D) | (CE, 75)
""")
served("train", """
learnpytorch.io, chapter 5: order | losses(train(M, D, D, O, L, 1, "cpu")) | [CE, CE]
learnpytorch.io, chapter 5: names | losses(train(M, train_dataloader=D, test_dataloader=D, optimizer=O, loss_fn=L, epochs=1)) | [CE, CE]
""")

# make_predictions

CHANCES = torch.cat([1 - TWO_X.sigmoid(), TWO_X.sigmoid()], dim=1)
for name in TABLE_KINDS:
    served("make_predictions", f"images as {name} | make_predictions(M, TABLE_KINDS[{name!r}](SCORES)) | SCORES.softmax(1)")
for activation in ("softmax", "nn.Softmax(1)", "log_softmax", "nn.LogSoftmax(1)"):
    served("make_predictions", f"a model that ends in {activation} | "
           f"make_predictions(Answers(3, {activation}), SCORES) | SCORES.softmax(1)")  # fmt: skip
for activation, flat in itertools.product(("nn.Identity()", "torch.sigmoid", "nn.Sigmoid()"), (False, True)):
    served("make_predictions", f"one output {'[N]' if flat else '[N, 1]'} after {activation} | "
           f"make_predictions(Answers(1, {activation}, {flat}), TWO_X) | CHANCES")  # fmt: skip
served("make_predictions", """
a list of NumPy arrays | make_predictions(M, list(SCORES.numpy())) | SCORES.softmax(1)
a data set | make_predictions(M, DATA) | SCORES.softmax(1)
a loader | make_predictions(M, DataLoader(DATA, 3)) | SCORES.softmax(1)
a loader without labels | make_predictions(M, DataLoader(SCORES, 3)) | SCORES.softmax(1)
images and model changed places | make_predictions(SCORES, M) | SCORES.softmax(1)
images under another name | make_predictions(M, images=SCORES) | SCORES.softmax(1)
several labels: a model that ends in a sigmoid | make_predictions(Answers(3, torch.sigmoid), SCORES) | SCORES.sigmoid()
""")
refused("make_predictions", """
a loader that shuffles | make_predictions(M, DataLoader(DATA, 3, shuffle=True))
    DataLoader(dataset, batch_size=32) | make_predictions(M, DataLoader(DATA, batch_size=32)) | SCORES.softmax(1)
a softmax over the batch | make_predictions(Answers(3, nn.Softmax(dim=0)), SCORES)
    softmax(dim=1) | make_predictions(Answers(3, nn.Softmax(dim=1)), SCORES) | SCORES.softmax(1)
no model | make_predictions(DataLoader(DATA))
    make_predictions(model, data) | make_predictions(M, DataLoader(DATA)) | SCORES.softmax(1)
a path | make_predictions(M, "hand.png")
    make_predictions(model, data)
no images | make_predictions(M, [])
    Give one or more | make_predictions(M, SCORES[:1]) | SCORES[:1].softmax(1)
one row | make_predictions(M, SCORES[0])
    data[None] | make_predictions(M, SCORES[0][None]) | SCORES[:1].softmax(1)
one picture | make_predictions(CONV, PICTURES[0])
    images.unsqueeze(0) | make_predictions(CONV, PICTURES[0].unsqueeze(0)) | CONV(PICTURES[:1]).softmax(1).detach()
pictures of different sizes | make_predictions(CONV, [PICTURES[0], PICTURES[0, :, 1:]])
    v2.Resize( | make_predictions(CONV, [v2.Resize((5, 5))(one) for one in PICTURES]) | CONV(PICTURES).softmax(1).detach()
""")


# make_loader and to_tensors


class Stored(Dataset):
    """A data set that keeps its images, as torchvision's do."""

    def __init__(self, transform=None, target_transform=None, data=BYTES[:, 0], targets=KNOWN) -> None:
        self.data, self.targets = data, targets
        self.transform, self.target_transform = transform, target_transform

    def __len__(self) -> int:
        return len(self.data)

    def __getitem__(self, i: int) -> tuple[object, int]:
        image = Image.fromarray(np.asarray(self.data[i]))
        return (self.transform(image) if self.transform else image), int(self.targets[i])


class Inverted(Stored):
    """A data set that changes its images when they are taken, without a transform."""

    def __getitem__(self, i: int) -> tuple[object, int]:
        return 1 - self.data[i].unsqueeze(0) / 255, int(self.targets[i])


def images_of(loaded: DataLoader | tuple) -> torch.Tensor:
    """Return all images of what make_loader or to_tensors returned."""
    return loaded[0] if isinstance(loaded, tuple) else torch.cat([images for images, _ in loaded])


FLOATS, CIFAR = BYTES / 255, (COLOURS * 255).byte()
LOADERS = {"make_loader": helpers.make_loader, "to_tensors": helpers.to_tensors}
CHANGING = {
    "Resize": v2.Compose([v2.Resize(3), v2.ToImage(), v2.ToDtype(torch.float32, scale=True)]),
    "Normalize": v2.Compose([v2.ToImage(), v2.ToDtype(torch.float32, scale=True), v2.Normalize([0.5], [0.5])]),
    "floats of 0..255": v2.Compose([v2.ToImage(), v2.ToDtype(torch.float32)]),
    "a lambda": lambda image: 1 - ToTensor()(image),
    "RandomErasing": v2.Compose([v2.ToImage(), v2.ToDtype(torch.float32, scale=True), v2.RandomErasing(0)]),
}
served("loaders", """
a data set without a transform | images_of(load(Stored())) | FLOATS
ToTensor | images_of(load(Stored(ToTensor()))) | FLOATS
v2.ToImage and v2.ToDtype | images_of(load(Stored(TO_FLOATS))) | FLOATS
data and targets in NumPy | images_of(load(Stored(data=BYTES[:, 0].numpy(), targets=KNOWN.numpy()))) | FLOATS
targets in a list | images_of(load(Stored(targets=KNOWN.tolist()))) | FLOATS
a Subset | images_of(load(Subset(Stored(), [1, 0]))) | FLOATS[[1, 0]]
a Subset of a Subset | images_of(load(Subset(Subset(Stored(), [5, 4, 3]), [0, 2]))) | FLOATS[[5, 3]]
pictures in colour, as CIFAR10 keeps them | images_of(load(Stored(data=CIFAR.permute(0, 2, 3, 1).numpy()))) | CIFAR / 255
""")
TO_FLOATS = v2.Compose([v2.ToImage(), v2.ToDtype(torch.float32, scale=True)])
for name in CHANGING:
    refused("loaders", f"a transform: {name} | load(Stored(CHANGING[{name!r}]))\n"
            f"    DataLoader(dataset, batch_size=32) | images_of(DataLoader(Stored(CHANGING[{name!r}]), batch_size=32)) "
            f"| torch.stack([CHANGING[{name!r}](image) for image, _ in Stored()])")  # fmt: skip
refused("loaders", """
a target_transform | load(Stored(ToTensor(), lambda y: y + 1))
    DataLoader(dataset, batch_size=32) | images_of(DataLoader(Stored(ToTensor()), batch_size=32)) | FLOATS
a data set that changes its images itself | load(Inverted())
    DataLoader(dataset, batch_size=32) | images_of(DataLoader(Inverted(), batch_size=32)) | 1 - FLOATS
a data set of tensors | load(DATA)
    DataLoader(dataset, batch_size=32) | images_of(DataLoader(DATA, batch_size=32)) | SCORES
a loader | load(DataLoader(Stored()))
    Give the data set | images_of(load(DataLoader(Stored()).dataset)) | FLOATS
a tensor | load(BYTES)
    Give the data set
fewer labels than images | load(Stored(targets=KNOWN[:3]))
    as many labels
""")
refused("make_loader", """
an empty data set | make_loader(Subset(Stored(), []))
    len(dataset) should be 1 or more | images_of(make_loader(Subset(Stored(), [0]))) | FLOATS[:1]
""")
for size in (0, -1, 2.5, "8", None):
    refused("make_loader", f"batch_size={size!r} | make_loader(Stored(), {size!r})\n"
            "    batch_size=10 | images_of(make_loader(Stored(), batch_size=10)) | FLOATS")  # fmt: skip

# augment and flip_some


def is_turned(height: int, width: int) -> bool:
    """Return whether `augment` turns lines across and up the middle by 8 degrees at most, and nearly so."""
    largest = []
    for upright in (False, True):
        torch.manual_seed(0)
        images = torch.zeros(300, 1, height, width)
        if upright:
            images[..., width // 2 - 1 : width // 2 + 1] = 1
        else:
            images[:, :, height // 2 - 1 : height // 2 + 1] = 1
        changed = augment(images)[:, 0] + 1e-9
        lines = changed.transpose(1, 2) if upright else changed  # [N, across, along] the line
        places = torch.arange(float(lines.shape[1]))[None, :, None]
        middle = (lines * places).sum(1) / lines.sum(1)  # [N, along]: where the line is
        length = lines.shape[2]
        rise = middle[:, 3 * length // 4] - middle[:, length // 4]
        largest.append(torch.atan2(rise, torch.tensor(length / 2)).abs().max().rad2deg().item())
    return all(7.5 < angle < 8.6 for angle in largest)


for name in ("augment", "flip_some"):
    refused(name, f"""
one picture | {name}(PICTURES[0])
    image.unsqueeze(0) | {name}(PICTURES[0].unsqueeze(0)).shape == (1, 1, 5, 5) | True
grey pictures without their channel | {name}(PICTURES[:, 0])
    images.unsqueeze(1) | {name}(PICTURES[:, 0].unsqueeze(1)).shape == PICTURES.shape | True
a NumPy array | {name}(PICTURES.numpy())
    torch.as_tensor(images) | {name}(torch.as_tensor(PICTURES.numpy())).shape == PICTURES.shape | True
a list of tensors | {name}(list(PICTURES))
    torch.stack(images) | {name}(torch.stack(list(PICTURES))).shape == PICTURES.shape | True
no pictures | {name}(PICTURES[:0])
    Give one or more
""")
refused("augment", """
bytes | augment(BYTES)
    images / 255 | augment(BYTES / 255).shape == BYTES.shape | True
""")
served("flip_some", "bytes | flip_some(BYTES).dtype == torch.uint8 | True")
served("augment", """
floats of 0..255 | augment(torch.full((9, 1, 8, 8), 200.0)).mean().item() > 150 | True
normalised pictures | augment(PICTURES * 4 - 2).min().item() < -1 | True
64 x 64 pixels | is_turned(64, 64) | True
pictures that are wide | is_turned(64, 128) | True
pictures that are high | is_turned(128, 64) | True
""")

# Models and print_train_time

for name in ("FashionMNISTModelV2", "FashionMNISTModelV3"):
    for arguments in ("1", "1, 0, 10", "1, 2.5, 10", "1, '8', 10", "1, None, 10", "[1, 28], 8, 10"):
        refused(name, f"{name}({arguments}) | {name}({arguments})\n    {name}(input_shape, hidden_units, output_shape) "
                f"| {name}(1, 4, 10)(torch.rand(2, 1, 28, 28)).shape == (2, 10) | True")  # fmt: skip
for dropout in (20, -0.5, "0.2"):
    refused("MyConvBlock", f"dropout={dropout!r} | MyConvBlock(1, 4, {dropout!r})\n    such as 0.2 "
            "| MyConvBlock(1, 4, 0.2)(PICTURES).shape == (6, 4, 2, 2) | True")  # fmt: skip
    refused("SignLanguageCNN", f"dropout={dropout!r} | SignLanguageCNN(24, {dropout!r})\n    such as 0.2 "
            "| SignLanguageCNN(24, 0.2)(torch.rand(2, 1, 28, 28)).shape == (2, 24) | True")  # fmt: skip
refused("MyConvBlock", """
no dropout | MyConvBlock(1, 4)
    MyConvBlock(in_channels, out_channels, dropout) | MyConvBlock(1, 4, 0.2)(PICTURES).shape == (6, 4, 2, 2) | True
""")
refused("SignLanguageCNN", """
a list of classes | SignLanguageCNN(WORDS)
    classes=len(...) | SignLanguageCNN(classes=len(WORDS))(torch.rand(2, 1, 28, 28)).shape == (2, 3) | True
""")
served("print_train_time", "two readings of the clock | print_train_time(1.5, 4, 'cpu') | 2.5")
refused("print_train_time", """
a text | print_train_time("12:00", 4.0)
    start = timer() | print_train_time(1.5, 4.0) | 2.5
a tensor | print_train_time(torch.tensor(1.0), 4.0)
    start = timer()
None | print_train_time(1.5, None)
    end = timer()
end and start changed places | print_train_time(4.0, 1.5)
    print_train_time(start, end)
""")


# The plots: these functions return what a plot drew


def pixels(*arguments: object) -> torch.Tensor:
    """Return the pixels of the images that plot_images drew, 0..1."""
    helpers.plot_images(*arguments, columns=6)
    images = [axis.images[0] for axis in plt.gcf().axes if axis.images]
    arrays = [np.asarray(image.get_array()) for image in images]
    return torch.tensor(np.stack([array / (255.0 if array.dtype == np.uint8 else 1) for array in arrays]))


def titles(*arguments: object) -> list[str]:
    helpers.plot_images(*arguments)
    return [axis.get_title() for axis in plt.gcf().axes if axis.images]


def answers(*arguments: object) -> list[str]:
    helpers.plot_image_predictions(*arguments)
    return [axis.get_title() for axis in plt.gcf().axes if axis.images]


def curves(*arguments: object) -> dict[str, list[float]]:
    helpers.plot_loss_curves(*arguments)
    return {
        f"{axis.get_ylabel()}: {line.get_label()}": [*map(float, (*line.get_xdata(), *line.get_ydata()))]
        for axis in plt.gcf().axes
        for line in axis.lines
    }


def counts(*arguments: object) -> list[float]:
    helpers.plot_confusion_matrix(*arguments)
    return [float(text.get_text()) for text in plt.gcf().axes[0].texts]


def dots(*arguments: object) -> list[list[list[float]]]:
    helpers.plot_predictions(*arguments)
    return [points.get_offsets().tolist() for points in plt.gcf().axes[0].collections]


def plane(*arguments: object) -> tuple[float, float, int]:
    """Return the mean class of the left and the right half of the plane, and how many points were drawn."""
    plot_decision_boundary(*arguments)
    mesh, *points = plt.gca().collections
    classes = np.asarray(mesh.get_array()).reshape(201, 201)
    return classes[:, :100].mean(), classes[:, 101:].mean(), sum(len(one.get_offsets()) for one in points)


def colours(classes: int) -> int:
    """Return how many different colours the points of so many classes have."""
    plot_decision_boundary(nn.Linear(2, classes), torch.rand(classes, 2), torch.arange(classes))
    plt.gcf().canvas.draw()
    return len({tuple(points.get_facecolors()[0]) for points in plt.gca().collections[1:]})


def numbers(draw: Callable, *arguments: object) -> list[str]:
    """Return the numbers that a diagram shows, sorted."""
    draw(*arguments)
    return sorted(text.get_text() for text in plt.gcf().axes[0].texts if "\n" not in text.get_text())


GREY, RGB, TITLES = BYTES[:, 0] / 255, CIFAR / 255, list("abcdef")
for kind in ("GREY", "GREY[:, None]", "GREY.double()", "GREY.clone().requires_grad_()", "BYTES", "BYTES.long()",
             "BYTES.float()", "GREY.numpy()", "BYTES.permute(0, 2, 3, 1).numpy()", "list(GREY)",
             "list(BYTES[:, 0].numpy())", "[image for image, _ in Stored()]"):  # fmt: skip
    served("plot_images", f"images as {kind} | pixels({kind}, TITLES) | GREY")
for kind in ("RGB", "CIFAR", "CIFAR.permute(0, 2, 3, 1)", "CIFAR.permute(0, 2, 3, 1).numpy()", "pil('RGB')", "pil('RGBA')"):
    served("plot_images", f"colour as {kind} | pixels({kind}, TITLES) | RGB.permute(0, 2, 3, 1)")


def pil(mode: str) -> list[Image.Image]:
    return [Image.fromarray(image.permute(1, 2, 0).numpy()).convert(mode) for image in CIFAR]


served("plot_images", """
bits | pixels(GREY > 0.5, TITLES) | (GREY > 0.5).float()
titles as a tensor | titles(GREY, Y[:6]) | list("012102")
titles as a NumPy array | titles(GREY, Y[:6].numpy()) | list("012102")
titles as a range | titles(GREY, range(6)) | list("012345")
titles as a pandas column | titles(GREY, pd.Series(TITLES)) | TITLES
""")
refused("plot_images", """
normalised images | plot_images(GREY * 4 - 2, TITLES)
    images * std + mean | pixels((GREY * 4 - 2) * 0.25 + 0.5, TITLES) | GREY
digits of 0..16 | plot_images(GREY * 16 / GREY.max(), TITLES)
    (images - images.min()) / (images.max() - images.min()) | pixels(STRETCHED, TITLES) | STRETCHED
nan | plot_images(GREY * torch.nan, TITLES)
    stretch them to 0..1
one image | plot_images(GREY[0], ["a"])
    image[None] | pixels(GREY[0][None], ["a"]) | GREY[:1]
a text for a title | plot_images(GREY[:1], "a")
    ['a']
no images | plot_images(GREY[:0], [])
    There are no images to draw. Give one or more
four channels | plot_images(torch.rand(6, 4, 5, 5), TITLES)
    An image has shape [4, 5, 5]; it should be [H, W], [1, H, W] or [3, H, W]
two channels, last | plot_images(torch.rand(6, 5, 5, 2), TITLES)
    An image has shape [5, 5, 2]; it should be [H, W], [1, H, W] or [3, H, W]
numbers | plot_images(torch.rand(6), TITLES)
    An image has shape []; it should be [H, W], [1, H, W] or [3, H, W]
fewer titles | plot_images(GREY, TITLES[:2])
    6 images, but 2 titles: each image needs one | pixels(GREY[:2], TITLES[:2]) | GREY[:2]
fewer colours | plot_images(GREY[:2], TITLES[:2], 5, ["red"])
    2 titles, but 1 colours: each title needs one
a data set | plot_images(DATA, TITLES)
    next(iter(DataLoader(dataset, batch_size=10))) | pixels(next(iter(DataLoader(Stored(TO_TENSOR), batch_size=10)))[0], TITLES) | GREY
a loader | plot_images(DataLoader(DATA), TITLES)
    next(iter(DataLoader(dataset, batch_size=10)))
""")
STRETCHED = (GREY - GREY.min()) / (GREY.max() - GREY.min())

CHANCE = torch.tensor([[0.9, 0.1], [0.25, 0.75], [0.6, 0.4]])
SHOWN, TRUE, PETS = GREY[:3], torch.tensor([0, 0, 1]), ["cat", "dog"]
SAID = ["✓ cat (90 %)", "✗ dog (75 %)\nreally: cat", "✗ cat (60 %)\nreally: dog"]
for name in LABEL_KINDS:
    served("plot_image_predictions", f"labels as {name} | answers(SHOWN, LABEL_KINDS[{name!r}](TRUE), CHANCE, PETS) | SAID")
for name in KINDS:
    served("plot_image_predictions", f"probabilities as {name} | answers(SHOWN, TRUE, KINDS[{name!r}](CHANCE), PETS) | SAID")
served("plot_image_predictions", """
one-hot labels | answers(SHOWN, F.one_hot(TRUE), CHANCE, PETS) | SAID
PIL images | answers([image for image, _ in Stored()][:3], TRUE, CHANCE, PETS) | SAID
the probability of class 1, [N] | answers(SHOWN, TRUE, CHANCE[:, 1], PETS) | SAID
the probability of class 1, [N, 1] | answers(SHOWN, TRUE, CHANCE[:, 1:], PETS) | SAID
classes as a tuple | answers(SHOWN, TRUE, CHANCE, ("cat", "dog")) | SAID
classes as class_to_idx | answers(SHOWN, TRUE, CHANCE, {"dog": 1, "cat": 0}) | SAID
classes as numbers with names | answers(SHOWN, TRUE, CHANCE, {1: "dog", 0: "cat"}) | SAID
""")
refused("plot_image_predictions", """
logits | answers(SHOWN, TRUE, CHANCE.log() + 5, PETS)
    logits.softmax(dim=1) | answers(SHOWN, TRUE, (CHANCE.log() + 5).softmax(dim=1), PETS) | SAID
predicted labels | answers(SHOWN, TRUE, CHANCE.argmax(1), PETS)
    make_predictions(model, images) | answers(SHOWN, TRUE, make_predictions(Answers(2), CHANCE.log()), PETS) | SAID
fewer labels | answers(SHOWN, TRUE[:2], CHANCE, PETS)
    3 images, 2 labels, 3 rows of probabilities: each image needs one. Take the same of each | answers(SHOWN[:2], TRUE[:2], CHANCE[:2], PETS) | SAID[:2]
fewer images | answers(SHOWN[:2], TRUE, CHANCE, PETS)
    Take the same of each
a label without a class | answers(SHOWN, TRUE + 1, CHANCE, PETS)
    Number the classes from 0 | answers(SHOWN, TRUE, CHANCE, PETS) | SAID
a name too few | answers(SHOWN, TRUE, CHANCE, ["cat"])
    [str(i) for i in range(2)] | len(answers(SHOWN, TRUE, CHANCE, [str(i) for i in range(2)])) | 3
a text for classes | answers(SHOWN, TRUE, CHANCE, "cd")
    ['cat', 'dog'] | answers(SHOWN, TRUE, CHANCE, ['cat', 'dog']) | SAID
labels that are words | answers(SHOWN, ["cat", "cat", "dog"], CHANCE, PETS)
    names.index(word) | answers(SHOWN, [PETS.index(word) for word in ("cat", "cat", "dog")], CHANCE, PETS) | SAID
""")

OURS = {"epoch": [1, 2], "train_loss": [2.0, 1.0], "train_acc": [50.0, 80.0]}
DRAWN = {"loss: train": [1, 2, 2, 1], "accuracy (%): train": [1, 2, 50, 80]}
WITH_GRAPH = torch.tensor([2.0, 1.0], requires_grad=True) * 1
served("plot_loss_curves", """
ours | curves(OURS) | DRAWN
tensors that carry a graph | curves({**OURS, "train_loss": list(WITH_GRAPH)}) | DRAWN
a tensor that carries a graph | curves({**OURS, "train_loss": WITH_GRAPH}) | DRAWN
NumPy arrays | curves({name: np.array(values) for name, values in OURS.items()}) | DRAWN
a pandas table | curves(pd.DataFrame(OURS)) | DRAWN
a list of rows | curves([{name: values[i] for name, values in OURS.items()} for i in (0, 1)]) | DRAWN
without epochs | curves({"train_loss": OURS["train_loss"], "train_acc": OURS["train_acc"]}) | DRAWN
every 20 epochs | curves({"epoch": [20, 40], "test_loss": [1.0, 0.5]}) | {"loss: test": [20, 40, 1, 0.5]}
a curve named loss | curves({"loss": [2.0, 1.0]}) | {"loss: loss": [1, 2, 2, 1]}
names of Keras | curves({"val_loss": [2.0], "val_accuracy": [0.5]}) | {"loss: val": [1, 2], "accuracy: val": [1, 0.5]}
accuracies that are fractions | curves({"test_acc": [0.5, 0.75]}) | {"accuracy: test": [1, 2, 0.5, 0.75]}
a regression | curves({**OURS, "train_acc": [math.nan] * 2}) | {"loss: train": [1, 2, 2, 1]}
""")
refused("plot_loss_curves", """
a curve measured less often | curves({"train_loss": [3.0, 2.0, 1.0, 0.5], "test_loss": [1.0, 0.5]})
    {'epoch': [20, 40], 'test_loss': [...]} | curves({"epoch": [2, 4], "test_loss": [1.0, 0.5]}) | {"loss: test": [2, 4, 1, 0.5]}
fewer epochs than values | curves({"epoch": [2, 4], "test_loss": [1.0, 0.5, 0.2]})
    {'epoch': [20, 40], 'test_loss': [...]}
a list of losses | curves([2.0, 1.0])
    plot_loss_curves({'train_loss': losses}) | curves({"train_loss": [2.0, 1.0]}) | {"loss: train": [1, 2, 2, 1]}
a tensor | curves(torch.tensor([2.0, 1.0]))
    plot_loss_curves({'train_loss': losses})
None | curves(None)
    plot_loss_curves({'train_loss': losses})
one number | curves({"train_loss": 2.0})
    Append to a list
an empty history | curves({})
    {'train_loss': [2.1, 1.7]}
no finished epoch | curves({"epoch": [], "train_loss": [], "train_acc": []})
    The history has no finished epoch: there is nothing to draw
two lists | curves([2.0], [1.0])
    plot_loss_curves(history)
""")

MATRIX, MATRIX_OF_TWO = torch.tensor([[5, 2], [0, 7]]), sklearn_metrics.confusion_matrix([0, 1, 1], [0, 1, 0])
for name in TABLE_KINDS:
    served("plot_confusion_matrix", f"counts as {name} | counts(TABLE_KINDS[{name!r}](MATRIX), PETS) | [5, 2, 0, 7]")
served("plot_confusion_matrix", """
of scikit-learn | counts(MATRIX_OF_TWO, PETS) | [1, 0, 1, 1]
classes as class_to_idx | counts(MATRIX, {"dog": 1, "cat": 0}) | [5, 2, 0, 7]
""")
refused("plot_confusion_matrix", """
labels | counts(BINARY, PETS)
    confusion_matrix(y_true, y_pred) | counts(sklearn_metrics.confusion_matrix([0, 1, 1], [0, 1, 0]), PETS) | [1, 0, 1, 1]
labels and predictions | counts(BINARY, BINARY)
    confusion_matrix(y_true, y_pred)
a matrix that isn't square | counts(MATRIX[:1], PETS)
    confusion_matrix(y_true, y_pred)
numbers below 0 | counts(-MATRIX, PETS)
    confusion_matrix(y_true, y_pred)
a name too many | counts(MATRIX, WORDS)
    [str(i) for i in range(2)] | counts(MATRIX, [str(i) for i in range(2)]) | [5, 2, 0, 7]
a metric | counts(torchmetrics.ConfusionMatrix(task="binary"), PETS)
    Call it first | counts(torchmetrics.ConfusionMatrix(task="binary")(BINARY, BINARY), PETS) | [2, 0, 0, 2]
no classes | counts(MATRIX)
    plot_confusion_matrix(matrix, classes) | counts(MATRIX, PETS) | [5, 2, 0, 7]
""")

LINE = torch.tensor([1.0, 2, 3])
DOTS = [[[1, 2], [2, 4], [3, 6]], [[1, 2], [2, 4], [3, 6]], [[1, 1], [2, 2], [3, 3]]]
for name, shape in itertools.product(TABLE_KINDS, NUMBER):
    if name != "a pandas table" or shape == "[N, 1]":
        values = ", ".join(
            f"TABLE_KINDS[{name!r}](NUMBER[{shape!r}]({column}))" for column in ("LINE", "2 * LINE", "LINE", "2 * LINE", "LINE")
        )
        served("plot_predictions", f"points as {name} {shape} | dots({values}) | DOTS")
refused("plot_predictions", """
fewer labels | dots(LINE, LINE[:2], LINE, LINE)
    Take the first 2 of both | dots(LINE[:2], LINE[:2], LINE, LINE) | [[[1, 1], [2, 2]], [[1, 1], [2, 2], [3, 3]]]
fewer predictions | dots(LINE, LINE, LINE, LINE, LINE[:2])
    Take the first 2 of both | dots(LINE, 2 * LINE, LINE[:2], 2 * LINE[:2], LINE[:2])[1:] | [[[1, 2], [2, 4]], [[1, 1], [2, 2]]]
two features | dots(LINE[:, None].repeat(1, 2), LINE, LINE, LINE)
    train_data[:, 0] | dots(LINE[:, None].repeat(1, 2)[:, 0], 2 * LINE, LINE, 2 * LINE, LINE) | DOTS
words | dots(WORDS, LINE, LINE, LINE)
    names.index(word)
a model | dots(LINE, LINE, LINE, LINE, nn.Linear(1, 1))
    Call it first
None | dots(LINE, LINE, LINE, None)
    A tensor, a NumPy array
""")


class Side(Answers):
    """Class 1 to the right of 0, said by one output or by two, after an activation."""

    def __init__(self, outputs: int, *more: object) -> None:
        super().__init__(outputs, *more)
        weights = [[1.0, 0.0]] if outputs == 1 else [[-1.0, 0.0], [1.0, 0.0]]
        self.layer.weight = nn.Parameter(torch.tensor(weights))


POINTS, SIDES = torch.tensor([[-1.0, -1], [-1, 1], [1, -1], [1, 1]]), torch.tensor([0, 0, 1, 1])
for name in TABLE_KINDS:
    served("plot_decision_boundary", f"points as {name} | plane(Side(1), TABLE_KINDS[{name!r}](POINTS), SIDES) | (0, 1, 4)")
for name in LABEL_KINDS:
    served("plot_decision_boundary", f"labels as {name} | plane(Side(1), POINTS, LABEL_KINDS[{name!r}](SIDES)) | (0, 1, 4)")
for activation, flat in itertools.product(("nn.Identity()", "torch.sigmoid", "nn.Sigmoid()"), (False, True)):
    served("plot_decision_boundary", f"one output {'[N]' if flat else '[N, 1]'} after {activation} | "
           f"plane(Side(1, {activation}, {flat}), POINTS, SIDES) | (0, 1, 4)")  # fmt: skip
for activation in ("nn.Identity()", "softmax", "log_softmax"):
    served("plot_decision_boundary", f"two outputs after {activation} | plane(Side(2, {activation}), POINTS, SIDES) | (0, 1, 4)")
for classes in (2, 7, 8, 10, 26):
    served("plot_decision_boundary", f"{classes} classes | colours({classes}) | {classes}")
served("plot_decision_boundary", """
p = 0.05 everywhere, after a sigmoid | plane(Side(1, lambda x: (0 * x - 2.94).sigmoid()), POINTS, SIDES) | (0, 0, 4)
labels [N, 1] | plane(Side(1), POINTS, SIDES[:, None]) | (0, 1, 4)
one-hot labels | plane(Side(1), POINTS, F.one_hot(SIDES)) | (0, 1, 4)
a model of float64 | plane(Side(1).double(), POINTS, SIDES) | (0, 1, 4)
""")
refused("plot_decision_boundary", """
three features | plane(Side(1), POINTS[:, [0, 1, 1]], SIDES)
    X[:, :2] | plane(Side(1), POINTS[:, [0, 1, 1]][:, :2], SIDES) | (0, 1, 4)
fewer labels | plane(Side(1), POINTS, SIDES[:3])
    a label for each
classes -1 and 1 | plane(Side(1), POINTS, 2 * SIDES - 1)
    (y > 0).long() | plane(Side(1), POINTS, (2 * SIDES - 1 > 0).long()) | (0, 1, 4)
labels that are probabilities | plane(Side(1), POINTS, SIDES * 0.9 + 0.05)
    0.5 for probabilities | plane(Side(1), POINTS, SIDES * 0.9 + 0.05 > 0.5) | (0, 1, 4)
words | plane(Side(1), POINTS, list("aabb"))
    names.index(word) | plane(Side(1), POINTS, ["ab".index(word) for word in "aabb"]) | (0, 1, 4)
a loader | plane(Side(1), DataLoader(TensorDataset(POINTS), 4), SIDES)
    next(iter(loader)) | plane(Side(1), next(iter(DataLoader(TensorDataset(POINTS), 4)))[0], SIDES) | (0, 1, 4)
a model of three features | plane(nn.Linear(3, 1), POINTS, SIDES)
    nn.Linear(2, ...) | plane(nn.Linear(2, 1), POINTS, SIDES)[2] | 4
a function | plane(lambda x: x, POINTS, SIDES)
    plot_decision_boundary(model, X, y)
no labels | plane(Side(1), POINTS)
    plot_decision_boundary(model, X, y)
""")

GRID, LAYER = torch.tensor([[1, 2], [3, 4]]), {"size": 5, "kernel_size": 3}
for name in TABLE_KINDS:
    served("plot_tensors", f"numbers as {name} | numbers(plot_tensors, {{'x': TABLE_KINDS[{name!r}](GRID)}}) | list('1234')")
    served("plot_matmul", f"matrices as {name} | numbers(plot_matmul, TABLE_KINDS[{name!r}](GRID), GRID)[1:3] | ['1', '10']")
    served("plot_convolution", f"an image as {name} | numbers(plot_convolution, TABLE_KINDS[{name!r}](GRID), [[2]]) "
           "| sorted('123422468')")  # fmt: skip
served("plot_matmul", "bools | numbers(plot_matmul, GRID > 1, GRID > 1)[-1] | '2'")
refused("plot_tensors", """
a tensor without a name | plot_tensors(GRID)
    {'x': x} | numbers(plot_tensors, {'x': GRID}) | list("1234")
nothing | plot_tensors({})
    There are no tensors to draw. Write {'x': x}
words | plot_tensors({"x": WORDS})
    names.index(word) | numbers(plot_tensors, {"x": [NAMES.index(word) for word in WORDS]}) | list("001")
4 dimensions | plot_tensors({"x": GRID[None, None]})
    x has 4 dimensions; up to 3 can be drawn. Draw x[0] | numbers(plot_tensors, {"x": GRID[None, None][0]}) | list("1234")
too many numbers | plot_tensors({"x": torch.zeros(9, 99)})
    x has 891 numbers; 1 to 256 can be drawn. Draw a part of it, such as x[..., :8] | len(numbers(plot_tensors, {"x": torch.zeros(9, 99)[..., :8]})) | 72
""")
refused("plot_matmul", """
matrices that don't fit | plot_matmul(GRID[:1], GRID[:1])
    a has shape [1, 2], b [1, 2]; expected [n, k] and [k, m] with the same k. Does b.T fit? | numbers(plot_matmul, GRID[:1], GRID[:1].T)[-1] | "5"
a vector | plot_matmul(GRID, GRID[0])
    b [2]; expected [n, k] and [k, m] | len(numbers(plot_matmul, GRID, GRID[0][:, None])) | 8
""")
refused("plot_convolution", """
an image with its channel | plot_convolution(GRID[None], [[1]])
    expected two matrices. Take one channel, such as image[0] | numbers(plot_convolution, GRID[None][0], [[1]]) | sorted("123411234")
""")
refused("plot_windows", """
layers themselves | plot_windows({"a": nn.Conv2d(1, 1, 3)})
    {'a': {'size': 28, 'kernel_size': 3}} | plot_windows({'a': {'size': 28, 'kernel_size': 3}}) | None
an unknown key | plot_windows({"a": {"size": 5, "kernel": 3}})
    {'a': {'size': 28, 'kernel_size': 3}}
stride 0 | plot_windows({"a": {"size": 5, "kernel_size": 3, "stride": 0}})
    {'a': {'size': 28, 'kernel_size': 3}}
a layer without a name | plot_windows([LAYER])
    {'conv': conv} | plot_windows({'conv': LAYER}) | None
a kernel larger than the input | plot_windows({"a": {"size": 2, "kernel_size": 3}})
    a: the kernel spans 3 cells, the input has 2. Add padding | plot_windows({"a": {"size": 2, "kernel_size": 3, "padding": 1}}) | None
""")

# The table itself

GROUPS = {"steps": (STEPS, "step"), "loaders": (LOADERS, "load")}
FUNCTIONS = sorted({row.functions for row in SERVED + REFUSED} - set(GROUPS) | set(STEPS) | set(LOADERS))


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def result_of(expression: str, function: str) -> object:
    """Return what an expression gives, with `step` or `load` standing for the function in question."""
    plt.close("all")
    bound = {name: members[function] for members, name in GROUPS.values() if function in members}
    return eval(expression, globals() | bound)


def rows_of(table: list[Row], function: str) -> list[Row]:
    groups = [name for name, (members, _) in GROUPS.items() if function in members]
    return [row for row in table if row.functions in (function, *groups)]


def agrees(result: object, right: object) -> bool:
    """Return whether a result is the right one. Where None is right, any will do that is no error."""
    if right is None:
        return True
    if isinstance(right, torch.Tensor):
        return isinstance(result, torch.Tensor) and torch.allclose(result.double(), right.double(), atol=1e-5)
    if isinstance(right, dict):
        return result.keys() == right.keys() and all(agrees(result[key], right[key]) for key in right)
    if isinstance(right, list | tuple):
        return len(result) == len(right) and all(map(agrees, result, right))
    return result == (right if isinstance(right, str) else pytest.approx(right, rel=1e-4, abs=1e-5, nan_ok=True))


@pytest.mark.parametrize("function", FUNCTIONS)
def test_what_is_served_gives_the_right_result(function):
    wrong = {}
    for row in rows_of(SERVED, function):
        result = result_of(row.call, function)
        if not agrees(result, result_of(row.right, function)):
            wrong[row.comes] = result
    assert wrong == {}


def answer_to(row: Row, function: str) -> str:
    """Return the sentence in which a call ends, with its note; nothing where it ends in a result."""
    try:
        result_of(row.call, function)
    except (ValueError, TypeError, RuntimeError, IndexError) as error:
        return "\n".join([str(error), *getattr(error, "__notes__", [])])
    return ""


@pytest.mark.parametrize("function", FUNCTIONS)
def test_what_is_refused_is_explained_and_the_way_out_leads_to_the_right_result(function):
    wrong, rows = {}, rows_of(REFUSED, function)
    for row in rows:
        if row.way not in (said := answer_to(row, function)) or not said:
            wrong[row.comes] = said
    for follow, right in {(row.follow, row.right) for row in rows}:
        if not agrees(result := result_of(follow, function), result_of(right, function)):
            wrong[follow] = result
    assert wrong == {}


def test_the_books_page_shows_each_function_with_the_sentences_that_it_says():
    words = accepted.page()
    headings = "".join(line for line in words.splitlines() if line.startswith("## ")).replace("\\", "")
    assert all(function in headings for function in FUNCTIONS)
    assert r"| None | \`y\_pred\` is None; expected numbers." in words
