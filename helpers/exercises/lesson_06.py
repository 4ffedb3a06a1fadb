"""Lesson 06, letters of sign language with a dense net: the graders of its exercises."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor
from torch.utils.data import DataLoader

from helpers.checks import WrongAnswer, attempt, exercise
from helpers.exercises.grading import explained, numbers, same, wrong_if

LETTERS = "ABCDEFGHIKLMNOPQRSTUVWXY"  # position 0..23
LABELS = [label for label in range(25) if label != 9]  # as the table numbers them
PIXELS = [f"pixel{number}" for number in range(1, 785)]


def _as_pair(got: Any, hint: str) -> tuple[Any, Any]:
    """Return two things of any kind; a hint for anything else."""
    wrong_if(got is None, "Your function returns nothing: it needs a return.")
    wrong_if(not isinstance(got, tuple | list) or len(got) != 2, hint)
    return got[0], got[1]


def _table(labels: Sequence[int], pixels: np.ndarray) -> pd.DataFrame:
    """Return a table as `sign_mnist_table` gives it."""
    table = pd.DataFrame(pixels, columns=PIXELS)
    table.insert(0, "label", np.array(labels))
    return table


def _check_number(got: float, right: float, mistakes: Iterable[tuple[float, str]], otherwise: str) -> None:
    """Raise the hint of the mistake that gives this number, or another where it isn't the right one."""
    if abs(got - right) < 1e-4:
        return
    for number, hint in mistakes:
        wrong_if(abs(got - number) < 1e-4, hint)
    raise WrongAnswer(otherwise)


@exercise("06.1")
def letter_and_position(answer: Callable) -> str:
    """Grade ``answer(label)``, the letter of a label of the table, and its position among the 24 classes."""
    hint = "Return two things: the letter, as a string, and its position, a whole number."
    for label in (3, 0, 8, 10, 24, *LABELS):
        letter, position = _as_pair(attempt(answer, label), hint)
        wrong_if(isinstance(position, str), "The other way round: first the letter, then the position.")
        wrong_if(not isinstance(letter, str), hint)
        position, right = numbers(position, 0, hint), LABELS.index(label)
        said = f"Label {label} is {LETTERS[right]}, at position {right}"
        wrong_if(letter != letter.upper(), f"{said}. Return a capital letter, not {letter!r}.")
        wrong_if(
            letter != LETTERS[right] and label > 9 and letter == LETTERS[right + 1 : right + 2],
            f"{said}; you have {letter}. A label counts in the whole alphabet, J included, so you can't look "
            "it up in 24 letters. Look up the position there.",
        )
        wrong_if(
            letter != LETTERS[right] and label > 9 and letter == chr(ord("A") + right),
            f"{said}; you have {letter}. You looked up the position in an alphabet that has a J. Look up the "
            "label in it, or the position in the 24 letters.",
        )
        wrong_if(letter != LETTERS[right], f"{said}; you have the letter {letter!r}.")
        wrong_if(position == right + 1 and label < 9, f"{said}: positions start at 0.")
        wrong_if(
            position == right + 1,
            f"{said}; your position is {position}. J (9) is not among the classes, so take "
            "1 from the label of every letter after it.",
        )
        wrong_if(
            position == right - 1, f"{said}; your position is {position}. Only letters after J move down."
        )
        wrong_if(position != right, f"{said}; your position is {position}.")
    return "A net with 24 outputs can only be right if its labels are 0 to 23, without the gap."


@exercise("06.2")
def images_and_labels(answer: Callable) -> str:
    """Grade ``answer(table)``, images [N, 784] in 0..1 and labels 0..23 of a table."""
    for seed, given in enumerate(([24, 10, 8, 0, 3, 10, 11], LABELS, [5])):
        pixels = np.random.default_rng(seed).integers(0, 200, (len(given), 784), dtype=np.uint8)
        table = _table(given, pixels)
        before = table.copy()
        hint = "Return two tensors: the images, and the labels."
        images, labels = _as_pair(attempt(answer, table), hint)
        wrong_if(
            not table.equals(before),
            "Your function changed the table that it was given. `drop` makes a new table; `pop`, and "
            "writing into a column, change the old one.",
        )
        for part in (images, labels):
            wrong_if(not isinstance(part, Tensor), f"{hint} One of yours is a {type(part).__name__}.")
        _check_images(images.detach(), torch.tensor(pixels))
        _check_labels(labels.detach(), torch.tensor(given))
    return "float32 in 0..1 for nn.Linear, int64 in 0..23 for CrossEntropyLoss."


