"""Lesson 11: answers that learners may well give, for tests/test_exercises.py.

`WRONG` has for each exercise (what went wrong, the answer, a regular expression that its own hint matches),
`RIGHT` has answers that are right and written in another way than the lesson's solution.
"""

import copy
import math

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

# 11.1


def count(model):
    return sum(p.numel() for p in model.parameters() if p.requires_grad)


def by_text(belongs, result=count):
    """Return an answer that compares the names of the parameters with the name of the part."""

    def learn_only(model, name):
        for key, parameter in model.named_parameters():
            parameter.requires_grad = belongs(key, name)
        return result(model)

    return learn_only


def whole(key, name):
    return key.startswith(name + ".")


def not_frozen(model, name):
    model.get_submodule(name).requires_grad_(True)
    return count(model)


def all_frozen(model, name):
    model.get_submodule(name).requires_grad_(True)
    model.requires_grad_(False)
    return count(model)


def only_frozen(model, name):
    part = {id(p) for p in model.get_submodule(name).parameters()}
    for parameter in model.parameters():
        if id(parameter) not in part:
            parameter.requires_grad_(False)
    return count(model)


def by_attribute(model, name):
    model.requires_grad = False
    model.get_submodule(name).requires_grad = True
    return count(model)


def by_getattr(model, name):
    model.requires_grad_(False)
    getattr(model, name).requires_grad_(True)
    return count(model)


def by_dot(model, name):
    model.requires_grad_(False)
    model.name.requires_grad_(True)
    return count(model)


def by_children(model, name):
    model.requires_grad_(False)
    dict(model.named_children())[name].requires_grad_(True)
    return count(model)


def text_as_part(model, name):
    model.requires_grad_(False)
    name.requires_grad_(True)
    return count(model)


def all_at_once(model, name):
    model.parameters().requires_grad_(False)
    return count(model)


def step_by_step(model, name):
    part = model
    for step in name.split("."):
        part = getattr(part, step)
    model.requires_grad_(False)
    learning = 0
    for parameter in part.parameters():
        parameter.requires_grad = True
        learning += math.prod(parameter.shape)
    return torch.tensor(learning)


# 11.2


def last_linear(network):
    return [name for name, layer in network.named_modules() if isinstance(layer, nn.Linear)][-1]


def replaced(make=lambda old, n: nn.Linear(old.in_features, n), freeze="before", result=lambda x: x):
    def new_last_layer(network, out_features):
        if freeze == "before":
            network.requires_grad_(False)
        name = last_linear(network)
        network.set_submodule(name, make(network.get_submodule(name), out_features))
        if freeze == "after":
            network.requires_grad_(False)
        return result(network)

    return new_last_layer


def last_position(network, out_features):
    network.requires_grad_(False)
    network[-1] = nn.Linear(network[-1].in_features, out_features)
    return network


def pairs_not_unpacked(network, out_features):
    linear = [pair for pair in network.named_modules() if isinstance(pair, nn.Linear)]
    network.set_submodule(linear[-1], nn.Linear(10, out_features))
    return network


def last_child(network, out_features):
    network.requires_grad_(False)
    name = list(dict(network.named_modules()))[-1]
    in_features = network.get_submodule(last_linear(network)).in_features
    network.set_submodule(name, nn.Linear(in_features, out_features))
    return network


def first_linear(network, out_features):
    network.requires_grad_(False)
    for name, layer in network.named_modules():
        if isinstance(layer, nn.Linear):
            network.set_submodule(name, nn.Linear(layer.in_features, out_features))
            break
    return network


def every_linear(network, out_features):
    network.requires_grad_(False)
    for name, layer in list(network.named_modules()):
        if isinstance(layer, nn.Linear):
            network.set_submodule(name, nn.Linear(layer.in_features, out_features))
    return network


def written_on(network, out_features):
    network.requires_grad_(False)
    layer = network.get_submodule(last_linear(network))
    layer.out_features = out_features
    layer.requires_grad_(True)
    return network


def on_top(network, out_features):
    network.requires_grad_(False)
    return nn.Sequential(network, nn.Linear(10, out_features))


def only_frozen_network(network, out_features):
    return network.requires_grad_(False)


def by_classifier(network, out_features):
    network.requires_grad_(False)
    network.classifier[-1] = nn.Linear(network.classifier[-1].in_features, out_features)
    return network


def variable_only(network, out_features):
    network.requires_grad_(False)
    last = network.get_submodule(last_linear(network))
    last = nn.Linear(last.in_features, out_features)
    return network


