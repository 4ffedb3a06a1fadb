"""Lesson 02, classification: the graders of its exercises."""

import copy
from collections.abc import Callable
from itertools import pairwise, permutations
from typing import Any

import torch
from sklearn.datasets import make_moons, make_swiss_roll
from torch import Tensor, nn
from torch.nn import functional as F

from helpers.checks import WrongAnswer, attempt, exercise
from helpers.exercises.grading import by_hand, numbers, pair, same, wrong_if

FRESH = 20_000  # the random_state of the points that models are graded on; no learner trains on these


def _values(got: Any, shape: tuple[int, ...], hint: str = "") -> Tensor:
    """Return an answer's numbers as a float64 tensor of this shape; a hint for anything else."""
    wrong_if(got is None, "Your function returns nothing: it needs a return.")
    try:
        found = torch.as_tensor(got).detach().cpu().to(torch.float64)
    except (TypeError, ValueError, RuntimeError, OverflowError):
        raise WrongAnswer(f"Return a tensor of shape {list(shape)}, not a {type(got).__name__}.") from None
    wrong_if(
        found.shape != shape,
        f"The result should have shape {list(shape)}; yours has {list(found.shape)}. {hint}".strip(),
    )
    return found


def _rounded(values: Tensor) -> list:
    """Return a tensor's numbers as a list that is short to read."""
    return values.double().round(decimals=3).tolist()


@exercise("02.1")
def tanh_by_hand(answer: Callable) -> str:
    """Grade ``answer(x)``, the hyperbolic tangent of each number."""
    x = torch.tensor([-2.0, -0.5, 0.0, 1.0, 3.0])
    got = _values(by_hand(answer, x, ready_made=("tanh",)), (5,), "tanh keeps the shape of x.")
    up, down = x.exp(), (-x).exp()
    for mistake, hint in (
        (up / (up + down), "That is sigmoid(2x), between 0 and 1. tanh has a minus in the numerator."),
        (x.sigmoid(), "That is the sigmoid, between 0 and 1. tanh lies between -1 and 1, and tanh(0) is 0."),
        ((up + down) / (up - down), "It is upside down: the difference goes above, the sum below."),
        (
            (up - down) / (up - down),
            "The same stands above and below, so it is always 1 (and 0 / 0 at x = 0). Mind the signs: the "
            "difference above, the sum below.",
        ),
        (torch.ones(5), "It is 1 everywhere: the sum stands above and below. The difference goes above."),
        (-x.tanh(), "The sign is turned round: tanh(1) is positive. Which exponential is subtracted?"),
        (up - down / up + down, "/ binds tighter than + and -: put brackets round both parts."),
        (up - down, "That is the numerator. It is still to be divided, by the sum of the two exponentials."),
        (x.sinh(), "That is sinh(x), divided by 2. Divide the difference by the sum of the exponentials."),
        (
            (x / 2).tanh(),
            "That is tanh(x / 2): in the form with one exponential, it is exp(2x), not exp(x).",
        ),
    ):
        wrong_if(same(got, mistake), hint)
    wrong_if(
        not same(got, x.tanh()),
        f"For {x.tolist()}, tanh is {_rounded(x.tanh())}; you have {_rounded(got)}.",
    )
    for x in (torch.linspace(-5, 5, 101), torch.linspace(-1.5, 1.5, 6).reshape(2, 3)):
        got = _values(by_hand(answer, x), tuple(x.shape), "tanh keeps the shape of x.")
        wrong_if(
            not same(got, x.tanh()),
            f"The first numbers are right; from {x.min():g} to {x.max():g}, in shape {list(x.shape)}, some "
            "are not.",
        )
    return "Between -1 and 1, 0 at 0, and flat far out: there, almost no gradient passes."


