"""Lesson 03, how a computer sees: its exercises."""

import math
from itertools import product

import torch
from torch import nn
from torch.nn import functional as F

from helpers.course.exercises import differs, exercise
from helpers.course.observing import plain


def rand(*shape):
    return torch.rand(shape, generator=torch.Generator().manual_seed(sum(shape)))


def to_grey(image):
    weights = torch.tensor([0.299, 0.587, 0.114]).reshape(3, 1, 1)  # one for each channel
    return (weights * image).sum(dim=0, keepdim=True)  # [1, H, W]


GREY = torch.tensor([0.299, 0.587, 0.114])
COLOURS = [[1.0, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 1], [0, 0, 0], [0.5] * 3, [1, 0.5, 0], [0.2, 0.4, 1]]


def grey(*weights):
    return lambda image: (torch.tensor(weights).reshape(3, 1, 1) * image).sum(0, keepdim=True)


exercise(
    "03.1",
    to_grey,
    probes=[(torch.tensor(COLOURS).T.reshape(3, 2, 4),), (rand(3, 1, 1),), (rand(3, 5, 3),)],
    says="White stays 1 since the weights add up to 1, and green counts most, as it does for the eye.",
    ready_made="rgb_to_gray.*|.*Grayscale",
    tolerance=2e-4,  # 0.2989 for red, as torchvision has it, is right
    mistakes={
        "That is the mean of the channels. The eye sees green as the brightest.": lambda x: x.mean(0, True),
        "That is the plain sum: white would be 3. Weight the channels first.": grey(1, 1, 1),
        "The weights add up to 1 already, so don't divide their sum.": lambda x: to_grey(x) / 3,
        "That is 0 to 255. The picture has 0 to 1, and so has its grey one.": lambda x: to_grey(x) * 255,
        "The weights are 0.299, 0.587, 0.114.": (grey(0.3, 0.59, 0.11), grey(0.2126, 0.7152, 0.0722)),
        "0.299 is for red, 0.587 for green.": (grey(0.114, 0.587, 0.299), grey(0.587, 0.299, 0.114)),
        "That is one channel alone. All three count.": (lambda x: x[1:2], lambda x: x.amax(0, True)),
        "Weights of shape [3] lie along the width. Reshape them to [3, 1, 1].": lambda x: GREY * x,
        "The channels come first: image[0] is red.": lambda x: (x[..., :3] * GREY).sum(2)[None],
        "The channel is gone. Keep it with keepdim=True, or add it by unsqueeze(0).": lambda x: to_grey(x)[0],
        "There are 3 channels still. Add up the three weighted ones.": lambda x: GREY.reshape(3, 1, 1) * x,
        "Return the shape [1, H, W].": (lambda x: to_grey(x).permute(1, 2, 0), lambda x: to_grey(x)[None]),
    },
    also_right=[lambda x: F.conv2d(x[None], GREY.reshape(1, 3, 1, 1))[0]],
)


def output_size(size, kernel_size, stride, padding, dilation):
    reach = dilation * (kernel_size - 1) + 1  # how many pixels the kernel spans
    return (size + 2 * padding - reach) // stride + 1


