"""Lesson 09, deployment: the graders of its exercises."""

import copy
import struct
import tempfile
import time
import timeit
import warnings
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import mean, median, median_high, median_low
from typing import Any
from unittest import mock

import numpy as np
import torch
from PIL import Image, ImageFile, ImageOps
from torch import Tensor, nn

from helpers.checks import WrongAnswer, attempt, exercise
from helpers.exercises.grading import by_hand, numbers, same, wrong_if

NOTHING = "Your function returns nothing: it needs a return."


def _picture(got: Any, hints: dict[tuple[int, ...], str]) -> Tensor:
    """Return an answer's picture, float32 [1, 1, 28, 28]; a hint for anything else."""
    wrong_if(got is None, NOTHING)
    wrong_if(isinstance(got, Image.Image), "That is a PIL picture still. The model takes a tensor.")
    wrong_if(not isinstance(got, Tensor), f"Return a tensor, not this {type(got).__name__}.")
    shape = tuple(got.shape)
    wrong_if(
        shape != (1, 1, 28, 28),
        hints.get(shape, f"The shape should be [1, 1, 28, 28]; yours is {list(shape)}."),
    )
    wrong_if(
        not got.is_floating_point(),
        f"The pixels are {got.dtype} still. The model takes float32, from 0 to 1.",
    )
    wrong_if(got.dtype != torch.float32, f"The model takes float32; yours is {got.dtype}.")
    return got.detach().as_subclass(Tensor)


# 09.1


def _colours(width: int, height: int) -> Image.Image:
    """Return a smooth picture: red grows to the right, green upwards, blue is strong everywhere."""
    y, x = np.mgrid[0:height, 0:width]
    pixels = [200 * x / width, 240 - 120 * y / height, np.full((height, width), 180.0)]
    return Image.fromarray(np.stack(pixels, axis=2).astype(np.uint8))


def _reduced(picture: Image.Image) -> Tensor:
    """Return a grey picture of 28 x 28 pixels, each the mean of those that it stands for."""
    small = picture.resize((28, 28), Image.Resampling.BILINEAR)
    return torch.from_numpy(np.array(small, dtype=np.float32) / 255)


@exercise("09.1")
def to_grey_28(answer: Callable) -> str:
    """Grade ``answer(image)``: float [1, 1, 28, 28] in 0..1 of any PIL picture."""
    colours = _colours(60, 44)
    for picture, what in (
        (colours, "a colour picture, 60 wide and 44 high"),
        (colours.convert("L"), "a grey picture, 60 wide and 44 high"),
        (_colours(28, 28).convert("L"), "a grey picture of 28 x 28 pixels"),
        (_colours(400, 120).convert("RGBA"), "a picture with transparency (RGBA), 400 wide and 120 high"),
        (colours.quantize(256, dither=Image.Dither.NONE), "a picture with a palette (mode P), as in a GIF"),
        (_colours(14, 19), "a small colour picture, 14 wide and 19 high"),
    ):
        given = picture.copy()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                raw = attempt(answer, given)
            except WrongAnswer as error:
                raise WrongAnswer(f"For {what}: {error}. convert('L') makes any picture grey.") from error
        wrong_if(
            given.size != picture.size or given.tobytes() != picture.tobytes(),
            "Your function changed the picture that it was given. (thumbnail() does; resize() returns a new "
            "one.)",
        )
        high, wide = (round(28 * max(1, side / other)) for side, other in (given.size[::-1], given.size))
        one_side = "28 alone sets the shorter side. Give both: (28, 28)."
        got = _picture(
            raw,
            {
                (
                    28,
                    28,
                ): "The model wants [1, 1, 28, 28]: a batch and a channel.",
                (1, 28, 28): "A dimension is missing: one picture is a batch of one, [1, 1, 28, 28].",
                (1, 3, 28, 28): "There are three channels still. Make the picture grey first: convert('L').",
                (
                    3,
                    28,
                    28,
                ): "Three channels, and no batch. Make the picture grey first: convert('L').",
                (1, 4, 28, 28): f"For {what} you return 4 channels. convert('L') makes any picture grey.",
                (1, 28, 28, 1): "The channel comes before height and width: [1, 1, 28, 28].",
                (1, 1, *picture.size[::-1]): "The picture has its own size still. Resize it to 28 x 28.",
                (1, 1, high, wide): one_side,
            },
        )[0, 0]
        _check_pixels(got, picture, what)
    stripes = np.tile(np.array([0, 0, 255, 255], dtype=np.uint8), (280, 70))
    got = _picture(attempt(answer, Image.fromarray(stripes)), {})
    wrong_if(
        bool((got - 0.5).abs().max() > 0.2),
        "A large picture with fine black and white stripes should become an even grey; yours still has black "
        "and white, since it picks single pixels. Resize with antialias, which takes the mean of all pixels.",
    )
    return "Colour, transparency, a palette, any size: the model gets what it was trained on."


