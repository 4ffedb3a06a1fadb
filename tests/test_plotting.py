"""What each figure shows. What the functions take, and what they refuse, is in test_accepted_input.py."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from matplotlib.colors import to_hex
from torch import nn

from helpers import (
    plot_confusion_matrix,
    plot_decision_boundary,
    plot_image_predictions,
    plot_images,
    plot_loss_curves,
    plot_predictions,
)
from helpers.plotting.figures import RIGHT, WRONG


@pytest.fixture(autouse=True)
def _drawn_and_closed():
    """Draw what a test has plotted (a missing glyph or a clash of layouts shows only then) and close it."""
    yield
    for number in plt.get_fignums():
        plt.figure(number).canvas.draw()
    plt.close("all")


def axes_of_the_only_figure():
    assert len(plt.get_fignums()) == 1
    return plt.gcf().axes


def drawn_images():
    return [axis.images[0] for axis in axes_of_the_only_figure() if axis.images]


def titles():
    return [axis.get_title() for axis in axes_of_the_only_figure() if axis.images]


def title_colours():
    return [to_hex(axis.title.get_color()) for axis in plt.gcf().axes]


# Images


@pytest.mark.parametrize(("count", "places"), [(7, 9), (2, 2)])
def test_each_image_has_its_title_and_the_rest_of_the_grid_is_empty(count, places):
    plot_images(torch.rand(count, 4, 4), list("abcdefg")[:count], columns=3, suptitle="Letters")
    assert titles() == list("abcdefg")[:count]
    assert len(plt.gcf().axes) == places
    assert not any(axis.axison for axis in plt.gcf().axes)
    assert plt.gcf().get_suptitle() == "Letters"
    assert set(title_colours()) == {"#000000"}


@pytest.mark.parametrize("shape", [(4, 6), (1, 4, 6)])
def test_a_grey_image_keeps_its_pixels_and_its_scale(shape):
    image = torch.linspace(0.2, 0.7, 24).reshape(shape).requires_grad_()
    plot_images([image], ["grey"])
    [drawn] = drawn_images()
    assert drawn.get_cmap().name == "gray"
    assert drawn.get_clim() == (0, 1)  # not stretched to the image's own range
    np.testing.assert_array_equal(drawn.get_array(), image.detach().reshape(4, 6).numpy())
    assert image.requires_grad
    assert image.shape == shape


def test_bytes_go_from_0_to_255():
    plot_images(torch.full((1, 4, 4), 200, dtype=torch.uint8), ["bright"])
    assert drawn_images()[0].get_clim() == (0, 255)


# Predictions


def test_right_and_wrong_differ_by_mark_and_colour_and_text():
    probabilities = torch.tensor([[0.9, 0.1], [0.25, 0.75]])
    plot_image_predictions(
        torch.rand(2, 1, 4, 4), torch.tensor([0, 0]), probabilities, ["cat", "dog"], "Pets"
    )
    assert titles() == ["✓ cat (90 %)", "✗ dog (75 %)\nreally: cat"]
    assert title_colours() == [RIGHT.lower(), WRONG.lower()]
    assert plt.gcf().get_suptitle() == "Pets"


# Curves


@pytest.mark.parametrize("other", ["valid", "test"])
def test_the_histories_of_this_course_and_of_others_are_drawn(other):
    history = {"epoch": [1, 2], "train_loss": [2.0, 1.0], "train_acc": [50.0, 80.0]}
    history |= {f"{other}_loss": [2.5, 1.5], f"{other}_acc": [40.0, 70.0], "seconds": [1.0, 1.0]}
    plot_loss_curves(history)
    losses, accuracies = axes_of_the_only_figure()
    for axis in (losses, accuracies):
        assert [text.get_text() for text in axis.get_legend().get_texts()] == ["train", other]
        assert axis.get_xlabel() == "epoch"
        train, held_out = axis.lines
        assert train.get_marker() != held_out.get_marker()
        assert train.get_color() != held_out.get_color()
    assert list(losses.lines[1].get_ydata()) == [2.5, 1.5]
    assert list(accuracies.lines[0].get_xdata()) == [1, 2]
    assert (losses.get_ylabel(), accuracies.get_ylabel()) == ("loss", "accuracy (%)")
    assert losses.get_title() == "Loss over the epochs"


@pytest.mark.parametrize(("epochs", "most"), [(2, 2), (30, 30), (31, 16), (1000, 30)])
def test_a_long_curve_is_not_hidden_by_its_marks(epochs, most):
    plot_loss_curves({"train_loss": [1.0] * epochs})
    [curve] = axes_of_the_only_figure()[0].lines
    assert len(curve.get_xdata()[:: curve.get_markevery()]) == most


def test_a_history_of_many_losses_alone_is_drawn_whole_and_without_an_empty_half():
    plot_loss_curves({f"{name}_loss": [1.0, 2.0] for name in ("train", "valid", "test", "other", "last")})
    [axis] = axes_of_the_only_figure()
    assert axis.get_ylabel() == "loss"
    assert len(axis.lines) == 5


# The confusion matrix


def test_the_confusion_matrix_has_true_classes_in_rows_and_says_so():
    plot_confusion_matrix(torch.tensor([[5, 2], [0, 7]]), ["cat", "dog"], title="Dogs are easy")
    [axis] = axes_of_the_only_figure()
    assert axis.get_title() == "Dogs are easy"
    assert (axis.get_ylabel(), axis.get_xlabel()) == ("true label", "predicted label")
    written = {tuple(map(round, text.get_position())): text.get_text() for text in axis.texts}
    assert written == {(0, 0): "5", (1, 0): "2", (0, 1): "0", (1, 1): "7"}  # (column, row)


def test_every_class_has_its_name_on_the_confusion_matrix():
    names = [f"class {number}" for number in range(10)]
    plot_confusion_matrix(torch.eye(10, dtype=torch.int64), names)
    [axis] = axes_of_the_only_figure()
    for labels in (axis.get_xticklabels(), axis.get_yticklabels()):
        assert [label.get_text() for label in labels if label.get_text()] == names


# Regression


def test_a_regression_is_drawn_with_a_mark_for_each_kind_of_point():
    x = torch.arange(4.0).unsqueeze(1)
    plot_predictions(x, 2 * x, x + 4, 2 * x + 8, (2 * x + 9).requires_grad_())
    [axis] = axes_of_the_only_figure()
    train, test, predicted = axis.collections
    assert axis.get_legend_handles_labels()[1] == ["training data", "test data", "predictions"]
    assert train.get_offsets().tolist() == [[0, 0], [1, 2], [2, 4], [3, 6]]
    assert predicted.get_offsets()[:, 1].tolist() == [9, 11, 13, 15]
    assert len({points.get_paths()[0].vertices.tobytes() for points in (train, test, predicted)}) == 3
    assert (axis.get_xlabel(), axis.get_ylabel(), axis.get_title()) == ("x", "y", "Data and predictions")


def test_without_predictions_the_data_alone_are_drawn_and_need_not_be_test_data():
    x = torch.arange(4.0)
    plot_predictions(x, x, x, x, held_out="validation data")
    [axis] = axes_of_the_only_figure()
    assert [points.get_label() for points in axis.collections] == ["training data", "validation data"]
    assert axis.get_title() == "Data"


def test_a_single_point_is_drawn():
    x = torch.arange(4.0).unsqueeze(1)
    plot_predictions(x, x, x[:1], x[:1], x[:1])
    assert len(plt.gca().collections) == 3
    plt.figure()
    plot_decision_boundary(nn.Linear(2, 1), x[:1].repeat(1, 2), x[:1])
    assert len(plt.gca().collections) == 2


# Decision boundaries


def right_of_zero() -> nn.Linear:
    """Return a binary model that says 1 for the points whose feature 0 is above 0."""
    model = nn.Linear(2, 1, bias=False)
    nn.init.eye_(model.weight)
    return model


POINTS = torch.tensor([[-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [1.0, 1.0]])
LABELS = torch.tensor([0, 0, 1, 1])


def regions():
    """Return the classes of the plane, [201, 201], as the current figure shows them."""
    [axis] = axes_of_the_only_figure()
    mesh, *points = axis.collections
    assert sum(len(own.get_offsets()) for own in points) == 4
    return np.asarray(mesh.get_array()).reshape(201, 201)


def test_a_boundary_of_more_classes_shows_the_largest_logit():
    model = nn.Linear(2, 3, bias=False)
    with torch.no_grad():
        model.weight.copy_(torch.tensor([[-1.0, 0.0], [1.0, 0.0], [0.0, 3.0]]))
    plot_decision_boundary(model, POINTS, torch.tensor([0, 1, 2, 2]))
    plane = regions()
    assert (plane[0, 0], plane[0, -1], plane[-1, 100]) == (0, 1, 2)


def test_points_share_their_colour_with_the_plane_and_have_a_mark_for_each_class():
    plot_decision_boundary(right_of_zero(), POINTS, LABELS.float().unsqueeze(1))
    mesh, zeros, ones = axes_of_the_only_figure()[0].collections
    assert [own.get_array().tolist() for own in (zeros, ones)] == [[0, 0], [1, 1]]
    for own in (zeros, ones):
        assert mesh.get_cmap() == own.get_cmap()
        assert mesh.get_clim() == own.get_clim()
    assert zeros.get_paths()[0].vertices.shape != ones.get_paths()[0].vertices.shape


def test_the_boundary_is_drawn_where_asked_with_labels():
    _, (left, right) = plt.subplots(1, 2)
    plot_decision_boundary(right_of_zero(), POINTS, LABELS, axis=left)
    assert (left.get_xlabel(), left.get_ylabel()) == ("feature 0", "feature 1")
    assert not right.collections


def test_a_boundary_is_asked_in_eval_mode_and_leaves_the_model_as_it_was():
    model = nn.Sequential(nn.Linear(2, 4), nn.BatchNorm1d(4), nn.Dropout(0.5), nn.Linear(4, 3)).double()
    model[1].eval()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    modes, seen = [module.training for module in model.modules()], []
    model.register_forward_hook(lambda module, inputs, _: seen.append((module.training, inputs[0].dtype)))
    points = POINTS.double().requires_grad_()
    plot_decision_boundary(model, points, torch.tensor([0, 1, 2, 0]))
    assert seen == [(False, torch.float64)]
    assert [module.training for module in model.modules()] == modes
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    assert all(parameter.grad is None and parameter.requires_grad for parameter in model.parameters())
    assert points.grad is None
