"""Which cells of a notebook did its reader write? `make sync` and `make update` ask: they lose no answer.

Nothing has to be remembered: the id of a cell that the course wrote is a hash of its text, and JupyterLab and
VS Code keep the id when the text changes. Needs no package, as a learner has few.
"""

import hashlib
import json


def cell_id(kind: str, source: str) -> str:
    """Return the id of a cell that the course writes: another text has another id."""
    return hashlib.sha256(f"{kind}\n{source}".encode()).hexdigest()[:12]


def cells(notebook: str) -> list[tuple[str, str, str]]:
    """Return kind, source and id of each cell of a notebook, which is the text of its file.

    Raises
    ------
    ValueError
        The text is no notebook.
    """
    try:
        return [
            (cell["cell_type"], "".join(cell["source"]), cell.get("id", ""))
            for cell in json.loads(notebook)["cells"]
        ]
    except (KeyError, TypeError) as error:
        raise ValueError("this is no notebook") from error


def written(notebook: str) -> list[tuple[str, str]]:
    """Return kind and source of each cell that the reader wrote or changed; of a broken file, its text."""
    try:
        return [
            (kind, source)
            for kind, source, name in cells(notebook)
            # The second cell with the same text has "-2" behind its id.
            if source.strip() and name.partition("-")[0] != cell_id(kind, source)
        ]
    except ValueError:
        return [("broken", notebook)]


def lost(notebook: str, new: str) -> list[str]:
    """Return what the reader wrote into `notebook` and `new` has not: it would be lost."""
    there = {(kind, source) for kind, source, _ in cells(new)}
    return [source for kind, source in written(notebook) if (kind, source) not in there]