@exercise("02.2")
def leaky_relu(answer: Callable) -> str:
    """Grade ``answer(x, slope)``, LeakyReLU of each number."""

    def result(x: Tensor, slope: float) -> Tensor:
        got = by_hand(answer, x, slope, ready_made=("leaky_relu", "prelu", "rrelu"))
        return _values(got, tuple(x.shape), "LeakyReLU keeps the shape of x.")

    x, slope = torch.tensor([-3.0, -1.0, -0.5, 0.0, 0.5, 2.0]), 0.1
    got, right = result(x, slope), F.leaky_relu(x, slope)
    for mistake, hint in (
        (x.relu(), "That is the plain ReLU: negative numbers become 0. Here they keep slope times x."),
        (torch.where(x > 0, slope * x, x), "The slope is on the wrong side: it belongs to negative numbers."),
        (torch.where(x > 0, slope * x, 0), "The slope is on the wrong side: it belongs to negative numbers."),
        (slope * x, "You multiply all numbers by slope. Positive numbers stay as they are."),
        (x.abs(), "That is the absolute value. A negative number stays negative, times slope."),
        (torch.where(x > 0, x, -slope * x), "A negative number times slope stays negative: mind the sign."),
        (x.relu() + slope * x, "Positive numbers got slope * x on top. Only negative ones get it."),
        (x, "All numbers came back as they were. Negative ones are to be multiplied by slope."),
        (
            torch.where(x > 0, x, slope),
            "Negative numbers became slope itself; they become slope times x.",
        ),
        (torch.where(x > 0, x, -slope), "Negative numbers became -slope; they become slope times x."),
        (
            F.leaky_relu(x, 0.01),
            "You used a slope of 0.01, the default of nn.LeakyReLU. Use the slope that is given.",
        ),
        (torch.where(x > 0, x, x / slope), "You divided negative numbers by slope. Multiply."),
    ):
        wrong_if(same(got, mistake), hint)
    wrong_if(
        not same(got, right),
        f"For {x.tolist()} and slope 0.1 it is {_rounded(right)}; you have {_rounded(got)}.",
    )
    for other, slope in (
        (x, 0.5),
        (x, 0.0),
        (torch.linspace(-2, 3, 6).reshape(3, 2), 0.2),
        (torch.linspace(-4, -1, 4), 0.3),
        (torch.linspace(1, 4, 4), 0.3),
    ):
        got, right = result(other, slope), F.leaky_relu(other, slope)
        wrong_if(
            not same(got, right),
            f"For {_rounded(other)} and slope {slope} it is {_rounded(right)}; you have {_rounded(got)}.",
        )
    return "Left of 0 the derivative is slope and not 0: a unit that is negative can still learn."


@exercise("02.3")
def softmax_by_hand(answer: Callable) -> str:
    """Grade ``answer(logits)``, the probabilities of each row."""

    def result(logits: Tensor) -> Tensor:
        try:
            got = by_hand(answer, logits, ready_made=("softmax", "log_softmax", "softmin"))
        except WrongAnswer as error:
            if "must match the size" in str(error):
                raise WrongAnswer(
                    f"{error}. One number a row has shape [N]; keepdim=True keeps it as [N, 1], which fits "
                    "[N, classes]."
                ) from error
            raise
        return _values(got, tuple(logits.shape), "There is a probability for each logit.")

    logits = torch.tensor([[1.0, 2.0, 4.0], [0.5, 0.0, -1.0]])
    got, exp = result(logits), logits.exp()
    for mistake, hint in (
        (logits.softmax(dim=0), "Here each column adds up to 1. A row is one sample: sum over dim=1."),
        (
            logits / logits.sum(dim=1, keepdim=True),
            "You divided the logits themselves, and some are negative. Take exp of them first.",
        ),
        (
            exp / exp.sum(),
            "All rows together add up to 1. Each row should: divide by the row's own total (dim=1).",
        ),
        (exp, "Those are the exponentials. Divide each row by its total, so that it adds up to 1."),
        (
            exp / exp.max(dim=1, keepdim=True).values,
            "The largest entry of each row is 1, so the row adds up to more. Divide by the row's sum.",
        ),
        (logits.log_softmax(dim=1), "Those are the logarithms of the probabilities: no log is needed."),
        (logits.sigmoid(), "That is the sigmoid of each logit on its own; a row must add up to 1."),
        (
            (logits / logits.max(dim=1, keepdim=True).values).softmax(dim=1),
            "Dividing by the maximum changes the probabilities. Subtracting it doesn't.",
        ),
        (
            (logits / logits.max()).softmax(dim=1),
            "Dividing by the maximum changes the probabilities. Subtracting it doesn't.",
        ),
        (
            (logits - logits.max(dim=0).values).softmax(dim=1),
            "You subtracted the maximum of each column, so the logits of one row lost different numbers. "
            "Subtract the maximum of each row (dim=1).",
        ),
        ((-logits).softmax(dim=1), "The smallest logit got the largest probability: mind the sign."),
    ):
        wrong_if(same(got, mistake), hint)
    wrong_if(
        not same(got, logits.softmax(dim=1)),
        f"For {logits.tolist()} it is {_rounded(logits.softmax(dim=1))}; you have {_rounded(got)}.",
    )
    logits = torch.tensor([[1000.0, 999.0, 998.0], [0.0, 1.0, 2.0]])
    got = result(logits)
    wrong_if(
        not bool(got[0].isfinite().all()),
        "Ordinary logits are right, but exp(1000) is inf, and inf / inf is nan. Subtract the row's maximum "
        "first: exp then gets at most 0, and the probabilities don't change.",
    )
    wrong_if(
        not bool(got[1].isfinite().all()),
        "A row with logits of 1000 turned another row into nan. Each row needs its own maximum (dim=1), not "
        "that of the whole batch.",
    )
    wrong_if(
        not same(got, logits.softmax(dim=1)),
        f"Logits of 1000, 999, 998 give 0.665, 0.245, 0.090, as 2, 1, 0 do; you have {_rounded(got[0])}.",
    )
    for logits in (
        torch.tensor([[-1000.0, -1001.0]]),
        torch.tensor([[3.0, -1.0, 0.0], [1.0, 1.0, 1.0], [-2.0, 500.0, 0.5]]),
        torch.tensor([[0.0], [7.0]]),
        torch.linspace(-9, 9, 20).reshape(4, 5).sin() * 6,
    ):
        got, right = result(logits), logits.softmax(dim=1)
        wrong_if(
            not same(got, right),
            f"For {_rounded(logits)} it is {_rounded(right)}; you have {_rounded(got)}.",
        )
    return "Each row adds up to 1, whatever the size of the logits."