def sized(formula=lambda n, r, s: (n - r) // s + 1, reach=lambda k, d: d * (k - 1) + 1, pad=lambda p: 2 * p):
    return lambda n, k, s, p, d: formula(n + pad(p), reach(k, d), s)


ROWS = [(28, 5, 1, 0, 1), (28, 5, 1, 2, 1), (28, 5, 2, 0, 1), (28, 5, 1, 0, 2), (28, 5, 2, 2, 2)]
ROWS += [(224, 11, 4, 2, 1), (224, 7, 2, 3, 1), (20, 3, 1, 4, 4), (9, 3, 5, 0, 4)]
ROWS += [(size, *case) for *case, size in product((1, 4), (1, 3), (0, 1), (1, 2), (12,))]
exercise(
    "03.2",
    output_size,
    probes=ROWS,
    says=f"It agrees with nn.Conv2d in {len(ROWS)} cases, the first layers of AlexNet and ResNet among them.",
    ready_made="(?i:.*(conv|pool|fold).*)",
    mistakes={
        "Dilated, a kernel spans dilation x (kernel_size - 1) + 1 pixels.": sized(reach=lambda k, d: k),
        "With dilation 2, a kernel of 3 reaches over 5 pixels, not 6.": sized(reach=lambda k, d: d * k),
        "Dilation d leaves gaps of d - 1 pixels: 1 leaves none.": sized(reach=lambda k, d: k + d * (k - 1)),
        "A kernel has kernel_size - 1 gaps, not one.": sized(reach=lambda k, d: k + d - 1),
        "A place is missing: a kernel as large as the picture has one.": sized(lambda n, r, s: (n - r) // s),
        "Divide by the stride first, then + 1.": sized(lambda n, r, s: (n - r + 1) // s),
        "A place too many: a kernel of 3 spans 3 pixels, not 2.": sized(reach=lambda k, d: d * (k - 1)),
        "Padding adds pixels on both sides: 2 x padding.": (sized(pad=lambda p: p), sized(pad=lambda p: 0)),
        "Your result doesn't depend on the stride of the kernel.": sized(lambda n, r, s: n - r + 1),
        "There is no part of a pixel: round down, with //.": sized(lambda n, r, s: (n - r) / s + 1),
        "Rounded up, past the edge: round down, with //.": sized(lambda n, r, s: math.ceil((n - r) / s) + 1),
        "The size stays only for some paddings. Work it out from all that is given.": lambda n, *_: n,
        "Return one number: the picture is as wide as it is high.": lambda *case: (output_size(*case),) * 2,
    },
    also_right=[sized(lambda n, r, s: len(range(0, n - r + 1, s)))],
)


def convolve(image, kernel):
    kh, kw = kernel.shape
    height, width = image.shape[0] - kh + 1, image.shape[1] - kw + 1
    result = torch.zeros(height, width)
    for row in range(height):
        for column in range(width):
            window = image[row : row + kh, column : column + kw]  # [kh, kw]
            result[row, column] = (window * kernel).sum()
    return result


def seeing(see):
    """Return a convolution that makes a number of each window, [rows, columns, kh, kw], in another way."""
    return lambda x, k: see(x.unfold(0, len(k), 1).unfold(1, len(k[0]), 1), k)


IMAGE, KERNEL = (torch.arange(35.0) * 8 % 11 - 3).reshape(5, 7), torch.tensor([[1.0, 2, -1], [4, 3, -2]])
RANDOM = [(rand(h, w), rand(i, j) - 0.5) for h, w, i, j in ((6, 3, 3, 1), (3, 8, 1, 4), (7, 6, 7, 6))]
exercise(
    "03.3",
    convolve,
    probes=[(IMAGE, KERNEL), (IMAGE[:3, :4], KERNEL), *RANDOM],
    says="The same numbers as F.conv2d: laid on, multiplied, summed, moved on by one.",
    ready_made=".*[Cc]onv.*",
    errors={
        r"size=\[\]|only one element|cannot be converted": "Each place gives one number: sum, with .sum().",
        "must match the size|out of bounds": "With kh, kw = kernel.shape, (H - kh + 1) x (W - kw + 1) fit.",
    },
    mistakes={
        "Your kernel is turned by 180 degrees. Lay it on as it is.": lambda x, k: convolve(x, k.flip(0, 1)),
        "That is the mean of the products. Take their sum.": seeing(lambda w, k: (w * k).mean((2, 3))),
        "@ is the matrix product. Use *, number by number.": seeing(lambda w, k: (w @ k.T).sum((2, 3))),
        "You multiplied two sums. Multiply first, then sum.": seeing(lambda w, k: w.sum((2, 3)) * k.sum()),
        "That is the sum of the pixels. Multiply by the kernel first.": seeing(lambda w, k: w.sum((2, 3))),
        "Each result has those before it in it. Set the sum back to 0 at each new place of the kernel, "
        "inside both loops.": lambda x, k: convolve(x, k).flatten().cumsum(0).view(convolve(x, k).shape),
        "Set the sum back to 0 at each place, not once a row.": lambda x, k: convolve(x, k).cumsum(1),
        "That is the last product alone. Add them up, with +=.": seeing(lambda w, k: (w * k)[..., -1, -1]),
        "All results are 0: nothing was written into them.": lambda x, k: convolve(x, k) * 0,
        "The first place counts too: H - kh + 1 and W - kw + 1.": lambda x, k: convolve(x, k)[:-1, :-1],
        "A kernel's width is kernel.shape[1], not its height.": lambda x, k: convolve(x, k[:, : len(k)]),
        "The stride is 1: windows overlap.": lambda x, k: convolve(x, k)[:: len(k), :: len(k[0])],
        "You padded the picture: keep the kernel inside.": tuple(
            lambda x, k, pad=pad: convolve(F.pad(x, pad), k) for pad in ((2, 2, 1, 1), (1, 1, 1, 1))
        ),
        "Without padding there are only H - kh + 1 rows.": lambda x, k: F.pad(convolve(x, k), (0, 2, 0, 1)),
        "That is a single number. Is the return inside a loop?": lambda x, k: convolve(x, k)[0, 0],
        "Return the numbers as [rows, columns].": lambda x, k: convolve(x, k)[None, None],
    },
    also_right=[seeing(lambda w, k: (w * k).sum((2, 3))), lambda x, k: convolve(x, k).tolist()],
)


def edge_kernel():
    # This one is known as the Sobel kernel; there are many other right answers.
    return torch.tensor([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]])


def kernel_seen(edge_kernel):
    """Look at a kernel up to its first fault."""
    kernel = edge_kernel()
    if not isinstance(kernel, torch.Tensor) or kernel.shape != (3, 3) or not kernel.is_floating_point():
        return {"the result": "no tensor of 3 x 3 floats"}
    kernel, edge = kernel.detach().float(), torch.tensor([[0.0, 0, 0, 1, 1, 1]] * 6)
    pictures = torch.stack([torch.ones(6, 6), edge, edge.T])[:, None]
    flat, vertical, horizontal = F.conv2d(pictures, kernel[None, None])
    faults = {
        "a kernel that doesn't give 0 on a flat area": not flat.abs().max() < 1e-5,
        "a kernel with a negative answer": vertical.min() < -1e-5,
        "a kernel for horizontal edges": horizontal.abs().max() > 1e-5 > vertical.max(),
        "a kernel for horizontal edges too": horizontal.abs().max() > 1e-5,
        "a kernel with weak answers": vertical.max() < 1 - 1e-5,
        "a multiple of section 4's kernel": kernel.allclose(kernel[0, 2] * torch.tensor([-1.0, 0, 1])),
        "a kernel for vertical edges": True,
    }
    return {"the result": next(fault for fault, found in faults.items() if found)}


def kernel(*rows):
    return lambda: torch.tensor(rows)


exercise(
    "03.4",
    edge_kernel,
    observe=kernel_seen,
    says="It answers to an edge from dark to bright with 1 or more; on flat areas it stays silent.",
    mistakes={
        "Return a torch.tensor of three rows of three floats, with -1.0 in place of -1.": kernel([-1, 0, 1]),
        "On a flat area it doesn't give 0: the nine numbers must add up to 0.": lambda: edge_kernel() + 1,
        "An answer is negative. Negative numbers belong left, positive ones right.": lambda: -edge_kernel(),
        "It answers to horizontal edges, where dark is above bright: transpose it.": lambda: edge_kernel().T,
        "Horizontal edges count too: let each row add up to 0.": kernel([-1.0, -1, 0], [-1, 0, 1], [0, 1, 1]),
        "Its answers are below 1. Let the right column add up to 1 or more.": lambda: edge_kernel() / 8,
        "That is a multiple of section 4's kernel. Change a row's weight.": kernel(*[[-2.0, 0, 2]] * 3),
    },
    also_right=[kernel([0.0, 0, 0], [-1, 1, 0], [0, 0, 0]), lambda: nn.Parameter(edge_kernel() / 4)],
)


def max_pool(image, size):
    height, width = image.shape[0] // size, image.shape[1] // size
    result = torch.zeros(height, width)
    for row in range(height):
        for column in range(width):
            top, left = row * size, column * size
            result[row, column] = image[top : top + size, left : left + size].max()
    return result


def pooling(see, stride=None):
    """Return a pooling that makes a number of each window, [rows, columns, size x size], in another way."""
    return lambda x, n: see(x.unfold(0, n, stride or n).unfold(1, n, stride or n).flatten(2))


dense = pooling(lambda w: w.amax(2), stride=1)
SIGNED = [[1.0, 5, -2, -7, 0, 3], [2, 4, -3, -9, 8, -1], [-6, -4, 7, 2, -5, 9], [-8, -6, 1, 6, -2, 4]]
WINDOWS = [(rand(h, w) - 1.2, n) for h, w, n in ((5, 7, 2), (5, 4, 2), (9, 6, 3), (3, 2, 1), (4, 4, 4))]
exercise(
    "03.5",
    max_pool,
    probes=[(torch.tensor(SIGNED), 2), (torch.tensor(SIGNED[:2]), 2), *WINDOWS],
    says="As F.max_pool2d: a quarter of the numbers for size 2, nothing learned, negative ones kept.",
    ready_made="(?i:.*pool.*)",
    errors={"out of bounds": "There are H // size rows of windows, and W // size in each. Stop after them."},
    mistakes={
        "A window of negative numbers gives 0: start with -inf, not 0.": lambda x, n: max_pool(x, n).relu(),
        "That is the mean: average pooling. Take the largest.": pooling(lambda w: w.mean(2)),
        "That is the sum of each window. Take the largest number in it.": pooling(lambda w: w.sum(2)),
        "A negative number is smaller than 2, however far from 0.": lambda x, n: max_pool(x.abs(), n),
        "That is the upper left pixel of each window. Look at all its pixels.": pooling(lambda w: w[..., 0]),
        "max(dim=...) also gives positions. Take .values, or use amax.": pooling(lambda w: w.max(2)),
        "A window lies in several rows. Reshape to [rows, size, columns, size], and take the largest along "
        "dimensions 1 and 3.": lambda x, n: x.reshape(len(x) // n, len(x[0]) // n, n, n).amax((2, 3)),
        "Your windows overlap. Each begins where the one before it ends: at row * size and column * size, "
        "not 1 later.": (dense, lambda x, n: dense(x, n)[: len(x) // n, : len(x[0]) // n]),
        "Before you reshape, cut off the rows and columns at the end that fill no window. Then the rest can "
        "be split.": lambda x, n: x.reshape(len(x) // n, n, len(x[0]) // n, n).amax((1, 3)),
        "Drop the last rows: they fill no window.": lambda x, n: max_pool(F.pad(x, (0, 1) * 2, value=-9), n),
        "You halved the picture. The window is `size` pixels wide and high.": lambda x, n: max_pool(x, 2),
        "The picture has kept its size. Each window becomes one number.": lambda x, n: x,
        "That is one number. Each window gives one.": (lambda x, n: x.max(), lambda x, n: x[:n, :n].max()),
    },
    also_right=[pooling(lambda w: w.max(2).values)],
)


def conv_parameters(in_channels, out_channels, kernel_size, bias):
    weights = out_channels * in_channels * kernel_size * kernel_size
    return weights + out_channels if bias else weights


exercise(
    "03.6",
    conv_parameters,
    probes=[(3, 8, 5, True), (3, 8, 5, False), (1, 1, 3, True), (1, 1, 3, False), (16, 4, 1, True)],
    says="The first layer of VGG16 has 1,792 parameters, and the size of the picture plays no part in it.",
    ready_made=".*[Cc]onv.*|.*[Ll]inear",
    mistakes={
        "A kernel is as deep as the picture: times in_channels.": lambda i, o, k, b: o * k * k + o * b,
        "That is one kernel. There is one for each of the out_channels.": lambda i, o, k, b: i * k * k + b,
        "Each output looks at each input: multiply, don't add.": lambda i, o, k, b: (i + o) * k * k + o * b,
        "kernel_size 3 means 3 x 3 numbers: take it twice.": lambda i, o, k, b: i * o * k + o * b,
        "kernel_size 3 means 3 x 3 numbers, not 2 x 3: square it.": lambda i, o, k, b: i * o * 2 * k + o * b,
        "The kernel is missing: each pair of channels has k x k numbers.": lambda i, o, k, b: i * o + o * b,
        "There is no bias where bias is False.": lambda i, o, k, b: i * o * k * k + o,
        "Where bias is True, there are biases too.": lambda i, o, k, b: i * o * k * k,
        "One bias in all is too few: each output channel has its own.": lambda i, o, k, b: i * o * k * k + b,
        "Biases belong to the output channels, not to the input's.": lambda i, o, k, b: i * (o * k * k + b),
        "An output channel has one bias, not one for each input.": lambda i, o, k, b: i * o * (k * k + b),
        "A bias is one number, not one for each place in the kernel.": lambda i, o, k, b: (i + b) * o * k * k,
        "Return one number: weights and biases together.": lambda i, o, k, b: (i * o * k * k, o * b),
    },
    also_right=[lambda i, o, k, b: torch.empty(o, i, k, k).numel() + o * b],
)


def receptive_field(layers):
    seen, jump = 1, 1  # jump: how many pixels of the picture lie from one output to the next
    for kernel_size, stride in layers:
        seen += (kernel_size - 1) * jump
        jump *= stride
    return seen


def field(start=1, add=lambda k, j, s: (k - 1) * j, jump=lambda j, s: j * s):
    """Return an answer with another start, or another change of what is seen, or of the jump, by a layer."""

    def seen(layers):
        r, j = start, 1
        for k, s in layers:
            r, j = r + add(k, j, s), jump(j, s)
        return r

    return seen


STACKS = [[(5, 2)], [(3, 1)], [(3, 1), (3, 1)], [(2, 2), (3, 1)], [(3, 2), (3, 2), (3, 2)]]
STACKS += [[(3, 1), (3, 1), (2, 2)] * 2, [(7, 2), (3, 2), (3, 1), (1, 2), (3, 1)], []]
exercise(
    "03.7",
    receptive_field,
    probes=[(layers,) for layers in STACKS],
    says="Stacked small kernels see far, and every stride before them makes them see farther.",
    mistakes={
        "After a stride of 2, the next layer adds (kernel_size - 1) x 2.": field(jump=lambda j, s: 1),
        "Two kernels of 3 in a row see 5 pixels: windows overlap. Start with 1, and add (kernel_size - 1) x "
        "jump.": (field(0, lambda k, j, s: k * j), lambda x: math.prod(k for k, _ in x)),
        "A layer's own stride counts for the layers after it. Add (kernel_size - 1) x jump first, and then "
        "multiply.": (field(1, lambda k, j, s: (k - 1) * j * s), field(1, lambda k, j, s: (k - 1) * s)),
        "Strides multiply: after two strides of 2, neighbours are 4 pixels apart, and after three of them 8 "
        "pixels.": (field(jump=lambda j, s: s), field(jump=lambda j, s: j + s - 1)),
        "Only the strides of the layers before it count for a layer.": lambda x: receptive_field(x[::-1]),
        "A pair has the kernel's size first.": lambda x: receptive_field([(s, k) for k, s in x]),
        "That is the jump. Return how far one output sees.": lambda x: math.prod(s for _, s in x),
        "That is one kernel's size. Return what all layers add up to.": lambda x: x[0][0] if x else None,
        "Before any layer an output sees 1 pixel, itself: start with 1.": lambda x: receptive_field(x) - 1,
        "Without any layer, an output sees 1 pixel, itself.": lambda x: receptive_field(x) if x else 0,
    },
    also_right=[lambda x: 1 + sum((k - 1) * math.prod(s for _, s in x[:i]) for i, (k, _) in enumerate(x))],
)


def shapes_through(size):
    first = size - 5 + 1
    pooled = first // 2
    second = (pooled + 2 * 1 - 3) // 2 + 1
    return [
        [1, 8, first, first],
        [1, 8, first, first],  # a ReLU keeps the shape
        [1, 8, pooled, pooled],
        [1, 16, second, second],
        [1, 16, second, second],
        [1, 16 * second * second],
        [1, 10],
    ]


def shapes_seen(answer, size):
    """Look at a list of shapes up to the first wrong one: those after it follow from it."""
    shapes = answer(size)
    shapes = [plain(shape) for shape in shapes] if isinstance(shapes, list | tuple) else []
    if [isinstance(shape, torch.Tensor) and shape.ndim for shape in shapes] != [1] * 7:
        return {"the result": "no list of seven shapes"}
    seen = {"the result": "a list of seven shapes"}
    for i, right in enumerate(shapes_through(size)):
        seen[f"the shape after layer {i + 1}"] = shapes[i]
        if shapes[i].tolist() != right:
            break
    return seen


def spoilt(layer, change=lambda shape: [*shape[:-1], 5]):
    """Return an answer with another shape after a layer."""
    return lambda n: [change(s) if i == layer else s for i, s in enumerate(shapes_through(n), 1)]


LAYERS = [  # what a wrong shape after each layer tells
    "A kernel of 5 without padding takes 4 pixels away: [1, 8, size - 4, size - 4].",
    "A ReLU changes numbers and never a shape.",
    "MaxPool2d(2) halves height and width, rounded down: its stride is 2, and a last column is dropped.",
    "With stride 2, and padding 1 on both sides, a side H becomes (H + 2 - 3) // 2 + 1; the channels are 16.",
    "The second ReLU doesn't change the shape either.",
    "Flatten puts all numbers of a picture in a row: [1, C x H x W].",
    "Linear(..., 10) gives 10 numbers for each picture: [1, 10].",
]
exercise(
    "03.8",
    shapes_through,
    probes=[(size,) for size in (32, 33, 34, 7)],
    observe=shapes_seen,
    says="You read a network without running it. With 32 x 32 pixels, the linear layer has in_features=784.",
    ready_made="(?i:.*(conv|pool).*|linear|relu|flatten|sequential)",
    mistakes={
        "Return a list of seven shapes, one after each layer. A ReLU and Flatten have theirs too, and the "
        "picture's own shape is not among them.": differs("the result", lambda n: shapes_through(n)[1:]),
        "The first shape is that after layer 1.": lambda n: [[1, 3, n, n], *shapes_through(n)[:-1]],
        "Each shape begins with the batch, 1.": tuple(spoilt(i, lambda s: s[1:]) for i in (1, 6, 7)),
        "PyTorch has the channels before height and width.": spoilt(1, lambda s: [1, s[2], s[2], 8]),
        "You give the shapes of size 32 for another size: use `size`.": lambda n: shapes_through(32),
    }
    | {hint: differs(f"the shape after layer {i}", spoilt(i)) for i, hint in enumerate(LAYERS, 1)},
    also_right=[lambda n: tuple(torch.Size(shape) for shape in shapes_through(n))],
)


def same_padding(kernel_size, dilation):
    return dilation * (kernel_size - 1) // 2  # half of what the picture would lose


exercise(
    "03.9",
    same_padding,
    probes=[(5, 1), (3, 1), (3, 2), (5, 2), (1, 1), (7, 1), (7, 3), (1, 5), (11, 4)],
    says="The size stays for every odd kernel. An even one, undilated, would need one pixel more on one "
    "side.",
    looks={"a float": lambda x: "." in f"{x}".split(",")[0]},  # also in a list or tensor
    mistakes={
        "Right while dilation is 1: with 2, a kernel of 3 reaches over 5 pixels.": lambda k, d: k // 2,
        "That is the whole loss. Padding adds on both sides: take half.": lambda k, d: d * (k - 1),
        "A kernel of 3 needs 1 on each side, not 2. And dilation counts too.": lambda k, d: k - 1,
        "Only kernel_size - 1 steps are stretched: subtract 1 first.": lambda k, d: d * k // 2,
        "The kernel's middle needs no padding: halve one less.": lambda k, d: (d * (k - 1) + 1) / 2,
        "A kernel has kernel_size - 1 gaps, not one. All of them count.": lambda k, d: (k + d - 1) // 2,
        "Dilation stretches each step, once.": (lambda k, d: k // 2 + d - 1, lambda k, d: k // 2 * d * d),
        "That is right for kernels of 3 only. A larger one needs more.": (lambda k, d: d, lambda k, d: 1),
        "Without padding the picture shrinks, by dilation x (kernel_size - 1) pixels.": lambda k, d: 0,
        "That is the kernel's reach. How much does it lack on each side?": lambda k, d: d * (k - 1) + 1,
        "That is a float. nn.Conv2d takes an int: divide with //.": lambda k, d: d * (k - 1) / 2,
        'padding="same" lets nn.Conv2d work it out. Here you do: return the number.': lambda k, d: "same",
        "Return one number: the padding on each side.": lambda k, d: (same_padding(k, d),) * 2,
    },
    also_right=[lambda k, d: k // 2 * d, lambda k, d: torch.tensor((d * (k - 1) + 1) // 2)],
)


def head_in_features(features, shape):
    was_training = features.training
    features.eval()
    with torch.inference_mode():
        out = features(torch.zeros(1, *shape))  # a batch of one
    features.train(was_training)
    return out.numel()


def traces_seen(answer, features, shape):
    graphs = []
    for layer in features.modules():
        layer.register_forward_hook(lambda *_: graphs.append(torch.is_grad_enabled()))
    with torch.enable_grad():  # whatever the answer switches, it ends with this block
        return {
            "the result": answer(features, shape),
            "the switch of gradients": torch.is_grad_enabled(),
            "a graph": any(graphs),
            "`features` afterwards": features,
            "`shape` afterwards": shape,
        }


def in_features(n=1, count=torch.numel, mode=torch.inference_mode, start=nn.Module.eval, end=nn.Module.train):
    """Return an answer with another part."""

    def answer(features, shape):
        was_training = features.training
        start(features)
        with mode():
            out = features(torch.zeros(n, *shape))
        end(features, was_training)
        return count(out)

    return answer


with torch.random.fork_rng(devices=[]):  # a check leaves the lesson's random numbers as they are
    EXTRACTORS = [
        (nn.Sequential(nn.Conv2d(3, 5, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)).eval(), [3, 12, 20]),
        (nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Dropout()), [3, 9, 7]),
        (nn.Sequential(nn.Conv2d(4, 3, 2), nn.Flatten()).eval(), [4, 6, 5]),
    ]
exercise(
    "03.10",
    head_in_features,
    probes=EXTRACTORS,
    observe=traces_seen,
    says="Whatever stands before the head, one picture tells its in_features, and the model is as it was.",
    errors={
        "expected 4D input": "BatchNorm2d wants a batch, even of one picture: [1, C, H, W].",
        "failed to unpack|must be tuple of ints": "`shape` is a list. Write `torch.zeros(1, *shape)`.",
        "index out of range|Dimension out": "Some features end in a Flatten: count with numel().",
    },
    mistakes={
        "That is the picture. Send it through, and count what comes out.": lambda f, shape: math.prod(shape),
        "That is the number of channels. Count height x width too.": in_features(count=lambda o: o.shape[1]),
        "That is height x width. The channels count too.": in_features(count=lambda out: out[0, 0].numel()),
        "That is one side. Count all numbers: C x H x W.": in_features(count=lambda out: out.shape[-1]),
        "Height and width may differ: use both.": in_features(count=lambda o: o.shape[1] * o.shape[2] ** 2),
        "That is C x H. The width counts too.": in_features(count=lambda out: math.prod(out.shape[1:3])),
        "The batch doesn't count. Send one picture.": tuple(in_features(n) for n in (2, 4, 8, 16, 32)),
        "Return one number: count what comes out, with numel().": in_features(count=lambda out: out.shape),
        "Don't calculate: send a picture through.": lambda f, s: len(f[0].bias) * (s[1] // 2) * (s[2] // 2),
        "Gradients stay switched off after your function, for all code that follows. A with block switches "
        "them on again.": in_features(start=lambda m: torch.set_grad_enabled(False) and m.eval()),
        "Prepare no gradients: use inference_mode().": differs(
            "a graph", in_features(mode=torch.enable_grad)
        ),
        "Don't add layers to `features`.": in_features(start=lambda m: m.append(nn.Flatten()).eval()),
        "BatchNorm2d has noted what it saw. Call features.eval() first.": in_features(start=id),
        "Leave requires_grad as it was.": in_features(start=lambda m: m.requires_grad_(False).eval()),
        "It came in training mode: end with features.train(was_training).": in_features(end=lambda *_: None),
        "It came in eval mode: features.train(was_training).": in_features(end=lambda m, _: m.train()),
        "Leave `shape` as it was.": lambda f, shape: (in_features()(f, shape), shape.insert(0, 1))[0],
    },
    also_right=[in_features(2, lambda out: out.flatten(1).shape[1], torch.no_grad)],
)
