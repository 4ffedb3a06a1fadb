"""Bring the solutions of the exercises from helpers/exercises, where they stand, into the lessons.

In a lesson a solution is a fold below its check. The comment at its end says where the solution
comes from, and has a checksum of what was put there. So a solution that was edited in the lesson is
told, not overwritten.
"""

import ast
import hashlib
import re
import textwrap
from collections.abc import Iterator

CHECK = re.compile(r'^check\("(?P<number>\d\d\.\d+)", (?P<name>\w+)\)', re.M)
FOLD = re.compile(
    r"<details><summary>Show a solution</summary>\n\n```python\n(?P<code>.*?)```\n\n</details>"
    r"(?:<!-- from \S+: (?P<digest>\w+) -->)?",
    re.S,
)
CODE_CELL = re.compile(r"^```\{code-cell\}[^\n]*\n(?::[^\n]*\n)*(?P<code>.*?)^```$", re.M | re.S)


class SolutionError(ValueError):
    """A solution that stands in the lesson otherwise than in the tables."""


def fill_solutions(lesson: str, table: str, module: str) -> str:
    """Write each solution of a lesson as its table has it.

    Parameters
    ----------
    lesson
        The text of the lesson.
    table
        The source of its table of exercises.
    module
        The path of the table, for the comment and for errors.

    Raises
    ------
    SolutionError
        A solution was edited in the lesson.
    """
    solutions = dict(_solutions(table))
    parts, end = [], 0
    for fold in FOLD.finditer(lesson):
        checks = list(CHECK.finditer(lesson, end, fold.start()))
        number = checks[-1]["number"] if checks else ""
        parts.append(lesson[end : fold.start()])
        end = fold.end()
        if number not in solutions:
            parts.append(fold[0])
            continue
        imports, body, made = solutions[number]
        known = _names_in("\n".join(cell["code"] for cell in CODE_CELL.finditer(lesson[: fold.start()])))
        lines = [line for line, name in imports if name not in known]
        name = checks[-1]["name"]
        code = "".join(f"{line}\n" for line in lines) + ("\n\n" if lines else "")
        code += _assigned(body, name) if made else body
        was = fold["code"]
        if was not in (code, "") and fold["digest"] != _digest(was):
            raise SolutionError(
                f"the solution of {number} was edited here, but it stands in {module}. Write the same there, "
                "or take the edit back; then run this again"
            )
        head = fold[0].partition("```python\n")[0]
        parts.append(f"{head}```python\n{code}```\n\n</details><!-- from {module}: {_digest(code)} -->")
    return "".join([*parts, lesson[end:]])


def _solutions(table: str) -> Iterator[tuple[str, tuple[list[tuple[str, str]], str, bool]]]:
    """Yield of each exercise its number, and the imports that its solution uses, its text, is it a maker?"""
    tree, lines = ast.parse(table), table.split("\n")
    defined = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    imports = [
        (ast.unparse(type(node)(**{**vars(node), "names": [alias]})), alias.asname or alias.name)
        for node in tree.body
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    ]
    for call in _calls(table):
        node = defined[call.args[1].id]
        used = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
        made = any(keyword.arg == "makes" for keyword in call.keywords)
        first = node.body[0].lineno if made else node.lineno
        text = textwrap.dedent("\n".join(lines[first - 1 : node.end_lineno])) + "\n"
        yield call.args[0].value, ([one for one in imports if one[1] in used], text, made)


def _calls(source: str) -> Iterator[ast.Call]:
    """Yield the calls of `exercise` in a table."""
    for node in ast.parse(source).body:
        call = getattr(node, "value", None)
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "exercise":
            yield call


def _assigned(body: str, name: str) -> str:
    """Return the body of a function that makes something as a script that gives it this name."""
    before, _, made = body.rpartition("return ")
    return before if made.strip() == name else f"{before}{name} = {made}"


def _names_in(code: str) -> set[str]:
    """Return the names that code gives to something, outside functions and classes."""
    names: set[str] = set()
    for node in ast.parse(code).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
            continue
        for part in ast.walk(node):
            if isinstance(part, ast.alias):
                names.add(part.asname or part.name)
            elif isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
                names.add(part.id)
    return names


def _digest(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()[:8]
