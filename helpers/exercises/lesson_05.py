"""Lesson 05, FashionMNIST: the graders of its exercises."""

from collections.abc import Callable
from itertools import product
from typing import Any

import torch
from torch import Tensor, nn

from helpers.checks import WrongAnswer, attempt, exercise
from helpers.exercises.grading import check_saved_and_loaded, numbers, pair, wrong_if
from helpers.models import FashionMNISTModelV2


@exercise("05.1")
def batches(answer: Callable) -> str:
    """Grade ``answer(n, batch_size)``, the number of batches and the size of the last one."""

    def result(n: int, batch_size: int) -> tuple[float, float]:
        hint = "Return two numbers: how many batches, and the size of the last one."
        return pair(attempt(answer, n, batch_size), hint)

    got = result(100, 32)
    wrong_if(
        got[0] == 3, "100 images in batches of 32: the last 4 images need a batch too. Round up, not down."
    )
    wrong_if(got[0] == 100 / 32, "There is no part of a batch: the number of batches is a whole number.")
    wrong_if(
        got != (4, 4), f"100 images in batches of 32 make 4 batches, the last of 4 images; you have {got}."
    )
    got = result(64, 32)
    wrong_if(got[0] == 3, "64 images fill 2 batches of 32 exactly; there is no third, empty one.")
    wrong_if(got[1] == 0, "64 images fill 2 batches of 32 exactly: the last batch is full, not empty.")
    wrong_if(got == (32, 2), "The other way round: first how many batches, then the size of the last one.")
    wrong_if(got != (2, 32), f"64 images in batches of 32 make 2 batches, the last of 32; you have {got}.")
    for n, batch_size in [(5, 32), *product(range(1, 13), range(1, 6))]:
        sizes = [len(batch) for batch in torch.arange(n).split(batch_size)]
        right, got = (len(sizes), sizes[-1]), result(n, batch_size)
        wrong_if(got != right, f"{n} images in batches of {batch_size} make {right}; you have {got}.")
    return "55,000 images in batches of 32 make 1,719 batches; the last has 24 images."


@exercise("05.2")
def count_parameters(answer: Callable) -> str:
    """Grade ``answer(model)``, how many numbers the model can learn."""

    def count(model: nn.Module) -> float:
        return numbers(attempt(answer, model), 0, "Return one number, for all layers together.")

    model = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2))  # 4 x 3 + 3 + 3 x 2 + 2 = 23
    got = count(model)
    wrong_if(
        got == 4, "You counted tensors (weight, bias, weight, bias). Count the numbers in them: numel()."
    )
    wrong_if(got == 18, "You counted the weights; the biases are parameters too.")
    wrong_if(got != 23, f"Linear(4, 3) and Linear(3, 2) hold 12 + 3 + 6 + 2 = 23 parameters; you have {got}.")
    model[0].requires_grad_(False)
    wrong_if(
        count(model) != 8,
        "A layer that is frozen (requires_grad is False) learns nothing: leave its parameters out.",
    )
    got = count(nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2)))  # 2 x 1 x 3 x 3 + 2 + 2 + 2 = 24
    wrong_if(
        got != 24,
        "Other layers than Linear learn too, and what is in the state_dict need not learn: a Conv2d(1, 2, 3) "
        f"and a BatchNorm2d(2) learn 20 + 4 numbers; you have {got}. Go through model.parameters().",
    )
    return "V2 has about as many parameters as V0, and does more with them."


@exercise("05.3")
def predicted_labels(answer: Callable) -> str:
    """Grade ``answer(logits)``, the predicted label of each image."""
    logits = torch.tensor([[0.1, 2.0, -1.0], [3.0, 0.5, 0.2], [-0.3, -0.2, -0.1], [0.0, 0.9, 0.4]])
    got = attempt(answer, logits.clone())
    wrong_if(
        isinstance(got, tuple),
        "torch.max(dim=1) gives two tensors: the largest scores, and their positions. Return the positions.",
    )
    wrong_if(not isinstance(got, Tensor), f"Return a tensor of labels; you return a {type(got).__name__}.")
    wrong_if(got.ndim == 0, "That is one number for the whole batch. Each image has a label: give the dim.")
    wrong_if(
        got.shape == (3,), "There are 4 images and 3 classes, but 3 labels. Compare along classes: dim=1."
    )
    wrong_if(got.shape == (4, 3), "There is a row for each image still: pick the largest entry of each row.")
    wrong_if(got.shape != (4,), f"4 images need labels of shape [4]; yours are {list(got.shape)}.")
    wrong_if(
        got.is_floating_point(),
        "These are the largest scores themselves. The label is the position of the largest score.",
    )
    wrong_if(got.tolist() != [1, 0, 2, 1], f"The labels are 1, 0, 2, 1; yours are {got.tolist()}.")
    got = attempt(answer, logits[:1].clone())
    wrong_if(
        not isinstance(got, Tensor) or got.shape != (1,),
        "A batch may hold a single image; its labels have shape [1]. A squeeze() without dim loses that.",
    )
    return "No softmax was needed: it keeps the order, so the largest logit is the largest probability."


