"""Pictures for a pet door: "our pet" against others, few of each, in colour.

``pets()`` asks its sources in turn and says which one served, and why:

1. the course's cache folder, ``oxford-pets`` in ``settings.data_dir()``: the Oxford-IIIT Pet data set, of
   which one breed is "our pet";
2. the address that torchvision names, from which that data set goes into the cache folder (811 MB);
3. a stand-in, unless ``COURSE_DATA=real`` forbids it: crops of the photos that come with scikit-image.

``pets(folders=(others, ours))`` takes the learner's own pictures instead. Small mode takes a part of the
stand-in (or as many of the real pictures) and never uses the network.
"""

import shutil
import tarfile
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import resources
from pathlib import Path

import torch
from PIL import Image
from torchvision.datasets import OxfordIIITPet, VisionDataset

from helpers.course import settings
from helpers.data.downloads import LargeFile, fetch_and_find, find_verified
from helpers.data.grey_images import balanced_subset
from helpers.data.picture_files import LONGER_SIDE, read_folder, read_picture
from helpers.data.sources import DataUnavailableError, Source, bullets, first_that_serves, served_by

CLASSES = ["other", "our pet"]
PER_CLASS = 30  # training pictures of each class
SMALL_PER_CLASS = {"train": 10, "validation": 5}  # pictures of each class in small mode
SEED = 42  # of the choice of pictures; no learner's seed changes it

FEWEST = 10  # pictures that a folder of the learner's own needs
VALIDATION_PART = 5  # one picture in so many
SHOWN_AT_MOST = 8  # files that are named one by one

OXFORD_SIZES = {"images.tar.gz": 792, "annotations.tar.gz": 19}  # MB
OXFORD_DISK = 1_700  # MB, while the archives are unpacked
OXFORD_FOLDER = "oxford-iiit-pet"  # torchvision's name for it
OXFORD_LISTS = {"train": "trainval", "validation": "test"}
BREED_NAMES = """
Abyssinian, American Bulldog, American Pit Bull Terrier, Basset Hound, Beagle, Bengal, Birman, Bombay, Boxer,
British Shorthair, Chihuahua, Egyptian Mau, English Cocker Spaniel, English Setter, German Shorthaired,
Great Pyrenees, Havanese, Japanese Chin, Keeshond, Leonberger, Maine Coon, Miniature Pinscher, Newfoundland,
Persian, Pomeranian, Pug, Ragdoll, Russian Blue, Saint Bernard, Samoyed, Scottish Terrier, Shiba Inu, Siamese,
Sphynx, Staffordshire Bull Terrier, Wheaten Terrier, Yorkshire Terrier
"""
BREEDS = [" ".join(name.split()) for name in BREED_NAMES.split(",")]

STAND_IN = "the photos that come with scikit-image"
STAND_IN_CROPS = {"train": 30, "validation": 20}  # of each class


@dataclass(frozen=True)
class Photo:
    """A photo in scikit-image's package, and the two parts of it that crops are taken from.

    Attributes
    ----------
    name
        The name of its file.
    label
        The label of its crops.
    parts
        ``"train"`` or ``"validation"`` → left, upper, right and lower edge in pixels. They do not overlap.
    """

    name: str
    label: int
    parts: dict[str, tuple[int, int, int, int]]


PHOTOS = [  # where Chelsea is split, each part shows an eye; what is right of her is background
    Photo("chelsea.png", 1, {"train": (0, 0, 245, 300), "validation": (245, 0, 375, 300)}),
    Photo("coffee.png", 0, {"train": (0, 0, 340, 400), "validation": (340, 0, 600, 400)}),
    Photo("rocket.jpg", 0, {"train": (0, 0, 370, 427), "validation": (370, 0, 640, 427)}),
    Photo("astronaut.png", 0, {"train": (0, 0, 300, 512), "validation": (300, 0, 512, 512)}),
    Photo("hubble_deep_field.jpg", 0, {"train": (0, 0, 560, 872), "validation": (560, 0, 1000, 872)}),
    Photo("retina.jpg", 0, {"train": (0, 0, 790, 1411), "validation": (790, 0, 1411, 1411)}),
]


@dataclass(frozen=True)
class Pictures:
    """Pictures in RGB, the name of each and its label."""

    images: list[Image.Image]
    names: list[str]
    labels: list[int]


