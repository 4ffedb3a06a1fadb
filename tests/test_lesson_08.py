"""The network and the augmentation in `helpers` and those that lesson 08 writes out do the same.

The definitions are taken from lessons/08_asl_augmentation.md as they stand and run beside the helpers'.
"""

import pytest
import torch
from lesson_code import written_out
from torch import nn
from torch.nn import functional as F

import helpers

ARGUMENTS = {"MyConvBlock": [(1, 16, 0.2), (3, 5, 0.0)], "SignLanguageCNN": [(), (10, 0.5)]}
CASES = [(name, arguments) for name, several in ARGUMENTS.items() for arguments in several]


def taught(*names: str) -> dict:
    return written_out("08_asl_augmentation", *names, F=F, MAX_ANGLE=8)


def pair(name: str, arguments: tuple) -> tuple[nn.Module, nn.Module]:
    """Return the helpers' module and the lesson's, made with the same seed."""
    modules = []
    for module_class in (getattr(helpers, name), taught("MyConvBlock", "SignLanguageCNN")[name]):
        torch.manual_seed(42)
        modules.append(module_class(*arguments))
    return tuple(modules)


def images_for(arguments: tuple) -> torch.Tensor:
    channels = arguments[0] if len(arguments) == 3 else 1
    return torch.rand(8, channels, 28, 28, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize(("name", "arguments"), CASES)
def test_the_state_dicts_fit_each_other(name, arguments):
    ours, lessons = pair(name, arguments)
    assert list(ours.state_dict()) == list(lessons.state_dict())
    lessons.load_state_dict(ours.state_dict(), strict=True)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize(("name", "arguments"), CASES)
def test_both_give_the_same_outputs_in_each_mode(name, arguments, training):
    outputs = []
    for module in pair(name, arguments):
        module.train(training)
        torch.manual_seed(7)  # the dropout
        outputs.append(module(images_for(arguments)))
    assert torch.equal(*outputs)


def test_a_block_halves_height_and_width():
    assert helpers.MyConvBlock(1, 16, 0.2)(torch.rand(2, 1, 28, 28)).shape == (2, 16, 14, 14)
    assert helpers.MyConvBlock(16, 32, 0.2)(torch.rand(2, 16, 7, 7)).shape == (2, 32, 3, 3)


def test_the_network_gives_a_logit_for_each_class():
    assert helpers.SignLanguageCNN()(torch.rand(2, 1, 28, 28)).shape == (2, 24)
    assert helpers.SignLanguageCNN(classes=3)(torch.rand(2, 1, 28, 28)).shape == (2, 3)


def test_the_dropout_asked_for_is_the_dropout_of_the_blocks():
    drops = [
        layer.p for layer in helpers.SignLanguageCNN(dropout=0.4).modules() if isinstance(layer, nn.Dropout)
    ]
    assert drops == [0.4, 0.4, 0.4, 0.3]


def test_the_augmentation_is_the_lessons():
    images = images_for(())
    changed = []
    for augment in (helpers.augment, taught("look_up", "augment")["augment"]):
        torch.manual_seed(7)
        changed.append(augment(images))
    assert torch.equal(*changed)
