"""Lesson 05, FashionMNIST: the graders of its exercises."""

import pickle
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from helpers.checks import WrongAnswer, attempt, exercise
from helpers.models import FashionMNISTModelV2


def _wrong_if(wrong: bool, hint: str) -> None:
    if wrong:
        raise WrongAnswer(hint)


@exercise("05.1")
def batches(answer: Callable) -> str:
    """Grade ``answer(n, batch_size)``, the number of batches and the size of the last one."""
    got = attempt(answer, 100, 32)
    _wrong_if(
        not isinstance(got, tuple) or len(got) != 2,
        "Return two numbers: how many batches, and the size of the last one.",
    )
    _wrong_if(
        got[0] == 3, "100 images in batches of 32: the last 4 images need a batch too. Round up, not down."
    )
    _wrong_if(got[0] == 100 / 32, "There is no part of a batch: the number of batches is a whole number.")
    _wrong_if(
        got != (4, 4), f"100 images in batches of 32 make 4 batches, the last of 4 images; you have {got}."
    )
    got = attempt(answer, 64, 32)
    _wrong_if(got[0] == 3, "64 images fill 2 batches of 32 exactly; there is no third, empty one.")
    _wrong_if(got[1] == 0, "64 images fill 2 batches of 32 exactly: the last batch is full, not empty.")
    _wrong_if(got != (2, 32), f"64 images in batches of 32 make 2 batches, the last of 32; you have {got}.")
    _wrong_if(attempt(answer, 5, 32) != (1, 5), "5 images in batches of 32 make one batch of 5.")
    return "55,000 images in batches of 32 make 1,719 batches; the last has 24 images."


@exercise("05.2")
def count_parameters(answer: Callable) -> str:
    """Grade ``answer(model)``, how many numbers the model can learn."""
    model = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2))  # 4 x 3 + 3 + 3 x 2 + 2 = 23
    got = attempt(answer, model)
    _wrong_if(
        got == 4, "You counted tensors (weight, bias, weight, bias). Count the numbers in them: numel()."
    )
    _wrong_if(got == 18, "You counted the weights; the biases are parameters too.")
    _wrong_if(
        got != 23, f"Linear(4, 3) and Linear(3, 2) hold 12 + 3 + 6 + 2 = 23 parameters; you have {got}."
    )
    model[0].requires_grad_(False)
    _wrong_if(
        attempt(answer, model) != 8,
        "A layer that is frozen (requires_grad is False) learns nothing: leave its parameters out.",
    )
    return "V2 has about as many parameters as V0, and does more with them."


@exercise("05.3")
def predicted_labels(answer: Callable) -> str:
    """Grade ``answer(logits)``, the predicted label of each image."""
    logits = torch.tensor([[0.1, 2.0, -1.0], [3.0, 0.5, 0.2], [-0.3, -0.2, -0.1], [0.0, 0.9, 0.4]])
    got = attempt(answer, logits)
    _wrong_if(not isinstance(got, Tensor), f"Return a tensor of labels; you return a {type(got).__name__}.")
    _wrong_if(
        got.shape == (3,), "There are 4 images and 3 classes, but 3 labels. Compare along classes: dim=1."
    )
    _wrong_if(got.shape == (4, 3), "There is a row for each image still: pick the largest entry of each row.")
    _wrong_if(got.shape != (4,), f"4 images need labels of shape [4]; yours are {list(got.shape)}.")
    _wrong_if(
        got.is_floating_point(),
        "These are the largest scores themselves. The label is the position of the largest score.",
    )
    _wrong_if(got.tolist() != [1, 0, 2, 1], f"The labels are 1, 0, 2, 1; yours are {got.tolist()}.")
    return "No softmax was needed: it keeps the order, so the largest logit is the largest probability."


@exercise("05.4")
def dataset_accuracy(answer: Callable) -> str:
    """Grade ``answer(batch_accuracies, batch_sizes)``, the accuracy of the whole data set in percent."""
    got = attempt(answer, [50.0, 100.0], [32, 8])
    _wrong_if(not isinstance(got, int | float | Tensor), "Return one number, in percent.")
    got = float(got)
    _wrong_if(got == 75.0, "That is the mean over batches. 8 images must not count as much as 32.")
    _wrong_if(abs(got - 0.6) < 1e-6, "That is a fraction. This course gives accuracy in percent.")
    _wrong_if(abs(got - 2400) < 1e-6, "That is the weighted sum; divide it by the number of images.")
    _wrong_if(abs(got - 60.0) > 1e-4, f"16 + 8 of 40 images are right: 60 %. You have {got}.")
    return "Weighted by size, the accuracy is a number of images out of all again."