def _check_pixels(got: Tensor, picture: Image.Image, what: str) -> None:
    """Raise a hint where the pixels aren't those of the picture, grey and reduced, in 0..1."""
    right = _reduced(picture.convert("L"))

    def near(other: Tensor) -> bool:
        return bool((got - other).abs().max() < 0.05)

    if near(right):
        return
    wrong_if(bool(got.max() > 1.5), "Your pixels go beyond 1: divide the bytes by 255, or use scale=True.")
    wrong_if(bool(got.max() < 0.02), "Your pixels are almost 0: they are divided by 255 twice.")
    wrong_if(near(1 - right), f"For {what} your result is the negative: bright and dark are swapped.")
    wrong_if(near(right.T), f"For {what} rows and columns are swapped in your result.")
    wrong_if(
        near((right - right.min()) / (right.max() - right.min())),
        "You stretch each picture from its darkest to its brightest pixel. The model knows bytes / 255.",
    )
    wrong_if(near((right - right.mean()) / right.std()), "You normalise. The model knows bytes / 255.")
    wrong_if(
        near(_reduced(ImageOps.fit(picture.convert("L"), (28, 28)))),
        f"For {what} you cut off two sides. The whole picture is squeezed into the square here.",
    )
    wrong_if(near(2 * right - 1), "Your pixels go from -1 to 1. The model was trained on 0 to 1.")
    channels = [_reduced(channel) for channel in picture.convert("RGB").split()]
    wrong_if(
        near(torch.stack(channels).mean(dim=0)),
        "That is the plain mean of red, green and blue. convert('L') weights them as the eye does.",
    )
    for channel, name in zip(channels, ("red", "green", "blue"), strict=True):
        wrong_if(near(channel), f"That is the {name} channel alone. convert('L') takes all three.")
    off = (got - right).abs().max().item()
    raise WrongAnswer(f"For {what}, a pixel is off by {off:.2f}: it should be its grey value, 0 to 1.")


# 09.2

LETTERS = ["C", "A", "Y", "L", "B"]
LOGITS = torch.tensor([[1.0, 3.0, -1.0, 2.0, 0.5]])


@exercise("09.2")
def top_k(answer: Callable) -> str:
    """Grade ``answer(logits, classes, k)``, the k most probable letters with their probabilities."""
    for logits, classes, k in (
        (LOGITS, LETTERS, 2),
        (LOGITS, LETTERS, 3),
        (LOGITS[:, :4].flip(1) * 2, ["K", "M", "O", "W"], 1),
        (-LOGITS, LETTERS[::-1], 5),
    ):
        probabilities = logits.softmax(dim=1)[0]
        order = probabilities.argsort(descending=True)[:k].tolist()
        pairs = _pairs(by_hand(answer, logits, list(classes), k), k, classes)
        letters = [letter for letter, _ in pairs]
        right = [classes[position] for position in order]
        wrong_if(letters == right[::-1] and k > 1, "The least probable comes first. Sort descending.")
        least = probabilities.argsort()[:k].tolist()
        wrong_if(letters == [classes[i] for i in least] and k < 5, "Those are the least probable letters.")
        wrong_if(
            letters == classes[:k] and k > 1,
            f"Those are the first {k} classes, in their order. Take the most probable ones.",
        )
        wrong_if(
            set(letters) == set(right) and letters != right,
            f"The right letters in another order: the most probable first, {right}. You have {letters}.",
        )
        wrong_if(letters != right, f"The {k} most probable letters are {right}; you have {letters}.")
        got = torch.tensor([probability for _, probability in pairs], dtype=torch.float64)
        _check_probabilities(got, logits, probabilities[order], order)
    return "This is what the bars of the app show."


