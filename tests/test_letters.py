"""No test here uses the network: Kaggle is a server on this machine, and hands are grey squares."""

import hashlib
import inspect
import io
import multiprocessing
import os
import re
import sys
import zipfile
from dataclasses import replace
from errno import ENOSPC
from pathlib import Path

import kagglehub
import numpy as np
import pandas as pd
import pytest
import requests
import torch
from kagglesdk import kaggle_env
from mirror import FAULTS as MIRROR_FAULTS
from mirror import PASSING, Mirror, as_a_learner, own_certificate, run_in_two_processes_at_once, serving

from helpers import data_source, sign_mnist, sign_mnist_table
from helpers.data import downloads, letters
from helpers.data.letters import CLASSES, COLUMNS, LABELS, PIXELS, read_sign_csv
from helpers.data.sources import DataUnavailableError

TRAIN, TEST = "sign_mnist_train.csv", "sign_mnist_test.csv"
ROWS = {TRAIN: 48, TEST: 24}
DOWNLOAD = "v1/datasets.DatasetApiService/DownloadDataset"  # what kagglehub asks Kaggle for
DATASET_DOWNLOAD = kagglehub.dataset_download


def rows(n: int, seed: int = 0) -> list[list[int]]:
    """Return n rows, the letters in turn: a label, then 784 pixels, seven of one grey side by side."""
    pixels = np.random.default_rng(seed).integers(0, 256, (n, 112)).repeat(7, axis=1).tolist()
    return [[LABELS[i % 24], *row] for i, row in enumerate(pixels)]


def csv(lines: list[list[object]], header: list[str] = COLUMNS) -> str:
    return "".join(",".join(map(str, line)) + "\n" for line in [header, *lines])


FILES = {name: csv(rows(n, seed=n)) for name, n in ROWS.items()}


def checksum(text: str) -> str:
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def fill(folder: Path, files: dict[str, str] = FILES) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    return folder


class Hands:
    """Stand in for make_hands: grey squares, and a note of what was asked for."""

    def __init__(self) -> None:
        self.asked = []

    def __call__(self, per_letter, signers, seed):
        self.asked.append((per_letter, signers, seed))
        labels = torch.tensor(LABELS).repeat(per_letter)
        return (labels * 10)[:, None, None].expand(-1, 28, 28).to(torch.uint8), labels


def zipped(files: dict[str, str]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return file.getvalue()


@pytest.fixture
def hands(monkeypatch) -> Hands:
    fake = Hands()
    monkeypatch.setattr(letters.hands, "make_hands", fake)
    return fake


@pytest.fixture
def cache(monkeypatch, tmp_path, hands) -> Path:
    """Return the cache folder, empty. Sign-MNIST's files are tiny, and Kaggle can't be reached."""
    data_folder = as_a_learner(monkeypatch, tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))  # nobody's account at Kaggle
    for name, file in [("TRAINING", TRAIN), ("VALIDATION", TEST)]:
        mine = {"checksum": checksum(FILES[file]), "per_letter": 4, "per_letter_small": 1}
        part = replace(getattr(letters, name), **mine)
        monkeypatch.setattr(letters, name, part)

    def cannot_be_reached(*args, **kwargs):
        raise requests.ConnectionError

    monkeypatch.setattr(kagglehub, "dataset_download", cannot_be_reached)
    return data_folder / "sign-mnist"


@pytest.fixture
def kaggle(monkeypatch, cache) -> Mirror:
    """Return a Kaggle that has the files, for the real kagglehub."""
    monkeypatch.setattr(kagglehub, "dataset_download", DATASET_DOWNLOAD)
    monkeypatch.setattr(downloads, "READ_SECONDS", 0.5)
    monkeypatch.setattr(downloads, "MORE", 1)
    monkeypatch.setattr(letters, "MEGABYTES_TO_FETCH", 0)
    with serving({DOWNLOAD: zipped(FILES)}) as server:
        endpoint = server.url.rstrip("/")
        monkeypatch.setitem(kaggle_env._env_to_endpoint, kaggle_env.KaggleEnv.PROD, endpoint)
        yield server


