"""Saving and loading the letters' model, and asking it for one picture."""

import ast
from pathlib import Path

import jupytext
import pytest
import torch
from PIL import Image, ImageOps
from torch import nn
from torchvision.transforms.v2 import functional as TF

from helpers import (
    FashionMNISTModelV2,
    SignLanguageCNN,
    load_asl_model,
    predict_letter,
    save_asl_model,
)
from helpers.apps import letter_prediction as asl_model
from helpers.data.letters import CLASSES

LESSON = Path(__file__).resolve().parents[1] / "lessons" / "09_deployment.md"
EXIF_ORIENTATION = 274


@pytest.fixture
def model():
    """Return a model that has learned nothing, but has opinions: its probabilities are far from equal."""
    torch.manual_seed(42)
    model = SignLanguageCNN().eval()
    last = model.head[4]
    with torch.no_grad():
        last.weight *= 1_000
        last.bias -= model(torch.full((1, 1, 28, 28), 0.5))[0]
    return model.train()


@pytest.fixture
def path(model, tmp_path):
    save_asl_model(model, tmp_path / "asl.pth")
    return tmp_path / "asl.pth"


def picture(height=60, width=60, channels=3):
    """Return a picture with something to see in it, uint8 [channels, height, width]."""
    generator = torch.Generator().manual_seed(1)
    rough = torch.rand(1, channels, 6, 6, generator=generator)
    return (nn.functional.interpolate(rough, (height, width), mode="bilinear")[0] * 255).byte()


def content(**changes):
    torch.manual_seed(42)
    whole = {"version": 1, "classes": CLASSES, "state_dict": SignLanguageCNN().state_dict()}
    return {key: value for key, value in (whole | changes).items() if value is not None}


# Save and load


def test_the_loaded_model_gives_the_logits_of_the_saved_one(model, path):
    images = torch.rand(5, 1, 28, 28)
    loaded = load_asl_model(path)
    assert not loaded.training
    assert torch.equal(loaded(images), model.eval()(images))


def test_the_file_holds_plain_values_with_what_belongs_to_the_weights(path):
    found = torch.load(path, weights_only=True)
    assert found["classes"] == CLASSES
    assert {key: value for key, value in found.items() if key not in ("classes", "state_dict")} == {
        "version": 1,
        "architecture": "SignLanguageCNN",
        "image_size": 28,
        "mean": 0.0,
        "std": 1.0,
    }


def test_saving_makes_the_folder_leaves_no_other_file_and_the_model_as_it_is(model, tmp_path):
    save_asl_model(model, str(tmp_path / "new" / "asl.pth"))
    assert [file.name for file in (tmp_path / "new").iterdir()] == ["asl.pth"]
    assert model.training


def test_a_save_that_fails_leaves_the_old_file_and_no_other(model, path, monkeypatch):
    old = path.read_bytes()

    def full_disk(content, file):
        file.write(b"half")
        raise OSError("No space left on device")

    monkeypatch.setattr(torch, "save", full_disk)
    with pytest.raises(OSError, match="No space left"):
        save_asl_model(model, path)
    assert path.read_bytes() == old
    assert list(path.parent.iterdir()) == [path]


def test_loading_draws_no_random_number_of_the_learners(path):
    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    load_asl_model(path)
    assert torch.equal(torch.rand(3), expected)


def test_more_than_is_needed_may_be_in_the_file(tmp_path):
    torch.save(content(mean=0.0, trained_on="synthetic hands"), tmp_path / "asl.pth")
    assert isinstance(load_asl_model(tmp_path / "asl.pth"), SignLanguageCNN)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no model at .*asl\.pth"):
        load_asl_model(tmp_path / "asl.pth")
    with pytest.raises(FileNotFoundError, match="no model at"):
        load_asl_model(tmp_path)


@pytest.mark.parametrize("kept", [0, 1, 100, 5_000, 100_000, -1])
def test_a_file_that_was_cut_off_is_an_error_in_our_words(path, kept):
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(ValueError, match=r"asl\.pth (can't be read|is damaged)"):
        load_asl_model(path)


@pytest.mark.parametrize("bytes_", [b"hello\n" * 50, b"\x80\x02}q\x00.", b"PK\x03\x04" + bytes(300)])
def test_a_file_of_something_else_is_an_error_in_our_words(tmp_path, bytes_):
    (tmp_path / "asl.pth").write_bytes(bytes_)
    with pytest.raises(ValueError, match=r"can't be read|is damaged|lacks version"):
        load_asl_model(tmp_path / "asl.pth")