def _pairs(got: Any, k: int, classes: Sequence[str]) -> list[tuple[str, float]]:
    """Return an answer's pairs of letter and number; a hint for anything else."""
    wrong_if(got is None, NOTHING)
    form = "Return a list of pairs, such as [('A', 0.6), ('L', 0.2)]"
    wrong_if(isinstance(got, zip), f"{form}: list(zip(...)) makes a list of a zip.")
    wrong_if(isinstance(got, dict), f"{form}, not a dictionary.")
    wrong_if(not isinstance(got, list | tuple), f"{form}, not this {type(got).__name__}.")
    wrong_if(
        len(got) == 2 and isinstance(got[0], list | tuple) and all(isinstance(part, str) for part in got[0]),
        f"{form}. Yours are all the letters, then all the numbers: zip() makes pairs of two lists.",
    )
    wrong_if(len(got) != k, f"With k = {k} the list has {k} pairs; yours has {len(got)}.")
    pairs = []
    for part in got:
        wrong_if(not isinstance(part, tuple | list) or len(part) != 2, f"{form}; one of yours is {part!r}.")
        letter, probability = part
        wrong_if(isinstance(probability, str), "The other way round: first the letter, then the probability.")
        wrong_if(
            not isinstance(letter, str),
            f"The first of a pair is a letter; yours is {letter!r}. classes[position] is the letter.",
        )
        wrong_if(
            letter not in classes,
            f"{letter!r} is not one of the classes {list(classes)}. Take the names from `classes`.",
        )
        pairs.append((letter, numbers(probability, 0, "The second of a pair is one number.")))
    return pairs


def _check_probabilities(got: Tensor, logits: Tensor, right: Tensor, order: list[int]) -> None:
    """Raise a hint where the numbers beside the letters aren't their probabilities."""
    logit = logits[0, order]
    if same(got, right, 1e-3):
        return
    for mistake, hint in (
        (logit, "Beside the letters are the logits. softmax makes probabilities of them."),
        (100 * right, "Those are percent. Return probabilities, from 0 to 1."),
        (
            logit.softmax(dim=0),
            f"Your {len(order)} probabilities add up to 1, as if there were no other letters. First softmax "
            "over all classes, then take the largest.",
        ),
        (logit.sigmoid(), "That is a sigmoid of each logit. One letter of many: softmax."),
        (torch.ones_like(right), "All your probabilities are 1: softmax over the batch. Use dim=1."),
        (right.log(), "Those are logarithms (log_softmax). Return probabilities."),
    ):
        wrong_if(same(got, mistake, 1e-3), hint)
    raise WrongAnswer(
        f"The probabilities are {[round(x, 3) for x in right.tolist()]}; you have "
        f"{[round(x, 3) for x in got.tolist()]}."
    )


# 09.3


@exercise("09.3")
def letter_or_none(answer: Callable) -> str:
    """Grade ``answer(logits, classes, threshold)``: the letter if it is probable enough, else None."""
    unsure = torch.tensor([[1.2, 1.0, 0.9, 1.1, 1.0]])  # 0.23 at most; a sigmoid gives 0.77
    cases = [
        (LOGITS, LETTERS, 0.5, "A"),
        (LOGITS.flip(1), LETTERS, 0.5, "L"),
        (unsure - 3, LETTERS, 0.5, None),
        (unsure, LETTERS, 0.5, None),
        (LOGITS, LETTERS, 0.9, None),
        (unsure, LETTERS, 0.2, "C"),
        (torch.tensor([[0.0, 30.0, 0.0]]), ["X", "I", "V"], 1.0, "I"),
        (torch.tensor([[-9.0, -1.0, -9.0]]), ["X", "I", "V"], 0.99, "I"),
    ]
    for logits, classes, threshold, right in cases:
        got = by_hand(answer, logits, list(classes), threshold)
        probability = logits.softmax(dim=1).max().item()
        case = f"With the probability {probability:.2f} and the threshold {threshold}"
        if right is None:
            wrong_if(
                got is False or (isinstance(got, str) and got not in classes),
                f"Below the threshold, return None itself, not {got!r}.",
            )
            wrong_if(
                isinstance(got, str) and bool(logits.max() >= threshold) and threshold == 0.5,
                f"{case} you answer {got!r}. Is a logit or a sigmoid compared? The largest *probability*, by "
                "softmax, has to reach the threshold.",
            )
            wrong_if(isinstance(got, str), f"{case} you answer {got!r}. Below the threshold, return None.")
            wrong_if(got is not None, f"{case} return None; you return {got!r}.")
            continue
        wrong_if(got is None and threshold == 1.0, f"{case}, which is reached, you return None. Use >=.")
        wrong_if(
            got is None and bool((logits < 0).all()),
            f"{case} you return None. All its logits are negative; only the probability counts.",
        )
        wrong_if(got is None, f"{case} the answer is {right!r}; you return None.")
        wrong_if(
            isinstance(got, tuple | list),
            f"Return the letter alone, {right!r}, not a {type(got).__name__}.",
        )
        wrong_if(isinstance(got, bool), f"Return the letter, {right!r}, not whether there is one.")
        wrong_if(
            not isinstance(got, str),
            f"Return the letter, a text, not this {type(got).__name__}: classes[position].",
        )
        wrong_if(got != right, f"{case} the answer is {right!r}; you have {got!r}.")
    return "A model without a threshold finds a letter in any picture, a cat included."


