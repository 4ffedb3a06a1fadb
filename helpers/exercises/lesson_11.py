"""Lesson 11, transfer learning and fine-tuning: the graders of its exercises."""

import math
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from helpers.checks import WrongAnswer, attempt, exercise
from helpers.exercises.grading import explained, numbers, same, wrong_if

NOTHING = "Your function returns nothing: it needs a return."
BRACKETS = {r"'method' object": "A method is called with brackets: parameters(), modules()."}


def _attempt(answer: Callable, *arguments: Any, hints: dict[str, str]) -> Any:
    """Call a learner's function; to an error that is known here, its hint is added."""
    with explained(hints):
        return attempt(answer, *arguments)


def _state(model: nn.Module) -> dict[str, Tensor]:
    """Return a copy of the state dict."""
    return {name: tensor.clone() for name, tensor in model.state_dict().items()}


def _wrong_if_changed(model: nn.Module, before: dict[str, Tensor], what: str = "model") -> None:
    """Raise a hint where a function changed the numbers of a model that it was given."""
    after = model.state_dict()
    wrong_if(
        list(after) != list(before), f"The {what} has other layers than before. Leave its layers as they are."
    )
    changed = [name for name, tensor in before.items() if not torch.equal(tensor, after[name])]
    wrong_if(
        bool(changed), f"Your function changed numbers of the {what}: {', '.join(changed)}. It should not."
    )


# 11.1 and 11.4: a part of a model, by its name


PART = BRACKETS | {
    r"has no attribute 'name'": "`name` is a variable that holds a text. model.name looks for a part that is "
    'called "name"; model.get_submodule(name) gives the part that is meant.',
    r"'str' object has no attribute": "`name` is a text, not the part itself. model.get_submodule(name) "
    "gives the part.",
    r"'str' object cannot be interpreted|not subscriptable": "Square brackets take a position here, not a "
    "name. model.get_submodule(name) gives the part.",
    r"has no attribute '\w+\.\w+|KeyError: '\w+\.\w+": "A name with a dot is a part of a part. "
    "model.get_submodule(name) follows the dots.",
    r"'generator' object has no attribute": "parameters() and modules() give one after the other, for a "
    "loop. To reach all at once, call the method of the model or of the part.",
}


def _model() -> nn.Sequential:
    """Return a tiny network of a trunk and two heads; the second one's name starts like the first one's."""
    torch.manual_seed(0)
    trunk = nn.Sequential(
        *(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Dropout(0.5)),
        *(nn.AdaptiveAvgPool2d(1), nn.Flatten()),
    )
    head = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3), nn.Dropout(0.5), nn.Linear(3, 2))
    return nn.Sequential(OrderedDict(trunk=trunk, head=head, head_2=nn.Linear(2, 1)))


@exercise("11.1")
def learn_only(answer: Callable) -> str:
    """Grade ``answer(model, name)``: only that part can learn; returns how many numbers can."""
    for learning, state, name in (
        ([""], "everything can learn", "head"),
        ([], "everything is frozen", "trunk.0"),
        (["trunk", "head"], "the trunk and the head can learn", "head_2"),
        (["head"], "only the head can learn", "trunk"),
        ([""], "everything can learn", "head.3"),
    ):
        model = _model().requires_grad_(False)
        for part in learning:
            model.get_submodule(part).requires_grad_(True)
        before = _state(model)
        got = _attempt(answer, model, name, hints=PART)
        _check_learning(model, name, f"In a model in which {state}, for the part {name!r}")
        _wrong_if_changed(model, before)
        _check_count(got, model, name)
    return "All that is frozen costs no gradient, and a check of requires_grad takes one line."


def _check_learning(model: nn.Module, name: str, case: str) -> None:
    """Raise a hint where not exactly the parameters of this part can learn."""
    every = {key for key, _ in model.named_parameters()}
    right = {key for key in every if key.startswith(f"{name}.")}
    can = {key for key, parameter in model.named_parameters() if parameter.requires_grad}
    if can == right:
        return
    wrong_if(
        any({"requires_grad", "requires_grad_"} & set(vars(module)) for module in model.modules()),
        "`module.requires_grad = ...` only writes a note on the module, and its parameters never see it. "
        "Call module.requires_grad_(...), with the underscore, or go through module.parameters().",
    )
    wrong_if(can == every, f"{case}: everything can learn after your function. Freeze the rest.")
    wrong_if(can == every - right, f"{case}: you froze just this part, and all the rest can learn.")
    wrong_if(
        not can,
        f"{case}: nothing can learn after your function. Freeze everything first, then unfreeze the part. "
        "(requires_grad_ of a module reaches all that is in it.)",
    )
    extra, missing = sorted(can - right), sorted(right - can)
    wrong_if(
        bool(extra) and all(key.startswith(name) for key in extra),
        f"{case}: {', '.join(extra)} can learn too. The text of that name begins alike, but it is another "
        "part. model.get_submodule(name) finds the right one.",
    )
    wrong_if(
        bool(missing),
        f"{case}: {', '.join(missing)} can't learn. All parameters of the part should, whether they "
        "were frozen before or not.",
    )
    raise WrongAnswer(f"{case}: {', '.join(extra)} can learn too. Freeze all that is not in the part.")


