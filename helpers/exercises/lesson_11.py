"""Lesson 11, transfer learning and fine-tuning: its exercises."""

# ruff: noqa: RUF059 - the solutions are those of the lesson

import contextlib
from collections import OrderedDict

import torch
from torch import Tensor, nn

from helpers.course.exercises import When, differs, exercise
from helpers.course.observing import plain
from helpers.models import FashionMNISTModelV1


def learn_only(model, name):
    model.requires_grad_(False)
    model.get_submodule(name).requires_grad_(True)
    return sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)


def tiny(*active):
    """Return a tiny network in which only what has such a name can learn and is in training mode."""
    trunk = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3), nn.Dropout())
    head = nn.Sequential(nn.Dropout(), nn.Linear(3, 2), nn.Linear(2, 2))
    model = nn.Sequential(OrderedDict(trunk=trunk, head=head, head_2=nn.Linear(2, 1)))
    for name, layer in model.named_modules():
        layer.train(name.startswith(active))
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(name.startswith(active))
    return model


def layers_of(model):
    return [(name, layer) for name, layer in model.named_modules() if not list(layer.children())]


def learn(rule):
    """Return an answer by a rule for a parameter's name, the part's, and whether it could learn before."""
    return lambda model, name: sum(
        p.requires_grad_(rule(key, name, p.requires_grad)).requires_grad * p.numel()
        for key, p in model.named_parameters()
    )


def modes(rule):
    """Return an answer by a rule for a layer's name, the part's, and whether it was in training mode."""
    return lambda model, name: [x.train(rule(key, name, x.training)) for key, x in layers_of(model)]


def inside(key, name, before=True):
    return f"{key}.".startswith(f"{name}.")


def shared_mistakes(way, state):
    """Return the mistakes that 11.1 and 11.4 share; `state` says what only the part should be or do."""
    return {
        f"The rest {state} too. Change the whole model first.": way(lambda k, n, was: True),
        f"Nothing {state}. Change the whole model first, then the part.": way(lambda k, n, was: False),
        f"The other way round: all but the part {state}.": way(lambda k, n, was: not inside(k, n)),
        f"For 'head', head_2 {state} too. Take get_submodule(name).": way(lambda k, n, was: k.startswith(n)),
        "Nothing has changed. `part.train = ...` and `part.requires_grad = ...` only write a note. Call the "
        "methods, of the model itself, not of a copy.": way(lambda k, n, was: was),
        f"Not all of the part {state}. Change all of it.": way(lambda k, n, was: was and inside(k, n)),
    }


MIXED, STILL = tiny("trunk.", "head.1", "head_2"), tiny()
NOT_FOUND = {r"'name'|'str' object|'[\w.]+\.\w+'": "model.get_submodule(name) gives a part, 'trunk.0' too."}

exercise(
    "11.1",
    learn_only,
    probes=[(MIXED, "head"), (STILL, "trunk.0")],
    says="All that is frozen costs no gradient, and a check of requires_grad takes one line.",
    errors=NOT_FOUND | {"'generator'": "parameters() gives them one by one: use a loop."},
    mistakes=shared_mistakes(learn, "can learn")
    | {
        "The part's biases should learn too.": learn(lambda k, n, was: inside(k, n) and "weight" in k),
        "The right parameters can learn. Return how many numbers they hold together, by numel().": (
            lambda model, name: learn_only(model, name) and sum(p.requires_grad for p in model.parameters()),
            lambda model, name: learn_only(model, name) and sum(p.numel() for p in model.parameters()),
            lambda model, name: sum(p.numel() for p in model.parameters()) - learn_only(model, name),
        ),
    },
    also_right=[learn(inside)],
)


def new_last_layer(network, out_features):
    network.requires_grad_(False)
    linear = [name for name, layer in network.named_modules() if isinstance(layer, nn.Linear)]
    old = network.get_submodule(linear[-1])
    network.set_submodule(linear[-1], nn.Linear(old.in_features, out_features))
    return network


