"""Lesson 03: answers that learners may well give, for tests/test_exercises.py.

`WRONG` has for each exercise (what went wrong, the answer, a regular expression that its own hint matches),
`SAME_MISTAKE` other ways to such a mistake, and `RIGHT` answers that are right and written in another way
than the lesson's solution.
"""

import copy
import math

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

GREY = [0.299, 0.587, 0.114]


# 03.1


def weighted(image, weights, **settings):
    return (torch.tensor(weights).reshape(3, 1, 1) * image).sum(dim=0, **settings)


def channels_are_last(image):
    red, green, blue = image[..., 0], image[..., 1], image[..., 2]
    return (0.299 * red + 0.587 * green + 0.114 * blue).unsqueeze(0)


def grey_in_place(image):
    image[0] *= 0.299
    image[1] *= 0.587
    image[2] *= 0.114
    return image.sum(dim=0, keepdim=True)


def grey_squeezed(image):
    return weighted(image, GREY).squeeze().unsqueeze(0)


def grey_for_printing(image):
    print(weighted(image, GREY))


def grey_channel_by_channel(image):
    red, green, blue = image
    return (0.299 * red + 0.587 * green + 0.114 * blue)[None]


def grey_by_numpy(image):
    return np.tensordot(GREY, image.numpy(), axes=1)[np.newaxis]


def grey_by_a_convolution(image):
    return F.conv2d(image[None], torch.tensor(GREY).reshape(1, 3, 1, 1))[0]


# 03.2


def by_formula(end=0, inner=1, times=2):
    """Return an output size whose three constants may be wrong."""

    def output_size(size, kernel_size, stride, padding, dilation):
        return (size + times * padding - dilation * (kernel_size - 1) - inner) // stride + 1 + end

    return output_size


def no_dilation(size, kernel_size, stride, padding, dilation):
    return (size + 2 * padding - kernel_size) // stride + 1


def dilated_as_a_whole(size, kernel_size, stride, padding, dilation):
    return (size + 2 * padding - dilation * kernel_size) // stride + 1


def dilation_one_is_a_gap(size, kernel_size, stride, padding, dilation):
    return (size + 2 * padding - kernel_size - (kernel_size - 1) * dilation) // stride + 1


def one_gap(size, kernel_size, stride, padding, dilation):
    return (size + 2 * padding - kernel_size - (dilation - 1)) // stride + 1


def plus_one_too_early(size, kernel_size, stride, padding, dilation):
    return (size + 2 * padding - dilation * (kernel_size - 1) - 1 + 1) // stride


def stride_ignored(size, kernel_size, stride, padding, dilation):
    return size + 2 * padding - dilation * (kernel_size - 1)


def not_rounded(size, kernel_size, stride, padding, dilation):
    return (size + 2 * padding - dilation * (kernel_size - 1) - 1) / stride + 1


def no_dilation_and_no_padding(size, kernel_size, stride, padding, dilation):
    return (size - kernel_size) // stride + 1


def by_running_a_layer(size, kernel_size, stride, padding, dilation):
    layer = nn.Conv2d(1, 1, kernel_size, stride, padding, dilation)
    return layer(torch.zeros(1, 1, size, size)).shape[-1]


def by_counting_places(size, kernel_size, stride, padding, dilation):
    last = size + 2 * padding - dilation * (kernel_size - 1)
    return len(range(0, last, stride))


# 03.3


def sliding(image, kernel, see=lambda window, kernel: (window * kernel).sum(), less=1):
    """Return what `see` gives for each window; with `less` = 0 a place too few."""
    kh, kw = kernel.shape
    rows, columns = image.shape[0] - kh + less, image.shape[1] - kw + less
    return torch.tensor(
        [[see(image[i : i + kh, j : j + kw], kernel).item() for j in range(columns)] for i in range(rows)]
    )


def reset(where):
    """Return a convolution by four loops that sets its sum back to 0 in a loop: 0 (never) to 4."""

    def convolve(image, kernel):
        kh, kw = kernel.shape
        result = torch.zeros(image.shape[0] - kh + 1, image.shape[1] - kw + 1)
        total = 0.0
        for i in range(result.shape[0]):
            total = 0.0 if where == 1 else total
            for j in range(result.shape[1]):
                total = 0.0 if where == 2 else total
                for a in range(kh):
                    total = 0.0 if where == 3 else total
                    for b in range(kw):
                        total = 0.0 if where == 4 else total
                        total += (image[i + a, j + b] * kernel[a, b]).item()
                result[i, j] = total
        return result

    return convolve


def padded(amount):
    def convolve(image, kernel):
        kh, kw = kernel.shape
        return sliding(F.pad(image, amount(kh, kw)), kernel)

    return convolve


