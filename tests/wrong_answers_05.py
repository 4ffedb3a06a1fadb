"""Lesson 05: answers that learners may well give, for tests/test_exercises.py.

`WRONG` has for each exercise (what went wrong, the answer, a regular expression that its own hint matches),
`RIGHT` has answers that are right and written in another way than the lesson's solution.
"""

import copy
import math
import pickle

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from helpers.models import FashionMNISTModelV2


def v2() -> nn.Module:
    return FashionMNISTModelV2(input_shape=1, hidden_units=10, output_shape=10)


# 05.1


def no_answer_when_it_divides(n, batch_size):
    if n % batch_size:
        return n // batch_size + 1, n % batch_size


def printed_not_returned(n, batch_size):
    print(n // batch_size, n % batch_size)


def batches_by_subtracting(n, batch_size):
    count = 0
    while n > 0:
        last = min(n, batch_size)
        n, count = n - batch_size, count + 1
    return [count, last]


# 05.2


def count_linear_layers(model):
    layers = [
        layer for layer in model.modules() if isinstance(layer, nn.Linear) and layer.weight.requires_grad
    ]
    return sum(layer.weight.numel() + layer.bias.numel() for layer in layers)


def count_state_and_skip_frozen(model):
    frozen = {name for name, parameter in model.named_parameters() if not parameter.requires_grad}
    return sum(tensor.numel() for name, tensor in model.state_dict().items() if name not in frozen)


# 05.4


def weighted_by_hand_for_two_batches(accuracies, sizes):
    return (accuracies[0] * sizes[0] + accuracies[1] * sizes[1]) / (sizes[0] + sizes[1])


# 05.6


def block(in_channels: int, out_channels: int, padding: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, kernel_size=3, padding=padding),
        nn.ReLU(),
        nn.Conv2d(out_channels, out_channels, kernel_size=3, padding=padding),
        nn.ReLU(),
        nn.MaxPool2d(2),
    )


def blocks(
    *end: nn.Module, in_channels: int = 3, classifier: tuple[int, int] = (10 * 16 * 16, 10)
) -> nn.Module:
    torch.manual_seed(0)  # a ReLU at the end shows where a logit would be negative
    return nn.Sequential(block(in_channels, 10), block(10, 10), nn.Flatten(), nn.Linear(*classifier), *end)


class OnePoolForBoth(nn.Module):
    """A TinyVGG that uses one pooling layer twice and defines its layers in another order."""

    def __init__(self):
        super().__init__()
        self.classifier = nn.Linear(12 * 16 * 16, 10)
        self.pool = nn.MaxPool2d(2)
        self.convolutions_1 = nn.ModuleList([nn.Conv2d(3, 6, 3, padding=1), nn.Conv2d(6, 6, 3, padding=1)])
        self.convolutions_2 = nn.ModuleList([nn.Conv2d(6, 12, 3, padding=1), nn.Conv2d(12, 12, 3, padding=1)])

    def forward(self, x):
        for convolutions in (self.convolutions_1, self.convolutions_2):
            for convolution in convolutions:
                x = convolution(x).relu()
            x = self.pool(x)
        return self.classifier(x.flatten(1))


class GivesFeaturesToo(nn.Module):
    def __init__(self):
        super().__init__()
        self.model = blocks()

    def forward(self, x):
        return self.model(x), x


def by_hand_and_functional() -> nn.Module:
    class Model(FashionMNISTModelV2):
        def __init__(self):
            super().__init__(input_shape=3, hidden_units=8, output_shape=10)
            self.block_1, self.block_2 = self.block_1[:-1], self.block_2[:-1]
            self.classifier[1] = nn.Linear(8 * 16 * 16, 10)

        def forward(self, x):
            x = F.max_pool2d(self.block_1(x), 2)
            return self.classifier(F.max_pool2d(self.block_2(x), 2))

    return Model()


# 05.7: the parts of a step, in the order of a string


def steps(order: str, result=lambda loss: loss.item()):
    """Return a training step that goes forward (f), zero_grad (z), backward (b), step (s) in this order."""

    def one_step(model, images, labels, loss_fn, optimizer):
        for part in order:
            if part == "f":
                loss = loss_fn(model(images), labels)
            elif part == "z":
                optimizer.zero_grad()
            elif part == "b":
                loss.backward()
            elif part == "s":
                optimizer.step()
        return result(loss)

    return one_step