def last_layer_seen(answer, network, out_features):
    last = [name for name, layer in layers_of(network) if isinstance(layer, nn.Linear)][-1]
    if (got := answer(network, out_features)) is not network:
        return {"what you return": f"a {type(got).__name__}, not the network that was given"}
    shape = []
    with contextlib.suppress(RuntimeError):  # a wrong shape says more than this error
        shape = network(torch.ones(2, 1, 2, 2)).shape  # from this an nn.LazyLinear learns its size
    return {
        "what you return": "the network",
        "the layers": {name: str(layer) for name, layer in layers_of(network)},
        "the numbers": {k: x.shape if inside(k, last) else x for k, x in network.state_dict().items()},
        "what can learn": [name for name, p in network.named_parameters() if p.requires_grad],
        "shape of answers": list(shape),
    }


def replaced(make=lambda old, n: nn.Linear(old.in_features, n), which=slice(-1, None)):
    """Return an answer that puts what `make` makes in the place of some of the linear layers."""

    def answer(network, n):
        linear = [x for x in layers_of(network.requires_grad_(False)) if isinstance(x[1], nn.Linear)]
        for name, old in linear[which]:
            network.set_submodule(name, make(old, n))
        return network

    return answer


exercise(
    "11.2",
    new_last_layer,
    probes=[
        (nn.Sequential(nn.Flatten(), nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 10)), 1),
        (FashionMNISTModelV1(4, 5, 10), 2),  # a name with a dot, and a ReLU at the end
    ],
    observe=last_layer_seen,
    says="It works for VGG16, for EfficientNet, and for any network whose answer comes from an nn.Linear.",
    errors={
        "'str' object has|list index": "Of each pair (name, layer), ask isinstance(layer, nn.Linear).",
        r"assignment|subscriptable|attribute": "Not every network has that. named_modules() gives the names.",
    },
    mistakes={
        "Return the network that was given.": differs("what you return", lambda x, n: nn.Sequential(x)),
        "The new layer is frozen. Freeze first.": lambda x, n: new_last_layer(x, n).requires_grad_(False),
        "The rest can learn. Freeze it too.": lambda x, n: new_last_layer(x, n).requires_grad_(True),
        "The last nn.Linear is the old one. Put the new one in: set_submodule.": replaced(lambda old, n: old),
        "You replaced the first nn.Linear. Replace the last.": replaced(which=slice(1)),
        "You replaced all linear layers. Replace the last, after the loop.": replaced(which=slice(None)),
        "Put nn.Linear(old.in_features, out_features) in the place of the last nn.Linear, whatever comes "
        "after it.": differs("the layers", replaced(lambda old, n: nn.Linear(old.out_features, n))),
        "`layer.out_features = ...` changes no weights. Make a new nn.Linear.": differs(
            "the numbers", replaced(lambda old, n: setattr(old, "out_features", n) or old)
        ),
        "setattr takes no path with a dot. Take set_submodule.": differs(
            "shape of answers", lambda x, n: replaced()(x, n).register_forward_hook(lambda *a: a[1][0]) and x
        ),
    },
    also_right=[replaced(lambda old, n: nn.LazyLinear(n))],
)


def changed_names(before, after):
    return [name for name, tensor in before.items() if not torch.equal(tensor, after[name])]


def pair(changes):
    """Return two state dicts; in the second, these numbers have been added."""
    before = {name: torch.tensor([0.5, 0.25]) for name in ("head.weight", "trunk.weight", "head.bias")}
    before |= {"bn.num_batches_tracked": torch.tensor(7)}
    return before, {name: x + torch.tensor(changes.get(name, 0)) for name, x in before.items()}


def differ(changed=lambda a, b: not a.equal(b), result=list):
    return lambda before, after: result(name for name in before if changed(before[name], after[name]))


