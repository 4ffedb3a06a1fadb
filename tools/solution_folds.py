"""Bring the solutions of the exercises from their tables in helpers/exercises into the lessons.

In a lesson a solution is a fold below its check. A comment at the end of the fold names the table and has a
checksum of the code. So a solution that was edited in the lesson is reported, and not overwritten.
"""

import ast
import hashlib
import re
import symtable
import textwrap
from dataclasses import dataclass

CHECK = re.compile(r'^check\("(?P<number>\d\d\.\d+)", (?P<name>\w+)\)', re.M)
FOLD = re.compile(
    r"<details><summary>Show a solution</summary>\n\n```python\n(?P<code>.*?)```\n\n</details>"
    r"(?:<!-- from \S+: (?P<digest>\w+) -->)?",
    re.S,
)
CODE_CELL = re.compile(r"^```\{code-cell\}[^\n]*\n(?::[^\n]*\n)*(?P<code>.*?)^```$", re.M | re.S)


class SolutionError(ValueError):
    """A solution in the lesson is another than the one in the table, or the table has none."""


@dataclass(frozen=True)
class Solution:
    """A solution as its table has it: its code, and the imports that it needs, by the names they give."""

    code: str
    imports: dict[str, str]
    makes: bool  # the code is the body of a function that makes the answer

    def written(self, name: str, known: set[str]) -> str:
        """Return the code for a lesson that asks for the answer `name` and knows some names already."""
        code = self.code
        if self.makes:
            before, _, made = code.rpartition("return ")
            code = before if made.strip() == name else f"{before}{name} = {made}"
        imports = [line for imported, line in self.imports.items() if imported not in known]
        return "\n".join([*imports, "", "", code]) if imports else code


def fill_solutions(lesson: str, table: str, module: str) -> str:
    """Write each solution of a lesson as its table has it; raise `SolutionError` if one was edited here.

    `lesson` and `table` are texts; `module` is the path of the table, for the comment and for errors.
    """
    solutions = _solutions(table, module)

    def filled(fold: re.Match) -> str:
        checks = list(CHECK.finditer(lesson, 0, fold.start()))
        if not checks or checks[-1]["number"] not in solutions:
            return fold[0]
        number, name = checks[-1].groups()
        code = solutions[number].written(name, _names_in(lesson[: fold.start()]))
        was = fold["code"]
        if was not in (code, "") and fold["digest"] != _digest(was):
            raise SolutionError(
                f"the solution of {number} was edited here, but it stands in {module}. Write the same there, "
                "or take the edit back; then run this again"
            )
        head = fold[0].partition("```python\n")[0]
        return f"{head}```python\n{code}```\n\n</details><!-- from {module}: {_digest(code)} -->"

    return FOLD.sub(filled, lesson)


def _solutions(table: str, module: str) -> dict[str, Solution]:
    """Return the solutions of a table by the numbers of their exercises."""
    lines, defined, imports, found = table.split("\n"), {}, {}, {}
    for node in ast.parse(table, module).body:
        match node:
            case ast.FunctionDef() | ast.ClassDef():
                defined[node.name] = node
            case ast.Import() | ast.ImportFrom():
                source = f"from {node.module} " if isinstance(node, ast.ImportFrom) else ""
                for alias in node.names:
                    imports[alias.asname or alias.name] = f"{source}import {ast.unparse(alias)}"
            case ast.Expr(ast.Call(ast.Name("exercise"), [number, name, *_], options)):
                if name.id not in defined:
                    raise SolutionError(f"the solution of {number.value} is no function or class of {module}")
                solution = defined[name.id]
                makes = any(option.arg == "makes" for option in options)
                first = solution.body[0].lineno if makes else solution.lineno
                code = textwrap.dedent("\n".join(lines[first - 1 : solution.end_lineno])) + "\n"
                used = {part.id for part in ast.walk(solution) if isinstance(part, ast.Name)}
                needed = {imported: line for imported, line in imports.items() if imported in used}
                found[number.value] = Solution(code, needed, makes)
    return found


def _names_in(lesson: str) -> set[str]:
    """Return the names that the cells of a lesson give to something, outside functions and classes."""
    code = "\n".join(cell["code"] for cell in CODE_CELL.finditer(lesson))
    symbols = symtable.symtable(code, "its code cells", "exec").get_symbols()
    return {symbol.get_name() for symbol in symbols if symbol.is_assigned() or symbol.is_imported()}


def _digest(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()[:8]
