"""The job of lesson 12: on one process and on two, killed and resumed."""

import os
import re
import signal
import subprocess
import sys
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from unittest.mock import Mock

import pytest
import torch

from helpers.apps import train_fashion_mnist as job_module
from helpers.apps.checkpoints import load_plain, save_whole
from helpers.apps.train_fashion_mnist import CHECKPOINT, Job, main, parse, process_group, steps_loader, train
from helpers.data.grey_images import ImageDataset
from helpers.loading import BatchedTensorDataset

ROOT = Path(__file__).resolve().parents[1]
JOB = Job(recipe="v2", epochs=2, batch_size=8, seed=3, checkpoint_every=2)
V3_JOB = replace(JOB, recipe="v3", checkpoint_every=1)


def use_images(number, patch):
    """Let the job have this many images, a twelfth of them to validate on."""
    generator = torch.Generator().manual_seed(1)
    images = torch.randint(256, (number, 28, 28), generator=generator, dtype=torch.uint8)
    data = ImageDataset(images, torch.arange(number) % 10, list("0123456789"))
    patch.setattr(job_module, "fashion_mnist", lambda train: data)


@pytest.fixture(autouse=True)
def _small_data(monkeypatch):
    use_images(48, monkeypatch)


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
    folder = tmp_path / "broken"
    with pytest.MonkeyPatch.context() as power_cut:
        save = Mock(side_effect=[*[save_whole] * 4, KeyboardInterrupt])
        power_cut.setattr(job_module, "save_whole", lambda *content_and_path: save()(*content_and_path))
        with pytest.raises(KeyboardInterrupt):
            train(job, folder)
    assert load_plain(folder / CHECKPOINT)["step"] == 7
    half_a_file = folder / f".{CHECKPOINT}-1234"
    half_a_file.touch()
    assert losses(train(job, folder)) == losses(unbroken)
    assert not half_a_file.exists()


def test_without_the_optimizers_state_the_losses_would_be_others(tmp_path):
    unbroken = train(V3_JOB, tmp_path)
    state = load_plain(tmp_path / CHECKPOINT)
    assert state["history"] == unbroken  # what a finished job has saved
    fresh = job_module.Training(job_module.RECIPES["v3"], 10).state_dict()["parts"]
    parts = [state["training"]["parts"][0], *fresh[1:]]
    save_whole(
        {**state, "step": 9, "history": unbroken[:9], "training": {"parts": parts}}, tmp_path / CHECKPOINT
    )
    assert losses(train(V3_JOB, tmp_path)) != losses(unbroken)


def test_a_finished_job_does_nothing_more_also_from_the_command_line(tmp_path, capsys):
    first = train(JOB, tmp_path)
    options = ["--recipe=v2", "--epochs=2", "--batch-size=8", "--seed=3", "--checkpoint-every=2"]
    main([f"--folder={tmp_path}", *options])
    assert "begins at step 10 of 10" in capsys.readouterr().out
    assert load_plain(tmp_path / CHECKPOINT)["history"] == first


def test_each_epoch_has_an_order_of_its_own_and_a_part_of_it_the_same_images():
    data = BatchedTensorDataset(torch.arange(44))

    def images(epoch, start=0, end=5):
        return torch.cat([x for (x,) in steps_loader(data, JOB, epoch, start, end)])

    with process_group():
        assert torch.equal(images(0), images(0))
        assert not torch.equal(images(0), images(1))
        assert len(images(0).unique()) == 40
        assert torch.equal(images(1, 2, 4), images(1)[16:32])


def test_it_is_as_short_as_lesson_12_says():
    assert "a job, in fewer than 350 lines" in (ROOT / "lessons/12_faster_and_further.md").read_text("utf-8")
    assert len(Path(job_module.__file__).read_text("utf-8").splitlines()) < 350


# What can go wrong


@pytest.mark.parametrize(
    ("job", "images", "forgotten", "message"),
    [
        (replace(JOB, seed=4), 48, "", r"belongs to another job: .*'seed': 3.*Choose another --folder"),
        (JOB, 36, "", r"other pictures: \[44, 4\].* Here are \[33, 3\].*another --folder"),  # as of a sample
        (JOB, 48, "pictures", r"other pictures: None .*another --folder"),
    ],
)
def test_a_checkpoint_of_something_else_is_refused_and_kept(
    tmp_path, monkeypatch, job, images, forgotten, message
):
    train(JOB, tmp_path)
    state = load_plain(tmp_path / CHECKPOINT)
    state.pop(forgotten, None)
    save_whole(state, tmp_path / CHECKPOINT)
    old = (tmp_path / CHECKPOINT).read_bytes()
    use_images(images, monkeypatch)
    with pytest.raises(ValueError, match=message):
        train(job, tmp_path)
    assert (tmp_path / CHECKPOINT).read_bytes() == old


