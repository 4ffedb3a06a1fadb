"""Run lessons as learners do and write what each reached to lessons/results.json.

    python tools/record.py                            every notebook, with seeds 42, 43 and 44
    python tools/record.py 05_fashion_mnist           one notebook; the others keep their entries
    python tools/record.py 05_fashion_mnist --seeds 1 2
    python tools/record.py --keep FOLDER              keep the executed notebooks, to look at every figure

Nothing is written until all notebooks have run: an error, a claim that does not hold or a data set of which
only the sample was there leaves lessons/results.json as it was (exit status 1). A lesson whose claims are all
meant for a sample as well (`on_sample=True`) is recorded on one; its entry, and with it RESULTS.md, says so.

Notebooks run in full mode with the device, the data folder and the threads that the environment asks for,
as for learners. Threads: OMP_NUM_THREADS where it is set, else torch's own choice, one for each core. Their
number is recorded: times depend on it, and results do too, since threads add up in another order.
"""

import argparse
import json
import math
import os
import re
import sys
import tempfile
import time
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import nbformat
from figures import read_results
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

ROOT = Path(__file__).resolve().parents[1]
SEEDS = [42, 43, 44]
NO_SEED = None  # a lesson without a cell tagged `parameters` runs once, as it is
MARKER = "tensors-to-transfer-record:"
# What a notebook of the course prints at its very end. Of a data source it tells the kind and what served,
# but not `why` the others didn't: that names folders of this machine.
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
_ANSI = re.compile(r"\x1b\[[0-9;]*m")


class NotRecorded(Exception):
    """Why there is nothing to write: an error in a notebook, a claim that failed, only sample data."""


@dataclass(frozen=True)
class Run:
    """What one notebook reported at its end with one seed, and how long it took."""

    seed: int | None
    seconds: float
    report: dict


def with_seed(notebook: NotebookNode, seed: int | None) -> NotebookNode:
    """Return a copy that sets SEED after the cell tagged `parameters` and reports at its end."""
    seeded = deepcopy(notebook)
    if seed is not NO_SEED:
        [position] = _parameters(seeded)
        seeded.cells.insert(position + 1, new_code_cell(f"SEED = {seed}"))
    seeded.cells.append(new_code_cell(REPORT.strip()))
    return seeded


def _parameters(notebook: NotebookNode) -> list[int]:
    """Return the positions of the cells tagged `parameters`: one, or none."""
    tagged = [
        position
        for position, cell in enumerate(notebook.cells)
        if "parameters" in cell.metadata.get("tags", [])
    ]
    if len(tagged) > 1:
        raise NotRecorded(f"{len(tagged)} cells are tagged `parameters`; one sets the SEED")
    return tagged


def run_notebook(path: Path, seed: int | None, keep: Path | None = None) -> Run:
    """Run a notebook in full mode, in an empty folder of its own.

    Raises
    ------
    NotRecorded
        A cell raised an error, or the kernel died; says what the notebook said.
    """
    notebook = with_seed(nbformat.read(path, as_version=4), seed)
    # An unsolved exercise is as a learner leaves it. Without MPLBACKEND a kernel draws into the notebook.
    unset = {"COURSE_STRICT", "MPLBACKEND"}
    environment = {name: value for name, value in os.environ.items() if name not in unset}
    environment["COURSE_MODE"] = "full"
    with tempfile.TemporaryDirectory() as folder:
        client = NotebookClient(
            notebook, timeout=None, kernel_name="python3", resources={"metadata": {"path": folder}}
        )
        start = time.perf_counter()
        try:
            client.execute(env=environment)
        except (CellExecutionError, DeadKernelError) as error:
            raise NotRecorded(_ANSI.sub("", str(error)).strip()) from error
        finally:
            seconds = time.perf_counter() - start
            if keep:  # a notebook that failed is worth looking at, too
                keep.mkdir(parents=True, exist_ok=True)
                suffix = "" if seed is NO_SEED else f"-seed{seed}"
                nbformat.write(notebook, keep / f"{path.stem}{suffix}.ipynb")
    return Run(seed, seconds, read_report(notebook))


