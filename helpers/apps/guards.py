"""What keeps an app to its user: who may ask it, how much they may send, and where uploads lie.

gradio's own checks leave gaps. It answers under any name: a page from elsewhere can let its own name stand
for this computer, and then ask the app (*DNS rebinding*). It also keeps the uploads of all users of a machine
in one folder, and leaves them there when Python ends.
"""

import atexit
import errno
import os
import re
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

from filelock import FileLock  # torch brings it
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HOSTS = ["127.0.0.1", "localhost"]  # names under which a computer's own browser reaches it
OWN_ORIGIN = r"http://(127\.0\.0\.1|localhost)(:\d+)?"
# gradio also fetches addresses for whoever asks, and cuts videos with ffmpeg. Our apps need neither.
UNUSED = r".*://.*|/gradio_api/process_recording.*"
PREFIX = "tensors-to-transfer-app-"


class OwnPagesOnly:
    """ASGI middleware that refuses requests of foreign pages, large ones, and those that nobody needs."""

    def __init__(self, app: ASGIApp, most_bytes: int, any_origin: bool) -> None:
        self.app, self.most_bytes, self.any_origin = app, most_bytes, any_origin

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it with what is wrong."""
        received = 0
        uploads = scope.get("path") == "/gradio_api/upload"

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self.most_bytes:
                what = f"The request exceeds the maximum allowed size of {self.most_bytes:,} bytes."
                raise MultiPartException(what) if uploads else HTTPException(413, what)
            if uploads and message["type"] == "http.disconnect":
                raise MultiPartException("The upload was cut off.")  # at which gradio deletes what came
            return message

        answer: ASGIApp = self.app
        if scope["type"] == "http":
            origins = Headers(scope=scope).getlist("origin")
            if not self.any_origin and not all(re.fullmatch(OWN_ORIGIN, origin) for origin in origins):
                answer = PlainTextResponse("Only pages of this computer may ask this app.", 403)
            elif re.fullmatch(UNUSED, scope["path"], re.DOTALL):
                answer = PlainTextResponse("This app has no such page.", 404)
        try:
            await answer(scope, counted, send)
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            full = f"The disk of {tempfile.gettempdir()} is full. Make room there, and try again."
            await PlainTextResponse(full, 507)(scope, receive, send)


def guards(most_bytes: int, in_colab: bool) -> list[Middleware]:
    """Return the middleware for an app that only this computer's browser may ask.

    In Colab any name of host and page is taken. There the browser knows the app by a name of Google's proxy.
    That proxy asks who somebody is, and it is the only way to a machine that one learner has alone.
    """
    return [
        Middleware(TrustedHostMiddleware, allowed_hosts=["*"] if in_colab else HOSTS),
        Middleware(OwnPagesOnly, most_bytes=most_bytes, any_origin=in_colab),
    ]


@contextmanager
def no_proxies() -> Iterator[None]:
    """Let httpx see no proxy. gradio asks this very computer, and can't be imported with some proxies."""
    before = os.environ.get("no_proxy")
    os.environ["no_proxy"] = "*"
    try:
        yield
    finally:
        del os.environ["no_proxy"]
        if before is not None:
            os.environ["no_proxy"] = before


@cache
def own_folder() -> Path:
    """Return a folder of this Python process that only its user can open.

    It is removed when Python ends, also by SIGTERM or SIGHUP. A process that is killed otherwise leaves its
    folder, and the next one removes it here.
    """
    for lock in Path(tempfile.gettempdir()).glob(f"{PREFIX}*/lock"):
        with suppress(OSError):  # among them Timeout: its app still runs
            if lock.parent.lstat().st_uid == getattr(os, "getuid", int)():  # on Windows both are 0
                with FileLock(lock, timeout=0):
                    pass
                shutil.rmtree(lock.parent)
    folder, owner = Path(tempfile.mkdtemp(prefix=PREFIX)), os.getpid()
    held = FileLock(folder / "lock", thread_local=False)  # the system lets go of it however the process ends
    held.acquire()

    def remove(number: int | None = None, _: object = None) -> None:
        if os.getpid() == owner:  # not a process that was forked off
            held.release()
            shutil.rmtree(folder, ignore_errors=True)
        if number is not None:
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)

    atexit.register(remove)
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)  # Windows has no SIGHUP
        if number and signal.getsignal(number) == signal.SIG_DFL:
            with suppress(ValueError):  # only the main thread may ask for signals
                signal.signal(number, remove)
    return folder
