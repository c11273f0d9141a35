"""Checks of plain arguments: a wrong one is told in a sentence, whatever its type."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable
from os import PathLike
from pathlib import Path
from typing import Any

from maillage.errors import InputError, NotFoundError

MAX_LEVEL = 255


def check_count(name: str, value: Any, low: int, expected: str, *, high: int | None = None) -> int:
    """A whole number of at least `low` (and at most `high`); numpy's count, True does not."""
    try:
        number = operator.index(value)
    except TypeError:
        number = None
    is_wrong = number is None or isinstance(value, bool) or number < low
    if number is None or is_wrong or (high is not None and number > high):
        raise InputError(f"{name} is {to_shown(value)}, expected {expected}")
    return number


def check_number(name: str, value: Any, expected: str, is_right: Callable[[float], bool]) -> float:
    """A number that `is_right` accepts; text is never a number."""
    try:
        number = math.nan if isinstance(value, str | bytes | bool) else float(value)
    except (TypeError, ValueError):
        number = math.nan
    if math.isnan(number) or not is_right(number):
        raise InputError(f"{name} is {to_shown(value)}, expected {expected}")
    return number


def check_name(what: str, name: Any, choices: Iterable[str]) -> str:
    """A name that exists; NotFoundError with the near names otherwise."""
    known = list(choices)
    if not isinstance(name, str):
        raise InputError(f"{what} is {to_shown(name)}, expected a name")
    if name not in known:
        raise NotFoundError.of_name(what, name, known)
    return name


def check_choice(name: str, value: Any, choices: tuple[str, ...]) -> str:
    """One of a few words."""
    if not isinstance(value, str) or value not in choices:
        expected = f"{', '.join(choices[:-1])} or {choices[-1]}"
        raise InputError(f"{name} is {to_shown(value)}, expected {expected}")
    return value


def check_path(name: str, path: Any) -> Path:
    """The path of a file, given as text or as a path."""
    if not isinstance(path, str | PathLike) or not str(path):
        raise InputError(f"{name} is {to_shown(path)}, expected the path of a file")
    return Path(path)


def check_level(level: Any) -> int:
    """The least level of a service."""
    return check_count("level", level, 1, "1 (first help), 2 (expert desk) or more", high=MAX_LEVEL)


def check_threads(threads: Any) -> int:
    """A number of threads; 0 means all that the machine has."""
    return check_count("threads", threads, 0, "a whole number, 0 for all the machine has")


def to_shown(value: Any) -> str:
    """A value as a person would write it, short enough for a sentence."""
    if hasattr(value, "item") and getattr(value, "size", 0) == 1:
        value = value.item()  # numpy's numbers say their type
    text = f"{value:g}" if isinstance(value, float) else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
