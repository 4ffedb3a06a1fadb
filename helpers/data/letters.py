"""The letters of American Sign Language: Sign-MNIST's photographs from Kaggle, else synthetic hands.

A learner who names a folder gets what is in it, or an error. Every CSV file is checked, value by value, each
time it is read. Synthetic hands are drawn once and then kept.
"""

import gzip
import hashlib
import inspect
import logging
import shutil
import warnings
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import mkdtemp
from unittest.mock import patch

import numpy as np
import pandas as pd
import requests
import torch

from helpers.course import settings
from helpers.data import downloads, hand_poses, hands
from helpers.data.downloads import (
    FetchError,
    RemoteFile,
    find_verified,
    reading,
    replacing,
    try_twice,
    unfinished,
    writing,
)
from helpers.data.grey_images import ImageDataset, balanced_subset
from helpers.data.sources import DataUnavailableError, Reader, Source, Wanted, ask, serve

CLASSES = list("ABCDEFGHIKLMNOPQRSTUVWXY")  # J and Z are signed by moving the hand: no picture shows them
LABELS = [ord(letter) - ord("A") for letter in CLASSES]  # 0..24 without 9, as in the CSV files
SIDE = 28  # of an image, in pixels
PIXELS = [f"pixel{number}" for number in range(1, SIDE * SIDE + 1)]
COLUMNS = ["label", *PIXELS]

# Version 1 is the only one so far. With its number kagglehub need not ask Kaggle which one is the newest.
KAGGLE_HANDLE = "datamunge/sign-language-mnist/versions/1"
KAGGLE_PAGE = "https://www.kaggle.com/datasets/datamunge/sign-language-mnist"
MEGABYTES_TO_FETCH, MEGABYTES_TO_UNPACK = 66, 400  # the archive holds each CSV file twice
# How much neighbours differ, squared, against the variance: 2 for noise. For 380 real images it is 0.27, and
# for one of them at most 1.05.
UNLIKE = 1.5
CSV_OPTIONS = {"index_col": False, "skipinitialspace": True, "encoding": "utf-8-sig"}
# The code that draws, read now: what was imported is what draws.
DRAWING_CODE = "".join(inspect.getsource(module) for module in (hands, hand_poses))


@dataclass(frozen=True)
class Part:
    """One of the two parts of the letters: a CSV file of Sign-MNIST with its checksum, or synthetic hands.

    `signers` are the numbers of those who sign the synthetic hands; nobody is in both parts. They give
    `per_letter` images of each letter, `per_letter_small` in small mode.
    """

    word: str
    file: str
    checksum: str
    signers: range
    per_letter: int
    per_letter_small: int
    seed: int


# Kaggle publishes no checksums. These are what several people give for the files that they got from there:
# 27,455 rows in 83,281,065 bytes, and 7,172 in 21,777,485.
TRAIN_SHA256 = "sha256:4c2897f19fab2b0ae2a7e4fa82e969043315d9f3a1a9cc0948b576bf1189a7e5"
TEST_SHA256 = "sha256:0e9d67bae23e67f40728e0b63bf15ad4bd5175947b8a9fac5dd9f17ce133c47b"
TRAINING = Part("training", "sign_mnist_train.csv", TRAIN_SHA256, range(40), 400, 20, seed=0)
VALIDATION = Part("validation", "sign_mnist_test.csv", TEST_SHA256, range(1000, 1010), 100, 10, seed=1)


def sign_mnist_table(train: bool = True, folder: Path | str | None = None) -> pd.DataFrame:
    """Return the letters as Sign-MNIST publishes them: a table with a row an image.

    Prints which source served, and why. Where that is the synthetic hands, it says so in capitals.

    Parameters
    ----------
    train
        Whether to return the training part; else the part for validation (Sign-MNIST's test file).
    folder
        A folder with ``sign_mnist_train.csv`` and ``sign_mnist_test.csv``, to be asked alone.

    Returns
    -------
    pandas.DataFrame
        ``label`` (int64, 0..24 without 9: the letter's place in the alphabet, counted from 0) and ``pixel1``
        ... ``pixel784`` (uint8, 0..255, row by row from the top left).

    Raises
    ------
    DataUnavailableError
        The folder lacks the file, or the file is faulty; or ``COURSE_DATA=real`` and no source has the data.
    """
    return _load(TRAINING if train else VALIDATION, folder)[0]