def _check_count(raw: Any, model: nn.Module, name: str) -> None:
    """Raise a hint where an answer isn't how many numbers can learn."""
    done = f"For {name!r} the right parameters can learn. "
    wrong_if(raw is None, f"{done}Now return how many numbers that are.")
    got = numbers(raw, 0, f"{done}Return one number: how many numbers can learn.")
    learning = [parameter.numel() for parameter in model.parameters() if parameter.requires_grad]
    every = sum(parameter.numel() for parameter in model.parameters())
    wrong_if(
        got == len(learning) != sum(learning),
        f"{done}You counted tensors (a weight, a bias). Count the numbers in them: numel().",
    )
    wrong_if(got == every, f"{done}You return {every}, which counts the frozen ones too.")
    wrong_if(got == every - sum(learning), f"{done}You return {got}: these are the frozen ones.")
    wrong_if(
        isinstance(raw, bool) or got != sum(learning),
        f"{done}It has {sum(learning)} numbers that can learn; you return {got}.",
    )


@exercise("11.4")
def train_only(answer: Callable) -> str:
    """Grade ``answer(model, name)``: that part in training mode, all the rest in eval mode."""
    for modes, state, name in (
        ({"": False, "head": True, "head.2": False, "head_2": True}, "of mixed modes", "head"),
        ({"": True}, "in training mode", "head"),
        ({"": False}, "in eval mode", "head"),
        ({"": False, "head": True}, "of which only the head is in training mode", "trunk"),
        ({"": True, "trunk": False}, "of which only the trunk is in eval mode", "trunk.3"),
    ):
        model = _model()
        for part, training in modes.items():
            model.get_submodule(part).train(training)
        before = _state(model)
        frozen = [parameter.requires_grad for parameter in model.parameters()]
        _attempt(answer, model, name, hints=PART)
        _check_modes(model, name, f"With a model {state}, for the part {name!r}")
        _wrong_if_changed(model, before)
        wrong_if(
            [parameter.requires_grad for parameter in model.parameters()] != frozen,
            "The modes are right, but you changed requires_grad too. Leave that to other functions.",
        )
    return "Dropout and batch normalisation of the trunk stay still now, in every epoch."


def _check_modes(model: nn.Module, name: str, case: str) -> None:
    """Raise a hint where the layers of this part aren't the only ones in training mode."""
    layers = {key: module for key, module in model.named_modules() if not list(module.children())}
    right = {key for key in layers if key == name or key.startswith(f"{name}.")}
    training = {key for key, layer in layers.items() if layer.training}
    if training == right:
        return
    part = model.get_submodule(name)
    wrong_if(
        bool({"train", "eval"} & {key for module in model.modules() for key in vars(module)}),
        "`model.train = ...` replaces the method. Call it: model.train(), model.eval().",
    )
    wrong_if(
        (name not in layers and part.training and not training & right)
        or (not model.training and training == set(layers)),
        f"{case}: a module has the right mode, but the layers inside of it do not. `.training = ...` reaches "
        "one module only, and a loop over all modules comes to the inner ones later. train() and eval() of a "
        "module reach all that is in it.",
    )
    wrong_if(training == set(layers), f"{case}: everything is in training mode. The rest belongs in eval.")
    wrong_if(
        not training,
        f"{case}: everything is in eval mode. model.eval() reaches the part as well, so set the part to "
        "training mode after it.",
    )
    wrong_if(training == set(layers) - right, f"{case}: the modes are swapped.")
    extra, missing = sorted(training - right), sorted(right - training)
    wrong_if(
        bool(missing),
        f"{case}: not in training mode, but it should be: {', '.join(missing)}. train() reaches all that is "
        "in a part; `.training = True` does not.",
    )
    raise WrongAnswer(
        f"{case}: outside of the part, in training mode: {', '.join(extra)}. All but the part belongs in "
        "eval mode."
    )


# 11.2


class _LikeVGG(nn.Module):
    """Three parts, the last layer inside of the third, as VGG16 has them."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU())
        self.avgpool = nn.AdaptiveAvgPool2d(2)
        self.classifier = nn.Sequential(nn.Linear(16, 6), nn.ReLU(), nn.Dropout(0.5), nn.Linear(6, 10))

    def forward(self, x: Tensor) -> Tensor:
        """Give [batch, 10] for images [batch, 3, H, W]."""
        return self.classifier(self.avgpool(self.features(x)).flatten(1))


class _LikeLite(nn.Module):
    """One linear layer with a name of its own, and after it a layer of another kind."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 5, 3), nn.BatchNorm2d(5))
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(5, 7)
        self.swish = nn.SiLU()

    def forward(self, x: Tensor) -> Tensor:
        """Give [batch, 7] for images [batch, 3, H, W]."""
        return self.fc(self.swish(self.pool(self.stem(x))).flatten(1))


