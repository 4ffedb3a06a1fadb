from pathlib import Path

import pytest
import torch

from helpers.course import settings


@pytest.fixture(autouse=True)
def nothing_is_set(monkeypatch):
    for name in ("MODE", "STRICT", "DATA", "DATA_DIR", "DEVICE"):
        monkeypatch.delenv(f"COURSE_{name}", raising=False)


def test_full_mode_is_the_default_and_trains_every_epoch(capsys):
    settings.show_setup()
    assert "full mode" in capsys.readouterr().out
    assert not settings.is_small()
    assert settings.epochs(full=20) == 20


@pytest.mark.parametrize("written", ["small", "Small", " SMALL "])
def test_small_mode_trains_one_epoch_and_says_so(monkeypatch, capsys, written):
    monkeypatch.setenv("COURSE_MODE", written)
    settings.show_setup()
    assert "Small mode" in capsys.readouterr().out
    assert settings.is_small()
    assert settings.epochs(full=20) == 1


@pytest.mark.parametrize(
    ("variable", "read"),
    [
        ("COURSE_MODE", settings.course_mode),
        ("COURSE_STRICT", settings.is_strict),
        ("COURSE_DATA", settings.real_data_only),
        ("COURSE_DEVICE", settings.default_device),
    ],
)
def test_an_unknown_value_names_the_variable_and_what_it_can_be(monkeypatch, variable, read):
    monkeypatch.setenv(variable, "tiny")
    with pytest.raises(ValueError, match=rf"{variable} is 'tiny'; it can be .* or "):
        read()


def test_data_folder_is_the_chosen_one_else_the_users_cache(monkeypatch, tmp_path):
    assert settings.data_dir().name == "tensors-to-transfer"
    monkeypatch.setenv("COURSE_DATA_DIR", str(tmp_path))
    assert settings.data_dir() == tmp_path


def test_a_data_folder_of_nobody_is_an_error_in_words(monkeypatch):
    monkeypatch.setenv("COURSE_DATA_DIR", "~nobody-of-that-name/data")
    with pytest.raises(
        ValueError, match="COURSE_DATA_DIR is '~nobody-of-that-name/data', and nobody here has"
    ):
        settings.data_dir()


def test_a_relative_data_folder_is_one_folder_for_every_notebook_and_tool(monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_DATA_DIR", "data")
    course = Path(settings.__file__).parents[2]
    for here in (course, course / "notebooks"):
        monkeypatch.chdir(here)
        assert settings.data_dir() == course / "data"
    # In Colab helpers are installed among the packages, and a notebook lies elsewhere.
    monkeypatch.setattr(settings, "__file__", str(tmp_path / "site-packages/helpers/course/settings.py"))
    assert settings.data_dir() == course / "notebooks/data"


def test_mps_is_used_only_when_asked_for_and_a_device_that_is_not_here_is_an_error(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert settings.default_device() == torch.device("cpu")
    monkeypatch.setenv("COURSE_DEVICE", "mps")
    assert settings.default_device() == torch.device("mps")
    monkeypatch.setenv("COURSE_DEVICE", "cuda")
    with pytest.raises(ValueError, match="no such device here"):
        settings.default_device()


def test_setup_asks_for_a_restart_after_pip_has_replaced_a_loaded_package(monkeypatch):
    settings.show_setup()
    monkeypatch.setattr("matplotlib.__version__", "3.1.0")
    with pytest.raises(RuntimeError, match=r"pip has replaced matplotlib.* restart the kernel"):
        settings.show_setup()
