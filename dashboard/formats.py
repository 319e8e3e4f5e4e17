"""Numbers, moments and spans as a person of the page's language writes them. Pure text, no phrases, no Dash.

A thin no-break space stands before units and, in French, between thousands.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo

from dashboard.translations import MONTHS, WEEKDAYS
from telemetry.timestamps import US_PER_DAY, US_PER_HOUR, US_PER_MINUTE, US_PER_MS, US_PER_SECOND

THIN = "\u202f"
MINUS = "\u2212"
DASH = "\u2014"
_MOST_DECIMALS = 6


def number(value: float, decimals: int, language: str) -> str:
    """`1,234.5` or `1 234,5`, with a real minus sign."""
    text = f"{abs(value):,.{decimals}f}"
    if language == "fr":
        text = text.replace(",", THIN).replace(".", ",")
    negative = value < 0 and any(digit in text for digit in "123456789")
    return MINUS + text if negative else text


def with_unit(text: str, unit: str | None) -> str:
    """The text, a thin space, the unit; `raw` is no unit to show."""
    return f"{text}{THIN}{unit}" if shown_unit(unit) else text


def shown_unit(unit: str | None) -> str:
    """The unit as it is shown: nothing for a raw number."""
    return "" if unit in (None, "", "raw") else str(unit)


def decimals_for(values: Sequence[float], *, most: int = _MOST_DECIMALS) -> int:
    """How many decimals tell these values apart: none for whole numbers, else about four digits of their span."""
    if all(value == int(value) for value in values):
        return 0
    span = max(values) - min(values) or abs(values[0]) or 1.0
    return max(0, min(most, 4 - math.ceil(math.log10(span)), _digits_needed(values)))


def _digits_needed(values: Sequence[float]) -> int:
    """The most decimals that any of the values really has, up to the limit."""
    for digits in range(1, _MOST_DECIMALS):
        if all(round(value, digits) == value for value in values):
            return digits
    return _MOST_DECIMALS


def moment(t_us: int, zone: tzinfo) -> datetime:
    """The wall clock in a zone."""
    return datetime.fromtimestamp(t_us / US_PER_SECOND, UTC).astimezone(zone)


def clock(t_us: int, zone: tzinfo, *, seconds: bool = True) -> str:
    """`14:02:07`, or `14:02`."""
    return moment(t_us, zone).strftime("%H:%M:%S" if seconds else "%H:%M")


def date(t_us: int, zone: tzinfo, language: str) -> str:
    """`Tue 17 Nov` or `mar. 17 nov.`."""
    local = moment(t_us, zone)
    return f"{WEEKDAYS[language][local.weekday()]} {local.day} {MONTHS[language][local.month - 1]}"


def when(t_us: int, now_us: int, zone: tzinfo, language: str, *, seconds: bool = False) -> str:
    """The clock alone on the same day, else the date and the clock."""
    local, today = moment(t_us, zone), moment(now_us, zone)
    text = clock(t_us, zone, seconds=seconds)
    return text if local.date() == today.date() else f"{local.day} {MONTHS[language][local.month - 1]} {text}"


def span(duration_us: int, language: str) -> str:
    """`4 min`, `3 d 04 h`: the two largest units at most."""
    day = "j" if language == "fr" else "d"
    seconds = max(0, duration_us) // US_PER_SECOND
    if seconds < 60:
        return f"{seconds}{THIN}s"
    if seconds < 3_600:
        return f"{seconds // 60}{THIN}min"
    if seconds < 86_400:
        minutes = seconds // 60 % 60
        return f"{seconds // 3_600}{THIN}h" + (f" {minutes:02}{THIN}min" if minutes else "")
    days, hours = seconds // 86_400, seconds // 3_600 % 24
    return f"{number(days, 0, language)}{THIN}{day}" + (f" {hours:02}{THIN}h" if hours and days < 100 else "")


def delay(milliseconds: float, language: str) -> str:
    """`84 ms`, or `7.2 s` from a second on."""
    if milliseconds < 1:
        return f"<{THIN}1{THIN}ms"
    if milliseconds < 1_000:
        return f"{round(milliseconds)}{THIN}ms"
    return f"{number(milliseconds / 1_000, 1, language)}{THIN}s"


_WIDTHS = ((US_PER_DAY, "d"), (US_PER_HOUR, "h"), (US_PER_MINUTE, "min"), (US_PER_SECOND, "s"), (US_PER_MS, "ms"))


def width(bucket_us: int, language: str) -> str:
    """A bucket's width in the largest unit that divides it: `10 min`."""
    for unit_us, name in _WIDTHS:
        if bucket_us % unit_us == 0:
            shown = "j" if (name, language) == ("d", "fr") else name
            return f"{number(bucket_us // unit_us, 0, language)}{THIN}{shown}"
    return f"{bucket_us}{THIN}µs"


def rate(period_ms: float, language: str) -> str:
    """`1 Hz`, `0.5 Hz`, or `every 10 s` written as `10 s`."""
    if period_ms <= 2_000:
        hertz = 1_000 / period_ms
        return f"{number(hertz, 0 if hertz == int(hertz) else 1, language)}{THIN}Hz"
    return span(round(period_ms) * US_PER_MS, language)


def size(count: int, language: str) -> str:
    """`12 MB`, `1.3 GB`; French says octets."""
    unit = "o" if language == "fr" else "B"
    if count < 1_000_000:
        return f"{number(max(1, round(count / 1e3)), 0, language)}{THIN}k{unit}"
    if count < 1_000_000_000:
        return f"{number(count / 1e6, 0, language)}{THIN}M{unit}"
    return f"{number(count / 1e9, 1, language)}{THIN}G{unit}"


def offset(t_us: int, zone: tzinfo) -> str:
    """`UTC+1`, `UTC−3:30`, `UTC`."""
    total = moment(t_us, zone).utcoffset()
    minutes = int(total.total_seconds() // 60) if total else 0
    if not minutes:
        return "UTC"
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'+' if minutes > 0 else MINUS}{hours}" + (f":{rest:02}" if rest else "")