def _networks() -> list[tuple[nn.Module, int, str]]:
    plain = nn.Sequential(nn.Flatten(), nn.Linear(192, 4), nn.ReLU(), nn.Linear(4, 10))
    inside = nn.Sequential(
        nn.Sequential(nn.Conv2d(3, 4, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten()),
        nn.Sequential(nn.Linear(4, 8), nn.Sequential(nn.Linear(8, 6), nn.Dropout(0.5))),
    )
    return [
        (plain, 1, "a Sequential whose last layer is linear"),
        (_LikeVGG(), 2, "a network like VGG16"),
        (_LikeLite(), 1, "a network with a stem, pool, fc and swish"),
        (inside, 3, "a network of Sequentials in Sequentials, with a Dropout at its end"),
    ]


NETWORK = BRACKETS | {
    r"'str' object has no attribute": "That is the layer's name, a text. "
    "network.get_submodule(name) gives the layer.",
    r"name 'in_features' is not defined": "in_features is an attribute of the old layer: old.in_features.",
    r"list index out of range": "No layer was found. named_modules() gives pairs: for name, layer in ...",
    r"has no attribute '_?(classifier|fc|head|last|trunk|out_features|in_features)'": "Each network has its "
    "own names, and its last layer need not be linear. Go through named_modules() and take the last one that "
    "is an nn.Linear.",
    r"has no attribute 'split'": "set_submodule takes the name first, then the new layer.",
    r"'str' object cannot be": "Square brackets take a position here. set_submodule(name, new) takes a name.",
    r"item assignment|not subscriptable|has no len": "Not every network is a Sequential, so there may be no "
    "last position. named_modules() gives the name of the last nn.Linear; set_submodule(name, new) takes it.",
    r"not the same as input size|mat1 and mat2": "The new layer takes as many inputs as the old one: its "
    "in_features.",
    r"changed (size )?during iteration|mutated during": "The network changed while you went through it. "
    "First find the name, then replace the layer after the loop.",
}


@exercise("11.2")
def new_last_layer(answer: Callable) -> str:
    """Grade ``answer(network, out_features)``: a new last linear layer, all others frozen."""
    images = torch.rand(2, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    for network, out_features, what in _networks():
        linear = [name for name, module in network.named_modules() if isinstance(module, nn.Linear)]
        modules, before = dict(network.named_modules()), _state(network)
        got = _attempt(answer, network, out_features, hints=NETWORK)
        case = f"For {what}"
        wrong_if(got is None, f"{NOTHING} (set_submodule itself returns None: return the network.)")
        wrong_if(
            isinstance(got, nn.Linear) and got is not network,
            "Return the whole network, not its new layer alone.",
        )
        wrong_if(not isinstance(got, nn.Module), f"Return the network; you return a {type(got).__name__}.")
        wrong_if(
            got is not network,
            f"{case}, you return another object. Change the network that was given and return it itself; a "
            "layer on top would leave the old last layer in.",
        )
        _check_layers(network, linear, modules, out_features, case)
        new = network.get_submodule(linear[-1])
        outputs = _attempt(network.eval(), images, hints=NETWORK)
        wrong_if(
            not isinstance(outputs, Tensor) or outputs.shape != (2, out_features),
            f"{case}, two images should give [2, {out_features}].",
        )
        left = {name: tensor for name, tensor in network.state_dict().items() if name in before}
        last = f"{linear[-1]}."
        changed = [n for n in left if not n.startswith(last) and not torch.equal(left[n], before[n])]
        wrong_if(bool(changed), f"{case}, numbers of other layers changed: {', '.join(changed)}.")
        wrong_if(
            not all(parameter.requires_grad for parameter in new.parameters()),
            f"{case}, the new layer is frozen too. Freeze the network first, then put the new layer in.",
        )
        learning = [name for name, p in network.named_parameters() if p.requires_grad]
        learning = [name for name in learning if not name.startswith(last)]
        wrong_if(
            bool(learning), f"{case}, more than the new layer can learn: {', '.join(learning)}. Freeze it."
        )
    return "It works for VGG16, for EfficientNet, and for any network whose answer comes from an nn.Linear."


def _check_layers(
    network: nn.Module, linear: list[str], modules: dict[str, nn.Module], out_features: int, case: str
) -> None:
    """Raise a hint where not exactly the last linear layer is a new one of the right size."""
    now = dict(network.named_modules())
    last = linear[-1]
    gone = [name for name in modules if name not in now]
    wrong_if(bool(gone), f"{case}, layers are missing: {', '.join(gone)}. Replace the last nn.Linear only.")
    added = [name for name in now if name not in modules]
    wrong_if(
        "name" in added,
        f"{case}, there is a new layer called 'name'. The name is a text in a variable: "
        "set_submodule(name, new).",
    )
    wrong_if(
        now[last] is not network.get_submodule(last),
        f"{case}, the last nn.Linear is {last!r}: a name with a dot is a part of a part, and setattr does "
        "not follow the dots. set_submodule does.",
    )
    wrong_if(
        bool(added), f"{case}, there are more layers than before. The new one takes the old one's place."
    )
    replaced = [name for name in modules if now[name] is not modules[name]]
    old = modules[last]
    wrong_if(
        not replaced and old.out_features == out_features != len(old.weight),
        "`layer.out_features = ...` only changes what is written on the layer; its weights have the old "
        "shape. Make a new nn.Linear.",
    )
    wrong_if(
        not replaced,
        f"{case}, the last nn.Linear, {last!r}, is still the old one. (`layer = nn.Linear(...)` only gives "
        "that name to a new object. set_submodule puts it into the network.)",
    )
    others = [name for name in replaced if name != last]
    wrong_if(
        len(others) > 0 and set(linear) <= set(replaced),
        f"{case}, all linear layers are new: {', '.join(linear)}. Replace the last one only, after the loop.",
    )
    wrong_if(
        bool(others),
        f"{case}, you replaced {', '.join(others)}. The last nn.Linear is {last!r}; leave all others.",
    )
    new = now[last]
    wrong_if(not isinstance(new, nn.Linear), f"{case}, the new layer should be an nn.Linear; it is: {new}.")
    wrong_if(
        new.out_features != out_features,
        f"{case}, the new layer should have out_features={out_features}; yours has {new.out_features}.",
    )
    wrong_if(
        new.in_features not in (old.in_features, 0),  # a lazy layer learns it from its first inputs
        f"{case}, the new layer takes {new.in_features} numbers, and what comes before it gives "
        f"{old.in_features}. Take the in_features of the old layer.",
    )


# 11.3


STATE = {
    "trunk.0.weight": torch.tensor([[0.5, -1.25], [2.0, 0.75]]),
    "trunk.0.bias": torch.tensor([0.5, -0.25]),
    "trunk.1.running_mean": torch.tensor([0.25, 1.5]),
    "trunk.1.num_batches_tracked": torch.tensor(7),
    "head.weight": torch.tensor([[1.0, -0.5]]),
    "head.bias": torch.tensor([0.125]),
}


@exercise("11.3")
def changed_names(answer: Callable) -> str:
    """Grade ``answer(before, after)``, the names of the tensors in two state dicts that differ."""
    every = list(STATE)
    for changes, what in (
        ({"head.weight": [[0.25, 0.25]], "head.bias": [0.5]}, "only the head's weight and bias changed"),
        ({}, "nothing changed"),
        ({"head.bias": [-0.5]}, "a single number became smaller"),
        ({"trunk.0.weight": [[0.0, 0.0], [0.0, 0.25]]}, "one of four numbers changed"),
        ({"trunk.0.bias": [0.25, -0.25]}, "one number grew by 0.25 and another one fell by 0.25"),
        ({"head.weight": [[1e-6, 0.0]]}, "one number changed by 0.000001"),
        ({"trunk.1.running_mean": [0.5, 0.0]}, "a running mean, which is no parameter, changed"),
        ({"trunk.1.num_batches_tracked": 1}, "a whole number, the count of batches, changed"),
        ({name: torch.ones_like(tensor).tolist() for name, tensor in STATE.items()}, "everything changed"),
    ):
        before = {name: tensor.clone() for name, tensor in STATE.items()}
        after = {name: tensor.clone() for name, tensor in STATE.items()}
        for name, change in changes.items():
            after[name] += torch.tensor(change)
        given = [dict(part) for part in (before, after)], [_copy(part) for part in (before, after)]
        raw = _attempt(answer, before, after, hints=COMPARED)
        for part, same_part, copied in zip((before, after), *given, strict=True):
            wrong_if(
                list(part) != list(same_part) or any(not torch.equal(part[n], copied[n]) for n in copied),
                "Your function changed a state dict that it was given. Only read them.",
            )
        _check_names(raw, [name for name in every if name in changes], every, what)
    return "Two state dicts and one line prove that only the head learned."


def _copy(state: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: tensor.clone() for name, tensor in state.items()}


COMPARED = {
    r"ambiguous": "Comparing two tensors with == or != gives a truth value for each number, not one for "
    "all. torch.equal(a, b) gives one.",
    r"not implemented for 'Long'|infer output dtype|did not match|same dtype|'long int'|Long": "A state dict "
    "holds a tensor of whole numbers too, the count of batches. torch.equal compares tensors of any type.",
    r"object has no attribute 'state_dict'|object has no attribute '(named_)?parameters'": "`before` and "
    "`after` are state dicts already: dictionaries from names to tensors.",
    r"KeyError": "`before` and `after` are dictionaries from names to tensors: before[name] is a tensor.",
    r"too many values to unpack|not enough values": "A loop over a dictionary gives its names only; .items() "
    "gives names and tensors.",
    r"'str' object has no attribute|must be Tensor, not str": "A loop over a dictionary gives its names. "
    "The tensors are before[name] and after[name].",
}


def _check_names(raw: Any, right: list[str], every: list[str], what: str) -> None:
    """Raise a hint where an answer isn't the list of the names that changed."""
    wrong_if(raw is None, NOTHING)
    wrong_if(isinstance(raw, bool | int | Tensor), "Return the names, a list, not a number or a truth value.")
    wrong_if(isinstance(raw, set), "A set has no order. Return a list, in the order of the state dict.")
    wrong_if(isinstance(raw, dict), "Return the names alone, in a list, not a dictionary.")
    wrong_if(
        not isinstance(raw, list | tuple),
        f"Return a list of names, not this {type(raw).__name__}."
        + " list(...) makes a list of it." * isinstance(raw, Iterator),
    )
    got = list(raw)
    wrong_if(
        any(isinstance(part, bool) for part in got),
        "Your list holds truth values, one for each tensor. Put the names in for which it is True.",
    )
    wrong_if(
        any(isinstance(part, Tensor) for part in got), "Your list holds tensors. Put their names into it."
    )
    wrong_if(any(part not in every for part in got), f"Not a name of the state dict is among yours: {got}.")
    if got == right:
        return
    case = f"Where {what}"
    wrong_if(
        bool(right) and len(right) < len(every) and got == [n for n in every if n not in right],
        f"{case}, you return those that did not change.",
    )
    wrong_if(
        got == every,
        f"{case}, you return all names. `is not` asks for the object, and a copy is always another one; "
        "compare the numbers: torch.equal.",
    )
    wrong_if(sorted(got) == sorted(right), f"{case}, the names are right, in another order: {right}.")
    hints = {
        "a single number became smaller": "Do you ask for growth only? A change may go downwards too.",
        "one of four numbers changed": "One number is enough. Do you ask whether all numbers changed?",
        "one number grew by 0.25 and another one fell by 0.25": "Their sum is as before. Compare number by "
        "number.",
        "one number changed by 0.000001": "That is what fine-tuning at 1e-6 does in a step. torch.allclose, "
        "or any tolerance, passes over it; torch.equal doesn't.",
        "a running mean, which is no parameter, changed": "All names of the state dict count, not only "
        "weight and bias.",
    }
    hint = hints.get(what, f"The names are {right}.")
    raise WrongAnswer(f"{case}, you return {got}. {hint}")


# 11.5


def _trunk() -> nn.Sequential:
    torch.manual_seed(1)
    trunk = nn.Sequential(
        *(nn.Conv2d(3, 5, 3), nn.BatchNorm2d(5), nn.ReLU()),
        *(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.5)),
    )
    trunk(torch.rand(8, 3, 6, 6))  # the running means have moved
    return trunk


BATCHED = {
    r"values to unpack": "A loader of the images alone gives batches, not pairs with labels.",
    r"stack expects each tensor": "The last batch may be smaller, so its features can't be stacked. "
    "torch.cat joins them along the pictures.",
    r"Sizes of tensors must match": "Join the features along the pictures: torch.cat(..., dim=0).",
    r"zero-dimensional tensor|same number of dimensions|must have same number": "The features of a batch of "
    "one have the shape [1, F]. Does a squeeze() take the 1 away?",
    r"expected a non-empty list|non-empty TensorList": "There was no batch at all. The last batch may be "
    "smaller than batch_size, and so may the only one.",
    r"(but got|received|not|in a) list|'list' object|got list|\(list": "Something is a list where a tensor "
    "is needed. (A loader of a TensorDataset gives lists: batch[0] are the images.)",
    r"inference tensor|Inference tensor": "Tensors of inference_mode can't be used so. torch.no_grad() is "
    "what you need.",
    r"view size is not|running_mean should contain|expected 4D|expected input\[|to have \d+ channels": "A "
    "batch should have the shape [batch, C, H, W]. Split the images along their first dimension.",
}


@exercise("11.5")
def compute_features(answer: Callable) -> str:
    """Grade ``answer(trunk, images, batch_size)``: features [N, F] in batches, eval, no gradients."""
    trunk = _trunk()
    before = _state(trunk)
    for n, batch_size, training in ((10, 4, True), (6, 3, False), (3, 8, True), (5, 1, False), (1, 1, True)):
        images = torch.rand(n, 3, 6, 6, generator=torch.Generator().manual_seed(n))
        with torch.no_grad():
            right = trunk.eval()(images)
        trunk.train(training)
        given, seen = images.clone(), []
        hook = trunk.register_forward_pre_hook(
            lambda module, inputs, seen=seen: seen.append(_look(module, inputs))
        )
        try:
            got = _attempt(answer, trunk, given, batch_size, hints=BATCHED)
        finally:
            hook.remove()
            flag, modes = trunk.training, {layer.training for layer in trunk.modules()}
            moved = any(not torch.equal(t, before[name]) for name, t in trunk.state_dict().items())
            trunk.load_state_dict(before)
        case = f"For {n} image{'s' if n > 1 else ''} in batches of {batch_size}"
        _check_batches(seen, n, batch_size, case)
        wrong_if(moved, "Your function changed the trunk's numbers. It should only compute.")
        wrong_if(not torch.equal(images, given), "Your function changed the images that it was given.")
        _check_features(got, right, case)
        wrong_if(
            flag == training and modes != {training},
            "`trunk.training = ...` reaches one module only; the layers inside keep the other mode. Call "
            "trunk.train(was_training) in the end.",
        )
        wrong_if(
            flag != training,
            f"The trunk came in {'training' if training else 'eval'} mode and left in "
            f"{'training' if flag else 'eval'} mode. Note trunk.training before, and set it in the end: "
            "trunk.train(was_training).",
        )
    return "Every epoch of a head on these features is nearly free."


def _look(module: nn.Module, inputs: tuple) -> tuple[int, bool, bool]:
    """Return the size of a batch, whether a layer is in training mode, whether gradients are recorded."""
    x = inputs[0] if inputs and isinstance(inputs[0], Tensor) else torch.zeros(0)
    return len(x), any(layer.training for layer in module.modules()), torch.is_grad_enabled()


def _check_batches(seen: list[tuple[int, bool, bool]], n: int, batch_size: int, case: str) -> None:
    """Raise a hint where the trunk didn't see the right batches, in eval mode and without gradients."""
    sizes = [size for size, _, _ in seen]
    right = [min(batch_size, n - start) for start in range(0, n, batch_size)]
    wrong_if(not seen, "The trunk never saw an image: trunk(batch) gives the features of a batch.")
    wrong_if(
        sizes == [n] and right != sizes,
        f"{case}, the trunk saw all images at once. With a large network this fills the memory.",
    )
    wrong_if(
        sizes == right[:-1] and right[-1] < batch_size,
        f"{case}, the last images are missing: they make a smaller batch.",
    )
    wrong_if(
        sizes == [len(part) for part in torch.arange(n).chunk(batch_size)] != right,
        f"{case}, the batches had {sizes} images: chunk() wants the number of pieces, split() their size.",
    )
    wrong_if(sizes != right, f"{case}, the trunk should see {right} images, batch by batch; it saw {sizes}.")
    wrong_if(
        any(training for _, training, _ in seen),
        f"{case}, the trunk computed in training mode: dropout makes the features a matter of luck. Call "
        "trunk.eval() first.",
    )
    wrong_if(
        any(gradients for _, _, gradients in seen),
        f"{case}, gradients were recorded, which keeps all that the trunk computes in memory. Compute "
        "inside of torch.no_grad().",
    )


def _check_features(got: Any, right: Tensor, case: str) -> None:
    """Raise a hint where an answer isn't the features, in a tensor that a head can be trained on."""
    wrong_if(got is None, NOTHING)
    wrong_if(
        isinstance(got, list | tuple),
        "That is a list of batches still. torch.cat makes one tensor of it, [N, F].",
    )
    wrong_if(not isinstance(got, Tensor), f"Return a tensor [N, F], not this {type(got).__name__}.")
    shape = list(got.shape)
    wrong_if(
        got.shape != right.shape and got.numel() == right.numel(),
        f"{case}, the features should have the shape {list(right.shape)}; yours have {shape}. Each "
        "image has a row of its own (does a squeeze() take a dimension away?), and torch.cat joins batches.",
    )
    wrong_if(
        got.shape != right.shape,
        f"{case}, the features should have the shape {list(right.shape)}; yours have {shape}.",
    )
    wrong_if(
        got.is_inference(),
        "The features come from inference_mode, so no head can be trained on them. Take torch.no_grad().",
    )
    wrong_if(
        not same(got, right) and same(got.sort(dim=0).values, right.sort(dim=0).values),
        f"{case}, the features come in another order than the images. Do not shuffle.",
    )
    wrong_if(not same(got, right), f"{case}, the features are not what the trunk gives for these images.")
    wrong_if(
        got.requires_grad,
        "The features require gradients. They are fixed numbers now: leave them as they came.",
    )


# 11.6

Z = 1.96


def _needed(percent: float, most: int, z: float = Z) -> int | None:
    """Return the smallest n for which n right of n have a Wilson interval from this percent up."""
    return next((n for n in range(1, most + 1) if 100 * n / (n + z**2) >= percent), None)


@exercise("11.6")
def pictures_needed(answer: Callable) -> str:
    """Grade ``answer(percent, most)``, how many right answers it takes for a lower end of this percent."""
    hints = {
        r"division by zero": "Without a picture there is no share: n starts at 1.",
        r"'tuple'|tuple and": "wilson() gives two numbers, (low, high). The lower end is wilson(n, n)[0].",
        r"not iterable|not subscriptable": "Is a single number taken for a pair? wilson(n, n) gives two.",
        r"name 'wilson' is not defined": "Run the cells of section 5 first: wilson is defined there.",
        r"math domain|complex": "Is a share above 1? wilson(right, n) takes counts: n right of n.",
    }
    for percent, most in ((90, 1000), (95, 1000), (99, 1000), (91, 60), (20, 30)):
        raw = _attempt(answer, percent, most, hints=hints)
        right = _needed(percent, most)
        case = f"For a lower end of {percent} %"
        wrong_if(
            raw is None and percent == 90,
            f"{case}, you return None: no n up to {most} is enough. Is one of the two sides in percent, and "
            "the other a fraction? Or does a `return None` inside of the loop end it after the first n?",
        )
        wrong_if(raw is None, f"{case} and up to {most} pictures, {right} are enough; you return None.")
        wrong_if(
            isinstance(raw, tuple | list),
            "Return one number, how many pictures, not the interval.",
        )
        got = numbers(raw, 0, "Return one number: how many pictures.")
        wrong_if(isinstance(raw, bool), "Return how many pictures, not a truth value.")
        _check_needed(got, percent, most, right, case)
    none = {
        r"division by zero": "For 100 % a formula divides by zero. No number of pictures is enough: return "
        "None.",
        r"empty|out of range|StopIteration": "Here no n up to `most` is enough, so there is none to take: "
        "return None.",
    }
    for percent, most in ((95, 73), (35, 3), (95, 72), (100, 400), (99.9, 1000), (0, 5)):
        right = _needed(percent, most)
        raw = _attempt(answer, percent, most, hints=hints if right else none)
        case = f"For a lower end of {percent} % and most = {most}"
        if right is None:
            wrong_if(
                raw is not None,
                f"{case}, you return {raw!r}. No number of pictures up to {most} is enough: return None.",
            )
            continue
        wrong_if(
            raw is None,
            f"{case}, you return None; {right} pictures are enough. Is `most` itself among those you try? "
            "range(1, most) ends before it.",
        )
        got = numbers(raw, 0, f"{case}, return one number, or None.")
        wrong_if(got == 0, f"{case}, you return 0. Without a picture there is no share: n starts at 1.")
        wrong_if(got != right, f"{case}, it is {right}; you return {got}.")
    return "And no number of right answers proves 100 %."


def _wilson_low(right: int, n: int) -> float:
    """Return the lower end of the Wilson interval in percent."""
    share, z = right / n, Z
    margin = z * math.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return 100 * (share + z**2 / (2 * n) - margin) / (1 + z**2 / n)


def _check_needed(got: float, percent: float, most: int, right: int, case: str) -> None:
    """Raise a hint where a number of pictures isn't the smallest that is enough."""
    if got == right:
        return
    low = 100 * right / (right + Z**2)
    wrong_if(
        got == 1,
        f"{case}, you return 1. One right answer of one gives the interval from 20.7 % to 100 %. Its lower "
        "end, the first of the two numbers, should reach the percent.",
    )
    wrong_if(
        got == most, f"{case}, {most} pictures are more than are needed. Stop at the first n that is enough."
    )
    wrong_if(
        got == right - 1,
        f"{case}, you return {got}, one too few: there it is {100 * got / (got + Z**2):.2f} %.",
    )
    wrong_if(
        got == right + 1,
        f"{case}, you return {got}, one too many: {right} pictures give {low:.2f} % already.",
    )
    wrong_if(
        0 < abs(got - right) < 1,
        f"{case}, you return {got:g}. Pictures are whole: round up, math.ceil.",
    )
    wrong_if(abs(got - low) < 0.01, f"{case}, you return the lower end. Return the number of pictures, n.")
    of_most = next((n for n in range(1, most + 1) if _wilson_low(n, most) >= percent), None)
    wrong_if(got == of_most, f"{case}, you return {got}. All n of n are right: wilson(n, n), not of `most`.")
    for z, name in ((1.645, "90 % confidence"), (2.0, "rounded"), (2.576, "99 % confidence")):
        wrong_if(
            got == _needed(percent, 10 * most, z), f"{case}, you return {got}: z is {z} ({name}), not 1.96."
        )
    wrong_if(
        got == math.ceil(3 / (1 - percent / 100)),
        f"{case}, you return {got}: 3 / (1 - p) is another rule. The Wilson interval wants a little more.",
    )
    wrong_if(
        got == math.ceil(Z * percent / (100 - percent)),
        f"{case}, you return {got}. The z of the formula is squared.",
    )
    raise WrongAnswer(f"{case}, {right} right answers of {right} are needed; you return {got:g}.")


# 11.7


@exercise("11.7")
def precision_at_door(answer: Callable) -> str:
    """Grade ``answer(recall, false_alarms, pet_share)``, the precision at a door, all in percent."""
    hints = {
        r"division by zero": "If nobody is let in, there is nothing to divide by: return float('nan') then.",
    }
    for case in (
        (80, 10, 20),
        (90, 30, 40),
        (97.5, 2.5, 5),
        (60, 20, 50),
        (70, 0, 10),
        (100, 100, 30),
        (95, 5, 100),
        (95, 5, 0),
        (0, 40, 50),
    ):
        _check_precision(_attempt(answer, *case, hints=hints), *case)
    for case in ((0, 0, 50), (0, 50, 100), (90, 0, 0)):
        what = "recall {}, false_alarms {} and pet_share {} let nobody in".format(*case)
        raw = _attempt(answer, *case, hints={"division by zero": f"{hints['division by zero']} ({what}.)"})
        wrong_if(raw is None, f"{what}: return float('nan') itself, not None.")
        got = numbers(raw, 0, f"{what}: return float('nan'), which is a number, not {raw!r}.")
        wrong_if(
            not math.isnan(got),
            f"{what}. There is no precision then, so return float('nan'), not {got:g}.",
        )
    return "The same network, a door with fewer visits of the pet: a lower precision."


def _check_precision(raw: Any, recall: float, alarms: float, share: float) -> None:
    """Raise a hint where a number isn't the precision."""
    wrong_if(raw is None, NOTHING)
    got = numbers(raw, 0, "Return one number, the precision in percent.")
    pets, strangers = recall * share / 100, alarms * (100 - share) / 100  # let in, of 100 visits
    right = 100 * pets / (pets + strangers)
    if not isinstance(raw, bool) and abs(got - right) < 1e-3:
        return
    case = f"With recall {recall}, false_alarms {alarms} and pet_share {share}"
    story = (
        f"Of 100 visits, {share:g} are our pet's, of which {pets:g} are let in. Of the {100 - share:g} of "
        f"others, {strangers:g} are let in."
    )

    wrong_if(math.isnan(got), f"{case} you return nan. But somebody is let in. {story}")

    def is_it(mistake: float) -> bool:
        return math.isfinite(mistake) and abs(got - mistake) < 1e-3

    def part(top: float, rest: float) -> float:
        return 100 * top / (top + rest) if top + rest else math.nan

    for mistake, hint in (
        (right / 100, "That is a fraction. Return percent."),
        (right * 100, "That is 100 times too much. The three numbers are percent already."),
        (round(right), "Keep the decimals: no rounding."),
        (
            part(recall, alarms),
            "In your formula it makes no difference how many visits are the pet's and how many are "
            f"strangers'. {story}",
        ),
        (part(pets, alarms), f"The false alarms are a share of the strangers, not of all visits. {story}"),
        (part(recall, strangers), f"Recall is a share of the pet's visits, not of all. {story}"),
        (
            part(recall * share, alarms * (1 - share)) / 100,
            "pet_share is percent: the others are 100 - it, not 1 - it; and return percent, not a fraction.",
        ),
        (
            part(recall * share, alarms * (1 - share)),
            "pet_share is percent: the others are 100 - it, not 1 - it.",
        ),
        (part(strangers, pets), f"That is the strangers' share among those that are let in. {story}"),
        (pets, f"These are the pet's visits that are let in, of 100. Divide by all that are let in. {story}"),
        (pets + strangers, f"That is how many of 100 visits are let in at all. {story}"),
        (
            pets + (100 - share) - strangers,
            f"That is the accuracy. Precision looks at those let in only. {story}",
        ),
        (recall, f"That is the recall. {story}"),
        (100 - alarms, f"100 - false_alarms is the share of strangers that stay outside. {story}"),
        (
            pets / strangers * 100 if strangers else math.nan,
            f"Divide by all that are let in, the pet too. {story}",
        ),
    ):
        wrong_if(is_it(mistake), f"{case} you return {got:g}. {hint}")
    raise WrongAnswer(f"{case} the precision is {right:.2f} %; you return {got:g}. {story}")


# 11.8


LEARNS = BRACKETS | {
    r"has no attribute '(n|name|key)'": "The name is a text in a variable. model.get_parameter(name) finds a "
    "parameter by its name, and named_parameters() gives both together.",
    r"is not an nn.Parameter": "The state dict holds buffers too. named_parameters() leaves them out.",
    r"KeyError|has no attribute '(head|trunk|fc|classifier)'": "Not every model has a part of that name. "
    "What can learn decides: each parameter's requires_grad.",
    r"too many values to unpack|not enough values": "parameters() gives parameters without names, and a "
    "loop over a dictionary gives names only. named_parameters() gives pairs of name and parameter.",
    r"'tuple' object has no attribute": "named_parameters() gives pairs: for name, parameter in ...",
    r"'str' object has no attribute": "A loop over a dictionary gives its names. named_parameters() gives "
    "pairs of name and parameter.",
    r"Only Tensors created explicitly|deepcopy protocol": "detach() before you copy.",
    r"Can't call numpy": "Keep tensors: parameter.detach().clone().",
}


def _net(seed: int) -> nn.Sequential:
    """Return a tiny network with batch normalisation; `_net(0)` and `_net(1)` differ in all numbers."""
    torch.manual_seed(seed)
    trunk = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3), nn.ReLU())
    model = nn.Sequential(OrderedDict(trunk=trunk, head=nn.Linear(3, 1)))
    with torch.no_grad():
        trunk[1].weight.uniform_(0.5, 1.5)
        trunk[1].bias.uniform_()
    model(torch.rand(8, 4))
    return model