exercise(
    "11.3",
    changed_names,
    probes=[
        pair({"head.weight": [-0.5, -0.5], "head.bias": [0.25, 0.25]}),
        pair({"trunk.weight": [0.0, 0.25], "head.weight": [-0.25, 0.25]}),
        pair({"head.weight": [2**-20, 2**-20], "bn.num_batches_tracked": 1}),
    ],
    says="Two state dicts and one line prove that only the head learned.",
    errors={
        r"ambiguous": "a != b compares number by number. torch.equal(a, b) gives one answer for all.",
        r"attribute '(state_dict|(named_)?param)": "`before` and `after` are state dicts already.",
        r"to unpack|not str": "A loop over a dictionary gives names. Take before[name] and after[name].",
    },
    mistakes={
        "Keep the order of `before`. A set has none.": (differ(result=set), differ(result=sorted)),
        "Those are the tensors that did not change.": differ(torch.equal),
        "`is not` compares objects, torch.equal compares numbers.": differ(lambda a, b: a is not b),
        "A change may go downwards too.": differ(lambda a, b: (b > a).any()),
        "One changed number is enough. You ask that all changed.": differ(lambda a, b: (a != b).all()),
        "A change can leave the sum as it was. Compare all numbers.": differ(lambda a, b: a.sum() != b.sum()),
        "However little it is, it counts: no allclose.": differ(lambda a, b: not a.allclose(b)),
        "All names count, bn's too.": lambda b, a: [k for k in changed_names(b, a) if "bn" not in k],
        "Return a list of names alone.": When(
            lambda got, _: got["the result"].shape != (0,), (lambda b, a: len(changed_names(b, a)),)
        ),
    },
    also_right=[differ(lambda a, b: (a != b).any())],
)


def train_only(model, name):
    model.eval()  # reaches every layer, so it comes first
    model.get_submodule(name).train()


def modes_seen(answer, model, name):
    """Observe the layers' modes; those of the containers around them make no difference."""
    answer(model, name)
    return {
        "the layers in training mode": [key for key, layer in layers_of(model) if layer.training],
        "what can learn": [key for key, parameter in model.named_parameters() if parameter.requires_grad],
    }


exercise(
    "11.4",
    train_only,
    probes=[(MIXED, "head"), (STILL, "trunk.2")],
    observe=modes_seen,
    says="Dropout and batch normalisation of the trunk stay still now, in every epoch.",
    errors=NOT_FOUND | {"'Parameter'": "Layers have a mode; parameters have none."},
    mistakes=shared_mistakes(modes, "is in training mode")
    | {
        "The layers in head are in eval mode: `.training = True` doesn't reach them, or a loop comes to them "
        "later. First model.eval(), then the part's train().": modes(lambda k, n, _: k == n),
        "'trunk.2' is still. Call get_submodule(name).train().": modes(lambda k, n, _: k.startswith(f"{n}.")),
        "All layers, not dropout alone.": modes(lambda k, n, _: inside(k, n) and k in ("head.0", "trunk.2")),
        "You changed requires_grad. Leave it as it is.": differs("what can learn", learn(inside)),
    },
    also_right=[modes(inside)],
)


def compute_features(trunk, images, batch_size):
    was_training = trunk.training
    trunk.eval()
    with torch.no_grad():
        parts = [trunk(batch) for batch in images.split(batch_size)]  # each [batch, F]
    trunk.train(was_training)
    return torch.cat(parts)  # [N, F]


def trunk_and_images(n, batch_size, training):
    trunk = nn.Sequential(nn.Flatten(), *tiny("trunk").trunk).train(training)
    return trunk, torch.linspace(-1, 1, n * 4).reshape(n, 1, 2, 2), batch_size


def features_seen(answer, trunk, images, batch_size):
    sizes, training, gradients = [], [], []

    def look(module, inputs):
        sizes.extend(len(batch) for batch in inputs)
        training.extend(layer.training for layer in module.modules())
        gradients.append(torch.is_grad_enabled())

    trunk.register_forward_pre_hook(look)
    got = answer(trunk, images, batch_size)
    return {
        "the sizes of the batches": sizes,
        "computing in eval mode": not any(training),
        "computing with gradients": any(gradients),
        "what you return": f"a {type(got).__name__}",
        "the features": got,
        "features from inference_mode": isinstance(got, Tensor) and got.is_inference(),
        "the trunk afterwards": trunk,
    }


