"""Run lessons as learners do and write what each reached to lessons/results.json.

    python tools/record.py                            every notebook, with seeds 42, 43 and 44
    python tools/record.py 05_fashion_mnist           one notebook; the others keep their entries
    python tools/record.py 05_fashion_mnist --seeds 1 2

Nothing is written until all notebooks have run. lessons/results.json stays as it was (exit status 1)
after an error, if a claim does not hold, or if only a sample of a data set was there. A lesson is recorded on
a sample if all its claims are meant for one (`on_sample=True`). Its entry says so, and so does RESULTS.md.

Notebooks run in full mode with the device, the data folder and the threads that the environment asks for, as
for learners. The number of threads (OMP_NUM_THREADS, or one for each core) is recorded: times depend on it,
and so do results, since threads add up in another order.
"""

import argparse
import json
import math
import sys
from copy import deepcopy
from pathlib import Path

import nbformat
from figures import read_results
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell
from runner import ROOT, NotebookError, printed, run, tags

SEEDS = [42, 43, 44]
MARKER = "tensors-to-transfer-record:"
# This runs after a notebook of the course. It leaves out why a data source was chosen, because that names
# folders of this machine.
REPORT = f"""
import importlib.metadata, json, os, platform, torch
from helpers.course.claims import failed_claims, made_for_samples, recorded
from helpers.course.settings import course_mode, default_device
from helpers.data.sources import data_source

packages = ["torch", "torchvision", "numpy"]
print("{MARKER}" + json.dumps({{
    "mode": course_mode(),
    "data": {{name: [source.kind, source.served] for name, source in data_source().items()}},
    "device": str(default_device()),
    "cpus": os.cpu_count(),
    "threads": torch.get_num_threads(),
    "versions": {{"Python": platform.python_version()}}
    | {{name: importlib.metadata.version(name) for name in packages}},
    "failed_claims": failed_claims(),
    "made_for_samples": made_for_samples(),
    "figures": recorded(),
}}))
"""


class NotRecorded(Exception):
    """Why nothing is written: an error in a notebook, a claim that failed, only sample data."""


def with_seed(notebook: NotebookNode, seed: int | None) -> NotebookNode:
    """Return a copy of a notebook that sets SEED after its cell tagged `parameters`; None changes nothing."""
    seeded = deepcopy(notebook)
    if seed is not None:
        position = next(i for i, cell in enumerate(seeded.cells) if "parameters" in tags(cell))
        seeded.cells.insert(position + 1, new_code_cell(f"SEED = {seed}"))
    return seeded


def read_report(output: str) -> dict:
    """Return what `REPORT` printed.

    Raises `NotRecorded` if a claim failed, if a figure is no number, or if a data set was only a sample and
    the lesson is not made for one.
    """
    [line] = [line for line in output.splitlines() if line.startswith(MARKER)]
    report = json.loads(line.removeprefix(MARKER))
    if report["failed_claims"]:
        raise NotRecorded(f"it did not show what its claims say: {'; '.join(report['failed_claims'])}")
    samples = [name for name, (kind, _) in report["data"].items() if kind == "sample"]
    if samples and not report["made_for_samples"]:
        raise NotRecorded(
            f"only a sample of {', '.join(samples)} was there, and results on a sample aren't results on the "
            "data set. The notebook says how to get the whole: COURSE_DATA=real shows it at once."
        )
    for name, figure in report["figures"].items():
        if not math.isfinite(figure["value"]):
            raise NotRecorded(f"{name} is {figure['value']}, which is no result")
    return report


def entry(seeds: list[int], seconds: list[float], reports: list[dict]) -> dict:
    """Return what lessons/results.json keeps of a lesson; the values stand in the order of the seeds.

    The data are those of the first run: it may have fetched what later runs find in the cache.
    """
    first = reports[0]
    if any(report["figures"].keys() != first["figures"].keys() for report in reports):
        raise NotRecorded("with other seeds it reached other figures (their names differ)")
    figures = {
        name: {
            "title": figure["title"],
            "unit": figure["unit"],
            "values": [report["figures"][name]["value"] for report in reports],
        }
        for name, figure in first["figures"].items()
    }
    conditions = {name: first[name] for name in ("device", "cpus", "threads", "versions")}
    return {
        "mode": first["mode"],
        "seeds": seeds,
        "data": {name: f"{kind}: {served}" for name, (kind, served) in first["data"].items()},
        **conditions,
        "seconds": [round(each, 1) for each in seconds],
        "figures": figures,
    }


def record(path: Path, seeds: list[int]) -> dict:
    """Run a notebook with each seed, print what comes out, and return its entry.

    A notebook without a cell tagged `parameters` runs once, as it is. If a cell raised an error,
    `NotRecorded` says so in the words of the notebook.
    """
    notebook = nbformat.read(path, as_version=4)
    parameters = sum("parameters" in tags(cell) for cell in notebook.cells)
    if parameters > 1:
        raise NotRecorded(f"{parameters} cells of {path.stem} are tagged `parameters`; one sets the SEED")
    seconds, reports = [], []
    for seed in seeds if parameters else [None]:
        name = path.stem if seed is None else f"{path.stem}, seed {seed}"
        print(f"{name}: running", flush=True)
        try:
            ran = run(with_seed(notebook, seed), [REPORT.strip()], {"COURSE_MODE": "full"})
        except NotebookError as error:
            raise NotRecorded(error) from error
        reports.append(read_report(printed(ran.then)))
        seconds.append(ran.seconds)
        print(f"{name}: {ran.seconds:.0f} s", flush=True)
        for figure in reports[-1]["figures"].values():
            print(f"  {figure['title']}: {figure['value']:.2f} {figure['unit']}".rstrip(), flush=True)
    return entry(seeds if parameters else [], seconds, reports)


def main(argv: list[str] | None = None, root: Path = ROOT) -> int:
    """Run the tool on the course in `root`; return its exit status."""
    as_written = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=as_written)
    parser.add_argument("names", nargs="*", metavar="NN_name", help="default: every notebook")
    parser.add_argument("--seeds", nargs="+", type=int, default=SEEDS, help="default: 42 43 44")
    options = parser.parse_args(argv)
    there = {path.stem: path for path in sorted((root / "notebooks").glob("[0-9][0-9]_*.ipynb"))}
    path, measured = root / "lessons/results.json", {}
    try:
        if unknown := [name for name in options.names if name not in there]:
            raise NotRecorded(f"no notebook {', '.join(unknown)}; there are {', '.join(there)}")
        for name in options.names or there:
            measured[name] = record(there[name], options.seeds)
    except NotRecorded as error:
        print(f"\nNot recorded, lessons/results.json stays as it was: {error}")
        return 1
    # Read only now: what someone else recorded meanwhile is kept.
    results = dict(sorted((read_results(path) | measured).items()))
    text = json.dumps(results, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    temporary = path.with_suffix(".json.tmp")
    temporary.write_text(text, "utf-8", newline="\n")
    temporary.replace(path)  # in one go: a reader finds the old file or the new one
    print("wrote: lessons/results.json. `make sync` writes lessons/RESULTS.md from it.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
