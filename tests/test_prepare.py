import pytest

from helpers.data import prepare
from helpers.data.sources import DataUnavailableError


@pytest.fixture
def asked(monkeypatch) -> list[tuple[str, bool]]:
    """Return what is asked for; nothing is fetched."""
    asked = []
    for name in ("fashion_mnist", "mnist", "sign_mnist"):
        monkeypatch.setattr(prepare, name, lambda train, name=name: asked.append((name, train)))
    return asked


def test_each_data_set_is_asked_for_in_both_parts(asked):
    prepare.main()
    names = ["fashion_mnist", "mnist", "sign_mnist"]
    assert asked == [(name, train) for name in names for train in (True, False)]


def test_data_that_cannot_be_had_end_it_with_the_reasons(asked, monkeypatch):
    def refuse(train):
        raise DataUnavailableError("COURSE_DATA=real asks for the real digits, but no source has them")

    monkeypatch.setattr(prepare, "mnist", refuse)
    with pytest.raises(SystemExit, match="no source has them"):
        prepare.main()


def test_in_small_mode_all_of_it_is_there_without_a_network(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("COURSE_MODE", "small")
    monkeypatch.setenv("COURSE_DATA_DIR", str(tmp_path))
    prepare.main()
    text = capsys.readouterr().out
    for part in ("FashionMNIST: 3,000", "MNIST: 4,000", "SYNTHETIC HANDS, not photographs: 480 training"):
        assert part in text
    assert list(tmp_path.iterdir()) == []