@pytest.fixture
def kept(cache) -> Path:
    """Return the folder that keeps synthetic hands."""
    return cache.parent / "synthetic-hands"


# A CSV file


def read(text: str, tmp_path: Path) -> pd.DataFrame:
    return read_sign_csv(fill(tmp_path, {TRAIN: text}) / TRAIN)


def changed(row: int, column: str, value: object) -> str:
    """Return a CSV of 4 rows with another value in one place."""
    lines = rows(4)
    lines[row][COLUMNS.index(column)] = value
    return csv(lines)


def test_a_csv_is_read_as_it_is(tmp_path):
    table = read(csv(rows(30)), tmp_path)
    assert list(table.columns) == COLUMNS
    assert table.to_numpy().tolist() == rows(30)
    assert table["label"].dtype == np.int64
    assert set(table[PIXELS].dtypes) == {np.dtype(np.uint8)}


OTHER_WAYS = {
    "no newline at the end": lambda text: text.rstrip("\n"),
    "Windows": lambda text: text.replace("\n", "\r\n"),
    "empty lines at the end": lambda text: text + "\n\n",
    "BOM": lambda text: "\ufeff" + text,
    "quotes": lambda text: text.replace(",", '","').replace("\n", '"\n"')[:-1].replace("label", '"label'),
    "spaces": lambda text: text.replace(",", ", "),
}


@pytest.mark.parametrize("way", OTHER_WAYS)
def test_what_other_programs_make_of_the_same_csv_is_read(tmp_path, way):
    assert read(OTHER_WAYS[way](csv(rows(5))), tmp_path).to_numpy().tolist() == rows(5)


PIXEL, LETTER = "expected a whole number from 0 to 255", "expected a label from 0 to 24 without 9"
MOVES = "is signed by moving the hand)"
END = "expected the end of the line"
FAULTS = [
    (changed(2, "pixel12", 256), f"line 4, column pixel12: found '256'; {PIXEL}"),
    (changed(0, "pixel1", -1), f"line 2, column pixel1: found '-1'; {PIXEL}"),
    (changed(1, "pixel784", 12.5), f"line 3, column pixel784: found '12.5'; {PIXEL}"),
    (changed(1, "pixel3", "9" * 30), f"line 3, column pixel3: found '{'9' * 30}'; {PIXEL}"),
    (changed(3, "pixel7", "grey"), f"line 5, column pixel7: found 'grey'; {PIXEL}"),
    (changed(3, "pixel300", ""), f"line 5, column pixel300: found nothing; {PIXEL}"),
    (changed(3, "pixel300", "nan"), f"line 5, column pixel300: found 'nan'; {PIXEL}"),
    (changed(0, "pixel2", "x" * 99), f"line 2, column pixel2: found '{'x' * 37}...'; {PIXEL}"),
    (changed(1, "label", 9), f"line 3, column label: found '9'; {LETTER} (J {MOVES}"),
    (changed(1, "label", 25), f"line 3, column label: found '25'; {LETTER} (Z {MOVES}"),
    (changed(1, "label", "B"), f"line 3, column label: found 'B'; {LETTER}"),
    (changed(1, "label", ""), f"line 3, column label: found nothing; {LETTER}"),
    # Of two faults the first is named. An empty line counts as a line.
    (changed(1, "pixel500", 999).replace("\n", "\n\n", 1) + "x", "line 4, column pixel500: found '999'"),
    # These rows are too short, too long, all too short, much too long, or were not written to the disk.
    (csv([rows(1)[0][:600]]), f"column pixel600: found nothing; {PIXEL} (is the file cut off?)"),
    (csv([*rows(2), [*rows(1)[0], 7]]), f"line 4, after column pixel784: found '7'; {END}"),
    (csv([row[:-1] for row in rows(2)]), "line 2, column pixel784: found nothing"),
    (csv([*rows(2), rows(1)[0] * 2]), "fields in line 4, saw 1570"),
    (csv(rows(2)) + "\0" * 50, "expected a"),
    # These headers have swapped columns, are missing, lack a column, have one too many, or come from pandas.
    (csv(rows(2), ["label", *PIXELS[::-1]]), "line 1, column pixel1: found 'pixel784'; expected 'pixel1'"),
    (csv(rows(2)).removeprefix(csv([])), "line 1, column label: found '0'; expected 'label'"),
    (csv(rows(2), COLUMNS[:-1]), "line 1, column pixel784: found nothing; expected 'pixel784'"),
    (csv(rows(2), [*COLUMNS, "note"]), f"line 1, after column pixel784: found 'note'; {END}"),
    (csv(rows(1), ["", *COLUMNS]), "found nothing; expected 'label' (the header is label,pixel1,...,pix"),
    (csv(rows(1)).replace(",", ";"), "found 'label;pixel1;pixel2;pixel3;pixel4;pix...'; expected 'label'"),
    # These are other files.
    (
        "<html>Log in to Kaggle</html>",
        "column label: found '<html>Log in to Kaggle</html>'; expected 'label'",
    ),
    (csv(rows(1)) + "# by hand\n", f"line 3, column label: found '# by hand'; {LETTER}"),
    (csv([]), "expected a header and rows of 785 whole numbers between commas, an image each"),
    ("", "expected a header and rows of 785 whole numbers between commas, an image each"),
]


