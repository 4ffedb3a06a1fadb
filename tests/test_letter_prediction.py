"""Saving and loading the letters' model, and asking it for one picture."""

import pytest
import torch
from lesson_code import written_out
from PIL import Image, ImageOps
from torch import nn
from torchvision.transforms.v2 import functional as TF

from helpers import FashionMNISTModelV2, SignLanguageCNN, load_asl_model, predict_letter, save_asl_model
from helpers.apps import letter_prediction
from helpers.data.letters import CLASSES

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
    save_asl_model(model, str(tmp_path / "new" / "asl.pth"))
    return tmp_path / "new" / "asl.pth"


@pytest.fixture
def ask(model):
    """Return a function that gives the probability of each letter, for comparison within 1e-5."""
    return lambda image: pytest.approx(dict(predict_letter(image, model)), abs=1e-5)


def picture(height=60, width=60, channels=3):
    """Return a picture with something to see in it, uint8 [channels, height, width]."""
    generator = torch.Generator().manual_seed(1)
    rough = torch.rand(1, channels, 6, 6, generator=generator)
    return (nn.functional.interpolate(rough, (height, width), mode="bilinear")[0] * 255).byte()


def content(**changes):
    torch.manual_seed(42)
    whole = {"version": 1, "classes": CLASSES, "state_dict": SignLanguageCNN().state_dict()}
    return {key: value for key, value in (whole | changes).items() if value is not None}


def weights(**changes):
    return content(state_dict=content()["state_dict"] | {f"head.4.{name}": x for name, x in changes.items()})


# Save and load


def test_the_loaded_model_gives_the_logits_of_the_saved_one(model, path):
    assert model.training  # saving left it as it was
    images = torch.rand(5, 1, 28, 28)
    loaded = load_asl_model(path)
    assert not loaded.training
    assert torch.equal(loaded(images), model.eval()(images))


def test_the_file_holds_plain_values_with_what_belongs_to_the_weights(path):
    found = torch.load(path, weights_only=True)
    del found["state_dict"]
    fixed = {"architecture": "SignLanguageCNN", "image_size": 28, "mean": 0.0, "std": 1.0}
    assert found == {"version": 1, "classes": CLASSES, **fixed}


def test_loading_draws_no_random_number_of_the_learners(path):
    state = torch.get_rng_state()
    load_asl_model(path)
    assert torch.equal(torch.get_rng_state(), state)


def test_more_than_is_needed_may_be_in_the_file(tmp_path):
    torch.save(content(mean=0.0, trained_on="synthetic hands"), tmp_path / "asl.pth")
    assert isinstance(load_asl_model(tmp_path / "asl.pth"), SignLanguageCNN)


@pytest.mark.parametrize("name", ["asl.pth", "."])
def test_a_file_that_is_not_there_is_named(tmp_path, name):
    with pytest.raises(FileNotFoundError, match=r"no model at .*Lessons 08 and 09 each save one"):
        load_asl_model(tmp_path / name)


@pytest.mark.parametrize(
    ("found", "message"),
    [
        (SignLanguageCNN(), "more than tensors and plain values"),  # more of that is in test_checkpoints.py
        (content()["state_dict"], "lacks version, classes, state_dict. It looks like a bare state_dict"),
        ({}, r"lacks version, classes, state_dict\. Save the model"),
        (content(classes=None), "lacks classes"),
        (content(version="1"), "version is a str; expected int"),
        (content(state_dict=[1]), "state_dict is a list; expected mapping"),
        (content(version=2), "version 2 of the format; this course knows version 1. Update the course"),
        (
            content(classes=list("ABCDEFGHIJKLMNOPQRSTUVWX")),
            r"other classes: \['A', 'B', .*\.\.\.\].* without J",
        ),
        (content(classes=[]), "made for other classes"),
        (content(mean=0.5), r"made with mean = 0\.5; expected 0\.0"),
        (content(std=[0.2] * 99), r"made with std = \[0\.2, .{1,40}\.\.\.\]; expected 1\.0"),
        (content(image_size=64), "made with image_size = 64; expected 28"),
        (content(architecture="VGG16"), "made with architecture = 'VGG16'; expected SignLanguageCNN"),
        (content(state_dict={}), "weights of another network than SignLanguageCNN.* Missing key"),
        (content(state_dict={1: torch.ones(1)}), "weights of another network"),
        (content(state_dict=FashionMNISTModelV2(1, 10, 24).state_dict()), "weights of another network"),
        (weights(weight=torch.ones(26, 512)), "another network.* size mismatch for head.4.weight"),
        (
            weights(extra=torch.ones(1)),
            r'another network.* Unexpected key\(s\) in state_dict: "head.4.extra"',
        ),
        (weights(bias="?"), r'another network.* "head\.4\.bias", expected torch.Tensor'),
        (weights(bias=torch.full([24], torch.nan)), r"head\.4\.bias holds values that are no numbers"),
    ],
)
def test_a_file_with_the_wrong_content_says_what_is_wrong(tmp_path, found, message):
    torch.save(found, tmp_path / "asl.pth")
    with pytest.raises(ValueError, match=message):
        load_asl_model(tmp_path / "asl.pth")


