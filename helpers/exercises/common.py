"""What the tables of several lessons share: looks at models, and at what was saved and loaded."""

import copy
import pickle
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from helpers.course.exercises import differs
from helpers.course.observing import Calls

# What a layer is called when it runs, as a module, a function or a method of a tensor.
LAYERS = {
    "conv2d": "convolution",
    "linear": "linear",
    "relu": "ReLU",
    "max_pool2d": "max pooling",
    "avg_pool2d": "average pooling",
    "adaptive_avg_pool2d": "average pooling",
    "batch_norm": "batch normalisation",
    "dropout": "dropout",
    "dropout2d": "dropout of maps",
    "feature_dropout": "dropout of maps",
    "softmax": "softmax",
    "log_softmax": "log-softmax",
    "sigmoid": "sigmoid",
    "tanh": "tanh",
    "leaky_relu": "LeakyReLU",
    "gelu": "GELU",
}


def layers_in_order(model: nn.Module, inputs: Tensor) -> tuple[str, ...]:
    """Return the names of the layers that inputs go through, in order, however they are written."""
    with torch.no_grad(), Calls() as calls:
        model(inputs)
    return tuple(LAYERS[name] for name in calls.order if name in LAYERS)


@contextmanager
def loads_watched() -> Iterator[list[bool | None]]:
    """Note what each call of torch.load says of weights_only, also of one that was imported by its name."""
    modes, before = [], sys.getprofile()

    def watch(frame: Any, event: str, _: Any) -> None:
        if event == "call" and frame.f_code is torch.load.__code__:
            modes.append(frame.f_locals["weights_only"])

    sys.setprofile(watch)
    try:
        yield modes
    finally:
        sys.setprofile(before)


def save_and_load_seen(answer: Callable, model: nn.Module, inputs: Tensor) -> dict[str, Any]:
    """Observe ``answer(model, path)``: save the parameters, load them into a new model and return that."""
    state, raised = copy.deepcopy(model.state_dict()), None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.pth"
        try:
            with loads_watched() as modes:
                got = answer(model, path)
        except Exception as error:  # raised again below, unless the file tells more than the error does
            raised = error
        saved = _saved(path, state)
    if raised is not None and (saved == "the state dict" or saved.startswith("nothing")):
        raise raised
    seen: dict[str, Any] = {"what is saved": saved}
    if saved != "the state dict":
        return seen
    seen["what is returned"] = (
        "the model that was given" if got is model else "a new model" if isinstance(got, nn.Module) else got
    )
    seen["a call of torch.load"] = bool(modes)
    if isinstance(got, nn.Module):
        with torch.no_grad():
            seen["the new model's answers"] = got.eval()(inputs)
    unchanged = all(torch.equal(value, state[name]) for name, value in model.state_dict().items())
    if got is not model:
        seen["the given model afterwards"] = "as it was" if unchanged else "changed"
    seen["weights_only=True in the call of torch.load"] = all(mode is True for mode in modes)
    seen["_modes"] = [str(mode) for mode in modes]
    return seen


def _saved(path: Path, state: dict[str, Tensor]) -> str:
    """Return what is in a file: the state dict, alone or with more, or something else."""
    if not path.exists():
        return "nothing at `path`"
    try:
        saved = torch.load(path, weights_only=True)
    except Exception:  # torch raises several kinds, each for another sort of file
        return "what only code can load"
    if not isinstance(saved, dict):
        return f"a {type(saved).__name__}"
    parts = [part for part in (saved, *saved.values()) if isinstance(part, dict) and set(part) == set(state)]
    if not parts:
        return "a dictionary without the state dict"
    same = any(all(torch.equal(part[name], state[name]) for name in state) for part in parts)
    return "the state dict" if same else "the parameters of another model"


def save_and_load_mistakes(new: Callable[[], nn.Module]) -> dict[str, Any]:
    """Return the mistakes of `save_and_load_seen`, for a function that makes a new model."""

    def way(
        load: Callable = lambda path: torch.load(path, weights_only=True),
        result: Callable = lambda new_model, state, report: new_model,
    ) -> Callable:
        def answer(model: nn.Module, path: Path) -> Any:
            torch.save(model.state_dict(), path)
            state, new_model = load(path), new()
            return result(new_model, state, new_model.load_state_dict(state))

        return answer

    def into_the_old_one(model: nn.Module, path: Path) -> nn.Module:
        torch.save(model.state_dict(), path)
        model.load_state_dict(torch.load(path, weights_only=True))
        return model

    return {
        "The file holds something else than plain parameters, such as a whole model. Loading that would run "
        "code from the file. Use torch.save for model.state_dict().": (
            lambda model, path: torch.save(model, path),
            lambda model, path: path.write_bytes(pickle.dumps(model.state_dict())),
        ),
        "Nothing is saved at `path`.": lambda model, path: new(),
        "The file holds a list. It should hold model.state_dict(), which has the names too.": (
            lambda model, path: torch.save(list(model.parameters()), path)
        ),
        "The file holds a dictionary without the parameters. Save model.state_dict().": (
            lambda model, path: torch.save({}, path)
        ),
        "The file holds the parameters of another model. Save those of the model that you are given.": (
            lambda model, path: torch.save(new().state_dict(), path)
        ),
        "The file is right. Now return the new model.": way(result=lambda *_: None),
        "That is the state dict. Load it into the new model, and return the model.": (
            way(result=lambda new_model, state, report: state)
        ),
        "load_state_dict() returns a report, not the model. Return the model.": (
            way(result=lambda new_model, state, report: report)
        ),
        "That is the model that was saved. Make a new one, and load into that.": into_the_old_one,
        "The file is never read. The parameters should come from it, by torch.load.": (
            lambda model, path: torch.save(model.state_dict(), path) or copy.deepcopy(model)
        ),
        "The new model answers differently: not all of its parameters are those in the file. Call its "
        "load_state_dict().": (differs("the new model's answers", way(result=lambda *_: new()))),
        "The model is right. With weights_only=False a file may run any code on your computer. Use True.": (
            way(load=lambda path: torch.load(path, weights_only=False))
        ),
        "The model is right. Say weights_only=True too: older versions of PyTorch leave it off, and then a "
        "file may run any code on your computer.": way(load=lambda path: torch.load(path)),
    }
