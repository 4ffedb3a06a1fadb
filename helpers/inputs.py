"""What learners bring: numbers of any kind, and loaders.

Everything here returns what it understood, or raises an error that says what came and what to write instead.
"""

from collections.abc import Iterable, Iterator, Mapping, Sized

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.utils.data import DataLoader, Dataset


def is_loss(value: object) -> bool:
    """Return whether a value is one of torch's losses, or a module that is named as one."""
    return isinstance(value, nn.Module) and type(value).__name__.endswith("Loss")


def described(value: object) -> str:
    """Say in words what a value is: ``a tensor [32, 10] of float32``."""
    if isinstance(value, type):
        return f"the class {value.__name__}, without brackets"
    if isinstance(value, Tensor | np.ndarray):
        kind = "a tensor" if isinstance(value, Tensor) else "a NumPy array"
        return f"{kind} {list(value.shape)} of {str(value.dtype).removeprefix('torch.')}"
    if value is None or isinstance(value, str | int | float | torch.device):
        return repr(value) if isinstance(value, str) else str(value)
    if isinstance(value, DataLoader):
        return "a DataLoader"
    kinds = {
        Dataset: "a data set",
        Optimizer: "an optimizer",
        nn.Module: "a loss" if is_loss(value) else "a model",
    }
    names = [f"{kind} ({type(value).__name__})" for cls, kind in kinds.items() if isinstance(value, cls)]
    return names[0] if names else f"a {type(value).__name__}"


# Numbers


def as_tensor(value: object, name: str) -> Tensor:
    """Return numbers as a tensor without a gradient.

    They may come as a tensor, as NumPy, pandas or PIL has them, or as a list of any of these. Anything else
    is a TypeError.
    """
    if isinstance(value, Tensor):
        return value.detach()
    if isinstance(value, list | tuple) and any(
        isinstance(one, Tensor) or hasattr(one, "__array__") for one in value
    ):
        parts = [as_tensor(one, name) for one in value]
        shapes = {tuple(part.shape) for part in parts}
        if len(shapes) > 1:
            raise ValueError(
                f"`{name}` is a list of different shapes: {', '.join(map(str, sorted(map(list, shapes))))}. "
                "Make them equal first, for example with v2.Resize((28, 28))."
            )
        return torch.stack(parts)
    array = _as_array(value)
    if array.dtype.kind in "US" or (
        array.dtype.kind == "O" and array.size and isinstance(array.flat[0], str)
    ):
        raise TypeError(
            f"`{name}` holds words, such as {str(array.flat[0])!r}; expected numbers. "
            f"Number them: names = sorted(set({name})), then [names.index(word) for word in {name}]."
        )
    if array.dtype.kind not in "biuf":
        raise TypeError(f"`{name}` is {described(value)}; expected numbers. {_way_to_numbers(value, name)}")
    if array.dtype.kind == "u" and array.itemsize > 1:
        array = array.astype(np.int64)  # torch computes little with uint16 and larger
    return torch.tensor(array)


def _as_array(value: object) -> np.ndarray:
    """Return NumPy's view of a value; an array of None where there are no numbers in it."""
    if isinstance(value, Mapping | Dataset | DataLoader | nn.Module | Iterator | type):
        return np.array(None)
    try:
        return value.to_numpy() if hasattr(value, "to_numpy") else np.asarray(value)
    except ValueError:  # lists of different lengths
        return np.array(None)


def _way_to_numbers(value: object, name: str) -> str:
    if isinstance(value, DataLoader):
        return f"Take a batch: {name}, labels = next(iter(loader))."
    if isinstance(value, Dataset):
        return f"Take a batch of it: {name}, labels = next(iter(DataLoader(dataset, batch_size=10)))."
    if isinstance(value, nn.Module) or callable(value):
        return f"Call it first, and give what it returns as {name}."
    return "A tensor, a NumPy array, a pandas table or a list will do."


def is_whole(numbers: Tensor) -> bool:
    """Return whether all numbers are whole."""
    return not numbers.is_floating_point() or bool((numbers == numbers.round()).all())


def is_one_hot(rows: Tensor) -> bool:
    """Return whether each row has a single 1 among zeros."""
    return bool(((rows == 0) | (rows == 1)).all() and (rows.sum(dim=1) == 1).all())


