"""Lesson 01, linear regression: the graders of its exercises."""

import math
from collections.abc import Callable
from itertools import pairwise, product
from typing import Any
from unittest import mock

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim.optimizer import register_optimizer_step_pre_hook

from helpers.checks import WrongAnswer, attempt, exercise
from helpers.exercises.grading import check_saved_and_loaded, numbers, same, wrong_if


@exercise("01.1")
def make_line(answer: Callable) -> str:
    """Grade ``answer()``, the points X, y of a line."""
    X, y = _tensors(attempt(answer), 2, "Return two tensors: X, y.")
    line_X = torch.arange(100, dtype=torch.float64).unsqueeze(dim=1) / 100
    line_y = 0.3 * line_X + 0.9
    wrong_if(same(X, line_y) and same(y, line_X), "The other way round: return X first, then y.")
    for name, column in (("X", X), ("y", y)):
        shape = list(column.shape)
        wrong_if(shape == [100], f"{name} has shape [100]. Make it a column, [100, 1]: unsqueeze(dim=1).")
        wrong_if(shape == [1, 100], f"{name} is a row, [1, 100]. A column has the new dimension at dim=1.")
        wrong_if(
            shape == [101, 1] and same(column[:1], line_X[:1]),
            "That is one point too many: 1 itself doesn't belong to X, it ends with 0.99.",
        )
        wrong_if(shape != [100, 1], f"{name} should have shape [100, 1]; yours is {shape}.")
    first, second, last = (X[row].item() for row in (0, 1, -1))
    wrong_if(same(X / 100, line_X), "Your X goes from 0 to 99. The step is 0.01, so that it ends with 0.99.")
    wrong_if(
        abs(first) < 1e-6 and abs(last - 1) < 1e-6,
        "Your X reaches 1, so its step is a bit more than 0.01. linspace includes the end, arange doesn't.",
    )
    wrong_if(same(X, line_X + 0.01), "Your X goes from 0.01 to 1. It starts with 0 and ends with 0.99.")
    wrong_if(
        not same(X, line_X),
        f"X should go 0, 0.01, 0.02 and so on to 0.99; yours goes {first:.4g}, {second:.4g} ... {last:.4g}.",
    )
    steps = y.double().diff(dim=0)
    weight, bias = 100 * steps.mean().item(), y[0].item()
    wrong_if(
        not same(steps, steps.mean().expand(99, 1), 1e-4),
        "Your points don't lie on a straight line. Compute y from X alone, with no random numbers.",
    )
    wrong_if(
        abs(weight - 0.9) < 1e-3 and abs(bias - 0.3) < 1e-3,
        "You swapped the two: 0.3 is the weight, it multiplies X; 0.9 is the bias, it is added.",
    )
    wrong_if(abs(weight - 0.3) < 1e-3 and abs(bias) < 1e-5, "The bias is missing: add 0.9.")
    wrong_if(not same(y, line_y), f"Your line has the weight {weight:.2f} and the bias {bias:.2f}.")
    wrong_if(
        X.dtype != torch.float32 or y.dtype != torch.float32,
        f"The points are right, but X is {X.dtype} and y is {y.dtype}. A layer such as nn.Linear computes in "
        "torch.float32, and data of another dtype stop it with an error.",
    )
    return "100 points on a line, as columns: a row for each sample, a column for its one feature."


@exercise("01.2")
def split(answer: Callable) -> str:
    """Grade ``answer(X, y)``, the rows shuffled and cut into 80 % for training and 20 % for testing."""
    _check_split(answer, 100)
    try:
        _check_split(answer, 50)
    except WrongAnswer as error:
        raise WrongAnswer(
            f"100 rows are split well, 50 rows are not: {error} Work out the sizes from len(X)."
        ) from error
    return "Each row is in one of the two parts, chosen by chance, and each X still has its own y."


