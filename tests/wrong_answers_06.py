"""Lesson 06: answers that learners may well give, for tests/test_exercises.py.

`WRONG` has for each exercise (what went wrong, the answer, a regular expression that its own hint matches),
`SAME_MISTAKE` other ways to such a mistake, and `RIGHT` answers that are right and written in another way
than the lesson's solution.
"""

import random
import string
from itertools import pairwise

import numpy as np
import torch
from torch.utils.data import Dataset, TensorDataset

# 06.1

ALPHABET, LETTERS = string.ascii_uppercase, "ABCDEFGHIKLMNOPQRSTUVWXY"


def place(label):
    return label - (label > 9)


def all_from_the_24_letters(label):
    return LETTERS[label % 24], label % 24


def searched(label):
    labels = [other for other in range(25) if other != 9]
    return [LETTERS[labels.index(label)], labels.index(label)]


# 06.2


def parts(table):
    return table.drop(columns="label").to_numpy(), table["label"].to_numpy()


def solved(table, images=lambda x: x, labels=lambda y: y):
    """Return the right answer, with images or labels changed."""
    pixels, numbers = parts(table)
    x = torch.tensor(pixels, dtype=torch.float32) / 255
    y = torch.tensor(numbers)
    return images(x), labels(torch.where(y > 9, y - 1, y))


def labels_popped(table):
    y = torch.tensor(table.pop("label").to_numpy())
    return torch.tensor(table.to_numpy(), dtype=torch.float32) / 255, y - (y > 9).long()


def label_kept_in(table):
    return torch.tensor(table.to_numpy(), dtype=torch.float32) / 255, solved(table)[1]


def labels_as_in_the_table(table):
    return solved(table)[0], torch.tensor(parts(table)[1])


def one_from_every_label(table):
    return solved(table)[0], torch.tensor(parts(table)[1]) - 1


def numbered_as_they_occur(table):
    return solved(table)[0], torch.tensor(np.unique(parts(table)[1], return_inverse=True)[1])


def in_pandas(table):
    pixels = (table[table.columns[1:]] / 255).astype("float32")
    labels = table["label"].where(table["label"] < 9, table["label"] - 1)
    return torch.tensor(pixels.to_numpy()), torch.tensor(labels.to_numpy())


def by_a_dictionary(table):
    numbers = {label: number for number, label in enumerate([*range(9), *range(10, 25)])}
    rows = [[pixel / 255 for pixel in row] for row in table.iloc[:, 1:].to_numpy().tolist()]
    return torch.tensor(rows), torch.tensor([numbers[label] for label in table["label"]])


def in_place_on_a_copy(table):
    table = table.copy()
    table.loc[table.label > 9, "label"] -= 1
    return torch.FloatTensor(table.iloc[:, 1:].values / 255), torch.LongTensor(table.label.tolist())


# 06.3


class Right(Dataset):
    """A right answer, for others to be changed from."""

    def __init__(self, images, labels, transform=None):
        self.images, self.labels, self.transform = images, labels, transform

    def __len__(self):
        return len(self.labels)

    def change(self, image):
        return image if self.transform is None else self.transform(image)

    def __getitem__(self, position):
        return self.change(self.images[position]), self.labels[position]


class NoLength(Dataset):
    def __init__(self, images, labels, transform=None):
        self.images, self.labels = images, labels

    def __getitem__(self, position):
        return self.images[position], self.labels[position]


class NoGetitem(Dataset):
    def __init__(self, images, labels, transform=None):
        self.labels = labels

    def __len__(self):
        return len(self.labels)


class LengthOfAnImage(Right):
    def __len__(self):
        return self.images.shape[1]


class LengthNotReturned(Right):
    def __len__(self):
        len(self.images)


class Swapped(Right):
    def __getitem__(self, position):
        return self.labels[position], self.change(self.images[position])


class ImageAlone(Right):
    def __getitem__(self, position):
        return self.change(self.images[position])


class AlwaysTransforms(Right):
    def __getitem__(self, position):
        return self.transform(self.images[position]), self.labels[position]


class NeverTransforms(Right):
    def __getitem__(self, position):
        return self.images[position], self.labels[position]