# 09.4


@exercise("09.4")
def ready(answer: Callable) -> str:
    """Grade ``answer(x)``: float32 [1, 1, 28, 28] in 0..1 of a grey picture, of bytes or of floats."""
    data = torch.randint(0, 240, (28, 28), generator=torch.Generator().manual_seed(0)).to(torch.uint8)
    dark = data // 128  # bytes of 0 and 1, almost black
    for values, right, what in (
        (data, data / 255, "bytes"),
        (data / 255, data / 255, "floats"),
        (dark, dark / 255, "dark bytes, 0 and 1 only"),
        (data.double() / 255, data / 255, "floats of float64"),
        (data / 510, data / 510, "floats up to 0.5"),
    ):
        for shape in ([28, 28], [1, 28, 28], [1, 1, 28, 28]):
            case = f"For {what} of shape {shape}"
            missing = "two dimensions are missing" if len(shape) == 2 else "a dimension is missing"
            raw = by_hand(answer, values.reshape(shape))
            wrong_if(
                what.startswith("dark")
                and isinstance(raw, Tensor)
                and raw.numel() == 28 * 28
                and torch.equal(raw.reshape(28, 28).float(), dark.float()),
                f"{case}, your result is not divided. The largest pixel does not tell bytes from floats. "
                "The type does: x.dtype == torch.uint8.",
            )
            got = _picture(
                raw,
                {
                    (28, 28): f"{case}, {missing} in yours, still [28, 28].",
                    (1, 28, 28): f"{case}, yours is [1, 28, 28]: the batch is missing.",
                    (
                        1,
                        1,
                        1,
                        28,
                        28,
                    ): f"{case}, yours is [1, 1, 1, 28, 28]: one dimension too many. Add only "
                    "those that are missing.",
                    (1, 1, 1, 1, 28, 28): f"{case}, yours has 6 dimensions. Add only those that are missing.",
                },
            )
            if same(got[0, 0], right.float()):
                continue
            wrong_if(
                what == "bytes" and same(got[0, 0], data.float()),
                f"{case}, your pixels go up to 255. Divide bytes by 255.",
            )
            wrong_if(
                same(got[0, 0], right.float() / 255),
                f"{case}, you divide by 255 as well: these go from 0 to 1 already. Ask for x.dtype.",
            )
            wrong_if(
                same(got[0, 0], right.float() / right.max()),
                f"{case}, you divide by the largest pixel, which differs from picture to picture. "
                "Divide bytes by 255.",
            )
            raise WrongAnswer(
                f"{case}, the pixel at row 0, column 0 should be {right[0, 0].item():.4f}; yours is "
                f"{got[0, 0, 0, 0].item():.4f}."
            )
    return "The type says what the numbers mean: bytes are 0 to 255, floats 0 to 1."


# 09.5


def _net(seed: int) -> nn.Sequential:
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.5), nn.Linear(8, 3))


