"""`[networks.transit]`: walking and public transport by timetable, for whoever has no car."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo
from pydantic_core import PydanticCustomError

from maillage.config_sections import NotNegative, Positive, Section, to_list, to_problem
from maillage.errors import InputError
from maillage.geo.gtfs_times import to_date
from maillage.transit_window import to_seconds_of


def _find_feed(path: Path, info: ValidationInfo) -> Path:
    """The path of an archive or a folder, seen from the folder of the toml file."""
    folder = (info.context or {}).get("folder")
    if folder is None:
        return path
    full = path if path.is_absolute() else Path(folder) / path
    if not full.exists():
        raise PydanticCustomError("file", "does not exist, expected a GTFS archive or folder", {})
    return full


def _to_text(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.date | dt.time) else value


def _check_with(read: Callable[[str], Any], expected: str) -> Callable[[str], str]:
    """Text as it is, where `read` understands it."""

    def check(text: str) -> str:
        try:
            read(text)
        except InputError:
            raise to_problem(f"expected {expected}") from None
        return text

    return check


def _read_clock(text: str) -> int:
    if not text.strip()[:1].isdigit() or ":" not in text.strip()[:3]:
        raise InputError(f"departure is {text!r}")  # a date before it has no place here
    return to_seconds_of(text, dt.date.min, "departure")


Feed = Annotated[Path, AfterValidator(_find_feed)]
Date = Annotated[
    str,
    BeforeValidator(_to_text),
    AfterValidator(_check_with(to_date, "a date such as '2025-06-10'")),
]
Clock = Annotated[
    str,
    BeforeValidator(_to_text),
    AfterValidator(_check_with(_read_clock, "a time such as '08:00'")),
]


class TransitConfig(Section):
    """Which timetables, on which date, and what counts as the travel time.

    The time of a place to a counter is a percentile over the instants of a window of
    departures, waiting and walking included. Each group walks at its own speed.
    """

    gtfs: Annotated[list[Feed], BeforeValidator(to_list), Field(min_length=1)]
    date: Date
    departure: Clock = "08:00"
    window_min: Positive = 120.0
    percentile: Annotated[float, Field(gt=0, le=100)] = 50.0
    max_time: Positive = 120.0
    max_walk_min: NotNegative = 30.0  # to the first stop, from the last, and all the way
    max_transfer_m: NotNegative = 1000.0
    max_rides: Annotated[int, Field(ge=1, le=12)] = 3
    min_board_wait_s: NotNegative = 0.0
