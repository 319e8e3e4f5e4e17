"""Numbers, moments and spans in both languages."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from dashboard import formats
from telemetry.timestamps import parse_instant

PARIS = ZoneInfo("Europe/Paris")
T = "\u202f"


@pytest.mark.parametrize(
    ("value", "decimals", "english", "french"),
    [
        (1234.5, 1, "1,234.5", f"1{T}234,5"),
        (-0.04, 1, "0.0", "0,0"),
        (-61, 0, "−61", "−61"),
        (1e6, 0, "1,000,000", f"1{T}000{T}000"),
    ],
)
def test_numbers_have_the_languages_separators(value: float, decimals: int, english: str, french: str) -> None:
    assert formats.number(value, decimals, "en") == english
    assert formats.number(value, decimals, "fr") == french


@pytest.mark.parametrize(
    ("seconds", "english", "french"),
    [
        (0, f"0{T}s", f"0{T}s"),
        (59, f"59{T}s", f"59{T}s"),
        (2_460, f"41{T}min", f"41{T}min"),
        (3_600, f"1{T}h", f"1{T}h"),
        (7_500, f"2{T}h 05{T}min", f"2{T}h 05{T}min"),
        (273_600, f"3{T}d 04{T}h", f"3{T}j 04{T}h"),
        (34_560_000, f"400{T}d", f"400{T}j"),
    ],
)
def test_spans_have_the_two_largest_units(seconds: int, english: str, french: str) -> None:
    assert formats.span(seconds * 1_000_000, "en") == english
    assert formats.span(seconds * 1_000_000, "fr") == french


@pytest.mark.parametrize(
    ("milliseconds", "text"), [(0.2, f"<{T}1{T}ms"), (84.4, f"84{T}ms"), (999, f"999{T}ms"), (7_240, f"7.2{T}s")]
)
def test_delays_are_short(milliseconds: float, text: str) -> None:
    assert formats.delay(milliseconds, "en") == text


@pytest.mark.parametrize(
    ("bucket_us", "text"),
    [(60_000_000, f"1{T}min"), (15_000_000, f"15{T}s"), (172_800_000_000, f"2{T}d")],
)
def test_a_buckets_width_is_in_its_largest_unit(bucket_us: int, text: str) -> None:
    assert formats.width(bucket_us, "en").startswith(text)


def test_a_moment_of_today_needs_no_date() -> None:
    now = parse_instant("2026-11-17T14:00:00Z")
    assert formats.when(now, now, PARIS, "en") == "15:00"
    assert formats.when(parse_instant("2026-11-16T23:30:00Z"), now, PARIS, "en") == "00:30"
    assert formats.when(parse_instant("2026-11-16T22:30:00Z"), now, PARIS, "fr") == "16 nov. 23:30"


def test_dates_speak_the_language() -> None:
    now = parse_instant("2026-11-17T14:00:00Z")
    assert formats.date(now, PARIS, "en") == "Tue 17 Nov"
    assert formats.date(now, PARIS, "fr") == "mar. 17 nov."


@pytest.mark.parametrize(("zone", "text"), [("UTC", "UTC"), ("Asia/Tokyo", "UTC+9"), ("America/St_Johns", "UTC−3:30")])
def test_an_offset_is_written_with_its_sign(zone: str, text: str) -> None:
    assert formats.offset(parse_instant("2026-11-17T14:00:00Z"), ZoneInfo(zone)) == text


def test_sizes_and_rates_have_units() -> None:
    assert formats.size(12_000_000, "en") == f"12{T}MB"
    assert formats.size(1_300_000_000, "fr") == f"1,3{T}Go"
    assert formats.rate(1_000, "en") == f"1{T}Hz"
    assert formats.rate(10_000, "en") == f"10{T}s"
    assert formats.with_unit("3", "raw") == "3"
