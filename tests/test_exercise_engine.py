"""The engine of the exercises, on made-up ones: what it finds, what it says, what it never does."""

import asyncio
import sys
import threading

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from helpers.course.exercises import EXERCISES, When, WrongAnswer, exercise
from helpers.course.observing import is_alike, plain, shown


@pytest.fixture(autouse=True)
def _made_up_exercises_go_again():
    yield
    for number in [number for number in EXERCISES if number.startswith("99.")]:
        del EXERCISES[number]


def hint_for(answer: object) -> str:
    with pytest.raises(WrongAnswer) as wrong:
        EXERCISES["99.1"].grade(answer)
    return str(wrong.value)


def is_right(answer: object) -> bool:
    return EXERCISES["99.1"].grade(answer) == EXERCISES["99.1"].says


def centred(x):
    return x - x.mean()


def add_centred(**more):
    settings = {
        "probes": [(torch.tensor([1.0, 2.0, 6.0]),), (torch.tensor([[0.5, 2.5], [4.0, 5.0]]),)],
        "says": "The mean is 0.",
        "mistakes": {
            "That is the mean.": lambda x: x.mean(),
            "You subtracted the median.": lambda x: x - x.median(),
            "Each column of a matrix is no mean of its own.": lambda x: x - x.mean(dim=0),
        },
    }
    exercise("99.1", centred, **{**settings, **more})


# Which hint


def test_what_behaves_as_a_mistake_gets_its_hint_however_it_is_written():
    add_centred()
    assert hint_for(lambda x: sum(x.flatten()) / x.numel()) == "That is the mean."
    assert hint_for(lambda x: (x.double() - x.double().median()).tolist()) == "You subtracted the median."


def test_a_mistake_that_shows_in_the_second_probe_only_is_found():
    add_centred()
    assert hint_for(lambda x: x - x.mean(dim=0, keepdim=True)).startswith("Each column")


def test_an_answer_that_makes_a_mistake_up_to_the_first_wrong_probe_gets_its_hint():
    add_centred()
    assert hint_for(lambda x: x.mean() if x.ndim == 1 else x) == "That is the mean."


def test_a_right_answer_says_what_it_shows():
    add_centred()
    assert is_right(lambda x: x.numpy() - x.numpy().mean())
    assert is_right(lambda x: (x - x.mean()).double().requires_grad_())


def test_a_large_result_is_told_by_the_first_place_that_differs():
    add_centred(probes=[(torch.arange(20.0).reshape(4, 5),)])

    def one_off(x):
        result = centred(x)
        result[2, 3] = 0
        return result

    assert hint_for(one_off) == (
        "With x = a tensor of shape [4, 5], the result should be 3.5 at [2, 3]; yours is 0. "
        "(1 of 20 numbers differ.)"
    )


def test_numbers_that_differ_little_are_shown_with_the_digits_that_differ():
    add_centred(probes=[(torch.tensor([1.0, 2.0]),)], tolerance=1e-9)
    assert "should be [-0.5, 0.5]; yours is [-0.49999" in hint_for(lambda x: x - x.mean() + 1e-6)


def test_a_condition_fits_where_code_cannot_say_it_and_no_odd_answer_breaks_it():
    add_centred(
        mistakes={
            "The results are too large.": When(
                lambda got, right: got["the result"].max() > 100, (lambda x: x * 1000, lambda x: x + 101)
            ),
            "b": lambda x: x,
        }
    )
    assert hint_for(lambda x: x + 5000) == "The results are too large."
    assert "yours is 'seven'" in hint_for(lambda x: "seven")
    assert "ZeroDivisionError" in hint_for(lambda x: 1 / 0)


def test_what_was_observed_as_a_clue_tells_mistakes_apart_and_is_never_wrong():
    def seen(model):
        return {"the shape": list(model(torch.zeros(2, 3)).shape), "_layers": len(model)}

    def net():
        return nn.Sequential(nn.Linear(3, 4))

    exercise(
        "99.1", net, makes=nn.Module, observe=seen, says="Four.",
        mistakes={
            "One layer too many.": lambda: nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 5)),
            "Five.": lambda: nn.Sequential(nn.Linear(3, 5)),
        },
    )  # fmt: skip
    assert is_right(nn.Sequential(nn.Linear(3, 4), nn.ReLU()))
    assert hint_for(nn.Sequential(nn.Linear(3, 5), nn.Tanh(), nn.Tanh())) == (
        "The shape should be [2, 4]; yours is [2, 5]."
    )
    assert hint_for(nn.Sequential(nn.Linear(3, 5), nn.Tanh())) == "One layer too many."
    assert hint_for(nn.Sequential(nn.Linear(3, 5))) == "Five."
    assert (
        hint_for(nn.Linear) == "That is the class Linear. Make an object of it, with brackets: Linear(...)."
    )
    assert "should be a model (an nn.Module); yours is a list" in hint_for([nn.Linear(3, 4)])


