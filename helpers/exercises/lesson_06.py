"""Lesson 06, letters of sign language with a dense net: its exercises."""

from functools import partial

import numpy as np
import pandas as pd
import torch
from torch.utils.data import DataLoader

from helpers.course.exercises import RESULT, When, differs, exercise
from helpers.course.observing import is_alike, plain


def in_part(solution, probe, i, *ways):
    """Return the mistake of getting part `i` of the result in these ways, whatever the other parts are."""

    def instead(way):
        return lambda *given: [way(p, *given) if j == i else p for j, p in enumerate(solution(*given))]

    def fits(got, right):
        got, right = [*zip(got[RESULT], right[RESULT], strict=True)][i]
        return not is_alike(got, right, 1e-5) and any(is_alike(got, plain(e(*probe)[i]), 1e-5) for e in codes)

    codes = tuple(map(instead, ways))
    return When(fits, codes)


def changes(name, *examples):
    return When(lambda got, right: f"`{name}` afterwards" in got, examples)


def letter_and_position(label):
    position = label - 1 if label > 9 else label  # J is missing: what follows moves down
    return "ABCDEFGHIKLMNOPQRSTUVWXY"[position], position


LETTERS, LABELS = "ABCDEFGHIKLMNOPQRSTUVWXY", [*range(9), *range(10, 25)]
exercise(
    "06.1",
    letter_and_position,
    probes=[(label,) for label in (3, 0, 8, 10, 24, *LABELS)],
    says="A net with 24 outputs can only be right if its labels are 0 to 23, without the gap.",
    mistakes={
        "The other way round: first the letter, then its position.": lambda n: letter_and_position(n)[::-1],
        "Return a capital letter.": lambda n: (chr(97 + n), n - (n > 9)),
        "A label counts in the whole alphabet, with its J. Among 24 letters, look up the position, not the "
        "label.": (lambda n: (LETTERS[n % 24], n - (n > 9)), lambda n: (LETTERS[n % 24], n)),
        "In an alphabet with J, look up the label.": lambda n: (chr(65 + n - (n > 9)), n - (n > 9)),
        "J (9) is no class, so the positions after it are the labels less 1.": lambda n: (chr(65 + n), n),
        "Only letters after J move down: labels above 9.": lambda n: (chr(65 + n), n - (n >= 8)),
        "Positions start at 0.": lambda n: (chr(65 + n), n - (n > 9) + 1),
        "Return two things: the letter, as a string, and its position.": lambda n: chr(65 + n),
    },
)


def images_and_labels(table):
    pixels = table.drop(columns="label").to_numpy()  # [N, 784], a new table without the labels
    labels = torch.tensor(table["label"].to_numpy())  # [N]
    images = torch.tensor(pixels, dtype=torch.float32) / 255
    return images, torch.where(labels > 9, labels - 1, labels)


def sign_table(labels):
    pixels = np.random.default_rng(0).integers(1, 200, (len(labels), 784), dtype=np.uint8)
    table = pd.DataFrame(pixels, columns=[f"pixel{number}" for number in range(1, 785)])
    table.insert(0, "label", labels)
    return table


def tensors_seen(images_and_labels, table):
    got = images_and_labels(table)
    if not isinstance(got, tuple | list) or len(got) != 2:
        return {RESULT: got}
    kinds = [f"{type(part).__name__} of {getattr(part, 'dtype', 'no dtype')}" for part in got]
    shared = np.may_share_memory(getattr(got[1], "data", 0), table.get("label", 0))
    return {RESULT: got, "the kinds": kinds, AFTER: table, "_shared": shared}


def change_labels_in_place(table):
    images, numbers = images_and_labels(table)[0], table["label"].to_numpy()
    numbers.flags.writeable = True  # pandas 3 makes it read-only; from_numpy only warns
    numbers[numbers > 9] -= 1
    return images, torch.from_numpy(numbers)


