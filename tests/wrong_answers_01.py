"""Lesson 01: answers that learners may well give, for tests/test_exercises.py.

`WRONG` has for each exercise (what went wrong, the answer, a regular expression that its own hint matches),
`RIGHT` has answers that are right and written in another way than the lesson's solution.
"""

import copy
import io
import math
from copy import deepcopy

import numpy as np
import torch
from torch import nn

# 01.1


def line(X=None, weight=0.3, bias=0.9):
    """Return X, y; the X asked for unless another is given."""
    X = torch.arange(100).unsqueeze(1) / 100 if X is None else X
    return X, weight * X + bias


def noisy():
    X, y = line()
    return X, y + 0.02 * torch.randn(100, 1)


def column_of_one_only():
    X, y = line()
    return X, y.squeeze()


def each_with_each():
    X, y = line()
    return X, y + torch.zeros(100)


def in_numpy():
    X = np.arange(0, 1, 0.01).reshape(-1, 1)
    return X, 0.3 * X + 0.9


def in_double():
    return tuple(torch.from_numpy(column) for column in in_numpy())


def line_in_words():
    weight, bias = torch.tensor(0.3), torch.tensor(0.9)
    X = torch.arange(start=0, end=1, step=0.01)
    y = torch.stack([weight * x + bias for x in X])
    return [X[:, None], y[:, None]]


def line_by_a_layer():
    layer = nn.Linear(1, 1)
    nn.init.constant_(layer.weight, 0.3)
    nn.init.constant_(layer.bias, 0.9)
    X = torch.linspace(0, 0.99, 100).view(-1, 1)
    return X, layer(X)


# 01.2


def halves(X, y, cut=None):
    """Return the four parts, cut where they are as they are."""
    cut = int(0.8 * len(X)) if cut is None else cut
    return X[:cut], y[:cut], X[cut:], y[cut:]


def shuffled(X, y):
    positions = torch.randperm(len(X))
    return X[positions], y[positions]


def two_permutations(X, y):
    return halves(X[torch.randperm(len(X))], y[torch.randperm(len(y))])


def only_the_inputs_shuffled(X, y):
    return halves(X[torch.randperm(len(X))], y)


def with_replacement(X, y):
    positions = torch.randint(0, len(X), (len(X),))
    return halves(X[positions], y[positions])