# What is compared


@pytest.mark.parametrize(
    "dress",
    [float, np.float32, torch.tensor, lambda x: torch.tensor([x]), lambda x: np.array([[x]]), lambda x: [x]],
)
def test_one_number_counts_in_any_clothing(dress):
    exercise("99.1", lambda x: 2 * x, probes=[(1.5,), (0.25,)], says="", mistakes={})
    assert is_right(lambda x: dress(2 * x))


def test_nan_equals_nan_and_nothing_else():
    exercise("99.1", lambda x: [x, float("nan")], probes=[(1.0,)], says="", mistakes={})
    assert is_right(lambda x: (x, torch.nan))
    assert "yours is [1, 0]" in hint_for(lambda x: [x, 0])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (torch.zeros(2), torch.zeros(2, 1)),
        ([1, 2], [1, 2, 3]),
        ([1, "a"], [1, "b"]),
        ({"a": 1}, {"a": 2}),
        ({"a": 1}, {"b": 1}),
        (None, 0),
        ("1", 1),
        ([[1], [2, 3]], [[1], [2, 4]]),
        ([1, 2], {1, 2}),
        (torch.eye(2).to_sparse(), torch.ones(2, 2)),
        (nn.Linear(1, 1), nn.Linear(1, 1)),
        (nn.Dropout(), nn.Dropout().eval()),
        (10**400, 10**401),
        (1j, 2j),
    ],
)  # fmt: skip
def test_what_holds_something_else_is_not_alike(one, other):
    assert is_alike(plain(one), plain(one), 1e-5)
    assert not is_alike(plain(one), plain(other), 1e-5)
    assert shown(plain(one))


def test_a_further_look_can_ask_for_more_than_the_numbers():
    add_centred(looks={"the dtype": lambda x: x.dtype})
    assert is_right(centred)
    assert "the dtype should be torch.float32; yours is torch.float64." in hint_for(
        lambda x: centred(x).double()
    )


def test_a_changed_list_has_no_word_about_views():
    exercise("99.1", len, probes=[([1, 2],)], says="", mistakes={})
    assert hint_for(lambda obj: obj.append(3) or 2) == (
        "Your function changed `obj`, which it was given. Work on a copy."
    )


def test_a_change_that_is_asked_for_is_compared():
    def freeze(model, lr):
        for parameter in model.parameters():
            parameter.requires_grad = False

    exercise("99.1", freeze, probes=[(nn.Linear(2, 1), 0.1)], says="Frozen.", mistakes={})

    def freeze_weight(model, lr):
        model.weight.requires_grad_(False)

    assert is_right(lambda model, lr: [p.requires_grad_(False) for p in model.parameters()] and None)
    assert "`model` afterwards, bias.requires_grad, should be 'False'; yours is 'True'" in hint_for(
        freeze_weight
    )
    assert "Your function should change `model`. It is as it was." in hint_for(lambda model, lr: None)


def test_a_model_and_its_optimizer_stay_together_in_a_probe():
    def step(model, optimizer):
        model(torch.ones(1, 2)).sum().backward()
        optimizer.step()

    model = nn.Linear(2, 1)
    probe = (model, torch.optim.SGD(model.parameters(), lr=0.1))
    exercise("99.1", step, probes=[probe], says="Down.", mistakes={})
    assert is_right(step)

    def only_backward(model, optimizer):
        model(torch.ones(1, 2)).sum().backward()

    assert "`model` afterwards, weight, should be" in hint_for(only_backward)


def test_an_error_that_is_asked_for_counts_by_its_class():
    def positive(x):
        if x < 0:
            raise ValueError("x must not be negative")
        return x

    exercise("99.1", positive, probes=[(1,), (-1,)], says="", mistakes={})

    def in_other_words(x):
        if x < 0:
            raise ValueError("no")
        return x

    assert is_right(in_other_words)
    assert hint_for(lambda x: x) == "With x = -1 your code should raise ValueError."
    assert "raised KeyError" in hint_for(lambda x: x if x > 0 else {}[x])