def by_parent(network, out_features):
    for parameter in network.parameters():
        parameter.requires_grad = False
    for layer in network.modules():
        for name, child in layer.named_children():
            if isinstance(child, nn.Linear):
                found = layer, name, child
    setattr(found[0], found[1], nn.Linear(found[2].in_features, out_features))
    return network


def frozen_but_new(network, out_features):
    name = last_linear(network)
    new = nn.Linear(network.get_submodule(name).weight.shape[1], out_features)
    network.set_submodule(name, new)
    for key, parameter in network.named_parameters():
        parameter.requires_grad_(key.startswith(name + "."))
    return network


# 11.3


def differ(changed):
    return lambda before, after: [name for name in before if changed(before[name], after[name])]


def flags(before, after):
    return [not torch.equal(before[name], after[name]) for name in before]


def as_set(before, after):
    return set(differ(other)(before, after))


def other(a, b):
    return not torch.equal(a, b)


def backwards(before, after):
    return differ(other)(before, after)[::-1]


def only_parameters(before, after):
    return [name for name in differ(other)(before, after) if name.endswith(("weight", "bias"))]


def as_dict(before, after):
    return {name: other(before[name], after[name]) for name in before}


def tensors(before, after):
    return [after[name] for name in differ(other)(before, after)]


def counted(before, after):
    return len(differ(other)(before, after))


def from_models(before, after):
    return differ(other)(before.state_dict(), after.state_dict())


def names_only(before, after):
    return [name for name, tensor in before if other(tensor, after[name])]


def in_loops(before, after):
    names = []
    for (name, a), b in zip(before.items(), after.values(), strict=True):
        if (a != b).any():
            names.append(name)
    return names


# 11.4


def modes(*steps):
    def train_only(model, name):
        for step in steps:
            step(model, model.get_submodule(name))

    return train_only


def model_eval(model, part):
    model.eval()


def model_train(model, part):
    model.train()


def part_train(model, part):
    part.train()


def part_eval(model, part):
    part.eval()


def flags_of_the_part(model, part):
    part.training = True


def flag_of_the_model(model, part):
    model.training = False


def rest_eval(model, part):
    inside = set(part.modules())
    for layer in model.modules():
        if layer not in inside and not list(layer.children()):
            layer.eval()


def freeze_rest(model, part):
    model.requires_grad_(False)
    part.requires_grad_(True)


def dropout_only(model, part):
    for layer in part.modules():
        if isinstance(layer, nn.Dropout):
            layer.train()


def overwritten(model, part):
    model.train = False
    part.train = True


def children_eval(model, name):
    model.train()
    for key, child in model.named_children():
        child.train(key == name)


def by_names(model, name):
    for key, layer in model.named_modules():
        layer.training = (key + ".").startswith(name + ".")


# 11.5


def features(join=torch.cat, guard=torch.no_grad, evaluate=True, restore=True, split=None):
    split = split or (lambda images, size: images.split(size))

    def compute_features(trunk, images, batch_size):
        was_training = trunk.training
        if evaluate:
            trunk.eval()
        with guard():
            parts = [trunk(batch) for batch in split(images, batch_size)]
        if restore:
            trunk.train(was_training)
        return join(parts)

    return compute_features


