"""Small random changes of training images that leave a hand sign what it is, as lesson 08 writes them out."""

import torch
from torch import Tensor
from torch.nn import functional as F

from helpers.inputs import described

MOST_DEGREES = 8
MOST_ZOOM = 0.08  # nearer or farther
MOST_SHIFT = 0.1  # as a share of half the width or height: 1.4 of 28 pixels
MOST_CONTRAST, MOST_LIGHT = 0.2, 0.15


def augment(images: Tensor) -> Tensor:
    """Turn, zoom, move and re-light each image of a batch a little, by random numbers of its own.

    The images are float [N, C, H, W] in 0..1, on any device; the result is there too. What comes in from
    outside repeats the image's edge. The images given stay as they are. Images of another range (0..255, or
    normalised) keep to the range that they have.

    Raises
    ------
    ValueError
        The images are no batch, or no floats.
    TypeError
        They are no tensor.
    """
    _check_batch(images)
    if not images.is_floating_point():
        raise ValueError(
            f"The images are {images.dtype}; expected floats of 0..1. Divide them by 255 first: images / 255."
        )
    n, device = len(images), images.device

    def between(low: float, high: float) -> Tensor:
        return low + (high - low) * torch.rand(n, device=device)  # [N]: one for each image

    angle = between(-MOST_DEGREES, MOST_DEGREES).deg2rad()
    zoom = between(1 - MOST_ZOOM, 1 + MOST_ZOOM)
    cos, sin = angle.cos() / zoom, angle.sin() / zoom
    height, width = images.shape[2:]  # affine_grid measures in half widths and half heights, a turn in pixels
    row_1 = torch.stack([cos, -sin * (height / width), between(-MOST_SHIFT, MOST_SHIFT)], dim=1)  # [N, 3]
    row_2 = torch.stack([sin * (width / height), cos, between(-MOST_SHIFT, MOST_SHIFT)], dim=1)
    matrices = torch.stack([row_1, row_2], dim=1).to(images.dtype)  # [N, 2, 3]
    low, high = images.min().clamp(max=0), images.max().clamp(min=1)  # tensors: no GPU has to wait
    grid = F.affine_grid(matrices, list(images.shape), align_corners=False)  # [N, H, W, 2]
    images = F.grid_sample(images, grid, padding_mode="border", align_corners=False)

    contrast = between(1 - MOST_CONTRAST, 1 + MOST_CONTRAST).reshape(n, 1, 1, 1)
    light = between(1 - MOST_LIGHT, 1 + MOST_LIGHT).reshape(n, 1, 1, 1)
    middle = images.mean(dim=(1, 2, 3), keepdim=True)  # [N, 1, 1, 1]
    images = (images - middle) * contrast + middle
    return (images * light).clamp(low, high)


def flip_some(images: Tensor) -> Tensor:
    """Return the images [N, C, H, W], each mirrored left to right with probability one half.

    A ValueError or TypeError says what is no batch of images.
    """
    _check_batch(images)
    mirrored = torch.rand(len(images), 1, 1, 1, device=images.device) < 0.5
    return torch.where(mirrored, images.flip(dims=[3]), images)


def _check_batch(images: Tensor) -> None:
    if not isinstance(images, Tensor):
        raise TypeError(
            f"`images` is {described(images)}; expected a tensor [N, C, H, W]. Make one: "
            "torch.as_tensor(images), for a list of tensors torch.stack(images)."
        )
    if images.ndim != 4:
        way = "Give one image as image.unsqueeze(0)."
        if images.ndim == 3 and images.shape[0] not in (1, 3):
            way = "Give grey images as images.unsqueeze(1)."
        raise ValueError(f"The images have shape {list(images.shape)}; expected a batch [N, C, H, W]. {way}")
    if images.numel() == 0:
        raise ValueError(
            f"The images have shape {list(images.shape)}: there is nothing to change. Give one or more."
        )
