"""`make test-oldest` pins each package to the lower bound that the course names, and names none twice."""

import tomllib

from oldest import constraints
from sync import ROOT
from test_repository import bounds, requirements


def test_every_lower_bound_becomes_a_pin(tmp_path):
    (tmp_path / "pyproject.toml").write_text('[project]\ndependencies = ["torch>=2.9.1", "numpy>=1.26"]\n')
    (tmp_path / "requirements.txt").write_text("# why\ntorch>=2.9.1\nnumpy>=1.26  # tried\njupyterlab>=4.2\n")
    (tmp_path / "requirements-dev.txt").write_text("-r requirements.txt\n-e .\nmyst-nb>=1.4.0\n")
    assert constraints(tmp_path) == ["jupyterlab==4.2", "myst-nb==1.4.0", "numpy==1.26", "torch==2.9.1"]


def test_the_pins_of_this_course_are_its_bounds():
    pins = bounds(constraints(ROOT))
    assert len(pins) == len(constraints(ROOT))
    oldest = bounds(tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"])
    for name in ("requirements.txt", "requirements-dev.txt"):
        oldest |= requirements(name)
    assert pins == {package: bound.replace(">=", "==") for package, bound in oldest.items()}