def same_size(image, kernel):
    result = torch.zeros_like(image)
    result[: 1 - kernel.shape[0], : 1 - kernel.shape[1]] = sliding(image, kernel)
    return result


def square_kernels_only(image, kernel):
    k = kernel.shape[0]
    rows, columns = image.shape[0] - k + 1, image.shape[1] - k + 1
    result = torch.zeros(rows, columns)
    for i in range(rows):
        for j in range(columns):
            for a in range(k):
                for b in range(k):
                    result[i, j] += image[i + a, j + b] * kernel[a, b]
    return result


def swapped_loops(image, kernel):
    return sliding(image, kernel).T


def window_in_place(image, kernel):
    def see(window, kernel):
        window *= kernel
        return window.sum()

    return sliding(image, kernel, see)


def no_sum(image, kernel):
    kh, kw = kernel.shape
    result = torch.zeros(image.shape[0] - kh + 1, image.shape[1] - kw + 1)
    for i in range(len(result)):
        for j in range(result.shape[1]):
            result[i, j] = image[i : i + kh, j : j + kw] * kernel
    return result


def returns_inside_the_loop(image, kernel):
    kh, kw = kernel.shape
    for i in range(image.shape[0] - kh + 1):
        for j in range(image.shape[1] - kw + 1):
            return (image[i : i + kh, j : j + kw] * kernel).sum()


def never_written(image, kernel):
    return torch.zeros_like(sliding(image, kernel))


def whole_numbers(image, kernel):
    return sliding(image, kernel).int()


def jumping(image, kernel):
    kh, kw = kernel.shape
    return sliding(image, kernel)[::kh, ::kw]


def by_the_layer(image, kernel):
    layer = nn.Conv2d(1, 1, kernel.shape, bias=False)
    layer.weight.data = kernel[None, None]
    return layer(image[None, None])[0, 0]


def by_functional(image, kernel):
    return F.conv2d(image[None, None], kernel[None, None])[0, 0]


def by_unfold(image, kernel):
    kh, kw = kernel.shape
    return (image.unfold(0, kh, 1).unfold(1, kw, 1) * kernel).sum(dim=(2, 3))


def by_columns(image, kernel):
    kh, kw = kernel.shape
    windows = F.unfold(image[None, None], (kh, kw))[0]  # [kh x kw, places]
    return (kernel.flatten() @ windows).reshape(image.shape[0] - kh + 1, -1)


def by_shifting(image, kernel):
    kh, kw = kernel.shape
    rows, columns = image.shape[0] - kh + 1, image.shape[1] - kw + 1
    return sum(kernel[a, b] * image[a : a + rows, b : b + columns] for a in range(kh) for b in range(kw))


def by_numpy_windows(image, kernel):
    windows = np.lib.stride_tricks.sliding_window_view(image.numpy(), tuple(kernel.shape))
    return np.einsum("ijab,ab->ij", windows, kernel.numpy())


def by_lists(image, kernel):
    x, k = image.tolist(), kernel.tolist()
    return [
        [
            sum(x[i + a][j + b] * k[a][b] for a in range(len(k)) for b in range(len(k[0])))
            for j in range(len(x[0]) - len(k[0]) + 1)
        ]
        for i in range(len(x) - len(k) + 1)
    ]


# 03.4


def kernel(*rows):
    return lambda: torch.tensor(rows)


SOBEL = torch.tensor([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]])


# 03.5


def pooled(image, size, see=torch.max, stride=None, up=False):
    """Return what `see` gives for each window."""
    stride = stride or size
    tops, lefts = (range(0, side - (0 if up else size - 1), stride) for side in image.shape)
    rows = [[float(see(image[i : i + size, j : j + size])) for j in lefts] for i in tops]
    return torch.tensor(rows)


