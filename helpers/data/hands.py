"""Synthetic hands that sign the letters: what the lessons use where Sign-Language-MNIST is out of reach.

A picture of 28 × 28 grey pixels is computed in four steps, without any photograph:

1. **Who signs.** A signer is a number. It decides the proportions of the hand, the skin, the sleeve, the
   room, the light, how the camera stands, and the habits: each signer makes each letter in their own way.
2. **The pose.** `hand_poses` knows the joint angles of each letter. The signer's habit is added, and a little
   chance, as no two takes are the same.
3. **The shape.** The flesh around a bone is a capsule: a rod with round ends. For each pixel we look straight
   ahead and ask where we first meet a capsule. Where two capsules meet they are blended: the palm is smooth.
4. **The picture.** A surface that faces the lamp is bright; one that lies deeper than what is around it is
   dark. Behind the hand is a wall, sometimes with a table, a door, a head or a shirt. The camera may blur,
   brighten or darken.

The pictures resemble the real ones; they do not replace them. The poses and the ranges below were set by hand
beside real pictures, and no fluent signer has checked them. What a model reaches on synthetic hands says
nothing about Sign-Language-MNIST, and must not be given as a figure of it.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.utils.data import default_collate
from tqdm.auto import tqdm

from helpers.data.hand_poses import LETTERS, POSE_TABLE, Part, Traits, posed_parts

SIZE = 28  # of a picture, in pixels
FINE = 2  # a pixel is the mean of 2 × 2 finer ones, which softens the edges
BATCH = 48  # pictures drawn at a time: few enough to stay in the processor's cache
LABELS = torch.tensor([ord(letter) - ord("a") for letter in LETTERS])  # 0..24 without 9, as in Sign-MNIST

CAMERA_SPREAD = torch.tensor([30.0, 22.0, 22.0])  # yaw, pitch and roll of a signer's camera, from end to end
LIGHT_SPREAD = 0.35
NOWHERE = -9.0  # the depth of a pixel without a hand
LEAST_CONTRAST = 0.12  # between the mean brightness of the hand and the wall behind it
BRIGHT_HAND, DARK_HAND = 0.72, 0.3  # beyond these the wall is the darker one, or the brighter one
NOISE = 0.008
# Chance decides these in each take: by a number in 0..1, or by a standard normal one.
UNIFORM = ["zoom", "shift_x", "shift_y", "ambient", "vignette", "blur", "gain", "lift"]
UNIFORM += ["table", "table_at", "table_shade", "door", "door_at", "door_shade"]
UNIFORM += ["head", "head_size", "head_shade", "shirt", "shirt_slope", "shirt_at", "shirt_shade"]
NORMAL = ["skin", "wall", "slope_x", "slope_y", "table_tilt", "door_tilt"]


def make_hands(per_letter: int, signers: Iterable[int], seed: int) -> tuple[Tensor, Tensor]:
    """Draw `per_letter` hands for each of the 24 letters, in random order, and show a progress bar.

    The same arguments give the same bytes on the same machine. The `signers` are numbers, such as
    ``range(40)``; in each letter they take turns. The same number is the same person in every call: to
    validate on *other* signers, use other numbers. The `seed` decides what changes from picture to picture
    of one signer.

    Returns
    -------
    images, labels
        uint8 [24 · per_letter, 28, 28] of 0..255, and int64 [24 · per_letter]: 0 for A to 24 for Y as in
        Sign-Language-MNIST, so 9 (J) does not occur.

    Raises
    ------
    ValueError
        There is nothing to draw, nobody to sign, or a signer's number is negative.
    """
    signers = list(signers)
    if per_letter < 1:
        raise ValueError(f"per_letter is {per_letter}; at least 1 picture of each letter is needed.")
    if not signers:
        raise ValueError("There are no signers. Give their numbers, such as range(40).")
    if min(signers) < 0:
        raise ValueError(f"Signer {min(signers)}: the numbers of signers start at 0.")
    generator = torch.Generator().manual_seed(seed)
    count = len(LETTERS) * per_letter
    order = torch.randperm(count, generator=generator)
    letters, turns = order % len(LETTERS), order // len(LETTERS) % len(signers)
    people, takes = _people(signers), _takes(count, generator)
    images = []
    with _one_thread(), tqdm(total=count, desc="Drawing synthetic hands", unit="image") as progress:
        for batch in torch.arange(count).split(BATCH):
            person, take = _pick(people, turns[batch]), _pick(takes, batch)
            scene, _ = _draw_scene(letters[batch], person, take)
            images.append((_develop(scene, take) * 255).round().byte())
            progress.update(len(batch))
    return torch.cat(images), LABELS[letters]


@contextmanager
def _one_thread() -> Iterator[None]:
    """Let torch use one thread: with batches this small, more threads only wait for each other."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


