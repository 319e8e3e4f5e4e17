"""What others may have changed in the store: named actions with typed arguments, each with who asks.

Adding an action means adding a function and its row in the table. Actions run in the writer's thread, those of
`ingest.serving.maintenance` beside it; whoever asks waits for the result.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from ingest.alerts.alert_actions import ALERT_ACTIONS
from ingest.alerts.sending import Sender
from ingest.broker.board_users import BoardUsers
from ingest.decoding.replay import step
from ingest.devices.deleting import Deleting
from ingest.devices.describing import Describing
from ingest.devices.device_actions import DEVICE_ACTIONS
from ingest.devices.merging import Merging
from ingest.devices.notes import Notes
from ingest.schedules.schedule_actions import SCHEDULE_ACTIONS
from ingest.serving.action import MAYBE_NUMBER, MAYBE_TEXT, MAYBE_TIME, TEXT, TIME, Action, check_arguments, record
from ingest.serving.maintenance import MAINTENANCE
from ingest.serving.recent import Recent
from ingest.transfer.importing import import_part
from ingest.writer import Writer
from telemetry import commands
from telemetry.commands import HOLD_SECONDS, Command
from telemetry.errors import ActionError, nearest

_log = logging.getLogger(__name__)

_WAIT_SECONDS = 30.0


class Actions:
    """Carries actions out for whoever holds the action token."""

    def __init__(self, writer: Writer, recent: Recent, boards: BoardUsers, sender: Sender | None = None) -> None:
        self.writer = writer
        self.recent = recent
        self.boards = boards
        self.sender = sender or Sender(writer.settings, writer)
        self.notes = Notes(writer.connection, writer.catalog)
        self.describing = Describing(writer.connection, writer.catalog)
        self.deleting = Deleting(writer, boards)
        self.merging = Merging(writer.connection, writer.catalog)

    def carry_out(self, name: str, arguments: Mapping[str, Any], by: str) -> Any:
        """The action's result. Raises ActionError or CommandError with a sentence."""
        action = ACTIONS.get(name)
        if action is None:
            raise ActionError(f"'{name[:64]}' is no action{nearest(name, ACTIONS)}")
        check_arguments(name, action.takes, arguments)
        _log.info("%s by %s", name, by)
        kept = {key: value for key, value in arguments.items() if key not in action.secret}

        if action.beside:
            result = action.run(self, arguments, by)
            self.writer.ask(lambda: self._record(name, kept, by)).result(_WAIT_SECONDS)
            return result

        def run() -> Any:
            result = action.run(self, arguments, by)
            if name in DEVICE_ACTIONS:
                self.recent.standing += 1
                self.writer.alerts.refresh()
            record(self.writer.connection, name, kept, by)
            return result

        return self.writer.ask(run).result(_WAIT_SECONDS)

    def _record(self, name: str, arguments: Mapping[str, Any], by: str) -> None:
        record(self.writer.connection, name, arguments, by)
        self.recent.revision += 1
        if name in DEVICE_ACTIONS:
            self.recent.standing += 1
        self.writer.alerts.refresh()  # a correction changes what is shown, and so what trips


def _hold_commands(actions: Actions, arguments: Mapping[str, Any], by: str) -> dict[str, list[str]]:
    """Keep a command for silent boards until each returns; with ids of the asker's, the same again is kept once."""
    devices, ids = arguments["devices"], arguments.get("ids") or []
    if not all(isinstance(word, str) for word in (*devices, *ids)) or len(ids) not in (0, len(devices)):
        raise ActionError("devices takes a list of names, ids as many ULIDs or none")
    held = [
        commands.make(device, arguments["cmd"], arguments["value"], by, command_id)
        for device, command_id in zip(devices, ids or [""] * len(devices), strict=True)
    ]
    seconds = arguments.get("expires_seconds")
    seconds = HOLD_SECONDS if seconds is None else seconds
    if not 1 <= seconds <= 30 * 86_400:
        raise ActionError(f"expires_seconds={seconds} must be 1 to {30 * 86_400}")
    if arguments["cmd"] == "config":
        raise ActionError("config holds passwords, which are not kept: send it while the board is online")
    return {"ids": actions.writer.holding.hold(held, seconds)}


def _record_command(actions: Actions, arguments: Mapping[str, Any], by: str) -> dict[str, str]:
    """Keep what a foreign device was told on a topic that ingest does not hear."""
    command = Command(arguments["device"], arguments["cmd"], arguments["value"], by, arguments["id"])
    actions.writer.holding.record(command)
    return {"id": command.id}


def _withdraw_command(actions: Actions, arguments: Mapping[str, Any], by: str) -> dict[str, str]:
    """Give a held command up."""
    actions.writer.holding.withdraw(arguments["id"], by)
    return {"id": arguments["id"]}


