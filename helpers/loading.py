"""A data loader that fetches a whole batch at once, where the usual way converts image after image."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Subset, TensorDataset

from helpers.inputs import as_count, as_tensor, described


class BatchedTensorDataset(TensorDataset):
    """A `TensorDataset` that a `DataLoader` asks for a whole batch in one go.

    A `DataLoader` calls ``__getitems__`` with the indices of a batch where a data set has it. One indexing of
    a tensor then replaces `batch_size` single ones and the collating of their results.
    """

    def __getitems__(self, indices: Sequence[int]) -> tuple[Tensor, ...]:
        """Return the samples at `indices`, each tensor already a batch."""
        index = torch.from_numpy(np.array(indices))  # torch.tensor takes four times as long for a list
        return tuple(tensor.index_select(0, index) for tensor in self.tensors)


def as_is(batch: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    """Return the batch: the `collate_fn` of a data set that gives whole batches."""
    return batch


def to_tensors(dataset: Dataset) -> tuple[Tensor, Tensor]:
    """Return all images and labels of a data set: float32 [N, C, H, W] in 0..1 and int64 [N].

    The data set has `data` (uint8 [N, H, W], or [N, H, W, 3] in colour) and `targets` [N], as those of
    `helpers.fashion_mnist` and of torchvision have, or is a `Subset` of one, such as `random_split` makes. If
    it has a transform, that makes tensors of the images and no more.

    Raises
    ------
    TypeError
        The data set keeps no images and labels of that kind.
    ValueError
        It changes the images when they are taken, which would be lost here.
    """
    chosen = None
    while isinstance(dataset, Subset):
        inner = torch.as_tensor(dataset.indices, dtype=torch.long)
        chosen, dataset = (inner if chosen is None else inner[chosen]), dataset.dataset
    images, labels = getattr(dataset, "data", None), getattr(dataset, "targets", None)
    plain = "Use a plain loader for it: torch.utils.data.DataLoader(dataset, batch_size=32)."
    if not isinstance(dataset, Dataset) or images is None or labels is None:
        if not isinstance(dataset, Dataset):
            plain = "Give the data set that the images are in."
        raise TypeError(f"{described(dataset)} keeps no `data` and `targets`. {plain}")
    images, labels = as_tensor(images, "data"), as_tensor(labels, "targets")
    if images.dtype != torch.uint8 or images.ndim not in (3, 4) or labels.shape != images.shape[:1]:
        raise TypeError(
            f"{described(dataset)} keeps data {list(images.shape)} of {images.dtype} and targets "
            f"{list(labels.shape)}; expected uint8 images [N, H, W] and as many labels [N]. {plain}"
        )
    changes = [
        name for name in ("transform", "target_transform") if not _only_converts(getattr(dataset, name, None))
    ]
    if changes:
        raise ValueError(
            f"The data set has a {changes[0]}, {_in_one_line(getattr(dataset, changes[0]))}, which would be "
            f"lost here: images and labels are read as they are stored. {plain}"
        )
    images = images.unsqueeze(1) if images.ndim == 3 else images.permute(0, 3, 1, 2)
    if len(images) and not _is_stored_as_given(dataset, images[0]):
        raise ValueError(
            f"{described(dataset)} gives images that differ from its `data`: its __getitem__ changes them, "
            f"which would be lost here. {plain}"
        )
    images, labels = (images, labels) if chosen is None else (images[chosen], labels[chosen])
    return images / 255, labels if labels.is_floating_point() else labels.long()


def _only_converts(transform: object) -> bool:
    """Return whether a transform is none, or only makes a float tensor of 0..1 of an image."""
    if transform is None:
        return True
    if isinstance(transform, type):
        return False
    if hasattr(transform, "transforms"):  # v2.Compose and its older sister
        return all(_only_converts(one) for one in transform.transforms)
    name = type(transform).__name__
    scales = getattr(transform, "scale", True) and getattr(transform, "dtype", torch.float32) == torch.float32
    return name in ("ToTensor", "ToImage", "PILToTensor") or (
        name in ("ToDtype", "ConvertImageDtype") and scales
    )


def _is_stored_as_given(dataset: Dataset, stored: Tensor) -> bool:
    """Return whether the data set's first image [C, H, W] is the stored one, as bytes or divided by 255."""
    image = as_tensor(dataset[0][0], "image")
    if image.ndim == 3 and image.shape[0] not in (1, 3):  # a PIL image in colour
        image = image.permute(2, 0, 1)
    pixels = image if image.dtype == torch.uint8 else image * 255
    return pixels.numel() == stored.numel() and bool(
        (pixels.reshape(-1) - stored.reshape(-1) * 1.0).abs().max() < 1
    )


def _in_one_line(transform: object) -> str:
    return " ".join(repr(transform).split())


def make_loader(dataset: Dataset, batch_size: int = 32, shuffle: bool = False) -> DataLoader:
    """Return a `DataLoader` over the data set's images as float32 tensors, indexed a batch at a time.

    For the same seed it gives the batches that ``DataLoader(dataset, batch_size, shuffle)`` gives with
    torchvision's ``ToTensor``: the same order, and the same values to the last bit. (v2's ``ToDtype`` with
    ``scale=True`` multiplies by 1/255 where both of these divide by 255; a pixel may differ in its last bit.)
    All images are held in memory (188 MB for 60,000 of 28 x 28 pixels). The data set is one that `to_tensors`
    takes. `shuffle` draws a new order each epoch: for training, not for validation and test.

    Raises
    ------
    TypeError, ValueError
        The data set is none that `to_tensors` takes, or empty; the batch size is no whole number.
    """
    images, labels = to_tensors(dataset)
    if len(images) == 0:
        raise ValueError(
            "The data set is empty: there is nothing to load. Check how it was split: len(dataset) should be "
            "1 or more."
        )
    size = as_count(batch_size, "batch_size")
    return DataLoader(BatchedTensorDataset(images, labels), size, shuffle, collate_fn=as_is)