exercise(
    "11.5",
    compute_features,
    probes=[trunk_and_images(10, 4, True), trunk_and_images(6, 3, False), trunk_and_images(1, 1, True)],
    observe=features_seen,
    says="Every epoch of a head on these features is nearly free.",
    errors={r"'list' object": "A loader of a TensorDataset gives lists: batch[0] are the images."},
    mistakes={
        "10 images in batches of 4 make batches of 4, 4 and 2: images.split(batch_size).": differs(
            "the sizes of the batches", lambda net, x, n: compute_features(net, x, len(x))
        ),
        "In training mode dropout makes the features a matter of luck. Call trunk.eval() first.": differs(
            "computing in eval mode", torch.no_grad()(lambda net, x, n: torch.cat([*map(net, x.split(n))]))
        ),
        "Gradients were recorded, which takes memory. Compute inside torch.no_grad().": differs(
            "computing with gradients", lambda net, x, n: torch.cat([*map(net.eval(), x.split(n))])
        ),
        "Use no_grad: no head can learn from inference_mode.": torch.inference_mode()(compute_features),
        "Return one tensor, torch.cat(parts): no list, no array, and not None.": differs(
            "what you return", lambda *given: list(compute_features(*given))
        ),
        "[N, F] has a row for each image, in their order. Join by torch.cat; don't shuffle or squeeze.": (
            differs("the features", lambda net, x, n: compute_features(net, x.flip(0), n))
        ),
        "The trunk should be as it came, its layers' modes too: trunk.train(was_training).": differs(
            "the trunk afterwards", lambda net, x, n: compute_features(net.train(), x, n)
        ),
    },
    also_right=[lambda *given: torch.inference_mode()(compute_features)(*given).clone()],
)


def wilson(right, n, z=1.96):
    share = right / n
    middle = share + z**2 / (2 * n)
    margin = z * (share * (1 - share) / n + z**2 / (4 * n**2)) ** 0.5
    return tuple(100 * edge / (1 + z**2 / n) for edge in (middle - margin, middle + margin))


def pictures_needed(percent, most):
    for n in range(1, most + 1):
        low, high = wilson(n, n)
        if low >= percent:
            return n
    return None


def needed(low=lambda n: wilson(n, n)[0], first=1, end=1, none=None):
    return lambda percent, most: next((n for n in range(first, most + end) if low(n) >= percent), none)


exercise(
    "11.6",
    pictures_needed,
    probes=[(90, 1000), (20, 30), (99, 1000), (95, 73), (95, 72), (100, 400), (0, 5)],
    says="And no number of right answers proves 100 %.",
    errors={
        r"tuple": "wilson() gives two numbers, (low, high). The lower end is wilson(n, n)[0].",
        r"by zero": "No n is enough for 100 %. And without a picture there is no share: n begins at 1.",
    },
    seconds=3,
    mistakes={
        "1 of 1 is 20.7 to 100 %. Compare the lower end with percent.": needed(lambda n: wilson(n, n)[1]),
        "That is one too few: 34 right of 34 give 89.85 %.": lambda p, most: pictures_needed(p, most) - 1,
        "That is one too many: 35 right of 35 give 90.11 %.": lambda p, most: pictures_needed(p, most) + 1,
        "Pictures are whole: round up, with math.ceil.": lambda p, most: 1.96**2 * p / (100 - p),
        "For 90 %, return 35. Is percent compared with percent?": needed(lambda n: wilson(n, n)[0] / 100),
        "`return None` belongs after the loop.": lambda p, most: 1 if p <= 20 else None,
        "For 95 %, 73 is enough, and range(1, 73) ends before it.": needed(end=0),
        "Stop at the first n that is enough.": lambda p, most: pictures_needed(p, most) and most,
        "z is 1.96, not 1.645, which is that of 90 % confidence.": needed(lambda n: wilson(n, n, 1.645)[0]),
        "n begins at 1.": needed(lambda n: 100 * n / (n + 1.96**2), first=0),
        "72 are too few for 95 %. Return None then.": (needed(none=0), needed(none=72)),
    },
    also_right=[needed(lambda n: 100 * n / (n + 1.96**2))],
)


def precision_at_door(recall, false_alarms, pet_share):
    pets = recall * pet_share / 100  # let in, of 100 visits
    strangers = false_alarms * (100 - pet_share) / 100
    if pets + strangers == 0:
        return float("nan")
    return 100 * pets / (pets + strangers)


def share(pets, strangers):
    return 100 * pets / (pets + strangers)