class PetDataset(VisionDataset):
    """Colour pictures of two classes in memory; ``dataset[i]`` is (PIL image, label), as in torchvision.

    Parameters
    ----------
    pictures
        The pictures, which may have any sizes.
    classes
        The name of each label.
    source
        Where the pictures came from.
    transform
        What to make of a PIL image when it is taken, such as a tensor.

    Attributes
    ----------
    targets
        The labels, int64 [N].
    names
        Which picture each is, such as ``"rex/IMG_1.jpg"``.
    """

    def __init__(
        self, pictures: Pictures, classes: Sequence[str], source: Source, transform: Callable | None = None
    ) -> None:
        super().__init__(transform=transform)
        self.images = pictures.images
        self.names = pictures.names
        self.targets = torch.tensor(pictures.labels)  # [N]
        self.classes = list(classes)
        self.class_to_idx = {name: label for label, name in enumerate(classes)}
        self.source = source

    def __getitem__(self, index: int) -> tuple[object, int]:
        """Return (the picture, or what `transform` makes of it; its label)."""
        image = self.images[index].copy()  # its own: drawing on it changes nothing here
        return (image if self.transform is None else self.transform(image)), int(self.targets[index])

    def __len__(self) -> int:
        return len(self.images)

    def extra_repr(self) -> str:
        """Return the lines that ``repr`` adds to torchvision's."""
        counts = self.targets.bincount(minlength=len(self.classes)).tolist()
        classes = ", ".join(f"{name} ({count})" for name, count in zip(self.classes, counts, strict=True))
        return f"Classes: {classes}\nSource: {self.source.dataset} from {self.source.served}"


