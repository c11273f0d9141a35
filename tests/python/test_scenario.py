"""Scenarios as values and as files: what goes in comes out, and mistakes are all named."""

from __future__ import annotations

import json
import math
from pathlib import Path

import geopandas as gpd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import MultiPolygon, Polygon, box

from maillage.errors import InputError, IoError
from maillage.scenario import (
    AddTripsEdit,
    CloseEdit,
    CloseRoadEdit,
    ConvertEdit,
    CutLineEdit,
    Edit,
    MoveEdit,
    OpenEdit,
    Scenario,
    SetConnectivityEdit,
    SetHoursEdit,
    SetPopulationEdit,
    SetSpeedEdit,
    read_scenario,
)
from maillage.scenario_edits import EDIT_KINDS
from maillage.scenario_polygon import to_geometry, to_outline
from maillage.toml_text import read_toml, to_toml

SQUARE = [(9.0, 42.0), (9.1, 42.0), (9.1, 42.1), (9.0, 42.1)]


def full_scenario() -> Scenario:
    """One edit of every kind and form."""
    return (
        Scenario("Tout à la fois \u201cv2\u201d")
        .close("K1")
        .close("K2", "post")
        .open(
            "N1",
            lon=9.1,
            lat=42.300000000000004,
            services={"post": 1, "banque postale": 2},
            kind="Relais \\ poste",
            operator="La Poste",
            name='Chez "Ange"',
            opening_hours="Mo-Fr 09:00-12:00",
            agents=1.5,
            yearly_cost=24000,
        )
        .open("N2", lon=9, lat=42, kind="Agence")
        .open("K1")
        .move("K3", lon=8.75, lat=41.92)
        .convert("K4", kind="Agence")
        .convert("K5", services={"post": 1})
        .set_hours("K6", "Mo-Fr 08:30-12:00,14:00-17:00; Sa 09:00-12:00")
        .set_population("2A004", group="75+", persons=812.25)
        .set_population(zoning="departement", area="2A", factor=1.12)
        .set_population(group="0-14", factor=0)
        .set_connectivity("2A004", wired_8=0.98, wired_1000=0.5)
        .set_connectivity(zoning="commune", area="2A004", mobile_4g=1)
        .set_speed(ways=[12, 13], speed_kmh=30)
        .set_speed(polygon=SQUARE, mode="bike", factor=0.8)
        .close_road(ways=range(100000000, 100000020))
        .close_road(polygon=box(9, 42, 9.2, 42.2).difference(box(9.05, 42.05, 9.1, 42.1)))
        .cut_line("12")
        .add_trips("12", ["09:30"], direction=0)
    )


def test_a_scenario_never_changes() -> None:
    base = Scenario("fewer desks")
    longer = base.close("K1")
    assert base.edits == ()
    assert longer.edits == (CloseEdit(key="K1"),)
    assert longer.close("K2").edits[:1] == longer.edits
    with pytest.raises(AttributeError):
        longer.name = "other"  # type: ignore[misc]
    with pytest.raises(ValueError, match="frozen"):
        longer.edits[0].key = "K9"  # type: ignore[attr-defined]
    services = {"post": 1}
    opened = base.open("N", lon=9, lat=42, services=services)
    services["post"] = 2
    assert opened.edits[0].services == {"post": 1}  # type: ignore[attr-defined]


def test_equal_scenarios_are_equal_and_hash_alike() -> None:
    assert full_scenario() == full_scenario()
    assert hash(full_scenario()) == hash(full_scenario())
    assert full_scenario() != full_scenario().close("K9")


def test_the_fluent_methods_build_the_edits_they_name() -> None:
    kinds = {type(edit) for edit in full_scenario().edits}
    assert kinds == {
        CloseEdit, OpenEdit, MoveEdit, ConvertEdit, SetHoursEdit, SetPopulationEdit,
        SetConnectivityEdit, SetSpeedEdit, CloseRoadEdit, CutLineEdit, AddTripsEdit,
    }  # fmt: skip
    close, open_, reopen = (full_scenario().edits[i] for i in (1, 2, 4))
    assert isinstance(close, CloseEdit)
    assert close.service == "post"
    assert isinstance(open_, OpenEdit)
    assert (open_.lat, open_.agents, open_.services) == (
        42.300000000000004,
        1.5,
        {"post": 1, "banque postale": 2},
    )
    assert isinstance(reopen, OpenEdit)
    assert reopen.reopens
    assert not open_.reopens


