"""Numbers as French tables write them: decimal commas, secrets, zeros, thousands."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.geo.table_numbers import NumberWords, parse_numbers


def parse(cells: list[str | None], **words):
    return parse_numbers(pa.chunked_array([pa.array(cells, pa.string())]), NumberWords(**words))


def test_plain_numbers_take_the_straight_way():
    numbers = parse(["1", "-2.5", "1e3", None])
    assert numbers.amounts[:3].tolist() == [1, -2.5, 1000]
    assert numbers.absent.tolist() == [False, False, False, True]
    assert not numbers.wrong.any()


def test_decimal_comma_secret_zero_and_absence_are_told_apart():
    numbers = parse(["16,0", "s", "0", "", " - ", "nd", "NaN", "7.5"], zero=["-"])
    assert numbers.amounts[[0, 2, 4, 7]].tolist() == [16, 0, 0, 7.5]
    assert np.isnan(numbers.amounts[[1, 3, 5, 6]]).all()
    assert numbers.secret.tolist() == [False, True, False, False, False, True, False, False]
    assert numbers.absent.tolist() == [False, False, False, True, False, False, True, False]
    assert not numbers.wrong.any()


def test_spaces_between_thousands():
    numbers = parse(["112 286,48", "1\u202f234", "1\u00a0234 567", " 12 "])
    assert numbers.amounts.tolist() == [112286.48, 1234, 1234567, 12]


@pytest.mark.parametrize("text", ["x", "12 34", "1,2,3", "1.234,5", "--1", "1e", "0x10", "12 %"])
def test_what_is_no_number_is_wrong(text: str):
    numbers = parse(["1", text])
    assert numbers.wrong.tolist() == [False, True]


@pytest.mark.parametrize("text", ["inf", "-Infinity", "1e999"])
def test_infinity_is_wrong(text: str):
    assert parse(["1", text]).wrong.tolist() == [False, True]
    assert parse(["1", text, "s"]).wrong.tolist() == [False, True, False]


def test_commas_that_could_separate_thousands_are_not_guessed():
    unclear = parse(["1,234", "12,345", "7"])
    assert unclear.ambiguous
    assert unclear.wrong.tolist() == [True, True, False]
    assert parse(["1,234", "0,5"]).amounts.tolist() == [1.234, 0.5]
    assert parse(["1,234"], decimal=",").amounts.tolist() == [1.234]
    assert parse(["1,234"], comma_is_plain=True).amounts.tolist() == [1.234]
    assert parse(["1,234"], decimal=".").wrong.tolist() == [True]


def test_own_words_replace_the_default_ones():
    assert parse(["s", "caché"], secret=["caché"]).wrong.tolist() == [True, False]


def test_typed_columns():
    numbers = parse_numbers(pa.chunked_array([pa.array([1, None, 3])]), NumberWords())
    assert numbers.absent.tolist() == [False, True, False]
    floats = pa.chunked_array([pa.array([1.5, float("nan"), float("inf")])])
    numbers = parse_numbers(floats, NumberWords())
    assert (numbers.absent.tolist(), numbers.wrong.tolist()) == (
        [False, True, False],
        [False, False, True],
    )


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_every_number_comes_back_to_the_last_bit(values: list[float]):
    text = [repr(value) for value in values]
    assert parse(text).amounts.tolist() == values
    # The same numbers on the slow way, which a secret cell leads to.
    slow = parse([*text, "s"]).amounts[:-1]
    assert slow.tolist() == values
    french = parse([t.replace(".", ",") for t in text], decimal=",")
    assert french.amounts.tolist() == values
