"""No test here uses the network: the address is a server on this machine, with 37 breeds of tiny pictures."""

import hashlib
import io
import os
import shutil
import tarfile
from collections import Counter
from dataclasses import replace
from errno import ENOSPC
from pathlib import Path

import pytest
import torch
from mirror import Mirror, as_a_learner, nobody_serving, put, serving
from PIL import Image
from torchvision.datasets import OxfordIIITPet

from helpers import data_source, pets
from helpers.data import pet_pictures
from helpers.data.pet_pictures import BREEDS, PetDataset, Picture, crop_boxes
from helpers.data.sources import DataUnavailableError, Source

ARCHIVES = ["images.tar.gz", "annotations.tar.gz"]
FOLDER = pet_pictures.OXFORD_FOLDER


def colour_of(breed: int, number: int) -> tuple[int, int, int]:
    return 6 * breed, 3 * number, 128


def stem(breed: int, number: int) -> str:
    """Name a picture as Oxford does: cats with a capital letter, dogs without."""
    name = BREEDS[breed - 1].replace(" ", "_")
    return f"{name if breed % 2 else name.lower()}_{number}"


def packed(files: dict[str, bytes]) -> bytes:
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return archive.getvalue()


@pytest.fixture(scope="module")
def archives() -> dict[str, bytes]:
    """Stand in for Oxford's two. A breed has 2 training and 2 test pictures; Abyssinians have 33 and 5."""
    images, lists = {}, {"trainval": [], "test": []}
    for breed in range(1, len(BREEDS) + 1):
        n_train, n_test = (33, 5) if breed == 1 else (2, 2)
        for number in range(1, n_train + n_test + 1):
            file = io.BytesIO()
            Image.new("RGB", (8, 6), colour_of(breed, number)).save(file, "PNG")  # exact; Oxford's are JPEG
            images[f"images/{stem(breed, number)}.jpg"] = file.getvalue()
            split = "trainval" if number <= n_train else "test"
            lists[split].append(f"{stem(breed, number)} {breed} {2 - breed % 2} 1")
    annotations = {f"annotations/{name}.txt": "\n".join(lines).encode() for name, lines in lists.items()}
    return dict(zip(ARCHIVES, [packed(images), packed(annotations)], strict=True))


@pytest.fixture
def cache(monkeypatch, tmp_path) -> Path:
    """Return the cache folder, empty."""
    return as_a_learner(monkeypatch, tmp_path) / "oxford-pets"


def publish(monkeypatch, archives: dict[str, bytes], address: str) -> None:
    monkeypatch.setattr(
        pet_pictures,
        "ARCHIVES",
        [
            replace(file, checksum=f"md5:{hashlib.md5(archives[file.name]).hexdigest()}", mirrors=[address])
            for file in pet_pictures.ARCHIVES
        ],
    )


@pytest.fixture
def server(monkeypatch, cache, archives) -> Mirror:
    """Return the address of both archives."""
    with serving(dict(archives)) as mirror:
        publish(monkeypatch, archives, mirror.url)
        yield mirror


@pytest.fixture
def offline(monkeypatch, cache, archives) -> None:
    """Make the address one where nobody answers."""
    with nobody_serving() as nowhere:
        publish(monkeypatch, archives, nowhere)
        yield


@pytest.fixture
def unpacked(cache, offline, archives) -> Path:
    """Return the folder of the real pictures in the cache."""
    for file in archives.values():
        with tarfile.open(fileobj=io.BytesIO(file)) as archive:
            archive.extractall(cache / FOLDER, filter="data")
    return cache / FOLDER


def counts(dataset: PetDataset) -> list[int]:
    return dataset.targets.bincount(minlength=2).tolist()


# The data set itself


def two_pictures(transform=None) -> PetDataset:
    pictures = [
        Picture(Image.new("RGB", (4, 3)), "a.jpg", 1),
        Picture(Image.new("RGB", (5, 5), "red"), "b.jpg", 0),
    ]
    source = Source("Pets train", "a friend", "real", "MIT")
    return PetDataset(pictures, ["other", "our pet"], source, transform)


