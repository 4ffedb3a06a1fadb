"""No test here uses the network: kagglehub is a fake, and hands are mostly grey squares of its own kind."""

import inspect
import io
import multiprocessing
import os
import re
import sys
import types
from dataclasses import replace
from errno import EACCES, ENOSPC
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import requests
import torch
from mirror import serving

from helpers import data_source, sign_mnist, sign_mnist_table
from helpers.data import downloads, sources
from helpers.data import letters as sign_language
from helpers.data.letters import CLASSES, COLUMNS, LABELS, PIXELS, read_sign_csv
from helpers.data.sources import DataUnavailableError

TRAIN, TEST = "sign_mnist_train.csv", "sign_mnist_test.csv"
ROWS = {TRAIN: 48, TEST: 24}


def rows(n: int, seed: int = 0) -> list[list[int]]:
    """Return n rows of noise, the letters in turn: a label, then 784 pixels."""
    pixels = np.random.default_rng(seed).integers(0, 256, (n, 784)).tolist()
    return [[LABELS[i % 24], *row] for i, row in enumerate(pixels)]


def csv(lines: list[list[object]], header: list[str] = COLUMNS) -> str:
    return "".join(",".join(map(str, line)) + "\n" for line in [header, *lines])


FILES = {name: csv(rows(n, seed=n)) for name, n in ROWS.items()}


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


class Kaggle(types.ModuleType):
    """Stand in for kagglehub: "unpacks" its files, or raises what it is told to."""

    def __init__(self) -> None:
        super().__init__("kagglehub")
        self.files, self.faults, self.asked = dict(FILES), [], []

    def dataset_download(self, handle, path=None, *, force_download=False, output_dir=None):
        self.asked.append(handle)
        folder = Path(output_dir)
        assert not folder.exists()
        fill(folder, {"half.archive": "half"})
        fault = self.faults.pop(0) if self.faults else None
        if isinstance(fault, BaseException):
            raise fault
        if fault:
            fault()
        return str(fill(folder, self.files))


@pytest.fixture
def hands(monkeypatch) -> Hands:
    fake = Hands()
    monkeypatch.setattr(sign_language.hands, "make_hands", fake)
    return fake


@pytest.fixture
def kaggle(monkeypatch) -> Kaggle:
    """Return a Kaggle that can't be reached until its faults are cleared."""
    fake = Kaggle()
    fake.faults = [requests.ConnectionError("no route")] * 9
    monkeypatch.setitem(sys.modules, "kagglehub", fake)
    return fake


@pytest.fixture
def cache(monkeypatch, tmp_path, hands, kaggle) -> Path:
    """Return the cache folder, empty, in full mode as a learner has it; Sign-MNIST's files are tiny."""
    monkeypatch.setenv("COURSE_MODE", "full")
    monkeypatch.delenv("COURSE_DATA", raising=False)
    monkeypatch.setenv("COURSE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setattr(sources, "_served", {})
    for name, file in [("TRAINING", TRAIN), ("VALIDATION", TEST)]:
        part = replace(getattr(sign_language, name), rows=ROWS[file], per_letter=4, per_letter_small=1)
        monkeypatch.setattr(sign_language, name, part)
    return tmp_path / "data" / "sign-mnist"


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


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.rstrip("\n"),
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text + "\n\n",
        lambda text: "\ufeff" + text,
        lambda text: text.replace("label", '"label"'),
        lambda text: text.replace(",", '","').replace("\n", '"\n"')[:-1].replace("label", '"label'),
        lambda text: text.replace(",", ", "),
    ],
    ids=["no newline at the end", "Windows", "empty lines at the end", "BOM", "a quote", "quotes", "spaces"],
)
def test_what_other_programs_make_of_the_same_csv_is_read(tmp_path, change):
    assert read(change(csv(rows(5))), tmp_path).to_numpy().tolist() == rows(5)


def test_one_row_is_enough(tmp_path):
    assert read(csv(rows(1)), tmp_path).shape == (1, 785)