def starts_with_zero(image, size):
    result = torch.zeros(image.shape[0] // size, image.shape[1] // size)
    for i in range(result.shape[0] * size):
        for j in range(result.shape[1] * size):
            result[i // size, j // size] = max(result[i // size, j // size], image[i, j])
    return result


def reshaped(image, size):
    height, width = image.shape
    return image.reshape(height // size, size, width // size, size).amax(dim=(1, 3))


def reshaped_and_scrambled(image, size):
    height, width = image.shape
    return image.reshape(height // size, width // size, size, size).amax(dim=(2, 3))


def always_two(image, size):
    return pooled(image, 2)


def farthest_from_zero(window):
    return window.flatten()[window.abs().argmax()]


def sorts_the_picture(image, size):
    for i in range(0, image.shape[0] - size + 1, size):
        for j in range(0, image.shape[1] - size + 1, size):
            window = image[i : i + size, j : j + size]
            window[:] = window.max()
    return image[::size, ::size]


def cut_and_reshaped(image, size):
    rows, columns = image.shape[0] // size, image.shape[1] // size
    cut = image[: rows * size, : columns * size]
    return cut.reshape(rows, size, columns, size).amax(dim=(1, 3))


def unfolded(image, size):
    return image.unfold(0, size, size).unfold(1, size, size).flatten(2)  # [rows, columns, size x size]


def pooled_by_unfold(image, size):
    return unfolded(image, size).max(dim=2).values


def pooled_by_numpy(image, size):
    x = image.numpy()
    x = x[: x.shape[0] // size * size, : x.shape[1] // size * size]
    return np.stack([x[a::size, b::size] for a in range(size) for b in range(size)]).max(axis=0)


def pooled_from_minus_infinity(image, size):
    result = torch.full((image.shape[0] // size, image.shape[1] // size), -torch.inf)
    for i in range(result.shape[0] * size):
        for j in range(result.shape[1] * size):
            result[i // size, j // size] = max(result[i // size, j // size], image[i, j])
    return result


# 03.6


def counted_on_a_layer(in_channels, out_channels, kernel_size, bias):
    layer = nn.Conv2d(in_channels, out_channels, kernel_size, bias=bias)
    return sum(parameter.numel() for parameter in layer.parameters())


# 03.7


def field(layers, start=1, step=lambda jump, stride: jump * stride):
    seen, jump = start, 1
    for kernel_size, stride in layers:
        seen += (kernel_size - 1) * jump
        jump = step(jump, stride)
    return seen


def stride_before_adding(layers):
    seen, jump = 1, 1
    for kernel_size, stride in layers:
        jump *= stride
        seen += (kernel_size - 1) * jump
    return seen


def pops(layers):
    seen = 1
    while layers:
        kernel_size, stride = layers.pop()
        seen = (seen - 1) * stride + kernel_size
    return seen


def jump_only(layers):
    return math.prod(stride for _, stride in layers)


def starts_from_the_first_kernel(layers):
    seen, jump = layers[0]
    for kernel_size, stride in layers[1:]:
        seen += (kernel_size - 1) * jump
        jump *= stride
    return seen


def backwards(layers):
    seen = 1
    for kernel_size, stride in reversed(layers):
        seen = (seen - 1) * stride + kernel_size
    return seen


def recursively(layers):
    if not layers:
        return 1
    kernel_size, stride = layers[0]
    return kernel_size + stride * (recursively(layers[1:]) - 1)


def by_numpy_strides(layers):
    kernels, strides = np.array(layers, dtype=int).reshape(-1, 2).T
    jumps = np.concatenate([[1], np.cumprod(strides)])[: len(kernels)]
    return 1 + ((kernels - 1) * jumps).sum()


# 03.8


def network(size):
    """Return the network of 03.8, with the head that fits."""
    side = ((size - 4) // 2 - 1) // 2 + 1
    return nn.Sequential(
        nn.Conv2d(3, 8, kernel_size=5),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(8, 16, kernel_size=3, stride=2, padding=1),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(16 * side * side, 10),
    )


def by_running_it(size):
    x, shapes = torch.zeros(1, 3, size, size), []
    for layer in network(size):
        x = layer(x)
        shapes.append(list(x.shape))
    return shapes


def shapes(
    first=lambda n: n - 4,
    pool=lambda n: n // 2,
    second=lambda n: (n - 1) // 2 + 1,
    channels=(8, 16),
    head=lambda c, n: c * n * n,
    change=lambda shapes, size: shapes,
):
    """Return an answer to 03.8, right but for what is given."""

    def shapes_through(size):
        a, b = channels
        one = first(size)
        two = pool(one)
        three = second(two)
        convolved, last = [1, a, one, one], [1, b, three, three]
        right = [convolved, list(convolved), [1, a, two, two], last, list(last), [1, head(b, three)], [1, 10]]
        return change(right, size)

    return shapes_through


def no_relu(shapes, size):
    return [shapes[0], *shapes[2:4], *shapes[5:]]


def channels_last(shapes, size):
    return [[shape[0], *shape[2:], shape[1]] for shape in shapes]


def flat_forgets_the_batch(shapes, size):
    return [*shapes[:5], shapes[5][1:], shapes[6]]


def head_repeats(shapes, size):
    return [*shapes[:6], shapes[5]]


def not_flat(shapes, size):
    return [*shapes[:5], shapes[4], shapes[6]]


def relu_halves(shapes, size):
    return [shapes[0], [1, 8, (size - 4) // 2, (size - 4) // 2], *shapes[2:]]


def only_for_32(size):
    return shapes()(32)


# 03.9


def kept_by_trying(kernel_size, dilation):
    for padding in range(100):
        layer = nn.Conv2d(1, 1, kernel_size, padding=padding, dilation=dilation)
        if layer(torch.zeros(1, 1, 50, 50)).shape[-1] == 50:
            return padding


# 03.10


def in_features(
    picture=lambda shape: torch.zeros(1, *shape),
    count=lambda out: out.numel(),
    mode=torch.inference_mode,
    prepare=lambda features: features.eval(),
    restore=lambda features, was: features.train(was),
):
    """Return an answer to 03.10, right but for what is given."""

    def head_in_features(features, shape):
        was_training = features.training
        prepare(features)
        with mode():
            out = features(picture(shape))
        restore(features, was_training)
        return count(out)

    return head_in_features


def nothing(*_):
    pass


def switches_off_for_good(features, shape):
    torch.set_grad_enabled(False)
    was_training = features.training
    out = features.eval()(torch.zeros(1, *shape))
    features.train(was_training)
    return out.numel()


def freezes(features, shape):
    for parameter in features.parameters():
        parameter.requires_grad = False
    return in_features()(features, shape)


def appends_a_layer(features, shape):
    features.append(nn.Flatten())
    return in_features(count=lambda out: out.shape[1])(features, shape)


def from_the_last_convolution(features, shape):
    channels = [layer.out_channels for layer in features if isinstance(layer, nn.Conv2d)][-1]
    return channels * (shape[1] // 2) * (shape[2] // 2)


def picture_itself(features, shape):
    return math.prod(shape)


def shape_joined(features, shape):
    shape.insert(0, 1)
    was_training = features.training
    with torch.inference_mode():
        out = features.eval()(torch.zeros(shape))
    features.train(was_training)
    return out.numel()


def on_a_copy(features, shape):
    with torch.no_grad():
        return copy.deepcopy(features).eval()(torch.rand(2, *shape)).flatten(1).shape[1]


@torch.no_grad()
def layer_by_layer(features, shape):
    modes = {layer: layer.training for layer in features.modules()}
    x = torch.rand([1, *shape])
    for layer in features:
        x = layer.eval()(x)
    for layer, mode in modes.items():
        layer.training = mode
    return np.prod(x.shape)


def on_the_meta_device(features, shape):
    with torch.inference_mode():
        model = copy.deepcopy(features).eval().to("meta")
        return model(torch.empty(1, *shape, device="meta")).flatten(start_dim=1).size(1)


WRONG = {
    "03.1": [
        ("the mean", lambda image: image.mean(dim=0, keepdim=True), "mean of the channels"),
        ("not weighted", lambda image: image.sum(dim=0, keepdim=True), "plain sum"),
        ("divided by 3", lambda image: weighted(image, GREY, keepdim=True) / 3, "divide by nothing"),
        ("0 to 255", lambda image: weighted(image, GREY, keepdim=True) * 255, "0 to 255"),
        ("rounded weights", lambda image: weighted(image, [0.3, 0.59, 0.11], keepdim=True), "are rounded"),
        ("blue first", lambda image: weighted(image, GREY[::-1], keepdim=True), "OpenCV"),
        (
            "green first",
            lambda image: weighted(image, [0.587, 0.299, 0.114], keepdim=True),
            "not their order",
        ),
        (
            "another standard",
            lambda image: weighted(image, [0.2126, 0.7152, 0.0722], keepdim=True),
            "another standard",
        ),
        ("green alone", lambda image: image[1:2], "channel 1 alone"),
        ("the largest", lambda image: image.amax(dim=0, keepdim=True), "largest channel"),
        ("no channel", lambda image: weighted(image, GREY), "unsqueeze"),
        ("not summed", lambda image: torch.tensor(GREY).reshape(3, 1, 1) * image, "still has 3 channels"),
        ("channel at the end", lambda image: weighted(image, GREY).unsqueeze(-1), "channel comes first"),
        ("channels are last", channels_are_last, r"image\[0\] is red"),
        ("weights along the width", lambda image: torch.tensor(GREY) * image, r"shape \[3, 1, 1\]"),
        ("a batch", lambda image: weighted(image, GREY, keepdim=True)[None], r"shape \[1, 1, 2, 4\]"),
        ("cut to whole numbers", lambda image: weighted(image, GREY, keepdim=True).int(), "torch.int32"),
        ("in place", grey_in_place, "changed a tensor"),
        ("squeezed", grey_squeezed, r"shape \[1, 1, 1\]; yours has \[1\]"),
        ("printed", grey_for_printing, "needs a return"),
    ],
    "03.2": [
        ("a layer", by_running_a_layer, "You asked a layer"),
        ("no dilation", no_dilation, "right while dilation is 1"),
        ("kernel times dilation", dilated_as_a_whole, "over 5 pixels, not 6"),
        ("dilation 1 is a gap", dilation_one_is_a_gap, "usual kernel, without gaps"),
        ("one gap", one_gap, "any two neighbours"),
        ("no + 1", by_formula(end=-1), "after the division"),
        ("+ 1 too early", plus_one_too_early, "Divide by the stride first"),
        ("reach without + 1", by_formula(inner=0), "One too many where stride is 1"),
        ("padding once", by_formula(times=1), "both sides: the picture grows"),
        ("no padding", by_formula(times=0), "doesn't depend on padding"),
        ("no stride", stride_ignored, "doesn't depend on stride"),
        ("not rounded", not_rounded, "// in place of /"),
        ("rounded up", lambda *case: math.ceil(not_rounded(*case)), "Rounded up"),
        ("rounded", lambda *case: round(not_rounded(*case) - 1) + 1, "round"),
        ("the size", lambda size, *_: size, "only for some paddings"),
        ("two mistakes", no_dilation_and_no_padding, r"padding 1, dilation 1, the answer is 12; you have 10"),
        ("height and width", lambda *case: (by_formula()(*case),) * 2, "Return one number"),
    ],
    "03.3": [
        ("kernel turned", lambda x, k: sliding(x, k.flip(0, 1)), "180 degrees"),
        ("kernel upside down", lambda x, k: sliding(x, k.flip(0)), "upside down"),
        ("kernel mirrored", lambda x, k: sliding(x, k.fliplr()), "mirrored"),
        ("the mean", lambda x, k: sliding(x, k, lambda w, k: (w * k).mean()), "mean of the products"),
        ("the largest", lambda x, k: sliding(x, k, lambda w, k: (w * k).max()), "largest product"),
        ("matrix product", lambda x, k: sliding(x, k, lambda w, k: (w @ k.T).sum()), "matrix product"),
        ("two sums", lambda x, k: sliding(x, k, lambda w, k: w.sum() * k.sum()), "two sums"),
        ("no kernel", lambda x, k: sliding(x, k, lambda w, k: w.sum()), "sum of the pixels"),
        ("never set back", reset(0), "at each new place"),
        ("set back for a row", reset(1), "to its left"),
        ("set back for a kernel row", reset(3), "last row alone"),
        ("set back for each product", reset(4), "last product alone"),
        ("a place too few", lambda x, k: sliding(x, k, less=0), r"H - kh \+ 1"),
        ("as large as the picture", same_size, "smaller than the picture"),
        ("padded", padded(lambda kh, kw: (kw - 1, kw - 1, kh - 1, kh - 1)), "kernel stays inside"),
        ("square kernels only", square_kernels_only, r"its width is kernel.shape\[1\]"),
        ("swapped loops", swapped_loops, "4 rows and 5 columns"),
        ("in place", window_in_place, "changed a tensor"),
        ("no sum", no_sum, r"with .sum\(\)"),
        ("inside the loop", returns_inside_the_loop, "a single number"),
        ("never written", never_written, "nothing was written"),
        ("whole numbers", whole_numbers, "lost their decimals"),
        ("no overlap", jumping, "windows overlap"),
        ("a ReLU", lambda x, k: sliding(x, k).relu(), "ReLU"),
        ("four dimensions", lambda x, k: sliding(x, k)[None, None], r"shape \[1, 1, 4, 5\]"),
        ("ready-made", by_functional, "ready-made conv2d"),
    ],
    "03.4": [
        ("that of the lesson", kernel([-2.0, 0, 2], [-2, 0, 2], [-2, 0, 2]), "Find another one"),
        ("sum not 0", kernel([-1.0, 0, 1], [-1, 1, 1], [-1, 0, 1]), "add up to 1"),
        ("horizontal", lambda: SOBEL.T, "Transpose"),
        ("turned round", lambda: -SOBEL, "Swap left and right"),
        ("all 0", lambda: torch.zeros(3, 3), "All nine"),
        ("an outline", kernel([0.0, -1, 0], [-1, 4, -1], [0, -1, 0]), "positive and a negative answer"),
        ("diagonal", kernel([-1.0, -1, 0], [-1, 0, 1], [0, 1, 1]), "horizontal ones too"),
        ("columns are 0", kernel([-1.0, 0, 1], [0, 0, 0], [1, 0, -1]), "each of its columns"),
        ("weak", lambda: SOBEL / 8, "It must be 1 or more"),
        ("a list", lambda: SOBEL.tolist(), "you return a list"),
        ("whole numbers", lambda: SOBEL.long(), "-1.0 in place of -1"),
        ("a weight", lambda: SOBEL[None, None], "Return the kernel alone"),
        ("a row", lambda: torch.tensor([-1.0, 0.0, 1.0]), r"yours has \[3\]"),
        ("printed", lambda: print(end=""), "needs a return"),
        ("infinite", lambda: SOBEL * torch.inf, "not finite"),
    ],
    "03.5": [
        ("starts with 0", starts_with_zero, "-inf"),
        ("the mean", lambda x, size: pooled(x, size, torch.mean), "average pooling"),
        ("the sum", lambda x, size: pooled(x, size, torch.sum), "the sum of each window"),
        ("the smallest", lambda x, size: pooled(x, size, torch.min), "smallest"),
        ("no signs", lambda x, size: pooled(x, size, lambda window: window.abs().max()), "Signs are lost"),
        ("farthest from 0", lambda x, size: pooled(x, size, farthest_from_zero), "farthest from 0"),
        ("a corner", lambda x, size: pooled(x, size, lambda window: window[0, 0]), "upper left"),
        ("scrambled", reshaped_and_scrambled, "follow each other in memory"),
        ("stride 1", lambda x, size: pooled(x, size, stride=1), "overlap"),
        ("the rest kept", lambda x, size: pooled(x, size, up=True), "Drop it"),
        ("not cut", reshaped, "before you reshape"),
        ("always 2", always_two, "you halved the picture"),
        ("transposed", lambda x, size: pooled(x, size).T, "swapped"),
        ("one for all", lambda x, size: x.max(), "a single number"),
        ("size kept", lambda x, size: x, "kept its size"),
        ("in place", sorts_the_picture, "changed a tensor"),
        ("whole numbers", lambda x, size: pooled(x, size).int(), "lost their decimals"),
        ("both results of max", lambda x, size: unfolded(x, size).max(dim=2), "its .values"),
        ("ready-made", lambda x, size: F.max_pool2d(x[None], size)[0], "ready-made max_pool2d"),
    ],
    "03.6": [
        ("flat kernels", lambda i, o, k, b: o * (k * k + b), "as deep as the picture"),
        ("one kernel", lambda i, o, k, b: i * k * k + b, "one kernel"),
        ("added", lambda i, o, k, b: (i + o) * k * k + o * b, "don't add them"),
        ("k once", lambda i, o, k, b: i * o * k + o * b, "kernel_size twice"),
        ("2 k", lambda i, o, k, b: i * o * 2 * k + o * b, "not 2 x 3"),
        ("always a bias", lambda i, o, k, b: i * o * k * k + o, "bias is False"),
        ("never a bias", lambda i, o, k, b: i * o * k * k, "bias is True"),
        ("one bias", lambda i, o, k, b: i * o * k * k + int(b), "One bias in all"),
        ("a bias for each input", lambda i, o, k, b: i * o * k * k + i * b, "not to the input's"),
        ("a bias for each pair", lambda i, o, k, b: i * o * (k * k + b), "for each input channel"),
        ("a bias for each weight", lambda i, o, k, b: (i + b) * o * k * k, "each place in the kernel"),
        ("a linear layer", lambda i, o, k, b: i * o + o * b, r"Conv2d\(1, 1, kernel_size=3, bias=False\)"),
        ("weights and biases", lambda i, o, k, b: (i * o * k * k, o * b), "together"),
    ],
    "03.7": [
        ("no strides", lambda layers: field(layers, step=lambda jump, _: jump), "right while every stride"),
        ("kernels added", lambda layers: sum(k for k, _ in layers), "not 6"),
        ("kernels multiplied", lambda layers: math.prod(k for k, _ in layers), "not 9"),
        ("stride too soon", stride_before_adding, "comes too soon"),
        ("own stride", lambda layers: 1 + sum((k - 1) * s for k, s in layers), "not its own stride"),
        (
            "the stride before",
            lambda layers: field(layers, step=lambda _, stride: stride),
            "layer just before alone",
        ),
        (
            "strides added",
            lambda layers: field(layers, step=lambda jump, s: jump + s - 1),
            "add the strides up",
        ),
        ("starts with 0", lambda layers: field(layers, start=0), "Start with 1"),
        ("from the end", lambda layers: field(layers[::-1]), "wrong end"),
        ("the jump", jump_only, "That is the jump"),
        ("the largest", lambda layers: max((k for k, _ in layers), default=1), "largest kernel"),
        ("the square", lambda layers: field(layers) ** 2, "whole square"),
        ("pops", pops, "Leave it as it was"),
        ("no empty list", starts_from_the_first_kernel, "IndexError"),
        ("0 for an empty list", lambda layers: field(layers) if layers else 0, r"layers = \[\], .* is 1"),
    ],
    "03.8": [
        ("no ReLU", shapes(change=no_relu), "5 shapes"),
        ("starts with the picture", shapes(change=lambda s, n: [[1, 3, n, n], *s]), "picture itself"),
        ("the last only", lambda size: [1, 10], "is a shape, such as"),
        ("one shape", lambda size: [1, 8, size - 4, size - 4], "That is one shape"),
        ("no linear layer", shapes(change=lambda s, n: s[:-1]), "has 6 shapes"),
        ("a generator", lambda size: iter(shapes()(size)), "Return a list of seven"),
        ("no batch", shapes(change=lambda s, n: [shape[1:] for shape in s]), "batch of one is missing"),
        ("flat without batch", shapes(change=flat_forgets_the_batch), "after Flatten .* batch of one"),
        ("channels last", shapes(change=channels_last), "channels before height"),
        ("first keeps its size", shapes(first=lambda n: n), "takes 4 pixels away"),
        ("first one too few", shapes(first=lambda n: n - 5), "4 pixels away, not 5"),
        ("first with kernel 3", shapes(first=lambda n: n - 2), "kernel of 3. This one"),
        ("channels stay", shapes(channels=(3, 3)), r"\[1, 3, 28, 28\]. A convolution has as many"),
        ("second channels stay", shapes(channels=(8, 8)), r"\[1, 8, 7, 7\]. A convolution has as many"),
        ("pool has stride 1", shapes(pool=lambda n: n - 1), r"stride of MaxPool2d\(2\) is 2"),
        ("pool keeps", shapes(pool=lambda n: n), "halves height and width"),
        ("pool rounds up", shapes(pool=lambda n: math.ceil(n / 2)), "size 33, .* fills no window"),
        ("pool not rounded", shapes(pool=lambda n: n / 2), "size 33, .* no part of a pixel"),
        ("second has stride 1", shapes(second=lambda n: n), "the stride here is 2"),
        ("second has no padding", shapes(second=lambda n: (n - 3) // 2 + 1), "first place counts too: "),
        ("second pads once", shapes(second=lambda n: (n - 2) // 2 + 1), "size 34, .* 2 in all"),
        ("second not rounded", shapes(second=lambda n: (n - 1) / 2 + 1), r"size 32, .*second conv.* no part"),
        ("relu halves", shapes(change=relu_halves), "never a shape"),
        ("head without channels", shapes(head=lambda c, n: n * n), r"C x H x W numbers"),
        ("head with one side", shapes(head=lambda c, n: c * n), "both: C x H x W"),
        ("head repeats", shapes(change=head_repeats), "puts out 10"),
        ("not flat", shapes(change=not_flat), "one dimension"),
        ("batch last", shapes(change=lambda s, n: [*s[:6], [10, 1]]), "batch comes first"),
        ("only for 32", only_for_32, "shapes of size 32"),
        ("run", by_running_it, "You ran a network"),
    ],
    "03.9": [
        ("no dilation", lambda k, d: k // 2, "right while dilation is 1"),
        ("not halved", lambda k, d: d * (k - 1), "take half"),
        ("kernel less 1", lambda k, d: k - 1, "not 2"),
        ("kernel times dilation", lambda k, d: d * k // 2, "subtract 1"),
        ("half the reach", lambda k, d: (d * (k - 1) + 1) / 2, "halve one less"),
        ("one gap", lambda k, d: (k + d - 1) // 2, "any two neighbours"),
        ("gap added", lambda k, d: k // 2 + d - 1, "way from the middle"),
        ("dilation itself", lambda k, d: d, "A larger kernel needs more"),
        ("always 1", lambda k, d: 1, "1 is right for a kernel of 3"),
        ("none", lambda k, d: 0, "the picture shrinks"),
        ("the reach", lambda k, d: d * (k - 1) + 1, "how far the kernel reaches"),
        ("a float", lambda k, d: d * (k - 1) / 2, "but a float"),
        ("same", lambda k, d: "same", "Here you do it"),
        ("two sides", lambda k, d: (d * (k - 1) // 2,) * 2, "padding on each side"),
        ("dilation squared", lambda k, d: d * d * (k // 2), "kernel_size 3 and dilation 2, the answer is 2"),
    ],
    "03.10": [
        ("a batch of two", in_features(lambda shape: torch.zeros(2, *shape)), "2 times as much"),
        ("channels", in_features(count=lambda out: out.shape[1]), "number of channels"),
        ("height x width", in_features(count=lambda out: out[0, 0].numel()), "height x width"),
        ("the width", in_features(count=lambda out: out.shape[-1]), "one side"),
        ("square", in_features(count=lambda out: out.shape[1] * out.shape[2] ** 2), "need not be equal"),
        ("the picture", picture_itself, "picture itself"),
        ("the shape", in_features(count=lambda out: out.shape), "Return one number"),
        ("not for flat ones", in_features(count=lambda out: math.prod(out.shape[1:3])), "and the head takes"),
        ("by a formula", from_the_last_convolution, r"\[1, 28, 28\]"),
        ("gradients", in_features(mode=torch.enable_grad), "gradients were prepared"),
        ("left in eval mode", in_features(restore=nothing), "left in eval mode"),
        (
            "left in training mode",
            in_features(restore=lambda features, _: features.train()),
            "left in training mode",
        ),
        ("no eval mode", in_features(prepare=nothing), "call eval"),
        ("no batch", in_features(lambda shape: torch.zeros(shape)), "even of one picture"),
        ("switched off for good", switches_off_for_good, "for good"),
        ("frozen", freezes, "no longer require gradients"),
        ("a layer more", appends_a_layer, "changed the layers"),
        ("joined", shape_joined, "list with the shape"),
    ],
}

SAME_MISTAKE = {
    "03.1": [(lambda image: image.permute(1, 2, 0) @ torch.tensor(GREY), "unsqueeze")],
    "03.3": [(by_the_layer, "ready-made conv2d")],
    "03.5": [(lambda x, size: nn.MaxPool2d(size)(x[None])[0], "ready-made max_pool2d")],
}

RIGHT = {
    "03.1": [
        grey_channel_by_channel,
        grey_by_numpy,
        grey_by_a_convolution,
        lambda image: torch.einsum("c,chw->hw", torch.tensor(GREY), image).unsqueeze(0),
        lambda image: (0.2989 * image[0] + 0.587 * image[1] + 0.114 * image[2])[None],  # torchvision's
        lambda image: (image.permute(1, 2, 0) @ torch.tensor(GREY)).unsqueeze(0).double(),
        lambda image: 0.299 * image[0:1] + 0.587 * image[1:2] + 0.114 * image[2:3],
    ],
    "03.2": [
        by_formula(),
        by_counting_places,
        lambda *case: math.floor(not_rounded(*case)),
        lambda *case: np.floor(not_rounded(*case)),
        lambda *case: torch.tensor(by_formula()(*case)),
    ],
    "03.3": [
        reset(2),
        sliding,
        by_unfold,
        by_columns,
        by_shifting,
        by_numpy_windows,
        by_lists,
        lambda x, k: sliding(x, k).double(),
    ],
    "03.4": [
        kernel([-3.0, 0, 3], [-10, 0, 10], [-3, 0, 3]),
        kernel([0.0, 0, 0], [0, -1, 1], [0, 0, 0]),
        kernel([-1.0, 1, 0], [-1, 1, 0], [-1, 1, 0]),
        kernel([0.0, 0, 0], [-1, 0, 1], [0, 0, 0]),
        lambda: torch.outer(torch.tensor([1.0, 2, 1]), torch.tensor([-1.0, 0, 1])),
        lambda: torch.from_numpy(np.array([[-0.5, 0, 0.5], [-1.0, 0, 1.0], [-0.5, 0, 0.5]])),
        lambda: nn.Parameter(SOBEL.clone()),
    ],
    "03.5": [
        pooled,
        cut_and_reshaped,
        pooled_by_unfold,
        pooled_by_numpy,
        pooled_from_minus_infinity,
        lambda x, size: pooled(x, size).tolist(),
    ],
    "03.6": [
        counted_on_a_layer,
        lambda i, o, k, b: o * (i * k**2 + b),
        lambda i, o, k, b: np.prod([o, i, k, k]) + (o if b else 0),
        lambda i, o, k, b: torch.empty(o, i, k, k).numel() + o * int(b),
    ],
    "03.7": [
        field,
        backwards,
        recursively,
        by_numpy_strides,
        lambda layers: torch.tensor(field(layers)),
        lambda layers: (
            1 + sum((k - 1) * math.prod(s for _, s in layers[:at]) for at, (k, _) in enumerate(layers))
        ),
    ],
    "03.8": [
        shapes(),
        shapes(change=lambda s, n: tuple(torch.Size(shape) for shape in s)),
        shapes(pool=lambda n: math.floor((n - 2) / 2 + 1), second=lambda n: np.ceil(n / 2)),
        shapes(change=lambda s, n: [np.array(shape) for shape in s]),
        shapes(second=lambda n: int((n + 2 - 3) / 2) + 1),
    ],
    "03.9": [
        lambda k, d: k // 2 * d,
        lambda k, d: (d * (k - 1) + 1) // 2,
        lambda k, d: int(d * (k - 1) / 2),
        lambda k, d: torch.tensor(d * (k - 1) // 2),
        lambda k, d: np.int64(d * (k - 1) // 2),
        kept_by_trying,
    ],
    "03.10": [
        in_features(),
        in_features(mode=torch.no_grad, count=lambda out: out.flatten().shape[0]),
        in_features(lambda shape: torch.rand(1, *shape), lambda out: nn.Flatten()(out).shape[1]),
        on_a_copy,
        layer_by_layer,
        on_the_meta_device,
    ],
}