def _check_split(answer: Callable, n: int) -> None:
    """Raise a hint where the answer doesn't split n rows well."""
    X = torch.arange(float(n)).unsqueeze(dim=1)
    y = 1000 + 2 * X  # from 1000 on: so y can be told from X
    given_X, given_y = X.clone(), y.clone()
    hint = "Return four tensors: X_train, y_train, X_test, y_test."
    parts = _tensors(attempt(answer, given_X, given_y), 4, hint)
    shapes = [list(part.shape) for part in parts]
    wrong_if(any(part.ndim != 2 or part.shape[1] != 1 for part in parts), f"{hint} Yours are {shapes}.")
    order = ["y" if bool((part > 500).any()) else "X" for part in parts if len(part)]
    wrong_if(
        len(order) == 4 and order != ["X", "y", "X", "y"],
        f"The order should be X_train, y_train, X_test, y_test; yours is {', '.join(order)}.",
    )
    sizes, cut = [len(part) for part in parts], n * 4 // 5
    wrong_if(
        sizes == [n - cut, n - cut, cut, cut],
        "The larger part is for training. It comes first, and then the smaller one for testing.",
    )
    wrong_if(
        sizes != [cut, cut, n - cut, n - cut],
        f"Of {n} rows, {cut} are for training and {n - cut} for testing; your four parts have {sizes} rows.",
    )
    X_train, y_train, X_test, y_test = (part.to(X.dtype) for part in parts)
    train, test = X_train.flatten().tolist(), X_test.flatten().tolist()
    wrong_if(
        not set(train + test) <= set(X.flatten().tolist()),
        "Some rows are not in the X that the function was given. Use its own X and y, and leave them as they "
        "are.",
    )
    wrong_if(
        len(set(train)) < len(train) or len(set(test)) < len(test),
        "Some rows come more than once. torch.randperm(len(X)) has each position exactly once.",
    )
    wrong_if(
        bool(set(train) & set(test)),
        "Some rows are in both parts. The model would be tested on what it has learned from.",
    )
    wrong_if(
        torch.equal(y_train, y[:cut]) and not torch.equal(X_train, X[:cut]),
        "X is shuffled, y is not, so a row of X no longer has its own y. Index both with the same positions.",
    )
    wrong_if(
        not torch.equal(y_train, 1000 + 2 * X_train) or not torch.equal(y_test, 1000 + 2 * X_test),
        "A row of X no longer has its own y: X and y are in different orders. Draw one permutation and use "
        "it for both.",
    )
    places = sorted(int(row) for row in test)
    gaps = {after - before for before, after in pairwise(places)}
    wrong_if(
        gaps == {1} and (train == sorted(train) or train == sorted(train, reverse=True)),
        "The rows are not shuffled: the part for testing is one end of the line. Shuffle, then cut.",
    )
    wrong_if(
        gaps == {1},
        "You cut first and shuffle then: the part for testing is still one end of the line. Shuffle all rows "
        "before you cut.",
    )
    wrong_if(
        len(gaps) == 1,
        f"For testing you take every row that is {max(gaps)} after the last one. Choose by chance.",
    )
    wrong_if(
        not torch.equal(given_X, X) or not torch.equal(given_y, y),
        "Your function changed the X or y that it was given. X[positions] makes a new tensor instead.",
    )


@exercise("01.3")
def line_model(answer: type[nn.Module]) -> str:
    """Grade a class of model with the parameters ``weight`` and ``bias``, for a line."""
    wrong_if(
        isinstance(answer, nn.Module),
        "That is a model. The answer is the class, without (): check makes models of it.",
    )
    wrong_if(not callable(answer), f"The answer is the class MyLine; this is a {type(answer).__name__}.")
    model = _new_line(answer)
    wrong_if(not isinstance(answer, type), "The answer is a class: it starts with `class MyLine`.")
    wrong_if(
        not isinstance(model, nn.Module),
        "The class is no model yet: write nn.Module in the brackets, class MyLine(nn.Module).",
    )
    wrong_if(
        "_parameters" not in vars(model),
        "super().__init__() is missing. Call it first in __init__: it prepares the list of parameters.",
    )
    wrong_if(
        any(True for _ in model.children()) or isinstance(model, nn.Linear),
        "You use a layer such as nn.Linear. Here the model has two parameters of its own: nn.Parameter.",
    )
    found = dict(model.named_parameters(remove_duplicate=False))
    for name in ("weight", "bias"):
        value = getattr(model, name, None)
        wrong_if(
            name not in found and isinstance(value, nn.Parameter),
            f"The {name} belongs to the class, so all models share it. Write self.{name} = ... in __init__.",
        )
        wrong_if(
            name not in found and isinstance(value, Tensor),
            f"The {name} is a plain tensor: model.parameters() doesn't have it, and no optimizer will change "
            "it. Wrap it in nn.Parameter.",
        )
        wrong_if(
            not found,
            f"The model has no parameters. Does it say self.{name} = nn.Parameter(...), in a method __init__ "
            "with two underscores on each side?",
        )
        wrong_if(
            name not in found,
            f"The model has no parameter self.{name}; its parameters are {sorted(found)}.",
        )
        wrong_if(
            found[name].numel() != 1,
            f"The {name} of a line is one number; yours has the shape {list(found[name].shape)}.",
        )
        wrong_if(
            not found[name].requires_grad,
            f"The {name} can't be learned: requires_grad is False. Leave it out, nn.Parameter sets it.",
        )
    wrong_if(len(found) != 2, f"A line has two parameters, weight and bias; yours has {sorted(found)}.")
    wrong_if(
        found["weight"].data_ptr() == found["bias"].data_ptr(),
        "weight and bias are the same number in memory: a change of one changes the other. Draw two.",
    )
    _check_random_start(answer, found)
    _check_line(model, found["weight"], found["bias"])
    return "It has two numbers, and model.parameters() hands both to the optimizer."