@pytest.mark.parametrize(("text", "message"), FAULTS, ids=[message for _, message in FAULTS])
def test_a_fault_is_named_with_file_line_and_column(tmp_path, text, message):
    with pytest.raises(DataUnavailableError) as raised:
        read(text, tmp_path)
    assert str(raised.value).startswith(f"{TRAIN} in {tmp_path}")
    assert message in str(raised.value)


def test_noise_and_pixels_out_of_order_are_no_pictures(tmp_path):
    shuffled = np.random.default_rng(0).permutation(784)
    for text in (OTHERS["noise"], csv([[row[0], *np.array(row[1:])[shuffled]] for row in rows(48)])):
        with pytest.raises(DataUnavailableError, match=r"are not like their neighbours\. Are they still in"):
            read(text, tmp_path)


@pytest.mark.parametrize("grey", [0, 128, 255])
def test_a_picture_of_one_grey_is_a_picture(tmp_path, grey):
    assert len(read(csv([[3] + [grey] * 784]), tmp_path)) == 1


def test_an_absent_and_an_unreadable_file_are_named(tmp_path):
    with pytest.raises(DataUnavailableError, match=f"{TEST} isn't in {tmp_path}"):
        read_sign_csv(tmp_path / TEST)
    with pytest.raises(DataUnavailableError, match=r"can't be read \(Is a directory\)"):
        read_sign_csv(tmp_path)


# The table and the data set


def test_the_table_and_the_data_set_hold_the_same_images(cache, tmp_path):
    folder = fill(tmp_path / "mine")
    for train, name in [(True, TRAIN), (False, TEST)]:
        table, dataset = sign_mnist_table(train, folder), sign_mnist(train, folder=str(folder))
        assert table.to_numpy().tolist() == rows(ROWS[name], seed=ROWS[name])
        assert dataset.data.flatten(1).tolist() == table[PIXELS].to_numpy().tolist()
        assert dataset.data.shape == (ROWS[name], 28, 28)
        assert dataset.data.is_contiguous()
        dataset.data.zero_()  # it may be changed
        assert [dataset.classes[target] for target in dataset.targets] == [
            chr(ord("A") + label) for label in table["label"]
        ]


def test_classes_are_the_letters_that_stand_still_and_targets_their_places(cache):
    dataset = sign_mnist(transform=lambda image: (image.mode, image.size))
    assert dataset.classes == [chr(ord("A") + n) for n in range(25) if n != 9]
    assert dataset.targets.unique().tolist() == list(range(24))
    assert dataset.class_to_idx["K"] == 9
    assert dataset.targets.dtype == torch.int64
    assert dataset[0] == (("L", (28, 28)), 0)


# A learner's own folder