# Ask


def test_all_letters_come_with_their_probabilities_the_likeliest_first(model):
    ranking = predict_letter(picture(), model)
    letters, probabilities = zip(*ranking, strict=True)
    assert sorted(letters) == CLASSES
    assert list(probabilities) == sorted(probabilities, reverse=True)
    assert sum(probabilities) == pytest.approx(1, abs=1e-5)


def test_a_picture_that_is_ready_gets_the_models_own_answer(model, ask):
    for image in (picture(28, 28, 1) / 255, 1 - picture(28, 28, 1) / 255):
        with torch.inference_mode():
            probabilities = model.eval()(image[None]).softmax(dim=1)[0]
        assert probabilities.max() > 0.2  # the tests' model has opinions
        assert dict(zip(CLASSES, probabilities.tolist(), strict=True)) == ask(image)


def test_file_pil_image_and_tensors_of_one_picture_give_one_answer(model, ask, tmp_path):
    image, file = picture(), tmp_path / "hand.png"
    pil = TF.to_pil_image(image)
    pil.save(file)
    for same in (file, str(file), pil, image / 255, image[None]):
        assert dict(predict_letter(same, model)) == ask(image)


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
    small = letter_prediction._as_input(stripes)
    assert small.shape == (1, 1, 28, 28)
    assert torch.allclose(small, torch.tensor(0.2), atol=0.05)


def test_a_photo_whose_exif_data_are_damaged_gets_an_answer(model, tmp_path):
    TF.to_pil_image(picture()).save(tmp_path / "hand.jpg", exif=b"Exif\0\0" + bytes(100))
    assert len(predict_letter(tmp_path / "hand.jpg", model)) == 24


def test_what_is_transparent_is_white(ask, model, tmp_path):
    image = TF.to_pil_image(picture())
    see_through = image.convert("RGBA")
    see_through.paste((200, 10, 10, 0), (0, 0, 30, 60))
    see_through.save(tmp_path / "hand.png")
    image.paste("white", (0, 0, 30, 60))
    for same in (see_through, tmp_path / "hand.png"):
        assert dict(predict_letter(same, model)) == ask(image)


def test_a_picture_that_lies_on_its_side_is_turned(ask, model, tmp_path):
    upright = TF.to_pil_image(picture(40, 80))
    exif = Image.Exif()
    exif[EXIF_ORIENTATION] = 6
    upright.rotate(90, expand=True).save(tmp_path / "hand.png", exif=exif)
    with Image.open(tmp_path / "hand.png") as lying:
        assert lying.size == (40, 80)
        for same in (lying, tmp_path / "hand.png"):
            assert dict(predict_letter(same, model)) == ask(upright)


def test_asking_changes_neither_the_model_nor_the_picture(model):
    model.train()
    model.blocks[0].eval()
    image, before = picture(), picture()
    assert predict_letter(image, model) == predict_letter(image, model)  # in eval mode: no dropout
    assert torch.equal(image, before)
    assert (model.training, model.blocks[0].training) == (True, False)
    assert (model.blocks[1].layers[1].running_mean == 0).all()


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
    reason = r"text\.png can't be used: it is no picture that can be read here, such as JPEG or PNG\."
    with pytest.raises(ValueError, match=reason):
        predict_letter(tmp_path / "text.png", model)
    with pytest.raises(FileNotFoundError, match="no picture at"):
        predict_letter(tmp_path / "none.png", model)


def test_a_model_of_other_classes_is_refused():
    with pytest.raises(ValueError, match=r"gives \[1, 26\] logits; expected \[1, 24\]"):
        predict_letter(picture(), SignLanguageCNN(classes=26))


# The lesson


@pytest.mark.parametrize("channels", [1, 3])
def test_the_function_that_lesson_09_writes_does_the_same(model, ask, channels):
    known = {"TF": TF, "ImageOps": ImageOps, "class_names": CLASSES}
    taught = written_out("09_deployment", "predict_letter", **known)["predict_letter"]
    image = TF.to_pil_image(picture(200, 150, channels))
    found = taught(image, model)
    assert dict(found) == ask(image)
    assert [letter for letter, _ in found] == [letter for letter, _ in predict_letter(image, model)]