def tested_on_all(X, y):
    train, test = torch.randperm(len(X))[: len(X) * 4 // 5], torch.randperm(len(X))[: len(X) // 5]
    return X[train], y[train], X[test], y[test]


def cut_then_shuffled(X, y):
    X_train, y_train, X_test, y_test = halves(X, y)
    return *shuffled(X_train, y_train), *shuffled(X_test, y_test)


def eighty_rows(X, y):
    return halves(*shuffled(X, y), cut=80)


def hundred_positions(X, y):
    positions = torch.randperm(100)
    return halves(X[positions], y[positions])


def seventy_percent(X, y):
    return halves(*shuffled(X, y), cut=int(0.7 * len(X)))


def as_scikit_learn_orders(X, y):
    X_train, y_train, X_test, y_test = halves(*shuffled(X, y))
    return X_train, X_test, y_train, y_test


def smaller_part_first(X, y):
    X_train, y_train, X_test, y_test = halves(*shuffled(X, y))
    return X_test, y_test, X_train, y_train


def with_validation(X, y):
    X, y = shuffled(X, y)
    return X[:60], y[:60], X[60:80], y[60:80], X[80:], y[80:]


def positions_themselves(X, y):
    positions = torch.randperm(len(X))
    return halves(positions, positions)


def every_fifth(X, y):
    test = torch.arange(len(X)) % 5 == 0
    return X[~test], y[~test], X[test], y[test]


def in_place(X, y):
    X[:], y[:] = shuffled(X, y)
    return halves(X, y)


def data_of_the_lesson(X, y):
    X, y = line(torch.arange(0, 1, 1 / len(X)).unsqueeze(1))
    return halves(*shuffled(X, y + 1000))


def by_a_seed(X, y):
    torch.manual_seed(42)
    return halves(*shuffled(X, y))


def by_a_mask(X, y):
    test = torch.zeros(len(X), dtype=torch.bool)
    test[torch.randperm(len(X))[: round(0.2 * len(X))]] = True
    return [X[~test], y[~test], X[test], y[test]]


def by_numpy(X, y):
    positions = np.random.permutation(len(X))
    test, train = np.split(positions, [len(X) // 5])
    return X[train], y[train], X[test], y[test]


def by_pairs(X, y):
    both = torch.cat([X, y], dim=1)[torch.randperm(len(X))]
    return halves(both[:, :1], both[:, 1:])


# 01.3


class Line(nn.Module):
    """A right one, for the wrong ones to be made of."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(1))
        self.bias = nn.Parameter(torch.randn(1))

    def forward(self, x):
        return self.weight * x + self.bias


class NoModule:
    def __init__(self):
        self.weight = nn.Parameter(torch.randn(1))
        self.bias = nn.Parameter(torch.randn(1))

    def forward(self, x):
        return self.weight * x + self.bias


class NoSuper(Line):
    def __init__(self):
        self.weight = nn.Parameter(torch.randn(1))
        self.bias = nn.Parameter(torch.randn(1))


class SuperLast(Line):
    def __init__(self):
        self.weight = nn.Parameter(torch.randn(1))
        self.bias = nn.Parameter(torch.randn(1))
        super().__init__()


class NoSuperAndPlain(Line):
    def __init__(self):
        self.weight = torch.randn(1)
        self.bias = torch.randn(1)


class Plain(Line):
    def __init__(self):
        nn.Module.__init__(self)
        self.weight = torch.randn(1, requires_grad=True)
        self.bias = torch.randn(1, requires_grad=True)


class OfTheClass(nn.Module):
    weight = nn.Parameter(torch.randn(1))
    bias = nn.Parameter(torch.randn(1))

    def forward(self, x):
        return self.weight * x + self.bias


class OtherNames(nn.Module):
    def __init__(self):
        super().__init__()
        self.weights = nn.Parameter(torch.randn(1))
        self.bias = nn.Parameter(torch.randn(1))

    def forward(self, x):
        return self.weights * x + self.bias


class ALayer(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear_layer = nn.Linear(1, 1)

    def forward(self, x):
        return self.linear_layer(x)


class ALayerItself(nn.Linear):
    def __init__(self):
        super().__init__(1, 1)


class Frozen(Line):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(1), requires_grad=False)


class Zeros(Line):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))
        self.bias = nn.Parameter(torch.zeros(1))


class BiasOfZero(Line):
    def __init__(self):
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(1))


class TheSameSeed(Line):
    def __init__(self):
        torch.manual_seed(42)
        super().__init__()


class OneForBoth(Line):
    def __init__(self):
        super().__init__()
        start = torch.randn(1)
        self.weight, self.bias = nn.Parameter(start), nn.Parameter(start)


class AHundredWeights(Line):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(100, 1))


class AThird(Line):
    def __init__(self):
        super().__init__()
        self.learning_rate = nn.Parameter(torch.randn(1))


class NeedsNumbers(Line):
    def __init__(self, weight, bias):
        super().__init__()


class NoForward(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(1))
        self.bias = nn.Parameter(torch.randn(1))

        def forward(self, x):
            return self.weight * x + self.bias


class Nothing(Line):
    def forward(self, x):
        self.y = self.weight * x + self.bias


class NoBias(Line):
    def forward(self, x):
        return self.weight * x


class Swapped(Line):
    def forward(self, x):
        return self.bias * x + self.weight


class Brackets(Line):
    def forward(self, x):
        return self.weight * (x + self.bias)


class Minus(Line):
    def forward(self, x):
        return self.weight * x - self.bias


class NoSelf(Line):
    def forward(self, x):
        return weight * x + bias  # noqa: F821


class CutOff(Line):
    def forward(self, x):
        return self.weight.item() * x + self.bias.item()


class HalfCutOff(Line):
    def forward(self, x):
        return self.weight.data * x + self.bias


class Flat(Line):
    def forward(self, x):
        return (self.weight * x + self.bias).squeeze()


class InPlace(Line):
    def forward(self, x):
        x *= self.weight.item()
        return x + self.bias


class TheLinesOfALoop(Line):
    def forward(self, x):
        return torch.stack([self.weight * number + self.bias for number in x])


class MatrixProduct(nn.Module):
    def __init__(self):
        super().__init__()
        self.bias = nn.Parameter(torch.rand(()))
        self.weight = nn.Parameter(torch.empty(1, 1).uniform_(-1, 1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.add(x @ self.weight, self.bias)


class InTypedStyle(nn.Module):
    def __init__(self, scale=1.0):
        super(InTypedStyle, self).__init__()  # noqa: UP008
        self.weight = nn.Parameter(scale * torch.randn(1, dtype=torch.float), requires_grad=True)
        self.register_parameter("bias", nn.Parameter(torch.tensor(np.random.rand()).float()))

    def forward(self, inputs):
        y = inputs * self.weight
        y = y + self.bias
        return y


# 01.4


def mae_by_looping(predictions, targets):
    total = 0
    for prediction, target in zip(predictions, targets, strict=True):
        total += abs(prediction - target)
    return total / len(predictions)


def mae_in_place(predictions, targets):
    predictions -= targets
    return predictions.abs().mean()


def printed(predictions, targets):
    print((predictions - targets).abs().mean())


# 01.5


def step(parameters, learning_rate):
    with torch.no_grad():
        for parameter in parameters:
            parameter -= learning_rate * parameter.grad


def uphill(parameters, learning_rate):
    with torch.no_grad():
        for parameter in parameters:
            parameter += learning_rate * parameter.grad


def new_tensors(parameters, learning_rate):
    for parameter in parameters:
        parameter = parameter - learning_rate * parameter.grad


def returned_new_tensors(parameters, learning_rate):
    return [parameter - learning_rate * parameter.grad for parameter in parameters]


def into_the_list(parameters, learning_rate):
    for i in range(len(parameters)):
        parameters[i] = parameters[i] - learning_rate * parameters[i].grad


def recorded(parameters, learning_rate):
    for parameter in parameters:
        parameter -= learning_rate * parameter.grad


def signs_only(parameters, learning_rate):
    with torch.no_grad():
        for parameter in parameters:
            parameter -= learning_rate * parameter.grad.sign()


def no_rate(parameters, learning_rate):
    with torch.no_grad():
        for parameter in parameters:
            parameter -= parameter.grad


def no_gradient(parameters, learning_rate):
    with torch.no_grad():
        for parameter in parameters:
            parameter -= learning_rate


def shrunk(parameters, learning_rate):
    with torch.no_grad():
        for parameter in parameters:
            parameter -= learning_rate * parameter


def fixed_rate(parameters, learning_rate):
    step(parameters, 0.01)


def first_only(parameters, learning_rate):
    with torch.no_grad():
        for parameter in parameters:
            parameter -= learning_rate * parameter.grad
            return


def and_zero(parameters, learning_rate):
    with torch.no_grad():
        for parameter in parameters:
            parameter -= learning_rate * parameter.grad
            parameter.grad.zero_()


def and_no_gradient(parameters, learning_rate):
    with torch.no_grad():
        for parameter in parameters:
            parameter -= learning_rate * parameter.grad
            parameter.grad = None


def gradient_in_place(parameters, learning_rate):
    with torch.no_grad():
        for parameter in parameters:
            parameter.grad *= learning_rate
            parameter -= parameter.grad


def and_no_more(parameters, learning_rate):
    for parameter in parameters:
        parameter.requires_grad_(False)
        parameter -= learning_rate * parameter.grad


def by_the_optimizer(parameters, learning_rate):
    torch.optim.SGD(parameters, lr=learning_rate).step()


def parameters_returned(parameters, learning_rate):
    step(parameters, learning_rate)
    return parameters


def by_position(parameters, learning_rate):
    with torch.no_grad():
        for i in range(len(parameters)):
            parameters[i] -= learning_rate * parameters[i].grad


def for_vectors_and_single_numbers(parameters, learning_rate):
    with torch.no_grad():
        for parameter in list(parameters):
            rate = min(learning_rate, 0.1)
            parameter -= rate * parameter.grad


def gradient_of_the_wrong_name(parameters, learning_rate):
    with torch.no_grad():
        for parameter in parameters:
            parameter -= learning_rate * parameter.gradient


def by_data(parameters, learning_rate):
    for parameter in parameters:
        parameter.data = parameter.data - learning_rate * parameter.grad.data


@torch.no_grad()
def by_sub(parameters, learning_rate):
    for parameter in parameters:
        parameter.sub_(parameter.grad, alpha=learning_rate)


def by_copy(parameters, learning_rate):
    with torch.inference_mode():
        for parameter in parameters:
            parameter.copy_(parameter - learning_rate * parameter.grad)


def by_entry(parameters, learning_rate):
    with torch.no_grad():
        for parameter in parameters:
            parameter[:] = parameter - parameter.grad * learning_rate


# 01.6: the parts of an epoch, in the order of a string


def training(
    order="fzbsev",
    row=lambda epoch, loss, valid_loss: (epoch, loss.item(), valid_loss.item()),
    epochs=range(300),
    when=lambda epoch: epoch % 20 == 0,
    loss_fn=None,
    make_optimizer=lambda model: torch.optim.SGD(model.parameters(), lr=0.01),
    data=lambda *parts: parts,
    prepare=lambda model: model,
    finish=lambda report: report,
):
    """Return a training that goes forward (f, or F when again), zero_grad (z), backward (b), step (s) and
    validation (v) in this order.
    """
    loss_fn = loss_fn or nn.L1Loss()

    def train_and_report(model, X_train, y_train, X_valid, y_valid):
        X_train, y_train, X_valid, y_valid = data(X_train, y_train, X_valid, y_valid)
        model = prepare(model)
        optimizer = make_optimizer(model)
        report = []
        for epoch in epochs:
            for part in order:
                if part in "fF":
                    loss = loss_fn(model(X_train), y_train)
                elif part == "z":
                    optimizer.zero_grad()
                elif part == "b":
                    loss.backward()
                elif part == "s":
                    optimizer.step()
                elif part == "v":
                    valid_loss = loss_fn(model(X_valid), y_valid)
            if when(epoch):
                report.append(row(epoch, loss, valid_loss))
        return finish(report)

    return train_and_report


def returned_in_the_loop(model, X_train, y_train, X_valid, y_valid):
    for epoch in range(300):
        loss = nn.L1Loss()(model(X_train), y_train)
        if epoch % 20 == 0:
            return [(epoch, loss.item(), nn.L1Loss()(model(X_valid), y_valid).item())]


def in_batches(model, X_train, y_train, X_valid, y_valid):
    optimizer, report = torch.optim.SGD(model.parameters(), lr=0.01), []
    for epoch in range(300):
        for X, y in zip(X_train.split(4), y_train.split(4), strict=True):
            loss = nn.L1Loss()(model(X), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        if epoch % 20 == 0:
            report.append((epoch, loss.item(), nn.L1Loss()(model(X_valid), y_valid).item()))
    return report


def as_in_the_lesson(model, X_train, y_train, X_valid, y_valid):
    loss_fn = nn.L1Loss()
    optimizer = torch.optim.SGD(params=model.parameters(), lr=0.01)
    epochs, train_losses, valid_losses = [], [], []
    for epoch in range(300):
        model.train()
        predictions = model(X_train)
        loss = loss_fn(predictions, y_train)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        model.eval()
        with torch.inference_mode():
            valid_loss = loss_fn(model(X_valid), y_valid)
        if not epoch % 20:
            epochs.append(epoch)
            train_losses.append(loss.detach().numpy().item())
            valid_losses.append(np.float64(valid_loss))
    return list(zip(epochs, train_losses, valid_losses, strict=True))


def without_an_optimizer(model, X_train, y_train, X_valid, y_valid):
    report = []
    for epoch in range(300):
        model.zero_grad()
        loss = (model(X_train) - y_train).abs().mean()
        loss.backward()
        step(model.parameters(), 0.01)
        with torch.no_grad():
            valid_loss = (model(X_valid) - y_valid).abs().mean()
        report.append([epoch, float(loss.detach()), float(valid_loss)])
    return report[::20]


# 01.7


def keep(
    copied=lambda model: deepcopy(model.state_dict()),
    start=float("inf"),
    better=lambda loss, best: loss < best,
    result=lambda state, loss, model: state,
    train=lambda epochs: range(epochs),
):
    """Return an answer to 01.7 with one part changed."""

    def best_state(model, train_one_epoch, validation_loss, epochs):
        best, state = start, None
        for _ in train(epochs):
            train_one_epoch(model)
            loss = validation_loss(model)
            if better(loss, best):
                best, state = loss, copied(model)
        return result(state, best, model)

    return best_state


def measured_before_training(model, train_one_epoch, validation_loss, epochs):
    best, state = float("inf"), None
    for _ in range(epochs):
        loss = validation_loss(model)
        if loss < best:
            best, state = loss, deepcopy(model.state_dict())
        train_one_epoch(model)
    return state


def measured_then_trained_then_copied(model, train_one_epoch, validation_loss, epochs):
    best, state = float("inf"), None
    train_one_epoch(model)
    for epoch in range(epochs):
        loss = validation_loss(model)
        if epoch < epochs - 1:
            train_one_epoch(model)
        if loss < best:
            best, state = loss, deepcopy(model.state_dict())
    return state


def better_than_the_last(model, train_one_epoch, validation_loss, epochs):
    last, state = float("inf"), None
    for _ in range(epochs):
        train_one_epoch(model)
        loss = validation_loss(model)
        if loss < last:
            state = deepcopy(model.state_dict())
        last = loss
    return state


def first_not_kept(model, train_one_epoch, validation_loss, epochs):
    train_one_epoch(model)
    best = validation_loss(model)
    for _ in range(epochs - 1):
        train_one_epoch(model)
        loss = validation_loss(model)
        if loss < best:
            best, state = loss, deepcopy(model.state_dict())
    return state


def copied_before_the_loop(model, train_one_epoch, validation_loss, epochs):
    best, state = float("inf"), deepcopy(model.state_dict())
    for _ in range(epochs):
        train_one_epoch(model)
        best = min(best, validation_loss(model))
    return state


def best_of_a_list(model, train_one_epoch, validation_loss, epochs):
    states, losses = [], []
    for _ in range(epochs):
        train_one_epoch(model)
        losses.append(validation_loss(model))
        states.append({name: tensor.clone() for name, tensor in model.state_dict().items()})
    return states[np.argmin(losses)]


def states_in_a_list_not_copied(model, train_one_epoch, validation_loss, epochs):
    states, losses = [], []
    for _ in range(epochs):
        train_one_epoch(model)
        losses.append(validation_loss(model))
        states.append(model.state_dict())
    return states[losses.index(min(losses))]


def best_model(model, train_one_epoch, validation_loss, epochs):
    best = None
    for _ in range(epochs):
        train_one_epoch(model)
        if best is None or validation_loss(model) <= validation_loss(best):
            best = deepcopy(model)
    return best.state_dict()


def from_the_untrained_loss(model, train_one_epoch, validation_loss, epochs):
    best, state = validation_loss(model), deepcopy(model.state_dict())
    epoch = 0
    while epoch < epochs:
        train_one_epoch(model)
        loss = validation_loss(model)
        if loss < best:
            best, state = loss, deepcopy(model.state_dict())
        epoch += 1
    model.load_state_dict(state)
    return model.state_dict()


def by_a_file(model):
    file = io.BytesIO()
    torch.save(model.state_dict(), file)
    file.seek(0)
    return torch.load(file, weights_only=True)


def without_an_end(model, train_one_epoch, validation_loss, epochs):
    while validation_loss(model) > 0:
        train_one_epoch(model)


def only_measured(model, train_one_epoch, validation_loss, epochs):
    while validation_loss(model) > 0:
        epochs += 1


# 01.8


def saved(model, path, **how):
    """Save and load rightly; return the new model, what was loaded, and what loading it returned."""
    torch.save(model.state_dict(), path)
    state, new_model = torch.load(path, **({"weights_only": True} | how)), nn.Linear(1, 1)
    return new_model, state, new_model.load_state_dict(state)


def saved_whole(model, path):
    torch.save(model, path)
    return torch.load(path, weights_only=False)


def saved_whole_and_refused_by_torch(model, path):
    torch.save(model, path)
    return torch.load(path, weights_only=True)


def saved_the_method(model, path):
    torch.save(model.state_dict, path)
    new_model = nn.Linear(1, 1)
    new_model.load_state_dict(torch.load(path, weights_only=False)())
    return new_model


def saved_elsewhere(model, path):
    torch.save(model.state_dict(), path.with_suffix(".pt"))
    return nn.Linear(1, 1)


def saved_a_list(model, path):
    torch.save(list(model.parameters()), path)
    new_model = nn.Linear(1, 1)
    for new, old in zip(new_model.parameters(), torch.load(path, weights_only=True), strict=True):
        new.data = old.data
    return new_model


def saved_empty(model, path):
    torch.save({}, path)
    return copy.deepcopy(model)


def saved_the_new_one(model, path):
    new_model = nn.Linear(1, 1)
    torch.save(new_model.state_dict(), path)
    new_model.load_state_dict(torch.load(path, weights_only=True))
    return new_model


def never_loaded(model, path):
    torch.save(model.state_dict(), path)
    torch.load(path, weights_only=True)
    return nn.Linear(1, 1)


def loaded_from_memory(model, path):
    torch.save(model.state_dict(), path)
    new_model = nn.Linear(1, 1)
    new_model.load_state_dict(model.state_dict())
    return new_model


def copied(model, path):
    torch.save(model.state_dict(), path)
    return copy.deepcopy(model)


def loaded_into_the_old_one(model, path):
    torch.save(model.state_dict(), path)
    model.load_state_dict(torch.load(path, weights_only=True))
    return model


def loaded_as_a_file_name(model, path):
    torch.save(model.state_dict(), path)
    new_model = nn.Linear(1, 1)
    new_model.load_state_dict(path)
    return new_model


def default_of_torch(model, path):
    torch.save(model.state_dict(), path)
    new_model = nn.Linear(1, 1)
    new_model.load_state_dict(torch.load(path))
    return new_model


def saved_with_more(model, path):
    torch.save({"model": model.state_dict(), "epoch": 3}, str(path))
    new_model = nn.Linear(in_features=1, out_features=1).eval()
    new_model.load_state_dict(torch.load(str(path), weights_only=True, map_location="cpu")["model"])
    return new_model


def saved_through_open_files(model, path):
    with path.open("wb") as file:
        torch.save(obj=model.state_dict(), f=file)
    with path.open("rb") as file:
        state = torch.load(file, weights_only=True)
    new_model = nn.Linear(1, 1)
    with torch.no_grad():
        new_model.weight.copy_(state["weight"])
        new_model.bias.copy_(state["bias"])
    return new_model


# 01.9


def updates_by_counting(n, batch_size, epochs):
    steps = 0
    for _ in range(epochs):
        for _ in range(0, n, batch_size):
            steps += 1
    return steps


def updates_and_one_more(n, batch_size, epochs):
    return (n // batch_size + 1) * epochs


# 01.10


def rate_by_looping(losses, best=float("inf")):
    best_rate = None
    for rate, loss in losses.items():
        if loss < best:
            best, best_rate = loss, rate
    return best_rate


def nans_deleted(losses):
    for rate in list(losses):
        if not math.isfinite(losses[rate]):
            del losses[rate]
    return min(losses, key=losses.get)


def truthy(losses):
    finite = {rate: loss for rate, loss in losses.items() if loss and math.isfinite(loss)}
    return min(finite, key=finite.get)


def compared_with_nan(losses):
    finite = {rate: loss for rate, loss in losses.items() if loss not in (math.inf, np.float64("nan"))}
    return min(finite, key=finite.get)


def first_nan_skipped(losses):
    rates = list(losses)
    while rates and not math.isfinite(losses[rates[0]]):
        rates.pop(0)
    return sorted(rates, key=losses.get)[0]


def finite(losses):
    return {rate: loss for rate, loss in losses.items() if math.isfinite(loss)}


def rate_by_numpy(losses):
    values = np.array(list(losses.values()))
    return np.array(list(losses))[np.nanargmin(values)]


def rate_by_torch(losses):
    values = torch.tensor(list(losses.values()))
    values[~values.isfinite()] = float("inf")
    return torch.tensor(list(losses))[values.argmin()]


WRONG = {
    "01.1": [
        ("weight and bias swapped", lambda: line(weight=0.9, bias=0.3), "swapped the two"),
        ("no bias", lambda: line(bias=0.0), "bias is missing"),
        ("another weight", lambda: line(weight=0.7), r"weight 0.70 and the bias 0.90"),
        ("subtracted", lambda: line(bias=-0.9), r"weight 0.30 and the bias -0.90"),
        ("flat", lambda: line(torch.arange(0, 1, 0.01)), r"X has shape \[100\]. Make it a column"),
        ("a row", lambda: line(torch.arange(0, 1, 0.01).unsqueeze(0)), "X is a row"),
        ("y flat", column_of_one_only, r"y has shape \[100\]"),
        ("each with each", each_with_each, r"y should have .* yours is \[100, 100\]"),
        ("to 99", lambda: line(torch.arange(100.0).unsqueeze(1)), "from 0 to 99"),
        ("noise", noisy, "straight line"),
        ("another step", lambda: line(torch.arange(0, 1, 0.02).unsqueeze(1)), r"yours is \[50, 1\]"),
        ("one end", lambda: line(torch.linspace(0, 1, 100).unsqueeze(1)), "includes the end"),
        ("one point more", lambda: line(torch.linspace(0, 1, 101).unsqueeze(1)), "too many"),
        ("from 0.01", lambda: line(torch.arange(1, 101).unsqueeze(1) / 100), "from 0.01 to 1"),
        ("random X", lambda: line(torch.rand(100, 1)), "X should go 0, 0.01, 0.02"),
        ("y first", lambda: line()[::-1], "return X first"),
        ("y only", lambda: line()[1], "Return two tensors"),
        ("double", in_double, "torch.float64"),
    ],
    "01.2": [
        ("two permutations", two_permutations, "different orders"),
        ("only X shuffled", only_the_inputs_shuffled, "X is shuffled, y is not"),
        ("not shuffled", halves, "The rows are not shuffled"),
        ("cut, then shuffled", cut_then_shuffled, "cut first and shuffle then"),
        ("with replacement", with_replacement, "more than once"),
        ("overlap", tested_on_all, "in both parts"),
        ("70 %", seventy_percent, r"\[70, 70, 30, 30\] rows"),
        ("80 rows", eighty_rows, r"50 rows are not: .*len\(X\)"),
        ("100 positions", hundred_positions, "50 rows are not: .*IndexError"),
        ("another order", as_scikit_learn_orders, "yours is X, X, y, y"),
        ("the smaller part first", smaller_part_first, "larger part is for training"),
        ("six parts", with_validation, "Return four tensors: X_train, y_train, X_test, y_test.$"),
        ("positions", positions_themselves, r"Yours are \[\[80\]"),
        ("every fifth", every_fifth, "every row that is 5 after"),
        ("in place", in_place, "changed the X or y"),
        ("other data", data_of_the_lesson, "not in the X"),
    ],
    "01.3": [
        ("a model", Line(), r"without \(\)"),
        ("a function", lambda: Line(), "`class MyLine`"),
        ("no module", NoModule, "nn.Module in the brackets"),
        ("no super", NoSuper, "has to be the first line"),
        ("no super, plain tensors", NoSuperAndPlain, "super.* is missing"),
        ("plain tensors", Plain, "plain tensor"),
        ("of the class", OfTheClass, "all models share it"),
        ("other names", OtherNames, r"no parameter self.weight; its parameters are \['bias', 'weights'\]"),
        ("a layer", ALayer, "a layer such as"),
        ("frozen", Frozen, "requires_grad is False"),
        ("zeros", Zeros, "weight of every new model starts at 0"),
        ("a bias of zero", BiasOfZero, "bias of every new model starts at 0"),
        ("the same seed", TheSameSeed, "starts at 0.3367"),
        ("one number for both", OneForBoth, "the same number in memory"),
        ("a weight a sample", AHundredWeights, r"\[100, 1\]"),
        ("a third parameter", AThird, "two parameters, weight and bias; yours has"),
        ("arguments", NeedsNumbers, "TypeError.* missing 2 required"),
        ("forward in __init__", NoForward, "inside the class"),
        ("nothing returned", Nothing, "forward returns nothing"),
        ("no bias", NoBias, "bias isn't added"),
        ("swapped", Swapped, "swapped the two"),
        ("brackets", Brackets, "No brackets"),
        ("minus", Minus, "x = 4 gives 5; you have 11"),
        ("no self", NoSelf, "NameError: name 'weight'"),
        ("cut off", CutOff, "no gradient can reach"),
        ("half cut off", HalfCutOff, "only one of the two"),
        ("flat", Flat, r"yours is \[4\]"),
        ("in place", InPlace, "changed the x"),
    ],
    "01.4": [
        ("no abs", lambda predictions, targets: (predictions - targets).mean(), "cancel"),
        ("the sum", lambda predictions, targets: (predictions - targets).abs().sum(), "sum of the absolute"),
        ("squares", lambda predictions, targets: ((predictions - targets) ** 2).mean(), "nn.MSELoss"),
        ("root", lambda predictions, targets: ((predictions - targets) ** 2).mean().sqrt(), "root of"),
        (
            "sum of squares",
            lambda predictions, targets: ((predictions - targets) ** 2).sum(),
            "sum of the sq",
        ),
        ("median", lambda predictions, targets: (predictions - targets).abs().median(), "median"),
        ("the largest", lambda predictions, targets: (predictions - targets).abs().max(), "largest error"),
        ("a number a sample", lambda predictions, targets: (predictions - targets).abs(), "each sample"),
        ("percent", lambda predictions, targets: ((predictions - targets) / targets).abs().mean(), "mean 2;"),
        (
            "divided by 4",
            lambda predictions, targets: (predictions - targets).abs().sum() / 4,
            "of 1 the mean",
        ),
        ("n - 1", lambda predictions, targets: (predictions - targets).abs().sum() / 3, "you have 2.667"),
        (
            "rounded",
            lambda predictions, targets: round((predictions - targets).abs().mean().item()),
            "Keep the decimals",
        ),
        (
            "nn.L1Loss",
            lambda predictions, targets: nn.L1Loss()(predictions, targets),
            "without PyTorch's own",
        ),
        ("in place", mae_in_place, "changed the tensors"),
        ("printed", printed, "returns nothing"),
    ],
    "01.5": [
        ("uphill", uphill, "uphill"),
        ("new tensors", new_tensors, "only gives the name"),
        ("new tensors returned", returned_new_tensors, "You return something, but"),
        ("new tensors in the list", into_the_list, "into the list"),
        ("no no_grad", recorded, r"torch.no_grad\(\)"),
        ("signs", signs_only, "only the sign"),
        ("no learning rate", no_rate, "by the learning rate"),
        ("no gradient", no_gradient, "has its own gradient"),
        ("shrunk", shrunk, "= 0.95; you have 0.9"),
        ("a fixed rate", fixed_rate, "= 0.95; you have 0.995"),
        ("the first only", first_only, "Only the first"),
        ("gradients set to zero", and_zero, "changed the gradients"),
        ("learns no more", and_no_more, "learn no more"),
        ("an optimizer", by_the_optimizer, "without an optimizer"),
        ("returned", parameters_returned, "Return nothing"),
        ("a list needed", by_position, "loop over, once: .*TypeError"),
        ("a rate it can't have", for_vectors_and_single_numbers, "isn't that of SGD"),
        ("no such attribute", gradient_of_the_wrong_name, "AttributeError"),
    ],
    "01.6": [
        ("no zero_grad", training("fbsv"), "gradients of all epochs add up"),
        ("no step", training("fzbv"), "the model never changes"),
        ("validation before the step", training("fvzbs"), "from before it"),
        (
            "validation on the training data",
            training(data=lambda *parts: (*parts[:2], *parts[:2])),
            "measured on the training data",
        ),
        ("training on the validation data", training(data=lambda *p: (*p[2:], *p[2:])), "learns from the"),
        ("data exchanged", training(data=lambda *p: (*p[2:], *p[:2])), "exchange the two"),
        ("training loss after the step", training("fzbsFv"), "measured again"),
        ("losses swapped", training(row=lambda e, a, b: (e, b.item(), a.item())), "losses are swapped"),
        ("every epoch", training(when=lambda epoch: True), "a row for every epoch"),
        ("from 1", training(epochs=range(1, 301)), r"epochs 20, 40 ... 300. Epochs count from 0"),
        ("20 without 0", training(when=lambda e: e and e % 20 == 0), r"20, 40 ... 280. Epochs count from 0"),
        ("301 epochs", training(epochs=range(301)), "301 epochs"),
        ("at the end of 20", training(when=lambda e: e % 20 == 19), "you have 15: 19, 39, 59, 79 ... 299"),
        ("200 epochs", training(epochs=range(200)), "you have 10: 0, 20, 40, 60 ... 180"),
        ("281 epochs", training(epochs=range(281)), "doesn't end where 300"),
        ("tensors", training(row=lambda *row: row), "There are tensors"),
        ("a copy", training(prepare=deepcopy), "Train it, not a copy"),
        (
            "a model of its own",
            training(prepare=lambda model: nn.Linear(1, 1)),
            "for the model that was given",
        ),
        ("squares", training(loss_fn=nn.MSELoss()), "nn.MSELoss gives"),
        (
            "10 times faster",
            training(make_optimizer=lambda m: torch.optim.SGD(m.parameters(), 0.1)),
            "not 0.1",
        ),
        (
            "10 times slower",
            training(make_optimizer=lambda m: torch.optim.SGD(m.parameters(), 0.001)),
            "not 0.001",
        ),
        ("in batches", in_batches, "In the row of epoch 0 .* one step"),
        ("one loss", training(row=lambda e, a, b: (e, a.item())), "Return a list with a row"),
        ("returned in the loop", returned_in_the_loop, "only one row"),
        ("not returned", training(finish=lambda report: None), "returns nothing"),
    ],
    "01.7": [
        ("no copy", keep(lambda model: model.state_dict()), "become that of the last"),
        ("the largest", keep(start=0, better=lambda loss, best: loss > best), "largest loss"),
        ("the last", keep(better=lambda *_: True), "the state of the last epoch"),
        ("better than the last", better_than_the_last, "not with the last one"),
        ("before training", copied_before_the_loop, "before any training"),
        ("measured before training", measured_before_training, "last epoch is best"),
        ("copied too late", measured_then_trained_then_copied, "you have the state of epoch 4"),
        ("the first not kept", first_not_kept, "first epoch is best"),
        ("from 0", keep(start=0), "gives None"),
        ("from 100", keep(start=100), "may be large"),
        (
            "the state and the loss",
            keep(result=lambda state, loss, model: (state, loss)),
            "alone, not a tuple",
        ),
        ("the loss", keep(result=lambda state, loss, model: loss), "Return a state dict"),
        ("the model", keep(result=lambda state, loss, model: model), "That is a model"),
        ("an epoch less", keep(train=lambda epochs: range(1, epochs)), "was called 5 times"),
        ("an epoch more", keep(train=lambda epochs: range(epochs + 1)), "was called 7 times"),
        ("no end", without_an_end, "called more than 50 times"),
        ("measures for ever", only_measured, "called more than 1000 times"),
    ],
    "01.8": [
        ("the whole model", saved_whole, r"torch.save for model.state_dict\(\)"),
        ("nothing saved", lambda model, path: nn.Linear(1, 1), "Nothing was saved"),
        ("a list of parameters", saved_a_list, r"should hold model.state_dict\(\)"),
        ("nothing in it", saved_empty, r"The file holds \[\]"),
        ("the new model's state", saved_the_new_one, "of another model"),
        ("nothing returned", lambda *answer: saved(*answer) and None, "return the new model"),
        ("the state returned", lambda *answer: saved(*answer)[1], "That is the state dict"),
        ("the report returned", lambda *answer: saved(*answer)[2], "a report, not the model"),
        ("the path returned", lambda *answer: saved(*answer) and str(answer[1]), "you return a str"),
        ("the old model", loaded_into_the_old_one, "the model that was saved"),
        ("random start", never_loaded, "its random start"),
        ("from memory", loaded_from_memory, "never read"),
        ("a path for a state", loaded_as_a_file_name, "TypeError: Expected state_dict to be dict-like"),
        ("any code", lambda *answer: saved(*answer, weights_only=False)[0], "With weights_only=False"),
        ("the default", default_of_torch, "Write weights_only=True too"),
    ],
    "01.9": [
        ("rounded down", lambda n, size, epochs: n // size * epochs, "only 4 samples"),
        ("one epoch", lambda n, size, epochs: math.ceil(n / size), "That is one epoch"),
        ("a fraction", lambda n, size, epochs: n / size * epochs, "no part of a step"),
        ("rounded at the end", lambda n, size, epochs: math.ceil(n * epochs / size), "round at the end"),
        ("one epoch, rounded down", lambda n, size, epochs: n // size, "and count all 5"),
        ("one an epoch", lambda n, size, epochs: epochs, "one step an epoch"),
        ("one a sample", lambda n, size, epochs: n * epochs, "one step a sample"),
        ("times the batch size", lambda n, size, epochs: size * epochs, "not by the batch size"),
        ("always one more", updates_and_one_more, "no third"),
        ("added", lambda n, size, epochs: math.ceil(n / size) + epochs, "you have 9"),
        ("a half added and rounded", lambda n, size, epochs: round(n / size + 0.5) * epochs, "there are"),
        ("steps and size", lambda n, size, epochs: (math.ceil(n / size), epochs), "Return one number"),
    ],
    "01.10": [
        ("min with nan first", lambda losses: min(losses, key=losses.get), "with nan first"),
        ("the loss", lambda losses: min(finite(losses).values()), "That is the lowest loss"),
        ("the largest rate", lambda losses: max(losses), "inf: the largest"),
        ("the largest finite", lambda losses: max(finite(losses)), "0.1 is the largest"),
        ("the smallest rate", min, "learns too slowly"),
        ("nan as the least", lambda losses: list(losses)[np.argmin(list(losses.values()))], "became nan"),
        ("rate and loss", lambda losses: min(finite(losses).items(), key=lambda pair: pair[1]), "rate alone"),
        ("losses below 1 only", lambda losses: rate_by_looping(losses, best=1.0), "Is the return missing"),
        ("zero left out", truthy, "A loss of 0.0"),
        ("the first nan skipped", first_nan_skipped, "anywhere"),
        ("the second", lambda losses: list(losses)[1], "shouldn't matter.* you have 10.$"),
        (
            "a position",
            lambda losses: list(losses.values()).index(min(finite(losses).values())),
            "a position",
        ),
        ("deleted", nans_deleted, "changed the dict"),
    ],
}
# Other ways to the same mistake: their hint is that of the answer named.
SAME_MISTAKE = {
    "01.1": [(in_numpy, "Return two tensors")],
    "01.3": [
        (SuperLast, "has to be the first line"),
        (ALayerItself, "a layer such as"),
    ],
    "01.5": [
        (and_no_gradient, "changed the gradients"),
        (gradient_in_place, "changed the gradients"),
    ],
    "01.7": [(states_in_a_list_not_copied, "become that of the last")],
    "01.8": [
        (saved_whole_and_refused_by_torch, r"torch.save for model.state_dict\(\)"),
        (saved_the_method, r"torch.save for model.state_dict\(\)"),
        (saved_elsewhere, "Nothing was saved"),
        (copied, "never read"),
    ],
    "01.10": [(compared_with_nan, "with nan first")],
}
for absolute_mean in (
    lambda predictions, targets: (predictions - targets).mean().abs(),
    lambda predictions, targets: (targets - predictions).mean(),
):
    SAME_MISTAKE.setdefault("01.4", []).append((absolute_mean, "cancel"))
for shallow in (lambda model: dict(model.state_dict()), lambda model: copy.copy(model.state_dict())):
    SAME_MISTAKE["01.7"].append((keep(shallow), "become that of the last"))

RIGHT = {
    "01.1": [
        line,
        line_in_words,
        line_by_a_layer,
        lambda: line(torch.arange(0, 1, 0.01).reshape(100, 1)),
        lambda: tuple(torch.tensor(column, dtype=torch.float32) for column in in_numpy()),
    ],
    "01.2": [
        lambda X, y: halves(*shuffled(X, y)),
        by_a_seed,
        by_a_mask,
        by_numpy,
        by_pairs,
    ],
    "01.3": [Line, TheLinesOfALoop, MatrixProduct, InTypedStyle],
    "01.4": [
        mae_by_looping,
        lambda predictions, targets: (targets - predictions).abs().mean().item(),
        lambda predictions, targets: torch.mean(torch.abs(predictions - targets)),
        lambda predictions, targets: np.abs(predictions.numpy() - targets.numpy()).mean(),
        lambda predictions, targets: ((predictions - targets) ** 2).sqrt().sum() / predictions.numel(),
    ],
    "01.5": [step, by_data, by_sub, by_copy, by_entry],
    "01.6": [
        training(),
        training("zfbsv"),
        training("fbszv"),
        training(row=lambda e, a, b: [e, a.detach().item(), np.float64(b.item())], finish=tuple),
        as_in_the_lesson,
        without_an_optimizer,
    ],
    "01.7": [
        keep(),
        keep(by_a_file, start=math.inf, better=lambda loss, best: loss <= best),
        keep(lambda model: {name: tensor.clone() for name, tensor in model.state_dict().items()}),
        best_of_a_list,
        best_model,
        from_the_untrained_loss,
    ],
    "01.8": [saved_with_more, saved_through_open_files, lambda *answer: saved(*answer)[0]],
    "01.9": [
        updates_by_counting,
        lambda n, size, epochs: -(-n // size) * epochs,
        lambda n, size, epochs: np.ceil(n / size) * epochs,
        lambda n, size, epochs: (n // size + (n % size > 0)) * epochs,
        lambda n, size, epochs: torch.tensor(len(range(0, n, size)) * epochs),
    ],
    "01.10": [
        rate_by_looping,
        rate_by_numpy,
        rate_by_torch,
        lambda losses: min(finite(losses), key=losses.get),
        lambda losses: sorted((loss, rate) for rate, loss in losses.items() if loss < math.inf)[0][1],
    ],
}
