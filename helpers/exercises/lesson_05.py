"""Lesson 05, FashionMNIST: its exercises."""

import math
from itertools import product

import torch
from torch import nn

from helpers.course.exercises import When, exercise
from helpers.exercises.common import layers_in_order, save_and_load_mistakes, save_and_load_seen
from helpers.models import FashionMNISTModelV2


def batches(n, batch_size):
    count = (n + batch_size - 1) // batch_size
    return count, n - (count - 1) * batch_size


exercise(
    "05.1",
    batches,
    probes=[(100, 48), (64, 32), (5, 32), *product(range(1, 13), range(1, 6))],
    says="55,000 images in batches of 32 make 1,719 batches; the last has 24 images.",
    mistakes={
        "The last 4 of 100 images need a batch too. Round up.": lambda n, b: (n // b, n % b),
        "There is no part of a batch: the number of batches is a whole number.": lambda n, b: (n / b, n % b),
        "64 images fill 2 batches exactly; there is no third, empty one.": lambda n, b: (n // b + 1, n % b),
        "64 images fill 2 batches exactly: the last one is full.": lambda n, b: (math.ceil(n / b), n % b),
        "The other way round: first how many, then the size of the last.": lambda n, b: batches(n, b)[::-1],
        "That is the size of the first batch, not of the last.": lambda n, b: (math.ceil(n / b), b),
        "That is how many images are missing in the last batch.": lambda n, b: (math.ceil(n / b), -n % b),
        "Return two numbers, the size of the last batch too.": lambda n, b: math.ceil(n / b),
        "round() goes to the nearest. Write `math.ceil(n / batch_size)`.": (
            lambda n, b: (round(n / b + 0.5), (n - 1) % b + 1)
        ),
        "Yours returns nothing where they come out even.": lambda n, b: (
            (n // b + 1, n % b) if n % b else None
        ),
    },
    also_right=[lambda n, batch_size: (math.ceil(n / batch_size), n % batch_size or batch_size)],
)


def count_parameters(model):
    return sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)


exercise(
    "05.2",
    count_parameters,
    probes=[
        (nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2)),),  # 4 x 3 + 3 + 3 x 2 + 2 = 23
        (nn.Sequential(nn.Linear(4, 3).requires_grad_(False), nn.ReLU(), nn.Linear(3, 2)),),  # 8
        (nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2)),),  # 2 x 1 x 3 x 3 + 2 + 2 + 2 = 24
    ],
    says="V2 has about as many parameters as V0, and does more with them.",
    mistakes={
        "You counted tensors. Count the numbers in them: numel().": lambda m: len(list(m.parameters())),
        "You counted the weights; the biases are parameters too.": (
            lambda m: sum(p.numel() for p in m.parameters() if p.ndim > 1)
        ),
        "A frozen layer (requires_grad is False) learns nothing. Leave it out.": (
            lambda m: sum(p.numel() for p in m.parameters())
        ),
        "What is in state_dict() need not learn: BatchNorm2d keeps its running statistics there, and frozen "
        "layers are in it too. Go through model.parameters().": (
            lambda m: sum(value.numel() for value in m.state_dict().values()),
            lambda m: count_parameters(m) + sum(b.numel() for b in m.buffers()),
        ),
        "Other layers than Linear learn too. Go through model.parameters().": (
            lambda m: sum(count_parameters(layer) for layer in m.modules() if isinstance(layer, nn.Linear))
        ),
        "len() counts rows. numel() counts numbers.": lambda m: sum(len(p) for p in m.parameters()),
        "Return one number: the sum over all layers.": lambda m: [p.numel() for p in m.parameters()],
    },
    errors={"'method|builtin_function": "numel is a method: write numel(), with brackets."},
)


def predicted_labels(logits):
    return logits.argmax(dim=1)


