"""A model in `helpers` is the one that its lesson writes out.

The classes are taken from the lessons as they stand and run beside the helpers'.
"""

import pytest
import torch
from lesson_code import written_out

import helpers.models

IN_05 = ("05_fashion_mnist", "block")
IN_08 = ("08_asl_augmentation", "MyConvBlock")
IN_12 = ("12_faster_and_further", "convolution")
CASES = [
    ("FashionMNISTModelV0", IN_05, (784, 10, 10), 1),
    ("FashionMNISTModelV0", IN_05, (784, 3, 5), 1),
    ("FashionMNISTModelV1", IN_05, (784, 10, 10), 1),
    ("FashionMNISTModelV2", IN_05, (1, 10, 10), 1),
    ("FashionMNISTModelV2", IN_05, (3, 4, 5), 3),
    ("FashionMNISTModelV3", IN_12, (1, 4, 10), 1),
    ("MyConvBlock", IN_08, (1, 16, 0.2), 1),
    ("MyConvBlock", IN_08, (3, 5, 0.0), 3),
    ("SignLanguageCNN", IN_08, (), 1),
    ("SignLanguageCNN", IN_08, (10, 0.5), 1),
]


@pytest.mark.parametrize(("name", "lesson", "arguments", "channels"), CASES)
def test_a_model_is_the_one_that_its_lesson_writes_out(name, lesson, arguments, channels):
    images = torch.rand(8, channels, 28, 28)
    states, outputs = [], []
    for model_class in (getattr(helpers.models, name), written_out(*lesson, name)[name]):
        torch.manual_seed(42)
        model = model_class(*arguments)
        states.append(model.state_dict())
        torch.manual_seed(7)  # the dropout
        outputs.append([model.train(training)(images) for training in (True, False)])
    ours, lessons = states
    assert list(ours) == list(lessons)
    assert all(torch.equal(ours[key], lessons[key]) for key in ours)
    assert all(torch.equal(one, other) for one, other in zip(*outputs, strict=True))
