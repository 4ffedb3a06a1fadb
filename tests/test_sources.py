import pytest

from helpers import data_source
from helpers.data import sources
from helpers.data.sources import DataUnavailableError, Source, first_that_serves, served_by


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


def refuse(reason: str):
    def read():
        raise DataUnavailableError(reason)

    return read


def test_the_first_source_that_has_the_data_serves_and_the_others_say_why_not():
    readers = {"a cache": refuse("it is empty"), "a mirror": lambda: 42, "a sample": lambda: 7}
    assert first_that_serves(readers) == ("a mirror", 42, ("it is empty",))


def test_where_no_source_has_the_data_each_reason_is_told():
    readers = {"a cache": refuse("it is empty"), "a mirror": refuse("it is silent")}
    with pytest.raises(DataUnavailableError, match="it is empty\nit is silent"):
        first_that_serves(readers)


def test_another_error_is_not_taken_for_a_reason():
    with pytest.raises(ZeroDivisionError):
        first_that_serves({"a cache": lambda: 1 / 0, "a sample": lambda: 7})