def _is_refused(answer: Callable, path: Path, model: nn.Module, classes: list[str], what: str) -> None:
    """Raise a hint where an answer doesn't refuse a file, with a ValueError in words, before loading it."""
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    try:
        got = attempt(answer, path, model, classes)
    except WrongAnswer as error:
        cause = error.__cause__
        wrong_if(
            isinstance(cause, AssertionError),
            "assert raises an AssertionError, and `python -O` skips it. Write if ...: raise ValueError(...).",
        )
        wrong_if(
            not isinstance(cause, ValueError), f"For {what} there should be a ValueError of yours. {error}"
        )
        wrong_if(
            len(str(cause).split()) < 3,
            "Give your ValueError a sentence that tells the reader what is wrong with the file.",
        )
    else:
        wrong_if(
            isinstance(got, ValueError), "You return the ValueError. `raise` it: whoever calls can't miss it."
        )
        raise WrongAnswer(f"For {what} your function goes on. It should raise a ValueError.")
    after = model.state_dict()
    wrong_if(
        any(not torch.equal(after[name], tensor) for name, tensor in before.items()),
        "The ValueError comes too late: the model has the file's parameters. Compare first, then load.",
    )


@exercise("09.5")
def load_checked(answer: Callable) -> str:
    """Grade ``answer(path, model, classes)``: load a checkpoint, but raise where its classes differ."""
    saved, classes = _net(1), ["A", "B", "C"]
    saved(torch.rand(8, 4))  # the running means have moved
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.pth"
        torch.save({"state_dict": saved.state_dict(), "classes": classes}, path)
        model = _net(2)
        with mock.patch.object(torch, "load", wraps=torch.load) as load:
            got = _load(answer, path, model, classes)
        wrong_if(
            any(
                not torch.equal(tensor, saved.state_dict()[name])
                for name, tensor in model.state_dict().items()
            ),
            'The model still has its random start. Give its load_state_dict() what is under "state_dict".',
        )
        wrong_if(got is None, "The model has its parameters. Now return it.")
        wrong_if(
            hasattr(got, "missing_keys"),
            "load_state_dict() returns a report, not the model. Return the model.",
        )
        wrong_if(got is not model, "Return the model that was given, with the parameters of the file.")
        modes = [call.kwargs.get("weights_only") for call in load.call_args_list]
        wrong_if(not modes, "The file was never read by torch.load.")
        wrong_if(
            not all(modes),
            "Write weights_only=True: without it a file may run any code on your computer.",
        )
        for others, what in (
            (["A", "B", "C", "D"], "a file with fewer letters than the model has"),
            (["A", "B"], "a file with more letters than the model has"),
            (["A", "B", "D"], "a file with another letter"),
            (["A", "C", "B"], "a file with the same letters in another order"),
        ):
            _is_refused(answer, path, _net(3), others, what)
        wrong_if(
            any(layer.training for layer in model.modules()),
            "The model is right, but still in training mode: its dropout would make each answer a matter of "
            "luck. Call eval().",
        )
    return "A file for other classes is named at once, not found out by wrong letters."


def _load(answer: Callable, path: Path, model: nn.Module, classes: list[str]) -> Any:
    """Call a learner's function with a file that fits; a hint where it raises."""
    try:
        return attempt(answer, path, model, list(classes))
    except WrongAnswer as error:
        wrong_if(
            "Missing key" in str(error),
            'The file holds a dictionary: under "state_dict" are the parameters, under "classes" letters. '
            f"{error}",
        )
        wrong_if(
            isinstance(error.__cause__, ValueError),
            f"These classes are those of the file, and your function refuses it all the same. {error}",
        )
        raise


# 09.6

CLOCKS = {"perf_counter": 1, "perf_counter_ns": 1e9, "time": 1, "time_ns": 1e9}


