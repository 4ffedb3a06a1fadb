"""The letters' model in use: saved with what is needed to load it, and asked for one picture at a time.

``predict_letter`` does to a picture what was done to the pictures of the training, step by step as lesson 09
writes it out. tests/test_letter_prediction.py holds the two together.
"""

from collections.abc import Mapping
from pathlib import Path
from reprlib import repr as shortened
from textwrap import shorten

import torch
from PIL import Image, ImageOps
from torch import Tensor
from torchvision.transforms import v2

from helpers.apps.checkpoints import load_plain, save_whole
from helpers.data.letters import CLASSES, SIDE
from helpers.data.picture_files import in_rgb, read_picture
from helpers.diagnosis import device_for
from helpers.models import SignLanguageCNN
from helpers.training import in_mode

VERSION = 1  # The file has this format. Raise it when an older course could no longer read the file.
KEYS = {"version": int, "classes": list, "state_dict": Mapping}
# A file may name these too, but with these values only: predict_letter makes 28 x 28 pixels of 0..1.
FIXED = {"architecture": "SignLanguageCNN", "image_size": SIDE, "mean": 0.0, "std": 1.0}
MOST_CHARACTERS = 300  # torch's own message about weights that do not fit is cut here


def save_asl_model(model: SignLanguageCNN, path: Path | str) -> None:
    """Save the model's parameters with what they mean: the classes, the network and the images it expects.

    The file is a plain dict for ``torch.load(path, weights_only=True)``. It is written whole or not at all
    (`checkpoints.save_whole`). The model keeps its device and its mode.
    """
    state = {name: tensor.detach().cpu() for name, tensor in model.state_dict().items()}
    save_whole({"version": VERSION, "classes": list(CLASSES), **FIXED, "state_dict": state}, path)


def load_asl_model(path: Path | str) -> SignLanguageCNN:
    """Return the model that lesson 08 or `save_asl_model` saved at `path`, in eval mode and on the CPU.

    Raises
    ------
    FileNotFoundError
        There is no such file.
    ValueError
        The file is damaged or holds something else; a later version, other classes, other images; or the
        weights of another network, or weights that are not finite.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"There is no model at {path}. Lessons 08 and 09 each save one.")
    content = load_plain(path)
    _check(path, content)
    with torch.random.fork_rng(devices=[]):  # the first weights must not use up the learner's random numbers
        model = SignLanguageCNN(classes=len(CLASSES))
    try:
        model.load_state_dict(content["state_dict"])
    except (RuntimeError, AttributeError, TypeError) as error:
        reason = shorten(str(error), MOST_CHARACTERS)
        raise ValueError(
            f"{path} holds the weights of another network than SignLanguageCNN. {reason}"
        ) from error
    for name, tensor in model.state_dict().items():
        if not tensor.isfinite().all():
            raise ValueError(
                f"{path}: {name} holds values that are no numbers (nan or inf). Train the model again."
            )
    return model.eval()


def _check(path: Path, content: dict) -> None:
    """Refuse a file that lacks something, or was made for something else."""
    missing = [key for key in KEYS if key not in content]
    if missing:
        bare = all(isinstance(value, Tensor) for value in content.values())
        hint = " It looks like a bare state_dict." if content and bare else ""
        raise ValueError(f"{path} lacks {', '.join(missing)}.{hint} Save the model with save_asl_model.")
    for key, kind in KEYS.items():
        if not isinstance(content[key], kind):
            found = type(content[key]).__name__
            raise ValueError(f"{path}: {key} is a {found}; expected {kind.__name__.lower()}.")
    if content["version"] > VERSION:
        raise ValueError(
            f"{path} has version {content['version']} of the format; this course knows version {VERSION}. "
            "Update the course."
        )
    if content["classes"] != CLASSES:
        raise ValueError(
            f"{path} was made for other classes: {shortened(content['classes'])}. "
            f"Expected the {len(CLASSES)} letters {CLASSES[0]} to {CLASSES[-1]} without J."
        )
    for key, needed in FIXED.items():
        if content.get(key, needed) != needed:
            raise ValueError(f"{path} was made with {key} = {shortened(content[key])}; expected {needed}.")


def predict_letter(
    image: Path | str | Image.Image | Tensor, model: SignLanguageCNN
) -> list[tuple[str, float]]:
    """Return all 24 letters with the model's probability for each, the most probable first.

    Parameters
    ----------
    image
        One picture of any size, grey or in colour: the path of a file, a PIL image, or a tensor [H, W],
        [C, H, W] or [1, C, H, W] with 1 or 3 channels, uint8 0..255 or float 0..1. It should be a square
        that the hand fills: other shapes are squeezed into one.
    model
        Gives 24 logits for [N, 1, 28, 28]. It keeps its device and its mode.

    Raises
    ------
    FileNotFoundError
        There is no such file.
    ValueError
        The file or the tensor is no picture, or the model has other classes.
    """
    images = _as_input(image)  # [1, 1, 28, 28]
    with in_mode(model, training=False), torch.inference_mode():
        logits = model(images.to(device_for(model, None)))  # [1, 24]
    if logits.shape != (1, len(CLASSES)):
        raise ValueError(f"The model gives {list(logits.shape)} logits; expected [1, {len(CLASSES)}].")
    probabilities = logits.softmax(dim=1)[0].tolist()
    return sorted(zip(CLASSES, probabilities, strict=True), key=lambda pair: pair[1], reverse=True)


def _as_input(image: Path | str | Image.Image | Tensor) -> Tensor:
    """Return a picture as the model wants it: grey, 0..1, 28 x 28, a batch of one."""
    pixels = _pixels(image)  # [1 or 3, H, W], 0..1
    grey = v2.functional.rgb_to_grayscale(pixels) if len(pixels) == 3 else pixels  # [1, H, W]
    return v2.functional.resize(grey, [SIDE, SIDE], antialias=True).unsqueeze(0)


def _pixels(image: Path | str | Image.Image | Tensor) -> Tensor:
    if isinstance(image, Tensor):
        return _checked(image)
    if isinstance(image, Image.Image):
        picture = in_rgb(ImageOps.exif_transpose(image))
    else:
        path = Path(image)
        if not path.exists():
            raise FileNotFoundError(f"There is no picture at {path}.")
        try:
            picture = read_picture(path)
        except ValueError as error:
            raise ValueError(f"{path} can't be used: {error}.") from error
    return v2.functional.pil_to_tensor(picture) / 255


def _checked(image: Tensor) -> Tensor:
    """Return one picture's pixels [1 or 3, H, W] in 0..1, or say what is wrong with the tensor."""
    shape = list(image.shape)
    pixels = image[0] if image.ndim == 4 and len(image) == 1 else image
    pixels = pixels.unsqueeze(0) if pixels.ndim == 2 else pixels
    if pixels.ndim != 3 or pixels.shape[0] not in (1, 3) or 0 in shape:
        raise ValueError(
            f"The picture has shape {shape}; expected one picture: [H, W], [C, H, W] or [1, C, H, W] "
            "with 1 or 3 channels."
        )
    if pixels.dtype == torch.uint8:
        return pixels.cpu() / 255
    if not pixels.is_floating_point():
        raise ValueError(f"The picture is {pixels.dtype}; expected uint8 of 0..255 or float of 0..1.")
    low, high = pixels.min().item(), pixels.max().item()
    if not (low >= 0 and high <= 1):  # written so that nan is refused too
        raise ValueError(
            f"The pixels go from {low:g} to {high:g}; floats are expected in 0..1. Were they divided by 255?"
        )
    return pixels.cpu().float()