def softmax_before_the_loss(model, images, labels, loss_fn, optimizer):
    loss = loss_fn(model(images).softmax(dim=1), labels)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


def loss_of_the_new_weights(model, images, labels, loss_fn, optimizer):
    steps("fzbs")(model, images, labels, loss_fn, optimizer)
    return loss_fn(model(images), labels).item()


def loss_and_accuracy(model, images, labels, loss_fn, optimizer):
    return steps("fzbs")(model, images, labels, loss_fn, optimizer), 50.0


def step_by_hand(model, images, labels, loss_fn, optimizer):
    model.zero_grad()
    loss = loss_fn(model(images), labels)
    loss.backward()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter -= optimizer.param_groups[0]["lr"] * parameter.grad
    return loss.detach()


# 05.8


def place(matrix):
    return divmod(matrix.argmax().item(), matrix.shape[1])


def confused_in_place(matrix):
    matrix.fill_diagonal_(0)
    return place(matrix)


def other_way_round(matrix):
    return place(matrix.clone().fill_diagonal_(0))[::-1]


def above_the_diagonal_only(matrix):
    return place(matrix.triu(1))


def after_as_many_as_classes(matrix):
    position = matrix.flatten().argsort(descending=True)[len(matrix)]  # takes the diagonal for the largest
    return divmod(position.item(), len(matrix))


def position_in_the_flat_matrix(matrix):
    return matrix.clone().fill_diagonal_(0).argmax()


def only_where_classes_are_three(matrix):
    if len(matrix) == 3:
        return 2, 0


def confused_by_looping(matrix):
    pairs = [(i, j) for i in range(len(matrix)) for j in range(len(matrix)) if i != j]
    return max(pairs, key=lambda pair: matrix[pair])


def confused_by_numpy(matrix):
    counts = matrix.numpy().copy()
    np.fill_diagonal(counts, -1)
    return np.unravel_index(counts.argmax(), counts.shape)


def confused_as_a_tensor(matrix):
    off = matrix.masked_fill(torch.eye(len(matrix), dtype=torch.bool), -1)
    return (off == off.max()).nonzero()[0]


# 05.9


def wrong_ones(probabilities, labels):
    confidence, predictions = probabilities.max(dim=1)
    return (predictions != labels).nonzero().flatten(), confidence


def surest_of_all(probabilities, labels, k):
    return probabilities.max(dim=1).values.argsort(descending=True)[:k]


def least_sure_first(probabilities, labels, k):
    wrong, confidence = wrong_ones(probabilities, labels)
    return wrong[confidence[wrong].argsort()][:k]


def last_of_the_ascending(probabilities, labels, k):
    wrong, confidence = wrong_ones(probabilities, labels)
    return wrong[confidence[wrong].argsort()][-k:]


def among_the_mistakes(probabilities, labels, k):
    wrong, confidence = wrong_ones(probabilities, labels)
    return confidence[wrong].argsort(descending=True)[:k]


def first_mistakes(probabilities, labels, k):
    return wrong_ones(probabilities, labels)[0][:k]


def k_forgotten(probabilities, labels, k):
    wrong, confidence = wrong_ones(probabilities, labels)
    return wrong[confidence[wrong].argsort(descending=True)]


def k_is_two(probabilities, labels, k):
    return k_forgotten(probabilities, labels, k)[:2]


def least_of_the_true_class(probabilities, labels, k):
    wrong, _ = wrong_ones(probabilities, labels)
    return wrong[probabilities[wrong, labels[wrong]].argsort()][:k]


def their_confidences(probabilities, labels, k):
    wrong, confidence = wrong_ones(probabilities, labels)
    return confidence[wrong].sort(descending=True).values[:k]


def columns_of_positions(probabilities, labels, k):
    return k_forgotten(probabilities, labels, k)[:k].unsqueeze(1)


def surest_by_python(probabilities, labels, k):
    rows = probabilities.tolist()
    wrong = [i for i, row in enumerate(rows) if row.index(max(row)) != labels[i]]
    return sorted(wrong, key=lambda i: -max(rows[i]))[:k]