@exercise("02.4")
def binary_labels(answer: Callable) -> str:
    """Grade ``answer(logits)``, the labels [N] of logits [N, 1]."""
    logits = torch.tensor([[-2.0], [0.3], [0.7], [-0.1], [3.0], [-0.8]])
    raw = by_hand(answer, logits)
    if isinstance(raw, Tensor) and raw.shape == (6, 1):
        raise WrongAnswer(
            "The labels have shape [6, 1], and should have [6]: squeeze(dim=1) drops the last dimension."
        )
    got = _values(raw, (6,), "There is one label for each row.")
    right = torch.tensor([0, 1, 1, 0, 1, 0])
    for mistake, hint in (
        (
            (logits > 0.5).squeeze(1),
            "You compared the logits with 0.5. That is the threshold of probabilities: take the sigmoid "
            "first, or compare the logits with 0.",
        ),
        (
            logits.round().squeeze(1),
            "You rounded the logits. Round the probabilities: take the sigmoid first.",
        ),
        (logits.sigmoid().squeeze(1), "Those are the probabilities. A label is 1 above 0.5, else 0."),
        (logits.squeeze(1), "Those are the logits still. Turn them into probabilities, then into labels."),
        (
            torch.zeros(6),
            "All labels are 0. argmax over the only column always finds column 0: a single logit needs a "
            "threshold, not an argmax.",
        ),
        (
            torch.ones(6),
            "All labels are 1. A softmax over a single column is always 1, and a sigmoid of a sigmoid is "
            "always above 0.5. One sigmoid is enough.",
        ),
        (1 - right, "0 and 1 are turned round: a positive logit means class 1."),
        (2 * right - 1, "The classes are 0 and 1; you return -1 and 1."),
    ):
        wrong_if(same(got, mistake), hint)
    wrong_if(not same(got, right), f"The labels are {right.tolist()}; yours are {_rounded(got)}.")
    wrong_if(
        torch.as_tensor(raw).dtype == torch.bool,
        "They are right, as True and False. Labels are numbers: add .long(), or .float() for a loss.",
    )
    for logits in (torch.tensor([[0.2]]), torch.tensor([[-4.0]]), torch.linspace(-3, 3.2, 32)[:, None]):
        n = len(logits)
        got = _values(
            by_hand(answer, logits),
            (n,),
            "A batch may hold a single row. A squeeze() without dim drops its dimension too: squeeze(dim=1).",
        )
        right = (logits[:, 0] > 0).long()
        wrong_if(
            not same(got, right),
            f"For the logits {_rounded(logits[:, 0])} the labels are {right.tolist()}; you have "
            f"{_rounded(got)}.",
        )
    return "A probability above 0.5 is a logit above 0, so the sigmoid is not even needed for the label."


