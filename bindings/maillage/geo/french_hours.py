"""Opening hours as French lists write them, one text a day.

`9:00 - 12:00 / 13:30 - 17:00`, `9h12h/13h-15h`, `13h16h30`, `Fermé`, slots that repeat or
overlap. What is conditional (`Sur RDV : 14:00 - 17:00`, `Semaines paires : ...`) or cannot
be read is set aside with its text, never guessed.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from maillage.geo.opening_hours import MINUTES_A_DAY, Interval

_TIME = r"(\d{1,2}) ?(?:h ?(\d{2})?|: ?(\d{2}))"
_SLOT = re.compile(rf"(?:de )?{_TIME} ?(?:[-–—>à]|jusqu'à)? ?{_TIME}")
_BETWEEN_SLOTS = re.compile(r" ?(?:et|puis|&|\+|,)? ?")
_CLOSED = re.compile(r"^(?:[a-z' ]*\bferm[a-zé]*\b[a-z' ]*|-+|x|0|off|closed|néant)$")
_UNKNOWN = re.compile(r"^(?:horaires? )?(?:non (?:communiqu|renseign|précis|connu)[a-zé]*|nc|\?+)$")
_PREFIX = re.compile(r"^([^:]*[a-zà-ÿ]{2,}[^:]*?) ?: ?(.*)$")
_PLAIN_PREFIX = re.compile(r"\bsans (?:rdv|rendez)")
_PARENTHESIS = re.compile(r"\(([^)]*)\)?")


@dataclass(frozen=True)
class DayHours:
    """Open intervals of one day in minutes, None where the text says nothing usable.

    `set_aside` are the parts of the text that were not read; `n_empty_slots` counts slots
    such as `00:00 - 00:00`, which open nothing.
    """

    intervals: tuple[Interval, ...] | None
    set_aside: tuple[str, ...] = ()
    n_empty_slots: int = 0


def parse_french_day(text: str) -> DayHours:
    """The hours of one day from one cell; an empty cell is unknown."""
    clean = _clean(text)
    if not clean or _UNKNOWN.match(clean):
        return DayHours(None)
    if _CLOSED.match(clean):
        return DayHours(())
    intervals: list[Interval] = []
    set_aside: list[str] = []
    n_empty = 0
    for part in clean.split("//"):
        read, left, n_empty_here = _read_part(part)
        intervals += read
        set_aside += left
        n_empty += n_empty_here
    known = bool(intervals) or n_empty > 0
    return DayHours(tuple(intervals) if known else None, tuple(set_aside), n_empty)


def _clean(text: str) -> str:
    """Lower case, plain spaces, one kind of dash and apostrophe, composed accents."""
    text = unicodedata.normalize("NFKC", text).casefold()
    text = text.replace("’", "'").replace("–", "-").replace("—", "-")
    return " ".join(text.split())


def _read_part(part: str) -> tuple[list[Interval], list[str], int]:
    """Slots separated by `/`; a condition before a colon holds until the next one."""
    intervals: list[Interval] = []
    set_aside: list[str] = []
    n_empty = 0
    condition = ""
    for segment in re.split(r"/|;|\||\bet (?=sur )", part):
        segment = segment.strip()
        if not segment:
            continue
        prefix = _PREFIX.match(segment)
        if prefix is not None:
            condition = "" if _PLAIN_PREFIX.search(prefix.group(1)) else prefix.group(1)
            segment = prefix.group(2) if condition == "" else segment
        if condition:
            set_aside.append(segment)
            continue
        segment, remarks = _take_remarks(segment)
        slots = _read_slots(segment)
        if slots is None or any(not has_times for has_times in remarks.values()):
            # A remark without times of its own (`semaines impaires`) is about the slot.
            set_aside.append(" ".join([segment, *(f"({remark})" for remark in remarks)]))
            continue
        set_aside += [f"({remark})" for remark in remarks]
        n_empty += sum(start == end for start, end in slots)
        intervals += [slot for slot in slots if slot[1] > slot[0]]
    return intervals, set_aside, n_empty


def _take_remarks(segment: str) -> tuple[str, dict[str, bool]]:
    """The segment without its parentheses, and whether each of these has times."""
    remarks = {m.group(1).strip(): bool(re.search(r"\d", m.group(1))) for m in
               _PARENTHESIS.finditer(segment)}  # fmt: skip
    return _PARENTHESIS.sub("", segment).strip(), remarks


def _read_slots(segment: str) -> list[Interval] | None:
    """The slots of a segment, None unless all of it is slots."""
    slots: list[Interval] = []
    position = 0
    while position < len(segment):
        if slots:
            between = _BETWEEN_SLOTS.match(segment, position)
            position = between.end() if between else position
        match = _find_slot(segment, position)
        if match is None:
            return None
        slot = _to_slot(match)
        if slot is None:
            return None
        slots.append(slot)
        position = match.end()
    return slots or None


def _find_slot(segment: str, position: int) -> re.Match[str] | None:
    """The slot at a position; digits may not follow it (`9h-12h315`)."""
    match = _SLOT.match(segment, position)
    if match is not None and segment[match.end() : match.end() + 1].isdigit():
        return None
    return match


def _to_slot(match: re.Match[str]) -> Interval | None:
    h1, m1a, m1b, h2, m2a, m2b = match.groups()
    minutes = [int(m1a or m1b or 0), int(m2a or m2b or 0)]
    hours = [int(h1), int(h2)]
    if max(minutes) > 59:
        return None
    start, end = (60 * h + m for h, m in zip(hours, minutes, strict=True))
    if end == 0 and start > 0:
        end = MINUTES_A_DAY
    if start > end or end > MINUTES_A_DAY:
        return None
    return (start, end)