def surest_by_topk(probabilities, labels, k):
    confidence, predictions = probabilities.max(dim=1)
    confidence[predictions == labels] = 0
    return confidence.topk(k).indices.numpy()


# 05.10


def saved_whole(model, path):
    torch.save(model, path)
    return torch.load(path, weights_only=False)


def saved_whole_and_refused_by_torch(model, path):
    torch.save(model, path)
    return torch.load(path)


def saved_the_method(model, path):
    torch.save(model.state_dict, path)
    new_model = v2()
    new_model.load_state_dict(torch.load(path, weights_only=False)())
    return new_model


def pickled(model, path):
    with path.open("wb") as file:
        pickle.dump(model.state_dict(), file)
    new_model = v2()
    with path.open("rb") as file:
        new_model.load_state_dict(pickle.load(file))
    return new_model


def saved_elsewhere(model, path):
    torch.save(model.state_dict(), path.with_suffix(".pt"))
    return v2()


def saved_an_empty_dict(model, path):
    torch.save({}, path)
    torch.load(path, weights_only=True)
    return copy.deepcopy(model)


def saved_a_list(model, path):
    torch.save(list(model.parameters()), path)
    new_model = v2()
    for new, saved in zip(new_model.parameters(), torch.load(path, weights_only=True), strict=True):
        new.data = saved.data
    return new_model


def saved(model, path):
    """Save and load rightly; return the new model, what was loaded, and what loading it returned."""
    torch.save(model.state_dict(), path)
    state, new_model = torch.load(path, weights_only=True), v2()
    return new_model, state, new_model.load_state_dict(state)


def never_loaded(model, path):
    torch.save(model.state_dict(), path)
    torch.load(path, weights_only=True)
    return v2()


def loaded_from_memory(model, path):
    torch.save(model.state_dict(), path)
    new_model = v2()
    new_model.load_state_dict(model.state_dict())
    return new_model


def copied(model, path):
    torch.save(model.state_dict(), path)
    return copy.deepcopy(model)


def loaded_into_the_old_one(model, path):
    torch.save(model.state_dict(), path)
    model.load_state_dict(torch.load(path, weights_only=True))
    return model


def loaded_into_a_wider_one(model, path):
    torch.save(model.state_dict(), path)
    new_model = FashionMNISTModelV2(input_shape=1, hidden_units=20, output_shape=10)
    new_model.load_state_dict(torch.load(path, weights_only=True))
    return new_model


def another_model(model, path):
    saved(model, path)
    return nn.Linear(3, 2)


def saved_with_more(model, path):
    torch.save({"model": model.state_dict(), "epoch": 3}, str(path))
    new_model = v2().eval()
    new_model.load_state_dict(torch.load(str(path), weights_only=True, map_location="cpu")["model"])
    return new_model


