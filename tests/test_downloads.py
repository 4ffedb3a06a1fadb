"""Files alone, with all that can go wrong. The data sets' own tests only ask whether they use them."""

import gzip
import hashlib
import multiprocessing
import os
import sys
import time
from errno import ENOLCK, ENOSPC
from functools import partial
from pathlib import Path
from unittest.mock import Mock

import pooch
import pytest
from mirror import (
    FAULTS,
    ODD,
    PASSING,
    Mirror,
    nobody_serving,
    own_certificate,
    run_in_two_processes_at_once,
    serving,
)

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
    monkeypatch.setattr(downloads, "READ_SECONDS", 0.5)
    monkeypatch.setattr(downloads, "MORE", 1)
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
    with pytest.raises(DataUnavailableError, match=r"/file isn't a file$"):
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


@pytest.mark.parametrize("odd", ODD)
def test_an_answer_that_makes_no_sense_is_told_without_its_words(folder, mirror, odd):
    mirror.faults = [odd] * 99
    said = reason(published(mirror.url), folder)
    assert said.startswith(mirror.url)
    assert "\x1b" not in said
    assert list(folder.iterdir()) == []


@pytest.mark.skipif(sys.platform != "linux", reason="needs pipes and devices")
@pytest.mark.parametrize("checksum", ["md5", "inside"])
@pytest.mark.parametrize("endless", ["pipe", "/dev/zero", "bomb"])
def test_what_would_never_end_is_not_read_to_its_end(tmp_path, mirror, checksum, endless):
    path = tmp_path / "file"
    if endless == "pipe":
        os.mkfifo(path)
    elif endless == "bomb":
        path.write_bytes(gzip.compress(bytes(2**21)) * 1000)  # 2 GB, in 2 MB
    else:
        path.symlink_to(endless)
    begun = time.monotonic()
    assert fetch_verified(published(mirror.url, checksum=checksum), tmp_path).read_bytes() == CONTENT
    assert time.monotonic() - begun < 5
    assert not path.is_symlink()


def test_a_mirror_that_fails_is_followed_by_the_next_and_each_failure_is_told(folder, mirror):
    with nobody_serving() as nowhere:
        assert fetch_verified(published(nowhere, mirror.url), folder)
        (folder / "file").unlink()
        mirror.faults = ["404"]
        with pytest.raises(DataUnavailableError) as raised:
            fetch_verified(published(nowhere, mirror.url), folder)
        unreachable = f"{nowhere} can't be reached (is this computer online?)"
        assert str(raised.value) == f"{unreachable}; {mirror.url} answered 404 Not Found"


# Between this computer and the mirror


@pytest.fixture
def settings(monkeypatch):
    """Return a setter of variables that requests reads; the machine's own are unset."""
    for name in (
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "NO_PROXY",
        "REQUESTS_CA_BUNDLE",
        "CURL_CA_BUNDLE",
    ):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    return monkeypatch.setenv


def reason(file: RemoteFile, folder: Path) -> str:
    with pytest.raises(DataUnavailableError) as raised:
        fetch_verified(file, folder)
    return str(raised.value)


def test_a_foreign_certificate_is_named_and_what_the_sentence_says_helps(settings, tmp_path):
    certificate = own_certificate(tmp_path)
    with serving({"file": CONTENT}, certificate) as mirror:
        said = reason(published(mirror.url), tmp_path)
        assert said.startswith(f"{mirror.url} can't be reached safely (certificate verify failed: self")
        assert "set REQUESTS_CA_BUNDLE to the path of that file" in said
        settings("REQUESTS_CA_BUNDLE", str(certificate))
        assert fetch_verified(published(mirror.url), tmp_path)


def test_a_mirror_that_does_not_speak_tls_is_named(settings, mirror, tmp_path):
    said = reason(published(mirror.url.replace("http", "https")), tmp_path)
    assert "can't be reached safely (wrong version number)" in said


