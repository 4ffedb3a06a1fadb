"""How long training took."""

import torch

from helpers.calls import understanding
from helpers.inputs import described


@understanding
def print_train_time(start: float, end: float, device: torch.device | str | None = None) -> float:
    """Print and return the seconds between two readings of ``timeit.default_timer()``.

    A GPU works on after Python has moved on. So read the clock only after a result has been fetched (printing
    a loss does that), or after ``torch.cuda.synchronize()``. `device` is what the model was trained on; the
    line names it. A TypeError says what is no reading of a clock, a ValueError that `end` comes before
    `start`.
    """
    for name, reading in (("start", start), ("end", end)):
        if isinstance(reading, bool) or not isinstance(reading, int | float):
            raise TypeError(
                f"`{name}` is {described(reading)}; expected seconds. Read the clock before and after "
                f"training: from timeit import default_timer as timer, then {name} = timer()."
            )
    seconds = end - start
    if seconds < 0:
        raise ValueError(
            f"The end, {end:g}, comes before the start, {start:g}. Write print_train_time(start, end)."
        )
    where = "" if device is None else f" on {device}"
    print(f"Train time{where}: {seconds:.3f} seconds")
    return seconds