def test_a_file_gives_back_the_same_scenario(tmp_path: Path) -> None:
    scenario = full_scenario()
    path = scenario.write(tmp_path / "all.toml")
    assert read_scenario(path) == scenario
    again = read_scenario(path).write(tmp_path / "again.toml")
    assert again.read_bytes() == path.read_bytes()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["again.toml", "all.toml"]
    assert max(len(line) for line in path.read_text("utf-8").splitlines()) <= 100


def test_a_scenario_is_plain_data() -> None:
    content = full_scenario().to_dict()
    again = json.loads(json.dumps(content))
    assert again == content
    assert content["edits"][2]["services"] == {"post": 1, "banque postale": 2}


def test_the_file_reads_like_a_list_of_edits(tmp_path: Path) -> None:
    path = Scenario("fewer desks").close("K1", "post").write(tmp_path / "s.toml")
    assert path.read_text("utf-8") == (
        'format = 1\nname = "fewer desks"\n\n[[edits]]\ndo = "close"\nkey = "K1"\n'
        'service = "post"\n'
    )


names = st.text(min_size=1).filter(lambda t: t.strip() and max(t) < "\ud800")
numbers = st.floats(min_value=-80, max_value=80)


@given(name=names, key=names, lon=numbers, lat=numbers, level=st.integers(1, 255))
def test_any_text_and_number_survives_a_file(
    tmp_path_factory: pytest.TempPathFactory,
    name: str,
    key: str,
    lon: float,
    lat: float,
    level: int,
) -> None:
    scenario = Scenario(name).open(key, lon=lon, lat=lat, services={key: level}).close(key)
    path = scenario.write(tmp_path_factory.mktemp("toml") / "s.toml")
    back = read_scenario(path)
    assert back == scenario
    assert math.copysign(1, back.edits[0].lon) == math.copysign(1, lon)  # type: ignore[attr-defined]


def test_the_order_of_edits_is_kept(tmp_path: Path) -> None:
    scenario = Scenario("there").close("K1").open("K1").close("K1").move("K2", lon=9, lat=42)
    path = scenario.write(tmp_path / "s.toml")
    assert [edit.do for edit in read_scenario(path).edits] == ["close", "open", "close", "move"]


