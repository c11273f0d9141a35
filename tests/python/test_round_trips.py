"""There and back within opening hours, with trips that a person can count."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from transit_town import at, read_town, write_town

import maillage as ml
from maillage.errors import InputError

TOWN = {"A": 0, "B": 10_000}
# to the desk at 8:20, 10:20, 13:20 and 16:20; home at 9:50, 12:50 and 17:50
BUSES = {
    "OUT.1": "A@8:00 B@8:20",
    "OUT.2": "A@10:00 B@10:20",
    "OUT.3": "A@13:00 B@13:20",
    "OUT.4": "A@16:00 B@16:20",
    "BACK.1": "B@9:30 A@9:50",
    "BACK.2": "B@12:30 A@12:50",
    "BACK.3": "B@17:30 A@17:50",
}
LUNCH = "Mo-Fr 09:00-12:00,14:00-17:00"
SHOWN = ["leave", "arrive", "leave_counter", "home", "latest_start", "earliest_return"]


def desk(hours: str | None = LUNCH, metres: float = 10_000) -> pd.DataFrame:
    return at(desk=metres).assign(opening_hours=hours)


def find_row(transit: ml.Transit, hours: str = LUNCH, dwell_min: float = 30, **how):
    """The one row of the home at A and the desk at B, moments as people read them."""
    start, metres = how.pop("start", 0), how.pop("metres", 10_000)
    table = transit.round_trips(at(home=start), desk(hours, metres), dwell_min, **how)
    assert len(table) == 1
    row = table.iloc[0]
    assert bool(row["feasible"]) == (row["reason"] is np.nan or pd.isna(row["reason"]))
    return row


def show(row) -> str:
    """Leave, arrive, leave the counter, home | latest start, earliest return | away, waiting."""
    if not row["feasible"]:
        assert row[[*SHOWN, "time_away", "waiting"]].isna().all()
        return row["reason"]
    clock = [ml.to_clock(row[name]) for name in SHOWN]
    return (
        f"{' '.join(clock[:4])} | {' '.join(clock[4:])} | {row['time_away']:g} {row['waiting']:g}"
    )


@pytest.fixture
def town(tmp_path: Path) -> ml.Transit:
    return read_town(tmp_path, TOWN, BUSES)


def test_a_lunch_break(town: ml.Transit):
    # the bus of 8:00, visit 9:00 to 9:30, the bus of 9:30 home: 110 minutes, 40 of them waiting
    assert show(find_row(town)) == "08:00 08:20 09:30 09:50 | 16:00 09:50 | 110 40"
    # 40 minutes do not fit before the bus of 9:30: with the bus of 10:00 until 12:30
    row = find_row(town, dwell_min=40)
    assert show(row) == "16:00 16:20 17:30 17:50 | 16:00 12:50 | 110 30"
    # the longest visit lies before or after lunch, never across; the first of two alike
    assert show(find_row(town, dwell_min=180)) == "08:00 08:20 12:30 12:50 | 13:00 12:50 | 290 70"
    assert show(find_row(town, dwell_min=181)) == "visit_too_long"


def test_the_last_bus_home_is_gone(town: ml.Transit):
    assert show(find_row(town, "Mo-Fr 17:15-19:00")) == "no_way_back"
    # the only bus that arrives in time is there at 16:20; 60 minutes end at 17:20
    row = find_row(town, "Mo-Fr 15:00-19:00", dwell_min=60)
    assert show(row) == "16:00 16:20 17:30 17:50 | 16:00 17:50 | 110 10"
    row = find_row(town, "Mo-Fr 16:00-19:00", dwell_min=75, max_time=30, earliest="14:00")
    assert show(row) == "no_time"
    assert show(find_row(town, "Mo-Fr 05:00-08:00")) == "no_way_there"
    assert show(find_row(town, latest="09:00")) == "visit_too_long"
    assert show(find_row(town, latest="09:45")) == "no_way_back"


def test_walking_counts_on_any_leg(tmp_path: Path):
    stops = {"A": 0, "B": 3000}
    bus = {"T": "A@9:00 B@9:10"}
    transit = read_town(tmp_path, stops, bus)
    # there by bus, home on foot (50 minutes)
    row = find_row(transit, metres=3000)
    assert show(row) == "09:00 09:10 09:40 10:30 | 15:40 10:20 | 90 0"
    # on foot both ways where the bus is no help: there by 9:00, 9:30 to 10:20
    row = find_row(transit, "Mo-Fr 08:50-09:30", metres=3000, dwell_min=30)
    assert show(row) == "08:00 08:50 09:20 10:10 | 08:10 10:10 | 130 0"
    # the bus goes the other way: on foot there, by bus home
    back = read_town(tmp_path, stops, {"T": "B@11:00 A@11:10"})
    row = find_row(back, metres=3000)
    assert show(row) == "09:40 10:30 11:00 11:10 | 15:40 10:20 | 90 0"
    # nobody walks so long
    assert show(find_row(back, metres=3000, max_walk_min=49)) == "no_way_there"
    assert show(find_row(back, metres=3000, max_time=49)) == "no_way_there"


def test_a_bus_on_tuesday_only(tmp_path: Path):
    """The market bus, and a desk that opens on other days too."""
    tuesday = (
        "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date\n"
        "WEEK,0,1,0,0,0,0,0,20250601,20250630\n"
    )
    path = write_town(tmp_path, TOWN, BUSES, calendar=tuesday)
    transit = ml.read_transit(path, "2025-06-10")
    assert show(find_row(transit, "Tu 09:00-12:00")).startswith("08:00 08:20 09:30 09:50")
    assert show(find_row(transit, "Mo,We-Fr 09:00-12:00")) == "closed_that_day"
    with pytest.raises(InputError, match="no service runs"):
        ml.read_transit(path, "2025-06-11")


def test_a_counter_that_comes_on_the_first_tuesday(town: ml.Transit):
    itinerant = "Tu[1] 09:30-11:30"
    assert show(find_row(town, itinerant)) == "closed_that_day"  # 10 June is the second
    row = find_row(town, itinerant, date="2025-06-03")
    assert show(row) == "10:00 10:20 12:30 12:50 | 10:00 12:50 | 170 100"


def test_holidays(town: ml.Transit):
    whit_monday = "2025-06-09"
    assert show(find_row(town, date=whit_monday)) == "closed_that_day"
    open_then = ml.HolidayCalendar(closed_on_public_holidays=False)
    assert find_row(town, date=whit_monday, calendar=open_then)["feasible"]
    assert find_row(town, "Mo-Fr 09:00-12:00; PH 09:00-10:00", date=whit_monday)["feasible"]
    school = ml.HolidayCalendar(school=[("2025-06-01", "2025-06-30")])
    assert show(find_row(town, "Mo-Fr 09:00-12:00; SH off", calendar=school)) == "closed_that_day"


def test_hours_by_appointment_are_no_hours(town: ml.Transit):
    assert show(find_row(town, 'Mo-Fr 09:00-12:00 "on appointment"')) == "uncertain_hours"


def test_time_away_is_bounded(town: ml.Transit):
    assert find_row(town, max_away_min=110)["time_away"] == 110
    assert show(find_row(town, max_away_min=109)) == "away_too_long"
    row = find_row(town, "Mo-Fr 09:00-12:00", dwell_min=40, max_away_min=170)
    assert show(row) == "10:00 10:20 12:30 12:50 | 10:00 12:50 | 170 90"


def test_past_midnight(tmp_path: Path):
    transit = read_town(tmp_path, TOWN, {"O": "A@21:00 B@21:20", "H": "B@24:30 A@24:50"})
    hours = "Tu 20:00-26:00"
    assert show(find_row(transit, hours)) == "no_way_back"
    row = find_row(transit, hours, latest="25:00")
    assert show(row) == "21:00 21:20 24:30 24:50 | 21:00 24:50 | 230 160"


def test_boarding_takes_time_on_both_ways(town: ml.Transit):
    # whoever leaves the desk at 9:30 no longer catches the bus of 9:30; nobody leaves at 8:00
    row = find_row(town, "Mo-Fr 09:00-12:00", min_board_wait_s=59)
    assert show(row) == "09:59 10:20 12:29 12:50 | 09:59 12:50 | 171 99"


def test_every_pair_and_either_side_give_the_same(town: ml.Transit):
    """Searches start at the side with fewer points; the answers do not depend on it."""
    homes = at(a=0, b=500, c=9_000, far=40_000)
    desks = at(x=10_000, y=10_300, z=100).assign(
        opening_hours=[LUNCH, "Tu 10:00-16:00", "Mo 09:00-10:00"]
    )
    whole = town.round_trips(homes, desks)
    assert whole["from_id"].tolist() == ["a"] * 3 + ["b"] * 3 + ["c"] * 3 + ["far"] * 3
    assert whole["to_id"].tolist() == ["x", "y", "z"] * 4
    one_home = pd.concat([town.round_trips(homes.iloc[[i]], desks) for i in range(4)])
    pd.testing.assert_frame_equal(one_home.reset_index(drop=True), whole)
    turned = town.round_trips(homes[::-1], desks[::-1]).iloc[::-1].reset_index(drop=True)
    pd.testing.assert_frame_equal(turned, whole)
    one, two = (town.round_trips(homes, desks, threads=n) for n in (1, 2))
    pd.testing.assert_frame_equal(one, two)
    assert (whole.loc[whole["from_id"] == "far", "reason"].iloc[:2] == "no_way_there").all()


def test_wider_hours_never_hurt_and_longer_visits_never_help(town: ml.Transit):
    homes = at(a=0, b=700, c=9_000, d=5_000)
    tables = {
        (hours, dwell): town.round_trips(homes, desk(hours), dwell, max_walk_min=150, max_time=200)
        for hours in ("Tu 10:00-11:00", "Tu 09:30-12:00", "Tu 09:00-12:00,14:00-17:00", "24/7")
        for dwell in (5, 20, 60)
    }
    wider = ["Tu 10:00-11:00", "Tu 09:30-12:00", "Tu 09:00-12:00,14:00-17:00", "24/7"]
    for dwell in (5, 20, 60):
        for narrow, wide in pairwise(wider):
            _check_no_worse(tables[wide, dwell], tables[narrow, dwell])
    for hours in wider:
        for short, long in ((5, 20), (20, 60)):
            _check_no_worse(tables[hours, short], tables[hours, long])


def _check_no_worse(better: pd.DataFrame, worse: pd.DataFrame) -> None:
    assert worse["feasible"].any()
    assert (better["feasible"] | ~worse["feasible"]).all()
    on = worse["feasible"].to_numpy()
    assert (better["time_away"][on] <= worse["time_away"][on] + 1e-9).all()
    assert (better["latest_start"][on] >= worse["latest_start"][on] - 1e-9).all()
    assert (better["earliest_return"][on] <= worse["earliest_return"][on] + 1e-9).all()


def test_counters_without_hours(town: ml.Transit):
    desks = at(x=10_000, y=10_000).assign(opening_hours=[LUNCH, None])
    with pytest.raises(InputError, match=r"counters: opening_hours of 'y' is missing.*an OSM text"):
        town.round_trips(at(home=0), desks)
    table = town.round_trips(at(home=0), desks, opening_hours="Tu 16:00-18:00")
    assert table["feasible"].all() and table["leave"].tolist() == [480, 960]
    table = town.round_trips(at(home=0), at(desk=10_000), opening_hours="Tu 16:00-18:00")
    assert table["leave"].tolist() == [960]
    with pytest.raises(InputError, match="counters has no column 'opening_hours'"):
        town.round_trips(at(home=0), at(desk=10_000))


@pytest.mark.parametrize(
    "arguments,message",
    [
        ({"dwell_min": 0}, "dwell_min is 0, expected minutes in"),
        ({"dwell_min": "30"}, "dwell_min is '30'"),
        ({"earliest": "noon"}, "earliest is 'noon', expected"),
        ({"earliest": "09:00", "latest": "09:00"}, "latest is '09:00', expected a time after"),
        ({"max_away_min": 0}, "max_away_min is 0, expected minutes above 0"),
        ({"date": "Tuesday"}, "date is 'Tuesday', expected a date such as"),
        ({"calendar": "FR"}, "calendar is 'FR', expected a HolidayCalendar"),
        ({"max_rides": 0}, "max_rides is 0"),
        ({"hours": "Lu-Ve 9h-12h"}, "counters: opening_hours of 'desk' is 'Lu-Ve 9h"),
        ({"hours": "Mo-Fr 09:00-12:00; SH off"}, r"of 'desk' is .*school holidays \(SH\) are not"),
        ({"hours": 9}, "opening_hours of 'desk' is 9, expected OSM syntax"),
        ({"opening_hours": "soon", "hours": None}, "opening_hours are 'soon', expected OSM"),
    ],
)  # fmt: skip
def test_wrong_arguments(town: ml.Transit, arguments: dict, message: str):
    hours = arguments.pop("hours", LUNCH)
    with pytest.raises(InputError, match=message):
        town.round_trips(at(home=0), desk(hours), **arguments)


def test_nobody_and_nothing(town: ml.Transit):
    table = town.round_trips(at(home=0), desk()[:0])
    assert len(table) == 0 and list(table)[:3] == ["from_id", "to_id", "feasible"]
    assert len(town.round_trips(at(home=0)[:0], desk())) == 0


def test_clock():
    assert ml.to_clock(462.99) == "07:42"
    assert ml.to_clock(1450) == "24:10"
    assert [ml.to_clock(m) for m in (-5, -0.5, -61, -1e-12)] == ["-0:05", "-0:01", "-1:01", "00:00"]
    assert ml.to_clock(float("nan")) is None
    assert ml.to_clock(pd.Series([462.0, np.nan])).tolist()[0] == "07:42"
    assert ml.to_clock(pd.Series([462.0, np.nan])).isna().tolist() == [False, True]
    with pytest.raises(InputError, match="minutes is 'noon'"):
        ml.to_clock("noon")