# What may not be called


@pytest.mark.parametrize(
    "answer",
    [
        lambda x: F.softmax(x, 0),
        lambda x: x.softmax(0),
        lambda x: torch.softmax(x, 0),
        lambda x: nn.Softmax(0)(x),
        lambda x: nn.functional.log_softmax(x, 0).exp(),
        lambda x: getattr(torch, "soft" + "max")(x, dim=0),
    ],
)
def test_what_is_ready_made_is_found_by_what_is_called(answer):
    exercise(
        "99.1", lambda x: x.exp() / x.exp().sum(), probes=[(torch.tensor([1.0, 2.0]),)], says="", mistakes={},
        ready_made=r"(log_)?softmax|Softmax",
    )  # fmt: skip
    assert "This exercise is about doing without it." in hint_for(answer)
    assert is_right(lambda x: (x - x.max()).exp() / (x - x.max()).exp().sum())


def test_other_packages_have_it_ready_made_too():
    from sklearn.metrics import accuracy_score
    from torchmetrics.functional.classification import binary_accuracy
    from torchvision.transforms.functional import rgb_to_grayscale

    probe = (torch.tensor([1, 0, 1]), torch.tensor([1, 1, 1]))
    exercise(
        "99.1", lambda a, b: (a == b).float().mean(), says="", mistakes={}, probes=[probe], ready_made="-"
    )
    assert hint_for(lambda a, b: accuracy_score(a, b)).startswith("Your code uses sklearn.")
    assert hint_for(lambda a, b: binary_accuracy(a, b)).startswith("Your code uses torchmetrics.")
    assert hint_for(lambda a, b: rgb_to_grayscale(torch.rand(3, 2, 2))).startswith(
        "Your code uses torchvision."
    )
    assert is_right(lambda a, b: np.mean(a.numpy() == b.numpy()))


def test_printing_a_tensor_uses_nothing_ready_made():
    add_centred(ready_made="max|min|abs")
    assert is_right(lambda x: print(x) or centred(x))


@pytest.mark.parametrize("folder", ["site-packages", "dist-packages"])
def test_a_layer_that_is_built_is_found_but_not_one_that_a_package_builds(folder):
    package = {}
    code = "from torch.nn import Linear\ndef size(n):\n    return Linear(n, 1).in_features + 1"
    exec(compile(code, f"/usr/lib/python3/{folder}/package.py", "exec"), package)
    exercise("99.1", lambda n: n + 1, probes=[(3,), (5,)], says="", mistakes={}, ready_made="Linear")
    assert is_right(lambda n: package["size"](n))
    assert "uses torch's Linear" in hint_for(lambda n: sum(p.numel() for p in nn.Linear(n, 1).parameters()))


# What learners do


KIND = "This exercise asks for a function; yours is"
TOLD = {
    # By the smallest probe that shows it:
    "With x = [1, 2, 6], the result should be [-2, -1, 3]; yours is [2, 4, 12].": lambda x: x * 2,
    "should be [-2, -1, 3]; yours is 7.": lambda x: torch.tensor(7.0),
    "yours is 'seven'": lambda x: "seven",
    "Your function changed `x`, which it was given.": lambda x: x.sub_(x.mean()),
    "Your function prints its result, and returns nothing. Use return in place of print.": (
        lambda x: print(x.mean())
    ),
    "With x = [1, 2, 6], your function returns None. Does it end in a return?": lambda x: None,
    "yours is [1, 2, 6]. It printed: shape torch.Size([3])": lambda x: print("shape", x.shape) or x,
    "yours is the dots (...)": lambda x: ...,
    "There are dots (...) left in your code.": lambda x: x - ...,
    f"{KIND} an int. Give the name of the function, without brackets: centred.": 4,
    f"{KIND} None": None,
    f"{KIND} a module": nn,
    f"{KIND} a class": type("Mine", (), {}),
    "should take (x); yours takes none": lambda: 1,
    "yours takes (a, b)": lambda a, b: 1,
}


@pytest.mark.parametrize("told", TOLD)
def test_what_is_wrong_is_told(told):
    add_centred()
    assert told in hint_for(TOLD[told])


