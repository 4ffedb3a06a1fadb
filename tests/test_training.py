import copy
import inspect
import weakref

import pandas as pd
import pytest
import torch
from lesson_code import code_cells, written_out
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import helpers
from helpers import accuracy_fn, eval_model, make_predictions, test_step, train, train_step
from helpers.models import FashionMNISTModelV0

loss_fn = nn.CrossEntropyLoss()


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


def same_parameters(one: nn.Module, other: nn.Module) -> bool:
    pairs = zip(one.state_dict().values(), other.state_dict().values(), strict=True)
    return all(torch.equal(a, b) for a, b in pairs)


# The signatures that learners know from the usual courses: names in this order; ours may add some at the end

SIGNATURES = {
    "accuracy_fn": "y_true, y_pred",
    "train_step": "model, data_loader, loss_fn, optimizer, accuracy_fn, device",
    "test_step": "model, data_loader, loss_fn, accuracy_fn, device",
    "eval_model": "model, data_loader, loss_fn, accuracy_fn, device",
    "print_train_time": "start, end, device",
    "make_predictions": "model, data, device",
    "get_batch_accuracy": "output, y, N",
    "plot_decision_boundary": "model, X, y",
    "plot_predictions": "train_data, train_labels, test_data, test_labels, predictions",
}


@pytest.mark.parametrize("name", SIGNATURES)
def test_a_signature_that_learners_know_stays_as_it_is(name):
    expected = SIGNATURES[name].split(", ")
    parameters = inspect.signature(getattr(helpers, name)).parameters
    assert list(parameters)[: len(expected)] == expected
    added = list(parameters.values())[len(expected) :]
    assert all(parameter.default is not parameter.empty for parameter in added)


def test_the_calls_of_the_usual_courses_run(capsys):
    model, loader = make_model(), make_loader()
    train_step(model, loader, loss_fn, sgd(model), accuracy_fn=accuracy_fn, device="cpu")
    test_step(data_loader=loader, model=model, loss_fn=loss_fn, accuracy_fn=accuracy_fn, device="cpu")
    results = eval_model(model, loader, loss_fn, accuracy_fn, device=torch.device("cpu"))
    assert list(results) == ["model_name", "model_loss", "model_acc"]
    assert results["model_name"] == "Sequential"
    assert eval_model(model, loader, loss_fn, lambda y_true, y_pred: 12.5)["model_acc"] == 12.5
    samples = [image for image, _ in make_data()]
    assert make_predictions(model=model, data=samples, device="cpu").shape == (10, 3)
    printed = capsys.readouterr().out
    assert "Train loss:" in printed
    assert "Test accuracy:" in printed


# What lesson 05 writes out

LESSON = "05_fashion_mnist"


def clothes() -> DataLoader:
    """Return 70 images in batches of 32: the last has 6."""
    images = torch.rand(70, 1, 28, 28, generator=torch.Generator().manual_seed(1))
    return DataLoader(TensorDataset(images, torch.arange(70) % 10), batch_size=32, shuffle=True)


def test_the_steps_do_what_the_ones_that_lesson_05_writes_out_do(capsys):
    lessons, models, results, printed = written_out(LESSON, "train_step", "test_step"), [], [], []
    for steps in ({"train_step": train_step, "test_step": test_step}, lessons):
        torch.manual_seed(42)
        model = nn.Sequential(nn.Flatten(), nn.Linear(784, 20), nn.Dropout(0.3), nn.Linear(20, 10))
        optimizer, loader = sgd(model), clothes()
        torch.manual_seed(7)
        rows = [steps["train_step"](model, loader, loss_fn, optimizer, accuracy_fn, "cpu") for _ in range(2)]
        model.eval()
        rows.append(steps["test_step"](model, loader, loss_fn, accuracy_fn, "cpu"))
        models.append(model)
        results.append(rows)
        printed.append(capsys.readouterr().out)
    assert same_parameters(*models)
    assert torch.tensor(results[0]).allclose(torch.tensor(results[1]), atol=1e-6)
    assert printed[0] == printed[1]
    assert printed[0].count("\n") == 3
    for name in ("train_step", "test_step"):
        assert list(inspect.signature(lessons[name]).parameters) == SIGNATURES[name].split(", ")


