"""The app: what it answers to pictures and to other files, and that it stays on this computer."""

import asyncio
import gc
import io
import os
import re
import signal
import socket
import subprocess
import sys
import time
from itertools import takewhile
from pathlib import Path

import httpx
import pytest
import torch
from gradio_client import Client, handle_file
from PIL import Image

from helpers import SignLanguageCNN, open_app, save_asl_model
from helpers.apps import letters_app
from helpers.apps.letters_app import answer, find_model, main, make_app

# gradio leaves the sockets and the event loops of a server that was closed to the garbage collector.
LEFT_OVER = ["ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"]
pytestmark = [pytest.mark.filterwarnings(each) for each in LEFT_OVER]

ROOT = Path(__file__).resolve().parents[1]
UNWANTED = {
    "GRADIO_SHARE": "true",
    "GRADIO_SERVER_NAME": "0.0.0.0",
    "GRADIO_ANALYTICS_ENABLED": "True",
    "GRADIO_ALLOWED_PATHS": "/",
}


def untrained():
    torch.manual_seed(42)
    return SignLanguageCNN()


@pytest.fixture(scope="module", autouse=True)
def _left_overs():
    """Collect gradio's left-overs while the warnings about them are still ignored.

    The loop of the last app is this thread's current one. It would be dropped, and warned about, in the test
    of another module that sets a loop of its own.
    """
    yield
    asyncio.get_event_loop().close()
    asyncio.set_event_loop(None)
    for _ in range(3):
        gc.collect()


@pytest.fixture(scope="module")
def app():
    """Return the app, started where the environment asks for what it must not do."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in UNWANTED.items():
            patch.setenv(name, value)
        app = open_app(untrained())
        yield app
        app.close(verbose=False)


@pytest.fixture
def hand(tmp_path):
    Image.linear_gradient("L").save(tmp_path / "hand.png")
    return tmp_path / "hand.png"


# What it answers


def test_in_the_browser_a_picture_gets_letters_and_another_file_a_sentence(app, hand):
    def ask():
        return client.predict(handle_file(hand), api_name="/predict")

    client = Client(app.local_url, verbose=False, analytics_enabled=False)
    letters, sentence = ask()
    confidences = [each["confidence"] for each in letters["confidences"]]
    assert len(confidences) == 3
    assert confidences == sorted(confidences, reverse=True)
    assert letters["label"] in sentence
    hand.write_text("I am a letter, too.")
    for _ in range(2):
        letters, sentence = ask()
        assert not letters
        assert sentence.startswith("This file can't be used: it is no picture that can be read here, such as")
        client.predict(0, api_name="/load_example")  # makes gradio build its picture component again


def test_half_a_picture_gets_a_sentence_without_the_path_of_a_temporary_file(hand):
    file = io.BytesIO()
    Image.effect_noise((300, 300), 50).save(file, "PNG")
    hand.write_bytes(file.getvalue()[:20_000])
    letters, sentence = answer(hand, untrained())
    assert letters is None
    assert re.fullmatch(r"This file can't be used: it is damaged: [^/]*\.", sentence)


def test_a_picture_that_is_not_square_gets_an_answer_and_a_warning(hand):
    Image.linear_gradient("L").resize((300, 200)).save(hand)
    letters, sentence = answer(hand, untrained())
    assert letters
    assert "**The picture is 300 x 200 and was squeezed into a square:** crop it first." in sentence
    Image.linear_gradient("L").resize((210, 200)).save(hand)
    assert "squeezed" not in answer(hand, untrained())[1]


@pytest.mark.parametrize("side", [7_000, 12_000, 20_000])  # below and beyond Pillow's own two limits
def test_a_huge_picture_in_a_small_file_is_refused_before_it_is_read(monkeypatch, hand, side):
    Image.new("1", (side, side)).save(hand)
    assert hand.stat().st_size < 1_000_000
    monkeypatch.setattr(Image.Image, "load", lambda self: pytest.fail("the pixels were read"))
    letters, sentence = answer(hand, untrained())
    assert letters is None
    assert sentence.startswith("This file can't be used: it has more than 40 million pixels.")
    assert letters_app.MOST_MEGAPIXELS * 1_000_000 >= 4032 * 3024  # a phone's picture is small enough


def test_a_file_that_is_too_large_is_refused_before_it_is_opened(monkeypatch, hand):
    with hand.open("ab") as file:
        file.truncate(letters_app.MOST_MEGABYTES * 1024**2 + 1)
    monkeypatch.setattr(Image, "open", lambda *_, **__: pytest.fail("the file was opened"))
    assert (
        answer(hand, untrained())[1]
        == "This file can't be used: it has more than 15 MB. Make it smaller first."
    )


def test_a_large_file_is_not_taken(app):
    files = {"files": ("hand.png", bytes(letters_app.MOST_MEGABYTES * 1024**2 + 1))}
    assert httpx.post(f"{app.local_url}gradio_api/upload", files=files).status_code == 413


def test_without_a_picture_it_asks_for_one():
    assert answer(None, untrained()) == (None, "Choose a picture first.")


def test_an_unsure_model_says_so_and_a_sure_one_names_the_letter(hand):
    model = untrained()
    assert answer(hand, model)[1].startswith("**Not sure.**")
    model.head[4].bias.data[3] = 50
    letters, sentence = answer(hand, model)
    assert sentence.startswith("Probably **D** (100 %).")
    assert next(iter(letters)) == "D"


# That it stays on this computer


def test_it_listens_on_loopback_only_opens_no_link_and_sends_no_analytics(app):
    assert app.server_name == "127.0.0.1"
    assert app.local_url == f"http://127.0.0.1:{app.server_port}/"
    assert not app.share
    assert app.share_url is None
    assert not app.analytics_enabled


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has all of 127.0.0.0/8")
def test_nobody_else_gets_in(app):
    socket.create_connection(("127.0.0.1", app.server_port), timeout=5).close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", app.server_port), timeout=5)


def test_it_serves_no_files_that_the_environment_allows(app):
    assert httpx.get(f"{app.local_url}gradio_api/file={Path(__file__).resolve()}").status_code == 403


def test_its_page_names_no_other_computer_to_load_from(app):
    page = httpx.get(app.local_url).text
    assert re.search(r"""(?:src|href)=["'](?:\./|/)""", page)  # what it loads, it loads from here
    assert re.findall(r"""(?:src|href)=["'](?:https?:)?//[^"']+""", page) == []


