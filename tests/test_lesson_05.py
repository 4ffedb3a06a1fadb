"""A helper's body and the cell of lesson 05 that first taught it do the same.

The cells are taken from lessons/05_fashion_mnist.md as they stand and run beside the helpers.
"""

import inspect

import pytest
import torch
from lesson_code import code_cells, written_out
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import helpers
import helpers.models
from helpers import accuracy_fn

LESSON = "05_fashion_mnist"
CLASSES = 10


def taught(*names: str) -> dict:
    return written_out(LESSON, *names)


# The models

MODELS = {
    "FashionMNISTModelV0": 784,
    "FashionMNISTModelV1": 784,
    "FashionMNISTModelV2": 1,
}


def model_pair(name: str, hidden_units: int) -> tuple[nn.Module, nn.Module]:
    """Return the helpers' model and the lesson's, made with the same seed."""
    pair = []
    for model_class in (getattr(helpers.models, name), taught("block", name)[name]):
        torch.manual_seed(42)
        arguments = {"input_shape": MODELS[name], "hidden_units": hidden_units, "output_shape": CLASSES}
        pair.append(model_class(**arguments))
    return tuple(pair)


@pytest.mark.parametrize("hidden_units", [10, 3])
@pytest.mark.parametrize("name", MODELS)
def test_a_model_has_the_parameters_of_the_one_in_the_lesson(name, hidden_units):
    ours, lessons = (model.state_dict() for model in model_pair(name, hidden_units))
    assert {key: value.shape for key, value in ours.items()} == {
        key: value.shape for key, value in lessons.items()
    }
    assert list(ours) == list(lessons)


@pytest.mark.parametrize("name", MODELS)
def test_a_model_gives_the_logits_of_the_one_in_the_lesson(name):
    ours, lessons = model_pair(name, 10)
    images = torch.randn(64, 1, 28, 28)
    assert torch.equal(ours(images), lessons(images))
    assert ours(images).shape == (64, CLASSES)


def test_v1_says_nothing_below_zero():
    images = torch.randn(64, 1, 28, 28)
    assert (model_pair("FashionMNISTModelV1", 10)[0](images) >= 0).all()


# The steps

loss_fn = nn.CrossEntropyLoss()


def make_loader() -> DataLoader:
    """Return 70 images in batches of 32: the last has 6."""
    generator = torch.Generator().manual_seed(1)
    images = torch.rand(70, 1, 28, 28, generator=generator)
    return DataLoader(TensorDataset(images, torch.arange(70) % CLASSES), batch_size=32, shuffle=True)


def with_dropout() -> nn.Module:
    torch.manual_seed(42)
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 20), nn.ReLU(), nn.Dropout(0.3), nn.Linear(20, CLASSES))


def trained(train_step) -> tuple[nn.Module, list[tuple[float, float]]]:
    """Return a model after two epochs with a train_step, and what each epoch returned."""
    model = with_dropout()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    loader = make_loader()
    torch.manual_seed(7)
    return model, [train_step(model, loader, loss_fn, optimizer, accuracy_fn, "cpu") for _ in range(2)]


def same_losses_and_accuracies(one, other) -> bool:
    losses, accuracies = zip(*one, strict=True)
    other_losses, other_accuracies = zip(*other, strict=True)
    return losses == pytest.approx(other_losses, abs=1e-6) and accuracies == other_accuracies


def test_train_step_learns_what_the_lessons_learns(capsys):
    ours, our_results = trained(helpers.train_step)
    printed = capsys.readouterr().out
    lessons, results = trained(taught("train_step")["train_step"])
    assert all(
        torch.equal(one, other) for one, other in zip(ours.parameters(), lessons.parameters(), strict=True)
    )
    assert same_losses_and_accuracies(our_results, results)
    assert printed == capsys.readouterr().out
    assert printed.count("\n") == 2


def test_test_step_measures_what_the_lessons_measures(capsys):
    model, loader = with_dropout(), make_loader()
    our_result = helpers.test_step(model, loader, loss_fn, accuracy_fn, "cpu")
    printed = capsys.readouterr().out
    result = taught("test_step")["test_step"](model, loader, loss_fn, accuracy_fn, "cpu")
    assert same_losses_and_accuracies([our_result], [result])
    assert printed == capsys.readouterr().out


def test_the_training_loop_of_the_lesson_ends_at_the_same_weights():
    [loop] = [cell for cell in code_cells(LESSON) if "tqdm(range(EPOCHS))" in cell]
    model = helpers.models.FashionMNISTModelV0(784, 10, CLASSES)
    start = {name: value.clone() for name, value in model.state_dict().items()}
    loader = make_loader()
    namespace = {"model_0": model, "train_loader": loader, "train_data": loader.dataset, "EPOCHS": 2}
    namespace |= {"loss_fn": loss_fn, "optimizer": torch.optim.SGD(model.parameters(), lr=0.1)}
    torch.manual_seed(7)
    exec(loop, namespace)
    ours = helpers.models.FashionMNISTModelV0(784, 10, CLASSES)
    ours.load_state_dict(start)
    optimizer = torch.optim.SGD(ours.parameters(), lr=0.1)
    torch.manual_seed(7)
    for _ in range(2):
        helpers.train_step(ours, loader, loss_fn, optimizer)
    assert all(torch.equal(value, ours.state_dict()[name]) for name, value in model.state_dict().items())


# The signatures that learners know from the usual courses: names in this order; ours may add some at the end

SIGNATURES = {
    "accuracy_fn": "y_true, y_pred",
    "train_step": "model, data_loader, loss_fn, optimizer, accuracy_fn, device",
    "test_step": "model, data_loader, loss_fn, accuracy_fn, device",
    "eval_model": "model, data_loader, loss_fn, accuracy_fn, device",
    "print_train_time": "start, end, device",
    "make_predictions": "model, data, device",
    "get_batch_accuracy": "output, y, N",
    "plot_decision_boundary": "model, X, y",
    "plot_predictions": "train_data, train_labels, test_data, test_labels, predictions",
}


@pytest.mark.parametrize("name", SIGNATURES)
def test_a_signature_that_learners_know_stays_as_it_is(name):
    expected = SIGNATURES[name].split(", ")
    parameters = inspect.signature(getattr(helpers, name)).parameters
    assert list(parameters)[: len(expected)] == expected
    added = list(parameters.values())[len(expected) :]
    assert all(parameter.default is not parameter.empty for parameter in added)


@pytest.mark.parametrize("name", ["train_step", "test_step"])
def test_the_lesson_teaches_the_same_signature(name):
    assert list(inspect.signature(taught(name)[name]).parameters) == SIGNATURES[name].split(", ")