@exercise("05.4")
def dataset_accuracy(answer: Callable) -> str:
    """Grade ``answer(batch_accuracies, batch_sizes)``, the accuracy of the whole data set in percent."""

    def accuracy(accuracies: list[float], sizes: list[int]) -> float:
        return numbers(attempt(answer, accuracies, sizes), 0, "Return one number, in percent.")

    got = accuracy([50.0, 100.0], [32, 8])
    wrong_if(got == 75.0, "That is the mean over batches. 8 images must not count as much as 32.")
    wrong_if(abs(got - 0.6) < 1e-6, "That is a fraction. This course gives accuracy in percent.")
    wrong_if(abs(got - 2400) < 1e-6, "That is the weighted sum; divide it by the number of images.")
    wrong_if(abs(got - 60.0) > 1e-4, f"16 + 8 of 40 images are right: 60 %. You have {got}.")
    got = accuracy([75.0, 50.0, 100.0], [4, 4, 1])
    wrong_if(got in (66, 67), "6 of 9 images are right: 66.67 %. Keep the decimals: / and no rounding.")
    wrong_if(abs(got - 200 / 3) > 0.01, f"3 + 2 + 1 of 9 images are right: 66.67 %. You have {got}.")
    return "Weighted by size, the accuracy is a number of images out of all again."


@exercise("05.5")
def conv_output_size(answer: Callable) -> str:
    """Grade ``answer(size, kernel_size, stride, padding)``, the height of what a convolution puts out."""

    def result(*case: int) -> float:
        return numbers(attempt(answer, *case), 0, "Return one number: the picture is as wide as it is high.")

    got = result(28, 3, 1, 0)
    wrong_if(got == 25, "28 pixels, kernel 3: it fits at 26 places, not 25. Count its first place too: + 1.")
    wrong_if(got != 26, f"A kernel of 3 fits at 26 places on 28 pixels; you have {got}.")
    got = result(28, 3, 1, 1)
    wrong_if(got == 27, "Padding 1 adds a pixel on both sides: the picture grows by 2 x padding.")
    wrong_if(got != 28, f"Kernel 3 with padding 1 keeps 28 pixels; you have {got}.")
    got = result(28, 3, 2, 1)
    wrong_if(got == 14.5, "An image has a whole number of pixels. Round down with // (not with /).")
    wrong_if(got != 14, f"Stride 2 goes every second place: 28 pixels become 14; you have {got}.")
    wrong_if(result(28, 2, 2, 0) == 13, "Divide by the stride first, then + 1: kernel 2, stride 2 give 14.")
    for size in range(5, 12):
        for kernel_size, stride, padding in ((2, 2, 0), (3, 1, 1), (3, 2, 0), (5, 3, 2), (1, 1, 0)):
            real = nn.Conv2d(1, 1, kernel_size, stride, padding)(torch.zeros(1, 1, size, size)).shape[2]
            got = result(size, kernel_size, stride, padding)
            case = f"size {size}, kernel {kernel_size}, stride {stride}, padding {padding}"
            wrong_if(got != real, f"nn.Conv2d gives {real} for {case}; you have {got}.")
    return "It agrees with nn.Conv2d in 35 cases, and it holds for pooling too."