def test_words_for_people() -> None:
    assert full_scenario().to_words()[:8] == [
        "close K1",
        "close K2 (post)",
        'open N1 "Chez "Ange"" (Relais \\ poste, post 1, banque postale 2) at 9.1000, 42.3000, '
        "Mo-Fr 09:00-12:00",
        "open N2 (Agence) at 9.0000, 42.0000",
        "reopen K1",
        "move K3 to 8.7500, 41.9200",
        "convert K4 to Agence",
        "convert K5 to post 1",
    ]
    assert full_scenario().to_words()[9:16] == [
        "set the persons of group 75+ in place 2A004 to 812.25",
        "multiply the persons of all groups in departement 2A by 1.12",
        "multiply the persons of group 0-14 everywhere by 0",
        "set connectivity in place 2A004: 8 Mbit/s 98 %, 1000 Mbit/s 50 %",
        "set connectivity in commune 2A004: good 4G 100 %",
        "set the speed on the roads of 2 ways (12, 13) to 30 km/h",
        "multiply the speed on the cycle routes in the outline around 9.0500, 42.0500 by 0.8",
    ]
    text = repr(Scenario("fewer desks").close("K1", "post"))
    assert text == 'Scenario "fewer desks": 1 edit\n  1. close K1 (post)'
    page = Scenario("<b>").close("K&1")._repr_html_()
    assert "&lt;b&gt;" in page
    assert "close K&amp;1" in page
    assert repr(Scenario("as is")) == 'Scenario "as is": no edits'


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda s: s.close(""), "key is '', expected text that is not empty"),
        (lambda s: s.close(12), "key is 12, expected text in quotes"),
        (lambda s: s.open("N", lon=9.1), "needs lon and lat together, lat is missing"),
        (
            lambda s: s.open("N", lon=9.1, lat=42.3),
            "needs services, such as { post = 1 }, or",
        ),
        (lambda s: s.open("N", lon=9.1, lat=248.85, kind="A"), "lat is 248.85, expected -90..90"),
        (lambda s: s.open("N", lon=math.nan, lat=4, kind="A"), "lon is nan, expected a finite"),
        (lambda s: s.open("N", services={"post": 1}), "has services but no lon and lat"),
        (lambda s: s.open("N", lon=9, lat=4, services={"post": 0}), "gives post the level 0"),
        (lambda s: s.open("N", lon=9, lat=4, services={"post": True}), "gives post the level True"),
        (lambda s: s.open("N", lon=9, lat=4, services={}), "expected services with levels"),
        (
            lambda s: s.open("N", lon=9, lat=4, kind="A", agents=-1),
            "agents is -1, expected",
        ),
        (lambda s: s.convert("K"), "needs a kind or services"),
        (lambda s: s.set_population(zoning="commune", factor=1), "area is missing"),
        (
            lambda s: s.set_population("p", zoning="a", area="b", factor=1),
            "both a place and",
        ),
        (lambda s: s.set_population("p"), "needs either factor or persons"),
        (lambda s: s.set_population("p", factor=2, persons=3), "needs either factor or persons"),
        (lambda s: s.set_population("p", factor=-0.5), "factor is -0.5, expected at least 0"),
        (lambda s: s.set_connectivity("p"), "needs at least one of wired_8"),
        (lambda s: s.set_connectivity("p", wired_8=98), "wired_8 is 98, expected at most 1"),
        (
            lambda s: s.set_connectivity("p", wired_8=0.5, wired_30=0.6),
            "wired_30 is 0.6 but",
        ),
        (lambda s: s.set_speed(speed_kmh=30), "needs either ways or polygon"),
        (lambda s: s.set_speed(ways=[1], polygon=SQUARE, factor=1), "needs either ways or polygon"),
        (lambda s: s.set_speed(ways=[1]), "needs either speed_kmh or factor"),
        (lambda s: s.set_speed(ways=[1], speed_kmh=0), "speed_kmh is 0, expected more than 0"),
        (lambda s: s.set_speed(ways=[1.5], factor=2), "ways holds 1.5, expected way ids"),
        (lambda s: s.set_speed(ways="12", factor=2), "ways is '12', expected a list of way ids"),
        (lambda s: s.set_speed(ways=[], factor=2), "ways is empty"),
        (lambda s: s.set_speed(ways=[1], factor=2, mode="boat"), "mode is 'boat', expected one of"),
        (lambda s: s.close_road(polygon=[(9, 42), (9.1, 42)]), "ring of 2 different points"),
        (lambda s: s.close_road(polygon=[9.0, 42.0]), "polygon expected a list of [lon, lat]"),
        (lambda s: s.close_road(polygon=[(9, 0), (10, 1), (10, 0), (9, 1)]), "not a valid outline"),
        (lambda s: s.close_road(polygon=[(209, 0), (210, 1), (210, 0)]), "expected lon -180..180"),
        (lambda s: s.close_road(polygon="none.gpkg"), 'the file "none.gpkg", which does not exist'),
    ],
)
def test_an_edit_that_makes_no_sense_is_refused(build, message: str) -> None:
    with pytest.raises(InputError) as caught:
        build(Scenario("s"))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_scenario_needs_a_name_and_edits() -> None:
    with pytest.raises(InputError, match="expected text"):
        Scenario("  ")
    with pytest.raises(InputError, match="is not an edit"):
        Scenario("s", ("close K1",))  # type: ignore[arg-type]


def write(path: Path, text: str) -> Path:
    path.write_text(text, "utf-8")
    return path


