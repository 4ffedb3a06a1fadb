import pytest

from helpers.timing import print_train_time


def test_train_time_is_printed_with_its_device_and_returned(capsys):
    assert print_train_time(start=1.5, end=4.0, device="cpu") == pytest.approx(2.5)
    assert capsys.readouterr().out == "Train time on cpu: 2.500 seconds\n"


def test_the_device_may_be_left_out(capsys):
    print_train_time(0.0, 1.0)
    assert capsys.readouterr().out == "Train time: 1.000 seconds\n"