SIGNS = sign_table([24, 10, 8, 0, 3, 10, 11])
AFTER, spoilt = "the table afterwards", partial(in_part, images_and_labels, (SIGNS,))
exercise(
    "06.2",
    images_and_labels,
    observe=tensors_seen,
    probes=[(SIGNS,), (sign_table([5]),), (sign_table(LABELS),)],
    says="float32 in 0..1 for nn.Linear, int64 in 0..23 for CrossEntropyLoss.",
    errors={"read-only": "That array is the table's own memory. torch.tensor(...) makes a copy of it."},
    mistakes={
        "Your labels share their memory with the table: from_numpy doesn't copy, so what you write into the "
        "tensor lands in the table. torch.tensor(...) copies.": change_labels_in_place,
        "Your function changed the table, as pop does, and writing into a column or what shares its memory. "
        "Work on table.copy().": differs(AFTER, lambda t: [*images_and_labels(t), t.pop("label")][:2]),
        "First the images, then the labels.": lambda t: images_and_labels(t)[::-1],
        "Leave the label out of the 784 pixels.": spoilt(0, lambda x, t: torch.tensor(t.to_numpy()) / 255),
        "The pixels are still 0 to 255. Divide them by 255.": spoilt(0, lambda x, t: x * 255),
        "In each table 255 becomes 1, and nothing else does. Divide by 255, not by the largest pixel, nor "
        "by 256.": spoilt(0, lambda x, t: x / x.max(), lambda x, t: x * 255 / 256),
        "// rounds down, here to 0. Divide with /.": spoilt(0, lambda x, t: x.floor()),
        "There is still a gap at 9. Take 1 from each label above it.": spoilt(1, lambda y, t: y + (y > 8)),
        "Only labels above 9 (J) move. You took 1 from all.": spoilt(1, lambda y, t: y - (y < 9).long()),
        "You moved the I (8) too. Only labels above 9 move.": spoilt(1, lambda y, t: y - (y == 8).long()),
        "You numbered only the letters that occur in this table. In another one K would get another number. "
        "Take 1 from each label above 9.": spoilt(1, lambda y, t: y.unique(return_inverse=True)[1]),
        "The images should be a tensor of float32, for nn.Linear, and the labels one of int64, for "
        "CrossEntropyLoss.": differs("the kinds", lambda t: [part.double() for part in images_and_labels(t)]),
    },
)


class SignDataset(torch.utils.data.Dataset):
    def __init__(self, images, labels, transform=None):
        self.images = images
        self.labels = labels
        self.transform = transform

    def __len__(self):
        return len(self.images)

    def __getitem__(self, position):
        image = self.images[position]
        if self.transform is not None:
            image = self.transform(image)
        return image, self.labels[position]


def dataset_seen(SignDataset, images, labels, has_transform):
    given = []

    def transform(image):  # gives something else each time, as a random one does
        given.append(list(image.shape) if isinstance(image, torch.Tensor) else type(image).__name__)
        return image * 2 + 100 * len(given) if isinstance(image, torch.Tensor) else image

    dataset = SignDataset(images, labels, *[transform] * has_transform)
    seen = {"early": len(given), "len(dataset)": len(dataset), "dataset[3]": dataset[3]}
    seen |= {"dataset[3], the second time,": dataset[3], "dataset[1]": dataset[1], "the calls": list(given)}
    seen |= {} if images.equal(torch.eye(5, 784)) else {"`images` afterwards": images}
    return {**seen, "a batch of a DataLoader": next(iter(DataLoader(dataset, batch_size=2)))}


def giving(sample=None, **methods):
    """Return a class with other samples, made of images, labels, position and transform."""
    if sample:
        methods["__getitem__"] = lambda my, i: sample(my.images, my.labels, i, my.transform or torch.clone)
    return type("SignDataset", (SignDataset,), methods)


