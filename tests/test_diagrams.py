import matplotlib.pyplot as plt
import pytest
import torch
from matplotlib.patches import Rectangle

from helpers import diagrams, plot_matmul, plot_tensors


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def rounded(x: float, y: float) -> tuple[float, float]:
    return round(x, 6), round(y, 6)


def cells() -> dict[tuple[float, float], str]:
    """Return the numbers written into cells: the cell's upper left corner → text."""
    [axis] = plt.gcf().axes
    corners = {rounded(*patch.get_xy()) for patch in axis.patches if patch.get_fill()}
    texts = {rounded(*(xy - 0.5 for xy in text.get_position())): text.get_text() for text in axis.texts}
    return {place: text for place, text in texts.items() if place in corners}


def headings() -> list[str]:
    """Return the texts of two lines: a name and a shape."""
    return [text.get_text() for text in plt.gcf().axes[0].texts if "\n[" in text.get_text()]


def colour_of(number: str) -> set[tuple[float, ...]]:
    """Return the shades of all cells with this number."""
    patches = {patch.get_xy(): patch for patch in plt.gcf().axes[0].patches}
    return {patches[place].get_facecolor() for place, text in cells().items() if text == number}


def test_a_matrix_is_drawn_with_its_rows_downwards():
    plot_tensors({"x": torch.tensor([[1, 2, 3], [4, 5, 6]])})
    assert cells() == {(0, 0): "1", (1, 0): "2", (2, 0): "3", (0, 1): "4", (1, 1): "5", (2, 1): "6"}


def test_each_tensor_has_its_name_and_shape_above_it():
    x = torch.arange(6)
    plot_tensors({"x": x, "as rows": x.reshape(2, 3), "one number": x[0]}, title="Shapes")
    assert headings() == ["x\n[6]", "as rows\n[2, 3]", "one number\n[]"]
    assert plt.gcf().get_suptitle() == "Shapes"


def test_equal_numbers_have_equal_shades_and_others_differ():
    x = torch.arange(6).reshape(2, 3)
    plot_tensors({"x": x, "x.T": x.T})
    shades = [colour_of(str(number)) for number in range(6)]
    assert all(len(shade) == 1 for shade in shades)
    assert len(set.union(*shades)) == 6


def test_a_mask_has_its_own_two_shades_beside_large_numbers():
    x = torch.tensor([1, 100])
    plot_tensors({"x": x, "x > 50": x > 50})
    assert colour_of("True") == colour_of("100")
    assert colour_of("False") == colour_of("1")


def test_pages_lie_behind_each_other_the_first_in_front():
    plot_tensors({"x": torch.arange(8).reshape(2, 2, 2)})
    places = {text: place for place, text in cells().items()}
    assert places["4"][0] > places["0"][0]
    assert places["4"][1] < places["0"][1]
    depth = {patch.get_xy(): patch.get_zorder() for patch in plt.gcf().axes[0].patches}
    assert depth[places["4"]] < depth[places["0"]]


@pytest.mark.parametrize(
    ("number", "text"), [(True, "True"), (3, "3"), (2.0, "2"), (0.123456, "0.123"), (float("nan"), "nan")]
)
def test_a_number_is_written_so_that_it_fits(number, text):
    plot_tensors({"x": torch.tensor(number)})
    assert list(cells().values()) == [text]


def test_a_tensor_that_requires_grad_is_drawn_and_left_as_it_is():
    x = torch.ones(2, requires_grad=True)
    plot_tensors({"x": x})
    assert x.requires_grad


@pytest.mark.parametrize(
    ("tensors", "message"),
    [
        ({}, "no tensors"),
        ({"x": torch.zeros(1, 2, 1, 2)}, "x has 4 dimensions; up to 3"),
        ({"x": torch.zeros(100, 100)}, "x has 10000 numbers; 1 to 256"),
        ({"x": torch.zeros(0, 3)}, "x has 0 numbers"),
    ],
)
def test_what_cannot_be_drawn_is_named(tensors, message):
    with pytest.raises(ValueError, match=message):
        plot_tensors(tensors)


# A matrix product

A = torch.tensor([[1, 2], [3, 4], [5, 6]])
B = torch.tensor([[1, 0, 2, 1], [3, 1, 0, 2]])


def test_a_product_stands_in_the_corner_between_its_factors():
    plot_matmul(A, B)
    assert headings() == ["a\n[3, 2]", "b\n[2, 4]", "a @ b\n[3, 4]"]
    places, start = cells(), 2 + diagrams.GAP
    for i, j in [(0, 0), (1, 2), (2, 3)]:
        assert places[rounded(start + j, start + i)] == str((A @ B)[i, j].item())
        assert places[rounded(0, start + i)] == str(A[i, 0].item())
        assert places[rounded(start + j, 0)] == str(B[0, j].item())


def test_the_rule_for_the_shapes_stands_beside_it():
    plot_matmul(A, B)
    assert "inner: 2 = 2\nouter: [3, 4]" in [text.get_text() for text in plt.gcf().axes[0].texts]


def test_the_row_the_column_and_their_entry_are_framed():
    plot_matmul(A, B, row=1, column=2)
    frames = [patch for patch in plt.gcf().axes[0].patches if not patch.get_fill()]
    start = 2 + diagrams.GAP
    assert [(frame.get_xy(), frame.get_width(), frame.get_height()) for frame in frames] == [
        ((0, start + 1), 2, 1),
        ((start + 2, 0), 1, 2),
        ((start + 2, start + 1), 1, 1),
    ]
    assert all(isinstance(frame, Rectangle) for frame in frames)


@pytest.mark.parametrize(
    ("a", "b", "place", "message"),
    [
        (A, A, (0, 0), r"a has shape \[3, 2\], b \[3, 2\]; expected \[n, k\] and \[k, m\]"),
        (A, B[0], (0, 0), r"b \[4\]; expected"),
        (A, B, (3, 0), "has no row 3"),
        (A, B, (0, -1), "with a column -1"),
    ],
)
def test_a_product_that_cannot_be_drawn_is_explained(a, b, place, message):
    with pytest.raises(ValueError, match=message):
        plot_matmul(a, b, *place)
