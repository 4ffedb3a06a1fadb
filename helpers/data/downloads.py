"""Files that others publish: verified each time they are used, and fetched where they are absent or damaged.

A download goes into a temporary file, is checked, and only then gets its name. So a download that breaks off
leaves nothing behind that looks like the file. Each way to fail is a `DataUnavailableError` that says why.
"""

import gzip
import hashlib
import os
import re
import shutil
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from http.client import responses
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

import pooch
import requests
from filelock import FileLock  # torch brings it

from helpers.data.sources import DataUnavailableError

CONNECT_SECONDS, READ_SECONDS = 5, 15  # how long a mirror may take to answer, and then be silent
UNFINISHED = ".unfinished-"  # begins the name of a folder with what isn't whole yet
MORE = 100  # megabytes that may come beyond those that are said, which are rounded or not said at all
NO_TLS = (
    "can't be reached safely ({why}): is this computer's clock right? A company or a school may show a "
    "certificate of its own. Ask for it as a file, and set REQUESTS_CA_BUNDLE to the path of that file"
)
NO_PROXY = (
    "can't be reached: this computer's settings name a proxy, and that does not work. Correct HTTP_PROXY, "
    "HTTPS_PROXY and ALL_PROXY, or unset them"
)
PROXY_ASKS = (
    "can't be reached: the proxy asks for your name. Set HTTP_PROXY and HTTPS_PROXY to "
    "http://NAME:PASSWORD@PROXY:PORT"
)
Fetched = TypeVar("Fetched")


class FetchError(Exception):
    """What a server did wrong, to stand after its name; and whether a second try can help."""


@dataclass(frozen=True)
class RemoteFile:
    """A file that others publish, at each of `mirrors` (addresses that end in a slash) under its `name`.

    `checksum` is ``"md5:..."`` or ``"sha256:..."`` with the hexadecimal digits, or the first of them. If
    `unpacked`, it is that of what a gzip file holds. `megabytes` (of 1,000,000 bytes) are said before a
    download.
    """

    name: str
    checksum: str
    mirrors: Sequence[str] = ()
    megabytes: int = 0
    unpacked: bool = False


def find_verified(file: RemoteFile, folder: Path) -> Path:
    """Return the path of a file in a folder after checking it."""
    path = folder / file.name
    with reading(path):
        if path.exists() and not path.is_file():  # a pipe would never end
            raise DataUnavailableError(f"{path} isn't a file")
        if not _is_whole(file, path):
            raise DataUnavailableError(f"{path.name} in {path.parent} is damaged (its checksum is wrong)")
    return path


def fetch_verified(file: RemoteFile, folder: Path) -> Path:
    """Return the path of a file, fetched into `folder` first where it is absent there or damaged."""
    try:
        return find_verified(file, folder)
    except DataUnavailableError as absent:
        reason = str(absent)
    what = f"it ({file.megabytes:,} MB)" if file.megabytes else "it"
    failures = []
    with writing(folder):
        for mirror in file.mirrors:
            try:
                return try_twice(partial(_download, file, folder, mirror), reason, what, mirror)
            except DataUnavailableError as failure:
                reason = str(failure)
                failures.append(reason)
    raise DataUnavailableError("; ".join(failures) or reason)


def try_twice(fetch: Callable[[], Fetched], reason: str, what: str, server: str) -> Fetched:
    """Fetch, and once more after a fault that may pass. Print each time why, and what comes from where."""
    for _ in range(2):
        print(f"{reason}: fetching {what} from {server}", flush=True)
        try:
            return fetch()
        except (OSError, ValueError, FetchError) as error:  # ValueError: of a header that makes no sense
            if getattr(error, "errno", None):  # the disk's: those of requests have none
                raise
            problem, may_pass = _what_went_wrong(error)
            reason = f"{server} {problem}"
            if not may_pass:
                break
    raise DataUnavailableError(reason)


