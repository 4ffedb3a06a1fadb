"""The letters' model as an app in the browser: give it a picture, and see the three likeliest letters.

    python -m helpers.apps.letters_app [--model PATH] [--port N]

The app can be reached from this computer only, opens no public link and sends nothing anywhere: gradio's
analytics and its sharing are off. Uploaded pictures are deleted after some minutes, or when the app ends.
"""

import argparse
import sys
import warnings
from pathlib import Path

import gradio as gr
import httpx
from PIL import Image
from torchvision.transforms import v2

from helpers.apps.letter_prediction import load_asl_model, predict_letter
from helpers.data.hands import make_hands
from helpers.models import SignLanguageCNN

LOOPBACK = "127.0.0.1"  # this computer alone; "0.0.0.0" would let the whole network in
MOST_MEGABYTES = 15  # of a file
MOST_MEGAPIXELS = 40  # a file of a few MB can hold a picture that fills the memory; phones reach 12 to 50
TOP = 3
SURE = 0.5  # below this the app says that it is not sure
NEARLY_SQUARE = 1.15  # a picture longer than that many times its width is squeezed visibly
KEEP_SECONDS = 600  # an uploaded picture
MODEL_PATHS = [
    Path(folder) / name  # lesson 09 keeps lesson 08's model wherever that is a good one
    for name in ("09_asl.pth", "08_asl.pth")
    for folder in ("models", "notebooks/models")
]
EXAMPLES, EXAMPLE_SIZE = "AFLVWY", (224, 224)
EXAMPLE_SIGNER = 1000  # of the validation signers: no model of the lessons has learned from them
# gradio mirrors the webcam's picture, and a mirrored right hand is a left hand: no model has seen one.
WEBCAM = gr.WebcamOptions(mirror=False, constraints={"video": {"aspectRatio": 1}})
FONTS = ["system-ui", "sans-serif"]  # the reader's own: gradio's lacks letters in bold
NOTHING = "Choose a picture first."
ABOUT = """# Which letter of American Sign Language is it?

Upload a picture of **one hand** that fills a square, or take one with the webcam. The model knows 24 letters:
J and Z are movements.

Unless you had the photographs of Sign-MNIST, the model has learned from **synthetic hands**: drawings, not
photographs. Expect many mistakes on real hands, and don't learn to sign from it."""


def make_app(model: SignLanguageCNN) -> gr.Blocks:
    """Return the app for a model, ready for `open_app`.

    Parameters
    ----------
    model
        A trained model, such as `load_asl_model` returns.
    """

    def answer_with_model(upload: dict | None) -> tuple[dict[str, float] | None, str]:
        return answer(upload["path"] if upload else None, model)

    with gr.Blocks(
        title="ASL letters", analytics_enabled=False, delete_cache=(KEEP_SECONDS, KEEP_SECONDS)
    ) as app:
        gr.Markdown(ABOUT)
        with gr.Row():
            picture = gr.Image(
                sources=["upload", "webcam", "clipboard"],
                image_mode=None,
                type="filepath",
                label=f"A picture, at most {MOST_MEGABYTES} MB and {MOST_MEGAPIXELS} million pixels",
                webcam_options=WEBCAM,
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
            answer_with_model,
            picture,
            [bars, sentence],
            api_name="predict",
            show_progress="hidden",
            preprocess=False,  # gradio's own would open the file, and fail in its own words
        )
    return app


def answer(picture: str | Path | None, model: SignLanguageCNN) -> tuple[dict[str, float] | None, str]:
    """Return what the app shows for a file: the likeliest letters with their probabilities, and a sentence.

    Whatever is wrong with the file ends in a sentence, with no letters.
    """
    if picture is None:
        return None, NOTHING
    try:
        _check_size(Path(picture))
        ranking = predict_letter(picture, model)
    except (ValueError, OSError) as error:
        return None, f"This file can't be used: {_without_path(error, picture)}"
    letter, probability = ranking[0]
    percent = f"{100 * probability:.0f} %"
    if probability < SURE:
        sentence = f"**Not sure.** The likeliest letter is {letter}, with {percent} only. Is it one hand?"
    else:
        sentence = f"Probably **{letter}** ({percent}). A picture without a hand gets a letter, too."
    with Image.open(picture) as image:
        wide, high = image.size
    if max(wide, high) > NEARLY_SQUARE * min(wide, high):
        sentence += f" **The picture is {wide} x {high} and was squeezed into a square:** crop it first."
    return dict(ranking[:TOP]), sentence


def open_app(model: SignLanguageCNN, port: int | None = None) -> gr.Blocks:
    """Start the app for a model and return it; in a notebook it is shown below the cell.

    It runs until ``app.close()``, or until Python ends.

    Parameters
    ----------
    model
        A trained model.
    port
        Where to listen; default: the first free one from 7860 on, which is gradio's custom.

    Raises
    ------
    OSError
        The port is taken, or the app can't be reached.
    """
    app = make_app(model)
    try:
        app.launch(
            server_name=LOOPBACK,
            server_port=port,
            share=False,
            max_file_size=f"{MOST_MEGABYTES}mb",
            prevent_thread_lock=True,
            ssr_mode=False,
            mcp_server=False,
            enable_monitoring=False,
            footer_links=[],
            theme=gr.themes.Default(font=FONTS, font_mono=["ui-monospace", "monospace"]),
            quiet=True,
            height=640,
        )
    except OSError as error:
        which = "No port from 7860 on is free" if port is None else f"Port {port} is not free"
        raise OSError(f"{which}: another app may be running there. Name another port.") from error
    except (httpx.HTTPError, ValueError) as error:
        app.close(verbose=False)
        raise OSError(
            f"The app can't be reached at {LOOPBACK}. Where this computer uses a proxy, set the environment "
            f"variable NO_PROXY to {LOOPBACK} and start Python anew."
        ) from error
    where = "below this cell" if app.is_colab else f"at {app.local_url} and can be reached from here only"
    print(f"The app runs {where}.")
    return app


def find_model() -> Path:
    """Return the file of a model that lesson 08 or 09 saved, looked for below the current folder."""
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


def _check_size(path: Path) -> None:
    """Refuse a picture with too many pixels before any of them is read."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)  # Pillow's own limits are higher
            with Image.open(path) as image:
                pixels = image.width * image.height
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        pixels = float("inf")
    except (OSError, SyntaxError, ValueError):
        return  # no picture, or a damaged one: reading it says so
    if pixels > MOST_MEGAPIXELS * 1_000_000:
        raise ValueError(f"it has more than {MOST_MEGAPIXELS} million pixels. Make it smaller first.")


def _without_path(error: Exception, path: str | Path) -> str:
    """Return an error's message without the path of the temporary file, which says nothing to anyone."""
    return str(error).replace(f"{path} can't be used: ", "")


def _examples() -> list[list[Image.Image]]:
    """Return a few synthetic hands, drawn now and enlarged, a row each."""
    images, labels = make_hands(per_letter=1, signers=[EXAMPLE_SIGNER], seed=1)  # [24, 28, 28], [24]
    numbers = [ord(letter) - ord("A") for letter in EXAMPLES]
    hands = [v2.functional.to_pil_image(images[labels == number]) for number in numbers]
    return [[hand.resize(EXAMPLE_SIZE, Image.Resampling.BICUBIC)] for hand in hands]


if __name__ == "__main__":
    main()