def test_the_training_loop_of_the_lesson_ends_at_the_same_weights():
    [loop] = [cell for cell in code_cells(LESSON) if "tqdm(range(EPOCHS))" in cell]
    lessons, loader = FashionMNISTModelV0(784, 10, 10), clothes()
    ours = copy.deepcopy(lessons)
    namespace = {"model_0": lessons, "train_loader": loader, "train_data": loader.dataset, "EPOCHS": 2}
    torch.manual_seed(7)
    exec(loop, namespace | {"loss_fn": loss_fn, "optimizer": sgd(lessons)})
    torch.manual_seed(7)
    optimizer = sgd(ours)
    for _ in range(2):
        train_step(ours, loader, loss_fn, optimizer)
    assert same_parameters(ours, lessons)


# Augmentation


def test_an_augmentation_changes_the_batches_that_the_model_learns_from_and_no_others():
    model, given, seen = make_model(), [], {True: [], False: []}
    model.register_forward_pre_hook(lambda module, inputs: seen[module.training].append(inputs[0]))

    def invert(images):
        given.append(len(images))
        return 1 - images

    train(model, make_loader(), make_loader(4), loss_fn, sgd(model), 2, verbose=False, augment=invert)
    assert given == [4, 4, 2] * 2
    assert torch.equal(torch.cat(seen[True]), 1 - make_data().tensors[0].repeat(2, 1, 1, 1))
    assert torch.equal(torch.cat(seen[False]), make_data(4).tensors[0].repeat(2, 1, 1, 1))


def test_an_augmentation_gets_its_batch_on_the_device_of_the_model():
    model = nn.Sequential(nn.Flatten(), nn.Linear(4, 3)).to("meta")
    devices = []

    def augment(images):
        devices.append(images.device.type)
        return images

    with pytest.raises(RuntimeError):  # losses of "meta" can't be fetched
        train_step(model, make_loader(4), loss_fn, sgd(model), augment=augment)
    assert devices == ["meta"]


def test_an_augmentation_that_spoils_the_shape_is_named_with_the_shape_it_gave():
    model = make_model()
    with pytest.raises(RuntimeError) as caught:
        train_step(model, make_loader(), loss_fn, sgd(model), augment=lambda images: images[:, :, :1])
    assert "The images are [4, 1, 1, 2]" in caught.value.__notes__[0]


# What is left as it was


def test_each_module_has_the_right_mode_meanwhile_and_gets_its_own_back():
    model, seen = make_model().train(), []
    model[3].eval()  # a layer that its owner froze
    before = [module.training for module in model.modules()]
    model.register_forward_hook(lambda module, *_: seen.append([one.training for one in module.modules()]))
    train_step(model, make_loader(), loss_fn, sgd(model))
    assert [module.training for module in model.modules()] == before
    test_step(model, make_loader(), loss_fn)
    make_predictions(model, torch.rand(2, 1, 2, 2))
    with pytest.raises(RuntimeError):
        make_predictions(model, torch.rand(2, 1, 3, 3))
    assert [module.training for module in model.modules()] == before
    assert seen == 3 * [6 * [True]] + 4 * [6 * [False]]


def test_no_graph_outlives_its_batch():
    graphs = []

    def keep_weakly(logits, labels):
        loss = loss_fn(logits, labels)
        graphs.append(weakref.ref(loss))
        return loss

    model = make_model()
    train_step(model, make_loader(12), keep_weakly, sgd(model))
    assert [graph() for graph in graphs] == [None] * 3


# Predictions


def test_predictions_of_more_than_a_batch_are_the_softmax_of_the_logits_without_a_gradient():
    model, images = make_model().eval(), torch.rand(600, 1, 2, 2)
    probabilities = make_predictions(model, images)
    torch.testing.assert_close(probabilities, model(images).softmax(dim=1).detach())
    assert not probabilities.requires_grad


