"""An explorer for the settings of a convolution: sliders, and a drawing that follows them.

It is plain HTML, CSS and JavaScript (conv_explorer.html). So it works wherever an output is shown: in
JupyterLab, in Colab, in a page without a kernel.
"""

from importlib.resources import files

from IPython.display import HTML


def conv_explorer() -> HTML:
    """Return sliders for input size, kernel, stride, padding and dilation, with a drawing that follows."""
    return HTML((files("helpers.explorables") / "conv_explorer.html").read_text("utf-8"))
