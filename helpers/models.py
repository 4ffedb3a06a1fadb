"""The models that lesson 05 builds step by step, for the lessons that come back to them.

tests/test_lesson_05.py holds them against the classes written out in the lesson.
"""

from torch import Tensor, nn


class FashionMNISTModelV0(nn.Module):
    """Two linear layers with nothing between them: a linear classifier.

    Images [N, 1, 28, 28] in, logits [N, output_shape] out.
    """

    def __init__(self, input_shape: int, hidden_units: int, output_shape: int) -> None:
        super().__init__()
        self.layer_stack = nn.Sequential(
            nn.Flatten(),
            nn.Linear(in_features=input_shape, out_features=hidden_units),
            nn.Linear(in_features=hidden_units, out_features=output_shape),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits."""
        return self.layer_stack(x)


class FashionMNISTModelV1(nn.Module):
    """V0 with a ReLU after each layer, the last included: the fault that lesson 05 finds and mends."""

    def __init__(self, input_shape: int, hidden_units: int, output_shape: int) -> None:
        super().__init__()
        self.layer_stack = nn.Sequential(
            nn.Flatten(),
            nn.Linear(in_features=input_shape, out_features=hidden_units),
            nn.ReLU(),
            nn.Linear(in_features=hidden_units, out_features=output_shape),
            nn.ReLU(),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits, none below zero."""
        return self.layer_stack(x)


class FashionMNISTModelV1Mended(nn.Module):
    """V0 with one ReLU, between its layers."""

    def __init__(self, input_shape: int, hidden_units: int, output_shape: int) -> None:
        super().__init__()
        self.layer_stack = nn.Sequential(
            nn.Flatten(),
            nn.Linear(in_features=input_shape, out_features=hidden_units),
            nn.ReLU(),
            nn.Linear(in_features=hidden_units, out_features=output_shape),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits."""
        return self.layer_stack(x)


class FashionMNISTModelV2(nn.Module):
    """TinyVGG, a small convolutional network.

    The architecture is that of https://poloclub.github.io/cnn-explainer/. Images [N, input_shape, 28, 28] in,
    logits [N, output_shape] out.
    """

    def __init__(self, input_shape: int, hidden_units: int, output_shape: int) -> None:
        super().__init__()
        self.block_1 = nn.Sequential(
            nn.Conv2d(input_shape, hidden_units, kernel_size=3, stride=1, padding=1),
            nn.ReLU(),
            nn.Conv2d(hidden_units, hidden_units, kernel_size=3, stride=1, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(kernel_size=2),
        )
        self.block_2 = nn.Sequential(
            nn.Conv2d(hidden_units, hidden_units, kernel_size=3, padding=1),
            nn.ReLU(),
            nn.Conv2d(hidden_units, hidden_units, kernel_size=3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(kernel_size=2),
        )
        self.classifier = nn.Sequential(
            nn.Flatten(),
            nn.Linear(in_features=hidden_units * 7 * 7, out_features=output_shape),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits."""
        x = self.block_1(x)  # [N, hidden_units, 14, 14]
        x = self.block_2(x)  # [N, hidden_units, 7, 7]
        return self.classifier(x)  # [N, output_shape]
