"""helpers.augmentation: small random changes, another for each image of a batch.

tests/test_lesson_08.py holds `augment` against the function that the lesson writes out.
"""

import pytest
import torch

from helpers import augment


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(42)


def picture_with_a_square() -> torch.Tensor:
    image = torch.zeros(1, 1, 28, 28)
    image[:, :, 10:18, 10:18] = 0.5
    return image


@pytest.mark.parametrize("shape", [(6, 1, 28, 28), (3, 3, 20, 32)])
def test_shape_and_type_stay_and_the_values_stay_from_0_to_1(shape):
    images = torch.rand(shape)
    changed = augment(images)
    assert changed.shape == images.shape
    assert changed.dtype == torch.float32
    assert ((changed >= 0) & (changed <= 1)).all()


def test_64_bit_floats_stay_so():
    assert augment(torch.rand(2, 1, 28, 28, dtype=torch.float64)).dtype == torch.float64


def test_each_image_of_the_batch_gets_its_own_change():
    changed = augment(picture_with_a_square().repeat(10, 1, 1, 1))
    assert len(changed.flatten(1).unique(dim=0)) == 10


def test_the_same_seed_gives_the_same_changes():
    images = torch.rand(4, 1, 28, 28)
    torch.manual_seed(7)
    first = augment(images)
    torch.manual_seed(7)
    assert torch.equal(augment(images), first)


def test_the_images_given_stay_as_they_are():
    images = torch.rand(4, 1, 28, 28)
    before = images.clone()
    augment(images)
    assert torch.equal(images, before)


def test_the_changes_are_small():
    images = picture_with_a_square().repeat(200, 1, 1, 1)
    changed = augment(images)
    rows = torch.arange(28.0).reshape(1, 1, 28, 1)
    centres = (changed * rows).sum(dim=(1, 2, 3)) / changed.sum(dim=(1, 2, 3))  # [200], in pixels
    assert (centres - 13.5).abs().max() < 2
    areas = (changed > 0.2).sum(dim=(1, 2, 3)) / 64
    assert 0.7 < areas.min() < areas.max() < 1.4


def test_what_comes_in_from_outside_repeats_the_edge():
    changed = augment(torch.full((50, 1, 28, 28), 0.5))
    deviations = changed.std(dim=(1, 2, 3))
    assert deviations.max() < 1e-5  # no black corner


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (torch.rand(1, 28, 28), r"shape \[1, 28, 28\]; expected a batch.*unsqueeze\(0\)"),
        (torch.zeros(2, 1, 28, 28, dtype=torch.uint8), "uint8; expected floats.*Divide them by 255"),
    ],
)
def test_what_is_no_batch_of_floats_is_refused_in_words(images, message):
    with pytest.raises(ValueError, match=message):
        augment(images)
