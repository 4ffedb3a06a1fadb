"""What a lesson writes out, run as it stands, so that tests can compare `helpers` with it."""

import ast
from pathlib import Path

import jupytext
import torch
from torch import nn

LESSONS = Path(__file__).resolve().parents[1] / "lessons"


def code_cells(lesson: str) -> list[str]:
    """Return the code of a lesson, cell by cell; a name such as ``05_fashion_mnist``."""
    cells = jupytext.reads((LESSONS / f"{lesson}.md").read_text("utf-8"), fmt="md:myst").cells
    return [cell.source for cell in cells if cell.cell_type == "code"]


def written_out(lesson: str, *names: str, **known: object) -> dict:
    """Run those functions and classes of a lesson, each as it first comes, and return what they define.

    They are run in the order of `names`. `known` is what they use besides ``torch`` and ``nn``.
    """
    first = {}
    for node in (node for cell in code_cells(lesson) for node in ast.parse(cell).body):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            first.setdefault(node.name, node)
    namespace = {"torch": torch, "nn": nn, **known}
    for name in names:
        assert name in first, f"lesson {lesson} no longer writes out {name}"
        exec(compile(ast.Module([first[name]], []), f"{lesson}: {name}", "exec"), namespace)
    return namespace