exercise(
    "06.3",
    SignDataset,
    observe=dataset_seen,
    probes=[(torch.eye(5, 784), torch.tensor([3, 1, 4, 1, 5]), has) for has in (False, True)],
    says="len and [ ]: that is all that a DataLoader asks of a data set.",
    errors={
        "missing .*'transform'|takes 3 posi": "One may give a transform, or not: write `transform=None`.",
        "takes no arguments": "Write `def __init__(self, images, labels, transform=None)`, with both __.",
        "has no len": "len(dataset) should work: write `def __len__(self)`.",
        "NotImplemented|subscript": "dataset[position] should work: write `def __getitem__(self, position)`.",
        "cannot be interpreted as an integer": "__len__ should return one whole number.",
        "'NoneType' object is not callable": "A transform may be None: call it only if it isn't.",
    },
    mistakes={
        "len(dataset) is the number of images, not of pixels.": giving(__len__=lambda my: len(my.images[0])),
        "First the image, then the label.": giving(lambda x, y, i, f: (y[i], f(x[i]))),
        "dataset[position] gives two things, image and label.": giving(lambda x, y, i, f: f(x[i])),
        "The label is one number: self.labels[position].": giving(lambda x, y, i, f: (f(x[i]), y)),
        "You call the transform too early: a random one would never change. In __getitem__, it runs each "
        "time.": differs("early", giving(__init__=lambda my, x, y, f=abs: SignDataset.__init__(my, f(x), y))),
        "The transform is never called: self.transform(image).": giving(lambda x, y, i, f: (x[i], y[i])),
        "Each time, call the transform once, on the image at that position alone: first take the image, then "
        "self.transform(image).": differs("the calls", giving(lambda x, y, i, f: (f(x[i]), f(y[i])))),
        "You call the transform, but its result is lost, and the image stays as it was. Write "
        "`image = self.transform(image)`.": giving(lambda x, y, i, f: ((f(x[i]), x[i])[1], y[i])),
    },
    also_right=[giving(lambda x, y, i, f: [f(x[i]), y[i].item()])],
)


def faults(table):
    pixels = table.drop(columns="label")
    missing = table.isna().sum().sum()  # the first sum is for each column
    out_of_range = ((pixels < 0) | (pixels > 255)).sum().sum()
    repeated = table.duplicated().sum()
    return missing, out_of_range, repeated


FAULTY = sign_table([3, 7, 24, 0, -1, 2, 5, 3, 3, 3, 12, 7, np.nan, 8]).astype(float)
FAULTY.iloc[7:, 1:] = FAULTY.iloc[[0, 0, 0, 0, 1, 1, 1], 1:].to_numpy()
FAULTY.iloc[2, 5:8] = FAULTY.iloc[3, 6:8] = FAULTY.iloc[4, 30:32] = np.nan
FAULTY.iloc[4:8, 20:24] = [[256, -1, 0, 700], [300, 0, -3, 256], [-40, 255, -5, 300], [999, 255, -2, 256]]
FAULTS = {14: (8, 12, 3), 6: (0, 0, 3)}  # by the number of rows: to find those that repeat takes its time
counted = partial(in_part, lambda table: FAULTS[len(table)], (FAULTY,))
exercise(
    "06.4",
    faults,
    probes=[(FAULTY,), (pd.concat([sign_table([3, 7, 24])] * 2, ignore_index=True),)],
    says="A table is worth these three lines before any training: a net learns from faults too.",
    errors={"ambiguous|ror_": "Join conditions as in (a < 1) | (a > 2), with the brackets."},
    mistakes={
        "You changed the table. Work on table.copy().": changes("table", lambda t: t.pop("label")),
        "One of your counts is still a count for each column or row. Sum it up: .sum().sum().": When(
            lambda got, right: any(part.ndim for part in got[RESULT]), (lambda t: (t.isna().sum(), 12, 3),)
        ),
        "NaN equals nothing, not even NaN: use isna().": counted(0, lambda _, t: (t == np.nan).sum().sum()),
        "A label can be missing too.": counted(0, lambda _, t: t.iloc[:, 1:].isna().sum().sum()),
        "You counted the rows or columns with something missing. Count the values: isna(), and sum twice, "
        ".sum().sum().": counted(0, *(lambda _, t, i=i: t.isna().any(axis=i).sum() for i in (0, 1))),
        "Pixels below 0 are out of range too.": counted(1, lambda _, t: (t.iloc[:, 1:] > 255).sum().sum()),
        "Pixels above 255 are out of range too.": counted(1, lambda _, t: (t.iloc[:, 1:] < 0).sum().sum()),
        "A label is no pixel. Leave it out.": counted(1, lambda _, t: ((t < 0) | (t > 255)).sum().sum()),
        "Count each pixel: no any().": counted(1, lambda _, t: ((t < 0) | (t > 255)).any(axis=1).sum()),
        "NaN is missing, not out of range.": counted(1, lambda n, t: n + t.iloc[:, 1:].isna().sum().sum()),
        "None is below 0 AND above 255. Use |.": counted(1, lambda _, t: ((t < 0) & (t > 255)).sum().sum()),
        "0 and 255 are allowed.": counted(1, *(lambda n, t, k=k: n + k for k in (2, 3, 4))),
        "The first of equal rows repeats nothing.": counted(2, lambda _, t: t.duplicated(keep=False).sum()),
        "A row repeats only if its label does.": counted(2, lambda _, t: t.iloc[:, 1:].duplicated().sum()),
        "A third equal row repeats too.": counted(2, lambda _, t: len(t[t.duplicated()].drop_duplicates())),
        "Those are the different rows. Count the others.": counted(2, lambda _, t: len(t.drop_duplicates())),
    },
)