def sign_mnist(
    train: bool = True, transform: Callable | None = None, folder: Path | str | None = None
) -> ImageDataset:
    """Return the letters as a data set of grey images, 28 x 28, in 24 classes: A to Y without J.

    Its ``targets`` are 0..23, places in its ``classes``: K is 9 here, and 10 in the table. `transform` gets
    the PIL image when it is taken. All else is as for `sign_mnist_table`.
    """
    table, source = _load(TRAINING if train else VALIDATION, folder)
    pixels = np.ascontiguousarray(table[PIXELS])  # uint8 [N, 784]
    images = torch.tensor(pixels).reshape(-1, SIDE, SIDE)  # [N, 28, 28]
    targets = torch.from_numpy(np.searchsorted(LABELS, table["label"])).long()  # [N]
    return ImageDataset(images, targets, CLASSES, source, transform)


def _load(part: Part, folder: Path | str | None) -> tuple[pd.DataFrame, Source]:
    cache = settings.data_dir() / "sign-mnist"

    def described(table: pd.DataFrame, source: Source, warn: bool) -> str:
        images = f"{part.word} images"
        if source.kind == "real":
            repeated = f"rows that repeat an earlier one: {table.duplicated().sum():,}"
            return f"{len(table):,} real {images} ({repeated}) from {source.served}"
        signers = f", of {len(part.signers)} invented signers" if warn else ""
        return f"SYNTHETIC HANDS, not photographs: {len(table):,} {images} drawn by the course{signers}"

    def small(table: pd.DataFrame) -> pd.DataFrame:
        first = balanced_subset(torch.tensor(table["label"].to_numpy()), part.per_letter_small)
        return table.iloc[first.numpy()].reset_index(drop=True)

    readers = [
        Reader("the course's cache", partial(_published, cache, part), "CC0 1.0"),
        Reader("Kaggle", partial(_from_kaggle, cache, part), "CC0 1.0", online=True),
        Reader("synthetic hands", partial(_synthetic_table, part), "MIT", kind="synthetic"),
    ]
    warning = "No fluent signer has checked them, and no figure reached on them is a figure of Sign-MNIST."
    both = f"{TRAINING.file} and {VALIDATION.file}"
    ways_out = [
        "connect this computer to the internet and run this again; Kaggle needs no account for these files",
        "if Kaggle asks for an account: make one (it is free), run kagglehub.login(), and run this again",
        f"download them by hand from {KAGGLE_PAGE} and put {both} into {cache}",
        "name the folder that has them: sign_mnist(folder=...)",
        f"set COURSE_DATA_DIR to a folder that can be written to, with {MEGABYTES_TO_UNPACK} MB free",
    ]
    what = f"the real {part.word} images of Sign-MNIST"
    wanted = Wanted("ASL letters", part.word, what, readers, warning, ways_out, described, small)
    if folder is None:
        return ask(wanted)
    folder = Path(folder).expanduser()
    source = Source(f"ASL letters {part.word}", f"the folder {folder}", "real", "CC0 1.0")
    return serve(wanted, read_sign_csv(_find(folder, part.file)), source), source


def _find(folder: Path, name: str) -> Path:
    """Return the path of a file in a folder, or in one of its sub-folders, as Kaggle's archive has them."""
    here = folder / name
    return next((path for path in [here, *sorted(folder.glob(f"*/{name}"))] if path.is_file()), here)


def _published(folder: Path, part: Part) -> pd.DataFrame:
    """Read a file that should be Sign-MNIST's own, byte for byte."""
    inside = _find(folder, part.file).parent
    return read_sign_csv(find_verified(RemoteFile(part.file, part.checksum), inside))


# A CSV file


