"""Lesson 12's programs end their process group's threads: one left over can crash Python at its end."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
from lesson_code import code_cells

ROOT = Path(__file__).resolve().parents[1]
TASKS = Path("/proc/self/task")
TRAIN_ONCE = """
import torch.distributed as dist

dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
model = torch.nn.parallel.DistributedDataParallel(torch.nn.Linear(2, 1))
model(torch.ones(1, 2)).sum().backward()
del model
dist.destroy_process_group()
print([name for task in TASKS.iterdir() if "gloo" in (name := (task / "comm").read_text())])
"""


def imports_of_the_lesson() -> str:
    [cell] = [cell for cell in code_cells("12_faster_and_further") if 'imports = """' in cell]
    return ast.literal_eval(re.search(r'imports = (""".*?""")', cell, re.S)[1])


def threads_left(imports: str) -> str:
    code = f"from pathlib import Path\nTASKS = Path({str(TASKS)!r})\n{imports}\n{TRAIN_ONCE}"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.skipif(not TASKS.exists(), reason="only Linux lists a process's threads by name")
def test_no_thread_of_a_process_group_outlives_it():
    assert threads_left(imports_of_the_lesson()) == "[]"
    assert threads_left("from helpers.apps.train_fashion_mnist import *\nimport torch") == "[]"
    # This is what the import is for; without it the crash would come and go.
    assert "gloo" in threads_left("import torch")
