"""The chain of sources: asks them in turn for a data set, prints which one served and why, and notes it.

Lessons without pictures ask what served, too, so this module doesn't import torchvision.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from helpers.course import settings

Data = TypeVar("Data")


class DataUnavailableError(RuntimeError):
    """No source has the data; or, for one source, why it hasn't."""


@dataclass(frozen=True)
class Source:
    """Where a data set came from.

    Attributes
    ----------
    dataset
        Its name and part, such as ``"FashionMNIST train"``.
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


@dataclass(frozen=True)
class Reader(Generic[Data]):
    """A source to ask. `read` returns the data, or raises `DataUnavailableError` with the reason."""

    served: str
    read: Callable[[], Data]
    licence: str
    kind: str = "real"
    online: bool = False


@dataclass(frozen=True)
class Wanted(Generic[Data]):
    """A part of a data set, and what is its own when its sources are asked.

    The last of `readers` stands in for the real data. `what` names these, as in "the real training images of
    MNIST", and `ways_out` says what a learner can do to get them. `described` gets the data, their source and
    whether to warn, and says in words what served; `warning` follows it. `small` takes small mode's part.
    """

    name: str
    part: str
    what: str
    readers: Sequence[Reader[Data]]
    warning: str
    ways_out: Sequence[str]
    described: Callable[[Data, Source, bool], str]
    small: Callable[[Data], Data]


_served: dict[str, Source] = {}


def served_by(source: Source) -> None:
    """Note which source served a data set; the last one counts."""
    _served[source.dataset] = source


def data_source() -> dict[str, Source]:
    """Return what has served so far in this process, such as ``{"FashionMNIST train": Source(...)}``."""
    return dict(_served)


def ask(wanted: Wanted[Data]) -> tuple[Data, Source]:
    """Return the data from the first source that has them, and say which one that is and why.

    Small mode asks only what stands in, ``COURSE_DATA=real`` only the others; with both, none online.

    Raises
    ------
    DataUnavailableError
        No source has the data. The message says why for each, and what to do.
    """
    small, real_only = settings.is_small(), settings.real_data_only()
    why: list[str] = []
    for reader in wanted.readers:
        stands_in = reader.kind != "real"
        if (stands_in and real_only) or (not stands_in and small and not real_only):
            continue
        if small and reader.online:
            why.append(f"{reader.served} was not asked: small mode uses no network")
            continue
        try:
            data = reader.read()
        except DataUnavailableError as reason:
            why.append(str(reason))
            continue
        dataset = f"{wanted.name} {wanted.part}"
        source = Source(dataset, reader.served, reader.kind, reader.licence, tuple(why))
        return serve(wanted, data, source), source
    title, ways = f"No source has {wanted.what}:", list(wanted.ways_out)
    if real_only:
        title = f"COURSE_DATA=real asks for {wanted.what}, but no source has them:"
        ways.append(f"unset COURSE_DATA: {wanted.readers[-1].served} will do")
    raise DataUnavailableError(f"{bullets(title, why)}\n{bullets('What you can do, whichever fits:', ways)}")


def serve(wanted: Wanted[Data], data: Data, source: Source) -> Data:
    """Return the data, in small mode a part of them; print and note where they came from."""
    small, real = settings.is_small(), source.kind == "real"
    if small:
        data = wanted.small(data)
    said = f"{wanted.name}: {wanted.described(data, source, not real and not small)}"
    licence = f"(licence: {source.licence})"
    if real:
        why = f", as {' and '.join(source.why)}" if source.why else ""
        print(f"{said}{why} {licence}")
    elif small:
        print(f"{said}, as this is small mode {licence}")
    else:
        print(f"{said} {licence}.\n{wanted.warning}")
        print(bullets("Why nothing else served:", source.why))
        print(bullets("What you can do, whichever fits:", wanted.ways_out))
    served_by(source)
    return data


def bullets(title: str, lines: Sequence[str]) -> str:
    """Return a title with a list below it."""
    return "\n  - ".join([title, *lines])
