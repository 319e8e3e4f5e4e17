"""When schedules are due: cases that read as the specification, and laws that hold for any schedule and moment."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from telemetry.errors import ActionError
from telemetry.occurrences import count_runs, has_none_today, last_run, next_run, runs
from telemetry.schedules import Kind, Schedule, SunEvent, from_json, read_schedule
from telemetry.timestamps import US_PER_DAY, US_PER_MINUTE, US_PER_SECOND

PARIS = "Europe/Paris"
ALL = tuple(range(7))


def us(text: str, zone: str = PARIS) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()) * US_PER_SECOND


def shown(moments: Any, zone: str = PARIS) -> list[str]:
    return [datetime.fromtimestamp(t / US_PER_SECOND, ZoneInfo(zone)).strftime("%m-%d %H:%M%z") for t in moments]


def at(time: int, **more: Any) -> Schedule:
    return replace(Schedule("lamp", Kind.AT, PARIS, ALL, "led", True, ("window",)), time=time, **more)


def every(minutes: int, start: int = 0, end: int = 0, **more: Any) -> Schedule:
    return replace(at(0), kind=Kind.EVERY, minutes=minutes, start=start, end=end, **more)


def sun(event: str, latitude: float, longitude: float, offset: int = 0, **more: Any) -> Schedule:
    place = {"latitude": latitude, "longitude": longitude, "offset_minutes": offset}
    return replace(at(0), kind=Kind.SUN, event=SunEvent(event), **place, **more)


#: The clocks of Paris go forward on 28 March 2027 at 02:00, and back on 25 October 2026 at 03:00.
CASES: list[tuple[str, Schedule, str, str, list[str]]] = [
    ("each day", at(390), "2026-11-17T00:00", "2026-11-19T00:00", ["11-17 06:30+0100", "11-18 06:30+0100"]),
    ("a Monday", at(390, days=(0,)), "2026-11-17T00:00", "2026-11-24T00:00", ["11-23 06:30+0100"]),
    ("a time left out runs at the change", at(150), "2027-03-27T12:00", "2027-03-29T12:00",
     ["03-28 03:00+0200", "03-29 02:30+0200"]),
    ("and what comes after it stays after it", at(195), "2027-03-28T00:00", "2027-03-28T12:00", ["03-28 03:15+0200"]),
    ("a time that comes twice runs once", at(150), "2026-10-24T12:00", "2026-10-26T12:00",
     ["10-25 02:30+0200", "10-26 02:30+0100"]),
    ("a day of 25 hours has 25", every(60), "2026-10-24T23:30", "2026-10-25T03:59",
     ["10-25 00:00+0200", "10-25 01:00+0200", "10-25 02:00+0200", "10-25 02:00+0100", "10-25 03:00+0100"]),
    ("a day of 23 hours has 23", every(60), "2027-03-28T00:30", "2027-03-28T04:30",
     ["03-28 01:00+0100", "03-28 03:00+0200", "03-28 04:00+0200"]),
    ("between hours, the last included", every(240, 480, 960), "2026-11-17T00:00", "2026-11-18T00:00",
     ["11-17 08:00+0100", "11-17 12:00+0100", "11-17 16:00+0100"]),
    ("over midnight it belongs to the evening", every(180, 1_320, 240, days=(4,)), "2026-11-17T00:00",
     "2026-11-24T00:00", ["11-20 22:00+0100", "11-21 01:00+0100", "11-21 04:00+0100"]),
    ("what does not divide a day begins anew at midnight", every(700), "2026-11-17T00:00", "2026-11-18T12:00",
     ["11-17 11:40+0100", "11-17 23:20+0100", "11-18 00:00+0100", "11-18 11:40+0100"]),
    ("sunrise", sun("sunrise", 48.85, 2.35), "2026-11-17T00:00", "2026-11-18T00:00", ["11-17 08:02+0100"]),
    ("half an hour before sunset", sun("sunset", 48.85, 2.35, -30), "2026-11-17T00:00", "2026-11-18T00:00",
     ["11-17 16:38+0100"]),
]  # fmt: skip


@pytest.mark.parametrize(("schedule", "after", "until", "moments"), [case[1:] for case in CASES],
                         ids=[case[0] for case in CASES])  # fmt: skip
def test_when_it_is_due(schedule: Schedule, after: str, until: str, moments: list[str]) -> None:
    assert shown(runs(schedule, us(after), us(until))) == moments


def test_a_zone_far_from_greenwich_has_its_own_day_s_sunset() -> None:
    place = replace(sun("sunset", 34.05, -118.24), zone="America/Los_Angeles")
    found = runs(place, us("2026-07-10T00:00", place.zone), us("2026-07-12T00:00", place.zone))
    assert shown(found, place.zone) == ["07-10 20:06-0700", "07-11 20:06-0700"]


def test_where_the_sun_does_not_rise_there_is_no_sunrise_until_it_does() -> None:
    tromso = replace(sun("sunrise", 69.65, 18.96), zone="Europe/Oslo")
    december = us("2026-12-10T12:00")
    assert has_none_today(tromso, december)
    found = next_run(tromso, december)
    assert found is not None
    assert us("2027-01-10T00:00") < found < us("2027-01-20T00:00")
    assert has_none_today(replace(tromso, event=SunEvent.SUNSET), us("2026-06-20T12:00"))
    assert not has_none_today(tromso, us("2026-09-20T12:00"))


def test_a_day_that_a_zone_left_out_has_no_run() -> None:
    apia = replace(at(390), zone="Pacific/Apia")  # which skipped 30 December 2011
    found = runs(apia, us("2011-12-29T12:00", "Pacific/Apia"), us("2011-12-31T12:00", "Pacific/Apia"))
    assert shown(found, "Pacific/Apia") == ["12-31 06:30+1400"]


ZONES = ("Europe/Paris", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kolkata", "Asia/Beirut", "UTC")
MOMENTS = st.integers(us("2026-01-01T00:00") // US_PER_SECOND, us("2028-01-01T00:00") // US_PER_SECOND)
DAYS = st.sets(st.integers(0, 6), min_size=1).map(sorted).map(tuple)
CLOCK = st.integers(0, 1_439)
SCHEDULES = st.one_of(
    st.builds(at, CLOCK, days=DAYS, zone=st.sampled_from(ZONES)),
    st.builds(every, st.integers(1, 1_440), CLOCK, CLOCK, days=DAYS, zone=st.sampled_from(ZONES)),
    st.builds(sun, st.sampled_from(("sunrise", "sunset")), st.floats(-89, 89), st.floats(-180, 180),
              st.integers(-720, 720), zone=st.sampled_from(ZONES)),
)  # fmt: skip


@hypothesis_settings(max_examples=150, deadline=None)
@given(SCHEDULES, MOMENTS, st.integers(1, 4 * 1_440))
def test_any_run_comes_once_after_now_whoever_asks_when(schedule: Schedule, seconds: int, minutes: int) -> None:
    after_us = seconds * US_PER_SECOND
    until_us = after_us + minutes * US_PER_MINUTE
    found = list(runs(schedule, after_us, until_us))
    assert found == sorted(set(found))
    assert all(after_us < t <= until_us for t in found)
    # Step by step, as ingest goes, the same runs: none twice, none left out, each after the one before.
    stepped, moment = [], after_us
    while (following := next_run(schedule, moment)) is not None and following <= until_us and len(stepped) < 60:
        assert following > moment
        stepped.append(following)
        moment = following
    assert stepped == found[:60]
    # And asked from any moment in between.
    middle_us = (after_us + until_us) // 2
    assert [*runs(schedule, after_us, middle_us), *runs(schedule, middle_us, until_us)] == found
    assert last_run(schedule, after_us, until_us) == (found[-1] if found else None)
    assert count_runs(schedule, after_us, until_us, 5) == min(5, len(found))


@hypothesis_settings(max_examples=60, deadline=None)
@given(CLOCK, st.sampled_from(ZONES), MOMENTS)
def test_a_time_of_the_day_comes_exactly_once_on_each_day(time: int, zone: str, seconds: int) -> None:
    schedule = at(time, zone=zone)
    found = list(runs(schedule, seconds * US_PER_SECOND, seconds * US_PER_SECOND + 30 * US_PER_DAY))
    days = [datetime.fromtimestamp(t / US_PER_SECOND, ZoneInfo(zone)).date().toordinal() for t in found]
    assert days == list(range(days[0], days[0] + len(days)))
    assert len(days) in (29, 30, 31)


SAID: dict[str, Any] = {"name": "Lamp", "kind": "at", "zone": PARIS, "cmd": "led", "value": True, "devices": ["window"],
                        "time": "06:30"}  # fmt: skip
SUNNY = {"kind": "sun", "event": "sunrise", "latitude": 48.85, "longitude": 2.35}

WRONG = [
    ({"kind": "never"}, "kind='never' must be one of at, sun, every"),
    ({"zone": "Mars/Base"}, "zone='Mars/Base' is no time zone: write one such as Europe/Paris"),
    ({"time": "25:00"}, "time='25:00' must be a time of the day such as 06:30"),
    ({"days": []}, "days=[] must be numbers from 0 (Monday) to 6 (Sunday), at least one"),
    ({"devices": []}, "a schedule tells somebody: name devices, or a tag"),
    ({"devices": ["zigbee/lamp"]}, "'zigbee/lamp' is no board of this project: it does not know such commands"),
    ({"cmd": "led", "value": "on"}, "led takes true or false, not 'on'"),
    ({"cmd": "config", "value": {}}, "config holds passwords, which are not kept: it cannot be scheduled"),
    ({"late_minutes": 9_999}, "late_minutes=9999 must be a whole number of minutes from 0 to 1440"),
    ({"name": " "}, "name='' must be a text of 1 to 64 characters"),
    ({**SUNNY, "latitude": 91}, "latitude=91 must be degrees from -90 to 90, such as 48.85"),
    ({**SUNNY, "longitude": None}, "longitude=None must be degrees from -180 to 180, such as 48.85"),
    ({"kind": "every", "minutes": 0}, "minutes=0 must be a whole number of minutes from 1 to 1440"),
    ({"kind": "every", "minutes": 5, "start": "08:00"}, "give both start and end, or neither for all day"),
]


@pytest.mark.parametrize(("change", "sentence"), WRONG)
def test_what_is_no_schedule_is_refused_in_a_sentence(change: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ActionError) as caught:
        read_schedule({**SAID, **change})
    assert str(caught.value).startswith(sentence)


@pytest.mark.parametrize("change", [{}, SUNNY, {"kind": "every", "minutes": 15, "start": "22:00", "end": "06:00"}])
def test_what_is_kept_is_what_was_said(change: dict[str, Any]) -> None:
    schedule = read_schedule({**SAID, **change})
    assert from_json(schedule.to_json(), ("window",)) == schedule
    assert next_run(schedule, round(datetime(2026, 11, 17, tzinfo=UTC).timestamp()) * US_PER_SECOND) is not None
