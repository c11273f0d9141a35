"""Tables for people: numbers as planners write them, aligned, within a hundred columns."""

from __future__ import annotations

import io
import re
from typing import Any

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from maillage import show, show_losers, terms

NAN = float("nan")
STATES = [state.column for state in terms.STATES]


def exposure(persons: list[list[float]]) -> pd.DataFrame:
    """A table with the columns of an exposure: persons by state are given."""
    frame = pd.DataFrame(persons, columns=STATES)
    frame.insert(0, "persons", frame.sum(axis=1))
    frame["exposed"] = frame["digital_only"] + frame["assisted_only"] + frame["stranded"]
    frame["left_out"] = frame["stranded"] + 0.5 * frame["assisted_only"]
    for name in [*STATES, "exposed", "left_out"]:
        frame[f"share_{name}"] = frame[name] / frame["persons"]
    for i, name in enumerate(["mean_time", "median_time", "p90_time", "max_time"]):
        frame[name] = [3.25 + 10 * i, NAN, 1.0, 2.0][: len(frame)]
    frame["unreachable_share"] = 0.0004
    frame["coverage_10"], frame["coverage_20"] = 0.5, 0.96
    return frame


def delta(before: list[list[float]], after: list[list[float]]) -> pd.DataFrame:
    was, now = exposure(before), exposure(after)
    columns = {}
    for name in was.columns:
        columns[f"before_{name}"], columns[f"after_{name}"] = was[name], now[name]
        columns[f"delta_{name}"] = now[name] - was[name]
    return pd.DataFrame(columns)


TOWN = [600_000.0, 380_000.0, 12_345.0, 7_655.25, 0.2]
VILLAGE = [10.0, 20.0, 5.0, 3.0, 2.0]


def lines(renderable: Any) -> list[str]:
    text = show.to_text(renderable)
    assert max(len(line) for line in text.splitlines()) <= 100
    return text.splitlines()


def cells(line: str) -> list[str]:
    """The words of a line; the thin spaces inside numbers do not part them."""
    return [word for word in line.split(" ") if word]


def test_numbers_as_planners_write_them() -> None:
    assert terms.to_persons(1234567.4) == "1\u202f234\u202f567"
    assert [terms.to_persons(p) for p in (0, 0.3, 0.5, 12.6, -1500, NAN)] == [
        "0", "<1", "0", "13", "\u22121\u202f500", "–",
    ]  # fmt: skip
    assert [terms.to_signed_persons(p) for p in (0, 0.3, -0.3, 12.6, -1500, NAN)] == [
        "0", "<+1", "<\u22121", "+13", "\u22121\u202f500", "–",
    ]  # fmt: skip
    assert [terms.to_percent(s) for s in (0, 0.0004, 0.12345, 1, NAN)] == [
        "0.0", "<0.1", "12.3", "100.0", "–",
    ]  # fmt: skip
    assert [terms.to_minutes(m) for m in (0, 12.34, NAN)] == ["0.0", "12.3", "–"]
    assert [terms.to_signed_minutes(m) for m in (0, 0.04, -0.04, 12.34, -3, NAN)] == [
        "0.0", "<+0.1", "<\u22120.1", "+12.3", "\u22123.0", "–",
    ]  # fmt: skip


def test_headings_in_two_languages() -> None:
    names = ["group", "counter", "commune", "epci", "departement", "bassin_de_vie", "zone_7"]
    assert [terms.to_heading(name) for name in names] == [
        "Group", "Counter (guichet)", "Commune", "EPCI (intercommunalité)", "Département",
        "Bassin de vie", "Zone 7",
    ]  # fmt: skip


def test_exposure_view() -> None:
    text = lines(show.build_exposure_view(exposure([TOWN]), title="Town", note="a note"))
    assert text[:2] == ["Town", "a note"]
    bar = next(line for line in text if line.startswith("█"))
    # 72 signs by persons; even a fifth of a person has one
    assert [bar.count(state.sign) for state in terms.STATES] == [42, 27, 1, 1, 1]
    table = text[text.index(bar) + 2 :]
    assert re.fullmatch(r"state +persons +%", table[0])
    assert table[1].startswith("█ choice             600\u202f000   60.0  a counter within reach")
    assert table[5].startswith("▚ stranded                <1   <0.1  no counter")
    assert table[6].startswith("  exposed             20\u202f000    2.0  only remote")
    assert table[8].startswith("  all              1\u202f000\u202f000  100.0")
    assert "unreachable, %" in table[10]
    assert cells(table[11]) == ["3.2", "13.2", "23.2", "33.2", "<0.1"]
    assert cells(table[14]) == ["50.0", "96.0"]


