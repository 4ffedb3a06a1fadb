"""The letters' model as an app in the browser: give it a picture, and see the three likeliest letters.

    python -m helpers.apps.letters_app [--model PATH] [--port N]

The app can be reached from this computer only, opens no public link and sends nothing anywhere: gradio's
analytics and its sharing are off. Pictures are uploaded into a folder that only its user can open. They are
deleted after some minutes or when the app ends; what a killed app left, when the next one starts.
SECURITY.md says who can ask the app what.
"""

import argparse
import os
import sys
import warnings
from pathlib import Path

from PIL import Image
from torchvision.transforms import v2

from helpers.apps.guards import guards, no_proxies, own_folder
from helpers.apps.letter_prediction import load_asl_model, predict_letter
from helpers.data.hands import make_hands
from helpers.data.picture_files import FORMATS
from helpers.models import SignLanguageCNN

os.environ["GRADIO_TEMP_DIR"] = UPLOADS = str(own_folder())  # gradio's default is one folder for all users
with no_proxies():
    import gradio as gr
    from gradio import routes
    from gradio.utils import colab_check
routes.DEFAULT_TEMP_DIR = UPLOADS  # for a gradio that was imported before

LOOPBACK = "127.0.0.1"  # "0.0.0.0" would let the whole network in
MOST_MEGABYTES = 15  # a larger file is refused
MOST_MEGAPIXELS = 40  # a file of a few MB can hold a picture that fills the memory; phones reach 12 to 50
TOP = 3
SURE = 0.5  # below this probability the app says that it is not sure
NEARLY_SQUARE = 1.15  # where the longer side exceeds the shorter one by this factor, squeezing is visible
KEEP_SECONDS = 600  # for an uploaded picture
# Lesson 08 saves a model, and lesson 09 saves it again if it is a good one.
MODEL_PATHS = [
    Path(folder) / name for name in ("09_asl.pth", "08_asl.pth") for folder in ("models", "notebooks/models")
]
EXAMPLES, EXAMPLE_SIZE = "AFLVWY", (224, 224)
EXAMPLE_SIGNER = 1000  # a validation signer: no model of the lessons has learned from them
FONTS = ["system-ui", "sans-serif"]  # the reader's own: gradio's lacks letters in bold
NOTHING = "Choose a picture first."
ABOUT = """# Which letter of American Sign Language is it?

Upload a picture of **one hand** that fills a square, or take one with the webcam. The model knows 24 letters:
J and Z are movements.

Unless you had the photographs of Sign-MNIST, the model has learned from **synthetic hands**: drawings, not
photographs. Expect many mistakes on real hands, and don't learn to sign from it."""

_opened: list[gr.Blocks] = []


class UploadsOnly(gr.Blocks):
    """Blocks that take no file but those that were uploaded to them, whatever a request says.

    gradio's own check leaves out files without the mark ``meta``, and fetches addresses.
    """

    async def preprocess_data(self, block_fn: object, inputs: list, *rest: object, **more: object) -> list:
        """Check all files in a request before gradio or a function of ours sees them."""
        _check_files(inputs)
        return await super().preprocess_data(block_fn, inputs, *rest, **more)


def make_app(model: SignLanguageCNN) -> gr.Blocks:
    """Return the app for a trained model, ready for `open_app`."""
    with UploadsOnly(
        title="ASL letters", analytics_enabled=False, delete_cache=(KEEP_SECONDS, KEEP_SECONDS)
    ) as app:
        gr.Markdown(ABOUT)
        with gr.Row():
            picture = gr.Image(
                sources=["upload", "webcam", "clipboard"],
                image_mode=None,
                type="filepath",
                label=f"A picture, at most {MOST_MEGABYTES} MB and {MOST_MEGAPIXELS} million pixels",
                # By default gradio mirrors. That makes left hands of right ones: no model has seen any.
                webcam_options=gr.WebcamOptions(mirror=False, constraints={"video": {"aspectRatio": 1}}),
                buttons=["fullscreen"],
                height=320,
            )
            with gr.Column():
                sentence = gr.Markdown(NOTHING, elem_id="sentence")
                bars = gr.Label(num_top_classes=TOP, label="The three likeliest letters")
        gr.Examples(
            _examples(),
            inputs=picture,
            label="Synthetic hands to try (drawn, not photographs)",
            cache_examples=False,
            example_labels=list(EXAMPLES),
        )
        picture.change(
            lambda upload: answer(upload["path"] if upload else None, model),
            picture,
            [bars, sentence],
            api_name="predict",
            show_progress="hidden",
            preprocess=False,  # gradio's own would open the file, and fail in its own words
        )
    return app


def answer(picture: str | Path | None, model: SignLanguageCNN) -> tuple[dict[str, float] | None, str]:
    """Return the likeliest letters of a picture file with their probabilities, and a sentence.

    If anything is wrong with the file, the sentence says so, and there are no letters.
    """
    if picture is None:
        return None, NOTHING
    try:
        wide, high = _size(Path(picture))
        ranking = predict_letter(picture, model)
    except (ValueError, OSError) as error:
        reason = str(error).replace(f"{picture} can't be used: ", "")  # a temporary file's name tells nothing
        return None, f"This file can't be used: {reason}"
    letter, probability = ranking[0]
    percent = f"{100 * probability:.0f} %"
    if probability < SURE:
        sentence = f"**Not sure.** The likeliest letter is {letter}, with {percent} only. Is it one hand?"
    else:
        sentence = f"Probably **{letter}** ({percent}). A picture without a hand gets a letter, too."
    if max(wide, high) > NEARLY_SQUARE * min(wide, high):
        sentence += f" **The picture is {wide} x {high} and was squeezed into a square:** crop it first."
    return dict(ranking[:TOP]), sentence


