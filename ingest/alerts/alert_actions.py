"""The actions on alerts: rules made, changed, switched, deleted; episodes acknowledged; channels made and tried."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ingest.alerts.channels import checked_url
from ingest.alerts.delivery import service_of
from ingest.alerts.outbox import sweep
from ingest.serving.action import MAYBE_NUMBER, MAYBE_TEXT, TEXT, Action, Takes
from telemetry.alerts import FIELDS
from telemetry.errors import ActionError
from telemetry.timestamps import now_us

if TYPE_CHECKING:
    from ingest.serving.actions import Actions

NOTE_LENGTH = 500
_WAIT_SECONDS = 30.0


def _make_rule(actions: Actions, arguments: Mapping[str, Any], by: str) -> dict[str, str]:
    """Watch something from now on."""
    alerts = actions.writer.alerts
    rule_id = alerts.rules.make(_said(arguments), by)
    alerts.refresh()
    actions.recent.revision += 1
    return {"id": rule_id}


def _change_rule(actions: Actions, arguments: Mapping[str, Any], by: str) -> dict[str, str]:
    """Have a rule say something else, as a whole; an episode that is open goes on by the new levels."""
    alerts = actions.writer.alerts
    alerts.rules.change(arguments["id"], _said(arguments), by)
    alerts.refresh()
    actions.recent.revision += 1
    return {"id": arguments["id"]}


def _switch_rule(actions: Actions, arguments: Mapping[str, Any], by: str) -> dict[str, str]:
    """Switch a rule off, which ends its episodes, or on."""
    alerts = actions.writer.alerts
    alerts.rules.switch(arguments["id"], enabled=arguments["enabled"], by=by)
    alerts.refresh()
    actions.recent.revision += 1
    return {"id": arguments["id"]}


def _delete_rule(actions: Actions, arguments: Mapping[str, Any], by: str) -> dict[str, str]:
    """Give a rule up; its history stays."""
    alerts = actions.writer.alerts
    alerts.rules.delete(arguments["id"], by)
    alerts.refresh()
    actions.recent.revision += 1
    return {"id": arguments["id"]}


def _acknowledge(actions: Actions, arguments: Mapping[str, Any], by: str) -> dict[str, str]:
    """Say that somebody has seen an alert, open or over, with a note for the others."""
    note = (arguments.get("note") or "").strip()
    if len(note) > NOTE_LENGTH:
        raise ActionError(f"a note on an alert has at most {NOTE_LENGTH} characters, this one has {len(note)}")
    connection = actions.writer.connection
    found = connection.execute(
        "UPDATE alert_episodes SET acknowledged_by = $1, acknowledged_us = $2, note = $3 WHERE episode_id = $4"
        " RETURNING episode_id",
        [by[:200], now_us(), note or None, arguments["id"]],
    ).fetchall()
    if not found:
        raise ActionError(f"there is no alert '{arguments['id'][:64]}'")
    actions.writer.alerts.acknowledge(arguments["id"])
    actions.recent.revision += 1
    return {"id": arguments["id"]}


def _make_channel(actions: Actions, arguments: Mapping[str, Any], by: str) -> dict[str, str]:
    """Have alerts sent somewhere; the address is kept in the folder of secrets, and told to nobody."""
    url = checked_url(arguments["url"])
    service, channels = service_of(url), actions.writer.channels
    language = arguments.get("language") or "en"
    made = _in_turn(actions, lambda: channels.make(arguments["name"], url, service, language, by))
    return {"id": made, "service": service}


def _change_channel(actions: Actions, arguments: Mapping[str, Any], _by: str) -> dict[str, str]:
    """Give a channel another name, address or language; what is absent stays."""
    said = {key: arguments.get(key) for key in ("name", "language")}
    if arguments.get("url"):
        url = checked_url(arguments["url"])
        said |= {"url": url, "service": service_of(url)}
    _in_turn(actions, lambda: actions.writer.channels.change(arguments["id"], **said))
    return {"id": arguments["id"]}


def _delete_channel(actions: Actions, arguments: Mapping[str, Any], _by: str) -> dict[str, str]:
    """Give a channel up, with what waits for it."""
    writer = actions.writer

    def delete() -> None:
        writer.channels.delete(arguments["id"])
        sweep(writer.connection, now_us(), writer.channels.ids())

    _in_turn(actions, delete)
    return {"id": arguments["id"]}


def _test_channel(actions: Actions, arguments: Mapping[str, Any], _by: str) -> dict[str, Any]:
    """Send a test through a channel; whether it was taken, and why not."""
    return actions.sender.try_out(arguments["id"])


def _in_turn(actions: Actions, work: Callable[[], Any]) -> Any:
    """Do it in the writer's thread, between two batches."""
    return actions.writer.ask(work).result(_WAIT_SECONDS)


def _said(arguments: Mapping[str, Any]) -> dict[str, Any]:
    return {name: arguments.get(name) for name in FIELDS}


_RULE: Takes = {
    "kind": TEXT, "name": MAYBE_TEXT, "device": MAYBE_TEXT, "tag": MAYBE_TEXT, "metric": MAYBE_TEXT,
    "level": MAYBE_NUMBER, "clear_level": MAYBE_NUMBER, "per": MAYBE_TEXT, "direction": MAYBE_TEXT,
    "hold_seconds": MAYBE_NUMBER, "severity": MAYBE_TEXT, "channels": (list, type(None)), "quiet_from": MAYBE_TEXT,
    "quiet_to": MAYBE_TEXT, "quiet_then": MAYBE_TEXT, "zone": MAYBE_TEXT,
}  # fmt: skip

ALERT_ACTIONS: Mapping[str, Action] = {
    "make_alert_rule": Action(_RULE, _make_rule),
    "change_alert_rule": Action({"id": TEXT, **_RULE}, _change_rule),
    "switch_alert_rule": Action({"id": TEXT, "enabled": (bool,)}, _switch_rule),
    "delete_alert_rule": Action({"id": TEXT}, _delete_rule),
    "acknowledge_alert": Action({"id": TEXT, "note": MAYBE_TEXT}, _acknowledge),
    # These know secrets, or ask others: beside the writer, which nobody may keep waiting.
    "make_alert_channel": Action(
        {"name": TEXT, "url": TEXT, "language": MAYBE_TEXT}, _make_channel, beside=True, secret=frozenset({"url"})
    ),
    "change_alert_channel": Action(
        {"id": TEXT, "name": MAYBE_TEXT, "url": MAYBE_TEXT, "language": MAYBE_TEXT},
        _change_channel,
        beside=True,
        secret=frozenset({"url"}),
    ),
    "delete_alert_channel": Action({"id": TEXT}, _delete_channel, beside=True),
    "test_alert_channel": Action({"id": TEXT}, _test_channel, beside=True),
}