# 1. Who signs, and what chance brings


def _people(signers: list[int]) -> Traits:
    """Return what stays the same for each signer: [signers, ...], or [signers, 1, 1] to meet pixels."""
    return default_collate([_person(number) for number in signers])


def _person(number: int) -> Traits:
    generator = torch.Generator().manual_seed(7919 * number + 13)  # far from the seeds that takes have

    def between(low: float, high: float, *size: int) -> Tensor:
        return low + (high - low) * torch.rand(*size, generator=generator)

    return {
        "width": between(0.9, 1.1, 1),
        "length": between(0.88, 1.1, 1),
        "thickness": between(0.9, 1.15, 1),
        "thumb_length": between(0.88, 1.1, 1),
        "bare_forearm": between(0.15, 1.05, 1),
        "skin": between(0.55, 1.0, 1, 1),
        "sleeve": 0.08 + 0.8 * between(0, 1, 1, 1) ** 2,
        "wall": between(0.45, 0.87, 1, 1),
        "slope_x": between(-0.1, 0.1, 1, 1),
        "slope_y": between(-0.1, 0.1, 1, 1),
        "camera": between(-0.5, 0.5, 3) * CAMERA_SPREAD,
        "light": torch.cat([between(-1.2, 1.2, 1), between(0.1, 1.0, 1), between(0.4, 1.0, 1)]),
        "habits": torch.randn(POSE_TABLE.shape, generator=generator),
    }


def _takes(count: int, generator: torch.Generator) -> Traits:
    """Return what chance decides in each picture, drawn at once: batches of any size get the same numbers."""
    takes = {name: torch.rand(count, 1, 1, generator=generator) for name in UNIFORM}
    takes |= {name: torch.randn(count, 1, 1, generator=generator) for name in NORMAL}
    takes["pose"] = torch.randn(count, POSE_TABLE.shape[1], generator=generator)
    takes["light"] = torch.randn(count, 3, generator=generator)
    takes["noise"] = torch.randn(count, SIZE, SIZE, generator=generator)
    return takes


def _pick(traits: Traits, index: Tensor) -> Traits:
    return {name: values[index] for name, values in traits.items()}


# 3. The shape: from capsules to the depth at each pixel


def _frame(parts: list[Part], person: Traits, take: Traits) -> Tensor:
    """Fit the capsules into a picture of -1..1; return start, way, radius and growth [parts, 8, N, 1]."""
    start, end = (torch.stack([part[i] for part in parts]) for i in (0, 1))  # [parts, N, 3]
    radii = (
        torch.tensor([part.radii for part in parts])[..., None] * person["thickness"][:, 0]
    )  # [parts, 2, N]
    hand = torch.cat([start[:-2], end[:-2]])[..., :2]  # the arm may leave the picture
    low, high = hand.amin(0) - 0.13, hand.amax(0) + 0.13
    zoom = (1.25 + 0.65 * take["zoom"][:, 0]) / (high - low).amax(1, keepdim=True)  # [N, 1]
    zoom = zoom.clamp_max(1.2)  # a fist is not blown up until it is as large as an open hand
    away = 0.4 * (torch.cat([take["shift_x"], take["shift_y"]], dim=1)[..., 0] - 0.5)
    shift = F.pad(away - (low + high) / 2 * zoom, (0, 1))
    start, end, radii = start * zoom + shift, end * zoom + shift, radii * zoom[:, 0]
    near, far = radii[:, :1], radii[:, 1:]
    return torch.cat([start.mT, (end - start).mT, near, far - near], dim=1)[..., None]


