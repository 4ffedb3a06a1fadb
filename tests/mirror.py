"""A mirror for tests: a server on this machine that commits the faults it is told to."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


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
        self.end_headers()
        self.wfile.write(body[: len(body) // 2])
        if fault == "stall":
            server.test_is_over.wait()
        if fault not in ("half a file", "stall"):
            self.wfile.write(body[len(body) // 2 :])
        return None

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
