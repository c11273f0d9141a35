"""The book of parameters, and abilities by place that rest on it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from reader_files import write_text
from typer.testing import CliRunner

import maillage as ml
from maillage.cli import app
from maillage.errors import InputError, NotFoundError
from maillage.findings import Findings
from maillage.geo.small_area import scale_to_year
from maillage.parameter_book import read_book

DEMO = "scenarios/demo/territory.toml"


def test_every_parameter_has_value_unit_and_source():
    frame = ml.parameters()
    assert list(frame.columns) == [
        "name", "value", "low", "high", "unit", "year", "n", "source"
    ]  # fmt: skip
    assert frame["name"].is_unique
    assert frame[["name", "value", "unit", "source"]].notna().all(axis=None)
    assert (frame["source"].str.len() > 3).all()
    shares = frame[frame["unit"] == "share"]["value"]
    assert shares.between(0, 1).all()


def test_ranges_hold_their_values():
    for p in read_book().entries.values():
        if p.low is not None and p.high is not None:
            assert p.low <= p.value <= p.high, p.name


def test_a_file_replaces_values(tmp_path):
    file = write_text(tmp_path, "mine.csv", "name,value,source\nphone.resolution,0.5,my survey\n")
    frame = ml.parameters(file).set_index("name")
    assert frame.loc["phone.resolution", "value"] == 0.5
    assert frame.loc["phone.resolution", "source"] == "my survey"
    assert len(frame) == len(ml.parameters())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name,value\nphone.resolutoin,0.5\n", "phone.resolution"),
        ("name,value\nphone.resolution,1.5\n", r"mine.csv:2: value is 1.5, expected a share"),
        ("name,value\nphone.resolution,x\n", "mine.csv:2: value"),
        ("name,value\nlimit_min,1\nlimit_min,2\n", "mine.csv:3: name"),
        ("nom,value\nlimit_min,1\n", "name"),
        ("name,value\nagents.default,-3\n", r"mine.csv:2: value is -3.*agents > 0"),
        ("name,value\nagents.default,0\n", r"mine.csv:2: value is 0.*agents > 0"),
        ("name,value\nvisits.post,-2\n", r"value is -2.*visits a person and year >= 0"),
        ("name,value\nopen_hours.default,0\n", "hours a week > 0"),
        ("name,value\nopen_hours.default,169\n", "at most 168"),
        ("name,value\ndecay.half_life.post,0\n", r"minutes in 0\.1"),
        ("name,value\nvisit_minutes.post,0\n", "minutes > 0"),
        ("name,value\ncrow.detour_factor,0.9\n", r"a factor in 1\.\.10"),
        ("name,value\nlogit.e1.const,1e400\n", "expected a number$"),
        ("name,value\nlogit.e1.const,inf\n", "expected a number$"),
        ("name,value,n\nlimit_min,20,-5\n", "n is -5.*sample size > 0"),
        ("name;value;year\nlimit_min;20;2020,5\n", r"year is 2020,5, expected a whole number"),
        ("name,value,low,high\nlimit_min,30,40,20\n", "low is 40.*at most the value 30"),
        ("name,value,low,high\nlimit_min,30,20,25\n", "high is 25.*at least the value 30"),
        ("name,value,low,high\nlimit_min,30,20,\n", "both low and high"),
        ("name,value,low,high\nleft_out_lambda,0.5,0,2\n", r"high is 2.*0\.\.1"),
        ("name,value,unit\nlimit_min,30,hours\n", "unit is 'hours', expected minutes"),
        ("name,value\nability.E1_excluded.all18.18+,0.9\n", "at most E2_excluded_or_low"),
    ],
)
def test_mistakes_in_a_file_are_named(tmp_path, text: str, words: str):
    with pytest.raises(InputError, match=words):
        ml.parameters(write_text(tmp_path, "mine.csv", text))


def test_ranges_are_listed(tmp_path):
    frame = ml.parameters().set_index("name")
    assert frame.loc["car.speed_factor", ["low", "high"]].tolist() == [0.85, 1.1]
    assert frame["low"].isna().sum() == frame["high"].isna().sum() > 50
    file = write_text(tmp_path, "mine.csv", "name,value,low,high\nlimit_min,30,20,40\n")
    assert ml.parameters(file).set_index("name").loc["limit_min", "high"] == 40


def test_unknown_names_have_near_ones():
    with pytest.raises(NotFoundError, match="limit_min"):
        read_book().find("limt_min")


def test_the_command_lists_and_writes(tmp_path):
    out = tmp_path / "p.csv"
    done = CliRunner().invoke(app, ["parameters", "phone", "--out", str(out)])
    assert done.exit_code == 0 and "Défenseur des droits" in done.stdout
    assert pd.read_csv(out)["name"].str.startswith("phone").all()


def test_wrong_input_has_the_exit_code_of_every_command(tmp_path):
    bad = str(write_text(tmp_path, "mine.csv", "name,value\nagents.default,-3\n"))
    for arguments in (["parameters", "--file", bad], ["parameters", "phonne"],
                      ["load", DEMO, "--service", "pots"], ["load", "none.toml"]):  # fmt: skip
        done = CliRunner().invoke(app, arguments)
        assert done.exit_code == 2 and done.stderr.startswith("maillage: "), arguments


def test_the_command_shows_names_whole():
    done = CliRunner().invoke(app, ["parameters", "ability.E2_excluded_or_low.age_filosofi"])
    joined = "".join(line.split("  ")[0].strip() for line in done.stdout.splitlines())
    assert "ability.E2_excluded_or_low.age_filosofi.80+" in joined and "…" not in done.stdout


def test_the_command_shows_ranges():
    done = CliRunner().invoke(app, ["parameters", "car"])
    assert "0.85 to 1.1" in " ".join(done.stdout.split())


def test_years_scale_by_the_series_of_insee():
    groups = pd.DataFrame({"group": ["60-74", "25-39", "jobs"], "p_b": [0.2, 0.1, 0.1],
                           "p_c": [0.24, 0.04, 0.1]})  # fmt: skip
    findings = Findings()
    p_b, p_c = scale_to_year(groups, 2025, read_book(), findings)
    assert p_c.tolist() == pytest.approx([0.17, 0.04, 0.1])
    assert p_b[0] == pytest.approx(0.2 * 0.83 / 0.76)
    assert findings.to_frame()["kind"].tolist() == ["ability_not_scaled"]
    same = scale_to_year(groups, None, read_book(), Findings())
    assert same[1].tolist() == groups["p_c"].tolist()
    with pytest.raises(InputError, match="2019, 2021 or 2025"):
        scale_to_year(groups, 2024, read_book(), Findings())


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    from shutil import copytree

    return copytree("scenarios/demo", tmp_path_factory.mktemp("demo") / "demo")


def read_with(folder, section: str, rows: pd.DataFrame) -> ml.Territory:
    text = (folder / "territory.toml").read_text(encoding="utf-8")
    rows.to_csv(folder / "people.csv", index=False)
    file = folder / "with.toml"
    file.write_text(f"{text}\n[small_area]\nfile = 'people.csv'\n{section}\n", encoding="utf-8")
    return ml.read_territory(file, cache=False)


def draw_people(territory: ml.Territory) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    places = territory.places["place"]
    diplomas = rng.dirichlet([2, 2, 2, 2], len(places))
    frame = pd.DataFrame(diplomas, columns=["none", "bepc", "bac", "higher"])
    frame.insert(0, "place", places.to_numpy())
    frame["size"] = rng.choice(["rural", "2-20k", "paris"], len(places))
    frame["ifn"] = rng.uniform(60, 160, len(places))
    return frame


ALL = """key = "place"
diploma = { none = "none", bepc = "bepc", bac = "bac", higher = "higher" }
size = "size"
fragility = "ifn"
"""


def test_small_areas_keep_the_totals_of_the_groups(folder):
    plain = ml.read_territory(folder / "territory.toml", cache=False)
    people = draw_people(plain)
    territory = read_with(folder, ALL, people)
    parts = territory.parts
    assert (parts.p_b >= 0).all() and (parts.p_c >= 0).all()
    assert (parts.p_b + parts.p_c <= 1 + 1e-12).all()
    for values, column in ((parts.p_c, "p_c"), (parts.p_b, "p_b")):
        totals = (parts.persons * values).sum(axis=0)
        expected = parts.persons.sum(axis=0) * plain.parts.groups[column].to_numpy()
        assert totals == pytest.approx(expected, rel=1e-9)
    # the fewer diplomas, the more who cannot
    few, many = people["none"].to_numpy() > 0.5, people["higher"].to_numpy() > 0.5
    assert parts.p_c[few].mean() > parts.p_c[many].mean()
    assert territory.exposure("post").assumptions["abilities_by_place"]
    before, after = plain.exposure("post").total(), territory.exposure("post").total()
    assert after["persons"].iloc[0] == pytest.approx(before["persons"].iloc[0])
    assert after["stranded"].iloc[0] != before["stranded"].iloc[0]


def test_order_of_rows_changes_nothing(folder):
    plain = ml.read_territory(folder / "territory.toml", cache=False)
    people = draw_people(plain)
    one = read_with(folder, ALL, people).parts
    other = read_with(folder, ALL, people.sample(frac=1, random_state=2)).parts
    assert np.array_equal(one.p_c, other.p_c) and np.array_equal(one.p_b, other.p_b)


def test_an_index_of_100_everywhere_changes_nothing(folder):
    plain = ml.read_territory(folder / "territory.toml", cache=False)
    people = draw_people(plain).assign(ifn=100)
    flat = read_with(folder, 'key = "place"\nfragility = "ifn"\n', people).parts
    assert flat.p_c == pytest.approx(plain.parts.p_c, abs=1e-12)
    assert flat.p_b == pytest.approx(plain.parts.p_b, abs=1e-12)


def test_a_poorer_reference_leaves_richer_places_below_their_groups(folder):
    plain = ml.read_territory(folder / "territory.toml", cache=False)
    reference = "[small_area.reference]\nnone = 1\nbepc = 0\nbac = 0\nhigher = 0\n"
    section = ALL.replace('size = "size"\nfragility = "ifn"\n', "") + reference
    territory = read_with(folder, section, draw_people(plain))
    assert (territory.parts.p_c <= plain.parts.p_c + 1e-12).all()


@pytest.mark.parametrize(
    ("section", "change", "words"),
    [
        ('key = "place"\nsize = "size"\n', {"size": "rurale"}, "people.csv:2: size is 'rurale'"),
        ('key = "place"\nfragility = "ifn"\n', {"ifn": 0}, "people.csv:2: ifn is 0"),
        ('key = "place"\n', {}, "expected one"),
        ('key = "place"\nzoning = "canton"\nsize = "size"\n', {}, "no zoning"),
    ],
)
def test_mistakes_in_small_areas_are_named(folder, section: str, change: dict, words: str):
    plain = ml.read_territory(folder / "territory.toml", cache=False)
    with pytest.raises(InputError, match=words):
        read_with(folder, section, draw_people(plain).assign(**change))


def test_a_territory_brings_parameters_of_its_own(folder, tmp_path):
    (folder / "mine.csv").write_text(
        "name,value,source\nnational.renunciation,0.12,ours\nvisits.post,5.8,ours\n"
    )
    text = (folder / "territory.toml").read_text(encoding="utf-8")
    assert "[parameters]" in text
    file = folder / "own.toml"
    file.write_text(text.replace("[parameters]", '[parameters]\nfile = "mine.csv"'), "utf-8")
    plain = ml.read_territory(folder / "territory.toml", cache=False)
    for how in (False, tmp_path, tmp_path):  # read, kept, found again
        own = ml.read_territory(file, cache=how)
        assert own.parts.book.find("visits.post").source == "ours"
        lost = [t.exposure("post").renunciation()["renunciation"].iloc[0] for t in (plain, own)]
        assert lost[1] == pytest.approx(1.5 * lost[0], rel=1e-9)
        contacts = [t.load("post").by_channel()["contacts"].iloc[0] for t in (plain, own)]
        assert contacts[1] == pytest.approx(2 * contacts[0])
    (folder / "mine.csv").write_text("name,value\nnational.renunciaton,0.16\n")
    with pytest.raises(InputError, match=r"mine\.csv:2: name"):
        ml.read_territory(file, cache=False)
