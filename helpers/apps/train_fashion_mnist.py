"""Train a network on FashionMNIST, the whole job: on one process or on many, to be stopped and resumed.

    python -m helpers.apps.train_fashion_mnist --folder runs/v3
    torchrun --standalone --nproc_per_node=2 -m helpers.apps.train_fashion_mnist --folder runs/v3

The same command goes on from the last checkpoint in the folder: with as many processes, as if there had been
no break; with another number not digit for digit. ``torchrun --max-restarts=3`` does so by itself when a
process dies. Start only one job in a folder. On several machines, each runs torchrun with ``--nnodes`` and
``--rdzv-endpoint``, and all must see the same folder. On Windows torchrun needs the setting USE_LIBUV=0.
Each torchrun leaves notes in the system's temporary folder, or in that which ``--log-dir`` names. Lesson 12
goes through it.
"""

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryFile
from textwrap import shorten
from timeit import default_timer as timer

import torch
import torch.distributed as dist
import torch.distributed.nn  # before there is a group: its functions would keep that, and its threads
from torch import nn
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import BatchSampler, DataLoader, Dataset, DistributedSampler, Subset, random_split

from helpers.apps.checkpoints import load_plain, save_whole
from helpers.apps.recipes import RECIPES, Training
from helpers.course.settings import default_device
from helpers.data.grey_images import fashion_mnist
from helpers.data.sources import DataUnavailableError
from helpers.loading import BatchedTensorDataset, as_is, to_tensors
from helpers.training import one_epoch

CHECKPOINT = "checkpoint.pt"
SPLIT_SEED = 42  # the same validation pictures whatever the seed of the training
EVALUATION_BATCH = 500
MOST_SEEDS = 2**63  # torch takes some more, but epochs and steps are counted from a seed on


@dataclass(frozen=True)
class Job:
    """What to train. A checkpoint keeps it: only the same job can go on from there.

    Attributes
    ----------
    recipe
        A name in `helpers.apps.recipes.RECIPES`.
    batch_size
        Pictures a step, of all processes together.
    seed
        Decides the first weights, the order of the pictures and their augmentation.
    checkpoint_every
        Steps from one checkpoint to the next, within an epoch.

    Raises
    ------
    ValueError
        A number is too small, or the seed is one that torch does not take.
    """

    recipe: str = "v3"
    epochs: int = 5
    batch_size: int = 256
    seed: int = 42
    checkpoint_every: int = 100

    def __post_init__(self) -> None:
        """Refuse numbers that the training could not use."""
        for name in ("epochs", "batch_size", "checkpoint_every"):
            if getattr(self, name) < 1:
                raise ValueError(f"--{name.replace('_', '-')} is {getattr(self, name)}; expected 1 or more.")
        if not 0 <= self.seed < MOST_SEEDS:
            raise ValueError(f"--seed is {self.seed}; expected a number from 0 to {MOST_SEEDS - 1}.")