def test_every_mistake_of_a_file_is_listed_at_once(tmp_path: Path) -> None:
    path = write(
        tmp_path / "bad.toml",
        """
        nmae = "fewer desks"
        [[edits]]
        do = "close"
        key = 12
        serivce = "post"
        [[edits]]
        do = "clsoe"
        [[edits]]
        key = "K1"
        [[edits]]
        do = "open"
        key = "N1"
        lon = "9.1"
        lat = 248.85
        [[edits]]
        do = "close"
        key = "K1"
        """,
    )
    with pytest.raises(InputError) as caught:
        read_scenario(path)
    assert str(caught.value).splitlines()[0] == f"{path}: 8 problems:"
    assert caught.value.problems == [
        "unknown key \"nmae\", did you mean 'name'?",
        'name is missing, expected text, such as name = "fewer desks"',
        "edit 1 (close): key is 12, expected text in quotes",
        "edit 1 (close): unknown key \"serivce\", did you mean 'service'?",
        "edit 2 (clsoe): do is 'clsoe', did you mean 'close'?",
        "edit 3: do is missing, expected one of close, open, move, convert, set_hours, "
        "set_population, set_connectivity, set_speed, close_road, cut_line, add_trips",
        "edit 4 (open): lon is '9.1', expected a number",
        "edit 4 (open): lat is 248.85, expected -90..90",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('name = "a"\nname = "b"', "is not valid TOML"),
        ('name = "a"\n[[close]]\nkey = "K"', 'expected [[edits]] with do = "close"'),
        ('name = "a"\nedits = 3', "edits is not a list of blocks"),
        ('name = "a"\nedits = [1]', "edits is not a list of blocks"),
        ('name = "a"\nformat = 2', "format is 2, this version reads 1"),
        ("name = 4", "name is 4, expected text"),
        ("", "name is missing"),
    ],
)
def test_a_file_that_is_not_a_scenario(tmp_path: Path, text: str, message: str) -> None:
    path = write(tmp_path / "s.toml", text)
    with pytest.raises(InputError) as caught:
        read_scenario(path)
    assert message in str(caught.value)
    assert str(caught.value).startswith(str(path))


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(IoError, match="No such file"):
        read_scenario(tmp_path / "none.toml")
    with pytest.raises(IoError, match="directory"):
        read_scenario(tmp_path)
    (tmp_path / "latin.toml").write_bytes('name = "a"\n# \u00e9t\u00e9'.encode("latin-1"))
    with pytest.raises(InputError, match=r"latin\.toml:2: is not UTF-8"):
        read_scenario(tmp_path / "latin.toml")
    (tmp_path / "bom.toml").write_bytes(b'\xef\xbb\xbfname = "a"\r\n')
    assert read_scenario(tmp_path / "bom.toml") == Scenario("a")


