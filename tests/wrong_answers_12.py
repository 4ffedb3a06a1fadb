"""Lesson 12: answers that learners may well give, for tests/test_exercises.py.

`WRONG` has for each exercise (what went wrong, the answer, a regular expression that its own hint matches),
`RIGHT` has answers that are right and written in another way than the lesson's solution.
"""

import math
import random
from itertools import pairwise

import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy, one_hot


def printed(*_):
    print(end="")


# 12.1


def time_left(share, factor):
    return 1 - share + share / factor


def one_fraction(share, factor):
    return factor / (factor * (1 - share) + share)


def guarded_fraction(share, factor):
    return 1 / (1 - share) if math.isinf(factor) else one_fraction(share, factor)


def in_seconds(share, factor):
    before = {"part": share * 60, "rest": (1 - share) * 60}
    after = {"part": before["part"] / factor, "rest": before["rest"]}
    return sum(before.values()) / sum(after.values())


def part_by_division(share, factor):
    return 1 / (1 - share + 1 / (factor / share))


def rounded_to_three(share, factor):
    return round(1 / time_left(share, factor), 3)


def rest_first(share, factor):
    return 1 / ((1 - share) * (1 + share / (1 - share) / factor))


# 12.2


def made(rise, fall):
    """Return an answer: `rise` of k and warm_up, `fall` of k, steps and warm_up."""

    def rates(steps, peak, warm_up):
        rise_part = [peak * rise(k, warm_up) for k in range(warm_up)]
        return rise_part + [peak * fall(k, steps, warm_up) for k in range(warm_up, steps)]

    return rates


def up(k, w):
    return (k + 1) / (w + 1)


def down(k, n, w):
    return (n - k) / (n - w)


right_rates = made(up, down)


def both_ends(steps, peak, warm_up):
    return [*torch.linspace(0, peak, warm_up), *torch.linspace(peak, 0, steps - warm_up)]


def cosine(k, n, w):
    return (1 + math.cos(math.pi * (k - w) / (n - w))) / 2


def by_steps(steps, peak, warm_up):
    result = [peak / (warm_up + 1)]
    while len(result) < steps:
        up_or_down = 1 / (warm_up + 1) if len(result) <= warm_up else -1 / (steps - warm_up)
        result.append(result[-1] + peak * up_or_down)
    return result


def generated(steps, peak, warm_up):
    yield from right_rates(steps, peak, warm_up)


def by_interpolation(steps, peak, warm_up):
    return np.interp(np.arange(steps), [-1, warm_up, steps], [0, peak, 0])


def two_linspaces(steps, peak, warm_up):
    rise = torch.linspace(0, peak, warm_up + 2)[1:]
    return torch.cat([rise, torch.linspace(peak, 0, steps - warm_up + 1)[1:-1]])


def lower_line(steps, peak, warm_up):
    return [peak * min(up(k, warm_up), down(k, steps, warm_up)) for k in range(steps)]


def flat_without_warm_up(steps, peak, warm_up):
    return right_rates(steps, peak, warm_up) if warm_up else [peak] * steps


# 12.3


def soft(formula):
    """Return an answer: a formula of the hard targets, the number of classes and the smoothing."""
    return lambda labels, classes, smoothing: formula(one_hot(labels, classes).float(), classes, smoothing)


def right_soft(hard, classes, smoothing):
    return (1 - smoothing) * hard + smoothing / classes


def too_few_columns(labels, classes, smoothing):
    return right_soft(one_hot(labels), classes, smoothing)


def in_place_of_whole_numbers(labels, classes, smoothing):
    hard = one_hot(labels, classes)
    hard *= 1 - smoothing
    return hard + smoothing / classes


def other_shape(labels, classes, smoothing):
    return right_soft(one_hot(labels, classes), classes, smoothing).T


def flat_index(labels, classes, smoothing):
    table = torch.zeros(len(labels), classes)
    return right_soft(table.scatter_(1, labels, 1.0), classes, smoothing)


def column_filled(labels, classes, smoothing):
    table = torch.full((len(labels), classes), smoothing / classes)
    table[:, labels] += 1 - smoothing
    return table


def the_loss(labels, classes, smoothing):
    return cross_entropy(torch.zeros(len(labels), classes), labels, label_smoothing=smoothing)


def float_labels(labels, classes, smoothing):
    table = torch.zeros(len(labels), classes)
    return right_soft(table.scatter_(1, labels.float()[:, None], 1.0), classes, smoothing)


def by_index(labels, classes, smoothing):
    table = torch.full((len(labels), classes), smoothing / classes)
    table[torch.arange(len(labels)), labels] += 1 - smoothing
    return table


def by_scatter(labels, classes, smoothing):
    even = torch.full((len(labels), classes), smoothing / classes, dtype=torch.float64)
    return even.scatter_add(1, labels[:, None], torch.full((len(labels), 1), 1 - smoothing).double())


def by_lists(labels, classes, smoothing):
    even = smoothing / classes
    return torch.tensor(
        [[(1 - smoothing) * (k == label) + even for k in range(classes)] for label in labels.tolist()]
    )


# 12.4


def flipped(coins, dims=(3,)):
    """Return an answer: coins of a shape that depends on the images'."""

    def mirror_some(images):
        return torch.where(torch.rand(coins(*images.shape)) < 0.5, images.flip(dims), images)

    return mirror_some


