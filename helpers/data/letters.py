"""The letters of American Sign Language: real photographs where they can be had, else synthetic hands.

``sign_mnist_table()`` returns the images as Sign-MNIST publishes them, a table with a row an image;
``sign_mnist()`` makes a data set of that table. Both ask their sources in turn and say which one served:

1. the course's cache folder, ``sign-mnist`` in ``settings.data_dir()``, with Sign-MNIST's two CSV files;
2. Kaggle, asked by kagglehub, from where the CSV files go into the cache folder;
3. synthetic hands from `hands.py`, unless ``COURSE_DATA=real`` forbids them. They are not photographs.
   They are made once and kept in the folder ``synthetic-hands`` in ``settings.data_dir()``.

Whoever names a folder of their own gets what is in it, or an error. Every CSV file is checked, value by
value, each time it is read. Small mode makes a few synthetic hands (or takes as many rows of the real
files) and never uses the network.
"""

import hashlib
import inspect
import io
import logging
import os
import shutil
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import zip_longest
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryDirectory

import numpy as np
import pandas as pd
import requests
import torch

from helpers.course import settings
from helpers.data import downloads, hand_poses, hands
from helpers.data.grey_images import ImageDataset, balanced_subset
from helpers.data.sources import DataUnavailableError, Source, bullets, first_that_serves, served_by

CLASSES = list("ABCDEFGHIKLMNOPQRSTUVWXY")  # J and Z are signed by moving the hand: no picture shows them
LABELS = [ord(letter) - ord("A") for letter in CLASSES]  # 0..24 without 9, as in the CSV files
SIDE = 28  # of an image, in pixels
PIXELS = [f"pixel{number}" for number in range(1, SIDE * SIDE + 1)]
COLUMNS = ["label", *PIXELS]

# Version 1, the only one so far. With its number kagglehub need not ask Kaggle which one is the newest.
KAGGLE_HANDLE = "datamunge/sign-language-mnist/versions/1"
KAGGLE_PAGE = "https://www.kaggle.com/datasets/datamunge/sign-language-mnist"
MEGABYTES_TO_FETCH, MEGABYTES_TO_UNPACK = 66, 400  # the archive holds each CSV file twice
REAL_LICENCE, SYNTHETIC_LICENCE = "CC0 1.0", "MIT"
SYNTHETIC = "synthetic hands"  # what serves, in words
CHECKSUM_BYTES = 32  # of SHA-256


@dataclass(frozen=True)
class Part:
    """One of the two parts of the letters.

    Attributes
    ----------
    word
        ``"training"`` or ``"validation"``.
    file
        The CSV file's name in Sign-MNIST.
    rows
        How many rows that file has.
    signers
        The numbers of the synthetic signers; no signer is in both parts.
    per_letter, per_letter_small
        How many images of a letter the synthetic hands have, in full and in small mode.
    seed
        The seed of the synthetic hands.
    """

    word: str
    file: str
    rows: int
    signers: range
    per_letter: int
    per_letter_small: int
    seed: int