class LosesTheResult(Right):
    def __getitem__(self, position):
        self.change(self.images[position])
        return self.images[position], self.labels[position]


class TransformsAllAtOnce(Right):
    def __init__(self, images, labels, transform=None):
        super().__init__(images if transform is None else transform(images), labels)


class TransformsTheLabelToo(Right):
    def __getitem__(self, position):
        return self.change(self.images[position]), self.change(self.labels[position])


class TransformsThePair(Right):
    def __getitem__(self, position):
        return self.change((self.images[position], self.labels[position]))


class TransformsAllImages(Right):
    def __getitem__(self, position):
        return self.change(self.images)[position], self.labels[position]


class NeedsATransform(Right):
    def __init__(self, images, labels, transform):
        super().__init__(images, labels, transform)


class NoInit(Dataset):
    def __len__(self):
        return 5


class AllLabels(Right):
    def __getitem__(self, position):
        return self.change(self.images[position]), self.labels


class FirstImage(Right):
    def __getitem__(self, position):
        return self.change(self.images[0]), self.labels[position]


class OfPairs:
    """Right too: a DataLoader asks for no particular class."""

    def __init__(self, images, labels, transform=None):
        self.pairs = list(zip(images, labels.tolist(), strict=True))
        self.transform = transform or (lambda image: image)

    def __len__(self):
        return len(self.pairs)

    def __getitem__(self, position):
        image, label = self.pairs[position]
        return [self.transform(image), label]


class OnATensorDataset(TensorDataset):
    def __init__(self, images, labels, transform=None):
        super().__init__(images, labels)
        self.transform = transform

    def __getitem__(self, position):
        image, label = super().__getitem__(position)
        if self.transform:
            image = self.transform(image)
        return image, label


# 06.4


def pixels_of(table):
    return table.drop(columns="label")


def outside(table):
    pixels = pixels_of(table)
    return (pixels < 0) | (pixels > 255)


def counts(table, missing=None, out=None, repeated=None):
    """Return the right three counts, or some of them as they are given."""
    return (
        table.isna().sum().sum() if missing is None else missing,
        outside(table).sum().sum() if out is None else out,
        table.duplicated().sum() if repeated is None else repeated,
    )


def filled_in_place(table):
    found = counts(table)
    table[table.isna()] = 0
    return found


def in_numpy(table):
    values = table.to_numpy(dtype=float)
    pixels = values[:, 1:]
    out = np.count_nonzero(pixels < 0) + np.count_nonzero(pixels > 255)
    return np.array([np.isnan(values).sum(), out, len(table) - len(table.drop_duplicates())])


def in_python(table):
    seen, missing, out, repeated = set(), 0, 0, 0
    for row in table.to_numpy().tolist():
        missing += sum(value != value for value in row)  # NaN alone is not equal to itself
        out += sum(value < 0 or value > 255 for value in row[1:])
        repeated += tuple(row) in seen
        seen.add(tuple(row))
    return [missing, out, repeated]


# 06.5


def mean(values):
    return sum(values) / len(values)


def between(history, part, names=("train_acc", "valid_acc")):
    """Return the difference of means, with `part` to choose from the epochs."""
    one, other = (mean(part(history[name])) for name in names)
    return one - other


def one_by_one(history, k):
    total = 0
    for i in range(1, k + 1):
        total += history["train_acc"][-i] - history["valid_acc"][-i]
    return total / k


# 06.6


def by_signers(signers, held_back):
    """Return the positions of the rows of other signers, and of these."""
    places = range(len(signers))
    return [i for i in places if signers[i] not in held_back], [i for i in places if signers[i] in held_back]


def different(signers):
    return sorted(set(signers))


def shuffled_rows(signers, n_valid):
    places = torch.randperm(len(signers)).tolist()
    cut = len(signers) // 2
    return places[cut:], places[:cut]


def masks(signers, n_valid):
    held_back = torch.isin(torch.tensor(signers), torch.tensor(different(signers)[:n_valid]))
    return ~held_back, held_back


def first_rows_signers(signers, n_valid):
    return by_signers(signers, signers[:n_valid])


def signer_numbers(signers, n_valid):
    chosen = different(signers)
    return chosen[n_valid:], chosen[:n_valid]