@contextmanager
def unfinished(folder: Path) -> Iterator[Path]:
    """Give a `with` block a folder for what isn't whole yet, and remove those that killed programs left.

    A lock shows that a program still uses its own. The system lets go of it however the program ends.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.glob(f"{UNFINISHED}*"):
        with suppress(OSError):  # among them Timeout: it is in use
            if {"lock"} < {*os.listdir(left)}:  # where there is no more, a program may be about to lock it
                with FileLock(left / "lock", timeout=0):
                    pass
                shutil.rmtree(left)
    with TemporaryDirectory(dir=folder, prefix=UNFINISHED, ignore_cleanup_errors=True) as place:
        lock = FileLock(Path(place) / "lock")
        with suppress(OSError):  # some network disks have no locks; then nobody can remove it either
            lock.acquire(timeout=0)
        try:
            yield Path(place)
        finally:
            lock.release()


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a `with` block a temporary path to write to; if all went well, that file then becomes `path`."""
    with unfinished(path.parent) as place:
        yield place / path.name
        os.replace(place / path.name, path)


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn the disk's errors in a `with` block into the reason why a file can't be read."""
    try:
        yield
    except FileNotFoundError:
        raise DataUnavailableError(f"{path.name} isn't in {path.parent}") from None
    except OSError as error:
        raise DataUnavailableError(f"{path} can't be read ({error.strerror or error})") from error


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Turn the disk's errors in a `with` block into the reason why a folder can't be written to."""
    try:
        yield
    except OSError as error:
        raise DataUnavailableError(f"{folder} can't be written to ({error.strerror or error})") from error


class _Limited(requests.Response):
    """An answer that is cut off when more than `megabytes` have come, whatever its header says."""

    megabytes: int

    def iter_content(self, *args: object, **options: object) -> Iterator[bytes]:
        """Yield the answer in pieces, unpacked where it came packed."""
        received = 0
        for piece in super().iter_content(*args, **options):
            received += len(piece)
            if received > self.megabytes * 1_000_000:
                self.close()
                raise FetchError(f"sent more than {self.megabytes:,} MB, so this is another file", False)
            yield piece


def at_most(megabytes: int) -> Callable[..., None]:
    """Return a hook for requests that limits each answer, also one that only leads elsewhere."""

    def hook(response: requests.Response, **_: object) -> None:
        response.__class__, response.megabytes = _Limited, megabytes

    return hook


def _is_whole(file: RemoteFile, path: Path) -> bool:
    algorithm, _, digits = file.checksum.partition(":")
    digest = hashlib.new(algorithm, usedforsecurity=False)
    with (gzip.open if file.unpacked else open)(path, "rb") as content:
        try:
            while piece := content.read(2**20):
                digest.update(piece)
                if content.tell() > (file.megabytes + MORE) * 1_000_000:  # a small gzip file can hold a lot
                    return False
        except (gzip.BadGzipFile, EOFError, zlib.error):
            return False
    return digest.hexdigest().startswith(digits)


def _download(file: RemoteFile, folder: Path, mirror: str) -> Path:
    # pooch.retrieve would check and rename, too, but it wants all digits of the checksum.
    options = {
        "timeout": (CONNECT_SECONDS, READ_SECONDS),
        "hooks": {"response": at_most(file.megabytes + MORE)},
    }
    download = pooch.HTTPDownloader(progressbar=True, chunk_size=2**16, **options)
    with replacing(folder / file.name) as temporary:
        download(mirror + file.name, temporary, None)
        if not _is_whole(file, temporary):
            raise FetchError("sent another file than expected (its checksum is wrong)", True)
    return folder / file.name


def _what_went_wrong(error: OSError | ValueError | FetchError) -> tuple[str, bool]:
    """Say what a server did, to stand after its name, and whether a second try can help."""
    if isinstance(error, FetchError):
        return error.args
    if isinstance(error, requests.exceptions.SSLError):
        why = re.search(r"\] (.+?) \(_ssl|$", str(error))[1] or "the connection broke off"
        return NO_TLS.format(why=why), False
    if re.search("^407 |failed: 407 ", str(error)):
        return PROXY_ASKS, False
    if "SOCKS" in str(error):
        return "can't be reached: a SOCKS proxy needs one more package, pip install pysocks", False
    if isinstance(error, requests.exceptions.ProxyError | requests.exceptions.InvalidProxyURL):
        return NO_PROXY, False
    if isinstance(error, requests.HTTPError):
        number = error.response.status_code  # the server's own words may be anything
        return f"answered {number} {responses.get(number, '')}".rstrip(), False
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return "broke off in the middle of the file", True
    if "Connection aborted" in str(error):
        return "broke off before the file came", True
    if "Read timed out" in str(error):  # requests has two classes for it: before the first byte, and after
        return f"was silent for {READ_SECONDS} seconds", True
    if isinstance(error, requests.ConnectionError):
        return "can't be reached (is this computer online?)", False
    return f"failed ({type(error).__name__}: {error})", False
