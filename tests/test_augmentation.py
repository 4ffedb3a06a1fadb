"""helpers.augmentation: small random changes, another for each image of a batch."""

import pytest
import torch
from lesson_code import written_out
from torch.nn import functional as F

from helpers import augment


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(42)


SQUARE = torch.zeros(1, 1, 28, 28)
SQUARE[:, :, 10:18, 10:18] = 0.5


def changed_by(function, images):
    torch.manual_seed(7)
    return function(images)


def test_the_augmentation_is_the_one_that_lesson_08_writes_out():
    lessons = written_out("08_asl_augmentation", "look_up", "augment", F=F, MAX_ANGLE=8)["augment"]
    images = torch.rand(8, 1, 28, 28)
    assert torch.equal(changed_by(augment, images), changed_by(lessons, images))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("shape", [(6, 1, 28, 28), (3, 3, 20, 32)])
def test_shape_and_type_stay_and_the_values_stay_from_0_to_1(shape, dtype):
    images = torch.rand(shape, dtype=dtype)
    before = images.clone()
    changed = augment(images)
    assert changed.shape == images.shape
    assert changed.dtype == dtype
    assert ((changed >= 0) & (changed <= 1)).all()
    assert torch.equal(images, before)


def test_each_image_of_the_batch_gets_its_own_change_and_the_same_seed_the_same():
    images = SQUARE.repeat(10, 1, 1, 1)
    changed = changed_by(augment, images)
    assert len(changed.flatten(1).unique(dim=0)) == 10
    assert torch.equal(changed_by(augment, images), changed)


def test_the_changes_are_small():
    changed = augment(SQUARE.repeat(200, 1, 1, 1))
    rows = torch.arange(28.0).reshape(1, 1, 28, 1)
    centres = (changed * rows).sum(dim=(1, 2, 3)) / changed.sum(dim=(1, 2, 3))  # [200], in pixels
    assert (centres - 13.5).abs().max() < 2
    areas = (changed > 0.2).sum(dim=(1, 2, 3)) / 64
    assert 0.7 < areas.min() < areas.max() < 1.4


def test_what_comes_in_from_outside_repeats_the_edge():
    changed = augment(torch.full((50, 1, 28, 28), 0.5))
    assert changed.std(dim=(1, 2, 3)).max() < 1e-5  # no black corner
