"""Sphinx's settings for the book. `tools/build_book.py` runs it, on the files that it puts together."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "tools")]

from sync import read_repository  # noqa: E402  it lies in tools/

project = html_title = "Tensors to Transfer"
extensions = ["myst_nb", "sphinx_copybutton", "hooks"]
myst_enable_extensions = ["dollarmath"]

nb_execution_mode = "off"  # tools/build_book.py has put the outputs in
nb_merge_streams = True
nb_ipywidgets_js = {}  # they would be fetched from another host
nb_code_prompt_show = "Show the cell that makes the course's package importable"
nb_code_prompt_hide = "Hide it"

html_theme = "sphinx_book_theme"
html_static_path = ["static"]
html_css_files = ["book.css"]
html_favicon = "static/favicon.svg"
html_context = {"default_mode": "auto"}  # light or dark as the reader's system is
html_use_index = False  # an index of terms; the glossary is one
html_math_renderer = "mathml"
copybutton_selector = ".cell_input pre, details pre, div.highlight-python pre"
html_theme_options = {"use_fullscreen_button": False, "show_toc_level": 2, "navbar_persistent": []}
if repository := read_repository(HERE.parent):
    html_theme_options |= {
        "repository_url": repository,
        "repository_branch": "main",
        "path_to_docs": "notebooks",
        "use_repository_button": True,
        "launch_buttons": {"colab_url": "https://colab.research.google.com"},
    }
