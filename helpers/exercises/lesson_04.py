"""Lesson 04, MNIST: the graders of its exercises."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import torch
from PIL import Image
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset, default_collate
from torchvision.transforms import v2

from helpers.checks import WrongAnswer, attempt, exercise
from helpers.datasets import ImageDataset
from helpers.exercises.grading import numbers, pair, wrong_if


@exercise("04.1")
def digit_counts(answer: Callable) -> str:
    """Grade ``answer(labels)``, how often each digit from 0 to 9 occurs."""

    def counts(labels: list[int]) -> list[float]:
        hint = "Return ten numbers in a list or a tensor: how often the 0 occurs, the 1, and so on to the 9."
        return numbers(attempt(answer, torch.tensor(labels)), 1, hint)

    got = counts([3, 1, 3, 0, 3, 5])
    wrong_if(
        got == [1, 1, 0, 3, 0, 1],
        "Your list ends at the largest digit that occurs. There are ten digits, and a 9 that doesn't occur "
        "counts 0: look for `minlength` in the documentation of torch.bincount.",
    )
    wrong_if(
        got == [1, 1, 3, 1],
        "Digits that don't occur are left out, so the third count is no longer that of the 2. Return ten "
        "counts, some of them 0.",
    )
    wrong_if(got == [3, 1, 3, 0, 3, 5], "Those are the labels themselves. Count how often each digit occurs.")
    wrong_if(len(got) != 10, f"There are ten digits, 0 to 9, so ten counts; you return {len(got)}.")
    wrong_if(
        got == [1, 0, 3, 0, 1, 0, 0, 0, 0, 0], "You began to count at 1. The first count is that of the 0."
    )
    wrong_if(abs(sum(got) - 1) < 1e-5, "Those are shares that add up to 1. The exercise asks for counts.")
    right = [1, 1, 0, 3, 0, 1, 0, 0, 0, 0]
    wrong_if(got != right, f"The labels 3, 1, 3, 0, 3, 5 give {right}; you have {got}.")
    got = counts([9, 2, 2, 9, 9])
    right = [0, 0, 2, 0, 0, 0, 0, 0, 0, 3]
    wrong_if(got != right, f"The labels 9, 2, 2, 9, 9 give {right}; you have {got}.")
    return "In the whole MNIST the 1 is the most frequent digit; in the sample all are equally frequent."


@exercise("04.2")
def negative(answer: Callable) -> str:
    """Grade a transform that makes of a PIL picture its negative, as a float tensor of 0..1."""
    wrong_if(isinstance(answer, type), "That is the class; call it, with brackets, to make a transform.")
    wrong_if(isinstance(answer, list | tuple), "That is a list. v2.Compose makes one transform of it.")
    bright = torch.arange(784, dtype=torch.uint8).reshape(28, 28)  # it wraps around: 0..255 three times
    pale = bright // 2 + 50  # 50..177
    for pixels in (bright, pale):
        picture, scaled = Image.fromarray(pixels.numpy()), pixels.unsqueeze(0) / 255
        for _ in range(8):  # a random transform shows when it is called more than once
            got = attempt(answer, picture.copy())
            wrong_if(
                isinstance(got, Image.Image), "It is still a PIL picture. Make a tensor of it: v2.ToImage()."
            )
            wrong_if(not isinstance(got, Tensor), f"It should give a tensor, not a {type(got).__name__}.")
            wrong_if(
                not got.is_floating_point(),
                f"The pixels are {got.dtype}; the net wants floats. v2.ToDtype(torch.float32, scale=True).",
            )
            wrong_if(got.dtype != torch.float32, f"The exercise asks for float32; yours is {got.dtype}.")
            wrong_if(
                got.shape != (1, 28, 28),
                f"The shape should be [1, 28, 28], a channel in front; yours is {list(got.shape)}.",
            )
            _negative_of(got, scaled, pixels)
    return "A photo of ink on paper needs this before our nets can read it: they know light ink on black."


def _negative_of(got: Tensor, scaled: Tensor, pixels: Tensor) -> None:
    """Raise a hint where `got` isn't 1 minus the picture, which is given as floats and as bytes."""
    got = got.as_subclass(Tensor)
    if torch.allclose(got, 1 - scaled, atol=1e-4):
        return
    wrong_if(
        torch.allclose(got, scaled, atol=1e-4),
        "That is the picture as it was, or your transform inverts only sometimes: v2.RandomInvert() does it "
        "in one case of two, v2.RandomInvert(p=1.0) always.",
    )
    wrong_if(
        torch.allclose(got, (1 - pixels.unsqueeze(0)) / 255, atol=1e-4),
        "You subtracted from 1 while the pixels were still bytes from 0 to 255. Scale first, then invert.",
    )
    wrong_if(
        torch.allclose(got, -scaled, atol=1e-4),
        "Minus the picture is below 0. Black (0) shall become white (1), and white black: 1 - image.",
    )
    wrong_if(
        bool(got.min() < -0.01) and bool(got.abs().max() < 20),
        "Some of your numbers are negative. Leave v2.Normalize out: the exercise asks for 0 to 1.",
    )
    wrong_if(
        bool(got.abs().max() > 1.5),
        "Your numbers leave the range 0 to 1. Scale the bytes to it (scale=True) first; then the negative of "
        "x is 1 - x.",
    )
    x = scaled.flatten()[100].item()
    raise WrongAnswer(
        f"A pixel of {x:.2f} should become {1 - x:.2f}; yours became {got.flatten()[100].item():.2f}. "
        "The negative of x is 1 - x, whatever the other pixels are."
    )


