"""Which source served each data set in this process: real data, or a sample that stands in for them.

A module of its own, so that asking costs no import of torchvision: lessons without pictures ask, too.
"""

from dataclasses import dataclass


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
