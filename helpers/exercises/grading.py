"""What the graders of all lessons share: turning an answer into numbers, and a mistake into its hint."""

import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from helpers.checks import WrongAnswer, attempt


def wrong_if(wrong: bool, hint: str) -> None:
    """Raise `WrongAnswer` with the hint where the answer is wrong."""
    if wrong:
        raise WrongAnswer(hint)


def numbers(got: Any, ndim: int, hint: str) -> Any:
    """Return a number (`ndim` 0) or a list of them (1), whatever holds them; for anything else, the hint."""
    try:
        found = torch.as_tensor(got)
    except (TypeError, ValueError, RuntimeError):
        raise WrongAnswer(hint) from None
    wrong_if(found.ndim != ndim, hint)
    return found.tolist()


def pair(got: Any, hint: str) -> tuple[float, float]:
    """Return two numbers, whatever holds them; for anything else, the hint."""
    found = tuple(numbers(got, 1, hint))
    wrong_if(len(found) != 2, hint)
    return found


def same(got: Tensor, right: Tensor, tolerance: float = 1e-5) -> bool:
    """Tell whether two tensors have one shape and, but for rounding, the same numbers."""
    close = {"rtol": 10 * tolerance, "atol": tolerance, "equal_nan": True}
    return got.shape == right.shape and torch.allclose(got.double(), right.double(), **close)


class Calls(TorchFunctionMode):
    """Note the names of torch's functions that are called, as functions or as methods of a tensor."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def __torch_function__(
        self, func: Callable, types: Any, args: tuple = (), kwargs: dict | None = None
    ) -> Any:
        """Call a function of torch, as without this, and note its name."""
        self.names.add(getattr(func, "__name__", "").removesuffix("_"))
        return func(*args, **(kwargs or {}))


@contextmanager
def explained(errors: dict[str, str]) -> Iterator[None]:
    """Add to an error in a learner's code what it means: that of the first pattern found in its message."""
    try:
        yield
    except WrongAnswer as error:
        for pattern, meaning in errors.items():
            if re.search(pattern, str(error)):
                raise WrongAnswer(f"{str(error).rstrip('.')}. {meaning}") from error
        raise


def by_hand(answer: Callable, *arguments: Any, ready_made: tuple[str, ...] = ()) -> Any:
    """Call a learner's function; a hint where it changes a tensor or calls what it should write itself.

    The names of torch's functions that must not be called start with one of `ready_made`.
    """
    given = [argument.clone() if isinstance(argument, Tensor) else argument for argument in arguments]
    try:
        with Calls() as calls:
            got = attempt(answer, *given)
    except WrongAnswer as error:
        wrong_if(
            "ambiguous" in str(error),
            f"{error}. `if`, `and`, `or` and Python's own max() want one truth value; a tensor holds many. "
            "To join two conditions write (a == 1) & (b == 1), with the brackets. To choose or cut number by "
            "number there are torch.where and clamp.",
        )
        wrong_if(
            "return_types.max" in str(error),
            f"{error}. With a dimension, max gives two things: the largest numbers and their positions. "
            "Write .values behind it for the numbers. If you want max(z, 0) of each number, that is "
            "z.clamp(min=0).",
        )
        raise
    for name in sorted(calls.names):
        wrong_if(
            name.startswith(ready_made),
            f"Your function calls torch's ready-made {name}, the very thing that you write by hand here.",
        )
    for before, after in zip(arguments, given, strict=True):
        wrong_if(
            isinstance(before, Tensor) and not torch.equal(before, after),
            "Your function changed a tensor that it was given. (A slice is a view: what you write into it "
            "lands in the original.) Make a new tensor, or work on a clone().",
        )
    return got


def check_saved_and_loaded(answer: Callable, model: nn.Module, inputs: Tensor) -> None:
    """Grade ``answer(model, path)``: save the parameters, load them into a new model and return that."""
    state = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    with torch.inference_mode():
        right = model(inputs)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.pth"
        with mock.patch.object(torch, "load", wraps=torch.load) as load:
            try:
                got = attempt(answer, model, path)
            except WrongAnswer as error:
                if path.exists():  # what is in the file explains more than torch's error
                    _check_saved(path, state)
                if "size mismatch" in str(error):
                    raise WrongAnswer(f"{error}\nThe new model needs the layers of the saved one.") from error
                raise
        _check_saved(path, state)
    wrong_if(got is None, "The file is right. Now return the new model.")
    wrong_if(isinstance(got, dict), "That is the state dict. Load it into a new model and return the model.")
    wrong_if(
        hasattr(got, "missing_keys"), "load_state_dict() returns a report, not the model. Return the model."
    )
    wrong_if(not isinstance(got, nn.Module), f"Return a model; you return a {type(got).__name__}.")
    wrong_if(got is model, "That is the model that was saved. Make a new one, and load into that.")
    wrong_if(not load.called, "The file was never read. The parameters should come from it, by torch.load.")
    with torch.inference_mode():
        outputs = attempt(got, inputs)
    wrong_if(
        not isinstance(outputs, Tensor) or not torch.equal(outputs, right),
        "The new model answers differently: it still has its random start. Call its load_state_dict().",
    )
    modes = [call.kwargs.get("weights_only") for call in load.call_args_list]
    wrong_if(
        any(mode is not None and not mode for mode in modes),
        "With weights_only=False, a file may run any code on your computer. You load numbers only: True.",
    )
    wrong_if(
        None in modes,
        "The model is right. Write weights_only=True too: older versions of PyTorch leave it off, and then a "
        "file may run any code on your computer.",
    )


def _check_saved(path: Path, state: dict[str, Tensor]) -> None:
    """Raise a hint where the file doesn't hold this state dict, saved by torch, alone or with more."""
    wrong_if(not path.exists(), "Nothing was saved at `path`.")
    try:
        saved = torch.load(path, weights_only=True)
    except Exception as error:  # torch raises several kinds, each for another sort of file
        raise WrongAnswer(
            "The file holds something else than plain parameters. A whole model, say, can only be "
            "loaded with the code of its class, and by running code from the file. Use torch.save for "
            "model.state_dict()."
        ) from error
    wrong_if(not isinstance(saved, dict), "The file should hold model.state_dict(), with the names.")
    found = [part for part in (saved, *saved.values()) if isinstance(part, dict) and set(part) == set(state)]
    wrong_if(
        not found,
        f"The file holds {list(saved)}. It should hold model.state_dict(): {', '.join(state)}.",
    )
    wrong_if(
        not any(all(_is_tensor_like(part[name], state[name]) for name in state) for part in found),
        "The file holds the parameters of another model. Save the state dict of the model you were given.",
    )


def _is_tensor_like(value: Any, right: Tensor) -> bool:
    return isinstance(value, Tensor) and same(value.detach().cpu(), right)
