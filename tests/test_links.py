"""Links within the repository lead somewhere: the file is there, and so is the heading."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest
from figures import prose
from sync import LESSONS, ROOT

PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "lessons").glob(LESSONS))]
# [text](address), with or without a title, and [name]: address.
LINK = re.compile(r"\]\(<?([^()\s<>]+)>?(?:\s+\"[^\"]*\")?\)|^\[[^\]]+\]:\s*(\S+)", re.M)
ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:", re.I)
FENCE = re.compile(r"^(`{3,}|~{3,}).*?^\1`*\s*?$", re.M | re.S)
HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*$", re.M)


def anchors(text: str) -> set[str]:
    """Return what links can name in a Markdown text: its headings, as GitHub writes them."""
    found: list[str] = []
    for heading in HEADING.findall(FENCE.sub("", text)):
        words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        anchor = re.sub(r"[^\w\- ]", "", words).replace(" ", "-")
        found.append(f"{anchor}-{found.count(anchor)}" if anchor in found else anchor)
    return set(found)


def faults(text: str, folder: Path, is_lesson: bool) -> Iterator[str]:
    """Say which links of a text, read in a folder, lead nowhere."""
    for link in ("".join(groups) for groups in LINK.findall(prose(text))):
        if ELSEWHERE.match(link):
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
    rows = re.findall(
        r"^\| \[(\d\d)\]\(notebooks/(\w+)\.ipynb\) \|", (ROOT / "README.md").read_text("utf-8"), re.M
    )
    lessons = sorted(path.stem for path in (ROOT / "lessons").glob(LESSONS))
    assert rows == [(name[:2], name) for name in lessons]


# The rules themselves, on made-up pages


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "a b.md").write_text("# One & two\n\n## `code`: x\n\n## Twice\n\n## Twice\n", "utf-8")
    return tmp_path


@pytest.mark.parametrize(
    "text",
    [
        "[there](a%20b.md), [one](a%20b.md#one--two), [code](a%20b.md#code-x), [2](a%20b.md#twice-1)",
        '[title](a%20b.md "A title")',
        "# Here\n\n[here](#here)",
        "[far](https://example.org/no#where), <https://example.org>, [mail](mailto:a@example.org)",
        "`[code](nowhere.md)`\n\n```python\nrun[0](nowhere)\n# [x](nowhere.md)\n```",
        "[by name][there]\n\n[there]: a%20b.md",
    ],
)
def test_links_that_lead_somewhere_pass(folder, text):
    assert list(faults(text, folder, is_lesson=False)) == []


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[gone](gone.md)", "there is no gone.md"),
        ("[one](a%20b.md#three)", "a b.md has no heading 'three'"),
        ("[here](#there)", "this page has no heading 'there'"),
        ("[code](#comment)\n\n```python\n# comment\n```", "no heading 'comment'"),
        ("[gone][x]\n\n[x]: gone.md", "there is no gone.md"),
        ("![picture](gone.png)", "there is no gone.png"),
    ],
)
def test_a_link_that_leads_nowhere_is_found(folder, text, fault):
    [found] = faults(text, folder, is_lesson=False)
    assert fault in found


def test_a_lesson_links_to_no_heading(folder):
    assert "name it in words" in next(faults("# Here\n\n[here](#here)", folder, is_lesson=True))
