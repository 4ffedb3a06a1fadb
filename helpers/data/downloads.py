"""Files that are verified each time they are read, and fetched where they are absent or damaged.

A download goes into a temporary file, is checked, and only then gets its name: what breaks off in the middle
leaves nothing behind that looks like the file. Each way to fail is a `DataUnavailableError` that says why.
"""

import hashlib
import os
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pooch
import requests

from helpers.data.sources import DataUnavailableError

CONNECT_SECONDS, READ_SECONDS = 5, 15  # how long a mirror may take to answer, and then be silent


@dataclass(frozen=True)
class RemoteFile:
    """A file that others publish.

    Attributes
    ----------
    name
        Its name at each mirror and on disk.
    md5
        Its checksum, as its publisher gives it.
    mirrors
        The addresses of the folders that hold it, each ending in a slash.
    """

    name: str
    md5: str
    mirrors: Sequence[str]


@dataclass(frozen=True)
class LargeFile:
    """A file that others publish, too large to be held in memory: it is checked where it lies on the disk.

    Attributes
    ----------
    name
        Its name at each mirror and on disk.
    algorithm
        That of its checksum, such as ``"sha256"``.
    checksum
        Its checksum in hexadecimal digits, or how that begins.
    megabytes
        Its size (of 1,000,000 bytes), which is said before it is fetched.
    mirrors
        The addresses of the folders that hold it, each ending in a slash.
    """

    name: str
    algorithm: str
    checksum: str
    megabytes: int
    mirrors: Sequence[str] = ()


def read_file(path: Path) -> bytes:
    """Return a file's bytes, unchecked.

    Raises
    ------
    DataUnavailableError
        The file is absent or can't be read.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise DataUnavailableError(f"{path.name} isn't in {path.parent}") from None
    except OSError as error:
        raise DataUnavailableError(f"{path} can't be read ({error.strerror})") from error


def read_verified(path: Path, md5: str, restored: Callable[[bytes], bytes] = bytes) -> bytes:
    """Return a file's bytes after checking them: the bytes checked are the bytes used.

    Parameters
    ----------
    path
        The file.
    md5
        The checksum it must have.
    restored
        What to do with the bytes before they are checked.

    Raises
    ------
    DataUnavailableError
        The file is absent, can't be read, or is damaged.
    """
    content = restored(read_file(path))
    if hashlib.md5(content, usedforsecurity=False).hexdigest() != md5:
        raise DataUnavailableError(f"{path.name} in {path.parent} is damaged (its checksum is wrong)")
    return content


def fetch_and_read(file: RemoteFile, folder: Path) -> bytes:
    """Return a file's verified bytes, fetched into `folder` first where it is absent there or damaged.

    Raises
    ------
    DataUnavailableError
        No mirror has it, or the folder can't be written to.
    """
    path = folder / file.name
    try:
        return read_verified(path, file.md5)
    except DataUnavailableError as reason:
        _fetch(file.mirrors, path, str(reason), partial(_download, md5=file.md5))
    return read_verified(path, file.md5)


def find_verified(file: LargeFile, folder: Path) -> Path:
    """Return the path of a large file after checking it.

    Raises
    ------
    DataUnavailableError
        The file is absent, can't be read, or is damaged.
    """
    path = folder / file.name
    try:
        whole = _is_whole(file, path)
    except FileNotFoundError:
        raise DataUnavailableError(f"{path.name} isn't in {path.parent}") from None
    except OSError as error:
        raise DataUnavailableError(f"{path} can't be read ({error.strerror})") from error
    if not whole:
        raise DataUnavailableError(f"{path.name} in {path.parent} is damaged (its checksum is wrong)")
    return path


def _is_whole(file: LargeFile, path: Path) -> bool:
    with path.open("rb") as content:
        return hashlib.file_digest(content, file.algorithm).hexdigest().startswith(file.checksum)


def fetch_and_find(file: LargeFile, folder: Path) -> Path:
    """Return the path of a large file, fetched into `folder` first where it is absent there or damaged.

    Raises
    ------
    DataUnavailableError
        No mirror has it, or the folder can't be written to.
    """
    try:
        return find_verified(file, folder)
    except DataUnavailableError as reason:
        download = partial(_download_large, file=file)
        _fetch(file.mirrors, folder / file.name, str(reason), download, f" ({file.megabytes:,} MB)")
    return folder / file.name


def _fetch(
    mirrors: Sequence[str], path: Path, reason: str, download: Callable[[str, Path], None], size: str = ""
) -> None:
    """Fetch a file from the first mirror that has it; a fault that may pass gets a second try."""
    failures = []
    for mirror in mirrors:
        for _ in range(2):
            print(f"{reason}: fetching it{size} from {mirror}", flush=True)
            try:
                return download(mirror + path.name, path)
            except (requests.RequestException, ValueError) as error:  # pooch: ValueError for a wrong checksum
                problem, may_pass = what_went_wrong(error)
                reason = f"{mirror} {problem}"
            except OSError as error:  # the disk's; the network's are caught above
                # pooch gives a PermissionError no strerror
                problem = "Permission denied" if isinstance(error, PermissionError) else error.strerror
                raise DataUnavailableError(f"{path.parent} can't be written to ({problem})") from error
            if not may_pass:
                break
        failures.append(reason)
    raise DataUnavailableError("; ".join(failures))


def _download(url: str, path: Path, md5: str) -> None:
    """Download into a temporary file, check it, and only then give it its name: pooch does all three."""
    pooch.get_logger().setLevel("WARNING")  # we say ourselves what is fetched
    pooch.retrieve(url, f"md5:{md5}", path.name, path.parent, downloader=_downloader())
    path.chmod(0o644)  # pooch's temporary file is for its owner alone; a class may share the folder


def _download_large(url: str, path: Path, file: LargeFile) -> None:
    """Do the same as `_download` for a checksum of which only the beginning is known: pooch asks for all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.{uuid.uuid4().hex}.part")
    try:
        _downloader()(url, temporary, None)
        if not _is_whole(file, temporary):
            raise ValueError("its checksum is wrong")  # as pooch does
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def _downloader() -> pooch.HTTPDownloader:
    timeout = (CONNECT_SECONDS, READ_SECONDS)
    return pooch.HTTPDownloader(progressbar=True, chunk_size=2**16, timeout=timeout)


def what_went_wrong(error: requests.RequestException | ValueError) -> tuple[str, bool]:
    """Say what a mirror did, to stand after its address, and whether a second try can help."""
    if not isinstance(error, requests.RequestException):
        return "sent another file than expected (its checksum is wrong)", True
    if isinstance(error, requests.HTTPError):
        return f"answered {error.response.status_code} {error.response.reason}", False
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return "broke off in the middle of the file", True
    if "Read timed out" in str(error):  # requests has two classes for it: before the first byte, and after
        return f"was silent for {READ_SECONDS} seconds", True
    if isinstance(error, requests.ConnectionError):
        return "can't be reached (is this computer online?)", False
    return f"failed ({type(error).__name__}: {error})", False
