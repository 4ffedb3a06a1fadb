"""What every notebook keeps to; running them all is nbmake's part (`pytest notebooks`)."""

import re
from collections.abc import Iterator

import nbformat
import pytest
import runner
import sync
from runner import tags
from slides import FENCE

NOTEBOOKS = sorted((sync.ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))
LESSONS = sorted((sync.ROOT / "lessons").glob(sync.LESSONS))
MOST_BYTES = 300_000
MOST_LINES = 25

NEVER_TAGS = {"raises-exception", "skip-execution"}
# What MyST and GitHub show, and Jupyter and Colab print as it stands.
RAW_IN_JUPYTER = {
    "a colon fence": re.compile(r"^\s*:::", re.M),
    "a directive": re.compile(r"^\s*(?:`{3,}|~{3,})\{", re.M),
    "a GitHub alert": re.compile(r"^\s*>\s*\[!\w+\]", re.M),
    "a MyST role": re.compile(r"\{[\w:.-]+\}`"),
    "a MyST label": re.compile(r"^\([\w-]+\)=\s*$", re.M),
    "a heading with no empty line after HTML": re.compile(r"^</.*\n#", re.M),
}
CODE_IN_LINE = re.compile(r"(`+)(?!`).+?(?<!`)\1(?!`)")


def faults(notebook: nbformat.NotebookNode, name: str, repository: str = "") -> Iterator[str]:
    """Say what a notebook does that none of the course's may do."""
    cells = notebook.cells
    code = [cell for cell in cells if cell.cell_type == "code"]
    if not code:
        yield "has no code"
        return
    if code[0].source != sync.setup_cell(repository) or "setup" not in tags(code[0]):
        yield "its first code cell is not the setup cell"
    if cells[0].cell_type != "markdown":
        yield "starts with code before any prose"
    for unwanted in {"widgets", "execution", "nbmake"} & set(notebook.metadata):
        yield f"has metadata {unwanted!r}"
    for cell in cells:
        start = repr(cell.source[:40])
        for unwanted in (NEVER_TAGS & set(tags(cell))) | ({"nbmake"} & set(cell.metadata)):
            yield f"{start} is marked {unwanted!r}"
        if cell.cell_type == "markdown":
            for what in shown_raw(cell.source):
                yield f"{start} has {what}"
            continue
        if cell.get("outputs") or cell.get("execution_count"):
            yield f"{start} has outputs"
        if len(cell.source.splitlines()) > MOST_LINES:
            yield f"{start} has more than {MOST_LINES} lines"
    try:
        runner.exercises(notebook, name)
    except ValueError as error:
        yield str(error)
    yield from claim_faults(cells)


def claim_faults(cells: list) -> Iterator[str]:
    """Say which claim stands before the last section, and what stands between the recap and that section."""
    headings = [(i, line) for i, cell in enumerate(cells) for line in section_headings(cell)]
    last = next((i for i, line in headings if line == sync.LAST_SECTION), len(cells))
    for cell in cells[:last]:
        if cell.cell_type == "code" and re.search(r"\bclaim\(", cell.source):
            yield f"{cell.source[:40]!r} has a claim; claims stand under {sync.LAST_SECTION!r}"
    names = [line for _, line in headings]
    if sync.LAST_SECTION in names and names[-2:] != ["## Recap", sync.LAST_SECTION]:
        yield f"{sync.LAST_SECTION!r} is not the last section, after the recap"


def section_headings(cell: nbformat.NotebookNode) -> list[str]:
    return re.findall(r"^## .+$", FENCE.sub("", cell.source), re.M) if cell.cell_type == "markdown" else []


def shown_raw(source: str) -> Iterator[str]:
    """Name what Jupyter and Colab would print as it stands."""
    # Code may hold anything. Of code within a line the ticks stay: a role is a word in braces before them.
    kept = CODE_IN_LINE.sub("`code`", FENCE.sub("", source))
    for what, pattern in RAW_IN_JUPYTER.items():
        if pattern.search(source if what == "a directive" else kept):
            yield what


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_keeps_to_the_rules(path):
    assert path.stat().st_size < MOST_BYTES
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert list(faults(notebook, path.stem, sync.read_repository(sync.ROOT))) == []


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_an_authors_save_without_edits_would_leave_the_lesson_as_it_is(path):
    lesson = path.read_text("utf-8")
    notebook = nbformat.reads(sync.build_notebook(lesson, path.stem, sync.read_repository(sync.ROOT)), 4)
    assert sync.HEADER + sync.lesson_body(notebook) == lesson