@exercise("05.5")
def conv_output_size(answer: Callable) -> str:
    """Grade ``answer(size, kernel_size, stride, padding)``, the height of what a convolution puts out."""
    got = attempt(answer, 28, 3, 1, 0)
    _wrong_if(got == 25, "28 pixels, kernel 3: it fits at 26 places, not 25. Count its first place too: + 1.")
    _wrong_if(got != 26, f"A kernel of 3 fits at 26 places on 28 pixels; you have {got}.")
    got = attempt(answer, 28, 3, 1, 1)
    _wrong_if(got == 27, "Padding 1 adds a pixel on both sides: the picture grows by 2 x padding.")
    _wrong_if(got != 28, f"Kernel 3 with padding 1 keeps 28 pixels; you have {got}.")
    got = attempt(answer, 28, 3, 2, 1)
    _wrong_if(
        isinstance(got, float), "An image has a whole number of pixels. Round down with // (not with /)."
    )
    _wrong_if(got != 14, f"Stride 2 goes every second place: 28 pixels become 14; you have {got}.")
    for size in range(5, 12):
        for kernel_size, stride, padding in ((2, 2, 0), (3, 1, 1), (3, 2, 0), (5, 3, 2), (1, 1, 0)):
            real = nn.Conv2d(1, 1, kernel_size, stride, padding)(torch.zeros(1, 1, size, size)).shape[2]
            got = attempt(answer, size, kernel_size, stride, padding)
            case = f"size {size}, kernel {kernel_size}, stride {stride}, padding {padding}"
            _wrong_if(got != real, f"nn.Conv2d gives {real} for {case}; you have {got}.")
    return "It agrees with nn.Conv2d in 35 cases, and it holds for pooling too."


@exercise("05.6")
def colour_model(answer: nn.Module) -> str:
    """Grade a TinyVGG for colour images of 64 x 64 pixels."""
    _wrong_if(isinstance(answer, type), "That is the class; the answer is a model: call the class.")
    _wrong_if(not isinstance(answer, nn.Module), "The answer is a model, an instance of an nn.Module.")
    first = next((layer for layer in answer.modules() if isinstance(layer, nn.Conv2d)), None)
    _wrong_if(first is None, "A TinyVGG starts with convolutions; this model has none.")
    _wrong_if(first.in_channels == 1, "The first convolution takes 1 channel; a colour image has 3.")
    linear = [layer for layer in answer.modules() if isinstance(layer, nn.Linear)]
    _wrong_if(not linear, "The classifier at the end needs a linear layer.")
    _wrong_if(
        linear[-1].in_features == first.out_channels * 7 * 7,
        "in_features is still that of 28 x 28 pixels. 64 pixels halved twice are 16.",
    )
    _wrong_if(
        linear[-1].in_features == first.out_channels * 32 * 32,
        "in_features is that after one pooling. Both blocks end in a pooling: 64 is halved twice.",
    )
    _wrong_if(linear[-1].out_features != 10, f"There are 10 classes, not {linear[-1].out_features}.")
    logits = attempt(answer, torch.zeros(2, 3, 64, 64))
    _wrong_if(
        logits.shape != (2, 10), f"Two images should give logits [2, 10]; yours are {list(logits.shape)}."
    )
    pools = sum(isinstance(layer, nn.MaxPool2d) for layer in answer.modules())
    _wrong_if(pools != 2, f"A TinyVGG halves the image twice with MaxPool2d; this model has {pools}.")
    return "3 channels in, 64 halved twice to 16, in_features = channels x 16 x 16."