def test_a_file_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(IoError, match="does not exist"):
        Scenario("a").write(tmp_path / "none" / "s.toml")
    with pytest.raises(IoError, match="is a folder"):
        Scenario("a").write(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_replaced_as_a_whole(tmp_path: Path) -> None:
    path = full_scenario().write(tmp_path / "s.toml")
    Scenario("short").write(path)
    assert read_scenario(path) == Scenario("short")


def test_outlines_come_in_every_usual_form(tmp_path: Path) -> None:
    square, hole = Polygon(SQUARE), box(9.02, 42.02, 9.04, 42.04)
    assert to_geometry(to_outline(SQUARE)).equals(square)
    assert to_geometry(to_outline(square)).equals(square)
    assert to_geometry(to_outline(square.__geo_interface__)).equals(square)
    holed = square.difference(hole)
    assert to_geometry(to_outline(holed)).equals(holed)
    two = MultiPolygon([square, box(8, 41, 8.1, 41.1)])
    assert to_geometry(to_outline(two)).equals(two)
    series = gpd.GeoSeries([square, hole], crs=4326)
    assert to_geometry(to_outline(series)).equals(square)
    series.to_crs(2154).to_file(tmp_path / "zone.gpkg")
    read = to_geometry(to_outline(tmp_path / "zone.gpkg"))
    assert read.symmetric_difference(square).area < 1e-8


def test_an_outline_in_a_file_is_found_beside_the_scenario(tmp_path: Path) -> None:
    gpd.GeoSeries([Polygon(SQUARE)], crs=4326).to_file(tmp_path / "zone.geojson")
    text = 'name = "s"\n[[edits]]\ndo = "close_road"\npolygon = "zone.geojson"\n'
    (edit,) = read_scenario(write(tmp_path / "s.toml", text)).edits
    assert isinstance(edit, CloseRoadEdit)
    assert edit.polygon is not None
    assert to_geometry(edit.polygon).equals(Polygon(SQUARE))


@pytest.mark.parametrize(
    "geometry", [{"type": "Point", "coordinates": [9, 42]}, {"type": "Nothing"}, {}]
)
def test_what_is_no_outline_is_refused(geometry: dict) -> None:
    with pytest.raises(ValueError, match=r"expected a polygon|not a GeoJSON"):
        to_outline(geometry)


def test_toml_text(tmp_path: Path) -> None:
    content = {
        "plain": 'a\tb\n"c"\\ \x07 é',
        "numbers": [1, -2, 1e-300, 1e22, 0.1, -0.0],
        "flag": True,
        "empty": [],
        "deep": [[[1.5, 2.5], [3.5, 4.5]] * 20],
        "a key": {"in line": {"x": 1}, "list": [1, 2]},
        "block": [{"a": 1}, {"a": 2, "b": {"c": "d"}}],
    }
    path = write(tmp_path / "t.toml", to_toml(content))
    assert read_toml(path) == content
    with pytest.raises(ValueError, match="finite"):
        to_toml({"x": math.inf})
    with pytest.raises(TypeError, match="object"):
        to_toml({"x": object()})


def test_every_kind_of_edit_has_words_and_a_file_form() -> None:
    for kind in Edit.__subclasses__():
        if kind.__name__.startswith("_"):
            for child in kind.__subclasses__():
                assert child.do in child(**_smallest(child)).to_dict().values()
        else:
            assert kind(**_smallest(kind)).to_words()


def _smallest(kind: type[Edit]) -> dict:
    values = {
        "close": {"key": "K"},
        "open": {"key": "K"},
        "move": {"key": "K", "lon": 9, "lat": 42},
        "convert": {"key": "K", "kind": "A"},
        "set_hours": {"key": "K", "opening_hours": "Mo 09:00-10:00"},
        "set_population": {"factor": 1},
        "set_connectivity": {"mobile_4g": 1},
        "set_speed": {"ways": [1], "factor": 1},
        "close_road": {"ways": [1]},
        "cut_line": {"line": "12"},
        "add_trips": {"line": "12", "departures": ("09:30",)},
    }
    return values[kind.do]


SCENARIO_PAGE = Path(__file__).parents[2] / "scenarios" / "SCENARIO.md"


def blocks_of_page(language: str) -> list[str]:
    text = SCENARIO_PAGE.read_text("utf-8")
    return [block.split("```")[0] for block in text.split(f"```{language}\n")[1:]]


def test_the_page_shows_every_edit_and_every_value(tmp_path: Path) -> None:
    gpd.GeoSeries([Polygon(SQUARE)], crs=4326).to_file(tmp_path / "pass.geojson")
    first, *examples = blocks_of_page("toml")
    text = 'name = "all of the page"\n\n' + "\n".join(examples)
    scenario = read_scenario(write(tmp_path / "page.toml", text))
    shown = {(edit.do, name) for edit in scenario.edits for name in edit.to_dict()}
    known = {(do, name) for do, kind in EDIT_KINDS.items() for name in kind.model_fields}
    # one of each family of values is enough
    optional = {
        ("set_connectivity", "wired_30"),
        ("set_connectivity", "wired_100"),
        ("set_connectivity", "place"),
        ("close_road", "mode"),
    }
    assert known - shown <= optional
    assert len(read_scenario(write(tmp_path / "first.toml", first)).edits) == 2


def test_the_python_of_the_page_writes_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (code,) = blocks_of_page("python")
    names: dict = {}
    exec(code, names)
    assert Path("valley.toml").read_text("utf-8") == blocks_of_page("toml")[0]
    assert names["scenario"].name == "Fewer desks in the valley"