STORY = "Recall 80, false alarms 10, pet share 20: of 20 visits of the pet 16 are let in, of 80 others 8."
exercise(
    "11.7",
    precision_at_door,
    probes=[(85, 4, 5), (80, 10, 20), (70, 0, 10), (95, 5, 0), (0, 0, 50), (90, 0, 0), (0, 50, 100)],
    says="The same network, a door with fewer visits of the pet: a lower precision.",
    errors={r"by zero": "If nobody is let in, return float('nan')."},
    mistakes={
        "That is a fraction. Return percent.": lambda *case: precision_at_door(*case) / 100,
        "All three numbers are percent already.": lambda *case: precision_at_door(*case) * 100,
        "Keep the decimals: no rounding.": lambda *case: round(precision_at_door(*case)),
        f"It makes a difference how many visits are the pet's. {STORY}": lambda r, f, s: share(r, f),
        f"False alarms are a share of the strangers. {STORY}": lambda r, f, s: share(r * s, 100 * f),
        f"Recall is a share of the pet's visits. {STORY}": lambda r, f, s: share(100 * r, f * (100 - s)),
        "The share of the others is 100 - pet_share.": lambda r, f, s: share(r * s, f * (1 - s)),
        f"That is the strangers' share of those let in. {STORY}": lambda r, f, s: share(f * (100 - s), r * s),
        f"Those are the pet's visits. Divide by all let in. {STORY}": lambda r, f, s: r * s / 100,
        f"That is how many of 100 visits are let in. {STORY}": lambda r, f, s: f + (r - f) * s / 100,
        f"That is the accuracy. {STORY}": lambda r, f, s: (r * s + (100 - f) * (100 - s)) / 100,
        f"That is the recall. {STORY}": lambda r, f, s: r,
        f"Divide by all let in, the pet too. {STORY}": lambda r, f, s: 100 * r * s / (f * (100 - s)),
        "If nobody is let in, return float('nan').": When(
            lambda got, right: right["the result"].isnan(),
            (lambda r, f, s: 100 * r * s / (r * s + f * (100 - s) or 1),),
        ),
    },
)


def what_learns(model):
    return {name: p.detach().clone() for name, p in model.named_parameters() if p.requires_grad}


def copies_seen(answer, model):
    got = answer(model)
    if not isinstance(got, dict):
        return {"what you return": got}
    seen = {"what you return": plain(got), "the model afterwards": plain(model)}
    for parameter in model.parameters():
        parameter.data.add_(1)  # the model learns on
    return seen | {
        "what you returned, when the model has learned on": got,
        "requires_grad": [str(getattr(value, "requires_grad", "no tensor")) for value in got.values()],
    }


def kept(wanted=lambda name, p: p.requires_grad, value=lambda p: p.detach().clone(), key=str):
    return lambda model: {key(name): value(p) for name, p in model.named_parameters() if wanted(name, p)}


exercise(
    "11.8",
    what_learns,
    probes=[(tiny("head."),), (tiny("trunk.0.bias", "trunk.1.bias", "head.1.bias"),)],
    observe=copies_seen,
    says="A few kB in place of hundreds of MB, and strict=False puts them back.",
    errors={r"to unpack": "named_parameters() gives pairs: for name, p in model.named_parameters()."},
    mistakes={
        "Your dictionary is empty. (In a state_dict(), requires_grad is always False.)": lambda model: {},
        "That is the whole state dict.": lambda m: {name: x.clone() for name, x in m.state_dict().items()},
        "All parameters are in it. Ask each for requires_grad.": kept(lambda name, p: True),
        "What can learn decides, not how it is called.": kept(lambda name, p: name.startswith("head")),
        "The model knows full names only, such as 'head.weight'.": kept(key=lambda x: x.rpartition(".")[2]),
        "Buffers are no parameters.": lambda model: what_learns(model) | dict(model.named_buffers()),
        "The keys are names, such as 'head.weight'.": lambda m: dict(enumerate(what_learns(m).values())),
        "Return a dictionary. dict(...) makes one of pairs.": lambda m: list(what_learns(m).items()),
        "You return what is frozen.": kept(lambda name, p: not p.requires_grad),
        "detach() alone shares memory, clone() alone requires gradients. Write `p.detach().clone()`.": (
            tuple(kept(value=value) for value in (Tensor.detach, torch.clone, lambda p: p))
        ),
        "Put tensors under the names, no arrays.": kept(value=lambda p: p.detach().numpy().copy()),
    },
)