def test_a_loop_that_never_ends_is_ended_and_told_even_if_it_catches_what_it_can():
    add_centred(seconds=0.2)
    before = threading.active_count()
    caught = []

    def endless(x):
        while len(caught) < 2:
            try:
                while True:
                    x = x + 0
            except BaseException as error:
                caught.append(error)
        while True:
            x = x + 0

    told = "Your code had not ended after 0.2 seconds with x = [1, 2, 6]. Is there"
    assert hint_for(endless).startswith(told)
    assert len(caught) == 2
    assert threading.active_count() == before


def test_an_error_is_told_with_the_line_that_raised_it():
    add_centred()

    def broken(x):
        missing = x.mean() + 1
        return missing.not_there

    hint = hint_for(broken)
    assert "Calling your function with x = [1, 2, 6] raised AttributeError" in hint
    assert "The line is `return missing.not_there`." in hint


class Unprintable(Exception):
    def __str__(self):
        raise RuntimeError("no")


class EndsWhenPrinted(Exception):
    def __str__(self):
        sys.exit()


@pytest.mark.parametrize("error", [Unprintable, EndsWhenPrinted, SystemExit, asyncio.CancelledError])
def test_whatever_an_answer_raises_is_told_and_ends_nothing(error):
    def raises(x):
        raise error

    add_centred()
    assert f"raised {error.__name__}" in hint_for(raises)
    if error in (Unprintable, EndsWhenPrinted):
        assert "(its message can't be printed)" in hint_for(raises)


def test_the_stop_button_stops():
    def interrupted(x):
        raise KeyboardInterrupt

    add_centred()
    with pytest.raises(KeyboardInterrupt):
        EXERCISES["99.1"].grade(interrupted)


def test_a_class_is_asked_for_and_only_a_class_of_its_kind_is_taken():
    class Double(nn.Module):
        def forward(self, x):
            return 2 * x

    class Plain:
        def __call__(self, x):
            return 2 * x

    seen = {"observe": lambda made, x: {"the result": made()(x)}, "probes": [(torch.ones(2),)]}
    exercise("99.1", Double, says="", mistakes={}, **seen)
    assert is_right(type("Mine", (nn.Module,), {"forward": lambda self, x: x + x}))
    assert "asks for a class; yours is a Double" in hint_for(Double())
    assert "asks for a class; yours is a function" in hint_for(lambda x: 2 * x)
    assert "Your class should be a subclass of nn.Module. Begin it with class Double(nn.Module):" in hint_for(
        Plain
    )

    class NoSelf(nn.Module):
        def forward(x):  # noqa: N805
            return 2 * x

    assert "its first parameter is self" in hint_for(NoSelf)


def test_a_right_answer_is_right_in_inference_mode():
    """Other settings of a learner's are in test_exercises.py."""

    def slope(x):
        x = x.clone().requires_grad_()
        (x**2).sum().backward()
        return x.grad

    exercise("99.1", slope, probes=[(torch.tensor([1.0, 2.0]),)], says="", mistakes={})
    with torch.inference_mode():
        assert is_right(slope)


@pytest.mark.parametrize(
    "setting",
    [
        lambda: torch.set_grad_enabled(False),
        lambda: torch.set_default_dtype(torch.float64),
        lambda: torch.set_default_device("meta"),
        lambda: np.seterr(all="raise"),
    ],
)
@pytest.mark.filterwarnings("ignore:divide by zero")
def test_what_an_answer_sets_spoils_no_answer_after_it(setting):
    def right(x):
        weight = nn.Linear(1, 1).weight
        with_gradient = weight.requires_grad and (weight * x).requires_grad
        return [with_gradient, weight.dtype == torch.float32, weight.is_cpu, np.float64(x) / np.zeros(1)]

    def spoils(x):
        setting()
        return right(x)

    exercise("99.1", right, probes=[(2.0,), (3.0,)], says="", mistakes={})
    with pytest.raises(WrongAnswer):
        EXERCISES["99.1"].grade(spoils)
    assert is_right(right)
    assert torch.is_grad_enabled()
    assert torch.get_default_dtype() == torch.float32
    assert torch.get_default_device() == torch.device("cpu")
    assert np.geterr()["divide"] == "warn"


def test_an_answer_may_close_the_output():
    def add(a, b):
        sys.stdout.close()
        return a + b

    exercise("99.1", add, probes=[(1, 2)], says="", mistakes={})
    assert is_right(add)


def test_two_exercises_of_one_number_are_refused():
    add_centred()
    with pytest.raises(ValueError, match=r"99\.1 stands twice"):
        add_centred()
