"""The page *What the helpers accept* of the book, made from the table that the tests try.

python tools/accepted.py     print it
"""

import re
import sys
from collections.abc import Iterable, Iterator

from sync import ROOT

TITLE = """# What the helpers accept

Bring your own data, or the habits of another course. Each function either understands what comes, or says
in a sentence what to write instead. The course's tests try each line here, and do what each sentence says."""
TABLE = ["| what comes | what the function says |", "| --- | --- |"]


def page() -> str:
    """Return the page in Markdown, with a section for each function or group of functions."""
    sys.path.append(str(ROOT / "tests"))
    import test_accepted_input as table  # here: the tests of this page are there, too

    parts = [TITLE]
    for name in dict.fromkeys(row.functions for row in [*table.SERVED, *table.REFUSED]):
        members = list(table.GROUPS[name][0]) if name in table.GROUPS else [name]
        served = [row.comes for row in table.SERVED if row.functions == name]
        refused = [row for row in table.REFUSED if row.functions == name]
        parts.append("## " + ", ".join(map(_plain, members)))
        if served:
            parts.append(f"Understood: {'; '.join(map(_plain, _each_kind_once(served)))}.")
        if refused:
            comes: dict[str, list[str]] = {}
            for row in refused:
                comes.setdefault(_plain(table.answer_to(row, members[0])), []).append(row.comes)
            kinds = {said: "; ".join(map(_plain, _each_kind_once(of))) for said, of in comes.items()}
            parts.append("\n".join([*TABLE, *(f"| {of} | {said} |" for said, of in kinds.items())]))
    return "\n\n".join(parts) + "\n"


def _each_kind_once(lines: Iterable[str]) -> Iterator[str]:
    """Leave out of each line the parts that stood in one before: "labels as a list, scores as a tensor"."""
    seen: set[str] = set()
    for line in lines:
        parts = [part for part in re.split(r", (?![^\[]*\])", line) if part not in seen]
        seen.update(parts)
        if parts:
            yield ", ".join(parts)


def _plain(text: str) -> str:
    """Return a text in which nothing is taken for Markdown, on one line."""
    return re.sub(r"([\\`*_{}\[\]<>|$])", r"\\\1", " ".join(text.split()))


if __name__ == "__main__":
    print(page())
