import copy

import pandas as pd
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from helpers import accuracy_fn, eval_model, make_predictions, test_step, train, train_step


def make_model() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Flatten(), nn.Linear(4, 8), nn.ReLU(), nn.Dropout(0.5), nn.Linear(8, 3))


def make_data(count: int = 10) -> TensorDataset:
    generator = torch.Generator().manual_seed(0)
    images = torch.rand(count, 1, 2, 2, generator=generator)
    return TensorDataset(images, (images.flatten(1)[:, :3]).argmax(dim=1))


def make_loader(count: int = 10, batch_size: int = 4) -> DataLoader:
    return DataLoader(make_data(count), batch_size=batch_size)


def sgd(model: nn.Module) -> torch.optim.SGD:
    return torch.optim.SGD(model.parameters(), lr=0.1)


loss_fn = nn.CrossEntropyLoss()


class Interrupting(nn.Module):
    """A loss that presses Ctrl-C after some batches."""

    def __init__(self, batches: int) -> None:
        super().__init__()
        self.left = batches

    def forward(self, logits, labels):
        self.left -= 1
        if self.left < 0:
            raise KeyboardInterrupt
        return nn.functional.cross_entropy(logits, labels)


# What the usual courses call, by the names they use


def test_the_signatures_of_the_usual_courses_run(capsys):
    model = make_model()
    optimizer = sgd(model)
    loader = make_loader()
    train_step(
        model=model,
        data_loader=loader,
        loss_fn=loss_fn,
        optimizer=optimizer,
        accuracy_fn=accuracy_fn,
        device="cpu",
    )
    test_step(data_loader=loader, model=model, loss_fn=loss_fn, accuracy_fn=accuracy_fn, device="cpu")
    results = eval_model(
        model=model, data_loader=loader, loss_fn=loss_fn, accuracy_fn=accuracy_fn, device=torch.device("cpu")
    )
    assert list(results) == ["model_name", "model_loss", "model_acc"]
    assert results["model_name"] == "Sequential"
    samples = [image for image, _ in make_data()]
    assert make_predictions(model=model, data=samples, device="cpu").shape == (10, 3)
    printed = capsys.readouterr().out
    assert "Train loss:" in printed
    assert "Test accuracy:" in printed


def test_an_accuracy_function_of_the_learners_own_is_used():
    model = make_model()
    assert eval_model(model, make_loader(), loss_fn, lambda y_true, y_pred: 12.5)["model_acc"] == 12.5


# Averages


def test_loss_and_accuracy_are_averages_over_samples_not_batches():
    model = make_model().eval()
    images, labels = make_data(10).tensors
    logits = model(images)
    loss, accuracy = test_step(model, make_loader(10, batch_size=4), loss_fn)  # batches of 4, 4, 2
    assert loss == pytest.approx(loss_fn(logits, labels).item(), rel=1e-6)
    assert accuracy == accuracy_fn(labels, logits.argmax(dim=1))
    assert accuracy * 10 / 100 == round(accuracy * 10 / 100)


def test_an_epoch_updates_as_the_loop_written_out_does():
    model, by_hand = make_model(), make_model()
    optimizer, optimizer_by_hand = sgd(model), sgd(by_hand)
    torch.manual_seed(1)  # the dropout
    loss, _ = train_step(model, make_loader(), loss_fn, optimizer)
    torch.manual_seed(1)
    by_hand.train()
    total = 0.0
    for images, labels in make_loader():
        batch_loss = loss_fn(by_hand(images), labels)
        optimizer_by_hand.zero_grad()
        batch_loss.backward()
        optimizer_by_hand.step()
        total += batch_loss.item() * len(labels)
    assert loss == pytest.approx(total / 10, rel=1e-6)
    for ours, usual in zip(model.parameters(), by_hand.parameters(), strict=True):
        assert torch.equal(ours, usual)


def test_binary_logits_count_as_class_1_above_zero():
    model = nn.Sequential(nn.Flatten(), nn.Linear(4, 1))
    images = make_data().tensors[0]
    labels = (model(images) > 0).float()
    loader = DataLoader(TensorDataset(images, labels), batch_size=4)
    assert test_step(model, loader, nn.BCEWithLogitsLoss())[1] == 100


