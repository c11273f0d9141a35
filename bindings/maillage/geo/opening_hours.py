"""Weekly opening hours: the weekly subset of OSM's `opening_hours`, read and written.

`parse_opening_hours("Mo-Fr 09:00-12:00,14:00-17:00; Sa 09:00-12:00")` gives an
`OpeningHours`. French day columns are read by `french_hours`, columns of tables by
`hours_columns`.

Syntax: https://wiki.openstreetmap.org/wiki/Key:opening_hours/specification
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from maillage.errors import InputError

MINUTES_A_DAY = 24 * 60
MINUTES_A_WEEK = 7 * MINUTES_A_DAY
OSM_DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")

Interval = tuple[int, int]

_ALWAYS = ((0, MINUTES_A_WEEK),)
_DAY = r"(?:mo|tu|we|th|fr|sa|su)"
_HOLIDAY = r"(?:ph|sh)"
_DAY_ITEM = rf"(?:{_DAY}\s*-\s*{_DAY}|{_DAY}(?!\s*\[)|{_HOLIDAY})"
_DAYS = re.compile(rf"{_DAY_ITEM}(?:\s*,\s*{_DAY_ITEM})*(?![\w\[])\s*:?\s*", re.IGNORECASE)
_TIME = r"(\d{1,2}):(\d{2})"
_SPAN = re.compile(rf"{_TIME}\s*[-–]\s*{_TIME}(?!\s*[+/])")
_NEXT_SPAN = re.compile(r"\s*,\s*(?=\d{1,2}:\d{2})")
_STATE = re.compile(r"\s*(open|off|closed)\b\s*", re.IGNORECASE)


@dataclass(frozen=True)
class OpeningHours:
    """When a counter is open in a usual week.

    `intervals` in minutes from Monday 00:00, [start, end), sorted, apart from one another;
    none means that it is closed all week. `set_aside` are the parts of the text that say
    nothing about a usual week (holidays, seasons, appointments).
    """

    intervals: tuple[Interval, ...]
    set_aside: tuple[str, ...] = ()

    @property
    def weekly_hours(self) -> float:
        """Hours a week; 0 when closed all week."""
        return sum(end - start for start, end in self.intervals) / 60

    def to_text(self) -> str:
        """Canonical OSM text: equal hours give equal texts, and reading it gives them back."""
        return to_osm_text(self.intervals)


def merge_intervals(intervals: Iterable[Interval]) -> tuple[Interval, ...]:
    """The union of intervals on the circle of the week, sorted.

    What goes beyond Sunday midnight continues on Monday; empty intervals vanish.
    """
    pieces: list[Interval] = []
    for start, end in intervals:
        if end - start >= MINUTES_A_WEEK:
            return _ALWAYS
        first = start % MINUTES_A_WEEK
        last = first + max(end - start, 0)
        pieces.append((first, min(last, MINUTES_A_WEEK)))
        if last > MINUTES_A_WEEK:
            pieces.append((0, last - MINUTES_A_WEEK))
    merged: list[Interval] = []
    for start, end in sorted(piece for piece in pieces if piece[1] > piece[0]):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)


def parse_opening_hours(text: str) -> OpeningHours:
    """Weekly hours from OSM text.

    Rules are separated by `;` (a later rule replaces the days that it names) or by `,` (it
    adds to them); `24/7`, `off`, `closed`, times past midnight up to 48:00. Public and
    school holidays, seasons, weeks, nth weekdays and comments are set aside. Raises
    InputError when nothing of the text can be read as a week.
    """
    by_day: list[list[Interval] | None] = [None] * 7
    set_aside: list[str] = []
    for rule in _split_rules(text, set_aside):
        try:
            _apply_rule(rule, by_day, set_aside)
        except ValueError:
            set_aside.append(rule.strip())
    if all(day is None for day in by_day):
        raise InputError(
            f"opening hours are {text!r}, expected OSM syntax such as "
            f"'Mo-Fr 09:00-12:00,14:00-17:00; Sa 09:00-12:00'"
        )
    spans = [
        (n_day * MINUTES_A_DAY + start, n_day * MINUTES_A_DAY + end)
        for n_day, day in enumerate(by_day)
        for start, end in day or []
    ]
    return OpeningHours(merge_intervals(spans), tuple(dict.fromkeys(set_aside)))


def _split_rules(text: str, set_aside: list[str]) -> list[str]:
    """The rules of a text; `;` inside a quoted comment separates nothing.

    What follows `||` holds only where the rules before it say nothing: it is set aside.
    """
    text, *fallback = text.split("||")
    set_aside += [part.strip() for part in fallback]
    parts = re.findall(r'(?:"[^"]*"|[^;"])+|"', text)
    return [part for part in parts if part.strip()]


def _apply_rule(rule: str, by_day: list[list[Interval] | None], set_aside: list[str]) -> None:
    """Write one rule into the days; ValueError when it is not of the weekly subset."""
    rest = rule.strip()
    is_first = True
    changes: list[tuple[list[int], list[Interval], bool]] = []
    while rest:
        days, holidays, rest = _take_days(rest)
        spans, rest = _take_spans(rest)
        if holidays:
            set_aside.append(holidays if days is None else f"{holidays} in {rule.strip()!r}")
        if days is not None:
            changes.append((days, spans, not is_first))
        is_first = False
        if rest:
            if not rest.startswith(","):
                raise ValueError(rest)
            rest = rest[1:].strip()
            if not rest:
                raise ValueError(rule)
    for days, spans, is_added in changes:
        for day in days:
            known = by_day[day] if is_added else None
            by_day[day] = [*(known or []), *spans]


def _take_days(rest: str) -> tuple[list[int] | None, str, str]:
    """The days at the beginning (all when there are none), holidays, and what follows.

    Days are None when there are only holidays.
    """
    match = _DAYS.match(rest)
    if match is None:
        return list(range(7)), "", rest
    days: list[int] = []
    holidays: list[str] = []
    for item in match.group().rstrip(" :").split(","):
        names = [name.strip().capitalize() for name in item.split("-")]
        if names[0].upper() in ("PH", "SH"):
            holidays.append(names[0].upper())
            continue
        first, last = OSM_DAYS.index(names[0]), OSM_DAYS.index(names[-1])
        days += [(first + i) % 7 for i in range((last - first) % 7 + 1)]
    after = rest[match.end() :]
    if not days:
        return None, ",".join(holidays) + (f" {after}" if after else ""), after
    return days, ",".join(holidays), after


def _take_spans(rest: str) -> tuple[list[Interval], str]:
    """The times or the state at the beginning, and what follows."""
    if rest.startswith("24/7"):
        spans, rest = [(0, MINUTES_A_DAY)], rest[4:].strip()
    else:
        spans = []
        while match := _SPAN.match(rest):
            spans.append(_to_span([int(part) for part in match.groups()]))
            rest = rest[match.end() :]
            comma = _NEXT_SPAN.match(rest)
            if comma is None:
                break
            rest = rest[comma.end() :]
    state = _STATE.match(rest)
    if state is None:
        if not spans:
            raise ValueError(rest)
        return spans, rest.strip()
    rest = rest[state.end() :].strip()
    if state.group(1).lower() == "open":
        return spans or [(0, MINUTES_A_DAY)], rest
    if spans:
        raise ValueError(rest)  # closed for some hours of a day that is open otherwise
    return [], rest


def _to_span(parts: Sequence[int]) -> Interval:
    """Minutes of a day; an end at or before the start is on the next day."""
    start, end = 60 * parts[0] + parts[1], 60 * parts[2] + parts[3]
    if parts[1] > 59 or parts[3] > 59 or start > MINUTES_A_DAY or end > 2 * MINUTES_A_DAY:
        raise ValueError(f"{parts[0]}:{parts[1]:02d}-{parts[2]}:{parts[3]:02d}")
    return (start, end if end > start else end + MINUTES_A_DAY)


def to_osm_text(intervals: Sequence[Interval]) -> str:
    """Canonical OSM text of weekly intervals.

    `24/7`, `off`, or rules of days with equal hours, in the order of their first day; what
    goes past midnight is written on both days.
    """
    merged = merge_intervals(intervals)
    if merged == _ALWAYS:
        return "24/7"
    if not merged:
        return "off"
    texts = [_to_day_text(merged, n_day) for n_day in range(7)]
    rules = []
    for text in dict.fromkeys(text for text in texts if text):
        days = [n_day for n_day in range(7) if texts[n_day] == text]
        rules.append(f"{_to_days_text(days)} {text}")
    return "; ".join(rules)


def _to_day_text(merged: Sequence[Interval], n_day: int) -> str:
    midnight = n_day * MINUTES_A_DAY
    spans = []
    for start, end in merged:
        first, last = max(start - midnight, 0), min(end - midnight, MINUTES_A_DAY)
        if last > first:
            spans.append(f"{_to_time(first)}-{_to_time(last)}")
    return ",".join(spans)


def _to_time(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _to_days_text(days: Sequence[int]) -> str:
    """`Mo-Fr`, `Mo,We`, `Sa-Su`: runs of at least two days are written as ranges."""
    runs: list[list[int]] = []
    for day in days:
        if runs and day == runs[-1][-1] + 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return ",".join(
        OSM_DAYS[run[0]] if len(run) == 1 else f"{OSM_DAYS[run[0]]}-{OSM_DAYS[run[-1]]}"
        for run in runs
    )
