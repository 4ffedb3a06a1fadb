"""The measured figures of lessons/results.json: the table of all, and a check of figures in prose.

In prose, a comment right after a number names the figure that it shows::

    V0 reaches 83.4 %<!--model_0_test_accuracy--> (at worst 83.1 %<!--model_0_test_accuracy min-->).

It shows the mean over the seeds, or `min` or `max`, rounded to the decimals that are written. The README
puts the lesson in front (``<!--05_fashion_mnist:model_0_test_accuracy-->``). ``<!--given-->`` marks a number
that this course did not measure: arithmetic, or a figure that others published.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from statistics import mean

_SPACE = r"(?:[^\S\n]|&nbsp;)?"
_NUMBER = r"(?<![\w.,])[-−]?\d[\d,]*(?:\.\d+)?"
_PERCENTAGE = re.compile(rf"\d[\d,]*(?:\.\d+)?{_SPACE}%")
_MARK = re.compile(
    rf"(?:(?P<number>{_NUMBER})(?P<unit>{_SPACE}[^\W\d]*{_SPACE}%?)\**)?"
    r"<!--\s*(?:(?P<lesson>\w+):)?(?P<name>\w+)(?:\s+(?P<pick>min|max))?\s*-->"
)
# What is no prose: fenced code, what tools write, code within a line, tags (but not comments).
_NOT_PROSE = [
    re.compile(r"^(?P<fence>`{3,}|~{3,}).*?^(?P=fence)`*[^\S\n]*$", re.M | re.S),
    re.compile(r"^<!-- begin (?P<region>\w+) -->$.*?^<!-- end (?P=region) -->$", re.M | re.S),
    re.compile(r"\A---\n.*?\n---\n", re.S),
    re.compile(r"(?P<ticks>`+)(?!`).*?(?<!`)(?P=ticks)(?!`)"),
    re.compile(r"</?[a-zA-Z][^<>]*>"),
]
_PICK = {None: mean, "min": min, "max": max}


def read_results(path: Path) -> dict:
    """Return what tools/record.py measured, by lesson; nothing where there is no such file."""
    return json.loads(path.read_text("utf-8")) if path.exists() else {}


def _shown(value: float, unit: str) -> str:
    """Write a value as the table shows it: a decimal for percentages, whole numbers, else 3 digits."""
    if unit == "%":
        return f"{value:.1f}"
    return f"{value:,.0f}" if value == int(value) or abs(value) >= 1000 else f"{value:.3g}"


def other_than_real(data: dict[str, str]) -> str:
    """Return the kinds of data that a run had besides real ones, such as ``"sample and synthetic"``."""
    return " and ".join(sorted({source.partition(":")[0] for source in data.values()} - {"real"}))


def results_table(results: dict, folder: str = "../notebooks/") -> str:
    """Return the Markdown table of all figures, and a line for each lesson that says how they were measured.

    `folder` is where its links find the notebooks.
    """
    if not results:
        return "The figures are not measured yet: `make full` measures them."
    rows = ["| lesson | what | mean (min–max) |", "| --- | --- | --- |"]
    notes = []
    for lesson, run in sorted(results.items()):
        on = f" (on {other} data)" if (other := other_than_real(run["data"])) else ""
        for figure in run["figures"].values():
            values, unit = figure["values"], figure.get("unit", "")
            average, least, most = (_shown(pick(values), unit) for pick in (mean, min, max))
            span = "" if least == most else f" ({least}–{most})"
            measured = f"{average}{span} {unit}".rstrip()
            rows.append(f"| [{lesson}]({folder}{lesson}.ipynb) | {figure['title']}{on} | {measured} |")
        data = "; ".join(f"{name} ({source})" for name, source in run["data"].items())
        versions = ", ".join(f"{name} {version}" for name, version in run["versions"].items())
        seeds = ", ".join(map(str, run["seeds"])) or "none"
        notes.append(
            f"{lesson}: {data or 'data made in the lesson'}; {run['mode']} mode; seeds {seeds}; "
            f"{mean(run['seconds']):.0f} s a seed on {run['device']}, {run['threads']} threads; {versions}."
        )
    return "\n".join(rows) + "\n\n" + "\n\n".join(notes)


def wrong_figures(text: str, results: dict, lesson: str | None = None) -> Iterator[str]:
    """Say what is wrong with the figures of a text: percentages without a mark, marks that do not agree.

    A mark means a figure of `lesson`, unless it names another.
    """
    for pattern in _NOT_PROSE:  # lines stay lines
        text = pattern.sub(lambda found: "\n" * found[0].count("\n"), text)
    marks = list(_MARK.finditer(text))
    problems = [
        (found, "has no mark: which figure is it? (or <!--given-->)")
        for found in _PERCENTAGE.finditer(text)
        if not any(mark.start() <= found.start() < mark.end() for mark in marks)
    ]
    problems += [(found, problem) for found in marks if (problem := _problem(found, results, lesson))]
    for found, problem in problems:
        yield f"line {text.count(chr(10), 0, found.start()) + 1}: {found[0]!r} {problem}"


def _problem(found: re.Match, results: dict, lesson: str | None) -> str | None:
    """Say what is wrong with one marked number, None where it agrees with its figure."""
    if found["number"] is None:
        return "follows no number"
    if found["name"] == "given":
        return None
    figure = results.get(found["lesson"] or lesson, {}).get("figures", {}).get(found["name"])
    if figure is None:
        return "names no figure in lessons/results.json"
    if found["unit"].endswith("%") != (figure.get("unit") == "%"):
        return f"is measured in {figure.get('unit') or 'no unit'}"
    number = found["number"].replace(",", "").replace("−", "-")
    decimals = len(number.partition(".")[2])
    measured = _PICK[found["pick"]](figure["values"])
    # Half a unit of the last decimal, and a little for what floats can't say exactly.
    if abs(float(number) - measured) > 0.5 * 10**-decimals + 1e-9:
        return f"was measured as {measured:.{decimals}f}"
    return None
