"""A mirror for tests: a server on this machine that commits the faults it is told to."""

import multiprocessing
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from helpers.data import sources

# What a mirror does wrong → what is said about it; `PASSING` gets a second try.
PASSING = {
    "silent": "was silent for 0.1 seconds",
    "stall": "was silent for 0.1 seconds",
    "half a file": "broke off in the middle of the file",
    "another file": "sent another file than expected (its checksum is wrong)",
}
FAULTS = PASSING | {"404": "answered 404 Not Found"}


class Mirror(ThreadingHTTPServer):
    """A mirror on this machine that notes what it was asked for, and commits the `faults` it is told to."""

    def __init__(self, files: dict[str, bytes]) -> None:
        super().__init__(("127.0.0.1", 0), MirrorHandler)
        self.files, self.faults, self.asked = files, [], []
        self.test_is_over = threading.Event()
        self.both_asked = threading.Barrier(2)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/"


class MirrorHandler(BaseHTTPRequestHandler):
    def do_GET(self):
        server, name = self.server, self.path.strip("/")
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        server.asked.append(name)
        fault = server.faults.pop(0) if server.faults else None
        body = server.files[name]
        if fault == "404":
            return self.send_error(404)
        if fault == "silent":
            server.test_is_over.wait()
            return None
        if fault == "another file":
            body = b"<html>Log in to the wireless network of this hotel</html>"
        if fault == "wait for the other":
            server.both_asked.wait(timeout=10)
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Type", "application/octet-stream")
        self.end_headers()
        self.wfile.write(body[: len(body) // 2])
        if fault == "stall":
            server.test_is_over.wait()
        if fault not in ("half a file", "stall"):
            self.wfile.write(body[len(body) // 2 :])
        return None

    do_POST = do_GET  # noqa: N815

    def log_message(self, *args):
        pass


@contextmanager
def serving(files: dict[str, bytes]) -> Iterator[Mirror]:
    """Serve some files for a `with` block."""
    with Mirror(files) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.test_is_over.set()
        server.shutdown()
        thread.join()


@contextmanager
def nobody_serving() -> Iterator[str]:
    """Give a `with` block an address where nobody answers."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{nobody.getsockname()[1]}/"


def put(folder: Path, files: dict[str, bytes]) -> None:
    """Put files into a folder, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)


def as_a_learner(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Set full mode, with nothing served yet; return the data folder, which isn't there yet."""
    monkeypatch.setenv("COURSE_MODE", "full")
    monkeypatch.delenv("COURSE_DATA", raising=False)
    monkeypatch.setenv("COURSE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(sources, "_served", {})
    return tmp_path / "data"


def run_in_two_processes_at_once(function: Callable[[], object]) -> None:
    """Fork twice, so that both processes have the test's fakes, and see both succeed."""
    fork = multiprocessing.get_context("fork")
    processes = [fork.Process(target=function) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(timeout=20)
    assert [process.exitcode for process in processes] == [0, 0]
