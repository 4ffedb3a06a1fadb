"""Print the oldest packages that the course says it works with, as constraints for pip.

    python tools/oldest.py > build/oldest.txt
    pip install -r requirements-dev.txt -c build/oldest.txt

Each lower bound in pyproject.toml and in the two lists of requirements becomes that very version.
"""

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_LOWER_BOUND = re.compile(r"(?P<name>[\w.-]+)>=(?P<version>[\w.]+)")


def constraints(root: Path) -> list[str]:
    """Return ``name==version`` for each package of the course in `root`, in the order of their names."""
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    lines = list(project["dependencies"])
    for name in ("requirements.txt", "requirements-dev.txt"):
        lines += (root / name).read_text("utf-8").splitlines()
    bounds = filter(None, map(_LOWER_BOUND.match, lines))
    return sorted({f"{bound['name']}=={bound['version']}" for bound in bounds})


if __name__ == "__main__":
    sys.stdout.write("\n".join(constraints(ROOT)) + "\n")