def test_a_whole_model_is_not_loaded_as_it_could_run_code(model, tmp_path):
    torch.save(model, tmp_path / "asl.pth")
    with pytest.raises(ValueError, match="more than tensors and plain values") as caught:
        load_asl_model(tmp_path / "asl.pth")
    assert "weights_only=False" not in str(caught.value)


@pytest.mark.parametrize(
    ("found", "message"),
    [
        ([1, 2], "holds a list; expected a dict"),
        (content()["state_dict"], "lacks version, classes, state_dict. It looks like a bare state_dict"),
        ({}, r"lacks version, classes, state_dict\. Save the model"),
        (content(classes=None), "lacks classes"),
        (content(state_dict=None), "lacks state_dict"),
        (content(version="1"), "version is a str; expected int"),
        (content(state_dict=[1]), "state_dict is a list; expected mapping"),
        (content(version=2), "version 2 of the format; this course knows version 1"),
        (content(classes=list("ABCDEFGHIJKLMNOPQRSTUVWX")), "other classes: A, B, C and 21 more"),
        (content(classes=[]), "made for other classes"),
        (content(mean=0.5), r"made with mean = 0\.5; expected 0\.0"),
        (content(std=[0.2] * 99), r"made with std = \[.{56}\.\.\.; expected 1\.0"),
        (content(image_size=64), "made with image_size = 64; expected 28"),
        (content(architecture="VGG16"), "made with architecture = 'VGG16'; expected SignLanguageCNN"),
        (content(state_dict={}), "another network than SignLanguageCNN: it lacks .* and 2[0-9] more"),
        (content(state_dict=FashionMNISTModelV2(1, 10, 24).state_dict()), "holds the weights of another net"),
        (content(state_dict=SignLanguageCNN(classes=26).state_dict()), r"has shape \[26.*\] where \[24"),
        (content(state_dict=content()["state_dict"] | {"extra": torch.ones(1)}), "extra is unknown"),
        (content(state_dict=content()["state_dict"] | {"head.4.bias": "?"}), r"head\.4\.bias has shape \[\]"),
        (
            content(state_dict=content()["state_dict"] | {"head.4.bias": torch.full([24], torch.nan)}),
            r"head\.4\.bias holds values that are no numbers",
        ),
    ],
)
def test_a_file_with_the_wrong_content_says_what_is_wrong(tmp_path, found, message):
    torch.save(found, tmp_path / "asl.pth")
    with pytest.raises(ValueError, match=message):
        load_asl_model(tmp_path / "asl.pth")


# Ask


def test_the_tests_model_tells_pictures_apart(model):
    one, other = dict(predict_letter(picture(), model)), dict(predict_letter(1 - picture() / 255, model))
    assert max(abs(one[letter] - other[letter]) for letter in CLASSES) > 0.2


def test_all_letters_come_with_their_probabilities_the_likeliest_first(model):
    ranking = predict_letter(picture(), model)
    letters, probabilities = zip(*ranking, strict=True)
    assert sorted(letters) == CLASSES
    assert list(probabilities) == sorted(probabilities, reverse=True)
    assert sum(probabilities) == pytest.approx(1, abs=1e-5)


def test_a_picture_that_is_ready_gets_the_models_own_answer(model):
    image = torch.rand(1, 28, 28)
    with torch.inference_mode():
        logits = model.eval()(image[None])
    expected = dict(zip(CLASSES, logits.softmax(dim=1)[0].tolist(), strict=True))
    assert dict(predict_letter(image, model)) == pytest.approx(expected)


def test_file_pil_image_and_tensors_of_one_picture_give_one_answer(model, tmp_path):
    image = picture()
    pil = TF.to_pil_image(image)
    pil.save(tmp_path / "hand.png")
    expected = dict(predict_letter(image, model))
    for same in (
        tmp_path / "hand.png",
        str(tmp_path / "hand.png"),
        pil,
        image / 255,
        image[None],
        image.clone(),
    ):
        assert dict(predict_letter(same, model)) == pytest.approx(expected, abs=1e-5)


def test_grey_pictures_give_one_answer_however_they_come(model):
    grey = picture(channels=1)
    expected = dict(predict_letter(grey, model))
    pil = TF.to_pil_image(grey)
    for same in (grey[0], grey[0] / 255, pil, pil.convert("RGB"), pil.convert("RGBA"), pil.convert("P")):
        assert dict(predict_letter(same, model)) == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize(("height", "width"), [(1, 1), (28, 28), (480, 640), (13, 700)])
def test_pictures_of_any_size_are_taken(model, height, width):
    assert len(predict_letter(picture(height, width), model)) == 24


