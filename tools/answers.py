"""Which cells of a notebook did its reader write? `make sync` and `make update` ask: they lose no answer.

Nothing has to be remembered: the id of a cell that the course wrote is a hash of its text, and JupyterLab and
VS Code keep the id when the text changes. Needs no package, as a learner has few.
"""

import hashlib
import json
from collections import Counter


def cell_id(kind: str, source: str) -> str:
    """Return the id of a cell that the course writes: another text has another id."""
    return hashlib.sha256(f"{kind}\n{source}".encode()).hexdigest()[:12]


def cells(notebook: str) -> list[tuple[str, str, str]]:
    """Return kind, source and id of each cell of a notebook, the text of its file; a broken one is a cell."""
    try:
        return [
            (cell["cell_type"], "".join(cell["source"]), cell.get("id", ""))
            for cell in json.loads(notebook)["cells"]
        ]
    except (ValueError, KeyError, TypeError):
        return [("broken", notebook, "")]


def written(notebook: str) -> list[tuple[str, str]]:
    """Return kind and source of each cell that the reader wrote or changed."""
    return [
        (kind, source)
        for kind, source, name in cells(notebook)
        # The second cell with the same text has "-2" behind its id.
        if source.strip() and name.partition("-")[0] != cell_id(kind, source)
    ]


def lost(notebook: str, new: str) -> list[str]:
    """Return what the reader wrote into `notebook` and `new` has not, or not as often: it would be lost."""
    mine, there = (Counter((kind, source) for kind, source, _ in cells(text)) for text in (notebook, new))
    return [cell[1] for cell in written(notebook) if mine[cell] > there[cell]]
