"""The course's data sets: real data first, a sample that ships with the course always.

``fashion_mnist()`` asks its sources in turn and says which one served, and why:

1. the course's cache folder, ``fashion-mnist`` in ``settings.data_dir()``;
2. the folder of Debian's package ``dataset-fashion-mnist``;
3. torchvision's mirrors, from which the files go into the cache folder;
4. the balanced sample in ``helpers/samples``, unless ``COURSE_DATA=real`` forbids it.

Every real file is verified against torchvision's checksum each time it is read. Small mode takes the sample
(or the same images of the real files) and never uses the network.

``python -m helpers.datasets`` prepares all the data that the course needs.
"""

import gzip
import hashlib
import sys
from collections.abc import Callable
from pathlib import Path

import pooch
import requests
import torch
from PIL import Image
from torchvision.datasets import FashionMNIST, VisionDataset

from helpers import settings
from helpers.sources import DataUnavailableError, Source, served_by

DEBIAN_FOLDER = Path("/usr/share/datasets/fashion-mnist")
SAMPLE_FOLDER = Path(__file__).parent / "samples"
SAMPLE_PREFIX = "fashion-mnist-"
SAMPLE_PER_CLASS = {"train": 300, "test": 100}
SPLIT_WORDS = {"train": "training", "test": "test"}
SAMPLE = "the sample that ships with the course"
CONNECT_SECONDS, READ_SECONDS = 5, 15  # how long a mirror may take to answer, and then be silent
# When Zalando packed the files (seconds since 1970), which _with_original_header needs.
PACKED_AT = {"train": 1504176606, "t10k": 1504176627}


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
    split, prefix = ("train", "train") if train else ("test", "t10k")
    names = [f"{prefix}-images-idx3-ubyte.gz", f"{prefix}-labels-idx1-ubyte.gz"]
    cache = settings.data_dir() / "fashion-mnist"
    small, real_only = settings.is_small(), settings.real_data_only()

    readers = {}  # what serves -> how to read a file from there, in the order to ask
    if real_only or not small:
        readers["the course's cache"] = lambda name: _read_verified(cache / name)
        readers["Debian's package dataset-fashion-mnist"] = lambda name: _read_verified(DEBIAN_FOLDER / name)
    if not small:
        readers["torchvision's mirror"] = lambda name: _fetch_and_read(cache / name)
    if not real_only:
        readers[SAMPLE] = lambda name: (SAMPLE_FOLDER / f"{SAMPLE_PREFIX}{name}").read_bytes()

    why = []
    for served, read in readers.items():
        try:
            images, labels = (_parse_idx(read(name)) for name in names)  # [N, 28, 28], [N]
            kind = "sample" if served == SAMPLE else "real"
            source = Source(f"FashionMNIST {split}", served, kind, "MIT", tuple(why))
            break
        except DataUnavailableError as reason:
            why.append(str(reason))
    else:
        raise DataUnavailableError(_nobody_serves(split, names, cache, why))

    if small and real_only:
        first = balanced_subset(labels, SAMPLE_PER_CLASS[split])
        images, labels = images[first], labels[first]
    dataset = ImageDataset(images, labels.long(), FashionMNIST.classes, source, transform)
    served_by(source)
    _announce(dataset, split, names, cache)
    return dataset


def _read_verified(path: Path) -> bytes:
    """Return a file's bytes after checking them: the bytes checked are the bytes used."""
    try:
        packed = path.read_bytes()
    except FileNotFoundError:
        raise DataUnavailableError(f"{path.name} isn't in {path.parent}") from None
    except OSError as error:
        raise DataUnavailableError(f"{path} can't be read ({error.strerror})") from error
    packed = _with_original_header(packed, path.stem)
    if hashlib.md5(packed, usedforsecurity=False).hexdigest() != _md5(path.name):
        raise DataUnavailableError(f"{path.name} in {path.parent} is damaged (its checksum is wrong)")
    return packed


def _md5(name: str) -> str:
    return dict(FashionMNIST.resources)[name]


def _with_original_header(packed: bytes, name: str) -> bytes:
    """Put back the name and the time that Debian takes out of a gzip header.

    torchvision's checksum is of a file with both; the rest of Debian's file is the same, byte for byte.
    """
    if packed[3:4] != b"\x00":  # byte 3 holds gzip's flags; 0: no name
        return packed
    seconds = PACKED_AT[name.split("-")[0]].to_bytes(4, "little")
    return packed[:3] + b"\x08" + seconds + packed[8:10] + name.encode() + b"\x00" + packed[10:]


def _fetch_and_read(path: Path) -> bytes:
    """Return a file's verified bytes, fetched first where it is absent or damaged."""
    try:
        return _read_verified(path)
    except DataUnavailableError as reason:
        _fetch(path, str(reason))
    return _read_verified(path)