def test_items_are_pictures_and_labels():
    dataset = two_pictures()
    (image, label), _ = dataset
    assert (image.size, image.mode, label, type(label)) == ((4, 3), "RGB", 1, int)
    assert (dataset.targets.tolist(), dataset.targets.dtype) == ([1, 0], torch.int64)
    assert dataset.class_to_idx == {"other": 0, "our pet": 1}
    assert len(list(dataset)) == len(dataset) == 2
    assert two_pictures(lambda image: image.size)[1] == ((5, 5), 0)


def test_drawing_on_an_item_leaves_the_data_set_as_it_was():
    dataset = two_pictures()
    dataset[0][0].paste("white", (0, 0, 4, 3))
    assert dataset[0][0].getpixel((0, 0)) == (0, 0, 0)


# The real pictures


def test_labels_are_those_of_torchvision(cache, unpacked):
    theirs = OxfordIIITPet(cache, split="trainval")
    assert theirs.classes == BREEDS
    breed_of = {image.getpixel((0, 0)): breed for image, breed in theirs}
    dataset = pets(breed="Pug")
    for image, label in dataset:
        assert label == int(breed_of[image.getpixel((0, 0))] == BREEDS.index("Pug"))


def test_thirty_of_the_breed_and_one_each_of_thirty_others_train(unpacked):
    train = pets()
    assert counts(train) == [30, 30]
    breeds = Counter(name.rpartition("_")[0].lower() for name in train.names)
    assert breeds.pop("abyssinian") == 30
    assert set(breeds.values()) == {1}
    assert set(train.targets[:8].tolist()) == {0, 1}  # the first pictures show both classes


def test_all_of_the_breeds_test_pictures_and_as_many_others_validate(unpacked):
    train, validation = pets(train=True), pets(train=False)
    assert counts(validation) == [5, 5]
    ours = [name for name in validation.names if name.startswith("Abyssinian")]
    assert sorted(ours) == [f"Abyssinian_{number}.jpg" for number in range(34, 39)]
    assert not set(train.names) & set(validation.names)


def test_the_choice_is_the_same_each_time_whatever_the_seed(unpacked):
    torch.manual_seed(1)
    first, state = pets().names, torch.random.get_rng_state()
    assert torch.equal(state, torch.manual_seed(1).get_state())
    torch.manual_seed(2)
    assert pets().names == first


@pytest.mark.parametrize("breed", ["shiba inu", "Shiba_Inu", " SHIBA  INU "])
def test_a_breed_may_be_written_in_many_ways(unpacked, breed):
    dataset = pets(breed=breed)
    ours = [name for name, label in zip(dataset.names, dataset.targets, strict=True) if label]
    assert {name.rpartition("_")[0] for name in ours} == {"shiba_inu"}


def test_an_unknown_breed_is_named_before_anything_is_fetched(server):
    assert len(set(BREEDS)) == 37
    with pytest.raises(ValueError, match=r"there is no breed 'Dachshund'. There are Abyssinian, .*Yorkshire"):
        pets(breed="Dachshund")
    assert server.asked == []


# Which source serves


def test_what_is_unpacked_in_the_cache_serves_first_and_one_line_says_so(unpacked, capsys):
    assert pets().source.kind == "real"
    assert capsys.readouterr().out == (
        "Pets: 30 pictures of 'our pet' and 30 of 'other' to train with, 'our pet' being the breed "
        "Abyssinian, from the course's cache (licence: CC BY-SA 4.0)\n"
    )


def test_archives_put_into_the_cache_by_hand_serve(cache, server, archives):
    put(cache, archives)
    assert pets().source.served == "the course's cache"
    assert server.asked == []
    assert [path.name for path in cache.iterdir()] == [FOLDER]


