"""What a figure shows, in words: from its titles, the labels of its axes, and its legends.

tools/runner.py lets each kernel load this as an extension. The kernel then writes these words into each
picture that it draws, as PNG's own `Description`, and into the output's metadata. The book's pages take them
from the picture (hooks.py), slides from the metadata (tools/slides_template).
"""

import textwrap

from IPython.core.interactiveshell import InteractiveShell
from IPython.core.pylabtools import print_figure
from matplotlib.axes import Axes
from matplotlib.figure import Figure

MOST_LETTERS = 600


def describe(figure: Figure) -> str:
    """Return a figure's titles, axes and legends as sentences; nothing where it has none."""
    axes = [words for axis in figure.axes if (words := _describe_axes(axis))]
    sentences = [figure.get_suptitle(), *dict.fromkeys(axes)]
    text = " ".join(each if each.endswith((".", "?", "!")) else f"{each}." for each in sentences if each)
    return textwrap.shorten(text, MOST_LETTERS, placeholder=" …")


def _describe_axes(axis: Axes) -> str:
    labels = " against ".join(filter(None, [axis.get_ylabel(), axis.get_xlabel()]))
    words = ": ".join(filter(None, [axis.get_title(), labels]))
    if legend := axis.get_legend():
        words += f" ({', '.join(entry.get_text() for entry in legend.get_texts())})"
    return words


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Let a kernel that loads this write into each figure that it shows what the figure shows."""
    shell.enable_matplotlib("inline")
    shell.display_formatter.formatters["image/png"].for_type(Figure, _png)


def _png(figure: Figure) -> tuple[str, dict[str, str]]:
    words = describe(figure)
    return print_figure(figure, base64=True, metadata={"Description": words}), {"alt": words}