def _new_line(answer: Callable) -> Any:
    """Return a new model of the learner's class."""
    try:
        return attempt(answer)
    except WrongAnswer as error:
        wrong_if(
            "Module.__init__() call" in str(error),
            "super().__init__() has to be the first line of __init__: before it, nn.Module can't take "
            "parameters.",
        )
        raise


def _check_random_start(answer: Callable, found: dict[str, nn.Parameter]) -> None:
    """Raise a hint where models of the class start with the same numbers each time."""
    others = [dict(_new_line(answer).named_parameters(remove_duplicate=False)) for _ in range(4)]
    for name in ("weight", "bias"):
        start = found[name].item()
        wrong_if(
            all(name in other and other[name].item() == start for other in others),
            f"The {name} of every new model starts at {start:.4g}. Start from a random one: torch.randn(1).",
        )


def _check_line(model: nn.Module, weight: nn.Parameter, bias: nn.Parameter) -> None:
    """Raise a hint where the model doesn't compute weight * x + bias."""
    x = torch.tensor([[0.0], [1.0], [4.0], [-2.5]])
    for a, b in ((2.0, -3.0), (-0.5, 0.25)):
        with torch.no_grad():
            weight.fill_(a)
            bias.fill_(b)
        given = x.clone()
        try:
            got = attempt(model, given)
        except WrongAnswer as error:
            wrong_if(
                "NotImplementedError" in str(error),
                "The model has no forward(self, x). Is it spelled so, and does its def stand inside the "
                "class, below __init__?",
            )
            raise
        wrong_if(got is None, "forward returns nothing. Is there a return?")
        wrong_if(not isinstance(got, Tensor), f"forward should return a tensor, not a {type(got).__name__}.")
        wrong_if(
            got.shape != x.shape,
            f"For x of shape [4, 1], forward should return [4, 1]; yours is {list(got.shape)}.",
        )
        wrong_if(same(got, a * x), "forward multiplies by the weight, but the bias isn't added.")
        wrong_if(same(got, b * x + a), "You swapped the two: weight * x + bias.")
        wrong_if(
            same(got, a * (x + b)),
            "You add the bias before you multiply. No brackets: weight * x + bias.",
        )
        wrong_if(
            not same(got, a * x + b),
            f"With weight {a:g} and bias {b:g}, x = 4 gives {a * 4 + b:g}; you have {got[2].item():g}.",
        )
        wrong_if(not torch.equal(given, x), "forward changed the x it was given. Compute a new tensor.")
        wrong_if(
            not got.requires_grad,
            "The numbers are right, but no gradient can reach the parameters. Use self.weight and self.bias "
            "as they are: no .item(), .data, detach() or no_grad() in forward.",
        )
        gradients = torch.autograd.grad(got.sum(), [weight, bias], allow_unused=True)
        wrong_if(
            None in gradients,
            "The numbers are right, but the gradient reaches only one of the two parameters. Use self.weight "
            "and self.bias themselves, not their .item() or .data.",
        )


@exercise("01.4")
def mean_absolute_error(answer: Callable) -> str:
    """Grade ``answer(predictions, targets)``, the mean absolute error."""

    def error(predictions: Tensor, targets: Tensor) -> float:
        given = predictions.clone(), targets.clone()
        got = attempt(answer, *given)
        wrong_if(got is None, "Your function returns nothing.")
        if isinstance(got, Tensor) and got.numel() == 1:  # [1] of a sum over rows is as good as a number
            got = got.detach().reshape(())
        wrong_if(
            isinstance(got, Tensor) and got.shape == predictions.shape,
            "That is a number for each sample. Return one number for all: the mean.",
        )
        got = numbers(got, 0, "Return one number.")
        wrong_if(
            not torch.equal(given[0], predictions) or not torch.equal(given[1], targets),
            "Your function changed the tensors it was given. Write predictions - targets, not -=.",
        )
        return got

    predictions = torch.tensor([[2.0], [2.0], [5.0], [1.0]])
    targets = torch.tensor([[1.0], [2.0], [3.0], [6.0]])  # the errors are 1, 0, 2, -5
    with mock.patch.object(F, "l1_loss", wraps=F.l1_loss) as l1_loss:  # nn.L1Loss calls it too
        got = error(predictions, targets)
        wrong_if(
            abs(abs(got) - 0.5) < 1e-4,
            "Errors above and below cancel each other. Take the absolute value of each error first, then the "
            "mean.",
        )
        wrong_if(
            abs(got - 8) < 1e-4, "That is the sum of the absolute errors. Divide it by how many there are."
        )
        wrong_if(abs(got - 7.5) < 1e-4, "That is the mean of the squares, nn.MSELoss. Here it is abs().")
        wrong_if(
            abs(got - 7.5**0.5) < 1e-4, "That is the root of the mean square. Here it is the mean of abs()."
        )
        wrong_if(abs(got - 30) < 1e-4, "That is the sum of the squares. Here it is the mean of abs().")
        wrong_if(got in (1, 1.5), "That is the median, the error in the middle. Take the mean.")
        wrong_if(got == 5, "That is the largest error. Take the mean of all.")
        wrong_if(
            not abs(got - 2) < 1e-4,
            f"The absolute errors 1, 0, 2 and 5 have the mean 2; you have {got:.4g}."
            if isinstance(got, int | float)
            else "Return a real number.",
        )
        for n, scale in ((1, 1.0), (3, 0.1), (10, 40.0)):
            ramp = torch.arange(float(n)).unsqueeze(dim=1)
            predictions, targets = scale * (ramp - 1.5), scale * (ramp.flip(0) * ramp % 4 - 3)
            right = (predictions - targets).abs().mean().item()
            got = error(predictions, targets)
            wrong_if(
                abs(got - right) > 0.01 and got in (math.floor(right), math.ceil(right)),
                f"The mean absolute error is {right:.4f} here; you have {got:g}. Keep the decimals.",
            )
            wrong_if(
                not abs(got - right) < 1e-4 * max(1.0, right),
                f"4 samples are right; of {n} the mean absolute error is {right:.4f}, you have {got:.4f}. "
                "Is a number of samples fixed in your code?",
            )
        used = l1_loss.called
    wrong_if(used, "The number is right. Now do it without PyTorch's own loss: subtract, abs, mean.")
    return "It is what nn.L1Loss computes: how far off a prediction is on average, in the units of y."


