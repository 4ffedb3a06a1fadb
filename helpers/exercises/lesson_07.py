"""Lesson 07, letters of sign language with a CNN: its exercises."""

import copy
import re
from itertools import pairwise
from statistics import mean, median, pstdev, stdev

import torch
from torch import Tensor, nn

from helpers.course.exercises import RESULT, When, differs, exercise
from helpers.exercises.common import layers_in_order


def as_images(rows):
    return rows.reshape(-1, 1, 28, 28)  # -1: as many pictures as there are


exercise(
    "07.1",
    as_images,
    probes=[(torch.arange(n * 784.0).reshape(n, 784),) for n in (3, 5, 1)],
    says="The pixel below another one stood 28 places further on; now it is its neighbour again.",
    looks={"the type": lambda images: getattr(images, "dtype", type(images))},
    errors={"is invalid for input": "N may be any number. In reshape, -1 means as many as there are."},
    mistakes={
        "The shape is still that of the rows. reshape() returns a new tensor: return it.": lambda rows: rows,
        "A grey picture has one channel: [N, 1, 28, 28].": lambda rows: rows.reshape(-1, 28, 28),
        "The channel comes before height and width.": lambda rows: rows.reshape(-1, 28, 28, 1),
        "That is one picture with 3 channels. N comes first.": lambda rows: rows.reshape(1, -1, 28, 28),
        "A batch of one keeps four dimensions: no squeeze().": lambda x: as_images(x).squeeze().unsqueeze(-3),
        "Rows have become columns. The first 28 numbers are the top row.": lambda rows: as_images(rows).mT,
        "The pictures stand on their heads. The first row is the top.": lambda rows: as_images(rows).flip(2),
        "The numbers of different pictures are mixed up. Don't transpose.": lambda rows: as_images(rows.T),
        "Only the shape changes. Don't divide the numbers.": lambda rows: as_images(rows) / 255,
        "Return a tensor of the same dtype.": differs("the type", lambda rows: as_images(rows).double()),
    },
)


def block_shapes(n, size, channels):
    shapes = []
    for out_channels in channels:
        size = size // 2  # the convolution keeps the size, the pooling halves it
        shapes.append([n, out_channels, size, size])
    shapes.append([n, channels[-1] * size * size])
    return shapes