LOGITS = torch.tensor([[0.1, 2.0, -1.0], [3.0, 0.5, 0.2], [-0.2, -0.3, -0.1], [0.0, 0.9, 0.4]])
exercise(
    "05.3",
    predicted_labels,
    probes=[(LOGITS,), (LOGITS[:1],)],
    says="No softmax was needed: it keeps the order, so the largest logit is the largest probability.",
    looks={
        "the kind of what you return": lambda labels: (
            "tensor" if isinstance(labels, torch.Tensor) else "other"
        )
    },
    mistakes={
        "There are 4 images and 3 classes, but 3 labels. Compare along dim=1.": lambda x: x.argmax(dim=0),
        "There is a row for each image still. Pick its largest entry.": lambda x: x.softmax(dim=1),
        "Those are the largest scores. The label is where the largest is.": lambda x: x.max(dim=1).values,
        "torch.max(dim=1) gives two tensors. Return the second: the positions.": lambda x: x.max(dim=1),
        "That is one number for the whole batch. Each image has a label: give the dim.": lambda x: x.argmax(),
        "Your labels have a dimension more. Leave keepdim out.": lambda x: x.argmax(dim=1, keepdim=True),
        "These are the positions of the smallest scores.": lambda x: x.argmin(dim=1),
        "A score below 0 is low. Compare scores, not magnitudes.": lambda x: x.abs().argmax(dim=1),
        "A batch may hold a single image. A squeeze() without dim loses its dimension.": (
            lambda x: x.topk(1, dim=1).indices.squeeze()
        ),
        "The labels are right. Return them as a tensor.": lambda x: x.argmax(dim=1).tolist(),
    },
)


def dataset_accuracy(batch_accuracies, batch_sizes):
    weighted = [accuracy * size for accuracy, size in zip(batch_accuracies, batch_sizes, strict=True)]
    return sum(weighted) / sum(batch_sizes)


exercise(
    "05.4",
    dataset_accuracy,
    probes=[([50.0, 100.0], [32, 8]), ([75.0, 50.0, 100.0], [4, 2, 3])],
    says="Weighted by size, the accuracy is a number of images out of all again.",
    tolerance=1e-4,  # rounded to two decimals is right
    mistakes={
        "That is the mean over batches. 8 images must not count as much as 32.": lambda a, n: sum(a) / len(a),
        "That is a fraction. This course says percent.": lambda a, n: dataset_accuracy(a, n) / 100,
        "Divide the sum by the number of images.": lambda a, n: dataset_accuracy(a, n) * sum(n),
        "Divide by images, not by batches.": lambda a, n: dataset_accuracy(a, n) * sum(n) / len(n),
        "7 of 9 images are right: 77.78 %. Keep the decimals: / and no rounding.": (
            lambda a, n: dataset_accuracy(a, n) // 1,
            lambda a, n: round(dataset_accuracy(a, n)),
        ),
        "There may be any number of batches, not two only.": lambda a, n: dataset_accuracy(a[:2], n[:2]),
        "Return one number: add up, and divide.": lambda a, n: [x * y for x, y in zip(a, n, strict=True)],
    },
)


def conv_output_size(size, kernel_size, stride, padding):
    return (size + 2 * padding - kernel_size) // stride + 1


exercise(
    "05.5",
    conv_output_size,
    probes=[
        (28, 3, 1, 0),
        (28, 3, 1, 1),
        (28, 3, 2, 1),
        (28, 2, 2, 0),
        *(
            (size, *case)
            for size in range(5, 12)
            for case in ((2, 2, 0), (3, 1, 1), (3, 2, 0), (5, 3, 2), (1, 1, 0))
        ),
    ],
    says="It agrees with nn.Conv2d in 35 cases, and it holds for pooling too.",
    mistakes={
        "A kernel of 3 has 26 places on 28 pixels. Count its first too.": lambda n, k, s, p: (
            (n + 2 * p - k) // s
        ),
        "Padding adds pixels on both sides: 2 x padding.": lambda n, k, s, p: (n + p - k) // s + 1,
        "The padding is missing: it makes the picture larger first.": lambda n, k, s, p: (n - k) // s + 1,
        "The stride is missing: 2 takes every second place.": lambda n, k, s, p: n + 2 * p - k + 1,
        "A picture has whole pixels. Round down by //.": lambda n, k, s, p: (n + 2 * p - k) / s + 1,
        "Divide first, then add 1: kernel 2, stride 2 give 14.": lambda n, k, s, p: (n + 2 * p - k + 1) // s,
        "A last place that the kernel fits only in part doesn't count: round down.": (
            lambda n, k, s, p: math.ceil((n + 2 * p - k) / s) + 1,
            lambda n, k, s, p: round((n + 2 * p - k) / s + 1),
        ),
        "The kernel is missing: a larger one fits at fewer places.": lambda n, k, s, p: (n + 2 * p) // s,
        "Return one number: the picture is square.": lambda n, k, s, p: (conv_output_size(n, k, s, p),) * 2,
    },
)


def block(in_channels, out_channels, pool=nn.MaxPool2d, active=nn.ReLU, padding=1, convolutions=2):
    """Return a block of TinyVGG, or one with something else in it."""
    layers = []
    for i in range(convolutions):
        layers += [nn.Conv2d(out_channels if i else in_channels, out_channels, 3, padding=padding), active()]
    return nn.Sequential(*layers, pool(2))


