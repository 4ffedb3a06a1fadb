"""Files alone; how a data set goes on to its next source is in test_datasets.py, with faults of a mirror."""

import hashlib

import pytest
from mirror import serving

from helpers.data import downloads
from helpers.data.downloads import (
    LargeFile,
    RemoteFile,
    fetch_and_find,
    fetch_and_read,
    find_verified,
    read_verified,
)
from helpers.data.sources import DataUnavailableError

CONTENT = b"weights, or images"
MD5 = hashlib.md5(CONTENT).hexdigest()


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def test_a_file_with_the_right_checksum_is_read(tmp_path):
    (tmp_path / "file").write_bytes(CONTENT)
    assert read_verified(tmp_path / "file", MD5) == CONTENT


def test_a_file_may_be_restored_before_it_is_checked(tmp_path):
    (tmp_path / "file").write_bytes(CONTENT[1:])
    assert read_verified(tmp_path / "file", MD5, lambda content: b"w" + content) == CONTENT


@pytest.mark.parametrize(
    ("prepare", "reason"),
    [
        (lambda path: None, "file isn't in "),
        (lambda path: path.write_bytes(CONTENT[:-1]), r"is damaged \(its checksum is wrong\)"),
        (lambda path: path.mkdir(), "can't be read \\(Is a directory\\)"),
    ],
)
def test_a_file_that_cannot_serve_says_why(tmp_path, prepare, reason):
    prepare(tmp_path / "file")
    with pytest.raises(DataUnavailableError, match=reason):
        read_verified(tmp_path / "file", MD5)


def test_a_file_is_fetched_once_and_then_read_from_disk(tmp_path):
    with serving({"file": CONTENT}) as server:
        file = RemoteFile("file", MD5, [server.url])
        assert fetch_and_read(file, tmp_path) == CONTENT
        assert fetch_and_read(file, tmp_path) == CONTENT
        assert server.asked == ["file"]
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_damaged_file_is_named_and_fetched_again(tmp_path, capsys):
    (tmp_path / "file").write_bytes(b"half")
    with serving({"file": CONTENT}) as server:
        assert fetch_and_read(RemoteFile("file", MD5, [server.url]), tmp_path) == CONTENT
    assert f"file in {tmp_path} is damaged (its checksum is wrong): fetching it" in capsys.readouterr().out


def test_without_a_mirror_the_reason_is_that_there_was_none(tmp_path):
    with pytest.raises(DataUnavailableError):
        fetch_and_read(RemoteFile("file", MD5, []), tmp_path)


# Large files, which are checked where they lie

SHA256 = hashlib.sha256(CONTENT).hexdigest()


def large(mirrors: list[str], checksum: str = SHA256[:8]) -> LargeFile:
    return LargeFile("file", "sha256", checksum, 528, mirrors)


def test_the_beginning_of_a_checksum_is_enough(tmp_path):
    (tmp_path / "file").write_bytes(CONTENT)
    assert find_verified(large([]), tmp_path) == tmp_path / "file"
    assert find_verified(LargeFile("file", "md5", MD5, 1), tmp_path) == tmp_path / "file"


@pytest.mark.parametrize(
    ("prepare", "reason"),
    [
        (lambda path: None, "file isn't in "),
        (lambda path: path.write_bytes(CONTENT[:-1]), r"is damaged \(its checksum is wrong\)"),
        (lambda path: path.mkdir(), "can't be read \\(Is a directory\\)"),
    ],
)
def test_a_large_file_that_cannot_serve_says_why(tmp_path, prepare, reason):
    prepare(tmp_path / "file")
    with pytest.raises(DataUnavailableError, match=reason):
        find_verified(large([]), tmp_path)


def test_the_size_of_a_large_file_is_said_before_it_is_fetched(tmp_path, capsys):
    with serving({"file": CONTENT}) as server:
        assert fetch_and_find(large([server.url]), tmp_path / "new").read_bytes() == CONTENT
        assert fetch_and_find(large([server.url]), tmp_path / "new").read_bytes() == CONTENT
        assert server.asked == ["file"]
        assert f"file isn't in {tmp_path / 'new'}: fetching it (528 MB) from {server.url}\n" == (
            capsys.readouterr().out
        )
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["file"]
    assert (tmp_path / "new" / "file").stat().st_mode & 0o044 == 0o044  # a class may share the folder


@pytest.mark.parametrize("fault", ["half a file", "another file", "silent", "stall"])
def test_a_large_file_that_comes_wrong_is_tried_twice_and_leaves_nothing(tmp_path, monkeypatch, fault):
    monkeypatch.setattr(downloads, "READ_SECONDS", 0.1)
    with serving({"file": CONTENT}) as server:
        server.faults = [fault] * 9
        with pytest.raises(DataUnavailableError, match=server.url):
            fetch_and_find(large([server.url]), tmp_path)
        assert len(server.asked) == 2
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_large_file_stays_until_a_whole_one_is_there(tmp_path):
    (tmp_path / "file").write_bytes(b"half")
    with serving({"file": CONTENT}) as server:
        server.faults = ["404"]
        with pytest.raises(DataUnavailableError, match="404"):
            fetch_and_find(large([server.url]), tmp_path)
        assert (tmp_path / "file").read_bytes() == b"half"
        assert fetch_and_find(large([server.url]), tmp_path).read_bytes() == CONTENT


def test_a_large_file_needs_a_folder_that_can_be_written_to(tmp_path):
    (tmp_path / "folder").write_text("not a folder")
    with (
        serving({"file": CONTENT}) as server,
        pytest.raises(DataUnavailableError, match="can't be written to"),
    ):
        fetch_and_find(large([server.url]), tmp_path / "folder")
