"""Quiet hours: by the wall clock of the rule's zone, over midnight and over both clock changes."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from ingest.alerts.quiet import quiet_until
from telemetry.alerts import Rule

PARIS = ZoneInfo("Europe/Paris")


def us(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=PARIS).timestamp()) * 1_000_000


@pytest.mark.parametrize(
    ("hours", "at", "until"),
    [
        (("22:00", "07:00"), "2026-11-17T21:59:59", None),
        (("22:00", "07:00"), "2026-11-17T22:00:00", "2026-11-18T07:00:00"),
        (("22:00", "07:00"), "2026-11-18T06:59:59", "2026-11-18T07:00:00"),
        (("22:00", "07:00"), "2026-11-18T07:00:00", None),
        (("12:00", "13:30"), "2026-11-18T13:29:00", "2026-11-18T13:30:00"),
        (("12:00", "13:30"), "2026-11-18T13:30:00", None),
        # The night of each clock change has an hour more, or less; its end is at seven all the same.
        (("22:00", "07:00"), "2026-10-24T23:00:00", "2026-10-25T07:00:00"),
        (("22:00", "07:00"), "2027-03-27T23:00:00", "2027-03-28T07:00:00"),
        (("22:00", "07:00"), "2027-03-28T03:30:00", "2027-03-28T07:00:00"),
    ],
)
def test_the_end_of_the_quiet_hours_that_a_moment_lies_in(hours: tuple[str, str], at: str, until: str | None) -> None:
    rule = Rule("silent", quiet_from=hours[0], quiet_to=hours[1], zone="Europe/Paris")
    assert quiet_until(rule, us(at)) == (None if until is None else us(until))


def test_a_rule_without_quiet_hours_is_never_quiet() -> None:
    assert quiet_until(Rule("silent"), us("2026-11-17T03:00:00")) is None
