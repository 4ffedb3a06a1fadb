"""Which source served each data set in this process: real data, or a sample that stands in for them.

A module of its own, so that asking costs no import of torchvision: lessons without pictures ask, too.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

Data = TypeVar("Data")


class DataUnavailableError(RuntimeError):
    """No source has the data; or, for one source, why it hasn't."""


@dataclass(frozen=True)
class Source:
    """Where a data set came from.

    Attributes
    ----------
    dataset
        Its name and split, such as ``"FashionMNIST train"``.
    served
        What served, in words.
    kind
        ``"real"``, or ``"sample"`` for the sample that ships with the course.
        ``"synthetic"`` for images that the course draws itself.
        ``"stand-in"`` for other real pictures or weights in their place; ``"own"`` for a learner's own files.
    licence
        The data's licence.
    why
        For each source that was asked before: why it didn't serve.
    """

    dataset: str
    served: str
    kind: str
    licence: str
    why: tuple[str, ...] = ()


_served: dict[str, Source] = {}


def served_by(source: Source) -> None:
    """Note which source served a data set; the last one counts."""
    _served[source.dataset] = source


def data_source() -> dict[str, Source]:
    """Return what has served so far in this process, such as ``{"FashionMNIST train": Source(...)}``."""
    return dict(_served)


def first_that_serves(readers: Mapping[str, Callable[[], Data]]) -> tuple[str, Data, tuple[str, ...]]:
    """Ask sources in turn until one has the data.

    Parameters
    ----------
    readers
        What serves, in words → how to read the data from there; it raises `DataUnavailableError`, with a
        reason, where it can't.

    Returns
    -------
    served, data, why
        What served, the data, and for each source asked before: why it didn't serve.

    Raises
    ------
    DataUnavailableError
        None has the data; the message holds a line with the reason of each.
    """
    why: list[str] = []
    for served, read in readers.items():
        try:
            return served, read(), tuple(why)
        except DataUnavailableError as reason:
            why.append(str(reason))
    raise DataUnavailableError("\n".join(why))


def bullets(title: str, lines: Sequence[str]) -> str:
    """Return a title with a list below it."""
    return "\n  - ".join([title, *lines])
