import pytest

from helpers import claim, reached
from helpers.course import claims
from helpers.course.claims import ClaimFailed, recorded
from helpers.data.sources import Source


@pytest.fixture(autouse=True)
def _full_mode_on_real_data(monkeypatch):
    monkeypatch.setenv("COURSE_MODE", "full")
    serve(monkeypatch, FashionMNIST="real")
    monkeypatch.setattr(claims, "_figures", {})
    monkeypatch.setattr(claims, "_made_for_samples", [])


def serve(monkeypatch, **kinds):
    served = {name: Source(name, "a folder", kind, "MIT") for name, kind in kinds.items()}
    monkeypatch.setattr(claims, "data_source", lambda: served)


def test_a_claim_that_holds_is_ticked(capsys):
    claim("V2 beats V0", True)
    assert capsys.readouterr().out == "✅ V2 beats V0\n"


def test_a_claim_that_is_meant_for_a_sample_too_is_judged_on_one(monkeypatch, capsys):
    serve(monkeypatch, MNIST="sample")
    claim("nine in ten are right", True, on_sample=True)
    assert capsys.readouterr().out == "✅ nine in ten are right\n"
    with pytest.raises(ClaimFailed):
        claim("nine in ten are right", False, on_sample=True)


def test_a_lesson_is_made_for_samples_where_each_of_its_claims_is():
    assert not claims.made_for_samples()
    claim("nine in ten are right", True, on_sample=True)
    assert claims.made_for_samples()
    claim("and the net has learned more than that", True)
    assert not claims.made_for_samples()


def test_small_mode_judges_no_claim_on_a_sample_either(monkeypatch, capsys):
    monkeypatch.setenv("COURSE_MODE", "small")
    claim("nine in ten are right", False, on_sample=True)
    assert "not judged" in capsys.readouterr().out


def test_a_claim_that_does_not_hold_stops_the_notebook():
    with pytest.raises(ClaimFailed, match=r"This run did not show that V2 beats V0\."):
        claim("V2 beats V0", False)


@pytest.mark.parametrize("holds", [True, False])
def test_small_mode_judges_no_claim(monkeypatch, capsys, holds):
    monkeypatch.setenv("COURSE_MODE", "small")
    claim("V2 beats V0", holds)
    assert capsys.readouterr().out == "➖ not judged in small mode: V2 beats V0\n"


@pytest.mark.parametrize("holds", [True, False])
def test_on_a_sample_no_claim_is_judged_and_it_says_of_which_data(monkeypatch, capsys, holds):
    serve(monkeypatch, MNIST="real", FashionMNIST="sample", ASL="sample")
    claim("V2 beats V0", holds)
    assert capsys.readouterr().out == "➖ not judged on a sample of FashionMNIST, ASL: V2 beats V0\n"


def test_a_claim_about_no_data_is_judged(monkeypatch):
    serve(monkeypatch)
    with pytest.raises(ClaimFailed):
        claim("2 is odd", False)


def test_what_a_run_reached_is_printed_with_its_unit(capsys):
    reached("v0_accuracy", 83.456, "V0, test accuracy", "%")
    reached("images", 12, "images")
    assert capsys.readouterr().out == "V0, test accuracy: 83.46 %\nimages: 12.00\n"


def test_what_a_run_reached_is_recorded_unrounded():
    reached("v0_accuracy", 83.456, "V0, test accuracy", "%")
    reached("images", 12, "images")
    assert recorded() == {
        "v0_accuracy": {"title": "V0, test accuracy", "unit": "%", "value": 83.456},
        "images": {"title": "images", "unit": "", "value": 12.0},
    }


def test_the_record_is_a_copy():
    recorded()["v0_accuracy"] = {}
    assert recorded() == {}
