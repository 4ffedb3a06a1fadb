"""What a lesson reaches: claims that a run is checked for, and figures that are kept for the record.

`make full` runs every lesson in full mode and writes the figures of `recorded()` to lessons/results.json.
"""

from dataclasses import dataclass

from helpers.course.settings import is_small, is_strict
from helpers.data.sources import data_source

_figures: dict[str, dict[str, str | float]] = {}


class ClaimFailed(AssertionError):
    """In strict mode: a lesson's text says something that this run did not show."""


@dataclass(frozen=True)
class _Claim:
    text: str
    on_sample: bool
    failed: bool


_claims: list[_Claim] = []


def claim(text: str, holds: bool, on_sample: bool = False) -> None:
    """Print a claim of the lesson and whether this run shows it. A claim never stops a learner.

    It is judged in full mode only, and on a mere sample of a data set only with `on_sample`. In strict mode
    (the course's own tests) a claim that does not hold raises `ClaimFailed`.
    """
    samples = [source.dataset for source in data_source().values() if source.kind == "sample"]
    judged = not is_small() and (on_sample or not samples)
    _claims.append(_Claim(text, on_sample, failed=judged and not holds))
    if is_small():
        print(f"➖ not judged in small mode: {text}")
    elif not judged:
        print(f"➖ not judged on a sample of {', '.join(samples)}: {text}")
    elif holds:
        print(f"✅ {text}")
    elif is_strict():
        raise ClaimFailed(f"This run did not show that {text}.")
    else:
        print(
            f"❌ not in this run: {text}\n"
            "   Did you change a setting? Is the device another one, or the number of threads? If not, it "
            "may be luck: results differ from seed to seed."
        )


def reached(name: str, value: float, title: str, unit: str = "") -> None:
    """Print a figure that this run reached, in `unit` (such as ``%`` or ``s``), and keep it for the record.

    `name` is its name in lessons/results.json, such as ``model_0_test_accuracy``; `title` says what it is.
    """
    _figures[name] = {"title": title, "unit": unit, "value": float(value)}
    print(f"{title}: {value:.2f}{' ' + unit if unit else ''}")


def recorded() -> dict[str, dict[str, str | float]]:
    """Return the figures of this run: name → title, unit and value."""
    return dict(_figures)


def failed_claims() -> list[str]:
    """Return the claims that this run did not show."""
    return [claim.text for claim in _claims if claim.failed]


def made_for_samples() -> bool:
    """Does this run make claims, and is each judged on a sample of a data set, too?"""
    return bool(_claims) and all(claim.on_sample for claim in _claims)