def open_app(model: SignLanguageCNN, port: int | None = None) -> gr.Blocks:
    """Start the app for a trained model and return it; in a notebook it is shown below the cell.

    It runs until ``app.close()``, until another is opened, or until Python ends. It listens at `port`, by
    default at the first free one from gradio's 7860 on.

    Raises
    ------
    OSError
        The port is taken.
    ValueError
        There can be no such port.
    """
    if port is not None and not 0 < port < 65536:
        raise ValueError(f"The port is {port}; expected a number from 1 to 65535.")
    while _opened:
        _opened.pop().close(verbose=False)
    app = make_app(model)
    most_bytes = (MOST_MEGABYTES + 1) * 1024**2  # a request is a file with some words around it
    request_guards = guards(most_bytes, in_colab=colab_check())
    try:
        with no_proxies():
            app.launch(
                server_name=LOOPBACK,
                server_port=port,
                share=False,
                max_file_size=f"{MOST_MEGABYTES}mb",
                prevent_thread_lock=True,
                ssr_mode=False,
                mcp_server=False,
                enable_monitoring=False,
                run_history=False,
                num_workers=0,
                footer_links=[],
                theme=gr.themes.Default(font=FONTS, font_mono=["ui-monospace", "monospace"]),
                app_kwargs={"middleware": request_guards},
                quiet=True,
                height=640,
            )
    except OSError as error:
        which = "No port from 7860 on is free" if port is None else f"Port {port} is not free"
        raise OSError(f"{which}: another app may be running there. Name another port.") from error
    app.allowed_paths = []  # whatever GRADIO_ALLOWED_PATHS says
    app.server.config.timeout_graceful_shutdown = 1  # second, for a browser that still sends something
    _opened.append(app)
    where = "below this cell" if app.is_colab else f"at {app.local_url} and can be reached from here only"
    print(f"The app runs {where}.")
    return app


def find_model() -> Path:
    """Return the model that lesson 09 or 08 saved below the current folder."""
    for path in MODEL_PATHS:
        if path.is_file():
            return path
    raise FileNotFoundError(
        f"No saved model is here (looked for {', '.join(map(str, MODEL_PATHS))}). "
        "Run lesson 08 or 09 first, or name a file with --model."
    )


def main(argv: list[str] | None = None) -> None:
    """Load a model, start the app and wait until Ctrl-C."""
    parser = argparse.ArgumentParser(
        prog="python -m helpers.apps.letters_app", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--model", type=Path, help="a saved model (default: that of lesson 08 or 09)")
    parser.add_argument("--port", type=int, help="default: the first free one from 7860 on")
    arguments = parser.parse_args(argv)
    try:
        path = arguments.model or find_model()
        model = load_asl_model(path)
        print(f"The model is that in {path}.")
        app = open_app(model, arguments.port)
    except (ValueError, OSError) as error:
        sys.exit(str(error))
    print("Press Ctrl-C to stop it.")
    app.block_thread()


def _check_files(data: object) -> None:
    """Raise gradio's error for a file in a request that was not uploaded here."""
    if isinstance(data, dict):
        if data.get("path") is not None and not _is_uploaded(data["path"]):
            message = "Only a picture that was uploaded here can be used. Upload it again."
            raise gr.Error(message, print_exception=False)
        data = list(data.values())
    for part in data if isinstance(data, list) else []:
        _check_files(part)


def _is_uploaded(path: object) -> bool:
    try:
        real = os.path.realpath(path)  # where links lead
    except (TypeError, ValueError):  # no text, or one with a character that no path has
        return False
    return Path(real).is_relative_to(os.path.realpath(UPLOADS)) and os.path.isfile(real)


def _size(path: Path) -> tuple[int, int]:
    """Return a picture's width and height; refuse a large file and too many pixels before they are read."""
    if path.stat().st_size > MOST_MEGABYTES * 1024**2:
        raise ValueError(f"it has more than {MOST_MEGABYTES} MB. Make it smaller first.")
    try:
        with (
            warnings.catch_warnings(action="ignore", category=Image.DecompressionBombWarning),
            Image.open(path, formats=FORMATS) as image,
        ):
            width, height = image.size
    except Image.DecompressionBombError:  # Pillow's own limit, which is higher
        width = height = MOST_MEGAPIXELS * 1_000_000
    except (OSError, SyntaxError, ValueError):
        return 1, 1  # it is damaged or no picture: reading it will say so
    if width * height > MOST_MEGAPIXELS * 1_000_000:
        raise ValueError(f"it has more than {MOST_MEGAPIXELS} million pixels. Make it smaller first.")
    return width, height


def _examples() -> list[list[Image.Image]]:
    """Return a few synthetic hands, drawn now and enlarged, a row each."""
    images, labels = make_hands(per_letter=1, signers=[EXAMPLE_SIGNER], seed=1)  # [24, 28, 28], [24]
    numbers = [ord(letter) - ord("A") for letter in EXAMPLES]
    hands = [v2.functional.to_pil_image(images[labels == number]) for number in numbers]
    return [[hand.resize(EXAMPLE_SIZE, Image.Resampling.BICUBIC)] for hand in hands]


if __name__ == "__main__":
    main()