def numbered_from_zero(signers, n_valid):
    return by_signers(signers, range(n_valid))


def last_rows(signers, n_valid):
    return list(range(len(signers) - n_valid)), list(range(len(signers) - n_valid, len(signers)))


def all_for_training(signers, n_valid):
    return list(range(len(signers))), by_signers(signers, different(signers)[:n_valid])[1]


def first_row_of_each(signers, n_valid):
    chosen = different(signers)
    firsts = [signers.index(signer) for signer in chosen]
    return firsts[n_valid:], firsts[:n_valid]


def at_random(signers, n_valid):
    return by_signers(signers, random.sample(different(signers), n_valid))


def in_torch(signers, n_valid):
    training, validation = masks(signers, n_valid)
    return training.nonzero().flatten(), validation.nonzero().flatten()


def in_numpy_by_signer(signers, n_valid):
    held_back = np.isin(signers, np.unique(signers)[-n_valid:])
    return np.where(~held_back)[0], np.flatnonzero(held_back)


def by_a_dictionary_of_rows(signers, n_valid):
    rows = {}
    for position, signer in enumerate(signers):
        rows.setdefault(signer, []).append(position)
    held_back = list(rows)[:n_valid]
    valid = {position for signer in held_back for position in rows[signer]}
    return [position for position in range(len(signers)) if position not in valid], valid


# 06.7


def since_best(history, judge):
    """Return what `judge` says of training and validation loss, in the best epoch and in the last."""
    train, valid = history["train_loss"], history["valid_loss"]
    best = valid.index(min(valid))
    return judge(train[best], train[-1], valid[best], valid[-1])


def first_and_last(history):
    train, valid = history["train_loss"], history["valid_loss"]
    return train[-1] < train[0] and valid[-1] > valid[0]


def last_step(history):
    train, valid = history["train_loss"], history["valid_loss"]
    return len(train) > 1 and train[-1] < train[-2] and valid[-1] > valid[-2]


def rose_once(history):
    return any(later > earlier for earlier, later in pairwise(history["valid_loss"]))


def training_from_the_first(history):
    train, valid = history["train_loss"], history["valid_loss"]
    return valid[-1] > min(valid) and train[-1] < train[0]


def sorted_in_place(history):
    last = history["valid_loss"][-1]
    history["valid_loss"].sort()
    return history["valid_loss"][0] < last


def in_torch_since_best(history):
    train, valid = torch.tensor(history["train_loss"]), torch.tensor(history["valid_loss"])
    best = valid.argmin()
    return (valid[-1] > valid[best]) & (train[-1] < train[best])


def in_numpy_since_best(history):
    best = np.argmin(history["valid_loss"])
    rise = history["valid_loss"][-1] - history["valid_loss"][best]
    return np.bool_(rise > 0 and history["train_loss"][-1] < history["train_loss"][best])


# 06.8


def recalls(matrix):
    return 100 * matrix.diag() / matrix.sum(dim=1)


def worst(shares, classes):
    return classes[shares.argmin()], shares.min()


def smallest_count(matrix, classes):
    position = matrix.diag().argmin()
    return classes[position], recalls(matrix)[position]


def most_errors(matrix, classes):
    position = (matrix.sum(dim=1) - matrix.diag()).argmax()
    return classes[position], recalls(matrix)[position]


def share_of_all(matrix, classes):
    return classes[recalls(matrix).argmin()], 100 * matrix.diag()[recalls(matrix).argmin()] / matrix.sum()


def normalised_in_place(matrix, classes):
    shares = recalls(matrix)
    matrix.fill_diagonal_(0)
    return worst(shares, classes)


def hardest_in_python(matrix, classes):
    hardest, lowest = None, 101
    for i, row in enumerate(matrix.tolist()):
        share = row[i] / sum(row) * 100
        if share < lowest:
            hardest, lowest = classes[i], share
    return [hardest, lowest]


def hardest_in_numpy(matrix, classes):
    matrix = matrix.numpy()
    shares = dict(zip(classes, np.diag(matrix) / matrix.sum(axis=1), strict=True))
    letter = min(shares, key=shares.get)
    return letter, round(float(shares[letter]) * 100, 1)


