"""Errors are sentences of the right type; findings are counted and keep five examples."""

from __future__ import annotations

import pytest

from maillage.errors import (
    InputError,
    IoError,
    MaillageError,
    NotFoundError,
    find_near_names,
    to_hint,
)
from maillage.findings import Findings


def test_errors_are_the_builtin_kinds_and_say_their_sentence():
    for error, builtin in ((InputError, ValueError), (IoError, OSError), (NotFoundError, KeyError)):
        raised = error("counters.csv:18: lat is 248.85, expected -90..90")
        assert isinstance(raised, builtin)
        assert isinstance(raised, MaillageError)
        assert str(raised) == "counters.csv:18: lat is 248.85, expected -90..90"


def test_one_problem_is_a_line_and_several_are_a_list():
    one = InputError.of_problems("t.toml", ["format is 2, expected 1"])
    assert str(one) == "t.toml: format is 2, expected 1"
    two = InputError.of_problems("t.toml", ["a is 1", "b is 2"])
    assert str(two) == "t.toml: 2 problems:\n  - a is 1\n  - b is 2"
    assert two.problems == ["a is 1", "b is 2"]


def test_unknown_name_offers_the_near_ones():
    error = NotFoundError.of_name("column", "pop_0_15", ["id", "pop_0_14", "lat"])
    assert str(error) == "column 'pop_0_15' does not exist, did you mean 'pop_0_14'?"
    assert find_near_names("LAT", ["lon", "lat"]) == ["lat"]
    assert find_near_names("pop", ["population", "lat"]) == ["population"]
    assert to_hint("zzz", ["a", "b"]) == ", expected one of 'a', 'b'"
    assert to_hint("zzz", []) == ", there are none"
    assert "and 8 more" in to_hint("zzz", [f"q{i}" for i in range(20)])


def test_findings_count_everything_and_keep_five():
    findings = Findings()
    assert not findings
    for i in range(7):
        findings.add("far", f"row {i}")
    findings.add_all("bad", (f"b{i}" for i in range(3)), 1000)
    findings.add("never", "none", 0)
    assert findings.count("far") == 7
    assert findings.examples("far") == [f"row {i}" for i in range(5)]
    assert findings.count("bad") == 1000
    assert findings.kinds == ["far", "bad"]
    frame = findings.to_frame()
    assert list(frame.columns) == ["kind", "count", "examples"]
    assert frame["count"].tolist() == [7, 1000]


def test_findings_merge_adds_counts_and_fills_examples():
    first, second = Findings(), Findings()
    first.add("far", "a")
    second.add_all("far", ["b", "c"], 10)
    second.add("new", "d")
    first.merge(second)
    assert first.count("far") == 11
    assert first.examples("far") == ["a", "b", "c"]
    assert first.count("new") == 1


def test_findings_refuse_a_negative_count():
    with pytest.raises(ValueError, match="count is -1"):
        Findings().add("far", "a", -1)


def test_empty_findings_are_an_empty_frame_with_the_columns():
    assert list(Findings().to_frame().columns) == ["kind", "count", "examples"]
    assert repr(Findings()) == "no findings"