def colour_model():
    return nn.Sequential(
        block(3, 10),  # [batch, 10, 32, 32]
        block(10, 10),  # [batch, 10, 16, 16]
        nn.Flatten(),
        nn.Linear(in_features=10 * 16 * 16, out_features=10),
    )


def vgg(*end, in_channels=3, side=16, classes=10, blocks=2, **more):
    """Return a function that makes a TinyVGG with something else in it."""
    return lambda: nn.Sequential(
        *(block(10 if i else in_channels, 10, **more) for i in range(blocks)),
        nn.Flatten(),
        nn.Linear(10 * side * side, classes),
        *end,
    )


def strided():
    """Return a TinyVGG that has a stride of 2 where the pooling should be."""
    convolutions = [
        nn.Conv2d(i, 10, 3, stride, padding=1) for i, stride in ((3, 1), (10, 2), (10, 1), (10, 2))
    ]
    return nn.Sequential(
        *(m for c in convolutions for m in (c, nn.ReLU())), nn.Flatten(), nn.Linear(2560, 10)
    )


def colour_seen(model):
    """Observe a TinyVGG; whether its convolutions are padded is left open, as the CNN Explainer's are not."""
    images = torch.linspace(-1, 1, 5 * 3 * 64 * 64).reshape(5, 3, 64, 64)
    images = images.to(next(model.parameters(), images).device)
    shapes = [list(model(images[:n]).shape) for n in (2, 5)]
    inputs = [part.in_features for part in model.modules() if isinstance(part, nn.Linear)]
    convolutions = [part for part in model.modules() if isinstance(part, nn.Conv2d)]
    side = math.sqrt(inputs[0] / convolutions[-1].out_channels) if inputs and convolutions else 0
    return {
        "the shape of the logits for 2 and for 5 images": shapes,
        "the order of the layers": layers_in_order(model, images),
        "the channels that go in": 3 if any(layer.in_channels == 3 for layer in convolutions) else "fewer",
        "the side of the last maps": "about 16" if 10 <= side <= 16 else side,
    }


exercise(
    "05.6",
    colour_model,
    makes=nn.Module,
    observe=colour_seen,
    says="3 channels in, and in_features = channels x height x width of what two poolings leave of 64 x 64.",
    errors={
        r"to have 1 channels, but got 3": "The first convolution takes 1 channel; a colour image has 3.",
        r"mat1 and mat2 shapes.*\(2x": "in_features is channels x height x width. 64 halved twice is 16.",
        r"mat1 and mat2 shapes": "A linear layer wants a row for each image: put nn.Flatten() before it.",
        r"input.* to have \d+ channels": "A convolution takes as many channels as the one before it gives.",
    },
    mistakes={
        "There are 10 classes: the last layer gives 10 logits.": vgg(classes=3),
        "The pictures in a batch must stay apart: Flatten begins at dimension 1.": vgg(nn.Flatten(0)),
        "Each convolution of a TinyVGG is followed by a ReLU. Yours has none.": vgg(active=nn.Identity),
        "A TinyVGG has max pooling; yours takes the mean.": vgg(pool=nn.AvgPool2d),
        "Each block ends in a max pooling; yours halves the picture by a stride.": strided,
        "A block of a TinyVGG has two convolutions; yours has one.": (
            vgg(convolutions=1),
            vgg(convolutions=1, active=nn.Identity),
        ),
        "A TinyVGG halves the image twice; yours doesn't pool at all.": vgg(pool=nn.Identity, side=64),
        "A TinyVGG has two blocks; yours has three.": vgg(blocks=3, side=8),
        "A TinyVGG has one linear layer, after the blocks; yours has two.": (
            *(vgg(*end, nn.Linear(20, 10), classes=20) for end in ([], [nn.ReLU()])),
        ),
        "The model ends in a softmax. CrossEntropyLoss has its own and wants the logits as they are.": (
            *(vgg(layer(dim=1)) for layer in (nn.Softmax, nn.LogSoftmax)),
        ),
        "The model ends in a ReLU: the fault of V1. Logits may be negative.": vgg(nn.ReLU()),
        "The classifier at the end needs a linear layer.": (lambda: vgg()()[:-1], lambda: vgg()()[:-2]),
        "A TinyVGG starts with convolutions; this model has none.": lambda: nn.Sequential(
            nn.Flatten(), nn.Linear(3 * 64 * 64, 10)
        ),
    },
    also_right=[
        vgg(padding=0, side=13),  # as in the CNN Explainer
        lambda: nn.Sequential(block(3, 10), block(10, 40), nn.Flatten(), nn.Linear(40 * 16 * 16, 10)),
    ],
)


