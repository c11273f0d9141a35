"""Opening hours in OSM syntax and as French lists write them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reader_files import write_text

from maillage.config_models import DayColumns
from maillage.config_sections import TableSource
from maillage.errors import InputError
from maillage.findings import Findings
from maillage.geo.french_hours import parse_french_day
from maillage.geo.hours_columns import find_usual_week, read_hours
from maillage.geo.opening_hours import (
    MINUTES_A_WEEK,
    merge_intervals,
    parse_opening_hours,
    to_osm_text,
)
from maillage.geo.tables import read_table

OSM = [
    ("Mo-Fr 09:00-12:00,14:00-17:00; Sa 09:00-12:00", 33, None),
    ("24/7", 168, None),
    ("off", 0, None),
    ("closed", 0, "off"),
    ("08:00-12:00", 28, "Mo-Su 08:00-12:00"),
    ("Mo-Su 09:00-18:00; We off", 54, "Mo-Tu,Th-Su 09:00-18:00"),
    ("Mo 08:00-12:00, Tu 09:00-10:00", 5, "Mo 08:00-12:00; Tu 09:00-10:00"),
    ("Mo 08:00-12:00; Mo 14:00-16:00", 2, "Mo 14:00-16:00"),
    ("Mo 08:00-12:00, Mo 14:00-16:00", 6, "Mo 08:00-12:00,14:00-16:00"),
    ("Mo,We,Fr 9:00 - 12:00", 9, "Mo,We,Fr 09:00-12:00"),
    ("Sa-Mo 10:00-12:00", 6, "Mo,Sa-Su 10:00-12:00"),
    ("Fr 22:00-02:00", 4, "Fr 22:00-24:00; Sa 00:00-02:00"),
    ("Su 22:00-26:00", 4, "Mo 00:00-02:00; Su 22:00-24:00"),
    ("mo-fr: 09:00-12:00", 15, "Mo-Fr 09:00-12:00"),
    ("Mo 09:00-12:00 open; Tu closed", 3, "Mo 09:00-12:00"),
    ("Mo 09:00-12:00,11:00-13:00,09:00-12:00", 4, "Mo 09:00-13:00"),
]


@pytest.mark.parametrize("text,hours,canonical", OSM)
def test_osm_text(text: str, hours: float, canonical: str | None):
    week = parse_opening_hours(text)
    assert week.weekly_hours == hours
    assert week.to_text() == (canonical or text)
    assert week.set_aside == ()


@pytest.mark.parametrize(
    "text,hours,aside",
    [
        ("PH off; Mo-Fr 09:00-12:00", 15, "PH off"),
        ("SH Mo-Fr 08:00-10:00; Mo-Fr 08:00-12:00", 20, "SH Mo-Fr 08:00-10:00"),
        ("Mo-Fr,PH 09:00-12:00", 15, "PH in 'Mo-Fr,PH 09:00-12:00'"),
        ('Mo 08:00-12:00 "sur; rdv"; Sa 09:00-10:00', 1, 'Mo 08:00-12:00 "sur; rdv"'),
        ("Mo[1] 09:00-12:00; Tu 09:00-10:00", 1, "Mo[1] 09:00-12:00"),
        ("Mo 09:00-12:00; Jul-Aug Mo 09:00-10:00", 3, "Jul-Aug Mo 09:00-10:00"),
        ('Mo 09:00-12:00 || "call us"', 3, '"call us"'),
    ],
)
def test_what_is_not_weekly_is_set_aside(text: str, hours: float, aside: str):
    week = parse_opening_hours(text)
    assert week.weekly_hours == hours
    assert week.set_aside == (aside,)


@pytest.mark.parametrize(
    "text",
    ["", "garbage", "Mo-Fr", "Mo 25:00-26:00", "Mo 09:60-10:00", "Mo 10:00+", "sunrise-sunset",
     "PH off", "Jan-Mar 08:00-10:00", "Mo 9-12", "Lu-Ve 09:00-12:00", "Mo 09:00-12:00,"],
)  # fmt: skip
def test_what_cannot_be_read_is_an_error(text: str):
    with pytest.raises(InputError, match="expected OSM syntax"):
        parse_opening_hours(text)


intervals = st.lists(
    st.tuples(st.integers(0, MINUTES_A_WEEK - 1), st.integers(0, 4000)).map(
        lambda pair: (pair[0], pair[0] + pair[1])
    ),
    max_size=8,
)


@given(intervals)
def test_written_hours_read_back_the_same(spans):
    week = merge_intervals(spans)
    assert parse_opening_hours(to_osm_text(week)).intervals == week


@given(intervals)
def test_merging_is_the_union_minute_by_minute(spans):
    is_open = np.zeros(MINUTES_A_WEEK, dtype=bool)
    for start, end in spans:
        is_open[np.arange(start, end) % MINUTES_A_WEEK] = True
    merged = merge_intervals(spans)
    again = np.zeros(MINUTES_A_WEEK, dtype=bool)
    for start, end in merged:
        again[start:end] = True
    assert (again == is_open).all()
    assert sum(end - start for start, end in merged) == is_open.sum()


FRENCH = [
    ("09:00 - 12:00 / 13:30 - 17:00", ["9:00-12:00", "13:30-17:00"]),
    ("9h12h/13h-15h", ["9:00-12:00", "13:00-15:00"]),
    ("9h-12h31", ["9:00-12:31"]),
    ("13h16h30", ["13:00-16:30"]),
    ("9:00 – 12\u00a0:30 /\u00a014:00 -16 : 00", ["9:00-12:30", "14:00-16:00"]),
    ("de 8h30 à 12h et de 14h à 17h", ["8:30-12:00", "14:00-17:00"]),
    ("8:30 12:30", ["8:30-12:30"]),
    ("08:00 - 00:00", ["8:00-24:00"]),
    ("08:45 - 09:45 / 10:30 - 11:30 / 13:30 - 14:30 / 15:00 - 16:15 / 17:00 - 18:00",
     ["8:45-9:45", "10:30-11:30", "13:30-14:30", "15:00-16:15", "17:00-18:00"]),
    ("Fermé", []),
    ("Espace fermé ce jour", []),
    ("-", []),
]  # fmt: skip


def show(day) -> list[str] | None:
    if day.intervals is None:
        return None
    return [f"{a // 60}:{a % 60:02}-{b // 60}:{b % 60:02}" for a, b in day.intervals]


@pytest.mark.parametrize("text,expected", FRENCH)
def test_french_day(text: str, expected: list[str]):
    day = parse_french_day(text)
    assert show(day) == expected
    assert day.set_aside == ()


@pytest.mark.parametrize(
    "text,expected,aside",
    [
        ("9:00 - 12:00 / Sur RDV : 14:00 - 17:00", ["9:00-12:00"], ["sur rdv : 14:00 - 17:00"]),
        ("Sur RDV : 9:00 - 12:00 / 13:30 - 17:00", None,
         ["sur rdv : 9:00 - 12:00", "13:30 - 17:00"]),
        ("Sur RDV : 9:00 - 12:30 / Sans RDV : 14:00 - 16:30", ["14:00-16:30"],
         ["sur rdv : 9:00 - 12:30"]),
        ("9:00 - 12:00 (semaines impaires) / 14:00 - 18:00", ["14:00-18:00"],
         ["9:00 - 12:00 (semaines impaires)"]),
        ("09:00 - 12:30 (sur RDV 14:00 - 17:00)", ["9:00-12:30"], ["(sur rdv 14:00 - 17:00)"]),
        ("1er mercredi du mois : 9:30 - 12:15 // 3ème mercredi du mois : 9:30 - 12:15", None,
         ["1er mercredi du mois : 9:30 - 12:15", "3ème mercredi du mois : 9:30 - 12:15"]),
        ("8:30 - 12:00 / 13/30 - 17:00", ["8:30-12:00"], ["13", "30 - 17:00"]),
        ("14:00 - 18:", None, ["14:00 - 18:"]),
        ("9h1230", None, ["9h1230"]),
        ("17:00 - 09:00", None, ["17:00 - 09:00"]),
        ("Horaires non communiqués", None, []),
        ("", None, []),
    ],
)  # fmt: skip
def test_french_conditions_and_slips_are_set_aside(text: str, expected, aside: list[str]):
    day = parse_french_day(text)
    assert show(day) == expected
    assert list(day.set_aside) == aside


def test_empty_slot_opens_nothing_but_the_day_is_known():
    day = parse_french_day("00:00 - 00:00")
    assert (day.intervals, day.n_empty_slots) == ((), 1)
    assert show(parse_french_day("00:00 - 00:00 / 09:00 - 12:00")) == ["9:00-12:00"]


def test_column_of_osm_texts(tmp_path: Path):
    path = write_text(
        tmp_path,
        "t.csv",
        "key;h\nA;Mo-Fr 09:00-12:00\nB;quand il fait beau\nC;\nD;PH off, Mo 09:00-10:00\n"
        "E;quand il fait beau\n",
    )
    findings = Findings()
    table = read_table(TableSource(file=path), ["key", "h"], findings)
    texts, hours = read_hours(table, "h", findings)
    assert texts.isna().tolist() == [False, True, True, False, True]
    assert texts[3] == "PH off, Mo 09:00-10:00"  # dates need what a usual week does not
    assert hours[[0, 3]].tolist() == [15, 1]
    assert np.isnan(hours[[1, 2, 4]]).all()
    assert findings.count("opening_hours_unread") == 2
    assert findings.examples("opening_hours_unread") == [f"{path}:3: h: 'quand il fait beau'"]
    assert findings.count("opening_hours_by_date") == 1


def test_hours_of_some_dates_alone_are_kept_for_those_dates(tmp_path: Path):
    path = write_text(
        tmp_path,
        "t.csv",
        "key;h\nbus;Tu[1] 09:30-11:30\nbeach;Jul-Aug Mo-Su 10:00-18:00\nbooked;SH 09:00-12:00\n",
    )
    findings = Findings()
    table = read_table(TableSource(file=path), ["key", "h"], findings)
    texts, hours = read_hours(table, "h", findings)
    assert texts[:2].tolist() == ["Tu[1] 09:30-11:30", "Jul-Aug Mo-Su 10:00-18:00"]
    assert texts.isna()[2] and np.isnan(hours).all()  # nobody said when schools are closed
    assert findings.count("opening_hours_by_date") == 2
    assert f"{path}:2: h: 'Tu[1] 09:30-11:30'" in findings.examples("opening_hours_by_date")
    assert findings.count("opening_hours_unread") == 1
    assert find_usual_week(texts[0]) == ()
    assert find_usual_week("Tu 09:00-10:00; PH off") == ((1980, 2040),)


def test_day_columns(tmp_path: Path):
    path = write_text(
        tmp_path,
        "t.csv",
        "key,lu,ma,sa\n"
        "A,09:00 - 12:00 / 09:00 - 12:00 / 14:00 - 17:00,09:00 - 12:00,\n"
        "B,,,\n"
        "C,Fermé,Fermé,Fermé\n"
        "D,Sur RDV,9h-12h,Fermé\n"
        "E,Sur RDV,,\n",
    )
    findings = Findings()
    table = read_table(TableSource(file=path), ["key", "lu", "ma", "sa"], findings)
    texts, hours = read_hours(table, DayColumns(mo="lu", tu="ma", sa="sa"), findings)
    assert texts.tolist()[0] == "Mo 09:00-12:00,14:00-17:00; Tu 09:00-12:00"
    assert texts.tolist()[2:4] == ["off", "Tu 09:00-12:00"]
    assert texts.isna().tolist() == [False, True, False, False, True]
    assert hours[[0, 2, 3]].tolist() == [9, 0, 3]
    assert np.isnan(hours[[1, 4]]).all()
    assert findings.examples("opening_hours_unread") == [f"{path}:5: lu: 'Sur RDV'"]
    assert findings.count("opening_hours_unread") == 2


def test_no_column_is_unknown(tmp_path: Path):
    path = write_text(tmp_path, "t.csv", "key,h\nA,1\n")
    table = read_table(TableSource(file=path), ["key"], Findings())
    texts, hours = read_hours(table, None, Findings())
    assert texts.isna().all()
    assert np.isnan(hours).all()
