"""Telling devices something: published to those that are there, handed to ingest to hold for those that are silent.

The page is answered at once with how each command left; what the device makes of it comes through the store. A double
click sends once. Nothing here waits for an acknowledgement.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from dashboard.commands.publishing import Letter, Publishes
from telemetry.commands import Command, encode, encode_original, identity, make
from telemetry.controls import Control
from telemetry.errors import LumosError, StoreUnavailableError
from telemetry.settings import Settings
from telemetry.topics import ORIGINAL_DEVICE, TopicKind, Topics

_LOG = logging.getLogger(__name__)
#: The same wish of the same person within this time is a double click, whatever the page made of it.
_DOUBLE_CLICK_SECONDS = 0.8
#: The same token later than this is a page that was kept open, not a request that was repeated.
_TOKEN_SECONDS = 600.0
_REMEMBERED = 1_000


class Left(StrEnum):
    """How a command left the dashboard."""

    PUBLISHED = "published"
    HELD = "held"
    UNCONFIRMABLE = "unconfirmable"
    NOT_SENT = "not sent"


@dataclass(frozen=True, slots=True)
class Target:
    """A device, and whether it is silent, so that what it is told must be held."""

    device: str
    silent: bool = False


@dataclass(frozen=True, slots=True)
class Dispatch:
    """A command that left, or did not: its id, to find its answer by, how, and why not."""

    command_id: str
    left: Left
    device: str = ""
    error: LumosError | None = None


class Acts(Protocol):
    """The part of telemetry.reader.Actions that the dashboard uses."""

    def call(self, action: str, arguments: dict[str, Any], by: str) -> Any:
        """The action's result."""


class Commander:
    """Sends commands the way each device can take them."""

    def __init__(self, settings: Settings, publisher: Publishes, actions: Acts) -> None:
        self._topics = Topics(settings.topic_root)
        self.publisher = publisher
        self.actions = actions
        self._lock = threading.Lock()
        #: What was sent lately, by who and token, or who, to whom and which command: when, the value, how it left.
        self._lately: OrderedDict[tuple[object, ...], tuple[float, str, list[Dispatch]]] = OrderedDict()

    def send(
        self, device: str, cmd: str, value: Any, *, by: str, silent: bool, command_id: str = "", token: str = ""
    ) -> Dispatch:
        """Send a checked command to one device. Raises CommandError, BrokerError, ActionError, StoreUnavailableError.

        With an id of the asker's own, the same id again is the same command; with a token the same request.
        """
        ids = {device: command_id} if command_id else {}
        (dispatch,) = self.send_all([Target(device, silent)], cmd, value, by=by, token=token or command_id, ids=ids)
        if dispatch.error is not None:
            raise dispatch.error
        return dispatch

    def send_all(
        self,
        targets: Sequence[Target],
        cmd: str,
        value: Any,
        *,
        by: str,
        token: str = "",
        ids: dict[str, str] | None = None,
    ) -> list[Dispatch]:
        """Send the same to several devices; for each, how it left, or why it did not.

        A token names the request: with the same one again nothing is sent, and the answer is the first one's. Raises
        CommandError for what no device can be told.
        """
        click = (by, tuple(target.device for target in targets), cmd)
        key, seconds = ((by, token), _TOKEN_SECONDS) if token else (click, _DOUBLE_CLICK_SECONDS)
        # One at a time, so that the second of two clicks sees what the first one did.
        with self._lock:
            at, wish, before = self._lately.get(key, (0.0, "", []))
            if before and wish == repr(value) and time.monotonic() - at < seconds:
                return before
            commands = [make(target.device, cmd, value, by, (ids or {}).get(target.device, "")) for target in targets]
            silent = {target.device for target in targets if target.silent}
            dispatched = self._hold([command for command in commands if _is_held(command, silent)])
            dispatched |= self._publish([command for command in commands if not _is_held(command, silent)])
            found = [dispatched[target.device] for target in targets]
            if any(dispatch.error is None for dispatch in found):
                self._remember(key, value, found)
            return found

    def tell_other(self, device: str, control: Control, value: Any, *, by: str, command_id: str = "") -> Dispatch:
        """Tell a foreign device something, in the words and on the topic of its convention; it cannot confirm.

        Ingest does not hear that topic, so it is told what was sent. With an id of the asker's own, the same id again
        is the same command. Raises CommandError, BrokerError.
        """
        payload, click = control.payload(value), (by, device, control.name)
        key, seconds = ((*click, command_id), _TOKEN_SECONDS) if command_id else (click, _DOUBLE_CLICK_SECONDS)
        command_id = identity(command_id)
        with self._lock:
            at, wish, before = self._lately.get(key, (0.0, "", []))
            if before and wish == repr(value) and time.monotonic() - at < seconds:
                return before[0]
            (refusal,) = self.publisher.publish([(control.topic, payload)])
            if refusal is not None:
                raise refusal
            sent = Dispatch(command_id, Left.UNCONFIRMABLE, device)
            self._remember(key, value, [sent])
        said = {"device": device, "cmd": control.name, "value": value, "id": sent.command_id}
        try:
            self.actions.call("record_command", said, by=by)
        except StoreUnavailableError:
            _LOG.warning("%s was told '%s' while ingest is away: the history does not know of it", device, control.name)
        return sent

    def _remember(self, key: tuple[object, ...], value: Any, found: list[Dispatch]) -> None:
        self._lately.pop(key, None)
        self._lately[key] = (time.monotonic(), repr(value), found)
        while len(self._lately) > _REMEMBERED:
            self._lately.popitem(last=False)

    def _hold(self, commands: Sequence[Command]) -> dict[str, Dispatch]:
        if not commands:
            return {}
        first = commands[0]
        arguments = {"devices": [command.device for command in commands], "ids": [command.id for command in commands]}
        try:
            self.actions.call("hold_commands", {**arguments, "cmd": first.cmd, "value": first.value}, by=first.by)
        except LumosError as error:
            return {command.device: _not_sent(command, error) for command in commands}
        return {command.device: Dispatch(command.id, Left.HELD, command.device) for command in commands}

    def _publish(self, commands: Sequence[Command]) -> dict[str, Dispatch]:
        found: dict[str, Dispatch] = {}
        letters: list[tuple[Command, Letter]] = []
        for command in commands:
            topic = self._topics.of(command.device, TopicKind.INPUT)
            try:
                payload = encode_original(command) if command.device == ORIGINAL_DEVICE else encode(command)
            except LumosError as error:
                found[command.device] = _not_sent(command, error)
            else:
                letters.append((command, (topic, payload)))
        refusals = self.publisher.publish([letter for _, letter in letters]) if letters else []
        for (command, _), refusal in zip(letters, refusals, strict=True):
            left = Left.UNCONFIRMABLE if command.device == ORIGINAL_DEVICE else Left.PUBLISHED
            sent = Dispatch(command.id, left, command.device)
            found[command.device] = sent if refusal is None else _not_sent(command, refusal)
        return found


def _is_held(command: Command, silent: set[str]) -> bool:
    return command.device in silent and command.device != ORIGINAL_DEVICE


def _not_sent(command: Command, error: LumosError) -> Dispatch:
    return Dispatch(command.id, Left.NOT_SENT, command.device, error)
