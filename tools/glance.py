"""Draw the picture at the top of the README: what the lessons are about, from the course's own data.

    python tools/glance.py     into book/static/glance.png

The networks are trained here, in seconds; the picture shows no figure of theirs.
"""

from pathlib import Path

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from sklearn.datasets import make_circles
from torch import Tensor, nn

from helpers.data.hands import make_hands
from helpers.plotting.figures import plot_decision_boundary

TO = Path(__file__).resolve().parents[1] / "book/static/glance.png"
LETTERS = "ABCDEFGHIKLMNOPQRSTUVWXY"


def trained(model: nn.Module, inputs: Tensor, labels: Tensor, steps: int, rate: float) -> nn.Module:
    """Train a model on all data at once and return it."""
    optimizer = torch.optim.Adam(model.parameters(), lr=rate)
    for _ in range(steps):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(inputs), labels).backward()
        optimizer.step()
    return model.eval()


def draw(path: Path) -> None:
    """Draw rings that a line can't part and ReLU can, hands that sign, and what a network makes of one."""
    torch.manual_seed(42)
    points, labels = make_circles(400, noise=0.06, factor=0.5, random_state=42)
    points, labels = torch.tensor(points, dtype=torch.float32), torch.tensor(labels)
    wide = nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, 2))
    images, signs = make_hands(16, range(8), seed=3)
    images, signs = images[:, None] / 255, torch.tensor([LETTERS.index(chr(65 + s)) for s in signs.tolist()])
    first = nn.Sequential(nn.Conv2d(1, 6, 5, padding=2), nn.ReLU())
    reader = nn.Sequential(first, nn.MaxPool2d(4), nn.Flatten(), nn.Linear(6 * 49, 24))
    trained(reader, images - 0.5, signs, 150, 0.01)

    figure = Figure(figsize=(12, 4.2), layout="constrained")
    boundaries, hands, maps = figure.subfigures(1, 3, width_ratios=[1, 1.15, 1])
    titles = {"a linear model": nn.Linear(2, 2), "layers with ReLU between": wide}
    for axis, (title, model) in zip(boundaries.subplots(2, 1), titles.items(), strict=True):
        plot_decision_boundary(trained(model, points, labels, 300, 0.02), points, labels, axis)
        axis.set(title=title, xticks=[], yticks=[], xlabel="", ylabel="", aspect="equal")
    boundaries.suptitle("See why a line is not enough")

    def show(axis: Axes, picture: Tensor, title: str, colours: str, **limits: float) -> None:
        axis.imshow(picture.detach().numpy(), colours, **limits)
        axis.set_title(title, fontsize=9, pad=2)
        axis.axis("off")

    chosen = [int((signs == letter).nonzero()[1]) for letter in range(20)]
    for axis, i in zip(hands.subplots(4, 5).flat, chosen, strict=True):
        show(axis, images[i, 0], LETTERS[signs[i]], "gray", vmin=0, vmax=1)
    hands.suptitle("Read signs (hands drawn by the course)")
    whole, *others = maps.subplots(2, 3).flat
    show(whole, images[chosen[11], 0], "a hand", "gray")
    for axis, one in zip(others, first(images[chosen[11]] - 0.5), strict=False):
        show(axis, one, "a map of it", "viridis")
    maps.suptitle("Look inside a network")
    figure.savefig(path, dpi=110)


if __name__ == "__main__":
    draw(TO)
    print("wrote:", TO)