def gap(history, k):
    last_train = history["train_acc"][-k:]
    last_valid = history["valid_acc"][-k:]
    return sum(last_train) / k - sum(last_valid) / k


def between(part=lambda v, k: v[-k:], one="train_acc", other="valid_acc"):
    return lambda h, k: np.mean(part(h[one], k)) - np.mean(part(h[other], k))


LOSSES = {"epoch": [1, 2, 3, 4, 5], "train_loss": [2, 1, 0.6, 0.3, 0.2], "valid_loss": [2, 2, 1, 1.5, 1.6]}
HISTORY = {**LOSSES, "train_acc": [50.0, 70.0, 84.0, 92.0, 97.0], "valid_acc": [45.0, 60.0, 67.0, 63.0, 65.0]}
BETTER = {**LOSSES, "train_acc": [30.0, 40.0, 50.0, 60.0, 62.0], "valid_acc": [33.0, 45.0, 55.0, 66.0, 71.0]}
exercise(
    "06.5",
    gap,
    probes=[(HISTORY, 5), (HISTORY, 4), (HISTORY, 2), (HISTORY, 1), (BETTER, 2)],
    says="One epoch may be lucky. The mean of some epochs says more.",
    mistakes={
        "You changed the history. Slices leave it.": changes("history", lambda h, k: h["train_acc"].pop()),
        "The sign is the other way round: training minus validation.": lambda h, k: -gap(h, k),
        "Both are in percent already, and so the gap is in points.": lambda h, k: gap(h, k) / 100,
        "That is the last epoch alone. Take the mean of the last k.": lambda h, k: gap(h, 1),
        "That is the mean over all epochs. Take the last k: values[-k:].": lambda h, k: gap(h, 5),
        "Those are the first k epochs. Take the last ones: values[-k:].": between(lambda v, k: v[:k]),
        "The last epoch is left out. The last k are values[-k:].": between(lambda v, k: v[-k - 1 : -1]),
        "That is a single epoch. values[-k] is one number, values[-k:] are k.": between(lambda v, k: [v[-k]]),
        "That is the difference of the sums. Divide by k.": lambda h, k: k * gap(h, k),
        "Those are the best epochs. Take the last k, good or bad.": between(lambda v, k: [max(v)]),
        "Points are a difference, not a ratio.": lambda h, k: 100 * gap(h, k) / np.mean(h["valid_acc"][-k:]),
        "Those are the losses. Use the accuracies.": between(one="train_loss", other="valid_loss"),
        "If validation is better (dropout can do that), the gap is below 0.": lambda h, k: abs(gap(h, k)),
        "k may be another number than 2.": lambda h, k: gap(h, 2),
    },
)


def split_by_signer(signers, n_valid):
    for_validation = sorted(set(signers))[:n_valid]  # a set holds each signer once
    train, valid = [], []
    for position, signer in enumerate(signers):
        if signer in for_validation:
            valid.append(position)
        else:
            train.append(position)
    return train, valid


def split_seen(split_by_signer, signers, n_valid):
    """Say what holds for a split, since each choice of signers is right."""
    got = split_by_signer(given := list(signers), n_valid)
    parts = [plain([*p] if isinstance(p, set) else p) for p in got] if isinstance(got, tuple | list) else []
    if [getattr(part, "ndim", 0) for part in parts] != [1, 1]:
        return {RESULT: got}
    (train, valid), rows = (part.tolist() for part in parts), {*range(len(signers))}
    learnt, held_back = ({signers[int(i)] for i in part if i in rows} for part in (train, valid))
    found, n, mixed = {*train, *valid}, len(train) + len(valid), learnt & held_back
    seen = {RESULT: "two lists", "the list": given, ROWS: found - rows, NEITHER: rows - found, SHARED: mixed}
    seen |= {BOTH: {*train} & {*valid}, CHOSEN: len(held_back), "the number of positions": n}
    seen |= {"_masks": n == 2 * len(rows) and len(found) < 3, "_rows": len(valid) == n_valid and bool(mixed)}
    return {**seen, "_signers": not found <= rows and found <= {*signers}}


