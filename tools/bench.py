"""Measure an epoch of lesson 05's models, written in three ways, side by side in one run.

    python tools/bench.py                   about 10 minutes on 2 cores; keep the machine quiet meanwhile
    python tools/bench.py --images 6000     a quick look
    python tools/bench.py --rounds 48       steadier medians

usual
    what most courses write: torchvision's ToTensor for each image, `.item()` for each batch
ours
    `helpers.make_loader` and `helpers.train_step`, with its progress bar
floor
    forward, backward and step alone, on batches that lie ready in memory: nobody can be faster

Each way starts from the same seed, so it makes the same updates on the same batches. The tool checks that,
and fails when the weights differ. It never fails by a clock. Times are CPU time of one thread, which does not
count what else the machine does.
"""

import argparse
import os
import platform
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import AbstractContextManager, contextmanager, redirect_stderr, redirect_stdout
from functools import cache
from itertools import permutations
from multiprocessing import get_context

import pandas as pd
import torch
from torch import Tensor, nn
from torch.optim import SGD, Optimizer
from torch.utils.data import DataLoader
from torchvision.transforms import ToTensor

from helpers import fashion_mnist, is_small, make_loader, train_step
from helpers import models as course_models
from helpers.data.grey_images import ImageDataset

SEED, BATCH_SIZE, LEARNING_RATE, HIDDEN_UNITS, CLASSES = 42, 32, 0.1, 10, 10
ROUNDS = 24  # each order of the three ways four times; many short rounds, as a shared machine's speed drifts
ROUNDS_A_PROCESS = 3
V2_IMAGES = 6_000  # a step of V2 takes as long as 30 of V0, and short runs lie close together
CHECKED_STEPS = 200
TOLERANCE = 1e-4
# v2 supersedes ToTensor, but the usual courses use it, and it is faster than v2, which favours the usual
# way. It divides by 255 as we do, so the pixels are the same to the last bit. They have to be: V2's
# training is chaotic, and a difference in the last bit grows into another loss within 200 steps.
TO_TENSOR = ToTensor()

MODELS = {
    "V0": (course_models.FashionMNISTModelV0, 28 * 28),
    "V1": (course_models.FashionMNISTModelV1, 28 * 28),
    "V2": (course_models.FashionMNISTModelV2, 1),
}
RATIOS = {"usual/ours": ("usual", "ours"), "ours/floor": ("ours", "floor")}
# These figures are to be reached: a least value, or a most one.
FIGURES = {
    ("V0", "usual/ours"): ("at least", 4.5),
    ("V1", "usual/ours"): ("at least", 4.5),
    ("V2", "ours/floor"): ("at most", 1.05),
}

Batches = DataLoader | list[tuple[Tensor, Tensor]]
Run = Callable[[str, str, int], tuple[float, Tensor]]


def usual_epoch(model: nn.Module, loader: DataLoader, loss_fn: nn.Module, optimizer: Optimizer) -> None:
    """Train for one epoch as the usual courses write it, with averages over batches."""
    device = torch.device("cpu")
    train_loss, train_acc = 0.0, 0.0
    model.train()
    for images, labels in loader:
        images, labels = images.to(device), labels.to(device)
        logits = model(images)
        loss = loss_fn(logits, labels)
        train_loss += loss.item()
        train_acc += torch.eq(labels, logits.argmax(dim=1)).sum().item() / len(labels) * 100
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    train_loss /= len(loader)
    train_acc /= len(loader)
    print(f"Train loss: {train_loss:.5f} | Train accuracy: {train_acc:.2f}%")


