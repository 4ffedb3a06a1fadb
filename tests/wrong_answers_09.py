"""Lesson 09: answers that learners may well give, for tests/test_exercises.py.

`WRONG` has for each exercise (what went wrong, the answer, a regular expression that its own hint matches),
`RIGHT` has answers that are right and written in another way than the lesson's solution.
"""

import copy
import statistics
import time
from pathlib import Path
from time import perf_counter as timer
from timeit import default_timer

import numpy as np
import torch
from PIL import Image, ImageOps, UnidentifiedImageError
from torch.nn import functional as F
from torchvision.transforms import v2
from torchvision.transforms.v2 import functional

# 09.1

TO_FLOAT = v2.Compose([v2.ToImage(), v2.ToDtype(torch.float32, scale=True)])


def chain(*steps):
    """Return a function that makes a tensor of a picture, step by step, and a batch of that."""
    return lambda image: v2.Compose(steps)(image).unsqueeze(0)


def grey(image):
    return image.convert("L")


def small(image):
    return image.resize((28, 28))


def shrunk_in_place(image):
    image.thumbnail((28, 28))
    return chain(grey, small, TO_FLOAT)(image)


def by_numpy(image):
    pixels = np.asarray(image.convert("L").resize((28, 28)), dtype=np.float32) / 255
    return torch.from_numpy(pixels)[None, None]


def by_interpolate(image, antialias=True):
    pixels = TO_FLOAT(image.convert("L")).unsqueeze(0)
    return F.interpolate(pixels, size=(28, 28), mode="bilinear", antialias=antialias).as_subclass(
        torch.Tensor
    )


def three_channels_apart(image):
    red, green, blue = functional.pil_to_tensor(image) / 255
    mean = 0.299 * red + 0.587 * green + 0.114 * blue
    return functional.resize(mean[None], [28, 28], antialias=True)[None]


def plain_mean(image):
    return chain(small, TO_FLOAT)(image.convert("RGB")).mean(dim=1, keepdim=True)


def stretched(image):
    pixels = by_numpy(image)
    return (pixels - pixels.min()) / (pixels.max() - pixels.min())


# 09.2


def top(values, classes, k):
    largest = values[0].topk(k)
    return [(classes[i], v.item()) for v, i in zip(largest.values, largest.indices, strict=True)]


def of_probabilities(change=lambda pairs: pairs):
    return lambda logits, classes, k: change(top(logits.softmax(dim=1), classes, k))


def softmax_of_the_largest(logits, classes, k):
    values, positions = logits[0].topk(k)
    return [(classes[i], p.item()) for i, p in zip(positions, values.softmax(0), strict=True)]


def two_lists(logits, classes, k):
    probabilities, positions = logits.softmax(1)[0].topk(k)
    return [classes[i] for i in positions], probabilities.tolist()


def alphabet(logits, classes, k):
    return top(logits.softmax(1), [chr(65 + i) for i in range(len(classes))], k)


def in_class_order(logits, classes, k):
    return sorted(of_probabilities()(logits, classes, k), key=lambda pair: classes.index(pair[0]))


def first_k(logits, classes, k):
    return list(zip(classes, logits.softmax(1)[0].tolist(), strict=True))[:k]


def positions_not_letters(logits, classes, k):
    return top(logits.softmax(1), range(len(classes)), k)


def sorted_in_python(logits, classes, k):
    pairs = zip(classes, logits.softmax(dim=1).squeeze(0).tolist(), strict=True)
    return sorted(pairs, key=lambda pair: pair[1], reverse=True)[:k]


def in_numpy(logits, classes, k):
    scores = np.exp(logits[0].numpy() - logits.max().item())
    scores /= scores.sum()
    return [[classes[i], scores[i]] for i in np.argsort(-scores)[:k]]


def with_tensors(logits, classes, k):
    probabilities, positions = torch.softmax(logits, dim=-1).topk(k)
    return tuple((classes[i], p) for p, i in zip(probabilities[0], positions[0].tolist(), strict=True))


# 09.3


