"""A data loader that fetches a whole batch at once, where the usual way converts image after image."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Subset, TensorDataset


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
    """Return all images and labels of a data set: float32 [N, 1, H, W] in 0..1 and int64 [N].

    Parameters
    ----------
    dataset
        A data set with `data` (uint8 [N, H, W]) and `targets` (int64 [N]), such as `helpers.fashion_mnist()`
        or torchvision's own, or a `Subset` of one, such as `random_split` makes.

    Raises
    ------
    TypeError
        The data set keeps no tensors of that kind.
    """
    chosen = slice(None)
    if isinstance(dataset, Subset):
        chosen, dataset = torch.as_tensor(dataset.indices, dtype=torch.long), dataset.dataset
    images, labels = getattr(dataset, "data", None), getattr(dataset, "targets", None)
    if not (isinstance(images, Tensor) and isinstance(labels, Tensor)) or images.dtype != torch.uint8:
        raise TypeError(
            f"{type(dataset).__name__} keeps no tensors `data` (uint8) and `targets`. "
            "Use a plain torch.utils.data.DataLoader for it."
        )
    return images[chosen].unsqueeze(1) / 255, labels[chosen]


def make_loader(dataset: Dataset, batch_size: int = 32, shuffle: bool = False) -> DataLoader:
    """Return a `DataLoader` over the data set's images as float32 tensors, indexed a batch at a time.

    For the same seed it gives the batches that ``DataLoader(dataset, batch_size, shuffle)`` gives with
    torchvision's ``ToTensor``: the same order, and the same values to the last bit. (v2's ``ToDtype`` with
    ``scale=True`` multiplies by 1/255 where both of these divide by 255; a pixel may differ in its last bit.)
    All images are held in memory (188 MB for 60,000 of 28 x 28 pixels). The data set is one that `to_tensors`
    takes; its `transform` is not used. `shuffle` draws a new order each epoch: for training, not for
    validation and test.

    Raises
    ------
    ValueError
        The data set is empty.
    """
    images, labels = to_tensors(dataset)
    if len(images) == 0:
        raise ValueError("The data set is empty: there is nothing to load. Check how it was split.")
    return DataLoader(BatchedTensorDataset(images, labels), batch_size, shuffle, collate_fn=as_is)
