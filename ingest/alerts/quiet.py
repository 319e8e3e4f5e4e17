"""Quiet hours: whether a moment lies in a rule's, and when they end. By the wall clock, so a clock change is right."""

from __future__ import annotations

from telemetry.alerts import Rule, clock_seconds
from telemetry.local_time import local_day, moment_of
from telemetry.timestamps import US_PER_SECOND


def quiet_until(rule: Rule, at_us: int) -> int | None:
    """The end of the quiet hours that a moment lies in; None where it lies in none."""
    if rule.quiet_from is None or rule.quiet_to is None:
        return None
    start, end = clock_seconds(rule.quiet_from), clock_seconds(rule.quiet_to)
    day, within_us = local_day(at_us, rule.zone)
    now = within_us / US_PER_SECOND
    if start < end:
        return moment_of(day, rule.zone, end) if start <= now < end else None
    if now >= start:
        return moment_of(day + 1, rule.zone, end)
    return moment_of(day, rule.zone, end) if now < end else None
