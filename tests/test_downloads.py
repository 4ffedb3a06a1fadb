"""Files alone, with all that can go wrong. The data sets' own tests only ask whether they use them."""

import gzip
import hashlib
import os
import sys
from errno import ENOSPC
from functools import partial
from pathlib import Path

import pooch
import pytest
from mirror import FAULTS, PASSING, Mirror, nobody_serving, run_in_two_processes_at_once, serving

from helpers.data import downloads
from helpers.data.downloads import RemoteFile, fetch_verified, find_verified
from helpers.data.sources import DataUnavailableError

INSIDE = b"weights, or images"
CONTENT = gzip.compress(INSIDE, mtime=0)
SHA256 = hashlib.sha256(CONTENT).hexdigest()
CHECKSUMS = {
    "md5": {"checksum": f"md5:{hashlib.md5(CONTENT).hexdigest()}"},
    "first digits": {"checksum": f"sha256:{SHA256[:8]}"},
    "inside": {"checksum": f"sha256:{hashlib.sha256(INSIDE).hexdigest()}", "unpacked": True},
}
each_checksum = pytest.mark.parametrize("checksum", CHECKSUMS)


def published(*mirrors: str, checksum: str = "md5", megabytes: int = 0) -> RemoteFile:
    return RemoteFile("file", mirrors=mirrors, megabytes=megabytes, **CHECKSUMS[checksum])


@pytest.fixture
def folder(tmp_path) -> Path:
    return tmp_path / "folder"


@pytest.fixture
def mirror(monkeypatch) -> Mirror:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(downloads, "READ_SECONDS", 0.1)
    with serving({"file": CONTENT}) as server:
        yield server


@each_checksum
def test_a_file_with_the_right_checksum_is_found(tmp_path, checksum):
    (tmp_path / "file").write_bytes(CONTENT)
    assert find_verified(published(checksum=checksum), tmp_path) == tmp_path / "file"


def test_a_checksum_of_what_is_inside_does_not_mind_another_gzip_header(tmp_path):
    (tmp_path / "file").write_bytes(gzip.compress(INSIDE, mtime=7))
    assert find_verified(published(checksum="inside"), tmp_path)


@each_checksum
@pytest.mark.parametrize("damaged", [CONTENT[:-1], b"half", b"", CONTENT[:15] + b"?" + CONTENT[16:]])
def test_a_damaged_file_is_named(tmp_path, checksum, damaged):
    (tmp_path / "file").write_bytes(damaged)
    with pytest.raises(DataUnavailableError) as raised:
        find_verified(published(checksum=checksum), tmp_path)
    assert str(raised.value) == f"file in {tmp_path} is damaged (its checksum is wrong)"


@each_checksum
def test_a_file_that_is_absent_or_cannot_be_read_says_so(tmp_path, checksum):
    with pytest.raises(DataUnavailableError, match=f"^file isn't in {tmp_path}$"):
        find_verified(published(checksum=checksum), tmp_path)
    (tmp_path / "file").mkdir()
    with pytest.raises(DataUnavailableError, match=r"file can't be read \(Is a directory\)$"):
        find_verified(published(checksum=checksum), tmp_path)


def test_a_file_is_fetched_once_and_its_size_is_said_first(folder, mirror, capsys):
    file = published(mirror.url, megabytes=1528)
    for _ in range(2):
        assert fetch_verified(file, folder).read_bytes() == CONTENT
    assert mirror.asked == ["file"]
    assert capsys.readouterr().out == (f"file isn't in {folder}: fetching it (1,528 MB) from {mirror.url}\n")
    assert [path.name for path in folder.iterdir()] == ["file"]
    assert (folder / "file").stat().st_mode & 0o444 == 0o444  # a class may share the folder


def test_a_damaged_file_is_fetched_again_and_stays_until_a_whole_one_is_there(tmp_path, mirror, capsys):
    (tmp_path / "file").write_bytes(b"half")
    mirror.faults = ["404"]
    with pytest.raises(DataUnavailableError, match="404"):
        fetch_verified(published(mirror.url), tmp_path)
    assert (tmp_path / "file").read_bytes() == b"half"
    assert fetch_verified(published(mirror.url), tmp_path).read_bytes() == CONTENT
    line = f"file in {tmp_path} is damaged (its checksum is wrong): fetching it from {mirror.url}\n"
    assert capsys.readouterr().out == line * 2