def test_training_lowers_the_loss():
    model = make_model()
    history = train(model, make_loader(60), make_loader(20), loss_fn, sgd(model), epochs=8)
    assert history["train_loss"][-1] < history["train_loss"][0]


# Augmentation


class Noting:
    """An augmentation that keeps what it was given, and turns the colours round."""

    def __init__(self) -> None:
        self.batches = []

    def __call__(self, images: torch.Tensor) -> torch.Tensor:
        self.batches.append(images)
        return 1 - images


def test_an_augmentation_changes_the_batches_that_the_model_learns_from():
    augment, seen = Noting(), []
    model = make_model()
    model.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    train_step(model, make_loader(), loss_fn, sgd(model), augment=augment)
    assert [len(batch) for batch in augment.batches] == [4, 4, 2]
    assert torch.equal(torch.cat(augment.batches), make_data().tensors[0])
    assert torch.equal(torch.cat(seen), 1 - make_data().tensors[0])


def test_an_augmentation_is_kept_from_the_validation():
    augment, seen = Noting(), []
    model = make_model()
    model.register_forward_pre_hook(lambda module, inputs: seen.append((module.training, inputs[0])))
    train(model, make_loader(8), make_loader(4), loss_fn, sgd(model), 2, verbose=False, augment=augment)
    assert len(augment.batches) == 2 * 2
    validated = [images for training, images in seen if not training]
    assert len(validated) == 2
    assert all(torch.equal(images, make_data(4).tensors[0]) for images in validated)


def test_an_augmentation_gets_its_batch_on_the_device_of_the_model():
    model = nn.Sequential(nn.Flatten(), nn.Linear(4, 3)).to("meta")
    devices = []

    def augment(images):
        devices.append(images.device.type)
        raise KeyboardInterrupt  # nothing can be computed on "meta"

    history = train(model, make_loader(), make_loader(), loss_fn, sgd(model), 1, augment=augment)
    assert devices == ["meta"]
    assert history["epoch"] == []


def test_no_augmentation_trains_as_one_that_changes_nothing():
    model, other = make_model(), make_model()
    for trained, augment in ((model, None), (other, lambda images: images)):
        torch.manual_seed(1)
        train_step(trained, make_loader(), loss_fn, sgd(trained), augment=augment)
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), other.parameters(), strict=True))


def test_an_augmentation_that_spoils_the_shape_is_named_with_the_shape_it_gave():
    model = make_model()
    with pytest.raises(RuntimeError, match=r"images have shape \[4, 1, 1, 2\]"):
        train_step(model, make_loader(), loss_fn, sgd(model), augment=lambda images: images[:, :, :1])


# What is left as it was


def test_every_module_gets_its_mode_back():
    model = make_model().train()
    model[3].eval()  # a layer that its owner froze
    before = [module.training for module in model.modules()]
    test_step(model, make_loader(), loss_fn)
    assert [module.training for module in model.modules()] == before
    train_step(model, make_loader(), loss_fn, sgd(model))
    assert [module.training for module in model.modules()] == before
    make_predictions(model, torch.rand(2, 1, 2, 2))
    assert [module.training for module in model.modules()] == before


def test_the_mode_comes_back_after_an_error_too():
    model = make_model().train()
    with pytest.raises(RuntimeError):
        make_predictions(model, torch.rand(2, 1, 3, 3))
    assert all(module.training for module in model.modules())


def test_training_happens_in_train_mode_and_testing_in_eval_mode():
    seen = []
    model = make_model().eval()
    model.register_forward_hook(lambda module, *_: seen.append(module.training))
    train_step(model, make_loader(), loss_fn, sgd(model))
    test_step(model, make_loader(), loss_fn)
    assert seen == [True] * 3 + [False] * 3


def test_no_graph_outlives_its_batch():
    graphs = []

    def keep_weakly(logits, labels):
        import weakref

        loss = loss_fn(logits, labels)
        graphs.append(weakref.ref(loss))
        return loss

    model = make_model()
    train_step(model, make_loader(12), keep_weakly, sgd(model))
    assert [graph() for graph in graphs] == [None] * 3


# Predictions


