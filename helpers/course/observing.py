"""Look at what code does: what it returns, raises and calls, and how long it takes."""

import contextlib
import ctypes
import linecache
import random
import sys
import threading
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from helpers.course.errors import message_of, without_names

# Calls of these packages are noted if they come from a learner's code, not if they come from a package.
_LIBRARIES = {"torch", "torchvision", "torchmetrics", "sklearn", "scipy", "mlxtend", "skimage", "cv2"}
_OUR_OWN = {"__torch_function__", "__enter__", "__exit__", "<module>"}


@dataclass(frozen=True)
class Failed:
    """A call that raised an error. Two are equal if their messages differ only in names and numbers."""

    kind: str
    message: str = field(compare=False)
    place: str = field(compare=False, default="")
    told: str = ""

    @classmethod
    def of(cls, error: BaseException, answer: Any) -> "Failed":
        """Note an error, and the line of the answer's own code that raised it."""
        message = message_of(error)
        message = message if len(message) <= 300 else f"{message[:300]} …"
        forward = getattr(answer, "forward", None)
        code = getattr(answer, "__code__", None) or getattr(forward, "__code__", None)
        if getattr(forward, "__module__", "").startswith("torch."):
            code = None  # it is torch's own layer, or a class without a forward of its own
        place = ""
        for frame in reversed(traceback.extract_tb(error.__traceback__)):
            if code is not None and frame.filename == code.co_filename and frame.lineno:
                line = linecache.getline(frame.filename, frame.lineno).strip()
                place = f" The line is `{line[:100]}`." if line else ""
                break
        return cls(type(error).__name__, message, place, without_names(message))


class OutOfTime(BaseException):  # a learner's `except Exception` must not catch it
    """A learner's code took too long."""


