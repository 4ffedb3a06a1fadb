import re
from itertools import product
from pathlib import Path

import pytest
import torch
from torch.nn import functional as F

from helpers import conv_explorer

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "helpers/explorables/conv_explorer.html").read_text("utf-8")
MARKUP = PAGE[: PAGE.index("<script>")]
# The words of each slider's label, its name, and from where to where it goes.
SLIDERS = re.findall(r'<label>(.+) <input type="range" name="(\w+)" min="(\d+)" max="(\d+)"', MARKUP)


def arithmetic():
    """Return the explorer's own functions in a JavaScript engine that has no page."""
    source = re.search(r"// begin arithmetic.*?\n(.*)// end arithmetic", PAGE, re.S)[1]
    quickjs = pytest.importorskip("quickjs", reason="needs quickjs, which is not built for this system")
    context = quickjs.Context()
    context.eval(source)
    context.eval("function neverVisitedText(...layer) { return neverVisited(...layer).join(' '); }")
    return context


def settings():
    """Return each setting that the sliders allow."""
    return list(product(*(range(int(low), int(high) + 1) for _, _, low, high in SLIDERS[:5])))


def conv2d(size, kernel, stride, padding, dilation, device="cpu"):
    """Return what PyTorch makes of a square of ones, with the input; None where the kernel doesn't fit."""
    weight = torch.ones(1, 1, kernel, kernel, device=device)
    image = torch.ones(1, 1, size, size, device=device, requires_grad=True)
    try:
        return F.conv2d(image, weight, None, stride, padding, dilation), image
    except RuntimeError:
        return None, image


def test_the_output_size_is_that_of_conv2d_for_every_setting():
    output_size = arithmetic().get("outputSize")
    for setting in settings():
        output, _ = conv2d(*setting, device="meta")  # sizes without numbers: that is quick
        assert output_size(*setting) == (0 if output is None else output.shape[-1]), setting


def test_what_is_never_visited_is_what_has_no_gradient():
    never_visited = arithmetic().get("neverVisitedText")
    for setting in settings()[::17]:
        output, image = conv2d(*setting)
        if output is None:
            continue
        output.sum().backward()
        untouched = (image.grad[0, 0].sum(dim=0) == 0).nonzero().flatten().tolist()
        assert never_visited(*setting) == " ".join(map(str, untouched)), setting


@pytest.mark.parametrize(
    ("setting", "shown"),
    [
        ((7, 3, 2, 1, 1), "= ⌊(7 + 2·1 − 1·(3 − 1) − 1) / 2⌋ + 1 = ⌊6 / 2⌋ + 1 = 3 + 1 = 4"),
        ((8, 3, 2, 0, 2), "= ⌊(8 + 2·0 − 2·(3 − 1) − 1) / 2⌋ + 1 = ⌊3 / 2⌋ + 1 = 1 + 1 = 2"),
        ((2, 5, 1, 0, 1), "brackets is −3: no place at all"),
    ],
)
def test_the_formula_is_shown_with_its_numbers(setting, shown):
    assert arithmetic().get("filledIn")(*setting).endswith(shown)


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ((7, 3, 1, 0, 1), r"7 × 7 in, 5 × 5 out\. Every cell of the input is visited\.$"),
        ((8, 3, 2, 0, 1), r"Never visited: input column 7, .* step of 2 would lead over the edge\.$"),
        ((8, 3, 2, 1, 1), r"last column of padding and as many rows are never visited, but every cell"),
        ((7, 5, 4, 2, 1), r"last 2 columns of padding and as many rows are never visited, but every cell"),
        ((7, 2, 3, 0, 1), r"Never visited: input columns 2, 5, .* leave gaps\.$"),
        ((7, 3, 4, 0, 2), r"^With dilation 2 the kernel spans 5 cells\. .* leave gaps\.$"),
        ((3, 5, 1, 0, 1), r"^The kernel does not fit: it has 5 cells a side, the input has only 3\."),
        ((3, 3, 1, 0, 2), r"with its dilation it spans 5 cells a side, the input has only 3\."),
        ((3, 7, 1, 1, 1), r"the padded input has only 5\. PyTorch raises an error\."),
    ],
)
def test_it_says_in_words_what_does_not_fit_and_what_is_never_visited(setting, words):
    assert re.search(words, arithmetic().get("inWords")(*setting))


def test_every_slider_is_a_native_one_with_a_label():
    labels = ["input size", "kernel_size", "stride", "padding", "dilation", "output row", "output column"]
    names = ["size", "kernel", "stride", "padding", "dilation", "row", "column"]
    assert [slider[:2] for slider in SLIDERS] == list(zip(labels, names, strict=True))
    assert MARKUP.count("<input") == len(SLIDERS)


@pytest.mark.parametrize(
    ("markup", "why"),
    [
        ('role="status"', "changes are read aloud"),
        (
            '<div class="conv-explorer" data-lm-suppress-shortcuts="true">',
            "JupyterLab leaves it the arrow keys",
        ),
        ("It needs JavaScript", "a page without scripts says what is missing"),
    ],
)
def test_the_page_serves_everybody(markup, why):
    assert markup in MARKUP, why
    assert MARKUP.index("It needs JavaScript") < MARKUP.index("<template>")


def test_nothing_is_fetched():
    namespace = '"http://www.w3.org/2000/svg"'
    assert not re.search(r"https?:|//\w+\.|@import|url\(|\bfetch\(|import\(", PAGE.replace(namespace, ""))
    assert not re.search(r"<[^>]*\b(src|href)=", MARKUP)


def test_two_on_a_page_do_not_clash():
    assert not re.search(r"<[^>]*\bid=", MARKUP)
    assert "attachShadow" in PAGE


def test_the_notebook_shows_the_page():
    assert conv_explorer().data == PAGE