def letter(values=lambda logits: logits.softmax(dim=1), otherwise=None, reached=lambda p, least: p >= least):
    def letter_or_none(logits, classes, threshold):
        probability, position = values(logits)[0].max(dim=0)
        return classes[position] if reached(probability, threshold) else otherwise

    return letter_or_none


def letter_and_probability(logits, classes, threshold):
    return letter()(logits, classes, threshold), logits.softmax(1).max().item()


def any_above(logits, classes, threshold):
    for name, probability in zip(classes, logits.softmax(1)[0], strict=True):
        if probability >= threshold:
            return name


# 09.4


def unsqueezed(scale):
    """Return an answer that adds the dimensions that are missing and scales by a function."""

    def ready(x):
        x = scale(x)
        while x.ndim < 4:
            x = x.unsqueeze(0)
        return x

    return ready


def scaled(x):
    return x / 255 if x.dtype == torch.uint8 else x.float()


def scaled_in_place(x):
    if x.is_floating_point():
        return x.float().reshape(1, 1, 28, 28)
    result = x.float().reshape(1, 1, 28, 28)
    x.zero_()
    return result / 255


# 09.5


class FileDoesNotFitError(ValueError):
    pass


def loader(refuse, before=True, mode=True, end=lambda model: model.eval()):
    """Return an answer: `refuse` compares the classes, before the parameters are loaded or after it."""

    def load_checked(path, model, classes):
        checkpoint = torch.load(path) if mode is None else torch.load(path, weights_only=mode)
        if before:
            refuse(checkpoint["classes"], classes)
        model.load_state_dict(checkpoint["state_dict"])
        if not before:
            refuse(checkpoint["classes"], classes)
        return end(model)

    return load_checked


def refuse(saved, classes):
    if saved != classes:
        raise ValueError(f"The file knows the letters {saved}, this model {classes}.")


def refuse_by_assert(saved, classes):
    assert saved == classes, "The classes of the file are not those of the model."


def refuse_by_length(saved, classes):
    if len(saved) != len(classes):
        raise ValueError("The file has another number of letters.")


def refuse_by_set(saved, classes):
    if set(saved) != set(classes):
        raise ValueError("The file has other letters.")


def refuse_always(saved, classes):
    if saved is not classes:
        raise ValueError("The file has other letters.")


def refuse_in_a_word(saved, classes):
    if saved != classes:
        raise ValueError


def refuse_by_key_error(saved, classes):
    if saved != classes:
        raise KeyError("The file has other letters.")


def refuse_by_printing(saved, classes):
    if saved != classes:
        print("The file has other letters.")


def returned_error(path, model, classes):
    checkpoint = torch.load(path, weights_only=True)
    if checkpoint["classes"] != classes:
        return ValueError("The file has other letters.")
    model.load_state_dict(checkpoint["state_dict"])
    return model.eval()


def whole_file(path, model, classes):
    model.load_state_dict(torch.load(path, weights_only=True))
    return model.eval()


def not_loaded(path, model, classes):
    refuse(torch.load(path, weights_only=True)["classes"], classes)
    return model.eval()


def into_a_copy(path, model, classes):
    return loader(refuse)(path, copy.deepcopy(model), classes)


def letter_by_letter(path, model, classes):
    saved = torch.load(str(path), map_location="cpu", weights_only=True)
    same = len(saved["classes"]) == len(classes)
    for one, other in zip(saved["classes"], classes, strict=False):
        same = same and one == other
    if not same:
        raise FileDoesNotFitError("The letters of the file don't fit the model.")
    model.eval()
    model.load_state_dict(saved["state_dict"])
    return model


# 09.6


def latency(middle=statistics.median, warm_ups=1, factor=1000, more=0, clock=lambda: time.perf_counter()):
    def median_latency(function, runs):
        for _ in range(warm_ups):
            function()
        times = []
        for _ in range(runs + more):
            start = clock()
            function()
            times.append(clock() - start)
        return factor * middle(times)

    return median_latency


