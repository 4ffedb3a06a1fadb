import pytest

from helpers import print_train_time


@pytest.mark.parametrize(("device", "where"), [(["cpu"], " on cpu"), ([], "")])
def test_train_time_is_printed_with_its_device_where_given_and_returned(device, where, capsys):
    assert print_train_time(1.5, 4.0, *device) == 2.5
    assert capsys.readouterr().out == f"Train time{where}: 2.500 seconds\n"
