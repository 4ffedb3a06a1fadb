"""How long training took."""

import torch


def print_train_time(start: float, end: float, device: torch.device | str | None = None) -> float:
    """Print and return the seconds between two readings of ``timeit.default_timer()``.

    A GPU works on after Python has moved on. So read the clock only after a result has been fetched (printing
    a loss does that), or after ``torch.cuda.synchronize()``. `device` is what the model was trained on; the
    line names it.
    """
    seconds = end - start
    where = "" if device is None else f" on {device}"
    print(f"Train time{where}: {seconds:.3f} seconds")
    return seconds