FAULTS = {
    "a pixel too bright": (
        changed(2, "pixel12", 256),
        "line 4, column pixel12: found '256'; expected a whole number from 0 to 255",
    ),
    "a pixel below 0": (
        changed(0, "pixel1", -1),
        "line 2, column pixel1: found '-1'; expected a whole number from 0 to 255",
    ),
    "a pixel with a fraction": (
        changed(1, "pixel784", 12.5),
        "line 3, column pixel784: found '12.5'; expected a whole number from 0 to 255",
    ),
    "a word": (changed(3, "pixel7", "grey"), "line 5, column pixel7: found 'grey'; expected a whole number"),
    "a missing pixel": (
        changed(3, "pixel300", ""),
        "line 5, column pixel300: found nothing; expected a whole number from 0 to 255",
    ),
    "NaN": (changed(3, "pixel300", "nan"), "line 5, column pixel300: found 'nan'; expected a whole number"),
    "a long text": (changed(0, "pixel2", "x" * 99), f"column pixel2: found '{'x' * 37}...'; expected"),
    "the label of J": (
        changed(1, "label", 9),
        "line 3, column label: found '9'; expected a label from 0 to 24 without 9 (J is signed by moving the "
        "hand)",
    ),
    "the label of Z": (
        changed(1, "label", 25),
        "line 3, column label: found '25'; expected a label from 0 to 24 without 9 (Z is signed by moving "
        "the hand)",
    ),
    "a letter": (
        changed(1, "label", "B"),
        "line 3, column label: found 'B'; expected a label from 0 to 24 without 9",
    ),
    "a missing label": (changed(1, "label", ""), "line 3, column label: found nothing; expected a label"),
    "the first fault of two": (
        changed(1, "pixel500", 999).replace("\n", "\n\n", 1),
        "line 4, column pixel500: found '999'",  # an empty line counts as a line
    ),
    "a row too short": (
        csv([*rows(2), rows(1)[0][:600]]),
        "line 4, column pixel600: the line ends before it, after 600 values; expected 785 "
        "(is the file cut off?)",
    ),
    "a row too long": (
        csv([*rows(2), [*rows(1)[0], 7]]),
        "line 4, after column pixel784: found 786 values in the line; expected 785",
    ),
    "all rows too long": (
        csv([[*row, 7] for row in rows(2)]),
        "line 2, after column pixel784: found 786 values in the line; expected 785",
    ),
    "all rows too short": (
        csv([row[:-1] for row in rows(2)]),
        "line 2, column pixel784: the line ends before it, after 784 values; expected 785 "
        "(is the file cut off?)",
    ),
    "zeros where the disk was not written": (
        csv(rows(2)) + "\0" * 50,
        "line 4, column label: found '" + r"\x00" * 9,
    ),
    "two columns swapped": (
        csv(rows(2), ["label", "pixel2", "pixel1", *PIXELS[2:]]),
        "line 1, column number 2: found 'pixel2'; expected 'pixel1' (the header is "
        "label,pixel1,...,pixel784)",
    ),
    "no header": (
        "".join(csv(rows(2)).splitlines(keepends=True)[1:]),
        "line 1, column number 1: found '0'; expected 'label'",
    ),
    "a column missing": (
        csv([row[:-1] for row in rows(2)], COLUMNS[:-1]),
        "line 1, column number 785: found nothing; expected 'pixel784'",
    ),
    "a column too many": (
        csv([[*row, 7] for row in rows(2)], [*COLUMNS, "note"]),
        "line 1, column number 786: found 'note'; expected no further column",
    ),
    "an index from pandas": (
        csv(rows(1), ["", *COLUMNS]),
        "line 1, column number 1: found ''; expected 'label'",
    ),
    "semicolons": (
        csv(rows(1)).replace(",", ";"),
        "line 1, column number 1: found 'label;pixel1;pixel2;pixel3;pixel4;pix...'; expected 'label'",
    ),
    "a web page": ("<html>Log in to Kaggle</html>", "line 1, column number 1: found '<html>Log in to Kaggle"),
    "a remark": (csv(rows(1)) + "# by hand\n", "line 3, column label: found '# by hand'; expected a label"),
    "a header alone": (csv([]), "line 2: expected rows of 785 whole numbers between commas"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_named_with_file_line_and_column(tmp_path, fault):
    text, message = FAULTS[fault]
    with pytest.raises(DataUnavailableError) as raised:
        read(text, tmp_path)
    assert str(raised.value).startswith(f"{TRAIN} in {tmp_path}, ")
    assert message in str(raised.value)


def test_an_empty_an_absent_and_an_unreadable_file_are_named(tmp_path):
    with pytest.raises(DataUnavailableError, match=f"{TRAIN} in .* is empty; expected a header and rows"):
        read("", tmp_path)
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
        assert [dataset.classes[target] for target in dataset.targets] == [
            chr(ord("A") + label) for label in table["label"]
        ]


def test_classes_are_the_letters_that_stand_still_and_targets_their_places(cache):
    dataset = sign_mnist()
    assert dataset.classes == [chr(ord("A") + n) for n in range(25) if n != 9]
    assert dataset.targets.unique().tolist() == list(range(24))
    assert dataset.class_to_idx["K"] == 9
    assert dataset.targets.dtype == torch.int64


def test_a_transform_gets_the_pil_image(cache):
    assert sign_mnist(transform=lambda image: (image.mode, image.size))[0] == (("L", (28, 28)), 0)


def test_a_single_image_is_a_data_set_that_may_be_changed(cache, tmp_path):
    dataset = sign_mnist(folder=fill(tmp_path / "mine", {TRAIN: csv(rows(1))}))
    assert dataset.data.zero_().shape == (1, 28, 28)


# A folder of one's own


def test_a_folder_is_asked_alone_and_one_line_says_so(cache, kaggle, hands, tmp_path, capsys):
    folder = fill(tmp_path / "mine", {TRAIN: csv(rows(3))})  # as many rows as one likes
    dataset = sign_mnist(folder=folder)
    assert dataset.source.kind == "real"
    assert capsys.readouterr().out == (
        f"ASL letters: 3 real training images from the folder {folder}; rows that repeat an earlier one: 0 "
        "(CC0 1.0 licence)\n"
    )
    assert data_source() == {"ASL letters training": dataset.source}
    with pytest.raises(DataUnavailableError, match=f"^{TEST} isn't in {folder}$"):
        sign_mnist(train=False, folder=folder)
    assert kaggle.asked == hands.asked == []


def test_a_fault_in_a_folder_is_raised(cache, tmp_path):
    folder = fill(tmp_path / "mine", {TRAIN: changed(0, "pixel5", 300)})
    with pytest.raises(
        DataUnavailableError, match=f"^{TRAIN} in {folder}, line 2, column pixel5: found '300'"
    ):
        sign_mnist_table(folder=folder)
    with pytest.raises(DataUnavailableError, match=f"^{TRAIN} isn't in nowhere$"):
        sign_mnist_table(folder="nowhere")


def test_a_folder_as_kaggles_archive_unpacks_it_will_do(cache, tmp_path):
    folder = fill(tmp_path / "mine", {f"{name.removesuffix('.csv')}/{name}": FILES[name] for name in FILES})
    assert len(sign_mnist_table(folder=folder)) == 48
    assert len(sign_mnist_table(train=False, folder=folder)) == 24


def test_a_folder_may_start_with_a_tilde(cache, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    fill(tmp_path / "mine")
    assert len(sign_mnist_table(folder="~/mine")) == 48


def test_rows_that_repeat_earlier_ones_are_counted(cache, tmp_path, capsys):
    one, two, three = rows(3)
    other_label = [5, *one[1:]]  # the same image under another label is no repetition
    folder = fill(tmp_path / "mine", {TRAIN: csv([one, two, one, three, other_label, one, two])})
    sign_mnist_table(folder=folder)
    assert "; rows that repeat an earlier one: 3 " in capsys.readouterr().out


# Which source serves


def test_the_cache_serves_first(cache, kaggle, hands, capsys):
    fill(cache)
    assert sign_mnist().source.kind == "real"
    assert "ASL letters: 48 real training images from the course's cache; rows" in capsys.readouterr().out
    assert kaggle.asked == hands.asked == []


def test_kaggle_serves_second_and_fills_the_cache_with_both_files(cache, kaggle, hands, capsys):
    kaggle.faults = []
    kaggle.files = {f"{name.removesuffix('.csv')}/{name}": FILES[name] for name in FILES}
    dataset = sign_mnist()
    assert (dataset.source.served, dataset.source.kind, len(dataset)) == ("Kaggle", "real", 48)
    text = capsys.readouterr().out
    assert f"Sign-MNIST isn't whole in {cache}: fetching it from Kaggle (about 66 MB)" in text
    assert f"from Kaggle, as {TRAIN} isn't in {cache}; rows" in text
    assert {path.name: path.read_text() for path in cache.iterdir()} == FILES
    assert sign_mnist(train=False).source.served == "the course's cache"
    assert kaggle.asked == ["datamunge/sign-language-mnist/versions/1"]
    assert hands.asked == []


def test_a_damaged_file_in_the_cache_is_named_and_fetched_again(cache, kaggle, capsys):
    fill(cache, {TRAIN: FILES[TRAIN][:-1500], TEST: FILES[TEST]})
    kaggle.faults = []
    assert sign_mnist().source.served == "Kaggle"
    assert f"as {TRAIN} in {cache}, line 49, column pixel" in capsys.readouterr().out
    assert (cache / TRAIN).read_text() == FILES[TRAIN]


def test_a_file_in_the_cache_that_lacks_rows_is_not_taken_for_sign_mnist(cache):
    half = "".join(FILES[TRAIN].splitlines(keepends=True)[:31])
    fill(cache, {TRAIN: half})
    source = sign_mnist().source
    assert source.kind == "synthetic"
    assert source.why[0] == f"{TRAIN} in {cache} has 30 rows; Sign-MNIST's file has 48"
    assert (cache / TRAIN).read_text() == half


def test_synthetic_hands_serve_last_and_say_so_in_capitals_with_reasons_and_ways_out(cache, hands, capsys):
    source = sign_mnist().source
    assert (source.kind, source.licence) == ("synthetic", "MIT")
    assert source.why == (f"{TRAIN} isn't in {cache}", "Kaggle can't be reached (is this computer online?)")
    text = capsys.readouterr().out
    for part in (
        "ASL letters: SYNTHETIC HANDS, not photographs: 96 training images drawn by the course, of 40 "
        "invented signers (MIT licence).\n",
        "no figure reached on them is a figure of Sign-MNIST",
        f"  - {TRAIN} isn't in {cache}\n",
        "  - Kaggle can't be reached (is this computer online?)\n",
        "kagglehub.login()",
        f"put {TRAIN} and {TEST} into {cache}",
        "sign_mnist(folder=...)",
        "COURSE_DATA_DIR",
    ):
        assert part in text


def test_synthetic_tables_look_like_the_real_ones(cache, tmp_path):
    synthetic, real = sign_mnist_table(), sign_mnist_table(folder=fill(tmp_path / "mine"))
    assert data_source()["ASL letters training"].kind == "real"  # the last one counts
    assert (synthetic.dtypes == real.dtypes).all()
    assert synthetic["label"].value_counts().to_dict() == dict.fromkeys(LABELS, 4)


def test_training_and_validation_ask_for_other_signers_and_seeds(cache, hands):
    sign_mnist(train=True)
    sign_mnist(train=False)
    (_, training, seed), (_, validation, other_seed) = hands.asked
    assert not set(training) & set(validation)
    assert seed != other_seed


# Kaggle's faults


def kaggle_reason(train: bool = True) -> str:
    return sign_mnist(train).source.why[1]


def http_error(status: int, reason: str) -> requests.HTTPError:
    response = requests.Response()
    response.status_code, response.reason = status, reason
    return requests.HTTPError("no", response=response)


class DataCorruptionError(Exception):
    """As kagglehub names what has another checksum than Kaggle says."""


PASSING = {
    "half": (requests.exceptions.ChunkedEncodingError(), "Kaggle broke off in the middle of the file"),
    "silence": (requests.ConnectionError("Read timed out."), "Kaggle was silent for 15 seconds"),
    "checksum": (
        DataCorruptionError("MD5\n\n differs"),
        "kagglehub failed (DataCorruptionError: MD5 differs)",
    ),
}
STAYING = {
    "no network": (requests.ConnectionError("x"), "Kaggle can't be reached (is this computer online?)"),
    "log in": (http_error(403, "Forbidden"), "Kaggle answered 403 Forbidden"),
    "gone": (http_error(404, "Not Found"), "Kaggle answered 404 Not Found"),
    "no archive": (
        ValueError("Unsupported archive type."),
        "kagglehub failed (ValueError: Unsupported archive type.)",
    ),
    "old kagglehub": (
        TypeError("unexpected output_dir"),
        "kagglehub failed (TypeError: unexpected output_dir)",
    ),
}


@pytest.mark.parametrize("fault", PASSING)
def test_a_fault_that_may_pass_gets_a_second_try(cache, kaggle, capsys, fault):
    error, reason = PASSING[fault]
    kaggle.faults = [error]
    assert sign_mnist().source.served == "Kaggle"
    assert f"{reason}: fetching it from Kaggle" in capsys.readouterr().out


@pytest.mark.parametrize("fault", [*PASSING, *STAYING])
def test_a_fault_that_stays_is_a_reason_and_leaves_nothing(cache, kaggle, fault):
    error, reason = {**PASSING, **STAYING}[fault]
    kaggle.faults = [error] * 9
    assert kaggle_reason() == reason
    assert len(kaggle.asked) == (2 if fault in PASSING else 1)
    assert list(cache.iterdir()) == []


def test_a_request_without_a_time_out_gets_one(cache, kaggle, monkeypatch):
    monkeypatch.setattr(downloads, "READ_SECONDS", 0.1)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    send = requests.adapters.HTTPAdapter.send
    with serving({"x": b"x" * 1000}) as server:
        kaggle.faults = [lambda: requests.get(server.url + "x").content] * 2  # as kagglehub asks: no timeout=
        server.faults = ["silent", "stall"]
        assert kaggle_reason() == "Kaggle was silent for 0.1 seconds"
        assert server.asked == ["x", "x"]
    assert requests.adapters.HTTPAdapter.send is send


def test_a_faulty_file_from_kaggle_is_a_reason_and_not_kept(cache, kaggle):
    kaggle.faults, kaggle.files = [], {TRAIN: FILES[TRAIN].replace("pixel3,", "pixel4,"), TEST: FILES[TEST]}
    reason = kaggle_reason()
    assert reason.startswith(f"Kaggle sent a faulty file: {TRAIN} in {cache}")
    assert "line 1, column number 4: found 'pixel4'; expected 'pixel3'" in reason
    assert list(cache.iterdir()) == []


def test_an_archive_without_the_file_is_a_reason(cache, kaggle):
    kaggle.faults, kaggle.files = [], {"other.csv": "1"}
    assert f"Kaggle sent a faulty file: {TRAIN} isn't in" in kaggle_reason()


def test_kagglehub_need_not_be_installed(cache, monkeypatch):
    monkeypatch.setitem(sys.modules, "kagglehub", None)
    assert kaggle_reason().startswith("Kaggle can't be asked without kagglehub (")


def test_a_full_disk_is_a_reason_and_leaves_no_half_file(cache, kaggle):
    kaggle.faults = [OSError(ENOSPC, os.strerror(ENOSPC))]
    assert kaggle_reason() == f"{cache} can't be written to ({os.strerror(ENOSPC)})"
    assert list(cache.iterdir()) == []


def test_a_data_folder_that_is_a_file_is_a_reason_and_the_hands_serve_all_the_same(cache, kaggle, capsys):
    cache.parent.write_text("not a folder")
    dataset = sign_mnist()
    assert (dataset.source.kind, len(dataset)) == ("synthetic", 96)
    assert f"{cache} can't be written to (Not a directory)" in dataset.source.why
    assert "The hands can't be kept in" in capsys.readouterr().out
    assert cache.parent.read_text() == "not a folder"


def test_ctrl_c_stops_and_leaves_no_half_file(cache, kaggle):
    kaggle.faults = [KeyboardInterrupt()]
    with pytest.raises(KeyboardInterrupt):
        sign_mnist()
    assert list(cache.iterdir()) == []


def test_kaggles_read_only_folder_is_copied_from_and_left_alone(cache, kaggle, monkeypatch, tmp_path):
    mounted = fill(tmp_path / "mounted")
    monkeypatch.setattr(kaggle, "dataset_download", lambda handle, output_dir: str(mounted))  # as in Colab
    assert sign_mnist().source.served == "Kaggle"
    assert (mounted / TRAIN).exists()
    assert (cache / TRAIN).read_text() == FILES[TRAIN]


# Synthetic hands that are kept


def test_hands_are_drawn_once_and_then_read(cache, kept, hands, capsys):
    first = sign_mnist()
    assert "drawing 96 synthetic hands" in capsys.readouterr().out
    second = sign_mnist()
    assert len(hands.asked) == 1
    assert "drawing" not in capsys.readouterr().out
    assert torch.equal(first.data, second.data)
    assert torch.equal(first.targets, second.targets)
    assert second.source.kind == "synthetic"
    [path] = kept.iterdir()
    assert path.stat().st_mode & 0o444 == 0o444


@pytest.mark.parametrize("part", ["start", "middle", "end", "half", "nothing"])
def test_a_damaged_file_is_named_and_drawn_anew(cache, kept, hands, capsys, part):
    whole = sign_mnist().data
    [path] = kept.iterdir()
    content = path.read_bytes()
    if part in ("half", "nothing"):
        damaged = content[: len(content) // 2] if part == "half" else b""
    else:
        place = {"start": 0, "middle": len(content) // 2, "end": len(content) - 1}[part]
        damaged = content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]
    path.write_bytes(damaged)
    assert torch.equal(sign_mnist().data, whole)
    assert f"{path.name} in {kept} is damaged (its checksum is wrong): drawing 96" in capsys.readouterr().out
    assert len(hands.asked) == 2
    assert path.read_bytes() == content


def test_hands_of_other_code_other_signers_or_another_seed_are_not_taken(cache, monkeypatch, tmp_path):
    part = sign_language.TRAINING
    names = {sign_language._hands_file(part)}
    for change in ({"signers": range(31)}, {"seed": 7}, {"per_letter": 5}, {"word": "validation"}):
        names.add(sign_language._hands_file(replace(part, **change)))
    for change in ("draw = 1", "draw = 2"):
        monkeypatch.setattr(sign_language, "DRAWING_CODE", sign_language.DRAWING_CODE + change)
        names.add(sign_language._hands_file(part))
    assert len(names) == 1 + 4 + 2


def test_the_code_that_draws_is_all_of_it():
    """What a drawing module imports of the course is part of the key too, wherever it lies."""
    modules = ["helpers.data.hands"]
    for name in modules:
        code = inspect.getsource(sys.modules[name])
        assert code in sign_language.DRAWING_CODE
        modules += re.findall(r"^from (helpers\.[\w.]+) import", code, re.M)
    assert len(modules) == 2


@pytest.mark.parametrize("number", [ENOSPC, EACCES])
def test_where_they_cannot_be_kept_the_hands_serve_and_a_line_says_so(
    cache, kept, monkeypatch, capsys, number
):
    class Full(io.BytesIO):
        name = str(kept / "temporary")

        def write(self, content):
            Path(self.name).write_bytes(content[:10])
            raise OSError(number, os.strerror(number))

    monkeypatch.setattr(sign_language, "NamedTemporaryFile", lambda **kwargs: Full())
    assert len(sign_mnist()) == 96
    line = f"The hands can't be kept in {kept} ({os.strerror(number)}): the next notebook draws them again\n"
    assert line in capsys.readouterr().out
    assert list(kept.iterdir()) == []


def test_ctrl_c_while_hands_are_kept_leaves_no_half_file(cache, kept, monkeypatch):
    def interrupted(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(sign_language.os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        sign_mnist()
    assert list(kept.iterdir()) == []


def test_a_file_that_cannot_be_read_is_a_reason_to_draw(cache, kept, capsys):
    path = sign_language._hands_file(sign_language.TRAINING)
    path.mkdir(parents=True)
    assert len(sign_mnist()) == 96
    text = capsys.readouterr().out
    assert f"{path} can't be read (Is a directory): drawing 96" in text
    assert "The hands can't be kept" in text


def prepare_and_report(results) -> None:
    results.put(sign_mnist().data.sum().item())


@pytest.mark.skipif(sys.platform != "linux", reason="forks, so that the other process has the same fakes")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
@pytest.mark.parametrize("from_kaggle", [True, False])
def test_two_processes_can_prepare_the_same_folder_at_once(cache, kept, kaggle, monkeypatch, from_kaggle):
    fork = multiprocessing.get_context("fork")
    both = fork.Barrier(2)
    draw = sign_language.hands.make_hands

    def draw_with_the_other(*args):
        both.wait(timeout=10)
        return draw(*args)

    monkeypatch.setattr(sign_language.hands, "make_hands", draw_with_the_other)
    if from_kaggle:
        kaggle.faults = [lambda: both.wait(timeout=10)]
    results = fork.SimpleQueue()
    processes = [fork.Process(target=prepare_and_report, args=[results]) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(timeout=20)
    assert [process.exitcode for process in processes] == [0, 0]
    assert results.get() == results.get() == sign_mnist().data.sum().item()
    results.close()
    assert sorted(path.name for path in cache.iterdir()) == (sorted(FILES) if from_kaggle else [])
    assert not kept.exists() if from_kaggle else len(list(kept.iterdir())) == 1


# COURSE_DATA=real and small mode


def test_real_data_only_forbids_synthetic_hands_and_says_what_was_tried_and_what_to_do(
    cache, hands, kaggle, monkeypatch
):
    monkeypatch.setenv("COURSE_DATA", "real")
    with pytest.raises(DataUnavailableError) as raised:
        sign_mnist(train=False)
    for part in (
        "COURSE_DATA=real asks for the real validation images of Sign-MNIST, but no source has them:\n",
        f"  - {TEST} isn't in {cache}\n",
        "  - Kaggle can't be reached (is this computer online?)\n",
        "kagglehub.login()",
        f"put {TRAIN} and {TEST} into {cache}",
        "unset COURSE_DATA",
    ):
        assert part in str(raised.value)
    assert hands.asked == []
    assert data_source() == {}


def test_small_mode_draws_a_few_hands_without_network_cache_or_alarm(
    cache, kaggle, hands, monkeypatch, capsys
):
    monkeypatch.setenv("COURSE_MODE", "small")
    fill(cache)
    dataset = sign_mnist()
    assert dataset.targets.bincount().tolist() == [1] * 24
    assert capsys.readouterr().out == (
        "ASL letters: SYNTHETIC HANDS, not photographs: 24 training images drawn by the course, as this is "
        "small mode (MIT licence)\n"
    )
    assert kaggle.asked == []
    assert {path.name for path in cache.parent.iterdir()} == {"sign-mnist"}


def test_small_mode_with_real_data_only_takes_the_first_of_each_letter(cache, kaggle, monkeypatch, capsys):
    monkeypatch.setenv("COURSE_MODE", "small")
    monkeypatch.setenv("COURSE_DATA", "real")
    with pytest.raises(DataUnavailableError, match="Kaggle was not asked: small mode uses no network"):
        sign_mnist()
    by_letter = sorted(rows(48))
    fill(cache, {TRAIN: csv(by_letter)})
    table = sign_mnist_table()
    assert table.to_numpy().tolist() == by_letter[::2]
    assert table.index.tolist() == list(range(24))
    assert "24 real training images from the course's cache; rows" in capsys.readouterr().out
    assert kaggle.asked == []


def test_small_mode_takes_the_first_of_each_letter_from_a_folder_too(cache, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("COURSE_MODE", "small")
    assert len(sign_mnist(folder=fill(tmp_path / "mine"))) == 24
    assert "; only 1 of a letter, as this is small mode (" in capsys.readouterr().out


# The synthetic hands as they are


def test_real_drawn_hands_fit_the_table(monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_MODE", "small")
    monkeypatch.delenv("COURSE_DATA", raising=False)
    monkeypatch.setattr(sources, "_served", {})
    monkeypatch.setattr(sign_language, "VALIDATION", replace(sign_language.VALIDATION, per_letter_small=2))
    table = sign_mnist_table(train=False)
    assert list(table.columns) == COLUMNS
    assert table["label"].value_counts().to_dict() == dict.fromkeys(LABELS, 2)
    assert table[PIXELS].to_numpy().std() > 20


def test_what_is_asked_of_the_hands_is_what_the_lessons_say():
    training, validation = sign_language.TRAINING, sign_language.VALIDATION
    assert (24 * training.per_letter, 24 * validation.per_letter) == (9600, 2400)
    assert not set(training.signers) & set(validation.signers)
    assert (training.rows, validation.rows) == (27_455, 7_172)
    assert len(CLASSES) == 24
