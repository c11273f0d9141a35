"""Lines that scenarios name: in several feeds, without directions; added trips and their words."""

from __future__ import annotations

import re

import pytest
from gtfs_feeds import FILES, TUESDAY, write_feed
from test_transit_mode import TRANSIT, read, valley  # noqa: F401

import maillage as ml
from maillage.errors import InputError

TWO = TRANSIT.replace('"feed.zip"', '["feed.zip", "other.zip"]')


@pytest.fixture
def two_feeds(tmp_path):
    feeds = [write_feed(tmp_path, name) for name in ("feed.zip", "other.zip")]
    return ml.read_transit(feeds, TUESDAY)


def count_trips(transit: ml.Transit) -> dict[str, int]:
    return transit.feed.trips["feed"].value_counts().to_dict()


@pytest.mark.parametrize("do", ["cut_line", "add_trips"])
def test_a_name_of_lines_in_several_feeds_is_an_error_that_lists_them(two_feeds, do):
    more = {} if do == "cut_line" else {"departures": ["09:00"]}
    scenario = getattr(ml.Scenario("x"), do)("1", **more)
    with pytest.raises(InputError, match="expected one of 'feed:L1', 'other:L1'"):
        two_feeds.apply(scenario)


@pytest.mark.parametrize("line", ["feed:L1", "feed:1"])
def test_id_or_name_after_the_feed_says_which_line(two_feeds, line):
    before = count_trips(two_feeds)
    after = count_trips(two_feeds.apply(ml.Scenario("x").cut_line(line)))
    assert after == {"other": before["other"]}
    more = two_feeds.apply(ml.Scenario("x").add_trips(line, ["09:00"]))
    assert count_trips(more) == {"feed": before["feed"] + 1, "other": before["other"]}


def test_a_territory_cuts_the_line_of_one_feed_on_every_day(valley):  # noqa: F811
    """The other feed has a line of that name, which does not run on the timetable's date."""
    calendar = FILES["calendar.txt"]
    resting = re.sub(r"(?m)^(WEEK),1,1", r"\1,1,0", calendar)
    assert resting != calendar
    write_feed(valley, "other.zip", calendar=resting)
    territory = read(valley, TWO)
    cut = territory.apply(ml.Scenario("x").cut_line("1"))
    uses = [use.transit for use in cut._parts.networks if use.transit is not None]
    assert {edit.line for use in uses for edit in use.edits} == {"feed:1"}
    write_feed(valley, "other.zip")
    with pytest.raises(InputError, match="is the name of lines in several feeds"):
        read(valley, TWO).apply(ml.Scenario("x").cut_line("1"))


def test_a_timetable_without_directions_says_so(tmp_path):
    trips = "\n".join(line.rpartition(",")[0] for line in FILES["trips.txt"].split())
    transit = ml.read_transit(write_feed(tmp_path, trips=trips + "\n"), TUESDAY)
    with pytest.raises(InputError, match="no directions of it, expected the edit without"):
        transit.apply(ml.Scenario("x").cut_line("1", direction=0))


def test_ids_of_trips_added_in_turn_stay_apart(tmp_path):
    transit = ml.read_transit(write_feed(tmp_path), TUESDAY)
    for clock in ("08:10", "08:20"):
        transit = transit.apply(ml.Scenario("x").add_trips("1", [clock], direction=0))
    ids = transit.feed.trips["id"].tolist()
    assert ids[-2:] == ["added 1 like T1", "added 2 like T1"]


@pytest.mark.parametrize(
    ("departures", "said"),
    [
        (["8h30"], "departures is '8h30', expected a time such as 09:30"),
        ("8:60", "departures is '8:60', expected a time such as 09:30"),
        ([], "departures is empty, expected at least one time such as 09:30"),
        (9.5, "departures is 9.5, expected a list"),
    ],
)
def test_wrong_departures_are_said_in_words(tmp_path, departures, said):
    with pytest.raises(InputError, match=said):
        ml.Scenario("x").add_trips("1", departures)
    file = tmp_path / "s.toml"
    text = f"""name = "x"\n[[edits]]\ndo = "add_trips"\nline = "1"\ndepartures = {departures!r}\n"""
    file.write_text(text, encoding="utf-8")
    if isinstance(departures, list):
        with pytest.raises(InputError, match=said):
            ml.read_scenario(file)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ((f"date = {TUESDAY}", 'date = "17/06/2025"'), "networks.transit.date is '17/06/2025'"),
        (('"07:50"', '"7h50"'), "networks.transit.departure is '7h50', expected a time such as"),
        (('"07:50"', '"7:61"'), "networks.transit.departure is '7:61'"),
        (('"07:50"', "07:50:00.5"), "networks.transit.departure is"),
    ],
)
def test_wrong_dates_and_times_are_named_with_file_and_key(valley, change, said):  # noqa: F811
    with pytest.raises(InputError, match=f"territory.toml: {re.escape(said)}"):
        read(valley, TRANSIT.replace(*change))