def all_at_once(function, runs):
    function()
    start = time.perf_counter()
    for _ in range(runs):
        function()
    return 1000 * (time.perf_counter() - start) / runs


def without_brackets(function, runs):
    start = time.perf_counter()
    for _ in range(runs):
        function  # noqa: B018
    return time.perf_counter() - start


def warm_up_kept(function, runs):
    return latency(warm_ups=0, more=1)(function, runs)


def unsorted(times):
    return times[len(times) // 2]


def latency_by_name(function, runs):
    function()
    times = torch.zeros(runs)
    for i in range(runs):
        start = timer()
        function()
        times[i] = timer() - start
    return times.quantile(0.5) * 1000


def latency_by_default_timer(function, runs):
    function()
    times = []
    for _ in range(runs):
        start = default_timer()
        function()
        times.append((default_timer() - start) * 1000)
    times.sort()
    return (times[(runs - 1) // 2] + times[runs // 2]) / 2


# 09.7


def restored(compare, modes=True):
    """Return an answer: eval mode, a comparison of the outputs, the modes set back."""

    def same_outputs(model_a, model_b, x):
        were = model_a.training, model_b.training
        model_a.eval()
        model_b.eval()
        with torch.inference_mode():
            same = compare(model_a(x), model_b(x))
        if modes:
            model_a.train(were[0])
            model_b.train(were[1])
        return same

    return same_outputs


def close(a, b):
    return torch.allclose(a, b, atol=1e-5)


def as_they_are(model_a, model_b, x):
    return close(model_a(x), model_b(x))


def left_in_training(model_a, model_b, x):
    same = restored(close)(model_a, model_b, x)
    model_a.train()
    model_b.train()
    return same


def first_mode_for_both(model_a, model_b, x):
    was = model_a.training
    same = restored(close)(model_a, model_b, x)
    model_b.train(was)
    return same


def by_parameters(model_a, model_b, x):
    pairs = zip(model_a.parameters(), model_b.parameters(), strict=True)
    return all(torch.allclose(a, b, atol=1e-5) for a, b in pairs)


def mode_by_mode(model_a, model_b, x):
    outputs = []
    for model in (model_a, model_b):
        was_training = model.training
        outputs.append(model.eval()(x).detach().numpy())
        if was_training:
            model.train()
    return np.abs(outputs[0] - outputs[1]).max() <= 1.1e-5


def on_copies(model_a, model_b, x):
    a, b = copy.deepcopy(model_a).eval()(x), copy.deepcopy(model_b).eval()(x)
    return torch.isclose(a, b, atol=1e-5).all()


# 09.8

NO_PICTURE = "This file is no picture that can be read."
TOO_LARGE = "This picture is too large for us."


def opened(too_large, caught=Exception, load=True, first=False):
    """Return an answer: what is too large, what is caught, whether (and when) the pixels are read."""

    def complaint(path, most_pixels):
        try:
            with Image.open(path) as image:
                if first:
                    image.load()
                if too_large(*image.size, most_pixels):
                    return TOO_LARGE
                if load:
                    image.load()
        except caught:
            return NO_PICTURE

    return complaint


def more(width, height, most):
    return width * height > most


def by_name(path, most_pixels):
    if path.suffix not in (".png", ".jpg"):
        return NO_PICTURE
    with Image.open(path) as image:
        return TOO_LARGE if more(*image.size, most_pixels) else None


def nothing_caught(path, most_pixels):
    with Image.open(path) as image:
        image.load()
    return TOO_LARGE if more(*image.size, most_pixels) else None


def short(path, most_pixels):
    return "Bad file" if opened(more)(path, most_pixels) else None


def empty_text(path, most_pixels):
    return opened(more)(path, most_pixels) or ""


def a_bool(path, most_pixels):
    return opened(more)(path, most_pixels) is None


def with_an_open_file(path, most_pixels):
    try:
        image = Image.open(str(path))
        if image.width * image.height > most_pixels:
            return f"It has {image.width} x {image.height} pixels; {most_pixels} are the most."
        image.convert("L")
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        return f"This file can't be read: {error}"
    return None


def verified(path, most_pixels):
    if not Path(path).stat().st_size:
        return "This file is empty."
    try:
        with Image.open(path) as image:
            width, height = image.size
            image.verify()
    except (UnidentifiedImageError, Image.DecompressionBombError):
        return NO_PICTURE
    except Exception:
        return "This picture is damaged, please try another."
    return TOO_LARGE if width * height > most_pixels else None


WRONG = {
    "09.1": [
        ("bytes", lambda image: v2.functional.pil_to_tensor(small(grey(image)))[None], "uint8 still"),
        ("0 to 255", chain(grey, small, v2.ToImage(), v2.ToDtype(torch.float32)), "beyond 1"),
        ("twice divided", chain(grey, small, TO_FLOAT, lambda x: x / 255), "divided by 255 twice"),
        ("no batch", lambda image: TO_FLOAT(small(grey(image))), "A dimension is missing"),
        ("no channel", lambda image: TO_FLOAT(small(grey(image)))[0], "a batch and a channel"),
        ("colour", chain(small, TO_FLOAT), "three channels still"),
        ("one side", chain(grey, v2.Resize(28), TO_FLOAT), "shorter side"),
        ("its own size", chain(grey, TO_FLOAT), "its own size"),
        ("negative", chain(grey, small, TO_FLOAT, lambda x: 1 - x), "negative"),
        ("swapped", chain(grey, small, TO_FLOAT, lambda x: x.mT), "rows and columns"),
        ("normalised", chain(grey, small, TO_FLOAT, v2.Normalize([0.5], [0.5])), "-1 to 1"),
        ("stretched", stretched, "darkest to its brightest"),
        ("a plain mean", plain_mean, "plain mean"),
        ("three channels taken apart", three_channels_apart, r"a grey picture.*ValueError.*convert\('L'\)"),
        ("red", lambda image: by_numpy(image.convert("RGB").split()[0]), "red channel"),
        ("no antialias", lambda image: by_interpolate(image, antialias=False), "antialias"),
        ("in place", shrunk_in_place, "thumbnail"),
        ("a picture", lambda image: small(grey(image)), "PIL picture still"),
        ("NumPy", lambda image: by_numpy(image).numpy(), "not this ndarray"),
        ("float64", lambda image: by_numpy(image).double(), "float64"),
        ("the middle", chain(grey, v2.CenterCrop(28), TO_FLOAT), "a pixel is off"),
        ("two sides cut off", lambda image: by_numpy(ImageOps.fit(image, (28, 28))), "cut off two sides"),
    ],
    "09.2": [
        ("logits", top, "are the logits"),
        ("percent", of_probabilities(lambda p: [(x, 100 * y) for x, y in p]), "percent"),
        ("of the largest", softmax_of_the_largest, "no other letters"),
        ("sigmoid", lambda logits, *rest: top(logits.sigmoid(), *rest), "a sigmoid"),
        ("least first", of_probabilities(lambda pairs: pairs[::-1]), "The least probable comes first"),
        (
            "least",
            lambda logits, *rest: top((-logits).softmax(1), *rest),
            "Those are the least",
        ),
        ("first k", first_k, "in their order"),
        ("order of classes", in_class_order, "in another order"),
        ("positions", positions_not_letters, r"classes\[position\]"),
        ("the alphabet", alphabet, "not one of the classes"),
        ("numbers first", of_probabilities(lambda p: [(y, x) for x, y in p]), "other way round"),
        ("dictionary", of_probabilities(dict), "not a dictionary"),
        ("zip", of_probabilities(lambda p: zip(*p, strict=True)), r"list\(zip"),
        ("two lists", two_lists, "all the letters, then"),
        ("all", lambda logits, classes, k: sorted_in_python(logits, classes, 5), "has 2 pairs; yours has 5"),
        ("letters", of_probabilities(lambda p: [x for x, _ in p]), "one of yours is 'A'"),
        ("over the batch", of_probabilities(lambda p: [(x, 1.0) for x, _ in p]), "Use dim=1"),
    ],
    "09.3": [
        ("no threshold", letter(reached=lambda *_: True), "answer .C.. Below the threshold"),
        ("above only", letter(reached=lambda p, least: p > least), "Use >="),
        ("logits", letter(lambda logits: logits), "a logit or a sigmoid"),
        ("a text", letter(otherwise="None"), "None itself, not 'None'"),
        ("False", letter(otherwise=False), "None itself, not False"),
        ("a sentence", letter(otherwise="no hand"), "None itself, not .no hand"),
        ("both", letter_and_probability, "letter alone"),
        ("a position", lambda logits, classes, least: logits.argmax().item(), "not this int"),
        ("the other way", letter(reached=lambda p, least: p < least), "the answer is 'A'; you return None"),
        ("a bool", lambda logits, classes, least: logits.softmax(1).max() >= least, "not this Tensor"),
        ("half", letter(reached=lambda p, least: p >= 0.5), "threshold 0.9 you answer .A.. Below"),
        ("the first letter", lambda logits, classes, least: classes[0], "you have 'C'"),
    ],
    "09.4": [
        ("never divided", unsqueezed(lambda x: x.float()), "up to 255"),
        ("always divided", unsqueezed(lambda x: x.float() / 255), "as well"),
        ("by the largest", unsqueezed(lambda x: x.float() / x.max()), "largest pixel, which"),
        ("asked the largest", unsqueezed(lambda x: x.float() / (255 if x.max() > 1 else 1)), "does not tell"),
        ("one dimension", lambda x: scaled(x).unsqueeze(0), r"of shape \[28, 28\], yours is \[1, 28, 28\]"),
        ("two always", lambda x: scaled(x)[None, None], r"yours is \[1, 1, 1, 28, 28\]"),
        ("none", scaled, "two dimensions are missing"),
        ("bytes", lambda x: x.reshape(1, 1, 28, 28), "uint8 still"),
        ("float64", unsqueezed(lambda x: scaled(x).double()), "float64"),
        ("whole numbers", unsqueezed(lambda x: (x // 255).float()), r"should be 0\.\d+; yours is 0\.0000"),
        ("in place", scaled_in_place, "changed a tensor"),
    ],
    "09.5": [
        ("assert", loader(refuse_by_assert), "AssertionError"),
        ("printed", loader(refuse_by_printing), "fewer letters than the model has your function goes on"),
        ("sets", loader(refuse_by_set), "in another order"),
        ("lengths", loader(refuse_by_length), "another letter your function goes on"),
        ("returned", returned_error, "You return the ValueError"),
        ("KeyError", loader(refuse_by_key_error), "KeyError"),
        ("no words", loader(refuse_in_a_word), "a sentence"),
        ("too late", loader(refuse, before=False), "too late"),
        ("always refused", loader(refuse_always), "all the same"),
        ("training mode", loader(refuse, end=lambda model: model), "still in training mode"),
        ("nothing returned", loader(refuse, end=lambda model: None), "Now return it"),
        ("the whole file", whole_file, 'under "state_dict"'),
        ("not loaded", not_loaded, "random start"),
        ("no weights_only", loader(refuse, mode=None), "Write weights_only=True"),
    ],
    "09.6": [
        ("seconds", latency(factor=1), "in seconds. A"),
        ("microseconds", latency(factor=1e6), "microseconds"),
        ("mean", latency(statistics.mean), "That is the mean, which"),
        ("no warm-up", latency(warm_ups=0), "first call is among"),
        ("warm-up counted", warm_up_kept, "You counted the first call"),
        ("fastest", latency(min), "fastest"),
        ("slowest", latency(max), "slowest"),
        ("the sum", latency(sum), "all runs together"),
        ("not sorted", latency(unsorted), "Sort them first"),
        ("lower", latency(lambda times: torch.tensor(times).median().item()), "torch.median"),
        ("upper", latency(lambda times: sorted(times)[len(times) // 2]), "the upper one"),
        ("all", latency(lambda times: 1.0 * len(times)), "is 6 ms; you return 5000"),
        ("no brackets", without_brackets, "never called"),
        ("three to warm up", latency(warm_ups=3), "was called 8 times"),
        ("time.time", latency(clock=lambda: time.time()), "clock on the wall"),
        ("a list", latency(lambda times: times, factor=1), "Return one number"),
    ],
    "09.7": [
        ("training mode", as_they_are, "ran in training mode"),
        ("left in eval", restored(close, modes=False), "left in eval"),
        ("left in training", left_in_training, "came in eval mode and left in training"),
        ("one mode for both", first_mode_for_both, "The second model came in eval mode"),
        ("exactly", restored(torch.equal), "atol=1e-5"),
        ("labels", restored(lambda a, b: torch.equal(a.argmax(1), b.argmax(1))), "labels agree"),
        ("parameters", by_parameters, "another order.*Did both models see x"),
        ("a tensor", restored(lambda a, b: torch.isclose(a, b, atol=1e-5)), "a tensor of them"),
        ("a text", restored(lambda a, b: "same"), "not this str"),
        ("the difference", restored(lambda a, b: (a - b).abs().max().item()), "not this float"),
        ("turned round", restored(lambda a, b: not close(a, b)), "the same parameters you return False"),
    ],
    "09.8": [
        ("one side", opened(lambda width, height, most: max(width, height) > most), "too large. Pixels are"),
        ("nothing caught", nothing_caught, "an exception left"),
        ("only unidentified", opened(more, UnidentifiedImageError), "cut off .* an exception left"),
        ("OSError only", opened(more, OSError), "DecompressionBombError"),
        ("not read", opened(more, load=False), "cut off .* you return None"),
        ("read first", opened(more, first=True), "unpacked before"),
        ("at least", opened(lambda width, height, most: width * height >= most), "which is the most allowed"),
        ("a short text", short, "says too little"),
        ("an empty text", empty_text, "not an empty text"),
        ("a bool", a_bool, "no bool"),
        ("the error", lambda *_: ValueError("This is no picture."), "you return a ValueError"),
    ],
}
# Other ways to the same mistake: their hint is that of the answer named.
SAME_MISTAKE = {
    "09.1": [(chain(small, grey, v2.ToImage(), v2.ToDtype(torch.float32)), "beyond 1")],
    "09.4": [(unsqueezed(lambda x: x / 255 if x.max() > 1 else x), "does not tell")],
    "09.5": [(into_a_copy, "random start")],
    "09.6": [(all_at_once, "That is the mean")],
    "09.8": [(by_name, "an exception left")],
}

RIGHT = {
    "09.1": [
        by_numpy,
        by_interpolate,
        chain(grey, small, TO_FLOAT),
        chain(v2.Lambda(lambda image: image.convert("RGB")), v2.Resize((28, 28)), v2.Grayscale(), TO_FLOAT),
        lambda image: functional.resize(TO_FLOAT(image.convert("L")), [28, 28], antialias=True)[None],
        lambda image: by_numpy(image.convert("L").resize((28, 28), Image.Resampling.BOX)),
    ],
    "09.2": [of_probabilities(), sorted_in_python, in_numpy, with_tensors],
    "09.3": [
        letter(),
        letter(lambda logits: logits.log_softmax(1).exp()),
        lambda logits, classes, least: [None, classes[logits.argmax()]][
            int(logits.softmax(1).max() >= least)
        ],
    ],
    "09.4": [
        unsqueezed(scaled),
        lambda x: functional.to_dtype(x, torch.float32, scale=True).reshape(1, 1, 28, 28),
        lambda x: (x.float() / 255 if not x.is_floating_point() else x.to(torch.float32)).view(-1, 1, 28, 28),
    ],
    "09.5": [loader(refuse), letter_by_letter],
    "09.6": [
        latency(),
        latency_by_name,
        latency(np.median, clock=lambda: time.perf_counter_ns(), factor=1e-6),
        latency_by_default_timer,
    ],
    "09.7": [restored(close), mode_by_mode, on_copies],
    "09.8": [opened(more), with_an_open_file, verified],
}
