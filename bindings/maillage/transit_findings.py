"""Findings about timetables on the ways of people who walk."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from maillage.findings import Findings

if TYPE_CHECKING:
    from maillage.transit import Transit


def find_stops_off_network(
    days: Sequence[Transit], findings: Findings, how: dict[str, Any]
) -> None:
    """A finding for stops that no way on foot is near: nobody gets on or off there.

    `days` are dates of the same feeds on the same footways; a stop counts, once, when a trip of
    any of them calls there and it stands somewhere.
    """
    stops = days[0].feed.stops
    spots = days[0]._attach_stops(how)
    if spots.links is None:
        return
    is_used = np.zeros(len(stops), dtype=bool)
    for day in days:
        is_used[day.feed.stop_times["stop"].to_numpy()] = True
    rows = days[0]._stop_rows  # of the spots
    in_use = is_used[rows]
    off = rows[in_use & spots.links.is_off_network]
    words = f"one of {len(off):,} such among {int(in_use.sum()):,} stops in use"
    examples = (f"{key}: no way on foot is near it: {words}" for key in stops["id"].iloc[off])
    findings.add_all("stop_off_network", examples, len(off))