# The history


def test_the_history_has_a_value_an_epoch_and_pandas_takes_it():
    model = make_model()
    history = train(model, make_loader(60), make_loader(), loss_fn, sgd(model), epochs=8)
    table = pd.DataFrame(history)
    assert list(table) == ["epoch", "train_loss", "train_acc", "valid_loss", "valid_acc", "seconds"]
    assert table["epoch"].tolist() == [1, 2, 3, 4, 5, 6, 7, 8]
    assert table["valid_acc"].between(0, 100).all()
    assert history["train_loss"][-1] < history["train_loss"][0]


def interrupting(after: int):
    """Return a loss that presses Ctrl-C after some batches."""
    calls = []

    def loss(logits, labels):
        calls.append(1)
        if len(calls) > after:
            raise KeyboardInterrupt
        return loss_fn(logits, labels)

    return loss


@pytest.mark.parametrize(("batches", "finished"), [(3 + 3 + 2, 1), (1, 0)])
def test_an_interrupt_stops_training_keeps_what_was_reached_and_says_so(batches, finished, capsys):
    model = make_model()
    start = copy.deepcopy(model)
    with pytest.raises(KeyboardInterrupt):  # so that neither the cell nor *Run all* goes on
        train(model, make_loader(), make_loader(), interrupting(batches), sgd(model), epochs=5)
    assert train.history["epoch"] == list(range(1, finished + 1))
    assert {len(values) for values in train.history.values()} == {finished}
    said = capsys.readouterr().out
    assert f"Interrupted in epoch {finished + 1} of 5" in said
    assert f"train.history its {finished} finished epochs" in said
    assert "To go on, call train again with the same model and optimizer" in said
    assert not same_parameters(model, start)
    assert all(module.training for module in model.modules())


def test_an_interrupt_of_one_step_says_how_far_it_came():
    model = make_model()
    with pytest.raises(KeyboardInterrupt) as caught:
        train_step(model, make_loader(), interrupting(2), sgd(model))
    assert caught.value.__notes__ == [
        "Interrupted while training, after 2 batches. The model keeps what it has learned."
    ]
    with pytest.raises(KeyboardInterrupt) as caught:
        test_step(model, make_loader(), interrupting(1))
    assert caught.value.__notes__ == ["Interrupted while measuring, after 1 batches."]


# Optimizers that lack parameters


def part_of(model: nn.Sequential) -> torch.optim.SGD:
    return torch.optim.SGD(model[4].parameters(), lr=0.1)


def test_parameters_that_an_optimizer_leaves_out_are_named_once(capsys):
    model = make_model()
    optimizer = part_of(model)
    for _ in range(2):
        train_step(model, make_loader(), loss_fn, optimizer)
    assert capsys.readouterr().out.count("could learn: 1.weight, 1.bias. They stay as they are.") == 1


def test_nothing_is_said_of_parameters_that_are_frozen_or_that_another_optimizer_moves(capsys):
    frozen = make_model()
    frozen[1].requires_grad_(False)
    train_step(frozen, make_loader(), loss_fn, part_of(frozen))
    model = make_model()
    optimizer, other = part_of(model), torch.optim.SGD(model[1].parameters(), lr=0.1)
    optimizer.register_step_post_hook(lambda *_: other.step())
    train_step(model, make_loader(), loss_fn, optimizer)
    assert "could learn" not in capsys.readouterr().out


# Errors (what is refused, and with which way out, is in test_accepted_input.py)


def test_an_error_whose_class_wants_more_arguments_stays_the_one_that_is_shown():
    class CompilerError(RuntimeError):
        def __init__(self, backend, reason):
            super().__init__(f"{backend}: {reason}")

    def broken(module, inputs):
        raise CompilerError("inductor", "no compiler")

    model = make_model()
    model.register_forward_pre_hook(broken)
    with pytest.raises(CompilerError, match="inductor: no compiler") as caught:
        make_predictions(model, torch.rand(4, 1, 2, 2))
    assert "The images are [4, 1, 2, 2]" in caught.value.__notes__[0]