def test_a_folder_is_asked_alone_and_one_line_says_so(cache, kaggle, hands, tmp_path, capsys):
    one, two, three = rows(3)
    other_label = [5, *one[1:]]  # the same image under another label is no repetition
    folder = fill(tmp_path / "mine", {TRAIN: csv([one, two, one, three, other_label, one, two])})
    dataset = sign_mnist(folder=folder)
    assert capsys.readouterr().out == (
        "ASL letters: 7 real training images (rows that repeat an earlier one: 3) from the folder "
        f"{folder} (licence: CC0 1.0)\n"
    )
    assert dataset.source.kind == "real"
    assert data_source() == {"ASL letters training": dataset.source}
    with pytest.raises(DataUnavailableError, match=f"^{TEST} isn't in {folder}$"):
        sign_mnist(train=False, folder=folder)
    fill(folder, {TEST: changed(0, "pixel5", 300)})
    with pytest.raises(DataUnavailableError, match=f"^{TEST} in {folder}, line 2, column pixel5: found"):
        sign_mnist_table(train=False, folder=folder)
    assert kaggle.asked == hands.asked == []


def test_a_folder_may_start_with_a_tilde_and_be_as_kaggles_archive_unpacks_it(cache, tmp_path, monkeypatch):
    monkeypatch.setenv("USERPROFILE", str(tmp_path))  # Windows has no HOME
    fill(tmp_path / "mine", {f"{name.removesuffix('.csv')}/{name}": FILES[name] for name in FILES})
    assert len(sign_mnist_table(folder="~/mine")) == 48


# Which source serves


def test_kaggle_serves_and_fills_the_cache_which_then_serves_first(cache, kaggle, hands, capsys):
    dataset = sign_mnist()
    assert (dataset.source.served, dataset.source.kind, len(dataset)) == ("Kaggle", "real", 48)
    printed = capsys.readouterr().out
    assert printed.startswith(f"Sign-MNIST isn't whole in {cache}: fetching it (0 MB) from Kaggle\n")
    assert {path.name: path.read_text() for path in cache.iterdir()} == FILES
    assert (cache / TRAIN).stat().st_mode & 0o444 == 0o444
    for train in (True, False):
        assert sign_mnist(train).source.served == "the course's cache"
    assert (len(kaggle.asked), hands.asked) == (1, [])


OTHERS = {
    "lacks rows": "".join(FILES[TRAIN].splitlines(keepends=True)[:31]),
    "another label": csv([[1, *rows(48, seed=48)[0][1:]], *rows(48, seed=48)[1:]]),
    "noise": csv([[LABELS[i % 24], *np.random.default_rng(i).integers(0, 256, 784)] for i in range(48)]),
}


@pytest.mark.parametrize("other", OTHERS)
def test_another_file_in_the_cache_is_not_taken_for_sign_mnist(cache, monkeypatch, other):
    fill(cache, {TRAIN: OTHERS[other]})
    source = sign_mnist().source
    assert source.kind == "synthetic"
    assert source.why[0] == f"{TRAIN} in {cache} is damaged (its checksum is wrong)"
    assert (cache / TRAIN).read_text() == OTHERS[other]
    monkeypatch.setenv("COURSE_DATA", "real")
    with pytest.raises(DataUnavailableError):
        sign_mnist()


def test_synthetic_hands_serve_last_and_say_so_in_capitals_with_reasons_and_ways_out(cache, capsys):
    source = sign_mnist().source
    assert (source.kind, source.licence) == ("synthetic", "MIT")
    text = capsys.readouterr().out
    for part in (
        "ASL letters: SYNTHETIC HANDS, not photographs: 96 training images drawn by the course, of 40 "
        "invented signers (licence: MIT).\n",
        "no figure reached on them is a figure of Sign-MNIST",
        f"  - {TRAIN} isn't in {cache}\n",
        "  - Kaggle can't be reached (is this computer online?)\n",
        "kagglehub.login()",
        f"put {TRAIN} and {TEST} into {cache}",
        "sign_mnist(folder=...)",
        "COURSE_DATA_DIR",
    ):
        assert part in text


