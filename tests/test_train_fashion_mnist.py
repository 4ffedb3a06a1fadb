"""The job of lesson 12: on one process and on two, killed and resumed."""

import os
import re
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from helpers.apps import train_fashion_mnist as job_module
from helpers.apps.checkpoints import load_plain, save_whole
from helpers.apps.train_fashion_mnist import CHECKPOINT, Job, main, parse, process_group, steps_loader, train
from helpers.loading import BatchedTensorDataset

ROOT = Path(__file__).resolve().parents[1]
JOB = Job(recipe="v2", epochs=2, batch_size=8, seed=3, checkpoint_every=2)


@pytest.fixture(autouse=True)
def _small_data(monkeypatch):
    """Let the job train on 44 and validate on 4 images."""
    generator = torch.Generator().manual_seed(1)
    images = torch.randint(256, (48, 28, 28), generator=generator, dtype=torch.uint8)
    labels = torch.arange(48) % 10
    data = job_module.fashion_mnist(train=True)
    data.data, data.targets = images, labels
    monkeypatch.setattr(job_module, "fashion_mnist", lambda train: data)


def losses(history):
    return [row["train_loss"] for row in history]


# On one process


def test_a_row_for_each_checkpoint_and_validation_after_each_epoch(tmp_path, capsys):
    history = train(JOB, tmp_path)
    assert [row["step"] for row in history] == [2, 4, 5, 7, 9, 10]  # 44 images make 5 batches of 8
    assert [row["step"] for row in history if "valid_acc" in row] == [5, 10]
    assert "process 0 of 1 on cpu, id " in capsys.readouterr().out


def test_the_same_job_gives_the_same_losses_and_another_seed_others(tmp_path):
    first, second = train(JOB, tmp_path / "a"), train(JOB, tmp_path / "b")
    other = train(replace(JOB, seed=4), tmp_path / "c")
    assert losses(first) == losses(second) != losses(other)


@pytest.mark.parametrize("recipe", ["v2", "v3"])
def test_a_job_that_is_stopped_goes_on_with_the_same_losses(tmp_path, recipe):
    job = replace(JOB, recipe=recipe)
    unbroken = train(job, tmp_path / "unbroken")
    with pytest.MonkeyPatch.context() as power_cut:
        saves = iter([None, None, None, None])

        def save_four_times(*arguments):
            next(saves)
            save_whole(*arguments)

        power_cut.setattr(job_module, "save_whole", save_four_times)
        with pytest.raises(StopIteration):
            train(job, tmp_path / "broken")
    assert load_plain(tmp_path / "broken" / CHECKPOINT)["step"] == 7
    assert losses(train(job, tmp_path / "broken")) == losses(unbroken)


def test_without_the_optimizers_state_the_losses_would_be_others(tmp_path, monkeypatch):
    job = replace(JOB, recipe="v3")
    unbroken = train(job, tmp_path)
    monkeypatch.setattr(job_module.Run, "save", lambda run: None)
    state = load_plain(tmp_path / CHECKPOINT)
    assert state["history"] == unbroken  # what a finished job has saved
    fresh = job_module.Training(job_module.RECIPES["v3"], 10).state_dict()["parts"][1:]
    broken = {**state, "step": 7, "history": unbroken[:4]}
    broken["training"] = {"parts": [state["training"]["parts"][0], *fresh]}
    save_whole(broken, tmp_path / CHECKPOINT)
    assert losses(train(job, tmp_path)) != losses(unbroken)


def test_a_finished_job_does_nothing_more(tmp_path, capsys):
    first = train(JOB, tmp_path)
    assert train(JOB, tmp_path) == first
    assert "begins at step 10 of 10" in capsys.readouterr().out


def test_the_order_of_the_images_is_another_one_each_epoch():
    data = BatchedTensorDataset(torch.arange(44))
    with process_group():
        epochs = [torch.cat([x for (x,) in steps_loader(data, JOB, epoch, 0, 5)]) for epoch in (0, 0, 1)]
    assert torch.equal(epochs[0], epochs[1])
    assert not torch.equal(epochs[0], epochs[2])
    assert len(epochs[0].unique()) == 40


def test_steps_in_the_middle_of_an_epoch_have_the_images_that_they_always_have():
    data = BatchedTensorDataset(torch.arange(44))
    with process_group():
        whole = [x for (x,) in steps_loader(data, JOB, 1, 0, 5)]
        part = [x for (x,) in steps_loader(data, JOB, 1, 2, 4)]
    assert all(torch.equal(a, b) for a, b in zip(part, whole[2:4], strict=True))


# What can go wrong


def test_another_jobs_checkpoint_is_refused_and_kept(tmp_path):
    train(JOB, tmp_path)
    old = (tmp_path / CHECKPOINT).read_bytes()
    with pytest.raises(ValueError, match=r"belongs to another job: .*'seed': 3.*Choose another --folder"):
        train(replace(JOB, seed=4), tmp_path)
    assert (tmp_path / CHECKPOINT).read_bytes() == old


def test_a_checkpoint_of_other_pictures_is_refused_and_kept(tmp_path):
    train(JOB, tmp_path)
    old = (tmp_path / CHECKPOINT).read_bytes()
    data = job_module.fashion_mnist(train=True)
    data.data, data.targets = data.data[:36], data.targets[:36]  # as when only a sample is there
    with pytest.raises(ValueError, match=r"other pictures: \[44, 4\].* Here are \[33, 3\].*another --folder"):
        train(JOB, tmp_path)
    assert (tmp_path / CHECKPOINT).read_bytes() == old


def test_a_checkpoint_that_does_not_tell_its_pictures_is_refused(tmp_path):
    train(JOB, tmp_path)
    state = load_plain(tmp_path / CHECKPOINT)
    del state["pictures"]
    save_whole(state, tmp_path / CHECKPOINT)
    with pytest.raises(ValueError, match=r"other pictures: None .*another --folder"):
        train(JOB, tmp_path)