def shapes(half=lambda size: size // 2, flat=lambda n, c, s: [n, c * s * s], block=lambda *shape: [*shape]):
    return lambda n, s, c: [block(n, k, s := half(s), s) for k in c] + [flat(n, c[-1], s)]


exercise(
    "07.2",
    block_shapes,
    probes=[(5, 64, [3, 6, 12, 10]), (32, 28, [16, 32, 64]), (1, 28, [8]), (2, 45, [7, 7])],
    says="Fewer places and more channels from block to block: less of where, more of what.",
    mistakes={
        "Add the shape after nn.Flatten(), [N, numbers].": lambda n, s, c: block_shapes(n, s, c)[:-1],
        "Leave out the shape of the input.": lambda n, s, c: [[n, 1, s, s], *block_shapes(n, s, c)],
        "7 pixels have no half: pooling leaves out the last row and column. Use //.": shapes(lambda s: s / 2),
        "Pooling rounds down: 7 pixels become 3.": shapes(lambda s: -(-s // 2)),
        "Each block ends in a pooling, which halves height and width.": shapes(lambda s: s),
        "Each block halves what the one before left.": lambda n, s, c: shapes(lambda s: s)(n, s // 2, c),
        "With padding=1 a convolution keeps the size.": shapes(lambda s: (s - 2) // 2),
        "Each shape begins with n.": lambda n, s, c: [shape[1:] for shape in block_shapes(n, s, c)],
        "Flatten keeps the batch: [N, numbers].": shapes(flat=lambda n, c, s: [n * c * s * s]),
        "Flatten makes one row of a picture: [N, numbers].": shapes(flat=lambda n, c, s: [n, c, s * s]),
        "After Flatten there are the numbers of all channels.": shapes(flat=lambda n, c, s: [n, s * s]),
        "A channel has height x width numbers.": shapes(flat=lambda n, c, s: [n, c * s]),
        "The order is [N, C, H, W]: channels before height.": shapes(block=lambda n, c, h, w: [n, h, w, c]),
        "Those channels go into a block. Others come out.": lambda n, s, c: block_shapes(n, s, [1, *c[:-1]]),
        "size may be another number than 28.": lambda n, s, c: block_shapes(n, 28, c),
        "Return a list of shapes.": lambda n, s, c: [shape[-1] for shape in block_shapes(n, s, c)[:-1]],
    },
)


def batch_norm_by_hand(x, eps):
    mean = x.mean(dim=(0, 2, 3), keepdim=True)  # [1, C, 1, 1]
    variance = x.var(dim=(0, 2, 3), correction=0, keepdim=True)  # [1, C, 1, 1]
    return (x - mean) / torch.sqrt(variance + eps)


def normed(dims=(0, 2, 3), by=lambda var, eps: (var + eps).sqrt(), sign=1, corrections=(0, 1)):
    return tuple(
        lambda x, eps, c=c: (x - sign * x.mean(dims, True)) / by(x.var(dims, correction=c, keepdim=True), eps)
        for c in corrections
    )


X = torch.randn(4, 4, 3, 5, generator=torch.Generator().manual_seed(7)) + 3
X *= torch.arange(1, 5).reshape(1, 4, 1, 1)
exercise(
    "07.3",
    batch_norm_by_hand,
    probes=[(X[:, :2], 0.5), (X[:3, :, :2, :4], 0.1), (X[:2, :3], 1e-5), (X[:1], 0.2)],
    ready_made=r"(?i).*(batch|instance|layer|group|rms)_?norm.*",
    says="The same as nn.BatchNorm2d as it starts; "
    "after that it learns a scale and a shift for each channel.",
    errors={"must match the size": "A mean of shape [C] lies along the width. keepdim=True: [1, C, 1, 1]."},
    mistakes={
        "You have a mean for each pixel. Take the mean over dimensions 0, 2 and 3.": normed((0,)),
        "You have a mean for each picture and channel. Take it over dimensions 0, 2 and 3.": normed((2, 3)),
        "You have a mean for each picture. Take it over dimensions 0, 2 and 3.": normed((1, 2, 3)),
        "You have one mean for everything. Take it over dimensions 0, 2 and 3.": normed((0, 1, 2, 3)),
        "Yours mixes the channels. Take dimensions 0, 2 and 3.": (*normed((1,)), *normed((0, 1))),
        "eps is missing: divide by sqrt(variance + eps).": normed(by=lambda var, eps: var.sqrt()),
        "eps belongs under the root: sqrt(variance + eps).": normed(by=lambda var, eps: var.sqrt() + eps),
        "You divide by the variance. Take its root: sqrt(variance + eps).": normed(by=torch.add),
        "You multiply by the root. Divide by it.": normed(by=lambda var, eps: 1 / (var + eps).sqrt()),
        "The mean is gone. Now divide by sqrt(variance + eps).": normed(by=lambda var, eps: 1),
        "The mean is still there. Subtract it first.": normed(sign=0),
        "Batch norm's variance divides by the count: correction=0.": normed(corrections=(1,)),
        "Return x itself, normalised.": lambda x, eps: (x.mean((0, 2, 3)), x.var((0, 2, 3))),
    },
)


def dropout(x, mask, p, training):
    if not training:
        return x
    return x * mask / (1 - p)  # False counts as 0, True as 1


def dropped(scale=lambda p, m: 1 / (1 - p), keep=lambda x, m: x * m, in_eval=lambda x, m, p: x):
    return lambda x, m, p, training: keep(x, m) * scale(p, m) if training else in_eval(x, m, p)


NUMBERS = torch.tensor([[1.0, -2, 3, 4, 5], [6, 7, -8, 9, 10]])
MASK = torch.tensor([[True, False, True, True, True], [False, True, True, False, True]])
exercise(
    "07.4",
    dropout,
    probes=[(NUMBERS, MASK, *case) for case in ((0.2, True), (0.2, False), (0.5, True), (0.9, True))],
    ready_made="(?i).*dropout.*",
    says="Over many draws, the mean of each number stays the same. So eval mode has nothing to scale.",
    mistakes={
        "The right numbers are 0, but the others should grow: divide them by 1 - p.": dropped(lambda p, m: 1),
        "You multiplied by 1 - p. Divide by it.": dropped(lambda p, m: 1 - p),
        "You multiplied by p. Divide by 1 - p, the share that stays on average.": dropped(lambda p, m: p),
        "You divided by p, the share that is dropped. Divide by 1 - p.": dropped(lambda p, m: 1 / (p or 1)),
        "1 + p is not the same as 1 / (1 - p). Divide by 1 - p.": dropped(lambda p, m: 1 + p),
        "x / 1 - p is (x / 1) - p. Write `/ (1 - p)`.": lambda x, m, p, t: x * m / 1 - p if t else x,
        "That is the share that stays in this mask. Divide by 1 - p.": dropped(lambda p, m: 10 / m.sum()),
        "True in the mask means that the number stays; you dropped those.": (
            *(dropped(scale, lambda x, m: x * ~m) for scale in (lambda p, m: 1, lambda p, m: 1 / (1 - p))),
        ),
        "In training, numbers are dropped.": (lambda x, *_: x, lambda x, m, p, t: dropout(x, m, p, not t)),
        "What is dropped becomes 0.": lambda x, m, p, t: torch.where(m, x / (1 - p), x) if t else x,
        "Use the mask that is given.": dropped(keep=lambda x, m: x * (torch.rand(2, 5) > 0.2)),
        "With training False nothing is done at all: the growing in training has seen to that.": (
            *(dropped(in_eval=lambda x, m, p, f=f: f * x) for f in (0.8, 1.25, MASK, 1.25 * MASK)),
        ),
        "What is dropped becomes 0; the shape stays.": lambda x, m, p, t: x[m] / (1 - p) if t else x,
    },
)


def conv_net(channels, classes):
    layers, in_channels, size = [], 1, 28
    for out_channels in channels:
        layers.append(nn.Conv2d(in_channels, out_channels, kernel_size=3, padding=1))
        layers.append(nn.BatchNorm2d(out_channels))
        layers.append(nn.ReLU())
        layers.append(nn.MaxPool2d(2))
        in_channels, size = out_channels, size // 2
    layers.append(nn.Flatten())
    layers.append(nn.Linear(in_channels * size * size, classes))
    return nn.Sequential(*layers)


IMAGES = torch.rand(4, 1, 28, 28, generator=torch.Generator().manual_seed(7))
SIZES, ORDER, OTHERS = "the shapes of the logits", "the order of the layers", "layers of other kinds"
ASKED, WEIGHTS = "Conv2d BatchNorm2d ReLU MaxPool2d Flatten Linear Identity", "the shapes of the weights"


def net_seen(answer, channels, classes):
    """Observe a net in training mode, where a convolution's bias changes nothing, for it may be left out."""
    model = answer(channels, classes)
    if not isinstance(model, nn.Module):
        return {RESULT: model if model is None else f"a {type(model).__name__}"}
    two = model(IMAGES[:2])  # from here on, lazy layers have their shapes
    for parameter in model.parameters():  # numbers by their shapes, in whatever order they were made
        generator = torch.Generator().manual_seed(parameter.numel())
        parameter.data = torch.rand(parameter.shape, generator=generator) - 0.5
    # A ReLU and a max pooling may be swapped: what comes out is the same.
    order = "|".join(layers_in_order(model.train(), IMAGES)).replace("max pooling|ReLU", "ReLU|max pooling")
    kinds = {type(layer).__name__ for layer in model.modules() if not list(layer.children())}
    others = " ".join(kind for kind in sorted(kinds) if hasattr(nn, kind) and kind not in ASKED) or "none"
    weights = sorted(str(list(parameter.shape)) for parameter in model.parameters() if parameter.ndim > 1)
    four = model(IMAGES)
    sizes = [two.shape, four.shape]
    seen = {RESULT: "a model", SIZES: sizes, ORDER: order.split("|"), OTHERS: others, WEIGHTS: weights}
    return {**seen, "the logits in training mode": four}


KINDS = {"c": lambda n: nn.LazyConv2d(n, 3, padding=1), "n": nn.BatchNorm2d, "r": lambda n: nn.ReLU()}


def net(order="cnrp", *end, **others):
    """Return a function that makes nets with layers in another order, with others or with more at the end."""
    kinds = KINDS | {"p": lambda n: nn.MaxPool2d(2)} | others
    return lambda channels, classes: nn.Sequential(
        *(kinds[kind](n) for n in channels for kind in order), nn.Flatten(), nn.LazyLinear(classes), *end
    )


def has(pattern, *examples):
    return When(lambda got, right: re.search(pattern, " ".join([*got[ORDER], got[OTHERS]])), examples)


exercise(
    "07.5",
    conv_net,
    observe=net_seen,
    probes=[([4, 6, 8], 5), ([2], 10), ([2, 3], 3), ([4, 3, 2, 5], 24)],
    says="Any depth in one line: [16, 32, 64] gives three blocks, as in this lesson but without dropout.",
    errors={
        "not a Module subclass|ModuleList": "nn.Sequential(*layers) makes a model of a list. Mind the star.",
        "mat1 and mat2|unpack|received an invalid|must be int": "The linear layer comes after nn.Flatten(). "
        "Its in_features is channels x height x width of what the last pooling leaves. With padding=1, each "
        "block halves the size and rounds down: size // 2.",
        "running_mean should": "BatchNorm2d has as many channels as the convolution before it gives.",
        r"to have \d+ channels": "A block takes as many channels as the one before gives; the first takes 1.",
        "IndexError": "channels may be of any length: go through it in a loop.",
    },
    mistakes={
        "That is a list. nn.Sequential(*layers) makes a model of it.": lambda c, k: list(conv_net(c, k)),
        "That is one net. Write a function that makes one, and give its name.": conv_net([8], 10),
        "The model gives one logit for each class, no more.": differs(SIZES, lambda c, k: conv_net(c, 24)),
        "Leave dropout out: it isn't asked for.": has("ropout", net("cnrdp", d=lambda n: nn.Dropout())),
        "There is no nn.BatchNorm2d in your blocks.": has("^(?!.*batch)", net("crp")),
        "Your blocks have no ReLU.": has(r"^(?!.*\bReLU)", net("cnp")),
        "Take nn.MaxPool2d(2) for the pooling.": has("^(?!.*max)", net("cnra", a=lambda n: nn.AvgPool2d(2))),
        "The ReLU comes after the batch norm.": has("convolution ReLU batch", net("crnp")),
        "The pooling comes last in a block.": has("^convolution.*ing batch", net("crpn"), net("cpnr")),
        "The model ends in one linear layer. CrossEntropyLoss wants its logits as they are.": has(
            "linear (ReLU|soft|log)", *(net("cnrp", f) for f in (nn.ReLU(), nn.Softmax(1), nn.LogSoftmax(1)))
        ),
        "Only the pooling makes pictures smaller: padding=1.": net(c=lambda n: nn.LazyConv2d(n, 3)),
        "Your net has a layer that isn't asked for. Leave it out.": differs(OTHERS, net("ccnrpe", e=nn.ELU)),
        "The layers are right, but some have other settings, or more is done between them. Undo that.": When(
            lambda got, right: all(got[label] == right[label] for label in (ORDER, OTHERS, WEIGHTS)),
            (net(n=lambda n: nn.BatchNorm2d(n, affine=False)),),
        ),
    },
    also_right=[net("cnpr")],
)


def jumpiness(values):
    total = 0
    for earlier, later in zip(values[:-1], values[1:], strict=True):
        total += abs(later - earlier)
    return total / (len(values) - 1)


def jumps(result, size=abs):
    return lambda values: result([size(later - earlier) for earlier, later in pairwise(values)])


exercise(
    "07.6",
    jumpiness,
    probes=[([60.0, 72, 69, 67, 81, 75],), ([5.0, 2],), ([1.0, 1, 4],), ([90.0, 91.5, 89, 90],)],
    says="A curve that still climbs moves too: measure it over the last epochs, where the climb is over.",
    errors={"index out of range": "values[i + 1] must exist too: stop one earlier."},
    mistakes={
        "Ups and downs cancel out. Use abs() first.": (jumps(mean, float), jumps(sum, float)),
        "6 values have only 5 changes between them. Divide by 5.": jumps(lambda d: sum(d) / (len(d) + 1)),
        "That is the sum of the distances. Divide by their number.": jumps(sum),
        "That is the largest distance. Take the mean of all.": jumps(max),
        "That is the range of all values. Take the mean of the distances.": lambda v: max(v) - min(v),
        "You squared the changes. Take the absolute value of each.": jumps(mean, lambda x: x**2),
        "The changes down count for nothing in yours. A fall is a jump too.": (
            *(jumps(f, lambda x: max(x, 0)) for f in (mean, lambda d: mean(filter(None, d)))),
        ),
        "values[-1] is the last value. Begin at position 1.": lambda v: jumpiness([v[-1], *v]),
        "That is the median. Take the mean.": jumps(median),
        "That is one distance alone.": (jumps(lambda d: d[0]), jumps(lambda d: d[-1])),
        "That is a spread around the mean. Take the changes from value to value.": (pstdev, stdev),
        "The list may have another length.": jumps(lambda distances: sum(distances) / 5),
        "Return one number: the mean of all distances.": jumps(list),
    },
)


def occlude(image, row, column, size):
    half = size // 2
    top, left = max(row - half, 0), max(column - half, 0)  # a slice must not begin below 0
    result = image.clone()
    result[:, top : row + half + 1, left : column + half + 1] = 0.5
    return result


def cover(start=lambda at, half: max(at - half, 0), end=lambda at, half: at + half + 1, value=0.5):
    def answer(image, row, column, size):
        rows, columns = (slice(start(at, size // 2), end(at, size // 2)) for at in (row, column))
        result = image.clone()
        result[:, rows, columns] = value
        return result

    return answer


RGB = torch.rand(3, 28, 28, generator=torch.Generator().manual_seed(7)) * 0.4
PLACES = [(10, 15, 5), (9, 4, 1), (1, 14, 7), (20, 0, 3), (27, 26, 9), (0, 0, 5)]
exercise(
    "07.7",
    occlude,
    probes=[*((RGB[:1], *place) for place in PLACES), (RGB[:, :12, :20], 10, 18, 5)],
    says="Slide it over a hand, ask the net each time, and you see which places it needs.",
    errors={
        "slice indices must be integers|interpreted as an integer": "Use size // 2.",
        "must match the size": "A picture may have any height and width, and one channel or three.",
        "out of bounds": "Leave out what lies beyond the border.",
    },
    mistakes={
        "The pixel is the square's middle.": cover(lambda at, half: at, lambda at, half: at + 2 * half + 1),
        "Half of size is size // 2.": lambda x, r, c, s: occlude(x, r, c, 2 * s + 1),
        "The last row and column are missing: a slice ends before its end. Add 1.": cover(end=int.__add__),
        "Row and column are swapped: image[:, row, column].": lambda x, r, c, s: occlude(x, c, r, s),
        "A slice must not begin below 0, for row -2 is the last but one. Use max(..., 0).": cover(
            int.__sub__
        ),
        "At a border, leave out what lies beyond, and nothing else.": (
            cover(end=lambda at, half: max(at - half, 0) + 2 * half + 1),
            lambda *given: y if ((y := occlude(*given))[0] == 0.5).sum() == given[3] ** 2 else given[0],
        ),
        "At the border, your square comes in again on the other side. Leave out what lies beyond.": (
            lambda x, r, c, s: occlude(x.roll((9 - r, 9 - c), (1, 2)), 9, 9, s).roll((r - 9, c - 9), (1, 2))
        ),
        "Nothing is covered: the picture is as it was.": lambda x, r, c, s: x,
        "Grey is 0.5: the picture goes from 0 to 1.": (*(cover(value=v) for v in (0, 1, 127, 127.5, 128)),),
        "Cover all channels: image[:, ...].": lambda x, *at: torch.cat([occlude(x[:1], *at), x[1:]]),
        "The rest of the picture is gone. Start from image.clone().": lambda x, *at: occlude(0 * x, *at),
        "Return all channels: the shape stays.": lambda *given: occlude(*given)[0],
    },
)


def predict(model, images):
    was_training = model.training
    model.eval()
    with torch.inference_mode():
        predictions = model(images).argmax(dim=1)  # [N]
    model.train(was_training)
    return predictions


LEFT, GRAPH = "the model's mode afterwards", "a graph for gradients"


def predict_seen(answer, mode, n):
    """Observe what comes out and what is left. A copy of the model has the hooks, too."""
    torch.manual_seed(n)
    model = nn.Sequential(nn.BatchNorm2d(1), nn.Dropout(0.5), nn.Flatten(), nn.Linear(16, 3))
    images, modes, graphs = torch.randn(n, 1, 4, 4) * 3 + 1, [], []
    model[1].register_forward_hook(lambda layer, *_: modes.append(layer.training))
    model[3].register_forward_hook(lambda layer, _, logits: graphs.append(logits.requires_grad))
    got = answer(model.train(mode == "training"), images)
    left = {"training" if layer.training else "eval" for layer in model.modules()}
    seen = {RESULT: got, "a tensor": got is None or isinstance(got, Tensor), LEFT: " and ".join(sorted(left))}
    seen["torch.is_grad_enabled() afterwards"] = torch.is_grad_enabled()
    torch.set_grad_enabled(True)  # for what is tried next
    return {**seen, "the images": images, "the model": model, GRAPH: any(graphs), "_training": any(modes)}


def asks(choose=lambda z: z.argmax(1), back=nn.Module.train, mode=nn.Module.eval):
    """Return answers that make mistakes with a graph and without."""

    def answer(model, images, graph):
        was, _ = model.training, mode(model)
        with torch.set_grad_enabled(graph):
            labels, _ = choose(model(images)), back(model, was)
        return labels

    return tuple(lambda model, images, graph=graph: answer(model, images, graph) for graph in (False, True))


exercise(
    "07.8",
    predict,
    observe=predict_seen,
    probes=[("training", 7), ("eval", 7), ("training", 1)],
    says="The model comes back as it went, so you may ask it in the middle of training.",
    mistakes={
        "The model was never asked: call model(images).": lambda model, images: torch.zeros(len(images)),
        "Dropout is at work in training mode: call model.eval() first.": differs("_training", *asks(mode=id)),
        "Each picture has 3 numbers still. Take argmax(dim=1).": asks(lambda z: z),
        "That is a label for each class. Compare along the classes: dim=1.": asks(lambda z: z.argmax(0)),
        "That is one label for all pictures. Give argmax the dim: dim=1.": asks(torch.argmax),
        "One picture has labels of shape [1]: no squeeze().": asks(lambda z: z.argmax(1).squeeze())[0],
        "Those are scores. A label is the place of the largest: argmax.": asks(lambda z: z.amax(1)),
        "That is the place of the smallest logit. Take argmax.": asks(lambda z: z.argmin(1)),
        "Return the labels alone, as a tensor.": differs("a tensor", *asks(lambda z: z.argmax(1).tolist())),
        "Its layers have a mode too: use train(was).": asks(back=lambda m, was: setattr(m, "training", was)),
        "Give back the mode it had: model.train(was_training).": differs(LEFT, *asks(back=lambda *_: None)),
        "You froze its parameters for good.": asks(mode=lambda model: model.eval().requires_grad_(False)),
        "Gradients were prepared. Ask within inference_mode().": differs(GRAPH, asks()[1]),
    },
    also_right=[torch.no_grad()(lambda model, images: copy.deepcopy(model).eval()(images).argmax(dim=1))],
)
