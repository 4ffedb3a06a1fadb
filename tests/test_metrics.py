import pytest
import torch

from helpers.metrics import accuracy_fn, get_batch_accuracy


def test_accuracy_is_in_percent_and_counts_whole_samples():
    assert accuracy_fn(y_true=torch.tensor([0, 1, 2, 3]), y_pred=torch.tensor([0, 1, 2, 0])) == 75.0
    y_true, y_pred = torch.zeros(10_000), (torch.arange(10_000) < 8343).logical_not().float()
    assert accuracy_fn(y_true, y_pred) * 10_000 / 100 == pytest.approx(8343, abs=1e-9)


def test_batch_accuracies_add_up_to_that_of_the_data_set_with_a_ragged_last_batch():
    torch.manual_seed(0)
    logits, labels = torch.rand(10, 3), torch.randint(3, (10,))
    batches = zip(logits.split(4), labels.split(4), strict=True)
    summed = sum(get_batch_accuracy(output, y, N=10) for output, y in batches)
    assert summed == pytest.approx(accuracy_fn(labels, logits.argmax(dim=1)))