def test_torchvisions_address_serves_second_and_its_size_is_said_first(cache, server, capsys):
    source = pets().source
    assert (source.kind, source.served) == ("real", "torchvision's address")
    printed = capsys.readouterr().out
    assert printed.startswith(
        "Pets: the Oxford-IIIT Pet pictures come in 811 MB, which are fetched once. They take 1.7 GB of disk"
    )
    assert "fetching it (792 MB) from" in printed
    assert server.asked == ARCHIVES
    assert [path.name for path in cache.iterdir()] == [FOLDER]  # neither archives nor what was on the way
    assert pets(train=False).source.served == "the course's cache"
    assert server.asked == ARCHIVES


def test_crops_stand_in_and_it_says_so_loudly(cache, offline, capsys):
    train, validation = pets(train=True), pets(train=False)
    assert data_source() == {"Pets train": train.source, "Pets validation": validation.source}
    assert (train.source.kind, train.source.licence) == ("stand-in", "CC0 and public domain")
    text = capsys.readouterr().out
    for part in (
        "NO PICTURES OF PETS, but a stand-in: 30 pictures of 'our pet' and 30 of 'other' to train with, all",
        "one cat in one photo, Chelsea",
        "says nothing about other photos",
        "can't be reached (is this computer online?)",
        "pets(folders=(others, ours))",
        f"put images.tar.gz and annotations.tar.gz into {cache}",
    ):
        assert part in text


def test_small_mode_takes_crops_without_network_or_alarm(cache, server, monkeypatch, capsys):
    monkeypatch.setenv("COURSE_MODE", "small")
    assert pets().source.kind == "stand-in"
    assert server.asked == []
    assert not cache.exists()
    assert capsys.readouterr().out == (
        "Pets: 10 pictures of 'our pet' and 10 of 'other' to train with: only crops of the photos that come "
        "with scikit-image, as this is small mode (licence: CC0 and public domain)\n"
    )


def test_real_data_only_names_the_data_and_small_mode_takes_a_few(cache, archives, offline, monkeypatch):
    monkeypatch.setenv("COURSE_DATA", "real")
    with pytest.raises(
        DataUnavailableError, match="asks for the Oxford-IIIT Pet pictures, but no source has"
    ):
        pets()
    monkeypatch.setenv("COURSE_MODE", "small")
    put(cache, archives)
    assert counts(pets()) == [10, 10]


# What goes wrong


def test_what_was_fetched_is_not_fetched_again(cache, server):
    server.faults = [None, "404"]
    assert pets().source.kind == "stand-in"
    assert [path.name for path in cache.iterdir()] == ["images.tar.gz"]
    assert pets().source.kind == "real"
    assert server.asked == [*ARCHIVES, "annotations.tar.gz"]


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError(ENOSPC, os.strerror(ENOSPC))])
def test_unpacking_that_breaks_off_does_not_count_as_done(cache, server, archives, monkeypatch, error):
    def broken(self, path, **kwargs):
        Path(path, "images").mkdir(parents=True)
        raise error

    put(cache, archives)
    with monkeypatch.context() as patch:
        patch.setattr(tarfile.TarFile, "extractall", broken)
        if isinstance(error, KeyboardInterrupt):
            with pytest.raises(KeyboardInterrupt):
                pets()
        else:
            assert f"{cache} can't be written to ({os.strerror(ENOSPC)})" in pets().source.why[0]
    assert sorted(path.name for path in cache.iterdir()) == sorted(ARCHIVES)
    assert pets().source.served == "the course's cache"


LIST = "annotations/trainval.txt"


@pytest.mark.parametrize(
    ("files", "content", "reason"),
    [
        (LIST, None, "is not whole"),
        (LIST, "Beagle_1 5 2 1\nBea", "is not whole"),
        (LIST, "Abyssinian_1 1 1 1\n", "is not whole (its list has not all breeds)"),
        (LIST, "Beagle_1 38 2 1\n", "is not whole"),
        ("images/*", None, "can't be used: it is not there"),
        ("images/*", "half", "can't be used: it is no picture"),
    ],
)
def test_a_damaged_cache_is_named_and_fetched_again(
    monkeypatch, cache, unpacked, archives, files, content, reason
):
    for path in unpacked.glob(files):
        path.unlink() if content is None else path.write_text(content)
    source = pets().source
    assert source.kind == "stand-in"  # without a network
    assert reason in source.why[0]
    assert unpacked.is_dir()
    with serving(dict(archives)) as server:
        publish(monkeypatch, archives, server.url)
        assert pets().source.served == "torchvision's address"
        assert server.asked == ARCHIVES
    assert [path.name for path in cache.iterdir()] == [FOLDER]
    assert pets().source.served == "the course's cache"