@exercise("02.5")
def loss_from_logits(answer: Callable) -> str:
    """Grade ``answer(logits, targets)``, the mean binary cross-entropy that survives large logits."""

    def loss(logits: list[float], targets: list[float]) -> float:
        got = by_hand(
            answer,
            torch.tensor(logits),
            torch.tensor(targets),
            ready_made=("binary_cross_entropy_with_logits", "cross_entropy"),
        )
        wrong_if(got is None, "Your function returns nothing: it needs a return.")
        if isinstance(got, Tensor) and got.ndim > 0:
            raise WrongAnswer(
                f"You return a tensor of shape {list(got.shape)}. The loss is one number: the mean over all."
            )
        return float(numbers(got, 0, "Return the loss as one number, the mean over all samples."))

    def close(one: float, other: float) -> bool:
        return abs(one - other) <= 1e-4 * max(1, abs(other))

    logits, targets = [0.5, -1.2, 2.0, -0.3], [1.0, 0.0, 0.0, 1.0]
    z, y = torch.tensor(logits), torch.tensor(targets)
    p, right = z.sigmoid(), F.binary_cross_entropy_with_logits(z, y).item()
    got = loss(logits, targets)
    for mistake, hint in (
        (4 * right, "That is the sum over the samples. Take the mean."),
        (-right, "The sign is turned round: a loss is positive here, since the logarithms are negative."),
        (-4 * right, "That is the sum, with the sign turned round: take minus the mean."),
        (
            F.binary_cross_entropy_with_logits(z, 1 - y).item(),
            "Targets 0 and 1 are turned round: for target 1 the loss is small where the logit is large.",
        ),
        (
            -(y * p.log()).mean().item(),
            "Samples of target 0 add nothing to your loss. (1 - y) * log(1 - p) is missing.",
        ),
        (
            -((1 - y) * (1 - p).log()).mean().item(),
            "Samples of target 1 add nothing to your loss. y * log(p) is missing.",
        ),
        ((p - y).square().mean().item(), "That is the mean squared error of the probabilities."),
        (
            F.binary_cross_entropy_with_logits(p, y).item(),
            "You took the sigmoid first, and then the loss for logits: that is one sigmoid too many.",
        ),
        (
            (z.relu() - z * y + (1 + (-z).exp()).log()).mean().item(),
            "Nearly. The last part is log(1 + exp(-|z|)): the absolute value is missing.",
        ),
        (
            (z.relu() - z * y + (1 + z.abs().exp()).log()).mean().item(),
            "Nearly. The last part is log(1 + exp(-|z|)): the minus is missing.",
        ),
        (
            (z.relu() + z * y + (1 + (-z.abs()).exp()).log()).mean().item(),
            "Nearly. z * y is subtracted, not added.",
        ),
    ):
        wrong_if(close(got, mistake), hint)
    wrong_if(
        not close(got, right),
        f"For logits {logits} and targets {targets} the loss is {right:.4f}; you have {got:.4f}.",
    )
    for logit, target, right in ((200, 0, 200), (-200, 1, 200), (200, 1, 0), (-200, 0, 0)):
        got = loss([float(logit)], [float(target)])
        case = f"a logit of {logit} with target {target} has a loss of {right}"
        wrong_if(
            not abs(got) < float("inf"),
            f"Ordinary logits are right, but {case}, and you have {got}. In float32 the sigmoid of 200 is "
            "exactly 1, so that log(1 - p) is -inf; and exp(200) alone is inf. Only take exp(-|z|).",
        )
        wrong_if(
            close(got, 100),
            f"Ordinary logits are right, but {case}; you have 100. BCELoss too cuts its logarithms off at "
            "-100. Start from the logits, without a sigmoid.",
        )
        wrong_if(
            not close(got, right),
            f"Ordinary logits are right, but {case}; you have {got:.4g}. A number added to the probability, "
            "or a limit on it or on the logit, hides the loss. Start from the logits, without a sigmoid.",
        )
    z, y = 8 * torch.linspace(-9, 9, 25).sin(), (torch.arange(25) % 3 == 0).float()
    got, right = loss(z.tolist(), y.tolist()), F.binary_cross_entropy_with_logits(z, y).item()
    wrong_if(not close(got, right), f"For 25 logits the loss should be {right:.4f}; you have {got:.4f}.")
    return "A logit of 200 that is wrong costs 200, as in BCEWithLogitsLoss, and nothing overflows."


@exercise("02.6")
def make_network(answer: Callable) -> str:
    """Grade ``answer(sizes)``: linear layers of these sizes in an nn.Sequential, non-linearities between."""
    for sizes in ([2, 16, 16, 3], [4, 8, 1], [5, 3], [2, 8, 8, 8, 8, 2]):
        given = list(sizes)
        try:
            got = attempt(answer, given)
        except WrongAnswer as error:
            wrong_if(
                "list is not a Module subclass" in str(error),
                "nn.Sequential wants the layers themselves, not a list of them: nn.Sequential(*layers), with "
                "the star.",
            )
            wrong_if(
                "relu is not a Module subclass" in str(error),
                "torch.relu is a function. In an nn.Sequential stands the layer: nn.ReLU(), with brackets.",
            )
            raise
        wrong_if(got is None, "Your function returns nothing: it needs a return.")
        wrong_if(
            isinstance(got, list | tuple | nn.ModuleList),
            "That is a list of layers, and not yet a model: nn.Sequential(*layers) runs them in order.",
        )
        wrong_if(
            not isinstance(got, nn.Sequential), f"Return an nn.Sequential; you return a {type(got).__name__}."
        )
        wrong_if(given != sizes, "Your function changed the list of sizes it was given.")
        _check_network(got, sizes)
    return "The sizes are all that differs between many networks: one function makes them all."


SOFTMAX = (nn.Softmax, nn.LogSoftmax, nn.Softmin, nn.Softmax2d)