def pets(
    train: bool = True,
    breed: str = "Abyssinian",
    folders: tuple[str | Path, str | Path] | None = None,
    transform: Callable | None = None,
) -> PetDataset:
    """Return few pictures of two classes, "other" (0) and "our pet" (1), to train or to validate.

    Prints which source served, and why. Of the Oxford-IIIT Pet data set it takes 30 training pictures of one
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

    breed = _known_breed(breed)
    cache = settings.data_dir() / "oxford-pets"
    small, real_only = settings.is_small(), settings.real_data_only()
    readers = {}  # what serves → how to read the pictures from there, in the order to ask
    if real_only or not small:
        readers["the course's cache"] = partial(_oxford_in_cache, cache, breed, split)
    if not small:
        readers["torchvision's address"] = partial(_oxford_fetched, cache, breed, split)
    if not real_only:
        readers[STAND_IN] = partial(_crops, split)

    try:
        served, pictures, why = first_that_serves(readers)
    except DataUnavailableError as error:
        raise DataUnavailableError(_nobody_serves(cache, str(error))) from None
    if small:
        first = balanced_subset(torch.tensor(pictures.labels), SMALL_PER_CLASS[split]).tolist()
        pictures = _picked(pictures, first)
    kind, licence = ("stand-in", "CC0 and public domain") if served == STAND_IN else ("real", "CC BY-SA 4.0")
    source = Source(f"Pets {split}", served, kind, licence, why)
    dataset = PetDataset(_shuffled(pictures), CLASSES, source, transform)
    served_by(source)
    _announce(dataset, breed, split, cache)
    return dataset


def _generator() -> torch.Generator:
    return torch.Generator().manual_seed(SEED)


def _shuffled(pictures: Pictures) -> Pictures:
    """Mix the classes, always in the same way, so that the first few pictures show both."""
    return _picked(pictures, torch.randperm(len(pictures.labels), generator=_generator()).tolist())


def _picked(pictures: Pictures, positions: list[int]) -> Pictures:
    return Pictures(*([values[i] for i in positions] for values in vars(pictures).values()))


# The Oxford-IIIT Pet data set


def _known_breed(breed: str) -> str:
    wanted = " ".join(str(breed).replace("_", " ").split()).title()
    if wanted not in BREEDS:
        raise ValueError(f"there is no breed {breed!r}. There are {', '.join(BREEDS)}.")
    return wanted


def _archives() -> list[LargeFile]:
    """Return the two archives, with the addresses and checksums that torchvision gives."""
    files = []
    for url, md5 in OxfordIIITPet._RESOURCES:
        folder, _, name = url.rpartition("/")
        files.append(LargeFile(name, "md5", md5, OXFORD_SIZES[name], [f"{folder}/"]))
    return files


def _oxford_in_cache(cache: Path, breed: str, split: str) -> Pictures:
    """Return pictures that are unpacked in the cache, or whose archives somebody put there."""
    if not (cache / OXFORD_FOLDER).is_dir():
        for file in _archives():
            find_verified(file, cache)
        _unpack(cache)
    return _oxford(cache, breed, split)


def _oxford_fetched(cache: Path, breed: str, split: str) -> Pictures:
    files = _archives()
    megabytes = sum(file.megabytes for file in files)
    print(
        f"Pets: the Oxford-IIIT Pet pictures come in {megabytes} MB, which are fetched once. They take "
        f"{OXFORD_DISK / 1000} GB of disk in {cache} while they are unpacked, half of that afterwards. To do "
        "without: pets(folders=(others, ours)) with your own pictures.",
        flush=True,
    )
    there = next(folder for folder in (cache, *cache.resolve().parents) if folder.is_dir())
    if (free := shutil.disk_usage(there).free) < OXFORD_DISK * 1e6:
        needed = f"{OXFORD_DISK / 1000} GB are needed"
        raise DataUnavailableError(f"{there} has only {free / 1e9:.1f} GB free, and {needed}")
    for file in files:
        fetch_and_find(file, cache)
    _unpack(cache)
    return _oxford(cache, breed, split)


def _unpack(cache: Path) -> None:
    """Unpack both archives, which were verified, into a folder that gets its name when it is whole."""
    print(f"Pets: unpacking into {cache}", flush=True)
    try:
        with tempfile.TemporaryDirectory(dir=cache, prefix="unpacking-") as place:
            new, old = Path(place) / "new", Path(place) / "old"
            for file in _archives():
                with tarfile.open(cache / file.name) as archive:
                    archive.extractall(new, filter="data")
            if (cache / OXFORD_FOLDER).exists():
                (cache / OXFORD_FOLDER).rename(old)
            new.rename(cache / OXFORD_FOLDER)
        for file in _archives():
            (cache / file.name).unlink(missing_ok=True)
    except OSError as error:
        raise DataUnavailableError(f"{cache} can't be written to ({error.strerror or error})") from error


def _oxford(cache: Path, breed: str, split: str) -> Pictures:
    folder = cache / OXFORD_FOLDER
    try:
        dataset = OxfordIIITPet(cache, split=OXFORD_LISTS[split])
        ours = dataset.class_to_idx[breed]
    except (RuntimeError, OSError, ValueError, KeyError) as error:  # no folder, no list, another list
        raise DataUnavailableError(
            f"the Oxford-IIIT Pet data set in {folder} is not whole ({error})"
        ) from error
    chosen = _balanced_choice(torch.tensor(dataset._labels), ours, PER_CLASS if split == "train" else None)
    images = []
    for position in chosen:
        path = dataset._images[position]
        try:
            images.append(read_picture(path))
        except ValueError as error:
            raise DataUnavailableError(f"{path.name} in {path.parent} can't be used: {error}") from error
    names = [dataset._images[position].name for position in chosen]
    return Pictures(images, names, [int(dataset._labels[position] == ours) for position in chosen])


def _balanced_choice(labels: torch.Tensor, ours: int, per_class: int | None) -> list[int]:
    """Return positions of so many of our breed (None: all), and of as many others, each breed in turn."""
    generator = _generator()

    def shuffled(positions: torch.Tensor) -> list[int]:
        return positions[torch.randperm(len(positions), generator=generator)].tolist()

    of_ours = shuffled((labels == ours).nonzero().flatten())[:per_class]
    others = shuffled(labels[labels != ours].unique())
    of_others = [shuffled((labels == breed).nonzero().flatten()) for breed in others]
    in_turn = [
        positions[turn]
        for turn in range(max(map(len, of_others), default=0))
        for positions in of_others
        if turn < len(positions)
    ]
    return of_ours + in_turn[: len(of_ours)]


# The stand-in


def crop_boxes(split: str) -> Iterator[tuple[Photo, tuple[int, int, int, int]]]:
    """Yield the photo and the edges in pixels of each crop: squares of many sizes, always the same ones."""
    generator = _generator()
    for label in range(len(CLASSES)):
        photos = [photo for photo in PHOTOS if photo.label == label]
        for number in range(STAND_IN_CROPS[split]):
            photo = photos[number % len(photos)]
            left, upper, right, lower = photo.parts[split]
            room = min(right - left, lower - upper)
            size, x, y = torch.rand(3, generator=generator).tolist()
            side = round(room * (0.5 + 0.5 * size))  # half of what there is room for, or more
            x, y = left + int(x * (right - left - side + 1)), upper + int(y * (lower - upper - side + 1))
            yield photo, (x, y, x + side, y + side)


def _crops(split: str) -> Pictures:
    folder = resources.files("skimage") / "data"
    whole, pictures = {}, Pictures([], [], [])
    for photo, box in crop_boxes(split):
        if photo.name not in whole:
            try:
                with Image.open(folder / photo.name) as image:
                    whole[photo.name] = image.convert("RGB")
            except OSError as error:
                raise DataUnavailableError(f"{photo.name} in {folder} can't be read ({error})") from error
        crop = whole[photo.name].crop(box)
        crop.thumbnail((LONGER_SIDE, LONGER_SIDE))
        pictures.images.append(crop)
        pictures.names.append(f"{photo.name}, pixels {box[0]}–{box[2]} × {box[1]}–{box[3]}")
        pictures.labels.append(photo.label)
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

    found, problems = [], {}  # of each folder: checksum → path and picture
    for path, name in zip(paths, classes, strict=True):
        pictures, left_out = read_folder(path)
        found.append(pictures)
        if left_out:
            problems[name] = left_out
    if both := found[0].keys() & found[1].keys():
        names = ", ".join(sorted(found[1][checksum][0].name for checksum in both))
        raise ValueError(f"the same picture is in both folders: {names}. A picture has one label.")
    for name, left_out in problems.items() if split == "train" else ():  # once is enough
        shown = left_out[:SHOWN_AT_MOST] + [f"and {len(left_out) - SHOWN_AT_MOST} more"] * (
            len(left_out) > SHOWN_AT_MOST
        )
        files = "1 file is" if len(left_out) == 1 else f"{len(left_out)} files are"
        print(bullets(f"Pets: {files} left out of {name}:", shown))

    images, names, labels = [], [], []
    for label, (path, pictures) in enumerate(zip(paths, found, strict=True)):
        if len(pictures) < FEWEST:
            ask = f"{FEWEST} are needed, and about {PER_CLASS + PER_CLASS // 4} are good"
            raise ValueError(f"{path} has {_count(len(pictures))} that can be used; {ask}.")
        # In the order of their checksums, which is neither that of their names nor that of their dates.
        in_order = [pictures[checksum] for checksum in sorted(pictures)]
        kept = round(len(in_order) / VALIDATION_PART)
        for file, image in in_order[:kept] if split == "validation" else in_order[kept:]:
            images.append(image)
            names.append(f"{classes[label]}/{file.name}")
            labels.append(label)
    source = Source(f"Pets {split}", f"your folders {' and '.join(classes)}", "own", "your own")
    dataset = PetDataset(_shuffled(Pictures(images, names, labels)), classes, source, transform)
    served_by(source)
    print(f"Pets: {_counts(dataset)} {_to_do(split)}, from {source.served}")
    return dataset


# What is printed


def _count(number: int) -> str:
    return "1 picture" if number == 1 else f"{number:,} pictures"


def _counts(dataset: PetDataset) -> str:
    others, ours = dataset.targets.bincount(minlength=2).tolist()
    return f"{_count(ours)} of {dataset.classes[1]!r} and {others:,} of {dataset.classes[0]!r}"


def _to_do(split: str) -> str:
    return {"train": "to train with", "validation": "to validate with"}[split]


def _announce(dataset: PetDataset, breed: str, split: str, cache: Path) -> None:
    """Print which source served and why: one line, or a loud paragraph where a stand-in serves."""
    source = dataset.source
    pictures, licence = f"{_counts(dataset)} {_to_do(split)}", f"({source.licence})"
    if source.kind == "real":
        why = f", as {' and '.join(source.why)}" if source.why else ""
        print(f"Pets: {pictures}, 'our pet' being the breed {breed}, from {source.served}{why} {licence}")
    elif settings.is_small():
        print(f"Pets: {pictures}: only crops of {source.served}, as this is small mode {licence}")
    else:
        print(
            f"Pets: NO PICTURES OF PETS, but a stand-in: {pictures}, all crops of {source.served} {licence}."
        )
        print(
            "'our pet' is one cat in one photo, Chelsea. Validation has crops of other parts of the same "
            "photos: they share no pixel with the training crops, but what is reached on them says nothing "
            "about other photos, and nothing about a breed."
        )
        print(bullets("Why the pictures of pets are missing:", source.why))
        print(bullets("To get them, or better ones, whichever fits:", _ways_out(cache)))


def _nobody_serves(cache: Path, why: str) -> str:
    reasons, ways = why.split("\n"), _ways_out(cache)
    asked = "No source has pictures of pets"
    if settings.real_data_only():
        asked = "COURSE_DATA=real asks for the Oxford-IIIT Pet pictures, but no source has them"
        ways.append(f"unset COURSE_DATA: crops of {STAND_IN} will do")
    if settings.is_small():
        reasons.append("torchvision's address was not asked: small mode uses no network")
    return f"{bullets(f'{asked}:', reasons)}\n{bullets('What you can do, whichever fits:', ways)}"


def _ways_out(cache: Path) -> list[str]:
    files = _archives()
    return [
        "use your own pictures, about 30 of your pet and 30 of others: pets(folders=(others, ours))",
        "connect this computer to the internet and run this again "
        f"({sum(file.megabytes for file in files)} MB to fetch, once)",
        f"put {' and '.join(file.name for file in files)} into {cache}",
        f"set COURSE_DATA_DIR to a folder that can be written to, with {OXFORD_DISK / 1000} GB free",
    ]