class _Clock:
    """A clock that only moves while a function runs, by the milliseconds planned for each call."""

    def __init__(self, planned: Sequence[float]) -> None:
        self.planned, self.calls, self.seconds = list(planned), 0, 50.0
        self.read: set[str] = set()

    def function(self) -> None:
        """Take as long as planned."""
        self.seconds += (self.planned[self.calls] if self.calls < len(self.planned) else 7.0) / 1000
        self.calls += 1

    def clock(self, name: str, scale: float) -> Callable[[], float]:
        """Return what stands in for a function of the module `time`."""

        def read() -> float:
            self.read.add(name)
            return self.seconds if scale == 1 else round(self.seconds * scale)

        return read

    @contextmanager
    def ticking(self, answer: Callable) -> Iterator[None]:
        """Put this clock in place of the real one, also where an answer's module holds it by name."""
        fakes = {name: self.clock(name, scale) for name, scale in CLOCKS.items()}
        real = {name: getattr(time, name) for name in CLOCKS}
        names = getattr(answer, "__globals__", {})
        held = {own: name for own, value in list(names.items()) for name in CLOCKS if value is real[name]}
        with (
            mock.patch.multiple(time, **fakes),
            mock.patch.object(timeit, "default_timer", fakes["perf_counter"]),
        ):
            for own, name in held.items():
                names[own] = fakes[name]
            try:
                yield
            finally:
                for own, name in held.items():
                    names[own] = real[name]


@exercise("09.6")
def median_latency(answer: Callable) -> str:
    """Grade ``answer(function, runs)``, the median of some runs in milliseconds, after one to warm up."""
    for warm_up, planned in (
        (900.0, [40.0, 3.0, 4.0, 7.0, 6.0]),
        (300.0, [8.0, 2.0, 30.0, 4.0]),  # between 4 and 8
        (1.0, [20.0, 10.0, 60.0]),
        (70.0, [9.0]),
    ):
        clock, runs = _Clock([warm_up, *planned]), len(planned)
        with clock.ticking(answer):
            raw = attempt(answer, clock.function, runs)
        wrong_if(raw is None, NOTHING)
        got = numbers(raw, 0, "Return one number, the median in milliseconds.")
        wrong_if(clock.calls == 0, "The function was never called: function(), with brackets.")
        wrong_if(not clock.read, "time.perf_counter() was never read. Read it before and after each run.")
        wrong_if(
            clock.calls > runs + 1,
            f"For {runs} runs, the function was called {clock.calls} times: one to warm up, then one a run.",
        )
        _check_latency(got, warm_up, planned)
        wrong_if(
            clock.calls < runs + 1,
            f"The number is right, but for {runs} runs the function was called {clock.calls} times only: one "
            "call warms up, then one a run.",
        )
        wrong_if(
            not any("perf" in name for name in clock.read),
            "The number is right here. But time.time() is the clock on the wall, which may be set back while "
            "you measure. time.perf_counter() is made for measuring.",
        )
    return "The first call is always slow, and one hiccup among the runs doesn't move a median."


