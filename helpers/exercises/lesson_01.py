"""Lesson 01, linear regression: its exercises."""

import math
from copy import deepcopy
from functools import cache
from itertools import product

import numpy as np
import torch
from matplotlib.figure import Figure
from torch import Tensor, nn

from helpers.course.exercises import When, differs, exercise
from helpers.course.observing import plain
from helpers.exercises.common import save_and_load_mistakes, save_and_load_seen


def make_line():
    X = torch.arange(100).unsqueeze(dim=1) / 100  # [100, 1]
    return X, 0.3 * X + 0.9


NAN, INF = math.nan, math.inf
X, Y = make_line()


def line(X=X, weight=0.3, bias=0.9):
    """Return an answer with another X, weight or bias."""
    return lambda: (X, weight * X + bias)


def line_seen(make_line):
    got = make_line()
    if not isinstance(got, tuple | list) or len(got) != 2:
        return {"the result": got}
    dtypes = [getattr(column, "dtype", None) for column in got]
    return {"the result": "X and y", "X": got[0], "y": got[1], "dtypes": dtypes}


exercise(
    "01.1",
    make_line,
    observe=line_seen,
    says="100 points on a line, as columns: a row for each sample, a column for its one feature.",
    mistakes={
        "Return two tensors, X and y.": differs("the result", lambda: Y, lambda: (X, Y, Y)),
        "The other way round: return X first, then y.": lambda: (Y, X),
        "X should be a column, [100, 1]: unsqueeze(dim=1).": When(
            lambda got, right: got["X"].shape[1:] != (1,), (line(X[:, 0]), line(X.T), lambda: (X[:, 0], Y))
        ),
        "y should be a column too, [100, 1].": (lambda: (X, Y[:, 0]), lambda: (X, Y + 0 * X[:, 0])),
        "Your X reaches 1: torch.linspace includes its end. 0.99 is the last one here.": line(X / 0.99),
        "X should go 0, 0.01, 0.02 and so on to 0.99.": differs("X", line(100 * X), line(X[::2])),
        "You swapped the two: 0.3 is the weight, 0.9 is the bias.": line(weight=0.9, bias=0.3),
        "y should be 0.3 * X + 0.9, no more and no less.": differs("y", line(bias=0), line(bias=-0.9)),
        "The points are right. Make them torch.float32 tensors.": differs("dtypes", line(X.double())),
    },
    also_right=[line(torch.arange(0, 1, 0.01)[:, None]), line(torch.linspace(0, 0.99, 100)[:, None])],
)


def split(X, y):
    positions = torch.randperm(len(X))  # one permutation, for X and y alike
    cut = int(0.8 * len(X))
    train, test = positions[:cut], positions[cut:]
    return X[train], y[train], X[test], y[test]


def split_seen(split, n):
    """Observe where the rows go: row 7 has the X 7 and the y 1014."""
    X, k = torch.arange(float(n)).unsqueeze(dim=1), n * 4 // 5
    given = X.clone(), 1000 + 2 * X
    got = split(*given)
    parts = got if isinstance(got, tuple | list) else [got]
    shapes = [list(part.shape) if isinstance(part, Tensor | np.ndarray) else "no tensor" for part in parts]
    if shapes != [[k, 1], [k, 1], [n - k, 1], [n - k, 1]]:
        return {"the shapes": shapes}
    parts = [torch.as_tensor(part).double() for part in parts]
    x, y, test = torch.cat(parts[::2]), torch.cat(parts[1::2]), parts[2].flatten().sort().values
    return {
        "the shapes": shapes,
        "X and y afterwards": given,
        "_swapped": bool((x > 500).all()),
        "once": torch.equal(x.sort(dim=0).values, X.double()),
        "by chance": len(test.diff().unique()) > 1,
        "with its y": torch.equal(y, 1000 + 2 * x),
    }


