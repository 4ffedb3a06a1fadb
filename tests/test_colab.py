"""The replica of Colab: which packages it has, and how they come back. `make test-colab` runs the rest."""

from datetime import date

from colab import LIST, SOURCE, colab_list, packages, way_back

TORCH = "https://example.org/whl/cu128/torch-2.11.0%2Bcu128-cp313-cp313-manylinux_2_28_x86_64.whl"
COLABS = f"""\
numpy==2.1.3
nvidia-cublas-cu12==12.8.4.1
torch @ {TORCH}
google-colab @ file:///colabtools/dist/google_colab-1.0.0.tar.gz
Jinja2==3.1.6
jax==0.7.2+local
"""


def test_the_list_keeps_what_pip_can_install_here():
    text = colab_list(COLABS, date(2026, 8, 19))
    assert text.splitlines()[:2] == [f"# Colab's packages but for CUDA's: {SOURCE}", "# of 2026-08-19"]
    assert text.splitlines()[2:] == ["jax==0.7.2", "jinja2==3.1.6", "numpy==2.1.3", "torch==2.11.0"]
    assert colab_list(text, date(2026, 8, 19)) == text


def test_the_list_here_is_of_that_kind():
    text = LIST.read_text("utf-8")
    assert colab_list(text, date.fromisoformat(text.splitlines()[1].removeprefix("# of "))) == text
    assert {"torch", "torchvision", "matplotlib", "gradio", "ipykernel"} < packages(text).keys()


def test_the_way_back_undoes_what_was_added_raised_or_removed():
    before = {"matplotlib": "3.10.0", "numpy": "2.1.3", "pillow": "11.3.0"}
    now = {"matplotlib": "3.11.2", "numpy": "2.1.3", "pooch": "1.9.0"}
    assert way_back(before, now) == (["pooch"], ["matplotlib==3.10.0", "pillow==11.3.0"])
    assert way_back(before, before) == ([], [])
