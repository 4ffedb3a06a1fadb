import math
from itertools import pairwise

import pytest
import torch

from helpers.data import hand_poses
from helpers.data.hand_poses import LETTERS, POSE_TABLE, Part, posed_parts

UPRIGHT, CURLED = (0.0, 0.0), (80.0, 100.0)


@pytest.fixture
def person() -> hand_poses.Traits:
    """Return an average person without habits, seen straight on."""
    traits = {name: torch.ones(1, 1) for name in ("width", "length", "thumb_length", "bare_forearm")}
    return traits | {"camera": torch.zeros(1, 3), "habits": torch.zeros(1, 24, 22)}


def finger(bend: tuple[float, float], person: hand_poses.Traits, lean: float = 0) -> list[Part]:
    """Return the middle finger bent by these angles."""
    knuckle, middle, lean = (torch.tensor([math.radians(angle)]) for angle in (*bend, lean))
    return hand_poses._finger(1, knuckle, middle, lean, person)


def tip_of(bones: list[Part]) -> torch.Tensor:
    return bones[-1].end[0]


def parts_of(letter: str, person: hand_poses.Traits) -> list[Part]:
    return posed_parts(torch.tensor([LETTERS.index(letter)]), person, {"pose": torch.zeros(1, 22)})


def test_each_letter_that_stands_still_has_a_pose_of_its_own():
    assert LETTERS == "abcdefghiklmnopqrstuvwxy"  # J and Z are movements
    assert POSE_TABLE.unique(dim=0).shape == (24, 22)


def test_a_straight_finger_points_up_from_its_knuckle(person):
    up = torch.tensor([0, sum(hand_poses.FINGER_LENGTHS[1]), 0])
    torch.testing.assert_close(tip_of(finger(UPRIGHT, person)), hand_poses.KNUCKLES[1] + up)


def test_a_finger_bent_at_the_knuckle_points_to_the_viewer(person):
    tip = tip_of(finger((90.0, 0.0), person))
    assert tip[2] > 0.9
    assert tip[1] == pytest.approx(hand_poses.KNUCKLES[1, 1].item())


def test_a_curled_finger_comes_back_to_the_palm(person):
    tip = tip_of(finger(CURLED, person))
    assert tip[1] < hand_poses.KNUCKLES[1, 1]
    assert tip[2] < 0.6


def test_a_finger_leans_to_the_thumb_when_its_lean_is_positive(person):
    assert tip_of(finger(UPRIGHT, person, lean=10))[0] > tip_of(finger(UPRIGHT, person, lean=-10))[0]


def test_bones_hang_together_and_keep_their_lengths(person):
    bones = finger((30.0, 60.0), person)
    for bone, following in pairwise(bones):
        assert torch.equal(bone.end, following.start)
        assert bone.radii[1] == following.radii[0]
    lengths = [(bone.end - bone.start).norm().item() for bone in bones]
    assert lengths == pytest.approx(hand_poses.FINGER_LENGTHS[1])


@pytest.mark.parametrize(
    ("view", "point", "expected"),
    [
        ((90, 0, 0), (0, 0, 1), (1, 0, 0)),  # yaw turns what faces the viewer, the palm, to the right
        ((0, 90, 0), (0, 1, 0), (0, 0, 1)),  # pitch tips what points up to the viewer
        ((0, 0, 90), (1, 0, 0), (0, 1, 0)),  # roll goes anticlockwise
    ],
)
def test_yaw_pitch_and_roll_turn_as_the_docstring_says(view, point, expected):
    turned = hand_poses._turn(torch.tensor([point]).float(), torch.deg2rad(torch.tensor([view]).float()))
    torch.testing.assert_close(turned, torch.tensor([expected]).float())


def test_turning_moves_the_whole_hand_but_bends_nothing(person):
    straight = parts_of("a", person)
    turned = parts_of("a", person | {"camera": torch.tensor([[50.0, 20.0, -30.0]])})
    assert not torch.allclose(straight[0].start, turned[0].start)
    for before, after in zip(straight[:-2], turned[:-2], strict=True):
        torch.testing.assert_close((before.end - before.start).norm(), (after.end - after.start).norm())


def test_the_last_two_parts_are_a_forearm_and_the_sleeve_around_it(person):
    forearm, sleeve = parts_of("b", person)[-2:]
    assert torch.equal(forearm.start, torch.zeros(1, 3))
    assert torch.equal(forearm.end, sleeve.start)
    assert forearm.end[0, 1] < 0
    assert sleeve.radii[0] > forearm.radii[1]


def test_a_habit_changes_how_a_signer_makes_one_letter_only(person):
    before = {letter: parts_of(letter, person)[-3].end for letter in "ab"}
    person["habits"][0, LETTERS.index("a")] = 1.0
    after = {letter: parts_of(letter, person)[-3].end for letter in "ab"}
    assert not torch.equal(before["a"], after["a"])
    assert torch.equal(before["b"], after["b"])
