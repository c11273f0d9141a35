"""What the columns of results are called when people read them.

The French word stands in parentheses where planners know only that one.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class State:
    """One of the five states of exposure: its words, its colour, its sign in plain text."""

    column: str
    label: str
    meaning: str
    colour: str
    sign: str


# The order goes from the best situation to the worst. Blue: a human within reach.
STATES = (
    State("choice", "choice", "a counter within reach, and online alone", "#3b86b5", "█"),
    State(
        "counter_reliant", "counter-reliant", "a counter within reach, and not online alone",
        "#8ec4e0", "▓",
    ),
    State("digital_only", "digital only", "no counter within reach, online alone", "#f2c879", "▒"),
    State(
        "assisted_only", "assisted only", "no counter within reach, online with help",
        "#e58a34", "░",
    ),
    State("stranded", "stranded", "no counter within reach, cannot go online", "#a8391a", "▚"),
)  # fmt: skip

SUMS = {
    "exposed": ("exposed", "only remote channels remain: the last three together"),
    "left_out": ("left out", "stranded, and a part of assisted only"),
}

# Colours of changes are those of the maps: orange is worse, blue is better.
WORSE, BETTER = "#d9690f", "#2f83bd"

_FRENCH = {
    "counter": "guichet",
    "commune": "commune",
    "epci": "intercommunalité",
    "departement": "département",
    "arrondissement": "arrondissement",
    "iris": "IRIS",
    "canton": "canton",
    "bassin_de_vie": "bassin de vie",
    "region": "région",
}


def to_heading(name: str) -> str:
    """The heading of a column that holds names of areas, groups or counters."""
    words = name.replace("_", " ")
    french = _FRENCH.get(name.lower())
    if french is None or french == words:
        return words[:1].upper() + words[1:]
    if name.lower() == "epci":
        return f"EPCI ({french})"
    return french[:1].upper() + french[1:] if name != "counter" else f"Counter ({french})"


def to_title(name: str) -> str:
    """The heading of `to_heading` inside a sentence."""
    heading = to_heading(name)
    return heading if heading[:2].isupper() else heading[:1].lower() + heading[1:]


def to_short_name(name: object, width: int) -> str:
    """A name within a width: "Bureau de poste - Corte" becomes "Corte" before it is cut."""
    text = str(name)
    if len(text) > width and " - " in text:
        text = text.split(" - ", 1)[1]
    return text if len(text) <= width else text[: width - 1] + "…"


def to_persons(persons: float) -> str:
    """Persons: whole, in threes with thin spaces; less than half a person is "<1"."""
    if persons != persons:
        return "–"
    if 0 < abs(persons) < 0.5:
        return "<1"
    return f"{persons:,.0f}".replace(",", "\u202f").replace("-", "\u2212")


def to_signed_persons(persons: float) -> str:
    """A change of persons with its sign; exactly nothing is 0."""
    if persons != persons:
        return "–"
    if 0 < abs(persons) < 0.5:
        return "<+1" if persons > 0 else "<\u22121"
    return ("+" if persons > 0 else "") + to_persons(persons)


def to_percent(share: float, decimals: int = 1) -> str:
    """A share in per cent; something that would round to nothing is "<0.1"."""
    if share != share:
        return "–"
    smallest = 10.0**-decimals
    if 0 < abs(share) * 100 < smallest / 2:
        return f"<{smallest:.{decimals}f}"
    return f"{100 * share:.{decimals}f}".replace("-", "\u2212")


def to_minutes(minutes: float) -> str:
    """Minutes with one decimal; "–" when unreachable."""
    return "–" if minutes != minutes else f"{minutes:.1f}".replace("-", "\u2212")


def to_signed_minutes(minutes: float) -> str:
    """A change of minutes with its sign and one decimal."""
    if minutes != minutes:
        return "–"
    if 0 < abs(minutes) < 0.05:
        return "<+0.1" if minutes > 0 else "<\u22120.1"
    return ("+" if minutes > 0 else "") + to_minutes(minutes)