@exercise("01.5")
def step_by_hand(answer: Callable) -> str:
    """Grade ``answer(parameters, learning_rate)``, a step of gradient descent in place."""
    starts = [torch.tensor([1.0, -2.0]), torch.tensor([[3.0]])]
    gradients = [torch.tensor([0.5, -4.0]), torch.tensor([[2.0]])]
    parameters = [start.clone().requires_grad_() for start in starts]
    for parameter, gradient in zip(parameters, gradients, strict=True):
        parameter.grad = gradient.clone()
    given, rate, optimizers = list(parameters), 0.1, []
    hook = register_optimizer_step_pre_hook(lambda optimizer, *_: optimizers.append(optimizer))
    try:
        got = _attempt_step(answer, given, rate)
    finally:
        hook.remove()

    def stepped(step: Callable[[Tensor, Tensor], Tensor]) -> bool:
        """Tell whether the parameters are where this step leads from the start."""
        return all(same(p, step(w, g)) for p, w, g in zip(parameters, starts, gradients, strict=True))

    if stepped(lambda w, g: w):
        wrong_if(
            any(new is not old for new, old in zip(given, parameters, strict=False)),
            "You put new tensors into the list; the model still has the old ones, unchanged. Change each one "
            "in place: parameter -= ...",
        )
        wrong_if(
            got is not None,
            "You return something, but the parameters themselves are as before. Change them in place.",
        )
        raise WrongAnswer(
            "The parameters are as before. `parameter = parameter - ...` only gives the name to a new "
            "tensor; `parameter -= ...` changes the tensor itself."
        )
    wrong_if(
        any(p.grad is None or not torch.equal(p.grad, g) for p, g in zip(parameters, gradients, strict=True)),
        "Your function changed the gradients. It should only read them; zero_grad() is a step of its own.",
    )
    wrong_if(
        stepped(lambda w, g: w + rate * g), "That is uphill: the loss grows along the gradient. Subtract."
    )
    wrong_if(stepped(lambda w, g: w - g), "The step is the whole gradient: multiply it by the learning rate.")
    wrong_if(
        stepped(lambda w, g: w - rate),
        "Each parameter has its own gradient: multiply the learning rate by it.",
    )
    wrong_if(
        stepped(lambda w, g: w - rate * g.sign()),
        "All steps are equally long: you use only the sign of the gradient. Where it is steep, go further.",
    )
    wrong_if(
        same(parameters[0], starts[0] - rate * gradients[0]) and torch.equal(parameters[1], starts[1]),
        "Only the first parameter changed. Is there a return inside your loop?",
    )
    wrong_if(
        not stepped(lambda w, g: w - rate * g),
        "From 1.0 with gradient 0.5 and learning rate 0.1, a step leads to 1.0 - 0.1 · 0.5 = 0.95; you have "
        f"{parameters[0].flatten()[0].item():.4g}.",
    )
    wrong_if(
        any(not p.requires_grad or not p.is_leaf for p in parameters),
        "The numbers are right, but after your step the parameters learn no more: requires_grad is False.",
    )
    wrong_if(
        bool(optimizers), "The numbers are right. Now do it without an optimizer: the update is one line."
    )
    wrong_if(got is not None, "The parameters are right. Return nothing: they were changed in place.")
    _check_steps_of_a_model(answer)
    return "That is all that plain SGD does: parameter -= learning_rate * parameter.grad."


