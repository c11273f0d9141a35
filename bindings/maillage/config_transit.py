"""`[networks.transit]`: walking and public transport by timetable, for whoever has no car."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo
from pydantic_core import PydanticCustomError

from maillage.config_sections import NotNegative, Positive, Section, to_list


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


Feed = Annotated[Path, AfterValidator(_find_feed)]
Text = Annotated[str, BeforeValidator(_to_text)]


class TransitConfig(Section):
    """Which timetables, on which date, and what counts as the travel time.

    The time of a place to a counter is a percentile over the instants of a window of
    departures, waiting and walking included. Each group walks at its own speed.
    """

    gtfs: Annotated[list[Feed], BeforeValidator(to_list), Field(min_length=1)]
    date: Text
    departure: Text = "08:00"
    window_min: Positive = 120.0
    percentile: Annotated[float, Field(gt=0, le=100)] = 50.0
    max_time: Positive = 120.0
    max_walk_min: NotNegative = 30.0  # to the first stop, from the last, and all the way
    max_transfer_m: NotNegative = 1000.0
    max_rides: Annotated[int, Field(ge=1, le=12)] = 3
    min_board_wait_s: NotNegative = 0.0
