"""Pictures for a pet door: "our pet" against others, few of each, in colour.

They are one breed of the Oxford-IIIT Pet data set against the rest, or the learner's own pictures. Crops of
the photos that come with scikit-image stand in.
"""

import shutil
import tarfile
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from importlib import resources
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import torch
from PIL import Image

from helpers.course import settings
from helpers.data.downloads import RemoteFile, fetch_verified, find_verified, reading, unfinished, writing
from helpers.data.grey_images import LabelledImages, balanced_subset
from helpers.data.picture_files import LONGER_SIDE, read_folder, read_picture
from helpers.data.sources import DataUnavailableError, Reader, Source, Wanted, ask, bullets, served_by

CLASSES = ["other", "our pet"]
PER_CLASS = 30  # training pictures of each class
SMALL_PER_CLASS = {"train": 10, "validation": 5}  # pictures of each class in small mode
SEED = 42  # It seeds the choice of pictures; no learner's seed changes that.
TO_DO = {"train": "to train with", "validation": "to validate with"}

FEWEST = 10  # pictures that a folder of the learner's own needs
VALIDATION_PART = 5  # One picture in so many validates.
SHOWN_AT_MOST = 8  # files that are named one by one

# Address, checksums and folder are those of torchvision's OxfordIIITPet, where they are private.
OXFORD = "https://www.robots.ox.ac.uk/~vgg/data/pets/data/"
ARCHIVES = [
    RemoteFile("images.tar.gz", "md5:5c4f3ee8e5d25df40f4fd59a7f44e54c", [OXFORD], megabytes=792),
    RemoteFile("annotations.tar.gz", "md5:95a8c909bbe2e81eed6a22bccdf3f68f", [OXFORD], megabytes=19),
]
OXFORD_FOLDER = "oxford-iiit-pet"
OXFORD_MEGABYTES = sum(file.megabytes for file in ARCHIVES)  # to fetch
OXFORD_GIGABYTES = 1.7  # on disk, while the archives are unpacked
OXFORD_LISTS = {"train": "trainval.txt", "validation": "test.txt"}
BREED_NAMES = """
Abyssinian, American Bulldog, American Pit Bull Terrier, Basset Hound, Beagle, Bengal, Birman, Bombay, Boxer,
British Shorthair, Chihuahua, Egyptian Mau, English Cocker Spaniel, English Setter, German Shorthaired,
Great Pyrenees, Havanese, Japanese Chin, Keeshond, Leonberger, Maine Coon, Miniature Pinscher, Newfoundland,
Persian, Pomeranian, Pug, Ragdoll, Russian Blue, Saint Bernard, Samoyed, Scottish Terrier, Shiba Inu, Siamese,
Sphynx, Staffordshire Bull Terrier, Wheaten Terrier, Yorkshire Terrier
"""
BREEDS = [" ".join(name.split()) for name in BREED_NAMES.split(",")]

STAND_IN = "the photos that come with scikit-image"
STAND_IN_CROPS = {"train": 30, "validation": 20}  # crops of each class
STAND_IN_WARNING = (
    "'our pet' is one cat in one photo, Chelsea. Validation has crops of other parts of the same photos. "
    "They share no pixel with the training crops, but what is reached on them says nothing about other "
    "photos and nothing about a breed."
)
Box = tuple[int, int, int, int]  # the left, upper, right and lower edge in pixels
# A photo gives crops of one label, from one part to train and from another to validate. Where Chelsea is
# split, each part shows an eye; what is right of her is background.
PHOTOS: dict[str, tuple[int, dict[str, Box]]] = {
    "chelsea.png": (1, {"train": (0, 0, 245, 300), "validation": (245, 0, 375, 300)}),
    "coffee.png": (0, {"train": (0, 0, 340, 400), "validation": (340, 0, 600, 400)}),
    "rocket.jpg": (0, {"train": (0, 0, 370, 427), "validation": (370, 0, 640, 427)}),
    "astronaut.png": (0, {"train": (0, 0, 300, 512), "validation": (300, 0, 512, 512)}),
    "hubble_deep_field.jpg": (0, {"train": (0, 0, 560, 872), "validation": (560, 0, 1000, 872)}),
    "retina.jpg": (0, {"train": (0, 0, 790, 1411), "validation": (790, 0, 1411, 1411)}),
}