def _attempt_step(answer: Callable, parameters: Any, learning_rate: float) -> Any:
    """Call the learner's step; explain the error that everyone meets here."""
    try:
        return attempt(answer, parameters, learning_rate)
    except WrongAnswer as error:
        wrong_if(
            "leaf Variable that requires grad" in str(error),
            "PyTorch refuses to change a parameter in place while it records operations for backward(). Do "
            "it inside `with torch.no_grad():`.",
        )
        raise


def _check_steps_of_a_model(answer: Callable) -> None:
    """Raise a hint where two steps of a model don't end where SGD ends."""
    X = torch.linspace(0, 1, 6).reshape(3, 2)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model, right = nn.Linear(2, 2), nn.Linear(2, 2)
    right.load_state_dict(model.state_dict())
    for learning_rate in (0.5, 0.02):
        for one in (model, right):
            one.zero_grad()
            (one(X) ** 2).mean().backward()
        torch.optim.SGD(right.parameters(), lr=learning_rate).step()
        try:
            _attempt_step(answer, model.parameters(), learning_rate)
        except WrongAnswer as error:
            raise WrongAnswer(
                f"A list is right, model.parameters() is not, which you can only loop over, once: {error}"
            ) from error
        wrong_if(
            not all(same(p, q) for p, q in zip(model.parameters(), right.parameters(), strict=True)),
            "A list is right, but with model.parameters() the result isn't that of SGD. You can loop over it "
            "only once, and its tensors have other shapes and another learning rate.",
        )


@exercise("01.6")
def train_and_report(answer: Callable) -> str:
    """Grade ``answer(model, X_train, y_train, X_valid, y_valid)``, a training that reports its losses."""
    train, valid = _line_data()
    model = _line_at_zero()
    got = attempt(answer, model, *(part.clone() for part in (*train, *valid)))
    report = _rows(got)
    right_model = _line_at_zero()
    right = _right_report(right_model, 300)
    epochs = [row[0] for row in report]
    wrong_if(
        len(report) == 1, "There is only one row. Does the return stand inside the loop? It belongs after it."
    )
    wrong_if(
        epochs == list(range(300)), "There is a row for every epoch. Add one only where epoch % 20 is 0."
    )
    wrong_if(
        epochs in (list(range(20, 301, 20)), list(range(20, 300, 20))),
        f"Your rows are for the epochs 20, 40 ... {epochs[-1]:g}. Epochs count from 0, and epoch 0 has a row "
        "too.",
    )
    wrong_if(
        epochs == list(range(0, 301, 20)),
        "There is a row for epoch 300, so that is 301 epochs. 300 epochs, counted from 0, end with 299.",
    )
    wrong_if(
        epochs != list(range(0, 300, 20)),
        f"There should be 15 rows, for the epochs 0, 20 ... 280; you have {len(report)}: "
        f"{', '.join(f'{epoch:g}' for epoch in epochs[:4])} ... {epochs[-1]:g}.",
    )
    if not _same_rows(report, right):
        _explain_report(report, right)
    start, end = _line_at_zero(), right_model
    wrong_if(
        _same_weights(model, start),
        "The report is right, but the model that your function was given is unchanged. Train it, not a copy.",
    )
    wrong_if(
        not _same_weights(model, end),
        "The report is right, but the model doesn't end where 300 epochs lead. Is the range(300)?",
    )
    return "Both losses fall together, and the report holds plain numbers, ready for a plot."


def _line_data() -> tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor]]:
    """Return training and validation data on a line that 300 epochs don't quite reach."""
    X_train = torch.linspace(0, 1, 8).unsqueeze(dim=1)
    X_valid = torch.linspace(1.2, 2, 5).unsqueeze(dim=1)
    return (X_train, 2 * X_train + 3), (X_valid, 2 * X_valid + 3)


def _line_at_zero() -> nn.Linear:
    """Return a line with weight 0 and bias 0."""
    model = nn.Linear(1, 1)
    nn.init.zeros_(model.weight)
    nn.init.zeros_(model.bias)
    return model


def _same_weights(one: nn.Module, other: nn.Module) -> bool:
    """Tell whether two models have the same parameters."""
    return all(same(p, q, 1e-4) for p, q in zip(one.parameters(), other.parameters(), strict=True))


def _rows(got: Any) -> list[list[float]]:
    """Return the rows of a report as lists of three numbers; for anything else, a hint."""
    wrong_if(got is None, "Your function returns nothing. Return the list, after the loop.")
    hint = (
        "Return a list with a row of three numbers for every 20th epoch: epoch, training and validation loss."
    )
    wrong_if(not isinstance(got, list | tuple) or not got, hint)
    wrong_if(not all(isinstance(row, list | tuple) and len(row) == 3 for row in got), hint)
    wrong_if(
        any(isinstance(value, Tensor) for row in got for value in row),
        "There are tensors in your report. Take the number out with loss.item(): a loss that stays a tensor "
        "can keep all that backward() needs in memory.",
    )
    return [numbers(row, 1, hint) for row in got]