def test_predictions_are_the_softmax_of_the_logits():
    model = make_model().eval()
    images = torch.rand(5, 1, 2, 2)
    probabilities = make_predictions(model, images)
    torch.testing.assert_close(probabilities, model(images).softmax(dim=1).detach())
    assert not probabilities.requires_grad


def test_more_images_than_a_batch_are_all_predicted():
    assert make_predictions(make_model(), torch.rand(600, 1, 2, 2)).shape == (600, 3)


def test_no_images_is_an_error():
    with pytest.raises(ValueError, match="no images to predict"):
        make_predictions(make_model(), [])


# The history


def test_the_history_has_a_value_an_epoch_and_pandas_takes_it():
    model = make_model()
    history = train(model, make_loader(), make_loader(), loss_fn, sgd(model), epochs=2)
    table = pd.DataFrame(history)
    assert table["epoch"].tolist() == [1, 2]
    assert list(table) == ["epoch", "train_loss", "train_acc", "valid_loss", "valid_acc", "seconds"]
    assert table["valid_acc"].between(0, 100).all()


def test_an_interrupt_keeps_the_history_so_far(capsys):
    model = make_model()
    loss = Interrupting(batches=3 + 3 + 2)  # one epoch with its validation, then into the second
    history = train(model, make_loader(), make_loader(), loss, sgd(model), epochs=5)
    assert history["epoch"] == [1]
    assert {len(values) for values in history.values()} == {1}
    assert "history of 1 finished epochs are kept" in capsys.readouterr().out
    assert all(module.training for module in model.modules())


# Bad input


def test_an_empty_loader_is_an_error():
    with pytest.raises(ValueError, match="gave no batch"):
        test_step(make_model(), DataLoader(make_data(3), batch_size=4, drop_last=True), loss_fn)


def test_a_label_outside_the_classes_is_named():
    data = TensorDataset(torch.rand(4, 1, 2, 2), torch.tensor([0, 1, 7, 2]))
    with pytest.raises(IndexError, match=r"Label 7 at position 2 .* 3 classes: labels are 0..2"):
        test_step(make_model(), DataLoader(data, batch_size=4), loss_fn)


def test_bytes_instead_of_floats_are_named_with_their_mending():
    images = torch.zeros(2, 1, 2, 2, dtype=torch.uint8)
    with pytest.raises(RuntimeError, match=r"images are torch.uint8.*images.float\(\) / 255"):
        make_predictions(make_model(), images)


def test_an_image_without_its_batch_dimension_is_named_with_its_mending():
    model = nn.Sequential(nn.Conv2d(1, 2, 2), nn.Flatten(), nn.Linear(2, 3))
    with pytest.raises(RuntimeError, match=r"shape \[1, 2, 2\]; a batch is .*unsqueeze\(0\)"):
        make_predictions(model, torch.rand(1, 2, 2))


def test_other_errors_of_torch_come_with_the_shapes_seen():
    with pytest.raises(RuntimeError, match=r"cannot be multiplied(.|\n)*\[2, 1, 3, 3\](.|\n)*Linear"):
        make_predictions(make_model(), torch.rand(2, 1, 3, 3))


def test_labels_that_would_broadcast_are_refused():
    model = nn.Sequential(nn.Flatten(), nn.Linear(4, 1))
    loader = DataLoader(TensorDataset(torch.rand(4, 1, 2, 2), torch.zeros(4)), batch_size=4)
    with pytest.raises(ValueError, match=r"logits have shape \[4, 1\], the labels \[4\].*unsqueeze"):
        train_step(model, loader, nn.MSELoss(), sgd(model))


def test_a_model_on_another_device_is_named_with_its_mending():
    with pytest.raises(ValueError, match=r"model is on cpu, .* go to meta.*model.to\('meta'\)"):
        test_step(make_model(), make_loader(), loss_fn, device="meta")


def test_an_optimizer_of_another_model_is_refused():
    model, other = make_model(), make_model()
    with pytest.raises(ValueError, match="holds none of this model's parameters"):
        train_step(model, make_loader(), loss_fn, sgd(other))


def test_a_copy_of_the_model_needs_an_optimizer_of_its_own():
    model = make_model()
    optimizer = sgd(model)
    with pytest.raises(ValueError, match=r"torch.optim.SGD\(model.parameters"):
        train_step(copy.deepcopy(model), make_loader(), loss_fn, optimizer)