class Picture(NamedTuple):
    """A picture in RGB, its name, such as ``"rex/IMG_1.jpg"``, and its label."""

    image: Image.Image
    name: str
    label: int


class PetDataset(LabelledImages):
    """Colour pictures of two classes in memory; `names` says which each is."""

    def __init__(
        self,
        pictures: list[Picture],
        classes: Sequence[str],
        source: Source,
        transform: Callable | None = None,
    ) -> None:
        labels = torch.tensor([picture.label for picture in pictures])  # [N]
        super().__init__(labels, classes, source, transform)
        self.images = [picture.image for picture in pictures]
        self.names = [picture.name for picture in pictures]

    def image(self, index: int) -> Image.Image:
        """Return a picture that the caller may change."""
        return self.images[index].copy()


def pets(
    train: bool = True,
    breed: str = "Abyssinian",
    folders: tuple[str | Path, str | Path] | None = None,
    transform: Callable | None = None,
) -> PetDataset:
    """Return few pictures of two classes, "other" (0) and "our pet" (1), to train or to validate.

    Prints which source served, and why. The Oxford-IIIT Pet data set gives 30 training pictures of one
    breed and one each of 30 other breeds, and for validation all pictures of the breed in the data set's test
    part and as many others. From Parkhi, Vedaldi, Zisserman and Jawahar (2012), *Cats and Dogs*.

    Parameters
    ----------
    train
        Whether to return the training pictures; else those for validation.
    breed
        The breed that is "our pet": one of the 37 in ``helpers.data.pet_pictures.BREEDS``.
    folders
        Two folders of the learner's own, first the others, then our pet, with at least 10 pictures each. The
        classes get their names. A fifth of each is kept for validation, always the same one while no file
        changes. (Photos of one burst look nearly the same: keep one of them, or validation flatters.)
    transform
        What to make of a PIL image when it is taken, such as a tensor.

    Raises
    ------
    ValueError
        There is no such breed, or `folders` are not two folders with enough pictures.
    DataUnavailableError
        ``COURSE_DATA=real``, and no source has the real pictures. Says why for each, and what to do.
    """
    split = "train" if train else "validation"
    if folders is not None:
        return _own(folders, split, transform)
    known = " ".join(str(breed).replace("_", " ").split()).title()
    if known not in BREEDS:
        raise ValueError(f"there is no breed {breed!r}. There are {', '.join(BREEDS)}.")
    cache = settings.data_dir() / "oxford-pets"

    def described(pictures: list[Picture], source: Source, warn: bool) -> str:
        which = f"{_counts(pictures, CLASSES)} {TO_DO[split]}"
        if source.kind == "real":
            return f"{which}, 'our pet' being the breed {known}, from {source.served}"
        crops = f"crops of {STAND_IN}"
        loud = f"NO PICTURES OF PETS, but a stand-in: {which}, all {crops}"
        return loud if warn else f"{which}: only {crops}"

    def small(pictures: list[Picture]) -> list[Picture]:
        labels = torch.tensor([picture.label for picture in pictures])
        return [pictures[position] for position in balanced_subset(labels, SMALL_PER_CLASS[split])]

    in_cache, fetched = (partial(read, cache, known, split) for read in (_oxford_in_cache, _oxford_fetched))
    readers = [
        Reader("the course's cache", in_cache, "CC BY-SA 4.0"),
        Reader("torchvision's address", fetched, "CC BY-SA 4.0", online=True),
        Reader(STAND_IN, partial(_crops, split), "CC0 and public domain", kind="stand-in"),
    ]
    ways_out = [
        "use your own pictures, about 30 of your pet and 30 of others: pets(folders=(others, ours))",
        f"connect this computer to the internet and run this again ({OXFORD_MEGABYTES} MB to fetch, once)",
        f"put {' and '.join(file.name for file in ARCHIVES)} into {cache}",
        f"set COURSE_DATA_DIR to a folder that can be written to, with {OXFORD_GIGABYTES} GB free",
    ]
    what = "the Oxford-IIIT Pet pictures"
    wanted = Wanted("Pets", split, what, readers, STAND_IN_WARNING, ways_out, described, small)
    pictures, source = ask(wanted)
    return PetDataset(_mixed(pictures), CLASSES, source, transform)