@exercise("04.3")
def mean_and_std(answer: Callable) -> str:
    """Grade ``answer(images, positions)``, mean and standard deviation of the chosen images in 0..1."""
    random = torch.Generator().manual_seed(0)
    images = torch.randint(0, 40, (8, 28, 28), generator=random)
    images = (images + 25 * torch.arange(8).reshape(8, 1, 1)).to(torch.uint8)  # each brighter than the last
    hint = "Return two numbers, the mean and the standard deviation, each over all the pixels."
    for positions in ([0, 2, 6], [7, 1, 5, 0, 3]):
        got = pair(attempt(answer, images.clone(), list(positions)), hint)
        chosen = images[positions] / 255
        mean, std = chosen.mean().item(), chosen.std().item()
        if _near(got, (mean, std)):
            continue
        everything = images / 255
        wrong_if(
            _near(got, (everything.mean().item(), everything.std().item())),
            "That is over all images. Only those at `positions`, the training data, may have a say.",
        )
        wrong_if(
            _near(got, (255 * mean, 255 * std)),
            "Those are of bytes from 0 to 255. Divide by 255: the transform normalises what is from 0 to 1.",
        )
        wrong_if(_near(got, (std, mean)), "The other way round: first the mean, then the standard deviation.")
        wrong_if(
            _near(got, (mean, chosen.var().item())), "That is the variance. std() gives its square root."
        )
        wrong_if(
            _near(got, (mean, chosen.std(dim=(1, 2)).mean().item())),
            "You took the standard deviation of each image and averaged. Take it once, over all the pixels.",
        )
        wrong_if(
            _near(got, (mean, chosen.mean(dim=(1, 2)).std().item())),
            "That is the standard deviation of the images' means. Take it once, over all the pixels.",
        )
        raise WrongAnswer(
            f"For the images at {positions} the mean is {mean:.4f} and the standard deviation {std:.4f}; "
            f"you have {got[0]:.4f} and {got[1]:.4f}."
        )
    return "Validation and test data are normalised with these same two numbers, and never with their own."


def _near(got: tuple[float, float], right: tuple[float, float]) -> bool:
    """Tell whether two numbers agree; std may divide by n or by n - 1."""
    return all(abs(one - other) <= 1e-3 * max(1, abs(other)) for one, other in zip(got, right, strict=True))


