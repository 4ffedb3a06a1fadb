"""A mirror for tests: a server on this machine that commits the faults it is told to."""

import multiprocessing
import shutil
import socket
import ssl
import subprocess
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from helpers.data import sources

# What a mirror does wrong → what is said about it; `PASSING` gets a second try.
PASSING = {
    "silent": "was silent for 0.5 seconds",
    "stall": "was silent for 0.5 seconds",
    "nothing": "broke off before the file came",
    "half a file": "broke off in the middle of the file",
    "another file": "sent another file than expected (its checksum is wrong)",
}
ENDLESS = {
    "endless": "sent more than 1 MB, so this is another file",
    "endless, zipped": "sent more than 1 MB, so this is another file",
    "endless redirect": "sent more than 1 MB, so this is another file",
}
# What a mirror answers that makes no sense.
ODD = {
    "a length that is no number": "200 OK\r\nContent-Length: abc",
    "an address that can't be": "302 Found\r\nContent-Length: 0\r\nLocation: http://[x",
    "an address in other bytes": "302 Found\r\nContent-Length: 0\r\nLocation: http://\xfc..x/",
    "an address of a file": "302 Found\r\nContent-Length: 0\r\nLocation: file:///etc/passwd",
    "a way in a circle": "302 Found\r\nContent-Length: 0\r\nLocation: /file",
    "words for a terminal": "404 \x1b[2JCall 0900\r\nContent-Length: 0",
}
FAULTS = PASSING | ENDLESS | {"404": "answered 404 Not Found"}


class Mirror(ThreadingHTTPServer):
    """A mirror on this machine that notes what it was asked for, and commits the `faults` it is told to.

    It speaks TLS where it is given the path of a `certificate`. As a proxy it is asked for whole addresses.
    """

    def __init__(self, files: dict[str, bytes], certificate: Path | None) -> None:
        super().__init__(("127.0.0.1", 0), MirrorHandler)
        self.scheme = "http"
        if certificate:
            self.scheme, context = "https", ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self.socket = context.wrap_socket(self.socket, server_side=True)
        self.files, self.faults, self.asked = files, [], []
        self.test_is_over = threading.Event()
        self.both_asked = threading.Barrier(2)

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.server_port}/"


class MirrorHandler(BaseHTTPRequestHandler):
    def do_GET(self):
        server, name = self.server, self.path.strip("/")
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        server.asked.append(name)
        fault = server.faults.pop(0) if server.faults else None
        if fault == "407" and "Proxy-Authorization" not in self.headers:
            return self.send_error(407)
        body = server.files[name]
        if fault == "404":
            return self.send_error(404)
        if fault == "silent":
            server.test_is_over.wait()
            return None
        if fault == "another file":
            body = b"<html>Log in to the wireless network of this hotel</html>"
        if fault == "nothing":
            return None
        if fault in ODD:
            return self.wfile.write(f"HTTP/1.1 {ODD[fault]}\r\n\r\n".encode("latin-1"))
        if fault in ENDLESS:
            return self.send_for_ever(redirect="redirect" in fault, zipped="zipped" in fault)
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

    def send_for_ever(self, redirect: bool, zipped: bool) -> None:
        """Send zeros until the other side has had enough. No header says how many."""
        self.send_response(302 if redirect else 200)
        self.send_header("Content-Type", "application/octet-stream")
        if redirect:
            self.send_header("Location", "/file")
        if zipped:
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        packed = zlib.compressobj(wbits=31)
        with suppress(OSError):
            while True:
                zeros = bytes(2**20)
                self.wfile.write(
                    packed.compress(zeros) + packed.flush(zlib.Z_SYNC_FLUSH) if zipped else zeros
                )

    do_POST = do_CONNECT = do_GET  # noqa: N815

    def log_message(self, *args):
        pass


@contextmanager
def serving(files: dict[str, bytes], certificate: Path | None = None) -> Iterator[Mirror]:
    """Serve some files for a `with` block."""
    with Mirror(files, certificate) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.test_is_over.set()
            server.shutdown()
            thread.join()


def own_certificate(folder: Path) -> Path:
    """Return a file with a key and a certificate of 127.0.0.1 that nobody but its owner trusts."""
    if not shutil.which("openssl"):
        pytest.skip("needs the program openssl")
    command = (
        "openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1"
    )
    made = subprocess.run(
        [*command.split(), "-keyout", "-", "-out", "-"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    (folder / "own.pem").write_bytes(made.stdout)
    return folder / "own.pem"


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