def _mixed(pictures: list[Picture]) -> list[Picture]:
    """Mix the classes, always in the same way, so that the first few pictures show both."""
    order = torch.randperm(len(pictures), generator=torch.Generator().manual_seed(SEED))
    return [pictures[position] for position in order]


def _counts(pictures: list[Picture], classes: Sequence[str]) -> str:
    ours = sum(picture.label for picture in pictures)
    return f"{_count(ours)} of {classes[1]!r} and {len(pictures) - ours:,} of {classes[0]!r}"


def _count(number: int) -> str:
    return "1 picture" if number == 1 else f"{number:,} pictures"


# The Oxford-IIIT Pet data set


def _oxford_in_cache(cache: Path, breed: str, split: str) -> list[Picture]:
    """Return pictures from the cache. Somebody may have put the archives there."""
    if not (cache / OXFORD_FOLDER).is_dir():
        for file in ARCHIVES:
            find_verified(file, cache)
        _unpack(cache)
    return _oxford(cache / OXFORD_FOLDER, breed, split)


def _oxford_fetched(cache: Path, breed: str, split: str) -> list[Picture]:
    needed = f"{OXFORD_GIGABYTES} GB"
    print(
        f"Pets: the Oxford-IIIT Pet pictures come in {OXFORD_MEGABYTES} MB, which are fetched once. They "
        f"take {needed} of disk in {cache} while they are unpacked, half of that afterwards. To do without: "
        "pets(folders=(others, ours)) with your own pictures.",
        flush=True,
    )
    there = next(folder for folder in (cache, *cache.resolve().parents) if folder.is_dir())
    if (free := shutil.disk_usage(there).free / 1e9) < OXFORD_GIGABYTES:
        raise DataUnavailableError(f"{there} has only {free:.1f} GB free, and {needed} are needed")
    for file in ARCHIVES:
        fetch_verified(file, cache)
    _unpack(cache)
    return _oxford(cache / OXFORD_FOLDER, breed, split)


def _unpack(cache: Path) -> None:
    """Unpack both archives, which were verified, into a folder that gets its name when it is whole."""
    print(f"Pets: unpacking into {cache}", flush=True)
    with writing(cache):
        with unfinished(cache) as place:
            new, old = place / "new", place / "old"
            for file in ARCHIVES:
                with tarfile.open(cache / file.name) as archive:
                    archive.extractall(new, filter="data")
            if (cache / OXFORD_FOLDER).exists():
                (cache / OXFORD_FOLDER).rename(old)
            new.rename(cache / OXFORD_FOLDER)
        for file in ARCHIVES:
            (cache / file.name).unlink(missing_ok=True)


def _oxford(folder: Path, breed: str, split: str) -> list[Picture]:
    try:
        lines = (folder / "annotations" / OXFORD_LISTS[split]).read_text("utf-8").splitlines()
        names, numbers, _, _ = zip(*(line.split() for line in lines), strict=True)
        breeds = [BREEDS[int(number) - 1] for number in numbers]
        if set(breeds) != set(BREEDS):
            raise ValueError("its list has not all breeds")
    except (OSError, ValueError, IndexError) as error:
        whole = f"the Oxford-IIIT Pet data set in {folder} is not whole"
        raise DataUnavailableError(f"{whole} ({error})") from error
    pictures = []
    for position in _balanced_choice(breeds, breed, PER_CLASS if split == "train" else None):
        path = folder / "images" / f"{names[position]}.jpg"
        try:
            pictures.append(Picture(read_picture(path), path.name, int(breeds[position] == breed)))
        except ValueError as error:
            raise DataUnavailableError(f"{path.name} in {path.parent} can't be used: {error}") from error
    return pictures


def _balanced_choice(breeds: list[str], ours: str, per_class: int | None) -> list[int]:
    """Return positions of so many of our breed (None: all), and as many others, each breed in turn."""
    shuffled = pd.Series(breeds).sample(frac=1, random_state=SEED)
    of_ours = shuffled[shuffled == ours].index[:per_class]
    others = shuffled[shuffled != ours]
    in_turn = others.groupby(others).cumcount().sort_values(kind="stable").index
    return [*of_ours, *in_turn[: len(of_ours)]]


