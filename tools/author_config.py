"""JupyterLab for an author (`make author`): a notebook and its lesson are one; saving writes both."""

import re
import warnings
from pathlib import Path

c = get_config()  # noqa: F821  Jupyter puts it there


def keep_header(model: dict, path: str, **_) -> None:
    """Leave jupytext's own version out of a lesson that is about to be saved: it says nothing of ours."""
    if model["type"] == "file" and path.startswith("lessons/"):
        model["content"] = re.sub(r"^    jupytext_version: .*\n", "", model["content"], count=1, flags=re.M)


c.ServerApp.ip = "127.0.0.1"
c.ServerApp.allow_root = True  # containers often run as root
c.ServerApp.root_dir = str(Path(__file__).resolve().parents[1])
c.LabApp.default_url = "/lab/tree/notebooks"
# Pairs notebooks/NN_name.ipynb with lessons/NN_name.md, as [tool.jupytext.formats] in pyproject.toml says.
c.ServerApp.jpserver_extensions = {"jupyterlab_jupytext": True}
c.FileContentsManager.pre_save_hook = keep_header
# Jupyter sets the hook twice, and says so.
warnings.filterwarnings("ignore", "Overriding existing pre_save_hook", UserWarning)