@exercise("04.4")
def make_batch(answer: Callable) -> str:
    """Grade ``answer(dataset, positions)``, the batch that a loader would make of some samples."""
    random = torch.Generator().manual_seed(0)
    pixels = torch.randint(0, 256, (6, 28, 28), generator=random).to(torch.uint8)
    to_tensor = [v2.ToImage(), v2.ToDtype(torch.float32, scale=True), v2.Normalize([0.1], [0.3])]
    classes = [str(digit) for digit in range(10)]
    dataset = ImageDataset(pixels, torch.tensor([5, 0, 4, 1, 9, 2]), classes, None, v2.Compose(to_tensor))
    for positions in ([4, 1, 2], [3]):
        try:
            got = attempt(answer, dataset, list(positions))
        except WrongAnswer as error:
            wrong_if(
                "Cannot handle this data type" in str(error),
                "A data set gives one sample at a time: dataset[position], for each position in turn.",
            )
            raise
        wrong_if(
            not isinstance(got, tuple | list) or len(got) != 2, "Return a pair: the images and the labels."
        )
        images, labels = got
        _check_batch(images, labels, dataset, positions)
    return "A DataLoader does just that for each batch; its name for it is `collate`."


def _check_batch(images: Any, labels: Any, dataset: ImageDataset, positions: list[int]) -> None:
    """Raise a hint where images and labels aren't the batch of the dataset's samples at `positions`."""
    right_images, right_labels = default_collate([dataset[position] for position in positions])
    n = len(positions)
    wrong_if(isinstance(images, list | tuple), "The images are a list still. torch.stack makes a tensor.")
    wrong_if(not isinstance(images, Tensor), f"The images should be a tensor, not a {type(images).__name__}.")
    wrong_if(
        images.dtype == torch.int64 and images.shape == (n,),
        "The other way round: first the images, then the labels.",
    )
    first = {(n, 28, 28), (1, 28, 28)} & {tuple(images.shape)}
    wrong_if(
        bool(first),
        f"{n} images have the shape {list(images.shape)}, so a dimension is missing. torch.stack puts a new "
        "one in front, torch.cat doesn't, and `dataset.data` has no channel.",
    )
    wrong_if(
        images.shape != right_images.shape,
        f"{n} images should have the shape {list(right_images.shape)}; yours is {list(images.shape)}.",
    )
    same = images.is_floating_point() and torch.allclose(images, right_images.float(), atol=1e-4)
    if not same:
        firsts = torch.stack([dataset[position][0] for position in range(n)])
        wrong_if(
            images.is_floating_point() and torch.allclose(images, firsts, atol=1e-4),
            f"Those are the first {n} samples. Take those at `positions`, {positions}.",
        )
        raise WrongAnswer(
            "These are not the images that dataset[position] gives, in the order of `positions`. Only "
            "dataset[position] applies the transform; dataset.data holds the bare bytes."
        )
    wrong_if(isinstance(labels, list | tuple), "The labels are a list still: torch.tensor(labels).")
    wrong_if(not isinstance(labels, Tensor), f"The labels should be a tensor, not a {type(labels).__name__}.")
    wrong_if(labels.shape != (n,), f"{n} labels should have the shape [{n}]; yours is {list(labels.shape)}.")
    wrong_if(
        labels.dtype != torch.int64, f"CrossEntropyLoss wants labels of int64; yours are {labels.dtype}."
    )
    wrong_if(
        not torch.equal(labels, right_labels),
        f"At {positions} the labels are {right_labels.tolist()}; you have {labels.tolist()}.",
    )