def _check_network(network: nn.Sequential, sizes: list[int]) -> None:
    """Raise a hint where the network isn't one of linear layers of these sizes and activations between."""
    layers = _flat(network)
    linear = [layer for layer in layers if isinstance(layer, nn.Linear)]
    found = [(layer.in_features, layer.out_features) for layer in linear]
    right = list(pairwise(sizes))
    wrong_if(not linear, f"For sizes {sizes} there are no linear layers in your network.")
    for layer in layers:
        wrong_if(
            not isinstance(layer, nn.Linear) and not _is_activation(layer),
            f"Besides linear layers, only non-linearities were asked for, and no {type(layer).__name__}.",
        )
    wrong_if(
        found == [(b, a) for a, b in right] != right,
        "The sizes of each layer are swapped: it is nn.Linear(in_features, out_features).",
    )
    wrong_if(
        found == right[:-1],
        f"For sizes {sizes} the last layer, {sizes[-2]} to {sizes[-1]}, is missing.",
    )
    wrong_if(
        len(found) == len(sizes) != len(right) and found[: len(right)] == right,
        f"For sizes {sizes} there is a layer too many: {len(sizes)} sizes make {len(right)} layers.",
    )
    wrong_if(
        found != right,
        f"For sizes {sizes} the linear layers are {right} (in, out); yours are {found}.",
    )
    wrong_if(
        len({id(layer) for layer in linear}) < len(linear),
        "One and the same linear layer stands there twice, so both share their weights. Make a new nn.Linear "
        "for each place.",
    )
    last = layers[-1]
    wrong_if(
        isinstance(last, (nn.Sigmoid, nn.LogSigmoid, *SOFTMAX)),
        f"For sizes {sizes} your network ends in {type(last).__name__}. It should end in logits: the loss "
        "has its own sigmoid or softmax.",
    )
    wrong_if(
        not isinstance(last, nn.Linear),
        f"For sizes {sizes} your network ends in {type(last).__name__}. Logits may be any number: nothing "
        "comes after the last linear layer.",
    )
    wrong_if(
        not isinstance(layers[0], nn.Linear),
        f"Your network starts with {type(layers[0]).__name__}: what is negative in the input would be lost, "
        "or bent. Start with a linear layer.",
    )
    for before, after in pairwise(layers):
        wrong_if(
            isinstance(before, nn.Linear) and isinstance(after, nn.Linear),
            f"For sizes {sizes}, two linear layers follow each other with nothing between: together they do "
            "no more than one linear layer. Put a ReLU between.",
        )
        wrong_if(
            _is_activation(before) and _is_activation(after),
            "Two non-linearities follow each other. One between two linear layers is enough.",
        )
        wrong_if(
            isinstance(before, SOFTMAX),
            "A softmax between layers is no good non-linearity: take a ReLU.",
        )
    logits = attempt(network, torch.linspace(-1, 1, 5 * sizes[0]).reshape(5, sizes[0]))
    wrong_if(
        not isinstance(logits, Tensor) or logits.shape != (5, sizes[-1]),
        f"For sizes {sizes}, 5 samples should give logits of shape [5, {sizes[-1]}].",
    )


def _flat(network: nn.Sequential) -> list[nn.Module]:
    """Return the layers of a Sequential in order, those of Sequentials in it included."""
    return [
        inner
        for layer in network
        for inner in (_flat(layer) if isinstance(layer, nn.Sequential) else [layer])
    ]


def _is_activation(layer: nn.Module) -> bool:
    """Tell whether a layer is one of torch's activation functions."""
    return type(layer).__module__ == nn.ReLU.__module__ and not isinstance(layer, nn.MultiheadAttention)