def floor_epoch(model: nn.Module, batches: Batches, loss_fn: nn.Module, optimizer: Optimizer) -> None:
    """Train on batches that are ready, and do nothing else."""
    model.train()
    for images, labels in batches:
        loss = loss_fn(model(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


WAYS: dict[str, Callable] = {"usual": usual_epoch, "ours": train_step, "floor": floor_epoch}


def batches_for(way: str, data: ImageDataset, images: int) -> Batches:
    """Return what a way goes over, for the first `images`: its loader, or the batches ready in a list."""
    part = (data.data[:images], data.targets[:images], data.classes)
    if way == "usual":
        return DataLoader(ImageDataset(*part, transform=TO_TENSOR), BATCH_SIZE, shuffle=True)
    ours = make_loader(ImageDataset(*part), BATCH_SIZE, shuffle=True)
    if way == "ours":
        return ours
    torch.manual_seed(SEED)
    return list(ours)


def run_epoch(way: str, model_name: str, batches: Batches) -> tuple[float, Tensor]:
    """Train a fresh model for one epoch; return seconds of CPU time, and all its weights in one tensor."""
    torch.manual_seed(SEED)
    model_class, input_shape = MODELS[model_name]
    model = model_class(input_shape, hidden_units=HIDDEN_UNITS, output_shape=CLASSES)
    optimizer = SGD(model.parameters(), lr=LEARNING_RATE)
    torch.manual_seed(SEED)  # the order of a loader's batches: that of the floor's, which were made before
    # The bar is drawn, as a learner's is, but not on this terminal: its speed would be measured too.
    with (
        open(os.devnull, "w", encoding="utf-8") as nowhere,
        redirect_stderr(nowhere),
        redirect_stdout(nowhere),
    ):
        start = time.process_time()
        WAYS[way](model, batches, nn.CrossEntropyLoss(), optimizer)
        seconds = time.process_time() - start
    return seconds, nn.utils.parameters_to_vector(model.parameters()).detach()


def largest_difference(model_name: str, data: ImageDataset) -> float:
    """Return how far the weights of the usual way, ours and the floor are apart at most after some steps."""
    images = CHECKED_STEPS * BATCH_SIZE
    usual, *others = (run_epoch(way, model_name, batches_for(way, data, images))[1] for way in WAYS)
    return max((usual - other).abs().max().item() for other in others)


# The usual way has a process of its own: its many small objects would leave the memory full of holes, and
# whatever ran next would be slower for it. Ours and the floor share one, and the floor's batches are made in
# it once: where things happen to lie in memory makes a process faster or slower by more than the two differ.
# There are new processes every few rounds, so that no figure depends on the luck of one.
@contextmanager
def new_processes() -> Iterator[Run]:
    """Give a function ``run(way, model_name, images)`` that runs an epoch in the process of that way."""
    spawn = get_context("spawn")
    with ProcessPoolExecutor(1, spawn) as usual, ProcessPoolExecutor(1, spawn) as ours:
        yield lambda way, *what: (usual if way == "usual" else ours).submit(run_prepared, way, *what).result()


def run_prepared(way: str, model_name: str, images: int) -> tuple[float, Tensor]:
    """Run an epoch in this process, which prepares its data once."""
    torch.set_num_threads(1)
    return run_epoch(way, model_name, _prepared(way, images))


@cache
def _prepared(way: str, images: int) -> Batches:
    with open(os.devnull, "w", encoding="utf-8") as nowhere, redirect_stdout(nowhere):
        return batches_for(way, fashion_mnist(train=True), images)


def measure(
    model_name: str, images: int, rounds: int, processes: Callable[[], AbstractContextManager[Run]]
) -> pd.DataFrame:
    """Run each way once a round; return ms of CPU time a step, a row a round and a column a way.

    The rounds take the six orders in turn: a machine that gets slower or faster meanwhile favours none
    of the three. An epoch that is not counted prepares each new process.
    """
    orders, steps, rows = list(permutations(WAYS)), -(-images // BATCH_SIZE), []
    for first in range(0, rounds, ROUNDS_A_PROCESS):
        with processes() as run:
            for way in WAYS:
                run(way, model_name, images)
            for number in range(first, min(first + ROUNDS_A_PROCESS, rounds)):
                order = orders[number % len(orders)]
                rows.append({way: run(way, model_name, images)[0] * 1000 / steps for way in order})
    return pd.DataFrame(rows)


def summary(runs: dict[str, pd.DataFrame], decimals: int) -> pd.DataFrame:
    """Return a row for each model and column: median over the rounds, least and most."""
    rows = {model: table.agg(["median", "min", "max"]).T for model, table in runs.items()}
    return pd.concat(rows).round(decimals)


def ratios(runs: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the ratios of all models, and whether they reach their figure.

    A ratio is taken within a round, as its runs lie close together: on a machine that others use as well this
    is steadier than a ratio of two medians.
    """
    each = {
        model: pd.DataFrame({name: steps[above] / steps[below] for name, (above, below) in RATIOS.items()})
        for model, steps in runs.items()
    }
    table = summary(each, 2)
    for key, (side, figure) in FIGURES.items():
        if key in table.index:
            median = each[key[0]][key[1]].median()
            reached = median >= figure if side == "at least" else median <= figure
            table.loc[key, "to reach"] = f"{side} {figure}: {'yes' if reached else 'no'}"
    return table.fillna("")


def main(argv: list[str] | None = None) -> int:
    """Run the tool; return 1 when two ways do not compute the same, else 0."""
    as_written = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=as_written)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"default: {ROUNDS}")
    parser.add_argument("--images", type=int, help=f"for each model; default: all, {V2_IMAGES:,} for V2")
    options = parser.parse_args(argv)
    torch.set_num_threads(1)  # more threads make such small models slower, and CPU time hard to read
    data = fashion_mnist(train=True)
    defaults = {"V0": len(data), "V1": len(data), "V2": V2_IMAGES}
    images = {name: min(options.images or default, len(data)) for name, default in defaults.items()}
    if data.source.kind == "sample":
        print(f"NOT THE REAL DATA SET: only the {len(data):,} images of {data.source.served}.")
    if is_small():
        print("SMALL MODE: so few images say little about speed. Unset COURSE_MODE for the real thing.")
    print(
        f"Python {platform.python_version()}, torch {torch.__version__}, 1 thread of {os.cpu_count()} CPUs."
    )
    print(f"{options.rounds} rounds, batches of {BATCH_SIZE}, images: {images}")

    differences = {name: largest_difference(name, data) for name in MODELS}
    print(f"\nWeights after {CHECKED_STEPS} steps, largest difference: {differences}")
    if max(differences.values()) > TOLERANCE:
        print("The ways do not compute the same, so their times can't be compared.")
        return 1

    runs = {name: measure(name, images[name], options.rounds, new_processes) for name in MODELS}
    print(f"\nMilliseconds of CPU time a step, in {options.rounds} rounds:\n{summary(runs, 3).to_string()}")
    print(f"\nRatios within a round:\n{ratios(runs).to_string()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
