import pytest
import torch

from helpers.metrics import accuracy_fn, get_batch_accuracy


def test_accuracy_is_in_percent():
    assert accuracy_fn(y_true=torch.tensor([0, 1, 2, 3]), y_pred=torch.tensor([0, 1, 2, 0])) == 75.0


def test_accuracy_times_n_is_a_whole_number_of_samples():
    y_true, y_pred = torch.zeros(10_000), (torch.arange(10_000) < 8343).logical_not().float()
    assert accuracy_fn(y_true, y_pred) * 10_000 / 100 == pytest.approx(8343, abs=1e-9)


def test_a_shape_that_would_broadcast_is_refused():
    with pytest.raises(ValueError, match=r"y_true has shape \[4, 1\] and y_pred \[4\].*unsqueeze"):
        accuracy_fn(y_true=torch.zeros(4, 1), y_pred=torch.zeros(4))


def test_logits_instead_of_labels_get_a_hint():
    with pytest.raises(ValueError, match=r"argmax\(dim=1\)"):
        accuracy_fn(y_true=torch.tensor([0, 1]), y_pred=torch.rand(2, 10))


def test_nothing_to_compare_is_an_error():
    with pytest.raises(ValueError, match="no labels to compare"):
        accuracy_fn(torch.tensor([]), torch.tensor([]))


def test_batch_accuracies_add_up_to_that_of_the_data_set_with_a_ragged_last_batch():
    torch.manual_seed(0)
    logits, labels = torch.rand(10, 3), torch.randint(3, (10,))
    summed = sum(
        get_batch_accuracy(output, y, N=10)
        for output, y in zip(logits.split(4), labels.split(4), strict=True)
    )
    assert summed == pytest.approx(accuracy_fn(labels, logits.argmax(dim=1)))
