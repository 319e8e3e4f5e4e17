"""Ids of the page Schedules."""

from __future__ import annotations

# The page Schedules: the list, the wishes of its buttons, the form with what it shows.
SCHEDULES_LIST = "schedules-list"
SCHEDULES_RUNS = "schedules-runs"
SCHEDULES_SAID = "schedules-said"
SCHEDULES_CHANGED = "schedules-changed"
SCHEDULES_RETRY = "schedules-retry"
SCHEDULES_TICK = "schedules-tick"
SCHEDULE_WISH = "schedule-wish"
SCHEDULE_FORM = "schedule-form"
SCHEDULE_EDITED = "schedule-edited"
SCHEDULE_PROBLEM = "schedule-problem"
SCHEDULE_PREVIEW = "schedule-preview"
SCHEDULE_SAVE = "schedule-save"
SCHEDULE_REMOVE = "schedule-remove"
SCHEDULE_TEXT_BOX = "schedule-text-box"
SCHEDULE_PERIOD_BOX = "schedule-period-box"
SCHEDULE_AT_BOX = "schedule-at-box"
SCHEDULE_SUN_BOX = "schedule-sun-box"
SCHEDULE_EVERY_BOX = "schedule-every-box"


def schedule_field(name: str) -> str:
    """A field of a schedule's form (dashboard/schedules/form.py)."""
    return f"schedule-field-{name}"
