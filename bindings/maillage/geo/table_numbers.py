"""Numbers out of columns of text, with what is secret, absent and wrong told apart.

French tables write `16,0`, `112 286,48`, `s` for a statistical secret and `-` for what
Excel shows as zero. `parse_numbers` works on whole columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from maillage.geo.arrow_compute import pc

DEFAULT_SECRET = ("s", "ns", "nd", "c", "secret")
ABSENT_WORDS = ("", "nan", "na", "n/a", "<na>", "null", "none", "_u", "_z")

_PLAIN = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
_SPACED = r"^[+-]?\d{1,3}([ \x{00A0}\x{202F}]\d{3})+([.,]\d+)?$"
_SPACES = r"[ \x{00A0}\x{202F}]"
# `1,234` alone says neither one thousand two hundred and thirty-four nor 1.234.
_AMBIGUOUS = r"^[+-]?[1-9]\d{0,2}(,\d{3})+$"


@dataclass(frozen=True)
class NumberWords:
    """How a table writes numbers: decimal sign (None: found), words for secret and for zero.

    `comma_is_plain` is true where the comma cannot separate thousands because it does not
    separate cells either (French `;` files).
    """

    decimal: str | None = None
    secret: Sequence[str] = DEFAULT_SECRET
    zero: Sequence[str] = ()
    comma_is_plain: bool = False


@dataclass(frozen=True)
class Numbers:
    """One column as numbers, n_rows each: NaN where secret, absent or wrong."""

    amounts: np.ndarray  # float64
    secret: np.ndarray  # bool
    absent: np.ndarray  # bool: empty cells and words such as NaN
    wrong: np.ndarray  # bool: text that is no number, and infinities
    ambiguous: bool = False  # `wrong` are commas that may be decimal or thousands


def parse_numbers(column: pa.ChunkedArray, words: NumberWords) -> Numbers:
    """A column of numbers or of text as float64; nothing is raised, `wrong` says where."""
    if pa.types.is_dictionary(column.type):
        column = pc.cast(column, column.type.value_type)
    if not _is_text(column.type):
        return _from_typed(column)
    try:
        values = pc.cast(column, pa.float64())
    except pa.ArrowInvalid:
        return _from_text(column, words)
    return _from_typed(values)


def _is_text(kind: pa.DataType) -> bool:
    return pa.types.is_string(kind) or pa.types.is_large_string(kind)


def _from_typed(column: pa.ChunkedArray) -> Numbers:
    values = _to_float64(column)
    absent = np.isnan(values)
    wrong = np.isinf(values)
    if wrong.any():
        values = np.where(wrong, np.nan, values)
    return Numbers(values, np.zeros(len(values), dtype=bool), absent, wrong)


def _to_float64(column: pa.ChunkedArray) -> np.ndarray:
    column = pc.cast(column, pa.float64(), safe=False)
    if column.null_count:
        column = pc.fill_null(column, float("nan"))
    return np.array(column.to_numpy(), dtype=np.float64)


def _from_text(column: pa.ChunkedArray, words: NumberWords) -> Numbers:
    text = pc.fill_null(pc.utf8_trim_whitespace(column), "")
    if pc.any(pc.match_substring_regex(text, _SPACES)).as_py():
        spaced = pc.match_substring_regex(text, _SPACED)
        joined = pc.replace_substring_regex(text, _SPACES, "")
        text = pc.if_else(spaced, joined, text)
    ambiguous = _find_ambiguous(text, words)
    if words.decimal != ".":
        text = pc.replace_substring(text, ",", ".", max_replacements=1)
    plain = pc.match_substring_regex(text, _PLAIN)
    number_text = pc.if_else(plain, text, pa.scalar(None, text.type))
    values = _to_float64(pc.cast(number_text, pa.float64()))
    values = np.where(np.isinf(values), np.nan, values)
    rest = _to_bool(pc.invert(plain))
    secret, zero, absent = (np.zeros(len(values), dtype=bool) for _ in range(3))
    if rest.any():
        secret = rest & _is_word(text, words.secret)
        zero = rest & ~secret & _is_word(text, words.zero)
        absent = rest & ~secret & ~zero & _is_word(text, ABSENT_WORDS)
        values[zero] = 0.0
    wrong = np.isnan(values) & ~secret & ~absent
    if ambiguous is not None:
        values[ambiguous] = np.nan
        return Numbers(values, secret, absent, ambiguous, ambiguous=True)
    return Numbers(values, secret, absent, wrong)


def _find_ambiguous(text: pa.ChunkedArray, words: NumberWords) -> np.ndarray | None:
    """The rows with a comma, when none of them shows what the comma means."""
    if words.decimal is not None or words.comma_is_plain:
        return None
    with_comma = _to_bool(pc.match_substring(text, ","))
    if not with_comma.any():
        return None
    unclear = _to_bool(pc.match_substring_regex(text, _AMBIGUOUS))
    return with_comma if bool((unclear == with_comma).all()) else None


def _is_word(text: pa.ChunkedArray, words: Sequence[str]) -> np.ndarray:
    folded = pa.array([word.casefold() for word in words], text.type)
    return _to_bool(pc.is_in(pc.utf8_lower(text), value_set=folded))


def _to_bool(column: pa.ChunkedArray) -> np.ndarray:
    return np.array(column.to_numpy(), dtype=bool)