@exercise("05.6")
def colour_model(answer: nn.Module) -> str:
    """Grade a TinyVGG for colour images of 64 x 64 pixels."""
    wrong_if(isinstance(answer, type), "That is the class; the answer is a model: call the class.")
    wrong_if(not isinstance(answer, nn.Module), "The answer is a model, an instance of an nn.Module.")
    convolutions = [layer for layer in answer.modules() if isinstance(layer, nn.Conv2d)]
    wrong_if(not convolutions, "A TinyVGG starts with convolutions; this model has none.")
    wrong_if(convolutions[0].in_channels == 1, "The first convolution takes 1 channel; a colour image has 3.")
    linear = [layer for layer in answer.modules() if isinstance(layer, nn.Linear)]
    wrong_if(not linear, "The classifier at the end needs a linear layer.")
    channels = convolutions[-1].out_channels
    wrong_if(
        linear[0].in_features == channels * 7 * 7,
        "in_features is still that of 28 x 28 pixels. 64 pixels halved twice are 16.",
    )
    wrong_if(
        linear[0].in_features == channels * 32 * 32,
        "in_features is that after one pooling. Both blocks end in a pooling: 64 is halved twice.",
    )
    wrong_if(linear[-1].out_features != 10, f"There are 10 classes, not {linear[-1].out_features}.")
    logits = attempt(answer, torch.linspace(-1, 1, 2 * 3 * 64 * 64).reshape(2, 3, 64, 64))
    wrong_if(not isinstance(logits, Tensor), f"The model gives no tensor but a {type(logits).__name__}.")
    wrong_if(
        logits.shape != (2, 10), f"Two images should give logits [2, 10]; yours are {list(logits.shape)}."
    )
    side = (linear[0].in_features / channels) ** 0.5  # 16, or 13 without padding, as in the CNN Explainer
    wrong_if(
        not 13 <= side <= 16,
        f"A TinyVGG halves the image twice; 64 pixels are {side:.0f} at the end of yours, not 16.",
    )
    wrong_if(
        len(convolutions) != 4,
        f"A TinyVGG has two blocks of two convolutions each; this model has {len(convolutions)} in all.",
    )
    wrong_if(
        torch.allclose(logits.exp().sum(dim=1), torch.ones(2))
        or torch.allclose(logits.sum(dim=1), torch.ones(2)),
        "The model ends in a softmax. CrossEntropyLoss has its own and wants the logits as they are.",
    )
    wrong_if(bool((logits == 0).any()), "The model ends in a ReLU: the fault of V1. Logits may be negative.")
    return f"3 channels in, 64 halved twice to {side:.0f}, in_features = channels x {side:.0f} x {side:.0f}."


