"""What a lesson says it reaches: claims that are judged, and figures that are kept for the record.

`make full` runs every lesson in full mode and writes the figures of `recorded()` to lessons/results.json.
"""

from helpers.course.settings import is_small
from helpers.data.sources import data_source

_figures: dict[str, dict[str, str | float]] = {}
_made_for_samples: list[bool] = []  # of each claim


class ClaimFailed(AssertionError):
    """A lesson's text says something that this run did not show."""


def claim(text: str, holds: bool, on_sample: bool = False) -> None:
    """Print a claim of the lesson and whether this run bears it out.

    It is judged where it can hold: in full mode, and not on a mere sample of a data set.

    Parameters
    ----------
    text
        The claim, in words.
    holds
        Whether this run bears it out.
    on_sample
        Whether it is meant for a sample as well.

    Raises
    ------
    ClaimFailed
        It was judged and does not hold.
    """
    _made_for_samples.append(on_sample)
    samples = [source.dataset for source in data_source().values() if source.kind == "sample"]
    if is_small():
        print(f"➖ not judged in small mode: {text}")
    elif samples and not on_sample:
        print(f"➖ not judged on a sample of {', '.join(samples)}: {text}")
    elif holds:
        print(f"✅ {text}")
    else:
        raise ClaimFailed(
            f"This run did not show that {text}. Results vary with the seed, the device and the number of "
            "threads; if you changed nothing, run it again with another SEED."
        )


def reached(name: str, value: float, title: str, unit: str = "") -> None:
    """Print a figure that this run reached and keep it for the record.

    Parameters
    ----------
    name
        Its name in lessons/results.json, such as ``model_0_test_accuracy``.
    value
        The figure, in `unit`.
    title
        What it is, in words.
    unit
        Such as ``%`` or ``s``.
    """
    _figures[name] = {"title": title, "unit": unit, "value": float(value)}
    print(f"{title}: {value:.2f}{' ' + unit if unit else ''}")


def recorded() -> dict[str, dict[str, str | float]]:
    """Return the figures of this run: name → title, unit and value."""
    return dict(_figures)


def made_for_samples() -> bool:
    """Tell whether this run made claims, and each is meant for a sample of a data set as well."""
    return bool(_made_for_samples) and all(_made_for_samples)