def _add_board_user(actions: Actions, arguments: Mapping[str, Any], _by: str) -> dict[str, str]:
    """A password at the broker for a new board, or for what others wrote, told once."""
    return actions.boards.add(arguments["device"], arguments.get("source") or "")


def _renew_board_user(actions: Actions, arguments: Mapping[str, Any], _by: str) -> dict[str, str]:
    """A new password for a board; the old one is refused at once."""
    return actions.boards.renew(arguments["device"])


def _remove_board_user(actions: Actions, arguments: Mapping[str, Any], _by: str) -> dict[str, str]:
    """Take a board's right to connect away at once."""
    return actions.boards.remove(arguments["device"])


def _write_note(actions: Actions, arguments: Mapping[str, Any], by: str) -> dict[str, str]:
    """Write on a moment or a span of a device, or of one of its metrics."""
    span = arguments["from_us"], arguments["to_us"]
    note_id = actions.notes.write(arguments["device"], arguments.get("metric"), span, arguments["text"], by)
    actions.recent.revision += 1
    return {"id": note_id}


def _change_note(actions: Actions, arguments: Mapping[str, Any], by: str) -> dict[str, str]:
    """Another text or span for a note; what it said before is kept."""
    span = arguments.get("from_us"), arguments.get("to_us")
    actions.notes.change(arguments["id"], span, arguments.get("text"), by)
    actions.recent.revision += 1
    return {"id": arguments["id"]}


def _delete_note(actions: Actions, arguments: Mapping[str, Any], by: str) -> dict[str, str]:
    """Take a note off the charts; `restore_note` brings it back."""
    actions.notes.delete(arguments["id"], by)
    actions.recent.revision += 1
    return {"id": arguments["id"]}


def _restore_note(actions: Actions, arguments: Mapping[str, Any], by: str) -> dict[str, str]:
    """Bring a deleted note back."""
    actions.notes.delete(arguments["id"], by, deleted=False)
    actions.recent.revision += 1
    return {"id": arguments["id"]}


def _replay_quarantine(actions: Actions, arguments: Mapping[str, Any], _by: str) -> dict[str, Any]:
    """Try the next entries of the quarantine that arrived after a moment again; `next_us` is null at the end."""
    return step(actions.writer, arguments["after_us"], arguments["until_us"])


def _import_part(actions: Actions, arguments: Mapping[str, Any], _by: str) -> dict[str, Any]:
    """Take a part of an import, a file in `backups/`, into the store; `file` is where it came from."""
    return import_part(
        actions.writer, arguments["part"], lambda work: actions.writer.ask(work).result(_WAIT_SECONDS)
    )  # fmt: skip


def _maintains(name: str) -> Action:
    row = MAINTENANCE[name]

    def run(actions: Actions, arguments: Mapping[str, Any], by: str) -> Any:
        return row.run(actions.writer.keeper, arguments, by)

    run.__doc__ = row.run.__doc__
    return Action(row.takes, run, beside=True)


ACTIONS: Mapping[str, Action] = {
    "hold_commands": Action(
        {
            "devices": (list,),
            "cmd": TEXT,
            "value": (object,),
            "expires_seconds": MAYBE_NUMBER,
            "ids": (list, type(None)),
        },
        _hold_commands,
    ),
    "record_command": Action({"device": TEXT, "cmd": TEXT, "value": (object,), "id": TEXT}, _record_command),
    "withdraw_command": Action({"id": TEXT}, _withdraw_command),
    "add_board_user": Action({"device": TEXT, "source": MAYBE_TEXT}, _add_board_user),
    "renew_board_user": Action({"device": TEXT}, _renew_board_user),
    "remove_board_user": Action({"device": TEXT}, _remove_board_user),
    "write_note": Action(
        {"device": TEXT, "metric": MAYBE_TEXT, "from_us": TIME, "to_us": TIME, "text": TEXT}, _write_note
    ),
    "change_note": Action({"id": TEXT, "from_us": MAYBE_TIME, "to_us": MAYBE_TIME, "text": MAYBE_TEXT}, _change_note),
    "delete_note": Action({"id": TEXT}, _delete_note),
    "restore_note": Action({"id": TEXT}, _restore_note),
    "import_part": Action({"part": TEXT, "file": TEXT}, _import_part, beside=True),
    "replay_quarantine": Action({"after_us": TIME, "until_us": TIME}, _replay_quarantine),
    **DEVICE_ACTIONS,
    **ALERT_ACTIONS,
    **SCHEDULE_ACTIONS,
    **{name: _maintains(name) for name in MAINTENANCE},
}