@pytest.mark.parametrize(
    ("others", "message"),
    [
        ([[40, 4]], "processes have different pictures; this one has 44 to train on"),
        ([[44, 4], [5]], r"processes don't see the same .*checkpoint\.pt"),
    ],
)
def test_processes_that_see_different_things_are_refused(tmp_path, monkeypatch, others, message):
    monkeypatch.setattr(job_module, "mean_over_processes", Mock(side_effect=others))
    with pytest.raises(ValueError, match=message):
        train(JOB, tmp_path)


def test_a_batch_that_cannot_be_made_or_shared_is_refused(tmp_path, monkeypatch):
    with pytest.raises(ValueError, match="44 training images make no batch of 64"):
        train(replace(JOB, batch_size=64), tmp_path)
    monkeypatch.setattr(job_module.dist, "get_world_size", lambda: 2)
    with pytest.raises(ValueError, match="A batch of 7 can't be shared equally by 2 processes"):
        train(replace(JOB, batch_size=7), tmp_path)


def test_without_nccl_a_gpu_is_not_used(monkeypatch):
    monkeypatch.setattr(job_module, "default_device", lambda: torch.device("cuda"))
    monkeypatch.setattr(job_module.dist, "is_nccl_available", lambda: False)
    with process_group() as device:
        assert device.type == "cpu"


def test_a_damaged_checkpoint_ends_the_job_with_a_sentence(tmp_path):
    (tmp_path / CHECKPOINT).write_bytes(b"half")
    with pytest.raises(SystemExit, match=r"checkpoint\.pt (can't be read|is damaged)"):
        main(["--folder", str(tmp_path), "--recipe=v2", "--batch-size=8"])


@pytest.mark.parametrize("missing", ["step", "history", "training"])
def test_a_checkpoint_that_lacks_something_ends_the_job_with_a_sentence(tmp_path, missing):
    train(JOB, tmp_path)
    state = load_plain(tmp_path / CHECKPOINT)
    del state[missing]
    save_whole(state, tmp_path / CHECKPOINT)
    with pytest.raises(
        ValueError, match=rf"checkpoint\.pt lacks something.*'{missing}'.* Delete it to begin again"
    ):
        train(JOB, tmp_path)


@pytest.mark.parametrize("changed", [{"parts": []}, {"parts": [1, 2]}, [], None, {"parts": [{}, {}]}])
def test_a_checkpoint_with_something_else_in_it_ends_the_job_with_a_sentence(tmp_path, changed):
    train(JOB, tmp_path)
    save_whole(load_plain(tmp_path / CHECKPOINT) | {"training": changed}, tmp_path / CHECKPOINT)
    with pytest.raises(ValueError, match=r"checkpoint\.pt lacks something, or was changed"):
        train(JOB, tmp_path)


def test_a_folder_that_cannot_be_written_to_is_named_before_anything_is_fetched(tmp_path, monkeypatch):
    (tmp_path / "runs").touch()
    monkeypatch.setattr(job_module, "fashion_mnist", lambda train: pytest.fail("it was fetched"))
    with pytest.raises(
        SystemExit, match=r"runs/v2 can't be written to: Not a directory\. Choose another --folder"
    ):
        main([f"--folder={tmp_path / 'runs' / 'v2'}"])


def test_ctrl_c_ends_the_job_with_a_sentence_that_says_how_to_go_on(tmp_path, monkeypatch):
    monkeypatch.setattr(job_module, "save_whole", Mock(side_effect=KeyboardInterrupt))
    with pytest.raises(
        SystemExit, match=r"Stopped\. The same command goes on from the last checkpoint in .*v2\."
    ):
        main([f"--folder={tmp_path / 'v2'}", "--recipe=v2", "--batch-size=8"])