def test_synthetic_hands_are_of_other_signers_in_each_part_and_look_like_the_real_ones(
    cache, hands, tmp_path
):
    synthetic, real = sign_mnist_table(), sign_mnist_table(folder=fill(tmp_path / "mine"))
    assert (synthetic.dtypes == real.dtypes).all()
    assert synthetic["label"].value_counts().to_dict() == dict.fromkeys(LABELS, 4)
    sign_mnist(train=False)
    (_, training, seed), (_, validation, other_seed) = hands.asked
    assert not set(training) & set(validation)
    assert seed != other_seed


# Kaggle's faults


KAGGLES = MIRROR_FAULTS | {
    "another file": "could not be read by kagglehub (ValueError: Unsupported archive type.)"
}
SECOND_TRY = [fault for fault in PASSING if fault != "another file"]


@pytest.mark.parametrize("fault", KAGGLES)
def test_a_fault_that_stays_is_a_reason_and_leaves_nothing(cache, kaggle, fault):
    session = requests.Session
    kaggle.faults = [fault] * 9
    assert sign_mnist().source.why[1] == f"Kaggle {KAGGLES[fault]}"
    assert len(kaggle.asked) == (2 if fault in SECOND_TRY else 1)
    assert list(cache.iterdir()) == []
    assert requests.Session is session


def test_a_foreign_certificate_is_a_reason_and_what_the_sentence_says_helps(
    cache, kaggle, monkeypatch, tmp_path
):
    certificate = own_certificate(tmp_path)
    with serving(kaggle.files, certificate) as server:
        monkeypatch.setitem(kaggle_env._env_to_endpoint, kaggle_env.KaggleEnv.PROD, server.url.rstrip("/"))
        assert (
            sign_mnist().source.why[1].startswith("Kaggle can't be reached safely (certificate verify failed")
        )
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
        assert sign_mnist().source.served == "Kaggle"


@pytest.mark.parametrize("fault", SECOND_TRY)
def test_a_fault_that_may_pass_gets_a_second_try(cache, kaggle, fault):
    kaggle.faults = [fault]
    assert sign_mnist().source.served == "Kaggle"


class DataCorruptionError(Exception):
    """As kagglehub names what has another checksum than Kaggle says."""


@pytest.mark.parametrize(
    ("error", "reason", "tries"),
    [
        (DataCorruptionError("MD5\n\n differs"), "by kagglehub (DataCorruptionError: MD5 differs)", 2),
        (TypeError("unexpected output_dir"), "by kagglehub (TypeError: unexpected output_dir)", 1),
        (OSError(ENOSPC, os.strerror(ENOSPC)), f"can't be written to ({os.strerror(ENOSPC)})", 1),
        (KeyboardInterrupt(), None, 1),
    ],
)
def test_what_kagglehub_raises_is_a_reason_and_leaves_no_half_file(cache, monkeypatch, error, reason, tries):
    asked = []

    def download(handle, output_dir):
        asked.append(handle)
        fill(Path(output_dir), {"half.archive": "half"})
        raise error

    monkeypatch.setattr(kagglehub, "dataset_download", download)
    if reason is None:
        with pytest.raises(KeyboardInterrupt):
            sign_mnist()
    else:
        assert sign_mnist().source.why[1].endswith(reason)
    assert len(asked) == tries
    assert list(cache.iterdir()) == []


def test_a_faulty_file_from_kaggle_is_a_reason_and_not_kept(cache, kaggle):
    kaggle.files[DOWNLOAD] = zipped({**FILES, TEST: FILES[TEST].replace("pixel3,", "pixel4,")})
    reason = sign_mnist().source.why[1]
    assert reason.startswith(f"Kaggle sent a faulty file: {TEST} in {cache}")
    assert reason.endswith("is damaged (its checksum is wrong)")
    kaggle.files[DOWNLOAD] = zipped({"other.csv": "1"})
    assert f"Kaggle sent a faulty file: {TRAIN} isn't in" in sign_mnist().source.why[1]
    assert list(cache.iterdir()) == []