@contextmanager
def process_group() -> Iterator[torch.device]:
    """Join the processes that torchrun started, or be a group of one; give this process its device."""
    device = default_device()
    if device.type == "mps" or (device.type == "cuda" and not dist.is_nccl_available()):
        device = torch.device("cpu")  # gloo can't use Apple's GPU, and PyTorch for Windows comes without NCCL
    if device.type == "cuda":
        local_rank, gpus = dist.get_node_local_rank(fallback_rank=0), torch.cuda.device_count()
        if local_rank >= gpus:
            raise ValueError(
                f"This machine has {gpus} GPUs, too few for process {local_rank} of it (the first is 0). "
                "Start as many processes as there are GPUs, or set COURSE_DEVICE=cpu."
            )
        device = torch.device("cuda", local_rank)
        torch.cuda.set_device(device)
    store, rank, world_size = dist.HashStore(), 0, 1
    if dist.is_torchelastic_launched():
        store, rank, world_size = next(dist.rendezvous("env://"))
        # After a restart this store still knows the dead processes, and gloo would try to reach them
        # (PyTorch's issue 167288). With several machines it stays: each counts its own restarts.
        if os.environ["GROUP_WORLD_SIZE"] == "1":
            store = dist.PrefixStore(f"restart {os.environ['TORCHELASTIC_RESTART_COUNT']}", store)
    backend = "nccl" if device.type == "cuda" else "gloo"
    dist.init_process_group(backend, store=store, rank=rank, world_size=world_size)
    try:
        yield device
        dist.barrier()  # nobody leaves while others may still need it
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

    The order depends on seed and epoch alone. Every process takes an equal part of each batch, so together
    they see the batches that a single process would. Pictures that fill no batch are left out; they are
    others in each epoch.
    """
    sampler = DistributedSampler(data, seed=job.seed, drop_last=True)
    sampler.set_epoch(epoch)
    batches = list(BatchSampler(sampler, job.batch_size // dist.get_world_size(), drop_last=True))
    return DataLoader(data, batch_sampler=batches[start:end], collate_fn=as_is)


def evaluate(model: nn.Module, data: Dataset) -> tuple[float, float]:
    """Return loss and accuracy (percent) on `data`, of which each process measures its share.

    The shares need not be equal. DistributedSampler would make them so by counting some pictures twice.
    """
    mine = Subset(data, range(dist.get_rank(), len(data), dist.get_world_size()))
    loader = DataLoader(mine, EVALUATION_BATCH, collate_fn=as_is)
    loss, accuracy = one_epoch(model, loader, nn.CrossEntropyLoss())
    loss, accuracy, count = mean_over_processes(loss * len(mine), accuracy * len(mine), len(mine))
    return loss / count, accuracy / count


class Run:
    """A job in this process, from its first step or from the checkpoint in `folder`.

    All processes must see the folder. The data, to train and to validate on, give batches of images
    [N, 1, 28, 28] and labels [N].

    Raises
    ------
    ValueError
        The pictures are too few, or the processes can't share a batch; the checkpoint is damaged, or of
        another job or other pictures; the processes see different pictures or checkpoints.
    """

    def __init__(self, job: Job, folder: Path, data: tuple[Dataset, Dataset], device: torch.device) -> None:
        world_size = dist.get_world_size()
        if job.batch_size % world_size:
            raise ValueError(
                f"A batch of {job.batch_size} can't be shared equally by {world_size} processes: choose a "
                "--batch-size that their number divides."
            )
        self.job, self.path = job, folder / CHECKPOINT
        self.train_data, self.valid_data = data
        self.pictures = [len(part) for part in data]
        if mean_over_processes(*self.pictures) != self.pictures:
            raise ValueError(
                f"The processes have different pictures; this one has {self.pictures[0]:,} to train on. The "
                "lines above say which source served each machine."
            )
        self.steps_per_epoch = self.pictures[0] // job.batch_size
        if not self.steps_per_epoch:
            raise ValueError(f"{self.pictures[0]} training images make no batch of {job.batch_size}.")
        self.steps = job.epochs * self.steps_per_epoch
        torch.manual_seed(job.seed)  # the same first weights everywhere
        self.training = Training(RECIPES[job.recipe], self.steps, device)
        self.step, self.history = 0, []
        self._resume()
        self.shared_model = DistributedDataParallel(self.training.model)

    def _resume(self) -> None:
        if dist.get_rank() == 0:
            for left in self.path.parent.glob(f".{CHECKPOINT}-*"):  # by a process killed while it saved
                left.unlink()
        if self.path.exists():
            state = load_plain(self.path)
            if state.get("job") != asdict(self.job):
                raise ValueError(
                    f"{self.path} belongs to another job: {state.get('job')}. This one is "
                    f"{asdict(self.job)}. Choose another --folder, or repeat that job's options."
                )
            if state.get("pictures") != self.pictures:
                raise ValueError(
                    f"{self.path} belongs to other pictures: {state.get('pictures')} to train and validate "
                    f"on. Here are {self.pictures}. A line above says which source served them. Make the "
                    "others available again, or choose another --folder."
                )
            try:
                self.step, self.history = int(state["step"]), list(state["history"])
                self.training.load_state_dict(state["training"])
            except (LookupError, TypeError, ValueError, RuntimeError, AttributeError) as error:
                raise ValueError(
                    f"{self.path} lacks something, or was changed: {shorten(repr(error), 200)}. Delete it to "
                    "begin again, or choose another --folder."
                ) from error
        # A process that sees another file would be at another step.
        if mean_over_processes(self.step) != [self.step]:
            raise ValueError(
                f"The processes don't see the same {self.path}. Choose a --folder that all of them share."
            )

    def save(self) -> None:
        """Write the checkpoint. One process does: all have the same weights and buffers."""
        if dist.get_rank() == 0:
            state = {"job": asdict(self.job), "pictures": self.pictures, "step": self.step}
            state |= {"history": self.history, "training": self.training.state_dict()}
            save_whole(state, self.path)

    def train_to_next_checkpoint(self) -> dict[str, float]:
        """Train up to the next checkpoint or the end of the epoch, save, and return a row of the history."""
        job, training = self.job, self.training
        epoch, start = divmod(self.step, self.steps_per_epoch)
        end = min(start + job.checkpoint_every, self.steps_per_epoch)
        # The augmentation's random numbers: others in each process, and the same ones after a restart.
        seed = (job.seed * self.steps + self.step) * dist.get_world_size() + dist.get_rank()
        torch.manual_seed(seed % MOST_SEEDS)
        loader = steps_loader(self.train_data, job, epoch, start, end)
        learning = {"optimizer": training.optimizer, "augment": RECIPES[job.recipe].augment}
        begun = timer()
        results = one_epoch(self.shared_model, loader, training.loss_fn, **learning)
        loss, accuracy = mean_over_processes(*results)
        self.step += end - start
        row = {"step": self.step, "train_loss": loss, "train_acc": accuracy, "seconds": timer() - begun}
        if end == self.steps_per_epoch:
            for buffer in training.model.buffers():
                dist.broadcast(buffer, src=0)  # batch normalisation's statistics differ; these are saved
            row["valid_loss"], row["valid_acc"] = evaluate(training.model, self.valid_data)
        self.history.append(row)
        self.save()
        return row


def train_and_valid_data() -> tuple[Dataset, Dataset]:
    """Return the training and the validation images of FashionMNIST, split as in lesson 05."""
    first = dist.get_node_local_rank(fallback_rank=0) == 0
    if not first:
        dist.barrier()  # the first process of each machine fetches the files, the others find them there
    with redirect_stdout(sys.stdout if first else None):
        data = fashion_mnist(train=True)
    if first:
        dist.barrier()
    valid_size = len(data) // 12
    generator = torch.Generator().manual_seed(SPLIT_SEED)
    parts = random_split(data, [len(data) - valid_size, valid_size], generator)
    train_data, valid_data = (BatchedTensorDataset(*to_tensors(part)) for part in parts)
    return train_data, valid_data


def check_folder(folder: Path) -> None:
    """Make the folder if it is missing, and see whether it can be written to."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        TemporaryFile(dir=folder).close()
    except OSError as error:
        why = error.strerror or error
        raise OSError(f"{folder} can't be written to: {why}. Choose another --folder.") from error