exercise(
    "01.2",
    split,
    probes=[(100,), (50,)],
    observe=split_seen,
    says="Each row is in one of the two parts, chosen by chance, and each X still has its own y.",
    errors={"IndexError": "There may be fewer than 100 rows. Work out all sizes from len(X)."},
    mistakes={
        "Return tensors X_train, y_train, X_test, y_test: columns of 80 % of len(X) rows, then the others.": (
            differs("the shapes", lambda X, y: [X, y], lambda X, y: split(X[:80], y[:80]))
        ),
        "Of each part, return first X, then y.": lambda X, y: split(y, X),
        "Leave X and y as they were.": differs("X and y afterwards", lambda X, y: split(X, y.add_(1))),
        "Each row should come once. Cut one permutation.": differs("once", lambda X, y: split(X // 2, y)),
        "Choose the rows for testing by chance: shuffle all rows, then cut.": (
            differs("by chance", lambda X, y: [c.split(len(X) * 4 // 5)[i] for i in (0, 1) for c in (X, y)])
        ),
        "X and y need the same permutation.": differs("with its y", lambda X, y: split(X, y.flip(0))),
    },
)


class MyLine(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(1))
        self.bias = nn.Parameter(torch.randn(1))

    def forward(self, x):
        return self.weight * x + self.bias


def new_line(forward=MyLine.forward, **parts):
    """Return a class as MyLine is, with another forward, or with other parts."""

    def init(self):
        MyLine.__init__(self)
        for name, part in parts.items():
            self._parameters.pop(name, None)
            setattr(self, name, deepcopy(part))

    return type("Line", (MyLine,), {"__init__": init, "forward": forward})


def line_class_seen(answer):
    model, *others = answer(), answer(), answer()
    sizes = {name: parameter.numel() for name, parameter in model.named_parameters()}
    layers = [layer for layer in model.modules() if isinstance(layer, nn.Linear)]
    seen = {"layers": len(layers), "the numbers in each parameter": sizes}
    if sizes != {"weight": 1, "bias": 1}:
        return seen
    names, x = ("weight", "bias"), torch.tensor([[0.0], [1.0], [4.0]])
    random = [any(getattr(model, name) != getattr(other, name) for other in others) for name in names]
    model.weight.data.fill_(2)
    model.bias.data.fill_(-3)
    got = model.forward(x)
    if isinstance(got, Tensor) and got.requires_grad:
        got.sum().backward()
    return seen | {
        "random": random,
        "with weight 2 and bias -3, forward(x) for x = [[0], [1], [4]]": got,
        "x after forward(x)": x,
        "gradients": [getattr(model, name).grad is not None for name in names],
    }


ONE = nn.Parameter(torch.ones(1))
exercise(
    "01.3",
    MyLine,
    observe=line_class_seen,
    says="It has two numbers, and model.parameters() hands both to the optimizer.",
    errors={
        r"__init__\(\) missing": "The check makes its models by MyLine(): draw both numbers in __init__.",
        "name '(weight|bias)' is not": "Inside the class they are self.weight and self.bias.",
        "_parameters'|before Module": "Call super().__init__() first in __init__: it prepares the model.",
        "NotImplementedError": "Write forward(self, x) in the class, as far to the left as __init__.",
    },
    mistakes={
        "No layer here: make two nn.Parameter.": differs("layers", new_line(layer=nn.Linear(1, 1))),
        "In __init__, make only self.weight and self.bias: nn.Parameters of one number, no plain tensors.": (
            differs("the numbers in each parameter", new_line(weight=torch.ones(1)), new_line(rate=ONE))
        ),
        "forward returns nothing. Is there a return?": new_line(lambda self, x: None),
        "The bias isn't added.": new_line(lambda self, x: self.weight * x),
        "You swapped the two: weight * x + bias.": new_line(lambda self, x: self.bias * x + self.weight),
        "No brackets: weight * x + bias.": new_line(lambda self, x: self.weight * (x + self.bias)),
        "The bias is added: weight * x + bias.": new_line(lambda self, x: self.weight * x - self.bias),
        "Use both, so that gradients reach them: no .item(), .data, detach() or requires_grad=False.": (
            differs("gradients", new_line(lambda self, x: self.weight.data * x + self.bias))
        ),
        "Both should start at random: torch.randn(1), no seed.": differs("random", new_line(bias=ONE)),
    },
)


def mean_absolute_error(predictions, targets):
    return (predictions - targets).abs().mean()


exercise(
    "01.4",
    mean_absolute_error,
    probes=[  # the errors are 1, 0, 2, -5, then -1.75, 0.5, 0.5, then -7.5
        (torch.tensor([[2.0, 2, 5, 1]]).T, torch.tensor([[1.0, 2, 3, 6]]).T),
        (torch.tensor([[0.25], [2.0], [0.5]]), torch.tensor([[2.0], [1.5], [0.0]])),
        (torch.tensor([[-3.0]]), torch.tensor([[4.5]])),
    ],
    says="It is what nn.L1Loss computes: how far off a prediction is on average, in the units of y.",
    ready_made="l1_loss|L1Loss",
    mistakes={
        "Signed errors cancel: abs() first.": (lambda p, t: (p - t).mean(), lambda p, t: (t - p).mean()),
        "That is the sum. Divide it by the number of samples.": lambda p, t: abs(p - t).sum(),
        "That is the mean of the squares, nn.MSELoss. Here it is abs().": lambda p, t: ((p - t) ** 2).mean(),
        "No squares and no root here: take abs().": lambda p, t: ((p - t) ** 2).mean().sqrt(),
        "Take the mean of all errors.": (lambda p, t: abs(p - t).median(), lambda p, t: abs(p - t).max()),
        "Return one number: the mean.": (lambda p, t: abs(p - t), lambda p, t: abs(p - t).mean(dim=1)),
        "Divide by len(predictions), which need not be 4.": lambda p, t: abs(p - t).sum() / 4,
        "Divide by the number of samples, not by one less.": lambda p, t: abs(p - t).sum() / (len(p) - 1),
        "Keep the decimals: no rounding.": lambda p, t: round(abs(p - t).mean().item()),
        "Your loop ends with the first sample: return after the loop.": lambda p, t: abs(p - t)[0],
    },
    also_right=[lambda p, t: sum(abs(one - other) for one, other in zip(p, t, strict=True)) / len(p)],
)


def step_by_hand(parameters, learning_rate):
    with torch.no_grad():  # the step itself is nothing to compute gradients of
        for parameter in parameters:
            parameter -= learning_rate * parameter.grad


def to(value):
    """Return an answer that gives each parameter a value made of its own, the gradient and the rate."""
    return torch.no_grad()(lambda ps, rate: [p.copy_(value(p, p.grad, rate)) for p in ps] and None)


def step_seen(step, parameters, learning_rate):
    own = [nn.Parameter(torch.tensor(start)) for start in ([1.0, -2.0], [[3.0]])]
    own[0].grad, own[1].grad = torch.tensor([0.5, -4.0]), torch.tensor([[2.0]])
    returned = step([*own] if parameters == "a list" else (p for p in own), learning_rate)
    return {
        "_changed": own[0].tolist() != [1, -2] or own[1].item() != 3,
        "gradients": [p.grad for p in own],
        "what the parameters [1, -2] and [[3]] with the gradients [0.5, -4] and [[2]] become": own,
        "requires_grad": [p.requires_grad for p in own],
        "returned": returned,
    }


exercise(
    "01.5",
    step_by_hand,
    observe=step_seen,
    probes=[("a list", 0.1), ("model.parameters()", 0.5)],
    says="That is all that plain SGD does: parameter -= learning_rate * parameter.grad.",
    ready_made="SGD|sgd|Adam.*|RMSprop|.*Optimizer",
    errors={
        r"attribute 'grad\w+'": "A parameter's gradient is in .grad.",
        "leaf Variable": "While PyTorch records, parameters can't change in place: use torch.no_grad().",
        "'(generator|list)'": "You can only loop over them: for parameter in parameters.",
        "context manager": "Add brackets: with torch.no_grad():",
    },
    mistakes={
        "Leave the gradients alone.": differs("gradients", to(lambda p, g, rate: p - g.mul_(rate))),
        "model.parameters() can be looped over only once.": lambda ps, r: [*ps] and step_by_hand(ps, r),
        "The parameters are as before. Change each one itself, by `-=`: `parameter = ...` makes a new one.": (
            differs("_changed", lambda ps, rate: [p - rate * p.grad for p in ps], to(lambda p, g, rate: p))
        ),
        "That is uphill: the loss grows along the gradient. Subtract.": to(lambda p, g, rate: p + rate * g),
        "That is the whole gradient: multiply it by the learning rate.": to(lambda p, g, rate: p - g),
        "Multiply the rate by the gradient.": (to(lambda p, g, r: p - r), to(lambda p, g, r: p - r * p)),
        "Use the given learning rate.": (to(lambda p, g, _: p - 0.01 * g), to(lambda p, g, _: p - 0.1 * g)),
        "Only the first changed: no return in the loop.": lambda ps, r: step_by_hand([next(iter(ps))], r),
        "Leave requires_grad True.": differs("requires_grad", to(lambda p, *_: p.requires_grad_(False) - 1)),
        "Return nothing, not even in the loop.": differs("returned", lambda ps, r: [step_by_hand(ps, r)]),
    },
    also_right=[lambda ps, rate: [setattr(p, "data", p.data - rate * p.grad) for p in ps] and None],
)


def train_and_report(model, X_train, y_train, X_valid, y_valid):
    loss_fn = nn.L1Loss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    report = []
    for epoch in range(300):
        model.train()
        loss = loss_fn(model(X_train), y_train)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if epoch % 20 == 0:
            model.eval()
            with torch.inference_mode():
                valid_loss = loss_fn(model(X_valid), y_valid)
            report.append((epoch, loss.item(), valid_loss.item()))
    return report


def line_at(weight, bias, model=None):
    model = model or nn.Linear(1, 1)
    model.weight.data.fill_(weight)
    model.bias.data.fill_(bias)
    return model


LINE = np.array([2.0, 4.03])  # 300 epochs don't quite reach it, so that no error changes its sign
# The points for training and for validation have two columns: x, and 1 for the bias.
POINTS = {"t": np.vander(np.linspace(0, 1, 40), 2), "v": np.vander(np.linspace(1.2, 2, 3), 2)}


@cache
def trained(data="tv", size=abs, rate=0.01, kept=0):
    """Train with NumPy, which is faster; return the line, and the losses on both data before each step."""
    line, slope, losses = np.zeros(2), np.zeros(2), []
    for _ in range(300):
        errors = [POINTS[name] @ (line - LINE) for name in data]
        losses.append([size(error).mean() for error in errors])
        signs = np.sign(errors[0]) if size is abs else 2 * errors[0]
        slope = kept * slope + signs @ POINTS[data[0]] / len(signs)
        line = line - rate * slope
    return line, losses


def training(row=lambda epoch, old, new: (epoch, old[0], new[1]), every=20, **how):
    """Return an answer that trains so, and makes each row of the losses before and after a step."""

    def answer(model, *_):
        line, losses = trained(**how)
        line_at(*line, model)
        return [row(epoch, *losses[epoch : epoch + 2]) for epoch in range(0, 299, every)]

    return answer


def report_seen(train_and_report):
    model = line_at(0, 0)
    given = [torch.tensor(c[:, None]).float() for x in POINTS.values() for c in (x[:, 0], x @ LINE)]
    got = train_and_report(model, *given)
    table = plain(got)
    is_table = isinstance(table, Tensor) and table.shape[1:] == (3,)
    epochs = table[:, 0].tolist() if is_table else []
    if epochs != [*range(0, 300, 20)]:
        return {"the epochs": epochs or got}
    return {
        "the epochs": epochs,
        "tensors": "tensor(" in str(got),
        "the list of training losses": table[:, 1],
        "the list of validation losses": table[:, 2],
        "weight and bias of the model": [model.weight.item(), model.bias.item()],
    }


exercise(
    "01.6",
    train_and_report,
    observe=report_seen,
    says="Both losses fall together, and the report holds plain numbers, ready for a plot.",
    errors={"ambiguous": "nn.L1Loss() makes the loss: loss_fn = nn.L1Loss(). Then call loss_fn."},
    mistakes={
        "There is only one row. Is the return in the loop?": training(every=300),
        "Return rows of epoch, training loss and validation loss, for epoch 0, 20, 40 and so on to 280.": (
            differs("the epochs", training(every=1), training(lambda epoch, old, new: (epoch, old[0])))
        ),
        "There are tensors in your report. Take the numbers out: loss.item().": (
            differs("tensors", training(lambda epoch, old, new: (epoch, torch.tensor(old[0]), new[1])))
        ),
        "The two losses are swapped.": training(lambda epoch, old, new: (epoch, new[1], old[0])),
        "The gradients of all epochs add up. optimizer.zero_grad() forgets the old ones.": training(kept=1),
        "All rows are the same. Call zero_grad(), backward() and step(), in this order.": training(rate=0),
        "Measure the validation loss after step().": training(lambda epoch, old, new: (epoch, *old)),
        "The training loss is the one before the step.": training(lambda epoch, old, new: (epoch, *new)),
        "Your validation loss is measured on the training data.": training(data="tt"),
        "The model learns from the validation data.": (training(data="vv"), training(data="vt")),
        "That is what nn.MSELoss gives. The exercise asks for nn.L1Loss.": training(size=np.square),
        "Use nn.L1Loss(), and each epoch one step of SGD on all training data, with learning rate 0.01.": (
            differs("the list of training losses", training(rate=0.1))
        ),
        "The report is right. But train the model that was given, no other, for all 300 epochs.": (
            differs("weight and bias of the model", lambda model, *data: training()(line_at(0, 0), *data))
        ),
    },
)


def best_state(model, train_one_epoch, validation_loss, epochs):
    best_loss, best = float("inf"), None
    for _ in range(epochs):
        train_one_epoch(model)
        loss = validation_loss(model)
        if loss < best_loss:
            best_loss, best = loss, deepcopy(model.state_dict())
    return best


def scored(score):
    """Return an answer that goes by a score, made of the loss and the epoch, in place of the loss."""
    return lambda m, train, loss, n: best_state(m, train, lambda m: score(loss(m), m.weight.item()), n)


def best_state_seen(best_state, losses):
    """Observe which epoch is kept: each one adds 1 to the weight. Before the first, the loss is huge."""
    model = line_at(0, 0)
    loss_of = dict(enumerate([1e6, *losses]))
    got = best_state(model, lambda m: m.weight.data.add_(1), lambda m: loss_of[m.weight.item()], len(losses))
    if not isinstance(got, dict) or "weight" not in got:
        return {"the result": got}
    shared = got["weight"].data_ptr() == model.weight.data_ptr()
    return {"the result": "a state dict", "the epoch of the state": got["weight"].item(), "_shared": shared}


exercise(
    "01.7",
    best_state,
    observe=best_state_seen,
    probes=[([0.4, 0.5, 0.1, 0.6, 0.2, 0.3],), ([0.1, 0.2],), ([0.2, 0.1],), ([5e3, 3e3, 4e3],)],
    says="The copy stays what it was, however long the training goes on.",
    errors={
        "KeyError|not iterable": "Train for `epochs` epochs: for _ in range(epochs).",
        "missing 1 required": "Both functions want the model: train_one_epoch(model).",
        "UnboundLocalError": 'Start from float("inf"), and measure after each epoch, the first one too.',
    },
    mistakes={
        "A state dict holds the model's own tensors, and training changes them. Copy it with deepcopy.": (
            lambda model, *given: (best_state(model, *given), model.state_dict())[1]
        ),
        "That is the state with the largest loss.": scored(lambda loss, epoch: -loss),
        "That is the state of the last epoch, not of the best.": scored(lambda loss, epoch: -epoch),
        "Epoch 5 was better than epoch 4, but epoch 3 was better than both. Compare with the best so far.": (
            scored(lambda loss, epoch: 0 if epoch == 5 else loss)
        ),
        "That is the state before any training.": lambda model, *_: deepcopy(model.state_dict()),
        'That is None. Start from float("inf"), and return the state.': scored(lambda *_: INF),
        'Losses may be large. Start from float("inf").': scored(lambda loss, _: loss if loss < 9 else INF),
        "Return the state dict, and nothing else.": differs("the result", lambda *a: (best_state(*a), 1)),
    },
)


def save_and_load(model, path):
    torch.save(model.state_dict(), path)
    new_model = nn.Linear(1, 1)
    new_model.load_state_dict(torch.load(path, weights_only=True))
    return new_model


exercise(
    "01.8",
    save_and_load,
    probes=[(line_at(0.7, -0.2), torch.tensor([[0.0], [1.0], [-3.0]]))],
    observe=save_and_load_seen,
    says="A new model with the saved parameters predicts the same, to the last bit.",
    errors={"dict-like": "load_state_dict wants the state: torch.load(path, weights_only=True) returns it."},
    mistakes=save_and_load_mistakes(lambda: nn.Linear(1, 1)),
)


def updates(n, batch_size, epochs):
    return math.ceil(n / batch_size) * epochs


exercise(
    "01.9",
    updates,
    probes=[(100, 32, 6), (64, 32, 5), (5, 32, 3), (101, 100, 2), *product(range(1, 9), range(1, 4), (4,))],
    says="With 80 samples, 300 epochs are 300 steps of all data at once, or 24,000 of one sample each.",
    mistakes={
        "That is one epoch. There are 6, each with as many steps.": lambda n, b, e: math.ceil(n / b),
        "The last batch has only 4 samples, but it makes a step too. Round up.": lambda n, b, e: n // b * e,
        "There is no part of a step: the number of batches is a whole number.": lambda n, b, e: n / b * e,
        "Each epoch has a smaller last batch: round up first.": lambda n, b, e: math.ceil(n * e / b),
        "Round up, and count all 6 epochs.": (lambda n, b, e: n // b, lambda n, b, e: n / b),
        "There is a step for each batch.": (lambda n, b, e: e, lambda n, b, e: n * e, lambda n, b, e: n),
        "Multiply batches by epochs.": (lambda n, b, e: b * e, lambda n, b, e: math.ceil(n / b) + e),
        "64 samples fill 2 batches of 32 exactly: there is no third.": lambda n, b, e: (n // b + 1) * e,
        "Don't use round(). Write `math.ceil(n / batch_size)`.": lambda n, b, e: round(n / b + 0.5) * e,
        "Return one number: the steps of all epochs together.": lambda n, b, e: (math.ceil(n / b), e),
    },
)


def best_learning_rate(losses):
    finite = {rate: loss for rate, loss in losses.items() if math.isfinite(loss)}
    return min(finite, key=finite.get)  # the rate with the lowest loss


exercise(
    "01.10",
    best_learning_rate,
    probes=[
        ({0.001: 0.4, 0.01: 0.05, 0.1: 0.2, 2.0: NAN, 10.0: INF},),
        ({2.0: NAN, 10.0: INF, 0.1: 0.2, 0.01: 0.05, 0.001: 0.4},),
        ({5.0: INF, 0.5: NAN, 0.05: 3000.0, 0.2: 2000.0},),
        ({0.3: 0.2, 0.03: 0.0, 3.0: NAN},),
        ({0.3: 0.5, 0.1: NAN, 0.03: 0.7, 0.01: NAN, 3.0: 0.1},),
    ],
    says="nan is neither smaller nor larger than any number, so it has to go before you search.",
    mistakes={
        "That is the lowest loss. Return the rate that reached it.": lambda x: x[best_learning_rate(x)],
        "That is a position, not the rate that stands there.": lambda x: [*x].index(best_learning_rate(x)),
        "With nan first, you choose nan: all comparisons with it are False.": lambda x: min(x, key=x.get),
        "With 2.0 the loss became nan. Leave that out.": lambda x: [*x][np.argmin([*x.values()])],
        "With 10.0 the loss became inf: the largest rate isn't the best.": max,
        "0.1 is the largest finite rate, not the best.": lambda x: max(r for r in x if x[r] < INF),
        "0.001 is the smallest rate. It learns too slowly: 0.01 has a lower loss.": min,
        "Return the learning rate alone.": lambda x: (best_learning_rate(x), x[best_learning_rate(x)]),
        'Losses may be large, such as 2000. Start the search from float("inf").': (
            lambda x: min([r for r in x if x[r] < 1] or [None], key=x.get)
        ),
        "A loss of 0.0 counts: `if loss` drops it.": lambda x: best_learning_rate(
            {r: x[r] for r in x if x[r]}
        ),
    },
)


COLUMN = torch.tensor([[0.0], [2.0], [-1.0]])


def draw_predictions(axis, x, y, predictions):
    axis.scatter(x, y, label="data")
    axis.scatter(x, predictions, marker="^", label="predictions")
    axis.set(xlabel="x", ylabel="y")
    axis.legend()


def drawing_seen(draw, x, y, predictions):
    """Observe what is drawn, as points or as a line, in whatever order."""
    axis = Figure().subplots()
    draw(axis, x, y, predictions)
    drawn = [points.get_offsets() for points in axis.collections] + [line.get_xydata() for line in axis.lines]
    drawn = [sorted(np.asarray(points).round(3).tolist()) for points in drawn]
    data, predicted = (sorted(torch.cat([x, values], dim=1).tolist()) for values in (y, predictions))
    legend = axis.get_legend()
    entries = {text.get_text() for text in legend.get_texts()} if legend else set()
    has = [any(np.array_equal(points, np.round(pairs, 3)) for points in drawn) for pairs in (data, predicted)]
    return {
        "something on the axes": bool(drawn),
        "the points (x, y)": has[0],
        "the points (x, predictions)": any(
            np.array_equal(points, np.round(predicted, 3)) for points in drawn
        ),
        "names of both axes": bool(axis.get_xlabel() and axis.get_ylabel()),
        "a legend with two labels": len(entries) == 2,
    }


def drawn_with(**changes):
    """Return an answer that draws as the solution does, with other parts, or without (None)."""
    parts = {
        "data": lambda axis, x, y, p: axis.scatter(x, y, label="data"),
        "predictions": lambda axis, x, y, p: axis.plot(x, p, "^", label="predictions"),
        "names": lambda axis, *_: axis.set(xlabel="x", ylabel="y"),
        "legend": lambda axis, *_: axis.legend(),
    } | changes
    return lambda *given: [part(*given) for part in parts.values() if part] and None


exercise(
    "01.11",
    draw_predictions,
    observe=drawing_seen,
    probes=[(COLUMN, 2 * COLUMN + 1, COLUMN.square())],
    says="Where the two kinds of points lie apart, the model is wrong.",
    mistakes={
        "Nothing is drawn on the axes that you were given. Write axis.scatter(…), not plt.scatter(…).": (
            differs("something on the axes", lambda axis, *_: axis.set(xlabel="x"))
        ),
        "The points (x, y) are missing: axis.scatter(x, y). First comes x, then y.": differs(
            "the points (x, y)",
            drawn_with(data=None),
            drawn_with(data=lambda axis, x, y, p: axis.scatter(y, x, label="data")),
        ),
        "The points (x, predictions) are missing: they stand at the same x as the data.": differs(
            "the points (x, predictions)",
            drawn_with(predictions=None),
            drawn_with(predictions=lambda axis, x, y, p: axis.scatter(y, p, label="predictions")),
        ),
        "Name both axes: axis.set(xlabel=…, ylabel=…).": differs(
            "names of both axes", drawn_with(names=None)
        ),
        "A legend tells the points apart: give each of the two a label=…, then call axis.legend().": differs(
            "a legend with two labels",
            drawn_with(legend=None),
            drawn_with(predictions=lambda axis, x, y, p: axis.scatter(x, p)),
        ),
    },
    also_right=[drawn_with()],
)
