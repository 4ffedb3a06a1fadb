"""`make test-oldest` pins each package to the lower bound that the course names, and names none twice."""

import tomllib

from oldest import constraints
from sync import ROOT
from test_repository import bounds, requirements


def test_the_pins_of_this_course_are_its_bounds():
    pins = bounds(constraints(ROOT))
    assert len(pins) == len(constraints(ROOT))
    lower = bounds(tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"])
    lower |= requirements("requirements.txt") | requirements("requirements-dev.txt")
    assert pins == {package: bound.replace(">=", "==") for package, bound in lower.items()}
