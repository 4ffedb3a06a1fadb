"""Errors that a lesson shows on purpose."""

import pytest

from helpers import expect_error


def test_the_expected_error_is_shown_by_its_own_name_and_the_notebook_goes_on(capsys):
    with expect_error(ArithmeticError, match="by zero"):
        _ = 1 / 0
    assert capsys.readouterr().out == "ZeroDivisionError: division by zero\n"


def test_an_expected_error_that_does_not_come_fails():
    with pytest.raises(AssertionError, match="A ZeroDivisionError was expected here, but no error came"):  # noqa: SIM117
        with expect_error(ZeroDivisionError, match="by zero"):
            _ = 1 / 1


def test_an_error_with_another_message_fails():
    with pytest.raises(AssertionError, match="its message doesn't say 'by one': division by zero"):  # noqa: SIM117
        with expect_error(ZeroDivisionError, match="by one"):
            _ = 1 / 0


def test_an_error_of_another_kind_comes_through():
    with pytest.raises(KeyError), expect_error(ZeroDivisionError, match="x"):
        _ = {}["x"]