def read_sign_csv(path: Path | str) -> pd.DataFrame:
    """Read one of Sign-MNIST's CSV files, or one like it, and check every value.

    Returns a table as `sign_mnist_table` does.

    Raises
    ------
    DataUnavailableError
        The file is absent, can't be read, or is faulty: says at which line (the header is line 1) and in
        which column, what is there, and what should be.
    """
    path = Path(path)
    with reading(path), warnings.catch_warnings(action="error", category=pd.errors.ParserWarning):
        try:
            table = pd.read_csv(path, dtype=np.int64, **CSV_OPTIONS)  # As uint8, pandas 2 makes 0 of 256.
            labels, pixels = table["label"].to_numpy(), table[PIXELS].to_numpy()
            right = list(table.columns) == COLUMNS and np.isin(labels, LABELS).all()
            right = right and pixels.min() >= 0 and pixels.max() <= 255
        except (ValueError, KeyError, OverflowError, pd.errors.ParserWarning):
            right = False
        if not right:
            raise DataUnavailableError(f"{path.name} in {path.parent}{_first_fault(path)}")
    images = pixels[:1000].reshape(-1, SIDE, SIDE).astype(float)
    if (np.diff(images) ** 2).mean() > UNLIKE * images.var():
        raise DataUnavailableError(
            f"{path.name} in {path.parent} holds no pictures: its pixels are not like their neighbours. "
            "Are they still in their order, row by row from the top left?"
        )
    return _as_table(labels, pixels)


def _as_table(labels: np.ndarray, pixels: np.ndarray) -> pd.DataFrame:
    table = pd.DataFrame(pixels.astype(np.uint8), columns=PIXELS)
    table.insert(0, "label", labels.astype(np.int64))
    return table


def _first_fault(path: Path) -> str:
    """Say at which line and in which column the first fault is, what is there and what should be."""
    columns = [*COLUMNS, "more"]
    options = {
        "dtype": str,
        "keep_default_na": False,
        "skip_blank_lines": False,
        "encoding_errors": "replace",
    }
    try:
        cells = pd.read_csv(path, names=columns, **options, **CSV_OPTIONS)
    except (ValueError, pd.errors.ParserWarning) as error:  # pandas names the line, too
        return f": {error}".rstrip()
    right = cells.isin([str(value) for value in range(256)])
    right["label"] = cells["label"].isin([str(label) for label in LABELS])
    right["more"] = cells["more"] == ""
    right |= (cells == "").all(axis=1).to_numpy()[:, None]  # empty lines do no harm
    right.iloc[:1] = cells.iloc[:1] == [*COLUMNS, ""]
    if right.all(axis=None):
        return f": expected a header and rows of {len(COLUMNS)} whole numbers between commas, an image each"
    row, position = np.argwhere(~right.to_numpy())[0]
    column, found = columns[position], cells.iat[row, position]
    place, expected = f"column {column}", "a whole number from 0 to 255"
    if column == "more":
        place, expected = f"after column {COLUMNS[-1]}", "the end of the line"
    elif row == 0:
        expected = f"'{column}' (the header is label,pixel1,...,pixel784)"
    elif column == "label":
        moving = {"9": "J", "25": "Z"}.get(found)
        expected = "a label from 0 to 24 without 9"
        expected += f" ({moving} is signed by moving the hand)" if moving else ""
    elif (cells.iloc[row, position:] == "").all():
        expected += " (is the file cut off?)"
    shown = repr(found if len(found) <= 40 else f"{found[:37]}...") if found else "nothing"
    return f", line {row + 1}, {place}: found {shown}; expected {expected}"


# Kaggle


def _from_kaggle(cache: Path, part: Part) -> pd.DataFrame:
    """Fetch both CSV files into the cache folder and return the table of one.

    They come into a folder of their own, are checked, and only then get their place. So two notebooks can
    fetch at the same time, and a download that breaks off leaves nothing that looks like a file.
    """
    with writing(cache), unfinished(cache) as temporary:
        reason, what = f"Sign-MNIST isn't whole in {cache}", f"it ({MEGABYTES_TO_FETCH} MB)"
        fetched = try_twice(partial(_ask_kagglehub, temporary), reason, what, "Kaggle")
        try:
            tables = {each: _published(fetched, each) for each in (TRAINING, VALIDATION)}
        except DataUnavailableError as fault:
            raise DataUnavailableError(f"Kaggle sent a faulty file: {fault}") from fault
        for each in tables:  # A copy: Colab's files are read-only.
            shutil.copyfile(_find(fetched, each.file), temporary / each.file)
            (temporary / each.file).replace(cache / each.file)
    return tables[part]