def _fetch(path: Path, reason: str) -> None:
    """Fetch a file from the first mirror that has it; a fault that may pass gets a second try."""
    failures = []
    for mirror in FashionMNIST.mirrors:
        for _ in range(2):
            print(f"{reason}: fetching it from {mirror}", flush=True)
            try:
                return _download(mirror + path.name, path)
            except (requests.RequestException, ValueError) as error:  # pooch: ValueError for a wrong checksum
                problem, may_pass = _what_went_wrong(error)
                reason = f"{mirror} {problem}"
            except OSError as error:  # the disk's; the network's are caught above
                # pooch gives a PermissionError no strerror
                problem = "Permission denied" if isinstance(error, PermissionError) else error.strerror
                raise DataUnavailableError(f"{path.parent} can't be written to ({problem})") from error
            if not may_pass:
                break
        failures.append(reason)
    raise DataUnavailableError("; ".join(failures))


def _download(url: str, path: Path) -> None:
    """Download into a temporary file, check it, and only then give it its name: pooch does all three."""
    pooch.get_logger().setLevel("WARNING")  # we say ourselves what is fetched
    timeout = (CONNECT_SECONDS, READ_SECONDS)
    downloader = pooch.HTTPDownloader(progressbar=True, chunk_size=2**16, timeout=timeout)
    pooch.retrieve(url, f"md5:{_md5(path.name)}", path.name, path.parent, downloader=downloader)
    path.chmod(0o644)  # pooch's temporary file is for its owner alone; a class may share the folder


def _what_went_wrong(error: requests.RequestException | ValueError) -> tuple[str, bool]:
    """Say what a mirror did, to stand after its address, and whether a second try can help."""
    if not isinstance(error, requests.RequestException):
        return "sent another file than expected (its checksum is wrong)", True
    if isinstance(error, requests.HTTPError):
        return f"answered {error.response.status_code} {error.response.reason}", False
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return "broke off in the middle of the file", True
    if "Read timed out" in str(error):  # requests has two classes for it: before the first byte, and after
        return f"was silent for {READ_SECONDS} seconds", True
    if isinstance(error, requests.ConnectionError):
        return "can't be reached (is this computer online?)", False
    return f"failed ({type(error).__name__}: {error})", False


def _parse_idx(packed: bytes) -> torch.Tensor:
    """Return the uint8 tensor in a gzipped idx file: 0, 0, type, number of dimensions, each size, data."""
    raw = bytearray(gzip.decompress(packed))  # torch.frombuffer wants a buffer that can be written to
    sizes_end = 4 + 4 * raw[3]
    sizes = [int.from_bytes(raw[start : start + 4], "big") for start in range(4, sizes_end, 4)]
    return torch.frombuffer(raw, dtype=torch.uint8, offset=sizes_end).reshape(sizes)


def _announce(dataset: ImageDataset, split: str, names: list[str], cache: Path) -> None:
    """Print which source served and why: one line, or a loud paragraph where a sample stands in."""
    source = dataset.source
    images = f"{len(dataset):,} real {SPLIT_WORDS[split]} images"
    licence = f"({source.licence} licence)"
    if source.kind == "real":
        why = f", as {' and '.join(source.why)}" if source.why else ""
        print(f"FashionMNIST: {images} from {source.served}{why} {licence}")
    elif settings.is_small():
        print(f"FashionMNIST: {images} from {source.served}, as this is small mode {licence}")
    else:
        print(f"FashionMNIST: NOT THE WHOLE DATA SET, only {images} from {source.served} {licence}.")
        print(_bullets("Your results will differ from the lesson's. Why the rest is missing:", source.why))
        print(_bullets("To get it, whichever fits:", _ways_out(names, cache)))


def _nobody_serves(split: str, names: list[str], cache: Path, why: list[str]) -> str:
    if settings.is_small():
        why = [*why, "torchvision's mirror was not asked: small mode uses no network"]
    images = f"the real {SPLIT_WORDS[split]} images of FashionMNIST"
    tried = _bullets(f"COURSE_DATA=real asks for {images}, but no source has them:", why)
    ways = [*_ways_out(names, cache), f"unset COURSE_DATA: {SAMPLE} will do"]
    return f"{tried}\n{_bullets('What you can do, whichever fits:', ways)}"


def _ways_out(names: list[str], cache: Path) -> list[str]:
    return [
        "connect this computer to the internet and run this again",
        f"put {' and '.join(names)} into {cache}",
        "set COURSE_DATA_DIR to a folder that can be written to, with 31 MB free",
        "on Debian or Ubuntu: sudo apt install dataset-fashion-mnist",
    ]


def _bullets(title: str, lines: list[str] | tuple[str, ...]) -> str:
    return "\n  - ".join([title, *lines])


def main() -> None:
    """Prepare all the data that the course needs."""
    try:
        fashion_mnist(train=True)
        fashion_mnist(train=False)
    except DataUnavailableError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