WRONG = {
    "06.1": [
        ("label in 24 letters", lambda label: (LETTERS[min(label, 23)], place(label)), "24 letters"),
        ("position in 26", lambda label: (ALPHABET[place(label)], place(label)), "an alphabet that has a J"),
        ("label as position", lambda label: (ALPHABET[label], label), "J .9. is not among"),
        ("I moved up too", lambda label: (ALPHABET[label], label - (label >= 8)), "Only letters after J"),
        ("from 1", lambda label: (ALPHABET[label], place(label) + 1), "positions start at 0"),
        ("swapped", lambda label: (place(label), ALPHABET[label]), "other way round"),
        ("small letters", lambda label: (chr(97 + label), place(label)), "capital"),
        ("the letter alone", lambda label: ALPHABET[label], "Return two things"),
        ("one too far", lambda label: (ALPHABET[label + 1], place(label)), "you have the letter 'E'"),
    ],
    "06.2": [
        ("bytes", lambda t: (torch.tensor(parts(t)[0]), solved(t)[1]), "pixels are torch.uint8"),
        ("not divided", lambda t: solved(t, lambda x: x * 255), "still 0 to 255"),
        ("by 256", lambda t: solved(t, lambda x: x * 255 / 256), "by 256"),
        ("by the largest", lambda t: solved(t, lambda x: x / x.max()), "largest pixel"),
        ("//", lambda t: solved(t, lambda x: x.floor()), "rounds down"),
        ("float64", lambda t: (torch.tensor(parts(t)[0] / 255), solved(t)[1]), "float64"),
        ("as pictures", lambda t: solved(t, lambda x: x.reshape(-1, 1, 28, 28)), r"yours are \[7, 1, 28, 28"),
        ("the label among pixels", label_kept_in, "785 numbers"),
        ("labels with the gap", labels_as_in_the_table, "up to 24"),
        ("one from each", one_from_every_label, "from every label"),
        ("numbered as they occur", numbered_as_they_occur, "only the letters that occur"),
        ("I moved up", lambda t: solved(t, labels=lambda y: y - (y == 8).long()), r"the I \(8\) down too"),
        ("float labels", lambda t: solved(t, labels=lambda y: y.float()), "labels of int64"),
        ("NumPy", parts, "is a ndarray"),
        ("popped", labels_popped, "changed the table"),
        ("swapped", lambda t: solved(t)[::-1], "in this order"),
    ],
    "06.3": [
        ("no __len__", NoLength, "write __len__"),
        ("no __getitem__", NoGetitem, "write __getitem__"),
        ("no __init__", NoInit, "Write __init__"),
        ("pixels counted", LengthOfAnImage, "not of the pixels"),
        ("length not returned", LengthNotReturned, "TypeError: 'NoneType'"),
        ("swapped", Swapped, "other way round"),
        ("the image alone", ImageAlone, "two things"),
        ("transform always", AlwaysTransforms, "Without a transform"),
        ("transform never", NeverTransforms, "never called"),
        ("result lost", LosesTheResult, "its result is lost"),
        ("transformed at once", TransformsAllAtOnce, "while the data set is made"),
        ("label transformed", TransformsTheLabelToo, "once for each image"),
        ("pair transformed", TransformsThePair, r"self.transform\(image\)\.$"),
        ("no default", NeedsATransform, "leave the transform out"),
        ("all labels", AllLabels, "one number: self.labels"),
        ("the first image", FirstImage, "at that position"),
        ("a data set", Right(torch.rand(5, 6), torch.arange(5)), "not a Right"),
    ],
    "06.4": [
        ("== None", lambda t: counts(t, missing=(t == None).sum().sum()), r"ask isna\(\)"),  # noqa: E711
        ("== nan", lambda t: counts(t, missing=pixels_of(t).isna().sum().sum()), "The label can be missing"),
        ("rows missing", lambda t: counts(t, missing=t.isna().any(axis=1).sum()), "missing, 3"),
        ("columns missing", lambda t: counts(t, missing=t.isna().any().sum()), "missing, 4"),
        ("a count each", lambda t: counts(t, missing=t.isna().sum()), r"\.sum\(\)\.sum\(\)"),
        ("too bright", lambda t: counts(t, out=(pixels_of(t) > 255).sum().sum()), "Pixels below 0"),
        ("too dark", lambda t: counts(t, out=(pixels_of(t) < 0).sum().sum()), "Pixels above 255"),
        ("rows outside", lambda t: counts(t, out=outside(t).any(axis=1).sum()), "with such a pixel"),
        (
            "missing ones outside",
            lambda t: counts(t, out=(~((pixels_of(t) >= 0) & (pixels_of(t) <= 255))).sum().sum()),
            "missing pixels too",
        ),
        ("below and above", lambda t: counts(t, out=((t < 0) & (t > 255)).sum().sum()), "OR above"),
        ("255 too", lambda t: counts(t, out=((t < 0) | (t >= 255)).sum().sum()), "0 and 255 are allowed"),
        ("all twins", lambda t: counts(t, repeated=t.duplicated(keep=False).sum()), "that have a twin"),
        ("without labels", lambda t: counts(t, repeated=pixels_of(t).duplicated().sum()), "pixels only"),
        (
            "which are repeated",
            lambda t: counts(t, repeated=len(t[t.duplicated()].drop_duplicates())),
            "repeated twice",
        ),
        ("different ones", lambda t: counts(t, repeated=(~t.duplicated()).sum()), "different rows"),
        ("in place", filled_in_place, "changed the table"),
        ("one sum", lambda t: sum(counts(t)), "Return three numbers: missing"),
        ("or", lambda t: counts(t, out=((t < 0) or (t > 255)).sum().sum()), "with the brackets"),
        ("no brackets", lambda t: counts(t, out=(t < 0 | t > 255).sum().sum()), "with the brackets"),
        ("as it is here", lambda t: (6, 5, 3), r"it is \[0, 0, 0\]"),
    ],
    "06.5": [
        ("sign", lambda h, k: -between(h, lambda v: v[-k:]), "sign is turned"),
        ("a fraction", lambda h, k: between(h, lambda v: v[-k:]) / 100, "in percent already"),
        ("the last", lambda h, k: h["train_acc"][-1] - h["valid_acc"][-1], "last epoch alone"),
        ("all epochs", lambda h, k: between(h, lambda v: v), "over all epochs"),
        ("the first k", lambda h, k: between(h, lambda v: v[:k]), "first k epochs"),
        ("without the last", lambda h, k: between(h, lambda v: v[-k - 1 : -1]), "is left out"),
        ("one number", lambda h, k: h["train_acc"][-k] - h["valid_acc"][-k], "the k-th from the end"),
        ("sums", lambda h, k: k * between(h, lambda v: v[-k:]), "Divide by k"),
        ("the best", lambda h, k: max(h["train_acc"]) - max(h["valid_acc"]), "best epochs"),
        ("losses", lambda h, k: between(h, lambda v: v[-k:], ("train_loss", "valid_loss")), "the losses"),
        ("absolute", lambda h, k: abs(between(h, lambda v: v[-k:])), "Keep the sign"),
        ("k is two", lambda h, k: between(h, lambda v: v[-2:]), "For k = 1"),
        ("popped", lambda h, k: h["train_acc"].pop() - h["valid_acc"].pop(), "changed the history"),
    ],
    "06.6": [
        ("shuffled rows", shuffled_rows, "Choose signers first"),
        ("the last rows", last_rows, "you hold back 2 rows"),
        ("masks", masks, "True and False"),
        ("signers' numbers", signer_numbers, "signers' numbers"),
        ("the first rows' signers", first_rows_signers, r"you have \[1, 3\]. One signer has several"),
        ("swapped", lambda s, n: by_signers(s, different(s)[:n])[::-1], "the other way"),
        ("numbers from 0", numbered_from_zero, "one side is empty"),
        ("one too many", lambda s, n: by_signers(s, different(s)[: n + 1]), "you have .1001, 1002, 1004"),
        ("training has all", all_for_training, "some rows are on both sides"),
        ("first rows only", first_row_of_each, "on neither side"),
        ("validation alone", lambda s, n: by_signers(s, different(s)[:n])[1], "Return two lists"),
        ("from 1", lambda s, n: [[i + 1 for i in part] for part in at_random(s, n)], r"not \[16\]"),
    ],
    "06.7": [
        ("a gap", lambda h: h["valid_loss"][-1] > h["train_loss"][-1], "there is a gap"),
        ("validation only", lambda h: h["valid_loss"][-1] > min(h["valid_loss"]), "training that goes wrong"),
        ("first and last", first_and_last, "since epoch 3"),
        ("the last step", last_step, "last step went down"),
        ("rose once", lambda h: rose_once(h) and h["train_loss"][-1] < h["train_loss"][0], "for an epoch"),
        ("training from the first", training_from_the_first, "not lower than in epoch 2"),
        ("the other way", lambda h: not in_torch_since_best(h), "other way round"),
        ("always", lambda h: len(h) > 0, "True for every history"),
        ("accuracies", lambda h: h["valid_acc"][-1] < max(h["valid_acc"]), "False for every history"),
        ("sorted in place", sorted_in_place, r"min\(\) doesn't"),
        ("the epoch", lambda h: np.argmin(h["valid_loss"]) + 1, "True or False, not 3"),
        ("two things", lambda h: (True, 3), r"Return True or False\."),
    ],
    "06.8": [
        ("columns", lambda m, c: worst(100 * m.diag() / m.sum(dim=0), c), "compared columns"),
        ("the easiest", lambda m, c: (c[recalls(m).argmax()], recalls(m).max()), "easiest"),
        ("smallest count", smallest_count, "fewest right answers"),
        ("most errors", most_errors, "most wrong answers"),
        ("a fraction", lambda m, c: worst(recalls(m) / 100, c), "a fraction"),
        ("the errors", lambda m, c: (worst(recalls(m), c)[0], 100 - recalls(m).min()), "that is wrong"),
        ("a count", lambda m, c: (c[recalls(m).argmin()], m.diag()[recalls(m).argmin()]), "how many"),
        ("of all", share_of_all, "all the images of the table"),
        ("position", lambda m, c: (recalls(m).argmin(), recalls(m).min()), "the letter itself"),
        ("swapped", lambda m, c: worst(recalls(m), c)[::-1], "other way round"),
        ("all of them", lambda m, c: recalls(m), "Return two things"),
        ("in place", normalised_in_place, r"clone\(\)"),
        ("a constant", lambda m, c: ("B", 60.0), r"it is M with 33\.3"),
        ("the alphabet", lambda m, c: ("ABCDEFGHIJ"[recalls(m).argmin()], recalls(m).min()), "you have C"),
    ],
}
# Other ways to the same mistake: their hint is that of the answer named.
SAME_MISTAKE = {
    "06.1": [(all_from_the_24_letters, "24 letters")],
    "06.3": [(TransformsAllImages, r"self.transform\(image\)\.$")],
    "06.7": [(rose_once, "goes wrong")],
}