@exercise("05.7")
def one_step(answer: Callable) -> str:
    """Grade ``answer(model, images, labels, loss_fn, optimizer)``, a training step that returns its loss."""

    def weights_after(step: Callable, steps: int) -> tuple[Tensor, Any]:
        torch.manual_seed(0)
        model = nn.Linear(3, 2)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
        images, labels = torch.rand(8, 3), torch.arange(8) % 2
        for _ in range(steps):
            loss = step(model, images, labels, nn.CrossEntropyLoss(), optimizer)
        return model.weight.detach().clone(), loss

    def right(model, images, labels, loss_fn, optimizer):
        loss = loss_fn(model(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    start, _ = weights_after(lambda *_: None, 1)
    one, loss = attempt(weights_after, answer, 1)
    two, _ = attempt(weights_after, answer, 2)
    right_one, right_loss = weights_after(right, 1)
    right_two, _ = weights_after(right, 2)
    _wrong_if(
        torch.equal(two, start),
        "The weights never change. backward() only computes gradients; optimizer.step() applies them.",
    )
    _wrong_if(
        torch.equal(one, start),
        "After one step the weights are as before. step() uses the gradients, so backward() comes first, and "
        "zero_grad() must not come between the two.",
    )
    _wrong_if(
        torch.allclose(one, right_one) and not torch.allclose(two, right_two),
        "The first step is right, the second is not: the gradients of the first are still there and add up. "
        "zero_grad() forgets them.",
    )
    _wrong_if(not torch.allclose(one, right_one), "The weights differ from those after one step of SGD.")
    _wrong_if(loss is None, "The weights are right. Return the loss too, as a number: loss.item().")
    _wrong_if(
        isinstance(loss, Tensor),
        "The weights are right. Return loss.item(): the tensor would keep its whole graph alive.",
    )
    _wrong_if(abs(loss - right_loss) > 1e-6, f"The loss is {right_loss:.4f}; you return {loss}.")
    return "Forward, loss, zero_grad, backward, step: two steps in a row end where SGD ends."


@exercise("05.8")
def most_confused(answer: Callable) -> str:
    """Grade ``answer(matrix)``, the (true, predicted) classes that are mixed up most often."""
    matrix = torch.tensor([[80, 3, 17], [2, 97, 1], [25, 5, 70]])
    got = attempt(answer, matrix.clone())
    _wrong_if(
        not isinstance(got, tuple) or len(got) != 2,
        "Return two class numbers: the true one, the predicted one.",
    )
    got = tuple(int(number) for number in got)
    _wrong_if(
        got == (1, 1), "Row 1, column 1 counts right answers. Leave the diagonal out before you search."
    )
    _wrong_if(got == (0, 2), "Rows are the true classes, columns the predicted ones: yours is the other way.")
    _wrong_if(got != (2, 0), f"25 images of class 2 were taken for class 0: (2, 0). You have {got}.")
    flat = torch.tensor([[9, 0], [4, 9]])
    before = flat.clone()
    _wrong_if(
        tuple(map(int, attempt(answer, flat))) != (1, 0), "With 2 classes, [[9, 0], [4, 9]], it is (1, 0)."
    )
    _wrong_if(
        not torch.equal(flat, before), "Your function changed the matrix it was given. Work on a clone()."
    )
    return "Call it with your own confusion matrix to see which two classes V2 mixes up most."


@exercise("05.9")
def surest_mistakes(answer: Callable) -> str:
    """Grade ``answer(probabilities, labels, k)``, the positions of the k most confident mistakes."""
    probabilities = torch.tensor([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.3, 0.7], [0.01, 0.99]])
    labels = torch.tensor([0, 0, 1, 0, 1])  # wrong at 1 (sure to 0.8), 2 (0.6) and 3 (0.7)
    got = attempt(answer, probabilities.clone(), labels.clone(), 2)
    got = got.tolist() if isinstance(got, Tensor) else got
    _wrong_if(not isinstance(got, list), "Return the positions of the images, as a tensor or a list.")
    _wrong_if(
        4 in got or 0 in got, "Images 0 and 4 are predicted right. Keep only the wrong ones, then sort."
    )
    _wrong_if(got in ([2, 3], [2, 1]), "Those are the least sure mistakes first. Sort descending.")
    _wrong_if(got in ([0, 2], [0, 1]), "Those are positions among the mistakes, not among all images.")
    _wrong_if(len(got) != 2, f"k is 2: return 2 positions, not {len(got)}.")
    _wrong_if(got != [1, 3], f"The surest mistakes are image 1 (0.8), then image 3 (0.7); you have {got}.")
    return "Such images are worth a look: some of them carry a wrong label."


@exercise("05.10")
def save_and_reload(answer: Callable) -> str:
    """Grade ``answer(model, path)``: save the weights of a V2, load them into a new V2 and return that."""
    torch.manual_seed(0)
    model = FashionMNISTModelV2(input_shape=1, hidden_units=10, output_shape=10)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.pth"
        got = attempt(answer, model, path)
        _wrong_if(not path.exists(), "Nothing was saved at `path`.")
        try:
            saved = torch.load(path, weights_only=True)
        except pickle.UnpicklingError as error:
            raise WrongAnswer(
                "The file holds more than weights: a whole pickled model runs code when it is loaded, and "
                "breaks when the class moves. Save model.state_dict()."
            ) from error
    _wrong_if(not isinstance(saved, dict), "The file should hold model.state_dict().")
    _wrong_if(got is None, "Return the new model.")
    _wrong_if(isinstance(got, dict), "That is the state dict. Load it into a new model and return the model.")
    _wrong_if(not isinstance(got, nn.Module), f"Return a model; you return a {type(got).__name__}.")
    _wrong_if(got is model, "That is the model that was saved. Make a new one and load the weights into it.")
    images = torch.rand(2, 1, 28, 28)
    with torch.inference_mode():
        same = torch.equal(got(images), model(images))
    _wrong_if(
        not same, "The new model answers differently: it still has its random weights. load_state_dict."
    )
    return "A new model with the saved weights gives the same logits, to the last bit."