def _same_rows(report: list[list[float]], right: list[list[float]]) -> bool:
    """Tell whether two reports agree in all rows."""
    return all(
        math.isclose(a, b, rel_tol=1e-4, abs_tol=1e-5)
        for row, other in zip(report, right, strict=True)
        for a, b in zip(row, other, strict=True)
    )


def _right_report(
    model: nn.Module,
    epochs: int,
    loss_fn: nn.Module | None = None,
    learning_rate: float = 0.01,
    zero_grad: bool = True,
    step: bool = True,
    train_after_step: bool = False,
    validate_first: bool = False,
    train_on: str = "train",
    validate_on: str = "valid",
) -> list[list[float]]:
    """Train and report; the switches are the mistakes that a learner may make."""
    data = dict(zip(("train", "valid"), _line_data(), strict=True))
    (X_train, y_train), (X_valid, y_valid) = data[train_on], data[validate_on]
    loss_fn = loss_fn or nn.L1Loss()
    optimizer = torch.optim.SGD(model.parameters(), lr=learning_rate)
    report = []
    for epoch in range(epochs):
        loss = loss_fn(model(X_train), y_train)
        with torch.no_grad():
            before = loss_fn(model(X_valid), y_valid)
        if zero_grad:
            optimizer.zero_grad()
        loss.backward()
        if step:
            optimizer.step()
        if epoch % 20 == 0:
            with torch.no_grad():
                after = loss_fn(model(X_valid), y_valid)
                train_loss = loss_fn(model(X_train), y_train) if train_after_step else loss
            report.append([epoch, train_loss.item(), (before if validate_first else after).item()])
    return report


_MISTAKES: list[tuple[dict[str, Any], str]] = [
    (
        {"zero_grad": False},
        "The first row is right, and then the model goes too far: the gradients of all epochs add up. "
        "optimizer.zero_grad() forgets the old ones.",
    ),
    (
        {"step": False},
        "All rows are the same: the model never changes. A step is zero_grad(), backward(), step(), in this "
        "order, with an optimizer for the parameters of this model.",
    ),
    (
        {"validate_first": True},
        "The training losses are right. The validation loss belongs after the step; yours is from before it.",
    ),
    (
        {"validate_on": "train"},
        "The training losses are right. Your validation loss is measured on the training data.",
    ),
    (
        {"train_after_step": True},
        "The validation losses are right. The training loss of an epoch is the one that its step started "
        "from; yours is measured again after the step.",
    ),
    (
        {"train_on": "valid"},
        "The model learns from the validation data. Then they are no longer a test of what it hasn't seen.",
    ),
    (
        {"train_on": "valid", "validate_on": "train"},
        "You train on the validation data and validate on the training data: exchange the two.",
    ),
    ({"loss_fn": nn.MSELoss()}, "That is what nn.MSELoss gives. The exercise asks for nn.L1Loss."),
    ({"learning_rate": 0.1}, "The steps are ten times too long: the learning rate is 0.01, not 0.1."),
    ({"learning_rate": 0.001}, "The steps are ten times too short: the learning rate is 0.01, not 0.001."),
]


def _explain_report(report: list[list[float]], right: list[list[float]]) -> None:
    """Raise the hint for a report whose losses are wrong."""
    wrong_if(
        _same_rows([[epoch, b, a] for epoch, a, b in report], right),
        "The two losses are swapped: first the training loss, then the validation loss.",
    )
    for mistake, hint in _MISTAKES:  # the first three rows are enough to know it
        wrong_if(_same_rows(report[:3], _right_report(_line_at_zero(), 41, **mistake)), hint)
    for row, other in zip(report, right, strict=True):
        wrong_if(
            not _same_rows([row], [other]),
            f"In the row of epoch {other[0]} the check has a training loss of {other[1]:.4f} and a "
            f"validation loss of {other[2]:.4f}; you have {row[1]:.4f} and {row[2]:.4f}. Does each epoch "
            "make one step of SGD, with learning rate 0.01, on all training data, for the model that was "
            "given?",
        )


