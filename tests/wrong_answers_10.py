"""Lesson 10: answers that learners may well give, for tests/test_exercises.py.

`WRONG` has for each exercise (what went wrong, the answer, a regular expression that its own hint matches),
`RIGHT` has answers that are right and written in another way than the lesson's solution.
"""

import copy

import numpy as np
import torch
from torch import nn
from torchvision.transforms import v2

# 10.1


def hits(logits, targets, k):
    return logits.topk(k, dim=1).indices == targets[:, None]


def over_the_pictures(logits, targets, k):
    return share(hits(logits.softmax(dim=0), targets, k))


def of_hits(count):
    """Return an answer that makes a number of the [N, k] comparison and of k."""
    return lambda logits, targets, k: count(hits(logits, targets, k), k)


def share(found):
    return 100 * found.any(dim=1).double().mean().item()


def without_column(logits, targets, k):
    return share(logits.topk(k, dim=1).indices == targets)


def in_any_row(logits, targets, k):
    return 100 * torch.isin(targets, logits.topk(k, dim=1).indices).double().mean()


def smallest(logits, targets, k):
    return share((-logits).topk(k, dim=1).indices == targets[:, None])


def over_pictures(logits, targets, k):
    positions = logits.topk(k, dim=0).indices.T
    return share(positions == targets[:, None])


def values_not_positions(logits, targets, k):
    return share(logits.topk(k, dim=1).values == targets[:, None])


def by_loop(logits, targets, k):
    right = 0
    for row, target in zip(logits, targets, strict=True):
        if target.item() in row.topk(k).indices.tolist():
            right += 1
    return 100 * right / len(targets)


def by_rank(logits, targets, k):
    own = logits.gather(1, targets.unsqueeze(1))
    return ((logits > own).sum(dim=1) < k).float().mean() * 100


def by_argsort(logits, targets, k):
    first = np.argsort(-logits.softmax(1).numpy(), axis=1)[:, :k]
    return np.mean([target in row for target, row in zip(targets.numpy(), first, strict=True)]) * 100


# 10.2


def columns(numbers):
    return torch.tensor(numbers)[:, None, None]


def normalised(formula):
    return lambda images, mean, std: formula(images, columns(mean), columns(std))


def along(*shape):
    def normalise(images, mean, std):
        return (images / 255 - torch.tensor(mean).view(shape)) / torch.tensor(std).view(shape)

    return normalise


def with_lists(images, mean, std):
    return (images / 255 - mean) / std


def own_mean(images, mean, std):
    pixels = images / 255
    dims = {"dim": (-2, -1), "keepdim": True}
    return (pixels - pixels.mean(**dims)) / pixels.std(**dims)


def bytes_in_place(images, mean, std):
    images -= columns(mean)
    return images


def channel_by_channel(images, mean, std):
    result = torch.zeros(images.shape)
    for i in range(3):
        result[..., i, :, :] = (images[..., i, :, :].float() / 255 - mean[i]) / std[i]
    return result


def by_torchvision(images, mean, std):
    return v2.functional.normalize(v2.functional.to_dtype(images, torch.float32, scale=True), mean, std)


def by_numpy(images, mean, std):
    pixels = images.numpy().astype(np.float32) / 255
    mean, std = (np.array(numbers, dtype=np.float32).reshape(3, 1, 1) for numbers in (mean, std))
    return torch.from_numpy((pixels - mean) / std)


def in_place_on_floats(images, mean, std):
    images = images.float()
    images /= 255
    images -= columns(mean)
    images /= columns(std)
    return images


# 10.3


def crop(start):
    """Return an answer whose slices start where `start(side, size)` says."""

    def centre_crop(image, size):
        _, height, width = image.shape
        top, left = start(height, size), start(width, size)
        return image[:, top : top + size, left : left + size]

    return centre_crop


def same_on_both_sides(image, size):
    top, left = (image.shape[1] - size) // 2, (image.shape[2] - size) // 2
    return image[:, top : image.shape[1] - top, left : image.shape[2] - left]


