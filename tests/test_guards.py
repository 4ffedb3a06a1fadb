"""The folder for uploads is there while its process is, and no proxy is in the way of this computer."""

import asyncio
import errno
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from jupyter_client import KernelManager
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from helpers.apps.guards import PREFIX, guards, no_proxies

ROOT = Path(__file__).resolve().parents[1]
START = "from helpers.apps.guards import own_folder; (own_folder() / 'upload.png').touch()\n"
posix_only = pytest.mark.skipif(os.name != "posix", reason="sends signals")


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    """Return a folder that is the system's temporary folder for the processes of a test."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    return tmp_path


@contextmanager
def running(code: str = "", first: str = "") -> Iterator[subprocess.Popen]:
    """Run Python with a folder of its own, up to a line that it prints when the code is done."""
    command = [sys.executable, "-c", f"{first}{START}{code}\nprint('ready', flush=True); input()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            process.stdout.readline()
            yield process
        finally:
            process.kill()


def folders(temporary: Path) -> list[Path]:
    return [path for path in temporary.iterdir() if path.name.startswith(PREFIX)]


def test_only_its_user_can_open_it(temporary):
    with running():
        [folder] = folders(temporary)
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700 or os.name != "posix"


def test_it_is_removed_when_python_ends_and_when_an_error_ends_python(temporary):
    for text in ("", "\n"):  # input() raises EOFError where there is no line
        with running() as process:
            assert len(folders(temporary)) == 1
            process.communicate(text)
        assert folders(temporary) == []


@posix_only
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_it_is_removed_when_a_signal_ends_python_which_then_ends_by_that_signal(temporary, name):
    # Where the tests run under nohup, Python starts with SIGHUP ignored.
    usual = f"import signal; signal.signal(signal.{name}, signal.SIG_DFL)\n"
    with running(first=usual) as process:
        assert len(folders(temporary)) == 1
        process.send_signal(getattr(signal, name))
        assert process.wait(60) == -getattr(signal, name)
    assert folders(temporary) == []


@posix_only
def test_a_signal_that_somebody_handles_or_ignores_stays_theirs(temporary):
    code = "import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN)\n"  # as nohup does
    command = [sys.executable, "-c", f"{code}{START}print(signal.getsignal(signal.SIGHUP))"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() in ("1", "Handlers.SIG_IGN")


@posix_only
def test_a_process_that_was_forked_off_does_not_remove_it(temporary):
    fork = "import os, time, signal; child = os.fork() or time.sleep(60); time.sleep(0.5)"
    with running(f"{fork}; os.kill(child, signal.SIGTERM); os.waitpid(child, 0)"):
        assert len(folders(temporary)) == 1


def test_a_killed_process_leaves_it_and_the_next_one_removes_it_but_not_that_of_a_running_one(temporary):
    with running() as killed:
        [left] = folders(temporary)
        killed.kill()
    assert left.exists()
    with running():
        [first] = folders(temporary)
        assert first != left
        with running():
            assert first in folders(temporary)
            assert len(folders(temporary)) == 2


@posix_only
def test_what_belongs_to_somebody_else_is_left_alone(temporary):
    with running() as killed:
        killed.kill()
    kept = folders(temporary)
    command = [sys.executable, "-c", f"import os; os.getuid = lambda: 12345\n{START}"]
    subprocess.run(command, check=True)
    assert folders(temporary) == kept


def test_a_kernel_that_is_restarted_or_shut_down_removes_it(temporary):
    kernel = KernelManager(kernel_name="python3")
    kernel.start_kernel()
    client = kernel.client()
    client.start_channels()
    try:
        for end in (kernel.restart_kernel, kernel.shutdown_kernel):
            client.wait_for_ready(timeout=60)
            client.execute_interactive(START, timeout=60)
            assert len(folders(temporary)) == 1
            end()
            assert folders(temporary) == []
    finally:
        client.stop_channels()
        if kernel.is_alive():
            kernel.shutdown_kernel(now=True)


@pytest.mark.parametrize(("in_colab", "status"), [(True, 200), (False, 400)])
def test_in_colab_the_browser_comes_by_a_name_of_googles_proxy(in_colab, status):
    page = Route("/", lambda request: PlainTextResponse("the app"))
    app = Starlette(routes=[page], middleware=guards(1000, in_colab))
    proxy = "https://abc-7860.colab.googleusercontent.com"

    async def get() -> int:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=proxy) as client:
            return (await client.get("/", headers={"Origin": proxy})).status_code

    assert asyncio.run(get()) == status


@pytest.mark.parametrize(("number", "status"), [(errno.ENOSPC, 507), (errno.EIO, 500)])
def test_a_full_disk_is_named_in_the_answer(number, status):
    def page(request):
        raise OSError(number, os.strerror(number))

    app = Starlette(routes=[Route("/", page)], middleware=guards(1000, in_colab=False))

    async def get() -> httpx.Response:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.get("/")

    answer = asyncio.run(get())
    assert answer.status_code == status
    assert ("is full. Make room there, and try again." in answer.text) == (status == 507)


@pytest.mark.parametrize("before", [None, "example.org"])
@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:9", "socks://127.0.0.1:9", "http://127.0.0.1:9"])
def test_no_proxy_is_in_the_way(monkeypatch, proxy, before):
    for name in ("all_proxy", "http_proxy", "ALL_PROXY", "HTTP_PROXY"):
        monkeypatch.setenv(name, proxy)
    monkeypatch.delenv("no_proxy", raising=False)
    if before:
        monkeypatch.setenv("no_proxy", before)
    with no_proxies(), pytest.raises(httpx.ConnectError):
        httpx.get("http://127.0.0.1:1", timeout=5)  # nobody listens at port 1, and no proxy was asked
    assert os.environ.get("no_proxy") == before
