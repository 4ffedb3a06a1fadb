"""Lesson 09, deployment: its exercises."""

import copy
import io
import statistics
import tempfile
import time
import timeit
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from unittest import mock

import numpy as np
import torch
from PIL import Image
from torch import nn
from torchvision.transforms import v2

from helpers.course.exercises import When, differs, exercise

BACK, KIND = "what comes back", "the dtype and shape"


def kind(got):
    return f"{getattr(got, 'dtype', type(got).__name__)}, {list(getattr(got, 'shape', []))}"


def then(solution, change):
    return lambda *given: change(solution(*given))


def to_grey_28(image):
    to_float = v2.Compose([v2.ToImage(), v2.ToDtype(torch.float32, scale=True)])
    pixels = to_float(image.convert("L"))  # [1, H, W]
    small = v2.functional.resize(pixels, [28, 28], antialias=True)  # [1, 28, 28]
    return small.unsqueeze(0)  # [1, 1, 28, 28]


def small_by(resize):
    return lambda image: to_grey_28(resize(image.convert("L"), (28, 28)))


def channels(image):
    return torch.cat([to_grey_28(channel) for channel in image.convert("RGB").split()], dim=1)


grey, NOT_READY = partial(then, to_grey_28), differs(KIND, lambda x: torch.zeros(28, 28))
RAMP = Image.linear_gradient("L").point(lambda v: 128 + v // 2)
COLOURS = Image.merge("RGB", (RAMP.rotate(90), RAMP, RAMP.rotate(180))).resize((200, 60))
STRIPES = Image.fromarray(np.tile(np.uint8([255, 0, 0, 255]), (224, 56)))
exercise(
    "09.1",
    to_grey_28,
    probes=[(x,) for x in (COLOURS, COLOURS.convert("RGBA"), STRIPES, STRIPES.quantize(2))],
    looks={KIND: kind},
    tolerance=0.005,  # a pixel may be off by 5 %: each way to resize has its own weights
    says="Colour, transparency, a palette, any size: the model gets what it was trained on.",
    errors={"channel|to unpack|reshape": "convert('L') makes one channel of any picture."},
    mistakes={
        "thumbnail() changes your `image`. Use resize().": lambda x: to_grey_28(x.thumbnail((28, 28)) or x),
        "There are several channels still. Make the picture grey: convert('L').": When(
            lambda got, right: got["the result"].shape[-3] in (3, 4), (channels,)
        ),
        "The model takes float32 [1, 1, 28, 28]. (28 alone as a size sets the shorter side only.)": NOT_READY,
        "Your pixels go beyond 1: divide the bytes by 255, or use scale=True.": grey(lambda x: 255 * x),
        "Your pixels are almost 0: they are divided by 255 twice.": grey(lambda x: x / 255),
        "That is the negative: bright and dark are swapped.": grey(lambda x: 1 - x),
        "Rows and columns are swapped.": grey(lambda x: x.mT),
        "The whole picture is squeezed into the square. Cut off no part.": (
            small_by(v2.functional.center_crop),
            small_by(lambda image, size: v2.functional.center_crop(image, min(image.size)).resize(size)),
        ),
        "convert('L') weights red, green and blue as the eye does. You mix them otherwise.": (
            *(then(channels, mix) for mix in (lambda x: x.mean(1, True), lambda x: x[:, :1])),
        ),
        "Don't normalise the pixels: the model was trained on bytes / 255.": grey(lambda x: 2 * x - 1),
        "Fine stripes become grey by antialias.": small_by(lambda x, size: x.resize(size, Image.NEAREST)),
    },
    also_right=[small_by(Image.Image.resize), small_by(lambda image, size: image.resize(size, Image.BOX))],
)


def top_k(logits, classes, k):
    probabilities = logits.softmax(dim=1)[0]  # [number of classes]
    values, positions = probabilities.topk(k)
    pairs = zip(values.tolist(), positions.tolist(), strict=True)
    return [(classes[position], value) for value, position in pairs]


def top_of(values):
    return lambda x, classes, k: [(classes[i], values(x)[0, i]) for i in values(x)[0].topk(k).indices]


top, softmax = partial(then, top_k), partial(torch.softmax, dim=1)
LETTERS, ROMAN, LOGITS = list("ABCDE"), list("XIV"), torch.tensor([[2.0, 3.0, -1.0, 1.0, 0.5]])
exercise(
    "09.2",
    top_k,
    probes=[(LOGITS, LETTERS, 2), (LOGITS, LETTERS, 3), (-LOGITS[:, :3], ROMAN, 1), (-LOGITS, LETTERS, 5)],
    says="This is what the bars of the app show.",
    tolerance=1e-3,
    mistakes={
        "Those are no probabilities, from 0 to 1 and 1 in all. Take softmax.": (
            *map(top_of, (lambda x: x, torch.sigmoid, lambda x: 100 * softmax(x))),
        ),
        "All of yours are 1. Use softmax with dim=1.": top_of(lambda x: x.softmax(dim=0)),
        "Yours add up to 1, without the other letters. First softmax over all, then take the largest.": top(
            lambda pairs: [(letter, p / sum(p for _, p in pairs)) for letter, p in pairs]
        ),
        "Take the most probable letters, the most probable first.": (
            *(top_of(lambda x: softmax(-x)), top(sorted), top(lambda pairs: pairs[::-1])),
            lambda x, classes, k: list(zip(classes, softmax(x)[0], strict=True))[:k],
        ),
        "The letter is classes[position].": lambda x, classes, k: top_k(x, range(5), k),
        "Return a list of pairs such as ('A', 0.8). list(zip(letters, values)) makes one.": (
            *map(top, (dict, lambda pairs: zip(pairs, strict=True), lambda pairs: [p[::-1] for p in pairs])),
            *map(top, (lambda pairs: [p[0] for p in pairs], lambda pairs: list(zip(*pairs, strict=True)))),
        ),
        "Return `k` pairs, not one for each class.": lambda x, classes, k: top_k(x, classes, len(classes)),
    },
)


def letter_or_none(logits, classes, threshold):
    probability, position = logits.softmax(dim=1)[0].max(dim=0)
    if probability >= threshold:
        return classes[position]
    return None


def letter_if(test=lambda p, t: p >= t, values=softmax, no=None):
    return lambda x, classes, t: classes[x.argmax()] if test(values(x).max(), t) else no


UNSURE = torch.tensor([[1.2, 1.0, 0.9, 1.1, 1.0]])  # 0.23 at most; a sigmoid gives 0.77
CERTAIN = torch.tensor([[-200.0, 0.0, -200.0]])  # 1, exactly: the others are lost in rounding
exercise(
    "09.3",
    letter_or_none,
    probes=[*((x, LETTERS, t) for x in (LOGITS, UNSURE) for t in (0.9, 0.62, 0.2)), (CERTAIN, ROMAN, 1.0)],
    says="A model without a threshold finds a letter in any picture, a cat included.",
    mistakes={
        "A probability that equals the threshold has reached it. Use >=.": letter_if(lambda p, t: p > t),
        "It is the other way round: below the threshold return None.": letter_if(lambda p, t: p < t),
        "Compare the largest *probability*, by softmax, with the threshold, and nothing else.": (
            *(letter_if(values=v) for v in (lambda x: x, torch.sigmoid, lambda x: softmax(x).log())),
        ),
        "Below the threshold, too, you return a letter. Has softmax dim=1?": letter_if(lambda p, t: True),
        "The threshold may be another number than 0.5.": letter_if(lambda p, t: p >= 0.5),
        "Yours is the first letter, always. Is softmax taken with dim=1?": lambda x, classes, t: classes[0],
        "Return the most probable letter, classes[position], or None itself, and nothing else.": When(
            lambda got, right: repr(got["the result"]) not in map(repr, [None, *LETTERS, *ROMAN]),
            (letter_if(no="no hand"), lambda x, *_: x.argmax(), lambda x, _, t: softmax(x).max() >= t),
        ),
    },
)


def ready(x):
    pixels = x / 255 if x.dtype == torch.uint8 else x
    return pixels.to(torch.float32).reshape(1, 1, 28, 28)


def ready_by(scale):
    return lambda x: scale(x).reshape(1, 1, 28, 28)


BYTES = torch.randint(0, 240, (28, 28), generator=torch.Generator().manual_seed(0)).to(torch.uint8)
exercise(
    "09.4",
    ready,
    probes=[(BYTES,), (BYTES[None, None] / 255,), (BYTES[None] // 128,), (BYTES.double() / 255,)],
    looks={KIND: kind},
    says="The type says what the numbers mean: bytes are 0 to 255, floats 0 to 1.",
    errors={"can't be cast to the desired output": "Bytes hold no fractions. x / 255 makes new floats."},
    mistakes={
        "Bytes go up to 255. Divide them by 255.": ready_by(lambda x: x.float()),
        "Floats go to 1 already. Divide only bytes: ask for x.dtype.": ready_by(lambda x: x.float() / 255),
        "The largest pixel differs from picture to picture. Divide by 255.": ready_by(lambda x: x / x.max()),
        "A dark picture holds the bytes 0 and 1: the largest pixel doesn't tell. Ask for x.dtype.": (
            ready_by(lambda x: x.float() / (255 if x.max() > 1 else 1)),
            ready_by(lambda x: x / 255 if x.max() > 1 else x),
        ),
        "// leaves whole numbers. Write `x / 255`.": ready_by(lambda x: (x // 255).float()),
        "The model takes a float32 tensor [1, 1, 28, 28], whatever shape and dtype `x` has.": NOT_READY,
    },
    also_right=[ready_by(lambda x: v2.functional.to_dtype(x, torch.float32, scale=True))],
)


def load_checked(path, model, classes):
    checkpoint = torch.load(path, weights_only=True, map_location="cpu")
    if checkpoint["classes"] != classes:
        raise ValueError(f"This file is for {checkpoint['classes']}, the model for {classes}.")
    model.load_state_dict(checkpoint["state_dict"])
    return model.eval()


ABC, OTHER, SAFE = list("ABC"), "where the classes differ", "weights_only=True in torch.load"


def load_if(fits):
    return lambda path, model, classes: load_checked(path, model, ABC if fits(ABC, classes) else classes)


def net():
    return nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Dropout(0.5), nn.Linear(8, 3))


def loading_seen(answer, classes):
    """Load the file of another model, which is for A, B and C."""
    model, saved = net(), {"state_dict": net().state_dict(), "classes": ABC}
    with tempfile.TemporaryDirectory() as folder, mock.patch.object(torch, "load", wraps=torch.load) as load:
        torch.save(saved, path := Path(folder) / "model.pth")
        try:
            got = answer(path, model, list(classes))
            seen = f"the model, training={model.training}" if got is model else "something else"
        except ValueError as error:
            if classes == ABC:
                raise
            seen = f"a ValueError with{'' if len(str(error).split()) > 2 else 'out'} a sentence"
    safe = all(call.kwargs.get("weights_only") for call in load.call_args_list)
    return {BACK if classes == ABC else OTHER: (seen, model), SAFE: safe}


exercise(
    "09.5",
    load_checked,
    probes=[(ABC,), (list("ABCD"),), (list("ABE"),), (list("ACB"),)],
    observe=loading_seen,
    says="A file for other classes is named at once, not found out by wrong letters.",
    errors={
        "^AssertionError": "`python -O` skips an assert. Use an if, and raise a ValueError.",
        "Missing key|'copy'|^KeyError": (
            'The keys are "state_dict" and "classes". Where the classes differ, raise a ValueError.'
        ),
        "^ValueError: (?!not enough|too many)": "These classes are the file's. Raise only where they differ.",
    },
    mistakes={
        "The ValueError comes too late: the model has changed. Compare first, then load.": When(
            lambda got, right: got[OTHER][0] == right[OTHER][0],
            (lambda path, model, given: load_checked(path, model, ABC) and load_checked(path, model, given),),
        ),
        "Another letter, another order or a longer list doesn't fit. Compare the lists themselves.": (
            *(load_if(lambda a, b: len(a) == len(b)), load_if(lambda a, b: {*a} == {*b})),
            *(load_if(lambda a, b: {*a} <= {*b}), load_if(lambda a, b: a == b[:3])),
        ),
        "Where the classes differ, `raise` a ValueError with a sentence.": differs(
            OTHER, lambda path, model, classes: load_checked(path, model, ABC)
        ),
        "The model is in training mode, with dropout. Call eval().": then(load_checked, nn.Module.train),
        'Load what is under "state_dict" into `model`, and return `model`.': differs(
            BACK, lambda path, model, classes: load_checked(path, copy.deepcopy(model), classes)
        ),
        "Write `weights_only=True` in torch.load: without it, a file may run any code.": differs(
            SAFE, lambda *given: torch.load(given[0]) and load_checked(*given)
        ),
    },
)


def median_latency(function, runs):
    function()  # the first call is slower than the others
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return 1000 * statistics.median(times)  # seconds -> milliseconds


def latency(middle):
    return mock.patch.object(statistics, "median", middle)(median_latency)


def cold(function, runs, more=0):
    ticks = [time.perf_counter(), *(time.perf_counter() for _ in range(runs + more) if not function())]
    return 1000 * statistics.median(np.diff(ticks))


def latency_seen(answer, first_ms, then_ms):
    """Time a function that takes as long as planned, by clocks that move only while it runs."""
    planned, spent, read = iter([first_ms, *then_ms]), [], set()

    def clock(name, unit=1):
        return lambda: read.add(name) or unit * (50 + sum(spent) / 1000)

    ours = {id(time.perf_counter): clock(MEASURED), id(time.time): clock("time.time()")}
    ours[id(time.perf_counter_ns)] = clock(MEASURED, 1e9)
    with ExitStack() as stack:  # where the answer or `time` holds a clock, it is ours
        for names in (vars(time), vars(timeit), getattr(answer, "__globals__", {})):
            held = {name: value for name, value in names.items() if id(value) in ours}
            stack.callback(names.update, held)
            names.update({name: ours[id(value)] for name, value in held.items()})
        for timer in (timeit.timeit, timeit.repeat, timeit.Timer.__init__):
            stack.callback(setattr, timer, "__defaults__", timer.__defaults__)
            timer.__defaults__ = tuple(ours.get(id(value), value) for value in timer.__defaults__)
        got = answer(lambda: spent.append(next(planned, 7)), len(then_ms))
    return {"the result": got, CALLS: len(spent), MEASURED: MEASURED in read}


CALLS, MEASURED = "the calls of function()", "time.perf_counter() is read"
exercise(
    "09.6",
    median_latency,
    probes=[(900, [40, 3, 4, 7, 6.4]), (300, [8, 2, 30, 4]), (1, [20, 10, 60]), (70, [9])],
    observe=latency_seen,
    says="The first call is always slow, and one hiccup among the runs doesn't move a median.",
    mistakes={
        "For an even number of runs, take the mean of the two in the middle, as statistics.median does.": (
            *(latency(statistics.median_low), latency(statistics.median_high)),
        ),
        "perf_counter() gives seconds. Times 1,000, they are milliseconds; yours is another unit.": (
            *(then(median_latency, lambda ms: ms / 1000), then(median_latency, lambda ms: ms * 1000)),
        ),
        "Take the median of the single times.": (*map(latency, (statistics.mean, sum, min, max)),),
        "That is the run in the middle, by time of day. Sort them.": latency(lambda ms: ms[len(ms) // 2]),
        "The first call is among your runs. Call once before you measure.": (cold, partial(cold, more=1)),
        "Read time.perf_counter() before and after each run.": differs(MEASURED, lambda f, runs: f()),
        "Call function(), with brackets: once to warm up, then once in each run, and no more.": differs(
            CALLS, lambda f, runs: time.perf_counter(), lambda f, runs: f() or median_latency(f, runs)
        ),
    },
    also_right=[
        lambda f, runs: f() or 1000 * statistics.median(timeit.repeat(f, number=1, repeat=runs)),
        lambda f, runs: f() or 1000 * np.median([timeit.timeit(f, number=1) for _ in range(runs)]),
    ],
)


def same_outputs(model_a, model_b, x):
    outputs = []
    for model in (model_a, model_b):
        was_training = model.training
        model.eval()
        with torch.inference_mode():
            outputs.append(model(x))
        model.train(was_training)
    return torch.allclose(outputs[0], outputs[1], atol=1e-5)


close, MODELS = partial(torch.allclose, atol=1e-5), "the models afterwards"


def agree(compare):
    return mock.patch.object(torch, "allclose", lambda a, b, atol: compare(a, b))(same_outputs)


def agreement_seen(answer, difference, a_trains, b_trains):
    """Compare two models that have other parameters, and one output that differs."""
    a, x = net(), torch.rand(6, 4)
    b = copy.deepcopy(a)
    with torch.no_grad():
        for parameter, factor in zip(b.parameters(), (2, 2, 0.5, 1), strict=True):
            parameter *= factor
        b[-1].bias[1] += difference
    got = answer(a.train(a_trains), b.train(b_trains), x)
    return {"the result": got, KIND: kind(got).removeprefix("torch."), MODELS: (a, b), "x afterwards": x}


exercise(
    "09.7",
    same_outputs,
    probes=[(0.0, True, True), (5e-6, False, False), (6e-5, False, True), (-2.5e-5, True, False)],
    observe=agreement_seen,
    says="An exported model is proved by its outputs, not by its looks.",
    mistakes={
        "A model ran in training mode, with dropout. Use eval().": lambda a, b, x: close(a(x), b(x)),
        "Up to 0.00001 is rounding. Write `atol=1e-5` in torch.allclose.": (
            *map(agree, (torch.equal, torch.allclose, partial(close, atol=1e-6))),
        ),
        "These outputs differ by 0.00006, which is no rounding, even where the labels agree.": (
            *map(agree, (lambda a, b: torch.equal(a.argmax(1), b.argmax(1)), partial(close, atol=1e-3))),
        ),
        "A mean hides one output that is off, and a difference may be negative. Take abs(), then max().": (
            *map(agree, (lambda a, b: abs(a - b).mean() < 1e-5, lambda a, b: (a - b).max() < 1e-5)),
        ),
        "Other parameters may give the same outputs. Ask both models for those of x.": (
            lambda a, b, x: all(map(close, a.parameters(), b.parameters()))
        ),
        "It is the other way round: True is for the same outputs.": agree(lambda a, b: not close(a, b)),
        "Return one True or False, as torch.allclose gives it.": differs(KIND, agree(torch.isclose)),
        "At the end, set each model to its own mode again: model.train(was_training).": differs(
            MODELS, lambda a, b, x: close(a.eval()(x), b.eval()(x))
        ),
    },
    also_right=[agree(lambda a, b: (a - b).abs().max() <= 1e-5)],
)


def complaint(path, most_pixels):
    try:
        with Image.open(path) as image:
            if image.width * image.height > most_pixels:
                return f"This picture is too large: at most {most_pixels:,} pixels, please."
            image.load()
    except Exception:  # each kind of broken file has an error of its own
        return "This file is not a picture that can be read."
    return None


COLOURS.resize((50, 40)).save(PNG := io.BytesIO(), "png")
GOOD, READ = "a picture of 50 x 40 pixels", "pixels are read where they are too many"
FILES = {GOOD: PNG.getvalue(), "a text": b"This is not a picture.", "an empty file": b""}
FILES |= {"a picture cut off after 99 bytes": (b"P6 50 40 255 " + bytes(99))[:99]}
FILES |= {"a file that says it has 20,000 x 20,000 pixels": b"P5 20000 20000 255 "}


def complaint_seen(answer, file, most_pixels):
    """Judge a file, and look if the pixels are read where they are too many."""
    load = mock.patch.object(Image.Image, "load", autospec=True, side_effect=Image.Image.load)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, load as loaded:
        (path := Path(folder) / "picture.png").write_bytes(FILES[file])
        got = answer(path, most_pixels)
    is_sentence = isinstance(got, str) and len(got.split()) > 2
    return {BACK: "a sentence" if is_sentence else got, READ: loaded.called and most_pixels < 2000}


exercise(
    "09.8",
    complaint,
    probes=[(GOOD, 5000), *((file, 2000) for file in FILES), (GOOD, 1999)],
    observe=complaint_seen,
    says="Whatever is uploaded, the person reads a sentence and the app runs on.",
    errors={"^(UnidentifiedIm|DecompressionB|OS|Syntax|Value)": "Catch this error too. Return a sentence."},
    mistakes={
        "2,000 pixels are the most allowed, not too many.": lambda path, most: complaint(path, most - 1),
        "50 x 40 are 2,000 pixels, more than 1,999.": lambda path, most: complaint(path, most**2),
        "Image.open reads only the start of a file. image.load() reads the rest, and shows if it is there.": (
            lambda path, most: None if path.stat().st_size == 99 else complaint(path, most)
        ),
        "Compare the size before load() unpacks the pixels, which may fill the memory.": differs(
            READ, lambda path, most: complaint(path, 10**6) or complaint(path, most)
        ),
        "Return None for a good picture, and a sentence for any other file.": differs(
            BACK, *(then(complaint, lambda a, b=b: b) for b in ("Bad file", "", True, OSError()))
        ),
    },
)
