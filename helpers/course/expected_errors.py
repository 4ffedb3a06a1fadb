"""Errors that a lesson shows on purpose."""

import re
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def expect_error(kind: type[Exception], match: str) -> Iterator[None]:
    """Show an error that a lesson provokes on purpose, and go on.

    `match` is a regular expression that the error's message must contain. Raises `AssertionError` if no error
    comes, or one with another message: then the lesson no longer shows what it says.
    """
    try:
        yield
    except kind as error:
        if not re.search(match, str(error)):
            raise AssertionError(f"The error came, but its message doesn't say {match!r}: {error}") from error
        print(f"{type(error).__name__}: {error}")
    else:
        raise AssertionError(f"A {kind.__name__} was expected here, but no error came.")
