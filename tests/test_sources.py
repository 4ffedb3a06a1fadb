import pytest

from helpers import data_source, sources
from helpers.sources import Source, served_by


@pytest.fixture(autouse=True)
def _nothing_served_yet(monkeypatch):
    monkeypatch.setattr(sources, "_served", {})


def source(dataset: str, kind: str = "real") -> Source:
    return Source(dataset, "a folder", kind, "MIT")


def test_data_source_tells_what_served_each_data_set():
    assert data_source() == {}
    served_by(source("Clothes train"))
    served_by(source("Clothes test", "sample"))
    assert data_source() == {
        "Clothes train": source("Clothes train"),
        "Clothes test": source("Clothes test", "sample"),
    }


def test_the_last_source_of_a_data_set_counts():
    served_by(source("Clothes train", "sample"))
    served_by(source("Clothes train"))
    assert data_source() == {"Clothes train": source("Clothes train")}


def test_what_data_source_returns_is_a_copy():
    data_source()["Clothes train"] = source("Clothes train")
    assert data_source() == {}