def test_states_with_nobody_have_no_sign_in_the_bar() -> None:
    text = lines(show.build_exposure_view(exposure([[5, 0, 0, 0, 5]]), title="t"))
    assert "█" * 36 + "▚" * 36 in text
    nobody = exposure([[0, 0, 0, 0, 0]])
    text = lines(show.build_exposure_view(nobody, title="t"))
    assert any(cells(line)[:4] == ["█", "choice", "0", "–"] for line in text)


def test_exposure_table_is_aligned_and_says_what_it_leaves_out() -> None:
    frame = exposure([TOWN, VILLAGE] * 2)
    names = ["2A004", "2A001", None, "a very long name of an area"]
    frame.insert(0, "commune", names)
    frame.insert(1, "commune_name", ["Ajaccio", "2A001", None, "x"])
    text = lines(show.build_exposure_table(frame, title="By commune", n_rows=2))
    header = next(line for line in text if line.startswith("Commune"))
    rows = text[text.index(header) + 1 :]
    assert rows[0].startswith("2A004 Ajaccio  1\u202f000\u202f000    60.0     38.0")
    assert cells(rows[0])[-1] == "13.2"
    assert rows[1].startswith("2A001                 40    25.0     50.0")
    assert cells(rows[1])[-1] == "–"
    assert len(rows[0]) == len(rows[1])
    assert "... and 2 more" in text
    whole = lines(show.build_exposure_table(frame, title="By commune"))
    assert any(line.startswith("none") for line in whole)
    assert any(line.startswith("a very long name…") for line in whole)


def test_delta_view_shows_before_after_and_change() -> None:
    after = [600_000.0, 379_000.0, 12_345.0, 7_655.25, 1_000.2]
    text = lines(show.build_delta_view(delta([TOWN], [after]), title="d"))
    rows = {line[:18].strip(): cells(line[18:]) for line in text if line[:1] in "█▓▒░▚ "}
    assert rows["█ choice"] == ["600\u202f000", "600\u202f000", "0", "60.0", "60.0"]
    assert rows["▓ counter-reliant"] == [
        "380\u202f000", "379\u202f000", "\u22121\u202f000", "38.0", "37.9",
    ]  # fmt: skip
    assert rows["▚ stranded"] == ["<1", "1\u202f000", "+1\u202f000", "<0.1", "0.1"]
    assert rows["exposed"] == ["20\u202f000", "21\u202f000", "+1\u202f000", "2.0", "2.1"]


def test_delta_table() -> None:
    frame = delta([TOWN, VILLAGE], [TOWN, [0.0, 0.0, 15.0, 15.0, 10.0]])
    frame.insert(0, "group", ["0-64", "65+"])
    text = lines(show.build_delta_table(frame, title="By group"))
    rows = {cells(line)[0]: cells(line) for line in text if line}
    assert rows["0-64"][1:5] == ["1\u202f000\u202f000", "20\u202f000", "20\u202f000", "0"]
    assert rows["65+"][1:9] == ["40", "10", "40", "+30", "25.0", "100.0", "+14", "+8"]


def losers() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "place": ["P1", "P2", "P3"],
            "name": ["Corte", None, None],
            "canton": ["North", "South", None],
            "person_class": ["car", "no_car", "car"],
            "persons": [1234.0, 5.0, 0.2],
            "before_counter": ["K1", "K1", None],
            "after_counter": ["K2", None, "K9"],
            "before_travel_time": [5.0, 5.0, NAN],
            "after_travel_time": [17.5, NAN, 8.0],
            "delta_travel_time": [12.5, NAN, NAN],
        }
    )


def test_losers_table() -> None:
    text = lines(
        show_losers.build_losers_table(losers(), title="t", names={"K1": "Poste", "K2": None})
    )
    rows = {line.split()[0]: re.split(r" {2,}", line) for line in text if line.startswith("P")}
    assert rows["P1"] == ["P1 Corte", "car", "1\u202f234", "5.0", "17.5", "+12.5", "Poste", "K2"]
    assert rows["P2"] == ["P2", "no car", "5", "5.0", "–", "lost", "Poste", "–"]
    assert rows["P3"] == ["P3", "car", "<1", "–", "8.0", "found", "–", "K9"]
    alike = {"K1": "Bureau de poste - Ajaccio", "K2": "Agence postale - Ajaccio"}
    text = lines(show_losers.build_losers_table(losers(), title="t", names=alike))
    rows = {line.split()[0]: re.split(r" {2,}", line) for line in text if line.startswith("P")}
    assert rows["P1"][-2:] == ["K1", "K2"]
    assert rows["P2"][-2:] == ["Ajaccio", "–"]
    assert "... and 2 more" in lines(show_losers.build_losers_table(losers(), title="t", n_rows=1))


