"""No test here uses the network: the mirror is a server on this machine, with small files of its own."""

import gzip
import hashlib
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from mirror import Mirror, as_a_learner, nobody_serving, put, serving
from torchvision.datasets import MNIST, FashionMNIST

from helpers import data_source, fashion_mnist, mnist
from helpers.data import grey_images
from helpers.data.grey_images import ImageDataset
from helpers.data.sources import DataUnavailableError

IMAGES, LABELS = "train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"
DEBIAN = grey_images.DEBIAN_FOLDERS["FashionMNIST"]
needs_real_files = pytest.mark.skipif(
    not (DEBIAN / IMAGES).exists(), reason="needs Debian's package dataset-fashion-mnist"
)


def packed_idx(tensor: torch.Tensor) -> bytes:
    sizes = b"".join(size.to_bytes(4, "big") for size in tensor.shape)
    return gzip.compress(bytes([0, 0, 8, tensor.ndim]) + sizes + tensor.numpy().tobytes(), mtime=7)


@pytest.fixture(scope="module")
def tiny_files() -> dict[str, bytes]:
    """Stand in for the real files: 20 training and 10 test images of noise, each class as often."""
    generator = torch.Generator().manual_seed(0)
    files = {}
    for prefix, n in [("train", 20), ("t10k", 10)]:
        images = torch.randint(0, 256, (n, 28, 28), dtype=torch.uint8, generator=generator)
        files[f"{prefix}-images-idx3-ubyte.gz"] = packed_idx(images)
        files[f"{prefix}-labels-idx1-ubyte.gz"] = packed_idx(torch.arange(n, dtype=torch.uint8) % 10)
    return files


@pytest.fixture
def cache(monkeypatch, tmp_path, tiny_files) -> Path:
    """Return FashionMNIST's cache folder, where there is no other source than the sample."""
    data_folder = as_a_learner(monkeypatch, tmp_path)
    for family in (MNIST, FashionMNIST):
        monkeypatch.setattr(family, "mirrors", [])
    md5 = [(name, hashlib.md5(file).hexdigest()) for name, file in tiny_files.items()]
    monkeypatch.setattr(MNIST, "resources", md5)
    inside = {name: hashlib.sha256(gzip.decompress(file)).hexdigest() for name, file in tiny_files.items()}
    monkeypatch.setattr(grey_images, "FASHION_MNIST", replace(grey_images.FASHION_MNIST, unpacked=inside))
    monkeypatch.setitem(grey_images.DEBIAN_FOLDERS, "FashionMNIST", tmp_path / "fashion-mnist")
    return data_folder / "fashion-mnist"


@pytest.fixture
def mirror(monkeypatch, cache, tiny_files) -> Mirror:
    """Return a mirror that works, the only one of both data sets."""
    with serving(tiny_files) as server:
        for family in (MNIST, FashionMNIST):
            monkeypatch.setattr(family, "mirrors", [server.url])
        yield server


# The data set itself


def grey(n: int) -> torch.Tensor:
    return torch.zeros(n, 28, 28, dtype=torch.uint8)


@pytest.mark.parametrize("train", [True, False])
def test_items_are_those_of_torchvision(cache, tiny_files, tmp_path, train):
    raw = {name.removesuffix(".gz"): gzip.decompress(file) for name, file in tiny_files.items()}
    put(tmp_path / "FashionMNIST" / "raw", raw)
    put(cache, tiny_files)
    ours, theirs = fashion_mnist(train), FashionMNIST(tmp_path, train=train)
    assert (ours.classes, ours.class_to_idx) == (theirs.classes, theirs.class_to_idx)
    assert torch.equal(ours.data, theirs.data)
    assert torch.equal(ours.targets, theirs.targets)
    assert ours.targets.dtype == torch.int64
    for (our_image, our_label), (their_image, their_label) in zip(ours, theirs, strict=True):
        assert our_image == their_image  # mode, size and pixels
        assert our_label == their_label
        assert type(our_label) is int


def test_a_transform_gets_the_pil_image():
    dataset = ImageDataset(grey(1), torch.tensor([3]), list("abcd"), transform=lambda image: image.size)
    assert list(dataset) == [((28, 28), 3)]


def test_a_balanced_subset_keeps_the_order_and_takes_the_first_of_each_class():
    targets = torch.tensor([2, 0, 0, 1, 2, 0, 1, 2, 1])
    assert grey_images.balanced_subset(targets, 2).tolist() == [0, 1, 2, 3, 4, 6]


# Which source serves


def test_the_cache_serves_first(cache, mirror, tiny_files, capsys):
    put(cache, tiny_files)
    put(cache.parent / "mnist", tiny_files)
    put(grey_images.DEBIAN_FOLDERS["FashionMNIST"], tiny_files)
    for load in (fashion_mnist, mnist):
        assert load(train=True).source.served == load(train=False).source.served == "the course's cache"
    printed = capsys.readouterr().out
    assert "FashionMNIST: 20 real training images from the course's cache (licence: MIT)\n" in printed
    assert "MNIST: 10 real test images from the course's cache (licence: CC BY-SA 3.0)\n" in printed
    assert mirror.asked == []