@exercise("04.5")
def first_batches(answer: Callable) -> str:
    """Grade ``answer(loader, k)``, a list of the first k batches of one round."""
    samples = TensorDataset(torch.arange(10.0).reshape(10, 1), torch.arange(10))
    loader = DataLoader(samples, batch_size=4)  # batches of 4, 4 and 2
    right = [labels.tolist() for _, labels in loader]

    def found(k: int) -> list[list[int]]:
        """Return the labels of each batch."""
        got = attempt(answer, loader, k)
        wrong_if(not isinstance(got, list | tuple), f"Return a list of batches, not a {type(got).__name__}.")
        wrong_if(
            len(got) == 2 and all(isinstance(part, Tensor) for part in got) and k != 2,
            "That is one batch, images and labels. Return a list of batches.",
        )
        for batch in got:
            whole = isinstance(batch, list | tuple) and len(batch) == 2
            wrong_if(
                not whole or not all(isinstance(part, Tensor) for part in batch),
                "Each entry of your list should be a whole batch, as the loader gives it: images and labels.",
            )
        return [labels.reshape(-1).tolist() for _, labels in got]

    got = found(1)
    wrong_if(len(got) != 1, f"With k = 1 the list holds 1 batch; yours holds {len(got)}.")
    wrong_if(got != right[:1], f"With k = 1 it is the first batch, labels {right[0]}; you have {got[0]}.")
    got = found(2)
    wrong_if(
        got == [right[0]] * 2,
        "You have the first batch twice. Each iter(loader) starts a new round: call it once, then call next "
        "again and again on what it gave, or use a for loop.",
    )
    wrong_if(len(got) != 2, f"With k = 2 the list holds 2 batches; yours holds {len(got)}.")
    wrong_if(got != right[:2], f"With k = 2 the labels are {right[:2]}; you have {got}.")
    wrong_if(found(3) != right, "With k = 3, all 3 batches of the round should come, the short one too.")
    try:
        got = found(5)
    except WrongAnswer as error:
        if "StopIteration" not in str(error):
            raise
        raise WrongAnswer(
            "With k = 5 and only 3 batches, next raised StopIteration. Return the 3 that there are; a for "
            "loop stops by itself."
        ) from None
    wrong_if(got != right, f"The loader has 3 batches, so k = 5 gives these 3; you have {len(got)}.")
    return "One iter, many next: that is what a for loop does."


def _between(linear: Sequence[nn.Linear], x: Tensor, between: Callable[[Tensor], Tensor]) -> Tensor:
    """Return what linear layers make of x [batch, features] with a function between each two."""
    for layer in linear[:-1]:
        x = between(layer(x))
    return linear[-1](x)


STAR = "nn.Sequential(*layers) makes a model of a list of layers; mind the star, it unpacks the list."


@exercise("04.6")
def dense_net(answer: Callable) -> str:
    """Grade ``answer(sizes)``, a dense net with a ReLU between its linear layers."""
    for sizes, shape in [
        ([784, 128, 64, 10], (1, 28, 28)),
        ([784, 32, 10], (1, 28, 28)),
        ([784, 10], (1, 28, 28)),
        ([12, 9, 8, 7, 3], (3, 2, 2)),
    ]:
        torch.manual_seed(0)
        wrong_if(
            isinstance(answer, nn.Module), "That is one net. Write a function that makes a net of any sizes."
        )
        try:
            net = attempt(answer, list(sizes))
        except WrongAnswer as error:
            wrong_if("list is not a Module subclass" in str(error), STAR)
            wrong_if(
                "is not a Module subclass" in str(error),
                "A layer's brackets are missing: nn.ReLU(), not nn.ReLU.",
            )
            raise
        wrong_if(isinstance(net, list | tuple | nn.ModuleList), STAR)
        wrong_if(not isinstance(net, nn.Module), f"Return a model, not a {type(net).__name__}.")
        linear = [layer for layer in net.modules() if isinstance(layer, nn.Linear)]
        got, pairs = [(layer.in_features, layer.out_features) for layer in linear], list(pairwise(sizes))
        wrong_if(
            got != pairs,
            f"For {sizes} the linear layers are {pairs} (in_features, out_features); yours: {got}.",
        )
        wrong_if(
            any(layer.bias is None for layer in linear),
            "Your linear layers have no bias. Leave bias=False out: nn.Linear has one by itself.",
        )
        images = torch.randn(40, *shape)
        try:
            logits = attempt(net, images.clone())
        except WrongAnswer:
            flattens = any(isinstance(layer, nn.Flatten) for layer in net.modules())
            wrong_if(
                not flattens, "A batch is [batch, 1, 28, 28], but Linear wants [batch, 784]: nn.Flatten()."
            )
            raise
        wrong_if(not isinstance(logits, Tensor), "The model should give a tensor of logits.")
        wrong_if(
            logits.shape != (40, sizes[-1]),
            f"For 40 images the logits should be [40, {sizes[-1]}]; yours are {list(logits.shape)}.",
        )
        _check_activations(logits, linear, images.flatten(1))
    return "784, 512, 10 is the net of this lesson; now you can try any other in one line."


