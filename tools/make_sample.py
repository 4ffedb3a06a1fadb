"""Write helpers/data/samples, the balanced part of FashionMNIST that ships with the course.

    COURSE_DATA=real python tools/make_sample.py

Takes the first 300 images of each class of the training set and the first 100 of each class of the test set,
in their original order, and writes them as Zalando does: gzipped idx files.
"""

import gzip

import torch

from helpers.data.grey_images import (
    FASHION_MNIST,
    SAMPLE_FOLDER,
    SAMPLE_PREFIX,
    balanced_subset,
    fashion_mnist,
)


def pack_idx(tensor: torch.Tensor) -> bytes:
    """Return a uint8 tensor as a gzipped idx file, without a time: the same tensor gives the same file."""
    header = bytes([0, 0, 8, tensor.ndim])  # 8: unsigned bytes
    sizes = b"".join(size.to_bytes(4, "big") for size in tensor.shape)
    return gzip.compress(header + sizes + tensor.numpy().tobytes(), mtime=0)


def main() -> None:
    """Write the four files of the sample from the real files."""
    SAMPLE_FOLDER.mkdir(exist_ok=True)
    for split, per_class in FASHION_MNIST.per_class.items():
        dataset = fashion_mnist(train=split == "train")
        if dataset.source.kind != "real":
            raise SystemExit("The sample can only be made from the real files. Nothing was written.")
        first = balanced_subset(dataset.targets, per_class)
        tensors = dataset.data[first], dataset.targets[first].to(torch.uint8)
        for file, tensor in zip(FASHION_MNIST.files(split), tensors, strict=True):
            path = SAMPLE_FOLDER / f"{SAMPLE_PREFIX}{file.name}"
            path.write_bytes(pack_idx(tensor))
            print(f"{path.name}: {list(tensor.shape)}, {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