RIGHT = {
    "06.1": [
        searched,
        lambda label: (chr(65 + label), label - 1 if label >= 10 else label),
        lambda label: (LETTERS[place(label)], torch.tensor(place(label))),
    ],
    "06.2": [solved, in_pandas, by_a_dictionary, in_place_on_a_copy],
    "06.3": [Right, OfPairs, OnATensorDataset],
    "06.4": [
        counts,
        in_numpy,
        in_python,
        lambda t: [int(part) for part in counts(t)],
        lambda t: counts(t, missing=t.size - t.count().sum()),
    ],
    "06.5": [
        one_by_one,
        lambda h, k: np.mean(h["train_acc"][-k:]) - np.mean(h["valid_acc"][-k:]),
        lambda h, k: torch.tensor(h["train_acc"])[-k:].mean() - torch.tensor(h["valid_acc"])[-k:].mean(),
    ],
    "06.6": [at_random, in_torch, in_numpy_by_signer, by_a_dictionary_of_rows],
    "06.7": [
        in_torch_since_best,
        in_numpy_since_best,
        lambda h: since_best(h, lambda t0, t1, v0, v1: v1 > v0 and t1 < t0),
    ],
    "06.8": [
        hardest_in_python,
        hardest_in_numpy,
        lambda m, c: worst(recalls(m), c),
        lambda m, c: (c[recalls(m).argmin().item()], recalls(m).min().item()),
    ],
}
