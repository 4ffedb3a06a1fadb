import matplotlib.pyplot as plt
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from helpers import plot_convolution, plot_matmul, plot_tensors, plot_windows
from helpers.plotting.diagrams import GAP


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def rounded(x: float, y: float) -> tuple[float, float]:
    return round(x, 6), round(y, 6)


def texts() -> list[str]:
    return [text.get_text() for text in plt.gcf().axes[0].texts]


def headings() -> list[str]:
    """Return the texts of two lines: a name and a shape."""
    return [text for text in texts() if "\n[" in text]


def filled() -> dict[tuple[float, float], plt.Rectangle]:
    """Return the cells by their upper left corner."""
    patches = plt.gcf().axes[0].patches
    return {rounded(*patch.get_xy()): patch for patch in patches if patch.get_fill()}


def cells() -> dict[tuple[float, float], str]:
    """Return the numbers written into cells: the cell's upper left corner → text."""
    written = {
        rounded(*(xy - 0.5 for xy in text.get_position())): text.get_text()
        for text in plt.gcf().axes[0].texts
    }
    return {place: text for place, text in written.items() if place in filled()}


def shades_of(number: str) -> set[tuple[float, ...]]:
    """Return the shades of all cells with this number."""
    return {filled()[place].get_facecolor() for place, text in cells().items() if text == number}


def frames() -> list[tuple[float, ...]]:
    """Return each frame as (left, top, width, height)."""
    found = [patch for patch in plt.gcf().axes[0].patches if not patch.get_fill()]
    return [(*rounded(*patch.get_xy()), patch.get_width(), patch.get_height()) for patch in found]


# Tensors


def test_a_matrix_is_drawn_with_its_rows_downwards():
    plot_tensors({"x": torch.tensor([[1, 2, 3], [4, 5, 6]])})
    assert cells() == {(0, 0): "1", (1, 0): "2", (2, 0): "3", (0, 1): "4", (1, 1): "5", (2, 1): "6"}


def test_each_tensor_has_its_name_and_shape_above_it():
    x = torch.arange(6.0, requires_grad=True)
    plot_tensors({"x": x, "as rows": x.reshape(2, 3), "one number": x[0]}, title="Shapes")
    assert headings() == ["x\n[6]", "as rows\n[2, 3]", "one number\n[]"]
    assert plt.gcf().get_suptitle() == "Shapes"
    assert x.requires_grad


def test_equal_numbers_have_equal_shades_and_others_differ():
    x = torch.arange(6).reshape(2, 3)
    plot_tensors({"x": x, "x.T": x.T})
    shades = [shades_of(str(number)) for number in range(6)]
    assert all(len(shade) == 1 for shade in shades)
    assert len(set.union(*shades)) == 6


def test_a_mask_has_its_own_two_shades_beside_large_numbers():
    x = torch.tensor([1, 100])
    plot_tensors({"x": x, "x > 50": x > 50})
    assert shades_of("True") == shades_of("100")
    assert shades_of("False") == shades_of("1")


def test_the_first_of_several_pages_is_in_front():
    plot_tensors({"x": torch.arange(8).reshape(2, 2, 2)})
    places = {text: place for place, text in cells().items()}
    assert places["4"][0] > places["0"][0]
    assert places["4"][1] < places["0"][1]
    assert filled()[places["4"]].get_zorder() < filled()[places["0"]].get_zorder()


@pytest.mark.parametrize(
    ("number", "text"), [(True, "True"), (3, "3"), (2.0, "2"), (0.123456, "0.123"), (float("nan"), "nan")]
)
def test_a_number_is_written_so_that_it_fits(number, text):
    plot_tensors({"x": torch.tensor(number)})
    assert list(cells().values()) == [text]


# A matrix product

A = torch.tensor([[1, 2], [3, 4], [5, 6]])
B = torch.tensor([[1, 0, 2, 1], [3, 1, 0, 2]])