def _check_images(images: Tensor, pixels: Tensor) -> None:
    """Raise a hint where the images aren't the pixels, divided by 255."""
    n = len(pixels)
    wrong_if(images.ndim == 1, "The first should be the images. Return images, labels, in this order.")
    wrong_if(
        images.shape == (n, 785),
        "785 numbers for each image: the label is among them. The net would learn to read it. Leave it out.",
    )
    wrong_if(
        images.shape != (n, 784),
        f"{n} rows should give images of shape [{n}, 784]; yours are {list(images.shape)}.",
    )
    wrong_if(
        not images.is_floating_point(),
        f"The pixels are {images.dtype}. nn.Linear wants float32, from 0 to 1.",
    )
    values, right = images.double(), pixels.double() / 255
    for mistake, hint in (
        (pixels.double(), "The pixels are still 0 to 255. Divide them by 255."),
        (pixels.double() / 256, "You divided by 256. The brightest pixel is 255, and it should become 1."),
        (
            pixels / pixels.max(),
            "You divided by the largest pixel of this table. Every table needs the same "
            "scale: divide by 255.",
        ),
        (pixels // 255, "Nearly all pixels have become 0: // rounds down. Divide with /."),
        (right / 255, "You divided by 255 twice."),
        (1 - right, "Black and white are turned round. Divide by 255, and no more."),
    ):
        wrong_if(same(values, mistake.double()) and not same(values, right), hint)
    wrong_if(
        not same(values, right),
        "These aren't the pixels of the table, divided by 255, row by row in the order of the columns.",
    )
    wrong_if(
        images.dtype != torch.float32,
        f"The numbers are right, but they are {images.dtype}. nn.Linear has weights of float32, and both "
        "must be the same.",
    )


def _check_labels(labels: Tensor, given: Tensor) -> None:
    """Raise a hint where the labels aren't those of the table, made 0..23."""
    n, right = len(given), given - (given > 9).long()
    wrong_if(
        labels.shape != (n,), f"{n} rows should give labels of shape [{n}]; yours are {list(labels.shape)}."
    )
    values = labels.double()
    in_words = f"The labels {given.tolist()} become {right.tolist()}; you have {labels.tolist()}."
    for mistake, hint in (
        (
            given,
            "Those are the table's labels, up to 24. With 24 outputs, CrossEntropyLoss takes 0 to 23: "
            "take 1 from each label above 9.",
        ),
        (given - 1, "You took 1 from every label. Only labels above 9 (J) move down."),
        (given - (given >= 8).long(), "You moved the I (8) down too. Only labels above 9 move down."),
        (right / 255, "The labels are divided by 255 too. Only pixels are."),
        (given / 255, "The labels are divided by 255 too. Only pixels are."),
        (
            given.unique(return_inverse=True)[1],
            "You numbered only the letters that occur in this table. In "
            "another table K would get another number. Take 1 from each label above 9.",
        ),
    ):
        wrong_if(same(values, mistake.double()) and not same(values, right.double()), f"{hint} {in_words}")
    wrong_if(not same(values, right.double()), in_words)
    wrong_if(
        labels.dtype != torch.int64, f"CrossEntropyLoss wants labels of int64; yours are {labels.dtype}."
    )


@exercise("06.3")
def dataset_class(answer: Callable) -> str:
    """Grade a class of data sets, ``answer(images, labels, transform=None)``."""
    wrong_if(not callable(answer), f"The answer is the class SignDataset, not a {type(answer).__name__}.")
    images, labels = torch.arange(30.0).reshape(5, 6), torch.tensor([3, 1, 4, 1, 5])
    try:
        dataset = attempt(answer, images.clone(), labels.clone())
    except WrongAnswer as error:
        wrong_if(
            "'transform'" in str(error) and "missing" in str(error),
            f"{error}. One may leave the transform out: def __init__(self, images, labels, transform=None).",
        )
        wrong_if(
            "takes no arguments" in str(error),
            f"{error}. Write __init__(self, images, labels, transform=None), with two underscores on both "
            "sides, inside the class.",
        )
        raise
    wrong_if(not hasattr(dataset, "__len__"), "len(dataset) should work: write __len__(self).")
    length = attempt(len, dataset)
    wrong_if(length == 6, "len(dataset) is the number of images, 5, not of the pixels in one.")
    wrong_if(length != 5, f"With 5 images len(dataset) should be 5; yours is {length}.")
    for position in (2, 0, 4):
        _check_item(_item(dataset, position), images[position], labels[position])

    calls = []

    def transform(image: Any) -> Any:
        calls.append(image)
        return image * 2 + 100 * len(calls) if isinstance(image, Tensor) else image

    dataset = attempt(answer, images.clone(), labels.clone(), transform)
    wrong_if(
        len(calls) > 0,
        "You call the transform while the data set is made, so a random one would give the same picture in "
        "every epoch. Keep it as self.transform, and call it in __getitem__.",
    )
    for call, position in enumerate((3, 3, 1), start=1):
        got = _item(dataset, position)
        wrong_if(not calls, "The transform is never called. Call it in __getitem__, on the image.")
        wrong_if(len(calls) != call, "Call the transform once for each image, and not on the label.")
        wrong_if(
            not isinstance(calls[-1], Tensor) or calls[-1].shape != (6,),
            "The transform gets something else than the image. Call self.transform(image).",
        )
        wrong_if(
            isinstance(got, tuple | list)
            and len(got) == 2
            and isinstance(got[0], Tensor)
            and same(got[0], images[position]),
            "You call the transform, but its result is lost: write image = self.transform(image).",
        )
        _check_item(got, images[position] * 2 + 100 * call, labels[position])
    loader = DataLoader(attempt(answer, images.clone(), labels.clone()), batch_size=2)
    sizes = attempt(lambda: [len(batch_labels) for _, batch_labels in loader])
    wrong_if(sizes != [2, 2, 1], f"A loader should make batches of 2, 2 and 1 of it; it makes {sizes}.")
    return "len and [ ]: that is all that a DataLoader asks of a data set."


def _item(dataset: Any, position: int) -> Any:
    """Return ``dataset[position]``; for usual errors in it, a hint."""
    try:
        return attempt(lambda: dataset[position])
    except WrongAnswer as error:
        wrong_if(
            "not subscriptable" in str(error) or "NotImplementedError" in str(error),
            "dataset[position] should work: write __getitem__(self, position).",
        )
        wrong_if(
            "'NoneType' object is not callable" in str(error),
            f"{error}. Without a transform self.transform is None: call it only if it isn't.",
        )
        raise


def _check_item(got: Any, image: Tensor, label: Tensor) -> None:
    """Raise a hint where a sample isn't this image and label."""
    got_image, got_label = _as_pair(got, "dataset[position] should give two things: the image, its label.")
    wrong_if(not isinstance(got_image, Tensor), f"The image is a {type(got_image).__name__}, not a tensor.")
    wrong_if(got_image.ndim == 0, "The other way round: first the image, then the label.")
    wrong_if(
        got_image.shape != image.shape,
        f"One image has shape {list(image.shape)}; yours has {list(got_image.shape)}.",
    )
    wrong_if(not same(got_image, image), "The image isn't the one at that position, as it was given.")
    hint = "The label is one number: self.labels[position]."
    wrong_if(numbers(got_label, 0, hint) != label.item(), f"The label should be {label}, not {got_label}.")


@exercise("06.4")
def faults(answer: Callable) -> str:
    """Grade ``answer(table)``: how many values are missing or out of range, how many rows are repeated."""

    def count(table: pd.DataFrame) -> list[float]:
        before = table.copy()
        with explained({"ambiguous|ror_": "Join conditions as in (a < 1) | (a > 2), with the brackets."}):
            got = attempt(answer, table)
        wrong_if(not table.equals(before), "Your function changed the table that it was given.")
        wrong_if(
            isinstance(got, pd.Series | pd.DataFrame)
            or (isinstance(got, tuple | list) and any(np.ndim(part) > 0 for part in got if _is_array(part))),
            "One of your counts is a count for each column (or row) still. Sum it up: .sum().sum().",
        )
        found = numbers(got, 1, "Return three numbers: missing, out of range, repeated.")
        wrong_if(len(found) != 3, f"Return three numbers; you return {len(found)}.")
        return found

    random = np.random.default_rng(0)
    labels, pixels = [3.0, 7, 24, 0, 1, 2, 5, 6, 3, 3, 12, 7, 2], random.integers(0, 256, (13, 784))
    pixels[8], pixels[9], pixels[10], pixels[11] = pixels[0], pixels[0], pixels[0], pixels[1]
    pixels = pixels.astype(float)
    clean = _table([3, 7, 24], random.integers(0, 256, (3, 784)))
    clean.iloc[0, 1:3] = [0, 255]
    pixels[2, [5, 6, 7]] = pixels[3, [6, 7]] = np.nan
    pixels[4, [9, 20]] = [-1, 256]
    pixels[5, 20], pixels[6, 21], pixels[7, 22] = 300, -40, 999
    table = _table(labels, pixels)
    table.loc[12, "label"] = np.nan
    missing, outside, repeated = count(table)
    _check_number(
        missing,
        6,
        [
            (
                0,
                "6 values are missing; you find none. NaN is not equal to anything, itself included, nor to "
                "None: ask isna().",
            ),
            (5, "You counted the missing pixels. The label can be missing too: count in the whole table."),
            (3, "You counted the rows with something missing, 3. Count the values."),
            (4, "You counted the columns with something missing, 4. Count the values."),
            (13 * 785 - 6, "Those are the values that are there. Count the missing ones."),
        ],
        f"6 values are missing; you count {missing:g}.",
    )
    _check_number(
        outside,
        5,
        [
            (3, "You counted pixels above 255. Pixels below 0 are out of range too."),
            (2, "You counted pixels below 0. Pixels above 255 are out of range too."),
            (4, "You counted the rows, or the columns, with such a pixel. Count the pixels."),
            (10, "You counted the missing pixels too. NaN is not between 0 and 255, but it isn't outside."),
            (11, "You counted missing values too. NaN is not between 0 and 255, but it isn't outside."),
            (0, "5 pixels are out of range; you find none. A pixel below 0 OR above 255 is; none is both."),
        ],
        f"5 pixels are out of range, below 0 or above 255; you count {outside:g}. 0 and 255 are allowed.",
    )
    _check_number(
        repeated,
        3,
        [
            (5, "You counted all the rows that have a twin. The first of them is no repetition."),
            (4, "You compared pixels only. A row is repeated if its label is the same too."),
            (
                2,
                "You counted how many rows have been repeated. One of them is there three times, so it is "
                "repeated twice.",
            ),
            (10, "Those are the different rows. Count the others."),
        ],
        f"3 rows repeat an earlier one; you count {repeated:g}.",
    )
    for good, right in ((clean, [0, 0, 0]), (pd.concat([clean, clean], ignore_index=True), [0, 0, 3])):
        got = count(good)
        wrong_if(got != right, f"For another table it is {right}; you have {got}.")
    return "A table is worth these three lines before any training: a net learns from faults too."


def _is_array(part: Any) -> bool:
    return isinstance(part, pd.Series | pd.DataFrame | np.ndarray | Tensor)


@exercise("06.5")
def gap(answer: Callable) -> str:
    """Grade ``answer(history, k)``: training minus validation accuracy over the last k epochs."""
    history = {
        "epoch": [1, 2, 3, 4, 5],
        "train_loss": [1.9, 1.1, 0.6, 0.3, 0.2],
        "train_acc": [50.0, 70.0, 84.0, 92.0, 97.0],
        "valid_loss": [2.0, 1.5, 1.3, 1.5, 1.6],
        "valid_acc": [45.0, 60.0, 66.0, 63.0, 65.0],
    }

    def result(history: dict[str, list[float]], k: int) -> float:
        given = {name: list(values) for name, values in history.items()}
        got = numbers(attempt(answer, given, k), 0, "Return one number: the gap in points.")
        wrong_if(given != history, "Your function changed the history that it was given.")
        return got

    mistakes = [
        (-30.5, "The sign is turned round: training minus validation."),
        (0.305, "Both are in percent already, so is their difference: 30.5 points."),
        (32.0, "That is the last epoch alone. Take the mean of the last k."),
        (18.8, "That is the mean over all epochs. Take the last k: values[-k:]."),
        (7.5, "Those are the first k epochs. Take the last ones: values[-k:]."),
        (23.5, "The last epoch is left out: values[-k:], with nothing behind the colon."),
        (29.0, "That is a single epoch, the k-th from the end. values[-k] is one number, values[-k:] are k."),
        (61.0, "That is the difference of the sums. Divide by k."),
        (31.0, "Those are the best epochs. Take the last k, good or bad."),
        (64 / 94.5, "That is a ratio. A gap in points is a difference."),
        (94.5 / 64, "That is a ratio. A gap in points is a difference."),
        (100 * 30.5 / 64, "That is the gap in percent of the validation accuracy. Points are a difference."),
        (0.25 - 1.55, "Those are the losses. Use train_acc and valid_acc."),
        (1.55 - 0.25, "Those are the losses. Use train_acc and valid_acc."),
    ]
    got = result(history, 2)
    _check_number(got, 30.5, mistakes, f"For k = 2 it is 94.5 - 64.0 = 30.5; you have {got:g}.")
    for k, right in ((1, 32.0), (3, 91 - 194 / 3), (5, 78.6 - 59.8)):
        got = result(history, k)
        wrong_if(not abs(got - right) < 1e-4, f"For k = {k} the gap is {right:.2f}; you have {got:.2f}.")
    better = {
        **history,
        "train_acc": [30.0, 40.0, 50.0, 60.0, 62.0],
        "valid_acc": [33.0, 45.0, 55.0, 66.0, 71.0],
    }
    got = result(better, 2)
    wrong_if(got == 7.5, "Validation is better there (dropout can do that): the gap is -7.5. Keep the sign.")
    wrong_if(not abs(got + 7.5) < 1e-4, f"61.0 against 68.5 is a gap of -7.5; you have {got:g}.")
    return "One epoch may be lucky. The mean of some epochs says more."


@exercise("06.6")
def split_by_signer(answer: Callable) -> str:
    """Grade ``answer(signers, n_valid)``: positions for training and validation, no signer in both."""
    for signers, n_valid in (
        ([1004, 1007, 1004, 1002, 1009, 1002, 1007, 1001, 1009, 1001, 1007, 1009, 1012, 1020, 1020, 1012], 2),
        ([0, 0, 0, 1, 1, 2, 2, 2, 3, 3], 1),
        ([3, 3, 1, 1, 2, 2, 0, 0, 0], 3),
    ):
        for _ in range(3):  # the split may be random
            train, valid = _positions(attempt(answer, list(signers), n_valid), signers)
            _check_split(train, valid, signers, n_valid)
    return "Now validation asks what counts: does the net read hands that it has never seen?"


def _positions(got: Any, signers: list[int]) -> list[list[int]]:
    """Return the two lists of positions that an answer gives; a hint where they are something else."""
    hint = "Return two lists of positions: those for training, and those for validation."
    found = []
    for part in _as_pair(got, hint):
        values = numbers(list(part) if isinstance(part, set) else part, 1, hint)
        wrong_if(
            any(isinstance(value, bool) for value in values),
            "Those are True and False, one for each row. Return the positions where they are True.",
        )
        found.append(values)
    everything = found[0] + found[1]
    known = set(range(len(signers)))
    wrong_if(
        not set(everything) <= known and set(everything) <= set(signers),
        "Those are the signers' numbers. Return the positions of their rows in the list.",
    )
    strange = [value for value in everything if value not in known]
    wrong_if(
        bool(strange), f"With {len(signers)} rows the positions are 0 to {len(signers) - 1}; not {strange}."
    )
    return found


def _check_split(train: list[int], valid: list[int], signers: list[int], n_valid: int) -> None:
    """Raise a hint where rows are lost or doubled, or signers are on both sides."""
    case = f"For the signers {signers} and n_valid = {n_valid}"
    wrong_if(
        bool(set(train) & set(valid)), f"{case}, some rows are on both sides: {set(train) & set(valid)}."
    )
    wrong_if(len(train) + len(valid) > len(signers), f"{case}, some positions come twice on the same side.")
    learnt, held_back = {signers[i] for i in train}, {signers[i] for i in valid}
    wrong_if(
        len(valid) == n_valid and len(held_back) <= n_valid and bool(learnt & held_back),
        f"{case}, you hold back {n_valid} rows. n_valid counts signers; hold back all of their rows.",
    )
    wrong_if(
        bool(learnt & held_back),
        f"{case}, you have rows of the signers {sorted(learnt & held_back)} on both sides. Choose signers "
        "first, then give each row to the side of its signer.",
    )
    wrong_if(not valid or not train, f"{case}, one side is empty.")
    lost = sorted(set(range(len(signers))) - set(train) - set(valid))
    wrong_if(bool(lost), f"{case}, the rows at {lost} are on neither side. Every row belongs to one.")
    wrong_if(
        len(held_back) != n_valid and len(learnt) == n_valid,
        f"{case}, {n_valid} signers are for validation, the others for training; yours is the other way.",
    )
    wrong_if(
        len(held_back) != n_valid,
        f"{case}, {n_valid} signers should be for validation; you have {sorted(held_back)}. One signer has "
        "several rows: find the different signers first.",
    )


OVERFITTING = [  # training loss, validation loss, right answer, hint for those who err here
    ([2.0, 1.2, 0.7, 0.4, 0.2], [2.1, 1.6, 1.5, 1.7, 1.9], True, "since epoch 3 the validation loss has "
     "risen while the training loss fell"),
    ([2.0, 1.2, 0.7, 0.4, 0.2], [2.1, 1.9, 1.7, 1.6, 1.5], False, "there is a gap between the curves, but "
     "the validation loss still falls"),
    ([1.6, 1.2, 0.9, 1.4, 1.9], [1.8, 1.4, 1.1, 1.6, 2.2], False, "the training loss rises too: that is "
     "training that goes wrong, not overfitting"),
    ([1.5, 0.9, 0.6, 0.4, 0.3, 0.2], [1.4, 1.0, 0.9, 1.2, 1.3, 1.25], True, "the validation loss is higher "
     "than in its best epoch, the third. That the last step went down changes nothing"),
    ([2.0, 1.4, 1.0, 0.8, 0.6], [2.1, 1.5, 1.7, 1.4, 1.2], False, "the validation loss rose for an epoch, "
     "but its lowest value is in the last one"),
    ([3.2, 3.2, 3.2], [3.2, 3.2, 3.2], False, "nothing is learned at all"),
    ([2.0, 0.6, 0.9, 0.8], [2.1, 1.1, 1.2, 1.3], False, "the training loss is lower than in the first "
     "epoch, but not lower than in epoch 2, where the validation loss was lowest"),
    ([1.5, 0.8, 0.5, 0.55, 0.4], [0.9, 1.0, 1.1, 1.3, 1.5], True, "the validation loss is lowest in the "
     "first epoch, and from there to the last one it rises while the training loss falls"),
    ([2.0], [2.1], False, "there is only one epoch, so nothing has risen"),
]  # fmt: skip


@exercise("06.7")
def is_overfitting(answer: Callable) -> str:
    """Grade ``answer(history)``: whether, since the best epoch, validation got worse and training better."""
    found = []
    for training, validation, _, _ in OVERFITTING:
        n = len(training)
        history = {
            "epoch": list(range(1, n + 1)),
            "train_loss": list(training),
            "train_acc": [100 - 20 * loss for loss in training],
            "valid_loss": list(validation),
            "valid_acc": [40.0 + 5 * epoch for epoch in range(n)],  # it may rise while the loss does
        }
        got = numbers(attempt(answer, history), 0, "Return True or False.")
        wrong_if(got not in (True, False), f"Return True or False, not {got}.")
        wrong_if(
            history["train_loss"] != training or history["valid_loss"] != validation,
            "Your function changed the history that it was given (sort() does that; min() doesn't).",
        )
        found.append(bool(got))
    right = [case[2] for case in OVERFITTING]
    for value in (True, False):
        wrong_if(found == [value] * len(right), f"You return {value} for every history.")
    wrong_if(found == [not value for value in right], "It is the other way round: True means overfitting.")
    for got, (training, validation, wanted, why) in zip(found, OVERFITTING, strict=True):
        wrong_if(
            got != wanted,
            f"Training loss {training}, validation loss {validation}: this should be {wanted}, "
            f"because {why}.",
        )
    return "A gap alone is no proof. What tells is the validation loss that rises while training still falls."


@exercise("06.8")
def hardest_letter(answer: Callable) -> str:
    """Grade ``answer(matrix, classes)``, the letter with the lowest recall, and its recall in percent."""
    hint = "Return two things: the letter, as a string, and its share in percent."

    def result(matrix: Tensor, classes: list[str]) -> tuple[str, float]:
        given = matrix.clone()
        letter, share = _as_pair(attempt(answer, given, list(classes)), hint)
        wrong_if(not torch.equal(given, matrix), "Your function changed the matrix. Work on a clone().")
        wrong_if(isinstance(share, str), "The other way round: first the letter, then the percentage.")
        wrong_if(
            not isinstance(letter, str), "The first should be the letter itself: classes[position], a string."
        )
        return letter, numbers(share, 0, hint)

    matrix = torch.tensor([[46, 0, 0, 4], [5, 12, 3, 0], [0, 1, 9, 0], [30, 0, 0, 70]])
    letter, share = result(matrix, ["A", "B", "C", "D"])
    said = "12 of the 20 images of B are recognised, 60 %, and that is the lowest share"
    wrong_if(
        letter == "A" and abs(share - 92) > 0.1,
        f"{said}. You compared columns: of all answers A, few were right. Rows are the true letters.",
    )
    wrong_if(letter == "A", f"{said}. A, with 46 of 50, is the easiest letter.")
    wrong_if(letter == "C", f"{said}. C has the fewest right answers, 9, but it has only 10 images.")
    wrong_if(letter == "D", f"{said}. D has the most wrong answers, 30, but it has 100 images.")
    wrong_if(letter != "B", f"{said}; you have {letter!r}.")
    _check_number(
        share,
        60,
        [
            (0.6, f"{said}. You return a fraction; this course gives percent."),
            (40, f"{said}. You return the share that is wrong."),
            (12, f"{said}. You return how many are right."),
            (100 * 12 / 180, f"{said}. You divided by all the images of the table, 180."),
            (100 * 12 / 13, f"{said}. You divided by all answers B, 13: that is a column."),
        ],
        f"{said}; you have {share:g}.",
    )
    for matrix, classes, right in (
        (torch.tensor([[3, 0, 0], [1, 7, 0], [0, 2, 1]]), ["K", "L", "M"], ("M", 100 / 3)),
        (torch.tensor([[0, 4], [5, 5]]), ["X", "Y"], ("X", 0.0)),
        (torch.diag(torch.arange(2, 26)).index_put((torch.tensor(23), torch.tensor(4)), torch.tensor(9)),
         list(LETTERS), ("Y", 100 * 25 / 34)),
    ):  # fmt: skip
        letter, share = result(matrix, classes)
        wrong_if(
            letter != right[0] or not abs(share - right[1]) < 0.1,
            f"For {matrix.tolist()[:3]} ... with {classes[:3]} ... it is {right[0]} with {right[1]:.1f} %; "
            f"you have {letter} with {share:.1f} %.",
        )
    return "The accuracy of all letters together hides such a letter. The field calls this share the recall."
