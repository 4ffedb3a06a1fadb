"""Files that are there in full or not at all, and that run nothing when read."""

import errno
import os
import stat
from pathlib import Path
from unittest.mock import Mock

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
        assert stat.S_IMODE(path.stat().st_mode) == 0o644


@pytest.mark.parametrize("fails", [(torch, "save"), (os, "fsync"), (os, "replace")])
@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            OSError(errno.ENOSPC, "No space left on device"),
            "checkpoint.pt can't be saved: No space left.* kept",
        ),
        (KeyboardInterrupt("Ctrl-C"), "Ctrl-C"),
    ],
)
def test_a_full_disk_and_an_interrupt_lose_nothing(path, monkeypatch, fails, error, said):
    old = path.read_bytes()
    monkeypatch.setattr(*fails, Mock(side_effect=error))
    with pytest.raises(type(error), match=said):
        save_whole({"step": 8}, path)
    assert path.read_bytes() == old
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full, a file of Linux that is full")
def test_torch_itself_says_that_a_disk_is_full_when_it_is_given_an_open_file():
    with open("/dev/full", "wb", buffering=0) as file, pytest.raises(OSError, match="No space left"):
        torch.save({"weights": torch.zeros(100_000)}, file)


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
