"""The app, attacked as anybody on this computer can, and as a web page from elsewhere can: by plain HTTP."""

import asyncio
import gc
import io
import json
import os
import socket
import stat
import time
from pathlib import Path

import httpx
import pytest
import torch
from gradio import processing_utils
from gradio.utils import get_upload_folder
from PIL import Image

from helpers import SignLanguageCNN, open_app
from helpers.apps.letters_app import MOST_MEGABYTES

# gradio leaves the sockets and the event loops of a server that was closed to the garbage collector.
LEFT_OVER = ["ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"]
pytestmark = [pytest.mark.filterwarnings(each) for each in LEFT_OVER]

META = {"meta": {"_type": "gradio.FileData"}}
MEGABYTE = 1024**2


@pytest.fixture(scope="module", autouse=True)
def _left_overs():
    yield
    asyncio.get_event_loop().close()
    asyncio.set_event_loop(None)
    for _ in range(3):
        gc.collect()


@pytest.fixture(scope="module")
def app():
    torch.manual_seed(42)
    app = open_app(SignLanguageCNN())
    yield app
    app.close(verbose=False)


@pytest.fixture
def client(app):
    with httpx.Client(base_url=f"{app.local_url}gradio_api/", timeout=60) as client:
        yield client


@pytest.fixture
def hand():
    """Return the bytes of a picture."""
    file = io.BytesIO()
    Image.linear_gradient("L").save(file, "PNG")
    return file.getvalue()


def upload(client, content, **headers):
    return client.post("upload", files={"files": ("hand.png", content)}, headers=headers)


def ask(client, file, api="predict"):
    """Ask for an answer to a file and return what comes back, as text."""
    body = json.dumps({"data": [file]})
    sent = client.post(f"call/{api}", content=body, headers={"Content-Type": "application/json"})
    event = sent.json()["event_id"]
    return client.get(f"call/{api}/{event}").text


# Only uploads are opened


def test_an_upload_is_answered_with_and_without_the_mark_of_gradio(client, hand):
    [path] = upload(client, hand).json()
    for file in ({"path": path, **META}, {"path": path}):
        assert "confidences" in ask(client, file)


@pytest.fixture
def elsewhere(tmp_path, hand):
    """Return a folder with things that the app's user may read, and nobody uploaded."""
    if not hasattr(os, "mkfifo"):
        pytest.skip("Windows has no named pipes")
    (tmp_path / "secret.png").write_bytes(hand)
    (tmp_path / "link.png").symlink_to(tmp_path / "secret.png")
    os.mkfifo(tmp_path / "fifo.png")
    return tmp_path


@pytest.mark.parametrize("mark", [{}, META], ids=["", "meta"])
@pytest.mark.parametrize(
    "name",
    [
        "secret.png",
        "link.png",
        "fifo.png",
        "",
        "../secret.png",
        "missing.png",
        "/dev/zero",
        "sec\0ret.png",
        "\ud800",
    ],
)
def test_no_other_file_is_opened_and_the_answer_does_not_tell_whether_it_exists(
    client, elsewhere, name, mark
):
    path = str(elsewhere / name)
    said = ask(client, {"path": path, **mark})
    assert said.startswith("event: error")
    assert said == ask(client, {"path": "/missing", **mark})


@pytest.mark.parametrize(
    "around",
    [
        "{uploads}/../{secret}",  # out of the folder
        "{uploads}/link.png",  # a link in it, which no upload can make
        "{uploads}",
        "file://{secret}",
        "data:image/png;base64,AAAA",
    ],
)
def test_a_way_out_of_the_uploads_is_found(client, elsewhere, hand, around):
    uploads = Path(upload(client, hand).json()[0]).parent
    link = uploads / "link.png"
    link.symlink_to(elsewhere / "secret.png")
    try:
        path = around.format(
            uploads=uploads, secret=os.path.relpath(elsewhere / "secret.png", uploads.parent)
        )
        for mark in ({}, META):
            assert ask(client, {"path": path, **mark}).startswith("event: error")
    finally:
        link.unlink()


def test_a_request_cannot_hide_a_file_in_another_or_in_another_function_of_the_page(client, elsewhere, hand):
    [path] = upload(client, hand).json()
    secret = {"path": str(elsewhere / "secret.png"), **META}
    for api, file in [("predict", {"path": path, "more": [secret]}), ("load_example", secret)]:
        assert ask(client, file, api).startswith("event: error")
    ask(client, 0, "load_example")  # makes gradio build its picture component again
    assert ask(client, secret).startswith("event: error")