# The stand-in


def crop_boxes(split: str) -> Iterator[tuple[str, int, Box]]:
    """Yield the photo, label and edges of each crop: squares of many sizes, always the same ones."""
    generator = torch.Generator().manual_seed(SEED)
    for label in range(len(CLASSES)):
        photos = [name for name, (its_label, _) in PHOTOS.items() if its_label == label]
        for number in range(STAND_IN_CROPS[split]):
            photo = photos[number % len(photos)]
            left, upper, right, lower = PHOTOS[photo][1][split]
            room = min(right - left, lower - upper)
            size, x, y = torch.rand(3, generator=generator).tolist()
            side = round(room * (0.5 + 0.5 * size))  # half of what there is room for, or more
            x, y = left + int(x * (right - left - side + 1)), upper + int(y * (lower - upper - side + 1))
            yield photo, label, (x, y, x + side, y + side)


def _crops(split: str) -> list[Picture]:
    folder, whole = resources.files("skimage") / "data", {}
    for name in PHOTOS:
        with reading(folder / name), Image.open(folder / name) as image:
            whole[name] = image.convert("RGB")
    pictures = []
    for photo, label, box in crop_boxes(split):
        crop = whole[photo].crop(box)
        crop.thumbnail((LONGER_SIDE, LONGER_SIDE))
        pictures.append(Picture(crop, f"{photo}, pixels {box[0]}–{box[2]} × {box[1]}–{box[3]}", label))
    return pictures


# The learner's own pictures


def _own(folders: tuple[str | Path, str | Path], split: str, transform: Callable | None) -> PetDataset:
    two = isinstance(folders, tuple | list) and len(folders) == 2
    if not two or not all(isinstance(folder, str | Path) for folder in folders):
        raise ValueError("folders takes two: folders=(the folder of the others, the folder of our pet).")
    paths = [Path(folder).expanduser() for folder in folders]
    if paths[0].resolve() == paths[1].resolve():
        raise ValueError(f"both folders are {paths[0]}; the others need a folder of their own.")
    classes = [path.resolve().name for path in paths]
    if classes[0] == classes[1]:
        classes = ["/".join(path.resolve().parts[-2:]) for path in paths]

    found = []  # for each folder: checksum → path and picture
    for path, name in zip(paths, classes, strict=True):
        pictures, left_out = read_folder(path)
        found.append(pictures)
        if left_out and split == "train":  # to say it once is enough
            files = "1 file is" if len(left_out) == 1 else f"{len(left_out)} files are"
            more = [f"and {len(left_out) - SHOWN_AT_MOST} more"] if len(left_out) > SHOWN_AT_MOST else []
            print(bullets(f"Pets: {files} left out of {name}:", left_out[:SHOWN_AT_MOST] + more))
    if both := found[0].keys() & found[1].keys():
        names = ", ".join(sorted(found[1][checksum][0].name for checksum in both))
        raise ValueError(f"the same picture is in both folders: {names}. A picture has one label.")

    chosen = []
    for label, (path, pictures) in enumerate(zip(paths, found, strict=True)):
        if len(pictures) < FEWEST:
            ask = f"{FEWEST} are needed, and about {PER_CLASS + PER_CLASS // 4} are good"
            raise ValueError(f"{path} has {_count(len(pictures))} that can be used; {ask}.")
        # In the order of their checksums, which is neither that of their names nor that of their dates.
        in_order = [pictures[checksum] for checksum in sorted(pictures)]
        kept = round(len(in_order) / VALIDATION_PART)
        for file, image in in_order[:kept] if split == "validation" else in_order[kept:]:
            chosen.append(Picture(image, f"{classes[label]}/{file.name}", label))
    source = Source(f"Pets {split}", f"your folders {' and '.join(classes)}", "own", "your own")
    served_by(source)
    print(f"Pets: {_counts(chosen, classes)} {TO_DO[split]}, from {source.served}")
    return PetDataset(_mixed(chosen), classes, source, transform)