@exercise("02.7")
def precision_and_recall(answer: Callable) -> str:
    """Grade ``answer(y_true, y_pred)``, precision and recall of class 1, as fractions."""

    def result(y_true: Tensor, y_pred: Tensor) -> tuple[float, float]:
        try:
            got = by_hand(answer, y_true, y_pred)
        except WrongAnswer as error:
            wrong_if(
                "ZeroDivisionError" in str(error) and not y_pred.any(),
                "The model may never say 1, and then you divide by 0. Precision shall be 0 in this case.",
            )
            raise
        return pair(got, "Return two numbers: precision, then recall.")

    def close(one: tuple[float, float], other: tuple[float, float]) -> bool:
        return all(abs(a - b) < 0.006 for a, b in zip(one, other, strict=True))

    # 3 of 4 found positives are right; 3 of 6 true positives are found; 5 of the 6 zeros are left alone
    y_true = torch.tensor([1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0])
    y_pred = torch.tensor([1, 1, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0])
    got = result(y_true, y_pred)
    wrong_if(close(got, (0.5, 0.75)), "The other way round: first precision, then recall.")
    wrong_if(
        close(got, (75, 50)), "Those are percent. Precision and recall are asked for as fractions, 0 to 1."
    )
    wrong_if(close(got, (5 / 8, 5 / 6)), "Those are precision and recall of class 0. Class 1 is asked for.")
    wrong_if(
        any(abs(value - 8 / 12) < 0.006 for value in got),
        "8 of 12 right is the accuracy. Precision looks only at what was predicted as 1, recall only at what "
        "is 1.",
    )
    wrong_if(
        any(abs(value - 3 / 12) < 0.006 for value in got),
        "You divided by the number of all samples. Precision divides by how many were predicted as 1, recall "
        "by how many are 1.",
    )
    wrong_if(
        close(got, (0.75, 5 / 6)),
        "The second is the share of the zeros that are right; recall is that of the ones.",
    )
    wrong_if(got == (0, 0), "Both are 0. Did you divide with //? It cuts the fraction off: divide with /.")
    wrong_if(close(got, (3, 3)), "That is how many were found. Divide it, each time by another total.")
    wrong_if(
        not close(got, (0.75, 0.5)),
        "3 of the 4 samples predicted as 1 are 1 (precision 0.75), and 3 of the 6 that are 1 were found "
        f"(recall 0.5); you have {got}.",
    )
    y_true = torch.tensor([0, 1, 0, 1])
    got = result(y_true, torch.zeros(4, dtype=torch.int64))
    wrong_if(
        got[0] != got[0],
        "Where no sample is predicted as 1, your precision is nan (0 / 0). It shall be 0 then.",
    )
    wrong_if(
        not close(got, (0, 0)),
        f"Where no sample is predicted as 1, precision shall be 0, and recall is 0; you have {got}.",
    )
    for true, predicted in (
        ([0, 1, 0, 1], [1, 0, 1, 0]),
        ([0, 1, 0, 1, 0], [1, 1, 1, 1, 1]),
        ([1, 1, 1], [1, 1, 1]),
        ([0, 0, 0, 0, 1], [0, 0, 0, 0, 1]),
        ([1, 0, 1, 1, 0, 1, 0], [0, 1, 1, 1, 0, 1, 0]),
        ([1, 1, 1, 1, 1, 1, 1, 0, 0], [1, 0, 0, 0, 0, 0, 0, 1, 1]),
    ):
        found = sum(a * b for a, b in zip(true, predicted, strict=True))
        right = found / sum(predicted), found / sum(true)
        got = result(torch.tensor(true), torch.tensor(predicted))
        wrong_if(
            not close(got, right),
            f"For y_true {true} and y_pred {predicted}, {found} of {sum(predicted)} predicted ones are right "
            f"and {found} of {sum(true)} true ones are found; you have {got}.",
        )
    return "A model that always says no gets 0 and 0, however high its accuracy is."


def _make_spirals(arms: int, points: int, noise: float, seed: int) -> tuple[Tensor, Tensor]:
    """Return points [arms * points, 2] and their arms [arms * points]: the make_spirals of lesson 02."""
    points_of_arms, labels = [], []
    for arm in range(arms):
        roll, _ = make_swiss_roll(points, noise=noise, random_state=seed + arm)  # [points, 3]
        x_axis, y_axis = torch.tensor(roll[:, [0, 2]], dtype=torch.float32).T / 15  # from above
        angle = torch.tensor(2 * torch.pi * arm / arms)
        x_turned = x_axis * angle.cos() - y_axis * angle.sin()
        y_turned = x_axis * angle.sin() + y_axis * angle.cos()
        points_of_arms.append(torch.stack([x_turned, y_turned], dim=1))
        labels.append(torch.full((points,), arm))
    return torch.cat(points_of_arms), torch.cat(labels)


def _logits(model: nn.Module, *inputs: Tensor) -> list[Tensor]:
    """Return what a model in eval mode gives for each input; its own modes and device stay as they are."""
    wrong_if(isinstance(model, type), "That is the class; the answer is a trained model, an instance of it.")
    wrong_if(
        isinstance(model, dict), "That is a dictionary, such as a state_dict or a history. Give the model."
    )
    wrong_if(isinstance(model, Tensor), "That is a tensor. The check has its own points: give it the model.")
    wrong_if(not isinstance(model, nn.Module), "The answer is a trained model, an instance of an nn.Module.")
    modes = [(module, module.training) for module in model.modules()]
    device = next(model.parameters(), inputs[0]).device
    model.eval()
    try:
        with torch.no_grad():
            outputs = [attempt(model, points.clone().to(device)) for points in inputs]
    finally:
        for module, mode in modes:
            module.training = mode
    for points, output in zip(inputs, outputs, strict=True):
        wrong_if(
            not isinstance(output, Tensor),
            f"The model gives no tensor but a {type(output).__name__}.",
        )
        wrong_if(
            output.ndim == 0 or len(output) != len(points),
            f"{len(points)} points should give {len(points)} rows of logits; the model gives shape "
            f"{list(output.shape)}.",
        )
    outputs = [output.cpu() for output in outputs]
    wrong_if(
        not all(output.is_floating_point() for output in outputs),
        "The model gives labels. Its forward should end with the logits; labels are made outside.",
    )
    wrong_if(
        not all(bool(output.isfinite().all()) for output in outputs),
        "The model gives nan or inf: training went out of bounds. Try a smaller learning rate.",
    )
    return outputs


def _accuracy(predictions: Tensor, y: Tensor) -> float:
    """Return the percentage of right labels."""
    return 100 * (predictions == y).float().mean().item()


