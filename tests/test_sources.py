"""The chain, with a data set of four letters. What is a data set's own is in its tests."""

import pytest
from mirror import as_a_learner

from helpers import data_source
from helpers.data.sources import DataUnavailableError, Reader, Source, Wanted, ask, served_by


@pytest.fixture(autouse=True)
def _learner(monkeypatch, tmp_path):
    as_a_learner(monkeypatch, tmp_path)


def source(dataset: str, kind: str = "real") -> Source:
    return Source(dataset, "a folder", kind, "MIT")


def test_data_source_tells_what_served_each_data_set_and_the_last_one_counts():
    assert data_source() == {}
    served_by(source("Clothes train", "sample"))
    served_by(source("Clothes test", "sample"))
    served_by(source("Clothes train"))
    assert data_source() == {
        "Clothes train": source("Clothes train"),
        "Clothes test": source("Clothes test", "sample"),
    }


def test_what_data_source_returns_is_a_copy():
    data_source()["Clothes train"] = source("Clothes train")
    assert data_source() == {}


class Letters:
    """A data set with readers that have the letters, or a reason why not. It notes who was asked."""

    def __init__(self, **reasons: str) -> None:
        self.reasons, self.asked = reasons, []

    def read(self, reader: str) -> str:
        self.asked.append(reader)
        if reader in self.reasons:
            raise DataUnavailableError(self.reasons[reader])
        return "abcd"

    def ask(self) -> tuple[str, Source]:
        def reader(name: str, served: str, licence: str, **options: object) -> Reader:
            return Reader(served, lambda: self.read(name), licence, **options)

        wanted = Wanted(
            name="Letters",
            part="train",
            what="the real letters",
            readers=[
                reader("cache", "the cache", "MIT"),
                reader("mirror", "a mirror", "MIT", online=True),
                reader("sample", "a sample", "CC0", kind="sample"),
            ],
            warning="Others write them in another way.",
            ways_out=["go online", "ask a friend"],
            described=lambda data, source, warn: f"{'ONLY ' * warn}{len(data)} from {source.served}",
            small=lambda data: data[:2],
        )
        return ask(wanted)


def test_the_first_source_that_has_the_data_serves_and_one_line_says_so(capsys):
    letters = Letters()
    data, source = letters.ask()
    assert (data, source) == ("abcd", Source("Letters train", "the cache", "real", "MIT"))
    assert capsys.readouterr().out == "Letters: 4 from the cache (licence: MIT)\n"
    assert data_source() == {"Letters train": source}
    assert letters.asked == ["cache"]


def test_the_line_says_why_the_others_did_not_serve(capsys):
    _, source = Letters(cache="the cache is empty").ask()
    assert (source.served, source.why) == ("a mirror", ("the cache is empty",))
    assert capsys.readouterr().out == "Letters: 4 from a mirror, as the cache is empty (licence: MIT)\n"


GONE = {"cache": "the cache is empty", "mirror": "the mirror is silent"}
WAYS_OUT = "What you can do, whichever fits:\n  - go online\n  - ask a friend"


def test_what_stands_in_serves_last_and_says_so_loudly_with_each_reason_and_the_ways_out(capsys):
    data, source = Letters(**GONE).ask()
    assert (data, source.kind, source.licence, source.why) == ("abcd", "sample", "CC0", tuple(GONE.values()))
    assert capsys.readouterr().out == (
        "Letters: ONLY 4 from a sample (licence: CC0).\nOthers write them in another way.\n"
        f"Why nothing else served:\n  - the cache is empty\n  - the mirror is silent\n{WAYS_OUT}\n"
    )


def test_real_data_only_forbids_what_stands_in_and_says_what_was_tried_and_what_to_do(monkeypatch):
    monkeypatch.setenv("COURSE_DATA", "real")
    letters = Letters(**GONE)
    with pytest.raises(DataUnavailableError) as raised:
        letters.ask()
    assert str(raised.value) == (
        "COURSE_DATA=real asks for the real letters, but no source has them:\n  - the cache is empty\n"
        f"  - the mirror is silent\n{WAYS_OUT}\n  - unset COURSE_DATA: a sample will do"
    )
    assert letters.asked == ["cache", "mirror"]
    assert data_source() == {}


def test_where_nothing_stands_in_either_each_reason_is_told():
    with pytest.raises(DataUnavailableError) as raised:
        Letters(**GONE, sample="the sample is damaged").ask()
    text = str(raised.value)
    assert text.startswith("No source has the real letters:\n  - the cache is empty\n")
    assert "  - the sample is damaged\n" in text
    assert "COURSE_DATA" not in text


def test_small_mode_takes_a_part_of_what_stands_in_without_alarm(monkeypatch, capsys):
    monkeypatch.setenv("COURSE_MODE", "small")
    letters = Letters()
    assert letters.ask()[0] == "ab"
    assert capsys.readouterr().out == "Letters: 2 from a sample, as this is small mode (licence: CC0)\n"
    assert letters.asked == ["sample"]


def test_small_mode_with_real_data_only_takes_a_part_of_what_is_on_disk(monkeypatch, capsys):
    monkeypatch.setenv("COURSE_MODE", "small")
    monkeypatch.setenv("COURSE_DATA", "real")
    letters = Letters(mirror="never")
    assert letters.ask()[0] == "ab"
    assert capsys.readouterr().out == "Letters: 2 from the cache (licence: MIT)\n"
    letters.reasons["cache"] = "the cache is empty"
    with pytest.raises(DataUnavailableError, match="a mirror was not asked: small mode uses no network\n"):
        letters.ask()
    assert letters.asked == ["cache", "cache"]


def test_another_error_is_not_taken_for_a_reason(monkeypatch):
    monkeypatch.setattr(Letters, "read", lambda self, reader: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        Letters().ask()