WRONG = {
    "05.1": [
        ("rounded down", lambda n, size: (n // size, n % size), "Round up"),
        ("a part of a batch", lambda n, size: (n / size, n % size), "no part of a batch"),
        ("always one more", lambda n, size: (n // size + 1, n % size), "no third, empty one"),
        ("the rest of a full batch", lambda n, size: (math.ceil(n / size), n % size), "full, not empty"),
        ("swapped", lambda n, size: batches_by_subtracting(n, size)[::-1], "other way round"),
        ("the size of the first", lambda n, size: (math.ceil(n / size), size), r"you have \(4, 32\)"),
        ("how many are missing", lambda n, size: (math.ceil(n / size), -n % size), r"you have \(4, 28\)"),
        ("only the number", lambda n, size: math.ceil(n / size), "Return two numbers"),
        ("rounded", lambda n, size: (round(n / size + 0.5), (n - 1) % size + 1), "1 images in batches of 1 "),
        ("a constant", lambda n, size: (4, 4), r"64 images .* you have \(4, 4\)"),
    ],
    "05.2": [
        ("tensors", lambda model: len(list(model.parameters())), r"numel\(\)"),
        ("weights", lambda model: sum(p.numel() for p in model.parameters() if p.ndim > 1), "biases"),
        ("rows", lambda model: sum(len(p) for p in model.parameters()), "= 23 parameters; you have 10"),
        ("frozen ones", lambda model: sum(p.numel() for p in model.parameters()), "frozen"),
        ("a list", lambda model: [p.numel() for p in model.parameters()], "Return one number"),
        ("linear layers only", count_linear_layers, "you have 0. Go through model.parameters"),
        ("buffers", count_state_and_skip_frozen, "you have 29"),
        ("a method not called", lambda model: sum(p.numel for p in model.parameters()), "TypeError"),
    ],
    "05.3": [
        ("over the batch", lambda logits: logits.argmax(dim=0), "dim=1"),
        ("the probabilities", lambda logits: logits.softmax(dim=1), "a row for each image"),
        ("the largest scores", lambda logits: logits.max(dim=1).values, "position of the largest"),
        ("both results of max", lambda logits: torch.max(logits, dim=1), "Return the positions"),
        ("no dim", lambda logits: logits.argmax(), "give the dim"),
        ("a column", lambda logits: logits.argmax(dim=1, keepdim=True), r"yours are \[4, 1\]"),
        ("the smallest", lambda logits: logits.argmin(dim=1), r"yours are \[2, 2, 0, 0\]"),
        ("the largest magnitude", lambda logits: logits.abs().argmax(dim=1), r"yours are \[1, 0, 0, 1\]"),
        ("a list", lambda logits: logits.argmax(dim=1).tolist(), "you return a list"),
        ("squeezed", lambda logits: logits.topk(1, dim=1).indices.squeeze(), "a single image"),
    ],
    "05.4": [
        ("mean over batches", lambda accuracies, sizes: sum(accuracies) / len(sizes), "mean over batches"),
        ("a fraction", lambda accuracies, sizes: np.dot(accuracies, sizes) / sum(sizes) / 100, "a fraction"),
        ("not divided", lambda accuracies, sizes: np.dot(accuracies, sizes), "divide it"),
        ("divided by batches", lambda accuracies, sizes: np.dot(accuracies, sizes) / len(sizes), "1200"),
        (
            "whole percent",
            lambda accuracies, sizes: np.dot(accuracies, sizes) // sum(sizes),
            "Keep the decimals",
        ),
        ("two batches only", weighted_by_hand_for_two_batches, r"66.67 %. You have 62.5"),
        (
            "a list",
            lambda accuracies, sizes: [a * s for a, s in zip(accuracies, sizes, strict=True)],
            "one number",
        ),
        ("lists multiplied", lambda accuracies, sizes: sum(accuracies * sizes), "TypeError: can't multiply"),
    ],
    "05.5": [
        ("no + 1", lambda size, kernel, stride, padding: (size + 2 * padding - kernel) // stride, r"\+ 1\.$"),
        (
            "padding once",
            lambda size, kernel, stride, padding: (size + padding - kernel) // stride + 1,
            "both sides",
        ),
        ("no padding", lambda size, kernel, stride, padding: (size - kernel) // stride + 1, "you have 26"),
        ("no stride", lambda size, kernel, stride, padding: size + 2 * padding - kernel + 1, "you have 28"),
        (
            "a fraction",
            lambda size, kernel, stride, padding: (size + 2 * padding - kernel) / stride + 1,
            "not with /",
        ),
        (
            "+ 1 first",
            lambda size, kernel, stride, padding: (size + 2 * padding - kernel + 1) // stride,
            "then",
        ),
        (
            "rounded up",
            lambda size, kernel, stride, padding: math.ceil((size + 2 * padding - kernel) / stride) + 1,
            "14; you have 15",
        ),
        (
            "rounded to the nearest",
            lambda size, kernel, stride, padding: round((size + 2 * padding - kernel) / stride + 1),
            "nn.Conv2d gives",
        ),
        ("height and width", lambda size, kernel, stride, padding: (26, 26), "Return one number"),
        (
            "kernel left out",
            lambda size, kernel, stride, padding: (size + 2 * padding) // stride,
            "at 26 places",
        ),
    ],
    "05.6": [
        ("the class", FashionMNISTModelV2, "call the class"),
        ("a list of layers", [block(3, 10), block(10, 10)], "an instance of an nn.Module"),
        ("grey", blocks(in_channels=1), "takes 1 channel"),
        ("V2 as it is", FashionMNISTModelV2(3, 10, 10), "still that of 28 x 28"),
        ("one pooling thought of", blocks(classifier=(10 * 32 * 32, 10)), "that after one pooling"),
        ("channels forgotten", blocks(classifier=(16 * 16, 10)), "cannot be multiplied"),
        ("three classes", blocks(classifier=(10 * 16 * 16, 3)), "10 classes, not 3"),
        ("no classifier", nn.Sequential(block(3, 10), block(10, 10)), "needs a linear layer"),
        ("no convolution", nn.Sequential(nn.Flatten(), nn.Linear(3 * 64 * 64, 10)), "has none"),
        (
            "no pooling",
            nn.Sequential(block(3, 10)[:-1], block(10, 10)[:-1], nn.Flatten(), nn.Linear(10 * 64 * 64, 10)),
            "64 pixels are 64 at the end",
        ),
        (
            "three poolings",
            nn.Sequential(
                block(3, 10), block(10, 10), block(10, 10), nn.Flatten(), nn.Linear(10 * 8 * 8, 10)
            ),
            "64 pixels are 8 at the end",
        ),
        (
            "a convolution a block",
            nn.Sequential(block(3, 10)[2:], nn.Flatten(), nn.Linear(10 * 16 * 16, 10)),
            "expected input.* to have 10 channels",
        ),
        (
            "half the convolutions",
            nn.Sequential(
                nn.Conv2d(3, 10, 3, padding=1),
                nn.MaxPool2d(2),
                nn.Conv2d(10, 10, 3, padding=1),
                nn.MaxPool2d(2),
                nn.Flatten(),
                nn.Linear(10 * 16 * 16, 10),
            ),
            "this model has 2 in all",
        ),
        ("softmax at the end", blocks(nn.Softmax(dim=1)), "ends in a softmax"),
        ("ReLU at the end", blocks(nn.ReLU()), "the fault of V1"),
        ("flattened with the batch", blocks(nn.Flatten(0)), r"yours are \[20\]"),
        ("a pair", GivesFeaturesToo(), "no tensor but a tuple"),
    ],
    "05.7": [
        ("no backward", steps("fzs"), r"backward\(\) is missing"),
        ("no step", steps("fzb"), r"optimizer.step\(\) applies"),
        ("step before backward", steps("fzsb"), "not after"),
        ("zero_grad between", steps("fbzs"), "must not come between"),
        ("no zero_grad", steps("fbs"), "The first step is right, the second is not"),
        ("two steps", steps("fzbss"), "more than one step"),
        ("softmax", softmax_before_the_loss, "logits as they are"),
        ("loss not returned", steps("fzbs", lambda loss: None), "Return the loss too"),
        ("loss with its graph", steps("fzbs", lambda loss: loss), "whole graph"),
        ("loss of the new weights", loss_of_the_new_weights, "The loss before the step"),
        ("loss and accuracy", loss_and_accuracy, "Return the loss alone"),
        ("backward before forward", steps("zbfs"), "UnboundLocalError"),
    ],
    "05.8": [
        ("the diagonal", place, "counts right answers"),
        ("the largest taken for the diagonal", after_as_many_as_classes, "Row 2, column 2"),
        ("the other way", other_way_round, "other way"),
        ("half the matrix", above_the_diagonal_only, r"You have \(0, 1\)"),
        ("changed in place", confused_in_place, r"clone\(\)"),
        ("a flat position", position_in_the_flat_matrix, "Return two class numbers"),
        ("the number of classes as it is", lambda matrix: (2, 0), r"\(1, 0\); you have \(2, 0\)"),
    ],
    "05.9": [
        ("right ones too", surest_of_all, "Keep only the wrong ones"),
        ("least sure first", least_sure_first, "Sort descending"),
        ("ascending", last_of_the_ascending, "the surest comes first"),
        ("positions among mistakes", among_the_mistakes, "among the mistakes"),
        ("not sorted", first_mistakes, "the first mistakes"),
        ("k forgotten", k_forgotten, "not 3"),
        ("k fixed", k_is_two, "With k = 1"),
        ("the true class", least_of_the_true_class, "of the true class"),
        ("confidences", their_confidences, r"you have \[0\.8"),
        ("a column", columns_of_positions, "Return the positions"),
    ],
    "05.10": [
        ("the whole model", saved_whole, r"torch.save for model.state_dict\(\)"),
        ("nothing saved", lambda model, path: v2(), "Nothing was saved"),
        ("a list of parameters", saved_a_list, r"should hold model.state_dict\(\)"),
        ("nothing returned", lambda *answer: saved(*answer) and None, "Now return the new model"),
        ("the state returned", lambda *answer: saved(*answer)[1], "That is the state dict"),
        ("the report returned", lambda *answer: saved(*answer)[2], "a report, not the model"),
        ("the path returned", lambda *answer: saved(*answer) and str(answer[1]), "you return a str"),
        ("the old model", loaded_into_the_old_one, "the model that was saved"),
        ("random weights", never_loaded, "still has its random start"),
        ("from memory", loaded_from_memory, "never read"),
        ("a wider model", loaded_into_a_wider_one, "size mismatch"),
        ("an empty dict", saved_an_empty_dict, r"The file holds \[\]"),
        ("another model", another_model, "shapes cannot be multiplied"),
    ],
}
# Other ways to the same mistake: their hint is that of the answer named.
SAME_MISTAKE = {
    "05.1": [
        (no_answer_when_it_divides, "Return two numbers"),
        (printed_not_returned, "Return two numbers"),
    ],
    "05.8": [(only_where_classes_are_three, "Return two class numbers")],
    "05.10": [
        (saved_whole_and_refused_by_torch, r"torch.save for model.state_dict\(\)"),
        (saved_the_method, r"torch.save for model.state_dict\(\)"),
        (pickled, r"torch.save for model.state_dict\(\)"),
        (saved_elsewhere, "Nothing was saved"),
        (copied, "never read"),
    ],
}

RIGHT = {
    "05.1": [
        batches_by_subtracting,
        lambda n, size: (math.ceil(n / size), n % size or size),
        lambda n, size: (np.ceil(n / size), (n - 1) % size + 1),
        lambda n, size: torch.tensor([-(-n // size), (n - 1) % size + 1]),
    ],
    "05.2": [
        lambda model: torch.tensor([p.numel() for p in model.parameters() if p.requires_grad]).sum(),
        lambda model: sum(math.prod(p.shape) for p in model.parameters() if p.requires_grad),
        lambda model: np.sum([p.numel() * p.requires_grad for p in model.parameters()]),
    ],
    "05.3": [
        lambda logits: logits.softmax(dim=1).argmax(dim=1),
        lambda logits: torch.max(logits, 1)[1],
        lambda logits: logits.argmax(-1).to(torch.int32),
        lambda logits: torch.tensor([row.argmax() for row in logits]),
    ],
    "05.4": [
        lambda accuracies, sizes: np.average(accuracies, weights=sizes),
        lambda accuracies, sizes: (torch.tensor(accuracies) * torch.tensor(sizes)).sum() / sum(sizes),
        lambda accuracies, sizes: round(np.dot(accuracies, sizes) / sum(sizes), 2),
    ],
    "05.5": [
        lambda size, kernel, stride, padding: math.floor((size + 2 * padding - kernel) / stride + 1),
        lambda size, kernel, stride, padding: np.floor((size + 2 * padding - kernel) / stride) + 1,
        lambda size, kernel, stride, padding: len(range(0, size + 2 * padding - kernel + 1, stride)),
        lambda size, kernel, stride, padding: torch.tensor((size + 2 * padding - kernel) // stride + 1),
    ],
    "05.6": [
        blocks(),
        OnePoolForBoth(),
        by_hand_and_functional(),
        nn.Sequential(block(3, 10), block(10, 40), nn.Flatten(), nn.Linear(40 * 16 * 16, 10)),
        # The CNN Explainer's own, without padding.
        nn.Sequential(block(3, 10, 0), block(10, 10, 0), nn.Flatten(), nn.Linear(10 * 13 * 13, 10)),
    ],
    "05.7": [
        steps("zfbs"),
        steps("fbsz"),
        steps("fzbs", lambda loss: loss.detach()),
        steps("fzbs", lambda loss: float(loss.detach().numpy())),
        step_by_hand,
    ],
    "05.8": [
        confused_by_looping,
        confused_by_numpy,
        confused_as_a_tensor,
        lambda m: list(confused_by_numpy(m)),
    ],
    "05.9": [surest_by_python, surest_by_topk, lambda *answer: tuple(surest_by_python(*answer))],
    "05.10": [saved_with_more, lambda *answer: saved(*answer)[0]],
}