def read_report(notebook: NotebookNode) -> dict:
    """Return what the last cell printed.

    Raises
    ------
    NotRecorded
        A claim failed. Or a data set was only a sample, and the lesson isn't made for one: results on it
        aren't results on the data set. Or a figure is no number.
    """
    printed = "".join(output.get("text", "") for output in notebook.cells[-1].outputs)
    [line] = [line for line in printed.splitlines() if line.startswith(MARKER)]
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


def entry(runs: list[Run]) -> dict:
    """Return what lessons/results.json keeps of a lesson; the values stand in the order of the seeds.

    The data are those of the first run: it may have fetched what later runs find in the cache.
    """
    first, reports = runs[0].report, [run.report["figures"] for run in runs]
    if any(report.keys() != first["figures"].keys() for report in reports):
        raise NotRecorded("with other seeds it reached other figures (their names differ)")
    figures = {
        name: {
            "title": figure["title"],
            "unit": figure["unit"],
            "values": [report[name]["value"] for report in reports],
        }
        for name, figure in first["figures"].items()
    }
    return {
        "mode": first["mode"],
        "seeds": [run.seed for run in runs if run.seed is not NO_SEED],
        "data": {name: f"{kind}: {served}" for name, (kind, served) in first["data"].items()},
        "device": first["device"],
        "cpus": first["cpus"],
        "threads": first["threads"],
        "versions": first["versions"],
        "seconds": [round(run.seconds, 1) for run in runs],
        "figures": figures,
    }


def record(path: Path, seeds: list[int], keep: Path | None = None) -> dict:
    """Run a notebook with each seed, print what comes out, and return its entry; raise `NotRecorded`."""
    runs = []
    for seed in seeds if _parameters(nbformat.read(path, as_version=4)) else [NO_SEED]:
        name = path.stem if seed is NO_SEED else f"{path.stem}, seed {seed}"
        print(f"{name}: running", flush=True)
        runs.append(run_notebook(path, seed, keep))
        print(f"{name}: {runs[-1].seconds:.0f} s", flush=True)
        for figure in runs[-1].report["figures"].values():
            print(f"  {figure['title']}: {figure['value']:.2f} {figure['unit']}".rstrip(), flush=True)
    return entry(runs)


def write_results(path: Path, results: dict) -> None:
    """Write the file in one go, lessons in their order: a reader finds the old file or the new one."""
    text = json.dumps(dict(sorted(results.items())), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    temporary = path.with_suffix(".json.tmp")
    temporary.write_text(text, "utf-8", newline="\n")
    temporary.replace(path)


def chosen_notebooks(root: Path, names: list[str]) -> list[Path]:
    """Return the notebooks of these names, all where none is named; raise `NotRecorded` for a wrong name."""
    there = {path.stem: path for path in sorted((root / "notebooks").glob("*.ipynb"))}
    unknown = [name for name in names if name not in there]
    if unknown:
        raise NotRecorded(f"no notebook {', '.join(unknown)}; there are {', '.join(there)}")
    return [there[name] for name in names or there]


def main(argv: list[str] | None = None, root: Path = ROOT) -> int:
    """Run the tool on the course in `root`; return its exit status."""
    as_written = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=as_written)
    parser.add_argument("names", nargs="*", metavar="NN_name", help="default: every notebook")
    parser.add_argument("--seeds", nargs="+", type=int, default=SEEDS, help="default: 42 43 44")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="for the executed notebooks")
    options = parser.parse_args(argv)
    path, measured = root / "lessons" / "results.json", {}
    try:
        for notebook in chosen_notebooks(root, options.names):
            measured[notebook.stem] = record(notebook, options.seeds, options.keep)
    except NotRecorded as error:
        print(f"\nNot recorded, lessons/results.json stays as it was: {error}")
        return 1
    # Read only now: what someone else recorded meanwhile is kept.
    write_results(path, read_results(path) | measured)
    print("wrote: lessons/results.json. `make sync` writes lessons/RESULTS.md from it.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