ROWS, BOTH, NEITHER = "positions that are no rows", "rows on both sides", "rows on neither side"
SHARED, CHOSEN = "signers on both sides", "the number of signers for validation"
MANY = [1004, 1007, 1004, 1002, 1009, 1002, 1007, 1001, 1009, 1001, 1007, 1009, 1012, 1020, 1020, 1012]
exercise(
    "06.6",
    split_by_signer,
    observe=split_seen,
    probes=[(MANY, 2), ([0, 0, 0, 1, 1, 2, 2, 2, 3, 3], 1), ([3, 3, 1, 1, 2, 2, 0, 0, 0], 3)],
    says="Now validation asks what counts: does the net read hands that it has never seen?",
    mistakes={
        "Return two flat lists of positions.": differs(RESULT, lambda s, n: split_by_signer(s, n)[1]),
        "Use sorted(), not sort().": differs("the list", lambda s, n: s.sort() or split_by_signer(s, n)),
        "Those are True and False, one for each row. Return the positions where they are True, and no "
        "others.": differs("_masks", lambda s, n: [[x > 1002 for x in s], [x <= 1002 for x in s]]),
        "Those are the signers' numbers. Return the positions of their rows in the list, as enumerate gives "
        "them.": differs("_signers", lambda s, n: [{s[i] for i in p} for p in split_by_signer(s, n)]),
        "Positions start at 0.": differs(ROWS, lambda *g: [[i + 1 for i in p] for p in split_by_signer(*g)]),
        "Some rows are on both sides.": differs(BOTH, lambda s, n: (range(len(s)), split_by_signer(s, n)[1])),
        "Some rows are on neither side.": differs(NEITHER, lambda *g: [p[:1] for p in split_by_signer(*g)]),
        "You hold back n_valid rows. n_valid counts signers: hold back all rows of so many signers, and no "
        "others.": differs("_rows", lambda s, n: (range(n, len(s)), range(n))),
        "Some signers are on both sides. Choose signers first, then give each row to the side of its "
        "signer.": differs(SHARED, lambda s, n: torch.randperm(len(s)).chunk(2)),
        "First training, then validation.": lambda s, n: split_by_signer(s, n)[::-1],
        "n_valid signers are for validation. One signer has several rows: find the different signers first, "
        "by set(signers).": differs(CHOSEN, lambda s, n: split_by_signer(s, len(set(s[: n + 1])))),
    },
)


def is_overfitting(history):
    train_loss, valid_loss = history["train_loss"], history["valid_loss"]
    best = valid_loss.index(min(valid_loss))  # the position of the best epoch
    return valid_loss[-1] > valid_loss[best] and train_loss[-1] < train_loss[best]


def by(test):
    """Return an answer with another test of training loss t, validation loss v and the best epoch b."""
    return lambda h: test(h["train_loss"], h["valid_loss"], h["valid_loss"].index(min(h["valid_loss"])))


