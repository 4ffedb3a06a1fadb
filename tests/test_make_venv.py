"""tools/make_venv.py and the Makefile: which Python makes .venv, and when it is made again."""

import ast
import os
import re
import shutil
import subprocess
import sys

import make_venv
import pytest
import sync


@pytest.fixture
def course(tmp_path):
    """Return a course with the Makefile, its tool and two lists of packages."""
    root = tmp_path / "my course"
    (root / "tools").mkdir(parents=True)
    for name in ("Makefile", "pyproject.toml", "requirements.txt", "tools/make_venv.py"):
        shutil.copy(sync.ROOT / name, root / name)
    return root


@pytest.fixture
def make(course):
    """Return a function that lets make install what a learner needs; what pip would do is only printed."""
    if not shutil.which("make"):
        pytest.skip("needs make")

    def run(*options):
        command = ["make", "INSTALL=echo installed", f"PYTHON={sys.executable}", *options, ".venv/.learner"]
        alone = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
        done = subprocess.run(
            command, cwd=course, env=alone, capture_output=True, encoding="utf-8", check=True
        )
        return done.stdout

    return run


def fake_python(course, version):
    """Make a .venv whose Python says that it is this version."""
    python = course / ".venv/bin/python"
    python.parent.mkdir(parents=True)
    python.write_text(f"#!/bin/sh\necho {version}\n")
    python.chmod(0o755)


def test_make_installs_once_and_again_when_a_list_of_packages_has_changed(course, make):
    assert "installed -r requirements.txt -e ." in make()
    assert "installed" not in make()
    (course / "requirements.txt").write_text("")
    assert make().startswith("echo installed")


@pytest.mark.skipif(sys.platform == "win32", reason="a script stands for another Python")
def test_a_venv_that_does_not_serve_is_made_again_and_filled(course, make):
    fake_python(course, "3 10")
    (course / ".venv/.learner").touch()
    assert "installed -r requirements.txt" in make()
    assert make_venv.version_in(course / ".venv") == sys.version_info[:2]


@pytest.mark.skipif(sys.platform == "win32", reason="a script stands for another Python")
def test_a_venv_of_a_newer_python_stays_unless_another_is_asked_for(course):
    fake_python(course, "3 99")
    before = (course / ".venv/bin/python").read_bytes()
    assert make_venv.main([], course) == 0
    assert (course / ".venv/bin/python").read_bytes() == before


def test_a_python_that_is_too_old_is_refused_before_anything_is_made(course, monkeypatch, capsys):
    monkeypatch.setattr(sys, "version_info", (3, 10, 13))
    assert make_venv.main([], course) == 1
    out = capsys.readouterr().out
    assert "needs Python 3.11 or newer" in out
    assert f"{sys.executable} is 3.10." in out
    assert not (course / ".venv").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="a script stands for another Python")
def test_a_venv_without_pip_and_one_that_does_not_start_are_noticed(course):
    assert make_venv.version_in(course / ".venv") == ()
    fake_python(course, "; exit 1")
    assert make_venv.version_in(course / ".venv") == ()


def test_make_calls_no_script_of_the_venv_for_its_first_line_names_a_folder_that_may_move():
    makefile = (sync.ROOT / "Makefile").read_text("utf-8")
    assert set(re.findall(r"\$\(BIN\)/(\w+)", makefile)) == {"python"}


def test_an_old_python_can_read_the_tool():
    ast.parse((sync.ROOT / "tools/make_venv.py").read_text("utf-8"), feature_version=(3, 6))