def _ask_kagglehub(temporary: Path) -> Path:
    """Let kagglehub fetch and unpack the data set; return where it is."""
    folder = mkdtemp(dir=temporary)  # kagglehub wants an empty one
    try:
        import kagglehub  # here: it takes most of a second, and lessons without signs have no use for it

        logging.getLogger("kagglehub").setLevel(logging.WARNING)  # we say ourselves what is fetched
        with patch.object(requests, "Session", _ImpatientSession):
            return Path(kagglehub.dataset_download(KAGGLE_HANDLE, output_dir=folder))
    except (OSError, FetchError):  # the disk's, or of a download
        raise
    except Exception as error:  # kagglehub has a dozen of its own and says nowhere which come when
        why = f"{type(error).__name__}: {' '.join(str(error).split())}"
        may_pass = type(error).__name__ == "DataCorruptionError"
        raise FetchError(f"could not be read by kagglehub ({why})", may_pass) from error


class _ImpatientSession(requests.Session):
    """A session that doesn't wait for a silent server for ever, nor take what one sends for ever.

    kagglehub (1.0.3) makes its first requests without a time-out, and neither it nor requests has a setting
    for one. So while it works, the sessions that it makes are these.
    """

    def send(self, request: requests.PreparedRequest, **options: object) -> requests.Response:
        request.register_hook("response", downloads.at_most(MEGABYTES_TO_FETCH + downloads.MORE))
        options["timeout"] = options.get("timeout") or (downloads.CONNECT_SECONDS, downloads.READ_SECONDS)
        return super().send(request, **options)


# Synthetic hands


def _synthetic_table(part: Part) -> pd.DataFrame:
    if settings.is_small():
        return _draw(part, part.per_letter_small)
    path, count = _hands_file(part), len(CLASSES) * part.per_letter
    try:
        return _read_hands(path, count)
    except DataUnavailableError as reason:
        print(f"{reason}: drawing {count:,} synthetic hands, once", flush=True)
    table = _draw(part, part.per_letter)
    try:
        with writing(path.parent), replacing(path) as temporary:
            temporary.write_bytes(gzip.compress(table.to_numpy(np.uint8).tobytes(), 1, mtime=0))
    except DataUnavailableError as problem:
        print(f"{problem}: the next notebook draws the hands again")
    return table


def _draw(part: Part, per_letter: int) -> pd.DataFrame:
    images, labels = hands.make_hands(per_letter, part.signers, part.seed)  # [N, 28, 28], [N]
    return _as_table(labels.numpy(), images.flatten(1).numpy())


def _hands_file(part: Part) -> Path:
    """Return where a part's synthetic hands are kept.

    Its name has a hash of what the images depend on. A version number would be forgotten one day, and old
    images would go on serving. The price: hands are drawn again after a comment was changed.
    """
    everything = repr([DRAWING_CODE, part.signers, part.per_letter, part.seed])
    version = hashlib.sha256(everything.encode()).hexdigest()[:12]
    return settings.data_dir() / "synthetic-hands" / f"{part.word}-{version}.gz"


def _read_hands(path: Path, count: int) -> pd.DataFrame:
    """Read the synthetic hands that are kept: rows like the CSV's, gzipped, as gzip has a checksum."""
    with reading(path):
        content = path.read_bytes()
    try:
        rows = np.frombuffer(gzip.decompress(content), np.uint8).reshape(count, len(COLUMNS))
    except (gzip.BadGzipFile, EOFError, zlib.error, ValueError) as error:
        raise DataUnavailableError(
            f"{path.name} in {path.parent} is damaged (its checksum is wrong)"
        ) from error
    return _as_table(rows[:, 0], rows[:, 1:])