# The rules themselves, on made-up notebooks.

TEXT, CODE = nbformat.v4.new_markdown_cell, nbformat.v4.new_code_cell
STUB = CODE("answer = ...", metadata={"tags": ["exercise"]})
CHECK = CODE('check("05.1", answer)')
SHOW = TEXT("<details><summary>Show a solution</summary>\n\n```python\nanswer = 42\n```\n\n</details>")


def made_up(*cells, **metadata):
    setup = CODE(sync.setup_cell(""), metadata={"tags": ["setup"]})
    notebook = nbformat.v4.new_notebook(metadata=metadata)
    notebook.cells = [TEXT("# 05"), setup, *cells]
    return notebook


def test_a_plain_notebook_with_an_exercise_has_no_faults():
    words = TEXT(
        "A dict is `{a: 1}`, code `{a}` is `:::` too.\n\n```python\nx[0:::2]\n```\n\n> **Note.** $x_{i}$"
    )
    last = TEXT("## Recap"), TEXT(sync.LAST_SECTION), CODE('claim("2 is even", True)')
    assert list(faults(made_up(words, STUB, CHECK, SHOW, CODE("x"), *last), "05_clothes")) == []


@pytest.mark.parametrize(
    ("cells", "fault"),
    [
        ([CODE("1", outputs=[nbformat.v4.new_output("stream", text="1")])], "has outputs"),
        ([CODE("1", execution_count=3)], "has outputs"),
        ([CODE("1\n" * 26)], "more than 25 lines"),
        ([CODE("1 / 0", metadata={"tags": ["raises-exception"]})], "'raises-exception'"),
        ([CODE("1", metadata={"tags": ["skip-execution"]})], "'skip-execution'"),
        ([CODE("1", metadata={"nbmake": {"mock": {"x": 1}}})], "'nbmake'"),
        ([TEXT("Look:\n\n:::{note}\nHello\n:::")], "colon fence"),
        ([TEXT("```{note}\nHello\n```")], "directive"),
        ([TEXT("> [!TIP]\n> Hello")], "GitHub alert"),
        ([TEXT("See `x`, {ref}`there` and `y`.")], "MyST role"),
        ([TEXT("(there)=\n\n## There")], "MyST label"),
        ([TEXT("<details>\n\nmore\n\n</details>\n## There")], "heading with no empty line"),
        ([STUB, SHOW], "is not followed by check"),
        ([STUB, CODE('check("04.1", answer)'), SHOW], "is not followed by check"),
        ([STUB, CHECK], "no solution"),
        ([STUB, SHOW, CHECK], "no solution"),
        ([STUB, CHECK, STUB, CHECK, SHOW], "no solution"),
        ([STUB, CHECK, TEXT("<details><summary>Show a solution</summary>42</details>")], "no solution"),
        ([STUB, CHECK, SHOW, STUB, CHECK, SHOW], "comes twice"),
        ([STUB, CHECK, SHOW, SHOW], "2 solutions, but 1 exercises"),
        ([SHOW], "1 solutions, but 0 exercises"),
        ([SHOW, STUB, CHECK, SHOW], "2 solutions"),
        ([CODE("answer = 42", metadata={"tags": ["exercise"]}), CHECK, SHOW], "to fill in"),
        ([CODE('claim("2 is even", True)')], "has a claim"),
        ([CODE('claim("2 is even", True)'), TEXT("## Recap"), TEXT(sync.LAST_SECTION)], "has a claim"),
        ([TEXT(sync.LAST_SECTION), TEXT("## Recap")], "is not the last section"),
        ([TEXT("## Recap"), TEXT(sync.LAST_SECTION), TEXT("## More")], "is not the last section"),
    ],
)
def test_a_fault_is_found(cells, fault):
    assert any(fault in found for found in faults(made_up(*cells), "05_clothes"))


def test_faults_of_the_whole_notebook_are_found():
    whole = made_up()
    assert list(faults(nbformat.v4.new_notebook(cells=[TEXT("# 05")]), "05")) == ["has no code"]
    assert list(faults(made_up(widgets={}), "05")) == ["has metadata 'widgets'"]
    whole.cells = whole.cells[1:]
    assert list(faults(whole, "05")) == ["starts with code before any prose"]
    whole = made_up()
    whole.cells.insert(1, CODE("import helpers"))
    assert list(faults(whole, "05")) == ["its first code cell is not the setup cell"]