def one_step(model, images, labels, loss_fn, optimizer):
    loss = loss_fn(model(images), labels)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


def steps_seen(step):
    """Take one step, and two; the order of what is called tells mistakes apart."""
    seen = {}
    for count, steps in ((1, "one step"), (2, "two steps")):
        torch.manual_seed(0)
        model, calls = nn.Linear(3, 2), []
        optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
        model.weight.register_hook(lambda _, calls=calls: calls.append("backward"))
        optimizer.register_step_pre_hook(lambda *_, calls=calls: calls.append("step"))
        images, labels = torch.rand(8, 3), torch.arange(8) % 2
        for _ in range(count):
            loss = step(model, images, labels, nn.CrossEntropyLoss(), optimizer)
        seen[f"the weight after {steps}"] = model.weight.detach().clone()
        seen.setdefault("_calls", tuple(calls))
    return {**seen, "the result": loss, "a graph behind the loss": getattr(loss, "requires_grad", False)}


def step(parts, result=lambda loss: loss.item()):
    """Return a step that does forward (f), zero_grad (z), backward (b) and step (s) in this order."""

    def in_this_order(model, images, labels, loss_fn, optimizer):
        for part in parts:
            if part == "f":
                loss = loss_fn(model(images), labels)
            elif part == "b":
                loss.backward()
            else:
                {"z": optimizer.zero_grad, "s": optimizer.step}[part]()
        return result(loss)

    return in_this_order


exercise(
    "05.7",
    one_step,
    observe=steps_seen,
    says="Forward, loss, zero_grad, backward, step: two steps in a row end where SGD ends.",
    errors={"for 'Long'|class probabilities": "loss_fn takes the logits as they are, and then the labels."},
    mistakes={
        "Nothing computes gradients: call loss.backward().": (step("fzs"), step("fz")),
        "backward() only computes gradients. optimizer.step() changes the weights by them.": step("fzb"),
        "step() uses the gradients: call backward() before it.": (step("fzsb"), step("fsb")),
        "The weights are as before: zero_grad() must not come between backward() and step().": step("fbzs"),
        "The first step is right, the second is not: the gradients of the first are still there and add up. "
        "zero_grad() forgets them.": step("fbs"),
        "That is more than one step: call optimizer.step() once.": step("fzbss"),
        "Give loss_fn the logits as they are: CrossEntropyLoss has its own softmax.": lambda m, x, y, f, o: (
            one_step(m, x, y, lambda z, y: f(z.softmax(1), y), o)
        ),
        "The weights are right. Return the loss too, as a number: loss.item().": step(
            "fzbs", lambda loss: None
        ),
        "The weights are right. Return loss.item(): the tensor would keep its whole graph alive.": step(
            "fzbs", lambda loss: loss
        ),
        "The weights are right. The loss to return is the one "
        "that the step started from.": lambda m, x, y, f, o: one_step(m, x, y, f, o) and f(m(x), y).item(),
        "Return the loss alone, as a number: loss.item().": When(
            lambda got, right: isinstance(got["the result"], tuple) or got["the result"].numel() > 1,
            (step("fzbs", lambda loss: (loss.item(), 50.0)),),
        ),
    },
    also_right=[step("zfbs"), step("fbsz"), step("fzbs", lambda loss: loss.detach())],
)


def most_confused(matrix):
    mistakes = matrix.clone()
    mistakes.fill_diagonal_(0)
    return divmod(mistakes.argmax().item(), len(mistakes))  # a flat position -> row, column


def place(matrix):
    return divmod(matrix.argmax().item(), matrix.shape[1])


