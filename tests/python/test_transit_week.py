"""Typical weeks: on how many days people can go somewhere, and for how many hours."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from test_round_trips import BUSES, LUNCH, TOWN
from transit_town import at, write_town

import maillage as ml
from maillage.errors import InputError, NotFoundError
from maillage.geo.opening_days import find_open_day

MARKET_DAYS = (
    "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date\n"
    "WEEK,0,1,0,0,1,0,0,20250601,20250630\n"
)
WEEK = [str(dt.date(2025, 6, 16) + dt.timedelta(days=i)) for i in range(7)]  # without holidays


def read_week(folder: Path, dates=WEEK, **how) -> ml.TransitWeek:
    return ml.read_transit_week(write_town(folder, TOWN, BUSES, calendar=MARKET_DAYS), dates, **how)


@pytest.fixture
def week(tmp_path: Path) -> ml.TransitWeek:
    return read_week(tmp_path)


def find_row(week: ml.TransitWeek, counters: pd.DataFrame, dwell_min: float = 30, **how):
    table = week.access(at(home=how.pop("start", 0)), counters, dwell_min, **how)
    assert len(table) == 1
    return table.iloc[0]


def test_other_trips_on_the_dates_on_which_their_line_runs(week: ml.TransitWeek):
    desk = at(desk=10_000).assign(opening_hours="24/7")
    assert find_row(week, desk)["days"] == "Tu,Fr"
    scenario = ml.Scenario("cut")
    for line in week.days[1].feed.trips["route_id"].unique():
        scenario = scenario.cut_line(str(line))
    cut = week.apply(scenario)
    assert find_row(cut, desk)["days"] == ""
    assert find_row(week, desk)["days"] == "Tu,Fr"
    assert cut.dates == week.dates and cut.findings.equals(week.findings)
    with pytest.raises(InputError, match='cut_line: no line "77" runs'):
        week.apply(ml.Scenario("x").cut_line("77"))
    with pytest.raises(InputError, match="need a territory"):
        week.apply(ml.Scenario("x").close("desk"))


def test_a_name_that_is_another_line_on_another_date(tmp_path: Path):
    town = write_town(tmp_path, TOWN, BUSES, calendar=MARKET_DAYS)
    (tmp_path / "other").mkdir()
    monday = MARKET_DAYS.replace("0,1,0,0,1,0,0", "1,0,0,0,0,0,0")
    other = write_town(tmp_path / "other", TOWN, BUSES, calendar=monday)
    other = other.rename(other.with_name("mondays" + other.suffix))
    both = ml.read_transit_week([town, other], WEEK)
    name = both.days[0].feed.trips["route_name"].iloc[0]
    with pytest.raises(InputError, match="lines in several feeds, expected one of"):
        both.apply(ml.Scenario("cut").cut_line(name))
    one = both.days[0].feed.trips["route_id"].iloc[0]
    cut = both.apply(ml.Scenario("cut").cut_line(one))
    assert len(cut.days[0].feed.trips) < len(both.days[0].feed.trips)
    assert len(cut.days[1].feed.trips) == len(both.days[1].feed.trips)


def test_a_bus_on_market_days(week: ml.TransitWeek):
    # by bus at the desk from 8:20 to 17:30, open 9 to 12 and 14 to 17: 6 hours on two days
    row = find_row(week, at(desk=10_000).assign(opening_hours=LUNCH))
    assert (row["feasible_days"], row["days"], row["reachable_hours"]) == (2, "Tu,Fr", 12)
    assert row["time_away"] == 110
    # open on Fridays only; on Thursdays nothing runs
    row = find_row(week, at(desk=10_000).assign(opening_hours="Th-Fr 09:00-12:00"))
    assert (row["feasible_days"], row["days"], row["reachable_hours"]) == (1, "Fr", 3)
    row = find_row(week, at(desk=10_000).assign(opening_hours="We 09:00-12:00"))
    assert (row["feasible_days"], row["days"], row["reachable_hours"]) == (0, "", 0)
    assert np.isnan(row["time_away"])


def test_hours_before_the_bus_comes_and_after_the_last_one_are_not_reached(week: ml.TransitWeek):
    desk = at(desk=10_000).assign(opening_hours="Tu 08:00-20:00")
    assert find_row(week, desk)["reachable_hours"] == pytest.approx(9 + 1 / 6)  # 8:20 to 17:30
    # away for three hours at most: 8:20 to 9:30, 10:20 to 12:30, 16:20 to 17:30
    row = find_row(week, desk, max_away_min=180)
    assert row["reachable_hours"] == pytest.approx((70 + 130 + 70) / 60)
    assert find_row(week, desk, earliest="09:00")["reachable_hours"] == pytest.approx(7 + 1 / 6)
    assert find_row(week, desk, latest="15:00")["reachable_hours"] == pytest.approx(4 + 1 / 6)
    # a visit of an hour needs an interval of an hour
    narrow = at(desk=10_000).assign(opening_hours="Tu 08:00-09:00,12:15-20:00")
    assert find_row(week, narrow)["reachable_hours"] == pytest.approx((40 + 315) / 60)
    assert find_row(week, narrow, 60)["reachable_hours"] == pytest.approx(315 / 60)


def test_who_walks_there_reaches_all_hours(week: ml.TransitWeek):
    desk = at(desk=10_000).assign(opening_hours="Mo-Fr 09:00-12:00; Sa 09:00-11:00; Tu[1] off")
    row = find_row(week, desk, start=9_000)
    assert (row["feasible_days"], row["days"]) == (6, "Mo,Tu,We,Th,Fr,Sa")
    assert row["reachable_hours"] == 17
    assert row["time_away"] == pytest.approx(30 + 2 * 1000 / 60, abs=0.1)
    # a bus that comes on the first Tuesday of the month is not there on the third
    row = find_row(week, at(bus=9_500).assign(opening_hours="Tu[1] 09:30-11:30"), start=9_000)
    assert row["feasible_days"] == 0


def test_why_nobody_can_go(tmp_path: Path):
    from test_transit_walks import build_walk

    homes = pd.DataFrame({"id": ["home", "lost"], "lon": [3, 3.1], "lat": [45.0, 45.0]})
    desks = pd.DataFrame({"id": ["desk", "shut", "lost"], "lon": [3, 3, 3.1]})
    desks["lat"] = at(desk=10_000, shut=10_000, lost=0)["lat"]
    desks = desks.assign(opening_hours=[LUNCH, "off", LUNCH], service=["post", "shut", "lost"])
    table = read_week(tmp_path, walk=build_walk()).access(homes, desks, services="service")
    assert table["feasible_days"].tolist() == [2, 0, 0, 0, 0, 0]
    assert table["reason"].isna().tolist() == [True] + [False] * 5
    assert table["reason"].iloc[1:3].tolist() == ["closed_that_day", "counter_off_network"]
    assert set(table["reason"].iloc[3:]) <= {"origin_off_network", "closed_that_day"}


def test_services_are_the_union_of_their_counters(week: ml.TransitWeek):
    desks = at(x=10_000, y=10_100, z=0).assign(
        opening_hours=["Tu 09:00-12:00", "Tu 11:00-13:00; Fr 10:00-11:00", "Mo-Su 10:00-11:00"],
        service=["post", "post", "library"],
    )
    homes = at(home=0, far=50_000)
    table = week.access(homes, desks, services="service")
    assert table[["from_id", "service"]].to_numpy().tolist() == [
        ["home", "post"], ["home", "library"], ["far", "post"], ["far", "library"],
    ]  # fmt: skip
    assert table["feasible_days"].tolist() == [2, 7, 0, 0]
    assert table["reachable_hours"].tolist() == [5, 7, 0, 0]  # 9 to 13, and Friday
    assert table["days"].tolist() == ["Tu,Fr", "Mo,Tu,We,Th,Fr,Sa,Su", "", ""]
    named = week.access(homes, desks, services={"any": ["x", "y", "z"], "none": []})
    assert named["feasible_days"].tolist() == [7, 0, 0, 0]
    assert named["reachable_hours"].tolist() == [4 + 6, 0, 0, 0]  # Friday's hours are the same
    all_together = week.access(homes, desks)
    assert "service" not in all_together
    assert all_together["reachable_hours"].tolist() == [10, 0]


def test_a_week_is_its_days(week: ml.TransitWeek, tmp_path: Path):
    homes = at(a=0, b=9_000)
    desks = at(x=10_000, y=0).assign(opening_hours=[LUNCH, "Sa 10:00-12:00"])
    table = week.round_trips(homes, desks, 20)
    assert len(table) == 7 * 4
    tuesday = ml.read_transit(tmp_path / "town.zip", "2025-06-17").round_trips(homes, desks, 20)
    rows = table[table["date"] == "2025-06-17"].drop(columns="date").reset_index(drop=True)
    pd.testing.assert_frame_equal(rows, tuesday)
    access = week.access(homes, desks, 20)
    by_day = table.groupby(["from_id", "date"])["feasible"].any().groupby("from_id").sum()
    assert access["feasible_days"].tolist() == by_day.tolist()
    best = table.groupby("from_id")["time_away"].min()
    assert access["time_away"].tolist() == best.tolist()


def test_more_hours_are_never_reached_than_there_are(week: ml.TransitWeek):
    homes = at(**{f"h{m}": m for m in range(0, 12_000, 1500)})
    texts = [LUNCH, "Tu 07:00-22:00", "24/7"]
    desks = at(a=10_000, b=9_000, c=5_000).assign(opening_hours=texts)
    table = week.access(homes, desks, services={t: [k] for t, k in zip(texts, "abc", strict=True)})
    for text, rows in table.groupby("service"):
        spans = [find_open_day(text, day).open for day in week.dates]
        hours = sum(min(e, 86_400) - s for day in spans for s, e in day) / 3600
        assert rows["reachable_hours"].between(0, hours + 1e-9).all()
        assert ((rows["reachable_hours"] > 0) == (rows["feasible_days"] > 0)).all()
    longer = week.access(homes, desks, 90)
    shorter = week.access(homes, desks, 15)
    assert (shorter["reachable_hours"] >= longer["reachable_hours"]).all()
    assert (shorter["feasible_days"] >= longer["feasible_days"]).all()


def test_dates(tmp_path: Path):
    assert [str(d) for d in read_week(tmp_path, "2025-06-18").dates] == WEEK
    two = read_week(tmp_path, ["2025-06-17", "2025-06-10"])
    assert [str(d) for d in two.dates] == ["2025-06-10", "2025-06-17"]
    row = find_row(two, at(desk=10_000).assign(opening_hours=LUNCH))
    assert row["days"] == "2025-06-10,2025-06-17"  # Tuesdays both
    week = read_week(tmp_path)
    rests = week.findings.set_index("kind")["count"]
    assert rests["no_service_on_date"] == 5
    assert "Tu 7" in repr(week) and "We 0" in repr(week)


def test_findings_of_all_days_are_told_once(tmp_path: Path):
    feeds = [write_town(tmp_path, TOWN, BUSES, name) for name in ("one.zip", "two.zip")]
    week = ml.read_transit_week(feeds, WEEK)
    assert week.findings.set_index("kind")["count"]["agency_in_two_feeds"] == 1


@pytest.mark.parametrize(
    "dates,message",
    [
        ([], "dates is empty"),
        (["2025-06-17", dt.date(2025, 6, 17)], "dates holds 2025-06-17 twice"),
        (7, "dates is 7, expected a date or several"),
        (["2025-06-18"], "no service runs on Wednesday 2025-06-18"),
    ],
)
def test_wrong_dates(tmp_path: Path, dates, message: str):
    with pytest.raises(InputError, match=message):
        read_week(tmp_path, dates)


def test_wrong_arguments(week: ml.TransitWeek):
    desks = at(x=10_000).assign(opening_hours=LUNCH, service=None)
    homes = at(home=0)
    with pytest.raises(InputError, match="counters: service of 'x' is missing"):
        week.access(homes, desks, services="service")
    with pytest.raises(NotFoundError, match="services"):
        week.access(homes, desks, services="services")
    with pytest.raises(InputError, match="'post' names counter 'y', which is not there"):
        week.access(homes, desks, services={"post": ["x", "y"]})
    with pytest.raises(InputError, match="services is 3, expected"):
        week.access(homes, desks, services=3)
    with pytest.raises(InputError, match="origins is list"):
        week.access([1], desks)
    said = r"TransitWeek\.access\(\) has no option 'max_ride', did you mean 'max_rides' or"
    with pytest.raises(TypeError, match=said):
        week.access(homes, desks, max_ride=2)
    with pytest.raises(TypeError, match=r"TransitWeek\.round_trips\(\) has no option 'date'"):
        week.round_trips(homes, desks, date="2025-06-10")