@exercise("05.7")
def one_step(answer: Callable) -> str:
    """Grade ``answer(model, images, labels, loss_fn, optimizer)``, a training step that returns its loss."""

    def run(step: Callable, steps: int) -> tuple[Tensor, Any, list[str]]:
        """Return the weights after some steps, what the last one returned, and what they called in order."""
        torch.manual_seed(0)
        model, calls = nn.Linear(3, 2), []
        optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
        model.weight.register_hook(lambda _: calls.append("backward"))
        optimizer.register_step_pre_hook(lambda *_: calls.append("step"))
        images, labels = torch.rand(8, 3), torch.arange(8) % 2
        for _ in range(steps):
            loss = attempt(step, model, images, labels, nn.CrossEntropyLoss(), optimizer)
        return model.weight.detach().clone(), loss, calls

    def right(model, images, labels, loss_fn, optimizer):
        loss = loss_fn(model(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    start, _, _ = run(lambda *_: None, 1)
    right_one, right_loss, _ = run(right, 1)
    right_two, _, _ = run(right, 2)
    one, loss, calls = run(answer, 1)
    two, _, _ = run(answer, 2)
    if not torch.allclose(one, right_one):
        wrong_if("backward" not in calls, "Nothing computes gradients: loss.backward() is missing.")
        wrong_if(
            "step" not in calls,
            "The weights never change. backward() only computes gradients; optimizer.step() applies them.",
        )
        wrong_if(
            calls == ["step", "backward"], "step() uses the gradients: backward() comes before it, not after."
        )
        wrong_if(
            calls == ["backward", "step"] and torch.equal(one, start),
            "The weights are as before: zero_grad() must not come between backward() and step().",
        )
        wrong_if(calls.count("step") > 1, "That is more than one step: call optimizer.step() once.")
        raise WrongAnswer(
            "The weights differ from those after one step of SGD. Give loss_fn the logits as they are."
        )
    wrong_if(
        not torch.allclose(two, right_two),
        "The first step is right, the second is not: the gradients of the first are still there and add up. "
        "zero_grad() forgets them.",
    )
    wrong_if(loss is None, "The weights are right. Return the loss too, as a number: loss.item().")
    wrong_if(
        isinstance(loss, Tensor) and loss.requires_grad,
        "The weights are right. Return loss.item(): the tensor would keep its whole graph alive.",
    )
    loss = numbers(loss, 0, "The weights are right. Return the loss alone, as a number: loss.item().")
    wrong_if(
        abs(loss - right_loss) > 1e-6,
        f"The weights are right. The loss before the step is {right_loss:.4f}; you return {loss:.4f}.",
    )
    return "Forward, loss, zero_grad, backward, step: two steps in a row end where SGD ends."


@exercise("05.8")
def most_confused(answer: Callable) -> str:
    """Grade ``answer(matrix)``, the (true, predicted) classes that are mixed up most often."""
    hint = "Return two class numbers: the true one, the predicted one."
    got = pair(attempt(answer, torch.tensor([[80, 13, 7], [2, 97, 1], [50, 5, 45]])), hint)
    wrong_if(
        got[0] == got[1],
        f"Row {got[0]}, column {got[1]} counts right answers. Leave the diagonal out before you search.",
    )
    wrong_if(got == (0, 2), "Rows are the true classes, columns the predicted ones: yours is the other way.")
    wrong_if(got != (2, 0), f"50 images of class 2 were taken for class 0: (2, 0). You have {got}.")
    matrix = torch.tensor([[9, 0], [4, 9]])
    before = matrix.clone()
    got = pair(attempt(answer, matrix), hint)
    wrong_if(got != (1, 0), f"With 2 classes, [[9, 0], [4, 9]], it is (1, 0); you have {got}.")
    wrong_if(
        not torch.equal(matrix, before), "Your function changed the matrix it was given. Work on a clone()."
    )
    return "Call it with your own confusion matrix to see which two classes V2 mixes up most."


@exercise("05.9")
def surest_mistakes(answer: Callable) -> str:
    """Grade ``answer(probabilities, labels, k)``, the positions of the k most confident mistakes."""
    probabilities = torch.tensor(  # sure to 0.9, 0.8, 0.6, 0.7, 0.99 and wrong at 1, 2, 3
        [[0.9, 0.1, 0], [0.15, 0.8, 0.05], [0.35, 0.05, 0.6], [0.7, 0.2, 0.1], [0, 0.01, 0.99]]
    )
    labels = torch.tensor([0, 0, 1, 1, 2])

    def positions(k: int) -> list[float]:
        hint = "Return the positions of the images, as a tensor or a list of numbers."
        return numbers(attempt(answer, probabilities.clone(), labels.clone(), k), 1, hint)

    got = positions(2)
    wrong_if(len(got) != 2, f"k is 2: return 2 positions, not {len(got)}.")
    wrong_if(got == [0, 2], "Those are positions among the mistakes, not among all images.")
    wrong_if(4 in got or 0 in got, "Images 0 and 4 are predicted right. Keep only the wrong ones, then sort.")
    wrong_if(got == [2, 3], "Those are the least sure mistakes first. Sort descending.")
    wrong_if(got == [1, 2], "Those are the first mistakes. Sort them by how sure the model is.")
    wrong_if(got == [3, 1], "Those are the right two; the surest comes first.")
    wrong_if(
        got == [2, 1],
        "You sorted by the probability of the true class. How sure the model is of its own answer is the "
        "largest probability.",
    )
    wrong_if(got != [1, 3], f"The surest mistakes are image 1 (0.8), then image 3 (0.7); you have {got}.")
    got = positions(1)
    wrong_if(got != [1], f"With k = 1 it is image 1 alone: [1]. You have {got}.")
    return "Such images are worth a look: some of them carry a wrong label."


@exercise("05.10")
def save_and_reload(answer: Callable) -> str:
    """Grade ``answer(model, path)``: save the weights of a V2, load them into a new V2 and return that."""
    model = FashionMNISTModelV2(input_shape=1, hidden_units=10, output_shape=10)
    images = torch.linspace(0, 1, 2 * 28 * 28).reshape(2, 1, 28, 28)
    check_saved_and_loaded(answer, model, images)
    return "A new model with the saved weights gives the same logits, to the last bit."