@exercise("01.7")
def best_state(answer: Callable) -> str:
    """Grade ``answer(model, train_one_epoch, validation_loss, epochs)``, the state of the best epoch."""
    epoch = _best_epoch(answer, [0.4, 0.6, 0.1, 0.3, 0.2, 0.5])
    wrong_if(epoch == 2, "That is the state of the epoch with the largest loss. The best has the smallest.")
    wrong_if(
        epoch == 6,
        "That is the state of the last epoch; the third had the lowest loss. Copy a state "
        "where its loss is the lowest so far, and remember that loss.",
    )
    wrong_if(
        epoch == 5,
        "You kept epoch 5 because it was better than epoch 4, but epoch 3 was better than both. Compare with "
        "the best loss so far, not with the last one.",
    )
    wrong_if(epoch == 0, "That is the state before any training. Keep it after an epoch, where it is best.")
    wrong_if(
        epoch == 4,
        "Epoch 3 was best, you have the state of epoch 4: measure after the training of an epoch, and copy "
        "before the next one.",
    )
    wrong_if(epoch != 3, f"With losses 0.4, 0.6, 0.1, 0.3, 0.2, 0.5, epoch 3 is best; you have {epoch}.")
    for losses, best, hint in (
        ([0.1, 0.2, 0.3], 1, "Where the first epoch is best, you don't have its state. Measure it too."),
        (
            [0.3, 0.2, 0.1],
            3,
            "Where the last epoch is best, you don't have its state. Measure after training, not before.",
        ),
        ([0.7], 1, "With a single epoch, that one is best."),
        (
            [5000.0, 3000.0, 4000.0],
            2,
            "Losses may be large, such as 5000, 3000, 4000; then you don't have the state of the best. Start "
            'from float("inf"), so that any loss is smaller.',
        ),
    ):
        try:
            epoch = _best_epoch(answer, losses)
        except WrongAnswer as error:
            raise WrongAnswer(hint) from error
        wrong_if(epoch != best, hint)
    return "The copy stays what it was, however long the training goes on."


def _best_epoch(answer: Callable, losses: list[float]) -> float:
    """Return the epoch whose state the answer gives, where the epochs reach these losses."""
    model, trained, asked = _line_at_zero(), 0, 0

    def train_one_epoch(model: nn.Module) -> None:
        nonlocal trained
        trained += 1
        if trained > 50:
            raise RuntimeError("train_one_epoch was called more than 50 times. Does your loop end?")
        with torch.no_grad():
            model.weight.fill_(trained)
            model.bias.fill_(-trained)

    def validation_loss(model: nn.Module) -> float:
        nonlocal asked
        asked += 1
        if asked > 1000:
            raise RuntimeError("validation_loss was called more than 1000 times. Does your loop end?")
        epoch = round(model.weight.item())
        return losses[epoch - 1] if 0 < epoch <= len(losses) else 1e6  # should one ask too early or too late

    for given in (train_one_epoch, validation_loss):  # so that an error names it as the learner knows it
        given.__qualname__ = given.__name__
    got = attempt(answer, model, train_one_epoch, validation_loss, len(losses))
    wrong_if(
        trained != len(losses),
        f"epochs is {len(losses)}, but train_one_epoch(model) was called {trained} times.",
    )
    wrong_if(
        got is None,
        "Your function gives None. Is a return missing, or is no loss smaller than the one you start from?",
    )
    wrong_if(isinstance(got, nn.Module), "That is a model. Return its state dict.")
    wrong_if(isinstance(got, tuple | list), f"Return the state dict alone, not a {type(got).__name__}.")
    hint = "Return a state dict: what model.state_dict() gives, copied in the best epoch."
    wrong_if(not isinstance(got, dict) or set(got) != {"weight", "bias"}, hint)
    wrong_if(not all(isinstance(value, Tensor) and value.numel() == 1 for value in got.values()), hint)
    epoch, bias = got["weight"].item(), got["bias"].item()
    is_last = epoch == trained and losses[-1] != min(losses)
    wrong_if(
        is_last and got["weight"].data_ptr() == model.weight.data_ptr(),
        "You kept the state of the best epoch, but it has become that of the last: a state dict holds the "
        "model's own tensors, and training changes them. Copy it with deepcopy.",
    )
    wrong_if(bias != -epoch, f"The weight is that of epoch {epoch:g}, the bias that of epoch {-bias:g}.")
    return epoch


@exercise("01.8")
def save_and_load(answer: Callable) -> str:
    """Grade ``answer(model, path)``: save a Linear, load it into a new one and return that."""
    model = nn.Linear(1, 1)
    with torch.no_grad():
        model.weight.fill_(1.625)
        model.bias.fill_(-2.375)
    check_saved_and_loaded(answer, model, torch.tensor([[0.0], [1.0], [-3.0]]))
    return "A new model with the saved parameters predicts the same, to the last bit."


