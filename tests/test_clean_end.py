"""Lesson 12's programs end their process group's threads with the group.

A thread left over can crash Python at its end. And where a network is the last to hold the group, it waits
for the thread while the thread waits for Python's lock. Both come and go; the threads show the cause always.
"""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from lesson_code import code_cells

ROOT = Path(__file__).resolve().parents[1]
TRAIN_ONCE = """
import torch.distributed as dist

dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
model = torch.nn.parallel.DistributedDataParallel(torch.nn.Linear(2, 1))
model(torch.ones(1, 2)).sum().backward()
del model
dist.destroy_process_group()
"""
JOB = """
from helpers.apps import train_fashion_mnist

train_fashion_mnist.main(["--folder=.", "--epochs=1", "--recipe=v3"])
"""
REPORT = """
import torch.distributed
from pathlib import Path

destroy = torch.distributed.destroy_process_group


def destroy_and_report():
    destroy()
    names = [(task / "comm").read_text().strip() for task in Path("/proc/self/task").iterdir()]
    print("left:", [name for name in names if "gloo" in name])


torch.distributed.destroy_process_group = destroy_and_report
"""


def imports_of_the_lesson() -> str:
    [cell] = [cell for cell in code_cells("12_faster_and_further") if 'imports = """' in cell]
    return ast.literal_eval(re.search(r'imports = (""".*?""")', cell, re.S)[1])


def threads_left(program: str, folder: Path) -> str:
    environment = os.environ | {"PYTHONPATH": str(ROOT), "COURSE_MODE": "small"}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=folder, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[-1]


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="only Linux names a process's threads")
def test_no_thread_of_a_process_group_outlives_it(tmp_path):
    assert threads_left(imports_of_the_lesson() + REPORT + TRAIN_ONCE, tmp_path) == "left: []"
    assert threads_left(REPORT + JOB, tmp_path) == "left: []"
    # This is what the lesson's import is for.
    assert "gloo" in threads_left("import torch\n" + REPORT + TRAIN_ONCE, tmp_path)