def train(job: Job, folder: Path) -> list[dict[str, float]]:
    """Train until the job is done and return its history, a row for each checkpoint.

    A row has ``step``; since the row before, ``train_loss``, ``train_acc`` (percent) and ``seconds``; and at
    the end of an epoch ``valid_loss`` and ``valid_acc``. Losses and accuracies are those of all processes.

    Raises
    ------
    OSError
        The folder can't be written to.
    """
    with process_group() as device:
        rank, world_size = dist.get_rank(), dist.get_world_size()
        # In one piece: torchrun's processes write unbuffered, and two lines could get into each other.
        print(f"process {rank} of {world_size} on {device}, id {os.getpid()}\n", end="", flush=True)
        if rank == 0:
            check_folder(folder)
        run = Run(job, folder, train_and_valid_data(), device)
        if rank == 0:
            print(f"begins at step {run.step} of {run.steps}", flush=True)
        while run.step < run.steps:
            row = run.train_to_next_checkpoint()
            if rank == 0:
                print(", ".join(f"{name} {value:.4g}" for name, value in row.items()), flush=True)
        history = run.history
        del run  # if its network were the last to hold the group, the two could wait for each other for ever
        return history


def parse(argv: list[str] | None) -> tuple[Job, Path]:
    """Read the command line: the job, and the folder for its checkpoints."""
    as_written = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=as_written)
    parser.add_argument("--folder", type=Path, required=True, help="where the checkpoint is kept")
    parser.add_argument("--recipe", choices=RECIPES, default=Job.recipe, help=f"default: {Job.recipe}")
    parser.add_argument("--batch-size", type=int, help="of all processes together; default: the recipe's")
    for name in ("epochs", "seed", "checkpoint_every"):
        option, default = f"--{name.replace('_', '-')}", getattr(Job, name)
        parser.add_argument(option, type=int, default=default, help=f"default: {default}")
    options = vars(parser.parse_args(argv))
    folder = options.pop("folder")
    if options["batch_size"] is None:
        options["batch_size"] = RECIPES[options["recipe"]].batch_size
    try:
        return Job(**options), folder
    except ValueError as error:
        parser.error(str(error))


def main(argv: list[str] | None = None) -> None:
    """Run the job that the command line asks for."""
    job, folder = parse(argv)
    try:
        train(job, folder)
    except (ValueError, OSError, DataUnavailableError) as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(f"Stopped. The same command goes on from the last checkpoint in {folder}.")


if __name__ == "__main__":
    main()
