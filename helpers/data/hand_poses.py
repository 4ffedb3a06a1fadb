"""How the 24 letters that stand still are signed: the joint angles of each, and the hand that they bend.

The frame is that of a right hand held up with the palm to the viewer: x points right, to the thumb; y up,
along the fingers; z to the viewer. All angles are in degrees. A pose says

- for each finger how far it is bent at the knuckle (0 straight up, 90 towards the viewer) and how far at its
  middle joint; the last joint follows the middle one;
- for each finger its ``spread``: how far it leans towards the thumb (+) or away from it (-);
- for the three bones of the thumb where they point: around the palm (0 up, 90 away from the hand, negative
  across the palm) and out of it, towards the viewer;
- the ``view``, how the whole hand is turned: yaw turns the palm to the viewer's right, pitch tips the
  fingertips towards the viewer, roll turns the picture anticlockwise;
- the ``arm``: where the forearm goes in the picture (0 down, 90 to the right, negative to the left).

J and Z are movements, so a still picture cannot show them.

The angles were set by eye, by someone who looked at pictures of Sign-Language-MNIST beside the synthetic ones
and wanted them to look alike. No fluent signer has checked them: do not learn to sign from them.
"""

import math
from collections.abc import Iterable
from typing import NamedTuple

import torch
from torch import Tensor

LETTERS = "abcdefghiklmnopqrstuvwxy"
DEGREE = math.pi / 180

Traits = dict[str, Tensor]  # name → values, the first dimension being the picture's
Bend = tuple[float, float]  # of a finger: at the knuckle, at the middle joint
Direction = tuple[float, float]  # of a bone of the thumb: around the palm, out of the palm

UP: Bend = (4, 8)
FIST: Bend = (80, 100)


def _pose(
    index: Bend,
    middle: Bend,
    ring: Bend,
    little: Bend,
    thumb: tuple[Direction, Direction, Direction],
    spread: tuple[float, float, float, float] = (4, 1, -2, -5),
    view: tuple[float, float, float] = (0, 0, 0),
    arm: float = -8,
) -> list[float]:
    """Return the 22 numbers of a pose: 4 × (knuckle, middle joint, spread), 3 × 2 of the thumb, view, arm."""
    fingers = zip((index, middle, ring, little), spread, strict=True)
    angles = [angle for bend, lean in fingers for angle in (*bend, lean)]
    return [*angles, *(angle for bone in thumb for angle in bone), *view, arm]


