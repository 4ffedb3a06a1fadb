"""Lesson 12, faster and further, to many machines: its exercises."""

import copy
import math
import tempfile
from pathlib import Path

import torch
from torch import Tensor, nn

from helpers.course.exercises import When, differs, exercise
from helpers.course.observing import plain
from helpers.exercises.common import loads_watched


def speedup(share, factor):
    rest = 1 - share
    return 1 / (rest + share / factor)  # share / inf is 0


exercise(
    "12.1",
    speedup,
    probes=[(0.6, 4.0), (0.8, 2.0), (0.25, 10.0), (0.9, math.inf), (1.0, 4.0), (0.0, 8.0)],
    says="However fast a part of 90 % becomes, the whole becomes at most 10 times as fast.",
    errors={"ZeroDivisionError": "The share may be 0 or 1. Divide by the whole new time: that is never 0."},
    mistakes={
        "That is the time that is left. Divide 1 by it, in brackets.": lambda s, f: 1 / speedup(s, f),
        "That is the time saved. Divide the old time by the new one.": lambda s, f: 1 - 1 / speedup(s, f),
        "That averages speeds. Add up the times of both parts.": lambda s, f: 1 - s + s * f,
        "A faster part needs less time: divide its share by the factor.": lambda s, f: 1 / (1 - s + s * f),
        "You forgot the time of the rest, 1 - share.": (lambda s, f: f, lambda s, f: f / s),
        "That is the limit, for an infinite factor: share / factor is missing.": lambda s, f: 1 / (1 - s),
        "You made the rest faster, and left the part.": lambda s, f: 1 / (s + (1 - s) / f),
        "Nothing is in percent.": (lambda s, f: speedup(s / 100, f), lambda s, f: 100 * speedup(s, f)),
        "Don't subtract 1: twice as fast is 2.": lambda s, f: speedup(s, f) - 1,
        "Don't round the result.": (lambda s, f: round(speedup(s, f), 2), lambda s, f: speedup(s, f) // 1),
        "inf / inf is nan. Write `share / factor`, which is 0 then.": lambda s, f: f / (f - s * f + s),
    },
)


def rates(steps, peak, warm_up):
    rise = [peak * (k + 1) / (warm_up + 1) for k in range(warm_up)]
    fall = [peak * (steps - k) / (steps - warm_up) for k in range(warm_up, steps)]
    return rise + fall


exercise(
    "12.2",
    rates,
    probes=[(6, 0.12, 2), (10, 0.5, 4), (5, 2.0, 1), (4, 0.8, 0), (5, 0.5, 4), (1, 0.1, 0)],
    says="A rate above 0 in every step, with its peak where you want it.",
    errors={"ZeroDivisionError": "warm_up may be 0, or steps - 1. Both lines have a length of at least 1."},
    mistakes={
        "Your first rate is 0. At index k, the rise has gone k + 1 of warm_up + 1 steps.": When(
            lambda got, right: got["the result"][0].abs() < 1e-9, (lambda *case: [0.0, *rates(*case)],)
        ),
        "Your last rate is 0. That 0 comes at index steps, one step after the list.": When(
            lambda got, right: got["the result"][-1].abs() < 1e-9, (lambda *case: [*rates(*case), 0.0],)
        ),
        "You have the peak twice. It stands at index warm_up only.": (
            lambda n, peak, w: [peak * (k + 1) / w for k in range(w)] + rates(n, peak, w)[w:],
            lambda n, peak, w: rates(n, peak, w)[: w + 1] + rates(n, peak, w)[w:],
        ),
        "Don't round the rates.": lambda *case: [round(rate, 2) for rate in rates(*case)],
        "The form is right: multiply it by the peak.": lambda n, peak, w: rates(n, 1.0, w),
        "One too few: the last rate is that of index steps - 1.": lambda *case: rates(*case)[:-1],
        "Return a list: a rate for each step.": lambda n, peak, w: peak,
        "The rise is right. The fall is a straight line from index warm_up to 0 at index steps.": When(
            lambda got, right: torch.isclose(*(rates["the result"][:3] for rates in (got, right))).all(),
            (lambda n, peak, w: rates(n, peak, w)[:w] + [peak] * (n - w),),
        ),
    },
)


def smooth(labels, classes, smoothing):
    hard = nn.functional.one_hot(labels, classes)  # [N, classes]
    return (1 - smoothing) * hard + smoothing / classes


LABELS = [torch.tensor(labels) for labels in ([2, 0, 1, 0, 2], [1, 0, 1], [3], [1, 1, 3, 0])]
exercise(
    "12.3",
    smooth,
    probes=[*zip(LABELS, (4, 2, 5, 4), (0.2, 0.1, 0.5, 0.0), strict=True), (LABELS[1], 3, 1.0)],
    says="cross_entropy with these targets is the loss with label_smoothing, except for rounding.",
    looks={"the kind of what you return": lambda x: "tensor" if isinstance(x, Tensor) else "other"},
    errors={
        "one_hot is only|type int|must be int64|used as ind": "Labels are int64, and should stay so.",
        "same number of dimensions": "The index has as many dimensions as the table: labels[:, None].",
        "result type Float can't be cast": "one_hot gives whole numbers. Make them .float() first.",
    },
    mistakes={
        "These targets are hard still: smoothing did nothing.": lambda labels, n, s: smooth(labels, n, 0),
        "Smoothing is the small part, which all share.": lambda labels, n, s: smooth(labels, n, 1 - s),
        "All classes get an equal share, smoothing / classes, the right one too.": (
            lambda labels, n, s: smooth(labels, n, s * n / (n - 1))
        ),
        "[:, labels] means these columns of every row. Index rows too, by torch.arange(len(labels)).": (
            lambda labels, n, s: smooth(labels, n, s).amax(0).expand(len(labels), n)
        ),
        "Columns are missing: a batch need not have the last class. Write `one_hot(labels, classes)`.": (
            lambda labels, n, s: (1 - s) * nn.functional.one_hot(labels) + s / n
        ),
        "Turn it round: a row for each label, a column for each class.": lambda *case: smooth(*case).T,
        "Return the targets: for each label a row, with a number for each class.": When(
            lambda got, right: got["the result"].ndim < 2, (lambda labels, n, s: labels * (1 - s),)
        ),
        "A row sums to less than 1. Take (1 - smoothing) * one-hot, and add smoothing / classes.": When(
            lambda got, right: got["the result"][0].sum() < 0.99, (lambda *case: 0.9 * smooth(*case),)
        ),
        "A row sums to more than 1. All get smoothing / classes, its own label also 1 - smoothing.": When(
            lambda got, right: got["the result"][0].sum() > 1.01, (lambda *case: 2 * smooth(*case),)
        ),
        "The targets are right. Return them as a tensor.": lambda *case: smooth(*case).tolist(),
    },
)


def mirror_some(images):
    coins = torch.rand(len(images), 1, 1, 1, device=images.device) < 0.5  # [N, 1, 1, 1]
    return torch.where(coins, images.flip(dims=[3]), images)


def mirrored_seen(mirror_some, images):
    """Call the answer many times; say what became of the pictures, and how the coins fell."""
    seen, calls = {"the result": f"a Tensor {list(images.shape)}", "a picture": "mirrored or as it was"}, []
    for _ in range(40):
        got = mirror_some(given := images.clone())
        if not torch.equal(given, images):
            return {"`images` afterwards": given}
        kind = None if got is None else f"a {type(got).__name__} {list(getattr(got, 'shape', []))}"
        if kind != seen["the result"]:
            return {"the result": kind}
        close = [torch.isclose(got.float(), right) for right in (images, images.flip(dims=[3]))]
        as_given, mirrored = (numbers.flatten(1).all(dim=1) for numbers in close)  # each [N]
        if not (as_given | mirrored).all():
            return seen | {"a picture": "mirrored in part" if (close[0] | close[1]).all() else "another one"}
        calls.append(mirrored)
    heads = torch.stack(calls)  # [calls, N]
    counts = heads.sum(dim=1)
    coins = {
        "a batch is mirrored as a whole": ((counts == 0) | (counts == len(images))).all(),
        "the same pictures are mirrored in each call": (heads == heads[0]).all(),
        "equally many pictures are mirrored in each call": (counts == counts[0]).all(),
        "_most": counts.max().clamp(max=3),
        "about half of them are mirrored": (heads.float().mean() - 0.5).abs() < 0.065,  # fair: within 0.014
    }
    return seen | (coins if len(images) > 9 else {})


def tossed(coins):
    """Return an answer with other coins."""
    return lambda x: torch.where(coins(len(x)).view(-1, 1, 1, 1), x.flip(3), x)


PICTURES = torch.rand(32, 3, 4, 5, generator=torch.Generator().manual_seed(0))
exercise(
    "12.4",
    mirror_some,
    probes=[(PICTURES,), (PICTURES[:5],), (PICTURES[:1],)],
    observe=mirrored_seen,
    says="Each picture has a coin of its own. (torch.where mirrors a whole batch at once, without a loop.)",
    errors={
        "must match the size|non-singleton": "torch.where needs coins of shape [N, 1, 1, 1], not [N].",
        "step must be greater": "A tensor can't be read backwards by [::-1] as a list can: use flip.",
        "not implemented for|boolean tensor|used as ind": "A coin is True or False: torch.rand(...) < 0.5.",
    },
    mistakes={
        "A picture is neither as it was, in its place, nor mirrored along its width.": lambda x: x.flip(2),
        "A picture is mirrored in part. One coin is for all of its channels and pixels: [N, 1, 1, 1].": (
            lambda x: torch.where(torch.rand(*x.shape[:2], 1, 1) < 0.5, x.flip(3), x)
        ),
        "None is mirrored. (`image = image.flip(2)` in a loop changes a name, not the batch.)": torch.clone,
        "All pictures of a batch were mirrored, or none. Each needs a coin of its own.": differs(
            "a batch is mirrored as a whole", tossed(lambda n: torch.rand(1) < 0.5)
        ),
        "As an index, the coins 0 and 1 mean the pictures 0 and 1 of the batch. Coins that choose pictures "
        "are True or False: torch.rand(len(images)) < 0.5.": tossed(lambda n: torch.arange(n) < 2),
        "The same ones in each call: toss new coins.": tuple(
            tossed(lambda n, k=k: torch.arange(n) % k == 0) for k in (2, 3)
        ),
        "Each call mirrors equally many. With coins it varies.": tossed(lambda n: torch.randperm(n) < n // 2),
        "About half should be mirrored.": tossed(lambda n: torch.rand(n) < 0.1),
        "That is a list. torch.stack makes one tensor [N, C, H, W] of it.": lambda images: [*images],
    },
    also_right=[lambda x: torch.stack([one.flip(2) if torch.rand(()) < 0.5 else one for one in x])],
)


def update_average(average, model, decay):
    with torch.no_grad():
        for mine, new in zip(average.parameters(), model.parameters(), strict=True):
            mine.mul_(decay).add_(new, alpha=1 - decay)
        for mine, new in zip(average.buffers(), model.buffers(), strict=True):
            mine.copy_(new)


def average_seen(update_average, decay, learning):
    """Update an average. Its parameters learn, or are frozen."""
    average, model = (nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2)) for _ in range(2))
    for tensor in [*average.state_dict().values(), *model.state_dict().values()]:
        tensor.copy_(99 * torch.rand(tensor.shape))
    parameters = dict(average.requires_grad_(learning).named_parameters())
    update_average(average, model, decay)
    memory, models = ({x.data_ptr() for x in one.state_dict().values()} for one in (average, model))
    return {
        "`model` afterwards": model,
        "the buffers of `average`": dict(average.named_buffers()),
        "the memory of `average`": "the model's, in part" if memory & models else "its own",
        "the parameters of `average`": parameters,
        "dtype and requires_grad of these": [f"{p.dtype}, {p.requires_grad}" for p in parameters.values()],
    }