# Around it


def test_making_an_app_starts_nothing_and_leaves_no_file_in_the_package():
    app = make_app(untrained())
    assert not app.is_running
    assert [path.name for path in (ROOT / "helpers").rglob("*.pyi")] == ["__init__.pyi"]
    assert not (Path.cwd() / ".gradio").exists()


def test_its_examples_are_synthetic_hands_and_say_so(app):
    texts = str(app.get_config_file())
    assert "Synthetic hands to try (drawn, not photographs)" in texts
    assert "don't learn to sign from it" in texts
    assert len(letters_app._examples()) == len(letters_app.EXAMPLES)


def test_the_webcam_is_offered_and_does_not_make_a_left_hand_of_a_right_one(app):
    [picture] = [c for c in app.get_config_file()["components"] if c["type"] == "image"]
    assert picture["props"]["sources"] == ["upload", "webcam", "clipboard"]
    assert picture["props"]["webcam_options"]["mirror"] is False


# Another app: it ends the one of the tests above


def test_opening_an_app_again_ends_the_first_deletes_its_uploads_and_takes_its_port(app, hand):
    reply = httpx.post(f"{app.local_url}gradio_api/upload", files={"files": hand.read_bytes()})
    [uploaded] = map(Path, reply.json())
    assert uploaded.exists()
    second = open_app(untrained(), app.server_port)
    assert second.server_port == app.server_port
    assert not app.is_running
    assert not uploaded.exists()
    second.close(verbose=False)


def test_a_taken_port_is_named():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(OSError, match=f"Port {port} is not free"):
            open_app(untrained(), port)


# python -m helpers.apps.letters_app


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], r"models/09_asl\.pth.*Run lesson 08 or 09 first"),
        (["--model=none.pth"], r"no model at none\.pth"),
        (["--model=broken.pth"], r"broken\.pth (can't be read|is damaged)"),
    ],
)
def test_without_a_model_the_command_ends_with_a_sentence(monkeypatch, tmp_path, options, said):
    monkeypatch.chdir(tmp_path)
    Path("broken.pth").write_bytes(b"PK")
    with pytest.raises(SystemExit, match=said):
        main(options)


@pytest.mark.parametrize("folder", ["models", "notebooks/models"])
def test_the_model_that_a_lesson_saved_is_found_that_of_09_first(monkeypatch, tmp_path, folder):
    monkeypatch.chdir(tmp_path)
    for name in ("08_asl.pth", "09_asl.pth"):
        save_asl_model(untrained(), Path(folder) / name)
        assert find_model() == Path(folder) / name


@pytest.mark.parametrize("port", ["0", "-1", "65536", "99999"])
def test_a_port_that_cannot_be_ends_the_command_with_a_sentence(tmp_path, port):
    save_asl_model(untrained(), tmp_path / "asl.pth")
    with pytest.raises(SystemExit, match=f"port is {port}; expected a number from 1 to 65535"):
        main([f"--model={tmp_path / 'asl.pth'}", f"--port={port}"])


def test_lesson_09_imports_gradio_where_a_proxy_cannot_stop_it():
    lesson = (ROOT / "lessons" / "09_deployment.md").read_text("utf-8")
    assert lesson.index("from helpers.apps.letters_app import") < lesson.index("import gradio as gr")


def test_the_command_works_where_much_is_in_its_way_and_ctrl_c_ends_it(tmp_path, hand):
    save_asl_model(untrained(), tmp_path / "asl.pth")
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    (temporary / "gradio").touch()  # gradio's own folder can't be used, as if it were another learner's
    environment = {name: value for name, value in os.environ.items() if name != "GRADIO_TEMP_DIR"}
    environment |= {"ALL_PROXY": "socks5://127.0.0.1:9", "HTTP_PROXY": "http://127.0.0.1:9", "no_proxy": ""}
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "helpers.apps.letters_app", f"--model={tmp_path / 'asl.pth'}"],
        cwd=ROOT,
        env=environment | {"TMPDIR": str(temporary)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        # Where the tests run in the background, Ctrl-C is ignored, and a process would inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    with process:
        try:
            said = "".join(takewhile(lambda line: line != "Press Ctrl-C to stop it.\n", process.stdout))
            addresses = re.findall(r"runs at (http://127\.0\.0\.1:\d+/)", said)
            assert len(addresses) == 1, said
            reply = httpx.post(f"{addresses[0]}gradio_api/upload", files={"files": hand.read_bytes()})
            assert Path(reply.json()[0]).is_relative_to(temporary)
            time.sleep(0.5)  # it has to get from its last line to waiting
            process.send_signal(signal.SIGINT)
            rest = process.communicate(timeout=30)[0]
        finally:
            process.kill()
    assert process.returncode == 0, rest
    assert "Traceback" not in rest
    assert [path.name for path in temporary.iterdir()] == ["gradio"]
