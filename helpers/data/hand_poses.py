"""How the 24 letters that stand still are signed: the joint angles of each, and the hand that they bend.

It is a right hand, held up with the palm to the viewer: x points right, to the thumb; y up, along the
fingers; z to the viewer. All angles are in degrees. A row of `POSES` says

- for each finger: how far it bends at the knuckle (0 straight up, 90 towards the viewer), how far at its
  middle joint, and how far it leans, towards the thumb (+) or away from it (-). The last joint follows the
  middle one;
- for each bone of the thumb: where it points around the palm (0 up, 90 away from the hand, negative across
  the palm), and how far out of it, towards the viewer;
- for the whole hand: yaw turns the palm to the viewer's right, pitch tips the fingertips towards the viewer,
  roll turns the picture anticlockwise;
- where the forearm goes in the picture (0 down, 90 to the right, negative to the left).

J and Z are movements, so a still picture cannot show them.

The angles were set by eye, beside pictures of Sign-Language-MNIST. No fluent signer has checked them, so do
not learn to sign from them.
"""

import math
from collections.abc import Iterable
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor

Traits = dict[str, Tensor]  # name → values, the first dimension being the picture's

DEGREE = math.pi / 180
# fingers: knuckle, middle joint, lean                   thumb: around and out of the palm
#  index        middle         ring          little        base   middle      tip   yaw, pitch, roll  arm
POSES = """
a  80 100   4   80 100   1   80 100  -2   80 100  -5   52  22   10  27   -1  11     8  -5   -8   -8
b   4   8   0    4   8   0    4   8   0    4   8   0   30  35  -50  20  -75   0     5   0    0   -8
c  36  40   4   38  42   1   40  44  -2   42  46  -5   50  40   25  55   10  50    72   0  -12  -25
d   4   8   4   66  78   1   70  84  -2   72  88  -5   45  25  -30  45  -75  30     5  -3   -4   -8
e  54 106   4   54 106   1   55 106  -2   57 106  -5   34  28  -63  17  -92   3     2 -10   -6   -8
f  50  55   4   10   8   2    4   8 -10    4   8 -22   60  45   30  50    0  30    45   0    5  -10
g   8   8   4   72 106   1   73 106  -2   75 106  -5   30  20    5  20    5  10   160   8  -76  -40
h   8   8  -2   10   8   2   72 106  -2   74 106  -5   25  40  -20  40  -40  20   162   8  -78  -40
i  80 100   4   80 100   1   76  98  -2    6  10 -20   45  28   -8  35  -40  20     5  -6  -12   -8
k   4   8   4   64  18  -4   80 100  -2   80 100  -5   25  40  -10  45  -10  35   -40  -3   -4   -5
l   4   8   4   80 100   1   80 100  -2   80 100  -5   70  10   80   5   78   0     0   0   -4   -8
m  40  82   4   40  82   1   42  82  -2   64  95  -5   30  18  -40   5  -60  -5    -3  -8  -10   -8
n  24  84   4   24  84   1   72  98  -2   76  98  -5   30  22  -35  12  -50   0    -6  -6   -8   -8
o  44  58   4   45  60   1   46  62  -2   48  64  -5   50  45    0  42   -8  30    70   0   -8  -10
p   4   8   6   80  30  -4   80 100  -2   80 100  -5   30  45   -5  55  -10  50   -65   0   68   35
q  35  12   4   85  90   1   80 100  -2   80 100  -5   40  45   10  50    5  45  -105   0  118   48
r   2   4  -9   14   4  12   80 100  -2   80 100  -5   20  50  -40  45  -70   5   -14  -4   -6   -8
s  80 100   4   80 100   1   80 100  -2   80 100  -5   35  38  -28  42  -60  15   -22  -6  -10   -8
t   8   8   4   62 110   1   63 110  -2   65 110  -5   56  20   68  28   72  28   160   8  -85  -25
u   4   8  -2    4   8   3   80 100  -2   80 100  -5   20  50  -45  50  -75   0   -12  -3   -4   -8
v   4   8  13    4   8 -12   80 100  -2   80 100  -5   20  50  -45  50  -75   0    -4  -3   -3   -8
w   4   8  14    4   8   0    4   8 -14   80 100  -8   20  45  -60  40  -85   5     0   0   -2   -8
x  14  76   4   80 100   1   80 100  -2   80 100  -5   30  45  -15  45  -50  15    55   0   -4   -8
y  80 100   4   80 100   1   80 100  -2    4   8 -26   66  12   54   5   48   0     0  -4   -6   -8
"""
_ROWS = [row.split() for row in POSES.strip().splitlines()]
LETTERS = "".join(letter for letter, *_ in _ROWS)
POSE_TABLE = torch.tensor([[int(angle) for angle in angles] for _, *angles in _ROWS])  # [24, 22]

# How much a signer's habits and a single take change a pose: the standard deviation of each angle.
POSE_SPREAD = torch.tensor([7.0, 8.0, 2.5] * 4 + [8.0] * 6 + [16.0, 8.0, 8.0, 20.0])
HABIT, TAKE = 0.8, 0.5

# The hand at rest, 1 being about the length of the palm; the wrist is at (0, 0, 0).
KNUCKLES = torch.tensor([[0.35, 0.95, 0.0], [0.12, 1.0, 0.02], [-0.11, 0.96, 0.0], [-0.33, 0.86, -0.03]])
FINGER_LENGTHS = [(0.45, 0.27, 0.20), (0.49, 0.30, 0.21), (0.46, 0.28, 0.20), (0.36, 0.21, 0.17)]
FINGER_RADII = [0.14, 0.14, 0.135, 0.115]
FINGER_TAPERS = [1.0, 0.94, 0.88, 0.82]  # at the knuckle, the two joints and the tip, of the radius
LAST_JOINT = 0.65  # how far a finger's last joint bends, as a share of what its middle joint does
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
    for step, length, ends, blend in zip(steps, lengths, pairwise(radii), blends, strict=True):
        parts.append(Part(joint, joint + step * length, ends, blend))
        joint = parts[-1].end
    return parts


def _turn(points: Tensor, view: Tensor) -> Tensor:
    """Turn points [N, 3] by yaw, pitch and roll: `view` [N, 3], in radians."""
    for angle, (first, second) in zip(view.T, ((2, 0), (1, 2), (0, 1)), strict=True):
        a, b = points[:, first], points[:, second]
        points = points.clone()
        points[:, first] = angle.cos() * a - angle.sin() * b
        points[:, second] = angle.sin() * a + angle.cos() * b
    return points