def _trace(capsules: Tensor, blends: list[float], size: int) -> tuple[Tensor, Tensor, Tensor]:
    """Return the depth [N, size, size], where the surface faces [3, ...], and the last part's share."""
    x, y = (line.reshape(1, -1) for line in torch.broadcast_tensors(*_screen(size)))
    depth = torch.full((capsules.shape[2], size * size), NOWHERE)
    facing = [torch.zeros_like(depth) for _ in range(3)]
    for capsule, blend in zip(capsules, blends, strict=True):
        depth_of_part, facing_of_part = _front(x, y, capsule)
        share = (0.5 + (depth_of_part - depth) / (2 * blend)).clamp_(0, 1)  # 1: this part is in front
        depth = torch.lerp(depth, depth_of_part, share).addcmul_(share, 1 - share, value=blend)
        facing = [torch.lerp(old, new, share) for old, new in zip(facing, facing_of_part, strict=True)]
    depth, *facing, share = (values.view(-1, size, size) for values in (depth, *facing, share))
    return depth, torch.stack(facing), share


def _front(x: Tensor, y: Tensor, capsule: Tensor) -> tuple[Tensor, tuple[Tensor, Tensor, Tensor]]:
    """Return the depth of a capsule's front at (x, y), ``NOWHERE`` beside it, and where its surface faces.

    Think of the capsule as a ball that grows while it moves. After a share t of its way its front has the
    depth start_z + t · way_z + √(radius² − distance²). A formula gives the t that makes this largest. It is
    exact where the radius stays the same.
    """
    start_x, start_y, start_z, way_x, way_y, way_z, radius, growth = capsule
    dx, dy = x - start_x, y - start_y
    flat = (way_x * way_x + way_y * way_y).clamp_min(1e-5)  # the squared length as the viewer sees it
    along = dx * way_x + dy * way_y
    room = radius * radius + along * along / flat - dx * dx
    room = torch.addcmul(room, dy, dy, value=-1).clamp_min_(0).sqrt_()
    lean = way_z * (flat / (flat + way_z * way_z)).sqrt()
    t = torch.addcmul(along, room, lean).div_(flat).clamp_(0, 1)
    radius = radius + t * growth
    dx, dy = torch.addcmul(dx, t, way_x, value=-1), torch.addcmul(dy, t, way_y, value=-1)
    squared = radius * radius - dx * dx - dy * dy
    height = squared.clamp_min(0).sqrt_()
    depth = torch.where(squared > 0, start_z + t * way_z + height, NOWHERE)
    return depth, (dx / radius, dy / radius, height / radius)


def _screen(size: int) -> tuple[Tensor, Tensor]:
    """Return where the pixels are, in -1..1: x [1, 1, size] to the right, y [1, size, 1] upwards."""
    line = (torch.arange(size) + 0.5) / size * 2 - 1
    return line[None, None, :], -line[None, :, None]


# 4. The picture: light, wall and camera


def _draw_scene(letters: Tensor, person: Traits, take: Traits) -> tuple[Tensor, Tensor]:
    """Return the fine pictures that the camera sees, and a mask of the hands in them."""
    parts = posed_parts(letters, person, take)
    capsules = _frame(parts, person, take)
    depth, facing, sleeve = _trace(capsules, [part.blend for part in parts], SIZE * FINE)
    solid = depth > NOWHERE + 1
    hand = solid & (sleeve < 0.5)
    skin = (person["skin"] + 0.05 * take["skin"]).clamp(0.4, 1)
    lit = torch.lerp(skin.expand_as(sleeve), person["sleeve"].expand_as(sleeve), sleeve)
    lit = lit * _light(depth, facing, person, take)
    # Added in double precision and then rounded, the sum does not depend on the order.
    total = (lit * hand).double().sum((1, 2), keepdim=True)
    mean = (total / hand.sum((1, 2), keepdim=True).clamp_min(1)).float()  # [N, 1, 1]
    return torch.where(solid, lit, _room(mean, person, take)), hand


