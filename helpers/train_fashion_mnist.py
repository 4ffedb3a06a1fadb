"""Train a network on FashionMNIST, the whole job: on one process or on many, to be stopped and resumed.

    python -m helpers.train_fashion_mnist --folder runs/v3
    torchrun --standalone --nproc_per_node=2 -m helpers.train_fashion_mnist --folder runs/v3

The same command goes on from the last checkpoint in the folder. ``torchrun --max-restarts=3`` does so by
itself when a process dies. On several machines, each runs torchrun with ``--nnodes`` and ``--rdzv-endpoint``,
and all must see the same folder. Lesson 12 goes through it.
"""

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import BatchSampler, DataLoader, Dataset, DistributedSampler, Subset, random_split

from helpers.checkpoints import load_plain, save_whole
from helpers.datasets import fashion_mnist
from helpers.loading import BatchedTensorDataset, as_is, to_tensors
from helpers.recipes import RECIPES, Training
from helpers.settings import default_device
from helpers.training import one_epoch

CHECKPOINT = "checkpoint.pt"
SPLIT_SEED = 42  # the same validation pictures whatever the seed of the training
EVALUATION_BATCH = 500


@dataclass(frozen=True)
class Job:
    """What is to be trained. A checkpoint keeps it: only the same job can go on from there.

    Attributes
    ----------
    recipe
        A name in `helpers.recipes.RECIPES`.
    epochs
        Passes through the training pictures.
    batch_size
        Pictures a step, of all processes together.
    seed
        Of the first weights, the order of the pictures and their augmentation.
    checkpoint_every
        Steps from one checkpoint to the next, within an epoch.
    """

    recipe: str = "v3"
    epochs: int = 5
    batch_size: int = 128
    seed: int = 42
    checkpoint_every: int = 100


@contextmanager
def process_group() -> Iterator[torch.device]:
    """Join the processes that torchrun started, or be a group of one; give this process its device."""
    device = default_device()
    if device.type == "cuda":
        device = torch.device("cuda", dist.get_node_local_rank(fallback_rank=0))
        torch.cuda.set_device(device)
    backend = "nccl" if device.type == "cuda" else "gloo"
    if dist.is_torchelastic_launched():
        dist.init_process_group(backend)  # torchrun's environment says who and where the others are
    else:
        dist.init_process_group(backend, store=dist.HashStore(), rank=0, world_size=1)
    try:
        yield device
    finally:
        dist.destroy_process_group()


def mean_over_processes(*values: float) -> list[float]:
    """Return the mean of each value over all processes: each gets the same answer."""
    means = torch.tensor(values, dtype=torch.float64)
    if dist.get_backend() == "nccl":
        means = means.cuda()  # NCCL only carries what lies on a GPU
    dist.all_reduce(means)
    return (means / dist.get_world_size()).tolist()


def steps_loader(data: Dataset, job: Job, epoch: int, start: int, end: int) -> DataLoader:
    """Return this process's share of the batches `start` to `end` of an epoch.

    The order depends on seed and epoch alone. Of each batch every process takes an equal part, so all of them
    together see the batches that a single process would. The rest that fills no batch is left out; it is
    another rest each epoch.
    """
    sampler = DistributedSampler(data, seed=job.seed, drop_last=True)
    sampler.set_epoch(epoch)
    batches = list(BatchSampler(sampler, job.batch_size // dist.get_world_size(), drop_last=True))
    return DataLoader(data, batch_sampler=batches[start:end], collate_fn=as_is)


def evaluate(model: nn.Module, data: Dataset, loss_fn: nn.Module) -> tuple[float, float]:
    """Return loss and accuracy (percent) on `data`, of which each process measures its share.

    The shares need not be equal. DistributedSampler would make them so by counting some pictures twice.
    """
    mine = Subset(data, range(dist.get_rank(), len(data), dist.get_world_size()))
    loss, accuracy = one_epoch(model, DataLoader(mine, EVALUATION_BATCH), loss_fn)
    loss, accuracy, count = mean_over_processes(loss * len(mine), accuracy * len(mine), len(mine))
    return loss / count, accuracy / count