@exercise("11.8")
def what_learns(answer: Callable) -> str:
    """Grade ``answer(model)``, a dictionary of copies of the parameters that can learn."""
    every = [name for name, _ in _net(0).named_parameters()]
    for learning, what in (
        (["head.weight", "head.bias"], "only the head can learn"),
        (["trunk.0.bias", "trunk.1.bias", "head.bias"], "only the biases can learn"),
        (
            ["trunk.1.weight", "trunk.1.bias"],
            "only the batch normalisation can learn, and the head is frozen",
        ),
        (every, "everything can learn"),
        ([], "everything is frozen"),
    ):
        model = _net(0)
        for name, parameter in model.named_parameters():
            parameter.requires_grad_(name in learning)
        before = _state(model)
        got = _attempt(answer, model, hints=LEARNS)
        _check_keys(got, learning, before, what)
        _wrong_if_changed(model, before)
        wrong_if(
            [n for n, p in model.named_parameters() if p.requires_grad] != learning,
            "Your function changed what can learn in the model. It should only read requires_grad.",
        )
        for name, tensor in got.items():
            wrong_if(
                not isinstance(tensor, Tensor),
                f"Under {name!r} is a {type(tensor).__name__}. Put the tensor there.",
            )
            wrong_if(
                tensor.shape != before[name].shape or not torch.equal(tensor.detach(), before[name]),
                f"Under {name!r} are other numbers than in the model.",
            )
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.add_(1.0)  # the model learns on
        wrong_if(
            any(not torch.equal(tensor.detach(), before[name]) for name, tensor in got.items()),
            "What you return changes when the model learns on: it is the same memory. Add clone().",
        )
        wrong_if(
            any(tensor.requires_grad for tensor in got.values()),
            "Your copies are part of a computation with gradients. Write parameter.detach().clone().",
        )
        other = _net(1)
        report = other.load_state_dict(dict(got), strict=False)
        wrong_if(bool(report.unexpected_keys), f"A model doesn't know these names: {report.unexpected_keys}.")
    return "A few kB in place of hundreds of MB, and strict=False puts them back."