@pytest.mark.parametrize("name", ["../../../out.csv", "/out.csv", "..\\out.csv"])
def test_an_archive_from_kaggle_cannot_write_elsewhere(cache, kaggle, tmp_path, name):
    kaggle.files[DOWNLOAD] = zipped({**FILES, name: "label"})
    assert sign_mnist().source.served == "Kaggle"
    assert {path.name for path in cache.iterdir()} == set(FILES)
    assert not list(tmp_path.rglob("*out.csv"))


def test_a_data_folder_that_is_a_file_is_a_reason_and_the_hands_serve_all_the_same(cache, kaggle, capsys):
    cache.parent.write_text("not a folder")
    dataset = sign_mnist()
    assert (dataset.source.kind, len(dataset)) == ("synthetic", 96)
    assert f"{cache} can't be written to (Not a directory)" in dataset.source.why
    assert "can't be written to (Not a directory): the next notebook draws the" in capsys.readouterr().out
    assert cache.parent.read_text() == "not a folder"


def test_kaggles_read_only_folder_is_copied_from_and_left_alone(cache, monkeypatch, tmp_path):
    mounted = fill(tmp_path / "mounted")
    monkeypatch.setattr(kagglehub, "dataset_download", lambda handle, output_dir: str(mounted))  # as in Colab
    assert sign_mnist().source.served == "Kaggle"
    assert {path.name for path in mounted.iterdir()} == {path.name for path in cache.iterdir()} == set(FILES)


# Synthetic hands that are kept


def test_hands_are_drawn_once_and_then_read(cache, kept, hands, capsys):
    first = sign_mnist()
    [path] = kept.iterdir()
    printed = capsys.readouterr().out
    assert f"{path.name} isn't in {kept}: drawing 96 synthetic hands, once\n" in printed
    second = sign_mnist()
    assert len(hands.asked) == 1
    assert torch.equal(first.data, second.data)
    assert torch.equal(first.targets, second.targets)
    assert second.source.kind == "synthetic"
    assert path.stat().st_mode & 0o444 == 0o444