def test_losses_by_area() -> None:
    frame = pd.DataFrame(
        {
            "place": ["a", "b", "c", "d", "e"],
            "canton": ["North", "North", "South", "South", None],
            "person_class": ["car", "car", "car", "no_car", "car"],
            "persons": [10.0, 30.0, 100.0, 1.0, 2.0],
            "before_counter": "K1",
            "after_counter": ["K2", "K2", "K2", None, "K2"],
            "before_travel_time": [5.0, 9.0, 2.0, 4.0, 1.0],
            "after_travel_time": [15.0, 11.0, 4.5, NAN, 2.0],
        }
    )
    areas = show_losers.find_losses_by_area(frame, "canton")
    assert areas["canton"].fillna("").tolist() == ["South", "South", "North", ""]
    assert areas["person_class"].tolist() == ["no_car", "car", "car", "car"]
    assert areas["persons"].tolist() == [1, 100, 40, 2]
    assert areas["before_travel_time"].tolist() == [4, 2, 8, 1]
    assert areas["delta_travel_time"].fillna(-1).tolist() == [-1, 2.5, 4, 1]
    text = lines(show_losers.build_losers_table(areas, title="t"))
    assert any(re.match(r"South +no car +1 +4.0 +– +lost +K1 +–$", line) for line in text)


def test_names_are_shortened_from_the_front() -> None:
    assert terms.to_short_name("Corte", 8) == "Corte"
    assert terms.to_short_name("Bureau de poste - Corte", 8) == "Corte"
    assert terms.to_short_name("Bureau de poste - Santa-Lucia", 8) == "Santa-L…"
    assert terms.to_title("departement") == "département"
    assert terms.to_title("epci") == "EPCI (intercommunalité)"


def test_findings_name_files_without_their_folders() -> None:
    frame = pd.DataFrame(
        {
            "kind": ["near_duplicate"],
            "count": [12345],
            "examples": ["/a/b/counters.csv:3: K1 and K2 | 12 km/h is odd | third"],
        }
    )
    text = lines(show.build_findings_table(frame))
    assert any(re.match(r"near duplicate +12\u202f345  counters.csv:3: K1 and K2", x) for x in text)
    assert any(x.strip() == "12 km/h is odd" for x in text)
    assert not any("third" in x for x in text)
    assert lines(show.build_findings_table(frame.head(0)))[0] == "Findings: none"


def test_long_examples_leave_the_counts_of_findings_there() -> None:
    frame = pd.DataFrame(
        {
            "kind": ["trip_goes_back_in_time"],
            "count": [4321],
            "examples": ["stops.txt:1: " + "x" * 150],
        }
    )
    row = next(line for line in lines(show.build_findings_table(frame)) if "stops.txt" in line)
    assert row.startswith("trip goes back in time  4\u202f321  stops.txt:1: xxx")


@pytest.mark.parametrize(("change", "colour"), [(30.0, terms.WORSE), (-30.0, terms.BETTER)])
def test_colours_say_worse_and_better(change: float, colour: str) -> None:
    before, after = [50.0, 0, 0, 0, 50], [50.0, 0, 0, 0, 50 + change]
    frame = delta([before], [after])
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=True, color_system="truecolor", width=100)
    console.print(show.build_delta_view(frame, title="t"))
    rgb = ";".join(str(int(colour[i : i + 2], 16)) for i in (1, 3, 5))
    row = next(line for line in stream.getvalue().splitlines() if "stranded" in line)
    assert f"38;2;{rgb}" in row
    assert "\x1b" not in show.to_text(show.build_delta_view(frame, title="t"))


def test_edits_are_numbered() -> None:
    text = lines(show.build_edits_view(["close K1", "[bold]no markup[/bold]"], title="Scenario"))
    assert text[:4] == ["Scenario", "", "  1. close K1", "  2. [bold]no markup[/bold]"]
    assert "  no edits" in lines(show.build_edits_view([], title="Scenario"))


def test_the_states_partition_in_order() -> None:
    assert STATES == ["choice", "counter_reliant", "digital_only", "assisted_only", "stranded"]
    assert len({state.sign for state in terms.STATES}) == len({s.colour for s in terms.STATES}) == 5
    assert np.isclose(exposure([TOWN])["persons"][0], 1_000_000.45)