@pytest.mark.parametrize("fault", PASSING)
def test_a_fault_that_may_pass_gets_a_second_try(folder, mirror, capsys, fault):
    mirror.faults = [fault]
    assert fetch_verified(published(mirror.url), folder).read_bytes() == CONTENT
    assert f"{mirror.url} {PASSING[fault]}: fetching it from {mirror.url}\n" in capsys.readouterr().out


@each_checksum
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_that_stays_is_told_and_leaves_nothing(folder, mirror, fault, checksum):
    mirror.faults = [fault] * 9
    with pytest.raises(DataUnavailableError) as raised:
        fetch_verified(published(mirror.url, checksum=checksum), folder)
    assert str(raised.value) == f"{mirror.url} {FAULTS[fault]}"
    assert len(mirror.asked) == (2 if fault in PASSING else 1)
    assert list(folder.iterdir()) == []


def test_a_mirror_that_fails_is_followed_by_the_next_and_each_failure_is_told(folder, mirror):
    with nobody_serving() as nowhere:
        assert fetch_verified(published(nowhere, mirror.url), folder)
        (folder / "file").unlink()
        mirror.faults = ["404"]
        with pytest.raises(DataUnavailableError) as raised:
            fetch_verified(published(nowhere, mirror.url), folder)
        unreachable = f"{nowhere} can't be reached (is this computer online?)"
        assert str(raised.value) == f"{unreachable}; {mirror.url} answered 404 Not Found"


def test_without_a_mirror_the_reason_is_that_the_file_is_absent(tmp_path):
    with pytest.raises(DataUnavailableError, match=f"^file isn't in {tmp_path}$"):
        fetch_verified(published(), tmp_path)


def test_a_folder_that_is_a_file_is_a_reason(folder, mirror):
    folder.write_text("not a folder")
    with pytest.raises(DataUnavailableError) as raised:
        fetch_verified(published(mirror.url, mirror.url), folder / "cache")
    assert str(raised.value) == f"{folder / 'cache'} can't be written to (Not a directory)"
    assert folder.read_text() == "not a folder"


def test_a_folder_that_is_read_only_is_a_reason(folder, mirror, monkeypatch):
    def deny(*args, **kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", deny)  # root may write everywhere
    with pytest.raises(DataUnavailableError, match=r"can't be written to \(Permission denied\)$"):
        fetch_verified(published(mirror.url), folder)


@pytest.mark.parametrize(
    "error", [OSError(ENOSPC, os.strerror(ENOSPC)), KeyboardInterrupt(), TypeError("ours")]
)
def test_what_breaks_off_in_the_middle_leaves_no_half_file(folder, mirror, monkeypatch, error):
    class Bar(pooch.downloaders.tqdm):
        def update(self, n=1):
            raise error

    monkeypatch.setattr(pooch.downloaders, "tqdm", Bar)
    disk_is_full = isinstance(error, OSError)
    with pytest.raises(DataUnavailableError if disk_is_full else type(error)) as raised:
        fetch_verified(published(mirror.url), folder)
    if disk_is_full:
        assert str(raised.value) == f"{folder} can't be written to ({os.strerror(ENOSPC)})"
    assert mirror.asked == ["file"]
    assert list(folder.iterdir()) == []


@pytest.mark.skipif(sys.platform != "linux", reason="forks")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_two_processes_can_fetch_the_same_file_at_once(folder, mirror, monkeypatch):
    monkeypatch.setattr(downloads, "READ_SECONDS", 15)
    mirror.faults = ["wait for the other"] * 2
    run_in_two_processes_at_once(partial(fetch_verified, published(mirror.url), folder))
    assert mirror.asked == ["file", "file"]
    assert [path.read_bytes() for path in folder.iterdir()] == [CONTENT]