exercise(
    "05.8",
    most_confused,
    probes=[
        (torch.tensor([[80, 30, 7], [2, 70, 29], [50, 31, 45]]),),
        (torch.tensor([[200, 18, 14, 20], [2, 30, 17, 14], [13, 8, 300, 3], [16, 11, 13, 40]]),),
    ],
    says="Call it with your own confusion matrix to see which two classes V2 mixes up most.",
    mistakes={
        "The diagonal counts right answers. Leave it out before you search.": When(
            lambda got, right: (
                got["the result"].shape == (2,) and got["the result"][0] == got["the result"][1]
            ),
            (place, lambda m: divmod(m.flatten().argsort(descending=True)[len(m)].item(), len(m))),
        ),
        "Rows are the true classes, columns the predicted ones: yours is the other way.": lambda m: (
            most_confused(m)[::-1]
        ),
        "There are mistakes below the diagonal too.": lambda m: place(m.triu(1)),
        "There are mistakes above the diagonal too.": lambda m: place(m.tril(-1)),
        "A 0 taken for a 1 is not a 1 taken for a 0. Don't add them.": lambda m: most_confused(m + m.T),
        "Divide the flat position by len(matrix), not by a fixed number.": tuple(
            lambda m, n=n: divmod(m.clone().fill_diagonal_(0).argmax().item(), n) for n in (3, 10)
        ),
        "That is the position in the flattened matrix. Make a row and a column of it, by divmod.": lambda m: (
            m.clone().fill_diagonal_(0).argmax()
        ),
        "Your function changed the matrix it was given. Work on a clone().": (
            lambda m: place(m.fill_diagonal_(0)),
            lambda m: place(m.fill_diagonal_(-1)),
        ),
        "A matrix may have another number of classes than 3.": lambda m: (2, 0),
    },
)


def surest_mistakes(probabilities, labels, k):
    confidence, predictions = probabilities.max(dim=1)
    wrong = (predictions != labels).nonzero().flatten()
    return wrong[confidence[wrong].argsort(descending=True)][:k]


def mistakes_by(order, positions=lambda wrong, sorted_: wrong[sorted_]):
    """Return an answer that puts the mistakes in another order, `order(confidence, p_true)`."""

    def in_this_order(probabilities, labels, k):
        confidence, predictions = probabilities.max(dim=1)
        wrong = (predictions != labels).nonzero().flatten()
        return positions(wrong, order(confidence[wrong], probabilities[wrong, labels[wrong]]))[:k]

    return in_this_order


# It is right at 0 and 3, and wrong at 1, 2, 4 and 5: there it is sure to 0.7, 0.55, 0.8 and 0.65.
SURE = torch.tensor([[90, 10, 0], [15, 15, 70], [30, 55, 15], [1, 4, 95], [10, 10, 80], [65, 35, 0]]) / 100
exercise(
    "05.9",
    surest_mistakes,
    probes=[(SURE, torch.tensor([0, 1, 0, 2, 1, 2]), k) for k in (2, 1, 3)],
    says="Such images are worth a look: some of them carry a wrong label.",
    mistakes={
        "k is 2: return 2 positions, not all of them.": lambda p, y, k: surest_mistakes(p, y, None),
        "Those are positions among the mistakes, not among all images.": mistakes_by(
            lambda sure, true: sure.argsort(descending=True), lambda wrong, order: order
        ),
        "Images 0 and 3 are predicted right. Keep only the wrong ones, then sort.": When(
            lambda got, right: {0, 3} & {*got["the result"].tolist()} and got["the result"].shape == (2,),
            (lambda p, y, k: p.max(dim=1).values.argsort(descending=True)[:k],),
        ),
        "Those are the least sure mistakes first. Sort descending.": mistakes_by(
            lambda sure, true: sure.argsort()
        ),
        "Those are the first mistakes. Sort them by how sure the model is.": mistakes_by(
            lambda sure, true: torch.arange(len(sure))
        ),
        "Those are the right ones; the surest comes first.": lambda p, y, k: surest_mistakes(p, y, k).flip(0),
        "You sorted by the probability of the true class. How sure the model is of its own answer is the "
        "largest probability.": mistakes_by(lambda sure, true: true.argsort()),
        "k may be another number than 2.": lambda p, y, k: surest_mistakes(p, y, 2),
        "Those are the probabilities. Return the positions of the images.": (
            mistakes_by(lambda sure, true: sure.sort(descending=True).values, lambda wrong, sure: sure)
        ),
        "Return the positions in one row, [k], not in a column.": lambda p, y, k: surest_mistakes(
            p, y, k
        ).unsqueeze(1),
    },
)


def save_and_reload(model, path):
    torch.save(model.state_dict(), path)
    new_model = FashionMNISTModelV2(input_shape=1, hidden_units=10, output_shape=10)
    new_model.load_state_dict(torch.load(path, weights_only=True, map_location="cpu"))
    return new_model


def new_v2():
    return FashionMNISTModelV2(input_shape=1, hidden_units=10, output_shape=10)


exercise(
    "05.10",
    save_and_reload,
    probes=[(new_v2(), torch.linspace(0, 1, 2 * 28 * 28).reshape(2, 1, 28, 28))],
    observe=save_and_load_seen,
    says="A new model with the saved weights gives the same logits, to the last bit.",
    errors={"size mismatch": "The new model needs the layers of the saved one: hidden_units=10."},
    mistakes=save_and_load_mistakes(new_v2),
)