def test_without_nccl_a_gpu_is_not_used(monkeypatch):
    monkeypatch.setattr(job_module, "default_device", lambda: torch.device("cuda"))
    monkeypatch.setattr(job_module.dist, "is_nccl_available", lambda: False)
    with process_group() as device:
        assert device.type == "cpu"


def test_a_damaged_checkpoint_ends_the_job_with_a_sentence(tmp_path):
    (tmp_path / CHECKPOINT).write_bytes(b"half")
    with pytest.raises(SystemExit, match=r"checkpoint\.pt (can't be read|is damaged)"):
        main(["--folder", str(tmp_path), "--recipe=v2"])


def test_too_few_images_for_a_batch_are_named(tmp_path):
    with pytest.raises(ValueError, match="44 training images make no batch of 64"):
        train(replace(JOB, batch_size=64), tmp_path)


@pytest.mark.parametrize(
    "option", ["--epochs=0", "--batch-size=-1", "--batch-size=0", "--checkpoint-every=0"]
)
def test_a_number_below_one_is_refused(option, capsys):
    with pytest.raises(SystemExit):
        parse(["--folder=x", option])
    assert f"{option.split('=')[0]} is 1 or more" in capsys.readouterr().err


def test_the_batch_size_is_the_recipes_where_none_is_given():
    assert (parse(["--folder=x"]).batch_size, parse(["--folder=x", "--recipe=v2"]).batch_size) == (256, 32)


# On two processes

TWO = """
import sys, torch
from dataclasses import replace
from pathlib import Path
from helpers.apps import train_fashion_mnist as job_module
from helpers.apps.train_fashion_mnist import Job, train

torch.set_default_dtype(torch.float64)
images = torch.randint(256, (48, 28, 28), generator=torch.Generator().manual_seed(1), dtype=torch.uint8)
data = job_module.fashion_mnist(train=True)
data.data, data.targets = images, torch.arange(48) % 10
job_module.fashion_mnist = lambda train: data
job = Job(recipe="v2", epochs=2, batch_size=8, seed=3, checkpoint_every=1)
train(job, Path(sys.argv[1]))
"""


def torchrun(processes, *program, **more):
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore"}
    return subprocess.Popen(
        [*command, f"--nproc_per_node={processes}", *program],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        **more,
    )


@pytest.fixture
def _float64():
    """Let tensors have 64 bits: sums in another order then differ little."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


@pytest.mark.usefixtures("_float64")
def test_two_processes_have_the_losses_and_the_accuracies_of_one(tmp_path):
    one = train(replace(JOB, checkpoint_every=1), tmp_path / "one")
    (tmp_path / "two.py").write_text(TWO, "utf-8")
    job = torchrun(2, tmp_path / "two.py", tmp_path / "two")
    output, _ = job.communicate(timeout=200)
    assert job.returncode == 0, output
    two = load_plain(tmp_path / "two" / CHECKPOINT)["history"]
    assert [row["step"] for row in one] == [row["step"] for row in two]
    for alone, together in zip(one, two, strict=True):
        for figure in alone.keys() - {"seconds"}:
            assert together[figure] == pytest.approx(alone[figure], abs=1e-5), figure


def test_a_process_that_is_killed_is_started_again_and_only_the_steps_since_are_lost(tmp_path):
    program = ["-m", "helpers.apps.train_fashion_mnist", "--recipe=v3", "--epochs=1", "--checkpoint-every=2"]
    unbroken = torchrun(2, *program, "--folder=unbroken", cwd=tmp_path)
    output, _ = unbroken.communicate(timeout=200)
    assert unbroken.returncode == 0, output
    lines = []
    with torchrun(2, "--max-restarts=1", *program, "--folder=broken", cwd=tmp_path) as job:
        for line in job.stdout:
            lines.append(line.rstrip())
            # Somewhere in the line: gloo's own messages may stand before it.
            if found := re.search(r"process 1 of 2 on cpu, id (\d+)", line):
                victim = int(found[1])
            if "step 4," in line:
                os.kill(victim, getattr(signal, "SIGKILL", signal.SIGTERM))
    assert job.returncode == 0, "\n".join(lines)
    begins = re.findall(r"begins at step \d+ of 10", "\n".join(lines))
    assert begins[0] == "begins at step 0 of 10"
    assert begins[1] in (
        "begins at step 4 of 10",
        "begins at step 6 of 10",
    )  # it may be quicker than the kill
    assert [line for line in lines if line.startswith("process 1 of 2")]
    ends = [load_plain(tmp_path / name / CHECKPOINT)["history"] for name in ("unbroken", "broken")]
    assert losses(ends[0]) == losses(ends[1])


def test_a_batch_that_cannot_be_shared_equally_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(job_module.dist, "get_world_size", lambda: 2)
    with pytest.raises(ValueError, match="A batch of 7 can't be shared equally by 2 processes"):
        train(replace(JOB, batch_size=7), tmp_path)


def test_a_process_knows_how_often_torchrun_has_started_it_anew(monkeypatch):
    monkeypatch.delenv("TORCHELASTIC_RESTART_COUNT", raising=False)
    assert job_module.restarts() == 0
    monkeypatch.setenv("TORCHELASTIC_RESTART_COUNT", "2")
    assert job_module.restarts() == 2


def test_a_process_knows_how_many_machines_take_part(monkeypatch):
    monkeypatch.delenv("GROUP_WORLD_SIZE", raising=False)
    assert job_module.machines() == 1
    monkeypatch.setenv("GROUP_WORLD_SIZE", "3")
    assert job_module.machines() == 3
