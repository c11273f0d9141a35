"""Opening hours on a date: seasons, nth weekdays, holidays, comments."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given, settings
from test_opening_hours import OSM, intervals

import maillage as ml
from maillage.errors import InputError
from maillage.geo.opening_days import find_open_day
from maillage.geo.opening_hours import (
    MINUTES_A_DAY,
    MINUTES_A_WEEK,
    merge_intervals,
    parse_opening_hours,
    to_osm_text,
)

MONDAY = dt.date(2025, 6, 16)  # of a week without holidays


def show(spans) -> list[str]:
    return [f"{a // 3600}:{a // 60 % 60:02}-{b // 3600}:{b // 60 % 60:02}" for a, b in spans]


def on(text: str, date: str, **calendar) -> list[str]:
    day = find_open_day(text, dt.date.fromisoformat(date), ml.HolidayCalendar(**calendar))
    assert day.uncertain == ()
    return show(day.open)


@pytest.mark.parametrize(
    "text,date,expected",
    [
        ("Mo-Fr 09:00-12:00,14:00-17:00", "2025-06-17", ["9:00-12:00", "14:00-17:00"]),
        ("Mo-Fr 09:00-12:00,14:00-17:00", "2025-06-21", []),
        ("Mo-Su 09:00-18:00; We off", "2025-06-18", []),
        ("Mo-Fr 09:00-18:00; Tu 12:00-14:00 off", "2025-06-17", ["9:00-12:00", "14:00-18:00"]),
        ("Tu 09:00-12:00,11:00-13:00", "2025-06-17", ["9:00-13:00"]),
        ("Tu[1] 09:30-11:30", "2025-06-03", ["9:30-11:30"]),  # a bus, first Tuesday of the month
        ("Tu[1] 09:30-11:30", "2025-06-10", []),
        ("Tu[-1] 09:30-11:30", "2025-06-24", ["9:30-11:30"]),
        ("We[1,3] 14:00-16:00", "2025-06-18", ["14:00-16:00"]),
        ("Jul-Aug Mo-Fr 09:00-12:00; Sep-Jun Mo-Fr 09:00-17:00", "2025-07-15", ["9:00-12:00"]),
        ("Jul-Aug Mo-Fr 09:00-12:00; Sep-Jun Mo-Fr 09:00-17:00", "2025-06-17", ["9:00-17:00"]),
        ("Dec 24-Jan 02 off; Mo-Su 09:00-12:00", "2025-06-17", ["9:00-12:00"]),
        ("Mo-Su 09:00-12:00; Dec 24-Jan 02 off", "2025-12-30", []),
        ("2025 Jun 17 10:00-11:00", "2025-06-17", ["10:00-11:00"]),
        ("week 01-53/2 Tu 09:00-10:00", "2025-06-17", ["9:00-10:00"]),  # week 25
        ("week 01-53/2 Tu 09:00-10:00", "2025-06-24", []),
        ("Tu 22:00-02:00", "2025-06-17", ["22:00-26:00"]),
        ("Tu 22:00-02:00", "2025-06-18", ["0:00-2:00"]),
        ("24/7", "2025-06-17", ["0:00-48:00"]),
        ("off", "2025-06-17", []),
        ("mo-fr: 9:00 – 12:00", "2025-06-17", ["9:00-12:00"]),
    ],
)  # fmt: skip
def test_a_date(text: str, date: str, expected: list[str]):
    assert on(text, date) == expected


@pytest.mark.parametrize("text", [text for text, _, _ in OSM])
def test_a_usual_week_agrees_with_the_weekly_reading(text: str):
    assert find_week(text) == parse_opening_hours(text).intervals


@given(intervals)
@settings(max_examples=60)
def test_any_week_agrees_with_the_weekly_reading(spans):
    week = merge_intervals(spans)
    assert find_week(to_osm_text(week)) == week


def find_week(text: str):
    """A usual week, day by day."""
    spans = []
    for day in range(7):
        for start, end in find_open_day(text, MONDAY + dt.timedelta(days=day)).open:
            midnight = day * MINUTES_A_DAY
            spans.append((midnight + start // 60, midnight + min(end // 60, MINUTES_A_DAY)))
    assert all(end <= MINUTES_A_WEEK for _, end in spans)
    return merge_intervals(spans)


def test_public_holidays_of_france():
    days = [str(day) for day in ml.HolidayCalendar().public_holidays(2025)]
    assert days == [
        "2025-01-01", "2025-04-21", "2025-05-01", "2025-05-08", "2025-05-29", "2025-06-09",
        "2025-07-14", "2025-08-15", "2025-11-01", "2025-11-11", "2025-12-25",
    ]  # fmt: skip
    more = ml.HolidayCalendar("alsace_moselle").public_holidays(2025)
    assert sorted({str(day) for day in more} - set(days)) == ["2025-04-18", "2025-12-26"]
    assert ml.HolidayCalendar().is_public(dt.date(2024, 5, 20))  # Whit Monday moves
    assert not ml.HolidayCalendar().is_public(dt.date(2025, 5, 20))
    assert ml.HolidayCalendar().is_public("2025-06-09")
    assert ml.HolidayCalendar(school=[("2025-07-05", "2025-08-31")]).is_school("2025-07-05")
    with pytest.raises(InputError, match="date is 'Whit Monday', expected a date such as"):
        ml.HolidayCalendar().is_public("Whit Monday")


def test_counters_close_on_public_holidays_unless_their_hours_speak_of_them():
    july14 = "2025-07-14"  # a Monday
    assert on("Mo-Fr 09:00-12:00", july14) == []
    assert on("Mo-Fr 09:00-12:00", july14, closed_on_public_holidays=False) == ["9:00-12:00"]
    assert on("24/7", july14) == ["0:00-48:00"]
    assert on("Mo-Fr 09:00-12:00; PH 10:00-11:00", july14) == ["10:00-11:00"]
    assert on("Mo-Fr 09:00-12:00; PH off", july14, closed_on_public_holidays=False) == []
    assert on("PH,Tu 09:00-12:00", july14) == ["9:00-12:00"]
    assert on("Tu,PH 09:00-12:00", "2025-07-15") == ["9:00-12:00"]
    assert on("Tu,PH 09:00-12:00", "2025-07-16") == []
    assert on('Mo-Fr 09:00-12:00 || "PH: call"; PH off', july14) == []
    assert on("Mo-Fr 09:00-12:00", "2025-12-26") == ["9:00-12:00"]
    assert on("Mo-Fr 09:00-12:00", "2025-12-26", area="alsace_moselle") == []


def test_hours_of_a_holiday_that_go_past_midnight():
    assert on("PH 22:00-02:00", "2025-07-14") == ["22:00-26:00"]
    assert on("PH 22:00-02:00", "2025-07-15") == ["0:00-2:00"]
    assert on("PH 22:00-02:00", "2025-07-16") == []


def test_school_holidays_are_those_given():
    summer = {"school": [("2025-07-05", "2025-08-31")]}
    text = "Mo-Fr 08:00-12:00; SH Mo-We 08:00-10:00"
    assert on(text, "2025-07-15", **summer) == ["8:00-10:00"]
    assert on(text, "2025-07-17", **summer) == ["8:00-12:00"]  # a Thursday
    assert on(text, "2025-09-02", **summer) == ["8:00-12:00"]
    assert on(text, "2025-07-15", school=[]) == ["8:00-12:00"]
    assert on("Mo-Fr 08:00-12:00; SH off", "2025-07-05", **summer) == []
    assert on("Mo-Fr 08:00-12:00; PH,SH off", "2025-08-29", **summer) == []
    assert on("SH Tu[3] 08:00-10:00", "2025-07-15", **summer) == ["8:00-10:00"]
    with pytest.raises(InputError, match=r"SH.*not known; give their periods"):
        on(text, "2025-07-15")


@pytest.mark.parametrize(
    "text,expected,uncertain",
    [
        ('Tu 09:00-12:00 "on appointment"', [], ["9:00-12:00"]),
        ("Tu 09:00-12:00; Tu 14:00-15:00 unknown", [], ["14:00-15:00"]),
        ('Tu 09:00-12:00, Tu 14:00-15:00 "PH; SH"', ["9:00-12:00"], ["14:00-15:00"]),
    ],
)
def test_hours_nobody_can_count_on(text: str, expected: list[str], uncertain: list[str]):
    day = find_open_day(text, dt.date(2025, 6, 17))
    assert (show(day.open), show(day.uncertain)) == (expected, uncertain)


@pytest.mark.parametrize(
    "text,message",
    [
        ("", "expected OSM syntax"),
        ("Lu-Ve 09:00-12:00", "expected OSM syntax"),
        ("Mo 09:60-10:00", "expected OSM syntax"),
        ([1], r"is \[1\], expected OSM syntax"),
        (None, "expected OSM syntax"),
        ("Mo 9-12", "expected OSM syntax"),
        ("sunrise-sunset", "expected clock times, not 'sunrise'"),
        ("Tu 10:00+", "expected clock times"),
        ("PH -1 day off; Mo-Fr 09:00-12:00", "days counted from holidays"),
    ],
)
def test_what_cannot_be_read_is_an_error(text, message: str):
    with pytest.raises(InputError, match=message):
        find_open_day(text, dt.date(2025, 6, 17))


@pytest.mark.parametrize(
    "arguments,message",
    [
        ({"area": "bretagne"}, "area is 'bretagne', expected alsace_moselle"),
        ({"school": "2025"}, "school is '2025', expected a list"),
        ({"school": [("2025-07-05",)]}, r"school\[0\] is .*expected \(first, last\)"),
        ({"school": [("2025-07-05", "soon")]}, r"school\[0\] is 'soon', expected a date"),
        ({"school": [("2025-07-05", "2025-07-01")]}, "ends on 2025-07-01, before it begins"),
        ({"closed_on_public_holidays": "no"}, "expected True or False"),
    ],
)
def test_wrong_calendars(arguments: dict, message: str):
    with pytest.raises(InputError, match=message):
        ml.HolidayCalendar(**arguments)
