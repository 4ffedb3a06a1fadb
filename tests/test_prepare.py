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


def test_in_small_mode_each_data_set_is_there_in_both_parts_without_a_network(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("COURSE_MODE", "small")
    monkeypatch.setenv("COURSE_DATA_DIR", str(tmp_path))
    prepare.main()
    text = capsys.readouterr().out
    for line in (
        *("\nFashionMNIST: 1,000 real test", "\nMNIST: 4,000 real training", "\nMNIST: 1,000 real test"),
        *(
            "SYNTHETIC HANDS, not photographs: 480 training",
            "SYNTHETIC HANDS, not photographs: 240 validation",
        ),
    ):
        assert line in text
    assert text.startswith("FashionMNIST: 3,000 real training")
    assert list(tmp_path.iterdir()) == []
