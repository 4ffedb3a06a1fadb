"""Links within the repository lead somewhere: the file is there, and so is the heading."""

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote

import pytest
from markdown_it import MarkdownIt
from sync import LESSONS, ROOT

PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "lessons").glob(LESSONS))]
ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:", re.I)


def anchors(text: str) -> set[str]:
    """Return what links can name in a Markdown text: its headings, as GitHub writes them."""
    found: list[str] = []
    tokens = MarkdownIt().parse(text)
    for heading in [after for token, after in pairwise(tokens) if token.type == "heading_open"]:
        words = "".join(part.content for part in heading.children).lower()
        anchor = re.sub(r"[^\w\- ]", "", words).replace(" ", "-")
        found.append(f"{anchor}-{found.count(anchor)}" if anchor in found else anchor)
    return set(found)


def faults(text: str, folder: Path, is_lesson: bool) -> Iterator[str]:
    """Say which links of a text, read in a folder, lead nowhere."""
    parts = [part for token in MarkdownIt().parse(text) for part in token.children or []]
    for link in [part.attrs.get("href") or part.attrs.get("src") for part in parts]:
        if not link or ELSEWHERE.match(link):
            continue
        file, _, anchor = unquote(link).partition("#")
        target = folder / file
        if file and not target.exists():
            yield f"{link}: there is no {file}"
        elif anchor and is_lesson:
            yield f"{link}: JupyterLab, GitHub and the book name headings differently; name it in words"
        elif anchor and anchor not in anchors(target.read_text("utf-8") if file else text):
            yield f"{link}: {file or 'this page'} has no heading {anchor!r}"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_link_leads_somewhere(path):
    is_lesson = path.parent.name == "lessons"
    # A lesson is read as a notebook, beside the other notebooks.
    folder = ROOT / "notebooks" if is_lesson else path.parent
    assert list(faults(path.read_text("utf-8"), folder, is_lesson)) == []


def test_every_lesson_has_its_row_in_the_readme():
    readme = (ROOT / "README.md").read_text("utf-8")
    rows = re.findall(r"^\| \[(\d\d)\]\(notebooks/(\w+)\.ipynb\) \|", readme, re.M)
    lessons = sorted(path.stem for path in (ROOT / "lessons").glob(LESSONS))
    assert rows == [(name[:2], name) for name in lessons]


# The rules themselves, on made-up pages


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[there](a%20b.md), [one](a%20b.md#one--two), [code](a%20b.md#code-x), [2](a%20b.md#twice-1)", ""),
        ("# Here\n\n[here](#here)", ""),
        ("[far](https://example.org/no#where), <https://example.org>, [mail](mailto:a@example.org)", ""),
        ("`[code](nowhere.md)`\n\n```python\n# [x](nowhere.md)\n```", ""),
        ("[gone](gone.md)", "there is no gone.md"),
        ("[gone][x]\n\n[x]: gone.md", "there is no gone.md"),
        ("![picture](gone.png)", "there is no gone.png"),
        ("| table |\n| --- |\n| [gone](gone.md) |", "there is no gone.md"),
        ("[one](a%20b.md#three)", "a b.md has no heading 'three'"),
        ("[here](#there)", "this page has no heading 'there'"),
        ("[code](#comment)\n\n```python\n# comment\n```", "no heading 'comment'"),
    ],
)
def test_a_link_that_leads_nowhere_is_found(tmp_path, text, fault):
    (tmp_path / "a b.md").write_text("# One & two\n\n## `code`: x\n\n## Twice\n\n## Twice\n", "utf-8")
    found = list(faults(text, tmp_path, is_lesson=False))
    assert len(found) == bool(fault)
    assert fault in "".join(found)


def test_a_lesson_links_to_no_heading(tmp_path):
    assert "name it in words" in next(faults("# Here\n\n[here](#here)", tmp_path, is_lesson=True))
