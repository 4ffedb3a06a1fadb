"""Files that are there in full or not at all, and that run nothing when read."""

import errno
import os
import subprocess
import sys
from pathlib import Path
from unittest.mock import Mock
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
import torch
from torch import nn

from helpers.apps.checkpoints import load_plain, save_whole

CONTENT = {"step": 7, "losses": [0.5, 0.25], "weights": {"w": torch.arange(3.0)}}


@pytest.fixture
def path(tmp_path):
    save_whole(CONTENT, tmp_path / "run" / "checkpoint.pt")
    return tmp_path / "run" / "checkpoint.pt"


def test_what_was_saved_is_loaded(path):
    found = load_plain(path)
    assert (found["step"], found["losses"]) == (7, [0.5, 0.25])
    assert torch.equal(found["weights"]["w"], torch.arange(3.0))


def test_others_can_read_the_file_and_no_other_file_is_left(path):
    assert list(path.parent.iterdir()) == [path]
    if os.name == "posix":
        plain = path.with_name("plain")
        plain.touch()
        assert path.stat().st_mode == plain.stat().st_mode


@pytest.mark.parametrize("fails", [(torch, "save"), (os, "fsync"), (os, "replace")])
def test_an_interrupt_loses_nothing(path, monkeypatch, fails):
    old = path.read_bytes()
    monkeypatch.setattr(*fails, Mock(side_effect=KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        save_whole({"step": 8}, path)
    assert path.read_bytes() == old
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EROFS])
@pytest.mark.parametrize("fails", [(Path, "mkdir"), (Path, "open"), (os, "fsync"), (os, "replace")])
def test_a_disk_that_is_full_or_read_only_keeps_the_old_file_and_gets_a_sentence(
    path, monkeypatch, fails, error
):
    old, why = path.read_bytes(), os.strerror(error)
    with monkeypatch.context() as patch:
        patch.setattr(*fails, Mock(side_effect=OSError(error, why)))
        with pytest.raises(
            OSError, match=rf"checkpoint\.pt can't be saved: {why}\. .* kept\. Make room, or save elsewhere"
        ):
            save_whole({"step": 8}, path)
    assert path.read_bytes() == old
    assert list(path.parent.iterdir()) == [path]


def save_twice(folder: Path, values: int) -> None:
    """Save a small file, and then a larger one over it, for which there is no room."""
    path = folder / "run" / "checkpoint.pt"
    save_whole(CONTENT, path)
    old = path.read_bytes()
    with pytest.raises(
        OSError, match=r"checkpoint\.pt can't be saved: .* kept\. Make room, or save"
    ) as caught:
        save_whole({"weights": torch.rand(values)}, path)
    assert caught.value.__cause__.errno == errno.EFBIG
    assert path.read_bytes() == old
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such limit")
def test_a_limit_on_the_size_of_files_keeps_the_old_one(tmp_path):
    code = f"""
import resource
from pathlib import Path
from test_checkpoints import save_twice
for limit in (4_000, 100_000, 799_000):
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    save_twice(Path({str(tmp_path)!r}), values=200_000)
"""
    here = Path(__file__).parent
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, (here, here.parent)))}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)


def test_a_file_in_place_of_the_folder_is_named(tmp_path):
    (tmp_path / "models").write_text("mine")
    for path in (tmp_path / "models" / "09_asl.pth", tmp_path / "models" / "a" / "b" / "09_asl.pth"):
        with pytest.raises(
            OSError, match=r"09_asl\.pth can't be saved: .*models is a file; expected a folder"
        ):
            save_whole(CONTENT, path)
    assert (tmp_path / "models").read_text() == "mine"


def test_a_folder_in_place_of_the_file_is_named(tmp_path):
    (tmp_path / "09_asl.pth").mkdir()
    with pytest.raises(OSError, match=r"09_asl\.pth can't be saved: Is a directory"):
        save_whole(CONTENT, tmp_path / "09_asl.pth")
    assert [path.name for path in tmp_path.iterdir()] == ["09_asl.pth"]


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no file .*checkpoint\.pt"):
        load_plain(tmp_path / "checkpoint.pt")


def test_a_file_that_cannot_be_opened_is_not_called_damaged(path, monkeypatch):
    monkeypatch.setattr(Path, "open", Mock(side_effect=PermissionError(errno.EACCES, "Permission denied")))
    with pytest.raises(PermissionError, match="Permission denied"):
        load_plain(path)


CUT_OFF_AT = [slice(kept) for kept in (0, 1, 10, 100, 600, -1)]
SOMETHING_ELSE = [b"hello\n" * 50, b"\x80\x02}q\x00.", b"PK\x03\x04" + bytes(300)]


@pytest.mark.parametrize("found", [*CUT_OFF_AT, *SOMETHING_ELSE])
def test_a_file_that_was_cut_off_or_is_something_else_is_refused(path, found):
    path.write_bytes(path.read_bytes()[found] if isinstance(found, slice) else found)
    with pytest.raises(ValueError, match=r"checkpoint\.pt (can't be read|is damaged)"):
        load_plain(path)


def test_a_compressed_file_that_could_fill_the_memory_is_refused_before_it_is_read(
    path, tmp_path, monkeypatch
):
    bomb = tmp_path / "bomb.pth"
    with ZipFile(path) as parts, ZipFile(bomb, "w", ZIP_DEFLATED) as compressed:
        for name in parts.namelist():
            compressed.writestr(name, parts.read(name))
    monkeypatch.setattr(torch, "load", lambda *_, **__: pytest.fail("it was read"))
    with pytest.raises(ValueError, match=r"bomb\.pth can't be read"):
        load_plain(bomb)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (nn.Linear(1, 1), "more than tensors and plain values"),  # reading a whole model could run code
        ([1, 2], "holds a list; expected a dict"),
    ],
)
def test_a_whole_model_and_what_is_no_dict_are_refused(path, content, message):
    torch.save(content, path)
    with pytest.raises(ValueError, match=message) as caught:
        load_plain(path)
    assert "weights_only=False" not in str(caught.value)
