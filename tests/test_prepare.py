import pytest

from helpers.data import prepare
from helpers.data.sources import DataUnavailableError


def test_data_that_cannot_be_had_end_it_with_the_reasons(monkeypatch):
    def refuse(train):
        raise DataUnavailableError("COURSE_DATA=real asks for the real images, but no source has them")

    monkeypatch.setattr(prepare, "fashion_mnist", refuse)
    with pytest.raises(SystemExit, match="no source has them"):
        prepare.main()


def test_a_setting_that_cannot_be_ends_it_with_a_sentence(monkeypatch):
    monkeypatch.setenv("COURSE_MODE", "tiny")
    with pytest.raises(SystemExit, match=r"COURSE_MODE is 'tiny'; it can be 'full' or 'small'\."):
        prepare.main()


def test_each_data_set_is_asked_for_in_both_parts(monkeypatch):
    asked, names = [], ("fashion_mnist", "mnist", "sign_mnist")
    for name in names:
        monkeypatch.setattr(prepare, name, lambda train, name=name: asked.append((name, train)))
    prepare.main()
    assert asked == [(name, train) for name in names for train in (True, False)]