def test_large_pictures_are_made_small_with_antialiasing():
    stripes = torch.zeros(1, 280, 280)
    stripes[..., ::5] = 1  # one column in five is white: from afar, an even grey of one fifth
    small = asl_model._as_input(stripes)
    assert small.shape == (1, 1, 28, 28)
    assert torch.allclose(small, torch.tensor(0.2), atol=0.05)


def test_what_is_transparent_is_white(model, tmp_path):
    image = TF.to_pil_image(picture())
    hole = image.copy()
    hole.paste("white", (0, 0, 30, 60))
    see_through = image.convert("RGBA")
    see_through.paste((200, 10, 10, 0), (0, 0, 30, 60))
    see_through.save(tmp_path / "hand.png")
    expected = dict(predict_letter(hole, model))
    assert dict(predict_letter(see_through, model)) == pytest.approx(expected, abs=1e-5)
    assert dict(predict_letter(tmp_path / "hand.png", model)) == pytest.approx(expected, abs=1e-5)


def test_a_picture_that_lies_on_its_side_is_turned(model, tmp_path):
    upright = TF.to_pil_image(picture(40, 80))
    exif = Image.Exif()
    exif[EXIF_ORIENTATION] = 6
    upright.rotate(90, expand=True).save(tmp_path / "hand.png", exif=exif)
    with Image.open(tmp_path / "hand.png") as lying:
        assert ImageOps.exif_transpose(lying).size == (80, 40)
        expected = dict(predict_letter(upright, model))
        assert dict(predict_letter(lying, model)) == pytest.approx(expected, abs=1e-5)
    assert dict(predict_letter(tmp_path / "hand.png", model)) == pytest.approx(expected, abs=1e-5)


def test_the_model_answers_in_eval_mode_and_gets_its_mode_back(model):
    model.train()
    model.blocks[0].eval()
    first, second = predict_letter(picture(), model), predict_letter(picture(), model)
    assert first == second
    assert model.training
    assert not model.blocks[0].training
    assert (model.blocks[1].layers[1].running_mean == 0).all()


def test_the_picture_stays_as_it_is(model):
    image = picture()
    before = image.clone()
    predict_letter(image, model)
    assert torch.equal(image, before)


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (torch.rand(2, 1, 28, 28), r"shape \[2, 1, 28, 28\]; expected one picture"),
        (torch.rand(28, 28, 3), r"shape \[28, 28, 3\]; expected one picture"),
        (torch.rand(784), "expected one picture"),
        (torch.rand(1, 0, 28), "expected one picture"),
        (torch.rand(1, 28, 28) * 255, r"go from .* to 2\d\d.*divided by 255"),
        (torch.rand(1, 28, 28) - 0.5, "expected in 0..1"),
        (torch.full((28, 28), torch.nan), "from nan to nan"),
        (torch.zeros(28, 28, dtype=torch.int64), r"torch\.int64; expected uint8"),
    ],
)
def test_a_tensor_that_is_no_picture_says_what_is_wrong(model, image, message):
    with pytest.raises(ValueError, match=message):
        predict_letter(image, model)


def test_a_file_that_is_no_picture_says_what_is_wrong(model, tmp_path):
    (tmp_path / "text.png").write_text("I am a letter, too.")
    with pytest.raises(
        ValueError,
        match=r"text\.png can't be used: it is no picture that can be read here, such as JPEG or PNG\.",
    ):
        predict_letter(tmp_path / "text.png", model)
    with pytest.raises(FileNotFoundError, match="no picture at"):
        predict_letter(tmp_path / "none.png", model)


def test_a_model_of_other_classes_is_refused():
    with pytest.raises(ValueError, match=r"gives \[1, 26\] logits; expected \[1, 24\]"):
        predict_letter(picture(), SignLanguageCNN(classes=26))


# The lesson


def test_the_function_that_lesson_09_writes_does_the_same(model):
    cells = [c.source for c in jupytext.reads(LESSON.read_text("utf-8"), fmt="md:myst").cells]
    [cell] = [source for source in cells if source.startswith("def predict_letter(")]
    function = ast.Module(ast.parse(cell).body[:1], [])
    namespace = {"torch": torch, "TF": TF, "ImageOps": ImageOps, "class_names": CLASSES}
    exec(compile(function, LESSON.name, "exec"), namespace)
    for channels in (1, 3):
        image = TF.to_pil_image(picture(200, 150, channels))
        taught = namespace["predict_letter"](image, model)
        ours = predict_letter(image, model)
        assert [letter for letter, _ in taught] == [letter for letter, _ in ours]
        assert dict(taught) == pytest.approx(dict(ours), abs=1e-6)