def test_a_product_stands_in_the_corner_between_its_factors_with_the_rule_for_the_shapes():
    plot_matmul(A, B)
    assert headings() == ["a\n[3, 2]", "b\n[2, 4]", "a @ b\n[3, 4]"]
    assert "inner: 2 = 2\nouter: [3, 4]" in texts()
    places, start = cells(), 2 + GAP
    for i, j in [(0, 0), (1, 2), (2, 3)]:
        assert places[rounded(start + j, start + i)] == str((A @ B)[i, j].item())
        assert places[rounded(0, start + i)] == str(A[i, 0].item())
        assert places[rounded(start + j, 0)] == str(B[0, j].item())


def test_the_row_the_column_and_their_entry_are_framed():
    plot_matmul(A, B, row=1, column=2)
    start = 2 + GAP
    assert frames() == [(0, start + 1, 2, 1), (start + 2, 0, 1, 2), (start + 2, start + 1, 1, 1)]


# A convolution

IMAGE = torch.tensor([[1.0, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12]], requires_grad=True)
KERNEL = torch.tensor([[1.0, 0], [0, -2]])


def test_a_convolution_is_drawn_with_the_numbers_of_conv2d():
    plot_convolution(IMAGE, KERNEL, title="By hand")
    expected = F.conv2d(IMAGE[None, None], KERNEL[None, None])[0, 0]
    assert headings() == ["image\n[3, 4]", "kernel\n[2, 2]", "result\n[2, 3]"]
    assert list(cells().values())[-6:] == [f"{number:.3g}" for number in expected.flatten().tolist()]
    assert plt.gcf().get_suptitle() == "By hand"
    assert IMAGE.grad is None


def test_the_window_and_its_result_are_framed():
    plot_convolution(IMAGE, KERNEL, row=1, column=2)
    window, result = frames()
    assert window == (2, 1, 2, 2)
    assert result[1:] == (1, 1, 1)


# Windows


@pytest.mark.parametrize(
    ("layer", "heading", "n_padding", "n_never", "n_frames"),
    [
        ({"size": 5, "kernel_size": 3}, "a\n5 → 3", 0, 0, 2),
        ({"size": 5, "kernel_size": 3, "padding": 1}, "a\n5 → 5", 24, 0, 2),
        ({"size": 6, "kernel_size": 3, "stride": 2}, "a\n6 → 2", 0, 11, 2),
        ({"size": 5, "kernel_size": 3, "dilation": 2}, "a\n5 → 1", 0, 16, 0),
    ],
)
def test_the_windows_of_a_layer_are_drawn(layer, heading, n_padding, n_never, n_frames):
    plot_windows({"a": layer}, title="Windows")
    assert texts()[0] == heading
    assert texts().count("0") == n_padding
    assert texts().count("×") == n_never
    assert len(frames()) == n_frames
    conv = nn.Conv2d(1, 1, **{name: value for name, value in layer.items() if name != "size"})
    out = conv(torch.zeros(1, layer["size"], layer["size"])).shape[-1]
    assert len(filled()) == (layer["size"] + 2 * layer.get("padding", 0)) ** 2 + out**2


def test_several_layers_stand_side_by_side():
    plot_windows({"a": {"size": 5, "kernel_size": 3}, "b": {"size": 4, "kernel_size": 1}})
    assert [text for text in texts() if "→" in text] == ["a\n5 → 3", "b\n4 → 4"]


# What can't be drawn (more of it is in test_accepted_input.py)


@pytest.mark.parametrize(
    ("draw", "arguments", "message"),
    [
        (plot_tensors, [{"x": torch.zeros(0, 3)}], "x has 0 numbers"),
        (plot_matmul, [A, B, 3, 0], "has no row 3"),
        (plot_matmul, [A, B, 0, -1], "with a column -1"),
        (plot_convolution, [IMAGE, KERNEL[0]], "expected two matrices"),
        (plot_convolution, [KERNEL, IMAGE], "does not fit"),
        (plot_convolution, [IMAGE, KERNEL, 2], "no row 2"),
        (plot_convolution, [IMAGE, KERNEL, 0, -1], "no row 0 with a column -1"),
        (plot_windows, [{}], "no layers"),
    ],
)
def test_what_can_not_be_drawn_is_named(draw, arguments, message):
    with pytest.raises(ValueError, match=message):
        draw(*arguments)