def as_classes(value: object, name: str) -> Tensor:
    """Return labels as class numbers, int64 [N]: from [N], [N, 1] or one-hot [N, classes]."""
    labels = as_tensor(value, name)
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels.squeeze(1)
    if labels.ndim == 2 and is_one_hot(labels):
        labels = labels.argmax(dim=1)
    if labels.ndim != 1:
        raise ValueError(
            f"`{name}` is {described(labels)}; expected one class number for each sample, [N]. "
            f"Where it holds a score for each class, use {name}.argmax(1)."
        )
    if not is_whole(labels) or (labels < 0).any():
        raise ValueError(
            f"`{name}` holds {_first_odd(labels):g}; class numbers are 0, 1, 2, ... "
            f"Of two classes, make them with ({name} > 0).long(), or > 0.5 for probabilities."
        )
    return labels.long()


def _first_odd(labels: Tensor) -> float:
    return labels[(labels != labels.round()) | (labels < 0)][0].item()


def as_count(value: object, name: str) -> int:
    """Return a whole number of at least 1."""
    number = value
    if isinstance(value, np.generic) or (isinstance(value, Tensor) and value.numel() == 1):
        number = value.item()
    if isinstance(number, float) and number.is_integer():
        number = int(number)
    if isinstance(number, bool) or not isinstance(number, int) or number < 1:
        way = (
            f"Give its length: {name}=len(...)."
            if isinstance(value, Sized) and not isinstance(value, str)
            else f"For example {name}=10."
        )
        raise ValueError(f"`{name}` is {described(value)}; expected a whole number of at least 1. {way}")
    return number


# Loaders


def batches(loader: Iterable, name: str = "data_loader") -> Iterator[tuple[Tensor, Tensor]]:
    """Go once through a loader; give (images, labels) as tensors, or say why that is no batch."""
    if (
        isinstance(loader, Dataset)
        or not hasattr(loader, "__iter__")
        or isinstance(loader, Tensor | str | Mapping)
    ):
        raise TypeError(
            f"`{name}` is {described(loader)}; expected a loader, which gives batches. "
            "Make one: DataLoader(dataset, batch_size=32), for a training with shuffle=True."
        )
    rest = iter(loader)
    while True:
        try:
            batch = next(rest)
        except StopIteration:
            return
        except (TypeError, RuntimeError) as error:
            if "collate" in str(error) or "stack expects" in str(error):
                error.add_note(
                    "The loader can't make a batch of these samples: each image has to be a tensor, and all "
                    "of one shape. Give the data set a transform: v2.Compose([v2.Resize((28, 28)), "
                    "v2.ToImage(), v2.ToDtype(torch.float32, scale=True)])."
                )
            raise
        if type(batch) not in (tuple, list) or len(batch) != 2:
            raise TypeError(
                f"A batch of `{name}` is {_inside(batch)}; expected (images, labels). {_unpack(batch)}"
            )
        images, labels = batch
        if not isinstance(images, Tensor):
            images = as_tensor(images, "images")
        if not isinstance(labels, Tensor):
            labels = as_tensor(labels, "labels")
        if not images.ndim or not labels.ndim or len(images) != len(labels):
            raise ValueError(
                f"A batch of `{name}` has images {list(images.shape)} and labels {list(labels.shape)}; "
                "expected as many labels as images. Is it a data set? DataLoader(dataset, batch_size=32)."
            )
        yield images, labels


def _inside(batch: object) -> str:
    if isinstance(batch, Mapping):
        return f"a dictionary of {', '.join(map(repr, batch))}"
    if isinstance(batch, list | tuple):
        return f"a {type(batch).__name__} of {len(batch)} parts"
    return described(batch)


def _unpack(batch: object) -> str:
    if isinstance(batch, Mapping):
        first, second = [*map(repr, batch), "'images'", "'labels'"][:2]
        return f"Give pairs: [(batch[{first}], batch[{second}]) for batch in loader]."
    if isinstance(batch, list | tuple) and len(batch) > 2:
        return "Give pairs: [(batch[0], batch[1]) for batch in loader]."
    return "Put both into one data set: DataLoader(TensorDataset(images, labels), batch_size=32)."
