"""The actions on schedules: make, change, switch, delete one, and run it now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ingest.serving.action import MAYBE_NUMBER, MAYBE_TEXT, TEXT, Action

if TYPE_CHECKING:
    from ingest.serving.actions import Actions

_SAID = {
    "name": TEXT, "kind": TEXT, "zone": TEXT, "cmd": TEXT, "value": (object,), "devices": (list, type(None)),
    "tag": MAYBE_TEXT, "days": (list, type(None)), "time": MAYBE_TEXT, "event": MAYBE_TEXT,
    "offset_minutes": MAYBE_NUMBER, "latitude": MAYBE_NUMBER, "longitude": MAYBE_NUMBER, "minutes": MAYBE_NUMBER,
    "start": MAYBE_TEXT, "end": MAYBE_TEXT, "late_minutes": MAYBE_NUMBER,
}  # fmt: skip


def _make(actions: Actions, arguments: Mapping[str, Any], by: str) -> dict[str, str]:
    """Keep a schedule; it runs from now on."""
    return {"id": _done(actions, actions.writer.schedules.keeping.make(arguments, by).schedule_id)}


def _change(actions: Actions, arguments: Mapping[str, Any], by: str) -> dict[str, str]:
    """Have a schedule say something else, as a whole."""
    said = {key: value for key, value in arguments.items() if key != "id"}
    return {"id": _done(actions, actions.writer.schedules.keeping.change(arguments["id"], said, by).schedule_id)}


def _switch(actions: Actions, arguments: Mapping[str, Any], by: str) -> dict[str, str]:
    """Switch a schedule off or on."""
    actions.writer.schedules.keeping.switch(arguments["id"], enabled=arguments["enabled"], by=by)
    return {"id": _done(actions, arguments["id"])}


def _delete(actions: Actions, arguments: Mapping[str, Any], by: str) -> dict[str, str]:
    """Give a schedule up; its runs stay in the history."""
    actions.writer.schedules.keeping.delete(arguments["id"], by)
    return {"id": _done(actions, arguments["id"])}


def _run(actions: Actions, arguments: Mapping[str, Any], by: str) -> dict[str, str]:
    """Do at once what a schedule does; its times stay as they are."""
    actions.writer.schedules.run_now(arguments["id"], by)
    return {"id": arguments["id"]}


def _done(actions: Actions, schedule_id: str) -> str:
    actions.writer.schedules.refresh()
    actions.recent.revision += 1
    return schedule_id


SCHEDULE_ACTIONS: Mapping[str, Action] = {
    "make_schedule": Action(_SAID, _make),
    "change_schedule": Action({"id": TEXT, **_SAID}, _change),
    "switch_schedule": Action({"id": TEXT, "enabled": (bool,)}, _switch),
    "delete_schedule": Action({"id": TEXT}, _delete),
    "run_schedule": Action({"id": TEXT}, _run),
}