def _check_ends(logits: Tensor) -> None:
    """Raise a hint where the logits show a model that is dead, or ends in a softmax or a ReLU."""
    wrong_if(
        torch.allclose(logits, logits[:1], atol=1e-6),
        "The model gives the same for every point, so it learned nothing. Too large a learning rate can do "
        "this: it kills all units of a ReLU.",
    )
    if logits.ndim == 2:
        wrong_if(
            bool((logits >= 0).all()) and torch.allclose(logits.sum(dim=1), torch.ones(len(logits))),
            "The model ends in a softmax. Give logits: CrossEntropyLoss has its own softmax.",
        )
    wrong_if(
        bool((logits >= 0).all()) and (logits == 0).float().mean().item() > 0.05,
        "The model ends in a ReLU, so no logit can be negative. Nothing comes after the last linear layer.",
    )


def _is_straight(logits: Tensor, at_the_middle: Tensor) -> bool:
    """Tell whether a model is linear, from its logits for points and for the middle of two points each."""
    middle = (logits + logits.flip(0)) / 2
    return torch.allclose(at_the_middle, middle, atol=1e-4 * logits.abs().max().item(), rtol=0)


def _middles(X: Tensor) -> Tensor:
    """Return the middle of each point and its partner from the other end of the list."""
    return (X + X.flip(0)) / 2


@exercise("02.8")
def moons_model(answer: nn.Module) -> str:
    """Grade a model that was trained on two moons: logits [N], [N, 1] or [N, 2], on fresh points."""
    points, labels = make_moons(1000, noise=0.1, random_state=FRESH)
    points, y = torch.tensor(points, dtype=torch.float32), torch.tensor(labels)
    logits, at_the_middle = _logits(answer, points, _middles(points))
    if logits.ndim == 2 and logits.shape[1] == 1:
        logits, at_the_middle = logits.squeeze(1), at_the_middle.squeeze(1)
    two = logits.ndim == 2 and logits.shape[1] == 2
    wrong_if(
        logits.ndim != 1 and not two,
        "Two classes need one logit for each point, or two; for 1000 points the model gives shape "
        f"{list(logits.shape)}.",
    )
    in_0_to_1 = not two and bool(((logits >= 0) & (logits <= 1)).all())
    as_probabilities = _accuracy((logits > 0.5).long(), y) if in_0_to_1 else 0
    wrong_if(
        as_probabilities >= 75 and bool(((logits == 0) | (logits == 1)).all()),
        "The model gives labels, 0 and 1. Its forward should end with the logits.",
    )
    _check_ends(logits)
    wrong_if(
        as_probabilities >= 75,
        "All that the model gives lies between 0 and 1: it ends in a sigmoid. Give logits; BCEWithLogitsLoss "
        "has its own sigmoid.",
    )
    accuracy = _accuracy(logits.argmax(dim=1) if two else (logits > 0).long(), y)
    found = f"{accuracy:.1f} % of fresh points are right"
    wrong_if(
        accuracy < 96 and _is_straight(logits, at_the_middle),
        f"The model is linear, and {found}: a straight line can't do better than about 89 % on moons. "
        "Put a non-linearity between two layers.",
    )
    wrong_if(
        not two and accuracy < 96 <= _accuracy((logits > 0.5).long(), y),
        f"Only {found} with a threshold of 0, but enough with 0.5: what the model gives is no "
        "logit. Train with BCEWithLogitsLoss.",
    )
    wrong_if(
        accuracy <= 15,
        f"Only {found}: the model knows the moons, but takes each for the other. Were 0 and 1 swapped?",
    )
    wrong_if(
        accuracy < 65,
        f"Only {found}, hardly better than guessing. Is it a model that was trained (backward and step), on "
        "points and labels that belong together?",
    )
    wrong_if(
        accuracy < 96,
        f"Only {found}; at least 96 % is asked for. Train for more epochs, or with Adam, or "
        "give the layers more units.",
    )
    return f"On 1000 fresh points, {accuracy:.1f} % are right."