def _light(depth: Tensor, facing: Tensor, person: Traits, take: Traits) -> Tensor:
    """Return how bright the lamp makes each pixel of the hand. Hollows are darker."""
    x, y, z = F.normalize(person["light"] + LIGHT_SPREAD * take["light"], dim=1).T[..., None, None]
    ambient = 0.3 + 0.3 * take["ambient"]
    towards_lamp = facing[0] * x + facing[1] * y + facing[2] * z
    light = ambient + (1.05 - ambient) * (0.85 * towards_lamp + 0.15).clamp_min(0)
    reach = 2 * (depth.shape[1] // 14) + 1
    depth = depth.clamp_min(-1.0)
    around = F.avg_pool2d(depth[:, None], reach, 1, reach // 2, count_include_pad=False)[:, 0]
    return light * (1 - 1.3 * (around - depth).clamp(0, 0.5))


def _room(hand: Tensor, person: Traits, take: Traits) -> Tensor:
    """Return what is behind hands of these mean brightnesses [N, 1, 1]: a wall and perhaps some things."""
    x, y = _screen(SIZE * FINE)
    wall = person["wall"] + 0.04 * take["wall"]
    side = torch.where(wall < hand, -1.0, 1.0)
    side = torch.where(hand > BRIGHT_HAND, -1.0, torch.where(hand < DARK_HAND, 1.0, side))
    room = hand + side * (wall - hand).abs().clamp_min(LEAST_CONTRAST)
    room = room + (person["slope_x"] + 0.06 * take["slope_x"]) * x
    room = room + (person["slope_y"] + 0.06 * take["slope_y"]) * y
    room = room - 0.05 * take["vignette"] * (x * x + y * y)
    table = y < -0.95 + 0.4 * take["table_at"] + 0.15 * take["table_tilt"] * x
    room = torch.where(table & (take["table"] < 0.35), 0.2 + 0.6 * take["table_shade"], room)
    door = x < -1 + 0.5 * take["door_at"] + 0.1 * take["door_tilt"] * y
    room = torch.where(door & (take["door"] < 0.15), 0.05 + 0.4 * take["door_shade"], room)
    head = (x - 1) ** 2 + (y - 0.9) ** 2 < (0.2 + 0.5 * take["head_size"]) ** 2
    room = torch.where(head & (take["head"] < 0.15), 0.05 + 0.5 * take["head_shade"], room)
    shirt = x - y * (0.3 + 1.2 * take["shirt_slope"]) > 0.7 + 0.9 * take["shirt_at"]
    cloth = person["sleeve"] * (0.6 + 0.6 * take["shirt_shade"])
    return torch.where(shirt & (take["shirt"] < 0.4), cloth, room)


def _develop(scene: Tensor, take: Traits) -> Tensor:
    """Return the pixels 0..1 that the camera makes of fine pictures: some blurred, some dark, all noisy."""
    picture = F.avg_pool2d(scene[:, None], FINE)
    blurred = F.avg_pool2d(picture, 3, stride=1, padding=1, count_include_pad=False)
    picture = torch.lerp(picture[:, 0], blurred[:, 0], (1.5 * take["blur"] - 0.7).clamp_min(0))
    gain, lift = 0.75 + 0.6 * take["gain"], 0.24 * (take["lift"] - 0.5)
    return ((picture - 0.6) * gain + 0.6 + lift + NOISE * take["noise"]).clamp(0, 1)
