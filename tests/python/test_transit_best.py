"""The best trip of each origin, and days of public transport after a scenario."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from transit_town import at, read_town, write_town

import maillage as ml
from maillage.errors import InputError

TOWN = {"A": 0, "B": 10_000}
BUSES = {"OUT.1": "A@8:00 B@8:20", "OUT.2": "A@13:00 B@13:20", "BACK.1": "B@12:30 A@12:50"}
HOMES = at(a=0, b=10_000, far=40_000)


@pytest.fixture
def town(tmp_path: Path) -> ml.Transit:
    return read_town(tmp_path, TOWN, BUSES)


def make_desks(**hours: str) -> pd.DataFrame:
    return at(**dict.fromkeys(hours, 10_000)).assign(opening_hours=list(hours.values()))


def test_the_shortest_trip_of_each_origin(town: ml.Transit):
    desks = make_desks(late="Tu 11:00-12:00", early="Tu 09:00-10:00", shut="We 09:00-10:00")
    trips = town.round_trips(HOMES, desks, max_time=30)
    best = ml.best_trips(trips)
    assert best["from_id"].tolist() == ["a", "b", "far"]
    assert best["feasible"].tolist() == [True, True, False]
    # all trips of `a` take from 8:00 to 12:50; of two alike the first row, as waiting is alike
    assert best["to_id"].tolist()[:2] == ["late", "late"] and pd.isna(best["to_id"].iloc[2])
    assert best["time_away"].tolist()[:2] == [290, 30]
    assert best["n_counters"].tolist() == [2, 2, 0]
    # over all desks: `b` is at home there from 9:30 at the earliest, leaves at 11:30 at the latest
    assert best["earliest_return"].tolist()[:2] == [12 * 60 + 50, 9 * 60 + 30]
    assert best["latest_start"].tolist()[:2] == [8 * 60, 11 * 60 + 30]
    assert best.loc[2, ["time_away", "leave", "latest_start", "earliest_return"]].isna().all()
    assert best["reason"].isna().tolist() == [True, True, False]
    for row in best[best["feasible"]].itertuples():
        same = trips[(trips["from_id"] == row.from_id) & trips["feasible"]]
        assert row.time_away == same["time_away"].min()


def test_the_reason_of_the_desk_that_comes_nearest(town: ml.Transit):
    desks = make_desks(gone="Tu 13:30-17:00", dawn="Tu 05:00-07:00", shut="We 09:00-10:00")
    trips = town.round_trips(at(a=0), desks, max_time=30)
    assert trips["reason"].tolist() == ["no_way_back", "no_way_there", "closed_that_day"]
    for order in ([0, 1, 2], [2, 1, 0]):
        assert ml.best_trips(trips.iloc[order])["reason"].tolist() == ["no_way_back"]
    assert ml.best_trips(trips.iloc[1:])["reason"].tolist() == ["no_way_there"]


def test_every_date_of_a_week_has_its_own(tmp_path: Path):
    path = write_town(tmp_path, TOWN, BUSES)
    week = ml.read_transit_week(path, ["2025-06-10", "2025-06-11"])
    trips = week.round_trips(at(a=0), make_desks(desk="Tu 09:00-10:00"))
    best = ml.best_trips(trips)
    assert best["date"].dt.day.tolist() == [10, 11]
    assert best["feasible"].tolist() == [True, False]
    assert len(ml.best_trips(trips.iloc[:0])) == 0


def test_numbers_stay_numbers(town: ml.Transit):
    desks = make_desks(x="Tu 09:00-10:00").assign(id=[7])
    best = ml.best_trips(town.round_trips(HOMES.assign(id=[1, 2, 3]), desks, max_time=30))
    assert best["from_id"].tolist() == [1, 2, 3]
    assert best["to_id"].iloc[0] == 7


@pytest.mark.parametrize("trips", [None, pd.DataFrame({"from_id": [1]})])
def test_other_tables_are_refused(trips):
    with pytest.raises(InputError, match="expected what round_trips gives"):
        ml.best_trips(trips)


def test_a_cut_line_and_an_added_trip(town: ml.Transit):
    desks = make_desks(desk="Tu 09:00-10:00,14:00-15:00")
    before = town.round_trips(at(a=0), desks, max_time=30)
    assert before["time_away"].tolist() == [290]
    cut = town.apply(ml.Scenario("cut").cut_line("OUT"))
    assert cut.round_trips(at(a=0), desks, max_time=30)["reason"].tolist() == ["no_way_there"]
    more = town.apply(ml.Scenario("more").add_trips("BACK", ["09:40"]))
    assert more.round_trips(at(a=0), desks, max_time=30)["time_away"].tolist() == [120]
    assert town.round_trips(at(a=0), desks, max_time=30).equals(before)  # as it was
    both = town.apply(ml.Scenario("both").cut_line("BACK").add_trips("OUT", ["10:00"]))
    found = both.round_trips(at(a=0), desks, max_time=30)
    assert found["reason"].tolist() == ["no_way_back"] and np.isnan(found["time_away"].iloc[0])
    assert more.date == town.date and len(more.feed.trips) == len(town.feed.trips) + 1


def test_scenarios_that_edit_more_than_timetables_are_refused(town: ml.Transit):
    with pytest.raises(InputError, match=r"edit 2 of scenario 'x' is close, expected cut_line"):
        town.apply(ml.Scenario("x").cut_line("OUT").close("desk"))
    with pytest.raises(InputError, match=r"edit 1 of scenario 'x': cut_line: no line \"OUR\".*OUT"):
        town.apply(ml.Scenario("x").cut_line("OUR"))
    with pytest.raises(InputError, match="scenario is 'x', expected a Scenario"):
        town.apply("x")