def _check_latency(got: float, warm_up: float, planned: list[float]) -> None:
    """Raise a hint where a latency isn't the median of the planned ones."""
    right, everything = median(planned), [warm_up, *planned]
    case = f"The function took {', '.join(f'{x:g}' for x in everything)} ms, call by call. "
    for mistake, hint in (
        (right, ""),
        (
            median_low(planned),
            "For an even number of runs you take the lower one of the two in the middle, as torch.median "
            "does. Take the mean of both: statistics.median.",
        ),
        (
            median_high(planned),
            "For an even number of runs you take the upper one of the two in the middle. Take the mean of "
            "both.",
        ),
        (right / 1000, "Your number is in seconds. A second has 1,000 milliseconds."),
        (right * 1000, "Your number is in microseconds. perf_counter() gives seconds: times 1,000."),
        (mean(planned), "That is the mean, which one slow run pulls up. Take the median."),
        (mean(planned) / 1000, "That is the mean, and in seconds."),
        (
            median(everything),
            "You counted the first call, which warms up. Call the function once before you measure.",
        ),
        (
            median(everything[:-1]),
            "The first call is among your runs. Call the function once before, unmeasured.",
        ),
        (mean(everything), "That is a mean, and with the first call, the slow one. Leave it out."),
        (mean(everything[:-1]), "That is a mean, and with the first call, the slow one. Leave it out."),
        (sum(planned), "That is all runs together. Take the median of the single ones."),
        (min(planned), "That is the fastest run. Take the median."),
        (max(planned), "That is the slowest run. Take the median."),
        (planned[len(planned) // 2], "That is the run in the middle, by time of day. Sort them first."),
    ):
        if abs(got - mistake) < 1e-6 * max(1, abs(mistake)) + 1e-7:
            wrong_if(bool(hint), case + hint)
            return
    raise WrongAnswer(f"{case}The median without the first is {right:g} ms; you return {got:g}.")


# 09.7


@exercise("09.7")
def same_outputs(answer: Callable) -> str:
    """Grade ``answer(model_a, model_b, x)``: do two models agree in eval mode? Their modes stay."""
    x = torch.rand(6, 4, generator=torch.Generator().manual_seed(0))
    first = _net(1)
    first(x)  # the running means have moved
    twin, rounded, off, other = (copy.deepcopy(first) for _ in range(4))
    with torch.no_grad():
        rounded[4].bias[0] += 5e-6
        rounded[4].weight *= 1 + 1e-6
        off[4].bias[0] += 0.003
        other[0].weight.mul_(-1)
    reordered = copy.deepcopy(first)  # other parameters, the same function
    with torch.no_grad():
        for name in ("weight", "bias", "running_mean", "running_var"):
            tensor = getattr(reordered[1], name)
            tensor.copy_(tensor.flip(0))
        reordered[0].weight.copy_(first[0].weight.flip(0))
        reordered[0].bias.copy_(first[0].bias.flip(0))
        reordered[4].weight.copy_(first[4].weight.flip(1))
    pairs = [
        (twin, True, "the same parameters"),
        (off, False, "one output that is 0.003 higher"),
        (other, False, "other parameters"),
        (rounded, True, "outputs that differ by 0.000005, less than 0.00001"),
        (reordered, True, "its hidden neurons in another order, which give the same outputs"),
    ]
    for model, right, what in pairs:
        for modes in ((True, True), (False, False), (True, False), (False, True)):
            _compare(answer, first.train(modes[0]), model.train(modes[1]), x, right, what)
    return "An exported model is proved by its outputs, not by its looks."


def _compare(
    answer: Callable, model_a: nn.Module, model_b: nn.Module, x: Tensor, right: bool, what: str
) -> None:
    """Raise a hint where an answer misjudges two models, or doesn't leave them as they were."""
    modes, seen = (model_a.training, model_b.training), []
    hooks = [
        model.register_forward_pre_hook(lambda layer, _: seen.append(layer[3].training))
        for model in (model_a, model_b)
    ]
    before = [copy.deepcopy(model.state_dict()) for model in (model_a, model_b)]
    try:
        got = by_hand(answer, model_a, model_b, x)
    finally:
        for hook in hooks:
            hook.remove()
        after = [model.training for model in (model_a, model_b)]
        changed = any(
            not torch.equal(tensor, model.state_dict()[name])
            for model, state in zip((model_a, model_b), before, strict=True)
            for name, tensor in state.items()
        )
        for model, state in zip((model_a, model_b), before, strict=True):
            model.load_state_dict(state)
    wrong_if(got is None, NOTHING)
    wrong_if(
        isinstance(got, Tensor) and got.ndim > 0,
        "Return one True or False; yours is a tensor of them. torch.allclose gives one.",
    )
    if isinstance(got, Tensor | np.bool_):
        got = got.item()
    wrong_if(not isinstance(got, bool), f"Return True or False, not this {type(got).__name__}.")
    wrong_if(
        any(seen),
        "A model ran in training mode, where dropout makes each run different. Set both to eval().",
    )
    wrong_if(
        got != right and len(seen) < 2,
        f"For models with {what} you return {got}. Did both models see x? Only outputs can tell.",
    )
    wrong_if(
        got != right and "0.000005" in what,
        f"For models with {what}, you return False. Rounding differs from one runtime to another: "
        "torch.allclose(..., atol=1e-5).",
    )
    wrong_if(
        got != right and "0.003" in what,
        f"For models with {what}, you return True. The labels agree, but the outputs don't.",
    )
    wrong_if(got != right, f"For two models with {what} you return {got}.")
    wrong_if(changed, "Your function changed the parameters or the running means of a model.")
    for name, was, now in zip(("first", "second"), modes, after, strict=True):
        wrong_if(
            was != now,
            f"The {name} model came in {'training' if was else 'eval'} mode and left in "
            f"{'training' if now else 'eval'} mode. Remember each model's mode and set it again: "
            "model.train(was_training).",
        )


# 09.8


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _files(folder: Path) -> dict[str, Path]:
    """Write pictures, good and bad ones, into a folder."""
    random = np.random.default_rng(0).integers(0, 256, (40, 50, 3), dtype=np.uint8)
    paths = {
        name: folder / file
        for name, file in {
            "a picture of 50 x 40 pixels": "good.png",
            "a JPEG of 20 x 100 pixels": "tall.jpg",
            "a text that is named note.png": "note.png",
            "a picture of 60 x 40 pixels": "large.png",
            "an empty file": "empty.png",
            "a picture cut off in the middle": "cut.png",
            "a PNG that says it has 20,000 x 20,000 pixels": "bomb.png",
        }.items()
    }
    good, tall, note, large, empty, cut, bomb = paths.values()
    Image.fromarray(random).save(good)
    Image.new("L", (20, 100), 90).save(tall)
    note.write_text("This is not a picture.", "utf-8")
    Image.new("RGB", (60, 40)).save(large)
    empty.write_bytes(b"")
    cut.write_bytes(good.read_bytes()[:2500])
    header = _chunk(b"IHDR", struct.pack(">IIBBBBB", 20_000, 20_000, 8, 0, 0, 0, 0))
    bomb.write_bytes(b"\x89PNG\r\n\x1a\n" + header + _chunk(b"IDAT", b"") + _chunk(b"IEND", b""))
    return paths


@exercise("09.8")
def complaint(answer: Callable) -> str:
    """Grade ``answer(path, most_pixels)``: None for a good picture, else a sentence."""
    really_load = ImageFile.ImageFile.load
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        warnings.catch_warnings(),
        mock.patch.object(ImageFile.ImageFile, "load", autospec=True, side_effect=really_load) as load,
    ):
        warnings.simplefilter("ignore", ResourceWarning)  # a file that was left open
        for what, path in _files(Path(folder)).items():
            good = path.stem in ("good", "tall")
            load.reset_mock()
            try:
                got = attempt(answer, path, 2000)
            except WrongAnswer as error:
                _explain(error, what, path)
                raise
            _check_complaint(got, what, good, path)
            wrong_if(
                path.stem == "large" and load.called,
                f"For {what} the sentence is right, but the pixels were unpacked before they were counted. "
                "That is what fills the memory. Image.open only reads the size: compare it first.",
            )
    return "Whatever is uploaded, the person reads a sentence and the app runs on."


def _explain(error: WrongAnswer, what: str, path: Path) -> None:
    """Raise a hint for an exception that left an answer, where the kind of file says more than the error."""
    cause = error.__cause__
    wrong_if(
        path.stem == "bomb" and isinstance(cause, Image.DecompressionBombError),
        f"For {what}, Pillow itself raises a DecompressionBombError, which is no OSError. Catch it too.",
    )
    wrong_if(
        isinstance(cause, OSError),
        f"For {what} an exception left your function. Catch it and return a sentence. {error}",
    )


def _check_complaint(got: Any, what: str, good: bool, path: Path) -> None:
    """Raise a hint where an answer isn't None for a good file, or a sentence for a bad one."""
    wrong_if(isinstance(got, bool), "Return None for a good picture, a sentence for a bad file, and no bool.")
    wrong_if(
        got is not None and not isinstance(got, str),
        f"Return None or a sentence; for {what} you return a {type(got).__name__}.",
    )
    if good:
        wrong_if(got == "", "For a good picture return None itself, not an empty text.")
        wrong_if(
            got is not None,
            f"{what[0].upper()}{what[1:]} has 2,000 pixels, which is the most allowed, and it is good. You "
            f"complain: {got!r}",
        )
        return
    wrong_if(
        got is None and path.stem == "large",
        f"{what[0].upper()}{what[1:]} has 2,400, and most_pixels is 2,000: it is too large. Pixels are "
        "width x height.",
    )
    wrong_if(
        got is None and path.stem == "cut",
        f"For {what} you return None. Image.open only reads the start of a file; load() reads the rest, and "
        "raises an OSError where it is missing.",
    )
    wrong_if(got is None, f"For {what} you return None. Return a sentence.")
    wrong_if(len(got.split()) < 3, f"For {what}, {got!r} says too little. Write a sentence for the person.")