# fmt: off
POSES = {
    "a": _pose(
        FIST, FIST, FIST, FIST, thumb=((52, 22), (10, 27), (-1, 11)),
        view=(8, -5, -8),
    ),
    "b": _pose(
        UP, UP, UP, UP, thumb=((30, 35), (-50, 20), (-75, 0)),
        spread=(0, 0, 0, 0), view=(5, 0, 0),
    ),
    "c": _pose(
        (36, 40), (38, 42), (40, 44), (42, 46), thumb=((50, 40), (25, 55), (10, 50)),
        view=(72, 0, -12), arm=-25,
    ),
    "d": _pose(
        UP, (66, 78), (70, 84), (72, 88), thumb=((45, 25), (-30, 45), (-75, 30)),
        view=(5, -3, -4),
    ),
    "e": _pose(
        (54, 106), (54, 106), (55, 106), (57, 106), thumb=((34, 28), (-63, 17), (-92, 3)),
        view=(2, -10, -6),
    ),
    "f": _pose(
        (50, 55), (10, 8), UP, UP, thumb=((60, 45), (30, 50), (0, 30)),
        spread=(4, 2, -10, -22), view=(45, 0, 5), arm=-10,
    ),
    "g": _pose(
        (8, 8), (72, 106), (73, 106), (75, 106), thumb=((30, 20), (5, 20), (5, 10)),
        view=(160, 8, -76), arm=-40,
    ),
    "h": _pose(
        (8, 8), (10, 8), (72, 106), (74, 106), thumb=((25, 40), (-20, 40), (-40, 20)),
        spread=(-2, 2, -2, -5), view=(162, 8, -78), arm=-40,
    ),
    "i": _pose(
        FIST, FIST, (76, 98), (6, 10), thumb=((45, 28), (-8, 35), (-40, 20)),
        spread=(4, 1, -2, -20), view=(5, -6, -12),
    ),
    "k": _pose(
        UP, (64, 18), FIST, FIST, thumb=((25, 40), (-10, 45), (-10, 35)),
        spread=(4, -4, -2, -5), view=(-40, -3, -4), arm=-5,
    ),
    "l": _pose(
        UP, FIST, FIST, FIST, thumb=((70, 10), (80, 5), (78, 0)),
        view=(0, 0, -4),
    ),
    "m": _pose(
        (40, 82), (40, 82), (42, 82), (64, 95), thumb=((30, 18), (-40, 5), (-60, -5)),
        view=(-3, -8, -10),
    ),
    "n": _pose(
        (24, 84), (24, 84), (72, 98), (76, 98), thumb=((30, 22), (-35, 12), (-50, 0)),
        view=(-6, -6, -8),
    ),
    "o": _pose(
        (44, 58), (45, 60), (46, 62), (48, 64), thumb=((50, 45), (0, 42), (-8, 30)),
        view=(70, 0, -8), arm=-10,
    ),
    "p": _pose(
        UP, (80, 30), FIST, FIST, thumb=((30, 45), (-5, 55), (-10, 50)),
        spread=(6, -4, -2, -5), view=(-65, 0, 68), arm=35,
    ),
    "q": _pose(
        (35, 12), (85, 90), FIST, FIST, thumb=((40, 45), (10, 50), (5, 45)),
        view=(-105, 0, 118), arm=48,
    ),
    "r": _pose(
        (2, 4), (14, 4), FIST, FIST, thumb=((20, 50), (-40, 45), (-70, 5)),
        spread=(-9, 12, -2, -5), view=(-14, -4, -6),
    ),
    "s": _pose(
        FIST, FIST, FIST, FIST, thumb=((35, 38), (-28, 42), (-60, 15)),
        view=(-22, -6, -10),
    ),
    "t": _pose(
        (8, 8), (62, 110), (63, 110), (65, 110), thumb=((56, 20), (68, 28), (72, 28)),
        view=(160, 8, -85), arm=-25,
    ),
    "u": _pose(
        UP, UP, FIST, FIST, thumb=((20, 50), (-45, 50), (-75, 0)),
        spread=(-2, 3, -2, -5), view=(-12, -3, -4),
    ),
    "v": _pose(
        UP, UP, FIST, FIST, thumb=((20, 50), (-45, 50), (-75, 0)),
        spread=(13, -12, -2, -5), view=(-4, -3, -3),
    ),
    "w": _pose(
        UP, UP, UP, FIST, thumb=((20, 45), (-60, 40), (-85, 5)),
        spread=(14, 0, -14, -8), view=(0, 0, -2),
    ),
    "x": _pose(
        (14, 76), FIST, FIST, FIST, thumb=((30, 45), (-15, 45), (-50, 15)),
        view=(55, 0, -4),
    ),
    "y": _pose(
        FIST, FIST, FIST, UP, thumb=((66, 12), (54, 5), (48, 0)),
        spread=(4, 1, -2, -26), view=(0, -4, -6),
    ),
}
# fmt: on
POSE_TABLE = torch.tensor([POSES[letter] for letter in LETTERS])  # [24, 22]

# How much a signer's habits and a single take change a pose: the standard deviation of each angle in degrees.
POSE_SPREAD = torch.tensor([7.0, 8.0, 2.5] * 4 + [8.0] * 6 + [16.0, 8.0, 8.0, 20.0])
HABIT, TAKE = 0.8, 0.5

# The hand at rest, 1 being about the length of the palm; the wrist is at (0, 0, 0).
KNUCKLES = torch.tensor([[0.35, 0.95, 0.0], [0.12, 1.0, 0.02], [-0.11, 0.96, 0.0], [-0.33, 0.86, -0.03]])
FINGER_LENGTHS = [(0.45, 0.27, 0.20), (0.49, 0.30, 0.21), (0.46, 0.28, 0.20), (0.36, 0.21, 0.17)]
FINGER_RADII = [0.14, 0.14, 0.135, 0.115]
FINGER_TAPERS = [1.0, 0.94, 0.88, 0.82]  # at the knuckle, the two joints and the tip, of the radius
LAST_JOINT = 0.65  # a finger's last joint bends so much of what its middle joint does
THUMB_BASE = torch.tensor([0.20, 0.20, 0.06])
THUMB_LENGTHS = (0.44, 0.36, 0.28)
THUMB_RADII = [0.22, 0.155, 0.14, 0.115]
PALM = [  # the flesh of the palm: from, to, the radii there
    ((0.33, 0.93, -0.03), (-0.31, 0.83, -0.05), (0.16, 0.15)),
    ((0.28, 0.62, -0.03), (-0.29, 0.55, -0.05), (0.19, 0.19)),
    ((0.18, 0.25, -0.02), (-0.20, 0.25, -0.03), (0.22, 0.22)),
    ((-0.16, 0.05, 0.03), (-0.27, 0.60, 0.0), (0.21, 0.18)),
    ((0.14, 0.08, 0.06), (0.32, 0.50, 0.09), (0.22, 0.21)),
]
FOREARM_RADII, SLEEVE_RADII = (0.34, 0.35), (0.38, 0.50)
ARM_TO_BACK = -0.15  # how far the forearm goes away from the viewer
SHARP, SMOOTH, MERGED = 0.03, 0.10, 0.12  # over what depth a part is blended with what it meets