@contextlib.contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise `OutOfTime` in code that runs longer: in any thread, on every system.

    A call that waits outside Python, such as a long `time.sleep`, is interrupted when it comes back.
    """
    thread, done, lock = ctypes.c_ulong(threading.get_ident()), threading.Event(), threading.Lock()

    def stop() -> None:
        wait = seconds
        while not done.wait(wait):
            with lock:
                if not done.is_set():
                    ctypes.pythonapi.PyThreadState_SetAsyncExc(thread, ctypes.py_object(OutOfTime))
            wait = 0.5  # then again: the code may catch everything

    watch = threading.Thread(target=stop, daemon=True)
    watch.start()
    try:
        yield
    finally:
        with lock:
            done.set()
        watch.join()


@contextlib.contextmanager
def same_conditions() -> Iterator[None]:
    """Run with torch's default settings. Put back the learner's settings and random numbers at the end."""
    python, numpy, dtype = random.getstate(), np.random.get_state(), torch.get_default_dtype()
    on_cpu = torch.get_default_device().type == "cpu"
    try:
        with (
            np.errstate(),
            torch.random.fork_rng(devices=[]),
            torch.inference_mode(False),
            torch.enable_grad(),
            contextlib.nullcontext() if on_cpu else torch.device("cpu"),
        ):
            start_afresh()
            yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)
        torch.set_default_dtype(dtype)


def start_afresh() -> None:
    """Begin with the same random numbers, and with the settings that torch and NumPy come with."""
    torch.set_grad_enabled(True)
    torch.set_default_dtype(torch.float32)
    if torch.get_default_device().type != "cpu":
        torch.set_default_device(None)
    np.seterr(divide="warn", over="warn", under="ignore", invalid="warn")
    random.seed(0)
    np.random.seed(0)
    torch.default_generator.manual_seed(0)


class Calls(TorchFunctionMode):
    """Note what is called: torch's functions and operators, and the functions and layers of other packages.

    `names` has them as ``package.name``. `order` has those of torch, in the order of the calls.
    """

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.order: list[str] = []

    def __torch_function__(self, func: Any, types: Any, args: tuple = (), kwargs: dict | None = None) -> Any:
        """Call a function of torch as usual, and note its name."""
        name = getattr(func, "__name__", "").strip("_")
        self.names.add(f"torch.{name}")
        self.order.append(name)
        return func(*args, **(kwargs or {}))

    def __enter__(self) -> "Calls":
        """Start noting."""
        self._profiler = sys.getprofile()
        super().__enter__()
        sys.setprofile(self._profile)
        return self

    def __exit__(self, *error: Any) -> None:
        """Stop noting."""
        sys.setprofile(self._profiler)
        super().__exit__(*error)

    def _profile(self, frame: Any, event: str, argument: Any) -> None:
        if event != "call" or frame.f_back is None:
            return
        package = frame.f_globals.get("__name__", "").partition(".")[0]
        if package not in _LIBRARIES:
            return
        # The learner doesn't choose what a package calls, or what runs when it is imported.
        called_in, name = frame.f_back.f_code.co_filename, frame.f_code.co_name
        # (Debian and Colab name the folder dist-packages, others site-packages.)
        if "-packages" in called_in or "importlib" in called_in or name in _OUR_OWN:
            return
        if name in ("__init__", "_wrapped_call_impl", "__call__") and "self" in frame.f_locals:
            name = type(frame.f_locals["self"]).__name__
        self.names.add(f"{package}.{name}")


def plain(value: Any) -> Any:
    """Return what something holds, in a form that can be compared.

    Numbers of torch, NumPy, pandas and Python become tensors of float64, and so do lists of numbers of one
    shape. Other lists become tuples. A model becomes the parts that a learner's code may change.
    """
    if value is None or value is ... or isinstance(value, bytes | complex | Failed):
        return value
    if isinstance(value, str):
        return str(value)  # a text of NumPy becomes Python's
    if isinstance(value, Tensor):
        if value.layout is not torch.strided and not value.is_nested:
            value = value.to_dense()
        if value.is_meta or value.is_complex() or value.is_nested:
            return f"{value.dtype} of shape {list(value.shape)} on {value.device}"
        return value.detach().cpu().double()
    if isinstance(value, bool | int | float | np.number | np.bool_):
        with contextlib.suppress(OverflowError):
            return torch.tensor(float(value), dtype=torch.float64)
        return str(value)
    if isinstance(value, np.ndarray) and value.dtype.kind in "biuf":
        return torch.from_numpy(value.astype(np.float64))
    if isinstance(value, nn.Module):
        return _state(value)
    if isinstance(value, torch.optim.Optimizer):
        return plain(value.state_dict())
    if isinstance(value, Mapping):
        return {_key(key): plain(part) for key, part in value.items()}
    if isinstance(value, set | frozenset):
        return ("a set of", plain(sorted(value, key=str)))  # sorted: a set has no order
    if hasattr(value, "to_numpy"):  # pandas
        return plain(value.to_numpy())
    if hasattr(value, "__array_interface__") and not isinstance(value, np.ndarray):  # a PIL image
        return plain(np.asarray(value))
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, list | tuple | range) and len(value) < 10**6:
        if len(value) > 1000 and all(type(part) in (bool, int, float) for part in value):
            return torch.tensor(value, dtype=torch.float64)  # one by one would take long
        parts = [plain(_number_in(part)) for part in value]
        tensors = [part for part in parts if isinstance(part, Tensor)]
        if len(tensors) == len(parts) and len({part.shape for part in tensors}) <= 1:
            return torch.stack(tensors) if tensors else torch.zeros(0, dtype=torch.float64)
        return tuple(parts)
    if isinstance(value, torch.dtype | torch.device | type):
        return str(value)
    return kind_of(value)


def kind_of(value: Any) -> str:
    """Return in words what kind of thing something is, such as ``an int``."""
    if value is None:
        return "None"
    name = "class" if isinstance(value, type) else type(value).__name__
    return f"{'an' if name[0].lower() in 'aeiou' else 'a'} {name}"


def _number_in(part: Any) -> Any:
    """Return the number in a tensor or array of shape [1]: in a list it counts as a number."""
    return part[0] if isinstance(part, Tensor | np.ndarray) and part.shape == (1,) else part


class ModelState(dict):
    """The parts of a model that a learner's code may change, by torch's names for them."""


def _state(model: nn.Module) -> ModelState:
    state = ModelState({name: plain(tensor) for name, tensor in model.state_dict().items()})
    for name, parameter in model.named_parameters():
        state[f"{name}.requires_grad"] = str(parameter.requires_grad)
        state[f"{name}.grad"] = plain(parameter.grad)
    for name, part in model.named_modules():
        state[f"{name}.training".lstrip(".")] = str(part.training)
    return state


def _key(key: Any) -> Any:
    """Return a dictionary's key. If it is a number of torch or NumPy, it becomes Python's."""
    return key.item() if isinstance(key, Tensor | np.generic) and key.ndim == 0 else key


def is_alike(got: Any, right: Any, tolerance: float) -> bool:
    """Are two plain values the same, except for rounding? A tensor of one number counts as a number."""
    if isinstance(got, Tensor) and isinstance(right, Tensor):
        if right.ndim == 0 and got.numel() == 1:
            got = got.reshape(())
        if got.shape != right.shape:
            return False
        return torch.allclose(got, right, rtol=10 * tolerance, atol=tolerance, equal_nan=True)
    if isinstance(got, dict) and isinstance(right, dict):
        return got.keys() == right.keys() and all(is_alike(got[key], right[key], tolerance) for key in right)
    if isinstance(got, tuple) and isinstance(right, tuple):
        pairs = zip(got, right, strict=False)
        return len(got) == len(right) and all(is_alike(one, other, tolerance) for one, other in pairs)
    return type(got) is type(right) and not isinstance(right, Tensor) and got == right


def shown(value: Any) -> str:
    """Return a plain value as a learner reads it: rounded, and if it is large, only its shape."""
    if isinstance(value, Tensor):
        if value.numel() > 12:
            return f"a tensor of shape {list(value.shape)}"
        return _numbers(value.tolist())
    if isinstance(value, tuple):
        return f"({', '.join(shown(part) for part in value)}{',' if len(value) == 1 else ''})"
    if isinstance(value, ModelState):
        return "a model"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key!r}: {shown(part)}" for key, part in value.items()) + "}"
    if value is ...:
        return "the dots (...)"
    if isinstance(value, Failed):
        return f"{value.kind}: {value.message}"
    text = (
        repr(value)
        if isinstance(value, str) and not value.startswith(("a ", "an ", "torch."))
        else str(value)
    )
    return text if len(text) <= 100 else f"{text[:100]} …"


def _numbers(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(_numbers(part) for part in value)}]"
    return f"{value:.0f}" if value == value // 1 and abs(value) < 1e15 else f"{value:.4g}"


def first_difference(label: str, got: Any, right: Any, tolerance: float) -> str:
    """Say where two plain values differ first: what should be there, and what is."""
    if isinstance(got, dict) and isinstance(right, dict):
        for key in [*right, *got]:
            if key not in got:
                there = ", ".join(repr(name)[:40] for name in got)
                return f"{label} should have {key!r}; yours has {there or 'nothing'}."
            if key not in right:
                return f"{label} should have nothing named {key!r}."
            if not is_alike(got[key], right[key], tolerance):
                return first_difference(f"{label.rstrip(',')}, {key},", got[key], right[key], tolerance)
    if isinstance(got, tuple) and isinstance(right, tuple) and len(got) == len(right):
        i = next(i for i in range(len(got)) if not is_alike(got[i], right[i], tolerance))
        return first_difference(f"{label} at position {i}", got[i], right[i], tolerance)
    if isinstance(got, Tensor) and isinstance(right, Tensor):
        if got.shape != right.shape:
            if right.ndim == 0:
                return f"{label} should be one number, {shown(right)}; yours is {shown(got)}."
            if max(got.numel(), right.numel()) > 12 or got.numel() == right.numel():
                shape = f"shape {list(got.shape)}" if got.ndim else f"one number, {shown(got)}"
                return f"{label} should have shape {list(right.shape)}; yours has {shape}."
        elif got.numel() > 12:
            off = ~torch.isclose(got, right, rtol=10 * tolerance, atol=tolerance, equal_nan=True)
            place = off.nonzero()[0].tolist()
            one, other = right[tuple(place)], got[tuple(place)]
            return (
                f"{label} should be {_apart(one, other)[0]} at {place}; yours is {_apart(one, other)[1]}. "
                f"({int(off.sum())} of {off.numel()} numbers differ.)"
            )
        should, is_ = _apart(right, got)
        return f"{label} should be {should}; yours is {is_}."
    return f"{label} should be {shown(right)}; yours is {shown(got)}."


def _apart(right: Tensor, got: Tensor) -> tuple[str, str]:
    """Return two tensors as text, with enough digits to see the difference."""
    should, is_ = shown(right), shown(got)
    return (str(right.tolist()), str(got.tolist())) if should == is_ else (should, is_)
