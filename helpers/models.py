"""The models that lessons 05, 08 and 12 build step by step, for the lessons that come back to them.

tests/test_models.py compares them with the classes that the lessons write out.
"""

from torch import Tensor, nn

from helpers.calls import understanding
from helpers.inputs import as_count


class FashionMNISTModelV0(nn.Module):
    """Two linear layers with nothing between them: a linear classifier.

    Images [N, 1, 28, 28] in, logits [N, output_shape] out.
    """

    @understanding
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


class FashionMNISTModelV1(FashionMNISTModelV0):
    """V0 with a ReLU after each layer, the last included: the fault that lesson 05 finds and fixes."""

    @understanding
    def __init__(self, input_shape: int, hidden_units: int, output_shape: int) -> None:
        super().__init__(input_shape, hidden_units, output_shape)
        flatten, first, last = self.layer_stack
        self.layer_stack = nn.Sequential(flatten, first, nn.ReLU(), last, nn.ReLU())


class FashionMNISTModelV2(nn.Module):
    """TinyVGG, a small convolutional network.

    The architecture is that of https://poloclub.github.io/cnn-explainer/. Images [N, input_shape, 28, 28] in,
    logits [N, output_shape] out.
    """

    @understanding
    def __init__(self, input_shape: int, hidden_units: int, output_shape: int) -> None:
        super().__init__()
        self.block_1 = self.block(input_shape, hidden_units)
        self.block_2 = self.block(hidden_units, hidden_units)
        self.classifier = nn.Sequential(
            nn.Flatten(),
            nn.Linear(in_features=hidden_units * 7 * 7, out_features=output_shape),
        )

    @staticmethod
    def block(in_channels: int, out_channels: int) -> nn.Sequential:
        """Return two convolutions and a pooling, which halves height and width."""
        return nn.Sequential(
            nn.Conv2d(in_channels, out_channels, kernel_size=3, padding=1),
            nn.ReLU(),
            nn.Conv2d(out_channels, out_channels, kernel_size=3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(kernel_size=2),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits."""
        x = self.block_1(x)  # [N, hidden_units, 14, 14]
        x = self.block_2(x)  # [N, hidden_units, 7, 7]
        return self.classifier(x)  # [N, output_shape]


class FashionMNISTModelV3(nn.Module):
    """Six convolutions, each with batch normalisation: V2's successor in lesson 12.

    The first convolution is pooled at once, since at 28 x 28 everything is dear. Images
    [N, input_shape, 28, 28] in, logits [N, output_shape] out.
    """

    @understanding
    def __init__(self, input_shape: int, hidden_units: int, output_shape: int) -> None:
        super().__init__()
        c1, c2, c3, c4 = (hidden_units * factor for factor in (1, 2, 4, 8))
        self.features = nn.Sequential(
            *self.convolution(input_shape, c1, pool=True),  # [N, c1, 14, 14]
            *self.convolution(c1, c2),
            *self.convolution(c2, c2, pool=True),  # [N, c2, 7, 7]
            *self.convolution(c2, c3),
            *self.convolution(c3, c3, pool=True),  # [N, c3, 3, 3]
            *self.convolution(c3, c4),
        )
        self.classifier = nn.Sequential(nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.Linear(c4, output_shape))

    @staticmethod
    def convolution(in_channels: int, out_channels: int, pool: bool = False) -> list[nn.Module]:
        """Return the layers of one convolution. Pooling first leaves less to normalise."""
        conv = nn.Conv2d(in_channels, out_channels, kernel_size=3, padding=1, bias=False)
        pooling = [nn.MaxPool2d(kernel_size=2)] if pool else []
        return [conv, *pooling, nn.BatchNorm2d(out_channels), nn.ReLU()]

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits."""
        x = self.features(x)  # [N, 8 * hidden_units, 3, 3]
        return self.classifier(x)  # [N, output_shape]


class MyConvBlock(nn.Module):
    """Convolution, batch normalisation, ReLU, dropout and max pooling: halves height and width.

    Images or feature maps [N, in_channels, H, W] in, [N, out_channels, H // 2, W // 2] out.
    """

    @understanding
    def __init__(self, in_channels: int, out_channels: int, dropout: float) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(in_channels, out_channels, kernel_size=3, padding=1),
            nn.BatchNorm2d(out_channels),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.MaxPool2d(kernel_size=2),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return the block's feature maps."""
        return self.layers(x)


class SignLanguageCNN(nn.Module):
    """Three `MyConvBlock`s and a dense head for the letters of lessons 07 to 09.

    Images [N, 1, 28, 28] in 0..1 in, logits [N, classes] out.
    """

    @understanding
    def __init__(self, classes: int = 24, dropout: float = 0.2) -> None:
        super().__init__()
        self.blocks = nn.Sequential(
            MyConvBlock(1, 16, dropout),
            MyConvBlock(16, 32, dropout),
            MyConvBlock(32, 64, dropout),
        )
        self.head = nn.Sequential(
            nn.Flatten(),
            nn.Linear(64 * 3 * 3, 256),
            nn.ReLU(),
            nn.Dropout(0.3),
            nn.Linear(256, as_count(classes, "classes")),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits."""
        x = self.blocks(x)  # [N, 64, 3, 3]
        return self.head(x)  # [N, classes]