@exercise("01.9")
def updates(answer: Callable) -> str:
    """Grade ``answer(n, batch_size, epochs)``, how many steps the optimizer takes."""

    def result(*case: int) -> float:
        return numbers(attempt(answer, *case), 0, "Return one number.")

    got = result(100, 32, 5)
    wrong_if(got == 4, "That is one epoch. There are 5, each with as many steps.")
    wrong_if(got == 15, "The last batch of an epoch has only 4 samples, but it makes a step too. Round up.")
    wrong_if(got == 100 / 32 * 5, "There is no part of a step: the number of batches is a whole number.")
    wrong_if(
        got == 16,
        "You round at the end, for all epochs together. Each epoch has a smaller last batch: round up first, "
        "then multiply.",
    )
    wrong_if(
        got in (3, 100 / 32), "Round up, since the smaller last batch makes a step, and count all 5 epochs."
    )
    wrong_if(got == 5, "That is one step an epoch. There is one for each batch.")
    wrong_if(got in (500, 100), "That is one step a sample. There is one for each batch.")
    wrong_if(got == 160, "Multiply the number of batches by the number of epochs, not by the batch size.")
    wrong_if(
        got != 20, f"100 samples in batches of 32 make 4 steps an epoch, 20 in 5 epochs; you have {got}."
    )
    got = result(64, 32, 5)
    wrong_if(got == 15, "64 samples fill 2 batches of 32 exactly: there is no third, empty one.")
    for case in [
        (64, 32, 5),
        (5, 32, 3),
        (101, 100, 2),
        (1, 1, 1),
        *product(range(1, 13), range(1, 6), (1, 4)),
    ]:
        n, batch_size, epochs = case
        right, got = len(torch.arange(n).split(batch_size)) * epochs, result(*case)
        wrong_if(
            got != right,
            f"With n = {n}, batch_size = {batch_size}, epochs = {epochs} there are {right} steps; "
            f"you have {got}.",
        )
    return "With 80 samples, 300 epochs are 300 steps of all data at once, or 24,000 of one sample each."


@exercise("01.10")
def best_learning_rate(answer: Callable) -> str:
    """Grade ``answer(losses)``, the learning rate with the lowest finite loss."""
    nan, inf = math.nan, math.inf

    def rate(losses: dict[float, float]) -> float:
        given = dict(losses)
        got = attempt(answer, given)
        wrong_if(got is None, "Your function gives None. Is the return missing?")
        got = numbers(got, 0, "Return one number: the learning rate alone.")
        wrong_if(
            list(given) != list(losses), "Your function changed the dict it was given. Leave it as it is."
        )
        known = [*losses, *losses.values()] if isinstance(got, int | float) else []
        return next((number for number in known if math.isclose(got, number, rel_tol=1e-5)), got)

    got = rate({0.001: 0.4, 0.01: 0.05, 0.1: 0.2, 2.0: nan, 10.0: inf})
    wrong_if(got == 0.05, "That is the lowest loss. Return the learning rate that reached it.")
    wrong_if(got == 1, "That is a position in the dict. Return the learning rate that stands there.")
    wrong_if(got == 2.0, "With 2.0 the loss became nan, not a number. Leave such losses out first.")
    wrong_if(got == 10.0, "With 10.0 the loss became inf: the largest rate isn't the best.")
    wrong_if(got == 0.1, "0.1 is the largest rate that stayed finite, but 0.01 has a lower loss.")
    wrong_if(got == 0.001, "0.001 is the smallest rate. It learns too slowly: 0.01 has a lower loss.")
    wrong_if(got != 0.01, f"0.01 has the lowest finite loss, 0.05; you have {got:.6g}.")
    got = rate({2.0: nan, 10.0: inf, 0.1: 0.2, 0.01: 0.05, 0.001: 0.4})
    wrong_if(
        got == 2.0,
        "In another order of the dict, with nan first, you choose nan. Every comparison with nan is False, "
        "so min() keeps the nan it starts from. Leave out what isn't finite first.",
    )
    wrong_if(got != 0.01, f"The order in the dict shouldn't matter: 0.01 is best again; you have {got:.6g}.")
    for losses, right, hint in (
        ({5.0: inf, 0.5: nan, 0.05: 3000.0, 0.2: 2000.0}, 0.2, "Losses may be large, such as 3000 and 2000."),
        ({0.3: 0.2, 0.03: 0.0, 3.0: nan}, 0.03, "A loss of 0.0 is finite, and the lowest there is."),
        ({0.3: 0.5, 0.1: nan, 0.03: 0.7, 0.01: nan, 3.0: 0.1}, 3.0, "nan may stand anywhere in the dict."),
        ({0.1: inf, 0.2: 0.3}, 0.2, "Only one loss may be finite."),
    ):
        got = rate(losses)
        wrong_if(got != right, f"{hint} For {losses} it is {right}; you have {got:.6g}.")
    return "nan is neither smaller nor larger than any number, so it has to go before you search."


def _tensors(got: Any, count: int, hint: str) -> list[Tensor]:
    """Return that many tensors of real numbers, apart from any graph; for anything else, the hint."""
    wrong_if(not isinstance(got, tuple | list) or len(got) != count, hint)
    wrong_if(not all(isinstance(part, Tensor) and not part.is_complex() for part in got), hint)
    return [part.detach().cpu() for part in got]