exercise(
    "12.5",
    update_average,
    probes=[(0.9, True), (0.75, False)],
    observe=average_seen,
    says="Batch normalisation comes along, and the model itself trains on as if nothing had happened.",
    errors={
        "Long|infer output dtype": "The count of batches is whole: buffers are copied, not averaged.",
        "cannot assign": "Change the parameter itself, in place: mul_ and add_, lerp_ or copy_.",
        "to unpack|unsupported operand.*(Sequential|generator|ict'|tuple)": "Go through both by zip(...).",
        "multiply seq|'(str|tuple)'": "state_dict() and named_parameters() give names. Use parameters().",
    },
    mistakes={
        "The model has changed: its numbers, its mode or its requires_grad. It is still training: only read "
        "it.": differs("`model` afterwards", lambda a, m, d: update_average(m, a, 1 - d)),
        "`average` is as it was. A new name, or a copy, isn't it: work in place.": lambda *_: 0,
        "Each buffer becomes a copy of the model's: not averaged, not left as it was. Use copy_.": differs(
            "the buffers of `average`", lambda a, m, d: [buffer.zero_() for buffer in a.buffers()]
        ),
        "The parameters are as they were. `a = decay * a + ...` only gives the name a to a new tensor, and "
        "new parameters don't change the old. Do it in place.": lambda a, m, d: update_average(a, m, 1),
        "Turn it round: decay is the part that stays.": lambda a, m, d: update_average(a, m, 1 - d),
        "That copies the model. The average should keep its part.": lambda a, m, d: update_average(a, m, 0),
        "Keep decay of each of the average's own parameters, and add 1 - decay of the model's.": differs(
            "the parameters of `average`", lambda a, m, d: update_average(a, m, 0.5)
        ),
        "The dtype or requires_grad of parameters has changed. Put no_grad() around the whole update.": (
            differs("dtype and requires_grad of these", lambda a, m, d: update_average(a.double(), m, d))
        ),
    },
)