def _check_activations(logits: Tensor, linear: Sequence[nn.Linear], pixels: Tensor) -> None:
    """Raise a hint where the logits aren't those of the linear layers with ReLU between."""
    with torch.inference_mode():
        logits, right = logits.detach(), _between(linear, pixels, torch.relu)
        straight = _between(linear, pixels, nn.Identity())
        same = [torch.allclose(logits, other, atol=1e-5) for other in (right, straight, right.relu())]
        softmax = logits.min() >= 0 and torch.allclose(logits.sum(dim=1), torch.ones(len(logits)), atol=1e-4)
    if same[0]:
        return
    wrong_if(
        same[1], "Nothing stands between your linear layers, so together they are one. Put nn.ReLU() between."
    )
    wrong_if(same[2], "Your last layer is followed by a ReLU, but a logit must be able to be negative.")
    wrong_if(softmax, "Your net ends with a softmax. CrossEntropyLoss wants logits: leave it out.")
    wrong_if(
        bool(logits.min() >= 0),
        "None of your logits is negative. Nothing must come after the last linear layer.",
    )
    raise WrongAnswer(
        "The layers are right, but not what is between them: one nn.ReLU() between each two linear layers, "
        "none before the first or after the last."
    )


@exercise("04.7")
def dense_parameters(answer: Callable) -> str:
    """Grade ``answer(sizes)``, how many weights and biases a dense net has."""

    def count(sizes: list[int]) -> float:
        return numbers(attempt(answer, list(sizes)), 0, "Return one number, for all layers together.")

    got = count([4, 3, 2])
    wrong_if(got == 18, "You counted the weights, 4 x 3 + 3 x 2. Each neuron has a bias too.")
    wrong_if(got == 20, "One bias for each layer isn't enough: each of its neurons has one.")
    wrong_if(got == 25, "A layer has a bias for each of its outputs, not for each of its inputs.")
    wrong_if(got == 27, "The 4 inputs have no bias. Only the 3 and the 2 outputs have one.")
    wrong_if(got == 24, "Multiply only sizes that are next to each other: 4 x 3, then 3 x 2, and add up.")
    wrong_if(got == 15, "That is the first layer only, 4 x 3 + 3. Add the others.")
    wrong_if(
        got != 23, f"The sizes 4, 3, 2 make 4 x 3 + 3 and 3 x 2 + 2, together 23 parameters; you have {got}."
    )
    for sizes, right in [([5, 2], 12), ([784, 512, 10], 407_050), ([6, 5, 4, 3, 2], 35 + 24 + 15 + 8)]:
        got = count(sizes)
        wrong_if(got != right, f"The sizes {sizes} make {right} parameters; you have {got}.")
    return "Nearly all of the lesson's 407,050 sit in its first layer: 784 pixels times 512 neurons."


