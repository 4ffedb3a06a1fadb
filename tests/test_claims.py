"""Claims are judged where they can hold and never stop a learner; figures are printed and kept."""

import pytest

from helpers import claim, reached
from helpers.course import claims
from helpers.course.claims import ClaimFailed, failed_claims, recorded
from helpers.data.sources import Source


@pytest.fixture(autouse=True)
def _full_mode_on_real_data(monkeypatch):
    monkeypatch.setenv("COURSE_MODE", "full")
    monkeypatch.delenv("COURSE_STRICT", raising=False)
    serve(monkeypatch, FashionMNIST="real")
    monkeypatch.setattr(claims, "_figures", {})
    monkeypatch.setattr(claims, "_claims", [])


def serve(monkeypatch, **kinds):
    served = {name: Source(name, "a folder", kind, "MIT") for name, kind in kinds.items()}
    monkeypatch.setattr(claims, "data_source", lambda: served)


@pytest.mark.parametrize("data", [{}, {"MNIST": "real"}, {"MNIST": "sample"}])
def test_a_claim_that_holds_is_ticked_on_a_sample_too_if_it_is_meant_for_one(monkeypatch, capsys, data):
    serve(monkeypatch, **data)
    claim("V2 beats V0", True, on_sample="sample" in data.values())
    assert capsys.readouterr().out == "✅ V2 beats V0\n"


def test_a_claim_that_does_not_hold_says_where_to_look_and_the_notebook_goes_on(capsys):
    claim("V2 beats V0", False)
    out = capsys.readouterr().out
    assert out.startswith("❌ not in this run: V2 beats V0\n")
    for where in ("change a setting?", "device another one", "threads", "luck"):
        assert where in out
    assert failed_claims() == ["V2 beats V0"]


def test_in_strict_mode_a_claim_that_does_not_hold_is_an_error(monkeypatch):
    monkeypatch.setenv("COURSE_STRICT", "1")
    with pytest.raises(ClaimFailed, match=r"This run did not show that V2 beats V0\."):
        claim("V2 beats V0", False)


@pytest.mark.parametrize("strict", ["0", "1"])
@pytest.mark.parametrize("holds", [True, False])
def test_nothing_is_judged_in_small_mode_or_on_a_sample(monkeypatch, capsys, holds, strict):
    monkeypatch.setenv("COURSE_STRICT", strict)
    serve(monkeypatch, MNIST="real", FashionMNIST="sample", ASL="sample")
    claim("V2 beats V0", holds)
    monkeypatch.setenv("COURSE_MODE", "small")
    claim("V2 beats V0", holds, on_sample=True)
    on_sample = "➖ not judged on a sample of FashionMNIST, ASL: V2 beats V0\n"
    assert capsys.readouterr().out == f"{on_sample}➖ not judged in small mode: V2 beats V0\n"
    assert failed_claims() == []


def test_a_lesson_is_made_for_samples_if_each_of_its_claims_is():
    assert not claims.made_for_samples()
    claim("nine in ten are right", True, on_sample=True)
    assert claims.made_for_samples()
    claim("and the net has learned more than that", True)
    assert not claims.made_for_samples()


def test_what_a_run_reached_is_printed_with_its_unit_and_recorded_unrounded(capsys):
    reached("v0_accuracy", 83.456, "V0, test accuracy", "%")
    reached("images", 12, "images")
    assert capsys.readouterr().out == "V0, test accuracy: 83.46 %\nimages: 12.00\n"
    recorded()["v0_accuracy"] = {}  # a copy
    assert recorded() == {
        "v0_accuracy": {"title": "V0, test accuracy", "unit": "%", "value": 83.456},
        "images": {"title": "images", "unit": "", "value": 12.0},
    }