def per_picture(n, c, h, w):
    return n, 1, 1, 1


def one_coin(images):
    return images.flip(-1) if torch.rand(1) < 0.5 else images.clone()


def in_place(images):
    mirrored = torch.rand(len(images)) < 0.5
    images[mirrored] = images[mirrored].flip(-1)
    return images


def every_second(images):
    images = images.clone()
    images[::2] = images[::2].flip(-1)
    return images


def exactly_half(images):
    images = images.clone()
    some = torch.randperm(len(images))[: len(images) // 2]
    images[some] = images[some].flip(-1)
    return images


def one_in_ten(images):
    coins = torch.rand(len(images), 1, 1, 1) < 0.1
    return torch.where(coins, images.flip(3), images)


def sorted_by_coin(images):
    coins = torch.rand(len(images)) < 0.5
    return torch.cat([images[coins].flip(3), images[~coins]])


def listed(images):
    return [image.flip(2) if torch.rand(1) < 0.5 else image for image in images]


def by_if(images):
    coins = torch.rand(len(images)) < 0.5
    return images.flip(3) if coins else images


def randomly_drawn(images):
    images = images.clone()
    some = torch.randint(len(images), (len(images) // 2,))
    images[some] = images[some].flip(-1)
    return images


def coins_as_positions(images):
    images = images.clone()
    coins = torch.randint(2, (len(images),))
    images[coins] = images[coins].flip(-1)
    return images


def coins_as_valid_positions(images):
    images = images.clone()
    coins = torch.randint(min(2, len(images)), (len(images),))
    images[coins] = images[coins].flip(-1)
    return images


def decimal_coins(images):
    images = images.clone()
    coins = torch.rand(len(images)).round()
    images[coins] = images[coins].flip(-1)
    return images


def averaged(images):
    return (images + images.flip(3)) / 2


def by_slices(images):
    images = images.clone()
    coins = torch.rand(len(images)) < 0.5
    images[coins] = images[coins][..., range(images.shape[-1] - 1, -1, -1)]
    return images


def picture_by_picture(images):
    return torch.stack([image.flip(-1) if random.random() < 0.5 else image for image in images])


def with_numbers(images):
    coins = torch.randint(2, (len(images), 1, 1, 1))
    return coins * images.flip(3) + (1 - coins) * images


def by_numpy(images):
    coins = np.random.default_rng().random(len(images)) < 0.5
    result = images.numpy().copy()
    result[coins] = result[coins][..., ::-1]
    return torch.from_numpy(result)


def by_bernoulli(images):
    coins = torch.bernoulli(torch.full((len(images),), 0.5)).bool()
    return images.flip(-1).where(coins.view(-1, 1, 1, 1), images)


# 12.5


def averaging(parameters, buffers):
    """Return an answer: what is done to each pair of parameters and of buffers, without gradients."""

    @torch.no_grad()
    def update_average(average, model, decay):
        for a, m in zip(average.parameters(), model.parameters(), strict=True):
            parameters(a, m, decay)
        for a, m in zip(average.buffers(), model.buffers(), strict=True):
            buffers(a, m, decay)

    return update_average


def averaged_in_place(a, m, decay):
    a.mul_(decay).add_(m, alpha=1 - decay)


def copied(a, m, decay):
    a.copy_(m)


def left(a, m, decay):
    pass


def bound_to_a_name(a, m, decay):
    a = decay * a + (1 - decay) * m


def averaged_where_possible(a, m, decay):
    if a.is_floating_point():
        averaged_in_place(a, m, decay)
    else:
        a.copy_(m)


def means_only(a, m, decay):
    if a.is_floating_point():
        a.copy_(m)


def shared(a, m, decay):
    a.data = m.data


def with_graph(average, model, decay):
    for a, m in zip(average.parameters(), model.parameters(), strict=True):
        a.mul_(decay).add_(m, alpha=1 - decay)
    for a, m in zip(average.buffers(), model.buffers(), strict=True):
        a.copy_(m)


def all_of_the_state(average, model, decay):
    for a, m in zip(average.state_dict().values(), model.state_dict().values(), strict=True):
        a.mul_(decay).add_(m, alpha=1 - decay)


def new_parameters(average, model, decay):
    for (name, a), m in zip(list(average.named_parameters()), model.parameters(), strict=True):
        layer, _, key = name.rpartition(".")
        new = nn.Parameter((decay * a + (1 - decay) * m).detach(), requires_grad=a.requires_grad)
        setattr(average.get_submodule(layer), key, new)
    averaging(left, copied)(average, model, decay)


def set_as_tensors(average, model, decay):
    with torch.no_grad():
        for (name, a), m in zip(list(average.named_parameters()), model.parameters(), strict=True):
            layer, _, key = name.rpartition(".")
            setattr(average.get_submodule(layer), key, decay * a + (1 - decay) * m)


def whole_models(average, model, decay):
    average = decay * average + (1 - decay) * model


def new_state_not_loaded(average, model, decay):
    a, m = average.state_dict(), model.state_dict()
    return {name: decay * a[name] + (1 - decay) * m[name] for name in a}


def into_the_model(average, model, decay):
    averaging(averaged_in_place, left)(model, average, 1 - decay)


def weights_only(average, model, decay):
    with torch.no_grad():
        for (name, a), m in zip(average.named_parameters(), model.parameters(), strict=True):
            if name.endswith("weight"):
                averaged_in_place(a, m, decay)
    averaging(left, copied)(average, model, decay)


def over_names(average, model, decay):
    for a, m in zip(average.state_dict(), model.state_dict(), strict=True):
        a = decay * a + (1 - decay) * m


def read_too_late(a, m, decay):
    a.mul_(decay)
    a.add_((1 - decay) * a)


def requires_nothing(average, model, decay):
    model.requires_grad_(False)
    averaging(averaged_in_place, copied)(average, model, decay)


def model_in_eval_mode(average, model, decay):
    model.eval()
    averaging(averaged_in_place, copied)(average, model, decay)


def doubled(a, m, decay):
    a.data = decay * a.double() + (1 - decay) * m


def by_inference_mode(average, model, decay):
    with torch.inference_mode():
        averaging(averaged_in_place, copied)(average, model, decay)


def by_load(average, model, decay):
    new = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    for name, a in average.named_parameters():
        new[name] = decay * a.detach() + (1 - decay) * new[name]
    average.load_state_dict(new)


def by_data(average, model, decay):
    models = dict(model.named_parameters())
    for name, a in average.named_parameters():
        a.data = decay * a.data + (1 - decay) * models[name].data
    for a, m in zip(average.buffers(), model.buffers(), strict=True):
        a.data = m.data.clone()


def buffers_replaced(average, model, decay):
    averaging(lambda a, m, decay: a.lerp_(m, 1 - decay), left)(average, model, decay)
    for name, m in model.named_buffers():
        layer, _, key = name.rpartition(".")
        setattr(average.get_submodule(layer), key, m.clone())


# 12.6


def chunk(n, rank, world_size):
    return torch.arange(n).chunk(world_size)[rank]


def ceil_blocks(n, rank, world_size):
    size = math.ceil(n / world_size)
    return range(min(n, rank * size), min(n, (rank + 1) * size))


def past_the_end(n, rank, world_size):
    size = math.ceil(n / world_size)
    return range(rank * size, (rank + 1) * size)


def start_and_end(n, rank, world_size):
    return rank * n // world_size, (rank + 1) * n // world_size


def over_the_rank(n, rank, world_size):
    return range(0, n, n // rank)


def without_the_rest(n, rank, world_size):
    size = n // world_size
    return range(rank * size, (rank + 1) * size)


def rest_to_the_last(n, rank, world_size):
    size = n // world_size
    return list(range(rank * size, n if rank == world_size - 1 else (rank + 1) * size))


def padded(n, rank, world_size):
    size = math.ceil(n / world_size)
    return [(rank + k * world_size) % n for k in range(size)]


def shuffled(n, rank, world_size):
    return torch.randperm(n)[rank::world_size]


def from_rank_one(n, rank, world_size):
    return range(rank - 1, n, world_size)


def by_mask(n, rank, world_size):
    return torch.arange(n) % world_size == rank


def overlapping(n, rank, world_size):
    size = n // world_size
    return range(rank * size, min(n, (rank + 1) * size + 1))


def with_floats(n, rank, world_size):
    return [rank + k * world_size / 1 for k in range((n - rank + world_size - 1) // world_size)]


def picked(n, rank, world_size):
    every, size = list(range(n)), n // world_size
    return [every[rank * size + k] for k in range(size + 1)]


def balanced_blocks(n, rank, world_size):
    size, rest = divmod(n, world_size)
    start = rank * size + min(rank, rest)
    return list(range(start, start + size + (rank < rest)))


def same_shuffle(n, rank, world_size):
    return torch.randperm(n, generator=torch.Generator().manual_seed(42))[rank::world_size]


# 12.7


def to_all(formula):
    """Return an answer: a formula of the gradients of one parameter in all replicas."""

    def average_gradients(models):
        for parameters in zip(*[model.parameters() for model in models], strict=True):
            gradients = [parameter.grad for parameter in parameters]
            if gradients[0] is not None:
                result = formula(gradients)
                for parameter in parameters:
                    parameter.grad = result.clone()

    return average_gradients


def mean(gradients):
    return sum(gradients) / len(gradients)


def into_the_first(models):
    for parameters in zip(*[model.parameters() for model in models], strict=True):
        if parameters[0].grad is not None:
            parameters[0].grad = mean([parameter.grad for parameter in parameters])


def one_after_the_other(models):
    for model in models:
        for position, parameter in enumerate(model.parameters()):
            if parameter.grad is not None:
                every = [list(other.parameters())[position].grad for other in models]
                parameter.grad = mean(every)


def none_forgotten(models):
    for parameters in zip(*[model.parameters() for model in models], strict=True):
        result = mean([parameter.grad for parameter in parameters])
        for parameter in parameters:
            parameter.grad = result


def zeros_for_none(models):
    for parameters in zip(*[model.parameters() for model in models], strict=True):
        zero = torch.zeros_like(parameters[0])
        result = mean([zero if p.grad is None else p.grad for p in parameters])
        for parameter in parameters:
            parameter.grad = result.clone()


@torch.no_grad()
def mean_of_parameters(models):
    for parameters in zip(*[model.parameters() for model in models], strict=True):
        result = torch.stack(parameters).mean(dim=0)
        for parameter in parameters:
            parameter.copy_(result)


def only_returned(models):
    pairs = zip(*[model.parameters() for model in models], strict=True)
    return [mean([p.grad for p in parameters]) for parameters in pairs if parameters[0].grad is not None]


def bound_to_names(models):
    for parameters in zip(*[model.parameters() for model in models], strict=True):
        gradients = [p.grad for p in parameters if p.grad is not None]
        if gradients:
            result = mean(gradients)
            for position in range(len(gradients)):
                gradients[position] = result


def running_mean(models):
    for parameters in zip(*[model.parameters() for model in models], strict=True):
        for before, after in pairwise(parameters):
            if after.grad is not None:
                after.grad = (before.grad + after.grad) / 2


def step_too(models):
    to_all(mean)(models)
    for model in models:
        torch.optim.SGD(model.parameters(), lr=0.1).step()


def grad_of_the_model(models):
    result = mean([model.grad for model in models])
    for model in models:
        model.grad = result


def in_float64(models):
    to_all(lambda gradients: torch.stack(gradients).double().mean(dim=0))(models)


def only_divided(models):
    for model in models:
        for parameter in model.parameters():
            if parameter.grad is not None:
                parameter.grad /= len(models)


def emptied(models):
    for model in models:
        model.zero_grad()


def in_place_of_grads(models):
    for parameters in zip(*[model.parameters() for model in models], strict=True):
        gradients = [p.grad for p in parameters if p.grad is not None]
        if gradients:
            result = torch.stack(gradients).mean(0)
            for gradient in gradients:
                gradient.copy_(result)


def through_the_first(models):
    first, *others = [[p for p in model.parameters() if p.grad is not None] for model in models]
    for position, parameter in enumerate(first):
        for other in others:
            parameter.grad += other[position].grad
        parameter.grad /= len(models)
        for other in others:
            other[position].grad = parameter.grad


def by_names(models):
    tables = [dict(model.named_parameters()) for model in models]
    for name, parameter in tables[0].items():
        if parameter.grad is None:
            continue
        numbers = np.mean([table[name].grad.numpy() for table in tables], axis=0)
        for table in tables:
            table[name].grad = torch.from_numpy(numbers.copy())


# 12.8


def resumed(
    put_model=lambda model, state: model.load_state_dict(state),
    put_optimizer=lambda optimizer, state: optimizer.load_state_dict(state),
    result=lambda checkpoint, model, report: checkpoint["step"],
    **how,
):
    """Return an answer: what is done to the model and the optimizer, what is returned, how it is read."""

    def resume(path, model, optimizer):
        checkpoint = torch.load(path, **({"weights_only": True} | how))
        report = put_model(model, checkpoint["model"])
        put_optimizer(optimizer, checkpoint["optimizer"])
        return result(checkpoint, model, report)

    return resume


def nothing(*_):
    pass


def new_optimizer(path, model, optimizer):
    checkpoint = torch.load(path, weights_only=True)
    model.load_state_dict(checkpoint["model"])
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    optimizer.load_state_dict(checkpoint["optimizer"])
    return checkpoint["step"]


def new_model(path, model, optimizer):
    checkpoint = torch.load(path, weights_only=True)
    model = nn.Sequential(nn.Linear(3, 6), nn.BatchNorm1d(6), nn.Tanh(), nn.Linear(6, 2))
    model.load_state_dict(checkpoint["model"])
    optimizer.load_state_dict(checkpoint["optimizer"])
    return checkpoint["step"]


def saved_over(path, model, optimizer):
    torch.save({"step": 0, "model": model.state_dict(), "optimizer": optimizer.state_dict()}, path)
    return resumed()(path, model, optimizer)


def frozen(model, state):
    model.load_state_dict(state)
    model.requires_grad_(False)


def whole_checkpoint(path, model, optimizer):
    checkpoint = torch.load(path, weights_only=True)
    model.load_state_dict(checkpoint)
    return checkpoint["step"]


def whole_checkpoint_to_the_optimizer(path, model, optimizer):
    checkpoint = torch.load(path, weights_only=True)
    model.load_state_dict(checkpoint["model"])
    optimizer.load_state_dict(checkpoint)
    return checkpoint["step"]


def path_as_state(path, model, optimizer):
    model.load_state_dict(path)
    optimizer.load_state_dict(path)
    return 0


def other_key(path, model, optimizer):
    checkpoint = torch.load(path, weights_only=True)
    model.load_state_dict(checkpoint["state_dict"])
    return checkpoint["step"]


def only_parameters(model, state):
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(state[name])


def rate_only(optimizer, state):
    optimizer.param_groups[0]["lr"] = state["param_groups"][0]["lr"]


def momentum_only(optimizer, state):
    lr = optimizer.param_groups[0]["lr"]
    optimizer.load_state_dict(state)
    optimizer.param_groups[0]["lr"] = lr


def eval_mode(model, state):
    model.load_state_dict(state)
    model.eval()


def method_replaced(model, state):
    model.state_dict = state


def optimizers_method_replaced(path, model, optimizer):
    checkpoint = torch.load(path, weights_only=True)
    model.load_state_dict(checkpoint["model"])
    optimizer.state_dict = checkpoint["optimizer"]
    return checkpoint["step"]


def groups_replaced(optimizer, state):
    optimizer.param_groups, optimizer.state = state["param_groups"], state["state"]


def in_double(model, state):
    model.load_state_dict(state)
    model.double()


def keyword_misplaced(model, state):
    model.load_state_dict(state, weights_only=True)


def states_swapped(path, model, optimizer):
    checkpoint = torch.load(path, weights_only=True)
    model.load_state_dict(checkpoint["optimizer"])
    optimizer.load_state_dict(checkpoint["model"])
    return checkpoint["step"]


def with_a_file(path, model, optimizer):
    with open(path, "rb") as file:
        checkpoint = torch.load(file, map_location="cpu", weights_only=True)
    optimizer.load_state_dict(checkpoint.pop("optimizer"))
    model.load_state_dict(checkpoint.pop("model"), strict=True)
    return int(checkpoint["step"])


def one_after_another(path, model, optimizer):
    parts = {"model": model, "optimizer": optimizer}
    for name, part in parts.items():
        part.load_state_dict(torch.load(str(path), weights_only=True)[name])
    return torch.tensor(torch.load(str(path), weights_only=True)["step"])


# 12.9


def cost(sending, computing=lambda compute, w: compute / w, both=lambda a, b: a + b):
    """Return an answer: the factor of the gradients' bytes, the time of computing, how both join."""

    def seconds_per_step(compute, gradient_bytes, bandwidth, workers):
        sent = sending(workers) * gradient_bytes / bandwidth
        return both(computing(compute, workers), sent)

    return seconds_per_step


def ring(w):
    return 2 * (w - 1) / w


def by_bandwidth(compute, gradient_bytes, bandwidth, workers):
    return compute / workers + ring(workers) * gradient_bytes * bandwidth


def all_divided(compute, gradient_bytes, bandwidth, workers):
    return (compute + ring(workers) * gradient_bytes / bandwidth) / workers


def step_by_step(compute, gradient_bytes, bandwidth, workers):
    seconds = compute / workers
    for _ in range(2 * (workers - 1)):
        seconds += gradient_bytes / workers / bandwidth
    return seconds


def with_an_if(compute, gradient_bytes, bandwidth, workers):
    if workers == 1:
        return compute
    return torch.tensor(compute / workers + (2 - 2 / workers) * gradient_bytes / bandwidth)


WRONG = {
    "12.1": [
        ("the time left", time_left, "the time that is left"),
        ("the time saved", lambda s, f: 1 - time_left(s, f), "the time that is saved, as a part"),
        ("speeds averaged", lambda s, f: 1 - s + s * f, "averages the speeds"),
        ("multiplied", lambda s, f: 1 / (1 - s + s * f), "divide its share by the factor"),
        ("the part's own", lambda s, f: f, "times as fast the part is"),
        ("the limit", lambda s, f: 1 / (1 - s), "That is the limit"),
        ("the rest forgotten", lambda s, f: 1 / (s / f), "You count the time of the part only"),
        ("the rest made faster", lambda s, f: 1 / (s + (1 - s) / f), "the other way round"),
        ("percent of a share", lambda s, f: 1 / time_left(s / 100, f), "not in percent"),
        ("percent", lambda s, f: 100 / time_left(s, f), "not percent"),
        ("the gain", lambda s, f: 1 / time_left(s, f) - 1, "Don't subtract 1"),
        ("rounded", lambda s, f: round(1 / time_left(s, f), 2), "Don't round the result"),
        ("inf / inf", one_fraction, "infinity divided by infinity"),
        ("1 / 0", part_by_division, "ZeroDivisionError.*The share may be 0"),
        ("whole numbers", lambda s, f: 1 // time_left(s, f), r"1\.6000 times as fast; you have 1"),
    ],
    "12.2": [
        ("0 first", made(lambda k, w: k / w, down), "first rate is 0"),
        (
            "0 at both ends",
            made(lambda k, w: k / w, lambda k, n, w: (n - 1 - k) / (n - 1 - w)),
            "first and your last rate are 0",
        ),
        ("the peak early", made(lambda k, w: (k + 1) / w, down), "once more at index warm_up"),
        (
            "all early",
            made(lambda k, w: (k + 1) / w, lambda k, n, w: (n - 1 - k) / (n - w)),
            "peak is at index warm_up - 1, one step too early",
        ),
        ("two linspaces", both_ends, "both of its ends"),
        ("0 last", made(up, lambda k, n, w: (n - 1 - k) / (n - 1 - w)), "Your last rate is 0"),
        ("the fall early", made(up, lambda k, n, w: (n - 1 - k) / (n - w)), "fall begins one step too early"),
        ("no fall", made(up, lambda k, n, w: 1.0), "has to fall; yours stays"),
        ("a lower fall", made(up, lambda k, n, w: (n - k) / n), "not steps"),
        ("no peak", lambda n, peak, w: right_rates(n, 1.0, w), "multiply it by the peak"),
        ("backwards", lambda *case: right_rates(*case)[::-1], "backwards"),
        ("the zero behind", lambda *case: [*right_rates(*case), 0.0], "the 0 at index steps is not"),
        ("the zero before", lambda *case: [0.0, *right_rates(*case)], "the 0 before the first is not"),
        ("a cosine", made(up, cosine), r"at index 3 is 0\.09; yours is 0\.1024"),
        ("one too few", lambda *case: right_rates(*case)[:-1], "should be 6 rates; you return 5"),
        ("one rate", lambda n, peak, w: peak, "Return a list of numbers"),
        ("no fall without a rise", flat_without_warm_up, r"For 4 steps.*at index 1 is 0\.6; yours is 0\.8"),
        ("no warm-up of 0", made(up, lambda k, n, w: down(k, n, w) * w / w), "warm_up may be 0"),
    ],
    "12.3": [
        ("hard", soft(lambda hard, classes, s: hard), "hard still"),
        (
            "only the others",
            soft(lambda hard, classes, s: (1 - s) * hard + s / (classes - 1) * (1 - hard)),
            "to the other classes only",
        ),
        ("nothing added", soft(lambda hard, classes, s: (1 - s) * hard), "is lost"),
        (
            "right class without its part",
            soft(lambda hard, classes, s: torch.where(hard == 1, 1 - s, s / classes)),
            "on top of 1 - smoothing",
        ),
        ("nothing taken", soft(lambda hard, classes, s: hard + s / classes), "less than before"),
        (
            "right class still 1",
            soft(lambda hard, classes, s: torch.where(hard == 1, 1.0, s / classes)),
            "still has 1",
        ),
        (
            "swapped",
            soft(lambda hard, classes, s: s * hard + (1 - s) / classes),
            "smoothing is the small part",
        ),
        ("not shared", soft(lambda hard, classes, s: (1 - s) * hard + s), "divide it by their number"),
        (
            "not shared among the others",
            soft(lambda hard, classes, s: torch.where(hard == 1, 1 - s, s)),
            "shared by the classes",
        ),
        ("too few columns", too_few_columns, "one_hot\\(labels, classes\\)"),
        ("whole numbers", in_place_of_whole_numbers, "Make them float"),
        ("labels with decimals", float_labels, "int64, and should stay so"),
        ("truth values", soft(lambda hard, classes, s: hard == 1), "The targets are decimal numbers"),
        ("rows and columns", other_shape, "a row for each label. Yours is the other way round"),
        ("a flat index", flat_index, r"labels\[:, None\]"),
        ("whole columns", column_filled, "the row of label 2 is"),
        ("the loss", the_loss, "not the loss"),
        ("the labels", lambda labels, classes, s: labels * (1 - s), "Each label becomes a row"),
        ("a list", lambda *case: by_lists(*case).tolist(), "you return a list"),
    ],
    "12.4": [
        ("one coin", one_coin, "one coin for the whole batch"),
        ("upside down", flipped(per_picture, (2,)), "upside down"),
        ("both directions", flipped(per_picture, (2, 3)), "in both directions"),
        ("colours", flipped(per_picture, (1,)), "in another order"),
        ("the batch", flipped(per_picture, (0,)), "there is another one"),
        ("in place", in_place, "changed the images"),
        ("always", lambda images: images.flip(3), "All pictures were mirrored"),
        ("never", lambda images: images.clone(), "No picture was ever mirrored"),
        ("every second", every_second, "same pictures of a batch"),
        ("exactly half", exactly_half, "exactly 16 of 32"),
        ("coins as positions", coins_as_positions, "the pictures 0 and 1 of the batch"),
        ("coins with decimals", decimal_coins, "A coin is True or False"),
        ("truth values", lambda images: images > 0.5, "decimal numbers and should stay so"),
        ("one in ten", one_in_ten, "about half of them"),
        ("a coin a channel", flipped(lambda n, c, h, w: (n, c, 1, 1)), r"coins of shape \[N, 1, 1, 1\]\.$"),
        ("a coin too flat", flipped(lambda n, c, h, w: (n,)), "with the last dimension"),
        ("coins in an if", by_if, "`if` wants one truth value"),
        ("a list", listed, "torch.stack"),
        ("averaged", averaged, "its numbers are others"),
        ("nothing returned", printed, "needs a return"),
        ("a picture less", lambda images: images[0], "should keep it"),
    ],
    "12.5": [
        ("swapped", averaging(lambda a, m, d: a.lerp_(m, d), copied), "The other way round"),
        ("no no_grad", with_graph, r"Put `with torch.no_grad\(\):` around"),
        ("bound to a name", averaging(bound_to_a_name, copied), "average never sees it"),
        ("a copy", averaging(copied, copied), "That copies the model"),
        ("all of the model", averaging(lambda a, m, d: a.mul_(d).add_(m), copied), "only 1 - decay comes in"),
        ("all of the average", averaging(lambda a, m, d: a.add_(m, alpha=1 - d), copied), "only decay stays"),
        ("shrinks", averaging(lambda a, m, d: a.mul_(d), copied), "only shrinks"),
        ("read too late", averaging(read_too_late, copied), "did the first line change"),
        ("the mean", averaging(lambda a, m, d: a.lerp_(m, 0.5), copied), "the mean of both"),
        ("new parameters", new_parameters, "new parameters into the average"),
        ("tensors for parameters", set_as_tensors, "can't take the place of a parameter"),
        ("whole models", whole_models, "A model is no number"),
        ("weights only", weights_only, "0.bias, 1.bias, 3.bias"),
        ("into the model", into_the_model, "into the model, which is still training"),
        ("model in eval mode", model_in_eval_mode, "is in eval mode now"),
        ("another type", averaging(doubled, copied), "another shape or type"),
        ("frozen model", requires_nothing, "can't learn any more"),
        ("buffers left", averaging(averaged_in_place, left), "The buffers are as they were"),
        ("buffers averaged", averaging(averaged_in_place, averaged_where_possible), "you averaged them too"),
        ("all of the state", all_of_the_state, "copied, not averaged"),
        ("the count left", averaging(averaged_in_place, means_only), "not those of the model: 1.num_batches"),
        ("buffers shared", averaging(averaged_in_place, shared), "share their buffers"),
        ("names", over_names, "gives pairs of a name|one over a dictionary"),
    ],
    "12.6": [
        ("the rest lost", without_the_rest, "the rest is left out"),
        ("the rest to the last", rest_to_the_last, "last process gets the whole rest"),
        ("padded", padded, "measured twice"),
        ("blocks rounded up", ceil_blocks, r"the sizes are \[3, 3, 3, 1\]"),
        ("each everything", lambda n, rank, world: range(n), "each process measures all"),
        ("rank 0 alone", lambda n, rank, world: [] if rank else range(n), "process 0 measures everything"),
        ("the same part", lambda n, rank, world: range(n // world), "has the same part"),
        ("ranks from 1", from_rank_one, "Positions count from 0, and so does the rank"),
        ("past the end", past_the_end, "No share goes beyond the last picture"),
        ("a start and an end", start_and_end, r"range\(start, end\) gives the positions"),
        ("divided by the rank", over_the_rank, "ZeroDivisionError.*The rank may be 0, and so may"),
        ("positions past the end", picked, "If your index is the rank"),
        ("arange", lambda n, rank, world: torch.arange(rank, n, world), "range is empty then"),
        ("shuffled anew", shuffled, "measured more than once, and"),
        ("how many", lambda n, rank, world: n // world, "does not say which"),
        ("a mask", by_mask, "a truth value for each"),
        ("a slice", lambda n, rank, world: slice(rank, n, world), "That is a slice"),
        ("floats", with_floats, "a whole number. Divide"),
        ("one more", overlapping, "are measured more than once|measured twice"),
        ("nothing returned", printed, "needs a return"),
    ],
    "12.7": [
        ("the sum", to_all(sum), "the sum of the gradients"),
        ("only the first", into_the_first, "the first replica has the mean, and the others still"),
        ("the first everywhere", to_all(lambda gradients: gradients[0]), "gradient of the first one"),
        ("the last everywhere", to_all(lambda gradients: gradients[-1]), "gradient of the last one"),
        ("changed ones averaged", one_after_the_other, "Do you compute the mean anew"),
        ("divided twice", to_all(lambda gradients: mean(gradients) / len(gradients)), "divided twice"),
        ("parameters", mean_of_parameters, "parameters are alike in all replicas already"),
        ("returned", only_returned, "Don't return the means"),
        ("None forgotten", none_forgotten, "its .grad is None. Leave it out"),
        ("zeros for None", zeros_for_none, "should stay None"),
        ("a single number", to_all(lambda gradients: torch.stack(gradients).mean()), "mean\\(dim=0\\)"),
        ("a running mean", running_mean, "don't have the same gradients"),
        ("a step", step_too, "the step is the optimizer's"),
        ("the model's", grad_of_the_model, "A model has no .grad"),
        ("another type", in_float64, "of the parameter's shape and type"),
        ("only divided", only_divided, "a part of its own gradient"),
        ("emptied", emptied, "gradients are gone"),
        (
            "always two",
            to_all(lambda gradients: (gradients[0] + gradients[-1]) / 2),
            "differs from that of the whole batch",
        ),
    ],
    "12.8": [
        ("optimizer forgotten", resumed(put_optimizer=nothing), "The given optimizer is as new"),
        ("model forgotten", resumed(put_model=nothing), "still has its random start"),
        ("step + 1", resumed(result=lambda c, *_: c["step"] + 1), "as it is written"),
        ("nothing returned", resumed(result=nothing), "Now return the step"),
        ("the model returned", resumed(result=lambda c, model, _: model), "need not be returned"),
        ("the checkpoint returned", resumed(result=lambda c, *_: c), "the whole checkpoint. Return"),
        ("the report returned", resumed(result=lambda c, model, report: report), "returns a report"),
        ("all three", resumed(result=lambda c, model, _: (c["step"], model)), "those that were given"),
        ("a wrong step", resumed(result=lambda *_: 0), "is 5; you return 0"),
        ("any code", resumed(weights_only=False), "With weights_only=False"),
        ("the default", resumed(weights_only=None), "Write weights_only=True too"),
        (
            "new parameters",
            resumed(put_model=lambda model, state: model.load_state_dict(state, assign=True)),
            "without assign=True",
        ),
        ("only parameters", resumed(put_model=only_parameters), "not those of the file: 1.running_mean"),
        ("the rate only", resumed(put_optimizer=rate_only), "The momentum of the optimizer is lost"),
        ("the momentum only", resumed(put_optimizer=momentum_only), "learning rate of the optimizer is not"),
        ("eval mode", resumed(put_model=eval_mode), "in eval mode now"),
        ("whole checkpoint", whole_checkpoint, 'what is under "model", not'),
        ("whole to the optimizer", whole_checkpoint_to_the_optimizer, 'what is under "optimizer", not'),
        ("the path", path_as_state, "Read the file first"),
        ("swapped", states_swapped, "or another part of it"),
        ("method of the model", resumed(put_model=method_replaced), "takes the method's place"),
        ("groups replaced", resumed(put_optimizer=groups_replaced), "has lost the parameters"),
        ("double", resumed(put_model=in_double), "not those of the file: 0.weight"),
        ("keyword misplaced", resumed(put_model=keyword_misplaced), r"belongs to torch\.load"),
        ("another key", other_key, "The file holds a dictionary"),
        ("saved over", saved_over, "changed the file"),
        ("frozen", resumed(put_model=frozen), "can't learn any more"),
        ("never read", lambda path, model, optimizer: 5, "never read"),
    ],
    "12.9": [
        ("no 2", cost(lambda w: (w - 1) / w), "A factor of 2"),
        ("not divided", cost(ring, lambda compute, w: compute), "divide the computing by the workers"),
        ("neither", cost(lambda w: (w - 1) / w, lambda compute, w: compute), "Two things are missing"),
        ("bits", cost(lambda w: 8 * ring(w)), "no factor of 8"),
        ("bits of the link", cost(lambda w: ring(w) / 8), "You divide by 8"),
        ("four bytes", cost(lambda w: 4 * ring(w)), "no factor of 4"),
        ("one worker sends", cost(lambda w: 2), "One worker alone sends nothing"),
        ("all sent twice", cost(lambda w: 2 if w > 1 else 0), "One worker is right"),
        ("all sent once", cost(lambda w: 1), "just once"),
        ("no ring", cost(lambda w: 2 * (w - 1)), "each message is a part"),
        ("upside down", cost(lambda w: 2 * w / (w - 1)), "upside down"),
        ("times the bandwidth", by_bandwidth, "faster link needs less time"),
        ("all divided", all_divided, "once more"),
        ("the longer one", cost(ring, both=max), "Nothing overlaps"),
        ("only sending", cost(ring, lambda compute, w: 0), "the time of sending"),
        ("only computing", cost(lambda w: 0), "the time of computing"),
        ("workers multiplied", cost(ring, lambda compute, w: compute * w), "compute in less time"),
        ("rounded", lambda *case: round(step_by_step(*case), 2), "Don't round the result"),
        ("a tree", cost(lambda w: math.ceil(math.log2(w))), r"With 0\.6 s to compute, 12,000,000 bytes"),
    ],
}
# Other ways to the same mistake: their hint is that of the answer named.
SAME_MISTAKE = {
    "12.1": [(rounded_to_three, "Don't round the result"), (rest_first, "ZeroDivisionError.*by 1 - share")],
    "12.2": [(generated, "Return a list of numbers")],
    "12.4": [
        (randomly_drawn, "about half of them|other way"),
        (coins_as_valid_positions, "the pictures 0 and 1 of the batch"),
    ],
    "12.5": [(new_state_not_loaded, "average never sees it")],
    "12.6": [(chunk, "tensor_split|the sizes are")],
    "12.7": [(bound_to_names, "is not .grad")],
    "12.8": [
        (new_optimizer, "The given optimizer is as new"),
        (new_model, "still has its random start"),
        (optimizers_method_replaced, "takes the method's place"),
    ],
}

RIGHT = {
    "12.1": [
        guarded_fraction,
        in_seconds,
        lambda share, factor: 1 / (1 - share * (1 - 1 / factor)),
        lambda share, factor: np.float64(1) / (1 - share + np.float64(share) / factor),
        lambda share, factor: 1 / (1 - torch.tensor(share) + torch.tensor(share) / factor),
    ],
    "12.2": [right_rates, by_steps, by_interpolation, two_linspaces, lambda *case: tuple(lower_line(*case))],
    "12.3": [
        by_index,
        by_scatter,
        by_lists,
        lambda labels, classes, s: torch.lerp(torch.eye(classes)[labels], torch.tensor(1 / classes), s),
        lambda labels, classes, s: torch.from_numpy(np.eye(classes)[labels.numpy()] * (1 - s) + s / classes),
    ],
    "12.4": [by_slices, picture_by_picture, with_numbers, by_numpy, by_bernoulli],
    "12.5": [
        by_load,
        by_data,
        by_inference_mode,
        buffers_replaced,
        averaging(lambda a, m, decay: a.lerp_(m, 1 - decay), copied),
        averaging(lambda a, m, decay: a.copy_(decay * a + (1 - decay) * m), copied),
        averaging(lambda a, m, decay: a.add_((1 - decay) * (m - a)), copied),
    ],
    "12.6": [
        balanced_blocks,
        same_shuffle,
        lambda n, rank, world: range(n)[rank::world],
        lambda n, rank, world: torch.arange(n).tensor_split(world)[rank],
        lambda n, rank, world: np.array_split(np.arange(n), world)[rank],
        lambda n, rank, world: [k for k in range(n) if k % world == rank],
    ],
    "12.7": [in_place_of_grads, through_the_first, by_names, to_all(mean)],
    "12.8": [with_a_file, one_after_another, resumed(map_location="cpu")],
    "12.9": [
        step_by_step,
        with_an_if,
        cost(lambda w: 2 - 2 / w),
        lambda c, g, b, w: (c + 2 * (w - 1) * np.float64(g) / b) / w,
    ],
}
