"""tools/bench.py on a few images: that the three ways compute the same, and what is made of their times.

Nothing here is judged by a clock.
"""

import os
from contextlib import nullcontext
from unittest.mock import Mock

import bench
import pandas as pd
import pytest
import torch
from other_process import process_of

from helpers import fashion_mnist


@pytest.fixture(scope="module")
def data():
    return fashion_mnist(train=True)


@pytest.mark.parametrize("model_name", bench.MODELS)
def test_the_three_ways_end_with_the_same_weights_and_print_nothing(data, model_name, monkeypatch, capsys):
    monkeypatch.setattr(bench, "CHECKED_STEPS", 10)
    assert bench.largest_difference(model_name, data) <= 1e-6
    assert capsys.readouterr() == ("", "")


def test_another_seed_would_be_noticed(data, monkeypatch):
    monkeypatch.setattr(bench, "CHECKED_STEPS", 5)

    def with_other_batches(*arguments):
        torch.manual_seed(0)
        bench.train_step(*arguments)

    monkeypatch.setitem(bench.WAYS, "ours", with_other_batches)
    assert bench.largest_difference("V0", data) > bench.TOLERANCE


def test_rounds_take_the_six_orders_in_turn_and_new_processes_now_and_then():
    started, ways = [], []

    def processes():
        started.append(1)
        return nullcontext(lambda way, *_: (ways.append(way) or 0.003, None))

    runs = bench.measure("V1", 65, 7, processes)
    assert len(started) == 3  # for three rounds, three, and the last
    rounds = list(zip(*[iter(ways)] * 3, strict=True))
    counted = [order for i, order in enumerate(rounds) if i not in (0, 4, 8)]  # those prepare a process
    assert len(set(counted)) == 6
    assert counted[6] == counted[0] == ("usual", "ours", "floor")
    assert runs["ours"].tolist() == [1.0] * 7  # 3 ms for 3 steps


def test_a_ratio_is_the_median_of_the_rounds_ratios_beside_its_figure_to_reach():
    # The machine gets slower in each round; within a round ours is always five times as fast.
    v0 = pd.DataFrame({"usual": [5.0, 7.5, 12.5], "ours": [1.0, 1.5, 2.5], "floor": 1.0})
    v2 = pd.DataFrame({"usual": [1.0], "ours": [1.06], "floor": [1.0]})
    table = bench.ratios({"V0": v0, "V2": v2})
    assert table.loc[("V0", "usual/ours")].tolist() == [5, 5, 5, "at least 4.5: yes"]
    assert table.loc[("V0", "ours/floor")].tolist() == [1.5, 1, 2.5, ""]
    assert table.loc[("V2", "ours/floor")].tolist() == [1.06, 1.06, 1.06, "at most 1.05: no"]


@pytest.fixture
def one_thread():
    """Give the process its threads back: the tool takes one."""
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


@pytest.mark.usefixtures("one_thread")
@pytest.mark.parametrize(("difference", "status"), [(0.001, 1), (0.00001, 0)])
def test_the_tool_prints_both_tables_and_fails_when_weights_differ(monkeypatch, capsys, difference, status):
    monkeypatch.setenv("COURSE_MODE", "small")
    monkeypatch.delenv("COURSE_DATA", raising=False)
    monkeypatch.setattr(bench, "largest_difference", lambda model_name, data: difference)
    monkeypatch.setattr(bench, "new_processes", lambda: nullcontext(bench.run_prepared))
    assert bench.main(["--rounds", "1", "--images", "64"]) == status
    said = capsys.readouterr().out
    assert "SMALL MODE" in said
    assert "NOT THE REAL DATA SET: only the 3,000 images" in said
    assert ("do not compute the same" in said) == bool(status)
    for words in ("usual/ours", "at most 1.05", "CPU time a step"):
        assert (words in said) == (not status)


def test_ours_and_the_floor_share_a_process_and_the_usual_way_has_its_own(monkeypatch):
    monkeypatch.setattr(bench, "run_prepared", process_of)
    with bench.new_processes() as run:
        usual, ours, floor = map(run, bench.WAYS)
    assert ours == floor
    assert len({usual, ours, os.getpid()}) == 3


@pytest.mark.usefixtures("one_thread")
def test_a_process_makes_the_floors_batches_once(monkeypatch):
    bench._prepared.cache_clear()
    monkeypatch.setattr(bench, "batches_for", Mock(wraps=bench.batches_for))
    (_, first), (_, second) = (bench.run_prepared("floor", "V0", 64) for _ in range(2))
    assert bench.batches_for.call_count == 1
    assert isinstance(bench._prepared("floor", 64), list)
    assert torch.equal(first, second)