def test_a_disk_that_is_too_full_is_a_reason_before_anything_is_fetched(cache, server, monkeypatch, tmp_path):
    usage = shutil.disk_usage(tmp_path)._replace(free=500_000_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    assert pets().source.why[-1] == f"{tmp_path} has only 0.5 GB free, and 1.7 GB are needed"
    assert server.asked == []


# The stand-in


def area(split: str, name: str) -> torch.Tensor:
    """Say for every pixel of a photo whether some crop of a split shows it: bool [row, column]."""
    shown = torch.zeros(1500, 1500, dtype=torch.bool)
    for photo, _, (left, upper, right, lower) in crop_boxes(split):
        if photo == name:
            shown[upper:lower, left:right] = True
    return shown


def test_no_pixel_is_in_a_training_and_a_validation_crop():
    for photo in pet_pictures.PHOTOS:
        train, validation = area("train", photo), area("validation", photo)
        assert train.any()
        assert validation.any()
        assert not (train & validation).any()


def test_crops_lie_within_their_photos():
    folder = pet_pictures.resources.files("skimage") / "data"
    for photo, _, (left, upper, right, lower) in [*crop_boxes("train"), *crop_boxes("validation")]:
        with Image.open(folder / photo) as image:
            width, height = image.size
        assert 0 <= left < right <= width
        assert 0 <= upper < lower <= height


@pytest.mark.parametrize(("train", "whole", "few"), [(True, 30, 10), (False, 20, 5)])
def test_crops_are_of_chelsea_and_as_many_of_five_other_photos(offline, monkeypatch, train, whole, few):
    all_crops = pets(train)
    monkeypatch.setenv("COURSE_MODE", "small")
    some_crops = pets(train)
    for dataset, per_class in ((all_crops, whole), (some_crops, few)):
        assert counts(dataset) == [per_class, per_class]
        photos = Counter(name.split(",")[0] for name in dataset.names)
        assert photos.pop("chelsea.png") == per_class
        assert list(photos.values()) == [per_class // 5] * 5
        for name, label in zip(dataset.names, dataset.targets.tolist(), strict=True):
            assert label == name.startswith("chelsea")
    assert set(some_crops.names) < set(all_crops.names)
    assert {0, 1} == set(some_crops.targets[:5].tolist())  # mixed, as they are in full mode


def test_crops_have_many_sizes_and_are_the_same_each_time(offline):
    dataset, again = pets(), pets()
    assert len(set(dataset.names)) == 60
    assert len({image.size for image in dataset.images}) > 40
    assert {image.mode for image in dataset.images} == {"RGB"}
    assert max(max(image.size) for image in dataset.images) <= 512
    assert again.names == dataset.names
    assert all(a.tobytes() == b.tobytes() for a, b in zip(dataset.images, again.images, strict=True))


def test_a_photo_that_no_longer_comes_with_scikit_image_is_named(cache, monkeypatch):
    monkeypatch.setenv("COURSE_MODE", "small")
    monkeypatch.setitem(pet_pictures.PHOTOS, "gone.png", pet_pictures.PHOTOS["chelsea.png"])
    with pytest.raises(DataUnavailableError, match=r"No source has .*\n  - gone.png isn't in .*skimage"):
        pets()


# The learner's own pictures


@pytest.fixture
def own(cache, server, tmp_path) -> tuple[Path, Path]:
    """Return a learner's two folders with 20 and 15 pictures."""
    folders = tmp_path / "others", tmp_path / "rex"
    for label, (folder, n) in enumerate(zip(folders, [20, 15], strict=True)):
        folder.mkdir()
        for number in range(n):
            Image.new("RGB", (40, 32), (10 * number, 200 * label, 0)).save(folder / f"IMG_{number}.JPG")
    return folders


def test_own_folders_give_their_names_to_the_classes(own, server, capsys):
    train, validation = pets(folders=own), pets(train=False, folders=own)
    assert train.classes == ["others", "rex"]
    assert all(abs(image.getpixel((0, 0))[1] - 200 * label) < 12 for image, label in train)
    assert (counts(train), counts(validation)) == ([16, 12], [4, 3])
    assert len({*train.names, *validation.names}) == 35
    assert train.source == Source("Pets train", "your folders others and rex", "own", "your own")
    assert set(data_source()) == {"Pets train", "Pets validation"}
    assert capsys.readouterr().out == (
        "Pets: 12 pictures of 'rex' and 16 of 'others' to train with, from your folders others and rex\n"
        "Pets: 3 pictures of 'rex' and 4 of 'others' to validate with, from your folders others and rex\n"
    )
    assert server.asked == []


def test_the_part_for_validation_does_not_depend_on_names(own):
    def shown() -> set[bytes]:
        return {image.tobytes() for image in pets(train=False, folders=own).images}

    before = shown()
    for number, path in enumerate(sorted(own[1].iterdir(), reverse=True)):
        path.rename(own[1] / f"renamed-{number}.jpg")
    assert shown() == before


@pytest.mark.parametrize(("mode", "data"), [("small", "auto"), ("full", "real")])
def test_own_folders_serve_in_every_mode_and_may_begin_at_home(own, monkeypatch, tmp_path, mode, data):
    monkeypatch.setenv("COURSE_MODE", mode)
    monkeypatch.setenv("COURSE_DATA", data)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert pets(folders=["~/others", "~/rex"]).source.kind == "own"


def test_files_that_cannot_be_used_are_counted_and_named_once_and_the_rest_serves(own, capsys):
    """The reasons are in test_picture_files.py."""
    for number in range(11):
        (own[0] / f"broken{number:02}.jpg").write_bytes(b"")
    (own[1] / "phone.heic").write_bytes(b"x")
    assert counts(pets(folders=own)) == [16, 12]
    printed = capsys.readouterr().out
    assert printed.startswith("Pets: 11 files are left out of others:\n  - broken00.jpg: it is empty\n")
    assert "  - broken07.jpg: it is empty\n  - and 3 more\n" in printed
    one = "Pets: 1 file is left out of rex:\n  - phone.heic: it does not end in .jpg .jpeg .png .webp\n"
    assert one in printed
    pets(train=False, folders=own)
    assert "left out" not in capsys.readouterr().out


def test_too_few_pictures_is_an_error_that_counts_them(own):
    for path in list(own[1].iterdir())[3:]:
        path.unlink()
    with pytest.raises(ValueError, match=r"rex has 3 pictures that can be used; 10 are needed, and about 37"):
        pets(folders=own)


def test_a_picture_in_both_folders_is_an_error_that_names_it(own):
    shutil.copy(own[0] / "IMG_3.JPG", own[1] / "twice.JPG")
    with pytest.raises(ValueError, match=r"the same picture is in both folders: twice.JPG"):
        pets(folders=own)


def test_two_folders_of_one_name_are_told_apart(own, tmp_path):
    folders = tmp_path / "set0" / "photos", tmp_path / "set1" / "photos"
    for old, new in zip(own, folders, strict=True):
        new.parent.mkdir()
        old.rename(new)
    assert pets(folders=folders).classes == ["set0/photos", "set1/photos"]


@pytest.mark.parametrize("folders", ["rex", Path("rex"), ["rex"], ["a", "b", "c"], (None, None), 5])
def test_folders_are_two(cache, folders):
    with pytest.raises(ValueError, match="folders takes two"):
        pets(folders=folders)


def test_both_folders_cannot_be_one_and_each_needs_pictures(own, tmp_path):
    with pytest.raises(ValueError, match="the others need a folder of their own"):
        pets(folders=(own[0], own[0].parent / "." / "others"))
    with pytest.raises(ValueError, match=r"rax does not exist \(looked for "):
        pets(folders=(own[0], tmp_path / "rax"))
