"""tools/bench.py on a few images: that the three ways compute the same, and what is made of their times.

Nothing here is judged by a clock.
"""

from contextlib import nullcontext
from unittest.mock import Mock

import bench
import pandas as pd
import pytest
import torch

from helpers import fashion_mnist

IMAGES = 330  # ten batches and a smaller one


@pytest.fixture(scope="module")
def data():
    return fashion_mnist(train=True)


def made_up_runs(usual, ours, floor, model="V0"):
    """Return runs as `measure` does, a round for each triple of seconds; wall time is twice CPU time."""
    rows = [
        {"model": model, "way": way, "round": number, "steps": 10, "cpu_seconds": s, "wall_seconds": 2 * s}
        for number, seconds in enumerate(zip(usual, ours, floor, strict=True))
        for way, s in zip(bench.WAYS, seconds, strict=True)
    ]
    return pd.DataFrame(rows)


# The three ways


@pytest.mark.parametrize("model_name", bench.MODELS)
def test_the_three_ways_end_with_the_same_weights(data, model_name):
    batches = {way: bench.batches_for(way, data, IMAGES) for way in bench.WAYS}
    weights = {way: bench.run_epoch(way, model_name, batches[way]).weights for way in bench.WAYS}
    assert torch.equal(weights["ours"], weights["floor"])
    assert torch.allclose(weights["usual"], weights["ours"], rtol=0, atol=1e-6)


def test_the_usual_way_has_the_very_losses_of_ours(data, monkeypatch):
    monkeypatch.setattr(bench, "CHECKED_STEPS", 5)
    assert bench.largest_difference("V0", data) == 0


def test_another_seed_would_be_noticed(data, monkeypatch):
    monkeypatch.setattr(bench, "CHECKED_STEPS", 5)
    our_epoch = bench.our_epoch

    def with_other_batches(*arguments):
        torch.manual_seed(0)
        our_epoch(*arguments)

    monkeypatch.setitem(bench.WAYS, "ours", with_other_batches)
    assert bench.largest_difference("V0", data) > bench.TOLERANCE


def test_a_run_hides_its_output(data, capsys):
    bench.run_epoch("ours", "V0", bench.batches_for("ours", data, 64))
    assert capsys.readouterr() == ("", "")


def test_rounds_take_the_six_orders_in_turn_and_new_processes_now_and_then():
    started = []

    def processes():
        started.append(1)
        return nullcontext(lambda *_: bench.Run(1.0, 2.0, None))

    runs = bench.measure("V1", 65, 7, processes)
    assert len(started) == 3  # for three rounds, three, and the last
    orders = runs.groupby("round")["way"].apply(tuple).tolist()
    assert len(set(orders)) == 6
    assert orders[6] == orders[0] == ("usual", "ours", "floor")
    assert all(set(order) == set(bench.WAYS) for order in orders)
    assert set(runs["steps"]) == {3}


# What is made of their times


def test_times_are_medians_for_a_step_and_for_an_epoch_of_all_images():
    table = bench.times_table(made_up_runs([0.01, 0.05, 0.02], [0.01] * 3, [0.01] * 3))
    row = table.loc[("V0", "usual")]
    assert row["CPU ms/step"] == "2.000"
    assert row["CPU min–max"] == "1.000–5.000"
    assert row["CPU s/epoch"] == "3.75"  # 60,000 / 32 steps of 2 ms
    assert row["wall ms/step"] == "4.000"


def test_a_ratio_is_the_median_of_the_rounds_ratios_not_the_ratio_of_medians():
    # The machine gets slower by a half in each round; within a round ours is always five times as fast.
    runs = made_up_runs([5.0, 7.5, 12.5], [1.0, 1.5, 2.5], [1.0, 1.0, 1.0])
    table = bench.ratios_table(runs)
    assert table.loc[("V0", "usual/ours"), "CPU"] == 5
    assert table.loc[("V0", "usual/ours"), "wall min–max"] == "5.00–5.00"
    assert table.loc[("V0", "ours/floor"), "CPU"] == 1.5


def test_figures_to_reach_stand_beside_what_was_reached():
    v0 = made_up_runs([4.0], [1.0], [1.0], "V0")
    v2 = made_up_runs([1.0], [1.04], [1.0], "V2")
    table = bench.ratios_table(pd.concat([v0, v2]))
    assert table.loc[("V0", "usual/ours"), ["to reach", "reached"]].tolist() == ["at least 4.5", "no"]
    assert table.loc[("V2", "ours/floor"), ["to reach", "reached"]].tolist() == ["at most 1.05", "yes"]
    assert table.loc[("V0", "ours/floor"), ["to reach", "reached"]].tolist() == ["", ""]


# The tool as a whole


@pytest.fixture
def one_thread():
    """Give the process its threads back: the tool takes one."""
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


@pytest.mark.usefixtures("one_thread")
def test_the_tool_prints_both_tables_and_that_small_mode_says_little(monkeypatch, capsys):
    monkeypatch.setenv("COURSE_MODE", "small")
    monkeypatch.delenv("COURSE_DATA", raising=False)
    monkeypatch.setattr(bench, "CHECKED_STEPS", 3)
    monkeypatch.setattr(bench, "new_processes", lambda: nullcontext(bench.run_prepared))
    assert bench.main(["--rounds", "1", "--images", "64"]) == 0
    said = capsys.readouterr().out
    assert "SMALL MODE" in said
    assert "NOT THE REAL DATA SET: only the 3,000 images" in said
    for words in ["usual/ours", "ours/floor", "at least 4.5", "at most 1.05", "CPU ms/step"]:
        assert words in said


def test_the_ways_run_in_other_processes(monkeypatch):
    monkeypatch.setenv("COURSE_MODE", "small")
    with bench.new_processes() as run:
        ours, floor = run("ours", "V0", 64), run("floor", "V0", 64)
    assert ours.cpu_seconds > 0
    assert torch.equal(ours.weights, floor.weights)


def test_ours_and_the_floor_share_a_process_and_the_usual_way_has_its_own(monkeypatch):
    ways_of = {}

    class Pool(nullcontext):
        def __init__(self, workers, mp_context):
            super().__init__(self)
            assert workers == 1
            ways_of[self] = []

        def submit(self, function, way, *what):
            ways_of[self].append(way)
            return Mock()

    monkeypatch.setattr(bench, "ProcessPoolExecutor", Pool)
    with bench.new_processes() as run:
        for way in [*bench.WAYS, *bench.WAYS]:
            run(way, "V0", 64)
    assert sorted(ways_of.values()) == [["ours", "floor"] * 2, ["usual"] * 2]


@pytest.mark.usefixtures("one_thread")
def test_a_process_makes_the_floors_batches_once(monkeypatch):
    bench._prepared.cache_clear()
    monkeypatch.setattr(bench, "batches_for", Mock(wraps=bench.batches_for))
    first, second = (bench.run_prepared("floor", "V0", 64) for _ in range(2))
    assert bench.batches_for.call_count == 1
    assert isinstance(bench._prepared("floor", 64), list)
    assert torch.equal(first.weights, second.weights)


@pytest.mark.usefixtures("one_thread")
@pytest.mark.parametrize(("difference", "status"), [(0.001, 1), (0.00001, 0)])
def test_losses_that_differ_fail_the_tool(monkeypatch, difference, status):
    monkeypatch.setattr(bench, "largest_difference", lambda model_name, data: difference)
    monkeypatch.setattr(bench, "new_processes", lambda: nullcontext(bench.run_prepared))
    assert bench.main(["--rounds", "1", "--images", "64"]) == status
