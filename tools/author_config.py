"""JupyterLab for an author (`make author`): a notebook and its lesson are one; saving writes both."""

import re
import warnings
from pathlib import Path

c = get_config()  # noqa: F821  Jupyter puts it there
load_subconfig("learn_config.py")  # noqa: F821  this machine only, no news


def keep_header(model: dict, path: str, **_) -> None:
    """Leave jupytext's version and settings out of a lesson that is about to be saved."""
    if model["type"] == "file" and path.startswith("lessons/"):
        _, header, text = model["content"].split("---\n", 2)
        header = re.sub(r"^ +(jupytext_version|cell_metadata_filter): .*\n", "", header, flags=re.M)
        model["content"] = f"---\n{header}---\n{text}"


c.ServerApp.root_dir = str(Path(__file__).resolve().parents[1])
c.LabApp.default_url = "/lab/tree/notebooks"
# Pairs notebooks/NN_name.ipynb with lessons/NN_name.md. It stands here and not in pyproject.toml, where every
# JupyterLab that has jupytext would find it, a learner's too.
c.ServerApp.jpserver_extensions = {"jupyterlab_jupytext": True}
c.JupytextConfiguration.formats = {"notebooks/": "ipynb", "lessons/": "md:myst"}
c.JupytextConfiguration.cell_metadata_filter = "tags,-all"  # to fold a heading is no edit of the lesson
# The lesson decides, however old it is. `make author` begins with tools/sync.py, which stops where a notebook
# has text that its lesson lacks. Without this line jupytext refuses to open a notebook newer than its lesson.
c.JupytextConfiguration.outdated_text_notebook_margin = float("inf")
c.FileContentsManager.pre_save_hook = keep_header
# Jupyter sets the hook twice, and says so.
warnings.filterwarnings("ignore", "Overriding existing pre_save_hook", UserWarning)
