"""The two recipes: what they train with, one step of all optimizers, and going on from a saved state."""

import gc
from weakref import ref

import pytest
import torch
from lesson_code import written_out
from torch import nn
from torch.nn.utils import parametrize
from torch.optim import SGD, Muon

import helpers
from helpers.apps.recipes import RECIPES, AsMatrix, Training
from helpers.augmentation import flip_some

LESSON = "12_faster_and_further"
_GENERATOR = torch.Generator().manual_seed(1)
IMAGES = torch.rand(8, 1, 28, 28, generator=_GENERATOR)
LABELS = torch.randint(10, (8,), generator=_GENERATOR)

each_recipe = pytest.mark.parametrize("name", RECIPES)


def make_training(name="v3", steps=10):
    torch.manual_seed(42)
    return Training(RECIPES[name], steps)


def train(training, steps):
    losses = []
    for _ in range(steps):
        loss = training.loss_fn(training.model(IMAGES), LABELS)
        training.optimizer.zero_grad()
        loss.backward()
        training.optimizer.step()
        losses.append(loss.item())
    return losses


def optimizers(training):
    return [part for part in training.parts if isinstance(part, SGD | Muon)]


def rates(training):
    return [optimizer.param_groups[0]["lr"] for optimizer in optimizers(training)]


# The recipes


def test_the_traditional_recipe_is_the_training_of_lesson_05():
    ours = train(make_training("v2"), 5)
    torch.manual_seed(42)
    model = helpers.FashionMNISTModelV2(1, 10, 10)
    optimizer = SGD(model.parameters(), lr=0.1)
    for expected in ours:
        loss = nn.functional.cross_entropy(model(IMAGES), LABELS)
        assert loss.item() == pytest.approx(expected, abs=1e-6)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def test_too_few_steps_for_a_rise_and_a_fall_are_refused():
    message = r"5 steps are too few for one cycle .* more epochs, or with smaller"
    with pytest.raises(ValueError, match=message):
        make_training(steps=5)
    train(make_training(steps=6), 6)
    train(make_training("v2", steps=1), 1)  # has no cycle


@each_recipe
def test_each_parameter_is_trained_by_exactly_one_optimizer(name):
    training = make_training(name)
    groups = [group for optimizer in optimizers(training) for group in optimizer.param_groups]
    held = [id(one) for group in groups for one in group["params"]]
    assert sorted(held) == sorted(id(one) for one in training.model.parameters())


def test_muon_trains_the_kernels_of_all_convolutions_but_the_first():
    [_, muon] = optimizers(make_training())
    shapes = [list(one.shape) for one in muon.param_groups[0]["params"]]
    assert shapes == [[32, 144], [32, 288], [64, 288], [64, 576], [128, 576]]


def test_one_step_is_a_step_of_all_optimizers_and_their_rates():
    training = make_training(steps=10)
    before = {name: one.detach().clone() for name, one in training.model.named_parameters()}
    first = rates(training)
    train(training, 1)
    for name, parameter in training.model.named_parameters():
        assert not torch.equal(parameter, before[name]), name
    assert [new / old for old, new in zip(first, rates(training), strict=True)] == [pytest.approx(10)] * 2


def test_gradients_are_those_of_the_last_batch_alone():
    training = make_training()
    matrix = training.model.features[4].parametrizations.weight.original
    train(training, 1)
    training.optimizer.zero_grad()
    assert matrix.grad is None or not matrix.grad.any()


def test_the_rates_of_one_cycle_end_near_zero_and_the_constant_one_stays():
    cycle, constant = make_training(steps=10), make_training("v2", steps=10)
    train(cycle, 9)
    train(constant, 9)
    assert all(rate < 0.001 for rate in rates(cycle))
    assert rates(constant) == [0.1]


@each_recipe
def test_a_training_that_was_saved_goes_on_with_the_same_falling_losses(name, tmp_path):
    unbroken, first = train(make_training(name, steps=20), 20), make_training(name, steps=20)
    assert unbroken[-1] < unbroken[0] - 0.1
    train(first, 12)
    torch.save(first.state_dict(), tmp_path / "state.pt")
    second = Training(RECIPES[name], 20)  # with other first weights
    second.load_state_dict(torch.load(tmp_path / "state.pt", weights_only=True))
    assert train(second, 8) == unbroken[12:]


def test_a_training_that_is_over_is_gone_at_once():
    train(make_training(), 1)  # the first step imports parts of torch, which leaves something over
    gc.disable()
    try:
        training = make_training()
        train(training, 1)
        parts = [ref(part) for part in training.parts]
        del training
        assert [part() for part in parts] == [None] * 5
    finally:
        gc.enable()


# The pieces


@pytest.mark.parametrize("as_matrix", [AsMatrix, written_out(LESSON, "AsMatrix")["AsMatrix"]])
def test_a_layer_with_its_kernels_as_a_matrix_computes_the_same_as_in_the_lesson(as_matrix):
    torch.manual_seed(0)
    layer, images = nn.Conv2d(3, 5, kernel_size=(3, 2)), torch.rand(2, 3, 6, 6)
    expected = layer(images)
    parametrize.register_parametrization(layer, "weight", as_matrix())
    torch.testing.assert_close(layer(images), expected)
    assert list(layer.parametrizations.weight.original.shape) == [5, 18]
    assert layer.weight.is_contiguous(memory_format=torch.channels_last)


def test_each_image_is_mirrored_by_a_coin_of_its_own():
    images = torch.arange(400.0).reshape(100, 1, 2, 2)
    before = images.clone()
    torch.manual_seed(0)
    pairs = list(zip(flip_some(images), before, strict=True))
    mirrored = [torch.equal(new, old.flip(2)) for new, old in pairs]
    assert [torch.equal(new, old) for new, old in pairs] == [not coin for coin in mirrored]
    assert 25 < sum(mirrored) < 75
    assert torch.equal(images, before)