@pytest.mark.parametrize("api", ["predict", "load_example"])
def test_an_address_is_not_fetched(client, monkeypatch, hand, api):
    fetched = []

    async def fetch(url, *rest, **more):
        fetched.append(url)

    monkeypatch.setattr(processing_utils, "async_ssrf_protected_download", fetch)
    address = {"path": "https://example.org/hand.png", "url": "https://example.org/hand.png", **META}
    [path] = upload(client, hand).json()
    for file in (address, {"path": path, "more": [address]}):
        assert ask(client, file, api).startswith("event: error")
    assert fetched == []


@pytest.mark.parametrize(
    "path",
    ["file=https://example.org/a.png", "file/https://example.org/a.png", "proxy=https://example.org/a.png"],
)
def test_nothing_is_fetched_for_a_browser_either(client, path):
    assert client.get(path).status_code == 404


def test_gradios_cutter_of_videos_is_not_there(client, hand):
    assert client.post("process_recording", files={"video": ("a.mp4", hand)}).status_code == 404


def test_files_that_were_not_uploaded_are_not_served(client, elsewhere):
    for name in ("secret.png", "link.png", "fifo.png"):
        assert client.get(f"file={elsewhere / name}").status_code == 403
    assert client.get("file=/dev/zero").status_code == 403


def test_a_file_that_would_start_ghostscript_is_no_picture(client, monkeypatch):
    started = []
    monkeypatch.setattr("PIL.EpsImagePlugin.Ghostscript", lambda *_, **__: started.append(1))
    file = io.BytesIO()
    Image.linear_gradient("L").save(file, "EPS")
    [path] = upload(client, file.getvalue()).json()
    assert "it is no picture that can be read here" in ask(client, {"path": path, **META})
    assert not started


# Nothing too large


def files_in_uploads():
    return {path for path in Path(get_upload_folder()).rglob("*") if path.is_file()}


def test_several_files_in_one_request_are_not_more_than_one_may_be(client):
    before = files_in_uploads()
    files = [("files", (f"{number}.png", bytes(6 * MEGABYTE))) for number in range(3)]
    assert client.post("upload", files=files).status_code == 413
    assert files_in_uploads() == before


def test_an_upload_that_is_cut_off_leaves_nothing(app):
    before = files_in_uploads()
    head = "POST /gradio_api/upload HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9000000\r\n"
    kind = "Content-Type: multipart/form-data; boundary=X\r\n\r\n--X\r\n"
    part = 'Content-Disposition: form-data; name="files"; filename="hand.png"\r\n\r\n'
    with socket.create_connection(("127.0.0.1", app.server_port), timeout=60) as plain:
        plain.sendall(f"{head}{kind}{part}".encode() + bytes(MEGABYTE))
        time.sleep(0.5)  # for the app to take what came
    assert eventually(lambda: files_in_uploads() == before)


def eventually(holds) -> bool:
    return any(holds() or time.sleep(0.1) for _ in range(100))


def test_a_request_without_an_upload_is_not_larger_either(app):
    body = b'{"data": ["' + b"a" * (MOST_MEGABYTES + 2) * MEGABYTE + b'"]}'
    head = f"POST /gradio_api/call/predict HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n"
    with socket.create_connection(("127.0.0.1", app.server_port), timeout=60) as plain:
        plain.sendall(f"{head}Content-Type: application/json\r\n\r\n".encode() + body)
        assert plain.recv(100).startswith(b"HTTP/1.1 413")


# Nobody else asks


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:7860", "127.0.0.1.evil.example", "", "0.0.0.0"]
)
def test_under_another_name_it_does_not_answer(app, client, hand, host):
    assert httpx.get(app.local_url, headers={"Host": host}).status_code == 400
    assert upload(client, hand, Host=host).status_code == 400


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "http://localhost.evil.example", "null", "", "http://["]
)
def test_a_page_from_elsewhere_can_send_nothing(app, client, hand, origin):
    before = files_in_uploads()
    assert upload(client, hand, Origin=origin).status_code == 403
    assert files_in_uploads() == before
    assert client.post("call/predict", json={"data": [None]}, headers={"Origin": origin}).status_code == 403


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_its_own_page_can_be_used_under_both_names(app, client, hand, host):
    own = f"{host}:{app.server_port}"
    assert httpx.get(f"http://{own}").status_code == 200
    assert upload(client, hand, Host=own, Origin=f"http://{own}").status_code == 200


def test_uploads_can_be_opened_by_their_user_only(client, hand):
    [path] = map(Path, upload(client, hand).json())
    uploads = Path(get_upload_folder())
    assert path.is_relative_to(uploads)
    assert stat.S_IMODE(uploads.stat().st_mode) == 0o700
