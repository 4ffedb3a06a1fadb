"""Lesson 10, a pretrained network: its exercises."""

import math
import re
from collections import OrderedDict

import numpy as np
import torch
from torch import Tensor, nn

from helpers.course.exercises import When, differs, exercise
from helpers.course.observing import plain


def then(solution, change):
    """Return an answer that changes a right result."""
    return lambda *given: change(solution(*given))


def top_k_accuracy(logits, targets, k):
    positions = logits.topk(k, dim=1).indices  # [N, k]
    found = (positions == targets[:, None]).any(dim=1)  # [N]
    return 100 * found.double().mean().item()


def ranked(top=lambda z, k: z.topk(k).indices, result=lambda found: 100 * found.any(1).double().mean()):
    return lambda z, t, k: result(top(z, k) == t[:, None])


MANY = torch.rand(97, 9, generator=torch.Generator().manual_seed(8)).argsort().float(), torch.arange(97) % 9
MANY[0][:, 8] = -1  # 8 is never among the first; all logits are whole numbers, as targets are
FEW = torch.tensor([[2.2, 1.1, 0.3], [0.4, 2.5, 1.6], [0.2, 1.5, 2.1], [1.2, 0.3, 2.4]])
SECOND = torch.tensor([0, 2, 0, 0])  # at the places 1, 2, 3, 2
exercise(
    "10.1",
    top_k_accuracy,
    probes=[(*MANY, 3), (FEW, SECOND, 2), (*MANY, 1), (FEW[:3], SECOND[:3], 1), (FEW[1:2], SECOND[1:2], 2)],
    says="With k = 1 it is accuracy as you know it. No softmax was needed: it keeps the order.",
    errors={"'bool'|ambiguous": "topk gives logits and positions. Look for a target in .indices."},
    mistakes={
        "Yours is a fraction. Give it in percent.": then(top_k_accuracy, lambda share: share / 100),
        "Divide the count by the number of pictures, and give percent.": ranked(result=torch.sum),
        "You look at the first answer only; k says how many.": lambda z, t, k: top_k_accuracy(z, t, 1),
        "You look at one answer more than k.": lambda z, t, k: top_k_accuracy(z, t, min(k + 1, z.shape[1])),
        "Keep the decimals.": (then(top_k_accuracy, round), then(top_k_accuracy, lambda s: s // 100 * 100)),
        "The positions are [N, k]. Compare them with targets[:, None], a column of shape [N, 1], not with "
        "the row of targets.": lambda z, t, k: 100 * (z.topk(k).indices == t).any(dim=1).double().mean(),
        "Take the k largest of each picture: dim=1.": ranked(lambda z, k: z.topk(k, dim=0).indices.T),
        "You look for a target among the answers to all pictures. Only those to its own picture count: "
        "compare row by row.": lambda z, t, k: 100 * torch.isin(t, z.topk(k).indices).double().mean(),
        "Ask each picture: any(dim=1).": ranked(result=lambda found: 100 * found.any(0).double().mean()),
        "A softmax over the pictures changes the order.": lambda z, t, k: top_k_accuracy(z.softmax(0), t, k),
        "Yours is the percentage of wrong pictures.": then(top_k_accuracy, lambda share: 100 - share),
        "Compare the positions with the targets, not the logits.": ranked(lambda z, k: z.topk(k).values),
        "One of the k is enough: any(dim=1).": ranked(result=lambda f: 100 * f.all(1).double().mean()),
        "Return one number for the whole batch, in percent.": ranked(result=lambda found: found.any(dim=1)),
    },
)


def normalise(images, mean, std):
    mean = torch.tensor(mean)[:, None, None]  # [3, 1, 1]
    std = torch.tensor(std)[:, None, None]
    return (images / 255 - mean) / std


def scaled(formula=lambda x, m, s: (x - m) / s, shape=(3, 1, 1)):
    return lambda x, *numbers: formula(x / 255, *(torch.tensor(three).reshape(shape) for three in numbers))


SIDES = enumerate([(3, 1, 2), (2, 3, 2, 2), (3, 5, 3), (3, 3, 3, 4)])
GIVEN = [0.4, 0.5, 0.3], [0.2, 0.25, 0.35]
exercise(
    "10.2",
    normalise,
    probes=[((torch.arange(math.prod(s)) * (51 - i) % 256).byte().reshape(s), *GIVEN) for i, s in SIDES],
    says="A shape [3, 1, 1] fits one picture and a batch: broadcasting counts from the right.",
    looks={"the dtype": lambda x: str(getattr(x, "dtype", "that of a list")).removeprefix("torch.")},
    errors={
        "'list'|not list|list indices": "`mean` and `std` are lists. torch.tensor(mean) makes a tensor.",
        r"of bounds for|permute\(": "A batch begins with the pictures; images[..., 0, :, :] is a channel.",
        "can't be cast": "Bytes can't hold the result, so -= and /= fail on them. Make new tensors.",
    },
    mistakes={
        "The mean is for pixels from 0 to 1. Divide by 255 first.": scaled(lambda x, m, s: (255 * x - m) / s),
        "Divide by 255, also where no pixel has 255.": scaled(lambda x, m, s: (x / x.max() - m) / s),
        "You don't divide by std.": scaled(lambda x, m, s: x - m),
        "You don't subtract the mean.": scaled(lambda x, m, s: x / s),
        "The mean and std are swapped.": lambda images, mean, std: normalise(images, std, mean),
        "First subtract the mean, then divide by std.": scaled(lambda x, m, s: x / s - m),
        "The difference needs brackets: Python divides first.": scaled(lambda x, m, s: x - m / s),
        "images // 255 leaves 0 and 1 only. Divide with /.": scaled(lambda x, m, s: (x // 1 - m) / s),
        "Those are the mean and std of the picture itself. The network expects the given ones for any "
        "picture.": scaled(lambda x, m, s: (x - x.mean((-2, -1), True)) / x.std((-2, -1), keepdim=True)),
        "[1, 3, 1, 1] adds a dimension to a single picture. [3, 1, 1] doesn't.": scaled(shape=(1, 3, 1, 1)),
        "Your three numbers go along another dimension than the channels. Give them the shape [3, 1, 1], "
        "as in section 2.": (scaled(shape=(3,)), scaled(shape=(3, 1)), scaled(shape=(3, 1, 1, 1))),
    },
)


def centre_crop(image, size):
    _, height, width = image.shape
    top = (height - size) // 2
    left = (width - size) // 2
    return image[:, top : top + size, left : left + size]


def crop(start=lambda side, size: (side - size) // 2, end=lambda a, side, size: a + size, sides=(1, 2)):
    def part(side, size):
        return slice(start(side, size), end(start(side, size), side, size))

    return lambda image, size: image[:, *(part(image.shape[i], size) for i in sides)]


SHAPES = [((3, 7, 10), 4), ((1, 3, 4), 2), ((3, 7, 4), 4), ((3, 8, 6), 5), ((3, 5, 5), 5), ((3, 6, 7), 1)]
exercise(
    "10.3",
    centre_crop,
    probes=[(torch.arange(float(math.prod(shape))).reshape(shape), size) for shape, size in SHAPES],
    says="So all that lies at the edge is lost. Now you know what the network doesn't get to see.",
    errors={
        "slice indices must be integers": "/ gives 1.0, and a slice wants 1. Divide with //.",
        "values to unpack": "image.shape has three numbers: channels, height, width.",
    },
    mistakes={
        "That is the top left corner. Start at half of what is left over.": crop(lambda a, b: 0),
        "That is the bottom right corner. Start at half of what is left over.": crop(lambda a, b: a - b),
        "top:-top is empty where nothing is cut off. End at top + size.": crop(end=lambda a, *_: -a),
        "You cut off the top and the left only. End a slice at start + size.": crop(end=lambda *_: None),
        "The channels come first.": lambda image, size: crop(sides=(2, 3))(image[None], size)[0],
        "Where an odd number is left over, cutting the same on both sides leaves one too many. End a slice "
        "at start + size.": crop(end=lambda a, side, _: side - a),
        "Height belongs to the rows, width to the columns, and each of them has a start of its own, at half "
        "of what is left over.": tuple(crop(sides=sides) for sides in ((2, 1), (1, 1), (2, 2))),
        "image.shape is channels, height, width, in this order.": crop(sides=(0, 1)),
        "Where an odd number is left over, the extra row goes at the bottom, the extra column on the right. "
        "Start at (height - size) // 2. (torchvision and height // 2 - size // 2 round otherwise.)": (
            crop(lambda side, size: (side - size + 1) // 2),
            crop(lambda side, size: side // 2 - size // 2),
        ),
        "Slice, don't resize.": lambda image, size: nn.functional.interpolate(image[None], size)[0],
    },
)


def door_decisions(logits, threshold):
    decisions = []
    for row in logits.softmax(dim=1):  # [1000]
        dogs, cats = row[151:269].sum(), row[281:286].sum()
        decisions.append("open" if dogs >= threshold and dogs > cats else "shut")
    return decisions


def door(rule=lambda d, c, t: d >= t and d > c, p=lambda z: z.softmax(1), add=torch.sum, ends=(0,) * 4):
    """Return a door with another rule, other numbers than probabilities, no sums, or moved ends."""
    dogs, cats = slice(151 + ends[0], 269 + ends[1]), slice(281 + ends[2], 286 + ends[3])
    return lambda z, t: ["open" if rule(add(row[dogs]), add(row[cats]), t) else "shut" for row in p(z)]


PICTURES = {  # for each threshold; what is missing of 100 % goes to all other categories
    0.5: "98 % of 151; 98 % of 268; 98 % of 150; 98 % of 269; 100 % of 281; 60 % of 200, 39 % of 283; "
    "25 % of 160, 35 % of 170, 38 % of 283; 30 % of 200, 60 % of 968; 50 % of 200, 50 % of 968",
    0.3: "45 % of 200, 20 % of 281, 30 % of 285; 45 % of 200, 30 % of 281, 20 % of 282; 55 % of 200, 35 % of "
    "283; 40 % of 200, 50 % of 280; 40 % of 200, 50 % of 286; 50 % of 200, 50 % of 283",
    0.8: "60 % of 200, 35 % of 283; 90 % of 200",
}


def doors_seen(answer, threshold):
    """Observe what the door does for each picture; texts count in a list, a tuple or an array."""
    names, rows = PICTURES[threshold].split("; "), []
    for name in names:
        shares = {int(i): float(share) for share, i in re.findall(r"(\d+) % of (\d+)", name)}
        rest = max(1e-30, 100 - sum(shares.values())) / (1000 - len(shares))
        rows.append(torch.tensor([shares.get(i, rest) for i in range(1000)]).log() + 9 - 2 * len(rows))
    got = plain(answer(torch.stack(rows), threshold))
    if not isinstance(got, tuple) or len(got) != len(rows) or not {*map(str, got)} <= {"open", "shut"}:
        return {"the result": got}
    labels = [f"the door for {name.replace('of', 'of category')}" for name in names]
    seen = dict(zip(labels, map(str, got), strict=True))
    return {"the result": f"a list of {len(got)} texts, each open or shut", **seen}


exercise(
    "10.4",
    door_decisions,
    observe=doors_seen,
    probes=[(threshold,) for threshold in PICTURES],
    says="And whatever is neither, a wolf or a cup or the dark, keeps the door shut.",
    errors={"is ambiguous|converted to Scalar": "There are many pictures: go through them row by row."},
    mistakes={
        "The last ones are missing: category 268 is a dog too, and category 285 a cat. A slice ends before "
        "its second number.": tuple(door(ends=e) for e in ((0, -1, 0, -1), (0, -1, 0, 0), (0, 0, 0, -1))),
        "Category 151 is the first dog, and category 281 the first cat. Positions count from 0, as in "
        "section 5.": tuple(door(ends=e) for e in ((1, 0, 1, 0), (1, 1, 1, 1), (-1, -1, -1, -1))),
        "You look at the most likely category only. Compare the sum of all dogs with the threshold.": (
            door(add=torch.max),
            lambda z, t: ["open" if 151 <= i <= 268 else "shut" for i in z.argmax(1)],
        ),
        "The door opens although all cats together have more.": door(lambda d, c, t: d >= t),
        "Cats may reach the threshold. Compare the two sums.": door(lambda d, c, t: d >= t and c < t),
        "Both must hold: and, not or.": door(lambda d, c, t: d >= t or d > c),
        "The threshold isn't used.": door(lambda d, c, t: d > c),
        "At least the threshold: exactly reached is enough, >=.": door(lambda d, c, t: d > t and d > c),
        "Only cats keep it shut, not all that is no dog.": door(lambda d, c, t: d >= t and d > 1 - d),
        "If both have the same, it stays shut: dogs > cats.": door(lambda d, c, t: d >= t and d >= c),
        "You add up logits. Only probabilities can be added: softmax first.": door(p=lambda z: z),
        "exp and sigmoid look at each category alone: softmax.": (door(p=torch.exp), door(p=torch.sigmoid)),
        "Your softmax goes over the pictures, dim=0. Take dim=1.": door(p=lambda z: z.softmax(dim=0)),
        "Your door never opens. Do you take columns, [:, 151:269]? Without the : a slice takes pictures. A "
        "mean is no sum, a log no probability.": (lambda z, t: ["shut"] * len(z), door(add=torch.mean)),
        'Return a list of texts, "open" or "shut", and nothing else.': (
            then(door_decisions, lambda words: [word == "open" for word in words]),
            then(door_decisions, lambda words: ["cat: shut" if w == "shut" else "dog: open" for w in words]),
        ),
        "Return a text for each picture, after the loop.": then(door_decisions, lambda words: words[:1]),
    },
    also_right=[then(door_decisions, np.array), then(door_decisions, lambda words: [*np.array(words)])],
)


def swap_channels(images):
    return images[:, [2, 1, 0]]


SIZES = [((3, 3, 3, 3), torch.uint8), ((1, 3, 2, 2), torch.float32), ((2, 3, 2, 2), torch.float32)]
exercise(
    "10.5",
    swap_channels,
    probes=[(torch.arange(math.prod(size)).reshape(size).to(dtype),) for size, dtype in SIZES],
    says="Done twice it changes nothing, so the same function goes from RGB to BGR and back.",
    looks={"the type": lambda x: x.dtype if isinstance(x, Tensor) else type(x).__name__},
    errors={"greater than zero": "A slice of a tensor can't go backwards. Use flip() or a list."},
    mistakes={
        "The colours are as they were: the first channel should be the third one now.": lambda x: x,
        "You changed the order of the pictures.": (lambda x: x.flip(0), lambda x: x[[2, 1, 0]]),
        "You mirrored the pictures. Channels are dimension 1.": (lambda x: x.flip(2), lambda x: x.flip(3)),
        "More was turned than the channels. They are dimension 1.": (
            tuple(lambda x, d=d: x.flip(d) for d in ((0, 1), (1, 2), (1, 3), (1, 2, 3), (0, 1, 2, 3)))
        ),
        "Green stays in the middle: [2, 1, 0].": (lambda x: x.roll(1, 1), lambda x: x.roll(-1, 1)),
        "One colour is there twice and another is lost: the channel that you write into first loses its "
        "old numbers. Take both from the original.": (lambda x: x[:, [2, 1, 2]], lambda x: x[:, [0, 1, 0]]),
        "images[:, 2] has no dimension for the channels any more, so joining gives another shape. Use "
        "torch.stack(..., dim=1).": (lambda x: x.flip(1).transpose(0, 1), lambda x: x.flip(1).flatten(1, 2)),
        "The shape should stay, with the channels in dimension 1.": lambda x: x.permute(0, 2, 3, 1),
    },
    also_right=[lambda images: images.flip(1)],
)


def share_in_percent(model, part):
    def count(network):
        return sum(parameter.numel() for parameter in network.parameters())

    return 100 * count(getattr(model, part)) / count(model)


def counted(inside=r"{}\.", size=lambda name, p: p.numel(), tensors=nn.Module.named_parameters):
    """Return an answer that picks parameters by their names, or counts something else of each."""

    def answer(model, part):
        sizes = {name: size(name, tensor) for name, tensor in tensors(model)}
        chosen = [name for name in sizes if re.match(inside.format(part), name)]
        return 100 * sum(sizes[name] for name in chosen) / sum(sizes.values())

    return answer


NORMED = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU()).requires_grad_(False)  # 112 + 8
FROZEN = nn.Sequential(OrderedDict(features=NORMED, pool=nn.Flatten(), head=nn.Linear(4, 6)))  # + 30
BODY = nn.Sequential(OrderedDict(head=nn.Linear(2, 3), neck=nn.Linear(3, 4)))  # 9 + 16
HEAD = nn.Sequential(nn.Linear(6, 2), nn.ReLU(), nn.Linear(2, 9, bias=False))  # 14 + 18
DEEP = nn.Sequential(OrderedDict(body=BODY, head=HEAD, head_norm=nn.LayerNorm(9)))  # + 18
LINES = nn.Sequential(*[nn.Linear(i + 1, 1) for i in range(12)])
exercise(
    "10.6",
    share_in_percent,
    probes=[(FROZEN, "features"), (FROZEN, "head"), (DEEP, "head"), (FROZEN, "pool"), (LINES, "1")],
    says="VGG16: most of it lies in the classifier. The pooling has none, 0 %: it learns nothing.",
    errors={
        "no attribute 'part'": "model.part looks for a part with the name part. Take getattr(model, part).",
        "not subscriptable|'str' object cannot": "Brackets take no names here; getattr(model, part) does.",
        r"no len\(\)": "parameters() gives the tensors one by one. Add up parameter.numel() of each.",
        "no attribute 'numel'": "A layer has no numel(). Each of its parameters() has.",
        "'str' object has no attribute": "part is a name, a text. The part itself is getattr(model, part).",
        "has no attribute": "Other models have other parts: getattr(model, part).",
    },
    mistakes={
        "Yours is a fraction. Give it in percent.": then(share_in_percent, lambda share: share / 100),
        "Divide by all parameters.": lambda m, part: sum(p.numel() for p in getattr(m, part).parameters()),
        "Divide by all parameters, the part's too.": then(share_in_percent, lambda s: 100 * s / (100 - s)),
        "Keep the decimals: don't round.": (then(share_in_percent, round), then(share_in_percent, int)),
        "You count tensors. Add up the numbers in them: numel().": counted(size=lambda name, p: 1),
        "Count the biases too.": counted(size=lambda name, p: p.numel() * ("weight" in name)),
        "Count the frozen ones too.": counted(size=lambda name, p: p.numel() * p.requires_grad),
        "Running means are no parameters.": counted(tensors=lambda model: model.state_dict().items()),
        "Other parts have this name in the names of their parameters too. Take the part itself: "
        "getattr(model, part).": (counted(".*{}"), counted("{}"), counted(r"(.*\.)?{}\.")),
    },
)


def first_conv_maps(network, images):
    found = []

    def keep_a_copy(layer, inputs, output):
        found.append(output.clone())

    conv = next(layer for layer in network.modules() if isinstance(layer, nn.Conv2d))
    hook = conv.register_forward_hook(keep_a_copy)
    with torch.inference_mode():
        network(images)
    hook.remove()
    return found[0]


def convolutions(network):
    return [layer for layer in network.modules() if isinstance(layer, nn.Conv2d)]


def hooked(find=lambda network: convolutions(network)[0], keep=lambda inputs, output: output.clone()):
    def answer(network, images):
        kept = []
        with find(network).register_forward_hook(lambda _, *what: kept.append(keep(*what))):
            network(images)
        return kept[0]

    return answer


def hooks_seen(answer, network, images):
    """Observe what is returned, and the network afterwards. Each of its layers has someone's hook."""
    others = [layer.register_forward_hook(lambda *_: None).id for layer in network.modules()]
    maps = answer(network, images)
    left = [i for layer in network.modules() for i in (*layer._forward_hooks, *layer._forward_pre_hooks)]
    hooks = ["someone else's" if i in others else "yours" for i in left]
    return {"the result": maps, "whose hooks are left": hooks, "the network afterwards": network}


FLAT = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(inplace=True), nn.Conv2d(4, 6, 3), nn.Flatten())
Dark = type("Dark", (nn.Sequential,), {"forward": lambda self, x: nn.Sequential.forward(self, x - 0.1)})
BLOCK = Dark(nn.Conv2d(3, 5, 2), nn.ReLU(inplace=True), nn.Dropout(0.5), nn.Conv2d(5, 7, 2))
IMAGES = torch.rand(2, 3, 6, 6, generator=torch.Generator().manual_seed(0)) - 0.5
exercise(
    "10.7",
    first_conv_maps,
    observe=hooks_seen,
    probes=[(FLAT.eval(), IMAGES), (nn.Sequential(nn.AvgPool2d(2), BLOCK, nn.Flatten()), IMAGES)],
    says="The network is as it was, and you have seen what it sees first.",
    errors={
        "but 3 were given": "A forward hook is called with three things: the layer, its inputs, its output.",
        "no attribute 'remove'": "register_forward_hook() returns an object, and that has remove().",
        "missing 3 required": "Give the hook itself, without calling it: register_forward_hook(keep_maps).",
        "must be Tensor, not": "What a hook returns takes the place of the layer's output. Return nothing.",
        "is not defined|UnboundLocal": "A hook assigns to its own variables. Put the maps into a list.",
        "generator' object is not": "modules() gives the layers one by one: use a loop, or next().",
        "'tuple' object": "A hook's second argument is a tuple of inputs. The output is the third.",
        "'(Sequential|Dark)'|subscriptable": "Other networks have other parts. Find the Conv2d by its type.",
        "StopIteration": "children() gives the outermost layers only. modules() goes into them too.",
        "KeyError|IndexError": "A hook keeps nothing before the network has seen the images.",
    },
    mistakes={
        "The negative numbers are gone: the next ReLU wrote into the same memory. Let the hook keep a "
        "clone().": When(lambda got, _: got["the result"].min() == 0, (hooked(keep=lambda x, y: y),)),
        "That is a list. Return the tensor in it.": then(first_conv_maps, lambda maps: [maps]),
        "Those are the images, which go into the layer. Keep what comes out of it, which is the hook's third "
        "argument.": (hooked(keep=lambda x, y: x), hooked(keep=lambda x, y: x[0].clone())),
        "Those are the kernels. Keep the layer's output.": lambda net, x: convolutions(net)[0].weight,
        "Those are the maps of the last convolution. If each Conv2d has a hook, the last one wins. Give one "
        "to the first only.": hooked(lambda net: convolutions(net)[-1]),
        "A network may do more than its layers show. Run it as a whole, and let a hook keep the maps.": (
            lambda net, x: convolutions(net)[0](x),
            lambda net, x: convolutions(net)[0](x if len(net) > 3 else net[0](x)),
        ),
        "That comes out of the whole network, not of its first Conv2d.": lambda net, x: net(x),
        "That comes out of another layer. The first Conv2d may lie deeper inside: find it by its type, in "
        "network.modules().": hooked(lambda net: next(net.children())),
        "Remove your hooks and no others. register_forward_hook() returns what has remove().": differs(
            "whose hooks are left", hooked(lambda n: n.register_forward_hook(print) and convolutions(n)[0])
        ),
        "The maps are right, but the network is in another mode than before. Note network.training at the "
        "start, and give that to network.train() at the end.": (
            lambda net, x: first_conv_maps(net.eval(), x),
            lambda net, x: (first_conv_maps(net, x), net.train())[0],
        ),
    },
)


def count_mistakes(decisions, guests, cost_open, cost_shut):
    wrongly_open = wrongly_shut = 0
    for decision, guest in zip(decisions, guests, strict=True):
        if decision == "open" and guest != "dog":
            wrongly_open += 1
        if decision == "shut" and guest == "dog":
            wrongly_shut += 1
    return wrongly_open, wrongly_shut, wrongly_open * cost_open + wrongly_shut * cost_shut


def mistaken(end=lambda x, y, a, b, n: (x, y, x * a + y * b), opened="open (?!dog)", shut="shut dog"):
    """Return an answer that counts other pairs of door and guest, or makes something else of the counts."""

    def answer(decisions, guests, a, b):
        pairs = list(map("{} {}".format, decisions, guests))
        x, y = (sum(re.match(kind, pair) is not None for pair in pairs) for kind in (opened, shut))
        return end(x, y, a, b, len(pairs))

    return answer


DAY = "open dog, shut cat, shut dog, open fox, shut owl, shut dog, open owl, shut fox, open cat, shut cat"
DOORS, GUESTS = re.findall("open|shut", DAY), re.findall("dog|cat|fox|owl", DAY)
exercise(
    "10.8",
    count_mistakes,
    probes=[(DOORS, GUESTS, 100, 3), (DOORS[:4], GUESTS[:4], 50, 2)],
    says="Weighted by what they cost, one cat on the road outweighs many a dog that waits.",
    errors={"'bool'|and 'list'|to unpack": "Go through both lists, pair by pair, with zip()."},
    mistakes={
        "First wrongly open, then wrongly shut.": mistaken(lambda x, y, a, b, n: (y, x, x * a + y * b)),
        "For a fox, or for nobody, the door should stay shut too.": mistaken(opened="open cat"),
        "You count right decisions. Open for a dog, and shut for all others, is right.": (
            mistaken(opened="open dog", shut="shut (?!dog)"),
            mistaken(opened="open dog"),
            mistaken(shut="shut (?!dog)"),
        ),
        "Look at the guest too.": (mistaken(opened="open", shut="shut"), mistaken(shut="shut")),
        "Wrongly shut is shut and a dog. An else or an or takes in more.": mistaken(shut="open dog|shut"),
        "Yours are shares. Return counts.": mistaken(lambda x, y, a, b, n: (x / n, y / n, x * a + y * b)),
        "The two costs are swapped.": mistaken(lambda x, y, a, b, n: (x, y, x * b + y * a)),
        "Each mistake has its own cost.": mistaken(lambda x, y, a, b, n: (x, y, (x + y) * (a + b))),
        "Return the cost, not the sum of the counts.": mistaken(lambda x, y, a, b, n: (x, y, x + y)),
        "Each cost counts as often as its mistake was made.": mistaken(lambda x, y, a, b, n: (x, y, a + b)),
        "The cost is for all guests together.": mistaken(lambda x, y, a, b, n: (x, y, (x * a + y * b) / n)),
        "Return three numbers: how often it was wrongly open, how often it was wrongly shut, and what that "
        "costs.": (mistaken(lambda x, y, a, b, n: x * a + y * b), mistaken(lambda *given: given[:2])),
    },
)