RUNS = [
    ([1.8, 1.6, 1.5, 1.7, 1.9], [1.8, 1.4, 1.1, 1.5, 1.85]),  # both rise
    ([2.0, 1.2, 0.7, 0.4, 0.2], [2.1, 1.9, 1.7, 1.6, 1.5]),  # a gap, but both fall
    ([2.0, 0.6, 0.9, 0.8], [2.1, 1.1, 1.2, 1.3]),  # training fell before the best epoch
    ([2.0, 1.2, 0.7, 0.4, 0.2], [2.1, 1.6, 1.5, 1.7, 1.9]),
    ([1.5, 0.9, 0.6, 0.7, 0.2, 0.3], [1.2, 1.0, 0.9, 1.2, 1.3, 1.25]),  # both turn in the last step
    ([2.0, 1.4, 1.0, 0.8, 0.6], [2.1, 1.5, 1.7, 1.4, 1.2]),  # validation rises in between
    ([2.0, 1.0, 0.8, 0.6], [2.1, 1.2, 1.5, 1.2]),  # a last loss that equals that of the best epoch
    ([2.0, 1.0, 0.9, 1.0], [2.1, 1.2, 1.5, 1.4]),
]
exercise(
    "06.7",
    is_overfitting,
    probes=[({"epoch": [*range(1, len(t) + 1)], "train_loss": t, "valid_loss": v},) for t, v in RUNS],
    says="A gap alone is no proof. What tells is the validation loss that rises while training still falls.",
    errors={"_acc": "Look at the losses, not at the accuracies."},
    mistakes={
        "Leave the history as it is: min(), no sort().": changes("history", lambda h: h["valid_loss"].sort()),
        "There may be a gap while both fall. Look for a rise.": by(lambda t, v, b: v[-1] > t[-1]),
        "The training loss must be lower too, or training went wrong.": by(lambda t, v, b: v[-1] > v[b]),
        "Compare with the best epoch, not the first.": by(lambda t, v, b: v[-1] > v[0] and t[-1] < t[0]),
        "Take the training loss of the best epoch too.": by(lambda t, v, b: v[-1] > v[b] and t[-1] < t[0]),
        "Compare with the best, not the last but one.": by(lambda t, v, b: v[-1] > v[-2] and t[-1] < t[-2]),
        "The last epoch may be the best again.": by(lambda t, v, b: v != sorted(v)[::-1] and t[-1] < t[0]),
        "What is equal isn't higher: >, not >=.": by(lambda t, v, b: v[-1] >= v[b] and t[-1] <= t[b]),
        "An equal training loss isn't lower.": by(lambda t, v, b: v[-1] > v[b] and t[-1] <= t[b]),
        "An equal validation loss isn't higher.": by(lambda t, v, b: v[-1] >= v[b] and t[-1] < t[b]),
        "The other way round: True means that it overfits.": lambda h: not is_overfitting(h),
        "You return the same for every history.": (lambda h: True, lambda h: False),
    },
)


def hardest_letter(matrix, classes):
    shares = 100 * matrix.diag() / matrix.sum(dim=1)  # [classes], in percent
    position = shares.argmin().item()
    return classes[position], shares[position].item()


MATRIX = torch.tensor([[46, 0, 0, 4], [5, 10, 1, 0], [0, 1, 9, 0], [30, 0, 0, 70]])
wrong = partial(in_part, hardest_letter, (MATRIX, list("PQRS")))
exercise(
    "06.8",
    hardest_letter,
    probes=[(MATRIX, list("PQRS")), (torch.tensor([[3, 0, 0], [1, 7, 0], [0, 5, 0]]), list("KLM"))],
    says="The accuracy of all letters together hides such a letter. The field calls this share the recall.",
    mistakes={
        "Your function changed the matrix. fill_diagonal_ writes into it, and matrix.numpy() shares its "
        "memory. Work on matrix.clone().": changes("matrix", lambda m, c: np.fill_diagonal(m.numpy(), 0)),
        "First the letter, then the share.": lambda m, c: hardest_letter(m, c)[::-1],
        "Return the letter itself: classes[position].": lambda m, c: hardest_letter(m, range(len(c))),
        "Return two things: the letter, and its share in percent.": lambda m, c: 100 * m.diag() / m.sum(1),
        "Rows are the true letters, and you compared columns.": lambda m, c: hardest_letter(m.T, c),
        "That is the easiest letter.": wrong(1, lambda _, m, c: (100 * m.diag() / m.sum(1)).max()),
        "Few right answers, but few images: divide.": wrong(0, lambda _, m, c: c[m.diag().argmin()]),
        "Many errors, but many images too.": wrong(0, lambda _, m, c: c[(m.sum(1) - m.diag()).argmax()]),
        "That is a fraction. This course gives percent.": wrong(1, lambda share, *_: share / 100),
        "That is the share that is wrong.": wrong(1, lambda share, *_: 100 - share),
        "That is how many are right. Divide by the row's sum.": wrong(1, lambda _, m, c: m[1, 1]),
        "Divide by the images of this letter only.": wrong(1, lambda _, m, c: 100 * m[1, 1] / m.sum()),
        "The letters are those in classes.": lambda m, c: hardest_letter(m, "ABCDE"),
    },
)