@exercise("02.9")
def spiral_model(answer: nn.Module) -> str:
    """Grade a model that was trained on three spiral arms: logits [N, 3], on fresh points."""
    points, y = _make_spirals(arms=3, points=500, noise=0.3, seed=FRESH)
    logits, at_the_middle = _logits(answer, points, _middles(points))
    wrong_if(
        logits.ndim == 1 or logits.shape[1] == 1,
        "The model gives one logit for each point. That is for two classes; three arms need three logits.",
    )
    wrong_if(
        logits.shape[1] == 2, "The model gives two logits for each point; three arms need out_features=3."
    )
    wrong_if(
        logits.shape != (1500, 3),
        f"1500 points should give logits of shape [1500, 3]; the model gives {list(logits.shape)}.",
    )
    _check_ends(logits)
    predictions = logits.argmax(dim=1)
    accuracy = _accuracy(predictions, y)
    found = f"{accuracy:.1f} % of fresh points are right"
    wrong_if(
        accuracy < 95 and _is_straight(logits, at_the_middle),
        f"The model is linear, and {found}: straight lines can't part spirals. Put a non-linearity between "
        "two layers.",
    )
    wrong_if(
        len(predictions.unique()) < 3,
        f"The model never answers with one of the three arms, and {found}. Was it trained, and on three "
        "arms: make_spirals(3, ...)?",
    )
    wrong_if(
        accuracy < 95
        and any(_accuracy(torch.tensor(arms)[predictions], y) >= 95 for arms in permutations(range(3))),
        f"Only {found}: the model knows the arms, but numbers them in another order than make_spirals.",
    )
    wrong_if(
        accuracy < 43,
        f"Only {found}, hardly better than guessing among three. Is it a model that was trained (backward "
        "and step), on points and labels that belong together?",
    )
    wrong_if(
        accuracy < 95,
        f"Only {found}; at least 95 % is asked for. Spirals take more than moons: wider "
        "layers, two hidden ones, Adam, more epochs.",
    )
    return f"On 1500 fresh points of three arms, {accuracy:.1f} % are right."


@exercise("02.10")
def best_optimizer(answer: Callable) -> str:
    """Grade ``answer(accuracies)``, the better of two optimizers, or None where their runs overlap."""

    def result(accuracies: dict[str, list[float]]) -> str | None:
        given = copy.deepcopy(accuracies)
        got = attempt(answer, given)
        wrong_if(given != accuracies, "Your function changed the accuracies it was given. Work on a copy.")
        wrong_if(got == "None" if isinstance(got, str) else False, 'Return None itself, not the text "None".')
        wrong_if(
            isinstance(got, int | float | Tensor),
            f"Return the name of the better optimizer, or None; you return a {type(got).__name__}.",
        )
        wrong_if(
            got is not None and (not isinstance(got, str) or got not in accuracies),
            "Return one of the two names, or None, and nothing else.",
        )
        return got

    apart = {"SGD": [85.0, 86.5, 84.0], "Adam": [97.0, 98.5, 96.0]}
    got = result(apart)
    wrong_if(
        got is None,
        "SGD's runs go from 84 to 86.5 %, Adam's from 96 to 98.5 %: no overlap, so Adam is better, not None.",
    )
    wrong_if(got == "SGD", "Adam is better in every run, and you have SGD: higher accuracy is better.")
    wrong_if(
        result({"Adam": [97.0, 98.5, 96.0], "SGD": [85.0, 86.5, 84.0]}) != "Adam",
        "With Adam first in the dictionary it is still Adam. The order of the names says nothing.",
    )
    wrong_if(
        result({"SGD": [97.0, 98.5, 96.0], "Adam": [85.0, 86.5, 84.0]}) != "SGD",
        "With the accuracies exchanged, SGD is the better one.",
    )
    # the best run is Adam's, the higher mean SGD's, and the runs overlap
    overlap = {"SGD": [90.0, 91.0, 92.0], "Adam": [80.0, 85.0, 99.0]}
    got = result(overlap)
    wrong_if(
        got == "Adam",
        "You went by the best run, and that may be luck. Compare the means; and where the runs overlap, as "
        "90 to 92 and 80 to 99 do, return None.",
    )
    wrong_if(
        got == "SGD",
        "SGD has the higher mean, but its runs (90 to 92) and Adam's (80 to 99) overlap: return None.",
    )
    uneven = {"SGD": [80.0, 81.0, 79.0, 80.5, 80.0], "Adam": [95.0, 96.0]}
    wrong_if(
        result(uneven) != "Adam",
        "5 runs of SGD near 80 % and 2 of Adam near 95 %: Adam is better. Compare means, not sums.",
    )
    wrong_if(
        result({"SGD": [90.0, 92.0], "Adam": [92.0, 95.0]}) is not None,
        "Where the lowest run of the better one equals the highest of the other, the ranges touch: return "
        "None there too.",
    )
    for accuracies, right in (
        ({"SGD": [70.0, 90.0, 90.0, 90.0, 90.0], "Adam": [69.0, 70.5, 69.5, 70.0, 69.0]}, None),
        ({"SGD": [80.0, 99.0], "Adam": [88.0, 90.0]}, None),
        ({"SGD": [88.0, 90.0], "Adam": [80.0, 99.0]}, None),
        ({"SGD": [95.0, 95.0], "Adam": [95.0, 95.0]}, None),
        ({"RMSprop": [91.2, 91.1, 91.3], "AdamW": [91.0, 90.9, 90.8]}, "RMSprop"),
        ({"plain": [60.0, 62.5, 61.0, 60.5], "momentum": [63.0, 99.0, 80.0]}, "momentum"),
    ):
        got = result(accuracies)
        wrong_if(got != right, f"For {accuracies} it is {right}; you have {got}.")
    return (
        "With 5 runs each, equal optimizers would be told apart by luck once in 126 times; with 2 runs each, "
        "once in 3."
    )