def full_batches(images, size):
    return [images[i * size : (i + 1) * size] for i in range(len(images) // size)] or [images]


def shuffled(images, size):
    return images.flip(0).split(size)


def not_unpacked(images, size):
    return DataLoader(TensorDataset(images), batch_size=size)


def unpacked(images, size):
    return [batch for (batch,) in DataLoader(TensorDataset(images), size)]


def left_in_training(trunk, images, batch_size):
    result = features()(trunk, images, batch_size)
    trunk.train()
    return result


def flag_only(trunk, images, batch_size):
    was_training = trunk.training
    result = features(restore=False)(trunk, images, batch_size)
    trunk.training = was_training
    return result


def detached(trunk, images, batch_size):
    return features(guard=torch.enable_grad)(trunk, images, batch_size).detach()


@torch.no_grad()
def into_a_table(trunk, images, batch_size):
    mode = trunk.training
    trunk.train(False)
    result = None
    for start in range(0, len(images), batch_size):
        some = trunk(images[start : start + batch_size])
        if result is None:
            result = torch.zeros(len(images), some.shape[1])
        result[start : start + batch_size] = some
    trunk.train(mode)
    return result


def cloned_after(trunk, images, batch_size):
    return features(guard=torch.inference_mode)(trunk, images, batch_size).clone()


# 11.6


def wilson(right, n, z=1.96, scale=100):
    share = right / n
    middle = share + z**2 / (2 * n)
    margin = z * (share * (1 - share) / n + z**2 / (4 * n**2)) ** 0.5
    return tuple(scale * edge / (1 + z**2 / n) for edge in (middle - margin, middle + margin))


def needed(enough, none=None, end=1, start=1):
    def pictures_needed(percent, most):
        for n in range(start, most + end):
            if enough(n, percent):
                return n
        return none(most) if callable(none) else none

    return pictures_needed


def low_is_enough(n, percent):
    return wilson(n, n)[0] >= percent


def z_of(z):
    return lambda n, percent: wilson(n, n, z)[0] >= percent


def whole_pair(percent, most):
    return needed(lambda n, percent: wilson(n, n) >= percent)(percent, most)


def largest(percent, most):
    return next((n for n in range(most, 0, -1) if low_is_enough(n, percent)), None)


def too_late(percent, most):
    n = needed(low_is_enough)(percent, most)
    return n and n + 1


def too_early(percent, most):
    n = needed(low_is_enough)(percent, most)
    return n and n - 1


def interval(percent, most):
    return wilson(needed(low_is_enough)(percent, most) or 1, most)


def low_end(percent, most):
    n = needed(low_is_enough)(percent, most)
    return n and wilson(n, n)[0]


def by_formula(percent, most, z=1.96, rounded=math.ceil):
    n = max(1, rounded(z**2 * percent / (100 - percent)))
    return n if n <= most else None


def by_careful_formula(percent, most):
    return by_formula(percent, most) if percent < 100 else None


def rule_of_three(percent, most):
    return math.ceil(3 / (1 - percent / 100))


def not_squared(percent, most):
    return math.ceil(1.96 * percent / (100 - percent))


def from_zero(percent, most):
    return needed(lambda n, percent: n / (n + 1.96**2) * 100 >= percent, start=0)(percent, most)


def in_numpy(percent, most):
    n = np.arange(1, most + 1)
    enough = 100 * n / (n + 1.96**2) >= percent
    return n[enough].min() if enough.any() else None


# 11.7


def door(formula, nobody=math.nan):
    """Return an answer: a formula of the pets and strangers that are let in, of 100 visits."""

    def precision_at_door(recall, false_alarms, pet_share):
        pets = recall * pet_share / 100
        strangers = false_alarms * (100 - pet_share) / 100
        if pets + strangers == 0:
            return nobody
        return formula(pets, strangers, recall, false_alarms, pet_share)

    return precision_at_door


def right_precision(pets, strangers, *rest):
    return 100 * pets / (pets + strangers)


def share_forgotten(recall, false_alarms, pet_share):
    return 100 * recall / (recall + false_alarms) if recall + false_alarms else math.nan


def not_guarded(recall, false_alarms, pet_share):
    pets = recall * pet_share
    return 100 * pets / (pets + false_alarms * (100 - pet_share))


def one_minus(recall, false_alarms, pet_share):
    return 100 * recall * pet_share / (recall * pet_share + false_alarms * (1 - pet_share))


def one_minus_as_a_fraction(*case):
    return one_minus(*case) / 100


def of_all_visits(pets, strangers, recall, false_alarms, pet_share):
    return 100 * pets / (pets + false_alarms)


def recall_of_all(pets, strangers, recall, false_alarms, pet_share):
    return 100 * recall / (recall + strangers)


def by_bayes(recall, false_alarms, pet_share):
    prior = torch.tensor([pet_share, 100.0 - pet_share], dtype=torch.float64) / 100
    joint = prior * torch.tensor([recall, false_alarms], dtype=torch.float64) / 100
    return joint[0] / joint.sum() * 100


def in_numpy_floats(recall, false_alarms, pet_share):
    pets, strangers = np.float64(recall * pet_share), np.float64(false_alarms * (100 - pet_share))
    with np.errstate(invalid="ignore"):
        return 100 * pets / (pets + strangers)


# 11.8


def kept(wanted=lambda name, p: p.requires_grad, value=lambda p: p.detach().clone()):
    return lambda model: {name: value(p) for name, p in model.named_parameters() if wanted(name, p)}


def state_that_requires(model):
    return {name: t.clone() for name, t in model.state_dict().items() if t.requires_grad}


def whole_state(model):
    return copy.deepcopy(model.state_dict())


def head_only(model):
    return kept(lambda name, p: name.startswith("head"))(model)


def by_modules(model):
    saved = {}
    for key, layer in model.named_modules():
        for name, tensor in layer.state_dict(prefix=key + ".").items():
            if not list(layer.children()) and any(p.requires_grad for p in layer.parameters()):
                saved[name] = tensor.clone()
    return saved


def short_names(model):
    named = model.named_parameters()
    return {name.split(".")[-1]: p.detach().clone() for name, p in named if p.requires_grad}


def with_buffers(model):
    return kept()(model) | {name: b.clone() for name, b in model.named_buffers()}


def numbered(model):
    learning = [p for p in model.parameters() if p.requires_grad]
    return {i: p.detach().clone() for i, p in enumerate(learning)}


def as_list(model):
    return list(kept()(model).items())


def head_by_name(model):
    return {f"head.{name}": p.detach().clone() for name, p in model.head.named_parameters()}


def of_parameters(model):
    return {name: p.detach().clone() for name, p in model.parameters() if p.requires_grad}


def by_state(model):
    learning = {name for name, p in model.named_parameters() if p.requires_grad}
    state = model.state_dict()
    return {name: copy.deepcopy(state[name]) for name in sorted(learning)}


def without_frozen(model):
    state = copy.deepcopy(model).state_dict()
    for name, parameter in model.named_parameters():
        if not parameter.requires_grad:
            del state[name]
    for name, _ in model.named_buffers():
        del state[name]
    return state


WRONG = {
    "11.1": [
        ("not frozen", not_frozen, "everything can learn after"),
        ("frozen last", all_frozen, "nothing can learn after"),
        ("frozen before", only_frozen, "'trunk.0': nothing can learn"),
        ("an attribute", by_attribute, "only writes a note"),
        ("similar names", by_text(str.startswith), "head_2.* begins alike"),
        ("the other way", by_text(lambda key, name: not whole(key, name)), "just this part"),
        ("weights only", by_text(lambda key, name: whole(key, name) and "weight" in key), "bias can't learn"),
        ("getattr", by_getattr, "follows the dots"),
        ("a dot", by_dot, "model.name looks for"),
        ("the text", text_as_part, "not the part itself"),
        ("all at once", all_at_once, "call the method of the model"),
        ("nothing returned", by_text(whole, lambda model: None), "Now return how many"),
        (
            "tensors counted",
            by_text(whole, lambda model: sum(p.requires_grad for p in model.parameters())),
            "counted tensors",
        ),
        (
            "all counted",
            by_text(whole, lambda model: sum(p.numel() for p in model.parameters())),
            "frozen ones too",
        ),
        (
            "frozen counted",
            by_text(whole, lambda m: sum(p.numel() for p in m.parameters() if not p.requires_grad)),
            "these are the frozen",
        ),
        ("the model", by_text(whole, lambda model: model), "Return one number"),
    ],
    "11.2": [
        ("frozen after", replaced(freeze="after"), "new layer is frozen too"),
        ("not frozen", replaced(freeze=None), "more than the new layer"),
        ("nothing returned", replaced(result=lambda network: None), "needs a return"),
        ("the layer", replaced(result=lambda n: n.get_submodule(last_linear(n))), "not its new layer alone"),
        ("last position", last_position, "no last position"),
        ("last module", last_child, "you replaced swish. The last"),
        ("first linear", first_linear, "you replaced 1. The last"),
        ("every linear", every_linear, "all linear layers are new"),
        ("written on it", written_on, "only changes what is written"),
        ("on top", on_top, "another object"),
        ("frozen only", only_frozen_network, "is still the old one"),
        ("a fixed name", by_classifier, "its own names"),
        ("out_features twice", replaced(lambda old, n: nn.Linear(old.out_features, n)), "takes 10 numbers"),
        ("old size", replaced(lambda old, n: nn.Linear(old.in_features, old.out_features)), "yours has 10"),
        ("more layers", replaced(lambda old, n: nn.Sequential(old, nn.Linear(10, n))), "more layers than"),
        (
            "identity",
            replaced(lambda old, n: nn.Identity()),
            "it is: Identity",
        ),
        (
            "the name for the layer",
            replaced(lambda old, n: nn.Linear("fc".in_features, n)),
            "a name, a text|'s name, a",
        ),
        (
            "a bare in_features",
            replaced(lambda old, n: nn.Linear(in_features, n)),  # noqa: F821
            "attribute of the old layer",
        ),
        ("pairs not unpacked", pairs_not_unpacked, "gives pairs"),
    ],
    "11.3": [
        ("allclose", differ(lambda a, b: not torch.allclose(a, b, atol=1e-5)), "passes over it"),
        ("!=", differ(lambda a, b: a != b), "torch.equal.a, b. gives one"),
        ("not same", differ(lambda a, b: a is not b), "asks for the object"),
        ("sums", differ(lambda a, b: a.sum() != b.sum()), "Their sum is as before"),
        ("growth", differ(lambda a, b: (b - a).max() > 0), "downwards"),
        ("all numbers", differ(lambda a, b: (a != b).all()), "One number is enough"),
        ("means", differ(lambda a, b: a.mean() != b.mean()), "tensors of any type"),
        ("unchanged", differ(torch.equal), "those that did not change"),
        ("parameters", only_parameters, "not only weight"),
        ("flags", flags, "truth values, one for each"),
        ("a set", as_set, "has no order"),
        ("backwards", backwards, "in another order"),
        ("a dictionary", as_dict, "not a dictionary"),
        ("tensors", tensors, "holds tensors"),
        ("a count", counted, "not a number"),
        ("models", from_models, "are state dicts already"),
        ("no items", names_only, "gives its names only"),
    ],
    "11.4": [
        ("all train", modes(model_train), "everything is in training mode"),
        ("all eval", modes(part_train, model_eval), "set the part to training mode after"),
        ("part only", modes(part_train), "in training mode: head_2. All"),
        ("rest only", modes(rest_eval), "but it should be: head.2"),
        ("swapped", modes(model_train, part_eval), "swapped"),
        ("a flag", modes(model_eval, flags_of_the_part), "reaches one module only"),
        ("requires_grad", modes(model_eval, part_train, freeze_rest), "changed requires_grad too"),
        ("dropout", modes(model_eval, dropout_only), "but it should be: head.0, head.1, head.3"),
        ("methods replaced", modes(overwritten), "replaces the method"),
        ("children", children_eval, "With a model of which only the trunk.*everything is in eval"),
        ("getattr", lambda model, name: (model.eval(), getattr(model, name).train()), "follows the dots"),
    ],
    "11.5": [
        ("training mode", features(evaluate=False), "matter of luck"),
        ("left in eval", features(restore=False), "came in training mode and left in eval"),
        ("flag only", flag_only, "reaches one module only"),
        ("left in training", left_in_training, "came in eval mode and left in training"),
        ("gradients", features(guard=torch.enable_grad), "gradients were recorded"),
        ("inference_mode", torch.inference_mode()(features()), "no head can be trained"),
        ("all at once", features(split=lambda images, size: [images]), "all images at once"),
        ("full batches", features(split=full_batches), "last images are missing"),
        ("chunk", features(split=lambda images, size: images.chunk(size)), "number of pieces"),
        ("one by one", features(split=lambda images, size: images.split(1)), "batch by batch; it saw"),
        ("a list", features(join=list), "list of batches"),
        ("stack", features(join=torch.stack), "can't be stacked"),
        ("dim 1", features(join=lambda parts: torch.cat(parts, dim=1)), "dim=0"),
        ("shuffled", features(split=shuffled), "another order"),
        ("a loader", features(split=not_unpacked), "loader of a TensorDataset"),
        ("nothing", features(join=lambda parts: None), "needs a return"),
        ("last batch", features(join=lambda parts: parts[-1]), "should have the shape .10, 5."),
        ("squeezed", features(join=lambda parts: torch.cat(parts).squeeze()), "yours have .5."),
        ("NumPy", features(join=lambda parts: torch.cat(parts).numpy()), "not this ndarray"),
    ],
    "11.6": [
        ("upper end", needed(lambda n, percent: wilson(n, n)[1] >= percent), "you return 1. One right"),
        ("one less", too_early, "one too few"),
        ("one more", too_late, "one too many"),
        ("fraction", needed(lambda n, percent: wilson(n, n, scale=1)[0] >= percent), "the other a fraction"),
        ("the pair", whole_pair, r"wilson\(n, n\)\[0\]"),
        ("most excluded", needed(low_is_enough, end=0), "ends before it"),
        ("0 for none", needed(low_is_enough, none=0), "you return 0. No number"),
        ("most for none", needed(low_is_enough, none=lambda most: most), "you return 72"),
        ("the largest", largest, "Stop at the first"),
        ("an interval", interval, "not the interval"),
        ("the lower end", low_end, "Return the number of pictures, n"),
        ("not rounded", lambda percent, most: by_formula(percent, most, rounded=float), "Pictures are whole"),
        ("z of 90 %", needed(z_of(1.645)), "z is 1.645"),
        ("z of 99 %", needed(z_of(2.576)), "z is 2.576"),
        ("rule of three", rule_of_three, "another rule"),
        ("not squared", not_squared, "is squared"),
        ("by zero", by_formula, "For 100 % a formula divides"),
        ("from zero", from_zero, "n starts at 1"),
    ],
    "11.7": [
        ("no share", share_forgotten, "makes no difference how many"),
        ("fraction", door(lambda p, s, *_: p / (p + s)), "That is a fraction"),
        ("of all visits", door(of_all_visits), "not of all visits"),
        ("recall of all", door(recall_of_all), "not of all. Of"),
        ("1 - percent", one_minus, "not 1 - it"),
        ("1 - percent, a fraction", one_minus_as_a_fraction, "and return percent"),
        ("strangers", door(lambda p, s, *_: 100 * s / (p + s)), "the strangers' share"),
        ("pets", door(lambda p, s, *_: p), "Divide by all that are let in. Of"),
        ("let in", door(lambda p, s, *_: p + s), "let in at all"),
        ("accuracy", door(lambda p, s, recall, alarms, share: p + 100 - share - s), "the accuracy"),
        ("recall", door(lambda p, s, recall, *_: recall), "That is the recall"),
        ("rounded", door(lambda *case: round(right_precision(*case))), "Keep the decimals"),
        ("not guarded", not_guarded, r"return float\('nan'\) then"),
        ("0 for nobody", door(right_precision, nobody=0), "not 0"),
        ("None for nobody", door(right_precision, nobody=None), "not None"),
        ("odds", door(lambda p, s, *_: 100 * p / s if s else 100), "the pet too"),
    ],
    "11.8": [
        ("state dict's flag", state_that_requires, "always False"),
        ("whole state", whole_state, "whole state dict"),
        ("all parameters", kept(lambda name, p: True), "you return trunk.0.weight.* too. Ask"),
        ("the head", head_only, "biases can learn, you return head.weight too"),
        ("whole layers", by_modules, "you return whole layers"),
        ("short names", short_names, "full names only"),
        ("buffers", with_buffers, "These are no parameters"),
        ("positions", numbered, "keys are names"),
        ("a list", as_list, "not this list"),
        ("frozen", kept(lambda name, p: not p.requires_grad), "what is frozen"),
        ("not copied", kept(value=lambda p: p.detach()), "the same memory"),
        ("gradients", kept(value=lambda p: p.clone()), "detach.. ?.clone"),
        ("no names", of_parameters, "without names"),
        ("NumPy", kept(value=lambda p: p.detach().numpy().copy()), "is a ndarray"),
    ],
}
# Other ways to the same mistake: their hint is that of the answer named.
SAME_MISTAKE = {
    "11.1": [
        (by_children, "follows the dots"),
        (by_text(lambda key, name: name in key), "begins alike"),
    ],
    "11.2": [(variable_only, "is still the old one")],
    "11.4": [(modes(flag_of_the_model, part_train), "in training mode: head_2")],
    "11.5": [(detached, "gradients were recorded")],
    "11.8": [(kept(value=lambda p: p.data.cpu()), "the same memory"), (head_by_name, "head.weight too")],
}

RIGHT = {
    "11.1": [by_text(whole), step_by_step],
    "11.2": [replaced(), by_parent, frozen_but_new, replaced(lambda old, n: nn.LazyLinear(n))],
    "11.3": [
        differ(other),
        in_loops,
        differ(lambda a, b: (a - b).abs().max() > 0),
        differ(lambda a, b: not np.array_equal(a.numpy(), b.numpy())),
        lambda before, after: tuple(differ(lambda a, b: a.tolist() != b.tolist())(before, after)),
    ],
    "11.4": [modes(model_eval, part_train), modes(model_train, rest_eval), by_names],
    "11.5": [
        features(),
        into_a_table,
        cloned_after,
        features(guard=torch.inference_mode),  # torch.cat outside of it makes a tensor like any other
        features(split=unpacked),
        features(split=lambda images, size: DataLoader(images, batch_size=size)),
    ],
    "11.6": [needed(low_is_enough), by_careful_formula, in_numpy],
    "11.7": [door(right_precision), by_bayes, in_numpy_floats],
    "11.8": [kept(), by_state, without_frozen],
}