DAMAGES = {
    "start": lambda content: b"?" + content[1:],
    "middle": lambda content: content[:99] + bytes([content[99] ^ 1]) + content[100:],
    "end": lambda content: content[:-1] + b"?",
    "half": lambda content: content[: len(content) // 2],
    "nothing": lambda content: b"",
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_named_and_drawn_again(cache, kept, hands, capsys, damage):
    whole = sign_mnist().data
    [path] = kept.iterdir()
    content = path.read_bytes()
    path.write_bytes(DAMAGES[damage](content))
    assert torch.equal(sign_mnist().data, whole)
    assert f"{path.name} in {kept} is damaged (its checksum is wrong): drawing 96" in capsys.readouterr().out
    assert len(hands.asked) == 2
    assert path.read_bytes() == content


def test_hands_of_other_code_other_signers_or_another_seed_are_not_taken(cache, monkeypatch, tmp_path):
    part = letters.TRAINING
    names = {letters._hands_file(part)}
    for change in ({"signers": range(31)}, {"seed": 7}, {"per_letter": 5}, {"word": "validation"}):
        names.add(letters._hands_file(replace(part, **change)))
    for change in ("draw = 1", "draw = 2"):
        monkeypatch.setattr(letters, "DRAWING_CODE", letters.DRAWING_CODE + change)
        names.add(letters._hands_file(part))
    assert len(names) == 1 + 4 + 2


def test_the_code_that_draws_is_all_of_it():
    """What a drawing module imports of the course is part of the key too, wherever it lies."""
    modules = ["helpers.data.hands"]
    for name in modules:
        code = inspect.getsource(sys.modules[name])
        assert code in letters.DRAWING_CODE
        modules += re.findall(r"^from (helpers\.[\w.]+) import", code, re.M)
    assert len(modules) == 2


@pytest.mark.parametrize("error", [OSError(ENOSPC, os.strerror(ENOSPC)), KeyboardInterrupt()])
def test_hands_that_cannot_be_kept_leave_no_half_file(cache, kept, monkeypatch, capsys, error):
    def broken(*args):
        raise error

    monkeypatch.setattr(downloads.os, "replace", broken)
    if isinstance(error, OSError):
        assert len(sign_mnist()) == 96
        line = (
            f"{kept} can't be written to ({os.strerror(ENOSPC)}): the next notebook draws the hands again\n"
        )
        assert line in capsys.readouterr().out
    else:
        with pytest.raises(KeyboardInterrupt):
            sign_mnist()
    assert list(kept.iterdir()) == []


@pytest.mark.skipif(sys.platform != "linux", reason="forks")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
@pytest.mark.parametrize("from_kaggle", [True, False])
def test_two_processes_can_prepare_the_same_folder_at_once(cache, kept, kaggle, monkeypatch, from_kaggle):
    both = multiprocessing.get_context("fork").Barrier(2)
    draw = letters.hands.make_hands

    def draw_with_the_other(*args):
        both.wait(timeout=10)
        return draw(*args)

    monkeypatch.setattr(letters.hands, "make_hands", draw_with_the_other)
    monkeypatch.setattr(downloads, "READ_SECONDS", 15)
    kaggle.faults = ["wait for the other" if from_kaggle else "404"] * 2
    run_in_two_processes_at_once(sign_mnist)
    assert sorted(path.name for path in cache.iterdir()) == (sorted(FILES) if from_kaggle else [])
    assert not kept.exists() if from_kaggle else len(list(kept.iterdir())) == 1
    kaggle.faults = ["404"]
    assert sign_mnist().source.kind == ("real" if from_kaggle else "synthetic")
    assert len(kaggle.asked) == (2 if from_kaggle else 3)


# COURSE_DATA=real and small mode


def test_real_data_only_names_the_data(cache, hands, monkeypatch):
    monkeypatch.setenv("COURSE_DATA", "real")
    with pytest.raises(
        DataUnavailableError,
        match="asks for the real validation images of Sign-MNIST, but no source has them",
    ):
        sign_mnist(train=False)
    assert hands.asked == []


def test_small_mode_draws_a_few_hands_without_network_cache_or_alarm(cache, kaggle, monkeypatch, capsys):
    monkeypatch.setenv("COURSE_MODE", "small")
    assert sign_mnist().targets.bincount().tolist() == [1] * 24
    assert capsys.readouterr().out == (
        "ASL letters: SYNTHETIC HANDS, not photographs: 24 training images drawn by the course, as this is "
        "small mode (licence: MIT)\n"
    )
    assert kaggle.asked == []
    assert not cache.parent.exists()


def test_small_mode_takes_the_first_of_each_letter_of_the_real_images(cache, monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_MODE", "small")
    monkeypatch.setenv("COURSE_DATA", "real")
    by_letter = sorted(rows(48))
    monkeypatch.setattr(letters, "TRAINING", replace(letters.TRAINING, checksum=checksum(csv(by_letter))))
    for folder in (None, tmp_path / "mine"):
        fill(folder or cache, {TRAIN: csv(by_letter)})
        table = sign_mnist_table(folder=folder)
        assert table.to_numpy().tolist() == by_letter[::2]
        assert table.index.tolist() == list(range(24))


# The synthetic hands as they are


def test_real_drawn_hands_fit_the_table(monkeypatch):
    monkeypatch.setenv("COURSE_MODE", "small")
    monkeypatch.setattr(letters, "VALIDATION", replace(letters.VALIDATION, per_letter_small=2))
    table = sign_mnist_table(train=False)
    assert list(table.columns) == COLUMNS
    assert table["label"].value_counts().to_dict() == dict.fromkeys(LABELS, 2)
    assert table[PIXELS].to_numpy().std() > 20


def test_what_is_asked_of_the_hands_is_what_the_lessons_say():
    training, validation = letters.TRAINING, letters.VALIDATION
    assert (24 * training.per_letter, 24 * validation.per_letter) == (9600, 2400)
    assert not set(training.signers) & set(validation.signers)
    assert len(CLASSES) == 24
