"""JupyterLab for a learner (`make learn`): this machine only, and a save never touches lessons/."""

from pathlib import Path

c = get_config()  # noqa: F821  Jupyter puts it there

c.ServerApp.ip = "127.0.0.1"
c.ServerApp.allow_root = True  # containers often run as root
c.ServerApp.root_dir = str(Path(__file__).resolve().parents[1] / "notebooks")
# jupytext, where an author installed it, writes each save into the lesson as well: not for learners.
c.ServerApp.jpserver_extensions = {"jupyterlab_jupytext": False}


def without_news(_: object, page: dict) -> dict:
    """Switch off what asks for JupyterLab's news and for newer versions: nothing leaves this machine."""
    return page | {"disabledExtensions": ["@jupyterlab/apputils-extension:announcements"]}


c.ServerApp.tornado_settings = {"page_config_hook": without_news}