def share(n, rank, world_size):
    return range(rank, n, world_size)


def measured(share, n, world_size):
    """Divide n pictures; which process gets which, and in which order, is left open."""
    pictures = list(range(n))
    shares = [[pictures[k] for k in share(n, rank, world_size)] for rank in range(world_size)]
    sizes = [len(part) for part in shares]
    return {
        "how often each picture is measured": [sum(part.count(k) for part in shares) for k in pictures],
        "the sizes differ by one at most": "yes" if max(sizes) - min(sizes) < 2 else f"no, they are {sizes}",
    }


exercise(
    "12.6",
    share,
    probes=[(12, 3), (10, 4), (7, 2), (5, 1), (6, 4), (9, 5), (2, 3), (1, 4), (100, 7)],
    observe=measured,
    says="Every picture counts once, whatever the number of processes.",
    errors={
        "list index out": "Positions end at n - 1. For a start and an end, range(start, end) gives them.",
        "'(int|float|slice)' object is not iter|0-d": "Return the positions, such as range(start, end).",
        "not (numpy.)?float|'float' object|integer tensors": "A position is a whole number: divide with //.",
        "ZeroDivision|arg 3|must be.* positive": "The rank may be 0, and so may n // world_size.",
        "equal division|cannot reshape": "n need not be a multiple of world_size: np.array_split.",
        "bound inconsistent": "torch.arange wants no start after the end. range is empty then, as needed.",
    },
    mistakes={
        "Each process has the same part. It should depend on the rank.": lambda n, r, w: range(n // w),
        "Return the positions of the True ones.": lambda n, r, w: torch.arange(n) % w == r,
        "Ranks count from 0: the last is world_size - 1.": lambda n, r, w: range(r - 1, n, w),
        "Some pictures are measured more than once. Do blocks overlap, or has each process a random order of "
        "its own? (DistributedSampler repeats pictures too; here each counts once.)": When(
            lambda got, right: (got["how often each picture is measured"] > 1).any(),
            (lambda n, *_: range(n),),
        ),
        "Nobody measures some pictures. Look at the first, the last, and the rest of n / world_size.": (
            differs("how often each picture is measured", lambda n, r, w: range(n // w * w)[r::w])
        ),
        "The sizes differ by more than one. Steps of world_size, and tensor_split, deal evenly.": differs(
            "the sizes differ by one at most", lambda n, r, w: [] if r else range(n)
        ),
    },
    also_right=[lambda n, rank, world_size: torch.arange(n).tensor_split(world_size)[rank]],
)


def average_gradients(models):
    for same in zip(*[model.parameters() for model in models], strict=True):
        if same[0].grad is None:  # `same` is one parameter, in all replicas
            continue
        mean = torch.stack([parameter.grad for parameter in same]).mean(dim=0)
        for parameter in same:
            parameter.grad.copy_(mean)


def gradients_seen(average_gradients, replicas):
    """Average the gradients of replicas; the layer in their middle took no part in the loss."""
    model = nn.Sequential(nn.Linear(3, 2), nn.Linear(2, 2, bias=False), nn.Linear(2, 2))
    models = [copy.deepcopy(model) for _ in range(replicas)]
    for replica in models:
        replica[::2](3 * torch.randn(4, 3)).square().mean().backward()
    average_gradients(models)
    parameters = {name: [m.get_parameter(name) for m in models] for name, _ in model.named_parameters()}
    gradients = {name: [p.grad for p in same] for name, same in parameters.items()}
    return {"the parameters": parameters, "the gradients, by replica": gradients}


def scaled(factor):
    """Return an answer that makes gradients of the mean times a factor, a function of their number."""
    return lambda models: (
        average_gradients(models)
        or [p.grad.mul_(factor(len(models))) for model in models for p in model[::2].parameters()]
    )


exercise(
    "12.7",
    average_gradients,
    probes=[(3,), (2,)],
    observe=gradients_seen,
    says="The mean over the replicas is the gradient of the whole batch, so all take the same step.",
    errors={
        "NoneType": "A parameter that is frozen or took no part in the loss has .grad None. Leave it out.",
        "gradient of size|data of a different size": "Take the mean over replicas, number by number: dim=0.",
        "'Sequential'": "A model has no .grad and is no number; each of its parameters has a .grad.",
    },
    mistakes={
        "You changed the parameters. Only their gradients change: the step is the optimizer's.": differs(
            "the parameters", lambda models: [p.data.zero_() for p in models[0].parameters()]
        ),
        "The gradients are as before. Write the mean into .grad of each parameter: a name is not .grad, "
        "nothing is returned, and the parameters are alike already.": lambda models: models,
        "Each replica has the sum of the gradients. Take their mean.": scaled(lambda n: n),
        "Gradients are gone: .grad is None.": lambda models: [model.zero_grad() for model in models],
        "Leave .grad None where it is: the optimizer passes over such parameters.": (
            lambda models: (
                average_gradients(models) or [m[1](torch.zeros(2)).sum().backward() for m in models]
            )
        ),
        "The replicas don't have the same gradients. Compute the mean once, then write it everywhere.": When(
            lambda got, right: got["the gradients, by replica"]["2.bias"].std(dim=0).max() > 1e-5,
            (lambda models: average_gradients(models[1:]),),
        ),
        "All replicas have the same, but it is not the mean of all their gradients.": differs(
            "the gradients, by replica", scaled(lambda n: 1 / n)
        ),
    },
)


def resume(path, model, optimizer):
    checkpoint = torch.load(path, map_location="cpu", weights_only=True)
    model.load_state_dict(checkpoint["model"])
    optimizer.load_state_dict(checkpoint["optimizer"])
    return checkpoint["step"]


def losses(model, optimizer, steps):
    """Train, and yield the loss of each step."""
    for _ in range(steps):
        optimizer.zero_grad()
        loss = model(torch.arange(12.0).sin().view(4, 3)).exp().mean()
        loss.backward()
        optimizer.step()
        yield loss.item()


def resumed_seen(resume, step):
    """Stop a training, resume it with the answer, and go on."""
    old, model = (nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2)) for _ in range(2))
    trained, optimizer = (torch.optim.SGD(m.parameters(), lr, 0.9) for m, lr in ((old, 0.05), (model, 0.1)))
    list(losses(old, trained, step))

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "checkpoint.pt"
        torch.save({"step": step, "model": old.state_dict(), "optimizer": trained.state_dict()}, path)
        with loads_watched() as modes:
            got = resume(path, model, optimizer)
    return {
        "the model": plain(model),
        "the optimizer": plain(optimizer),
        "the result": got,
        "weights_only in torch.load": str(next((mode for mode in modes if mode is not True), True)),
        "the next losses": list(losses(model, optimizer, 3)),
    }


exercise(
    "12.8",
    resume,
    probes=[(2,), (1,)],
    observe=resumed_seen,
    says="The next losses are those of a training that was never stopped.",
    errors={
        r"Missing key\(s\)": 'Give the model what is under "model", and nothing else.',
        "parameter group|param_groups": 'Give the optimizer what is under "optimizer", and nothing else.',
        "argument 'weights_only'": "weights_only=True belongs to torch.load(), which reads the file.",
        "KeyError|'dict' object has no": 'The file holds a dictionary with "step", "model" and "optimizer".',
        "dict-like|'(str|.*Path)'": "Read the file first: torch.load(path, weights_only=True).",
        "'grad'|require grad|same dtype|ict' object is not call": "Change both only by load_state_dict().",
    },
    mistakes={
        "The given model is not as in the file (parameters and buffers), or not in training mode.": differs(
            "the model", lambda path, m, o: resume(path, copy.deepcopy(m), o)
        ),
        "The given optimizer is as new, in its momentum, its learning rate or both.": differs(
            "the optimizer", lambda path, m, o: resume(path, m, copy.deepcopy(o))
        ),
        "Return the step alone, as it is in the file.": differs("the result", lambda *a: resume(*a) + 1),
        "Write `weights_only=True` in torch.load. Without it, a file may run any code.": differs(
            "weights_only in torch.load", lambda path, *a: torch.load(path) and resume(path, *a)
        ),
        "The optimizer still holds the model's old parameters. Leave out assign=True.": (
            lambda path, m, o: m.load_state_dict(m.state_dict(), assign=True) and resume(path, m, o)
        ),
    },
)


def seconds_per_step(compute, gradient_bytes, bandwidth, workers):
    sent = 2 * (workers - 1) / workers * gradient_bytes  # by each worker
    return compute / workers + sent / bandwidth


def sending(*factors):
    """Return answers: how many times the gradients each of w workers sends."""
    return tuple(lambda c, size, b, w, factor=factor: c / w + factor(w) * size / b for factor in factors)


exercise(
    "12.9",
    seconds_per_step,
    probes=[(1.2345, 45e6, 1.25e9, 8), (0.6, 12e6, 100e6, 3), (0.9, 5e6, 12.5e6, 1), (1.0, 2, 3, 4)],
    says="Over a slow link, two workers can be slower than one.",
    errors={"ZeroDivisionError": "There may be one worker: workers - 1 is 0 then, so don't divide by it."},
    mistakes={
        "A factor of 2 is missing: the ring goes round twice.": sending(lambda w: (w - 1) / w),
        "Several share the computing: divide it by the workers.": (
            lambda c, size, b, w: seconds_per_step(c * w, size, b, w),
            lambda c, size, b, w: seconds_per_step(c * w * w, size, b, w),
        ),
        "All is in bytes already: no factor of 8 or 4.": tuple(
            lambda c, size, *more, k=k: seconds_per_step(c, k * size, *more) for k in (8, 1 / 8, 4)
        ),
        "(workers - 1) / workers is missing.": sending(lambda w: 2, lambda w: 2 if w > 1 else 0, lambda w: 1),
        "Each message is a part of the gradients: divide by the workers.": sending(lambda w: 2 * (w - 1)),
        "It is (workers - 1) / workers; you have it upside down.": sending(lambda w: 2 * w / (w - 1)),
        "A faster link needs less time: divide.": lambda c, size, b, w: seconds_per_step(c, size, 1 / b, w),
        "Don't divide the sending by the workers once more.": sending(lambda w: 2 * (w - 1) / w**2),
        "That is the time of sending. Add that of computing.": lambda c, *more: seconds_per_step(0, *more),
        "That is the time of computing. Add that of sending.": lambda c, size, b, w: c / w,
        "Nothing overlaps: add both times.": lambda c, size, b, w: max(c / w, 2 * (w - 1) / w * size / b),
        "Don't round the result.": lambda *case: round(seconds_per_step(*case), 2),
    },
)