@pytest.mark.parametrize("named", ["not there.pem", "not a certificate.pem"])
def test_a_setting_that_names_no_certificate_is_the_reason_and_not_the_disk(settings, tmp_path, named):
    (tmp_path / "not a certificate.pem").touch()
    settings("REQUESTS_CA_BUNDLE", str(tmp_path / named))
    with serving({"file": CONTENT}, own_certificate(tmp_path)) as mirror:
        said = reason(published(mirror.url), tmp_path)
    assert said.startswith(mirror.url)
    assert named in said or "REQUESTS_CA_BUNDLE" in said


each_scheme = pytest.mark.parametrize("scheme", ["http", "https"])


@each_scheme
def test_a_proxy_that_nobody_runs_is_named_and_unset_it_is_not_in_the_way(
    settings, monkeypatch, tmp_path, scheme
):
    with nobody_serving() as nowhere, serving({"file": CONTENT}) as mirror:
        settings(f"{scheme.upper()}_PROXY", nowhere)
        said = reason(published(mirror.url.replace("http", scheme)), tmp_path)
        assert "can't be reached: this computer's settings name a proxy, and that does not work" in said
        monkeypatch.delenv(f"{scheme.upper()}_PROXY")
        assert fetch_verified(published(mirror.url), tmp_path)


@pytest.mark.parametrize(
    ("proxy", "said"),
    [("http://", "and that does not work"), ("socks5://127.0.0.1:9", "pip install pysocks")],
)
def test_a_proxy_that_cannot_be_asked_is_named(settings, tmp_path, proxy, said):
    settings("ALL_PROXY", proxy)
    assert said in reason(published("http://elsewhere.invalid/"), tmp_path)


@each_scheme
def test_a_proxy_that_wants_a_name_is_named(settings, tmp_path, scheme):
    with serving({}) as proxy:
        proxy.faults = ["407"]
        settings(f"{scheme.upper()}_PROXY", proxy.url)
        said = reason(published(f"{scheme}://elsewhere.invalid/"), tmp_path)
    assert said.endswith(
        "can't be reached: the proxy asks for your name. Set HTTP_PROXY and HTTPS_PROXY to "
        "http://NAME:PASSWORD@PROXY:PORT"
    )


def test_with_a_name_the_proxy_serves(settings, tmp_path):
    with serving({"http://elsewhere.invalid/file": CONTENT}) as proxy:
        proxy.faults = ["407"]
        settings("HTTP_PROXY", proxy.url.replace("//", "//me:secret@"))
        assert fetch_verified(published("http://elsewhere.invalid/"), tmp_path)


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


@pytest.mark.skipif(sys.platform != "linux", reason="forks")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_what_a_killed_download_left_is_removed_by_the_next_and_what_is_in_use_is_not(
    folder, mirror, monkeypatch
):
    monkeypatch.setattr(downloads, "READ_SECONDS", 15)
    mirror.faults = ["stall"]
    first = multiprocessing.get_context("fork").Process(
        target=fetch_verified, args=(published(mirror.url), folder)
    )
    first.start()
    while not (mirror.asked and list(folder.glob(".unfinished-*/file"))):
        time.sleep(0.01)
    [in_use] = folder.iterdir()
    fetch_verified(published(mirror.url), folder)
    assert set(folder.iterdir()) == {in_use, folder / "file"}
    first.kill()
    first.join()
    (folder / "file").unlink()
    fetch_verified(published(mirror.url), folder)
    assert list(folder.iterdir()) == [folder / "file"]


def test_the_folder_of_a_program_that_is_about_to_lock_it_is_left_alone(folder, mirror):
    about_to = [folder / ".unfinished-1", folder / ".unfinished-2"]
    for place in about_to:
        place.mkdir(parents=True)
    (about_to[0] / "lock").touch()
    fetch_verified(published(mirror.url), folder)
    assert set(folder.iterdir()) == {*about_to, folder / "file"}


def test_a_disk_without_locks_still_takes_a_download(folder, mirror, monkeypatch):
    monkeypatch.setattr(downloads.FileLock, "acquire", Mock(side_effect=OSError(ENOLCK, os.strerror(ENOLCK))))
    assert fetch_verified(published(mirror.url), folder).read_bytes() == CONTENT
    assert list(folder.iterdir()) == [folder / "file"]