@exercise("04.8")
def digit_and_probability(answer: Callable) -> str:
    """Grade ``answer(logits)``, the digit that a net sees in one image and how sure it is."""
    rows = [[0.5, -1.0, 0.2, 1.0, -2.0, 0.0, 0.3, 2.5, 1.8, -0.4], [-3.0] * 6 + [-1.0] + [-4.0] * 3]
    for row in rows:
        logits = torch.tensor([row])  # [1, 10]
        probabilities = logits.softmax(dim=1)[0]
        digit, probability = logits.argmax().item(), probabilities.max().item()
        got = pair(
            attempt(answer, logits.clone()),
            "Return two numbers: the digit, and its probability from 0 to 1.",
        )
        sure = got[1]
        if got[0] == digit and abs(sure - probability) < 1e-3:
            continue
        wrong_if(
            got[1] == digit and abs(got[0] - probability) < 1e-3,
            "The other way round: first the digit, then its probability.",
        )
        wrong_if(got[0] != digit, f"The largest logit stands at position {digit}; your digit is {got[0]:g}.")
        wrong_if(abs(sure - logits.max().item()) < 1e-3, "That is the logit. A softmax gives probabilities.")
        wrong_if(
            abs(sure - 1) < 1e-6,
            "Exactly 1? The softmax ran over the batch of one. It must run over the ten classes: dim=1.",
        )
        wrong_if(
            abs(sure - 100 * probability) < 0.6, "That is in percent; asked for is a number from 0 to 1."
        )
        wrong_if(
            abs(sure - torch.sigmoid(logits).max().item()) < 1e-3,
            "That is a sigmoid, for two classes. Ten classes share a probability of 1: softmax.",
        )
        raise WrongAnswer(f"The probability of {digit} is {probability:.3f}; you have {sure:.3f}.")
    return "The argmax of logits and of probabilities is the same; only for 'how sure' you need the softmax."


@exercise("04.9")
def top_k_accuracy(answer: Callable) -> str:
    """Grade ``answer(logits, labels, k)``, how often the label is among the k highest, in percent."""
    ranks = [1, 2, 2, 2, 2, 2, 3, 3, 3, 4]  # of the true class, among 4, for each image
    scores = torch.tensor([4.5, 3.5, 2.5, 1.5])
    logits = torch.stack([scores.roll(row) for row in range(len(ranks))])  # [10, 4]
    labels = torch.tensor([(rank - 1 + row) % 4 for row, rank in enumerate(ranks)])  # [10]

    def accuracy(chosen: list[int], k: int) -> float:
        got = attempt(answer, logits[chosen].clone(), labels[chosen].clone(), k)
        return numbers(got, 0, "Return one number, in percent.")

    every = list(range(len(ranks)))
    got = accuracy(every, 2)  # 6 of 10
    wrong_if(abs(got - 0.6) < 1e-6, "That is a fraction. This course gives accuracy in percent.")
    wrong_if(got == 6, "That is how many are right. Divide by the number of images; in percent.")
    for mistaken, hint in [
        (10, "That is the accuracy of the best guess alone. With k = 2 the second guess counts too."),
        (50, "You counted only where the label is exactly the second guess. The first counts as well."),
        (30, "You divided by all the guesses, 20. Divide by the number of images, 10."),
        (40, "Those are the 2 lowest logits of each row. Take the 2 highest."),
    ]:
        wrong_if(abs(got - mistaken) < 1e-4, hint)
    wrong_if(
        not abs(got - 60) < 1e-4,
        f"Of 10 images, 6 have their label among the 2 highest logits: 60 %. You have {got:g}.",
    )
    for k, right in [(1, 10), (3, 90), (4, 100)]:
        got = accuracy(every, k)
        wrong_if(not abs(got - right) < 1e-4, f"With k = {k} it is {right} %; you have {got:g}.")
    # As many images as guesses: labels [2] and guesses [2, 2] broadcast without an error.
    got = accuracy([1, 2], 2)
    wrong_if(
        not abs(got - 100) < 1e-4,
        f"For images 1 and 2 alone and k = 2 it is 100 %; you have {got:g}. Guesses are [2, 2] there and "
        "labels [2], so comparing them mixes up rows: labels.unsqueeze(1) belongs to each row.",
    )
    got = accuracy([2, 9], 2)
    wrong_if(not abs(got - 50) < 1e-4, f"For images 2 and 9 and k = 2 it is 50 %; you have {got:g}.")
    return "With k = 1 it is the usual accuracy, and with k = 10 every net is always right."