def up_to_minus(image, size):
    top, left = (image.shape[1] - size) // 2, (image.shape[2] - size) // 2
    return image[:, top:-top, left:-left]


def without_end(image, size):
    return image[:, (image.shape[1] - size) // 2 :, (image.shape[2] - size) // 2 :]


def channels_cut(image, size):
    top, left = (image.shape[1] - size) // 2, (image.shape[2] - size) // 2
    return image[top : top + size, left : left + size]


def swapped_sides(image, size):
    _, width, height = image.shape
    top, left = (height - size) // 2, (width - size) // 2
    return image[:, top : top + size, left : left + size]


def one_start(image, size):
    start = (image.shape[1] - size) // 2
    return image[:, start : start + size, start : start + size]


def resized(image, size):
    return nn.functional.interpolate(image[None], size=(size, size))[0]


def narrowed(image, size):
    for dim in (1, 2):
        image = image.narrow(dim, (image.shape[dim] - size) // 2, size)
    return image.clone()


def by_range(image, size):
    rows = torch.arange(size) + (image.size(1) - size) // 2
    columns = [(image.size(2) - size) // 2 + i for i in range(size)]
    return image[:, rows][:, :, columns]


# 10.4


def door(
    dogs=slice(151, 269), cats=slice(281, 286), add=torch.sum, values=lambda logits: logits.softmax(dim=1)
):
    def door_decisions(logits, threshold):
        decisions = []
        for row in values(logits):
            is_open = add(row[dogs]) >= threshold and add(row[dogs]) > add(row[cats])
            decisions.append("open" if is_open else "shut")
        return decisions

    return door_decisions


def ruled(rule):
    """Return an answer whose door opens where `rule(dogs, cats, threshold)` says."""

    def door_decisions(logits, threshold):
        probabilities = logits.softmax(dim=1)
        dogs, cats = probabilities[:, 151:269].sum(dim=1), probabilities[:, 281:286].sum(dim=1)
        pairs = zip(dogs.tolist(), cats.tolist(), strict=True)
        return ["open" if rule(*pair, threshold) else "shut" for pair in pairs]

    return door_decisions


def most_likely(logits, threshold):
    return ["open" if 151 <= position <= 268 else "shut" for position in logits.argmax(dim=1)]


def most_likely_above(logits, threshold):
    best = logits.softmax(dim=1).max(dim=1)
    pairs = zip(*best, strict=True)
    return ["open" if p >= threshold and 151 <= position <= 268 else "shut" for p, position in pairs]


def as_bools(logits, threshold):
    return [decision == "open" for decision in door()(logits, threshold)]


def whole_batch(logits, threshold):
    probabilities = logits.softmax(dim=1)
    dogs = probabilities[:, 151:269].sum(dim=1)
    return "open" if dogs >= threshold else "shut"


def of_the_first(logits, threshold):
    return door()(logits[:1], threshold)


def long_words(logits, threshold):
    return [{"open": "dog: open", "shut": "cat: shut"}[word] for word in door()(logits, threshold)]


def by_where(logits, threshold):
    probabilities = logits.double().softmax(dim=-1).numpy()
    dogs, cats = probabilities[:, 151:269].sum(axis=1), probabilities[:, 281:286].sum(axis=1)
    return np.where((dogs >= threshold) & (dogs > cats), "open", "shut").tolist()


def by_exp(logits, threshold):
    decisions = ()
    for row in logits - logits.amax(dim=1, keepdim=True):
        shares = row.exp() / row.exp().sum()
        dogs = sum(shares[i].item() for i in range(151, 269))
        cats = sum(shares[i].item() for i in range(281, 286))
        decisions += (("shut", "open")[dogs >= threshold and dogs > cats],)
    return decisions


# 10.5


def over_written(images):
    images = images.clone()
    images[:, 0] = images[:, 2]
    images[:, 2] = images[:, 0]
    return images


def in_place(images):
    images[:, 0], images[:, 2] = images[:, 2].clone(), images[:, 0].clone()
    return images


def with_a_clone(images):
    swapped = images.clone()
    swapped[:, 0], swapped[:, 2] = images[:, 2], images[:, 0]
    return swapped


def stacked(images):
    red, green, blue = images.unbind(dim=1)
    return torch.stack([blue, green, red], dim=1)


def numpy_backwards(images):
    return torch.from_numpy(images.numpy()[:, ::-1].copy())


# 10.6


def numel(parts):
    return sum(parameter.numel() for parameter in parts)


def percent(count, everything=None, factor=100):
    """Return an answer: what is counted of the part, over what is counted of the model."""

    def share_in_percent(model, part):
        inside = count(getattr(model, part))
        return factor * inside / (everything or count)(model)

    return share_in_percent


def counted(model):
    return numel(model.parameters())


def learning(model):
    return numel(parameter for parameter in model.parameters() if parameter.requires_grad)


def by_name(test):
    def share_in_percent(model, part):
        inside = sum(p.numel() for name, p in model.named_parameters() if test(name, part))
        return 100 * inside / counted(model)

    return share_in_percent


def tensors(model):
    return len(list(model.parameters()))


def of_the_rest(model, part):
    inside = counted(getattr(model, part))
    return 100 * inside / max(1, counted(model) - inside)


def learning_in_the_part(model, part):
    return 100 * learning(getattr(model, part)) / counted(model)


def weights(model):
    return numel(parameter for name, parameter in model.named_parameters() if name.endswith("weight"))


def dot_part(model, part):
    return 100 * counted(model.part) / counted(model)


def by_position(model, part):
    return 100 * counted(model[part]) / counted(model)


def by_children(model, part):
    sizes = {name: counted(child) for name, child in model.named_children()}
    return 100.0 * sizes[part] / sum(sizes.values())


# 10.7


def first_conv_of(network):
    return next(layer for layer in network.modules() if isinstance(layer, nn.Conv2d))


def hooked(
    find=first_conv_of,
    keep=lambda inputs, output: output.clone(),
    remove=lambda hook, layer: hook.remove(),
    run=lambda network, images: network(images),
):
    def first_conv_maps(network, images):
        kept, layer = [], find(network)
        hook = layer.register_forward_hook(lambda layer, inputs, output: kept.append(keep(inputs, output)))
        with torch.inference_mode():
            run(network, images)
        remove(hook, layer)
        return kept[0]

    return first_conv_maps


def in_eval(network, images):
    network.eval()
    return network(images)


def every_conv(network, images):
    kept = {}
    hooks = [
        layer.register_forward_hook(lambda layer, inputs, output: kept.update(maps=output.clone()))
        for layer in network.modules()
        if isinstance(layer, nn.Conv2d)
    ]
    with torch.inference_mode():
        network(images)
    for hook in hooks:
        hook.remove()
    return kept["maps"]


def without_a_hook(network, images):
    with torch.inference_mode():
        return first_conv_of(network)(images)


def two_parameters(network, images):
    kept = {}

    def keep(layer, output):
        kept["maps"] = output.clone()

    hook = first_conv_of(network).register_forward_hook(keep)
    network(images)
    hook.remove()
    return kept["maps"]


def in_eval_and_back(network, images):
    was_training, kept = network.training, {}

    def keep(layer, inputs, output):
        kept["maps"] = output.detach().clone()

    with first_conv_of(network).register_forward_hook(keep):
        network.eval()(images)
    network.train(was_training)
    return kept["maps"]


def on_a_copy(network, images):
    return hooked(remove=lambda hook, layer: None)(copy.deepcopy(network), images)


def with_a_graph(network, images):
    kept = []
    for layer in network.modules():
        if type(layer) is nn.Conv2d:
            hook = layer.register_forward_hook(lambda layer, _, output: kept.append(output * 1))
            break
    network(images)
    hook.remove()
    return kept[-1]


# 10.8


def mistaken(
    is_open_wrong, is_shut_wrong, end=lambda opened, waited, a, b: (opened, waited, opened * a + waited * b)
):
    def count_mistakes(decisions, guests, cost_open, cost_shut):
        opened = waited = 0
        for decision, guest in zip(decisions, guests, strict=True):
            opened += is_open_wrong(decision, guest)
            waited += is_shut_wrong(decision, guest)
        return end(opened, waited, cost_open, cost_shut)

    return count_mistakes


def open_for_others(decision, guest):
    return decision == "open" and guest != "dog"


def shut_for_a_dog(decision, guest):
    return decision == "shut" and guest == "dog"


def ended(end):
    return mistaken(open_for_others, shut_for_a_dog, end)


def as_shares(decisions, guests, cost_open, cost_shut):
    opened, waited, cost = ended(lambda x, y, a, b: (x, y, x * a + y * b))(
        decisions, guests, cost_open, cost_shut
    )
    return opened / max(1, len(guests)), waited / max(1, len(guests)), cost


def whole_lists(decisions, guests, cost_open, cost_shut):
    opened = (decisions == "open").sum()
    return opened, 0, opened * cost_open


def counted_pairs(decisions, guests, cost_open, cost_shut):
    pairs = list(zip(decisions, guests, strict=True))
    waited = pairs.count(("shut", "dog"))
    opened = decisions.count("open") - pairs.count(("open", "dog"))
    return [opened, waited, cost_open * opened + cost_shut * waited]


def in_arrays(decisions, guests, cost_open, cost_shut):
    is_open, is_dog = np.array(decisions, dtype=str) == "open", np.array(guests, dtype=str) == "dog"
    found = np.array([(is_open & ~is_dog).sum(), (~is_open & is_dog).sum()])
    return np.append(found, (found * [cost_open, cost_shut]).sum())


WRONG = {
    "10.1": [
        ("fraction", of_hits(lambda found, k: share(found) / 100), "a fraction"),
        ("softmax over pictures", over_the_pictures, "Softmax over the pictures"),
        ("count", of_hits(lambda found, k: found.sum().item()), "a count"),
        ("of all answers", of_hits(lambda found, k: 100 * found.double().mean()), "divide by all answers"),
        ("first only", of_hits(lambda found, k: share(found[:, :1])), "first answer only"),
        ("last only", of_hits(lambda found, k: share(found[:, -1:])), "number 3 only"),
        ("rounded", of_hits(lambda found, k: round(share(found))), "Keep the decimals"),
        ("no column", without_column, r"column, which"),
        ("any row", in_any_row, r"answers to \*all\*"),
        ("smallest", smallest, "smallest logits"),
        ("over the pictures", over_pictures, "dim=1"),
        (
            "one more",
            lambda logits, targets, k: share(hits(logits, targets, min(k + 1, 5))),
            "4 answers inst",
        ),
        ("a row each", of_hits(lambda found, k: found.any(dim=1)), "one number for the whole batch"),
        ("wrong ones", of_hits(lambda found, k: 100 - share(found)), "wrong pictures"),
        ("values", values_not_positions, "You return"),
    ],
    "10.2": [
        ("bytes", normalised(lambda x, m, s: (x - m) / s), "up to 255"),
        ("no std", normalised(lambda x, m, s: x / 255 - m), "don't divide by std"),
        ("no mean", normalised(lambda x, m, s: x / 255 / s), "don't subtract"),
        ("times std", normalised(lambda x, m, s: (x / 255 - m) * s), "multiply by std"),
        ("way back", normalised(lambda x, m, s: x / 255 * s + m), "way back"),
        ("no brackets", normalised(lambda x, m, s: x / 255 - m / s), "needs brackets"),
        ("swapped", normalised(lambda x, m, s: (x / 255 - s) / m), "are swapped"),
        ("whole division", normalised(lambda x, m, s: (x // 255 - m) / s), "0 and 1 only"),
        ("lists", with_lists, "are lists"),
        ("width", along(3), "another dimension"),
        ("four dimensions", along(1, 3, 1, 1), "adds a dimension"),
        ("own mean", own_mean, "of each picture"),
        ("in place", bytes_in_place, "Bytes can't hold"),
    ],
    "10.3": [
        ("corner", crop(lambda side, size: 0), "corner at the top left"),
        ("other corner", crop(lambda side, size: side - size), "bottom right"),
        ("half", crop(lambda side, size: (side - size) / 2), "Divide with //"),
        ("both sides", same_on_both_sides, "odd number is left over, cutting"),
        ("up to minus", up_to_minus, "crop is empty"),
        ("no end", without_end, "need an end"),
        ("channels cut", channels_cut, "channels come first"),
        ("swapped", swapped_sides, "Height belongs"),
        ("rounded up", crop(lambda side, size: (side - size + 1) // 2), "the extra row goes"),
        ("resized", resized, "no part of the picture"),
    ],
    "10.4": [
        ("ends", door(slice(151, 268), slice(281, 285)), "category 268 and category 285"),
        ("end of the dogs", door(dogs=slice(151, 268)), "268 is a dog too"),
        ("end of the cats", door(cats=slice(281, 285)), "the Egyptian cat, is missing"),
        ("from 1", door(slice(152, 269), slice(282, 286)), "positions count from 0"),
        ("largest", door(add=torch.max), "most likely breed.*each group"),
        ("no cats", ruled(lambda dogs, cats, t: dogs >= t), "opens although"),
        ("cats below", ruled(lambda dogs, cats, t: dogs >= t and cats < t), "Compare the two sums"),
        ("most likely", most_likely, "most likely category only"),
        ("no threshold", ruled(lambda dogs, cats, t: dogs > cats), "threshold isn't used"),
        ("above", ruled(lambda dogs, cats, t: dogs > t and dogs > cats), "exactly reached"),
        ("shared", ruled(lambda dogs, cats, t: dogs / (dogs + cats) >= t and dogs > cats), "nothing else"),
        ("logits", door(values=lambda logits: logits), "add up logits"),
        ("sigmoid", door(values=torch.sigmoid), "sigmoid"),
        ("over the pictures", door(values=lambda logits: logits.softmax(dim=0)), "over the pictures"),
        ("bools", as_bools, "a truth value"),
        ("whole batch", whole_batch, "row by row"),
        ("first picture", of_the_first, "yours has 1"),
        ("long words", long_words, "dog: open"),
    ],
    "10.5": [
        ("pictures", lambda images: images.flip(0), "order of the pictures"),
        ("rows", lambda images: images.flip(2), "on their heads"),
        ("columns", lambda images: images.flip(-1), "left and right are swapped. The"),
        ("rolled", lambda images: images.roll(1, 1), "Green stays in the middle"),
        ("overwritten", over_written, "red is lost"),
        ("in place", in_place, "changed a tensor"),
        ("backwards", lambda images: images[:, ::-1], "can't go backwards"),
        ("permuted", lambda images: images.permute(0, 2, 3, 1), "shape should stay"),
        ("nothing", lambda images: images, "as they were"),
    ],
    "10.6": [
        ("fraction", percent(counted, factor=1), "a fraction"),
        ("count", percent(counted, lambda model: 1, factor=1), "Yours is the count"),
        ("of the rest", of_the_rest, r"by \*all\* parameters"),
        ("tensors", percent(tensors), "count tensors"),
        ("learning", percent(learning), "leave out the frozen ones. Count all"),
        ("weights", percent(weights), "biases belong"),
        ("state dict", percent(lambda model: numel(model.state_dict().values())), "in the state_dict"),
        ("anywhere", by_name(lambda name, part: part in name), "anywhere in its name"),
        ("start", by_name(str.startswith), "names start with"),
        ("inside", by_name(lambda name, part: part in name.split(".")), "Inside of another part"),
        ("dot", dot_part, r"\*called\* part"),
        ("position", by_position, "takes a name"),
    ],
    "10.7": [
        ("not cloned", hooked(keep=lambda inputs, output: output), "negative numbers are gone"),
        ("hook stays", hooked(remove=lambda hook, layer: None), "still there"),
        ("all hooks gone", hooked(remove=lambda hook, layer: layer._forward_hooks.clear()), "Someone else"),
        ("left in eval", hooked(run=in_eval), "left in eval"),
        ("inputs", hooked(keep=lambda inputs, output: inputs), "inputs are a tuple"),
        ("input", hooked(keep=lambda inputs, output: inputs[0].clone()), "Those are the images"),
        ("last", every_conv, "last convolution"),
        ("no hook", without_a_hook, "to the convolution itself"),
        (
            "first layer",
            hooked(find=lambda network: next(network.children())),
            "comes out of the layer 'pool'",
        ),
        (
            "children",
            hooked(find=lambda n: next(x for x in n.children() if type(x) is nn.Conv2d)),
            "outermost",
        ),
        ("never run", hooked(run=lambda network, images: None), "keeps nothing before"),
        ("two parameters", two_parameters, "three things"),
        ("kernels", lambda network, images: first_conv_of(network).weight, "the kernels"),
        ("list", lambda network, images: [hooked()(network, images)], "list with tensors"),
        ("modules", hooked(find=lambda network: network.modules()[0]), "one by one"),
        ("outputs", lambda network, images: network(images), "the whole network"),
    ],
    "10.8": [
        ("swapped", ended(lambda x, y, a, b: (y, x, x * a + y * b)), "first the wrong openings"),
        (
            "cats only",
            mistaken(lambda decision, guest: (decision, guest) == ("open", "cat"), shut_for_a_dog),
            "for cats only",
        ),
        (
            "right ones",
            mistaken(lambda d, g: (d, g) == ("open", "dog"), lambda d, g: d == "shut" and g != "dog"),
            r"the \*right\* decisions",
        ),
        ("all", mistaken(lambda d, g: d == "open", lambda d, g: d == "shut"), "at all"),
        ("every shut door", mistaken(open_for_others, lambda d, g: d == "shut"), "every shut door"),
        ("shares", as_shares, "Yours are shares"),
        ("costs swapped", ended(lambda x, y, a, b: (x, y, x * b + y * a)), "costs are swapped"),
        ("sum of the counts", ended(lambda x, y, a, b: (x, y, x + y)), "not the sum of the counts"),
        ("one cost", ended(lambda x, y, a, b: (x, y, (x + y) * (a + b))), "its own cost"),
        ("only the cost", ended(lambda x, y, a, b: x * a + y * b), "three numbers"),
        ("whole lists", whole_lists, "is one False"),
    ],
}
# Other ways to the same mistake: their hint is that of the answer named.
SAME_MISTAKE = {
    "10.1": [(lambda logits, targets, k: share(hits(logits, targets, 1)), "first answer only")],
    "10.2": [(along(3, 1), "another dimension")],
    "10.3": [
        (one_start, "Height belongs"),
        (crop(lambda side, size: side // 2 - size // 2), "extra row goes"),
    ],
    "10.4": [(most_likely_above, "category alone against")],
    "10.6": [(learning_in_the_part, "leave out the frozen")],
    "10.5": [(lambda images: images.flip(0, 1, 2, 3), "flip|turned")],
}

RIGHT = {
    "10.1": [of_hits(lambda found, k: share(found)), by_loop, by_rank, by_argsort],
    "10.2": [
        normalised(lambda x, m, s: (x / 255 - m) / s),
        normalised(lambda x, m, s: (x - 255 * m) / (255 * s)),
        channel_by_channel,
        by_torchvision,
        by_numpy,
        in_place_on_floats,
    ],
    "10.3": [crop(lambda side, size: (side - size) // 2), narrowed, by_range],
    "10.4": [door(), ruled(lambda dogs, cats, t: dogs >= t and dogs > cats), by_where, by_exp],
    "10.5": [
        lambda images: images.flip(1),
        lambda images: images[:, [2, 1, 0]],
        with_a_clone,
        stacked,
        numpy_backwards,
        lambda images: torch.cat([images[:, 2:], images[:, 1:2], images[:, :1]], dim=1),
    ],
    "10.6": [
        percent(counted),
        by_children,
        by_name(lambda name, part: name.startswith(part + ".")),
        lambda model, part: torch.tensor(100 * counted(dict(model.named_children())[part]) / counted(model)),
    ],
    "10.7": [hooked(), in_eval_and_back, on_a_copy, with_a_graph],
    "10.8": [ended(lambda x, y, a, b: (x, y, x * a + y * b)), counted_pairs, in_arrays],
}