def _check_keys(got: Any, learning: list[str], state: dict[str, Tensor], what: str) -> None:
    """Raise a hint where an answer isn't a dictionary with the names of what can learn."""
    wrong_if(got is None, NOTHING)
    wrong_if(
        not isinstance(got, Mapping),
        f"Return a dictionary from names to tensors, not this {type(got).__name__}.",
    )
    names = list(got)
    if set(names) == set(learning):
        return
    case = f"In a model in which {what}"
    buffers = {name for name in state if "running" in name or "tracked" in name}
    frozen = set(state) - buffers - set(learning)
    wrong_if(
        any(not isinstance(name, str) for name in names),
        "The keys are names, texts such as 'head.weight'. named_parameters() gives them.",
    )
    wrong_if(
        not names,
        f"{case}, your dictionary is empty. (The tensors of a state_dict are detached, so their "
        "requires_grad is always False. Ask the parameters: named_parameters().)",
    )
    wrong_if(
        "biases" in what and {"head.weight", "trunk.0.weight"} <= set(names),
        f"{case}, you return whole layers. A layer's bias may learn while its weight is frozen: ask each "
        "parameter for requires_grad.",
    )
    wrong_if(set(names) == set(state), f"{case}, you return the whole state dict, with all that is frozen.")
    wrong_if(
        set(names) == set(learning) | buffers,
        f"{case}, you return {', '.join(sorted(buffers))} too. These are no parameters.",
    )
    wrong_if(
        set(names) <= {name.rpartition(".")[2] for name in state},
        f"{case}, your names are {names}. The model knows full names only, such as 'head.weight'.",
    )
    wrong_if(set(names) == frozen, f"{case}, you return what is frozen.")
    extra = [name for name in names if name not in learning]
    wrong_if(
        "head" in what and set(names) == {"head.weight", "head.bias"},
        f"{case}, you return the head. What can learn decides, not the name.",
    )
    wrong_if(bool(extra), f"{case}, you return {', '.join(extra)} too. Ask each parameter for requires_grad.")
    missing = [name for name in learning if name not in names]
    raise WrongAnswer(f"{case}, {', '.join(missing)} is missing. Ask each parameter for requires_grad.")