@exercise("04.10")
def mixed_up(answer: Callable) -> str:
    """Grade ``answer(matrix)``, the two classes that are mixed up most, both directions added."""
    hint = "Return two class numbers, the smaller one first."
    matrix = torch.tensor([[90, 2, 3, 9], [1, 80, 7, 0], [4, 8, 70, 1], [0, 2, 2, 60]])
    got = pair(attempt(answer, matrix.clone()), hint)  # 1 and 2: 7 + 8; the largest single cell: (0, 3)
    wrong_if(
        max(got) >= len(matrix),
        f"This matrix is {len(matrix)} x {len(matrix)}, so there is no class {max(got):g}. Divide the "
        "position by len(matrix), not by 10.",
    )
    wrong_if(got[0] == got[1], "On the diagonal stand right answers. Leave it out before you search.")
    wrong_if(
        set(got) == {0, 3},
        "9 is the largest single cell. But 7 times a 1 was taken for a 2 and 8 times a 2 for a 1: add both.",
    )
    wrong_if(got == (2, 1), "The right two; return the smaller one first.")
    wrong_if(got != (1, 2), f"1 and 2 are mixed up 7 + 8 times: (1, 2). You have ({got[0]:g}, {got[1]:g}).")
    for matrix, right in [
        (torch.tensor([[5, 1, 4], [1, 9, 2], [6, 2, 8]]), (0, 2)),
        (torch.tensor([[50, 0], [3, 40]]), (0, 1)),
        (torch.diag(torch.arange(10)).index_put((torch.tensor(9), torch.tensor(4)), torch.tensor(3)), (4, 9)),
    ]:
        given = matrix.clone()
        got = pair(attempt(answer, given), hint)
        wrong_if(
            not torch.equal(given, matrix), "Your function changed the matrix that it got. Work on a clone()."
        )
        wrong_if(got != right, f"For {matrix.tolist()} it is {right}; you have ({got[0]:g}, {got[1]:g}).")
    return "Call it with your own confusion matrix, and look at the pictures of these two digits."


@exercise("04.11")
def in_features(answer: Callable) -> str:
    """Grade ``answer(channels, blocks)``, how many numbers reach the linear layer of a CNN for 28 x 28."""

    def count(channels: int, blocks: int) -> float:
        return numbers(attempt(answer, channels, blocks), 0, "Return one number.")

    got = count(16, 1)
    wrong_if(got == 16 * 14, "A map has rows and columns: 14 x 14 numbers, not 14.")
    wrong_if(got == 14 * 14, "That is one map. There are as many maps as channels.")
    wrong_if(got == 16 * 28 * 28, "Each block ends in a pooling, which halves height and width.")
    wrong_if(got == 16 * 14 * 28, "A pooling by 2 halves both, height and width: 28 x 28 become 14 x 14.")
    wrong_if(got == 16 * 13 * 13, "The padding keeps 28 x 28 in the convolution; only the pooling halves.")
    wrong_if(got != 16 * 14 * 14, f"One block makes 16 x 14 x 14 = 3136 numbers; you have {got:g}.")
    got = count(32, 2)
    wrong_if(got == 32 * 14 * 14, "After 2 blocks, height and width have been halved twice: 7 x 7.")
    wrong_if(
        got != 32 * 7 * 7, f"Two blocks with 32 maps at the end make 32 x 7 x 7 = 1568; you have {got:g}."
    )
    got = count(64, 3)
    wrong_if(
        got != 64 * 3 * 3 and abs(got - 64 * 3.5 * 3.5) < 100,
        f"Half of 7 is 3 here: pooling has no half pixels and rounds down, in each block. You have {got:g}.",
    )
    for channels, blocks in [(64, 3), (10, 2), (5, 4), (1, 1), (7, 3)]:
        layers = [layer for _ in range(blocks) for layer in (nn.Conv2d(1, 1, 3, padding=1), nn.MaxPool2d(2))]
        size = nn.Sequential(*layers)(torch.zeros(1, 1, 28, 28)).shape[-1]
        got, right = count(channels, blocks), channels * size * size
        wrong_if(
            got != right,
            f"{blocks} blocks with {channels} maps at the end make {channels} x {size} x {size} = {right}; "
            f"you have {got:g}.",
        )
    return "It agrees with PyTorch's own layers. Where you can't compute it, print the shape."
