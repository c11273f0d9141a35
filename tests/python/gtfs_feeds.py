"""A small GTFS feed for the tests of its readers, of which a test changes what it is about.

Three stops on a meridian, 1 km and 3 km apart: A, B, C. Trip T1 of line 1 goes A 08:00, B 08:02,
C 08:10 on the working days of June 2025, and T2 back from 17:00.
"""

from __future__ import annotations

import zipfile
from pathlib import Path

KM = 0.008993216  # degrees of latitude on a sphere of 6,371.0088 km

FILES = {
    "agency.txt": "agency_id,agency_name,agency_url,agency_timezone\n"
    "CAR,Cars du pays,https://example.org,Europe/Paris\n",
    "stops.txt": "stop_id,stop_name,stop_lat,stop_lon\n"
    f"A,Bourg,45,3\nB,Pont,{45 + KM:.9f},3\nC,Ville,{45 + 4 * KM:.9f},3\n",
    "routes.txt": "route_id,agency_id,route_short_name,route_long_name,route_type\n"
    "L1,CAR,1,Bourg - Ville,3\n",
    "trips.txt": "route_id,service_id,trip_id,trip_headsign,direction_id\n"
    "L1,WEEK,T1,Ville,0\nL1,WEEK,T2,Bourg,1\n",
    "stop_times.txt": "trip_id,arrival_time,departure_time,stop_id,stop_sequence\n"
    "T1,8:00:00,8:00:00,A,1\nT1,8:02:00,8:03:00,B,2\nT1,8:10:00,8:10:00,C,3\n"
    "T2,17:00:00,17:00:00,C,1\nT2,17:07:00,17:07:00,B,2\nT2,17:10:00,17:10:00,A,3\n",
    "calendar.txt": "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,"
    "start_date,end_date\nWEEK,1,1,1,1,1,0,0,20250601,20250630\n",
}
TUESDAY = "2025-06-10"


def to_files(**changes: str | None) -> dict[str, str]:
    """The files of the feed, by name; `stops="..."` replaces stops.txt, None leaves it out."""
    files = dict(FILES)
    for name, text in changes.items():
        files.pop(f"{name}.txt", None)
        if text is not None:
            files[f"{name}.txt"] = text
    return files


def to_times(*rows: str) -> str:
    """stop_times.txt of rows `trip,arrival,departure,stop,sequence`."""
    return "\n".join(["trip_id,arrival_time,departure_time,stop_id,stop_sequence", *rows, ""])


def write_feed(
    folder: Path, name: str = "feed.zip", inside: str = "", **changes: str | None
) -> Path:
    """The feed as a zip archive, its files in the folder `inside` of it."""
    path = folder / name
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file, text in to_files(**changes).items():
            archive.writestr(inside + file, text)
    return path