TRAINING = Part("training", "sign_mnist_train.csv", 27_455, range(40), 400, 20, seed=0)
VALIDATION = Part("validation", "sign_mnist_test.csv", 7_172, range(1000, 1010), 100, 10, seed=1)


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
        The columns ``label`` (int64, 0..24 without 9: the letter's place in the alphabet, counted from 0) and
        ``pixel1`` ... ``pixel784`` (uint8, 0..255, row by row from the top left).

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

    Prints which source served, and why. Where that is the synthetic hands, it says so in capitals.

    Parameters
    ----------
    train
        Whether to return the training part; else the part for validation (Sign-MNIST's test file).
    transform
        What to make of a PIL image when it is taken, such as a tensor.
    folder
        A folder with ``sign_mnist_train.csv`` and ``sign_mnist_test.csv``, to be asked alone.

    Returns
    -------
    ImageDataset
        Its ``targets`` are 0..23, places in its ``classes``: K is 9 here, and 10 in the table.

    Raises
    ------
    DataUnavailableError
        The folder lacks the file, or the file is faulty; or ``COURSE_DATA=real`` and no source has the data.
    """
    table, source = _load(TRAINING if train else VALIDATION, folder)
    pixels = np.ascontiguousarray(table[PIXELS])  # uint8 [N, 784]
    images = torch.tensor(pixels).reshape(-1, SIDE, SIDE)  # [N, 28, 28]
    targets = torch.from_numpy(np.searchsorted(LABELS, table["label"])).long()  # [N]
    return ImageDataset(images, targets, CLASSES, source, transform)


# Which source serves


def _load(part: Part, folder: Path | str | None) -> tuple[pd.DataFrame, Source]:
    """Return the table from the first source that has it, and say which one that is."""
    small, real_only = settings.is_small(), settings.real_data_only()
    if folder is not None:
        folder = Path(folder).expanduser()
        served, table, why = f"the folder {folder}", read_sign_csv(_find(folder, part.file)), ()
    else:
        readers = {}
        if real_only or not small:
            readers["the course's cache"] = partial(_published, _cache() / part.file, part)
        if not small:
            readers["Kaggle"] = partial(_from_kaggle, part)
        if not real_only:
            readers[SYNTHETIC] = partial(_synthetic_table, part)
        try:
            served, table, why = first_that_serves(readers)
        except DataUnavailableError as error:
            raise DataUnavailableError(_nobody_serves(part, str(error))) from None

    is_real = served != SYNTHETIC
    repeated = _count_repeated(table) if is_real else 0
    if is_real and small:
        first = balanced_subset(torch.tensor(table["label"].to_numpy()), part.per_letter_small)
        table = table.iloc[first.numpy()].reset_index(drop=True)
    kind, licence = ("real", REAL_LICENCE) if is_real else ("synthetic", SYNTHETIC_LICENCE)
    source = Source(f"ASL letters {part.word}", served, kind, licence, why)
    served_by(source)
    _announce(part, source, len(table), repeated)
    return table, source


def _cache() -> Path:
    return settings.data_dir() / "sign-mnist"


def _find(folder: Path, name: str) -> Path:
    """Return the path of a file in a folder, or in one of its sub-folders, as Kaggle's archive has them."""
    here = folder / name
    return next((path for path in [here, *sorted(folder.glob(f"*/{name}"))] if path.is_file()), here)


def _published(path: Path, part: Part) -> pd.DataFrame:
    """Read a file that should be Sign-MNIST's own: with all of its rows."""
    table = read_sign_csv(_find(path.parent, path.name))
    if len(table) != part.rows:
        raise DataUnavailableError(
            f"{path.name} in {path.parent} has {len(table):,} rows; Sign-MNIST's file has {part.rows:,}"
        )
    return table


# A CSV file


def read_sign_csv(path: Path | str) -> pd.DataFrame:
    """Read one of Sign-MNIST's CSV files, or one like it, and check every value.

    Parameters
    ----------
    path
        The file: a header ``label,pixel1,...,pixel784``, then a row an image.

    Returns
    -------
    pandas.DataFrame
        Its rows as they are: ``label`` int64, 0..24 without 9; ``pixel1`` ... ``pixel784`` uint8, 0..255.

    Raises
    ------
    DataUnavailableError
        The file is absent, can't be read, or is faulty: says at which line (the header is line 1) and in
        which column, what is there, and what should be.
    """
    path = Path(path)
    content = downloads.read_file(path)
    name = f"{path.name} in {path.parent}"
    _check_header(content, name)
    numbers = _parse(content)
    if numbers is None or not np.isin(numbers[:, 0], LABELS).all():
        raise DataUnavailableError(f"{name}, {_first_fault(content)}")
    return _as_table(numbers[:, 1:], numbers[:, 0].astype(np.int64))


def _parse(content: bytes) -> np.ndarray | None:
    """Return the rows below the header as uint8 [N, 785], or None where a value is no whole number of 0..255.

    pandas would fill up a line that is cut off, and need twice the time and ten times the memory.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # numpy 1 takes 1.5 for 1 with a warning
        try:
            numbers = np.loadtxt(
                io.BytesIO(content),
                dtype=np.uint8,
                delimiter=",",
                quotechar='"',
                comments=None,
                skiprows=1,
                ndmin=2,
                encoding="latin-1",
            )
        except (ValueError, Warning):
            return None
    return numbers if numbers.shape[1] == len(COLUMNS) else None


def _as_table(pixels: np.ndarray, labels: np.ndarray) -> pd.DataFrame:
    table = pd.DataFrame(pixels, columns=PIXELS)
    table.insert(0, "label", labels)
    return table


def _check_header(content: bytes, name: str) -> None:
    if not content:
        raise DataUnavailableError(f"{name} is empty; expected a header and rows")
    header = content.partition(b"\n")[0].decode("utf-8-sig", errors="replace")
    found_names = [found.strip(' \r"') for found in header.split(",")]
    for number, (found, expected) in enumerate(zip_longest(found_names, COLUMNS), start=1):
        if found != expected:
            there = "nothing" if found is None else _quoted(found)
            wanted = "no further column" if expected is None else f"'{expected}'"
            raise DataUnavailableError(
                f"{name}, line 1, column number {number}: found {there}; expected {wanted} "
                "(the header is label,pixel1,...,pixel784)"
            )


def _first_fault(content: bytes) -> str:
    """Say at which line and in which column the first fault is, what is there and what should be."""
    for line_number, line in enumerate(io.BytesIO(content), start=1):
        if line_number == 1 or not line.strip():
            continue
        values = [value.strip(' \r\n"') for value in line.decode("utf-8", errors="replace").split(",")]
        for column, found in zip(COLUMNS, values, strict=False):
            allowed = LABELS if column == "label" else range(256)
            if not (found.isascii() and found.isdecimal() and int(found) in allowed):
                there, wanted = _quoted(found) if found else "nothing", _expected(column, found)
                return f"line {line_number}, column {column}: found {there}; expected {wanted}"
        if len(values) < len(COLUMNS):
            return (
                f"line {line_number}, column {COLUMNS[len(values)]}: the line ends before it, after "
                f"{len(values)} values; expected {len(COLUMNS)} (is the file cut off?)"
            )
        if len(values) > len(COLUMNS):
            return (
                f"line {line_number}, after column {COLUMNS[-1]}: found {len(values)} values in the line; "
                f"expected {len(COLUMNS)}"
            )
    return f"line 2: expected rows of {len(COLUMNS)} whole numbers between commas, an image each"


def _expected(column: str, found: str) -> str:
    if column != "label":
        return "a whole number from 0 to 255"
    moving = {"9": "J", "25": "Z"}.get(found)
    why = f" ({moving} is signed by moving the hand)" if moving else ""
    return f"a label from 0 to 24 without 9{why}"


def _quoted(text: str) -> str:
    return repr(text if len(text) <= 40 else f"{text[:37]}...")


def _count_repeated(table: pd.DataFrame) -> int:
    """Count the rows that are the same as an earlier one, label and all 784 pixels."""
    labels, images = table["label"].to_numpy(np.uint8), np.ascontiguousarray(table[PIXELS])
    return len(table) - len({(label, image.tobytes()) for label, image in zip(labels, images, strict=True)})


# Kaggle


def _from_kaggle(part: Part) -> pd.DataFrame:
    """Fetch both CSV files into the cache folder and return the table of one.

    They are fetched into a folder of their own, checked, and only then get their place, so two notebooks that
    fetch at the same time don't harm each other, and what breaks off leaves nothing that looks like a file.
    """
    cache = _cache()
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=cache, prefix=".fetching-", ignore_cleanup_errors=True) as temporary:
            fetched = _fetch(Path(temporary) / "fetched")
            tables = {}
            for each in (TRAINING, VALIDATION):
                path = _find(fetched, each.file)
                try:
                    tables[each] = _published(path, each)
                except DataUnavailableError as reason:
                    raise DataUnavailableError(f"Kaggle sent a faulty file: {reason}") from reason
                ready = Path(shutil.copyfile(path, Path(temporary) / each.file))  # Colab's are read-only
                ready.replace(cache / each.file)
    except OSError as error:
        raise DataUnavailableError(f"{cache} can't be written to ({error.strerror or error})") from error
    return tables[part]


def _fetch(folder: Path) -> Path:
    """Let kagglehub fetch and unpack the data set; return where it is. What may pass gets a second try."""
    try:
        import kagglehub  # here: it takes most of a second, and lessons without signs have no use for it
    except ImportError as error:
        raise DataUnavailableError(f"Kaggle can't be asked without kagglehub ({error})") from error
    logging.getLogger("kagglehub").setLevel(logging.WARNING)  # we say ourselves what is fetched
    reason = f"Sign-MNIST isn't whole in {_cache()}"
    for _ in range(2):
        print(f"{reason}: fetching it from Kaggle (about {MEGABYTES_TO_FETCH} MB)", flush=True)
        try:
            with _time_outs():
                return Path(kagglehub.dataset_download(KAGGLE_HANDLE, output_dir=str(folder)))
        except requests.RequestException as error:
            problem, may_pass = downloads.what_went_wrong(error)
            reason = f"Kaggle {problem}"
        except OSError:  # the disk's
            raise
        except Exception as error:  # kagglehub has a dozen of its own and says nowhere which come when
            may_pass = type(error).__name__ == "DataCorruptionError"
            reason = f"kagglehub failed ({type(error).__name__}: {' '.join(str(error).split())})"
        shutil.rmtree(folder, ignore_errors=True)  # else kagglehub refuses the folder, as it isn't empty
        if not may_pass:
            break
    raise DataUnavailableError(reason)


@contextmanager
def _time_outs() -> Iterator[None]:
    """Give each request that has no time-out one: kagglehub's first requests wait for ever (1.0.2)."""
    send = requests.adapters.HTTPAdapter.send

    def impatient(adapter, request, **options):
        options["timeout"] = options.get("timeout") or (downloads.CONNECT_SECONDS, downloads.READ_SECONDS)
        return send(adapter, request, **options)

    requests.adapters.HTTPAdapter.send = impatient
    try:
        yield
    finally:
        requests.adapters.HTTPAdapter.send = send


# Synthetic hands


def _synthetic_table(part: Part) -> pd.DataFrame:
    if settings.is_small():
        return _draw(part, part.per_letter_small)
    path = _hands_file(part)
    try:
        return _read_hands(path, part)
    except DataUnavailableError as reason:
        count = len(CLASSES) * part.per_letter
        print(f"{reason}: drawing {count:,} synthetic hands, once", flush=True)
    table = _draw(part, part.per_letter)
    _keep_hands(path, table)
    return table


def _draw(part: Part, per_letter: int) -> pd.DataFrame:
    images, labels = hands.make_hands(per_letter, part.signers, part.seed)  # [N, 28, 28], [N]
    return _as_table(images.flatten(1).numpy(), labels.numpy())


# Read now: what was imported is what draws.
DRAWING_CODE = "".join(inspect.getsource(module) for module in (hands, hand_poses))


def _hands_file(part: Part) -> Path:
    """Return where a part's synthetic hands are kept.

    The name holds a hash of what the images depend on: the code that draws them, and what it is asked for.
    A version number in its place is forgotten one day, and then old images go on serving. A hash can't be
    forgotten; the price is that hands are drawn again after a comment has changed.
    """
    everything = repr([DRAWING_CODE, part.signers, part.per_letter, part.seed])
    version = hashlib.sha256(everything.encode()).hexdigest()[:12]
    return settings.data_dir() / "synthetic-hands" / f"{part.word}-{version}.npy"


def _read_hands(path: Path, part: Part) -> pd.DataFrame:
    """Read the synthetic hands that are kept: rows like the CSV's in an npy file, then their checksum."""
    content = downloads.read_file(path)
    rows, checksum = content[:-CHECKSUM_BYTES], content[-CHECKSUM_BYTES:]
    if hashlib.sha256(rows).digest() != checksum:
        raise DataUnavailableError(f"{path.name} in {path.parent} is damaged (its checksum is wrong)")
    numbers = np.load(io.BytesIO(rows), allow_pickle=False)  # uint8 [N, 785]
    return _as_table(numbers[:, 1:], numbers[:, 0].astype(np.int64))


def _keep_hands(path: Path, table: pd.DataFrame) -> None:
    """Keep the synthetic hands for the next time: in a temporary file first, which then gets its name."""
    buffer = io.BytesIO()
    np.save(buffer, table.to_numpy(np.uint8), allow_pickle=False)
    rows, temporary = buffer.getvalue(), None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=path.parent, prefix=".hands-", delete=False) as file:
            temporary = Path(file.name)
            file.write(rows + hashlib.sha256(rows).digest())
        temporary.chmod(0o644)  # a temporary file is for its owner alone; a class may share the folder
        os.replace(temporary, path)
    except OSError as error:
        problem = error.strerror or error
        print(f"The hands can't be kept in {path.parent} ({problem}): the next notebook draws them again")
    finally:
        if temporary:
            temporary.unlink(missing_ok=True)


# What is said


def _announce(part: Part, source: Source, count: int, repeated: int) -> None:
    """Print which source served and why: one line, or a loud paragraph for the synthetic hands."""
    licence, small = f"({source.licence} licence)", settings.is_small()
    if source.kind == "real":
        why = f", as {' and '.join(source.why)}" if source.why else ""
        rows = f"rows that repeat an earlier one: {repeated:,}"
        mode = f"; only {part.per_letter_small} of a letter, as this is small mode" if small else ""
        images = f"{count:,} real {part.word} images"
        print(f"ASL letters: {images} from {source.served}{why}; {rows}{mode} {licence}")
        return
    images = f"SYNTHETIC HANDS, not photographs: {count:,} {part.word} images drawn by the course"
    if small:
        print(f"ASL letters: {images}, as this is small mode {licence}")
        return
    print(f"ASL letters: {images}, of {len(part.signers)} invented signers {licence}.")
    print("No fluent signer has checked them, and no figure reached on them is a figure of Sign-MNIST.")
    print(bullets("Why the real images are missing:", source.why))
    print(bullets("To get them, whichever fits:", _ways_out()))


def _nobody_serves(part: Part, why: str) -> str:
    reasons = why.split("\n")
    if settings.is_small():
        reasons.append("Kaggle was not asked: small mode uses no network")
    images = f"the real {part.word} images of Sign-MNIST"
    tried = bullets(f"COURSE_DATA=real asks for {images}, but no source has them:", reasons)
    ways = [*_ways_out(), "unset COURSE_DATA: synthetic hands will do"]
    return f"{tried}\n{bullets('What you can do, whichever fits:', ways)}"


def _ways_out() -> list[str]:
    both = f"{TRAINING.file} and {VALIDATION.file}"
    return [
        "connect this computer to the internet and run this again; Kaggle needs no account for these files",
        "if Kaggle asks for an account: make one (it is free), run kagglehub.login(), and run this again",
        f"download them by hand from {KAGGLE_PAGE} and put {both} into {_cache()}",
        "name the folder that has them: sign_mnist(folder=...)",
        f"set COURSE_DATA_DIR to a folder that can be written to, with {MEGABYTES_TO_UNPACK} MB free",
    ]