@pytest.mark.parametrize(
    "option",
    ["--epochs=0", "--batch-size=-1", "--batch-size=0", "--checkpoint-every=0"]
    + [f"--seed={number}" for number in (-1, 2**63, 2**64 - 1, 10**30)],
)
def test_a_number_that_cannot_be_is_refused_and_so_is_a_seed_that_torch_can_not_count_from(option, capsys):
    name, number = option.split("=")
    with pytest.raises(SystemExit):
        parse(["--folder=x", option])
    expected = "a number from 0 to 9223372036854775807" if name == "--seed" else "1 or more"
    assert f"{name} is {number}; expected {expected}" in capsys.readouterr().err


def test_the_largest_seed_trains(tmp_path):
    assert len(train(replace(JOB, seed=2**63 - 1), tmp_path)) == 6


def test_the_batch_size_is_the_recipes_where_none_is_given():
    sizes = [parse(["--folder=x", f"--recipe={recipe}"])[0].batch_size for recipe in ("v3", "v2")]
    assert sizes == [256, 32]


# On two processes: torchrun runs this file, once for both tests, as starting Python and torch takes long


def on_two_processes(folder):
    """Train three times. In the third training the second process dies after step 3, in its first life."""
    patch = pytest.MonkeyPatch()
    use_images(48, patch)
    save = job_module.Run.save
    victim = os.environ["RANK"] == "1" and os.environ["TORCHELASTIC_RESTART_COUNT"] == "0"

    def save_or_die(run):
        if victim and run.step == 3 and run.path.parent == folder / "broken":
            os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
        save(run)

    with process_group() as device:
        patch.setattr(job_module, "process_group", lambda: nullcontext(device))
        patch.setattr(job_module.Run, "save", save_or_die)
        torch.set_default_dtype(torch.float64)
        train(JOB, folder / "v2")
        torch.set_default_dtype(torch.float32)
        train(V3_JOB, folder / "unbroken")
        train(V3_JOB, folder / "broken")


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    """Return the folder of the three trainings on two processes, and what they printed."""
    folder = tmp_path_factory.mktemp("two")
    temporary = folder / "temporary"
    temporary.mkdir()
    command = ["torch.distributed.run", "--standalone", "--nproc_per_node=2", "--max-restarts=1"]
    done = subprocess.run(
        [sys.executable, "-m", *command, f"--log-dir={folder / 'logs'}", __file__, folder],
        env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore", "TMPDIR": str(temporary)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=200,
    )
    assert done.returncode == 0, done.stdout
    return folder, done.stdout


def test_with_a_folder_for_its_notes_torchrun_leaves_nothing_in_the_temporary_folder(two):
    left = [path.name for path in (two[0] / "temporary").iterdir()]
    assert [
        name for name in left if not name.startswith("torchinductor_")
    ] == []  # PyTorch's cache, one a user


def test_no_lesson_leaves_a_folder_in_the_temporary_folder():
    for lesson in (ROOT / "lessons").glob("*.md"):
        text = lesson.read_text("utf-8")
        assert "mkdtemp" not in text, lesson  # TemporaryDirectory goes when Python ends
        assert ("torch.distributed.run" in text) <= ("--log-dir" in text), lesson


def test_two_processes_have_the_losses_and_the_accuracies_of_one(tmp_path, two):
    torch.set_default_dtype(torch.float64)
    try:
        one = train(JOB, tmp_path)
    finally:
        torch.set_default_dtype(torch.float32)
    together = load_plain(two[0] / "v2" / CHECKPOINT)["history"]
    for row in (*one, *together):
        del row["seconds"]
    assert together == [pytest.approx(row, abs=1e-5) for row in one]


def test_a_process_that_is_killed_is_started_again_and_only_the_steps_since_are_lost(two):
    folder, output = two
    begins = [int(step) for step in re.findall(r"begins at step (\d+) of 10", output)]
    assert begins[:5] == [0, 0, 0, 10, 10]  # two finished and one broken; then two with nothing left to do
    assert begins[5] in (2, 3)  # the first process may not have saved step 3 when the second dies
    assert re.findall(r"^process 1 of 2 on cpu, id \d+$", output, re.M)
    ends = [load_plain(folder / name / CHECKPOINT)["history"] for name in ("unbroken", "broken")]
    assert losses(ends[0]) == losses(ends[1])


if __name__ == "__main__":
    on_two_processes(Path(sys.argv[1]))