class Part(NamedTuple):
    """A capsule in every picture: ``start`` and ``end`` [N, 3], their radii, and its depth of blending."""

    start: Tensor
    end: Tensor
    radii: tuple[float, float]
    blend: float


def posed_parts(letters: Tensor, person: Traits, take: Traits) -> list[Part]:
    """Return the capsules of each hand, turned as the camera sees it; the last two are forearm and sleeve."""
    habits = person["habits"][torch.arange(len(letters)), letters]
    angles = POSE_TABLE[letters] + POSE_SPREAD * (HABIT * habits + TAKE * take["pose"])  # [N, 22]
    fingers, thumb, view, arm = (angles * DEGREE).split([12, 6, 3, 1], dim=1)
    parts = _palm(person) + _thumb(thumb.unflatten(1, (3, 2)), person)
    for number, (knuckle, middle, lean) in enumerate(fingers.unflatten(1, (4, 3)).permute(1, 2, 0)):
        parts += _finger(number, knuckle, middle, lean, person)
    view = view + person["camera"] * DEGREE
    turned = [part._replace(start=_turn(part.start, view), end=_turn(part.end, view)) for part in parts]
    return turned + _arm(arm[:, 0], person)


def _at(point: Iterable[float], person: Traits) -> Tensor:
    """Return a point of the resting hand [N, 3] for hands of several widths."""
    x, y, z = torch.as_tensor(point)
    width = person["width"][:, 0]
    return torch.stack([x * width, y.expand_as(width), z.expand_as(width)], dim=1)


def _palm(person: Traits) -> list[Part]:
    return [Part(_at(start, person), _at(end, person), radii, MERGED) for start, end, radii in PALM]


def _thumb(angles: Tensor, person: Traits) -> list[Part]:
    """Return the three bones of the thumb, whose angles are [N, 3, 2], and the web between thumb and palm."""
    steps = [_direction(*bone.T) for bone in angles.unbind(1)]
    lengths = [length * person["thumb_length"] for length in THUMB_LENGTHS]
    bones = _chain(_at(THUMB_BASE, person), steps, lengths, THUMB_RADII, [MERGED, SHARP, SHARP])
    middle = (bones[0].start + bones[0].end) / 2
    web = Part(middle, _at(0.72 * KNUCKLES[0], person), (0.17, 0.14), MERGED)
    return [bones[0], web, *bones[1:]]


def _finger(number: int, knuckle: Tensor, middle: Tensor, lean: Tensor, person: Traits) -> list[Part]:
    """Return the three bones of a finger that is bent by these angles [N] and leans to a side."""
    bends = [knuckle, knuckle + middle, knuckle + (1 + LAST_JOINT) * middle]
    steps = [_direction(lean, bend) for bend in bends]
    lengths = [length * person["length"] for length in FINGER_LENGTHS[number]]
    radii = [FINGER_RADII[number] * taper for taper in FINGER_TAPERS]
    return _chain(_at(KNUCKLES[number], person), steps, lengths, radii, [SMOOTH, SHARP, SHARP])


def _arm(angle: Tensor, person: Traits) -> list[Part]:
    """Return the bare forearm and the sleeve, which go from the wrist in the direction `angle` [N]."""
    way = torch.stack([angle.sin(), -angle.cos(), torch.full_like(angle, ARM_TO_BACK)], dim=1)
    cuff = way * person["bare_forearm"]
    forearm = Part(torch.zeros_like(cuff), cuff, FOREARM_RADII, MERGED)
    return [forearm, Part(cuff, cuff + 3 * way, SLEEVE_RADII, 0.001)]


def _direction(around: Tensor, out: Tensor) -> Tensor:
    """Return unit vectors [N, 3]: up, then turned to the thumb by `around`, then to the viewer by `out`."""
    return torch.stack([around.sin() * out.cos(), around.cos() * out.cos(), out.sin()], dim=1)


def _chain(
    joint: Tensor, steps: list[Tensor], lengths: list[Tensor], radii: list[float], blends: list[float]
) -> list[Part]:
    """Return bones that hang together: each starts where the one before it ends."""
    parts = []
    for i, (step, length, blend) in enumerate(zip(steps, lengths, blends, strict=True)):
        tip = joint + step * length
        parts.append(Part(joint, tip, (radii[i], radii[i + 1]), blend))
        joint = tip
    return parts


def _turn(points: Tensor, view: Tensor) -> Tensor:
    """Turn points [N, 3] by yaw, pitch and roll: `view` [N, 3], in radians."""
    for angle, (first, second) in zip(view.T, ((2, 0), (1, 2), (0, 1)), strict=True):
        a, b = points[:, first], points[:, second]
        points = points.clone()
        points[:, first] = angle.cos() * a - angle.sin() * b
        points[:, second] = angle.sin() * a + angle.cos() * b
    return points