def test_debians_folder_serves_second(cache, mirror, tiny_files):
    put(grey_images.DEBIAN_FOLDERS["FashionMNIST"], tiny_files)
    source = fashion_mnist().source
    assert (source.kind, source.served) == ("real", "Debian's package dataset-fashion-mnist")
    assert source.why == (f"{IMAGES} isn't in {cache}",)
    assert mirror.asked == []


@pytest.mark.parametrize(("load", "folder"), [(fashion_mnist, "fashion-mnist"), (mnist, "mnist")])
def test_the_mirror_serves_third_and_fills_the_cache(cache, mirror, tiny_files, load, folder):
    assert load().source.served == "torchvision's mirror"
    assert mirror.asked == [IMAGES, LABELS]  # not the test set's files
    assert {path.name: path.read_bytes() for path in (cache.parent / folder).iterdir()} == {
        name: tiny_files[name] for name in (IMAGES, LABELS)
    }
    assert load().source.served == "the course's cache"
    assert len(mirror.asked) == 2


@pytest.mark.parametrize(("load", "folder"), [(fashion_mnist, "fashion-mnist"), (mnist, "mnist")])
@pytest.mark.parametrize("name", [IMAGES, LABELS])
def test_each_file_is_verified(cache, mirror, tiny_files, load, folder, name):
    put(cache.parent / folder, {**tiny_files, name: tiny_files[name][:-1]})
    source = load().source
    assert source.why[0] == f"{name} in {cache.parent / folder} is damaged (its checksum is wrong)"
    assert source.served == "torchvision's mirror"
    assert mirror.asked == [name]


def test_the_sample_serves_last_and_says_so_loudly(cache, monkeypatch, capsys):
    with nobody_serving() as nowhere:
        monkeypatch.setattr(FashionMNIST, "mirrors", [nowhere])
        dataset = fashion_mnist()
    assert (dataset.source.kind, len(dataset), len(dataset.source.why)) == ("sample", 3000, 3)
    text = capsys.readouterr().out
    for part in (
        "FashionMNIST: NOT THE WHOLE DATA SET, only 3,000 real training images from the sample that ships",
        "Your results will differ from the lesson's.\n",
        f"{nowhere} can't be reached (is this computer online?)\n",
        "connect this computer",
        f"put {IMAGES} and {LABELS} into {cache}",
        "COURSE_DATA_DIR",
        "apt install dataset-fashion-mnist",
    ):
        assert part in text


def test_mlxtends_digits_stand_in_for_mnist(cache, capsys):
    train, test = mnist(train=True), mnist(train=False)
    assert data_source() == {"MNIST train": train.source, "MNIST test": test.source}
    assert train.targets.bincount().tolist() == [400] * 10
    assert test.targets.bincount().tolist() == [100] * 10
    assert train.classes == list("0123456789")
    assert (train.data.dtype, train.data.max()) == (torch.uint8, 255)
    seen = {image.numpy().tobytes() for image in train.data}
    assert not any(image.numpy().tobytes() in seen for image in test.data)
    text = capsys.readouterr().out
    assert "MNIST: NOT THE WHOLE DATA SET, only 4,000 real training images from the 5,000 digits" in text
    assert "dataset-fashion-mnist" not in text


# COURSE_DATA=real and small mode


def test_real_data_only_names_the_data(cache, monkeypatch):
    monkeypatch.setenv("COURSE_DATA", "real")
    with pytest.raises(DataUnavailableError, match="asks for the real test images of MNIST, but no source"):
        mnist(train=False)


def test_small_mode_takes_the_sample(cache, mirror, monkeypatch):
    monkeypatch.setenv("COURSE_MODE", "small")
    assert fashion_mnist(train=True).targets.bincount().tolist() == [300] * 10
    assert fashion_mnist(train=False).targets.bincount().tolist() == [100] * 10
    assert mnist().targets.bincount().tolist() == [400] * 10
    assert mirror.asked == []
    assert not cache.parent.exists()


def test_small_mode_with_real_data_only_takes_the_first_of_each_class(cache, monkeypatch, tiny_files):
    put(cache, tiny_files)
    whole = fashion_mnist()
    monkeypatch.setenv("COURSE_MODE", "small")
    monkeypatch.setenv("COURSE_DATA", "real")
    monkeypatch.setitem(grey_images.FASHION_MNIST.per_class, "train", 1)
    dataset = fashion_mnist()
    assert dataset.source.kind == "real"
    assert torch.equal(dataset.data, whole.data[:10])


# The real files and their sample


def test_the_sample_is_small():
    assert sum(path.stat().st_size for path in grey_images.SAMPLE_FOLDER.iterdir()) < 2.6e6


@needs_real_files
@pytest.mark.parametrize("train", [True, False])
def test_the_real_files_are_whole_and_balanced_and_the_sample_is_a_part_of_them(monkeypatch, tmp_path, train):
    as_a_learner(monkeypatch, tmp_path)
    real = fashion_mnist(train)
    assert real.source.kind == "real"
    assert real.targets.bincount().tolist() == [6_000 if train else 1_000] * 10
    monkeypatch.setenv("COURSE_MODE", "small")
    sample = fashion_mnist(train)
    assert sample.source.kind == "sample"
    first = grey_images.balanced_subset(real.targets, 300 if train else 100)
    assert torch.equal(sample.data, real.data[first])
    assert torch.equal(sample.targets, real.targets[first])
